"""Cases of series whose slices are sheared (gantry tilt), as NIfTI: the sform has the same shear, and they come back.

The affine is computed here by hand from the slices' positions; nibabel and SimpleITK read what is written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import nibabel
import numpy as np
import pytest

from annoconv import registry
from annoconv.casefile import read_case, write_case
from annoconv.errors import GeometryError
from annoconv.registry import Context
from tests.converters.test_dicom_seg_tilt import EVEN, labels, mask_file, places, series_of

if TYPE_CHECKING:
    from pathlib import Path

POSITIONS = places(EVEN, 18.5)


@pytest.fixture
def tilted(tmp_path: Path) -> tuple[Path, Path]:
    """Give a tilted series and a case of two masks on it."""
    series = series_of(tmp_path / "ct", POSITIONS)
    mask = mask_file(tmp_path / "mask.nii.gz", labels(8), POSITIONS, series)
    (reading,) = registry.read([mask], format="nifti", images=[series], context=Context(task="T"))
    write_case(reading, tmp_path / "case" / "case.json")
    return series, tmp_path / "case" / "case.json"


def placed(reading: Any) -> list[Any]:
    return [each.image_position_patient for each in reading.case.image.instances or ()]


@pytest.mark.parametrize("layout", ["flat", "bids", "nnunet", "msd", "monai"])
@pytest.mark.parametrize("given", [True, False])
def test_every_layout_holds_the_shear_and_gives_the_slices_back(
    layout: str, given: bool, tilted: tuple[Path, Path], tmp_path: Path
) -> None:
    series, case = tilted
    target = tmp_path / "out"
    registry.write([read_case(case)], target, format="nifti", images=[series], layout=layout)
    affine = np.column_stack([[-1, 0, 0], [0, -1, 0], [0, -np.tan(np.radians(18.5)) * 4, 4], [10, -20, 0]])
    volumes = list(target.rglob("*.nii.gz"))
    assert volumes
    for each in volumes:
        stated = nibabel.load(each)
        assert np.allclose(stated.affine[:3], affine, atol=1e-5)
        assert int(stated.header["qform_code"]) == 0  # a quaternion has no shear
    (reading,) = registry.read([target], format="nifti", images=[series] if given else [])
    assert placed(reading) == POSITIONS
    masks = [mask.read() for mask in reading.masks.values()]
    assert [np.array_equal(mask, labels(8) == number) for number, mask in enumerate(masks, 1)] == [True, True]


def test_without_the_side_file_the_series_tells_where_the_slices_lie(tilted: tuple[Path, Path], tmp_path: Path) -> None:
    series, case = tilted
    target = tmp_path / "out"
    losses = registry.write([read_case(case)], target, format="nifti", images=[series], plain=True)
    assert [each.path for each in losses if "image_position_patient" in each.path]
    with pytest.raises(GeometryError, match="sheared") as refusal:
        list(registry.read([target], format="nifti"))
    assert "--images" in (refusal.value.advice or "")
    assert str(target) in str(refusal.value)
    (reading,) = registry.read([target], format="nifti", images=[series])
    assert placed(reading) == POSITIONS
