"""Losses of a command, sorted and each once, as they are told; what is many waits in files (`annoconv.loss`)."""

from __future__ import annotations

from functools import lru_cache
from itertools import groupby
from json.encoder import encode_basestring
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from annoconv.loss import LossCollector, LossKind, LossReport, merged
from annoconv.messages import translate

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
        self._taken = LossCollector()
        self._reports: list[LossReport] = []

    def add(self, losses: Iterable[Loss]) -> None:
        """Take losses; a report of many, of which few are held at a time and which is in order, as it is."""
        if isinstance(losses, LossReport) and len(losses) > _MANY:
            self._reports.append(losses)
        else:
            self._taken += losses

    def __iter__(self) -> Iterator[Told]:
        """Yield each loss once, in order."""

        @lru_cache(_SENTENCES)
        def text(sentence: str) -> tuple[str, str]:
            return str(sentence), translate(sentence, self._lang)

        for loss in self._losses():
            yield Told(loss.case_index, loss.path, loss.kind._value_, *text(loss.message))

    def write(self, file: TextIO) -> None:
        """Write what `LossReport.to_json` gives."""

        @lru_cache(_SENTENCES)
        def end(kind: str, message: str) -> str:
            return f'    "kind": {encode_basestring(kind)},\n    "message": {encode_basestring(message)}\n  }}'

        before = "[\n"
        for loss in self._losses():
            told = f'    "case_index": {loss.case_index},\n    "path": {encode_basestring(loss.path)},\n'
            file.write(f"{before}  {{\n{told}{end(loss.kind._value_, loss.message)}")
            before = ",\n"
        file.write("[]\n" if before == "[\n" else "\n]\n")

    def clear(self) -> None:
        """Forget what was taken."""
        self._taken.clear()
        self._reports.clear()

    def _losses(self) -> Iterator[Loss]:
        taken = self._taken
        if not self._reports:
            return iter(taken)
        return (loss for loss, _ in groupby(merged([*self._reports, taken.sorted()])))
