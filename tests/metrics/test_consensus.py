"""Voxels of several readers by votes and by STAPLE, against a loop and ITK; objects by matching."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
import SimpleITK
from hypothesis import given, settings
from hypothesis import strategies as st

from annoconv.errors import GeometryError, UsageError
from annoconv.metrics.consensus.grouping import group, likeness, middle, most_like_the_others
from annoconv.metrics.consensus.voting import MOST_READERS, fuse


def readings(count, seed, wrong=0.05):
    rng = np.random.default_rng(seed)
    truth = np.zeros((12, 20, 24), np.bool_)
    truth[3:9, 5:14, 6:18] = True
    return [
        np.roll(truth ^ (rng.random(truth.shape) < wrong * (n + 1) / count), rng.integers(-1, 2, 3), (0, 1, 2))
        for n in range(count)
    ]


@settings(deadline=None, max_examples=30)
@given(st.integers(2, 5), st.integers(0, 1000), st.sampled_from(["out", "in"]))
def test_majority_is_that_of_a_loop(count, seed, ties):
    masks = [each[::4, ::5, ::6] for each in readings(count, seed, 0.5)]
    found = fuse(masks, ties=ties)
    for place in np.ndindex(masks[0].shape):
        votes = sum(int(mask[place]) for mask in masks)
        assert found.mask_kji[place] == (2 * votes > count or (2 * votes == count and ties == "in"))
        assert found.share_kji[place] == np.float32(votes / count)
    assert found.tied == sum(2 * int(votes) == count for votes in np.sum(masks, axis=0).ravel())


@pytest.mark.parametrize("count", [2, 3, 5, 9, 17, 20])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_staple_is_that_of_itk(count, seed):
    masks = readings(count, seed)
    found = fuse(masks, method="staple")
    peer = SimpleITK.STAPLEImageFilter()
    peer.SetForegroundValue(1)
    peer.SetMaximumIterations(10_000)
    images = [SimpleITK.GetImageFromArray(each.astype(np.uint8)) for each in masks]
    probability = SimpleITK.GetArrayFromImage(peer.Execute(images))
    # ITK's filter stops when its estimates change by 1e-5 or less; ours goes on to 1e-10
    assert np.abs(found.share_kji - probability).max() < 2e-5
    assert found.sensitivity == pytest.approx(peer.GetSensitivity(), abs=1e-5)
    assert found.specificity == pytest.approx(peer.GetSpecificity(), abs=1e-5)
    is_sure = np.abs(probability - 0.5) > 1e-4
    assert np.array_equal(found.mask_kji[is_sure], probability[is_sure] > 0.5)


def test_staple_trusts_the_reader_who_errs_less():
    good, also, bad = readings(3, 5, 0.0)[:1] * 3
    bad = np.roll(bad, 6, 2)
    found = fuse([good, also, bad], method="staple")
    assert np.array_equal(found.mask_kji, good)
    assert found.sensitivity[0] > 0.99 > found.sensitivity[2]


def test_where_nobody_or_everybody_marked_everything():
    empty, full = np.zeros((2, 3, 4), np.bool_), np.ones((2, 3, 4), np.bool_)
    nobody, everybody = (fuse([each] * 3, method="staple") for each in (empty, full))
    assert (nobody.voxels, everybody.voxels) == (0, 24)
    assert (nobody.sensitivity[0], nobody.specificity[0]) == (None, 1.0)
    assert (everybody.sensitivity[0], everybody.specificity[0]) == (1.0, None)
    half = fuse([empty, full], method="staple")
    assert np.isfinite(half.share_kji).all()
    assert fuse([empty, full]).voxels == 0
    assert fuse([empty, full], ties="in").voxels == 24
    assert fuse([empty, full], casting=1).voxels == 24
    assert fuse([empty, full], ties="in", casting=0).voxels == 0


def test_what_cannot_be_one_is_refused_with_what_helps():
    one = np.zeros((2, 2, 2), np.bool_)
    with pytest.raises(UsageError, match=f"found 1; expected 2 to {MOST_READERS} readers"):
        fuse([one])
    with pytest.raises(GeometryError, match="on one grid"):
        fuse([one, np.zeros((2, 2, 3), np.bool_)])


# --- objects ---


def test_groups_do_not_depend_on_the_order_of_readers():
    rng = np.random.default_rng(3)
    corners = rng.integers(0, 20, (4, 3, 2))
    boxes = {f"R{n}": [[x, y, 0, x + 6, y + 6, 2] for x, y in some.tolist()] for n, some in enumerate(corners)}
    alike = likeness("volume", least_iou=0.2, most_mm=5, spacing=None)
    told = [group({name: boxes[name] for name in order}, alike) for order in permutations(boxes)]
    assert all(each == told[0] for each in told)
    for each in told[0]:
        members = [boxes[reader][place] for reader, place in each.items()]
        assert all(alike(a, b) is not None for a, b in permutations(members, 2))
    assert sum(len(each) for each in told[0]) == 12


def test_the_pair_that_is_most_alike_comes_first():
    alike = likeness("point", least_iou=0.5, most_mm=5, spacing=(1, 1, 1))
    told = group({"A": [[0, 0, 0]], "B": [[4, 0, 0], [1, 0, 0]], "C": [[5.0, 0, 0]]}, alike)
    assert told == [{"A": 0, "B": 1}, {"B": 0, "C": 0}]  # 1 mm each; A and C, exactly 5 mm, would match too


def test_a_middle_and_an_outline_that_is_most_like_the_others():
    assert middle([[0, 0], [2, 1], [100, 2]]) == [2.0, 1.0]
    assert middle([[0, 0], [1, 3]]) == [0.5, 1.5]
    square = [np.array([[0, 0], [4, 0], [4, 4], [0, 4]])]
    shapes = [[each + np.array([shift, 0]) for each in square] for shift in (0, 1, 3)]
    alike = likeness("area", least_iou=0.1, most_mm=5, spacing=None)
    assert most_like_the_others(shapes, alike) == 1
