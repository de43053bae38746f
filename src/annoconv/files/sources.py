"""Files that a request names by their folder."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from annoconv.files.manifest import MANIFEST
from annoconv.files.names import check_inside, is_left_by_desktop
from annoconv.files.stage import is_stage, settle_stage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

__all__ = ["files_of"]


def files_of(path: Path, is_wanted: Callable[[Path], bool] | None = None) -> Iterator[Path]:
    """Yield the regular files that a path is or that are below it, in order, without ours that tell of an output.

    Of a folder only the names of files that are wanted are held.
    """
    if path.is_file():
        yield path
    folders = [path]
    while folders:
        folder = folders.pop()
        inner, names = _entries(folder, is_wanted)
        settled = [settle_stage(folder / name) for name in inner if is_stage(name)]
        if any(settled):  # what is in this folder has changed
            inner, names = _entries(folder, is_wanted)
        folders += [folder / name for name in sorted(inner, reverse=True) if inner[name] and not is_stage(name)]
        for file in (folder / name for name in sorted(names)):
            if file.is_file():
                yield check_inside(path, file) if file.is_symlink() else file


def _entries(folder: Path, is_wanted: Callable[[Path], bool] | None) -> tuple[dict[str, bool], list[str]]:
    """Return the folders in a folder, each with whether it is there itself and no link to it, and the files in it."""
    inner, names = dict[str, bool](), list[str]()
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in (each for each in entries if each.name != MANIFEST and not is_left_by_desktop(each.name)):
            if entry.is_dir():
                inner[entry.name] = not entry.is_symlink()
            elif is_wanted is None or is_wanted(folder / entry.name):
                names.append(entry.name)
    return inner, names
