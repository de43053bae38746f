"""Shapes that are none: axes that are not at right angles, contours and boxes that enclose nothing (A 6.5.1 a)."""

from __future__ import annotations

from math import dist
from typing import TYPE_CHECKING, Final

from annoconv.model import (
    BboxAnnotation,
    ContourGeometricType,
    ContoursAnnotation,
    EllipsoidAnnotation,
    OrientedBoxAnnotation,
)
from annoconv.rules.engine import Breach, Subject, rule
from annoconv.rules.image import askew

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_CLOSED: Final = frozenset({ContourGeometricType.CLOSED_PLANAR, ContourGeometricType.CLOSEDPLANAR_XOR})
_LINE_MM: Final = 1e-6
"""Millimetres: points of one line are no farther from it; a decimal string (PS3.5 DS) rounds to more."""


@rule("A-6.5.1a.axes_not_orthonormal")
def axes_not_orthonormal(subject: Subject) -> Iterator[Breach]:
    """Yield the direction of each ellipsoid and box in space whose axes are not unit vectors at right angles."""
    for path, each in subject.annotations():
        if isinstance(each, EllipsoidAnnotation | OrientedBoxAnnotation) and each.direction is not None:
            told = askew(each.direction)
            if told:
                yield Breach((*path, "direction"), told)


@rule("A-6.5.1a.contour_empty")
def contour_empty(subject: Subject) -> Iterator[Breach]:
    """Yield each closed contour whose points, three or more, lie on one line; of fewer another rule tells."""
    for path, annotation in subject.annotations():
        for number, each in enumerate(annotation.contours if isinstance(annotation, ContoursAnnotation) else ()):
            if each.geometric_type in _CLOSED and len(each.points) > 2 and _is_line(each.points):
                yield Breach((*path, "contours", number, "points"), {"type": each.geometric_type.value})


def _is_line(points: Sequence[Sequence[float]]) -> bool:
    """Tell whether all points in space lie on one line, or are one."""
    start = points[0]
    end = max(points, key=lambda point: dist(start, point))
    length = dist(start, end)
    if length == 0:
        return True
    along = [(b - a) / length for a, b in zip(start, end, strict=True)]
    for point in points:
        x, y, z = (b - a for a, b in zip(start, point, strict=True))
        off = (y * along[2] - z * along[1], z * along[0] - x * along[2], x * along[1] - y * along[0])
        if any(abs(part) > _LINE_MM for part in off):
            return False
    return True


@rule("A-6.5.1a.box_empty")
def box_empty(subject: Subject) -> Iterator[Breach]:
    """Yield each box that is a single point: it has no extent along any axis."""
    for path, each in subject.annotations():
        if isinstance(each, BboxAnnotation):
            half = len(each.bbox) // 2
            if each.bbox[:half] == each.bbox[half:]:
                yield Breach((*path, "bbox"), {"id": each.id})
