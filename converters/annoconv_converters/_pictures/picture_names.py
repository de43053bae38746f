"""Names of flat pictures in a file that is written: their own, or flat ones.

A picture has the name that it has in the case, its folders included. Two pictures that the format takes for one, by the
same name or by names that it does not tell apart, are refused by both. Flat names have no folders: `train/a.png` is
`train_a.png`, and of those that are the same without their ending, in upper or lower case, the second has `-2` before
its ending, the third `-3`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from annoconv.errors import InputError
from annoconv.messages import Message

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from annoconv_converters._pictures.draw import Drawing
    from annoconv_converters._pictures.records import Picture

__all__ = ["FlatNames", "KnownNames", "NameRule", "stem_of"]

NameRule: TypeAlias = Literal["own", "flat"]


def stem_of(name: str) -> str:
    """Return a name without its ending, the same for upper and lower case: what files beside a picture are named by."""
    folder, slash, last = name.rpartition("/")
    stem, dot, _ = last.rpartition(".")
    return f"{folder}{slash}{stem if dot else last}".casefold()


class FlatNames:
    """Gives pictures names without folders, no two the same."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def rename(self, pictures: Iterable[Picture]) -> None:
        """Give each picture that is no slice its flat name."""
        for picture in pictures:
            if picture.name is None:
                picture.record["file_name"] = self._of(str(picture.record["file_name"]))

    def _of(self, name: str) -> str:
        flat = "_".join(part for part in name.split("/") if part)
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
        self._taken: dict[str, tuple[str, str]] = {}
        self._cases = 0

    def take(self, drawing: Drawing) -> None:
        """Take the names of the pictures of the next case.

        Raises
        ------
        InputError
            If another picture is known by the same.
        """
        self._cases += 1
        case = drawing.loaded.case.case_id or str(self._cases)
        for picture in drawing.pictures:
            name = str(picture.record["file_name"])
            key = self._known_by(name)
            if key in self._taken:
                first, of = self._taken[key]
                raise InputError(
                    "two pictures would have one name",
                    source=drawing.loaded.path,
                    found=Message(
                        "{first} of case {case} and {second} of case {other}",
                        first=first,
                        case=of,
                        second=name,
                        other=case,
                    ),
                    advice="Pass --names flat, which tells them apart",
                )
            self._taken[key] = name, case
