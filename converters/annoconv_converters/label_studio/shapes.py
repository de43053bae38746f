"""Shapes of regions: per cent of a picture's width and height, and which members each kind has.

Authority: labelstud.io/tags, the JSON of Rectangle, KeyPoint, Ellipse, Polygon and Brush.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from annoconv.advice import CORRECT_FILE
from annoconv.documents.json_values import json_type
from annoconv.errors import InputError
from annoconv.messages import Message
from annoconv_converters._pictures.geometry import counts_to_record, is_numbers, tidy
from annoconv_converters._pictures.records import Shape
from annoconv_converters._pictures.rotation import oriented_box
from annoconv_converters._raster.run_lengths import counts_of
from annoconv_converters.label_studio.brush import decode_brush

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["POINT_WIDTH", "SHAPES", "differ", "shape_of"]

Record: TypeAlias = "dict[str, Any]"

SHAPES: Final = ("points", "rle", "radiusX", "radiusY", "x", "y")
"""Members that a region with a place has one of."""
POINT_WIDTH: Final = 1.0
"""Per cent of the picture's width: how large the editor draws a point; by `width` it knows that a region is one."""
_MEMBERS: Final = {
    "ellipse": ("x", "y", "radiusX", "radiusY"),
    "rectangle": ("x", "y", "width", "height"),
    "keypoint": ("x", "y"),
}
"""Members of each kind, all of them needed."""
_KINDS: Final = frozenset({"points", "rle", "radiusX", "height"})
"""Members of which a region has no more than one."""
_PLACES: Final = frozenset({*SHAPES, "width", "height", "rotation"})


def differ(one: Record, other: Record) -> bool:
    """Tell whether two values are of different places or kinds; what only one of them tells is no difference."""
    first, second = _KINDS & one.keys(), _KINDS & other.keys()
    is_other = bool(first and second) and first.isdisjoint(second)
    return is_other or any(one[name] != other[name] for name in _PLACES & one.keys() & other.keys())


def shape_of(value: Record, kinds: Sequence[str], size: tuple[int, int], path: Path, where: str) -> Shape:
    """Return a region of a picture of rows and columns in pixels.

    Parameters
    ----------
    value
        Of all its results.
    kinds
        Types of its results, `rectanglelabels`; JSON_MIN has none.
    size
        Rows and columns.
    path, where
        For messages.

    Raises
    ------
    InputError
        If a member of its kind is missing, or no number.
    """
    rows, columns = size
    if "points" in value:
        points = value["points"]
        if not isinstance(points, list) or not all(is_numbers(point, 2) for point in points):
            raise InputError(
                "the points are damaged",
                source=path,
                where=where,
                found=Message("a list of {count} members", count=len(points))
                if isinstance(points, list)
                else json_type(points),
                expected="pairs of numbers: [[x, y], ...]",
                advice=CORRECT_FILE,
            )
        ring = [tidy(each) for x, y in points for each in (x * columns / 100, y * rows / 100)]
        return Shape({"segmentation": [ring]})
    if "rle" in value:
        return Shape(counts_to_record(counts_of(decode_brush(value["rle"], size, path, where)), size))
    kind = _kind_of(value, kinds)
    names = _MEMBERS[kind]
    numbers: list[Any] = [value.get(name) for name in names]
    if not is_numbers(numbers, len(names)):
        raise InputError(
            "the numbers of the region are damaged",
            source=path,
            where=where,
            found=numbers,
            expected=", ".join(names),
            advice=CORRECT_FILE,
        )
    x, y, *sides = (number * (columns, rows)[place % 2] / 100 for place, number in enumerate(numbers))
    turn = value.get("rotation", 0)
    if type(turn) not in {int, float} or not abs(turn) < 1e6:
        raise InputError(
            "this is no rotation", source=path, where=where, found=turn, expected="degrees", advice=CORRECT_FILE
        )
    if kind == "ellipse":
        turned = {"rotation_degrees": turn} if turn else {}
        radii = [tidy(each) for each in sides]
        return Shape({}, {"type": "ellipse", "center": [tidy(x), tidy(y)], "radii": radii, **turned})
    if kind == "keypoint":
        return Shape({}, {"type": "point", "point": [tidy(x), tidy(y)]})
    width, height = sides
    if turn and width > 0 and height > 0:  # about its upper left corner
        return Shape({}, oriented_box((x, y, x + width, y + height), turn, (x, y)))
    return Shape({"bbox": [tidy(x), tidy(y), tidy(width), tidy(height)]})


def _kind_of(value: Record, kinds: Sequence[str]) -> str:
    """Return the kind of a region: as it is stated, else that of its labels, else by the members that it has."""
    told = (each.removesuffix("labels") for each in (*kinds, *value))
    by_members = (
        "ellipse" if {"radiusX", "radiusY"} & value.keys() else "rectangle" if "height" in value else "keypoint"
    )
    return next((each for each in told if each in _MEMBERS), by_members)
