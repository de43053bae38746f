"""Functional groups of frames as bytes.

Authority: PS3.3 C.7.6.16 (multi-frame functional groups), C.7.6.17 (dimensions), C.8.20.3 (segmentation).
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from annoconv.model import Concept
from annoconv_converters._dicom.codes import coded
from annoconv_converters._dicom.encoding import decimal_string, element, sequence
from annoconv_converters._dicom.groups import PER_FRAME

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from annoconv.images import SliceIdentity
    from annoconv_converters.dicom_seg.writing.planes import PlaneStack

__all__ = ["DIMENSIONS", "encode_groups"]

_SOURCE_IMAGE: Final = Concept(code="121322", scheme="DCM", meaning="Source image for image processing operation")
_SEGMENTATION: Final = Concept(code="113076", scheme="DCM", meaning="Segmentation")

_VALUES_AT: Final = 28
"""Byte of FrameContentSequence at which its first value stands: behind the headers of sequence, item and element."""

DIMENSIONS: Final = {
    "segment": ((0x0062000B, 0x0062000A, "Segment Number"),),
    "patient": ((0x00200032, 0x00209113, "Image Position Patient"),),
    "slide": (
        (0x0048021F, 0x0048021A, "Row Position In Total Image Pixel Matrix"),
        (0x0048021E, 0x0048021A, "Column Position In Total Image Pixel Matrix"),
    ),
    "frame": ((0x00209453, 0x00209111, "Frame Label"),),
}
"""Dimension index pointer, functional group pointer and label of the dimensions that order frames."""


def encode_groups(index: Sequence[tuple[int, int]], planes: PlaneStack, resampled: Mapping[int, str]) -> bytes:
    """Return PerFrameFunctionalGroupsSequence, encoded.

    Parameters
    ----------
    index
        Segment number (0 in a label map) and zero-based plane of each frame.
    planes
        What the planes are, and where; a slice has its place as the source states it.
    resampled
        Segments whose masks were interpolated (0: all), and how.
    """
    numbers = sorted({number for number, _ in index})
    used = sorted({plane for _, plane in index})
    is_map, has_place = numbers == [0], planes.tiles is not None or planes.grid.lps_from_ijk is not None
    # A frame is four pieces, each of its plane or of its segment only, so that one frame more costs next to nothing:
    # up to the dimension index values; that of the segment; those of the plane and its place; the segment.
    segment_ranks = {number: b"" if is_map else struct.pack("<I", rank) for rank, number in enumerate(numbers, 1)}
    segments = {
        number: b"" if is_map else sequence(0x0062000A, element(0x0062000B, "US", struct.pack("<H", number)))
        for number in numbers
    }
    of_segments = len(segment_ranks[numbers[0]]) + len(segments[numbers[0]])
    starts: dict[tuple[str, int], bytes] = {}
    places: dict[int, bytes] = {}
    for plane, ranks in _plane_ranks(planes, used).items():
        label = b"" if has_place else element(0x00209453, "LO", str(plane + 1).encode())
        values = bytes(len(segment_ranks[numbers[0]])) + struct.pack(f"<{len(ranks)}I", *ranks)
        content = sequence(0x00209111, element(0x00209157, "UL", values) + label)
        places[plane] = content[_VALUES_AT + len(segment_ranks[numbers[0]]) :] + _place(planes, plane)
        for how in {"", *resampled.values()}:
            before = _derivation(planes.identities[plane], how) + content[:_VALUES_AT]
            size = len(before) + len(places[plane]) + of_segments
            starts[how, plane] = struct.pack("<HHI", 0xFFFE, 0xE000, size) + before
    frames = (
        piece
        for number, plane in index
        for piece in (starts[resampled.get(number, ""), plane], segment_ranks[number], places[plane], segments[number])
    )
    return element(PER_FRAME, "SQ", b"".join(frames))


def _plane_ranks(planes: PlaneStack, used: Sequence[int]) -> dict[int, tuple[int, ...]]:
    """Return the dimension index values of each plane: of slides one for rows and one for columns."""
    if planes.tiles is None:
        return {plane: (rank,) for rank, plane in enumerate(used, 1)}
    rows = {row: rank for rank, row in enumerate(sorted({planes.tiles[n].row for n in used}), 1)}
    columns = {column: rank for rank, column in enumerate(sorted({planes.tiles[n].column for n in used}), 1)}
    return {n: (rows[planes.tiles[n].row], columns[planes.tiles[n].column]) for n in used}


def _derivation(identity: SliceIdentity, how: str) -> bytes:
    """Return DerivationImageSequence (PS3.3 C.7.6.16.2.6); an empty one for a slice that the source lacks."""
    if not identity.sop_instance_uid:
        return element(0x00089124, "SQ", b"")
    image = element(0x00081150, "UI", identity.sop_class_uid.encode())
    image += element(0x00081155, "UI", identity.sop_instance_uid.encode())
    if identity.frame is not None:
        image += element(0x00081160, "IS", str(identity.frame).encode())
    image += element(0x0028135A, "CS", b"YES")
    image += sequence(0x0040A170, coded(_SOURCE_IMAGE))
    description = element(0x00082111, "ST", how.encode()) if how else b""
    return sequence(0x00089124, description + sequence(0x00082112, image) + sequence(0x00089215, coded(_SEGMENTATION)))


def _place(planes: PlaneStack, plane: int) -> bytes:
    """Return PlanePositionSequence (PS3.3 C.7.6.16.2.3), or PlanePositionSlideSequence (C.8.12.6.1)."""
    if planes.tiles is None:
        position = planes.identities[plane].position_lps
        if position is None:
            return b""
        return sequence(0x00209113, element(0x00200032, "DS", "\\".join(map(decimal_string, position)).encode()))
    tile, offsets = planes.tiles[plane], (0.0, 0.0, 0.0)
    if planes.grid.lps_from_ijk is not None:
        x, y, z, _ = planes.grid.affine @ [tile.column, tile.row, 0, 1]
        offsets = (float(x), float(y), float(z))
    names = (0x0040072A, 0x0040073A, 0x0040074A)
    values = [element(tag, "DS", decimal_string(value).encode()) for tag, value in zip(names, offsets, strict=True)]
    column = element(0x0048021E, "SL", struct.pack("<i", tile.column + 1))
    row = element(0x0048021F, "SL", struct.pack("<i", tile.row + 1))
    return sequence(0x0048021A, b"".join(values) + column + row)
