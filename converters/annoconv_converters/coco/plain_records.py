"""Records of a picture that all are boxes, or all one polygon each, and say little else: understood column by column.

What they say otherwise than what is drawn again of them can only be an area or the box of a polygon. `plain_picture`
says of each record for itself what it means, and the same of these. Boxes are measured by `boxes`, polygons by
`outlines`. Continuous pixels, origin at the outer corner of the first pixel. Authority: cocodataset.org/#format-data.
"""

from __future__ import annotations

from itertools import chain, islice
from operator import add
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from annoconv.casefile.columns import BoxColumns, OutlineColumns
from annoconv_converters._pictures.columns import held
from annoconv_converters.coco.boxes import DRAWN, LARGEST, PlainColumns, box_records
from annoconv_converters.coco.outlines import Outlined, outlines_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from annoconv_converters._pictures.categories import Categories, Meaning
    from annoconv_converters._pictures.records import Picture, Shape
    from annoconv_converters.coco.outlines import Outline

__all__ = ["PlainRecords", "meanings_of", "outline_records", "plain_records", "records_of_columns"]

Record: TypeAlias = "dict[str, Any]"

_NEEDED: Final = frozenset({"id", "category_id", "segmentation"})
_MEMBERS: Final = frozenset(DRAWN)
_NOWHERE: Final = (-1, -1, -1, -1)
"""How far one reaches of which the area and the box are not those that are stated."""
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
        One of each record, if they are no columns.
    definitions
        Of their labels, where codes do not say all, by code.
    kept
        What the records say otherwise than they are drawn again.
    is_right
        Whether they are known to break no rule of COCO.
    columns
        What they are, if all are boxes or all outlines.
    """

    annotations: list[Record]
    definitions: dict[str, Record]
    kept: Record
    is_right: bool = False
    columns: BoxColumns | OutlineColumns | None = None


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
    known = held(picture)
    if not isinstance(known, PlainColumns):
        found = [(picture.record.get("id"), [each.record for each in picture.shapes], ())]
        (known,) = box_records(found)
        if known is None:
            (known,) = outline_records(found, _known(picture.shapes))
    meanings = None if known is None else meanings_of(known.classes, categories)
    return None if known is None or meanings is None else records_of_columns(known, taken, size, meanings)


def records_of_columns(
    known: PlainColumns, taken: str, size: tuple[int, int], meanings: dict[int, Meaning]
) -> PlainRecords | None:
    """Return what boxes, or outlines, mean, given what their classes do; None if one has the UID of the picture."""
    own = [*map(str, known.numbers)]
    if taken in own:
        return None
    told = [meanings[each] for each in known.classes]
    named = own, [each.category for each in told], [each.code for each in told]
    columns = OutlineColumns(*named, known.rings) if known.rings else BoxColumns(*named, known.sides)
    (right, bottom), (rows, width) = known.most, size
    is_right = known.least >= 0 and right <= width and bottom <= rows
    return PlainRecords([], _definitions(meanings), _kept(known.names, known.others), is_right, columns)


def meanings_of(classes: Iterable[int], categories: Categories) -> dict[int, Meaning] | None:
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


def _known(shapes: Sequence[Shape]) -> list[Outline | None]:
    """Return the outlines of records, measured already or now."""
    known = [each.outline if isinstance(each, Outlined) else None for each in shapes]
    segmentations = [each.record.get("segmentation") for each in shapes]
    is_known = all(each and each.segmentation is of for each, of in zip(known, segmentations, strict=True))
    return known if is_known else outlines_of([each.record for each in shapes])


def outline_records(
    pictures: Sequence[tuple[object, Sequence[Record], Sequence[int]]], outlines: Iterable[Outline | None]
) -> list[PlainColumns | None]:
    """Return the records of each picture, as `box_records` does, given the outline of each; None if one is none."""
    every = iter(outlines)
    return [_outlined(*picture, [*islice(every, len(picture[1]))]) for picture in pictures]


def _outlined(
    number: object, records: Sequence[Record], places: Sequence[int], measured: Sequence[Outline | None]
) -> PlainColumns | None:
    outlines = [each for each in measured if each]
    names = frozenset(records[0]) if records else frozenset[str]()
    if (
        len(outlines) < len(records)
        or not _NEEDED <= names <= _MEMBERS
        or any(names != each.keys() for each in records)
    ):
        return None
    columns = {name: [each[name] for each in records] for name in names}
    ids, classes = columns["id"], columns["category_id"]
    if _kinds(ids) != _WHOLE or _kinds(classes) != _WHOLE or not 0 < min(ids) <= max(ids) < LARGEST:
        return None
    same = {"iscrowd": 0, "image_id": number}
    if any(columns[name] != [same[name]] * len(ids) or bool in _kinds(columns[name]) for name in same.keys() & names):
        return None
    if not (_kinds(columns.get("area", ())) <= _NUMBERS and ("bbox" not in names or _are_boxes(columns["bbox"]))):
        return None
    x, y, x_max, y_max = zip(*(each.reach or _NOWHERE for each in outlines), strict=True)
    return PlainColumns(
        ids, classes, rings=[each.polygon for each in outlines], records=records, places=places, names=names,
        others=dict(_others(records, columns, outlines)), measured=outlines, least=min(*x, *y),
        most=(max(x_max), max(y_max)),
    )  # fmt: skip


def _others(
    records: Sequence[Record], columns: dict[str, list[Any]], outlines: Sequence[Outline]
) -> Iterator[tuple[str, Record]]:
    """Yield what records say otherwise than they are drawn again, if they do, by the ids of their annotations."""
    again: dict[str, list[Any]] = {
        "segmentation": [[each.flat] for each in outlines],
        "area": [each.drawn_area for each in outlines],
        "bbox": [each.drawn_box for each in outlines],
    }
    others = {name: drawn for name, drawn in again.items() if columns.get(name, drawn) != drawn}
    for place, record in enumerate(records) if others else ():
        fields = {name: record[name] for name in record if name in others and record[name] != others[name][place]}
        if fields:
            yield str(record["id"]), {"fields": fields, "of": outlines[place].digest}


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
