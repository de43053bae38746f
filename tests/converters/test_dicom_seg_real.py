"""Masks on real series as segmentations: judged by dciodvfy, read back by dcmqi and highdicom and by ourselves."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
import pytest
import SimpleITK

from annoconv import registry
from annoconv.casefile import LoadedCase
from annoconv.geometry import GridKind, compare_grids
from annoconv.registry import Context
from tests import peers
from tests.converters.seg_cases import SERIES, Written, by_dcmqi, by_highdicom, write
from tests.real_data import real

LIVER_VOXELS = 107_098
"""Of the liver mask of seg/dcmqi_liver_triple, counted by its makers."""


@pytest.fixture(scope="module", params=[*SERIES, "liver", "multi"])
def written(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Written:
    folder = tmp_path_factory.mktemp("seg")
    ct = "seg/dcmqi_liver_triple/ct-3slice"
    if request.param == "liver":
        return write(folder, real(ct), nrrd("seg/dcmqi_liver_triple/liver_seg.nrrd"))
    if request.param == "multi":
        labels_kji = nrrd("seg/dcmqi_multi/liver_spine_seg.nrrd")
        heart_kji = nrrd("seg/dcmqi_multi/heart_seg.nrrd")
        labels_kji[(labels_kji == 0) & (heart_kji == 3)] = 3
        return write(folder, real(ct), labels_kji)
    return write(folder, real(request.param))


def nrrd(path: str) -> np.ndarray:
    return SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(str(real(path)))).astype(np.uint8)


def test_the_validator_finds_no_error(written: Written) -> None:
    assert peers.dciodvfy_errors(written.path) == []


def test_dcmqi_reads_the_same_voxels_at_the_same_place(written: Written, tmp_path: Path) -> None:
    found = by_dcmqi(written.path, tmp_path / "dcmqi", written.source.grid)
    assert found.keys() == written.masks.keys()
    for number, mask_kji in written.masks.items():
        np.testing.assert_array_equal(found[number], mask_kji)


def test_highdicom_reads_the_same_voxels_at_the_same_place(written: Written) -> None:
    found = by_highdicom(written.path, written.source.grid)
    assert found.keys() == written.masks.keys()
    for number, mask_kji in written.masks.items():
        np.testing.assert_array_equal(found[number], mask_kji)


@pytest.mark.parametrize("with_images", [True, False])
def test_the_case_comes_back_equal(written: Written, with_images: bool) -> None:
    given = [written.source.path] if with_images else []
    (reading,) = registry.read([written.path], format="dicom-seg", images=given)
    assert reading.case == written.case.case
    assert not [loss for loss in written.losses if loss.kind.changes_value]
    for identity, mask in written.case.masks.items():
        back = reading.masks[identity]
        assert compare_grids(back.grid, mask.grid).kind is GridKind.SAME
        np.testing.assert_array_equal(back.read(), mask.read())


def test_without_carrier_what_is_lost_is_named_and_the_grid_is_the_sources(written: Written, tmp_path: Path) -> None:
    path = tmp_path / "plain.dcm"
    registry.write([written.case], path, format="dicom-seg", images=[written.source.path], plain=True)
    assert not any(each.tag.is_private for each in pydicom.dcmread(path, stop_before_pixels=True))
    (reading,) = registry.read([path], format="dicom-seg", context=Context(task="T"))
    stated = written.case.case.image
    assert reading.case.image.shape == stated.shape
    np.testing.assert_allclose(reading.case.image.origin, stated.origin, atol=1e-6)
    codes = [annotation.label_code for annotation in written.case.case.annotations]
    assert [annotation.label_code for annotation in reading.case.annotations] == codes


def test_the_same_input_gives_the_same_bytes(written: Written, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "America/Adak")
    case = LoadedCase(written.case.case, written.case.masks)
    again = tmp_path / "elsewhere.dcm"
    registry.write([case], again, format="dicom-seg", images=[written.source.path])
    assert again.read_bytes() == written.path.read_bytes()


def test_the_liver_has_the_voxels_that_its_makers_counted(tmp_path: Path) -> None:
    folder = real("seg/dcmqi_liver_triple")
    written = write(tmp_path, folder / "ct-3slice", nrrd("seg/dcmqi_liver_triple/liver_seg.nrrd"))
    (foreign,) = by_highdicom(folder / "liver.dcm", written.source.grid).values()
    (ours,) = by_highdicom(written.path, written.source.grid).values()
    assert np.count_nonzero(ours) == LIVER_VOXELS
    np.testing.assert_array_equal(ours, foreign)


def test_dcmqis_own_file_of_the_liver_is_read(tmp_path: Path) -> None:
    folder = real("seg/dcmqi_liver_triple")
    (reading,) = registry.read([folder / "liver.dcm"], format="dicom-seg", images=[folder / "ct-3slice"])
    (mask,) = reading.masks.values()
    assert np.count_nonzero(mask.read()) == LIVER_VOXELS
    (expected,) = by_dcmqi(folder / "liver.dcm", tmp_path / "dcmqi", mask.grid).values()
    np.testing.assert_array_equal(mask.read(), expected)
