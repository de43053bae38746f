"""Names of pictures: their own in every format; two that would be one are refused, or told apart by a rule."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from annoconv import registry
from annoconv.casefile import LoadedCase, read_cases, write_cases
from annoconv.errors import InputError
from tests.pairs import Box, DataSet, Page, Thing
from tests.pairs.sources import WRITE
from tests.pairs.targets import READ

OWN = ["train/a.png", "val/a.png", "片 1.v2.png", "im 1.jpg", "100%25?.png"]

FREE = {
    "C:\\x\\a.png": "C_/x/a.png",
    "../b.png": "b.png",
    "./g.png": "g.png",
    "a//f.jpg": "a/f.jpg",
    "sub\\d.png": "sub/d.png",
    "/abs/e.png": "abs/e.png",
    "s3://bucket/x/b.png": "s3_/bucket/x/b.png",
    "https://x.org/c%20d.png?size=1": "https_/x.org/c d.png",
    "f": "f.png",
    "004213": "004213.png",
    "1.2.3": "1.2.3.png",
    " h .png": None,
    "slide.svs": None,
    "x.dcm": None,
}
"""Names that are free text, and those of files that they become."""
FREE_TEXT = ("coco", "cvat", "geojson", "label-studio")


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


@pytest.mark.parametrize("target", FREE_TEXT)
@pytest.mark.parametrize("source", FREE_TEXT)
def test_a_name_that_is_no_path_stays_where_names_are_text(source: str, target: str, tmp_path: Path) -> None:
    assert sorted(names_in(source, target, list(FREE), tmp_path)) == sorted(FREE)


@pytest.mark.parametrize("source", FREE_TEXT)
def test_a_name_that_is_no_path_is_changed_where_pictures_are_files_and_both_are_named(
    source: str, tmp_path: Path
) -> None:
    files = {name: other or name for name, other in FREE.items()}
    assert sorted(names_in(source, "yolo", list(FREE), tmp_path)) == sorted(files.values())
    cases = list(read_cases([tmp_path / "cases.jsonl"]))
    losses = registry.write(cases, tmp_path / "y", format="yolo")
    told = {loss.text() for loss in losses if loss.path == "/image/files/0/path" and loss.kind.changes_value}
    assert len(told) == sum(other is not None for other in FREE.values())
    assert all(any(name in each and other in each for each in told) for name, other in FREE.items() if other)
    again = [LoadedCase(one.case, one.masks) for one in registry.read([tmp_path / "y"], format="yolo")]
    # YOLO counts classes from 0, and says so.
    found, asked = ([each.case.model_copy(update={"labels": None}) for each in some] for some in (again, cases))
    assert found == asked


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


def test_the_folder_of_a_file_stays_in_the_name_of_its_picture(tmp_path: Path) -> None:
    """LabelMe's `imagePath` is a path from its own file; VOC's pictures lie beside the folder `Annotations`."""
    shape = {"label": "x", "shape_type": "rectangle", "points": [[1, 1], [4, 4]]}
    for folder, named in (("x", "a.png"), ("y", "a.png"), ("y/json", "../b.png")):
        (tmp_path / "labelme" / folder).mkdir(parents=True, exist_ok=True)
        told = {"imagePath": named, "imageHeight": 10, "imageWidth": 20, "shapes": [shape]}
        (tmp_path / "labelme" / folder / "a.json").write_text(json.dumps(told))
    box = "<bndbox><xmin>1</xmin><ymin>1</ymin><xmax>4</xmax><ymax>4</ymax></bndbox>"
    for folder in ("x", "y"):
        (tmp_path / "voc" / folder / "Annotations").mkdir(parents=True)
        (tmp_path / "voc" / folder / "Annotations" / "a.xml").write_text(
            "<annotation><filename>a.jpg</filename><size><width>20</width><height>10</height></size>"
            f"<object><name>x</name>{box}</object></annotation>"
        )
    assert _names(tmp_path / "labelme", "labelme") == (["x/a.png", "y/a.png", "y/b.png"], set())
    assert _names(tmp_path / "labelme" / "y" / "a.json", "labelme") == (["a.png"], set())
    assert _names(tmp_path / "voc", "pascal-voc") == (["x/a.jpg", "y/a.jpg"], set())


def _names(source: Path, format: str) -> tuple[list[str], set[str]]:
    """Return the names of the pictures of cases, and the places of the file that are lost."""
    readings = list(registry.read([source], format=format))
    paths = {loss.path for each in readings for loss in each.losses}
    images = [each.case.image for each in readings]
    return [image.files[0].path if image.files else f"{image.uid}.png" for image in images], paths


def test_pictures_of_a_data_set_have_their_place_in_it_for_a_name(tmp_path: Path) -> None:
    """Of `images/a.png` the label is `labels/a.txt`, of `train/images/a.png` `train/labels/a.txt` (Ultralytics)."""
    places = {
        "images/sub/x.png": "labels/sub/x.txt",
        "sub/images/x.png": "sub/labels/x.txt",
        "train/images/y.png": "train/labels/y.txt",
        "images/images/z.png": "images/labels/z.txt",
    }
    for picture, label in places.items():
        for path in (picture, label):
            (tmp_path / "in" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / label).write_text("0 0.5 0.5 0.25 0.25\n")
        Image.new("L", (20, 10)).save(tmp_path / "in" / picture)
    (tmp_path / "in" / "train.txt").write_text("".join(f"./{place}\n" for place in places))
    (tmp_path / "in" / "data.yaml").write_text("train: train.txt\nval: train.txt\nnames: [x]\n")
    names, _ = _names(tmp_path / "in", "yolo")
    assert names == ["sub/x.png", "sub/images/x.png", "train/images/y.png", "images/z.png"]
    cases = [LoadedCase(one.case, one.masks) for one in registry.read([tmp_path / "in"], format="yolo")]
    registry.write(cases, tmp_path / "out", format="yolo")
    assert (tmp_path / "out" / "train.txt").read_text().split() == [f"./{place}" for place in places]
    assert all((tmp_path / "out" / label).is_file() for label in places.values())


@pytest.mark.parametrize("folders", [("x", "y"), ("data/x", "data/y")])
def test_pictures_beside_their_labels_keep_their_folders(folders: tuple[str, str], tmp_path: Path) -> None:
    """As Darknet has them."""
    for folder in folders:
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "a.txt").write_text("0 0.5 0.5 0.25 0.25\n")
        Image.new("L", (20, 10)).save(tmp_path / folder / "a.png")
    (tmp_path / "train.txt").write_text("".join(f"/data/set/{folder}/a.png\n" for folder in folders))
    (tmp_path / "obj.names").write_text("x\n")
    assert _names(tmp_path, "yolo")[0] == [f"{folder}/a.png" for folder in folders]
