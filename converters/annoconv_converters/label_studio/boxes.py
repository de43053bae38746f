"""Results of Label Studio that are a box with its label and nothing else, as most are: whether a case says all of one.

`trees` compares any result, member by member; what is told here is the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from annoconv.model import BboxAnnotation
from annoconv_converters._pictures.file_losses import settled

if TYPE_CHECKING:
    from annoconv.codes import Labels

__all__ = ["is_told"]

Record: TypeAlias = "dict[str, Any]"

_MEMBERS: Final = frozenset(
    {"id", "type", "value", "origin", "to_name", "from_name", "image_rotation", "original_width", "original_height"}
)
_VALUE: Final = frozenset({"x", "y", "width", "height", "rotation", "rectanglelabels"})
_SIDES: Final = ("x", "y", "width", "height")


def is_told(result: Record, annotation: Any, labels: Labels, picture: Record) -> bool:
    """Tell whether a result is a box and nothing else, and its annotation says all of it.

    Parameters
    ----------
    result
        As it stands in the file.
    annotation
        Of the case.
    labels
        Names of its classes.
    picture
        The record of its picture, with its size.
    """
    value = result.get("value")
    if not isinstance(annotation, BboxAnnotation) or annotation.attributes is not None or type(value) is not dict:
        return False
    if not _MEMBERS.issuperset(result) or value.keys() != _VALUE or result.get("type") != "rectanglelabels":
        return False
    if result.get("origin", "manual") != "manual" or result.get("image_rotation") or value["rotation"]:
        return False
    size = picture.get("width", 0), picture.get("height", 0)
    if not all(size) or (result.get("original_width"), result.get("original_height")) != size:
        return False
    if value["rectanglelabels"] != [labels.name_of(annotation.label_code)]:
        return False
    x_min, y_min, x_max, y_max = annotation.bbox
    across, down = 100 / size[0], 100 / size[1]
    again = x_min * across, y_min * down, (x_max - x_min) * across, (y_max - y_min) * down
    said = tuple(value[name] for name in _SIDES)
    return settled(again, said) is said
