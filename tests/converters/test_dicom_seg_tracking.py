"""TrackingID and TrackingUID: names by which people follow an object, and the annotation's id where there is none."""

from __future__ import annotations

from pathlib import Path

import pydicom
import pytest

from annoconv import registry
from annoconv.casefile import LoadedCase, read_case
from annoconv.loss import LossKind
from tests.cases import make


def tracked(folder: Path, *told: dict[str, str]) -> tuple[LoadedCase, tuple[Path, ...]]:
    """Return a case of two masks, A and B, of which each has these fields."""
    zoo = make("overlapping_masks", folder)
    loaded = read_case(zoo.path)
    masks = [each.model_copy(update=more) for each, more in zip(loaded.case.annotations, told, strict=True)]
    return LoadedCase(loaded.case.model_copy(update={"annotations": masks}), loaded.masks, loaded.path), zoo.images


def written(path: Path) -> list[tuple[str, str]]:
    return [(str(each.TrackingID), str(each.TrackingUID)) for each in pydicom.dcmread(path).SegmentSequence]


def test_a_tracking_id_is_written_where_the_case_has_one_and_the_annotations_come_back(tmp_path: Path) -> None:
    loaded, images = tracked(tmp_path / "in", {"tracking_id": "Target 1", "tracking_uid": "1.2.3.4"}, {})
    report = registry.write([loaded], tmp_path / "out.dcm", format="dicom-seg", images=images)
    (first, uid), (second, derived) = written(tmp_path / "out.dcm")
    assert (first, uid, second) == ("Target 1", "1.2.3.4", "B")
    assert derived.startswith("2.25.")
    (loss,) = (each for each in report if each.path == "/annotations/0/id")
    assert loss.kind is LossKind.CARRIED
    (reading,) = registry.read([tmp_path / "out.dcm"], format="dicom-seg", images=images)
    found = [(each.id, each.tracking_id, each.tracking_uid) for each in reading.case.annotations]
    assert found == [("A", "Target 1", "1.2.3.4"), ("B", None, None)]
    for identity in "AB":
        assert (reading.masks[identity].read() == loaded.masks[identity].read()).all()


@pytest.mark.parametrize("plain", [False, True])
def test_one_tracking_id_of_two_segments_is_kept_for_both(plain: bool, tmp_path: Path) -> None:
    shared = {"tracking_id": "Target 1", "tracking_uid": "1.2.3.4"}
    loaded, images = tracked(tmp_path / "in", shared, shared)
    registry.write([loaded], tmp_path / "out.dcm", format="dicom-seg", images=images, plain=plain)
    assert written(tmp_path / "out.dcm") == [("Target 1", "1.2.3.4")] * 2
    (reading,) = registry.read([tmp_path / "out.dcm"], format="dicom-seg", images=images)
    found = [(each.id, each.tracking_id, each.tracking_uid) for each in reading.case.annotations]
    names = ["segment_1", "segment_2"] if plain else ["A", "B"]
    assert found == [(name, "Target 1", "1.2.3.4") for name in names]


def test_a_tracking_id_that_is_the_id_of_another_annotation_does_not_confuse_them(tmp_path: Path) -> None:
    loaded, images = tracked(tmp_path / "in", {"tracking_id": "B"}, {"tracking_id": "A"})
    registry.write([loaded], tmp_path / "out.dcm", format="dicom-seg", images=images)
    (reading,) = registry.read([tmp_path / "out.dcm"], format="dicom-seg", images=images)
    assert [(each.id, each.tracking_id) for each in reading.case.annotations] == [("A", "B"), ("B", "A")]
    for identity in "AB":
        assert (reading.masks[identity].read() == loaded.masks[identity].read()).all()


def test_without_the_block_a_tracking_id_is_the_id(tmp_path: Path) -> None:
    loaded, images = tracked(tmp_path / "in", {"tracking_id": "Target 1"}, {})
    report = registry.write([loaded], tmp_path / "out.dcm", format="dicom-seg", images=images, plain=True)
    (reading,) = registry.read([tmp_path / "out.dcm"], format="dicom-seg", images=images)
    assert [(each.id, each.tracking_id) for each in reading.case.annotations] == [("Target 1", None), ("B", None)]
    told = {each.path: each.kind for each in report}
    assert told["/annotations/0/id"] is told["/annotations/0/tracking_id"] is LossKind.NO_PLACE
    assert "/annotations/1/id" not in told


def test_a_tracking_id_that_is_read_back_as_the_id_is_said_to_stand_in_the_file(tmp_path: Path) -> None:
    loaded, images = tracked(tmp_path / "in", {"tracking_id": "Target 1"}, {})
    report = registry.write([loaded], tmp_path / "out.dcm", format="dicom-seg", images=images, plain=True)
    assert written(tmp_path / "out.dcm")[0][0] == "Target 1"
    (loss,) = (each for each in report if each.path == "/annotations/0/tracking_id")
    assert loss.message.startswith("TrackingID holds it, and is read back as the annotation's id")
    (reading,) = registry.read([tmp_path / "out.dcm"], format="dicom-seg", images=images)
    assert [(each.id, each.tracking_id) for each in reading.case.annotations] == [("Target 1", None), ("B", None)]
