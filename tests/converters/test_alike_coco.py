"""Pictures of a COCO file whose records are boxes, or outlines, are understood at once: as each is by itself."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import pytest
from annoconv_converters.coco import read
from annoconv_converters.coco.alike import AlikePictures
from hypothesis import example, given
from hypothesis import strategies as st

import annoconv
from annoconv.casefile.column_cases import as_columns
from annoconv.casefile.loaded import as_loaded
from annoconv.limits import Limits
from tests.converters.test_plain_records import RECORDS, record_of, told

if TYPE_CHECKING:
    from pathlib import Path

USUAL = st.sampled_from([
    [(1, 2, 3, 4)],
    [(1, 2, 28.45, 33.73), (0, 0, 64, 48)],
    [(2, 2, 12, 2, 12.5, 12, 2, 12)],
    [(60, 1, 9, 9)],
    [(-3, 1, 9, 9), (1, 2, 3, 4)],
])  # fmt: skip
CATEGORIES = [
    {"id": 1, "name": "x"},
    {"id": 2, "name": "LUNG", "supercategory": "organ"},
    {"id": 3, "name": "x"},
    {"id": 4, "name": "肝 脏"},
    {"id": 5, "name": "q", "weight": 5.60},
]
NAMES = st.sampled_from([
    "a.png", "b.jpg", "f/c.jpeg", "é ü.png", "../d.png", "", None, "s_0003.png", "CON.png", "e", "1.png", "dicom.dcm",
    "x" * 5000, 'q".png', "w\n.png", "1.2.840.png",
])  # fmt: skip
IMAGES = st.fixed_dictionaries(
    {
        "file_name": NAMES,
        "width": st.sampled_from([64, 64, 100, 64.0, 1 << 20, (1 << 20) + 1, 0, True]),
        "height": st.sampled_from([48, 48, 30, None]),
    },
    optional={
        "license": st.sampled_from([3, 0.1, 5.60, 12345678901234567890]),
        "date_captured": st.sampled_from(["2013-11-14 11:18:45", "2013-11-14T11:18:45Z"]),
        "annoconv": st.sampled_from([{"case": "1"}, {"residual": 3}, 5]),
        "coco_url": st.just("http://x.org/a.png"),
    },
)
PICTURES = st.lists(
    st.tuples(IMAGES, USUAL, st.lists(RECORDS, max_size=1), st.sampled_from([1, 1, 2, 4, 5]), st.booleans()),
    min_size=1,
    max_size=4,
)
USUAL_IMAGE: dict[str, Any] = {"file_name": "b.png", "width": 64, "height": 48}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("alike")


def file_of(folder: Path, pictures: list[Any]) -> Path:
    """Return a file of pictures, of which the ids of some are their places."""
    images: list[dict[str, Any]] = [{"id": 1, "file_name": "first.png", "width": 64, "height": 48}]
    annotations: list[dict[str, Any]] = []
    for place, (image, shapes, odd, category, is_placed) in enumerate(pictures, 2):
        number = place if is_placed else place + 100
        images.append({"id": number, **image})
        for rank, shape in enumerate(shapes):
            own = {"id": 10 * place + rank, "image_id": number, "category_id": category}
            annotations.append({**record_of(rank, shape), **own})
        annotations += [{**each, "image_id": number, "id": 10 * place + 9} for each in odd]
    file = folder / "file.json"
    file.write_text(json.dumps({"images": images, "annotations": annotations, "categories": CATEGORIES}))
    return file


@example([(USUAL_IMAGE, [(1, 2, 3, 4)], [], 1, True)], {"task": "t"})
@example([(USUAL_IMAGE, [(1, 2, 3, 4)], [], 1, True)], {"limits": Limits(depth=50)})
@example([(USUAL_IMAGE, [(1, 2, 3, 4)], [], 5, False)] * 2, {})
@example([({**USUAL_IMAGE, "license": 3}, [(1, 2, 28.45, 33.73)], [], 2, True)], {})
@given(PICTURES, st.just({}))
def test_each_is_what_it_is_by_itself(folder: Path, pictures: list[Any], options: dict[str, Any]) -> None:
    file = file_of(folder, pictures)

    def found() -> Any:
        return told(lambda: annoconv.read([file], format="coco", context=annoconv.Context(**options)))

    alike = found()
    with patch.object(AlikePictures, "case_of", return_value=None):
        assert alike == found()


def test_classes_of_a_long_list_are_those_that_are_used(tmp_path: Path) -> None:
    classes = [{"id": number, "name": f"k{number}"} for number in range(1, 400)]
    pictures = [(USUAL_IMAGE | {"file_name": f"{at}.png"}, [(1, 2, 3, 4)], [], at, True) for at in (1, 2, 3, 399, 2)]
    with patch(f"{__name__}.CATEGORIES", classes):
        file = file_of(tmp_path, pictures)
    alike = told(lambda: annoconv.read([file], format="coco"))
    with patch.object(AlikePictures, "case_of", return_value=None):
        assert alike == told(lambda: annoconv.read([file], format="coco"))


def test_usual_pictures_are_not_understood_by_themselves(folder: Path) -> None:
    more = {"license": 3, "date_captured": "2013-11-14 11:18:45", "coco_url": "http://x.org/a.png"}
    shapes = [[(1, 2, 28.45, 33.73)], [(2, 2, 12, 2, 12.5, 12, 2, 12)]]
    pictures = [(USUAL_IMAGE | more | {"file_name": f"{at}.png"}, shapes[at % 2], [], 1, False) for at in range(4)]
    file = file_of(folder, pictures)
    with patch.object(read, "understand", wraps=read.understand) as understand:
        cases = [as_columns(as_loaded(each)) for each in annoconv.read([file], format="coco")]
    assert understand.call_count == 1  # the first picture, which has no record
    assert all(cases)
