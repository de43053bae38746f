"""Where the files that a case names are: beside its own file, never outside its folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from annoconv.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["mask_path"]


def mask_path(folder: Path, mask_file: str) -> Path:
    """Return the path of a mask file; InputError if it leads out of the folder, also by way of a symbolic link."""
    path = folder / mask_file
    if not path.resolve().is_relative_to(folder.resolve()):
        raise InputError("the mask path leads out of the folder of its case", source=folder, found=mask_file)
    return path
