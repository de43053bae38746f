"""What a validator says of one place, and which of it is told: a structural error becomes a JSON pointer and a kind.

- a missing key stands at the object that lacks it, an unknown key at itself, a bad tag at `/type`;
- what the branches of a union say about one value is one finding at that value: their common kind, else `type`;
- a value that is no member of its enumeration is `value`, whatever its type;
- of a value of the wrong type nothing else is said;
- of an array that is too long nothing else is said, of one that is too short that only if its members are right;
- that a key is missing because of another key's value is said of an object in which all else is right;
- one finding for each place, kind and key;
- a required key that is missing where an unknown one is spelled much like it is that one: one fault, one finding.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from annoconv.documents.asked import explained, near_key
from annoconv.documents.classes import class_of
from annoconv.findings import Finding, Level, in_order
from annoconv.messages import Message
from annoconv.model import Case

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = [
    "INVALID",
    "KINDS",
    "LENGTH",
    "PATTERN",
    "RANGE",
    "REQUIRED",
    "TYPE",
    "UNKNOWN",
    "VALUE",
    "Problem",
    "above",
    "findings_of",
    "settle",
]

REQUIRED, UNKNOWN, TYPE, VALUE = "required", "unknown_key", "type", "value"
PATTERN, RANGE, LENGTH, INVALID = "pattern", "range", "length", "invalid"

_PROBLEM_SENTENCES: Final = {
    REQUIRED: "the required key '{key}' is missing",
    UNKNOWN: "the key '{key}' is not known here; what is your own belongs in 'attributes' or 'extensions'",
    TYPE: "the value has the wrong type",
    VALUE: "the value is not one of those allowed",
    PATTERN: "the text does not have the required form",
    RANGE: "the number is out of range",
    LENGTH: "the number of members or characters is out of range",
    INVALID: "the value does not conform to the schema",
    "null": "null is not allowed; leave the key out instead",
}
KINDS: Final = frozenset(_PROBLEM_SENTENCES)
_ELSEWHERE_SENTENCES: Final = {
    UNKNOWN: "the key '{key}' is not known here; leave it out, this kind of document has no place for what is your own",
}
"""Of documents that are no cases, which alone have extensions."""
_MOST_COMPARED: Final = 200
"""Faults of a document of which more are not compared with what is known: that takes longer than to find them."""
_ABSORBED_BY = {TYPE: (VALUE, "null"), RANGE: (TYPE, "null"), PATTERN: (TYPE, "null"), LENGTH: (TYPE, "null")}
"""What is not said of a value of which the stronger is said: -0.5 is no whole number, that it is below 0 is no news."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong at one place."""

    path: str
    kind: str
    key: str = ""
    is_branch: bool = False
    is_rule: bool = False  # a rule between keys of one object: if this, then that
    is_too_long: bool = False


def findings_of(
    problems: Iterable[Problem], document: object, *, is_of_schema: bool = True, root: str | None = None
) -> list[Finding]:
    """Return what is told of the problems of a document, in order; what is said twice is held once."""
    settled = list(settle(problems))
    sentences = _PROBLEM_SENTENCES if root or class_of(document) is Case else _PROBLEM_SENTENCES | _ELSEWHERE_SENTENCES
    compare = len(settled) <= _MOST_COMPARED
    held: dict[str, Message] = {}
    findings: list[Finding] = []
    misspelt = _misspelt(settled, document, root) if is_of_schema and compare else set[tuple[str, str]]()
    for each in settled:
        if each.kind == REQUIRED and (each.path, each.key) in misspelt:
            continue
        message = Message(sentences[each.kind], key=each.key)
        if is_of_schema:
            path = each.path.rpartition("/")[0] if each.kind == UNKNOWN else each.path
            message = explained(message, each.kind, each.key, path, document, compare=compare, root=root)
        kind = TYPE if each.kind == "null" else each.kind
        findings.append(Finding(f"schema.{kind}", Level.ERROR, each.path, held.setdefault(message, message)))
    return in_order(findings)


def _misspelt(settled: list[Problem], document: object, root: str | None) -> set[tuple[str, str]]:
    """Return the places and names of keys that are missing because they are there in another spelling."""
    missing = {(each.path, each.key) for each in settled if each.kind == REQUIRED}
    lacking = {path for path, _ in missing}
    unknown = [each for each in settled if each.kind == UNKNOWN and each.path.rpartition("/")[0] in lacking]
    places = [(each.key, each.path.rpartition("/")[0]) for each in unknown]
    return missing & {(path, near_key(key, path, document, root)) for key, path in places}


def settle(problems: Iterable[Problem]) -> Iterator[Problem]:
    """Yield each problem once, by the rules of the module."""
    branches: dict[str, set[str]] = {}
    settled: dict[tuple[str, str, str], Problem] = {}
    for problem in problems:
        if problem.is_branch:
            branches.setdefault(problem.path, set()).add(problem.kind)
        else:
            settled.setdefault((problem.path, problem.kind, problem.key), problem)
    for path, kinds in branches.items():
        kind = kinds.pop() if len(kinds) == 1 else TYPE
        settled[path, kind, ""] = Problem(path, kind)
    kept = [
        problem
        for (path, kind, _), problem in settled.items()
        if not any((path, stronger, "") in settled for stronger in _ABSORBED_BY.get(kind, ()))
    ]
    too_long = {each.path for each in kept if each.is_too_long}
    if too_long:
        kept = [problem for problem in kept if too_long.isdisjoint(above(problem.path))]
    if not any(each.is_rule or each.kind == LENGTH for each in kept):
        yield from kept
        return
    over = _all_above(each.path for each in kept)
    others = {each.path for each in kept if not each.is_rule}
    at_or_above_others = others | _all_above(others)
    for problem in kept:
        if problem.is_rule:
            is_said = problem.path not in at_or_above_others
        else:
            is_said = problem.kind != LENGTH or problem.path not in over
        if is_said:
            yield problem


def above(path: str) -> Iterator[str]:
    """Yield the places that a place lies in, the innermost first."""
    while path:
        path = path.rpartition("/")[0]
        yield path


def _all_above(paths: Iterable[str]) -> set[str]:
    """Return every place in which one of some places lies; each is walked through once."""
    found: set[str] = set()
    for path in paths:
        for place in above(path):
            if place in found:
                break
            found.add(place)
    return found
