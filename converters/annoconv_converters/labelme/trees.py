"""What LabelMe files say, and what they would say of a case: the JSON of the desktop tool, the XML of the web tool.

LabelMe is only read. Its losses come by comparison as those of any reader do, so there is a function from a case to the
file's own members; nothing writes them. Pixels of masks are not compared, and not where they lie.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from annoconv.documents import strict_json
from annoconv.documents.residuals import pointer
from annoconv.loss import Loss, LossKind
from annoconv.pictures import own_name
from annoconv_converters._pictures.file_losses import FileRecord, as_value, file_losses, stated
from annoconv_converters._xml import as_number
from annoconv_converters.labelme.groups import shared_groups

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from xml.etree.ElementTree import Element

    from annoconv.codes import Labels
    from annoconv.documents.losses import Reasons
    from annoconv.model import AnyAnnotation, Case

__all__ = ["is_deleted", "json_losses", "json_tree", "object_number", "text_of", "xml_losses", "xml_tree"]

Record: TypeAlias = "dict[str, Any]"
Corners: TypeAlias = "tuple[tuple[float, ...], ...]"

_ENCODING: Final = {
    "version": "of the tool, for itself",
    "mask/mask": "pixels, which are the mask",
    "mask/points": "where its pixels lie, which the mask says",
    "segm/mask": "pixels, which are the mask",
    "segm/box": "where its pixels lie, which the mask says",
    "0/deleted": "that nothing was done to it",
    "0/verified": "that nothing was done to it",
}
"""What only says how the rest is encoded, or nothing, by where it stands or its value: why it is left out."""
_ATTRIBUTES: Final = "an annotation has one list of attributes: one-line texts, numbers, truth values and lists of them"
_REASONS: Final[Reasons] = {
    "#": "an object that is marked as deleted is left out",
    "imageData": "a case names its images and does not hold them",
    "filename": "a case names an image without its folder",
    "score": "a confidence lies between 0 and 1, and has the digits of a double",
    "shape_type": ("a case has polygons for all outlines", LossKind.APPROXIMATED),
    "points": "a case keeps the bounds of a rectangle",
    "polygon/pt": "a case keeps the bounds of a box, and the corners of an outline alone",
    "type": "a mask is no box",
    "id": "an annotation has the number that an id stands for",
    "flags/*": _ATTRIBUTES,
    "attributes*": _ATTRIBUTES,
    "description": _ATTRIBUTES,
    "group_id": _ATTRIBUTES,
    "*": "a case has no place for {name}",
}
_APART: Final = "shapes of one group are annotations of their own; --instances makes them one object"
_UNBOUND: Final = (
    "only outlines of one label, and points, of one group become one object; this is an annotation of its own"
)
_POINTS: Final = "each of its points becomes an annotation of its own"
_RECTANGLE: Final = "bounding_box"


def json_losses(
    document: Record,
    case: Case,
    labels: Labels,
    case_index: int,
    joined: Mapping[str, str] | None = None,
    *,
    name: str,
) -> list[Loss]:
    """Return what a file of the desktop tool says and its case does not; paths as `/shapes/0/flags/hard`.

    Parameters
    ----------
    document
        The file.
    case, labels, case_index
        What was read from it.
    joined
        Which shape each became a part of, by their ids, if shapes of one group are one; None if they are not.
    name
        What the picture is called by the path that the file has to it.
    """
    again = json_tree(case, labels)
    if again["imagePath"] == name:
        again["imagePath"] = document.get("imagePath", name)
    shapes = again.pop("shapes")
    annotations = {each.id: each for each in case.annotations}
    for identity, owner in (joined or {}).items():
        place = int(identity.partition(".")[0]) - 1  # of a shape of points, whose one point it is
        held = _places(annotations.get(owner))
        told = _said_shape(document["shapes"][place])
        if as_value(told.get("points")) in held:
            shapes[place] = {name: told[name] for name in ("label", "shape_type", "points", "group_id") if name in told}
    said = {name: value for name, value in document.items() if name != "shapes" and name not in _ENCODING}
    records = [FileRecord((), stated(said), again)]
    records += [
        FileRecord(("shapes", place), _said_shape(shape), shapes.get(place))
        for place, shape in enumerate(document["shapes"])
    ]
    bound = {*(joined or {}), *(joined or {}).values(), *(each.parent_id for each in case.annotations)}
    numbers = {each.partition(".")[0] for each in bound if each is not None}
    apart = [each for each in shared_groups(document["shapes"]) if joined is None or str(each + 1) not in numbers]
    why = _APART if joined is None else _UNBOUND
    lost = [Loss(case_index, pointer(("shapes", each, "group_id")), LossKind.APPROXIMATED, why) for each in apart]
    lost += [
        Loss(case_index, pointer(("shapes", place)), LossKind.APPROXIMATED, _POINTS)
        for place, shape in enumerate(document["shapes"])
        if shape.get("shape_type") == "points" and f"{place + 1}.2" in annotations
    ]
    return [*file_losses(records, _REASONS, case_index), *lost]


def xml_losses(root: Element, case: Case, labels: Labels, case_index: int, *, name: str) -> list[Loss]:
    """Return what a file of the web tool says and its case does not; paths as `/object/0/date`."""
    again = xml_tree(case, labels)
    if again["filename"] == name:
        again["filename"] = (root.findtext("filename") or name).strip()
    objects = again.pop("object")
    said = _said_members(root)
    said.pop("object", None)
    records = [FileRecord((), said, again)]
    for place, element in enumerate(root.iterfind("object")):
        identity = None if is_deleted(element) else str(object_number(element, place))
        records.append(FileRecord(("object", place), _said_object(element), objects.get(identity)))
    return list(file_losses(records, _REASONS, case_index))


def text_of(element: Element | None) -> str:
    """Return a text to the letter; of one that stands on lines of its own, without the white space round it."""
    text = "" if element is None else element.text or ""
    return text.strip() if "\n" in text or "\r" in text else text


def is_deleted(element: Element) -> bool:
    """Tell whether an object is marked as deleted."""
    return (element.findtext("deleted") or "0").strip() == "1"


def object_number(element: Element, place: int) -> int:
    """Return the id of an object as a number, else its place."""
    stated_id = (element.findtext("id") or "").strip()
    return int(stated_id) if stated_id.isdecimal() and len(stated_id) < 16 else place


def json_tree(case: Case, labels: Labels) -> Record:
    """Return the members that a file of the desktop tool has of a case; shapes by their place."""
    shapes: dict[int, Record] = {}
    flags: Record = {}
    for each in case.annotations:
        name, attributes = labels.name_of(each.label_code), strict_json.plain(each.attributes or {})
        number, _, part = each.id.partition(".")
        if not number.isdecimal():
            flags[name] = attributes.get("image_label")
        elif part and int(number) - 1 in shapes:
            shapes[int(number) - 1]["points"] += _corners(each)
        else:
            kind = "points" if part else _kind(each)
            told = _by_member(attributes)
            if each.confidence is not None:
                told["score"] = each.confidence
            shapes[int(number) - 1] = {"label": name, "shape_type": kind, "points": _corners(each), **told}
    return {**_image(case, "imagePath", "imageHeight", "imageWidth"), "flags": flags, "shapes": shapes}


def xml_tree(case: Case, labels: Labels) -> Record:
    """Return the members that a file of the web tool has of a case; objects by their id, all values as texts."""
    objects: dict[str | None, Record] = {}
    for each in case.annotations:
        told = strict_json.plain(each.attributes or {})
        user = {"username": told.pop("username")} if "username" in told else {}
        parts = {name: told.pop(name) for name in ("hasparts", "ispartof") if name in told}
        if "occluded" in told:
            told["occluded"] = "yes" if told["occluded"] else "no"
        if each.type == "bbox":
            told["type"] = _RECTANGLE
        place = {"segm": user} if each.type == "mask" else {"polygon": {**user, "pt": _corners(each)}}
        objects[each.id] = {"id": each.id, "name": labels.name_of(each.label_code), "parts": parts, **told, **place}
    image = _image(case, "filename", "nrows", "ncols")
    size = {name: str(image.pop(name)) for name in ("nrows", "ncols") if name in image}
    return {**image, "imagesize": size, "object": objects}


def _image(case: Case, *names: str) -> Record:
    """Return name, rows and columns of the image under the names that a file has for them."""
    image = case.image
    told = [own_name(image), *(image.shape or [])[1::-1]]
    return dict(zip(names, told, strict=False))


def _kind(annotation: AnyAnnotation) -> str:
    kinds = {"bbox": "rectangle", "ellipse": "circle", "polyline": "linestrip"}
    return kinds.get(annotation.type, annotation.type)


def _places(annotation: AnyAnnotation | None) -> list[Any]:
    """Return the corners of each part of a polygon, or of each of several points."""
    told: Any = annotation
    if annotation is None or annotation.type not in {"polygon", "keypoints"}:
        return []
    if annotation.type == "polygon":
        return [as_value(told.polygon), *(as_value(each.polygon) for each in told.parts or ())]
    return [(tuple(each.point),) for each in told.keypoints if each.point is not None]


def _corners(annotation: AnyAnnotation) -> Corners:
    """Return the corners of an annotation; a circle as its centre and radius, a box as its bounds."""
    told: Any = annotation
    match annotation.type:
        case "bbox":
            x_min, y_min, x_max, y_max = told.bbox
            return (x_min, y_min), (x_max, y_min), (x_max, y_max), (x_min, y_max)
        case "ellipse":
            return tuple(told.center), (told.radii[0],)
        case "polygon" | "polyline":
            corners: Corners = as_value(told.polygon if annotation.type == "polygon" else told.polyline)
            return corners
        case "point":
            return (tuple(told.point),)
        case _:
            return ()


def _by_member(attributes: Record) -> Record:
    """Return attributes as the members of a shape that they are read from."""
    told: Record = {name: attributes.pop(name) for name in ("group_id", "description") if name in attributes}
    flags = {name: value for name, value in attributes.items() if isinstance(value, bool)}
    others = {name: value for name, value in attributes.items() if name not in flags}
    return {**told, "flags": flags, "attributes": others}


def _said_shape(shape: Record) -> Record:
    """Return what a shape says, its corners in the form of `_corners`."""
    said = stated({"shape_type": "polygon", **stated(shape)})
    kind, points = said["shape_type"], as_value(said.get("points", ()))
    if kind == "mask":
        return {name: value for name, value in said.items() if f"mask/{name}" not in _ENCODING}
    if kind == "line":
        said["shape_type"] = "linestrip" if len(points) == 2 else kind
    elif kind == "rectangle":
        points = _rectangle(points)
    elif kind == "circle":
        points = points[0], (math.dist(*points),)
    return {**said, "points": points} if points else said


def _said_object(element: Element) -> Record:
    """Return what an object says, its corners in the form of `_corners`."""
    told = _said_members(element)
    told |= {"name": text_of(element.find("name"))} if told.get("name") else {}
    said = {name: value for name, value in told.items() if value != "0" or f"0/{name}" not in _ENCODING}
    segm, polygon = said.get("segm"), said.get("polygon")
    if isinstance(segm, dict):
        said["segm"] = {name: value for name, value in segm.items() if f"segm/{name}" not in _ENCODING}
    is_read = element.find("segm/mask") is None and not is_deleted(element)
    if is_read and isinstance(polygon, dict) and said.get("type") == _RECTANGLE and "pt" in polygon:
        polygon["pt"] = _rectangle(polygon["pt"])
    return said


def _rectangle(points: Corners) -> Corners:
    """Return the corners of an upright rectangle as `_corners` has them; those of any other as they are."""
    xs, ys = ({point[axis] for point in points} for axis in (0, 1))
    left, right, top, bottom = min(xs), max(xs), min(ys), max(ys)
    bounds = (left, top), (right, top), (right, bottom), (left, bottom)
    return bounds if set(points) <= set(bounds) and len(set(points)) in {2, 4} else points


def _said_element(element: Element) -> Any:
    """Return the text of an element, or its members that say something; the corners of a polygon as one value."""
    is_text = not len(element) and not element.attrib
    return (element.text or "").strip() if is_text else _said_members(element)


def _said_members(element: Element) -> Record:
    """Return the members of an element that say something; none of one that is a text."""
    children: dict[str, list[Element]] = {}
    for child in element:
        children.setdefault(child.tag, []).append(child)
    said: Record = {f"@{name}": value for name, value in element.attrib.items()}
    for name, members in children.items():
        if name == "pt":
            said[name] = tuple(tuple(_numbers(point)) for point in members)
        else:
            told = [_said_element(each) for each in members]
            said[name] = told[0] if len(told) == 1 and name != "object" else told
    return stated(said)


def _numbers(point: Element) -> Iterator[float | str]:
    """Yield x and y of a corner, then what else it says."""
    yield from (as_number((point.findtext(name) or "").strip()) for name in ("x", "y"))
    yield from (each.text or "" for each in point if each.tag not in {"x", "y"})
