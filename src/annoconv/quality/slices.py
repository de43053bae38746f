"""The slices of a label: how large each is, where its centre lies, and which are lacking in between."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from annoconv.volumes.foreground import Foreground

__all__ = ["SliceTable", "gaps_of", "slice_tables"]

_MOST_GAP: Final = 5
"""Slices of a gap that was forgotten; beyond, two structures have one label."""


@dataclass(frozen=True)
class SliceTable:
    """The slices of one label.

    Attributes
    ----------
    first
        The k of its first slice.
    areas
        Voxels of each slice from the first to the last, shape (slices,).
    centres
        Centroids (i, j), shape (slices, 2); NaN of an empty one.
    boxes
        First i, last i, first j, last j of each, shape (slices, 4).
    runs
        Starts and stops within the plane of its slice, and the k of each, ascending.
    columns
        Voxels of a row.
    """

    first: int
    areas: NDArray[np.int64]
    centres: NDArray[np.float64]
    boxes: NDArray[np.int64]
    runs: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]
    columns: int

    def picture(self, k: int, box: tuple[int, int, int, int]) -> NDArray[np.bool_]:
        """Return the slice k (from the first of the volume) inside a box (i0, i1, j0, j1), ends included."""
        i0, i1, j0, j1 = box
        starts, stops, at = self.runs
        chosen = slice(*np.searchsorted(at, [k, k + 1]))
        j, i = np.divmod(starts[chosen], self.columns)
        width = i1 - i0 + 2  # the last column takes what ends at the border
        marks = np.zeros((j1 - j0 + 1) * width, np.int8)
        left = (j - j0) * width + i - i0
        np.add.at(marks, left, 1)
        np.add.at(marks, left + stops[chosen] - starts[chosen], -1)
        return np.cumsum(marks, dtype=np.int8).reshape(-1, width)[:, :-1] > 0


def slice_tables(found: Foreground) -> dict[int, SliceTable]:
    """Return the slices of each label; all labels are counted at once."""
    depth, rows, columns = found.shape_kji
    labels, number = np.unique(found.values, return_inverse=True)
    line, i = np.divmod(found.starts, columns)
    k, j = np.divmod(line, rows)
    key = number * depth + k
    order = np.argsort(key, kind="stable")
    key, i, j, k = key[order], i[order], j[order], k[order]
    starts, length = found.starts[order], (found.stops - found.starts)[order]
    count = len(labels) * depth
    areas = np.bincount(key, weights=length, minlength=count)
    sums = [np.bincount(key, weights=w * length, minlength=count) for w in (i + (length - 1) / 2, j)]
    with np.errstate(invalid="ignore", divide="ignore"):
        centres = np.stack(sums, axis=1) / areas[:, None]
    boxes = np.zeros((count, 4), np.int64)
    begins = np.flatnonzero(np.append(True, key[1:] != key[:-1]))
    for n, (values, reduce) in enumerate(
        ((i, np.minimum), (i + length - 1, np.maximum), (j, np.minimum), (j, np.maximum))
    ):
        boxes[key[begins], n] = reduce.reduceat(values, begins)
    plane = starts - k * rows * columns
    runs = plane, plane + length, k
    areas = areas.astype(np.int64)
    ends = np.searchsorted(key, np.arange(len(labels) + 1) * depth)
    tables: dict[int, SliceTable] = {}
    for n, (value, a, b) in enumerate(zip(labels.tolist(), ends[:-1].tolist(), ends[1:].tolist(), strict=True)):
        first, last = int(k[a]), int(k[b - 1])
        held = slice(n * depth + first, n * depth + last + 1)
        own = runs[0][a:b], runs[1][a:b], runs[2][a:b]
        tables[int(value)] = SliceTable(first, areas[held], centres[held], boxes[held], own, columns)
    return tables


def gaps_of(table: SliceTable) -> list[tuple[int, int]]:
    """Return first and last slice of each short stretch that is empty between two slices that overlap."""
    found: list[tuple[int, int]] = []
    if table.areas.all():
        return found
    held = np.flatnonzero(table.areas)
    for n in np.flatnonzero(np.diff(held) > 1).tolist():
        a, b = int(held[n]), int(held[n + 1])
        one, other = table.boxes[a], table.boxes[b]
        overlaps = all(max(one[m], other[m]) <= min(one[m + 1], other[m + 1]) for m in (0, 2))
        if overlaps and b - a - 1 <= _MOST_GAP:
            found.append((table.first + a + 1, table.first + b - 1))
    return found
