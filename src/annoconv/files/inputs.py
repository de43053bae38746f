"""What a request reads, so that none of its outputs is, contains or replaces any of it."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Mapping
from contextlib import suppress
from itertools import chain
from pathlib import Path

from annoconv.advice import CORRECT_PATH, at_most, beside
from annoconv.errors import InputError, LimitError, UsageError
from annoconv.limits import Limits
from annoconv.messages import Message

__all__ = [
    "GIVE_LIMITS",
    "STANDARD",
    "Inputs",
    "check_count",
    "check_each_once",
    "check_source",
    "limits_of",
    "paths_of",
]

STANDARD = "-"
"""Stands for standard input, or output, where another program takes a file."""
_NOTHING = (-1, -1)
"""Stands for device and inode of what is not there."""

GIVE_LIMITS = Message("Give annoconv.Limits(...), with those that are to be others")

_KINDS = ((stat.S_ISFIFO, Message("a pipe")), (stat.S_ISSOCK, Message("a socket")))


def paths_of(given: object) -> list[Path]:
    """Return one path or several, texts among them, as paths; UsageError for what is none."""
    several: Iterable[object] = [given]
    if isinstance(given, Iterable) and not isinstance(given, str | bytes | Mapping):
        several = given
    return [_path_of(each) for each in several]


def _path_of(given: object) -> Path:
    if isinstance(given, str | os.PathLike) and isinstance(os.fspath(given), str):
        return Path(os.fspath(given))
    raise UsageError(
        "this is no path",
        found=type(given).__name__,
        expected="the path of a file or folder, as a text or a pathlib.Path",
        advice="Name the file or folder",
    )


def limits_of(given: Limits | None) -> Limits:
    """Return the bounds that are given, else those of every request; UsageError for what is none."""
    if given is None:
        return Limits()
    if not isinstance(given, Limits):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise UsageError(
            "these are no limits", found=type(given).__name__, expected=Limits.__name__, advice=GIVE_LIMITS
        )
    return given


def check_source(path: Path) -> None:
    """Raise InputError if a source is not there, or is a pipe, a socket or a device."""
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        if f"{path}" == STANDARD:
            raise InputError(
                "standard input is not read",
                found=STANDARD,
                expected="a file or a folder",
                advice="Write what it holds to a file first",
            ) from None
        raise InputError(
            "there is no such file or folder",
            source=path,
            found=beside(path),
            expected="a file or a folder",
            advice=CORRECT_PATH,
        ) from None
    except (OSError, ValueError) as error:
        raise InputError(
            "this cannot be read",
            source=path,
            found=type(error).__name__,
            expected="a file or a folder",
            advice="Correct the path, or give the right to read it",
        ) from error
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        found = next((kind for is_it, kind in _KINDS if is_it(mode)), Message("a device"))
        raise InputError(
            "this is neither a file nor a folder",
            source=path,
            found=found,
            expected="a file or a folder",
            advice="Write what it holds to a file first",
        )


def check_each_once(paths: Iterable[Path]) -> None:
    """Raise UsageError if two of the paths that a request names are one file or folder, by any spelling or link."""
    seen: dict[tuple[int, int], Path] = {}
    for path in paths:
        key = _key(path)
        if key in seen:
            raise UsageError(
                "two of the sources are one",
                source=seen[key],
                found=path,
                expected="sources that differ",
                advice="Name each source once",
            )
        if key != _NOTHING:
            seen[key] = path


def check_count(count: int, source: Path, limits: Limits) -> None:
    """Raise LimitError if a source brings a request to more files than it may have."""
    if count > limits.files:
        raise LimitError("too many files", source=source, found=count, expected=at_most(limits.files), limit="files")


class Inputs:
    """Files and folders that a request reads; held as (device, inode), so that no other spelling or link hides one."""

    def __init__(self) -> None:
        self._pending: list[Iterable[Path]] = []
        self._own: dict[tuple[int, int], Path] = {}
        self._above: dict[tuple[int, int], Path] = {}
        self._folders: dict[tuple[int, int], Path] = {}
        self._seen: set[Path] = set()

    def add(self, paths: Iterable[Path]) -> None:
        """Note what is read; it is iterated over and looked at only if an output would replace something."""
        self._pending.append(paths)

    def refuse(self, target: Path) -> None:
        """Raise UsageError if what stands at `target` is an input, contains one, or lies in a folder that is one."""
        self._look()
        for status in _statuses(target):
            key = (status.st_dev, status.st_ino)
            if key in self._own:
                raise _refusal(Message("the output would replace an input"), target, self._own[key])
            if key in self._above:
                raise _refusal(Message("the output would replace the folder of an input"), target, self._above[key])
            if stat.S_ISREG(status.st_mode) and status.st_nlink > 1:
                self._refuse_linked(target, key)
        for place in {*target.parents, *Path(os.path.realpath(target)).parents}:
            folder = self._folders.get(_key(place))
            if folder is not None:
                raise _refusal(Message("the output would replace a file of an input"), target, folder)

    def _look(self) -> None:
        for path in chain.from_iterable(self._pending):
            try:
                real = Path(os.path.realpath(path))
                status = real.stat()
            except (OSError, ValueError):  # what is not there, or no path at all, is not replaced
                continue
            key = (status.st_dev, status.st_ino)
            self._own[key] = path
            if stat.S_ISDIR(status.st_mode):
                self._folders[key] = path
            for place in real.parents:
                if place in self._seen:
                    break
                self._seen.add(place)
                self._above[_key(place)] = path
        self._pending.clear()

    def _refuse_linked(self, target: Path, key: tuple[int, int]) -> None:
        """Look for a file of several names in the folders that are read."""
        for folder in self._folders.values():
            for place, _, names in os.walk(folder):
                for name in names:
                    if _key(Path(place, name)) == key:
                        raise _refusal(
                            Message("the output would replace a file of an input"), target, Path(place, name)
                        )


def _refusal(problem: Message, target: Path, found: Path) -> UsageError:
    expected = "an output apart from the inputs"
    return UsageError(problem, source=target, found=found, expected=expected, advice="Name another output")


def _statuses(path: Path) -> list[os.stat_result]:
    found = [path.lstat()]
    with suppress(OSError):  # a link that leads nowhere
        found.append(path.stat())
    return found


def _key(path: Path) -> tuple[int, int]:
    try:
        status = path.stat()
    except (OSError, ValueError):
        return _NOTHING
    return (status.st_dev, status.st_ino)
