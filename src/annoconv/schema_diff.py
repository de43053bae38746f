"""What changed between two versions of the schema: breaking, or additive.

A change is *breaking* if a document that was valid before may be invalid now, *additive* if every document stays valid,
and *annotation* if only what is said to people changed. Both schemas must be of the kind that annoconv generates.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

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
    if old == new:
        return
    if not isinstance(old, Mapping) or not isinstance(new, Mapping):
        loosened = new is True or new == {}
        yield Change(path, Effect.ADDITIVE if loosened else Effect.BREAKING, f"was {_short(old)}, is {_short(new)}")
        return
    for key in sorted(old.keys() | new.keys()):
        before, after, where = old.get(key), new.get(key), f"{path}/{key}"
        if before == after:
            continue
        if key in _SAID or key.startswith("x-"):
            yield Change(where, Effect.ANNOTATION, "the text for people changed")
        elif key in {"properties", "$defs"}:
            yield from _members(before or {}, after or {}, where, set(new.get("required", ())), key == "$defs")
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
            yield from _branches(before, after, where, key == "anyOf")
        elif after is None:
            yield Change(where, Effect.ADDITIVE, f"{key} no longer limits")
        else:
            yield Change(where, Effect.BREAKING, f"was {_short(before)}, is {_short(after)}")


def _members(
    old: Mapping[str, Any], new: Mapping[str, Any], path: str, required: set[str], defined: bool
) -> Iterator[Change]:
    for name in sorted(old.keys() | new.keys()):
        where = f"{path}/{name}"
        if name not in new:
            effect = Effect.ANNOTATION if defined else Effect.BREAKING
            yield Change(where, effect, f"{name} was removed")
        elif name not in old:
            effect = Effect.BREAKING if name in required else Effect.ADDITIVE
            yield Change(where, effect, f"{name} is new" + (" and required" if name in required else ""))
        else:
            yield from _compare(old[name], new[name], where)


def _required(old: set[str], new: set[str], path: str) -> Iterator[Change]:
    for name in sorted(new - old):
        yield Change(f"{path}/{name}", Effect.BREAKING, f"{name} is now required")
    for name in sorted(old - new):
        yield Change(f"{path}/{name}", Effect.ADDITIVE, f"{name} is no longer required")


def _values(old: Any, new: Any, path: str) -> Iterator[Change]:
    before, after = list(old or ()), list(new or ())
    if not before or not after:
        yield Change(
            path,
            Effect.BREAKING if after else Effect.ADDITIVE,
            "the set of values became " + ("closed" if after else "open"),
        )
        return
    yield from (
        Change(path, Effect.BREAKING, f"the value {value} was removed") for value in before if value not in after
    )
    yield from (Change(path, Effect.ADDITIVE, f"the value {value} is new") for value in after if value not in before)


def _bound(old: Any, new: Any, path: str, is_lower: bool) -> Iterator[Change]:
    tightened = new is not None and (old is None or (new > old) == is_lower)
    yield Change(path, Effect.BREAKING if tightened else Effect.ADDITIVE, f"was {_short(old)}, is {_short(new)}")


def _branches(old: list[Any], new: list[Any], path: str, any_of: bool) -> Iterator[Change]:
    """Compare lists of branches by content; one more of `allOf` limits, one more of `anyOf` allows."""
    tagged_old, tagged_new = ({_tag(one): one for one in branches} for branches in (old, new))
    for tag in sorted(tagged_old.keys() | tagged_new.keys()):
        where = f"{path}/{tag}"
        if tag not in tagged_new:
            yield Change(where, Effect.BREAKING if any_of else Effect.ADDITIVE, "the branch was removed")
        elif tag not in tagged_old:
            # A branch of a union's tag applies only to that tag, which was no member of the enumeration before.
            opens = any_of or ("then" in tagged_new[tag] and "$ref" in tagged_new[tag]["then"])
            yield Change(where, Effect.ADDITIVE if opens else Effect.BREAKING, "the branch is new")
        else:
            yield from _compare(tagged_old[tag], tagged_new[tag], where)


def _tag(branch: Any) -> str:
    """Return what tells a branch from its neighbours: its condition, or itself."""
    import json

    told = branch.get("if", branch) if isinstance(branch, Mapping) else branch
    return json.dumps(told, sort_keys=True, ensure_ascii=False)


def _short(value: Any) -> str:
    text = "absent" if value is None else str(value)
    return text if len(text) <= 60 else text[:57] + "..."
