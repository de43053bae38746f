"""A member of another kind than the format says, in a place that nothing is drawn from: read, or refused by name.

Each is one of a kind that damaged files brought up: a list where a text is a key, a text where there are members,
digits that are no number, values beside those that are read.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from annoconv import registry
from annoconv.casefile import read_case
from annoconv.errors import AnnoconvError
from tests.cases import make

RING = [[1, 1], [9, 1], [9, 8], [1, 1]]
SPAN = {"start": 0, "end": 3, "text": "abc", "labels": ["sign"]}
DIGITS = "9" * 5000


def feature(geometry: Any, properties: Any = None) -> str:
    return json.dumps({"type": "Feature", "geometry": geometry, "properties": properties})


def task(data: Any, value: Any, **more: Any) -> str:
    result = [{"id": "a", "type": "labels", "value": value, "original_width": 9, "original_height": 9}]
    return json.dumps({"id": 1, "data": data, "annotations": [{"result": result, **more}]})


def labelme(*shapes: Any) -> str:
    return json.dumps({"imagePath": "a.png", "imageWidth": 20, "imageHeight": 10, "shapes": shapes})


def labelme_xml(within: str) -> str:
    return f"<annotation><filename>a.png</filename><object><name>a</name><id>0</id>{within}</object></annotation>"


def voc(boxes: str) -> str:
    size = "<size><width>20</width><height>10</height></size>"
    return f"<annotation><filename>a.png</filename>{size}<object><name>a</name>{boxes}</object></annotation>"


def cvat(within: str, meta: str = "") -> str:
    image = f'<image id="0" name="a.png" width="20" height="10">{within}</image>'
    return f"<annotations><meta>{meta}</meta>{image}</annotations>"


BOX = "<bndbox><xmin>2</xmin><ymin>3</ymin><xmax>9</xmax><ymax>8</ymax></bndbox>"
TRIANGLE = "<polygon>{}</polygon>".format("".join(f"<pt><x>{x}</x><y>{y}</y></pt>" for x, y in RING[:3]))
READ: dict[str, tuple[str, str, str, dict[str, Any], int]] = {
    "one point of several kinds of a group": (
        "labelme",
        "a.json",
        labelme(
            {"label": "tip", "shape_type": "points", "group_id": 4, "points": [[5, 5]]},
            {"label": "end", "shape_type": "point", "group_id": 4, "points": [[6, 5]]},
        ),
        {"instances": True},
        1,
    ),
    "an annotation without members": ("labelme", "a.xml", "<annotation>x</annotation>", {}, 0),
    "a deleted object without numbers": (
        "labelme",
        "a.xml",
        labelme_xml("<deleted>1</deleted><polygon><pt><x>left</x></pt></polygon>"),
        {},
        0,
    ),
    "a corner outside of a polygon": ("labelme", "a.xml", labelme_xml(f"{TRIANGLE}<pt/>"), {}, 1),
    "a second box": ("pascal-voc", "a.xml", voc(f"{BOX}<bndbox/>"), {}, 1),
    "a second box with a word": ("pascal-voc", "a.xml", voc(f"{BOX}<bndbox><xmin>left</xmin></bndbox>"), {}, 1),
    "a side twice": ("pascal-voc", "a.xml", voc(BOX.replace("<xmin>", "<xmin>2</xmin><xmin>")), {}, 1),
    "a part of an object that its picture is called by": (
        "pascal-voc",
        "a.xml",
        voc(f"{BOX}<part><name>b</name>{BOX}</part>").replace("a.png", "1.png"),
        {},
        2,
    ),
    "points of a box": (
        "cvat",
        "a.xml",
        cvat('<box label="a" xtl="1" ytl="1" xbr="5" ybr="5" points="here"/>'),
        {},
        1,
    ),
    "a job that says nothing": ("cvat", "a.xml", cvat('<tag label="a"/>', "<job/>"), {}, 1),
    "a task that is a text": ("cvat", "a.xml", cvat('<tag label="a"/>', "<task>x</task>"), {}, 1),
    "properties that are a list": (
        "geojson",
        "a.geojson",
        json.dumps(
            {
                "type": "FeatureCollection",
                "pictures": [{"file_name": "ct_k0000.png", "width": 20, "height": 10}],
                "features": [json.loads(feature({"type": "Point", "coordinates": [1, 2]}, [1]))],
            }
        ),
        {},
        1,
    ),
    "hidden points that are lists": (
        "geojson",
        "a.geojson",
        feature({"type": "Point", "coordinates": [1, 2]}, {"metadata": {"keypoints": ["a"], "hidden": [["a"]]}}),
        {},
        1,
    ),
    "geometries of a polygon": (
        "geojson",
        "a.geojson",
        feature({"type": "Polygon", "coordinates": [RING], "geometries": [{"type": "Polygon", "coordinates": 5}]}),
        {},
        1,
    ),
    "a skeleton that is a number": (
        "coco",
        "a.json",
        json.dumps(
            {
                "images": [{"id": 1, "file_name": "a.png", "width": 20, "height": 10}],
                "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4]}],
                "categories": [{"id": 1, "name": "a", "skeleton": 5}],
            }
        ),
        {},
        1,
    ),
    "points of a span": ("label-studio", "a.json", task({"text": "abcdef"}, {**SPAN, "points": 5}), {}, 1),
    "an annotator of digits": (
        "label-studio",
        "a.json",
        task({"text": "abcdef"}, SPAN, completed_by=f"user_{DIGITS}"),
        {},
        1,
    ),
}
REFUSED: dict[str, tuple[str, str, str, dict[str, Any]]] = {
    "a mask of other letters": (
        "labelme",
        "a.json",
        labelme({"label": "m", "shape_type": "mask", "points": [[1, 1], [2, 2]], "mask": "é"}),
        {},
    ),
    "a type that is a list": ("geojson", "a.geojson", feature({"type": ["Point"], "coordinates": [1, 2]}), {}),
    "an empty ring": (
        "geojson",
        "a.json",
        json.dumps([{"id": 1, "location": "POLYGON ((1 2, 3 4, 5 6), ())"}]),
        {"height": 9},
    ),
}
DESCRIPTIONS = {
    "a count beyond all classes": f"nc: 00000001{DIGITS}",
    "keypoints beyond counting": f"names: [a]\nkpt_shape: [{DIGITS}, 3]",
    "an order of words": "names: [a]\nflip_idx: [b]",
    "an order of lists": "names: [a]\nflip_idx: [[0]]",
}


@pytest.mark.parametrize("name", READ)
def test_what_is_not_drawn_from_does_not_stop_the_reader(name: str, tmp_path: Path) -> None:
    format_name, file_name, text, options, count = READ[name]
    (tmp_path / file_name).write_text(text, "utf-8")
    (reading,) = registry.read([tmp_path / file_name], format=format_name, **options)
    assert len(reading.case.annotations) == count


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_drawn_is_refused(name: str, tmp_path: Path) -> None:
    format_name, file_name, text, options = REFUSED[name]
    (tmp_path / file_name).write_text(text, "utf-8")
    with pytest.raises(AnnoconvError):
        list(registry.read([tmp_path / file_name], format=format_name, **options))


@pytest.mark.parametrize("name", DESCRIPTIONS)
def test_a_description_of_yolo_is_read_or_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels" / "a.txt").write_text("")
    (tmp_path / "data.yaml").write_text(DESCRIPTIONS[name])
    try:
        list(registry.read([tmp_path], format="yolo"))
    except AnnoconvError:
        return
    assert "flip_idx" in DESCRIPTIONS[name]


def test_a_count_of_keypoints_in_an_edited_file_that_is_a_list_is_a_loss(tmp_path: Path) -> None:
    case = make("every_geometry", tmp_path / "case")
    registry.write([read_case(case.path)], tmp_path / "a.json", format="coco", images=case.images, kind="keypoints")
    document = json.loads((tmp_path / "a.json").read_text())
    for each in document["annotations"]:
        if "num_keypoints" in each:
            each["num_keypoints"] = []
    (tmp_path / "a.json").write_text(json.dumps(document))
    (reading,) = registry.read([tmp_path / "a.json"], format="coco")
    assert any(loss.path.endswith("/num_keypoints") for loss in reading.losses)


@pytest.mark.parametrize("format_name", ["cvat", "label-studio", "geojson", "yolo", "coco"])
@pytest.mark.parametrize(
    ("member", "value"), [("id", ["x"]), ("id", 1.5), ("type", []), ("said", ["", "", "", {"a": []}])]
)
def test_a_side_file_of_which_a_key_is_no_key_is_read_or_refused(
    format_name: str, member: str, value: Any, tmp_path: Path
) -> None:
    case = make("every_geometry", tmp_path / "case")
    writer = registry.converter("to", format_name)
    out = tmp_path / f"out{writer.suffix}"
    images = {"images": case.images} if "images" in writer.options else {}
    registry.write([read_case(case.path)], out, format=format_name, **images)
    side = out / "annoconv.json" if out.is_dir() else out.with_suffix(".annoconv.json")
    document = json.loads(side.read_text())
    listed = document if isinstance(document, list) else document["cases"][0]["pictures"]
    for each in listed:
        keys = each["annotations"] if "annotations" in each else [each["annoconv"]] if "image" in each else []
        for key in keys:
            key[member] = value
    side.write_text(json.dumps(document))
    if out.is_file():
        out.write_text(f"{out.read_text()}\n")  # edited, so that each record is looked for
    try:
        assert all(isinstance(each.case.annotations, list) for each in registry.read([out], format=format_name))
    except AnnoconvError:
        assert member != "said"
