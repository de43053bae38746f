"""The corners of segmentations on made series: several volumes, empty masks, refusals, damaged and foreign files."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pydicom
import pytest
from annoconv_converters._dicom.codes import code_item
from annoconv_converters._dicom.colour import cielab_from_rgb, rgb_from_cielab
from annoconv_converters._dicom.dates import date_time, moment
from annoconv_converters._dicom.runs import decode_rle, encode_rle, find_spans, run_starts
from annoconv_converters.dicom_seg.writing.frames import LabelFrames, Spool, bit_stream, whole_frames
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pydicom.dataset import Dataset

from annoconv import registry
from annoconv.casefile import LoadedCase, read_case
from annoconv.codes import category_concept, category_of
from annoconv.documents import strict_json
from annoconv.errors import AnnoconvError, GeometryError, ImageError, InputError, MaskError, UsageError
from annoconv.geometry import Grid, GridKind, compare_grids
from annoconv.model import AnnotationCategory, Concept, Subject
from annoconv.pixels import ArrayVolume, Mask, Masks, save_nifti
from tests.cases import blob, document, grid_of, make, mask, series, series_uid
from tests.converters.seg_cases import by_dcmqi, by_highdicom
from tests.peers import dciodvfy_errors

REFUSES = {"bare": InputError, "outlines": InputError, "radiograph": InputError}
"""The cases of the zoo that are refused, since they have no mask, and with which error (`tests/test_matrix.py`)."""
LABEL_VOLUMES = arrays(np.uint8, st.tuples(*[st.integers(1, 9)] * 3), elements=st.integers(0, 3))


def loaded(folder: Path, annotations: list[dict[str, object]], grid: Grid, **rest: object) -> LoadedCase:
    (folder / "case.json").write_bytes(
        strict_json.dumps(document(series(folder, grid, folder.name), annotations, **rest))
    )
    return read_case(folder / "case.json")


def convert(case: LoadedCase, path: Path, **options: object) -> Path:
    folder = case.path.parent if case.path else path.parent
    registry.write([case], path, format="dicom-seg", images=[folder / "images"], **options)
    return path


def zoo_segmentation(name: str, folder: Path) -> tuple[LoadedCase, Path]:
    case = read_case(make(name, folder / "zoo").path)
    return case, convert(case, folder / "seg.dcm")


def assert_masks(case: LoadedCase, path: Path) -> None:
    (reading,) = registry.read([path], format="dicom-seg")
    for identity, one in case.masks.items():
        assert compare_grids(reading.masks[identity].grid, one.grid).kind is GridKind.SAME
        np.testing.assert_array_equal(reading.masks[identity].read(), one.read())


@given(LABEL_VOLUMES)
def test_frames_of_a_volume_are_the_slices_where_a_label_stands_joined_without_gaps(labels_kji: np.ndarray) -> None:
    frames = LabelFrames(labels_kji, {1: 1, 2: 2, 3: 3, 4: None})
    slices = [
        (n, labels_kji[k] == n if n < 4 else labels_kji[k] != 0) for n in (1, 2, 3, 4) for k in range(len(labels_kji))
    ]
    expected = [foreground for _, foreground in slices if foreground.any()]
    bits = np.concatenate([foreground.ravel() for foreground in expected]) if expected else np.zeros(0, bool)
    stream = b"".join(
        part.tobytes() for part in bit_stream(whole_frames(frames.trimmed(), frames.frame_bytes), labels_kji[0].size)
    )
    assert stream == np.packbits(bits, bitorder="little").tobytes()
    assert frames.overlap == bool(labels_kji.any())


@given(LABEL_VOLUMES)
def test_volumes_through_the_spool_are_the_frames_of_one_volume(labels_kji: np.ndarray) -> None:
    whole = LabelFrames(labels_kji, {1: 1, 2: 2, 3: 3})
    spool = Spool(labels_kji[0].size, len(labels_kji))
    for number in (3, 1, 2):
        spool.add(LabelFrames(labels_kji == number, {number: None}))
    assert spool.index == whole.index
    assert not spool.overlap
    for one, other in zip(spool.trimmed(), whole.trimmed(), strict=True):
        assert one[0] == other[0]
        np.testing.assert_array_equal(one[1], other[1])
    spool.close()


@given(arrays(np.uint16, st.tuples(st.integers(1, 9), st.integers(1, 9)), elements=st.integers(0, 65535)))
def test_values_on_a_slice(labels_ji: np.ndarray) -> None:
    starts, values = run_starts(labels_ji)
    spans = find_spans(starts, values, labels_ji.size)
    flat = labels_ji.ravel()
    assert spans.keys() == set(np.unique(flat).tolist()) - {0}
    for value, (first, last) in spans.items():
        assert (first, last - 1) == (np.flatnonzero(flat == value)[0], np.flatnonzero(flat == value)[-1])


@given(arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 300)), elements=st.integers(0, 2)), st.booleans())
def test_run_lengths_come_back(plane_ji: np.ndarray, is_wide: bool) -> None:
    plane_ji = plane_ji.astype("<u2") * 300 if is_wide else plane_ji
    content = np.ascontiguousarray(plane_ji).view(np.uint8).ravel()
    coded = encode_rle(content, plane_ji.shape[1], 16 if is_wide else 8)
    assert len(coded) % 2 == 0
    assert decode_rle(coded, 2 if is_wide else 1, content.size) == content.tobytes()


@given(st.tuples(*[st.integers(0, 255)] * 3))
def test_colours_come_back(color_rgb: tuple[int, int, int]) -> None:
    assert rgb_from_cielab(cielab_from_rgb(color_rgb)) == color_rgb


@given(st.datetimes(), st.integers(-12 * 60, 14 * 60))
def test_moments_come_back(at: datetime, minutes: int) -> None:
    moved = at.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    assert moment(date_time(moved)).isoformat() == moved.isoformat()


@pytest.mark.parametrize(
    "name", ["odd_width", "overlapping_masks", "oblique", "left_handed", "mask_grid_flipped", "chinese"]
)
def test_foreign_readers_find_the_masks(name: str, tmp_path: Path) -> None:
    case, path = zoo_segmentation(name, tmp_path)
    assert dciodvfy_errors(path) == []
    grid = next(iter(case.masks.values())).grid
    by_number = dict(enumerate((one.read() for one in case.masks.values()), 1))
    for found in (by_highdicom(path, grid), by_dcmqi(path, tmp_path / "dcmqi", grid)):
        assert found.keys() == by_number.keys()
        for number, mask_kji in by_number.items():
            np.testing.assert_array_equal(found[number], mask_kji)


def test_overlap_is_found_from_the_voxels(tmp_path: Path) -> None:
    _, path = zoo_segmentation("overlapping_masks", tmp_path)
    assert pydicom.dcmread(path).SegmentsOverlap == "YES"
    _, path = zoo_segmentation("label_map", tmp_path / "other")
    assert pydicom.dcmread(path).SegmentsOverlap == "NO"


def test_an_empty_mask_stays_as_a_segment_without_frames(tmp_path: Path) -> None:
    case, path = zoo_segmentation("empty_mask", tmp_path)
    header = pydicom.dcmread(path)
    assert len(header.SegmentSequence) == 2
    frames = header.PerFrameFunctionalGroupsSequence
    assert {frame.SegmentIdentificationSequence[0].ReferencedSegmentNumber for frame in frames} == {1}
    assert dciodvfy_errors(path) == []
    assert_masks(case, path)


def test_masks_that_are_all_empty_are_one_empty_frame(tmp_path: Path) -> None:
    grid = grid_of((13, 7, 5))
    save_nifti(tmp_path / "m.nii.gz", np.zeros(grid.shape_kji, bool), grid)
    case = loaded(tmp_path, [mask("A", "m.nii.gz"), mask("B", "m.nii.gz", "SPLEEN")], grid)
    path = convert(case, tmp_path / "seg.dcm")
    header = pydicom.dcmread(path)
    assert (header.NumberOfFrames, header.SegmentsOverlap) == (1, "NO")
    assert not header.pixel_array.any()
    assert dciodvfy_errors(path) == []
    assert_masks(case, path)


def test_one_series_has_one_file_and_another_image_has_its_own(tmp_path: Path) -> None:
    first, second = grid_of((14, 12, 6)), grid_of((9, 7, 4), spacing=(2.0, 2.0, 4.0))
    other = series(tmp_path / "pet", second, "other_series", modality="PT")
    save_nifti(tmp_path / "a.nii.gz", blob(first), first)
    save_nifti(tmp_path / "b.nii.gz", blob(second), second)
    annotations = [mask("A", "a.nii.gz"), mask("B", "b.nii.gz", image_uid=other["uid"])]
    case = loaded(tmp_path, annotations, first, related_images=[other], case_id="病例 1")
    folders = [tmp_path / "images", tmp_path / "pet"]
    registry.write([case], tmp_path / "out", format="dicom-seg", images=folders)
    files = sorted((tmp_path / "out").glob("*.dcm"))
    assert len(files) == 2
    (reading,) = registry.read([tmp_path / "out"], format="dicom-seg")
    assert reading.case == case.case
    for identity in ("A", "B"):
        np.testing.assert_array_equal(reading.masks[identity].read(), case.masks[identity].read())
    alone = list(registry.read(files[:1], format="dicom-seg"))
    assert [len(each.case.annotations) for each in alone] == [1]


def test_several_cases_are_a_folder_with_a_file_each(tmp_path: Path) -> None:
    cases = [read_case(make(name, tmp_path / name).path) for name in ("axial", "coronal")]
    for case, name in zip(cases, ("one", "two"), strict=True):
        case.case.case_id = name
    folders = [tmp_path / name / "images" for name in ("axial", "coronal")]
    losses = registry.write(cases, tmp_path / "out", format="dicom-seg", images=folders)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [".annoconv.json", "one.dcm", "two.dcm"]
    assert {loss.case_index for loss in losses} == {0, 1}
    readings = list(registry.read([tmp_path / "out"], format="dicom-seg"))
    assert [reading.case for reading in readings] == [case.case for case in cases]


def refused(case: LoadedCase, folder: Path, error: type[AnnoconvError], text: str, **options: object) -> None:
    with pytest.raises(error, match=text):
        convert(case, folder / "seg.dcm", **options)
    assert not [path for path in folder.iterdir() if "seg" in path.name]


def test_a_label_that_no_annotation_has_is_refused(tmp_path: Path) -> None:
    grid = grid_of((14, 12, 6))
    labels_kji = blob(grid).astype(np.uint8)
    labels_kji[0, 0, 0] = 9
    save_nifti(tmp_path / "m.nii.gz", labels_kji, grid)
    refused(loaded(tmp_path, [mask("A", "m.nii.gz", mask_value=1)], grid), tmp_path, MaskError, r"m\.nii\.gz.*found 9")


def test_foreground_beyond_the_image_is_refused(tmp_path: Path) -> None:
    grid, larger = grid_of((14, 12, 6)), grid_of((16, 12, 6))
    mask_kji = np.ones(larger.shape_kji, bool)
    save_nifti(tmp_path / "m.nii.gz", mask_kji, larger)
    case = loaded(tmp_path, [mask("A", "m.nii.gz")], grid)
    refused(case, tmp_path, GeometryError, r"m\.nii\.gz.*144 of its 1152 foreground voxels")


def test_a_mask_on_another_grid_is_refused_with_both_matrices(tmp_path: Path) -> None:
    grid, other = grid_of((14, 12, 6)), grid_of((14, 12, 6), spacing=(1.5, 2.0, 3.5))
    save_nifti(tmp_path / "m.nii.gz", blob(other), other)
    case = loaded(tmp_path, [mask("A", "m.nii.gz")], grid)
    refused(case, tmp_path, GeometryError, r"m\.nii\.gz.*3\.5.*expected.*\[0, 0, 3,")


def test_numbers_copied_between_lps_and_ras_are_refused(tmp_path: Path) -> None:
    grid = grid_of((14, 12, 6))
    turned = Grid(grid.shape, np.diag([-1.0, -1.0, 1.0, 1.0]) @ grid.affine)
    save_nifti(tmp_path / "m.nii.gz", blob(grid), turned)
    refused(loaded(tmp_path, [mask("A", "m.nii.gz")], grid), tmp_path, GeometryError, "read as RAS")


def test_an_image_that_the_case_describes_otherwise_is_refused(tmp_path: Path) -> None:
    grid = grid_of((14, 12, 6))
    save_nifti(tmp_path / "m.nii.gz", blob(grid), grid)
    case = loaded(tmp_path, [mask("A", "m.nii.gz")], grid)
    case.case.image.spacing = [1.5, 2.0, 2.0]
    refused(case, tmp_path, GeometryError, "otherwise than the image itself")


def test_requests_without_mask_series_or_time_are_refused(tmp_path: Path) -> None:
    grid = grid_of((14, 12, 6))
    save_nifti(tmp_path / "m.nii.gz", blob(grid), grid)
    point = {"id": "P", "category": "lesion", "label_code": "NODULE", "type": "point", "point": [1.0, 1.0, 1.0]}
    refused(loaded(tmp_path, [point], grid), tmp_path, InputError, "no mask")
    case = loaded(tmp_path, [mask("A", "m.nii.gz")], grid)
    case.case.metadata.timestamps = None
    for path in (tmp_path / "images").iterdir():
        image = pydicom.dcmread(path)
        del image.TimezoneOffsetFromUTC
        image.save_as(path)
    refused(case, tmp_path, UsageError, "--timestamp")
    case.case.image.uid = series_uid("absent")
    refused(case, tmp_path, ImageError, "no single source image")


def test_fractions_are_refused(tmp_path: Path) -> None:
    grid = grid_of((14, 12, 6))
    save_nifti(tmp_path / "m.nii.gz", blob(grid) * np.float32(0.5), grid)
    refused(loaded(tmp_path, [mask("A", "m.nii.gz")], grid), tmp_path, MaskError, "fractions")


def test_masks_in_memory_need_no_file(tmp_path: Path) -> None:
    case = read_case(make("axial", tmp_path / "zoo").path)
    grid = case.masks["M1"].grid
    in_memory = LoadedCase(case.case, Masks([Mask("M1", ArrayVolume(grid, blob(grid)))]))
    path = tmp_path / "seg.dcm"
    registry.write([in_memory], path, format="dicom-seg", images=[tmp_path / "zoo" / "images"])
    assert_masks(case, path)


def test_sequences_of_undefined_length_are_read(tmp_path: Path) -> None:
    case, path = zoo_segmentation("odd_width", tmp_path)
    header = pydicom.dcmread(path)

    def loosen(dataset: pydicom.Dataset) -> None:
        for each in dataset:
            if each.VR == "SQ":
                each.is_undefined_length = True
                for item in each.value:
                    item.is_undefined_length_sequence_item = True
                    loosen(item)

    loosen(header)
    foreign = tmp_path / "foreign.dcm"
    header.save_as(foreign)
    assert foreign.stat().st_size > path.stat().st_size
    assert_masks(case, foreign)


def test_a_frame_that_names_no_source_gets_the_grid_of_the_frames(tmp_path: Path) -> None:
    case, path = zoo_segmentation("axial", tmp_path)
    header = pydicom.dcmread(path)
    del header.ReferencedSeriesSequence
    kept = copy.deepcopy(header.PerFrameFunctionalGroupsSequence)
    for frame in kept:
        del frame.DerivationImageSequence
    header.PerFrameFunctionalGroupsSequence = kept
    header.private_block(0x4143, "ANNOCONV")
    header.remove_private_tags()
    foreign = tmp_path / "foreign.dcm"
    header.save_as(foreign)
    (reading,) = registry.read([foreign], format="dicom-seg")
    (own,) = reading.masks.values()
    (original,) = case.masks.values()
    assert own.grid.shape[2] == np.count_nonzero(original.read().any(axis=(1, 2)))
    assert np.count_nonzero(own.read()) == np.count_nonzero(original.read())
    assert "/image/shape" in reading.losses.paths()


@pytest.mark.parametrize("kept", [0, 100, 140, 200, 1000, 4000, -1])
def test_truncated_files_are_refused(kept: int, tmp_path: Path) -> None:
    _, path = zoo_segmentation("axial", tmp_path)
    damaged = tmp_path / "damaged.dcm"
    damaged.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(MaskError, match=r"damaged\.dcm"):
        list(registry.read([damaged], format="dicom-seg"))


def padded_by_frame(header: pydicom.Dataset, pixels: bytes) -> bytes:
    """Return frames of single bits that begin with a byte of their own, as some programs write them."""
    count, frames = header.Rows * header.Columns, int(header.NumberOfFrames)
    bits = np.unpackbits(np.frombuffer(pixels, np.uint8), bitorder="little")[: count * frames]
    return np.packbits(bits.reshape(frames, count), axis=1, bitorder="little").tobytes()


LONGER: dict[str, Callable[[pydicom.Dataset, bytes], bytes]] = {
    "bytes behind the last frame": lambda _, pixels: pixels + b"\0\0",
    "frames that are padded": padded_by_frame,
    "a byte a pixel": lambda _, pixels: bytes(8 * len(pixels)),
}


@pytest.mark.parametrize("longer", LONGER)
def test_pixels_that_are_longer_than_the_frames_are_refused_with_both_numbers(longer: str, tmp_path: Path) -> None:
    case = read_case(make("odd_width", tmp_path / "zoo").path)
    header = pydicom.dcmread(convert(case, tmp_path / "seg.dcm", keep_empty_frames=True))
    needed = -(-int(header.NumberOfFrames) * header.Rows * header.Columns // 8)
    pixels = LONGER[longer](header, header.PixelData[:needed])
    assert len(pixels) > needed + 1
    header.PixelData = pixels + b"\0" * (len(pixels) % 2)
    header.save_as(tmp_path / "longer.dcm")
    expected = (
        rf"longer\.dcm: PixelData.*longer than the frames; found {len(header.PixelData)} bytes; expected {needed} b"
    )
    with pytest.raises(MaskError, match=expected):
        list(registry.read([tmp_path / "longer.dcm"], format="dicom-seg"))


@pytest.mark.parametrize("last", [0, 1])
def test_a_byte_may_make_the_length_even_whatever_is_in_it(last: int, tmp_path: Path) -> None:
    """Files by highdicom hold something in it; only frames that begin with a byte of their own say more by it."""
    case = read_case(make("axial", tmp_path / "zoo").path)
    header = pydicom.dcmread(convert(case, tmp_path / "seg.dcm"))
    del header.PerFrameFunctionalGroupsSequence[1:]
    header.NumberOfFrames, header.Rows, header.Columns = 1, 1, 17  # seventeen bits: three bytes
    header.PixelData = bytes([1, 0, 0, last])
    header.save_as(tmp_path / "filled.dcm")
    (reading,) = registry.read([tmp_path / "filled.dcm"], format="dicom-seg")
    assert len(reading.masks) == 1


def test_other_files_are_refused_by_name(tmp_path: Path) -> None:
    make("axial", tmp_path / "zoo")
    image = next((tmp_path / "zoo" / "images").iterdir())
    with pytest.raises(MaskError, match="no segmentation"):
        list(registry.read([image], format="dicom-seg"))
    text = tmp_path / "text.dcm"
    text.write_text("x" * 500)
    with pytest.raises(MaskError, match="not a DICOM file"):
        list(registry.read([text], format="dicom-seg"))


def test_no_patient_data_stand_in_messages_and_derived_uids_are_stable(tmp_path: Path) -> None:
    _, path = zoo_segmentation("axial", tmp_path)
    header = pydicom.dcmread(path)
    for uid in (header.SOPInstanceUID, header.SeriesInstanceUID, header.SegmentSequence[0].TrackingUID):
        assert uid.startswith("2.25.")
    assert header.SegmentSequence[0].TrackingID == "M1"


def test_place_in_the_body_tracking_and_concept_version_are_dicoms(tmp_path: Path) -> None:
    _, path = zoo_segmentation("findings", tmp_path)
    upper, lower = pydicom.dcmread(path).SegmentSequence
    sites = [each.AnatomicRegionSequence[0] for each in (upper, lower)]
    assert [site.CodeValue for site in sites] == ["45653009", "90572001"]
    modifiers = [site.AnatomicRegionModifierSequence[0].CodeValue for site in sites]
    assert modifiers == ["7771000", "255561001"], "the left side (CID 244), and a modifier of its own"
    assert [each.TrackingUID for each in (upper, lower)] == ["1.2.3.4.1", "1.2.3.4.2"]
    assert {each.SegmentedPropertyCategoryCodeSequence[0].CodeValue for each in (upper, lower)} == {"49755003"}


def test_organs_have_todays_category_and_the_former_one_is_read() -> None:
    assert category_concept(AnnotationCategory.ORGAN).code == "91723000"
    for code in ("91723000", "123037004"):
        assert category_of(Concept(code=code, scheme="SCT", meaning="Anatomical Structure")) is AnnotationCategory.ORGAN


def test_segments_by_others_say_where_they_are_who_made_them_and_of_whom(tmp_path: Path) -> None:
    _, path = zoo_segmentation("findings", tmp_path)
    header = pydicom.dcmread(path)
    header.Manufacturer, header.ManufacturerModelName = "Other", "Other"
    for tag in [each.tag for each in header if each.tag.is_private]:
        del header[tag]
    header.PatientID, header.PatientIdentityRemoved, header.PatientSex = "P_7", "YES", "F"
    header.PatientAge, header.PatientWeight, header.StudyDescription = "061Y", "63.5", "CT chest"
    algorithm = Dataset()
    algorithm.AlgorithmName, algorithm.AlgorithmVersion, algorithm.AlgorithmSource = "detector", "2.1", "M"
    algorithm.AlgorithmFamilyCodeSequence = [code_item(Concept(code="123109", scheme="DCM", meaning="Manual"))]
    for segment in header.SegmentSequence:
        segment.SegmentAlgorithmType, segment.SegmentAlgorithmName = "AUTOMATIC", "detector"
        segment.SegmentationAlgorithmIdentificationSequence = [algorithm]
    header.save_as(path)
    (reading,) = registry.read([path], format="dicom-seg")
    case = reading.case
    assert (case.patient_id, case.subject) == ("P_7", Subject(sex="female", age="061Y", weight=63.5))
    assert [study.description for study in case.studies or ()] == ["CT chest"]
    assert {one.label_code for one in case.annotations} == {"NODULE"}, "one class in two places"
    sites = [one.finding_site for one in case.annotations if one.finding_site is not None]
    assert [(site.region.code, site.laterality) for site in sites] == [("45653009", "left"), ("90572001", None)]
    assert [one.tracking_uid for one in case.annotations] == ["1.2.3.4.1", "1.2.3.4.2"]
    assert [one.annotator for one in case.annotations] == ["detector 2.1"] * 2
    (agent,) = case.metadata.agents or ()
    assert agent.algorithm is not None
    assert (agent.kind, agent.algorithm.manufacturer) == ("device", "M")
    lost = {loss.path for loss in reading.losses}
    said = ("Patient", "AnatomicRegion", "Tracking", "Algorithm", "StudyDescription")
    assert [path for path in lost if any(name in path for name in said) and "PatientName" not in path] == []
