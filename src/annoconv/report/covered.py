"""Which voxels of a slice masks cover, and how many on each slice; a volume is not held where it need not be.

Planes are bool, shape (row, column) of the image's grid, and may be asked for with fewer pixels: then a pixel is
covered if any of those that it stands for is, so that the smallest mask of the largest slide is still seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from annoconv.geometry import GridKind, apply_relation
from annoconv.pixels import check_frame, foreground_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from annoconv.geometry import Grid
    from annoconv.pixels import Mask, Volume
    from annoconv.volumes.foreground import Foreground

__all__ = ["HALF", "Layer", "layers_of", "scaled"]

HALF: Final = 0.5
"""Of fractions: from here on a voxel counts as covered."""
_LARGEST_PLANE: Final = 1 << 24
"""Pixels of a slice that is taken whole; of a larger one, runs are shrunk."""
_LARGEST_LABEL: Final = 1 << 16


@dataclass(frozen=True)
class Layer:
    """The masks of one volume on an image.

    Attributes
    ----------
    masks
        That share the volume.
    grid
        Of the image.
    volume
        The volume.
    """

    masks: Sequence[Mask]
    grid: Grid
    volume: Volume

    @cached_property
    def _held(self) -> Foreground | NDArray[Any]:
        """What is not 0, or the labels on the image's grid."""
        relation = check_frame(self.grid, self.volume)
        if relation.kind is GridKind.SAME and (found := foreground_of(self.volume)) is not None:
            return found
        return apply_relation(self.volume.read(), relation, self.volume.path, self.masks[0].id)

    def counts(self) -> Iterator[tuple[Mask, NDArray[np.int64]]]:
        """Yield each mask with the number of its voxels on each slice, shape (slices,)."""
        held, slices = self._held, self.grid.shape[2]
        if isinstance(held, np.ndarray):
            yield from self._counted(held)
            return
        size = self.grid.shape[0] * self.grid.shape[1]
        at, lengths = held.starts // size, held.stops - held.starts
        for mask in self.masks:
            chosen = slice(None) if mask.value is None else held.values == mask.value
            yield mask, np.bincount(at[chosen], lengths[chosen], slices).astype(np.int64)

    def _counted(self, labels_kji: NDArray[Any]) -> Iterator[tuple[Mask, NDArray[np.int64]]]:
        values = [mask.value for mask in self.masks]
        if labels_kji.dtype.kind == "u" and None not in values and max(map(int, filter(None, values))) < _LARGEST_LABEL:
            most = max(map(int, filter(None, values))) + 1
            table = np.stack([np.bincount(each.ravel(), minlength=most)[:most] for each in labels_kji])
            for mask in self.masks:
                yield mask, table[:, int(mask.value or 0)].astype(np.int64)
            return
        for mask in self.masks:
            yield mask, np.array([np.count_nonzero(_is_covered(mask, each)) for each in labels_kji], dtype=np.int64)

    def planes(self, k: int, size: tuple[int, int]) -> Iterator[tuple[Mask, NDArray[np.bool_]]]:
        """Yield each mask that is on a slice with what it covers there, of this size (rows, columns)."""
        held, (columns, rows) = self._held, self.grid.shape[:2]
        if isinstance(held, np.ndarray):
            labels = held[k]
        elif not _is_on(held, k):
            return
        elif rows * columns <= _LARGEST_PLANE:
            labels = held.part(k * rows * columns, (k + 1) * rows * columns, held.values.dtype).reshape(rows, columns)
        else:
            for mask in self.masks:
                covered = _shrunk(held.of(mask.value), k, size)
                if covered.any():
                    yield mask, covered
            return
        for mask in self.masks:
            covered = _is_covered(mask, labels)
            if covered.any():
                yield mask, scaled(covered, size)


def layers_of(grid: Grid, groups: Sequence[tuple[Volume, Sequence[Mask]]]) -> list[Layer]:
    """Return the masks of an image, those of one volume together."""
    return [Layer(masks, grid, volume) for volume, masks in groups]


def _is_on(held: Foreground, k: int) -> bool:
    """Tell whether any run is on a slice: they are ascending, and none goes over the end of a row."""
    first, last = (place * held.shape_kji[1] * held.shape_kji[2] for place in (k, k + 1))
    return bool(np.searchsorted(held.starts, first) < np.searchsorted(held.starts, last))


def _is_covered(mask: Mask, labels: NDArray[Any]) -> NDArray[np.bool_]:
    covered = mask.of(labels)
    return np.asarray(covered >= HALF) if covered.dtype.kind == "f" else covered


def scaled(covered: NDArray[np.bool_], size: tuple[int, int]) -> NDArray[np.bool_]:
    """Return a plane of another size: of more pixels, the nearest of the former; of fewer, any that one stands for."""
    rows, columns = covered.shape
    if size[0] < rows or size[1] < columns:
        down, across = min(size[0], rows), min(size[1], columns)
        at, left = np.nonzero(covered)
        covered = np.zeros((down, across), dtype=np.bool_)
        covered[((at + 1) * down - 1) // rows, ((left + 1) * across - 1) // columns] = True
    for axis, (count, have) in enumerate(zip(size, covered.shape, strict=True)):
        if count > have:
            covered = covered.take(((np.arange(count) + 0.5) * have / count).astype(np.int64), axis=axis)
    return covered


def _shrunk(mask: Foreground, k: int, size: tuple[int, int]) -> NDArray[np.bool_]:
    """Return what runs cover of a slice that is too large to be held, with fewer pixels."""
    _, rows, columns = mask.shape_kji
    lines, begins = np.divmod(mask.starts, columns)
    here = lines // rows == k
    lines, begins = lines[here] % rows, begins[here]
    ends = begins + (mask.stops - mask.starts)[here]
    down, across = min(size[0], rows), min(size[1], columns)
    steps = np.zeros((down, across + 1), dtype=np.int64)
    at = ((lines + 1) * down - 1) // rows  # the pixels of `scaled`
    np.add.at(steps, (at, ((begins + 1) * across - 1) // columns), 1)
    np.add.at(steps, (at, (ends * across - 1) // columns + 1), -1)
    return scaled(np.cumsum(steps, axis=1)[:, :-1] > 0, size)
