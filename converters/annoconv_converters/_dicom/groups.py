"""Multi-frame functional groups read in bulk: for each frame the few values that place it, shared ones included.

A group that frames have in common is decoded once, by its bytes. Authority: PS3.3 C.7.6.16.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from annoconv.messages import Message
from annoconv_converters._dicom.elements import DamagedError, Element, inner, item_spans, walk

if TYPE_CHECKING:
    from collections.abc import Sequence

    from annoconv_converters._dicom.elements import Buffer, Encoding

__all__ = ["PER_FRAME", "SHARED", "FramePlace", "read_groups"]

PER_FRAME: Final = 0x52009230
"""PerFrameFunctionalGroupsSequence."""
SHARED: Final = 0x52009229
"""SharedFunctionalGroupsSequence."""
_DERIVATION, _POSITION, _ORIENTATION, _MEASURES = 0x00089124, 0x00209113, 0x00209116, 0x00289110
_SLIDE, _SEGMENT = 0x0048021A, 0x0062000A
_WANTED: Final = frozenset({_DERIVATION, _POSITION, _ORIENTATION, _MEASURES, _SLIDE, _SEGMENT})
_PLACING: Final = frozenset({_POSITION, _ORIENTATION, _MEASURES})
_MOST_EXAMPLES: Final = 1024
_LONGEST_NUMBERS: Final = 256
"""Bytes of the longest list of decimal strings that places a frame."""


@dataclass(frozen=True, slots=True)
class FramePlace:
    """Where frames stand; frames on one plane share it.

    Attributes
    ----------
    position
        ImagePositionPatient, LPS, mm; None if the group is absent.
    orientation
        ImageOrientationPatient.
    pixel_spacing
        PixelSpacing: mm between rows, then between columns.
    slice_spacing, slice_thickness
        SpacingBetweenSlices and SliceThickness, mm; None where they are not stated or not positive.
    tile
        Zero-based column and row of the first pixel in the total pixel matrix of a slide.
    source
        ReferencedSOPInstanceUID of the one image it was derived from; empty if none is named.
    source_frame
        ReferencedFrameNumber in that image.
    """

    position: tuple[float, ...] | None
    orientation: tuple[float, ...] | None
    pixel_spacing: tuple[float, ...] | None
    slice_spacing: float | None
    slice_thickness: float | None
    tile: tuple[int, int] | None
    source: str
    source_frame: int | None


def read_groups(
    data: Buffer,
    shared: Element | None,
    per_frame: Element | None,
    encoding: Encoding,
    examples: dict[tuple[tuple[int, int], ...], bytes] | None = None,
) -> tuple[list[FramePlace], list[int], list[int]]:
    """Return the distinct places, and for each frame the position of its place among them and its segment number.

    A frame that names no segment has segment 0. Without per-frame groups there are no frames. `examples` is given the
    groups of one frame, encoded, for each set of groups and their lengths (but of those that place a frame), 1024 at
    most.

    Raises
    ------
    DamagedError
        If a group cannot be read.
    """
    default: dict[int, bytes] = {}
    if shared is not None:
        span = next(item_spans(data, shared.value, shared.value_end, encoding), None)
        if span is not None:
            default = _values(data, *span, encoding)
    place_of: dict[tuple[bytes, ...], int] = {}
    segment_of: dict[bytes, int] = {}
    places: list[int] = []
    segments: list[int] = []
    # One copy of all groups: slices of bytes are made in a third of the time of slices of a mapped file.
    groups = b"" if per_frame is None else data[per_frame.value : per_frame.value_end]
    shapes: dict[int, list[Element]] = {}
    for start, end in item_spans(groups, 0, len(groups), encoding):
        # Groups of one length usually have one shape: then the elements' headers are where they were before.
        shape = shapes.get(end - start, [])
        if not shape or any(groups[start + e.start : start + e.value] != e.vr for e in shape):
            shape = shapes[end - start] = [_relative(e, groups, start) for e in walk(groups, start, end, encoding)]
            if examples is not None and len(examples) < _MOST_EXAMPLES:
                named = tuple((e.tag, e.end - e.start if e.tag not in _PLACING else 0) for e in shape)
                examples.setdefault(named, groups[start:end])
        found = default | {
            each.tag: groups[start + each.value : start + each.value_end] for each in shape if each.tag in _WANTED
        }
        identification = found.get(_SEGMENT, b"")
        number = segment_of.get(identification)
        if number is None:
            coded = inner(identification, encoding, 0x0062000B)
            number = segment_of[identification] = int.from_bytes(coded[:2], encoding.endian)
        segments.append(number)
        places.append(place_of.setdefault(_key(found), len(place_of)))
    if per_frame is None and default:
        place_of[_key(default)] = 0
    return [_place(key, encoding) for key in place_of], places, segments


def _relative(each: Element, data: bytes, start: int) -> Element:
    """Return an element counted from the start of its item, with its whole header in the place of its VR."""
    tag, _, first, value, value_end, end = each
    return Element(tag, data[first:value], first - start, value - start, value_end - start, end - start)


def _values(data: Buffer, start: int, end: int, encoding: Encoding) -> dict[int, bytes]:
    return {
        each.tag: data[each.value : each.value_end] for each in walk(data, start, end, encoding) if each.tag in _WANTED
    }


def _key(found: dict[int, bytes]) -> tuple[bytes, ...]:
    get = found.get
    return get(_POSITION, b""), get(_ORIENTATION, b""), get(_MEASURES, b""), get(_SLIDE, b""), get(_DERIVATION, b"")


def _place(key: Sequence[bytes], encoding: Encoding) -> FramePlace:
    position, orientation, measures, slide, derivation = key
    spacing, thickness = (_numbers(inner(measures, encoding, tag), 1) for tag in (0x00180088, 0x00180050))
    return FramePlace(
        _numbers(inner(position, encoding, 0x00200032), 3),
        _numbers(inner(orientation, encoding, 0x00200037), 6),
        _numbers(inner(measures, encoding, 0x00280030), 2),
        spacing[0] if spacing is not None and spacing[0] > 0 else None,
        thickness[0] if thickness is not None and thickness[0] > 0 else None,
        _tile(slide, encoding),
        inner(derivation, encoding, 0x00082112, 0x00081155).rstrip(b" \0").decode("ascii", "replace"),
        _frame(inner(derivation, encoding, 0x00082112, 0x00081160)),
    )


def _numbers(value: bytes, count: int) -> tuple[float, ...] | None:
    """Return decimal strings as numbers, None if there are none."""
    value = value.strip(b" \0")
    if not value:
        return None
    parts = value.split(b"\\") if len(value) <= _LONGEST_NUMBERS else []
    try:
        numbers = tuple(map(float, parts))
    except ValueError:
        numbers = ()
    if len(numbers) != count:
        raise DamagedError(Message("what places a frame is not {count} numbers", count=count))
    return numbers


def _tile(slide: bytes, encoding: Encoding) -> tuple[int, int] | None:
    values = [inner(slide, encoding, tag) for tag in (0x0048021E, 0x0048021F)]
    if not all(len(value) == 4 for value in values):
        return None
    column, row = (int.from_bytes(value, encoding.endian, signed=True) - 1 for value in values)
    return column, row


def _frame(value: bytes) -> int | None:
    text = value[:16].strip(b" \0")
    return int(text) if text.isdigit() else None
