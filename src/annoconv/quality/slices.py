"""Slices of a label against their neighbours: which are missing, which are shifted.

A slice that was shifted by whole voxels fits its neighbours again when it is shifted back; one that belongs where it
is does not. So a jump is told by two witnesses: its centroid leaves the line of its neighbours', and the voxels in
which it differs from them become fewer when it is moved back.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from annoconv.quality.components import meeting

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from annoconv.volumes.foreground import Foreground

__all__ = ["Jump", "SliceTable", "gaps_of", "jumps_of", "slice_tables", "unit_gains"]

_LEAST_AREA: Final = 16
"""Voxels of a slice whose centroid tells anything."""
_LEAST_SHIFT: Final = 0.6
"""Voxels by which the centroid leaves the line of its neighbours' when a slice is shifted by one."""
_LEAST_STEP: Final = 2
"""Voxels from which on a step is told: a slanted structure drawn in whole voxels makes steps of one."""
_GAIN: Final = 0.5
"""Share of the difference that a shift of that size makes which must vanish when it is undone."""
_LEAST_GAIN: Final = 0.15
"""The same for a shift of one voxel, which steep walls hide in part; slices that belong where they are lose by it."""
_OF_SMALL: Final = 2.0
"""What is added to it, over the root of the slice's voxels: a short outline wanders off by chance."""
_FAIR: Final = 0.35
"""Gain from which on a few slices of one label may be shifted."""
_STANDS_OUT: Final = 3.0
_FEW: Final = 4
"""How many times the gain of the fourth best slice of a ragged label a shifted one has."""
_NO_LOSS: Final = -0.1
_QUIET: Final = 0.25
"""Share of a shift that the centroids around it may wander by, where voxels alone do not tell."""
_LEAST_WITNESSES: Final = 4
"""Slices around a shifted one whose centroids must tell that the line is quiet."""
_MOST_GAP: Final = 5
"""Slices of a gap that was forgotten; beyond, two structures have one label."""
_MOST_SHARE: Final = 0.2
"""Share of shifted slices beyond which a structure is drawn so."""


class Jump(NamedTuple):
    """A slice that is shifted: by how many voxels along i and j."""

    k: int
    di: int
    dj: int


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


def unit_gains(found: Foreground) -> dict[int, NDArray[np.float64]]:
    """Return for each label what moving each slice back by one voxel gains: shape (3, 3, slices), by dj + 1 and di + 1.

    It is the share of the difference that such a shift makes which vanishes, told from how far runs overlap; slices
    are those of the volume.
    """
    depth, rows, columns = found.shape_kji
    labels, number = np.unique(found.values, return_inverse=True)
    count = len(labels) * depth
    runs = found.starts, found.stops
    key = number * depth + found.starts // (rows * columns)
    lengths = found.stops - found.starts
    areas = np.bincount(key, weights=lengths, minlength=count)
    own, following = (np.zeros((3, 3, count)) for _ in range(2))
    for dk, into in ((0, own), (1, following)):
        for dj in (-1, 0, 1):
            a, b = meeting(runs, runs, found.shape_kji, (dk, dj), reach=1)
            same = number[a] == number[b]
            a, b = a[same], b[same]
            moved = (dk * rows + dj) * columns
            for di in (-1, 0, 1):
                low = np.maximum(found.starts[a] + moved + di, found.starts[b])
                overlap = np.minimum(found.stops[a] + moved + di, found.stops[b]) - low
                into[dj + 1, di + 1] = np.bincount(key[a], weights=np.maximum(overlap, 0), minlength=count)
    # Overlaps of k moved back by s with k + 1, and of k - 1 moved on by s with k.
    after = following[::-1, ::-1] - following[1, 1]
    before = np.roll(following, 1, axis=2) - np.roll(following[1, 1], 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        gains = np.nan_to_num((after + before) / (2 * (areas - own)))
    beside = np.minimum(np.roll(areas, 1), np.roll(areas, -1))
    gains[:, :, (np.minimum(areas, beside) < _LEAST_AREA)] = 0
    gains[:, :, 0::depth] = gains[:, :, depth - 1 :: depth] = 0
    return {int(value): gains[:, :, n * depth : (n + 1) * depth] for n, value in enumerate(labels.tolist())}


def jumps_of(table: SliceTable, gains: NDArray[np.float64]) -> tuple[list[Jump], list[Jump]]:
    """Return the slices that are shifted against both neighbours, and those from which on all are."""
    count = len(table.areas)
    if count < 3:
        return [], []
    usable = table.areas >= _LEAST_AREA
    bend = np.full((count, 2), np.nan)
    bend[1:-1] = table.centres[1:-1] - (table.centres[:-2] + table.centres[2:]) / 2
    bend[~usable] = np.nan
    bend[1:-1][~(usable[:-2] & usable[2:])] = np.nan
    pace = np.diff(table.centres, axis=0)
    pace[~(usable[1:] & usable[:-1])] = np.nan
    off = np.full((count, 2), np.nan)
    if count > 3:
        off[2:-1] = pace[1:-1] - (pace[:-2] + pace[2:]) / 2
    own = gains[:, :, table.first : table.first + count].reshape(9, -1)
    jumps = list[Jump]()
    for k in _standing_out(own.max(axis=0), table.areas):
        dj, di = divmod(int(own[:, k].argmax()), 3)
        far = _jump(table, bend, k, _GAIN) if k in _candidates(bend, 1 + _LEAST_SHIFT) else None
        jumps.append(far or Jump(table.first + k, di - 1, dj - 1))
    told = {each.k - table.first + n for each in jumps for n in (0, 1)}
    bound = _LEAST_STEP - 1 + _LEAST_SHIFT
    candidates = [k for k in _candidates(off, bound) if k not in told]
    steps = [step for k in candidates if (step := _step(table, pace, off, k)) is not None]
    told |= {each.k - table.first + n for each in steps for n in (-1, 0)} | {k - 2 for k in told}
    candidates = [k for k in _candidates(bend, _LEAST_SHIFT) if k not in told]
    least = max(_GAIN, _STANDS_OUT * _usual(own.max(axis=0)))
    jumps += [jump for k in candidates if (jump := _jump(table, bend, k, least)) is not None]
    jumps += _ends(table, usable)
    most = max(1, int(_MOST_SHARE * count))
    return (sorted(jumps) if len(jumps) <= most else []), (steps if len(steps) <= most else [])


def _candidates(off: NDArray[np.float64], least: float) -> list[int]:
    """Return where centroids are off by so much, and by more than on either side."""
    size = np.hypot(off[:, 0], off[:, 1])
    if not (size >= least).any():
        return []
    size = np.nan_to_num(size)
    padded = np.concatenate([[0.0], size, [0.0]])
    peak = (size >= padded[:-2]) & (size >= padded[2:])
    return [int(k) for k in np.flatnonzero(peak & (size >= least))]


def _usual(gains: NDArray[np.float64]) -> float:
    """Return the gain that a few slices of a label have anyway, by how ragged it is drawn."""
    return float(np.sort(gains)[-_FEW]) if len(gains) >= _FEW else 1.0


def _standing_out(gains: NDArray[np.float64], areas: NDArray[np.int64]) -> list[int]:
    """Return the slices whose gain stands out from those of the label: the smaller it is, the more alone it must be."""
    usual = _usual(gains)
    ordered = np.sort(gains)
    runner_up = float(ordered[-2]) if len(ordered) > 1 else 0.0
    found: list[int] = []
    least = _LEAST_GAIN + _OF_SMALL / np.sqrt(np.maximum(areas, 1))
    for k in np.flatnonzero(gains >= np.minimum(least, _FAIR)).tolist():
        gain = float(gains[k])
        is_alone = gain == ordered[-1] and gain >= _STANDS_OUT * runner_up
        if (gain >= _GAIN or is_alone or gain >= _FAIR) and (is_alone or gain >= _STANDS_OUT * usual):
            found.append(k)
    return found


def _jump(table: SliceTable, bend: NDArray[np.float64], k: int, least: float) -> Jump | None:
    di, dj = (round(float(each)) for each in bend[k])
    if (di, dj) == (0, 0) or not table.areas[k - 1] or not table.areas[k + 1]:
        return None
    share = _gain(table, k, (k - 1, k + 1), di, dj)
    is_far = max(abs(di), abs(dj)) > 1 and table.areas[k] >= 2 * _LEAST_AREA  # the others are told by all their voxels
    is_jump = (is_far and share >= least) or (share >= _NO_LOSS and _is_spike(bend, k, di, dj))
    return Jump(table.first + k, di, dj) if is_jump else None


def _is_spike(bend: NDArray[np.float64], k: int, di: int, dj: int) -> bool:
    """Tell whether centroids lie as one whole shift of one slice puts them, on a line that is quiet but for it."""
    shift = np.array([di, dj], dtype=np.float64)
    size = float(np.linalg.norm(shift))
    expected = {k - 1: -shift / 2, k: shift, k + 1: -shift / 2}
    window = [n for n in range(k - 3, k + 4) if 0 < n < len(bend) - 1 and not np.isnan(bend[n, 0])]
    if len(window) < _LEAST_WITNESSES or not {k - 1, k + 1} & set(window):
        return False
    return all(float(np.linalg.norm(bend[n] - expected.get(n, 0 * shift))) <= _QUIET * size for n in window)


def _ends(table: SliceTable, usable: NDArray[np.bool_]) -> list[Jump]:
    """Return the first and last slice if they are shifted: their neighbour and the ones beyond must tell alike."""
    count, found = len(table.areas), list[Jump]()
    for end, near, far, further in ((0, 1, 2, 3), (count - 1, count - 2, count - 3, count - 4)):
        if count < 5 or not usable[[end, near, far, further]].all():
            continue
        c = table.centres
        off = c[end] - (2 * c[near] - c[far])
        di, dj = (round(float(each)) for each in off)
        if (di, dj) == (0, 0):
            continue
        rest = np.linalg.norm(c[near] - (2 * c[far] - c[further]))
        pace = np.linalg.norm(np.diff(c, axis=0), axis=1)
        others = np.delete(pace, 0 if end == 0 else count - 2)
        size = math.hypot(di, dj)
        is_rare = np.nanmax(others) <= size / 2
        if is_rare and rest <= _QUIET * size and _gain(table, end, (near,), di, dj) >= _GAIN:
            found.append(Jump(table.first + end, di, dj))
    return found


def _step(table: SliceTable, pace: NDArray[np.float64], off: NDArray[np.float64], k: int) -> Jump | None:
    di, dj = (round(float(each)) for each in off[k])
    size = math.hypot(di, dj)
    if size < _LEAST_STEP or not table.areas[k - 1] or not table.areas[k]:
        return None
    beside = [np.linalg.norm(pace[n]) for n in (k - 2, k) if 0 <= n < len(pace)]
    is_quiet = all(each <= size / 2 for each in beside)
    return Jump(table.first + k, di, dj) if is_quiet and _gain(table, k, (k - 1,), di, dj) >= _GAIN else None


def _gain(table: SliceTable, k: int, near: tuple[int, ...], di: int, dj: int) -> float:
    """Return which share of the difference that a shift makes vanishes when slice k is moved back by (di, dj)."""
    boxes = table.boxes[[k, *near]]
    pad_i, pad_j = abs(di), abs(dj)
    box = (
        int(boxes[:, 0].min()) - pad_i,
        int(boxes[:, 1].max()) + pad_i,
        int(boxes[:, 2].min()) - pad_j,
        int(boxes[:, 3].max()) + pad_j,
    )
    one = table.picture(table.first + k, box)
    back = np.roll(one, (-dj, -di), axis=(0, 1))  # the margin is as wide as the shift
    others = [table.picture(table.first + n, box) for n in near]
    as_is = sum(int(np.count_nonzero(one ^ each)) for each in others)
    moved = sum(int(np.count_nonzero(back ^ each)) for each in others)
    expected = len(near) * int(np.count_nonzero(one ^ back))
    return (as_is - moved) / min(expected, max(as_is, 1)) if expected else 0.0
