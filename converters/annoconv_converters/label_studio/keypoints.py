"""Keypoints of Label Studio: points that name the region of their object as their parent, by `parentID`.

Their labels are the names of the points; the class is that of the region. An export does not tell which points a class
has, so these are all that are met, in their order. Where the region is the box round its points and no more, it is no
annotation by itself: so a skeleton is written that has no outline.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from annoconv.codes import is_name
from annoconv_converters._pictures.skeletons import box_of_keypoints

if TYPE_CHECKING:
    from collections.abc import Mapping

    from annoconv_converters._pictures.records import Shape

__all__ = ["grouped", "is_round", "parent_of"]

Record: TypeAlias = "dict[str, Any]"

_NEAR = 1e-6
"""Pixels between two boxes that are the same, and per cent."""


def parent_of(result: Record) -> str | None:
    """Return the id of the region that a result names as the one that its own belongs to; None if it names none."""
    return None if result.get("parentID") in (None, "") else str(result["parentID"])


def grouped(regions: Mapping[str, tuple[Record, list[str]]]) -> dict[str, dict[str, str]]:
    """Return the points of each region that has any: their names by the ids of their regions.

    Points of one name are no keypoints: all of such a region stay points.

    Parameters
    ----------
    regions
        By id: the first result, with the whole value, and labels.
    """
    found: dict[str, dict[str, str]] = {}
    for identity, (result, labels) in regions.items():
        parent, value = parent_of(result), result["value"]
        is_point = {"x", "y"} <= value.keys() and not {"height", "radiusX", "points", "rle"} & value.keys()
        if (
            is_point
            and parent is not None
            and parent in regions
            and parent != identity
            and len(labels) == 1
            and is_name(labels[0])
        ):
            found.setdefault(parent, {})[identity] = labels[0]
    return {each: names for each, names in found.items() if len({*names.values()}) == len(names)}


def is_round(shape: Shape | None, keypoints: list[Record]) -> bool:
    """Tell whether a shape is the box round points, and no more."""
    box = None if shape is None or shape.geometry is not None else shape.record.get("bbox")
    if box is None or shape is None or "segmentation" in shape.record:
        return False
    return bool(max(abs(a - b) for a, b in zip(box, box_of_keypoints(keypoints), strict=True)) <= _NEAR)
