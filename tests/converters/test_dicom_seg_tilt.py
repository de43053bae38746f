"""Series whose slices are sheared (gantry tilt) or unevenly spaced: each frame at its slice's own position, and back.

Positions are computed here by hand: slice k of a gantry tilted by an angle is moved along y by its distance times the
tangent. dciodvfy, highdicom and dcmqi judge what is written.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import highdicom as hd
import nibabel
import numpy as np
import pydicom
import pytest
import SimpleITK
from annoconv_converters._dicom.series import DicomSeries

from annoconv import images, registry, validate
from annoconv.casefile import read_case, write_case
from annoconv.errors import AnnoconvError, GeometryError
from annoconv.registry import Context
from tests import peers
from tests.converters.seg_cases import case_of
from tests.peers import dciodvfy_errors
from tests.real_data import real

if TYPE_CHECKING:
    from collections.abc import Sequence

SLICE = Path(__file__).with_name("dicom_cases") / "references" / "ct" / "0000.dcm"
EVEN = [4.0 * n for n in range(8)]
UNEVEN = [0.0, 4.0, 8.0, 12.0, 19.0, 26.0, 33.0, 40.0]
"""The posterior fossa at 4 mm, the rest at 7 mm."""
AT = Context(timestamp=datetime(2026, 1, 1, tzinfo=UTC))
BLOCKS = [0.0, 2.5, 5.0, 7.5, 10.0, 15.0, 20.0, 25.0]
"""Head scans: the base of the skull at 2.5 mm, the rest at twice that. Nothing is missing."""
KINDS = {
    "tilted": (EVEN, 18.5),
    "uneven": (UNEVEN, 0.0),
    "tilted and uneven": (UNEVEN, 18.5),
    "in blocks of whole multiples": (BLOCKS, 0.0),
    "tilted, in blocks of whole multiples": (BLOCKS, 18.5),
}


def places(heights: Sequence[float], angle: float) -> list[list[float]]:
    slope = math.tan(math.radians(angle))
    return [[-10.0, round(20.0 + slope * height, 6), height] for height in heights]


def series_of(folder: Path, positions: Sequence[Sequence[float]]) -> Path:
    folder.mkdir(parents=True)
    slice_ = pydicom.dcmread(SLICE)
    for n, position in enumerate(positions, 1):
        slice_.SOPInstanceUID = slice_.file_meta.MediaStorageSOPInstanceUID = f"1.2.3.{n}"
        slice_.ImagePositionPatient = list(position)
        slice_.save_as(folder / f"{len(positions) - n:03d}.dcm")
    return folder


def labels(count: int) -> Any:
    """Return two masks that no flip maps onto themselves: the second leaves slices out."""
    labels_kji = np.zeros((count, 6, 8), dtype=np.uint8)
    labels_kji[0:6, 1:4, 1:3] = 1
    labels_kji[[2, 5, count - 1], 4:6, 4:7] = 2
    return labels_kji


def mask_file(
    path: Path, labels_kji: Any, positions: Sequence[Sequence[float]], series: Path, step: Any = None
) -> Path:
    """Write labels as other tools do: RAS, an sform of the first position and the mean step from slice to slice."""
    spacing = [float(number) for number in pydicom.dcmread(next(series.iterdir())).PixelSpacing]
    affine = np.eye(4)
    affine[0, 0], affine[1, 1] = spacing[1], spacing[0]
    affine[:3, 2] = np.subtract(positions[-1], positions[0]) / (len(positions) - 1)
    if step is not None:
        affine[:3, 2] = step
    affine[:3, 3] = positions[0]
    image = nibabel.Nifti1Image(labels_kji.T, np.diag([-1, -1, 1, 1]) @ affine)
    image.header.set_qform(None, code=0)
    nibabel.save(image, path)
    return path


def written(mask: Path, series: Path, folder: Path, **options: Any) -> Path:
    readings = registry.read([mask], format="nifti", images=[series], context=Context(task="T"))
    (reading,) = readings
    write_case(reading, folder / "case.json")
    case = read_case(folder / "case.json")
    registry.write([case], folder / "seg.dcm", format="dicom-seg", images=[series], context=AT, **options)
    return folder / "seg.dcm"


def frames(path: Path) -> dict[tuple[int, tuple[float, ...]], Any]:
    """Return each frame by segment and position, as pydicom reads them."""
    stated = pydicom.dcmread(path)
    return {
        (
            int(groups.SegmentIdentificationSequence[0].ReferencedSegmentNumber),
            tuple(map(float, groups.PlanePositionSequence[0].ImagePositionPatient)),
        ): pixels
        for groups, pixels in zip(stated.PerFrameFunctionalGroupsSequence, stated.pixel_array, strict=True)
    }


@pytest.mark.parametrize("name", KINDS)
def test_every_frame_lies_at_its_slices_own_position(name: str, tmp_path: Path) -> None:
    positions = places(*KINDS[name])
    series = series_of(tmp_path / "ct", positions)
    labels_kji = labels(len(positions))
    path = written(mask_file(tmp_path / "mask.nii.gz", labels_kji, positions, series), series, tmp_path)
    found = frames(path)
    expected = {
        (number, tuple(positions[k])): labels_kji[k] == number
        for number in (1, 2)
        for k in range(len(positions))
        if (labels_kji[k] == number).any()
    }
    assert found.keys() == expected.keys()
    assert all(np.array_equal(found[key], expected[key]) for key in found)
    assert dciodvfy_errors(path) == []
    # highdicom tells the position of each source slice and frame without us
    read = hd.seg.segread(path)
    for number in (1, 2):
        spatial = [(s, p) for s, p in expected if s == number]
        uids = [f"1.2.3.{positions.index(list(p)) + 1}" for _, p in spatial]
        pixels = read.get_pixels_by_source_instance(uids, segment_numbers=[number], combine_segments=False)
        for frame, key in zip(pixels[..., 0], spatial, strict=True):
            assert np.array_equal(frame, expected[key])


@pytest.mark.parametrize("name", KINDS)
def test_highdicom_computes_the_place_of_each_pixel_of_each_frame(name: str, tmp_path: Path) -> None:
    positions = places(*KINDS[name])
    series = series_of(tmp_path / "ct", positions)
    path = written(mask_file(tmp_path / "mask.nii.gz", labels(8), positions, series), series, tmp_path)
    of_instance = {f"1.2.3.{n}": position for n, position in enumerate(positions, 1)}
    read = hd.seg.segread(path)
    assert read.NumberOfFrames == 9
    for number, groups in enumerate(read.PerFrameFunctionalGroupsSequence, 1):
        source = groups.DerivationImageSequence[0].SourceImageSequence[0].ReferencedSOPInstanceUID
        to_patient = hd.spatial.PixelToReferenceTransformer.for_image(read, frame_number=number)
        found = to_patient(np.array([[0, 0], [7, 5]]))
        assert np.allclose(found, [of_instance[source], np.add(of_instance[source], [7, 5, 0])], atol=1e-6)


@pytest.mark.parametrize(
    ("heights", "angle"), [(EVEN, 5.0), (BLOCKS, 0.0), (BLOCKS, 5.0), (UNEVEN, 0.0), (UNEVEN, 2.0)]
)
def test_dcmqi_puts_each_frame_on_the_plane_of_its_slice(heights: list[float], angle: float, tmp_path: Path) -> None:
    """dcmqi knows one step for all planes, and no shear: it takes the plane that is nearest to a frame's position."""
    positions = places(heights, angle)
    series = series_of(tmp_path / "ct", positions)
    labels_kji = labels(8)
    path = written(mask_file(tmp_path / "mask.nii.gz", labels_kji, positions, series), series, tmp_path)
    (tmp_path / "out").mkdir()
    answer = peers.run("segimage2itkimage", "--inputDICOM", path, "--outputDirectory", tmp_path / "out", "-t", "nrrd")
    assert "ERROR" not in answer.stdout + answer.stderr
    for number in (1, 2):
        image = SimpleITK.ReadImage(str(tmp_path / "out" / f"{number}.nrrd"))
        assert image.GetOrigin() == tuple(positions[0])
        found = SimpleITK.GetArrayFromImage(image)
        expected = np.zeros_like(found)
        for k, height in enumerate(heights):
            expected[round(height / image.GetSpacing()[2])] |= np.where(labels_kji[k] == number, number, 0)
        assert np.array_equal(found, expected)


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("given", [True, False])
def test_masks_come_back_equal_with_and_without_the_images(name: str, given: bool, tmp_path: Path) -> None:
    positions = places(*KINDS[name])
    series = series_of(tmp_path / "ct", positions)
    labels_kji = labels(len(positions))
    path = written(mask_file(tmp_path / "mask.nii.gz", labels_kji, positions, series), series, tmp_path)
    (reading,) = registry.read([path], format="dicom-seg", images=[series] if given else [])
    assert [each.image_position_patient for each in reading.case.image.instances or ()] == positions
    for number, mask in enumerate(reading.masks.values(), 1):
        assert np.array_equal(mask.read(), labels_kji == number)
    # once more, from the case as it is written to disk
    write_case(reading, tmp_path / "again" / "case.json")
    again = read_case(tmp_path / "again" / "case.json")
    registry.write([again], tmp_path / "again.dcm", format="dicom-seg", images=[series], context=AT)
    assert frames(tmp_path / "again.dcm").keys() == frames(path).keys()


@pytest.mark.parametrize("name", KINDS)
def test_without_the_private_block_the_images_give_the_slices_back(name: str, tmp_path: Path) -> None:
    positions = places(*KINDS[name])
    series = series_of(tmp_path / "ct", positions)
    labels_kji = labels(len(positions))
    mask = mask_file(tmp_path / "mask.nii.gz", labels_kji, positions, series)
    path = written(mask, series, tmp_path, plain=True)
    (reading,) = registry.read([path], format="dicom-seg", images=[series], context=Context(task="T"))
    for number, one in enumerate(reading.masks.values(), 1):
        assert np.array_equal(one.read(), labels_kji == number)


def highdicoms(series: Path, labels_kji: Any, path: Path) -> Path:
    """Write labels as highdicom does: a frame for each slice and label, at the position of the source slice."""
    slices = [pydicom.dcmread(each) for each in series.iterdir()]
    slices.sort(key=lambda each: float(each.ImagePositionPatient[2]))
    described = [
        hd.seg.SegmentDescription(
            number,
            f"Part {number}",
            hd.sr.CodedConcept("91723000", "SCT", "Anatomical Structure"),
            hd.sr.CodedConcept(code, "SCT", name),
            "MANUAL",
        )
        for number, code, name in [(1, "10200004", "Liver"), (2, "78961009", "Spleen")]
    ]
    masks = np.stack([labels_kji == 1, labels_kji == 2], -1).astype(np.uint8)
    hd.seg.Segmentation(
        slices, masks, "BINARY", described, "1.2.3.100", 5, "1.2.3.101", 1, "Maker", "Model", "1.0", "1"
    ).save_as(path)
    return path


@pytest.mark.parametrize("given", [True, False])
@pytest.mark.parametrize("name", KINDS)
def test_what_others_drew_on_such_a_series_comes_in_and_goes_out_again(name: str, given: bool, tmp_path: Path) -> None:
    positions = places(*KINDS[name])
    series = series_of(tmp_path / "ct", positions)
    labels_kji = labels(len(positions))
    foreign = highdicoms(series, labels_kji, tmp_path / "foreign.dcm")
    (reading,) = registry.read([foreign], format="dicom-seg", images=[series] if given else [])
    placed = [each.image_position_patient for each in reading.case.image.instances or ()]
    # without the images, nothing tells where an uneven slice lies that has no frame
    is_all = given or name == "tilted"
    kept = [k for k in range(len(positions)) if is_all or labels_kji[k].any()]
    assert np.allclose(np.array(placed, dtype=float), [positions[k] for k in kept], atol=2e-6)
    for number, mask in enumerate(reading.masks.values(), 1):
        assert np.array_equal(mask.read(), labels_kji[kept] == number)
    write_case(reading, tmp_path / "case" / "case.json")
    case = tmp_path / "case" / "case.json"
    if is_all:
        found = validate(case, profile="exchange", images=[series])
        assert [each.rule for each in found if each.level == "error"] == []
    registry.write([read_case(case)], tmp_path / "seg.dcm", format="dicom-seg", images=[series], context=AT)
    written_again, expected = frames(tmp_path / "seg.dcm"), frames(foreign)
    assert written_again.keys() == expected.keys()
    assert all(np.array_equal(written_again[key], expected[key]) for key in expected)


@pytest.mark.parametrize("name", [name for name in KINDS if "blocks" in name])
def test_blocks_of_which_every_slice_has_a_frame_are_no_even_series(name: str, tmp_path: Path) -> None:
    positions = places(*KINDS[name])
    series = series_of(tmp_path / "ct", positions)
    labels_kji = np.ones((len(positions), 6, 8), dtype=np.uint8)
    labels_kji[2:5, 1:4, 1:3] = 2
    foreign = highdicoms(series, labels_kji, tmp_path / "foreign.dcm")
    (reading,) = registry.read([foreign], format="dicom-seg")
    placed = [each.image_position_patient for each in reading.case.image.instances or ()]
    assert np.allclose(np.array(placed, dtype=float), positions, atol=2e-6)
    for number, mask in enumerate(reading.masks.values(), 1):
        assert np.array_equal(mask.read(), labels_kji == number)
    write_case(reading, tmp_path / "case" / "case.json")
    case = read_case(tmp_path / "case" / "case.json")
    registry.write([case], tmp_path / "seg.dcm", format="dicom-seg", images=[series], context=AT)
    assert frames(tmp_path / "seg.dcm").keys() == frames(foreign).keys()


def test_slices_between_two_masks_are_empty_where_only_those_with_frames_are_listed(tmp_path: Path) -> None:
    positions = places(EVEN, 0.0)
    series = series_of(tmp_path / "ct", positions)
    labels_kji = np.zeros((8, 6, 8), dtype=np.uint8)
    labels_kji[[0, 1, 2, 6, 7], 1:4, 1:3] = 1
    labels_kji[1, 5, 5] = 2
    foreign = pydicom.dcmread(highdicoms(series, labels_kji, tmp_path / "foreign.dcm"))
    (listed,) = foreign.ReferencedSeriesSequence
    framed = {f"1.2.3.{k + 1}" for k in (0, 1, 2, 6, 7)}
    listed.ReferencedInstanceSequence = [
        each for each in listed.ReferencedInstanceSequence if each.ReferencedSOPInstanceUID in framed
    ]
    foreign.save_as(tmp_path / "foreign.dcm")
    (reading,) = registry.read([tmp_path / "foreign.dcm"], format="dicom-seg")
    assert reading.case.image.shape is not None
    assert reading.case.image.shape[2] == 8
    assert np.array_equal(next(iter(reading.masks.values())).read(), labels_kji == 1)


def test_slices_that_nothing_names_are_refused_without_the_images(tmp_path: Path) -> None:
    positions = places(UNEVEN, 18.5)
    series = series_of(tmp_path / "ct", positions)
    path = highdicoms(series, labels(8), tmp_path / "foreign.dcm")
    nameless = pydicom.dcmread(path)
    del nameless.ReferencedSeriesSequence, nameless.SourceImageSequence
    for groups in nameless.PerFrameFunctionalGroupsSequence:
        del groups.DerivationImageSequence
    nameless.save_as(path)
    with pytest.raises(GeometryError, match="sheared or uneven") as refusal:
        list(registry.read([path], format="dicom-seg"))
    assert "--images" in (refusal.value.advice or "")
    (reading,) = registry.read([path], format="dicom-seg", images=[series])
    assert [each.image_position_patient for each in reading.case.image.instances or ()] == positions


def test_a_mask_on_the_upright_grid_of_a_tilted_series_is_refused(tmp_path: Path) -> None:
    series = series_of(tmp_path / "ct", places(EVEN, 18.5))
    upright = mask_file(tmp_path / "mask.nii.gz", labels(8), places(EVEN, 0.0), series)
    with pytest.raises(AnnoconvError):
        written(upright, series, tmp_path)
    assert not (tmp_path / "seg.dcm").exists()


def test_such_an_image_breaks_no_rule_but_has_a_finding_of_its_own(tmp_path: Path) -> None:
    positions = places(UNEVEN, 18.5)
    series = series_of(tmp_path / "ct", positions)
    (reading,) = registry.read(
        [mask_file(tmp_path / "mask.nii.gz", labels(8), positions, series)],
        format="nifti",
        images=[series],
        context=Context(task="T"),
    )
    write_case(reading, tmp_path / "case.json")
    found = validate(tmp_path / "case.json", profile="exchange", images=[series])
    about = [each for each in found if each.path.startswith("/image")]
    assert [(each.rule, each.level) for each in about] == [("A-7.2e.slices_not_upright", "info")]
    assert "18.5 degrees" in about[0].message
    assert "4 to 7 mm" in about[0].message


STEPS = {
    "dcm2niix, the first distance": lambda steps: steps[0],
    "the median distance": lambda steps: np.median(np.linalg.norm(steps, axis=1)) * steps[0] / np.linalg.norm(steps[0]),
    "ITK, the mean distance and no shear": lambda steps: np.array([0, 0, np.linalg.norm(steps, axis=1).mean()]),
}


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("name", ["tilted", "tilted and uneven", "in blocks of whole multiples"])
def test_a_mask_whose_file_steps_as_other_programs_write_it(name: str, step: str, tmp_path: Path) -> None:
    positions = places(*KINDS[name])
    series = series_of(tmp_path / "ct", positions)
    labels_kji = labels(len(positions))
    told = STEPS[step](np.diff(positions, axis=0))
    mean = np.subtract(positions[-1], positions[0]) / (len(positions) - 1)
    is_mean = bool(np.allclose(told, mean))
    mask = mask_file(tmp_path / "mask.nii.gz", labels_kji, positions, series, told)
    path = written(mask, series, tmp_path)
    plain = written(mask_file(tmp_path / "mean.nii.gz", labels_kji, positions, series), series, tmp_path / "mean")
    found, expected = frames(path), frames(plain)
    assert found.keys() == expected.keys()
    assert all(np.array_equal(found[key], expected[key]) for key in found)
    # it is said: by the reader, by the writer, and by the rules
    said = f"the file steps {np.linalg.norm(told):.6g} mm from slice to slice"
    (reading,) = registry.read([mask], format="nifti", images=[series], context=Context(task="T"))
    case = read_case(tmp_path / "case.json")
    again = registry.write([case], tmp_path / "again.dcm", format="dicom-seg", images=[series], context=AT)
    for losses in (reading.losses, again):
        about = [each.path for each in losses if said in each.message]
        assert about == ([] if is_mean else [f"/annotations/{number}/mask_file" for number in (0, 1)])
    rules = [each.rule for each in validate(tmp_path / "case.json", profile="exchange") if said in each.message]
    assert rules == [] if is_mean else ["A-8.4a.mask_steps_otherwise"] * 2


def test_a_mask_stored_from_the_last_slice_on_is_turned(tmp_path: Path) -> None:
    positions = places(UNEVEN, 0.0)
    series = series_of(tmp_path / "ct", positions)
    labels_kji = labels(8)
    backwards = mask_file(tmp_path / "mask.nii.gz", labels_kji[::-1], positions[::-1], series, [0, 0, -7.0])
    plain = mask_file(tmp_path / "mean.nii.gz", labels_kji, positions, series)
    found = frames(written(backwards, series, tmp_path))
    expected = frames(written(plain, series, tmp_path / "mean"))
    assert found.keys() == expected.keys()
    assert all(np.array_equal(found[key], expected[key]) for key in found)


def test_a_mask_of_other_slices_is_not_taken_for_one_of_an_uneven_series(tmp_path: Path) -> None:
    positions = places(UNEVEN, 0.0)
    series = series_of(tmp_path / "ct", positions)
    for number, (count, step) in enumerate([(11, 4.0), (8, 5.0)]):
        labels_kji = np.ones((count, 6, 8), np.uint8)
        mask = mask_file(tmp_path / f"{number}.nii.gz", labels_kji, positions, series, [0, 0, step])
        with pytest.raises(AnnoconvError):
            written(mask, series, tmp_path)


MISSING = {
    "one": [0, 4, 8, 16, 20],
    "the last but one": [0, 5, 10, 20],
    "two, apart": [0, 5, 10, 20, 25, 35, 40, 45],
    "one of four": [0, 5, 15],
    "three in one gap": [0, 1.25, 2.5, 7.5, 8.75],
}
UNEVEN_FOR_CERTAIN = {
    "two blocks": BLOCKS,
    "a block within": [0, 2.5, 5, 7.5, 12.5, 17.5, 20, 22.5, 25],
    "no multiples": UNEVEN,
    "each step another": [0, 2, 6, 12],
}


@pytest.mark.parametrize("angle", [0.0, 18.5])
@pytest.mark.parametrize("name", MISSING)
def test_slices_that_are_missing_are_no_uneven_series(name: str, angle: float, tmp_path: Path) -> None:
    series = series_of(tmp_path / "ct", places(MISSING[name], angle))
    source = images.open(series)
    with pytest.raises(GeometryError, match="not evenly spaced") as refusal:
        _ = source.grid
    assert "--allow-gaps" in (refusal.value.advice or "")
    assert isinstance(source, DicomSeries)
    bridged = source.with_gaps().grid
    steps = np.diff(bridged.slice_positions[:, 2])
    assert np.allclose(steps, min(np.diff(MISSING[name])))


@pytest.mark.parametrize("name", UNEVEN_FOR_CERTAIN)
def test_an_uneven_series_lacks_no_slices(name: str, tmp_path: Path) -> None:
    heights = UNEVEN_FOR_CERTAIN[name]
    source = images.open(series_of(tmp_path / "ct", places(heights, 0.0)))
    assert isinstance(source, DicomSeries)
    for each in (source, source.with_gaps()):  # what is not missing is not bridged
        assert each.grid.slice_positions[:, 2].tolist() == heights


def test_slices_that_follow_no_line_are_no_series(tmp_path: Path) -> None:
    positions = places(EVEN, 0)
    positions[3][0] += 5
    with pytest.raises(GeometryError, match="sheared"):
        _ = images.open(series_of(tmp_path / "ct", positions)).grid


def test_a_real_tilted_series_is_written_and_read_by_highdicom(tmp_path: Path) -> None:
    source = images.open(real("odd/ct_gantrytilt"))
    labels_kji = np.zeros(source.grid.shape_kji, dtype=np.uint8)
    labels_kji[:, 100:140, 200:260] = 1
    case = case_of(tmp_path / "case", source, labels_kji)
    registry.write([case], tmp_path / "seg.dcm", format="dicom-seg", images=[real("odd/ct_gantrytilt")])
    stated = {tuple(map(float, header.ImagePositionPatient)) for header in source.headers}
    assert {position for _, position in frames(tmp_path / "seg.dcm")} == stated
    assert dciodvfy_errors(tmp_path / "seg.dcm") == []
    (reading,) = registry.read([tmp_path / "seg.dcm"], format="dicom-seg")
    (mask,) = reading.masks.values()
    assert np.array_equal(mask.read(), labels_kji == 1)
