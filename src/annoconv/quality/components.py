"""Connected parts of runs: of each label over faces, edges and corners (26), of the background over faces (6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from annoconv.volumes.foreground import Foreground

    Indices = NDArray[np.int64]

__all__ = ["Background", "background_of", "background_parts", "label_parts", "meeting", "parts_of", "touching"]

_AROUND: Final = ((0, 1), (1, -1), (1, 0), (1, 1))
"""(k, j) of the half of the rows around a row that come after it."""
_FACES: Final = ((0, 1), (1, 0))


class Background(NamedTuple):
    """The runs of zeros between those of labels.

    Attributes
    ----------
    starts, stops
        First voxel of each, and the one after its last.
    at_border
        Whether each touches the first or last i or j.
    before, behind
        The label on either side in its row, 0 at the border.
    """

    starts: Indices
    stops: Indices
    at_border: NDArray[np.bool_]
    before: Indices
    behind: Indices


def background_of(found: Foreground) -> Background:
    """Return the runs of zeros in the rows that hold a label, and in those around them."""
    depth, rows, columns = found.shape_kji
    row = found.starts // columns
    held = np.unique(row)
    k, j = held // rows, held % rows
    around = [held]
    for dk, dj in (*_FACES, (0, -1), (-1, 0)):
        inside = (k + dk >= 0) & (k + dk < depth) & (j + dj >= 0) & (j + dj < rows)
        around.append(held[inside] + dk * rows + dj)
    lines = np.unique(np.concatenate(around))
    # Each row begins with a run of zeros, perhaps of none, and each run of a label is followed by one.
    starts = np.concatenate([lines * columns, found.stops])
    before = np.concatenate([np.zeros(len(lines), np.int64), found.values.astype(np.int64)])
    order = np.lexsort((before > 0, starts, np.concatenate([lines, row])))
    starts, before, line = starts[order], before[order], np.concatenate([lines, row])[order]
    is_last = np.append(line[1:] != line[:-1], True)
    behind = np.zeros(len(starts), np.int64)
    behind[~is_last] = found.values.astype(np.int64)
    stops = (line + 1) * columns
    stops[~is_last] = found.starts
    kept = stops > starts
    is_first = np.append(True, line[1:] != line[:-1])
    at_edge = (line % rows == 0) | (line % rows == rows - 1)
    border = is_first | is_last | at_edge
    return Background(starts[kept], stops[kept], border[kept], before[kept], behind[kept])


def meeting(
    one: tuple[Indices, Indices],
    other: tuple[Indices, Indices],
    shape_kji: tuple[int, int, int],
    step: tuple[int, int],
    reach: int = 0,
) -> tuple[Indices, Indices]:
    """Return which runs of one list lie beside which of another, `step` (k, j) rows further on.

    Parameters
    ----------
    one, other
        Starts and stops, ascending, each within its row.
    shape_kji
        Of the volume.
    step
        How many slices and rows on the other ones lie.
    reach
        How many voxels apart along i they may be: 1 lets corners touch.
    """
    (depth, rows, columns), (dk, dj) = shape_kji, step
    line = one[0] // columns
    k, j = line // rows + dk, line % rows + dj
    inside = np.flatnonzero((k >= 0) & (k < depth) & (j >= 0) & (j < rows))
    moved = (dk * rows + dj) * columns
    target = line[inside] + dk * rows + dj
    low = np.maximum(one[0][inside] + moved - reach, target * columns)
    high = np.minimum(one[1][inside] + moved + reach, (target + 1) * columns)
    first = np.searchsorted(other[1], low, "right")
    count = np.searchsorted(other[0], high, "left") - first
    count = np.maximum(count, 0)
    which = np.repeat(np.arange(len(inside)), count)
    at = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    return inside[which], first[which] + at


def parts_of(count: int, pairs: Iterable[tuple[Indices, Indices]]) -> tuple[int, NDArray[np.int32]]:
    """Return how many parts runs make that are joined in pairs, and the part of each, in the order of their first runs.

    Each run points to one before it, the root of its part to itself: of two roots that a pair joins the later one is
    hung below the earlier, until no pair joins two (Shiloach and Vishkin 1982). SciPy does the same, and takes a third
    of a second to be imported.
    """
    joined = [*pairs]
    one = np.concatenate([a for a, _ in joined]) if joined else np.zeros(0, np.int64)
    other = np.concatenate([b for _, b in joined]) if joined else np.zeros(0, np.int64)
    root = np.arange(count)
    while one.size:
        low, high = np.minimum(root[one], root[other]), np.maximum(root[one], root[other])
        left = low < high
        one, other = one[left], other[left]
        np.minimum.at(root, high[left], low[left])
        while True:
            above = root[root]
            if np.array_equal(above, root):
                break
            root = above
    is_root = root == np.arange(count)
    number = np.cumsum(is_root) - 1
    return int(is_root.sum()), number[root].astype(np.int32)


def touching(found: Foreground) -> dict[tuple[int, int], tuple[Indices, Indices]]:
    """Return which runs of one label touch in the rows (k, j) further on, by their faces, edges or corners."""
    runs = found.starts, found.stops
    pairs: dict[tuple[int, int], tuple[Indices, Indices]] = {}
    for step in _AROUND:
        a, b = meeting(runs, runs, found.shape_kji, step, reach=1)
        same = found.values[a] == found.values[b]
        pairs[step] = a[same], b[same]
    return pairs


def label_parts(
    found: Foreground, pairs: Mapping[tuple[int, int], tuple[Indices, Indices]]
) -> tuple[int, NDArray[np.int32]]:
    """Return how many connected parts the labels have, and the part of each run; `pairs` are what `touching` tells."""
    return parts_of(len(found.starts), pairs.values())


def background_parts(
    found: Foreground, zeros: Background, *, flat: bool
) -> tuple[int, NDArray[np.int32], NDArray[np.bool_], Indices]:
    """Return the connected parts of the background, in each slice by itself or in space.

    Returns
    -------
    int
        How many there are.
    ndarray, shape (runs,)
        The part of each run of zeros.
    ndarray, shape (parts,)
        Whether each part reaches the border of the volume (of the slice).
    ndarray, shape (parts,)
        The only label around each part; 0 where there are several or none, and where no part is enclosed.
    """
    depth, rows, columns = found.shape_kji
    runs, labels = (zeros.starts, zeros.stops), (found.starts, found.stops)
    steps = _FACES[:1] if flat else _FACES
    count, part = parts_of(len(runs[0]), [meeting(runs, runs, found.shape_kji, step) for step in steps])
    open_ = np.zeros(count, np.bool_)
    open_[part[zeros.at_border]] = True
    if not flat:
        k = zeros.starts // columns // rows
        open_[part[(k == 0) | (k == depth - 1)]] = True
    if open_.all():
        return count, part, open_, np.zeros(count, np.int64)
    low = np.full(count, np.iinfo(np.int64).max)
    high = np.zeros(count, np.int64)
    values = found.values.astype(np.int64)
    around = [(part, zeros.before), (part, zeros.behind)]
    for dk, dj in steps:
        for sign in (1, -1):
            a, b = meeting(runs, labels, found.shape_kji, (sign * dk, sign * dj))
            around.append((part[a], values[b]))
    for at, value in around:
        inside = ~open_[at] & (value > 0)
        np.minimum.at(low, at[inside], value[inside])
        np.maximum.at(high, at[inside], value[inside])
    # Rows that hold no label, nor lie beside one, are not looked at: what reaches them is open.
    return count, part, open_, np.where(low == high, high, 0)
