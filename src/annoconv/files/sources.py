"""Files that a request names by their folder."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from annoconv.files.manifest import MANIFEST
from annoconv.files.names import check_inside, is_left_by_desktop
from annoconv.files.stage import is_stage, settle_stage

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["files_of"]


def files_of(path: Path) -> Iterator[Path]:
    """Yield the regular files that a path is or that are below it, in order, without ours that tell of an output."""
    if path.is_file():
        yield path
    for folder, subfolders, names in os.walk(path):
        settled = [settle_stage(Path(folder, name)) for name in subfolders if is_stage(name)]
        if any(settled):  # what is in this folder has changed
            entries = list(Path(folder).iterdir())
            names = [each.name for each in entries]
            subfolders[:] = [each.name for each in entries if each.is_dir() and not each.is_symlink()]
        subfolders[:] = sorted(name for name in subfolders if not is_stage(name) and not is_left_by_desktop(name))
        for file in (Path(folder, name) for name in sorted(names) if name != MANIFEST and not is_left_by_desktop(name)):
            if file.is_file():
                yield check_inside(path, file) if file.is_symlink() else file
