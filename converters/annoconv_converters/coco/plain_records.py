"""Records of a picture that all are boxes, or all one polygon each, and say little else: understood column by column.

What they say otherwise than what is drawn again of them can only be an area or the box of a polygon. `plain_picture`
says of each record for itself what it means, and the same of these. Continuous pixels, origin at the outer corner of
the first pixel. Authority: cocodataset.org/#format-data.
"""

from __future__ import annotations

from itertools import chain
from operator import add, mul, sub
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from annoconv_converters._pictures.geometry import each_rounded, each_tidy
from annoconv_converters.coco.differences import digest_of
from annoconv_converters.coco.outlines import Outlined, outlines_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from annoconv_converters._pictures.categories import Categories
    from annoconv_converters._pictures.records import Shape
    from annoconv_converters.coco.outlines import Outline

__all__ = ["LARGEST", "PlainRecords", "plain_records"]

Record: TypeAlias = "dict[str, Any]"

LARGEST: Final = 10**18
"""Of the ids of records: an annotation tells those below it by its own."""
_DRAWN: Final[tuple[str, ...]] = ("segmentation", "area", "bbox", "id", "category_id", "iscrowd", "image_id")
"""Members of a record as it is drawn again, those first that say where it is."""
_MEMBERS: Final = frozenset(_DRAWN)
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
        One of each record.
    definitions
        Of their labels, where codes do not say all, by code.
    kept
        What the records say otherwise than they are drawn again.
    is_right
        Whether they are known to break no rule of COCO.
    """

    annotations: list[Record]
    definitions: dict[str, Record]
    kept: Record
    is_right: bool = False


class _Drawn(NamedTuple):
    """Where records are.

    Attributes
    ----------
    places
        Type and place of each, as annotations have them.
    segmentations, areas, boxes
        Segmentation, area and box of each, as it is drawn again.
    is_right
        Whether they are known to break no rule of COCO.
    outlines
        Those of polygons.
    """

    places: list[Record]
    segmentations: list[list[list[float]]]
    areas: list[float]
    boxes: list[list[float]]
    is_right: bool
    outlines: Sequence[Outline] = ()


def plain_records(
    shapes: Sequence[Shape], number: object, taken: str, size: tuple[int, int], categories: Categories
) -> PlainRecords | None:
    """Return what the records of a flat picture mean; None if one is more than that, or there is none.

    Parameters
    ----------
    shapes
        Its annotations, with records as `read_records` gives them.
    number
        Id of the picture.
    taken
        UID of the picture, which no annotation may have.
    size
        Rows and columns.
    categories
        Of the file.
    """
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
    own, used = [*map(str, ids)], dict.fromkeys(classes)
    if taken in own or not used.keys() <= categories.records.keys():
        return None
    meanings = {each: categories[each] for each in used}
    definitions = {each.code: each.definition for each in meanings.values()}
    if len(definitions) < len(meanings):
        return None
    are_drawn = any(columns.get("segmentation", ()))
    drawn = _outlines(columns, size, shapes) if are_drawn else _boxes(columns, size)
    if drawn is None:
        return None
    annotations = [
        {"id": identity, "category": meaning.category, "label_code": meaning.code, **place}
        for identity, meaning, place in zip(own, map(meanings.__getitem__, classes), drawn.places, strict=True)
    ]
    absent = [name for name in _DRAWN if name not in names]
    others = dict(_others(own, records, columns, drawn))
    kept = ({"absent": absent} if absent else {}) | ({"annotations": others} if others else {})
    told = {code: definition for code, definition in definitions.items() if definition}
    return PlainRecords(annotations, told, kept, drawn.is_right)


def _boxes(columns: dict[str, list[Any]], size: tuple[int, int]) -> _Drawn | None:
    """Return where boxes are; None if one is none, or another one is drawn again of it."""
    boxes = columns.get("bbox", [])
    if not _are_boxes(boxes) or not _kinds(columns.get("segmentation", ())) <= _LISTS:
        return None
    lefts, tops, widths, heights = zip(*boxes, strict=True)
    x, y = [*map(float, lefts)], [*map(float, tops)]
    x_max = [*map(max, each_rounded(map(add, lefts, widths)), x)]
    y_max = [*map(max, each_rounded(map(add, tops, heights)), y)]
    exact = [*map(sub, x_max, x)], [*map(sub, y_max, y)]
    drawn = each_tidy(exact[0]), each_tidy(exact[1])
    if [*widths] != drawn[0] or [*heights] != drawn[1]:
        return None
    places = [{"type": "bbox", "bbox": [*sides]} for sides in zip(x, y, x_max, y_max, strict=True)]
    right, bottom = max(map(add, lefts, widths)), max(map(add, tops, heights))
    is_right = min(map(min, (lefts, tops))) >= 0 and right <= size[1] and bottom <= size[0]
    again = [*map(list, zip(x, y, *drawn, strict=True))]
    return _Drawn(places, [[]] * len(boxes), each_tidy(map(mul, *exact)), again, is_right)


def _outlines(columns: dict[str, list[Any]], size: tuple[int, int], shapes: Sequence[Shape]) -> _Drawn | None:
    """Return where polygons are; None if one is none."""
    if not (_are_boxes(columns.get("bbox", [])) or "bbox" not in columns):
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
    return known is not None and known.segmentation is segmentation


def _are_within(reaches: list[list[float]], size: tuple[int, int]) -> bool:
    """Tell whether outlines lie within a picture."""
    x, y, x_max, y_max = zip(*reaches, strict=True)
    return min(x) >= 0 and min(y) >= 0 and max(x_max) <= size[1] and max(y_max) <= size[0]


def _others(
    own: list[str], records: Sequence[Record], columns: dict[str, list[Any]], drawn: _Drawn
) -> Iterator[tuple[str, Record]]:
    """Yield what records say otherwise than they are drawn again, if they do, by the ids of their annotations."""
    again: dict[str, list[Any]] = dict(zip(_DRAWN, (drawn.segmentations, drawn.areas, drawn.boxes), strict=False))
    others = {name: column for name, column in again.items() if columns.get(name, column) != column}
    for place, (identity, record) in enumerate(zip(own, records, strict=True)) if others else ():
        fields = {name: record[name] for name in record if name in others and record[name] != others[name][place]}
        if fields:
            of = drawn.outlines[place].digest if drawn.outlines else None
            yield identity, {"fields": fields, "of": of or digest_of({name: again[name][place] for name in again})}


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
