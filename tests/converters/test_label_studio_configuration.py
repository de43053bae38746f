"""The labelling configuration of a Label Studio project is the class list of its tasks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from annoconv import registry
from annoconv.casefile import LoadedCase
from annoconv.errors import InputError

SIZE = {"original_width": 40, "original_height": 20, "from_name": "r", "to_name": "image"}
NAMES = ("number plate", "Car", "肺", "0")


def tasks(folder: Path, *regions: tuple[str, str | None, str | None]) -> Path:
    """Write a task of regions: id, label, id of the region that a point is of."""
    result: list[dict[str, Any]] = []
    for identity, label, parent in regions:
        kind = "keypointlabels" if parent else "rectanglelabels"
        place = {"x": 10, "y": 10, "width": 30, "height": 50, "rotation": 0}
        value = {"x": 20, "y": 30, "width": 1} if parent else place
        value |= {} if label is None else {kind: [label]}
        above = {"parentID": parent} if parent else {}
        result.append({"id": identity, "type": kind, "value": value, **SIZE, **above})
    path = folder / "x.json"
    path.write_text(json.dumps([{"id": 1, "data": {"image": "p.png"}, "annotations": [{"result": result}]}]))
    return path


def configuration(folder: Path, numbers: tuple[object, ...] = (), points: str = "") -> Path:
    told = [*numbers, *[None] * (len(NAMES) - len(numbers))]
    labels = "".join(
        f'<Label value="{name}"' + (f' category="{number}"/>' if number is not None else ' background="red"/>')
        for name, number in zip(NAMES, told, strict=True)
    )
    path = folder / "config.xml"
    path.write_text(
        f'<View><Image name="image" value="$image"/><RectangleLabels name="r" toName="image">{labels}'
        '</RectangleLabels><PolygonLabels name="p" toName="image"><Label value="Car"/></PolygonLabels>'
        f'{points}<Choices name="c" toName="image"><Choice value="no class"/></Choices></View>',
        "utf-8",
    )
    return path


def listed(case: Any) -> list[tuple[str, int | None]]:
    return [(each.name_en or each.name_zh or each.code, each.number) for each in case.labels or ()]


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ((), [(name, None) for name in NAMES]),
        ((3, 1, 0, 2), [("number plate", 3), ("Car", 1), ("肺", 0), ("0", 2)]),
        (("7",), [("number plate", 7), ("Car", 0), ("肺", 1), ("0", 2)]),
    ],
)
def test_order_numbers_and_unused_labels_are_the_class_list(
    numbers: tuple[object, ...], expected: list[tuple[str, int | None]], tmp_path: Path
) -> None:
    path = tasks(tmp_path, ("a", "0", None), ("b", "Car", None))
    (reading,) = registry.read([path], format="label-studio", config=configuration(tmp_path, numbers))
    assert listed(reading.case) == expected
    assert list(reading.losses) == []
    assert reading.findings == ()
    registry.write([LoadedCase(reading.case)], tmp_path / "x.coco.json", format="coco")
    document = json.loads((tmp_path / "x.coco.json").read_text())
    names = {each["id"]: each["name"] for each in document["categories"]}
    assert [names[each["category_id"]] for each in document["annotations"]] == ["0", "Car"]
    wanted = {number if numbers else place: name for place, (name, number) in enumerate(expected, 1)}
    assert names == wanted


def test_a_label_that_the_configuration_does_not_have_is_found_and_comes_behind(tmp_path: Path) -> None:
    path = tasks(tmp_path, ("a", "bus", None), ("b", "Car", None), ("c", None, None))
    (reading,) = registry.read([path], format="label-studio", config=configuration(tmp_path))
    assert [name for name, _ in listed(reading.case)] == [*NAMES, "bus"]
    assert [each.label_code for each in reading.case.annotations] == ["bus", "Car", "UNCLASSIFIED"]
    assert [(each.rule, each.path) for each in reading.findings] == [
        ("label_studio.label", "/0/annotations/0/result/0")
    ]


def test_labels_of_points_of_a_region_are_no_classes(tmp_path: Path) -> None:
    points = '<KeyPointLabels name="k" toName="image"><Label value="nose"/><Label value="tail"/></KeyPointLabels>'
    path = tasks(tmp_path, ("a", "Car", None), ("n", "nose", "a"), ("t", "tail", "a"))
    (reading,) = registry.read([path], format="label-studio", config=configuration(tmp_path, (), points))
    assert [name for name, _ in listed(reading.case)] == [*NAMES]
    assert reading.findings == ()


@pytest.mark.parametrize("text", ["<View/>", '<View><RectangleLabels><Label value=" "/></RectangleLabels></View>'])
def test_a_configuration_without_labels_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "c.xml").write_text(text)
    with pytest.raises(InputError, match="no labels of regions"):
        list(registry.read([tasks(tmp_path)], format="label-studio", config=tmp_path / "c.xml"))


def test_two_labels_of_one_number_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="two labels have one number"):
        list(registry.read([tasks(tmp_path)], format="label-studio", config=configuration(tmp_path, (1, 1))))
