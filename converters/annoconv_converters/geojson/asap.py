"""The XML of ASAP: outlines, points and measures on whole slides, in groups that stand for labels.

Continuous pixels of the finest level, origin at the outer corner of the first pixel. Authority:
computationalpathologygroup/ASAP, `annotation/XmlRepository.cpp`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from annoconv.errors import InputError
from annoconv.messages import Message
from annoconv_converters._pictures.read import Batch, lost
from annoconv_converters._pictures.records import Picture
from annoconv_converters._xml import attribute_number, parse_xml

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from xml.etree.ElementTree import Element

    from annoconv.limits import Limits

__all__ = ["read_asap"]

Record: TypeAlias = "dict[str, Any]"


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
        group = element.get("PartOfGroup") or "None"
        if group not in names:
            names.append(group)
        listed = sorted(
            element.iterfind("Coordinates/Coordinate"), key=lambda each: attribute_number(each, "Order", path)
        )
        corners = [[attribute_number(each, "X", path), attribute_number(each, "Y", path)] for each in listed]
        told: Record = {"name": element.get("Name", "")} | _told(group, groups)
        record: Record = {"id": place, "category_id": names.index(group), "attributes": told}
        picture.annotations += _records(record, element.get("Type", ""), corners, path)
        if element.get("Type") == "Spline":
            lost(picture, "the curve of a spline; it is the polygon of its corners")
    return Batch([picture], [{"id": place, "name": name} for place, name in enumerate(names)], path)


def _told(group: str, groups: dict[str, Element]) -> Record:
    """Return what a group says beside its name: the group above it and its own attributes."""
    element = groups.get(group)
    if element is None:
        return {}
    above = element.get("PartOfGroup") or "None"
    told: Record = {} if above == "None" else {"part_of_group": above}
    for each in element.iterfind("Attributes/Attribute"):
        told |= dict(each.attrib)
    return told


def _records(record: Record, kind: str, corners: list[list[float]], path: Path) -> Iterator[Record]:
    if kind in {"Polygon", "Rectangle", "Spline"} and len(corners) > 2:
        yield {**record, "segmentation": [[number for corner in corners for number in corner]]}
    elif kind == "Dot" and len(corners) == 1:
        yield {**record, "geometry": {"type": "point", "point": corners[0]}}
    elif kind == "PointSet" and corners:
        for number, corner in enumerate(corners, start=1):
            yield {**record, "id": f"{record['id']}.{number}", "geometry": {"type": "point", "point": corner}}
    elif kind == "Measurement" and len(corners) > 1:
        yield {**record, "geometry": {"type": "polyline", "polyline": corners}}
    else:
        where = f"Annotation {record['id']}"
        found = Message("{kind}, {count} points", kind=kind, count=len(corners))
        raise InputError("the annotation cannot be understood", source=path, where=where, found=found)
