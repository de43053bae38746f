"""A series that lacks slices, from and to NIfTI: refused, or bridged where that is asked for, with a word."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import nibabel
import numpy as np
import pytest

from annoconv import registry
from annoconv.casefile import LoadedCase, read_case, write_case
from annoconv.errors import GeometryError, UsageError
from annoconv.loss import LossKind
from annoconv.registry import Context
from annoconv.times import parse_timestamp
from tests.converters.test_dicom_series import write_series

if TYPE_CHECKING:
    from pathlib import Path

CONTEXT = Context(task="T", timestamp=parse_timestamp("2026-01-02T00:00:00Z"))
SAID = "the series lacks the slices 3, which are taken as empty"


@pytest.fixture
def voxels() -> Any:
    voxels = np.zeros((3, 2, 6), np.uint8)
    voxels[1, :, 1:4] = 1
    return voxels


@pytest.fixture
def series(tmp_path: Path) -> Path:
    """Six slices at 30, 32.5 ... 42.5 mm without the third; `write_series` names the last one 1.dcm."""
    folder = write_series(tmp_path / "ct", 6)
    (folder / "4.dcm").unlink()
    return folder


@pytest.fixture
def mask(voxels: Any, tmp_path: Path) -> Path:
    affine = np.diag([-0.5, -2, 2.5, 1])
    affine[:3, 3] = -10, -20, 30
    nibabel.save(nibabel.Nifti1Image(voxels, affine), tmp_path / "m.nii.gz")
    return tmp_path / "m.nii.gz"


def taken(mask: Path, series: Path, folder: Path) -> LoadedCase:
    options: dict[str, Any] = {"images": [series], "allow_gaps": True, "context": CONTEXT}
    (reading,) = registry.read([mask], format="nifti", **options)
    assert [(each.path, each.kind) for each in reading.losses if SAID in each.message] == [
        ("/image", LossKind.APPROXIMATED)
    ]
    write_case(reading, folder / "case.json")
    return read_case(folder / "case.json")


def test_a_gap_is_refused_or_bridged_there_and_back(series: Path, mask: Path, voxels: Any, tmp_path: Path) -> None:
    with pytest.raises(GeometryError, match=r"not evenly spaced.*--allow-gaps"):
        list(registry.read([mask], format="nifti", images=[series], context=CONTEXT))
    case = taken(mask, series, tmp_path / "case")
    assert case.case.image.shape == [3, 2, 6]
    options: dict[str, Any] = {"images": [series], "context": CONTEXT}
    for name, target in (("nifti", tmp_path / "out"), ("dicom-seg", tmp_path / "seg.dcm")):
        with pytest.raises(GeometryError, match="not evenly spaced"):
            registry.write([case], target, format=name, **options)
        losses = registry.write([case], target, format=name, allow_gaps=True, **options)
        assert [each.path for each in losses if SAID in each.message] == ["/image"]
        for given in ({}, {**options, "allow_gaps": True}):
            (back,) = registry.read([target], format=name, **given)
            assert back.case.image.shape == [3, 2, 6]
            assert np.array_equal(next(iter(back.masks.values())).read(), voxels.T.astype(bool))
    pixels_kji = np.asarray(nibabel.load(tmp_path / "out" / "images" / "image.nii.gz").dataobj).T
    assert [bool(plane.any()) for plane in pixels_kji] == [True, True, False, True, True, True]


def test_without_images_there_is_no_gap(mask: Path, series: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--allow-gaps does nothing with no --images"):
        list(registry.read([mask], format="nifti", allow_gaps=True))
    case = taken(mask, series, tmp_path / "case")
    with pytest.raises(UsageError, match="--allow-gaps does nothing with no --images"):
        registry.write([case], tmp_path / "out", format="nifti", allow_gaps=True)


def test_a_shape_in_another_order_than_the_images_is_refused_as_that(series: Path, mask: Path, tmp_path: Path) -> None:
    case = taken(mask, series, tmp_path / "case")
    image = case.case.image.model_copy(update={"shape": [6, 2, 3]})
    turned = LoadedCase(case.case.model_copy(update={"image": image}), case.masks)
    options: dict[str, Any] = {"images": [series], "allow_gaps": True, "context": CONTEXT}
    with pytest.raises(GeometryError, match=r"shape of its image in another order; found \[6, 2, 3\]") as refusal:
        registry.write([turned], tmp_path / "out", format="nifti", **options)
    assert "(columns, rows, slices)" in (refusal.value.advice or "")
