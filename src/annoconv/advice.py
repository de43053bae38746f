"""What many errors say alike: what to do next, and the words for what was found and expected.

Each is a `Message`, so that it is translated once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from annoconv.messages import Message

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

__all__ = [
    "ARRAY_ORDER",
    "COPY_AGAIN",
    "CORRECT_FILE",
    "CORRECT_PATH",
    "NAME_APART",
    "NEW_NAME",
    "NOTHING",
    "RUN_AGAIN",
    "SAVE_AGAIN",
    "at_most",
    "at_most_bytes",
    "begin_of",
    "beside",
    "in_bytes",
    "nearest",
]

COPY_AGAIN: Final = Message("Copy it again from where it is whole")
CORRECT_FILE: Final = Message("Correct the file in the program that it comes from, or fetch it again")
SAVE_AGAIN: Final = Message("Save it again in the program that it comes from")
CORRECT_PATH: Final = Message("Correct the path")
NAME_APART: Final = Message("Name them apart")
NEW_NAME: Final = Message("Choose another name, or remove it yourself")
RUN_AGAIN: Final = Message("Run the command again")
ARRAY_ORDER: Final = Message("Give the array in the order slice, row, column of its grid")
NOTHING: Final = Message("nothing")

_MOST_COMPARED, _MOST_SHOWN = 10_000, 3


def at_most(count: object) -> Message:
    """Return the words for an upper bound."""
    return Message("at most {count}", count=count)


def at_most_bytes(count: int) -> Message:
    """Return the words for an upper bound of bytes."""
    return Message("at most {count} bytes", count=count)


def in_bytes(count: int) -> Message:
    """Return the words for a size."""
    return Message("{count} bytes", count=count)


def begin_of(path: Path) -> Message:
    """Return the first bytes of a file, which tell people of the field what it is; `nothing` if it cannot be read."""
    try:
        with path.open("rb") as file:
            return Message("first bytes {first}", first=file.read(8).hex(" "))
    except OSError:
        return NOTHING


def nearest(written: object, known: Iterable[object]) -> Message:
    """Return the advice to take what is spelled most like what was written; to choose one of them if none is."""
    from difflib import get_close_matches

    names = {str(each).casefold(): each for each in known}
    near = get_close_matches(str(written).casefold()[:100], names, 1)
    return Message("Did you mean {name}?", name=names[near[0]]) if near else Message("Choose one of them")


def beside(path: Path) -> Message:
    """Return what is found where a path leads to nothing: names like its own, or that its folder is not there."""
    from difflib import get_close_matches
    from itertools import islice

    folder = path.parent
    try:
        names = [each.name for each in islice(folder.iterdir(), _MOST_COMPARED)]
    except (OSError, ValueError):
        return Message("no folder {name}", name=folder)
    if near := get_close_matches(path.name, names, _MOST_SHOWN):
        return Message("{names} there", names=", ".join(near))
    return Message("nothing of this name")
