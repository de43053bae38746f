"""Names of files: those that a case names are in its own folder, and an ending says what is in an output."""

from __future__ import annotations

import errno
import os
import re
import stat
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING, Final

from annoconv.errors import InputError, UsageError
from annoconv.messages import Message

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "SIDE_SUFFIX",
    "Within",
    "check_ending",
    "check_inside",
    "check_mask_paths",
    "check_place",
    "folded",
    "inside",
    "is_archive",
    "is_inner",
    "is_left_by_desktop",
    "is_taken",
    "leads_out",
    "mask_path",
    "readable",
]

SIDE_SUFFIX: Final = ".annoconv.json"
"""What stands instead of an output's ending in the name of its side file; the manifest of a folder is called that."""
_SURROGATES: Final = re.compile("[\ud800-\udfff]")
_ENDINGS: Final = (
    *(".json", ".jsonl", ".geojson", ".xml", ".html", ".yaml", ".yml", ".txt", ".csv", ".tsv", ".pdf"),
    *(".dcm", ".nii", ".nii.gz", ".nrrd", ".nhdr", ".mha", ".mhd", ".raw", ".npy", ".npz", ".h5", ".svs"),
    *(".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp", ".zip", ".tar", ".gz", ".bz2", ".xz", ".zst"),
)
"""Endings from which people and programs conclude what is in a file. `v2` or the last number of a UID is none."""


_ARCHIVES: Final = (".zip", ".tar", ".tgz", ".tar.gz", ".7z", ".rar", ".json.gz", ".jsonl.gz", ".geojson.gz", ".xml.gz")
_DESKTOP: Final = frozenset({".ds_store", "__macosx", "thumbs.db", "desktop.ini"})
"""What Finder and Explorer leave in folders and archives, in lower case."""


def is_archive(path: Path) -> bool:
    """Tell whether a file is by its name an archive, or a packed text; a volume (`.nii.gz`) is neither."""
    return path.name.lower().endswith(_ARCHIVES)


def is_left_by_desktop(name: str) -> bool:
    """Tell whether a file or folder is one that macOS or Windows lays beside others and that holds no annotations.

    `._x.dcm` has the ending of `x.dcm`, and its attributes where a file system has no place for them (AppleDouble).
    """
    return name.startswith("._") or name.lower() in _DESKTOP


def check_ending(path: Path, own: Iterable[str]) -> None:
    """Raise UsageError if an output's name has the ending of another kind of file than what is written.

    Parameters
    ----------
    path
        The output.
    own
        Endings of what is written, `.json`; without any it is a folder. A name that ends otherwise, or in nothing that
        is known, says nothing wrong.
    """
    own = tuple(own)
    found = _known_ending(path)
    if found and not path.name.endswith(own):
        raise UsageError(
            "the ending of this name says that something else is in it",
            source=path,
            found=path.name[-len(found) :],
            expected=", ".join(own) or Message("a folder"),
            advice="Correct the ending, or leave it out",
        )


def _known_ending(path: Path) -> str:
    return max((each for each in _ENDINGS if path.name.lower().endswith(each)), key=len, default="")


def is_taken(path: Path, endings: tuple[str, ...], sources: Iterable[Path]) -> bool:
    """Tell whether a reader takes a file: by its ending, or, if that says nothing, because it was named itself.

    Parameters
    ----------
    path
        A file among the sources or below them.
    endings
        Of the format, in lower case.
    sources
        What was named.
    """
    return path.name.lower().endswith(endings) or (path in sources and not _known_ending(path))


def check_place(path: Path, *, of: Path | None = None) -> None:
    """Raise UsageError if nothing can have a name: it is too long, in what is no folder, or that of a side file.

    Parameters
    ----------
    path
        An output.
    of
        The one that it belongs to and whose name its own is made of.
    """
    if of is None and path.name.casefold().endswith(SIDE_SUFFIX):
        problem = "this is the name of a side file, or of the manifest of a folder, which goes with another output"
        raise UsageError(
            problem,
            source=path,
            found=path.name,
            expected=Message("a name that does not end in {ending}", ending=SIDE_SUFFIX),
            advice="Choose another name",
        )
    try:
        path.lstat()
    except FileNotFoundError:
        pass
    except NotADirectoryError as error:
        raise UsageError(
            "the output would stand in a file",
            source=path,
            found=Message("a file on the way"),
            expected="a folder",
            advice="Name a folder before it",
        ) from error
    except OSError as error:
        found = Message(error.strerror or "the system refused")
        problem = "nothing can be written under this name"
        if of is not None:
            problem = Message("nothing can be written under the name of {name}, which belongs to it", name=path.name)
        raise UsageError(
            problem,
            source=of or path,
            found=found,
            expected="a name that the system takes",
            advice="Choose a shorter name",
        ) from error


def folded(path: Path) -> Path:
    """Return a path without links, as a file system sees it that knows no capitals and one form of each letter."""
    return Path(*(unicodedata.normalize("NFC", each).casefold() for each in (os.path.realpath(path.parent), path.name)))


def check_mask_paths(folder: Path, mask_files: Iterable[str]) -> None:
    """Raise InputError if a mask file leads out of the folder; each folder and each link is followed once."""
    parents: set[str] = set()
    base = os.fspath(folder)
    for mask_file in mask_files:
        parent, _, _ = mask_file.rpartition("/")
        if parent not in parents or os.path.islink(f"{base}/{mask_file}"):  # noqa: PTH114  a fifth of the time
            parents.add(parent)
            mask_path(folder, mask_file)


def mask_path(folder: Path, mask_file: str) -> Path:
    """Return the path of a mask file; InputError if it leads out of the folder, also by way of a symbolic link."""
    path = inside(folder, mask_file)
    if path is None:
        raise leads_out(folder, mask_file)
    return path


def inside(folder: Path, name: str) -> Path | None:
    """Return a path below a folder; None if it leads out, also by way of a symbolic link, or is no path at all."""
    path = folder / name
    try:
        if is_inner(name) and not _leads_through_link(folder, name):
            return path
        return path if not _is_too_long(path) and path.resolve().is_relative_to(folder.resolve()) else None
    except (OSError, ValueError, RuntimeError):  # too long, a NUL, a loop of links
        return None


def _leads_through_link(folder: Path, name: str) -> bool:
    """Tell whether a part of a path below a folder is a link, or is not there, so that it must be resolved."""
    place = os.fspath(folder)
    for part in name.split("/"):
        place = os.path.join(place, part)  # noqa: PTH118  a fifth of the time
        try:
            if stat.S_ISLNK(os.lstat(place).st_mode):
                return True
        except OSError:
            return True
    return False


def _is_too_long(path: Path) -> bool:
    """Tell whether no file can be called so; resolving a path does not tell."""
    try:
        path.lstat()
    except OSError as error:
        return error.errno == errno.ENAMETOOLONG
    return False


def leads_out(folder: Path, name: str) -> InputError:
    """Return the error that the path of a mask leads out of the folder of its case."""
    return InputError(
        "the mask path leads out of the folder of its case",
        source=folder,
        found=name,
        expected="a path below that folder, with / between its parts",
        advice="Copy the mask below that folder, and name it from there",
    )


def is_inner(name: str) -> bool:
    """Tell whether a relative path leads nowhere but further in, by its letters alone."""
    parts = name.split("/")
    return "" not in parts and ".." not in parts and "\\" not in name and ":" not in parts[0]


def check_inside(folder: Path, path: Path) -> Path:
    """Return a path below a folder; InputError if a symbolic link on the way to it leads out of the folder."""
    if inside(folder, os.path.relpath(path, folder)) is None:
        raise InputError(
            "a link leads out of the folder",
            source=path,
            found=Message("a link to elsewhere"),
            expected="a file in the folder",
            advice="Name that file itself, or copy it",
        )
    return path


class Within:
    """Checks many paths below one folder with `check_inside`; each folder and each link is followed once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._parents: set[Path] = set()

    def __call__(self, path: Path) -> Path:
        """Return the path; InputError if a link leads out of the folder."""
        if path.parent not in self._parents or path.is_symlink():
            check_inside(self._folder, path)
            self._parents.add(path.parent)
        return path


def readable(text: str) -> str:
    """Return a text that documents can hold: bytes in names of files that are no UTF-8 are U+FFFD."""
    return _SURROGATES.sub("\ufffd", text)
