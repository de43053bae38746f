"""Slices whose values are not comparable, that lie at one place, and levels of a slide that are not of one slide."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pydicom
import pytest
from annoconv_converters.check_images import check_images

from tests.converters.check_images.made_series import CT, MR, PT, file_of, made, repaint, write
from tests.slides import write_slide

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pydicom.dataset import Dataset


def found(folder: Path) -> list[tuple[Path, str, str]]:
    return [(path, finding.rule, str(finding.message)) for path, finding in check_images([folder])]


# --- values ---


def test_one_slice_of_mr_that_is_rescaled_otherwise_is_named(tmp_path: Path) -> None:
    slices = made(kind=MR)
    for one in slices:
        one.RescaleSlope, one.RescaleIntercept = 2, 0
    del slices[4].RescaleSlope
    ((path, rule, message),) = found(write(slices, tmp_path))
    assert (path, rule) == (file_of(tmp_path, 4), "A-7.2f.rescale_of_each")
    assert "1 of 12 slices" in message
    assert "(slice 4) by 1, 0" in message


def test_slices_of_mr_that_each_have_a_slope_are_one_finding(tmp_path: Path) -> None:
    slices = made(kind=MR)
    for n, one in enumerate(slices):
        one.RescaleSlope, one.RescaleIntercept = 1 + n / 10, 0
    ((_, rule, message),) = found(write(slices, tmp_path))
    assert rule == "A-7.2f.rescale_of_each"
    assert "11 of 12 slices" in message


def test_slices_of_mr_that_are_rescaled_alike_have_no_finding(tmp_path: Path) -> None:
    slices = made(kind=MR)
    for one in slices[::2]:
        one.RescaleSlope, one.RescaleIntercept = 1, 0  # what is not stated is the same
    assert found(write(slices, tmp_path)) == []


def _inverted(one: Dataset) -> None:
    one.PhotometricInterpretation = "MONOCHROME1"
    repaint(one, lambda pixels: 65535 - pixels)


def _in_colour(one: Dataset) -> None:
    one.PhotometricInterpretation, one.SamplesPerPixel, one.PlanarConfiguration = "RGB", 3, 0
    one.BitsAllocated = one.BitsStored = 8
    one.HighBit, one.PixelData = 7, bytes(3 * one.Rows * one.Columns)


@pytest.mark.parametrize(("change", "said"), [(_inverted, "MONOCHROME1"), (_in_colour, "colour")])
@pytest.mark.parametrize("kind", [CT, MR, PT])
def test_a_slice_of_other_pixels_is_the_one_finding(
    tmp_path: Path, kind: str, change: Callable[[Dataset], None], said: str
) -> None:
    slices = made(kind=kind)
    change(slices[4])
    ((path, rule, message),) = found(write(slices, tmp_path))
    assert (path, rule) == (file_of(tmp_path, 4), "A-7.2f.pixels_differ")
    assert f"(slice 4): the PhotometricInterpretation (0028,0004) is {said}; 11 of 12" in message


def test_values_of_ct_that_are_no_hounsfield_units_are_named(tmp_path: Path) -> None:
    slices = made()
    for one in slices:
        one.RescaleType = "HU"
    assert found(write(slices, tmp_path / "hu")) == []
    for one in slices:
        one.RescaleType = "Z_EFF"
    ((_, rule, message),) = found(write(slices, tmp_path / "other"))
    assert rule == "A-7.2f.unit_of_values"
    assert "is Z_EFF in 12 of 12 slices" in message


@pytest.mark.parametrize("kind", [CT, MR])
def test_slices_that_are_all_at_one_position_are_an_error(tmp_path: Path, kind: str) -> None:
    slices = made(kind=kind)
    for one in slices:
        one.ImagePositionPatient = [0, 0, 0]
    ((_, rule, message),) = found(write(slices, tmp_path))
    assert rule == "A-7.2e.position_twice"
    assert "and 8 more and 000_00.dcm share the position 0 mm" in message


# --- levels of a slide ---

SIZES = (4096, 2048, 1024)


def slide(folder: Path, change: Callable[[int, Dataset], None]) -> Path:
    """Write the levels of one slide, half as large each, as one series unless they are changed."""
    folder.mkdir()
    for n, size in enumerate(SIZES):
        path = folder / f"{n}.dcm"
        write_slide(path, size)
        one = pydicom.dcmread(path)
        one.StudyInstanceUID, one.SeriesInstanceUID, one.FrameOfReferenceUID = "1.2.3.1", "1.2.3.2", "1.2.3.3"
        _pixels(one, 0.00025 * 2**n)
        change(n, one)
        one.save_as(path, enforce_file_format=True)
    return folder


def _pixels(one: Dataset, mm: float) -> None:
    one.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0].PixelSpacing = [mm, mm]


def _apart(n: int, one: Dataset) -> None:
    one.SeriesInstanceUID = f"1.2.3.2.{n}"


def test_levels_of_one_field_have_no_finding(tmp_path: Path) -> None:
    assert found(slide(tmp_path / "one", lambda _n, _one: None)) == []
    assert found(slide(tmp_path / "each", _apart)) == []


def test_levels_that_are_a_series_each_are_one_slide(tmp_path: Path) -> None:
    def change(n: int, one: Dataset) -> None:
        _apart(n, one)
        if n == 2:
            _pixels(one, 0.00025 * 3)

    ((path, rule, _),) = found(slide(tmp_path / "s", change))
    assert (path.name, rule) == ("2.dcm", "A-7.2n1.level_differs")


def _origin(one: Dataset) -> None:
    one.TotalPixelMatrixOriginSequence[0].XOffsetInSlideCoordinateSystem = "0"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda one: setattr(one, "FrameOfReferenceUID", "1.2.3.9"), "another FrameOfReferenceUID (0020,0052)"),
        (lambda one: setattr(one, "ContainerIdentifier", "C2"), "another ContainerIdentifier (0040,0512)"),
        (lambda one: setattr(one, "ImageOrientationSlide", [0, 1, 0, 1, 0, 0]), "another ImageOrientationSlide"),
        (_origin, "is 20 mm away"),
    ],
)
def test_a_level_of_another_slide_or_place_is_the_one_finding(
    tmp_path: Path, change: Callable[[Dataset], None], said: str
) -> None:
    ((path, rule, message),) = found(slide(tmp_path / "s", lambda n, one: change(one) if n == 1 else None))
    assert (path.name, rule) == ("1.dcm", "A-7.2n1.level_elsewhere")
    assert said in message
    assert "C2" not in message  # an identifier of the specimen
