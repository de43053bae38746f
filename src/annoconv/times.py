"""Moments: from the request, the case or its images; from the clock only if the request says `now`.

Texts are RFC 3339 with a zone. A text without one is refused unless the request names a zone.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from annoconv.errors import UsageError
from annoconv.messages import Message

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from annoconv.model import Case

__all__ = ["newest_moment", "parse_timestamp", "parse_timezone", "timestamp"]

_OFFSET: Final = re.compile(r"([+-])([01]\d|2[0-3]):([0-5]\d)")


def parse_timezone(text: str) -> tzinfo:
    """Return the zone of `+08:00`, `Z`, or a name of the IANA data base, `Asia/Shanghai`.

    Raises
    ------
    UsageError
        If it is none of these.
    """
    if text in {"Z", "UTC"}:
        return UTC
    if match := _OFFSET.fullmatch(text):
        sign, hours, minutes = match.groups()
        offset = timedelta(hours=int(hours), minutes=int(minutes))
        return timezone(-offset if sign == "-" else offset)
    try:
        return ZoneInfo(text)
    except (OSError, ValueError, KeyError) as error:
        raise UsageError(
            "this is no time zone",
            found=text,
            expected="+08:00, Z or Asia/Shanghai",
            advice="Write an offset, or the name of a zone",
        ) from error


def parse_timestamp(text: str, zone: tzinfo | None = None) -> datetime:
    """Return the moment of an RFC 3339 text, or the clock's for `now`.

    Parameters
    ----------
    text
        `2025-03-12T10:25:00+08:00`, or `now`.
    zone
        For a text that names none.

    Raises
    ------
    UsageError
        If the text is no moment, or names no zone and none is given.
    """
    if text == "now":
        return datetime.now(zone or UTC).replace(microsecond=0)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(
            "this is no time",
            found=text,
            expected="2025-03-12T10:25:00+08:00, or now",
            advice="Write date, time and offset as RFC 3339 does",
        ) from error
    if moment.tzinfo is None:
        if zone is None:
            raise UsageError(
                "the time names no zone",
                found=text,
                expected="an offset, such as +08:00, or Z",
                advice="Add its offset, or pass --timezone +08:00",
            )
        moment = moment.replace(tzinfo=zone)
    return moment


def timestamp(
    cases: Iterable[Case],
    acquired: Iterable[datetime | None] = (),
    *,
    given: datetime | None = None,
    zone: tzinfo | None = None,
) -> datetime:
    """Return the time that an output bears: the request's, else the newest in the cases, else in their images.

    Parameters
    ----------
    cases
        What is written.
    acquired
        When their source images were acquired, with or without a zone.
    given
        The request's time.
    zone
        For times of images that name none.

    Raises
    ------
    UsageError
        If there is none, asking for `--timestamp`.
    """
    if given is not None:
        return given
    newest = newest_moment(cases, acquired, zone=zone)
    if newest is None:
        raise UsageError(
            "the time of the output is not known",
            found=Message("no time with a zone in the case or its images"),
            expected="a date and time with its offset",
            advice="Pass --timestamp 2025-03-12T10:25:00+08:00, or now; or --timezone for the images' times",
        )
    return newest


def newest_moment(
    cases: Iterable[Case], acquired: Iterable[datetime | None] = (), *, zone: tzinfo | None = None
) -> datetime | None:
    """Return the newest time in cases, else in their images, as `timestamp` takes them; None if there is none."""
    held = list(cases)
    newest = max((moment for case in held for moment in _of_case(case)), default=None)
    if newest is None:
        images = [image for case in held for image in (case.image, *(case.related_images or ()))]
        newest = max(_with_zone([*(image.acquired_at for image in images), *acquired], zone), default=None)
    return newest


def _of_case(case: Case) -> Iterator[datetime]:
    """Yield every moment at which something was done to a case."""
    stamps = case.metadata.timestamps
    every = [stamps.start, stamps.end] if stamps else []
    every += [event.at for event in case.metadata.audit or ()]
    every += [annotation.annotated_at for annotation in case.annotations]
    yield from (moment for moment in every if moment is not None)


def _with_zone(moments: Iterable[datetime | None], zone: tzinfo | None) -> Iterator[datetime]:
    """Yield the moments that have a zone, or are given one."""
    for moment in moments:
        if moment is not None and (moment.tzinfo or zone):
            yield moment if moment.tzinfo else moment.replace(tzinfo=zone)
