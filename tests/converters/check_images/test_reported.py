"""What users of other software reported, rebuilt: each is told as what it is, once."""

from __future__ import annotations

import copy
import struct
from typing import TYPE_CHECKING, Any

import nibabel
import numpy as np
import pydicom
import pytest
from annoconv_converters.check_images import check_images
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as Items

from annoconv.errors import InputError
from tests.converters.check_images.made_series import CT, MR, made, pixels_of, write
from tests.converters.check_images.test_kinds import slide

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

ROOT = "1.2.840.10008.5.1.4.1.1."


def found(path: Path, **options: Any) -> list[tuple[str, str]]:
    return [(finding.rule, finding.message) for _, finding in check_images([path], **options)]


def again(slices: Sequence[Dataset], number: int) -> list[Dataset]:
    """Return the same slices under other UIDs."""
    copies = copy.deepcopy([*slices])
    for one in copies:
        one.SOPInstanceUID = one.file_meta.MediaStorageSOPInstanceUID = f"{one.SOPInstanceUID}.{number}"
    return copies


def at(distances: Sequence[float], kind: str = CT) -> list[Dataset]:
    slices = made(len(distances), kind=kind)
    for one, distance in zip(slices, distances, strict=True):
        x, y, _ = one.ImagePositionPatient
        one.ImagePositionPatient = [x, y, 100 + distance]
        one.SliceThickness = round(float(np.median(np.diff(distances))), 4)
    return slices


# --- places (dcm2niix 22, 232, 248, 468, 590; dcmstack 55; VolView 291) ---

STEP_168 = [0, 1.59998, 3.20105, 4.80103, 6.40002, 8, 9.59998, 11.201, 211.201, 212.801, 214.4, 216, 217.6, 219.201]


@pytest.mark.parametrize(
    ("distances", "rule", "text"),
    [
        ([1.25 * k for k in range(12)] + [97.5 + 1.25 * k for k in range(10)], "A-7.2e.slice_missing", ": 66;"),
        (STEP_168, "A-7.2e.slice_missing", ": 124; the two are 200 mm apart"),
        ([1.6 * k + (1.6 if k > 10 else 0) for k in range(20)], "A-7.2e.slice_missing", ": 1;"),
        ([0, 0, *(0.625 * k for k in range(1, 20))], "A-7.2e.position_twice", "differ in nothing"),
        ([2.5 * k for k in range(32)] + [77.75 + 7.5 * k for k in range(12)], "A-7.2e.spacing_uneven", "12 of 43"),
        ([7.5 * k + (5 if k > 8 else 0) for k in range(18)], "A-7.2e.spacing_uneven", "12.5 mm after"),
    ],
)
def test_distances_of_a_report_are_told(tmp_path: Path, distances: list[float], rule: str, text: str) -> None:
    ((actual, message),) = found(write(at(distances), tmp_path))
    assert actual == rule
    assert text in message


def test_a_tilted_head_scan_of_two_spacings_is_told_by_both(tmp_path: Path) -> None:
    slices = at([2.5 * k for k in range(12)] + [27.5 + 5 * k for k in range(1, 13)])
    for one in slices:
        x, y, z = (float(each) for each in one.ImagePositionPatient)
        one.ImagePositionPatient = [x, round(y + (z - 100) * np.tan(np.radians(13.5)), 6), z]
    told = found(write(slices, tmp_path))
    assert [rule for rule, _ in told] == ["A-7.2e.spacing_uneven", "A-7.2b.sheared"]
    assert "13.5 degrees" in told[1][1]


# --- what is no slice of the stack (OHIF 3360; screen saves; Siemens mosaics) ---


def _localizer(one: Dataset) -> None:
    one.ImageType = ["ORIGINAL", "PRIMARY", "LOCALIZER"]
    one.ImageOrientationPatient, one.PixelSpacing, one.SliceThickness = [0, 1, 0, 0, 0, -1], [1.5, 1.5], 400


def _screen_save(one: Dataset) -> None:
    one.SOPClassUID = one.file_meta.MediaStorageSOPClassUID = f"{ROOT}7"
    for name in ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "RescaleSlope", "RescaleIntercept"):
        delattr(one, name)


@pytest.mark.parametrize(
    ("change", "what"), [(_localizer, "is a localizer, among 12"), (_screen_save, f"is of the class {ROOT}7, among 12")]
)
def test_what_is_no_slice_among_slices_is_one_finding(
    tmp_path: Path, change: Callable[[Dataset], None], what: str
) -> None:
    slices = made()
    extra = again(slices[:1], 9)
    change(extra[0])
    ((rule, message),) = found(write([*slices, *extra], tmp_path))
    assert rule == "A-7.2e.not_of_stack"
    assert what in message


def test_a_mosaic_is_told_as_one(tmp_path: Path) -> None:
    slices = [one for n in range(4) for one in again(made(1, kind=MR), n)]
    for n, one in enumerate(slices):
        one.ImageType, one.AcquisitionNumber, one.InstanceNumber = ["ORIGINAL", "PRIMARY", "M", "MOSAIC"], n, n
    ((rule, message),) = found(write(slices, tmp_path))
    assert rule == "A-7.2e.mosaic"
    assert "4 of 4" in message


@pytest.mark.parametrize("has_position", [True, False])
@pytest.mark.parametrize("kind", [CT, MR])
def test_several_frames_in_a_class_of_single_slices_are_told(tmp_path: Path, kind: str, has_position: bool) -> None:
    (one,) = made(1, kind=kind)
    one.NumberOfFrames, one.PixelData = 5, one.PixelData * 5
    if not has_position:
        del one.ImagePositionPatient, one.ImageOrientationPatient
    ((rule, message),) = found(write([one], tmp_path))
    assert rule == "A-7.2a.frames_unplaced"
    assert "5 frames" in message


def test_a_dose_beside_a_series_is_not_another_series_of_slices(tmp_path: Path) -> None:
    dose = again(made(1), 9)[0]
    dose.SOPClassUID = dose.file_meta.MediaStorageSOPClassUID = f"{ROOT}481.2"
    dose.Modality, dose.SeriesInstanceUID = "RTDOSE", "1.2.826.0.1.11.77"
    dose.NumberOfFrames, dose.PixelData = 3, dose.PixelData * 3
    assert found(write([*made(), dose], tmp_path)) == []


def test_what_is_wrong_alike_with_many_slices_is_told_once(tmp_path: Path) -> None:
    slices = made()
    for one in slices[7:]:
        one.PatientID = "P2"
    ((rule, message),) = found(write(slices, tmp_path))
    assert rule == "A-7.2e.patient_differs"
    assert "(slice 7, 8, 9, and 2 more)" in message


# --- several slices at one place (dcm2niix 221; MONAI Deploy 532; gated CT) ---


def test_two_acquisitions_that_overlap_are_told_by_what_they_differ_in(tmp_path: Path) -> None:
    slices = made()
    more = again(slices[10:], 9)
    for one in slices:
        one.AcquisitionNumber = 1
    for n, one in enumerate(more):
        one.AcquisitionNumber, one.InstanceNumber = 2, 12 + n
    told = found(write([*slices, *more], tmp_path))
    assert {rule for rule, _ in told} == {"A-7.2e.position_twice"}
    assert all("differ in AcquisitionNumber" in message for _, message in told)


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ([{"DiffusionBValue": 0.0}, {"DiffusionBValue": 800.0}], "DiffusionBValue;"),
        (
            [{"DiffusionGradientOrientation": [1.0, 0.0, 0.0]}, {"DiffusionGradientOrientation": [0.0, 1.0, 0.0]}],
            "DiffusionGradientOrientation;",
        ),
        (
            [{"NominalPercentageOfCardiacPhase": 0.0}, {"NominalPercentageOfCardiacPhase": 40.0}],
            "NominalPercentageOfCardiacPhase;",
        ),
        (
            [{"EchoTime": echo, "ImageType": ["ORIGINAL", "PRIMARY", kind]} for echo in (5, 10) for kind in "MP"],
            "EchoTime, ImageType;",
        ),
        ([{}, {}], "nothing that their headers state;"),
    ],
)
def test_volumes_are_told_apart_by_what_their_headers_state(
    tmp_path: Path, values: list[dict[str, Any]], text: str
) -> None:
    slices: list[Dataset] = []
    for n, stated in enumerate(values):
        for one in again(made(6, kind=MR), n):
            for name, value in stated.items():
                setattr(one, name, value)
            slices.append(one)
    ((rule, message),) = found(write(slices, tmp_path))
    assert rule == "A-7.2e.time_points"
    assert f"differ in {text}" in message


# --- enhanced images (dcm2niix 839; horos 543; dicom2nifti 140) ---


def enhanced(
    path: Path,
    distances: Sequence[float],
    *,
    kind: str = "4.1",
    modality: str = "MR",
    of_frame: Callable[[Dataset, int], None] = lambda _group, _n: None,
    change: Callable[[Dataset], None] = lambda _one: None,
) -> Path:
    """Write an enhanced image whose frames stand in the order of the distances given."""
    (one,) = made(1, kind=MR, size=32)
    one.SOPClassUID = one.file_meta.MediaStorageSOPClassUID = f"{ROOT}{kind}"
    one.Modality, one.NumberOfFrames = modality, len(distances)
    for name in ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "SliceThickness"):
        delattr(one, name)
    ranks = np.argsort(np.argsort(distances))
    pictures = [pixels_of(each) for each in made(len(distances), size=32)]
    one.PixelData = b"".join(pictures[rank].tobytes() for rank in ranks)
    shared, measures, plane, values = Dataset(), Dataset(), Dataset(), Dataset()
    measures.PixelSpacing, measures.SliceThickness = [0.9, 0.8], 3
    plane.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    values.RescaleSlope, values.RescaleIntercept, values.RescaleType = 1, -1024, "HU"
    shared.PixelMeasuresSequence, shared.PlaneOrientationSequence = Items([measures]), Items([plane])
    if modality == "CT":
        shared.PixelValueTransformationSequence = Items([values])
    one.SharedFunctionalGroupsSequence = Items([shared])
    groups: list[Dataset] = []
    for n, distance in enumerate(distances):
        group, place, content = Dataset(), Dataset(), Dataset()
        place.ImagePositionPatient, content.StackID = [-30, -28, 100 + distance], "1"
        group.PlanePositionSequence, group.FrameContentSequence = Items([place]), Items([content])
        of_frame(group, n)
        groups.append(group)
    one.PerFrameFunctionalGroupsSequence = Items(groups)
    change(one)
    one.save_as(path, enforce_file_format=True)
    return path


SHUFFLED = [3.0 * k for k in np.random.default_rng(3).permutation(12)]


@pytest.mark.parametrize(("kind", "modality"), [("4.1", "MR"), ("2.1", "CT"), ("2.2", "CT"), ("4.4", "MR")])
def test_frames_in_any_order_are_no_fault(tmp_path: Path, kind: str, modality: str) -> None:
    assert found(enhanced(tmp_path / "a.dcm", SHUFFLED, kind=kind, modality=modality)) == []


def _no_groups(one: Dataset) -> None:
    del one.PerFrameFunctionalGroupsSequence


def _no_rescale(one: Dataset) -> None:
    del one.SharedFunctionalGroupsSequence[0].PixelValueTransformationSequence


def _no_place(one: Dataset) -> None:
    del one.PerFrameFunctionalGroupsSequence[4].PlanePositionSequence


def _frames(count: int) -> Callable[[Dataset], None]:
    def change(one: Dataset) -> None:
        one.NumberOfFrames, one.PixelData = count, (one.PixelData * 2)[: count * 32 * 32 * 2]

    return change


@pytest.mark.parametrize(
    ("change", "rule", "text"),
    [
        (_no_groups, "A-7.2a.attribute_missing", "PerFrameFunctionalGroupsSequence"),
        (_no_rescale, "A-7.2f.rescale_missing", "12 of 12 slices of CT"),
        (_no_place, "A-7.2a.attribute_missing", "ImagePositionPatient (0020,0032) is absent in 1 of 12"),
        (_frames(11), "A-7.2a.frames_of_groups", "states 11 frames, and has functional groups of 12"),
        (_frames(13), "A-7.2a.frames_of_groups", "states 13 frames, and has functional groups of 12"),
    ],
)
@pytest.mark.parametrize("kind", ["2.1", "2.2"])
def test_a_fault_of_an_enhanced_or_a_converted_image_is_the_one_finding(
    tmp_path: Path, kind: str, change: Callable[[Dataset], None], rule: str, text: str
) -> None:
    path = enhanced(tmp_path / "a.dcm", [3.0 * k for k in range(12)], kind=kind, modality="CT", change=change)
    ((actual, message),) = found(path)
    assert actual == rule
    assert text in message


def _nested(sequence: str, keyword: str, values: Sequence[Any]) -> Callable[[Dataset, int], None]:
    def change(group: Dataset, n: int) -> None:
        item = Dataset()
        setattr(item, keyword, values[n % 2])
        setattr(group, sequence, Items([item]))

    return change


@pytest.mark.parametrize(
    ("of_frame", "text"),
    [
        (_nested("MRDiffusionSequence", "DiffusionBValue", [0.0, 800.0]), "DiffusionBValue;"),
        (_nested("MREchoSequence", "EffectiveEchoTime", [5.0, 10.0]), "EchoTime;"),
        (_nested("CardiacSynchronizationSequence", "NominalCardiacTriggerDelayTime", [0.0, 40.0]), "TriggerDelayTime;"),
        (
            _nested("MRImageFrameTypeSequence", "FrameType", [["ORIGINAL", "PRIMARY", x, "NONE"] for x in "MP"]),
            "ImageType;",
        ),
    ],
)
def test_frames_are_told_apart_by_what_their_groups_state(
    tmp_path: Path, of_frame: Callable[[Dataset, int], None], text: str
) -> None:
    path = enhanced(tmp_path / "a.dcm", [3.0 * (n // 2) for n in range(16)], of_frame=of_frame)
    ((rule, message),) = found(path)
    assert rule == "A-7.2e.time_points"
    assert text in message


# --- files ---


def test_bits_above_those_stored_are_no_values(tmp_path: Path) -> None:
    slices = made()
    for one in slices:
        one.BitsStored, one.HighBit = 12, 11
        one.PixelData = (pixels_of(one) | 0x8000).tobytes()
    assert found(write(slices, tmp_path)) == []


@pytest.mark.parametrize("uid", ["1.2.840.113619.5.2", "1.3.46.670589.33.1.4.1"])
@pytest.mark.parametrize("is_implicit", [True, False])
def test_a_transfer_syntax_that_is_none_of_dicom_is_named(tmp_path: Path, uid: str, is_implicit: bool) -> None:
    for n, one in enumerate(made(4)):
        if is_implicit:
            one.file_meta.TransferSyntaxUID = pydicom.uid.ImplicitVRLittleEndian
        one.save_as(tmp_path / f"{n}.dcm", enforce_file_format=True)
        data = (tmp_path / f"{n}.dcm").read_bytes()
        old, new = (text.encode() + b"\0" * (len(text) % 2) for text in (one.file_meta.TransferSyntaxUID, uid))
        place = data.index(old) - 2
        data = data[:place] + struct.pack("<H", len(new)) + new + data[place + 2 + len(old) :]
        (tmp_path / f"{n}.dcm").write_bytes(data)
    told = found(tmp_path)
    assert told
    assert all(f"its transfer syntax {uid} is none of DICOM's" in message for _, message in told)


def test_texts_and_empty_files_beside_images_are_passed_over(tmp_path: Path) -> None:
    write(made(), tmp_path)
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels" / "0.txt").write_bytes(b"")
    (tmp_path / "labels" / "1.txt").write_text("0 0.5 0.5 0.1 0.1\n")
    assert found(tmp_path) == []
    (tmp_path / "x.dcm").write_bytes(b"")
    ((rule, message),) = found(tmp_path)
    assert rule == "A-7.2a.file_unreadable"
    assert "it is empty" in message


def test_a_pair_of_header_and_voxels_is_told(tmp_path: Path) -> None:
    nibabel.save(nibabel.Nifti1Pair(np.zeros((4, 4, 4), np.int16), np.eye(4)), str(tmp_path / "a.img"))
    ((rule, message),) = found(tmp_path)
    assert rule == "A-7.2a.file_unreadable"
    assert "write them as one .nii" in message


@pytest.mark.parametrize("intercept", [float("inf"), float("nan")])
def test_a_scaling_that_gives_no_numbers_is_told(tmp_path: Path, intercept: float) -> None:
    path = tmp_path / "a.nii"
    nibabel.save(nibabel.Nifti1Image(np.arange(64, dtype=np.int16).reshape(4, 4, 4), np.eye(4)), path)
    data = bytearray(path.read_bytes())
    struct.pack_into("<ff", data, 112, 1.0, intercept)
    path.write_bytes(data)
    assert [rule for rule, _ in found(path)] == ["A-7.2f.scaling_invalid"]
    struct.pack_into("<f", data, 112, 0.0)
    path.write_bytes(data)
    assert found(path) == []


# --- whole slides (openslide 511, 576; libdicom 79) ---


def test_a_level_in_several_files_is_one(tmp_path: Path) -> None:
    for part in (0, 1):
        slide(
            tmp_path / f"{part}.dcm",
            *(100, 60),
            level=part,
            spacing=[0.0005, 0.0005],
            NumberOfFrames=14,
            PixelData=b"\0\1" * (14 * 256),
            ConcatenationUID="1.2.826.0.1.11.8",
            InConcatenationNumber=part + 1,
        )
    assert found(tmp_path) == []
    (tmp_path / "1.dcm").unlink()
    ((rule, message),) = found(tmp_path)
    assert rule == "A-7.2n1.tiles_missing"
    assert "14 tiles, its matrix takes 28" in message


def test_levels_that_end_with_whole_tiles_show_the_same_field(tmp_path: Path) -> None:
    for level in range(5):
        size = (-(-side // 2**level // 16) * 16 for side in (416, 272))
        slide(tmp_path / f"{level}.dcm", *size, level=level)
    assert found(tmp_path) == []


def test_a_level_that_states_the_pixels_of_another_is_told(tmp_path: Path) -> None:
    slide(tmp_path / "0.dcm", 1000, 600)
    slide(tmp_path / "1.dcm", 500, 300, level=1, spacing=[0.0005, 0.0005])
    ((rule, message),) = found(tmp_path)
    assert rule == "A-7.2n1.level_differs"
    assert "its pixels are 1 times as large" in message


def test_the_lens_does_not_contradict_a_level_that_was_made_smaller(tmp_path: Path) -> None:
    image_type = ["DERIVED", "PRIMARY", "VOLUME", "RESAMPLED"]
    assert found(slide(tmp_path / "a.dcm", 100, 60, level=3, ImageType=image_type)) == []


# --- listings ---


@pytest.mark.parametrize("text", ["{}", '{"image": {"uid": "1.2.3"}}'])
def test_a_case_that_lists_no_instances_is_no_listing(tmp_path: Path, text: str) -> None:
    folder = write(made(), tmp_path / "ct")
    (tmp_path / "case.json").write_text(text)
    with pytest.raises(InputError, match="names nothing"):
        found(folder, manifest=tmp_path / "case.json")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("stroke", ["/", "\\"])
def test_a_listing_of_any_system_is_read(tmp_path: Path, encoding: str, stroke: str) -> None:
    folder = write(made(), tmp_path / "ct")
    names = [f"ct{stroke}{each.name}" for each in sorted(folder.iterdir())]
    (tmp_path / "list.txt").write_bytes("\r\n".join(names).encode(encoding))
    assert found(folder, manifest=tmp_path / "list.txt") == []
    (tmp_path / "list.txt").write_bytes("\r\n".join([*names, f"ct{stroke}z.dcm"]).encode(encoding))
    assert [rule for rule, _ in found(folder, manifest=tmp_path / "list.txt")] == ["A-7.2e.instance_not_there"]


def test_a_listing_of_absolute_names_is_read(tmp_path: Path) -> None:
    folder = write(made(), tmp_path / "ct")
    (tmp_path / "list.txt").write_text("\n".join(map(str, sorted(folder.iterdir()))))
    assert found(folder, manifest=tmp_path / "list.txt") == []


def test_a_listing_that_is_no_json_is_named(tmp_path: Path) -> None:
    (tmp_path / "list.json").write_text('{"a":')
    with pytest.raises(Exception, match=r"list\.json"):
        found(write(made(), tmp_path / "ct"), manifest=tmp_path / "list.json")
