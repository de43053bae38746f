"""The middle of a mask beside its segment, as `--for ohif` writes it: on the object, and read as no point."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pydicom
import pytest
from annoconv_converters.dicom_sr.centres import centre_voxel
from hypothesis import given
from hypothesis import strategies as st
from pydicom.uid import UltrasoundMultiFrameImageStorage

from annoconv import registry
from annoconv.casefile import LoadedCase, read_case
from annoconv.documents import strict_json
from annoconv.geometry import Grid
from annoconv.loss import LossKind
from annoconv.pixels import ArrayVolume, Mask, save_nifti
from tests import peers
from tests.cases import concept, document, grid_of, mask, series
from tests.converters.test_dicom_sr_ultrasound import picture

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

NODULE = {"category": "lesion", "label_code": "NODULE"}
VOLUME = {"concept": concept("118565006", "SCT", "Volume"), "value": 28.5, "unit": "mm3"}
OBLIQUE = np.round([[0.8, 0, 0.6], [0, 1, 0], [-0.6, 0, 0.8]], 12)


def shape_kji() -> Any:
    """Return a hook, no flip of which is itself, and whose centre of mass is not on it."""
    voxels = np.zeros((6, 12, 14), bool)
    voxels[2:5, 2:10, 3] = voxels[2:5, 9, 3:11] = True
    return voxels


@given(st.integers(0, 2**60 - 1))
def test_the_middle_of_a_mask_is_on_it_and_on_its_middle_slice(bits: int) -> None:
    voxels = np.array([bits >> place & 1 for place in range(60)], bool).reshape(3, 4, 5)
    found = centre_voxel(Mask("A", ArrayVolume(Grid((5, 4, 3)), voxels)))
    if not voxels.any():
        assert found is None
        return
    assert found is not None
    i, j, k = found
    assert voxels[k, j, i]
    assert max(voxels[:k].sum(), voxels[k + 1 :].sum()) * 2 <= voxels.sum()


def test_the_middle_of_a_box_is_its_middle() -> None:
    voxels = np.zeros((9, 12, 14), np.uint8)
    voxels[2:7, 3:8, 5:12] = 4
    assert centre_voxel(Mask("A", ArrayVolume(Grid((14, 12, 9)), voxels), 4)) == (8, 5, 4)
    assert centre_voxel(Mask("A", ArrayVolume(Grid((14, 12, 9)), voxels), 3)) is None
    fractions = (voxels / 8).astype(np.float32)
    assert centre_voxel(Mask("A", ArrayVolume(Grid((14, 12, 9)), fractions))) == (8, 5, 4)


def centres(path: Path) -> list[Dataset]:
    groups = pydicom.dcmread(path).ContentSequence[-1].ContentSequence
    items = [each for group in groups for each in group.ContentSequence]
    return [each for each in items if each.ConceptNameCodeSequence[0].CodeValue == "111010"]


def written(folder: Path, image: Any, drawn: list[Any], **options: Any) -> tuple[LoadedCase, Any, Path, Path]:
    (folder / "case.json").write_bytes(strict_json.dumps(document(image, drawn)))
    loaded, out = read_case(folder / "case.json"), folder / "out"
    losses = registry.write(
        [loaded], out, format="dicom-sr", images=[folder / "images"], seg=True, viewer="ohif", **options
    )
    (segmentation,) = out.glob("*_seg.dcm")
    (report,) = [each for each in out.glob("*.dcm") if each != segmentation]
    return loaded, losses, report, segmentation


@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize("direction", [np.eye(3), OBLIQUE], ids=["axial", "oblique"])
def test_a_mask_has_its_middle_beside_its_segment_and_comes_back_as_a_mask(
    plain: bool, direction: Any, tmp_path: Path
) -> None:
    grid = grid_of((14, 12, 6), direction=direction)
    image = series(tmp_path, grid, "middle")
    turned = Grid((14, 12, 6), grid.affine @ [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, -1, 5], [0, 0, 0, 1]])
    save_nifti(tmp_path / "a.nii.gz", shape_kji()[::-1], turned)  # the other way up, at the same place
    point = {"id": "P", **NODULE, "type": "point", "point": [3.5, 2.5], "slice_index": 1}
    drawn = [mask("A", "a.nii.gz", measurements=[VOLUME]), point]
    loaded, losses, report, segmentation = written(tmp_path, image, drawn, plain=plain)
    (centre,) = centres(report)
    (reference,) = centre.ContentSequence[0].ReferencedSOPSequence
    headers = [pydicom.dcmread(path) for path in (tmp_path / "images").iterdir()]
    (shown,) = [each for each in headers if each.SOPInstanceUID == reference.ReferencedSOPInstanceUID]
    x, y = centre.GraphicData
    across, down = np.reshape(np.array(shown.ImageOrientationPatient, float), (2, 3))
    between_rows, between_columns = map(float, shown.PixelSpacing)
    lps = np.array(shown.ImagePositionPatient, float)
    lps = lps + across * between_columns * (x - 0.5) + down * between_rows * (y - 0.5)
    i, j, k = np.rint((np.linalg.inv(grid.affine) @ [*lps, 1])[:3]).astype(int)
    assert shape_kji()[k, j, i]
    assert k == 3
    assert not [each for each in losses if each.kind.changes_value and "OHIF" in str(each.message)]
    assert peers.dciodvfy_errors(report) == []
    (reading,) = registry.read([report, segmentation], format="dicom-sr", images=[tmp_path / "images"])
    assert [each.type for each in reading.case.annotations] == ["mask", "point"]
    np.testing.assert_array_equal(reading.masks["A"].read(), shape_kji())
    (alone,) = registry.read([report], format="dicom-sr")
    assert [each.type for each in alone.case.annotations] == ["attribute", "point"]
    if not plain:
        assert strict_json.plain(reading.case) == strict_json.plain(loaded.case)


def test_on_a_frame_of_ultrasound_too(tmp_path: Path) -> None:
    uid = picture(tmp_path / "images" / "us.dcm", UltrasoundMultiFrameImageStorage, "US", frames=7)
    voxels = np.zeros((7, 96, 128), bool)
    voxels[4, 20:31, 40:61] = True
    save_nifti(tmp_path / "a.nii.gz", voxels, Grid((128, 96, 7)))
    image = {"uid": uid, "modality": "US", "shape": [128, 96, 7], "coordinate_frame": "NONE"}
    _, _, report, _ = written(tmp_path, image, [mask("A", "a.nii.gz")])
    (centre,) = centres(report)
    assert list(centre.GraphicData) == [50.5, 25.5]
    assert centre.ContentSequence[0].ReferencedSOPSequence[0].ReferencedFrameNumber == 5


def test_what_has_no_coordinates_is_named_for_that_viewer_alone(tmp_path: Path) -> None:
    image = series(tmp_path, grid_of((14, 12, 6)), "graded")
    graded: dict[str, Any] = {"category": "attribute", "label_code": "CASE_LEVEL", "type": "attribute"}
    graded["evaluations"] = [{"concept": concept("1", "99X", "Region"), "value": concept("2", "99X", "Chest")}]
    line = {"id": "L", **NODULE, "type": "polyline", "polyline": [[1.0, 1.0], [6.5, 1.5]], "slice_index": 2}
    drawn = [line, {"id": "G", **graded, "attributes": {}}]
    (tmp_path / "case.json").write_bytes(strict_json.dumps(document(image, drawn)))
    loaded = read_case(tmp_path / "case.json")
    for viewer, expected in (("ohif", ["/annotations/1"]), ("any", [])):
        losses = registry.write(
            [loaded], tmp_path / f"{viewer}.dcm", format="dicom-sr", images=[tmp_path / "images"], viewer=viewer
        )
        assert [each.path for each in losses if "OHIF" in str(each.message)] == expected
        assert {each.kind for each in losses if "OHIF" in str(each.message)} <= {LossKind.NO_PLACE}
