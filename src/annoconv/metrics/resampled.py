"""Bootstrap intervals of means over classes and thresholds: whole cases are drawn anew, and all is counted again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from annoconv.metrics.average_precision import (
    COCO_AREAS,
    COCO_THRESHOLDS,
    FROC_RATES,
    froc_events,
    ranked,
)
from annoconv.metrics.intervals import CONFIDENCE

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from annoconv.metrics.average_precision import ScoredImage

__all__ = ["RESAMPLES", "class_intervals", "froc_interval", "map_interval"]

RESAMPLES: Final = 1000
_AT_ONCE: Final = 2_000_000  # numbers held of one block of draws
_RECALLS: Final = np.linspace(0, 1, 101)


def map_interval(
    classes: Iterable[Sequence[ScoredImage]],
    *,
    thresholds: Sequence[float] = COCO_THRESHOLDS,
    area: str = "all",
    cases: int | None = None,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> tuple[float, float] | None:
    """Return the percentile interval of `mean_average_precision` by COCO's interpolation; None of fewer than two cases.

    Parameters
    ----------
    classes
        The images of each class, each image with its case as `unit`.
    thresholds, area
        As the mean was taken.
    cases
        How many there are in all, those without an object and a detection among them.
    seed, resamples
        Of the draws, and how many there are.
    """
    sizes = None if area == "all" else COCO_AREAS[area]
    groups = [list(images) for images in classes]
    place_of, count = _places(groups, cases)
    curves: list[tuple[NDArray[np.intp], NDArray[np.bool_], NDArray[np.float64]]] = []
    for images in groups:
        case_of = np.array([place_of(n, image) for n, image in enumerate(images)], dtype=np.intp)
        for threshold in thresholds:
            told = ranked(images, threshold, sizes=sizes)
            objects = np.bincount(case_of, told.objects, minlength=count).astype(np.float64)
            if objects.any():
                curves.append((case_of[told.image], told.is_hit, objects))
    most = max((len(is_hit) for _, is_hit, _ in curves), default=0)

    def mean(weights: NDArray[np.float64]) -> NDArray[np.float64]:
        values = [_weighted_precision(weights[:, at], is_hit, weights @ objects) for at, is_hit, objects in curves]
        return _nanmean(np.stack(values)) if values else np.empty(0)

    return _interval(mean, count, most, seed, resamples)


def _weighted_precision(
    weights: NDArray[np.float64], is_hit: NDArray[np.bool_], objects: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the average precision of each draw, weights of shape (draws, detections); NaN without an object."""
    hits = np.cumsum(weights * is_hit, axis=1)
    precision = hits / np.maximum(np.cumsum(weights, axis=1), 1)
    envelope = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
    envelope = np.hstack([envelope, np.zeros((len(weights), 1))])
    recall = hits / np.maximum(objects, 1)[:, None]
    values = [line[np.searchsorted(at, _RECALLS)].mean() for at, line in zip(recall, envelope, strict=True)]
    return np.where(objects > 0, values, np.nan)


def froc_interval(
    images: Sequence[ScoredImage],
    *,
    threshold: float = 0.5,
    rates: Sequence[float] = FROC_RATES,
    images_in_all: int | None = None,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> tuple[float, float] | None:
    """Return the percentile interval of `froc`, of which images are cases; None of fewer than two cases."""
    place_of, count = _places([images], images_in_all)
    case_of = np.array([place_of(n, image) for n, image in enumerate(images)], dtype=np.intp)
    events, of_image = froc_events(images, threshold)
    objects = np.bincount(case_of, of_image, minlength=count).astype(np.float64)
    events = events[np.argsort(-events[:, 0], kind="stable")]
    at = case_of[events[:, 3].astype(np.intp)] if len(events) else np.empty(0, np.intp)
    last = np.flatnonzero(np.diff(events[:, 0], append=np.nan) != 0)

    def mean(weights: NDArray[np.float64]) -> NDArray[np.float64]:
        drawn = weights[:, at]
        found, false = (np.cumsum(drawn * events[:, n], axis=1)[:, last] for n in (1, 2))
        total = weights @ objects
        values = [
            np.interp(rates, np.append(0.0, across / count), np.append(0.0, up / max(of, 1))).mean()
            for across, up, of in zip(false, found, total, strict=True)
        ]
        return np.where(total > 0, values, np.nan)

    return _interval(mean, count, len(events), seed, resamples) if objects.any() else None


def class_intervals(
    reference: Sequence[Hashable], other: Sequence[Hashable], *, seed: int = 0, resamples: int = RESAMPLES
) -> dict[str, tuple[float, float]]:
    """Return the percentile intervals of accuracy and of macro, micro and weighted means over classes, by definition.

    Parameters
    ----------
    reference, other
        The class of each sample; samples are drawn anew.
    seed, resamples
        Of the draws, and how many there are.
    """
    places = {name: n for n, name in enumerate(dict.fromkeys([*reference, *other]))}
    pairs = np.array([[places[a], places[b]] for a, b in zip(reference, other, strict=True)], dtype=np.intp)
    pairs = pairs.reshape(-1, 2)
    inside = np.eye(len(places))
    rows, columns, both = inside[pairs[:, 0]], inside[pairs[:, 1]], inside[pairs[:, 0]] * inside[pairs[:, 1]]

    def of(weights: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
        support, predicted, hits = weights @ rows, weights @ columns, weights @ both
        by_class = {
            "precision": _divided(hits, predicted),
            "recall": _divided(hits, support),
            "f1": _divided(2 * hits, support + predicted),
        }
        accuracy = hits.sum(axis=1) / len(pairs)
        told = {"accuracy": accuracy}
        for key, values in by_class.items():
            told[f"{key}_macro"] = _nanmean(values.T)
            told[f"{key}_micro"] = accuracy
            weight = np.where(np.isnan(values), 0, support)
            told[f"{key}_weighted"] = _divided((np.nan_to_num(values) * weight).sum(axis=1), weight.sum(axis=1))
        return told

    if len(pairs) < 2:
        return {}
    blocks = [of(weights) for weights in _draws(len(pairs), len(places), seed, resamples)]
    return {
        f"classification.{key}": _percentiles(np.concatenate([block[key] for block in blocks])) for key in blocks[0]
    }


def _divided(above: NDArray[np.float64], below: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return quotients, NaN where the divisor is 0."""
    return np.divide(above, below, out=np.full_like(above, np.nan), where=below > 0)


def _nanmean(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean along the first axis of what is defined, NaN where nothing is."""
    is_there = ~np.isnan(values)
    return _divided(np.nan_to_num(values).sum(axis=0), is_there.sum(axis=0).astype(np.float64))


def _places(
    groups: Sequence[Sequence[ScoredImage]], cases: int | None
) -> tuple[Callable[[int, ScoredImage], int], int]:
    """Return what tells the place of an image's case, and how many cases there are."""

    def name(place: int, image: ScoredImage) -> Any:
        return (place,) if image.unit is None else image.unit

    names = dict.fromkeys(name(n, image) for images in groups for n, image in enumerate(images))
    places = {each: n for n, each in enumerate(names)}
    return lambda n, image: places[name(n, image)], max(len(places), cases or 0)


def _draws(count: int, width: int, seed: int, resamples: int) -> Iterator[NDArray[np.float64]]:
    """Yield how often each of so many units is drawn, shape (draws, units), block by block."""
    draw = np.random.RandomState(seed)  # its stream is frozen, that of newer generators is not
    step = max(1, min(resamples, _AT_ONCE // max(count, width, 1)))
    for start in range(0, resamples, step):
        rows = range(min(step, resamples - start))
        yield np.array([np.bincount(draw.randint(0, count, count), minlength=count) for _ in rows], dtype=np.float64)


def _interval(
    mean: Callable[[NDArray[np.float64]], NDArray[np.float64]], count: int, width: int, seed: int, resamples: int
) -> tuple[float, float] | None:
    if count < 2:
        return None
    means = np.concatenate([mean(weights) for weights in _draws(count, width, seed, resamples)])
    means = means[~np.isnan(means)]
    return _percentiles(means) if len(means) else None


def _percentiles(means: NDArray[np.float64]) -> tuple[float, float]:
    low, high = np.nanpercentile(means, [50 * (1 - CONFIDENCE), 50 * (1 + CONFIDENCE)])
    return float(low), float(high)
