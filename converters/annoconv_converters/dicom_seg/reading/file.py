"""A segmentation file opened without reading its pixels: header, frame table, and where the pixels stand.

The per-frame functional groups of a large segmentation are most of its header; building pydicom objects of them takes
longer than all else. So the file is walked, and pydicom is given the rest.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field, replace
from functools import cached_property
from io import BytesIO
from typing import TYPE_CHECKING, Final

import numpy as np
from pydicom.filereader import read_dataset

from annoconv.advice import COPY_AGAIN, NOTHING, SAVE_AGAIN, at_most_bytes, in_bytes, nearest
from annoconv.errors import LimitError, MaskError
from annoconv.messages import Message, listed
from annoconv_converters._dicom.charset import settle_character_set
from annoconv_converters._dicom.elements import (
    EXPLICIT,
    DamagedError,
    Element,
    is_encapsulated,
    item_spans,
    walk,
)
from annoconv_converters._dicom.groups import PER_FRAME, SHARED
from annoconv_converters._dicom.opening import DAMAGED, opened
from annoconv_converters._dicom.texts import text
from annoconv_converters.dicom_seg.block import digest_of
from annoconv_converters.dicom_seg.groups import FrameTable, read_table
from annoconv_converters.dicom_seg.kinds import LEVELS, Kind
from annoconv_converters.dicom_seg.mapping import called, hides_a_segment, segments_of
from annoconv_converters.dicom_seg.reading.pixels import FramePixels, frame_fragments

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray
    from pydicom.dataset import Dataset

    from annoconv.limits import Limits
    from annoconv_converters._dicom.elements import Buffer, FileStart
    from annoconv_converters.dicom_seg.segment import Segment

__all__ = ["SegmentationFile", "open_segmentation"]

_PACKED: Final = "Write the frames one after the other without a gap, or fetch the file again"
_CLASSES: Final = frozenset(kind.sop_class_uid for kind in Kind)
_PIXELS: Final = 0x7FE00010
_EXTENDED_OFFSETS: Final = 0x7FE00001
_SEGMENTS: Final = 0x00620002
_MOST_SEGMENTS: Final = 65536
_LONGEST_TEXT: Final = 65534
"""Bytes of an element that is no sequence, no text without limit and not private: its VR allows no more (PS3.5 6.2)."""
_LARGE_VRS: Final = frozenset({b"SQ", b"UT", b"UC", b"UR", b"UN", b"OB", b"OW", b"OD", b"OF", b"OL", b"OV", b""})
_BITS: Final = {Kind.BINARY: (1,), Kind.FRACTIONAL: (8,), Kind.LABELMAP: (8, 16)}
_INFLATED_HEADER: Final = 64 << 20


@dataclass(eq=False)
class SegmentationFile:
    """A segmentation whose pixels are still in the file.

    Attributes
    ----------
    path
        The file.
    kind
        SegmentationType.
    header
        Every attribute but the per-frame functional groups and the pixels.
    table
        What each frame shows.
    pixels
        The frames.
    digest
        Of all elements but the pixels, its own UIDs and our private block.
    misread
        Places of text that is not of the character set that the file declares, and what became of it.
    names
        What our private block calls its segments.
    """

    path: Path
    kind: Kind
    header: Dataset
    table: FrameTable
    pixels: FramePixels
    digest: str
    misread: Sequence[tuple[str, Message]] = ()
    names: Mapping[str, str] = field(default_factory=dict[str, str])

    @cached_property
    def segments(self) -> tuple[Segment, ...]:
        """What each segment is, by number, the background left out."""
        return tuple(called(segments_of(self.header), self.names))

    @cached_property
    def largest_number(self) -> int:
        """The largest segment number, at least 1."""
        return max((segment.number for segment in self.segments), default=1)


def open_segmentation(path: Path, limits: Limits) -> SegmentationFile:
    """Return a DICOM segmentation, checked to be whole.

    Raises
    ------
    MaskError
        If the file is no segmentation, is damaged or truncated, or is of a kind that is not read.
    LimitError
        If it exceeds a bound.
    """
    most = min(limits.header_bytes, _INFLATED_HEADER)
    with opened(path, most, advice=Message("Name a DICOM segmentation"), error=MaskError) as file:
        return _open(path, file.data, file.start, limits, file.deflated_at, is_all=file.is_all)


def _open(
    path: Path, data: Buffer, start: FileStart, limits: Limits, deflated_at: int | None, *, is_all: bool = True
) -> SegmentationFile:
    kept: dict[int, bytes] = {}
    found: dict[int, Element] = {}
    at = start.data_set
    for each in walk(data, at, len(data), start.encoding, until=_PIXELS):
        at = each.end
        if each.tag in {PER_FRAME, SHARED, _EXTENDED_OFFSETS, _SEGMENTS}:
            found[each.tag] = each
        if each.tag not in {PER_FRAME, _EXTENDED_OFFSETS}:
            _check_length(path, each, limits)
            kept[each.tag] = data[each.start : each.end]
    if sum(map(len, kept.values())) > limits.header_bytes:
        raise LimitError(
            "the header is too long",
            source=path,
            expected=Message("{count} bytes at most", count=limits.header_bytes),
            limit="header_bytes",
            found=in_bytes(sum(map(len, kept.values()))),
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        header = read_dataset(
            BytesIO(b"".join(kept.values())), start.encoding.is_implicit, not start.encoding.is_big_endian
        )
        kind = _kind(path, header)
        if _SEGMENTS in found:
            _count_segments(path, data, found[_SEGMENTS], start)
        misread = settle_character_set(header)
        pixels = _pixel_element(path, data, at, start, is_whole=is_all and deflated_at is None)
        table = read_table(data, found.get(SHARED), found.get(PER_FRAME), start.encoding)
        if PER_FRAME not in found:
            table = _tiled_full(path, header, table, kind)
        frames = _checked(path, header, table, kind, limits)
    bits = frames.bits
    frames = replace(
        frames, syntax=start.syntax, encoding=start.encoding, start=pixels.value, vr=pixels.vr, deflated_at=deflated_at
    )
    if is_encapsulated(start.syntax):
        extended = found.get(_EXTENDED_OFFSETS)
        offsets = b"" if extended is None else data[extended.value : extended.value_end]
        frames.fragments = frame_fragments(data, pixels, start.encoding, len(table.segments), offsets)
    else:
        _check_pixels(path, data, pixels, start, table.segments, frames.count * bits)
    groups = found.get(PER_FRAME)
    with memoryview(data) as whole, whole[groups.start : groups.end] if groups else memoryview(b"") as described:
        digest = digest_of({**kept, PER_FRAME: described})
    opened = SegmentationFile(path, kind, header, table, frames, digest, misread)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _check_segments(opened)
    return opened


def _check_pixels(
    path: Path, data: Buffer, pixels: Element, start: FileStart, segments: NDArray[np.int64], frame_bits: int
) -> None:
    """Refuse pixels that are not as long as all frames; one byte may fill them up to an even length (PS3.5 6.2).

    Frames of single bits follow each other without a gap (PS3.5 8.1.1). Where those of each segment begin with a byte
    of their own, more is there, or, if that is one byte, something in it, and all but the first would be misread.
    """
    found, needed = pixels.value_end - pixels.value, (len(segments) * frame_bits + 7) // 8
    if not needed <= found <= needed + needed % 2:
        raise MaskError(
            "the pixels are truncated" if found < needed else "the pixels are longer than the frames",
            source=path,
            where="PixelData (7FE0,0010)",
            found=Message("{count} bytes", count=found),
            expected=Message("{count} bytes", count=needed),
            advice=DAMAGED if found < needed else _PACKED,
        )
    is_swapped = start.encoding.is_big_endian and pixels.vr == b"OW"
    last = pixels.value_end - (2 if is_swapped else 1)
    ends = np.flatnonzero(np.diff(segments, append=-1)) + 1
    apart = int(((np.diff(ends, prepend=0) * frame_bits + 7) // 8).sum())
    if found > needed and apart > needed and found == apart + apart % 2 and last < len(data) and data[last]:
        raise MaskError(
            "the pixels are longer than the frames",
            source=path,
            where="PixelData (7FE0,0010)",
            found=Message("{count} bytes, the last of which is not 0", count=found),
            expected=Message("{count} bytes", count=needed),
            advice=_PACKED,
        )


def _check_segments(file: SegmentationFile) -> None:
    """Refuse segments that share a number or are not told from the background, and frames of none that is described."""
    numbers = [int(each.get("SegmentNumber") or 0) for each in file.header.get("SegmentSequence") or []]
    found = {*file.table.segments.tolist()}.difference({0} if file.kind is Kind.LABELMAP else (), numbers)
    where, problem, expected = "SegmentSequence (0062,0002)", "", Message("one item for each segment number")
    if len(set(numbers)) < len(numbers):
        problem, found = "two segments have one number", {n for n in numbers if numbers.count(n) > 1}
    elif found:
        problem = "frames show a segment that is not described"
    elif file.kind is Kind.LABELMAP and 0 in numbers and hides_a_segment(file.header):
        problem, found = "segment 0 is not the background, and labels of 0 cannot be told from it", {0}
    elif file.kind is Kind.FRACTIONAL and not 0 < int(file.header.get("MaximumFractionalValue") or 0) <= LEVELS:
        where, problem = "MaximumFractionalValue (0062,000E)", "fractions have no largest value"
        found, expected = {int(file.header.get("MaximumFractionalValue") or 0)}, Message("1 to {count}", count=LEVELS)
    if problem:
        shown = listed(sorted(found), 10)
        raise MaskError(problem, source=file.path, where=where, found=shown, expected=expected, advice=SAVE_AGAIN)
    _ = file.segments  # converts their elements, so that damage shows here


def _check_length(path: Path, each: Element, limits: Limits) -> None:
    is_bounded = each.vr in _LARGE_VRS or (each.tag >> 16) % 2 == 1
    most = limits.header_bytes if is_bounded else _LONGEST_TEXT
    if each.end - each.start > most + 12:
        raise LimitError(
            "an attribute is too long",
            source=path,
            found=in_bytes(each.end - each.start),
            expected=at_most_bytes(most),
            limit="header_bytes" if is_bounded else None,
            advice=None if is_bounded else SAVE_AGAIN,
        )


def _count_segments(path: Path, data: Buffer, each: Element, start: FileStart) -> None:
    for count, _ in enumerate(item_spans(data, each.value, each.value_end, start.encoding), 1):
        if count > _MOST_SEGMENTS:
            raise LimitError(
                "too many segments",
                source=path,
                expected=Message("{count} at most", count=_MOST_SEGMENTS),
                found=Message("more than {count}", count=_MOST_SEGMENTS),
                advice="Split the file where it was made",
            )


def _pixel_element(path: Path, data: Buffer, at: int, start: FileStart, *, is_whole: bool) -> Element:
    """Return where PixelData stands; of a deflated data set only its beginning is at hand."""
    if is_whole:
        found = next(walk(data, at, len(data), start.encoding), None)
    else:
        encoding = start.encoding
        if at + 12 > len(data):
            raise DamagedError(Message("the deflated header is too long, or cut off"))
        group, number, vr, _ = encoding.tag.unpack_from(data, at)
        (length,) = encoding.long.unpack_from(data, at + 8)
        end = at + 12 + length
        found = Element(group << 16 | number, vr, at, at + 12, end, end)
    if found is None or found.tag != _PIXELS:
        raise MaskError(
            "a required attribute is missing",
            source=path,
            where="PixelData (7FE0,0010)",
            found=NOTHING,
            expected="PixelData (7FE0,0010) at the end of the file",
            advice=COPY_AGAIN,
        )
    return found


def _kind(path: Path, header: Dataset) -> Kind:
    sop_class, stated = text(header.get("SOPClassUID")), text(header.get("SegmentationType"))
    if sop_class not in _CLASSES:
        raise MaskError(
            "this is no segmentation",
            source=path,
            where="SOPClassUID (0008,0016)",
            found=sop_class,
            expected="Segmentation Storage or Label Map Segmentation Storage",
            advice="Images are named with --images",
        )
    if stated not in set(Kind):
        raise MaskError(
            "this kind of segmentation is not read",
            source=path,
            where="SegmentationType (0062,0001)",
            found=stated,
            expected=", ".join(Kind),
            advice=nearest(stated, Kind),
        )
    return Kind(stated)


def _tiled_full(path: Path, header: Dataset, shared: FrameTable, kind: Kind) -> FrameTable:
    """Return the table of frames that need no description: every tile of every segment (PS3.3 C.7.6.17.3)."""
    where = "PerFrameFunctionalGroupsSequence (5200,9230)"
    if text(header.get("DimensionOrganizationType")) != "TILED_FULL" or not shared.places:
        raise MaskError(
            "a required attribute is missing",
            source=path,
            where=where,
            found=NOTHING,
            expected="a description of each frame, or TILED_FULL",
            advice=SAVE_AGAIN,
        )
    width, height = int(header.TotalPixelMatrixColumns), int(header.TotalPixelMatrixRows)
    columns, rows, frames = int(header.Columns), int(header.Rows), int(header.NumberOfFrames)
    across, down = range(0, width, max(columns, 1)), range(0, height, max(rows, 1))
    numbers = [0] if kind is Kind.LABELMAP else sorted(int(each.SegmentNumber) for each in header.SegmentSequence)
    if frames != len(across) * len(down) * len(numbers):
        found, expected = (
            frames,
            Message("{tiles} tiles of {count} segments", tiles=len(across) * len(down), count=len(numbers)),
        )
        raise MaskError(
            "the frames are not all tiles", source=path, where=where, found=found, expected=expected, advice=COPY_AGAIN
        )
    tiles = [(x, y) for y in down for x in across]
    return FrameTable(
        np.repeat(np.array(numbers, dtype=np.int64), len(tiles)),
        np.tile(np.arange(len(tiles), dtype=np.int64), len(numbers)),
        [replace(shared.places[0], tile=tile) for tile in tiles],
    )


def _checked(path: Path, header: Dataset, table: FrameTable, kind: Kind, limits: Limits) -> FramePixels:
    """Return the frames' size, checked against what describes them."""
    rows, columns = (int(header.get(name) or 0) for name in ("Rows", "Columns"))
    frames = int(1 if header.get("NumberOfFrames") is None else header.NumberOfFrames)
    if rows < 1 or columns < 1 or frames < 1:
        raise MaskError(
            "Rows, Columns and NumberOfFrames must be positive",
            source=path,
            found=(rows, columns, frames),
            expected="at least 1 of each",
            advice=COPY_AGAIN,
        )
    if frames != len(table.segments):
        raise MaskError(
            "the frames and their descriptions differ in number",
            source=path,
            where="NumberOfFrames (0028,0008)",
            found=frames,
            expected=Message("{count} as in PerFrameFunctionalGroupsSequence", count=len(table.segments)),
            advice=COPY_AGAIN,
        )
    if rows * columns > limits.volume_bytes:
        raise LimitError(
            "the frames are too large",
            source=path,
            found=rows * columns,
            expected=limits.volume_bytes,
            limit="volume_bytes",
        )
    bits, samples = int(header.get("BitsAllocated") or 0), int(header.get("SamplesPerPixel") or 1)
    if bits not in _BITS[kind] or samples != 1:
        raise MaskError(
            "pixels of this size are not read",
            source=path,
            where="BitsAllocated (0028,0100), SamplesPerPixel (0028,0002)",
            found=Message("{bits} bits, {samples} samples", bits=bits, samples=samples),
            expected=Message("{names} bits, 1 sample for {kind}", names=" or ".join(map(str, _BITS[kind])), kind=kind),
            advice="Save it again as a segmentation of PS3.3 A.51 or A.92",
        )
    return FramePixels(path, "", EXPLICIT, 0, b"", rows, columns, bits)
