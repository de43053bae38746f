from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as peer

from annoconv.errors import UsageError
from annoconv.metrics.classification import auc, binary, class_table, classification, roc_curve
from annoconv.metrics.texts import Span, discovery, spans
from annoconv.model import MetricStatus
from tests.metrics.masks import by_name

samples = st.lists(st.tuples(st.sampled_from("ABCD"), st.sampled_from("ABCD")), min_size=1, max_size=40)


@pytest.mark.filterwarnings("ignore:A single label was found")
@settings(deadline=None)
@given(samples)
def test_scikit_learn_says_the_same_of_classes(pairs):
    a, b = zip(*pairs, strict=True)
    table = class_table(a, b)
    assert table.counts.tolist() == peer.confusion_matrix(a, b, labels=list(table.classes)).tolist()
    found = classification(table)
    overall = by_name(found, None) | {each.definition_id.rpartition(".")[2]: each for each in found if not each.label}
    assert overall["accuracy"].value == peer.accuracy_score(a, b)
    for place, name in enumerate(table.classes):
        values = {each.definition_id.rpartition(".")[2]: each.value for each in found if each.label == name}
        precision, recall, f1, _ = (
            column[place]
            for column in peer.precision_recall_fscore_support(a, b, labels=list(table.classes), zero_division=np.nan)
        )
        for key, expected in {"precision": precision, "recall": recall, "f1": f1, "sensitivity": recall}.items():
            assert values[key] == (None if np.isnan(expected) else pytest.approx(expected, abs=1e-15))
        assert values["specificity"] == (
            None
            if set(a) == {name}
            else pytest.approx(peer.recall_score([x != name for x in a], [x != name for x in b]), abs=1e-15)
        )
    everywhere = set(a) & set(b)
    for mean in ("macro", "micro", "weighted"):
        expected = peer.precision_recall_fscore_support(a, b, average=mean, zero_division=np.nan)
        for key, value in zip(("precision", "recall", "f1"), expected, strict=False):
            if mean == "micro" or everywhere == {
                *a,
                *b,
            }:  # scikit-learn counts an undefined value in a mean its own ways
                assert overall[f"{key}_{mean}"].value == pytest.approx(value, abs=1e-12)


def test_a_class_that_was_never_predicted_has_no_precision():
    found = classification(class_table(["A", "A", "B"], ["A", "A", "A"]))
    values = {(each.definition_id, each.label): each for each in found}
    assert values["classification.precision", "B"].status is MetricStatus.UNDEFINED
    assert values["classification.precision_macro", None].value == 2 / 3
    assert values["classification.precision_macro", None].count == 1


def test_yes_and_no():
    values = {each.definition_id.rpartition(".")[2]: each.value for each in binary([1, 1, 1, 0, 0], [1, 0, 1, 1, 0])}
    assert values == {
        "sensitivity": 2 / 3,
        "specificity": 1 / 2,
        "accuracy": 3 / 5,
        "precision": 2 / 3,
        "recall": 2 / 3,
        "f1": 4 / 6,
    }


@settings(deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5)), min_size=1, max_size=60))
def test_scikit_learn_says_the_same_of_auc_and_roc_with_ties(pairs):
    positive, scores = map(list, zip(*pairs, strict=True))
    value = auc(positive, scores)
    if len(set(positive)) < 2:
        assert value.value is None
        assert value.status is MetricStatus.UNDEFINED
        with pytest.raises(UsageError, match="both classes"):
            roc_curve(positive, scores)
        return
    assert value.value == pytest.approx(peer.roc_auc_score(positive, scores), abs=1e-12)
    false, true, at = roc_curve(positive, scores)
    expected = peer.roc_curve(positive, scores, drop_intermediate=False)
    for ours, theirs in zip((false, true, at), expected, strict=True):
        assert ours == pytest.approx(theirs, abs=1e-15)


def test_lists_of_other_lengths_and_scores_that_are_none_are_refused():
    with pytest.raises(UsageError, match="one class for each sample"):
        class_table(["A"], [])
    with pytest.raises(UsageError, match="not among the classes"):
        class_table(["A"], ["B"], classes=["A"])
    with pytest.raises(UsageError, match="one score"):
        auc([True, False], [0.5, float("nan")])


# --- spans ---


def test_spans_exact_and_by_overlap():
    reference = [Span("T", 0, 5, "SIGN"), Span("T", 10, 20, "SIGN"), Span("T", 30, 35, "DIAGNOSIS")]
    other = [
        Span("T", 0, 5, "SIGN"),
        Span("T", 8, 40, "SIGN"),
        Span("T", 30, 35, "SIGN"),
        Span("U", 30, 35, "DIAGNOSIS"),
    ]
    values = {each.definition_id: each.value for each in spans(reference, other)}
    assert values["text.precision_exact"] == 1 / 4
    assert values["text.recall_exact"] == 1 / 3
    assert values["text.f1_exact"] == 2 / 7
    assert values["text.precision_overlap"] == 2 / 4
    assert values["text.recall_overlap"] == 2 / 3


def test_one_long_span_does_not_find_several():
    reference = [Span("T", 0, 5, "A"), Span("T", 6, 9, "A")]
    values = {each.definition_id: each.value for each in spans(reference, [Span("T", 0, 9, "A")])}
    assert values["text.recall_overlap"] == 1 / 2


def test_spans_that_touch_have_nothing_in_common():
    values = {each.definition_id: each.value for each in spans([Span("T", 0, 5, "A")], [Span("T", 5, 9, "A")])}
    assert values["text.recall_overlap"] == 0.0


@pytest.mark.parametrize(("a", "b", "status"), [(0, 0, "both_empty"), (1, 0, "other_empty"), (0, 1, "reference_empty")])
def test_no_spans(a, b, status):
    span = Span("T", 0, 5, "A")
    assert {each.status for each in spans([span] * a, [span] * b)} == {MetricStatus(status)}


def test_discovery_raw_and_confirmed():
    assert [each.value for each in discovery(40, 10, 6)] == [0.25, 0.15]
    assert {each.status for each in discovery(0, 3, 1)} == {MetricStatus.UNDEFINED}
    with pytest.raises(UsageError, match="some of the additional"):
        discovery(40, 5, 6)
