"""Studies of a case: their order in time, told by dates or by days from baseline (A 6.3.2, A 8.2.2 e)."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

from annoconv.messages import Message
from annoconv.rules.engine import Breach, Subject, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

_DAY_S: Final = 86_400.0
_ROUNDING_DAYS: Final = 1.0
"""How far stated days may be from the times: they may count whole days, or dates of the calendar."""


@rule("A-6.3.2.study_order")
def study_order(subject: Subject) -> Iterator[Breach]:
    """Yield each study that began before the one that stands before it: by their times, without these by their days."""
    studies = list(enumerate(subject.case.studies or ()))
    times = [(position, each.started_at) for position, each in studies if each.started_at is not None]
    for (_, before), (position, after) in pairwise(times):
        if after < before:
            yield Breach(("studies", position, "started_at"), {"at": after.isoformat(), "before": before.isoformat()})
    undated = [(position, each.days_from_baseline) for position, each in studies if each.started_at is None]
    days = [(position, each) for position, each in undated if each is not None]
    for (_, earlier), (position, later) in pairwise(days):
        if later < earlier:
            values = {"at": Message("day {day}", day=f"{later:g}"), "before": Message("day {day}", day=f"{earlier:g}")}
            yield Breach(("studies", position, "days_from_baseline"), values)


@rule("A-6.3.2.baseline_days")
def baseline_days(subject: Subject) -> Iterator[Breach]:
    """Yield the days from baseline of each study that its time and those of the first such study contradict."""
    first = None
    for position, study in enumerate(subject.case.studies or ()):
        if study.started_at is None or study.days_from_baseline is None:
            continue
        if first is None:
            first = study.study_instance_uid, study.started_at, study.days_from_baseline
            continue
        identity, began, before = first
        days = (study.started_at - began).total_seconds() / _DAY_S
        if abs(days - (study.days_from_baseline - before)) > _ROUNDING_DAYS:
            values = {"found": f"{study.days_from_baseline:g}", "before": f"{before:g}"}
            yield Breach(
                ("studies", position, "days_from_baseline"), values | {"first": identity, "days": f"{days:.1f}"}
            )
