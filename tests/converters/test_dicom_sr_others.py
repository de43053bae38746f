"""Reports as other software writes them, and reports whose segmentations are elsewhere."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import highdicom as hd
import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset

from annoconv import images as image_seam
from annoconv import registry
from annoconv.casefile import LoadedCase, read_case
from annoconv.documents import strict_json
from annoconv.errors import InputError, UsageError
from annoconv.loss import Loss, LossKind
from annoconv.pixels import save_nifti
from tests import peers
from tests.cases import blob, concept, document, grid_of, mask, series

NODULE = {"category": "lesion", "label_code": "NODULE"}
LENGTH = {"concept": concept("410668003", "SCT", "Length"), "value": 2.5, "unit": "mm"}
GRID = grid_of((14, 12, 6))
AT = 3


def case_of(folder: Path, annotations: list[dict[str, Any]]) -> LoadedCase:
    image = series(folder, GRID, "s")
    (folder / "case.json").write_bytes(strict_json.dumps(document(image, annotations)))
    return read_case(folder / "case.json")


def report(folder: Path, annotations: list[dict[str, Any]]) -> Dataset:
    """Return a report as if of other software: of ours without the private block, under another name."""
    loaded = case_of(folder, annotations)
    registry.write([loaded], folder / "sr.dcm", format="dicom-sr", images=[folder / "images"], plain=True)
    found = pydicom.dcmread(folder / "sr.dcm")
    found.Manufacturer = "another"
    return found


def items(dataset: Dataset, kind: str) -> Iterator[Dataset]:
    """Yield the content items of a value type, but those of the image library."""
    for one in dataset.get("ContentSequence", ()):
        name = one.get("ConceptNameCodeSequence")
        if name and name[0].CodeValue == "111028":
            continue
        if one.get("ValueType") == kind:
            yield one
        yield from items(one, kind)


def back(folder: Path, dataset: Dataset, **options: Any) -> tuple[list[dict[str, Any]], list[Loss]]:
    dataset.save_as(folder / "theirs.dcm")
    (reading,) = registry.read([folder / "theirs.dcm"], format="dicom-sr", **options)
    return list(strict_json.plain(reading.case)["annotations"]), list(reading.losses)


POINT = {"id": "P", **NODULE, "type": "point", "point": [3.5, 2.5], "slice_index": AT}


@pytest.mark.parametrize("has_images", [True, False])
def test_the_first_frame_of_a_single_frame_instance_is_that_instance(has_images: bool, tmp_path: Path) -> None:
    theirs = report(tmp_path, [POINT])
    (point,) = items(theirs, "SCOORD")
    reference = point.ContentSequence[0].ReferencedSOPSequence[0]
    uid = image_seam.open(tmp_path / "images").slices[AT].sop_instance_uid
    assert reference.ReferencedSOPInstanceUID == uid
    reference.ReferencedFrameNumber = 1
    (found,), losses = back(tmp_path, theirs, **({"images": [tmp_path / "images"]} if has_images else {}))
    if has_images:
        assert found["slice_index"] == AT
    told = [each.path for each in losses if "/111030 DCM/" in each.path]
    assert [each.rpartition("/")[2] for each in told] == ["ReferencedFrameNumber"]


def test_a_frame_that_an_instance_does_not_have_is_no_other_slice(tmp_path: Path) -> None:
    theirs = report(tmp_path, [POINT])
    (point,) = items(theirs, "SCOORD")
    point.ContentSequence[0].ReferencedSOPSequence[0].ReferencedFrameNumber = 2
    (found,), losses = back(tmp_path, theirs, images=[tmp_path / "images"])
    assert "slice_index" not in found
    assert [each for each in losses if "111030 DCM" in each.path and each.kind is LossKind.NO_PLACE]


def test_coordinates_that_are_no_numbers_are_named_and_the_rest_is_read(tmp_path: Path) -> None:
    theirs = report(tmp_path, [POINT, {**POINT, "id": "Q"}])
    first, _ = items(theirs, "SCOORD")
    first.GraphicData = [math.nan, 2.5]
    found, losses = back(tmp_path, theirs)
    assert [each["type"] for each in found] == ["attribute", "point"]
    assert [each for each in losses if each.path.endswith("125007 DCM/0/ContentSequence/111030 DCM/0")]


def test_a_value_without_a_unit_is_told(tmp_path: Path) -> None:
    theirs = report(tmp_path, [{**POINT, "measurements": [LENGTH, LENGTH]}])
    _, second = items(theirs, "NUM")
    del second.MeasuredValueSequence[0].MeasurementUnitsCodeSequence
    (found,), losses = back(tmp_path, theirs)
    assert [each["unit"] for each in found["measurements"]] == ["mm", "1"]
    assert [(each.path, each.kind) for each in losses if each.path.endswith("/unit")] == [
        ("/annotations/0/measurements/1/unit", LossKind.APPROXIMATED)
    ]


def test_a_site_that_is_contained_is_said_once(tmp_path: Path) -> None:
    theirs = report(tmp_path, [{**POINT, "finding_site": {"region": concept("39607008", "SCT", "Lung")}}])
    (site,) = [each for each in items(theirs, "CODE") if each.ConceptNameCodeSequence[0].CodeValue == "363698007"]
    site.RelationshipType = "CONTAINS"
    (found,), _ = back(tmp_path, theirs)
    assert found["finding_site"]["region"]["code"] == "39607008"
    assert "evaluations" not in found


def test_axes_that_are_not_at_right_angles_are_no_matter_of_digits(tmp_path: Path) -> None:
    drawn = {"id": "E", **NODULE, "type": "ellipse", "center": [6.0, 5.0], "radii": [4.0, 2.0], "slice_index": AT}
    theirs = report(tmp_path, [drawn])
    (ellipse,) = items(theirs, "SCOORD")
    ellipse.GraphicData = [2.0, 5.0, 10.0, 5.0, 5.0, 3.0, 7.0, 7.0]
    _, losses = back(tmp_path, theirs)
    kinds = {each.kind for each in losses if "/GraphicData/" in each.path}
    assert kinds == {LossKind.APPROXIMATED}


def test_an_item_that_only_names_another_one_is_named(tmp_path: Path) -> None:
    theirs = report(tmp_path, [{**POINT, "measurements": [LENGTH]}])
    (number,) = items(theirs, "NUM")
    other = Dataset()
    other.RelationshipType, other.ReferencedContentItemIdentifier = "INFERRED FROM", [1, 4, 1, 4]
    number.ContentSequence = [other]
    _, losses = back(tmp_path, theirs)
    (told,) = [each for each in losses if "410668003 SCT/0/ContentSequence" in each.path]
    assert told.path.endswith("/ContentSequence/ReferencedContentItemIdentifier/0")
    assert str(told.message).endswith("Length > ReferencedContentItemIdentifier")


def test_a_grading_of_a_slice_names_its_image(tmp_path: Path) -> None:
    graded: dict[str, Any] = {
        "id": "G",
        "category": "attribute",
        "label_code": "CASE_LEVEL",
        "type": "attribute",
        "attributes": {},
    }
    graded["evaluations"] = [{"concept": concept("1", "99X", "Region"), "value": concept("2", "99X", "Chest")}]
    loaded = case_of(tmp_path, [{**graded, "slice_index": AT}, {**graded, "id": "H"}])
    images: dict[str, Any] = {"images": [tmp_path / "images"]}
    registry.write([loaded], tmp_path / "sr.dcm", format="dicom-sr", plain=True, **images)
    assert peers.dciodvfy_errors(tmp_path / "sr.dcm") == []
    (image,) = items(pydicom.dcmread(tmp_path / "sr.dcm"), "IMAGE")
    uid = image_seam.open(tmp_path / "images").slices[AT].sop_instance_uid
    assert image.ReferencedSOPSequence[0].ReferencedSOPInstanceUID == uid
    content: Any = hd.sr.srread(tmp_path / "sr.dcm").content
    first, second = content.get_image_measurement_groups()
    assert [each.referenced_sop_instance_uid for each in first.source_images] == [uid]
    assert list(second.source_images) == []
    (reading,) = registry.read([tmp_path / "sr.dcm"], format="dicom-sr", **images)
    found = strict_json.plain(reading.case)["annotations"]
    assert [each.get("slice_index") for each in found] == [AT, None]


def with_masks(folder: Path) -> LoadedCase:
    loaded = case_of(folder, [mask("A", "a.nii.gz"), POINT])
    save_nifti(folder / "a.nii.gz", blob(GRID), GRID)
    return loaded


@pytest.mark.parametrize("plain", [False, True])
def test_a_report_without_its_segmentation_says_what_to_name(plain: bool, tmp_path: Path) -> None:
    loaded = with_masks(tmp_path)
    registry.write([loaded], tmp_path / "o", format="dicom-sr", images=[tmp_path / "images"], seg=True, plain=plain)
    (sr,) = [each for each in (tmp_path / "o").glob("*.dcm") if not each.stem.endswith("_seg")]
    (seg,) = (tmp_path / "o").glob("*_seg.dcm")
    (reading,) = registry.read([sr], format="dicom-sr")
    uid = str(pydicom.dcmread(seg, stop_before_pixels=True).SOPInstanceUID)
    (told,) = [each for each in reading.losses if uid in str(each.message)]
    assert told.path.endswith("125007 DCM/0/ContentSequence/121191 DCM/0")
    assert not [each for each in reading.losses if "edited" in str(each.message)]


def test_a_report_without_its_segmentation_keeps_what_is_carried_of_the_rest(tmp_path: Path) -> None:
    loaded = case_of(tmp_path, [mask("A", "a.nii.gz", confidence=0.25), POINT | {"confidence": 0.5}])
    save_nifti(tmp_path / "a.nii.gz", blob(GRID), GRID)
    registry.write([loaded], tmp_path / "o", format="dicom-sr", images=[tmp_path / "images"], seg=True)
    (sr,) = [each for each in (tmp_path / "o").glob("*.dcm") if not each.stem.endswith("_seg")]
    (reading,) = registry.read([sr], format="dicom-sr")
    _, point = strict_json.plain(reading.case)["annotations"]
    assert (point["id"], point["confidence"]) == ("P", 0.5)
    assert not [each for each in reading.losses if "edited" in str(each.message)]


def test_a_segmentation_of_another_object_is_told_from_one_that_nothing_refers_to(tmp_path: Path) -> None:
    loaded = with_masks(tmp_path)
    registry.write([loaded], tmp_path / "o", format="dicom-sr", images=[tmp_path / "images"], seg=True, plain=True)
    (seg,) = (tmp_path / "o").glob("*_seg.dcm")
    sr = pydicom.dcmread(next(each for each in (tmp_path / "o").glob("*.dcm") if each != seg))
    next(iter(items(sr, "UIDREF"))).UID = "2.25.4"
    sr.save_as(tmp_path / "theirs.dcm")
    (reading,) = registry.read([tmp_path / "theirs.dcm", seg], format="dicom-sr")
    (told,) = [each for each in reading.losses if seg.name in str(each.message)]
    assert "tracking UID" in str(told.message)


def test_a_segmentation_alone_is_no_report(tmp_path: Path) -> None:
    registry.write([with_masks(tmp_path)], tmp_path / "seg.dcm", format="dicom-seg", images=[tmp_path / "images"])
    with pytest.raises(InputError, match="no report") as refused:
        list(registry.read([tmp_path / "seg.dcm"], format="dicom-sr"))
    assert "from-dicom-seg" in str(refused.value)


def test_masks_are_written_or_named_and_not_both(tmp_path: Path) -> None:
    loaded = with_masks(tmp_path)
    registry.write([loaded], tmp_path / "seg.dcm", format="dicom-seg", images=[tmp_path / "images"])
    options: dict[str, Any] = {"images": [tmp_path / "images"], "segmentations": [tmp_path / "seg.dcm"]}
    with pytest.raises(UsageError, match="one segmentation"):
        registry.write([loaded], tmp_path / "o", format="dicom-sr", seg=True, **options)
    assert not (tmp_path / "o").exists()


def test_one_segmentation_given_twice_is_one(tmp_path: Path) -> None:
    loaded = with_masks(tmp_path)
    registry.write([loaded], tmp_path / "seg.dcm", format="dicom-seg", images=[tmp_path / "images"])
    (tmp_path / "copy.dcm").write_bytes((tmp_path / "seg.dcm").read_bytes())
    options: dict[str, Any] = {"images": [tmp_path / "images"]}
    options["segmentations"] = [tmp_path / "seg.dcm", tmp_path / "copy.dcm"]
    losses = registry.write([loaded], tmp_path / "sr.dcm", format="dicom-sr", **options)
    assert not [each for each in losses if each.kind.changes_value]
    (reading,) = registry.read([tmp_path / "sr.dcm", tmp_path / "seg.dcm"], format="dicom-sr")
    np.testing.assert_array_equal(reading.masks["A"].read(), loaded.masks["A"].read())


def test_one_object_on_two_images_stands_in_the_segmentation_of_each(tmp_path: Path) -> None:
    first, second = series(tmp_path / "1", GRID, "one"), series(tmp_path / "2", GRID, "two")
    same = {"tracking_id": "T", "tracking_uid": "2.25.77"}
    drawn = [mask("A", "a.nii.gz", **same), mask("B", "b.nii.gz", **same, image_uid=second["uid"])]
    (tmp_path / "case.json").write_bytes(strict_json.dumps(document(first, drawn, related_images=[second])))
    save_nifti(tmp_path / "a.nii.gz", blob(GRID), GRID)
    save_nifti(tmp_path / "b.nii.gz", blob(GRID, 2.0), GRID)
    loaded = read_case(tmp_path / "case.json")
    folders = [tmp_path / "1" / "images", tmp_path / "2" / "images"]
    losses = registry.write([loaded], tmp_path / "o", format="dicom-sr", images=folders, seg=True)
    assert not [each for each in losses if each.kind.changes_value]
    (reading,) = registry.read([tmp_path / "o"], format="dicom-sr", images=folders)
    assert strict_json.plain(reading.case) == strict_json.plain(loaded.case)
    for identity in ("A", "B"):
        np.testing.assert_array_equal(reading.masks[identity].read(), loaded.masks[identity].read())


def test_masks_of_a_segmentation_go_into_fhir_from_memory(tmp_path: Path) -> None:
    loaded = with_masks(tmp_path)
    images: dict[str, Any] = {"images": [tmp_path / "images"]}
    registry.write([loaded], tmp_path / "seg.dcm", format="dicom-seg", **images)
    read = list(registry.read([tmp_path / "seg.dcm"], format="dicom-seg", **images))
    registry.write(read, tmp_path / "case.fhir.json", format="fhir", **images)
    (again,) = registry.read([tmp_path / "case.fhir.json"], format="fhir")
    np.testing.assert_array_equal(again.masks["A"].read(), loaded.masks["A"].read())
    assert sorted(each.name for each in tmp_path.glob("*.nii.gz")) == ["a.nii.gz"]
