"""What pictures of any format break: no name, shapes beyond them or without an area. Findings, never silent repairs.

COCO, whose records say more of themselves, has its own rules (`coco.check`).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from annoconv.documents.residuals import pointer
from annoconv.findings import Finding, Level
from annoconv.messages import Message
from annoconv_converters._pictures.columns import PIXEL_SLACK, held
from annoconv_converters._pictures.geometry import is_numbers
from annoconv_converters._pictures.rotation import corners_of
from annoconv_converters._pictures.seen_names import SizesOfNames

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from annoconv.documents.residuals import Path
    from annoconv_converters._pictures.records import Picture, Shape

__all__ = ["PICTURE_TWICE", "SharedPictures", "picture_findings", "picture_twice", "place_of"]

Record: TypeAlias = "dict[str, Any]"

PICTURE_TWICE: Final = "picture.twice"
"""Rule of pictures that are listed more than once."""
_UNSIZED: Final = -1, -1
"""In place of a size that is not known."""


def picture_findings(pictures: Sequence[Picture], case_index: int) -> Iterator[Finding]:
    """Yield a warning for each picture without a name, shape that reaches beyond its picture, and box without an area.

    Paths are those in the file's tree, else `/annotations/{id}`.
    """
    for picture in pictures:
        if not picture.is_named:
            name = picture.record["file_name"]
            told = Message("the file does not name its picture, which is taken to be {name}", name=name)
            yield Finding("picture.name", Level.WARNING, pointer(picture.place), told, case_index)
        width, height = picture.record.get("width"), picture.record.get("height")
        columns = held(picture)
        for shape in () if columns is not None and columns.is_plain else picture.shapes:
            if _is_box_within(shape, width, height):
                continue
            place = place_of(shape)
            box: Any = shape.record.get("bbox")
            if shape.geometry is None and is_numbers(box, 4) and min(box[2:]) <= 0:
                yield Finding("picture.no_area", Level.WARNING, pointer(place), "the box has no area", case_index)
            if type(width) is not int or type(height) is not int:
                continue
            corners = list(_corners(shape))
            is_within = all(
                -PIXEL_SLACK <= x <= width + PIXEL_SLACK and -PIXEL_SLACK <= y <= height + PIXEL_SLACK
                for x, y in corners
            )
            if not is_within:
                message = "the annotation reaches beyond its picture"
                yield Finding("picture.outside", Level.WARNING, pointer(place), message, case_index)


def _is_box_within(shape: Shape, width: Any, height: Any) -> bool:
    """Tell whether a shape is a box with an area, within its picture if that has a size, and nothing else: as most."""
    box: Any = shape.record.get("bbox")
    if shape.geometry is not None or shape.record.get("segmentation") or not is_numbers(box, 4):
        return False
    x, y, across, down = box
    is_sized = type(width) is int and type(height) is int
    return min(across, down) > 0 and (
        not is_sized or (x >= 0 and y >= 0 and x + across <= width and y + down <= height)
    )


def picture_twice(name: str) -> Message:
    """Return what is said of a picture that was met before."""
    return Message("{name} is the picture of a case before too; leave one of the two out", name=name)


class SharedPictures:
    """Tells of pictures that two cases have."""

    def __init__(self) -> None:
        self._sizes = SizesOfNames()

    def findings(self, pictures: Sequence[Picture], case_index: int) -> Iterator[Finding]:
        """Yield a warning for each picture of the next case that one before has, if it is flat or of another size."""
        for picture in pictures:
            record, name = picture.record, picture.record.get("file_name")
            if not isinstance(name, str) or not name or not picture.is_named:
                continue
            columns, rows = record.get("width"), record.get("height")
            size = (columns, rows) if type(columns) is int and type(rows) is int else _UNSIZED
            before = self._sizes.first(name, size)
            if before is None:
                continue
            if before != size and _UNSIZED not in {before, size}:
                told = {"name": name, "size": size, "before": before}
                message = Message("{name} is of {size} columns and rows here, and of {before} in a case before", **told)
                yield Finding("picture.size", Level.WARNING, pointer(picture.place), message, case_index)
            elif len(pictures) == 1:
                yield Finding(PICTURE_TWICE, Level.WARNING, pointer(picture.place), picture_twice(name), case_index)


def place_of(shape: Shape) -> Path:
    """Return the steps to a shape in its file's tree; of one that stands nowhere there, to its annotation by its id."""
    return shape.place or ("annotations", str(shape.record.get("id")))


def _corners(shape: Shape) -> Iterator[tuple[float, float]]:
    """Yield corners of a shape, continuous pixels, between which it lies; none of masks."""
    geometry, record = shape.geometry, shape.record
    if geometry is not None:
        yield from _of_geometry(geometry)
        return
    box: Any = record.get("bbox")
    rings = record.get("segmentation")
    if is_numbers(box, 4):
        yield box[0], box[1]
        yield box[0] + box[2], box[1] + box[3]
    for ring in rings if isinstance(rings, list) else ():
        if is_numbers(ring, len(ring)):
            yield from zip(ring[::2], ring[1::2], strict=False)


def _of_geometry(geometry: Record) -> Iterator[tuple[float, float]]:
    turn = geometry.get("rotation_degrees") or 0.0
    match geometry["type"]:
        case "point":
            yield tuple(geometry["point"][:2])
        case "polyline":
            yield from ((each[0], each[1]) for each in geometry["polyline"])
        case "keypoints":
            yield from ((each["point"][0], each["point"][1]) for each in geometry["keypoints"] if each.get("point"))
        case "oriented_box":
            corners = corners_of(geometry["center"], geometry["size"], turn)
            yield from zip(corners[::2], corners[1::2], strict=True)
        case "ellipse":
            (x, y), (one, other) = geometry["center"], geometry["radii"]
            cosine, sine = math.cos(math.radians(turn)), math.sin(math.radians(turn))
            across, down = math.hypot(one * cosine, other * sine), math.hypot(one * sine, other * cosine)
            yield x - across, y - down
            yield x + across, y + down
        case _:
            return
