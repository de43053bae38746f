"""DICOM series against SimpleITK, the printed numbers of real files, and damage of every kind."""

import io
import os
import shutil
import struct
import time
import tracemalloc
import warnings
import zlib

import highdicom
import nibabel
import numpy as np
import pydicom
import pytest
from annoconv_converters._dicom.codestream import frame_size
from annoconv_converters.readers.dicom import scan
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.data import get_testdata_file
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
)

from annoconv import ids, pixels, registry
from annoconv.casefile import read_case, write_case
from annoconv.errors import AnnoconvError, GeometryError, ImageError, LimitError
from annoconv.geometry import Grid, GridKind, apply_relation, compare_grids
from annoconv.limits import Limits
from annoconv.model import CoordinateFrame, Modality
from annoconv.pixels import NiftiVolume
from tests.real_data import real

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import SimpleITK

CT = "1.2.840.10008.5.1.4.1.1.2"


def only(*paths):
    (found,) = scan(list(paths))
    return found


def write_slice(path, number=0, *, syntax=ExplicitVRLittleEndian, pixels=None, **changes):
    """Write one 3-column, 2-row CT slice; a change to None leaves the attribute out."""
    dataset = pydicom.Dataset()
    fields = {
        "SOPClassUID": CT,
        "SOPInstanceUID": f"1.2.3.{number + 1}",
        "Modality": "CT",
        "StudyInstanceUID": "1.2.1",
        "SeriesInstanceUID": "1.2.2",
        "FrameOfReferenceUID": "1.2.4",
        "InstanceNumber": number,
        "ImagePositionPatient": [10, 20, 30 + 2.5 * number],
        "ImageOrientationPatient": [1, 0, 0, 0, 1, 0],
        "PixelSpacing": [2.0, 0.5],
        "SliceThickness": 1.25,
        "Rows": 2,
        "Columns": 3,
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "BitsAllocated": 16,
        "BitsStored": 16,
        "HighBit": 15,
        "PixelRepresentation": 0,
        "PixelData": np.arange(6, dtype="<u2").tobytes() if pixels is None else pixels,
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for keyword, value in (fields | changes).items():
            if value is not None:
                setattr(dataset, keyword, value)
        if "PixelData" in dataset:
            dataset["PixelData"].VR = "OW"
        dataset.file_meta = pydicom.dataset.FileMetaDataset()
        dataset.file_meta.TransferSyntaxUID = syntax
        dataset.file_meta.MediaStorageSOPClassUID = CT
        dataset.file_meta.MediaStorageSOPInstanceUID = f"1.2.3.{number + 1}"
        dataset.save_as(path, enforce_file_format=True)
    return path


def write_series(folder, count=4, **changes):
    folder.mkdir(exist_ok=True)
    for number in range(count):
        write_slice(folder / f"{count - number}.dcm", number, **changes)
    return folder


# --- independent reader

GROUPS = [
    "dicom/ct_siemens_axial_j2k",
    "dicom/mr_ge_coronal_hfp",
    "dicom/mr_hitachi_oblique",
    "dicom/ct_flipped_iop",
    "dicom/ct_philips_axial",
    "seg/dcmqi_liver_triple/ct-3slice",
    "seg/dcmqi_23x38x3/23x38x3/image",
    "odd/slicecount2",
    "odd/compressed_series_rle",
    "odd/non_isotropic_shear",
    "rtstruct/rt_utils",
]


@pytest.mark.parametrize("group", GROUPS)
def test_geometry_and_pixels_as_simpleitk_reads_them(group):
    source = only(real(group))
    itk = SimpleITK.ImageSeriesReader()
    itk.SetFileNames([str(identity.path) for identity in source.slices])
    volume = itk.Execute()
    direction = np.reshape(volume.GetDirection(), (3, 3))
    assert source.grid.shape == volume.GetSize()
    np.testing.assert_allclose(source.grid.origin, volume.GetOrigin(), atol=1e-5)
    np.testing.assert_allclose(source.grid.spacing, volume.GetSpacing(), rtol=2e-3)
    np.testing.assert_allclose(source.grid.direction, direction, atol=1e-4)
    stored = SimpleITK.GetArrayFromImage(volume)
    for k, (pixels_ji, header) in enumerate(zip(source.read(), source.headers, strict=True)):
        rescaled = pixels_ji * float(header.get("RescaleSlope", 1)) + float(header.get("RescaleIntercept", 0))
        np.testing.assert_allclose(stored[k], rescaled, atol=1e-3)


@pytest.mark.parametrize("group", GROUPS)
def test_slices_lie_where_their_files_say(group):
    source = only(real(group))
    for k, (identity, header) in enumerate(zip(source.slices, source.headers, strict=True)):
        stated = header.SOPInstanceUID or header.file_meta.MediaStorageSOPInstanceUID
        assert identity.sop_instance_uid == stated
        assert identity.position_lps == tuple(map(float, header.ImagePositionPatient))
        lattice = source.grid.affine @ [0, 0, k, 1]
        assert np.abs(lattice[:3] - identity.position_lps).max() < 0.06
        assert "PixelData" not in header


# --- real files by their printed numbers


def test_siemens_ct_without_uids_in_its_data_sets():
    source = only(real("dicom/ct_siemens_axial_j2k"))
    assert source.grid.shape == (512, 512, 20)
    assert source.grid.spacing.tolist() == [0.9765625, 0.9765625, 2.0]
    assert source.grid.origin.tolist() == [-249.51171875, -437.51171875, -804.5]
    assert {identity.sop_class_uid for identity in source.slices} == {CT}
    assert source.slices[0].sop_instance_uid.endswith("016592")
    assert source.derived == {"uid", "study_instance_uid"}
    assert source.uid == ids.source_series(identity.sop_instance_uid for identity in source.slices)
    assert any("SOPClassUID" in note for note in source.notes)
    assert source.describe().frame_of_reference_uid == "1.3.12.2.1107.5.1.4.60064.30000022120807274275100000041"
    pixels_kji = source.read()
    highest = [int(header.LargestImagePixelValue) for header in source.headers]
    assert pixels_kji.max(axis=(1, 2)).tolist() == highest


def test_coronal_prone_mr():
    source = only(real("dicom/mr_ge_coronal_hfp"))
    assert source.grid.direction.tolist() == [[1, 0, 0], [0, 0, 1], [0, -1, 0]]
    np.testing.assert_allclose(source.grid.spacing, [0.234375, 0.234375, 2.000001], rtol=1e-6)
    assert source.slices[0].path.name == "MR01.dcm"


def test_oblique_mr_without_frame_of_reference():
    source = only(real("dicom/mr_hitachi_oblique"))
    # Ascending along the normal; instance numbers run the other way.
    assert [identity.path.name for identity in source.slices] == ["004.dcm", "003.dcm", "002.dcm", "001.dcm"]
    assert source.derived == {"frame_of_reference_uid"}
    assert source.frame_of_reference_uid == ids.frame_of_reference(source.uid)
    assert source.grid.spacing[2] == pytest.approx(4, abs=1e-4)
    assert any("FrameOfReferenceUID" in note for note in source.notes)


def test_both_axes_reversed():
    source = only(real("dicom/ct_flipped_iop"))
    assert source.grid.direction.tolist() == [[-1, 0, 0], [0, -1, 0], [0, 0, 1]]
    assert source.grid.origin.tolist() == [82.1807, 122.163, -24.707]


def test_non_square_pixels():
    source = only(real("odd/non_isotropic_shear"))
    assert source.grid.shape == (64, 28, 4)
    np.testing.assert_allclose(source.grid.spacing[:2], [6.39995861053464, 4.0])


@pytest.mark.parametrize(
    ("group", "words"),
    [
        ("odd/missing_slice", ["10 mm between IM-0001-0009-0001.dcm and IM-0001-0010-0001.dcm", "5 mm"]),
        ("seg/reference_ct_16x16", ["202.5 mm between 17106 and 17136", "1.25 mm"]),
    ],
)
def test_irregular_stacks_are_refused_by_slice_and_number(group, words):
    sources = [source for source in scan([real(group)]) if source.modality in {"CT", "MR"}]
    (source,) = sources
    with pytest.raises(GeometryError) as caught:
        _ = source.grid
    for word in [*words, source.uid]:
        assert word in str(caught.value)
    with pytest.raises(GeometryError):
        source.read()


def test_one_image_in_several_encodings_is_no_stack():
    (source,) = (each for each in scan([real("odd/transfer_syntax")]) if each.modality == "MR")
    with pytest.raises(ImageError, match=r"one SOPInstanceUID.*found MR_small\.dcm, MR_small_"):
        _ = source.grid


def test_a_folder_of_everything():
    sources = scan([real("seg"), real("dicom"), real("odd"), real("sr"), real("rtstruct"), real("nifti")])
    assert len({source.uid for source in sources}) == len(sources)
    assert not {source.modality for source in sources} & {"SEG", "SR", "RTSTRUCT", "RWV", "RTPLAN"}
    assert [source.uid for source in sources] == sorted(source.uid for source in sources)
    by_path = {source.path.name: source for source in sources}
    assert by_path["ct_philips_axial"].grid.shape == (512, 512, 28)


def test_enhanced_mr_lies_where_its_nifti_does():
    folder = real("dicom/enhanced_mr_philips_vs_nifti")
    source = only(folder / "001")
    truth = NiftiVolume(next(folder.rglob("*.nii*")))
    assert source.grid.shape == (256, 256, 8)
    relation = compare_grids(truth.grid, source.grid)
    assert relation.kind in {GridKind.SAME, GridKind.REINDEXED}
    assert [identity.frame for identity in source.slices] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert source.derived == {"frame_of_reference_uid"}
    stored = np.squeeze(nibabel.load(truth.path).get_fdata()).transpose(2, 1, 0)
    rescaled = apply_relation(np.ascontiguousarray(stored), relation)
    assert np.corrcoef(source.read().ravel(), rescaled.ravel())[0, 1] > 0.9999


def test_legacy_converted_ct_is_the_series_that_it_was_made_of():
    folder = real("seg/dcmqi_23x38x3/23x38x3")
    frames, series = only(folder / "multiframe"), only(folder / "image")
    assert compare_grids(frames.grid, series.grid).kind is GridKind.SAME
    assert np.array_equal(frames.read(), series.read())
    assert "PatientName" in frames.headers[0]


def test_a_whole_slide_is_one_matrix_of_tiles():
    source = only(real("wsi/dicom_sm/sm_image.dcm"))
    assert (source.grid.shape, source.grid.frame) == ((50, 50, 1), "SLIDE")
    np.testing.assert_allclose(source.grid.direction[:, 0], [0, -1, 0], atol=1e-12)
    assert [tile[:2] for tile in source.tiles[:6]] == [(0, 0), (10, 0), (20, 0), (30, 0), (40, 0), (0, 10)]
    volume = highdicom.imread(real("wsi/dicom_sm/sm_image.dcm")).get_total_pixel_matrix()
    assert np.array_equal(source.read()[0], volume)
    assert only(real("wsi/dicom_sm/sm_image.dcm"), real("wsi/dicom_sm/sm_image_control.dcm")).notes


@pytest.mark.parametrize(
    ("name", "shape", "modality"),
    [
        ("dicom/us_multiframe/examples_ybr_color.dcm", (320, 240, 30), Modality.US),
        ("dicom/enhanced_small/emri_small.dcm", (64, 64, 10), Modality.MR),
        ("dicom/vl_ophthalmic/sample-op.dcm", (1536, 1536, 1), Modality.OP),
    ],
)
def test_frames_without_place_are_told_by_their_numbers(name, shape, modality):
    source = only(real(name))
    described = source.describe()
    assert (source.grid.shape, described.coordinate_frame, described.modality) == (
        shape,
        CoordinateFrame.NONE,
        modality,
    )
    assert len(source.slices) == shape[2]
    assert source.slices[-1].frame == (shape[2] if shape[2] > 1 else None)


def test_frames_of_which_the_length_does_not_tell_where_they_begin_are_refused(tmp_path):
    dataset = pydicom.dcmread(real("dicom/enhanced_small/emri_small.dcm"))
    dataset.PixelData += bytes(10)
    dataset.save_as(tmp_path / "longer.dcm")
    with pytest.raises(ImageError, match=r"longer\.dcm.*81930 bytes where 81920 are expected"):
        only(tmp_path / "longer.dcm").read()


def test_several_time_points_are_refused_by_frame():
    source = only(real("dicom/enhanced_mr_siemens_xa10"))
    with pytest.raises(GeometryError, match=r"18 of 24 slices share.*6_1\.dcm frame 1 and 6_2\.dcm frame 1"):
        _ = source.grid
    assert only(real("dicom/enhanced_mr_siemens_xa10/6_1.dcm")).grid.shape == (64, 64, 6)


def test_gaps_are_bridged_when_asked(tmp_path):
    source = only(real("odd/missing_slice")).with_gaps()
    assert source.grid.shape == (512, 512, 5)
    assert [bool(identity.sop_instance_uid) for identity in source.slices] == [True, True, True, False, True]
    assert not source.read()[3].any()
    uneven = write_series(tmp_path / "uneven")
    write_slice(uneven / "far.dcm", 4.4, SOPInstanceUID="1.2.9")
    assert only(uneven).with_gaps().grid.positions is not None, "that is no missing slice"


def test_two_dimensional_image_without_place():
    source = only(real("dicom/dx_cr/dx_image.dcm"))
    described = source.describe()
    assert (described.modality, described.shape, described.coordinate_frame) == (
        Modality.DX,
        [211, 169, 1],
        CoordinateFrame.NONE,
    )
    assert described.frame_of_reference_uid is None
    assert source.read().shape == (1, 169, 211)
    assert source.slices[0].position_lps is None


def test_codecs_agree():
    pixels = [only(real(f"odd/compressed_series_{codec}")).read() for codec in ("j2k", "rle")]
    assert np.array_equal(*pixels)


def test_truncated_pixels_are_refused():
    with pytest.raises(ImageError, match="found 8130 bytes of pixels; expected 8192 bytes"):
        only(real("odd/broken/MR_truncated.dcm")).read()


# --- made files


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian, DeflatedExplicitVRLittleEndian])
def test_made_series(tmp_path, syntax):
    source = only(write_series(tmp_path / "series", syntax=syntax))
    assert source.uid == "1.2.2"
    assert source.grid.affine.tolist() == [[0.5, 0, 0, 10], [0, 2, 0, 20], [0, 0, 2.5, 30], [0, 0, 0, 1]]
    assert source.grid.shape == (3, 2, 4)
    assert source.read()[3].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert [identity.sop_instance_uid for identity in source.slices] == [f"1.2.3.{n}" for n in (1, 2, 3, 4)]
    assert (source.derived, source.notes) == (frozenset(), ())


def test_file_names_and_order_do_not_matter(tmp_path):
    write_series(tmp_path / "a")
    (tmp_path / "b" / "c").mkdir(parents=True)
    for number in range(4):
        shutil.copy(tmp_path / "a" / f"{number + 1}.dcm", tmp_path / "b" / ["c/z", "y", "x", "w"][number])
    one, other = only(tmp_path / "a"), only(tmp_path / "b" / "y", tmp_path / "b")
    assert np.array_equal(one.grid.affine, other.grid.affine)
    assert one.describe() == other.describe()
    assert [s.sop_instance_uid for s in one.slices] == [s.sop_instance_uid for s in other.slices]


def test_description_round_trips(tmp_path):
    source = only(write_series(tmp_path / "series"))
    described = source.describe()
    assert compare_grids(Grid.from_image(described), source.grid).kind is GridKind.SAME
    assert (described.spacing, described.origin) == ([0.5, 2.0, 2.5], [10.0, 20.0, 30.0])


def test_a_slice_without_a_series_beside_others(tmp_path):
    write_series(tmp_path / "series")
    write_slice(tmp_path / "series" / "alone.dcm", 9, SeriesInstanceUID="")
    assert len(scan([tmp_path])) == 2


def test_mixed_orientations_are_refused_when_used(tmp_path):
    write_series(tmp_path / "series")
    write_slice(tmp_path / "series" / "scout.dcm", 9, ImageOrientationPatient=[0, 1, 0, 0, 0, -1])
    source = only(tmp_path)
    with pytest.raises(GeometryError, match=r"orientation.*scout\.dcm"):
        _ = source.grid


def test_a_series_in_two_frames_of_reference_is_refused(tmp_path):
    write_series(tmp_path / "series")
    write_slice(tmp_path / "series" / "other.dcm", 4, FrameOfReferenceUID="1.2.5")
    with pytest.raises(ImageError, match="FrameOfReferenceUID"):
        _ = only(tmp_path).grid


def test_copies_are_refused_by_path(tmp_path):
    write_series(tmp_path / "a")
    write_series(tmp_path / "b", ImageComments="a copy that says more")
    with pytest.raises(ImageError, match=r"one SOPInstanceUID.*a/4\.dcm, b/4\.dcm"):
        _ = only(tmp_path).grid


def test_one_slice_takes_its_stated_spacing(tmp_path):
    assert only(write_slice(tmp_path / "a.dcm")).grid.spacing[2] == 1.25
    assert only(write_slice(tmp_path / "b.dcm", SpacingBetweenSlices=3)).grid.spacing[2] == 3
    assert only(write_slice(tmp_path / "c.dcm", SliceThickness=None)).grid.spacing[2] == 1


@pytest.mark.parametrize(
    ("changes", "iso"),
    [
        ({"AcquisitionDateTime": "20260102030405.5+0800"}, "2026-01-02T03:04:05.500000+08:00"),
        ({"AcquisitionDateTime": "2026010203", "TimezoneOffsetFromUTC": "-0130"}, "2026-01-02T03:00:00-01:30"),
        ({"AcquisitionDate": "20260102", "AcquisitionTime": "030405"}, "2026-01-02T03:04:05"),
        ({"SeriesDate": "20260102"}, "2026-01-02T00:00:00"),
        ({"AcquisitionDateTime": "20269999", "StudyDate": "20260102", "StudyTime": "0304"}, "2026-01-02T03:04:00"),
        ({"AcquisitionTime": "030405"}, None),
    ],
)
def test_time(tmp_path, changes, iso):
    source = only(write_slice(tmp_path / "a.dcm", **changes))
    assert (source.acquired_at and source.acquired_at.isoformat()) == iso
    assert (source.describe().acquired_at is not None) == (iso is not None and iso[-6] in "+-")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"PixelSpacing": None}, "PixelSpacing"),
        ({"PixelSpacing": [0, 1]}, "pixel spacing"),
        ({"PixelSpacing": [1, 1, 1]}, "PixelSpacing"),
        ({"ImageOrientationPatient": None}, "ImageOrientationPatient"),
        ({"ImageOrientationPatient": [1, 0, 0, 1, 0, 0]}, "orthonormal"),
        ({"ImagePositionPatient": [0, 0]}, "ImagePositionPatient"),
        ({"ImagePositionPatient": [1e300, 0, 0]}, "position"),
        ({"Rows": 0}, "three whole numbers from 1"),
    ],
)
def test_useless_geometry_is_refused(tmp_path, changes, error):
    source = only(write_slice(tmp_path / "a.dcm", **changes))
    with pytest.raises((GeometryError, ImageError), match=error) as caught:
        source.describe()
    assert "a.dcm" in str(caught.value)


def test_several_numbers_of_rows_are_none(tmp_path):
    write_slice(tmp_path / "a.dcm", Rows=[1, 2])
    assert scan([tmp_path]) == []


def test_images_without_place_are_no_volume(tmp_path):
    write_series(tmp_path / "series", ImagePositionPatient=None)
    with pytest.raises(ImageError, match="no volume"):
        _ = only(tmp_path).grid


def test_one_uid_of_two_images_is_refused_wherever_they_lie(tmp_path):
    """A UID names one instance (PS3.5 9.1), whether the second would be a slice more or stands where the first does."""
    for place, number in [("beyond", 4), ("between", 1.5), ("same", 1)]:
        folder = write_series(tmp_path / place)
        write_slice(folder / "other.dcm", number, SOPInstanceUID="1.2.3.2", ImageComments="not the same")
        with pytest.raises(ImageError, match="one SOPInstanceUID") as refusal:
            _ = only(folder).grid
        assert refusal.value.where == "1.2.3.2"
        assert str(refusal.value.found) == "3.dcm, other.dcm"


def test_slices_of_two_patients_are_no_series(tmp_path):
    folder = write_series(tmp_path / "series", PatientID="P001")
    write_slice(folder / "2.dcm", 2, PatientID="P999")
    with pytest.raises(ImageError, match="different patients") as refusal:
        _ = only(folder).grid
    assert "P999" not in str(refusal.value)
    assert "2.dcm" in str(refusal.value.found)


def test_what_else_slices_say_otherwise_of_their_patient_is_noted(tmp_path):
    folder = write_series(tmp_path / "series", PatientID="P001", PatientName="Doe^Jane", PatientSex="F")
    assert only(folder).notes == ()
    write_slice(folder / "2.dcm", 2, PatientID="P001", PatientName="DOE^JANE", PatientSex="F")
    assert only(folder).grid.shape == (3, 2, 4)
    assert list(map(str, only(folder).notes)) == ["the slices differ in PatientName; the first one's is taken"]


def test_too_many_voxels(tmp_path):
    with pytest.raises(LimitError, match="too many voxels"):
        _ = scan([write_series(tmp_path / "series")], Limits(mask_voxels=23))[0].grid


def test_what_is_no_image_is_passed_over(tmp_path):
    write_slice(tmp_path / "seg.dcm", SOPClassUID="1.2.840.10008.5.1.4.1.1.66.4")
    write_slice(tmp_path / "report.dcm", Rows=None, Columns=None, PixelData=None)
    (tmp_path / "DICOMDIR").write_bytes(bytes(128) + b"DICM")
    (tmp_path / "notes.txt").write_text("not DICOM")
    (tmp_path / "empty").touch()
    os.mkfifo(tmp_path / "pipe")
    shutil.copy(get_testdata_file("DICOMDIR"), tmp_path / "DICOMDIR2")
    assert scan([tmp_path]) == []


def test_a_damaged_file_is_noted(tmp_path):
    folder = write_series(tmp_path / "series")
    content = (folder / "4.dcm").read_bytes()
    (folder / "damaged.dcm").write_bytes(content[:140] + b"\xff" * 40)
    source = only(folder)
    assert len(source.slices) == 4
    assert any("damaged.dcm" in note for note in source.notes) or source.notes == ()


def test_a_gap_where_a_file_cannot_be_read_names_that_file(tmp_path):
    folder = write_series(tmp_path / "series", 6)
    content = (folder / "3.dcm").read_bytes()
    (folder / "3.dcm").write_bytes(content[:200])
    with pytest.raises(GeometryError, match=r"not evenly spaced.*3\.dcm starts as DICOM but cannot be read"):
        _ = only(folder).grid


def test_what_was_left_out_of_a_series_is_in_the_report_of_a_volume_that_is_written(tmp_path):
    folder = write_series(tmp_path / "series")
    shutil.copy(folder / "1.dcm", folder / "again.dcm")
    labels = np.ones((4, 2, 3), np.uint8)
    pixels.save_nifti(tmp_path / "mask.nii.gz", labels, only(folder).grid)
    (reading,) = registry.read([tmp_path / "mask.nii.gz"], format="nifti", images=[folder])
    write_case(reading, tmp_path / "case.json")
    case = read_case(tmp_path / "case.json")
    written = registry.write([case], tmp_path / "out", format="nifti", images=[folder])
    for losses in (reading.losses, written):
        (said,) = [loss.path for loss in losses if "is a copy of" in loss.message]
        assert said == "/image"


# --- hostile files


def deflated_bomb(path):
    write_slice(path, syntax=DeflatedExplicitVRLittleEndian)
    content = path.read_bytes()
    start = 144 + struct.unpack("<I", content[140:144])[0]
    inner = zlib.decompress(content[start:], -15)
    deflate = zlib.compressobj(9, wbits=-15)
    path.write_bytes(content[:start] + deflate.compress(inner + bytes(400_000_000)) + deflate.flush())


def million_numbers(path):
    dataset = pydicom.dcmread(write_slice(path))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset.add_new("ImageOrientationPatient", "UN", b"1\\" * 5_000_000)
        dataset.save_as(path)


def million_character_sets(path):
    content = write_slice(path).read_bytes()
    start = 144 + struct.unpack("<I", content[140:144])[0]
    value = b"ISO 2022 IR 87\\" * 700_000
    element = struct.pack("<HH2sHI", 0x0008, 0x0005, b"UN", 0, len(value)) + value
    path.write_bytes(content[:start] + element + content[start:])


def million_uids_in_the_meta(path):
    content = write_slice(path).read_bytes()
    value = b"1.2\\" * 2_500_000
    element = struct.pack("<HH2sHI", 0x0002, 0x0003, b"UN", 0, len(value)) + value
    path.write_bytes(content[:144] + element + content[144:])


def deep_sequences(path):
    write_slice(path)
    item = struct.pack("<HH2sHIHHI", 0x0008, 0x1140, b"SQ", 0, 0xFFFFFFFF, 0xFFFE, 0xE000, 0xFFFFFFFF)
    content = path.read_bytes()
    start = 144 + struct.unpack("<I", content[140:144])[0]
    path.write_bytes(content[:start] + item * 50_000)


def large_frame(path):
    write_slice(path, Rows=65535, Columns=65535)


def large_codestream(path):
    buffer = io.BytesIO()
    siz = struct.pack(">HHIIIIIIIIH", 41, 0, 60000, 60000, 0, 0, 60000, 60000, 0, 0, 1) + b"\x0f\x01\x01"
    buffer.write(b"\xff\x4f\xff\x51" + siz + bytes(2000))
    dataset = pydicom.dcmread(write_slice(path))
    dataset.PixelData = pydicom.encaps.encapsulate([buffer.getvalue()])
    dataset["PixelData"].is_undefined_length = True
    dataset.file_meta.TransferSyntaxUID = JPEG2000Lossless
    dataset.save_as(path)


@pytest.mark.parametrize(
    "make",
    [
        deflated_bomb,
        million_numbers,
        million_character_sets,
        million_uids_in_the_meta,
        deep_sequences,
        large_frame,
        large_codestream,
    ],
)
def test_hostile_files_are_refused_fast_and_small(tmp_path, make):
    path = tmp_path / "a.dcm"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        make(path)
    tracemalloc.start()
    started = time.process_time()
    sources = scan([path])
    for source in sources:
        with pytest.raises(AnnoconvError):
            source.read()
    elapsed, peak = time.process_time() - started, tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert elapsed < 2
    assert peak < 256 << 20


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_changed_bytes_are_read_or_refused_cleanly(tmp_path_factory, data):
    path = write_slice(tmp_path_factory.getbasetemp() / "changed.dcm")
    content = bytearray(path.read_bytes())
    for at in data.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=8)):
        content[at] = data.draw(st.integers(0, 255))
    path.write_bytes(content)
    for source in scan([path]):
        try:
            assert source.read().shape[:3] == source.grid.shape_kji
            source.describe()
            message = str(path)
        except AnnoconvError as error:
            message = str(error)
        assert path.name in message


# --- sizes of compressed frames


@pytest.mark.parametrize(
    ("group", "columns", "rows", "samples"),
    [
        ("odd/transfer_syntax/MR_small_jp2klossless.dcm", 64, 64, 1),
        ("odd/transfer_syntax/MR_small_jpeg_ls_lossless.dcm", 64, 64, 1),
        ("odd/transfer_syntax/JPEG-lossy.dcm", 256, 1024, 1),
        ("dicom/us_multiframe/examples_ybr_color.dcm", 320, 240, 3),
        ("dicom/vl_ophthalmic/sample-op.dcm", 1536, 1536, 1),
        ("dicom/dx_cr/RG3_J2KR.dcm", 1760, 1760, 1),
    ],
)
def test_size_of_real_frames(group, columns, rows, samples):
    dataset = pydicom.dcmread(real(group))
    frame = next(
        pydicom.encaps.generate_frames(dataset.PixelData, number_of_frames=int(dataset.get("NumberOfFrames", 1)))
    )
    assert frame_size(frame) == (columns, rows, samples)


@given(st.binary(max_size=60), st.sampled_from([b"", b"\xff\xd8", b"\xff\x4f\xff\x51", b"\x00\x00\x00\x0cjP  "]))
def test_size_of_any_bytes(frame, start):
    try:
        assert len(frame_size(start + frame)) == 3
    except ValueError as error:
        message = str(error)
        assert "frame" in message


def test_too_many_tiles():
    siz = struct.pack(">HHIIIIIIIIH", 41, 0, 512, 512, 0, 0, 1, 1, 0, 0, 1)
    with pytest.raises(ValueError, match="262144 tiles"):
        frame_size(b"\xff\x4f\xff\x51" + siz)
