"""Every definition is on the page, every value has one, and every metric says what it does of an empty mask."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from annoconv.errors import UsageError
from annoconv.metrics import DEFINITIONS
from annoconv.metrics.average_precision import (
    COCO_AREAS,
    ScoredImage,
    average_precision,
    froc,
    mean_average_precision,
)
from annoconv.metrics.boundary import boundary_iou
from annoconv.metrics.classification import auc, binary, class_table, classification
from annoconv.metrics.consensus import fuse
from annoconv.metrics.consensus.records import coincidence, performance
from annoconv.metrics.correlation import bland_altman, icc, pearson, spearman
from annoconv.metrics.deviation import deviation
from annoconv.metrics.kappa import cohen_kappa, fleiss_kappa, krippendorff_alpha
from annoconv.metrics.matching import detection, match
from annoconv.metrics.overlap import overlap
from annoconv.metrics.registration import registration_error, structure_offset
from annoconv.metrics.results import metric_value
from annoconv.metrics.surface import surface
from annoconv.metrics.texts import Span, discovery, spans
from annoconv.metrics.verification import bootstrap_mean, fold_stability
from annoconv.model import MetricStatus, MetricValue

PAGE = (Path(__file__).parents[2] / "docs/reference/metrics.md").read_text("utf-8")
FULL, EMPTY = np.zeros((2, 4, 5, 6), np.uint8)
FULL[1:3, 1:4, 1:5] = 1
SIZES = {"overlap.reference_size", "overlap.other_size", "overlap.size_difference", "overlap.accuracy_of_all"}


def of_masks(reference, other):
    step = (3.0, 0.7, 0.7)
    return [
        *overlap(reference, other, step, labels=[1]),
        *surface(reference, other, step, tolerances_mm=[1.0], labels=[1]),
        *surface(reference, other, step, tolerances_mm=[1.0], labels=[1], points="surfel"),
        *boundary_iou(reference, other, step, width_mm=1.0, labels=[1]),
        *structure_offset(reference, other, step),
        *deviation(reference, other, step),
    ]


def of_objects(reference, other):
    matrix = np.ones((reference, other))
    image = [ScoredImage(matrix, [0.5] * other)]
    span = Span("T", 0, 3, "A")
    return [
        *detection([match(matrix, least=0.5)]),
        *(average_precision(image, interpolation=name) for name in ("coco", "voc_2007", "voc_2010")),
        froc(image),
        *spans([span] * reference, [span] * other),
    ]


def of_nothing():
    """Every metric that is no comparison of masks or lists, of nothing or of what does not vary."""
    one_class = class_table(["A", "A"], ["A", "A"])
    return [
        *classification(class_table([], [])),
        *binary([], []),
        auc([True, True], [0.1, 0.2]),
        *discovery(0, 1, 1),
        *(cohen_kappa(one_class, weights=name) for name in ("none", "linear", "quadratic")),
        fleiss_kappa([[2, 0], [2, 0]]),
        *(krippendorff_alpha([[1, 1], [1, 1]], level=name) for name in ("nominal", "ordinal", "interval", "ratio")),
        *(each.value for each in icc([[1, 1], [1, 1]])),
        pearson([1, 1], [1, 2]),
        spearman([1, 1], [1, 2]),
        *bland_altman([], []),
        *(performance(fuse([FULL == 1, FULL == 1]), name)[0] for name in ("sensitivity", "specificity")),
        coincidence("iou", None),
        *registration_error([], []),
        *fold_stability({}, {}),
        bootstrap_mean([], seed=0),
        *(mean_average_precision([[]], area=name) for name in COCO_AREAS),
    ]


def test_the_page_has_every_definition_as_it_is():
    rows = dict(re.findall(r"^\| `(\w+\.\w+)` \| (.+) \|$", PAGE, re.MULTILINE))
    assert sorted(rows) == sorted(DEFINITIONS)
    for name, each in DEFINITIONS.items():
        formula = each.formula.replace("|", "\\|")
        worst = "" if each.worst is None else f"{each.worst:g}"
        assert rows[name] == f"{each.unit} | {formula} | {each.source} | {worst}", name


def test_every_definition_has_a_metric():
    defined = {each.definition_id for each in (*of_masks(FULL, FULL), *of_objects(2, 2), *of_nothing())}
    assert defined == DEFINITIONS.keys()


@pytest.mark.parametrize(
    ("reference", "other", "status"),
    [(EMPTY, EMPTY, "both_empty"), (EMPTY, FULL, "reference_empty"), (FULL, EMPTY, "other_empty")],
)
def test_empty_masks(reference, other, status):
    for each in of_masks(reference, other):
        if each.definition_id in SIZES:
            assert each.value is not None, each.definition_id
        else:
            assert (each.status, each.value) == (MetricStatus(status), None), each.definition_id


@pytest.mark.parametrize(
    ("reference", "other", "status"), [(0, 0, "both_empty"), (0, 2, "reference_empty"), (2, 0, "other_empty")]
)
def test_empty_lists(reference, other, status):
    for each in of_objects(reference, other):
        if each.definition_id.startswith(("detection.ap", "detection.froc")):
            expected = (
                0.0 if reference else None
            )  # what was not found is a precision of 0; an image without objects none
            assert each.value == expected, each.definition_id
        else:
            assert (each.status, each.value) == (MetricStatus(status), None), each.definition_id


def test_what_does_not_vary_or_is_not_there():
    assert {(each.definition_id, each.status) for each in of_nothing()} == {
        (each.definition_id, MetricStatus.UNDEFINED) for each in of_nothing()
    }


def test_nothing_that_json_has_not_can_be_a_value():
    for number in (float("nan"), float("inf"), -float("inf")):
        assert metric_value("overlap.dice", number).status is MetricStatus.UNDEFINED
        with pytest.raises(ValueError, match="finite"):
            MetricValue(definition_id="overlap.dice", status=MetricStatus.DEFINED, value=number)
    everything = [*of_masks(FULL, EMPTY), *of_objects(0, 2), *of_nothing(), *of_masks(FULL, FULL)]
    json.dumps([each.model_dump(mode="json") for each in everything], allow_nan=False)


def test_a_metric_that_is_not_defined_has_no_values():
    with pytest.raises(UsageError, match="no metric is defined as"):
        metric_value("overlap.dise", 1.0)
