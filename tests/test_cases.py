"""The zoo holds every key of a case, so that every format is tested on it."""

from __future__ import annotations

import typing
from collections.abc import Iterator
from inspect import get_annotations
from typing import Any

import pytest
from pydantic import BaseModel

from annoconv.documents import strict_json
from annoconv.model import Case
from tests.cases import EXAMPLES, ZOO

Key = tuple[str, str]
"""A class and its key; one that a base class has is that class's."""


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> set[Key]:
    documents = (build(tmp_path_factory.mktemp(name)) for name, build in ZOO.items())
    return {key for each in documents for key in _stated(strict_json.parse(strict_json.dumps(each), Case))}


def test_every_key_of_the_schema_is_in_a_case_of_the_zoo(used: set[Key]) -> None:
    declared = {_key(one, name) for one in _classes(Case, set()) for name in one.model_fields}
    assert sorted(declared - used) == []


def test_every_key_of_the_real_files_is_in_a_case_of_the_zoo(used: set[Key]) -> None:
    paths = sorted(EXAMPLES.glob("real-*.json"))
    assert paths
    for path in paths:
        assert sorted(set(_stated(strict_json.parse(path.read_bytes(), Case))) - used) == [], path.name


def _classes(one: type[BaseModel], seen: set[type[BaseModel]]) -> set[type[BaseModel]]:
    if one not in seen:
        seen.add(one)
        for field in one.model_fields.values():
            for inner in _named(field.annotation):
                _classes(inner, seen)
    return seen


def _named(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in typing.get_args(annotation):
        yield from _named(part)


def _key(one: type[BaseModel], name: str) -> Key:
    owner = [base for base in one.__mro__ if name in get_annotations(base)][-1]
    return owner.__name__, name


def _stated(node: object) -> Iterator[Key]:
    if isinstance(node, BaseModel):
        for name in node.model_fields_set & type(node).model_fields.keys():
            yield _key(type(node), name)
            yield from _stated(getattr(node, name))
    elif isinstance(node, list | tuple):
        for inner in node:
            yield from _stated(inner)
