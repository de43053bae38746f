"""Cases of boxes on one picture are written in one step: files, side file and losses are those of the general way."""

from __future__ import annotations

import pickle
from dataclasses import fields, replace
from math import isfinite
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from annoconv_converters._pictures import alike, drawn, outlines, spool
from annoconv_converters._pictures.boxes import Boxes, boxes_of
from annoconv_converters._pictures.comparison import compare_case
from annoconv_converters._pictures.draw import Drawing, draw
from annoconv_converters._pictures.geometry import array_rounded, rounded
from annoconv_converters._pictures.spool import waiting
from hypothesis import example, given, settings
from hypothesis import strategies as st

import annoconv
from annoconv.casefile import LoadedCase
from annoconv.documents import strict_json
from annoconv.errors import AnnoconvError
from annoconv.model import Case

NUMBERS = st.sampled_from([0, 1, 2.5, 12, 28.45, 33.73, 0.1, -0.0, 10 / 3, 1e2, 5e-10, 1e-7, 63.9999999996])
SIDES = st.tuples(NUMBERS, NUMBERS, NUMBERS, NUMBERS).map(
    lambda box: [min(box[0], box[2]), min(box[1], box[3]), max(box[0], box[2]), max(box[1], box[3])]
)
OF_BOX = {
    "category": st.sampled_from(["lesion", "lesion", "other", "organ"]),
    "label_code": st.sampled_from(["NODULE", "NODULE", "LIVER", "own", "UNCLASSIFIED"]),
    "bbox": st.one_of(SIDES, SIDES, st.just([1, 2, 0, 3, 4, 1]), st.just([-5, -5, 200, 20])),
}
BOXES = st.one_of(
    st.fixed_dictionaries({**OF_BOX, "type": st.just("bbox")}),
    st.fixed_dictionaries(
        {**OF_BOX, "type": st.just("bbox")},
        optional={
            "confidence": st.just(0.5),
            "attributes": st.just({"a": 1}),
            "status": st.just("rejected"),
            "image_uid": st.sampled_from(["a", "other"]),
            "parent_id": st.just("0"),
            "slice_index": st.just(0),
        },
    ),
    st.just({"category": "lesion", "label_code": "own", "type": "point", "point": [3.0, 4.0]}),
)
CORNERS = st.lists(st.tuples(NUMBERS, NUMBERS), min_size=3, max_size=5)
RINGS = st.fixed_dictionaries(
    {
        **OF_BOX,
        "bbox": st.none(),
        "type": st.just("polygon"),
        "polygon": st.one_of(CORNERS, CORNERS, st.just([[0.125, 1e7]] * 3)),
    },
    optional={"holes": st.just([[[1, 1], [2, 1], [2, 2]]]), "confidence": st.just(0.5)},
).map(lambda told: {name: value for name, value in told.items() if name != "bbox"})
PLAIN_RINGS = RINGS.map(lambda told: {name: told[name] for name in ("category", "label_code", "type", "polygon")})
IMAGES = st.fixed_dictionaries(
    {"modality": st.sampled_from(["OT", "OT", "DX"])},
    optional={
        "files": st.sampled_from([[{"path": "b/c.jpg"}], [{"path": "c.dcm"}], [{"path": "a.png"}]]),
        "shape": st.sampled_from([[64, 48], [100, 70], [64, 48, 2]]),
        "acquired_at": st.just("2026-01-02T03:04:05Z"),
        "extensions": st.sampled_from([{"annoconv.picture": {"name": "x:y"}}, {"z": [{"id": "1"}, {"id": "2"}]}]),
        "photometric_interpretation": st.just("RGB"),
    },
)
LABELS = st.sampled_from(
    [
        None,
        [{"code": "NODULE", "number": 3}, {"code": "own", "number": 1}],
        [{"code": "LIVER"}, {"code": "own", "name_en": "mine"}, {"code": "NODULE"}, {"code": "UNCLASSIFIED"}],
        [{"code": "own", "name_en": "liver"}],
    ]
)


def kept(number: int) -> dict[str, Any]:
    """Return what a case keeps of a COCO file; the area of each is another one."""
    return {"annoconv.coco": {"annotations": {f"{number}": {"fields": {"area": 0.1 + number}, "of": f"{number:016}"}}}}


REST = st.fixed_dictionaries(
    {
        "task_id": st.sampled_from(["T", "yolo", "cvat", "geojson"]),
        "metadata": st.sampled_from([{}, {"annotator": "r1"}]),
    },
    optional={
        "extensions": st.sampled_from(
            [
                {"a": True},
                {"a": 1},
                {"a": 1.0},
                {"annoconv.coco": {"annotations": {"0": {"fields": {"iscrowd": 1}}}}},
                *map(kept, range(2)),
                {},
                {"x": {}, "y": [{"id": "1"}, {"id": "2", "mask_file": "a.png", "sha256": None}]},
            ]
        ),
        "split": st.just("train"),
        "texts": st.just([{"id": "t", "kind": "other", "content": "x"}]),
        "case_id": st.just("c"),
    },
)


@st.composite
def documents(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Return cases of which most say no more than boxes and follow others that are alike."""
    found: list[dict[str, Any]] = []
    rest, labels, first = draw(REST), draw(LABELS), 0
    for number in range(draw(st.integers(1, 5))):
        if draw(st.integers(0, 3)) == 0:
            rest, labels = draw(REST), draw(LABELS)
        boxes = draw(
            st.lists(draw(st.sampled_from([BOXES, BOXES, PLAIN_RINGS, PLAIN_RINGS, RINGS | BOXES])), max_size=3)
        )
        image = {
            "uid": "a" if number == 0 else f"p{number}",
            **draw(st.sampled_from([{"shape": [64, 48]}, {"shape": [64, 48]}, {}])),
            **draw(st.just({"modality": "OT"}) | IMAGES),
        }
        annotations = [{"id": str(first + place), **each} for place, each in enumerate(boxes)]
        first += len(boxes)
        told = {} if labels is None else {"labels": labels}
        own = {"extensions": kept(number)} if rest.get("extensions") == kept(0) else {}
        found.append({**rest, **told, **own, "image": image, "annotations": annotations})
    return found


def written(cases: list[Case], format: str) -> Any:
    """Return the content of every file that is written and the losses, or why nothing is."""
    with TemporaryDirectory() as name:
        target = Path(name) / ("out" if format == "yolo" else "out.xml" if format == "cvat" else "out.json")
        try:
            losses = annoconv.write([LoadedCase(each) for each in cases], target, format=format)
        except AnnoconvError as error:
            return type(error), str(error).replace(name, "")
        files = {
            str(path.relative_to(name)): path.read_bytes() for path in sorted(Path(name).rglob("*")) if path.is_file()
        }
        return files, [*losses]


def cases_of(told: list[dict[str, Any]]) -> list[Case]:
    """Return those cases that the model takes."""
    found: list[Case] = []
    for each in told:
        try:
            found.append(Case.model_validate(each))
        except ValueError:
            continue
    return found


BOX = {"id": "0", "category": "lesion", "label_code": "NODULE", "type": "bbox", "bbox": [1.5, 2.0, 33.73, 28.45]}
IMAGE = {"uid": "a", "modality": "OT", "shape": [64, 48]}
PLAIN: dict[str, Any] = {"task_id": "T", "metadata": {}, "image": IMAGE, "annotations": [BOX]}
NEXT = {**PLAIN, "image": {**IMAGE, "uid": "p"}, "annotations": [{**BOX, "id": "1"}, {**BOX, "id": "2"}]}


@pytest.mark.parametrize("format", ["yolo", "cvat", "label-studio", "geojson"])
@settings(max_examples=25)
@example([PLAIN, NEXT], 3)
@example([{**PLAIN, "extensions": {"a": 1}}, {**NEXT, "extensions": {"a": True}}], 3)
@example([{**PLAIN, "extensions": kept(0)}, {**NEXT, "extensions": kept(1)}, {**NEXT, "extensions": {}}], 3)
@example([{**PLAIN, "extensions": {"a": {"mask_file": "x.png"}}}], 3)
@given(documents(), st.sampled_from([3, 1000]))
def test_one_step_writes_the_same(format: str, told: list[dict[str, Any]], together: int) -> None:
    cases = cases_of(told)
    with patch.object(spool, "MOST_TOGETHER", together):
        found = written(cases, format)
        with patch.object(drawn, "boxes_of", return_value=None), patch.object(drawn, "outlines_of", return_value=None):
            assert found == written(cases, format)


@pytest.mark.parametrize("format", ["yolo", "cvat", "label-studio"])  # a box of GeoJSON comes back as a polygon
def test_cases_that_are_alike_are_compared_once(format: str) -> None:
    """Each size of picture once, whatever else each keeps."""
    images = [{**IMAGE, "uid": f"p{place}", "shape": [64, 48 + place % 2]} for place in range(6)]
    cases = [{**PLAIN, "image": each, "extensions": kept(place)} for place, each in enumerate(images)]
    with patch.object(alike, "compare_case", wraps=compare_case) as compared:
        written(cases_of(cases), format)
    assert compared.call_count == 2


RING = {**BOX, "type": "polygon", "polygon": [[1, 2.5], [30.25, 2], [12, 20]]}
del RING["bbox"]
RINGS_OF_CASE = [
    {**RING, "id": f"r{place}", "category": "other", "label_code": f"own{place % 2}"} for place in range(5)
]


def test_rings_of_a_case_are_compared_once_for_each_class() -> None:
    (case,) = cases_of([{**PLAIN, "task_id": "geojson", "annotations": RINGS_OF_CASE}])
    with patch.object(outlines, "compare_case", wraps=compare_case) as compared:
        found = written([case], "geojson")
    assert [len(call.args[0].document["annotations"]) for call in compared.call_args_list] == [2]
    with patch.object(drawn, "outlines_of", return_value=None):
        assert found == written([case], "geojson")


def waits(drawing: Boxes | outlines.Outlines) -> Drawing:
    """Return a drawing in the form in which it waits."""
    return drawing.waiting(drawing.loaded.frame, ()) if isinstance(drawing, Boxes) else drawing.waiting(None, (), None)


@pytest.mark.parametrize("told", [NEXT, {**NEXT, "annotations": RINGS_OF_CASE}])
@pytest.mark.parametrize("image", [IMAGE, {"uid": "a", "modality": "OT"}])
def test_boxes_are_drawn_as_any_case_is(told: dict[str, Any], image: dict[str, Any]) -> None:
    loaded = LoadedCase(cases_of([{**told, "image": image}])[0])
    found = boxes_of(loaded) or outlines.outlines_of(loaded)
    if found is None:
        assert "shape" not in image
        assert told is NEXT
        return
    drawing = draw(loaded, axis="k", form="rle", folder=None, only_annotated=False, keypoints=False)
    assert found.planes == drawing.planes
    for one, other in zip(found.pictures, drawing.pictures, strict=True):
        assert all(
            getattr(one, each.name) == getattr(other, each.name) for each in fields(one) if each.name != "shapes"
        )
        for shape, drawn_ in zip(one.shapes, other.shapes, strict=True):
            assert shape.record.items() <= drawn_.record.items()
            bare = (replace(each, record={}, pieces=strict_json.plain(each.pieces)) for each in (shape, drawn_))
            assert next(bare) == next(bare)
    kept = waits(found)
    assert kept.weight == drawing.weight
    assert kept.document == waiting(drawing, None, (), None).document
    again = pickle.loads(pickle.dumps(kept))
    assert (again.document, again.pictures, again.planes) == (kept.document, kept.pictures, kept.planes)


@given(st.lists(st.floats(-1e12, 1e12), min_size=1), st.sampled_from([2, 9]))
@example([0.285, 2.5e-10, -0.0, 1e12, 0.5], 2)
def test_numbers_are_rounded_as_each_is(numbers: list[float], decimals: int) -> None:
    each = [repr(rounded(number, decimals)) for number in numbers]
    assert each == [repr(number) for number in array_rounded(np.array(numbers), decimals).tolist()]


@given(st.floats(), st.sampled_from([2, 9]))
@example(0.285, 2)
@example(2.5e-10, 9)
@example(-0.0, 9)
def test_a_number_is_rounded_as_python_does(number: float, decimals: int) -> None:
    for each in (number, number % 1000, round(number % 1000, 3) + 0.0005, (number % 1e6 // 1 + 0.5) / 10.0**decimals):
        if not isfinite(each):
            continue
        found = rounded(each, decimals)
        assert repr(found) == repr(round(each, decimals) + 0.0)
