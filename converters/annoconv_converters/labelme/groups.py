"""Shapes of LabelMe that are one object: those of one `group_id`, where a user asks for it.

Outlines of one label become one polygon with further parts. Points become keypoints, their labels the names; the class
is that of the other shapes of the group if these are of one, which the keypoints are part of, else there is none.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias

from annoconv.codes import is_name
from annoconv_converters._pictures.records import Shape
from annoconv_converters._pictures.skeletons import keypoints_of

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["joined", "shared_groups"]

Record: TypeAlias = "dict[str, Any]"


def shared_groups(shapes: Sequence[Record]) -> dict[int, int]:
    """Return the group of each shape by its place, where another shape has the same."""
    told = {place: shape["group_id"] for place, shape in enumerate(shapes) if type(shape.get("group_id")) is int}
    counts = Counter(told.values())
    return {place: group for place, group in told.items() if counts[group] > 1}


def joined(shapes: Sequence[Shape], names: dict[str, int]) -> tuple[list[Shape], dict[str, str], dict[int, list[str]]]:
    """Return the shapes of a picture with those of one group as one.

    Parameters
    ----------
    shapes
        Of which `group_id` is an attribute.
    names
        Of the classes, with their numbers; that of what has none is added to it.

    Returns
    -------
    list, dict, dict
        The shapes; which shape each became a part of, by their ids; and the names of the keypoints of each class.
    """
    groups: dict[int, list[Shape]] = {}
    for shape in shapes:
        group = (shape.record.get("attributes") or {}).get("group_id")
        if type(group) is int:
            groups.setdefault(group, []).append(shape)
    became: dict[str, str] = {}
    points: dict[int, list[str]] = {}
    found = {str(shape.record["id"]): shape for shape in shapes}
    name_of = list(names)
    for members in groups.values():
        outlines: dict[int, list[Shape]] = {}
        for each in members:
            if _is_outline(each):
                outlines.setdefault(each.record["category_id"], []).append(each)
        for first, *rest in outlines.values():
            rings = [ring for each in (first, *rest) for ring in each.record["segmentation"]]
            identity = str(first.record["id"])
            found[identity] = replace(first, record={**first.record, "segmentation": rings}, has_parts=True)
            became |= {str(each.record["id"]): identity for each in rest}
        parts = [each for each in members if (each.geometry or {}).get("type") == "point"]
        told = [name_of[each.record["category_id"]] for each in parts]
        others = [each for each in members if each.geometry is None]
        if len(parts) < 2 or len({*told}) < len(told) or not all(map(is_name, told)):
            continue
        classes = {each.record["category_id"] for each in others}
        number = classes.pop() if len(classes) == 1 else names.setdefault("", len(names))
        first, *rest = parts
        is_part = number in {each.record["category_id"] for each in others}
        above = {"parent_id": str(others[0].record["id"])} if is_part else {}
        place = [(*each.geometry["point"], 2) for each in parts if each.geometry is not None]
        geometry = {"type": "keypoints", "keypoints": keypoints_of(place, told)}
        told_ = {"group_id": first.record["attributes"]["group_id"]}
        record = {"id": first.record["id"], "category_id": number, "attributes": told_}
        found[str(first.record["id"])] = Shape(record, geometry, more=above)
        became |= {str(each.record["id"]): str(first.record["id"]) for each in parts}
        known = points.setdefault(number, [])
        known += [each for each in told if each not in known]
    gone = {identity for identity, owner in became.items() if identity != owner}
    return [each for identity, each in found.items() if identity not in gone], became, points


def _is_outline(shape: Shape) -> bool:
    return shape.geometry is None and isinstance(shape.record.get("segmentation"), list)
