"""Archives that were named instead of what is in them: tools export those, and readers take files and folders."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final

from annoconv.advice import NOTHING
from annoconv.errors import InputError
from annoconv.files.names import is_archive
from annoconv.messages import Message, listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["nothing_of", "unpacking"]

_MOST_NAMED: Final = 3
_UNPACK: Final = Message("This is an archive: unpack it, and name a file or a folder of it")


def unpacking(sources: Iterable[Path]) -> Message | None:
    """Return the advice to unpack the archives among sources; None if there are none."""
    return _UNPACK if any(map(is_archive, sources)) else None


def nothing_of(problem: Message, sources: Sequence[Path], expected: str) -> InputError:
    """Return the error that no source is a file of a format, or a folder with one: the first few files are named."""
    source = Path(sources[0]) if sources else None
    files = [] if source is None else [source] if source.is_file() else _first(source)
    advice = unpacking([*map(Path, sources), *files]) or "Name its files or their folder"
    found = listed([each.name for each in files]) if files else NOTHING
    return InputError(problem, source=source, found=found, expected=expected, advice=advice)


def _first(folder: Path) -> list[Path]:
    return sorted(islice((path for path in folder.rglob("*") if path.is_file()), _MOST_NAMED))
