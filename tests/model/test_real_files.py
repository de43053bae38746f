"""Every kind of leaf of the real reports and structure sets has its key in the model, or a reason why it has none.

An example says what the file says, in texts and UIDs of our own; here the file is walked, and each kind of leaf that it
has is looked up. A place is a path of keys that the example has; whatever has a blank in it is a reason.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pydicom
import pytest

from tests.model.validators import EXAMPLES
from tests.real_data import real

EXAMPLE_OF = {
    "sr/dcmqi_tid1500/sr.dcm": "real-sr-pet-of-a-tumour",
    "sr/highdicom/sr_document.dcm": "real-sr-circle-and-its-area",
    "sr/dcmjs/sample-sr.dcm": "real-sr-long-and-short-axis",
    "sr/dicom_json_hl7/Example-MeasurementReport.json": "real-sr-nodule-with-scores",
    "rtstruct/pydicom/rtstruct.dcm": "real-rtstruct-of-a-phantom",
}
REASONS = {
    "the file's own, made anew when a file is written": [
        "SOPClassUID", "SOPInstanceUID", "SeriesInstanceUID", "SeriesNumber", "InstanceNumber", "Modality",
        "InstanceCreationDate", "InstanceCreationTime", "InstanceCreatorUID", "SpecificCharacterSet", "SeriesDate",
        "SeriesTime", "ROINumber", "ReferencedROINumber", "ObservationNumber", "ContourNumber", "NumberOfContourPoints",
    ],
    "form of the report, the same in every one": [
        "ValueType", "ContinuityOfContent", "MappingResource", "TemplateIdentifier",
        "CONTAINER Image Library", "CONTAINER Image Library Group", "CONTAINER Imaging Measurements",
        "CONTAINER Measurement Group", "MappingResourceUID",
    ],
    "tells who the patient or the staff is": [
        "PatientName", "PatientBirthDate", "OtherPatientNames", "DeviceSerialNumber", "StationName",
        "LocalNamespaceEntityID", "UniversalEntityID", "UniversalEntityIDType", "IssuerOfPatientID",
    ],
    "a concept names its scheme; who registered the scheme is looked up there": [
        "CodingSchemeName", "CodingSchemeUID", "CodingSchemeResponsibleOrganization",
    ],
    "private elements of another tool": ["(0013,0010)", "(0013,1010)", "(0013,1013)"],
    "an image has one time, that of its acquisition": ["DATE Content Date", "TIME Content Time"],
    "the direction matrix is in the patient's frame however the patient lay": ["PatientPosition"],
    "coordinates are always those of the whole image": ["PixelOriginInterpretation"],
}  # fmt: skip
PLACES = {
    "patient_id": ["PatientID"],
    "subject.sex": ["PatientSex"],
    "subject.age": ["PatientAge"],
    "subject.weight": ["PatientWeight"],
    "studies.study_instance_uid": ["StudyInstanceUID"],
    "studies.study_id": ["StudyID"],
    "studies.accession_number": ["AccessionNumber"],
    "studies.started_at": ["StudyDate", "StudyTime", "DATE Study Date", "TIME Study Time"],
    "studies.time_point": ["TEXT Time Point"],
    "studies.description": ["StudyDescription"],
    "studies.procedures.code": ["CODE Procedure reported"],
    "image.uid": ["UIDREF Source series for image segmentation", "UIDREF Source series for segmentation"],
    "image.modality": ["CODE Modality"],
    "image.acquired_at": ["DATE Acquisition Date", "TIME Acquisition Time"],
    "image.shape": ["NUM Pixel Data Columns", "NUM Pixel Data Rows"],
    "image.frame_of_reference_uid": ["UIDREF Frame of Reference UID", "FrameOfReferenceUID"],
    "image.instances.sop_instance_uid": ["IMAGE", "IMAGE Source Image"],
    "image.acquisition_context.value": ["CODE Radionuclide", "CODE Radiopharmaceutical agent"],
    "annotations.id": ["ReferencedSOPClassUID", "ReferencedSOPInstanceUID"],
    "annotations.label_code": ["CODE Finding", "ROIName", "ROIObservationLabel"],
    "labels.concept_category": ["CODE Finding category"],
    "labels.rt_roi_type": ["RTROIInterpretedType"],
    "labels.color_rgb": ["ROIDisplayColor"],
    "annotations.tracking_id": ["TEXT Tracking Identifier"],
    "annotations.tracking_uid": ["UIDREF Tracking Unique Identifier"],
    "annotations.session": ["TEXT Activity Session"],
    "annotations.finding_site.region": ["CODE Finding Site"],
    "annotations.finding_site.modifiers": ["CODE Topographical Modifier"],
    "annotations.segmentation.sop_instance_uid": ["IMAGE Referenced Segment"],
    "annotations.segment_number": ["ReferencedSegmentNumber"],
    "annotations.center": ["SCOORD Image Region"],
    "annotations.polyline": ["SCOORD"],
    "annotations.contours.points": ["ContourData"],
    "annotations.contours.geometric_type": ["ContourGeometricType"],
    "annotations.frame_of_reference_uid": ["ReferencedFrameOfReferenceUID"],
    "annotations.note": ["ROIDescription", "ROIObservationDescription"],
    "annotations.algorithm_type": ["ROIGenerationAlgorithm"],
    "annotations.measurements.value": ["ROIVolume", "ROIPhysicalPropertyValue"],
    "annotations.measurements.concept.code": ["ROIPhysicalProperty", "CodeValue"],
    "annotations.measurements.concept.scheme": ["CodingSchemeDesignator"],
    "annotations.measurements.concept.meaning": ["CodeMeaning"],
    "annotations.measurements.method": ["CODE Measurement Method"],
    "annotations.measurements.derivation": ["CODE Derivation"],
    "annotations.measurements.value_map": ["COMPOSITE Real World Value Map used for measurement"],
    "annotations.measurements.algorithm.name": ["TEXT Algorithm Name"],
    "annotations.measurements.algorithm.version": ["TEXT Algorithm Version"],
    "annotations.measurements.interpretations.value": ["CODE Normality", "CODE Level of Significance"],
    "annotations.evaluations.value": ["CODE Subtlety score", "CODE Malignancy"],
    "annotations.status": ["PreliminaryFlag"],
    "studies.procedures.version": ["CodingSchemeVersion"],
    "reviews.at": ["VerificationDateTime"],
    "reviews.reviewer": ["VerifyingObserverName"],
    "metadata.qc.status": ["VerificationFlag", "CompletionFlag"],
    "metadata.agents.organization": ["InstitutionalDepartmentName", "VerifyingOrganization"],
    "metadata.annotator": ["OperatorsName", "PNAME Person Observer Name", "TEXT Person Observer Name"],
    "metadata.agents.kind": ["CODE Observer Type"],
    "metadata.agents.id": ["UIDREF Device Observer UID", "DeviceUID"],
    "metadata.institution": ["InstitutionName"],
    "metadata.title": ["SeriesDescription", "StructureSetLabel", "StructureSetName"],
    "metadata.language": ["CODE Language of Content Item and Descendants", "CODE Country of Language"],
    "metadata.software.name": ["ManufacturerModelName", "Manufacturer"],
    "metadata.software.version": ["SoftwareVersions"],
    "metadata.timestamps.end": ["ContentDate", "ContentTime", "StructureSetDate", "StructureSetTime"],
    "metadata.deidentification.rule_set": ["PatientIdentityRemoved", "DeidentificationMethod"],
    "metadata.sources.data_use_terms": ["ContentQualification", "ImageComments"],
}
NOTHING = {("sr/highdicom/sr_document.dcm", "PatientWeight"): "0 kg is no weight"}
WHERE = {leaf: place for table in (REASONS, PLACES) for place, leaves in table.items() for leaf in leaves}


@pytest.mark.parametrize("path", EXAMPLE_OF)
def test_every_leaf_of_a_real_file_has_its_key(path: str) -> None:
    case = json.loads((EXAMPLES / "valid" / f"{EXAMPLE_OF[path]}.json").read_bytes())
    assert "extensions" not in case
    said = set(keys_of(case))
    lacking = {}
    for leaf in sorted(set(_leaves(_read(real(path))))):
        place = (
            NOTHING.get((path, leaf))
            or WHERE.get(leaf)
            or ("annotations.measurements.value" if leaf.startswith("NUM ") else None)
        )
        if place is None or (" " not in place and place not in said):
            lacking[leaf] = place
    assert lacking == {}


def keys_of(node: Any, path: str = "") -> Iterator[str]:
    """Yield the paths of keys of a document, without the places in lists."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield from (f"{path}{key}", *keys_of(value, f"{path}{key}."))
    elif isinstance(node, list):
        for each in node:
            yield from keys_of(each, path)


def _read(path: Path) -> pydicom.Dataset:
    if path.suffix == ".dcm":
        return pydicom.dcmread(path, force=True)
    document = json.loads(path.read_bytes(), object_hook=_listed)
    with pydicom.config.disable_value_validation():  # one UID has 66 characters
        return pydicom.Dataset.from_json(document[0] if isinstance(document, list) else document)


def _listed(element: dict[str, Any]) -> dict[str, Any]:
    """Mend what the file writes against PS3.18 F.2.2: one value that is no list."""
    if "vr" in element and "Value" in element and not isinstance(element["Value"], list):
        return element | {"Value": [element["Value"]]}
    return element


def _leaves(item: pydicom.Dataset) -> Iterator[str]:
    """Yield what a data set says: content items by value type and name, other elements by keyword; empty ones not."""
    if "ContentSequence" in item or "RelationshipType" in item:
        names = item.get("ConceptNameCodeSequence")
        if "RelationshipType" in item:
            yield f"{item.ValueType} {names[0].CodeMeaning}" if names else str(item.ValueType)
        for inner in item.get("ContentSequence", []):
            yield from _leaves(inner)
    for element in item:
        if element.VR == "SQ" and element.keyword != "ContentSequence":
            for inner in element.value:
                yield from _leaves(inner)
        elif element.VR != "SQ" and element.value not in (None, "") and not _of_content_item(item, element.keyword):
            yield element.keyword or str(element.tag)


def _of_content_item(item: pydicom.Dataset, keyword: str) -> bool:
    """Return whether an element is the value of a content item, which its name stands for."""
    values = {"RelationshipType", "TextValue", "PersonName", "UID", "Date", "Time", "GraphicData", "GraphicType"}
    return keyword in values or (
        keyword in ("NumericValue", "FloatingPointValue") and "MeasurementUnitsCodeSequence" in item
    )
