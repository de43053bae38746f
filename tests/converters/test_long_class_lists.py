"""Class lists of more classes than each case has: whole in the first case of a file, else what the case uses."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from annoconv_converters._pictures.categories import MOST_IN_EACH

from annoconv import registry
from annoconv.casefile import LoadedCase, Reading
from tests.pairs import Box, DataSet, Page, Thing
from tests.pairs.sources import WRITE
from tests.pairs.targets import READ

if TYPE_CHECKING:
    from annoconv.loss import LossReport

LISTED = ("coco", "yolo", "cvat")
TARGETS = (*LISTED, "label-studio", "geojson")
COUNT = MOST_IN_EACH + 4
NAMES = tuple(f"thing {number}" for number in range(COUNT))
USED = ((7, 3), (COUNT - 1, 2, 7), (5,))


def data_set(
    used: Sequence[Sequence[int]] = USED, count: int = COUNT, first: int = 0, name: str = "p{}.png"
) -> DataSet:
    drawn = [tuple(Thing(label, Box(2 + 5 * n, 3, 4, 4)) for n, label in enumerate(labels)) for labels in used]
    pages = tuple(Page(name.format(number), 40, 30, things) for number, things in enumerate(drawn))
    return DataSet(NAMES[:count], tuple(range(first, first + count)), pages)


def read(source: str, data: DataSet, folder: Path) -> list[Reading]:
    folder.mkdir()
    return list(registry.read(WRITE[source](folder, data), format=source))


def write(readings: Sequence[Reading], target: str, folder: Path, **options: Any) -> tuple[Path, LossReport]:
    folder.mkdir()
    out = folder / f"x{registry.converter('to', target).suffix}"
    return out, registry.write([LoadedCase(one.case, one.masks) for one in readings], out, format=target, **options)


def labels(readings: Sequence[Reading]) -> list[list[tuple[str | None, int | None]]]:
    return [[(each.name_en, each.number) for each in one.case.labels or ()] for one in readings]


def of_classes(losses: LossReport) -> list[str]:
    """Return the places of the losses that change what the receiver has of classes."""
    return [each.path for each in losses if each.path.startswith("/labels") and each.kind.changes_value]


@pytest.mark.parametrize("source", LISTED)
def test_the_first_case_has_the_whole_list_and_each_other_what_it_uses_in_its_order(
    source: str, tmp_path: Path
) -> None:
    found = labels(read(source, data_set(), tmp_path / "in"))
    numbers = [None if source == "cvat" else place for place in range(COUNT)]  # which has an order only
    assert found[0] == [*zip(NAMES, numbers, strict=True)]
    assert found[1:] == [[(NAMES[place], numbers[place]) for place in sorted(used)] for used in USED[1:]]


@pytest.mark.parametrize("source", LISTED)
def test_a_list_that_is_as_long_as_each_case_has_is_in_each(source: str, tmp_path: Path) -> None:
    readings = read(source, data_set([(1,), (2,)], MOST_IN_EACH), tmp_path / "in")
    assert [len(one.case.labels or ()) for one in readings] == [MOST_IN_EACH, MOST_IN_EACH]


def test_slices_of_a_volume_are_one_case_with_the_whole_list(tmp_path: Path) -> None:
    (reading,) = read("coco", data_set(name="scan_k000{}.png"), tmp_path / "in")
    assert len(reading.case.labels or ()) == COUNT


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("source", LISTED)
def test_a_data_set_comes_back_with_its_list(source: str, target: str, tmp_path: Path) -> None:
    readings = read(source, data_set(), tmp_path / "in")
    out, losses = write(readings, target, tmp_path / "out")
    assert of_classes(losses) == []
    if target in LISTED:
        assert [name for _, name in READ[target](out, data_set()).classes or ()] == [*NAMES]
    again = list(registry.read([out], format=target))
    assert labels(again) == labels(readings) or (source, target) in {("cvat", "yolo"), ("cvat", "coco")}
    assert [[name for name, _ in each] for each in labels(again)] == [
        [name for name, _ in each] for each in labels(readings)
    ]


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("source", LISTED)
def test_cases_in_another_order_come_back_as_they_were(source: str, target: str, tmp_path: Path) -> None:
    """The one that has the whole list, too, although it is behind the first."""
    readings = read(source, data_set(), tmp_path / "in")[::-1]
    out, losses = write(readings, target, tmp_path / "out")
    assert of_classes(losses) == []
    again = list(registry.read([out], format=target))
    (whole,) = (each for each in labels(again) if len(each) == COUNT)
    if (source, target) != ("cvat", "coco"):  # which numbers classes as they come
        assert [name for name, _ in whole] == [*NAMES]
    assert [{name for name, _ in each} for each in labels(again)] == [
        {name for name, _ in each} for each in labels(readings)
    ]


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("source", ["coco", "yolo"])
def test_without_the_first_case_the_list_is_what_the_others_use(source: str, target: str, tmp_path: Path) -> None:
    readings = read(source, data_set(), tmp_path / "in")[1:]
    out, losses = write(readings, target, tmp_path / "out")
    again = list(registry.read([out], format=target))
    assert {name for each in labels(again) for name, _ in each} == {NAMES[each] for used in USED[1:] for each in used}
    assert [path for path in of_classes(losses) if not path.endswith("number")] == []
    if target != "yolo":  # whose numbers have no gaps
        assert of_classes(losses) == []


@pytest.mark.parametrize("target", LISTED)
def test_without_a_side_file_a_data_set_has_its_list_too(target: str, tmp_path: Path) -> None:
    """That of YOLO needs none."""
    readings = read(target, data_set(), tmp_path / "in")
    out, losses = write(readings, target, tmp_path / "out", **({} if target == "yolo" else {"plain": True}))
    assert of_classes(losses) == []
    assert labels(list(registry.read([out], format=target))) == labels(readings)


def test_what_a_format_has_no_place_for_is_told_once_for_the_list(tmp_path: Path) -> None:
    readings = read("coco", data_set(first=1), tmp_path / "in")
    _, losses = write(readings, "yolo", tmp_path / "out")
    assert {each.case_index for each in losses if each.path.startswith("/labels")} == {0}
    assert sorted(of_classes(losses)) == sorted(f"/labels/{place}/number" for place in range(COUNT))


def test_two_data_sets_that_are_written_as_one_are_one_list(tmp_path: Path) -> None:
    one = read("coco", data_set(), tmp_path / "one")
    other = read("coco", DataSet(("other a", "other b"), (0, COUNT + 7), (Page("o.png", 40, 30),)), tmp_path / "other")
    out, losses = write([*one, *other], "coco", tmp_path / "out")
    told = json.loads(out.read_text("utf-8"))["categories"]
    added = [(COUNT, "other a"), (COUNT + 7, "other b")]
    assert [(each["id"], each["name"]) for each in told] == [*enumerate(NAMES), *added]
    changed = {(each.case_index, each.path) for each in losses if each.kind.changes_value}
    gained = {(0, f"/labels/{COUNT + place}/{name}") for place in (0, 1) for name in ("code", "name_en", "number")}
    assert {each for each in changed if each[1].startswith("/labels")} == gained | {(3, "/labels/0/number")}
    kept = "/extensions/annoconv.coco/categories/"
    classes = {path.split("/")[4] for case, path in changed if case == 0 and path.startswith(kept)}
    assert classes == {each.code for each in other[0].case.labels or ()}


@pytest.mark.parametrize("is_used", [True, False])
def test_a_class_that_is_added_to_a_long_list_is_in_the_first_case_and_where_it_is_used(
    is_used: bool, tmp_path: Path
) -> None:
    out, _ = write(read("yolo", data_set(), tmp_path / "in"), "yolo", tmp_path / "out")
    description = out / "data.yaml"
    told = yaml.safe_load(description.read_text("utf-8"))
    description.write_text(yaml.safe_dump({**told, "names": {**told["names"], COUNT: "added"}}), "utf-8")
    if is_used:
        lines = out / "labels" / "p2.txt"
        lines.write_text(lines.read_text("utf-8") + f"{COUNT} 0.5 0.5 0.1 0.1\n", "utf-8")
    readings = list(registry.read([out], format="yolo"))
    assert ["added" in {each.code for each in one.case.labels or ()} for one in readings] == [True, False, is_used]
