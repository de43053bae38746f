"""Classes of samples: sensitivity, specificity, accuracy, precision, recall, F1 from one table, and ROC/AUC with ties.

Specification 9.1.1 c, D.9 to D.11. D.9 and D.10 print percent; values here are fractions, unit 1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from annoconv.errors import UsageError
from annoconv.messages import Message
from annoconv.metrics.results import metric_value, ratio

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from numpy.typing import ArrayLike, NDArray

    from annoconv.model import MetricValue

__all__ = ["ClassTable", "auc", "binary", "class_table", "classification", "roc_curve"]


@dataclass(frozen=True)
class ClassTable:
    """Which sample has which class in both lists.

    Attributes
    ----------
    classes
        Every class that either list has, in the order of their names, or in the order given.
    counts
        Shape (classes, classes), int64: rows are the reference, columns the other.
    """

    classes: tuple[Any, ...]
    counts: NDArray[np.int64]


def class_table(
    reference: Sequence[Hashable], other: Sequence[Hashable], *, classes: Sequence[Hashable] | None = None
) -> ClassTable:
    """Return the confusion table of two lists of classes, sample by sample.

    Parameters
    ----------
    reference, other
        The class of each sample.
    classes
        All classes in their order, for weighted kappa; those that are there, in the order of their names, if absent.
    """
    if len(reference) != len(other):
        raise UsageError(
            "both lists have one class for each sample",
            found=len(other),
            expected=len(reference),
            advice="Give None, or a class of its own, where there is none",
        )
    if classes is None:
        classes = sorted({*reference, *other}, key=lambda each: (isinstance(each, str), each))
    places = {name: place for place, name in enumerate(classes)}
    if strangers := {*reference, *other} - places.keys():
        raise UsageError(
            "a sample has a class that is not among the classes",
            found=sorted(map(str, strangers)),
            expected=[str(each) for each in classes],
            advice="Name all classes in their order, or leave them out",
        )
    keys = [places[a] * len(places) + places[b] for a, b in zip(reference, other, strict=True)]
    counts = np.bincount(np.array(keys, dtype=np.intp), minlength=len(places) ** 2).reshape(len(places), len(places))
    return ClassTable(tuple(classes), counts)


def binary(reference: Sequence[bool], other: Sequence[bool], *, label: str | None = None) -> list[MetricValue]:
    """Return the metrics of yes and no: sensitivity, specificity, accuracy, precision, recall and F1."""
    table = class_table([bool(each) for each in reference], [bool(each) for each in other], classes=[False, True])
    return _of_class(table, 1, label)


def _of_class(table: ClassTable, place: int, label: str | None) -> list[MetricValue]:
    total, hits = int(table.counts.sum()), int(table.counts[place, place])
    missed, false = int(table.counts[place].sum()) - hits, int(table.counts[:, place].sum()) - hits
    rest = total - hits - missed - false
    values = {
        "sensitivity": ratio(hits, hits + missed),
        "specificity": ratio(rest, rest + false),
        "accuracy": ratio(hits + rest, total),
        "precision": ratio(hits, hits + false),
        "recall": ratio(hits, hits + missed),
        "f1": ratio(2 * hits, 2 * hits + missed + false),
    }
    return [metric_value(f"classification.{name}", each, label=label, count=total) for name, each in values.items()]


def classification(table: ClassTable) -> list[MetricValue]:
    """Return the metrics of each class against the rest, the accuracy, and macro, micro and weighted means.

    Notes
    -----
    A macro mean is of the classes that have the value: a class that was never predicted has no precision. scikit-learn
    puts 0 in its place unless told otherwise; here the count says how many classes a mean is of.
    """
    found: list[MetricValue] = []
    by_name: dict[str, list[tuple[float | None, int]]] = {"precision": [], "recall": [], "f1": []}
    support = table.counts.sum(axis=1).tolist()
    for place, name in enumerate(table.classes):
        values = _of_class(table, place, str(name))
        found += values
        for each in values:
            key = each.definition_id.rpartition(".")[2]
            if key in by_name:
                by_name[key].append((each.value, support[place]))
    total, hits = int(table.counts.sum()), int(np.trace(table.counts))
    found.append(metric_value("classification.accuracy", ratio(hits, total), count=total))
    for key, pairs in by_name.items():
        defined = [(value, weight) for value, weight in pairs if value is not None]
        macro = ratio(math.fsum(value for value, _ in defined), len(defined))
        weighted = ratio(math.fsum(value * weight for value, weight in defined), sum(weight for _, weight in defined))
        found += [
            metric_value(f"classification.{key}_macro", macro, count=len(defined)),
            metric_value(f"classification.{key}_micro", ratio(hits, total), count=total),
            metric_value(f"classification.{key}_weighted", weighted, count=len(defined)),
        ]
    return found


def roc_curve(
    is_positive: ArrayLike, scores: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return false positive rate, true positive rate and the score from which a sample counts as positive.

    Parameters
    ----------
    is_positive, scores
        Shape (samples,).

    Returns
    -------
    three arrays, shape (distinct scores + 1,)
        By falling score, beginning at (0, 0) with an infinite one. Samples of one score are one step.
    """
    positive, values = _samples(is_positive, scores)
    steps, places = np.unique(values, return_inverse=True)
    up = np.bincount(places[positive], minlength=len(steps))[::-1].cumsum()
    across = np.bincount(places[~positive], minlength=len(steps))[::-1].cumsum()
    if not len(steps) or not up[-1] or not across[-1]:
        raise UsageError(
            "a ROC curve needs samples of both classes",
            found={"positive": int(positive.sum()), "negative": int((~positive).sum())},
            expected=Message("one of each at least"),
            advice="auc gives such samples a status and no value",
        )
    return (
        np.concatenate([[0.0], across / across[-1]]),
        np.concatenate([[0.0], up / up[-1]]),
        np.concatenate([[np.inf], steps[::-1]]),
    )


def _samples(is_positive: ArrayLike, scores: ArrayLike) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    positive, values = np.asarray(is_positive, dtype=np.bool_), np.asarray(scores, dtype=np.float64)
    if positive.shape != values.shape or positive.ndim != 1 or np.isnan(values).any():
        raise UsageError(
            "there is one score, a number, for each sample",
            found=list(values.shape),
            expected=list(positive.shape),
            advice="Give finite or infinite numbers, and leave out samples without one in both lists",
        )
    return positive, values


def auc(is_positive: ArrayLike, scores: ArrayLike, *, label: str | None = None) -> MetricValue:
    """Return the area under the ROC curve; without samples of both classes it is not defined.

    Notes
    -----
    The share of pairs of a positive and a negative sample in which the positive one has the higher score, equal scores
    counted half (Mann and Whitney): whole numbers, divided once.
    """
    positive, values = _samples(is_positive, scores)
    steps, places = np.unique(values, return_inverse=True)
    up = np.bincount(places[positive], minlength=len(steps)).tolist()
    across = np.bincount(places[~positive], minlength=len(steps)).tolist()
    below = twice = 0
    for positives, negatives in zip(up, across, strict=True):
        twice += positives * (2 * below + negatives)
        below += negatives
    return metric_value("classification.auc", ratio(twice, 2 * sum(up) * below), label=label, count=len(values))
