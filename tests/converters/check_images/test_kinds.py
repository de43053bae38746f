"""Planted faults of NIfTI files, enhanced images, whole slides, cine loops, and values."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

import nibabel
import numpy as np
import pydicom
import pytest
from annoconv_converters.check_images import catalogue, check_images
from annoconv_converters.check_images.table import checks
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as Items

from annoconv.errors import ImageError, InputError
from tests.converters.check_images.made_series import MR, made, pixels_of, repaint, write
from tests.real_data import real

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

AFFINE = np.array([[-0.8, 0, 0, 30], [0, 0.9, 0, -20], [0, 0, 2.5, 10], [0, 0, 0, 1]])
US = "1.2.840.10008.5.1.4.1.1.3.1"


def found(path: Path, **options: Any) -> list[tuple[str, str]]:
    return [(finding.rule, finding.message) for _, finding in check_images([path], **options)]


def test_every_check_of_the_table_has_its_function_or_is_of_files() -> None:
    import annoconv_converters.check_images.slides  # its checks are registered by importing it

    assert annoconv_converters.check_images.slides.SLIDE_CLASS
    of_files = {"A-7.2a.preamble_missing"}
    assert set(checks()) == set(catalogue()) - of_files


# --- NIfTI ---


def nifti(path: Path, change: Callable[[Any], None] = lambda _image: None, *, kind: Any = np.int16) -> Path:
    image = nibabel.Nifti1Image(np.arange(6 * 5 * 4, dtype=kind).reshape(6, 5, 4), AFFINE)
    image.set_sform(AFFINE, 1)
    image.set_qform(AFFINE, 1)
    change(image)
    image.to_filename(path)
    return path


def _patched(path: Path, at: int, layout: str, *values: float) -> Path:
    data = bytearray(path.read_bytes())
    struct.pack_into(layout, data, at, *values)
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("name", ["image.nii", "image.nii.gz"])
@pytest.mark.parametrize("kind", [np.uint8, np.int16, np.float32])
def test_a_clean_nifti_file_has_no_finding(tmp_path: Path, name: str, kind: type) -> None:
    assert found(nifti(tmp_path / name, kind=kind)) == []


def test_a_nifti_file_of_either_form_alone_has_no_finding(tmp_path: Path) -> None:
    assert found(nifti(tmp_path / "s.nii", lambda image: image.set_qform(None, 0))) == []
    assert found(nifti(tmp_path / "q.nii", lambda image: image.set_sform(None, 0))) == []


def test_a_nifti_file_without_a_form_is_named(tmp_path: Path) -> None:
    def change(image: Any) -> None:
        image.set_qform(None, 0)
        image.set_sform(None, 0)

    assert [rule for rule, _ in found(nifti(tmp_path / "a.nii", change))] == ["A-B.2.form_missing"]


def test_forms_that_differ_are_named_with_their_distance(tmp_path: Path) -> None:
    other = AFFINE.copy()
    other[0, 3] += 3
    ((rule, message),) = found(nifti(tmp_path / "a.nii", lambda image: image.set_sform(other, 1)))
    assert rule == "A-B.2.forms_differ"
    assert "3 mm apart" in message


def test_a_sheared_affine_is_named(tmp_path: Path) -> None:
    sheared = AFFINE.copy()
    sheared[1, 2] = 2.5 * np.tan(np.radians(10))

    def change(image: Any) -> None:
        image.set_qform(None, 0)
        image.set_sform(sheared, 1)
        image.header["pixdim"][1:4] = np.linalg.norm(sheared[:3, :3], axis=0)

    ((rule, message),) = found(nifti(tmp_path / "a.nii", change))
    assert rule == "A-7.2b.affine_sheared"
    assert "80.00 degrees" in message


@pytest.mark.parametrize("size", [0.0, -1.0, float("nan")])
def test_a_voxel_size_that_is_none_is_named(tmp_path: Path, size: float) -> None:
    path = _patched(nifti(tmp_path / "a.nii"), 76 + 4 * 3, "<f", size)
    assert [rule for rule, _ in found(path)] == ["A-7.2c.voxel_size_invalid"]


def test_voxel_sizes_that_are_not_those_of_the_sform_are_named(tmp_path: Path) -> None:
    path = _patched(nifti(tmp_path / "a.nii", lambda image: image.set_qform(None, 0)), 76 + 4 * 3, "<f", 5.0)
    ((rule, message),) = found(path)
    assert rule == "A-7.2c.voxel_size_differs"
    assert "0.8, 0.9, 5" in message


def test_an_affine_that_is_no_number_is_named(tmp_path: Path) -> None:
    path = _patched(nifti(tmp_path / "a.nii", lambda image: image.set_qform(None, 0)), 280, "<f", float("nan"))
    assert [rule for rule, _ in found(path)] == ["A-7.2b.affine_invalid"]


def test_voxels_that_are_no_numbers_are_counted_and_placed(tmp_path: Path) -> None:
    voxels = np.ones((6, 5, 4), np.float32)
    voxels[2, 3, 1], voxels[5, 4, 3] = np.nan, np.inf
    image = nibabel.Nifti1Image(voxels, AFFINE)
    image.to_filename(tmp_path / "a.nii.gz")
    ((rule, message),) = found(tmp_path / "a.nii.gz")
    assert rule == "A-7.2f.value_not_finite"
    assert "2 of 120 voxels" in message
    assert "2, 3, 1" in message


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz"])
def test_a_nifti_file_that_is_cut_off_is_named(tmp_path: Path, name: str) -> None:
    path = nifti(tmp_path / name)
    path.write_bytes(path.read_bytes()[:-9])
    assert [rule for rule, _ in found(path)] == ["A-7.2a.file_unreadable"]


def test_what_is_no_nifti_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.nii").write_bytes(b"x" * 1000)
    assert [rule for rule, _ in found(tmp_path)] == ["A-7.2a.file_unreadable"]


# --- enhanced images ---


def _enhanced(path: Path, change: Callable[[Dataset], None]) -> Path:
    one = pydicom.dcmread(real("dicom/enhanced_mr_siemens_xa10/6_1.dcm"))
    change(one)
    one.save_as(path, enforce_file_format=True)
    return path


def test_a_displaced_frame_of_an_enhanced_image_is_the_one_finding(tmp_path: Path) -> None:
    def change(one: Dataset) -> None:
        place = one.PerFrameFunctionalGroupsSequence[3].PlanePositionSequence[0]
        place.ImagePositionPatient = [float(x) + 3 * (n == 0) for n, x in enumerate(place.ImagePositionPatient)]

    path = _enhanced(tmp_path / "a.dcm", change)
    ((_, finding),) = check_images([path])
    assert finding.rule == "A-7.2e.slice_displaced"
    assert finding.path.endswith("/frames/3")
    assert "frame 4" in finding.message


def test_frames_of_an_enhanced_image_at_one_position_are_named(tmp_path: Path) -> None:
    def change(one: Dataset) -> None:
        first, second = (one.PerFrameFunctionalGroupsSequence[n].PlanePositionSequence[0] for n in (1, 5))
        second.ImagePositionPatient = list(first.ImagePositionPatient)

    assert [rule for rule, _ in found(_enhanced(tmp_path / "a.dcm", change))] == ["A-7.2e.position_twice"]


# --- cine loops ---


def loop(path: Path, **values: object) -> Path:
    one = made(1, kind=MR)[0]
    one.SOPClassUID = one.file_meta.MediaStorageSOPClassUID = US
    one.Modality, one.NumberOfFrames, one.BurnedInAnnotation = "US", 5, "NO"
    for name in ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "FrameOfReferenceUID"):
        delattr(one, name)
    one.PixelData = pixels_of(one).tobytes() * 5
    one.FrameTime, one.CineRate = 40, 25
    for name, value in values.items():
        if value is None:
            delattr(one, name)
        else:
            setattr(one, name, value)
    one.save_as(path, enforce_file_format=True)
    return path


def test_a_clean_loop_has_no_finding(tmp_path: Path) -> None:
    assert found(loop(tmp_path / "a.dcm")) == []
    assert found(loop(tmp_path / "b.dcm", FrameTime=None, FrameTimeVector=[0, 40, 41, 39, 40])) == []


@pytest.mark.parametrize(
    ("values", "rule", "text"),
    [
        ({"FrameTime": None}, "A-7.2n2.frame_times_missing", "5 frames"),
        ({"FrameTime": 0}, "A-7.2n2.frame_times_invalid", "is 0"),
        ({"FrameTimeVector": [0, 40, 40]}, "A-7.2n2.frame_times_invalid", "3 times"),
        ({"FrameTimeVector": [0, 40, 40, -1, 40]}, "A-7.2n2.frame_times_invalid", "-1 ms before frame 3"),
        ({"CineRate": 50}, "A-7.2n2.frame_rate_differs", "50 frames a second"),
        ({"BurnedInAnnotation": "YES"}, "A-A.5b.burned_in", "1 of 1"),
        ({"BurnedInAnnotation": None}, "A-A.5b.burned_in_unknown", "US"),
        ({"NumberOfFrames": 6}, "A-7.2a.file_truncated", "49152 bytes"),
    ],
)
def test_a_planted_fault_of_a_loop_is_the_one_finding(
    tmp_path: Path, values: dict[str, object], rule: str, text: str
) -> None:
    ((actual, message),) = found(loop(tmp_path / "a.dcm", **values))
    assert actual == rule
    assert text in message


# --- whole slides ---


def slide(path: Path, columns: int, rows: int, tile: int = 16, *, level: int = 0, **values: object) -> Path:
    one = made(1, kind=MR)[0]
    one.SOPClassUID = one.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.77.1.6"
    one.SOPInstanceUID = one.file_meta.MediaStorageSOPInstanceUID = f"1.2.826.0.1.11.9.{level + 1}"
    one.Modality, one.ImageType = "SM", ["ORIGINAL", "PRIMARY", "VOLUME", "NONE"]
    for name in ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing"):
        delattr(one, name)
    one.Rows = one.Columns = tile
    one.TotalPixelMatrixColumns, one.TotalPixelMatrixRows = columns, rows
    one.DimensionOrganizationType = "TILED_FULL"
    one.NumberOfFrames = -(-columns // tile) * -(-rows // tile)
    one.PixelData = b"\0\1" * (one.NumberOfFrames * tile * tile)
    measures, group, optical = Dataset(), Dataset(), Dataset()
    measures.PixelSpacing, measures.SliceThickness = [0.0005 * 2**level] * 2, 0.001
    group.PixelMeasuresSequence = Items([measures])
    optical.ObjectiveLensPower = 20
    one.SharedFunctionalGroupsSequence, one.OpticalPathSequence = Items([group]), Items([optical])
    for name, value in values.items():
        if name == "spacing":
            measures.PixelSpacing = value
        elif name == "power":
            optical.ObjectiveLensPower = value
        elif value is None:
            delattr(one, name)
        else:
            setattr(one, name, value)
    one.save_as(path, enforce_file_format=True)
    return path


def test_a_clean_pyramid_has_no_finding(tmp_path: Path) -> None:
    for level, size in enumerate([(100, 60), (50, 30), (25, 15)]):
        slide(tmp_path / f"{level}.dcm", *size, level=level)
    assert found(tmp_path) == []


def test_a_level_of_another_field_is_the_one_finding(tmp_path: Path) -> None:
    slide(tmp_path / "0.dcm", 1000, 600)
    slide(tmp_path / "1.dcm", 500, 200, level=1)
    ((rule, message),) = found(tmp_path)
    assert rule == "A-7.2n1.level_differs"
    assert "2 times across and 3 times down" in message


@pytest.mark.parametrize(
    ("values", "rule"),
    [
        ({"power": 2}, "A-7.2n1.magnification_against_spacing"),
        ({"SharedFunctionalGroupsSequence": None, "OpticalPathSequence": None}, "A-7.2n1.magnification_missing"),
        ({"NumberOfFrames": 27, "PixelData": b"\0\1" * (27 * 256)}, "A-7.2n1.tiles_missing"),
    ],
)
def test_a_planted_fault_of_a_slide_is_the_one_finding(tmp_path: Path, values: dict[str, object], rule: str) -> None:
    assert [each for each, _ in found(slide(tmp_path / "a.dcm", 100, 60, **values))] == [rule]


def test_a_large_slide_of_one_level_is_the_one_finding(tmp_path: Path) -> None:
    assert [rule for rule, _ in found(slide(tmp_path / "a.dcm", 9000, 20))] == ["A-7.2n1.pyramid_missing"]


def test_an_aperio_file_that_is_cut_off_is_the_one_finding(tmp_path: Path) -> None:
    whole = real("wsi/aperio/CMU-1-Small-Region.svs").read_bytes()
    (tmp_path / "a.svs").write_bytes(whole)
    assert found(tmp_path) == []
    (tmp_path / "a.svs").write_bytes(whole.replace(b"AppMag = 20", b"AppMag = 05"))
    assert [rule for rule, _ in found(tmp_path)] == ["A-7.2n1.magnification_against_spacing"]
    (tmp_path / "a.svs").write_bytes(whole[: len(whole) // 2])
    assert [rule for rule, _ in found(tmp_path)] == ["A-7.2a.file_unreadable"]


# --- values, and what is no image ---


def test_a_bias_field_is_found_when_it_is_asked_for(tmp_path: Path) -> None:
    slices = made(kind=MR)
    field = np.exp(np.linspace(-1, 1, 64))[None, :]
    for one in slices:
        repaint(one, lambda pixels: pixels * field)
    folder = write(slices, tmp_path)
    assert found(folder) == []
    assert [rule for rule, _ in found(folder, bias_field=True)] == ["A-7.2f.bias_field"]


def test_without_pixels_none_is_read(tmp_path: Path) -> None:
    slices = made(kind=MR)
    repaint(slices[5], np.zeros_like)
    folder = write(slices, tmp_path)
    assert [rule for rule, _ in found(folder)] == ["A-7.2f.dropout"]
    assert found(folder, pixels=False) == []


def test_a_folder_without_images_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("none")
    with pytest.raises(ImageError, match="no images to check"):
        found(tmp_path)


def test_a_manifest_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="manifest cannot be read"):
        found(write(made(3), tmp_path), manifest=tmp_path / "none.txt")


def test_findings_come_in_one_order(tmp_path: Path) -> None:
    slices = made()
    del slices[5]
    slices[7].Modality = "MR"
    folder = write(slices, tmp_path)
    once, again = (list(check_images([folder])) for _ in range(2))
    assert once == again
    assert [str(each) for each, _ in once] == [str(each) for each, _ in again]
