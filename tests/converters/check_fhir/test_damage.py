"""Damaged resources are told and never crash, whatever stands where: the invariants meet what the walk has refused."""

from __future__ import annotations

import json
import os
import random
from typing import Any

import pytest
from annoconv_converters.check_fhir import RELEASES, check

from tests.converters.check_fhir.resources import VALID
from tests.converters.check_fhir.test_schema import _places

VALUES: list[Any] = [
    *(1, -1, 1.5, 10**30, True, None, "", "x", "#", "#x", "_", "2020", "\x00", "urn:uuid:x", "urn:oid:1.2", "0" * 300),
    *([], {}, [None], [[]], [{}], {"id": 1}, {"reference": 1}, {"reference": "#"}, {"coding": 5}, {"coding": [5]}),
    {"resourceType": "Patient"},
    {"resourceType": []},
    {"extension": [{"url": 5}]},
    [{"url": {}}],
    {"code": [], "system": {}},
    {"value": "x", "system": "http://unitsofmeasure.org", "code": "("},
]


def damage(document: Any, chance: random.Random) -> None:
    for _ in range(chance.choice([1, 2, 5, 20])):
        places = _places(document)
        if not places:
            return
        parent, key = chance.choice(places)
        value = json.loads(json.dumps(chance.choice(VALUES)))
        match chance.choice(["gone", "value", "value", "value", "listed", "beside", "named"]):
            case "gone":
                del parent[key]
            case "listed":
                parent[key] = [parent[key]]
            case "beside" if isinstance(parent, dict):
                parent[f"_{key}"] = value
            case "named" if isinstance(parent, dict):
                parent[f"{key}x"] = parent.pop(key)
            case _:
                parent[key] = value


def damaged(seed: int, count: int) -> int:
    chance = random.Random(seed)
    told = 0
    for _ in range(count):
        _, resource = chance.choice(list(VALID.values()))
        document = json.loads(json.dumps(resource))
        damage(document, chance)
        for release in (*RELEASES, None):
            findings = check(document, release)
            told += bool(findings)
            assert all(each.text("zh") and each.to_json() for each in findings)
    return told


def test_damaged_resources_do_not_crash() -> None:
    assert damaged(seed=1, count=200) > 500


@pytest.mark.soak
def test_many_damaged_resources_do_not_crash() -> None:
    count = int(os.environ.get("ANNOCONV_SOAK_COUNT", "20000"))
    assert damaged(seed=2, count=count) > count
