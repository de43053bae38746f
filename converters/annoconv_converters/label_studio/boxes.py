"""Results of Label Studio that are a box with its label and nothing else, as most are: what is written again of one.

`trees` compares any result, member by member; what is told here is the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from annoconv.model import BboxAnnotation
from annoconv_converters._pictures.file_losses import settled

if TYPE_CHECKING:
    from annoconv.codes import Labels

__all__ = ["box_again"]

Record: TypeAlias = "dict[str, Any]"

_MEMBERS: Final = frozenset(
    {"id", "type", "value", "origin", "to_name", "from_name", "image_rotation", "original_width", "original_height"}
)
_VALUE: Final = frozenset({"x", "y", "width", "height", "rotation", "rectanglelabels"})
_SIDES: Final = ("x", "y", "width", "height")


def box_again(result: Record, annotation: Any, labels: Labels, picture: Record) -> Record | None:
    """Return what is written again of a result that is a box which its annotation says all of; else None.

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
        return None
    if not _MEMBERS.issuperset(result) or value.keys() != _VALUE or result.get("type") != "rectanglelabels":
        return None
    if result.get("origin", "manual") != "manual" or result.get("image_rotation") or value["rotation"]:
        return None
    size = picture.get("width", 0), picture.get("height", 0)
    names = [labels.name_of(annotation.label_code)]
    stated = result.get("original_width"), result.get("original_height")
    if not all(size) or stated != size or value["rectanglelabels"] != names:
        return None
    x_min, y_min, x_max, y_max = annotation.bbox
    across, down = 100 / size[0], 100 / size[1]
    again = x_min * across, y_min * down, (x_max - x_min) * across, (y_max - y_min) * down
    said = tuple(value[name] for name in _SIDES)
    if settled(again, said) is not said:
        return None
    told = {**dict(zip(_SIDES, said, strict=True)), "rectanglelabels": tuple(names)}
    return {"type": result["type"], "value": told, "original_width": size[0], "original_height": size[1]}
