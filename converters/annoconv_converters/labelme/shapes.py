"""Shapes of LabelMe by their kind and corners."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from annoconv.advice import CORRECT_FILE, nearest
from annoconv.errors import InputError
from annoconv.messages import Message
from annoconv_converters._pictures.geometry import tidy
from annoconv_converters._pictures.records import Shape

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


__all__ = ["Record", "box_of", "shape_of", "with_record"]

Record: TypeAlias = "dict[str, Any]"

_SHAPES: Final = Message("a polygon, rectangle, circle, line, linestrip, point, points or mask with its points")
_POLYGONS: Final = frozenset({"polygon", "oriented_rectangle", "rotation", "quadrilateral"})
"""Types of shapes that are outlines; the last two are AnyLabeling's."""

_KINDS: Final = (*sorted(_POLYGONS), "rectangle", "circle", "line", "linestrip", "point", "points", "mask")


def with_record(common: Record, shape: Shape) -> Shape:
    """Return a shape whose record says what is common to all kinds too."""
    return replace(shape, record={**common, **shape.record})


def box_of(corners: Sequence[tuple[float, float]]) -> list[float]:
    """Return the box round corners: x, y, width, height."""
    low_x, low_y = (min(corner[axis] for corner in corners) for axis in (0, 1))
    high_x, high_y = (max(corner[axis] for corner in corners) for axis in (0, 1))
    return [low_x, low_y, tidy(high_x - low_x), tidy(high_y - low_y)]


def shape_of(kind: str, corners: Sequence[tuple[float, float]], path: Path, place: int) -> Shape:
    """Return a shape of the desktop tool."""
    listed = [[float(x), float(y)] for x, y in corners]
    if kind in _POLYGONS and len(corners) > 2:
        return Shape({"segmentation": [[coordinate for corner in listed for coordinate in corner]]})
    if kind == "rectangle" and len(corners) > 1:
        return Shape({"bbox": box_of(corners)})
    if kind == "circle" and len(corners) == 2:
        radius = math.dist(*corners)
        if radius > 0:
            return Shape({}, {"type": "ellipse", "center": listed[0], "radii": [radius, radius]})
    if kind in {"line", "linestrip"} and len(corners) > 1:
        return Shape({}, {"type": "polyline", "polyline": listed})
    if kind == "point" and len(corners) == 1:
        return Shape({}, {"type": "point", "point": listed[0]})
    raise InputError(
        "the shape cannot be understood",
        source=path,
        where=Message("shape {number}", number=place),
        found=Message("{kind}, {count} points", kind=kind, count=len(corners)),
        expected=_SHAPES,
        advice=CORRECT_FILE if kind in _KINDS else nearest(kind, _KINDS),
    )
