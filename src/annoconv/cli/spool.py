"""Losses of a command, sorted and each once, in constant memory: what is many waits in files, and is merged."""

from __future__ import annotations

import heapq
import json
from functools import lru_cache
from itertools import groupby, islice
from json.encoder import encode_basestring
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from annoconv.loss import LossKind, LossReport
from annoconv.messages import translate

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import TextIO

    from annoconv.loss import Loss
    from annoconv.messages import Language

__all__ = ["Losses", "Told"]

_HELD: Final = 20_000
"""Losses held at a time; more wait in files of as many."""
_SENTENCES: Final = 1_000
"""Sentences that are remembered in the language of the command."""
_LINE: Final = 250
"""Losses in one line of a file, which is read at once."""


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
        self._held: list[Told] = []
        self._folder: TemporaryDirectory[str] | None = None
        self._files: list[Path] = []
        self._reports: list[LossReport] = []

    def add(self, losses: Iterable[Loss]) -> None:
        """Take losses; a report of many, which holds few of them at a time and is in order, as it is."""
        if isinstance(losses, LossReport) and len(losses) > _HELD:
            self._reports.append(losses)
            return
        told = self._told(losses)
        while more := list(islice(told, _HELD - len(self._held))):
            self._held += more
            if len(self._held) == _HELD:
                self._put_away()

    def __iter__(self) -> Iterator[Told]:
        """Yield each loss once, in order."""
        merged = heapq.merge(sorted(self._held), *map(_lines, self._files), *map(self._told, self._reports))
        return (loss for loss, _ in groupby(merged))

    def write(self, file: TextIO) -> None:
        """Write what `LossReport.to_json` gives."""
        before = "[\n"
        for loss in self:
            path, kind, message = map(encode_basestring, (loss.path, loss.kind, loss.message))
            file.write(
                f'{before}  {{\n    "case_index": {loss.case_index},\n    "path": {path},\n    "kind": {kind},\n'
                f'    "message": {message}\n  }}'
            )
            before = ",\n"
        file.write("[]\n" if before == "[\n" else "\n]\n")

    def clear(self) -> None:
        """Forget what was taken."""
        self._held.clear()
        self._files.clear()
        self._reports.clear()

    def _told(self, losses: Iterable[Loss]) -> Iterator[Told]:
        text = lru_cache(_SENTENCES)(lambda sentence: (str(sentence), translate(sentence, self._lang)))
        return (Told(loss.case_index, loss.path, loss.kind.value, *text(loss.message)) for loss in losses)

    def close(self) -> None:
        """Remove the files."""
        if self._folder is not None:
            self._folder.cleanup()

    def _put_away(self) -> None:
        if self._folder is None:
            self._folder = TemporaryDirectory(prefix="annoconv-")
        path = Path(self._folder.name, str(len(self._files)))
        with path.open("w", encoding="utf-8") as file:
            held = sorted(self._held)
            file.writelines(f"{json.dumps(held[at : at + _LINE])}\n" for at in range(0, len(held), _LINE))
        self._files.append(path)
        self._held.clear()


def _lines(path: Path) -> Iterator[Told]:
    with path.open(encoding="utf-8") as file:
        for line in file:
            yield from map(Told._make, json.loads(line))
