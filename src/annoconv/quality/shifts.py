"""What moving a slice back by one voxel would do, for all slices of a volume at once, told from its runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from annoconv.quality.components import meeting

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from annoconv.quality.components import Indices
    from annoconv.volumes.foreground import Foreground

__all__ = ["LEAST_AREA", "UnitShifts", "unit_shifts"]

LEAST_AREA: Final = 16
"""Voxels of a slice of which anything is told."""


class UnitShifts(NamedTuple):
    """What moving each slice of a label back by one voxel would do; slices are those of the volume.

    Attributes
    ----------
    gains
        Share of the voxels moved that would agree with both neighbours again, shape (3, 3, slices), by dj + 1 and
        di + 1.
    voxels
        How many agree again, of the same shape.
    disagreement
        Voxels in which a slice disagrees with both its neighbours, over those that a shift by one moves, shape
        (slices,).
    """

    gains: NDArray[np.float64]
    voxels: NDArray[np.float64]
    disagreement: NDArray[np.float64]


def unit_shifts(
    found: Foreground, touching: Mapping[tuple[int, int], tuple[Indices, Indices]]
) -> dict[int, UnitShifts]:
    """Return for each label what moving its slices by one voxel would do, told from how far runs overlap.

    With p and q the neighbours of x, the voxels of x that disagree with both are |p and q| + |x| - |p and x| -
    |q and x|: only the last two change when x is moved. `touching` tells which runs may overlap when one is moved.
    """
    depth, rows, columns = found.shape_kji
    labels, number = np.unique(found.values, return_inverse=True)
    count = len(labels) * depth
    runs = found.starts, found.stops
    key = number * depth + found.starts // (rows * columns)
    areas = np.bincount(key, weights=found.stops - found.starts, minlength=count)

    def overlaps(dk: int, dj: int, shifts: tuple[int, ...]) -> list[NDArray[np.float64]]:
        """Return for each slice how far it overlaps the one dk on, when it is moved by dj and each di."""
        if (dk, dj) in touching:
            a, b = touching[dk, dj]
        else:
            a, b = meeting(runs, runs, found.shape_kji, (dk, dj), reach=1)
            same = number[a] == number[b]
            a, b = a[same], b[same]
        moved = (dk * rows + dj) * columns
        told: list[NDArray[np.float64]] = []
        for di in shifts:
            low = np.maximum(found.starts[a] + moved + di, found.starts[b])
            overlap = np.minimum(found.stops[a] + moved + di, found.stops[b]) - low
            told.append(np.bincount(key[a], weights=np.maximum(overlap, 0), minlength=count).astype(np.float64))
        return told

    following = np.array([overlaps(1, dj, (-1, 0, 1)) for dj in (-1, 0, 1)])
    down, (right,) = overlaps(0, 1, (-1, 0, 1)), overlaps(0, 0, (1,))
    own = np.array([down[::-1], [right, areas, right], down])  # a slice overlaps itself as much when moved back
    (beyond,) = overlaps(2, 0, (0,))
    # Overlaps of k moved back by s with k + 1, and of k - 1 moved on by s with k.
    after = following[::-1, ::-1] - following[1, 1]
    before = np.roll(following, 1, axis=2) - np.roll(following[1, 1], 1)
    voxels = after + before
    moved = 2 * (areas - own)
    apart = np.roll(beyond, 1) + areas - following[1, 1] - np.roll(following[1, 1], 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        gains = np.nan_to_num(voxels / moved)
        disagreement = np.nan_to_num(apart / ((moved[0, 1] + moved[1, 0] + moved[1, 2] + moved[2, 1]) / 4))
    beside = np.minimum(np.roll(areas, 1), np.roll(areas, -1))
    is_told = np.minimum(areas, beside) >= LEAST_AREA
    is_told[0::depth] = is_told[depth - 1 :: depth] = False
    gains[:, :, ~is_told] = 0
    disagreement[~is_told] = np.nan
    spans = [slice(n * depth, (n + 1) * depth) for n in range(len(labels))]
    return {
        int(value): UnitShifts(gains[:, :, span], voxels[:, :, span], disagreement[span])
        for value, span in zip(labels.tolist(), spans, strict=True)
    }
