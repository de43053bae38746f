"""Pictures of a file that is read once and whose cases stand in an order of their own: they wait without being held.

A reader stores each picture as it comes, with what its file's tree needs to hold it against its case. Once all were
met, it is known which case each is of, by their names; then those of one case at a time are taken from a file without
a name. A few bytes of each picture stay in memory.
"""

from __future__ import annotations

import pickle
import weakref
from array import array
from bisect import bisect_left
from typing import IO, TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

from annoconv.scratch import scratch_file
from annoconv_converters._pictures.planes import DEFAULT_NAMES
from annoconv_converters._pictures.records import Picture, picture_name
from annoconv_converters._pictures.together import Members, TokenPlaces, together, token_of, token_of_place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from annoconv_converters._pictures.records import Record, Shape

__all__ = ["HeldPictures", "StoredPictures", "Told", "ToldSizes", "grouped"]

Told: TypeAlias = "list[tuple[Picture, list[Any]]]"
"""Pictures, each with what was stored with it."""

_LARGEST: Final = 1 << 62
"""Rows or columns that no picture has."""


def grouped(pictures: Iterable[Picture]) -> Iterable[list[Picture]]:
    """Return the pictures of each case if nothing but their names tells: slices of one volume belong together."""
    groups: dict[object, list[Picture]] = {}
    for position, picture in enumerate(pictures):
        name = picture_name(picture, DEFAULT_NAMES, use_keys=False)
        groups.setdefault(position if name is None else name.case or name.series, []).append(picture)
    return groups.values()


class HeldPictures:
    """Pictures that are held as they are.

    Attributes
    ----------
    names
        A token of the name of each (`together`).
    """

    def __init__(self, pictures: Sequence[Picture]) -> None:
        self._pictures = pictures
        self.names = b"".join(token_of(str(each.record.get("file_name"))) for each in pictures)

    def __len__(self) -> int:
        return len(self._pictures)

    def of(self, places: Iterable[int]) -> list[Picture]:
        """Return pictures by their places."""
        return [self._pictures[place] for place in places]

    def groups(self, places: Iterable[int]) -> Iterable[list[Picture]]:
        """Return some of the pictures as `grouped` does."""
        return grouped(self.of(places))


class StoredPictures:
    """Pictures that are not held.

    Parameters
    ----------
    asked
        Is given pictures before they are returned, with what was stored with each.
    """

    def __init__(self, asked: Callable[[Told], None]) -> None:
        self._asked = asked
        self._file: IO[bytes] = scratch_file()
        weakref.finalize(self, self._file.close)
        self._starts = array("q", [0])
        self._owners = array("i")
        """Of further shapes, which stand behind all pictures."""
        self._further: Members | None = None
        self._slices = array("i")
        """Places of the pictures that are slices of a volume."""
        self._volumes = bytearray()
        """A token of the volume of each slice."""
        self.names = bytearray()

    def __len__(self) -> int:
        return len(self.names) // len(token_of_place(0))

    def add(self, picture: Picture, *told: Any) -> None:
        """Store the next picture; no further shapes were stored before."""
        name = picture_name(picture, DEFAULT_NAMES, use_keys=False)
        if name is not None:
            self._slices.append(len(self))
            self._volumes += token_of(f"{name.case or name.series}")
        self.names += token_of(str(picture.record.get("file_name")))
        self._store((picture, told))

    def add_to(self, place: int, shapes: list[Shape], *told: Any) -> None:
        """Store further shapes of a picture, by its place."""
        self._owners.append(place)
        self._store((shapes, told))

    def _store(self, part: tuple[Any, tuple[Any, ...]]) -> None:
        data = pickle.dumps(part, pickle.HIGHEST_PROTOCOL)
        self._file.write(data)
        self._starts.append(self._starts[-1] + len(data))

    def of(self, places: Iterable[int]) -> list[Picture]:
        """Return pictures by their places; none is added any more."""
        if self._further is None and self._owners:
            self._further = Members.of(np.asarray(self._owners), len(self))
        found: Told = []
        for place in places:
            picture, told = self._part(place)
            found.append((picture, [*told]))
            for number in () if self._further is None else self._further[place]:
                shapes, beside = self._part(len(self) + number)
                picture.shapes += shapes
                found[-1][1].extend(beside)
        self._asked(found)
        return [picture for picture, _ in found]

    def _part(self, number: int) -> Any:
        start, end = self._starts[number : number + 2]
        self._file.seek(start)
        return pickle.loads(self._file.read(end - start))  # noqa: S301  what this process wrote itself

    def groups(self, places: Sequence[int]) -> Iterator[list[Picture]]:
        """Yield some of the pictures as `grouped` returns them."""
        if not self._slices:
            return (self.of([place]) for place in places)
        tokens = bytearray()
        for place in places:
            rank = bisect_left(self._slices, place)
            is_slice = rank < len(self._slices) and self._slices[rank] == place
            size = len(token_of_place(0))
            tokens += self._volumes[rank * size : (rank + 1) * size] if is_slice else token_of_place(place)
        return (self.of(places[each] for each in group) for group in together(tokens))


class ToldSizes:
    """Rows and columns of pictures by their names, packed; of a name that is told twice, the last.

    Parameters
    ----------
    told
        Pictures of a side file.

    Attributes
    ----------
    is_all
        Whether each says two whole numbers, or nothing of its size.
    """

    def __init__(self, told: Iterable[Record] = ()) -> None:
        tokens, self._sizes, self.is_all = bytearray(), array("q"), True
        for picture in told:
            rows, columns = picture.get("height"), picture.get("width")
            if type(rows) is int and type(columns) is int and max(abs(rows), abs(columns)) < _LARGEST:
                tokens += token_of(picture["file_name"])
                self._sizes.extend((rows, columns))
            else:
                self.is_all &= picture.keys().isdisjoint(("height", "width"))
        self._places = TokenPlaces(tokens)

    def get(self, name: str) -> tuple[int, int] | None:
        """Return the size of a picture; None if none is told."""
        place = self._places.of(name)
        rows, columns = self._sizes[2 * place : 2 * place + 2] if place >= 0 else (0, 0)
        return None if place < 0 else (rows, columns)
