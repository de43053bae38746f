"""The labels of a volume, found in one pass, each with its box.

A label map has long runs of one value along i. The voxels at which a run begins are found by one comparison of
neighbours, at the speed of memory; everything else looks at the runs only (docs/benchmarks.md: 8 times as fast as
np.unique on 512x512x320). SciPy's `find_objects` gives boxes by label up to the largest number, and counts no voxels.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

__all__ = ["Box", "find_labels"]

Box: TypeAlias = tuple[slice, slice, slice]
_BLOCK: Final = 1 << 18
"""Voxels that are looked at together: a slice of 512 x 512, which a processor's cache holds."""


def find_labels(labels_kji: NDArray[Any], most: int | None = None) -> dict[int, Box]:
    """Return every label but 0, ascending, with the smallest box that holds it.

    Parameters
    ----------
    labels_kji
        Shape (k, j, i), C-order, bool or unsigned.
    most
        Labels that are expected at most; the search ends with the slices in which there are more.

    Returns
    -------
    dict of int to box
        Half-open zero-based slices (k, j, i).
    """
    bounds: dict[int, list[int]] = {}
    rows, columns = labels_kji.shape[1:]
    step = max(_BLOCK // max(rows * columns, 1), 1)
    for k in range(0, len(labels_kji), step):
        block = np.ascontiguousarray(labels_kji[k : k + step])
        for value, found in _block_bounds(block):
            found[0] += k
            found[1] += k
            known = bounds.setdefault(value, found)
            known[::2] = map(min, known[::2], found[::2])
            known[1::2] = map(max, known[1::2], found[1::2])
        if most is not None and len(bounds) > most:
            break
    return {
        value: (slice(k0, k1 + 1), slice(j0, j1 + 1), slice(i0, i1 + 1))
        for value, (k0, k1, j0, j1, i0, i1) in sorted(bounds.items())
    }


def _block_bounds(labels_kji: NDArray[Any]) -> Iterator[tuple[int, list[int]]]:
    """Yield each label but 0 of some slices with the first and last k, j and i (inclusive) of its runs."""
    _, rows, columns = labels_kji.shape
    flat = labels_kji.reshape(-1)
    is_start = np.empty(flat.shape, dtype=np.bool_)
    is_start[:1] = True
    np.not_equal(flat[1:], flat[:-1], out=is_start[1:])
    is_start[::columns] = True  # a run ends with its row
    starts = np.flatnonzero(is_start)
    if starts.size == flat.size // columns and not labels_kji[:, :, 0].any():
        return
    values = flat[starts]
    ends = np.append(starts[1:], flat.size) - 1
    foreground = values != 0
    starts, ends, values = starts[foreground], ends[foreground], values[foreground]
    order = np.argsort(values, kind="stable")
    starts, ends, values = starts[order], ends[order], values[order]
    firsts = np.flatnonzero(np.append(True, values[1:] != values[:-1]))
    lines, i_first = np.divmod(starts, columns)
    k_all, j_all = np.divmod(lines, rows)
    lasts = np.append(firsts[1:], values.size) - 1
    limits = (
        k_all[firsts],  # runs of one label are in the order of the array
        k_all[lasts],
        np.minimum.reduceat(j_all, firsts),
        np.maximum.reduceat(j_all, firsts),
        np.minimum.reduceat(i_first, firsts),
        np.maximum.reduceat(ends % columns, firsts),
    )
    yield from zip(
        values[firsts].tolist(), map(list, zip(*(each.tolist() for each in limits), strict=True)), strict=True
    )
