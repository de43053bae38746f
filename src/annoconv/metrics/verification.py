"""Whether annotations can be relied on: folds, samples for experts, bootstrap intervals, records of validation.

Everything drawn at random is drawn by a seed, the same everywhere. Specification 9.4.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from annoconv.errors import UsageError
from annoconv.messages import Message
from annoconv.metrics.definitions import DEFINITIONS
from annoconv.metrics.intervals import bootstrap_interval
from annoconv.metrics.results import metric_value, ratio, with_interval
from annoconv.model import ValidationKind, ValidationRecord

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from annoconv.model import MetricValue

__all__ = ["bootstrap_mean", "fold_stability", "folds", "model_validation", "sampling_plan"]


def _shuffled(names: Sequence[str], seed: int) -> list[str]:
    """Return names in an order that depends on them and the seed alone, not on the order they came in."""
    return sorted(names, key=lambda name: (hashlib.sha256(f"{seed}\0{name}".encode()).digest(), name))


def folds(patients: Mapping[str, str], count: int, *, seed: int) -> dict[str, int]:
    """Return in which fold each case is; all cases of one patient are in one.

    Parameters
    ----------
    patients
        The patient of each case.
    count
        Folds; their numbers of cases differ as little as whole patients allow.
    seed
        The same seed, the same folds.
    """
    sizes = Counter(patients.values())
    if not 2 <= count <= len(sizes):
        raise UsageError(
            "there are two folds at least, and no more than patients",
            found=count,
            expected=Message("2 to {most}", most=len(sizes)),
            advice="Take fewer folds, or give more cases; all cases of one patient_id are in one fold",
        )
    held = [0] * count
    fold_of: dict[str, int] = {}
    for patient in sorted(_shuffled(list(sizes), seed), key=lambda name: -sizes[name]):
        fold_of[patient] = held.index(min(held))
        held[fold_of[patient]] += sizes[patient]
    return {case: fold_of[patient] for case, patient in patients.items()}


def fold_stability(
    values: Mapping[str, float], fold_of: Mapping[str, int], *, unit: str = "1", label: str | None = None
) -> list[MetricValue]:
    """Return how stable a metric is over folds: mean, standard deviation and range of the means of each fold.

    Parameters
    ----------
    values
        The metric of each case, where it is defined.
    fold_of
        The fold of each case.
    unit
        Of the values.
    label
        What they are of.
    """
    groups: dict[int, list[float]] = {}
    for case, value in values.items():
        groups.setdefault(fold_of[case], []).append(value)
    means = [math.fsum(group) / len(group) for _, group in sorted(groups.items())]
    several = len(means) > 1
    told = {
        "fold_mean": ratio(math.fsum(means), len(means)),
        "fold_sd": float(np.std(means, ddof=1)) if several else None,
        "fold_range": max(means) - min(means) if several else None,
    }
    found = [
        metric_value(f"verification.{name}", value, unit=unit, label=label, count=len(means))
        for name, value in told.items()
    ]
    interval = bootstrap_interval(means)
    return found if interval is None else [with_interval(found[0], interval), *found[1:]]


def bootstrap_mean(
    values: Sequence[float],
    *,
    seed: int,
    confidence: float = 0.95,
    resamples: int = 2000,
    unit: str = "1",
    label: str | None = None,
) -> MetricValue:
    """Return a mean with its bootstrap percentile interval; of fewer than two values there is no interval.

    Parameters
    ----------
    values
        One for each independent unit: of several lesions of one patient, take their mean first.
    seed
        The same seed, the same interval.
    confidence
        Level of the interval.
    resamples
        How often the values are drawn anew.
    unit
        Of the values.
    label
        What the mean is about.
    """
    interval = bootstrap_interval(values, seed=seed, confidence=confidence, resamples=resamples)
    mean = ratio(math.fsum(values), len(values))
    value = metric_value("verification.mean", mean, unit=unit, label=label, count=len(values))
    return value if interval is None else with_interval(value, interval, confidence)


def sampling_plan(strata: Mapping[str, str], *, share: float, seed: int, least: int = 1) -> list[str]:
    """Return the cases that an expert looks at: a share of each stratum, drawn by a seed.

    Parameters
    ----------
    strata
        The stratum of each case: its label, institution, modality.
    share
        From 0 to 1, of each stratum; rounded up.
    seed
        The same seed, the same cases, in whatever order they are given.
    least
        Cases of each stratum at least, as far as it has so many.

    Returns
    -------
    list of str
        Ids, sorted.
    """
    if not 0 <= share <= 1 or least < 0:
        raise UsageError(
            "a share is from 0 to 1, and no number of cases is negative",
            found=f"{share}, {least}",
            expected="0 <= share <= 1, 0 <= least",
            advice="0.1 is a tenth of each stratum",
        )
    drawn: list[str] = []
    for stratum in sorted(set(strata.values())):
        members = [case for case, name in strata.items() if name == stratum]
        wanted = max(math.ceil(share * len(members) - 1e-9), least)
        drawn += _shuffled(members, seed)[:wanted]
    return sorted(drawn)


def model_validation(
    identity: str,
    metrics: Sequence[MetricValue],
    aims: Mapping[str, float],
    *,
    reference: str,
    at: datetime | None = None,
    cause: str | None = None,
) -> ValidationRecord:
    """Return the record of a model that was trained on the annotations and measured.

    Parameters
    ----------
    identity
        Of the record.
    metrics
        What was measured.
    aims
        The least value (of a metric in mm: the largest) by definition id.
    reference
        Model and test set.
    at
        When.
    cause
        Why an aim was missed; needed if one was.

    Notes
    -----
    Specification 9.4.2 c: where the model falls short, the cause is analysed, the annotations among the suspects.
    """
    values = {each.definition_id: each for each in metrics}
    if doubled := sorted(name for name in aims if sum(each.definition_id == name for each in metrics) > 1):
        raise UsageError(
            "an aim is of one value, and several are by this definition",
            found=doubled,
            expected=Message("one value by each definition"),
            advice="Measure one tolerance at a time, or name a mean",
        )
    if unknown := sorted(aims.keys() - values.keys()):
        raise UsageError(
            "an aim is of a metric that was measured",
            found=unknown,
            expected=sorted(values),
            advice="Name it by its definition, overlap.dice:mean_with_misses",
        )
    missed = [name for name, aim in aims.items() if not _is_reached(values[name], aim)]
    if missed and not cause:
        raise UsageError(
            "an aim was missed, and the record says why (specification 9.4.2 c)",
            found=missed,
            expected=Message("the cause, where an aim is missed"),
            advice=Message("Give {name}", name="--cause"),
        )
    results: dict[str, Any] = {f"aim {name}": aim for name, aim in sorted(aims.items())}
    told: dict[str, Any] = {
        "id": identity,
        "kind": ValidationKind.MODEL_VALIDATION,
        "reference": reference,
        "metrics": list(metrics),
        "results": {**results, "reached": not missed},
    }
    told |= {key: value for key, value in {"conclusion": cause, "at": at}.items() if value is not None}
    return ValidationRecord.model_validate(told)


def _is_reached(value: MetricValue, aim: float) -> bool:
    if value.value is None:
        return False
    is_distance = DEFINITIONS[value.definition_id.partition(":")[0]].unit == "mm"
    return value.value <= aim if is_distance else value.value >= aim
