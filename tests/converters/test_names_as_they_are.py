"""Classes keep the very name of their file: white space round it, and one that is called as objects without a class."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from PIL import Image

from annoconv import registry
from annoconv.casefile import LoadedCase
from annoconv.loss import LossKind

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


def test_names_of_the_xml_of_labelme_are_not_trimmed(tmp_path: Path) -> None:
    """But for those that stand on lines of their own, as its Matlab toolbox writes them."""
    corners = "".join(f"<pt><x>{x}</x><y>{y}</y></pt>" for x, y in ((1, 1), (9, 1), (9, 9)))
    told = enumerate((" cat ", "cat", "\n cat\n"))
    objects = "".join(
        f"<object><name>{name}</name><id>{n}</id><polygon>{corners}</polygon></object>" for n, name in told
    )
    size = "<imagesize><nrows>40</nrows><ncols>50</ncols></imagesize>"
    path = tmp_path / "a.xml"
    path.write_text(f"<annotation><filename>a.jpg</filename>{objects}{size}</annotation>")
    (reading,) = registry.read([path], format="labelme")
    assert not any("name" in loss.path.split("/") for loss in reading.losses)
    registry.write([LoadedCase(reading.case)], tmp_path / "set", format="yolo")
    assert names(tmp_path / "set") == [" cat ", "cat", "cat"]


def test_names_of_the_labels_of_cvat_are_not_trimmed(tmp_path: Path) -> None:
    labels = "".join(f"<label><name>{name}</name></label>" for name in (" cat ", "cat"))
    boxes = "".join(f'<box label="{name}" xtl="1" ytl="1" xbr="9" ybr="9"/>' for name in (" cat ", "cat"))
    image = f'<image id="0" name="a.png" width="50" height="40">{boxes}</image>'
    path = tmp_path / "a.xml"
    path.write_text(f"<annotations><meta><task><labels>{labels}</labels></task></meta>{image}</annotations>")
    (reading,) = registry.read([path], format="cvat")
    assert list(reading.losses) == []
    registry.write([LoadedCase(reading.case)], tmp_path / "set", format="yolo")
    assert names(tmp_path / "set") == [" cat ", "cat"]


@pytest.mark.parametrize("target", ["yolo", "cvat", "label-studio", "geojson", "coco"])
def test_of_two_classes_of_one_name_that_which_is_written_by_its_code_is_named(target: str, tmp_path: Path) -> None:
    records = [{**BOX, "id": number, "category_id": number} for number in (1, 2)]
    classes = [{"id": number, "name": "cat"} for number in (1, 2)]
    image = {"id": 1, "file_name": "a.png", "width": 50, "height": 40}
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"images": [image], "categories": classes, "annotations": records}))
    (reading,) = registry.read([path], format="coco")
    out = tmp_path / f"out{registry.converter('to', target).suffix}"
    losses = registry.write([LoadedCase(reading.case)], out, format=target)
    named = {loss.path for loss in losses if loss.kind is LossKind.APPROXIMATED}
    assert named == ({"/labels/1/name_en"} if target != "coco" else set())
