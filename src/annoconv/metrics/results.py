"""Values of metrics as the model has them, what an empty mask gives, and means that hide nothing.

An empty mask has a status and no value. Two means are always given together: of the values that are defined, and with
every structure that one of the two lacks at the worst value its metric can have. A structure that both lack counts in
neither.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from annoconv.errors import UsageError
from annoconv.messages import Message
from annoconv.metrics.definitions import DEFINITIONS
from annoconv.metrics.intervals import CONFIDENCE, bootstrap_interval
from annoconv.model import MetricStatus, MetricValue

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Sequence

__all__ = ["Summary", "empty_status", "metric_value", "ratio", "summary", "with_interval"]

MEAN_DEFINED = "mean_defined"
MEAN_WITH_MISSES = "mean_with_misses"
_MISSES = frozenset({MetricStatus.REFERENCE_EMPTY, MetricStatus.OTHER_EMPTY})


def ratio(numerator: float, denominator: float) -> float | None:
    """Return a quotient, None of a division by zero."""
    return float(numerator) / float(denominator) if denominator else None


def empty_status(in_reference: float, in_other: float) -> MetricStatus:
    """Return what two sizes say: that a value is defined, or which of the two lacks the structure."""
    if in_reference and in_other:
        return MetricStatus.DEFINED
    if in_reference:
        return MetricStatus.OTHER_EMPTY
    return MetricStatus.REFERENCE_EMPTY if in_other else MetricStatus.BOTH_EMPTY


def metric_value(
    definition_id: str,
    value: float | None,
    status: MetricStatus = MetricStatus.DEFINED,
    *,
    unit: str | None = None,
    label: str | None = None,
    tolerance_mm: float | None = None,
    count: int | None = None,
) -> MetricValue:
    """Return a value by its definition; one that is no finite number is not there, and the status says so.

    Raises
    ------
    UsageError
        If no such metric is defined.
    """
    definition = DEFINITIONS.get(definition_id.partition(":")[0])
    if definition is None:
        raise UsageError(
            Message("no metric is defined as {name}", name=definition_id),
            found=definition_id,
            expected=Message("one of {count} definitions", count=len(DEFINITIONS)),
            advice="docs/reference/metrics.md lists them",
        )
    if status is MetricStatus.DEFINED and (value is None or not math.isfinite(value)):
        status = MetricStatus.UNDEFINED
    told = {
        "value": float(value) if status is MetricStatus.DEFINED and value is not None else None,
        "label": label,
        "tolerance_mm": tolerance_mm,
        "count": count,
    }
    return MetricValue.model_validate(
        {
            "definition_id": definition_id,
            "status": status,
            "unit": unit or definition.unit,
            **{key: each for key, each in told.items() if each is not None},
        }
    )


@dataclass(frozen=True)
class Summary:
    """Two means of one metric over structures or cases.

    Attributes
    ----------
    definition_id
        The metric.
    defined, missed, absent, undefined
        How many values there are; how many structures one of the two lacks; both; and where the formula has none.
    mean_defined
        Mean of the values that are defined.
    mean_with_misses
        The same with each missed structure at the worst value; without a value where the metric has no worst one.
    """

    definition_id: str
    defined: int
    missed: int
    absent: int
    undefined: int
    mean_defined: MetricValue
    mean_with_misses: MetricValue


def with_interval(value: MetricValue, interval: tuple[float, float], confidence: float = CONFIDENCE) -> MetricValue:
    """Return a value with its confidence interval."""
    low, high = interval
    return value.model_copy(update={"low": low, "high": high, "confidence_level": confidence})


def summary(
    values: Iterable[MetricValue], *, worst: float | None = None, units: Sequence[Hashable] | None = None
) -> Summary:
    """Return the two means of the values of one metric.

    Parameters
    ----------
    values
        All by one definition.
    worst
        What a missed structure counts as: the definition's own worst value if absent. Distances have none of their own;
        the diagonal of the image, in mm, is theirs.
    units
        The case of each value: of two cases and more both means have a bootstrap interval, for which whole cases are
        drawn anew. Each value is its own if absent.
    """
    told = list(values)
    names = {each.definition_id for each in told}
    if len(names) != 1:
        raise UsageError(
            "a mean is one of values by one definition",
            found=", ".join(sorted(names)) or None,
            expected=Message("values by one definition, one at least"),
            advice="Take the mean of each definition by itself",
        )
    (name,) = names
    numbers = [each.value for each in told if each.value is not None]
    missed = sum(each.status in _MISSES for each in told)
    undefined = sum(each.status is MetricStatus.UNDEFINED for each in told)
    if worst is None:
        worst = DEFINITIONS[name].worst
    mean = ratio(math.fsum(numbers), len(numbers))
    with_misses = None
    if not missed:
        with_misses = mean
    elif worst is not None:
        with_misses = ratio(math.fsum([*numbers, worst * missed]), len(numbers) + missed)
    unit = told[0].unit
    tolerance = told[0].tolerance_mm
    of_defined = metric_value(f"{name}:{MEAN_DEFINED}", mean, unit=unit, tolerance_mm=tolerance, count=len(numbers))
    names_of = list(zip(units or range(len(told)), told, strict=True))
    kept = [which for which, each in names_of if each.value is not None]
    if (interval := bootstrap_interval(numbers, units=kept)) is not None:
        of_defined = with_interval(of_defined, interval)
    of_all = metric_value(
        f"{name}:{MEAN_WITH_MISSES}", with_misses, unit=unit, tolerance_mm=tolerance, count=len(numbers) + missed
    )
    if with_misses is not None:
        counted = [(which, each) for which, each in names_of if each.value is not None or each.status in _MISSES]
        filled = [worst or 0.0 if each.value is None else each.value for _, each in counted]
        if (interval := bootstrap_interval(filled, units=[which for which, _ in counted])) is not None:
            of_all = with_interval(of_all, interval)
    return Summary(
        name,
        len(numbers),
        missed,
        sum(each.status is MetricStatus.BOTH_EMPTY for each in told),
        undefined,
        of_defined,
        of_all,
    )
