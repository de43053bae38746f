"""Which object of one list is which of another, one to one, by a named method; precision, recall and F1 of objects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import numpy as np
from scipy.optimize import linear_sum_assignment

from annoconv.errors import UsageError
from annoconv.messages import Message
from annoconv.metrics.results import empty_status, metric_value, ratio

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import ArrayLike, NDArray

    from annoconv.model import MetricValue

__all__ = ["Instance", "Matching", "Method", "detection", "instances", "match"]

Method: TypeAlias = Literal["hungarian", "greedy"]
_SLACK: Final = 1e-12
"""A similarity that falls short of the threshold by less is at it."""


@dataclass(frozen=True)
class Matching:
    """Pairs of objects.

    Attributes
    ----------
    pairs
        Places in reference and other, ascending.
    missed
        Places in the reference without a partner (false negatives).
    additional
        Places in the other without a partner (false positives).
    """

    pairs: tuple[tuple[int, int], ...]
    missed: tuple[int, ...]
    additional: tuple[int, ...]


@dataclass(frozen=True)
class Instance:
    """One row of a table of objects: a pair, or one that has no partner."""

    reference: str | None
    other: str | None
    similarity: float | None


def match(
    similarity: ArrayLike,
    *,
    least: float | None = None,
    most_mm: float | None = None,
    method: Method = "hungarian",
    scores: Sequence[float] = (),
) -> Matching:
    """Return which object is which.

    Parameters
    ----------
    similarity
        Shape (reference, other): an IoU, or with `most_mm` a distance in mm.
    least
        An IoU of this much is a match, and more; at the threshold is within.
    most_mm
        A distance of this much is a match, and less.
    method
        `hungarian`: as many pairs as there can be, and among these the ones that coincide best in total. `greedy`: the
        objects of the other list, by falling score, each take the best one that is left, as COCO and VOC do.
    scores
        Of the objects of the other list, for `greedy`; their order if absent.
    """
    matrix = np.asarray(similarity, dtype=np.float64)
    if matrix.ndim != 2 or (least is None) == (most_mm is None):
        raise UsageError(
            "a matching needs a table of similarities, and either a least IoU or a largest distance",
            found=list(matrix.shape),
            expected=Message("a table, and one of the two bounds"),
            advice="Give least for an IoU, most_mm for a distance",
        )
    if most_mm is not None:
        worth, bound = -matrix, -float(most_mm)
    else:
        worth, bound = matrix, float(least or 0)
    may = worth >= bound - _SLACK
    pairs = _hungarian(worth, may) if method == "hungarian" else _greedy(worth, may, scores)
    rows, columns = {row for row, _ in pairs}, {column for _, column in pairs}
    return Matching(
        tuple(sorted(pairs)),
        tuple(row for row in range(matrix.shape[0]) if row not in rows),
        tuple(column for column in range(matrix.shape[1]) if column not in columns),
    )


def _hungarian(worth: NDArray[np.float64], may: NDArray[np.bool_]) -> list[tuple[int, int]]:
    if not may.any():
        return []
    span = float(worth[may].max() - worth[may].min())
    scaled = (worth - worth[may].min()) / (span or 1.0)
    # A pair more outweighs whatever all pairs may gain by coinciding better.
    gain = np.where(may, min(worth.shape) + 1 + scaled, 0)
    rows, columns = linear_sum_assignment(gain, maximize=True)
    return [(int(row), int(column)) for row, column in zip(rows, columns, strict=True) if may[row, column]]


def _greedy(worth: NDArray[np.float64], may: NDArray[np.bool_], scores: Sequence[float]) -> list[tuple[int, int]]:
    count = worth.shape[1]
    if len(scores) not in {0, count}:
        raise UsageError(
            "there is one score for each object",
            found=len(scores),
            expected=count,
            advice="Give a score to each, or none at all",
        )
    order = np.argsort(-np.asarray(scores, dtype=np.float64), kind="stable") if len(scores) else np.arange(count)
    left = may.copy()
    pairs: list[tuple[int, int]] = []
    for column in order.tolist():
        if left[:, column].any():
            row = int(np.where(left[:, column], worth[:, column], -np.inf).argmax())
            pairs.append((row, column))
            left[row] = False
    return pairs


def instances(
    matching: Matching, similarity: ArrayLike, reference_ids: Sequence[str], other_ids: Sequence[str]
) -> list[Instance]:
    """Return one row for each pair, each missed object and each additional one, in this order."""
    matrix = np.asarray(similarity, dtype=np.float64)
    return [
        *(
            Instance(reference_ids[row], other_ids[column], float(matrix[row, column]))
            for row, column in matching.pairs
        ),
        *(Instance(reference_ids[row], None, None) for row in matching.missed),
        *(Instance(None, other_ids[column], None) for column in matching.additional),
    ]


def detection(matchings: Iterable[Matching], *, label: str | None = None) -> list[MetricValue]:
    """Return precision, recall and F1 of objects, over all images that are given.

    Notes
    -----
    D.2 and D.3. Where there are no objects in one list or in both, the status says so and there is no value: a recall
    of what is not there is no number.
    """
    told = list(matchings)
    pairs, missed, additional = (
        sum(len(getattr(each, name)) for each in told) for name in ("pairs", "missed", "additional")
    )
    status = empty_status(pairs + missed, pairs + additional)
    values = {
        "precision": ratio(pairs, pairs + additional),
        "recall": ratio(pairs, pairs + missed),
        "f1": ratio(2 * pairs, 2 * pairs + missed + additional),
    }
    return [
        metric_value(f"detection.{name}", value, status, label=label, count=pairs + missed)
        for name, value in values.items()
    ]
