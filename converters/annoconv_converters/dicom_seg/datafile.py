"""A segmentation file opened without reading its pixels: header, frame table, and where the pixels stand.

The per-frame functional groups of a large segmentation are most of its header; building pydicom objects of them takes
longer than all else. So the file is walked here, by PS3.5 chapter 7, and pydicom is given the rest.
"""

from __future__ import annotations

import mmap
import struct
import warnings
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

import numpy as np
import pydicom
from pydicom.errors import InvalidDicomError

from annoconv.errors import LimitError, MaskError
from annoconv_converters._dicom import LONG_VRS, encode, text
from annoconv_converters.dicom_seg.groups import PER_FRAME, FrameTable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray
    from pydicom.dataset import Dataset

    from annoconv.limits import Limits

__all__ = ["SegmentationFile", "open_segmentation"]

Buffer: TypeAlias = bytes | mmap.mmap

_EXPLICIT_LITTLE_ENDIAN: Final = "1.2.840.10008.1.2.1"
_SEGMENTATION: Final = "1.2.840.10008.5.1.4.1.1.66.4"
_PIXELS: Final = 0x7FE00010
_UNDEFINED: Final = 0xFFFFFFFF
_ITEM_END, _SEQUENCE_END = 0xFFFEE00D, 0xFFFEE0DD
_LONG_VRS: Final = frozenset(vr.encode() for vr in LONG_VRS)
_DEEPEST: Final = 32
"""Nesting of sequences; a segmentation has five."""
_META_START: Final = 132
_ELEMENT = struct.Struct("<HH2sH")
_LENGTH = struct.Struct("<I")
_ITEM = struct.Struct("<HHI")


class _Element(NamedTuple):
    tag: int
    vr: bytes
    start: int
    """First byte of the element."""
    value: int
    """First byte of its value."""
    value_end: int
    end: int
    """First byte behind it."""


class _DamagedError(ValueError):
    """The bytes are no data set; the text says where."""


def _walk(data: Buffer, start: int, end: int, depth: int = 0) -> Iterator[_Element]:
    """Yield the elements of one data set, Explicit VR Little Endian, without looking into them."""
    at = start
    while at < end:
        if at + 8 > end:
            raise _DamagedError(f"the data end within an element at byte {at}")
        group, number, vr, length = _ELEMENT.unpack_from(data, at)
        tag = group << 16 | number
        if tag == _ITEM_END:
            return
        value = at + 8
        if vr in _LONG_VRS:
            if at + 12 > end:
                raise _DamagedError(f"the data end within an element at byte {at}")
            (length,), value = _LENGTH.unpack_from(data, at + 8), at + 12
        if length != _UNDEFINED:
            value_end = after = value + length
        else:
            after = _skip_items(data, value, end, depth + 1)
            value_end = after - 8
        if after > end:
            raise _DamagedError(f"element ({group:04X},{number:04X}) at byte {at} is longer than the data")
        yield _Element(tag, vr, at, value, value_end, after)
        at = after


def _skip_items(data: Buffer, at: int, end: int, depth: int) -> int:
    """Return where a sequence or pixel data of undefined length that starts at `at` ends, its delimiter included."""
    if depth > _DEEPEST:
        raise _DamagedError(f"sequences are nested more than {_DEEPEST} deep")
    while at + 8 <= end:
        group, number, length = _ITEM.unpack_from(data, at)
        at += 8
        if group << 16 | number == _SEQUENCE_END:
            return at
        if length != _UNDEFINED:
            at += length
            continue
        last = at
        for each in _walk(data, at, end, depth):
            last = each.end
        at = last + 8
    raise _DamagedError("a sequence of undefined length has no end")


def _items(data: Buffer, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield first byte and end of the content of each item of a sequence."""
    at = start
    while at + 8 <= end:
        group, number, length = _ITEM.unpack_from(data, at)
        at += 8
        if group << 16 | number == _SEQUENCE_END:
            return
        content_end = at + length
        if length == _UNDEFINED:
            content_end = at
            for each in _walk(data, at, end):
                content_end = each.end
        if content_end > end:
            raise _DamagedError(f"an item at byte {at} is longer than its sequence")
        yield at, content_end
        at = content_end + (8 if length == _UNDEFINED else 0)


@dataclass(eq=False)
class SegmentationFile:
    """A segmentation whose pixels are still in the file.

    Attributes
    ----------
    path
        The file.
    header
        Every attribute but the per-frame functional groups and the pixels.
    table
        What each frame shows.
    pixels_at
        First byte of the pixels.
    """

    path: Path
    header: Dataset
    table: FrameTable
    pixels_at: int

    @cached_property
    def size(self) -> tuple[int, int]:
        """Rows and columns."""
        return int(self.header.Rows), int(self.header.Columns)

    def frames(self, numbers: NDArray[np.int64]) -> Iterator[NDArray[np.bool_]]:
        """Yield frames, shape (rows * columns,), by their zero-based numbers in the file."""
        pixels = self.size[0] * self.size[1]
        total = (len(self.table.segments) * pixels + 7) // 8
        packed = np.memmap(self.path, dtype=np.uint8, mode="r", offset=self.pixels_at, shape=(total,))
        for number in numbers.tolist():
            first, last = number * pixels, (number + 1) * pixels
            bits = np.unpackbits(packed[first // 8 : (last + 7) // 8], bitorder="little")
            yield bits[first % 8 : first % 8 + pixels].view(np.bool_)


def open_segmentation(path: Path, limits: Limits) -> SegmentationFile:
    """Return a DICOM segmentation, checked to be whole.

    Raises
    ------
    MaskError
        If the file is no segmentation, is damaged or truncated, or is of a kind that is not read.
    LimitError
        If it exceeds a bound.
    """
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return _open(path, data, limits)
    except (OSError, InvalidDicomError) as error:
        raise MaskError("the file cannot be read", source=path, found=type(error).__name__) from error
    except (ValueError, struct.error) as error:
        if isinstance(error, MaskError | LimitError):
            raise
        raise MaskError(f"the file is no whole DICOM data set: {error}", source=path) from error


def _open(path: Path, data: mmap.mmap, limits: Limits) -> SegmentationFile:
    start = _data_set_start(path, data)
    kept: list[bytes] = [data[:start]]
    groups: _Element | None = None
    pixels: _Element | None = None
    for each in _walk(data, start, len(data)):
        if each.tag == PER_FRAME:
            groups = each
        elif each.tag == _PIXELS:
            pixels = each
        elif each.end - each.start > limits.header_bytes:
            raise LimitError("an attribute is too long", source=path, found=f"{each.end - each.start} bytes")
        else:
            kept.append(data[each.start : each.end])
    if sum(map(len, kept)) > limits.header_bytes:
        raise LimitError("the header is too long", source=path, expected=f"{limits.header_bytes} bytes at most")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        header = pydicom.dcmread(BytesIO(b"".join(kept)))
    _check_kind(path, header)
    if groups is None or pixels is None:
        missing = "PerFrameFunctionalGroupsSequence (5200,9230)" if groups is None else "PixelData (7FE0,0010)"
        raise MaskError("a required attribute is missing", source=path, where=missing)
    table = _read_table(data, groups, header)
    _check_size(path, header, table, pixels, limits)
    return SegmentationFile(path, header, table, pixels.value)


def _data_set_start(path: Path, data: mmap.mmap) -> int:
    """Return the first byte behind the file meta information (PS3.10 7.1), its transfer syntax checked."""
    if data[128:132] != b"DICM":
        raise MaskError("this is not a DICOM file", source=path)
    start: int = _META_START + 12 + _LENGTH.unpack_from(data, _META_START + 8)[0]
    meta = {each.tag: each for each in _walk(data, _META_START, min(start, len(data)))}
    syntax = meta.get(0x00020010)
    stated = data[syntax.value : syntax.value_end].rstrip(b"\0 ").decode("ascii", "replace") if syntax else ""
    if stated != _EXPLICIT_LITTLE_ENDIAN:
        raise MaskError(
            "this transfer syntax is not read",
            source=path,
            where="TransferSyntaxUID (0002,0010)",
            found=stated or "nothing",
            expected=f"{_EXPLICIT_LITTLE_ENDIAN} (Explicit VR Little Endian)",
        )
    return start


def _check_kind(path: Path, header: Dataset) -> None:
    sop_class, kind = text(header.get("SOPClassUID")), text(header.get("SegmentationType"))
    if sop_class != _SEGMENTATION:
        raise MaskError("this is no segmentation", source=path, where="SOPClassUID (0008,0016)", found=sop_class)
    if kind != "BINARY":
        raise MaskError(
            "this kind of segmentation is not read",
            source=path,
            where="SegmentationType (0062,0001)",
            found=kind,
            expected="BINARY",
        )


def _check_size(path: Path, header: Dataset, table: FrameTable, pixels: _Element, limits: Limits) -> None:
    rows, columns, frames = (int(header.get(name) or 0) for name in ("Rows", "Columns", "NumberOfFrames"))
    if rows < 1 or columns < 1 or frames < 1:
        raise MaskError("Rows, Columns and NumberOfFrames must be positive", source=path, found=(rows, columns, frames))
    if frames != len(table.segments):
        raise MaskError(
            "the frames and their descriptions differ in number",
            source=path,
            where="NumberOfFrames (0028,0008)",
            found=frames,
            expected=f"{len(table.segments)} as in PerFrameFunctionalGroupsSequence",
        )
    needed, found = (frames * rows * columns + 7) // 8, pixels.value_end - pixels.value
    if found < needed:
        raise MaskError(
            "the pixels are truncated",
            source=path,
            where="PixelData (7FE0,0010)",
            found=f"{found} bytes",
            expected=f"{needed} bytes",
        )
    if rows * columns > limits.mask_voxels:
        raise LimitError("the frames are too large", source=path, found=rows * columns, expected=limits.mask_voxels)


def _read_table(data: Buffer, groups: _Element, header: Dataset) -> FrameTable:
    """Return what each frame shows; groups that all frames share stand in the header."""
    shared = (header.get("SharedFunctionalGroupsSequence") or [None])[0]
    plane_of: dict[tuple[bytes, bytes], int] = {}
    segments: list[int] = []
    planes: list[int] = []
    default = _shared_parts(shared)
    for start, end in _items(data, groups.value, groups.value_end):
        parts = dict(default)
        for each in _walk(data, start, end):
            if each.tag in _PARTS:
                parts[each.tag] = bytes(data[each.value : each.value_end])
        segments.append(_segment_number(parts.get(0x0062000A, b"")))
        key = (parts.get(0x00209113, b""), parts.get(0x00089124, b""))
        planes.append(plane_of.setdefault(key, len(plane_of)))
    positions = [_position(place) for place, _ in plane_of]
    return FrameTable(
        np.array(segments, dtype=np.int64),
        np.array(planes, dtype=np.int64),
        np.array(positions, dtype=np.float64).reshape(-1, 3),
        [_source(derivation) for _, derivation in plane_of],
    )


_PARTS: Final = frozenset({0x00089124, 0x00209113, 0x0062000A})
"""DerivationImageSequence, PlanePositionSequence, SegmentIdentificationSequence."""


def _shared_parts(shared: Dataset | None) -> dict[int, bytes]:
    if shared is None:
        return {}
    parts: dict[int, bytes] = {}
    for tag in _PARTS:
        if tag in shared:
            holder = pydicom.Dataset()
            holder.add(shared[tag])
            element = next(_walk(encoded := encode(holder), 0, len(encoded)))
            parts[tag] = encoded[element.value : element.value_end]
    return parts


def _inner(data: bytes, *tags: int) -> bytes:
    """Return the value that a path of tags leads to, by the first item of each sequence; empty if there is none."""
    for tag in tags:
        span = next(_items(data, 0, len(data)), None)
        found = [each for each in _walk(data, *span) if each.tag == tag] if span else []
        if not found:
            return b""
        data = data[found[0].value : found[0].value_end]
    return data


def _segment_number(identification: bytes) -> int:
    value = _inner(identification, 0x0062000B)
    return int.from_bytes(value[:2], "little")


def _position(place: bytes) -> list[float]:
    numbers = _inner(place, 0x00200032).rstrip(b" \0").split(b"\\")
    if len(numbers) != 3:
        raise _DamagedError("a frame has no ImagePositionPatient (0020,0032)")
    return [float(number) for number in numbers]


def _source(derivation: bytes) -> str:
    return _inner(derivation, 0x00082112, 0x00081155).rstrip(b" \0").decode("ascii", "replace")
