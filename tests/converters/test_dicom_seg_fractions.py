"""Masks of 0 and 1 that were written as fractions: masks again in the case, unless other software has drawn fractions.

PS3.3 C.8.20.2.3: a value of a fractional segmentation is a fraction of MaximumFractionalValue. pydicom reads and edits.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
import pydicom
import pytest

from annoconv import registry, validate
from annoconv.casefile import read_case, write_case
from annoconv.documents import strict_json
from annoconv.registry import Context
from tests.converters.test_dicom_seg_tilt import EVEN, labels, mask_file, places, series_of

if TYPE_CHECKING:
    from pathlib import Path

AT = Context(timestamp=datetime(2026, 1, 1, tzinfo=UTC))


@pytest.fixture
def written(tmp_path: Path) -> tuple[Path, Path, Path]:
    """Give a series, a case of one label map on it, and that case as a fractional segmentation."""
    positions = places(EVEN, 0.0)
    series = series_of(tmp_path / "ct", positions)
    mask = mask_file(tmp_path / "mask.nii.gz", labels(8), positions, series)
    (reading,) = registry.read([mask], format="nifti", images=[series], context=Context(task="T"))
    write_case(reading, tmp_path / "case" / "case.json")
    case, path = tmp_path / "case" / "case.json", tmp_path / "seg.dcm"
    registry.write([read_case(case)], path, format="dicom-seg", images=[series], context=AT, type="fractional")
    stated = pydicom.dcmread(path)
    assert stated.SegmentationType == "FRACTIONAL"
    assert set(np.unique(stated.pixel_array).tolist()) == {0, stated.MaximumFractionalValue}
    return series, case, path


def test_a_label_map_comes_back_as_one(written: tuple[Path, Path, Path], tmp_path: Path) -> None:
    series, case, path = written
    (reading,) = registry.read([path], format="dicom-seg", images=[series])
    again = tmp_path / "again" / "case.json"
    write_case(reading, again)
    found, expected = (strict_json.plain(read_case(each).case) for each in (again, case))
    for annotation in (*found["annotations"], *expected["annotations"]):
        annotation.pop("sha256", None)  # of the bytes of a file, which another program compressed
    assert found == expected
    for number, mask in enumerate(read_case(again).masks.values(), 1):
        assert mask.read().dtype == np.bool_
        assert np.array_equal(mask.read(), labels(8) == number)
    assert [each.rule for each in validate(again, profile="exchange") if each.level == "error"] == []


def test_what_others_have_made_fractions_is_a_file_of_fractions(
    written: tuple[Path, Path, Path], tmp_path: Path
) -> None:
    series, _, path = written
    edited = pydicom.dcmread(path)
    numbers = [
        int(groups.SegmentIdentificationSequence[0].ReferencedSegmentNumber)
        for groups in edited.PerFrameFunctionalGroupsSequence
    ]
    pixels = edited.pixel_array.copy()
    first = numbers.index(2)
    pixels[first][pixels[first] > 0] = 51  # a fifth of 255
    edited.PixelData = pixels.tobytes()
    edited.save_as(path)
    (reading,) = registry.read([path], format="dicom-seg", images=[series])
    one, other = reading.case.annotations
    assert "/annotations/1/mask_file" in {loss.path for loss in reading.losses}
    write_case(reading, tmp_path / "again" / "case.json")
    masks = read_case(tmp_path / "again" / "case.json").masks
    assert np.array_equal(masks[one.id].read(), labels(8) == 1)
    fractions = masks[other.id].read()
    assert sorted(set(np.unique(fractions).tolist())) == [0, float(np.float32(51) / np.float32(255)), 1]
    assert np.array_equal(fractions > 0, labels(8) == 2)


def test_fractions_of_which_a_case_does_not_say_what_they_are_come_back_with_what_the_file_says(tmp_path: Path) -> None:
    positions = places(EVEN, 0.0)
    series = series_of(tmp_path / "ct", positions)
    fractions = (labels(8) == 1) * np.float32(0.4)
    mask = mask_file(tmp_path / "chance.nii.gz", fractions, positions, series)
    (reading,) = registry.read([mask], format="nifti", images=[series], context=Context(task="T"))
    write_case(reading, tmp_path / "case" / "case.json")
    case, path = read_case(tmp_path / "case" / "case.json"), tmp_path / "seg.dcm"
    registry.write([case], path, format="dicom-seg", images=[series], context=AT, type="fractional")
    (back,) = registry.read([path], format="dicom-seg", images=[series])
    (before,), (after,) = (strict_json.plain(each.case)["annotations"] for each in (case, back))
    assert after.pop("fractional_type") == "PROBABILITY"
    for each in (before, after):
        each.pop("sha256", None)
        each["mask_file"] = each["mask_file"].rpartition("/")[2]
    assert after == before
    (loss,) = back.losses
    assert (loss.path, "other software" in loss.message) == ("/annotations/0/fractional_type", False)
