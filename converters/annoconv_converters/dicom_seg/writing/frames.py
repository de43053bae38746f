"""The frames of a segmentation: which segment stands on which plane, and its pixels, one frame at a time.

A *plane* is a slice of the source, or a tile of a whole slide. A binary frame is one segment on one plane, packed as
PS3.5 8.1.1 and PS3.3 C.8.20.2 want it: rows in order, the first pixel in the lowest bit of the first byte. In here
every frame starts at a byte; `bit_stream` joins them without gaps, as the file has them. Frames of levels (fractions,
labels) have one or two bytes a pixel. Memory is bounded by one label volume: several volumes go through a spool.
"""

from __future__ import annotations

import hashlib
import tempfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from annoconv.errors import MaskError
from annoconv.messages import listed
from annoconv_converters._dicom.runs import Spans, find_spans, run_starts
from annoconv_converters.dicom_seg.kinds import LEVELS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

__all__ = [
    "Bytes",
    "Frames",
    "LabelFrames",
    "LevelFrames",
    "MapFrames",
    "Spool",
    "Trimmed",
    "bit_stream",
    "whole_frames",
]

Bytes: TypeAlias = NDArray[np.uint8]
Index: TypeAlias = list[tuple[int, int]]
Trimmed: TypeAlias = tuple[int, Bytes]
"""A part of a frame, and the byte at which it begins; the rest of the frame is 0."""

_SPOOL_IN_MEMORY: Final = 32 << 20
"""Bytes of frames that are kept in memory before they go to disk."""
_FRAMES_JOINED: Final = 8
"""Frames that together always end at a byte."""


class Frames(Protocol):
    """The frames of a segmentation, ordered by segment number, then by plane."""

    @property
    def index(self) -> Index:
        """Segment number (0 if a frame holds labels of all segments) and zero-based plane of each frame."""
        ...

    @property
    def digest(self) -> str:
        """Stands for all voxels: equal for equal input."""
        ...

    @property
    def overlap(self) -> bool:
        """Whether two segments share a voxel."""
        ...

    @property
    def bits(self) -> int:
        """Bits of a pixel: 1, 8 or 16."""
        ...

    @property
    def frame_bytes(self) -> int:
        """Bytes of a frame that starts at a byte."""
        ...

    def trimmed(self) -> Iterator[Trimmed]:
        """Yield each frame in the order of `index`, without the zeros at its ends."""
        ...


@dataclass
class LabelFrames:
    """The frames of one label volume: bits, or full and empty levels.

    Parameters
    ----------
    planes
        Planes of one size, C-order, bool or unsigned; a volume is one, or the tiles of a slide.
    values
        Value of each segment number; None for every voxel that is not 0.
    path
        File of the volume, for messages.
    bits
        Bits of a pixel: 1, or 8 for levels.

    Raises
    ------
    MaskError
        If the volume holds a value that no segment has.
    """

    planes: Sequence[NDArray[Any]]
    values: Mapping[int, int | None]
    path: Path | None = None
    bits: int = 1
    index: Index = field(init=False)
    digest: str = field(init=False)
    overlap: bool = field(init=False)

    def __post_init__(self) -> None:
        together = hashlib.sha256(repr((len(self.planes), sorted(self.values.items(), key=repr))).encode())
        self._spans: list[Spans] = []
        before: NDArray[Any] | None = None
        starts, values, spans = np.zeros(0, np.int64), np.zeros(0), Spans()
        for plane_ji in self.planes:
            if plane_ji is not before:  # the empty tiles of a slide are one
                starts, values = run_starts(plane_ji)
                spans = find_spans(starts, values, plane_ji.size)
            before = plane_ji
            together.update(starts.astype("<u8", copy=False).data)
            together.update(values.astype("<u4").data)
            self._spans.append(spans)
        self.digest = together.hexdigest()
        self._refuse_undescribed()
        numbers_of: dict[int, list[int]] = {}
        for number, value in self.values.items():
            if value is not None:
                numbers_of.setdefault(value, []).append(number)
        any_value = [number for number, value in self.values.items() if value is None]
        self.overlap = False
        found: Index = []
        for plane, spans in enumerate(self._spans):
            for value in spans:
                owners = [*numbers_of.get(value, ()), *any_value]
                self.overlap = self.overlap or len(owners) > 1
                found += [(number, plane) for number in owners]
        self.index = sorted(set(found))

    @property
    def frame_bytes(self) -> int:
        """Bytes of a frame."""
        return (self.planes[0].size * self.bits + 7) // 8

    def trimmed(self) -> Iterator[Trimmed]:
        """Yield each frame without the zeros at its ends."""
        foreground = np.empty(self.planes[0].size, dtype=np.bool_)
        for number, plane in self.index:
            value, spans = self.values[number], self._spans[plane]
            first, last = self._span(value, spans)
            first -= first % 8
            flat = np.asarray(self.planes[plane]).reshape(-1)[first:last]
            part = foreground[: last - first]
            if value is None:
                np.not_equal(flat, 0, out=part)
            else:
                np.equal(flat, value, out=part)
            if self.bits == 1:
                yield first // 8, np.packbits(part, bitorder="little")
            else:
                yield first, part.view(np.uint8) * np.uint8(LEVELS)

    @staticmethod
    def _span(value: int | None, spans: Spans) -> tuple[int, int]:
        if value is not None:
            return spans[value]
        return min(first for first, _ in spans.values()), max(last for _, last in spans.values())

    def _refuse_undescribed(self) -> None:
        if None in self.values.values():
            return
        present = {value for spans in self._spans for value in spans}
        undescribed = sorted(present.difference(self.values.values()))
        if undescribed:
            raise MaskError(
                "the label map holds values that no annotation has",
                source=self.path,
                found=listed(undescribed, 10),
                expected="a mask annotation with that mask_value, or 0",
                advice="Add an annotation for each value, or set its voxels to 0",
            )


class LevelFrames:
    """The frames of one volume of fractions, as levels.

    Parameters
    ----------
    planes
        Planes of one size, C-order, uint8.
    numbers
        Segments that have these fractions; usually one.
    """

    bits = 8

    def __init__(self, planes: Sequence[NDArray[np.uint8]], numbers: Sequence[int]) -> None:
        self._planes = planes
        present = [plane for plane, plane_ji in enumerate(planes) if plane_ji.any()]
        self.index: Index = [(number, plane) for number in sorted(numbers) for plane in present]
        self.overlap = len(numbers) > 1 and bool(present)
        together = hashlib.sha256(f"levels {len(planes)} {sorted(numbers)}".encode())
        for plane_ji in planes:
            together.update(np.ascontiguousarray(plane_ji).data)
        self.digest = together.hexdigest()

    @property
    def frame_bytes(self) -> int:
        """Bytes of a frame."""
        return int(self._planes[0].size)

    def trimmed(self) -> Iterator[Trimmed]:
        """Yield each frame."""
        for _, plane in self.index:
            yield 0, np.asarray(self._planes[plane]).reshape(-1)


class MapFrames:
    """The frames of a label map: one a plane, its pixels segment numbers, 0 the background.

    Parameters
    ----------
    planes
        Planes of one size, C-order, uint8 or uint16.
    """

    overlap = False

    def __init__(self, planes: Sequence[NDArray[Any]]) -> None:
        together = hashlib.sha256(f"map {len(planes)}".encode())
        self.index: Index = []
        self._spans: list[tuple[int, int]] = []
        for plane, plane_ji in enumerate(planes):
            starts, values = run_starts(plane_ji)
            together.update(starts.astype("<u8", copy=False).data)
            together.update(values.astype("<u4").data)
            found = np.flatnonzero(values)
            if found.size:
                self.index.append((0, plane))
                last = starts[found[-1] + 1] if found[-1] + 1 < starts.size else plane_ji.size
                self._spans.append((int(starts[found[0]]), int(last)))
        self.digest = together.hexdigest()
        self.bits = planes[0].dtype.itemsize * 8
        self._planes = planes

    @property
    def frame_bytes(self) -> int:
        """Bytes of a frame."""
        return int(self._planes[0].nbytes)

    def trimmed(self) -> Iterator[Trimmed]:
        """Yield each frame without the zeros at its ends, the low byte of a pixel first."""
        for (_, plane), (first, last) in zip(self.index, self._spans, strict=True):
            flat = np.asarray(self._planes[plane]).reshape(-1)[first:last]
            yield first * self.bits // 8, flat.astype(flat.dtype.newbyteorder("<"), copy=False).view(np.uint8)


class Spool:
    """The frames of several volumes, gathered one volume after another, on disk if they are many.

    Parameters
    ----------
    pixels
        Pixels of one frame.
    planes
        Planes of the grid.
    bits
        Bits of a pixel: 1 or 8.
    """

    def __init__(self, pixels: int, planes: int, bits: int = 1) -> None:
        self.bits = bits
        self.frame_bytes = (pixels * bits + 7) // 8
        self._file = tempfile.SpooledTemporaryFile(max_size=_SPOOL_IN_MEMORY)  # noqa: SIM115 - closed by `close`
        self._places: dict[tuple[int, int], tuple[int, int, int]] = {}
        self._taken = np.zeros((planes, self.frame_bytes), dtype=np.uint8)
        self._hash = hashlib.sha256(f"{pixels} {planes} {bits}".encode())
        self.overlap = False

    def add(self, frames: Frames) -> None:
        """Take the frames of one more volume."""
        for place, (first, content) in zip(frames.index, frames.trimmed(), strict=True):
            taken = self._taken[place[1], first : first + content.size]
            bits = content if self.bits == 1 else (content != 0).view(np.uint8)
            self.overlap = self.overlap or frames.overlap or bool((taken & bits).any())
            taken |= bits
            self._places[place] = first, self._file.tell(), content.size
            self._hash.update(repr((place, first, content.size)).encode())
            self._hash.update(content.data)
            self._file.write(content.data)

    @property
    def index(self) -> Index:
        """Segment number and zero-based plane of each frame."""
        return sorted(self._places)

    @property
    def digest(self) -> str:
        """Stands for all voxels."""
        return self._hash.hexdigest()

    def trimmed(self) -> Iterator[Trimmed]:
        """Yield each frame without the zeros at its ends."""
        for place in self.index:
            first, at, size = self._places[place]
            self._file.seek(at)
            yield first, np.frombuffer(self._file.read(size), dtype=np.uint8)

    def close(self) -> None:
        """Give the disk space back."""
        self._file.close()


def whole_frames(frames: Iterable[Trimmed], size: int) -> Iterator[Bytes]:
    """Yield frames of `size` bytes with the zeros at their ends; each is valid until the next is asked for."""
    frame = np.zeros(size, dtype=np.uint8)
    for first, content in frames:
        frame.fill(0)
        frame[first : first + content.size] = content
        yield frame


def bit_stream(frames: Iterable[Bytes], pixels: int) -> Iterator[Bytes]:
    """Yield packed frames joined without gaps, however many pixels each has (PS3.5 8.1.1); the end is padded with 0."""
    if pixels % 8 == 0:
        yield from frames
        return
    loose: list[Bytes] = []
    for bits in frames:
        loose.append(np.unpackbits(bits, count=pixels, bitorder="little"))
        if len(loose) == _FRAMES_JOINED:
            yield np.packbits(np.concatenate(loose), bitorder="little")
            loose.clear()
    if loose:
        yield np.packbits(np.concatenate(loose), bitorder="little")
