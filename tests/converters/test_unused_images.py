"""A series that --images names and no case is drawn on is named, whichever way the conversion goes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest

from annoconv import registry
from annoconv.casefile import LoadedCase, read_case, write_case
from annoconv.errors import AnnoconvError, ImageError
from annoconv.loss import Loss, LossKind
from annoconv.registry import Context
from annoconv.times import parse_timestamp
from tests.converters.test_dicom_series import write_series, write_slice

CONTEXT = Context(task="T", timestamp=parse_timestamp("2026-01-02T00:00:00Z"))


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """A study of a CT, and of a PET on a coarser grid."""
    (tmp_path / "study").mkdir()
    write_series(tmp_path / "study" / "ct")
    (tmp_path / "study" / "pet").mkdir()
    for number in range(10, 13):
        path = tmp_path / "study" / "pet" / f"{number}.dcm"
        write_slice(path, number, SeriesInstanceUID="1.2.77", Modality="PT", PixelSpacing=[4.0, 1.0])
    return tmp_path / "study"


def mask(path: Path, rows: int = 2) -> Path:
    """Write a mask on the CT, whose grid is written here by hand."""
    affine = np.diag([-0.5, -2, 2.5, 1])
    affine[:3, 3] = -10, -20, 30
    voxels = np.zeros((3, 2, 4), np.uint8)
    voxels[1, :rows, 1:3] = 1
    nibabel.save(nibabel.Nifti1Image(voxels, affine), path)
    return path


def named(losses: Any) -> list[Loss]:
    return [loss for loss in losses if "--images has what no case is drawn on" in loss.message]


def from_masks(study: Path, folder: Path, *paths: Path) -> tuple[list[LoadedCase], list[list[Loss]]]:
    cases, losses = [], []
    for number, reading in enumerate(registry.read(paths, format="nifti", images=[study], context=CONTEXT)):
        write_case(reading, folder / f"{number}" / "case.json")
        cases.append(read_case(folder / f"{number}" / "case.json"))
        losses.append(named(reading.losses))
    return cases, losses


def test_a_series_beside_the_image_is_named_once(study: Path, tmp_path: Path) -> None:
    masks = mask(tmp_path / "a.nii.gz"), mask(tmp_path / "b.nii.gz", 1)
    cases, found = from_masks(study, tmp_path / "cases", *masks)
    assert [len(losses) for losses in found] == [0, 1], "with the last case"
    ((loss,), target) = found[1], tmp_path / "out"
    assert (loss.case_index, loss.path, loss.kind) == (1, "/image", LossKind.NO_PLACE)
    assert loss.message.endswith("1.2.77 (PT, pet)")
    for name, options in {"nifti": {}, "dicom-seg": {}}.items():
        written = registry.write(cases[:1], target / name, format=name, images=[study], context=CONTEXT, **options)
        assert [each.message for each in named(written)] == [loss.message]
    read = registry.read([target / "dicom-seg"], format="dicom-seg", images=[study], context=CONTEXT)
    assert [each.message for reading in read for each in named(reading.losses)] == [loss.message]


def test_a_series_that_a_case_relates_to_is_used(study: Path, tmp_path: Path) -> None:
    (case,), _ = from_masks(study, tmp_path / "cases", mask(tmp_path / "a.nii.gz"))
    assert case.case.image.uid == "1.2.2"
    only = registry.write([case], tmp_path / "out", format="nifti", images=[study / "ct"], context=CONTEXT)
    assert named(only) == []
    related = case.case.image.model_copy(update={"uid": "1.2.77"})
    both = LoadedCase(case.case.model_copy(update={"related_images": [related]}), case.masks)
    written = registry.write([both], tmp_path / "seg.dcm", format="dicom-seg", images=[study], context=CONTEXT)
    assert named(written) == []


def test_volumes_beside_the_image_are_not_named(study: Path, tmp_path: Path) -> None:
    mask(study / "liver.nii.gz")
    cases, found = from_masks(study / "ct", tmp_path / "cases", study / "liver.nii.gz")
    assert found == [[]]
    options: dict[str, Any] = {"images": [study / "ct", study / "liver.nii.gz"], "context": CONTEXT}
    assert named(registry.write(cases, tmp_path / "seg.dcm", format="dicom-seg", **options)) == []


def unread(losses: Any) -> list[str]:
    return [loss.message for loss in losses if loss.path == "/image" and "cannot be read as an image" in loss.message]


def test_a_damaged_volume_beside_the_image_is_listed_and_stops_nothing(study: Path, tmp_path: Path) -> None:
    (study / "stray.nii.gz").write_text("no volume")
    cases, _ = from_masks(study / "ct", tmp_path / "cases", mask(tmp_path / "a.nii.gz"))
    (reading,) = registry.read([tmp_path / "a.nii.gz"], format="nifti", images=[study], context=CONTEXT)
    assert reading.case.image.uid == "1.2.2"
    (message,) = unread(reading.losses)
    assert message.startswith(
        "stray.nii.gz under --images cannot be read as an image and is left out (not a NIfTI file"
    )
    for name in ("nifti", "dicom-seg"):
        target = tmp_path / "out" / name
        assert unread(registry.write(cases, target, format=name, images=[study], context=CONTEXT)) == [message]
    (back,) = registry.read([tmp_path / "out" / "dicom-seg"], format="dicom-seg", images=[study], context=CONTEXT)
    assert unread(back.losses) == [message]


def test_a_damaged_volume_beside_a_volume_is_listed(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    mask(tmp_path / "images" / "scan.nii.gz")
    (tmp_path / "images" / "stray.nii.gz").write_text("no volume")
    source = mask(tmp_path / "a.nii.gz", 1)
    (reading,) = registry.read([source], format="nifti", images=[tmp_path / "images"], context=CONTEXT)
    assert (reading.case.image.uid, len(unread(reading.losses))) == ("scan", 1)
    (tmp_path / "images" / "scan.nii.gz").unlink()
    with pytest.raises(AnnoconvError, match="stray"):
        list(registry.read([source], format="nifti", images=[tmp_path / "images"], context=CONTEXT))


def test_a_series_of_views_beside_the_image_stops_nothing(study: Path, tmp_path: Path) -> None:
    """Three localizers, each of its own orientation, are a series that is no volume."""
    (study / "views").mkdir()
    for number, turned in enumerate(([1, 0, 0, 0, 1, 0], [0, 1, 0, 0, 0, -1], [1, 0, 0, 0, 0, -1]), 20):
        path = study / "views" / f"{number}.dcm"
        write_slice(path, number, SeriesInstanceUID="1.2.88", ImageOrientationPatient=turned)
    (reading,) = registry.read([mask(tmp_path / "a.nii.gz")], format="nifti", images=[study], context=CONTEXT)
    assert reading.case.image.uid == "1.2.2"
    (loss,) = named(reading.losses)
    assert "1.2.88" in loss.message
    assert "1.2.77" in loss.message


VOLUMES = {"dicom-seg", "dicom-sr", "nifti"}
PICTURES = [each.name for each in registry.formats() if each.writes and each.name not in VOLUMES]


@pytest.fixture
def on_ct(study: Path, tmp_path: Path) -> LoadedCase:
    ((case,), _) = from_masks(study / "ct", tmp_path / "cases", mask(tmp_path / "a.nii.gz"))
    return case


@pytest.mark.parametrize("name", PICTURES)
def test_images_that_are_not_there_are_refused_where_no_picture_is_made_too(
    name: str, on_ct: LoadedCase, tmp_path: Path
) -> None:
    target = tmp_path / f"out{registry.converter('to', name).suffix}"
    with pytest.raises(ImageError, match="no such file or folder"):
        registry.write([on_ct], target, format=name, images=[tmp_path / "gone"])
    assert not target.exists()


@pytest.mark.parametrize("name", PICTURES)
def test_images_of_another_case_are_refused_where_no_picture_is_made_too(
    name: str, study: Path, on_ct: LoadedCase, tmp_path: Path
) -> None:
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "notes.txt").write_text("no image")
    target = tmp_path / f"out{registry.converter('to', name).suffix}"
    for place in (study / "pet", tmp_path / "texts"):
        with pytest.raises(ImageError, match="no image of the cases is among those that were named"):
            registry.write([on_ct], target, format=name, images=[place])
        assert not target.exists()
    registry.write([on_ct], target, format=name, images=[study / "ct"])
    assert target.exists()


@pytest.mark.parametrize("name", PICTURES)
def test_an_image_of_another_shape_is_refused_where_no_picture_is_made_too(
    name: str, study: Path, on_ct: LoadedCase, tmp_path: Path
) -> None:
    target = tmp_path / f"out{registry.converter('to', name).suffix}"
    (study / "ct" / "1.dcm").unlink()
    with pytest.raises(ImageError, match="of another shape than the case says"):
        registry.write([on_ct], target, format=name, images=[study / "ct"])
    assert not target.exists()
