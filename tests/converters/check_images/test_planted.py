"""Planted faults of series: each gives exactly its finding, with slice and number; clean series give none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from annoconv_converters.check_images import check_images

from tests.converters.check_images.made_series import (
    CT,
    FRAME,
    MR,
    PT,
    SERIES,
    file_of,
    made,
    pixels_of,
    repaint,
    write,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pydicom.dataset import Dataset

    from annoconv.findings import Finding

AT = f"/series/{SERIES}"
OBLIQUE = (0.8660254, 0.5, 0.0, -0.4330127, 0.75, 0.5)


def found(folder: Path, **options: object) -> list[tuple[Path, Finding]]:
    return list(check_images([folder], **options))  # type: ignore[arg-type]


def said(folder: Path, **options: object) -> list[str]:
    return [finding.rule for _, finding in found(folder, **options)]


@pytest.mark.parametrize("kind", [CT, MR, PT])
@pytest.mark.parametrize("orientation", [(1, 0, 0, 0, 1, 0), (1, 0, 0, 0, 0, -1), (0, 1, 0, 0, 0, -1), OBLIQUE])
def test_a_clean_series_has_no_finding(tmp_path: Path, kind: str, orientation: tuple[float, ...]) -> None:
    assert found(write(made(kind=kind, orientation=orientation), tmp_path), bias_field=True) == []


@pytest.mark.parametrize("step", [0.5, 0.625, 1.0, 5.0])
def test_a_clean_series_of_any_step_has_no_finding(tmp_path: Path, step: float) -> None:
    assert found(write(made(step=step), tmp_path)) == []


def test_a_clean_series_that_counts_downwards_has_no_finding(tmp_path: Path) -> None:
    slices = made()
    for one in slices:
        one.InstanceNumber = 100 - one.InstanceNumber
    assert found(write(slices, tmp_path)) == []


def test_positions_rounded_to_two_decimals_have_no_finding(tmp_path: Path) -> None:
    slices = made(step=1.1667, orientation=OBLIQUE)
    for one in slices:
        one.ImagePositionPatient = [round(float(x), 2) for x in one.ImagePositionPatient]
        one.SliceThickness = 1.1667
    assert found(write(slices, tmp_path)) == []


def test_slices_that_overlap_by_half_have_no_finding(tmp_path: Path) -> None:
    slices = made(step=1.25)
    for one in slices:
        one.SliceThickness = 2.5
    assert found(write(slices, tmp_path)) == []


def test_magnetic_resonance_with_gaps_between_its_slices_has_no_finding(tmp_path: Path) -> None:
    slices = made(kind=MR, step=3.9)
    for one in slices:
        one.SliceThickness, one.SpacingBetweenSlices = 3.0, 3.9
    assert found(write(slices, tmp_path)) == []


def _set(slices: list[Dataset], n: int, **values: object) -> None:
    for name, value in values.items():
        setattr(slices[n], name, value)


def _missing(slices: list[Dataset]) -> None:
    del slices[5]


def _position_twice(slices: list[Dataset]) -> None:
    _set(slices, 7, ImagePositionPatient=slices[6].ImagePositionPatient)
    slices[7].ImagePositionPatient = list(slices[6].ImagePositionPatient)
    del slices[8:]


def _order(slices: list[Dataset]) -> None:
    slices[3].InstanceNumber, slices[4].InstanceNumber = slices[4].InstanceNumber, slices[3].InstanceNumber


def _flip_header(slices: list[Dataset]) -> None:
    _set(slices, 4, ImageOrientationPatient=[-1, 0, 0, 0, 1, 0])


def _flip_pixels(slices: list[Dataset]) -> None:
    repaint(slices[4], lambda pixels: pixels[:, ::-1])


def _jitter(slices: list[Dataset]) -> None:
    x, y, z = slices[6].ImagePositionPatient
    slices[6].ImagePositionPatient = [float(x) + 1.2, float(y), float(z)]


def _jitter_along(slices: list[Dataset]) -> None:
    x, y, z = slices[6].ImagePositionPatient
    slices[6].ImagePositionPatient = [x, y, float(z) + 0.4]


def _shear(slices: list[Dataset]) -> None:
    for k, one in enumerate(slices):
        x, y, z = one.ImagePositionPatient
        one.ImagePositionPatient = [x, float(y) + 0.5 * k, z]


def _no_rescale(slices: list[Dataset]) -> None:
    for one in slices:
        del one.RescaleSlope, one.RescaleIntercept


def _two_orientations(slices: list[Dataset]) -> None:
    for one in slices[9:]:
        one.ImageOrientationPatient = [1, 0, 0, 0, 0, -1]


def _tilted(slices: list[Dataset]) -> None:
    _set(slices, 5, ImageOrientationPatient=[1, 0, 0, 0, float(np.cos(0.1)), float(np.sin(0.1))])


def _time_points(slices: list[Dataset]) -> None:
    again = made(kind=MR)
    for one in again:
        one.SOPInstanceUID = one.file_meta.MediaStorageSOPInstanceUID = f"{one.SOPInstanceUID}.2"
        one.TemporalPositionIdentifier, one.InstanceNumber = 2, one.InstanceNumber + 12
    for one in slices:
        one.TemporalPositionIdentifier = 1
    slices += again


def _no_frame_of_reference(slices: list[Dataset]) -> None:
    for one in slices:
        del one.FrameOfReferenceUID


def _rows(slices: list[Dataset]) -> None:
    cut = pixels_of(slices[2])[:60]
    slices[2].Rows, slices[2].PixelData = 60, cut.tobytes()


def _dropout(slices: list[Dataset]) -> None:
    repaint(slices[5], lambda pixels: pixels // 4)


def _empty_end(slices: list[Dataset]) -> None:
    repaint(slices[11], np.zeros_like)


def _padding_only(slices: list[Dataset]) -> None:
    for one in slices:
        one.RescaleIntercept = 0


def _slices_thinner_than_their_distance(slices: list[Dataset]) -> None:
    for one in slices:
        one.SliceThickness = 1.0


def _uneven(slices: list[Dataset]) -> None:
    for k, one in enumerate(slices[8:], 1):
        x, y, _ = one.ImagePositionPatient
        one.ImagePositionPatient = [x, y, 100 + 2.5 * 7 + 3.5 * k]


def _several(name: str, value: object) -> Callable[[list[Dataset]], None]:
    def change(slices: list[Dataset]) -> None:
        for one in slices:
            setattr(one, name, value)

    return change


PLANTED: dict[str, tuple[Callable[[list[Dataset]], None], str, str, str, str]] = {
    "missing inner": (_missing, "A-7.2e.slice_missing", "/slices/4", "5 mm apart, most are 2.5 mm", CT),
    "duplicate position": (_position_twice, "A-7.2e.position_twice", "/slices/6", "115 mm", CT),
    "order": (_order, "A-7.2e.order", "/slices/4", "number 4 after 5", CT),
    "flip": (_flip_header, "A-7.2e.slice_flipped", "/slices/4", "mirrored left to right", CT),
    "flipped pixels": (_flip_pixels, "A-7.2e.slice_flipped", "/slices/4", "mirrored left to right", CT),
    "jitter": (_jitter, "A-7.2e.slice_displaced", "/slices/6", "1.2 mm off", CT),
    "jitter along": (_jitter_along, "A-7.2e.slice_displaced", "/slices/6", "0.4 mm along", CT),
    "shear": (_shear, "A-7.2b.sheared", "", "11.3 degrees", CT),
    "thickness": (
        lambda slices: _set(slices, 3, SliceThickness=5),
        "A-7.2c.thickness_differs",
        "/slices/3",
        "5 mm thick",
        CT,
    ),
    "thickness against spacing": (
        _slices_thinner_than_their_distance,
        "A-7.2c.thickness_against_spacing",
        "",
        "1.5 mm of tissue",
        CT,
    ),
    "spacing stated otherwise": (
        _several("SpacingBetweenSlices", 3),
        "A-7.2c.spacing_stated_otherwise",
        "",
        "is 3 mm, but the positions are 2.5 mm",
        CT,
    ),
    "no rescale": (_no_rescale, "A-7.2f.rescale_missing", "", "12 of 12", CT),
    "slope 0": (lambda s: _set(s, 2, RescaleSlope=0), "A-7.2f.rescale_invalid", "/slices/2", "is 0", CT),
    "slope change": (
        lambda slices: _set(slices, 7, RescaleSlope=2),
        "A-7.2f.rescale_differs",
        "/slices/7",
        "2, -1024",
        CT,
    ),
    "values of no CT": (_padding_only, "A-7.2f.hu_range", "", "no value is below -50", CT),
    "mixed rows": (_rows, "A-7.2c.size_differs", "/slices/2", "64 x 60", CT),
    "two orientations": (_two_orientations, "A-7.2b.orientation_differs", "", "3 of 12 slices", CT),
    "tilted slice": (_tilted, "A-7.2b.orientation_differs", "/slices/5", "5.73 degrees", CT),
    "two time points": (_time_points, "A-7.2e.time_points", "", "TemporalPositionIdentifier", MR),
    "zero spacing": (lambda s: _set(s, 1, PixelSpacing=[0, 0.8]), "A-7.2c.spacing_invalid", "/slices/1", "0\\0.8", CT),
    "zero thickness": (
        lambda s: _set(s, 1, SliceThickness=0),
        "A-7.2c.spacing_invalid",
        "/slices/1",
        "SliceThickness (0018,0050)",
        CT,
    ),
    "another pixel spacing": (
        lambda s: _set(s, 1, PixelSpacing=[0.8, 0.9]),
        "A-7.2c.spacing_differs",
        "/slices/1",
        "0.8\\0.9 mm",
        CT,
    ),
    "no frame of reference": (_no_frame_of_reference, "A-7.2a.frame_of_reference_missing", "", "12 of 12", CT),
    "two frames of reference": (
        lambda s: _set(s, 8, FrameOfReferenceUID=f"{FRAME}.9"),
        "A-7.2a.frame_of_reference_differs",
        "/slices/8",
        f"{FRAME}.9",
        CT,
    ),
    "wrong modality": (lambda s: _set(s, 4, Modality="MR"), "A-7.2a.modality_wrong", "/slices/4", "modality MR", CT),
    "wrong modality of all": (_several("Modality", "MR"), "A-7.2a.modality_wrong", "", "is CT; 12 of 12", CT),
    "another patient": (lambda s: _set(s, 4, PatientID="P2"), "A-7.2e.patient_differs", "/slices/4", "PatientID", CT),
    "dropout": (_dropout, "A-7.2f.dropout", "/slices/5", "lost its signal", MR),
    "empty last slice": (_empty_end, "A-7.2f.dropout", "/slices/11", "lost its signal", MR),
    "uneven": (_uneven, "A-7.2e.spacing_uneven", "", "4 of 11 distances", CT),
    "burned in": (
        lambda s: _set(s, 0, BurnedInAnnotation="YES"),
        "A-A.5b.burned_in",
        "/slices/0",
        "in 1 of 12 images",
        CT,
    ),
    "no thickness": (
        lambda s: delattr(s[3], "SliceThickness"),
        "A-7.2a.attribute_missing",
        "/slices/3",
        "SliceThickness (0018,0050)",
        CT,
    ),
    "no position": (
        lambda s: delattr(s[3], "ImagePositionPatient"),
        "A-7.2a.attribute_missing",
        "",
        "ImagePositionPatient (0020,0032)",
        CT,
    ),
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_fault_is_the_one_finding(tmp_path: Path, name: str) -> None:
    change, rule, place, text, kind = PLANTED[name]
    slices = made(kind=kind)
    change(slices)
    result = found(write(slices, tmp_path))
    assert [finding.rule for _, finding in result] == [rule]
    source, finding = result[0]
    assert finding.path == f"{AT}{place}"
    assert text in finding.message
    if place:
        assert source.parent == tmp_path
        assert source.name in finding.message
        assert f"slice {place.rpartition('/')[2]}" in finding.message or "first" in finding.message
    assert "{" not in finding.text("zh")
    assert finding.text("zh") != finding.message


def _corrupt(path: Path, old: bytes, new: bytes) -> None:
    data = path.read_bytes()
    assert old in data
    assert len(old) == len(new)
    path.write_bytes(data.replace(old, new, 1))


def test_a_spacing_that_is_no_number_is_the_one_finding(tmp_path: Path) -> None:
    folder = write(made(), tmp_path)
    _corrupt(file_of(folder, 9), b"0.9\\0.8 ", b"NaN\\0.8 ")
    ((source, finding),) = found(folder)
    assert finding.rule == "A-7.2c.spacing_invalid"
    assert finding.path == f"{AT}/slices/9"
    assert source == file_of(folder, 9)
    assert "nan\\0.8" in finding.message


def test_a_position_that_is_no_number_is_the_one_finding(tmp_path: Path) -> None:
    folder = write(made(), tmp_path)
    _corrupt(file_of(folder, 5), b"112.5", b"1NaN5")
    ((source, finding),) = found(folder)
    assert finding.rule == "A-7.2d.position_invalid"
    assert source == file_of(folder, 5)


def test_a_file_that_is_cut_off_is_the_one_finding(tmp_path: Path) -> None:
    folder = write(made(), tmp_path)
    path = file_of(folder, 3)
    path.write_bytes(path.read_bytes()[:-1000])
    ((source, finding),) = found(folder)
    assert (finding.rule, finding.path) == ("A-7.2a.file_truncated", f"{AT}/slices/3")
    assert source == path
    assert "7192 bytes" in finding.message
    assert "8192 bytes" in finding.message


def test_a_file_cut_off_in_its_header_is_the_one_finding(tmp_path: Path) -> None:
    folder = write(made(), tmp_path)
    path = file_of(folder, 3)
    path.write_bytes(path.read_bytes()[:400])
    result = found(folder)
    assert [finding.rule for _, finding in result] == ["A-7.2a.file_unreadable"]
    assert result[0][0] == path


def test_a_copy_of_a_file_is_the_one_finding(tmp_path: Path) -> None:
    folder = write(made(), tmp_path)
    copy = folder / "copy.dcm"
    copy.write_bytes(file_of(folder, 4).read_bytes())
    ((source, finding),) = found(folder)
    assert (finding.rule, finding.path) == ("A-7.2e.instance_twice", f"{AT}/slices/4")
    assert source in {copy, file_of(folder, 4)}
    assert "byte for byte" in finding.message


def test_a_missing_end_is_the_one_finding_beside_a_manifest(tmp_path: Path) -> None:
    folder = write(made(), tmp_path / "series")
    manifest = tmp_path / "manifest-sha256.txt"
    lines = [f"{'0' * 64}  series/{each.name}" for each in sorted(folder.iterdir())]
    manifest.write_text("\n".join(lines))
    assert found(folder, manifest=manifest) == []
    last = file_of(folder, 11)
    last.unlink()
    assert found(folder) == []  # nothing else tells
    ((source, finding),) = found(folder, manifest=manifest)
    assert finding.rule == "A-7.2e.instance_not_there"
    assert source == manifest
    assert f"series/{last.name}" in finding.message


def test_a_manifest_may_list_instances(tmp_path: Path) -> None:
    slices = made()
    folder = write(slices, tmp_path / "series")
    manifest = tmp_path / "instances.txt"
    manifest.write_text("\n".join(str(each.SOPInstanceUID) for each in slices[1:]) + "\n1.2.826.0.1.11.4.99\n")
    rules = [(finding.rule, finding.message) for _, finding in found(folder, manifest=manifest)]
    assert [rule for rule, _ in rules] == ["A-7.2e.instance_not_there", "A-7.2e.instance_not_listed"]
    assert "1.2.826.0.1.11.4.99" in rules[0][1]
    assert file_of(folder, 0).name in rules[1][1]


@pytest.mark.parametrize("n", [5, 11])
def test_a_slice_of_another_series_is_the_one_finding(tmp_path: Path, n: int) -> None:
    slices = made()
    slices[n].SeriesInstanceUID = f"{SERIES}.7"
    ((source, finding),) = found(write(slices, tmp_path))
    assert (finding.rule, finding.path) == ("A-7.2e.series_mixed", f"/series/{SERIES}.7")
    assert source == file_of(tmp_path, n)
    assert "1 files" in finding.message


def test_a_foreign_slice_added_is_the_one_finding(tmp_path: Path) -> None:
    slices = made()
    other = made(1, kind=MR, orientation=OBLIQUE)[0]
    other.SeriesInstanceUID, other.SOPInstanceUID = f"{SERIES}.8", "1.2.826.0.1.11.5"
    other.file_meta.MediaStorageSOPInstanceUID = other.SOPInstanceUID
    assert said(write([*slices, other], tmp_path)) == ["A-7.2e.series_mixed"]


def test_two_series_in_folders_of_their_own_have_no_finding(tmp_path: Path) -> None:
    write(made(), tmp_path / "a")
    other = made(kind=MR)
    for one in other:
        one.SeriesInstanceUID = f"{SERIES}.8"
        one.SOPInstanceUID = one.file_meta.MediaStorageSOPInstanceUID = f"{one.SOPInstanceUID}.8"
    write(other, tmp_path / "b")
    assert found(tmp_path) == []


@pytest.mark.parametrize("turn", [(slice(None), slice(None, None, -1)), (slice(None, None, -1), slice(None))])
@pytest.mark.parametrize("k", [0, 1, 6, 11])
def test_a_picture_turned_over_is_found_at_every_place(tmp_path: Path, turn: tuple[slice, slice], k: int) -> None:
    slices = made()
    repaint(slices[k], lambda pixels: pixels[turn])
    assert [f.path for _, f in found(write(slices, tmp_path))] == [f"{AT}/slices/{k}"]


def test_each_fault_of_several_is_told(tmp_path: Path) -> None:
    slices = made()
    _jitter(slices)
    _order(slices)
    slices[9].Modality = "MR"
    expected = {"A-7.2e.slice_displaced", "A-7.2e.order", "A-7.2a.modality_wrong"}
    assert set(said(write(slices, tmp_path))) == expected
