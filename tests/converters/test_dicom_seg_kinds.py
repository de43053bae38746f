"""Label maps, fractions and compressed files; arrays in and out; judged by dciodvfy, highdicom and dcmqi."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import highdicom
import numpy as np
import pydicom
import pytest
from annoconv_converters.dicom_seg import Segment, read_segmentation, write_segmentation
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from annoconv import images, registry
from annoconv.casefile import LoadedCase, read_case
from annoconv.demo.series import write_series
from annoconv.errors import AnnoconvError, GeometryError, ImageError, MaskError, UsageError
from annoconv.geometry import Grid, GridKind, compare_grids
from annoconv.limits import Limits
from annoconv.loss import LossKind
from annoconv.model import Concept, ImageInstance
from annoconv.pixels import ArrayVolume, Mask, Masks, save_nifti
from tests import cases
from tests.cases import blob, grid_of, make, mask
from tests.converters.seg_cases import by_dcmqi, by_highdicom
from tests.converters.test_dicom_seg import loaded
from tests.peers import dciodvfy_errors
from tests.real_data import real

WAYS = [
    {"type": "labelmap"},
    {"type": "labelmap", "compress": "rle"},
    {"type": "labelmap", "compress": "deflate"},
    {"compress": "deflate"},
    {"keep_empty_frames": True},
    {"type": "labelmap", "keep_empty_frames": True},
]
NAMES = ["label_map", "odd_width", "coronal", "sagittal", "oblique", "negated_cosines", "files_in_reverse"]
AT = datetime(2026, 1, 2, tzinfo=UTC)

FALSE_ALARMS = [
    # dicom3tools knows no Label Map Segmentation Storage (supplement 243), so it judges by the older Segmentation.
    r"Information Object Not found",
    # Label maps have sparse numbers, and 0 for the background.
    r"SegmentNumber not monotonically increasing from one by one",
]


def write(name: str, folder: Path, **options: Any) -> tuple[LoadedCase, Path]:
    zoo = make(name, folder / "zoo")
    case = read_case(zoo.path)
    registry.write([case], folder / "seg.dcm", format="dicom-seg", images=zoo.images, **options)
    return case, folder / "seg.dcm"


def inflated(path: Path, target: Path) -> Path:
    """Save a deflated file natively, by pydicom."""
    dataset = pydicom.dcmread(path)
    dataset.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    dataset.save_as(target)
    return target


def numbered(case: LoadedCase, path: Path) -> dict[int, Any]:
    """Return the case's masks by the segment numbers that the file gives them."""
    segments = pydicom.dcmread(path, stop_before_pixels=True).SegmentSequence
    by_id = {segment.get("TrackingID"): int(segment.SegmentNumber) for segment in segments}
    return {by_id[identity]: one.read() for identity, one in case.masks.items()}


@pytest.mark.parametrize("options", WAYS, ids=lambda way: " ".join(f"{k}={v}" for k, v in way.items()))
@pytest.mark.parametrize("name", NAMES)
def test_every_kind_is_read_alike_by_others_and_by_us(name: str, options: dict[str, Any], tmp_path: Path) -> None:
    case, path = write(name, tmp_path, **options)
    expected = numbered(case, path)
    grid = next(iter(case.masks.values())).grid
    for found in (by_highdicom(path, grid), by_dcmqi(path, tmp_path / "dcmqi", grid)):
        assert found.keys() == expected.keys()
        for number, mask_kji in expected.items():
            np.testing.assert_array_equal(found[number], mask_kji)
    (reading,) = registry.read([path], format="dicom-seg")
    assert reading.case == case.case
    for identity, one in case.masks.items():
        assert compare_grids(reading.masks[identity].grid, one.grid).kind is GridKind.SAME
        np.testing.assert_array_equal(reading.masks[identity].read(), one.read())
    if options.get("compress") == "deflate":  # which dciodvfy cannot inflate
        path = inflated(path, tmp_path / "inflated.dcm")
    errors = dciodvfy_errors(path)
    if options.get("type") == "labelmap":
        errors = [line for line in errors if not any(re.search(alarm, line) for alarm in FALSE_ALARMS)]
    assert errors == []


def test_a_label_map_has_the_values_of_the_case(tmp_path: Path) -> None:
    _, path = write("label_map", tmp_path, type="labelmap", plain=True)
    header = pydicom.dcmread(path)
    assert [int(segment.SegmentNumber) for segment in header.SegmentSequence] == [0, 2, 7, 300]
    assert (header.BitsAllocated, header.PixelPaddingValue, header.SegmentsOverlap) == (16, 0, "NO")
    (reading,) = registry.read([path], format="dicom-seg")
    assert [one.mask_value for one in reading.case.annotations] == [2, 7, 300]
    assert {one.mask_file for one in reading.case.annotations} == {"masks/labels.nii.gz"}


def test_segment_0_is_background_beside_another_padding_value(tmp_path: Path) -> None:
    case, path = write("label_map", tmp_path, type="labelmap", plain=True)
    header = pydicom.dcmread(path)
    header.PixelPaddingValue = 5
    header.save_as(path)
    (reading,) = registry.read([path], format="dicom-seg")
    assert [one.mask_value for one in reading.case.annotations] == [2, 7, 300]
    voxels = sorted(int(np.count_nonzero(mask.read())) for mask in case.masks.values())
    assert sorted(int(np.count_nonzero(mask.read())) for mask in reading.masks.values()) == voxels
    header.SegmentSequence = header.SegmentSequence[1:]
    header.save_as(path)
    (reading,) = registry.read([path], format="dicom-seg")
    with pytest.raises(MaskError, match="values that no segment has"):
        next(iter(reading.masks.values())).read()


def test_overlap_is_refused_in_a_label_map_by_name(tmp_path: Path) -> None:
    with pytest.raises(MaskError, match=r"A, B.*--type binary"):
        write("overlapping_masks", tmp_path, type="labelmap")
    assert not (tmp_path / "seg.dcm").exists()


def test_bits_are_not_run_length_encoded(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--type labelmap"):
        write("axial", tmp_path, compress="rle")


@pytest.mark.parametrize("fractional_type", ["probability", "occupancy"])
@pytest.mark.parametrize("compress", ["none", "rle", "deflate"])
def test_fractions_come_back_to_the_nearest_level(fractional_type: str, compress: str, tmp_path: Path) -> None:
    grid = grid_of((14, 12, 6))
    exact = np.round(np.linspace(0, 255, np.prod(grid.shape))).reshape(grid.shape_kji).astype(np.float32) / 255
    rough = (blob(grid) * np.float32(1 / 3)).astype(np.float32)
    save_nifti(tmp_path / "exact.nii.gz", exact, grid)
    save_nifti(tmp_path / "rough.nii.gz", rough * np.float32(0.999), grid)
    save_nifti(tmp_path / "whole.nii.gz", blob(grid, 1.0), grid)
    masks = [mask(name, f"{name}.nii.gz") for name in ("exact", "rough", "whole")]
    case = loaded(tmp_path, masks, grid)
    path = tmp_path / "seg.dcm"
    losses = registry.write(
        [case],
        path,
        format="dicom-seg",
        images=[tmp_path / "images"],
        type="fractional",
        fractional_type=fractional_type,
        compress=compress,
    )
    rounded = [loss for loss in losses if loss.kind is LossKind.PRECISION]
    assert [loss.path for loss in rounded] == ["/annotations/1/mask_file"]
    judged = inflated(path, tmp_path / "inflated.dcm") if compress == "deflate" else path
    assert dciodvfy_errors(judged) == []
    assert pydicom.dcmread(path).SegmentationFractionalType == fractional_type.upper()
    (reading,) = registry.read([path], format="dicom-seg")
    assert reading.masks["exact"].read().dtype == np.float32
    np.testing.assert_allclose(reading.masks["exact"].read(), exact, atol=1e-6)
    np.testing.assert_allclose(reading.masks["rough"].read(), rough, atol=1 / 255)
    np.testing.assert_array_equal(reading.masks["whole"].read(), blob(grid, 1.0))
    volume = highdicom.seg.segread(path).get_volume(segment_numbers=[1], combine_segments=False)
    stored = volume.array[..., 0] if volume.array.ndim == 4 else volume.array
    np.testing.assert_allclose(np.sort(stored.ravel())[-100:], np.sort(exact.ravel())[-100:], atol=1e-6)


def test_a_deflated_file_is_much_smaller(tmp_path: Path) -> None:
    sizes = [write("whole_model", tmp_path / way, compress=way)[1].stat().st_size for way in ("none", "deflate")]
    assert sizes[0] > 3 * sizes[1]


@pytest.mark.parametrize(("method", "fewest"), [("nearest", 0.9), ("linear", 0.9)])
def test_other_grids_are_interpolated_only_when_asked(method: str, fewest: float, tmp_path: Path) -> None:
    fine, grid = grid_of((28, 24, 12), spacing=(0.75, 1.0, 1.5), origin=(-20.375, 9.5, -31.25)), grid_of((14, 12, 6))
    whole = blob(fine)
    save_nifti(tmp_path / "m.nii.gz", whole, fine)
    case = loaded(tmp_path, [mask("A", "m.nii.gz")], grid)
    options = {"format": "dicom-seg", "images": [tmp_path / "images"]}
    with pytest.raises(GeometryError, match="Resample"):
        registry.write([case], tmp_path / "refused.dcm", **options)
    losses = registry.write([case], tmp_path / "seg.dcm", resample=method, **options)
    assert [loss.path for loss in losses if loss.kind is LossKind.RESAMPLED] == ["/annotations/0/mask_file"]
    header = pydicom.dcmread(tmp_path / "seg.dcm")
    derivation = header.PerFrameFunctionalGroupsSequence[0].DerivationImageSequence[0]
    assert derivation.DerivationDescription == f"Resampled, {method}"
    assert dciodvfy_errors(tmp_path / "seg.dcm") == []
    (reading,) = registry.read([tmp_path / "seg.dcm"], format="dicom-seg")
    found = np.count_nonzero(reading.masks["A"].read()) * 8
    assert fewest < found / np.count_nonzero(whole) < 2 - fewest


def test_labels_are_interpolated_each_by_its_share(tmp_path: Path) -> None:
    fine, grid = grid_of((28, 24, 12), spacing=(0.75, 1.0, 1.5), origin=(-20.375, 9.5, -31.25)), grid_of((14, 12, 6))
    labels = np.zeros(fine.shape_kji, np.uint8)
    labels[blob(fine)] = 1
    labels[:, :, 14:][blob(fine)[:, :, 14:]] = 2
    masks = {1: (labels == 1), 2: (labels == 2)}
    write_series(tmp_path / "images", grid, np.zeros(grid.shape_kji, np.int16))
    for method in ("nearest", "linear"):
        path = tmp_path / f"{method}.dcm"
        write_segmentation(labels, tmp_path / "images", path, type="labelmap", grid=fine, resample=method)
        found = read_segmentation(path).labels()
        for number, mask_kji in masks.items():
            assert np.count_nonzero(found == number) * 8 == pytest.approx(np.count_nonzero(mask_kji), rel=0.4)
        assert np.count_nonzero(found) * 8 == pytest.approx(np.count_nonzero(labels), rel=0.1)


def test_gaps_are_bridged_when_asked(tmp_path: Path) -> None:
    grid = grid_of((14, 12, 6))
    save_nifti(tmp_path / "m.nii.gz", blob(grid), grid)
    case = loaded(tmp_path, [mask("A", "m.nii.gz")], grid)
    (tmp_path / "images" / "0003.dcm").unlink()
    options = {"format": "dicom-seg", "images": [tmp_path / "images"]}
    with pytest.raises(GeometryError, match="not evenly spaced"):
        registry.write([case], tmp_path / "refused.dcm", **options)
    assert not (tmp_path / "refused.dcm").exists()
    registry.write([case], tmp_path / "seg.dcm", allow_gaps=True, **options)
    assert dciodvfy_errors(tmp_path / "seg.dcm") == []
    (found,) = by_highdicom(tmp_path / "seg.dcm", grid).values()
    np.testing.assert_array_equal(found, blob(grid))
    (reading,) = registry.read([tmp_path / "seg.dcm"], format="dicom-seg")
    np.testing.assert_array_equal(reading.masks["A"].read(), blob(grid))


# --- arrays


LIVER = Segment(
    number=3,
    name="Liver",
    type=Concept(code="10200004", scheme="SCT", meaning="Liver"),
    category=Concept(code="123037004", scheme="SCT", meaning="Anatomical Structure"),
    tracking_id="L1",
)


@pytest.fixture(scope="module")
def series(tmp_path_factory: pytest.TempPathFactory) -> Path:
    grid, folder = grid_of((13, 7, 5)), tmp_path_factory.mktemp("arrays") / "images"
    write_series(folder, grid, np.zeros(grid.shape_kji, np.int16), name="arrays")
    return folder


@pytest.mark.parametrize("kind", ["binary", "labelmap"])
def test_a_label_map_in_and_out(kind: str, series: Path, tmp_path: Path) -> None:
    source, number = images.open(series), 3 if kind == "labelmap" else 1
    labels, liver = blob(source.grid).astype(np.uint8) * number, replace(LIVER, number=number)
    write_segmentation(labels, source, tmp_path / "seg.dcm", segments=[liver], type=kind, content_creator="Li^A")
    back = read_segmentation(tmp_path / "seg.dcm", source)
    np.testing.assert_array_equal(back.labels(), labels)
    np.testing.assert_array_equal(back.mask(number), labels == number)
    assert (back.kind, back.segments[0].name, back.source_uid) == (kind.upper(), "Liver", source.uid)
    assert pydicom.dcmread(tmp_path / "seg.dcm").SegmentSequence[-1].TrackingUID.startswith("2.25.")
    with pytest.raises(MaskError, match="no such segment"):
        back.mask(9)


def test_overlapping_masks_in_and_out(series: Path, tmp_path: Path) -> None:
    source = images.open(series)
    masks = {1: blob(source.grid), 2: blob(source.grid, 1.0)}
    write_segmentation(masks, source, tmp_path / "seg.dcm", timestamp=AT)
    back = read_segmentation(tmp_path / "seg.dcm")
    for number, mask_kji in masks.items():
        np.testing.assert_array_equal(back.mask(number), mask_kji)
    with pytest.raises(MaskError, match="share voxels"):
        back.labels()


def test_fractions_in_and_out(series: Path, tmp_path: Path) -> None:
    source = images.open(series)
    fractions = np.linspace(0, 1, np.prod(source.grid.shape), dtype=np.float32).reshape(source.grid.shape_kji)
    write_segmentation(fractions, source, tmp_path / "seg.dcm", type="fractional")
    np.testing.assert_allclose(read_segmentation(tmp_path / "seg.dcm").mask(1), fractions, atol=1 / 510 + 1e-6)
    with pytest.raises(MaskError, match="fractions"):
        write_segmentation(fractions, source, tmp_path / "other.dcm")


@pytest.mark.parametrize("kind", ["binary", "fractional"])
def test_numbers_with_gaps_are_for_label_maps(kind: Any, series: Path, tmp_path: Path) -> None:
    labels = np.zeros(images.open(series).grid.shape_kji, np.uint8)
    labels[0, 0, :2] = 1, 3
    masks = {number: (labels == number).astype(np.float32 if kind == "fractional" else bool) for number in (1, 3)}
    with pytest.raises(MaskError, match="one by one; found 1, 3"):
        write_segmentation(masks, series, tmp_path / "seg.dcm", type=kind)
    with pytest.raises(MaskError, match="from 1; found 0"):
        write_segmentation({0: labels > 0}, series, tmp_path / "seg.dcm", type="labelmap")
    assert not (tmp_path / "seg.dcm").exists()
    write_segmentation(labels, series, tmp_path / "seg.dcm", type="labelmap")
    np.testing.assert_array_equal(read_segmentation(tmp_path / "seg.dcm").labels(), labels)


COSINES = st.tuples(*[st.floats(-3.1, 3.1)] * 3)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    angles=COSINES,
    seed=st.integers(0, 2**32 - 1),
    kind=st.sampled_from(["binary", "labelmap"]),
    is_dense=st.booleans(),
)
@example(angles=(2.2250738585072014e-308, 0, 0), seed=0, kind="binary", is_dense=False)
@example(angles=(0, 1e-11, -1e-200), seed=1, kind="labelmap", is_dense=True)
@example(angles=(np.pi / 2, 0, -np.pi / 2), seed=2, kind="binary", is_dense=True)
def test_any_affine_and_any_mask(
    angles: tuple[float, float, float], seed: int, kind: str, is_dense: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    rng = np.random.default_rng(seed)
    folder = tmp_path_factory.mktemp("any")
    (a, b, c), turn = angles, np.eye(3)
    for angle, (x, y) in ((a, (0, 1)), (b, (1, 2)), (c, (0, 2))):
        about = np.eye(3)
        about[[x, x, y, y], [x, y, x, y]] = np.cos(angle), -np.sin(angle), np.sin(angle), np.cos(angle)
        turn = turn @ about
    shape = tuple(int(n) for n in rng.integers(1, 9, 3))
    grid = grid_of(
        (shape[0] + 1, shape[1] + 1, shape[2]), tuple(rng.uniform(0.3, 4, 3)), tuple(rng.uniform(-200, 200, 3)), turn
    )
    labels = rng.integers(0, 4, grid.shape_kji).astype(np.uint8) * (is_dense or rng.random(grid.shape_kji) < 0.1)
    if not labels.any():
        labels.flat[0] = 1
    write_series(folder / "images", grid, np.zeros(grid.shape_kji, np.int16), reverse=bool(seed % 2))
    described = [replace(LIVER, number=number) for number in (1, 2, 3)]
    write_segmentation(labels.astype(np.uint8), folder / "images", folder / "seg.dcm", type=kind, segments=described)
    np.testing.assert_array_equal(read_segmentation(folder / "seg.dcm", folder / "images").labels(), labels)
    placed = images.open(folder / "images").grid
    numbers = set(np.unique(labels).tolist()) - {0}
    for found in (by_highdicom(folder / "seg.dcm", placed), by_dcmqi(folder / "seg.dcm", folder / "dcmqi", placed)):
        assert numbers <= found.keys()
        for number, mask_kji in found.items():
            np.testing.assert_array_equal(mask_kji, labels == number)


def test_masks_in_memory_of_several_cases_share_nothing(tmp_path: Path) -> None:
    case = read_case(make("axial", tmp_path / "zoo").path)
    grid = case.masks["M1"].grid
    several = []
    for name in ("one", "two"):
        document = case.case.model_copy(update={"case_id": name})
        several.append(LoadedCase(document, Masks([Mask("M1", ArrayVolume(grid, blob(grid)))])))
    registry.write(several, tmp_path / "out", format="dicom-seg", images=[tmp_path / "zoo" / "images"])
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [".annoconv.json", "one.dcm", "two.dcm"]


def test_the_grid_is_needed_where_the_array_is_another(series: Path, tmp_path: Path) -> None:
    with pytest.raises(GeometryError, match="does not fit"):
        write_segmentation(np.ones((2, 3, 4), bool), series, tmp_path / "seg.dcm")
    assert Grid((1, 1, 1)).frame == "NONE"


@pytest.mark.parametrize(
    "folder", ["missing_slice", "ct_gantrytilt", "non_isotropic_shear", "slicecount2", "transfer_syntax"]
)
def test_odd_series_are_refused_or_written_whole(folder: str, tmp_path: Path) -> None:
    (source,) = (one for one in images.scan([real(f"odd/{folder}")]) if one.modality in {"CT", "MR"})
    path = tmp_path / "seg.dcm"
    if folder in {"ct_gantrytilt", "non_isotropic_shear", "slicecount2"}:
        write_segmentation(np.ones(source.grid.shape_kji, bool), source, path, timestamp=AT)
        assert read_segmentation(path).labels().all()
        return
    with pytest.raises(AnnoconvError, match=r"\d.*\.dcm|MR_small_RLE\.dcm"):  # one image in several encodings
        write_segmentation(np.ones((5, 5, 5), bool), source, path, timestamp=AT)
    assert not list(tmp_path.iterdir())


def test_the_same_bytes_whatever_the_surroundings(tmp_path: Path) -> None:
    written = []
    surroundings = ({"TZ": "UTC", "PYTHONHASHSEED": "1"}, {"TZ": "Asia/Shanghai", "PYTHONHASHSEED": "2", "LC_ALL": "C"})
    for position, changes in enumerate(surroundings):
        zoo = make("chinese", tmp_path / f"folder {position}" / "zoo")
        target = tmp_path / f"{position}.dcm"
        command = [sys.executable, "-m", "annoconv", "to-dicom-seg", zoo.path, "-o", target, "--images", zoo.images[0]]
        subprocess.run(command, check=True, capture_output=True, env={**os.environ, **changes})
        written.append(target.read_bytes())
    assert written[0] == written[1]


def test_a_case_on_several_images_holds_one_volume_at_a_time(tmp_path: Path) -> None:
    grids = [grid_of((64, 64, 40)), grid_of((64, 64, 41)), grid_of((64, 64, 42))]
    related, masks, folders = [], [], [tmp_path / "images"]
    for position, grid in enumerate(grids):
        save_nifti(tmp_path / f"m{position}.nii.gz", np.ones(grid.shape_kji, np.uint8), grid)
        masks.append(mask(f"M{position}", f"m{position}.nii.gz"))
        if position:
            related.append(cases.series(tmp_path / f"other{position}", grid, f"several{position}"))
            masks[-1]["image_uid"] = related[-1]["uid"]
            folders.append(tmp_path / f"other{position}")
    case = loaded(tmp_path, masks, grids[0], related_images=related)
    registry.write([case], tmp_path / "out", format="dicom-seg", images=folders)
    (reading,) = registry.read([tmp_path / "out"], format="dicom-seg")
    assert reading.case == case.case
    assert all(one.read().all() for one in reading.masks.values())


# --- what the UIDs are made of


def small_series(folder: Path) -> Any:
    affine = np.diag([1.0, 1.0, 2.0, 1.0])
    write_series(folder, Grid((6, 5, 3), affine, "LPS"), np.zeros((3, 5, 6), np.int16))
    return images.open(folder)


def sop_instance_uid(masks: Any, source: Any, target: Path, **options: Any) -> str:
    write_segmentation(masks, source, target, timestamp=AT, overwrite=True, **options)
    return str(pydicom.dcmread(target).SOPInstanceUID)


@pytest.mark.parametrize("kind", ["binary", "labelmap", "fractional"])
def test_labels_that_are_swapped_have_another_instance_uid(kind: Any, tmp_path: Path) -> None:
    source = small_series(tmp_path / "ct")
    labels_kji = np.zeros((3, 5, 6), np.uint8)
    labels_kji[1, 1, 1:3], labels_kji[1, 3, 2:5] = 1, 2
    swapped_kji = np.array([0, 2, 1], np.uint8)[labels_kji]
    found = [sop_instance_uid(one, source, tmp_path / "s.dcm", type=kind) for one in (labels_kji, swapped_kji)]
    assert found[0] != found[1]
    assert found[0] == sop_instance_uid(labels_kji.copy(), source, tmp_path / "s.dcm", type=kind)


def test_fractions_of_one_shape_with_other_values_have_another_instance_uid(tmp_path: Path) -> None:
    source = small_series(tmp_path / "ct")
    masks = [np.zeros((3, 5, 6), np.float32) for _ in range(2)]
    masks[0][1, 1, 1:3], masks[1][1, 3, 2:5] = 0.2, 0.8
    given = [{1: masks[0], 2: masks[1]}, {1: masks[1], 2: masks[0]}, {1: masks[0] * 2, 2: masks[1]}, {1: masks[0]}]
    given += [{1: masks[0] * 2}]
    found = {sop_instance_uid(one, source, tmp_path / "s.dcm", type="fractional") for one in given}
    assert len(found) == len(given)


@pytest.mark.parametrize(("second", "overlap"), [((1, 1, slice(2, 4)), "YES"), ((1, 3, slice(2, 4)), "NO")])
def test_fractions_of_one_voxel_overlap(second: Any, overlap: str, tmp_path: Path) -> None:
    source = small_series(tmp_path / "ct")
    masks = {number: np.zeros((3, 5, 6), np.float32) for number in (1, 2)}
    masks[1][1, 1, 1:3], masks[2][second] = 0.5, 0.25
    write_segmentation(masks, source, tmp_path / "s.dcm", type="fractional", timestamp=AT)
    assert pydicom.dcmread(tmp_path / "s.dcm").SegmentsOverlap == overlap


def test_what_fractions_mean_is_what_the_masks_say_unless_another_meaning_is_asked_for(tmp_path: Path) -> None:
    grid = grid_of((14, 12, 6))
    save_nifti(tmp_path / "m.nii.gz", blob(grid) * np.float32(0.5), grid)
    case = loaded(tmp_path, [mask("M", "m.nii.gz", fractional_type="OCCUPANCY")], grid)
    asked: dict[str, Any] = {"format": "dicom-seg", "images": [tmp_path / "images"], "type": "fractional"}
    registry.write([case], tmp_path / "said.dcm", **asked)
    assert pydicom.dcmread(tmp_path / "said.dcm").SegmentationFractionalType == "OCCUPANCY"
    registry.write([case], tmp_path / "asked.dcm", fractional_type="probability", **asked)
    assert pydicom.dcmread(tmp_path / "asked.dcm").SegmentationFractionalType == "PROBABILITY"
    (reading,) = registry.read([tmp_path / "said.dcm"], format="dicom-seg")
    assert reading.case.annotations[0] == case.case.annotations[0]


def test_what_fractions_mean_is_not_asked_of_a_segmentation_without_them(tmp_path: Path) -> None:
    grid = grid_of((14, 12, 6))
    save_nifti(tmp_path / "m.nii.gz", blob(grid), grid)
    case = loaded(tmp_path, [mask("M", "m.nii.gz", fractional_type="OCCUPANCY")], grid)
    asked: dict[str, Any] = {"format": "dicom-seg", "images": [tmp_path / "images"], "type": "labelmap"}
    with pytest.raises(UsageError, match="--fractional-type with --type labelmap"):
        registry.write([case], tmp_path / "refused.dcm", fractional_type="occupancy", **asked)
    registry.write([case], tmp_path / "s.dcm", **asked)
    assert "SegmentationFractionalType" not in pydicom.dcmread(tmp_path / "s.dcm")


def test_masks_whose_fractions_mean_two_things_are_no_silent_loss(tmp_path: Path) -> None:
    grid = grid_of((14, 12, 6))
    for name in ("occupied", "probable"):
        save_nifti(tmp_path / f"{name}.nii.gz", (blob(grid) * np.float32(0.4)).astype(np.float32), grid)
    masks = [
        mask("occupied", "occupied.nii.gz", fractional_type="OCCUPANCY"),
        mask("probable", "probable.nii.gz", fractional_type="PROBABILITY"),
    ]
    path, series = tmp_path / "seg.dcm", [tmp_path / "images"]
    case = loaded(tmp_path, masks, grid)
    losses = registry.write([case], path, format="dicom-seg", images=series, type="fractional")
    assert pydicom.dcmread(path).SegmentationFractionalType == "OCCUPANCY"
    (told,) = [each for each in losses if each.path.endswith("/fractional_type")]
    assert (told.path, told.kind) == ("/annotations/1/fractional_type", LossKind.APPROXIMATED)
    assert "says once" in told.message
    (reading,) = registry.read([path], format="dicom-seg")
    assert [each.fractional_type for each in reading.case.annotations] == ["OCCUPANCY", "PROBABILITY"]


def test_an_instance_that_the_series_lacks_is_refused(tmp_path: Path) -> None:
    grid = grid_of((14, 12, 6))
    save_nifti(tmp_path / "m.nii.gz", blob(grid), grid)
    case = loaded(tmp_path, [mask("M", "m.nii.gz")], grid)
    names = [each.sop_instance_uid for each in images.scan([tmp_path / "images"], Limits())[0].slices]
    for stray, is_right in ((names[2], True), ("1.2.3.99", False)):
        instances = [ImageInstance(sop_instance_uid=uid) for uid in (*names[:2], stray, *names[3:])]
        image = case.case.image.model_copy(update={"instances": instances})
        changed = LoadedCase(case.case.model_copy(update={"image": image}), case.masks, case.path)
        path = tmp_path / f"{is_right}.dcm"
        if is_right:
            registry.write([changed], path, format="dicom-seg", images=[tmp_path / "images"])
            continue
        with pytest.raises(ImageError, match=r"an instance that its image lacks.*1\.2\.3\.99"):
            registry.write([changed], path, format="dicom-seg", images=[tmp_path / "images"])
        assert not path.exists()
