"""What stands in `labels.json` of the plain layout, as types: what says anything else is refused."""

from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, NotRequired

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from typing_extensions import TypedDict

from annoconv.documents.normaliser import normalise
from annoconv.errors import DocumentError
from annoconv.model import (
    AlgorithmType,
    AnnotationCategory,
    FractionalType,
    MappingDirection,
    Modality,
    RegistrationKind,
)

__all__ = ["FORMAT", "INDEX", "VERSION", "check_index"]

INDEX = "labels.json"
FORMAT = "annoconv-nifti"
VERSION = 1

_CLOSED = ConfigDict(extra="forbid", strict=True)
_Count = Annotated[int, Field(ge=1)]


class IndexedImage(TypedDict):
    """An image, the primary one first; `file` where it was given, `coordinate_frame` where it has no place in space."""

    __pydantic_config__ = _CLOSED  # type: ignore[misc]  # pydantic's key in a TypedDict
    uid: str
    modality: Annotated[Modality, Field(strict=False)]
    shape: NotRequired[Annotated[list[_Count], Field(min_length=2, max_length=3)]]
    study_instance_uid: NotRequired[str]
    frame_of_reference_uid: NotRequired[str]
    coordinate_frame: NotRequired[Literal["NONE"]]
    file: NotRequired[str]


class IndexedRegion(TypedDict):
    """An annotation, and the file, layer or value where its voxels are."""

    __pydantic_config__ = _CLOSED  # type: ignore[misc]  # pydantic's key in a TypedDict
    id: str
    label_code: str
    category: Annotated[AnnotationCategory, Field(strict=False)]
    name: NotRequired[str]
    image_uid: NotRequired[str]
    tracking_uid: NotRequired[str]
    tracking_id: NotRequired[str]
    finding_site: NotRequired[dict[str, Any]]
    algorithm_type: NotRequired[Annotated[AlgorithmType, Field(strict=False)]]
    fractional_type: NotRequired[Annotated[FractionalType, Field(strict=False)]]
    file: str
    value: NotRequired[_Count]
    layer: NotRequired[Annotated[int, Field(ge=0)]]


class IndexedRegistration(TypedDict):
    """A registration and its file; `field_frame` where that is a displacement field."""

    __pydantic_config__ = _CLOSED  # type: ignore[misc]  # pydantic's key in a TypedDict
    id: str
    kind: Annotated[RegistrationKind, Field(strict=False)]
    fixed_image_uid: str
    moving_image_uid: str
    maps: Annotated[MappingDirection, Field(strict=False)]
    file: str
    field_frame: NotRequired[Literal["LPS", "RAS"]]


class LabelsDocument(TypedDict):
    """The whole index."""

    __pydantic_config__ = _CLOSED  # type: ignore[misc]  # pydantic's key in a TypedDict
    format: Literal["annoconv-nifti"]
    version: Literal[1]
    case_id: NotRequired[str]
    task_id: NotRequired[str]
    images: Annotated[list[IndexedImage], Field(min_length=1)]
    labels: NotRequired[list[dict[str, Any]]]
    regions: list[IndexedRegion]
    registrations: NotRequired[list[IndexedRegistration]]


@cache
def _adapter() -> TypeAdapter[LabelsDocument]:
    return TypeAdapter(LabelsDocument)


def check_index(index: object, path: Path) -> None:
    """Raise DocumentError if an index says what it may not; its findings name every place."""
    try:
        _adapter().validate_python(index)
    except ValidationError as error:
        raise DocumentError(
            "this is not an index of this version",
            findings=normalise(error.errors(include_url=False), "pydantic", document=index, is_of_schema=False),
            source=path,
            advice="Correct it, or remove it to read the files by themselves",
        ) from None
