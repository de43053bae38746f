"""What a category of a COCO file defines and its records do not keep to: found, and written so that scorers read it."""

from __future__ import annotations

import json
from html import unescape
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from annoconv import registry
from annoconv.casefile import LoadedCase, Reading

BOX = {"id": 1, "image_id": 1, "category_id": 1, "bbox": [0, 0, 20, 20], "area": 400, "iscrowd": 0}


def read(folder: Path, categories: list[dict[str, Any]], *records: dict[str, Any]) -> Reading:
    image = {"id": 1, "file_name": "a.png", "width": 40, "height": 30}
    path = folder / "in.json"
    annotations = [{**BOX, "category_id": categories[0]["id"], **record} for record in records]
    path.write_text(json.dumps({"images": [image], "categories": categories, "annotations": annotations}))
    (reading,) = registry.read([path], format="coco")
    return reading


def found(reading: Reading) -> list[tuple[str, str]]:
    return [(each.rule, each.path) for each in reading.findings]


@pytest.mark.parametrize("count", [1, 2, 3, 4, 6])
def test_a_record_has_the_keypoints_of_its_category(count: int, tmp_path: Path) -> None:
    points = [number for place in range(count) for number in (place + 1, 2, 2)]
    category = {"id": 1, "name": "cat", "keypoints": ["a", "b", "c"], "skeleton": []}
    reading = read(tmp_path, [category], {"keypoints": points, "num_keypoints": count})
    assert found(reading) == ([] if count == 3 else [("coco.keypoints", "/annotations/1/keypoints")])
    assert any("keypoints" in loss.path for loss in reading.losses) == (count > 3)
    losses = registry.write([LoadedCase(reading.case)], tmp_path / "out.json", format="coco")
    (record,) = json.loads((tmp_path / "out.json").read_text())["annotations"]
    assert record["keypoints"] == (points + [0] * 9)[:9]
    assert record["num_keypoints"] == min(count, 3)
    assert any("/keypoints/3" in loss.path for loss in losses) == (count > 3)


@pytest.mark.parametrize(
    ("skeleton", "is_found"),
    [([[1, 2], [2, 3]], False), ([], False), ([[0, 1], [1, 2]], True), ([[1, 4]], True), ([[1, 2, 3]], True)],
)
def test_lines_of_a_skeleton_join_keypoints_counted_from_one(
    skeleton: list[list[int]], is_found: bool, tmp_path: Path
) -> None:
    category = {"id": 1, "name": "cat", "keypoints": ["a", "b", "c"], "skeleton": skeleton}
    reading = read(tmp_path, [category], {"keypoints": [1, 2, 2] * 3, "num_keypoints": 3})
    assert found(reading) == ([("coco.skeleton", "/categories/0/skeleton")] if is_found else [])


@given(numbers=st.permutations(range(5)), used=st.integers(0, 4))
def test_an_id_that_is_a_number_written_as_text_is_that_number(
    numbers: list[int], used: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("x")
    categories = [{"id": str(number), "name": f"name {number}"} for number in numbers]
    reading = read(folder, categories, {"category_id": str(numbers[used])})
    assert not found(reading)
    registry.write([LoadedCase(reading.case)], folder / "set", format="yolo")
    names = yaml.safe_load((folder / "set" / "data.yaml").read_text())["names"]
    assert names == {number: f"name {number}" for number in range(5)}
    assert (folder / "set/labels/a.txt").read_text().startswith(f"{numbers[used]} ")


def test_an_id_that_states_no_number_of_its_own_is_found(tmp_path: Path) -> None:
    ids: list[Any] = ["cat", 3, "3", -1, "5"]
    reading = read(tmp_path, [{"id": each, "name": f"name {each}"} for each in ids])
    assert found(reading) == [("coco.number", f"/categories/{place}/id") for place in (0, 2, 3)]
    assert [label.number for label in reading.case.labels or ()] == [0, 3, 1, 2, 5]


def test_ids_of_sixty_four_bits_are_read(tmp_path: Path) -> None:
    reading = read(tmp_path, [{"id": each, "name": f"name {each}"} for each in (2**31, 2**53 - 1, 2**53)], {})
    assert [label.number for label in reading.case.labels or ()] == [2**31, 2**53 - 1, 0]
    assert found(reading) == [("coco.number", "/categories/2/id")]


def test_keypoints_that_come_back_whole_are_no_loss_without_the_side_file(tmp_path: Path) -> None:
    category = {"id": 1, "name": "cat", "supercategory": "cat", "keypoints": ["a", "b"], "skeleton": [[1, 2]]}
    points = {"keypoints": [6, 7, 2, 8, 9, 1], "num_keypoints": 2}
    outline = {"segmentation": [[5, 6, 15, 6, 15, 14, 5, 14]], "bbox": [5, 6, 10, 8], "area": 80}
    reading = read(tmp_path, [category], {**points, **outline}, {"id": 2, **points, "segmentation": []})
    losses = registry.write([LoadedCase(reading.case)], tmp_path / "out.json", format="coco", plain=True)
    told, again = (json.loads((tmp_path / name).read_text()) for name in ("in.json", "out.json"))
    assert again["annotations"] == told["annotations"]
    assert again["categories"] == told["categories"]
    assert not list(losses)


def test_lines_that_count_keypoints_from_0_are_read_so_and_found(tmp_path: Path) -> None:
    category = {"id": 1, "name": "cat", "keypoints": ["a", "b", "c"], "skeleton": [[0, 1], [1, 2]]}
    reading = read(tmp_path, [category], {"keypoints": [1, 2, 2, 3, 4, 2, 5, 6, 2], "num_keypoints": 3})
    (label,) = reading.case.labels or ()
    assert label.skeleton is not None
    assert [tuple(line) for line in label.skeleton] == [(0, 1), (1, 2)]
    assert found(reading) == [("coco.skeleton", "/categories/0/skeleton")]
    registry.write([LoadedCase(reading.case)], tmp_path / "out.xml", format="cvat")
    assert unescape((tmp_path / "out.xml").read_text("utf-8")).count('data-type="edge"') == 2


@pytest.mark.parametrize(
    ("more", "found"), [({}, ["/annotations/1/bbox"]), ({"segmentation": [[1, 1, 5, 1, 5, 5]]}, [])]
)
def test_a_box_of_no_numbers_is_found(more: dict[str, Any], found: list[str], tmp_path: Path) -> None:
    """As some tools write objects that their form of a box does not hold."""
    record = {"id": 1, "image_id": 1, "category_id": 1, "bbox": [], "iscrowd": 0, "segmentation": [], **more}
    image = {"id": 1, "file_name": "a.png", "width": 40, "height": 30}
    path = tmp_path / "x.json"
    categories = [{"id": 1, "name": "car"}]
    path.write_text(json.dumps({"images": [image], "categories": categories, "annotations": [record]}))
    (reading,) = registry.read([path], format="coco")
    assert [each.path for each in reading.findings if each.rule == "coco.empty"] == found
