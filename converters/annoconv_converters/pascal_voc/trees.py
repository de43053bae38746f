"""What a Pascal VOC file says, and what one would say of its case.

VOC is only read. Its losses come by comparison as those of any reader do, so there is a function from a case to the
file's own elements; nothing writes them. Pixels of masks are not compared.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from annoconv.messages import Message
from annoconv.model import BboxAnnotation, MaskAnnotation, OrientedBoxAnnotation
from annoconv.pictures import own_name
from annoconv_converters._pictures.file_losses import FileRecord, file_losses, settled, stated
from annoconv_converters._pictures.rotation import ROTATION, sides_of
from annoconv_converters._xml import as_number, members_of, members_of_object

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from annoconv.codes import Labels
    from annoconv.documents.losses import Reasons
    from annoconv.loss import Loss
    from annoconv.model import Case

__all__ = ["FLAGS", "voc_losses", "voc_tree"]

Record: TypeAlias = "dict[str, Any]"

FLAGS: Final = ("truncated", "difficult", "occluded")
"""Elements of an object that are 0 or 1."""
_NOTHING: Final = ("pose", "Unspecified")
"""The element that says nothing, and as what."""
_SIDES: Final = ("xmin", "ymin", "xmax", "ymax")
_REASONS: Final[Reasons] = {
    **dict.fromkeys(FLAGS, "a flag is 0 or 1"),
    "segmented": "masks are read from SegmentationObject beside the folder Annotations",
    "filename": "a case names an image by a relative path",
    "bndbox/*": "a case has boxes of four sides",
    "part/#/bndbox/*": "a case has boxes of four sides",
    **dict.fromkeys(
        (f"{holder}/{name}" for holder in ("actions", "attributes") for name in (*FLAGS, _NOTHING[0])),
        Message("an element of the object has that name, and an annotation one value of each"),
    ),
    "attributes*": "an annotation has one value of each attribute",
    "*": "a case has no place for {name}",
}


def voc_losses(root: Element, case: Case, labels: Labels, case_index: int, *, shift: int, name: str) -> list[Loss]:
    """Return what a file says and its case does not; paths as `/object/0/part/1/bndbox`.

    Parameters
    ----------
    root
        `annotation`.
    case, labels, case_index
        What was read from it.
    shift
        What pixels are counted from.
    name
        What the picture is called, by its file name and the folder of the file.
    """
    again = voc_tree(case, labels, shift=shift)
    if again["filename"] == name:
        again["filename"] = (root.findtext("filename") or name).strip()
    objects = again.pop("object")
    records = [FileRecord((), members_of_object(root, "object"), again)]
    for place, element in enumerate(root.iterfind("object")):
        said = _said(element)
        found = objects.get(place)
        records.append(FileRecord(("object", place), said, found and _settled(found, said)))
    return list(file_losses(records, _REASONS, case_index))


def voc_tree(case: Case, labels: Labels, *, shift: int) -> Record:
    """Return the elements that a file has of a case; objects by their place, flags as truth values."""
    objects: dict[int, Record] = {}
    for each in case.annotations:
        number, _, part = each.id.partition(".")
        if not isinstance(each, BboxAnnotation | OrientedBoxAnnotation) or not number.isdecimal():
            continue
        turn: Record = {}
        if isinstance(each, OrientedBoxAnnotation):
            turn = {ROTATION: each.rotation_degrees}
            x_min, y_min, x_max, y_max = sides_of(each.center, each.size)
        else:
            x_min, y_min, x_max, y_max = each.bbox
        told: Record = {
            "name": labels.name_of(each.label_code),
            "bndbox": dict(zip(_SIDES, (x_min + shift, y_min + shift, x_max, y_max), strict=True)),
            **_elements({**(each.attributes or {}), **turn}),
        }
        if part:
            objects[int(number) - 1].setdefault("part", {})[int(part) - 1] = told
        else:
            objects[int(number) - 1] = told
    image = case.image
    columns, rows, *_ = image.shape or (0, 0)  # of a slice by its name, the first two
    return {
        "filename": own_name(image),
        "size": {"width": str(columns), "height": str(rows)},
        "segmented": str(int(any(isinstance(each, MaskAnnotation) for each in case.annotations))),
        "object": objects,
    }


def _elements(attributes: Record) -> Record:
    """Return attributes as the elements that they are read from: flags, pose, actions, and others by name."""
    attributes.pop("part_of", None)
    told: Record = {name: attributes.pop(name) for name in (*FLAGS, "pose") if name in attributes}
    actions = {name: value for name, value in attributes.items() if isinstance(value, bool)}
    others = {name: value for name, value in attributes.items() if name not in actions}
    return told | stated({"actions": actions, "attributes": others})


def _said(element: Element) -> Record:
    """Return what an object or a part of one says, in the form of `voc_tree`."""
    said: Record = {}
    parts: dict[int, Record] = {}
    for child in element:
        told: Any
        match child.tag:
            case "bndbox":
                told = {name: _side(name, each) for name, each in members_of_object(child).items()}
            case "part":
                parts[len(parts)] = _said(child)
                told = parts
            case "actions":
                told = {action.tag: _truth(members_of(action)) for action in child}
            case "attributes":
                told = _attributes(child)
            case "name":
                told = (child.text or "") if (child.text or "").strip() else ""
            case name:
                told = members_of(child)
                told = _truth(told) if name in FLAGS else told
        if told not in ("", {}) and (child.tag, told) != _NOTHING:
            said[child.tag] = told if child.tag not in said or told is parts else (said[child.tag], told)
    return said


def _side(name: str, told: Any) -> Any:
    return as_number(told) if name in _SIDES and isinstance(told, str) else told


def _attributes(element: Element) -> Record:
    """Return the values of attributes by name; of one that stands several times, all as one."""
    told: dict[str, tuple[str, ...]] = {}
    for each in element.iterfind("attribute"):
        name, value = ((each.findtext(tag) or "").strip() for tag in ("name", "value"))
        told[name] = (*told.get(name, ()), value)
    return {name: values[0] if len(values) == 1 else values for name, values in told.items()}


def _truth(text: Any) -> Any:
    return {"1": True, "0": False}.get(text, text) if isinstance(text, str) else text


def _settled(again: Record, said: Record) -> Record:
    """Return an object with its sides and parts as the file has them, where they are the same."""
    box = said.get("bndbox")
    box = box if isinstance(box, dict) else {}  # of several boxes the first is read
    again["bndbox"] = {side: settled(value, box.get(side)) for side, value in again["bndbox"].items()}
    turned, told = (each.get("attributes", {}) for each in (again, said))
    if ROTATION in turned and as_number(str(told.get(ROTATION))) == turned[ROTATION]:
        turned[ROTATION] = told[ROTATION]
    for place, part in again.get("part", {}).items():
        _settled(part, said.get("part", {}).get(place, {}))
    return again
