"""Dates and times of FHIR as stretches of time, so that those of different precision can be compared.

`2026-11` is all of November: the stretch from its first to its last nanosecond. What names no zone is that in any zone
(UTC+14 to UTC-12) when it is held against what names one (FHIRPath 2.0.0, boundaries).
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date
from typing import Final, NamedTuple

__all__ = ["Stretch", "stretch_of"]

_FORM: Final = re.compile(
    r"(?P<year>[0-9]{4})(?:-(?P<month>[0-9]{2})(?:-(?P<day>[0-9]{2})"
    r"(?:T(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:\.(?P<part>[0-9]{1,18}))?)?"
    r"(?P<zone>Z|[+-][0-9]{2}:[0-9]{2})?)?)?)?",
)
_SECOND: Final = 10**9
_MINUTE: Final = 60 * _SECOND
_DAY: Final = 24 * 60 * _MINUTE
_EAST: Final = 14 * 60 * _MINUTE
_WEST: Final = 12 * 60 * _MINUTE


class Stretch(NamedTuple):
    """From the first to the last nanosecond, counted from year 1; by the clock of no zone, or by UTC."""

    first: int
    last: int
    has_zone: bool

    def against(self, other: Stretch) -> Stretch:
        """Return it as it can be held against another: in any zone, if that has one and this has none."""
        if self.has_zone or not other.has_zone:
            return self
        return Stretch(self.first - _EAST, self.last + _WEST, has_zone=True)


def stretch_of(text: str) -> Stretch | None:
    """Return the stretch of a date, dateTime or instant; None of a text that is none."""
    found = _FORM.fullmatch(text)
    if found is None:
        return None
    try:
        year, month = int(found["year"]), int(found["month"] or 1)
        first_day = date(year, month, int(found["day"] or 1))
        last_day = date(
            year, int(found["month"] or 12), int(found["day"] or monthrange(year, int(found["month"] or 12))[1])
        )
    except ValueError:
        return None
    first, last = first_day.toordinal() * _DAY, last_day.toordinal() * _DAY + _DAY - 1
    if found["hour"] is None:
        return Stretch(first, last, has_zone=False)
    first += (int(found["hour"]) * 60 + int(found["minute"])) * _MINUTE
    last = first + _MINUTE - 1
    if found["second"] is not None:
        first += min(int(found["second"]), 59) * _SECOND
        last = first + _SECOND - 1
    if found["part"] is not None:
        digits = found["part"][:9]
        first += int(digits.ljust(9, "0"))
        last = first + 10 ** (9 - len(digits)) - 1
    zone = found["zone"]
    if zone is None:
        return Stretch(first, last, has_zone=False)
    shift = 0 if zone == "Z" else (int(zone[1:3]) * 60 + int(zone[4:])) * _MINUTE * (1 if zone[0] == "+" else -1)
    return Stretch(first - shift, last - shift, has_zone=True)
