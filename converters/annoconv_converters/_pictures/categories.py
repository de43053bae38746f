"""COCO categories and label codes: what a category means to us, and which id a label has.

A category's name is the label code. A name that is no code (`license plate`) becomes one (`license_plate`), and the
label is defined in the case. The supercategory is the label's parent, else the annotation category. Ids count the
labels of the task's label system and then of the built-in one, from 1, so that they do not depend on which labels a
case uses.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from annoconv.codes import Labels, built_in_labels
from annoconv.model import AnnotationCategory

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence, Set

    from annoconv.model import Label

__all__ = ["Categories", "CategoryTable", "Meaning", "code_from_name", "number_from_code"]

_CODE: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,127}")
_UNNAMED: Final = re.compile(r"CATEGORY_(0|[1-9][0-9]{0,8})")
"""Code of a category that the file names by its id only."""
_NAME: Final = re.compile(r"[^\x00-\x1F\x7F]+")
_CATEGORIES: Final = frozenset(category.value for category in AnnotationCategory)
_CHINESE: Final = re.compile(r"[\u3400-\u9fff]")


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a category of a file means.

    Attributes
    ----------
    code
        Label code.
    category
        Annotation category.
    definition
        Label of the case, where the name is no code.
    keypoints
        Names of its keypoints.
    """

    code: str
    category: str
    definition: dict[str, Any] | None = None
    keypoints: tuple[str, ...] = ()


def code_from_name(name: str, number: object) -> str:
    """Return the label code for a category's name: itself if it is one."""
    if _CODE.fullmatch(name):
        return name
    code = re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_")[:120] if name.isascii() else ""
    if code and not code[0].isalpha():
        code = f"L_{code}"
    return code or "CATEGORY_" + (re.sub(r"[^A-Za-z0-9]+", "_", str(number)).strip("_")[:100] or "0")


def number_from_code(code: str) -> int | None:
    """Return the category id of a label code that `code_from_name` made of nothing else; None if it is no such code."""
    found = _UNNAMED.fullmatch(code)
    return int(found[1]) if found else None


class Categories:
    """The categories of a file by id.

    Parameters
    ----------
    records
        The file's records; what is no category is skipped here and found by `check`.
    labels
        Where the annotation category of a label is looked up that the file does not name.
    """

    def __init__(self, records: Iterable[Any], labels: Labels | None) -> None:
        self._labels = labels
        self.records: dict[object, dict[str, Any]] = {}
        self._meanings: dict[object, Meaning] = {}
        taken: dict[str, int] = {}
        for record in records:
            number = record.get("id") if isinstance(record, dict) else None
            if type(number) in {int, str} and number not in self.records:
                self.records[number] = record
                self._meanings[number] = self._meaning(record, taken)

    def __getitem__(self, number: object) -> Meaning:
        """Return the meaning of a category id; one that the file lacks has a code made of its number."""
        if type(number) not in {int, str}:
            number = "unknown"
        if number not in self._meanings:
            self._meanings[number] = self._meaning({"id": number, "name": ""}, {})
        return self._meanings[number]

    def _meaning(self, record: dict[str, Any], taken: dict[str, int]) -> Meaning:
        name = record.get("name")
        name = name if isinstance(name, str) else ""
        wanted = code_from_name(name, record["id"])
        code = wanted
        while code in taken:
            taken[wanted] += 1
            code = f"{wanted}_{taken[wanted]}"
        taken[code] = 1
        definition = None
        if name != code and _NAME.fullmatch(name):
            definition = {"code": code, "name_zh" if _CHINESE.search(name) else "name_en": name}
        keypoints = record.get("keypoints")
        named = keypoints if isinstance(keypoints, list) else []
        return Meaning(
            code, self._category(record, code), definition, tuple(each for each in named if isinstance(each, str))
        )

    def _category(self, record: dict[str, Any], code: str) -> str:
        above = record.get("supercategory")
        if isinstance(above, str) and above in _CATEGORIES:
            return above
        known = self._labels.get(code) if self._labels is not None else None
        return known.category.value if known and known.category else AnnotationCategory.OTHER.value


@dataclass
class CategoryTable:
    """The categories of a file that is being written.

    Attributes
    ----------
    label_system
        The task's labels.
    records
        Records by label code, in the order in which they were asked for.
    kept
        Codes whose records are another file's.
    """

    label_system: Sequence[Label] = ()
    records: dict[str, dict[str, Any]] = field(default_factory=dict)
    kept: set[str] = field(default_factory=set)
    _positions: dict[str, int] = field(default_factory=dict)
    _taken: set[object] = field(default_factory=set)

    def __post_init__(self) -> None:
        for label in (*self.label_system, *built_in_labels()):
            self._positions.setdefault(label.code, len(self._positions) + 1)

    def keep(self, code: str, record: dict[str, Any]) -> None:
        """Take over the record that a label had in the file that it came from."""
        number = record.get("id")
        if code not in self.records and type(number) in {int, str} and number not in self._taken:
            self.records[code] = record
            self.kept.add(code)
            self._taken.add(number)

    def number(self, code: str, category: str, labels: Labels) -> Any:
        """Return the id of a label's category."""
        if code not in self.records:
            label = labels.get(code)
            above = (label and label.parent) or (label and label.category and label.category.value) or category
            self.records[code] = {"id": self._free(code), "name": code, "supercategory": above}
            self._taken.add(self.records[code]["id"])
        return self.records[code]["id"]

    def _free(self, code: str) -> int:
        numbered = number_from_code(code)
        wanted = self._positions.get(code) if numbered is None else numbered
        if wanted is not None and wanted not in self._taken:
            return wanted
        number = len(self._positions) + 1
        while number in self._taken:
            number += 1
        return number

    def sorted(self, used: Set[str] | None = None) -> list[dict[str, Any]]:
        """Return the records by id; those of another file stay in its order.

        Where `used` is given, the ids that annotations have, others are left out if the file that is written again
        did not define them, and so are those that say no more than their id.
        """
        records = [
            record
            for code, record in self.records.items()
            if used is None or code in self.kept or (str(record["id"]) in used and number_from_code(code) is None)
        ]
        return records if self.kept else sorted(records, key=_by_id)


def _by_id(record: dict[str, Any]) -> tuple[int, Any]:
    number = record["id"]
    return (0, number) if isinstance(number, int) else (1, str(number))
