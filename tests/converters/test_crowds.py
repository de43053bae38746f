"""A region of many objects of COCO is one object in the formats that cannot say so, which is named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from annoconv import registry
from annoconv.casefile import LoadedCase


@pytest.mark.parametrize("target", ["yolo", "cvat", "label-studio", "geojson", "coco"])
@pytest.mark.parametrize("is_plain", [False, True])
def test_a_crowd_is_named_where_it_is_an_object(target: str, is_plain: bool, tmp_path: Path) -> None:
    box = {"image_id": 1, "category_id": 0, "bbox": [1, 1, 3, 3], "area": 9, "segmentation": []}
    runs = {"size": [10, 20], "counts": [22, 3, 7, 3, 7, 3, 155]}
    crowd = {**box, "id": 1, "iscrowd": 1, "segmentation": runs, "bbox": [2, 2, 3, 3]}
    image = {"id": 1, "file_name": "a.png", "width": 20, "height": 10}
    told = {
        "images": [image],
        "categories": [{"id": 0, "name": "p"}],
        "annotations": [crowd, {**box, "id": 2, "iscrowd": 0}],
    }
    path = tmp_path / "x.json"
    path.write_text(json.dumps(told))
    (reading,) = registry.read([path], format="coco")
    out = tmp_path / f"out{registry.converter('to', target).suffix}"
    options = {"plain": True} if is_plain and target != "yolo" else {}
    losses = registry.write([LoadedCase(reading.case, reading.masks)], out, format=target, **options)
    named = {loss.path for loss in losses if loss.kind.changes_value and "iscrowd" in loss.path}
    assert named == (set() if target == "coco" else {"/extensions/annoconv.coco/annotations/1/fields/iscrowd"})
    if target == "coco":
        assert [each["iscrowd"] for each in json.loads(out.read_text())["annotations"]] == [1, 0]
