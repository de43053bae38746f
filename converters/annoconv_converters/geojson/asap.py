"""The XML of ASAP: outlines, points and measures on whole slides, in groups that stand for labels.

Continuous pixels of the finest level, origin at the outer corner of the first pixel. Authority:
computationalpathologygroup/ASAP, `annotation/XmlRepository.cpp`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from annoconv.advice import CORRECT_FILE
from annoconv.documents import strict_json
from annoconv.errors import InputError
from annoconv.messages import Message
from annoconv_converters._pictures.batch import Batch
from annoconv_converters._pictures.categories import categories_of
from annoconv_converters._pictures.file_losses import FileRecord, as_value, file_losses, stated
from annoconv_converters._pictures.records import Picture, Shape
from annoconv_converters._xml import attribute_number, parse_xml

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from xml.etree.ElementTree import Element

    from annoconv.casefile import LoadedCase
    from annoconv.codes import Labels
    from annoconv.documents.losses import Reasons
    from annoconv.limits import Limits
    from annoconv.loss import Loss
    from annoconv.model import Case

__all__ = ["asap_tree", "read_asap"]

Record: TypeAlias = "dict[str, Any]"

_NO_GROUP: Final = "None"
"""What ASAP writes in place of a group."""
_ENCODING: Final = {("PartOfGroup", _NO_GROUP): "no group"}
"""Values that say nothing, and why."""
_KINDS: Final = {"polygon": ("Polygon", "polygon"), "point": ("Dot", "point"), "polyline": ("Measurement", "polyline")}
_REASONS: Final[Reasons] = {
    "#": "a group without annotations is left out",
    "Color": "a case has no place for colours of annotations, and labels have those of the task",
    "Type": "a spline or a rectangle becomes the polygon of its corners",
    "Attributes/*": "attributes of a group become those of its annotations, those of one name one",
    "*": "a case has no place for {name}",
}


def read_asap(path: Path, limits: Limits, labels_of: Callable[[Case], Labels]) -> Batch:
    """Return what an XML file of ASAP holds.

    Parameters
    ----------
    path
        The file.
    limits
        Bounds.
    labels_of
        From a case to its labels.

    Raises
    ------
    InputError
        If it is none, or an annotation cannot be understood.
    """
    root = parse_xml(path, limits)
    if root.tag != "ASAP_Annotations":
        raise InputError(
            "this is no ASAP annotation",
            source=path,
            found=root.tag,
            expected="ASAP_Annotations",
            advice="Name an .xml file that ASAP saved",
        )
    picture = Picture({"id": 1, "file_name": f"{path.stem}.png"}, is_unsized=True)
    groups = {each.get("Name", ""): each for each in root.iterfind("AnnotationGroups/Group")}
    names: dict[str, int] = {}
    for place, element in enumerate(root.iterfind("Annotations/Annotation"), start=1):
        group = element.get("PartOfGroup") or ""
        group = "" if group == _NO_GROUP else group
        corners = _corners(element, path)
        told: Record = {"name": element.get("Name", "")} | _told(group, groups)
        record: Record = {"id": place, "category_id": names.setdefault(group, len(names)), "attributes": told}
        picture.shapes += _shapes(record, element.get("Type", ""), corners, path)

    def losses(_: object, loaded: LoadedCase, case_index: int) -> list[Loss]:
        return _losses(root, path, asap_tree(loaded.case, labels_of(loaded.case)), case_index)

    return Batch([picture], categories_of(names), path, losses=losses)


def _corners(element: Element, path: Path) -> list[list[float]]:
    """Return the coordinates of an annotation in their order."""
    listed = sorted(element.iterfind("Coordinates/Coordinate"), key=lambda each: attribute_number(each, "Order", path))
    return [[attribute_number(each, "X", path), attribute_number(each, "Y", path)] for each in listed]


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
        raise InputError(
            "the annotation cannot be understood",
            source=path,
            where=where,
            found=found,
            expected="a Dot, Polygon, Rectangle, Spline, PointSet or Measurement with its points",
            advice=CORRECT_FILE,
        )


def asap_tree(case: Case, labels: Labels) -> dict[str, dict[str, Record]]:
    """Return what ASAP's file says of a case: annotations by their place, one-based, and groups by their names."""
    annotations: dict[str, Record] = {}
    groups: dict[str, Record] = {}
    for each in case.annotations:
        told: Any = strict_json.plain(each)
        name, attributes = labels.name_of(each.label_code), told.get("attributes", {})
        above = attributes.pop("part_of_group", None)
        place, _, part = each.id.partition(".")
        if part and place in annotations:
            annotations[place]["Coordinates"] += as_value([told["point"]])
            continue
        kind, member = _KINDS[each.type]
        corners = as_value([told["point"]] if each.type == "point" else told[member])
        said = {"Name": attributes.pop("name", ""), "Type": "PointSet" if part else kind, "Coordinates": corners}
        annotations[place] = {**said, "PartOfGroup": name}
        groups[name] = {"Name": name, "PartOfGroup": above, "Attributes": [attributes]}
    return {"Annotations": annotations, "AnnotationGroups": groups}


def _losses(root: Element, path: Path, again: dict[str, dict[str, Record]], case_index: int) -> list[Loss]:
    """Return what a file says and `again` does not; paths as `/Annotations/0/Color`."""
    records: list[FileRecord] = []
    for place, element in enumerate(root.iterfind("Annotations/Annotation")):
        said = _said(element) | {"Coordinates": as_value(_corners(element, path))}
        records.append(FileRecord(("Annotations", place), said, again["Annotations"].get(str(place + 1))))
    for place, element in enumerate(root.iterfind("AnnotationGroups/Group")):
        told = again["AnnotationGroups"].get(element.get("Name", ""))
        attributes = [dict(each.attrib) for each in element.iterfind("Attributes/Attribute")]
        said = stated(_said(element) | {"Attributes": attributes})
        records.append(FileRecord(("AnnotationGroups", place), said, told))
    return list(file_losses(records, _REASONS, case_index))


def _said(element: Element) -> Record:
    """Return the attributes of an element that say something, and the names of what stands within beyond the known."""
    within = {each.tag: True for each in element if each.tag not in {"Coordinates", "Attributes"}}
    attributes = {name: value for name, value in element.attrib.items() if (name, value) not in _ENCODING}
    return stated({**within, **attributes})
