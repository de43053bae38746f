"""MP4 and QuickTime files: whether their frames are there, and when they are shown (A 7.2 note 2).

Only the boxes of the file are read (ISO/IEC 14496-12, 8: moov, trak, mdhd, hdlr, stts, stsc, stsz, stco, co64), no
picture is decoded. Frames are counted from zero in the order in which they are stored.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Final, NamedTuple

from annoconv.errors import ImageError
from annoconv.messages import Message
from annoconv_converters.check_images.table import Fault, Numbers, check

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

__all__ = ["ENDINGS", "Video", "read_video"]

ENDINGS: Final = (".mp4", ".m4v", ".mov")
_LARGEST: Final = 256 << 20
"""Bytes of an index: twelve hours have a few megabytes."""
_MOST_FRAMES: Final = 50_000_000


class _Box(NamedTuple):
    kind: bytes
    start: int
    stop: int


@dataclass(frozen=True)
class Video:
    """The video track of a file.

    Attributes
    ----------
    path
        The file.
    bytes
        How long it is.
    scale
        Units of time in a second.
    durations
        Runs of frames: how many, and how many units each of them lasts.
    ends
        For each chunk the first frame behind it, and the byte behind its last.
    """

    path: Path
    bytes: int
    scale: int
    durations: Sequence[tuple[int, int]]
    ends: Sequence[tuple[int, int]]


def read_video(path: Path) -> Video:
    """Return what the index of a video says; ImageError if it has none."""
    size = path.stat().st_size
    with path.open("rb") as file:
        for box in _top(file, size, path):
            if box.kind != b"moov":
                continue
            if box.stop - box.start > _LARGEST or box.stop > size:
                raise _broken(path, Message("an index of {count} bytes", count=box.stop - box.start))
            file.seek(box.start)
            data = file.read(box.stop - box.start)
            found = _video_track(data, path)
            if found is None:
                raise _broken(path, Message("no track of pictures"))
            scale, table = found
            return Video(path, size, scale, _durations(data, table, path), _ends(data, table, path))
    raise _broken(path, Message("no box moov, as of a recording that was broken off"))


def _top(file: BinaryIO, size: int, path: Path) -> Iterator[_Box]:
    at = 0
    while at + 8 <= size:
        file.seek(at)
        head = file.read(16)
        length, kind = struct.unpack_from(">I4s", head)
        begin = 8
        if length == 1 and len(head) == 16:
            length, begin = struct.unpack_from(">Q", head, 8)[0], 16
        length = size - at if length == 0 else length
        if length < begin or not kind.isascii():
            raise _broken(path, Message("a box of {count} bytes at byte {position}", count=length, position=at))
        yield _Box(kind, at + begin, at + length)
        at += length


def _boxes(data: bytes, start: int, stop: int) -> Iterator[_Box]:
    at = start
    while at + 8 <= stop:
        length, kind = struct.unpack_from(">I4s", data, at)
        begin = 8
        if length == 1 and at + 16 <= stop:
            length, begin = struct.unpack_from(">Q", data, at + 8)[0], 16
        length = stop - at if length == 0 else length
        if length < begin or at + length > stop:
            return
        yield _Box(kind, at + begin, at + length)
        at += length


def _inner(data: bytes, box: _Box, *path: bytes) -> _Box | None:
    for kind in path:
        found = next((each for each in _boxes(data, box.start, box.stop) if each.kind == kind), None)
        if found is None:
            return None
        box = found
    return box


def _video_track(data: bytes, path: Path) -> tuple[int, _Box] | None:
    """Return the units in a second, and the table of samples, of the first track of pictures."""
    for track in _boxes(data, 0, len(data)):
        if track.kind != b"trak":
            continue
        handler, header = _inner(data, track, b"mdia", b"hdlr"), _inner(data, track, b"mdia", b"mdhd")
        table = _inner(data, track, b"mdia", b"minf", b"stbl")
        if (
            handler is None
            or header is None
            or table is None
            or data[handler.start + 8 : handler.start + 12] != b"vide"
        ):
            continue
        at = header.start + (20 if data[header.start] == 1 else 12)
        (scale,) = struct.unpack_from(">I", data, at)
        if scale == 0:
            raise _broken(path, Message("a clock of 0 units in a second"))
        return scale, table
    return None


def _table(data: bytes, box: _Box | None, layout: str, path: Path, *, skip: int = 4) -> list[tuple[int, ...]]:
    """Return the rows of a table: a count stands before them."""
    if box is None:
        raise _broken(path, Message("no table of its frames"))
    (count,) = struct.unpack_from(">I", data, box.start + skip)
    row = struct.Struct(layout)
    begin = box.start + skip + 4
    if count > _MOST_FRAMES or begin + count * row.size > box.stop:
        raise _broken(path, Message("a table of {count} rows in {bytes} bytes", count=count, bytes=box.stop - begin))
    return list(row.iter_unpack(data[begin : begin + count * row.size]))


def _durations(data: bytes, table: _Box, path: Path) -> list[tuple[int, int]]:
    rows = _table(data, _inner(data, table, b"stts"), ">II", path)
    return [(count, each) for count, each in rows if count]


def _ends(data: bytes, table: _Box, path: Path) -> list[tuple[int, int]]:
    """Return for each chunk the first frame behind it and the byte behind its last one."""
    box = _inner(data, table, b"stsz")
    if box is None:
        return []
    same, count = struct.unpack_from(">II", data, box.start + 4)
    if count > _MOST_FRAMES:
        raise _broken(path, Message("{count} frames", count=count))
    sizes = [same] * count if same else [each for (each,) in _table(data, box, ">I", path, skip=8)]
    wide = _inner(data, table, b"co64")
    offsets = _table(data, wide, ">Q", path) if wide else _table(data, _inner(data, table, b"stco"), ">I", path)
    runs = _table(data, _inner(data, table, b"stsc"), ">III", path)
    found: list[tuple[int, int]] = []
    frame, run = 0, 0
    for number, (offset,) in enumerate(offsets, 1):
        while run + 1 < len(runs) and runs[run + 1][0] <= number:
            run += 1
        held = sizes[frame : frame + (runs[run][1] if runs else 0)]
        frame += len(held)
        found.append((frame, offset + sum(held)))
    return found


def _broken(path: Path, found: Message) -> ImageError:
    return ImageError(
        "this is no whole video",
        source=path,
        found=found,
        expected="an MP4 or QuickTime file with its index",
        advice="Export it again from where it was recorded",
    )


@check("A-7.2n2.video_truncated", "video")
def video_truncated(video: Video, _: Numbers) -> Iterator[Fault]:
    """Yield a video that ends before its frames do."""
    behind = [(frame, end) for frame, end in video.ends if end > video.bytes]
    if behind:
        first = next((frame for frame, end in reversed(video.ends) if end <= video.bytes), 0)
        told = {"expected": max(end for _, end in behind), "found": video.bytes, "frame": first}
        yield Fault(video.path, (), {"name": video.path.name, **told})


@check("A-7.2n2.video_times_invalid", "video")
def video_times_invalid(video: Video, _: Numbers) -> Iterator[Fault]:
    """Yield a video of which a frame, the last one aside, lasts no time."""
    frame, count = 0, sum(each for each, _duration in video.durations)
    for each, duration in video.durations:
        if duration == 0 and frame + 1 < count:
            yield Fault(video.path, (), {"name": video.path.name, "frame": frame, "found": 0, "scale": video.scale})
            return
        frame += each


@check("A-7.2n2.video_times_uneven", "video")
def video_times_uneven(video: Video, numbers: Numbers) -> Iterator[Fault]:
    """Yield a video whose frames last differently, the last one aside."""
    lasting = [list(each) for each in video.durations]
    if lasting:
        lasting[-1][0] -= 1
    steps = [duration for count, duration in lasting if count > 0 and duration > 0]
    if steps and max(steps) - min(steps) > max(numbers["share"] * min(steps), 1):
        told = {"least": f"{1000 * min(steps) / video.scale:.4g}", "most": f"{1000 * max(steps) / video.scale:.4g}"}
        yield Fault(video.path, (), {"name": video.path.name, **told})
