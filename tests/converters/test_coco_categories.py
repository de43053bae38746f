"""Categories of COCO files that are written again: their order, their ids where classes were renamed, what is told."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from annoconv import registry
from annoconv.casefile import LoadedCase
from annoconv.errors import DocumentError
from annoconv.model import Case

if TYPE_CHECKING:
    from pathlib import Path

LISTED = [(9, "person"), (2, "lymph node"), (5, "Tumor"), (7, "dog")]
USED = [[9, 5], [5], [7, 2], [], [9]]
"""Categories of the annotations of each picture."""


def cases_of(path: Path) -> list[LoadedCase]:
    return [LoadedCase(each.case, each.masks) for each in registry.read([path], format="coco")]


def read(folder: Path) -> list[LoadedCase]:
    """Return the cases of a file whose categories are in no order of ids or names."""
    images = [{"id": n + 11, "file_name": f"p{n}.png", "width": 100, "height": 80} for n in range(len(USED))]
    pairs = [(image["id"], number) for image, numbers in zip(images, USED, strict=True) for number in numbers]
    records = [
        {"id": place + 1, "image_id": owner, "category_id": number, "bbox": [10, 5, 8, 6], "area": 48, "iscrowd": 0}
        for place, (owner, number) in enumerate(pairs)
    ]
    categories = [{"id": number, "name": name, "supercategory": "thing"} for number, name in LISTED]
    path = folder / "a.json"
    path.write_text(json.dumps({"images": images, "annotations": records, "categories": categories}))
    return cases_of(path)


def edited(cases: list[LoadedCase], edit: Any) -> list[LoadedCase]:
    """Return cases whose documents were edited."""
    found = []
    for each in cases:
        document = each.case.model_dump(mode="json", exclude_none=True)
        edit(document)
        found.append(LoadedCase(Case.model_validate(document)))
    return found


def documents(cases: list[LoadedCase]) -> list[Any]:
    return [each.case.model_dump(mode="json", exclude_none=True) for each in cases]


def categories_in(path: Path) -> list[tuple[Any, str]]:
    return [(each["id"], each["name"]) for each in json.loads(path.read_text())["categories"]]


@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize("places", [[1, 2, 3, 4], [2, 4], [4, 2, 1]])
def test_categories_keep_their_order_without_the_first_case(places: list[int], plain: bool, tmp_path: Path) -> None:
    cases = read(tmp_path)
    registry.write([cases[place] for place in places], tmp_path / "b.json", format="coco", plain=plain)
    assert categories_in(tmp_path / "b.json") == LISTED
    back = cases_of(tmp_path / "b.json")
    assert [[label.code for label in each.case.labels or ()] for each in back] == [
        [label.code for label in cases[0].case.labels or ()]
    ] * len(places)


def test_a_class_that_is_renamed_keeps_its_id(tmp_path: Path) -> None:
    def rename(document: Any) -> None:
        for each in (*document["labels"], *document["annotations"]):
            name = "code" if "code" in each else "label_code"
            each[name] = each[name].replace("person", "Human")

    cases = edited(read(tmp_path), rename)
    losses = registry.write(cases, tmp_path / "b.json", format="coco")
    assert categories_in(tmp_path / "b.json") == [(9, "Human"), *LISTED[1:]]
    assert {each.kind for each in losses} == {"carried"}
    assert documents(cases_of(tmp_path / "b.json")) == documents(cases)


def test_a_class_that_is_renamed_in_part_is_two_and_the_new_id_is_told(tmp_path: Path) -> None:
    def rename(document: Any) -> None:
        document["labels"][0]["code"] = "Human"

    cases = edited(read(tmp_path), rename)
    losses = registry.write(cases, tmp_path / "b.json", format="coco")
    assert categories_in(tmp_path / "b.json") == [(9, "Human"), *LISTED[1:], (10, "person")]
    path = "/extensions/annoconv.coco/categories/person/id"
    moved = [each.case_index for each in losses if each.path == path and "another id" in str(each.message)]
    assert moved == [0, 4]


def test_a_class_whose_written_name_is_changed_keeps_its_id(tmp_path: Path) -> None:
    """Its code does not follow from the new name, so that COCO has the name that it was read under."""

    def rename(document: Any) -> None:
        document["labels"][1]["name_en"] = "LN"

    cases = edited(read(tmp_path), rename)
    losses = registry.write(cases, tmp_path / "b.json", format="coco")
    assert categories_in(tmp_path / "b.json") == LISTED
    assert {each.kind for each in losses} == {"carried"}
    assert documents(cases_of(tmp_path / "b.json")) == documents(cases)


def test_categories_that_a_case_keeps_are_not_told_as_added(tmp_path: Path) -> None:
    """The first case lists fewer classes than it keeps of its file."""

    def shorten(document: Any) -> None:
        if "file" in document["extensions"]["annoconv.coco"]:
            document["labels"] = document["labels"][:1] + document["labels"][2:3]

    cases = edited(read(tmp_path), shorten)
    losses = registry.write(cases, tmp_path / "b.json", format="coco")
    assert {each.path.split("/")[1] for each in losses} == {"labels"}
    assert documents(cases_of(tmp_path / "b.json"))[0]["extensions"] == documents(cases)[0]["extensions"]


def test_a_class_that_a_case_alone_adds_is_told_of_it(tmp_path: Path) -> None:
    def relabel(document: Any) -> None:
        if document["image"]["uid"] == "p1":
            document["annotations"][0]["label_code"] = "Fresh"

    cases = edited(read(tmp_path), relabel)
    losses = registry.write(cases, tmp_path / "b.json", format="coco", plain=True)
    told = {each.case_index for each in losses if each.path == "/labels/4/code"}
    assert told == {0, 1, 2, 3, 4}


def test_a_new_class_does_not_take_the_number_of_one_whose_id_is_a_text(tmp_path: Path) -> None:
    image = {"id": 1, "file_name": "p.png", "width": 100, "height": 80}
    record = {"id": 1, "image_id": 1, "category_id": "c", "bbox": [10, 5, 8, 6]}
    categories = [{"id": name, "name": name} for name in ("c", "d")]
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"images": [image], "annotations": [record], "categories": categories}))

    def add(document: Any) -> None:
        document["annotations"].append({**document["annotations"][0], "id": "2", "label_code": "Fresh"})

    cases = edited(cases_of(path), add)
    registry.write(cases, tmp_path / "b.json", format="coco")
    assert categories_in(tmp_path / "b.json") == [("c", "c"), ("d", "d"), (2, "Fresh")]
    assert [label.number for label in cases_of(tmp_path / "b.json")[0].case.labels or ()][:2] == [0, 1]


def test_a_list_that_is_none_is_told_as_what_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('{"images": {}, "annotations": [], "categories": []}')
    with pytest.raises(DocumentError, match="has a list of images; found an object; name one"):
        list(registry.read([path], format="coco"))


def test_a_category_that_is_a_text_is_told_apart_from_a_number(tmp_path: Path) -> None:
    record = {"id": 1, "image_id": 1, "category_id": 5, "bbox": [10, 5, 8, 6]}
    image = {"id": 1, "file_name": "p.png", "width": 100, "height": 80}
    told = {"images": [image], "annotations": [record], "categories": [{"id": "5", "name": "x"}]}
    path = tmp_path / "a.json"
    path.write_text(json.dumps(told))
    (reading,) = registry.read([path], format="coco")
    assert str(reading.findings[0].message) == "the category 5 is not defined; expected '5'; add it to categories"
