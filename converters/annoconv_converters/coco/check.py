"""What the records of a COCO file break: findings, never silent repairs.

Errors leave no way to read the file: an id that stands twice, an annotation of no image. Warnings come with the
reading: an area or a box that disagrees with its mask, a category that is not defined, a box or point beyond the
picture.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from operator import sub
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from annoconv.findings import Finding, Level
from annoconv.messages import Message, listed
from annoconv_converters._pictures.categories import number_stated
from annoconv_converters._pictures.geometry import box_from_record, keypoints_from_record
from annoconv_converters._pictures.records import is_caption
from annoconv_converters._pictures.skeletons import defined_by, is_from_zero, names_of
from annoconv_converters._raster.run_lengths import area_of, box_of
from annoconv_converters.coco.records import id_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from annoconv_converters._pictures.categories import Categories
    from annoconv_converters._pictures.geometry import Segmentation
    from annoconv_converters._pictures.records import Picture, Shape

__all__ = ["NO_ID", "Effort", "agrees", "case_findings", "category_findings", "file_findings", "shape_findings"]

AREA_SLACK: Final = 0.02
"""Of the area: between what a polygon encloses and the pixels that it fills; the files of COCO itself hold either."""
NO_ID: Final = "the record has no id that is a whole number or a text"
_MOST_NAMED: Final = 5
PIXEL_SLACK: Final = 1.0
"""Pixels: a box may count pixels or the distance of their centres."""
_LEAST_EFFORT: Final = 10_000_000
"""Pixels of boundaries, walked in a second."""
_EFFORT_A_BYTE: Final = 10
"""The same for each byte of a file: it keeps a reader less busy than its byte does."""


@dataclass(slots=True)
class Effort:
    """How long the boundaries may be that are walked to see whether stated areas and boxes count pixels.

    Each polygon of a hundred bytes that spans a slide would otherwise keep a reader busy for a tenth of a second.

    Attributes
    ----------
    pixels
        What is left.
    """

    pixels: float

    @classmethod
    def of(cls, size: int) -> Effort:
        """Return that of a file by its size in bytes."""
        return cls(_LEAST_EFFORT + _EFFORT_A_BYTE * size)

    def allows(self, length: float) -> bool:
        """Tell whether a boundary is still walked, and count it."""
        if length > self.pixels:
            return False
        self.pixels -= length
        return True


def file_findings(
    images: Sequence[Any],
    numbers: Sequence[Any] | None,
    owners: Sequence[Any],
    owned_by: NDArray[np.int64],
    categories: Any,
) -> list[Finding]:
    """Return the errors that concern a file as a whole.

    Parameters
    ----------
    images
        Id of each image.
    numbers, owners
        Id and image id of each annotation; without ids, which results and panoptic files have none of, `None`.
    owned_by
        Shape (annotations,), int64: place of the image of each annotation, -1 where there is none.
    categories
        The file's member of that name.
    """
    findings = list(_twice(images, "images"))
    findings += _twice(numbers or (), "annotations", as_text=True)
    strange: list[int] = np.flatnonzero(owned_by < 0).tolist()
    by_text = {str(each): each for each in reversed(dict.fromkeys(images))} if strange else {}
    findings += [
        _error(
            "coco.dangling",
            f"/annotations/{place}/image_id",
            _dangling(owners[place], by_text),
        )
        for place in strange
    ]
    listed = categories if isinstance(categories, list) else []
    findings += _twice([each.get("id") if isinstance(each, dict) else None for each in listed], "categories")
    return findings


def _twice(numbers: Iterable[Any], section: str, *, as_text: bool = False) -> Iterator[Finding]:
    """Yield an error for each id that is missing, or stands twice; as a text and as a number too, if that is one."""
    if isinstance(numbers, array):
        ordered = np.sort(numbers)
        if (ordered[1:] != ordered[:-1]).all():
            return
    seen: set[Any] = set()
    for place, number in enumerate(numbers):
        if not isinstance(number, int | str) or (as_text and number == ""):
            yield _error("coco.no_id", f"/{section}/{place}/id", NO_ID)
        elif (str(number) if as_text else number) in seen:
            yield _error(
                "coco.duplicate",
                f"/{section}/{place}/id",
                Message("the id stands twice: {number!r}; number the records apart", number=number),
            )
        else:
            seen.add(str(number) if as_text else number)


def _dangling(owner: object, by_text: Mapping[str, object]) -> Message:
    """Return that an annotation belongs to no image, and that one has the same id as a text, or as a number."""
    if owner is None:
        return Message("the annotation has no image_id that is a whole number or a text")
    alike = by_text.get(str(owner))
    if alike is None:
        return Message("the annotation belongs to no image: {owner!r}", owner=owner)
    told = {"owner": repr(owner), "alike": repr(alike)}
    return Message(
        "the annotation is of image {owner}, and there is {alike}: one is a text, the other a number", **told
    )


def category_findings(records: Iterable[Any], case_index: int) -> Iterator[Finding]:
    """Yield the warnings about the categories of a file, with its first case."""
    numbers: set[int | None] = set()
    for place, record in enumerate(each if isinstance(each, dict) else {} for each in records):
        count, lines = len(names_of(record)), record.get("skeleton")
        if is_from_zero(record):
            message = "lines join keypoints that are counted from 0, and are read so; COCO counts from 1"
            yield _warning("coco.skeleton", f"/categories/{place}/skeleton", message, case_index)
        told = len(lines) if isinstance(lines, list) else None
        if lines and len(defined_by(record).get("skeleton", ())) != told:
            problem = Message(
                "lines join two keypoints of the category, counted from 1 to {count}; others are left out", count=count
            )
            yield _warning("coco.skeleton", f"/categories/{place}/skeleton", problem, case_index)
        if isinstance(record.get("name"), str) and not record["name"].strip():
            message = "the name is empty: the class is called by its id"
            yield _warning("coco.name", f"/categories/{place}/name", message, case_index)
        number = number_stated(record.get("id"))
        if number is None or number in numbers:
            message = "the id states no number of its own: the class has the first one that is free"
            yield _warning("coco.number", f"/categories/{place}/id", message, case_index)
        numbers.add(number)


def case_findings(
    pictures: Sequence[Picture], categories: Categories, case_index: int, effort: Effort, *, is_result: bool = False
) -> Iterator[Finding]:
    """Yield the warnings about the records of one case; paths are `/annotations/{id}/{field}`."""
    for picture in pictures:
        size = picture.record.get("height", 0), picture.record.get("width", 0)
        if picture.map_size is not None:
            place = f"/annotations/{picture.record.get('id')}"
            yield _warning(
                "coco.map_size",
                place,
                Message(
                    "the map has {map_size}, its picture {size} rows and columns", map_size=picture.map_size, size=size
                ),
                case_index,
            )
        for shape in picture.shapes:
            if not _is_right(shape, size, categories):
                place = f"/annotations/{shape.record.get('id')}"
                yield from shape_findings(shape, size, categories, place, case_index, effort, is_result=is_result)


def _is_right(shape: Shape, size: tuple[int, int], categories: Categories) -> bool:
    """Tell whether a box or polygons of a defined category lie within their picture and say the same, as most do."""
    record = shape.record
    drawn = record.get("segmentation")
    if "keypoints" in record or "caption" in record or id_of(record, "category_id") not in categories.records:
        return False
    x, y, width, height = record.get("bbox") or (-1, 0, 0, 0)
    box = x, y, x + width, y + height
    if not _is_within(box, size) or not drawn:
        return _is_within(box, size)
    read = shape.segmentation(size, source="", where="")
    is_whole = read is not None and read.rings is not None and len(read.rings) == len(drawn)
    return read is not None and is_whole and agrees(record.get("area"), record["bbox"], read.area, read.box, size)


def agrees(stated: Any, box: Sequence[float], area: float, bounds: Sequence[float], size: tuple[int, int]) -> bool:
    """Tell whether an outline lies within its picture and its record states its area and its box.

    Parameters
    ----------
    stated, box
        Area and `x, y, width, height` in the record.
    area, bounds
        Of the outline, square pixels and `x_min, y_min, x_max, y_max`.
    size
        Rows and columns of the picture.
    """
    x, y, width, height = box
    sides = x, y, x + width, y + height
    is_within = _is_within(sides, size) and _is_within(bounds, size)
    return is_within and _is_near(stated, [area]) and _are_near(sides, [bounds])


def _is_within(box: Sequence[float], size: tuple[int, int]) -> bool:
    return box[0] >= 0 and box[1] >= 0 and box[2] <= size[1] and box[3] <= size[0]


def shape_findings(
    shape: Shape,
    size: tuple[int, int],
    categories: Categories,
    place: str,
    case_index: int,
    effort: Effort,
    *,
    is_result: bool = False,
) -> Iterator[Finding]:
    """Yield the warnings about one annotation of a picture of `size` rows and columns, (0, 0) if that is not known.

    Results may have no categories, which their ground truth has.
    """
    record = shape.record
    if is_caption(record):
        return
    is_told = bool(categories.records) or not is_result
    if is_told and id_of(record, "category_id") not in categories.records:
        yield _warning("coco.category", f"{place}/category_id", _undefined(record, categories), case_index)
    drawn = record.get("segmentation")
    if isinstance(drawn, list) and [] in drawn:
        yield _warning("coco.empty", f"{place}/segmentation", "a polygon has no vertices", case_index)
    segmentation = shape.segmentation(size, source="", where=place)
    box = box_from_record(record, source="", where=place)
    if segmentation is not None:
        yield from _disagreements(record, segmentation, box, place, case_index, effort)
    if box is not None and all(size) and not _is_within(box, size):
        yield _warning("coco.outside", f"{place}/bbox", "the box reaches beyond the picture", case_index)
    points = keypoints_from_record(record, source="", where=place)
    if record.get("bbox") == [] and segmentation is None and not points:
        yield _warning("coco.empty", f"{place}/bbox", "nothing says where the object is", case_index)
    count = len(names_of(categories.records.get(id_of(record, "category_id"), {}))) if points else 0
    if count and len(points) != count:
        message = Message("the category has {count} keypoints, the record {found}", count=count, found=len(points))
        yield _warning("coco.keypoints", f"{place}/keypoints", message, case_index)
    for x, y, seen in points:
        if seen and all(size) and not (0 <= x <= size[1] and 0 <= y <= size[0]):
            yield _warning("coco.outside", f"{place}/keypoints", "a keypoint lies beyond the picture", case_index)
            return


def _disagreements(
    record: dict[str, Any], segmentation: Segmentation, box: Any, place: str, case_index: int, effort: Effort
) -> Iterator[Finding]:
    stated = record.get("area")
    areas = [segmentation.area]
    own = segmentation.box
    boxes = [own]
    if segmentation.rings is not None and all(segmentation.size):
        if not _is_within(own, segmentation.size):
            yield _warning(
                "coco.outside", f"{place}/segmentation", "the polygon reaches beyond the picture", case_index
            )
        is_other = (stated is not None and not _is_near(stated, areas)) or (
            box is not None and not _are_near(box, boxes)
        )
        if is_other and effort.allows(segmentation.rings.length):
            areas.append(area_of(segmentation.counts))
            boxes.append(box_of(segmentation.counts, segmentation.size[0]))
    if stated is not None and not _is_near(stated, areas):
        yield _warning(
            "coco.area",
            f"{place}/area",
            Message("the area is {stated}, that of the mask {area:g}", stated=stated, area=areas[-1]),
            case_index,
        )
    if box is not None and not _are_near(box, boxes):
        yield _warning("coco.box", f"{place}/bbox", "the box is not that of the mask", case_index)


def _is_near(stated: Any, areas: Sequence[float]) -> bool:
    if type(stated) not in {int, float}:
        return False
    return any(abs(stated - area) <= max(AREA_SLACK * area, PIXEL_SLACK) for area in areas)


def _are_near(box: Sequence[float], boxes: Sequence[Sequence[float]]) -> bool:
    return any(max(map(abs, map(sub, box, other))) <= PIXEL_SLACK for other in boxes)


def _error(rule: str, path: str, message: str) -> Finding:
    return Finding(rule, Level.ERROR, path, message)


def _undefined(record: dict[str, Any], categories: Categories) -> Message:
    """Return what is said of a category that the file does not list."""
    number = id_of(record, "category_id")
    if not categories.records:
        return Message("the category {number!r} is not defined, and no other is; add it to categories", number=number)
    return Message(
        "the category {number!r} is not defined; expected {listed}; add it to categories",
        number=number,
        listed=listed([*map(repr, categories.records)], _MOST_NAMED),
    )


def _warning(rule: str, path: str, message: str, case_index: int) -> Finding:
    return Finding(rule, Level.WARNING, path, message, case_index)
