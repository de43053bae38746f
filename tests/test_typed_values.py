"""Members of large documents, as the parser made them, are typed as their text is, and refused if that is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

from annoconv.documents import strict_json
from annoconv.documents.classes import class_of
from annoconv.documents.faults import typed_members
from annoconv.model import Case, Label

EXAMPLES = Path(__file__).parents[1] / "model" / "examples"
OTHERS: tuple[Any, ...] = (
    None,
    True,
    1,
    1.0,
    -0.0,
    2.5,
    1e22,
    2**70,
    10**400,
    "x",
    "",
    "2026-01-02T03:04:05Z",
    [],
    [1],
    {},
    {"a": 1},
)


def leaves(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield each list and object with the place of each of its members."""
    for place in [*value] if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield value, place
        yield from leaves(value[place])


def seen(value: Any) -> Any:
    """Return what a typed value is, to the type of each of its leaves and the fields that were given."""
    if isinstance(value, BaseModel):
        return type(value), value.model_fields_set, {name: seen(each) for name, each in vars(value).items()}
    if isinstance(value, dict):
        return {name: seen(each) for name, each in value.items()}
    return (type(value), [*map(seen, value)]) if isinstance(value, list | tuple) else (type(value), repr(value))


@cache
def kind_of(model: type[BaseModel], key: str) -> TypeAdapter[Any]:
    return TypeAdapter(model.model_fields[key].rebuild_annotation())


def from_text(model: type[BaseModel], key: str, members: list[Any]) -> Any:
    try:
        return seen(kind_of(model, key).validate_json(json.dumps(members)))
    except ValidationError:
        return None


@pytest.mark.parametrize("path", [*EXAMPLES.glob("*valid/*.json")], ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_values_are_typed_as_their_text_is(path: Path) -> None:
    try:
        document = strict_json.loads(path.read_bytes())
        model = class_of(document)
    except (ValueError, TypeError, AttributeError):
        return
    lists = {key: value for key, value in document.items() if type(value) is list and key in model.model_fields}
    for key, members in lists.items():
        typed = typed_members(model, key, members)
        assert (None if typed is None else seen(typed)) == from_text(model, key, members)
        changed = deepcopy(members[:1]) if path.parent.name == "valid" else []
        for number, (holder, place) in enumerate([*leaves(changed)][:40]):
            kept = holder[place]
            for other in OTHERS[number % 3 :: 3]:
                holder[place] = other
                typed = typed_members(model, key, changed)
                assert (None if typed is None else seen(typed)) == from_text(model, key, changed), (key, other)
            holder[place] = kept


def test_values_are_typed_so_whatever_was_used_before() -> None:
    Label(code="A", name_zh=None)  # Python has null for what is absent, JSON has not
    assert typed_members(Case, "labels", [{"code": "A", "name_zh": None}]) is None
