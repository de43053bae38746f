"""What a JSON file that is none of a format looks like: one table of the formats, by the names of their members."""

from __future__ import annotations

from typing import Any, Final

from annoconv.messages import Message

__all__ = ["LOOKS_LIKE", "looks_like"]

LOOKS_LIKE: Final = "what looks like {name}, which from-{command} reads"

_FORMATS: Final[tuple[tuple[str | Message, str, tuple[str, ...]], ...]] = (
    ("Label Studio", "label-studio", ("data annotations", "data predictions", "data completions", "annotation_id")),
    ("LabelMe", "labelme", ("shapes imagePath", "shapes imageData", "shapes imageHeight")),
    ("COCO", "coco", ("images annotations", "images categories", "image_id category_id", "image_id caption")),
    ("GeoJSON", "geojson", ("type features", "type geometry", "type coordinates")),
    ("Cytomine", "geojson", ("collection", "location", "annotation")),
    (
        Message("a list of cases for training"),
        "nifti",
        ("labels training", "labels numTraining", "training validation"),
    ),
)
"""Its name, its command, and the members that an object of it has, or the first of a list: all of one of these."""
_OTHERS: Final[tuple[tuple[Message, tuple[str, ...]], ...]] = (
    (Message("a case of annoconv"), ("task_id image", "image annotations metadata")),
    (Message("a side file of annoconv"), ("cases", "section annoconv")),
    (Message("a FHIR resource"), ("resourceType",)),
)
"""The same of what no command `from-` reads."""
_KINDS: Final = {
    str: Message("a text"),
    bool: Message("true or false"),
    type(None): Message("null"),
    list: Message("a list"),
}
_MOST_NAMED: Final = 3


def looks_like(document: Any, asked: str = "") -> Message:
    """Return what a JSON document looks like, for the error that it is not what was expected: the format `asked`."""
    is_list = isinstance(document, list)
    first = next(iter(document), None) if is_list else document
    if not isinstance(first, dict):
        kind = _KINDS.get(type(first), Message("a number"))
        if is_list:
            return Message("a list of which the first is {kind}", kind=kind) if document else Message("an empty list")
        return kind
    for thing, members in _OTHERS:
        if _has(first, members):
            return Message("what looks like {thing}", thing=thing)
    for name, command, members in _FORMATS:
        if command != asked and _has(first, members):
            return Message(LOOKS_LIKE, name=name, command=command)
    if not first:
        return Message("an object without members")
    return Message("an object with {members}", members=", ".join(list(first)[:_MOST_NAMED]))


def _has(document: dict[str, Any], members: tuple[str, ...]) -> bool:
    return any(document.keys() >= set(each.split()) for each in members)
