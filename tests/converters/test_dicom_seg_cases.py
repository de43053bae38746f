"""Small segmentations that users of other tools reported: how bits are packed, and segments or files of one identity.

Right values are unpacked from the bytes here, by numpy; `packed.dcm` is packed as PS3.5 8.2 says, the others otherwise.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pydicom
import pytest

from annoconv import registry
from annoconv.casefile import read_case, read_cases
from annoconv.cli import main
from annoconv.errors import MaskError
from annoconv.registry import Context

if TYPE_CHECKING:
    from annoconv.casefile import Reading

CASES = Path(__file__).with_name("dicom_cases")
BITS = CASES / "bits"
TWO = CASES / "two_files_same_ids"

AT = Context(timestamp=datetime(2026, 1, 1, tzinfo=UTC))


def read(path: Path, images: Path) -> Reading:
    (reading,) = registry.read([path], format="dicom-seg", images=[images], context=Context(task="T"))
    return reading


def frames() -> list[tuple[int, float, Any]]:
    """Return segment, height in mm, and pixels of each frame of `packed.dcm`, by numpy alone."""
    stated = pydicom.dcmread(BITS / "packed.dcm")
    rows, columns, count = int(stated.Rows), int(stated.Columns), int(stated.NumberOfFrames)
    bits = np.unpackbits(np.frombuffer(stated.PixelData, np.uint8), bitorder="little")[: count * rows * columns]
    groups = stated.PerFrameFunctionalGroupsSequence
    segments = [int(each.SegmentIdentificationSequence[0].ReferencedSegmentNumber) for each in groups]
    heights = [float(each.PlanePositionSequence[0].ImagePositionPatient[2]) for each in groups]
    return list(zip(segments, heights, bits.reshape(count, rows, columns), strict=True))


@pytest.mark.parametrize("name", ["packed", "ow_le", "ow_be", "implicit"])
def test_packed_bits_are_exact_in_every_encoding(name: str) -> None:
    reading = read(BITS / f"{name}.dcm", BITS / "ct")
    image = reading.case.image
    assert image.origin is not None
    assert image.spacing is not None
    for number, mask in enumerate(reading.masks.values(), 1):
        expected = np.zeros(mask.grid.shape_kji, bool)
        for segment, height, pixels in frames():
            if segment == number:
                expected[round((height - image.origin[2]) / image.spacing[2])] |= pixels != 0
        assert expected.any()
        assert np.array_equal(mask.read(), expected)


@pytest.mark.parametrize(
    ("name", "found"),
    [("per_segment", 28), ("six_per_segment", 30), ("per_frame", 30), ("bytes", 210), ("long", 228), ("short", 22)],
)
def test_pixels_of_another_length_than_their_frames_are_refused_with_both_numbers(name: str, found: int) -> None:
    """Six frames of 5 x 7 bits are 210 bits, 27 bytes; with the byte that makes their number even, 28."""
    assert len(pydicom.dcmread(BITS / f"{name}.dcm").PixelData) == found
    with pytest.raises(MaskError, match=rf"PixelData \(7FE0,0010\).* found {found} bytes.* expected 27 bytes"):
        read(BITS / f"{name}.dcm", BITS / "ct").masks["segment_1"].read()


@pytest.mark.parametrize("name", ["b", "c", "c2", "d"])
def test_the_identity_of_segments_is_written_again_or_named(name: str, tmp_path: Path) -> None:
    reading = read(TWO / f"{name}.dcm", TWO / "ct")
    registry.write([reading], tmp_path / "seg.dcm", format="dicom-seg", images=[TWO / "ct"], context=AT)
    stated, written = (pydicom.dcmread(path).SegmentSequence for path in (TWO / f"{name}.dcm", tmp_path / "seg.dcm"))
    lost = reading.losses.paths()
    for number, (one, other) in enumerate(zip(stated, written, strict=True)):
        for keyword in ("TrackingID", "TrackingUID", "SegmentLabel"):
            is_kept = one.get(keyword) == other.get(keyword)
            assert is_kept or one.get(keyword) is None or f"/SegmentSequence/{number}/{keyword}" in lost


@pytest.mark.parametrize("output", ["out", "out.jsonl"])
def test_two_files_of_the_same_ids_become_two_cases_with_masks_of_their_own(output: str, tmp_path: Path) -> None:
    sources = [str(TWO / "two" / name) for name in ("r1.dcm", "r2.dcm")]
    command = ["from-dicom-seg", *sources, "--images", str(TWO / "ct"), "-o", str(tmp_path / output), "--quiet"]
    status = main([*command, "--json"])
    assert status == 0
    files = sorted(tmp_path.rglob("case.json")) or [tmp_path / output]
    cases = [each for file in files for each in (read_cases([file]) if file.suffix == ".jsonl" else [read_case(file)])]
    assert len(cases) == 2
    expected = [read(Path(source), TWO / "ct") for source in sources]
    names: set[str] = set()
    for case, one in zip(cases, expected, strict=True):
        assert case.masks.keys() == one.masks.keys()
        for identity, mask in one.masks.items():
            found = case.masks[identity]
            assert np.array_equal(found.read(), mask.read())
            names.add(str(found.volume.path).casefold())
    assert len(names) == sum(len(one.masks) for one in expected)
