"""Boxes that CVAT says are turned in formats of upright ones: by an attribute `rotation`, about the centre."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from annoconv import registry
from annoconv.casefile import LoadedCase, read_case
from annoconv.documents import strict_json

BOX = [5, 6, 20, 10]
TURN = 30.0


def coco(folder: Path, attributes: dict[str, Any], **more: Any) -> Path:
    image = {"id": 1, "file_name": "a.png", "width": 100, "height": 50}
    record = {"id": 1, "image_id": 1, "category_id": 1, "bbox": BOX, "area": 200.0, "iscrowd": 0, "segmentation": []}
    categories = [{"id": 1, "name": "car"}]
    told = {"images": [image], "categories": categories, "annotations": [{**record, "attributes": attributes, **more}]}
    path = folder / "x.json"
    path.write_text(json.dumps(told))
    return path


def voc(folder: Path, text: str) -> Path:
    attribute = f"<attributes><attribute><name>rotation</name><value>{text}</value></attribute></attributes>"
    box = "<bndbox><xmin>6</xmin><ymin>7</ymin><xmax>25</xmax><ymax>16</ymax></bndbox>"
    size = "<size><width>100</width><height>50</height></size>"
    path = folder / "x.xml"
    path.write_text(
        f"<annotation><filename>a.png</filename>{size}<object><name>car</name>{box}{attribute}</object>"
        "<source><database>The VOC2007 Database</database></source></annotation>"
    )
    return path


@pytest.mark.parametrize("source", ["coco", "pascal-voc"])
def test_they_are_turned_boxes(source: str, tmp_path: Path) -> None:
    path = coco(tmp_path, {"occluded": False, "rotation": TURN}) if source == "coco" else voc(tmp_path, "30.0")
    (reading,) = registry.read([path], format=source)
    assert {loss.path for loss in reading.losses} <= {"/source/database"}
    (box,) = strict_json.plain(reading.case)["annotations"]
    assert (box["type"], box["center"], box["size"], box["rotation_degrees"]) == (
        "oriented_box",
        [15, 11],
        [20, 10],
        30,
    )
    assert "rotation" not in box.get("attributes", {})
    registry.write([LoadedCase(reading.case)], tmp_path / "out.xml", format="cvat")
    (found,) = ElementTree.parse(tmp_path / "out.xml").getroot().iter("box")
    assert [float(found.get(side, "")) for side in ("xtl", "ytl", "xbr", "ybr", "rotation")] == [5, 6, 25, 16, 30]
    registry.write([LoadedCase(reading.case)], tmp_path / "set", format="yolo", kind="obb")
    _, *shares = map(float, (tmp_path / "set" / "labels" / "a.txt").read_text().split())
    corners = {(round(100 * x, 6), round(50 * y, 6)) for x, y in zip(shares[::2], shares[1::2], strict=True)}
    cosine, sine = math.cos(math.radians(TURN)), math.sin(math.radians(TURN))
    assert corners == {
        (round(15 + x * cosine - y * sine, 6), round(11 + x * sine + y * cosine, 6)) for x in (-10, 10) for y in (-5, 5)
    }


@pytest.mark.parametrize("is_plain", [False, True])
def test_coco_has_its_record_again(is_plain: bool, tmp_path: Path) -> None:
    path = coco(tmp_path, {"occluded": False, "rotation": TURN})
    (reading,) = registry.read([path], format="coco")
    losses = registry.write([LoadedCase(reading.case)], tmp_path / "y.json", format="coco", plain=is_plain)
    assert list(losses) == []
    assert json.loads((tmp_path / "y.json").read_text())["annotations"] == json.loads(path.read_text())["annotations"]


@pytest.mark.parametrize(
    ("attributes", "more"),
    [
        ({"rotation": 0.0}, {}),
        ({"rotation": "30"}, {}),
        ({"rotation": True}, {}),
        ({"rotation": TURN}, {"segmentation": [[5, 6, 25, 6, 25, 16]]}),
        ({"rotation": TURN}, {"bbox": [5, 6, 0, 10], "area": 0}),
    ],
)
def test_what_is_no_turned_box_is_what_it_was(attributes: dict[str, Any], more: dict[str, Any], tmp_path: Path) -> None:
    (reading,) = registry.read([coco(tmp_path, attributes, **more)], format="coco")
    (found,) = reading.case.annotations
    assert found.type in {"bbox", "polygon"}
    assert found.attributes == attributes


def test_an_attribute_of_a_case_is_none_of_ours(tmp_path: Path) -> None:
    """A box that a case calls `rotation` by an attribute of its own comes back as it was."""
    image = {"uid": "a", "modality": "OT", "shape": [100, 50]}
    box = {"id": "b", "category": "other", "label_code": "CAR", "type": "bbox", "bbox": [1, 2, 30, 20]}
    case = {"task_id": "T", "image": image, "metadata": {}}
    path = tmp_path / "case.json"
    path.write_text(json.dumps({**case, "annotations": [{**box, "attributes": {"rotation": 12.5}}]}))
    loaded = read_case(path)
    registry.write([loaded], tmp_path / "y.json", format="coco")
    (reading,) = registry.read([tmp_path / "y.json"], format="coco")
    assert strict_json.plain(reading.case)["annotations"] == strict_json.plain(loaded.case)["annotations"]
