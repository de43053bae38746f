"""Files of ours that were edited in another tool: which record is which.

A writer notes of each record, beside whom it belongs to, what it says (`said_of`), as digests. A reader of a file that
was changed since pairs the records on each picture with these: by what they say; then by the same outline under
another label; then by the id that the format itself has for it, unless the tool numbered its records anew; never by
place alone. The rest is new, or gone.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from annoconv_converters._pictures.geometry import tidy

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from annoconv_converters._pictures.records import Picture, Shape

__all__ = ["Edit", "bind", "classes_said", "said_of"]

Record: TypeAlias = "dict[str, Any]"
Said: TypeAlias = "tuple[str, str, str, dict[str, str]]"

_PLACES: Final = ("slice_index", "frame_index")
_NOWHERE: Final = "none"
"""Outline of what belongs to the whole picture."""


def said_of(shape: Shape, name: str) -> list[Any]:
    """Return what a record says as digests: its class, its outline exactly and to a hundredth, and its other members.

    Tools write hundredths of a pixel and begin a ring at another corner, so the second digest of the outline is of the
    set of its corners.
    """
    record, more = shape.record, shape.more
    segmentation = record.get("segmentation") or None
    outline = [
        segmentation,
        None if segmentation else record.get("bbox"),
        record.get("keypoints"),
        record.get("caption"),
        shape.geometry,
        [more.get(name) for name in _PLACES],
    ]
    rough: list[Any] = [_corners(segmentation) if isinstance(segmentation, list) else segmentation, *outline[1:]]
    rough[1] = _bounds(outline[1])
    rest: Record = {"confidence": record["score"]} if "score" in record else {}
    attributes = record.get("attributes")
    rest |= {f"attributes/{key}": value for key, value in attributes.items()} if isinstance(attributes, dict) else {}
    rest |= {key: value for key, value in more.items() if key not in _PLACES}
    told = {key: _digest(rest[key]) for key in rest}
    if not any(outline[:5]):
        return [_digest(name), _NOWHERE, _NOWHERE, told]
    return [_digest(name), _digest(outline), _digest(_hundredths(rough)), told]


def _corners(rings: list[Any]) -> list[Any]:
    """Return the corners of rings, each once, in an order of their own."""
    numbers = [number for ring in rings if isinstance(ring, list) for number in ring]
    if not all(isinstance(number, int | float | Decimal) for number in numbers):
        return rings
    pairs = {(_rounded(x), _rounded(y)) for x, y in zip(numbers[::2], numbers[1::2], strict=False)}
    return [list(pair) for pair in sorted(pairs)]


def _bounds(box: Any) -> Any:
    """Return the corners of a box: its sides have other hundredths."""
    is_box = isinstance(box, list) and len(box) == 4 and all(isinstance(each, int | float | Decimal) for each in box)
    return [*box[:2], tidy(float(box[0] + box[2])), tidy(float(box[1] + box[3]))] if is_box else box


def _hundredths(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _hundredths(member) for key, member in value.items()}
    if isinstance(value, list | tuple):
        return [_hundredths(member) for member in value]
    return _rounded(value) if isinstance(value, float | Decimal) else value


def _rounded(number: Any) -> float:
    return round(float(number), 2) + 0.0


def _digest(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(_floats(value), sort_keys=True)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def _floats(value: Any) -> Any:
    """Return a JSON value with its numbers as floats: 10 is 10.0 to a tool in JavaScript."""
    if isinstance(value, dict):
        return {key: _floats(member) for key, member in value.items()}
    if isinstance(value, list | tuple):
        return [_floats(member) for member in value]
    return float(value) if isinstance(value, int | float | Decimal) and not isinstance(value, bool) else value


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
    """

    changed: dict[str, set[str]] = field(default_factory=dict)
    kept: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)

    def note(self, identity: Any, aspects: Iterable[str]) -> None:
        """Add to what is changed of an annotation."""
        found = set(aspects)
        if isinstance(identity, str) and found:
            self.changed.setdefault(identity, set()).update(found)


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
    """
    pages = [_page(*pair, name_of) for pair in zip(pictures, told, strict=True)]
    edit = Edit()
    for page in pages:
        _by_own_key(page, edit)
    for stage in (_whole, _outlined, _rough):
        for page in pages:
            _by(page, stage, edit, is_unique=stage is _rough)
    if not any(_is_numbered_anew(shape) for page in pages for shape in page.picture.shapes):
        for page in pages:
            _by_number(page, edit)
    alive = {shape.key.get("id") for page in pages for shape in page.picture.shapes if shape.key}
    for page in pages:
        _by_label(page, alive, edit)
        for key in page.keys.values():
            edit.note(key.get("id"), {"drawn"})
            edit.gone.update(() if key.get("id") in alive else {str(key.get("id")), *_members(key)})
        for key in (shape.key for shape in page.picture.shapes if "id" in shape.key):
            found = {"drawn", "label", "digits"} & edit.changed.get(key["id"], set())
            for each in _members(key):
                edit.note(each, found)
            if not found - {"digits"}:
                edit.kept.add(key["id"])
    _number_new(pages, reserved)
    for page in pages:  # what the format makes of masks that it does not hold was no annotation
        page.picture.shapes = [shape for shape in page.picture.shapes if not shape.key or "id" in shape.key]
    return edit


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
    return tuple(value) if is_whole and all(isinstance(each, str) for each in value[:3]) else None


def classes_said(keys: Iterable[Record], names: Iterable[str]) -> set[str]:
    """Return those of the names of classes that a record had when it was written, by its key."""
    said = {told[0] for key in keys if (told := _said(key.get("said")))}
    return {name for name in names if _digest(name) in said}


def _changes(before: Any, now: Said) -> set[str]:
    """Return what a record says otherwise; who and when changes nothing by itself, tools sign what they only saved."""
    if before is None:
        return set()
    found = {"label"} if before[0] != now[0] else set()
    if before[1] != now[1]:
        found.add("digits" if before[2] == now[2] else "drawn")
    others = {key for key in {*before[3], *now[3]} if before[3].get(key) != now[3].get(key)}
    found |= {key for key in others if key == "confidence" or key.startswith("attributes/")}
    return found | others if found else found


def _by_own_key(page: _Page, edit: Edit) -> None:
    """Keep the keys that records have of themselves; of copies of one, that of the first that says the same."""
    shapes = page.picture.shapes
    own: dict[str, list[int]] = {}
    for place, shape in enumerate(shapes):
        if isinstance(shape.key.get("id"), str):
            own.setdefault(json.dumps(_own(shape.key), sort_keys=True), []).append(place)
    noted = {json.dumps(_own(key), sort_keys=True): number for number, key in page.keys.items()}
    for text, places in own.items():
        first = next((place for place in places if _said(shapes[place].key.get("said")) == page.said[place]), places[0])
        key = shapes[first].key
        for place in places:
            shapes[place].key = {}
        edit.note(key["id"], _changes(_said(key.get("said")), page.said[first]))
        if text in noted:
            page.pair(first, noted[text])
        else:
            shapes[first].key = key
            del page.shapes[first]


def _own(key: Record) -> Record:
    """Return a key as it stands in a record of itself."""
    return {name: value for name, value in key.items() if name != "number"}


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
        is_one = len(numbers) == counts[wanted] == 1 and wanted != _NOWHERE
        if numbers and (is_one or not is_unique):
            _pair(page, place, numbers.pop(), edit)


def _pair(page: _Page, place: int, number: int, edit: Edit) -> None:
    key = page.keys[number]
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


def _number_new(pages: Sequence[_Page], reserved: Collection[str]) -> None:
    """Give records that are new ids that nothing else has."""
    taken = {*reserved, *(str(shape.key.get("id")) for page in pages for shape in page.picture.shapes if shape.key)}
    for page in pages:
        for place in page.shapes:
            shape = page.picture.shapes[place]
            identity = str(shape.record.get("id"))
            while identity in taken:
                identity += "_"
            taken.add(identity)
            if identity != str(shape.record.get("id")):
                shape.record = {**shape.record, "id": identity}
