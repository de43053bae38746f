"""The ids of pictures and annotations in a COCO file that is written: those that they had in their own, and new ones.

Other files name pictures by their ids, such as lists of results. So each picture and annotation that was read from COCO
asks for its own, whatever became of those before it. What has none gets one behind the highest of its file, which the
first case of that keeps, so that no id comes to name another picture than it did.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from annoconv.documents.losses import report
from annoconv_converters._pictures.crowds import EXTENSION
from annoconv_converters._pictures.seen_names import SeenNames
from annoconv_converters.coco.foreign import number_of
from annoconv_converters.coco.stream import ANNOTATIONS, IMAGES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from annoconv.casefile.left_out import LeftOut
    from annoconv.documents.losses import Reasons
    from annoconv.documents.residuals import Path
    from annoconv.loss import Loss
    from annoconv_converters._pictures.records import Picture

__all__ = ["FileIds", "Numbers", "moved"]

Record: TypeAlias = "dict[str, Any]"

_LOW: Final = 1 << 26
"""Below it, what of whole numbers is given out takes a bit of each: 8 MB at most."""
_LARGEST: Final = 1 << 53
"""Number behind which JSON readers keep no digits."""
_HIGHEST: Final = "highest"
_MOVED: Final[Reasons] = {
    "image": "another picture of the COCO file has the id",
    "categories": "the category has another id in the COCO file",
}
_OF_FILE: Final[Reasons] = {"*": "the highest ids of a COCO file are those of all its cases"}


class Numbers:
    """Ids that are given out: those asked for where they are free, else the next.

    Attributes
    ----------
    last
        It and all whole numbers from 1 to it are given out, and the next is not.
    highest
        The highest number that is given out.
    """

    def __init__(self) -> None:
        self.last = self.highest = self._behind = 0
        self._low = bytearray()
        """A bit of each low whole number; none of files that are numbered throughout."""
        self._others: SeenNames | None = None
        """What else was given out, as Python writes it."""

    def take(self, wanted: Any) -> Any:
        """Return the id that is asked for if it is one and free, else the next."""
        if type(wanted) not in {int, str} or (wanted != self.last + 1 and self._has(wanted)):
            wanted = max(self.last, self._behind) + 1
            while self._has(wanted):
                wanted += 1
        if type(wanted) is int and wanted > self.highest:
            self.highest = wanted
        if wanted != self.last + 1:
            self._add(wanted)
            return wanted
        self.last += 1
        while self._has(self.last + 1):
            self.last += 1
        return wanted

    def keep(self, highest: Any) -> None:
        """Give out what nothing asks for behind a number: those to it may be asked for yet, or stand elsewhere."""
        if type(highest) is int and self._behind < highest <= _LARGEST:
            self._behind = highest

    def are_free(self, wanted: Iterable[Any]) -> bool:
        """Tell whether ids that are asked for are free, of which no two are the same."""
        return not any(map(self._has, wanted))

    def _has(self, wanted: Any) -> bool:
        if type(wanted) is int and 0 < wanted < _LOW:
            place = wanted >> 3
            return wanted <= self.last or (place < len(self._low) and bool(self._low[place] >> (wanted & 7) & 1))
        is_counted = type(wanted) is int and 0 < wanted <= self.last
        return is_counted or (self._others is not None and repr(wanted) in self._others)

    def _add(self, wanted: Any) -> None:
        if type(wanted) is int and 0 < wanted < _LOW:
            place = wanted >> 3
            if place >= len(self._low):
                self._low.extend(bytes(place + 1 - len(self._low)))
            self._low[place] |= 1 << (wanted & 7)
            return
        self._others = self._others or SeenNames()
        self._others.add(repr(wanted))


class FileIds:
    """The ids of a file while its cases are written.

    Attributes
    ----------
    images, annotations
        The ids that were given out.
    highest
        The highest ids of the file that is written again, as its first case keeps them.
    """

    def __init__(self) -> None:
        self.images, self.annotations = Numbers(), Numbers()
        self.highest: Record = {}
        self._is_kept = False
        """Whether a case came from a COCO file so far."""

    def take(self, kept: Record, *, is_again: bool) -> None:
        """Take what a case holds of its COCO file; `is_again` for the first case of one that is written again."""
        told = kept.get(_HIGHEST)
        highest = {name: told[name] for name in (IMAGES, ANNOTATIONS) if name in told} if isinstance(told, dict) else {}
        self.images.keep(highest.get(IMAGES))
        self.annotations.keep(highest.get(ANNOTATIONS))
        self._is_kept = self._is_kept or bool(kept)
        if is_again:
            self.highest = highest

    def of_picture(self, wanted: Any) -> Any:
        """Return the id of the next picture, which asks for one if it came from a COCO file."""
        if self._is_kept and wanted is None:
            self.images.keep(self.images.highest)
            self.annotations.keep(self.annotations.highest)
        return self.images.take(wanted)

    def asked(self, identity: str, uid: str, kept: Record) -> int | None:
        """Return the id that an annotation on a picture asks for; beside those of COCO files no other does."""
        return number_of(identity, {uid}) if kept or not self._is_kept else None

    def losses(self) -> Iterator[Loss]:
        """Yield what the first case of a file that was written again keeps otherwise than it will be read."""
        found = {IMAGES: self.images.highest, ANNOTATIONS: self.annotations.highest}
        now = {name: highest for name, highest in found.items() if highest}
        ours, theirs = ({_HIGHEST: each} if each else {} for each in (self.highest, now))
        yield from report(ours, theirs, _OF_FILE, within=("extensions", EXTENSION)).losses


def moved(kept: Record, pictures: Sequence[Picture], categories: Record) -> LeftOut:
    """Return the places of ids that a case keeps and that are others in its file, each with why.

    Parameters
    ----------
    kept
        What the case holds of the COCO file that it came from.
    pictures
        Its own, one, with its id; none or several of a case that holds nothing of a COCO file.
    categories
        Ids of categories that are not those of every case, by label code.
    """
    told: list[tuple[Path, Any]] = [(("image", "fields", "id"), each.record["id"]) for each in pictures]
    told += [(("categories", code, "id"), number) for code, number in categories.items()]
    return {
        ("extensions", EXTENSION, *path): _MOVED[str(path[0])]
        for path, now in told
        if _at(kept, path) not in (None, now)
    }


def _at(value: Any, path: Path) -> Any:
    for step in path:
        value = value.get(step) if isinstance(value, dict) else None
    return value
