from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import binary_erosion, distance_transform_edt

from annoconv.metrics import borders as borders_room
from annoconv.metrics.borders import nearest_mm
from annoconv.metrics.boundary import boundary_iou
from annoconv.metrics.surface import surface, surface_distances
from annoconv.metrics.surfels import element_sizes, surface_elements
from annoconv.model import MetricStatus
from tests.metrics.masks import border, by_name, directed, label_maps, percentile, spacings, voxels


@settings(deadline=None)
@given(
    st.integers(2, 3).flatmap(lambda axes: st.tuples(label_maps(axes=axes), spacings(axes))),
    st.sampled_from([0.3, 1.0, 3.0]),
)
def test_every_distance_is_that_of_a_loop_over_border_voxels(maps_and_spacing, tolerance):
    (a, b), spacing = maps_and_spacing
    found = surface(a, b, spacing, tolerances_mm=[tolerance])
    for label in sorted({*np.unique(a).tolist(), *np.unique(b).tolist()} - {0}):
        values = by_name(found, int(label))
        x, y = border(a == label), border(b == label)
        if not x or not y:
            assert {each.value for each in values.values()} == {None}
            continue
        there, back = directed(x, y, spacing), directed(y, x, spacing)
        near = sum(d <= tolerance + 1e-9 for d in [*there, *back])
        expected = {
            "hd": max(*there, *back),
            "hd95": max(percentile(there, 95), percentile(back, 95)),
            "hd95_pooled": percentile([*there, *back], 95),
            "assd": sum([*there, *back]) / (len(there) + len(back)),
            "masd": (sum(there) / len(there) + sum(back) / len(back)) / 2,
            f"nsd@{tolerance:g}": near / (len(there) + len(back)),
        }
        assert values["hd"].value == expected["hd"]
        assert {name: each.value for name, each in values.items()} == pytest.approx(expected, abs=1e-12)


@settings(deadline=None)
@given(label_maps(most=1), spacings())
def test_the_three_ways_to_the_nearest_point_agree_to_the_last_bit(maps, spacing):
    a, b = (np.flatnonzero(each) for each in maps)
    if not len(a) or not len(b):
        return
    shape = maps[0].shape
    found = []
    for reach, dense in ((3, 24), (0, 0), (0, 10**9)):  # neighbours first, a tree, a distance transform
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(borders_room, "_REACH", reach)
            patch.setattr(borders_room, "_DENSE", dense)
            patch.setattr(borders_room, "_SMALL", 10**6 if reach else 0)
            borders_room._neighbours.cache_clear()
            found.append(nearest_mm(a, b, shape, spacing, most_voxels=0).tolist())
    borders_room._neighbours.cache_clear()
    assert found[0] == found[1] == found[2] == directed(voxels(maps[0]), voxels(maps[1]), spacing)


def ball(shape, center, radius, spacing):
    axes = np.ogrid[tuple(map(slice, shape))]
    return sum(((axis - c) * s) ** 2 for axis, c, s in zip(axes, center, spacing, strict=True)) <= radius**2


@pytest.mark.parametrize("points", ["voxel", "surfel"])
@pytest.mark.parametrize(
    ("one", "two"),
    [((20, 9.0), (20, 11.0)), ((12, 6.0), (29, 6.0)), ((20, 15.0), (20, 3.0))],
    ids=["nested", "apart", "very different"],
)
def test_scipy_says_the_same_of_balls(points, one, two):
    spacing, shape = (1.5, 0.7, 0.7), (40, 40, 40)
    a, b = (ball(shape, (center * 0.5, center, center), radius, spacing) for center, radius in (one, two))
    if points == "voxel":
        surfaces = [mask & ~binary_erosion(mask) for mask in (a, b)]
    else:
        surfaces = [np.zeros([count + 1 for count in shape], np.bool_) for _ in (a, b)]
        for mask, where in zip((a, b), surfaces, strict=True):
            where.ravel()[surface_elements(mask)[0]] = True
    there, back = (distance_transform_edt(~surfaces[1 - n], sampling=spacing)[surfaces[n]] for n in (0, 1))
    (found,) = surface_distances(a, b, spacing, points=points)
    assert np.sort(found.reference.distances) == pytest.approx(np.sort(there), abs=1e-12)
    assert np.sort(found.other.distances) == pytest.approx(np.sort(back), abs=1e-12)


def test_surface_elements_measure_a_ball_and_a_box():
    spacing = (0.5, 0.4, 0.3)
    mask = ball((90, 110, 150), (45, 55, 75), 20, spacing)
    areas = element_sizes(spacing)[surface_elements(mask)[1]]
    assert 1.0 < areas.sum() / (4 * math.pi * 20**2) < 1.11  # steps overstate a smooth surface by a tenth
    box = np.zeros((6, 8, 9), np.bool_)
    box[1:5, 2:6, 3:8] = True
    flat = element_sizes((2.0, 1.0, 0.5))
    codes = surface_elements(box)[1]
    faces = [code for code in codes.tolist() if code.bit_count() == 4]
    assert flat[faces].sum() == 2 * (3 * 3 * 2 * 1 + 3 * 4 * 2 * 0.5 + 3 * 4 * 1 * 0.5)


def test_elements_of_a_code_and_of_its_opposite_are_one_surface():
    sizes = element_sizes((3.0, 0.37, 1.1))
    assert sizes[0] == sizes[255] == 0
    assert (sizes[1:255] > 0).all()
    single = [1 << n for n in range(8)]
    assert sizes[single] == pytest.approx(np.full(8, sizes[1]))
    assert sizes[[255 - code for code in single]] == pytest.approx(np.full(8, sizes[1]))


@settings(deadline=None)
@given(st.integers(2, 3).flatmap(lambda axes: st.tuples(label_maps(axes=axes, most=1), spacings(axes))))
def test_boundary_iou_is_that_of_a_loop(maps_and_spacing):
    (a, b), spacing = maps_and_spacing
    width = 1.5
    (found,) = boundary_iou(a, b, spacing, width_mm=width, labels=[1])
    bands = []
    for mask in (a, b):
        inside = voxels(mask)
        padded = np.pad(mask != 0, 1)
        outside = [tuple(n - 1 for n in voxel) for voxel in voxels(~padded)]
        near = directed(inside, outside, spacing) if inside else []
        bands.append({voxel for voxel, d in zip(inside, near, strict=True) if d <= width + 1e-9})
    if bands[0] and bands[1]:
        assert found.value == len(bands[0] & bands[1]) / len(bands[0] | bands[1])
    else:
        assert found.value is None


def test_a_picture_is_no_volume_of_one_slice():
    a, b = np.zeros((2, 9, 9), np.bool_)
    a[2:7, 2:7], b[2:7, 3:8] = True, True
    assert by_name(surface(a, b, (1, 1)), 1)["hd"].value == 1.0
    assert len(next(surface_distances(a, b, (1, 1))).reference.distances) == 16
    assert len(next(surface_distances(a[None], b[None], (1, 1, 1))).reference.distances) == 25


@pytest.mark.parametrize(("step", "tolerance"), [(0.1, 0.3), (0.7, 2.1), (1.0, 3.0), (1.0, 5.0), (0.05, 5.0)])
def test_a_distance_that_equals_the_tolerance_is_within(step, tolerance):
    count = round(tolerance / step)
    a, b = np.zeros((2, 1, 1, count + 3), np.bool_)
    a[0, 0, 1], b[0, 0, 1 + count] = True, True
    values = by_name(surface(a, b, (1, 1, step), tolerances_mm=[tolerance, tolerance * 0.999]), 1)
    assert values[f"nsd@{tolerance:g}"].value == 1.0
    assert values[f"nsd@{tolerance * 0.999:g}"].value == 0.0


def test_the_two_95s_differ_and_have_their_own_names():
    a, b = np.zeros((2, 1, 1, 300), np.bool_)
    a[0, 0, :200:2] = True  # 100 points of which 90 are common with b's 90
    b[0, 0, :180:2] = True
    values = by_name(surface(a, b, (1, 1, 1)), 1)
    assert values["hd95"].value == pytest.approx(percentile([0.0] * 90 + [2.0 * n for n in range(1, 11)], 95))
    assert values["hd95_pooled"].value == pytest.approx(percentile([0.0] * 180 + [2.0 * n for n in range(1, 11)], 95))
    assert values["hd95"].value > values["hd95_pooled"].value


@pytest.mark.parametrize("points", ["voxel", "surfel"])
def test_several_labels_are_as_each_alone(points):
    rng = np.random.default_rng(3)
    a = np.kron(rng.integers(0, 4, (4, 4, 4)), np.ones((3, 3, 3))).astype(np.uint8)
    b = np.roll(a, 1, axis=1)
    together = surface(a, b, (2, 1, 1), points=points, tolerances_mm=[1])
    for label in (1, 2, 3):
        alone = surface(a == label, b == label, (2, 1, 1), points=points, tolerances_mm=[1])
        assert {n: v.value for n, v in by_name(together, label).items()} == {
            n: v.value for n, v in by_name(alone, 1).items()
        }


def test_a_label_that_was_asked_for_and_is_nowhere():
    a = np.zeros((3, 3, 3), np.uint8)
    assert {each.status for each in surface(a, a, (1, 1, 1), labels=[4])} == {MetricStatus.BOTH_EMPTY}
