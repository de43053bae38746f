from __future__ import annotations

import json
from fractions import Fraction

import numpy as np
import pytest
import SimpleITK
from hypothesis import given, settings
from hypothesis import strategies as st

from annoconv.errors import GeometryError, MaskError, UsageError
from annoconv.metrics.overlap import Counts, conformity, confusion, overlap
from annoconv.model import MetricStatus
from tests.metrics.masks import by_name, label_maps, voxels

SPACING = (3.0, 0.5, 0.7)


@given(st.one_of(label_maps(), label_maps(axes=2), label_maps(most=70_000)))
def test_every_count_is_that_of_a_loop_over_voxels(maps):
    a, b = maps
    counted = {}
    for pair in zip(a.ravel().tolist(), b.ravel().tolist(), strict=True):
        counted[pair] = counted.get(pair, 0) + 1
    table = confusion(a, b)
    cells = zip(table.reference.tolist(), table.other.tolist(), table.counts.tolist(), strict=True)
    assert {(p, q): n for p, q, n in cells} == {(int(p), int(q)): n for (p, q), n in counted.items()}
    assert table.mislabelled == {pair: n for pair, n in counted.items() if pair[0] != pair[1]}
    assert table.total == a.size


@given(label_maps())
def test_every_metric_is_that_of_sets_of_voxels(maps):
    a, b = maps
    found = overlap(a, b, SPACING)
    for label in sorted({*np.unique(a).tolist(), *np.unique(b).tolist()} - {0}):
        x, y = set(voxels(a == label)), set(voxels(b == label))
        values = by_name(found, int(label))
        for name in ("dice", "iou", "precision", "recall", "specificity", "pixel_accuracy", "volume_similarity"):
            got = values[name]
            if not x or not y:
                assert got.value is None
                assert got.status is (MetricStatus.OTHER_EMPTY if x else MetricStatus.REFERENCE_EMPTY)
                continue
            outside = a.size - len(x)
            exact = {
                "dice": Fraction(2 * len(x & y), len(x) + len(y)),
                "iou": Fraction(len(x & y), len(x | y)),
                "precision": Fraction(len(x & y), len(y)),
                "recall": Fraction(len(x & y), len(x)),
                "specificity": Fraction(a.size - len(x | y), outside) if outside else None,
                "pixel_accuracy": Fraction(a.size - len(x ^ y), a.size),
                "volume_similarity": 1 - Fraction(abs(len(x) - len(y)), len(x) + len(y)),
            }[name]
            assert got.value == (None if exact is None else float(exact))
        assert values["reference_size"].value == pytest.approx(len(x) * 3.0 * 0.5 * 0.7 / 1000, rel=1e-15)
        assert values["reference_size"].unit == "mL"


def test_labels_of_many_sizes_in_one_map():
    a = np.zeros((2, 3, 400), np.uint16)
    a[0, 0, 10:20], a[1, 2, 5:300] = 7, 60_000
    b = a.copy()
    b[1, 2, 200:300] = 300
    table = confusion(a, b)
    assert table.of_label(60_000) == Counts(195, 295, 195, a.size)
    assert table.of_label(300) == Counts(0, 0, 100, a.size)
    assert table.mislabelled == {(60_000, 300): 100}


def test_strided_and_signed_arrays_are_taken_as_they_are():
    a = np.arange(24).reshape(2, 3, 4) % 3
    b = np.asfortranarray(a[::-1])
    assert (
        by_name(overlap(a.astype(np.int16), b, SPACING), 1)["dice"].value
        == by_name(overlap(a.astype(np.uint8), np.ascontiguousarray(b).astype(np.uint8), SPACING), 1)["dice"].value
    )


@settings(deadline=None)
@given(label_maps())
def test_simpleitk_says_the_same(maps):
    a, b = (each.astype(np.uint8) for each in maps)
    peer = SimpleITK.LabelOverlapMeasuresImageFilter()
    peer.Execute(SimpleITK.GetImageFromArray(a), SimpleITK.GetImageFromArray(b))
    found = overlap(a, b, SPACING)
    for label in {*np.unique(a).tolist()} & {*np.unique(b).tolist()} - {0}:
        values = by_name(found, label)
        assert values["dice"].value == pytest.approx(peer.GetDiceCoefficient(label), abs=1e-15)
        assert values["iou"].value == pytest.approx(peer.GetJaccardCoefficient(label), abs=1e-15)


# --- Conformity: D.5 as printed, and as published ---


def test_conformity_of_a_small_mask_inside_the_reference():
    small = Counts(both=10, reference=100, other=10, total=1000)  # Dice 20/110 = 0.18
    assert conformity(small, as_printed=True) == 1.0
    assert conformity(small) == 1 - 90 / 10 == -8.0


@given(st.integers(1, 50), st.integers(0, 50), st.integers(0, 50))
def test_published_conformity_is_a_function_of_dice(both, more, less):
    counts = Counts(both, both + less, both + more, 10_000)
    dice = Fraction(2 * both, 2 * both + more + less)
    assert conformity(counts) == pytest.approx(float((3 * dice - 2) / dice), rel=1e-12)
    assert conformity(counts, as_printed=True) == pytest.approx(1 - more / both, rel=1e-12)


def test_conformity_without_a_common_voxel_is_not_there():
    a, b = np.zeros((2, 4, 4, 4), np.bool_)
    a[0], b[3] = True, True
    values = by_name(overlap(a, b, (1, 1, 1)), 1)
    assert values["dice"].value == 0.0
    assert values["conformity"].value is None
    assert values["conformity"].status is MetricStatus.UNDEFINED


# --- what is refused ---


@pytest.mark.parametrize("spacing", [(1, 1), (1, 1, 1, 1), (1, 1, 0), (1, 1, float("nan")), (1, -1, 1)])
def test_a_spacing_that_is_none_for_these_axes_is_refused(spacing):
    with pytest.raises(UsageError, match="one positive number of mm for each axis"):
        overlap(np.zeros((2, 2, 2), np.bool_), np.zeros((2, 2, 2), np.bool_), spacing)


def test_other_shapes_and_fractions_are_refused():
    a = np.zeros((2, 2, 2), np.uint8)
    with pytest.raises(GeometryError, match="on one grid"):
        overlap(a, a[:1], SPACING)
    with pytest.raises(MaskError, match="whole numbers from 0"):
        overlap(a, a.astype(np.float32), SPACING)
    with pytest.raises(MaskError, match="whole numbers from 0"):
        overlap(a, a.astype(np.int8) - 1, SPACING)


@pytest.mark.parametrize(("both", "side", "is_below"), [(17, 20, False), (1699, 2000, True), (1701, 2000, False)])
def test_085_is_no_reason_for_a_second_review(both, side, is_below):
    a, b = np.zeros((2, 1, 1, 2 * side - both), np.bool_)
    a[0, 0, :side], b[0, 0, side - both :] = True, True
    assert (by_name(overlap(a, b, (1, 1, 1)), 1)["dice"].value < 0.85) is is_below


def test_no_number_that_json_has_not():
    a, b = np.zeros((2, 2, 2, 2), np.uint8)
    a[0] = 1
    for pair in ((a, b), (b, a), (b, b), (a, a)):
        text = json.dumps([each.model_dump(mode="json") for each in overlap(*pair, (1, 1, 1), labels=[1])])
        assert "NaN" not in text
        assert "Infinity" not in text
