"""Names of flat pictures in a file that is written: their own, or flat ones.

A picture has the name that it has in the case, its folders included. Where a format knows pictures by their names, one
that two cases have (two readers' cases of a picture) stands for the second in a folder of that case, and two names that
the format takes for one are refused. Flat names have no folders: `train/a.png` is `train_a.png`, and of those that are
the same without their ending, in upper or lower case, the second has `-2` before its ending, the third `-3`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from annoconv.errors import InputError
from annoconv.ids import safe_name
from annoconv.messages import Message

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from annoconv_converters._pictures.draw import Drawing
    from annoconv_converters._pictures.records import Picture

__all__ = ["FlatNames", "NameRule", "name_pictures", "stem_of"]

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


def name_pictures(drawings: Sequence[Drawing], known_by: Callable[[str], str] | None) -> None:
    """Tell pictures apart in a format that knows them by their names.

    Parameters
    ----------
    drawings
        Of all cases.
    known_by
        From a name to what the format knows the picture by; None if it does not know them by their names.

    Raises
    ------
    InputError
        If it knows two pictures of different names by the same.
    """
    if known_by is None:
        return
    taken: dict[str, str] = {}
    for number, drawing in enumerate(drawings, start=1):
        case_id = drawing.loaded.case.case_id
        folder = f"case-{number}" if case_id is None else safe_name(case_id)
        for picture in drawing.pictures:
            name = own = str(picture.record["file_name"])
            count = 1
            while (key := known_by(name)) in taken:
                if taken[key] != own:
                    raise InputError(
                        "two pictures would have one name",
                        source=drawing.loaded.path,
                        found=Message("{first} and {second}", first=taken[key], second=own),
                        advice="Pass --names flat, which tells them apart",
                    )
                name = f"{folder if count == 1 else f'{folder}-{count}'}/{own}"
                count += 1
            taken[key] = own
            picture.record["file_name"] = name
