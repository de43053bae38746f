"""The classes of a file that is being written: which id, name and supercategory each label has.

Ids count the labels of the task's label system and then of the built-in one, from 1, so that they do not depend on
which labels a case uses; where cases have a class list, they are those of the list.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from annoconv.class_list import class_list
from annoconv.codes import UNCLASSIFIED, built_in_labels, is_name
from annoconv.model import AnnotationCategory
from annoconv_converters._pictures.categories import MOST_IN_EACH, unnamed, unnamed_number

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence, Set

    from annoconv.codes import Labels
    from annoconv.model import Case, Label

__all__ = ["CategoryTable"]


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
    moved
        The ids of classes that had another in one of their files, by label code.
    listed
        Names that a class list has.
    written
        The names that the records have.
    changed
        Names of the records that came or say more since `news` was asked, in order.
    counted
        Names whose numbers no list and no label system tells, so that they depend on which classes are used; with it,
        whether the place in the built-in label system does.
    """

    label_system: Sequence[Label] = ()
    records: dict[str, dict[str, Any]] = field(default_factory=dict)
    codes: dict[str, str] = field(default_factory=dict)
    kept: set[str] = field(default_factory=set)
    moved: dict[str, Any] = field(default_factory=dict)
    listed: set[str] = field(default_factory=set)
    written: set[str] = field(default_factory=set)
    changed: dict[str, None] = field(default_factory=dict)
    counted: dict[str, bool] = field(default_factory=dict)
    _ranks: dict[str, int] = field(default_factory=dict)
    """Places of the names among the records."""
    _positions: dict[str, int] = field(default_factory=dict)
    _reserved: dict[str, int] = field(default_factory=dict)
    """Numbers of the labels of the label system that no class has yet, by code."""
    _taken: set[object] = field(default_factory=set)
    _highest: int = -1
    """Of the numbers that are taken."""
    last: Sequence[Label] | None = None
    _is_asked: bool = False
    """Whether a number was asked for."""

    def __post_init__(self) -> None:
        for place, label in enumerate(self.label_system):
            number = label.number if self._is_numbered else place + 1
            if label.code not in self._reserved:
                self._reserved[label.code] = self._next() if number is None or number in self._taken else number
                self._take_number(self._reserved[label.code])
        self._positions |= self._reserved
        for label in built_in_labels():
            self._positions.setdefault(label.code, len(self._positions) + 1)

    @cached_property
    def _is_numbered(self) -> bool:
        return any(label.number is not None for label in self.label_system)

    def take(self, case: Case, known: Labels) -> None:
        """Take over the class list of a case."""
        labels = class_list(case)
        if labels == self.last:
            return
        self.last = labels
        names = [known.name_of(label.code) for label in labels]
        if self._is_order(labels, names):  # cases with parts of the list came first
            for known_of in (self.records, self.codes, self.written, self.changed, self.listed, self._ranks):
                known_of.clear()
            self._taken, self._highest = set(), -1
        for name, label in zip(names, labels, strict=True):
            if name not in self.records:
                wanted = max(self._next(), 1) if label.number is None else label.number
                self._add(name, label.code, self._record(name, label.code, known, wanted))
            if name not in self.listed:
                self.listed.add(name)
                self.changed[name] = None

    def _is_order(self, labels: Sequence[Label], names: Sequence[str]) -> bool:
        """Tell whether a long list without numbers has all classes that there are, of which no number was given yet."""
        is_open = not (self.label_system or self.kept or self._is_asked) and bool(self.records)
        has_all = is_open and len(labels) > MOST_IN_EACH and self.records.keys() <= {*names}
        return has_all and all(label.number is None for label in labels)

    def keep(self, code: str, record: dict[str, Any], labels: Labels) -> str | None:
        """Take over the record that a label had in the file that it came from; return its name if it is taken.

        One whose id is no number or text, or that of another class, has a new one; it is then no other file's record.
        """
        number, told = record.get("id"), record.get("name")
        name = labels.name_of(code)
        if name == code and isinstance(told, str) and is_name(told) and labels.is_code_of(code, told):
            name = told  # of a category that the case does not use
        if name in self.records or code in self._reserved:
            now = self.records[name]["id"] if name in self.records else self._reserved[code]
            if now != number:
                self.moved[code] = now
            return None
        if type(number) in {int, str} and number not in self._taken:
            self._add(name, code, record)
            self.kept.add(name)
        else:
            self.moved[code] = self._free(code, None)
            self._add(name, code, {**record, "id": self.moved[code]})
        return name

    def number(self, code: str, category: str, labels: Labels) -> Any:
        """Return the id of a label's category, which tells the annotation category too."""
        name = labels.name_of(code)
        self._is_asked = True
        if name not in self.records:
            is_told = code in self._reserved or code == UNCLASSIFIED or name.startswith(unnamed(""))
            self._add(name, code, self._record(name, code, labels, None))
            if not is_told:
                self.counted[name] = self.records[name]["id"] == self._positions.get(code)
        record = self.records[name]
        if name not in self.kept and record.get("supercategory", "") is None:
            record["supercategory"] = category
            self.changed[name] = None
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
        self._ranks[name] = len(self.records)
        self.records[name] = record
        self.codes[name] = code
        self.written.add(str(record.get("name")))
        self.changed[name] = None
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
        records = [self._whole(name) for name in self.records if self._is_shown(name, used)]
        records += self._open()
        return records if self.kept else sorted(records, key=_by_id)

    def _whole(self, name: str) -> dict[str, Any]:
        """Return the record of a class, which says what is above it unless it is another file's."""
        record = self.records[name]
        is_open = name not in self.kept and record.get("supercategory", "") is None
        return {**record, "supercategory": AnnotationCategory.OTHER.value} if is_open else record

    def _is_shown(self, name: str, used: Set[str] | None) -> bool:
        if used is None or name in self.kept:
            return True
        return (str(self.records[name]["id"]) in used or name in self.listed) and unnamed_number(name) is None

    def _open(self) -> Iterator[dict[str, Any]]:
        """Yield the records of the labels of the label system that no class has yet."""
        system = {label.code: label for label in self.label_system}
        for code, number in self._reserved.items():
            above = system[code].parent or (system[code].category or AnnotationCategory.OTHER).value
            yield {"id": number, "name": code, "supercategory": above}

    def news(self, used: Set[str] | None = None, *, is_anew: bool) -> Iterator[tuple[dict[str, Any], Any]]:
        """Yield the records of `sorted` that came or say more since it was asked, each with what it is sorted by.

        Where `is_anew`, yield all of them.
        """
        told = [*(self.records if is_anew else self.changed)]
        self.changed = {name: None for name in told if not self._is_shown(name, used)}  # they may be used later
        for name in told:
            if name not in self.changed:
                record = self._whole(name)
                yield record, (0, self._ranks[name]) if self.kept else _by_id(record)
        for place, record in enumerate(self._open() if is_anew else ()):
            yield record, (1, place) if self.kept else _by_id(record)


def _by_id(record: dict[str, Any]) -> tuple[int, Any]:
    number = record["id"]
    return (0, number) if isinstance(number, int) else (1, str(number))
