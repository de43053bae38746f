"""Records of a picture that all are boxes, or all one polygon each, and say little else: understood column by column.

What they say otherwise than what is drawn again of them can only be an area or the box of a polygon. `plain_picture`
says of each record for itself what it means, and the same of these. Boxes are measured by `boxes`. Continuous pixels,
origin at the outer corner of the first pixel. Authority: cocodataset.org/#format-data.
"""

from __future__ import annotations

from itertools import chain
from operator import add
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from annoconv.casefile.boxes import BoxColumns
from annoconv_converters._pictures.columns import held
from annoconv_converters.coco.boxes import DRAWN, LARGEST, BoxRecords, box_records
from annoconv_converters.coco.outlines import Outlined, outlines_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from annoconv_converters._pictures.categories import Categories, Meaning
    from annoconv_converters._pictures.records import Picture, Shape
    from annoconv_converters.coco.outlines import Outline

__all__ = ["PlainRecords", "plain_records"]

Record: TypeAlias = "dict[str, Any]"

_MEMBERS: Final = frozenset(DRAWN)
_WHOLE: Final[set[type]] = {int}
_LISTS: Final[set[type]] = {list}
_NUMBERS: Final[set[type]] = {int, float}
_SIDES: Final = 4
_FAR: Final = 1e12
"""As `is_numbers` has it."""


class PlainRecords(NamedTuple):
    """What records mean.

    Attributes
    ----------
    annotations
        One of each record, if they are no boxes.
    definitions
        Of their labels, where codes do not say all, by code.
    kept
        What the records say otherwise than they are drawn again.
    is_right
        Whether they are known to break no rule of COCO.
    boxes
        What they are, if they are boxes.
    """

    annotations: list[Record]
    definitions: dict[str, Record]
    kept: Record
    is_right: bool = False
    boxes: BoxColumns | None = None


class _Drawn(NamedTuple):
    """Where polygons are.

    Attributes
    ----------
    places
        Type and place of each, as annotations have them.
    segmentations, areas, boxes
        Segmentation, area and box of each, as it is drawn again.
    is_right
        Whether they are known to break no rule of COCO.
    outlines
        Those of the records.
    """

    places: list[Record]
    segmentations: list[list[list[float]]]
    areas: list[float]
    boxes: list[list[float]]
    is_right: bool
    outlines: Sequence[Outline]


def plain_records(picture: Picture, taken: str, size: tuple[int, int], categories: Categories) -> PlainRecords | None:
    """Return what the records of a flat picture mean; None if one is more than that, or there is none.

    Parameters
    ----------
    picture
        With records as `read_records` gives them.
    taken
        UID of the picture, which no annotation may have.
    size
        Rows and columns.
    categories
        Of the file.
    """
    known, number = held(picture), picture.record.get("id")
    if not isinstance(known, BoxRecords):
        (known,) = box_records([(number, [each.record for each in picture.shapes], ())])
    if known is not None:
        return _of_boxes(known, taken, size, categories)
    shapes = picture.shapes
    records = [each.record for each in shapes]
    names = records[0].keys() if records else frozenset[str]()
    if not {"id", "category_id"} <= names <= _MEMBERS or not all(names == record.keys() for record in records):
        return None
    columns = {name: [each[name] for each in records] for name in names}
    ids, classes = columns["id"], columns["category_id"]
    if _kinds(ids) != _WHOLE or _kinds(classes) != _WHOLE or not 0 < min(ids) <= max(ids) < LARGEST:
        return None
    same = {"iscrowd": 0, "image_id": number}
    if any(columns[name] != [same[name]] * len(ids) or bool in _kinds(columns[name]) for name in same.keys() & names):
        return None
    if not _kinds(columns.get("area", ())) <= _NUMBERS:
        return None
    own, meanings = [*map(str, ids)], _meanings(classes, categories)
    drawn = None if meanings is None or taken in own else _outlines(columns, size, shapes)
    if drawn is None or meanings is None:
        return None
    annotations = [
        {"id": identity, "category": meaning.category, "label_code": meaning.code, **place}
        for identity, meaning, place in zip(own, map(meanings.__getitem__, classes), drawn.places, strict=True)
    ]
    others = dict(_others(own, records, columns, drawn))
    return PlainRecords(annotations, _definitions(meanings), _kept(names, others), drawn.is_right)


def _of_boxes(boxes: BoxRecords, taken: str, size: tuple[int, int], categories: Categories) -> PlainRecords | None:
    """Return what boxes mean."""
    own, meanings = [*map(str, boxes.numbers)], _meanings(boxes.classes, categories)
    if meanings is None or taken in own:
        return None
    told = [meanings[each] for each in boxes.classes]
    columns = BoxColumns(own, [each.category for each in told], [each.code for each in told], boxes.sides)
    (right, bottom), (rows, width) = boxes.most, size
    is_right = boxes.least >= 0 and right <= width and bottom <= rows
    return PlainRecords([], _definitions(meanings), _kept(boxes.names, boxes.areas), is_right, columns)


def _meanings(classes: Iterable[int], categories: Categories) -> dict[int, Meaning] | None:
    """Return what classes mean, by their ids; None if one is not among the categories, or two are one label."""
    used = dict.fromkeys(classes)
    if not used.keys() <= categories.records.keys():
        return None
    found = {each: categories[each] for each in used}
    return found if len({each.code for each in found.values()}) == len(found) else None


def _definitions(meanings: dict[int, Meaning]) -> dict[str, Record]:
    """Return the definitions of labels, where codes do not say all, by code."""
    return {each.code: each.definition for each in meanings.values() if each.definition}


def _kept(names: Collection[str], others: dict[str, Record]) -> Record:
    """Return what is kept of records: which of the members that are drawn they do not have, and what they say else."""
    absent = [name for name in DRAWN if name not in names]
    return ({"absent": absent} if absent else {}) | ({"annotations": others} if others else {})


def _outlines(columns: dict[str, list[Any]], size: tuple[int, int], shapes: Sequence[Shape]) -> _Drawn | None:
    """Return where polygons are; None if one is none."""
    if "segmentation" not in columns or not (_are_boxes(columns.get("bbox", [])) or "bbox" not in columns):
        return None
    known = [each.outline if isinstance(each, Outlined) else None for each in shapes]
    is_known = all(map(_is_outline, known, columns["segmentation"]))
    outlines = [each for each in (known if is_known else outlines_of([each.record for each in shapes])) if each]
    if len(outlines) < len(shapes):
        return None
    reaches = [each.reach for each in outlines if each.reach]
    is_right = len(reaches) == len(outlines) and _are_within(reaches, size)
    places = [{"type": "polygon", "polygon": each.polygon} for each in outlines]
    again = [each.drawn_area for each in outlines], [each.drawn_box for each in outlines]
    return _Drawn(places, [[each.flat] for each in outlines], *again, is_right, outlines)


def _is_outline(known: Outline | None, segmentation: object) -> bool:
    return known is not None and bool(known.segmentation is segmentation)


def _are_within(reaches: list[list[float]], size: tuple[int, int]) -> bool:
    """Tell whether outlines lie within a picture."""
    x, y, x_max, y_max = zip(*reaches, strict=True)
    return bool(min(*x, *y) >= 0 and max(x_max) <= size[1] and max(y_max) <= size[0])


def _others(
    own: list[str], records: Sequence[Record], columns: dict[str, list[Any]], drawn: _Drawn
) -> Iterator[tuple[str, Record]]:
    """Yield what records say otherwise than they are drawn again, if they do, by the ids of their annotations."""
    again: dict[str, list[Any]] = dict(zip(DRAWN, (drawn.segmentations, drawn.areas, drawn.boxes), strict=False))
    others = {name: column for name, column in again.items() if columns.get(name, column) != column}
    for place, (identity, record) in enumerate(zip(own, records, strict=True)) if others else ():
        fields = {name: record[name] for name in record if name in others and record[name] != others[name][place]}
        if fields:
            yield identity, {"fields": fields, "of": drawn.outlines[place].digest}


def _are_boxes(boxes: list[Any]) -> bool:
    """Tell whether values are lists of a corner and a size, numbers of the size of images."""
    if _kinds(boxes) != _LISTS or {*map(len, boxes)} != {_SIDES} or not _kinds(chain.from_iterable(boxes)) <= _NUMBERS:
        return False
    x, y, width, height = zip(*boxes, strict=True)
    ends = [*map(add, x, width)], [*map(add, y, height)]
    is_near = min(map(min, (x, y))) > -_FAR and max(map(max, (x, y, width, height, *ends))) < _FAR
    return bool(is_near and min(map(min, (width, height))) >= 0)


def _kinds(values: Iterable[object]) -> set[type]:
    return {*map(type, values)}
