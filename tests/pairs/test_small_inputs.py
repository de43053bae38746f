"""Small inputs that were once read wrongly, each of a kind, through every target, with the right answer written down.

`small_inputs` holds them, made after what users of other tools reported; those of names of classes stand in
`tests/converters/class_names`. What was written is read by pycocotools, PyYAML, ElementTree and json.
"""

from __future__ import annotations

import contextlib
import io
import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pytest
from pycocotools import mask as runs
from pycocotools.coco import COCO

from annoconv import registry
from annoconv.casefile import LoadedCase, Reading
from annoconv.errors import InputError
from tests.pairs import Box, DataSet, Page, Thing
from tests.pairs.targets import READ
from tests.pairs.test_shapes import AREAS, FRAMES, TARGETS, Skeleton

if TYPE_CHECKING:
    from annoconv.loss import LossReport

INPUTS: Final = Path(__file__).parent / "small_inputs"
CLASSES: Final = Path(__file__).parent.parent / "converters" / "class_names"
BOX: Final = Box(2, 2, 6, 6)
"""What the small inputs of names of classes have drawn, except for LabelMe's second."""


def read(source: str, *paths: Path) -> list[Reading]:
    """Read files one by one, as a user would who gets one each day."""
    return [each for path in paths for each in registry.read([path], format=source)]


def write(readings: list[Reading], target: str, folder: Path, **options: Any) -> tuple[Path, LossReport]:
    out = folder / f"out{registry.converter('to', target).suffix}"
    losses = registry.write([LoadedCase(one.case, one.masks) for one in readings], out, format=target, **options)
    return out, losses


def check(source: str, paths: list[Path], target: str, data: DataSet, folder: Path, *, is_list: bool = False) -> None:
    """Hold what a target says of files against what they say; without a loss that changes anything."""
    readings = read(source, *paths)
    out, losses = write(readings, target, folder)
    seen = READ[target](out, data)
    told = Counter((name, label, shape.rounded()) for name, things in seen.pages for label, shape in things)
    said = Counter(
        (page.name, None if thing.label is None else data.classes[thing.label], thing.shape.rounded())
        for page in data.pages
        for thing in page.things
    )
    assert told == said
    assert sorted(name for name, _ in seen.pages) == sorted(page.name for page in data.pages)
    if seen.classes is not None:
        names = [name for _, name in seen.classes]
        assert names == list(data.classes) if is_list else sorted(names) == sorted(data.used)
        if is_list and target != "cvat":
            numbers = [number for number, _ in seen.classes]
            assert numbers == ([*data.numbers] if target == "coco" else [*range(len(data.classes))])
    every = [*losses, *(each for one in readings for each in one.losses)]
    changed = {loss.path for loss in every if loss.kind.changes_value}
    renumbered = target == "yolo" and data.numbers[:1] != (0,)
    assert changed <= ({f"/labels/{place}/number" for place in range(len(data.classes))} if renumbered else set())


def page(name: str, *things: Thing, width: int = 40, height: int = 30) -> Page:
    return Page(name, width, height, things)


TWO_NAMES: Final[dict[str, tuple[str, list[Path], DataSet]]] = {
    "labelme_ascii": (
        "labelme",
        [CLASSES / "labelme_ascii" / "a.json", CLASSES / "labelme_ascii" / "b.json"],
        DataSet(("HER2+", "HER2-"), (0, 1), (page("a.png", Thing(0, BOX)), page("b.png", Thing(1, Box(12, 2, 6, 6))))),
    ),
    "labelme_zh": (
        "labelme",
        [CLASSES / "labelme_zh" / "a.json", CLASSES / "labelme_zh" / "b.json"],
        DataSet(("肺", "肝"), (0, 1), (page("a.png", Thing(0, BOX)), page("b.png", Thing(1, Box(12, 2, 6, 6))))),
    ),
    "cvat": (
        "cvat",
        [CLASSES / "cvat_one.xml", CLASSES / "cvat_two.xml"],
        DataSet(("肺", "肝"), (0, 1), (page("one.png", Thing(0, BOX)), page("two.png", Thing(1, BOX)))),
    ),
    "yolo": (
        "yolo",
        [CLASSES / "yolo_one", CLASSES / "yolo_two"],
        DataSet(
            ("肺", "肝"),
            (0, 1),
            (page("one.png", Thing(0, Box(6, 4.5, 8, 6))), page("two.png", Thing(1, Box(6, 4.5, 8, 6)))),
        ),
    ),
}


@pytest.mark.parametrize("target", READ)
@pytest.mark.parametrize("name", TWO_NAMES)
def test_two_classes_of_two_files_stay_two_under_their_names(name: str, target: str, tmp_path: Path) -> None:
    source, paths, data = TWO_NAMES[name]
    loaded = read(source, *paths)
    out, _ = write(loaded, target, tmp_path)
    seen = READ[target](out, data)
    told = sorted((picture, label, shape.rounded()) for picture, things in seen.pages for label, shape in things)
    assert told == sorted(
        (each.name, data.classes[thing.label or 0], thing.shape) for each in data.pages for thing in each.things
    )


ORDER: Final = ("benign", "malignant", "normal")
LISTS: Final[dict[str, tuple[str, Path, DataSet]]] = {
    "yolo_order": (
        "yolo",
        CLASSES / "yolo_order",
        DataSet(
            ("license plate", "肺", "Zebra"),
            (0, 1, 2),
            (
                page(
                    "p.png",
                    Thing(0, Box(6, 4.5, 8, 6)),
                    Thing(1, Box(16, 12, 8, 6)),
                    Thing(2, Box(26, 19.5, 8, 6)),
                ),
            ),
        ),
    ),
    "only_third": (
        "yolo",
        INPUTS / "yolo_class_order" / "only_third",
        DataSet(ORDER, (0, 1, 2), (page("p.png", Thing(2, Box(8, 4, 4, 2)), width=20, height=10),)),
    ),
    "reverse": (
        "yolo",
        INPUTS / "yolo_class_order" / "reverse",
        DataSet(
            ORDER,
            (0, 1, 2),
            (
                page(
                    "p.png",
                    Thing(2, Box(3, 1, 2, 2)),
                    Thing(1, Box(9, 4, 2, 2)),
                    Thing(0, Box(15, 4, 2, 2)),
                    width=20,
                    height=10,
                ),
            ),
        ),
    ),
    "coco": (
        "coco",
        INPUTS / "yolo_class_order" / "coco.json",
        DataSet(ORDER, (1, 2, 3), (page("p.png", Thing(2, Box(1, 1, 2, 2)), width=20, height=10),)),
    ),
    "cvat": (
        "cvat",
        INPUTS / "yolo_class_order" / "cvat.xml",
        DataSet(
            ORDER,
            (1, 2, 3),
            (page("p.png", Thing(2, Box(1, 1, 2, 2)), Thing(0, Box(5, 1, 2, 2)), width=20, height=10),),
        ),
    ),
}


@pytest.mark.parametrize("target", READ)
@pytest.mark.parametrize("name", LISTS)
def test_a_class_list_keeps_its_order_its_numbers_and_its_unused_members(
    name: str, target: str, tmp_path: Path
) -> None:
    source, path, data = LISTS[name]
    check(source, [path], target, data, tmp_path, is_list=True)


NAMES: Final = ("train/a.png", "val/a.png", "片 1.v2.png", "im 1.jpg")


@pytest.mark.parametrize("target", READ)
@pytest.mark.parametrize(
    ("source", "file"), [("yolo", "yolo"), ("coco", "coco.json"), ("cvat", "cvat.xml"), ("label-studio", "ls.json")]
)
def test_pictures_have_the_names_of_their_source(source: str, file: str, target: str, tmp_path: Path) -> None:
    pages = [page(name, Thing(0, Box(1 + n, 1, 2, 2)), width=20, height=10) for n, name in enumerate(NAMES)]
    data = DataSet(("x",), (1,) if source in {"coco", "cvat"} else (0,), tuple(pages))
    check(source, [INPUTS / "file_names" / file], target, data, tmp_path)


@pytest.mark.parametrize("target", READ)
@pytest.mark.parametrize(
    ("file", "collide"),
    [
        ("folders.json", ()),
        ("same_stem.json", ("a.png", "a.jpg")),
        ("three.json", ("a.png", "a.jpg")),
        ("twice.json", ("a.png", "a.png")),
    ],
)
def test_pictures_that_would_collide_are_refused_by_both_names(
    file: str, collide: tuple[str, ...], target: str, tmp_path: Path
) -> None:
    path = INPUTS / "yolo_same_stem" / file
    images = json.loads(path.read_text())["images"]
    if collide and (target == "yolo" or len({*collide}) == 1):
        with pytest.raises(InputError) as refused:
            write(read("coco", path), target, tmp_path)
        assert all(name in str(refused.value) for name in collide)
        assert not any(tmp_path.iterdir())
        out, _ = write(read("coco", path), target, tmp_path, names="flat")
        sizes = DataSet((), (), tuple(page(name, width=20, height=10) for name in ("a.png", "a-2.jpg", "a-2.png")))
        assert len({name for name, _ in READ[target](out, sizes).pages}) == len(images)
        return
    boxes = [Box(1 + place, 1, 2, 2) for place in range(len(images))]
    pages = [page(one["file_name"], Thing(0, box), width=20, height=10) for one, box in zip(images, boxes, strict=True)]
    check("coco", [path], target, DataSet(("x",), (1,), tuple(pages)), tmp_path)


@pytest.mark.parametrize("target", TARGETS)
def test_a_skeleton_keeps_the_order_of_its_definition(target: str, tmp_path: Path) -> None:
    whole: Skeleton = [(10.5, 11.5, 2), (20.5, 21.5, 2), (30.5, 31.5, 2), (40.5, 41.5, 2)]
    seen, options = TARGETS[target]
    out, _ = write(read("cvat", INPUTS / "cvat_skeleton_two_images" / "in.xml"), target, tmp_path, **options)
    scale = {"yolo": (64 / 100, 48 / 100), "label-studio": (64 / 100, 48 / 100)}.get(target, (1, 1))  # its readers'
    found = [[p and (p[0] / scale[0], p[1] / scale[1], p[2]) for p in each] for each in seen(out)]
    for skeleton, expected in zip(found, [[None, None, *whole[2:]], whole], strict=True):
        for told, point in zip(skeleton, expected, strict=True):
            assert told == (None if point is None else pytest.approx(point))


@pytest.mark.parametrize("file", ["opposite.geojson", "same.geojson"])
@pytest.mark.parametrize("target", AREAS)
def test_holes_are_holes_whichever_way_they_run(file: str, target: str, tmp_path: Path) -> None:
    out, losses = write(read("geojson", INPUTS / "geojson_hole_orientation" / file), target, tmp_path)
    assert not [loss for loss in losses if loss.kind.changes_value]
    area = AREAS[target](out) if target != "yolo" else yolo_area(out)
    if target == "label-studio":
        area *= (60 * 30) / (64 * 48)
    assert area == pytest.approx(359)


def yolo_area(out: Path) -> float:
    _, *shares = map(float, (out / "labels" / "s.txt").read_text().split())
    xs, ys = [60 * x for x in shares[::2]], [30 * y for y in shares[1::2]]
    turns = zip(xs, ys, [*xs[1:], xs[0]], [*ys[1:], ys[0]], strict=True)
    return abs(sum(x * v - u * y for x, y, u, v in turns)) / 2


def coco_of(out: Path) -> COCO:
    with contextlib.redirect_stdout(io.StringIO()):
        return COCO(out)


@pytest.mark.filterwarnings("ignore:__array__ implementation")  # pycocotools with numpy 2
@pytest.mark.parametrize("target", READ)
def test_a_brush_is_its_pixels_in_every_format(target: str, tmp_path: Path) -> None:
    truth = np.load(INPUTS / "ls_brush_kpt" / "truth.npy")
    (reading,) = read("label-studio", INPUTS / "ls_brush_kpt" / "brush.json")
    assert np.array_equal(next(iter(reading.masks.values())).read()[0] > 0, truth)
    out, _ = write([reading], target, tmp_path)
    (again,) = registry.read([out], format=target)
    assert np.array_equal(next(iter(again.masks.values())).read()[0] > 0, truth)
    if target == "coco":
        coco = coco_of(out)
        (record,) = coco.dataset["annotations"]
        assert np.array_equal(coco.annToMask(record) > 0, truth)
        assert runs.area(record["segmentation"]) == record["area"] == truth.sum()


def test_points_of_two_persons_stay_with_theirs(tmp_path: Path) -> None:
    out, _ = write(read("label-studio", INPUTS / "ls_brush_kpt" / "kpt.json"), "coco", tmp_path)
    coco = coco_of(out)
    (category,) = coco.dataset["categories"]
    assert (category["name"], category["keypoints"]) == ("person", ["nose", "tail"])
    assert len(coco.dataset["annotations"]) == 2
    for record, expected in zip(coco.dataset["annotations"], ([(20, 20), (25, 25)], [(27, 31), (26, 30)]), strict=True):
        numbers = [x for share in expected for x in (share[0] * 0.37 - 0.5, share[1] * 0.23 - 0.5, 2)]
        assert record["keypoints"] == pytest.approx(numbers)
        assert record["bbox"] == pytest.approx([3.7, 2.3, 11.1, 9.2])


@pytest.mark.parametrize("target", READ)
def test_a_task_of_which_nothing_was_drawn_is_an_empty_picture(target: str, tmp_path: Path) -> None:
    readings = read("label-studio", INPUTS / "ls_brush_kpt" / "empty.json")
    out, _ = write(readings, target, tmp_path)
    assert READ[target](out, DataSet((), (), (page("a.png"),))).pages == [("a.png", [])]
    assert "/0/annotations/1" in {loss.path for one in readings for loss in one.losses}


STEPS: Final[dict[str, tuple[list[int], dict[int, float]]]] = {
    "step5.xml": ([0, 5, 10, 15], {0: 10.0, 5: 15.0, 10: 20.0}),
    "start100.xml": ([100, 101, 102, 103, 104], {100: 10.0, 101: 11.0}),
    "keyframes.xml": ([*range(20)], {frame: 10.0 + frame for frame in range(11)}),
}


@pytest.mark.parametrize("target", FRAMES)
@pytest.mark.parametrize("file", STEPS)
def test_the_frames_of_a_task_and_no_others(file: str, target: str, tmp_path: Path) -> None:
    frames, lefts = STEPS[file]
    out, _ = write(read("cvat", INPUTS / "cvat_step" / file), target, tmp_path)
    found, told = FRAMES[target](out)
    scale = {"yolo": 100 / 200, "label-studio": 1 / 2}.get(target, 1)  # its readers take a width of 200
    assert found == frames
    assert {frame: left * scale for frame, left in told.items()} == pytest.approx(lefts)
