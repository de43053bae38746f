"""Sizes of pictures that neither a file nor its case states: by the headers of the pictures, else refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from annoconv import registry
from annoconv.casefile import LoadedCase
from annoconv.errors import ImageError, UsageError
from tests.pairs.targets import READ

SIZED = ("coco", "yolo", "label-studio")
"""Formats that need the size of a picture with objects."""


def geojson(folder: Path, stem: str = "slide") -> list[LoadedCase]:
    """Return the case of a rectangle that QuPath exports, whose file does not state the size of its slide."""
    ring = [[4, 2], [14, 2], [14, 7], [4, 7], [4, 2]]
    told = {"objectType": "annotation", "classification": {"name": "x"}}
    feature = {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [ring]}, "properties": told}
    path = folder / f"{stem}.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    return [LoadedCase(one.case, one.masks) for one in registry.read([path], format="geojson")]


def write(cases: list[LoadedCase], target: str, folder: Path, **options: object) -> Path:
    out = folder / f"out{registry.converter('to', target).suffix}"
    registry.write(cases, out, format=target, **options)
    return out


@pytest.mark.parametrize("ending", ["png", "jpg", "tif"])
@pytest.mark.parametrize("target", SIZED)
def test_a_size_comes_from_the_header_of_the_picture(target: str, ending: str, tmp_path: Path) -> None:
    (tmp_path / "pictures" / "deep").mkdir(parents=True)
    Image.new("L", (40, 20)).save(tmp_path / "pictures" / "deep" / f"slide.{ending}")
    Image.new("L", (9, 9)).save(tmp_path / "pictures" / f"other.{ending}")
    out = write(geojson(tmp_path), target, tmp_path, images=[tmp_path / "pictures"])
    (case,) = (one.case for one in registry.read([out], format=target))
    assert case.image.shape == [40, 20]
    if target == "yolo":  # shares of width and height
        numbers = (out / "labels" / "slide.txt").read_text().split()[1:]
        assert sorted(map(float, numbers)) == sorted([0.1, 0.1, 0.35, 0.1, 0.35, 0.35, 0.1, 0.35])


def test_a_photograph_on_its_side_has_the_size_that_is_shown(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("L", (40, 20)).save(tmp_path / "slide.jpg", exif=exif)
    out = write(geojson(tmp_path), "coco", tmp_path, images=[tmp_path / "slide.jpg"])
    (record,) = json.loads(out.read_text("utf-8"))["images"]
    assert (record["width"], record["height"]) == (20, 40)


@pytest.mark.parametrize("target", SIZED)
def test_a_picture_without_a_size_is_refused_with_what_helps(target: str, tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    Image.new("L", (9, 9)).save(tmp_path / "pictures" / "other.png")
    for images in ([], [tmp_path / "pictures"]):
        with pytest.raises(ImageError, match=r"slide\.png.*--images"):
            write(geojson(tmp_path), target, tmp_path, images=images)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["pictures", "slide.geojson"]


def test_the_picture_is_the_one_that_most_of_the_path_is_of(tmp_path: Path) -> None:
    for folder, width in (("x", 30), ("y", 40)):
        (tmp_path / folder).mkdir()
        Image.new("L", (width, 20)).save(tmp_path / folder / "a.png")
    shape = {"label": "c", "shape_type": "rectangle", "points": [[1, 1], [5, 5]]}
    (tmp_path / "a.json").write_text(json.dumps({"imagePath": "y/a.png", "shapes": [shape]}))
    cases = [LoadedCase(one.case, one.masks) for one in registry.read([tmp_path / "a.json"], format="labelme")]
    out = write(cases, "coco", tmp_path, images=[tmp_path / "x", tmp_path / "y"])
    (record,) = json.loads(out.read_text("utf-8"))["images"]
    assert (record["file_name"], record["width"]) == ("y/a.png", 40)
    with pytest.raises(ImageError, match=r"several pictures"):
        write(geojson(tmp_path, "a"), "yolo", tmp_path, images=[tmp_path / "x", tmp_path / "y"])


@pytest.mark.parametrize("target", sorted(READ))
def test_a_task_without_regions_does_not_stop_the_others(target: str, tmp_path: Path) -> None:
    """Label Studio states the size of a picture with its regions only, and nothing is drawn on it without."""
    size = {"original_width": 20, "original_height": 10, "to_name": "image", "from_name": "label"}
    value = {"x": 10, "y": 10, "width": 20, "height": 20, "rectanglelabels": ["x"]}
    results = [{"id": "r", "type": "rectanglelabels", "value": value, **size}]
    tasks = [
        {"id": 1, "data": {"image": "a.png"}, "annotations": [{"result": results}]},
        {"id": 2, "data": {"image": "b.png"}, "annotations": [{"result": []}]},
    ]
    (tmp_path / "x.json").write_text(json.dumps(tasks))
    cases = [LoadedCase(one.case, one.masks) for one in registry.read([tmp_path / "x.json"], format="label-studio")]
    out = write(cases, target, tmp_path)
    again = list(registry.read([out], format=target))
    assert [(len(one.case.annotations), one.case.image.shape) for one in again] == [(1, [20, 10]), (0, None)]
    assert [one.case for one in again] == [one.case for one in cases]


@pytest.mark.parametrize("target", sorted(READ))
def test_what_is_a_picture_already_is_copied_as_it_stands(target: str, tmp_path: Path) -> None:
    pictures = tmp_path / "pictures"
    for name in ("a/x.jpg", "b/x.jpg", "y.png"):
        (pictures / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (30, 20), (len(name), ord(name[0]), 9)).save(pictures / name)
    names = ["a/x.jpg", "b/x.jpg", "y.png"]
    records = [{"id": n, "file_name": name, "width": 30, "height": 20} for n, name in enumerate(names)]
    (tmp_path / "x.json").write_text(json.dumps({"images": records, "annotations": [], "categories": []}))
    cases = [LoadedCase(one.case, one.masks) for one in registry.read([tmp_path / "x.json"], format="coco")]
    out = write(cases, target, tmp_path, images=[pictures], render="8")
    folders = [out / "images"] if out.is_dir() else [out.parent / f"{out.stem}_images"]
    copies = {str(each.relative_to(folders[0])): each for each in folders[0].rglob("*.[pj][np]g")}
    assert {name: path.read_bytes() for name, path in copies.items()} == {
        name: (pictures / name).read_bytes() for name in names
    }
    with pytest.raises(UsageError, match=r"window"):
        write(cases, target, tmp_path / "a", images=[pictures], render="8", window="40,400")
    Image.new("L", (31, 20)).save(pictures / "y.png")
    with pytest.raises(ImageError, match=r"y\.png.*another shape"):
        write(cases, target, tmp_path / "b", images=[pictures], render="16")


def test_a_picture_that_is_cut_is_not_copied(tmp_path: Path) -> None:
    cases = geojson(tmp_path)
    picture = tmp_path / "slide.png"
    Image.effect_noise((40, 20), 50).save(picture)
    whole = picture.read_bytes()
    for rest in (whole[:40], whole[: len(whole) // 2], whole[:-5], whole[:100] + b"x" + whole[101:]):
        picture.write_bytes(rest)
        with pytest.raises(ImageError, match=r"slide\.png.*cannot be read|cannot be read.*slide\.png"):
            write(cases, "coco", tmp_path / "a", images=[picture], render="8")
    picture.write_bytes(whole)
    out = write(cases, "coco", tmp_path / "b", images=[picture], render="8")
    assert (out.parent / "out_images" / "slide.png").read_bytes() == whole


def test_a_picture_of_cvat_without_a_size_is_named(tmp_path: Path) -> None:
    losses = registry.write(geojson(tmp_path), tmp_path / "x.xml", format="cvat")
    assert [loss.path for loss in losses if loss.kind.changes_value] == ["/image"]
    Image.new("L", (40, 20)).save(tmp_path / "slide.png")
    losses = registry.write(geojson(tmp_path), tmp_path / "y.xml", format="cvat", images=[tmp_path / "slide.png"])
    assert not [loss for loss in losses if loss.kind.changes_value]
