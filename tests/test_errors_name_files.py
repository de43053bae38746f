"""An error about a mask or an image that does not fit names the file that is to be looked at."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from annoconv import registry
from annoconv.casefile import LoadedCase, read_case
from annoconv.cli import main
from annoconv.documents import strict_json
from annoconv.errors import AnnoconvError, GeometryError, ImageError
from annoconv.model import Case
from annoconv.pixels import save_nifti
from tests.cases import blob, document, grid_of, mask, series

if TYPE_CHECKING:
    from pathlib import Path

WRITERS = ("coco", "cvat", "dicom-seg", "geojson", "label-studio", "nifti", "yolo")


def case_of(folder: Path, origin: Any = (-20.0, 10.0, -30.5), name: str = "ct") -> Path:
    """Write a case with its series, and a mask whose grid begins at `origin` (LPS, mm)."""
    grid = grid_of((8, 7, 5))
    image = series(folder / name, grid, name)
    save_nifti(folder / "m.nii.gz", blob(grid), grid_of((8, 7, 5), origin=origin))
    (folder / "case.json").write_bytes(strict_json.dumps(document(image, [mask("M", "m.nii.gz")])))
    return folder


@pytest.mark.parametrize("format_name", WRITERS)
@pytest.mark.parametrize("origin", [(-19.6, 10.3, -30.1), (400.0, 10.0, -30.5)])
def test_a_mask_that_lies_elsewhere_is_named(format_name: str, origin: Any, tmp_path: Path) -> None:
    loaded = read_case(case_of(tmp_path, origin) / "case.json")
    writer = registry.converter("to", format_name)
    given = {"images": [tmp_path / "ct"]} if "images" in writer.options else {}
    with pytest.raises(GeometryError, match=r"m\.nii\.gz: "):
        registry.write([loaded], tmp_path / f"out{writer.suffix}", format=format_name, **given)


@pytest.mark.parametrize("format_name", ["dicom-seg", "nifti"])
def test_a_case_whose_image_is_not_among_those_given_is_named(format_name: str, tmp_path: Path) -> None:
    loaded = read_case(case_of(tmp_path / "a") / "case.json")
    other = case_of(tmp_path / "b", name="other")
    target = tmp_path / f"out{registry.converter('to', format_name).suffix}"
    with pytest.raises(ImageError, match=r"case\.json: /image/uid: no single source image"):
        registry.write([loaded], target, format=format_name, images=[other / "other"])


def test_a_segmentation_whose_series_is_not_among_those_given_is_named(tmp_path: Path) -> None:
    folder, other = case_of(tmp_path / "a"), case_of(tmp_path / "b", name="other")
    target = tmp_path / "seg.dcm"
    registry.write([read_case(folder / "case.json")], target, format="dicom-seg", images=[folder / "ct"])
    with pytest.raises(
        ImageError, match=r"seg\.dcm: ReferencedSeriesSequence \(0008,1115\): no single one of the images"
    ):
        list(registry.read([target], format="dicom-seg", images=[other / "other"]))


def test_an_image_that_is_not_there_says_who_named_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = case_of(tmp_path) / "case.json"
    command = ["to-dicom-seg", str(path), "-o", str(tmp_path / "x.dcm"), "--quiet"]
    assert main([*command, "--images", str(tmp_path / "gone")]) == 1
    assert (
        f"{tmp_path}/gone: there is no such file or folder; found nothing of this name; expected an image. "
        "Correct --images" in capsys.readouterr().err
    )
    document = json.loads(path.read_bytes())
    document["image"]["files"] = [{"path": "gone.dcm"}]
    path.write_text(json.dumps(document))
    assert main(command) == 1
    said = capsys.readouterr().err
    told = "the case names an image file that is not there; found nothing; expected"
    assert f"{path}: /image/files/0/path: {told} {tmp_path}" in said


def test_an_index_of_files_that_is_wrong_is_told_in_our_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = case_of(tmp_path) / "case.json"
    assert main(["to-nifti", str(path), "-o", str(tmp_path / "x"), "--quiet"]) == 0
    index = json.loads((tmp_path / "x/labels.json").read_bytes())
    index["regions"][0]["value"] = "one"
    index["images"] = []
    (tmp_path / "x/labels.json").write_text(json.dumps(index))
    for lang, told in (("en", "the value has the wrong type"), ("zh", "值的类型不正确")):
        assert main(["from-nifti", str(tmp_path / "x"), "-o", str(tmp_path / "y"), "--lang", lang]) == 1
        said = capsys.readouterr().err
        assert f"/regions/0/value: {'error' if lang == 'en' else '错误'}: {told}" in said
        assert "Input should be" not in said
        assert "/images" in said


@pytest.mark.parametrize("cases", [1, 200])
@pytest.mark.parametrize(
    ("format_name", "far", "expected"),
    [
        *((each, 1e305, "numbers within 1e+12") for each in ("coco", "cvat", "geojson", "label-studio")),
        ("cvat", 1e11, "numbers within 1e+09"),
        ("geojson", 1e11, "within 1e+07 pixels"),
    ],
)
def test_what_would_be_refused_again_is_named_as_a_place_in_its_case(
    format_name: str, far: float, expected: str, cases: int, tmp_path: Path
) -> None:
    """Not as one in the temporary file in which it was found, which nobody can look at any more."""
    box = {"id": "B", "category": "lesion", "label_code": "NODULE", "type": "bbox", "bbox": [1, 2, 3.5, 3]}
    images = ({"uid": f"P{place}", "modality": "DX", "shape": [64, 48]} for place in range(cases))
    boxes = [[box]] * (cases - 1) + [[box, {**box, "id": "C", "bbox": [1, 2, far, 3]}]]
    written = [LoadedCase(Case.model_validate(document(*each))) for each in zip(images, boxes, strict=True)]
    target = tmp_path / f"out{registry.converter('to', format_name).suffix}"
    with pytest.raises(AnnoconvError) as refused:
        registry.write(written, target, format=format_name)
    place = f"{target}: case P{cases - 1}: /annotations/1/bbox/2: the number is too far away"
    assert str(refused.value).startswith(place)
    assert f"found {far}; expected {expected}. Correct it in the case" in str(refused.value)
    assert not list(tmp_path.iterdir())
