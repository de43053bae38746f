"""Work that makes many objects and no circles, while which Python's collector would look for circles in vain."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

__all__ = ["collector_paused", "paused"]

Made = TypeVar("Made")


@contextmanager
def collector_paused() -> Generator[None]:
    """Keep the garbage collector from looking again and again at a large document while it is being built.

    JSON has no cycles, so there is nothing to collect; without it 100,000 annotations take twice as long.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def paused(made: Iterator[Made]) -> Iterator[Made]:
    """Yield what an iterator makes, the collector paused while it does (`collector_paused`)."""
    while True:
        with collector_paused():
            try:
                each = next(made)
            except StopIteration:
                return
        yield each
