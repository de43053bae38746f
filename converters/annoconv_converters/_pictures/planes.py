"""Pictures of an image: a flat one is its own picture, a volume has one for each slice along an axis.

Along k a picture's x and y are i and j; along j they are i and k; along i they are j and k. The file name of a slice
says which it is: `{series}_{axis}{index}.png`, index zero-based, in a folder that is named after the case.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

import numpy as np

from annoconv.advice import at_most
from annoconv.errors import LimitError, MaskError
from annoconv.messages import Message
from annoconv_converters._raster.flat_masks import foreground_of
from annoconv_converters._raster.run_lengths import MOST_PIXELS, Run, decode

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from annoconv.geometry import Grid
    from annoconv.volumes.foreground import Foreground
    from annoconv_converters._raster.run_lengths import Counts

__all__ = [
    "DEFAULT_NAMES",
    "LONGEST_NAME",
    "NAMES",
    "Axis",
    "PictureVolume",
    "Planes",
    "SliceName",
    "parse_name",
    "slice_name",
]

Axis: TypeAlias = Literal["i", "j", "k"]

NAMES: Final = r"(?:(?P<case>[^/]+)/)?(?P<series>[^/]+)_(?P<axis>[ijk])(?P<index>\d{4,6})\.png"
"""Pattern of the file names of slices; `case`, `series` and `axis` may be left out of a pattern of one's own."""

_MOST_DRAWN: Final = 1 << 33
"""Voxels of a mask of many pictures, one byte each."""
LONGEST_NAME: Final = 4096
"""Characters of a file name, as Linux has it for paths."""
DEFAULT_NAMES: Final = re.compile(NAMES)
_ORDER: Final[dict[str, tuple[int, int, int]]] = {"k": (0, 1, 2), "j": (1, 0, 2), "i": (2, 0, 1)}
"""For each axis, the axes of `kji` that become pictures, rows and columns."""


@dataclass(frozen=True, slots=True)
class Planes:
    """The pictures of a grid along an axis.

    Attributes
    ----------
    axis
        Along which they follow each other.
    count, rows, columns
        How many, and of which size.
    """

    axis: Axis
    count: int
    rows: int
    columns: int

    @classmethod
    def of(cls, shape: tuple[int, int, int], axis: Axis) -> Planes:
        """Return the pictures of a shape (i, j, k)."""
        sizes = shape[::-1]
        count, rows, columns = (sizes[number] for number in _ORDER[axis])
        return cls(axis, count, rows, columns)

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.rows, self.columns

    @property
    def shape(self) -> tuple[int, int, int]:
        """Voxels along (i, j, k)."""
        sizes = [0, 0, 0]
        for number, size in zip(_ORDER[self.axis], (self.count, self.rows, self.columns), strict=True):
            sizes[number] = size
        return sizes[2], sizes[1], sizes[0]

    def stack(self, array_kji: NDArray[Any]) -> NDArray[Any]:
        """Return a view with axes (picture, row, column)."""
        return array_kji.transpose(_ORDER[self.axis])


@dataclass(frozen=True, slots=True)
class SliceName:
    """What a file name says of a picture."""

    case: str | None
    series: str
    axis: Axis
    index: int


def slice_name(case: str | None, series: str, axis: Axis, index: int) -> str:
    """Return the file name of a slice."""
    return f"{case + '/' if case else ''}{series}_{axis}{index:04d}.png"


def parse_name(pattern: re.Pattern[str], file_name: str) -> SliceName | None:
    """Return what a file name says, or None if it does not follow the pattern."""
    found = pattern.fullmatch(file_name) if len(file_name) <= LONGEST_NAME else None
    if found is None:
        return None
    said = found.groupdict()
    axis: Any = said.get("axis") or "k"
    series = said.get("series") or said.get("case") or "series"
    return SliceName(said.get("case"), series, axis, int(said["index"]))


@dataclass(eq=False)
class PictureVolume:
    """A mask that is drawn from the run lengths of its pictures when it is read.

    Attributes
    ----------
    grid
        The image's.
    planes
        Its pictures.
    parts
        Index of a picture and run lengths that fit it.
    path
        The file that they come from.
    most_voxels
        Bound that is checked before anything is drawn.
    """

    grid: Grid
    planes: Planes
    parts: list[tuple[int, Counts]]
    path: Path | None
    most_voxels: int

    @property
    def dtype(self) -> np.dtype[Any]:
        """Bool."""
        return np.dtype(np.bool_)

    def foreground(self) -> Foreground | None:
        """Return what the run lengths cover of a flat image; None of a volume."""
        self._check_size(self.most_voxels)
        if self.planes.axis != "k" or self.planes.count != 1 or any(index for index, _ in self.parts):
            return None
        return foreground_of([counts for _, counts in self.parts], self.planes.size, self.path)

    def runs(self) -> list[Run] | None:
        """Return what reading and counting would give, where that follows from the run lengths; else None."""
        self._check_size(self.most_voxels)
        runs = [Run(index, 1, counts) for index, counts in sorted(self.parts, key=itemgetter(0))]
        indices = {run.slice_index for run in runs}
        is_plain = len(indices) == len(runs) and indices <= set(range(self.planes.count))
        are_tight = all(len(run.counts) > 1 and bool(run.counts[1:].all()) for run in runs)
        return runs if is_plain and are_tight else None

    def read(self) -> NDArray[Any]:
        """Return `mask_kji`, bool, read-only."""
        self._check_size(MOST_PIXELS if self.planes.count == 1 else min(self.most_voxels, _MOST_DRAWN))
        mask_kji = np.zeros(self.grid.shape_kji, dtype=np.bool_)
        stack = self.planes.stack(mask_kji)
        for index, counts in self.parts:
            if not 0 <= index < self.planes.count:
                found, expected = (
                    Message("slice {index}", index=index),
                    Message("0 to {count}", count=self.planes.count - 1),
                )
                raise MaskError(
                    "a picture is beyond its volume",
                    source=self.path,
                    found=found,
                    expected=expected,
                    advice="Correct the names of the pictures, or the shape of the volume",
                )
            stack[index] |= decode(counts, self.planes.size)
        mask_kji.flags.writeable = False
        return mask_kji

    def _check_size(self, most: int) -> None:
        shape = self.grid.shape_kji
        voxels = shape[0] * shape[1] * shape[2]
        if voxels > most:
            limit = "mask_voxels" if most == self.most_voxels else None
            raise LimitError(
                "the mask is too large to be drawn",
                source=self.path,
                found=shape,
                expected=at_most(most),
                advice="Draw smaller pictures, or masks as files of volumes",
                limit=limit,
            )
