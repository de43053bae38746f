"""The bar that shows on a terminal how far a command is: what is counted, done, total, rate and time left.

Of work inside of other work (slices of a case, cases of a command) the outermost is told first, and the bar is that of
what moved last. Nothing is drawn before a moment has passed, nor where standard error is no terminal.
"""

from __future__ import annotations

import shutil
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, TextIO
from unicodedata import east_asian_width

from annoconv.messages import Message, translate
from annoconv.progress import watched_by, watcher

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable
    from pathlib import Path

    from annoconv.messages import Language

__all__ = ["Bar", "cases_in", "showing"]

_FIRST: Final = 0.4
"""Seconds before anything is drawn: what is done sooner needs no bar."""
_BETWEEN: Final = 0.1
"""Seconds between two drawings."""
_MEASURED: Final = 0.5
"""Seconds of a stage before its rate is told."""
_CELLS: Final = 20
_LEAST_COLUMNS: Final = 20


class _Stage:
    """Something that is done step by step."""

    def __init__(self, bar: Bar, name: Message, total: int | None, began: float) -> None:
        self._bar = bar
        self.name = name
        self.total = total
        self.began = began
        self.done = 0

    def to(self, done: int) -> None:
        """Tell how much is done."""
        self.done = max(done, self.done)
        self._bar.moved(self)

    def end(self) -> None:
        """Tell that it is over."""
        self._bar.ended(self)


class Bar:
    """Draws how far work is on one line, which it clears.

    Parameters
    ----------
    stream
        A terminal.
    lang
        Language of the words.
    clock
        Returns seconds.
    """

    def __init__(self, stream: TextIO, lang: Language, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._lang: Language = lang
        self._clock = clock
        self._stages: list[_Stage] = []
        self._next = clock() + _FIRST
        self._drawn = 0
        """Columns of what stands on the line."""

    def begin(self, name: Message, total: int | None) -> _Stage:
        """Return what is told of something that begins."""
        stage = _Stage(self, name, total, self._clock())
        self._stages.append(stage)
        return stage

    def moved(self, stage: _Stage) -> None:
        """Draw, if it is time to."""
        now = self._clock()
        if now >= self._next:
            self._next = now + _BETWEEN
            self._draw(stage, now)

    def ended(self, stage: _Stage) -> None:
        """Forget what is over."""
        if stage in self._stages:
            self._stages.remove(stage)
        if not self._stages:
            self.clear()

    def clear(self) -> None:
        """Clear the line, so that something else can be written there."""
        if self._drawn:
            self._stream.write(f"\r{' ' * self._drawn}\r")
            self._stream.flush()
            self._drawn = 0

    def _draw(self, stage: _Stage, now: float) -> None:
        lasting = [each for each in self._stages if now - each.began >= _MEASURED and each.total != 1]
        if lasting and stage not in lasting:  # it may be over before anybody has read it
            stage = lasting[-1]
        outer = lasting[0] if lasting else stage
        before = "" if outer is stage else f"{self._counted(outer)}, "
        room = max(shutil.get_terminal_size().columns - 1, _LEAST_COLUMNS)
        line = _cut(before + self._told(stage, now), room)
        columns = _columns(line)
        self._stream.write(f"\r{line}{' ' * max(self._drawn - columns, 0)}")
        self._stream.flush()
        self._drawn = columns

    def _counted(self, stage: _Stage) -> str:
        of = "" if stage.total is None else f"/{stage.total}"
        return f"{translate(stage.name, self._lang)} {stage.done}{of}"

    def _told(self, stage: _Stage, now: float) -> str:
        spent = now - stage.began
        rate = stage.done / spent if spent >= _MEASURED else 0.0
        parts = [self._counted(stage)]
        if stage.total:
            filled = min(_CELLS * stage.done // stage.total, _CELLS)
            parts = [f"{translate(stage.name, self._lang)} [{'#' * filled}{'-' * (_CELLS - filled)}]"]
            parts.append(f"{stage.done}/{stage.total}")
        if rate:
            parts.append(f"{rate:.0f}/s" if rate >= 10 else f"{rate:.1f}/s")
        if rate and stage.total:
            left = max(stage.total - stage.done, 0) / rate
            parts.append(translate(Message("{time} left", time=_duration(left)), self._lang))
        return "  ".join(parts)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _columns(text: str) -> int:
    return sum(2 if east_asian_width(each) in "WF" else 1 for each in text)


def _cut(text: str, room: int) -> str:
    while _columns(text) > room:
        text = text[:-1]
    return text


def cases_in(paths: Iterable[Path]) -> int:
    """Return how many cases files hold, as far as their lines tell."""
    total = 0
    for path in paths:
        total += 1
        if path.suffix == ".jsonl" and path.is_file():
            with path.open("rb") as file:
                total += sum(1 for _ in file) - 1
    return total


@contextmanager
def showing(lang: Language, *, quiet: bool) -> Generator[Bar | None]:
    """Show how far work is meanwhile, if standard error is a terminal: with the bar that is there, else a new one."""
    known = watcher()
    if quiet or not sys.stderr.isatty():
        yield None
    elif isinstance(known, Bar):
        yield known
    else:
        bar = Bar(sys.stderr, lang)
        try:
            with watched_by(bar):
                yield bar
        finally:
            bar.clear()
