"""How many cases there may be: of what is read one at least, of a file of one case no second."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from annoconv.advice import CORRECT_FILE, NOTHING
from annoconv.errors import GeometryError, ImageError, InputError, MaskError, UsageError
from annoconv.messages import Message

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from annoconv.casefile import LoadedCase, Reading

__all__ = ["at_least_one", "only_one"]

_MOST_NAMED: Final = 5


def only_one(cases: Iterable[LoadedCase], target: Path) -> Iterator[LoadedCase]:
    """Yield the case of one file; UsageError if there is another, for which there is no room in it."""
    for position, each in enumerate(cases):
        if position:
            raise UsageError(
                "there are several cases, and each has a file of its own",
                source=target,
                found=Message("the name of one file"),
                expected="a folder",
                advice="Leave the ending out: it becomes a folder with a file for each case",
            )
        yield each


def at_least_one(readings: Iterator[Reading], sources: Sequence[Path]) -> Iterator[Reading]:
    """Yield what is read; InputError if it is nothing. An error of a file that says no advice gets one."""
    is_empty = True
    try:
        for reading in readings:
            is_empty = False
            yield reading
    except (MaskError, GeometryError, ImageError) as error:
        if error.advice is None:
            error.advice = CORRECT_FILE
        raise
    if is_empty:
        named = ", ".join(map(str, sources[:_MOST_NAMED]))
        problem, advice = "there is no case of this format", "Name its files or their folder"
        raise InputError(problem, source=named, found=NOTHING, expected="a case at least", advice=advice)
