from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from scipy import stats

from annoconv.errors import UsageError
from annoconv.metrics.deviation import deviation
from annoconv.metrics.registration import registration_error, structure_offset
from annoconv.metrics.results import metric_value, summary
from annoconv.metrics.surface import surface
from annoconv.metrics.thresholds import is_beyond, needs_dedicated_review, needs_second_review
from annoconv.metrics.verification import bootstrap_mean, fold_stability, folds, model_validation, sampling_plan
from annoconv.model import MetricStatus
from tests.metrics.masks import border, by_name, directed, label_maps, voxels

# --- what a person changed ---


@settings(deadline=None)
@given(label_maps(most=2))
def test_deviation_is_that_of_loops(maps):
    person, model = maps
    spacing = (2.0, 1.0, 0.5)
    found = deviation(person, model, spacing)
    for label in {*np.unique(person).tolist()} & {*np.unique(model).tolist()} - {0}:
        values = {name: each.value for name, each in by_name(found, int(label)).items()}
        x, y = set(voxels(person == label)), set(voxels(model == label))
        away = directed(border(person == label), border(model == label), spacing)
        signs = [-1 if voxel in y else 1 for voxel in border(person == label)]
        others = sum(1 for v in x | y if person[v] and model[v] and person[v] != model[v])
        assert values == pytest.approx(
            {
                "signed_shift": sum(s * d for s, d in zip(signs, away, strict=True)) / len(away),
                "absolute_shift": sum(away) / len(away),
                "miss_rate": len(x - y) / len(x),
                "over_marking_rate": len(y - x) / len(y),
                "region_mismatch": others / len(x | y),
            },
            abs=1e-12,
        )


def test_a_grown_mask_moves_outwards_and_a_shrunk_one_inwards():
    model, grown = np.zeros((2, 20, 20, 20), np.bool_)
    model[5:15, 5:15, 5:15], grown[4:16, 4:16, 4:16] = True, True
    outwards = by_name(deviation(grown, model, (1, 1, 1)), 1)
    inwards = by_name(deviation(model, grown, (1, 1, 1)), 1)
    assert outwards["signed_shift"].value == outwards["absolute_shift"].value > 0
    assert inwards["signed_shift"].value == -inwards["absolute_shift"].value == -1.0
    assert outwards["over_marking_rate"].value == inwards["miss_rate"].value == 0.0


# --- registration ---


def test_registration_error_by_hand():
    turn = np.array([[0, -1, 0, 10], [1, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]], float)
    fixed = [[10, 1, 0], [10, 0, 5]]
    moving = [[1, 0, 0], [0, 0, 1]]
    values = {each.definition_id: each.value for each in registration_error(fixed, moving, turn)}
    assert values == {
        "registration.tre_mean": 2.0,
        "registration.tre_max": 4.0,
        "registration.tre_rms": pytest.approx(np.sqrt(8)),
    }
    assert {each.status for each in registration_error([], [])} == {MetricStatus.UNDEFINED}
    with pytest.raises(UsageError, match="in pairs"):
        registration_error([[0, 0, 0]], [])


def test_a_shifted_structure_is_off_by_its_shift():
    a, b = np.zeros((2, 10, 10, 10), np.bool_)
    a[2:6, 2:6, 2:6], b[3:7, 2:6, 2:6] = True, True
    values = by_name(structure_offset(a, b, (3.0, 1.0, 1.0), label="LIVER"), "LIVER")
    assert values["centroid_offset"].value == 3.0
    assert values["surface_offset"].value == by_name(surface(a, b, (3.0, 1.0, 1.0)), 1)["assd"].value
    assert not is_beyond(values["centroid_offset"], 3.0)


# --- bounds ---


@pytest.mark.parametrize(
    ("dice", "second", "dedicated"),
    [(0.85, False, False), (0.8499999, True, False), (0.75, True, False), (0.7499999, True, True), (1.0, False, False)],
)
def test_on_which_side_085_and_075_fall(dice, second, dedicated):
    value = metric_value("overlap.dice", dice)
    assert (needs_second_review(value), needs_dedicated_review(value)) == (second, dedicated)


def test_a_structure_that_one_lacks_is_reviewed_and_one_that_both_lack_is_not():
    for status, asked in (("other_empty", True), ("reference_empty", True), ("both_empty", False)):
        value = metric_value("overlap.dice", None, MetricStatus(status))
        assert needs_second_review(value) is needs_dedicated_review(value) is asked


@pytest.mark.parametrize("bound", [3.0, 5.0])
def test_on_which_side_3_and_5_mm_fall(bound):
    assert not is_beyond(metric_value("registration.tre_mean", bound), bound)
    assert is_beyond(metric_value("registration.tre_mean", bound + 1e-6), bound)
    assert not is_beyond(metric_value("registration.tre_mean", np.nextafter(bound, 9)), bound)  # rounding


# --- two means ---


def test_two_means_of_dice_and_of_a_distance():
    dice = [metric_value("overlap.dice", 0.9), metric_value("overlap.dice", 0.7)]
    dice += [metric_value("overlap.dice", None, MetricStatus(s)) for s in ("other_empty", "both_empty")]
    told = summary(dice)
    assert (told.defined, told.missed, told.absent) == (2, 1, 1)
    assert told.mean_defined.value == pytest.approx(0.8)
    assert told.mean_with_misses.value == pytest.approx(1.6 / 3)
    assert told.mean_with_misses.definition_id == "overlap.dice:mean_with_misses"
    away = [metric_value("surface_voxel.hd95", 4.0), metric_value("surface_voxel.hd95", None, MetricStatus.OTHER_EMPTY)]
    assert summary(away).mean_with_misses.status is MetricStatus.UNDEFINED
    assert summary(away, worst=100.0).mean_with_misses.value == 52.0


# --- verification ---


def test_folds_keep_patients_together_and_are_even():
    patients = {f"C{n}": f"P{n // 3}" for n in range(60)}
    fold_of = folds(patients, 5, seed=1)
    assert all(
        len({fold_of[case] for case in patients if patients[case] == patient}) == 1 for patient in patients.values()
    )
    assert set(Counter(fold_of.values()).values()) == {12}
    assert folds(dict(reversed(patients.items())), 5, seed=1) == fold_of
    assert folds(patients, 5, seed=2) != fold_of
    with pytest.raises(UsageError, match="no more than patients"):
        folds({"C1": "P1"}, 2, seed=0)


def test_stability_over_folds_by_hand():
    values = {
        each.definition_id: each.value
        for each in fold_stability({"A": 1.0, "B": 0.8, "C": 0.6}, {"A": 0, "B": 0, "C": 1})
    }
    assert values["verification.fold_mean"] == pytest.approx(0.75)
    assert values["verification.fold_sd"] == pytest.approx(np.std([0.9, 0.6], ddof=1))
    assert values["verification.fold_range"] == pytest.approx(0.3)


def test_bootstrap_interval_is_near_that_of_the_normal_mean():
    numbers = np.random.default_rng(0).normal(0.8, 0.05, 200)
    value = bootstrap_mean(numbers, seed=7)
    error = numbers.std(ddof=1) / np.sqrt(200)
    assert value.value == pytest.approx(numbers.mean(), abs=1e-15)
    assert value.low == pytest.approx(numbers.mean() - 1.96 * error, abs=0.2 * error)
    assert value.high == pytest.approx(numbers.mean() + 1.96 * error, abs=0.2 * error)
    assert bootstrap_mean(numbers, seed=7) == value
    peer = stats.bootstrap((numbers,), np.mean, method="percentile", n_resamples=2000, rng=np.random.default_rng(1))
    assert value.low == pytest.approx(peer.confidence_interval.low, abs=0.2 * error)
    assert bootstrap_mean([0.5], seed=0).low is None
    assert bootstrap_mean([], seed=0).status is MetricStatus.UNDEFINED


def test_a_sampling_plan_has_its_share_of_each_stratum():
    strata = {f"C{n:03}": "CT" if n < 90 else "MR" for n in range(100)}
    drawn = sampling_plan(strata, share=0.1, seed=3, least=2)
    assert Counter(strata[case] for case in drawn) == {"CT": 9, "MR": 2}
    assert sampling_plan(dict(reversed(strata.items())), share=0.1, seed=3, least=2) == drawn
    assert sampling_plan(strata, share=0.1, seed=4, least=2) != drawn
    assert len(sampling_plan(strata, share=0.3, seed=0)) == 27 + 3  # 0.3 * 90 is 27.0 and no more


def test_a_missed_aim_needs_its_cause():
    measured = [metric_value("overlap.dice", 0.8), metric_value("surface_voxel.hd95", 4.0)]
    reached = model_validation(
        "V1", measured, {"overlap.dice": 0.8, "surface_voxel.hd95": 4.0}, reference="nnU-Net on T"
    )
    assert reached.results == {"aim overlap.dice": 0.8, "aim surface_voxel.hd95": 4.0, "reached": True}
    with pytest.raises(UsageError, match="says why"):
        model_validation("V1", measured, {"surface_voxel.hd95": 3.9}, reference="nnU-Net on T")
    missed = model_validation("V1", measured, {"overlap.dice": 0.81}, reference="T", cause="标注边界不一致")
    assert missed.results["reached"] is False
    assert missed.conclusion == "标注边界不一致"
