"""Moments as DICOM writes them: DA, TM and DT values and offsets from UTC (PS3.5 6.2)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

__all__ = ["date_and_time", "date_time", "moment", "offset_zone"]

_MINUTES_OF_A_DAY: Final = 24 * 60
_DATE_TIME: Final = re.compile(r"(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?(?:\.(\d{1,6}))?([+-]\d{4})?")


def date_and_time(at: datetime) -> tuple[str, str]:
    """Return a moment as the values of DA and TM, in its own offset."""
    fraction = f".{at.microsecond:06d}" if at.microsecond else ""
    return f"{at.year:04d}{at.month:02d}{at.day:02d}", f"{at.hour:02d}{at.minute:02d}{at.second:02d}{fraction}"


def date_time(at: datetime) -> str:
    """Return a moment as the value of DT, with its offset from UTC if it has one."""
    return "".join(date_and_time(at)) + (at.strftime("%z")[:5] if at.tzinfo else "")


def moment(value: str) -> datetime | None:
    """Return the moment of a DT value, or None if it has no offset, is no full date, or is wrong."""
    found = _DATE_TIME.fullmatch(value.strip())
    zone = offset_zone(found[8]) if found and found[8] else None
    if not found or not found[3] or zone is None:
        return None
    year, month, day, hour, minute, second = (int(found[group] or 0) for group in range(1, 7))
    try:
        return datetime(year, month, day, hour, minute, second, int((found[7] or "0").ljust(6, "0")), tzinfo=zone)
    except ValueError:
        return None


def offset_zone(value: str) -> timezone | None:
    """Return the zone of an offset from UTC, `+0800` (TimezoneOffsetFromUTC), or None if it is none."""
    if not re.fullmatch(r"[+-]\d{4}", value):
        return None
    minutes = int(value[1:3]) * 60 + int(value[3:])
    if minutes >= _MINUTES_OF_A_DAY:
        return None
    return timezone(timedelta(minutes=-minutes if value[0] == "-" else minutes)) if minutes else UTC
