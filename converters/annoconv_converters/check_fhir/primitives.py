"""The primitives of FHIR: which JSON value each is, and which texts (HL7 FHIR, Data types).

HL7 gives each a pattern; those for base64 and for times are replaced here, since the one takes a time that grows with
the square of a text and the other accepts a time without its zone. `0000-01-01` and 31 February are no dates.
"""

from __future__ import annotations

import math
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from annoconv_converters.check_fhir.fhirpath.times import stretch_of

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["FORMS", "is_json_type", "is_well_formed"]

_YEAR: Final = r"(?!0000)[0-9]{4}"
_DAY: Final = rf"{_YEAR}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
_CLOCK: Final = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:(?:[0-5][0-9]|60)(?:\.[0-9]+)?"
_ZONE: Final = r"(?:Z|[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00))"

FORMS: Final[dict[str, str]] = {
    "base64Binary": r"",
    "boolean": "",
    "canonical": r"\S+",
    "code": r"\S+(?: \S+)*",
    "date": rf"{_YEAR}(?:-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12][0-9]|3[01]))?)?",
    "dateTime": rf"{_YEAR}(?:-(?:0[1-9]|1[0-2]))?|{_DAY}(?:T{_CLOCK}{_ZONE})?",
    "decimal": "",
    "id": r"[A-Za-z0-9\-.]{1,64}",
    "instant": rf"{_DAY}T{_CLOCK}{_ZONE}",
    "integer": "",
    "integer64": r"0|-?[1-9][0-9]{0,18}",
    "markdown": r"(?s:.+)",
    "oid": r"urn:oid:(?:[01]\.(?:[0-9]|[1-3][0-9])|2\.(?:0|[1-9][0-9]*))(?:\.(?:0|[1-9][0-9]*))*",
    "positiveInt": "",
    "string": r"(?s:.+)",
    "time": _CLOCK,
    "unsignedInt": "",
    "uri": r"\S+",
    "url": r"\S+",
    "uuid": r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
    "xhtml": r"(?s:.+)",
}
"""The pattern of each that is a text; empty of those that are not, or that need no pattern."""
_PATTERNS: Final = {name: re.compile(form) for name, form in FORMS.items() if form}
_BASE64: Final = re.compile(r"[A-Za-z0-9+/]*={0,2}")
_SPACES: Final = re.compile(r"[ \t\r\n]+")
_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_LEAST_AND_MOST: Final = {
    "integer": (-(1 << 31), (1 << 31) - 1),
    "unsignedInt": (0, (1 << 31) - 1),
    "positiveInt": (1, (1 << 31) - 1),
}
_LONGEST: Final = 1 << 20  # bytes of a string, and so at most its characters


def is_json_type(kind: str, value: Any) -> bool:
    """Tell whether a JSON value is of the type that a primitive has there: a boolean, a number or a text."""
    told = type(value)
    if kind in _LEAST_AND_MOST:
        return told is int
    if kind == "decimal":
        return told in {int, float, Decimal} and math.isfinite(value)
    return told is (bool if kind == "boolean" else str)


def is_well_formed(kind: str, value: Any) -> bool:
    """Tell whether a value of the right JSON type is one of a primitive."""
    special = _SPECIAL.get(kind)
    if special is not None:
        return special(value)
    if kind in _LEAST_AND_MOST:
        least, most = _LEAST_AND_MOST[kind]
        return bool(least <= value <= most)
    pattern = _PATTERNS.get(kind)
    return pattern is None or pattern.fullmatch(value) is not None


def _is_text(value: str) -> bool:
    return 0 < len(value) <= _LONGEST and not value.isspace() and _CONTROLS.search(value) is None


def _is_base64(value: str) -> bool:
    compact = _SPACES.sub("", value) if _SPACES.search(value) else value
    return bool(compact) and len(compact) % 4 == 0 and _BASE64.fullmatch(compact) is not None


def _is_integer64(value: str) -> bool:
    return _PATTERNS["integer64"].fullmatch(value) is not None and -(1 << 63) <= int(value) < 1 << 63


def _is_time(kind: str) -> Callable[[str], bool]:
    def asked(value: str) -> bool:
        return _PATTERNS[kind].fullmatch(value) is not None and stretch_of(value) is not None

    return asked


_SPECIAL: Final[dict[str, Callable[[Any], bool]]] = {
    "string": _is_text,
    "markdown": _is_text,
    "xhtml": lambda value: bool(value.strip()),
    "base64Binary": _is_base64,
    "integer64": _is_integer64,
    "date": _is_time("date"),
    "dateTime": _is_time("dateTime"),
    "instant": _is_time("instant"),
}
