"""DICOM files as the descriptions that the checks look at: each header is read once, by the places of its elements.

Nothing is believed and nothing refused: what stands there is handed on, and what cannot be read is a finding.
Authority: PS3.10 7.1, PS3.3 C.7.6.2, C.7.6.16, C.12.1.
"""

from __future__ import annotations

import filecmp
import mmap
import os
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from pydicom.datadict import tag_for_keyword
from pydicom.uid import UID

from annoconv.messages import Message
from annoconv_converters._dicom.elements import file_start, inflate_start, inner, item_spans, walk
from annoconv_converters._dicom.file import Instance, read_instance, read_places
from annoconv_converters._dicom.groups import PER_FRAME, SHARED
from annoconv_converters._dicom.lengths import PIXELS
from annoconv_converters.check_images.classes import MODALITIES, ROOT
from annoconv_converters.check_images.description import (
    GROUPED_FRAMES,
    MATRIX_ORIGIN,
    Series,
    Slice,
    is_scout,
    most_common,
    numbers_of,
)
from annoconv_converters.check_images.telling import KEYWORDS, told_of_frame

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from annoconv.errors import AnnoconvError
    from annoconv.limits import Limits
    from annoconv_converters._dicom.elements import Buffer, Element, Encoding

__all__ = ["Scanned", "lacks_image", "lacks_preamble", "read_slices", "series_of", "syntax_problem", "unknown_syntax"]

_KEYWORDS: Final = (
    *("ImageType", "InstanceNumber", "SliceLocation", "GantryDetectorTilt", "ConcatenationUID", *KEYWORDS),
    *("RescaleSlope", "RescaleIntercept", "RescaleType", "Units", "PixelRepresentation", "BitsStored"),
    *("PixelPaddingValue", "PixelPaddingRangeLimit", "BurnedInAnnotation", "SamplesPerPixel", "BitsAllocated"),
    *("FrameTime", "FrameTimeVector", "CineRate", "RecommendedDisplayFrameRate", "FrameIncrementPointer"),
    *("ImagedVolumeWidth", "ImagedVolumeHeight", "TotalPixelMatrixFocalPlanes", "NumberOfOpticalPaths"),
    "ContainerIdentifier",
    *("SOPClassUID", "SeriesInstanceUID", "ImagerPixelSpacing", "NominalScannedPixelSpacing", "PlanarConfiguration"),
)
_WANTED: Final = {tag: name for name in _KEYWORDS if (tag := tag_for_keyword(name)) is not None}
_BINARY: Final = {
    **dict.fromkeys(
        ("PixelRepresentation", "BitsStored", "SamplesPerPixel", "BitsAllocated", "PlanarConfiguration"), 2
    ),
    **dict.fromkeys(("PixelPaddingValue", "PixelPaddingRangeLimit"), 2),
}
_FLOATS: Final = {"DiffusionBValue": "d", "ImagedVolumeWidth": "f", "ImagedVolumeHeight": "f"}
_COMPARED: Final = frozenset(
    {"DiffusionGradientOrientation", "NominalPercentageOfCardiacPhase", "NominalCardiacTriggerDelayTime"}
)
"""Binary numbers that are compared, never read."""
_LONGS: Final = frozenset({"TotalPixelMatrixFocalPlanes", "NumberOfOpticalPaths"})
_LONGEST: Final = 1 << 20
"""Bytes of a value: the times of 60,000 frames."""
_OPTICAL_PATHS, _LENS_POWER = 0x00480105, 0x00480112
_ORIGIN, _X_OFFSET, _Y_OFFSET = 0x00480008, 0x0040072A, 0x0040073A
_TRANSFORMATION, _INTERCEPT, _SLOPE = 0x00289145, 0x00281052, 0x00281053
_FRAME_CONTENT, _STACK, _TEMPORAL = 0x00209111, 0x00209056, 0x00209128
_MEDIA_CLASS: Final = 0x00020002
_SHORTEST: Final = 16
"""Bytes that a file without a preamble must hold to be told from other files."""


class Scanned(NamedTuple):
    """What one file holds.

    Attributes
    ----------
    instance
        What a scan reads of it.
    slices
        It, or its frames.
    problem
        Why its frames cannot be told apart.
    """

    instance: Instance
    slices: tuple[Slice, ...]
    problem: AnnoconvError | None = None


def read_slices(path: Path, limits: Limits) -> Scanned | None:
    """Return the image in a DICOM file; None if it is no image. Raises what a damaged file raises (`DAMAGE`)."""
    instance = read_instance(path, limits)
    if instance is None:
        return None
    frames_stated = instance.frames  # ImageError if it is no number
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as whole:
        start = file_start(whole)
        if start is None:
            return None
        data: Buffer = whole
        at = start.data_set
        if start.is_deflated:
            data, at = inflate_start(path, start.data_set, limits.header_bytes)[0], 0
        text, shared, per_frame = _text(data, at, start.encoding)
        base = {**dict(instance.header), **text}
        places = read_places(instance, limits) if _has_frames(instance) and instance.shortage is None else None
        frames = _frame_texts(data, shared, per_frame, start.encoding) if places else []
    base["TransferSyntaxUID"] = start.syntax
    shortage = instance.shortage
    if shortage is None and places is None:
        one = _slice(instance, base, path.name, numbers_of(base.get("ImagePositionPatient", "")), None)
        return Scanned(instance, (one,))
    if places is None or not places.of_frames:
        one = _slice(instance, base, path.name, numbers_of(base.get("ImagePositionPatient", "")), None)
        shared_place = places.places[0] if places is not None and places.places else None
        if shared_place is not None and shared_place.pixel_spacing and not one.pixel_spacing:
            one = replace(one, pixel_spacing=shared_place.pixel_spacing)
        return Scanned(instance, (one,))
    slices: list[Slice] = []
    base[GROUPED_FRAMES] = str(len(places.of_frames))
    for number, position in enumerate(places.of_frames[:frames_stated]):
        place = places.places[position]
        own = {**base, **(frames[number] if number < len(frames) else {})}
        for keyword, value in (
            ("SpacingBetweenSlices", place.slice_spacing),
            ("SliceThickness", place.slice_thickness),
        ):
            if value is not None:
                own[keyword] = repr(value)
        slices.append(
            Slice(
                f"{path.name} frame {number + 1}",
                path,
                instance.sop_instance_uid,
                instance.sop_class_uid,
                own,
                place.position or (),
                place.orientation or (),
                place.pixel_spacing or (),
                number if frames_stated > 1 else None,
            )
        )
    return Scanned(instance, tuple(slices))


def _has_frames(instance: Instance) -> bool:
    """Tell whether an image states its places in functional groups."""
    return "ImagePositionPatient" not in instance.header and (
        "NumberOfFrames" in instance.header or "Enhanced" in instance.sop_class_uid
    )


def _slice(
    instance: Instance, text: Mapping[str, str], name: str, position: tuple[float, ...], frame: int | None
) -> Slice:
    lack = None if instance.shortage is None else (instance.shortage.found, instance.shortage.expected)
    return Slice(
        name,
        instance.path,
        instance.sop_instance_uid,
        instance.sop_class_uid,
        text,
        position,
        numbers_of(text.get("ImageOrientationPatient", "")),
        numbers_of(text.get("PixelSpacing", "")),
        frame,
        lack,
    )


def _text(data: Buffer, at: int, encoding: Encoding) -> tuple[dict[str, str], Element | None, Element | None]:
    """Return the wanted attributes as text, and where the functional groups stand."""
    import struct

    found: dict[str, str] = {}
    shared: Element | None = None
    per_frame: Element | None = None
    try:
        for each in walk(data, at, len(data), encoding, until=PIXELS):
            if each.tag == SHARED:
                shared = each
            elif each.tag == PER_FRAME:
                per_frame = each
            elif each.tag == _OPTICAL_PATHS:
                power = inner(data[each.value : each.value_end], encoding, _LENS_POWER)
                if power:
                    found["ObjectiveLensPower"] = power.strip(b"\0 ").decode("ascii", "replace")
            elif each.tag == _ORIGIN:
                item = data[each.value : each.value_end]
                offsets = [inner(item, encoding, tag).strip(b"\0 ") for tag in (_X_OFFSET, _Y_OFFSET)]
                found[MATRIX_ORIGIN] = b"\\".join(offsets).decode("ascii", "replace")
            name = _WANTED.get(each.tag)
            if name is None:
                continue
            value = data[each.value : min(each.value_end, each.value + _LONGEST)]
            if name in _BINARY:
                found[name] = str(int.from_bytes(value[:2], encoding.endian))
            elif name in _LONGS:
                found[name] = str(int.from_bytes(value[:4], encoding.endian))
            elif name in _FLOATS:
                layout = struct.Struct(f"{encoding.order}{_FLOATS[name]}")
                found[name] = repr(layout.unpack_from(value)[0]) if len(value) >= layout.size else ""
            elif name in _COMPARED:
                found[name] = value.hex()
            elif name == "FrameIncrementPointer":
                found[name] = value[:4].hex()
            else:
                found[name] = value.strip(b"\0 ").decode("ascii", "replace")
    except ValueError:  # cut off: what it lacks is told by its length
        pass
    return found, shared, per_frame


def _frame_texts(
    data: Buffer, shared: Element | None, per_frame: Element | None, encoding: Encoding
) -> list[dict[str, str]]:
    """Return for each frame how its values are rescaled and which time point it is of."""
    default: dict[str, str] = {}
    if shared is not None:
        for span in list(item_spans(data, shared.value, shared.value_end, encoding))[:1]:
            default = _frame_text(data, span, encoding)
    if per_frame is None:
        return []
    groups = data[per_frame.value : per_frame.value_end]
    return [default | _frame_text(groups, span, encoding) for span in item_spans(groups, 0, len(groups), encoding)]


def _frame_text(data: Buffer, span: tuple[int, int], encoding: Encoding) -> dict[str, str]:
    found = told_of_frame(data, span, encoding)
    for each in walk(data, *span, encoding):
        if each.tag == _TRANSFORMATION:
            value = data[each.value : each.value_end]
            for name, tag in (("RescaleSlope", _SLOPE), ("RescaleIntercept", _INTERCEPT)):
                number = inner(value, encoding, tag)
                if number:
                    found[name] = number.strip(b"\0 ").decode("ascii", "replace")
        elif each.tag == _FRAME_CONTENT:
            value = data[each.value : each.value_end]
            stack = inner(value, encoding, _STACK)
            time = inner(value, encoding, _TEMPORAL)
            if stack:
                found["StackID"] = stack.strip(b"\0 ").decode("ascii", "replace")
            if len(time) == 4:
                found["TemporalPositionIdentifier"] = str(int.from_bytes(time, encoding.endian))
    return found


def series_of(scanned: Sequence[Scanned], unread: Sequence[Path] = ()) -> list[Series]:
    """Return the series that files make: single frames by their series, other images each by itself.

    `unread` are the files that begin as DICOM and cannot be read.
    """
    groups: defaultdict[tuple[str, ...], list[Scanned]] = defaultdict(list)
    for each in scanned:
        is_single = len(each.slices) == 1 and each.slices[0].frame is None and each.instance.frames == 1
        uid = each.instance.header.get("SeriesInstanceUID", "")
        key = (uid or str(each.instance.path.parent), *(() if is_single else (str(each.instance.path),)))
        groups[key].append(each)
    made = [_series(each) for each in groups.values()]
    return [_beside(one, made, unread) for one in made]


def _series(files: Sequence[Scanned]) -> Series:
    folder = Path(os.path.commonpath([each.instance.path.parent.absolute() for each in files]))
    kept: dict[str, Scanned] = {}
    twice: list[tuple[Path, Slice, bool]] = []
    for each in files:
        first = kept.setdefault(each.instance.sop_instance_uid, each)
        if first is not each:
            is_copy = filecmp.cmp(first.instance.path, each.instance.path, shallow=False)
            twice.append((each.instance.path, first.slices[0], is_copy))
    uid = files[0].instance.header.get("SeriesInstanceUID", "")
    path = files[0].instance.path if len(files) == 1 else folder
    every = tuple(_named(one, folder) for each in kept.values() for one in each.slices)
    by_uid = {each.uid: each for each in every}
    twice = [(path, by_uid[other.uid], is_copy) for path, other, is_copy in twice]
    usual = most_common([each.sop_class_uid for each in every])
    slices = tuple(each for each in every if each.sop_class_uid == usual)
    stack = tuple(each for each in slices if not is_scout(each))
    slices = stack if len(stack) * 2 > len(slices) else slices
    apart = tuple(each for each in every if each not in set(slices))
    return Series(uid, path, slices, tuple(twice), apart)


def _named(one: Slice, folder: Path) -> Slice:
    """Return a slice named by its place below a folder, so that names in several folders tell files apart."""
    below = Path(os.path.relpath(one.path.absolute(), folder)).as_posix()
    return one if below == one.path.name else replace(one, name=one.name.replace(one.path.name, below, 1))


def _beside(one: Series, all_of_them: Iterable[Series], unread: Iterable[Path]) -> Series:
    """Return a series with the slices of others that lie in its folder and its frame of reference."""
    if not one.is_stackable:
        return one
    frames = {each.text.get("FrameOfReferenceUID", "") for each in one.slices}
    folders = {each.path.parent for each in one.slices}
    others = tuple(
        each
        for other in all_of_them
        if other is not one
        for each in other.slices
        if each.frame is None and each.path.parent in folders and each.text.get("FrameOfReferenceUID", "") in frames
    )
    return replace(one, others=others, unread=sum(path.parent in folders for path in unread))


def syntax_problem(path: Path) -> Message | None:
    """Return that a DICOM file is written in a transfer syntax that is not known; None if it is none, or another."""
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as whole:
            start = file_start(whole)
    except ValueError:
        return None
    return None if start is None else unknown_syntax(start.syntax)


def lacks_image(path: Path) -> Message | None:
    """Return why a DICOM file that is no image should be one, or cannot be told; None if it is something else."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as whole:
        start = file_start(whole)
        if start is None:
            return None
        if (unknown := unknown_syntax(start.syntax)) is not None:
            return unknown
        stated = start.values.get(_MEDIA_CLASS, b"").strip(b"\0 ").decode("ascii", "replace")
        if not start.is_deflated:
            stated = _text(whole, start.data_set, start.encoding)[0].get("SOPClassUID", stated)
    if not stated:
        return Message("it states no SOPClassUID (0008,0016), so that nothing tells what it is")
    if stated.removeprefix(ROOT) in MODALITIES:
        return Message("its class is that of an image, but it has no Rows (0028,0010) and Columns (0028,0011)")
    return None


def unknown_syntax(uid: str) -> Message | None:
    """Return that a transfer syntax is none of DICOM's, so that nothing tells how its bytes are to be read."""
    try:
        is_known = not uid or UID(uid).is_transfer_syntax
    except ValueError:
        is_known = False
    return None if is_known else Message("its transfer syntax {uid} is none of DICOM's", uid=uid)


def lacks_preamble(start: bytes) -> bool:
    """Tell whether a file that has no preamble begins with DICOM elements all the same, of either encoding."""
    if len(start) < _SHORTEST or start[128:132] == b"DICM":
        return False
    orders: tuple[Literal["little", "big"], ...] = ("little", "big")
    for order in orders:
        group, element = (int.from_bytes(start[n : n + 2], order) for n in (0, 2))
        if group in {0x0002, 0x0008} and element <= 0x0060:
            length = int.from_bytes(start[4:8], order)
            if (start[4:6].isalpha() and start[4:6].isupper()) or length <= 64:
                return True
    return False
