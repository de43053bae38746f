"""The schema for code generators gives the verdicts of the first, and holds nothing that generators stumble over."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, given, settings

from annoconv.documents.classes import class_of
from model.generator.codegen_schema import ROOTS
from tests.model.test_agreement import damaged
from tests.model.validators import EXAMPLES, of_rust

EVERY = sorted(EXAMPLES.glob("*/*.json"))


@cache
def schema_for(root: str) -> dict[str, Any]:
    text = (files("annoconv_model") / "codegen" / f"annoconv.{ROOTS[root]}.schema.json").read_text("utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


@cache
def validator_for(root: str) -> Any:
    return jsonschema_rs.validator_for(schema_for(root))


def is_valid(document: Any) -> bool:
    return bool(validator_for(class_of(document).__name__).is_valid(document))


def nodes(schema: Any) -> Iterator[dict[str, Any]]:
    if isinstance(schema, dict):
        yield schema
        for value in schema.values():
            yield from nodes(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from nodes(value)


def test_every_example_has_the_verdict_of_the_first_schema() -> None:
    for path in EVERY:
        document = json.loads(path.read_bytes())
        assert is_valid(document) is (path.parent.name == "valid"), path.name


@settings(max_examples=10_000, deadline=None, suppress_health_check=list(HealthCheck))
@given(damaged())
def test_damaged_documents_have_the_verdict_of_the_first_schema(document: Any) -> None:
    assert is_valid(document) is (of_rust(document) == [])


@pytest.mark.parametrize("root", ROOTS)
def test_nothing_in_it_makes_generators_lose_members(root: str) -> None:
    schema = schema_for(root)
    reached = {node["$ref"] for node in nodes(schema) if "$ref" in node}
    assert reached == {f"#/$defs/{name}" for name in schema["$defs"]}
    for node in nodes(schema):
        assert not {"if", "then", "allOf"} & node.keys()
        assert len(node) == 1 or not isinstance(node.get("$ref"), str), "nothing stands beside a reference"
        if "oneOf" in node:
            told = node["discriminator"]
            members = [each["$ref"] for each in node["oneOf"]]
            assert sorted(told["mapping"].values()) == sorted(members)
            for value, member in told["mapping"].items():
                tag = schema["$defs"][member.rpartition("/")[2]]["properties"][told["propertyName"]]
                assert (tag["const"], tag["default"]) == (value, value)


def test_titles_are_the_names_of_classes() -> None:
    for root in ROOTS:
        schema = schema_for(root)
        assert schema["title"] == root
        assert {name: each["title"] for name, each in schema["$defs"].items()} == {
            name: name for name in schema["$defs"]
        }


def test_examples_are_of_their_type() -> None:
    found = 0
    for root in ROOTS:
        for node in nodes(schema_for(root)):
            for example in node.get("examples", ()) if isinstance(node.get("examples"), list) else ():
                own = {key: value for key, value in node.items() if key != "examples"} | {
                    "$defs": schema_for(root)["$defs"]
                }
                assert jsonschema_rs.is_valid(own, example), node
                found += 1
    assert found > 300
