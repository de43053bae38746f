"""Class lists of data sets: those of the cases in a file that was written, and what its side file says of them.

A case has its class list in `labels`, each with the number that it has. A file has one list for all its cases. The
side file of one in which numbers have no place tells them, and of each case which classes of the file its own list has.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import count
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from annoconv.codes import UNCLASSIFIED, Labels, own_code
from annoconv.documents.losses import report
from annoconv.documents.residuals import pointer
from annoconv.loss import Loss, LossKind
from annoconv.messages import Message
from annoconv_converters._pictures.categories import MOST_IN_EACH, Categories

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from annoconv.documents.losses import Carrier, Reasons
    from annoconv.model import Label
    from annoconv_converters._pictures.categories import ClassKind
    from annoconv_converters._pictures.category_table import CategoryTable
    from annoconv_converters._pictures.records import Picture

__all__ = [
    "CLASSES", "COUNTED", "Counted", "FileLists", "SaidOnce", "WrittenLists", "are_listed", "class_losses",
    "classes_told", "renumbered", "shared",
]  # fmt: skip

Record: TypeAlias = "dict[str, Any]"
CLASSES: Final = "classes"
"""Member of a side file: name and number of each class of the file; and of a case in it: the places in that list of the
classes that the list of the case has."""
_LISTS: Final = 16
"""Lists of cases that are kept: most have that of the one before."""

COUNTED: Final = "counted"
"""Why a class has a number that depends on which others are used, among the reasons of a format."""
_SHARED: Final = "another class has the same name, so that this one is written by its code"


def classes_told(members: Mapping[str, Any]) -> list[Record] | None:
    """Return the class list that a side file tells of, empty if it has none; None if it is damaged."""
    told = members.get(CLASSES, [])
    return told if isinstance(told, list) and all(map(_is_class, told)) else None


def are_listed(entry: Record, told: Sequence[Record]) -> bool:
    """Tell whether the classes that a side file tells of a case are places in its class list."""
    return _are_places(entry.get(CLASSES, []), len(told))


def _is_class(told: Any) -> bool:
    return isinstance(told, dict) and isinstance(told.get("name"), str) and type(told.get("number")) in {int, str}


def _are_places(places: Any, count: int) -> bool:
    return isinstance(places, list) and all(type(each) is int and 0 <= each < count for each in places)


class FileLists:
    """The class lists of the cases of a file with a side file, as their `labels` have them, but for residuals.

    What the file says of its list wins: classes that are not in it any more are gone, and those that were added follow;
    of a long list these follow in the first case, and where they are used.

    Parameters
    ----------
    records, kind
        The classes of the file.
    told
        `classes` of its side file.
    is_edited
        Whether the file is another one than was written.
    """

    def __init__(
        self, records: Sequence[Record], kind: ClassKind, told: Sequence[Record], *, is_edited: bool = False
    ) -> None:
        numbers = {each["name"]: each["id"] for each in records} if kind != "seen" else {}
        known = {each["name"] for each in told}
        self._names = [each["name"] for each in told]
        self._members = numbers.keys() if numbers else known
        self._added = [each for each in numbers if is_edited and each not in known]
        self._is_long = len(records) > MOST_IN_EACH
        self._numbers = numbers if kind == "numbered" else {each["name"]: each["number"] for each in told}
        self._free = 1 + max((each for each in self._numbers.values() if type(each) is int), default=-1)
        self._records = {each["name"]: each for each in records}
        self._name_of = {each["id"]: each["name"] for each in records}
        self._made = lru_cache(maxsize=_LISTS)(self._rows)

    def of(self, places: Iterable[int], pictures: Iterable[Picture] = (), *, is_first: bool = True) -> list[Record]:
        """Return the list of a case; of that of the file, the side file tells which places it has."""
        added = self._added
        if added and self._is_long and not is_first:
            used = {self._name_of.get(shape.record.get("category_id")) for each in pictures for shape in each.shapes}
            added = [name for name in added if name in used]
        return self._made(tuple(places), tuple(added))

    def _rows(self, places: tuple[int, ...], added: tuple[str, ...]) -> list[Record]:
        names = [self._names[place] for place in places if self._names[place] in self._members]
        free, numbers = count(self._free), self._numbers
        rows = [
            {**self._records.get(name, {}), "id": numbers[name] if name in numbers else next(free), "name": name}
            for name in (*names, *added)
        ]
        return Categories(rows, Labels.of(), kind="numbered").whole.listed


def class_losses(
    original: Record,
    losses: Iterable[Loss],
    drawn: Collection[str],
    written: Collection[str],
    reasons: Reasons,
    case_index: int,
    *,
    is_said: bool,
) -> list[Loss]:
    """Return the losses of a case with those that the names of its classes are; none of its list if they are said.

    Parameters
    ----------
    original
        The case.
    losses
        By comparison.
    drawn
        Ids of the annotations that are in the file.
    written
        Names of its classes.
    reasons
        Of its format.
    case_index
        Of the case.
    is_said
        Whether the case before had the same list; what is added to it is of the case alone.
    """
    given = _given(original, drawn, reasons, case_index)
    if is_said:
        added = len(original.get("labels", ()))
        kept = (loss for loss in losses if not loss.path.startswith("/labels/") or _place(loss) >= added)
        return [*kept, *given]
    return [*losses, *_renamed(original, written, case_index), *given]


def _place(loss: Loss) -> int:
    """Return the place of the label that a loss is of."""
    return int(loss.path.split("/")[2])


def _renamed(original: Record, written: Collection[str], case_index: int) -> Iterator[Loss]:
    """Yield a loss for each class that is written by its code, because another of its data set has its name."""
    for place, each in enumerate(original.get("labels", [])):
        field = next((name for name in ("name_en", "name_zh") if name in each), None)
        if field and each["code"] in written and own_code(each["code"]) != each["code"]:
            yield Loss(case_index, pointer(("labels", place, field)), LossKind.APPROXIMATED, _SHARED)


def _given(original: Record, drawn: Collection[str], reasons: Reasons, case_index: int) -> list[Loss]:
    """Return a loss for each object without a class to which a format gives one, as its reasons tell."""
    sentence = reasons.get(UNCLASSIFIED)
    is_class = any(each["code"] == UNCLASSIFIED for each in original.get("labels", []))
    if is_class or not isinstance(sentence, str):
        return []
    given = [place for place, each in enumerate(original["annotations"]) if each["label_code"] == UNCLASSIFIED]
    shown = (place for place in given if original["annotations"][place]["id"] in drawn)
    paths = (pointer(("annotations", place, "label_code")) for place in shown)
    return [Loss(case_index, path, LossKind.APPROXIMATED, Message(sentence)) for path in paths]


class Counted:
    """Tells of each class once, at its first object, that its number depends on which classes are used.

    Parameters
    ----------
    table
        The classes of the file, and which are counted.
    reasons
        Of the format; one under `COUNTED` among them.
    is_anew
        Whether the format numbers from 0 without a gap, so that a place in the built-in label system tells nothing.
    """

    def __init__(self, table: CategoryTable, reasons: Reasons, *, is_anew: bool) -> None:
        self._table, self._sentence, self._is_anew = table, reasons.get(COUNTED), is_anew
        self._said: set[str] = set()

    @property
    def is_open(self) -> bool:
        """Whether there is a class of which nothing is told yet."""
        return not self._table.counted.keys() <= self._said

    def losses(self, case: Record, known: Labels, drawn: Collection[str], case_index: int) -> Iterator[Loss]:
        """Yield what is told with a case, of whose annotations those with these ids are drawn."""
        if not isinstance(self._sentence, str):
            return
        for place, each in enumerate(case["annotations"] if self.is_open else ()):
            name = known.name_of(each["label_code"])
            is_placed = self._table.counted.get(name, True) if not self._is_anew else name not in self._table.counted
            if not is_placed and name not in self._said and each["id"] in drawn:
                self._said.add(name)
                yield Loss(
                    case_index, pointer(("annotations", place, "label_code")), LossKind.UNCODED, Message(self._sentence)
                )


def renumbered(original: Record, native: Record) -> Record:
    """Return a case with the numbers that its file gives to its classes."""
    if "labels" not in original:
        return original
    numbers = {each["code"]: each["number"] for each in native.get("labels", []) if "number" in each}
    labels = [
        {**each, "number": numbers.get(each["code"], each["number"])} if "number" in each else each
        for each in original["labels"]
    ]
    return {**original, "labels": labels}


def shared(original: Record, native: Record) -> Record:
    """Return what a file says of a case; of its class list what the case has or uses, for the rest is other cases'."""
    codes = {each["code"] for each in original.get("labels", [])}
    codes |= {each["label_code"] for each in native["annotations"]}
    told = native.get("labels", [])
    labels = [each for each in told if each["code"] in codes]
    labels = told if len(labels) == len(told) else labels  # that it is the same is seen at once
    return {name: labels if name == "labels" else value for name, value in native.items() if labels or name != "labels"}


class SaidOnce:
    """Tells of each case in turn whether the one before had the same class list, so that its losses were said.

    So they were if the last long list has all of its classes.
    """

    def __init__(self) -> None:
        self._said: Any = None
        self._long: dict[str, Label] = {}

    def __call__(self, labels: Sequence[Label] | None, listed: Sequence[Label]) -> bool:
        """Tell it of the labels of the next case, and which of these are its class list."""
        is_part = len(labels or ()) == len(listed) and all(self._long.get(each.code) == each for each in listed)
        is_said = bool(listed) and (labels == self._said or is_part)
        self._said = labels
        if len(listed) > MOST_IN_EACH:
            self._long = {each.code: each for each in listed}
        return is_said


class WrittenLists:
    """The class list of a file that was written, as it is read again, and those of its cases.

    Parameters
    ----------
    records, kind
        The classes of the file.
    listed
        The records that were written, in order.
    label_system
        The task's labels.

    Attributes
    ----------
    kind
        Of the list.
    known
        The categories of the file.
    told
        `classes` of its side file.
    written
        Names of the classes that were written.
    """

    def __init__(
        self, records: Sequence[Record], kind: ClassKind, listed: Sequence[Record], label_system: Sequence[Label]
    ) -> None:
        self._records, self._label_system = records, label_system
        self.kind: ClassKind = kind
        self.known = Categories(records, Labels.of(), kind=kind)
        self.told: list[Record] = [{"name": each["name"], "number": each["id"]} for each in listed]
        self._places = {each["name"]: place for place, each in enumerate(listed)}
        self.written = self._places.keys()
        # Most cases have the list of the one before.
        self._case: tuple[Sequence[Label] | None, list[int]] | None = None
        self._lists = FileLists(records, kind, self.told)

    def is_of(self, records: Sequence[Record], kind: ClassKind) -> bool:
        """Tell whether it is made of such classes."""
        return self.kind == kind and self._records == records

    def places(self, labels: Sequence[Label] | None, listed: Sequence[Label]) -> list[int]:
        """Return which classes of the file a case has in its class list, which these of its labels are."""
        if self._case is not None and self._case[0] == labels:
            self._case = labels, self._case[1]  # the next one may have the very same
            return self._case[1]
        known = Labels(labels or (), self._label_system)
        self._case = labels, [self._places[known.name_of(label.code)] for label in listed]
        return self._case[1]

    def of(self, places: Sequence[int]) -> list[Record]:
        """Return the class list of a case as it is read with the side file."""
        return self._lists.of(places) if places else []

    def is_other(self, places: Sequence[int], pictures: Sequence[Picture], *, is_first: bool) -> bool:
        """Tell whether a case would have less or more of the class list without the side file than it has."""
        return self.kind != "seen" and len(places) != len(self.known.list_of_case(pictures, is_first=is_first))

    def by_itself(
        self,
        original: Record,
        native: Callable[[], Record],
        losses: Sequence[Loss],
        reasons: Reasons,
        carrier: Carrier,
        case_index: int,
        *,
        is_said: bool,
    ) -> list[Loss]:
        """Return the losses of a case, those of its class list by what the file says of that without a side file.

        None of its list are told if the case before had the same, of which they were said.
        """
        if is_said:
            return [loss for loss in losses if not loss.path.startswith("/labels/")]
        if self.kind == "numbered" or "labels" not in original:
            return [*losses]
        listed = native().get("labels", [])
        shown = [{name: value for name, value in each.items() if name != "number"} for each in listed]
        ours, theirs = ({"labels": each} for each in (original["labels"], shown))
        found = report(ours, theirs, reasons, carrier, case_index=case_index)
        return [*(loss for loss in losses if not loss.path.startswith("/labels/")), *found.losses]
