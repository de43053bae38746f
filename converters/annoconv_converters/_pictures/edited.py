"""Files of ours that were edited in another tool: which record is which.

A writer notes of each record, beside whom it belongs to, what it says (`said_of`), as digests. A reader of a file that
was changed since pairs the records on each picture with these: by what they say; then by the same outline under
another label; then by the id that the format itself has for it, unless the tool numbered its records anew; never by
place alone. The rest is new, or gone.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from annoconv.codes import Labels, built_in_labels
from annoconv.documents.residuals import pointer
from annoconv.loss import Loss, LossKind
from annoconv.messages import Message
from annoconv.model import AlgorithmType
from annoconv_converters._pictures.categories import Categories
from annoconv_converters._pictures.records import KEY
from annoconv_converters._pictures.said import NOWHERE, digest_of, digest_of_name, said_of
from annoconv_converters._raster.polygons import rings_of_lists

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from annoconv.documents.residuals import Path
    from annoconv_converters._pictures.records import Picture, Shape

__all__ = ["NOT_WRITTEN", "Edit", "StatedCategories", "bind", "classes_said"]

Record: TypeAlias = "dict[str, Any]"
Said: TypeAlias = "tuple[str, str, str, dict[str, str]]"

_MADE: Final = "algorithm_type"
_BY_ITSELF: Final = frozenset({"confidence", _MADE})
"""What changes an annotation if nothing else of its record was changed; attributes do too."""
_FILLED: Final = Message("an outline that was drawn in a mask is filled pixel by pixel")
_FIRST: Final = Message("an annotation in several pieces has the confidence and the attributes of the first")
_UNKNOWN: Final = Message("nothing says any more of which annotation category the class was that it had")
NOT_WRITTEN: Final = Message("this is not the key that was written with the record; it counts as one without")
"""Why what stands in a key of ours is not used."""


@dataclass
class Edit:
    """What was done to the annotations of a case in its file.

    Attributes
    ----------
    changed
        By the id of an annotation, what its records say otherwise than they did: `label`, `drawn`, `digits` for an
        outline that was only written anew, and names of other members.
    kept
        Ids of annotations whose outline and label are the same.
    gone
        Ids of annotations whose records the file does not show any more.
    unheld
        Places of what the file says and the case does not take over, with why.
    redrawn
        Outlines of masks that were drawn anew.
    categories
        By the id of an annotation of another class than before, of which the file states no category: the category that
        its class stated when it was written, None if that did not.
    """

    changed: dict[str, set[str]] = field(default_factory=dict)
    kept: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)
    unheld: list[tuple[Path, str]] = field(default_factory=list)
    redrawn: list[Shape] = field(default_factory=list)
    categories: dict[str, str | None] = field(default_factory=dict)

    def note(self, identity: Any, aspects: Iterable[str]) -> None:
        """Add to what is changed of an annotation."""
        found = set(aspects)
        if isinstance(identity, str) and found:
            self.changed.setdefault(identity, set()).update(found)

    def lost(self, case_index: int) -> Iterator[Loss]:
        """Yield the losses of what is not taken over, and of outlines of masks that do not run along pixels."""
        for place, sentence in self.unheld:
            yield Loss(case_index, pointer(place), LossKind.NO_PLACE, sentence)
        for shape in self.redrawn:
            rings = shape.record.get("segmentation")
            if isinstance(rings, list) and rings and not rings_of_lists(rings).follows_pixels:
                yield Loss(case_index, pointer(shape.place), LossKind.APPROXIMATED, _FILLED)


@dataclass
class StatedCategories:
    """The annotation categories that the classes of a file state.

    Attributes
    ----------
    now
        The categories of the file.
    written
        Records of those that were written, beside those of built-in labels; None if they are not known.
    """

    now: Categories
    written: Iterable[Record] | None = ()

    @cached_property
    def before(self) -> dict[str, str | None]:
        """What classes stated when they were written, by the digests of their names."""
        names = ((each.code, each.name_en, each.name_zh) for each in built_in_labels())
        records = chain(({"name": name} for name in chain(*names) if name), self.written or ())
        known = Categories(({**each, "id": place} for place, each in enumerate(records)), Labels.of())
        return {digest_of_name(known.name_of(place)): known.category_stated(place) for place in known.records}


@dataclass
class _Page:
    """A picture while its records are paired: those that are open, and the keys that are."""

    picture: Picture
    said: list[Said]
    shapes: dict[int, None]
    keys: dict[int, Record]

    def pair(self, place: int, number: int) -> None:
        """Give a record the key of a number; what was open is not any more."""
        self.picture.shapes[place].key = self.keys.pop(number)
        del self.shapes[place]


def bind(
    pictures: Sequence[Picture],
    told: Sequence[Sequence[Record]],
    name_of: Callable[[object], str],
    reserved: Collection[str],
    stated: StatedCategories,
    *,
    are_ids: bool = False,
) -> Edit:
    """Give the records of pictures the keys that were noted of them, and return what was changed.

    Parameters
    ----------
    pictures
        As the file shows them; a shape that has a key has it from its own record.
    told
        For each picture the keys of the records that were written: `said`, with `id` and `type` of the annotation and
        `number`, the format's own id of the record, where there are any.
    name_of
        From a category id to the name of the class.
    reserved
        Ids that a new record must not have.
    stated
        The annotation categories that classes state.
    are_ids
        Whether numbers of new records are ids of COCO; else they are counts, and those of others there.
    """
    pages = [_page(*pair, name_of) for pair in zip(pictures, told, strict=True)]
    edit = Edit()
    written = {_own_text(key) for page in pages for key in page.keys.values()}
    for page in pages:
        _by_own_key(page, written, edit)
    for stage in (_whole, _outlined, _rough):
        for page in pages:
            _by(page, stage, edit, is_unique=stage is _rough)
    if any(_is_numbered_anew(shape) for page in pages for shape in page.picture.shapes):
        are_ids = False
    else:
        for page in pages:
            _by_number(page, edit)
    _part(pages, edit)
    alive = {shape.key.get("id") for page in pages for shape in page.picture.shapes if shape.key}
    for page in pages:
        _by_label(page, alive, edit)
        for place, shape in enumerate(page.picture.shapes):
            before = _said(shape.key.get("said"))
            if shape.key.get("type") == "mask" and (before is None or before[2] != page.said[place][2]):
                edit.redrawn.append(shape)
        for key in page.keys.values():
            edit.note(key.get("id"), {"drawn"})
            edit.gone.update(() if key.get("id") in alive else {str(key.get("id")), *_members(key)})
        for key in (shape.key for shape in page.picture.shapes if "id" in shape.key):
            found = {"drawn", "label", "digits"} & edit.changed.get(key["id"], set())
            for each in _members(key):
                edit.note(each, found)
            if not found - {"digits"}:
                edit.kept.add(key["id"])
    _keep_categories(pages, edit, stated)
    _number_new(pages, reserved, are_ids=are_ids)
    for page in pages:  # what the format makes of masks that it does not hold was no annotation
        page.picture.shapes = [shape for shape in page.picture.shapes if not shape.key or "id" in shape.key]
    return edit


def _keep_categories(pages: Sequence[_Page], edit: Edit, stated: StatedCategories) -> None:
    """Note what the category was of annotations whose class is another one, of which nothing says a category."""
    for shape in (shape for page in pages for shape in page.picture.shapes):
        if "label" in edit.changed.get(shape.key.get("id", ""), ()):
            said = _said(shape.key.get("said"))
            if said is not None and stated.now.category_stated(shape.record.get("category_id")) is None:
                known = stated.before.get(said[0])
                edit.categories |= dict.fromkeys([shape.key["id"], *_members(shape.key)], known)
                if known is None and stated.written is None:
                    edit.unheld.append(((*shape.place, "category_id"), _UNKNOWN))


def _members(key: Record) -> set[str]:
    """Return the ids of the keypoints that a record holds beside its outline."""
    points = key.get("points")
    return {str(each) for each in points} if isinstance(points, list) else set()


def _page(picture: Picture, told: Sequence[Record], name_of: Callable[[object], str]) -> _Page:
    said = [_said(said_of(shape, name_of(shape.record.get("category_id")))) for shape in picture.shapes]
    keys = {number: key for number, key in enumerate(told) if _said(key.get("said"))}
    return _Page(picture, said, dict.fromkeys(range(len(said))), keys)


def _said(value: Any) -> Any:
    """Return what was noted of a record; None if that is damaged."""
    is_whole = isinstance(value, list) and len(value) == 4 and isinstance(value[3], dict)
    texts = (*value[:3], *value[3].values()) if is_whole else (None,)
    return tuple(value) if all(isinstance(each, str) for each in texts) else None


def classes_said(keys: Iterable[Record], names: Iterable[str]) -> set[str]:
    """Return those of the names of classes that a record had when it was written, by its key."""
    said = {told[0] for key in keys if (told := _said(key.get("said")))}
    return {name for name in names if digest_of(name) in said}


def _changes(before: Any, now: Said) -> set[str]:
    """Return what a record says otherwise; by whom and when changes nothing by itself, tools sign what they saved."""
    if before is None:
        return set()
    found = {"label"} if before[0] != now[0] else set()
    if before[1] != now[1]:
        found.add("digits" if before[2] == now[2] else "drawn")
    others = {key for key in {*before[3], *now[3]} if before[3].get(key) != now[3].get(key)}
    found |= {key for key in others if key in _BY_ITSELF or key.startswith("attributes/")}
    return found | others if found else found


def _by_own_key(page: _Page, written: Collection[str], edit: Edit) -> None:
    """Keep the keys that records have of themselves; of copies of one, that of the first that says the same."""
    shapes = page.picture.shapes
    own: dict[str, list[int]] = {}
    for place, shape in enumerate(shapes):
        if isinstance(shape.key.get("id"), str):
            own.setdefault(_own_text(shape.key), []).append(place)
    noted = {_own_text(key): number for number, key in page.keys.items()}
    known = {key.get("id") for key in page.keys.values()}
    for shape in shapes:
        if shape.key and not isinstance(shape.key.get("id"), str):
            edit.unheld.append(((*shape.place, KEY), NOT_WRITTEN))
    for text, places in own.items():
        first = next((place for place in places if _said(shapes[place].key.get("said")) == page.said[place]), places[0])
        key = shapes[first].key
        for place in places:
            shapes[place].key = {}
        if text not in written and key["id"] in known:
            edit.unheld += (((*shapes[place].place, KEY), NOT_WRITTEN) for place in places)
            continue
        edit.note(key["id"], _changes(_said(key.get("said")), page.said[first]))
        if text in noted:
            page.pair(first, noted[text])
        else:
            shapes[first].key = key
            del page.shapes[first]


def _own_text(key: Record) -> str:
    """Return a key as it stands in a record of itself, as a text."""
    return json.dumps({name: value for name, value in key.items() if name != "number"}, sort_keys=True, default=str)


def _whole(said: Said) -> Any:
    return said[0], said[1], tuple(sorted(said[3].items()))


def _outlined(said: Said) -> Any:
    return said[0], said[2]


def _rough(said: Said) -> Any:
    return said[2]


def _by(page: _Page, part: Callable[[Said], Any], edit: Edit, *, is_unique: bool) -> None:
    """Pair open records and keys that agree in a part of what they say."""
    noted: dict[Any, list[int]] = {}
    for number, key in reversed(page.keys.items()):
        noted.setdefault(part(_said(key["said"])), []).append(number)
    counts = Counter(part(page.said[place]) for place in page.shapes)
    for place in [*page.shapes]:
        wanted = part(page.said[place])
        numbers = noted.get(wanted, [])
        is_one = len(numbers) == counts[wanted] == 1 and wanted != NOWHERE
        if numbers and (is_one or not is_unique):
            _pair(page, place, numbers.pop(), edit)


def _pair(page: _Page, place: int, number: int, edit: Edit) -> None:
    key = page.keys[number]
    shape, before = page.picture.shapes[place], _said(key["said"])[3].get(_MADE)
    if not shape.is_signed and before is not None:  # it is still whose it was
        shape.more |= next(({_MADE: each.value} for each in AlgorithmType if digest_of(each.value) == before), {})
        page.said[place][3][_MADE] = before
    edit.note(key.get("id"), _changes(_said(key["said"]), page.said[place]))
    page.pair(place, number)


def _is_numbered_anew(shape: Shape) -> bool:
    return "number" in shape.key and shape.key["number"] != str(shape.record.get("id"))


def _by_number(page: _Page, edit: Edit) -> None:
    """Pair open records and keys by the id that the format has for the record."""
    noted = {str(key["number"]): number for number, key in page.keys.items() if "number" in key}
    for place in [*page.shapes]:
        number = noted.pop(str(page.picture.shapes[place].record.get("id")), None)
        if number is not None:
            _pair(page, place, number, edit)


def _part(pages: Sequence[_Page], edit: Edit) -> None:
    """Part the pieces of annotations that were given other classes than the rest; note what else they say otherwise."""
    pieces: dict[str, list[tuple[_Page, int]]] = {}
    for page in pages:
        for place, shape in enumerate(page.picture.shapes):
            if isinstance(shape.key.get("id"), str):
                pieces.setdefault(shape.key["id"], []).append((page, place))
    for identity, members in pieces.items():
        classes = {page.said[place][0] for page, place in members}
        first_page, first = members[0]
        before = _said(first_page.picture.shapes[first].key.get("said"))
        kept = before[0] if before is not None and before[0] in classes else first_page.said[first][0]
        for page, place in members if len(classes) > 1 else ():
            if page.said[place][0] != kept:
                page.picture.shapes[place].key = {}
                page.shapes[place] = None
                edit.note(identity, {"drawn"})
                if before is not None and kept == before[0]:
                    edit.changed[identity].discard("label")
        told, *others = [(page, place) for page, place in members if page.said[place][0] == kept]
        for page, place in others:
            now, of_first = page.said[place][3], told[0].said[told[1]][3]
            shape = page.picture.shapes[place]
            names = sorted(name for name in {*now, *of_first} if now.get(name) != of_first.get(name))
            noted = _said(shape.key.get("said"))
            if names and noted is not None and any(noted[3].get(name) != now.get(name) for name in names):
                edit.unheld.append((shape.place, _FIRST))


def _by_label(page: _Page, alive: Collection[Any], edit: Edit) -> None:
    """Give the pieces of a mask that were drawn anew to the mask of their label, if it is the only one that misses any.

    It must still have pieces that were not drawn anew, here or on other pictures.
    """
    owners: dict[str, set[Any]] = {}
    for key in page.keys.values():
        owners.setdefault(_said(key["said"])[0], set()).add(key.get("id"))
    masks = {key["id"]: key for key in page.keys.values() if key.get("type") == "mask" and key.get("id") in alive}
    for place in [*page.shapes]:
        mine = owners.get(page.said[place][0], set())
        if len(mine) == 1 and mine <= masks.keys() and page.picture.shapes[place].record.get("segmentation"):
            (identity,) = mine
            edit.note(identity, {"drawn"})
            page.picture.shapes[place].key = {"id": identity, "type": "mask"}
            del page.shapes[place]


def _number_new(pages: Sequence[_Page], reserved: Collection[str], *, are_ids: bool) -> None:
    """Give records that are new ids that nothing else has; a number only if it is an id in the file, and no count."""
    taken = {*reserved, *(str(shape.key.get("id")) for page in pages for shape in page.picture.shapes if shape.key)}
    for page in pages:
        for place in page.shapes:
            shape = page.picture.shapes[place]
            identity = str(shape.record.get("id"))
            while identity in taken or (identity.isdecimal() and not are_ids):
                identity += "_"
            taken.add(identity)
            if identity != str(shape.record.get("id")):
                shape.record = {**shape.record, "id": identity}
