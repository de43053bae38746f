"""Required bindings: codes that must be of a value set."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from annoconv.messages import Message
from annoconv.units import is_unit

if TYPE_CHECKING:
    from collections.abc import Callable

    from annoconv_converters.check_fhir.definitions import Field, Kind

__all__ = ["expected_codes", "is_bound"]

_SETS: Final = "http://hl7.org/fhir/ValueSet/"
_MIME: Final = re.compile(r"[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+*-]+(?:\s*;.*)?")
_LANGUAGE: Final = re.compile(r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*")
_GRAMMARS: Final[dict[str, Callable[[str], object]]] = {
    f"{_SETS}mimetypes": _MIME.fullmatch,
    f"{_SETS}all-languages": _LANGUAGE.fullmatch,
    f"{_SETS}ucum-units": lambda code: len(code) <= _LONGEST_UNIT and is_unit(code),
}
"""Value sets that no list can hold, which have a grammar (RFC 6838, BCP 47, UCUM)."""
_MOST_NAMED: Final = 20
_LONGEST_UNIT: Final = 200


def is_bound(held: Field, kind: Kind, value: Any) -> bool:
    """Tell whether a value has a code of the value set that its element requires; True where nobody can tell."""
    asked = _ASKED.get(kind.name)
    if asked is None or (held.codes is None and held.value_set not in _GRAMMARS):
        return True
    return asked(held, value)


def expected_codes(held: Field) -> Message | None:
    """Return the codes of a value set as people read them, if they are not too many."""
    if held.codes is None:
        return None
    codes = sorted(set().union(*held.codes.values()))
    if len(codes) > _MOST_NAMED:
        return Message("one of {count} codes", count=len(codes))
    return Message("one of {names}", names=", ".join(codes))


def _code(held: Field, value: Any) -> bool:
    if type(value) is not str:
        return True  # told as a wrong type
    if held.codes is None:
        return bool(_GRAMMARS[held.value_set](value))
    return any(value in codes for codes in held.codes.values())


def _coding(held: Field, value: Any) -> bool:
    code, system = value.get("code"), value.get("system")
    if held.codes is None:
        return _code(held, code)
    return isinstance(system, str) and isinstance(code, str) and code in held.codes.get(system, ())


def _concept(held: Field, value: Any) -> bool:
    codings = value.get("coding")
    if not isinstance(codings, list):
        return False
    return any(_coding(held, each) for each in codings if isinstance(each, dict))


def _reference_or_concept(held: Field, value: Any) -> bool:
    concept = value.get("concept")
    return not isinstance(concept, dict) or _concept(held, concept)


_ASKED: Final[dict[str, Callable[[Field, Any], bool]]] = {
    "code": _code,
    "Coding": _coding,
    "Quantity": lambda held, value: "code" not in value or _coding(held, value),
    "CodeableConcept": _concept,
    "CodeableReference": _reference_or_concept,
}
