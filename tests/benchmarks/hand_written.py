"""The annotations as an experienced developer would write them by hand in pydantic: the peer of the generated ones.

Same keys, same checks (patterns, ranges, lengths, strict numbers, closed objects), one discriminated union.
"""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StrictBool, StrictFloat, StrictInt

Identifier = Annotated[str, Field(pattern=r"^[^\x00-\x20\x7F]([^\x00-\x1F\x7F]*[^\x00-\x20\x7F])?$")]
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


class Annotation(Closed):
    id: Identifier
    category: Category
    label_code: LabelCode
    image_uid: Identifier | None = None
    frame_index: Index | None = None
    slice_index: Index | None = None
    attributes: dict[str, Scalar | list[Scalar]] | None = None
    cross_modal_links: list[Identifier] | None = None
    confidence: Unit | None = None
    algorithm_type: AlgorithmType | None = None
    granularity: str | None = None
    object_number: Count | None = None
    tracking_uid: str | None = None
    tracking_id: str | None = None
    parent_id: Identifier | None = None
    finding_site: dict[str, Any] | None = None
    assertion: str | None = None
    scope: str | None = None
    last_frame_index: Index | None = None
    is_key_frame: bool | None = None
    coordinate_space: str | None = None
    frame_of_reference_uid: str | None = None
    measurements: list[dict[str, Any]] | None = None
    evaluations: list[dict[str, Any]] | None = None
    abnormal_marks: list[str] | None = None
    status: str | None = None
    derived_from: list[Identifier] | None = None
    assistance_id: Identifier | None = None
    extensions: dict[str, Any] | None = None
    annotator: Identifier | None = None
    annotated_at: AwareDatetime | None = None


class Mask(Annotation):
    type: Literal["mask"]
    mask_file: Path
    mask_value: Count | None = None
    fractional_type: str | None = None
    sha256: str | None = None


class Bbox(Annotation):
    type: Literal["bbox"]
    bbox: Annotated[list[Real], Field(min_length=4, max_length=6)]


class Polygon(Annotation):
    type: Literal["polygon"]
    polygon: Annotated[list[Annotated[list[Real], Field(min_length=2, max_length=2)]], Field(min_length=3)]


class Point(Annotation):
    type: Literal["point"]
    point: Annotated[list[Real], Field(min_length=2, max_length=3)]


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
