"""What changed between two versions of the schema: breaking, or additive.

A change is *breaking* if a document that was valid before may be invalid now, *additive* if every document stays valid,
and *annotation* if only what is said to people changed. Both schemas must be of the kind that annoconv generates.

Written here since what is asked is whether a valid document stays valid, which a difference of texts does not tell.
"""

from __future__ import annotations

import json
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from annoconv.messages import Message

__all__ = ["Change", "Effect", "compare_schemas"]


class Effect(StrEnum):
    """What a change does to documents that were valid."""

    BREAKING = "breaking"
    ADDITIVE = "additive"
    ANNOTATION = "annotation"


@dataclass(frozen=True, slots=True, order=True)
class Change:
    """One change, at a JSON pointer of the schema."""

    path: str
    effect: Effect
    message: str


_SAID = {"title", "description", "$comment", "$id", "$schema", "format"}
_LOWER, _UPPER = {"minimum", "exclusiveMinimum", "minItems", "minLength"}, {"maximum", "maxItems", "maxLength"}
_SCHEMAS = {"items", "additionalProperties", "propertyNames", "then"}
_CONDITIONS = {"not", "if"}  # what allows more here allows less of the document, or asks more of it


def compare_schemas(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Change]:
    """Return every change from `old` to `new`, sorted by where it stands."""
    return sorted(set(_compare(old, new, "")))


def _compare(old: Any, new: Any, path: str) -> Iterator[Change]:
    if _is_same(old, new):
        return
    if not isinstance(old, Mapping) or not isinstance(new, Mapping):
        loosened = new is True or new == {}
        yield Change(path, Effect.ADDITIVE if loosened else Effect.BREAKING, _became(old, new))
        return
    for key in sorted(old.keys() | new.keys()):
        before, after, where = old.get(key), new.get(key), f"{path}/{key}"
        if _is_same(before, after):
            continue
        if key in _SAID or key.startswith("x-"):
            yield Change(where, Effect.ANNOTATION, "the text for people changed")
        elif key == "$defs":
            yield from _members(before or {}, after or {}, where, (), Effect.ANNOTATION)
        elif key == "properties":
            is_open = old.get("additionalProperties") is not False  # what was free under that name is no longer
            limiting = set(after or ()) if is_open else set(new.get("required", ()))
            yield from _members(before or {}, after or {}, where, limiting, Effect.BREAKING)
        elif key == "required":
            yield from _required(set(before or ()), set(after or ()), where)
        elif key == "enum":
            yield from _values(before, after, where)
        elif key in _LOWER | _UPPER:
            yield from _bound(before, after, where, key in _LOWER)
        elif key in _SCHEMAS and before is not None and after is not None:
            yield from _compare(before, after, where)
        elif key in _CONDITIONS and before is not None and after is not None:
            for change in _compare(before, after, where):
                effect = Effect.ANNOTATION if change.effect is Effect.ANNOTATION else Effect.BREAKING
                yield Change(change.path, effect, change.message)
        elif key in {"allOf", "anyOf"} and isinstance(before, list) and isinstance(after, list):
            yield from _branches(before, after, where, None if key == "anyOf" else old.get("properties", {}))
        elif after is None:
            yield Change(where, Effect.ADDITIVE, Message("{key} no longer limits", key=key))
        else:
            yield Change(where, Effect.BREAKING, _became(before, after))


def _members(
    old: Mapping[str, Any], new: Mapping[str, Any], path: str, limiting: Container[str], removal: Effect
) -> Iterator[Change]:
    """Compare what stands under names; new members that are `limiting` ask more of a document that was valid."""
    for name in sorted(old.keys() | new.keys()):
        where = f"{path}/{name}"
        if name not in new:
            yield Change(where, removal, Message("{name} was removed", name=name))
        elif name not in old:
            if name in limiting:
                yield Change(where, Effect.BREAKING, Message("{name} is new and limits", name=name))
            else:
                yield Change(where, Effect.ADDITIVE, Message("{name} is new", name=name))
        else:
            yield from _compare(old[name], new[name], where)


def _required(old: set[str], new: set[str], path: str) -> Iterator[Change]:
    for name in sorted(new - old):
        yield Change(f"{path}/{name}", Effect.BREAKING, Message("{name} is now required", name=name))
    for name in sorted(old - new):
        yield Change(f"{path}/{name}", Effect.ADDITIVE, Message("{name} is no longer required", name=name))


def _values(old: Any, new: Any, path: str) -> Iterator[Change]:
    before, after = list(old or ()), list(new or ())
    if not before or not after:
        if after:
            yield Change(path, Effect.BREAKING, "the set of values became closed")
        else:
            yield Change(path, Effect.ADDITIVE, "the set of values became open")
        return
    for value in before:
        if not _is_in(value, after):
            yield Change(path, Effect.BREAKING, Message("the value {value} was removed", value=value))
    for value in after:
        if not _is_in(value, before):
            yield Change(path, Effect.ADDITIVE, Message("the value {value} is new", value=value))


def _bound(old: Any, new: Any, path: str, is_lower: bool) -> Iterator[Change]:
    tightened = new is not None and (old is None or (new > old) == is_lower)
    yield Change(path, Effect.BREAKING if tightened else Effect.ADDITIVE, _became(old, new))


def _branches(old: list[Any], new: list[Any], path: str, properties: Mapping[str, Any] | None) -> Iterator[Change]:
    """Compare lists of branches by content; one more of `allOf` limits, one more of `anyOf` allows.

    `properties` are those beside the old `allOf`, None for an `anyOf`.
    """
    tagged_old, tagged_new = ({_tag(one): one for one in branches} for branches in (old, new))
    for tag in sorted(tagged_old.keys() | tagged_new.keys()):
        where = f"{path}/{tag}"
        if tag not in tagged_new:
            effect = Effect.BREAKING if properties is None else Effect.ADDITIVE
            yield Change(where, effect, "the branch was removed")
        elif tag not in tagged_old:
            opens = properties is None or _is_of_a_new_value(tagged_new[tag], properties)
            yield Change(where, Effect.ADDITIVE if opens else Effect.BREAKING, "the branch is new")
        else:
            yield from _compare(tagged_old[tag], tagged_new[tag], where)


def _is_of_a_new_value(branch: Any, properties: Mapping[str, Any]) -> bool:
    """Tell whether a branch applies only where a key has a value that its enumeration did not allow before."""
    condition = branch.get("if") if isinstance(branch, Mapping) else None
    if not isinstance(condition, Mapping) or "else" in branch:
        return False
    return any(
        name in condition.get("required", ())
        and "const" in told
        and "enum" in properties.get(name, {})
        and not _is_in(told["const"], properties[name]["enum"])
        for name, told in condition.get("properties", {}).items()
    )


def _is_same(one: Any, other: Any) -> bool:
    """Tell whether two JSON values are written alike; true is not 1."""
    return one == other and json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def _is_in(value: Any, values: list[Any]) -> bool:
    return any(_is_same(value, each) for each in values)


def _tag(branch: Any) -> str:
    """Return what tells a branch from its neighbours: its condition, or itself."""
    told = branch.get("if", branch) if isinstance(branch, Mapping) else branch
    return json.dumps(told, sort_keys=True, ensure_ascii=False)


def _became(old: Any, new: Any) -> Message:
    return Message("was {old}, is {new}", old=_short(old), new=_short(new))


def _short(value: Any) -> str:
    if value is None:
        return Message("absent")
    text = str(value)
    return text if len(text) <= 60 else text[:57] + "..."
