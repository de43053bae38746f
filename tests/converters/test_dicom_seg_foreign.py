"""Segmentations by other software, in every encoding: read, written again, and read by a program that is not ours."""

from __future__ import annotations

import copy
import re
import struct
import time
import tracemalloc
import warnings
import zlib
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import highdicom
import numpy as np
import pydicom
import pytest
from annoconv_converters.dicom_seg import read_segmentation, write_segmentation
from pydicom.encaps import encapsulate
from pydicom.uid import UID

from annoconv import images, registry
from annoconv.casefile import LoadedCase, Reading, read_case, write_case
from annoconv.documents import strict_json
from annoconv.errors import AnnoconvError, LimitError, MaskError
from annoconv.geometry import GridKind, compare_grids
from annoconv.limits import Limits
from annoconv.loss import LossKind
from annoconv.pixels import save_nifti
from annoconv.registry import Context
from tests.cases import document, make, mask
from tests.converters.seg_cases import by_dcmqi, by_highdicom
from tests.converters.test_dicom_seg import zoo_segmentation
from tests.foreign import cases as cases_beside
from tests.peers import dciodvfy_errors
from tests.real_data import real

if TYPE_CHECKING:
    from annoconv.model import Case

LIVER_VOXELS = 107_098
OVERLAPPING_VOXELS = 43_639
CT = "seg/dcmqi_liver_triple/ct-3slice"

FOREIGN = {
    "seg/dcmqi_liver_triple/liver.dcm": CT,
    "seg/dcmqi_partial_overlaps/partial_overlaps.dcm": CT,
    "seg/dcmqi_23x38x3/23x38x3/seg/label.seg": "seg/dcmqi_23x38x3/23x38x3/image",
    "seg/dcmqi_labelmap_sparse/sparse-labelmap-noppv.dcm": "seg/dcmqi_labelmap_sparse/24x38x3/image",
    "seg/highdicom_ct/seg_image_ct_binary.dcm": None,
    "seg/highdicom_ct/seg_image_ct_true_fractional.dcm": None,
    "seg/pydicom_bitpacked/liver_nonbyte_aligned.dcm": None,
    "seg/pydicom_bitpacked/liver_rle.dcm": CT,
    "seg/pydicom_bitpacked/liver_expb.dcm": CT,
    "sr/dcmqi_tid1500": None,
}


def segmentation_file(name: str) -> Path:
    path = real(name)
    if path.is_dir():
        (path,) = (each for each in path.iterdir() if "seg" in each.name.lower() and each.suffix == ".dcm")
    return path


def read(path: Path, *given: Path) -> Reading:
    (reading,) = registry.read([path], format="dicom-seg", images=list(given), context=Context(task="T"))
    return reading


def kind_of(path: Path) -> str:
    return str(pydicom.dcmread(path, stop_before_pixels=True).SegmentationType)


@pytest.mark.parametrize("name", FOREIGN)
def test_every_real_segmentation_is_read_written_again_and_read_by_others(name: str, tmp_path: Path) -> None:
    path, series = segmentation_file(name), FOREIGN[name]
    reading = read(path, *([real(series)] if series else []))
    assert reading.losses
    assert all(one.read().any() for one in reading.masks.values())
    source = made_series(reading, tmp_path / "images") if series is None else real(series)
    case = LoadedCase(reading.case if series else of_other_instances(reading.case), reading.masks)
    again, kind = tmp_path / "again.dcm", kind_of(path).lower()
    acquired = images.open(source).acquired_at or datetime(2026, 1, 2, tzinfo=UTC)
    context = Context(timestamp=acquired if acquired.tzinfo else acquired.replace(tzinfo=UTC))
    registry.write([case], again, format="dicom-seg", images=[source], type=kind, context=context)
    if kind == "fractional":
        back = read(again)
        for identity, one in reading.masks.items():
            np.testing.assert_allclose(back.masks[identity].read(), one.read(), atol=1 / 255)
        return
    numbers = [segment.number for segment in read_segmentation(again).segments]
    expected = dict(zip(numbers, (one.read() for one in reading.masks.values()), strict=True))
    grid = next(iter(reading.masks.values())).grid
    for found in (by_highdicom(again, grid), by_dcmqi(again, tmp_path / "dcmqi", grid)):
        for number, mask_kji in expected.items():
            np.testing.assert_array_equal(found[number], mask_kji)


def of_other_instances(case: Case) -> Case:
    """Return a case that does not name the instances of its image, for a series that was made in their place."""
    return case.model_copy(update={"image": case.image.model_copy(update={"instances": None})})


def made_series(reading: Reading, folder: Path) -> Path:
    """Write a series on the grid that a segmentation was read on: what we read without sources we can write again."""
    from annoconv.demo.series import write_series

    grid = next(iter(reading.masks.values())).grid
    write_series(folder, grid, np.zeros(grid.shape_kji, np.int16))
    for path in folder.iterdir():
        image = pydicom.dcmread(path)
        image.SeriesInstanceUID = UID(reading.case.image.uid)
        image.save_as(path)
    return folder


@pytest.mark.parametrize(
    ("name", "voxels"),
    [
        ("seg/dcmqi_liver_triple/liver.dcm", LIVER_VOXELS),
        ("seg/pydicom_bitpacked/liver_rle.dcm", LIVER_VOXELS),
        ("seg/pydicom_bitpacked/liver_expb.dcm", LIVER_VOXELS),
    ],
)
def test_the_same_liver_in_every_encoding(name: str, voxels: int) -> None:
    labels = read_segmentation(real(name)).labels()
    assert np.count_nonzero(labels) == voxels
    np.testing.assert_array_equal(labels, read_segmentation(real("seg/dcmqi_liver_triple/liver.dcm")).labels())


def test_overlapping_segments_become_several_masks() -> None:
    reading = read(real("seg/dcmqi_partial_overlaps/partial_overlaps.dcm"), real(CT))
    depth = np.sum([one.read() for one in reading.masks.values()], axis=0)
    assert (len(reading.masks), depth.sum(), np.count_nonzero(depth > 1)) == (5, OVERLAPPING_VOXELS, 3106)
    with pytest.raises(MaskError, match="share voxels"):
        read_segmentation(real("seg/dcmqi_partial_overlaps/partial_overlaps.dcm")).labels()


def test_a_sparse_label_map_lies_where_its_spacing_says() -> None:
    reading = read(real("seg/dcmqi_labelmap_sparse/sparse-labelmap-noppv.dcm"))
    (mask,) = reading.masks.values()
    assert mask.grid.shape == (24, 38, 3)
    np.testing.assert_allclose(mask.grid.spacing, [0.7, 0.7, 2.5])
    assert mask.read().any(axis=(1, 2)).tolist() == [True, False, True]


def test_old_snomed_codes_become_those_of_snomed_ct() -> None:
    reading = read(real("seg/dcmqi_liver_triple/liver.dcm"))
    (annotation,) = reading.case.annotations
    assert (annotation.category, annotation.label_code) == ("organ", "LIVER")
    code = "/SegmentSequence/0/SegmentedPropertyTypeCodeSequence/0/CodeValue"
    changed = [loss for loss in reading.losses if loss.path == code]
    assert changed
    assert all(loss.kind is LossKind.APPROXIMATED and "SNOMED" in loss.message for loss in changed)


def test_what_a_foreign_file_holds_beyond_a_case_is_named() -> None:
    path = real("seg/dcmqi_liver_triple/liver.dcm")
    reading, header = read(path), pydicom.dcmread(path)
    assert {"/PatientID", "/SeriesDescription", "/ContentLabel"} <= reading.losses.paths()
    assert str(header.PatientName) not in reading.losses.to_json()
    sparse = read(real("seg/dcmqi_labelmap_sparse/sparse-labelmap-noppv.dcm"))
    assert "/SegmentSequence/1/SegmentDescription" in sparse.losses.paths()


def test_a_segment_of_a_known_concept_keeps_its_own_name_region_and_colour() -> None:
    real("README.md")
    (path,) = cases_beside("dicom/laterality_colour_names/seg.dcm")
    reading, stated = read(path), pydicom.dcmread(path).SegmentSequence
    labels = {label.code: label for label in reading.case.labels or ()}
    found = [labels[one.label_code] for one in reading.case.annotations]
    assert [label.name_en for label in found] == [each.SegmentLabel for each in stated]
    sites = [one.finding_site.region.code if one.finding_site else None for one in reading.case.annotations]
    assert sites == [
        each.AnatomicRegionSequence[0].CodeValue if "AnatomicRegionSequence" in each else None for each in stated
    ]
    assert [label.color_rgb is not None for label in found] == [
        "RecommendedDisplayCIELabValue" in each for each in stated
    ]
    assert len(set(zip([label.code for label in found], sites, strict=True))) == len(stated), "two masses stay two"
    assert "/SegmentSequence/2/SegmentDescription" in reading.losses.paths()


def test_damage_in_what_a_case_does_not_take_is_no_hindrance(tmp_path: Path) -> None:
    header = pydicom.dcmread(real("seg/dcmqi_liver_triple/liver.dcm"))
    header.SeriesNumber, header.PatientWeight = 123456, "654321"
    header.save_as(tmp_path / "seg.dcm")
    damaged = (tmp_path / "seg.dcm").read_bytes().replace(b"123456", b"number").replace(b"654321", b"weight")
    (tmp_path / "seg.dcm").write_bytes(damaged)
    reading = read(tmp_path / "seg.dcm")
    assert {"/SeriesNumber", "/PatientWeight"} <= reading.losses.paths()


def test_private_elements_are_named_by_their_tags_and_our_carrier_is_none(tmp_path: Path) -> None:
    zoo = make("axial", tmp_path / "zoo")
    registry.write([read_case(zoo.path)], tmp_path / "seg.dcm", format="dicom-seg", images=zoo.images)
    header = pydicom.dcmread(tmp_path / "seg.dcm")
    header.Manufacturer = "another"
    header.private_block(0x0013, "SOMEBODY", create=True).add_new(0x10, "LO", "said")
    header.add_new(0x00151020, "LO", "of nobody")
    header.save_as(tmp_path / "seg.dcm")
    named = read(tmp_path / "seg.dcm").losses.paths()
    assert {"/(0013,1010)", "/(0015,1020)"} <= named
    assert not any("4143" in path for path in named)


def test_what_frames_say_beside_their_place_is_named(tmp_path: Path) -> None:
    header = pydicom.dcmread(real("seg/dcmqi_liver_triple/liver.dcm"))
    header.PerFrameFunctionalGroupsSequence[1].FrameContentSequence[0].FrameComments = "unsure"
    header.save_as(tmp_path / "seg.dcm")
    reading = read(tmp_path / "seg.dcm")
    path = "/PerFrameFunctionalGroupsSequence/0/FrameContentSequence/0/FrameComments"
    assert [loss.kind for loss in reading.losses if loss.path == path] == [LossKind.NO_PLACE]


def test_numbers_in_decimal_text_come_from_the_source(tmp_path: Path) -> None:
    zoo = make("axial", tmp_path / "zoo")
    for path in zoo.images[0].iterdir():
        image = pydicom.dcmread(path)
        image.SliceThickness, image.PatientWeight = "0.75", "61.5"
        image.save_as(path)
    registry.write([read_case(zoo.path)], tmp_path / "seg.dcm", format="dicom-seg", images=zoo.images)
    header = pydicom.dcmread(tmp_path / "seg.dcm")
    measures = header.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0]
    assert (str(measures.SliceThickness), str(header.PatientWeight)) == ("0.75", "61.5")


# --- encodings


def encoded(path: Path, target: Path, way: str) -> Path:
    """Save a native segmentation in another transfer syntax, by pydicom."""
    dataset = pydicom.dcmread(path)
    frames = int(dataset.NumberOfFrames)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pixels = dataset.pixel_array.reshape(frames, -1)
        if way == "implicit":
            dataset.file_meta.TransferSyntaxUID = pydicom.uid.ImplicitVRLittleEndian
            dataset.save_as(target)
        elif way == "deflated":
            dataset.file_meta.TransferSyntaxUID = UID("1.2.840.10008.1.2.1.99")
            dataset.save_as(target)
        elif way == "deflated frames":
            packed = [np.packbits(frame, bitorder="little").tobytes() for frame in pixels]
            dataset.PixelData = encapsulate([deflate(frame) for frame in packed])
            save_as_deflated_frames(dataset, target)
        elif way == "several fragments":
            packed = [deflate(np.packbits(frame, bitorder="little").tobytes()) for frame in pixels]
            dataset.PixelData = encapsulate(packed, fragments_per_frame=2)
            save_as_deflated_frames(dataset, target)
    return target


def save_as_deflated_frames(dataset: pydicom.Dataset, path: Path) -> None:
    """Save encapsulated frames under a transfer syntax that pydicom does not know yet."""
    dataset["PixelData"].is_undefined_length = True
    dataset.file_meta.TransferSyntaxUID = UID("1.2.840.10008.1.2.4.50")
    dataset.save_as(path)
    path.write_bytes(path.read_bytes().replace(b"1.2.840.10008.1.2.4.50", b"1.2.840.10008.1.2.8.1\0", 1))


def deflate(content: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    coded = packer.compress(content) + packer.flush()
    return coded + b"\0" * (len(coded) % 2)


@pytest.mark.parametrize("way", ["implicit", "deflated", "deflated frames", "several fragments"])
@pytest.mark.parametrize("name", ["axial", "odd_width"])
def test_every_encoding_is_read_alike(name: str, way: str, tmp_path: Path) -> None:
    case, path = zoo_segmentation(name, tmp_path)
    other = encoded(path, tmp_path / "other.dcm", way)
    (reading,) = registry.read([other], format="dicom-seg")
    assert reading.case == case.case
    for identity, one in case.masks.items():
        np.testing.assert_array_equal(reading.masks[identity].read(), one.read())


@pytest.mark.parametrize("syntax", ["1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.5"])
def test_label_maps_by_pydicoms_codecs(syntax: str, tmp_path: Path) -> None:
    zoo = make("label_map", tmp_path / "zoo")
    source = images.open(zoo.images[0])
    rng = np.random.default_rng(3)
    labels = rng.integers(0, 4, source.grid.shape_kji).astype(np.uint8)
    write_segmentation(labels, source, tmp_path / "native.dcm", type="labelmap")
    dataset = pydicom.dcmread(tmp_path / "native.dcm")
    try:
        dataset.compress(UID(syntax), generate_instance_uid=False)
    except (RuntimeError, NotImplementedError) as error:
        pytest.skip(f"pydicom has no encoder here: {type(error).__name__}")
    dataset.save_as(tmp_path / "coded.dcm")
    np.testing.assert_array_equal(read_segmentation(tmp_path / "coded.dcm").labels(), labels)


def test_a_syntax_that_nobody_decodes_is_refused_by_name(tmp_path: Path) -> None:
    _, path = zoo_segmentation("axial", tmp_path)
    dataset = pydicom.dcmread(path)
    dataset.PixelData = encapsulate([b"\0" * 40] * int(dataset.NumberOfFrames))
    dataset["PixelData"].is_undefined_length = True
    dataset.file_meta.TransferSyntaxUID = UID("1.2.840.10008.1.2.4.50")
    dataset.save_as(path)
    with pytest.raises(MaskError, match=r"frame 1: the pixels cannot be decoded"):
        read_segmentation(path).labels()


# --- sources


def test_enhanced_and_legacy_sources(tmp_path: Path) -> None:
    for position, name in enumerate(
        (
            "seg/dcmqi_23x38x3/23x38x3/multiframe",
            "dicom/enhanced_mr_philips_vs_nifti/001",
            "dicom/enhanced_small/eCT_Supplemental.dcm",
        )
    ):
        source = images.open(real(name))
        labels = np.zeros(source.grid.shape_kji, np.uint8)
        labels[1:, 3:9, 4:12] = 1
        path = tmp_path / f"{position}.dcm"
        write_segmentation(labels, source, path, timestamp=AT)
        assert dciodvfy_errors(path) == []
        found = read_segmentation(path, source)
        np.testing.assert_array_equal(found.labels(), labels)
        np.testing.assert_array_equal(by_highdicom(path, source.grid)[1], labels == 1)
        np.testing.assert_array_equal(by_dcmqi(path, tmp_path / f"d{position}", source.grid)[1], labels == 1)
        groups = pydicom.dcmread(path).PerFrameFunctionalGroupsSequence
        image = groups[0].DerivationImageSequence[0].SourceImageSequence[0]
        assert image.ReferencedFrameNumber == source.slices[1].frame


AT = pydicom.valuerep.DT("20260102030405+0800")


@pytest.mark.parametrize("kind", ["binary", "labelmap"])
@pytest.mark.parametrize(
    "name",
    [
        "dicom/dx_cr/dx_image.dcm",
        "dicom/dx_cr/RG3_J2KR.dcm",
        "dicom/us_multiframe/examples_ybr_color.dcm",
        "dicom/vl_ophthalmic/sample-op.dcm",
    ],
)
def test_images_without_place_have_two_dimensional_segmentations(name: str, kind: str, tmp_path: Path) -> None:
    source = images.open(real(name))
    labels = np.zeros(source.grid.shape_kji, np.uint8)
    labels[-1, 30:70, 20:90] = 1
    path = tmp_path / "seg.dcm"
    write_segmentation(labels, source, path, type=kind, timestamp=AT)
    header = pydicom.dcmread(path)
    assert "PlanePositionSequence" not in header.PerFrameFunctionalGroupsSequence[0]
    if kind == "binary":
        assert dciodvfy_errors(path) == []
    np.testing.assert_array_equal(read_segmentation(path, source).labels(), labels)
    stored = highdicom.seg.segread(path)
    assert np.count_nonzero(stored.pixel_array) == np.count_nonzero(labels)


@pytest.mark.parametrize("kind", ["binary", "labelmap"])
def test_whole_slides(kind: str, tmp_path: Path) -> None:
    source = images.open(real("wsi/dicom_sm/sm_image.dcm"))
    labels = np.zeros(source.grid.shape_kji, np.uint8)
    labels[0, 3:34, 17:48] = 1
    labels[0, 40:50, 0:9] = 2
    path = tmp_path / "seg.dcm"
    write_segmentation(labels, source, path, type=kind, timestamp=AT)
    if kind == "binary":
        assert dciodvfy_errors(path) == []
    np.testing.assert_array_equal(read_segmentation(path).labels(), labels)
    np.testing.assert_array_equal(read_segmentation(path, source).labels(), labels)
    stored = highdicom.seg.segread(path)
    matrix = stored.get_total_pixel_matrix(combine_segments=True)
    np.testing.assert_array_equal(matrix, labels[0])


@pytest.mark.parametrize("name", ["seg_image_sm_control", "seg_image_sm_control_labelmap", "seg_image_sm_dots"])
def test_segmentations_of_slides_by_highdicom(name: str, tmp_path: Path) -> None:
    path = real(f"wsi/dicom_sm/{name}.dcm")
    found = read_segmentation(path)
    stored = highdicom.seg.segread(path)
    numbers = list(stored.segment_numbers)
    for number in numbers[:5]:
        matrix = stored.get_total_pixel_matrix(segment_numbers=[number], combine_segments=False)[..., 0]
        np.testing.assert_array_equal(found.mask(number)[0], matrix)
    source = images.open(real("wsi/dicom_sm/sm_image.dcm"))
    labels = {number: found.mask(number) for number in numbers}
    write_segmentation(labels, source, tmp_path / "again.dcm", timestamp=AT, grid=source.grid)
    again = highdicom.seg.segread(tmp_path / "again.dcm")
    for number in numbers[:5]:
        matrix = again.get_total_pixel_matrix(segment_numbers=[number], combine_segments=False)[..., 0]
        np.testing.assert_array_equal(matrix, labels[number][0])


def test_a_case_on_a_slide_and_one_on_frames_without_place(tmp_path: Path) -> None:
    slide = real("wsi/dicom_sm/sm_image.dcm")
    reading = read(real("wsi/dicom_sm/seg_image_sm_control.dcm"), slide)
    assert (reading.case.image.coordinate_frame, reading.case.image.shape) == ("SLIDE", [50, 50, 1])
    write_case(reading, tmp_path / "slide")
    cine = images.open(real("dicom/us_multiframe/examples_ybr_color.dcm"))
    mask_kji = np.zeros(cine.grid.shape_kji, np.uint8)
    mask_kji[3, 20:40, 30:60] = 1
    (tmp_path / "cine").mkdir()
    save_nifti(tmp_path / "cine" / "m.nii.gz", mask_kji, cine.grid)
    described = document(strict_json.plain(cine.describe()), [mask("A", "m.nii.gz")])
    (tmp_path / "cine" / "case.json").write_bytes(strict_json.dumps(described))
    for name, source in (("slide", slide), ("cine", cine.path)):
        case, path = read_case(tmp_path / name / "case.json"), tmp_path / f"{name}.dcm"
        context = Context(timestamp=AT)
        registry.write([case], path, format="dicom-seg", images=[source], context=context)
        assert dciodvfy_errors(path) == []
        (back,) = registry.read([path], format="dicom-seg")
        assert back.case == case.case
        for identity, one in case.masks.items():
            np.testing.assert_array_equal(back.masks[identity].read(), one.read())


STUDY, NAME = "腹部检查", "Zhang^XiaoDong=张^小东"


@pytest.mark.parametrize("character_set", ["GB18030", ["", "ISO 2022 IR 58"]], ids=str)
def test_chinese_names_are_carried_right(character_set: Any, tmp_path: Path) -> None:
    zoo = make("axial", tmp_path / "zoo")
    for path in zoo.images[0].iterdir():
        image = pydicom.dcmread(path)
        image.SpecificCharacterSet = character_set
        is_escaped = character_set != "GB18030"
        texts = {}
        for keyword, text in (("StudyDescription", STUDY), ("PatientName", NAME)):
            texts[keyword] = escaped(text) if is_escaped else text.encode("gb18030")
            texts[keyword] += b" " * (len(texts[keyword]) % 2)
            setattr(image, keyword, keyword[0] * len(texts[keyword]))
        image.ClinicalTrialSponsorName, image.ClinicalTrialProtocolID, image.ClinicalTrialSubjectID = "S", "P", "1"
        image.ClinicalTrialProtocolName = image.ClinicalTrialSiteID = image.ClinicalTrialSiteName = ""
        image.PatientIdentityRemoved, image.DeidentificationMethod = "YES", "M"
        image.AccessionNumber = None
        del image.StudyID
        image.save_as(path)
        content = path.read_bytes()
        for keyword, coded in texts.items():
            content = content.replace(keyword[0].encode() * len(coded), coded, 1)
        path.write_bytes(content)
    registry.write([read_case(zoo.path)], tmp_path / "seg.dcm", format="dicom-seg", images=zoo.images)
    header = pydicom.dcmread(tmp_path / "seg.dcm")
    assert header.SpecificCharacterSet == "ISO_IR 192"
    assert (str(header.PatientName), header.StudyDescription) == (NAME, STUDY)
    assert (header.ClinicalTrialSponsorName, header.PatientIdentityRemoved) == ("S", "YES")
    assert (header.AccessionNumber, header.StudyID) == ("", "")
    assert dciodvfy_errors(tmp_path / "seg.dcm") == []


def escaped(text: str) -> bytes:
    """Return text in GB2312 by ISO 2022, the escape sequence anew behind each delimiter (PS3.5 K)."""
    parts = re.split(r"([\^=])", text)
    return b"".join(part.encode() if part.isascii() else b"\x1b$)A" + part.encode("gb2312") for part in parts)


# --- other hands


def test_a_segment_that_others_removed_is_left_out(tmp_path: Path) -> None:
    case, path = zoo_segmentation("overlapping_masks", tmp_path)
    dataset = pydicom.dcmread(path)
    kept = [
        n
        for n, frame in enumerate(dataset.PerFrameFunctionalGroupsSequence)
        if frame.SegmentIdentificationSequence[0].ReferencedSegmentNumber == 1
    ]
    pixels = dataset.pixel_array[kept]
    dataset.SegmentSequence = [dataset.SegmentSequence[0]]
    dataset.PerFrameFunctionalGroupsSequence = [
        copy.deepcopy(dataset.PerFrameFunctionalGroupsSequence[n]) for n in kept
    ]
    dataset.NumberOfFrames = len(kept)
    packed = np.packbits(pixels.ravel(), bitorder="little").tobytes()
    dataset.PixelData = packed + b"\0" * (len(packed) % 2)
    dataset.save_as(tmp_path / "less.dcm")
    (reading,) = registry.read([tmp_path / "less.dcm"], format="dicom-seg")
    assert [one.id for one in reading.case.annotations] == ["A"]
    assert reading.case.task_id == case.case.task_id
    assert any("B is left out" in loss.message for loss in reading.losses)
    np.testing.assert_array_equal(reading.masks["A"].read(), case.masks["A"].read())


def test_masks_of_one_file_as_a_label_map(tmp_path: Path) -> None:
    case, path = zoo_segmentation("label_map", tmp_path)
    (reading,) = registry.read([path], format="dicom-seg", label_map=True)
    assert {one.mask_file for one in reading.case.annotations} == {"masks/labels.nii.gz"}
    assert len({id(one.volume) for one in reading.masks.values()}) == 1
    for identity, one in case.masks.items():
        assert compare_grids(reading.masks[identity].grid, one.grid).kind is GridKind.SAME
        np.testing.assert_array_equal(reading.masks[identity].read(), one.read())


# --- hostile files


def deep(path: Path) -> None:
    content = path.read_bytes()
    start = 144 + struct.unpack("<I", content[140:144])[0]
    item = struct.pack("<HH2sHIHHI", 0x0008, 0x1140, b"SQ", 0, 0xFFFFFFFF, 0xFFFE, 0xE000, 0xFFFFFFFF)
    path.write_bytes(content[:start] + item * 50_000)


def many_frames(path: Path) -> None:
    dataset = pydicom.dcmread(path)
    dataset.NumberOfFrames = 2**31 - 1
    dataset.save_as(path)


def large_frames(path: Path) -> None:
    dataset = pydicom.dcmread(path)
    dataset.Rows = dataset.Columns = 65535
    dataset.save_as(path)


def far_apart(path: Path) -> None:
    dataset = pydicom.dcmread(path)
    dataset.PerFrameFunctionalGroupsSequence[-1].PlanePositionSequence[0].ImagePositionPatient[2] = 9e8
    dataset.save_as(path)


def bomb(path: Path) -> None:
    content = path.read_bytes()
    start = 144 + struct.unpack("<I", content[140:144])[0]
    dataset = pydicom.dcmread(path)
    dataset.file_meta.TransferSyntaxUID = UID("1.2.840.10008.1.2.1.99")
    dataset.save_as(path)
    begin = path.read_bytes()
    begin = begin[: 144 + struct.unpack("<I", begin[140:144])[0]]
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    long = struct.pack("<HH2sHI", 0x0008, 0x0005, b"UN", 0, 400_000_000) + bytes(400_000_000)
    path.write_bytes(begin + packer.compress(long + content[start:]) + packer.flush())


def bomb_of_frames(path: Path) -> None:
    dataset = pydicom.dcmread(path)
    dataset.PixelData = encapsulate([deflate(bytes(300_000_000))] * int(dataset.NumberOfFrames))
    save_as_deflated_frames(dataset, path)


def many_segments(path: Path) -> None:
    content = path.read_bytes()
    start = 144 + struct.unpack("<I", content[140:144])[0]
    items = struct.pack("<HHI", 0xFFFE, 0xE000, 0) * 4_000_000
    element = struct.pack("<HH2sHI", 0x0008, 0x0001, b"SQ", 0, 0)
    assert element
    segment = struct.pack("<HH2sHI", 0x0062, 0x0002, b"SQ", 0, len(items)) + items
    at = content.index(struct.pack("<HH2sH", 0x0062, 0x0002, b"SQ", 0))
    (length,) = struct.unpack("<I", content[at + 8 : at + 12])
    path.write_bytes(content[:at] + segment + content[at + 12 + length :])
    assert start < at


def many_tiles(path: Path) -> None:
    dataset = pydicom.dcmread(path)
    dataset.DimensionOrganizationType = "TILED_FULL"
    dataset.TotalPixelMatrixColumns = dataset.TotalPixelMatrixRows = 2**32 - 1
    del dataset.PerFrameFunctionalGroupsSequence
    dataset.save_as(path)


def many_offsets(path: Path) -> None:
    dataset = pydicom.dcmread(path)
    dataset.TotalPixelMatrixColumns, dataset.TotalPixelMatrixRows = dataset.Columns, dataset.Rows
    dataset.ImageOrientationSlide = "1"
    dataset.save_as(path)


def unknown_segment(path: Path) -> None:
    dataset = pydicom.dcmread(path)
    dataset.PerFrameFunctionalGroupsSequence[0].SegmentIdentificationSequence[0].ReferencedSegmentNumber = 65535
    dataset.save_as(path)


def same_number(path: Path) -> None:
    dataset = pydicom.dcmread(path)
    dataset.SegmentSequence.append(copy.deepcopy(dataset.SegmentSequence[0]))
    dataset.save_as(path)


def several_numbers(path: Path) -> None:
    dataset = pydicom.dcmread(path)
    dataset.SegmentSequence[0].SegmentNumber = [1, 2]
    dataset.save_as(path)


HARMS = [
    *(deep, many_frames, large_frames, far_apart, bomb, bomb_of_frames, many_segments),
    *(many_tiles, many_offsets, unknown_segment, same_number, several_numbers),
]


@pytest.mark.parametrize("harm", HARMS)
def test_hostile_files_are_refused_fast_and_small(harm: Any, tmp_path: Path) -> None:
    _, path = zoo_segmentation("axial", tmp_path)
    harm(path)
    tracemalloc.start()
    started = time.process_time()
    with pytest.raises(AnnoconvError, match=r"seg\.dcm"):
        read_segmentation(path).labels()
    elapsed, peak = time.process_time() - started, tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert elapsed < 2
    assert peak < 256 << 20


def test_one_frame_needs_no_number_of_frames(tmp_path: Path) -> None:
    _, path = zoo_segmentation("empty_mask", tmp_path)
    dataset = pydicom.dcmread(path)
    first = dataset.pixel_array[0]
    packed = np.packbits(first, bitorder="little").tobytes()
    dataset.PixelData = packed + b"\0" * (len(packed) % 2)
    dataset.PerFrameFunctionalGroupsSequence = dataset.PerFrameFunctionalGroupsSequence[:1]
    del dataset.NumberOfFrames
    dataset.save_as(path)
    assert np.count_nonzero(read_segmentation(path).mask(1)) == np.count_nonzero(first)


def test_a_segment_that_would_pass_for_background_is_refused(tmp_path: Path) -> None:
    zoo = make("label_map", tmp_path / "zoo")
    registry.write([read_case(zoo.path)], tmp_path / "seg.dcm", format="dicom-seg", images=zoo.images, type="labelmap")
    dataset = pydicom.dcmread(tmp_path / "seg.dcm")
    dataset.PixelPaddingValue = 1
    dataset.SegmentSequence[0].SegmentedPropertyTypeCodeSequence[0].CodeValue = "10200004"
    dataset.save_as(tmp_path / "other.dcm")
    with pytest.raises(MaskError, match="segment 0 is not the background"):
        read_segmentation(tmp_path / "other.dcm")


def test_too_many_voxels(tmp_path: Path) -> None:
    _, path = zoo_segmentation("axial", tmp_path)
    with pytest.raises(LimitError, match="too many voxels"):
        read_segmentation(path, limits=Limits(mask_voxels=500))
