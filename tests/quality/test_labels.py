"""Parts, cavities, holes and jumps: SciPy as the second opinion, phantoms as clean as whole voxels can be."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from scipy import ndimage

from annoconv.quality.labels import examine
from annoconv.volumes.foreground import Foreground, runs_of
from tests.rules.mask_shapes import ellipsoid

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from annoconv.quality.labels import LabelContent

SIZE = (48, 48, 48)


def foreground(labels: NDArray[Any]) -> Foreground:
    depth, rows, columns = labels.shape
    return Foreground((depth, rows, columns), *runs_of(labels.reshape(-1), columns))


def of(labels: NDArray[Any], value: int = 1) -> LabelContent:
    return examine(foreground(labels))[value]


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("sigma", [0.7, 1.5])
def test_parts_cavities_and_holes_are_those_of_scipy(seed: int, sigma: float) -> None:
    rng = np.random.default_rng(seed)
    field = ndimage.gaussian_filter(rng.normal(size=(17, 19, 23)), sigma)
    labels = np.where(field > 0.4 * field.std(), 1, np.where(field < -1.1 * field.std(), 2, 0)).astype(np.uint8)
    contents = examine(foreground(labels))
    for value in (1, 2):
        mask = labels == value
        parts, count = ndimage.label(mask, np.ones((3, 3, 3)))
        sizes = sorted(np.bincount(parts.ravel())[1:].tolist(), reverse=True)
        assert [each.voxels for each in contents[value].parts] == sizes
        assert len(sizes) == count
        assert sorted(each.voxels for each in contents[value].cavities) == _cavities(labels, value)
        assert sum(each.voxels for each in contents[value].holes) == sum(_holes(labels, value))


def _closed(zeros: NDArray[Any], border: tuple[Any, ...]) -> tuple[NDArray[Any], list[int]]:
    parts, count = ndimage.label(zeros)
    open_ = {int(n) for side in border for n in np.unique(parts[side])}
    return parts, [n for n in range(1, count + 1) if n not in open_]


def _cavities(labels: NDArray[Any], value: int) -> list[int]:
    sides = [(slice(None),) * axis + (end,) for axis in range(3) for end in (0, -1)]
    parts, closed = _closed(labels == 0, tuple(sides))
    return sorted(int((parts == n).sum()) for n in closed if _around(labels, parts == n) == {value})


def _around(labels: NDArray[Any], part: NDArray[Any]) -> set[int]:
    return set(np.unique(labels[ndimage.binary_dilation(part) & ~part]).tolist())


def _holes(labels: NDArray[Any], value: int) -> list[int]:
    sides = [(slice(None),) * axis + (end,) for axis in range(3) for end in (0, -1)]
    space, closed = _closed(labels == 0, tuple(sides))
    enclosed = np.isin(space, closed)
    found = []
    for k, plane in enumerate(labels):
        parts, of_plane = _closed(plane == 0, ((0,), (-1,), (slice(None), 0), (slice(None), -1)))
        found += [
            int((parts == n).sum())
            for n in of_plane
            if _around(plane, parts == n) == {value} and not enclosed[k][parts == n].any()
        ]
    return found


def tube(radius: float, tilt: Any, bow: float) -> NDArray[np.uint8]:
    labels = np.zeros(SIZE, np.uint8)
    j, i = np.mgrid[:48, :48]
    for k in range(3, 45):
        centre_i, centre_j = 24 + tilt[0] * (k - 24) + bow * np.sin(k / 6), 24 + tilt[1] * (k - 24)
        labels[k] = (j - centre_j) ** 2 + (i - centre_i) ** 2 < radius**2
    return labels


def slab(tilt: float, height: int) -> NDArray[np.uint8]:
    labels = np.zeros(SIZE, np.uint8)
    for k in range(4, 44):
        off = round(tilt * (k - 24))
        labels[k, 15 : 15 + height, 16 + off : 30 + off] = 1
    return labels


def blob(seed: int) -> NDArray[np.uint8]:
    field = ndimage.gaussian_filter(np.random.default_rng(seed).normal(size=SIZE), 5)
    return (field > 0.8 * field.std()).astype(np.uint8)


def ragged(seed: int) -> NDArray[np.uint8]:
    """Return an ellipsoid whose outline was drawn by hand, slice by slice: it wanders by half a voxel."""
    rng = np.random.default_rng(seed)
    k, j, i = np.ogrid[:48, :48, :48]
    noise = ndimage.gaussian_filter(rng.normal(size=SIZE), (0, 3, 3))
    wander = 0.05 * noise / noise.std()
    return (((k - 24) / 18) ** 2 + ((j - 24) / 14) ** 2 + ((i - 24) / 12) ** 2 + wander < 1).astype(np.uint8)


def phantom(n: int) -> NDArray[np.uint8]:
    rng = np.random.default_rng(n)
    kind = n % 5
    if kind == 0:
        return ellipsoid(SIZE, rng.uniform(22, 26, 3), rng.uniform(4, 20, 3))
    if kind == 1:
        return tube(rng.uniform(3, 12), rng.uniform(-0.6, 0.6, 2), rng.uniform(0, 4))
    if kind == 2:
        return slab(rng.uniform(-0.35, 0.35), int(rng.integers(4, 20)))
    return blob(n) if kind == 3 else ragged(n)


@pytest.mark.parametrize("n", range(100))
def test_no_phantom_has_a_jump(n: int) -> None:
    content = of(phantom(n))
    assert (content.jumps, content.steps, content.gaps) == ([], [], [])


@pytest.mark.parametrize("n", range(40))
@pytest.mark.parametrize(("axis", "by"), [(0, 1), (1, -1)])
def test_a_slice_shifted_by_one_voxel_is_found(n: int, axis: int, by: int) -> None:
    rng = np.random.default_rng(n)
    kind = ellipsoid(SIZE, rng.uniform(22, 26, 3), rng.uniform(10, 20, 3)) if n % 2 else tube(8, (0.2, -0.3), n / 10)
    held = np.flatnonzero(kind.any(axis=(1, 2)))
    k = int(rng.choice(held[4:-4]))
    kind[k] = np.roll(kind[k], by, axis=axis)
    jumps = of(kind).jumps
    assert [(each.k, each.dj if axis == 0 else each.di) for each in jumps] == [(k, by)]


@pytest.mark.parametrize("n", range(20))
def test_a_slice_of_a_structure_of_any_shape_shifted_by_one_voxel_is_found(n: int) -> None:
    """A slice lies between its neighbours, whatever they are like; where they lie apart by as much, nothing tells."""
    labels = np.zeros(SIZE, np.uint8)
    labels[:, 3:-3, 3:-3] = blob(n)[:, 3:-3, 3:-3]
    rng = np.random.default_rng(n)
    k = int(rng.choice(np.flatnonzero(labels.sum(axis=(1, 2)) >= 60)[2:-2]))
    axis, by = int(rng.integers(2)), int(rng.choice([-1, 1]))
    labels[k] = np.roll(labels[k], by, axis=axis)
    assert [(each.k, each.dj if axis == 0 else each.di) for each in of(labels).jumps] == [(k, by)]


def test_one_in_five_slices_of_an_unsteady_outline_shifted_by_one_voxel_is_found_and_no_other() -> None:
    found = 0
    for n in range(200, 240):
        labels = ragged(n)
        assert (of(labels).jumps, of(labels).steps) == ([], [])
        k = int(np.random.default_rng(n).integers(14, 34))
        labels[k] = np.roll(labels[k], 1, axis=1)
        jumps = of(labels).jumps
        assert jumps in ([], [(k, 1, 0)])
        found += bool(jumps)
    assert found >= 8


@pytest.mark.parametrize("by", [-4, -2, 2, 3])
@pytest.mark.parametrize("n", range(5))
def test_a_step_of_a_structure_is_told_as_one(n: int, by: int) -> None:
    rng = np.random.default_rng(n)
    labels = ellipsoid(SIZE, rng.uniform(22, 26, 3), rng.uniform(12, 18, 3))
    labels[22:] = np.roll(labels[22:], by, axis=2)
    content = of(labels)
    assert ([(each.k, each.di, each.dj) for each in content.steps], content.jumps) == ([(22, by, 0)], [])


@pytest.mark.parametrize("by", [2, 3, 4])
@pytest.mark.parametrize("n", range(12))
def test_a_slice_of_a_slanted_tube_shifted_by_more_is_the_one_finding(n: int, by: int) -> None:
    """On a slant the way back from the shift looks like another one, and the shift like a step."""
    rng = np.random.default_rng(n)
    angle = rng.uniform(0, 2 * np.pi)
    labels = tube(8, tuple(0.8 * np.array([np.cos(angle), np.sin(angle)])), n / 12)
    k = int(rng.choice(np.flatnonzero(labels.any(axis=(1, 2)))[4:-4]))
    shift = round(by * np.sin(angle + n)), round(by * np.cos(angle + n))
    labels[k] = np.roll(labels[k], shift, axis=(0, 1))
    content = of(labels)
    assert ([(each.k, each.dj, each.di) for each in content.jumps], content.steps) == ([(k, *shift)], [])


@pytest.mark.parametrize("end", [0, -1])
def test_the_first_and_last_slice_of_a_straight_structure_shifted_are_found(end: int) -> None:
    labels = tube(8, (0, 0), 0)
    k = int(np.flatnonzero(labels.any(axis=(1, 2)))[end])
    labels[k] = np.roll(labels[k], 1, axis=1)
    assert [(each.k, each.di, each.dj) for each in of(labels).jumps] == [(k, 1, 0)]


def test_a_shift_of_many_voxels_and_along_both_axes_is_found() -> None:
    labels = ellipsoid(SIZE, (24, 24, 24), (18, 12, 10))
    labels[20] = np.roll(labels[20], (5, -7), axis=(0, 1))
    assert [(each.k, each.di, each.dj) for each in of(labels).jumps] == [(20, -7, 5)]


def test_all_of_it_takes_less_than_six_seconds_on_a_large_label_map() -> None:
    labels = np.zeros((320, 512, 512), np.uint8)
    rng = np.random.default_rng(1)
    ball = ellipsoid((121, 121, 121), (60, 60, 60), (60, 55, 50)) > 0
    for value in range(1, 21):
        k, j, i = (int(rng.integers(0, size - 121)) for size in labels.shape)
        labels[k : k + 121, j : j + 121, i : i + 121][ball] = value
    found = foreground(labels)
    started = time.process_time()
    assert len(examine(found)) == len(np.unique(found.values))
    assert time.process_time() - started < 6
