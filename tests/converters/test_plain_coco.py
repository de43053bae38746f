"""Cases of boxes on one picture are drawn as records of COCO in one step: files and losses are those of any way."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import pytest
from annoconv_converters._pictures.draw import draw
from annoconv_converters.coco import again, carried, drawn_plain, plain_pictures, write
from annoconv_converters.coco.drawn_plain import document_of
from hypothesis import example, given, settings
from hypothesis import strategies as st

import annoconv
from annoconv.casefile import LoadedCase
from annoconv.documents import strict_json
from annoconv.errors import AnnoconvError
from tests.converters.test_plain_boxes import NEXT, PLAIN, cases_of, documents
from tests.converters.test_plain_records import RECORDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    return tmp_path_factory.mktemp("coco")


def written(cases: Sequence[Any], folder: Path, **options: Any) -> Any:
    """Return the content of the files that are written and the losses, or why nothing is."""
    target, side = folder / "out.json", folder / "out.annoconv.json"
    side.unlink(missing_ok=True)
    target.unlink(missing_ok=True)
    try:
        losses = annoconv.write(cases, target, format="coco", **options)
    except AnnoconvError as error:
        return type(error), str(error)
    return target.read_bytes(), side.read_bytes() if side.is_file() else b"", [*losses]


def check_both_ways(cases: Sequence[Any], folder: Path, **options: Any) -> None:
    found = written(cases, folder, **options)
    with patch.object(write, "each_drawn_plain", lambda cases: ((each, None) for each in cases)):
        assert found == written(cases, folder, **options)
        with patch.object(plain_pictures, "plain_records", lambda *_: None):
            assert found == written(cases, folder, **options)


OPTIONS = st.sampled_from([{}, {}, {"plain": True}, {"kind": "keypoints"}, {"names": "flat"}, {"annotated_only": True}])


@example([PLAIN, NEXT], {})
@example([{**PLAIN, "task_id": "coco"}, {**NEXT, "task_id": "coco"}], {})
@given(documents(), OPTIONS)
def test_one_step_writes_the_same(folder: Path, told: list[dict[str, Any]], options: dict[str, Any]) -> None:
    check_both_ways([LoadedCase(each) for each in cases_of(told)], folder, **options)


RING = [[1.0, 2.0], [28.45, 2.0], [20.5, 33.73]]
TINY = [[0.1, 0.2], [0.1, 0.2], [0.30000000000000004, 0.2]]
CORNERS = st.sampled_from([0.0, -0.0, 1.0, 2.5, 12.125, 28.45, 33.73, -3.0, 60.0, 5e-10, 1 / 3, 1e7, 1e8])
POLYGONS = st.fixed_dictionaries(
    {
        "category": st.sampled_from(["lesion", "lesion", "other"]),
        "label_code": st.sampled_from(["NODULE", "NODULE", "own", "UNCLASSIFIED"]),
        "type": st.just("polygon"),
        "polygon": st.one_of(
            st.sampled_from([RING, TINY, RING * 11]),
            st.lists(st.tuples(CORNERS, CORNERS).map(list), min_size=3, max_size=5),
        ),
    },
    optional={"holes": st.just([RING]), "confidence": st.just(0.5), "parts": st.just([{"polygon": RING}])},
)


@example([{"category": "lesion", "label_code": "own", "type": "polygon", "polygon": RING}] * 3, [], "coco", {})
@given(st.lists(POLYGONS, max_size=4), st.lists(POLYGONS, max_size=2), st.sampled_from(["T", "coco"]), OPTIONS)
def test_polygons_are_written_the_same(
    folder: Path, some: list[dict[str, Any]], others: list[dict[str, Any]], task: str, options: dict[str, Any]
) -> None:
    documents = [
        {
            **{**PLAIN, "task_id": task, "image": {**PLAIN["image"], "uid": uid}},
            "annotations": [{"id": str(place), **each} for place, each in enumerate(polygons, first)],
        }
        for uid, first, polygons in (("one", 1, some), ("two", 7, others), ("three", 20, some))
    ]
    cases = [LoadedCase(each) for each in cases_of(documents)]
    check_both_ways(cases, folder, **options)
    with patch.object(drawn_plain, "_TOGETHER", 1):
        check_both_ways(cases, folder, **options)


def test_an_error_comes_behind_the_cases_before_it(folder: Path) -> None:
    polygon = {"id": "1", "category": "lesion", "label_code": "own", "type": "polygon", "polygon": RING}
    loaded = LoadedCase(cases_of([{**PLAIN, "annotations": [polygon]}])[0])

    def cases() -> Iterator[LoadedCase]:
        yield loaded
        raise ZeroDivisionError

    met = drawn_plain.each_drawn_plain(cases())
    assert next(met)[0] is loaded
    with pytest.raises(ZeroDivisionError):
        next(met)


@given(st.lists(RECORDS, max_size=4), st.lists(RECORDS, max_size=3))
def test_what_was_read_is_written_again_the_same(
    folder: Path, some: list[dict[str, Any]], others: list[dict[str, Any]]
) -> None:
    """With what its file said otherwise, which is put back."""
    file = folder / "file.json"
    records = [{**each, "id": place} for place, each in enumerate([*some, *others], 1)]
    for record in records[len(some) :]:
        record["image_id"] = 2
    names = ["1.png", "b.jpg"]
    document = {
        "images": [{"id": place, "file_name": name, "width": 64, "height": 48} for place, name in enumerate(names, 1)],
        "annotations": records,
        "categories": [{"id": 1, "name": "x"}, {"id": 2, "name": "LUNG"}, {"id": 3, "name": "x"}],
    }
    file.write_text(json.dumps(document))
    try:
        readings = [*annoconv.read([file], format="coco")]
    except AnnoconvError:
        return
    check_both_ways(readings, folder)


POLYGON = {"id": "1", "category": "lesion", "label_code": "own", "type": "polygon", "polygon": RING}


@pytest.mark.parametrize("told", [NEXT, {**NEXT, "annotations": [POLYGON, {**POLYGON, "id": "2", "polygon": TINY}]}])
def test_boxes_and_polygons_are_drawn_as_any_case_is(told: dict[str, Any]) -> None:
    loaded = LoadedCase(cases_of([told])[0])
    plain = drawn_plain.drawn_plain(loaded)
    assert plain is not None
    found = plain.drawing()
    drawing = draw(loaded, axis="k", form="rle", folder=None, only_annotated=False, keypoints=False)
    assert found.planes == drawing.planes
    said = [strict_json.dumps(document_of(each, [], {})) for each in (found, drawing)]
    assert said[0] == said[1] == strict_json.dumps(strict_json.plain(loaded.case))
    for picture, as_any in zip(found.pictures, drawing.pictures, strict=True):
        assert repr(replace(picture, shapes=[])) == repr(replace(as_any, shapes=[]))
        for shape, other in zip(picture.shapes, as_any.shapes, strict=True):
            assert repr((shape.record, shape.key)) == repr((other.record, other.key))


@pytest.mark.parametrize(
    "more",
    [
        {"annotations": []},
        {"image": {"uid": "a", "modality": "OT"}},
        {"annotations": [{**POLYGON, "confidence": 0.5}]},
        {"annotations": [{**POLYGON, "polygon": [[-0.0, 1], [2, 3], [0, 4]]}]},
    ],
)
def test_what_is_more_or_less_is_left_to_any_way(more: dict[str, Any]) -> None:
    assert drawn_plain.drawn_plain(LoadedCase(cases_of([{**PLAIN, **more}])[0])) is None


EDITS = (
    "of",
    "area",
    "same area",
    "more",
    "stranger",
    "bool",
    "absent",
    "no place",
    "nothing",
    "file",
    "id",
    "taken",
    "label",
    "category",
    "moved",
    "class",
    "picture",
    "number",
    "time",
    "other",
    "size",
    "labels",
)
"""What is done to a case that came from a COCO file before it is written again."""


def edited(case: dict[str, Any], edit: str) -> dict[str, Any]:
    """Return a case otherwise than it was read."""
    case = copy.deepcopy(case)
    kept, (first, *_) = case["extensions"]["annoconv.coco"], case["annotations"]
    others = kept.setdefault("annotations", {})
    told = others.setdefault(first["id"], {"fields": {"area": 3}, "of": "0" * 16})
    match edit:
        case "of":
            told["of"] = "f" * 16
        case "area":
            told["fields"] = {"area": 17.5}
        case "same area":
            told["fields"] = {"area": 800}
        case "more":
            told["fields"] = {**told["fields"], "iscrowd": 1}
        case "stranger":
            others["77"] = told
        case "bool":
            told["fields"] = {"area": True}
        case "absent":
            kept["absent"] = ["iscrowd"]
        case "no place":
            kept["absent"] = ["segmentation", "area", "bbox", "iscrowd"]
        case "nothing":
            kept["absent"], kept["annotations"] = [], {}
        case "file":
            kept["file"] = {}
        case "id":
            first["id"] = "5_"
        case "taken":
            first["id"] = "1"
        case "label":
            first["label_code"] = "LUNG"
        case "category":
            first["category"] = "lesion"
        case "moved":
            place = first[first["type"]]
            (place[0] if first["type"] == "polygon" else place)[0] += 1.5
        case "class":
            kept["categories"] = {code: {**each, "z": True} for code, each in kept["categories"].items()}
        case "picture":
            kept["image"] = {"fields": {"licence": 1, "id": 1}}
        case "number":
            kept["image"] = {"fields": {"id": "a"}}
        case "time":
            kept["image"] = {"fields": {"date_captured": "2026-01-02T03:04:05Z"}}
        case "other":
            case["extensions"]["z"] = 1
        case "size":
            case["image"]["shape"] = [50, 40]
        case "labels":
            case["labels"] = [{**each, "name_en": "other"} for each in case["labels"]]
        case _:
            pytest.fail(edit)
    return case


PLAIN_BOX = {"bbox": [1.0, 2.0, 28.45, 33.73], "iscrowd": 0}
PLAIN_RECORDS = st.fixed_dictionaries(
    {
        "category_id": st.sampled_from([1, 2, 3]),
        "bbox": st.sampled_from([[1.0, 2.0, 28.45, 33.73], [3, 4, 20, 40]]),
        "area": st.sampled_from([959.6185, 959.6185000000001, 800]),
        "iscrowd": st.just(0),
    },
)
TURNED = [2.5, 2, 12, 2.25, 12.5, 12, 2, 12]


def lines_of(folder: Path, some: Sequence[dict[str, Any]], *, are_rings: bool, keys: Sequence[str]) -> list[Any]:
    """Return the cases of a COCO file of several pictures with such records each, as JSON values."""
    file, lines = folder / "file.json", folder / "cases.jsonl"
    outline = {"segmentation": [TURNED]} if are_rings else {}
    records = [
        {
            name: value
            for name, value in {"id": 3 * of + place, "image_id": of, **each, **outline}.items()
            if name in keys
        }
        for of in range(1, 5)
        for place, each in enumerate(some)
    ]
    document = {
        "images": [{"id": of, "file_name": f"{of}.jpg", "width": 64, "height": 48, "licence": 2} for of in range(1, 5)],
        "annotations": records,
        "categories": [{"id": each, "name": f"class {each}"} for each in range(1, 4)],
    }
    file.write_text(json.dumps(document))
    lines.unlink(missing_ok=True)
    annoconv.write_cases((each.loaded for each in annoconv.read([file], format="coco")), lines)
    return [json.loads(line) for line in lines.read_text().splitlines()]


KEYS = ("id", "image_id", "category_id", "segmentation", "bbox", "area", "iscrowd")


def check_again(lines: Path, folder: Path) -> None:
    """Check that cases are written as they are without what is known of those behind others."""
    found = written([*annoconv.read_cases(lines)], folder)
    with patch.object(again.Again, "records", lambda *_: None):
        assert found == written([*annoconv.read_cases(lines)], folder)


OTHER_AREAS = [{"category_id": 1, **PLAIN_BOX, "area": area} for area in (959.6185, 959.6185000000001, 800)]


@pytest.mark.parametrize("edit", EDITS)
@pytest.mark.parametrize("are_rings", [False, True])
def test_a_changed_case_behind_others_is_written_as_any_is(folder: Path, edit: str, *, are_rings: bool) -> None:
    told = lines_of(folder, OTHER_AREAS, are_rings=are_rings, keys=KEYS)
    told[2] = edited(told[2], edit)
    lines = folder / "edited.jsonl"
    lines.write_text("".join(json.dumps(each) + "\n" for each in told))
    check_again(lines, folder)


@given(
    some=st.lists(PLAIN_RECORDS, min_size=1, max_size=3),
    keys=st.sampled_from([KEYS, KEYS[:5], KEYS[:-1]]),
    are_rings=st.booleans(),
)
@settings(max_examples=20)
def test_cases_behind_others_are_written_as_any_are(
    folder: Path, some: list[dict[str, Any]], keys: Sequence[str], *, are_rings: bool
) -> None:
    lines_of(folder, some, are_rings=are_rings, keys=keys)
    check_again(folder / "cases.jsonl", folder)


@pytest.mark.parametrize("are_rings", [False, True])
def test_cases_behind_the_first_are_not_asked_what_comes_back(folder: Path, *, are_rings: bool) -> None:
    told = lines_of(folder, OTHER_AREAS, are_rings=are_rings, keys=KEYS)
    assert "fields" in told[1]["extensions"]["annoconv.coco"]["annotations"]["7"]
    with patch.object(write, "understand", wraps=write.understand) as asked:
        written([*annoconv.read_cases(folder / "cases.jsonl")], folder)
    assert asked.call_count == 1


def check_carried(lines: Path, folder: Path) -> None:
    """Check that cases are written as they are without what is known of those that are like one before."""
    found = written([*annoconv.read_cases(lines)], folder)
    with patch.object(carried.CarriedCases, "alike", lambda *_: None):
        assert found == written([*annoconv.read_cases(lines)], folder)


ELSEWHERE = ("task", "metadata", "numbers", "nothing kept")


def from_elsewhere(case: dict[str, Any], how: str) -> dict[str, Any]:
    """Return a case as one that did not come from a COCO file, or went through another format."""
    match how:
        case "task":
            return {**case, "task_id": "other"}
        case "metadata":
            return {
                **case,
                "metadata": {"annotator": "r1"},
                "split": "train",
                "extensions": {**case["extensions"], "z": {"a": [1]}},
            }
        case "numbers":
            return {**case, "labels": [{**each, "number": each["number"] + 4} for each in case["labels"]]}
        case _:
            told = {name: value for name, value in case.items() if name != "extensions"}
            return {
                **told,
                "task_id": "yolo",
                "annotations": [{**each, "id": f"a{each['id']}"} for each in case["annotations"]],
            }


@pytest.mark.parametrize("edit", EDITS)
@pytest.mark.parametrize(("how", "are_rings"), [("task", True), ("metadata", False), ("numbers", True)])
def test_a_changed_case_from_elsewhere_is_written_as_any_is(
    folder: Path, edit: str, how: str, *, are_rings: bool
) -> None:
    told = lines_of(folder, OTHER_AREAS, are_rings=are_rings, keys=KEYS)
    told[2] = edited(told[2], edit)
    lines = folder / "elsewhere.jsonl"
    lines.write_text("".join(json.dumps(from_elsewhere(each, how)) + "\n" for each in told))
    check_carried(lines, folder)


@pytest.mark.parametrize("how", ELSEWHERE)
@pytest.mark.parametrize("are_rings", [False, True])
def test_cases_from_elsewhere_that_are_alike_are_compared_once(folder: Path, how: str, *, are_rings: bool) -> None:
    told = lines_of(folder, OTHER_AREAS, are_rings=are_rings, keys=KEYS)
    first = told[0]["extensions"]["annoconv.coco"]
    told[0]["extensions"]["annoconv.coco"] = {name: value for name, value in first.items() if name != "file"}
    lines = folder / "elsewhere.jsonl"
    lines.write_text("".join(json.dumps(from_elsewhere(each, how)) + "\n" for each in told))
    with patch.object(write, "compare", wraps=write.compare) as asked:
        written([*annoconv.read_cases(lines)], folder)
    assert asked.call_count == 1
    check_carried(lines, folder)


@given(
    some=st.lists(PLAIN_RECORDS, min_size=1, max_size=3),
    edits=st.lists(st.sampled_from([None, None, *EDITS]), min_size=4, max_size=4),
    hows=st.lists(st.sampled_from([None, *ELSEWHERE]), min_size=2, max_size=2),
    are_rings=st.booleans(),
)
@settings(max_examples=20)
def test_cases_of_all_kinds_are_written_as_any_are(
    folder: Path,
    some: list[dict[str, Any]],
    edits: Sequence[str | None],
    hows: Sequence[str | None],
    *,
    are_rings: bool,
) -> None:
    told = lines_of(folder, some, are_rings=are_rings, keys=KEYS)
    told = [case if edit is None else edited(case, edit) for case, edit in zip(told, edits, strict=True)]
    told = [case if how is None else from_elsewhere(case, how) for case, how in zip(told, hows * 2, strict=True)]
    lines = folder / "mixed.jsonl"
    lines.write_text("".join(json.dumps(each) + "\n" for each in told))
    found = written([*annoconv.read_cases(lines)], folder)
    with (
        patch.object(carried.CarriedCases, "alike", lambda *_: None),
        patch.object(again.Again, "records", lambda *_: None),
    ):
        assert found == written([*annoconv.read_cases(lines)], folder)
