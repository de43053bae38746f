"""What the classes of the model take when they are made, for type checkers only.

Generated from the LinkML model; never edited. A text stands for the member of an enumeration that it names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NotRequired, TypeAlias, TypedDict

from annoconv_model import models

__all__ = [
    "AgentKeys",
    "AgreementMonitoringKeys",
    "AgreementRecordKeys",
    "AlgorithmKeys",
    "AlignmentRuleKeys",
    "AnnotationKeys",
    "AppearanceKeys",
    "AssessmentKeys",
    "AssistanceDeviationKeys",
    "AssociationKeyKeys",
    "AssociationProblemKeys",
    "AssociationRuleKeys",
    "AttributeAnnotationKeys",
    "AttributeDefinitionKeys",
    "AuditEventKeys",
    "BackupPolicyKeys",
    "BboxAnnotationKeys",
    "CaseKeys",
    "ChangeRecordKeys",
    "ClinicalFieldKeys",
    "ClinicalRecordKeys",
    "ConceptKeys",
    "ContourKeys",
    "ContoursAnnotationKeys",
    "DataPreparationKeys",
    "DataSourceKeys",
    "DeidentificationRecordKeys",
    "DeliverableKeys",
    "DestructionKeys",
    "EllipseAnnotationKeys",
    "EllipsoidAnnotationKeys",
    "EquipmentKeys",
    "ExclusionKeys",
    "FindingSiteKeys",
    "FrameRangeKeys",
    "ImageKeys",
    "ImageFileKeys",
    "ImageImageLinkKeys",
    "ImageInstanceKeys",
    "ImageQualityKeys",
    "ImageStructuredLinkKeys",
    "ImageTextLinkKeys",
    "KeypointKeys",
    "KeypointsAnnotationKeys",
    "LabelKeys",
    "LabelSystemKeys",
    "LinkKeys",
    "MaskAnnotationKeys",
    "MeasurementKeys",
    "MetadataKeys",
    "MetricValueKeys",
    "ModelAssistanceKeys",
    "NonconformanceKeys",
    "OrientedBoxAnnotationKeys",
    "PackageKeys",
    "PackageFileKeys",
    "PartyTermsKeys",
    "PermissibleValueKeys",
    "PointAnnotationKeys",
    "PolygonAnnotationKeys",
    "PolygonPartKeys",
    "PolylineAnnotationKeys",
    "PreprocessingStepKeys",
    "PyramidLevelKeys",
    "QcFindingKeys",
    "QualitativeEvaluationKeys",
    "QualityControlKeys",
    "RegistrationKeys",
    "RegistrationCheckKeys",
    "RegistrationErrorKeys",
    "RelationLinkKeys",
    "ResamplingKeys",
    "ReviewKeys",
    "ReviewFindingKeys",
    "RoleDefinitionKeys",
    "SamplingPlanKeys",
    "SoftwareKeys",
    "SpotCheckKeys",
    "StudyKeys",
    "SubjectKeys",
    "TaskDefinitionKeys",
    "TextDocumentKeys",
    "TextSectionKeys",
    "TextSpanAnnotationKeys",
    "ThresholdKeys",
    "TimestampsKeys",
    "TraceEventKeys",
    "TransferKeys",
    "ValidationRecordKeys",
]

AnnotationCategory: TypeAlias = models.AnnotationCategory | Literal["organ", "lesion", "attribute", "fusion", "report", "text_image", "device", "tissue", "cell", "substance", "body_substance", "function", "spatial", "event", "artefact", "other"]
RtRoiType: TypeAlias = models.RtRoiType | Literal["EXTERNAL", "GTV", "CTV", "PTV", "TREATED_VOLUME", "IRRAD_VOLUME", "ORGAN", "AVOIDANCE", "BOLUS", "MARKER", "REGISTRATION", "ISOCENTER", "CONTRAST_AGENT", "CAVITY", "BRACHY_CHANNEL", "BRACHY_ACCESSORY", "BRACHY_SRC_APP", "BRACHY_CHNL_SHLD", "SUPPORT", "FIXATION", "DOSE_REGION", "CONTROL", "DOSE_MEASUREMENT"]
LabelLevel: TypeAlias = models.LabelLevel | Literal["system", "organ", "substructure", "feature"]
OrganType: TypeAlias = models.OrganType | Literal["solid", "hollow"]
Margin: TypeAlias = models.Margin | Literal["clear", "blurred"]
AttributeKind: TypeAlias = models.AttributeKind | Literal["morphology", "enhancement", "pathology_type", "grading", "temporal_change", "measurement", "other"]
Sex: TypeAlias = models.Sex | Literal["male", "female", "other", "unknown"]
Split: TypeAlias = models.Split | Literal["train", "validation", "test"]
Interpolation: TypeAlias = models.Interpolation | Literal["nearest", "linear", "cubic", "sinc", "other"]
ImageDefect: TypeAlias = models.ImageDefect | Literal["artefact", "motion_blur", "low_snr", "low_contrast", "low_resolution", "bias_field", "signal_dropout", "truncation", "burned_in_annotation", "other"]
DataRequirement: TypeAlias = models.DataRequirement | Literal["structure", "direction", "spacing", "origin", "continuity", "pixel_values", "quality", "registration"]
CoordinateFrame: TypeAlias = models.CoordinateFrame | Literal["LPS", "RAS", "SLIDE", "NONE"]
Modality: TypeAlias = models.Modality | Literal["CT", "MR", "PT", "NM", "US", "IVUS", "ES", "SM", "GM", "CR", "DX", "RG", "MG", "PX", "IO", "RF", "XA", "OCT", "OPT", "OP", "IVOCT", "XC", "DMS", "BMD", "BDUS", "PA", "TG", "DG", "LS", "OSS", "BI", "CFM", "OPM", "OPTENF", "OPTBSV", "OPV", "AR", "KER", "LEN", "OAM", "SRF", "VA", "RTIMAGE", "ECG", "EEG", "EMG", "EOG", "EPS", "HD", "RESP", "POS", "RTDOSE", "OT"]
Laterality: TypeAlias = models.Laterality | Literal["left", "right", "bilateral", "unilateral", "unpaired"]
Assertion: TypeAlias = models.Assertion | Literal["present", "absent", "possible", "hypothetical", "historical", "other_subject", "not_evaluated"]
AnnotationScope: TypeAlias = models.AnnotationScope | Literal["case", "study", "image", "object"]
AnnotationStatus: TypeAlias = models.AnnotationStatus | Literal["preliminary", "final", "superseded", "rejected"]
AlgorithmType: TypeAlias = models.AlgorithmType | Literal["manual", "semi_automatic", "automatic", "automatic_confirmed"]
CoordinateSpace: TypeAlias = models.CoordinateSpace | Literal["image", "patient"]
FractionalType: TypeAlias = models.FractionalType | Literal["PROBABILITY", "OCCUPANCY"]
ContourGeometricType: TypeAlias = models.ContourGeometricType | Literal["POINT", "OPEN_PLANAR", "OPEN_NONPLANAR", "CLOSED_PLANAR", "CLOSEDPLANAR_XOR"]
KeypointVisibility: TypeAlias = models.KeypointVisibility | Literal["visible", "hidden", "absent", "unlabelled"]
Granularity: TypeAlias = models.Granularity | Literal["image", "region", "boundary", "voxel"]
SemanticType: TypeAlias = models.SemanticType | Literal["sign", "anatomy", "measurement", "grade", "diagnosis", "attribute", "recommendation", "comparison", "history", "technique", "other"]
SpanLevel: TypeAlias = models.SpanLevel | Literal["sentence", "fragment"]
AbnormalMark: TypeAlias = models.AbnormalMark | Literal["blurred_boundary", "occluded", "artefact", "truncated", "uncertain"]
Consistency: TypeAlias = models.Consistency | Literal["consistent", "inconsistent", "uncertain"]
AssociationKeyKind: TypeAlias = models.AssociationKeyKind | Literal["case_id", "study_instance_uid", "series_instance_uid", "image_uid", "exam_time", "accession_number", "specimen_id", "other"]
RegistrationKind: TypeAlias = models.RegistrationKind | Literal["rigid", "rigid_scale", "affine", "b_spline", "demons", "syn", "other_nonlinear"]
MappingDirection: TypeAlias = models.MappingDirection | Literal["moving_from_fixed", "fixed_from_moving"]
RegistrationMeasure: TypeAlias = models.RegistrationMeasure | Literal["target_registration_error_mm", "fiducial_registration_error_mm", "surface_distance_mm", "hausdorff_mm", "dice", "mutual_information", "other"]
TextKind: TypeAlias = models.TextKind | Literal["exam_report", "pathology_summary", "structured_field", "follow_up", "discharge_summary", "question_answer", "other"]
ClinicalRecordKind: TypeAlias = models.ClinicalRecordKind | Literal["emr", "laboratory", "pathology", "demographics", "examination", "score", "follow_up", "other"]
FieldValueType: TypeAlias = models.FieldValueType | Literal["quantity", "number", "code", "text", "boolean", "ordinal"]
QuantityComparator: TypeAlias = models.QuantityComparator | Literal["lt", "le", "ge", "gt"]
AbsentReason: TypeAlias = models.AbsentReason | Literal["unknown", "not_asked", "not_performed", "not_applicable", "masked", "uncertain", "error", "too_small"]
PreprocessingKind: TypeAlias = models.PreprocessingKind | Literal["format_conversion", "artefact_removal", "deidentification", "resampling", "registration", "cropping", "intensity_correction", "other"]
DeidentificationScope: TypeAlias = models.DeidentificationScope | Literal["image_metadata", "pixel_data", "text", "structured_data"]
AssistanceOutcome: TypeAlias = models.AssistanceOutcome | Literal["pending", "accepted", "modified", "rejected"]
DeviationMeasure: TypeAlias = models.DeviationMeasure | Literal["boundary_offset_mm", "miss_rate", "over_marking_rate", "region_mismatch_rate", "dice", "iou"]
ReviewLevel: TypeAlias = models.ReviewLevel | Literal["self_check", "review", "arbitration"]
ReviewOutcome: TypeAlias = models.ReviewOutcome | Literal["passed", "revise", "disputed", "rejected"]
ReviewFindingKind: TypeAlias = models.ReviewFindingKind | Literal["boundary", "contour", "attribute", "missed", "false_positive", "inconsistent", "label", "other"]
AgreementScope: TypeAlias = models.AgreementScope | Literal["versions", "annotators", "modalities", "intra_annotator", "reference"]
AgreementMetric: TypeAlias = models.AgreementMetric | Literal["dice", "iou", "hd", "hd95", "assd", "nsd", "kappa", "fleiss_kappa", "icc", "pearson", "precision", "recall", "f1", "conformity", "sensitivity", "specificity", "accuracy", "auc"]
MetricStatus: TypeAlias = models.MetricStatus | Literal["defined", "both_empty", "reference_empty", "other_empty", "undefined"]
AssessmentDimension: TypeAlias = models.AssessmentDimension | Literal["conformance", "completeness", "plausibility", "traceability", "fitness"]
ValidationKind: TypeAlias = models.ValidationKind | Literal["cross_validation", "repeat_annotation", "expert_sampling", "reference_standard", "third_party", "model_validation"]
Severity: TypeAlias = models.Severity | Literal["minor", "moderate", "critical"]
QcFindingKind: TypeAlias = models.QcFindingKind | Literal["image_positioning", "image_rotation", "image_inspiration", "image_scapula_overlap", "image_field_of_view", "image_exposure", "image_motion", "image_artefact", "image_foreign_object", "image_marker", "image_noise", "report_omission", "report_contradiction", "report_laterality", "report_location", "report_measurement", "report_sex_mismatch", "report_age_mismatch", "report_modality_mismatch", "report_terminology", "report_typing", "report_unsupported", "other"]
AgentKind: TypeAlias = models.AgentKind | Literal["person", "organization", "device"]
QcStatus: TypeAlias = models.QcStatus | Literal["pending", "passed", "failed", "disputed"]
AuditAction: TypeAlias = models.AuditAction | Literal["create", "login", "read", "assign", "submit", "return", "model_suggestion", "manual_revision", "review", "confirm", "arbitrate", "freeze", "import", "export", "delete"]
AgentRole: TypeAlias = models.AgentRole | Literal["data_intake", "annotator", "reviewer", "qc", "arbiter", "admin", "model"]
TaskKind: TypeAlias = models.TaskKind | Literal["anatomy", "lesion", "fusion", "structured_report", "text_image"]
Geometry: TypeAlias = models.Geometry | Literal["mask", "bbox", "oriented_box", "polygon", "polyline", "point", "keypoints", "ellipse", "ellipsoid", "contours", "attribute", "text_span"]
DeliverableSide: TypeAlias = models.DeliverableSide | Literal["image", "text", "cross_modal", "grading", "other"]
AssociationGranularity: TypeAlias = models.AssociationGranularity | Literal["case", "study", "series", "lesion"]
Cardinality: TypeAlias = models.Cardinality | Literal["one_to_one", "one_to_many", "many_to_one", "many_to_many"]
ExclusionReason: TypeAlias = models.ExclusionReason | Literal["incomplete", "artefact", "low_resolution", "burned_in_marks", "duplicate", "association_failed", "other"]
AssociationProblemKind: TypeAlias = models.AssociationProblemKind | Literal["missing", "conflict", "time_inconsistent"]
DisposalKind: TypeAlias = models.DisposalKind | Literal["destruction", "archive"]
DataClassification: TypeAlias = models.DataClassification | Literal["public", "internal", "personal", "sensitive_personal", "important"]
SecurityLevel: TypeAlias = models.SecurityLevel | Literal["level_1", "level_2", "level_3", "level_4", "level_5"]
FileRole: TypeAlias = models.FileRole | Literal["annotation", "mask", "image", "text", "description", "task_definition", "label_system", "qc_record", "registration", "manifest", "audit_log", "other"]
TraceStage: TypeAlias = models.TraceStage | Literal["source", "annotation", "model_assistance", "quality_control", "delivery"]


class ConceptKeys(TypedDict):
    """Keys of `Concept`."""

    code: models.Identifier
    scheme: models.CodingScheme
    meaning: models.Name
    version: NotRequired[models.Name | None]


class FindingSiteKeys(TypedDict):
    """Keys of `FindingSite`."""

    region: models.Concept
    laterality: NotRequired[Laterality | None]
    modifiers: NotRequired[Sequence[models.Concept] | None]


class AppearanceKeys(TypedDict):
    """Keys of `Appearance`."""

    modality: Modality
    sequence: NotRequired[models.Name | None]
    description: models.Text


class PermissibleValueKeys(TypedDict):
    """Keys of `PermissibleValue`."""

    value: models.Name
    title_en: NotRequired[models.Name | None]
    title_zh: NotRequired[models.Name | None]
    concept: NotRequired[models.Concept | None]


class AttributeDefinitionKeys(TypedDict):
    """Keys of `AttributeDefinition`."""

    key: models.Key
    concept: NotRequired[models.Concept | None]
    kind: NotRequired[AttributeKind | None]
    title_en: NotRequired[models.Name | None]
    title_zh: NotRequired[models.Name | None]
    required: NotRequired[models.Flag | None]
    permissible_values: NotRequired[Sequence[models.PermissibleValue] | None]
    basis: NotRequired[models.Name | None]
    unit: NotRequired[models.Name | None]
    minimum: NotRequired[models.Number | None]
    maximum: NotRequired[models.Number | None]
    missing_code: NotRequired[models.Name | None]


class LabelKeys(TypedDict):
    """Keys of `Label`."""

    code: models.LabelCode
    number: NotRequired[models.ClassNumber | None]
    name_en: NotRequired[models.Name | None]
    name_zh: NotRequired[models.Name | None]
    category: NotRequired[AnnotationCategory | None]
    concept: NotRequired[models.Concept | None]
    concept_category: NotRequired[models.Concept | None]
    concept_modifiers: NotRequired[Sequence[models.Concept] | None]
    finding_site: NotRequired[models.FindingSite | None]
    rt_roi_type: NotRequired[RtRoiType | None]
    parent: NotRequired[models.LabelCode | None]
    level: NotRequired[LabelLevel | None]
    definition_en: NotRequired[models.Text | None]
    definition_zh: NotRequired[models.Text | None]
    histology: NotRequired[models.Text | None]
    function: NotRequired[models.Text | None]
    indication: NotRequired[models.Text | None]
    organ_type: NotRequired[OrganType | None]
    margin: NotRequired[Margin | None]
    appearances: NotRequired[Sequence[models.Appearance] | None]
    attributes: NotRequired[Sequence[models.AttributeDefinition] | None]
    keypoints: NotRequired[Sequence[models.Name] | None]
    skeleton: NotRequired[Sequence[Sequence[models.Index]] | None]
    flip_pairs: NotRequired[Sequence[Sequence[models.Index]] | None]
    synonyms: NotRequired[Sequence[models.Name] | None]
    color_rgb: NotRequired[Sequence[models.Octet] | None]


class ChangeRecordKeys(TypedDict):
    """Keys of `ChangeRecord`."""

    version: models.Version
    at: NotRequired[models.Timestamp | None]
    by: NotRequired[models.Identifier | None]
    reason: NotRequired[models.Text | None]
    description: models.Text


class LabelSystemKeys(TypedDict):
    """Keys of `LabelSystem`."""

    id: models.Identifier
    version: models.Version
    name_en: NotRequired[models.Name | None]
    name_zh: NotRequired[models.Name | None]
    labels: Sequence[models.Label]
    changes: NotRequired[Sequence[models.ChangeRecord] | None]


class SubjectKeys(TypedDict):
    """Keys of `Subject`."""

    sex: NotRequired[Sex | None]
    age: NotRequired[models.Age | None]
    height: NotRequired[models.PositiveReal | None]
    weight: NotRequired[models.PositiveReal | None]


class StudyKeys(TypedDict):
    """Keys of `Study`."""

    study_instance_uid: models.DicomUid
    study_id: NotRequired[models.Name | None]
    accession_number: NotRequired[models.Name | None]
    started_at: NotRequired[models.Timestamp | None]
    time_point: NotRequired[models.Name | None]
    days_from_baseline: NotRequired[models.Real | None]
    description: NotRequired[models.Name | None]
    procedures: NotRequired[Sequence[models.Concept] | None]
    subject: NotRequired[models.Subject | None]


class ImageInstanceKeys(TypedDict):
    """Keys of `ImageInstance`."""

    sop_instance_uid: models.DicomUid
    sop_class_uid: NotRequired[models.DicomUid | None]
    image_position_patient: NotRequired[Sequence[models.Real] | None]


class QualitativeEvaluationKeys(TypedDict):
    """Keys of `QualitativeEvaluation`."""

    concept: models.Concept
    value: models.Concept
    basis: NotRequired[models.Name | None]


class EquipmentKeys(TypedDict):
    """Keys of `Equipment`."""

    manufacturer: NotRequired[models.Name | None]
    model_name: NotRequired[models.Name | None]
    software_versions: NotRequired[Sequence[models.Name] | None]


class ResamplingKeys(TypedDict):
    """Keys of `Resampling`."""

    original_spacing: Sequence[models.PositiveReal]
    spacing: Sequence[models.PositiveReal]
    original_shape: NotRequired[Sequence[models.Count] | None]
    interpolation: NotRequired[Interpolation | None]


class AlgorithmKeys(TypedDict):
    """Keys of `Algorithm`."""

    name: models.Name
    version: NotRequired[models.Name | None]
    manufacturer: NotRequired[models.Name | None]
    family: NotRequired[models.Concept | None]
    model_id: NotRequired[models.Identifier | None]
    parameters: NotRequired[Mapping[models.Key, models.AttributeValue] | None]


class PreprocessingStepKeys(TypedDict):
    """Keys of `PreprocessingStep`."""

    kind: PreprocessingKind
    tool: NotRequired[models.Algorithm | None]
    at: NotRequired[models.Timestamp | None]
    by: NotRequired[models.Identifier | None]
    note: NotRequired[models.Text | None]


class ImageQualityKeys(TypedDict):
    """Keys of `ImageQuality`."""

    acceptable: models.Flag
    defects: NotRequired[Sequence[ImageDefect] | None]
    note: NotRequired[models.Text | None]


class NonconformanceKeys(TypedDict):
    """Keys of `Nonconformance`."""

    requirement: DataRequirement
    description: models.Text


class PyramidLevelKeys(TypedDict):
    """Keys of `PyramidLevel`."""

    shape: Sequence[models.Count]
    downsample: models.PositiveReal
    spacing: NotRequired[Sequence[models.PositiveReal] | None]
    magnification: NotRequired[models.PositiveReal | None]


class FrameRangeKeys(TypedDict):
    """Keys of `FrameRange`."""

    first: models.Index
    last: models.Index
    step: NotRequired[models.Count | None]


class ImageFileKeys(TypedDict):
    """Keys of `ImageFile`."""

    path: models.RelativePath
    sha256: NotRequired[models.Sha256 | None]
    media_type: NotRequired[models.MediaType | None]


class ImageKeys(TypedDict):
    """Keys of `Image`."""

    uid: models.Identifier
    modality: Modality
    description: NotRequired[models.Name | None]
    sequence: NotRequired[models.Name | None]
    body_part: NotRequired[models.Name | None]
    laterality: NotRequired[Laterality | None]
    view_position: NotRequired[models.Name | None]
    shape: NotRequired[Sequence[models.Count] | None]
    temporal_positions: NotRequired[models.Count | None]
    spacing: NotRequired[Sequence[models.PositiveReal] | None]
    origin: NotRequired[Sequence[models.Real] | None]
    direction: NotRequired[Sequence[Sequence[models.Cosine]] | None]
    coordinate_frame: NotRequired[CoordinateFrame | None]
    frame_of_reference_uid: NotRequired[models.DicomUid | None]
    study_instance_uid: NotRequired[models.DicomUid | None]
    instances: NotRequired[Sequence[models.ImageInstance] | None]
    acquired_at: NotRequired[models.Timestamp | None]
    slice_thickness: NotRequired[models.PositiveReal | None]
    version: NotRequired[models.Version | None]
    pixel_unit: NotRequired[models.Name | None]
    acquisition_context: NotRequired[Sequence[models.QualitativeEvaluation] | None]
    equipment: NotRequired[models.Equipment | None]
    specimen_id: NotRequired[models.Identifier | None]
    stain: NotRequired[models.Name | None]
    derived_from: NotRequired[Sequence[models.Identifier] | None]
    resampling: NotRequired[models.Resampling | None]
    preprocessing: NotRequired[Sequence[models.PreprocessingStep] | None]
    quality: NotRequired[models.ImageQuality | None]
    nonconformances: NotRequired[Sequence[models.Nonconformance] | None]
    pyramid: NotRequired[Sequence[models.PyramidLevel] | None]
    objective_magnification: NotRequired[models.PositiveReal | None]
    frame_rate: NotRequired[models.PositiveReal | None]
    frame_times_ms: NotRequired[Sequence[models.NonNegativeReal] | None]
    annotated_frames: NotRequired[Sequence[models.FrameRange] | None]
    files: NotRequired[Sequence[models.ImageFile] | None]
    extensions: NotRequired[Mapping[models.Key, Any] | None]


class MeasurementKeys(TypedDict):
    """Keys of `Measurement`."""

    tracking_uid: NotRequired[models.DicomUid | None]
    concept: models.Concept
    value: NotRequired[models.Number | None]
    comparator: NotRequired[QuantityComparator | None]
    absent_reason: NotRequired[AbsentReason | None]
    unit: models.Name
    derivation: NotRequired[models.Concept | None]
    method: NotRequired[models.Concept | None]
    geometry_ids: NotRequired[Sequence[models.Identifier] | None]
    algorithm: NotRequired[models.Algorithm | None]
    value_map: NotRequired[models.ImageInstance | None]
    normal_low: NotRequired[models.Number | None]
    normal_high: NotRequired[models.Number | None]
    interpretations: NotRequired[Sequence[models.QualitativeEvaluation] | None]


class AnnotationKeys(TypedDict):
    """Keys of `Annotation`."""

    id: models.Identifier
    tracking_uid: NotRequired[models.DicomUid | None]
    tracking_id: NotRequired[models.Name | None]
    parent_id: NotRequired[models.Identifier | None]
    object_number: NotRequired[models.Count | None]
    category: AnnotationCategory
    label_code: models.LabelCode
    finding_site: NotRequired[models.FindingSite | None]
    assertion: NotRequired[Assertion | None]
    scope: NotRequired[AnnotationScope | None]
    image_uid: NotRequired[models.Identifier | None]
    slice_index: NotRequired[models.Index | None]
    frame_index: NotRequired[models.Index | None]
    last_frame_index: NotRequired[models.Index | None]
    is_key_frame: NotRequired[models.Flag | None]
    coordinate_space: NotRequired[CoordinateSpace | None]
    frame_of_reference_uid: NotRequired[models.DicomUid | None]
    measurements: NotRequired[Sequence[models.Measurement] | None]
    evaluations: NotRequired[Sequence[models.QualitativeEvaluation] | None]
    granularity: NotRequired[Granularity | None]
    abnormal_marks: NotRequired[Sequence[AbnormalMark] | None]
    confidence: NotRequired[models.UnitInterval | None]
    cross_modal_links: NotRequired[Sequence[models.Identifier] | None]
    status: NotRequired[AnnotationStatus | None]
    derived_from: NotRequired[Sequence[models.Identifier] | None]
    algorithm_type: NotRequired[AlgorithmType | None]
    assistance_id: NotRequired[models.Identifier | None]
    annotator: NotRequired[models.Identifier | None]
    annotated_at: NotRequired[models.Timestamp | None]
    session: NotRequired[models.Name | None]
    note: NotRequired[models.Text | None]
    extensions: NotRequired[Mapping[models.Key, Any] | None]


class MaskAnnotationKeys(AnnotationKeys):
    """Keys of `MaskAnnotation`."""

    type: NotRequired[Literal["mask"]]
    attributes: NotRequired[Mapping[models.Key, models.AttributeValue] | None]
    mask_file: models.RelativePath
    mask_value: NotRequired[models.Count | None]
    fractional_type: NotRequired[FractionalType | None]
    sha256: NotRequired[models.Sha256 | None]
    segmentation: NotRequired[models.ImageInstance | None]
    segment_number: NotRequired[models.Count | None]


class BboxAnnotationKeys(AnnotationKeys):
    """Keys of `BboxAnnotation`."""

    type: NotRequired[Literal["bbox"]]
    attributes: NotRequired[Mapping[models.Key, models.AttributeValue] | None]
    bbox: Sequence[models.Real]


class OrientedBoxAnnotationKeys(AnnotationKeys):
    """Keys of `OrientedBoxAnnotation`."""

    type: NotRequired[Literal["oriented_box"]]
    attributes: NotRequired[Mapping[models.Key, models.AttributeValue] | None]
    center: Sequence[models.Real]
    size: Sequence[models.PositiveReal]
    rotation_degrees: NotRequired[models.Real | None]
    direction: NotRequired[Sequence[Sequence[models.Cosine]] | None]


class PolygonPartKeys(TypedDict):
    """Keys of `PolygonPart`."""

    polygon: Sequence[Sequence[models.Real]]
    holes: NotRequired[Sequence[Sequence[Sequence[models.Real]]] | None]


class PolygonAnnotationKeys(AnnotationKeys):
    """Keys of `PolygonAnnotation`."""

    type: NotRequired[Literal["polygon"]]
    attributes: NotRequired[Mapping[models.Key, models.AttributeValue] | None]
    polygon: Sequence[Sequence[models.Real]]
    holes: NotRequired[Sequence[Sequence[Sequence[models.Real]]] | None]
    parts: NotRequired[Sequence[models.PolygonPart] | None]


class PolylineAnnotationKeys(AnnotationKeys):
    """Keys of `PolylineAnnotation`."""

    type: NotRequired[Literal["polyline"]]
    attributes: NotRequired[Mapping[models.Key, models.AttributeValue] | None]
    polyline: Sequence[Sequence[models.Real]]


class PointAnnotationKeys(AnnotationKeys):
    """Keys of `PointAnnotation`."""

    type: NotRequired[Literal["point"]]
    attributes: NotRequired[Mapping[models.Key, models.AttributeValue] | None]
    point: Sequence[models.Real]


class KeypointKeys(TypedDict):
    """Keys of `Keypoint`."""

    name: models.Name
    point: NotRequired[Sequence[models.Real] | None]
    visibility: NotRequired[KeypointVisibility | None]


class KeypointsAnnotationKeys(AnnotationKeys):
    """Keys of `KeypointsAnnotation`."""

    type: NotRequired[Literal["keypoints"]]
    attributes: NotRequired[Mapping[models.Key, models.AttributeValue] | None]
    keypoints: Sequence[models.Keypoint]


class EllipseAnnotationKeys(AnnotationKeys):
    """Keys of `EllipseAnnotation`."""

    type: NotRequired[Literal["ellipse"]]
    attributes: NotRequired[Mapping[models.Key, models.AttributeValue] | None]
    center: Sequence[models.Real]
    radii: Sequence[models.PositiveReal]
    rotation_degrees: NotRequired[models.Real | None]


class EllipsoidAnnotationKeys(AnnotationKeys):
    """Keys of `EllipsoidAnnotation`."""

    type: NotRequired[Literal["ellipsoid"]]
    attributes: NotRequired[Mapping[models.Key, models.AttributeValue] | None]
    center: Sequence[models.Real]
    radii: Sequence[models.PositiveReal]
    direction: NotRequired[Sequence[Sequence[models.Cosine]] | None]


class ContourKeys(TypedDict):
    """Keys of `Contour`."""

    geometric_type: ContourGeometricType
    points: Sequence[Sequence[models.Real]]
    sop_instance_uid: NotRequired[models.DicomUid | None]


class ContoursAnnotationKeys(AnnotationKeys):
    """Keys of `ContoursAnnotation`."""

    type: NotRequired[Literal["contours"]]
    attributes: NotRequired[Mapping[models.Key, models.AttributeValue] | None]
    contours: Sequence[models.Contour]


class AttributeAnnotationKeys(AnnotationKeys):
    """Keys of `AttributeAnnotation`."""

    type: NotRequired[Literal["attribute"]]
    attributes: Mapping[models.Key, models.AttributeValue]


class TextSpanAnnotationKeys(AnnotationKeys):
    """Keys of `TextSpanAnnotation`."""

    type: NotRequired[Literal["text_span"]]
    attributes: NotRequired[Mapping[models.Key, models.AttributeValue] | None]
    text_id: models.Identifier
    start: models.Index
    end: models.Index
    text: models.Text
    level: NotRequired[SpanLevel | None]
    semantic_type: SemanticType


class LinkKeys(TypedDict):
    """Keys of `Link`."""

    id: models.Identifier
    note: NotRequired[models.Text | None]


class ImageImageLinkKeys(LinkKeys):
    """Keys of `ImageImageLink`."""

    type: NotRequired[Literal["image_image"]]
    annotation_ids: Sequence[models.Identifier]
    registration_id: NotRequired[models.Identifier | None]
    deviation_mm: NotRequired[models.NonNegativeReal | None]
    consistency: NotRequired[Consistency | None]


class ImageTextLinkKeys(LinkKeys):
    """Keys of `ImageTextLink`."""

    type: NotRequired[Literal["image_text"]]
    annotation_ids: Sequence[models.Identifier]
    span_ids: Sequence[models.Identifier]
    semantic_type: NotRequired[SemanticType | None]
    consistency: NotRequired[Consistency | None]


class AssociationKeyKeys(TypedDict):
    """Keys of `AssociationKey`."""

    kind: AssociationKeyKind
    value: models.Name


class ImageStructuredLinkKeys(LinkKeys):
    """Keys of `ImageStructuredLink`."""

    type: NotRequired[Literal["image_structured"]]
    annotation_ids: NotRequired[Sequence[models.Identifier] | None]
    image_uid: NotRequired[models.Identifier | None]
    record_id: models.Identifier
    keys: NotRequired[Sequence[models.AssociationKey] | None]
    fields: NotRequired[Mapping[models.Key, models.AttributeValue] | None]
    interval_days: NotRequired[models.NonNegativeReal | None]
    time_deviation: NotRequired[models.Flag | None]


class RelationLinkKeys(LinkKeys):
    """Keys of `RelationLink`."""

    type: NotRequired[Literal["relation"]]
    source_id: models.Identifier
    target_id: models.Identifier
    relation: models.Name
    concept: NotRequired[models.Concept | None]


class RegistrationErrorKeys(TypedDict):
    """Keys of `RegistrationError`."""

    measure: RegistrationMeasure
    value: models.NonNegativeReal
    landmark_count: NotRequired[models.Count | None]


class RegistrationCheckKeys(TypedDict):
    """Keys of `RegistrationCheck`."""

    annotation_id: NotRequired[models.Identifier | None]
    deviation_mm: models.NonNegativeReal
    rotation_degrees: NotRequired[models.NonNegativeReal | None]
    threshold_mm: models.NonNegativeReal
    passed: models.Flag
    checked_by: NotRequired[models.Identifier | None]
    checked_at: NotRequired[models.Timestamp | None]


class RegistrationKeys(TypedDict):
    """Keys of `Registration`."""

    id: models.Identifier
    kind: RegistrationKind
    fixed_image_uid: NotRequired[models.Identifier | None]
    moving_image_uid: NotRequired[models.Identifier | None]
    fixed_frame_of_reference_uid: NotRequired[models.DicomUid | None]
    moving_frame_of_reference_uid: NotRequired[models.DicomUid | None]
    maps: MappingDirection
    matrix: NotRequired[Sequence[Sequence[models.Real]] | None]
    field_file: NotRequired[models.RelativePath | None]
    post_matrix: NotRequired[Sequence[Sequence[models.Real]] | None]
    field_frame: NotRequired[CoordinateFrame | None]
    method: NotRequired[models.Concept | None]
    frame_of_reference_uid: NotRequired[models.DicomUid | None]
    errors: NotRequired[Sequence[models.RegistrationError] | None]
    algorithm: NotRequired[models.Algorithm | None]
    checks: NotRequired[Sequence[models.RegistrationCheck] | None]
    nonconformance: NotRequired[models.Text | None]


class TextSectionKeys(TypedDict):
    """Keys of `TextSection`."""

    title: NotRequired[models.Name | None]
    concept: NotRequired[models.Concept | None]
    start: models.Index
    end: models.Index


class TextDocumentKeys(TypedDict):
    """Keys of `TextDocument`."""

    id: models.Identifier
    kind: TextKind
    language: NotRequired[models.LanguageTag | None]
    content: models.Text
    sections: NotRequired[Sequence[models.TextSection] | None]
    written_at: NotRequired[models.Timestamp | None]
    image_uids: NotRequired[Sequence[models.Identifier] | None]
    deidentified: NotRequired[models.Flag | None]


class ClinicalFieldKeys(TypedDict):
    """Keys of `ClinicalField`."""

    key: models.Key
    concept: NotRequired[models.Concept | None]
    value: NotRequired[models.FieldValue | None]
    comparator: NotRequired[QuantityComparator | None]
    value_concept: NotRequired[models.Concept | None]
    absent_reason: NotRequired[AbsentReason | None]
    value_type: NotRequired[FieldValueType | None]
    unit: NotRequired[models.Name | None]
    normal_low: NotRequired[models.Number | None]
    normal_high: NotRequired[models.Number | None]
    measured_at: NotRequired[models.Timestamp | None]


class ClinicalRecordKeys(TypedDict):
    """Keys of `ClinicalRecord`."""

    id: models.Identifier
    kind: ClinicalRecordKind
    recorded_at: NotRequired[models.Timestamp | None]
    fields: Sequence[models.ClinicalField]
    deidentified: NotRequired[models.Flag | None]


class DataSourceKeys(TypedDict):
    """Keys of `DataSource`."""

    institution: models.Name
    approval: NotRequired[models.Name | None]
    data_use_terms: NotRequired[models.Text | None]
    lawful_basis: NotRequired[models.Text | None]
    population: NotRequired[models.Text | None]
    collected_from: NotRequired[models.Timestamp | None]
    collected_to: NotRequired[models.Timestamp | None]
    equipment: NotRequired[Sequence[models.Name] | None]


class SpotCheckKeys(TypedDict):
    """Keys of `SpotCheck`."""

    sample_size: models.Count
    failures: models.Index
    by: NotRequired[models.Identifier | None]
    at: NotRequired[models.Timestamp | None]
    note: NotRequired[models.Text | None]


class DeidentificationRecordKeys(TypedDict):
    """Keys of `DeidentificationRecord`."""

    scope: DeidentificationScope
    rule_set: models.Name
    policy: NotRequired[models.Text | None]
    tool: NotRequired[models.Algorithm | None]
    at: NotRequired[models.Timestamp | None]
    retained: NotRequired[Sequence[models.Name] | None]
    spot_checks: NotRequired[Sequence[models.SpotCheck] | None]
    mapping_kept: NotRequired[models.Flag | None]
    mapping_storage: NotRequired[models.Text | None]
    mapping_access: NotRequired[models.Text | None]


class AssistanceDeviationKeys(TypedDict):
    """Keys of `AssistanceDeviation`."""

    measure: DeviationMeasure
    value: models.NonNegativeReal
    annotation_id: NotRequired[models.Identifier | None]


class ModelAssistanceKeys(TypedDict):
    """Keys of `ModelAssistance`."""

    id: models.Identifier
    model: models.Algorithm
    suggested_at: NotRequired[models.Timestamp | None]
    suggestion_file: NotRequired[models.RelativePath | None]
    annotation_ids: NotRequired[Sequence[models.Identifier] | None]
    outcome: NotRequired[AssistanceOutcome | None]
    revised_by: NotRequired[models.Identifier | None]
    revised_at: NotRequired[models.Timestamp | None]
    revision: NotRequired[models.Text | None]
    deviations: NotRequired[Sequence[models.AssistanceDeviation] | None]


class ReviewFindingKeys(TypedDict):
    """Keys of `ReviewFinding`."""

    id: models.Identifier
    kind: ReviewFindingKind
    annotation_id: NotRequired[models.Identifier | None]
    note: NotRequired[models.Text | None]
    resolved_by: NotRequired[models.Identifier | None]
    resolved_at: NotRequired[models.Timestamp | None]
    resolution: NotRequired[models.Text | None]


class ReviewKeys(TypedDict):
    """Keys of `Review`."""

    id: models.Identifier
    level: ReviewLevel
    round: NotRequired[models.Count | None]
    reviewer: models.Identifier
    at: models.Timestamp
    annotation_ids: NotRequired[Sequence[models.Identifier] | None]
    reviewed_version: NotRequired[models.Version | None]
    outcome: ReviewOutcome
    is_cross_review: NotRequired[models.Flag | None]
    findings: NotRequired[Sequence[models.ReviewFinding] | None]
    conclusion: NotRequired[models.Text | None]
    frozen_version: NotRequired[models.Version | None]


class AgreementRecordKeys(TypedDict):
    """Keys of `AgreementRecord`."""

    id: models.Identifier
    between: AgreementScope
    metric: AgreementMetric
    value: models.Real
    parties: NotRequired[Sequence[models.Identifier] | None]
    annotation_ids: NotRequired[Sequence[models.Identifier] | None]
    needs_second_review: NotRequired[models.Flag | None]
    needs_dedicated_review: NotRequired[models.Flag | None]
    error_kinds: NotRequired[Sequence[ReviewFindingKind] | None]
    resolution: NotRequired[models.Text | None]
    computed_at: NotRequired[models.Timestamp | None]
    definition_id: NotRequired[models.Identifier | None]
    tolerance_mm: NotRequired[models.NonNegativeReal | None]


class MetricValueKeys(TypedDict):
    """Keys of `MetricValue`."""

    definition_id: models.Identifier
    status: MetricStatus
    value: NotRequired[models.Real | None]
    unit: NotRequired[models.Text | None]
    label: NotRequired[models.Text | None]
    tolerance_mm: NotRequired[models.NonNegativeReal | None]
    count: NotRequired[models.Index | None]
    low: NotRequired[models.Real | None]
    high: NotRequired[models.Real | None]
    confidence_level: NotRequired[models.UnitInterval | None]


class AssessmentKeys(TypedDict):
    """Keys of `Assessment`."""

    dimension: AssessmentDimension
    passed: models.Flag
    by: NotRequired[models.Identifier | None]
    at: NotRequired[models.Timestamp | None]
    note: NotRequired[models.Text | None]


class ValidationRecordKeys(TypedDict):
    """Keys of `ValidationRecord`."""

    id: models.Identifier
    kind: ValidationKind
    organization: NotRequired[models.Name | None]
    qualification: NotRequired[models.Text | None]
    reference: NotRequired[models.Text | None]
    results: NotRequired[Mapping[models.Key, models.AttributeValue] | None]
    metrics: NotRequired[Sequence[models.MetricValue] | None]
    report_file: NotRequired[models.RelativePath | None]
    conclusion: NotRequired[models.Text | None]
    at: NotRequired[models.Timestamp | None]


class QcFindingKeys(TypedDict):
    """Keys of `QcFinding`."""

    id: models.Identifier
    kind: QcFindingKind
    annotation_ids: NotRequired[Sequence[models.Identifier] | None]
    image_uid: NotRequired[models.Identifier | None]
    text_id: NotRequired[models.Identifier | None]
    start: NotRequired[models.Index | None]
    end: NotRequired[models.Index | None]
    description: NotRequired[models.Text | None]
    suggestion: NotRequired[models.Text | None]
    severity: NotRequired[Severity | None]
    made_by: NotRequired[models.Identifier | None]
    confidence: NotRequired[models.UnitInterval | None]
    confirmed: NotRequired[models.Flag | None]


class SoftwareKeys(TypedDict):
    """Keys of `Software`."""

    name: NotRequired[models.Name | None]
    version: NotRequired[models.Name | None]
    ai_model: NotRequired[models.Name | None]


class TimestampsKeys(TypedDict):
    """Keys of `Timestamps`."""

    start: NotRequired[models.Timestamp | None]
    end: NotRequired[models.Timestamp | None]


class QualityControlKeys(TypedDict):
    """Keys of `QualityControl`."""

    status: NotRequired[QcStatus | None]
    issues: NotRequired[Sequence[models.Text] | None]
    findings: NotRequired[Sequence[models.QcFinding] | None]


class AuditEventKeys(TypedDict):
    """Keys of `AuditEvent`."""

    action: AuditAction
    actor: models.Identifier
    at: models.Timestamp
    target_id: NotRequired[models.Identifier | None]
    note: NotRequired[models.Text | None]


class AgentKeys(TypedDict):
    """Keys of `Agent`."""

    id: models.Identifier
    kind: NotRequired[AgentKind | None]
    roles: NotRequired[Sequence[AgentRole] | None]
    name: NotRequired[models.Name | None]
    organization: NotRequired[models.Name | None]
    qualification: NotRequired[models.Text | None]
    algorithm: NotRequired[models.Algorithm | None]


class MetadataKeys(TypedDict):
    """Keys of `Metadata`."""

    annotator: NotRequired[models.Identifier | None]
    reviewer: NotRequired[models.Identifier | None]
    institution: NotRequired[models.Name | None]
    software: NotRequired[models.Software | None]
    timestamps: NotRequired[models.Timestamps | None]
    qc: NotRequired[models.QualityControl | None]
    version: NotRequired[models.Version | None]
    title: NotRequired[models.Name | None]
    language: NotRequired[models.LanguageTag | None]
    audit: NotRequired[Sequence[models.AuditEvent] | None]
    agents: NotRequired[Sequence[models.Agent] | None]
    sources: NotRequired[Sequence[models.DataSource] | None]
    deidentification: NotRequired[Sequence[models.DeidentificationRecord] | None]
    assistance: NotRequired[Sequence[models.ModelAssistance] | None]
    agreement: NotRequired[Sequence[models.AgreementRecord] | None]
    assessments: NotRequired[Sequence[models.Assessment] | None]
    validations: NotRequired[Sequence[models.ValidationRecord] | None]
    changes: NotRequired[Sequence[models.ChangeRecord] | None]


class DeliverableKeys(TypedDict):
    """Keys of `Deliverable`."""

    side: DeliverableSide
    description: models.Text


class AlignmentRuleKeys(TypedDict):
    """Keys of `AlignmentRule`."""

    scope: AssociationGranularity
    cardinality: Cardinality
    conflict_handling: NotRequired[models.Text | None]


class AssociationRuleKeys(TypedDict):
    """Keys of `AssociationRule`."""

    granularity: AssociationGranularity
    keys: Sequence[AssociationKeyKind]
    missing_handling: NotRequired[models.Text | None]
    conflict_handling: NotRequired[models.Text | None]
    time_handling: NotRequired[models.Text | None]


class AgreementMonitoringKeys(TypedDict):
    """Keys of `AgreementMonitoring`."""

    method: models.Text
    frequency: NotRequired[models.Text | None]
    proportion: NotRequired[models.UnitInterval | None]
    metrics: NotRequired[Sequence[AgreementMetric] | None]


class ThresholdKeys(TypedDict):
    """Keys of `Threshold`."""

    name: models.Name
    minimum: NotRequired[models.Number | None]
    maximum: NotRequired[models.Number | None]
    consequence: NotRequired[models.Text | None]


class SamplingPlanKeys(TypedDict):
    """Keys of `SamplingPlan`."""

    proportion: NotRequired[models.UnitInterval | None]
    count: NotRequired[models.Count | None]
    method: NotRequired[models.Text | None]
    decision_rule: models.Text


class RoleDefinitionKeys(TypedDict):
    """Keys of `RoleDefinition`."""

    role: AgentRole
    name: NotRequired[models.Name | None]
    duties: models.Text
    qualification: NotRequired[models.Text | None]
    admission: NotRequired[models.Text | None]
    separate_from: NotRequired[Sequence[AgentRole] | None]


class DataPreparationKeys(TypedDict):
    """Keys of `DataPreparation`."""

    collection: NotRequired[models.Text | None]
    exclusions: NotRequired[Sequence[models.Text] | None]
    deduplication: NotRequired[models.Text | None]
    association: NotRequired[models.Text | None]


class TaskDefinitionKeys(TypedDict):
    """Keys of `TaskDefinition`."""

    task_id: models.Identifier
    version: models.Version
    title: models.Name
    goal: models.Text
    scope: NotRequired[models.Text | None]
    application: NotRequired[models.Text | None]
    kinds: NotRequired[Sequence[TaskKind] | None]
    modalities: Sequence[Modality]
    text_kinds: NotRequired[Sequence[models.Name] | None]
    algorithm_type: AlgorithmType
    label_system_id: NotRequired[models.Identifier | None]
    label_codes: NotRequired[Sequence[models.LabelCode] | None]
    geometries: NotRequired[Sequence[Geometry] | None]
    granularities: NotRequired[Sequence[Granularity] | None]
    spatial_requirement: NotRequired[models.Text | None]
    frame_rule: NotRequired[models.Text | None]
    coordinate_frame: NotRequired[CoordinateFrame | None]
    registration_method: NotRequired[models.Text | None]
    modality_correspondence: NotRequired[models.Text | None]
    operating_rules: NotRequired[Sequence[models.Text] | None]
    deliverables: Sequence[models.Deliverable]
    output_formats: NotRequired[Sequence[models.Name] | None]
    result_organisation: NotRequired[models.Text | None]
    delineation_rules: NotRequired[Sequence[models.Text] | None]
    grading_rules: NotRequired[Sequence[models.Text] | None]
    text_rules: NotRequired[Sequence[models.Text] | None]
    fields: NotRequired[Sequence[models.AttributeDefinition] | None]
    alignment_rules: NotRequired[Sequence[models.AlignmentRule] | None]
    association: NotRequired[models.AssociationRule | None]
    agreement_monitoring: NotRequired[models.AgreementMonitoring | None]
    metrics: NotRequired[Sequence[AgreementMetric] | None]
    thresholds: NotRequired[Sequence[models.Threshold] | None]
    sampling: NotRequired[models.SamplingPlan | None]
    roles: Sequence[models.RoleDefinition]
    tools: NotRequired[Sequence[models.Text] | None]
    environment: NotRequired[Sequence[models.Text] | None]
    data_preparation: NotRequired[models.DataPreparation | None]


class ExclusionKeys(TypedDict):
    """Keys of `Exclusion`."""

    case_id: models.Identifier
    reason: ExclusionReason
    note: NotRequired[models.Text | None]
    by: NotRequired[models.Identifier | None]
    at: NotRequired[models.Timestamp | None]


class AssociationProblemKeys(TypedDict):
    """Keys of `AssociationProblem`."""

    case_id: models.Identifier
    kind: AssociationProblemKind
    keys: NotRequired[Sequence[models.AssociationKey] | None]
    handling: models.Text
    by: NotRequired[models.Identifier | None]
    at: NotRequired[models.Timestamp | None]


class PackageFileKeys(TypedDict):
    """Keys of `PackageFile`."""

    path: models.RelativePath
    size: models.ByteSize
    sha256: models.Sha256
    role: FileRole
    version: NotRequired[models.Version | None]
    references: NotRequired[Sequence[models.RelativePath] | None]


class PartyTermsKeys(TypedDict):
    """Keys of `PartyTerms`."""

    party: models.Name
    export_conditions: NotRequired[models.Text | None]
    onward_distribution: NotRequired[models.Text | None]
    liability: NotRequired[models.Text | None]


class TransferKeys(TypedDict):
    """Keys of `Transfer`."""

    sender: models.Name
    recipient: models.Name
    at: models.Timestamp
    channel: NotRequired[models.Name | None]
    approval: NotRequired[models.Name | None]
    sha256: NotRequired[models.Sha256 | None]


class BackupPolicyKeys(TypedDict):
    """Keys of `BackupPolicy`."""

    frequency: models.Text
    medium: models.Text
    retention: models.Text
    restored_at: NotRequired[models.Timestamp | None]


class DestructionKeys(TypedDict):
    """Keys of `Destruction`."""

    kind: NotRequired[DisposalKind | None]
    objects: Sequence[models.Name]
    method: models.Text
    by: models.Identifier
    at: models.Timestamp


class TraceEventKeys(TypedDict):
    """Keys of `TraceEvent`."""

    stage: TraceStage
    action: AuditAction
    actor: models.Identifier
    at: models.Timestamp
    case_id: NotRequired[models.Identifier | None]
    series_instance_uid: NotRequired[models.Identifier | None]
    annotation_id: NotRequired[models.Identifier | None]
    note: NotRequired[models.Text | None]
    previous_sha256: NotRequired[models.Sha256 | None]
    sha256: NotRequired[models.Sha256 | None]


class PackageKeys(TypedDict):
    """Keys of `Package`."""

    package_id: models.Identifier
    version: models.Version
    task_id: NotRequired[models.Identifier | None]
    created_at: models.Timestamp
    created_by: NotRequired[models.Identifier | None]
    agents: NotRequired[Sequence[models.Agent] | None]
    license: NotRequired[models.Name | None]
    sources: NotRequired[Sequence[models.DataSource] | None]
    exclusions: NotRequired[Sequence[models.Exclusion] | None]
    association_problems: NotRequired[Sequence[models.AssociationProblem] | None]
    data_classification: NotRequired[DataClassification | None]
    security_level: NotRequired[SecurityLevel | None]
    security_measures: NotRequired[Sequence[models.Text] | None]
    deidentification: NotRequired[Sequence[models.DeidentificationRecord] | None]
    agreement: NotRequired[Sequence[models.AgreementRecord] | None]
    assessments: NotRequired[Sequence[models.Assessment] | None]
    validations: NotRequired[Sequence[models.ValidationRecord] | None]
    files: Sequence[models.PackageFile]
    party_terms: NotRequired[Sequence[models.PartyTerms] | None]
    transfers: NotRequired[Sequence[models.Transfer] | None]
    retention_until: NotRequired[models.Timestamp | None]
    backup: NotRequired[models.BackupPolicy | None]
    destructions: NotRequired[Sequence[models.Destruction] | None]
    trace: NotRequired[Sequence[models.TraceEvent] | None]
    frozen_at: NotRequired[models.Timestamp | None]
    frozen_by: NotRequired[models.Identifier | None]
    previous_version: NotRequired[models.Version | None]
    changes: NotRequired[Sequence[models.ChangeRecord] | None]


class CaseKeys(TypedDict):
    """Keys of `Case`."""

    schema_version: NotRequired[models.Version | None]
    case_id: NotRequired[models.Identifier | None]
    patient_id: NotRequired[models.Identifier | None]
    task_id: models.Identifier
    split: NotRequired[Split | None]
    subject: NotRequired[models.Subject | None]
    studies: NotRequired[Sequence[models.Study] | None]
    image: models.Image
    related_images: NotRequired[Sequence[models.Image] | None]
    registrations: NotRequired[Sequence[models.Registration] | None]
    texts: NotRequired[Sequence[models.TextDocument] | None]
    clinical_records: NotRequired[Sequence[models.ClinicalRecord] | None]
    labels: NotRequired[Sequence[models.Label] | None]
    annotated_labels: NotRequired[Sequence[models.LabelCode] | None]
    annotations: Sequence[models.AnyAnnotation]
    links: NotRequired[Sequence[models.AnyLink] | None]
    reviews: NotRequired[Sequence[models.Review] | None]
    metadata: models.Metadata
    extensions: NotRequired[Mapping[models.Key, Any] | None]
