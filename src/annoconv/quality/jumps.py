"""Slices that are shifted against their neighbours, and slices from which on all are.

A slice of a structure lies between its neighbours: where both of them agree, it agrees with them, however the structure
widens, bends or slants. One that was shifted does not, and does again when it is moved back: the share of the voxels
moved that then agree is its gain. Outlines that were drawn slice by slice, unsteadily, disagree everywhere, and so much
do their gains vary: a gain is measured by how much the slices of its label disagree. Where walls are so steep that
nothing disagrees, the centroids tell, on labels that are drawn steadily.
"""

from __future__ import annotations

import math
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from annoconv.quality.shifts import LEAST_AREA

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from annoconv.quality.shifts import UnitShifts
    from annoconv.quality.slices import SliceTable

__all__ = ["Jump", "jumps_of"]

_STILL: Final = 0.5
"""Voxels by which the way from centroid to centroid may turn along i or j, and none of the numbers below is reached."""
_LEAST_SHIFT: Final = 0.6
"""Voxels by which the centroid leaves the line of its neighbours' when a slice is shifted by one."""
_LEAST_STEP: Final = 2
"""Voxels from which on a step is told: a slanted structure drawn in whole voxels makes steps of one."""
_GAIN: Final = 0.5
"""Share of the difference that a shift of that size makes which must vanish when it is undone."""
_LEAST_GAIN: Final = 0.08
"""The same for a shift of one voxel, which steep walls hide in part; slices that belong where they are lose by it."""
_OF_DISAGREEMENT: Final = 1.6
"""What is added to it, times the disagreement of the label: gains of chance are no larger."""
_NINE_IN_TEN: Final = 0.9
_LEAST_VOXELS: Final = 3
"""Voxels that must agree again."""
_STEADY: Final = 0.1
"""Disagreement up to which a label is drawn so steadily that centroids tell of single voxels."""
_SURELY: Final = 1.7
"""How many times as much of the difference vanishes where all is moved back as where one slice is, if a step is one."""
_NO_LOSS: Final = -0.1
_QUIET: Final = 0.25
"""Share of a shift that the centroids around it may wander by, where voxels alone do not tell."""
_LEAST_WITNESSES: Final = 4
"""Slices around a shifted one whose centroids must tell that the line is quiet."""
_MOST_SHARE: Final = 0.2
"""Share of shifted slices beyond which a structure is drawn so."""


class Jump(NamedTuple):
    """A slice that is shifted: by how many voxels along i and j."""

    k: int
    di: int
    dj: int


def jumps_of(table: SliceTable, shifts: UnitShifts) -> tuple[list[Jump], list[Jump]]:
    """Return the slices that are shifted against both neighbours, and those from which on all are."""
    count = len(table.areas)
    part = slice(table.first, table.first + count)
    if count < 3 or _is_still(table, shifts.gains[:, :, part]):
        return [], []
    usable = table.areas >= LEAST_AREA
    bend = np.full((count, 2), np.nan)
    bend[1:-1] = table.centres[1:-1] - (table.centres[:-2] + table.centres[2:]) / 2
    bend[~usable] = np.nan
    bend[1:-1][~(usable[:-2] & usable[2:])] = np.nan
    pace = np.diff(table.centres, axis=0)
    pace[~(usable[1:] & usable[:-1])] = np.nan
    off = np.full((count, 2), np.nan)
    if count > 3:
        off[2:-1] = pace[1:-1] - (pace[:-2] + pace[2:]) / 2
    usual = _Usual(shifts.disagreement[part], table.areas)
    own, voxels = (each[:, :, part].reshape(9, -1) for each in (shifts.gains, shifts.voxels))
    gains = np.where(voxels >= _LEAST_VOXELS, own, 0).max(axis=0)
    steps = [
        step
        for k in _candidates(off, _LEAST_STEP - 1 + _LEAST_SHIFT)
        if (step := _step(table, pace, off, k)) is not None
        and _is_step(table, step, {n: _back(own, n) for n in (k - 1, k)}, bend)
    ]
    beside_steps = {each.k - table.first + n for each in steps for n in (-1, 0)}
    gains[[*beside_steps]] = 0
    jumps = list[Jump]()
    for k in _alone(gains, usual):
        far = _jump(table, bend, k, _GAIN, is_steady=False) if k in _candidates(bend, 1 + _LEAST_SHIFT) else None
        jumps.append(_fitted(table, far or Jump(table.first + k, *_back(own, k))))
    told = {each.k - table.first + n for each in jumps for n in (-1, 0, 1)} | beside_steps
    candidates = [k for k in _candidates(bend, _LEAST_SHIFT) if k not in told]
    found = [
        _jump(table, bend, k, max(_GAIN, _OF_DISAGREEMENT * usual.at(k)), is_steady=usual.at(k) <= _STEADY)
        for k in candidates
    ]
    jumps += [_fitted(table, jump) for jump in found if jump is not None]
    jumps += [jump for jump in _ends(table, usable) if usual.at(jump.k - table.first) <= _STEADY]
    most = max(1, int(_MOST_SHARE * count))
    return (sorted(jumps) if len(jumps) <= most else []), (steps if len(steps) <= most else [])


def _is_still(table: SliceTable, gains: NDArray[np.float64]) -> bool:
    """Tell whether nothing of a label can be told to be shifted: centroids run straight, and no slice gains."""
    centres = table.centres
    turns = (
        centres[:-2] - 2 * centres[1:-1] + centres[2:]
    )  # twice the bend, and no less than half of what steps are off
    return not ((np.abs(turns) > _STILL).any() or (gains >= _LEAST_GAIN).any())


class _Usual:
    """How much the slices of a label disagree, told for a slice by the others: nine in ten disagree less."""

    def __init__(self, disagreement: NDArray[np.float64], areas: NDArray[np.int64]) -> None:
        self._disagreement = disagreement
        self._areas = areas

    @cached_property
    def _told(self) -> tuple[NDArray[np.int64], float]:
        """The slices whose disagreement is known, and how large they usually are."""
        told = np.flatnonzero(~np.isnan(self._disagreement))
        return told, float(np.median(self._areas[told])) if len(told) else 0.0

    def at(self, k: int) -> float:
        """Return it for a slice, by those that are not beside it; 1 where too few others tell.

        It is larger for a slice that is smaller than most, whose outline has fewer voxels.
        """
        told, typical = self._told
        others = self._disagreement[told[np.abs(told - k) > 1]]
        if len(others) < _LEAST_WITNESSES:
            return 1.0
        most = float(np.sort(others)[int(_NINE_IN_TEN * (len(others) - 1))])
        smaller: float = (typical / max(int(self._areas[k]), 1)) ** 0.25
        return most * max(1.0, smaller)


def _alone(gains: NDArray[np.float64], usual: _Usual) -> list[int]:
    """Return the slices that gain more than others disagree, of two beside each other the one that gains more."""
    found: list[int] = []
    for k in sorted(np.flatnonzero(gains >= _LEAST_GAIN).tolist(), key=lambda k: (-gains[k], k)):
        if gains[k] >= _LEAST_GAIN + _OF_DISAGREEMENT * usual.at(k) and not {k - 1, k + 1} & set(found):
            found.append(k)
    return sorted(found)


def _candidates(off: NDArray[np.float64], least: float) -> list[int]:
    """Return where centroids are off by so much, and by more than on either side."""
    size = np.hypot(off[:, 0], off[:, 1])
    if not (size >= least).any():
        return []
    size = np.nan_to_num(size)
    padded = np.concatenate([[0.0], size, [0.0]])
    peak = (size >= padded[:-2]) & (size >= padded[2:])
    return [int(k) for k in np.flatnonzero(peak & (size >= least))]


def _jump(table: SliceTable, bend: NDArray[np.float64], k: int, least: float, *, is_steady: bool) -> Jump | None:
    di, dj = (round(float(each)) for each in bend[k])
    if (di, dj) == (0, 0) or not table.areas[k - 1] or not table.areas[k + 1]:
        return None
    share = _gain(table, k, (k - 1, k + 1), di, dj)
    is_far = max(abs(di), abs(dj)) > 1 and table.areas[k] >= 2 * LEAST_AREA  # the others are told by all their voxels
    is_jump = (is_far and share >= least) or (is_steady and share >= _NO_LOSS and _is_spike(bend, k, di, dj))
    return Jump(table.first + k, di, dj) if is_jump else None


def _fitted(table: SliceTable, jump: Jump) -> Jump:
    """Return a shift of one slice by as many voxels as leave least difference, step by step from those told."""
    k, best = jump.k - table.first, (jump.di, jump.dj)
    while True:
        around = [(best[0] + di, best[1] + dj) for di in (-1, 0, 1) for dj in (-1, 0, 1)]
        least = min(around, key=lambda by, best=best: (_difference(table, k, {k: by}), by != best, by))  # type: ignore[misc]
        if least == best:
            return Jump(jump.k, *best)
        best = least


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
        di, dj = (round(each) for each in (c[end] - (2 * c[near] - c[far])).tolist())
        if (di, dj) == (0, 0):
            continue
        size = math.hypot(di, dj)
        rest = np.linalg.norm(c[near] - (2 * c[far] - c[further]))
        pace = np.linalg.norm(np.diff(c, axis=0), axis=1)
        others = np.delete(pace, 0 if end == 0 else count - 2)
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


def _rounded(shift: NDArray[np.float64]) -> tuple[int, int]:
    """Return a shift in whole voxels; none of a slice whose neighbours do not tell."""
    di, dj = np.nan_to_num(shift).round().astype(int).tolist()
    return di, dj


def _back(gains: NDArray[np.float64], k: int) -> tuple[int, int]:
    """Return the shift by one voxel (di, dj) whose undoing gains most for a slice."""
    dj, di = divmod(int(gains[:, k].argmax()), 3)
    return di - 1, dj - 1


def _is_step(table: SliceTable, step: Jump, by_one: dict[int, tuple[int, int]], bend: NDArray[np.float64]) -> bool:
    """Tell whether moving back all slices from a step on explains more than moving back one beside it, by itself.

    Far more, where this one is moved by a voxel, as `by_one` tells of slices from the first of the label.
    """
    k, shift = step.k - table.first, (step.di, step.dj)
    as_is = _difference(table, k, {})
    as_step = as_is - _difference(table, k, {k: shift, k + 1: shift})
    alone = [(_SURELY, n, by) for n, by in by_one.items()]
    for n in (k - 1, k):
        jump = _fitted(table, Jump(table.first + n, *_rounded(bend[n])))
        alone.append((1.0, n, (jump.di, jump.dj)))
    return all(as_step > share * (as_is - _difference(table, k, {n: by})) for share, n, by in alone)


def _difference(table: SliceTable, k: int, moved: dict[int, tuple[int, int]]) -> int:
    """Return in how many voxels each slice from k - 2 to k + 1 differs from the next, some of them moved back."""
    held = [n for n in range(max(k - 2, 0), min(k + 2, len(table.areas))) if table.areas[n]]
    boxes, pad = table.boxes[held], max((max(abs(di), abs(dj)) for di, dj in moved.values()), default=0)
    box = (
        int(boxes[:, 0].min()) - pad,
        int(boxes[:, 1].max()) + pad,
        int(boxes[:, 2].min()) - pad,
        int(boxes[:, 3].max()) + pad,
    )
    pictures: list[NDArray[np.bool_]] = []
    for n in held:
        di, dj = moved.get(n, (0, 0))
        pictures.append(np.roll(table.picture(table.first + n, box), (-dj, -di), axis=(0, 1)))
    return sum(int(np.count_nonzero(one ^ other)) for one, other in pairwise(pictures))


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
