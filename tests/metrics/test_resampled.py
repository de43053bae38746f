"""Intervals of means over classes: what is drawn is counted as a list with whole cases repeated would be."""

import numpy as np
import pytest

from annoconv.metrics.average_precision import COCO_THRESHOLDS, ScoredImage, froc, mean_average_precision
from annoconv.metrics.classification import class_table, classification
from annoconv.metrics.resampled import class_intervals, froc_interval, map_interval
from annoconv.metrics.shapes import box_iou

DRAWS = 40


def boxes(rng, count):
    corner = rng.integers(0, 60, (count, 2))
    return np.hstack([corner, corner + rng.integers(5, 40, (count, 2))]).astype(float)


def class_of(rng, cases):
    images = []
    for name in cases:
        real, drawn = boxes(rng, rng.integers(0, 4)), boxes(rng, rng.integers(0, 3))
        found = np.vstack([real + rng.integers(-3, 4, real.shape), drawn])
        scores = (np.arange(len(found)) / 10 + rng.random()).tolist()  # no score twice: ties have an order of their own
        images.append(ScoredImage(box_iou(real, found), scores, unit=name))
    return images


def percentiles(values):
    defined = [each for each in values if each is not None]
    return tuple(np.percentile(defined, [2.5, 97.5]))


def drawn_lists(count, seed):
    draw = np.random.RandomState(seed)
    return [draw.randint(0, count, count).tolist() for _ in range(DRAWS)]


@pytest.mark.parametrize("seed", range(4))
def test_an_interval_of_map_is_that_of_lists_with_cases_repeated(seed):
    rng = np.random.default_rng(seed)
    cases = ["a", "b", "c", "d", "e"]
    classes = [class_of(rng, cases), class_of(rng, cases)]
    values = [
        mean_average_precision([[images[n] for n in drawn] for images in classes], thresholds=COCO_THRESHOLDS).value
        for drawn in drawn_lists(len(cases), 7)
    ]
    assert map_interval(classes, seed=7, resamples=DRAWS) == pytest.approx(percentiles(values), abs=1e-12)


@pytest.mark.parametrize("seed", range(4))
def test_an_interval_of_froc_is_that_of_lists_with_cases_repeated_the_empty_ones_among_them(seed):
    images = class_of(np.random.default_rng(seed), ["a", "b", "c", "d"])
    empty = ScoredImage(np.zeros((0, 0)), [])
    every = [*images, empty, empty]
    values = [froc([every[n] for n in drawn], images_in_all=6).value for drawn in drawn_lists(6, 3)]
    found = froc_interval(images, images_in_all=6, seed=3, resamples=DRAWS)
    assert found == pytest.approx(percentiles(values), abs=1e-12)


def test_an_interval_of_classes_is_that_of_samples_drawn_anew():
    rng = np.random.default_rng(1)
    a, b = (rng.choice(["x", "y", "z"], 12).tolist() for _ in range(2))
    told = class_intervals(a, b, seed=5, resamples=DRAWS)
    by_name = {}
    for drawn in drawn_lists(12, 5):
        for each in classification(class_table([a[n] for n in drawn], [b[n] for n in drawn])):
            if each.label is None:
                by_name.setdefault(each.definition_id, []).append(each.value)
    assert told.keys() == by_name.keys()
    for name, values in by_name.items():
        assert told[name] == pytest.approx(percentiles(values), abs=1e-12), name


def test_one_case_tells_nothing_of_its_spread():
    assert map_interval([class_of(np.random.default_rng(0), ["a", "a", "a"])]) is None
    assert class_intervals(["x"], ["x"]) == {}
