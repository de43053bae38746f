"""By what slices at one place are told apart: time, echo, weighting, phase, as their headers and frames state it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from annoconv_converters._dicom.elements import inner, walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from annoconv_converters._dicom.elements import Buffer, Encoding
    from annoconv_converters.check_images.description import Slice

__all__ = ["KEYWORDS", "told_apart", "told_of_frame"]

KEYWORDS: Final = (
    *("TemporalPositionIdentifier", "StackID", "EchoTime", "EchoNumbers", "DiffusionBValue", "InversionTime"),
    *("DiffusionGradientOrientation", "NominalPercentageOfCardiacPhase", "NominalCardiacTriggerDelayTime"),
    *("FlipAngle", "RepetitionTime", "TriggerTime", "FrameReferenceTime", "AcquisitionNumber", "ImageType"),
    *("AcquisitionTime", "ContentTime", "ImageComments"),
)
"""The first of them that tells slices apart is named."""
_OF_FRAMES: Final[dict[int, tuple[tuple[str, tuple[int, ...]], ...]]] = {
    0x00189117: (
        ("DiffusionBValue", (0x00189087,)),
        ("DiffusionGradientOrientation", (0x00189076, 0x00189089)),
    ),
    0x00189114: (("EchoTime", (0x00189082,)),),
    0x00189118: (
        ("NominalPercentageOfCardiacPhase", (0x00209241,)),
        ("NominalCardiacTriggerDelayTime", (0x00209153,)),
    ),
    0x00189226: (("ImageType", (0x00089007,)),),
    0x00189329: (("ImageType", (0x00089007,)),),
    0x00189751: (("ImageType", (0x00089007,)),),
    0x00189112: (("RepetitionTime", (0x00180080,)), ("FlipAngle", (0x00181314,))),
    0x00209111: (("AcquisitionNumber", (0x00209156,)), ("AcquisitionTime", (0x00189074,))),
}
"""Where functional groups state the same: sequence, then the path in its first item."""


def told_of_frame(data: Buffer, span: tuple[int, int], encoding: Encoding) -> dict[str, str]:
    """Return what the groups of one frame state of the keywords, as it is encoded: it is compared, never read."""
    found: dict[str, str] = {}
    for each in walk(data, *span, encoding):
        for name, path in _OF_FRAMES.get(each.tag, ()):
            value = inner(data[each.value : each.value_end], encoding, *path)
            if value:
                found[name] = value.hex()
    return found


def told_apart(places: Iterable[Sequence[Slice]]) -> list[str]:
    """Return the fewest keywords that together tell the slices of every place apart; none if nothing does.

    One that does so alone is taken first; of several, those that are not needed are left out, the last named first.
    """
    shared = [place for place in places if len(place) > 1]

    def tells(keywords: Sequence[str]) -> bool:
        return all(
            len({tuple(each.text.get(keyword, "") for keyword in keywords) for each in place}) == len(place)
            for place in shared
        )

    alone = next((keyword for keyword in KEYWORDS if tells([keyword])), None)
    if alone is not None or not tells(KEYWORDS):
        return [] if alone is None else [alone]
    needed = [*KEYWORDS]
    for keyword in reversed(KEYWORDS):
        without = [each for each in needed if each != keyword]
        needed = without if tells(without) else needed
    return needed
