"""Records of cases of boxes, or of polygons, as they are written again with what their file said otherwise.

`put_back` says it of each record for itself. Of what is less plain, or is not read as what it was drawn of, nothing is
said here. Authority: cocodataset.org/#format-data.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from annoconv.codes import UNCLASSIFIED
from annoconv.pictures import named_image
from annoconv_converters._pictures.boxes import record_of
from annoconv_converters._pictures.categories import MOST_IN_EACH
from annoconv_converters._pictures.geometry import LARGEST_SIZE, is_numbers
from annoconv_converters._pictures.planes import DEFAULT_NAMES, LONGEST_NAME, parse_name
from annoconv_converters._pictures.records import captured, flat_uid
from annoconv_converters.coco.boxes import DRAWN
from annoconv_converters.coco.differences import digests_of, put_back

if TYPE_CHECKING:
    from collections.abc import Sequence

    from annoconv.casefile.column_cases import ColumnCase
    from annoconv.codes import Labels
    from annoconv_converters.coco.classes import Classes, Told
    from annoconv_converters.coco.drawn_plain import PlainCase

__all__ = ["class_numbers", "columns_again", "image_again", "records_of"]

Record: TypeAlias = "dict[str, Any]"

_ORDER: Final = ("id", "image_id", "category_id", "segmentation", "area", "bbox", "iscrowd")
"""Members of a record as they are written."""
_OPEN: Final = frozenset({"area", "iscrowd", "image_id"})
"""Members that a record need not have, beside that which does not say where it is."""
_OTHER: Final = frozenset({"fields", "of"})
"""What is kept of a record that says its area or its box otherwise."""
_SIDES: Final = 4
_NUMBERS: Final = frozenset({int, float})


def image_again(case: ColumnCase, kept: Any) -> Record | None:
    """Return the record of a picture, with what its file said otherwise; None if it is not read as this picture.

    Its id is None if no file had it.

    Parameters
    ----------
    case
        Whose picture it is.
    kept
        What its file said otherwise, its id.
    """
    drawn, address = record_of(case)
    record = put_back({"id": None, **drawn}, kept)
    name, size = drawn["file_name"], [record.get("width", 0), record.get("height", 0)]
    if (
        record.get("file_name") != name
        or len(name) > LONGEST_NAME
        or parse_name(DEFAULT_NAMES, name)
        or captured(record)
    ):
        return None
    if {*map(type, size)} != {int} or max(size) > LARGEST_SIZE or size != case.image["shape"]:
        return None
    uid = case.image["uid"]
    named = {name: case.image[name] for name in ("files", "extensions") if name in case.image}
    is_named = named == named_image(flat_uid(record)[1], uid, address)
    return record if is_named and type(record.get("id", 0.0)) in {int, str, type(None)} else None


def columns_again(plain: PlainCase, kept: Record) -> dict[str, list[Any]] | None:
    """Return the members of records, with what their file said otherwise; None if a reader keeps something else.

    Parameters
    ----------
    plain, kept
        The case, and what it keeps of its file.

    Returns
    -------
    dict
        Lists of those members that are drawn and no ids, one of each annotation.
    """
    ids = plain.case.columns.ids
    absent, others = kept.get("absent", []), kept.get("annotations", {})
    if plain.case.image_uid in ids or type(absent) is not list or type(others) is not dict:
        return None
    may = {*_OPEN, "bbox" if plain.outlines else "segmentation"}
    if absent != [name for name in DRAWN if name in absent] or not may.issuperset(absent):
        return None
    columns: dict[str, list[Any]] = {
        "segmentation": [*plain.segmentations],
        "area": [*plain.areas],
        "bbox": [*plain.boxes],
        "iscrowd": [0] * len(ids),
    }
    stated = {"area", "bbox"}.difference(absent) if plain.outlines else {"area"}.difference(absent)
    places = dict(zip(ids, range(len(ids)), strict=True)) if others else {}
    if not others.keys() <= places.keys() or not _are_read(plain, others, places):
        return None
    for identity, told in others.items():
        place = places[identity]
        fields = told["fields"]
        if not fields or not stated.issuperset(fields):
            return None
        for name, value in fields.items():
            is_number = type(value) in _NUMBERS if name == "area" else _is_box(value)
            if not is_number or value == columns[name][place]:
                return None
            columns[name][place] = value
    return columns


def _are_read(plain: PlainCase, others: Record, places: dict[str, int]) -> bool:
    """Tell whether what is kept of records is of those that are drawn."""
    for told in others.values():
        if type(told) is not dict or told.keys() != _OTHER or type(told["fields"]) is not dict:
            return False
    of = [places[identity] for identity in others]
    if plain.outlines:
        digests = [plain.outlines[place].digest for place in of]
    else:
        digests = digests_of([[[], plain.areas[place], plain.boxes[place]] for place in of])
    return digests == [told["of"] for told in others.values()]


def _is_box(value: Any) -> bool:
    """Tell whether a value is a corner and a size, numbers of the size of images."""
    if not is_numbers(value, _SIDES):
        return False
    x, y, width, height = value
    return min(width, height) >= 0 and is_numbers([x + width, y + height], 2)


def class_numbers(
    case: ColumnCase, classes: Classes, listed: Sequence[Record], told: Told, labels: Labels
) -> dict[str, int] | None:
    """Return the ids of the classes of a case by their codes; None if they, or its labels, are not read as these.

    Parameters
    ----------
    case
        The case.
    classes, listed
        Those of the file, and those that a reader lists of its labels, unless it lists others now.
    told, labels
        Its labels.
    """
    columns, table = case.columns, classes.table
    categories = dict(zip(columns.codes, columns.categories, strict=True))
    is_one = len({*zip(columns.codes, columns.categories, strict=True)}) == len(categories)
    if not is_one or not categories.keys() <= told.codes or UNCLASSIFIED in categories:
        return None
    numbers = {code: table.number(code, category, labels) for code, category in categories.items()}
    classes.used |= {*map(str, numbers.values())}
    known = classes.read()
    whole = known.whole
    if len(known.records) > MOST_IN_EACH or whole.list_with((), told.codes) is not listed:
        return None
    for code, number in numbers.items():
        if type(number) is not int or number not in whole.records:
            return None
        meaning = whole[number]
        if (meaning.code, meaning.category) != (code, categories[code]):
            return None
    return numbers


def records_of(columns: dict[str, list[Any]], kept: Record) -> list[Record]:
    """Return records of their members, but for those that they did not have in the file that they came from."""
    names = [name for name in _ORDER if name not in kept.get("absent", ())]
    rows = zip(*(columns[name] for name in names), strict=True)
    return [dict(zip(names, row, strict=True)) for row in rows]
