"""Size of a compressed frame as its own header states it, read before a decoder allocates memory for it.

Authority: ITU-T T.81 B.2 (JPEG), T.87 C.2 (JPEG-LS), T.800 A.5.1 (JPEG 2000).
"""

from __future__ import annotations

import struct

__all__ = ["frame_size"]

_SOC_SIZ = b"\xff\x4f\xff\x51"
_JP2_BOX = b"\x00\x00\x00\x0cjP  "
_MOST_TILES = 4096
"""Tiles of a JPEG 2000 image: decoders keep kilobytes for each."""
_FRAME_HEADERS = frozenset({*range(0xC0, 0xD0), 0xF7}) - {0xC4, 0xC8, 0xCC}
"""Start-of-frame markers, JPEG-LS's included."""
_STANDALONE = frozenset({0x01, *range(0xD0, 0xD9)})
"""Markers without a length."""


def frame_size(frame: bytes) -> tuple[int, int, int]:
    """Return the columns, rows and samples a pixel that a JPEG, JPEG-LS or JPEG 2000 frame states.

    Raises
    ------
    ValueError
        If there is no such header, or it asks for more than 4096 tiles.
    """
    if frame.startswith(_JP2_BOX):
        frame = frame[max(frame.find(_SOC_SIZ), 0) :]
    try:
        return _jpeg_2000(frame) if frame.startswith(_SOC_SIZ) else _jpeg(frame)
    except (IndexError, struct.error) as error:
        raise ValueError("the compressed frame is cut off") from error


def _jpeg_2000(frame: bytes) -> tuple[int, int, int]:
    right, bottom, left, top, tile_width, tile_height, tile_left, tile_top, samples = struct.unpack(">8IH", frame[8:42])
    if not (tile_width and tile_height):
        raise ValueError("a tile of the compressed frame has no size")
    tiles = -((tile_left - right) // tile_width) * -((tile_top - bottom) // tile_height)
    if tiles > _MOST_TILES:
        raise ValueError(f"the compressed frame has {tiles} tiles")
    return right - left, bottom - top, samples


def _jpeg(frame: bytes) -> tuple[int, int, int]:
    if frame[:2] != b"\xff\xd8":
        raise ValueError("the compressed frame starts like no JPEG")
    at = 2
    while at < len(frame):
        if frame[at] != 0xFF:
            raise ValueError("the compressed frame is damaged before its size")
        marker = frame[at + 1]
        if marker in _FRAME_HEADERS:
            rows, columns, samples = struct.unpack(">HHB", frame[at + 5 : at + 10])
            return columns, rows, samples
        if marker == 0xFF:
            at += 1
        elif marker in _STANDALONE:
            at += 2
        else:
            at += 2 + max(int.from_bytes(frame[at + 2 : at + 4]), 2)
    raise ValueError("the compressed frame states no size")
