"""What of a shape lies within its picture: numbers of YOLO beyond 0 to 1 are refused by trainers.

Continuous pixels, origin at the outer corner of the first pixel.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from annoconv_converters._pictures.geometry import box_to_record, tidy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from annoconv_converters._pictures.records import Picture, Shape

__all__ = ["SLACK", "cut_at_border", "cut_shapes", "is_within"]

SLACK: Final = 1e-6
"""Shares of a picture: the last of the six digits that tools write."""


def is_within(numbers: Sequence[float], size: tuple[int, int]) -> bool:
    """Tell whether x and y in turn lie in a picture of `size` rows and columns, but for what their last digit makes."""
    return all(-SLACK <= number / size[1 - place % 2] <= 1 + SLACK for place, number in enumerate(numbers))


def cut_at_border(ring: Sequence[float], size: tuple[int, int]) -> list[float]:
    """Return what of a ring, x and y in turn, encloses the same of a picture; empty if that is nothing.

    One side of the picture after the other, as Sutherland and Hodgman do: pieces of what falls apart hang together by
    lines on the border, which enclose nothing.
    """
    if is_within(ring, size):
        return list(ring)
    points = list(zip(ring[::2], ring[1::2], strict=True))
    for axis, most in ((0, size[1]), (1, size[0])):
        for side, sign in ((0.0, 1), (float(most), -1)):
            kept: list[tuple[float, float]] = []
            for one, other in zip([*points[-1:], *points[:-1]], points, strict=True):
                before, after = (sign * (each[axis] - side) for each in (one, other))
                if (before < 0) != (after < 0) and before and after:
                    share = before / (before - after)
                    across = tidy(one[1 - axis] + share * (other[1 - axis] - one[1 - axis]))
                    kept.append((side, across) if axis == 0 else (across, side))
                if after >= 0:
                    kept.append(other)
            points = kept
    flat = [number for point in points for number in point]
    return flat if _has_width(flat) and _has_width(flat[1:]) else []


def cut_shapes(picture: Picture) -> list[Shape]:
    """Return the shapes of a picture as far as they lie within it; those that lie beyond are left out."""
    if "width" not in picture.record:
        return picture.shapes
    size = picture.record["height"], picture.record["width"]
    return [cut for shape in picture.shapes if (cut := _cut(shape, size)) is not None]


def _cut(shape: Shape, size: tuple[int, int]) -> Shape | None:
    x, y, width, height = shape.record["bbox"]
    (rows, columns), (x_max, y_max), most = size, (x + width, y + height), 1 + SLACK
    if (
        -SLACK <= x / columns <= most
        and -SLACK <= y / rows <= most
        and -SLACK <= x_max / columns <= most
        and -SLACK <= y_max / rows <= most
    ):  # as `is_within` has it; nearly all are
        return shape
    rings = [cut for ring in shape.record.get("segmentation") or () if (cut := cut_at_border(ring, size))]
    if rings:
        xs, ys = ([number for ring in rings for number in ring[axis::2]] for axis in (0, 1))
        box = (min(xs), min(ys), max(xs), max(ys))
    else:
        box = (max(x, 0), max(y, 0), min(tidy(x + width), size[1]), min(tidy(y + height), size[0]))
        is_beyond = bool(shape.record.get("segmentation"))
        if is_beyond or any(
            end - start < 0 or (end == start and length)
            for start, end, length in zip(box[:2], box[2:], (width, height), strict=True)
        ):
            return None
    return replace(shape, record={**shape.record, "segmentation": rings, "bbox": box_to_record(box)})


def _has_width(flat: Sequence[float]) -> bool:
    return len(set(flat[::2])) > 1
