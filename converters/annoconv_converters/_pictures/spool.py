"""Cases that wait for each other: in memory while they are few, the others in a file without a name.

What is numbered over all cases of a file, its classes above all, is known only when the last of them has been seen.
"""

from __future__ import annotations

import pickle
import weakref
from dataclasses import replace
from functools import cached_property
from sys import maxsize
from typing import IO, TYPE_CHECKING, Any, Final, Generic, TypeVar

from annoconv.casefile import LoadedCase
from annoconv.documents import strict_json
from annoconv.documents.collector import collector_paused
from annoconv.limits import Limits
from annoconv.model import Case
from annoconv.scratch import scratch_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from annoconv.model import Label
    from annoconv_converters._pictures.draw import Drawing

__all__ = ["MOST_TOGETHER", "Spool", "Waiting", "chunks", "waiting"]

T = TypeVar("T")

MOST_TOGETHER: Final = 1_000
"""Weight of what is held at a time: pictures and shapes, one each."""
_ANY: Final = Limits(document_bytes=maxsize, keys=maxsize, members=maxsize)
"""Of a case that is there already."""


class Spool(Generic[T]):
    """Takes objects in their order and gives them as often as they are asked for.

    Parameters
    ----------
    weigh
        What an object weighs; beyond `MOST_TOGETHER` they wait in a file.
    """

    def __init__(self, weigh: Callable[[T], int]) -> None:
        self._weigh = weigh
        self._held: list[T] = []
        self._weight = 0
        self._file: IO[bytes] | None = None
        self._filed = self._blocks = 0

    def add(self, item: T) -> None:
        """Take an object; one that is large alone is held until another comes."""
        weight = self._weigh(item)
        if self._held and self._weight + weight > MOST_TOGETHER:
            if self._file is None:
                self._file = scratch_file()
                weakref.finalize(self, self._file.close)
            pickle.dump(self._held, self._file, pickle.HIGHEST_PROTOCOL)  # together: what they share is written once
            self._blocks += 1
            self._filed += len(self._held)
            self._held, self._weight = [], 0
        self._held.append(item)
        self._weight += weight

    def __len__(self) -> int:
        return self._filed + len(self._held)

    def __iter__(self) -> Iterator[T]:
        """Yield all objects; none is taken meanwhile."""
        if self._file is not None:
            place = 0
            for _ in range(self._blocks):
                self._file.seek(place)
                some = pickle.load(self._file)  # noqa: S301  what this process wrote itself
                place = self._file.tell()
                yield from some
        yield from self._held


def chunks(drawings: Iterable[Drawing]) -> Iterator[list[Drawing]]:
    """Yield drawings in their order, as many at a time as are held."""
    held: list[Drawing] = []
    weight = 0
    for drawing in drawings:
        own = drawing.weight
        if held and weight + own > MOST_TOGETHER:
            yield held
            held, weight = [], 0
        held.append(drawing)
        weight += own
    if held:
        yield held


class Waiting(LoadedCase):
    """A case without masks as JSON values, which wait at a fraction of the cost; typed again if it is asked for."""

    def __init__(self, document: dict[str, Any], path: Path | None) -> None:
        self.path = path
        self._document, self._masks, self._fields = document, None, None

    def as_document(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return self._document

    @cached_property
    def case(self) -> Case:  # type: ignore[override]  # it is not set
        return strict_json.as_model(self.as_document(), Case, limits=_ANY)


@collector_paused()
def waiting(drawing: Drawing, labels: Sequence[Label] | None, listed: Sequence[Label], told: Any) -> Drawing:
    """Return a drawing, in which all masks are drawn already, in the form in which it waits for others.

    Parameters
    ----------
    drawing
        Of a case.
    labels, listed
        The labels of the case and its class list, as other cases have them too.
    told
        These labels as JSON values.
    """
    loaded, shown = drawing.loaded, drawing.shown
    document = strict_json.plain(loaded.case)
    if told is not None:
        document["labels"] = told
    polygons = {each["id"]: each for each in document["annotations"] if each["type"] == "polygon"}
    for shape in (each for picture in drawing.pictures for each in picture.shapes if each.pieces):
        drawn = polygons[shape.key["id"]]  # whose rings need not be held twice
        shape.pieces = [[each["polygon"], *each.get("holes", ())] for each in (drawn, *drawn.get("parts", ()))]
    kept: dict[str, Any] = {"document": document, "labels": labels, "listed": listed, "_at": {}}
    bare = Waiting(document, loaded.path)
    is_whole = shown is loaded
    return replace(drawing, loaded=bare, shown=bare if is_whole else LoadedCase(shown.case, path=shown.path), **kept)
