"""Cases of boxes and of outlines are understood as columns: the same cases, texts and refusals as the typed way has."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from annoconv.casefile import LoadedCase, Reading, open_case, read_cases, write_cases
from annoconv.casefile.column_cases import (
    ColumnCase,
    as_boxes,
    as_columns,
    box_case_of,
    column_case,
    column_case_of_text,
    outline_case_of,
)
from annoconv.casefile.columns import BoxColumns, OutlineColumns
from annoconv.documents import strict_json
from annoconv.errors import AnnoconvError
from annoconv.limits import Limits
from annoconv.loss import LossReport
from annoconv.model import AnnotationCategory, Case

BOX = {"id": "0", "category": "lesion", "label_code": "NODULE", "type": "bbox", "bbox": [1.5, 2.0, 33.73, 28.45]}
RING = [[1.5, 2.0], [33.73, 2.5], [20.0, 28.45]]
OUTLINE = {**{name: value for name, value in BOX.items() if name != "bbox"}, "type": "polygon", "polygon": RING}
IMAGE = {"uid": "a", "modality": "OT", "shape": [64, 48]}
PLAIN: dict[str, Any] = {"task_id": "T", "image": IMAGE, "annotations": [BOX], "metadata": {}}
NUMBERS = st.sampled_from([0.5, 2.0, 33.73, 1e-7, 1 / 3, -3.5, 1e300, 5, True, None, "1", 1e308])
ODD: list[Any] = [None, "", " a", "a\nb", "结节", "a b", "x" * 200, 1, True, [], {}, "\x00", "1.2.3", "lesion", "a\n"]


def changed(key: str, *more: Any) -> st.SearchStrategy[dict[str, Any]]:
    """Return a change of one member, or that it is left out."""
    return st.sampled_from([*ODD, *more, ...]).map(lambda value: {key: value})


ANNOTATIONS = st.one_of(
    st.just({}),
    changed("id"),
    changed("category", "organ"),
    changed("label_code", "own", "1a", "a-b", "A" * 129),
    changed("type", "point", "BBOX", "bbox", "polygon"),
    st.lists(NUMBERS, max_size=7).map(lambda box: {"bbox": box}),
    st.lists(st.one_of(st.lists(NUMBERS, max_size=3), st.just([1.0, 2.0]), NUMBERS), max_size=5).map(
        lambda ring: {"polygon": ring}
    ),
    st.sampled_from([{"holes": [RING]}, {"parts": [{"polygon": RING}]}, {"polygon": ...}, {"polygon": "x"}]),
    st.sampled_from(["confidence", "notes", "image_uid", "x"]).flatmap(changed),
)
IMAGES = st.one_of(
    st.just({}),
    changed("uid"),
    changed("modality", "DX"),
    changed("shape", [64, 48, 2], [64], [64.0, 48], [0, 1], [-1, 2], [64, "48"]),
    changed("files", [{"path": "b/c.jpg"}], [{"path": "../c.png"}], [{"path": "/c"}], [{"path": "a b.png"}], [{}]),
    changed("files", [{"path": "a"}, {"path": "b"}], [{"path": "a", "format": "png"}], [{"path": "a//b"}]),
    changed("acquired_at", "2026-01-02T03:04:05Z", "2026-01-02T03:04:05.10+08:00", "2026-01-02"),
    changed("extensions", {"annoconv.picture": {"name": "x:y"}}, {"z": [1.50, 1e2]}, {"z": None}),
    changed("spacing", [1.0, 1.0]),
    changed("x"),
)
FRAMES = st.one_of(
    st.just({}),
    st.sampled_from(["task_id", "case_id", "split", "related_images", "registrations", "x"]).flatmap(changed),
    changed("metadata", {"annotator": "r1"}, {"annotator": None}, {"x": 1}),
    changed("labels", [{"code": "NODULE", "number": 3}], [{"code": "1"}], [{"code": "A", "number": 1.0}]),
    changed("extensions", {"a": 1}, {"a": 1.0}, {"a": 0.1}, {"a": 1 / 3}, {"a": None}, {"a": -0.0}, {"a": 1 << 70}),
    changed("extensions", {"a\n": 1}, {"": 1}, {"a b": {"\n": [{}]}}, {"a": 1e-7}, {"a": (1,)}, {"a": 5e22}),
    changed("schema_version", "1.0", "9.9"),
    changed("annotations", [BOX, BOX], [BOX, 1]),
)


def put(told: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in {**told, **change}.items() if value is not ...}


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """Return cases of which most are plain but for one thing."""
    kind = draw(st.sampled_from([BOX, OUTLINE]))
    boxes = [{**kind, "id": str(place)} for place in range(draw(st.integers(0, 3)))]
    place = draw(st.integers(0, 5))
    annotations = [put(each, draw(ANNOTATIONS)) if at == place else each for at, each in enumerate(boxes)]
    image = put(IMAGE, draw(IMAGES)) if place == 3 else IMAGE
    found = put({**PLAIN, "image": image, "annotations": annotations}, draw(FRAMES) if place == 4 else {})
    return dict(reversed(found.items())) if draw(st.booleans()) else found


@settings(max_examples=600)
@given(documents(), st.sampled_from([None, 2]))
@example({**PLAIN, "annotations": []}, None)
@example({**PLAIN, "image": {**IMAGE, "acquired_at": "2026-01-02T03:04:05+00:00"}}, None)
def test_a_text_is_the_same_case(document: dict[str, Any], indent: int | None) -> None:
    text = json.dumps(document, indent=indent, ensure_ascii=False).encode()
    boxes = column_case_of_text(text, Limits(), Path("x.json"))
    if boxes is None:
        return
    typed = strict_json.parse(text, Case)
    same_as(boxes, typed)


@settings(max_examples=600)
@given(documents())
def test_values_are_the_same_case(document: dict[str, Any]) -> None:
    before = repr(document)
    boxes = column_case(document)
    assert repr(document) == before
    if boxes is not None:
        same_as(boxes, strict_json.as_model(document, Case))


def same_as(boxes: ColumnCase, typed: Case) -> None:
    """Check a case of boxes against the typed one."""
    assert strict_json.dumps(boxes.as_document()) == strict_json.dumps(strict_json.plain(typed))
    assert strict_json.dumps(boxes.as_document()) == strict_json.dumps(typed.model_dump(warnings=False))
    typed_ways = box_case_of, outline_case_of
    (again,) = (found for way in typed_ways if (found := way(LoadedCase(typed))) is not None)
    (same,) = (found for way in typed_ways if (found := way(boxes)) is not None)
    assert same is boxes
    assert (again.image, again.columns.annotations) == (boxes.image, boxes.columns.annotations)
    assert again.extensions == boxes.extensions
    assert type(again.columns) is type(boxes.columns)
    assert (again.frame.text, again.frame.document) == (boxes.frame.text, boxes.frame.document)
    assert (boxes.case_id, boxes.image_uid) == (typed.case_id, typed.image.uid)
    whole = LoadedCase(typed)
    assert (boxes.annotation_ids, boxes.label_codes) == (whole.annotation_ids, whole.label_codes)
    assert [*boxes.categories.items()] == [*whole.categories.items()]
    assert boxes.header == typed.model_copy(update={"annotations": []})
    assert boxes.header.model_fields_set == typed.model_fields_set
    assert not boxes.is_typed
    assert boxes.case == typed
    assert repr(boxes.case) == repr(typed)
    assert not boxes.masks
    assert not boxes.fields


@pytest.mark.parametrize(
    "change",
    [{"case_id": "c"}, {"labels": [{"code": "NODULE"}]}, {"extensions": {"a": {"b": [1, "x", True]}}}],
)
def test_most_cases_are_plain(change: dict[str, Any]) -> None:
    assert column_case({**PLAIN, **change}) is not None
    assert column_case_of_text(json.dumps({**PLAIN, **change}).encode(), None, Path("x.json")) is not None


@pytest.mark.parametrize(("told", "kind"), [(BOX, BoxColumns), (OUTLINE, OutlineColumns)])
def test_boxes_are_told_from_outlines(told: dict[str, Any], kind: type) -> None:
    found = column_case({**PLAIN, "annotations": [told]})
    assert found is not None
    assert isinstance(found.columns, kind)
    assert as_columns(found) is found
    assert (as_boxes(found) is found) == (box_case_of(found) is found) == (told is BOX)
    assert (outline_case_of(found) is found) == (told is OUTLINE)
    assert column_case({**PLAIN, "annotations": [BOX, {**OUTLINE, "id": "1"}]}) is None


def test_cases_that_keep_other_things_have_one_frame() -> None:
    """An area of sixteen digits is that of its float, so none is lost."""
    told = [{**PLAIN, "extensions": {"a": {"area": area}}} for area in (420.29200000000003, 336.20199999999994)]
    read = [column_case_of_text(json.dumps(each).encode(), None, Path("x.json")) for each in told]
    made = [column_case(each) for each in told]
    assert all(
        each is not None and each.extensions == case["extensions"] for each, case in zip(read, told, strict=True)
    )
    assert len({id(each.frame) for each in (*read, *made) if each}) == 1
    lost = [b'{"a": 420.2920}', b'{"a": 420.292000000000031}', b'{"a": 4e2}', b'{"a": -0}']
    text = json.dumps({**PLAIN, "extensions": None}).encode()
    assert not any(column_case_of_text(text.replace(b"null", each), None, Path("x.json")) for each in lost)


def test_unusual_limits_are_heeded() -> None:
    assert column_case(PLAIN, limits=Limits(keys=3)) is None
    with pytest.raises(AnnoconvError):
        open_case(json.dumps(PLAIN).encode(), Path("x.json"), limits=Limits(keys=3))


def test_a_reading_is_typed_when_it_is_asked_for() -> None:
    boxes = column_case(PLAIN)
    assert boxes is not None
    reading = Reading.of(boxes, LossReport())
    assert reading.annotation_ids == ["0"]
    assert "case" not in vars(boxes)
    assert reading.case is boxes.case
    for each in (reading, boxes):
        assert pickle.loads(pickle.dumps(each)).case == boxes.case
    with pytest.raises(AttributeError):
        _ = reading.other  # type: ignore[attr-defined]


def test_a_typed_case_that_was_changed_holds(tmp_path: Path) -> None:
    boxes = column_case({**PLAIN, "case_id": "a"})
    assert boxes is not None
    assert as_boxes(boxes) is boxes
    assert not boxes.names_others
    reading, (box,) = Reading.of(boxes, LossReport()), boxes.case.annotations
    box.id, box.label_code, box.category = "1", "LUNG", AnnotationCategory.ORGAN
    boxes.case.image.uid, boxes.case.case_id = "b", "b"
    assert as_boxes(boxes) is None
    assert boxes.names_others
    assert boxes.header is boxes.case
    assert (boxes.case_id, boxes.image_uid, boxes.annotation_ids) == ("b", "b", ["1"])
    assert (boxes.label_codes, boxes.categories) == (["LUNG"], {"LUNG": "organ"})
    found = box_case_of(boxes)
    assert found is not None
    assert found.columns.codes == ["LUNG"]
    write_cases([reading], tmp_path / "x.jsonl")
    (again,) = read_cases(tmp_path / "x.jsonl")
    assert again.case.model_dump(exclude={"schema_version"}) == boxes.case.model_dump(exclude={"schema_version"})


def test_lines_are_written_as_those_of_typed_cases(tmp_path: Path) -> None:
    told = [
        {**PLAIN, "image": {**IMAGE, "uid": f"p{number}"}, "annotations": [each]}
        for number, each in enumerate([BOX, OUTLINE, BOX])
    ]
    source = tmp_path / "in.jsonl"
    source.write_text("".join(f"{json.dumps(each)}\n" for each in told))
    read = [*read_cases(source)]
    assert all(isinstance(each, ColumnCase) for each in read)
    write_cases(read, tmp_path / "boxes.jsonl", as_read=True)
    write_cases([LoadedCase(each.case) for each in read], tmp_path / "typed.jsonl")
    assert (tmp_path / "boxes.jsonl").read_bytes() == (tmp_path / "typed.jsonl").read_bytes()
