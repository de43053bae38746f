"""What lies beyond its picture, has no area, or is of a class that is not listed is a finding, in every format."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from annoconv_converters.coco import bulk
from PIL import Image

from annoconv import registry

if TYPE_CHECKING:
    from pathlib import Path

WIDTH, HEIGHT = 50, 40


def label_studio(folder: Path, box: list[float]) -> Path:
    x, y, right, lower = box
    value = {"x": x * 2, "y": y * 2.5, "width": (right - x) * 2, "height": (lower - y) * 2.5, "rectanglelabels": ["c"]}
    size = {"original_width": WIDTH, "original_height": HEIGHT}
    region = {"id": "r", "type": "rectanglelabels", "value": value, **size}
    task = {"id": 1, "data": {"image": "a.png"}, "annotations": [{"result": [region]}]}
    return written(folder / "x.json", json.dumps([task]))


def cvat(folder: Path, box: list[float]) -> Path:
    sides = " ".join(f'{name}="{value}"' for name, value in zip(("xtl", "ytl", "xbr", "ybr"), box, strict=True))
    return cvat_file(folder, f'<box label="c" {sides}/>')


def cvat_file(folder: Path, shapes: str, label: str = "c") -> Path:
    meta = f"<meta><task><labels><label><name>{label}</name></label></labels></task></meta>"
    image = f'<image id="0" name="a.png" width="{WIDTH}" height="{HEIGHT}">{shapes}</image>'
    return written(folder / "x.xml", f"<annotations><version>1.1</version>{meta}{image}</annotations>")


def pascal_voc(folder: Path, box: list[float]) -> Path:
    x, y, right, lower = box
    sides = f"<xmin>{x + 1}</xmin><ymin>{y + 1}</ymin><xmax>{right}</xmax><ymax>{lower}</ymax>"
    size = f"<size><width>{WIDTH}</width><height>{HEIGHT}</height></size>"
    told = f"<object><name>c</name><bndbox>{sides}</bndbox></object>"
    return written(folder / "x.xml", f"<annotation><filename>a.png</filename>{size}{told}</annotation>")


def labelme(folder: Path, box: list[float]) -> Path:
    shape = {"label": "c", "points": [box[:2], box[2:]], "shape_type": "rectangle"}
    return written(folder / "x.json", json.dumps(labelme_file([shape])))


def labelme_file(shapes: list[dict[str, Any]]) -> dict[str, Any]:
    return {"imagePath": "a.png", "imageHeight": HEIGHT, "imageWidth": WIDTH, "shapes": shapes}


def geojson(folder: Path, box: list[float]) -> Path:
    x, y, right, lower = box
    ring = [[x, y], [right, y], [right, lower], [x, lower], [x, y]]
    feature = {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [ring]}, "properties": {}}
    picture = {"file_name": "a.png", "width": WIDTH, "height": HEIGHT}
    collection = {"type": "FeatureCollection", "pictures": [picture], "features": [feature]}
    return written(folder / "x.geojson", json.dumps(collection))


def yolo(folder: Path, box: list[float]) -> Path:
    x, y, right, lower = box
    shares = (x + right) / 2 / WIDTH, (y + lower) / 2 / HEIGHT, (right - x) / WIDTH, (lower - y) / HEIGHT
    written(folder / "classes.txt", "c\n")
    written(folder / "a.txt", " ".join(map(str, (0, *shares))))
    Image.new("L", (WIDTH, HEIGHT)).save(folder / "a.png")
    return folder


def written(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


FORMATS = {
    "cvat": (cvat, "/image/0/box/0"),
    "geojson": (geojson, "/features/0"),
    "label-studio": (label_studio, "/0/annotations/0/result/0"),
    "labelme": (labelme, "/shapes/0"),
    "pascal-voc": (pascal_voc, "/object/0"),
    "yolo": (yolo, "/a.txt/0"),
}


def findings(path: Path, name: str) -> list[tuple[str, str]]:
    (reading,) = registry.read([path], format=name)
    return [(each.rule, each.path) for each in reading.findings if each.rule != "voc.origin"]


@pytest.mark.parametrize("name", FORMATS)
def test_what_reaches_beyond_its_picture_is_a_finding(name: str, tmp_path: Path) -> None:
    write, place = FORMATS[name]
    assert findings(write(tmp_path, [10, 4, 60, 20]), name) == [("picture.outside", place)]


@pytest.mark.parametrize("name", FORMATS)
def test_what_ends_where_its_picture_does_is_none(name: str, tmp_path: Path) -> None:
    assert findings(FORMATS[name][0](tmp_path, [0, 0, WIDTH, HEIGHT]), name) == []


@pytest.mark.parametrize("name", sorted(FORMATS.keys() - {"geojson"}))
def test_a_box_without_an_area_is_a_finding(name: str, tmp_path: Path) -> None:
    write, place = FORMATS[name]
    assert findings(write(tmp_path, [0, 4, 10, 4]), name) == [("picture.no_area", place)]


@pytest.mark.parametrize(
    "shape",
    [
        '<points label="c" points="3,41"/>',
        '<polyline label="c" points="3,4;55,4"/>',
        '<ellipse label="c" cx="20" cy="20" rx="10" ry="25" rotation="10"/>',
        '<box label="c" xtl="1" ytl="1" xbr="49" ybr="11" rotation="90"/>',
    ],
)
def test_every_kind_of_shape_can_lie_beyond(shape: str, tmp_path: Path) -> None:
    tag = shape[1:].partition(" ")[0]
    assert findings(cvat_file(tmp_path, shape), "cvat") == [("picture.outside", f"/image/0/{tag}/0")]


def test_a_turned_ellipse_within_its_picture_is_none(tmp_path: Path) -> None:
    shape = '<ellipse label="c" cx="25" cy="20" rx="10" ry="24" rotation="90"/>'
    assert findings(cvat_file(tmp_path, shape), "cvat") == []


def test_labels_that_a_cvat_file_does_not_define_are_findings(tmp_path: Path) -> None:
    box = '<box label="dog" xtl="1" ytl="1" xbr="9" ybr="9"/>'
    skeleton = '<skeleton label="c"><points label="zz" outside="0" points="3,4"/></skeleton>'
    assert findings(cvat_file(tmp_path, box + skeleton), "cvat") == [
        ("cvat.label", "/image/0/box/0/@label"),
        ("cvat.label", "/image/0/skeleton/0/@label"),
    ]


# --- classes and groups of LabelMe


def test_a_shape_without_a_label_is_unclassified(tmp_path: Path) -> None:
    shape = {"label": None, "points": [[1, 1], [9, 1], [9, 9]], "shape_type": "polygon"}
    path = written(tmp_path / "x.json", json.dumps(labelme_file([shape])))
    (reading,) = registry.read([path], format="labelme")
    assert [each.label_code for each in reading.case.annotations] == ["UNCLASSIFIED"]


def test_groups_that_are_not_bound_are_losses_with_instances_too(tmp_path: Path) -> None:
    def shape(kind: str, x: float, label: str) -> dict[str, Any]:
        corners = [[x, 1], [x + 5, 9]] if kind == "rectangle" else [[x, 1], [x + 5, 1], [x, 9]]
        return {"label": label, "points": corners, "group_id": 1, "shape_type": kind}

    shapes = [
        shape("rectangle", 1, "a"),
        shape("polygon", 9, "a"),
        shape("polygon", 20, "a"),
        shape("polygon", 30, "b"),
    ]
    path = written(tmp_path / "x.json", json.dumps(labelme_file(shapes)))
    (reading,) = registry.read([path], format="labelme", instances=True)
    assert [loss.path for loss in reading.losses] == ["/shapes/0/group_id", "/shapes/3/group_id"]


def test_a_picture_that_its_file_does_not_name_is_a_finding(tmp_path: Path) -> None:
    box = [1.0, 2.0, 10.0, 9.0]
    voc = pascal_voc(tmp_path, box)
    written(voc, voc.read_text().replace("<filename>a.png</filename>", ""))
    assert findings(voc, "pascal-voc") == [("picture.name", "")]
    desktop = labelme(tmp_path, box)
    written(desktop, desktop.read_text().replace('"a.png"', "null"))
    assert findings(desktop, "labelme") == [("picture.name", "")]
    embedded = label_studio(tmp_path, box)
    written(embedded, embedded.read_text().replace("a.png", "data:image/png;base64,AAAA"))
    assert findings(embedded, "label-studio") == [("picture.name", "/0")]


def test_a_picture_of_two_sizes_is_a_finding(tmp_path: Path) -> None:
    text = pascal_voc(tmp_path, [1, 2, 10, 9]).read_text()
    written(tmp_path / "y.xml", text.replace(f"<width>{WIDTH}", "<width>60"))
    found = [[each.rule for each in one.findings] for one in registry.read([tmp_path], format="pascal-voc")]
    assert found == [["voc.origin"], ["picture.size"]]


def test_a_picture_that_is_listed_twice_is_a_finding(tmp_path: Path) -> None:
    """Each is a case: which of the two to leave out only the user knows."""
    box = [1.0, 2.0, 10.0, 9.0]
    tasks = json.loads(label_studio(tmp_path, box).read_text())
    written(tmp_path / "x.json", json.dumps([*tasks, {**tasks[0], "id": 2}]))
    images = cvat(tmp_path, box).read_text().replace("</annotations>", "")
    second = images[images.index("<image") :].replace('id="0"', 'id="1"')
    written(tmp_path / "x.xml", f"{images}{second}</annotations>")
    image = {"id": 1, "file_name": "a.png", "width": WIDTH, "height": HEIGHT}
    images_of_coco = [image, {**image, "id": 2, "file_name": "b/a.png"}, {**image, "id": 3}]
    told = json.dumps({"images": images_of_coco, "annotations": [], "categories": []})
    coco = written(tmp_path / "coco.json", told)
    for path, name, place in (
        (tmp_path / "x.json", "label-studio", "/1"),
        (tmp_path / "x.xml", "cvat", "/image/1"),
        (coco, "coco", "/images/2"),
    ):
        found = [(each.rule, each.path) for one in registry.read([path], format=name) for each in one.findings]
        assert found == [("picture.twice", place)]
    assert [(each.rule, each.path) for each in bulk.validate(coco)] == [("picture.twice", "/images/3")]
    written(tmp_path / "captions.json", told)  # files of one data set tell of the same pictures
    found = [one.findings for one in registry.read([coco, tmp_path / "captions.json"], format="coco")]
    assert [len(each) for each in found] == [0, 0, 1, 0, 0, 1]


@pytest.mark.parametrize("name", ["pascal-voc", "labelme"])
def test_a_picture_of_two_files_is_a_finding_with_the_second(name: str, tmp_path: Path) -> None:
    one = FORMATS[name][0](tmp_path, [1.0, 2.0, 10.0, 9.0])
    written(one.with_stem("y"), one.read_text())
    found = [[each.rule for each in each.findings] for each in registry.read([tmp_path], format=name)]
    assert [rules.count("picture.twice") for rules in found] == [0, 1]


def test_a_picture_that_yolo_lists_twice_is_one_case_with_a_finding(tmp_path: Path) -> None:
    folder = yolo(tmp_path, [1.0, 2.0, 10.0, 9.0])
    Image.new("L", (WIDTH, HEIGHT)).save(folder / "b.png")
    written(folder / "data.yaml", "train: train.txt\nval: val.txt\ntest: train.txt\nnames: [c]\n")
    written(folder / "train.txt", "a.png\n./a.png\n")
    written(folder / "val.txt", "b.png\na.png\nb.png\n")
    first, second = registry.read([folder], format="yolo")
    assert [(each.rule, each.path, each.message.split(";")[0]) for each in first.findings] == [
        ("picture.twice", "/train.txt", "it lists pictures that are listed already: 1, the first of them a.png"),
        ("picture.twice", "/val.txt", "it lists pictures that are listed already: 2, the first of them a.png"),
    ]
    assert second.findings == ()
