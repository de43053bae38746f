"""Losses as people read them: what the receiver loses first, once for each reason, with the annotations concerned."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import takewhile
from typing import TYPE_CHECKING, Final

from annoconv.loss import LossKind
from annoconv.messages import Message, listed, shortened, translate

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from annoconv.cli.spool import Told
    from annoconv.messages import Language

__all__ = ["Lost"]

_FILE: Final = re.compile(r"~1|\.[A-Za-z]\w*$")
"""In a step of a place: it is the name of a file."""
_ORDER: Final = (LossKind.NO_PLACE, LossKind.APPROXIMATED, LossKind.PRECISION, LossKind.RESAMPLED)
_GROUPS: Final = 2_000
"""Groups that are held; what is in others is only counted."""
_NAMED: Final = 3
_HELD: Final = 1_000
"""Annotations of a group that are held."""
_MOST_WAITING: Final = 10_000
_LIST: Final = "annotations"


@dataclass
class _Group:
    """Losses for one reason at one place, of one annotation or of several."""

    first: str
    file: str = ""
    """The name with which the place begins, if that is of a file; `*` of several."""
    values: int = 0
    count: int = 0
    """Of the annotations."""
    cases: int = 0
    members: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])
    """Cases and positions of the first annotations."""
    leaves: list[str] = field(default_factory=list[str])
    _last: tuple[int, str] = (-1, "")

    def add(self, case_index: int, member: str) -> None:
        """Count a value; those of a case follow one another, and so do those of an annotation."""
        self.values += 1
        if (case_index, member) != self._last:
            self.count += 1
            self.cases += case_index != self._last[0]
            self._last = case_index, member
            if len(self.members) < _HELD:
                self.members.append(self._last)


class Lost:
    """Takes losses in order; says them grouped.

    Parameters
    ----------
    names
        Ids of the annotations of each case, as far as they are known.
    """

    def __init__(self, names: Mapping[int, Sequence[str]]) -> None:
        self._names = names
        self._groups: dict[tuple[str, str, str, bool, str, bool], _Group] = {}
        self._waiting: list[Told] = []
        """Of one annotation, which may turn out to be lost as a whole."""

    def add(self, loss: Told) -> None:
        """Take a loss that changes what the receiver has."""
        if self._waiting and _member(loss) != _member(self._waiting[0]):
            self._put()
        if _member(loss) is None or len(self._waiting) == _MOST_WAITING:
            self._group(loss)
        else:
            self._waiting.append(loss)

    def _put(self) -> None:
        """Group the losses of an annotation: as one if its very type is lost."""
        waiting, self._waiting = self._waiting, []
        whole = next((each for each in waiting if each.path.endswith("/type") and each.kind == LossKind.NO_PLACE), None)
        for each in waiting:
            if whole is None or each.kind != LossKind.NO_PLACE:
                self._group(each)
            else:
                self._group(whole._replace(path="/".join(whole.path.split("/")[:3])))

    def _group(self, loss: Told) -> None:
        steps = loss.path.split("/")[1:]
        is_annotation = _member(loss) is not None
        member = steps[1] if is_annotation else ""
        rest = _without_places(steps[2:] if is_annotation else steps)
        file, within = (rest[0], rest[1:]) if len(rest) > 1 and _FILE.search(rest[0]) else ("", rest)
        place = "/".join("*" if step.isdecimal() and len(rest) > 1 else step for step in within)
        key = (loss.kind, loss.text, f"/{_LIST}/*" if is_annotation else "", bool(file), place, loss.is_of_case)
        group = self._groups.get(key)
        if group is None:
            if len(self._groups) == _GROUPS:
                return
            first = f"/{_LIST}/{member}" if is_annotation else "/".join(("", *rest))
            group = self._groups[key] = _Group(first, file, leaves=[place])
        group.file = file if group.file == file else "*"
        group.add(loss.case_index, member)

    def lines(self, lang: Language) -> Iterator[tuple[str, int]]:
        """Yield each line and how many values it is about."""
        self._put()
        joined: dict[tuple[str, str, str, str, tuple[tuple[int, str], ...], int, bool], _Group] = {}
        for (kind, text, where, _, place, is_of_case), group in self._groups.items():
            key = (kind, text, where, group.file, tuple(group.members), group.count, is_of_case)
            known = joined.setdefault(key, group)
            if known is not group:
                known.values += group.values
                known.leaves.append(place)
        order = {kind.value: rank for rank, kind in enumerate(_ORDER)}
        ranked = sorted(joined.items(), key=lambda each: (order[each[0][0]], each[1].leaves != [""]))
        for (kind, text, where, _, _, _, is_of_case), group in ranked:
            yield f"  {shortened(self._place(group, where, lang, is_of_case=is_of_case))}: {kind}: {text}", group.values

    def _place(self, group: _Group, where: str, lang: Language, *, is_of_case: bool) -> str:
        leaves = [leaf for leaf in group.leaves if leaf]
        if not where.startswith(f"/{_LIST}/"):
            is_one = len(leaves) == 1 and "*" not in leaves[0] and group.file != "*"
            shared = "/".join(filter(None, (group.file, _shared(leaves))))
            place = group.first if is_one else f"/{shared or '...'}"
            several = [Message("{count} values", count=group.values)] if group.values > 1 else []
            several += [Message("{count} cases", count=group.cases)] if group.cases > 1 else []
            return f"{place} ({translate(listed(several), lang)})" if several else place
        start = group.first if group.count == 1 else where
        place = f"{start}/{leaves[0]}" if len(leaves) == 1 else f"{start}: {', '.join(leaves)}" if leaves else start
        named = [self._name(case, int(at)) for case, at in group.members] if is_of_case else []
        if named and all(named):
            return f"{place} ({translate(listed(named, _NAMED, count=group.count), lang)})"
        if group.count == 1:
            return place
        return f"{place} ({translate(Message('{count} annotations', count=group.count), lang)})"

    def _name(self, case_index: int, place: int) -> str | None:
        known = self._names.get(case_index, ())
        return known[place] if place < len(known) else None


def _shared(places: list[str]) -> str:
    """Return the way that several places have in common."""
    steps = zip(*(place.split("/") for place in places), strict=False)
    return "/".join(each[0] for each in takewhile(lambda each: len({*each}) == 1, steps))


def _member(loss: Told) -> tuple[int, str] | None:
    """Return the case and the position of the annotation that a loss is of; None if it is of something else."""
    steps = loss.path.split("/", 3)
    return (loss.case_index, steps[2]) if steps[1:2] == [_LIST] and steps[2:] and steps[2].isdecimal() else None


def _without_places(steps: list[str]) -> list[str]:
    """Return a path without the positions at its end: all numbers of a matrix are one thing."""
    end = len(steps)
    while end > 1 and steps[end - 1].isdecimal():
        end -= 1
    return steps[:end]
