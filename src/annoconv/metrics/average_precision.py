"""Average precision of scored detections, by three named interpolations, and the FROC curve."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import numpy as np

from annoconv.errors import UsageError
from annoconv.messages import Message
from annoconv.metrics.results import empty_status, metric_value, ratio

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Sequence

    from numpy.typing import NDArray

    from annoconv.model import MetricValue

__all__ = [
    "COCO_AREAS",
    "COCO_THRESHOLDS",
    "FROC_RATES",
    "Curve",
    "Interpolation",
    "Ranked",
    "ScoredImage",
    "average_precision",
    "froc",
    "froc_curve",
    "froc_events",
    "mean_average_precision",
    "precision_recall",
    "ranked",
]

Interpolation: TypeAlias = Literal["coco", "voc_2007", "voc_2010"]
COCO_THRESHOLDS: Final = tuple(0.5 + 0.05 * step for step in range(10))
"""Of IoU, as COCO takes the mean over."""
COCO_AREAS: Final = {
    "all": (0.0, 1e5**2),
    "small": (0.0, 32.0**2),
    "medium": (32.0**2, 96.0**2),
    "large": (96.0**2, 1e5**2),
}
"""Ranges of area in pixels, both ends within, that COCO tells average precision of."""
FROC_RATES: Final = (0.125, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
"""False positives an image, as LUNA16 takes the mean over."""
_MOST: Final = 100


@dataclass(frozen=True)
class ScoredImage:
    """The objects of one class in one image.

    Attributes
    ----------
    similarity
        Shape (reference, detections): IoU.
    scores
        Shape (detections,).
    crowd
        Which objects of the reference stand for a crowd: a detection on one counts neither for nor against.
    reference_sizes, other_sizes
        Areas of the objects and of the detections, which ranges of area need.
    unit
        The case or patient of the image, for intervals, which draw whole ones anew; each image is its own if absent.
    """

    similarity: NDArray[np.float64]
    scores: Sequence[float]
    crowd: Sequence[bool] = field(default=())
    reference_sizes: Sequence[float] = field(default=())
    other_sizes: Sequence[float] = field(default=())
    unit: Hashable = None

    def __post_init__(self) -> None:
        shape = self.similarity.shape
        if len(shape) != 2 or shape[1] != len(self.scores) or len(self.crowd) not in {0, shape[0]}:
            raise UsageError(
                "there is one score for each detection, and one crowd flag for each object",
                found=shape,
                expected=Message("similarity of shape (objects, detections)"),
                advice="Give a score to each detection; leave crowd out where there is none",
            )
        if not np.isfinite(np.asarray(self.scores, dtype=np.float64)).all():
            raise UsageError(
                "a score is a finite number",
                found=[each for each in self.scores if not math.isfinite(each)],
                expected=Message("finite numbers"),
                advice="Leave out detections without a score",
            )


@dataclass(frozen=True)
class Curve:
    """Precision and recall by falling score.

    Attributes
    ----------
    recall, precision
        Shape (detections,), float64; detections that count neither for nor against are left out.
    objects, detections
        How many there are in the reference (crowds left out), and detections that count.
    """

    recall: NDArray[np.float64]
    precision: NDArray[np.float64]
    objects: int
    detections: int


@dataclass(frozen=True)
class Ranked:
    """The detections of one class that count, best score first.

    Attributes
    ----------
    is_hit
        Shape (detections,): whether it found an object.
    image
        Shape (detections,): place of its image.
    objects
        Shape (images,): objects of the reference, crowds left out.
    """

    is_hit: NDArray[np.bool_]
    image: NDArray[np.intp]
    objects: NDArray[np.int64]


def precision_recall(
    images: Iterable[ScoredImage], threshold: float, *, most: int = _MOST, sizes: tuple[float, float] | None = None
) -> Curve:
    """Return the curve of one class over images, matched greedily by falling score in each.

    Parameters
    ----------
    images
        One for each image, also those without a detection or without an object.
    threshold
        Least IoU; at it is a match.
    most
        Detections of an image that are looked at, the best ones.
    sizes
        Range of area, both ends within: an object beyond it counts neither for nor against, as a crowd does, but is
        taken once; nor does a detection beyond it that found nothing, as COCO does.
    """
    told = ranked(images, threshold, most=most, sizes=sizes)
    objects, found = int(told.objects.sum()), np.cumsum(told.is_hit)
    recall = found / objects if objects else np.zeros(len(found))
    return Curve(recall, found / np.arange(1, len(found) + 1), objects, len(found))


def ranked(
    images: Iterable[ScoredImage], threshold: float, *, most: int = _MOST, sizes: tuple[float, float] | None = None
) -> Ranked:
    """Return the detections of one class by falling score; parameters are those of `precision_recall`."""
    scores: list[float] = []
    hits: list[bool] = []
    places: list[int] = []
    objects: list[int] = []
    for place, image in enumerate(images):
        crowd = np.array(image.crowd if len(image.crowd) else [False] * image.similarity.shape[0], dtype=np.bool_)
        ignored = crowd | _beyond(image.reference_sizes, sizes, len(crowd))
        small = _beyond(image.other_sizes, sizes, len(image.scores))
        objects.append(int(np.count_nonzero(~ignored)))
        free = np.ones(len(crowd), np.bool_)
        for column in np.argsort(-np.asarray(image.scores, dtype=np.float64), kind="stable")[:most].tolist():
            row = _best(image.similarity[:, column], free, ignored, threshold)
            if row is not None:
                free[row] &= crowd[row]
            if small[column] if row is None else ignored[row]:
                continue
            scores.append(float(image.scores[column]))
            hits.append(row is not None)
            places.append(place)
    order = np.argsort(-np.array(scores), kind="stable")
    return Ranked(
        np.array(hits, dtype=np.bool_)[order],
        np.array(places, dtype=np.intp)[order],
        np.array(objects, dtype=np.int64),
    )


def _beyond(areas: Sequence[float], sizes: tuple[float, float] | None, count: int) -> NDArray[np.bool_]:
    """Return which areas lie beyond a range."""
    if sizes is None:
        return np.zeros(count, np.bool_)
    if len(areas) != count:
        raise UsageError(
            "a range of area needs the area of each object and of each detection",
            found=len(areas),
            expected=count,
            advice="Give reference_sizes and other_sizes",
        )
    array = np.asarray(areas, dtype=np.float64)
    return (array < sizes[0]) | (array > sizes[1])


def _best(
    similarity: NDArray[np.float64], free: NDArray[np.bool_], ignored: NDArray[np.bool_], threshold: float
) -> int | None:
    """Return the object that a detection takes: the last of the best free ones, else an ignored one (COCO's order)."""
    for group in (free & ~ignored, free & ignored):
        worth = np.where(group & (similarity >= min(threshold, 1 - 1e-10)), similarity, -1)
        if worth.max(initial=-1) >= 0:
            return int(len(worth) - 1 - worth[::-1].argmax())
    return None


def average_precision(
    images: Iterable[ScoredImage],
    *,
    threshold: float = 0.5,
    interpolation: Interpolation = "coco",
    most: int = _MOST,
    sizes: tuple[float, float] | None = None,
    label: str | None = None,
) -> MetricValue:
    """Return the average precision of one class; without an object in the reference it is not defined."""
    curve = precision_recall(images, threshold, most=most, sizes=sizes)
    status = empty_status(curve.objects, 1)  # no detection at all is a precision of 0, and no empty mask
    value = _INTERPOLATIONS[interpolation](curve) if curve.objects else None
    return metric_value(f"detection.ap_{interpolation}", value, status, label=label, count=curve.objects)


def _envelope(curve: Curve) -> NDArray[np.float64]:
    """Return the best precision at each recall or beyond it."""
    return np.asarray(np.maximum.accumulate(curve.precision[::-1])[::-1])


def _at_recalls(curve: Curve, recalls: NDArray[np.float64]) -> float:
    envelope = np.append(_envelope(curve), 0.0)
    return float(envelope[np.searchsorted(curve.recall, recalls, side="left")].mean())


def _area(curve: Curve) -> float:
    return float((np.diff(curve.recall, prepend=0.0) * _envelope(curve)).sum())


_INTERPOLATIONS: Final[dict[Interpolation, Callable[[Curve], float]]] = {
    "coco": lambda curve: _at_recalls(curve, np.linspace(0, 1, 101)),
    "voc_2007": lambda curve: _at_recalls(curve, np.linspace(0, 1, 11)),
    "voc_2010": _area,
}


def mean_average_precision(
    classes: Iterable[Sequence[ScoredImage]],
    *,
    thresholds: Sequence[float] = COCO_THRESHOLDS,
    interpolation: Interpolation = "coco",
    area: str = "all",
    label: str | None = None,
) -> MetricValue:
    """Return the mean of the average precision over classes that have an object, and over thresholds.

    Parameters
    ----------
    classes
        The images of each class.
    thresholds
        Of IoU.
    interpolation
        Of the curve.
    area
        One of `COCO_AREAS`; other objects and what was found of them count neither for nor against.
    label
        What the mean is about.
    """
    sizes = None if area == "all" else COCO_AREAS[area]
    values = [
        average_precision(images, threshold=threshold, interpolation=interpolation, sizes=sizes).value
        for images in classes
        for threshold in thresholds
    ]
    defined = [value for value in values if value is not None]
    name = "detection.map" if area == "all" else f"detection.map_{area}"
    return metric_value(name, ratio(math.fsum(defined), len(defined)), label=label, count=len(defined))


def froc_curve(
    images: Sequence[ScoredImage], threshold: float, *, count: int | None = None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return false positives an image and sensitivity, by falling score; a second hit of one object is neither.

    Parameters
    ----------
    images
        Those with an object or a detection, at least.
    threshold
        Least IoU; at it is a match.
    count
        Of all images; that of `images` if absent.

    Notes
    -----
    An object is found by any detection on it, and detections are not used up: as LUNA16 counts.
    """
    events, objects = froc_events(images, threshold)
    steps = np.unique(events[:, 0])[::-1]
    counts = np.zeros((len(steps), 2))
    np.add.at(counts, np.searchsorted(-steps, -events[:, 0]), events[:, 1:3])
    sums = np.vstack([np.zeros((1, 2)), np.cumsum(counts, axis=0)])
    total = int(objects.sum())
    return sums[:, 1] / max(len(images) if count is None else count, 1), sums[:, 0] / max(total, 1)


def froc_events(images: Sequence[ScoredImage], threshold: float) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return at which score an object is found or a detection is false, and the objects of each image.

    Returns
    -------
    events : shape (events, 4)
        Score, 1 if an object is found, 1 if a detection is false, place of the image.
    objects : shape (images,)
        Crowds left out.
    """
    events: list[tuple[float, int, int, int]] = []
    objects: list[int] = []
    for place, image in enumerate(images):
        crowd = np.array(image.crowd if len(image.crowd) else [False] * image.similarity.shape[0], dtype=np.bool_)
        objects.append(int(np.count_nonzero(~crowd)))
        at = image.similarity >= threshold - 1e-12
        scores = np.asarray(image.scores, dtype=np.float64)
        rows = np.flatnonzero(~crowd & at.any(axis=1)).tolist()
        events += [(float(scores[at[row]].max()), 1, 0, place) for row in rows]
        events += [(score, 0, 1, place) for score in scores[~at.any(axis=0)].tolist()]
    return np.array(events, dtype=np.float64).reshape(-1, 4), np.array(objects, dtype=np.int64)


def froc(
    images: Sequence[ScoredImage],
    *,
    threshold: float = 0.5,
    rates: Sequence[float] = FROC_RATES,
    images_in_all: int | None = None,
    label: str | None = None,
) -> MetricValue:
    """Return the mean sensitivity at rates of false positives an image, linear between the points of the curve.

    Notes
    -----
    At a rate at which the curve rises, its upper end holds; beyond the last point the sensitivity stays what it is.
    """
    objects = sum(
        image.similarity.shape[0] - int(np.count_nonzero(np.asarray(image.crowd, dtype=np.bool_))) for image in images
    )
    false, sensitivity = froc_curve(images, threshold, count=images_in_all)
    value = float(np.interp(rates, false, sensitivity).mean()) if objects else None
    return metric_value("detection.froc", value, empty_status(objects, 1), label=label, count=objects)
