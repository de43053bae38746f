"""Classes of pictures and label codes: what a category means to us.

`annoconv.codes` makes the label of a category's name; a category that has an id only is named by it. The supercategory
is the label's parent, else the annotation category.
"""

from __future__ import annotations

import copy
import re
from collections import ChainMap
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, count
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from annoconv.codes import UNCLASSIFIED, ClassLabel, Labels, name_fields, own_code
from annoconv.model import AnnotationCategory
from annoconv_converters._pictures.columns import classes_of
from annoconv_converters._pictures.skeletons import defined_by

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, MutableMapping, Sequence

    from annoconv.model import Label
    from annoconv_converters._pictures.records import Picture

__all__ = [
    "MOST_IN_EACH", "Categories", "ClassKind", "Meaning", "categories_of", "number_stated", "unnamed", "unnamed_number",
]  # fmt: skip

MOST_IN_EACH: Final = 256
"""Classes of a list that every case of a file has; of a longer one the first case has all, each other what it uses."""

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
        self.kind: ClassKind = kind
        self.records: dict[object, dict[str, Any]] = {}
        self._places: dict[object, Any] = {}
        """What the ids are sorted by."""
        self._meanings: MutableMapping[object, Meaning] = {}
        self._last: tuple[tuple[object, ...], Categories] | None = None
        self._told: tuple[Iterable[str], frozenset[object], list[dict[str, Any]]] | None = None
        """Label codes that `list_with` was asked for, the ids of their categories, and what these are in a list."""
        self._names: dict[str, object] = {}
        """The first id of each name."""
        self._are_numbers = True
        self.add(records)

    def add(self, records: Iterable[Any]) -> None:
        """Take further records of the file, in their order; a list with numbers must be whole before it is asked."""
        for record in records:
            number = record.get("id") if isinstance(record, dict) else None
            if type(number) in {int, str} and number not in self.records:
                self.put(record, len(self.records))

    def put(self, record: dict[str, Any], place: Any) -> None:
        """Take a record, in place of the one that its id had; `place` is what the categories are sorted by."""
        number = record["id"]
        before = self.records.get(number)
        self.records[number] = record
        self._places[number] = place
        self._are_numbers = self._are_numbers and type(number) is int and 0 <= number <= _LARGEST
        self._names.setdefault(self.name_of(number), number)
        if before is not None and before.get("name") != record.get("name"):
            self._names = {self.name_of(each): each for each in reversed([*self.records])}
            self._meanings.clear()
            self.__dict__.pop("_by_code", None)
        self._meanings.pop(number, None)
        if before is None and "_by_code" in self.__dict__:
            self._by_code.setdefault(self[number].code, []).append(number)
        for name in ("whole", "listed", "_class_numbers"):
            self.__dict__.pop(name, None)
        self._last = self._told = None

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
        numbers = dict.fromkeys(_ids_of(pictures))
        are_apart = len(self.records) <= MOST_IN_EACH and self.whole is self and numbers.keys() <= self.records.keys()
        return self if are_apart else self.apart(numbers)

    @cached_property
    def whole(self) -> Categories:
        """The categories as they are for a case that has all of them: no two of the file are one label."""
        doubled = chain(*(numbers for numbers in self._by_code.values() if len(numbers) > 1))
        return self._apart(sorted(doubled, key=self._places.__getitem__))

    @cached_property
    def listed(self) -> list[dict[str, Any]]:
        """The class list, as a case has it in `labels`: every class in order, numbered; empty if there is none."""
        return self.labels_of(self.records) if self.kind != "seen" else []

    def list_of_case(self, pictures: Iterable[Picture], *, is_first: bool) -> list[dict[str, Any]]:
        """Return the class list of a case of the file: that of a case behind the first is short if the list is long."""
        return self.listed if is_first or len(self.records) <= MOST_IN_EACH else self.list_with(pictures)

    def list_with(self, pictures: Iterable[Picture], codes: Iterable[str] = ()) -> list[dict[str, Any]]:
        """Return of the class list the classes that pictures use, and those of some label codes."""
        if self.kind == "seen":
            return []
        if self._told is None or self._told[0] is not codes:
            numbers = self.numbers_of(codes)
            self._told = codes, frozenset(numbers), self.labels_of(numbers)
        used = {number for number in _ids_of(pictures) if number in self.records}
        _, numbers_told, told = self._told
        return (
            told if used <= numbers_told else self.labels_of(sorted(used | numbers_told, key=self._places.__getitem__))
        )

    @cached_property
    def _by_code(self) -> MutableMapping[str, list[object]]:
        """Ids of the categories by their codes."""
        numbers: dict[str, list[object]] = {}
        for number in self.records:
            numbers.setdefault(self[number].code, []).append(number)
        return numbers

    def numbers_of(self, codes: Iterable[str]) -> list[object]:
        """Return the ids of the categories that have these label codes, in the order of the file."""
        return sorted(chain(*(self._by_code.get(code, ()) for code in codes)), key=self._places.__getitem__)

    def labels_of(self, numbers: Iterable[object]) -> list[dict[str, Any]]:
        """Return classes by their ids as a case has them in `labels`; one whose id is no number has the first free."""
        stated = None if self._are_numbers else self._class_numbers
        return [
            {
                **(self[number].definition or {"code": self[number].code}),
                "number": number if stated is None else stated[number],
            }
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

    def category_stated(self, number: object) -> str | None:
        """Return the annotation category of a category id, by its supercategory or its label; None if neither says."""
        found = self._category(number, self._labels.find(self.name_of(number)))
        return found and found.value

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
        apart._last = apart._told = None
        meanings = {number: self._meaning(number, found) for number, found in zip(shared, told, strict=True)}
        apart._meanings = ChainMap(meanings, self._meanings)
        if "_by_code" in self.__dict__:  # of all, but for these
            codes = dict.fromkeys(each for number in shared for each in (self[number].code, meanings[number].code))
            changed = {code: [each for each in self._by_code.get(code, ()) if each not in meanings] for code in codes}
            for number, meaning in meanings.items():
                changed[meaning.code].append(number)
            apart._by_code = ChainMap(changed, self._by_code)
        return apart

    def _meaning(self, number: object, found: ClassLabel) -> Meaning:
        definition, told = found.definition, defined_by(self.records.get(number, {}))
        stated = found.known.model_dump(mode="json", include=set(told)) if found.known else {}
        if told and told != stated:
            definition = {**(definition or {"code": found.code}), **told}
        category = (self._category(number, found.known) or AnnotationCategory.OTHER).value
        return Meaning(found.code, category, definition, tuple(told.get("keypoints", ())))

    def _category(self, number: object, known: Label | None) -> AnnotationCategory | None:
        above = self.records.get(number, {}).get("supercategory") if type(number) in {int, str} else None
        if isinstance(above, str) and above in _CATEGORIES:
            return AnnotationCategory(above)
        return known.category if known is not None else None


def _ids_of(pictures: Iterable[Picture]) -> Iterator[Any]:
    """Yield the ids of the categories that the shapes of pictures have."""
    for picture in pictures:
        yield from (number for number in classes_of(picture) if type(number) in {int, str})
