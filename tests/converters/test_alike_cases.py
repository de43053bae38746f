"""Cases that are made as one before them was are those that they are by themselves: to the byte, whatever they say."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import pytest
from annoconv_converters._pictures import alike_cases
from annoconv_converters._pictures import read as reader
from annoconv_converters._pictures.alike_cases import AlikeCases
from annoconv_converters._pictures.categories import Categories
from annoconv_converters._pictures.columns import Columns, box_picture
from annoconv_converters._pictures.told_cases import WrittenCase
from hypothesis import given, settings
from hypothesis import strategies as st

import annoconv
from annoconv.codes import Labels
from annoconv.documents import strict_json
from annoconv.documents.residuals import residual
from annoconv.errors import AnnoconvError
from annoconv.limits import Limits
from tests.converters.test_boxes_read import read
from tests.converters.test_side_extensions import CHANGES, EXTENSIONS, LEAVES, NATIVE, PATHS

if TYPE_CHECKING:
    from annoconv_converters._pictures.records import Picture

    from annoconv.casefile import LoadedCase

COUNT = 40
TARGETS = {"yolo": "set", "cvat": "x.xml", "label-studio": "x.json", "geojson": "x.geojson"}


def case(place: int, rng: random.Random, odd: float) -> dict[str, Any]:
    """A case of boxes; those that are not odd differ in their picture, their boxes and what COCO said of these."""
    width, height = rng.choice([(640, 480), (100, 100)])
    boxes: list[dict[str, Any]] = []
    for number in range(rng.choice([1, 3])):
        x, y = round(rng.uniform(0, 50), 2), round(rng.uniform(0, 50), 2)
        told = {"id": f"A{number}", "category": "other", "label_code": rng.choice(["A", "B"]), "type": "bbox"}
        boxes.append({**told, "bbox": [x, y, round(x + 20.25, 2), round(y + 30.5, 2)]})
    image: dict[str, Any] = {"uid": f"p{place}", "modality": "OT", "shape": [width, height]}
    image |= rng.choice([{}, {"files": [{"path": f"some/p{place}.jpg"}]}])
    kept = {each["id"]: {"area": rng.random() * 100} for each in boxes if rng.random() < 0.5}
    extension: dict[str, Any] = {"image": {"license": place}, "info": {"year": 2024}}
    extension |= {"annotations": kept} if kept else {}
    document: dict[str, Any] = {"task_id": "T", "image": image, "annotations": boxes, "metadata": {}}
    document |= {"labels": [{"code": "A", "number": 1}, {"code": "B", "number": 2}]}
    document |= {"extensions": {"annoconv.coco": extension}} if rng.random() < 0.8 else {}
    if rng.random() < odd:
        boxes[0] |= rng.choice([{"id": f"p{place}"}, {"id": "a b"}, {"confidence": 0.5}, {"label_code": "C"}])
        image |= rng.choice([{}, {"uid": f"p {place}"}, {"acquired_at": "2024-01-02T03:04:05Z"}, {"modality": "CR"}])
        image |= rng.choice([{}, {"extensions": {"x": 1}}, {"files": [{"path": f"p{place}.dcm"}]}])
        document |= rng.choice([{}, {"case_id": f"c{place}"}, {"metadata": {"annotator": f"r{place % 2}"}}])
        extension |= rng.choice([{"image": {"license": each}} for each in (1, 1.0, True)])
        extension |= rng.choice([{}, {"image": {"deep": {"a": [1, {"b": 0.1}]}}}, {"annotations": {"z": 1}}])
    return document


def no_case(*_: Any) -> None:
    """In place of `AlikeCases.of`: no case is like another."""


@pytest.mark.parametrize("odd", [0, 0.5])
@pytest.mark.parametrize("format", TARGETS)
def test_cases_are_those_that_they_are_by_themselves(format: str, odd: float, tmp_path: Path) -> None:
    rng = random.Random(f"{format} {odd}")
    lines = (json.dumps(case(place, rng, odd)) for place in range(COUNT))
    (tmp_path / "cases.jsonl").write_text("\n".join(lines))
    target = tmp_path / TARGETS[format]
    annoconv.write(annoconv.read_cases(tmp_path / "cases.jsonl"), target, format=format)
    side = target / "annoconv.json" if target.is_dir() else target.with_suffix(".annoconv.json")
    for is_alone in (False, True):
        if is_alone and format == "yolo":
            break  # nothing else tells the sizes of its pictures
        if is_alone:
            side.unlink()
        with patch.object(alike_cases, "framed_case", side_effect=alike_cases.framed_case) as made:
            found = read(target, format)
        assert len(found) == COUNT
        assert odd or format == "geojson" or made.call_count > COUNT / 3
        with patch.object(reader.AlikeCases, "of", no_case):
            assert found == read(target, format)


KNOWN = Categories([{"id": 1, "name": "A", "supercategory": "lesion"}], Labels.of())


def picture(uid: str, corner: float) -> Picture:
    """What a file shows of two boxes."""
    sides = [[1.5, 2.0, 33.73, 28.45], [corner, corner, 30.0, 40.0]]
    sizes = [[x, y, right - x, bottom - y] for x, y, right, bottom in sides]
    boxes = Columns([1, 2], [1, 1], sides, sizes=sizes, keys=[{"id": "1"}, {"id": "2"}], is_plain=True)
    return box_picture({"id": 1, "file_name": f"{uid}.png", "width": 64, "height": 48}, boxes, key={"uid": uid})


def by_itself(shown: Picture, told: Any) -> LoadedCase | str:
    written = WrittenCase([shown], [shown], told, None, [])
    try:
        return reader._restored(written, KNOWN, None, set(), "cvat", Path("x"), Limits())[0]  # pyright: ignore[reportPrivateUsage]
    except AnnoconvError as error:
        return str(error)


@settings(max_examples=300)
@given(EXTENSIONS, CHANGES, st.lists(LEAVES, max_size=2), st.lists(PATHS, max_size=1))
def test_whatever_a_side_file_holds_is_put_back_as_for_each_alone(
    extensions: dict[str, Any], more: dict[str, Any], odd: list[Any], removed: list[Any]
) -> None:
    told = residual({**NATIVE, "extensions": extensions, **more}, NATIVE).to_json()
    told["values"] += odd
    told["removed"] += removed
    alike = AlikeCases(use_keys=True)
    for uid, corner in (("a", 1.0), ("b", 2.5)):
        found = alike.of([picture(uid, corner)], KNOWN, (), told)
        alone = by_itself(picture(uid, corner), told)
        if found is not None:
            assert not isinstance(alone, str)
            assert strict_json.dumps(found.case) == strict_json.dumps(alone.case)
        elif not isinstance(alone, str):
            alike.note(alone)
