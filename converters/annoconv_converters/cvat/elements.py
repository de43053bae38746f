"""What the elements of CVAT's XML say, without what only says how the rest is encoded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from annoconv_converters._pictures.file_losses import stated
from annoconv_converters._xml import as_number, members_of, members_of_object

if TYPE_CHECKING:
    from collections.abc import Iterator
    from xml.etree.ElementTree import Element

    from annoconv.documents.residuals import Path

__all__ = [
    "TAGS",
    "doubled",
    "label_key",
    "said_of_element",
    "said_of_label",
    "said_of_shape",
    "shapes_of",
    "spaced",
]

Record: TypeAlias = "dict[str, Any]"

_ENCODING: Final = {
    "@occluded=0": "that nothing is said",
    "@z_order=0": "that nothing is said",
    "@group_id=0": "that nothing is said",
    "@source=manual": "that nothing else made it",
    "@outside=0": "that it is seen; what is not seen is no annotation",
    "image/@id": "images are numbered anew",
    "mask/@rle": "pixels, which are the mask",
    **dict.fromkeys(
        ("mask/@left", "mask/@top", "mask/@width", "mask/@height"), "where its pixels lie, which the mask says"
    ),
    **dict.fromkeys(
        ("on track/@label", "on track/@source", "on track/@group_id"), "of the track, in the shapes that are on it"
    ),
    "on skeleton/@keyframe": "of the skeleton that it is a part of",
    **dict.fromkeys(
        ("size", "mode", "dumped"), "how many pictures the file has, of what kind, and when it was written"
    ),
}
"""What only says how the rest is encoded, by name, by name and value, or by what it belongs to: why it is left out."""
_WITH_VALUES: Final = frozenset(name.partition("=")[0] for name in _ENCODING if "=" in name)
TAGS: Final = ("box", "polygon", "polyline", "points", "ellipse", "mask", "tag", "skeleton", "cuboid")
_WITHIN: Final = frozenset({"attribute", *TAGS})
_AS_TEXT: Final = frozenset({"@label", "@source", "@frame", "@group_id", "@z_order"})
"""What a shape says that is no number."""
_ON: Final = {holder: f"on {holder}" for holder in ("image", "track", "skeleton")}


def shapes_of(element: Element, above: Path) -> Iterator[tuple[Path, Element]]:
    """Yield the shapes of an image, a track or a skeleton, with their places: the tag, and which of that tag."""
    counts: dict[str, int] = {}
    for child in element:
        if child.tag != "attribute":
            counts[child.tag] = counts.get(child.tag, -1) + 1
            yield (*above, child.tag, counts[child.tag]), child


def said_of_element(members: Any, holder: str) -> Record:
    """Return the members of an element without those that only say how the rest is encoded."""
    if not isinstance(members, dict):
        return {}
    return {
        name: value
        for name, value in members.items()
        if name not in _ENCODING
        and not (name in _WITH_VALUES and f"{name}={value}" in _ENCODING)
        and f"{holder}/{name}" not in _ENCODING
    }


def said_of_shape(element: Element, holder: str) -> Record:
    """Return what a shape says, coordinates as numbers, attributes by name."""
    is_alone = all(child.tag in _WITHIN for child in element)  # nearly all are
    members = {f"@{name}": value for name, value in element.attrib.items() if value}
    if element.text and element.text.strip():
        members["#text"] = element.text.strip()
    said = said_of_element(members if is_alone else members_of(element, "attribute", *TAGS), _ON[holder])
    if element.tag == "mask":
        said = said_of_element(said, "mask")
    for name, value in said.items():
        if name == "@points":
            said[name] = tuple(map(as_number, value.replace(";", ",").split(",")))
        elif name not in _AS_TEXT and isinstance(value, str):
            said[name] = as_number(value)
    attributes: Record = {}
    for each in element.iterfind("attribute"):
        name, value = each.get("name", ""), (each.text or "").strip()
        attributes[name] = value
        said |= {f"attribute@{more}": each.attrib[more] for more in each.attrib.keys() - {"name"}}
    if attributes:
        said["attribute"] = attributes
    for place, child in shapes_of(element, ()) if element.tag == "skeleton" else ():
        if child.get("outside") != "1":
            said.setdefault(str(place[0]), {})[int(place[1])] = said_of_shape(child, "skeleton")
    return said


def doubled(element: Element) -> Iterator[str]:
    """Yield the names of attributes that a shape has more than one value of; the last one counts."""
    values: dict[str, set[str]] = {}
    for each in element.iterfind("attribute"):
        values.setdefault(each.get("name", ""), set()).add((each.text or "").strip())
    yield from (name for name, told in values.items() if len(told) > 1)


def spaced(told: Record) -> Record:
    """Return texts whatever white space their words stand apart by: the values of an attribute."""
    return stated({name: " ".join(text.split()) if isinstance(text, str) else text for name, text in told.items()})


def label_key(label: Element) -> str:
    """Return the name of a label, behind that of the one that it is part of."""
    name, parent = (label.findtext(tag) or "" for tag in ("name", "parent"))
    return f"{parent}/{name}" if parent else name


def said_of_label(label: Element) -> Record:
    """Return what the definition of a label says, its attributes by name."""
    said = members_of_object(label, "name", "attributes")
    attributes = {
        (each.findtext("name") or "").strip(): spaced(members_of_object(each, "name"))
        for each in label.iterfind("attributes/attribute")
    }
    return said | ({"attributes": attributes} if attributes else {})
