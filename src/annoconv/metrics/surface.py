"""How far surfaces lie apart, by two definitions of a surface that are named apart.

`surface_voxel`: the border voxels of a mask, each counted once (MONAI, MedPy, SciPy's users). `surface_surfel`: the
surface elements between its voxels, each by its area (surface-distance). A distance is from a point to the nearest
point of the other surface, in mm, in float64. Specification 9.1.1 b, 9.2 c, D.7.

D.7 speaks of regions X and Y and of their outlines in one paragraph. Outlines are taken: filled regions have a distance
of 0 wherever they overlap.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

import numpy as np

from annoconv.metrics.arrays import check_pair, check_spacing
from annoconv.metrics.borders import borders, nearest_mm
from annoconv.metrics.results import empty_status, metric_value
from annoconv.metrics.surfels import element_sizes, surface_elements
from annoconv.volumes.label_boxes import find_labels

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from annoconv.model import MetricValue

__all__ = ["SLACK_MM", "Directed", "SurfaceDistances", "surface", "surface_distances"]

Points: TypeAlias = Literal["voxel", "surfel"]
SLACK_MM: Final = 1e-9
"""A distance that exceeds a tolerance by less is within it: three steps of 0.1 mm are 0.30000000000000004 mm."""
_NAMES: Final = ("hd", "hd95", "hd95_pooled", "assd", "masd")


@dataclass(frozen=True)
class Directed:
    """The distances of one surface's points from another surface.

    Attributes
    ----------
    distances
        Shape (points,), float64, mm.
    weights
        Shape (points,), float64: areas in mm2 (lengths in mm of a picture). None: each point counts once.
    """

    distances: NDArray[np.float64]
    weights: NDArray[np.float64] | None = None

    @cached_property
    def weight(self) -> float:
        """Size of the surface: the number of its points, or its area."""
        return float(len(self.distances) if self.weights is None else self.weights.sum())

    @cached_property
    def weighted_sum(self) -> float:
        """Sum of the distances, each by its weight."""
        return float(self.distances.sum() if self.weights is None else (self.distances * self.weights).sum())

    def within(self, tolerance_mm: float) -> float:
        """Return how much of the surface lies no further away than a tolerance."""
        is_near = self.distances <= tolerance_mm + SLACK_MM
        return float(np.count_nonzero(is_near) if self.weights is None else self.weights[is_near].sum())

    def percentile(self, percent: float) -> float:
        """Return a percentile: linear between ranks, or by area the first distance that covers so much of it."""
        if self.weights is None:
            return float(np.percentile(self.distances, percent))
        order = np.argsort(self.distances, kind="stable")
        covered = np.cumsum(self.weights[order]) / self.weights.sum()
        place = min(int(np.searchsorted(covered, percent / 100)), len(covered) - 1)
        return float(self.distances[order[place]])

    def joined(self, other: Directed) -> Directed:
        """Return the points of both."""
        weights = None
        if self.weights is not None and other.weights is not None:
            weights = np.concatenate([self.weights, other.weights])
        return Directed(np.concatenate([self.distances, other.distances]), weights)


@dataclass(frozen=True)
class SurfaceDistances:
    """The surfaces of one label in two maps.

    Attributes
    ----------
    label
        The label.
    reference, other
        From each point of one to the other; neither has a distance if one of the two has no point.
    sizes
        Points in reference and other.
    """

    label: int
    reference: Directed
    other: Directed
    sizes: tuple[int, int]

    def values(self) -> dict[str, float]:
        """Return the distances of both directions by name, mm; both surfaces have points."""
        a, b = self.reference, self.other
        return {
            "hd": float(max(a.distances.max(), b.distances.max())),
            "hd95": max(a.percentile(95), b.percentile(95)),
            "hd95_pooled": a.joined(b).percentile(95),
            "assd": (a.weighted_sum + b.weighted_sum) / (a.weight + b.weight),
            "masd": (a.weighted_sum / a.weight + b.weighted_sum / b.weight) / 2,
        }

    def nsd(self, tolerance_mm: float) -> float:
        """Return the share of both surfaces that lies within a tolerance of the other; at it is within."""
        a, b = self.reference, self.other
        return (a.within(tolerance_mm) + b.within(tolerance_mm)) / (a.weight + b.weight)


_NONE: Final = Directed(np.empty(0))


def surface_distances(
    reference_kji: NDArray[Any], other_kji: NDArray[Any], spacing: Sequence[float], *, points: Points = "voxel"
) -> Iterator[SurfaceDistances]:
    """Yield the distances between the surfaces of each label that either map has, ascending.

    Parameters
    ----------
    reference_kji, other_kji
        Bool or whole numbers from 0, of one shape, 2-D or 3-D. A picture is given as 2-D: in a volume of one slice
        every voxel is border.
    spacing
        Distance of voxel centres along each axis of the arrays, in their order, mm.
    points
        What a surface consists of: border voxels, or surface elements.
    """
    reference_kji, other_kji = check_pair(reference_kji, other_kji)
    spacing = check_spacing(spacing, reference_kji.ndim)
    find = _of_voxels if points == "voxel" else _of_elements
    return find(reference_kji, other_kji, spacing)


def _of_voxels(
    reference_kji: NDArray[Any], other_kji: NDArray[Any], spacing: tuple[float, ...]
) -> Iterator[SurfaceDistances]:
    for found in borders(reference_kji, other_kji):
        common = len(found.common)
        sizes = common + len(found.reference_only), common + len(found.other_only)
        if not all(sizes):
            yield SurfaceDistances(found.label, _NONE, _NONE, sizes)
            continue
        zeros = np.zeros(common)
        directed: list[Directed] = []
        for queries, targets in (
            (found.reference_only, found.other_only),
            (found.other_only, found.reference_only),
        ):
            targets = np.concatenate([found.common, targets])
            away = nearest_mm(queries, targets, reference_kji.shape, spacing, most_voxels=reference_kji.size // 2)
            directed.append(Directed(np.concatenate([zeros, away])))
        yield SurfaceDistances(found.label, directed[0], directed[1], sizes)


def _of_elements(
    reference_kji: NDArray[Any], other_kji: NDArray[Any], spacing: tuple[float, ...]
) -> Iterator[SurfaceDistances]:
    areas = element_sizes(spacing)
    boxes = [_boxes(each) for each in (reference_kji, other_kji)]
    for label in sorted({*boxes[0], *boxes[1]}):
        found = [each[label] for each in boxes if label in each]
        if len(found) < 2:
            sizes = int(label in boxes[0]), int(label in boxes[1])
            yield SurfaceDistances(label, _NONE, _NONE, sizes)
            continue
        box = tuple(slice(min(a.start, b.start), max(a.stop, b.stop)) for a, b in zip(found[0], found[1], strict=True))
        shape = [each.stop - each.start + 1 for each in box]
        places, codes = zip(*(surface_elements(each[box] == label) for each in (reference_kji, other_kji)), strict=True)
        directed = [
            Directed(_apart(places[n], places[1 - n], shape, spacing, reference_kji.size // 2), areas[codes[n]])
            for n in (0, 1)
        ]
        yield SurfaceDistances(label, directed[0], directed[1], (len(places[0]), len(places[1])))


def _apart(
    queries: NDArray[np.intp],
    targets: NDArray[np.intp],
    shape: Sequence[int],
    spacing: Sequence[float],
    most_voxels: int,
) -> NDArray[np.float64]:
    """Return the distance of each query from the nearest target; of those that are a target it is 0."""
    distances = np.zeros(len(queries))
    place = np.searchsorted(targets, queries)
    place[place == len(targets)] = 0
    away = targets[place] != queries
    distances[away] = nearest_mm(queries[away], targets, shape, spacing, most_voxels=most_voxels)
    return distances


def _boxes(labels: NDArray[Any]) -> Mapping[int, tuple[slice, ...]]:
    boxes = find_labels(labels if labels.ndim == 3 else labels[None])
    return {int(label): box[-labels.ndim :] for label, box in boxes.items()}


def surface(
    reference_kji: NDArray[Any],
    other_kji: NDArray[Any],
    spacing: Sequence[float],
    *,
    tolerances_mm: Iterable[float] = (),
    points: Points = "voxel",
    labels: Iterable[int] | None = None,
) -> list[MetricValue]:
    """Return every surface metric of each label.

    Parameters
    ----------
    reference_kji, other_kji, spacing, points
        As of `surface_distances`.
    tolerances_mm
        Of the normalized surface Dice, one value for each; none if absent.
    labels
        The labels asked for, those that neither map has too; all that either has if absent.
    """
    tolerances = sorted({float(each) for each in tolerances_mm})
    asked = None if labels is None else list(labels)
    by_label = {
        each.label: _values(each, points, tolerances)
        for each in surface_distances(reference_kji, other_kji, spacing, points=points)
        if asked is None or each.label in asked
    }
    for label in asked or ():
        by_label.setdefault(label, _values(SurfaceDistances(label, _NONE, _NONE, (0, 0)), points, tolerances))
    return [value for label in (asked if asked is not None else by_label) for value in by_label[label]]


def _values(found: SurfaceDistances, points: Points, tolerances: Sequence[float]) -> list[MetricValue]:
    status, label = empty_status(*found.sizes), str(found.label)
    is_there = all(found.sizes)
    numbers = found.values() if is_there else {}
    return [
        *(metric_value(f"surface_{points}.{name}", numbers.get(name), status, label=label) for name in _NAMES),
        *(
            metric_value(
                f"surface_{points}.nsd",
                found.nsd(tolerance) if is_there else None,
                status,
                label=label,
                tolerance_mm=tolerance,
            )
            for tolerance in tolerances
        ),
    ]
