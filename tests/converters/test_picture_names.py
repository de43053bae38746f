"""Names of pictures: their own in every format; two that would be one are refused, or told apart by a rule."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from annoconv import registry
from annoconv.casefile import LoadedCase, read_cases, write_cases
from annoconv.errors import InputError
from tests.pairs import Box, DataSet, Page, Thing
from tests.pairs.sources import WRITE
from tests.pairs.targets import READ

OWN = ["train/a.png", "val/a.png", "片 1.v2.png", "im 1.jpg", "100%25?.png"]


def data_set(names: list[str]) -> DataSet:
    thing = Thing(0, Box(1, 1, 3, 3))
    return DataSet(("x",), (0,), tuple(Page(name, 20, 10, (thing,)) for name in names))


def names_in(source: str, target: str, pictures: list[str], folder: Path, **options: object) -> list[str]:
    """Return the names of pictures in a target that is written of cases on disk, read from a source."""
    data = data_set(pictures)
    (folder / "in").mkdir()
    write_cases(registry.read(WRITE[source](folder / "in", data), format=source), folder / "cases.jsonl")
    out = folder / f"x{registry.converter('to', target).suffix}"
    registry.write(read_cases([folder / "cases.jsonl"]), out, format=target, **options)
    return [name for name, _ in READ[target](out, data).pages]


@pytest.mark.parametrize("target", sorted(READ))
@pytest.mark.parametrize("source", sorted(WRITE))
def test_a_picture_has_its_own_name_in_every_format(source: str, target: str, tmp_path: Path) -> None:
    assert sorted(names_in(source, target, OWN, tmp_path)) == sorted(OWN)


@pytest.mark.parametrize("pair", [("a.png", "a.jpg"), ("A.png", "a.png"), ("x/a.png", "x/a.bmp")])
def test_pictures_that_would_have_one_label_file_are_refused_by_both_names(
    pair: tuple[str, str], tmp_path: Path
) -> None:
    with pytest.raises(InputError) as refusal:
        names_in("coco", "yolo", [*pair, "b.png"], tmp_path)
    assert all(name in str(refusal.value) for name in (*pair, "--names flat"))
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize("target", sorted(READ))
def test_flat_names_are_told_apart_by_one_rule_in_every_format(target: str, tmp_path: Path) -> None:
    names = ["train/a.png", "val/a.png", "a.png", "a.jpg", "A.PNG", "train_a.png", "b"]
    flat = ["train_a.png", "val_a.png", "a.png", "a-2.jpg", "A-3.PNG", "train_a-2.png", "b.png"]
    assert names_in("cvat", target, names, tmp_path, names="flat") == flat


@pytest.mark.parametrize("target", sorted(READ))
def test_the_name_before_a_flat_one_comes_back(target: str, tmp_path: Path) -> None:
    names_in("coco", target, ["train/a.png", "val/a.png"], tmp_path, names="flat")
    out = tmp_path / f"x{registry.converter('to', target).suffix}"
    again = [LoadedCase(one.case, one.masks) for one in registry.read([out], format=target)]
    registry.write(again, tmp_path / "again.json", format="coco")
    named = json.loads((tmp_path / "again.json").read_text("utf-8"))["images"]
    assert [each["file_name"] for each in named] == ["train/a.png", "val/a.png"]


@pytest.mark.parametrize("target", sorted(READ))
def test_pictures_of_one_name_are_refused_by_name_and_case(target: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as refusal:
        names_in("coco", target, ["b.png", "d/a.png", "d/a.png"], tmp_path)
    assert refusal.value.found == "d/a.png of case 2 and d/a.png of case 3"
    assert "--names flat" in str(refusal.value)
    assert not [each for each in tmp_path.iterdir() if each.name.startswith("x")]


@pytest.mark.parametrize("target", sorted(READ))
def test_pictures_of_one_name_are_told_apart_by_flat_ones(target: str, tmp_path: Path) -> None:
    flat = ["b.png", "d_a.png", "d_a-2.png"]
    assert names_in("coco", target, ["b.png", "d/a.png", "d/a.png"], tmp_path, names="flat") == flat
