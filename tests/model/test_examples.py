"""The examples are a contract: each valid one passes, each invalid one fails at one place in one way, for everybody."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from annoconv.documents import strict_json
from annoconv.documents.classes import class_of
from annoconv.model import Case, LabelSystem, Package, TaskDefinition
from tests.model.validators import EXAMPLES, SCHEMA, Ajv, of_pydantic, of_python, of_rust, open_ajv

VALID = sorted((EXAMPLES / "valid").glob("*.json"))
INVALID = sorted((EXAMPLES / "invalid").glob("*.json"))
EXPECTED = json.loads((EXAMPLES / "expected.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def ajv() -> Iterator[Ajv]:
    yield from open_ajv()


def name_of(path: Path) -> str:
    return path.stem


def test_there_are_enough() -> None:
    assert len(VALID) >= 40
    assert len(INVALID) >= 140
    assert sorted(EXPECTED) == sorted(path.stem for path in INVALID)


@pytest.mark.parametrize("path", VALID, ids=name_of)
def test_valid_example_passes_and_round_trips(path: Path) -> None:
    document = json.loads(path.read_bytes())
    assert of_pydantic(document) == of_python(document) == of_rust(document) == []
    typed = strict_json.parse(path.read_bytes(), class_of)
    again = strict_json.parse(strict_json.dumps(strict_json.plain(typed)), class_of)
    assert again == typed
    assert strict_json.dumps(strict_json.plain(again)) == strict_json.dumps(strict_json.plain(typed))


def test_a_document_is_what_its_name_says() -> None:
    starts = {"task-": TaskDefinition, "label-system-": LabelSystem, "package-": Package}
    for path in (*VALID, *INVALID):
        expected = next((one for start, one in starts.items() if path.stem.startswith(start)), Case)
        assert class_of(json.loads(path.read_bytes())) is expected, path.name


def test_every_key_of_documents_of_their_own_is_in_an_example() -> None:
    seen: set[str] = set()
    for path in VALID:
        seen |= set(_used(strict_json.parse(path.read_bytes(), class_of)))
    asked = {name for one in (TaskDefinition, LabelSystem, Package) for name in _known(one, set())}
    assert sorted(asked - seen) == []


def _used(node: BaseModel) -> Iterator[str]:
    for name, value in node:
        if value is not None:
            yield f"{type(node).__name__}.{name}"
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, BaseModel):
                yield from _used(each)


def _known(one: type[BaseModel], seen: set[type[BaseModel]]) -> Iterator[str]:
    seen.add(one)
    for name, field in one.model_fields.items():
        yield f"{one.__name__}.{name}"
        for inner in _classes(field.annotation):
            if inner not in seen:
                yield from _known(inner, seen)


def _classes(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _classes(argument)


@pytest.mark.parametrize("path", INVALID, ids=name_of)
def test_invalid_example_has_the_one_finding(path: Path) -> None:
    document = json.loads(path.read_bytes())
    expected = [(EXPECTED[path.stem]["pointer"], EXPECTED[path.stem]["kind"])]
    assert of_pydantic(document) == expected
    assert of_python(document) == expected
    assert of_rust(document) == expected


def test_ajv_says_the_same_of_every_example(ajv: Ajv) -> None:
    for path in VALID:
        assert ajv(json.loads(path.read_bytes())) == [], path.name
    for path in INVALID:
        expected = [(EXPECTED[path.stem]["pointer"], EXPECTED[path.stem]["kind"])]
        assert ajv(json.loads(path.read_bytes())) == expected, path.name


def test_model_that_is_written_by_pydantic_alone_conforms() -> None:
    """A vendor who only has the generated package writes valid JSON: no nulls, numbers as numbers."""
    for path in VALID:
        written = strict_json.parse(path.read_bytes(), class_of).model_dump_json()
        assert of_python(json.loads(written)) == [], path.name


def test_schema_is_one() -> None:
    assert SCHEMA["$id"].endswith("/1.0/annoconv.schema.json")
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
