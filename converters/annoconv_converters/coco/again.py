"""Cases that came from COCO files and are written to one again: what a reader will make of them, without asking it.

Of such a case all comes back by itself if all did of one before it with the same labels, and if its records, with what
its file said otherwise, are those of which a reader keeps just that. `understand` says it of any case. What both say of
such a case is the same. Authority: cocodataset.org/#format-data.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from annoconv.casefile.column_cases import as_columns
from annoconv.codes import UNCLASSIFIED
from annoconv.documents import strict_json
from annoconv.pictures import named_image
from annoconv_converters._pictures.boxes import record_of
from annoconv_converters._pictures.categories import MOST_IN_EACH
from annoconv_converters._pictures.crowds import EXTENSION
from annoconv_converters._pictures.geometry import LARGEST_SIZE, is_numbers
from annoconv_converters._pictures.planes import DEFAULT_NAMES, LONGEST_NAME, parse_name
from annoconv_converters._pictures.records import captured, flat_uid
from annoconv_converters.coco.boxes import DRAWN, LARGEST
from annoconv_converters.coco.differences import difference_of, digests_of, put_back
from annoconv_converters.coco.records import objects_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    from annoconv.casefile import LoadedCase
    from annoconv.casefile.column_cases import CaseFrame, ColumnCase
    from annoconv.codes import Labels
    from annoconv.model import Case
    from annoconv_converters.coco.classes import Classes, Told
    from annoconv_converters.coco.drawn_plain import PlainCase

__all__ = ["Again", "Records"]

Record: TypeAlias = "dict[str, Any]"

_KEPT: Final = frozenset({"image", "absent", "annotations", "categories"})
"""What is kept of a file with a case behind the first."""
_ORDER: Final = ("id", "image_id", "category_id", "segmentation", "area", "bbox", "iscrowd")
"""Members of a record as they are written."""
_OPEN: Final = frozenset({"area", "iscrowd", "image_id"})
"""Members that a record need not have, beside that which does not say where it is."""
_OTHER: Final = frozenset({"fields", "of"})
"""What is kept of a record that says its area or its box otherwise."""
_SIDES: Final = 4
_NUMBERS: Final = frozenset({int, float})


class Records(NamedTuple):
    """What is written of a case.

    Attributes
    ----------
    image
        The record of its picture.
    numbers
        Ids of its annotations.
    annotations
        Their records.
    uses_all
        Whether each class of its list has one.
    """

    image: Record
    numbers: list[int]
    annotations: list[Record]
    uses_all: bool


class Again:
    """Tells of one case after the other what is written of it again, if that is known.

    Parameters
    ----------
    classes
        Of the file that is written.
    """

    def __init__(self, classes: Classes) -> None:
        self._classes = classes
        self._frame: CaseFrame | None = None
        """What the case before says beside its picture and its annotations, if all of it comes back."""
        self._listed: Sequence[Record] = ()
        """The classes that are read of its labels."""
        self._case: Case | None = None

    def note(self, loaded: LoadedCase, case: Case, told: Told, *, comes_back: bool) -> None:
        """Note of a case, and its labels, whether all of it comes back by itself."""
        known = as_columns(loaded) if comes_back else None
        self._frame = None if known is None else known.frame
        self._case, self._listed = case, self._classes.read().whole.list_with((), told.codes)

    def records(self, plain: PlainCase, kept: Record, told: Told, labels: Labels, position: int) -> Records | None:
        """Return what is written of a case of which all comes back by itself; None if that is to be asked.

        Parameters
        ----------
        plain, kept
            The case, and what it keeps of its file.
        told, labels
            The labels of the case before it.
        position
            One-based place of its picture in the file.
        """
        case = plain.case
        if case.frame is not self._frame or self._case is None or not plain.comes_back:
            return None
        if not (kept.keys() <= _KEPT and all(kept.values())):
            return None
        image = _image_again(case, kept.get("image"), position)
        if image is None or [*(case.extensions or {})] != [EXTENSION]:
            return None
        columns = _columns_again(plain, kept)
        if columns is None:
            return None
        classes = objects_in(kept.get("categories"))
        if not self._classes.has(classes, labels):
            self._classes.take(self._case, classes, labels)
        numbers = self._numbers(case, kept, told, labels)
        if numbers is None:
            return None
        columns["category_id"] = [numbers[code] for code in case.columns.codes]
        columns["image_id"] = [image["id"]] * len(columns["id"])
        names = [name for name in _ORDER if name not in kept.get("absent", ())]
        rows = zip(*(columns[name] for name in names), strict=True)
        records = [dict(zip(names, row, strict=True)) for row in rows]
        return Records(image, columns["id"], records, len(numbers) >= len(told.codes))

    def _numbers(self, case: ColumnCase, kept: Record, told: Told, labels: Labels) -> dict[str, Any] | None:
        """Return the ids of the classes of a case by their codes; None if they, or its labels, do not come back."""
        columns, table = case.columns, self._classes.table
        categories = dict(zip(columns.codes, columns.categories, strict=True))
        is_one = len({*zip(columns.codes, columns.categories, strict=True)}) == len(categories)
        if not is_one or not categories.keys() <= told.codes or UNCLASSIFIED in categories:
            return None
        numbers = {code: table.number(code, category, labels) for code, category in categories.items()}
        self._classes.used |= {*map(str, numbers.values())}
        known = self._classes.read()
        whole = known.whole
        if len(known.records) > MOST_IN_EACH or whole.list_with((), told.codes) is not self._listed:
            return None
        for code, number in numbers.items():
            if type(number) is not int or number not in whole.records:
                return None
            meaning = whole[number]
            if (meaning.code, meaning.category) != (code, categories[code]):
                return None
        named = {whole[number].code: whole.records[number] for number in whole.numbers_of(numbers)}
        return numbers if _is_same(named, kept.get("categories")) else None


def _image_again(case: ColumnCase, kept: Any, position: int) -> Record | None:
    """Return the record of a picture, with what its file said otherwise; None if a reader makes something else of it.

    Its name is that of the picture of the case.
    """
    drawn, address = record_of(case)
    record = put_back({"id": position, **drawn}, kept)
    name, size = record.get("file_name"), [record.get("width", 0), record.get("height", 0)]
    if name != drawn["file_name"] or len(name) > LONGEST_NAME or parse_name(DEFAULT_NAMES, name):
        return None
    if {*map(type, size)} != {int} or max(size) > LARGEST_SIZE or type(record.get("id")) not in {int, str}:
        return None
    if captured(record):
        return None
    uid, told = flat_uid(record)
    if case.image != {"uid": uid, "modality": "OT", "shape": size, **named_image(told, uid, address)}:
        return None
    again = {"id": position, "width": size[0], "height": size[1], "file_name": name}
    if not _is_same(None if again == record else difference_of(record, again), kept):
        return None
    return record


def _columns_again(plain: PlainCase, kept: Record) -> dict[str, list[Any]] | None:
    """Return the members of records, with what their file said otherwise; None if a reader keeps something else."""
    ids = plain.case.columns.ids
    absent, others = kept.get("absent", []), kept.get("annotations", {})
    numbers = _whole(ids)
    if numbers is None or plain.case.image_uid in ids or type(absent) is not list or type(others) is not dict:
        return None
    may = {*_OPEN, "bbox" if plain.outlines else "segmentation"}
    if absent != [name for name in DRAWN if name in absent] or not may.issuperset(absent):
        return None
    columns: dict[str, list[Any]] = {
        "id": numbers,
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


def _whole(ids: Sequence[str]) -> list[int] | None:
    """Return ids as the numbers that they are; None if one is none, or is read as another one."""
    try:
        numbers = [*map(int, ids)]
    except ValueError:
        return None
    return numbers if [*map(str, numbers)] == ids and 0 < min(numbers) <= max(numbers) < LARGEST else None


def _is_box(value: Any) -> bool:
    """Tell whether a value is a corner and a size, numbers of the size of images."""
    if not is_numbers(value, _SIDES):
        return False
    x, y, width, height = value
    return min(width, height) >= 0 and is_numbers([x + width, y + height], 2)


def _is_same(told: Any, kept: Any) -> bool:
    """Tell whether two members are the same text."""
    return strict_json.dumps([told]) == strict_json.dumps([kept])
