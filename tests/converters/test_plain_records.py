"""Records that are plain are understood in one step: what they mean is what any record means, to the byte."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import pytest
from annoconv_converters._pictures import meaning
from annoconv_converters._pictures.geometry import (
    each_rounded,
    each_tidy,
    far_side,
    flat_box_to_record,
    rings_to_record,
    rounded,
    tidy,
)
from annoconv_converters._raster.polygons import Rings, rings_of_lists
from annoconv_converters.coco import foreign, plain_pictures, read
from annoconv_converters.coco.differences import digest_of
from annoconv_converters.coco.outlines import outlines_of
from annoconv_converters.cvat.trees import CvatTree
from annoconv_converters.label_studio import trees
from hypothesis import example, given
from hypothesis import strategies as st

import annoconv
from annoconv.casefile.column_cases import as_boxes, as_columns
from annoconv.casefile.columns import OutlineColumns
from annoconv.casefile.loaded import as_loaded
from annoconv.documents import strict_json
from annoconv.errors import AnnoconvError
from annoconv.ids import content_digest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

NUMBERS = st.sampled_from([0, 1, 2.5, 12, 28.45, 33.73, 0.1, -0.0, -3, 640, 1e13, True, None, "1"])
SIZES = st.sampled_from([0, 1, 5.25, 33.73, 700, 10 / 3])
BOXES = st.one_of(
    st.builds(lambda *sides: [*sides], SIZES, SIZES, SIZES, SIZES),
    st.builds(lambda *sides: [*sides], NUMBERS, NUMBERS, SIZES, NUMBERS),
    st.sampled_from([[], None, [1, 2, 3], {}, "box"]),
)
CORNERS = st.lists(st.sampled_from([0, 3, 4.5, 10.1, 20, 33.3]), min_size=4, max_size=12)
OUTLINES = st.one_of(
    CORNERS.map(lambda ring: [ring]),
    st.lists(CORNERS, max_size=2),
    st.sampled_from([[], [[]], None, {}, {"size": [48, 64], "counts": [100, 5, 2967]}, [[1, 1, 9, 1, 9, 9]], [3]]),
)
MEMBERS = {
    "segmentation": OUTLINES,
    "bbox": BOXES,
    "area": st.sampled_from([0, 50, 50.0, 1127.9285, None, "50"]),
    "iscrowd": st.sampled_from([0, 1, 0.0, False]),
    "score": st.sampled_from([0.5, 1, 2, True, None]),
    "attributes": st.sampled_from([{}, {"a": 1, "b": None}, {"track_id": 3}, {"rotation": 30.0}, None, {"c": 0.1}]),
    "keypoints": st.sampled_from([[], [3, 3, 2], None]),
    "caption": st.sampled_from(["text", 3]),
    "ignore": st.just(0),
}
WHOSE = {
    "id": st.sampled_from([1, 2, 3, 0, -1, "4", "a", "a_", "5x", 2**53, 2.0]),
    "image_id": st.just(1),
    "category_id": st.sampled_from([1, 2, 3, 9, "1", None]),
}
USUAL = {
    **WHOSE,
    "bbox": st.builds(lambda *sides: [*sides], SIZES, SIZES, SIZES, SIZES),
    "segmentation": st.one_of(st.just([]), CORNERS.filter(lambda ring: len(ring) % 2 == 0).map(lambda ring: [ring])),
    "iscrowd": st.just(0),
}
RECORDS = st.one_of(
    st.fixed_dictionaries(USUAL, optional={name: MEMBERS[name] for name in ("area", "score", "attributes", "ignore")}),
    st.fixed_dictionaries(WHOSE, optional=MEMBERS),
)
BOX = {"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 2, 28.45, 33.73], "area": 959.6185, "iscrowd": 0}
RING = [2, 2, 12, 2, 12.5, 12, 2, 12]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    return tmp_path_factory.mktemp("plain")


def told(read: Callable[[], Any]) -> Any:
    """Return what is read, with its losses and findings, or why it is not."""
    try:
        return [
            (strict_json.dumps(each.case), sorted(each.masks), [*each.losses], list(each.findings)) for each in read()
        ]
    except AnnoconvError as error:
        return type(error), str(error), str(getattr(error, "findings", ""))


@example([BOX, {**BOX, "id": 2, "segmentation": [RING]}])
@example([{**BOX, "id": number, "segmentation": [RING], "bbox": [2, 2, 10.5, 10], "area": 102.5} for number in (1, 2)])
@example([BOX, BOX])
@example([{**BOX, "bbox": [1e13, 1, 1, 1]}])
@example([{**BOX, "area": 959.6185000000001}, {**BOX, "id": 2, "segmentation": []}])
@given(st.lists(RECORDS, max_size=4))
def test_one_step_says_the_same(folder: Path, records: list[dict[str, Any]]) -> None:
    file = folder / "file.json"
    document = {
        "images": [{"id": 1, "file_name": "a.png", "width": 64, "height": 48}],
        "annotations": records,
        "categories": [{"id": 1, "name": "x"}, {"id": 2, "name": "LUNG"}, {"id": 3, "name": "x"}],
    }
    file.write_text(json.dumps(document))

    def read() -> Any:
        return annoconv.read([file], format="coco")

    found = told(read)
    with patch.object(foreign, "plain_picture", lambda *_, **__: None):
        assert found == told(read)
        with patch.object(meaning, "plain_annotations", lambda *_, **__: None):
            assert found == told(read)


LEFT_OUT = st.sets(st.sampled_from(["segmentation", "area", "bbox", "iscrowd"]))
CORNERS_OF_BOXES = st.sampled_from([0, 1, 2.5, 12, 28.45, 33.73, 0.1, -0.0, -3, 60, 5e-10, 1 / 3, 1e12])
ODD: dict[str, list[Any]] = {
    "id": ["2", 0, 10**18],
    "category_id": [3, 9, True],
    "bbox": [[], [2, 2, 10.5, 10], [1, 2, 3, True], [1, 2, 3], [1, 2, -1, 3], None],
    "area": [5, 0, True, None, "5", 959.6185000000001],
    "iscrowd": [0.0, False, 1],
    "segmentation": [None, [], {}, [RING], [RING, RING], [[1, 1, 2, 2, True, 3]], [[1, 2, 3]], [[1e8] * 6], [[0] * 7]],
    "score": [0.5],
    "ignore": [1],
}
STRANGE = st.sampled_from([(name, value) for name, values in ODD.items() for value in values])


RINGS = st.one_of(
    st.lists(CORNERS_OF_BOXES.filter(lambda each: each < 1e7), min_size=3, max_size=5).map(
        lambda each: [*each, *each[1:], 7.5]
    ),
    st.just([2, 2, 12, 2, 12, 12, 2, 12]),
)
SHAPES = st.one_of(
    st.lists(st.tuples(CORNERS_OF_BOXES, CORNERS_OF_BOXES, SIZES, SIZES), max_size=5), st.lists(RINGS, max_size=4)
)


def record_of(place: int, shape: Sequence[float]) -> dict[str, Any]:
    """Return the record of a box, `x, y, width, height`, or of a ring."""
    if len(shape) == 4:
        x, y, width, height = shape
        drawn = {**flat_box_to_record([x, y, far_side(x, width), far_side(y, height)]), "bbox": [*shape]}
    else:
        drawn = rings_to_record(Rings([[*map(float, shape)]]))
    return {"id": place, "image_id": 1, "category_id": place % 2 + 1, "iscrowd": 0, **drawn}


@example([(1, 2, 3, 4)], set(), [])
@example([(0.1, 0.2, 0.3, 0.1), (1 / 3, 5e-10, 0, 1)], set(), [("area", True)])
@example([(1, 1, 1, 1)] * 2, {"area"}, [("id", 7)])
@example([RING, RING], set(), [("area", 102.6)])
@example([RING, RING], {"bbox"}, [("area", True)])
@example([RING, RING], set(), [("bbox", [2, 2, 10.5, 10.125]), ("area", 103)])
@given(SHAPES, LEFT_OUT, st.lists(STRANGE, max_size=2))
def test_columns_say_the_same(
    folder: Path, shapes: list[Sequence[float]], left_out: set[str], strange: list[tuple[str, Any]]
) -> None:
    file = folder / "columns.json"
    records = [record_of(place, shape) for place, shape in enumerate(shapes, 1)]
    for record in records:
        for name in left_out:
            del record[name]
    for record in records[-1:]:
        record |= dict(strange)
    records = [dict(reversed(each.items())) if place % 3 else each for place, each in enumerate(records)]
    document = {
        "images": [{"id": 1, "file_name": "2.png" if len(shapes) > 3 else "a.png", "width": 64, "height": 48}],
        "annotations": records,
        "categories": [{"id": 1, "name": "x"}, {"id": 2, "name": "LUNG"}, {"id": 3, "name": "x"}],
    }
    file.write_text(json.dumps(document))

    def read() -> Any:
        return annoconv.read([file], format="coco")

    found = told(read)
    with patch.object(plain_pictures, "plain_records", lambda *_: None):
        assert found == told(read)


BOXES_OF_PICTURE = st.lists(st.tuples(CORNERS_OF_BOXES, CORNERS_OF_BOXES, SIZES, SIZES), max_size=3)


@example([([(1, 2, 3, 4)], set(), []), ([(1, 2, 3, 4)], {"area"}, [("bbox", [10**400, 1, 1, 1])])])
@example([([(1, 2, 3, 4)] * 2, set(), [("area", 5.600000000000001)]), ([(1, 2, 3, 4)], set(), [("image_id", True)])])
@example([([(1, 2, 3, 4)], set(), []), ([(1, 2, 3, 4)], set(), [("image_id", 2.0), ("iscrowd", 0.0), ("area", 12)])])
@example([([RING], set(), [("area", 102.6)]), ([RING] * 2, {"bbox"}, []), ([(1, 2, 3, 4)], set(), [])])
@example([([RING], set(), [("bbox", [2, 2, 10.5, 40])]), ([RING, (1, 2, 3, 4)], set(), []), ([RING], {"area"}, [])])
@given(
    st.lists(
        st.tuples(BOXES_OF_PICTURE | st.lists(RINGS, max_size=3), LEFT_OUT, st.lists(STRANGE, max_size=1)), max_size=4
    )
)
def test_records_of_many_pictures_say_the_same(
    folder: Path, pictures: list[tuple[list[Sequence[float]], set[str], list[tuple[str, Any]]]]
) -> None:
    """Plain, almost plain and damaged ones, which are looked at together."""
    file = folder / "pictures.json"
    records: list[dict[str, Any]] = []
    for number, (boxes, left_out, strange) in enumerate(pictures, 1):
        own = [{**record_of(len(records) + place, each), "image_id": number} for place, each in enumerate(boxes, 1)]
        for record in own[-1:]:
            record |= dict(strange)
        records += ({name: value for name, value in each.items() if name not in left_out} for each in own)
    images = [{"id": number + 1, "file_name": f"{number}.png", "width": 64, "height": 48} for number in range(4)]
    categories = [{"id": 1, "name": "x"}, {"id": 2, "name": "LUNG"}, {"id": 3, "name": "x"}]
    file.write_text(json.dumps({"images": images, "annotations": records, "categories": categories}))

    def read() -> Any:
        return annoconv.read([file], format="coco")

    found = told(read)
    with patch.object(plain_pictures, "plain_records", lambda *_: None):
        assert found == told(read)


def test_plain_boxes_are_held_as_such(folder: Path) -> None:
    """Also where what is kept of a picture differs; numbers of many digits go the general way."""
    file = folder / "held.json"
    images = [{"id": place, "file_name": f"{place}.png", "width": 64, "height": 48} for place in range(1, 5)]
    told = [BOX, {**BOX, "area": 959.6185000000001}, {**BOX, "bbox": [1, 2, 28.45, 33.73000000001]}, BOX]
    records = [{**each, "id": place, "image_id": place} for place, each in enumerate(told, 1)]
    text = json.dumps({"images": images, "annotations": records, "categories": [{"id": 1, "name": "x"}]})
    file.write_text(text.replace('"4.png"', '"4.png", "note": 1.50'))
    found = [as_boxes(as_loaded(each)) is not None for each in annoconv.read([file], format="coco")]
    assert found == [True, True, True, False]


def test_plain_outlines_are_held_as_such(folder: Path) -> None:
    """Whatever area and box their file says; one that has more, or is among boxes, goes the general way."""
    file = folder / "rings.json"
    images = [{"id": place, "file_name": f"{place}.png", "width": 64, "height": 48} for place in range(1, 6)]
    ring = {"category_id": 1, "iscrowd": 0, "segmentation": [RING], "area": 102.49999999999997}
    told = [ring, {**ring, "bbox": [0, 0, 9, 9]}, {**ring, "segmentation": [RING, RING]}, {**ring, "score": 0.5}, BOX]
    records = [{**each, "id": place, "image_id": place} for place, each in enumerate(told, 1)]
    records.append({**ring, "id": 9, "image_id": 5})
    file.write_text(json.dumps({"images": images, "annotations": records, "categories": [{"id": 1, "name": "x"}]}))
    found = [as_columns(as_loaded(each)) for each in annoconv.read([file], format="coco")]
    assert [each is not None and isinstance(each.columns, OutlineColumns) for each in found] == [True, True] + [
        False
    ] * 3


@given(st.lists(st.floats(-1e15, 1e15) | CORNERS_OF_BOXES), st.integers(-(10**12), 10**12))
@example([0.0000000005, 2.5e-10, -0.0, 1e300], 3)
def test_many_numbers_are_rounded_as_one(numbers: list[float], whole: int) -> None:
    for each in ([*numbers, whole], [round(number, 9) + 5e-10 for number in numbers]):
        assert list(map(repr, each_rounded(each))) == list(map(repr, map(rounded, each)))
        assert list(map(repr, each_tidy(each))) == list(map(repr, map(tidy, each)))


SHAPED = st.lists(st.lists(CORNERS_OF_BOXES | st.integers(-5, 10**8) | st.sampled_from([True, "1", 1e300]), max_size=9))


@given(SHAPED, st.lists(st.floats(-2e7, 2e7), min_size=6, max_size=6))
@example([[1, 2, 3.5, 4, 5, 6] * 11, [0.0, -0.0, 1, 2, 3, 4], [10**400, 0, 1, 2, 3, 4], [0.1] * 64], [1e-5] * 6)
def test_many_outlines_are_measured_as_one(some: list[list[Any]], floats: list[float]) -> None:
    given = [*([each] for each in some), [floats], [], [[], []], None, [3], {}]
    for drawn, found in zip(given, outlines_of([{"segmentation": each} for each in given]), strict=True):
        if found is None:
            continue
        rings = rings_of_lists(drawn)
        again = rings_to_record(rings)
        assert repr((found.area, found.sides, found.polygon)) == repr((rings.area, [*rings.box], rings[0]))
        assert repr([[found.flat], found.drawn_area, found.drawn_box]) == repr([*again.values()])
        assert found.segmentation is drawn
    assert outlines_of([{"segmentation": [[1.0, 2.0, 3.0, 4.5, 5.0, 6.0]]}])[0]


@given(st.lists(st.floats(-1e20, 1e20) | CORNERS_OF_BOXES | st.integers()), st.floats(0, 1e9) | st.none())
@example([0.0001, 1e16, 1e22, 12345678.9, 1e-5, -0.0], 3)
def test_a_digest_is_that_of_the_text(numbers: list[float], area: float | None) -> None:
    text = json.dumps([[numbers], area, numbers, None, None])
    assert digest_of({"segmentation": [numbers], "area": area, "bbox": numbers}) == content_digest(text.encode())[:16]


@pytest.mark.parametrize("results", [False, True])
def test_pictures_are_read_some_at_a_time(folder: Path, results: bool) -> None:
    """Whose annotations stand anywhere in the file, or nowhere; two are slices of one image."""
    truth, file = folder / "truth.json", folder / "file.json"
    names = ["a.png", "b.png", "v_k0000.png", "c.png", "v_k0001.png"]
    images = [{"id": place, "file_name": name, "width": 64, "height": 48} for place, name in enumerate(names)]
    owners = [3, 0, 2, 3, 4, 0]
    records: list[dict[str, Any]] = [{**BOX, "id": place, "image_id": each} for place, each in enumerate(owners, 1)]
    categories = [{"id": 1, "name": "x"}]
    truth.write_text(json.dumps({"images": images, "annotations": records, "categories": categories}))
    file.write_text(json.dumps([{**each, "score": 0.5} for each in records]))

    def read_all() -> Any:
        return annoconv.read(
            [file if results else truth], format="coco", **({"ground_truth": truth} if results else {})
        )

    found = told(read_all)
    for most in (1, 1200, 1800):
        with patch.object(read, "_AHEAD", most):
            assert found == told(read_all)
    assert [len(json.loads(text)["annotations"]) for text, *_ in found] == ([2, 2, 2] if results else [2, 0, 2, 2])


CVAT_BOXES = st.fixed_dictionaries(
    {
        "label": st.sampled_from(["a", "b", "LUNG", ""]),
        **{name: st.sampled_from(["1", "1.50", "3.1", "7e0"]) for name in ("xtl", "ytl")},
        **{name: st.sampled_from(["9", "12.25", "33.333333333333", "90"]) for name in ("xbr", "ybr")},
    },
    optional={
        "source": st.sampled_from(["manual", "file", "auto", "", "other"]),
        "occluded": st.sampled_from(["0", "1", ""]),
        "z_order": st.sampled_from(["0", "2"]),
        "rotation": st.sampled_from(["0", "0.0", "30"]),
        "group_id": st.sampled_from(["0", "3"]),
        "other": st.just("x"),
    },
)
WITHIN = st.sampled_from(
    ["", "  ", "text", *(f'<attribute name="{name}">0.5</attribute>' for name in ("n", "confidence"))]
)


@given(st.lists(st.tuples(CVAT_BOXES, WITHIN), max_size=4))
def test_a_box_of_cvat_loses_the_same(folder: Path, boxes: list[tuple[dict[str, str], str]]) -> None:
    file = folder / "file.xml"
    said = [" ".join(f'{name}="{value}"' for name, value in each.items()) for each, _ in boxes]
    shapes = "".join(f"<box {each}>{within}</box>" for each, (_, within) in zip(said, boxes, strict=True))
    file.write_text(f'<annotations><image id="0" name="a.png" width="64" height="48">{shapes}</image></annotations>')

    def read() -> Any:
        return annoconv.read([file], format="cvat")

    found = told(read)
    with patch.object(CvatTree, "_box", lambda *_: None):
        assert found == told(read)


RESULTS = st.fixed_dictionaries(
    {
        "id": st.sampled_from(["1", "2", "x"]),
        "type": st.sampled_from(["rectanglelabels", "rectanglelabels", "rectangle"]),
        "value": st.fixed_dictionaries(
            {
                **{name: st.sampled_from([0, 12.5, 3.3333333333, 40]) for name in ("x", "y", "width", "height")},
                "rotation": st.sampled_from([0, 0.0, 30, 360]),
                "rectanglelabels": st.sampled_from([["a"], ["b"], ["a", "b"], []]),
            },
            optional={"note": st.just(1)},
        ),
        "original_width": st.sampled_from([64, 64, 64.0]),
        "original_height": st.just(48),
    },
    optional={
        "origin": st.sampled_from(["manual", "prediction", "other"]),
        "image_rotation": st.sampled_from([0, 90]),
        "to_name": st.just("image"),
        "score": st.just(0.5),
        "parentID": st.just("1"),
        "meta": st.just({"text": ["t"]}),
    },
)


@given(st.lists(RESULTS, max_size=4))
def test_a_box_of_label_studio_loses_the_same(folder: Path, results: list[dict[str, Any]]) -> None:
    file = folder / "tasks.json"
    file.write_text(json.dumps([{"id": 1, "data": {"image": "a.png"}, "annotations": [{"result": results}]}]))

    def read() -> Any:
        return annoconv.read([file], format="label-studio")

    found = told(read)
    with patch.object(trees, "box_again", lambda *_: None):
        assert found == told(read)


def test_what_is_usual_is_plain(folder: Path) -> None:
    """The short way is taken at all: boxes and polygons are not drawn to be compared."""
    file = folder / "usual.json"
    records = [BOX, {**BOX, "id": 2, "segmentation": [RING]}]
    document = {
        "images": [{"id": 1, "file_name": "a.png", "width": 64, "height": 48}],
        "annotations": records,
        "categories": [{"id": 1, "name": "x"}],
    }
    file.write_text(json.dumps(document))
    with patch.object(foreign, "draw", side_effect=AssertionError):
        (reading,) = annoconv.read([file], format="coco")
    assert [each.type for each in reading.case.annotations] == ["bbox", "polygon"]

    for alike in (BOX, records[1]):
        file.write_text(json.dumps({**document, "annotations": [{**alike, "id": 1}, {**alike, "id": 2}]}))
        with patch.object(plain_pictures, "geometry_of", side_effect=AssertionError):
            (reading,) = annoconv.read([file], format="coco")
        assert [each.id for each in reading.case.annotations] == ["1", "2"]


def test_what_most_records_do_not_say_is_said_once(tmp_path: Path) -> None:
    """A case keeps for a picture what its records leave out; an annotation that is another thing now keeps its own."""
    file, again = tmp_path / "file.json", tmp_path / "again.json"
    bare = {"image_id": 1, "category_id": 1, "bbox": [1, 2, 28.45, 33.73]}
    records = [*({"id": number, **bare} for number in (1, 2, 3)), {"id": 4, **bare, "segmentation": [], "ignore": 1}]
    document = {
        "images": [{"id": 1, "file_name": "a.png", "width": 64, "height": 48}],
        "annotations": records,
        "categories": [{"id": 1, "name": "x"}],
    }
    file.write_text(json.dumps(document))
    (reading,) = annoconv.read([file], format="coco")
    kept = (reading.case.extensions or {})["annoconv.coco"]
    assert kept["absent"] == ["segmentation", "area", "iscrowd"]
    assert kept["annotations"] == {"4": {"fields": {"ignore": 1}, "absent": ["area", "iscrowd"]}}
    annoconv.write([reading], again, format="coco")
    assert json.loads(again.read_text())["annotations"] == records

    outline = [[1.0, 2.0], [20.0, 2.0], [20.0, 30.0]]
    polygon = {**reading.case.annotations[0].model_dump(exclude={"bbox"}), "type": "polygon", "polygon": outline}
    others = [each.model_dump() for each in reading.case.annotations[1:]]
    changed = type(reading.case).model_validate({**reading.case.model_dump(), "annotations": [polygon, *others]})
    annoconv.write([annoconv.LoadedCase(changed)], again, format="coco", overwrite=True, plain=True)
    first, *rest = json.loads(again.read_text())["annotations"]
    assert first["segmentation"] == [[1.0, 2.0, 20.0, 2.0, 20.0, 30.0]]
    assert rest == records[1:]


def test_what_is_not_drawn_is_kept_whole(tmp_path: Path) -> None:
    """What most records of a picture do not say is no matter of a record without a place, which has it."""
    file, again = tmp_path / "file.json", tmp_path / "again.json"
    bare = {"image_id": 1, "category_id": 1, "segmentation": [], "bbox": [1, 2, 28.45, 33.73]}
    document = {
        "images": [{"id": 1, "file_name": "a.png", "width": 64, "height": 48}],
        "annotations": [
            *({"id": number, **bare} for number in (1, 2, 3)),
            {"id": 4, "image_id": 1, "category_id": 1, "area": 5, "iscrowd": True},
        ],
        "categories": [{"id": 1, "name": "x"}],
    }
    file.write_text(json.dumps(document))
    for plain in (False, True):
        readings = annoconv.read([file], format="coco")
        losses = annoconv.write(readings, again, format="coco", overwrite=True, plain=plain)
        assert json.loads(again.read_text())["annotations"] == document["annotations"]
        assert not losses


@pytest.mark.parametrize("numbers", [[3, 1, 2], ["b", "a", "1"], [1, "1a", 2**70], [2**63 - 1, -(2**63), 0]])
def test_annotations_find_their_pictures_by_any_id(tmp_path: Path, numbers: list[int | str]) -> None:
    """Ids that are packed, and those that are texts or have too many bits for it; a file without pictures of them."""
    file = tmp_path / "file.json"
    images = [
        {"id": each, "file_name": f"p{place}.png", "width": 64, "height": 48} for place, each in enumerate(numbers)
    ]
    owners = [numbers[place] for place in (2, 0, 2, 1, 0)]
    records: list[dict[str, Any]] = [{**BOX, "id": place, "image_id": each} for place, each in enumerate(owners, 1)]
    document = {"images": images, "annotations": records, "categories": [{"id": 1, "name": "x"}]}
    file.write_text(json.dumps(document))
    found = [[each.id for each in reading.case.annotations] for reading in annoconv.read([file], format="coco")]
    assert found == [["2", "5"], ["4"], ["1", "3"]]

    records[3]["image_id"] = 7
    file.write_text(json.dumps(document))
    with pytest.raises(AnnoconvError) as caught:
        list(annoconv.read([file], format="coco"))
    assert [(each.rule, each.path) for each in caught.value.findings] == [("coco.dangling", "/annotations/3/image_id")]


def test_an_empty_id_is_none(tmp_path: Path) -> None:
    file = tmp_path / "file.json"
    document = {
        "images": [{"id": 1, "file_name": "a.png", "width": 64, "height": 48}],
        "annotations": [BOX, {**BOX, "id": ""}],
        "categories": [{"id": 1, "name": "x"}],
    }
    file.write_text(json.dumps(document))
    with pytest.raises(AnnoconvError) as caught:
        list(annoconv.read([file], format="coco"))
    assert [(each.rule, each.path) for each in caught.value.findings] == [("coco.no_id", "/annotations/1/id")]


def test_a_box_of_no_width_does_not_end_before_it_begins(tmp_path: Path) -> None:
    """Although sums are rounded to nine decimals."""
    file = tmp_path / "file.json"
    document = {
        "images": [{"id": 1, "file_name": "a.png", "width": 64, "height": 48}],
        "annotations": [{**BOX, "bbox": [10 / 3, 1, 0, 5], "area": 0}, {**BOX, "id": 2, "bbox": [1, 10 / 3, 5, 0]}],
        "categories": [{"id": 1, "name": "x"}],
    }
    file.write_text(json.dumps(document))
    (reading,) = annoconv.read([file], format="coco")
    assert [each.bbox for each in reading.case.annotations] == [[10 / 3, 1, 10 / 3, 6], [1, 10 / 3, 6, 10 / 3]]
    annoconv.write([reading], tmp_path / "out.xml", format="cvat")
    (back,) = annoconv.read([tmp_path / "out.xml"], format="cvat")
    assert back.case.annotations == reading.case.annotations
