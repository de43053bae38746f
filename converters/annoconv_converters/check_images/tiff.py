"""The pyramid of a slide in a TIFF or BigTIFF file, Aperio's among them: directories are read, never a pixel.

Authority: TIFF 6.0; BigTIFF; Aperio's ImageDescription (`AppMag`, `MPP`), OME-TIFF's is left to its readers.
"""

from __future__ import annotations

import math
import mmap
import re
import struct
from typing import TYPE_CHECKING, Any, Final

from annoconv.advice import COPY_AGAIN, begin_of
from annoconv.errors import ImageError
from annoconv.messages import Message
from annoconv_converters.check_images.slides import Level, SlidePyramid

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["read_pyramid"]

_SIZES: Final = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 16: 8, 17: 8, 18: 8}
_NUMBERS: Final = {1: "B", 3: "H", 4: "I", 16: "Q"}
_MOST_DIRECTORIES: Final = 256
_MOST_VALUES: Final = 1 << 20
_WIDTH, _HEIGHT, _DESCRIPTION, _TILE_WIDTH, _SUB = 256, 257, 270, 322, 330
_X_RESOLUTION, _UNIT = 282, 296
_OFFSETS: Final = ((273, 279), (324, 325))
"""Offsets and byte counts of strips, of tiles."""
_UM_BY_UNIT: Final = {2: 25400.0, 3: 10000.0}


def read_pyramid(path: Path) -> SlidePyramid:
    """Return the slide in a file; raise ImageError if its directories lead out of it, or a tile ends behind it."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        try:
            directories = _directories(data)
        except (struct.error, ValueError, IndexError) as error:
            raise ImageError(
                "the directories of the file are damaged",
                source=path,
                found=begin_of(path),
                expected="a TIFF whose directories lie inside the file",
                advice=COPY_AGAIN,
            ) from error
        end = max((_end(each) for each in directories), default=0)
        if end > len(data):
            raise ImageError(
                "the file is cut off",
                source=path,
                found=Message("{count} bytes", count=len(data)),
                expected=Message("{count} bytes", count=end),
                advice="Fetch the file again from where it was exported",
            )
    text = "".join(each.get(_DESCRIPTION, "") for each in directories[:1])
    tiled = [(n, each) for n, each in enumerate(directories) if _TILE_WIDTH in each] or list(enumerate(directories))[:1]
    levels = [Level(f"level {n}", path, (each[_WIDTH][0], each[_HEIGHT][0])) for n, each in tiled if _WIDTH in each]
    levels.sort(key=lambda each: -math.prod(each.size))
    size = _stated(text, "MPP") or (_resolution(directories[0]) if directories else None)
    return SlidePyramid(path, (), tuple(levels), size, _stated(text, "AppMag"))


def _stated(text: str, name: str) -> float | None:
    found = re.search(rf"\b{name}\s*=\s*([0-9.]+)", text)
    try:
        number = float(found.group(1)) if found else 0.0
    except ValueError:
        return None
    return number or None


def _resolution(directory: dict[int, Any]) -> float | None:
    """Return the size of a pixel, micrometre, where a resolution in a unit of length is stated."""
    unit = _UM_BY_UNIT.get(directory.get(_UNIT, (1,))[0])
    resolution = directory.get(_X_RESOLUTION)
    found = unit / resolution if unit and resolution else None
    return found if found is not None and found < 50 else None  # 72 dots an inch say nothing of a slide


def _end(directory: dict[int, Any]) -> int:
    """Return the byte behind the last strip or tile of a directory."""
    ends = [0]
    for offsets, counts in _OFFSETS:
        if offsets in directory and counts in directory:
            ends += [at + count for at, count in zip(directory[offsets], directory[counts], strict=False)]
    return max(ends)


def _directories(data: mmap.mmap) -> list[dict[int, Any]]:
    order = {b"II": "<", b"MM": ">"}[bytes(data[:2])] if bytes(data[:2]) in {b"II", b"MM"} else ""
    if not order:
        raise ValueError("no TIFF")
    is_big = struct.unpack_from(f"{order}H", data, 2)[0] == 43
    at = struct.unpack_from(f"{order}{'Q' if is_big else 'I'}", data, 8 if is_big else 4)[0]
    found: list[dict[int, Any]] = []
    pending, seen = [at], set[int]()
    while pending and len(found) < _MOST_DIRECTORIES:
        at = pending.pop(0)
        if at == 0 or at in seen:
            continue
        seen.add(at)
        directory, following = _directory(data, at, order, is_big=is_big)
        found.append(directory)
        pending = [following, *directory.get(_SUB, ()), *pending]
    return found


def _directory(data: mmap.mmap, at: int, order: str, *, is_big: bool) -> tuple[dict[int, Any], int]:
    head, entry, word = ("Q", 20, "Q") if is_big else ("H", 12, "I")
    (count,) = struct.unpack_from(f"{order}{head}", data, at)
    at += struct.calcsize(f"{order}{head}")
    inline = struct.calcsize(f"{order}{word}")
    found: dict[int, Any] = {}
    if count * entry > len(data):
        raise ValueError("too many entries")
    for n in range(count):
        tag, kind, values = struct.unpack_from(f"{order}HH{word}", data, at + n * entry)
        start = at + n * entry + 4 + inline
        size = _SIZES.get(kind, 1) * values
        if size > inline:
            (start,) = struct.unpack_from(f"{order}{word}", data, start)
        if values > _MOST_VALUES or start + size > len(data):
            raise ValueError("a value outside the file")
        if kind == 2:
            found[tag] = data[start : start + values].rstrip(b"\0").decode("latin-1")
        elif kind in _NUMBERS:
            found[tag] = struct.unpack_from(f"{order}{values}{_NUMBERS[kind]}", data, start)
        elif kind == 5 and values == 1:
            over, under = struct.unpack_from(f"{order}II", data, start)
            found[tag] = over / under if under else None
    (following,) = struct.unpack_from(f"{order}{word}", data, at + count * entry)
    return found, following
