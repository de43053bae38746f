"""HL7's JSON Schema as a judge: what it refuses of changed resources is refused here too, whatever its reasons."""

from __future__ import annotations

import json
import random
from copy import deepcopy
from typing import Any

import jsonschema_rs
import pytest
from annoconv_converters.check_fhir import RELEASES, Release, check

from annoconv.findings import Level
from tests.converters.check_fhir.packages import package
from tests.converters.check_fhir.resources import VALID

COUNT = 400
"""Changed resources in each release."""
BROKEN = "[eE][+-]?[0-9]{1,9}})?"
"""A pattern of HL7's that no engine takes: one brace is too much."""
TEXTS = ["", " ", "a b ", "\n", "2020-02-30", "2020-13-01", "urn:oid:01.2", "x" * 70, "banana", "1"]
VALUES: list[Any] = [1, "x", True, 1.5, [], {}, None, -1]


def schema(release: Release) -> Any:
    path = package(f"hl7.fhir.{release.lower()}.core") / "openapi" / "fhir.schema.json"
    return jsonschema_rs.validator_for(json.loads(path.read_text("utf-8").replace(BROKEN, BROKEN.replace("}}", "}"))))


def _places(value: Any) -> list[tuple[Any, Any]]:
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else []
    return [(value, key) for key in keys] + [place for key in keys for place in _places(value[key])]


def _change(document: Any, chance: random.Random) -> None:
    parent, key = chance.choice(_places(document))
    value = parent[key]
    match chance.choice(["gone", "value", "text", "listed", "wrapped", "named", "twice", "emptied"]):
        case "gone":
            del parent[key]
        case "text" if isinstance(value, str):
            parent[key] = chance.choice(TEXTS)
        case "listed":
            parent[key] = [value]
        case "wrapped":
            parent[key] = {"value": value}
        case "named" if isinstance(parent, dict):
            parent[f"{key}x"] = parent.pop(key)
        case "twice" if isinstance(parent, list):
            parent.append(value)
        case "emptied":
            parent[key] = type(value)()
        case _:
            parent[key] = chance.choice(VALUES)


@pytest.mark.parametrize("release", RELEASES)
def test_what_the_schema_refuses_is_refused(release: Release) -> None:
    judge = schema(release)
    chance = random.Random(5)
    valid = [resource for of, resource in VALID.values() if of == release]
    # The schema knows nothing of the null that fills an array of primitives.
    assert [each for each in valid if not judge.is_valid(each) and "null" not in json.dumps(each)] == []
    valid = list(filter(judge.is_valid, valid))
    refused, missed = 0, list[Any]()
    for _ in range(COUNT):
        document = deepcopy(chance.choice(valid))
        _change(document, chance)
        if not judge.is_valid(document):
            refused += 1
            if not any(each.level is Level.ERROR for each in check(document, release)):
                missed.append(document)
    assert missed == []
    assert refused > COUNT / 3
