"""Agreement of measured numbers: six intraclass correlations with F and interval, Pearson, Spearman, Bland and Altman.

Specification 9.1.1 e, 9.2 e, D.8. (D.7) prints the covariance over the product of deviations twice, both right.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy import stats

from annoconv.errors import UsageError
from annoconv.messages import Message
from annoconv.metrics.intervals import bootstrap_interval
from annoconv.metrics.results import metric_value, ratio, with_interval

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from annoconv.model import MetricValue

__all__ = ["Icc", "bland_altman", "icc", "pearson", "spearman"]

_Z: Final = 1.96  # as Bland and Altman wrote it


@dataclass(frozen=True)
class Icc:
    """One form of the intraclass correlation.

    Attributes
    ----------
    value
        The coefficient, with its confidence interval.
    f, df1, df2, p
        The F test that it is 0; f is None where the residual has no variance.
    """

    value: MetricValue
    f: float | None
    df1: int
    df2: int
    p: float | None


def icc(ratings: ArrayLike, *, confidence: float = 0.95, label: str | None = None) -> list[Icc]:
    """Return the six forms of Shrout and Fleiss (1979): of one rating (1,1), (2,1), (3,1), and of the mean of all k.

    Parameters
    ----------
    ratings
        Shape (subjects, raters), no value missing; two of each at least.
    confidence
        Level of the interval.
    label
        What the values are about.

    Notes
    -----
    (1,·): each subject has raters of its own. (2,·): the raters are a sample of raters (absolute agreement). (3,·):
    these raters are all there are (consistency). The interval of the second form is that of McGraw and Wong (1996), the
    others are those of Shrout and Fleiss.
    """
    table = np.asarray(ratings, dtype=np.float64)
    if table.ndim != 2 or min(table.shape) < 2 or not np.isfinite(table).all():
        raise UsageError(
            "an intraclass correlation needs a table of subjects by raters without gaps, two of each at least",
            found=list(table.shape),
            expected=Message("finite numbers, shape (subjects, raters), 2 x 2 at least"),
            advice="Leave out subjects that a rater did not rate",
        )
    n, k = table.shape
    centred = table - table.mean()
    of_subjects, of_raters = centred.mean(axis=1), centred.mean(axis=0)
    subjects = k * float(of_subjects @ of_subjects) / (n - 1)
    raters = n * float(of_raters @ of_raters) / (k - 1)
    rest = centred - of_subjects[:, None] - of_raters[None]
    error = float((rest * rest).sum()) / ((n - 1) * (k - 1))
    inside = centred - of_subjects[:, None]
    within = float((inside * inside).sum()) / (n * (k - 1))
    noise = (8 * np.finfo(np.float64).eps * float(np.abs(table).max())) ** 2  # of numbers that are equal on paper
    subjects, raters, error, within = (0.0 if each <= noise else each for each in (subjects, raters, error, within))
    df, df_within, df_error = n - 1, n * (k - 1), (n - 1) * (k - 1)
    coefficients = {
        "icc_1_1": ratio(subjects - within, subjects + (k - 1) * within),
        "icc_2_1": ratio(subjects - error, subjects + (k - 1) * error + k * (raters - error) / n),
        "icc_3_1": ratio(subjects - error, subjects + (k - 1) * error),
        "icc_1_k": ratio(subjects - within, subjects),
        "icc_2_k": ratio(subjects - error, subjects + (raters - error) / n),
        "icc_3_k": ratio(subjects - error, subjects),
    }
    alpha = 1 - confidence
    f_within, f_error = ratio(subjects, within), ratio(subjects, error)
    single, mean = coefficients["icc_2_1"], coefficients["icc_2_k"]
    bounds: dict[str, tuple[float, float] | None] = {
        **_one_way(f_within, df, df_within, k, alpha, "icc_1"),
        **_one_way(f_error, df, df_error, k, alpha, "icc_3"),
        "icc_2_1": None,
        "icc_2_k": None,
    }
    if f_error is not None and single is not None and mean is not None:
        low, high = _two_way(single, subjects, raters, error, n, k, alpha)
        bounds["icc_2_1"] = low, high
        bounds["icc_2_k"] = low * k / (1 + low * (k - 1)), high * k / (1 + high * (k - 1))
    found: list[Icc] = []
    for name, coefficient in coefficients.items():
        f, df2 = (f_within, df_within) if name.startswith("icc_1") else (f_error, df_error)
        value = metric_value(f"agreement.{name}", coefficient, label=label, count=n)
        interval = bounds[name]
        if value.value is not None and interval is not None and np.isfinite(interval).all():
            value = with_interval(value, (float(interval[0]), float(interval[1])), confidence)
        found.append(Icc(value, f, df, df2, None if f is None else float(stats.f.sf(f, df, df2))))
    return found


def _one_way(
    f: float | None, df1: int, df2: int, k: int, alpha: float, name: str
) -> dict[str, tuple[float, float] | None]:
    if f is None:
        return {f"{name}_1": None, f"{name}_k": None}
    low = f / stats.f.ppf(1 - alpha / 2, df1, df2)
    high = f * stats.f.ppf(1 - alpha / 2, df2, df1)
    if not low or not high:
        return {f"{name}_1": None, f"{name}_k": None}
    return {
        f"{name}_1": (float((low - 1) / (low + k - 1)), float((high - 1) / (high + k - 1))),
        f"{name}_k": (float(1 - 1 / low), float(1 - 1 / high)),
    }


def _two_way(
    single: float, subjects: float, raters: float, error: float, n: int, k: int, alpha: float
) -> tuple[float, float]:
    a = k * single / (n * (1 - single)) if single != 1 else np.inf
    b = 1 + k * single * (n - 1) / (n * (1 - single)) if single != 1 else np.inf
    above = (a * raters + b * error) ** 2
    below = (a * raters) ** 2 / (k - 1) + (b * error) ** 2 / ((n - 1) * (k - 1))
    v = above / below
    upper, lower = stats.f.ppf(1 - alpha / 2, n - 1, v), stats.f.ppf(1 - alpha / 2, v, n - 1)
    shared = k * raters + (k * n - k - n) * error
    return (
        float(n * (subjects - upper * error) / (upper * shared + n * subjects)),
        float(n * (lower * subjects - error) / (shared + n * lower * subjects)),
    )


def pearson(x: ArrayLike, y: ArrayLike, *, label: str | None = None) -> MetricValue:
    """Return Pearson's correlation; where one list does not vary it is not defined."""
    a, b = _pairs(x, y)
    return metric_value("agreement.pearson", _correlation(a, b), label=label, count=len(a))


def spearman(x: ArrayLike, y: ArrayLike, *, label: str | None = None) -> MetricValue:
    """Return Spearman's correlation: Pearson's of the ranks, equal values at their mean rank."""
    a, b = _pairs(x, y)
    value = _correlation(stats.rankdata(a), stats.rankdata(b))
    return metric_value("agreement.spearman", value, label=label, count=len(a))


def _pairs(x: ArrayLike, y: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    a, b = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if a.shape != b.shape or a.ndim != 1 or not np.isfinite(a).all() or not np.isfinite(b).all():
        raise UsageError(
            "both lists have one finite number for each sample",
            found=list(b.shape),
            expected=list(a.shape),
            advice="Leave out samples without a number in both lists",
        )
    return a, b


def _correlation(a: NDArray[np.float64], b: NDArray[np.float64]) -> float | None:
    if len(a) < 2 or (a == a[0]).all() or (b == b[0]).all():
        return None
    a, b = a - a.mean(), b - b.mean()
    a, b = a / np.abs(a).max(), b / np.abs(b).max()
    return float(np.clip((a @ b) / np.sqrt((a @ a) * (b @ b)), -1, 1))


def bland_altman(x: ArrayLike, y: ArrayLike, *, unit: str = "1", label: str | None = None) -> list[MetricValue]:
    """Return the mean difference of y from x, with its interval, and the limits of 95 % of the differences expected.

    Parameters
    ----------
    x, y
        Shape (samples,).
    unit
        Of the numbers, UCUM.
    label
        What the values are about.
    """
    a, b = _pairs(x, y)
    difference = b - a
    bias = float(difference.mean()) if len(a) else None
    reach = _Z * float(difference.std(ddof=1)) if len(a) > 1 else None
    values = {
        "bias": bias,
        "limit_low": None if bias is None or reach is None else bias - reach,
        "limit_high": None if bias is None or reach is None else bias + reach,
    }
    told = [
        metric_value(f"agreement.{name}", value, unit=unit, label=label, count=len(a)) for name, value in values.items()
    ]
    interval = bootstrap_interval(difference.tolist())
    return told if interval is None else [with_interval(told[0], interval), *told[1:]]
