"""Boxes, rings and ellipses as the points that DICOM has of them (PS3.3 C.18.6.1.2, C.18.9.1.2): pure functions.

Points are (x, y) in pixels, or (x, y, z), LPS, mm, for what lies in space.
"""

from __future__ import annotations

import math
import struct
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["ellipse_points", "ellipsoid_points", "is_same", "keyhole", "shortest", "turned_corners"]

Point: TypeAlias = "Sequence[float]"


def turned_corners(center: Point, size: Point, rotation_degrees: float) -> list[Point]:
    """Return the corners of a box turned from the x axis towards the y axis, the first once more at the end."""
    (x, y), (width, height) = center, size
    angle = math.radians(rotation_degrees)
    cos, sin = math.cos(angle), math.sin(angle)
    corners = [(-width / 2, -height / 2), (width / 2, -height / 2), (width / 2, height / 2), (-width / 2, height / 2)]
    turned = [(x + a * cos - b * sin, y + a * sin + b * cos) for a, b in corners]
    return [*turned, turned[0]]


def keyhole(ring: Sequence[Point], holes: Iterable[Sequence[Point]]) -> list[Point]:
    """Return a ring and its holes as one closed line: from the first vertex to each hole, around it, and back."""
    first = ring[0]
    line = [*ring, first]
    for hole in holes:
        line += [*hole, hole[0], first]
    return line


def ellipse_points(center: Point, radii: Point, rotation_degrees: float) -> tuple[str, list[Point]]:
    """Return an ellipse as DICOM has it: the ends of its major axis, then of its minor one; a circle by a point of it.

    Parameters
    ----------
    center, radii
        Pixels; the radii along its own axes.
    rotation_degrees
        From the x axis towards the y axis.
    """
    x, y = center[0], center[1]
    if radii[0] == radii[1] and not rotation_degrees:
        return "CIRCLE", [(x, y), (x + radii[0], y)]
    angle = math.radians(rotation_degrees)
    cos, sin = (round(math.cos(angle), 15), round(math.sin(angle), 15))
    first = [(x - radii[0] * cos, y - radii[0] * sin), (x + radii[0] * cos, y + radii[0] * sin)]
    other = [(x + radii[1] * sin, y - radii[1] * cos), (x - radii[1] * sin, y + radii[1] * cos)]
    return "ELLIPSE", [*first, *other] if radii[0] >= radii[1] else [*other, *first]


def ellipsoid_points(center: Point, radii: Point, direction: Sequence[Point] | None) -> list[float]:
    """Return the end points of the three axes of an ellipsoid, the longest first (PS3.3 C.18.9.1.2)."""
    axes, middle = np.eye(3) if direction is None else np.array(direction, float), np.array(center, float)
    order = np.argsort([-radius for radius in radii], kind="stable")
    ends = [middle + sign * radii[axis] * axes[:, axis] for axis in order for sign in (-1, 1)]
    return [float(number) for end in ends for number in end]


def shortest(data: Sequence[float]) -> list[float]:
    """Return numbers of single precision as the shortest decimals that stand for them: 4.3, not 4.300000190734863."""
    return [number if number.is_integer() else float(str(np.float32(number))) for number in data]


def is_same(data: Sequence[float], other: Sequence[float]) -> bool:
    """Tell whether numbers are the same in single precision."""
    return len(data) == len(other) and struct.pack(f"{len(data)}f", *data) == struct.pack(f"{len(other)}f", *other)
