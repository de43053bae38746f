"""Agreement of raters on classes: Cohen's kappa with three weights, Fleiss' kappa, Krippendorff's alpha.

Specification 9.2 d, D.12. Where all raters use one class only, chance agreement is 1 and no kappa is defined.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

import numpy as np

from annoconv.errors import UsageError
from annoconv.messages import Message
from annoconv.metrics.results import metric_value, ratio

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from numpy.typing import ArrayLike, NDArray

    from annoconv.metrics.classification import ClassTable
    from annoconv.model import MetricValue

__all__ = ["cohen_kappa", "fleiss_kappa", "krippendorff_alpha"]

Weights: TypeAlias = Literal["none", "linear", "quadratic"]
Level: TypeAlias = Literal["nominal", "ordinal", "interval", "ratio"]
_COHEN: Final = {"none": "agreement.cohen_kappa", "linear": "agreement.cohen_kappa_linear"}


def cohen_kappa(table: ClassTable, *, weights: Weights = "none", label: str | None = None) -> MetricValue:
    """Return Cohen's kappa of two raters.

    Parameters
    ----------
    table
        From `annoconv.metrics.classification.class_table`; weights need its classes in their order.
    weights
        How much a disagreement counts: all alike, by how many classes the two are apart, or by the square of that.
    label
        What the value is about.
    """
    counts = table.counts.astype(object)  # whole numbers of any size: one division at the end
    i, j = np.indices(counts.shape)
    weight = {"none": (i != j).astype(int), "linear": abs(i - j), "quadratic": (i - j) ** 2}[weights].astype(object)
    total = int(table.counts.sum())
    observed = int((weight * counts).sum()) * total
    expected = int((weight * np.outer(counts.sum(axis=1), counts.sum(axis=0))).sum()) if counts.size else 0
    value = ratio(expected - observed, expected)
    return metric_value(_COHEN.get(weights, "agreement.cohen_kappa_quadratic"), value, label=label, count=total)


def fleiss_kappa(counts: ArrayLike, *, label: str | None = None) -> MetricValue:
    """Return Fleiss' kappa of more than two raters.

    Parameters
    ----------
    counts
        Shape (subjects, classes), whole numbers: how many raters gave a subject a class; each has as many raters.
    label
        What the value is about.
    """
    table = np.asarray(counts)
    raters = set(table.sum(axis=1).tolist()) if table.ndim == 2 else set()
    if table.ndim != 2 or table.dtype.kind not in "iu" or (table < 0).any() or len(raters) > 1 or raters & {0, 1}:
        raise UsageError(
            "Fleiss' kappa needs a table of counts in which each subject has as many raters, two at least",
            found=sorted(raters),
            advice="Krippendorff's alpha takes subjects that some raters left out",
            expected=Message("one number of raters, two at least"),
        )
    if not len(table):
        return metric_value("agreement.fleiss_kappa", None, label=label, count=0)
    (each,) = raters
    subjects, squares = len(table), int((table.astype(object) ** 2).sum())
    of_classes = [int(number) for number in table.sum(axis=0)]
    # P and P_e as fractions of one denominator each, so that equal numbers are equal.
    agreed, possible = squares - subjects * each, subjects * each * (each - 1)
    chance, whole = sum(number**2 for number in of_classes), (subjects * each) ** 2
    value = ratio(agreed * whole - chance * possible, (whole - chance) * possible)
    return metric_value("agreement.fleiss_kappa", value, label=label, count=subjects)


def krippendorff_alpha(
    ratings: Sequence[Sequence[Hashable | None]],
    *,
    level: Level = "nominal",
    classes: Sequence[Hashable] | None = None,
    label: str | None = None,
) -> MetricValue:
    """Return Krippendorff's alpha of any number of raters, who may each have left subjects out.

    Parameters
    ----------
    ratings
        One row for each rater, one value for each subject; None where he gave none.
    level
        What values mean: names, ranks, or numbers with equal steps or with a zero.
    classes
        The values in their order, for `ordinal`; sorted if absent.
    label
        What the value is about.
    """
    widths = {len(row) for row in ratings}
    if len(widths) > 1:
        raise UsageError(
            "each rater has one place for each subject",
            found=sorted(widths),
            expected=Message("as many places for each rater"),
            advice="Put None where a rater did not rate a subject",
        )
    subjects = [[value for value in column if value is not None] for column in zip(*ratings, strict=True)]
    paired = [values for values in subjects if len(values) > 1]
    given = {value for values in paired for value in values}
    order: list[Any] = [each for each in classes if each in given] if classes else sorted(given)
    if classes and len(order) < len(given):
        raise UsageError(
            "a sample has a class that is not among the classes",
            found=len(given) - len(order),
            expected=Message("values of the order that was named"),
            advice="Name all classes in their order, or leave them out",
        )
    places = {value: place for place, value in enumerate(order)}
    coincidences = np.zeros((len(order), len(order)))
    for values in paired:
        counts = np.bincount([places[value] for value in values], minlength=len(order)).astype(float)
        coincidences += (np.outer(counts, counts) - np.diag(counts)) / (len(values) - 1)
    of_values = coincidences.sum(axis=0)
    apart = _apart(order, of_values, level)
    observed = float((coincidences * apart).sum()) * (of_values.sum() - 1)
    expected = float((np.outer(of_values, of_values) * apart).sum())
    value = 1 - observed / expected if expected else None
    return metric_value(f"agreement.krippendorff_{level}", value, label=label, count=len(paired))


def _apart(order: Sequence[Any], of_values: NDArray[np.float64], level: Level) -> NDArray[np.float64]:
    """Return the squared difference of each two values."""
    if level == "nominal":
        return 1 - np.eye(len(order))
    if level == "ordinal":
        at = np.cumsum(of_values) - of_values / 2  # ranks, each value at the middle of those that gave it
        return np.asarray((at[:, None] - at[None]) ** 2)
    numbers = np.array(order, dtype=np.float64)
    difference = numbers[:, None] - numbers[None]
    if level == "interval":
        return np.asarray(difference**2)
    total = numbers[:, None] + numbers[None]
    return np.divide(difference, total, out=np.zeros_like(difference), where=total != 0) ** 2
