"""The annotations as an experienced developer would write them by hand in pydantic: the peer of the generated ones.

Same keys, same checks (patterns, ranges, lengths, strict numbers, closed objects), one discriminated union.
"""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StrictBool, StrictFloat, StrictInt

_BLANKS = r"\x00-\x20\x7F\x85\xA0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000"
Identifier = Annotated[str, Field(pattern=rf"^[^{_BLANKS}]([^\x00-\x1F\x7F]*[^{_BLANKS}])?$")]
Name = Annotated[str, Field(pattern=r"^[^\x00-\x1F\x7F]+$")]
DicomUid = Annotated[str, Field(pattern=r"^(0|[1-9][0-9]{0,62})(\.(0|[1-9][0-9]{0,61}))+$")]
LabelCode = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,127}$")]
Path = Annotated[str, Field(pattern=r"^[^/\\:\x00-\x1F\x7F][^\\:\x00-\x1F\x7F]*$")]
Index = Annotated[int, Field(strict=True, ge=0, le=2147483647)]
Count = Annotated[int, Field(strict=True, ge=1, le=2147483647)]
Real = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Cosine = Annotated[float, Field(strict=True, ge=-1, le=1)]
Positive = Annotated[float, Field(strict=True, gt=0)]
Unit = Annotated[float, Field(strict=True, ge=0, le=1)]
Scalar = str | StrictBool | StrictInt | StrictFloat | Decimal


class Category(StrEnum):
    organ = "organ"
    lesion = "lesion"
    attribute = "attribute"
    other = "other"


class AlgorithmType(StrEnum):
    manual = "manual"
    semi_automatic = "semi_automatic"
    automatic = "automatic"
    automatic_confirmed = "automatic_confirmed"


class Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", validate_assignment=True)


class Assertion(StrEnum):
    present = "present"
    absent = "absent"
    possible = "possible"
    hypothetical = "hypothetical"
    historical = "historical"
    other_subject = "other_subject"
    not_evaluated = "not_evaluated"


class Status(StrEnum):
    preliminary = "preliminary"
    final = "final"
    superseded = "superseded"
    rejected = "rejected"


class Concept(Closed):
    code: Identifier
    scheme: Name
    meaning: Name
    version: Name | None = None


class FindingSite(Closed):
    region: Concept
    laterality: Literal["left", "right", "bilateral", "unilateral", "unpaired"] | None = None
    modifiers: Annotated[list[Concept], Field(min_length=1)] | None = None


class Algorithm(Closed):
    name: Name
    version: Name | None = None
    manufacturer: Name | None = None
    family: Concept | None = None
    model_id: Identifier | None = None
    parameters: dict[str, Scalar | list[Scalar]] | None = None


class Instance(Closed):
    sop_instance_uid: DicomUid
    sop_class_uid: DicomUid | None = None
    image_position_patient: Annotated[list[Real], Field(min_length=3, max_length=3)] | None = None


class Evaluation(Closed):
    concept: Concept
    value: Concept
    basis: Name | None = None


class Measurement(Closed):
    tracking_uid: DicomUid | None = None
    concept: Concept
    value: Decimal | None = None
    comparator: Literal["lt", "le", "ge", "gt"] | None = None
    absent_reason: (
        Literal[
            "unknown",
            "not_asked",
            "not_performed",
            "not_applicable",
            "masked",
            "uncertain",
            "error",
            "too_small",
        ]
        | None
    ) = None
    unit: Name
    derivation: Concept | None = None
    method: Concept | None = None
    geometry_ids: Annotated[list[Identifier], Field(min_length=1)] | None = None
    algorithm: Algorithm | None = None
    value_map: Instance | None = None
    normal_low: Decimal | None = None
    normal_high: Decimal | None = None
    interpretations: Annotated[list[Evaluation], Field(min_length=1)] | None = None


class Annotation(Closed):
    id: Identifier
    tracking_uid: DicomUid | None = None
    tracking_id: Name | None = None
    parent_id: Identifier | None = None
    object_number: Count | None = None
    category: Category
    label_code: LabelCode
    finding_site: FindingSite | None = None
    assertion: Assertion | None = None
    scope: Literal["case", "study", "image", "object"] | None = None
    image_uid: Identifier | None = None
    slice_index: Index | None = None
    frame_index: Index | None = None
    last_frame_index: Index | None = None
    is_key_frame: StrictBool | None = None
    coordinate_space: Literal["image", "patient"] | None = None
    frame_of_reference_uid: DicomUid | None = None
    attributes: dict[str, Scalar | list[Scalar]] | None = None
    measurements: Annotated[list[Measurement], Field(min_length=1)] | None = None
    evaluations: Annotated[list[Evaluation], Field(min_length=1)] | None = None
    granularity: Literal["image", "region", "boundary", "voxel"] | None = None
    abnormal_marks: Annotated[list[Name], Field(min_length=1)] | None = None
    confidence: Unit | None = None
    cross_modal_links: list[Identifier] | None = None
    status: Status | None = None
    derived_from: Annotated[list[Identifier], Field(min_length=1)] | None = None
    algorithm_type: AlgorithmType | None = None
    assistance_id: Identifier | None = None
    annotator: Identifier | None = None
    annotated_at: AwareDatetime | None = None
    session: Name | None = None
    note: str | None = None
    extensions: dict[str, Any] | None = None


class Mask(Annotation):
    type: Literal["mask"]
    mask_file: Path
    mask_value: Count | None = None
    fractional_type: Literal["PROBABILITY", "OCCUPANCY"] | None = None
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None
    segmentation: Instance | None = None
    segment_number: Count | None = None


class Bbox(Annotation):
    type: Literal["bbox"]
    bbox: Annotated[list[Real], Field(min_length=4, max_length=6)]


class Part(Closed):
    polygon: Annotated[list[tuple[Real, Real]], Field(min_length=3)]
    holes: list[Annotated[list[tuple[Real, Real]], Field(min_length=3)]] | None = None


class Polygon(Annotation):
    type: Literal["polygon"]
    polygon: Annotated[list[tuple[Real, Real]], Field(min_length=3)]
    holes: Annotated[list[Annotated[list[tuple[Real, Real]], Field(min_length=3)]], Field(min_length=1)] | None = None
    parts: Annotated[list[Part], Field(min_length=1)] | None = None


class Point(Annotation):
    type: Literal["point"]
    point: tuple[Real, Real] | tuple[Real, Real, Real]


class Attribute(Annotation):
    type: Literal["attribute"]


class Image(Closed):
    uid: Identifier
    modality: str
    shape: Annotated[list[Count], Field(min_length=2, max_length=3)] | None = None
    spacing: list[Positive] | None = None
    origin: list[Real] | None = None
    direction: list[list[Cosine]] | None = None
    coordinate_frame: str | None = None


class Case(Closed):
    schema_version: str | None = None
    task_id: Identifier
    image: Image
    annotations: list[Annotated[Mask | Bbox | Polygon | Point | Attribute, Field(discriminator="type")]]
    metadata: dict[str, Any]
