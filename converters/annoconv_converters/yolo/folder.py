"""The files of a data set of YOLO: which pictures its lists name, and where the lines and the picture of each are.

Nothing outside of the folder is looked at, wherever its lists lead. Authority: docs.ultralytics.com/datasets.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from annoconv import images as image_seam
from annoconv.errors import InputError
from annoconv.files.disk import is_file
from annoconv.files.names import Within
from annoconv_converters._pictures.picture_names import stem_of
from annoconv_converters._pictures.seen_names import SeenNames
from annoconv_converters._pictures.spool import Spool
from annoconv_converters.yolo.description import text_of
from annoconv_converters.yolo.places import exchanged

if TYPE_CHECKING:
    from collections.abc import Iterator

    from annoconv.limits import Limits

__all__ = ["Folder", "Given"]

_SUFFIXES: Final = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp")
_NO_LABELS: Final = re.compile(r"(classes|train|val|valid|test|notes|readme.*)\.txt", re.IGNORECASE)
_CLASSES: Final = "classes.txt"
_LINE: Final = re.compile(r"[^\n\r\v\f\x1c-\x1e\x85\u2028\u2029]+")
"""As `str.splitlines` has lines, but for empty ones."""
_TEST: Final = "test"
_LONGEST_NAME, _LONGEST_PATH = 240, 2000
"""Bytes: file systems take 255 and 4096, and endings and folders are exchanged."""


class Given:
    """Names of pictures with their label files, which those of one name but for the ending share; they are not held.

    Attributes
    ----------
    labels, folders
        The label files, and where they are.
    """

    def __init__(self) -> None:
        self.labels, self.folders = SeenNames(), set[str]()
        self._pictures: Spool[tuple[str, str]] = Spool(lambda _: 1)
        self._pairs = SeenNames()
        self._others: dict[str, list[str]] = {}
        """Further names by their label files."""

    def add(self, name: str, label: str) -> bool:
        """Take a picture; tell whether it was not there."""
        if not self._pairs.add(f"{label}\0{name}"):
            return False
        if self.labels.add(label):
            self.folders.add(os.path.dirname(label) or os.curdir)  # noqa: PTH120  a text
            self._pictures.add((name, label))
        else:
            self._others.setdefault(label, []).append(name)
        return True

    def close(self) -> None:
        """Let go of what is needed only while pictures are added."""
        self._pairs = SeenNames()

    def __len__(self) -> int:
        return sum(1 for _ in self) if self._others else len(self._pictures)

    def __iter__(self) -> Iterator[tuple[str, str]]:
        for name, label in self._pictures:
            yield name, label
            for other in self._others.get(label, ()):
                if stem_of(other) == stem_of(name) and "." in Path(other).name:
                    yield other, label


class Folder:
    """The files of a data set; none outside of its folder."""

    def __init__(self, folder: Path, limits: Limits) -> None:
        self.path, self._limits = folder, limits
        self._within = Within(folder)
        self._images_folder = folder / "images"
        self._endings: dict[Path, list[str]] = {}
        """Of the pictures in a folder."""
        self._beside: dict[Path, tuple[Path, ...]] = {}
        self._folders: dict[tuple[str, ...], Path] = {}
        self._names: dict[Path, str] = {}
        self._lists: set[str] = set()
        self.twice: dict[str, tuple[int, str]] = {}
        """By the name of a list, how many of its pictures are listed already, and the first of these."""
        self._given = Given()

    def pictures(self, listed: list[str]) -> Given:
        """Return name and label file of each picture, once; names without a suffix are those of label files only."""
        for entry in listed:
            place = self._inside(entry)
            if place is not None and place.is_file():
                is_read = f"{place}" in self._lists
                self._lists.add(f"{place}")
                for found in _LINE.finditer(text_of(place, self._limits.line_bytes)):
                    if line := found[0].strip():
                        name, label = self._located(line.replace("\\", "/").removeprefix("./"), place)
                        if not self._given.add(name, f"{label}") and not is_read:
                            count, first = self.twice.get(place.name, (0, name))
                            self.twice[place.name] = count + 1, first
            elif place is not None:
                for name, label in self._in_folder(place):
                    self._given.add(name, f"{label}")
        if not self._given:
            labels = self.path / "labels"
            root = labels if labels.is_dir() else self.path
            for path in self._files(root):
                if path.suffix == ".txt" and (root == labels or not _NO_LABELS.fullmatch(path.name)):
                    self._given.add(self._name_by_label(path), f"{path}")
        for _, text in self._given:
            self._within(Path(text))
        self._given.close()
        return self._given

    def missing(self, stated: list[tuple[str, tuple[str, ...]]]) -> list[str]:
        """Return the lists of pictures for tests that are not there, which trainers do without.

        Raises
        ------
        InputError
            If one for training or validation is not there.
        """
        places_of = ((split, [each for each in places if _parts(each, self.path)]) for split, places in stated)
        gone = [(split, places[-1]) for split, places in places_of if places and not any(map(self._inside, places))]
        needed = next(((split, place) for split, place in gone if split != _TEST), None)
        if needed is not None:
            raise InputError(
                "the pictures that the data set names are not there",
                source=self.path,
                where=needed[0],
                found=needed[1],
                expected="a picture at least",
                advice="Put them there, or take the line out of the description",
            )
        return [place for _, place in gone]

    def unlisted(self) -> Iterator[Path]:
        """Yield the label files of which no picture is listed: those below `labels`, and beside those that are."""
        folders = {os.path.dirname(each) or os.curdir for each in self._lists} | self._given.folders  # noqa: PTH120
        for path in image_seam.each_file([self.path], self._limits, SeenNames().add, self._is_unread):
            above = path.relative_to(self.path).parts[:-1]
            is_label = "labels" in above or (f"{path.parent}" in folders and not _NO_LABELS.fullmatch(path.name))
            if is_label and path.name != _CLASSES:
                yield self._within(path)

    def _is_unread(self, path: Path) -> bool:
        is_text = path.suffix == ".txt"
        return is_text and f"{path}" not in self._lists and f"{path}" not in self._given.labels

    def image(self, label: Path, name: str) -> Path | None:
        """Return the picture that belongs to a label file: in the folder `images` beside `labels`, or beside it."""
        above = label.parent
        if above not in self._beside:
            self._beside[above] = tuple(dict.fromkeys((self._exchanged(label, "labels", "images").parent, above)))
        for folder in self._beside[above]:
            if folder not in self._endings:
                files = folder.iterdir() if folder.is_dir() else ()
                endings = {path.suffix for path in files}
                self._endings[folder] = sorted(each for each in endings if each.lower() in _SUFFIXES)
            for each in (Path(name).name, label.stem) if self._endings[folder] else ():
                own = [""] if each.lower().endswith(_SUFFIXES) else []
                for ending in (*own, *self._endings[folder]):
                    if os.path.lexists(f"{folder}/{each}{ending}"):
                        return self._within(folder / f"{each}{ending}")
        beside = self._images_folder / name
        return self._within(beside) if is_file(beside) and ".." not in Path(name).parts else None

    def _files(self, folder: Path) -> Iterator[Path]:
        return image_seam.each_file([folder], self._limits, SeenNames().add)

    def _inside(self, entry: str) -> Path | None:
        """Return where an entry leads within the folder: descriptions name places of the machine they come from."""
        parts = _parts(entry, self.path)
        tails = (self.path.joinpath(*parts[start:]) for start in range(len(parts)))
        return next((self._within(path) for path in tails if path.exists() or self._labels_of(path).is_dir()), None)

    def _labels_of(self, folder: Path) -> Path:
        """Return the folder of the labels of a folder of pictures."""
        return self._exchanged(folder / "x", "images", "labels").parent

    def _in_folder(self, folder: Path) -> Iterator[tuple[str, Path]]:
        """Yield the pictures of a folder, by themselves and by their labels."""
        labels = self._labels_of(folder)
        named: dict[tuple[str, ...], list[str]] = {}
        for path in self._files(folder) if folder.is_dir() else ():
            if path.suffix.lower() in _SUFFIXES:
                stem = path.relative_to(folder).with_suffix("")
                named.setdefault(stem.parts, []).append(self._name(path))
        for path in self._files(labels) if labels.is_dir() and labels != folder else ():
            if path.suffix == ".txt":
                named.setdefault(path.relative_to(labels).with_suffix("").parts, [self._name_by_label(path)])
        for *above, last in sorted(named):
            yield from ((name, labels.joinpath(*above, f"{last}.txt")) for name in named[*above, last])

    def _name(self, path: Path) -> str:
        """Return the path of a picture in the data set, without a first folder `images`, where all are."""
        first, *inner = path.relative_to(self.path).parts
        return "/".join(inner if first == "images" and inner else [first, *inner])

    def _name_by_label(self, label: Path) -> str:
        """Return the name of a picture, without its ending, by its label file."""
        return self._name(self._exchanged(label.with_suffix(""), "labels", "images"))

    def _exchanged(self, path: Path, old: str, new: str) -> Path:
        """Return a path with the last folder of one name under another, those above the data set left alone."""
        return self.path / exchanged(path.relative_to(self.path).as_posix(), old, new)

    def name_of(self, label: Path) -> str:
        """Return where a label file is in the data set."""
        above = label.parent
        if above not in self._names:
            self._names[above] = f"{above.relative_to(self.path).as_posix()}/".removeprefix("./")
        return f"{self._names[above]}{label.name}"

    def _located(self, name: str, listing: Path) -> tuple[str, Path]:
        """Return name and label file of a listed picture: Darknet names them from the folder above."""
        if ".." in name and ".." in Path(name).parts:
            raise InputError(
                "the list names a picture beyond its folder",
                source=listing,
                found=name,
                expected="a path without ..",
                advice="Correct the list",
            )
        parts = _parts(name, listing)
        if not parts:
            raise InputError(
                "the list names no picture",
                source=listing,
                found=name,
                expected="the path of a picture",
                advice="Correct the list",
            )
        is_inner = parts[0] == "images" and len(parts) > 1
        if is_inner:
            *above, last = exchanged("/".join(parts), "images", "labels").split("/")
            folder = self._folders.setdefault(tuple(above), self.path.joinpath(*above))
            stem, dot, ending = last.rpartition(".")
            return "/".join(parts[1:]), folder / f"{stem if stem and dot and ending else last}.txt"
        for start in range(len(parts)):
            image = self.path.joinpath(*parts[start:])
            label = self._exchanged(image, "images", "labels").with_suffix(".txt")
            if image.exists() or label.exists():
                return self._name(image), label
        return "/".join(parts), self.path / Path(*parts).with_suffix(".txt")


def _parts(name: str, source: Path) -> list[str]:
    """Return the folders and the file that a path names, none above where it starts; InputError if one cannot be."""
    parts = [part for part in name.replace("\\", "/").split("/") if part not in {"", ".", ".."}]
    is_long = len(os.fsencode(name)) > _LONGEST_PATH or any(len(os.fsencode(part)) > _LONGEST_NAME for part in parts)
    if is_long or "\0" in name:
        raise InputError(
            "this cannot be the name of a file",
            source=source,
            found=f"{name[:40]} ...",
            expected="names of at most 255 bytes each",
            advice="Correct the name in that file",
        )
    return parts
