"""Cases of boxes that all come back: what is told of one is told of those that are alike but for picture and boxes.

`comparison` compares any case, and is asked of the first of these with its first box. What both tell is the same.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

import orjson

from annoconv.codes import UNCLASSIFIED
from annoconv.loss import Loss
from annoconv.pictures import named_image
from annoconv_converters._pictures.class_lists import CLASSES
from annoconv_converters._pictures.comparison import compare_case, keys_of
from annoconv_converters._pictures.crowds import crowds
from annoconv_converters._pictures.plain import plain_annotations
from annoconv_converters._pictures.read import put_keys
from annoconv_converters._pictures.records import flat_uid

if TYPE_CHECKING:
    from annoconv.documents.losses import Reasons
    from annoconv_converters._pictures.boxes import Boxes
    from annoconv_converters._pictures.class_lists import WrittenLists
    from annoconv_converters._pictures.records import Picture

__all__ = ["Alike"]

Record: TypeAlias = "dict[str, Any]"

_ID: Final = "/annotations/0/id"
_BOXES: Final = "annotations"
_OWN: Final = frozenset({"id", "file_name"})
"""What pictures have each its own of."""


class _Told(NamedTuple):
    """What is told of the case that was compared: losses but those of ids, that of its first id, its side file."""

    losses: list[Loss]
    of_id: Loss
    residual: Record
    places: list[int] | None


class Alike:
    """Tells what comes back of cases of boxes that follow each other in one file."""

    def __init__(self, task: str, reasons: Reasons) -> None:
        self._task, self._reasons = task, reasons
        self._last: tuple[object, _Told] | None = None

    def compare(
        self, boxes: Boxes, read: list[Picture], lists: WrittenLists, case_index: int, *, is_said: bool
    ) -> tuple[list[Loss], Record] | None:
        """Return what `compare_case` does; None if that is to be asked.

        It is asked where a box comes back as another one, and where it depends on all boxes what is told of the rest.
        """
        document = boxes.document
        is_listed = lists.kind == "numbered" or is_said or "labels" not in document
        is_native = document["task_id"] == self._task and not document["metadata"]
        if not is_listed or is_native or len(read) != 1 or not document[_BOXES]:
            return None
        entry = keys_of(boxes.pictures, read, set(), set())
        put_keys(read, entry)
        if not _come_back(boxes, read, lists):
            return None
        told = self._told(boxes, read, lists, is_said=is_said)
        if told is None:
            return None
        ids = [each["id"] for each in document[_BOXES]]
        order = [[path, ids if path == [_BOXES] else members] for path, members in told.residual["order"]]
        entry["residual"] = {**told.residual, "order": order}
        if told.places is not None:
            entry[CLASSES] = told.places
        of_id = told.of_id
        losses = [Loss(case_index, f"/annotations/{place}/id", of_id.kind, of_id.message) for place in range(len(ids))]
        return [*losses, *(Loss(case_index, each.path, each.kind, each.message) for each in told.losses)], entry

    def _told(self, boxes: Boxes, read: list[Picture], lists: WrittenLists, *, is_said: bool) -> _Told | None:
        """Return what is told of a case, or of the one before that is like it; None if that tells of boxes too."""
        key = _key(boxes, read[0])
        if key is not None and self._last is not None and self._last[0] == (key, lists, is_said):
            return self._last[1]
        document, (picture,) = boxes.document, boxes.pictures
        first = replace(
            boxes,
            document={**document, _BOXES: document[_BOXES][:1]},
            pictures=[replace(picture, shapes=picture.shapes[:1])],
        )
        shown = [replace(read[0], shapes=read[0].shapes[:1])]
        losses, entry = compare_case(first, shown, lists, self._task, self._reasons, 0, plain=False, is_said=is_said)
        of_boxes = [loss for loss in losses if loss.path.startswith("/annotations/")]
        residual = entry["residual"]
        paths = [*(path for path, _ in residual["values"]), *residual["removed"]]
        if [loss.path for loss in of_boxes] != [_ID] or any(path[:1] == [_BOXES] for path in paths):
            return None
        rest = [loss for loss in losses if loss.path != _ID]
        told = _Told(rest, of_boxes[0], residual, entry.get(CLASSES))
        self._last = None if key is None else ((key, lists, is_said), told)
        return told


def _come_back(boxes: Boxes, read: list[Picture], lists: WrittenLists) -> bool:
    """Tell whether each box comes back, and none says more of the case than itself."""
    document, annotations = boxes.document, boxes.document[_BOXES]
    size = boxes.planes[document["image"]["uid"]].size
    found = plain_annotations(read[0], "", size, lists.known, use_keys=True, source="output")
    if found is None or [*found.annotations.values()] != annotations:
        return False
    codes = {each["label_code"] for each in annotations}
    if UNCLASSIFIED in codes or len(codes) != len({shape.record.get("category_id") for shape in read[0].shapes}):
        return False
    listed = lists.of(lists.places(boxes.labels, boxes.listed)) if found.definitions else ()
    return found.definitions.keys() <= {each["code"] for each in listed} and not crowds(document, found.annotations)


def _key(boxes: Boxes, read: Picture) -> tuple[bytes, Record] | None:
    """Return what is the same of cases that are alike; None if the name of the picture does not come back."""
    image: Record = boxes.document["image"]
    named = named_image(flat_uid(read.record)[1], image["uid"], read.address)
    if named != {name: image[name] for name in ("files", "extensions") if name in image}:
        return None
    of_image = {name: value for name, value in image.items() if name != "uid" and name not in named}
    try:
        frame = orjson.dumps({**boxes.document, "image": of_image, _BOXES: []})
    except TypeError:  # decimals
        return None
    return frame, {name: value for name, value in read.record.items() if name not in _OWN}
