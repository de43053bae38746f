"""Cases that a side file tells of, with what their file shows of each: counted off, or found by their names.

Of a file that is as it was written, pictures follow one another as the side file tells of them. Else pictures are
found by their names, the first of one name first; what the side file does not know is left.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeAlias

from annoconv_converters._pictures.carrier import damaged, not_used, read_side
from annoconv_converters._pictures.class_lists import CLASSES, FileLists, are_listed, classes_told
from annoconv_converters._pictures.columns import held
from annoconv_converters._pictures.fitting import GONE, lost
from annoconv_converters._pictures.records import KEY, Picture
from annoconv_converters._pictures.side_cases import CASES, SideCases
from annoconv_converters._pictures.stored import HeldPictures, grouped
from annoconv_converters._pictures.together import TokenPlaces, unpaired
from annoconv_converters._pictures.whole_side import in_parts, is_entry, whole_side

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from annoconv.loss import Loss
    from annoconv.registry import Context
    from annoconv_converters._pictures.batch import Batch
    from annoconv_converters._pictures.carrier import SideFile
    from annoconv_converters._pictures.stored import StoredPictures

__all__ = ["WrittenCase", "put_keys", "told_cases"]

Record: TypeAlias = "dict[str, Any]"
Left: TypeAlias = "Callable[[], Iterable[list[Picture]]]"
"""Gives the pictures of which a side file does not tell, those of each case, once the others have been read."""


@dataclass(frozen=True, slots=True)
class WrittenCase:
    """A case that a side file tells of, with the keys of the records on each picture if its file was edited.

    `shown` are those of its pictures that the file still has, `listed` the classes of its list, `written` those of the
    file when it was written.
    """

    pictures: list[Picture]
    shown: list[Picture]
    residual: Any
    keys: list[list[Record]] | None
    listed: list[Record]
    written: Sequence[Record] = ()


def put_keys(parsed: list[Picture], entry: Record, *, with_shapes: bool = True) -> None:
    """Give pictures and their shapes the keys that a side file holds for them."""
    for picture, told in zip(parsed, entry["pictures"], strict=True):
        picture.key = told[KEY]
        keys: list[Any] = told["annotations"] if with_shapes else []
        columns = held(picture)
        if columns is not None:
            columns.keys = keys if len(keys) == len(columns.classes) else []
            continue
        if len(keys) != len(picture.shapes):
            keys = [{}] * len(picture.shapes)
        for shape, key in zip(picture.shapes, keys, strict=True):
            shape.key = key if isinstance(key, dict) else {}


def told_cases(batch: Batch, task: str, context: Context) -> tuple[Iterable[WrittenCase], Left, Iterable[Loss]]:
    """Return the cases that the side file tells of, the pictures of which it knows nothing, and what is lost of it."""
    pictures = HeldPictures(batch.pictures) if batch.stored is None else batch.stored
    every: Left = partial(pictures.groups, range(len(pictures)))
    if batch.side is None:
        return [], every, []
    if batch.flat is not None:
        return [], every, batch.side.losses(0)
    left_over: list[Picture] = []
    if batch.part is not None:
        return _whole(batch, batch.part.head, [batch.part.entries], left_over), lambda: grouped(left_over), []
    whole = whole_side(batch.side, task)
    if whole is not None:
        parts = in_parts(whole[1], batch.side)
        return _whole(batch, whole[0], parts, left_over), lambda: grouped(left_over), []
    side = read_side(batch.side, dict, task, context.limits)
    if side is None:
        return [], every, batch.side.losses(0)
    if side.other is not None:
        return [], every, [not_used(side, 0)]
    entries, classes = _checked(side)
    named, places, counts = TokenPlaces(pictures.names), array("i"), array("i")
    for entry in entries:
        if not is_entry(entry) or not are_listed(entry, classes):
            raise damaged(None, side.path)
        places.extend(named.take(each["file_name"]) for each in entry["pictures"])
        counts.append(len(entry["pictures"]))
    is_edited = not batch.side.is_of(side.main)
    lists = FileLists(batch.categories, batch.classes, classes, is_edited=is_edited)
    shown = zip(entries, _in_turn(places, counts), strict=True)
    gone = (number for number, each in enumerate(_in_turn(places, counts)) if max(each) < 0)
    losses = lost({("cases", number): GONE for number in gone}, 0)
    known = _found(pictures, shown, lists, classes, is_edited=is_edited)
    return known, partial(pictures.groups, unpaired(pictures.names, places)), [*losses]


def _checked(side: SideFile) -> tuple[Iterable[Record], list[Record]]:
    """Return the cases and the class list of a side file; DocumentError if either is damaged."""
    entries, classes = side.members.get(CASES), classes_told(side.members)
    if not isinstance(entries, list | SideCases) or classes is None:
        raise damaged(None, side.path)
    return entries, classes


def _in_turn(places: array[int], counts: Iterable[int]) -> Iterator[array[int]]:
    """Yield as many places of pictures as each case has."""
    first = 0
    for count in counts:
        yield places[first : first + count]
        first += count


def _found(
    pictures: HeldPictures | StoredPictures,
    shown: Iterable[tuple[Record, array[int]]],
    lists: FileLists,
    written: Sequence[Record],
    *,
    is_edited: bool,
) -> Iterator[WrittenCase]:
    """Yield the cases of which pictures are shown, given the places of these, -1 of one that is not."""
    is_first = True
    for entry, places in shown:
        if max(places) < 0:
            continue
        told: list[Record] = entry["pictures"]
        own = pictures.of(place for place in places if place >= 0)
        rest = iter(own)
        found = [_without_shapes(each) if place < 0 else next(rest) for each, place in zip(told, places, strict=True)]
        put_keys(found, entry, with_shapes=not is_edited)
        keys = [each["annotations"] for each in told] if is_edited else None
        classes = entry.get(CLASSES)
        listed = lists.of(classes, found, is_first=is_first) if classes else []
        yield WrittenCase(found, own, entry["residual"], keys, listed, written)
        is_first = False


def _whole(batch: Batch, head: Record, parts: Iterable[list[Record]], left: list[Picture]) -> Iterator[WrittenCase]:
    """Yield the cases of a side file and a file that are as they were written, so that one follows the other.

    Pictures of which the side file does not tell are left at the end.
    """
    path = batch.side.path if batch.side is not None and batch.side.path is not None else batch.source
    classes = classes_told(head)
    lists = FileLists(batch.categories, batch.classes, classes or ())
    for entry, pictures in _shown(batch, parts, left):
        if classes is None or not are_listed(entry, classes):
            raise damaged(None, path)
        told: list[Record] = entry["pictures"]
        if [each.record.get("file_name") for each in pictures] != [each["file_name"] for each in told]:
            raise damaged(None, path)
        put_keys(pictures, entry)
        places = entry.get(CLASSES)
        yield WrittenCase(pictures, pictures, entry["residual"], None, lists.of(places) if places else [])


def _shown(batch: Batch, parts: Iterable[list[Record]], left: list[Picture]) -> Iterator[tuple[Record, list[Picture]]]:
    """Yield cases of a side file with their pictures, which are read some cases at a time."""
    rest = iter(batch.pictures)
    for entries in parts:
        if batch.pictures_of is not None:
            rest = iter(batch.pictures_of([picture for entry in entries for picture in entry["pictures"]]))
        for entry in entries:
            yield entry, [*islice(rest, len(entry["pictures"]))]
    left += rest


def _without_shapes(told: Record) -> Picture:
    """Return a picture that the file does not show any more: its image is no smaller for that."""
    named: Record = {name: told[name] for name in ("file_name", "width", "height") if name in told}
    return Picture({"id": told["file_name"], **named}, is_unsized=True)
