"""Outputs that appear whole or not at all."""

from __future__ import annotations

import os
import secrets
import shutil
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from annoconv.errors import OutputExistsError, UsageError
from annoconv.messages import Message

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ["replacing"]


@contextmanager
def replacing(path: Path, *, overwrite: bool = False) -> Generator[Path]:
    """Give a temporary neighbour of `path` to write, as a file or as a folder, and rename it when the block ends well.

    What was written is synced to the disk before the renaming. If the block raises, nothing is left: no temporary, no
    parent folder made on the way, and an output that existed before is untouched.

    Parameters
    ----------
    path
        The output. Missing parent folders are made.
    overwrite
        Whether an existing output of the same kind (file or folder) is replaced.

    Yields
    ------
    Path
        Does not exist yet; ends with the name of `path`, so that its suffixes are the same.

    Raises
    ------
    OutputExistsError
        If `path` exists, at the start or at the end, and `overwrite` is false.
    UsageError
        If `path` is a folder and a file was written, or the reverse.

    Notes
    -----
    A file is replaced in one step. A folder is replaced in two renames: a crash between them leaves the former folder
    beside the new one under a name that starts `.{name}.former-`.
    """
    path = Path(path)
    if not overwrite:
        _refuse_existing(path)
    token = secrets.token_hex(6)
    temporary = path.parent / f".{token}.partial-{path.name}"
    made = _make_folders(path.parent)
    try:
        yield temporary
        _sync(temporary)
        _move(temporary, path, path.parent / f".{path.name}.former-{token}", overwrite=overwrite)
        _sync_entry(path.parent)
    except BaseException:
        _remove(temporary)
        for folder in made:
            with suppress(OSError):
                folder.rmdir()
        raise


def _refuse_existing(path: Path) -> None:
    if os.path.lexists(path):
        raise OutputExistsError("the output exists", source=path, advice="Choose another name or pass --overwrite")


def _make_folders(folder: Path) -> list[Path]:
    """Make the folder and its missing parents; return what was made, innermost first."""
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    return missing


def _move(temporary: Path, path: Path, former: Path, *, overwrite: bool) -> None:
    if not overwrite:
        _refuse_existing(path)
        temporary.rename(path)
    elif temporary.is_dir() and path.is_dir() and not path.is_symlink():
        path.rename(former)
        try:
            temporary.rename(path)
        except BaseException:
            former.rename(path)
            raise
        shutil.rmtree(former, ignore_errors=True)
    elif os.path.lexists(path) and temporary.is_dir() != path.is_dir():
        file, folder = Message("a file"), Message("a folder")
        found, expected = (folder, file) if path.is_dir() else (file, folder)
        raise UsageError("the output exists and is of another kind", source=path, found=found, expected=expected)
    else:
        temporary.replace(path)


def _sync(path: Path) -> None:
    if path.is_dir():
        for folder, _, names in os.walk(path):
            for name in names:
                _sync_entry(Path(folder, name))
            _sync_entry(Path(folder))
    else:
        _sync_entry(path)


def _sync_entry(path: Path) -> None:
    """Sync one file or one folder's own entries; folders cannot be opened on Windows and need no sync there."""
    if os.name == "nt":
        if path.is_dir():
            return
        mode = os.O_RDWR
    else:
        mode = os.O_RDONLY
    descriptor = os.open(path, mode)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink(missing_ok=True)
