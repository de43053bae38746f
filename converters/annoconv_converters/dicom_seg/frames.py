"""Binary frames: which segment stands on which slice, and its bits, one slice at a time.

A frame is one segment on one slice, packed as PS3.5 8.1.1 and PS3.3 C.8.20.2 want it: rows in order, the first pixel
in the lowest bit of the first byte. In here every frame starts at a byte; `bit_stream` joins them without gaps, as
the file has them. Memory is bounded by one label volume: several volumes go through a spool on disk.
"""

from __future__ import annotations

import hashlib
import tempfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from annoconv.errors import MaskError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

__all__ = ["BinaryFrames", "LabelFrames", "Spool", "bit_stream", "scan_slice"]

Bytes: TypeAlias = NDArray[np.uint8]

_SPOOL_IN_MEMORY: Final = 32 << 20
"""Bytes of packed frames that are kept in memory before they go to disk."""
_FRAMES_JOINED: Final = 8
"""Frames that together always end at a byte."""


def scan_slice(labels_ji: NDArray[Any]) -> NDArray[Any]:
    """Return the values on one slice, sorted, 0 included; looks only at where the value changes."""
    flat = labels_ji.reshape(-1)
    changes = np.flatnonzero(flat[1:] != flat[:-1])
    return np.unique(np.append(flat[changes + 1], flat[:1]))


class BinaryFrames(Protocol):
    """The frames of a segmentation, ordered by segment number, then by slice."""

    @property
    def index(self) -> list[tuple[int, int]]:
        """Segment number and zero-based slice k of each frame."""
        ...

    @property
    def digest(self) -> str:
        """Stands for all voxels: equal for equal input."""
        ...

    @property
    def overlap(self) -> bool:
        """Whether two segments share a voxel."""
        ...

    def packed(self) -> Iterator[Bytes]:
        """Yield each frame's bits in the order of `index`, each from a byte of its own."""
        ...


@dataclass
class LabelFrames:
    """The frames of one label volume.

    Parameters
    ----------
    labels_kji
        C-order, bool or unsigned.
    values
        Value of each segment number; None for every voxel that is not 0.
    path
        File of the volume, for messages.

    Raises
    ------
    MaskError
        If the volume holds a value that no segment has.
    """

    labels_kji: NDArray[Any]
    values: Mapping[int, int | None]
    path: Path | None = None
    index: list[tuple[int, int]] = field(init=False)
    digest: str = field(init=False)
    overlap: bool = field(init=False)

    def __post_init__(self) -> None:
        if self.labels_kji.dtype == np.bool_:
            self.labels_kji = self.labels_kji.view(np.uint8)
        self._slices = [scan_slice(labels_ji) for labels_ji in self.labels_kji]
        self._refuse_undescribed()
        self.index = [
            (number, k)
            for number in sorted(self.values)
            for k, found in enumerate(self._slices)
            if self._is_among(self.values[number], found)
        ]
        stated = list(self.values.values())
        self.overlap = len(stated) > 1 and (None in stated or len(set(stated)) < len(stated)) and self._any_shared()
        layout = repr((self.labels_kji.shape, self.labels_kji.dtype.str, sorted(self.values.items())))
        self.digest = hashlib.sha256(layout.encode() + hashlib.sha256(self.labels_kji.data).digest()).hexdigest()

    def packed(self) -> Iterator[Bytes]:
        """Yield each frame's bits."""
        slices, count = self.labels_kji.shape[0], self.labels_kji[0].size
        flat = self.labels_kji.reshape(slices, count)
        foreground = np.empty(count, dtype=np.bool_)
        for number, k in self.index:
            value = self.values[number]
            if value is None:
                np.not_equal(flat[k], 0, out=foreground)
            else:
                np.equal(flat[k], value, out=foreground)
            yield np.packbits(foreground, bitorder="little")

    def _is_among(self, value: int | None, found: NDArray[Any]) -> bool:
        return bool(found[-1] != 0) if value is None else bool((found == value).any())

    def _any_shared(self) -> bool:
        """Tell whether a value belongs to two segments, on any slice."""
        for found in self._slices:
            owners = [v for v in self.values.values() if self._is_among(v, found)]
            if len(owners) > 1 and (None in owners or len(set(owners)) < len(owners)):
                return True
        return False

    def _refuse_undescribed(self) -> None:
        if None in self.values.values():
            return
        present = {int(value) for found in self._slices for value in found}
        undescribed = sorted(present.difference(self.values.values(), {0}))
        if undescribed:
            raise MaskError(
                "the label map holds values that no annotation has",
                source=self.path,
                found=", ".join(map(str, undescribed[:10])) + (" and more" if len(undescribed) > 10 else ""),
                expected="a mask annotation with that mask_value, or 0",
            )


class Spool:
    """The frames of several volumes, gathered one volume after another and kept packed, on disk if they are many.

    Parameters
    ----------
    pixels
        Pixels of one frame.
    slices
        Slices of the grid.
    """

    def __init__(self, pixels: int, slices: int) -> None:
        self._bytes = (pixels + 7) // 8
        self._file = tempfile.SpooledTemporaryFile(max_size=_SPOOL_IN_MEMORY)  # noqa: SIM115 - closed by `close`
        self._places: dict[tuple[int, int], int] = {}
        self._taken = np.zeros((slices, self._bytes), dtype=np.uint8)
        self._hash = hashlib.sha256(f"{pixels} {slices}".encode())
        self.overlap = False

    def add(self, frames: LabelFrames) -> None:
        """Take the frames of one more volume."""
        for place, bits in zip(frames.index, frames.packed(), strict=True):
            taken = self._taken[place[1]]
            self.overlap = self.overlap or bool((taken & bits).any())
            taken |= bits
            self._places[place] = len(self._places)
            self._hash.update(repr(place).encode() + bits.tobytes())
            self._file.write(bits.tobytes())

    @property
    def index(self) -> list[tuple[int, int]]:
        """Segment number and zero-based slice k of each frame."""
        return sorted(self._places)

    @property
    def digest(self) -> str:
        """Stands for all voxels."""
        return self._hash.hexdigest()

    def packed(self) -> Iterator[Bytes]:
        """Yield each frame's bits."""
        for place in self.index:
            self._file.seek(self._places[place] * self._bytes)
            yield np.frombuffer(self._file.read(self._bytes), dtype=np.uint8)

    def close(self) -> None:
        """Give the disk space back."""
        self._file.close()


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
