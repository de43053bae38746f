"""What a JSON document that is not what was expected looks like: one table of the formats, by their members."""

from __future__ import annotations

from typing import Any, Final

from annoconv.documents.json_values import json_type
from annoconv.errors import InputError
from annoconv.findings import Finding, Level
from annoconv.messages import Message
from annoconv.model import Case

__all__ = ["LOOKS_LIKE", "OTHER_FORMAT", "REQUIRED", "is_of_another", "looks_like", "no_case"]

LOOKS_LIKE: Final = "what looks like {name}, which from-{command} reads"

_FORMATS: Final[tuple[tuple[str | Message, str, tuple[str, ...]], ...]] = (
    ("Label Studio", "label-studio", ("data annotations", "data predictions", "data completions", "annotation_id")),
    ("LabelMe", "labelme", ("shapes imagePath", "shapes imageData", "shapes imageHeight")),
    ("COCO", "coco", ("images annotations", "images categories", "image_id category_id", "image_id caption")),
    ("GeoJSON", "geojson", ("type features", "type geometry", "type coordinates")),
    ("FHIR", "fhir", ("resourceType",)),
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
)
"""The same of what no command `from-` reads."""
REQUIRED: Final = ", ".join(sorted(name for name, field in Case.model_fields.items() if field.is_required()))
"""The keys of a case, for messages."""
OTHER_FORMAT: Final = Message(
    "A file of another format is read with `annoconv convert SOURCE -o OUT`; `annoconv formats` lists them"
)
_MOST_NAMED: Final = 3


def looks_like(document: Any, asked: str = "") -> Message:
    """Return what a JSON document looks like, for the error that it is not what was expected: the format `asked`."""
    is_list = isinstance(document, list)
    first = next(iter(document), None) if is_list else document
    if not isinstance(first, dict):
        kind = json_type(first)
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


def is_of_another(document: Any) -> bool:
    """Tell whether a document is no case but of a format that is known, or a list of such: it has no key of a case."""
    first = next(iter(document), None) if isinstance(document, list) else document
    if not isinstance(first, dict) or not first.keys() & Case.model_fields.keys() <= {"annotations"}:
        return False
    return any(_has(first, members) for _, _, members in _FORMATS)


def no_case(document: Any) -> Finding:
    """Return the one finding about a document of another format."""
    told = InputError("this is no case", found=looks_like(document), expected=REQUIRED, advice=OTHER_FORMAT)
    return Finding("schema.invalid", Level.ERROR, "", Message("{error}", error=told))


def _has(document: dict[str, Any], members: tuple[str, ...]) -> bool:
    return any(document.keys() >= set(each.split()) for each in members)
