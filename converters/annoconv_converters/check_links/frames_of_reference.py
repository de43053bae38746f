"""Whether annotations and their images are in one frame of reference (PS3.3 C.7.4.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from annoconv.messages import Message, listed
from annoconv_converters.check_links.findings import note

if TYPE_CHECKING:
    from collections.abc import Iterator

    from annoconv.findings import Finding
    from annoconv_converters.check_links.instances import Instance
    from annoconv_converters.check_links.study import Study

__all__ = ["check_frames_of_reference", "check_named"]

_FRAME_OF_REFERENCE: Final = "FrameOfReferenceUID"
_NAMED: Final = 5


def check_frames_of_reference(one: Instance, study: Study) -> Iterator[Finding]:
    """Yield where a file is, or names a place, in another frame of reference than the images that it refers to."""
    known, is_whole = study.frames_of_reference_of(one)
    own = one.text(_FRAME_OF_REFERENCE)
    if known and own not in known and (own or one.is_segmentation) and is_whole:
        yield note(
            "frame_of_reference",
            f"/{_FRAME_OF_REFERENCE}",
            "the file is in another frame of reference than its images",
            found=own or Message("nothing"),
            expected=listed(sorted(known), _NAMED),
            advice="If it was resampled onto another image, it must refer to that one; else correct the UID",
        )
    for place, uid in one.frames_of_reference:
        yield from check_named(one, study, place, uid)


def check_named(one: Instance, study: Study, place: str, uid: str) -> Iterator[Finding]:
    """Yield that a frame of reference which a file names is that of none of its images, where all of them are there."""
    known, is_whole = study.frames_of_reference_of(one)
    if known and uid not in known and is_whole:
        yield note(
            "frame_of_reference",
            place,
            "the frame of reference is that of no image to which the file refers",
            found=uid or Message("nothing"),
            expected=listed(sorted(known), _NAMED),
            advice="Coordinates in it lie nowhere on these images: correct the UID, or name the images that have it",
        )
