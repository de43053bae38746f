# ruff: noqa: E501  tables
"""References: every form of them leads where the standard says (HL7 FHIR, Resolving references in Bundles)."""

from __future__ import annotations

import time
from typing import Any

import pytest
from annoconv_converters.check_fhir import check

from tests.converters.check_fhir.resources import uuid

PATIENT = {"resourceType": "Patient", "id": "p", "active": True}
DEVICE = {"resourceType": "Device", "id": "p"}


def observation(reference: str, **more: Any) -> dict[str, Any]:
    return {"resourceType": "Observation", "id": "o", "status": "final", "code": {"text": "x"}, "subject": {"reference": reference}} | more  # fmt: skip


def bundle(kind: str, *entries: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    return {
        "resourceType": "Bundle",
        "type": kind,
        "entry": [{"fullUrl": url, "resource": each} for url, each in entries],
    }


def rules(document: dict[str, Any]) -> list[str]:
    return [each.rule.removeprefix("fhir.") for each in check(document, "R5")]


BASE = "http://example.org/fhir/"

LEADS = {
    "a UUID": bundle("collection", (uuid(1), PATIENT), (uuid(2), observation(uuid(1)))),
    "relative": bundle("collection", (f"{BASE}Patient/p", PATIENT), (f"{BASE}Observation/o", observation("Patient/p"))),
    "absolute": bundle("collection", (f"{BASE}Patient/p", PATIENT), (uuid(2), observation(f"{BASE}Patient/p"))),
    "relative, where the entry has a UUID": bundle("collection", (uuid(1), PATIENT), (uuid(2), observation("Patient/p"))),
    "a version": bundle(
        "collection",
        (f"{BASE}Patient/p", PATIENT | {"meta": {"versionId": "3"}}),
        (f"{BASE}Observation/o", observation("Patient/p/_history/3")),
    ),
    "a version that the resource does not tell": bundle(
        "collection", (f"{BASE}Patient/p", PATIENT), (f"{BASE}Observation/o", observation("Patient/p/_history/3"))
    ),
    "what a server holds": bundle("collection", (uuid(2), observation("http://else.org/fhir/Patient/p"))),
    "a logical address": observation("http://example.org/ns/everyone"),
    "conditional": bundle("batch", (uuid(2), observation("Patient?identifier=a|b")))
    | {"entry": [{"fullUrl": uuid(2), "resource": observation("Patient?identifier=a|b"), "request": {"method": "PUT", "url": "Observation/o"}}]},
    "a contained resource": observation("#c", contained=[PATIENT | {"id": "c"}]),
    "its container, from a contained resource": observation(
        "Patient/p", contained=[{"resourceType": "Observation", "id": "c", "status": "final", "code": {"text": "x"}, "derivedFrom": [{"reference": "#"}]}]
    ),
    "another contained one": observation(
        "#c", contained=[PATIENT | {"id": "c", "link": [{"other": {"reference": "#d"}, "type": "seealso"}]}, PATIENT | {"id": "d"}]
    ),
    "contained in an entry": bundle("collection", (uuid(2), observation("#c", contained=[PATIENT | {"id": "c"}]))),
    "an entry, from a contained resource": bundle(
        "collection",
        (uuid(1), PATIENT),
        (uuid(2), observation(uuid(1), contained=[observation(uuid(1)) | {"id": "c"}], hasMember=[{"reference": "#c"}])),
    ),
    "an entry, from a Bundle in the Bundle": bundle(
        "collection", (uuid(1), PATIENT), (uuid(3), bundle("collection", (uuid(2), observation(uuid(1)))))
    ),
}  # fmt: skip


@pytest.mark.parametrize("form", LEADS)
def test_references_that_lead_somewhere(form: str) -> None:
    assert rules(LEADS[form]) == []


LEADS_NOWHERE = {
    "a UUID of no entry": (bundle("collection", (uuid(2), observation(uuid(1)))), ["reference"]),
    "a UUID of no entry of a transaction": (
        {"resourceType": "Bundle", "type": "transaction", "entry": [{"fullUrl": uuid(2), "resource": observation(uuid(1)), "request": {"method": "PUT", "url": "Observation/o"}}]},
        ["reference"],
    ),
    "another base": (
        bundle("collection", ("http://else.org/fhir/Patient/p", PATIENT), (f"{BASE}Observation/o", observation("Patient/p"))),
        ["reference"],
    ),
    "another version": (
        bundle("collection", (f"{BASE}Patient/p", PATIENT | {"meta": {"versionId": "3"}}), (f"{BASE}Observation/o", observation("Patient/p/_history/2"))),
        ["reference"],
    ),
    "a contained resource of another entry": (
        bundle("collection", (uuid(1), observation("#c", contained=[PATIENT | {"id": "c"}])), (uuid(2), observation("#c"))),
        ["ref-1"],
    ),
    "two of one type and id, and neither by its UUID": (
        bundle("collection", (uuid(1), PATIENT), (uuid(3), PATIENT), (uuid(2), observation("Patient/p"))),
        ["reference"],
    ),
    "itself, and it is not contained": (observation("Patient/p", hasMember=[{"reference": "#"}]), ["ref-1"]),
    "no type": (observation("p"), ["reference"]),
    "an unknown type": (observation("Patientt/p"), ["reference"]),
    "nothing": (observation("#"), ["ref-1", "target"]),
    "another type, by its UUID": (bundle("collection", (uuid(1), PATIENT), (uuid(2), observation(uuid(2)))), ["target"]),
    "another type, by its address": (observation("http://example.org/fhir/Observation/o"), ["target"]),
    "another type, by a condition": (observation("Observation?status=final"), ["target"]),
}  # fmt: skip


@pytest.mark.parametrize("form", LEADS_NOWHERE)
def test_references_that_lead_nowhere_or_where_they_may_not(form: str) -> None:
    document, expected = LEADS_NOWHERE[form]
    assert sorted(rules(document)) == expected


def test_a_bundle_is_indexed_once() -> None:
    def seconds(count: int) -> float:
        entries = [(uuid(number), observation(uuid(0)) | {"id": f"o{number}"}) for number in range(1, count)]
        document = bundle("collection", (uuid(0), PATIENT), *entries)
        started = time.process_time()
        assert rules(document) == []
        return time.process_time() - started

    seconds(10)
    assert seconds(2_000) < 30 * seconds(200)  # ten times the entries; a search through them would take a hundred


def test_contained_resources_are_indexed_once() -> None:
    def seconds(count: int) -> float:
        contained = [PATIENT | {"id": f"c{number}"} for number in range(count)]
        members = [{"reference": f"#c{number}"} for number in range(count)]
        document = {"resourceType": "Group", "type": "person", "membership": "enumerated", "contained": contained}
        started = time.process_time()
        assert rules(document | {"member": [{"entity": each} for each in members]}) == []
        return time.process_time() - started

    seconds(10)
    assert seconds(2_000) < 30 * seconds(200)
