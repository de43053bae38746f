"""Losses of a command, sorted and each once, as they are told; what is many waits in files (`annoconv.loss`)."""

from __future__ import annotations

import heapq
from collections import Counter, deque
from functools import lru_cache
from itertools import groupby
from json.encoder import encode_basestring
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from annoconv.loss import LossCollector, LossKind, LossReport, merged
from annoconv.messages import Message, translate

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import TextIO

    from annoconv.loss import Loss
    from annoconv.messages import Language

__all__ = ["Losses", "Told"]

_MANY: Final = 20_000
"""Losses of a report that is merged with the others as it stands."""
_SENTENCES: Final = 1_000
"""Sentences that are remembered in the language of the command."""


class Told(NamedTuple):
    """A loss as it is told: its sentence in English and in the language of the command."""

    case_index: int
    path: str
    kind: str
    message: str
    text: str
    is_of_case: bool = False
    """Whether the path is one of the case, not of a file that was read."""

    def to_json(self, lang: Language = "en") -> dict[str, Any]:
        """Return what `Loss.to_json` does."""
        told = {} if lang == "en" else {f"message_{lang}": self.text}
        return {"case_index": self.case_index, "path": self.path, "kind": self.kind, "message": self.message, **told}

    @property
    def changes_value(self) -> bool:
        """Whether what the receiver has differs."""
        return LossKind(self.kind).changes_value


class Losses:
    """Takes losses in any order; gives them by case, path and kind."""

    def __init__(self, lang: Language) -> None:
        self._lang: Language = lang
        self._taken = {are_of_case: LossCollector() for are_of_case in (False, True)}
        self._reports: dict[bool, list[LossReport]] = {are_of_case: [] for are_of_case in (False, True)}
        self.carriers: dict[str, Message] = {}
        """Where what is carried travels, as far as that was told."""
        self._text = lru_cache(_SENTENCES)(self._sentence)

    def add(self, losses: Iterable[Loss], *, are_of_case: bool = False) -> None:
        """Take losses; a report of many, of which few are held at a time and which is in order, as it is."""
        if isinstance(losses, LossReport) and len(losses) > _MANY:
            self._reports[are_of_case].append(losses)
        else:
            self._taken[are_of_case] += losses

    def __iter__(self) -> Iterator[Told]:
        """Yield each loss once, in order."""
        return heapq.merge(self._told(are_of_case=False), self._told(are_of_case=True))

    def write(self, file: TextIO) -> None:
        """Write what `LossReport.to_json` gives."""

        @lru_cache(_SENTENCES)
        def end(kind: str, message: str) -> str:
            return f'    "kind": {encode_basestring(kind)},\n    "message": {encode_basestring(message)}\n  }}'

        before = "[\n"
        for loss in self._losses(False, True):
            told = f'    "case_index": {loss.case_index},\n    "path": {encode_basestring(loss.path)},\n'
            file.write(f"{before}  {{\n{told}{end(loss.kind._value_, loss.message)}")
            before = ",\n"
        file.write("[]\n" if before == "[\n" else "\n]\n")

    def of_images(self) -> set[tuple[str, str]]:
        """Return path and sentence of what was taken at `/image` as a whole."""
        return {(loss.path, loss.message) for loss in self._losses(False, True) if loss.path == "/image"}

    def clear(self) -> None:
        """Forget what was taken."""
        for are_of_case, taken in self._taken.items():
            taken.clear()
            self._reports[are_of_case].clear()

    def counts(self) -> Counter[str]:
        """Return how many losses there are of each kind."""
        found: Counter[str] = Counter()
        for are_of_case in (False, True):
            report = self._report(are_of_case=are_of_case)
            found.update(report.counts())
            deque(map(self._text, report.sentences()), maxlen=0)
        if len(self.carriers) > 1:  # they are named in the order of the losses
            self.carriers.clear()
            self._text.cache_clear()
            deque(self, maxlen=0)
        return found

    def changes(self) -> Iterator[Told]:
        """Yield, in order, the losses that change what the receiver has."""
        every = (self._as_told(self._report(are_of_case=each).changes(), are_of_case=each) for each in (False, True))
        return heapq.merge(*every)

    def _report(self, *, are_of_case: bool) -> LossReport:
        taken, reports = self._taken[are_of_case], self._reports[are_of_case]
        if not reports:
            return LossReport(taken)
        if len(reports) == 1 and not taken:
            return reports[0]
        every = LossCollector()
        every += self._losses(are_of_case)
        return LossReport(every)

    def _told(self, *, are_of_case: bool) -> Iterator[Told]:
        return self._as_told(self._losses(are_of_case), are_of_case=are_of_case)

    def _as_told(self, losses: Iterable[Loss], *, are_of_case: bool) -> Iterator[Told]:
        for loss in losses:
            yield Told(loss.case_index, loss.path, loss.kind._value_, *self._text(loss.message), are_of_case)

    def _sentence(self, sentence: str) -> tuple[str, str]:
        """Return a sentence in English and in the language of the command; note where what is carried travels."""
        if isinstance(sentence, Message) and sentence.template.endswith("travels in {place}"):
            place = sentence.values["place"]
            self.carriers[str(place)] = place if isinstance(place, Message) else Message(str(place))
        return str(sentence), translate(sentence, self._lang)

    def _losses(self, *which: bool) -> Iterator[Loss]:
        taken = [self._taken[each] for each in which if self._taken[each]]
        reports = [report for each in which for report in self._reports[each]]
        if not reports and len(taken) < 2:
            return iter(taken[0] if taken else ())
        return (loss for loss, _ in groupby(merged([*reports, *(each.sorted() for each in taken)])))
