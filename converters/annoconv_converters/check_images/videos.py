"""MP4 and QuickTime files: whether their frames are there, and when they are shown (A 7.2 note 2).

Only the boxes of the file are read (ISO/IEC 14496-12, 8: moov, trak, mdhd, hdlr, stts, stsc, stsz, stco, co64), no
picture is decoded. Frames are counted from zero in the order in which they are stored. Of a file in fragments
(mvex, moof, 8.8) only the boxes are followed to its end.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from itertools import accumulate
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
    frames, placed
        How many frames have a size, and how many have a place in the file.
    cut
        The first frame that ends behind the file, and how many bytes there should be; None if all are there.
    """

    path: Path
    bytes: int
    scale: int
    durations: Sequence[tuple[int, int]]
    frames: int
    placed: int
    cut: tuple[int, int] | None


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
            scale, track, table = found
            durations, sizes = _durations(data, table, path), _sizes(data, table, path)
            if any(each.kind == b"mvex" for each in _boxes(data, 0, len(data))):
                more, end = _fragments(file, size, path, data, track)
                count = len(sizes) + more
                video = Video(path, size, scale, durations, count, count, (count, end) if end > size else None)
            else:
                video = Video(path, size, scale, durations, len(sizes), *_placed(data, table, sizes, size, path))
            if not video.frames and video.cut is None:
                raise _broken(path, Message("no frames"))
            return video
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


def _video_track(data: bytes, path: Path) -> tuple[int, _Box, _Box] | None:
    """Return the units in a second of the first track of pictures, the track, and its table of samples."""
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
        return scale, track, table
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


def _sizes(data: bytes, table: _Box, path: Path) -> list[int]:
    """Return the bytes of each frame (8.7.3: stsz, or stz2 with fields of 4, 8 or 16 bits)."""
    box, small = _inner(data, table, b"stsz"), _inner(data, table, b"stz2")
    if box is None and small is None:
        raise _broken(path, Message("no table of the sizes of its frames"))
    if box is None and small is not None:
        bits, count = data[small.start + 7], struct.unpack_from(">I", data, small.start + 8)[0]
        if bits not in {4, 8, 16} or small.start + 12 + (count * bits + 7) // 8 > small.stop:
            raise _broken(path, Message("{count} frames", count=count))
        held = data[small.start + 12 : small.stop]
        if bits == 4:
            return [each >> shift & 15 for each in held for shift in (4, 0)][:count]
        return [*struct.unpack_from(f">{count}{'B' if bits == 8 else 'H'}", held)]
    same, count = struct.unpack_from(">II", data, box.start + 4) if box is not None else (0, 0)
    if count > _MOST_FRAMES:
        raise _broken(path, Message("{count} frames", count=count))
    return [same] * count if same else [each for (each,) in _table(data, box, ">I", path, skip=8)]


def _placed(
    data: bytes, table: _Box, sizes: Sequence[int], size: int, path: Path
) -> tuple[int, tuple[int, int] | None]:
    """Return how many frames have a place, and the first one that ends behind the file, with the last byte of all."""
    wide = _inner(data, table, b"co64")
    offsets = _table(data, wide, ">Q", path) if wide else _table(data, _inner(data, table, b"stco"), ">I", path)
    runs = _table(data, _inner(data, table, b"stsc"), ">III", path)
    frame, run, last, cut = 0, 0, 0, len(sizes)
    for number, (offset,) in enumerate(offsets, 1):
        while run + 1 < len(runs) and runs[run + 1][0] <= number:
            run += 1
        held = sizes[frame : frame + (runs[run][1] if runs else 0)]
        end = offset + sum(held)
        last = max(last, end)
        if end > size:
            whole = next(n for n, until in enumerate(accumulate(held)) if offset + until > size)
            cut = min(cut, frame + whole)
        frame += len(held)
    return frame, (cut, last) if cut < len(sizes) else None


def _fragments(file: BinaryIO, size: int, path: Path, data: bytes, track: _Box) -> tuple[int, int]:
    """Return how many frames of a track the whole fragments of a file have, and the byte at which its boxes end."""
    header = _inner(data, track, b"tkhd")
    if header is None:
        raise _broken(path, Message("no number of its track"))
    (identity,) = struct.unpack_from(">I", data, header.start + (20 if data[header.start] == 1 else 12))
    count, pending, end = 0, 0, 0
    for box in _top(file, size, path):
        end = box.stop
        if box.kind == b"moof" and box.stop <= size and box.stop - box.start <= _LARGEST:
            file.seek(box.start)
            pending = _frames_of(file.read(box.stop - box.start), identity)
        elif box.kind == b"mdat" and box.stop <= size:
            count, pending = count + pending, 0
    return count, end


def _frames_of(fragment: bytes, identity: int) -> int:
    """Return how many frames of a track a fragment has (8.8.8: tfhd, trun)."""
    count = 0
    for part in _boxes(fragment, 0, len(fragment)):
        header = _inner(fragment, part, b"tfhd") if part.kind == b"traf" else None
        if header is not None and struct.unpack_from(">I", fragment, header.start + 4)[0] == identity:
            runs = (each for each in _boxes(fragment, part.start, part.stop) if each.kind == b"trun")
            count += sum(struct.unpack_from(">I", fragment, each.start + 4)[0] for each in runs)
    return count


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
    if video.cut is not None:
        frame, expected = video.cut
        told = {"expected": expected, "found": video.bytes, "frame": frame}
        yield Fault(video.path, (), {"name": video.path.name, **told})


@check("A-7.2n2.video_index_differs", "video")
def video_index_differs(video: Video, _: Numbers) -> Iterator[Fault]:
    """Yield a video whose index has times, sizes and places of different numbers of frames."""
    times = sum(count for count, _duration in video.durations) or video.frames  # of fragments, none stand in the index
    if len({times, video.frames, video.placed}) > 1:
        told = {"times": times, "sizes": video.frames, "places": video.placed}
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
