"""Cases of boxes that all come back: what is told of one is told of those that are alike but for picture and boxes.

`comparison` compares any case, and is asked of the first of these with its first box. What both tell is the same.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from annoconv.codes import UNCLASSIFIED
from annoconv.documents import strict_json
from annoconv.loss import Loss
from annoconv.pictures import named_image
from annoconv_converters._pictures.columns import BOX
from annoconv_converters._pictures.comparison import SIDE_FILE, compare_case
from annoconv_converters._pictures.crowds import crowds
from annoconv_converters._pictures.kept_parts import KeptParts
from annoconv_converters._pictures.records import KEY, flat_uid
from annoconv_converters._pictures.said import digest_of_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from annoconv.documents.losses import Reasons
    from annoconv_converters._pictures.boxes import Boxes
    from annoconv_converters._pictures.class_lists import WrittenLists
    from annoconv_converters._pictures.columns import Columns
    from annoconv_converters._pictures.draw import Drawing
    from annoconv_converters._pictures.records import Picture

__all__ = ["Alike", "classes_come_back"]

Record: TypeAlias = "dict[str, Any]"

_ID: Final = "/annotations/0/id"
_BOXES: Final = "annotations"
_KEPT: Final = "extensions"
_OWN: Final = frozenset({"id", "file_name"})
"""What pictures have each its own of."""
_MOST: Final = 256
"""Cases of which is known what is told, above all of pictures of so many sizes."""


class _Told(NamedTuple):
    """What is told of the case that was compared: losses but those of ids, that of its first id, its side file."""

    losses: list[Loss]
    of_id: Loss
    entry: Record


class Alike:
    """Tells what comes back of the cases of boxes in one file."""

    def __init__(self, task: str, reasons: Reasons, *, has_ids: bool) -> None:
        self._task, self._reasons, self._has_ids = task, reasons, has_ids
        self._known: dict[tuple[bytes, bytes, WrittenLists, bool], _Told] = {}
        self._parts = KeptParts(reasons, SIDE_FILE)

    def compare(
        self,
        boxes: Boxes,
        read: Sequence[Picture],
        found: Columns | None,
        lists: WrittenLists,
        case_index: int,
        *,
        is_said: bool,
    ) -> tuple[list[Loss], Record] | None:
        """Return what `compare_case` does, what its records say noted with their keys; None if that is to be asked.

        `found` are the records of its picture, measured, if they are boxes.
        It is asked where a box comes back as another one, and where it depends on all boxes what is told of the rest.
        """
        frame, kept, ids = boxes.loaded.frame.document, boxes.loaded.extensions, boxes.told.ids
        is_listed = lists.kind == "numbered" or is_said or "labels" not in frame
        is_native = frame["task_id"] == self._task and not frame["metadata"]
        if found is None or len(read) != 1 or not ids or not is_listed or is_native:
            return None
        told = self._told(boxes, read[0], found, lists, is_said=is_said) if _come_back(boxes, found, lists) else None
        if told is None:
            return None
        of_id, (picture,) = told.of_id, told.entry["pictures"]
        own = {
            "file_name": read[0].record.get("file_name"),
            KEY: boxes.pictures[0].key,
            _BOXES: self._keys(ids, found, lists),
        }
        beside = self._parts.of(kept)
        residual = told.entry["residual"]
        values = [*residual["values"], *(value for each in beside for value in each.values)]
        order = [[path, ids if path == [_BOXES] else members] for path, members in residual["order"]]
        residual = {**residual, "values": values, "order": order}
        losses = [Loss(case_index, path, of_id.kind, of_id.message) for path in _id_paths(len(ids))]
        for some in (told.losses, *(each.losses for each in beside)):
            losses += [Loss(case_index, each.path, each.kind, each.message) for each in some]
        return losses, {**told.entry, "pictures": [{**picture, **own}], "residual": residual}

    def _keys(self, ids: list[str], found: Columns, lists: WrittenLists) -> list[Record]:
        """Return the keys of boxes with what they say."""
        names = {each: digest_of_name(lists.known.name_of(each)) for each in {*found.classes}}
        rows = zip(ids, found.classes, found.outlines, strict=True)
        keys: list[Record] = [
            {"id": each, "type": BOX, "said": [names[of], *outline, {}]} for each, of, outline in rows
        ]
        if self._has_ids:
            for key, number in zip(keys, found.numbers, strict=True):
                key["number"] = str(number)
        return keys

    def _told(self, boxes: Boxes, read: Picture, found: Columns, lists: WrittenLists, *, is_said: bool) -> _Told | None:
        """Return what is told of a case, or of one before that is like it; None if that tells of boxes too."""
        shared = _shared(boxes, read)
        key = None if shared is None else (boxes.loaded.frame.text, shared, lists, is_said)
        if key in self._known:
            return self._known[key]
        first, shown = boxes.first(), replace(read, shapes=found.shapes()[:1])
        losses, entry = compare_case(first, [shown], lists, self._task, self._reasons, 0, plain=False, is_said=is_said)
        of_boxes = [loss for loss in losses if loss.path.startswith("/annotations/")]
        residual = entry["residual"]
        paths = [*(path for path, _ in residual["values"]), *residual["removed"]]
        if [loss.path for loss in of_boxes] != [_ID] or any(path[0] in {_BOXES, _KEPT} for path in paths):
            return None
        told = _Told([loss for loss in losses if loss.path != _ID], of_boxes[0], entry)
        if key is not None:
            if len(self._known) == _MOST:
                self._known.clear()
            self._known[key] = told
        return told


@lru_cache(maxsize=256)
def _id_paths(count: int) -> list[str]:
    return [f"/annotations/{place}/id" for place in range(count)]


def _come_back(boxes: Boxes, found: Columns, lists: WrittenLists) -> bool:
    """Tell whether each box comes back, and none says more of the case than itself."""
    told = boxes.told
    if found.sides != told.sides or not classes_come_back(told.codes, told.categories, found.classes, boxes, lists):
        return False
    return not crowds({_KEPT: boxes.loaded.extensions or {}}, told.ids)


def classes_come_back(
    codes: Sequence[str], categories: Sequence[str], found: Sequence[Any], drawing: Drawing, lists: WrittenLists
) -> bool:
    """Tell whether records have the label codes and categories of the annotations that were drawn, given their classes.

    The labels of the drawing say all that those say of themselves.
    """
    classes = {*zip(found, codes, categories, strict=True)}
    meanings = [lists.known[of] for of, _, _ in classes]
    is_same = [(each.code, each.category) for each in meanings] == [(code, category) for _, code, category in classes]
    if not is_same or UNCLASSIFIED in codes or len({*codes}) != len({*found}):
        return False
    defined = {each.code for each in meanings if each.definition}
    listed = lists.of(lists.places(drawing.labels, drawing.listed)) if defined else ()
    return defined <= {each["code"] for each in listed}


def _shared(boxes: Boxes, read: Picture) -> bytes | None:
    """Return what cases that are alike say of their pictures; None if the name of this one does not come back."""
    image = boxes.loaded.image
    named = named_image(flat_uid(read.record)[1], image["uid"], read.address)
    if named != {name: image[name] for name in ("files", "extensions") if name in image}:
        return None
    of_image = {name: value for name, value in image.items() if name != "uid" and name not in named}
    of_picture = {name: value for name, value in read.record.items() if name not in _OWN}
    return strict_json.dumps([of_image, of_picture])
