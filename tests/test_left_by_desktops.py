"""What Finder and Explorer lay into folders holds no annotations, and no reader stumbles over it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from annoconv import images, registry
from annoconv.casefile import LoadedCase
from annoconv.documents import strict_json
from annoconv.model import Case
from annoconv.pixels import Masks
from tests.cases import document
from tests.converters.test_nifti import LAYOUTS, several

APPLE_DOUBLE = b"\0\5\x16\7\0\2\0\0Mac OS X        \0\2\0\0\0\x09\0\0\0\x32\0\0\x0e\xb0"
READ_ONLY = {
    "labelme": (
        "t.json",
        '{"version": "5.0.1", "imagePath": "a.png", "imageData": null, "imageHeight": 80, "imageWidth": 100,'
        ' "shapes": [{"label": "liver", "points": [[1, 2], [9, 2], [9, 8]], "shape_type": "polygon", "flags": {}}]}',
    ),
    "pascal-voc": (
        "t.xml",
        "<annotation><filename>a.png</filename><size><width>100</width><height>80</height><depth>1</depth></size>"
        "<object><name>liver</name><bndbox><xmin>1</xmin><ymin>2</ymin><xmax>9</xmax><ymax>8</ymax></bndbox></object>"
        "</annotation>",
    ),
}
PICTURES = ("coco", "cvat", "geojson", "label-studio", "labelme", "pascal-voc", "yolo")


def lay_beside(folder: Path) -> None:
    """Lay into a folder, and into all folders in it, what a copy from a Mac and a look with Explorer leave there."""
    for place in [folder, *(path for path in folder.rglob("*") if path.is_dir())]:
        files = [path for path in place.iterdir() if path.is_file()]
        for path in files:
            path.with_name(f"._{path.name}").write_bytes(APPLE_DOUBLE)
        for name in (".DS_Store", "Thumbs.db", "desktop.ini"):
            (place / name).write_bytes(b"\0\0\0\1Bud1")
    (folder / "__MACOSX").mkdir()
    for path in [path for path in folder.rglob("*") if path.is_file()]:
        (folder / "__MACOSX" / f"._{path.name}").write_bytes(APPLE_DOUBLE)
        (folder / "__MACOSX" / path.name).write_bytes(APPLE_DOUBLE)


def told(folder: Path, format_name: str, **options: Any) -> list[tuple[Any, list[str]]]:
    return [
        (strict_json.plain(each.case), [f"{loss.path} {loss.message}" for loss in each.losses])
        for each in registry.read([folder], format=format_name, **options)
    ]


@pytest.mark.parametrize("format_name", PICTURES)
def test_a_folder_of_pictures_is_read_as_without_them(format_name: str, tmp_path: Path) -> None:
    if format_name in READ_ONLY:
        name, text = READ_ONLY[format_name]
        (made(tmp_path) / name).write_text(text)
    else:
        outline = [[50.0, 50.0], [60.0, 50.0], [60.0, 60.0]]
        drawn = {"id": "p1", "category": "organ", "label_code": "LIVER", "type": "polygon", "polygon": outline}
        image = {"uid": "a.png", "shape": [100, 80], "modality": "DX"}
        case = LoadedCase(Case.model_validate(document(image, [drawn])), Masks())
        suffix = registry.converter("to", format_name).suffix
        registry.write([case], made(tmp_path) / f"x{suffix}" if suffix else tmp_path / "in", format=format_name)
    before = told(tmp_path / "in", format_name)
    assert before
    lay_beside(tmp_path / "in")
    assert told(tmp_path / "in", format_name) == before


def made(folder: Path) -> Path:
    (folder / "in").mkdir()
    return folder / "in"


@pytest.mark.parametrize("layout", ["flat", *LAYOUTS])
def test_volumes_and_series_are_read_as_without_them(layout: str, tmp_path: Path) -> None:
    loaded, series = several(tmp_path / "series", "ab")
    registry.write(loaded, tmp_path / "in", format="nifti", layout=layout, images=series)
    before = told(tmp_path / "in", "nifti")
    found = [source.uid for source in images.scan(series)]
    lay_beside(tmp_path / "in")
    lay_beside(tmp_path / "series")
    assert told(tmp_path / "in", "nifti") == before
    assert [source.uid for source in images.scan(series)] == found


def test_segmentations_are_read_as_without_them(tmp_path: Path) -> None:
    loaded, series = several(tmp_path / "series", "a")
    registry.write(loaded, made(tmp_path) / "x.dcm", format="dicom-seg", images=series)
    before = told(tmp_path / "in", "dicom-seg", images=series)
    lay_beside(tmp_path / "in")
    assert told(tmp_path / "in", "dicom-seg", images=series) == before
