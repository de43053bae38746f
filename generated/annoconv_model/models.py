"""annoconv: Data model of multi-modal medical image annotation.

Generated from the LinkML model, version 1.0; never edited. Needs pydantic and the standard library only.
"""

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeAlias

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from annoconv_model._runtime import (
    ALTERNATIVES,
    EVEN,
    OPTIONAL,
    Boolean,
    DecimalNumber,
    Fixed,
    Float,
    Integer,
    Model,
    Moment,
    Whole,
    is_absent,
)

if TYPE_CHECKING:
    from typing import Unpack

    from annoconv_model import keys as _keys

SCHEMA_VERSION: Final = "1.0"

__all__ = [
    "AbnormalMark",
    "AbsentReason",
    "Age",
    "Agent",
    "AgentKind",
    "AgentRole",
    "AgreementMetric",
    "AgreementMonitoring",
    "AgreementRecord",
    "AgreementScope",
    "Algorithm",
    "AlgorithmType",
    "AlignmentRule",
    "Annotation",
    "AnnotationCategory",
    "AnnotationScope",
    "AnnotationStatus",
    "AnyAnnotation",
    "AnyLink",
    "Appearance",
    "Assertion",
    "Assessment",
    "AssessmentDimension",
    "AssistanceDeviation",
    "AssistanceOutcome",
    "AssociationGranularity",
    "AssociationKey",
    "AssociationKeyKind",
    "AssociationProblem",
    "AssociationProblemKind",
    "AssociationRule",
    "AttributeAnnotation",
    "AttributeDefinition",
    "AttributeKind",
    "AttributeValue",
    "AuditAction",
    "AuditEvent",
    "BackupPolicy",
    "BboxAnnotation",
    "ByteSize",
    "Cardinality",
    "Case",
    "ChangeRecord",
    "ClassNumber",
    "ClinicalField",
    "ClinicalRecord",
    "ClinicalRecordKind",
    "CodingScheme",
    "Concept",
    "Consistency",
    "Contour",
    "ContourGeometricType",
    "ContoursAnnotation",
    "CoordinateFrame",
    "CoordinateSpace",
    "Cosine",
    "Count",
    "DataClassification",
    "DataPreparation",
    "DataRequirement",
    "DataSource",
    "DeidentificationRecord",
    "DeidentificationScope",
    "Deliverable",
    "DeliverableSide",
    "Destruction",
    "DeviationMeasure",
    "DicomUid",
    "DisposalKind",
    "EllipseAnnotation",
    "EllipsoidAnnotation",
    "Equipment",
    "Exclusion",
    "ExclusionReason",
    "FieldValue",
    "FieldValueType",
    "FileRole",
    "FindingSite",
    "Flag",
    "FractionalType",
    "FrameRange",
    "Geometry",
    "Granularity",
    "Identifier",
    "Image",
    "ImageDefect",
    "ImageFile",
    "ImageImageLink",
    "ImageInstance",
    "ImageQuality",
    "ImageStructuredLink",
    "ImageTextLink",
    "Index",
    "Interpolation",
    "Key",
    "Keypoint",
    "KeypointVisibility",
    "KeypointsAnnotation",
    "Label",
    "LabelCode",
    "LabelLevel",
    "LabelSystem",
    "LanguageTag",
    "Laterality",
    "Link",
    "MappingDirection",
    "Margin",
    "MaskAnnotation",
    "Measurement",
    "MediaType",
    "Metadata",
    "MetricStatus",
    "MetricValue",
    "Modality",
    "ModelAssistance",
    "Name",
    "NonNegativeReal",
    "Nonconformance",
    "Number",
    "Octet",
    "OrganType",
    "OrientedBoxAnnotation",
    "Package",
    "PackageFile",
    "PartyTerms",
    "PermissibleValue",
    "PointAnnotation",
    "PolygonAnnotation",
    "PolygonPart",
    "PolylineAnnotation",
    "PositiveReal",
    "PreprocessingKind",
    "PreprocessingStep",
    "PyramidLevel",
    "QcFinding",
    "QcFindingKind",
    "QcStatus",
    "QualitativeEvaluation",
    "QualityControl",
    "QuantityComparator",
    "Real",
    "Registration",
    "RegistrationCheck",
    "RegistrationError",
    "RegistrationKind",
    "RegistrationMeasure",
    "RelationLink",
    "RelativePath",
    "Resampling",
    "Review",
    "ReviewFinding",
    "ReviewFindingKind",
    "ReviewLevel",
    "ReviewOutcome",
    "RoleDefinition",
    "RtRoiType",
    "SCHEMA_VERSION",
    "SamplingPlan",
    "SecurityLevel",
    "SemanticType",
    "Severity",
    "Sex",
    "Sha256",
    "Software",
    "SpanLevel",
    "Split",
    "SpotCheck",
    "Study",
    "Subject",
    "TaskDefinition",
    "TaskKind",
    "Text",
    "TextDocument",
    "TextKind",
    "TextSection",
    "TextSpanAnnotation",
    "Threshold",
    "Timestamp",
    "Timestamps",
    "TraceEvent",
    "TraceStage",
    "Transfer",
    "UnitInterval",
    "ValidationKind",
    "ValidationRecord",
    "Version",
]

Text: TypeAlias = str
"""Any Unicode text, line breaks included. (文本)"""

Name: TypeAlias = Annotated[str, Field(pattern=r"^[\x20\xA0\u1680\u2000-\u200A\u202F\u205F\u3000]*[^\x00-\x20\x7F\x85\xA0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000][^\x00-\x1F\x7F\x85\u2028\u2029]*$")]
"""One line of text with more in it than white space. (名称)"""

Identifier: TypeAlias = Annotated[str, Field(pattern=r"^[^\x00-\x20\x7F\x85\xA0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000]([^\x00-\x1F\x7F\x85\u2028\u2029]*[^\x00-\x20\x7F\x85\xA0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000])?$")]
"""A project-wide identifier, one line without white space at its ends. (标识符)"""

DicomUid: TypeAlias = Annotated[str, Field(pattern=r"^(0|[1-9][0-9]{0,62})(\.(0|[1-9][0-9]{0,61}))+$")]
"""A DICOM unique identifier (PS3.5 chapter 9), 64 characters at most. (DICOM 唯一标识)"""

LabelCode: TypeAlias = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,127}$")]
"""Code of a label; upper-case snake case is recommended. (标签编码)

Source: A C.1.
"""

Key: TypeAlias = Annotated[str, Field(pattern=r"^[^\x00-\x1F\x7F]+$")]
"""Name of a free attribute; any one line, Chinese included. (键)"""

RelativePath: TypeAlias = Annotated[str, Field(pattern=r"^([^./\\:\x00-\x1F\x7F][^/\\:\x00-\x1F\x7F]*|\.[^./\\:\x00-\x1F\x7F][^/\\:\x00-\x1F\x7F]*)(/([^./\\:\x00-\x1F\x7F][^/\\:\x00-\x1F\x7F]*|\.[^./\\:\x00-\x1F\x7F][^/\\:\x00-\x1F\x7F]*))*$")]
"""Path relative to the case file, with forward slashes, never upwards and never absolute. (相对路径)"""

Sha256: TypeAlias = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
"""SHA-256 digest in lower-case hexadecimal digits. (SHA-256 校验值)"""

MediaType: TypeAlias = Annotated[str, Field(pattern=r"^[a-z]+/[A-Za-z0-9][A-Za-z0-9.+_-]{0,126}$")]
"""Media type without parameters (RFC 6838). (媒体类型)"""

LanguageTag: TypeAlias = Annotated[str, Field(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]
"""Language of a text, `zh-CN` or `en` (BCP 47). (语言标签)"""

Version: TypeAlias = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9.+_-]{0,63}$")]
"""A version, `1.0`, `v1.0` or `2025-03`. (版本号)"""

Timestamp: TypeAlias = Annotated[datetime, Moment(r"^((000[1-9]|00[1-9][0-9]|0[1-9][0-9][0-9]|[1-9][0-9][0-9][0-9])-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8]))|([0-9][0-9](0[48]|[2468][048]|[13579][26])|(0[48]|[2468][048]|[13579][26])00)-02-29)[Tt]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,6})?([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$")]
"""A moment as RFC 3339 writes it, with its offset from UTC; a day that the calendar lacks is refused. (时间戳)"""

Number: TypeAlias = DecimalNumber
"""A decimal number that keeps the digits it was written with, 5.60 is not 5.6. (数值)"""

Real: TypeAlias = Annotated[float, Field(strict=True, allow_inf_nan=False)]
"""A finite floating-point number. (实数)"""

PositiveReal: TypeAlias = Annotated[float, Field(strict=True, allow_inf_nan=False, gt=0)]
"""A finite floating-point number above zero. (正实数)"""

NonNegativeReal: TypeAlias = Annotated[float, Field(strict=True, allow_inf_nan=False, ge=0)]
"""A finite floating-point number, zero or above. (非负实数)"""

UnitInterval: TypeAlias = Annotated[float, Field(strict=True, allow_inf_nan=False, ge=0, le=1)]
"""A number from 0 to 1. (单位区间)"""

Cosine: TypeAlias = Annotated[float, Field(strict=True, allow_inf_nan=False, ge=-1, le=1)]
"""A direction cosine, from -1 to 1. (方向余弦)"""

Index: TypeAlias = Annotated[int, Whole(0, 2147483647)]
"""A zero-based position. (索引)"""

ClassNumber: TypeAlias = Annotated[int, Whole(0, 9007199254740991)]
"""A whole number, zero or above, that JSON readers keep. (类别序号)"""

Count: TypeAlias = Annotated[int, Whole(1, 2147483647)]
"""A whole number, one or above. (计数)"""

ByteSize: TypeAlias = Annotated[int, Whole(0, 9007199254740991)]
"""A number of bytes. (字节数)"""

Octet: TypeAlias = Annotated[int, Whole(0, 255)]
"""A whole number from 0 to 255. (字节值)"""

Flag: TypeAlias = Boolean
"""True or false. (布尔值)"""

CodingScheme: TypeAlias = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,15}$")]
"""A coding scheme designator (PS3.16 chapter 8), sixteen characters at most. (编码体系标识)"""

Age: TypeAlias = Annotated[str, Field(pattern=r"^[0-9]{3}[DWMY]$")]
"""A DICOM age string, three digits and D, W, M or Y. (年龄)"""

AttributeValue: TypeAlias = Annotated[str | Boolean | Integer | Float | DecimalNumber | list[str | Boolean | Integer | Float | DecimalNumber], Field(union_mode="left_to_right"), ALTERNATIVES]
"""A text, a number, true or false, or a list of these. (属性值)"""

FieldValue: TypeAlias = Annotated[str | Boolean | Integer | Float | DecimalNumber, Field(union_mode="left_to_right"), ALTERNATIVES]
"""A text, a number, true or false. (字段值)"""


class AnnotationCategory(StrEnum):
    """What kind of thing is annotated. (标注类别)

    Source: A C.3.b, A 8.1, A C.1.
    """

    ORGAN = "organ"
    """Anatomical structure. (解剖结构) SCT:91723000."""

    LESION = "lesion"
    """Lesion or other abnormal region. (病灶) SCT:49755003."""

    ATTRIBUTE = "attribute"
    """A property of the case or of an object: diagnosis, grade, score. (属性)"""

    FUSION = "fusion"
    """A structure brought together across modalities; a kind of task rather than of thing, `organ` or `lesion` says more. (多模态融合)"""

    REPORT = "report"
    """A structured label taken from a report, where it is no organ and no lesion. (结构化报告)"""

    TEXT_IMAGE = "text_image"
    """A text fragment tied to an image region, where it is no organ and no lesion. (文本图像跨模态)"""

    DEVICE = "device"
    """An implant or another physical object. (器械或植入物) SCT:260787004."""

    TISSUE = "tissue"
    """A kind of tissue. (组织) SCT:85756007."""

    CELL = "cell"
    """A cell or a part of one, such as a nucleus. (细胞)"""

    SUBSTANCE = "substance"
    """A substance from outside the body, such as a contrast agent. (外来物质) SCT:105590001."""

    BODY_SUBSTANCE = "body_substance"
    """Blood, urine, fluid or air in the body. (体内物质) SCT:91720002."""

    FUNCTION = "function"
    """A function, such as perfusion or activation. (功能) SCT:246464006."""

    SPATIAL = "spatial"
    """A reference region, a landmark, a background. (空间与关系概念) SCT:309825002."""

    EVENT = "event"
    """A phase or an event in time, such as a step of an operation. (过程或事件)"""

    ARTEFACT = "artefact"
    """An artefact of the image. (伪影)"""

    OTHER = "other"
    """Anything else. (其他)"""


class RtRoiType(StrEnum):
    """What a region is in a radiotherapy plan; DICOM's defined terms (PS3.3 C.8.8.8). (放疗感兴趣区类型)

    Source: A 8.2.2.c.
    """

    EXTERNAL = "EXTERNAL"
    """The patient's outer contour. (体表轮廓)"""

    GTV = "GTV"
    """Gross tumour volume. (大体肿瘤靶区)"""

    CTV = "CTV"
    """Clinical target volume. (临床靶区)"""

    PTV = "PTV"
    """Planning target volume. (计划靶区)"""

    TREATED_VOLUME = "TREATED_VOLUME"
    """Treated volume. (治疗区)"""

    IRRAD_VOLUME = "IRRAD_VOLUME"
    """Irradiated volume. (照射区)"""

    ORGAN = "ORGAN"
    """Organ at risk. (危及器官)"""

    AVOIDANCE = "AVOIDANCE"
    """Region in which dose is to be minimised. (规避区)"""

    BOLUS = "BOLUS"
    """Layer of material for the dose. (组织补偿物)"""

    MARKER = "MARKER"
    """Marker on the patient. (标记物)"""

    REGISTRATION = "REGISTRATION"
    """Registration region. (配准区)"""

    ISOCENTER = "ISOCENTER"
    """Treatment isocentre. (等中心点)"""

    CONTRAST_AGENT = "CONTRAST_AGENT"
    """Volume into which a contrast agent was injected. (造影剂区)"""

    CAVITY = "CAVITY"
    """Anatomical cavity. (腔隙)"""

    BRACHY_CHANNEL = "BRACHY_CHANNEL"
    """Brachytherapy channel. (近距离治疗通道)"""

    BRACHY_ACCESSORY = "BRACHY_ACCESSORY"
    """Brachytherapy accessory device. (近距离治疗附件)"""

    BRACHY_SRC_APP = "BRACHY_SRC_APP"
    """Brachytherapy source applicator. (近距离治疗施源器)"""

    BRACHY_CHNL_SHLD = "BRACHY_CHNL_SHLD"
    """Brachytherapy channel shield. (近距离治疗通道屏蔽)"""

    SUPPORT = "SUPPORT"
    """Device that supports or fixes the patient. (支撑固定装置)"""

    FIXATION = "FIXATION"
    """Fixation or immobilisation device. (固定装置)"""

    DOSE_REGION = "DOSE_REGION"
    """Region that serves as a reference of dose. (剂量参考区)"""

    CONTROL = "CONTROL"
    """Region that controls the optimisation of dose. (剂量优化控制区)"""

    DOSE_MEASUREMENT = "DOSE_MEASUREMENT"
    """Region that represents a device for measuring dose. (剂量测量区)"""


class LabelLevel(StrEnum):
    """Level of a label in the tree. (标签层级)

    Source: A 8.3.
    """

    SYSTEM = "system"
    """Level 1, a system such as the digestive one. (系统级)"""

    ORGAN = "organ"
    """Level 2, an organ. (器官级)"""

    SUBSTRUCTURE = "substructure"
    """Level 3, a part of an organ. (子结构级)"""

    FEATURE = "feature"
    """Level 4, a micro-structure or a feature. (微结构或特征级)"""


class OrganType(StrEnum):
    """Solid or hollow. (器官类型)

    Source: A 8.2.2.c.
    """

    SOLID = "solid"
    """Solid. (实质性器官)"""

    HOLLOW = "hollow"
    """Hollow. (空腔器官)"""


class Margin(StrEnum):
    """Margin. (边缘特征)

    Source: A 8.2.2.c.
    """

    CLEAR = "clear"
    """Clear. (清晰)"""

    BLURRED = "blurred"
    """Blurred. (模糊)"""


class AttributeKind(StrEnum):
    """What an attribute is about. (扩展字段类别)

    Source: A 8.2.2.e.
    """

    MORPHOLOGY = "morphology"
    """Shape, margin, texture. (形态)"""

    ENHANCEMENT = "enhancement"
    """Enhancement. (强化特征)"""

    PATHOLOGY_TYPE = "pathology_type"
    """Pathology type. (病理类型)"""

    GRADING = "grading"
    """Grade such as BI-RADS, NI-RADS, TI-RADS. (分级)"""

    TEMPORAL_CHANGE = "temporal_change"
    """Change in time, progress or stability. (时间序列特征)"""

    MEASUREMENT = "measurement"
    """A measurement. (测量)"""

    OTHER = "other"
    """Something else. (其他)"""


class Sex(StrEnum):
    """Sex. (性别)

    Source: A 8.5.3.1.
    """

    MALE = "male"
    """Male. (男)"""

    FEMALE = "female"
    """Female. (女)"""

    OTHER = "other"
    """Other. (其他)"""

    UNKNOWN = "unknown"
    """Not known. (未知)"""


class Split(StrEnum):
    """Part of a data set. (数据划分)

    Source: A 9.4.1.
    """

    TRAIN = "train"
    """Training. (训练集)"""

    VALIDATION = "validation"
    """Validation, for choosing among models. (验证集)"""

    TEST = "test"
    """Test, never seen in training. (测试集)"""


class Interpolation(StrEnum):
    """How values between voxels are found. (插值方式)

    Source: A 7.2.c.
    """

    NEAREST = "nearest"
    """Nearest neighbour. (最近邻)"""

    LINEAR = "linear"
    """Linear. (线性)"""

    CUBIC = "cubic"
    """Cubic or cubic B-spline. (三次)"""

    SINC = "sinc"
    """Windowed sinc. (Sinc)"""

    OTHER = "other"
    """Another way. (其他)"""


class ImageDefect(StrEnum):
    """What can be wrong with an image. (图像缺陷)

    Source: A 7.2.g, A 7.2.f.
    """

    ARTEFACT = "artefact"
    """Artefact. (伪影)"""

    MOTION_BLUR = "motion_blur"
    """Blurred by motion. (运动模糊)"""

    LOW_SNR = "low_snr"
    """Low signal-to-noise ratio. (低信噪比)"""

    LOW_CONTRAST = "low_contrast"
    """Low contrast. (低对比度)"""

    LOW_RESOLUTION = "low_resolution"
    """Resolution too low. (分辨率不足)"""

    BIAS_FIELD = "bias_field"
    """Severe bias field of MR. (偏场伪影)"""

    SIGNAL_DROPOUT = "signal_dropout"
    """Signal dropout. (信号中断)"""

    TRUNCATION = "truncation"
    """Part of the anatomy is cut off. (视野截断)"""

    BURNED_IN_ANNOTATION = "burned_in_annotation"
    """Marks or text burnt into the pixels. (图内标记)"""

    OTHER = "other"
    """Something else. (其他)"""


class DataRequirement(StrEnum):
    """A requirement on data, 7.2 a to h. (数据要求)

    Source: A 7.2.
    """

    STRUCTURE = "structure"
    """Complete structure of DICOM or NIfTI. (结构完整)"""

    DIRECTION = "direction"
    """Direction as a matrix. (方向矩阵明确)"""

    SPACING = "spacing"
    """Exact spacing, with its unit. (体素间距精确)"""

    ORIGIN = "origin"
    """Origin in space. (图像原点记录完整)"""

    CONTINUITY = "continuity"
    """Slices in their order, none lost, none twice. (序列连续性)"""

    PIXEL_VALUES = "pixel_values"
    """Valid pixel values. (像素值有效性)"""

    QUALITY = "quality"
    """Acceptable quality. (图像质量可接受)"""

    REGISTRATION = "registration"
    """Complete registration of modalities. (跨模态配准信息完整)"""


class CoordinateFrame(StrEnum):
    """The frame that coordinates in millimetres refer to. (坐标系)

    Source: A 6.3.1.
    """

    LPS = "LPS"
    """Patient frame of DICOM: x to the left, y to posterior, z to superior. (左-后-上坐标系)"""

    RAS = "RAS"
    """Patient frame of NIfTI: x to the right, y to anterior, z to superior. (右-前-上坐标系)"""

    SLIDE = "SLIDE"
    """The frame of a whole-slide image (PS3.3 C.8.12.2.1). (玻片坐标系)"""

    NONE = "NONE"
    """No frame in space: ultrasound, endoscopy, radiographs without a frame of reference. (无空间坐标系)"""


class Modality(StrEnum):
    """Kind of equipment that made the image; DICOM's defined terms (CID 29), and the dose of radiotherapy. (模态)

    Source: A 3.1.
    """

    CT = "CT"
    """Computed tomography. (计算机断层成像) DCM:CT."""

    MR = "MR"
    """Magnetic resonance. (磁共振) DCM:MR."""

    PT = "PT"
    """Positron emission tomography, PET-CT's PET included. (正电子发射断层成像) DCM:PT."""

    NM = "NM"
    """Nuclear medicine. (核医学) DCM:NM."""

    US = "US"
    """Ultrasound. (超声) DCM:US."""

    IVUS = "IVUS"
    """Intravascular ultrasound. (血管内超声) DCM:IVUS."""

    ES = "ES"
    """Endoscopy. (内窥镜) DCM:ES."""

    SM = "SM"
    """Slide microscopy (whole-slide image). (全景病理切片) DCM:SM."""

    GM = "GM"
    """General microscopy. (普通显微镜) DCM:GM."""

    CR = "CR"
    """Computed radiography. (计算机X线摄影) DCM:CR."""

    DX = "DX"
    """Digital radiography. (数字X线摄影) DCM:DX."""

    RG = "RG"
    """Radiographic imaging (film). (胶片X线摄影) DCM:RG."""

    MG = "MG"
    """Mammography. (乳腺X线摄影) DCM:MG."""

    PX = "PX"
    """Panoramic X-ray. (全景X线摄影) DCM:PX."""

    IO = "IO"
    """Intra-oral radiography. (口内X线摄影) DCM:IO."""

    RF = "RF"
    """Radiofluoroscopy. (透视) DCM:RF."""

    XA = "XA"
    """X-ray angiography. (X线血管造影) DCM:XA."""

    OCT = "OCT"
    """Optical coherence tomography (non-ophthalmic). (光学相干断层成像) DCM:OCT."""

    OPT = "OPT"
    """Ophthalmic tomography. (眼科断层成像) DCM:OPT."""

    OP = "OP"
    """Ophthalmic photography. (眼科照相) DCM:OP."""

    IVOCT = "IVOCT"
    """Intravascular optical coherence tomography. (血管内光学相干断层成像) DCM:IVOCT."""

    XC = "XC"
    """External-camera photography. (体表照相) DCM:XC."""

    DMS = "DMS"
    """Dermoscopy. (皮肤镜) DCM:DMS."""

    BMD = "BMD"
    """Bone mineral densitometry. (骨密度测量) DCM:BMD."""

    BDUS = "BDUS"
    """Ultrasound bone densitometry. (超声骨密度测量) DCM:BDUS."""

    PA = "PA"
    """Photoacoustic imaging. (光声成像) DCM:PA."""

    TG = "TG"
    """Thermography. (热成像) DCM:TG."""

    DG = "DG"
    """Diaphanography. (透照成像) DCM:DG."""

    LS = "LS"
    """Laser surface scan. (激光表面扫描) DCM:LS."""

    OSS = "OSS"
    """Optical surface scan. (光学表面扫描) DCM:OSS."""

    BI = "BI"
    """Biomagnetic imaging. (生物磁成像) DCM:BI."""

    CFM = "CFM"
    """Confocal microscopy. (共聚焦显微镜) DCM:CFM."""

    OPM = "OPM"
    """Ophthalmic mapping. (眼科地形图) DCM:OPM."""

    OPTENF = "OPTENF"
    """Ophthalmic tomography, en face. (眼科断层正面图) DCM:OPTENF."""

    OPTBSV = "OPTBSV"
    """Ophthalmic tomography, volume analysis of B-scans. (眼科断层B扫描容积分析) DCM:OPTBSV."""

    OPV = "OPV"
    """Ophthalmic visual field. (眼科视野) DCM:OPV."""

    AR = "AR"
    """Autorefraction. (自动验光) DCM:AR."""

    KER = "KER"
    """Keratometry. (角膜曲率测量) DCM:KER."""

    LEN = "LEN"
    """Lensometry. (镜片测量) DCM:LEN."""

    OAM = "OAM"
    """Ophthalmic axial measurements. (眼轴测量) DCM:OAM."""

    SRF = "SRF"
    """Subjective refraction. (主觉验光) DCM:SRF."""

    VA = "VA"
    """Visual acuity. (视力) DCM:VA."""

    RTIMAGE = "RTIMAGE"
    """Radiotherapy image. (放疗影像) DCM:RTIMAGE."""

    ECG = "ECG"
    """Electrocardiography. (心电) DCM:ECG."""

    EEG = "EEG"
    """Electroencephalography. (脑电) DCM:EEG."""

    EMG = "EMG"
    """Electromyography. (肌电) DCM:EMG."""

    EOG = "EOG"
    """Electrooculography. (眼电) DCM:EOG."""

    EPS = "EPS"
    """Cardiac electrophysiology. (心脏电生理) DCM:EPS."""

    HD = "HD"
    """Haemodynamic waveform. (血流动力学波形) DCM:HD."""

    RESP = "RESP"
    """Respiratory waveform. (呼吸波形) DCM:RESP."""

    POS = "POS"
    """Position sensor. (位置传感) DCM:POS."""

    RTDOSE = "RTDOSE"
    """Radiotherapy dose. (放疗剂量) DCM:RTDOSE."""

    OT = "OT"
    """Other. (其他) DCM:OT."""


class Laterality(StrEnum):
    """Side of the body (DICOM CID 244, ImageLaterality). (侧别)

    Source: A 8.2.2.c.
    """

    LEFT = "left"
    """The patient's left. (左侧) SCT:7771000."""

    RIGHT = "right"
    """The patient's right. (右侧) SCT:24028007."""

    BILATERAL = "bilateral"
    """Both sides. (双侧) SCT:51440002."""

    UNILATERAL = "unilateral"
    """One side; which is not said. (单侧) SCT:66459002."""

    UNPAIRED = "unpaired"
    """The body has one of it. (不成对)"""


class Assertion(StrEnum):
    """Whether what the label says is there. (存在判断)

    Source: A A.3.3, A 5.4.
    """

    PRESENT = "present"
    """It is there. (存在)"""

    ABSENT = "absent"
    """It was looked for and is not there. (不存在)"""

    POSSIBLE = "possible"
    """It may be there. (可能)"""

    HYPOTHETICAL = "hypothetical"
    """It is only supposed, as in a differential diagnosis or a recommendation. (假设)"""

    HISTORICAL = "historical"
    """It was there and is no longer. (既往)"""

    OTHER_SUBJECT = "other_subject"
    """It is another person's, such as a relative's. (他人)"""

    NOT_EVALUATED = "not_evaluated"
    """It was not looked for, or could not be judged. (未评估)"""


class AnnotationScope(StrEnum):
    """What an annotation is said of. (适用范围)

    Source: A C.1.c, A 6.3.2.
    """

    CASE = "case"
    """The case. (病例级)"""

    STUDY = "study"
    """The study of its image. (检查级)"""

    IMAGE = "image"
    """Its image, or the frame or slice that it names. (影像级)"""

    OBJECT = "object"
    """The annotation that `parent_id` names. (对象级)"""


class AnnotationStatus(StrEnum):
    """Whether an annotation is a result. (标注状态)

    Source: A 3.4, A 9.4.1.b, A 9.3.1.c.
    """

    PRELIMINARY = "preliminary"
    """A suggestion, a draft, or one reader's version before the consensus; not a result. (候选)"""

    FINAL = "final"
    """A result. (最终)"""

    SUPERSEDED = "superseded"
    """Was a version of the result; another annotation, derived from it, took its place. (已被取代)"""

    REJECTED = "rejected"
    """Was looked at and refused; kept as a record only. (已拒绝)"""


class AlgorithmType(StrEnum):
    """Who or what made an annotation. (生成方式)

    Source: A 3.4, A 6.4.2.
    """

    MANUAL = "manual"
    """A person. (人工)"""

    SEMI_AUTOMATIC = "semi_automatic"
    """A person with a tool, such as region growing or a brush that follows edges. (半自动)"""

    AUTOMATIC = "automatic"
    """A model, unconfirmed; a suggestion, not a result. (自动)"""

    AUTOMATIC_CONFIRMED = "automatic_confirmed"
    """A model, and a person corrected or confirmed it. (自动并经人工确认)"""


class CoordinateSpace(StrEnum):
    """What coordinates of three numbers are in. (坐标空间)

    Source: A 6.3.1.
    """

    IMAGE = "image"
    """Continuous voxel coordinates of the image, outer face of the first voxel at 0; z in slices. (图像坐标)"""

    PATIENT = "patient"
    """Millimetres in the patient frame LPS, of the frame of reference. (患者坐标)"""


class FractionalType(StrEnum):
    """What the values of a fractional mask say (PS3.3 C.8.20.2.3.2). (分数类型)

    Source: A C.3.e.
    """

    PROBABILITY = "PROBABILITY"
    """Probability that the voxel belongs to the object. (概率)"""

    OCCUPANCY = "OCCUPANCY"
    """Share of the voxel that the object fills. (占比)"""


class ContourGeometricType(StrEnum):
    """What the points of a contour are; DICOM's defined terms. (轮廓几何类型)

    Source: A 6.4.1.
    """

    POINT = "POINT"
    """A single point. (点)"""

    OPEN_PLANAR = "OPEN_PLANAR"
    """An open line in one plane. (平面开放线)"""

    OPEN_NONPLANAR = "OPEN_NONPLANAR"
    """An open line in space. (空间开放线)"""

    CLOSED_PLANAR = "CLOSED_PLANAR"
    """A closed line in one plane. (平面闭合线)"""

    CLOSEDPLANAR_XOR = "CLOSEDPLANAR_XOR"
    """Closed lines in one plane that are combined by exclusive or, so that holes are lines too. (平面闭合线异或)"""


class KeypointVisibility(StrEnum):
    """Whether a keypoint is seen. (关键点可见性)

    Source: A 10.1.2.a.
    """

    VISIBLE = "visible"
    """It is seen. (可见)"""

    HIDDEN = "hidden"
    """It is there and not seen; its place is a guess. (被遮挡)"""

    ABSENT = "absent"
    """It was looked for and is not there. (不存在)"""

    UNLABELLED = "unlabelled"
    """It was not marked; nothing is known. (未标注)"""


class Granularity(StrEnum):
    """How finely a lesion is annotated. (标注粒度)

    Source: A 8.3.
    """

    IMAGE = "image"
    """Image-level, weak label. (图像级)"""

    REGION = "region"
    """Region-level, box or region of interest. (区域级)"""

    BOUNDARY = "boundary"
    """Boundary-level, polygon. (边界级)"""

    VOXEL = "voxel"
    """Voxel-level mask. (体素级)"""


class SemanticType(StrEnum):
    """What a text span states. (语义类型)

    Source: A 8.5.2.2.
    """

    SIGN = "sign"
    """Imaging sign. (征象)"""

    ANATOMY = "anatomy"
    """A place in the body. (部位)"""

    MEASUREMENT = "measurement"
    """A size or another measurement. (大小与测量)"""

    GRADE = "grade"
    """A grade or a score. (分级)"""

    DIAGNOSIS = "diagnosis"
    """Diagnosis. (诊断)"""

    ATTRIBUTE = "attribute"
    """Description of a property. (属性描述)"""

    RECOMMENDATION = "recommendation"
    """Recommendation. (建议)"""

    COMPARISON = "comparison"
    """A comparison with an earlier examination. (对比)"""

    HISTORY = "history"
    """History or indication. (病史)"""

    TECHNIQUE = "technique"
    """How it was examined. (检查技术)"""

    OTHER = "other"
    """Something else. (其他)"""


class SpanLevel(StrEnum):
    """Extent of a text span. (片段级别)

    Source: A 8.5.2.2.
    """

    SENTENCE = "sentence"
    """A sentence. (句子级)"""

    FRAGMENT = "fragment"
    """A fragment. (片段级)"""


class AbnormalMark(StrEnum):
    """What makes an object hard to outline. (异常标记)

    Source: A App.A.
    """

    BLURRED_BOUNDARY = "blurred_boundary"
    """Its boundary is blurred. (边界不清)"""

    OCCLUDED = "occluded"
    """Something covers it. (遮挡)"""

    ARTEFACT = "artefact"
    """An artefact crosses it. (伪影)"""

    TRUNCATED = "truncated"
    """It leaves the image. (截断)"""

    UNCERTAIN = "uncertain"
    """Doubtful. (不确定)"""


class Consistency(StrEnum):
    """Whether two modalities agree. (一致性状态)

    Source: A 8.5.2.3, A 8.5.2.4.
    """

    CONSISTENT = "consistent"
    """They agree. (一致)"""

    INCONSISTENT = "inconsistent"
    """They contradict each other. (不一致)"""

    UNCERTAIN = "uncertain"
    """It cannot be told. (不确定)"""


class AssociationKeyKind(StrEnum):
    """What an association key is. (关联键类型)

    Source: A 6.3.2.
    """

    CASE_ID = "case_id"
    """Case identifier. (病例号)"""

    STUDY_INSTANCE_UID = "study_instance_uid"
    """Study instance UID. (检查唯一标识)"""

    SERIES_INSTANCE_UID = "series_instance_uid"
    """Series instance UID. (序列唯一标识)"""

    IMAGE_UID = "image_uid"
    """Image UID. (影像UID)"""

    EXAM_TIME = "exam_time"
    """Time of the examination. (检查时间)"""

    ACCESSION_NUMBER = "accession_number"
    """Pseudonymous accession number. (检查流水号)"""

    SPECIMEN_ID = "specimen_id"
    """Specimen identifier. (标本号)"""

    OTHER = "other"
    """Another key. (其他)"""


class RegistrationKind(StrEnum):
    """Kind of transform. (配准类型)

    Source: A 8.5.1.1.
    """

    RIGID = "rigid"
    """Rotation and translation. (刚体)"""

    RIGID_SCALE = "rigid_scale"
    """Rotation, translation and scale. (刚体缩放)"""

    AFFINE = "affine"
    """Affine. (仿射)"""

    B_SPLINE = "b_spline"
    """B-spline, non-linear. (B样条)"""

    DEMONS = "demons"
    """Demons, non-linear. (Demons)"""

    SYN = "syn"
    """Symmetric normalization, non-linear. (SyN)"""

    OTHER_NONLINEAR = "other_nonlinear"
    """Another non-linear transform. (其他非线性)"""


class MappingDirection(StrEnum):
    """Which coordinates a transform takes and which it gives. (映射方向)

    Source: A 8.5.1.2.
    """

    MOVING_FROM_FIXED = "moving_from_fixed"
    """Takes a point of the fixed image, gives the point of the moving one, as ITK does. (固定到浮动)"""

    FIXED_FROM_MOVING = "fixed_from_moving"
    """Takes a point of the moving image, gives the point of the fixed one, as DICOM matrices do. (浮动到固定)"""


class RegistrationMeasure(StrEnum):
    """How a registration's error was measured. (配准误差指标)

    Source: A 7.2.h, A 8.5.1.4.
    """

    TARGET_REGISTRATION_ERROR_MM = "target_registration_error_mm"
    """Mean distance of corresponding landmarks, mm. (目标配准误差)"""

    FIDUCIAL_REGISTRATION_ERROR_MM = "fiducial_registration_error_mm"
    """Mean distance of the fiducials used, mm. (基准配准误差)"""

    SURFACE_DISTANCE_MM = "surface_distance_mm"
    """Mean distance of corresponding surfaces, mm. (表面距离)"""

    HAUSDORFF_MM = "hausdorff_mm"
    """Greatest distance of corresponding surfaces, mm. (豪斯多夫距离)"""

    DICE = "dice"
    """Overlap of a structure outlined in both. (Dice系数)"""

    MUTUAL_INFORMATION = "mutual_information"
    """Mutual information of the intensities. (互信息)"""

    OTHER = "other"
    """Another measure. (其他)"""


class TextKind(StrEnum):
    """Kind of text. (文本类型)

    Source: A 3.1.
    """

    EXAM_REPORT = "exam_report"
    """Examination report. (检查报告) LN:18748-4."""

    PATHOLOGY_SUMMARY = "pathology_summary"
    """Pathology summary. (病理摘要) LN:11526-1."""

    STRUCTURED_FIELD = "structured_field"
    """Text of a structured clinical field. (结构化临床字段)"""

    FOLLOW_UP = "follow_up"
    """Follow-up record. (随访记录)"""

    DISCHARGE_SUMMARY = "discharge_summary"
    """Discharge summary. (出院小结) LN:18842-5."""

    QUESTION_ANSWER = "question_answer"
    """A question about an image and its answer. (问答)"""

    OTHER = "other"
    """Another text. (其他)"""


class ClinicalRecordKind(StrEnum):
    """Kind of clinical record. (临床记录类型)

    Source: A 8.5.3.1.
    """

    EMR = "emr"
    """Electronic medical record. (电子病历)"""

    LABORATORY = "laboratory"
    """Laboratory test. (检验) LN:26436-6."""

    PATHOLOGY = "pathology"
    """Pathology finding. (病理)"""

    DEMOGRAPHICS = "demographics"
    """Characteristics of the patient, without identity. (患者基本特征)"""

    EXAMINATION = "examination"
    """Examination or function test. (检查)"""

    SCORE = "score"
    """Score, grade or stage. (评分分级)"""

    FOLLOW_UP = "follow_up"
    """Follow-up. (随访)"""

    OTHER = "other"
    """Another record. (其他)"""


class FieldValueType(StrEnum):
    """Kind of a field's value. (字段数值类型)

    Source: A 8.5.3.2.
    """

    QUANTITY = "quantity"
    """A number with a unit. (数量)"""

    NUMBER = "number"
    """A number without a unit. (数值)"""

    CODE = "code"
    """A code. (编码)"""

    TEXT = "text"
    """A text. (文本)"""

    BOOLEAN = "boolean"
    """True or false. (布尔)"""

    ORDINAL = "ordinal"
    """A grade. (等级)"""


class QuantityComparator(StrEnum):
    """How a true value lies to the number given. (数量比较符)

    Source: A 8.5.3.2.
    """

    LT = "lt"
    """Less. (小于)"""

    LE = "le"
    """Less or equal. (小于等于)"""

    GE = "ge"
    """Greater or equal. (大于等于)"""

    GT = "gt"
    """Greater. (大于)"""


class AbsentReason(StrEnum):
    """Why there is no value. (缺失原因)

    Source: A App.A, A 8.5.3.2, A 9.2.
    """

    UNKNOWN = "unknown"
    """Nobody knows it. (未知)"""

    NOT_ASKED = "not_asked"
    """It was not asked for. (未询问)"""

    NOT_PERFORMED = "not_performed"
    """The test was not made. (未检测)"""

    NOT_APPLICABLE = "not_applicable"
    """It does not apply to the patient. (不适用)"""

    MASKED = "masked"
    """It was removed when the data were de-identified. (已脱敏)"""

    UNCERTAIN = "uncertain"
    """It cannot be told for certain. (不确定)"""

    ERROR = "error"
    """The test failed. (检测失败)"""

    TOO_SMALL = "too_small"
    """It is too small to be measured. (过小无法测量)"""


class PreprocessingKind(StrEnum):
    """What was done to an image. (预处理类型)

    Source: A 6.2.
    """

    FORMAT_CONVERSION = "format_conversion"
    """Format conversion. (格式转换)"""

    ARTEFACT_REMOVAL = "artefact_removal"
    """Artefact removal. (去伪影)"""

    DEIDENTIFICATION = "deidentification"
    """De-identification. (脱敏)"""

    RESAMPLING = "resampling"
    """Resampling. (重采样)"""

    REGISTRATION = "registration"
    """Registration. (配准)"""

    CROPPING = "cropping"
    """Cropping. (裁剪)"""

    INTENSITY_CORRECTION = "intensity_correction"
    """Correction of intensities, bias field included. (灰度校正)"""

    OTHER = "other"
    """Something else. (其他)"""


class DeidentificationScope(StrEnum):
    """What a de-identification covers. (脱敏范围)

    Source: A 7.3, A 11.2.1, A 11.2.2.
    """

    IMAGE_METADATA = "image_metadata"
    """Headers of images. (影像元数据)"""

    PIXEL_DATA = "pixel_data"
    """Text burnt into pixels. (像素数据)"""

    TEXT = "text"
    """Texts. (文本)"""

    STRUCTURED_DATA = "structured_data"
    """Structured clinical data. (结构化数据)"""


class AssistanceOutcome(StrEnum):
    """What a person made of a suggestion. (辅助结果)

    Source: A 10.1.6, A 3.4.
    """

    PENDING = "pending"
    """Not looked at yet. (待确认)"""

    ACCEPTED = "accepted"
    """Accepted as it was. (采纳)"""

    MODIFIED = "modified"
    """Corrected. (修改后采纳)"""

    REJECTED = "rejected"
    """Rejected. (拒绝)"""


class DeviationMeasure(StrEnum):
    """How suggestion and result are compared. (偏差指标)

    Source: A 9.1.1.
    """

    BOUNDARY_OFFSET_MM = "boundary_offset_mm"
    """Mean distance of the boundaries, mm. (边界偏移)"""

    MISS_RATE = "miss_rate"
    """Share of the result that the suggestion missed. (漏标率)"""

    OVER_MARKING_RATE = "over_marking_rate"
    """Share of the suggestion that is not in the result. (过标率)"""

    REGION_MISMATCH_RATE = "region_mismatch_rate"
    """Share of objects that match none. (区域错配率)"""

    DICE = "dice"
    """Overlap. (Dice系数)"""

    IOU = "iou"
    """Intersection over union. (交并比)"""


class ReviewLevel(StrEnum):
    """Level of quality control. (质控级别)

    Source: A 9.3.1.
    """

    SELF_CHECK = "self_check"
    """Level 1, self check, automatic. (一级自检)"""

    REVIEW = "review"
    """Level 2, review by a qualified reviewer. (二级复核)"""

    ARBITRATION = "arbitration"
    """Level 3, final review or arbitration. (三级终审)"""


class ReviewOutcome(StrEnum):
    """Result of a review. (审核结论)

    Source: A 6.5.2.
    """

    PASSED = "passed"
    """Passed. (通过)"""

    REVISE = "revise"
    """Returned for revision. (退回修改)"""

    DISPUTED = "disputed"
    """Goes to arbitration. (争议)"""

    REJECTED = "rejected"
    """Rejected. (不合格)"""


class ReviewFindingKind(StrEnum):
    """What a reviewer found wrong. (审核问题类型)

    Source: A 6.5.1.
    """

    BOUNDARY = "boundary"
    """Boundary of a lesion. (边界问题)"""

    CONTOUR = "contour"
    """Contour of an organ. (轮廓问题)"""

    ATTRIBUTE = "attribute"
    """Attribute. (属性错误)"""

    MISSED = "missed"
    """Something was missed. (漏标)"""

    FALSE_POSITIVE = "false_positive"
    """Something was marked that is not there. (误标)"""

    INCONSISTENT = "inconsistent"
    """Contradicts another annotation or text. (不一致)"""

    LABEL = "label"
    """Wrong label. (标签错误)"""

    OTHER = "other"
    """Something else. (其他)"""


class AgreementScope(StrEnum):
    """What is compared. (比较维度)

    Source: A 9.2.
    """

    VERSIONS = "versions"
    """Versions. (版本间)"""

    ANNOTATORS = "annotators"
    """Annotators. (标注员间)"""

    MODALITIES = "modalities"
    """Modalities. (模态间)"""

    INTRA_ANNOTATOR = "intra_annotator"
    """One annotator with himself. (自身一致性)"""

    REFERENCE = "reference"
    """Annotator and reference standard. (与参考标准)"""


class AgreementMetric(StrEnum):
    """How agreement or accuracy is measured. (质量指标)

    Source: A 9.2, A 9.1.1.
    """

    DICE = "dice"
    """Dice coefficient. (Dice系数)"""

    IOU = "iou"
    """Intersection over union. (交并比)"""

    HD = "hd"
    """Hausdorff distance, mm. (豪斯多夫距离)"""

    HD95 = "hd95"
    """95th percentile Hausdorff distance, mm. (95%豪斯多夫距离)"""

    ASSD = "assd"
    """Average symmetric surface distance, mm. (平均对称表面距离)"""

    NSD = "nsd"
    """Normalized surface Dice, share of both surfaces that lie within a tolerance of each other. (归一化表面Dice)"""

    KAPPA = "kappa"
    """Cohen's kappa, of two. (Kappa系数)"""

    FLEISS_KAPPA = "fleiss_kappa"
    """Fleiss' kappa, of more than two. (Fleiss Kappa系数)"""

    ICC = "icc"
    """Intraclass correlation coefficient. (组内相关系数)"""

    PEARSON = "pearson"
    """Pearson correlation coefficient. (Pearson相关系数)"""

    PRECISION = "precision"
    """Precision, share of what was found that is there (D.3). (精确度)"""

    RECALL = "recall"
    """Recall, share of what is there that was found (D.2). (召回率)"""

    F1 = "f1"
    """Harmonic mean of precision and recall. (F1分数)"""

    CONFORMITY = "conformity"
    """Conformity coefficient (D.5). (Conformity系数)"""

    SENSITIVITY = "sensitivity"
    """Sensitivity (D.9). (灵敏度)"""

    SPECIFICITY = "specificity"
    """Specificity (D.10). (特异度)"""

    ACCURACY = "accuracy"
    """Accuracy (D.11). (准确率)"""

    AUC = "auc"
    """Area under the receiver operating characteristic curve. (ROC曲线下面积)"""


class MetricStatus(StrEnum):
    """Whether a metric has a value. (指标状态)

    Source: A 9.1.1.
    """

    DEFINED = "defined"
    """There is a value. (有值)"""

    BOTH_EMPTY = "both_empty"
    """None, the structure is in neither of the two. (两者均为空)"""

    REFERENCE_EMPTY = "reference_empty"
    """None, the structure is not in the reference. (参考为空)"""

    OTHER_EMPTY = "other_empty"
    """None, the structure is in the reference alone. (比较对象为空)"""

    UNDEFINED = "undefined"
    """None, the formula divides by zero or there are too few values. (无定义)"""


class AssessmentDimension(StrEnum):
    """What is judged. (定性评价维度)

    Source: A 9.1.2.
    """

    CONFORMANCE = "conformance"
    """Conformance with the specification and the task. (规范符合性)"""

    COMPLETENESS = "completeness"
    """Nothing is missing. (完整性)"""

    PLAUSIBILITY = "plausibility"
    """Agrees with medical knowledge. (合理性)"""

    TRACEABILITY = "traceability"
    """Who, when, which version is on record. (可追溯性)"""

    FITNESS = "fitness"
    """Fit for its purpose. (可用性)"""


class ValidationKind(StrEnum):
    """How annotations are validated. (验证方式)

    Source: A 9.4.1, A 9.4.2.
    """

    CROSS_VALIDATION = "cross_validation"
    """Cross-validation. (交叉验证)"""

    REPEAT_ANNOTATION = "repeat_annotation"
    """Repeated annotation. (重复标注验证)"""

    EXPERT_SAMPLING = "expert_sampling"
    """Experts look at a sample. (专家验证)"""

    REFERENCE_STANDARD = "reference_standard"
    """Comparison with a reference standard. (参考标准比对)"""

    THIRD_PARTY = "third_party"
    """Validation by a third party. (第三方验证)"""

    MODEL_VALIDATION = "model_validation"
    """Training a model and measuring it. (模型验证)"""


class Severity(StrEnum):
    """How grave an error is. (严重程度)

    Source: Q abstract.
    """

    MINOR = "minor"
    """No consequence for care. (轻微)"""

    MODERATE = "moderate"
    """May mislead. (中等)"""

    CRITICAL = "critical"
    """May harm. (严重)"""


class QcFindingKind(StrEnum):
    """Errors of images (chest radiographs) and of reports (CT). (质控问题类型)

    Source: Q abstract.
    """

    IMAGE_POSITIONING = "image_positioning"
    """Image, patient not positioned well. (摆位不当)"""

    IMAGE_ROTATION = "image_rotation"
    """Image, patient rotated. (体位旋转)"""

    IMAGE_INSPIRATION = "image_inspiration"
    """Image, too little inspiration. (吸气不足)"""

    IMAGE_SCAPULA_OVERLAP = "image_scapula_overlap"
    """Image, scapulae over the lungs. (肩胛骨重叠)"""

    IMAGE_FIELD_OF_VIEW = "image_field_of_view"
    """Image, part of the anatomy cut off. (视野不全)"""

    IMAGE_EXPOSURE = "image_exposure"
    """Image, over- or under-exposed. (曝光不当)"""

    IMAGE_MOTION = "image_motion"
    """Image, blurred by motion. (运动模糊)"""

    IMAGE_ARTEFACT = "image_artefact"
    """Image, artefact. (伪影)"""

    IMAGE_FOREIGN_OBJECT = "image_foreign_object"
    """Image, foreign object. (异物)"""

    IMAGE_MARKER = "image_marker"
    """Image, side marker missing or wrong. (标记错误)"""

    IMAGE_NOISE = "image_noise"
    """Image, too noisy. (噪声过大)"""

    REPORT_OMISSION = "report_omission"
    """Report, finding missing. (描述遗漏)"""

    REPORT_CONTRADICTION = "report_contradiction"
    """Report, findings and impression contradict. (前后矛盾)"""

    REPORT_LATERALITY = "report_laterality"
    """Report, wrong side. (左右错误)"""

    REPORT_LOCATION = "report_location"
    """Report, wrong place. (部位错误)"""

    REPORT_MEASUREMENT = "report_measurement"
    """Report, wrong measurement or unit. (测量或单位错误)"""

    REPORT_SEX_MISMATCH = "report_sex_mismatch"
    """Report, does not fit the patient's sex. (性别不符)"""

    REPORT_AGE_MISMATCH = "report_age_mismatch"
    """Report, does not fit the patient's age. (年龄不符)"""

    REPORT_MODALITY_MISMATCH = "report_modality_mismatch"
    """Report, does not fit the examination. (检查方式不符)"""

    REPORT_TERMINOLOGY = "report_terminology"
    """Report, wrong term. (术语不规范)"""

    REPORT_TYPING = "report_typing"
    """Report, slip of the pen. (错别字)"""

    REPORT_UNSUPPORTED = "report_unsupported"
    """Report, conclusion without a finding. (结论无依据)"""

    OTHER = "other"
    """Something else. (其他)"""


class AgentKind(StrEnum):
    """What an agent is. (参与者类型)

    Source: A 11.1.2.
    """

    PERSON = "person"
    """A person. (人员)"""

    ORGANIZATION = "organization"
    """An organization. (机构)"""

    DEVICE = "device"
    """A device or software, a model included. (设备或软件)"""


class QcStatus(StrEnum):
    """State of quality control. (质控状态)

    Source: A C.4.d.
    """

    PENDING = "pending"
    """Not looked at yet. (待检)"""

    PASSED = "passed"
    """Passed. (通过)"""

    FAILED = "failed"
    """Failed, to be revised. (不通过)"""

    DISPUTED = "disputed"
    """Waits for arbitration. (争议)"""


class AuditAction(StrEnum):
    """A key operation on annotations. (审计操作)

    Source: A C.4.f.
    """

    CREATE = "create"
    """Created. (创建)"""

    LOGIN = "login"
    """Logged in. (登录)"""

    READ = "read"
    """Looked at. (查看)"""

    ASSIGN = "assign"
    """Given to someone. (分发)"""

    SUBMIT = "submit"
    """Handed in. (提交)"""

    RETURN = "return"
    """Sent back to be revised. (退回)"""

    MODEL_SUGGESTION = "model_suggestion"
    """A model suggested. (模型建议)"""

    MANUAL_REVISION = "manual_revision"
    """A person revised. (人工修订)"""

    REVIEW = "review"
    """Reviewed. (复核)"""

    CONFIRM = "confirm"
    """Confirmed. (复核确认)"""

    ARBITRATE = "arbitrate"
    """Arbitrated. (仲裁)"""

    FREEZE = "freeze"
    """Version frozen. (定版)"""

    IMPORT = "import"
    """Imported. (导入)"""

    EXPORT = "export"
    """Exported. (导出)"""

    DELETE = "delete"
    """Deleted. (删除)"""


class AgentRole(StrEnum):
    """Role of an agent in the task. (角色)

    Source: A 11.1.2.
    """

    DATA_INTAKE = "data_intake"
    """Receives and prepares data. (数据接收与预处理)"""

    ANNOTATOR = "annotator"
    """Annotates. (标注)"""

    REVIEWER = "reviewer"
    """Reviews. (复核)"""

    QC = "qc"
    """Controls quality. (质控)"""

    ARBITER = "arbiter"
    """Arbitrates. (仲裁)"""

    ADMIN = "admin"
    """Administers. (管理员)"""

    MODEL = "model"
    """An algorithm. (模型)"""


class TaskKind(StrEnum):
    """The five kinds of annotation. (任务类型)

    Source: A 8.1.
    """

    ANATOMY = "anatomy"
    """Anatomical structures. (解剖结构标注)"""

    LESION = "lesion"
    """Lesions. (病灶标注)"""

    FUSION = "fusion"
    """Fusion of modalities. (多模态融合标注)"""

    STRUCTURED_REPORT = "structured_report"
    """Structured reports. (结构化报告标注)"""

    TEXT_IMAGE = "text_image"
    """Texts and images. (文本—图像跨模态标注)"""


class Geometry(StrEnum):
    """Geometry of annotations. (几何类型)

    Source: A 6.4.1, A C.3.d.
    """

    MASK = "mask"
    """Pixel or voxel mask. (掩膜)"""

    BBOX = "bbox"
    """Box. (边界框)"""

    ORIENTED_BOX = "oriented_box"
    """Turned box. (有向边界框)"""

    POLYGON = "polygon"
    """Polygon. (多边形)"""

    POLYLINE = "polyline"
    """Line. (折线)"""

    POINT = "point"
    """Point. (点)"""

    KEYPOINTS = "keypoints"
    """Named points of one object. (关键点)"""

    ELLIPSE = "ellipse"
    """Ellipse. (椭圆)"""

    ELLIPSOID = "ellipsoid"
    """Ellipsoid. (椭球)"""

    CONTOURS = "contours"
    """Contours in space. (轮廓组)"""

    ATTRIBUTE = "attribute"
    """Attributes without a place. (属性)"""

    TEXT_SPAN = "text_span"
    """Span of a text. (文本片段)"""


class DeliverableSide(StrEnum):
    """Side that a deliverable belongs to (A.2.4). (交付端)

    Source: A App.A.
    """

    IMAGE = "image"
    """Images. (影像端)"""

    TEXT = "text"
    """Texts. (文本端)"""

    CROSS_MODAL = "cross_modal"
    """Alignments. (跨模态端)"""

    GRADING = "grading"
    """Grades. (分级端)"""

    OTHER = "other"
    """Something else. (其他)"""


class AssociationGranularity(StrEnum):
    """Level of an association. (关联粒度)

    Source: A 6.3.2.
    """

    CASE = "case"
    """Case. (病例)"""

    STUDY = "study"
    """Study. (检查)"""

    SERIES = "series"
    """Series. (序列)"""

    LESION = "lesion"
    """Lesion. (病灶)"""


class Cardinality(StrEnum):
    """How many map to how many (A.3.4). (映射基数)

    Source: A App.A.
    """

    ONE_TO_ONE = "one_to_one"
    """One to one. (一对一)"""

    ONE_TO_MANY = "one_to_many"
    """One to many. (一对多)"""

    MANY_TO_ONE = "many_to_one"
    """Many to one. (多对一)"""

    MANY_TO_MANY = "many_to_many"
    """Many to many. (多对多)"""


class ExclusionReason(StrEnum):
    """Why a sample was left out (A.5 b, c). (剔除原因)

    Source: A App.A.
    """

    INCOMPLETE = "incomplete"
    """Something is missing. (不完整)"""

    ARTEFACT = "artefact"
    """An artefact covers it. (严重伪影遮挡)"""

    LOW_RESOLUTION = "low_resolution"
    """Its resolution is too low. (分辨率不足)"""

    BURNED_IN_MARKS = "burned_in_marks"
    """Marks of measurement stand in the picture. (图内测量标记)"""

    DUPLICATE = "duplicate"
    """It is in the set already. (重复)"""

    ASSOCIATION_FAILED = "association_failed"
    """Image and report could not be associated. (关联失败)"""

    OTHER = "other"
    """Something else. (其他)"""


class AssociationProblemKind(StrEnum):
    """What is wrong with an association. (关联问题类型)

    Source: A 6.3.2.
    """

    MISSING = "missing"
    """A key is missing. (关联信息缺失)"""

    CONFLICT = "conflict"
    """Keys contradict each other. (关联信息冲突)"""

    TIME_INCONSISTENT = "time_inconsistent"
    """The times do not agree. (时间不一致)"""


class DisposalKind(StrEnum):
    """What became of data at the end. (处置类型)

    Source: A 11.4.
    """

    DESTRUCTION = "destruction"
    """Destroyed. (销毁)"""

    ARCHIVE = "archive"
    """Archived. (归档)"""


class DataClassification(StrEnum):
    """Class of data. (数据分类)

    Source: A 11.1.1.
    """

    PUBLIC = "public"
    """Public. (公开数据)"""

    INTERNAL = "internal"
    """Internal. (内部数据)"""

    PERSONAL = "personal"
    """Personal information. (个人信息)"""

    SENSITIVE_PERSONAL = "sensitive_personal"
    """Sensitive personal information. (敏感个人信息)"""

    IMPORTANT = "important"
    """Important data in the sense of the law. (重要数据)"""


class SecurityLevel(StrEnum):
    """Level of protection, rising. (安全级别)

    Source: A 11.1.1.
    """

    LEVEL_1 = "level_1"
    """Level 1. (一级)"""

    LEVEL_2 = "level_2"
    """Level 2. (二级)"""

    LEVEL_3 = "level_3"
    """Level 3. (三级)"""

    LEVEL_4 = "level_4"
    """Level 4. (四级)"""

    LEVEL_5 = "level_5"
    """Level 5. (五级)"""


class FileRole(StrEnum):
    """What a file of a delivery is. (文件用途)

    Source: A 6.6.1, A 10.1.5.
    """

    ANNOTATION = "annotation"
    """Annotation data. (标注数据文件)"""

    MASK = "mask"
    """Mask. (掩膜文件)"""

    IMAGE = "image"
    """Image. (影像文件)"""

    TEXT = "text"
    """Text. (文本文件)"""

    DESCRIPTION = "description"
    """Annotation description. (标注说明文档)"""

    TASK_DEFINITION = "task_definition"
    """Task definition. (任务定义文档)"""

    LABEL_SYSTEM = "label_system"
    """Label system. (标签体系文件)"""

    QC_RECORD = "qc_record"
    """Quality control record. (质量控制记录)"""

    REGISTRATION = "registration"
    """Registration. (配准文件)"""

    MANIFEST = "manifest"
    """Manifest. (清单)"""

    AUDIT_LOG = "audit_log"
    """Audit log. (审计日志)"""

    OTHER = "other"
    """Something else. (其他)"""


class TraceStage(StrEnum):
    """Part of the work. (追溯环节)

    Source: A 11.5.1.
    """

    SOURCE = "source"
    """Source of the data. (数据来源)"""

    ANNOTATION = "annotation"
    """Annotation. (标注过程)"""

    MODEL_ASSISTANCE = "model_assistance"
    """Model assistance. (模型辅助)"""

    QUALITY_CONTROL = "quality_control"
    """Quality control. (质控)"""

    DELIVERY = "delivery"
    """Delivery. (交付)"""



class Concept(Model):
    """A concept of a published terminology, as DICOM's code sequence macro holds it (PS3.3 8.8). (编码概念)

    Source: A 8.2.2.a.
    """

    code: Identifier = Field(title="code value")
    """Code in the scheme, `10200004`. (编码值)

    Source: A 8.2.2.a.
    """

    scheme: CodingScheme = Field(title="coding scheme")
    """Designator of the scheme as DICOM spells it, `SCT`, `DCM`, `RADLEX`, `LN`, `UCUM`, `I10`. (编码体系)

    Source: A 8.2.2.a.
    """

    meaning: Name = Field(title="code meaning")
    """Text for people. (编码含义)

    Source: A 8.2.2.b.
    """

    version: Annotated[Name | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="coding scheme version")
    """Version of the scheme, where the code depends on it. (编码体系版本)

    Source: A 8.2.2.a.
    """

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[_keys.ConceptKeys]) -> None: ...



class FindingSite(Model):
    """A place in the body, as DICOM's Finding Site and AnatomicRegionSequence and FHIR's BodyStructure hold it. (发生部位)

    Source: A 8.2.2.c, A A.2.2.
    """

    region: Concept = Field(title="region")
    """Anatomic region. (解剖部位)

    Source: A 8.2.2.c.
    """

    laterality: Annotated[Laterality | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="laterality")
    """Side of the body. (侧别)

    Source: A 8.2.2.c.
    """

    modifiers: Annotated[Annotated[list[Concept], Field(min_length=1)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="topographical modifiers")
    """What narrows the region down (DICOM topographical modifier, AnatomicRegionModifierSequence). (方位修饰)

    Source: A 8.2.2.c.
    """

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[_keys.FindingSiteKeys]) -> None: ...



class Appearance(Model):
    """How a label looks in one modality. (模态表现)

    Source: A 8.2.2.d.
    """

    modality: Modality = Field(title="modality")
    """Modality. (模态)

    Source: A 8.2.2.d.
    """

    sequence: Annotated[Name | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="sequence")
    """Sequence or phase, `T2`. (序列)

    Source: A 8.2.2.d.
    """

    description: Text = Field(title="description")
    """How it looks, `hyperintense`. (表现)

    Source: A 8.2.2.d.
    """

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[_keys.AppearanceKeys]) -> None: ...



class PermissibleValue(Model):
    """One value that an attribute may have. (取值)

    Source: A 10.1.3, A A.3.3.
    """

    value: Name = Field(title="value")
    """The value, as attributes hold it. (值)

    Source: A 10.1.3.
    """

    title_en: Annotated[Name | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="English title")
    """Title in English. (英文标题)

    Source: A 10.1.3.
    """

    title_zh: Annotated[Name | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="Chinese title")
    """Title in Chinese. (中文标题)

    Source: A 10.1.3.
    """

    concept: Annotated[Concept | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="concept")
    """What it means. (概念编码)

    Source: A 8.2.2.a.
    """

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[_keys.PermissibleValueKeys]) -> None: ...



class AttributeDefinition(Model):
    """Definition of a field of annotations. (属性定义)

    Source: A 8.2.2.e, A 10.1.3.
    """

    key: Key = Field(title="attribute")
    """Name of the field. (字段名)

    Source: A 10.1.3.
    """

    concept: Annotated[Concept | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="concept")
    """What the field means, so that a plain attribute goes out as a coded one. (概念编码)

    Source: A 8.2.2.a.
    """

    kind: Annotated[AttributeKind | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="kind")
    """What it is about. (类别)

    Source: A 8.2.2.e.
    """

    title_en: Annotated[Name | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="English title")
    """Title in English. (英文标题)

    Source: A 10.1.3.
    """

    title_zh: Annotated[Name | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="Chinese title")
    """Title in Chinese. (中文标题)

    Source: A 10.1.3.
    """

    required: Annotated[Flag | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="required")
    """Whether it must be given. (是否必填)

    Source: A 10.1.3.
    """

    permissible_values: Annotated[Annotated[list[PermissibleValue], Field(min_length=1)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="permissible values")
    """Permissible values, each with what it means; any if absent. (取值集合)

    Source: A 10.1.3, A A.3.3.
    """

    basis: Annotated[Name | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="basis")
    """Rules that the values follow, with their version, `ACR BI-RADS 5th edition`. (取值依据)

    Source: A A.3.2.
    """

    unit: Annotated[Name | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="unit")
    """Unit in UCUM. (单位)

    Source: A 10.1.3.
    """

    minimum: Annotated[Number | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="minimum")
    """Least value. (下限)

    Source: A 10.1.3.
    """

    maximum: Annotated[Number | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="maximum")
    """Greatest value. (上限)

    Source: A 10.1.3.
    """

    missing_code: Annotated[Name | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="missing code")
    """How a missing or uncertain value is written. (缺失编码)

    Source: A App.A.
    """

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[_keys.AttributeDefinitionKeys]) -> None: ...



class Label(Model):
    """One label of a label system. (标签)

    Source: A 8.2.2.
    """

    code: LabelCode = Field(title="label code")
    """Unique code within the label system. (标签编码)

    Source: A 8.2.2.a, A C.1.
    """

    number: Annotated[ClassNumber | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="class number")
    """Number of the class in training data, its place in the list if absent. (类别序号)

    Source: A 10.1.3.
    """

    name_en: Annotated[Name | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="English name")
    """Name in English. (英文名称)

    Source: A 8.2.2.b.
    """

    name_zh: Annotated[Name | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="Chinese name")
    """Name in Chinese. (中文名称)

    Source: A 8.2.2.b.
    """

    category: Annotated[AnnotationCategory | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="category")
    """Category of the annotations that carry the label. (类别)

    Source: A C.1.
    """

    concept: Annotated[Concept | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="concept")
    """What the label means (DICOM segmented property type). (概念编码)

    Source: A 8.2.2.a.
    """

    concept_category: Annotated[Concept | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="concept category")
    """The kind of thing it is (DICOM segmented property category). (概念类别编码)

    Source: A 8.2.2.c.
    """

    concept_modifiers: Annotated[Annotated[list[Concept], Field(min_length=1)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="concept modifiers")
    """Laterality and other modifiers (DICOM segmented property type modifiers). (概念修饰编码)

    Source: A 8.2.2.c.
    """

    finding_site: Annotated[FindingSite | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="finding site")
    """Where in the body its objects are, unless an annotation says so itself. (发生部位)

    Source: A 8.2.2.c.
    """

    rt_roi_type: Annotated[RtRoiType | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="RT ROI type")
    """What its objects are in a radiotherapy plan (DICOM RTROIInterpretedType (3006,00A4)). (放疗感兴趣区类型)

    Source: A 8.2.2.c.
    """

    parent: Annotated[LabelCode | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="parent")
    """Code of the label above it in the tree. (上级标签)

    Source: A 8.2.2.a, A 8.3.
    """

    level: Annotated[LabelLevel | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="level")
    """Level in the tree. (解剖层级)

    Source: A 8.3, A 8.2.2.c.
    """

    definition_en: Annotated[Text | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="English definition")
    """Medical definition in English. (英文定义)

    Source: A 8.2.2.b.
    """

    definition_zh: Annotated[Text | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="Chinese definition")
    """Medical definition in Chinese. (中文定义)

    Source: A 8.2.2.b.
    """

    histology: Annotated[Text | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="histology")
    """Histological features. (组织学特征)

    Source: A 8.2.2.b.
    """

    function: Annotated[Text | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="function")
    """What it does. (功能意义)

    Source: A 8.2.2.b.
    """

    indication: Annotated[Text | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="indication")
    """Clinical indication. (临床指征)

    Source: A 8.2.2.b.
    """

    organ_type: Annotated[OrganType | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="organ type")
    """Solid or hollow. (器官类型)

    Source: A 8.2.2.c.
    """

    margin: Annotated[Margin | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="margin")
    """Clear or blurred. (边缘特征)

    Source: A 8.2.2.c.
    """

    appearances: Annotated[Annotated[list[Appearance], Field(min_length=1)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="appearances")
    """How it looks in each modality. (跨模态表现)

    Source: A 8.2.2.d.
    """

    attributes: Annotated[Annotated[list[AttributeDefinition], Field(min_length=1)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="attributes")
    """Further fields of annotations that carry it, such as enhancement, pathology type, grade, change in time. (扩展字段定义)

    Source: A 8.2.2.e, A 10.1.3.
    """

    keypoints: Annotated[Annotated[list[Name], Field(min_length=1)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="keypoint names")
    """Names of the keypoints that its objects have, in their order. (关键点名称)

    Source: A 10.1.2.a, A 10.1.3.
    """

    skeleton: Annotated[Annotated[list[Annotated[tuple[Index, Index], Fixed(2, 2)]], Field(min_length=1)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="skeleton")
    """Pairs of keypoints that a line joins, by their zero-based places in `keypoints`. (骨架连线)

    Source: A 10.1.2.a.
    """

    flip_pairs: Annotated[Annotated[list[Annotated[tuple[Index, Index], Fixed(2, 2)]], Field(min_length=1)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="flip pairs")
    """Pairs of keypoints that change places when the picture is mirrored left to right, by their zero-based places. (镜像对)

    Source: A 10.1.2.a.
    """

    synonyms: Annotated[Annotated[list[Name], Field(min_length=1)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="synonyms")
    """Other names, for display and search. (同义名)

    Source: A 8.2.2.b.
    """

    color_rgb: Annotated[Annotated[list[Octet], Field(min_length=3, max_length=3)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="display colour")
    """Recommended display colour as sRGB red, green, blue. (显示颜色)

    Source: A 8.2.2.e.
    """

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[_keys.LabelKeys]) -> None: ...



class ChangeRecord(Model):
    """One change between two versions. (变更记录)

    Source: A 10.1.3, A 11.5.2.
    """

    version: Version = Field(title="version")
    """Version that the change led to. (版本)

    Source: A 10.1.3.
    """

    at: Annotated[Timestamp | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="at")
    """When. (时间)

    Source: A 10.1.3.
    """

    by: Annotated[Identifier | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="by")
    """Agent id. (变更人员)

    Source: A 10.1.3.
    """

    reason: Annotated[Text | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="reason")
    """Why. (变更原因)

    Source: A 11.5.2.
    """

    description: Text = Field(title="description")
    """What changed. (变更内容)

    Source: A 10.1.3.
    """

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[_keys.ChangeRecordKeys]) -> None: ...



class LabelSystem(Model):
    """Labels of a project, with their tree, versions and changes. A document of its own. (标签体系)

    Source: A 8.2, A 8.2.1, A 8.2.2, A 8.3, A 10.1.3, A C.1.
    """

    id: Identifier = Field(title="id")
    """Identifier that task definitions name. (标签体系标识)

    Source: A 10.1.3.
    """

    version: Version = Field(title="version")
    """Version. (版本)

    Source: A 10.1.3.
    """

    name_en: Annotated[Name | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="English name")
    """Name in English. (英文名称)

    Source: A 8.2.2.b.
    """

    name_zh: Annotated[Name | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="Chinese name")
    """Name in Chinese. (中文名称)

    Source: A 8.2.2.b.
    """

    labels: Annotated[list[Label], Field(min_length=1)] = Field(title="labels")
    """The labels. (标签)

    Source: A 8.2.2.a.
    """

    changes: Annotated[Annotated[list[ChangeRecord], Field(min_length=1)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="changes")
    """What changed from version to version. (变更记录)

    Source: A 10.1.3.
    """

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[_keys.LabelSystemKeys]) -> None: ...



class Subject(Model):
    """What is known of the patient without telling who it is. (受检者)

    Source: A 8.5.3.1.
    """

    sex: Annotated[Sex | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="sex")
    """Sex, as FHIR's administrative gender has it. (性别)

    Source: A 8.5.3.1.
    """

    age: Annotated[Age | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="age")
    """Age as DICOM writes it, `045Y`, `018M`, `003D`. (年龄)

    Source: A 8.5.3.1.
    """

    height: Annotated[PositiveReal | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="height")
    """Height (DICOM PatientSize). Unit: m. (身高)

    Source: A 8.5.3.1.
    """

    weight: Annotated[PositiveReal | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="weight")
    """Weight; a standardized uptake value rests on it. Unit: kg. (体重)

    Source: A 8.5.3.1.
    """

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[_keys.SubjectKeys]) -> None: ...



class Study(Model):
    """One examination of the patient. (检查)

    Source: A 6.3.2, A 3.3.
    """

    study_instance_uid: DicomUid = Field(title="study instance UID")
    """DICOM StudyInstanceUID (0020,000D); images name their study by it. (检查唯一标识)

    Source: A 6.3.2.
    """

    study_id: Annotated[Name | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="study id")
    """DICOM StudyID (0020,0010), pseudonymous. (检查号)

    Source: A 6.3.2.
    """

    accession_number: Annotated[Name | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="accession number")
    """DICOM AccessionNumber (0008,0050), pseudonymous. (检查流水号)

    Source: A 6.3.2.
    """

    started_at: Annotated[Timestamp | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="started at")
    """When it began. (检查时间)

    Source: A 6.3.2.
    """

    time_point: Annotated[Name | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="time point")
    """Its place in the follow-up, `baseline`, `week 12` (DICOM TID 1502, ClinicalTrialTimePointID). (时间点)

    Source: A 8.2.2.e.
    """

    days_from_baseline: Annotated[Real | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="days from baseline")
    """Days from the baseline to this study, negative before it, where dates were removed or beside them (DICOM LongitudinalTemporalOffsetFromEvent (0012,0052) of the event BASELINE). Unit: d. (距基线天数)

    Source: A 8.2.2.e, A 11.2.1.
    """

    description: Annotated[Name | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="description")
    """What was examined, without patient data. (描述)

    Source: A 6.3.2.
    """

    procedures: Annotated[Annotated[list[Concept], Field(min_length=1)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="procedures")
    """What was done, coded (DICOM TID 1204, Procedure reported; FHIR ImagingStudy.procedure). (检查项目)

    Source: A 6.3.2.
    """

    subject: Annotated[Subject | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="subject")
    """What was true of the patient at that time, where it differs from the case's. (检查时的受检者)

    Source: A 8.5.3.1.
    """

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[_keys.StudyKeys]) -> None: ...



class ImageInstance(Model):
    """One DICOM instance. (影像实例)

    Source: A 8.4.e.
    """

    sop_instance_uid: DicomUid = Field(title="SOP instance UID")
    """DICOM SOPInstanceUID (0008,0018). (实例唯一标识)

    Source: A 8.4.e.
    """

    sop_class_uid: Annotated[DicomUid | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="SOP class UID")
    """DICOM SOPClassUID (0008,0016). (实例类别标识)

    Source: A 8.4.e.
    """

    image_position_patient: Annotated[Annotated[list[Real], Field(min_length=3, max_length=3)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="image position")
    """Centre of the slice's first voxel in LPS (ImagePositionPatient (0020,0032)). Unit: mm. (切片位置)

    Source: A 7.2.e, A 7.2.d.
    """

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[_keys.ImageInstanceKeys]) -> None: ...



class QualitativeEvaluation(Model):
    """One coded judgement, as DICOM's TID 1501 and FHIR's Observation hold it. (定性评估)

    Source: A 8.2.2.e, A A.3.2.
    """

    concept: Concept = Field(title="concept")
    """What is judged, the BI-RADS assessment, the malignancy, the change since. (评估项目)

    Source: A 8.2.2.e.
    """

    value: Concept = Field(title="value")
    """The judgement. (评估结果)

    Source: A 8.2.2.e.
    """

    basis: Annotated[Name | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="basis")
    """Rules that it follows, with their version, `ACR BI-RADS 5th edition`. (依据)

    Source: A A.3.2.
    """

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[_keys.QualitativeEvaluationKeys]) -> None: ...



class Equipment(Model):
    """What made an image. (设备)

    Source: A App.A.
    """

    manufacturer: Annotated[Name | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="manufacturer")
    """Manufacturer. (厂商)

    Source: A App.A.
    """

    model_name: Annotated[Name | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="model name")
    """Name of the model. (型号)

    Source: A App.A.
    """

    software_versions: Annotated[Annotated[list[Name], Field(min_length=1)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="software versions")
    """Versions of its software. (软件版本)

    Source: A App.A.
    """

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[_keys.EquipmentKeys]) -> None: ...



class Resampling(Model):
    """A resampling, with the spacing before and after. (重采样记录)

    Source: A 7.2.c.
    """

    original_spacing: Annotated[list[PositiveReal], Field(min_length=2, max_length=3)] = Field(title="original spacing")
    """Spacing before, along i, j, k. Unit: mm. (原始体素间距)

    Source: A 7.2.c.
    """

    spacing: Annotated[list[PositiveReal], Field(min_length=2, max_length=3)] = Field(title="spacing")
    """Spacing after, along i, j, k. Unit: mm. (重采样体素间距)

    Source: A 7.2.c.
    """

    original_shape: Annotated[Annotated[list[Count], Field(min_length=2, max_length=3)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="original shape")
    """Voxels before, along i, j, k. (原始维度)

    Source: A 7.2.c.
    """

    interpolation: Annotated[Interpolation | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="interpolation")
    """How values between voxels were found. (插值方式)

    Source: A 7.2.c.
    """

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[_keys.ResamplingKeys]) -> None: ...



class Algorithm(Model):
    """An algorithm and how it was run. (算法)

    Source: A 8.5.1.4, A 10.1.6.
    """

    name: Name = Field(title="name")
    """Name. (名称)

    Source: A 8.5.1.4.
    """

    version: Annotated[Name | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="version")
    """Version. (版本)

    Source: A 8.5.1.4.
    """

    manufacturer: Annotated[Name | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="manufacturer")
    """Who makes it. (厂商)

    Source: A 10.1.6.
    """

    family: Annotated[Concept | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="family")
    """Kind of algorithm (DICOM CID 7162). (算法类别)

    Source: A 10.1.6.
    """

    model_id: Annotated[Identifier | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="model id")
    """Id of the model's description. (模型描述标识)

    Source: A 10.1.6.
    """

    parameters: Annotated[dict[Key, AttributeValue] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="parameters")
    """Parameters it ran with. (参数)

    Source: A 10.1.6.
    """

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[_keys.AlgorithmKeys]) -> None: ...



class PreprocessingStep(Model):
    """One thing that was done to an image before annotation. (预处理步骤)

    Source: A 6.2, A 11.5.1.
    """

    kind: PreprocessingKind = Field(title="kind")
    """What was done. (类型)

    Source: A 6.2.
    """

    tool: Annotated[Algorithm | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="tool")
    """What with. (工具)

    Source: A 6.2.
    """

    at: Annotated[Timestamp | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="at")
    """When. (时间)

    Source: A 6.2.
    """

    by: Annotated[Identifier | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="by")
    """Agent id. (执行者)

    Source: A 6.2.
    """

    note: Annotated[Text | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="note")
    """Anything to add. (备注)

    Source: A 6.2.
    """

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[_keys.PreprocessingStepKeys]) -> None: ...



class ImageQuality(Model):
    """Judgement of an image's quality. (图像质量)

    Source: A 7.2.g, A 7.2.f.
    """

    acceptable: Flag = Field(title="acceptable")
    """Whether it can be annotated. (是否可接受)

    Source: A 7.2.g.
    """

    defects: Annotated[Annotated[list[ImageDefect], Field(min_length=1)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="defects")
    """What is wrong with it. (缺陷)

    Source: A 7.2.g.
    """

    note: Annotated[Text | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="note")
    """In words. (备注)

    Source: A 7.2.g.
    """

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[_keys.ImageQualityKeys]) -> None: ...



class Nonconformance(Model):
    """A requirement that data do not meet, recorded instead of mended. (不符合项)

    Source: A 7.2.
    """

    requirement: DataRequirement = Field(title="requirement")
    """Requirement that is not met. (要求)

    Source: A 7.2.
    """

    description: Text = Field(title="description")
    """What does not meet it. (描述)

    Source: A 7.2.
    """

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[_keys.NonconformanceKeys]) -> None: ...



class PyramidLevel(Model):
    """One level of a whole-slide image. (金字塔层级)

    Source: A 7.2.note.
    """

    shape: Annotated[list[Count], Field(min_length=2, max_length=2)] = Field(title="shape")
    """Columns and rows. (维度)

    Source: A 7.2.note.
    """

    downsample: PositiveReal = Field(title="downsample")
    """Pixels of the finest level to one of this, along an axis. (降采样倍数)

    Source: A 7.2.note.
    """

    spacing: Annotated[Annotated[list[PositiveReal], Field(min_length=2, max_length=2)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="spacing")
    """Distance between pixel centres along i, j. Unit: mm. (像素间距)

    Source: A 7.2.note.
    """

    magnification: Annotated[PositiveReal | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="magnification")
    """Magnification of this level. (倍率)

    Source: A 7.2.note.
    """

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[_keys.PyramidLevelKeys]) -> None: ...



class FrameRange(Model):
    """Frames from a first to a last one, both included, zero-based. (帧范围)

    Source: A 7.2.note.
    """

    first: Index = Field(title="first frame")
    """First frame. (首帧索引)

    Source: A 7.2.note.
    """

    last: Index = Field(title="last frame")
    """Last frame. (末帧索引)

    Source: A 7.2.note.
    """

    step: Annotated[Count | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="step")
    """From one frame to the next; 1 if absent. (步长)

    Source: A 7.2.note.
    """

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[_keys.FrameRangeKeys]) -> None: ...



class ImageFile(Model):
    """One file of an image. (影像文件)

    Source: A 10.1.5.
    """

    path: RelativePath = Field(title="path")
    """Path relative to the case file. (路径)

    Source: A 10.1.5.
    """

    sha256: Annotated[Sha256 | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="SHA-256")
    """Digest of the file's bytes. (校验值)

    Source: A 10.1.5.
    """

    media_type: Annotated[MediaType | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="media type")
    """Media type, `application/dicom`. (媒体类型)

    Source: A 10.1.5.
    """

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[_keys.ImageFileKeys]) -> None: ...



class Image(Model):
    """An image and its geometry, in the patient frame LPS and in millimetres unless `coordinate_frame` says otherwise. (影像对象)

    Source: A C.2.b, A 7.2, A B.1, A B.2.
    """

    uid: Identifier = Field(title="UID")
    """Unique identifier of the image; the SeriesInstanceUID of a DICOM series. (影像唯一标识)

    Source: A C.2.b.
    """

    modality: Modality = Field(title="modality")
    """Modality, in DICOM's terms. (模态)

    Source: A C.2.b, A 3.1.
    """

    description: Annotated[Name | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="description")
    """Description of the series, without patient data. (描述)

    Source: A C.2.b.
    """

    sequence: Annotated[Name | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="sequence or phase")
    """Sequence or phase, `T2`, `DWI`, `arterial`, in the words of the labels' appearances. (序列或期相)

    Source: A 8.2.2.d.
    """

    body_part: Annotated[Name | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="body part")
    """Part of the body that was examined, in DICOM's terms (BodyPartExamined (0018,0015)), `CHEST`. (检查部位)

    Source: A A.2.2.
    """

    laterality: Annotated[Laterality | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="laterality")
    """Side of the body that was examined (ImageLaterality (0020,0062)). (侧别)

    Source: A A.2.2.
    """

    view_position: Annotated[Name | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="view position")
    """View of a projection, in DICOM's terms (ViewPosition (0018,5101)), `CC`, `MLO`, `PA`. (投照体位)

    Source: A A.2.2.
    """

    shape: Annotated[Annotated[list[Count], Field(min_length=2, max_length=3)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="shape")
    """Number of voxels along i, j, k; that is columns, rows, slices (or frames). The B.3 layout has none. (维度)

    Source: A C.2.b.
    """

    temporal_positions: Annotated[Count | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="temporal positions")
    """Number of volumes in time, each of that shape, in an image of four dimensions; `frame_index` counts them. (时相数)

    Source: A 7.2.note.
    """

    spacing: Annotated[Annotated[list[PositiveReal], Field(min_length=2, max_length=3)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="spacing")
    """Distance between voxel centres along i, j, k; of uneven slices the median. DICOM's PixelSpacing is (row, column), that is j, i. Unit: mm. (体素间距)

    Source: A 7.2.c, A C.2.b, A B.1.
    """

    origin: Annotated[Annotated[list[Real], Field(min_length=3, max_length=3)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="origin")
    """Position of the centre of voxel (0, 0, 0). Unit: mm. (原点)

    Source: A 7.2.d, A C.2.b, A B.1.
    """

    direction: Annotated[Annotated[list[Annotated[tuple[Cosine, Cosine, Cosine], Fixed(3, 3)]], Field(min_length=3, max_length=3)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="direction")
    """Direction cosines, row-major; column c is the direction of index axis c. Orthonormal; the positions of `instances` say where sheared slices are. (方向矩阵)

    Source: A 7.2.b, A C.2.b, A B.1.
    """

    coordinate_frame: Annotated[CoordinateFrame | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="coordinate frame")
    """Coordinate frame of `origin` and `direction`; LPS if an origin is given and no frame is named. (坐标系)

    Source: A 6.3.1.
    """

    frame_of_reference_uid: Annotated[DicomUid | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="frame of reference UID")
    """DICOM FrameOfReferenceUID (0020,0052). (参考坐标系唯一标识)

    Source: A B.1.
    """

    study_instance_uid: Annotated[DicomUid | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="study instance UID")
    """DICOM StudyInstanceUID (0020,000D). (检查唯一标识)

    Source: A 6.3.2.
    """

    instances: Annotated[Annotated[list[ImageInstance], Field(min_length=1)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="instances")
    """DICOM instances of the image, in the order of its slices or frames; a multi-frame instance of even slices may stand once, or once for each volume in time or level of the pyramid. (影像实例)

    Source: A 8.4.e, A 7.2.e, A B.3.
    """

    acquired_at: Annotated[Timestamp | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="acquired at")
    """When the image was acquired. (采集时间)

    Source: A 8.5.3.4, A 6.3.2.
    """

    slice_thickness: Annotated[PositiveReal | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="slice thickness")
    """Thickness of a slice; it is not the spacing. Unit: mm. (层厚)

    Source: A B.1.
    """

    version: Annotated[Version | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="version")
    """Version of the image that the annotations are bound to. (影像版本)

    Source: A 8.4.e.
    """

    pixel_unit: Annotated[Name | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="pixel unit")
    """Unit of the pixel values in UCUM, `[hnsf'U]` for Hounsfield units. (像素单位)

    Source: A 7.2.f.
    """

    acquisition_context: Annotated[Annotated[list[QualitativeEvaluation], Field(min_length=1)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="acquisition context")
    """Tracer, contrast agent and other coded circumstances of the acquisition (DICOM AcquisitionContextSequence (0040,0555)). (采集背景)

    Source: A 7.2.f, A A.2.2.
    """

    equipment: Annotated[Equipment | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="equipment")
    """What made the image. (设备)

    Source: A App.A.
    """

    specimen_id: Annotated[Identifier | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="specimen id")
    """Pseudonym of the specimen on a slide (SpecimenIdentifier (0040,0551)). (标本号)

    Source: A 6.3.2.
    """

    stain: Annotated[Name | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="stain")
    """Stain of a slide, `H&E`. (染色)

    Source: A 7.2.note.
    """

    derived_from: Annotated[Annotated[list[Identifier], Field(min_length=1)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="derived from")
    """UIDs of the images that it was computed from; `preprocessing` says how. (来源影像标识)

    Source: A 7.2.c, A 6.2.
    """

    resampling: Annotated[Resampling | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="resampling")
    """Record of resampling, where the image was resampled. (重采样记录)

    Source: A 7.2.c.
    """

    preprocessing: Annotated[Annotated[list[PreprocessingStep], Field(min_length=1)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="preprocessing")
    """What was done to the image before annotation. (预处理记录)

    Source: A 6.2.
    """

    quality: Annotated[ImageQuality | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="quality")
    """Whether its quality is acceptable, and what is wrong. (图像质量)

    Source: A 7.2.g.
    """

    nonconformances: Annotated[Annotated[list[Nonconformance], Field(min_length=1)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="nonconformances")
    """Requirements on data that it does not meet. (不符合项)

    Source: A 7.2.
    """

    pyramid: Annotated[Annotated[list[PyramidLevel], Field(min_length=1)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="pyramid")
    """Levels of a whole-slide image, the finest first; `shape` and pixel coordinates are those of the finest one. (金字塔层级)

    Source: A 7.2.note.
    """

    objective_magnification: Annotated[PositiveReal | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="objective magnification")
    """Magnification of the objective of a whole-slide image. (物镜倍率)

    Source: A 7.2.note.
    """

    frame_rate: Annotated[PositiveReal | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="frame rate")
    """Frames a second of a video; frame n is at n / rate. Unit: Hz. (帧率)

    Source: A 7.2.note.
    """

    frame_times_ms: Annotated[Annotated[list[NonNegativeReal], Field(min_length=1)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="frame times")
    """Time of each frame, or of each volume in time, from the first. Unit: ms. (帧时间戳)

    Source: A 7.2.note.
    """

    annotated_frames: Annotated[Annotated[list[FrameRange], Field(min_length=1)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="annotated frames")
    """Frames that were to be annotated, so that one of them without annotations shows nothing; all if absent. (任务帧范围)

    Source: A 7.2.note.
    """

    files: Annotated[Annotated[list[ImageFile], Field(min_length=1)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="files")
    """The files that the image is made of. (文件)

    Source: A 10.1.5.
    """

    extensions: Annotated[dict[Key, Any] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="extensions")
    """Anything else, under namespaced keys; never interpreted, always kept. (扩展)

    Source: A 8.2.2.e.
    """

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[_keys.ImageKeys]) -> None: ...



class Measurement(Model):
    """One number that was measured, as DICOM's TID 300 and FHIR's Observation hold it. (测量)

    Source: A 9.2, A 10.1.2.c.
    """

    tracking_uid: Annotated[DicomUid | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="tracking UID")
    """The same for the same measurement in other reports (DICOM TID 1419, Tracking Unique Identifier). (跟踪唯一标识)

    Source: A 8.2.2.e.
    """

    concept: Concept = Field(title="concept")
    """What was measured, long axis, volume, SUV. (测量项目)

    Source: A 9.2.
    """

    value: Annotated[Number | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="value")
    """Its value; it keeps its digits. A measurement has a value, or says why it has none. (数值)

    Source: A 9.2.
    """

    comparator: Annotated[QuantityComparator | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="comparator")
    """How the true value lies to the one given, where the method sets a bound; equal if absent. (比较符)

    Source: A 8.5.3.2.
    """

    absent_reason: Annotated[AbsentReason | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="reason for absence")
    """Why it has no value, such as an object too small to be measured. (缺失原因)

    Source: A 8.5.3.2, A App.A.
    """

    unit: Name = Field(title="unit")
    """Unit in UCUM, `mm`, `{SUVbw}g/ml`; `1` where there is none. (单位)

    Source: A 10.1.2.c.
    """

    derivation: Annotated[Concept | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="derivation")
    """Which statistic of many values it is, mean, minimum, maximum (DICOM CID 7464). (统计量)

    Source: A 9.2.
    """

    method: Annotated[Concept | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="method")
    """How it was measured (DICOM Measurement Method). (测量方法)

    Source: A 9.2.
    """

    geometry_ids: Annotated[Annotated[list[Identifier], Field(min_length=1)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="geometry ids")
    """Annotations that it was measured on, such as the line of a long axis; the annotation itself if absent. (测量几何标识)

    Source: A 9.2.
    """

    algorithm: Annotated[Algorithm | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="algorithm")
    """What computed it. (算法)

    Source: A 10.1.6.
    """

    value_map: Annotated[ImageInstance | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="value map")
    """DICOM instance of the Real World Value Map that gave the pixels their unit (TID 1419). (像素值映射实例)

    Source: A 7.2.f.
    """

    normal_low: Annotated[Number | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="normal low")
    """Lower end of the normal range, in the same unit. (正常下限)

    Source: A 8.5.3.2.
    """

    normal_high: Annotated[Number | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="normal high")
    """Upper end of the normal range, in the same unit. (正常上限)

    Source: A 8.5.3.2.
    """

    interpretations: Annotated[Annotated[list[QualitativeEvaluation], Field(min_length=1)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="interpretations")
    """How the number is to be taken, its normality or level of significance (TID 310; FHIR's interpretation). (结果解释)

    Source: A 8.5.3.2.
    """

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[_keys.MeasurementKeys]) -> None: ...



class Annotation(Model):
    """One annotated object; the value of `type` says which concrete class it is. (标注对象)

    Source: A C.3.
    """

    id: Identifier = Field(title="id")
    """Unique identifier of the annotation in its case. (标注对象唯一标识)

    Source: A C.3.a.
    """

    tracking_uid: Annotated[DicomUid | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="tracking UID")
    """The same for the same object in other frames, images, studies and cases (DICOM TrackingUID (0062,0021)). (跟踪唯一标识)

    Source: A 8.2.2.e, A 8.5.1.
    """

    tracking_id: Annotated[Name | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="tracking id")
    """Name of the object for people, or of a track in a video (DICOM TrackingID (0062,0020)). (跟踪标识)

    Source: A 8.2.2.e.
    """

    parent_id: Annotated[Identifier | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="parent")
    """Id of the annotation that this one is a part or a property of. (上级标注对象标识)

    Source: A 8.3.
    """

    object_number: Annotated[Count | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="object number")
    """One-based number among several of the same label. (对象编号)

    Source: A A.3.1.
    """

    category: AnnotationCategory = Field(title="category")
    """What kind of thing it is. (类别)

    Source: A C.3.b.
    """

    label_code: LabelCode = Field(title="label code")
    """Code of its label in the task's label system. (标签编码)

    Source: A C.3.c, A 6.5.1.
    """

    finding_site: Annotated[FindingSite | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="finding site")
    """Where in the body it is, where the label does not say so. (发生部位)

    Source: A 8.2.2.c.
    """

    assertion: Annotated[Assertion | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="assertion")
    """Whether it is there; present if absent. Whoever counts or trains on findings takes those that are present only. (存在判断)

    Source: A A.3.3, A 5.4.
    """

    scope: Annotated[AnnotationScope | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="scope")
    """What it is said of; if absent, its own place, and its image where it has none. (适用范围)

    Source: A C.1.c.
    """

    image_uid: Annotated[Identifier | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="image UID")
    """UID of the image it belongs to; the primary image if absent. (所属影像标识)

    Source: A 8.4.e.
    """

    slice_index: Annotated[Index | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="slice index")
    """Zero-based slice along k. (切片索引)

    Source: A C.3.e.
    """

    frame_index: Annotated[Index | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="frame index")
    """Zero-based frame of a multi-frame image or video; of an image of several volumes in time, which of them. (帧索引)

    Source: A 7.2.note.
    """

    last_frame_index: Annotated[Index | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="last frame index")
    """Zero-based last frame, included, where it holds from `frame_index` on for a range of frames. (末帧索引)

    Source: A 7.2.note.
    """

    is_key_frame: Annotated[Flag | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="key frame")
    """True where someone drew it on this frame, false where it was interpolated between key frames. (是否关键帧)

    Source: A 7.2.note.
    """

    coordinate_space: Annotated[CoordinateSpace | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="coordinate space")
    """What coordinates of three numbers are in, the image's voxels if absent. Two numbers are always pixels, contours always in the patient's space. (坐标空间)

    Source: A 6.3.1, A C.3.e.
    """

    frame_of_reference_uid: Annotated[DicomUid | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="frame of reference UID")
    """Frame of reference of patient coordinates; the image's if absent. (参考坐标系唯一标识)

    Source: A B.1.
    """

    measurements: Annotated[Annotated[list[Measurement], Field(min_length=1)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="measurements")
    """Numbers measured on it, each with its concept and its unit. (测量)

    Source: A 9.2, A 10.1.2.c.
    """

    evaluations: Annotated[Annotated[list[QualitativeEvaluation], Field(min_length=1)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="qualitative evaluations")
    """Coded judgements of it, such as BI-RADS or TI-RADS. (定性评估)

    Source: A 8.2.2.e.
    """

    granularity: Annotated[Granularity | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="granularity")
    """How finely a lesion is annotated. (标注粒度)

    Source: A 8.3.
    """

    abnormal_marks: Annotated[Annotated[list[AbnormalMark], Field(min_length=1)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="abnormal marks")
    """What made it hard to outline, recorded by task rule A.3.1. (异常标记)

    Source: A A.3.1.
    """

    confidence: Annotated[UnitInterval | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="confidence")
    """Confidence of whoever made it. (置信度)

    Source: A 10.1.6.
    """

    cross_modal_links: Annotated[list[Identifier] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="cross-modal links")
    """Ids of anything in the case that this corresponds to, a link, annotation, text span or record. (跨模态关联标识)

    Source: A C.3.e, A 8.5.
    """

    status: Annotated[AnnotationStatus | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="status")
    """Whether it is a result; final if absent. Whoever counts, trains on or measures annotations takes those that are final only. (标注状态)

    Source: A 3.4, A 9.3.1.c.
    """

    derived_from: Annotated[Annotated[list[Identifier], Field(min_length=1)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="derived from")
    """Ids of the annotations that it was made of, a model's suggestion, or the versions of several readers. (来源标注对象标识)

    Source: A 9.3.1.c, A 3.4.
    """

    algorithm_type: Annotated[AlgorithmType | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="algorithm type")
    """Who made it, a person, an algorithm, or both (DICOM SegmentAlgorithmType, ROIGenerationAlgorithm). (生成方式)

    Source: A 3.4, A 6.4.2.
    """

    assistance_id: Annotated[Identifier | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="model assistance")
    """Id of the model-assistance record that it grew out of. (模型辅助记录标识)

    Source: A 3.4, A 10.1.6.
    """

    annotator: Annotated[Identifier | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="annotator")
    """Agent id of who or what made it, where it differs from the metadata's. (标注人员)

    Source: A 5.6.
    """

    annotated_at: Annotated[Timestamp | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="annotated at")
    """When it was made. (标注时间)

    Source: A 5.6.
    """

    session: Annotated[Name | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="session")
    """Sitting in which it was made, where one reader annotates the same case more than once (DICOM TID 1501, Activity Session). (标注场次)

    Source: A 9.1.1, A 9.4.1.b.
    """

    note: Annotated[Text | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="note")
    """Anything to add, in words (DICOM ROIDescription, SegmentDescription; FHIR's note). (备注)

    Source: A 8.2.2.e.
    """

    extensions: Annotated[dict[Key, Any] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="extensions")
    """Anything else, under namespaced keys; never interpreted, always kept. (扩展)

    Source: A 8.2.2.e.
    """



class MaskAnnotation(Annotation):
    """A pixel or voxel mask kept in a file of its own. (掩膜标注)

    Source: A C.3.e.
    """

    type: Literal["mask"] = Field(default="mask", title="type")
    """Which class of annotation this is. (标注类型)

    Source: A C.3.d.
    """

    attributes: Annotated[dict[Key, AttributeValue] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="attributes")
    """Key-value pairs that describe it; the label says what they mean. (属性)

    Source: A C.3.e, A 8.2.2.c, A 8.2.2.e.
    """

    mask_file: RelativePath = Field(title="mask file")
    """Path of the mask file, relative to the case file. (掩膜文件)

    Source: A C.3.e, A 6.4.1.
    """

    mask_value: Annotated[Count | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="mask value")
    """Value of the object in a label map; absent means every voxel that is not zero. (掩膜值)

    Source: A C.3.e.
    """

    fractional_type: Annotated[FractionalType | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="fractional type")
    """What values between 0 and 1 say (DICOM SegmentationFractionalType); absent means that voxels are in or out. (分数类型)

    Source: A C.3.e.
    """

    sha256: Annotated[Sha256 | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="SHA-256")
    """Digest of the mask file's bytes. (校验值)

    Source: A 10.1.5.
    """

    segmentation: Annotated[ImageInstance | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="segmentation")
    """DICOM segmentation that holds the mask too; reports refer to it. (分割实例)

    Source: A 8.4.e.
    """

    segment_number: Annotated[Count | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="segment number")
    """Number of its segment there (DICOM SegmentNumber (0062,0004)). (分段编号)

    Source: A 8.4.e.
    """

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[_keys.MaskAnnotationKeys]) -> None: ...



class BboxAnnotation(Annotation):
    """An axis-aligned box, minima first, never width and height. (边界框标注)

    Source: A 6.4.1.
    """

    type: Literal["bbox"] = Field(default="bbox", title="type")
    """Which class of annotation this is. (标注类型)

    Source: A C.3.d.
    """

    attributes: Annotated[dict[Key, AttributeValue] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="attributes")
    """Key-value pairs that describe it; the label says what they mean. (属性)

    Source: A C.3.e, A 8.2.2.c, A 8.2.2.e.
    """

    bbox: Annotated[list[Real], Field(min_length=4, max_length=6), EVEN] = Field(title="bounding box")
    """[x_min, y_min, x_max, y_max] or [x_min, y_min, z_min, x_max, y_max, z_max] in continuous pixel or voxel coordinates, origin at the outer corner of the first pixel. (边界框)

    Source: A C.3.e.
    """

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[_keys.BboxAnnotationKeys]) -> None: ...



class OrientedBoxAnnotation(Annotation):
    """A box that is turned, on one slice or frame, or in space. (有向边界框标注)

    Source: A 6.4.1.
    """

    type: Literal["oriented_box"] = Field(default="oriented_box", title="type")
    """Which class of annotation this is. (标注类型)

    Source: A C.3.d.
    """

    attributes: Annotated[dict[Key, AttributeValue] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="attributes")
    """Key-value pairs that describe it; the label says what they mean. (属性)

    Source: A C.3.e, A 8.2.2.c, A 8.2.2.e.
    """

    center: Annotated[list[Real], Field(min_length=2, max_length=3)] = Field(title="centre")
    """(x, y) in continuous pixel coordinates, or (x, y, z) in the coordinate space. (中心)

    Source: A 6.4.1.
    """

    size: Annotated[list[PositiveReal], Field(min_length=2, max_length=3)] = Field(title="size")
    """Lengths of its sides along its own axes, in the unit of the centre. (边长)

    Source: A 6.4.1.
    """

    rotation_degrees: Annotated[Real | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="rotation")
    """Of a box in the plane, angle from the x axis to its first side, towards the y axis; 0 if absent. Unit: deg. (旋转角)

    Source: A 6.4.1.
    """

    direction: Annotated[Annotated[list[Annotated[tuple[Cosine, Cosine, Cosine], Fixed(3, 3)]], Field(min_length=3, max_length=3)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="direction")
    """Of a box in space, direction cosines, row-major; column c is its axis c. The axes of the coordinate space if absent. (方向矩阵)

    Source: A 6.4.1.
    """

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[_keys.OrientedBoxAnnotationKeys]) -> None: ...



class PolygonPart(Model):
    """One further piece of a polygon. (多边形部分)

    Source: A 6.4.1.
    """

    polygon: Annotated[list[Annotated[tuple[Real, Real], Fixed(2, 2)]], Field(min_length=3)] = Field(title="polygon")
    """Vertices (x, y) in continuous pixel coordinates; the last joins the first. (多边形)

    Source: A 6.4.1.
    """

    holes: Annotated[Annotated[list[Annotated[list[Annotated[tuple[Real, Real], Fixed(2, 2)]], Field(min_length=3)]], Field(min_length=1)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="holes")
    """Rings cut out of the polygon; vertices as the polygon's. (孔洞)

    Source: A 6.4.1.
    """

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[_keys.PolygonPartKeys]) -> None: ...



class PolygonAnnotation(Annotation):
    """A closed polygon on one slice or frame, with holes and further parts; they do not overlap, a point is inside by even and odd. (多边形标注)

    Source: A 6.4.1.
    """

    type: Literal["polygon"] = Field(default="polygon", title="type")
    """Which class of annotation this is. (标注类型)

    Source: A C.3.d.
    """

    attributes: Annotated[dict[Key, AttributeValue] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="attributes")
    """Key-value pairs that describe it; the label says what they mean. (属性)

    Source: A C.3.e, A 8.2.2.c, A 8.2.2.e.
    """

    polygon: Annotated[list[Annotated[tuple[Real, Real], Fixed(2, 2)]], Field(min_length=3)] = Field(title="polygon")
    """Vertices (x, y) in continuous pixel coordinates, origin at the outer corner of the first pixel; the last joins the first. (多边形)

    Source: A C.3.e.
    """

    holes: Annotated[Annotated[list[Annotated[list[Annotated[tuple[Real, Real], Fixed(2, 2)]], Field(min_length=3)]], Field(min_length=1)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="holes")
    """Rings cut out of the polygon; vertices as the polygon's. (孔洞)

    Source: A 6.4.1.
    """

    parts: Annotated[Annotated[list[PolygonPart], Field(min_length=1)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="further parts")
    """Further pieces of the same object on the same slice or frame. (其他部分)

    Source: A 6.4.1.
    """

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[_keys.PolygonAnnotationKeys]) -> None: ...



class PolylineAnnotation(Annotation):
    """An open line of straight pieces. (折线标注)

    Source: A 6.4.1.
    """

    type: Literal["polyline"] = Field(default="polyline", title="type")
    """Which class of annotation this is. (标注类型)

    Source: A C.3.d.
    """

    attributes: Annotated[dict[Key, AttributeValue] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="attributes")
    """Key-value pairs that describe it; the label says what they mean. (属性)

    Source: A C.3.e, A 8.2.2.c, A 8.2.2.e.
    """

    polyline: Annotated[list[Annotated[tuple[Real, Real] | tuple[Real, Real, Real], Fixed(2, 3)]], Field(min_length=2)] = Field(title="polyline")
    """Vertices (x, y) or (x, y, z) in continuous pixel or voxel coordinates. (折线)

    Source: A 6.4.1.
    """

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[_keys.PolylineAnnotationKeys]) -> None: ...



class PointAnnotation(Annotation):
    """A single point. (点标注)

    Source: A 6.4.1.
    """

    type: Literal["point"] = Field(default="point", title="type")
    """Which class of annotation this is. (标注类型)

    Source: A C.3.d.
    """

    attributes: Annotated[dict[Key, AttributeValue] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="attributes")
    """Key-value pairs that describe it; the label says what they mean. (属性)

    Source: A C.3.e, A 8.2.2.c, A 8.2.2.e.
    """

    point: Annotated[list[Real], Field(min_length=2, max_length=3)] = Field(title="point")
    """(x, y) or (x, y, z) in continuous pixel or voxel coordinates; the centre of the first pixel is (0.5, 0.5). (点)

    Source: A 6.4.1.
    """

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[_keys.PointAnnotationKeys]) -> None: ...



class Keypoint(Model):
    """One named point. (关键点)

    Source: A 10.1.2.a.
    """

    name: Name = Field(title="name")
    """Name, one of the label's `keypoints`. (名称)

    Source: A 10.1.2.a.
    """

    point: Annotated[Annotated[list[Real], Field(min_length=2, max_length=3)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="point")
    """(x, y) in continuous pixel coordinates or (x, y, z) in the coordinate space; none where it has no place. (点)

    Source: A 10.1.2.a.
    """

    visibility: Annotated[KeypointVisibility | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="visibility")
    """Whether it is seen; if absent, a point with a place is visible and one without is unlabelled. (可见性)

    Source: A 10.1.2.a.
    """

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[_keys.KeypointKeys]) -> None: ...



class KeypointsAnnotation(Annotation):
    """Named points of one object; the label says which there are and how they are joined. (关键点标注)

    Source: A 10.1.2.a.
    """

    type: Literal["keypoints"] = Field(default="keypoints", title="type")
    """Which class of annotation this is. (标注类型)

    Source: A C.3.d.
    """

    attributes: Annotated[dict[Key, AttributeValue] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="attributes")
    """Key-value pairs that describe it; the label says what they mean. (属性)

    Source: A C.3.e, A 8.2.2.c, A 8.2.2.e.
    """

    keypoints: Annotated[list[Keypoint], Field(min_length=1)] = Field(title="keypoints")
    """Its points. (关键点)

    Source: A 10.1.2.a.
    """

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[_keys.KeypointsAnnotationKeys]) -> None: ...



class EllipseAnnotation(Annotation):
    """An ellipse on one slice or frame; a circle has equal radii. (椭圆标注)

    Source: A 6.4.1.
    """

    type: Literal["ellipse"] = Field(default="ellipse", title="type")
    """Which class of annotation this is. (标注类型)

    Source: A C.3.d.
    """

    attributes: Annotated[dict[Key, AttributeValue] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="attributes")
    """Key-value pairs that describe it; the label says what they mean. (属性)

    Source: A C.3.e, A 8.2.2.c, A 8.2.2.e.
    """

    center: Annotated[list[Real], Field(min_length=2, max_length=2)] = Field(title="centre")
    """(x, y) in continuous pixel coordinates. (中心)

    Source: A 6.4.1.
    """

    radii: Annotated[list[PositiveReal], Field(min_length=2, max_length=2)] = Field(title="radii")
    """Semi-axes in pixels. (半轴)

    Source: A 6.4.1.
    """

    rotation_degrees: Annotated[Real | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="rotation")
    """Angle from the x axis to the first semi-axis, towards the y axis; 0 if absent. Unit: deg. (旋转角)

    Source: A 6.4.1.
    """

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[_keys.EllipseAnnotationKeys]) -> None: ...



class EllipsoidAnnotation(Annotation):
    """An ellipsoid; a sphere has equal radii. (椭球标注)

    Source: A 6.4.1.
    """

    type: Literal["ellipsoid"] = Field(default="ellipsoid", title="type")
    """Which class of annotation this is. (标注类型)

    Source: A C.3.d.
    """

    attributes: Annotated[dict[Key, AttributeValue] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="attributes")
    """Key-value pairs that describe it; the label says what they mean. (属性)

    Source: A C.3.e, A 8.2.2.c, A 8.2.2.e.
    """

    center: Annotated[list[Real], Field(min_length=3, max_length=3)] = Field(title="centre")
    """(x, y, z) in the coordinate space. (中心)

    Source: A 6.4.1.
    """

    radii: Annotated[list[PositiveReal], Field(min_length=3, max_length=3)] = Field(title="radii")
    """Semi-axes along its own axes, in the unit of the centre. (半轴)

    Source: A 6.4.1.
    """

    direction: Annotated[Annotated[list[Annotated[tuple[Cosine, Cosine, Cosine], Fixed(3, 3)]], Field(min_length=3, max_length=3)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="direction")
    """Direction cosines, row-major; column c is its axis c. The axes of the coordinate space if absent. (方向矩阵)

    Source: A 6.4.1.
    """

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[_keys.EllipsoidAnnotationKeys]) -> None: ...



class Contour(Model):
    """One contour (DICOM PS3.3 C.8.8.6). (轮廓)

    Source: A 6.4.1.
    """

    geometric_type: ContourGeometricType = Field(title="geometric type")
    """What its points are (DICOM ContourGeometricType (3006,0042)). (几何类型)

    Source: A 6.4.1.
    """

    points: Annotated[list[Annotated[tuple[Real, Real, Real], Fixed(3, 3)]], Field(min_length=1)] = Field(title="points")
    """Points (x, y, z) in millimetres, patient frame LPS; of a closed contour the last joins the first. Unit: mm. (点)

    Source: A 6.4.1.
    """

    sop_instance_uid: Annotated[DicomUid | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="SOP instance UID")
    """Instance that it was drawn on. (影像实例唯一标识)

    Source: A 8.4.e.
    """

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[_keys.ContourKeys]) -> None: ...



class ContoursAnnotation(Annotation):
    """A region as contours in the patient's space, as a DICOM RT structure set and SCOORD3D hold it; no image grid is needed. (轮廓组标注)

    Source: A 6.4.1.
    """

    type: Literal["contours"] = Field(default="contours", title="type")
    """Which class of annotation this is. (标注类型)

    Source: A C.3.d.
    """

    attributes: Annotated[dict[Key, AttributeValue] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="attributes")
    """Key-value pairs that describe it; the label says what they mean. (属性)

    Source: A C.3.e, A 8.2.2.c, A 8.2.2.e.
    """

    contours: Annotated[list[Contour], Field(min_length=1)] = Field(title="contours")
    """Its contours. (轮廓)

    Source: A 6.4.1.
    """

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[_keys.ContoursAnnotationKeys]) -> None: ...



class AttributeAnnotation(Annotation):
    """Properties of the case or of an image without a place in it. (属性标注)

    Source: A C.1.c.
    """

    type: Literal["attribute"] = Field(default="attribute", title="type")
    """Which class of annotation this is. (标注类型)

    Source: A C.3.d.
    """

    attributes: dict[Key, AttributeValue] = Field(title="attributes")
    """Key-value pairs that describe it; the label says what they mean. (属性)

    Source: A C.3.e, A 8.2.2.c, A 8.2.2.e.
    """

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[_keys.AttributeAnnotationKeys]) -> None: ...



class TextSpanAnnotation(Annotation):
    """A span of a text of the case. (文本片段标注)

    Source: A 8.5.2.2.
    """

    type: Literal["text_span"] = Field(default="text_span", title="type")
    """Which class of annotation this is. (标注类型)

    Source: A C.3.d.
    """

    attributes: Annotated[dict[Key, AttributeValue] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="attributes")
    """Key-value pairs that describe it; the label says what they mean. (属性)

    Source: A C.3.e, A 8.2.2.c, A 8.2.2.e.
    """

    text_id: Identifier = Field(title="text id")
    """Id of the text. (文本标识)

    Source: A 8.5.2.2.
    """

    start: Index = Field(title="start")
    """First code point of the span, zero-based. (起始偏移)

    Source: A 8.5.2.2.
    """

    end: Index = Field(title="end")
    """Code point behind the span. (结束偏移)

    Source: A 8.5.2.2.
    """

    text: Text = Field(title="text")
    """The span, verbatim. (原文)

    Source: A 8.5.2.2.
    """

    level: Annotated[SpanLevel | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="level")
    """Whether the span is a sentence or a fragment. (片段级别)

    Source: A 8.5.2.2.
    """

    semantic_type: SemanticType = Field(title="semantic type")
    """What the span states. (语义类型)

    Source: A 8.5.2.2.
    """

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[_keys.TextSpanAnnotationKeys]) -> None: ...


AnyAnnotation: TypeAlias = MaskAnnotation | BboxAnnotation | OrientedBoxAnnotation | PolygonAnnotation | PolylineAnnotation | PointAnnotation | KeypointsAnnotation | EllipseAnnotation | EllipsoidAnnotation | ContoursAnnotation | AttributeAnnotation | TextSpanAnnotation
"""One of the 12 classes, told apart by `type`."""



class Link(Model):
    """One correspondence within a case; the value of `type` says between what. (跨模态关联)

    Source: A 8.5, A 3.3, A C.3.e.
    """

    id: Identifier = Field(title="id")
    """Unique identifier of the link in its case. (关联唯一标识)

    Source: A 8.5.2.2.
    """

    note: Annotated[Text | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="note")
    """Anything to add, such as how a conflict was handled. (备注)

    Source: A 6.3.2.
    """



class ImageImageLink(Link):
    """The same structure seen in two or more images. (图像—图像关联)

    Source: A 8.5.1, A 8.1.c.
    """

    type: Literal["image_image"] = Field(default="image_image", title="type")
    """Which class of link this is. (关联类型)

    Source: A 8.5.
    """

    annotation_ids: Annotated[list[Identifier], Field(min_length=2)] = Field(title="annotation ids")
    """Annotations that show the same structure. (标注对象标识)

    Source: A 8.5.1.
    """

    registration_id: Annotated[Identifier | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="registration id")
    """Registration that the correspondence rests on. (配准标识)

    Source: A 8.5.1.2.
    """

    deviation_mm: Annotated[NonNegativeReal | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="deviation")
    """Distance between the annotations once registered. Unit: mm. (偏差)

    Source: A 8.5.1.3.
    """

    consistency: Annotated[Consistency | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="consistency")
    """Whether the images agree. (一致性状态)

    Source: A 8.4.d.
    """

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[_keys.ImageImageLinkKeys]) -> None: ...



class ImageTextLink(Link):
    """A region of an image and what a text says of it, one to one or many to many. (图像—文本关联)

    Source: A 8.5.2, A 8.5.2.1, A 8.1.e.
    """

    type: Literal["image_text"] = Field(default="image_text", title="type")
    """Which class of link this is. (关联类型)

    Source: A 8.5.
    """

    annotation_ids: Annotated[list[Identifier], Field(min_length=1)] = Field(title="annotation ids")
    """Annotations of the image side. (标注对象标识)

    Source: A 8.5.2.1.
    """

    span_ids: Annotated[list[Identifier], Field(min_length=1)] = Field(title="span ids")
    """Text span annotations of the text side. (文本片段标识)

    Source: A 8.5.2.2.
    """

    semantic_type: Annotated[SemanticType | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="semantic type")
    """What the text states of the region. (语义类型)

    Source: A 8.5.2.2, A 8.5.2.4.
    """

    consistency: Annotated[Consistency | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="consistency")
    """Whether text and image agree; a conflict is marked and goes to quality control. (一致性状态)

    Source: A 8.5.2.3, A 8.5.2.4.
    """

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[_keys.ImageTextLinkKeys]) -> None: ...



class AssociationKey(Model):
    """One key that associates data of a case. (关联键)

    Source: A 6.3.2, A 8.5.3.2.
    """

    kind: AssociationKeyKind = Field(title="kind")
    """What kind of key it is. (键类型)

    Source: A 6.3.2.
    """

    value: Name = Field(title="value")
    """Its pseudonymous value. (键值)

    Source: A 6.3.2.
    """

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[_keys.AssociationKeyKeys]) -> None: ...



class ImageStructuredLink(Link):
    """An image or its annotations and structured clinical data, bound by a unique key. (图像—结构化信息关联)

    Source: A 8.5.3, A 8.5.3.1.
    """

    type: Literal["image_structured"] = Field(default="image_structured", title="type")
    """Which class of link this is. (关联类型)

    Source: A 8.5.
    """

    annotation_ids: Annotated[Annotated[list[Identifier], Field(min_length=1)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="annotation ids")
    """Annotations; the whole image if absent. (标注对象标识)

    Source: A 8.5.3.1.
    """

    image_uid: Annotated[Identifier | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="image UID")
    """The image; the primary one if absent. (影像唯一标识)

    Source: A 8.5.3.2.
    """

    record_id: Identifier = Field(title="record id")
    """Clinical record of this case. (记录标识)

    Source: A 8.5.3.2.
    """

    keys: Annotated[Annotated[list[AssociationKey], Field(min_length=1)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="association keys")
    """What binds the two. (关联键)

    Source: A 8.5.3.2, A 6.3.2.
    """

    fields: Annotated[dict[Key, AttributeValue] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="fields")
    """The linked fields as key-value pairs. (关联字段)

    Source: A 8.5.3.3.
    """

    interval_days: Annotated[NonNegativeReal | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="interval")
    """Days between the image and the test. Unit: d. (时间间隔)

    Source: A 8.5.3.4.
    """

    time_deviation: Annotated[Flag | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="time deviation")
    """True where the interval is above 90 days. (时间偏差标签)

    Source: A 8.5.3.4.
    """

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[_keys.ImageStructuredLinkKeys]) -> None: ...



class RelationLink(Link):
    """A directed relation of two annotations, whether regions of an image or spans of a text. (关系)

    Source: A 8.5.2.1, A 8.5, A 10.1.2.
    """

    type: Literal["relation"] = Field(default="relation", title="type")
    """Which class of link this is. (关联类型)

    Source: A 8.5.
    """

    source_id: Identifier = Field(title="source")
    """Annotation that the relation starts from. (源对象标识)

    Source: A 8.5.2.1.
    """

    target_id: Identifier = Field(title="target")
    """Annotation that it leads to. (目标对象标识)

    Source: A 8.5.2.1.
    """

    relation: Name = Field(title="relation")
    """What the first is to the second, `located_at`, `suggests`, `modifies`, or a word of the project. That one is a part of the other is said by its `parent_id`. (关系类型)

    Source: A 8.5.2.1.
    """

    concept: Annotated[Concept | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="concept")
    """Code of the relation in a terminology. (编码)

    Source: A 8.5.2.1.
    """

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[_keys.RelationLinkKeys]) -> None: ...


AnyLink: TypeAlias = ImageImageLink | ImageTextLink | ImageStructuredLink | RelationLink
"""One of the 4 classes, told apart by `type`."""



class RegistrationError(Model):
    """One error measure of a registration. (配准误差)

    Source: A 7.2.h.
    """

    measure: RegistrationMeasure = Field(title="measure")
    """What was measured. (误差指标)

    Source: A 7.2.h.
    """

    value: NonNegativeReal = Field(title="value")
    """Its value, millimetres for distances. (数值)

    Source: A 7.2.h.
    """

    landmark_count: Annotated[Count | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="landmark count")
    """Number of landmarks it rests on. (标志点数量)

    Source: A 7.2.h.
    """

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[_keys.RegistrationErrorKeys]) -> None: ...



class RegistrationCheck(Model):
    """A check of the annotated region in both images. (配准一致性检查)

    Source: A 8.5.1.3.
    """

    annotation_id: Annotated[Identifier | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="annotation id")
    """Annotation that was looked at. (标注对象标识)

    Source: A 8.5.1.3.
    """

    deviation_mm: NonNegativeReal = Field(title="deviation")
    """Deviation found. Unit: mm. (偏差)

    Source: A 8.5.1.3.
    """

    rotation_degrees: Annotated[NonNegativeReal | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="rotation")
    """Angle between the two, found where images of one device do not agree. Unit: deg. (旋转偏差)

    Source: A 8.5.1.2.
    """

    threshold_mm: NonNegativeReal = Field(title="threshold")
    """Deviation allowed, 3 to 5 mm. Unit: mm. (阈值)

    Source: A 8.5.1.3.
    """

    passed: Flag = Field(title="passed")
    """Whether it was within the threshold. (是否通过)

    Source: A 8.5.1.3.
    """

    checked_by: Annotated[Identifier | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="checked by")
    """Agent id. (检查人员)

    Source: A 8.5.1.3.
    """

    checked_at: Annotated[Timestamp | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="checked at")
    """When. (检查时间)

    Source: A 8.5.1.3.
    """

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[_keys.RegistrationCheckKeys]) -> None: ...



class Registration(Model):
    """How one image is brought onto another, with its error. (配准)

    Source: A 7.2.h, A 8.5.1, A 6.3.1.
    """

    id: Identifier = Field(title="id")
    """Unique identifier in the case. (配准唯一标识)

    Source: A 8.5.1.2.
    """

    kind: RegistrationKind = Field(title="kind")
    """Kind of transform. (配准类型)

    Source: A 8.5.1.1.
    """

    fixed_image_uid: Annotated[Identifier | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="fixed image")
    """Image that stays. Where the case has none, its frame of reference is named instead. (固定影像)

    Source: A 8.5.1.2.
    """

    moving_image_uid: Annotated[Identifier | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="moving image")
    """Image that is brought onto it. Where the case has none, its frame of reference is named instead. (浮动影像)

    Source: A 8.5.1.2.
    """

    fixed_frame_of_reference_uid: Annotated[DicomUid | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="fixed frame of reference")
    """Frame of reference that stays. (固定影像参考坐标系)

    Source: A 8.5.1.2, A B.1.
    """

    moving_frame_of_reference_uid: Annotated[DicomUid | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="moving frame of reference")
    """Frame of reference that is brought onto it. (浮动影像参考坐标系)

    Source: A 8.5.1.2, A B.1.
    """

    maps: MappingDirection = Field(title="maps")
    """Which coordinates the transform takes and which it gives. (映射方向)

    Source: A 8.5.1.2.
    """

    matrix: Annotated[Annotated[list[Annotated[tuple[Real, Real, Real, Real], Fixed(4, 4)]], Field(min_length=4, max_length=4)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="matrix")
    """Row-major homogeneous matrix in LPS and millimetres; beside a field it is applied to the point before the field. (配准矩阵)

    Source: A 8.5.1.2, A 7.2.h.
    """

    field_file: Annotated[RelativePath | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="field file")
    """Displacement field, relative to the case file. (变形场文件)

    Source: A 8.5.1.2, A 7.2.h.
    """

    post_matrix: Annotated[Annotated[list[Annotated[tuple[Real, Real, Real, Real], Fixed(4, 4)]], Field(min_length=4, max_length=4)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="matrix after the field")
    """Row-major homogeneous matrix in LPS and millimetres that is applied to the point after the field. (变形后矩阵)

    Source: A 8.5.1.2.
    """

    field_frame: Annotated[CoordinateFrame | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="field frame")
    """Frame of the field's vectors; LPS if absent. (变形场坐标系)

    Source: A 8.5.1.2.
    """

    method: Annotated[Concept | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="method")
    """What it was aligned by, DICOM CID 7100. (配准方法)

    Source: A 8.5.1.2, A 6.3.1.
    """

    frame_of_reference_uid: Annotated[DicomUid | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="fused frame of reference")
    """Frame of reference of the fused data. (融合坐标系)

    Source: A 8.5.1.4.
    """

    errors: Annotated[Annotated[list[RegistrationError], Field(min_length=1)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="errors")
    """Error measures. (配准误差)

    Source: A 7.2.h, A 8.5.1.4.
    """

    algorithm: Annotated[Algorithm | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="algorithm")
    """Algorithm and its version. (配准算法)

    Source: A 8.5.1.4.
    """

    checks: Annotated[Annotated[list[RegistrationCheck], Field(min_length=1)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="checks")
    """Consistency checks made on it. (跨模态一致性报告)

    Source: A 8.5.1.3, A 8.5.1.4.
    """

    nonconformance: Annotated[Text | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="nonconformance")
    """What does not meet the requirement, where something does not. (不符合项)

    Source: A 7.2.h.
    """

    @model_validator(mode="after")
    def _requirement_0(self) -> "Registration":
        if self.kind in ('rigid', 'rigid_scale', 'affine'):
            if self.matrix is None:
                raise PydanticCustomError("missing_key", "a linear registration needs its matrix: {key}", {"key": "matrix"})
        return self

    @model_validator(mode="after")
    def _requirement_1(self) -> "Registration":
        if self.kind in ('b_spline', 'demons', 'syn', 'other_nonlinear'):
            if self.field_file is None:
                raise PydanticCustomError("missing_key", "a non-linear registration needs its field: {key}", {"key": "field_file"})
        return self

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[_keys.RegistrationKeys]) -> None: ...



class TextSection(Model):
    """A section of a text, from its first code point to behind its last. (文本章节)

    Source: A 8.5.2.2, A 8.1.d.
    """

    title: Annotated[Name | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="title")
    """Its heading. (标题)

    Source: A 8.5.2.2.
    """

    concept: Annotated[Concept | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="concept")
    """What it holds, LOINC: 59776-5 findings, 19005-8 impression. (编码)

    Source: A 8.5.2.2.
    """

    start: Index = Field(title="start")
    """First code point of the section, zero-based. (起始偏移)

    Source: A 8.5.2.2.
    """

    end: Index = Field(title="end")
    """Code point behind the last. (结束偏移)

    Source: A 8.5.2.2.
    """

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[_keys.TextSectionKeys]) -> None: ...



class TextDocument(Model):
    """A text of the case, de-identified. (文本)

    Source: A 3.1, A 8.1.d, A 8.5.2.1.
    """

    id: Identifier = Field(title="id")
    """Unique identifier in the case. (文本唯一标识)

    Source: A 8.5.2.2.
    """

    kind: TextKind = Field(title="kind")
    """What kind of text it is. (文本类型)

    Source: A 3.1.
    """

    language: Annotated[LanguageTag | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="language")
    """Language. (语言)

    Source: A 3.1.
    """

    content: Text = Field(title="content")
    """The text itself; offsets count its Unicode code points. (内容)

    Source: A 8.5.2.1.
    """

    sections: Annotated[Annotated[list[TextSection], Field(min_length=1)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="sections")
    """Its sections, such as findings and impression, in the order of the text. (章节)

    Source: A 8.5.2.2, A 8.1.d.
    """

    written_at: Annotated[Timestamp | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="written at")
    """When it was written. (书写时间)

    Source: A 6.3.2.
    """

    image_uids: Annotated[Annotated[list[Identifier], Field(min_length=1)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="image UIDs")
    """Images that it reports on. (影像唯一标识)

    Source: A 6.3.2.
    """

    deidentified: Annotated[Flag | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="de-identified")
    """Whether personal data were removed. (是否脱敏)

    Source: A 7.3, A 11.2.2.
    """

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[_keys.TextDocumentKeys]) -> None: ...



class ClinicalField(Model):
    """One field with its definition. (临床字段)

    Source: A 8.5.3.2, A 8.5.3.3.
    """

    key: Key = Field(title="key")
    """Name of the field, unique in its record. (字段名)

    Source: A 8.5.3.3.
    """

    concept: Annotated[Concept | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="concept")
    """What it means, LOINC for laboratory values. (编码)

    Source: A 8.5.3.2.
    """

    value: Annotated[FieldValue | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="value")
    """Its value; numbers keep their digits. A field has a value, a coded value, or says why it has none. (值)

    Source: A 8.5.3.3.
    """

    comparator: Annotated[QuantityComparator | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="comparator")
    """How the true value lies to the one given, where the method sets a bound; equal if absent. (比较符)

    Source: A 8.5.3.2.
    """

    value_concept: Annotated[Concept | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="coded value")
    """Its value as a code of a terminology, alone or beside its text. (编码值)

    Source: A 8.5.3.2.
    """

    absent_reason: Annotated[AbsentReason | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="reason for absence")
    """Why it has no value. (缺失原因)

    Source: A 8.5.3.2, A App.A.
    """

    value_type: Annotated[FieldValueType | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="value type")
    """What kind of value it is. (数值类型)

    Source: A 8.5.3.2.
    """

    unit: Annotated[Name | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="unit")
    """Unit in UCUM, `ng/mL`. (单位)

    Source: A 8.5.3.2.
    """

    normal_low: Annotated[Number | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="normal low")
    """Lower end of the normal range. (正常下限)

    Source: A 8.5.3.2.
    """

    normal_high: Annotated[Number | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="normal high")
    """Upper end of the normal range. (正常上限)

    Source: A 8.5.3.2.
    """

    measured_at: Annotated[Timestamp | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="measured at")
    """When it was measured; the record's time if absent. (检测时间)

    Source: A 8.5.3.2, A 8.5.3.4.
    """

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[_keys.ClinicalFieldKeys]) -> None: ...



class ClinicalRecord(Model):
    """Structured clinical data of the case, de-identified. (临床记录)

    Source: A 8.5.3, A 8.5.3.1, A 8.5.3.2, A 3.1.
    """

    id: Identifier = Field(title="id")
    """Unique identifier in the case. (记录唯一标识)

    Source: A 8.5.3.2.
    """

    kind: ClinicalRecordKind = Field(title="kind")
    """What kind of record it is. (记录类型)

    Source: A 8.5.3.1.
    """

    recorded_at: Annotated[Timestamp | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="recorded at")
    """When it was taken. (记录时间)

    Source: A 8.5.3.2, A 8.5.3.4.
    """

    fields: Annotated[list[ClinicalField], Field(min_length=1)] = Field(title="fields")
    """The fields. (字段)

    Source: A 8.5.3.2, A 8.5.3.3.
    """

    deidentified: Annotated[Flag | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="de-identified")
    """Whether personal data were removed. (是否脱敏)

    Source: A 8.5.3.2.
    """

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[_keys.ClinicalRecordKeys]) -> None: ...



class DataSource(Model):
    """Where the data came from and why they may be used. (数据来源)

    Source: A 7.1, A 11.5.1, A App.A.
    """

    institution: Name = Field(title="institution")
    """Institution, or its pseudonym. (机构)

    Source: A 7.1.
    """

    approval: Annotated[Name | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="approval")
    """Approval or ethics reference. (伦理批准)

    Source: A 7.1.
    """

    data_use_terms: Annotated[Text | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="data-use terms")
    """Terms of use. (数据使用条款)

    Source: A 7.1.
    """

    lawful_basis: Annotated[Text | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="lawful basis")
    """Why the use is lawful. (合法性依据)

    Source: A 7.1.
    """

    population: Annotated[Text | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="population")
    """Which population the data are from. (人群范围)

    Source: A App.A.
    """

    collected_from: Annotated[Timestamp | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="collected from")
    """Begin of collection. (采集开始)

    Source: A App.A.
    """

    collected_to: Annotated[Timestamp | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="collected to")
    """End of collection. (采集结束)

    Source: A App.A.
    """

    equipment: Annotated[Annotated[list[Name], Field(min_length=1)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="equipment")
    """Equipment. (设备)

    Source: A App.A.
    """

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[_keys.DataSourceKeys]) -> None: ...



class SpotCheck(Model):
    """One check of a sample. (抽检记录)

    Source: A 7.3, A 11.2.2.
    """

    sample_size: Count = Field(title="sample size")
    """How many were looked at. (抽检数量)

    Source: A 7.3.
    """

    failures: Index = Field(title="failures")
    """How many failed. (不合格数量)

    Source: A 7.3.
    """

    by: Annotated[Identifier | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="by")
    """Agent id. (抽检人员)

    Source: A 7.3.
    """

    at: Annotated[Timestamp | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="at")
    """When. (抽检时间)

    Source: A 7.3.
    """

    note: Annotated[Text | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="note")
    """Anything to add. (备注)

    Source: A 7.3.
    """

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[_keys.SpotCheckKeys]) -> None: ...



class DeidentificationRecord(Model):
    """How personal data were removed; the mapping itself is never part of a deliverable. (脱敏记录)

    Source: A 7.3, A 11.2.1, A 11.2.2, A 5.5.
    """

    scope: DeidentificationScope = Field(title="scope")
    """What it covers. (范围)

    Source: A 7.3.
    """

    rule_set: Name = Field(title="rule set")
    """Rule set and its version. (脱敏规则)

    Source: A 11.2.1.
    """

    policy: Annotated[Text | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="policy")
    """Policy, in words. (脱敏策略)

    Source: A 7.3, A 11.2.2.
    """

    tool: Annotated[Algorithm | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="tool")
    """Tool and its version. (工具)

    Source: A 11.2.1.
    """

    at: Annotated[Timestamp | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="at")
    """When. (时间)

    Source: A 11.2.1.
    """

    retained: Annotated[Annotated[list[Name], Field(min_length=1)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="retained")
    """What was kept because diagnosis or position needs it. (保留项)

    Source: A 7.3.
    """

    spot_checks: Annotated[Annotated[list[SpotCheck], Field(min_length=1)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="spot checks")
    """Spot checks. (抽检记录)

    Source: A 7.3, A 11.2.2.
    """

    mapping_kept: Annotated[Flag | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="mapping kept")
    """Whether a mapping to the original identity is kept, apart from the deliverable. (是否保留映射)

    Source: A 7.3.
    """

    mapping_storage: Annotated[Text | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="mapping storage")
    """Where and how it is kept. (映射存储规则)

    Source: A 7.3, A 11.2.2.
    """

    mapping_access: Annotated[Text | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="mapping access")
    """Who may see it, and how that is audited. (映射访问规则)

    Source: A 7.3, A 11.2.2.
    """

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[_keys.DeidentificationRecordKeys]) -> None: ...



class AssistanceDeviation(Model):
    """One measure of the distance between suggestion and result. (模型辅助偏差)

    Source: A 9.1.1.
    """

    measure: DeviationMeasure = Field(title="measure")
    """What was measured. (指标)

    Source: A 9.1.1.
    """

    value: NonNegativeReal = Field(title="value")
    """Its value. (数值)

    Source: A 9.1.1.
    """

    annotation_id: Annotated[Identifier | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="annotation id")
    """Annotation concerned; all if absent. (标注对象标识)

    Source: A 9.1.1.
    """

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[_keys.AssistanceDeviationKeys]) -> None: ...



class ModelAssistance(Model):
    """What a model suggested and what a person made of it; the suggestion is kept apart from the result. (模型辅助记录)

    Source: A 10.1.6, A 6.4.2, A 3.4, A 11.5.1.
    """

    id: Identifier = Field(title="id")
    """Unique identifier in the case. (标识)

    Source: A 10.1.6.
    """

    model: Algorithm = Field(title="model")
    """Model, version and inference parameters. (模型)

    Source: A 10.1.6.
    """

    suggested_at: Annotated[Timestamp | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="suggested at")
    """When the suggestion was loaded. (建议时间)

    Source: A 10.1.6.
    """

    suggestion_file: Annotated[RelativePath | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="suggestion file")
    """The suggestion as the model made it. (建议文件)

    Source: A 3.4.
    """

    annotation_ids: Annotated[Annotated[list[Identifier], Field(min_length=1)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="annotation ids")
    """Annotations that grew out of it. (标注对象标识)

    Source: A 10.1.6.
    """

    outcome: Annotated[AssistanceOutcome | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="outcome")
    """What a person made of it. (修订结果)

    Source: A 10.1.6.
    """

    revised_by: Annotated[Identifier | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="revised by")
    """Agent id of who confirmed or corrected. (修订人员)

    Source: A 10.1.6, A 6.4.2.
    """

    revised_at: Annotated[Timestamp | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="revised at")
    """When. (修订时间)

    Source: A 10.1.6.
    """

    revision: Annotated[Text | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="revision")
    """What was changed. (修订记录)

    Source: A 10.1.6.
    """

    deviations: Annotated[Annotated[list[AssistanceDeviation], Field(min_length=1)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="deviations")
    """How far the suggestion was from the result. (偏差评估)

    Source: A 9.1.1.
    """

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[_keys.ModelAssistanceKeys]) -> None: ...



class ReviewFinding(Model):
    """One thing a reviewer found. (审核问题)

    Source: A 6.5.1.
    """

    id: Identifier = Field(title="id")
    """Unique identifier in the case. (问题标识)

    Source: A 6.5.1.
    """

    kind: ReviewFindingKind = Field(title="kind")
    """What is wrong. (问题类型)

    Source: A 6.5.1.
    """

    annotation_id: Annotated[Identifier | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="annotation id")
    """Annotation concerned; the case if absent. (标注对象标识)

    Source: A 6.5.1.
    """

    note: Annotated[Text | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="note")
    """In words. (说明)

    Source: A 6.5.1.
    """

    resolved_by: Annotated[Identifier | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="resolved by")
    """Agent id of who revised. (整改人员)

    Source: A 6.5.2.
    """

    resolved_at: Annotated[Timestamp | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="resolved at")
    """When it was revised. (整改时间)

    Source: A 6.5.2.
    """

    resolution: Annotated[Text | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="resolution")
    """What was done. (整改说明)

    Source: A 6.5.2.
    """

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[_keys.ReviewFindingKeys]) -> None: ...



class Review(Model):
    """One round of the cycle of annotation, review and revision. (审核记录)

    Source: A 6.5.2, A 9.3.1, A 9.3.1.b, A 9.3.1.c, A 5.6.
    """

    id: Identifier = Field(title="id")
    """Unique identifier in the case. (审核标识)

    Source: A 6.5.2.
    """

    level: ReviewLevel = Field(title="level")
    """Self check, review, or final arbitration. (质控级别)

    Source: A 9.3.1.
    """

    round: Annotated[Count | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="round")
    """One-based round. (轮次)

    Source: A 6.5.2.
    """

    reviewer: Identifier = Field(title="reviewer")
    """Agent id. (审核人员)

    Source: A 9.3.1.b.
    """

    at: Timestamp = Field(title="at")
    """When. (审核时间)

    Source: A 6.5.2.
    """

    annotation_ids: Annotated[Annotated[list[Identifier], Field(min_length=1)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="annotation ids")
    """Annotations that were looked at; all of the case if absent. (标注对象标识)

    Source: A 9.3.1.b, A 6.5.2.
    """

    reviewed_version: Annotated[Version | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="reviewed version")
    """Version that was looked at. (被审版本)

    Source: A 8.4.e, A 9.1.2.
    """

    outcome: ReviewOutcome = Field(title="outcome")
    """Its result. (审核结论)

    Source: A 6.5.2.
    """

    is_cross_review: Annotated[Flag | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="cross review")
    """Whether a second reviewer looked at a hard sample. (交叉复核)

    Source: A 9.3.1.b.
    """

    findings: Annotated[Annotated[list[ReviewFinding], Field(min_length=1)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="findings")
    """What was found. (审核问题)

    Source: A 6.5.1.
    """

    conclusion: Annotated[Text | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="conclusion")
    """The conclusion in words. (结论说明)

    Source: A 9.3.1.c.
    """

    frozen_version: Annotated[Version | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="frozen version")
    """Version that the arbitration froze. (定版版本)

    Source: A 9.3.1.c, A 11.5.2.
    """

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[_keys.ReviewKeys]) -> None: ...



class AgreementRecord(Model):
    """Agreement of two versions, annotators or modalities. (一致性评价记录)

    Source: A 9.2, A 8.4.c, A App.A.
    """

    id: Identifier = Field(title="id")
    """Unique identifier in the case or package. (标识)

    Source: A 9.2.
    """

    between: AgreementScope = Field(title="between")
    """What was compared. (比较维度)

    Source: A 9.2.
    """

    metric: AgreementMetric = Field(title="metric")
    """How. (指标)

    Source: A 9.2.
    """

    value: Real = Field(title="value")
    """The result, millimetres for distances. (数值)

    Source: A 9.2.
    """

    parties: Annotated[Annotated[list[Identifier], Field(min_length=2)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="parties")
    """Agents, versions or image UIDs that were compared. (比较对象)

    Source: A 9.2.
    """

    annotation_ids: Annotated[Annotated[list[Identifier], Field(min_length=1)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="annotation ids")
    """Annotations concerned. (标注对象标识)

    Source: A 9.2.
    """

    needs_second_review: Annotated[Flag | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="needs second review")
    """Whether a second review follows (Dice below 0.85). (需二次审核)

    Source: A 8.4.c.
    """

    needs_dedicated_review: Annotated[Flag | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="needs dedicated review")
    """Whether a dedicated review follows (Dice below 0.75). (需专项审核)

    Source: A 9.2.
    """

    error_kinds: Annotated[Annotated[list[ReviewFindingKind], Field(min_length=1)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="kinds of error")
    """What is wrong where agreement is poor, as the dedicated review found. (错误类型)

    Source: A 9.2.
    """

    resolution: Annotated[Text | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="resolution")
    """What followed: annotated anew, or the label system was changed. (处置)

    Source: A 9.2.
    """

    computed_at: Annotated[Timestamp | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="computed at")
    """When. (计算时间)

    Source: A 9.2.
    """

    definition_id: Annotated[Identifier | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="definition id")
    """Which definition of the metric, `surface_voxel.hd95`; docs/reference/metrics.md lists them. (指标定义标识)

    Source: A 9.2, A App.D.
    """

    tolerance_mm: Annotated[NonNegativeReal | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="tolerance")
    """Tolerance of a normalized surface Dice, mm. (容差)

    Source: A 9.2.
    """

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[_keys.AgreementRecordKeys]) -> None: ...



class MetricValue(Model):
    """One value of a metric by one definition, or why there is none. Never infinite, and never a value made up for an empty mask. (指标值)

    Source: A 9.1.1, A 9.2, A 9.4.1, A 9.4.2, A App.D.
    """

    definition_id: Identifier = Field(title="definition id")
    """Which definition, `overlap.dice`; docs/reference/metrics.md lists them. (指标定义标识)

    Source: A 9.1.1, A App.D.
    """

    status: MetricStatus = Field(title="status")
    """Whether there is a value, or why there is none. (状态)

    Source: A 9.1.1.
    """

    value: Annotated[Real | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="value")
    """The value; absent unless the status is `defined`. (数值)

    Source: A 9.1.1.
    """

    unit: Annotated[Text | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="unit")
    """Unit of the value, UCUM: 1 (a fraction or a coefficient), mm, mL. (单位)

    Source: A 9.1.1.
    """

    label: Annotated[Text | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="label")
    """Label code, or number in a label map, that the value is about; absent for the whole. (标签)

    Source: A 9.1.1.
    """

    tolerance_mm: Annotated[NonNegativeReal | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="tolerance")
    """Tolerance of a normalized surface Dice, or width of a boundary, mm. (容差)

    Source: A 9.1.1.
    """

    count: Annotated[Index | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="count")
    """Of how many values it is a mean, or how many subjects it was computed from. (样本数)

    Source: A 9.4.1.
    """

    low: Annotated[Real | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="low")
    """Lower bound of its confidence interval. (置信下限)

    Source: A 9.4.1.
    """

    high: Annotated[Real | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="high")
    """Upper bound of its confidence interval. (置信上限)

    Source: A 9.4.1.
    """

    confidence_level: Annotated[UnitInterval | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="confidence level")
    """Level of the confidence interval, 0.95. (置信水平)

    Source: A 9.4.1.
    """

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[_keys.MetricValueKeys]) -> None: ...



class Assessment(Model):
    """One qualitative judgement. (定性评价)

    Source: A 9.1.2.
    """

    dimension: AssessmentDimension = Field(title="dimension")
    """What is judged. (评价维度)

    Source: A 9.1.2.
    """

    passed: Flag = Field(title="passed")
    """The judgement. (是否符合)

    Source: A 9.1.2.
    """

    by: Annotated[Identifier | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="by")
    """Agent id. (评价人员)

    Source: A 9.1.2.
    """

    at: Annotated[Timestamp | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="at")
    """When. (评价时间)

    Source: A 9.1.2.
    """

    note: Annotated[Text | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="note")
    """Why. (说明)

    Source: A 9.1.2.
    """

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[_keys.AssessmentKeys]) -> None: ...



class ValidationRecord(Model):
    """One validation of a set of annotations. (验证记录)

    Source: A 9.4.2, A 9.4.1.
    """

    id: Identifier = Field(title="id")
    """Unique identifier in the case or package. (标识)

    Source: A 9.4.2.
    """

    kind: ValidationKind = Field(title="kind")
    """How it was validated. (验证方式)

    Source: A 9.4.2, A 9.4.1.
    """

    organization: Annotated[Name | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="organization")
    """Who validated. (验证机构)

    Source: A 9.4.2.
    """

    qualification: Annotated[Text | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="qualification")
    """Why they may. (资质)

    Source: A 9.4.2.
    """

    reference: Annotated[Text | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="reference")
    """Reference standard, model or report. (参考标准)

    Source: A 9.4.2.
    """

    results: Annotated[dict[Key, AttributeValue] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="results")
    """Metrics and their values. (结果)

    Source: A 9.4.2.
    """

    metrics: Annotated[Annotated[list[MetricValue], Field(min_length=1)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="metrics")
    """Values of metrics, each with its definition. (指标)

    Source: A 9.4.2, A 9.4.1.
    """

    report_file: Annotated[RelativePath | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="report file")
    """The report, relative to the document. (验证报告文件)

    Source: A 9.4.2.
    """

    conclusion: Annotated[Text | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="conclusion")
    """The conclusion in words. (结论)

    Source: A 9.4.2.
    """

    at: Annotated[Timestamp | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="at")
    """When. (验证时间)

    Source: A 9.4.2.
    """

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[_keys.ValidationRecordKeys]) -> None: ...



class QcFinding(Model):
    """An error in an image or a report that a person or a model found. (质控发现)

    Source: Q abstract.
    """

    id: Identifier = Field(title="id")
    """Unique identifier in the case. (标识)

    Source: Q abstract.
    """

    kind: QcFindingKind = Field(title="kind")
    """What is wrong. (问题类型)

    Source: Q abstract.
    """

    annotation_ids: Annotated[Annotated[list[Identifier], Field(min_length=1)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="annotation ids")
    """Annotations that show where. (标注对象标识)

    Source: Q abstract.
    """

    image_uid: Annotated[Identifier | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="image UID")
    """Image concerned. (影像唯一标识)

    Source: Q abstract.
    """

    text_id: Annotated[Identifier | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="text id")
    """Report concerned. (文本标识)

    Source: Q abstract.
    """

    start: Annotated[Index | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="start")
    """First code point in the report, zero-based. (起始偏移)

    Source: Q abstract.
    """

    end: Annotated[Index | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="end")
    """Code point behind the last. (结束偏移)

    Source: Q abstract.
    """

    description: Annotated[Text | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="description")
    """In words. (描述)

    Source: Q abstract.
    """

    suggestion: Annotated[Text | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="suggestion")
    """What it should be, in words. (修改建议)

    Source: Q abstract.
    """

    severity: Annotated[Severity | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="severity")
    """How grave. (严重程度)

    Source: Q abstract.
    """

    made_by: Annotated[Identifier | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="made by")
    """Agent id of the person or the model. (发现者)

    Source: Q abstract.
    """

    confidence: Annotated[UnitInterval | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="confidence")
    """Confidence of whoever found it. (置信度)

    Source: Q abstract.
    """

    confirmed: Annotated[Flag | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="confirmed")
    """Whether a person confirmed it. (是否确认)

    Source: Q abstract.
    """

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[_keys.QcFindingKeys]) -> None: ...



class Software(Model):
    """A tool and its version. (软件)

    Source: A C.4.b.
    """

    name: Annotated[Name | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="name")
    """Name. (名称)

    Source: A C.4.b.
    """

    version: Annotated[Name | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="version")
    """Version. (版本)

    Source: A C.4.b.
    """

    ai_model: Annotated[Name | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="AI model")
    """Model that made suggestions, with its version. (辅助模型)

    Source: A C.4.b, A 10.1.6.
    """

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[_keys.SoftwareKeys]) -> None: ...



class Timestamps(Model):
    """When work began and ended. (时间戳)

    Source: A C.4.c.
    """

    start: Annotated[Timestamp | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="start")
    """When it began. (开始时间)

    Source: A C.4.c.
    """

    end: Annotated[Timestamp | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="end")
    """When it ended. (结束时间)

    Source: A C.4.c.
    """

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[_keys.TimestampsKeys]) -> None: ...



class QualityControl(Model):
    """State of quality control. (质控)

    Source: A C.4.d.
    """

    status: Annotated[QcStatus | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="status")
    """State. (质控状态)

    Source: A C.4.d.
    """

    issues: Annotated[list[Text] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="issues")
    """What was found, in words. (质控问题)

    Source: A C.4.d.
    """

    findings: Annotated[Annotated[list[QcFinding], Field(min_length=1)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="findings")
    """Errors found in images and reports. (质控发现)

    Source: Q abstract, A 6.5.1.
    """

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[_keys.QualityControlKeys]) -> None: ...



class AuditEvent(Model):
    """One operation. (审计事件)

    Source: A C.4.f.
    """

    action: AuditAction = Field(title="action")
    """What was done. (操作)

    Source: A C.4.f.
    """

    actor: Identifier = Field(title="actor")
    """Agent id of who did it. (操作者)

    Source: A C.4.f.
    """

    at: Timestamp = Field(title="at")
    """When. (时间)

    Source: A C.4.f.
    """

    target_id: Annotated[Identifier | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="target")
    """Id of what it was done to; the case if absent. (对象标识)

    Source: A C.4.f.
    """

    note: Annotated[Text | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="note")
    """Anything to add. (备注)

    Source: A C.4.f.
    """

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[_keys.AuditEventKeys]) -> None: ...



class Agent(Model):
    """A person, a model or a service. (参与者)

    Source: A 11.1.2.
    """

    id: Identifier = Field(title="id")
    """Pseudonymous identifier. (标识)

    Source: A 11.1.2.
    """

    kind: Annotated[AgentKind | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="kind")
    """Person, organization or device (DICOM observer type). (类型)

    Source: A 11.1.2.
    """

    roles: Annotated[Annotated[list[AgentRole], Field(min_length=1)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="roles")
    """Roles in the task; one may have several. (角色)

    Source: A 11.1.2, A A.3.6.
    """

    name: Annotated[Name | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="name")
    """Name, where it may be told. (名称)

    Source: A 11.1.2.
    """

    organization: Annotated[Name | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="organization")
    """Where the agent belongs. (机构)

    Source: A 11.1.2.
    """

    qualification: Annotated[Text | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="qualification")
    """Why the agent may do this. (资质)

    Source: A 11.1.2, A A.3.6, A 9.3.1.b.
    """

    algorithm: Annotated[Algorithm | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="algorithm")
    """What a device runs, model and version. (算法)

    Source: A 10.1.6.
    """

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[_keys.AgentKeys]) -> None: ...



class Metadata(Model):
    """Trace and quality record of a case. (元数据)

    Source: A C.4.
    """

    annotator: Annotated[Identifier | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="annotator")
    """Agent id of the annotator. (标注人员)

    Source: A C.4.a, A 5.6.
    """

    reviewer: Annotated[Identifier | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="reviewer")
    """Agent id of the reviewer. (复核人员)

    Source: A C.4.a.
    """

    institution: Annotated[Name | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="institution")
    """Where it was annotated. (机构)

    Source: A C.4.a.
    """

    software: Annotated[Software | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="software")
    """What it was annotated with. (软件)

    Source: A C.4.b.
    """

    timestamps: Annotated[Timestamps | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="timestamps")
    """When work began and ended. (时间戳)

    Source: A C.4.c.
    """

    qc: Annotated[QualityControl | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="quality control")
    """State and issues of quality control. (质控)

    Source: A C.4.d.
    """

    version: Annotated[Version | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="version")
    """Version of the annotation. (数据包版本号)

    Source: A C.4.e.
    """

    title: Annotated[Name | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="title")
    """What the set of annotations is called, without patient data (DICOM SeriesDescription of a report or segmentation, StructureSetLabel). (标题)

    Source: A C.2.d.
    """

    language: Annotated[LanguageTag | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="language")
    """Language of what the annotators wrote (DICOM TID 1204, Language of Content Item and Descendants). (语言)

    Source: A 3.1.
    """

    audit: Annotated[list[AuditEvent] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="audit")
    """Key operations in their order. (审计流水)

    Source: A C.4.f, A 6.4.2.
    """

    agents: Annotated[list[Agent] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="agents")
    """Who the agent ids stand for. (参与者)

    Source: A 11.1.2.
    """

    sources: Annotated[Annotated[list[DataSource], Field(min_length=1)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="data sources")
    """Where the data came from. (数据来源)

    Source: A 7.1.
    """

    deidentification: Annotated[Annotated[list[DeidentificationRecord], Field(min_length=1)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="de-identification")
    """How personal data were removed. (脱敏记录)

    Source: A 7.3.
    """

    assistance: Annotated[Annotated[list[ModelAssistance], Field(min_length=1)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="model assistance")
    """What models suggested. (模型辅助记录)

    Source: A 10.1.6.
    """

    agreement: Annotated[Annotated[list[AgreementRecord], Field(min_length=1)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="agreement")
    """Agreement that was measured. (一致性评价记录)

    Source: A 9.2.
    """

    assessments: Annotated[Annotated[list[Assessment], Field(min_length=1)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="assessments")
    """Qualitative judgements. (定性评价)

    Source: A 9.1.2.
    """

    validations: Annotated[Annotated[list[ValidationRecord], Field(min_length=1)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="validations")
    """Validations. (验证记录)

    Source: A 9.4.2.
    """

    changes: Annotated[Annotated[list[ChangeRecord], Field(min_length=1)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="changes")
    """What changed from version to version. (变更记录)

    Source: A 11.5.2, A 5.6.
    """

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[_keys.MetadataKeys]) -> None: ...



class Deliverable(Model):
    """One thing that is delivered. (交付项)

    Source: A App.A.
    """

    side: DeliverableSide = Field(title="side")
    """Which side it belongs to. (交付端)

    Source: A App.A.
    """

    description: Text = Field(title="description")
    """What it is. (描述)

    Source: A App.A.
    """

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[_keys.DeliverableKeys]) -> None: ...



class AlignmentRule(Model):
    """One rule for alignment across modalities. (对齐规则)

    Source: A App.A, A 3.3.
    """

    scope: AssociationGranularity = Field(title="scope")
    """Within what the alignment stays. (范围)

    Source: A 3.3.
    """

    cardinality: Cardinality = Field(title="cardinality")
    """How many map to how many. (映射基数)

    Source: A A.3.4.
    """

    conflict_handling: Annotated[Text | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="conflict handling")
    """What is done when text and image contradict. (冲突处理)

    Source: A App.A.
    """

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[_keys.AlignmentRuleKeys]) -> None: ...



class AssociationRule(Model):
    """How data of a case are associated, and what happens where that fails. (关联规则)

    Source: A 6.3.2.
    """

    granularity: AssociationGranularity = Field(title="granularity")
    """Level of the association. (关联粒度)

    Source: A 6.3.2.
    """

    keys: Annotated[list[AssociationKeyKind], Field(min_length=1)] = Field(title="keys")
    """Keys. (关联键)

    Source: A 6.3.2.
    """

    missing_handling: Annotated[Text | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="missing")
    """What is done where a key is missing. (缺失处置)

    Source: A 6.3.2.
    """

    conflict_handling: Annotated[Text | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="conflict")
    """What is done where keys contradict. (冲突处置)

    Source: A 6.3.2.
    """

    time_handling: Annotated[Text | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="time")
    """What is done where times contradict. (时间不一致处置)

    Source: A 6.3.2.
    """

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[_keys.AssociationRuleKeys]) -> None: ...



class AgreementMonitoring(Model):
    """How agreement is watched. (一致性监控)

    Source: A App.A, A 9.2.
    """

    method: Text = Field(title="method")
    """How. (方式)

    Source: A App.A.
    """

    frequency: Annotated[Text | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="frequency")
    """How often. (频次)

    Source: A App.A.
    """

    proportion: Annotated[UnitInterval | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="proportion")
    """Share of the samples. (比例)

    Source: A App.A.
    """

    metrics: Annotated[Annotated[list[AgreementMetric], Field(min_length=1)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="metrics")
    """Metrics. (指标)

    Source: A 9.2.
    """

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[_keys.AgreementMonitoringKeys]) -> None: ...



class Threshold(Model):
    """A threshold fixed by the task. (阈值)

    Source: A 9.1.1.
    """

    name: Name = Field(title="name")
    """What it limits, `dice`. (名称)

    Source: A 9.1.1.
    """

    minimum: Annotated[Number | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="minimum")
    """Least value. (下限)

    Source: A 9.1.1.
    """

    maximum: Annotated[Number | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="maximum")
    """Greatest value. (上限)

    Source: A 9.1.1.
    """

    consequence: Annotated[Text | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="consequence")
    """What happens beyond it. (处置)

    Source: A 9.1.1.
    """

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[_keys.ThresholdKeys]) -> None: ...



class SamplingPlan(Model):
    """How samples are drawn for quality control, and when a lot passes. (抽检方案)

    Source: A 9.1.1, A 10.1.4.
    """

    proportion: Annotated[UnitInterval | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="proportion")
    """Share of the cases that is drawn. (抽检比例)

    Source: A 9.1.1.
    """

    count: Annotated[Count | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="count")
    """Number of cases that is drawn, where it is no share. (抽检数量)

    Source: A 9.1.1.
    """

    method: Annotated[Text | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="method")
    """How they are drawn. (抽样方法)

    Source: A 9.1.1.
    """

    decision_rule: Text = Field(title="decision rule")
    """When the lot passes, and what follows where it does not. (判定规则)

    Source: A 9.1.1.
    """

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[_keys.SamplingPlanKeys]) -> None: ...



class RoleDefinition(Model):
    """A role in the task. (角色定义)

    Source: A App.A, A A.3.6, A 11.1.2.
    """

    role: AgentRole = Field(title="role")
    """Role. (角色)

    Source: A 11.1.2.
    """

    name: Annotated[Name | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="name")
    """Its name in the task. (名称)

    Source: A App.A.
    """

    duties: Text = Field(title="duties")
    """What the role does. (职责)

    Source: A A.3.6.
    """

    qualification: Annotated[Text | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="qualification")
    """What is asked of people. (能力要求)

    Source: A A.3.6.
    """

    admission: Annotated[Text | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="admission")
    """Test before work. (上岗要求)

    Source: A A.3.6.
    """

    separate_from: Annotated[Annotated[list[AgentRole], Field(min_length=1)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="separate from")
    """Roles that the same person may not have. (职责分离)

    Source: A A.3.6.
    """

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[_keys.RoleDefinitionKeys]) -> None: ...



class DataPreparation(Model):
    """Data of the task and what is excluded. (数据准备)

    Source: A App.A.
    """

    collection: Annotated[Text | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="collection")
    """Period, institutions, equipment, compliance (A.5 a). (采集与合规信息)

    Source: A App.A.
    """

    exclusions: Annotated[Annotated[list[Text], Field(min_length=1)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="exclusions")
    """What is excluded and why (A.5 b). (清洗与剔除)

    Source: A App.A.
    """

    deduplication: Annotated[Text | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="deduplication")
    """How duplicates are found (A.5 c). (去重)

    Source: A A.5.c.
    """

    association: Annotated[Text | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="association")
    """How images and reports are associated (A.5 c). (关联)

    Source: A A.5.c.
    """

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[_keys.DataPreparationKeys]) -> None: ...



class TaskDefinition(Model):
    """What a task asks, of whom, by which rules. A document of its own, that cases name by `task_id`. (任务定义)

    Source: A 6.3.1, A 6.3.2, A App.A.
    """

    task_id: Identifier = Field(title="task id")
    """Identifier of the task. (任务唯一标识)

    Source: A C.2.a.
    """

    version: Version = Field(title="version")
    """Version of this document. (版本)

    Source: A App.A.
    """

    title: Name = Field(title="title")
    """Name of the task. (名称)

    Source: A App.A.
    """

    goal: Text = Field(title="goal")
    """What it is for (A.2.1). (任务目标)

    Source: A App.A.
    """

    scope: Annotated[Text | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="scope")
    """What is to be annotated. (标注范围)

    Source: A 6.3.1.
    """

    application: Annotated[Text | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="application")
    """What for. (应用场景)

    Source: A 6.3.1.
    """

    kinds: Annotated[Annotated[list[TaskKind], Field(min_length=1)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="kinds")
    """Which of the five kinds of annotation. (标注类型)

    Source: A 8.1.
    """

    modalities: Annotated[list[Modality], Field(min_length=1)] = Field(title="modalities")
    """Modalities of the images (A.2.2). (影像模态)

    Source: A App.A.
    """

    text_kinds: Annotated[Annotated[list[Name], Field(min_length=1)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="text kinds")
    """Kinds of text (A.2.2). (文本类型)

    Source: A App.A.
    """

    algorithm_type: AlgorithmType = Field(title="algorithm type")
    """By hand, or with an algorithm's help (A.2.3). (标注方式)

    Source: A App.A.
    """

    label_system_id: Annotated[Identifier | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="label system")
    """Label system of the task. (标签体系)

    Source: A 6.3.1.
    """

    label_codes: Annotated[Annotated[list[LabelCode], Field(min_length=1)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="label codes")
    """Labels of what is annotated; all of the label system if absent. (标注对象)

    Source: A 6.3.3, A 6.3.1.
    """

    geometries: Annotated[Annotated[list[Geometry], Field(min_length=1)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="geometries")
    """Geometries that may be used. (几何类型)

    Source: A 6.4.1.
    """

    granularities: Annotated[Annotated[list[Granularity], Field(min_length=1)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="granularities")
    """Granularities asked for. (标注粒度)

    Source: A 6.3.1, A 8.3.
    """

    spatial_requirement: Annotated[Text | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="spatial requirement")
    """Requirements on geometry. (空间要求)

    Source: A 6.3.1.
    """

    frame_rule: Annotated[Text | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="frame and time rule")
    """How frames of video and time series are numbered and timed. (帧索引与时间戳规则)

    Source: A 7.2.note.
    """

    coordinate_frame: Annotated[CoordinateFrame | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="coordinate frame")
    """Frame that the annotations are in. (坐标体系)

    Source: A 6.3.1.
    """

    registration_method: Annotated[Text | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="registration method")
    """How modalities are registered. (配准方式)

    Source: A 6.3.1.
    """

    modality_correspondence: Annotated[Text | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="modality correspondence")
    """What corresponds to what. (模态对应关系)

    Source: A 6.3.1.
    """

    operating_rules: Annotated[Annotated[list[Text], Field(min_length=1)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="operating rules")
    """How to work. (操作规则)

    Source: A 6.3.1.
    """

    deliverables: Annotated[list[Deliverable], Field(min_length=1)] = Field(title="deliverables")
    """What is delivered (A.2.4). (交付内容)

    Source: A App.A.
    """

    output_formats: Annotated[Annotated[list[Name], Field(min_length=1)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="output formats")
    """Formats of the output. (输出格式)

    Source: A 6.3.1.
    """

    result_organisation: Annotated[Text | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="result organisation")
    """How the results are laid out (A.2.5). (结果组织)

    Source: A App.A.
    """

    delineation_rules: Annotated[Annotated[list[Text], Field(min_length=1)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="delineation rules")
    """Rules for outlines (A.3.1). (勾画规则)

    Source: A App.A.
    """

    grading_rules: Annotated[Annotated[list[Text], Field(min_length=1)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="grading rules")
    """Rules for grades (A.3.2). (分级规则)

    Source: A App.A.
    """

    text_rules: Annotated[Annotated[list[Text], Field(min_length=1)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="text rules")
    """Rules for texts (A.3.3). (文本标注规则)

    Source: A App.A.
    """

    fields: Annotated[Annotated[list[AttributeDefinition], Field(min_length=1)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="fields")
    """Fields of the report, with their values and what stands for missing and uncertain ones (A.3.3). (字段定义)

    Source: A App.A, A 10.1.2.
    """

    alignment_rules: Annotated[Annotated[list[AlignmentRule], Field(min_length=1)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="alignment rules")
    """Rules for alignment (A.3.4). (跨模态对齐规则)

    Source: A App.A.
    """

    association: Annotated[AssociationRule | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="association")
    """How images and texts are brought together. (关联确认)

    Source: A 6.3.2.
    """

    agreement_monitoring: Annotated[AgreementMonitoring | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="agreement monitoring")
    """How agreement is watched (A.3.5). (一致性监控)

    Source: A App.A.
    """

    metrics: Annotated[Annotated[list[AgreementMetric], Field(min_length=1)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="metrics")
    """Metrics that the task fixed. (质量指标)

    Source: A 9.1.1.
    """

    thresholds: Annotated[Annotated[list[Threshold], Field(min_length=1)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="thresholds")
    """Thresholds fixed by the task. (阈值)

    Source: A 9.1.1.
    """

    sampling: Annotated[SamplingPlan | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="sampling")
    """How samples are drawn and judged, fixed with metrics and thresholds. (抽检方案)

    Source: A 9.1.1, A 10.1.4.
    """

    roles: Annotated[list[RoleDefinition], Field(min_length=1)] = Field(title="roles")
    """Roles (A.3.6). (角色与职责)

    Source: A App.A, A A.3.6.
    """

    tools: Annotated[Annotated[list[Text], Field(min_length=1)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="tools")
    """What the tools must do (A.4.1). (工具能力)

    Source: A App.A.
    """

    environment: Annotated[Annotated[list[Text], Field(min_length=1)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="environment")
    """Environment (A.4.2). (环境要求)

    Source: A App.A.
    """

    data_preparation: Annotated[DataPreparation | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="data preparation")
    """Data and exclusions (A.5). (数据准备)

    Source: A App.A.
    """

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[_keys.TaskDefinitionKeys]) -> None: ...



class Exclusion(Model):
    """A sample that was left out or set apart. (剔除记录)

    Source: A App.A.
    """

    case_id: Identifier = Field(title="case id")
    """Case. (病例标识)

    Source: A App.A.
    """

    reason: ExclusionReason = Field(title="reason")
    """Why (A.5 b, c). (原因)

    Source: A App.A.
    """

    note: Annotated[Text | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="note")
    """In words, with what was done. (说明)

    Source: A App.A.
    """

    by: Annotated[Identifier | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="by")
    """Agent id. (执行人)

    Source: A App.A.
    """

    at: Annotated[Timestamp | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="at")
    """When. (时间)

    Source: A App.A.
    """

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[_keys.ExclusionKeys]) -> None: ...



class AssociationProblem(Model):
    """One failure to associate the data of a case, and what the task's rule made of it. (关联问题记录)

    Source: A 6.3.2, A App.A.
    """

    case_id: Identifier = Field(title="case id")
    """Case. (病例标识)

    Source: A 6.3.2.
    """

    kind: AssociationProblemKind = Field(title="kind")
    """What is wrong. (问题类型)

    Source: A 6.3.2.
    """

    keys: Annotated[Annotated[list[AssociationKey], Field(min_length=1)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="association keys")
    """Keys that are missing or do not agree. (关联键)

    Source: A 6.3.2.
    """

    handling: Text = Field(title="handling")
    """What was done, by the task's rule. (处置)

    Source: A 6.3.2.
    """

    by: Annotated[Identifier | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="by")
    """Agent id. (处置人)

    Source: A 6.3.2.
    """

    at: Annotated[Timestamp | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="at")
    """When. (时间)

    Source: A 6.3.2.
    """

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[_keys.AssociationProblemKeys]) -> None: ...



class PackageFile(Model):
    """One file of a delivery. (交付文件)

    Source: A 10.1.5.
    """

    path: RelativePath = Field(title="path")
    """Path within the package. (路径)

    Source: A 10.1.5.
    """

    size: ByteSize = Field(title="size")
    """Size in bytes. Unit: By. (大小)

    Source: A 10.1.5.
    """

    sha256: Sha256 = Field(title="SHA-256")
    """Digest. (校验值)

    Source: A 10.1.5.
    """

    role: FileRole = Field(title="role")
    """What it is. (用途)

    Source: A 6.6.1.
    """

    version: Annotated[Version | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="version")
    """Version. (版本)

    Source: A 8.4.e.
    """

    references: Annotated[Annotated[list[RelativePath], Field(min_length=1)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="references")
    """Files that it refers to. (引用)

    Source: A 10.1.5.
    """

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[_keys.PackageFileKeys]) -> None: ...



class PartyTerms(Model):
    """Terms with one party. (协作方条款)

    Source: A 11.1.3.
    """

    party: Name = Field(title="party")
    """Party. (协作方)

    Source: A 11.1.3.
    """

    export_conditions: Annotated[Text | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="export conditions")
    """When data may leave. (数据出域条件)

    Source: A 11.1.3.
    """

    onward_distribution: Annotated[Text | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="onward distribution")
    """Whether they may be passed on. (二次分发限制)

    Source: A 11.1.3.
    """

    liability: Annotated[Text | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="liability")
    """Who answers for what. (责任追究)

    Source: A 11.1.3.
    """

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[_keys.PartyTermsKeys]) -> None: ...



class Transfer(Model):
    """One transfer. (传输记录)

    Source: A 11.4.
    """

    sender: Name = Field(title="sender")
    """Sender. (发送方)

    Source: A 11.4.
    """

    recipient: Name = Field(title="recipient")
    """Recipient. (接收方)

    Source: A 11.4.
    """

    at: Timestamp = Field(title="at")
    """When. (时间)

    Source: A 11.4.
    """

    channel: Annotated[Name | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="channel")
    """How, with its encryption. (通道)

    Source: A 11.4.
    """

    approval: Annotated[Name | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="approval")
    """Reference of the approval. (审批)

    Source: A 11.4.
    """

    sha256: Annotated[Sha256 | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="SHA-256")
    """Digest of what was sent. (校验值)

    Source: A 11.4.
    """

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[_keys.TransferKeys]) -> None: ...



class BackupPolicy(Model):
    """How data are backed up, and how that is tried. (备份策略)

    Source: A 11.4.
    """

    frequency: Text = Field(title="frequency")
    """How often. (频次)

    Source: A 11.4.
    """

    medium: Text = Field(title="medium")
    """What on. (介质)

    Source: A 11.4.
    """

    retention: Text = Field(title="retention")
    """How long a backup is kept. (保留期)

    Source: A 11.4.
    """

    restored_at: Annotated[Timestamp | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="restored at")
    """When restoring was tried last. (恢复演练时间)

    Source: A 11.4.
    """

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[_keys.BackupPolicyKeys]) -> None: ...



class Destruction(Model):
    """Data destroyed or archived at the end of the project or of the retention. (销毁与归档记录)

    Source: A 11.4.
    """

    kind: Annotated[DisposalKind | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="kind")
    """Destroyed or archived; destroyed if absent. (类型)

    Source: A 11.4.
    """

    objects: Annotated[list[Name], Field(min_length=1)] = Field(title="objects")
    """What was destroyed or archived. (对象)

    Source: A 11.4.
    """

    method: Text = Field(title="method")
    """How. (方式)

    Source: A 11.4.
    """

    by: Identifier = Field(title="by")
    """Agent id. (执行人)

    Source: A 11.4.
    """

    at: Timestamp = Field(title="at")
    """When. (时间)

    Source: A 11.4.
    """

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[_keys.DestructionKeys]) -> None: ...



class TraceEvent(Model):
    """One event between source and delivery, tied to what it concerns; chained by digests. (追溯事件)

    Source: A 11.5.1, A 11.3.1.
    """

    stage: TraceStage = Field(title="stage")
    """Which part of the work. (环节)

    Source: A 11.5.1.
    """

    action: AuditAction = Field(title="action")
    """What was done. (操作)

    Source: A 11.3.1.
    """

    actor: Identifier = Field(title="actor")
    """Agent id. (操作者)

    Source: A 11.3.1.
    """

    at: Timestamp = Field(title="at")
    """When. (时间)

    Source: A 11.3.1.
    """

    case_id: Annotated[Identifier | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="case id")
    """Case. (病例标识)

    Source: A 11.5.1.
    """

    series_instance_uid: Annotated[Identifier | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="series instance UID")
    """Series. (序列标识)

    Source: A 11.5.1.
    """

    annotation_id: Annotated[Identifier | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="annotation id")
    """Annotation. (标注对象标识)

    Source: A 11.5.1.
    """

    note: Annotated[Text | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="note")
    """Anything to add. (备注)

    Source: A 11.5.1.
    """

    previous_sha256: Annotated[Sha256 | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="previous SHA-256")
    """Digest of the event before. (前一事件校验值)

    Source: A 11.3.1.
    """

    sha256: Annotated[Sha256 | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="SHA-256")
    """Digest of this event. (校验值)

    Source: A 11.3.1.
    """

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[_keys.TraceEventKeys]) -> None: ...



class Package(Model):
    """The manifest of a delivery. A document of its own. (交付包)

    Source: A 10.1.5, A 11.1.1, A 11.5.2, A 6.6.1.
    """

    package_id: Identifier = Field(title="package id")
    """Identifier. (交付包标识)

    Source: A 10.1.5.
    """

    version: Version = Field(title="version")
    """Version. (版本)

    Source: A 11.5.2.
    """

    task_id: Annotated[Identifier | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="task id")
    """Task it was made for. (任务唯一标识)

    Source: A C.2.a.
    """

    created_at: Timestamp = Field(title="created at")
    """When. (创建时间)

    Source: A 10.1.5.
    """

    created_by: Annotated[Identifier | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="created by")
    """Agent id. (创建者)

    Source: A 10.1.5.
    """

    agents: Annotated[Annotated[list[Agent], Field(min_length=1)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="agents")
    """Who the ids of agents in this document are. (参与者)

    Source: A 11.1.2, A 11.4, A 11.5.2.
    """

    license: Annotated[Name | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="licence")
    """Licence of the data, as SPDX names it, or its words. (许可)

    Source: A 7.1.
    """

    sources: Annotated[Annotated[list[DataSource], Field(min_length=1)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="data sources")
    """Where the data of the delivery came from. (数据来源)

    Source: A 7.1, A 11.5.1.
    """

    exclusions: Annotated[Annotated[list[Exclusion], Field(min_length=1)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="exclusions")
    """Samples that were left out or set apart, and why. (剔除记录)

    Source: A App.A.
    """

    association_problems: Annotated[Annotated[list[AssociationProblem], Field(min_length=1)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="association problems")
    """Where data of a case could not be associated as the task asks, and what was done. (关联问题记录)

    Source: A 6.3.2.
    """

    data_classification: Annotated[DataClassification | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="data classification")
    """Class of the data. (数据分类)

    Source: A 11.1.1.
    """

    security_level: Annotated[SecurityLevel | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="security level")
    """Level of protection. (安全级别)

    Source: A 11.1.1.
    """

    security_measures: Annotated[Annotated[list[Text], Field(min_length=1)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="security measures")
    """What its level asks for: isolation, access, strength of de-identification. (安全措施)

    Source: A 11.1.1.
    """

    deidentification: Annotated[Annotated[list[DeidentificationRecord], Field(min_length=1)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="de-identification")
    """How personal data were removed. (脱敏记录)

    Source: A 7.3, A 11.2.1, A 11.2.2.
    """

    agreement: Annotated[Annotated[list[AgreementRecord], Field(min_length=1)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="agreement")
    """Agreement over the cases of the delivery. (一致性评价记录)

    Source: A 9.2.
    """

    assessments: Annotated[Annotated[list[Assessment], Field(min_length=1)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="qualitative assessments")
    """Qualitative judgements of the delivery. (定性评价)

    Source: A 9.1.2.
    """

    validations: Annotated[Annotated[list[ValidationRecord], Field(min_length=1)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="validations")
    """Validations of the delivery. (验证记录)

    Source: A 9.4.2, A 9.4.1.
    """

    files: Annotated[list[PackageFile], Field(min_length=1)] = Field(title="files")
    """The files. (文件清单)

    Source: A 10.1.5.
    """

    party_terms: Annotated[Annotated[list[PartyTerms], Field(min_length=1)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="terms between parties")
    """Terms with each party. (多方协作条款)

    Source: A 11.1.3.
    """

    transfers: Annotated[Annotated[list[Transfer], Field(min_length=1)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="transfers")
    """Transfers. (传输清单)

    Source: A 11.4.
    """

    retention_until: Annotated[Timestamp | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="retention until")
    """When it is to be destroyed or archived. (保留期限)

    Source: A 11.4.
    """

    backup: Annotated[BackupPolicy | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="backup policy")
    """How it is backed up. (备份策略)

    Source: A 11.4.
    """

    destructions: Annotated[Annotated[list[Destruction], Field(min_length=1)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="destructions")
    """What was destroyed or archived at the end. (销毁与归档记录)

    Source: A 11.4.
    """

    trace: Annotated[Annotated[list[TraceEvent], Field(min_length=1)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="trace")
    """Trace from source to delivery. (追溯信息)

    Source: A 11.5.1, A 11.3.1.
    """

    frozen_at: Annotated[Timestamp | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="frozen at")
    """When the version was frozen. (定版时间)

    Source: A 11.5.2.
    """

    frozen_by: Annotated[Identifier | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="frozen by")
    """Agent id. (定版人员)

    Source: A 11.5.2.
    """

    previous_version: Annotated[Version | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="previous version")
    """Version that this one follows; it is kept. (前一版本)

    Source: A 11.5.2.
    """

    changes: Annotated[Annotated[list[ChangeRecord], Field(min_length=1)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="changes")
    """What changed since. (变更记录)

    Source: A 11.5.2, A 10.1.3.
    """

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[_keys.PackageKeys]) -> None: ...



class Case(Model):
    """One annotated case: the image, what was annotated on it, and who did so. A file holds one case, or as JSON Lines one case a line. (病例标注文件)

    Source: A C.2, A C.5, A 6.6.1.
    """

    schema_version: Annotated[Version | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="schema version")
    """Version of this schema; absent means 1.0, the layout of the specification itself. (模型版本)

    Source: A C.2.
    """

    case_id: Annotated[Identifier | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="case id")
    """Pseudonymous identifier of the case; alignments never leave it. (病例标识)

    Source: A 3.3.
    """

    patient_id: Annotated[Identifier | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="patient id")
    """Pseudonym of the patient, the same in all cases of one patient; folds of a training set are made by it, and splits are checked by it. (患者假名标识)

    Source: A 6.3.2, A 7.3.
    """

    task_id: Identifier = Field(title="task id")
    """Identifier of the annotation task. (任务唯一标识)

    Source: A C.2.a.
    """

    split: Annotated[Split | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="split")
    """Part of the data set that the case belongs to. (数据划分)

    Source: A 9.4.1.
    """

    subject: Annotated[Subject | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="subject")
    """What is known of the patient without telling who it is. (受检者)

    Source: A 8.5.3.1.
    """

    studies: Annotated[Annotated[list[Study], Field(min_length=1)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="studies")
    """Examinations that the images are of, in the order of time. (检查)

    Source: A 6.3.2, A 3.3.
    """

    image: Image = Field(title="image")
    """The primary image; annotations that name no image belong to it. (影像对象)

    Source: A C.2.b.
    """

    related_images: Annotated[list[Image] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="related images")
    """Other images of the same case. (关联影像)

    Source: A 8.1.c.
    """

    registrations: Annotated[list[Registration] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="registrations")
    """How images of the case are brought onto each other. (配准)

    Source: A 8.5.1.2, A 7.2.h.
    """

    texts: Annotated[list[TextDocument] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="texts")
    """Texts of the case. (文本)

    Source: A 3.1, A 8.5.2.
    """

    clinical_records: Annotated[list[ClinicalRecord] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="clinical records")
    """Structured clinical data of the case. (临床记录)

    Source: A 8.5.3.
    """

    labels: Annotated[list[Label] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="labels")
    """Definitions of labels that its label system does not hold, or the class list of its data set. (标签定义)

    Source: A 8.2.2.
    """

    annotated_labels: Annotated[Annotated[list[LabelCode], Field(min_length=1)] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="annotated labels")
    """Labels of which every object was annotated, so that what has no annotation is not there. (已完整标注的标签)

    Source: A 5.4.
    """

    annotations: list[Annotated[MaskAnnotation | BboxAnnotation | OrientedBoxAnnotation | PolygonAnnotation | PolylineAnnotation | PointAnnotation | KeypointsAnnotation | EllipseAnnotation | EllipsoidAnnotation | ContoursAnnotation | AttributeAnnotation | TextSpanAnnotation, Field(discriminator="type")]] = Field(title="annotations")
    """What was annotated. (标注对象列表)

    Source: A C.2.c.
    """

    links: Annotated[list[Annotated[ImageImageLink | ImageTextLink | ImageStructuredLink | RelationLink, Field(discriminator="type")]] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="links")
    """What corresponds to what across modalities. (跨模态关联)

    Source: A 8.5, A 3.3.
    """

    reviews: Annotated[list[Review] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="reviews")
    """Rounds of review. (审核记录)

    Source: A 6.5.2, A 9.3.1.
    """

    metadata: Metadata = Field(title="metadata")
    """Who annotated, reviewed, with what, when, and in which version. (元数据)

    Source: A C.2.d.
    """

    extensions: Annotated[dict[Key, Any] | None, OPTIONAL] = Field(default=None, exclude_if=is_absent, title="extensions")
    """Anything else, under namespaced keys; never interpreted, always kept. (扩展)

    Source: A 8.2.2.e.
    """

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[_keys.CaseKeys]) -> None: ...
