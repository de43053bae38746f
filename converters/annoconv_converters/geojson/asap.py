"""The XML of ASAP: outlines, points and measures on whole slides, in groups that stand for labels.

Continuous pixels of the finest level, origin at the outer corner of the first pixel. Authority:
computationalpathologygroup/ASAP, `annotation/XmlRepository.cpp`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from annoconv.errors import InputError
from annoconv.messages import Message
from annoconv_converters._pictures.categories import categories_of
from annoconv_converters._pictures.read import Batch
from annoconv_converters._pictures.records import Picture, Shape
from annoconv_converters._xml import attribute_number, parse_xml

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from xml.etree.ElementTree import Element

    from annoconv.limits import Limits

__all__ = ["read_asap"]

Record: TypeAlias = "dict[str, Any]"

_NO_GROUP: Final = "None"
"""What ASAP writes in place of a group."""


def read_asap(path: Path, limits: Limits) -> Batch:
    """Return what an XML file of ASAP holds.

    Raises
    ------
    InputError
        If it is none, or an annotation cannot be understood.
    """
    root = parse_xml(path, limits)
    if root.tag != "ASAP_Annotations":
        raise InputError("this is no ASAP annotation", source=path, found=root.tag, expected="ASAP_Annotations")
    picture = Picture({"id": 1, "file_name": f"{path.stem}.png"}, is_unsized=True)
    groups = {each.get("Name", ""): each for each in root.iterfind("AnnotationGroups/Group")}
    names: list[str] = []
    for place, element in enumerate(root.iterfind("Annotations/Annotation"), start=1):
        group = element.get("PartOfGroup") or ""
        group = "" if group == _NO_GROUP else group
        if group not in names:
            names.append(group)
        listed = sorted(
            element.iterfind("Coordinates/Coordinate"), key=lambda each: attribute_number(each, "Order", path)
        )
        corners = [[attribute_number(each, "X", path), attribute_number(each, "Y", path)] for each in listed]
        told: Record = {"name": element.get("Name", "")} | _told(group, groups)
        record: Record = {"id": place, "category_id": names.index(group), "attributes": told}
        picture.shapes += _shapes(record, element.get("Type", ""), corners, path)
        if element.get("Type") == "Spline":
            picture.lost.append("the curve of a spline; it is the polygon of its corners")
    return Batch([picture], categories_of(names), path)


def _told(group: str, groups: dict[str, Element]) -> Record:
    """Return what a group says beside its name: the group above it and its own attributes."""
    element = groups.get(group)
    if element is None:
        return {}
    above = element.get("PartOfGroup") or _NO_GROUP
    told: Record = {} if above == _NO_GROUP else {"part_of_group": above}
    for each in element.iterfind("Attributes/Attribute"):
        told |= dict(each.attrib)
    return told


def _shapes(record: Record, kind: str, corners: list[list[float]], path: Path) -> Iterator[Shape]:
    if kind in {"Polygon", "Rectangle", "Spline"} and len(corners) > 2:
        yield Shape({**record, "segmentation": [[number for corner in corners for number in corner]]})
    elif kind == "Dot" and len(corners) == 1:
        yield Shape(record, {"type": "point", "point": corners[0]})
    elif kind == "PointSet" and corners:
        for number, corner in enumerate(corners, start=1):
            yield Shape({**record, "id": f"{record['id']}.{number}"}, {"type": "point", "point": corner})
    elif kind == "Measurement" and len(corners) > 1:
        yield Shape(record, {"type": "polyline", "polyline": corners})
    else:
        where = f"Annotation {record['id']}"
        found = Message("{kind}, {count} points", kind=kind, count=len(corners))
        raise InputError("the annotation cannot be understood", source=path, where=where, found=found)
