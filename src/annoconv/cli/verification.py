"""What `annoconv metrics` says of a set as a whole: stability over folds, aims, classes, and records of validation."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from annoconv.errors import UsageError
from annoconv.messages import Message

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from annoconv.cli.readings import Read
    from annoconv.model import MetricValue

__all__ = ["aims_option", "classes", "records", "stability"]

_NONE = "(none)"
"""The class of a case that does not have an attribute which the other side gives it."""


def stability(
    values: Iterable[tuple[str, MetricValue]], patients: Mapping[str, str], count: int, seed: int
) -> list[MetricValue]:
    """Return how stable each metric is over folds of whole patients (9.4.1 a).

    Parameters
    ----------
    values
        Each with the name of its case; those of one case, of several labels, are averaged first.
    patients
        The patient of each case.
    count, seed
        Folds, and what they are drawn by.
    """
    from annoconv.metrics.verification import fold_stability, folds

    fold_of = folds(patients, count, seed=seed)
    groups: dict[tuple[str, float | None, str], dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for case, each in values:
        if each.value is not None:
            groups[each.definition_id, each.tolerance_mm, each.unit or "1"][case].append(each.value)
    found: list[MetricValue] = []
    for (name, tolerance, unit), by_case in groups.items():
        means = {case: math.fsum(some) / len(some) for case, some in by_case.items()}
        label = name if tolerance is None else f"{name}@{tolerance:g}"
        found += fold_stability(means, fold_of, unit=unit, label=label)
    return found


def classes(
    pairs: Sequence[tuple[Read, Read]],
) -> tuple[list[MetricValue], list[dict[str, Any]], list[Message]]:
    """Return how well attributes of cases agree with the reference, ROC curves of those that are scored, and notes.

    Notes
    -----
    Names and switches are classes; a case without the attribute is of the class `(none)`, so that nothing is left out.
    A number or a switch with a confidence in the other case scores a switch in the reference.
    """
    from annoconv.metrics.classification import auc, class_table, classification, roc_curve
    from annoconv.metrics.ratings import attributes_of, number_agreement, scores_of
    from annoconv.metrics.resampled import class_intervals
    from annoconv.metrics.results import with_interval

    sides = [
        [attributes_of(read.loaded) if read.loaded is not None else {} for read in side]
        for side in zip(*pairs, strict=True)
    ]
    scores = [scores_of(b.loaded) if b.loaded is not None else {} for _, b in pairs]
    found: list[MetricValue] = []
    curves: list[dict[str, Any]] = []
    notes: list[Message] = []
    for key in sorted({key for side in sides for one in side for key in one}):
        mine, theirs = ([one.get(key) for one in side] for side in sides)
        switches = [each for each in mine if isinstance(each, bool)]
        scored = [each.get(key) for each in scores]
        if switches and None in scored + mine and any(each is not None for each in scored):
            unscored = sum(a is None or b is None for a, b in zip(scored, mine, strict=True))
            notes.append(
                Message(
                    "no AUC: {label} lacks its value or its score in {count} of {all} cases",
                    label=key,
                    count=unscored,
                    all=len(mine),
                )
            )
        if len(switches) == len(mine) and None not in scored:
            numbers = [float(each or 0) for each in scored]
            found.append(auc(switches, numbers, label=key))
            if len({*switches}) == 2:
                across, up, at = roc_curve(switches, numbers)
                steps = [None if math.isinf(each) else each for each in at.tolist()]
                told = {"false_positive_rate": across.tolist(), "true_positive_rate": up.tolist(), "score": steps}
                curves.append({"label": key, **told})
        given = [each for each in (*mine, *theirs) if each is not None]
        if all(_is_number(each) for each in given):
            rows = zip(mine, theirs, strict=True)
            table = {
                str(n): {"reference": float(a), "other": float(b)}
                for n, (a, b) in enumerate(rows)
                if a is not None and b is not None
            }
            found += number_agreement(table, ["reference", "other"], label=key)
        elif not any(_is_number(each) for each in given):
            a, b = ([_NONE if each is None else str(each) for each in side] for side in (mine, theirs))
            intervals = class_intervals(a, b)
            for each in classification(class_table(a, b)):
                named = each.model_copy(update={"label": key if each.label is None else f"{key}={each.label}"})
                interval = intervals.get(each.definition_id) if each.label is None and each.value is not None else None
                found.append(named if interval is None else with_interval(named, interval))
    return found, curves, notes


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def aims_option(texts: Iterable[str]) -> dict[str, float]:
    """Return the aims that `DEFINITION=NUMBER` name."""
    aims: dict[str, float] = {}
    for text in texts:
        name, _, number = text.rpartition("=")
        try:
            aims[name] = float(number)
        except ValueError:
            aims[name] = math.nan
        if not name or not math.isfinite(aims[name]):
            raise UsageError(
                "an aim is a definition and a number",
                found=text,
                expected="overlap.dice=0.85",
                advice="docs/reference/metrics.md lists the definitions; of mm it is the largest, else the least",
            )
    return aims


def records(
    means: Sequence[Mapping[str, Any]],
    overall: Sequence[MetricValue],
    reference: str,
    aims: Mapping[str, float],
    cause: str | None,
) -> list[dict[str, Any]]:
    """Return the record of a comparison with a reference, or with aims that of the validation of a model (9.4.2).

    Parameters
    ----------
    means
        The two means of each metric, as rows.
    overall
        Values of the whole set.
    reference
        What was measured by what.
    aims
        By definition; one without a mean is of the mean with misses.
    cause
        Why an aim was missed.
    """
    from annoconv.metrics.verification import model_validation
    from annoconv.model import MetricValue, ValidationKind, ValidationRecord

    known = MetricValue.model_fields.keys()
    told = [
        MetricValue.model_validate({key: each for key, each in one.items() if key in known and each is not None})
        for one in means
    ] + [each for each in overall if each.label is None]
    if not told:
        return []
    if aims:
        names = {each.definition_id for each in told}
        exact = {
            name if name in names or f"{name}:mean_with_misses" not in names else f"{name}:mean_with_misses": aim
            for name, aim in aims.items()
        }
        record = model_validation("VALIDATION_1", told, exact, reference=reference, cause=cause)
    else:
        record = ValidationRecord.model_validate(
            {"id": "VALIDATION_1", "kind": ValidationKind.REFERENCE_STANDARD, "reference": reference, "metrics": told}
        )
    return [record.model_dump(mode="json")]
