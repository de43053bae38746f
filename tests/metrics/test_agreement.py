from __future__ import annotations

import krippendorff
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import cohen_kappa_score

from annoconv.errors import UsageError
from annoconv.metrics.classification import class_table
from annoconv.metrics.correlation import bland_altman, icc, pearson, spearman
from annoconv.metrics.kappa import cohen_kappa, fleiss_kappa, krippendorff_alpha
from annoconv.model import MetricStatus

SHROUT_FLEISS = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
"""Table 2 of Shrout and Fleiss 1979: six subjects, four judges."""


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=50),
    st.sampled_from(["none", "linear", "quadratic"]),
)
def test_scikit_learn_says_the_same_of_cohens_kappa(pairs, weights):
    a, b = zip(*pairs, strict=True)
    value = cohen_kappa(class_table(a, b, classes=range(5)), weights=weights)
    if len({*a, *b}) == 1:
        assert value.status is MetricStatus.UNDEFINED
    else:
        peer = cohen_kappa_score(a, b, labels=range(5), weights=None if weights == "none" else weights)
        assert value.value == pytest.approx(peer, abs=1e-12)


def test_kappa_is_d_12_by_hand():
    # 20 and 15 agreed of 50, Acc 0.7; rows 25, 25; columns 30, 20: p_e = (25*30 + 25*20)/2500 = 0.5
    table = class_table(["Y"] * 25 + ["N"] * 25, ["Y"] * 20 + ["N"] * 5 + ["Y"] * 10 + ["N"] * 15)
    assert cohen_kappa(table).value == 0.4  # (0.7 - 0.5) / (1 - 0.5), one rounding


def test_fleiss_kappa_of_wikipedias_and_fleiss_tables():
    counts = [
        [0, 0, 0, 0, 14],
        [0, 2, 6, 4, 2],
        [0, 0, 3, 5, 6],
        [0, 3, 9, 2, 0],
        [2, 2, 8, 1, 1],
        [7, 7, 0, 0, 0],
        [3, 2, 6, 3, 0],
        [2, 5, 3, 2, 2],
        [6, 5, 2, 1, 0],
        [0, 2, 2, 3, 7],
    ]
    assert fleiss_kappa(counts).value == pytest.approx(0.210, abs=5e-4)
    assert fleiss_kappa([[3, 0], [3, 0]]).status is MetricStatus.UNDEFINED
    with pytest.raises(UsageError, match="as many raters"):
        fleiss_kappa([[3, 0], [2, 0]])


@settings(deadline=None)
@given(
    st.integers(2, 4).flatmap(
        lambda raters: st.lists(st.tuples(*[st.one_of(st.none(), st.integers(1, 5))] * raters), min_size=2, max_size=12)
    ),
    st.sampled_from(["nominal", "ordinal", "interval", "ratio"]),
)
def test_krippendorffs_alpha_is_that_of_his_formula_elsewhere(subjects, level):
    paired = [[v for v in row if v is not None] for row in subjects if sum(v is not None for v in row) > 1]
    value = krippendorff_alpha(list(zip(*subjects, strict=True)), level=level)
    if len({v for row in paired for v in row}) < 2:
        assert value.status is MetricStatus.UNDEFINED
        return
    data = np.array([[np.nan if v is None else v for v in row] for row in subjects], dtype=float).T
    peer = krippendorff.alpha(reliability_data=data, level_of_measurement=level)
    assert value.value == pytest.approx(peer, abs=1e-12)


def test_the_six_forms_of_shrout_and_fleiss_as_printed():
    values = {each.value.definition_id.rpartition(".")[2]: each for each in icc(SHROUT_FLEISS)}
    printed = {"icc_1_1": 0.17, "icc_2_1": 0.29, "icc_3_1": 0.71, "icc_1_k": 0.44, "icc_2_k": 0.62, "icc_3_k": 0.91}
    assert {name: round(each.value.value, 2) for name, each in values.items()} == printed
    assert round(values["icc_1_1"].f, 2) == 1.79
    assert (values["icc_1_1"].df1, values["icc_1_1"].df2) == (5, 18)
    assert round(values["icc_3_1"].f, 2) == 11.03
    assert (values["icc_3_1"].df1, values["icc_3_1"].df2) == (5, 15)
    # intervals as psych::ICC and pingouin print them
    intervals = {"icc_1_1": (-0.13, 0.72), "icc_2_1": (0.02, 0.76), "icc_3_1": (0.34, 0.95)}
    for name, (low, high) in intervals.items():
        assert (round(values[name].value.low, 2), round(values[name].value.high, 2)) == (low, high)
    assert values["icc_2_k"].value.confidence_level == 0.95


def test_ratings_that_do_not_vary_have_no_icc():
    assert {each.value.status for each in icc(np.full((5, 3), 7.3))} == {MetricStatus.UNDEFINED}
    assert {each.f for each in icc(np.full((5, 3), 7.3))} == {None}


def test_raters_in_full_agreement():
    values = {each.value.definition_id: each for each in icc([[1, 1], [2, 2], [5, 5]])}
    assert {each.value.value for each in values.values()} == {1.0}
    assert {each.f for each in values.values()} == {None}
    assert values["agreement.icc_3_1"].value.low is None


@pytest.mark.parametrize("table", [[[1, 2]], [[1], [2]], [[1, float("nan")], [2, 3]]])
def test_too_little_for_an_icc_is_refused(table):
    with pytest.raises(UsageError, match="without gaps"):
        icc(table)


numbers = st.lists(st.tuples(st.integers(-9, 9), st.integers(-9, 9)), min_size=3, max_size=30)


@settings(deadline=None)
@given(numbers)
def test_scipy_says_the_same_of_correlations(pairs):
    x, y = zip(*pairs, strict=True)
    if len(set(x)) == 1 or len(set(y)) == 1:
        assert pearson(x, y).status is spearman(x, y).status is MetricStatus.UNDEFINED
        return
    assert pearson(x, y).value == pytest.approx(stats.pearsonr(x, y)[0], abs=1e-12)
    assert spearman(x, y).value == pytest.approx(stats.spearmanr(x, y)[0], abs=1e-12)


def test_bland_and_altman_by_hand():
    values = {each.definition_id: each for each in bland_altman([1, 2, 3, 4], [2, 2, 4, 6], unit="mm")}
    assert values["agreement.bias"].value == 1.0
    sd = np.sqrt(2 / 3)
    assert values["agreement.limit_low"].value == pytest.approx(1 - 1.96 * sd)
    assert values["agreement.limit_high"].value == pytest.approx(1 + 1.96 * sd)
    assert values["agreement.bias"].unit == "mm"
    assert bland_altman([], [])[0].status is MetricStatus.UNDEFINED
