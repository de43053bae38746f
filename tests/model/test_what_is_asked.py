"""What standards, tools and clauses ask of the model: each has a key, a member or a rule, or is declined in words."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml
from pydicom.sr._cid_dict import cid_concepts
from pydicom.sr.codedict import codes

from annoconv import rules
from annoconv.documents import strict_json
from annoconv.findings import Level
from tests.model.validators import EXAMPLES

ROOT = EXAMPLES.parents[1]
SCHEMA = strict_json.loads((ROOT / "generated/annoconv_model/annoconv.schema.json").read_bytes())
ANSWERS: dict[str, str] = {
    # Measurement and evaluation: TID 1410, 1411, 300, 1419, 1501; FHIR Observation; A 9.2 e, 10.1.2 c, 8.2.2 e, A.3.2
    "measurement": "MaskAnnotation.measurements Measurement.concept Measurement.value Measurement.unit",
    "how it was measured": "Measurement.derivation Measurement.method Measurement.geometry_ids Measurement.algorithm",
    "normal range and significance": "Measurement.normal_low Measurement.normal_high Measurement.interpretations",
    "coded value and its basis": "MaskAnnotation.evaluations QualitativeEvaluation.concept QualitativeEvaluation.value"
    " QualitativeEvaluation.basis",
    "plain attributes coded by definition": "AttributeDefinition.concept AttributeDefinition.permissible_values"
    " PermissibleValue.value PermissibleValue.title_zh PermissibleValue.concept A-10.1.2.value_not_permitted",
    "finding site": "MaskAnnotation.finding_site FindingSite.region FindingSite.laterality FindingSite.modifiers",
    # Identity over time: DICOM 112039, 112040; TID 1502; CVAT and MOT tracks; FHIR ImagingStudy
    "tracking": "MaskAnnotation.tracking_uid MaskAnnotation.tracking_id A-8.2.2e.tracking_pair",
    "frame ranges and key frames": "BboxAnnotation.frame_index BboxAnnotation.last_frame_index"
    " BboxAnnotation.is_key_frame A-9.3.1a.last_frame",
    "patient": "Case.patient_id Case.subject Subject.sex Subject.age Subject.height Subject.weight",
    "studies": "Case.studies Study.study_instance_uid Study.started_at Study.accession_number Study.time_point"
    " A-6.3.2.study_unlisted A-6.3.2.study_order",
    "studies without dates": "Study.days_from_baseline A-6.3.2.baseline_days",
    "split": "Case.split Split.train Split.validation Split.test A-9.4.1.patient_in_two_splits",
    # Place: RTSTRUCT, SCOORD3D, ANN, LUNA16, OBB of YOLO and CVAT
    "contours in mm": "ContoursAnnotation.contours Contour.geometric_type Contour.points Contour.sop_instance_uid"
    " ContoursAnnotation.frame_of_reference_uid ContoursAnnotation.coordinate_space CoordinateSpace.patient",
    "kind of region in a plan": "Label.rt_roi_type RtRoiType.GTV RtRoiType.CTV RtRoiType.PTV "
    "RtRoiType.EXTERNAL RtRoiType.ORGAN",
    "instances": "Image.instances ImageInstance.sop_instance_uid ImageInstance.sop_class_uid"
    " ImageInstance.image_position_patient A-7.2e.instance_count A-7.2e.positions_not_ascending"
    " A-7.2c.spacing_not_median A-7.2d.origin_not_first",
    "holes and parts": "PolygonAnnotation.holes PolygonAnnotation.parts PolygonPart.polygon PolygonPart.holes"
    " A-6.5.1a.hole_outside A-6.5.1a.parts_overlap",
    "keypoints": "KeypointsAnnotation.keypoints Keypoint.name Keypoint.visibility KeypointVisibility.absent"
    " Label.keypoints Label.skeleton Label.flip_pairs A-10.1.2.keypoints_of_label",
    "turned boxes, spheres, numbers": "OrientedBoxAnnotation.size EllipsoidAnnotation.radii Label.number",
    # Meaning: FHIR, i2b2, LVIS; A A.3.3, 5.4
    "presence": "MaskAnnotation.assertion Assertion.present Assertion.absent Assertion.possible Assertion.hypothetical"
    " Assertion.historical Assertion.other_subject Assertion.not_evaluated A-A.3.3.absent_and_present",
    "what was looked for": "Case.annotated_labels A-A.3.3.not_evaluated",
    "readers and consensus": "MaskAnnotation.status MaskAnnotation.derived_from AnnotationStatus.preliminary"
    " AnnotationStatus.final AnnotationStatus.superseded AnnotationStatus.rejected A-9.3.1c.final_twice"
    " A-9.3.1c.superseded_by_none",
    "relations": "RelationLink.source_id RelationLink.target_id RelationLink.relation RelationLink.concept"
    " MaskAnnotation.parent_id A-3.3.reference_unknown A-3.3.reference_cycle",
    "entities and sections of texts": "SemanticType.anatomy SemanticType.measurement SemanticType.grade"
    " SemanticType.comparison SemanticType.history SemanticType.technique SemanticType.other TextDocument.sections"
    " TextSection.title TextSection.concept TextSection.start TextSection.end A-8.5.2a.quote_differs",
    "scope": "AttributeAnnotation.scope AnnotationScope.case AnnotationScope.study AnnotationScope.image"
    " AnnotationScope.object",
    "private keys": "MaskAnnotation.extensions Image.extensions Case.extensions A-8.2.2e.extension_namespace",
    # Images: A 7.2, 8.2.2 d, A.5 a
    "image context": "Image.sequence Image.body_part Image.laterality Image.view_position Image.equipment"
    " Image.derived_from Image.specimen_id Image.stain Appearance.sequence",
    "nonconformances": "Image.nonconformances Nonconformance.requirement DataRequirement.structure"
    " DataRequirement.direction DataRequirement.spacing DataRequirement.origin DataRequirement.continuity"
    " DataRequirement.pixel_values DataRequirement.quality DataRequirement.registration",
    "four dimensions": "Image.temporal_positions Image.frame_times_ms Image.annotated_frames TaskDefinition.frame_rule"
    " A-7.2e.frame_time_count A-7.2e.frame_times_not_ascending A-7.2e.frame_range",
    "slides": "Image.pyramid PyramidLevel.downsample",
    "images without a place": "A-C.2.shape_missing",
    # Who and what: highdicom, A 3.4, A.3.6, 10.1.4, 11.3.1
    "agents": "Agent.kind AgentKind.person AgentKind.organization AgentKind.device Agent.roles Agent.algorithm",
    "algorithms": "Algorithm.manufacturer Algorithm.family Algorithm.model_id",
    "fractions and digests": "MaskAnnotation.fractional_type FractionalType.PROBABILITY FractionalType.OCCUPANCY"
    " MaskAnnotation.sha256 A-6.4.1.fractional_type A-10.1.5.mask_digest",
    "audit": "AuditAction.login AuditAction.read AuditAction.assign AuditAction.submit AuditAction.return",
    "reviews and findings by annotation": "Review.annotation_ids Review.reviewed_version QcFinding.annotation_ids"
    " QcFinding.suggestion QcFinding.confidence QcFinding.made_by",
    "suggestions that wait": "A-3.4.suggestion_open A-3.4.unconfirmed A-3.4.assistance_differs",
    # Levels: A.5 b and c, 6.3.2, 11.1.1, 11.2.1, 11.4.2, 9.4.2
    "package": "Package.sources Package.deidentification Package.agreement Package.validations Package.license"
    " Package.retention_until",
    "exclusions": "Package.exclusions Exclusion.case_id Exclusion.reason Exclusion.note"
    " ExclusionReason.association_failed",
    "problems of association": "Package.association_problems AssociationProblem.kind AssociationProblem.handling"
    " AssociationRule.missing_handling",
    "security, backup, archive": "Package.security_level Package.security_measures Package.backup"
    " BackupPolicy.retention Destruction.kind DisposalKind.archive",
    "validation reports": "ValidationRecord.report_file ValidationRecord.qualification",
    # Records and tasks: FHIR Quantity; 9.1.1 and its note 2, 9.2, A.2.2, A.3.2, A.3.3
    "clinical values": "ClinicalField.comparator QuantityComparator.lt QuantityComparator.le QuantityComparator.ge"
    " QuantityComparator.gt ClinicalField.value_concept ClinicalField.absent_reason A-8.5.3a.value_missing"
    " Measurement.comparator Measurement.absent_reason A-9.2.measurement_value",
    "metrics": "AgreementMetric.conformity AgreementMetric.precision AgreementMetric.recall AgreementMetric.sensitivity"
    " AgreementMetric.specificity AgreementMetric.accuracy AgreementMetric.auc AgreementMetric.f1"
    " TaskDefinition.metrics",
    "quality plan": "TaskDefinition.sampling SamplingPlan.proportion SamplingPlan.decision_rule",
    "kinds of error": "AgreementRecord.error_kinds AgreementRecord.needs_dedicated_review",
    "fields of reports and their basis": "TaskDefinition.fields AttributeDefinition.basis AttributeDefinition.unit",
    # Tables: CID 29, CID 7150, registrations
    "images": "Modality.BMD Modality.OPTENF Modality.OPTBSV Modality.OPM Modality.TG Modality.RTIMAGE Modality.PA"
    " Modality.CFM Modality.DG Modality.BI Modality.LS Modality.OSS Modality.BDUS Modality.RTDOSE Modality.OT",
    "waveforms": "Modality.ECG Modality.EEG Modality.EMG Modality.HD Modality.RESP Modality.EPS",
    "categories": "AnnotationCategory.body_substance AnnotationCategory.function AnnotationCategory.spatial"
    " AnnotationCategory.cell AnnotationCategory.artefact AnnotationCategory.event",
    "modifiers and versions of codes": "Label.concept_modifiers FindingSite.modifiers Concept.version",
    "registrations": "RegistrationKind.rigid_scale Registration.fixed_frame_of_reference_uid"
    " Registration.moving_frame_of_reference_uid Registration.matrix Registration.post_matrix"
    " RegistrationCheck.rotation_degrees A-8.5.1b.end_missing",
    # Says twice, must agree
    "said twice": "A-8.3b.granularity A-C.3.category_of_label A-3.4.assistance_differs A-10.1.6.model_differs"
    " A-8.5.3c.interval A-8.5.3b.field_differs A-8.5.1c.deviation_differs A-9.3.1b.reviewer_differs"
    " A-8.5.2a.not_an_end",
}
"""What is asked, and the keys, members and rules that answer it."""

SAID: dict[str, str] = {
    "MaskAnnotation.status": "takes those that are final only",
    "MaskAnnotation.assertion": "takes those that are present only",
    "AnnotationCategory.fusion": "a kind of task rather than of thing",
    "AnnotationCategory.report": "where it is no organ and no lesion",
    "AnnotationCategory.text_image": "where it is no organ and no lesion",
    "Image.pyramid": "pixel coordinates are those of the finest one",
    "Registration.matrix": "applied to the point before the field",
    "Registration.post_matrix": "after the field",
}
"""What a description has to say for whoever reads a case."""

DECLINED: dict[str, str] = {
    "standard deviation of a measurement": "standard deviation of a measurement (its derivation says it)",
    "meaning of a concept in Chinese": "Meanings of a concept in Chinese (names stand in the label system)",
    "channels, focal planes": "Channels and focal planes of slides, discontinuous spans",
    "a record of each association in the case": "Association problems stand on the package",
    "a list of measures for each security level": "Measures per security level are words",
    "image of a contour": "A contour names its instance, which the image's list has",
    "image made optional": "An image stays required of a case without one",
    "deviation and checks, defects and findings": "Two pairs that may differ have no rule",
    "links named from both sides": "A link need not be named from both sides",
    "one study in a case": "Several studies in a case are allowed",
}
"""What is asked and left out, and the words of the changelog's design notes that say why."""


def _is_there(name: str) -> bool:
    """Tell whether a key, a member or a rule is there."""
    if name in rules.catalogue():
        return True
    one, _, key = name.partition(".")
    defined: dict[str, Any] = SCHEMA if one == "Case" else SCHEMA["$defs"].get(one, {})
    return key in defined.get("properties", ()) or key in defined.get("enum", ())


@pytest.mark.parametrize("asked", ANSWERS)
def test_what_is_asked_has_its_key_member_or_rule(asked: str) -> None:
    assert [name for name in ANSWERS[asked].split() if not _is_there(name)] == []


@pytest.mark.parametrize("name", SAID)
def test_a_description_says_what_readers_must_know(name: str) -> None:
    one, _, key = name.partition(".")
    defined = SCHEMA["$defs"][one]
    told = defined["properties"][key]["description"] if "properties" in defined else defined["x-descriptions"][key]
    assert SAID[name] in told


@pytest.mark.parametrize("asked", DECLINED)
def test_what_is_left_out_is_declined_in_words(asked: str) -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    _, _, notes = changelog.partition("### Design notes of the model")
    assert DECLINED[asked] in re.sub(r"\s+", " ", notes)


def test_every_modality_of_dicom_is_one() -> None:
    every = {getattr(codes.DCM, name).value for name in cid_concepts[29]["DCM"]}
    assert every | {"RTDOSE", "OT"} == set(SCHEMA["$defs"]["Modality"]["enum"])


@pytest.mark.parametrize("name", ["A-3.4.suggestion_open", "A-3.4.unconfirmed", "A-3.3.reference_unknown"])
def test_an_open_rejected_or_unknown_suggestion_is_an_error_in_delivery(name: str) -> None:
    assert rules.catalogue()[name].levels["delivery"] is Level.ERROR


def test_pet_ct_is_told_as_two_images_with_their_registration() -> None:
    case = strict_json.loads((EXAMPLES / "valid" / "pet-ct.json").read_bytes())
    images = {each["modality"]: each["uid"] for each in (case["image"], *case["related_images"])}
    assert set(images) == {"PT", "CT"}
    (registration,) = case["registrations"]
    assert {registration["fixed_image_uid"], registration["moving_image_uid"]} == set(images.values())


@pytest.mark.parametrize("row", ["A-3.3", "A-3.4", "A-8.5.1b", "A-B.3"])
def test_a_row_of_the_conformance_table_cites_its_tests_and_commands(row: str) -> None:
    listed = yaml.safe_load((ROOT / "model" / "conformance.yaml").read_text("utf-8"))
    (found,) = (each for section in listed["sections"] for each in section["rows"] if each["id"] == row)
    assert found["status"] == "done"
    assert found["tests"]
    assert found["commands"]
