"""What a YOLO data set is read as while it is written is what its reader makes of the folder."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from annoconv_converters._pictures.columns import BoxPicture, Columns
from annoconv_converters._pictures.picture_format import Whole
from annoconv_converters._pictures.records import Picture, Shape
from annoconv_converters.yolo.boxes import Shares
from annoconv_converters.yolo.write import yolo_format
from annoconv_converters.yolo.written import Files, understood
from hypothesis import given
from hypothesis import strategies as st

import annoconv
from annoconv.casefile import LoadedCase
from annoconv.limits import Limits
from annoconv.model import Case

if TYPE_CHECKING:
    from annoconv_converters.yolo.write import LineKind

NAMES = ["a.png", "b/c.jpg", "images/d.png", "e/images/f.png", "g h.png", "-i.png", "j.x", "k", "ü.png", "l.PNG"]
CLASSES = [{"id": 1, "name": "liver"}, {"id": 2, "name": "a: #b"}, {"id": 3, "name": "3"}]
places = st.floats(0, 19, allow_subnormal=False)
boxes = st.tuples(places, places, st.floats(0, 1), st.floats(0, 1)).map(list)
rings = st.lists(places, min_size=6, max_size=14).map(lambda numbers: numbers[: len(numbers) // 2 * 2])


@st.composite
def pictures(draw: st.DrawFn) -> list[Picture]:
    found: list[Picture] = []
    for name in draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=4, unique=True)):
        shapes: list[Shape] = [
            Shape({"category_id": number, "bbox": box, **({"segmentation": [ring]} if ring else {})})
            for number, box, ring in draw(st.lists(st.tuples(st.integers(1, 3), boxes, st.none() | rings), max_size=4))
        ]
        size: dict[str, int] = {"width": 20, "height": 21} if shapes or draw(st.sampled_from([True, False])) else {}
        found.append(Picture({"file_name": name, **size}, shapes))
        if not any("segmentation" in shape.record for shape in shapes) and size and draw(st.booleans()):
            found[-1] = columned(found[-1])
    return found


def columned(picture: Picture) -> BoxPicture:
    """Return the same picture with boxes that are columns."""
    records = [shape.record for shape in picture.shapes]
    sides = [[x, y, x + width, y + height] for x, y, width, height in (each["bbox"] for each in records)]
    ids = [str(place) for place, _ in enumerate(records)]
    found = BoxPicture(picture.record)
    found.columns = Columns(ids, [each["category_id"] for each in records], sides, ids)
    return found


@pytest.mark.parametrize("kind", ["segment", "detect", "obb"])
@given(given_=pictures())
def test_a_data_set_is_understood_as_it_is_read(kind: LineKind, given_: list[Picture]) -> None:
    format = yolo_format(kind, Limits())
    sizes = {each.record["file_name"]: (21, 20) for each in given_ if "width" in each.record}
    tree = format.tree(given_, CLASSES, Whole(0, len(given_)))
    assert format.understood is not None
    with TemporaryDirectory() as name:
        found = format.understood(tree, given_, sizes, Path(name))
        is_plain = {each.record["file_name"] for each in given_} <= {
            "a.png",
            "b/c.jpg",
            "images/d.png",
            "l.PNG",
        } & sizes.keys()
        assert (found is not None) == is_plain
        if found is None:
            return
        format.save(tree, Path(name))
        read = format.read(Path(name), sizes)
    assert (found.categories, found.classes) == (read.categories, read.classes)
    for one, other in zip(found.pictures, read.pictures, strict=True):
        assert one.record == other.record
        is_whole = not isinstance(one, BoxPicture)  # else nobody asks for the places of lines
        assert one.shapes == [shape if is_whole else replace(shape, place=()) for shape in other.shapes]
    types = [
        [type(number) for shape in each.shapes for number in shape.record.get("bbox", ())] for each in read.pictures
    ]
    assert types == [
        [type(number) for shape in each.shapes for number in shape.record.get("bbox", ())] for each in found.pictures
    ]


def test_files_that_may_not_be_read_are_not_understood() -> None:
    texts = {"data.yaml": "names: []\n", "train.txt": "./images/a.png\n", "labels/a.txt": "0 0.5 0.5 0.1 0.1\n"}
    files = Files(texts, Shares([]))
    sizes = {"a.png": (5, 5)}
    assert understood(files, [Picture({"file_name": "a.png"})], sizes, Path(), "segment", Limits()) is not None
    assert understood(files, [Picture({"file_name": "a.png"})], sizes, Path(), "segment", Limits(line_bytes=16)) is None


def test_pictures_of_usual_and_unusual_names_are_one_data_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from annoconv_converters._pictures import spool

    monkeypatch.setattr(spool, "MOST_TOGETHER", 2)
    box = {"id": "B", "category": "lesion", "label_code": "NODULE", "type": "bbox", "bbox": [1, 2, 3, 4]}
    listed = [
        LoadedCase(
            Case.model_validate(
                {
                    "task_id": "T",
                    "image": {"uid": uid, "modality": "OT", "shape": [20, 20]},
                    "annotations": [box],
                    "metadata": {},
                }
            )
        )
        for uid in ("a", "b c", "d", "e+f", "g")
    ]
    annoconv.write(listed, tmp_path / "set", format="yolo")
    assert len((tmp_path / "set" / "train.txt").read_text().splitlines()) == len(listed)
    assert [each.case for each in annoconv.read(tmp_path / "set")] == [each.case for each in listed]
