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
    """Return the slices of each label."""
    _, rows, columns = found.shape_kji
    order = np.argsort(found.values, kind="stable")
    values, starts, stops = found.values[order], found.starts[order], found.stops[order]
    firsts = np.flatnonzero(np.append(True, values[1:] != values[:-1]))
    lasts = np.append(firsts[1:], len(values))
    return {
        int(values[a]): _table(starts[a:b], stops[a:b], rows, columns)
        for a, b in zip(firsts.tolist(), lasts.tolist(), strict=True)
    }


def _table(starts: NDArray[np.int64], stops: NDArray[np.int64], rows: int, columns: int) -> SliceTable:
    line, i = np.divmod(starts, columns)
    k, j = np.divmod(line, rows)
    length = stops - starts
    first = int(k[0])
    at = k - first
    count = int(k[-1]) - first + 1
    areas = np.bincount(at, weights=length, minlength=count)
    sums = [np.bincount(at, weights=w * length, minlength=count) for w in (i + (length - 1) / 2, j)]
    with np.errstate(invalid="ignore", divide="ignore"):
        centres = np.stack(sums, axis=1) / areas[:, None]
    boxes = np.zeros((count, 4), np.int64)
    begins = np.flatnonzero(np.append(True, at[1:] != at[:-1]))
    held = at[begins]
    for n, (values, reduce) in enumerate(
        ((i, np.minimum), (i + length - 1, np.maximum), (j, np.minimum), (j, np.maximum))
    ):
        boxes[held, n] = reduce.reduceat(values, begins)
    plane = starts - k * rows * columns
    return SliceTable(first, areas.astype(np.int64), centres, boxes, (plane, plane + length, k), columns)


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
