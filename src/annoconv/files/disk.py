"""What a disk is asked for: that written files are on it, that what is no longer needed goes, one lock."""

from __future__ import annotations

import ctypes
import os
import shutil
import sys
from contextlib import suppress
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = [
    "absolute",
    "files_below",
    "is_file",
    "is_on_one_disk",
    "names_below",
    "real_path",
    "remove",
    "sync",
    "sync_entry",
    "try_lock",
]

_FEW: Final = 64
"""Files that are synced one by one: each costs a disk several milliseconds, the whole file system about a second."""


def absolute(path: Path) -> Path:
    """Return a path from the root without `.` and `..`; links are not followed."""
    return Path(os.path.abspath(path))  # noqa: PTH100  Path.resolve follows links, Path.absolute keeps `..`


def is_file(path: Path | str) -> bool:
    """Tell whether a file is there; not so where its name, made of another one, is longer than any can be."""
    return os.path.isfile(path)  # noqa: PTH113  Path.is_file raises an error


def sync(paths: Iterable[Path]) -> None:
    """Return when files, and folders with all that is in them, are on the disk: many of them in one pass."""
    listed = list(paths)
    entries = chain.from_iterable(map(_entries, listed))
    first = list(islice(entries, _FEW + 1))
    if len(first) > _FEW and all(_sync_file_system(path) for path in listed):
        return
    for entry in chain(first, entries):
        sync_entry(Path(entry))


def _entries(path: Path) -> Iterator[str]:
    if path.is_symlink() or not path.is_dir():
        yield f"{path}"
        return
    for folder, _, names in os.walk(path):
        yield from (f"{folder}{os.sep}{name}" for name in (*names, ""))


def _sync_file_system(path: Path) -> bool:
    """Sync the whole file system of a path, where the system can (Linux, syncfs); tell whether it could."""
    if sys.platform != "linux":
        return False
    try:
        syncfs = ctypes.CDLL(None, use_errno=True).syncfs
    except (AttributeError, OSError):
        return False
    descriptor = os.open(path, os.O_RDONLY)
    try:
        return int(syncfs(descriptor)) == 0
    finally:
        os.close(descriptor)


def sync_entry(path: Path) -> None:
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


def is_on_one_disk(one: Path, other: Path) -> bool:
    """Tell whether two places, which need not be there yet, are on one file system."""
    return _disk_of(absolute(one)) == _disk_of(absolute(other))


def _disk_of(path: Path) -> int:
    return next(each.stat().st_dev for each in (path, *path.parents) if os.path.lexists(each))


def files_below(folder: Path) -> tuple[dict[str, os.stat_result], list[str]]:
    """Return what is in a folder: each entry that is no folder with its own status, and the folders that are empty.

    Returns
    -------
    tuple of dict and list
        Names relative to the folder, with `/`, sorted; links are not followed.
    """
    names = [*names_below(folder)]
    empty = [name for name in names if name.endswith("/")]
    return {name: os.lstat(f"{folder}/{name}") for name in names if not name.endswith("/")}, empty


def names_below(folder: Path) -> Iterator[str]:
    """Yield what is in a folder, sorted: each entry that is no folder, and with `/` at its end each that is empty.

    Names are relative to the folder, with `/`; links are not followed. Of one folder at a time all names are held.
    """
    pending = [""]
    while pending:
        name = pending.pop()
        if name and not name.endswith("/"):
            yield name
            continue
        with os.scandir(folder / name) as entries:
            within = [f"{name}{each.name}{'/' * each.is_dir(follow_symlinks=False)}" for each in entries]
        if name and not within:
            yield name
        within.sort(reverse=True)
        pending += within


def remove(path: Path) -> None:
    """Remove a file, a link, or a folder with all that is in it, as far as the system lets us."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink(missing_ok=True)


def try_lock(descriptor: int) -> bool:
    """Lock an open file for this process; tell whether nobody else holds it. A process that ends lets go of it."""
    if sys.platform == "win32":
        import msvcrt

        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
    import fcntl

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def real_path(file: Path, folders: dict[str, str]) -> str:
    """Return where a file is, links followed: those of a folder once, which is noted in `folders`."""
    folder, name = os.path.split(file)
    if file.is_symlink():
        return os.path.realpath(file)
    if folder not in folders:
        folders[folder] = os.path.realpath(folder)
    return os.path.join(folders[folder], name)  # noqa: PTH118  a text is smaller than a path, and there may be many
