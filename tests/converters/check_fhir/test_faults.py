"""Planted faults: each is found where it is, by its rule, and nothing else is."""

from __future__ import annotations

import re
from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import annoconv_converters.check_fhir as room
import pytest
from annoconv_converters.check_fhir import check
from annoconv_converters.check_fhir.definitions import Kind, definitions
from annoconv_converters.check_fhir.structure import NOT_IN_FHIRPATH

from tests.converters.check_fhir.faults import FAULTS, GONE, Fault
from tests.converters.check_fhir.resources import SERIES, VALID

if TYPE_CHECKING:
    from annoconv.findings import Finding

SIZES = {f"{SERIES}.1.1": (512, 512)}

EMITTED = """
    AuditEvent Basic BodyStructure Bundle CodeSystem Composition ConceptMap DetectedIssue Device DiagnosticReport
    DocumentReference Group ImagingSelection ImagingStudy List Observation OperationOutcome Organization Parameters
    Patient Practitioner PractitionerRole Provenance Task ValueSet
    """
"""The types of resources that annoconv writes, and those that go with them."""

NEVER_BROKEN = {
    "ratrng-2": "hasValue() is false of a Quantity, so that HL7's expression never is",
    "cmd-0": "the same expression as csd-0",
    "vsd-0": "the same expression as csd-0, of a name that exists",
    "dom-r4b": "tells what of R4B will change",
}
"""Invariants without a planted fault, and why."""


def planted(fault: Fault) -> tuple[str, dict[str, Any]]:
    release, resource = VALID[fault.base]
    document = deepcopy(resource)
    for pointer, value in fault.changes.items():
        *above, last = (step.replace("~1", "/") for step in pointer.split("/")[1:])
        place: Any = document
        for step in above:
            place = place[int(step)] if isinstance(place, list) else place[step]
        if value is GONE:
            del place[int(last) if isinstance(place, list) else last]
        elif isinstance(place, list) and int(last) == len(place):
            place.append(value)
        else:
            place[int(last) if isinstance(place, list) else last] = value
    return release, document


def told(findings: list[Finding]) -> set[tuple[str, str]]:
    return {(each.rule.removeprefix("fhir."), each.path) for each in findings}


@pytest.mark.parametrize("name", VALID)
def test_valid_resources_have_no_findings(name: str) -> None:
    release, resource = VALID[name]
    before = deepcopy(resource)
    assert check(resource, release, sizes=SIZES) == []
    assert resource == before


@pytest.mark.parametrize(
    "fault", FAULTS, ids=[f"{number}-{each.base}-{next(iter(each.found))}" for number, each in enumerate(FAULTS)]
)
def test_planted_faults_are_found_where_they_are(fault: Fault) -> None:
    release, document = planted(fault)
    assert told(check(document, release, sizes=SIZES)) == set(fault.found.items())


def _invariants(kind: Kind, seen: dict[str, set[str]]) -> None:
    if kind.name not in seen:
        seen[kind.name] = {each.key for each in kind.invariants}
        for field in kind.fields.values():
            seen[kind.name] |= {each.key for each in field.invariants}
            for _, inner in field.keys:
                _invariants(inner, seen)


@pytest.mark.parametrize("release", ["R5", "R4B"])
def test_every_invariant_of_what_is_written_has_a_planted_fault(release: str) -> None:
    known = definitions(release)
    seen: dict[str, set[str]] = {}
    for name in EMITTED.split():
        if (kind := known.resource(name)) is not None:
            _invariants(kind, seen)
    wanted = set[str]().union(*seen.values()) - NOT_IN_FHIRPATH.keys() - NEVER_BROKEN.keys()
    assert wanted <= {rule for fault in FAULTS for rule in fault.found}


def test_invariants_that_the_walk_tells_have_planted_faults() -> None:
    found = {rule for fault in FAULTS for rule in fault.found}
    assert set(NOT_IN_FHIRPATH) - {"txt-2", "dom-6"} <= found


def test_there_are_planted_faults_of_every_own_rule() -> None:
    folder = Path(room.__file__).parent
    source = "".join(path.read_text("utf-8") for path in sorted(folder.glob("*.py")))
    rules = set(re.findall(r'(?:Breach|note)\(\s*"([a-z_0-9-]+)"', source))
    assert len(rules) > 20
    assert rules <= {rule for fault in FAULTS for rule in fault.found}
    page = (Path(__file__).parents[3] / "docs/reference/check-fhir.md").read_text("utf-8")
    assert [rule for rule in sorted(rules | {"more"}) if f"fhir.{rule}`" not in page] == []
