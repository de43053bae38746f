"""What a segmentation states beside its voxels: taken, compared with what was given, or refused.

The files of `dicom_cases` are synthetic, made after conditions that users of other tools reported.
"""

from __future__ import annotations

import json
import shutil
import warnings
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nibabel
import numpy as np
import pydicom
import pytest
from annoconv_converters._dicom.series import scan_series

from annoconv import images, registry
from annoconv.casefile import LoadedCase, read_case, write_case
from annoconv.cli import main
from annoconv.cli.limits import limits_from
from annoconv.documents import strict_json
from annoconv.errors import AnnoconvError, GeometryError, ImageError, MaskError, UsageError
from annoconv.limits import Limits
from annoconv.registry import Context
from tests.converters.seg_cases import case_of, drawn
from tests.peers import dciodvfy_errors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from annoconv.casefile import Reading

CASES = Path(__file__).with_name("dicom_cases")
REFERENCES = CASES / "references"
CT_UID = pydicom.dcmread(REFERENCES / "ct" / "0000.dcm", stop_before_pixels=True).SeriesInstanceUID


def read(path: Path, *given: Path, **options: Any) -> Reading:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        (reading,) = registry.read([path], format="dicom-seg", images=list(given), context=Context(task="T"), **options)
    return reading


def said(reading: Reading) -> dict[str, str]:
    return {loss.path: loss.message for loss in reading.losses}


def changed(path: Path, target: Path, **elements: Any) -> Path:
    dataset = pydicom.dcmread(path)
    for keyword, value in elements.items():
        setattr(dataset, keyword, value)
    dataset.save_as(target)
    return target


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("a_noseries", "the file does not name the series of its source; its instances tell the image"),
        ("b_none", "frame of reference and grid agree"),
        ("c_refimg", "the file does not name the series of its source; its instances tell the image"),
        ("d_contra", ""),
        ("e_two", ""),
        ("f_other", ""),
    ],
)
@pytest.mark.parametrize("given", [["ct"], ["ct", "other"]])
def test_the_source_is_found_by_series_instances_or_place(name: str, reason: str, given: list[str]) -> None:
    reading = read(REFERENCES / f"{name}.dcm", *(REFERENCES / each for each in given))
    assert reading.case.image.uid == CT_UID
    assert reading.case.image.shape == [8, 6, 4]
    (mask,) = reading.masks.values()
    assert [k for k, plane in enumerate(mask.read()) if plane.any()] == [2], "at 5 mm of slices 2.5 mm apart"
    assert reason in said(reading).get("/image/uid", "")
    assert bool(reason) == ("/image/uid" in said(reading))


@pytest.mark.parametrize("name", ["a_noseries", "b_none", "c_refimg", "d_contra", "e_two", "f_other"])
def test_another_series_is_not_taken_for_the_source_whatever_its_grid(name: str) -> None:
    with pytest.raises(ImageError, match="no single one of the images given is the source"):
        read(REFERENCES / f"{name}.dcm", REFERENCES / "other")


@pytest.mark.parametrize("name", ["a_noseries", "b_none", "c_refimg"])
def test_its_own_series_stands_for_the_image_only_with_a_word(name: str) -> None:
    assert "its own stands for the image" in said(read(REFERENCES / f"{name}.dcm"))["/image/uid"]


def test_of_two_series_that_of_the_frames_is_the_image_without_images_too() -> None:
    assert read(REFERENCES / "e_two.dcm").case.image.uid == CT_UID


def test_a_frame_that_names_an_instance_elsewhere_is_reported() -> None:
    assert (
        "1 planes name another instance"
        in said(read(REFERENCES / "d_contra.dcm", REFERENCES / "ct"))["/image/instances"]
    )


def test_another_frame_of_reference_is_named_and_never_found_by_place(tmp_path: Path) -> None:
    ct = REFERENCES / "ct"
    named = changed(REFERENCES / "f_other.dcm", tmp_path / "named.dcm", FrameOfReferenceUID="1.2.3")
    assert "another FrameOfReferenceUID" in said(read(named, ct))["/image/frame_of_reference_uid"]
    nameless = changed(REFERENCES / "b_none.dcm", tmp_path / "nameless.dcm", FrameOfReferenceUID="1.2.3")
    with pytest.raises(ImageError, match="names no source"):
        read(nameless, ct)


def test_a_study_that_the_file_lacks_is_that_of_its_source_and_said(tmp_path: Path) -> None:
    path = changed(REFERENCES / "f_other.dcm", tmp_path / "seg.dcm", StudyInstanceUID="")
    reading = read(path, REFERENCES / "ct")
    study = pydicom.dcmread(REFERENCES / "ct" / "0000.dcm").StudyInstanceUID
    assert reading.case.image.study_instance_uid == study
    assert "states no StudyInstanceUID" in said(reading)["/image/study_instance_uid"]


def by_pydicom(path: Path) -> dict[int, dict[float, Any]]:
    """Return the greatest value of each pixel, by segment and place along the normal, as pydicom reads the frames."""
    stated, planes = pydicom.dcmread(path), dict[int, dict[float, Any]]()
    for groups, pixels in zip(stated.PerFrameFunctionalGroupsSequence, stated.pixel_array, strict=True):
        at = float(groups.PlanePositionSequence[0].ImagePositionPatient[2])
        identified = "SegmentIdentificationSequence" in groups
        shown = groups.SegmentIdentificationSequence[0].ReferencedSegmentNumber if identified else None
        for number in [int(each.SegmentNumber) for each in stated.SegmentSequence if each.SegmentNumber]:
            if shown in {None, number}:
                values = pixels if identified else pixels == number
                before = planes.setdefault(number, {}).get(at, np.zeros_like(values))
                planes[number][at] = np.maximum(before, values)
    return planes


@pytest.mark.parametrize("name", ["binary", "frac", "lm_disjoint"])
def test_two_frames_of_one_plane_are_joined_and_of_fractions_the_greater_holds(name: str) -> None:
    folder = CASES / "same_plane_twice"
    path = folder / f"{name}.dcm"
    most = pydicom.dcmread(path).get("MaximumFractionalValue", 1)
    masks, expected = read(path, folder / "ct").masks, by_pydicom(path)
    for number, mask in enumerate(masks.values(), 1):
        mask_kji, planes = mask.read(), expected.get(number, {})
        assert {k for k, plane in enumerate(mask_kji) if plane.any()} <= {round(at / 2.5) for at in planes}
        for at, values in planes.items():
            assert np.allclose(mask_kji[round(at / 2.5)], values / most)


def test_two_label_map_frames_of_one_plane_that_contradict_each_other_are_refused() -> None:
    folder = CASES / "same_plane_twice"
    reading = read(folder / "lm_conflict.dcm", folder / "ct")
    with pytest.raises(MaskError, match=r"slice \d+: two segments share voxels.*segments \d and \d in \d+ voxels"):
        next(iter(reading.masks.values())).read()


def test_two_binary_frames_of_one_segment_and_plane_are_one_label() -> None:
    folder = CASES / "same_plane_twice"
    apart = next(iter(read(folder / "binary.dcm", folder / "ct").masks.values())).read()
    together = next(iter(read(folder / "binary.dcm", folder / "ct", label_map=True).masks.values())).read()
    assert np.array_equal(apart, together)


@pytest.mark.parametrize(
    ("name", "labels", "is_said"),
    [
        ("a_none_utf8", ["右肺结节", "Leberläsion groß"], True),
        ("b_latin_declared_utf8", ["右肺结节", "Leberläsion groß"], True),
        ("c_gb18030", ["右肺结节", "Leberläsion groß"], False),
        ("d_latin", ["Niere", "Leberläsion groß"], False),
        ("e_utf8", ["右肺结节", "Leberläsion groß"], False),
        ("f_unknown", ["右肺结节", "Leberläsion groß"], True),
    ],
)
def test_names_are_read_in_the_character_set_that_they_are_of(name: str, labels: list[str], is_said: bool) -> None:
    reading = read(CASES / "charset" / f"{name}.dcm", CASES / "charset" / "ct")
    defined = {label.code: label.name_en or label.name_zh for label in reading.case.labels or ()}
    assert [defined[one.label_code] for one in reading.case.annotations] == labels
    reasons = [said(reading).get(f"/SegmentSequence/{n}/SegmentLabel", "") for n in range(2)]
    assert ["UTF-8, which the file does not declare" in reason for reason in reasons] == [is_said] * 2


@pytest.mark.parametrize(("declared", "shown"), [("ISO_IR 192", "Leberl\ufffdsion"), ("", "Leberläsion")])
def test_text_of_no_declared_character_set_is_named_by_its_place(tmp_path: Path, declared: str, shown: str) -> None:
    content = (CASES / "charset" / "d_latin.dcm").read_bytes()
    assert content.count(b"ISO_IR 100") == 1
    path = tmp_path / "seg.dcm"
    path.write_bytes(content.replace(b"ISO_IR 100", declared.ljust(10).encode()))
    reading = read(path, CASES / "charset" / "ct")
    names = [label.name_en for label in reading.case.labels or ()]
    assert names[0] == "Niere"
    assert str(names[1]).startswith(shown)
    assert "character set" in said(reading)["/SegmentSequence/1/SegmentLabel"]
    assert "/SegmentSequence/0/SegmentLabel" not in said(reading)


def written(mask: Path, series: Path, folder: Path) -> Path:
    """Write a NIfTI mask that was drawn on a series as a segmentation, by the library's own steps."""
    readings = registry.read([mask], format="nifti", images=[series], context=Context(task="T"))
    cases = [LoadedCase(each.case, each.masks) for each in readings]
    context = Context(timestamp=datetime(2026, 1, 1, tzinfo=UTC))
    registry.write(cases, folder / "seg.dcm", format="dicom-seg", images=[series], context=context)
    return folder / "seg.dcm"


@pytest.mark.parametrize("name", ["a_topdown", "b_shuffled", "c_echoes", "d_nogroups"])
def test_a_mask_that_lies_elsewhere_is_refused_with_every_multi_frame_image(name: str, tmp_path: Path) -> None:
    folder = CASES / "multiframe_source"
    with pytest.raises(AnnoconvError):
        written(folder / "far.nii.gz", folder / name, tmp_path)


@pytest.mark.parametrize("name", ["a_topdown", "b_shuffled"])
def test_frames_are_placed_by_their_own_groups_in_any_order(name: str, tmp_path: Path) -> None:
    folder = CASES / "multiframe_source"
    reading = read(written(folder / "mask.nii.gz", folder / name, tmp_path), folder / name)
    (mask,) = reading.masks.values()
    expected = nibabel.load(folder / "mask.nii.gz")
    lps_from_ijk = np.diag([-1, -1, 1, 1]) @ expected.affine
    assert np.allclose(mask.grid.affine, lps_from_ijk)
    assert np.array_equal(mask.read(), np.asarray(expected.dataobj).T != 0)


def test_one_place_for_several_frames_is_refused_by_name() -> None:
    with pytest.raises(ImageError, match=r"mf\.dcm: ImagePositionPatient \(0020,0032\): .* one place for all"):
        _ = images.open(CASES / "multiframe_source" / "d_nogroups").grid


def test_a_detector_that_places_several_frames_is_not_taken_for_no_place(tmp_path: Path) -> None:
    dataset = pydicom.dcmread(CASES / "multiframe_source" / "d_nogroups" / "mf.dcm")
    detector = pydicom.Dataset()
    detector.ImagePositionPatient, detector.ImageOrientationPatient = [0, 0, 0], [1, 0, 0, 0, 1, 0]
    dataset.DetectorInformationSequence = [detector]
    del dataset.ImagePositionPatient, dataset.ImageOrientationPatient
    dataset.save_as(tmp_path / "nm.dcm")
    with pytest.raises(ImageError, match="DetectorInformationSequence"):
        _ = images.open(tmp_path / "nm.dcm").grid


def case_on_ct(folder: Path, **image: Any) -> LoadedCase:
    """Return a case with one mask on the small CT, its image described otherwise where it is asked for."""
    case = case_of(folder, images.open(REFERENCES / "ct"), drawn(images.open(REFERENCES / "ct").grid)).case
    document = strict_json.plain(case)
    document["image"] |= image
    document["image"] = {name: value for name, value in document["image"].items() if value is not None}
    (folder / "case.json").write_bytes(strict_json.dumps(document))
    return read_case(folder / "case.json")


@pytest.mark.parametrize(
    ("shape", "advice"),
    [([4, 6, 8], r"order is \(columns, rows, slices\)"), ([8, 6, 9], "Correct the shape")],
)
@pytest.mark.parametrize("is_placed", [True, False])
def test_a_shape_that_contradicts_the_series_is_refused_with_its_likely_cause(
    shape: list[int], advice: str, is_placed: bool, tmp_path: Path
) -> None:
    case = case_on_ct(tmp_path, shape=shape)
    if not is_placed:
        document = strict_json.plain(case.case)
        for name in ("origin", "direction", "spacing"):
            del document["image"][name]
        (tmp_path / "case.json").write_bytes(strict_json.dumps(document | {"image": document["image"]}))
        case = read_case(tmp_path / "case.json")
    with pytest.raises(GeometryError, match=rf"/image/shape.*found \[{shape[0]}.*expected \[8, 6, 4\]. .*{advice}"):
        registry.write([case], tmp_path / "seg.dcm", format="dicom-seg", images=[REFERENCES / "ct"])
    assert not (tmp_path / "seg.dcm").exists()


def test_a_copy_under_other_uids_is_written_as_the_refusal_says_and_its_geometry_compared(tmp_path: Path) -> None:
    """A de-identified copy: identity is compared, never filled in; what the advice says leads to its own UIDs."""
    source = images.open(REFERENCES / "ct")
    stated = [{"sop_instance_uid": each.sop_instance_uid} for each in source.slices]
    copy, moved = tmp_path / "copy", tmp_path / "moved"
    for folder in (copy, moved):
        folder.mkdir()
        for n, path in enumerate(sorted((REFERENCES / "ct").iterdir())):
            slice_ = pydicom.dcmread(path)
            slice_.SOPInstanceUID = slice_.file_meta.MediaStorageSOPInstanceUID = f"1.2.9.{n + 1}"
            slice_.StudyInstanceUID, slice_.SeriesInstanceUID, slice_.FrameOfReferenceUID = "1.2.7", "1.2.8", "1.2.6"
            if folder is moved:
                slice_.ImagePositionPatient[0] += 1
            slice_.save_as(folder / f"{n}.dcm")
    case = case_on_ct(tmp_path / "a", instances=stated)
    with pytest.raises(ImageError, match=r"copy under other UIDs.*leave out instances") as refusal:
        registry.write([case], tmp_path / "seg.dcm", format="dicom-seg", images=[copy])
    assert "found 1.2.8" in str(refusal.value)
    only_uid = case_on_ct(tmp_path / "b", instances=stated, uid="1.2.8")
    with pytest.raises(ImageError, match=r"copy under other UIDs.*leave out instances"):
        registry.write([only_uid], tmp_path / "seg.dcm", format="dicom-seg", images=[copy])
    as_advised = case_on_ct(tmp_path / "c", uid="1.2.8", study_instance_uid=None, frame_of_reference_uid=None)
    registry.write([as_advised], tmp_path / "seg.dcm", format="dicom-seg", images=[copy])
    written = pydicom.dcmread(tmp_path / "seg.dcm")
    assert (written.StudyInstanceUID, written.FrameOfReferenceUID) == ("1.2.7", "1.2.6")
    (series,) = written.ReferencedSeriesSequence
    assert {each.ReferencedSOPInstanceUID for each in series.ReferencedInstanceSequence} <= {
        f"1.2.9.{n}" for n in range(1, 5)
    }
    with pytest.raises(GeometryError, match="otherwise than the image itself"):
        registry.write([as_advised], tmp_path / "other.dcm", format="dicom-seg", images=[moved])


def test_an_image_that_is_no_dicom_image_is_refused_by_name(tmp_path: Path) -> None:
    volume = nibabel.Nifti1Image(np.arange(8 * 6 * 4, dtype=np.int16).reshape(8, 6, 4), np.diag([-1, -1, 2.5, 1]))
    nibabel.save(volume, tmp_path / "ct.nii.gz")
    case = case_on_ct(tmp_path / "case", uid="ct")
    with pytest.raises(ImageError, match=r"ct\.nii\.gz: the image is no DICOM image.* with --images"):
        registry.write([case], tmp_path / "seg.dcm", format="dicom-seg", images=[tmp_path / "ct.nii.gz"])


def test_masks_that_lie_beside_the_series_are_no_candidates_for_the_image(tmp_path: Path) -> None:
    shutil.copytree(REFERENCES / "ct", tmp_path / "ct")
    case = case_on_ct(tmp_path / "ct", uid="the-ct")
    registry.write([case], tmp_path / "seg.dcm", format="dicom-seg", images=[tmp_path / "ct"])
    assert read(tmp_path / "seg.dcm", tmp_path / "ct").masks


def seg_with_mask_named(folder: Path, name: str) -> Path:
    """Write a segmentation whose private block names a mask file as it is told."""
    case = case_on_ct(folder / "case")
    document = strict_json.plain(case.case)
    (folder / "case" / document["annotations"][0]["mask_file"]).rename(folder / "case" / "ph.nii.gz")
    for each in document["annotations"]:
        each["mask_file"] = "ph.nii.gz"
    (folder / "case" / "case.json").write_bytes(strict_json.dumps(document))
    path = folder / "seg.dcm"
    registry.write([read_case(folder / "case" / "case.json")], path, format="dicom-seg", images=[REFERENCES / "ct"])
    written = pydicom.dcmread(path)
    block = written[0x41431001]
    assert '"ph.nii.gz"' in block.value
    block.value = block.value.replace('"ph.nii.gz"', json.dumps(name))
    written.save_as(path)
    return path


@pytest.mark.parametrize("output", ["new.json", "new.jsonl"])
@pytest.mark.parametrize("name", ["ph.nii.gz", "../ph.nii.gz", "{beside}"])
def test_a_name_from_inside_a_file_is_not_used_outside(name: str, output: str, tmp_path: Path) -> None:
    """The private block names `ph.nii.gz`, and a file of this name that has nothing to do with it stands beside."""
    beside = tmp_path / "out" / "ph.nii.gz"
    beside.parent.mkdir()
    beside.write_bytes(b"unrelated")
    named = name.format(beside=beside)
    source = seg_with_mask_named(tmp_path, named)
    losses = tmp_path / "losses.json"
    command = ["from-dicom-seg", str(source), "-o", str(beside.parent / output), "--losses", str(losses), "--quiet"]
    assert main([*command, "--overwrite"]) == 0
    assert beside.read_bytes() == b"unrelated"
    assert not (tmp_path / "ph.nii.gz").exists()
    inside = sorted(path.relative_to(beside.parent).as_posix() for path in beside.parent.rglob("*.nii.gz"))
    about = [each["path"] for each in json.loads(losses.read_text()) if each["path"] == "/(4143,1001)"]
    if named == "ph.nii.gz":
        assert (inside, about) == (["new.masks/ph.nii.gz", "ph.nii.gz"], [])
    else:  # it leads out of the folder: the masks have the names that the file itself gives, which is said
        assert (inside, about) == (
            ["new.masks/masks/A1.nii.gz", "new.masks/masks/A2.nii.gz", "ph.nii.gz"],
            ["/(4143,1001)"],
        )
    assert read_case(beside.parent / output).masks.keys() == {"A1", "A2"}


def series_of(folder: Path, heights: Sequence[float]) -> Path:
    """Write the first slice of the small CT at other heights, mm."""
    folder.mkdir(parents=True)
    slice_ = pydicom.dcmread(REFERENCES / "ct" / "0000.dcm")
    for n, height in enumerate(heights, 1):
        slice_.SOPInstanceUID = slice_.file_meta.MediaStorageSOPInstanceUID = f"1.2.3.{n}"
        slice_.ImagePositionPatient = [0, 0, height]
        slice_.save_as(folder / f"{n}.dcm")
    return folder


@pytest.mark.parametrize("heights", [[0, 2.5, 7.5], [0, 2.5, 5, 10, 12.5, 17.5, 20]])
@pytest.mark.parametrize("first", [0, 1])
def test_a_file_across_gaps_comes_back_equal(heights: list[float], first: int, tmp_path: Path) -> None:
    series = series_of(tmp_path / "ct", heights)
    count = round(heights[-1] / 2.5) + 1
    labels_kji = np.zeros((count, 6, 8), dtype=np.uint8)
    labels_kji[first : count - 1, 2:4, 1:3] = 1
    (source,) = scan_series([series], Limits(), allow_gaps=True)
    case = case_of(tmp_path / "case", source, labels_kji)
    registry.write([case], tmp_path / "seg.dcm", format="dicom-seg", images=[series], allow_gaps=True)
    for options in ({}, {"images": [series], "allow_gaps": True}):
        (reading,) = registry.read([tmp_path / "seg.dcm"], format="dicom-seg", **options)
        assert reading.case == case.case
        (mask,) = reading.masks.values()
        assert np.array_equal(mask.read(), labels_kji == 1)
    with pytest.raises(GeometryError, match="not evenly spaced"):
        read(tmp_path / "seg.dcm", series)


@pytest.mark.parametrize(("name", "ids"), [("c", ["lesion", "Lesion"]), ("c2", ["../../x", "..\\x"])])
def test_ids_that_differ_in_case_or_hold_slashes_have_files_of_their_own_on_every_file_system(
    name: str, ids: list[str], tmp_path: Path
) -> None:
    folder = CASES / "two_files_same_ids"
    reading = read(folder / f"{name}.dcm", folder / "ct")
    assert [one.id for one in reading.case.annotations] == ids
    files = [one.mask_file for one in reading.case.annotations]  # type: ignore[union-attr]  # masks all
    assert len({file.casefold() for file in files}) == len(ids)
    assert not any("/" in file.removeprefix("masks/") or "\\" in file for file in files)
    write_case(reading, tmp_path / "case.json")
    back = read_case(tmp_path / "case.json")
    for mask in reading.masks.values():
        assert np.array_equal(back.masks[mask.id].read(), mask.read())


def test_a_segment_that_does_not_say_how_it_was_made_was_not_made_by_hand(tmp_path: Path) -> None:
    dataset = pydicom.dcmread(REFERENCES / "f_other.dcm")
    del dataset.SegmentSequence[0].SegmentAlgorithmType
    dataset.save_as(tmp_path / "seg.dcm")
    (annotation,) = read(tmp_path / "seg.dcm", REFERENCES / "ct").case.annotations
    assert annotation.algorithm_type is None
    (stated,) = read(REFERENCES / "f_other.dcm", REFERENCES / "ct").case.annotations
    assert stated.algorithm_type is not None


def test_a_copy_of_a_slice_is_left_out_and_named_and_another_version_of_it_refused(tmp_path: Path) -> None:
    folder = tmp_path / "ct"
    shutil.copytree(REFERENCES / "ct", folder)
    shutil.copy(folder / "0001.dcm", folder / "copy.dcm")
    reading = read(REFERENCES / "f_other.dcm", folder)
    assert reading.case.image.shape == [8, 6, 4]
    assert said(reading)["/image"] == "copy.dcm is a copy of 0001.dcm and is left out"
    changed(folder / "0001.dcm", folder / "copy.dcm", SeriesDescription="another")
    with pytest.raises(ImageError, match=r"one SOPInstanceUID.*copy\.dcm"):
        read(REFERENCES / "f_other.dcm", folder)


def test_what_the_source_does_not_state_and_what_was_not_read_of_it_is_said(tmp_path: Path) -> None:
    folder = tmp_path / "ct"
    folder.mkdir()
    for file in (REFERENCES / "ct").iterdir():
        changed(file, folder / file.name, StudyInstanceUID="")
    (folder / "cut.dcm").write_bytes((folder / "0000.dcm").read_bytes()[:700])
    case = case_of(tmp_path / "case", images.open(folder), drawn(images.open(folder).grid))
    losses = registry.write([case], tmp_path / "seg.dcm", format="dicom-seg", images=[folder])
    written = [loss.message for loss in losses if loss.path == "/image"]
    (reading,) = registry.read([tmp_path / "seg.dcm"], format="dicom-seg", images=[folder])
    told = [loss.message for loss in reading.losses if loss.path == "/image"]
    assert "no StudyInstanceUID (0020,000D); a derived one is used" in told
    for messages in (written, told):
        assert any(each.startswith("cut.dcm starts as DICOM but cannot be read and is left out") for each in messages)


def test_a_lone_localizer_is_the_odd_one_not_the_norm(tmp_path: Path) -> None:
    folder = tmp_path / "ct"
    shutil.copytree(REFERENCES / "ct", folder)
    changed(
        folder / "0000.dcm", folder / "localizer.dcm", ImageOrientationPatient=[0, 1, 0, 0, 0, -1], SOPInstanceUID="1.2"
    )
    with pytest.raises(GeometryError, match=r"found .* in localizer\.dcm; expected"):
        read(REFERENCES / "f_other.dcm", folder)


def test_rounded_direction_cosines_are_taken_when_asked_within_a_bound_and_with_a_word(tmp_path: Path) -> None:
    turn = np.radians(33.3)
    across, down = [np.cos(turn), np.sin(turn), 0], [-np.sin(turn), np.cos(turn), 0]
    rounded = [round(float(each), 3) for each in (*across, *down)]
    off = abs(sum(each * each for each in rounded[:3]) - 1)
    assert 1e-4 < off < 2e-3
    folder = tmp_path / "ct"
    folder.mkdir()
    for file in (REFERENCES / "ct").iterdir():
        changed(file, folder / file.name, ImageOrientationPatient=rounded)
    with pytest.raises(GeometryError, match="--limit direction_millionths=2000"):
        _ = images.open(folder).grid
    limits = Limits(direction_millionths=2000)
    source = images.open(folder, limits)
    assert np.allclose(source.grid.direction.T @ source.grid.direction, np.eye(3))
    assert np.allclose(source.grid.direction[:, 0], across, atol=1e-3)
    case = case_of(tmp_path / "case", source, drawn(source.grid))
    context = Context(limits=limits)
    losses = registry.write([case], tmp_path / "seg.dcm", format="dicom-seg", images=[folder], context=context)
    assert any("direction cosines are rounded" in loss.message for loss in losses if loss.path == "/image")
    (reading,) = registry.read([tmp_path / "seg.dcm"], format="dicom-seg", images=[folder], context=context)
    for before, after in zip(case.masks.values(), reading.masks.values(), strict=True):
        assert np.array_equal(before.read(), after.read())
    assert dciodvfy_errors(tmp_path / "seg.dcm") == []
    with pytest.raises(UsageError, match="no rounded ones"):
        limits_from(["direction_millionths=5001"])


@pytest.mark.parametrize(
    "keyword", ["SegmentLabel", "SegmentedPropertyTypeCodeSequence", "SegmentedPropertyCategoryCodeSequence"]
)
def test_what_a_segment_lacks_and_a_case_says_all_the_same_is_named(keyword: str, tmp_path: Path) -> None:
    """Type 1 in PS3.3 C.8.20.4: files without it are there, and what stands for it is ours."""
    place = Path(__file__).parent / "dicom_cases" / "references"
    dataset = pydicom.dcmread(place / "f_other.dcm")
    pointer = f"/SegmentSequence/0/{keyword}"
    assert pointer not in said(read(place / "f_other.dcm", place / "ct"))
    for number, value in enumerate(("" if keyword == "SegmentLabel" else [], None)):
        segment = dataset.SegmentSequence[0]
        if value is None:
            del segment[keyword]
        else:
            setattr(segment, keyword, value)
        dataset.save_as(tmp_path / f"{number}.dcm")
        assert "which is required" in said(read(tmp_path / f"{number}.dcm", place / "ct"))[pointer]
