"""Classes keep the very name of their file: white space round it, and one that is called as objects without a class."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from PIL import Image

from annoconv import registry
from annoconv.casefile import LoadedCase

BOX = {"image_id": 1, "bbox": [1, 2, 10, 9], "area": 90, "iscrowd": 0, "segmentation": []}


def names(folder: Path) -> list[str]:
    """Return the names of the classes of what was read, as YOLO has them, in the order of the objects."""
    told: dict[int, str] = yaml.safe_load((folder / "data.yaml").read_text())["names"]
    lines = [line for path in sorted((folder / "labels").iterdir()) for line in path.read_text().splitlines()]
    return [told[int(line.split()[0])] for line in lines]


def test_names_of_pascal_voc_are_not_trimmed(tmp_path: Path) -> None:
    box = "<bndbox><xmin>1</xmin><ymin>1</ymin><xmax>9</xmax><ymax>9</ymax></bndbox>"
    objects = "".join(f"<object><name>{name}</name>{box}</object>" for name in (" cat ", "cat"))
    size = "<size><width>50</width><height>40</height></size>"
    path = tmp_path / "a.xml"
    path.write_text(f"<annotation><filename>a.jpg</filename>{size}{objects}</annotation>")
    (reading,) = registry.read([path], format="pascal-voc")
    assert not any("name" in loss.path.split("/") for loss in reading.losses)
    registry.write([LoadedCase(reading.case)], tmp_path / "set", format="yolo")
    assert names(tmp_path / "set") == [" cat ", "cat"]


def test_names_of_a_class_list_are_not_trimmed(tmp_path: Path) -> None:
    (tmp_path / "in/labels").mkdir(parents=True)
    (tmp_path / "in/images").mkdir()
    Image.new("L", (50, 40)).save(tmp_path / "in/images/a.png")
    (tmp_path / "in/classes.txt").write_text("cat \ncat\n")
    (tmp_path / "in/labels/a.txt").write_text("0 0.5 0.5 0.1 0.1\n1 0.2 0.2 0.1 0.1\n")
    (reading,) = registry.read([tmp_path / "in"], format="yolo")
    registry.write([LoadedCase(reading.case)], tmp_path / "set", format="yolo")
    assert names(tmp_path / "set") == ["cat ", "cat"]


def coco(folder: Path, *categories: str) -> LoadedCase:
    path = folder / "in.json"
    image = {"id": 1, "file_name": "a.png", "width": 50, "height": 40}
    listed = [{"id": place, "name": name} for place, name in enumerate(categories)]
    records = [{"id": place + 1, **BOX, "category_id": place} for place in range(len(categories))]
    path.write_text(json.dumps({"images": [image], "categories": listed, "annotations": records}))
    (reading,) = registry.read([path], format="coco")
    blank = [place for place, name in enumerate(categories) if not name.strip()]
    assert [(each.rule, each.path) for each in reading.findings] == [
        ("coco.name", f"/categories/{place}/name") for place in blank
    ]
    return LoadedCase(reading.case)


def test_a_category_of_white_space_is_found(tmp_path: Path) -> None:
    assert coco(tmp_path, "cat", " ").case.annotations


@pytest.mark.parametrize("format", ["coco", "yolo", "cvat", "label-studio", "geojson"])
def test_a_class_of_that_name_is_no_object_without_a_class(format: str, tmp_path: Path) -> None:
    case = coco(tmp_path, "cat", "UNCLASSIFIED")
    target = tmp_path / ("set" if format == "yolo" else "out.xml" if format == "cvat" else "out.json")
    losses = registry.write([case], target, format=format)
    assert not any(loss.path.endswith("label_code") for loss in losses)
    files = list(target.rglob("*.yaml")) if target.is_dir() else [target]
    assert all("UNCLASSIFIED" in path.read_text() for path in files)
    (reading,) = registry.read([target], format=format)
    assert [each.label_code for each in reading.case.annotations] == ["cat", "UNCLASSIFIED"]
