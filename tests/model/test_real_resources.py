"""Every kind of leaf of the real FHIR resources has its key in the model, or a reason why it has none.

As for DICOM in `test_real_files.py`: the longest beginning of a leaf's path that the tables hold says where it stands.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.model.test_real_files import keys_of
from tests.model.validators import EXAMPLES
from tests.real_data import real

EXAMPLE_OF = {
    "fhir/r5_imagingselection/imagingselection-example-3d-image-region-selection.xml": "real-fhir-region-in-space",
    "fhir/r4/ImagingStudy-example.json": "real-fhir-study-report-and-mass",
    "fhir/r4/DiagnosticReport-ultrasound.json": "real-fhir-study-report-and-mass",
    "fhir/r4/BodyStructure-tumor.json": "real-fhir-study-report-and-mass",
    "fhir/r4/Media-xray.json": "real-fhir-study-report-and-mass",
    "fhir/r4/Observation-656.json": "real-fhir-observations-and-provenance",
    "fhir/r4/Provenance-example.json": "real-fhir-observations-and-provenance",
    "fhir/r4/patient-example-chinese.json": "real-fhir-observations-and-provenance",
    "fhir/r5/observation-example.json": "real-fhir-observations-and-provenance",
}
REASONS = {
    "the resource's own, made anew when one is written": [
        "ImagingSelection.id", "ImagingStudy.id", "DiagnosticReport.id", "BodyStructure.id", "Media.id",
        "Media.content.id", "Observation.id", "Provenance.id", "Provenance.agent.id", "Patient.id", "Patient.meta",
        "ImagingSelection.identifier", "ImagingSelection.derivedFrom",
        "BodyStructure.identifier", "Observation.identifier", "Patient.active",
    ],
    "a constant of the resource": [
        "ImagingStudy.status", "ImagingStudy.identifier.system", "Media.status", "DiagnosticReport.category",
        "Observation.category", "ImagingSelection.instance.imageRegion3D.regionType",
    ],
    "the lists count themselves and keep the order": [
        "ImagingStudy.numberOfSeries", "ImagingStudy.numberOfInstances", "ImagingStudy.series.number",
        "ImagingStudy.series.numberOfInstances", "ImagingStudy.series.instance.number",
    ],
    "leads out of a case, which holds no addresses": [
        "BodyStructure.image.url", "Media.content.url", "Media.encounter", "Observation.encounter",
        "Provenance.location", "DiagnosticReport.media.link.display",
        "Media.basedOn.identifier.system", "Media.basedOn.identifier.assigner",
    ],
    "tells who the patient is": [
        "Patient.address", "Patient.birthDate", "Patient.identifier", "Patient.managingOrganization", "Patient.name",
        "Patient.telecom", "Patient.deceasedBoolean",
    ],
    "records of a case are final": ["Observation.status"],
    "the patient who blew": ["Observation.performer"],
}  # fmt: skip
PLACES = {
    "patient_id": [
        f"{name}.{key}"
        for key in ("subject", "patient")
        for name in ("ImagingSelection", "ImagingStudy", "DiagnosticReport", "BodyStructure", "Media", "Observation")
    ],
    "subject.sex": ["Patient.gender"],
    "subject.age": ["Observation.extension"],
    "studies.study_instance_uid": ["ImagingSelection.studyUid", "ImagingStudy.identifier"],
    "studies.started_at": ["ImagingStudy.started", "DiagnosticReport.effectiveDateTime"],
    "studies.accession_number": ["Media.basedOn"],
    "studies.procedures": ["DiagnosticReport.code"],
    "image.uid": ["ImagingSelection.seriesUid", "ImagingStudy.series.uid"],
    "image.modality": ["ImagingStudy.series.modality"],
    "image.description": ["ImagingStudy.series.description"],
    "image.body_part": ["ImagingStudy.series.bodySite"],
    "image.frame_of_reference_uid": ["ImagingSelection.frameOfReferenceUid"],
    "image.instances.sop_instance_uid": ["ImagingSelection.instance.uid", "ImagingStudy.series.instance.uid"],
    "image.instances.sop_class_uid": ["ImagingSelection.instance.sopClass", "ImagingStudy.series.instance.sopClass"],
    "related_images.modality": ["Media.modality"],
    "related_images.body_part": ["Media.bodySite"],
    "related_images.shape": ["Media.height", "Media.width"],
    "related_images.acquired_at": ["Media.createdDateTime", "Media.content.creation"],
    "related_images.files.media_type": ["Media.content.contentType", "BodyStructure.image.contentType"],
    "texts.content": ["DiagnosticReport.conclusion"],
    "texts.written_at": ["DiagnosticReport.issued"],
    "texts.image_uids": ["DiagnosticReport.media"],
    "labels.concept": ["BodyStructure.morphology"],
    "labels.name_en": ["BodyStructure.morphology.text", "ImagingSelection.code"],
    "annotations.finding_site.region": ["BodyStructure.location"],
    "annotations.center": ["ImagingSelection.instance.imageRegion3D.coordinate"],
    "annotations.note": ["BodyStructure.description", "DiagnosticReport.media.comment"],
    "annotations.status": ["ImagingSelection.status", "DiagnosticReport.status"],
    "annotations.annotator": ["DiagnosticReport.performer"],
    "clinical_records.fields.concept": ["Observation.code"],
    "clinical_records.fields.value": ["Observation.valueQuantity.value"],
    "clinical_records.fields.unit": ["Observation.valueQuantity"],
    "clinical_records.recorded_at": ["Observation.effectiveDateTime"],
    "metadata.agents.id": ["Provenance.agent.who"],
    "metadata.agents.kind": ["Provenance.agent.type"],
    "metadata.audit.at": ["Provenance.recorded"],
    "metadata.audit.target_id": ["Provenance.target"],
    "metadata.audit.note": ["Provenance.reason", "Provenance.entity"],
    "metadata.sources.approval": ["Provenance.policy"],
    "metadata.sources.collected_from": ["Provenance.occurredPeriod.start"],
    "metadata.sources.collected_to": ["Provenance.occurredPeriod.end"],
}
WHERE = {leaf: place for table in (REASONS, PLACES) for place, leaves in table.items() for leaf in leaves}


@pytest.mark.parametrize("path", EXAMPLE_OF)
def test_every_leaf_of_a_real_resource_has_its_key(path: str) -> None:
    case = json.loads((EXAMPLES / "valid" / f"{EXAMPLE_OF[path]}.json").read_bytes())
    assert "extensions" not in case
    said = set(keys_of(case))
    places = {leaf: _place(leaf) for leaf in _leaves(real(path))}
    assert {leaf for leaf, place in places.items() if " " not in place and place not in said} == set()


def _place(leaf: str) -> str:
    """Return what the tables say of the longest beginning of a leaf's path; nowhere, an empty text."""
    while leaf and leaf not in WHERE:
        leaf = leaf.rpartition(".")[0]
    return WHERE.get(leaf, "")


def _leaves(path: Path) -> set[str]:
    if path.suffix == ".json":
        document = json.loads(path.read_bytes())
        return set(
            _of_json(
                {key: one for key, one in document.items() if key not in ("resourceType", "text")},
                document["resourceType"],
            )
        )
    root = ElementTree.fromstring(path.read_bytes())
    return set(_of_xml(root, root.tag.rpartition("}")[2]))


def _of_json(node: Any, path: str) -> Iterator[str]:
    if isinstance(node, list):
        for each in node:
            yield from _of_json(each, path)
    elif isinstance(node, dict):
        for key, value in node.items():
            yield from _of_json(value, f"{path}.{key}")
    else:
        yield path


def _of_xml(element: ElementTree.Element, path: str) -> Iterator[str]:
    if "value" in element.attrib:
        yield path
    for inner in element:
        yield from _of_xml(inner, f"{path}.{inner.tag.rpartition('}')[2]}")
