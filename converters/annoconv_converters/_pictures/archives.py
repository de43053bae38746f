"""Archives that were named instead of what is in them: tools export those, and readers take files and folders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from annoconv.messages import Message

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

__all__ = ["unpacking"]

_ARCHIVES: Final = (".zip", ".tar", ".tgz", ".tar.gz", ".7z", ".rar")
_UNPACK: Final = Message("This is an archive: unpack it, and name a file or a folder of it")


def unpacking(sources: Iterable[Path]) -> Message | None:
    """Return the advice to unpack the archives among sources; None if there are none."""
    is_archive = any(source.name.lower().endswith(_ARCHIVES) for source in sources)
    return _UNPACK if is_archive else None
