"""What is said of a fault of structure: what was found, what the schema asks there, and what to do.

It is made after the fact from the schema, the document and the place, so that every validator's faults are told in the
same words. Texts are shown where codes, identifiers, numbers or times belong; of a text that stands elsewhere only the
length is, since nobody knows what is in it.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache, lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias, cast

from annoconv.documents.classes import class_of
from annoconv.documents.residuals import steps_of
from annoconv.messages import Message, listed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from annoconv.messages import Language

__all__ = ["explained", "near_key"]

Schema: TypeAlias = dict[str, Any]

_SHOWN: Final = 60  # characters of a text that are shown
_SPELLED: Final = 64  # characters of a text to which others are compared
_ALL_MEMBERS: Final = 24  # an enumeration longer than this is told by its nearest members, or by its length
_NEAREST: Final = 3
_FREE: Final = frozenset({"Name", "Text"})
"""Types of which a text may say anything."""
_PAGE: Final = "docs/reference/model.md"
_NUMBER: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_TYPES: Final = {
    "string": Message("a text"),
    "number": Message("a number"),
    "integer": Message("a whole number"),
    "boolean": Message("true or false"),
    "array": Message("a list"),
    "object": Message("an object"),
}


@dataclass(frozen=True, slots=True)
class _Both:
    """A sentence of the model, in both its languages."""

    en: str
    zh: str

    def __str__(self) -> str:
        """Return it in English."""
        return self.en

    def text(self, lang: Language) -> str:
        """Return it in a language."""
        return self.zh if lang == "zh" else self.en


class _Place(NamedTuple):
    """A place of a document: what the schema asks there, and what stands there.

    Attributes
    ----------
    key
        What the schema says of the key that leads there.
    type
        What it asks of the value, references resolved.
    name
        Name of that definition; empty if it has none.
    value
        What stands there.
    """

    key: Schema
    type: Schema
    name: str
    value: object


def _place_of(path: str, document: object, root: str | None = None) -> _Place | None:
    """Return a place of a document, or None if the schema says nothing of it.

    Parameters
    ----------
    path
        JSON pointer. Of a key of the wrong form, what the key has to be is returned, and the key as its value.
    document
        JSON value.
    root
        Its class; if None, its keys tell.
    """
    root = root or class_of(document).__name__
    schema = _schema() if root == "Case" else _schema()["$defs"].get(root)
    place = None if schema is None else _Place({}, schema, root, document)
    for step in steps_of(path):
        place = _member(place, step) if place is not None else None
    return place


def _member(place: _Place, step: str) -> _Place | None:
    value, schema = place.value, place.type
    if isinstance(value, list):
        items = cast("list[object]", value)
        inner = schema.get("items")
        if inner is None or not step.isdecimal() or int(step) >= len(items):
            return None
        return _as_place(inner, items[int(step)])._replace(key=place.key)
    if not isinstance(value, dict):
        return None
    members = cast("dict[str, object]", value)
    names, free = schema.get("propertyNames"), schema.get("additionalProperties")
    if names is not None and not re.fullmatch(_resolved(names)[0].get("pattern", ".*").strip("^$"), step, re.DOTALL):
        return _as_place(names, step)
    inner = schema.get("properties", {}).get(step) or free
    return _as_place(inner, members.get(step)) if inner and step in members else None


def _as_place(schema: Schema, value: object) -> _Place:
    asked, name = _resolved(schema)
    tag = asked.get("required", [""])[0]
    if "allOf" in asked and isinstance(value, dict) and "properties" in asked:
        told = cast("dict[str, object]", value).get(tag)
        for branch in asked["allOf"]:
            if "$ref" in branch["then"] and branch["if"]["properties"][tag]["const"] == told:
                asked, name = _resolved(branch["then"])
    return _Place(schema, asked, name, value)


def _resolved(schema: Schema) -> tuple[Schema, str]:
    name = ""
    while "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        schema = _schema()["$defs"][name]
    return schema, name


@cache
def _schema() -> Schema:
    return cast("Schema", json.loads((files("annoconv_model") / "annoconv.schema.json").read_bytes()))


# --- sentences --------------------------------------------------------------------------------------------------------


def explained(
    problem: Message,
    kind: str,
    key: str,
    path: str,
    document: object,
    *,
    compare: bool,
    root: str | None = None,
) -> Message:
    """Return what is said of a fault: what is wrong, and as far as the schema tells, what stands there and what should.

    Parameters
    ----------
    problem
        What is wrong.
    kind
        As the normaliser calls it; `null` beside.
    key
        The key that is missing or not known.
    path
        JSON pointer to the value; of a missing or unknown key, to the object.
    document
        JSON value.
    compare
        Whether what was found is compared with all that is known there, which takes a third of a millisecond; else of a
        key that is missing or not known no more is told.
    root
        Class of the document; if None, its keys tell.
    """
    if kind in {"unknown_key", "required"} and not compare:
        return problem
    place = _place_of(path, document, root)
    if place is None:
        return problem
    if kind == "unknown_key":
        near = _near_key(key, place)
        return Message("{problem}; did you mean {key}?", problem=problem, key=near) if near else problem
    if kind == "required":
        asked = place.type["properties"].get(key, {})
        if "enum" in asked:  # the tag of a union
            return Message("{problem}; expected {expected}", problem=problem, expected=", ".join(asked["enum"]))
        if "description" not in asked:
            return problem
        return Message("{problem}; add it: {meaning}", problem=problem, meaning=_meaning(asked))
    if kind not in _EXPECTED:
        return problem
    problem = Message("{problem}; found {found}", problem=problem, found=_found(kind, place))
    expected, advice = _EXPECTED[kind](place, compare)
    if not advice:
        return Message("{problem}; expected {expected}", problem=problem, expected=expected)
    return Message("{problem}; expected {expected}; {advice}", problem=problem, expected=expected, advice=advice)


def near_key(key: str, path: str, document: object, root: str | None) -> str:
    """Return the key of the object at a place that an unknown one may be meant for; empty if there is none."""
    place = _place_of(path, document, root)
    return "" if place is None else _near_key(key, place)


Asked: TypeAlias = tuple[object, object]
"""What is expected, and what to do."""


def _value(place: _Place, compare: bool) -> Asked:
    members = [str(each) for each in place.type.get("enum", [place.type.get("const")])]
    titles: dict[str, str] = place.type.get("x-titles-zh", {})
    near = _near(place.value, members, {titles[each]: each for each in titles}) if compare else []
    advice = Message("did you mean {member}?", member=near[0]) if near else ""
    if len(members) <= _ALL_MEMBERS:
        return ", ".join(sorted(members)), advice
    if near:
        return ", ".join([*near, "…"]), advice
    return Message("one of the {count} of {name}", count=len(members), name=place.name), Message(
        "they are listed in {page}", page=_PAGE
    )


def _pattern(place: _Place, _: bool) -> Asked:
    told = place.type
    advice = _Both(told["x-advice"], told["x-advice-zh"]) if "x-advice" in told else ""
    return _Both(_phrase(told), told.get("x-description-zh", "").rstrip("。")), advice


def _type(place: _Place, _: bool) -> Asked:
    branches: list[Schema] = place.type.get("anyOf", [place.type])
    names = [name for each in branches for name in _names(each)]
    expected = listed([_TYPES[name] for name in names], separator=", ")
    return _meant(expected, place), next(
        (advice for wanted, is_so, advice in _ADVICE if wanted & {*names} and is_so(place.value)), ""
    )


def _range(place: _Place, _: bool) -> Asked:
    told = place.type
    low, high, above = (told.get(name) for name in ("minimum", "maximum", "exclusiveMinimum"))
    if above is not None:
        expected = Message("a number above {bound}", bound=above)
    elif low is not None and high is not None:
        expected = Message("a number from {low} to {high}", low=low, high=high)
    elif low is not None:
        expected = Message("a number of at least {bound}", bound=low)
    else:
        expected = Message("a finite number")
    return _meant(expected, place), ""


def _length(place: _Place, _: bool) -> Asked:
    told = place.type
    low, high = told.get("minItems"), told.get("maxItems")
    if "then" in told:
        expected = Message("{low} or {high} members", low=low, high=high)
    elif low == high:
        expected = Message("{count} members", count=low)
    elif high is None:
        expected = Message("at least {count} members", count=low)
    else:
        expected = Message("{low} to {high} members", low=low or 0, high=high)
    is_short = low is not None and isinstance(place.value, list) and len(cast("list[object]", place.value)) < low
    return _meant(expected, place), Message("add what is missing") if is_short else Message("take out what is too much")


_EXPECTED: Final[dict[str, Callable[[_Place, bool], Asked]]] = {
    "value": _value,
    "pattern": _pattern,
    "type": _type,
    "range": _range,
    "length": _length,
}
_ADVICE: Final[tuple[tuple[frozenset[str], Callable[[object], bool], Message], ...]] = (
    (
        frozenset({"number", "integer"}),
        lambda value: isinstance(value, str) and bool(_NUMBER.fullmatch(value)),
        Message("leave the quotation marks out"),
    ),
    (
        frozenset({"string"}),
        lambda value: isinstance(value, int | float) and not isinstance(value, bool),
        Message("write it in quotation marks"),
    ),
    (frozenset({"array"}), lambda value: not isinstance(value, list), Message("put it into square brackets")),
)
"""What to do where a value of a type is wanted and another stands: the first that fits."""


def _found(kind: str, place: _Place) -> object:
    """Return what stands at a place, as far as it may be shown."""
    value = place.value
    if isinstance(value, list):
        return Message("a list of {count} members", count=len(cast("list[object]", value)))
    if isinstance(value, dict):
        return Message("an object")
    if not isinstance(value, str):
        return "true" if value is True else "false" if value is False else str(value)
    is_open = place.name in _FREE or (kind == "type" and {"array", "object"} & {*_names(place.type)})
    if is_open:
        return Message("a text of {count} characters", count=len(value))
    return repr(value if len(value) <= _SHOWN else f"{value[:_SHOWN]}...")


def _names(schema: Schema) -> list[str]:
    told = schema.get("type", "object")
    return [told] if isinstance(told, str) else list(told)


def _meant(expected: Message, place: _Place) -> Message:
    """Return what is expected, and what the key is."""
    asked = place.key if "title" in place.key else place.type
    return (
        Message("{expected} ({meaning})", expected=expected, meaning=_meaning(asked)) if "title" in asked else expected
    )


def _meaning(schema: Schema) -> _Both:
    """Return what a key or a type is."""
    return _Both(_phrase(schema), schema["x-title-zh"])


def _phrase(schema: Schema) -> str:
    """Return the description as a part of a sentence."""
    text = cast("str", schema["description"]).rstrip(".")
    return text if text[1:2].isupper() or text[1:2].isdecimal() else text[:1].lower() + text[1:]


def _near_key(key: str, place: _Place) -> str:
    """Return the key that may be meant: one that is missing, else any that is spelled much like it.

    Empty if the key is known here: then the document was held against another class than that which its keys tell.
    """
    there = cast("dict[str, object]", place.value)
    missing = tuple(each for each in place.type.get("required", ()) if each not in there)
    known = tuple(place.type.get("properties", ()))
    if key in known:
        return ""
    return next(iter(_alike(key, missing, 1, 0.5) or _alike(key, known, 1, 0.7)), "")


def _near(found: object, members: Sequence[str], titles: dict[str, str]) -> Sequence[str]:
    if not isinstance(found, str):
        return ()
    return [titles[found]] if found in titles else _alike(found, tuple(members), _NEAREST, 0.6)


@lru_cache(maxsize=256)
def _alike(found: str, members: tuple[str, ...], most: int, cutoff: float) -> tuple[str, ...]:
    """Return the members that are spelled most like a text, in capitals or not."""
    if len(found) > _SPELLED:
        return ()
    folded = {each.casefold(): each for each in sorted(members, reverse=True)}
    return tuple(folded[each] for each in get_close_matches(found.casefold(), folded, most, cutoff))
