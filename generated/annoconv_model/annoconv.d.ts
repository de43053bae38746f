// annoconv schema 1.0, generated from the LinkML model; never edited.

/** Any Unicode text, line breaks included. (文本) */
export type Text = string;

/** One line of text with more in it than white space. (名称) */
export type Name = string;

/** A project-wide identifier, one line without white space at its ends. (标识符) */
export type Identifier = string;

/** A DICOM unique identifier (PS3.5 chapter 9), 64 characters at most. (DICOM 唯一标识) */
export type DicomUid = string;

/** Code of a label; upper-case snake case is recommended. (标签编码) [A C.1] */
export type LabelCode = string;

/** Name of a free attribute; any one line, Chinese included. (键) */
export type Key = string;

/** Path relative to the case file, with forward slashes, never upwards and never absolute. (相对路径) */
export type RelativePath = string;

/** SHA-256 digest in lower-case hexadecimal digits. (SHA-256 校验值) */
export type Sha256 = string;

/** Media type without parameters (RFC 6838). (媒体类型) */
export type MediaType = string;

/** Language of a text, `zh-CN` or `en` (BCP 47). (语言标签) */
export type LanguageTag = string;

/** A version, `1.0`, `v1.0` or `2025-03`. (版本号) */
export type Version = string;

/** A moment as RFC 3339 writes it, with its offset from UTC; a day that the calendar lacks is refused. (时间戳) */
export type Timestamp = string;

/** A decimal number that keeps the digits it was written with, 5.60 is not 5.6. (数值) */
export type Number = number;

/** A finite floating-point number. (实数) */
export type Real = number;

/** A finite floating-point number above zero. (正实数) */
export type PositiveReal = number;

/** A finite floating-point number, zero or above. (非负实数) */
export type NonNegativeReal = number;

/** A number from 0 to 1. (单位区间) */
export type UnitInterval = number;

/** A direction cosine, from -1 to 1. (方向余弦) */
export type Cosine = number;

/** A zero-based position. (索引) */
export type Index = number;

/** A whole number, zero or above, that JSON readers keep. (类别序号) */
export type ClassNumber = number;

/** A whole number, one or above. (计数) */
export type Count = number;

/** A number of bytes. (字节数) */
export type ByteSize = number;

/** A whole number from 0 to 255. (字节值) */
export type Octet = number;

/** True or false. (布尔值) */
export type Flag = boolean;

/** A coding scheme designator (PS3.16 chapter 8), sixteen characters at most. (编码体系标识) */
export type CodingScheme = string;

/** A DICOM age string, three digits and D, W, M or Y. (年龄) */
export type Age = string;

/** A text, a number, true or false, or a list of these. (属性值) */
export type AttributeValue = Text | Flag | Number | Array<Text | Flag | Number>;

/** A text, a number, true or false. (字段值) */
export type FieldValue = Text | Flag | Number;

/** What kind of thing is annotated. (标注类别) [A C.3.b, A 8.1, A C.1] */
export type AnnotationCategory = "organ" | "lesion" | "attribute" | "fusion" | "report" | "text_image" | "device" | "tissue" | "cell" | "substance" | "body_substance" | "function" | "spatial" | "event" | "artefact" | "other";

/** What a region is in a radiotherapy plan; DICOM's defined terms (PS3.3 C.8.8.8). (放疗感兴趣区类型) [A 8.2.2.c] */
export type RtRoiType = "EXTERNAL" | "GTV" | "CTV" | "PTV" | "TREATED_VOLUME" | "IRRAD_VOLUME" | "ORGAN" | "AVOIDANCE" | "BOLUS" | "MARKER" | "REGISTRATION" | "ISOCENTER" | "CONTRAST_AGENT" | "CAVITY" | "BRACHY_CHANNEL" | "BRACHY_ACCESSORY" | "BRACHY_SRC_APP" | "BRACHY_CHNL_SHLD" | "SUPPORT" | "FIXATION" | "DOSE_REGION" | "CONTROL" | "DOSE_MEASUREMENT";

/** Level of a label in the tree. (标签层级) [A 8.3] */
export type LabelLevel = "system" | "organ" | "substructure" | "feature";

/** Solid or hollow. (器官类型) [A 8.2.2.c] */
export type OrganType = "solid" | "hollow";

/** Margin. (边缘特征) [A 8.2.2.c] */
export type Margin = "clear" | "blurred";

/** What an attribute is about. (扩展字段类别) [A 8.2.2.e] */
export type AttributeKind = "morphology" | "enhancement" | "pathology_type" | "grading" | "temporal_change" | "measurement" | "other";

/** Sex. (性别) [A 8.5.3.1] */
export type Sex = "male" | "female" | "other" | "unknown";

/** Part of a data set. (数据划分) [A 9.4.1] */
export type Split = "train" | "validation" | "test";

/** How values between voxels are found. (插值方式) [A 7.2.c] */
export type Interpolation = "nearest" | "linear" | "cubic" | "sinc" | "other";

/** What can be wrong with an image. (图像缺陷) [A 7.2.g, A 7.2.f] */
export type ImageDefect = "artefact" | "motion_blur" | "low_snr" | "low_contrast" | "low_resolution" | "bias_field" | "signal_dropout" | "truncation" | "burned_in_annotation" | "other";

/** A requirement on data, 7.2 a to h. (数据要求) [A 7.2] */
export type DataRequirement = "structure" | "direction" | "spacing" | "origin" | "continuity" | "pixel_values" | "quality" | "registration";

/** The frame that coordinates in millimetres refer to. (坐标系) [A 6.3.1] */
export type CoordinateFrame = "LPS" | "RAS" | "SLIDE" | "NONE";

/** Kind of equipment that made the image; DICOM's defined terms (CID 29), and the dose of radiotherapy. (模态) [A 3.1] */
export type Modality = "CT" | "MR" | "PT" | "NM" | "US" | "IVUS" | "ES" | "SM" | "GM" | "CR" | "DX" | "RG" | "MG" | "PX" | "IO" | "RF" | "XA" | "OCT" | "OPT" | "OP" | "IVOCT" | "XC" | "DMS" | "BMD" | "BDUS" | "PA" | "TG" | "DG" | "LS" | "OSS" | "BI" | "CFM" | "OPM" | "OPTENF" | "OPTBSV" | "OPV" | "AR" | "KER" | "LEN" | "OAM" | "SRF" | "VA" | "RTIMAGE" | "ECG" | "EEG" | "EMG" | "EOG" | "EPS" | "HD" | "RESP" | "POS" | "RTDOSE" | "OT";

/** Side of the body (DICOM CID 244, ImageLaterality). (侧别) [A 8.2.2.c] */
export type Laterality = "left" | "right" | "bilateral" | "unilateral" | "unpaired";

/** Whether what the label says is there. (存在判断) [A A.3.3, A 5.4] */
export type Assertion = "present" | "absent" | "possible" | "hypothetical" | "historical" | "other_subject" | "not_evaluated";

/** What an annotation is said of. (适用范围) [A C.1.c, A 6.3.2] */
export type AnnotationScope = "case" | "study" | "image" | "object";

/** Whether an annotation is a result. (标注状态) [A 3.4, A 9.4.1.b, A 9.3.1.c] */
export type AnnotationStatus = "preliminary" | "final" | "superseded" | "rejected";

/** Who or what made an annotation. (生成方式) [A 3.4, A 6.4.2] */
export type AlgorithmType = "manual" | "semi_automatic" | "automatic" | "automatic_confirmed";

/** What coordinates of three numbers are in. (坐标空间) [A 6.3.1] */
export type CoordinateSpace = "image" | "patient";

/** What the values of a fractional mask say (PS3.3 C.8.20.2.3.2). (分数类型) [A C.3.e] */
export type FractionalType = "PROBABILITY" | "OCCUPANCY";

/** What the points of a contour are; DICOM's defined terms. (轮廓几何类型) [A 6.4.1] */
export type ContourGeometricType = "POINT" | "OPEN_PLANAR" | "OPEN_NONPLANAR" | "CLOSED_PLANAR" | "CLOSEDPLANAR_XOR";

/** Whether a keypoint is seen. (关键点可见性) [A 10.1.2.a] */
export type KeypointVisibility = "visible" | "hidden" | "absent" | "unlabelled";

/** How finely a lesion is annotated. (标注粒度) [A 8.3] */
export type Granularity = "image" | "region" | "boundary" | "voxel";

/** What a text span states. (语义类型) [A 8.5.2.2] */
export type SemanticType = "sign" | "anatomy" | "measurement" | "grade" | "diagnosis" | "attribute" | "recommendation" | "comparison" | "history" | "technique" | "other";

/** Extent of a text span. (片段级别) [A 8.5.2.2] */
export type SpanLevel = "sentence" | "fragment";

/** What makes an object hard to outline. (异常标记) [A App.A] */
export type AbnormalMark = "blurred_boundary" | "occluded" | "artefact" | "truncated" | "uncertain";

/** Whether two modalities agree. (一致性状态) [A 8.5.2.3, A 8.5.2.4] */
export type Consistency = "consistent" | "inconsistent" | "uncertain";

/** What an association key is. (关联键类型) [A 6.3.2] */
export type AssociationKeyKind = "case_id" | "study_instance_uid" | "series_instance_uid" | "image_uid" | "exam_time" | "accession_number" | "specimen_id" | "other";

/** Kind of transform. (配准类型) [A 8.5.1.1] */
export type RegistrationKind = "rigid" | "rigid_scale" | "affine" | "b_spline" | "demons" | "syn" | "other_nonlinear";

/** Which coordinates a transform takes and which it gives. (映射方向) [A 8.5.1.2] */
export type MappingDirection = "moving_from_fixed" | "fixed_from_moving";

/** How a registration's error was measured. (配准误差指标) [A 7.2.h, A 8.5.1.4] */
export type RegistrationMeasure = "target_registration_error_mm" | "fiducial_registration_error_mm" | "surface_distance_mm" | "hausdorff_mm" | "dice" | "mutual_information" | "other";

/** Kind of text. (文本类型) [A 3.1] */
export type TextKind = "exam_report" | "pathology_summary" | "structured_field" | "follow_up" | "discharge_summary" | "question_answer" | "other";

/** Kind of clinical record. (临床记录类型) [A 8.5.3.1] */
export type ClinicalRecordKind = "emr" | "laboratory" | "pathology" | "demographics" | "examination" | "score" | "follow_up" | "other";

/** Kind of a field's value. (字段数值类型) [A 8.5.3.2] */
export type FieldValueType = "quantity" | "number" | "code" | "text" | "boolean" | "ordinal";

/** How a true value lies to the number given. (数量比较符) [A 8.5.3.2] */
export type QuantityComparator = "lt" | "le" | "ge" | "gt";

/** Why there is no value. (缺失原因) [A App.A, A 8.5.3.2, A 9.2] */
export type AbsentReason = "unknown" | "not_asked" | "not_performed" | "not_applicable" | "masked" | "uncertain" | "error" | "too_small";

/** What was done to an image. (预处理类型) [A 6.2] */
export type PreprocessingKind = "format_conversion" | "artefact_removal" | "deidentification" | "resampling" | "registration" | "cropping" | "intensity_correction" | "other";

/** What a de-identification covers. (脱敏范围) [A 7.3, A 11.2.1, A 11.2.2] */
export type DeidentificationScope = "image_metadata" | "pixel_data" | "text" | "structured_data";

/** What a person made of a suggestion. (辅助结果) [A 10.1.6, A 3.4] */
export type AssistanceOutcome = "pending" | "accepted" | "modified" | "rejected";

/** How suggestion and result are compared. (偏差指标) [A 9.1.1] */
export type DeviationMeasure = "boundary_offset_mm" | "miss_rate" | "over_marking_rate" | "region_mismatch_rate" | "dice" | "iou";

/** Level of quality control. (质控级别) [A 9.3.1] */
export type ReviewLevel = "self_check" | "review" | "arbitration";

/** Result of a review. (审核结论) [A 6.5.2] */
export type ReviewOutcome = "passed" | "revise" | "disputed" | "rejected";

/** What a reviewer found wrong. (审核问题类型) [A 6.5.1] */
export type ReviewFindingKind = "boundary" | "contour" | "attribute" | "missed" | "false_positive" | "inconsistent" | "label" | "other";

/** What is compared. (比较维度) [A 9.2] */
export type AgreementScope = "versions" | "annotators" | "modalities" | "intra_annotator" | "reference";

/** How agreement or accuracy is measured. (质量指标) [A 9.2, A 9.1.1] */
export type AgreementMetric = "dice" | "iou" | "hd" | "hd95" | "assd" | "nsd" | "kappa" | "fleiss_kappa" | "icc" | "pearson" | "precision" | "recall" | "f1" | "conformity" | "sensitivity" | "specificity" | "accuracy" | "auc";

/** Whether a metric has a value. (指标状态) [A 9.1.1] */
export type MetricStatus = "defined" | "both_empty" | "reference_empty" | "other_empty" | "undefined";

/** What is judged. (定性评价维度) [A 9.1.2] */
export type AssessmentDimension = "conformance" | "completeness" | "plausibility" | "traceability" | "fitness";

/** How annotations are validated. (验证方式) [A 9.4.1, A 9.4.2] */
export type ValidationKind = "cross_validation" | "repeat_annotation" | "expert_sampling" | "reference_standard" | "third_party" | "model_validation";

/** How grave an error is. (严重程度) [Q abstract] */
export type Severity = "minor" | "moderate" | "critical";

/** Errors of images (chest radiographs) and of reports (CT). (质控问题类型) [Q abstract] */
export type QcFindingKind = "image_positioning" | "image_rotation" | "image_inspiration" | "image_scapula_overlap" | "image_field_of_view" | "image_exposure" | "image_motion" | "image_artefact" | "image_foreign_object" | "image_marker" | "image_noise" | "report_omission" | "report_contradiction" | "report_laterality" | "report_location" | "report_measurement" | "report_sex_mismatch" | "report_age_mismatch" | "report_modality_mismatch" | "report_terminology" | "report_typing" | "report_unsupported" | "other";

/** What an agent is. (参与者类型) [A 11.1.2] */
export type AgentKind = "person" | "organization" | "device";

/** State of quality control. (质控状态) [A C.4.d] */
export type QcStatus = "pending" | "passed" | "failed" | "disputed";

/** A key operation on annotations. (审计操作) [A C.4.f] */
export type AuditAction = "create" | "login" | "read" | "assign" | "submit" | "return" | "model_suggestion" | "manual_revision" | "review" | "confirm" | "arbitrate" | "freeze" | "import" | "export" | "delete";

/** Role of an agent in the task. (角色) [A 11.1.2] */
export type AgentRole = "data_intake" | "annotator" | "reviewer" | "qc" | "arbiter" | "admin" | "model";

/** The five kinds of annotation. (任务类型) [A 8.1] */
export type TaskKind = "anatomy" | "lesion" | "fusion" | "structured_report" | "text_image";

/** Geometry of annotations. (几何类型) [A 6.4.1, A C.3.d] */
export type Geometry = "mask" | "bbox" | "oriented_box" | "polygon" | "polyline" | "point" | "keypoints" | "ellipse" | "ellipsoid" | "contours" | "attribute" | "text_span";

/** Side that a deliverable belongs to (A.2.4). (交付端) [A App.A] */
export type DeliverableSide = "image" | "text" | "cross_modal" | "grading" | "other";

/** Level of an association. (关联粒度) [A 6.3.2] */
export type AssociationGranularity = "case" | "study" | "series" | "lesion";

/** How many map to how many (A.3.4). (映射基数) [A App.A] */
export type Cardinality = "one_to_one" | "one_to_many" | "many_to_one" | "many_to_many";

/** Why a sample was left out (A.5 b, c). (剔除原因) [A App.A] */
export type ExclusionReason = "incomplete" | "artefact" | "low_resolution" | "burned_in_marks" | "duplicate" | "association_failed" | "other";

/** What is wrong with an association. (关联问题类型) [A 6.3.2] */
export type AssociationProblemKind = "missing" | "conflict" | "time_inconsistent";

/** What became of data at the end. (处置类型) [A 11.4] */
export type DisposalKind = "destruction" | "archive";

/** Class of data. (数据分类) [A 11.1.1] */
export type DataClassification = "public" | "internal" | "personal" | "sensitive_personal" | "important";

/** Level of protection, rising. (安全级别) [A 11.1.1] */
export type SecurityLevel = "level_1" | "level_2" | "level_3" | "level_4" | "level_5";

/** What a file of a delivery is. (文件用途) [A 6.6.1, A 10.1.5] */
export type FileRole = "annotation" | "mask" | "image" | "text" | "description" | "task_definition" | "label_system" | "qc_record" | "registration" | "manifest" | "audit_log" | "other";

/** Part of the work. (追溯环节) [A 11.5.1] */
export type TraceStage = "source" | "annotation" | "model_assistance" | "quality_control" | "delivery";

/** A concept of a published terminology, as DICOM's code sequence macro holds it (PS3.3 8.8). (编码概念) [A 8.2.2.a] */
export interface Concept {
  /** Code in the scheme, `10200004`. (编码值) [A 8.2.2.a] */
  code: Identifier;
  /** Designator of the scheme as DICOM spells it, `SCT`, `DCM`, `RADLEX`, `LN`, `UCUM`, `I10`. (编码体系) [A 8.2.2.a] */
  scheme: CodingScheme;
  /** Text for people. (编码含义) [A 8.2.2.b] */
  meaning: Name;
  /** Version of the scheme, where the code depends on it. (编码体系版本) [A 8.2.2.a] */
  version?: Name;
}

/** One label of a label system. (标签) [A 8.2.2] */
export interface Label {
  /** Unique code within the label system. (标签编码) [A 8.2.2.a, A C.1] */
  code: LabelCode;
  /** Number of the class in training data, its place in the list if absent. (类别序号) [A 10.1.3] */
  number?: ClassNumber;
  /** Name in English. (英文名称) [A 8.2.2.b] */
  name_en?: Name;
  /** Name in Chinese. (中文名称) [A 8.2.2.b] */
  name_zh?: Name;
  /** Category of the annotations that carry the label. (类别) [A C.1] */
  category?: AnnotationCategory;
  /** What the label means (DICOM segmented property type). (概念编码) [A 8.2.2.a] */
  concept?: Concept;
  /** The kind of thing it is (DICOM segmented property category). (概念类别编码) [A 8.2.2.c] */
  concept_category?: Concept;
  /** Laterality and other modifiers (DICOM segmented property type modifiers). (概念修饰编码) [A 8.2.2.c] */
  concept_modifiers?: Array<Concept>;
  /** Where in the body its objects are, unless an annotation says so itself. (发生部位) [A 8.2.2.c] */
  finding_site?: FindingSite;
  /** What its objects are in a radiotherapy plan (DICOM RTROIInterpretedType (3006,00A4)). (放疗感兴趣区类型) [A 8.2.2.c] */
  rt_roi_type?: RtRoiType;
  /** Code of the label above it in the tree. (上级标签) [A 8.2.2.a, A 8.3] */
  parent?: LabelCode;
  /** Level in the tree. (解剖层级) [A 8.3, A 8.2.2.c] */
  level?: LabelLevel;
  /** Medical definition in English. (英文定义) [A 8.2.2.b] */
  definition_en?: Text;
  /** Medical definition in Chinese. (中文定义) [A 8.2.2.b] */
  definition_zh?: Text;
  /** Histological features. (组织学特征) [A 8.2.2.b] */
  histology?: Text;
  /** What it does. (功能意义) [A 8.2.2.b] */
  function?: Text;
  /** Clinical indication. (临床指征) [A 8.2.2.b] */
  indication?: Text;
  /** Solid or hollow. (器官类型) [A 8.2.2.c] */
  organ_type?: OrganType;
  /** Clear or blurred. (边缘特征) [A 8.2.2.c] */
  margin?: Margin;
  /** How it looks in each modality. (跨模态表现) [A 8.2.2.d] */
  appearances?: Array<Appearance>;
  /** Further fields of annotations that carry it, such as enhancement, pathology type, grade, change in time. (扩展字段定义) [A 8.2.2.e, A 10.1.3] */
  attributes?: Array<AttributeDefinition>;
  /** Names of the keypoints that its objects have, in their order. (关键点名称) [A 10.1.2.a, A 10.1.3] */
  keypoints?: Array<Name>;
  /** Pairs of keypoints that a line joins, by their zero-based places in `keypoints`. (骨架连线) [A 10.1.2.a] */
  skeleton?: Array<[Index, Index]>;
  /** Pairs of keypoints that change places when the picture is mirrored left to right, by their zero-based places. (镜像对) [A 10.1.2.a] */
  flip_pairs?: Array<[Index, Index]>;
  /** Other names, for display and search. (同义名) [A 8.2.2.b] */
  synonyms?: Array<Name>;
  /** Recommended display colour as sRGB red, green, blue. (显示颜色) [A 8.2.2.e] */
  color_rgb?: [Octet, Octet, Octet];
}

/** How a label looks in one modality. (模态表现) [A 8.2.2.d] */
export interface Appearance {
  /** Modality. (模态) [A 8.2.2.d] */
  modality: Modality;
  /** Sequence or phase, `T2`. (序列) [A 8.2.2.d] */
  sequence?: Name;
  /** How it looks, `hyperintense`. (表现) [A 8.2.2.d] */
  description: Text;
}

/** Definition of a field of annotations. (属性定义) [A 8.2.2.e, A 10.1.3] */
export interface AttributeDefinition {
  /** Name of the field. (字段名) [A 10.1.3] */
  key: Key;
  /** What the field means, so that a plain attribute goes out as a coded one. (概念编码) [A 8.2.2.a] */
  concept?: Concept;
  /** What it is about. (类别) [A 8.2.2.e] */
  kind?: AttributeKind;
  /** Title in English. (英文标题) [A 10.1.3] */
  title_en?: Name;
  /** Title in Chinese. (中文标题) [A 10.1.3] */
  title_zh?: Name;
  /** Whether it must be given. (是否必填) [A 10.1.3] */
  required?: Flag;
  /** Permissible values, each with what it means; any if absent. (取值集合) [A 10.1.3, A A.3.3] */
  permissible_values?: Array<PermissibleValue>;
  /** Rules that the values follow, with their version, `ACR BI-RADS 5th edition`. (取值依据) [A A.3.2] */
  basis?: Name;
  /** Unit in UCUM. (单位) [A 10.1.3] */
  unit?: Name;
  /** Least value. (下限) [A 10.1.3] */
  minimum?: Number;
  /** Greatest value. (上限) [A 10.1.3] */
  maximum?: Number;
  /** How a missing or uncertain value is written. (缺失编码) [A App.A] */
  missing_code?: Name;
}

/** One value that an attribute may have. (取值) [A 10.1.3, A A.3.3] */
export interface PermissibleValue {
  /** The value, as attributes hold it. (值) [A 10.1.3] */
  value: Name;
  /** Title in English. (英文标题) [A 10.1.3] */
  title_en?: Name;
  /** Title in Chinese. (中文标题) [A 10.1.3] */
  title_zh?: Name;
  /** What it means. (概念编码) [A 8.2.2.a] */
  concept?: Concept;
}

/** Labels of a project, with their tree, versions and changes. A document of its own. (标签体系) [A 8.2, A 8.2.1, A 8.2.2, A 8.3, A 10.1.3, A C.1] */
export interface LabelSystem {
  /** Identifier that task definitions name. (标签体系标识) [A 10.1.3] */
  id: Identifier;
  /** Version. (版本) [A 10.1.3] */
  version: Version;
  /** Name in English. (英文名称) [A 8.2.2.b] */
  name_en?: Name;
  /** Name in Chinese. (中文名称) [A 8.2.2.b] */
  name_zh?: Name;
  /** The labels. (标签) [A 8.2.2.a] */
  labels: Array<Label>;
  /** What changed from version to version. (变更记录) [A 10.1.3] */
  changes?: Array<ChangeRecord>;
}

/** One change between two versions. (变更记录) [A 10.1.3, A 11.5.2] */
export interface ChangeRecord {
  /** Version that the change led to. (版本) [A 10.1.3] */
  version: Version;
  /** When. (时间) [A 10.1.3] */
  at?: Timestamp;
  /** Agent id. (变更人员) [A 10.1.3] */
  by?: Identifier;
  /** Why. (变更原因) [A 11.5.2] */
  reason?: Text;
  /** What changed. (变更内容) [A 10.1.3] */
  description: Text;
}

/** What is known of the patient without telling who it is. (受检者) [A 8.5.3.1] */
export interface Subject {
  /** Sex, as FHIR's administrative gender has it. (性别) [A 8.5.3.1] */
  sex?: Sex;
  /** Age as DICOM writes it, `045Y`, `018M`, `003D`. (年龄) [A 8.5.3.1] */
  age?: Age;
  /** Height (DICOM PatientSize). (身高) [A 8.5.3.1] */
  height?: PositiveReal;
  /** Weight; a standardized uptake value rests on it. (体重) [A 8.5.3.1] */
  weight?: PositiveReal;
}

/** One examination of the patient. (检查) [A 6.3.2, A 3.3] */
export interface Study {
  /** DICOM StudyInstanceUID (0020,000D); images name their study by it. (检查唯一标识) [A 6.3.2] */
  study_instance_uid: DicomUid;
  /** DICOM StudyID (0020,0010), pseudonymous. (检查号) [A 6.3.2] */
  study_id?: Name;
  /** DICOM AccessionNumber (0008,0050), pseudonymous. (检查流水号) [A 6.3.2] */
  accession_number?: Name;
  /** When it began. (检查时间) [A 6.3.2] */
  started_at?: Timestamp;
  /** Its place in the follow-up, `baseline`, `week 12` (DICOM TID 1502, ClinicalTrialTimePointID). (时间点) [A 8.2.2.e] */
  time_point?: Name;
  /** Days from the baseline to this study, negative before it, where dates were removed or beside them (DICOM LongitudinalTemporalOffsetFromEvent (0012,0052) of the event BASELINE). (距基线天数) [A 8.2.2.e, A 11.2.1] */
  days_from_baseline?: Real;
  /** What was examined, without patient data. (描述) [A 6.3.2] */
  description?: Name;
  /** What was done, coded (DICOM TID 1204, Procedure reported; FHIR ImagingStudy.procedure). (检查项目) [A 6.3.2] */
  procedures?: Array<Concept>;
  /** What was true of the patient at that time, where it differs from the case's. (检查时的受检者) [A 8.5.3.1] */
  subject?: Subject;
}

/** An image and its geometry, in the patient frame LPS and in millimetres unless `coordinate_frame` says otherwise. (影像对象) [A C.2.b, A 7.2, A B.1, A B.2] */
export interface Image {
  /** Unique identifier of the image; the SeriesInstanceUID of a DICOM series. (影像唯一标识) [A C.2.b] */
  uid: Identifier;
  /** Modality, in DICOM's terms. (模态) [A C.2.b, A 3.1] */
  modality: Modality;
  /** Description of the series, without patient data. (描述) [A C.2.b] */
  description?: Name;
  /** Sequence or phase, `T2`, `DWI`, `arterial`, in the words of the labels' appearances. (序列或期相) [A 8.2.2.d] */
  sequence?: Name;
  /** Part of the body that was examined, in DICOM's terms (BodyPartExamined (0018,0015)), `CHEST`. (检查部位) [A A.2.2] */
  body_part?: Name;
  /** Side of the body that was examined (ImageLaterality (0020,0062)). (侧别) [A A.2.2] */
  laterality?: Laterality;
  /** View of a projection, in DICOM's terms (ViewPosition (0018,5101)), `CC`, `MLO`, `PA`. (投照体位) [A A.2.2] */
  view_position?: Name;
  /** Number of voxels along i, j, k; that is columns, rows, slices (or frames). The B.3 layout has none. (维度) [A C.2.b] */
  shape?: Array<Count>;
  /** Number of volumes in time, each of that shape, in an image of four dimensions; `frame_index` counts them. (时相数) [A 7.2.note] */
  temporal_positions?: Count;
  /** Distance between voxel centres along i, j, k; of uneven slices the median. DICOM's PixelSpacing is (row, column), that is j, i. (体素间距) [A 7.2.c, A C.2.b, A B.1] */
  spacing?: Array<PositiveReal>;
  /** Position of the centre of voxel (0, 0, 0). (原点) [A 7.2.d, A C.2.b, A B.1] */
  origin?: [Real, Real, Real];
  /** Direction cosines, row-major; column c is the direction of index axis c. Orthonormal; the positions of `instances` say where sheared slices are. (方向矩阵) [A 7.2.b, A C.2.b, A B.1] */
  direction?: [[Cosine, Cosine, Cosine], [Cosine, Cosine, Cosine], [Cosine, Cosine, Cosine]];
  /** Coordinate frame of `origin` and `direction`; LPS if an origin is given and no frame is named. (坐标系) [A 6.3.1] */
  coordinate_frame?: CoordinateFrame;
  /** DICOM FrameOfReferenceUID (0020,0052). (参考坐标系唯一标识) [A B.1] */
  frame_of_reference_uid?: DicomUid;
  /** DICOM StudyInstanceUID (0020,000D). (检查唯一标识) [A 6.3.2] */
  study_instance_uid?: DicomUid;
  /** DICOM instances of the image, in the order of its slices or frames; a multi-frame instance of even slices may stand once, or once for each volume in time or level of the pyramid. (影像实例) [A 8.4.e, A 7.2.e, A B.3] */
  instances?: Array<ImageInstance>;
  /** When the image was acquired. (采集时间) [A 8.5.3.4, A 6.3.2] */
  acquired_at?: Timestamp;
  /** Thickness of a slice; it is not the spacing. (层厚) [A B.1] */
  slice_thickness?: PositiveReal;
  /** Version of the image that the annotations are bound to. (影像版本) [A 8.4.e] */
  version?: Version;
  /** Unit of the pixel values in UCUM, `[hnsf'U]` for Hounsfield units. (像素单位) [A 7.2.f] */
  pixel_unit?: Name;
  /** Tracer, contrast agent and other coded circumstances of the acquisition (DICOM AcquisitionContextSequence (0040,0555)). (采集背景) [A 7.2.f, A A.2.2] */
  acquisition_context?: Array<QualitativeEvaluation>;
  /** What made the image. (设备) [A App.A] */
  equipment?: Equipment;
  /** Pseudonym of the specimen on a slide (SpecimenIdentifier (0040,0551)). (标本号) [A 6.3.2] */
  specimen_id?: Identifier;
  /** Stain of a slide, `H&E`. (染色) [A 7.2.note] */
  stain?: Name;
  /** UIDs of the images that it was computed from; `preprocessing` says how. (来源影像标识) [A 7.2.c, A 6.2] */
  derived_from?: Array<Identifier>;
  /** Record of resampling, where the image was resampled. (重采样记录) [A 7.2.c] */
  resampling?: Resampling;
  /** What was done to the image before annotation. (预处理记录) [A 6.2] */
  preprocessing?: Array<PreprocessingStep>;
  /** Whether its quality is acceptable, and what is wrong. (图像质量) [A 7.2.g] */
  quality?: ImageQuality;
  /** Requirements on data that it does not meet. (不符合项) [A 7.2] */
  nonconformances?: Array<Nonconformance>;
  /** Levels of a whole-slide image, the finest first; `shape` and pixel coordinates are those of the finest one. (金字塔层级) [A 7.2.note] */
  pyramid?: Array<PyramidLevel>;
  /** Magnification of the objective of a whole-slide image. (物镜倍率) [A 7.2.note] */
  objective_magnification?: PositiveReal;
  /** Frames a second of a video; frame n is at n / rate. (帧率) [A 7.2.note] */
  frame_rate?: PositiveReal;
  /** Time of each frame, or of each volume in time, from the first. (帧时间戳) [A 7.2.note] */
  frame_times_ms?: Array<NonNegativeReal>;
  /** Frames that were to be annotated, so that one of them without annotations shows nothing; all if absent. (任务帧范围) [A 7.2.note] */
  annotated_frames?: Array<FrameRange>;
  /** The files that the image is made of. (文件) [A 10.1.5] */
  files?: Array<ImageFile>;
  /** Anything else, under namespaced keys; never interpreted, always kept. (扩展) [A 8.2.2.e] */
  extensions?: Record<string, unknown>;
}

/** One DICOM instance. (影像实例) [A 8.4.e] */
export interface ImageInstance {
  /** DICOM SOPInstanceUID (0008,0018). (实例唯一标识) [A 8.4.e] */
  sop_instance_uid: DicomUid;
  /** DICOM SOPClassUID (0008,0016). (实例类别标识) [A 8.4.e] */
  sop_class_uid?: DicomUid;
  /** Centre of the slice's first voxel in LPS (ImagePositionPatient (0020,0032)). (切片位置) [A 7.2.e, A 7.2.d] */
  image_position_patient?: [Real, Real, Real];
}

/** Frames from a first to a last one, both included, zero-based. (帧范围) [A 7.2.note] */
export interface FrameRange {
  /** First frame. (首帧索引) [A 7.2.note] */
  first: Index;
  /** Last frame. (末帧索引) [A 7.2.note] */
  last: Index;
  /** From one frame to the next; 1 if absent. (步长) [A 7.2.note] */
  step?: Count;
}

/** What made an image. (设备) [A App.A] */
export interface Equipment {
  /** Manufacturer. (厂商) [A App.A] */
  manufacturer?: Name;
  /** Name of the model. (型号) [A App.A] */
  model_name?: Name;
  /** Versions of its software. (软件版本) [A App.A] */
  software_versions?: Array<Name>;
}

/** A requirement that data do not meet, recorded instead of mended. (不符合项) [A 7.2] */
export interface Nonconformance {
  /** Requirement that is not met. (要求) [A 7.2] */
  requirement: DataRequirement;
  /** What does not meet it. (描述) [A 7.2] */
  description: Text;
}

/** One file of an image. (影像文件) [A 10.1.5] */
export interface ImageFile {
  /** Path relative to the case file. (路径) [A 10.1.5] */
  path: RelativePath;
  /** Digest of the file's bytes. (校验值) [A 10.1.5] */
  sha256?: Sha256;
  /** Media type, `application/dicom`. (媒体类型) [A 10.1.5] */
  media_type?: MediaType;
}

/** A resampling, with the spacing before and after. (重采样记录) [A 7.2.c] */
export interface Resampling {
  /** Spacing before, along i, j, k. (原始体素间距) [A 7.2.c] */
  original_spacing: Array<PositiveReal>;
  /** Spacing after, along i, j, k. (重采样体素间距) [A 7.2.c] */
  spacing: Array<PositiveReal>;
  /** Voxels before, along i, j, k. (原始维度) [A 7.2.c] */
  original_shape?: Array<Count>;
  /** How values between voxels were found. (插值方式) [A 7.2.c] */
  interpolation?: Interpolation;
}

/** Judgement of an image's quality. (图像质量) [A 7.2.g, A 7.2.f] */
export interface ImageQuality {
  /** Whether it can be annotated. (是否可接受) [A 7.2.g] */
  acceptable: Flag;
  /** What is wrong with it. (缺陷) [A 7.2.g] */
  defects?: Array<ImageDefect>;
  /** In words. (备注) [A 7.2.g] */
  note?: Text;
}

/** One level of a whole-slide image. (金字塔层级) [A 7.2.note] */
export interface PyramidLevel {
  /** Columns and rows. (维度) [A 7.2.note] */
  shape: [Count, Count];
  /** Pixels of the finest level to one of this, along an axis. (降采样倍数) [A 7.2.note] */
  downsample: PositiveReal;
  /** Distance between pixel centres along i, j. (像素间距) [A 7.2.note] */
  spacing?: [PositiveReal, PositiveReal];
  /** Magnification of this level. (倍率) [A 7.2.note] */
  magnification?: PositiveReal;
}

/** A place in the body, as DICOM's Finding Site and AnatomicRegionSequence and FHIR's BodyStructure hold it. (发生部位) [A 8.2.2.c, A A.2.2] */
export interface FindingSite {
  /** Anatomic region. (解剖部位) [A 8.2.2.c] */
  region: Concept;
  /** Side of the body. (侧别) [A 8.2.2.c] */
  laterality?: Laterality;
  /** What narrows the region down (DICOM topographical modifier, AnatomicRegionModifierSequence). (方位修饰) [A 8.2.2.c] */
  modifiers?: Array<Concept>;
}

/** One number that was measured, as DICOM's TID 300 and FHIR's Observation hold it. (测量) [A 9.2, A 10.1.2.c] */
export interface Measurement {
  /** The same for the same measurement in other reports (DICOM TID 1419, Tracking Unique Identifier). (跟踪唯一标识) [A 8.2.2.e] */
  tracking_uid?: DicomUid;
  /** What was measured, long axis, volume, SUV. (测量项目) [A 9.2] */
  concept: Concept;
  /** Its value; it keeps its digits. A measurement has a value, or says why it has none. (数值) [A 9.2] */
  value?: Number;
  /** How the true value lies to the one given, where the method sets a bound; equal if absent. (比较符) [A 8.5.3.2] */
  comparator?: QuantityComparator;
  /** Why it has no value, such as an object too small to be measured. (缺失原因) [A 8.5.3.2, A App.A] */
  absent_reason?: AbsentReason;
  /** Unit in UCUM, `mm`, `{SUVbw}g/ml`; `1` where there is none. (单位) [A 10.1.2.c] */
  unit: Name;
  /** Which statistic of many values it is, mean, minimum, maximum (DICOM CID 7464). (统计量) [A 9.2] */
  derivation?: Concept;
  /** How it was measured (DICOM Measurement Method). (测量方法) [A 9.2] */
  method?: Concept;
  /** Annotations that it was measured on, such as the line of a long axis; the annotation itself if absent. (测量几何标识) [A 9.2] */
  geometry_ids?: Array<Identifier>;
  /** What computed it. (算法) [A 10.1.6] */
  algorithm?: Algorithm;
  /** DICOM instance of the Real World Value Map that gave the pixels their unit (TID 1419). (像素值映射实例) [A 7.2.f] */
  value_map?: ImageInstance;
  /** Lower end of the normal range, in the same unit. (正常下限) [A 8.5.3.2] */
  normal_low?: Number;
  /** Upper end of the normal range, in the same unit. (正常上限) [A 8.5.3.2] */
  normal_high?: Number;
  /** How the number is to be taken, its normality or level of significance (TID 310; FHIR's interpretation). (结果解释) [A 8.5.3.2] */
  interpretations?: Array<QualitativeEvaluation>;
}

/** One coded judgement, as DICOM's TID 1501 and FHIR's Observation hold it. (定性评估) [A 8.2.2.e, A A.3.2] */
export interface QualitativeEvaluation {
  /** What is judged, the BI-RADS assessment, the malignancy, the change since. (评估项目) [A 8.2.2.e] */
  concept: Concept;
  /** The judgement. (评估结果) [A 8.2.2.e] */
  value: Concept;
  /** Rules that it follows, with their version, `ACR BI-RADS 5th edition`. (依据) [A A.3.2] */
  basis?: Name;
}

/** A pixel or voxel mask kept in a file of its own. (掩膜标注) [A C.3.e] */
export interface MaskAnnotation {
  /** Unique identifier of the annotation in its case. (标注对象唯一标识) [A C.3.a] */
  id: Identifier;
  /** The same for the same object in other frames, images, studies and cases (DICOM TrackingUID (0062,0021)). (跟踪唯一标识) [A 8.2.2.e, A 8.5.1] */
  tracking_uid?: DicomUid;
  /** Name of the object for people, or of a track in a video (DICOM TrackingID (0062,0020)). (跟踪标识) [A 8.2.2.e] */
  tracking_id?: Name;
  /** Id of the annotation that this one is a part or a property of. (上级标注对象标识) [A 8.3] */
  parent_id?: Identifier;
  /** One-based number among several of the same label. (对象编号) [A A.3.1] */
  object_number?: Count;
  /** What kind of thing it is. (类别) [A C.3.b] */
  category: AnnotationCategory;
  /** Code of its label in the task's label system. (标签编码) [A C.3.c, A 6.5.1] */
  label_code: LabelCode;
  /** Where in the body it is, where the label does not say so. (发生部位) [A 8.2.2.c] */
  finding_site?: FindingSite;
  /** Whether it is there; present if absent. Whoever counts or trains on findings takes those that are present only. (存在判断) [A A.3.3, A 5.4] */
  assertion?: Assertion;
  /** What it is said of; if absent, its own place, and its image where it has none. (适用范围) [A C.1.c] */
  scope?: AnnotationScope;
  /** Which class of annotation this is. (标注类型) [A C.3.d] */
  type: "mask";
  /** UID of the image it belongs to; the primary image if absent. (所属影像标识) [A 8.4.e] */
  image_uid?: Identifier;
  /** Zero-based slice along k. (切片索引) [A C.3.e] */
  slice_index?: Index;
  /** Zero-based frame of a multi-frame image or video; of an image of several volumes in time, which of them. (帧索引) [A 7.2.note] */
  frame_index?: Index;
  /** Zero-based last frame, included, where it holds from `frame_index` on for a range of frames. (末帧索引) [A 7.2.note] */
  last_frame_index?: Index;
  /** True where someone drew it on this frame, false where it was interpolated between key frames. (是否关键帧) [A 7.2.note] */
  is_key_frame?: Flag;
  /** What coordinates of three numbers are in, the image's voxels if absent. Two numbers are always pixels, contours always in the patient's space. (坐标空间) [A 6.3.1, A C.3.e] */
  coordinate_space?: CoordinateSpace;
  /** Frame of reference of patient coordinates; the image's if absent. (参考坐标系唯一标识) [A B.1] */
  frame_of_reference_uid?: DicomUid;
  /** Key-value pairs that describe it; the label says what they mean. (属性) [A C.3.e, A 8.2.2.c, A 8.2.2.e] */
  attributes?: Record<string, AttributeValue>;
  /** Numbers measured on it, each with its concept and its unit. (测量) [A 9.2, A 10.1.2.c] */
  measurements?: Array<Measurement>;
  /** Coded judgements of it, such as BI-RADS or TI-RADS. (定性评估) [A 8.2.2.e] */
  evaluations?: Array<QualitativeEvaluation>;
  /** How finely a lesion is annotated. (标注粒度) [A 8.3] */
  granularity?: Granularity;
  /** What made it hard to outline, recorded by task rule A.3.1. (异常标记) [A A.3.1] */
  abnormal_marks?: Array<AbnormalMark>;
  /** Confidence of whoever made it. (置信度) [A 10.1.6] */
  confidence?: UnitInterval;
  /** Ids of anything in the case that this corresponds to, a link, annotation, text span or record. (跨模态关联标识) [A C.3.e, A 8.5] */
  cross_modal_links?: Array<Identifier>;
  /** Whether it is a result; final if absent. Whoever counts, trains on or measures annotations takes those that are final only. (标注状态) [A 3.4, A 9.3.1.c] */
  status?: AnnotationStatus;
  /** Ids of the annotations that it was made of, a model's suggestion, or the versions of several readers. (来源标注对象标识) [A 9.3.1.c, A 3.4] */
  derived_from?: Array<Identifier>;
  /** Who made it, a person, an algorithm, or both (DICOM SegmentAlgorithmType, ROIGenerationAlgorithm). (生成方式) [A 3.4, A 6.4.2] */
  algorithm_type?: AlgorithmType;
  /** Id of the model-assistance record that it grew out of. (模型辅助记录标识) [A 3.4, A 10.1.6] */
  assistance_id?: Identifier;
  /** Agent id of who or what made it, where it differs from the metadata's. (标注人员) [A 5.6] */
  annotator?: Identifier;
  /** When it was made. (标注时间) [A 5.6] */
  annotated_at?: Timestamp;
  /** Sitting in which it was made, where one reader annotates the same case more than once (DICOM TID 1501, Activity Session). (标注场次) [A 9.1.1, A 9.4.1.b] */
  session?: Name;
  /** Anything to add, in words (DICOM ROIDescription, SegmentDescription; FHIR's note). (备注) [A 8.2.2.e] */
  note?: Text;
  /** Anything else, under namespaced keys; never interpreted, always kept. (扩展) [A 8.2.2.e] */
  extensions?: Record<string, unknown>;
  /** Path of the mask file, relative to the case file. (掩膜文件) [A C.3.e, A 6.4.1] */
  mask_file: RelativePath;
  /** Value of the object in a label map; absent means every voxel that is not zero. (掩膜值) [A C.3.e] */
  mask_value?: Count;
  /** What values between 0 and 1 say (DICOM SegmentationFractionalType); absent means that voxels are in or out. (分数类型) [A C.3.e] */
  fractional_type?: FractionalType;
  /** Digest of the mask file's bytes. (校验值) [A 10.1.5] */
  sha256?: Sha256;
  /** DICOM segmentation that holds the mask too; reports refer to it. (分割实例) [A 8.4.e] */
  segmentation?: ImageInstance;
  /** Number of its segment there (DICOM SegmentNumber (0062,0004)). (分段编号) [A 8.4.e] */
  segment_number?: Count;
}

/** An axis-aligned box, minima first, never width and height. (边界框标注) [A 6.4.1] */
export interface BboxAnnotation {
  /** Unique identifier of the annotation in its case. (标注对象唯一标识) [A C.3.a] */
  id: Identifier;
  /** The same for the same object in other frames, images, studies and cases (DICOM TrackingUID (0062,0021)). (跟踪唯一标识) [A 8.2.2.e, A 8.5.1] */
  tracking_uid?: DicomUid;
  /** Name of the object for people, or of a track in a video (DICOM TrackingID (0062,0020)). (跟踪标识) [A 8.2.2.e] */
  tracking_id?: Name;
  /** Id of the annotation that this one is a part or a property of. (上级标注对象标识) [A 8.3] */
  parent_id?: Identifier;
  /** One-based number among several of the same label. (对象编号) [A A.3.1] */
  object_number?: Count;
  /** What kind of thing it is. (类别) [A C.3.b] */
  category: AnnotationCategory;
  /** Code of its label in the task's label system. (标签编码) [A C.3.c, A 6.5.1] */
  label_code: LabelCode;
  /** Where in the body it is, where the label does not say so. (发生部位) [A 8.2.2.c] */
  finding_site?: FindingSite;
  /** Whether it is there; present if absent. Whoever counts or trains on findings takes those that are present only. (存在判断) [A A.3.3, A 5.4] */
  assertion?: Assertion;
  /** What it is said of; if absent, its own place, and its image where it has none. (适用范围) [A C.1.c] */
  scope?: AnnotationScope;
  /** Which class of annotation this is. (标注类型) [A C.3.d] */
  type: "bbox";
  /** UID of the image it belongs to; the primary image if absent. (所属影像标识) [A 8.4.e] */
  image_uid?: Identifier;
  /** Zero-based slice along k. (切片索引) [A C.3.e] */
  slice_index?: Index;
  /** Zero-based frame of a multi-frame image or video; of an image of several volumes in time, which of them. (帧索引) [A 7.2.note] */
  frame_index?: Index;
  /** Zero-based last frame, included, where it holds from `frame_index` on for a range of frames. (末帧索引) [A 7.2.note] */
  last_frame_index?: Index;
  /** True where someone drew it on this frame, false where it was interpolated between key frames. (是否关键帧) [A 7.2.note] */
  is_key_frame?: Flag;
  /** What coordinates of three numbers are in, the image's voxels if absent. Two numbers are always pixels, contours always in the patient's space. (坐标空间) [A 6.3.1, A C.3.e] */
  coordinate_space?: CoordinateSpace;
  /** Frame of reference of patient coordinates; the image's if absent. (参考坐标系唯一标识) [A B.1] */
  frame_of_reference_uid?: DicomUid;
  /** Key-value pairs that describe it; the label says what they mean. (属性) [A C.3.e, A 8.2.2.c, A 8.2.2.e] */
  attributes?: Record<string, AttributeValue>;
  /** Numbers measured on it, each with its concept and its unit. (测量) [A 9.2, A 10.1.2.c] */
  measurements?: Array<Measurement>;
  /** Coded judgements of it, such as BI-RADS or TI-RADS. (定性评估) [A 8.2.2.e] */
  evaluations?: Array<QualitativeEvaluation>;
  /** How finely a lesion is annotated. (标注粒度) [A 8.3] */
  granularity?: Granularity;
  /** What made it hard to outline, recorded by task rule A.3.1. (异常标记) [A A.3.1] */
  abnormal_marks?: Array<AbnormalMark>;
  /** Confidence of whoever made it. (置信度) [A 10.1.6] */
  confidence?: UnitInterval;
  /** Ids of anything in the case that this corresponds to, a link, annotation, text span or record. (跨模态关联标识) [A C.3.e, A 8.5] */
  cross_modal_links?: Array<Identifier>;
  /** Whether it is a result; final if absent. Whoever counts, trains on or measures annotations takes those that are final only. (标注状态) [A 3.4, A 9.3.1.c] */
  status?: AnnotationStatus;
  /** Ids of the annotations that it was made of, a model's suggestion, or the versions of several readers. (来源标注对象标识) [A 9.3.1.c, A 3.4] */
  derived_from?: Array<Identifier>;
  /** Who made it, a person, an algorithm, or both (DICOM SegmentAlgorithmType, ROIGenerationAlgorithm). (生成方式) [A 3.4, A 6.4.2] */
  algorithm_type?: AlgorithmType;
  /** Id of the model-assistance record that it grew out of. (模型辅助记录标识) [A 3.4, A 10.1.6] */
  assistance_id?: Identifier;
  /** Agent id of who or what made it, where it differs from the metadata's. (标注人员) [A 5.6] */
  annotator?: Identifier;
  /** When it was made. (标注时间) [A 5.6] */
  annotated_at?: Timestamp;
  /** Sitting in which it was made, where one reader annotates the same case more than once (DICOM TID 1501, Activity Session). (标注场次) [A 9.1.1, A 9.4.1.b] */
  session?: Name;
  /** Anything to add, in words (DICOM ROIDescription, SegmentDescription; FHIR's note). (备注) [A 8.2.2.e] */
  note?: Text;
  /** Anything else, under namespaced keys; never interpreted, always kept. (扩展) [A 8.2.2.e] */
  extensions?: Record<string, unknown>;
  /** [x_min, y_min, x_max, y_max] or [x_min, y_min, z_min, x_max, y_max, z_max] in continuous pixel or voxel coordinates, origin at the outer corner of the first pixel. (边界框) [A C.3.e] */
  bbox: Array<Real>;
}

/** A box that is turned, on one slice or frame, or in space. (有向边界框标注) [A 6.4.1] */
export interface OrientedBoxAnnotation {
  /** Unique identifier of the annotation in its case. (标注对象唯一标识) [A C.3.a] */
  id: Identifier;
  /** The same for the same object in other frames, images, studies and cases (DICOM TrackingUID (0062,0021)). (跟踪唯一标识) [A 8.2.2.e, A 8.5.1] */
  tracking_uid?: DicomUid;
  /** Name of the object for people, or of a track in a video (DICOM TrackingID (0062,0020)). (跟踪标识) [A 8.2.2.e] */
  tracking_id?: Name;
  /** Id of the annotation that this one is a part or a property of. (上级标注对象标识) [A 8.3] */
  parent_id?: Identifier;
  /** One-based number among several of the same label. (对象编号) [A A.3.1] */
  object_number?: Count;
  /** What kind of thing it is. (类别) [A C.3.b] */
  category: AnnotationCategory;
  /** Code of its label in the task's label system. (标签编码) [A C.3.c, A 6.5.1] */
  label_code: LabelCode;
  /** Where in the body it is, where the label does not say so. (发生部位) [A 8.2.2.c] */
  finding_site?: FindingSite;
  /** Whether it is there; present if absent. Whoever counts or trains on findings takes those that are present only. (存在判断) [A A.3.3, A 5.4] */
  assertion?: Assertion;
  /** What it is said of; if absent, its own place, and its image where it has none. (适用范围) [A C.1.c] */
  scope?: AnnotationScope;
  /** Which class of annotation this is. (标注类型) [A C.3.d] */
  type: "oriented_box";
  /** UID of the image it belongs to; the primary image if absent. (所属影像标识) [A 8.4.e] */
  image_uid?: Identifier;
  /** Zero-based slice along k. (切片索引) [A C.3.e] */
  slice_index?: Index;
  /** Zero-based frame of a multi-frame image or video; of an image of several volumes in time, which of them. (帧索引) [A 7.2.note] */
  frame_index?: Index;
  /** Zero-based last frame, included, where it holds from `frame_index` on for a range of frames. (末帧索引) [A 7.2.note] */
  last_frame_index?: Index;
  /** True where someone drew it on this frame, false where it was interpolated between key frames. (是否关键帧) [A 7.2.note] */
  is_key_frame?: Flag;
  /** What coordinates of three numbers are in, the image's voxels if absent. Two numbers are always pixels, contours always in the patient's space. (坐标空间) [A 6.3.1, A C.3.e] */
  coordinate_space?: CoordinateSpace;
  /** Frame of reference of patient coordinates; the image's if absent. (参考坐标系唯一标识) [A B.1] */
  frame_of_reference_uid?: DicomUid;
  /** Key-value pairs that describe it; the label says what they mean. (属性) [A C.3.e, A 8.2.2.c, A 8.2.2.e] */
  attributes?: Record<string, AttributeValue>;
  /** Numbers measured on it, each with its concept and its unit. (测量) [A 9.2, A 10.1.2.c] */
  measurements?: Array<Measurement>;
  /** Coded judgements of it, such as BI-RADS or TI-RADS. (定性评估) [A 8.2.2.e] */
  evaluations?: Array<QualitativeEvaluation>;
  /** How finely a lesion is annotated. (标注粒度) [A 8.3] */
  granularity?: Granularity;
  /** What made it hard to outline, recorded by task rule A.3.1. (异常标记) [A A.3.1] */
  abnormal_marks?: Array<AbnormalMark>;
  /** Confidence of whoever made it. (置信度) [A 10.1.6] */
  confidence?: UnitInterval;
  /** Ids of anything in the case that this corresponds to, a link, annotation, text span or record. (跨模态关联标识) [A C.3.e, A 8.5] */
  cross_modal_links?: Array<Identifier>;
  /** Whether it is a result; final if absent. Whoever counts, trains on or measures annotations takes those that are final only. (标注状态) [A 3.4, A 9.3.1.c] */
  status?: AnnotationStatus;
  /** Ids of the annotations that it was made of, a model's suggestion, or the versions of several readers. (来源标注对象标识) [A 9.3.1.c, A 3.4] */
  derived_from?: Array<Identifier>;
  /** Who made it, a person, an algorithm, or both (DICOM SegmentAlgorithmType, ROIGenerationAlgorithm). (生成方式) [A 3.4, A 6.4.2] */
  algorithm_type?: AlgorithmType;
  /** Id of the model-assistance record that it grew out of. (模型辅助记录标识) [A 3.4, A 10.1.6] */
  assistance_id?: Identifier;
  /** Agent id of who or what made it, where it differs from the metadata's. (标注人员) [A 5.6] */
  annotator?: Identifier;
  /** When it was made. (标注时间) [A 5.6] */
  annotated_at?: Timestamp;
  /** Sitting in which it was made, where one reader annotates the same case more than once (DICOM TID 1501, Activity Session). (标注场次) [A 9.1.1, A 9.4.1.b] */
  session?: Name;
  /** Anything to add, in words (DICOM ROIDescription, SegmentDescription; FHIR's note). (备注) [A 8.2.2.e] */
  note?: Text;
  /** Anything else, under namespaced keys; never interpreted, always kept. (扩展) [A 8.2.2.e] */
  extensions?: Record<string, unknown>;
  /** (x, y) in continuous pixel coordinates, or (x, y, z) in the coordinate space. (中心) [A 6.4.1] */
  center: Array<Real>;
  /** Lengths of its sides along its own axes, in the unit of the centre. (边长) [A 6.4.1] */
  size: Array<PositiveReal>;
  /** Of a box in the plane, angle from the x axis to its first side, towards the y axis; 0 if absent. (旋转角) [A 6.4.1] */
  rotation_degrees?: Real;
  /** Of a box in space, direction cosines, row-major; column c is its axis c. The axes of the coordinate space if absent. (方向矩阵) [A 6.4.1] */
  direction?: [[Cosine, Cosine, Cosine], [Cosine, Cosine, Cosine], [Cosine, Cosine, Cosine]];
}

/** A closed polygon on one slice or frame, with holes and further parts; they do not overlap, a point is inside by even and odd. (多边形标注) [A 6.4.1] */
export interface PolygonAnnotation {
  /** Unique identifier of the annotation in its case. (标注对象唯一标识) [A C.3.a] */
  id: Identifier;
  /** The same for the same object in other frames, images, studies and cases (DICOM TrackingUID (0062,0021)). (跟踪唯一标识) [A 8.2.2.e, A 8.5.1] */
  tracking_uid?: DicomUid;
  /** Name of the object for people, or of a track in a video (DICOM TrackingID (0062,0020)). (跟踪标识) [A 8.2.2.e] */
  tracking_id?: Name;
  /** Id of the annotation that this one is a part or a property of. (上级标注对象标识) [A 8.3] */
  parent_id?: Identifier;
  /** One-based number among several of the same label. (对象编号) [A A.3.1] */
  object_number?: Count;
  /** What kind of thing it is. (类别) [A C.3.b] */
  category: AnnotationCategory;
  /** Code of its label in the task's label system. (标签编码) [A C.3.c, A 6.5.1] */
  label_code: LabelCode;
  /** Where in the body it is, where the label does not say so. (发生部位) [A 8.2.2.c] */
  finding_site?: FindingSite;
  /** Whether it is there; present if absent. Whoever counts or trains on findings takes those that are present only. (存在判断) [A A.3.3, A 5.4] */
  assertion?: Assertion;
  /** What it is said of; if absent, its own place, and its image where it has none. (适用范围) [A C.1.c] */
  scope?: AnnotationScope;
  /** Which class of annotation this is. (标注类型) [A C.3.d] */
  type: "polygon";
  /** UID of the image it belongs to; the primary image if absent. (所属影像标识) [A 8.4.e] */
  image_uid?: Identifier;
  /** Zero-based slice along k. (切片索引) [A C.3.e] */
  slice_index?: Index;
  /** Zero-based frame of a multi-frame image or video; of an image of several volumes in time, which of them. (帧索引) [A 7.2.note] */
  frame_index?: Index;
  /** Zero-based last frame, included, where it holds from `frame_index` on for a range of frames. (末帧索引) [A 7.2.note] */
  last_frame_index?: Index;
  /** True where someone drew it on this frame, false where it was interpolated between key frames. (是否关键帧) [A 7.2.note] */
  is_key_frame?: Flag;
  /** What coordinates of three numbers are in, the image's voxels if absent. Two numbers are always pixels, contours always in the patient's space. (坐标空间) [A 6.3.1, A C.3.e] */
  coordinate_space?: CoordinateSpace;
  /** Frame of reference of patient coordinates; the image's if absent. (参考坐标系唯一标识) [A B.1] */
  frame_of_reference_uid?: DicomUid;
  /** Key-value pairs that describe it; the label says what they mean. (属性) [A C.3.e, A 8.2.2.c, A 8.2.2.e] */
  attributes?: Record<string, AttributeValue>;
  /** Numbers measured on it, each with its concept and its unit. (测量) [A 9.2, A 10.1.2.c] */
  measurements?: Array<Measurement>;
  /** Coded judgements of it, such as BI-RADS or TI-RADS. (定性评估) [A 8.2.2.e] */
  evaluations?: Array<QualitativeEvaluation>;
  /** How finely a lesion is annotated. (标注粒度) [A 8.3] */
  granularity?: Granularity;
  /** What made it hard to outline, recorded by task rule A.3.1. (异常标记) [A A.3.1] */
  abnormal_marks?: Array<AbnormalMark>;
  /** Confidence of whoever made it. (置信度) [A 10.1.6] */
  confidence?: UnitInterval;
  /** Ids of anything in the case that this corresponds to, a link, annotation, text span or record. (跨模态关联标识) [A C.3.e, A 8.5] */
  cross_modal_links?: Array<Identifier>;
  /** Whether it is a result; final if absent. Whoever counts, trains on or measures annotations takes those that are final only. (标注状态) [A 3.4, A 9.3.1.c] */
  status?: AnnotationStatus;
  /** Ids of the annotations that it was made of, a model's suggestion, or the versions of several readers. (来源标注对象标识) [A 9.3.1.c, A 3.4] */
  derived_from?: Array<Identifier>;
  /** Who made it, a person, an algorithm, or both (DICOM SegmentAlgorithmType, ROIGenerationAlgorithm). (生成方式) [A 3.4, A 6.4.2] */
  algorithm_type?: AlgorithmType;
  /** Id of the model-assistance record that it grew out of. (模型辅助记录标识) [A 3.4, A 10.1.6] */
  assistance_id?: Identifier;
  /** Agent id of who or what made it, where it differs from the metadata's. (标注人员) [A 5.6] */
  annotator?: Identifier;
  /** When it was made. (标注时间) [A 5.6] */
  annotated_at?: Timestamp;
  /** Sitting in which it was made, where one reader annotates the same case more than once (DICOM TID 1501, Activity Session). (标注场次) [A 9.1.1, A 9.4.1.b] */
  session?: Name;
  /** Anything to add, in words (DICOM ROIDescription, SegmentDescription; FHIR's note). (备注) [A 8.2.2.e] */
  note?: Text;
  /** Anything else, under namespaced keys; never interpreted, always kept. (扩展) [A 8.2.2.e] */
  extensions?: Record<string, unknown>;
  /** Vertices (x, y) in continuous pixel coordinates, origin at the outer corner of the first pixel; the last joins the first. (多边形) [A C.3.e] */
  polygon: Array<[Real, Real]>;
  /** Rings cut out of the polygon; vertices as the polygon's. (孔洞) [A 6.4.1] */
  holes?: Array<Array<[Real, Real]>>;
  /** Further pieces of the same object on the same slice or frame. (其他部分) [A 6.4.1] */
  parts?: Array<PolygonPart>;
}

/** One further piece of a polygon. (多边形部分) [A 6.4.1] */
export interface PolygonPart {
  /** Vertices (x, y) in continuous pixel coordinates; the last joins the first. (多边形) [A 6.4.1] */
  polygon: Array<[Real, Real]>;
  /** Rings cut out of the polygon; vertices as the polygon's. (孔洞) [A 6.4.1] */
  holes?: Array<Array<[Real, Real]>>;
}

/** An open line of straight pieces. (折线标注) [A 6.4.1] */
export interface PolylineAnnotation {
  /** Unique identifier of the annotation in its case. (标注对象唯一标识) [A C.3.a] */
  id: Identifier;
  /** The same for the same object in other frames, images, studies and cases (DICOM TrackingUID (0062,0021)). (跟踪唯一标识) [A 8.2.2.e, A 8.5.1] */
  tracking_uid?: DicomUid;
  /** Name of the object for people, or of a track in a video (DICOM TrackingID (0062,0020)). (跟踪标识) [A 8.2.2.e] */
  tracking_id?: Name;
  /** Id of the annotation that this one is a part or a property of. (上级标注对象标识) [A 8.3] */
  parent_id?: Identifier;
  /** One-based number among several of the same label. (对象编号) [A A.3.1] */
  object_number?: Count;
  /** What kind of thing it is. (类别) [A C.3.b] */
  category: AnnotationCategory;
  /** Code of its label in the task's label system. (标签编码) [A C.3.c, A 6.5.1] */
  label_code: LabelCode;
  /** Where in the body it is, where the label does not say so. (发生部位) [A 8.2.2.c] */
  finding_site?: FindingSite;
  /** Whether it is there; present if absent. Whoever counts or trains on findings takes those that are present only. (存在判断) [A A.3.3, A 5.4] */
  assertion?: Assertion;
  /** What it is said of; if absent, its own place, and its image where it has none. (适用范围) [A C.1.c] */
  scope?: AnnotationScope;
  /** Which class of annotation this is. (标注类型) [A C.3.d] */
  type: "polyline";
  /** UID of the image it belongs to; the primary image if absent. (所属影像标识) [A 8.4.e] */
  image_uid?: Identifier;
  /** Zero-based slice along k. (切片索引) [A C.3.e] */
  slice_index?: Index;
  /** Zero-based frame of a multi-frame image or video; of an image of several volumes in time, which of them. (帧索引) [A 7.2.note] */
  frame_index?: Index;
  /** Zero-based last frame, included, where it holds from `frame_index` on for a range of frames. (末帧索引) [A 7.2.note] */
  last_frame_index?: Index;
  /** True where someone drew it on this frame, false where it was interpolated between key frames. (是否关键帧) [A 7.2.note] */
  is_key_frame?: Flag;
  /** What coordinates of three numbers are in, the image's voxels if absent. Two numbers are always pixels, contours always in the patient's space. (坐标空间) [A 6.3.1, A C.3.e] */
  coordinate_space?: CoordinateSpace;
  /** Frame of reference of patient coordinates; the image's if absent. (参考坐标系唯一标识) [A B.1] */
  frame_of_reference_uid?: DicomUid;
  /** Key-value pairs that describe it; the label says what they mean. (属性) [A C.3.e, A 8.2.2.c, A 8.2.2.e] */
  attributes?: Record<string, AttributeValue>;
  /** Numbers measured on it, each with its concept and its unit. (测量) [A 9.2, A 10.1.2.c] */
  measurements?: Array<Measurement>;
  /** Coded judgements of it, such as BI-RADS or TI-RADS. (定性评估) [A 8.2.2.e] */
  evaluations?: Array<QualitativeEvaluation>;
  /** How finely a lesion is annotated. (标注粒度) [A 8.3] */
  granularity?: Granularity;
  /** What made it hard to outline, recorded by task rule A.3.1. (异常标记) [A A.3.1] */
  abnormal_marks?: Array<AbnormalMark>;
  /** Confidence of whoever made it. (置信度) [A 10.1.6] */
  confidence?: UnitInterval;
  /** Ids of anything in the case that this corresponds to, a link, annotation, text span or record. (跨模态关联标识) [A C.3.e, A 8.5] */
  cross_modal_links?: Array<Identifier>;
  /** Whether it is a result; final if absent. Whoever counts, trains on or measures annotations takes those that are final only. (标注状态) [A 3.4, A 9.3.1.c] */
  status?: AnnotationStatus;
  /** Ids of the annotations that it was made of, a model's suggestion, or the versions of several readers. (来源标注对象标识) [A 9.3.1.c, A 3.4] */
  derived_from?: Array<Identifier>;
  /** Who made it, a person, an algorithm, or both (DICOM SegmentAlgorithmType, ROIGenerationAlgorithm). (生成方式) [A 3.4, A 6.4.2] */
  algorithm_type?: AlgorithmType;
  /** Id of the model-assistance record that it grew out of. (模型辅助记录标识) [A 3.4, A 10.1.6] */
  assistance_id?: Identifier;
  /** Agent id of who or what made it, where it differs from the metadata's. (标注人员) [A 5.6] */
  annotator?: Identifier;
  /** When it was made. (标注时间) [A 5.6] */
  annotated_at?: Timestamp;
  /** Sitting in which it was made, where one reader annotates the same case more than once (DICOM TID 1501, Activity Session). (标注场次) [A 9.1.1, A 9.4.1.b] */
  session?: Name;
  /** Anything to add, in words (DICOM ROIDescription, SegmentDescription; FHIR's note). (备注) [A 8.2.2.e] */
  note?: Text;
  /** Anything else, under namespaced keys; never interpreted, always kept. (扩展) [A 8.2.2.e] */
  extensions?: Record<string, unknown>;
  /** Vertices (x, y) or (x, y, z) in continuous pixel or voxel coordinates. (折线) [A 6.4.1] */
  polyline: Array<Array<Real>>;
}

/** A single point. (点标注) [A 6.4.1] */
export interface PointAnnotation {
  /** Unique identifier of the annotation in its case. (标注对象唯一标识) [A C.3.a] */
  id: Identifier;
  /** The same for the same object in other frames, images, studies and cases (DICOM TrackingUID (0062,0021)). (跟踪唯一标识) [A 8.2.2.e, A 8.5.1] */
  tracking_uid?: DicomUid;
  /** Name of the object for people, or of a track in a video (DICOM TrackingID (0062,0020)). (跟踪标识) [A 8.2.2.e] */
  tracking_id?: Name;
  /** Id of the annotation that this one is a part or a property of. (上级标注对象标识) [A 8.3] */
  parent_id?: Identifier;
  /** One-based number among several of the same label. (对象编号) [A A.3.1] */
  object_number?: Count;
  /** What kind of thing it is. (类别) [A C.3.b] */
  category: AnnotationCategory;
  /** Code of its label in the task's label system. (标签编码) [A C.3.c, A 6.5.1] */
  label_code: LabelCode;
  /** Where in the body it is, where the label does not say so. (发生部位) [A 8.2.2.c] */
  finding_site?: FindingSite;
  /** Whether it is there; present if absent. Whoever counts or trains on findings takes those that are present only. (存在判断) [A A.3.3, A 5.4] */
  assertion?: Assertion;
  /** What it is said of; if absent, its own place, and its image where it has none. (适用范围) [A C.1.c] */
  scope?: AnnotationScope;
  /** Which class of annotation this is. (标注类型) [A C.3.d] */
  type: "point";
  /** UID of the image it belongs to; the primary image if absent. (所属影像标识) [A 8.4.e] */
  image_uid?: Identifier;
  /** Zero-based slice along k. (切片索引) [A C.3.e] */
  slice_index?: Index;
  /** Zero-based frame of a multi-frame image or video; of an image of several volumes in time, which of them. (帧索引) [A 7.2.note] */
  frame_index?: Index;
  /** Zero-based last frame, included, where it holds from `frame_index` on for a range of frames. (末帧索引) [A 7.2.note] */
  last_frame_index?: Index;
  /** True where someone drew it on this frame, false where it was interpolated between key frames. (是否关键帧) [A 7.2.note] */
  is_key_frame?: Flag;
  /** What coordinates of three numbers are in, the image's voxels if absent. Two numbers are always pixels, contours always in the patient's space. (坐标空间) [A 6.3.1, A C.3.e] */
  coordinate_space?: CoordinateSpace;
  /** Frame of reference of patient coordinates; the image's if absent. (参考坐标系唯一标识) [A B.1] */
  frame_of_reference_uid?: DicomUid;
  /** Key-value pairs that describe it; the label says what they mean. (属性) [A C.3.e, A 8.2.2.c, A 8.2.2.e] */
  attributes?: Record<string, AttributeValue>;
  /** Numbers measured on it, each with its concept and its unit. (测量) [A 9.2, A 10.1.2.c] */
  measurements?: Array<Measurement>;
  /** Coded judgements of it, such as BI-RADS or TI-RADS. (定性评估) [A 8.2.2.e] */
  evaluations?: Array<QualitativeEvaluation>;
  /** How finely a lesion is annotated. (标注粒度) [A 8.3] */
  granularity?: Granularity;
  /** What made it hard to outline, recorded by task rule A.3.1. (异常标记) [A A.3.1] */
  abnormal_marks?: Array<AbnormalMark>;
  /** Confidence of whoever made it. (置信度) [A 10.1.6] */
  confidence?: UnitInterval;
  /** Ids of anything in the case that this corresponds to, a link, annotation, text span or record. (跨模态关联标识) [A C.3.e, A 8.5] */
  cross_modal_links?: Array<Identifier>;
  /** Whether it is a result; final if absent. Whoever counts, trains on or measures annotations takes those that are final only. (标注状态) [A 3.4, A 9.3.1.c] */
  status?: AnnotationStatus;
  /** Ids of the annotations that it was made of, a model's suggestion, or the versions of several readers. (来源标注对象标识) [A 9.3.1.c, A 3.4] */
  derived_from?: Array<Identifier>;
  /** Who made it, a person, an algorithm, or both (DICOM SegmentAlgorithmType, ROIGenerationAlgorithm). (生成方式) [A 3.4, A 6.4.2] */
  algorithm_type?: AlgorithmType;
  /** Id of the model-assistance record that it grew out of. (模型辅助记录标识) [A 3.4, A 10.1.6] */
  assistance_id?: Identifier;
  /** Agent id of who or what made it, where it differs from the metadata's. (标注人员) [A 5.6] */
  annotator?: Identifier;
  /** When it was made. (标注时间) [A 5.6] */
  annotated_at?: Timestamp;
  /** Sitting in which it was made, where one reader annotates the same case more than once (DICOM TID 1501, Activity Session). (标注场次) [A 9.1.1, A 9.4.1.b] */
  session?: Name;
  /** Anything to add, in words (DICOM ROIDescription, SegmentDescription; FHIR's note). (备注) [A 8.2.2.e] */
  note?: Text;
  /** Anything else, under namespaced keys; never interpreted, always kept. (扩展) [A 8.2.2.e] */
  extensions?: Record<string, unknown>;
  /** (x, y) or (x, y, z) in continuous pixel or voxel coordinates; the centre of the first pixel is (0.5, 0.5). (点) [A 6.4.1] */
  point: Array<Real>;
}

/** Named points of one object; the label says which there are and how they are joined. (关键点标注) [A 10.1.2.a] */
export interface KeypointsAnnotation {
  /** Unique identifier of the annotation in its case. (标注对象唯一标识) [A C.3.a] */
  id: Identifier;
  /** The same for the same object in other frames, images, studies and cases (DICOM TrackingUID (0062,0021)). (跟踪唯一标识) [A 8.2.2.e, A 8.5.1] */
  tracking_uid?: DicomUid;
  /** Name of the object for people, or of a track in a video (DICOM TrackingID (0062,0020)). (跟踪标识) [A 8.2.2.e] */
  tracking_id?: Name;
  /** Id of the annotation that this one is a part or a property of. (上级标注对象标识) [A 8.3] */
  parent_id?: Identifier;
  /** One-based number among several of the same label. (对象编号) [A A.3.1] */
  object_number?: Count;
  /** What kind of thing it is. (类别) [A C.3.b] */
  category: AnnotationCategory;
  /** Code of its label in the task's label system. (标签编码) [A C.3.c, A 6.5.1] */
  label_code: LabelCode;
  /** Where in the body it is, where the label does not say so. (发生部位) [A 8.2.2.c] */
  finding_site?: FindingSite;
  /** Whether it is there; present if absent. Whoever counts or trains on findings takes those that are present only. (存在判断) [A A.3.3, A 5.4] */
  assertion?: Assertion;
  /** What it is said of; if absent, its own place, and its image where it has none. (适用范围) [A C.1.c] */
  scope?: AnnotationScope;
  /** Which class of annotation this is. (标注类型) [A C.3.d] */
  type: "keypoints";
  /** UID of the image it belongs to; the primary image if absent. (所属影像标识) [A 8.4.e] */
  image_uid?: Identifier;
  /** Zero-based slice along k. (切片索引) [A C.3.e] */
  slice_index?: Index;
  /** Zero-based frame of a multi-frame image or video; of an image of several volumes in time, which of them. (帧索引) [A 7.2.note] */
  frame_index?: Index;
  /** Zero-based last frame, included, where it holds from `frame_index` on for a range of frames. (末帧索引) [A 7.2.note] */
  last_frame_index?: Index;
  /** True where someone drew it on this frame, false where it was interpolated between key frames. (是否关键帧) [A 7.2.note] */
  is_key_frame?: Flag;
  /** What coordinates of three numbers are in, the image's voxels if absent. Two numbers are always pixels, contours always in the patient's space. (坐标空间) [A 6.3.1, A C.3.e] */
  coordinate_space?: CoordinateSpace;
  /** Frame of reference of patient coordinates; the image's if absent. (参考坐标系唯一标识) [A B.1] */
  frame_of_reference_uid?: DicomUid;
  /** Key-value pairs that describe it; the label says what they mean. (属性) [A C.3.e, A 8.2.2.c, A 8.2.2.e] */
  attributes?: Record<string, AttributeValue>;
  /** Numbers measured on it, each with its concept and its unit. (测量) [A 9.2, A 10.1.2.c] */
  measurements?: Array<Measurement>;
  /** Coded judgements of it, such as BI-RADS or TI-RADS. (定性评估) [A 8.2.2.e] */
  evaluations?: Array<QualitativeEvaluation>;
  /** How finely a lesion is annotated. (标注粒度) [A 8.3] */
  granularity?: Granularity;
  /** What made it hard to outline, recorded by task rule A.3.1. (异常标记) [A A.3.1] */
  abnormal_marks?: Array<AbnormalMark>;
  /** Confidence of whoever made it. (置信度) [A 10.1.6] */
  confidence?: UnitInterval;
  /** Ids of anything in the case that this corresponds to, a link, annotation, text span or record. (跨模态关联标识) [A C.3.e, A 8.5] */
  cross_modal_links?: Array<Identifier>;
  /** Whether it is a result; final if absent. Whoever counts, trains on or measures annotations takes those that are final only. (标注状态) [A 3.4, A 9.3.1.c] */
  status?: AnnotationStatus;
  /** Ids of the annotations that it was made of, a model's suggestion, or the versions of several readers. (来源标注对象标识) [A 9.3.1.c, A 3.4] */
  derived_from?: Array<Identifier>;
  /** Who made it, a person, an algorithm, or both (DICOM SegmentAlgorithmType, ROIGenerationAlgorithm). (生成方式) [A 3.4, A 6.4.2] */
  algorithm_type?: AlgorithmType;
  /** Id of the model-assistance record that it grew out of. (模型辅助记录标识) [A 3.4, A 10.1.6] */
  assistance_id?: Identifier;
  /** Agent id of who or what made it, where it differs from the metadata's. (标注人员) [A 5.6] */
  annotator?: Identifier;
  /** When it was made. (标注时间) [A 5.6] */
  annotated_at?: Timestamp;
  /** Sitting in which it was made, where one reader annotates the same case more than once (DICOM TID 1501, Activity Session). (标注场次) [A 9.1.1, A 9.4.1.b] */
  session?: Name;
  /** Anything to add, in words (DICOM ROIDescription, SegmentDescription; FHIR's note). (备注) [A 8.2.2.e] */
  note?: Text;
  /** Anything else, under namespaced keys; never interpreted, always kept. (扩展) [A 8.2.2.e] */
  extensions?: Record<string, unknown>;
  /** Its points. (关键点) [A 10.1.2.a] */
  keypoints: Array<Keypoint>;
}

/** One named point. (关键点) [A 10.1.2.a] */
export interface Keypoint {
  /** Name, one of the label's `keypoints`. (名称) [A 10.1.2.a] */
  name: Name;
  /** (x, y) in continuous pixel coordinates or (x, y, z) in the coordinate space; none where it has no place. (点) [A 10.1.2.a] */
  point?: Array<Real>;
  /** Whether it is seen; if absent, a point with a place is visible and one without is unlabelled. (可见性) [A 10.1.2.a] */
  visibility?: KeypointVisibility;
}

/** An ellipse on one slice or frame; a circle has equal radii. (椭圆标注) [A 6.4.1] */
export interface EllipseAnnotation {
  /** Unique identifier of the annotation in its case. (标注对象唯一标识) [A C.3.a] */
  id: Identifier;
  /** The same for the same object in other frames, images, studies and cases (DICOM TrackingUID (0062,0021)). (跟踪唯一标识) [A 8.2.2.e, A 8.5.1] */
  tracking_uid?: DicomUid;
  /** Name of the object for people, or of a track in a video (DICOM TrackingID (0062,0020)). (跟踪标识) [A 8.2.2.e] */
  tracking_id?: Name;
  /** Id of the annotation that this one is a part or a property of. (上级标注对象标识) [A 8.3] */
  parent_id?: Identifier;
  /** One-based number among several of the same label. (对象编号) [A A.3.1] */
  object_number?: Count;
  /** What kind of thing it is. (类别) [A C.3.b] */
  category: AnnotationCategory;
  /** Code of its label in the task's label system. (标签编码) [A C.3.c, A 6.5.1] */
  label_code: LabelCode;
  /** Where in the body it is, where the label does not say so. (发生部位) [A 8.2.2.c] */
  finding_site?: FindingSite;
  /** Whether it is there; present if absent. Whoever counts or trains on findings takes those that are present only. (存在判断) [A A.3.3, A 5.4] */
  assertion?: Assertion;
  /** What it is said of; if absent, its own place, and its image where it has none. (适用范围) [A C.1.c] */
  scope?: AnnotationScope;
  /** Which class of annotation this is. (标注类型) [A C.3.d] */
  type: "ellipse";
  /** UID of the image it belongs to; the primary image if absent. (所属影像标识) [A 8.4.e] */
  image_uid?: Identifier;
  /** Zero-based slice along k. (切片索引) [A C.3.e] */
  slice_index?: Index;
  /** Zero-based frame of a multi-frame image or video; of an image of several volumes in time, which of them. (帧索引) [A 7.2.note] */
  frame_index?: Index;
  /** Zero-based last frame, included, where it holds from `frame_index` on for a range of frames. (末帧索引) [A 7.2.note] */
  last_frame_index?: Index;
  /** True where someone drew it on this frame, false where it was interpolated between key frames. (是否关键帧) [A 7.2.note] */
  is_key_frame?: Flag;
  /** What coordinates of three numbers are in, the image's voxels if absent. Two numbers are always pixels, contours always in the patient's space. (坐标空间) [A 6.3.1, A C.3.e] */
  coordinate_space?: CoordinateSpace;
  /** Frame of reference of patient coordinates; the image's if absent. (参考坐标系唯一标识) [A B.1] */
  frame_of_reference_uid?: DicomUid;
  /** Key-value pairs that describe it; the label says what they mean. (属性) [A C.3.e, A 8.2.2.c, A 8.2.2.e] */
  attributes?: Record<string, AttributeValue>;
  /** Numbers measured on it, each with its concept and its unit. (测量) [A 9.2, A 10.1.2.c] */
  measurements?: Array<Measurement>;
  /** Coded judgements of it, such as BI-RADS or TI-RADS. (定性评估) [A 8.2.2.e] */
  evaluations?: Array<QualitativeEvaluation>;
  /** How finely a lesion is annotated. (标注粒度) [A 8.3] */
  granularity?: Granularity;
  /** What made it hard to outline, recorded by task rule A.3.1. (异常标记) [A A.3.1] */
  abnormal_marks?: Array<AbnormalMark>;
  /** Confidence of whoever made it. (置信度) [A 10.1.6] */
  confidence?: UnitInterval;
  /** Ids of anything in the case that this corresponds to, a link, annotation, text span or record. (跨模态关联标识) [A C.3.e, A 8.5] */
  cross_modal_links?: Array<Identifier>;
  /** Whether it is a result; final if absent. Whoever counts, trains on or measures annotations takes those that are final only. (标注状态) [A 3.4, A 9.3.1.c] */
  status?: AnnotationStatus;
  /** Ids of the annotations that it was made of, a model's suggestion, or the versions of several readers. (来源标注对象标识) [A 9.3.1.c, A 3.4] */
  derived_from?: Array<Identifier>;
  /** Who made it, a person, an algorithm, or both (DICOM SegmentAlgorithmType, ROIGenerationAlgorithm). (生成方式) [A 3.4, A 6.4.2] */
  algorithm_type?: AlgorithmType;
  /** Id of the model-assistance record that it grew out of. (模型辅助记录标识) [A 3.4, A 10.1.6] */
  assistance_id?: Identifier;
  /** Agent id of who or what made it, where it differs from the metadata's. (标注人员) [A 5.6] */
  annotator?: Identifier;
  /** When it was made. (标注时间) [A 5.6] */
  annotated_at?: Timestamp;
  /** Sitting in which it was made, where one reader annotates the same case more than once (DICOM TID 1501, Activity Session). (标注场次) [A 9.1.1, A 9.4.1.b] */
  session?: Name;
  /** Anything to add, in words (DICOM ROIDescription, SegmentDescription; FHIR's note). (备注) [A 8.2.2.e] */
  note?: Text;
  /** Anything else, under namespaced keys; never interpreted, always kept. (扩展) [A 8.2.2.e] */
  extensions?: Record<string, unknown>;
  /** (x, y) in continuous pixel coordinates. (中心) [A 6.4.1] */
  center: [Real, Real];
  /** Semi-axes in pixels. (半轴) [A 6.4.1] */
  radii: [PositiveReal, PositiveReal];
  /** Angle from the x axis to the first semi-axis, towards the y axis; 0 if absent. (旋转角) [A 6.4.1] */
  rotation_degrees?: Real;
}

/** An ellipsoid; a sphere has equal radii. (椭球标注) [A 6.4.1] */
export interface EllipsoidAnnotation {
  /** Unique identifier of the annotation in its case. (标注对象唯一标识) [A C.3.a] */
  id: Identifier;
  /** The same for the same object in other frames, images, studies and cases (DICOM TrackingUID (0062,0021)). (跟踪唯一标识) [A 8.2.2.e, A 8.5.1] */
  tracking_uid?: DicomUid;
  /** Name of the object for people, or of a track in a video (DICOM TrackingID (0062,0020)). (跟踪标识) [A 8.2.2.e] */
  tracking_id?: Name;
  /** Id of the annotation that this one is a part or a property of. (上级标注对象标识) [A 8.3] */
  parent_id?: Identifier;
  /** One-based number among several of the same label. (对象编号) [A A.3.1] */
  object_number?: Count;
  /** What kind of thing it is. (类别) [A C.3.b] */
  category: AnnotationCategory;
  /** Code of its label in the task's label system. (标签编码) [A C.3.c, A 6.5.1] */
  label_code: LabelCode;
  /** Where in the body it is, where the label does not say so. (发生部位) [A 8.2.2.c] */
  finding_site?: FindingSite;
  /** Whether it is there; present if absent. Whoever counts or trains on findings takes those that are present only. (存在判断) [A A.3.3, A 5.4] */
  assertion?: Assertion;
  /** What it is said of; if absent, its own place, and its image where it has none. (适用范围) [A C.1.c] */
  scope?: AnnotationScope;
  /** Which class of annotation this is. (标注类型) [A C.3.d] */
  type: "ellipsoid";
  /** UID of the image it belongs to; the primary image if absent. (所属影像标识) [A 8.4.e] */
  image_uid?: Identifier;
  /** Zero-based slice along k. (切片索引) [A C.3.e] */
  slice_index?: Index;
  /** Zero-based frame of a multi-frame image or video; of an image of several volumes in time, which of them. (帧索引) [A 7.2.note] */
  frame_index?: Index;
  /** Zero-based last frame, included, where it holds from `frame_index` on for a range of frames. (末帧索引) [A 7.2.note] */
  last_frame_index?: Index;
  /** True where someone drew it on this frame, false where it was interpolated between key frames. (是否关键帧) [A 7.2.note] */
  is_key_frame?: Flag;
  /** What coordinates of three numbers are in, the image's voxels if absent. Two numbers are always pixels, contours always in the patient's space. (坐标空间) [A 6.3.1, A C.3.e] */
  coordinate_space?: CoordinateSpace;
  /** Frame of reference of patient coordinates; the image's if absent. (参考坐标系唯一标识) [A B.1] */
  frame_of_reference_uid?: DicomUid;
  /** Key-value pairs that describe it; the label says what they mean. (属性) [A C.3.e, A 8.2.2.c, A 8.2.2.e] */
  attributes?: Record<string, AttributeValue>;
  /** Numbers measured on it, each with its concept and its unit. (测量) [A 9.2, A 10.1.2.c] */
  measurements?: Array<Measurement>;
  /** Coded judgements of it, such as BI-RADS or TI-RADS. (定性评估) [A 8.2.2.e] */
  evaluations?: Array<QualitativeEvaluation>;
  /** How finely a lesion is annotated. (标注粒度) [A 8.3] */
  granularity?: Granularity;
  /** What made it hard to outline, recorded by task rule A.3.1. (异常标记) [A A.3.1] */
  abnormal_marks?: Array<AbnormalMark>;
  /** Confidence of whoever made it. (置信度) [A 10.1.6] */
  confidence?: UnitInterval;
  /** Ids of anything in the case that this corresponds to, a link, annotation, text span or record. (跨模态关联标识) [A C.3.e, A 8.5] */
  cross_modal_links?: Array<Identifier>;
  /** Whether it is a result; final if absent. Whoever counts, trains on or measures annotations takes those that are final only. (标注状态) [A 3.4, A 9.3.1.c] */
  status?: AnnotationStatus;
  /** Ids of the annotations that it was made of, a model's suggestion, or the versions of several readers. (来源标注对象标识) [A 9.3.1.c, A 3.4] */
  derived_from?: Array<Identifier>;
  /** Who made it, a person, an algorithm, or both (DICOM SegmentAlgorithmType, ROIGenerationAlgorithm). (生成方式) [A 3.4, A 6.4.2] */
  algorithm_type?: AlgorithmType;
  /** Id of the model-assistance record that it grew out of. (模型辅助记录标识) [A 3.4, A 10.1.6] */
  assistance_id?: Identifier;
  /** Agent id of who or what made it, where it differs from the metadata's. (标注人员) [A 5.6] */
  annotator?: Identifier;
  /** When it was made. (标注时间) [A 5.6] */
  annotated_at?: Timestamp;
  /** Sitting in which it was made, where one reader annotates the same case more than once (DICOM TID 1501, Activity Session). (标注场次) [A 9.1.1, A 9.4.1.b] */
  session?: Name;
  /** Anything to add, in words (DICOM ROIDescription, SegmentDescription; FHIR's note). (备注) [A 8.2.2.e] */
  note?: Text;
  /** Anything else, under namespaced keys; never interpreted, always kept. (扩展) [A 8.2.2.e] */
  extensions?: Record<string, unknown>;
  /** (x, y, z) in the coordinate space. (中心) [A 6.4.1] */
  center: [Real, Real, Real];
  /** Semi-axes along its own axes, in the unit of the centre. (半轴) [A 6.4.1] */
  radii: [PositiveReal, PositiveReal, PositiveReal];
  /** Direction cosines, row-major; column c is its axis c. The axes of the coordinate space if absent. (方向矩阵) [A 6.4.1] */
  direction?: [[Cosine, Cosine, Cosine], [Cosine, Cosine, Cosine], [Cosine, Cosine, Cosine]];
}

/** A region as contours in the patient's space, as a DICOM RT structure set and SCOORD3D hold it; no image grid is needed. (轮廓组标注) [A 6.4.1] */
export interface ContoursAnnotation {
  /** Unique identifier of the annotation in its case. (标注对象唯一标识) [A C.3.a] */
  id: Identifier;
  /** The same for the same object in other frames, images, studies and cases (DICOM TrackingUID (0062,0021)). (跟踪唯一标识) [A 8.2.2.e, A 8.5.1] */
  tracking_uid?: DicomUid;
  /** Name of the object for people, or of a track in a video (DICOM TrackingID (0062,0020)). (跟踪标识) [A 8.2.2.e] */
  tracking_id?: Name;
  /** Id of the annotation that this one is a part or a property of. (上级标注对象标识) [A 8.3] */
  parent_id?: Identifier;
  /** One-based number among several of the same label. (对象编号) [A A.3.1] */
  object_number?: Count;
  /** What kind of thing it is. (类别) [A C.3.b] */
  category: AnnotationCategory;
  /** Code of its label in the task's label system. (标签编码) [A C.3.c, A 6.5.1] */
  label_code: LabelCode;
  /** Where in the body it is, where the label does not say so. (发生部位) [A 8.2.2.c] */
  finding_site?: FindingSite;
  /** Whether it is there; present if absent. Whoever counts or trains on findings takes those that are present only. (存在判断) [A A.3.3, A 5.4] */
  assertion?: Assertion;
  /** What it is said of; if absent, its own place, and its image where it has none. (适用范围) [A C.1.c] */
  scope?: AnnotationScope;
  /** Which class of annotation this is. (标注类型) [A C.3.d] */
  type: "contours";
  /** UID of the image it belongs to; the primary image if absent. (所属影像标识) [A 8.4.e] */
  image_uid?: Identifier;
  /** Zero-based slice along k. (切片索引) [A C.3.e] */
  slice_index?: Index;
  /** Zero-based frame of a multi-frame image or video; of an image of several volumes in time, which of them. (帧索引) [A 7.2.note] */
  frame_index?: Index;
  /** Zero-based last frame, included, where it holds from `frame_index` on for a range of frames. (末帧索引) [A 7.2.note] */
  last_frame_index?: Index;
  /** True where someone drew it on this frame, false where it was interpolated between key frames. (是否关键帧) [A 7.2.note] */
  is_key_frame?: Flag;
  /** What coordinates of three numbers are in, the image's voxels if absent. Two numbers are always pixels, contours always in the patient's space. (坐标空间) [A 6.3.1, A C.3.e] */
  coordinate_space?: CoordinateSpace;
  /** Frame of reference of patient coordinates; the image's if absent. (参考坐标系唯一标识) [A B.1] */
  frame_of_reference_uid?: DicomUid;
  /** Key-value pairs that describe it; the label says what they mean. (属性) [A C.3.e, A 8.2.2.c, A 8.2.2.e] */
  attributes?: Record<string, AttributeValue>;
  /** Numbers measured on it, each with its concept and its unit. (测量) [A 9.2, A 10.1.2.c] */
  measurements?: Array<Measurement>;
  /** Coded judgements of it, such as BI-RADS or TI-RADS. (定性评估) [A 8.2.2.e] */
  evaluations?: Array<QualitativeEvaluation>;
  /** How finely a lesion is annotated. (标注粒度) [A 8.3] */
  granularity?: Granularity;
  /** What made it hard to outline, recorded by task rule A.3.1. (异常标记) [A A.3.1] */
  abnormal_marks?: Array<AbnormalMark>;
  /** Confidence of whoever made it. (置信度) [A 10.1.6] */
  confidence?: UnitInterval;
  /** Ids of anything in the case that this corresponds to, a link, annotation, text span or record. (跨模态关联标识) [A C.3.e, A 8.5] */
  cross_modal_links?: Array<Identifier>;
  /** Whether it is a result; final if absent. Whoever counts, trains on or measures annotations takes those that are final only. (标注状态) [A 3.4, A 9.3.1.c] */
  status?: AnnotationStatus;
  /** Ids of the annotations that it was made of, a model's suggestion, or the versions of several readers. (来源标注对象标识) [A 9.3.1.c, A 3.4] */
  derived_from?: Array<Identifier>;
  /** Who made it, a person, an algorithm, or both (DICOM SegmentAlgorithmType, ROIGenerationAlgorithm). (生成方式) [A 3.4, A 6.4.2] */
  algorithm_type?: AlgorithmType;
  /** Id of the model-assistance record that it grew out of. (模型辅助记录标识) [A 3.4, A 10.1.6] */
  assistance_id?: Identifier;
  /** Agent id of who or what made it, where it differs from the metadata's. (标注人员) [A 5.6] */
  annotator?: Identifier;
  /** When it was made. (标注时间) [A 5.6] */
  annotated_at?: Timestamp;
  /** Sitting in which it was made, where one reader annotates the same case more than once (DICOM TID 1501, Activity Session). (标注场次) [A 9.1.1, A 9.4.1.b] */
  session?: Name;
  /** Anything to add, in words (DICOM ROIDescription, SegmentDescription; FHIR's note). (备注) [A 8.2.2.e] */
  note?: Text;
  /** Anything else, under namespaced keys; never interpreted, always kept. (扩展) [A 8.2.2.e] */
  extensions?: Record<string, unknown>;
  /** Its contours. (轮廓) [A 6.4.1] */
  contours: Array<Contour>;
}

/** One contour (DICOM PS3.3 C.8.8.6). (轮廓) [A 6.4.1] */
export interface Contour {
  /** What its points are (DICOM ContourGeometricType (3006,0042)). (几何类型) [A 6.4.1] */
  geometric_type: ContourGeometricType;
  /** Points (x, y, z) in millimetres, patient frame LPS; of a closed contour the last joins the first. (点) [A 6.4.1] */
  points: Array<[Real, Real, Real]>;
  /** Instance that it was drawn on. (影像实例唯一标识) [A 8.4.e] */
  sop_instance_uid?: DicomUid;
}

/** Properties of the case or of an image without a place in it. (属性标注) [A C.1.c] */
export interface AttributeAnnotation {
  /** Unique identifier of the annotation in its case. (标注对象唯一标识) [A C.3.a] */
  id: Identifier;
  /** The same for the same object in other frames, images, studies and cases (DICOM TrackingUID (0062,0021)). (跟踪唯一标识) [A 8.2.2.e, A 8.5.1] */
  tracking_uid?: DicomUid;
  /** Name of the object for people, or of a track in a video (DICOM TrackingID (0062,0020)). (跟踪标识) [A 8.2.2.e] */
  tracking_id?: Name;
  /** Id of the annotation that this one is a part or a property of. (上级标注对象标识) [A 8.3] */
  parent_id?: Identifier;
  /** One-based number among several of the same label. (对象编号) [A A.3.1] */
  object_number?: Count;
  /** What kind of thing it is. (类别) [A C.3.b] */
  category: AnnotationCategory;
  /** Code of its label in the task's label system. (标签编码) [A C.3.c, A 6.5.1] */
  label_code: LabelCode;
  /** Where in the body it is, where the label does not say so. (发生部位) [A 8.2.2.c] */
  finding_site?: FindingSite;
  /** Whether it is there; present if absent. Whoever counts or trains on findings takes those that are present only. (存在判断) [A A.3.3, A 5.4] */
  assertion?: Assertion;
  /** What it is said of; if absent, its own place, and its image where it has none. (适用范围) [A C.1.c] */
  scope?: AnnotationScope;
  /** Which class of annotation this is. (标注类型) [A C.3.d] */
  type: "attribute";
  /** UID of the image it belongs to; the primary image if absent. (所属影像标识) [A 8.4.e] */
  image_uid?: Identifier;
  /** Zero-based slice along k. (切片索引) [A C.3.e] */
  slice_index?: Index;
  /** Zero-based frame of a multi-frame image or video; of an image of several volumes in time, which of them. (帧索引) [A 7.2.note] */
  frame_index?: Index;
  /** Zero-based last frame, included, where it holds from `frame_index` on for a range of frames. (末帧索引) [A 7.2.note] */
  last_frame_index?: Index;
  /** True where someone drew it on this frame, false where it was interpolated between key frames. (是否关键帧) [A 7.2.note] */
  is_key_frame?: Flag;
  /** What coordinates of three numbers are in, the image's voxels if absent. Two numbers are always pixels, contours always in the patient's space. (坐标空间) [A 6.3.1, A C.3.e] */
  coordinate_space?: CoordinateSpace;
  /** Frame of reference of patient coordinates; the image's if absent. (参考坐标系唯一标识) [A B.1] */
  frame_of_reference_uid?: DicomUid;
  /** Key-value pairs that describe it; the label says what they mean. (属性) [A C.3.e, A 8.2.2.c, A 8.2.2.e] */
  attributes: Record<string, AttributeValue>;
  /** Numbers measured on it, each with its concept and its unit. (测量) [A 9.2, A 10.1.2.c] */
  measurements?: Array<Measurement>;
  /** Coded judgements of it, such as BI-RADS or TI-RADS. (定性评估) [A 8.2.2.e] */
  evaluations?: Array<QualitativeEvaluation>;
  /** How finely a lesion is annotated. (标注粒度) [A 8.3] */
  granularity?: Granularity;
  /** What made it hard to outline, recorded by task rule A.3.1. (异常标记) [A A.3.1] */
  abnormal_marks?: Array<AbnormalMark>;
  /** Confidence of whoever made it. (置信度) [A 10.1.6] */
  confidence?: UnitInterval;
  /** Ids of anything in the case that this corresponds to, a link, annotation, text span or record. (跨模态关联标识) [A C.3.e, A 8.5] */
  cross_modal_links?: Array<Identifier>;
  /** Whether it is a result; final if absent. Whoever counts, trains on or measures annotations takes those that are final only. (标注状态) [A 3.4, A 9.3.1.c] */
  status?: AnnotationStatus;
  /** Ids of the annotations that it was made of, a model's suggestion, or the versions of several readers. (来源标注对象标识) [A 9.3.1.c, A 3.4] */
  derived_from?: Array<Identifier>;
  /** Who made it, a person, an algorithm, or both (DICOM SegmentAlgorithmType, ROIGenerationAlgorithm). (生成方式) [A 3.4, A 6.4.2] */
  algorithm_type?: AlgorithmType;
  /** Id of the model-assistance record that it grew out of. (模型辅助记录标识) [A 3.4, A 10.1.6] */
  assistance_id?: Identifier;
  /** Agent id of who or what made it, where it differs from the metadata's. (标注人员) [A 5.6] */
  annotator?: Identifier;
  /** When it was made. (标注时间) [A 5.6] */
  annotated_at?: Timestamp;
  /** Sitting in which it was made, where one reader annotates the same case more than once (DICOM TID 1501, Activity Session). (标注场次) [A 9.1.1, A 9.4.1.b] */
  session?: Name;
  /** Anything to add, in words (DICOM ROIDescription, SegmentDescription; FHIR's note). (备注) [A 8.2.2.e] */
  note?: Text;
  /** Anything else, under namespaced keys; never interpreted, always kept. (扩展) [A 8.2.2.e] */
  extensions?: Record<string, unknown>;
}

/** A span of a text of the case. (文本片段标注) [A 8.5.2.2] */
export interface TextSpanAnnotation {
  /** Unique identifier of the annotation in its case. (标注对象唯一标识) [A C.3.a] */
  id: Identifier;
  /** The same for the same object in other frames, images, studies and cases (DICOM TrackingUID (0062,0021)). (跟踪唯一标识) [A 8.2.2.e, A 8.5.1] */
  tracking_uid?: DicomUid;
  /** Name of the object for people, or of a track in a video (DICOM TrackingID (0062,0020)). (跟踪标识) [A 8.2.2.e] */
  tracking_id?: Name;
  /** Id of the annotation that this one is a part or a property of. (上级标注对象标识) [A 8.3] */
  parent_id?: Identifier;
  /** One-based number among several of the same label. (对象编号) [A A.3.1] */
  object_number?: Count;
  /** What kind of thing it is. (类别) [A C.3.b] */
  category: AnnotationCategory;
  /** Code of its label in the task's label system. (标签编码) [A C.3.c, A 6.5.1] */
  label_code: LabelCode;
  /** Where in the body it is, where the label does not say so. (发生部位) [A 8.2.2.c] */
  finding_site?: FindingSite;
  /** Whether it is there; present if absent. Whoever counts or trains on findings takes those that are present only. (存在判断) [A A.3.3, A 5.4] */
  assertion?: Assertion;
  /** What it is said of; if absent, its own place, and its image where it has none. (适用范围) [A C.1.c] */
  scope?: AnnotationScope;
  /** Which class of annotation this is. (标注类型) [A C.3.d] */
  type: "text_span";
  /** UID of the image it belongs to; the primary image if absent. (所属影像标识) [A 8.4.e] */
  image_uid?: Identifier;
  /** Zero-based slice along k. (切片索引) [A C.3.e] */
  slice_index?: Index;
  /** Zero-based frame of a multi-frame image or video; of an image of several volumes in time, which of them. (帧索引) [A 7.2.note] */
  frame_index?: Index;
  /** Zero-based last frame, included, where it holds from `frame_index` on for a range of frames. (末帧索引) [A 7.2.note] */
  last_frame_index?: Index;
  /** True where someone drew it on this frame, false where it was interpolated between key frames. (是否关键帧) [A 7.2.note] */
  is_key_frame?: Flag;
  /** What coordinates of three numbers are in, the image's voxels if absent. Two numbers are always pixels, contours always in the patient's space. (坐标空间) [A 6.3.1, A C.3.e] */
  coordinate_space?: CoordinateSpace;
  /** Frame of reference of patient coordinates; the image's if absent. (参考坐标系唯一标识) [A B.1] */
  frame_of_reference_uid?: DicomUid;
  /** Key-value pairs that describe it; the label says what they mean. (属性) [A C.3.e, A 8.2.2.c, A 8.2.2.e] */
  attributes?: Record<string, AttributeValue>;
  /** Numbers measured on it, each with its concept and its unit. (测量) [A 9.2, A 10.1.2.c] */
  measurements?: Array<Measurement>;
  /** Coded judgements of it, such as BI-RADS or TI-RADS. (定性评估) [A 8.2.2.e] */
  evaluations?: Array<QualitativeEvaluation>;
  /** How finely a lesion is annotated. (标注粒度) [A 8.3] */
  granularity?: Granularity;
  /** What made it hard to outline, recorded by task rule A.3.1. (异常标记) [A A.3.1] */
  abnormal_marks?: Array<AbnormalMark>;
  /** Confidence of whoever made it. (置信度) [A 10.1.6] */
  confidence?: UnitInterval;
  /** Ids of anything in the case that this corresponds to, a link, annotation, text span or record. (跨模态关联标识) [A C.3.e, A 8.5] */
  cross_modal_links?: Array<Identifier>;
  /** Whether it is a result; final if absent. Whoever counts, trains on or measures annotations takes those that are final only. (标注状态) [A 3.4, A 9.3.1.c] */
  status?: AnnotationStatus;
  /** Ids of the annotations that it was made of, a model's suggestion, or the versions of several readers. (来源标注对象标识) [A 9.3.1.c, A 3.4] */
  derived_from?: Array<Identifier>;
  /** Who made it, a person, an algorithm, or both (DICOM SegmentAlgorithmType, ROIGenerationAlgorithm). (生成方式) [A 3.4, A 6.4.2] */
  algorithm_type?: AlgorithmType;
  /** Id of the model-assistance record that it grew out of. (模型辅助记录标识) [A 3.4, A 10.1.6] */
  assistance_id?: Identifier;
  /** Agent id of who or what made it, where it differs from the metadata's. (标注人员) [A 5.6] */
  annotator?: Identifier;
  /** When it was made. (标注时间) [A 5.6] */
  annotated_at?: Timestamp;
  /** Sitting in which it was made, where one reader annotates the same case more than once (DICOM TID 1501, Activity Session). (标注场次) [A 9.1.1, A 9.4.1.b] */
  session?: Name;
  /** Anything to add, in words (DICOM ROIDescription, SegmentDescription; FHIR's note). (备注) [A 8.2.2.e] */
  note?: Text;
  /** Anything else, under namespaced keys; never interpreted, always kept. (扩展) [A 8.2.2.e] */
  extensions?: Record<string, unknown>;
  /** Id of the text. (文本标识) [A 8.5.2.2] */
  text_id: Identifier;
  /** First code point of the span, zero-based. (起始偏移) [A 8.5.2.2] */
  start: Index;
  /** Code point behind the span. (结束偏移) [A 8.5.2.2] */
  end: Index;
  /** The span, verbatim. (原文) [A 8.5.2.2] */
  text: Text;
  /** Whether the span is a sentence or a fragment. (片段级别) [A 8.5.2.2] */
  level?: SpanLevel;
  /** What the span states. (语义类型) [A 8.5.2.2] */
  semantic_type: SemanticType;
}

/** The same structure seen in two or more images. (图像—图像关联) [A 8.5.1, A 8.1.c] */
export interface ImageImageLink {
  /** Unique identifier of the link in its case. (关联唯一标识) [A 8.5.2.2] */
  id: Identifier;
  /** Which class of link this is. (关联类型) [A 8.5] */
  type: "image_image";
  /** Anything to add, such as how a conflict was handled. (备注) [A 6.3.2] */
  note?: Text;
  /** Annotations that show the same structure. (标注对象标识) [A 8.5.1] */
  annotation_ids: Array<Identifier>;
  /** Registration that the correspondence rests on. (配准标识) [A 8.5.1.2] */
  registration_id?: Identifier;
  /** Distance between the annotations once registered. (偏差) [A 8.5.1.3] */
  deviation_mm?: NonNegativeReal;
  /** Whether the images agree. (一致性状态) [A 8.4.d] */
  consistency?: Consistency;
}

/** A region of an image and what a text says of it, one to one or many to many. (图像—文本关联) [A 8.5.2, A 8.5.2.1, A 8.1.e] */
export interface ImageTextLink {
  /** Unique identifier of the link in its case. (关联唯一标识) [A 8.5.2.2] */
  id: Identifier;
  /** Which class of link this is. (关联类型) [A 8.5] */
  type: "image_text";
  /** Anything to add, such as how a conflict was handled. (备注) [A 6.3.2] */
  note?: Text;
  /** Annotations of the image side. (标注对象标识) [A 8.5.2.1] */
  annotation_ids: Array<Identifier>;
  /** Text span annotations of the text side. (文本片段标识) [A 8.5.2.2] */
  span_ids: Array<Identifier>;
  /** What the text states of the region. (语义类型) [A 8.5.2.2, A 8.5.2.4] */
  semantic_type?: SemanticType;
  /** Whether text and image agree; a conflict is marked and goes to quality control. (一致性状态) [A 8.5.2.3, A 8.5.2.4] */
  consistency?: Consistency;
}

/** An image or its annotations and structured clinical data, bound by a unique key. (图像—结构化信息关联) [A 8.5.3, A 8.5.3.1] */
export interface ImageStructuredLink {
  /** Unique identifier of the link in its case. (关联唯一标识) [A 8.5.2.2] */
  id: Identifier;
  /** Which class of link this is. (关联类型) [A 8.5] */
  type: "image_structured";
  /** Anything to add, such as how a conflict was handled. (备注) [A 6.3.2] */
  note?: Text;
  /** Annotations; the whole image if absent. (标注对象标识) [A 8.5.3.1] */
  annotation_ids?: Array<Identifier>;
  /** The image; the primary one if absent. (影像唯一标识) [A 8.5.3.2] */
  image_uid?: Identifier;
  /** Clinical record of this case. (记录标识) [A 8.5.3.2] */
  record_id: Identifier;
  /** What binds the two. (关联键) [A 8.5.3.2, A 6.3.2] */
  keys?: Array<AssociationKey>;
  /** The linked fields as key-value pairs. (关联字段) [A 8.5.3.3] */
  fields?: Record<string, AttributeValue>;
  /** Days between the image and the test. (时间间隔) [A 8.5.3.4] */
  interval_days?: NonNegativeReal;
  /** True where the interval is above 90 days. (时间偏差标签) [A 8.5.3.4] */
  time_deviation?: Flag;
}

/** A directed relation of two annotations, whether regions of an image or spans of a text. (关系) [A 8.5.2.1, A 8.5, A 10.1.2] */
export interface RelationLink {
  /** Unique identifier of the link in its case. (关联唯一标识) [A 8.5.2.2] */
  id: Identifier;
  /** Which class of link this is. (关联类型) [A 8.5] */
  type: "relation";
  /** Anything to add, such as how a conflict was handled. (备注) [A 6.3.2] */
  note?: Text;
  /** Annotation that the relation starts from. (源对象标识) [A 8.5.2.1] */
  source_id: Identifier;
  /** Annotation that it leads to. (目标对象标识) [A 8.5.2.1] */
  target_id: Identifier;
  /** What the first is to the second, `located_at`, `suggests`, `modifies`, or a word of the project. That one is a part of the other is said by its `parent_id`. (关系类型) [A 8.5.2.1] */
  relation: Name;
  /** Code of the relation in a terminology. (编码) [A 8.5.2.1] */
  concept?: Concept;
}

/** One key that associates data of a case. (关联键) [A 6.3.2, A 8.5.3.2] */
export interface AssociationKey {
  /** What kind of key it is. (键类型) [A 6.3.2] */
  kind: AssociationKeyKind;
  /** Its pseudonymous value. (键值) [A 6.3.2] */
  value: Name;
}

/** How one image is brought onto another, with its error. (配准) [A 7.2.h, A 8.5.1, A 6.3.1] */
export interface Registration {
  /** Unique identifier in the case. (配准唯一标识) [A 8.5.1.2] */
  id: Identifier;
  /** Kind of transform. (配准类型) [A 8.5.1.1] */
  kind: RegistrationKind;
  /** Image that stays. Where the case has none, its frame of reference is named instead. (固定影像) [A 8.5.1.2] */
  fixed_image_uid?: Identifier;
  /** Image that is brought onto it. Where the case has none, its frame of reference is named instead. (浮动影像) [A 8.5.1.2] */
  moving_image_uid?: Identifier;
  /** Frame of reference that stays. (固定影像参考坐标系) [A 8.5.1.2, A B.1] */
  fixed_frame_of_reference_uid?: DicomUid;
  /** Frame of reference that is brought onto it. (浮动影像参考坐标系) [A 8.5.1.2, A B.1] */
  moving_frame_of_reference_uid?: DicomUid;
  /** Which coordinates the transform takes and which it gives. (映射方向) [A 8.5.1.2] */
  maps: MappingDirection;
  /** Row-major homogeneous matrix in LPS and millimetres; beside a field it is applied to the point before the field. (配准矩阵) [A 8.5.1.2, A 7.2.h] */
  matrix?: [[Real, Real, Real, Real], [Real, Real, Real, Real], [Real, Real, Real, Real], [Real, Real, Real, Real]];
  /** Displacement field, relative to the case file. (变形场文件) [A 8.5.1.2, A 7.2.h] */
  field_file?: RelativePath;
  /** Row-major homogeneous matrix in LPS and millimetres that is applied to the point after the field. (变形后矩阵) [A 8.5.1.2] */
  post_matrix?: [[Real, Real, Real, Real], [Real, Real, Real, Real], [Real, Real, Real, Real], [Real, Real, Real, Real]];
  /** Frame of the field's vectors; LPS if absent. (变形场坐标系) [A 8.5.1.2] */
  field_frame?: CoordinateFrame;
  /** What it was aligned by, DICOM CID 7100. (配准方法) [A 8.5.1.2, A 6.3.1] */
  method?: Concept;
  /** Frame of reference of the fused data. (融合坐标系) [A 8.5.1.4] */
  frame_of_reference_uid?: DicomUid;
  /** Error measures. (配准误差) [A 7.2.h, A 8.5.1.4] */
  errors?: Array<RegistrationError>;
  /** Algorithm and its version. (配准算法) [A 8.5.1.4] */
  algorithm?: Algorithm;
  /** Consistency checks made on it. (跨模态一致性报告) [A 8.5.1.3, A 8.5.1.4] */
  checks?: Array<RegistrationCheck>;
  /** What does not meet the requirement, where something does not. (不符合项) [A 7.2.h] */
  nonconformance?: Text;
}

/** One error measure of a registration. (配准误差) [A 7.2.h] */
export interface RegistrationError {
  /** What was measured. (误差指标) [A 7.2.h] */
  measure: RegistrationMeasure;
  /** Its value, millimetres for distances. (数值) [A 7.2.h] */
  value: NonNegativeReal;
  /** Number of landmarks it rests on. (标志点数量) [A 7.2.h] */
  landmark_count?: Count;
}

/** A check of the annotated region in both images. (配准一致性检查) [A 8.5.1.3] */
export interface RegistrationCheck {
  /** Annotation that was looked at. (标注对象标识) [A 8.5.1.3] */
  annotation_id?: Identifier;
  /** Deviation found. (偏差) [A 8.5.1.3] */
  deviation_mm: NonNegativeReal;
  /** Angle between the two, found where images of one device do not agree. (旋转偏差) [A 8.5.1.2] */
  rotation_degrees?: NonNegativeReal;
  /** Deviation allowed, 3 to 5 mm. (阈值) [A 8.5.1.3] */
  threshold_mm: NonNegativeReal;
  /** Whether it was within the threshold. (是否通过) [A 8.5.1.3] */
  passed: Flag;
  /** Agent id. (检查人员) [A 8.5.1.3] */
  checked_by?: Identifier;
  /** When. (检查时间) [A 8.5.1.3] */
  checked_at?: Timestamp;
}

/** A text of the case, de-identified. (文本) [A 3.1, A 8.1.d, A 8.5.2.1] */
export interface TextDocument {
  /** Unique identifier in the case. (文本唯一标识) [A 8.5.2.2] */
  id: Identifier;
  /** What kind of text it is. (文本类型) [A 3.1] */
  kind: TextKind;
  /** Language. (语言) [A 3.1] */
  language?: LanguageTag;
  /** The text itself; offsets count its Unicode code points. (内容) [A 8.5.2.1] */
  content: Text;
  /** Its sections, such as findings and impression, in the order of the text. (章节) [A 8.5.2.2, A 8.1.d] */
  sections?: Array<TextSection>;
  /** When it was written. (书写时间) [A 6.3.2] */
  written_at?: Timestamp;
  /** Images that it reports on. (影像唯一标识) [A 6.3.2] */
  image_uids?: Array<Identifier>;
  /** Whether personal data were removed. (是否脱敏) [A 7.3, A 11.2.2] */
  deidentified?: Flag;
}

/** A section of a text, from its first code point to behind its last. (文本章节) [A 8.5.2.2, A 8.1.d] */
export interface TextSection {
  /** Its heading. (标题) [A 8.5.2.2] */
  title?: Name;
  /** What it holds, LOINC: 59776-5 findings, 19005-8 impression. (编码) [A 8.5.2.2] */
  concept?: Concept;
  /** First code point of the section, zero-based. (起始偏移) [A 8.5.2.2] */
  start: Index;
  /** Code point behind the last. (结束偏移) [A 8.5.2.2] */
  end: Index;
}

/** Structured clinical data of the case, de-identified. (临床记录) [A 8.5.3, A 8.5.3.1, A 8.5.3.2, A 3.1] */
export interface ClinicalRecord {
  /** Unique identifier in the case. (记录唯一标识) [A 8.5.3.2] */
  id: Identifier;
  /** What kind of record it is. (记录类型) [A 8.5.3.1] */
  kind: ClinicalRecordKind;
  /** When it was taken. (记录时间) [A 8.5.3.2, A 8.5.3.4] */
  recorded_at?: Timestamp;
  /** The fields. (字段) [A 8.5.3.2, A 8.5.3.3] */
  fields: Array<ClinicalField>;
  /** Whether personal data were removed. (是否脱敏) [A 8.5.3.2] */
  deidentified?: Flag;
}

/** One field with its definition. (临床字段) [A 8.5.3.2, A 8.5.3.3] */
export interface ClinicalField {
  /** Name of the field, unique in its record. (字段名) [A 8.5.3.3] */
  key: Key;
  /** What it means, LOINC for laboratory values. (编码) [A 8.5.3.2] */
  concept?: Concept;
  /** Its value; numbers keep their digits. A field has a value, a coded value, or says why it has none. (值) [A 8.5.3.3] */
  value?: FieldValue;
  /** How the true value lies to the one given, where the method sets a bound; equal if absent. (比较符) [A 8.5.3.2] */
  comparator?: QuantityComparator;
  /** Its value as a code of a terminology, alone or beside its text. (编码值) [A 8.5.3.2] */
  value_concept?: Concept;
  /** Why it has no value. (缺失原因) [A 8.5.3.2, A App.A] */
  absent_reason?: AbsentReason;
  /** What kind of value it is. (数值类型) [A 8.5.3.2] */
  value_type?: FieldValueType;
  /** Unit in UCUM, `ng/mL`. (单位) [A 8.5.3.2] */
  unit?: Name;
  /** Lower end of the normal range. (正常下限) [A 8.5.3.2] */
  normal_low?: Number;
  /** Upper end of the normal range. (正常上限) [A 8.5.3.2] */
  normal_high?: Number;
  /** When it was measured; the record's time if absent. (检测时间) [A 8.5.3.2, A 8.5.3.4] */
  measured_at?: Timestamp;
}

/** An algorithm and how it was run. (算法) [A 8.5.1.4, A 10.1.6] */
export interface Algorithm {
  /** Name. (名称) [A 8.5.1.4] */
  name: Name;
  /** Version. (版本) [A 8.5.1.4] */
  version?: Name;
  /** Who makes it. (厂商) [A 10.1.6] */
  manufacturer?: Name;
  /** Kind of algorithm (DICOM CID 7162). (算法类别) [A 10.1.6] */
  family?: Concept;
  /** Id of the model's description. (模型描述标识) [A 10.1.6] */
  model_id?: Identifier;
  /** Parameters it ran with. (参数) [A 10.1.6] */
  parameters?: Record<string, AttributeValue>;
}

/** Where the data came from and why they may be used. (数据来源) [A 7.1, A 11.5.1, A App.A] */
export interface DataSource {
  /** Institution, or its pseudonym. (机构) [A 7.1] */
  institution: Name;
  /** Approval or ethics reference. (伦理批准) [A 7.1] */
  approval?: Name;
  /** Terms of use. (数据使用条款) [A 7.1] */
  data_use_terms?: Text;
  /** Why the use is lawful. (合法性依据) [A 7.1] */
  lawful_basis?: Text;
  /** Which population the data are from. (人群范围) [A App.A] */
  population?: Text;
  /** Begin of collection. (采集开始) [A App.A] */
  collected_from?: Timestamp;
  /** End of collection. (采集结束) [A App.A] */
  collected_to?: Timestamp;
  /** Equipment. (设备) [A App.A] */
  equipment?: Array<Name>;
}

/** One thing that was done to an image before annotation. (预处理步骤) [A 6.2, A 11.5.1] */
export interface PreprocessingStep {
  /** What was done. (类型) [A 6.2] */
  kind: PreprocessingKind;
  /** What with. (工具) [A 6.2] */
  tool?: Algorithm;
  /** When. (时间) [A 6.2] */
  at?: Timestamp;
  /** Agent id. (执行者) [A 6.2] */
  by?: Identifier;
  /** Anything to add. (备注) [A 6.2] */
  note?: Text;
}

/** How personal data were removed; the mapping itself is never part of a deliverable. (脱敏记录) [A 7.3, A 11.2.1, A 11.2.2, A 5.5] */
export interface DeidentificationRecord {
  /** What it covers. (范围) [A 7.3] */
  scope: DeidentificationScope;
  /** Rule set and its version. (脱敏规则) [A 11.2.1] */
  rule_set: Name;
  /** Policy, in words. (脱敏策略) [A 7.3, A 11.2.2] */
  policy?: Text;
  /** Tool and its version. (工具) [A 11.2.1] */
  tool?: Algorithm;
  /** When. (时间) [A 11.2.1] */
  at?: Timestamp;
  /** What was kept because diagnosis or position needs it. (保留项) [A 7.3] */
  retained?: Array<Name>;
  /** Spot checks. (抽检记录) [A 7.3, A 11.2.2] */
  spot_checks?: Array<SpotCheck>;
  /** Whether a mapping to the original identity is kept, apart from the deliverable. (是否保留映射) [A 7.3] */
  mapping_kept?: Flag;
  /** Where and how it is kept. (映射存储规则) [A 7.3, A 11.2.2] */
  mapping_storage?: Text;
  /** Who may see it, and how that is audited. (映射访问规则) [A 7.3, A 11.2.2] */
  mapping_access?: Text;
}

/** One check of a sample. (抽检记录) [A 7.3, A 11.2.2] */
export interface SpotCheck {
  /** How many were looked at. (抽检数量) [A 7.3] */
  sample_size: Count;
  /** How many failed. (不合格数量) [A 7.3] */
  failures: Index;
  /** Agent id. (抽检人员) [A 7.3] */
  by?: Identifier;
  /** When. (抽检时间) [A 7.3] */
  at?: Timestamp;
  /** Anything to add. (备注) [A 7.3] */
  note?: Text;
}

/** What a model suggested and what a person made of it; the suggestion is kept apart from the result. (模型辅助记录) [A 10.1.6, A 6.4.2, A 3.4, A 11.5.1] */
export interface ModelAssistance {
  /** Unique identifier in the case. (标识) [A 10.1.6] */
  id: Identifier;
  /** Model, version and inference parameters. (模型) [A 10.1.6] */
  model: Algorithm;
  /** When the suggestion was loaded. (建议时间) [A 10.1.6] */
  suggested_at?: Timestamp;
  /** The suggestion as the model made it. (建议文件) [A 3.4] */
  suggestion_file?: RelativePath;
  /** Annotations that grew out of it. (标注对象标识) [A 10.1.6] */
  annotation_ids?: Array<Identifier>;
  /** What a person made of it. (修订结果) [A 10.1.6] */
  outcome?: AssistanceOutcome;
  /** Agent id of who confirmed or corrected. (修订人员) [A 10.1.6, A 6.4.2] */
  revised_by?: Identifier;
  /** When. (修订时间) [A 10.1.6] */
  revised_at?: Timestamp;
  /** What was changed. (修订记录) [A 10.1.6] */
  revision?: Text;
  /** How far the suggestion was from the result. (偏差评估) [A 9.1.1] */
  deviations?: Array<AssistanceDeviation>;
}

/** One measure of the distance between suggestion and result. (模型辅助偏差) [A 9.1.1] */
export interface AssistanceDeviation {
  /** What was measured. (指标) [A 9.1.1] */
  measure: DeviationMeasure;
  /** Its value. (数值) [A 9.1.1] */
  value: NonNegativeReal;
  /** Annotation concerned; all if absent. (标注对象标识) [A 9.1.1] */
  annotation_id?: Identifier;
}

/** One round of the cycle of annotation, review and revision. (审核记录) [A 6.5.2, A 9.3.1, A 9.3.1.b, A 9.3.1.c, A 5.6] */
export interface Review {
  /** Unique identifier in the case. (审核标识) [A 6.5.2] */
  id: Identifier;
  /** Self check, review, or final arbitration. (质控级别) [A 9.3.1] */
  level: ReviewLevel;
  /** One-based round. (轮次) [A 6.5.2] */
  round?: Count;
  /** Agent id. (审核人员) [A 9.3.1.b] */
  reviewer: Identifier;
  /** When. (审核时间) [A 6.5.2] */
  at: Timestamp;
  /** Annotations that were looked at; all of the case if absent. (标注对象标识) [A 9.3.1.b, A 6.5.2] */
  annotation_ids?: Array<Identifier>;
  /** Version that was looked at. (被审版本) [A 8.4.e, A 9.1.2] */
  reviewed_version?: Version;
  /** Its result. (审核结论) [A 6.5.2] */
  outcome: ReviewOutcome;
  /** Whether a second reviewer looked at a hard sample. (交叉复核) [A 9.3.1.b] */
  is_cross_review?: Flag;
  /** What was found. (审核问题) [A 6.5.1] */
  findings?: Array<ReviewFinding>;
  /** The conclusion in words. (结论说明) [A 9.3.1.c] */
  conclusion?: Text;
  /** Version that the arbitration froze. (定版版本) [A 9.3.1.c, A 11.5.2] */
  frozen_version?: Version;
}

/** One thing a reviewer found. (审核问题) [A 6.5.1] */
export interface ReviewFinding {
  /** Unique identifier in the case. (问题标识) [A 6.5.1] */
  id: Identifier;
  /** What is wrong. (问题类型) [A 6.5.1] */
  kind: ReviewFindingKind;
  /** Annotation concerned; the case if absent. (标注对象标识) [A 6.5.1] */
  annotation_id?: Identifier;
  /** In words. (说明) [A 6.5.1] */
  note?: Text;
  /** Agent id of who revised. (整改人员) [A 6.5.2] */
  resolved_by?: Identifier;
  /** When it was revised. (整改时间) [A 6.5.2] */
  resolved_at?: Timestamp;
  /** What was done. (整改说明) [A 6.5.2] */
  resolution?: Text;
}

/** Agreement of two versions, annotators or modalities. (一致性评价记录) [A 9.2, A 8.4.c, A App.A] */
export interface AgreementRecord {
  /** Unique identifier in the case or package. (标识) [A 9.2] */
  id: Identifier;
  /** What was compared. (比较维度) [A 9.2] */
  between: AgreementScope;
  /** How. (指标) [A 9.2] */
  metric: AgreementMetric;
  /** The result, millimetres for distances. (数值) [A 9.2] */
  value: Real;
  /** Agents, versions or image UIDs that were compared. (比较对象) [A 9.2] */
  parties?: Array<Identifier>;
  /** Annotations concerned. (标注对象标识) [A 9.2] */
  annotation_ids?: Array<Identifier>;
  /** Whether a second review follows (Dice below 0.85). (需二次审核) [A 8.4.c] */
  needs_second_review?: Flag;
  /** Whether a dedicated review follows (Dice below 0.75). (需专项审核) [A 9.2] */
  needs_dedicated_review?: Flag;
  /** What is wrong where agreement is poor, as the dedicated review found. (错误类型) [A 9.2] */
  error_kinds?: Array<ReviewFindingKind>;
  /** What followed: annotated anew, or the label system was changed. (处置) [A 9.2] */
  resolution?: Text;
  /** When. (计算时间) [A 9.2] */
  computed_at?: Timestamp;
  /** Which definition of the metric, `surface_voxel.hd95`; docs/reference/metrics.md lists them. (指标定义标识) [A 9.2, A App.D] */
  definition_id?: Identifier;
  /** Tolerance of a normalized surface Dice, mm. (容差) [A 9.2] */
  tolerance_mm?: NonNegativeReal;
}

/** One value of a metric by one definition, or why there is none. Never infinite, and never a value made up for an empty mask. (指标值) [A 9.1.1, A 9.2, A 9.4.1, A 9.4.2, A App.D] */
export interface MetricValue {
  /** Which definition, `overlap.dice`; docs/reference/metrics.md lists them. (指标定义标识) [A 9.1.1, A App.D] */
  definition_id: Identifier;
  /** Whether there is a value, or why there is none. (状态) [A 9.1.1] */
  status: MetricStatus;
  /** The value; absent unless the status is `defined`. (数值) [A 9.1.1] */
  value?: Real;
  /** Unit of the value, UCUM: 1 (a fraction or a coefficient), mm, mL. (单位) [A 9.1.1] */
  unit?: Text;
  /** Label code, or number in a label map, that the value is about; absent for the whole. (标签) [A 9.1.1] */
  label?: Text;
  /** Tolerance of a normalized surface Dice, or width of a boundary, mm. (容差) [A 9.1.1] */
  tolerance_mm?: NonNegativeReal;
  /** Of how many values it is a mean, or how many subjects it was computed from. (样本数) [A 9.4.1] */
  count?: Index;
  /** Lower bound of its confidence interval. (置信下限) [A 9.4.1] */
  low?: Real;
  /** Upper bound of its confidence interval. (置信上限) [A 9.4.1] */
  high?: Real;
  /** Level of the confidence interval, 0.95. (置信水平) [A 9.4.1] */
  confidence_level?: UnitInterval;
}

/** One qualitative judgement. (定性评价) [A 9.1.2] */
export interface Assessment {
  /** What is judged. (评价维度) [A 9.1.2] */
  dimension: AssessmentDimension;
  /** The judgement. (是否符合) [A 9.1.2] */
  passed: Flag;
  /** Agent id. (评价人员) [A 9.1.2] */
  by?: Identifier;
  /** When. (评价时间) [A 9.1.2] */
  at?: Timestamp;
  /** Why. (说明) [A 9.1.2] */
  note?: Text;
}

/** One validation of a set of annotations. (验证记录) [A 9.4.2, A 9.4.1] */
export interface ValidationRecord {
  /** Unique identifier in the case or package. (标识) [A 9.4.2] */
  id: Identifier;
  /** How it was validated. (验证方式) [A 9.4.2, A 9.4.1] */
  kind: ValidationKind;
  /** Who validated. (验证机构) [A 9.4.2] */
  organization?: Name;
  /** Why they may. (资质) [A 9.4.2] */
  qualification?: Text;
  /** Reference standard, model or report. (参考标准) [A 9.4.2] */
  reference?: Text;
  /** Metrics and their values. (结果) [A 9.4.2] */
  results?: Record<string, AttributeValue>;
  /** Values of metrics, each with its definition. (指标) [A 9.4.2, A 9.4.1] */
  metrics?: Array<MetricValue>;
  /** The report, relative to the document. (验证报告文件) [A 9.4.2] */
  report_file?: RelativePath;
  /** The conclusion in words. (结论) [A 9.4.2] */
  conclusion?: Text;
  /** When. (验证时间) [A 9.4.2] */
  at?: Timestamp;
}

/** An error in an image or a report that a person or a model found. (质控发现) [Q abstract] */
export interface QcFinding {
  /** Unique identifier in the case. (标识) [Q abstract] */
  id: Identifier;
  /** What is wrong. (问题类型) [Q abstract] */
  kind: QcFindingKind;
  /** Annotations that show where. (标注对象标识) [Q abstract] */
  annotation_ids?: Array<Identifier>;
  /** Image concerned. (影像唯一标识) [Q abstract] */
  image_uid?: Identifier;
  /** Report concerned. (文本标识) [Q abstract] */
  text_id?: Identifier;
  /** First code point in the report, zero-based. (起始偏移) [Q abstract] */
  start?: Index;
  /** Code point behind the last. (结束偏移) [Q abstract] */
  end?: Index;
  /** In words. (描述) [Q abstract] */
  description?: Text;
  /** What it should be, in words. (修改建议) [Q abstract] */
  suggestion?: Text;
  /** How grave. (严重程度) [Q abstract] */
  severity?: Severity;
  /** Agent id of the person or the model. (发现者) [Q abstract] */
  made_by?: Identifier;
  /** Confidence of whoever found it. (置信度) [Q abstract] */
  confidence?: UnitInterval;
  /** Whether a person confirmed it. (是否确认) [Q abstract] */
  confirmed?: Flag;
}

/** Trace and quality record of a case. (元数据) [A C.4] */
export interface Metadata {
  /** Agent id of the annotator. (标注人员) [A C.4.a, A 5.6] */
  annotator?: Identifier;
  /** Agent id of the reviewer. (复核人员) [A C.4.a] */
  reviewer?: Identifier;
  /** Where it was annotated. (机构) [A C.4.a] */
  institution?: Name;
  /** What it was annotated with. (软件) [A C.4.b] */
  software?: Software;
  /** When work began and ended. (时间戳) [A C.4.c] */
  timestamps?: Timestamps;
  /** State and issues of quality control. (质控) [A C.4.d] */
  qc?: QualityControl;
  /** Version of the annotation. (数据包版本号) [A C.4.e] */
  version?: Version;
  /** What the set of annotations is called, without patient data (DICOM SeriesDescription of a report or segmentation, StructureSetLabel). (标题) [A C.2.d] */
  title?: Name;
  /** Language of what the annotators wrote (DICOM TID 1204, Language of Content Item and Descendants). (语言) [A 3.1] */
  language?: LanguageTag;
  /** Key operations in their order. (审计流水) [A C.4.f, A 6.4.2] */
  audit?: Array<AuditEvent>;
  /** Who the agent ids stand for. (参与者) [A 11.1.2] */
  agents?: Array<Agent>;
  /** Where the data came from. (数据来源) [A 7.1] */
  sources?: Array<DataSource>;
  /** How personal data were removed. (脱敏记录) [A 7.3] */
  deidentification?: Array<DeidentificationRecord>;
  /** What models suggested. (模型辅助记录) [A 10.1.6] */
  assistance?: Array<ModelAssistance>;
  /** Agreement that was measured. (一致性评价记录) [A 9.2] */
  agreement?: Array<AgreementRecord>;
  /** Qualitative judgements. (定性评价) [A 9.1.2] */
  assessments?: Array<Assessment>;
  /** Validations. (验证记录) [A 9.4.2] */
  validations?: Array<ValidationRecord>;
  /** What changed from version to version. (变更记录) [A 11.5.2, A 5.6] */
  changes?: Array<ChangeRecord>;
}

/** A tool and its version. (软件) [A C.4.b] */
export interface Software {
  /** Name. (名称) [A C.4.b] */
  name?: Name;
  /** Version. (版本) [A C.4.b] */
  version?: Name;
  /** Model that made suggestions, with its version. (辅助模型) [A C.4.b, A 10.1.6] */
  ai_model?: Name;
}

/** When work began and ended. (时间戳) [A C.4.c] */
export interface Timestamps {
  /** When it began. (开始时间) [A C.4.c] */
  start?: Timestamp;
  /** When it ended. (结束时间) [A C.4.c] */
  end?: Timestamp;
}

/** State of quality control. (质控) [A C.4.d] */
export interface QualityControl {
  /** State. (质控状态) [A C.4.d] */
  status?: QcStatus;
  /** What was found, in words. (质控问题) [A C.4.d] */
  issues?: Array<Text>;
  /** Errors found in images and reports. (质控发现) [Q abstract, A 6.5.1] */
  findings?: Array<QcFinding>;
}

/** One operation. (审计事件) [A C.4.f] */
export interface AuditEvent {
  /** What was done. (操作) [A C.4.f] */
  action: AuditAction;
  /** Agent id of who did it. (操作者) [A C.4.f] */
  actor: Identifier;
  /** When. (时间) [A C.4.f] */
  at: Timestamp;
  /** Id of what it was done to; the case if absent. (对象标识) [A C.4.f] */
  target_id?: Identifier;
  /** Anything to add. (备注) [A C.4.f] */
  note?: Text;
}

/** A person, a model or a service. (参与者) [A 11.1.2] */
export interface Agent {
  /** Pseudonymous identifier. (标识) [A 11.1.2] */
  id: Identifier;
  /** Person, organization or device (DICOM observer type). (类型) [A 11.1.2] */
  kind?: AgentKind;
  /** Roles in the task; one may have several. (角色) [A 11.1.2, A A.3.6] */
  roles?: Array<AgentRole>;
  /** Name, where it may be told. (名称) [A 11.1.2] */
  name?: Name;
  /** Where the agent belongs. (机构) [A 11.1.2] */
  organization?: Name;
  /** Why the agent may do this. (资质) [A 11.1.2, A A.3.6, A 9.3.1.b] */
  qualification?: Text;
  /** What a device runs, model and version. (算法) [A 10.1.6] */
  algorithm?: Algorithm;
}

/** What a task asks, of whom, by which rules. A document of its own, that cases name by `task_id`. (任务定义) [A 6.3.1, A 6.3.2, A App.A] */
export interface TaskDefinition {
  /** Identifier of the task. (任务唯一标识) [A C.2.a] */
  task_id: Identifier;
  /** Version of this document. (版本) [A App.A] */
  version: Version;
  /** Name of the task. (名称) [A App.A] */
  title: Name;
  /** What it is for (A.2.1). (任务目标) [A App.A] */
  goal: Text;
  /** What is to be annotated. (标注范围) [A 6.3.1] */
  scope?: Text;
  /** What for. (应用场景) [A 6.3.1] */
  application?: Text;
  /** Which of the five kinds of annotation. (标注类型) [A 8.1] */
  kinds?: Array<TaskKind>;
  /** Modalities of the images (A.2.2). (影像模态) [A App.A] */
  modalities: Array<Modality>;
  /** Kinds of text (A.2.2). (文本类型) [A App.A] */
  text_kinds?: Array<Name>;
  /** By hand, or with an algorithm's help (A.2.3). (标注方式) [A App.A] */
  algorithm_type: AlgorithmType;
  /** Label system of the task. (标签体系) [A 6.3.1] */
  label_system_id?: Identifier;
  /** Labels of what is annotated; all of the label system if absent. (标注对象) [A 6.3.3, A 6.3.1] */
  label_codes?: Array<LabelCode>;
  /** Geometries that may be used. (几何类型) [A 6.4.1] */
  geometries?: Array<Geometry>;
  /** Granularities asked for. (标注粒度) [A 6.3.1, A 8.3] */
  granularities?: Array<Granularity>;
  /** Requirements on geometry. (空间要求) [A 6.3.1] */
  spatial_requirement?: Text;
  /** How frames of video and time series are numbered and timed. (帧索引与时间戳规则) [A 7.2.note] */
  frame_rule?: Text;
  /** Frame that the annotations are in. (坐标体系) [A 6.3.1] */
  coordinate_frame?: CoordinateFrame;
  /** How modalities are registered. (配准方式) [A 6.3.1] */
  registration_method?: Text;
  /** What corresponds to what. (模态对应关系) [A 6.3.1] */
  modality_correspondence?: Text;
  /** How to work. (操作规则) [A 6.3.1] */
  operating_rules?: Array<Text>;
  /** What is delivered (A.2.4). (交付内容) [A App.A] */
  deliverables: Array<Deliverable>;
  /** Formats of the output. (输出格式) [A 6.3.1] */
  output_formats?: Array<Name>;
  /** How the results are laid out (A.2.5). (结果组织) [A App.A] */
  result_organisation?: Text;
  /** Rules for outlines (A.3.1). (勾画规则) [A App.A] */
  delineation_rules?: Array<Text>;
  /** Rules for grades (A.3.2). (分级规则) [A App.A] */
  grading_rules?: Array<Text>;
  /** Rules for texts (A.3.3). (文本标注规则) [A App.A] */
  text_rules?: Array<Text>;
  /** Fields of the report, with their values and what stands for missing and uncertain ones (A.3.3). (字段定义) [A App.A, A 10.1.2] */
  fields?: Array<AttributeDefinition>;
  /** Rules for alignment (A.3.4). (跨模态对齐规则) [A App.A] */
  alignment_rules?: Array<AlignmentRule>;
  /** How images and texts are brought together. (关联确认) [A 6.3.2] */
  association?: AssociationRule;
  /** How agreement is watched (A.3.5). (一致性监控) [A App.A] */
  agreement_monitoring?: AgreementMonitoring;
  /** Metrics that the task fixed. (质量指标) [A 9.1.1] */
  metrics?: Array<AgreementMetric>;
  /** Thresholds fixed by the task. (阈值) [A 9.1.1] */
  thresholds?: Array<Threshold>;
  /** How samples are drawn and judged, fixed with metrics and thresholds. (抽检方案) [A 9.1.1, A 10.1.4] */
  sampling?: SamplingPlan;
  /** Roles (A.3.6). (角色与职责) [A App.A, A A.3.6] */
  roles: Array<RoleDefinition>;
  /** What the tools must do (A.4.1). (工具能力) [A App.A] */
  tools?: Array<Text>;
  /** Environment (A.4.2). (环境要求) [A App.A] */
  environment?: Array<Text>;
  /** Data and exclusions (A.5). (数据准备) [A App.A] */
  data_preparation?: DataPreparation;
}

/** One thing that is delivered. (交付项) [A App.A] */
export interface Deliverable {
  /** Which side it belongs to. (交付端) [A App.A] */
  side: DeliverableSide;
  /** What it is. (描述) [A App.A] */
  description: Text;
}

/** One rule for alignment across modalities. (对齐规则) [A App.A, A 3.3] */
export interface AlignmentRule {
  /** Within what the alignment stays. (范围) [A 3.3] */
  scope: AssociationGranularity;
  /** How many map to how many. (映射基数) [A A.3.4] */
  cardinality: Cardinality;
  /** What is done when text and image contradict. (冲突处理) [A App.A] */
  conflict_handling?: Text;
}

/** How data of a case are associated, and what happens where that fails. (关联规则) [A 6.3.2] */
export interface AssociationRule {
  /** Level of the association. (关联粒度) [A 6.3.2] */
  granularity: AssociationGranularity;
  /** Keys. (关联键) [A 6.3.2] */
  keys: Array<AssociationKeyKind>;
  /** What is done where a key is missing. (缺失处置) [A 6.3.2] */
  missing_handling?: Text;
  /** What is done where keys contradict. (冲突处置) [A 6.3.2] */
  conflict_handling?: Text;
  /** What is done where times contradict. (时间不一致处置) [A 6.3.2] */
  time_handling?: Text;
}

/** How agreement is watched. (一致性监控) [A App.A, A 9.2] */
export interface AgreementMonitoring {
  /** How. (方式) [A App.A] */
  method: Text;
  /** How often. (频次) [A App.A] */
  frequency?: Text;
  /** Share of the samples. (比例) [A App.A] */
  proportion?: UnitInterval;
  /** Metrics. (指标) [A 9.2] */
  metrics?: Array<AgreementMetric>;
}

/** A threshold fixed by the task. (阈值) [A 9.1.1] */
export interface Threshold {
  /** What it limits, `dice`. (名称) [A 9.1.1] */
  name: Name;
  /** Least value. (下限) [A 9.1.1] */
  minimum?: Number;
  /** Greatest value. (上限) [A 9.1.1] */
  maximum?: Number;
  /** What happens beyond it. (处置) [A 9.1.1] */
  consequence?: Text;
}

/** How samples are drawn for quality control, and when a lot passes. (抽检方案) [A 9.1.1, A 10.1.4] */
export interface SamplingPlan {
  /** Share of the cases that is drawn. (抽检比例) [A 9.1.1] */
  proportion?: UnitInterval;
  /** Number of cases that is drawn, where it is no share. (抽检数量) [A 9.1.1] */
  count?: Count;
  /** How they are drawn. (抽样方法) [A 9.1.1] */
  method?: Text;
  /** When the lot passes, and what follows where it does not. (判定规则) [A 9.1.1] */
  decision_rule: Text;
}

/** A role in the task. (角色定义) [A App.A, A A.3.6, A 11.1.2] */
export interface RoleDefinition {
  /** Role. (角色) [A 11.1.2] */
  role: AgentRole;
  /** Its name in the task. (名称) [A App.A] */
  name?: Name;
  /** What the role does. (职责) [A A.3.6] */
  duties: Text;
  /** What is asked of people. (能力要求) [A A.3.6] */
  qualification?: Text;
  /** Test before work. (上岗要求) [A A.3.6] */
  admission?: Text;
  /** Roles that the same person may not have. (职责分离) [A A.3.6] */
  separate_from?: Array<AgentRole>;
}

/** Data of the task and what is excluded. (数据准备) [A App.A] */
export interface DataPreparation {
  /** Period, institutions, equipment, compliance (A.5 a). (采集与合规信息) [A App.A] */
  collection?: Text;
  /** What is excluded and why (A.5 b). (清洗与剔除) [A App.A] */
  exclusions?: Array<Text>;
  /** How duplicates are found (A.5 c). (去重) [A A.5.c] */
  deduplication?: Text;
  /** How images and reports are associated (A.5 c). (关联) [A A.5.c] */
  association?: Text;
}

/** The manifest of a delivery. A document of its own. (交付包) [A 10.1.5, A 11.1.1, A 11.5.2, A 6.6.1] */
export interface Package {
  /** Identifier. (交付包标识) [A 10.1.5] */
  package_id: Identifier;
  /** Version. (版本) [A 11.5.2] */
  version: Version;
  /** Task it was made for. (任务唯一标识) [A C.2.a] */
  task_id?: Identifier;
  /** When. (创建时间) [A 10.1.5] */
  created_at: Timestamp;
  /** Agent id. (创建者) [A 10.1.5] */
  created_by?: Identifier;
  /** Who the ids of agents in this document are. (参与者) [A 11.1.2, A 11.4, A 11.5.2] */
  agents?: Array<Agent>;
  /** Licence of the data, as SPDX names it, or its words. (许可) [A 7.1] */
  license?: Name;
  /** Where the data of the delivery came from. (数据来源) [A 7.1, A 11.5.1] */
  sources?: Array<DataSource>;
  /** Samples that were left out or set apart, and why. (剔除记录) [A App.A] */
  exclusions?: Array<Exclusion>;
  /** Where data of a case could not be associated as the task asks, and what was done. (关联问题记录) [A 6.3.2] */
  association_problems?: Array<AssociationProblem>;
  /** Class of the data. (数据分类) [A 11.1.1] */
  data_classification?: DataClassification;
  /** Level of protection. (安全级别) [A 11.1.1] */
  security_level?: SecurityLevel;
  /** What its level asks for: isolation, access, strength of de-identification. (安全措施) [A 11.1.1] */
  security_measures?: Array<Text>;
  /** How personal data were removed. (脱敏记录) [A 7.3, A 11.2.1, A 11.2.2] */
  deidentification?: Array<DeidentificationRecord>;
  /** Agreement over the cases of the delivery. (一致性评价记录) [A 9.2] */
  agreement?: Array<AgreementRecord>;
  /** Qualitative judgements of the delivery. (定性评价) [A 9.1.2] */
  assessments?: Array<Assessment>;
  /** Validations of the delivery. (验证记录) [A 9.4.2, A 9.4.1] */
  validations?: Array<ValidationRecord>;
  /** The files. (文件清单) [A 10.1.5] */
  files: Array<PackageFile>;
  /** Terms with each party. (多方协作条款) [A 11.1.3] */
  party_terms?: Array<PartyTerms>;
  /** Transfers. (传输清单) [A 11.4] */
  transfers?: Array<Transfer>;
  /** When it is to be destroyed or archived. (保留期限) [A 11.4] */
  retention_until?: Timestamp;
  /** How it is backed up. (备份策略) [A 11.4] */
  backup?: BackupPolicy;
  /** What was destroyed or archived at the end. (销毁与归档记录) [A 11.4] */
  destructions?: Array<Destruction>;
  /** Trace from source to delivery. (追溯信息) [A 11.5.1, A 11.3.1] */
  trace?: Array<TraceEvent>;
  /** When the version was frozen. (定版时间) [A 11.5.2] */
  frozen_at?: Timestamp;
  /** Agent id. (定版人员) [A 11.5.2] */
  frozen_by?: Identifier;
  /** Version that this one follows; it is kept. (前一版本) [A 11.5.2] */
  previous_version?: Version;
  /** What changed since. (变更记录) [A 11.5.2, A 10.1.3] */
  changes?: Array<ChangeRecord>;
}

/** One file of a delivery. (交付文件) [A 10.1.5] */
export interface PackageFile {
  /** Path within the package. (路径) [A 10.1.5] */
  path: RelativePath;
  /** Size in bytes. (大小) [A 10.1.5] */
  size: ByteSize;
  /** Digest. (校验值) [A 10.1.5] */
  sha256: Sha256;
  /** What it is. (用途) [A 6.6.1] */
  role: FileRole;
  /** Version. (版本) [A 8.4.e] */
  version?: Version;
  /** Files that it refers to. (引用) [A 10.1.5] */
  references?: Array<RelativePath>;
}

/** Terms with one party. (协作方条款) [A 11.1.3] */
export interface PartyTerms {
  /** Party. (协作方) [A 11.1.3] */
  party: Name;
  /** When data may leave. (数据出域条件) [A 11.1.3] */
  export_conditions?: Text;
  /** Whether they may be passed on. (二次分发限制) [A 11.1.3] */
  onward_distribution?: Text;
  /** Who answers for what. (责任追究) [A 11.1.3] */
  liability?: Text;
}

/** One transfer. (传输记录) [A 11.4] */
export interface Transfer {
  /** Sender. (发送方) [A 11.4] */
  sender: Name;
  /** Recipient. (接收方) [A 11.4] */
  recipient: Name;
  /** When. (时间) [A 11.4] */
  at: Timestamp;
  /** How, with its encryption. (通道) [A 11.4] */
  channel?: Name;
  /** Reference of the approval. (审批) [A 11.4] */
  approval?: Name;
  /** Digest of what was sent. (校验值) [A 11.4] */
  sha256?: Sha256;
}

/** Data destroyed or archived at the end of the project or of the retention. (销毁与归档记录) [A 11.4] */
export interface Destruction {
  /** Destroyed or archived; destroyed if absent. (类型) [A 11.4] */
  kind?: DisposalKind;
  /** What was destroyed or archived. (对象) [A 11.4] */
  objects: Array<Name>;
  /** How. (方式) [A 11.4] */
  method: Text;
  /** Agent id. (执行人) [A 11.4] */
  by: Identifier;
  /** When. (时间) [A 11.4] */
  at: Timestamp;
}

/** How data are backed up, and how that is tried. (备份策略) [A 11.4] */
export interface BackupPolicy {
  /** How often. (频次) [A 11.4] */
  frequency: Text;
  /** What on. (介质) [A 11.4] */
  medium: Text;
  /** How long a backup is kept. (保留期) [A 11.4] */
  retention: Text;
  /** When restoring was tried last. (恢复演练时间) [A 11.4] */
  restored_at?: Timestamp;
}

/** A sample that was left out or set apart. (剔除记录) [A App.A] */
export interface Exclusion {
  /** Case. (病例标识) [A App.A] */
  case_id: Identifier;
  /** Why (A.5 b, c). (原因) [A App.A] */
  reason: ExclusionReason;
  /** In words, with what was done. (说明) [A App.A] */
  note?: Text;
  /** Agent id. (执行人) [A App.A] */
  by?: Identifier;
  /** When. (时间) [A App.A] */
  at?: Timestamp;
}

/** One failure to associate the data of a case, and what the task's rule made of it. (关联问题记录) [A 6.3.2, A App.A] */
export interface AssociationProblem {
  /** Case. (病例标识) [A 6.3.2] */
  case_id: Identifier;
  /** What is wrong. (问题类型) [A 6.3.2] */
  kind: AssociationProblemKind;
  /** Keys that are missing or do not agree. (关联键) [A 6.3.2] */
  keys?: Array<AssociationKey>;
  /** What was done, by the task's rule. (处置) [A 6.3.2] */
  handling: Text;
  /** Agent id. (处置人) [A 6.3.2] */
  by?: Identifier;
  /** When. (时间) [A 6.3.2] */
  at?: Timestamp;
}

/** One event between source and delivery, tied to what it concerns; chained by digests. (追溯事件) [A 11.5.1, A 11.3.1] */
export interface TraceEvent {
  /** Which part of the work. (环节) [A 11.5.1] */
  stage: TraceStage;
  /** What was done. (操作) [A 11.3.1] */
  action: AuditAction;
  /** Agent id. (操作者) [A 11.3.1] */
  actor: Identifier;
  /** When. (时间) [A 11.3.1] */
  at: Timestamp;
  /** Case. (病例标识) [A 11.5.1] */
  case_id?: Identifier;
  /** Series. (序列标识) [A 11.5.1] */
  series_instance_uid?: Identifier;
  /** Annotation. (标注对象标识) [A 11.5.1] */
  annotation_id?: Identifier;
  /** Anything to add. (备注) [A 11.5.1] */
  note?: Text;
  /** Digest of the event before. (前一事件校验值) [A 11.3.1] */
  previous_sha256?: Sha256;
  /** Digest of this event. (校验值) [A 11.3.1] */
  sha256?: Sha256;
}

/** One annotated case: the image, what was annotated on it, and who did so. A file holds one case, or as JSON Lines one case a line. (病例标注文件) [A C.2, A C.5, A 6.6.1] */
export interface Case {
  /** Version of this schema; absent means 1.0, the layout of the specification itself. (模型版本) [A C.2] */
  schema_version?: Version;
  /** Pseudonymous identifier of the case; alignments never leave it. (病例标识) [A 3.3] */
  case_id?: Identifier;
  /** Pseudonym of the patient, the same in all cases of one patient; folds of a training set are made by it, and splits are checked by it. (患者假名标识) [A 6.3.2, A 7.3] */
  patient_id?: Identifier;
  /** Identifier of the annotation task. (任务唯一标识) [A C.2.a] */
  task_id: Identifier;
  /** Part of the data set that the case belongs to. (数据划分) [A 9.4.1] */
  split?: Split;
  /** What is known of the patient without telling who it is. (受检者) [A 8.5.3.1] */
  subject?: Subject;
  /** Examinations that the images are of, in the order of time. (检查) [A 6.3.2, A 3.3] */
  studies?: Array<Study>;
  /** The primary image; annotations that name no image belong to it. (影像对象) [A C.2.b] */
  image: Image;
  /** Other images of the same case. (关联影像) [A 8.1.c] */
  related_images?: Array<Image>;
  /** How images of the case are brought onto each other. (配准) [A 8.5.1.2, A 7.2.h] */
  registrations?: Array<Registration>;
  /** Texts of the case. (文本) [A 3.1, A 8.5.2] */
  texts?: Array<TextDocument>;
  /** Structured clinical data of the case. (临床记录) [A 8.5.3] */
  clinical_records?: Array<ClinicalRecord>;
  /** Definitions of labels that its label system does not hold, or the class list of its data set. (标签定义) [A 8.2.2] */
  labels?: Array<Label>;
  /** Labels of which every object was annotated, so that what has no annotation is not there. (已完整标注的标签) [A 5.4] */
  annotated_labels?: Array<LabelCode>;
  /** What was annotated. (标注对象列表) [A C.2.c] */
  annotations: Array<AnyAnnotation>;
  /** What corresponds to what across modalities. (跨模态关联) [A 8.5, A 3.3] */
  links?: Array<AnyLink>;
  /** Rounds of review. (审核记录) [A 6.5.2, A 9.3.1] */
  reviews?: Array<Review>;
  /** Who annotated, reviewed, with what, when, and in which version. (元数据) [A C.2.d] */
  metadata: Metadata;
  /** Anything else, under namespaced keys; never interpreted, always kept. (扩展) [A 8.2.2.e] */
  extensions?: Record<string, unknown>;
}

export type AnyAnnotation = MaskAnnotation | BboxAnnotation | OrientedBoxAnnotation | PolygonAnnotation | PolylineAnnotation | PointAnnotation | KeypointsAnnotation | EllipseAnnotation | EllipsoidAnnotation | ContoursAnnotation | AttributeAnnotation | TextSpanAnnotation;

export type AnyLink = ImageImageLink | ImageTextLink | ImageStructuredLink | RelationLink;
