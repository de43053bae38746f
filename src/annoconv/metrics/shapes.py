"""How boxes, polygons and points coincide: every one of a list with every one of another.

Boxes are `[x_min, y_min, x_max, y_max]` or `[x_min, y_min, z_min, x_max, y_max, z_max]`, continuous coordinates at the
outer corner, as in the model; nothing is added to a width. A polygon is a list of rings, the first its outline, the
others holes or further parts: a point is inside if a ray from it crosses an odd number of edges. In 3-D it is a mapping
from slice to such a list. Specification 9.2 b.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from annoconv.errors import UsageError
from annoconv.messages import Message

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

__all__ = ["Rings", "box_iou", "center_distance_mm", "common_area", "polygon_iou"]

Rings: TypeAlias = "Sequence[ArrayLike]"
"""Rings of shape (vertices, 2), (x, y); the last vertex joins the first."""


def box_iou(reference: ArrayLike, other: ArrayLike, *, crowd: Sequence[bool] = ()) -> NDArray[np.float64]:
    """Return the intersection over union of boxes.

    Parameters
    ----------
    reference, other
        Shape (n, 4) or (n, 6).
    crowd
        Which boxes of the reference stand for a crowd: with these the share of the other box is told, as COCO does.

    Returns
    -------
    ndarray, shape (reference, other), float64
        0 where the union is empty.
    """
    a, b = (_boxes(each) for each in (reference, other))
    axes = (a.shape[1] or b.shape[1]) // 2
    low = np.maximum(a[:, None, :axes], b[None, :, :axes])
    high = np.minimum(a[:, None, axes:], b[None, :, axes:])
    common = np.prod(np.clip(high - low, 0, None), axis=2)
    sizes = [np.prod(each[:, axes:] - each[:, :axes], axis=1) for each in (a, b)]
    union = sizes[0][:, None] + sizes[1][None] - common
    if len(crowd):
        union = np.where(np.asarray(crowd, dtype=np.bool_)[:, None], sizes[1][None], union)
    return np.asarray(np.divide(common, union, out=np.zeros_like(common), where=union > 0))


def _boxes(boxes: ArrayLike) -> NDArray[np.float64]:
    array = np.asarray(boxes, dtype=np.float64)
    array = array.reshape(0, 4) if array.size == 0 else array
    if array.ndim != 2 or array.shape[1] not in {4, 6} or not np.isfinite(array).all():
        raise UsageError(
            "a box has four or six finite numbers",
            found=list(array.shape),
            expected="[x_min, y_min, x_max, y_max], [x_min, y_min, z_min, x_max, y_max, z_max]",
            advice="Give all boxes as many numbers",
        )
    half = array.shape[1] // 2
    if (array[:, :half] > array[:, half:]).any():
        raise UsageError(
            "a box has its lower corner first, then its upper one, and no width",
            found=array[(array[:, :half] > array[:, half:]).any(axis=1)][0].tolist(),
            expected="[x_min, y_min, x_max, y_max], [x_min, y_min, z_min, x_max, y_max, z_max]",
            advice="Add the lower corner to a width: x + width, y + height",
        )
    return array


def center_distance_mm(reference: ArrayLike, other: ArrayLike, spacing: Sequence[float]) -> NDArray[np.float64]:
    """Return the distances of points.

    Parameters
    ----------
    reference, other
        Shape (n, 2) or (n, 3), (x, y) or (x, y, z), in pixels or voxels.
    spacing
        mm along x, y and z, the order of the coordinates.

    Returns
    -------
    ndarray, shape (reference, other), float64, mm
    """
    step = np.asarray(spacing, dtype=np.float64)
    a, b = (np.asarray(each, dtype=np.float64).reshape(-1, len(step)) for each in (reference, other))
    return np.asarray(np.sqrt((((a[:, None] - b[None]) * step) ** 2).sum(axis=2)))


def polygon_iou(
    reference: Sequence[Rings | Mapping[int, Rings]], other: Sequence[Rings | Mapping[int, Rings]]
) -> NDArray[np.float64]:
    """Return the intersection over union of polygons, exact but for the rounding of float64.

    Parameters
    ----------
    reference, other
        Polygons, all as rings (2-D) or all as rings by slice (3-D, slices of one thickness).

    Returns
    -------
    ndarray, shape (reference, other), float64
        0 where the union is empty.
    """
    lists = [[_by_slice(each) for each in polygons] for polygons in (reference, other)]
    sizes = [[sum(common_area(rings, rings) for rings in each.values()) for each in polygons] for polygons in lists]
    found = np.zeros((len(lists[0]), len(lists[1])))
    first, second = (np.array([_bounds(each) for each in polygons]).reshape(-1, 4) for polygons in lists)
    meet = (first[:, None, :2] <= second[None, :, 2:]) & (second[None, :, :2] <= first[:, None, 2:])
    for n, m in np.argwhere(meet.all(axis=2)).tolist():
        a, b = lists[0][n], lists[1][m]
        common = sum(common_area(a[k], b[k]) for k in a.keys() & b.keys())
        union = sizes[0][n] + sizes[1][m] - common
        found[n, m] = common / union if union > 0 else 0
    return found


def _bounds(polygon: Mapping[int, list[NDArray[np.float64]]]) -> list[float]:
    """Return the box around a polygon, over all its slices: x_min, y_min, x_max, y_max."""
    points = np.concatenate([np.empty((0, 2)), *(ring for rings in polygon.values() for ring in rings)])
    return [*points.min(axis=0, initial=np.inf).tolist(), *points.max(axis=0, initial=-np.inf).tolist()]


def _by_slice(polygon: Rings | Mapping[int, Rings]) -> Mapping[int, list[NDArray[np.float64]]]:
    slices: Mapping[int, Rings] = polygon if isinstance(polygon, Mapping) else {0: polygon}
    found: dict[int, list[NDArray[np.float64]]] = {}
    for k, rings in slices.items():
        found[k] = [np.asarray(ring, dtype=np.float64) for ring in rings]
        if any(ring.ndim != 2 or ring.shape[1] != 2 or not np.isfinite(ring).all() for ring in found[k]):
            raise UsageError(
                "a ring is a list of vertices (x, y)",
                found=[list(ring.shape) for ring in found[k]],
                expected=Message("finite numbers, shape (vertices, 2)"),
                advice="Give each ring by itself: the outline, then its holes",
            )
    return found


def common_area(reference: Rings, other: Rings) -> float:
    """Return the area that two polygons have in common; that of one if it is given twice.

    Notes
    -----
    The plane is cut into vertical strips at every vertex and every crossing of edges. Within a strip no edges cross, so
    the common part of each is trapezoids, whose area is their width times their height in the middle.
    """
    rings = [[np.asarray(ring, dtype=np.float64) for ring in each] for each in (reference, other)]
    edges = [_edges(each) for each in rings]
    starts, ends = (np.concatenate([edge[n] for edge in edges]) for n in (0, 1))
    if not len(starts):
        return 0.0
    low = max(edge[0][:, 0].min(initial=np.inf) for edge in edges)
    high = min(edge[0][:, 0].max(initial=-np.inf) for edge in edges)
    at = np.concatenate([starts[:, 0], _crossings(starts, ends), [low, high]])
    at = np.unique(at[(at >= low) & (at <= high)])
    widths, middles = np.diff(at), (at[1:] + at[:-1]) / 2
    of_first = np.arange(len(starts)) < len(edges[0][0])
    return float(
        sum(width * _common_length(x, starts, ends, of_first) for width, x in zip(widths, middles, strict=True))
    )


def _edges(rings: Sequence[NDArray[np.float64]]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    starts = [ring for ring in rings if len(ring) > 2]
    if not starts:
        return np.empty((0, 2)), np.empty((0, 2))
    return np.concatenate(starts), np.concatenate([np.roll(ring, -1, axis=0) for ring in starts])


def _crossings(starts: NDArray[np.float64], ends: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the x of every crossing of two edges."""
    run = ends - starts
    found: list[NDArray[Any]] = []
    for start, along in zip(starts, run, strict=True):
        across = along[0] * run[:, 1] - along[1] * run[:, 0]
        apart = starts - start
        with np.errstate(divide="ignore", invalid="ignore"):
            here = (apart[:, 0] * run[:, 1] - apart[:, 1] * run[:, 0]) / across
            there = (apart[:, 0] * along[1] - apart[:, 1] * along[0]) / across
        is_crossing = (across != 0) & (here > 0) & (here < 1) & (there > 0) & (there < 1)
        found.append(start[0] + along[0] * here[is_crossing])
    return np.concatenate(found)


def _common_length(
    x: float, starts: NDArray[np.float64], ends: NDArray[np.float64], of_first: NDArray[np.bool_]
) -> float:
    """Return how much of a vertical line lies inside both polygons."""
    is_cut = (starts[:, 0] < x) != (ends[:, 0] < x)
    a, b, first = starts[is_cut], ends[is_cut], of_first[is_cut]
    heights = a[:, 1] + (x - a[:, 0]) * (b[:, 1] - a[:, 1]) / (b[:, 0] - a[:, 0])
    order = np.argsort(heights, kind="stable")
    heights, first = heights[order], first[order]
    inside = (np.cumsum(first) % 2 == 1) & (np.cumsum(~first) % 2 == 1)
    return float(np.diff(heights)[inside[:-1]].sum())
