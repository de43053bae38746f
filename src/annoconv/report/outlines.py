"""What a box, a polygon, a point, a line or a body in space is on each slice: strokes in continuous pixels.

x = column, y = row, origin at the outer corner of the first pixel of a slice as it is stored; z in slices, outer face
0, so that slice k reaches from k to k + 1. What stands in millimetres of the patient (LPS) is brought there first.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations, pairwise, product
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from annoconv.model import (
    BboxAnnotation,
    ContourGeometricType,
    ContoursAnnotation,
    CoordinateSpace,
    EllipseAnnotation,
    EllipsoidAnnotation,
    KeypointsAnnotation,
    OrientedBoxAnnotation,
    PointAnnotation,
    PolygonAnnotation,
    PolylineAnnotation,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from annoconv.geometry import Grid
    from annoconv.model import AnyAnnotation, Image

__all__ = ["Stroke", "strokes_of"]

_ROUND: Final = 72
"""Corners of a curve."""
_TOUCH: Final = 1e-6
"""Of a slice: how far inside its outermost plane a body is cut."""
_FLAT: Final = 0.1
"""Of a slice: a line that rises by no more is on one, whatever its numbers were rounded to."""
_CORNERS: Final = np.array(list(product((-0.5, 0.5), repeat=3)))
_EDGES: Final = [pair for pair in combinations(range(8), 2) if (_CORNERS[pair[0]] != _CORNERS[pair[1]]).sum() == 1]
_OPEN: Final = {ContourGeometricType.OPEN_PLANAR, ContourGeometricType.OPEN_NONPLANAR}


@dataclass(frozen=True, eq=False)
class Stroke:
    """One line or point on a slice.

    Attributes
    ----------
    points
        Shape (points, 2), float64: continuous pixels (x, y) of the slice as stored. One point is a point.
    is_closed
        Whether the last leads back to the first.
    of
        The id of its annotation.
    """

    points: NDArray[np.float64]
    is_closed: bool = False
    of: str = ""

    @property
    def area(self) -> float:
        """Of the box round it, square pixels: what tells where most of it is."""
        width, height = (float(each) for each in np.ptp(self.points, axis=0))
        return (width + 1) * (height + 1)


def strokes_of(annotation: AnyAnnotation, image: Image, grid: Grid) -> Iterator[tuple[int, Stroke]]:
    """Yield slices and what is on them of an annotation that is no mask; nothing of one without a place on the image.

    Parameters
    ----------
    annotation
        Any; of texts and attributes there is nothing.
    image
        That it is drawn on.
    grid
        Of the image.
    """
    last = grid.shape[2] - 1
    for k, stroke in _anywhere(annotation, image, grid):
        if 0 <= k <= last:
            yield k, replace(stroke, of=annotation.id)


def _anywhere(each: AnyAnnotation, image: Image, grid: Grid) -> Iterator[tuple[int, Stroke]]:
    if isinstance(each, ContoursAnnotation):
        for contour in each.contours:
            points = _voxels(np.array(contour.points, dtype=np.float64), grid)
            is_closed = contour.geometric_type not in {*_OPEN, ContourGeometricType.POINT}
            yield from _in_slices(points, is_closed=is_closed)
    elif (body := _body(each, grid)) is not None:
        yield from body
    elif (lines := _lines(each)) is not None:
        for line, is_closed in lines:
            if line.shape[1] == 3:
                points = _voxels(line, grid) if each.coordinate_space is CoordinateSpace.PATIENT else line
                yield from _in_slices(points, is_closed=is_closed)
            else:
                for k in _slices(each, image, grid):
                    yield k, Stroke(line, is_closed)


def _slices(each: AnyAnnotation, image: Image, grid: Grid) -> Iterable[int]:
    """Return the slices or frames that something in the plane is on; of a flat image there is one."""
    is_frame = each.slice_index is None and image.temporal_positions is None
    first = each.frame_index if is_frame else each.slice_index
    last = each.last_frame_index if is_frame else first
    if first is None:
        return [0] if grid.shape[2] == 1 else []
    return range(first, min(first if last is None else last, grid.shape[2] - 1) + 1)


def _lines(each: AnyAnnotation) -> list[tuple[NDArray[np.float64], bool]] | None:
    """Return the lines and points of an annotation, of two or three numbers each, and whether they are closed."""
    if isinstance(each, BboxAnnotation):
        x0, y0, x1, y1 = map(float, each.bbox)
        return [(_array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)]), True)]
    if isinstance(each, PolygonAnnotation):
        rings = [ring for part in (each, *(each.parts or ())) for ring in (part.polygon, *(part.holes or ()))]
        return [(_array(ring), True) for ring in rings]
    if isinstance(each, PolylineAnnotation):
        flat = {len(vertex) for vertex in each.polyline}
        return [(_array(each.polyline), False)] if len(flat) == 1 else None
    if isinstance(each, PointAnnotation):
        return [(_array([each.point]), False)]
    if isinstance(each, KeypointsAnnotation):
        return [(_array([one.point]), False) for one in each.keypoints if one.point is not None]
    if isinstance(each, EllipseAnnotation):
        angles = np.linspace(0, 2 * np.pi, _ROUND, endpoint=False)
        circle = np.stack((np.cos(angles), np.sin(angles)), axis=1)
        return [(_turned(circle * _array(each.radii), each.rotation_degrees) + _array(each.center), True)]
    if isinstance(each, OrientedBoxAnnotation):
        corners = _array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) / 2
        return [(_turned(corners * _array(each.size), each.rotation_degrees) + _array(each.center), True)]
    return None


def _turned(points: NDArray[np.float64], degrees: float | None) -> NDArray[np.float64]:
    angle = np.deg2rad(float(degrees or 0.0))
    turn = _array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return np.asarray(points @ turn)


def _array(numbers: Any) -> NDArray[np.float64]:
    return np.array(numbers, dtype=np.float64)


def _voxels(points_lps: NDArray[np.float64], grid: Grid) -> NDArray[np.float64]:
    """Return points in mm as continuous voxels, shape (points, 3); of uneven slices, z is between the two round it."""
    homogeneous = np.column_stack([points_lps, np.ones(len(points_lps))])
    if grid.positions is None:
        return np.asarray((homogeneous @ np.linalg.inv(grid.affine).T)[:, :3] + 0.5, np.float64)
    along = grid.positions @ grid.normal
    z = np.interp(points_lps @ grid.normal, along, np.arange(len(along)), left=-1, right=len(along))
    corner = np.stack([np.interp(z, np.arange(len(along)), axis) for axis in grid.positions.T], axis=1)
    across, *_ = np.linalg.lstsq(grid.affine[:3, :2], (points_lps - corner).T, rcond=None)
    return _array(np.column_stack([across.T, z]) + 0.5)


def _in_slices(points: NDArray[np.float64], *, is_closed: bool) -> Iterator[tuple[int, Stroke]]:
    """Yield the parts of a line in space by slice: whole if it is on one, else each of its pieces on those it meets."""
    height = points[:, 2]
    if np.ptp(height) <= _FLAT or np.ptp(np.floor(height)) == 0:
        yield int(np.floor(height.mean())), Stroke(points[:, :2], is_closed)
        return
    ring = [*points, points[0]] if is_closed else [*points]
    for one, other in pairwise(ring):
        low, high = sorted((float(one[2]), float(other[2])))
        for k in range(int(np.floor(low)), int(np.floor(high)) + 1):
            ends = [one + (other - one) * _share(one, other, z) for z in (max(low, k), min(high, k + 1))]
            yield k, Stroke(np.array(ends)[:, :2])


def _share(one: NDArray[np.float64], other: NDArray[np.float64], z: float) -> float:
    run = float(other[2] - one[2])
    return 0.0 if run == 0 else (z - float(one[2])) / run


def _body(each: AnyAnnotation, grid: Grid) -> Iterator[tuple[int, Stroke]] | None:
    """Return the cuts of a box or an ellipsoid in space; None of anything else."""
    if isinstance(each, BboxAnnotation) and len(each.bbox) == 6:
        low, high = _array(each.bbox[:3]), _array(each.bbox[3:])
        return _cuts_of_box(_in_image((low + high) / 2, np.diag(high - low), each, grid))
    if isinstance(each, OrientedBoxAnnotation) and len(each.center) == 3:
        return _cuts_of_box(_in_image(_array(each.center), _axes(each) * _array(each.size), each, grid))
    if isinstance(each, EllipsoidAnnotation):
        return _cuts_of_ellipsoid(*_in_image(_array(each.center), _axes(each) * _array(each.radii), each, grid))
    return None


def _axes(each: OrientedBoxAnnotation | EllipsoidAnnotation) -> NDArray[np.float64]:
    return np.eye(3) if each.direction is None else _array(each.direction)


def _in_image(
    center: NDArray[np.float64], axes: NDArray[np.float64], each: AnyAnnotation, grid: Grid
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return centre and axes (columns) of a body in continuous voxels."""
    if each.coordinate_space is not CoordinateSpace.PATIENT:
        return center, axes
    inverse = np.linalg.inv(grid.affine)
    return _voxels(center[None], grid)[0], inverse[:3, :3] @ axes


def _cuts_of_box(placed: tuple[NDArray[np.float64], NDArray[np.float64]]) -> Iterator[tuple[int, Stroke]]:
    """Yield the polygon in which the middle plane of each slice cuts a box."""
    center, axes = placed
    corners = _CORNERS @ axes.T + center
    for k, z in _planes(float(corners[:, 2].min()), float(corners[:, 2].max())):
        met: list[Any] = []
        for a, b in _EDGES:
            low, high = sorted((float(corners[a, 2]), float(corners[b, 2])))
            if low <= z <= high and high > low:
                met.append(corners[a] + (corners[b] - corners[a]) * _share(corners[a], corners[b], z))
        if len(met) >= 3:
            points = np.array(met)[:, :2]
            around = points - points.mean(axis=0)
            yield k, Stroke(points[np.argsort(np.arctan2(around[:, 1], around[:, 0]), kind="stable")], is_closed=True)


def _cuts_of_ellipsoid(center: NDArray[np.float64], axes: NDArray[np.float64]) -> Iterator[tuple[int, Stroke]]:
    """Yield the ellipse in which the middle plane of each slice cuts an ellipsoid."""
    height = float(np.linalg.norm(axes[2]))
    _, _, turn = np.linalg.svd(axes[2:3])
    angles = np.linspace(0, 2 * np.pi, _ROUND, endpoint=False)
    circle = np.outer(np.cos(angles), turn[1]) + np.outer(np.sin(angles), turn[2])
    for k, z in _planes(float(center[2]) - height, float(center[2]) + height):
        off = (z - float(center[2])) / height
        inside = axes[2] / height * off + np.sqrt(max(1 - off * off, 0.0)) * circle
        yield k, Stroke((inside @ axes.T + center)[:, :2], is_closed=True)


def _planes(low: float, high: float) -> Iterator[tuple[int, float]]:
    """Yield the slices from `low` to `high` and the height at which each is cut: its middle, if that is inside."""
    first, last = int(np.floor(low)), max(int(np.ceil(high)) - 1, int(np.floor(low)))
    inside = min(_TOUCH, (high - low) / 4)
    for k in range(first, last + 1):
        yield k, min(max(k + 0.5, low + inside), high - inside)
