"""Classes of pictures and label codes: what a category means to us, and which id and name a label has.

`annoconv.codes` makes the label of a category's name; a category that has an id only is named by it. The supercategory
is the label's parent, else the annotation category. Ids count the labels of the task's label system and then of the
built-in one, from 1, so that they do not depend on which labels a case uses.
"""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain, count
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from annoconv.class_list import class_list
from annoconv.codes import UNCLASSIFIED, ClassLabel, Labels, built_in_labels, is_name, name_fields, own_code
from annoconv.model import AnnotationCategory
from annoconv_converters._pictures.skeletons import defined_by

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence, Set

    from annoconv.model import Case, Label
    from annoconv_converters._pictures.records import Picture

__all__ = [
    "Categories", "CategoryTable", "ClassKind", "Meaning", "categories_of", "number_stated", "unnamed",
    "unnamed_number",
]  # fmt: skip

ClassKind: TypeAlias = Literal["numbered", "ordered", "seen"]
"""What the classes of a file are: a list with numbers, a list with an order only, or those that are seen in it."""

_UNNAMED: Final = re.compile(r"CATEGORY_(0|[1-9][0-9]{0,8})")
"""Name of a category of which the file tells the id only."""
_LARGEST: Final = (1 << 53) - 1
"""Number that JSON readers keep."""
_CATEGORIES: Final = frozenset(category.value for category in AnnotationCategory)


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
        Label of the case, where the code does not say all.
    keypoints
        Names of its keypoints.
    """

    code: str
    category: str
    definition: dict[str, Any] | None = None
    keypoints: tuple[str, ...] = ()


def categories_of(names: Iterable[str], first: int = 0) -> list[dict[str, Any]]:
    """Return the records of classes that a file names without numbers, by place; what has no name is unclassified."""
    return [{"id": place, "name": name if name.strip() else UNCLASSIFIED} for place, name in enumerate(names, first)]


def unnamed(number: object) -> str:
    """Return the name of a category of which the file tells the id only."""
    return f"CATEGORY_{number}"


def unnamed_number(code: str) -> int | None:
    """Return the id of a category that has no name, from its label code; None if it has one."""
    found = _UNNAMED.fullmatch(code)
    return int(found[1]) if found else None


def number_stated(identity: object) -> int | None:
    """Return the number that the id of a category is or states, as `0` does; None if it states none."""
    if isinstance(identity, str) and identity.isascii() and identity.isdecimal():
        identity = int(identity[:20])
    return identity if type(identity) is int and 0 <= identity <= _LARGEST else None


class Categories:
    """The categories of a file by id.

    Parameters
    ----------
    records
        The file's records; what is no category is skipped here and found by `check`.
    labels
        The label systems in which names are looked up.
    kind
        What the records are; the ids of a list with numbers are these.
    """

    def __init__(self, records: Iterable[Any], labels: Labels, *, kind: ClassKind = "seen") -> None:
        self._labels = labels
        self.kind = kind
        self.records: dict[object, dict[str, Any]] = {}
        self._meanings: dict[object, Meaning] = {}
        self._last: tuple[tuple[object, ...], Categories] | None = None
        self._names: dict[str, object] = {}
        """The first id of each name."""
        self.add(records)

    def add(self, records: Iterable[Any]) -> None:
        """Take further records of the file, in their order; a list with numbers must be whole before it is asked."""
        for record in records:
            number = record.get("id") if isinstance(record, dict) else None
            if type(number) in {int, str} and number not in self.records:
                self.records[number] = record
                self._names.setdefault(self.name_of(number), number)

    def __getitem__(self, number: object) -> Meaning:
        """Return the meaning of a category id; what has none is unclassified."""
        if type(number) not in {int, str}:
            return Meaning(UNCLASSIFIED, AnnotationCategory.OTHER.value)
        if number not in self._meanings:
            name = self.name_of(number)
            found = self._labels.of_name(name)
            if self._names.setdefault(name, number) != number:  # another category of the same name
                code = own_code(name, str(number))
                meaning = {**(found.definition or name_fields(name)), "code": code}
                found = ClassLabel(code, found.known, meaning)
            self._meanings[number] = self._meaning(number, found)
        return self._meanings[number]

    def of_case(self, pictures: Iterable[Picture]) -> Categories:
        """Return the categories as they are for the pictures of one case, of which no two are one label."""
        ids = (shape.record.get("category_id") for picture in pictures for shape in picture.shapes)
        return self.apart(number for number in ids if type(number) in {int, str})

    @cached_property
    def whole(self) -> Categories:
        """The categories as they are for a case that has all of them: no two of the file are one label."""
        return self.apart(self.records)

    @cached_property
    def listed(self) -> list[dict[str, Any]]:
        """The class list, as a case has it in `labels`: every class in order, numbered; empty if there is none."""
        return self.labels_of(self.records) if self.kind != "seen" else []

    @cached_property
    def _by_code(self) -> dict[str, list[int]]:
        """Places of the categories among the records, by their codes."""
        places: dict[str, list[int]] = {}
        for place, number in enumerate(self.records):
            places.setdefault(self[number].code, []).append(place)
        return places

    def numbers_of(self, codes: Iterable[str]) -> list[object]:
        """Return the ids of the categories that have these label codes, in the order of the file."""
        numbers = [*self.records]
        return [numbers[place] for place in sorted(chain(*(self._by_code.get(code, ()) for code in codes)))]

    def labels_of(self, numbers: Iterable[object]) -> list[dict[str, Any]]:
        """Return classes by their ids as a case has them in `labels`; one whose id is no number has the first free."""
        return [
            {**(self[number].definition or {"code": self[number].code}), "number": self._class_numbers[number]}
            for number in numbers
            if number in self.records
        ]

    @cached_property
    def _class_numbers(self) -> dict[object, int]:
        """The number of each class by its id: what that states, if no other does."""
        numbers: dict[object, int] = {}
        by_number: set[int] = set()
        for identity in self.records:
            stated = number_stated(identity)
            if stated is not None and stated not in by_number:
                numbers[identity] = stated
                by_number.add(stated)
        rest = [identity for identity in self.records if identity not in numbers]
        free = (number for number in count() if number not in by_number)
        return numbers | dict(zip(rest, free, strict=False))

    def name_of(self, number: object) -> str:
        """Return the name of a category; of one that has none, its id with a word before it."""
        name = self.records.get(number, {}).get("name") if type(number) in {int, str} else None
        return name if isinstance(name, str) and name.strip() else unnamed(number)

    def apart(self, numbers: Iterable[object]) -> Categories:
        """Return the categories as they are for a case that has some of them, of which no two are one label."""
        listed = tuple(dict.fromkeys(numbers))
        if self._last is not None and self._last[0] == listed:
            return self._last[1]
        self._last = listed, self._apart(listed)
        return self._last[1]

    def _apart(self, listed: Sequence[object]) -> Categories:
        by_code: dict[str, list[object]] = {}
        for number in listed:
            by_code.setdefault(self[number].code, []).append(number)
        shared = [number for numbers in by_code.values() if len(numbers) > 1 for number in numbers]
        if not shared:
            return self
        told = self._labels.of_names([(self.name_of(number), {}) for number in shared])
        apart = copy.copy(self)
        for name in ("listed", "_by_code"):
            apart.__dict__.pop(name, None)
        apart._last = None
        meanings = {number: self._meaning(number, found) for number, found in zip(shared, told, strict=True)}
        apart._meanings = {**self._meanings, **meanings}
        return apart

    def _meaning(self, number: object, found: ClassLabel) -> Meaning:
        record = self.records.get(number, {})
        above = record.get("supercategory")
        category = found.known and found.known.category
        if isinstance(above, str) and above in _CATEGORIES:
            category = AnnotationCategory(above)
        definition, told = found.definition, defined_by(record)
        stated = found.known.model_dump(mode="json", include=set(told)) if found.known else {}
        if told and told != stated:
            definition = {**(definition or {"code": found.code}), **told}
        category_ = (category or AnnotationCategory.OTHER).value
        return Meaning(found.code, category_, definition, tuple(told.get("keypoints", ())))


@dataclass
class CategoryTable:
    """The categories of a file that is being written.

    The class lists of cases keep their order and numbers, and so does the label system, which comes first; of two that
    want one number, the second has the next one that is free. A list without numbers is counted from 1, for the tools
    to which an id 0 is no class.

    Attributes
    ----------
    label_system
        The task's labels.
    records
        Records by class name, in the order in which they were asked for.
    codes
        A label code of each class name.
    kept
        Names whose records are another file's.
    listed
        Names that a class list has.
    counted
        Names whose numbers no list and no label system tells, so that they depend on which classes are used; with it,
        whether the place in the built-in label system does.
    """

    label_system: Sequence[Label] = ()
    records: dict[str, dict[str, Any]] = field(default_factory=dict)
    codes: dict[str, str] = field(default_factory=dict)
    kept: set[str] = field(default_factory=set)
    listed: set[str] = field(default_factory=set)
    counted: dict[str, bool] = field(default_factory=dict)
    _positions: dict[str, int] = field(default_factory=dict)
    _reserved: dict[str, int] = field(default_factory=dict)
    """Numbers of the labels of the label system that no class has yet, by code."""
    _taken: set[object] = field(default_factory=set)
    _highest: int = -1
    """Of the numbers that are taken."""
    last: Sequence[Label] | None = None

    def __post_init__(self) -> None:
        for place, label in enumerate(self.label_system):
            number = label.number if self._is_numbered else place + 1
            if label.code not in self._reserved:
                self._reserved[label.code] = self._next() if number is None or number in self._taken else number
                self._take_number(self._reserved[label.code])
        self._positions |= self._reserved
        for label in built_in_labels():
            self._positions.setdefault(label.code, len(self._positions) + 1)

    @property
    def _is_numbered(self) -> bool:
        return any(label.number is not None for label in self.label_system)

    def take(self, case: Case, known: Labels) -> None:
        """Take over the class list of a case."""
        labels = class_list(case)
        if labels == self.last:
            return
        self.last = labels
        for label in labels:
            name = known.name_of(label.code)
            if name not in self.records:
                wanted = max(self._next(), 1) if label.number is None else label.number
                self._add(name, label.code, self._record(name, label.code, known, wanted))
            self.listed.add(name)

    def keep(self, code: str, record: dict[str, Any], labels: Labels) -> None:
        """Take over the record that a label had in the file that it came from."""
        number, told = record.get("id"), record.get("name")
        name = labels.name_of(code)
        if name == code and isinstance(told, str) and is_name(told) and labels.is_code_of(code, told):
            name = told  # of a category that the case does not use
        is_free = type(number) in {int, str} and number not in self._taken and code not in self._reserved
        if name not in self.records and is_free:
            self._add(name, code, record)
            self.kept.add(name)

    def number(self, code: str, category: str, labels: Labels) -> Any:
        """Return the id of a label's category, which tells the annotation category too."""
        name = labels.name_of(code)
        if name not in self.records:
            is_told = code in self._reserved or code == UNCLASSIFIED or name.startswith(unnamed(""))
            self._add(name, code, self._record(name, code, labels, None))
            if not is_told:
                self.counted[name] = self.records[name]["id"] == self._positions.get(code)
        record = self.records[name]
        if name not in self.kept and record.get("supercategory", "") is None:
            record["supercategory"] = category
        return record["id"]

    def _record(self, name: str, code: str, labels: Labels, wanted: int | None) -> dict[str, Any]:
        """Return the record of a class; what is above it is open if neither its label nor an annotation has told it."""
        label = labels.get(code)
        above = (label and label.parent) or (label and label.category and label.category.value)
        number = self._reserved.pop(code, None)
        if number is None:
            number = self._free(code, wanted)
        return {"id": number, "name": name, "supercategory": above}

    def _add(self, name: str, code: str, record: dict[str, Any]) -> None:
        self.records[name] = record
        self.codes[name] = code
        self._take_number(record["id"])

    def _take_number(self, number: object) -> None:
        self._taken.add(number)
        if isinstance(number, int):
            self._highest = max(self._highest, number)

    def _free(self, code: str, wanted: int | None) -> int:
        has_list = wanted is not None or bool(self.listed) or self._is_numbered
        wanted = unnamed_number(code) if wanted is None else wanted
        if wanted is None and not has_list:
            wanted = self._positions.get(code)
        if wanted is not None and wanted not in self._taken:
            return wanted
        return self._next() if has_list else max(self._next(), len(self._positions) + 1)

    def _next(self) -> int:
        """Return the number behind all that are taken."""
        return self._highest + 1

    def sorted(self, used: Set[str] | None = None) -> list[dict[str, Any]]:
        """Return the records by id; those of another file stay in its order.

        Where `used` is given, the ids that annotations have, others are left out if neither a class list nor the file
        that is written again has them, and so are those that say no more than their id.
        """
        other = AnnotationCategory.OTHER.value
        records = [
            {**record, "supercategory": other} if record.get("supercategory", "") is None else record
            for name, record in self.records.items()
            if used is None
            or name in self.kept
            or ((str(record["id"]) in used or name in self.listed) and unnamed_number(name) is None)
        ]
        system = {label.code: label for label in self.label_system}
        for code, number in self._reserved.items():
            above = system[code].parent or (system[code].category or AnnotationCategory.OTHER).value
            records.append({"id": number, "name": code, "supercategory": above})
        return records if self.kept else sorted(records, key=_by_id)


def _by_id(record: dict[str, Any]) -> tuple[int, Any]:
    number = record["id"]
    return (0, number) if isinstance(number, int) else (1, str(number))
