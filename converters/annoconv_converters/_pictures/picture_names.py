"""Names of flat pictures: those that their sources give them, those of files, and flat ones.

Two pictures that a format takes for one, by the same name or by names that it does not tell apart, are refused by both.
Where a format names files, or pictures are rendered, a name that leads elsewhere is changed, and the change is a loss
that names both.
Flat names have no folders: `train/a.png` is `train_a.png`, and of those that are the same without their ending, in
upper or lower case, the second has `-2` before its ending, the third `-3`.
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from annoconv.documents.residuals import pointer
from annoconv.errors import InputError
from annoconv.loss import Loss, LossKind
from annoconv.messages import Message
from annoconv.pictures import file_name_of, is_relative
from annoconv_converters._pictures.seen_names import SeenNames, ToldNames

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from annoconv.casefile import LoadedCase
    from annoconv_converters._pictures.records import Picture

__all__ = [
    "FlatNames",
    "KnownNames",
    "NameRule",
    "folder_below",
    "name_below",
    "stem_of",
    "with_file_names",
]

NameRule: TypeAlias = Literal["own", "flat"]

_ANNOTATIONS: Final = "Annotations"
"""Folder that holds files about the pictures of another one beside it."""


def folder_below(path: Path, sources: Iterable[Path]) -> str:
    """Return the folder of a file below the named folder that holds it, `Annotations` left out; none of one named."""
    above = next((source for source in sources if source in path.parents), path.parent)
    return "/".join(part for part in path.parent.relative_to(above).parts if part != _ANNOTATIONS)


def name_below(folder: str, name: str) -> str:
    """Return the name of a picture by its path from a folder; as it stands if that leads out of what was named."""
    path = name.replace("\\", "/")
    found = posixpath.normpath(posixpath.join(folder, path))
    return found if is_relative(found) and not path.startswith("/") else name


def with_file_names(loaded: LoadedCase, pictures: Iterable[Picture], case_index: int) -> Iterator[Loss]:
    """Give the flat pictures of a case the names of files, and yield a loss for each that has another one so."""
    for picture in pictures:
        name = str(picture.record["file_name"])
        if picture.name is None and (other := file_name_of(name)) != name:
            picture.record["file_name"] = other
            case = loaded.case
            images = {each.uid: place for place, each in enumerate((case.image, *(case.related_images or ())))}
            place = images[picture.key["uid"]]
            path = pointer((*(("related_images", place - 1) if place else ("image",)), "files", 0, "path"))
            told = Message("a picture is a file there: {name} is {other}", name=name, other=other)
            yield Loss(case_index, path, LossKind.APPROXIMATED, told)


def stem_of(name: str) -> str:
    """Return a name without its ending, the same for upper and lower case: what files beside a picture are named by."""
    folder, slash, last = name.rpartition("/")
    stem, dot, _ = last.rpartition(".")
    return f"{folder}{slash}{stem if dot else last}".casefold()


class FlatNames:
    """Gives pictures names without folders, no two the same."""

    def __init__(self) -> None:
        self._taken = SeenNames()

    def rename(self, pictures: Iterable[Picture]) -> None:
        """Give each picture that is no slice its flat name."""
        for picture in pictures:
            if picture.name is None:
                picture.record["file_name"] = self._of(str(picture.record["file_name"]))

    def _of(self, name: str) -> str:
        flat = file_name_of(name).replace("/", "_")
        stem, dot, ending = flat.rpartition(".")
        stem, dot = (stem, dot) if dot else (ending, "")
        ending = ending if dot else ""
        count, found = 1, flat
        while stem_of(found) in self._taken:
            count += 1
            found = f"{stem}-{count}{dot}{ending}"
        self._taken.add(stem_of(found))
        return found


class KnownNames:
    """Tells pictures apart by what a format knows them by, across the cases of a file."""

    def __init__(self, known_by: Callable[[str], str] = str) -> None:
        self._known_by = known_by
        self._taken = ToldNames()
        self._cases = 0

    def take(self, loaded: LoadedCase, pictures: Iterable[Picture]) -> None:
        """Take the names of the pictures of the next case.

        Raises
        ------
        InputError
            If another picture is known by the same.
        """
        self._cases += 1
        case = loaded.case_id or str(self._cases)
        for picture in pictures:
            name = str(picture.record["file_name"])
            before = self._taken.add(self._known_by(name), name, case)
            if before is not None:
                first, of = before
                raise InputError(
                    "two pictures would have one name",
                    source=loaded.path,
                    found=Message(
                        "{first} of case {case} and {second} of case {other}",
                        first=first,
                        case=of,
                        second=name,
                        other=case,
                    ),
                    expected="a name for each picture",
                    advice="Pass --names flat, which tells them apart",
                )
