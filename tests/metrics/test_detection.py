from __future__ import annotations

import contextlib
import io
import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from annoconv.errors import UsageError
from annoconv.metrics.average_precision import (
    COCO_AREAS,
    COCO_THRESHOLDS,
    ScoredImage,
    average_precision,
    froc,
    froc_curve,
    mean_average_precision,
)
from annoconv.metrics.matching import detection, instances, match
from annoconv.metrics.shapes import box_iou, center_distance_mm, common_area, polygon_iou
from annoconv.model import MetricStatus

boxes_2d = st.lists(st.tuples(*[st.integers(0, 12)] * 2, *[st.integers(1, 8)] * 2), max_size=6).map(
    lambda found: [[x, y, x + w, y + h] for x, y, w, h in found]
)


# --- shapes ---


@given(boxes_2d, boxes_2d)
def test_boxes_of_whole_pixels_are_their_pixels(a, b):
    def pixels(box):
        return set(itertools.product(range(box[0], box[2]), range(box[1], box[3])))

    found = box_iou(a, b)
    assert found.shape == (len(a), len(b))
    for (n, x), (m, y) in itertools.product(enumerate(a), enumerate(b)):
        assert found[n, m] == len(pixels(x) & pixels(y)) / len(pixels(x) | pixels(y))


def test_boxes_in_space_and_crowds():
    assert box_iou([[0, 0, 0, 2, 2, 2]], [[1, 1, 1, 3, 3, 3]])[0, 0] == 1 / 15
    assert box_iou([[0, 0, 10, 10]], [[8, 8, 12, 12]], crowd=[True])[0, 0] == 4 / 16
    assert box_iou([[0, 0, 0, 0]], [[0, 0, 0, 0]])[0, 0] == 0
    with pytest.raises(UsageError, match="lower corner first"):
        box_iou([[5, 5, 2, 2]], [[0, 0, 1, 1]])


@given(boxes_2d, boxes_2d)
def test_boxes_as_polygons_have_the_same_iou(a, b):
    def ring(box):
        return [np.array([[box[0], box[1]], [box[2], box[1]], [box[2], box[3]], [box[0], box[3]]])]

    assert polygon_iou([ring(x) for x in a], [ring(y) for y in b]) == pytest.approx(box_iou(a, b), abs=1e-12)


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 2**32 - 1))
def test_area_in_common_of_stars_is_that_of_many_points(seed):
    rng = np.random.default_rng(seed)

    def star(center):
        angles = np.sort(rng.uniform(0, 2 * np.pi, 9))
        return center + np.stack([np.cos(angles), np.sin(angles)], axis=1) * rng.uniform(2, 6, (9, 1))

    a, hole, b = star((8, 8)), star((8, 8)) * 0.2 + 6.4, star((9, 7))
    x, y = np.meshgrid((np.arange(320) + 0.5) / 20, (np.arange(320) + 0.5) / 20)

    def inside(*rings):
        crossings = np.zeros(x.shape, int)
        for ring in rings:
            for (x0, y0), (x1, y1) in zip(ring, np.roll(ring, -1, axis=0), strict=True):
                with np.errstate(divide="ignore", invalid="ignore"):
                    crossings += ((y0 <= y) != (y1 <= y)) & (x < x0 + (y - y0) * (x1 - x0) / (y1 - y0))
        return crossings % 2 == 1

    expected = np.count_nonzero(inside(a, hole) & inside(b)) / 400
    assert common_area([a, hole], [b]) == pytest.approx(expected, abs=0.4)
    assert common_area([b], [a, hole]) == pytest.approx(common_area([a, hole], [b]), abs=1e-9)


def test_polygons_by_slice():
    square = [np.array([[0, 0], [4, 0], [4, 4], [0, 4]])]
    half = [np.array([[0, 0], [2, 0], [2, 4], [0, 4]])]
    assert polygon_iou([{0: square, 1: square}], [{1: half, 2: half}])[0, 0] == 8 / (32 + 16 - 8)


def test_distances_are_in_mm_along_the_coordinates():
    assert center_distance_mm([[0, 0, 0]], [[3, 0, 4]], (1.0, 1.0, 0.5))[0, 0] == np.hypot(3, 2)


# --- matching ---


@settings(deadline=None)
@given(st.integers(0, 4), st.integers(0, 4), st.integers(0, 2**32 - 1))
def test_hungarian_has_the_most_pairs_and_then_the_best(rows, columns, seed):
    matrix = np.round(np.random.default_rng(seed).random((rows, columns)), 2)
    found = match(matrix, least=0.4)
    best = (0, 0.0)
    for count in range(min(rows, columns) + 1):
        for some in itertools.combinations(range(rows), count):
            for others in itertools.permutations(range(columns), count):
                values = [matrix[pair] for pair in zip(some, others, strict=True)]
                if all(value >= 0.4 for value in values):
                    best = max(best, (count, round(sum(values), 9)))
    assert (len(found.pairs), round(sum(matrix[pair] for pair in found.pairs), 9)) == best
    assert len(found.pairs) + len(found.missed) == rows
    assert len(found.pairs) + len(found.additional) == columns


def test_greedy_and_hungarian_differ_where_the_best_one_is_taken_first():
    matrix = [[0.9, 0.8], [0.8, 0.1]]
    assert match(matrix, least=0.5, method="greedy", scores=[0.9, 0.8]).pairs == ((0, 0),)
    assert match(matrix, least=0.5, method="hungarian").pairs == ((0, 1), (1, 0))


@pytest.mark.parametrize(("distance", "is_match"), [(3.0, True), (3.0000001, False), (5.0, False)])
def test_a_distance_at_the_bound_is_a_match(distance, is_match):
    assert bool(match([[distance]], most_mm=3.0).pairs) is is_match
    assert bool(match([[distance]], most_mm=5.0).pairs)


def test_rows_and_counts():
    matching = match([[0.9, 0.0], [0.0, 0.2]], least=0.5)
    rows = instances(matching, [[0.9, 0.0], [0.0, 0.2]], ["R1", "R2"], ["O1", "O2"])
    assert [(each.reference, each.other, each.similarity) for each in rows] == [
        ("R1", "O1", 0.9),
        ("R2", None, None),
        (None, "O2", None),
    ]
    assert {each.definition_id: each.value for each in detection([matching])} == {
        "detection.precision": 0.5,
        "detection.recall": 0.5,
        "detection.f1": 0.5,
    }


@pytest.mark.parametrize(
    ("shape", "status"),
    [((0, 0), "both_empty"), ((2, 0), "other_empty"), ((0, 2), "reference_empty")],
)
def test_no_objects(shape, status):
    values = detection([match(np.zeros(shape), least=0.5)])
    assert {(each.value, each.status) for each in values} == {(None, MetricStatus(status))}


# --- average precision ---


def scene(rng, *, crowds=True):
    """Images with boxes of two classes, as COCO has them and as ours."""
    images, annotations, detections = [], [], []
    ours = {1: [], 2: []}
    for image_id in range(1, 9):
        images.append({"id": image_id, "width": 100, "height": 100})
        for category in (1, 2):
            boxes = [[*rng.integers(0, 60, 2), *rng.integers(5, 140, 2)] for _ in range(rng.integers(0, 5))]
            found = [
                [
                    max(0, v + int(rng.integers(-4, 5))) if n < 2 else max(1, v + int(rng.integers(-4, 5)))
                    for n, v in enumerate(box)
                ]
                for box in boxes
                if rng.random() < 0.8
            ] + [[*rng.integers(0, 60, 2), *rng.integers(5, 40, 2)] for _ in range(rng.integers(0, 4))]
            scores = np.round(rng.random(len(found)), 1).tolist()  # many ties
            crowd = [crowds and bool(rng.random() < 0.15) for _ in boxes]
            for box, flag in zip(boxes, crowd, strict=True):
                annotations.append(
                    {
                        "id": len(annotations) + 1,
                        "image_id": image_id,
                        "category_id": category,
                        "bbox": [float(v) for v in box],
                        "area": float(box[2] * box[3]),
                        "iscrowd": int(flag),
                    }
                )
            detections += [
                {"image_id": image_id, "category_id": category, "bbox": [float(v) for v in box], "score": score}
                for box, score in zip(found, scores, strict=True)
            ]
            corners = [
                np.array([[x, y, x + w, y + h] for x, y, w, h in each]).reshape(-1, 4) for each in (boxes, found)
            ]
            areas = [[float(w * h) for _, _, w, h in each] for each in (boxes, found)]
            ours[category].append(ScoredImage(box_iou(*corners, crowd=crowd), scores, crowd, *areas))
    return {"images": images, "annotations": annotations, "categories": [{"id": 1}, {"id": 2}]}, detections, ours


@pytest.mark.parametrize("seed", range(12))
def test_pycocotools_says_the_same(seed):
    document, detections, ours = scene(np.random.default_rng(seed))
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO()
        truth.dataset = document
        truth.createIndex()
        peer = COCOeval(truth, truth.loadRes(detections), "bbox")
        peer.evaluate()
        peer.accumulate()
    for category in (1, 2):
        for place, threshold in enumerate(COCO_THRESHOLDS):
            expected = peer.eval["precision"][place, :, category - 1, 0, 2]
            found = average_precision(ours[category], threshold=peer.params.iouThrs[place])
            assert threshold == pytest.approx(peer.params.iouThrs[place])
            if (expected == -1).all():
                assert found.value is None
            else:
                assert found.value == pytest.approx(expected.mean(), abs=1e-12)
    for place, area in enumerate(COCO_AREAS):
        precision = peer.eval["precision"][:, :, :, place, 2]
        value = mean_average_precision(ours.values(), area=area).value
        if (precision == -1).all():
            assert value is None
        else:
            assert value == pytest.approx(precision[precision > -1].mean(), abs=1e-12)


def test_the_interpolations_of_a_hand_computed_curve():
    # three objects; by falling score: hit, miss, hit, miss, hit
    similarity = np.zeros((3, 5))
    similarity[[0, 1, 2], [0, 2, 4]] = 1
    image = [ScoredImage(similarity, [0.9, 0.8, 0.7, 0.6, 0.5])]
    # precision 1, 1/2, 2/3, 2/4, 3/5 at recall 1/3, 1/3, 2/3, 2/3, 1
    assert average_precision(image, interpolation="voc_2010").value == pytest.approx((1 + 2 / 3 + 3 / 5) / 3, abs=1e-15)
    assert average_precision(image, interpolation="voc_2007").value == pytest.approx(
        (4 * 1 + 3 * 2 / 3 + 4 * 3 / 5) / 11, abs=1e-15
    )
    assert average_precision(image, interpolation="coco").value == pytest.approx(
        (34 * 1 + 33 * 2 / 3 + 34 * 3 / 5) / 101, abs=1e-15
    )


def test_no_object_and_no_detection():
    assert average_precision([ScoredImage(np.zeros((0, 2)), [0.5, 0.4])]).status is MetricStatus.REFERENCE_EMPTY
    assert average_precision([ScoredImage(np.zeros((2, 0)), [])]).value == 0.0
    assert froc([ScoredImage(np.zeros((0, 2)), [0.5, 0.4])]).value is None
    assert froc([ScoredImage(np.zeros((2, 0)), [])]).value == 0.0


def test_froc_of_a_hand_computed_curve():
    # two images; image 1: object found at 0.9 and again at 0.3, one false at 0.8; image 2: object found at 0.5
    first = ScoredImage(np.array([[1.0, 0.0, 1.0]]), [0.9, 0.8, 0.3])
    second = ScoredImage(np.array([[1.0]]), [0.5])
    false, sensitivity = froc_curve([first, second], 0.5)
    assert false.tolist() == [0, 0, 0.5, 0.5]
    assert sensitivity.tolist() == [0, 0.5, 0.5, 1.0]
    # level from (0, 0.5) to (0.5, 0.5), where it rises to 1
    assert froc([first, second]).value == pytest.approx((2 * 0.5 + 5 * 1.0) / 7)
