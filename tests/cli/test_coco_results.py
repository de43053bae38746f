"""Lists of results of COCO by `annoconv metrics`, as pycocotools measures them: boxes, masks and crowds."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from annoconv.metrics.filled import filled
from tests.cli.conftest import Ran
from tests.cli.test_metrics import of

Run = Callable[..., Ran]
Record = dict[str, Any]
TRIANGLE = [[10.0, 10.0, 50.0, 10.0, 50.0, 50.0]]
SQUARE = [[10.0, 10.0, 50.0, 10.0, 50.0, 50.0, 10.0, 50.0]]
BOX = [10.0, 10.0, 40.0, 40.0]


def rle(x: int, y: int, width: int, height: int, *, as_text: bool = True) -> Record:
    pixels = np.zeros((200, 200), np.uint8, order="F")
    pixels[y : y + height, x : x + width] = 1
    if not as_text:
        runs = np.flatnonzero(np.diff(pixels.ravel(order="F"), prepend=0, append=0))
        counts = np.diff([0, *runs.tolist(), pixels.size])
        return {"size": [200, 200], "counts": counts.tolist()}
    record: Any = coco_mask.encode(pixels)
    return {"size": [200, 200], "counts": record["counts"].decode()}


def drawn(identity: int, box: list[float], image: int = 1, **more: Any) -> Record:
    common = {"id": identity, "image_id": image, "category_id": 1, "iscrowd": 0}
    return common | {"bbox": box, "area": box[2] * box[3]} | more


def written(folder: Path, truth: list[Record], found: list[Record]) -> tuple[Path, Path]:
    images = [{"id": n, "file_name": f"{n}.png", "width": 200, "height": 200} for n in (1, 2, 3)]
    document = {"images": images, "annotations": truth, "categories": [{"id": 1, "name": "NODULE"}]}
    (folder / "truth.json").write_text(json.dumps(document), "utf-8")
    (folder / "found.json").write_text(json.dumps([{"category_id": 1, **each} for each in found]), "utf-8")
    return folder / "truth.json", folder / "found.json"


def peer(truth: Path, found: Path, kind: Any) -> float:
    with contextlib.redirect_stdout(io.StringIO()):
        ground = COCO(str(truth))
        told = COCOeval(ground, ground.loadRes(str(found)), kind)
        told.evaluate()
        told.accumulate()
    precision = told.eval["precision"][:, :, 0, 0, 2]
    return float(precision[precision > -1].mean())


def hit(score: float, box: list[float], image: int = 1) -> Record:
    return {"image_id": image, "bbox": box, "score": score}


SHIFTED = [14.0, 10.0, 40.0, 40.0]
CROWD_OF_RUNS = drawn(2, [100.0, 100.0, 80.0, 80.0], iscrowd=1, segmentation=rle(100, 100, 80, 80, as_text=False))
ON_CROWD = [hit(0.9, [110.0, 110.0, 20.0, 20.0]), hit(0.8, [140.0, 140.0, 20.0, 20.0])]


@pytest.mark.parametrize(
    ("truth", "found"),
    [
        pytest.param([drawn(1, BOX, segmentation=TRIANGLE)], [hit(0.9, SHIFTED)], id="a triangle in its box"),
        pytest.param(
            [drawn(1, BOX, segmentation=rle(10, 10, 40, 40)), drawn(2, BOX, 2)],
            [hit(0.9, SHIFTED), hit(0.7, SHIFTED, 2), hit(0.8, BOX, 3)],
            id="a mask in its box",
        ),
        pytest.param([drawn(1, BOX), CROWD_OF_RUNS], [hit(0.5, BOX), *ON_CROWD], id="a crowd as runs"),
        pytest.param(
            [drawn(1, BOX), drawn(2, [100.0, 100.0, 80.0, 80.0], iscrowd=1)],
            [hit(0.5, BOX), *ON_CROWD, hit(0.7, [10.0, 150.0, 20.0, 20.0])],
            id="a crowd as a box",
        ),
    ],
)
def test_boxes_are_compared_with_the_boxes_of_the_reference(
    run: Run, tmp_path: Path, truth: list[Record], found: list[Record]
) -> None:
    paths = written(tmp_path, truth, found)
    answer = run("metrics", *paths, "--json").json
    assert of(answer, "NODULE", "detection.map")["value"] == pytest.approx(peer(*paths, "bbox"), abs=1e-12)
    assert not answer["reviews"]
    assert of(answer, "NODULE", "detection.recall")["value"] == 1.0


def test_what_lies_on_a_crowd_is_neither_true_nor_false(run: Run, tmp_path: Path) -> None:
    paths = written(tmp_path, [drawn(1, BOX), CROWD_OF_RUNS], [hit(0.5, BOX), *ON_CROWD])
    answer = run("metrics", *paths, "--json").json
    assert of(answer, "NODULE", "detection.precision")["value"] == 1.0
    (only,) = answer["objects"]
    assert (only["similarity"], bool(only["reference"]), bool(only["other"])) == (1.0, True, True)


@pytest.mark.parametrize("outline", [SQUARE, rle(10, 10, 40, 40)], ids=["outline", "runs"])
def test_masks_of_results_have_an_average_precision(run: Run, tmp_path: Path, outline: Any) -> None:
    truth = [drawn(1, BOX, segmentation=outline), drawn(2, BOX, 2, segmentation=outline)]
    found = [
        {"image_id": 1, "segmentation": rle(12, 10, 40, 40), "score": 0.9},
        {"image_id": 2, "segmentation": rle(10, 10, 38, 40), "score": 0.7},
        {"image_id": 3, "segmentation": rle(10, 10, 38, 40), "score": 0.8},
    ]
    paths = written(tmp_path, truth, found)
    answer = run("metrics", *paths, "--json").json
    assert of(answer, "NODULE", "detection.map")["value"] == pytest.approx(peer(*paths, "segm"), abs=1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_an_outline_is_filled_with_the_pixels_whose_centres_lie_in_it(seed: int) -> None:
    rng = np.random.default_rng(seed)
    ring = rng.random((5, 2)) * [20, 14]
    expected = np.zeros((14, 20), np.bool_)
    for row, column in np.ndindex(14, 20):
        x, y, inside = column + 0.5, row + 0.5, False
        for (x0, y0), (x1, y1) in zip(ring, np.roll(ring, -1, axis=0), strict=True):
            if (y0 > y) != (y1 > y) and x > x0 + (y - y0) * (x1 - x0) / (y1 - y0):
                inside = not inside
        expected[row, column] = inside
    assert np.array_equal(filled([ring], (20, 14)), expected)
    assert not filled([], (20, 14)).any()
