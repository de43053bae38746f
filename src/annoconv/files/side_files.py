"""Side files: which of those in a folder was written with a file, whatever the two are called now.

A side file begins with a seal, which holds the digest of the file that it was written with (`manifest`). That of a file
is the one of its name, unless that was written with another file and one beside it with this one: so files may be
renamed, and change names. A side file beside which its file still is belongs to that, not to copies of it. A file whose
digest is in none was edited, or is by other software; then names alone tell.
"""

from __future__ import annotations

import os
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

from annoconv.advice import at_most
from annoconv.errors import LimitError
from annoconv.files.disk import is_file
from annoconv.files.manifest import digest, ending_of, is_as_written, named, seal_of, sealed_main, suffix_of
from annoconv.files.names import SIDE_SUFFIX, inside, is_left_by_desktop
from annoconv.loss import Loss, LossKind
from annoconv.messages import Message

if TYPE_CHECKING:
    from collections.abc import Callable

    from annoconv.files.manifest import Seal
    from annoconv.limits import Limits

__all__ = ["Side", "SideFiles"]

_LIKE_THIS: Final = (
    "the side files {names} were written with files of these very bytes, and none of them has the name of this one; "
    "none is used"
)
_ALONE: Final = (
    "no file that is here belongs to {names}; if this one was written with it, and was renamed and edited since, give "
    "both one name again"
)


@dataclass
class Side:
    """The side file of a file.

    Attributes
    ----------
    main
        The file; a folder has its side file in it.
    own
        Where the side file of its name stands.
    path
        The one to read; None if there is none, or nothing tells which of several it is.
    unused
        What is to be said of side files that may be this file's and are not read.
    """

    main: Path
    own: Path
    path: Path | None
    unused: Message | None = None

    @cached_property
    def digest(self) -> str:
        """That of the file, which is read for it once."""
        return digest(self.main)

    def is_of(self, told: str | None) -> bool:
        """Tell whether the file is byte for byte the one whose digest a side file holds; no folder is."""
        return told is not None and self.main.is_file() and told == self.digest

    @cached_property
    def is_whole(self) -> bool:
        """Whether both, the file and the side file, are as they were written, or all that is in the folder is."""
        if self.path is None:
            return False
        return is_as_written(self.main) if self.main.is_dir() else self.is_of(sealed_main(self.path))

    def losses(self, case_index: int) -> list[Loss]:
        """Return the loss of side files that are not read, of a case that was read without them."""
        if self.unused is None:
            return []
        return [Loss(case_index, f"/{self.own.name}", LossKind.NO_PLACE, self.unused)]


class SideFiles:
    """The side files that a request comes across; each folder is looked through once, each seal read once.

    Parameters
    ----------
    limits
        Bounds: of the side files in one folder.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._folders: dict[tuple[Path, str], _Folder] = {}
        self._last: tuple[tuple[Path, Path, str], Side] | None = None

    def of(
        self, main: Path, own: Path, ending: str = SIDE_SUFFIX, *, place: Callable[[Path], Path] | None = None
    ) -> Side:
        """Return the side file of a file.

        Parameters
        ----------
        main
            The file. A folder has its side file in it, and no other is looked for.
        own
            Where the side file of its name stands. Those beside it are looked at if that one does not fit.
        ending
            By which the names of side files are told from others in that folder.
        place
            Returns where the file of a side file's name stands; beside it by default.

        Raises
        ------
        LimitError
            If there are more than `limits.files`.
        """
        asked = (main, own, ending)
        if self._last is None or self._last[0] != asked:  # of one file it is asked by those that read it in turn
            self._last = asked, self._side(main, own, ending, place)
        return self._last[1]

    def _side(self, main: Path, own: Path, ending: str, place: Callable[[Path], Path] | None) -> Side:
        side = Side(main, own, own if is_file(own) else None)
        if main.is_dir():
            return side
        folder = self._folder(own.parent, ending)
        if folder.paths == (side.path,) or not folder.paths:
            return side  # there is no choice, and nothing is read for it
        seal = None if side.path is None else seal_of(side.path)
        if seal is not None and side.is_of(seal.main):
            return side
        written = folder.written_with(side.digest, place)
        if len(written) == 1:
            side.path = own.with_name(written[0])
        elif written:
            side.path, side.unused = None, Message(_LIKE_THIS, names=named(written))
        elif side.path is None and ending == SIDE_SUFFIX and (alone := folder.alone.get(ending_of(main))):
            side.unused = Message(_ALONE, names=named(alone))
        return side

    def within(self, folder: Path, ending: str = SIDE_SUFFIX) -> tuple[Path, ...]:
        """Return the side files in a folder, by name."""
        return self._folder(folder, ending).paths

    def _folder(self, folder: Path, ending: str) -> _Folder:
        if (folder, ending) not in self._folders:
            paths = tuple(sorted(_side_files(folder, ending)))
            if len(paths) > self._limits.files:
                raise LimitError(
                    "too many side files",
                    source=folder,
                    found=len(paths),
                    expected=at_most(self._limits.files),
                    limit="files",
                )
            self._folders[folder, ending] = _Folder(paths)
        return self._folders[folder, ending]


def _side_files(folder: Path, ending: str) -> list[Path]:
    """Return the side files in a folder; none if it cannot be looked at. A link out of it is none of its files."""
    with suppress(OSError), os.scandir(folder) as entries:
        return [
            Path(entry.path)
            for entry in entries
            if entry.name.endswith(ending)
            and entry.name != ending
            and not is_left_by_desktop(entry.name)
            and entry.is_file()
            and not (entry.is_symlink() and inside(folder, entry.name) is None)
        ]
    return []


@dataclass(frozen=True)
class _Folder:
    """The side files of a folder, by name, and what their seals say."""

    paths: tuple[Path, ...]
    _free: dict[str, list[str]] = field(default_factory=dict[str, list[str]])

    @cached_property
    def _seals(self) -> dict[Path, Seal]:
        found: dict[Path, Seal] = {}
        for path in self.paths:
            with suppress(OSError):  # it may be nobody's; whoever it belongs to by name is told
                seal = seal_of(path)
                found |= {} if seal is None else {path: seal}
        return found

    def written_with(self, main: str, place: Callable[[Path], Path] | None) -> list[str]:
        """Return the names of those that were written with a file of this digest, which is not beside them any more.

        Of equal ones the last.
        """
        if main not in self._free:
            paths = [path for path in self._by_main.get(main, ()) if not _is((place or self._file)(path), main)]
            paths = paths if len(paths) < 2 else sorted({digest(path): path for path in paths}.values())
            self._free[main] = [path.name for path in paths]
        return self._free[main]

    @cached_property
    def _by_main(self) -> dict[str, list[Path]]:
        found: defaultdict[str, list[Path]] = defaultdict(list)
        for path, seal in self._seals.items():
            found[seal.main].append(path)
        return dict(found)

    @cached_property
    def alone(self) -> dict[str, list[str]]:
        """The names of those beside which their file is not, by its ending."""
        found: defaultdict[str, list[str]] = defaultdict(list)
        for path, seal in self._seals.items():
            if not is_file(self._file(path)):
                found[seal.of].append(path.name)
        return dict(found)

    def _file(self, path: Path) -> Path:
        """Return where the file stands that has the name of a side file."""
        return path.with_name(path.name.removesuffix(SIDE_SUFFIX) + suffix_of(self._seals[path].of))


def _is(path: Path, main: str) -> bool:
    """Tell whether a file is there and has this digest."""
    return is_file(path) and digest(path) == main
