"""The categories of a COCO file that is being written, and what the reader will see of them so far."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from annoconv.class_list import class_list
from annoconv.codes import Labels
from annoconv.documents import residuals, strict_json
from annoconv.documents.losses import report
from annoconv.loss import Loss, LossKind
from annoconv_converters._pictures.categories import MOST_IN_EACH, Categories
from annoconv_converters._pictures.category_table import CategoryTable
from annoconv_converters._pictures.crowds import EXTENSION
from annoconv_converters._pictures.skeletons import Skeletons, defined_by, names_of
from annoconv_converters.coco.finish import WITH_KEYPOINTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from annoconv.documents.losses import Reasons
    from annoconv.model import Case, Label
    from annoconv_converters._pictures.records import Picture

__all__ = ["CaseLists", "Classes", "Told"]

Record: TypeAlias = "dict[str, Any]"

_WITHOUT: Final = frozenset({"captions", "results"})
"""Kinds of files that have no categories."""
_CATEGORIES: Final = ("extensions", EXTENSION, "categories")
"""Where the first case of a file of other software keeps its categories."""
_SHARED: Final = "the class list of a COCO file is that of all its cases"
_OF_FILE: Final[Reasons] = {"*": _SHARED}


class Classes:
    """The classes of the cases so far, with their keypoints.

    Parameters
    ----------
    label_system
        The task's labels.
    asked
        The skeletons that were asked for, by code or name of a label.

    Attributes
    ----------
    table, skeletons
        The classes and their keypoints.
    kind
        Of the file.
    used
        Ids that annotations have.
    is_again
        Whether a file of other software is written again, with the classes that it had and no others that are not used.
    """

    def __init__(self, label_system: Sequence[Label], asked: Record) -> None:
        self.table, self.skeletons, self.asked = CategoryTable(label_system), Skeletons(), asked
        self.kind = "instances"
        self.used: set[str] = set()
        self.is_again = False
        self._kept: dict[int, str] = {}
        """Names of the classes whose records are those of their file, by these."""
        self._taken: tuple[Labels | None, dict[str, Record]] = None, {}
        """The labels of the case before, and what it and those before it with the same had: most have no other."""
        self._read: tuple[tuple[Any, ...], Categories] = (), Categories([], Labels.of(), kind="numbered")

    def take(self, case: Case, kept: dict[str, Record], labels: Labels) -> None:
        """Take the classes of a case and their keypoints: what was asked for, what their file said, what it says.

        Parameters
        ----------
        case, labels
            The case and its labels.
        kept
            The records that its classes had in their file, by label code.
        """
        if self._taken[0] is not labels or not self.table.kept:
            self._taken = labels, {}
        known = self._taken[1]
        others = {code: record for code, record in kept.items() if known.get(code) != record}
        fresh = self.table.take(case, labels, others)
        known |= others
        self._kept |= {id(self.table.records[name]): name for name in fresh}
        for code, told in self.asked.items():
            self.skeletons.define(labels.name_of(code), defined_by(told))
        for name in fresh:
            self.skeletons.define(name, defined_by(self.table.records[name]))
        self.skeletons.note(case, labels, with_points=self.kind in WITH_KEYPOINTS)
        self.skeletons.settle()

    def has(self, kept: dict[str, Record], labels: Labels) -> bool:
        """Tell whether all is taken of a case without points that has the labels of the one before."""
        return self._taken[0] is labels and bool(self.table.kept) and kept.items() <= self._taken[1].items()

    def read(self) -> Categories:
        """Return the categories as the reader will see them: the object that was returned before, with what is new."""
        if self.kind in _WITHOUT:
            return self._read[1]
        asked = len(self.skeletons), self.kind, bool(self.table.kept)
        is_anew = self._read[0] != asked
        if is_anew:
            self._read = asked, Categories([], Labels.of(), kind="numbered")
        for record, place in self.table.news(self._used, is_anew=is_anew):
            self._read[1].put(self._with_keypoints(record), place)
        return self._read[1]

    def records(self) -> list[Record]:
        """Return the records of the categories as the file has them."""
        return [] if self.kind in _WITHOUT else list(map(self._with_keypoints, self.table.sorted(self._used)))

    def is_cut(self, case: Case, pictures: Sequence[Picture]) -> bool:
        """Tell whether a case behind the first has more of a long class list than the file says of it by itself."""
        known = self.read()
        return len(known.records) > MOST_IN_EACH and len(class_list(case)) > len(known.list_with(pictures))

    def differ(self, told: Told) -> bool:
        """Tell whether a reader makes other labels of the classes that a case with these labels lists."""
        listed = {each["code"]: each for each in self.read().whole.list_with((), told.codes)}
        return any(listed.get(each["code"], each) != each for each in told.records)

    @property
    def _used(self) -> set[str] | None:
        return self.used if self.is_again else None

    def _with_keypoints(self, record: Record) -> Record:
        if self.kind != "keypoints":
            return record
        kept = self._kept.get(id(record))
        told = self.skeletons.record(record) if kept is None else {**record, **self._asked(kept)}
        return {name: value for name, value in told.items() if name != "flip_pairs"}

    def keypoints(self, name: str) -> list[str]:
        """Return the names of the keypoints of a class, in order; none if those of its records are all that it has."""
        if name in self.table.kept and not self._asked(name) and not names_of(self.table.records[name]):
            return []
        return self.skeletons.names(name)

    def _asked(self, name: str) -> Record:
        """Return the skeleton that was asked for a class."""
        told: Record = self.asked.get(name) or self.asked.get(self.table.codes[name]) or {}
        return {key: value for key, value in told.items() if key in {"keypoints", "skeleton"}}


class CaseLists:
    """The class lists of the cases of which only the file says one: that of all its cases."""

    def __init__(self) -> None:
        self._cases: dict[tuple[frozenset[str], bool], array[int]] = {}

    def note(self, codes: frozenset[str], case_index: int, *, are_used: bool) -> None:
        """Note the classes of such a case, by their label codes, and whether each has an annotation."""
        self._cases.setdefault((codes, are_used), array("Q")).append(case_index)

    def losses(self, known: Categories, kept: Record | None) -> Iterator[Loss]:
        """Yield what becomes of these lists.

        Each case gets all classes of the file; of a long list only the first does, the others get what they use.

        Parameters
        ----------
        known
            The categories of the file.
        kept
            Of a file that is written again, those that its first case keeps, by label code.
        """
        listed = known.whole.listed
        is_long = len(listed) > MOST_IN_EACH
        for (codes, are_used), cases in self._cases.items():
            own = [each for each in listed if each["code"] in codes]
            ours, theirs = ({"labels": each} if each else {} for each in (own, listed))
            for case_index in cases if len(own) < len(listed) else ():
                if not is_long or not case_index:
                    yield from report(ours, theirs, _OF_FILE, case_index=case_index).losses
                elif not are_used:
                    yield Loss(case_index, "/labels", LossKind.APPROXIMATED, _SHARED)
                if kept is not None and not case_index:
                    named = {known[number].code: record for number, record in known.records.items()}
                    had = {code: record for code, record in named.items() if code in kept}
                    yield from report(had, named, _OF_FILE, within=_CATEGORIES).losses


class Told:
    """The labels of a case, which most have in common with the one before, as JSON values, and their codes."""

    def __init__(self, labels: Sequence[Label] | None) -> None:
        self.labels = labels
        self.records: list[Record] = strict_json.plain(labels or [])
        self._order = _codes_in({"labels": self.records})
        self.codes = frozenset(self._order)
        self._same: list[Record] | None = None
        """Labels of a file that are the same."""

    def differ(self, original: Record, said: Record) -> bool:
        """Tell whether what is said of a case with these labels differs from it, be it in their order."""
        names = {"labels"} if self._same is not None and said.get("labels") is self._same else set[str]()
        ours, theirs = ({name: value for name, value in each.items() if name not in names} for each in (original, said))
        if residuals.differ(ours, theirs) or (not names and self._order != _codes_in(said)):
            return True
        self._same = said.get("labels")
        return False


def _codes_in(document: Record) -> list[str]:
    return [each["code"] for each in document.get("labels", ())]
