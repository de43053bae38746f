"""Runs of equal pixels: what is scanned of a plane, and how RLE Lossless encodes one (PS3.5 Annex G).

A label map has long runs along its rows, so nothing here looks at single pixels more than once.
pydicom encodes RLE in Python, row by row.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Spans", "decode_rle", "encode_rle", "find_spans", "run_starts", "set_span"]

Spans: TypeAlias = dict[int, tuple[int, int]]
"""First pixel, and the first behind the last one, of each value but 0."""

_LONGEST_RUN: Final = 128
_HEADER: Final = struct.Struct("<16I")
_UNUSED: Final = 128
"""Byte that means nothing in an RLE segment."""


def run_starts(plane_ji: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[Any]]:
    """Return the pixel at which each run of one value begins, and the values, in C-order of a plane."""
    flat = np.ascontiguousarray(plane_ji).reshape(-1)
    if flat.dtype == np.bool_:
        flat = flat.view(np.uint8)
    if not flat.any():
        return np.zeros(1, dtype=np.int64), flat[:1]
    starts = np.append(0, np.flatnonzero(flat[1:] != flat[:-1]) + 1)
    return starts, flat[starts]


def find_spans(starts: NDArray[np.int64], values: NDArray[Any], size: int) -> Spans:
    """Return where each value but 0 begins and ends in a plane of `size` pixels, given its runs."""
    ends = np.append(starts[1:], size)
    foreground = values != 0
    starts, ends, values = starts[foreground], ends[foreground], values[foreground]
    if not values.size:
        return {}
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    firsts = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1]))
    lasts = np.append(firsts[1:], ordered.size) - 1
    return {
        int(value): (int(first), int(last))
        for value, first, last in zip(ordered[firsts], starts[order[firsts]], ends[order[lasts]], strict=True)
    }


def set_span(content: NDArray[np.uint8]) -> slice:
    """Return the bytes from the first to the last that is not 0, to whole words; empty if there is none."""
    size = content.size // 8 * 8
    is_set = content[:size].view(np.uint64).astype(np.bool_)
    has_tail = bool(content[size:].any())
    if not is_set.any():
        return slice(size, content.size) if has_tail else slice(0, 0)
    return slice(int(is_set.argmax()) * 8, content.size if has_tail else size - int(is_set[::-1].argmax()) * 8)


def encode_rle(frame: NDArray[np.uint8], columns: int, bits: int) -> bytes:
    """Return one frame of 8 or 16 bits a pixel (low byte first) as RLE Lossless.

    Every run, be it of one pixel, takes two bytes: what is segmented has few single pixels.
    """
    planes = [frame] if bits == 8 else [frame[1::2], frame[0::2]]
    segments = [_encode_segment(np.ascontiguousarray(plane), columns) for plane in planes]
    offsets = np.cumsum([_HEADER.size, *map(len, segments)])[:-1].tolist()
    return _HEADER.pack(len(segments), *offsets, *[0] * (15 - len(segments))) + b"".join(segments)


def _encode_segment(plane: NDArray[np.uint8], columns: int) -> bytes:
    is_start = np.empty(plane.size, dtype=np.bool_)
    np.not_equal(plane[1:], plane[:-1], out=is_start[1:])
    is_start[::columns] = True  # a run ends with its row
    starts = np.flatnonzero(is_start)
    lengths = np.diff(np.append(starts, plane.size))
    pieces = -(-lengths // _LONGEST_RUN)
    values = np.repeat(plane[starts], pieces)
    sizes = np.full(values.size, _LONGEST_RUN)
    sizes[np.cumsum(pieces) - 1] = lengths - (pieces - 1) * _LONGEST_RUN
    coded = np.empty(values.size * 2, dtype=np.uint8)
    coded[0::2] = (257 - sizes) & 0xFF  # 0, a literal of one pixel, for a run of one
    coded[1::2] = values
    return coded.tobytes() + (b"" if coded.size % 2 == 0 else b"\0")


def decode_rle(data: bytes, pixel_bytes: int, frame_bytes: int) -> bytes:
    """Return one frame, the low byte of a pixel first, decoded from RLE Lossless.

    Parameters
    ----------
    data
        Header and segments.
    pixel_bytes
        Bytes of a pixel: 1 also for frames of single bits, which are run-length encoded as they are packed.
    frame_bytes
        Bytes of the decoded frame; more are never made.

    Raises
    ------
    ValueError
        If the segments are not as many or as long as they should be.
    """
    if len(data) < _HEADER.size:
        raise ValueError("the RLE header is cut off")
    count, *offsets = _HEADER.unpack_from(data)
    if count != pixel_bytes:
        raise ValueError(f"{count} RLE segments where {pixel_bytes} are expected")
    ends = [*offsets[1:count], len(data)]
    size = frame_bytes // pixel_bytes
    segments = [_decode_segment(data[start:end], size) for start, end in zip(offsets[:count], ends, strict=True)]
    if pixel_bytes == 1:
        return segments[0]
    pixels = np.empty(frame_bytes, dtype=np.uint8)
    for position, segment in enumerate(reversed(segments)):
        pixels[position::pixel_bytes] = np.frombuffer(segment, dtype=np.uint8)
    return pixels.tobytes()


def _decode_segment(data: bytes, size: int) -> bytes:
    pieces: list[bytes] = []
    at = made = 0
    while made < size and at < len(data):
        code = data[at]
        at += 1
        if code > _UNUSED:
            pieces.append(data[at : at + 1] * (257 - code))
            at += 1
        elif code < _UNUSED:
            pieces.append(data[at : at + code + 1])
            at += code + 1
        else:
            continue
        made += len(pieces[-1])
    if made != size:
        raise ValueError(f"an RLE segment of {made} bytes where {size} are expected")
    return b"".join(pieces)
