"""Numbers of other software that are not counted with come back to the digit, in every format that has them."""

from __future__ import annotations

import json
import tempfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image

from annoconv import registry
from annoconv.casefile import LoadedCase
from annoconv.documents import strict_json

GEOMETRY = '{"type": "Polygon", "coordinates": [[[1, 1], [9, 1], [9, 9.125], [1, 1]]]}'
FEATURE = '{{"type": "Feature", "id": "f", "geometry": {}, "properties": {}}}'
REGION = """
{"id": "r", "type": "rectanglelabels", "value": {"x": 5, "y": 5, "width": 9, "height": 9, "rectanglelabels": ["a"]},
 "original_width": 100, "original_height": 100},
{"id": "r", "type": "number", "from_name": "grade", "to_name": "image", "value": {"number": NUMBER}}
"""
COCO = """
{
  "images": [{"id": 1, "width": 20, "height": 20, "file_name": "x.jpg"}],
  "categories": [{"id": 1, "name": "a"}],
  "annotations": [
    {"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 1, 2, 2], "area": 4, "iscrowd": 0, "segmentation": [],
     "attributes": {"grade": NUMBER}}
  ]
}
"""
FILES = {
    "coco": ("x.json", COCO),
    "geojson": ("x.geojson", FEATURE.format(GEOMETRY, '{"metadata": {"grade": NUMBER}}')),
    "geojson, measured": (
        "x.geojson",
        FEATURE.format(GEOMETRY, '{"measurements": [{"name": "grade", "value": NUMBER}]}'),
    ),
    "label-studio": ("x.json", '[{"data": {"image": "x.png"}, "annotations": [{"result": [' + REGION + "]}]}]"),
    "labelme": (
        "x.json",
        '{"shapes": [{"label": "a", "points": [[1, 1], [5, 1], [5, 5]], "attributes": {"grade": NUMBER}}]'
        ', "imagePath": "x.jpg", "imageHeight": 20, "imageWidth": 30}',
    ),
}
"""For each format a file with an attribute that is a number."""
NUMBERS = st.builds(
    lambda sign, whole, part, exponent: f"{sign}{whole}{part}{exponent}",
    st.sampled_from(["", "-"]),
    st.integers(0, 10**18).map(str),
    st.just("") | st.text("0123456789", min_size=1, max_size=16).map(lambda digits: f".{digits}"),
    st.sampled_from(["", "", "", "e-7", "E+5"]),
)


def read(format_name: str, name: str, text: str, folder: str) -> Any:
    path = Path(folder) / name
    path.write_text(text, "utf-8")
    (reading,) = registry.read([path], format=format_name.partition(",")[0])
    return reading


def same_digits(one: str, other: str) -> bool:
    """Tell whether two texts are one number with the same digits; an exponent may be spelled otherwise."""
    return Decimal(one).as_tuple() == Decimal(other).as_tuple()


@pytest.mark.parametrize("format_name", FILES)
@example(number="5.60")
@example(number="12345678.123456789")
@example(number="9007199254740993.0")
@example(number="-0")
@given(number=NUMBERS)
def test_an_attribute_keeps_its_digits(format_name: str, number: str) -> None:
    name, text = FILES[format_name]
    with tempfile.TemporaryDirectory() as folder:
        reading = read(format_name, name, text.replace("NUMBER", number), folder)
        (annotation,) = reading.case.annotations
        grade = (annotation.attributes or {})["grade"]
        assert same_digits(str(grade), number)
        target = Path(folder) / "again.geojson"
        registry.write([reading], target, format="geojson")
        said = strict_json.loads(target.read_bytes(), exact=True)["features"][0]["properties"]["measurements"]["grade"]
        (back,) = registry.read([target], format="geojson")
    assert same_digits(str(said), number)
    assert (back.case.annotations[0].attributes or {})["grade"] == grade


@pytest.mark.parametrize("number", [2**53, 2**53 + 1, 2**63 + 1, 10**17 + 3])
def test_ids_of_coco_that_are_written_as_decimals_are_those_numbers(number: int, tmp_path: Path) -> None:
    said = json.loads(COCO.replace("NUMBER", "1"))
    text = json.dumps(
        {
            **said,
            "images": [
                {**said["images"][0], "id": number},
                {**said["images"][0], "id": number + 1, "file_name": "y.jpg"},
            ],
        }
    )
    text = text.replace(f'"id": {number}', f'"id": {number}.0').replace('"image_id": 1', f'"image_id": {number}.0')
    (tmp_path / "x.json").write_text(text)
    readings = list(registry.read([tmp_path / "x.json"], format="coco"))
    assert [len(each.case.annotations) for each in readings] == [1, 0]
    registry.write(readings, tmp_path / "y.json", format="coco")
    again = json.loads((tmp_path / "y.json").read_text())
    assert [each["id"] for each in again["images"]] == [number, number + 1]
    assert again["annotations"][0]["image_id"] == number


SCORED = {
    "label-studio": (
        "x.json",
        '[{"data": {"image": "x.png"}, "annotations": [{"result": [{"id": "r", "type": "rectanglelabels", '
        '"score": NUMBER, '
        '"value": {"x": 5, "y": 5, "width": 9, "height": 9, "rectanglelabels": ["a"]}, '
        '"original_width": 100, "original_height": 100}]}]}]',
        "/0/annotations/0/result/0/score",
    ),
    "labelme": (
        "x.json",
        '{"shapes": [{"label": "a", "points": [[1, 1], [5, 1], [5, 5]], "score": NUMBER}]'
        ', "imagePath": "x.jpg", "imageHeight": 20, "imageWidth": 30}',
        "/shapes/0/score",
    ),
    "geojson": (
        "x.geojson",
        '{"type": "FeatureCollection", "features": [' + FEATURE.format(GEOMETRY, '{"confidence": NUMBER}') + "]}",
        "/features/0/properties/confidence",
    ),
}
DOUBLES = ["0.5", "0.50", "1", "0.12345678901234568", "0.10000000149011612", "0.100000001490116119384765625"]
"""Numbers that are doubles: plain, with 17 digits, and one of 32 bits with all the digits that it has."""
BEYOND = ["0.12345678901234567891", "0.000123456789012345678912", "1.2345678901234567891e-3"]


@pytest.mark.parametrize("number", [*DOUBLES, *BEYOND])
@pytest.mark.parametrize("format_name", SCORED)
def test_a_confidence_with_more_digits_than_a_double_is_told(format_name: str, number: str, tmp_path: Path) -> None:
    name, text, place = SCORED[format_name]
    reading = read(format_name, name, text.replace("NUMBER", number), str(tmp_path))
    assert reading.case.annotations[0].confidence == float(number)
    told = [(each.path, each.kind.value) for each in reading.losses]
    assert told == ([(place, "precision")] if number in BEYOND else [])


@pytest.mark.parametrize("number", [*DOUBLES, *BEYOND])
def test_a_score_of_coco_keeps_its_digits_until_the_confidence_is_changed(number: str, tmp_path: Path) -> None:
    text = COCO.replace('"area": 4', f'"area": 4, "score": {number}').replace("NUMBER", "1")
    reading = read("coco", "x.json", text, str(tmp_path))
    assert (reading.case.annotations[0].confidence, list(reading.losses)) == (float(number), [])
    registry.write([reading], tmp_path / "y.json", format="coco")
    (record,) = strict_json.loads((tmp_path / "y.json").read_bytes(), exact=True)["annotations"]
    assert Decimal(record["score"]) == Decimal(number if number in BEYOND else repr(float(number)))
    for confidence in (0.25, None):
        changed = reading.case.annotations[0].model_copy(update={"confidence": confidence})
        case = LoadedCase(reading.case.model_copy(update={"annotations": [changed]}))
        registry.write([case], tmp_path / f"{confidence}.json", format="coco")
        (record,) = json.loads((tmp_path / f"{confidence}.json").read_text())["annotations"]
        assert record.get("score") == confidence


def test_a_score_of_coco_that_is_no_confidence_comes_back_until_there_is_one(tmp_path: Path) -> None:
    text = COCO.replace('"area": 4', '"area": 4, "score": 1.5').replace("NUMBER", "1")
    reading = read("coco", "x.json", text, str(tmp_path))
    given = reading.case.annotations[0].model_copy(update={"confidence": 0.25})
    for annotation, score in ((reading.case.annotations[0], 1.5), (given, 0.25)):
        case = LoadedCase(reading.case.model_copy(update={"annotations": [annotation]}))
        registry.write([case], tmp_path / f"{score}.json", format="coco")
        (record,) = json.loads((tmp_path / f"{score}.json").read_text())["annotations"]
        assert record["score"] == score


@pytest.mark.parametrize("number", [*DOUBLES, *BEYOND])
def test_a_confidence_of_cvat_with_more_digits_is_an_attribute(number: str, tmp_path: Path) -> None:
    shape = '<box label="a" xtl="1" ytl="2" xbr="5" ybr="6"><attribute name="confidence">NUMBER</attribute></box>'
    text = f'<annotations><image id="0" name="p.png" width="20" height="10">{shape}</image></annotations>'
    reading = read("cvat", "x.xml", text.replace("NUMBER", number), str(tmp_path))
    (annotation,) = reading.case.annotations
    told = (None, {"confidence": number}) if number in BEYOND else (float(number), None)
    assert (annotation.confidence, annotation.attributes) == told
    assert not [each for each in reading.losses if each.kind.changes_value]


def test_what_others_say_of_a_category_of_coco_keeps_its_digits(tmp_path: Path) -> None:
    text = COCO.replace("NUMBER", "1").replace('"name": "a"', '"name": "a", "weight": 12345678.1234567890')
    (tmp_path / "x.json").write_text(text)
    registry.write(registry.read([tmp_path / "x.json"], format="coco"), tmp_path / "y.json", format="coco")
    assert b'"weight":12345678.1234567890' in (tmp_path / "y.json").read_bytes()


@pytest.mark.parametrize("track", ["", " 7"])
@pytest.mark.parametrize("number", [*DOUBLES, *BEYOND])
def test_a_confidence_of_yolo_with_more_digits_than_a_double_is_told(number: str, track: str, tmp_path: Path) -> None:
    (tmp_path / "labels").mkdir()
    (tmp_path / "images").mkdir()
    Image.new("L", (20, 10)).save(tmp_path / "images" / "x.png")
    (tmp_path / "labels" / "x.txt").write_text(f"0 .5 .5 .1 .1 {number}{track}\n0 .5 .5 .2 .2\n")
    (tmp_path / "data.yaml").write_text("names: [a]\ntrain: images\nval: images\n")
    (reading,) = registry.read([tmp_path], format="yolo")
    assert reading.case.annotations[0].confidence == float(number)
    told = [(each.path, each.kind.value) for each in reading.losses]
    assert told == ([("/labels~1x.txt/0/score", "precision")] if number in BEYOND else [])
