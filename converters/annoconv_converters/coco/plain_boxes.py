"""Records that are boxes and say nothing but what is drawn again of them, if not an area: column by column.

What the records of a picture mean follows from their ids, their categories and four columns of numbers.
`plain_picture` says it of any record that is a box or a polygon, and the same of these.
"""

from __future__ import annotations

from itertools import chain
from operator import add, mul, sub
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from annoconv_converters._pictures.geometry import all_rounded, all_tidy
from annoconv_converters.coco.differences import digest_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from annoconv_converters._pictures.categories import Categories

__all__ = ["LARGEST", "PlainRecords", "plain_boxes"]

Record: TypeAlias = "dict[str, Any]"

LARGEST: Final = 10**18
"""Of the ids of records: an annotation tells those below it by its own."""
_DRAWN: Final = ("segmentation", "area", "bbox", "id", "category_id", "iscrowd", "image_id")
"""Members of a box as it is drawn again."""
_MEMBERS: Final = frozenset(_DRAWN)
_NEEDED: Final = frozenset({"id", "category_id", "bbox"})
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
    bounds
        The least x and y of a corner, and how far to the right and down they reach, pixels; None if that is not known.
    """

    annotations: list[Record]
    definitions: dict[str, Record]
    kept: Record
    bounds: tuple[float, float, float, float] | None = None

    def are_within(self, size: tuple[int, int]) -> bool:
        """Tell whether they are known to lie within a picture of so many rows and columns."""
        x, y, right, bottom = self.bounds or (-1, -1, 0, 0)
        return x >= 0 and y >= 0 and right <= size[1] and bottom <= size[0]


def plain_boxes(records: Sequence[Record], number: object, taken: str, categories: Categories) -> PlainRecords | None:
    """Return what the records of a flat picture mean; None if one is no such box, or there is none.

    Parameters
    ----------
    records
        Of its annotations, as `read_records` gives them.
    number
        Id of the picture.
    taken
        UID of the picture, which no annotation may have.
    categories
        Of the file.
    """
    names = records[0].keys() if records else frozenset[str]()
    if not _NEEDED <= names <= _MEMBERS or not all(names == record.keys() for record in records):
        return None
    same = {"segmentation": [], "iscrowd": 0, "image_id": number}
    if not all(_are(records, name, value) for name, value in same.items() if name in names):
        return None
    ids, classes, boxes = ([each[name] for each in records] for name in ("id", "category_id", "bbox"))
    if _kinds(ids) != _WHOLE or _kinds(classes) != _WHOLE or not 0 < min(ids) <= max(ids) < LARGEST:
        return None
    own, used = [*map(str, ids)], dict.fromkeys(classes)
    if taken in own or not used.keys() <= categories.records.keys():
        return None
    if _kinds(boxes) != _LISTS or {*map(len, boxes)} != {_SIDES} or not _kinds(chain.from_iterable(boxes)) <= _NUMBERS:
        return None
    lefts, tops, widths, heights = zip(*boxes, strict=True)
    bounds = min(lefts), min(tops), max(map(add, lefts, widths)), max(map(add, tops, heights))
    if min(bounds) <= -_FAR or max(*bounds, *widths, *heights) >= _FAR or min(*widths, *heights) < 0:
        return None
    x, y = [*map(float, lefts)], [*map(float, tops)]
    x_max = [*map(max, all_rounded(map(add, lefts, widths)), x)]
    y_max = [*map(max, all_rounded(map(add, tops, heights)), y)]
    exact = [*map(sub, x_max, x)], [*map(sub, y_max, y)]
    drawn = all_tidy(exact[0]), all_tidy(exact[1])
    if [*widths] != drawn[0] or [*heights] != drawn[1]:
        return None
    areas = [each["area"] for each in records] if "area" in names else []
    if not _kinds(areas) <= _NUMBERS:
        return None
    others: Record = {}
    for identity, area, told, *box in zip(own, all_tidy(map(mul, *exact)), areas, x, y, *drawn, strict=False):
        if area != told:
            again = {"segmentation": [], "area": area, "bbox": box}
            others[identity] = {"fields": {"area": told}, "of": digest_of(again)}
    meanings = {each: categories[each] for each in used}
    defined = {each.code: each.definition for each in meanings.values()}
    if len(defined) < len(meanings):
        return None
    annotations = [
        {"id": identity, "category": meaning.category, "label_code": meaning.code, "type": "bbox", "bbox": [*sides]}
        for identity, meaning, *sides in zip(own, map(meanings.get, classes), x, y, x_max, y_max, strict=True)
    ]
    definitions = {code: definition for code, definition in defined.items() if definition}
    absent = [name for name in _DRAWN if name not in names]
    kept = ({"absent": absent} if absent else {}) | ({"annotations": others} if others else {})
    return PlainRecords(annotations, definitions, kept, bounds)


def _kinds(values: Iterable[object]) -> set[type]:
    return {*map(type, values)}


def _are(records: Sequence[Record], name: str, drawn: object) -> bool:
    """Tell whether a member of all records is what is drawn again of each; true is not 1."""
    told = [each[name] for each in records]
    return told == [drawn] * len(told) and bool not in _kinds(told)
