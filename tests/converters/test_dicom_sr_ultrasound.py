"""The specification's example as a case (A.2, A.3): a nodule of the thyroid on a frame, its grade, its report."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import (
    CTImageStorage,
    DigitalXRayImageStorageForPresentation,
    ExplicitVRLittleEndian,
    UltrasoundMultiFrameImageStorage,
    VLPhotographicImageStorage,
)

from annoconv import ids, registry
from annoconv.casefile import LoadedCase, read_case
from annoconv.documents import strict_json
from annoconv.loss import LossKind
from tests import peers
from tests.cases import concept

REPORT = "甲状腺右叶见一低回声结节，大小约12mm，边界不清。TI-RADS 5类。"
CONTOUR = [[60.5, 40.0], [92.0, 44.25], [98.5, 70.0], [74.0, 82.75], [55.0, 66.5]]


def picture(path: Path, sop_class_uid: str, modality: str, frames: int = 1) -> str:
    """Write an image without a place in space; return its SeriesInstanceUID."""
    image = Dataset()
    image.file_meta = FileMetaDataset()
    image.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    image.SOPClassUID = image.file_meta.MediaStorageSOPClassUID = sop_class_uid
    image.SOPInstanceUID = image.file_meta.MediaStorageSOPInstanceUID = ids.uid("picture", path.name)
    image.SeriesInstanceUID, image.StudyInstanceUID = ids.uid("series", path.name), ids.uid("study", path.name)
    image.Modality, image.PatientID, image.PatientName = modality, "P", ""
    image.Rows, image.Columns = 96, 128
    if frames > 1:
        image.NumberOfFrames = frames
    image.SamplesPerPixel, image.PhotometricInterpretation = 1, "MONOCHROME2"
    image.BitsAllocated = image.BitsStored = 8
    image.HighBit, image.PixelRepresentation = 7, 0
    image.PixelData = np.zeros((frames, 96, 128), np.uint8).tobytes()
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save_as(path, enforce_file_format=True)
    return str(image.SeriesInstanceUID)


def thyroid(folder: Path) -> LoadedCase:
    """Return a nodule outlined on frame 12 (index 11), graded, measured, and aligned with spans of its report."""
    uid = picture(folder / "images" / "us.dcm", UltrasoundMultiFrameImageStorage, "US", frames=30)
    grade = {
        "key": "grade",
        "concept": concept("TIRADS", "99TIRADS", "TI-RADS"),
        "permissible_values": [{"value": "5", "concept": concept("TR5", "99TIRADS", "TR5 Highly suspicious")}],
    }
    label = {
        "code": "THYROID_NODULE",
        "name_en": "Thyroid nodule",
        "name_zh": "甲状腺结节",
        "category": "lesion",
        "concept": concept("237495005", "SCT", "Thyroid nodule"),
        "attributes": [grade],
    }

    def span(identity: str, text: str, kind: str) -> dict[str, Any]:
        start = REPORT.index(text)
        place = {"text_id": "T1", "start": start, "end": start + len(text), "text": text, "semantic_type": kind}
        return {"id": identity, "category": "report", "label_code": "THYROID_NODULE", "type": "text_span", **place}

    nodule = {
        "id": "NODULE_1",
        "tracking_uid": "1.2.840.99999.30.1",
        "category": "lesion",
        "label_code": "THYROID_NODULE",
        "finding_site": {"region": concept("69748006", "SCT", "Thyroid gland"), "laterality": "right"},
        "type": "polygon",
        "polygon": CONTOUR,
        "frame_index": 11,
        "attributes": {"grade": "5"},
        "measurements": [{"concept": concept("81827009", "SCT", "Diameter"), "value": 12, "unit": "mm"}],
        "algorithm_type": "automatic_confirmed",
        "annotator": "R1",
        "annotated_at": "2026-01-08T09:30:00+08:00",
    }
    link = {"id": "K1", "type": "image_text", "annotation_ids": ["NODULE_1"], "span_ids": ["S1", "S2"]}
    review = {"id": "V1", "level": "review", "reviewer": "R2", "at": "2026-01-08T09:40:00+08:00", "outcome": "passed"}
    case = {
        "schema_version": "1.0",
        "task_id": "TASK_US_THYROID_000001",
        "case_id": "US_0001",
        "image": {"uid": uid, "modality": "US", "shape": [128, 96, 30], "coordinate_frame": "NONE"},
        "texts": [{"id": "T1", "kind": "exam_report", "language": "zh", "content": REPORT}],
        "labels": [label],
        "annotations": [nodule, span("S1", "低回声结节", "sign"), span("S2", "TI-RADS 5类", "diagnosis")],
        "links": [link | {"semantic_type": "diagnosis", "consistency": "consistent"}],
        "reviews": [review],
        "metadata": {"annotator": "R1", "reviewer": "R2", "timestamps": {"end": "2026-01-08T09:40:00+08:00"}},
    }
    (folder / "case.json").write_bytes(strict_json.dumps(case))
    return read_case(folder / "case.json")


def test_the_example_of_the_specification_goes_out_and_comes_back_equal(tmp_path: Path) -> None:
    loaded = thyroid(tmp_path)
    losses = registry.write([loaded], tmp_path / "sr.dcm", format="dicom-sr", images=[tmp_path / "images"])
    (reading,) = registry.read([tmp_path / "sr.dcm"], format="dicom-sr")
    assert strict_json.plain(reading.case) == strict_json.plain(loaded.case)
    assert {loss.kind for loss in losses} <= {LossKind.CARRIED, LossKind.UNCODED}
    assert not list(reading.losses)
    assert peers.dciodvfy_errors(tmp_path / "sr.dcm") == []


def test_what_others_read_of_it_is_coded_and_on_its_frame(tmp_path: Path) -> None:
    registry.write(
        [thyroid(tmp_path)], tmp_path / "sr.dcm", format="dicom-sr", images=[tmp_path / "images"], plain=True
    )
    report = pydicom.dcmread(tmp_path / "sr.dcm")
    assert (report.VerificationFlag, report.CompletionFlag) == ("VERIFIED", "COMPLETE")
    (observer,) = report.VerifyingObserverSequence
    assert (observer.VerifyingObserverName, observer.VerificationDateTime) == ("R2", "20260108094000+0800")
    (group,) = report.ContentSequence[-1].ContentSequence
    found = {one.ConceptNameCodeSequence[0].CodeMeaning: one for one in group.ContentSequence}
    grade = found["TI-RADS"].ConceptCodeSequence[0]
    assert (grade.CodeValue, grade.CodingSchemeDesignator) == ("TR5", "99TIRADS")
    assert found["Finding"].ConceptCodeSequence[0].CodeValue == "237495005"
    region = found["Image Region"]
    assert region.ContentSequence[0].ReferencedSOPSequence[0].ReferencedFrameNumber == 12
    assert np.reshape(region.GraphicData, (-1, 2)).tolist() == [*CONTOUR, CONTOUR[0]]
    assert group.ObservationDateTime == "20260108093000+0800"
    (reading,) = registry.read([tmp_path / "sr.dcm"], format="dicom-sr")
    (nodule,) = strict_json.plain(reading.case)["annotations"]
    assert (nodule["polygon"], nodule["frame_index"]) == (CONTOUR, 11)
    assert reading.case.reviews is not None
    assert reading.case.reviews[0].reviewer == "R2"


@pytest.mark.parametrize(
    ("kind", "modality"),
    [(VLPhotographicImageStorage, "XC"), (DigitalXRayImageStorageForPresentation, "DX"), (CTImageStorage, "CT")],
)
def test_a_single_image_without_a_place_needs_no_frame_of_reference(kind: str, modality: str, tmp_path: Path) -> None:
    uid = picture(tmp_path / "images" / "one.dcm", kind, modality)
    common = {"category": "lesion", "label_code": "NODULE"}
    boxes = [{"id": "B", **common, "type": "bbox", "bbox": [10.0, 8.0, 30.5, 22.0]}]
    boxes.append({"id": "P", **common, "type": "polygon", "polygon": CONTOUR})
    image = {"uid": uid, "modality": modality, "shape": [128, 96, 1], "coordinate_frame": "NONE"}
    times = {"timestamps": {"end": "2026-01-08T09:40:00+08:00"}}
    (tmp_path / "case.json").write_bytes(
        strict_json.dumps({"task_id": "T", "image": image, "annotations": boxes, "metadata": times})
    )
    loaded = read_case(tmp_path / "case.json")
    registry.write([loaded], tmp_path / "sr.dcm", format="dicom-sr", images=[tmp_path / "images"], plain=True)
    assert peers.dciodvfy_errors(tmp_path / "sr.dcm") == []
    (reading,) = registry.read([tmp_path / "sr.dcm"], format="dicom-sr")
    assert strict_json.plain(reading.case)["annotations"] == boxes


def test_a_range_of_frames_is_one_region_on_all_of_them(tmp_path: Path) -> None:
    uid = picture(tmp_path / "images" / "us.dcm", UltrasoundMultiFrameImageStorage, "US", frames=30)
    box = {"id": "B", "category": "lesion", "label_code": "NODULE", "type": "bbox", "bbox": [10.0, 8.0, 30.5, 22.0]}
    box |= {"frame_index": 4, "last_frame_index": 7}
    image = {"uid": uid, "modality": "US", "shape": [128, 96, 30], "coordinate_frame": "NONE"}
    times = {"timestamps": {"end": "2026-01-08T09:40:00+08:00"}}
    (tmp_path / "case.json").write_bytes(
        strict_json.dumps({"task_id": "T", "image": image, "annotations": [box], "metadata": times})
    )
    loaded = read_case(tmp_path / "case.json")
    registry.write([loaded], tmp_path / "sr.dcm", format="dicom-sr", images=[tmp_path / "images"], plain=True)
    (reading,) = registry.read([tmp_path / "sr.dcm"], format="dicom-sr")
    assert strict_json.plain(reading.case)["annotations"] == [box]
