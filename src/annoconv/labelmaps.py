"""The labels of a volume, found in one pass, each with its box.

A label map has long runs of one value along i. The voxels at which a run begins are found by one comparison of
neighbours, at the speed of memory; everything else looks at the runs only (docs/benchmarks.md: 8 times as fast as
np.unique on 512x512x320, no faster on small volumes).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Box", "find_labels"]

Box: TypeAlias = tuple[slice, slice, slice]


def find_labels(labels_kji: NDArray[Any], most: int | None = None) -> dict[int, Box]:
    """Return every label but 0, ascending, with the smallest box that holds it.

    Parameters
    ----------
    labels_kji
        Shape (k, j, i), C-order, bool or unsigned.
    most
        Labels that are expected at most; the search ends with the slice in which there are more.

    Returns
    -------
    dict of int to box
        Half-open zero-based slices (k, j, i).
    """
    bounds: dict[int, list[int]] = {}
    for k, slice_ji in enumerate(labels_kji):
        for value, (j_first, j_last, i_first, i_last) in _slice_bounds(np.ascontiguousarray(slice_ji)).items():
            known = bounds.setdefault(value, [k, k, j_first, j_last, i_first, i_last])
            known[1] = k
            known[2], known[3] = min(known[2], j_first), max(known[3], j_last)
            known[4], known[5] = min(known[4], i_first), max(known[5], i_last)
        if most is not None and len(bounds) > most:
            break
    return {
        value: (slice(k0, k1 + 1), slice(j0, j1 + 1), slice(i0, i1 + 1))
        for value, (k0, k1, j0, j1, i0, i1) in sorted(bounds.items())
    }


def _slice_bounds(labels_ji: NDArray[Any]) -> dict[int, tuple[int, int, int, int]]:
    """Return first and last j and i (inclusive) of each label but 0 of one slice."""
    rows, columns = labels_ji.shape
    flat = labels_ji.reshape(-1)
    is_start = np.empty(flat.shape, dtype=np.bool_)
    is_start[:1] = True
    np.not_equal(flat[1:], flat[:-1], out=is_start[1:])
    is_start[::columns] = True  # a run ends with its row
    starts = np.flatnonzero(is_start)
    if starts.size == rows and not labels_ji[:, 0].any():
        return {}
    values = flat[starts]
    ends = np.append(starts[1:], flat.size) - 1
    foreground = values != 0
    starts, ends, values = starts[foreground], ends[foreground], values[foreground]
    order = np.argsort(values, kind="stable")
    starts, ends, values = starts[order], ends[order], values[order]
    firsts = np.flatnonzero(np.append(True, values[1:] != values[:-1]))
    j_all, i_all = np.divmod(starts, columns)
    lasts = np.append(firsts[1:], values.size) - 1
    return {
        int(values[first]): (int(j_all[first]), int(j_all[last]), int(i_first), int(i_last))
        for first, last, i_first, i_last in zip(
            firsts, lasts, np.minimum.reduceat(i_all, firsts), np.maximum.reduceat(ends % columns, firsts), strict=True
        )
    }
