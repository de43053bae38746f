"""What comes back of the case that was written: by its pictures alone, and with the keys of the side file.

The writer's own output is read again; what the case says otherwise is a loss, or stands in the side file.
"""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from annoconv.casefile.left_out import masks_left_out
from annoconv.casefile.references import without_gone
from annoconv.documents import residuals
from annoconv.documents.losses import Carrier, Reasons
from annoconv.loss import Loss, LossKind
from annoconv.messages import Message
from annoconv_converters._pictures.carrier import compare, compare_plain
from annoconv_converters._pictures.class_lists import CLASSES, class_losses, renumbered, shared
from annoconv_converters._pictures.crowds import crowds
from annoconv_converters._pictures.read import picture_case_of
from annoconv_converters._pictures.records import KEY, Picture
from annoconv_converters._pictures.refused import OUTPUT
from annoconv_converters._pictures.told_cases import put_keys
from annoconv_converters._raster.polygons import union

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from annoconv.casefile.left_out import LeftOut
    from annoconv.documents.losses import Reason
    from annoconv_converters._pictures.cases import PictureCase
    from annoconv_converters._pictures.class_lists import WrittenLists
    from annoconv_converters._pictures.draw import Drawing
    from annoconv_converters._raster.run_lengths import Counts

__all__ = ["SIDE_FILE", "compare_case"]

Record: TypeAlias = "dict[str, Any]"

SIDE_FILE: Final = Carrier("the side file")
_ID: Final = "annotations/#/id"


def compare_case(
    drawing: Drawing,
    read: list[Picture],
    lists: WrittenLists,
    task: str,
    reasons: Reasons,
    case_index: int,
    *,
    plain: bool,
    is_said: bool,
) -> tuple[list[Loss], Record]:
    """Return the losses of a case and its entry in the side file; none of its class list if they are said."""
    original = drawing.document
    codes = {each["code"] for each in original.get("labels", ())}

    @cache
    def by_itself() -> PictureCase:
        found = picture_case_of(read, lists.known, task, OUTPUT, use_keys=False, codes=codes)
        found.document = shared(original, found.document)
        return found

    drawn = {shape.key["id"] for picture in drawing.pictures for shape in picture.shapes}
    unwritten = {**drawing.left_out, **crowds(original, drawn)}
    told = partial(
        class_losses,
        original,
        drawn=drawn,
        written=lists.written,
        reasons=reasons,
        case_index=case_index,
        is_said=is_said,
    )
    if plain:
        put_keys(read, _keys_of(drawing.pictures, read, set(), set()))
        return told(compare_plain(original, by_itself(), reasons, case_index, unwritten)), {}
    places = lists.places(drawing.labels, drawing.listed)
    entry, found = _keyed(drawing, read, lists, places, task)
    if lists.kind == "numbered" and is_said:
        original = renumbered(original, found.document)
    expected, unnamed = _expected(original, found, {*drawing.parts, *masks_left_out(original, drawing.left_out)})
    if lists.kind == "numbered":
        expected = renumbered(expected, found.document)
    unwritten |= unnamed
    compared = compare(original, found.document, expected, reasons, SIDE_FILE, case_index, unwritten)
    entry |= {"residual": compared.kept.to_json(), **({CLASSES: places} if places else {})}
    if original["task_id"] == task and not original["metadata"]:  # else a file says by itself less than the case
        native = by_itself().document
        if not residuals.differ(original, native):  # nothing is needed, not even an id
            return told(()), entry
    losses = lists.by_itself(
        original,
        lambda: by_itself().document,
        compared.losses,
        reasons,
        SIDE_FILE,
        case_index,
        is_said=is_said,
    )
    return told([*losses, *_identities(original, read, reasons, case_index)]), entry


def _identities(original: Record, read: list[Picture], reasons: Reasons, case_index: int) -> Iterator[Loss]:
    """Yield a loss for each id that comes back by the side file only."""
    held = {shape.key["id"] for picture in read for shape in picture.shapes if "id" in shape.key}
    sentence = _travels(reasons[_ID])
    for place, each in enumerate(original["annotations"]):
        if each["id"] in held:
            yield Loss(case_index, f"/annotations/{place}/id", LossKind.CARRIED, sentence)


@cache
def _travels(reason: Reason) -> Message:
    return Message("{reasons}; it travels in {place}", reasons=reason, place=SIDE_FILE.place)


def _keyed(
    drawing: Drawing, read: list[Picture], lists: WrittenLists, places: Sequence[int], task: str
) -> tuple[Record, PictureCase]:
    """Give the pictures of a case their keys; return these, and what is meant with them.

    A mask whose voxels do not come back is none there: first its key says nothing of its type, so that it is what the
    format makes of it; if that still is a mask, its records have no key.
    """
    without_type: set[str] = set()
    unbound: set[str] = set()
    listed = lists.of(places)
    while True:
        entry = _keys_of(drawing.pictures, read, without_type, unbound)
        put_keys(read, entry)
        found = picture_case_of(read, lists.known, task, OUTPUT, use_keys=True, listed=listed)
        wrong = {
            each
            for each, parts in drawing.parts.items()
            if each in found.parts and not _is_same(parts, found.parts[each])
        }
        if not wrong:
            return entry, found
        unbound |= wrong & without_type
        without_type |= wrong


def _is_same(parts: list[tuple[int, Counts]], others: list[tuple[int, Counts]]) -> bool:
    """Tell whether two masks have the same pixels on every picture."""
    joined: list[dict[int, bytes]] = []
    for some in (parts, others):
        by_index: dict[int, list[Counts]] = {}
        for index, counts in some:
            by_index.setdefault(index, []).append(counts)
        joined.append({index: union(many, int(many[0].sum())).tobytes() for index, many in by_index.items()})
    return joined[0] == joined[1]


def _expected(original: Record, found: PictureCase, drawn: set[str]) -> tuple[Record, LeftOut]:
    """Return the case as it comes back: masks that the format does not hold are what it makes of them, or gone.

    What names those that are gone goes too, and why is returned.
    """
    lost = drawn - found.parts.keys()
    if not lost:
        return without_gone(original, set())
    made = {each["id"]: each for each in found.document["annotations"]}
    whole, unnamed = without_gone(original, lost - made.keys())
    annotations: list[Record] = []
    for each in whole["annotations"]:
        if each["id"] not in lost:
            annotations.append(each)
        else:
            shape = {key: value for key, value in made[each["id"]].items() if key not in each or key == "type"}
            annotations.append({key: value for key, value in each.items() if not key.startswith("mask_")} | shape)
    return {**whole, "annotations": annotations}, unnamed


def _keys_of(drawn: list[Picture], parsed: list[Picture], without_type: set[str], unbound: set[str]) -> Record:
    """Return the keys of the pictures of a case and of their records, by position."""
    pictures: list[Record] = []
    for one, other in zip(drawn, parsed, strict=True):
        keys: list[Record] = []
        for shape in one.shapes:
            key = shape.key
            if key["id"] in without_type:
                key = {} if key["id"] in unbound else {"id": key["id"]}
            keys.append(key)
        fits = len(keys) == len(other.shapes)
        size: Record = {name: one.record[name] for name in ("width", "height") if name in one.record}
        named: Record = {"file_name": other.record.get("file_name"), **size, KEY: one.key}
        pictures.append({**named, "annotations": keys if fits else []})
    return {"pictures": pictures}
