"""Boxes that are turned."""

from __future__ import annotations

import math
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from annoconv_converters._pictures.geometry import is_numbers, tidy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from annoconv.model import EllipseAnnotation
    from annoconv_converters._pictures.records import Shape

__all__ = ["ROTATION", "as_turned", "corners_of", "ellipse_ring", "oriented_box", "sides_of", "turned_box"]

ROTATION: Final = "rotation"
"""Attribute that CVAT gives a turned box in formats of upright ones: degrees, about the centre of the box beside it."""

_ELLIPSE_VERTICES: Final = 72
_OUTLINES: Final = ("segmentation", "keypoints", "caption")
"""Members of a record that is more than its box."""
_MOST_TURNED: Final = 1e6


def turned_box(box: Sequence[float], degrees: float, center: tuple[float, float]) -> list[float]:
    """Return the corners of a box turned about a point, from the x axis towards the y axis."""
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    ring: list[float] = []
    for x, y in ((box[0], box[1]), (box[2], box[1]), (box[2], box[3]), (box[0], box[3])):
        across, down = x - center[0], y - center[1]
        ring += [tidy(center[0] + across * cosine - down * sine), tidy(center[1] + across * sine + down * cosine)]
    return ring


def oriented_box(box: Sequence[float], degrees: float, about: tuple[float, float] | None = None) -> dict[str, Any]:
    """Return a box that is turned about a point, by default its centre, as the model has it.

    Parameters
    ----------
    box
        `x_min, y_min, x_max, y_max` before it was turned, continuous pixels.
    degrees
        From the x axis towards the y axis.
    about
        The point.
    """
    center = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    across, down = (center[0] - about[0], center[1] - about[1]) if about else (0.0, 0.0)
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    x, y = about or center
    moved = [tidy(x + across * cosine - down * sine), tidy(y + across * sine + down * cosine)]
    size = [tidy(box[2] - box[0]), tidy(box[3] - box[1])]
    return {"type": "oriented_box", "center": moved, "size": size, "rotation_degrees": degrees}


def as_turned(shape: Shape) -> Shape:
    """Return a box with CVAT's attribute `rotation` as the turned one that it is; any other shape as it stands."""
    record = shape.record
    attributes: Any = record.get("attributes")
    if not isinstance(attributes, dict):
        return shape
    stated: Any = attributes.get(ROTATION)
    is_number = isinstance(stated, int | float | Decimal) and not isinstance(stated, bool)
    degrees = float(stated) if is_number else 0.0
    if not 0 < abs(degrees) < _MOST_TURNED:
        return shape
    sides: Any = record.get("bbox")
    if shape.geometry or any(map(record.get, _OUTLINES)) or not (is_numbers(sides, 4) and min(sides[2:]) > 0):
        return shape
    x, y, width, height = sides
    told = {name: value for name, value in attributes.items() if name != ROTATION}
    return replace(
        shape,
        record={**record, "attributes": told},
        geometry=oriented_box((x, y, x + width, y + height), degrees),
    )


def sides_of(center: Sequence[float], size: Sequence[float]) -> tuple[float, float, float, float]:
    """Return `x_min, y_min, x_max, y_max` of a box before it is turned about its centre."""
    (x, y), (width, height) = center, size
    return tidy(x - width / 2), tidy(y - height / 2), tidy(x + width / 2), tidy(y + height / 2)


def corners_of(center: Sequence[float], size: Sequence[float], degrees: float) -> list[float]:
    """Return the corners of a box turned about its centre, x and y of each."""
    (x, y), (width, height) = center, size
    return turned_box((x - width / 2, y - height / 2, x + width / 2, y + height / 2), degrees, (x, y))


def ellipse_ring(annotation: EllipseAnnotation) -> Any:
    """Return the vertices of an ellipse as a polygon of the same area."""
    angles = np.arange(_ELLIPSE_VERTICES) * (2 * math.pi / _ELLIPSE_VERTICES)
    step = 2 * math.pi / _ELLIPSE_VERTICES
    scale = math.sqrt(step / math.sin(step))
    turn = math.radians(annotation.rotation_degrees or 0.0)
    across, along = scale * annotation.radii[0] * np.cos(angles), scale * annotation.radii[1] * np.sin(angles)
    x = annotation.center[0] + across * math.cos(turn) - along * math.sin(turn)
    y = annotation.center[1] + across * math.sin(turn) + along * math.cos(turn)
    return np.round(np.stack((x, y), axis=1), 3)
