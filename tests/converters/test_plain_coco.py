"""Cases of boxes on one picture are drawn as records of COCO in one step: files and losses are those of any way."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import pytest
from annoconv_converters._pictures.draw import draw
from annoconv_converters.coco import plain_pictures, write
from annoconv_converters.coco.drawn_boxes import document_of, drawn_boxes
from hypothesis import example, given
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
    with patch.object(write, "drawn_boxes", lambda _: None):
        assert found == written(cases, folder, **options)
        with patch.object(plain_pictures, "plain_records", lambda *_: None):
            assert found == written(cases, folder, **options)


OPTIONS = st.sampled_from([{}, {}, {"plain": True}, {"kind": "keypoints"}, {"names": "flat"}, {"annotated_only": True}])


@example([PLAIN, NEXT], {})
@example([{**PLAIN, "task_id": "coco"}, {**NEXT, "task_id": "coco"}], {})
@given(documents(), OPTIONS)
def test_one_step_writes_the_same(folder: Path, told: list[dict[str, Any]], options: dict[str, Any]) -> None:
    check_both_ways([LoadedCase(each) for each in cases_of(told)], folder, **options)


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


def test_boxes_are_drawn_as_any_case_is() -> None:
    loaded = LoadedCase(cases_of([NEXT])[0])
    found = drawn_boxes(loaded)
    assert found is not None
    drawing = draw(loaded, axis="k", form="rle", folder=None, only_annotated=False, keypoints=False)
    assert (found.pictures, found.planes) == (drawing.pictures, drawing.planes)
    assert strict_json.dumps(document_of(found)) == strict_json.dumps(document_of(drawing))
    assert list(map(repr, found.pictures)) == list(map(repr, drawing.pictures))


@pytest.mark.parametrize("more", [{"annotations": []}, {"image": {"uid": "a", "modality": "OT"}}])
def test_what_is_more_or_less_is_left_to_any_way(more: dict[str, Any]) -> None:
    assert drawn_boxes(LoadedCase(cases_of([{**PLAIN, **more}])[0])) is None
