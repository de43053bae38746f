"""How many cases there may be: of what is read one at least, of a file of one case no second.

A file that is refused because it is of another format is told with the reader of that.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from annoconv.advice import CORRECT_FILE, NOTHING
from annoconv.errors import GeometryError, ImageError, InputError, MaskError, UsageError
from annoconv.messages import Message

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Sequence
    from pathlib import Path

    from annoconv.casefile import LoadedCase, Reading

__all__ = ["advised", "at_least_one", "only_one"]

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


@contextmanager
def advised(sources: Sequence[Path], format: str) -> Generator[None]:
    """Advise in an error of reading a format: the reader of another one, or what is to be done with a damaged file."""
    try:
        yield
    except InputError as error:
        from annoconv.registry.kinds import advice_of_another  # which needs all readers

        of_file = CORRECT_FILE if isinstance(error, MaskError | GeometryError | ImageError) else None
        error.advice = advice_of_another(error, sources, format) or error.advice or of_file
        raise


def at_least_one(readings: Iterator[Reading], sources: Sequence[Path], format: str) -> Iterator[Reading]:
    """Yield what is read of a format; InputError if it is nothing."""
    is_empty = True
    with advised(sources, format):
        for reading in readings:
            is_empty = False
            yield reading
        if is_empty:
            named = ", ".join(map(str, sources[:_MOST_NAMED]))
            problem, advice = "there is no case of this format", "Name its files or their folder"
            raise InputError(problem, source=named, found=NOTHING, expected="a case at least", advice=advice)
