"""Sources of every kind, there and back: slides, uneven and tilted stacks, frames in time, photographs, radiographs.

Masks go out as a segmentation beside the report; `check-links` and dciodvfy judge both.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pydicom
import pytest
from pydicom.uid import (
    DigitalXRayImageStorageForPresentation,
    UltrasoundMultiFrameImageStorage,
    VLEndoscopicImageStorage,
    VLPhotographicImageStorage,
)

from annoconv import images, registry
from annoconv.casefile import read_case
from annoconv.cli import main
from annoconv.documents import strict_json
from annoconv.geometry import Grid
from annoconv.pixels import save_nifti
from tests import peers
from tests.cases import concept
from tests.converters.test_dicom_seg_tilt import BLOCKS, EVEN, UNEVEN, places, series_of
from tests.converters.test_dicom_sr_ultrasound import picture
from tests.slides import write_slide

if TYPE_CHECKING:
    from collections.abc import Callable

    from annoconv.casefile import LoadedCase

NODULE = {"category": "lesion", "label_code": "NODULE"}
LENGTH = {"concept": concept("410668003", "SCT", "Length"), "value": 12.5, "unit": "mm"}
PIXELS = {"concept": concept("81827009", "SCT", "Diameter"), "value": 17, "unit": "{pixels}"}


def slide(folder: Path) -> dict[str, Any]:
    folder.mkdir(parents=True)
    write_slide(folder / "slide.dcm", 96, 32)
    told = pydicom.dcmread(folder / "slide.dcm")
    told.IssuerOfTheContainerIdentifierSequence, told.ContainerTypeCodeSequence = [], []
    specimen = pydicom.Dataset()
    specimen.SpecimenIdentifier, specimen.SpecimenUID = "S1", "1.2.3.96.9"
    specimen.IssuerOfTheSpecimenIdentifierSequence, specimen.SpecimenPreparationSequence = [], []
    told.SpecimenDescriptionSequence = [specimen]
    told.save_as(folder / "slide.dcm")
    return {}


def frames(folder: Path) -> dict[str, Any]:
    picture(folder / "us.dcm", UltrasoundMultiFrameImageStorage, "US", frames=7)
    return {"frame_index": 5}


def single(kind: str, modality: str) -> Callable[[Path], dict[str, Any]]:
    def make(folder: Path) -> dict[str, Any]:
        picture(folder / "one.dcm", kind, modality)
        return {}

    return make


def stack(heights: list[float], angle: float) -> Callable[[Path], dict[str, Any]]:
    def make(folder: Path) -> dict[str, Any]:
        series_of(folder, places(heights, angle))
        return {"slice_index": 5}

    return make


SOURCES: dict[str, Callable[[Path], dict[str, Any]]] = {
    "whole slide": slide,
    "ultrasound": frames,
    "photograph": single(VLPhotographicImageStorage, "XC"),
    "endoscopy": single(VLEndoscopicImageStorage, "ES"),
    "chest radiograph": single(DigitalXRayImageStorageForPresentation, "DX"),
    "tilted": stack(EVEN, 18.5),
    "uneven": stack(UNEVEN, 0.0),
    "tilted, in blocks": stack(BLOCKS, 18.5),
}


def case_on(name: str, folder: Path) -> LoadedCase:
    """Write a case with a mask, a box, an outline and a line that was measured, all on one slice or frame."""
    place = SOURCES[name](folder / "images")
    source = images.open(folder / "images")
    image = strict_json.plain(source.describe())
    columns, rows, slices = source.grid.shape
    voxels = np.zeros((slices, rows, columns), dtype=bool)
    voxels[slices * 2 // 3, 1:4, 2:7] = voxels[slices * 2 // 3, 4, 3] = True
    grid = source.grid if source.grid.frame == "LPS" else Grid(source.grid.shape)
    save_nifti(folder / "m.nii.gz", voxels, grid)
    drawn = [
        {"id": "M", **NODULE, "type": "mask", "mask_file": "m.nii.gz", "measurements": [LENGTH]},
        {"id": "B", **NODULE, "type": "bbox", "bbox": [1.0, 0.5, 6.25, 4.0], **place},
        {"id": "P", **NODULE, "type": "polygon", "polygon": [[1.5, 1.0], [6.0, 1.5], [4.25, 5.0]], **place},
        {"id": "L", **NODULE, "type": "polyline", "polyline": [[1.0, 1.0], [6.0, 1.5]], **place},
    ]
    drawn[-1]["measurements"] = [PIXELS]
    times = {"timestamps": {"end": "2026-01-08T09:40:00+08:00"}}
    case = {"schema_version": "1.0", "task_id": "T", "case_id": "C", "image": image, "annotations": drawn}
    (folder / "case.json").write_bytes(strict_json.dumps(case | {"metadata": {"annotator": "A"} | times}))
    return read_case(folder / "case.json")


@pytest.mark.parametrize("name", SOURCES)
def test_masks_and_shapes_go_out_and_come_back_equal(name: str, tmp_path: Path) -> None:
    loaded = case_on(name, tmp_path)
    study = tmp_path / "study"
    losses = registry.write([loaded], study, format="dicom-sr", images=[tmp_path / "images"], seg=True)
    assert not [loss for loss in losses if loss.kind.changes_value]
    files = sorted(study.glob("*.dcm"))
    assert len(files) == 2
    assert [peers.dciodvfy_errors(each) for each in files] == [[], []]
    for options in ({}, {"images": [tmp_path / "images"]}):
        (reading,) = registry.read([study], format="dicom-sr", **options)
        assert strict_json.plain(reading.case) == strict_json.plain(loaded.case)
        np.testing.assert_array_equal(reading.masks["M"].read(), loaded.masks["M"].read())
        assert not [loss for loss in reading.losses if loss.path.startswith("/annotations")]


@pytest.mark.parametrize("name", SOURCES)
def test_the_standards_own_content_says_it_on_the_right_image(name: str, tmp_path: Path) -> None:
    loaded = case_on(name, tmp_path)
    target = tmp_path / "sr.dcm"
    registry.write([loaded], target, format="dicom-sr", images=[tmp_path / "images"], plain=True)
    (reading,) = registry.read([target], format="dicom-sr")
    found = {each["id"]: each for each in strict_json.plain(reading.case)["annotations"]}
    for stated in strict_json.plain(loaded.case)["annotations"][1:]:
        assert found[stated["id"]].items() >= stated.items()
    source = images.open(tmp_path / "images")
    (box,) = [
        each for each in scoords(pydicom.dcmread(target)) if each.GraphicData[0] == 1.0 and len(each.GraphicData) == 10
    ]
    (reference,) = box.ContentSequence[0].ReferencedSOPSequence
    place = next(iter(SOURCES[name](tmp_path / "again").values()), 0)
    assert reference.ReferencedSOPInstanceUID == source.slices[place].sop_instance_uid
    assert reference.get("ReferencedFrameNumber") == (6 if name == "ultrasound" else None)
    assert box.get("PixelOriginInterpretation") == ("VOLUME" if name == "whole slide" else None)


def scoords(one: pydicom.Dataset) -> list[pydicom.Dataset]:
    found: list[pydicom.Dataset] = []
    for each in one.get("ContentSequence", ()):
        found += [each] if each.get("ValueType") == "SCOORD" else []
        found += scoords(each)
    return found


@pytest.mark.parametrize("name", SOURCES)
def test_every_reference_of_them_resolves(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    registry.write(
        [case_on(name, tmp_path)], tmp_path / "study", format="dicom-sr", images=[tmp_path / "images"], seg=True
    )
    capsys.readouterr()
    code = main(["check-links", "--json", str(tmp_path / "study"), str(tmp_path / "images")])
    assert (code, json.loads(capsys.readouterr().out)["findings"]) == (0, [])
