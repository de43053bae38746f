"""Moments: from the request, the case or its images; from the clock only if the request says `now`.

Texts are RFC 3339 with a zone. A text without one is refused unless the request names a zone.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from annoconv.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from annoconv.casefile import LoadedCase
    from annoconv.images import ImageSource
    from annoconv.model import Case
    from annoconv.registry import Context

__all__ = ["parse_timestamp", "parse_timezone", "timestamp"]

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
        raise UsageError("this is no time zone", found=text, expected="+08:00, Z or Asia/Shanghai") from error


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
        raise UsageError("this is no time", found=text, expected="2025-03-12T10:25:00+08:00, or now") from error
    if moment.tzinfo is None:
        if zone is None:
            raise UsageError("the time names no zone", found=text, advice="Add its offset, or pass --timezone +08:00")
        moment = moment.replace(tzinfo=zone)
    return moment


def timestamp(context: Context, cases: Iterable[LoadedCase], sources: Iterable[ImageSource] = ()) -> datetime:
    """Return the time that an output bears: the request's, else the newest in the cases, else in their images.

    Raises
    ------
    UsageError
        If there is none, asking for `--timestamp`.
    """
    if context.timestamp is not None:
        return context.timestamp
    held = list(cases)
    newest = max((moment for loaded in held for moment in _of_case(loaded.case)), default=None)
    if newest is None:
        images = [image for loaded in held for image in (loaded.case.image, *(loaded.case.related_images or ()))]
        acquired = [image.acquired_at for image in images] + [source.acquired_at for source in sources]
        newest = max(_with_zone(acquired, context.timezone), default=None)
    if newest is None:
        raise UsageError(
            "neither the case nor its images tell a time with a zone",
            advice="Pass --timestamp 2025-03-12T10:25:00+08:00, or now; or --timezone for the images' times",
        )
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
