"""Shapes of CVAT as records: boxes, outlines, lines, ellipses, masks, tags.

Continuous pixels, origin at the outer corner of the first pixel. Masks are run lengths, row by row within their box,
background first; boxes and ellipses are turned about their centre, clockwise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

from annoconv.advice import CORRECT_FILE
from annoconv.errors import InputError
from annoconv.messages import Message
from annoconv_converters._pictures.geometry import counts_to_record, tidy
from annoconv_converters._pictures.records import Shape
from annoconv_converters._pictures.rotation import oriented_box
from annoconv_converters._raster.flat_masks import counts_in, foreground_by_row
from annoconv_converters._xml import attribute_number, number, whole

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from xml.etree.ElementTree import Element

__all__ = ["SHAPES", "corners_of"]

Record: TypeAlias = "dict[str, Any]"


def corners_of(shape: Element, path: Path) -> list[tuple[float, float]]:
    """Return the points of a shape; InputError if they are none."""
    corners: list[tuple[float, float]] = []
    for pair in (shape.get("points") or "").split(";"):
        x, comma, y = pair.partition(",")
        if not comma:
            raise InputError(
                "the points are damaged",
                source=path,
                where=shape.tag,
                found=pair[:40],
                expected="pairs of numbers: x,y;x,y",
                advice=CORRECT_FILE,
            )
        corners.append((number(x, shape.tag, path), number(y, shape.tag, path)))
    return corners


def _box(shape: Element, _: Record, path: Path) -> Shape:
    x_min, y_min, x_max, y_max = (attribute_number(shape, name, path) for name in ("xtl", "ytl", "xbr", "ybr"))
    if x_max < x_min or y_max < y_min:
        found = [x_min, y_min, x_max, y_max]
        raise InputError(
            "the box is turned inside out",
            source=path,
            where="box",
            found=found,
            expected="xtl up to xbr, and ytl up to ybr",
            advice=CORRECT_FILE,
        )
    turn = attribute_number(shape, "rotation", path) if shape.get("rotation") else 0.0
    if not turn:
        return Shape({"bbox": [x_min, y_min, tidy(x_max - x_min), tidy(y_max - y_min)]})
    if x_max <= x_min or y_max <= y_min:
        raise InputError(
            "the box has no area",
            source=path,
            where="box",
            found=[x_min, y_min, x_max, y_max],
            expected="xtl below xbr, and ytl below ybr",
            advice=CORRECT_FILE,
        )
    return Shape({}, oriented_box((x_min, y_min, x_max, y_max), turn))


def _polygon(shape: Element, _: Record, path: Path) -> Shape:
    return Shape({"segmentation": [[coordinate for corner in corners_of(shape, path) for coordinate in corner]]})


def _polyline(shape: Element, _: Record, path: Path) -> Shape:
    corners = [list(corner) for corner in corners_of(shape, path)]
    if len(corners) < 2:
        raise InputError(
            "the line is too short",
            source=path,
            where="polyline",
            found=Message("{count} points", count=len(corners)),
            expected="two points at least",
            advice=CORRECT_FILE,
        )
    return Shape({}, {"type": "polyline", "polyline": corners})


def _ellipse(shape: Element, _: Record, path: Path) -> Shape:
    cx, cy, rx, ry = (attribute_number(shape, name, path) for name in ("cx", "cy", "rx", "ry"))
    turn = {"rotation_degrees": attribute_number(shape, "rotation", path)} if shape.get("rotation") else {}
    if not (rx > 0 and ry > 0):
        raise InputError(
            "the ellipse has no area",
            source=path,
            where="ellipse",
            found=[rx, ry],
            expected="radii above 0",
            advice=CORRECT_FILE,
        )
    return Shape({}, {"type": "ellipse", "center": [cx, cy], "radii": [rx, ry], **turn})


def _mask(shape: Element, picture: Record, path: Path) -> Shape:
    left, top, width, height = (
        whole(shape.get(name), f"mask/@{name}", path) for name in ("left", "top", "width", "height")
    )
    rows, columns = picture.get("height", 0), picture.get("width", 0)
    if not (0 <= left <= columns - width and 0 <= top <= rows - height and width > 0 and height > 0):
        raise InputError(
            "the mask reaches beyond its picture",
            source=path,
            where="mask",
            found=[left, top, width, height],
            expected=Message("a box within {columns} x {rows} pixels", columns=columns, rows=rows),
            advice=CORRECT_FILE,
        )
    rle = shape.get("rle") or ""
    try:
        if rle.count(",") > width * height:
            raise ValueError
        counts = np.array([int(each) for each in rle.split(",")], dtype=np.int64)
    except (ValueError, OverflowError) as error:
        raise InputError(
            "the run lengths are damaged",
            source=path,
            where="mask",
            found=rle[:40],
            expected="whole numbers with commas between them",
            advice=CORRECT_FILE,
        ) from error
    if int(counts.min()) < 0 or int(counts.max()) > width * height or int(counts.sum()) != width * height:
        raise InputError(
            "the run lengths do not sum to the mask's box",
            source=path,
            where="mask",
            found=int(counts.sum()),
            expected=width * height,
            advice=CORRECT_FILE,
        )
    covered = foreground_by_row(counts, (left, top, width, height), (rows, columns))
    return Shape(counts_to_record(counts_in(covered), (rows, columns)))


def _tag(shape: Element, _: Record, path: Path) -> Shape:
    del shape, path
    return Shape({})


SHAPES: Final[dict[str, Callable[[Element, Record, Path], Shape]]] = {
    "box": _box,
    "polygon": _polygon,
    "polyline": _polyline,
    "ellipse": _ellipse,
    "mask": _mask,
    "tag": _tag,
}
"""Reads a shape of each tag into a record of a picture; from the shape, the picture's record and the file."""
