"""FHIRPath as HL7's definitions use it: answers worked out by hand from the specification (FHIRPath 2.0.0)."""

from __future__ import annotations

from typing import Any

import pytest
from annoconv_converters.check_fhir.definitions import definitions
from annoconv_converters.check_fhir.fhirpath import Budget, GrammarError, Undecided, compiled, holds
from annoconv_converters.check_fhir.fhirpath.evaluation import Around
from annoconv_converters.check_fhir.fhirpath.times import stretch_of
from annoconv_converters.check_fhir.fhirpath.values import plain
from annoconv_converters.check_fhir.nodes import top

DEFINITIONS = definitions("R5")
PATIENT = {
    "resourceType": "Patient",
    "active": True,
    "name": [{"family": "A", "given": ["B", "C"]}, {"given": ["D"]}],
    "birthDate": "1974-12-25",
    "multipleBirthInteger": 2,
    "_gender": {"extension": [{"url": "u", "valueCode": "x"}]},
    "contained": [{"resourceType": "Organization", "id": "o", "name": "O"}],
}


def answer(expression: str, document: dict[str, Any] = PATIENT) -> list[Any]:
    kind = DEFINITIONS.resource(document["resourceType"])
    assert kind is not None
    node = top(document, kind, DEFINITIONS)
    found = compiled(expression)([node], [node], Around(node, lambda *_: None, Budget()))
    return [plain(each) for each in found]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("name.given", ["B", "C", "D"]),
        ("Patient.name[0].family", ["A"]),
        ("name.given.first()", ["B"]),
        ("name.given.tail()", ["C", "D"]),
        ("name.count() = 2 and active", [True]),
        ("name.where(family.exists()).given.count()", [2]),
        ("name.all(given.exists())", [True]),
        ("name.exists(family = 'A')", [True]),
        ("name.select(given & '-')", None),  # `&` of two values has no answer here
        ("multipleBirth is integer", [True]),
        ("multipleBirth as boolean", []),
        ("multipleBirth.ofType(integer) + 1", [3]),
        ("gender.exists()", [True]),
        ("gender.hasValue()", [False]),
        ("birthDate.hasValue()", [True]),
        ("birthDate < '1975'", None),  # a date and a text
        ("contained.name", ["O"]),
        ("contained.where($this is Organization).id", ["o"]),
        ("contained.where($this is DomainResource).exists()", [True]),
        ("descendants().where($this is Extension).url", ["u"]),
        ("name.given.isDistinct()", [True]),
        ("(name.given | name.given).count()", [3]),
        ("name.given.combine(name.given).distinct().count()", [3]),
        ("name.given.intersect('C' | 'X')", ["C"]),
        ("'C' in name.given", [True]),
        ("name.given contains 'X'", [False]),
        ("{} and false", [False]),
        ("{} and true", []),
        ("{} or true", [True]),
        ("false implies {}", [True]),
        ("true implies {}", []),
        ("{} implies true", [True]),
        ("true xor false", [True]),
        ("deceased = true", []),
        ("deceased.exists().not()", [True]),
        ("1 + 2 * 3 - 4 div 2", [5]),
        ("-1 < 0", [True]),
        ("5 mod 3 = 2", [True]),
        ("'abc'.substring(1)", ["bc"]),
        ("'abc'.substring(1, 1)", ["b"]),
        ("'abc'.substring(3)", []),
        ("'abc'.startsWith('ab') and 'abc'.endsWith('bc') and 'abc'.contains('b')", [True]),
        ("'abc'.matches('^[a-c]+$')", [True]),
        ("'a.b'.replaceMatches('\\\\..*', '')", ["a"]),
        ("'abc'.length()", [3]),
        ("'12'.toInteger()", [12]),
        ("'1x'.toInteger()", []),
        ("iif(active, 'y', 'n')", ["y"]),
        ("iif(deceased, 'y')", []),
        ("name.repeat(given).count()", [3]),
        ("%resource.active and %rootResource.active and %context.active", [True]),
        ("%ucum", ["http://unitsofmeasure.org"]),
        ("text.`div`.exists()", [False]),
        ("(true | false).allTrue()", [False]),
    ],
)
def test_expressions(expression: str, expected: list[Any] | None) -> None:
    if expected is None:
        with pytest.raises(Undecided):
            answer(expression)
    else:
        assert answer(expression) == expected


@pytest.mark.parametrize(
    "expression", ["", "name.", "name.given(", "(name", "name ]", "name.nothing()", "%nothing", "'a"]
)
def test_what_is_no_fhirpath_is_refused(expression: str) -> None:
    with pytest.raises(GrammarError):
        compiled(expression)


PERIODS = [
    ("2026-01-01", "2026-01-01", True),
    ("2026-01-02", "2026-01-01", False),
    ("2026-01-31", "2026-01", True),
    ("2026-02", "2026-01-31", False),
    ("2026-01-01T00:00:00Z", "2026-01-01T08:00:00+08:00", True),
    ("2026-01-01T00:00:01Z", "2026-01-01T08:00:00+08:00", False),
    ("2026-01-01T00:00:00.5Z", "2026-01-01T00:00:00Z", True),  # which may be half a second later
    ("2026-01-02", "2026-01-01T23:00:00-12:00", True),  # in some zone
    ("2026-01-03", "2026-01-01T23:00:00Z", False),  # in none
    ("2016-12-31T23:59:60Z", "2017-01-01", True),
]


@pytest.mark.parametrize(("start", "end", "expected"), PERIODS)
def test_periods_of_any_precision(start: str, end: str, expected: bool) -> None:
    document = {"resourceType": "Observation", "effectivePeriod": {"start": start, "end": end}}
    kind = DEFINITIONS.resource("Observation")
    assert kind is not None
    expression = "effective.start.lowBoundary() <= effective.end.highBoundary()"
    assert holds(expression, top(document, kind, DEFINITIONS), lambda *_: None, Budget()) is expected


@pytest.mark.parametrize("text", ["2026-02-29", "2026-13", "0000", "26", "2026-1-1", "2026-01-01T10Z", "x"])
def test_what_is_no_time(text: str) -> None:
    assert stretch_of(text) is None


def test_a_day_has_its_nanoseconds() -> None:
    day, year = stretch_of("2026-03-10"), stretch_of("2024")
    assert day is not None
    assert year is not None
    assert day.last - day.first + 1 == 24 * 3600 * 10**9
    assert year.last - year.first + 1 == 366 * 24 * 3600 * 10**9
