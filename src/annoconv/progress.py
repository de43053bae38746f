"""How far work is: who does it tells, who watches is told. Where nobody watches it costs next to nothing.

What takes long over many things says so where it goes through them::

    for path in over(paths, Message("files")):
        ...

Whoever watches is of one thread and its context: `with watched_by(bar): ...`.
"""

from __future__ import annotations

from collections.abc import Sized
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator

    from annoconv.messages import Message

__all__ = ["Stage", "Watcher", "begin", "over", "watched_by", "watcher"]

T = TypeVar("T")


class Stage(Protocol):
    """Something that is done step by step."""

    def to(self, done: int) -> None:
        """Tell how much is done."""
        ...

    def end(self) -> None:
        """Tell that it is over."""
        ...


class Watcher(Protocol):
    """Who is told how far work is."""

    def begin(self, name: Message, total: int | None) -> Stage:
        """Return what is told of something that begins: of what it is made, and how much there is, if that is known."""
        ...


_watcher: ContextVar[Watcher | None] = ContextVar("watcher", default=None)


class _Unwatched:
    def to(self, done: int) -> None: ...
    def end(self) -> None: ...


_UNWATCHED = _Unwatched()


@contextmanager
def watched_by(watcher: Watcher) -> Generator[None]:
    """Let someone watch what is done meanwhile."""
    before = _watcher.set(watcher)
    try:
        yield
    finally:
        _watcher.reset(before)


def watcher() -> Watcher | None:
    """Return who watches; None if nobody does."""
    return _watcher.get()


def begin(name: Message, total: int | None = None) -> Stage:
    """Return what is told of something that begins and does not go through things one by one."""
    watching = _watcher.get()
    return _UNWATCHED if watching is None else watching.begin(name, total)


def over(things: Iterable[T], name: Message, total: int | None = None) -> Iterable[T]:
    """Return things that are gone through, in a way that whoever watches sees it.

    Parameters
    ----------
    things
        Returned as they are if nobody watches.
    name
        What they are, in the plural.
    total
        How many there are, where they do not tell it themselves.
    """
    watching = _watcher.get()
    if watching is None:
        return things
    if total is None and isinstance(things, Sized):
        total = len(things)
    return _told(things, watching, name, total)


def _told(things: Iterable[T], watching: Watcher, name: Message, total: int | None) -> Iterator[T]:
    stage = watching.begin(name, total)
    try:
        for done, each in enumerate(things, 1):
            yield each
            stage.to(done)
    finally:
        stage.end()
