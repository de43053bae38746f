"""What other software's files say beyond the model, kept in the case so that they come back as they were.

A reader draws the case that it has understood as the writer would and keeps what the file said otherwise: ids,
licences, `iscrowd`, areas and boxes that disagree, polygons in several pieces. It stands in `extensions` of the case
under `EXTENSION`; the first case of a file holds what belongs to no picture. Geometry is put back only while the
annotation is still the one that was read.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from annoconv.casefile import LoadedCase
from annoconv.model import SCHEMA_VERSION, Case
from annoconv.pictures import own_name
from annoconv_converters._pictures.cases import loaded_case
from annoconv_converters._pictures.categories import unnamed_number
from annoconv_converters._pictures.crowds import EXTENSION
from annoconv_converters._pictures.draw import draw, picture_record
from annoconv_converters._pictures.file_losses import FileRecord, with_floats
from annoconv_converters._pictures.geometry import flat_box_to_record, outline_to_record
from annoconv_converters._pictures.meaning import picture_case
from annoconv_converters._pictures.record_ids import annotation_id
from annoconv_converters._pictures.rotation import as_turned
from annoconv_converters.coco.differences import changed, difference_of, is_same, of_annotations
from annoconv_converters.coco.finish import WITH_KEYPOINTS, finish
from annoconv_converters.coco.panoptic import packed_record
from annoconv_converters.coco.stream import COUNTED

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from pathlib import Path as FilePath

    from annoconv.documents.losses import Reasons
    from annoconv.documents.residuals import Path
    from annoconv.limits import Limits
    from annoconv_converters._pictures.categories import Categories
    from annoconv_converters._pictures.meaning import PictureCase
    from annoconv_converters._pictures.records import Picture

__all__ = [
    "REASONS",
    "TASK",
    "is_flat",
    "kept_of",
    "loaded_case",
    "number_of",
    "understand",
]

Record: TypeAlias = "dict[str, Any]"

TASK: Final = "coco"
"""Task of a case that names none."""
REASONS: Final[Reasons] = {
    "#": "two categories of a file that nothing is drawn of are one label",
    "*keypoints*": "a record is written with the keypoints that its category has, and no others",
    "*": "what other software says of a picture is kept in its case, but for {name}",
}
_PLAIN: Final = 5
"""Members of an annotation that is nothing but its place: id, category, label code, type and that."""


def understand(
    pictures: list[Picture],
    categories: Categories,
    *,
    kind: str,
    position: int,
    use_keys: bool,
    is_ours: bool,
    beside: Record | None,
    source: FilePath | str,
    limits: Limits | None = None,
    task: str = TASK,
    restore: Callable[[Record], Record] | None = None,
    reserved: Collection[str] = (),
    listed: Sequence[Record] = (),
) -> tuple[PictureCase, LoadedCase, list[FileRecord]]:
    """Return what pictures mean, what other software said included, and the case that they stand for.

    The third is, for a flat picture of other software, what its file says and what is written again.

    Parameters
    ----------
    pictures
        A flat picture, or the slices of one case.
    categories
        Of the file.
    kind
        Of the file: `instances`, `keypoints` ...
    position
        One-based place of the first picture among the file's images.
    use_keys
        Whether our private keys count.
    is_ours
        Whether the file says that we wrote it, so that nothing in it needs to be kept.
    beside
        For the first case, what the file holds beside images and annotations.
    source, limits
        For messages and bounds.
    task
        Task id of the case.
    restore
        Puts back what our key holds.
    reserved
        Ids that records without our key must not have.
    listed
        The class list of the case, as it has it in `labels`.
    """
    read = [_with_turned(each, use_keys=use_keys) for each in pictures] if is_flat(pictures) else pictures
    native = picture_case(read, categories, use_keys=use_keys, source=source, reserved=reserved, listed=listed)
    native.document = {"schema_version": SCHEMA_VERSION, "task_id": task, **native.document}
    if restore is not None:
        native.document = restore(native.document)
    loaded = loaded_case(native, native.document, source, limits)
    if is_ours or use_keys or not is_flat(pictures):
        return native, loaded, []
    kept, records = _leftover(pictures[0], native, loaded, categories, kind, position, beside)
    if kept:
        extensions = {EXTENSION: kept}
        native.document["extensions"] = extensions
        loaded = LoadedCase(loaded.case.model_copy(update={"extensions": extensions}), loaded.masks)
    return native, loaded, records


def is_flat(pictures: Sequence[Picture]) -> bool:
    """Tell whether pictures are a case of one picture, of which everything is kept that a file says."""
    return len(pictures) == 1 and (pictures[0].name is None or pictures[0].name.index == 0)


def _with_turned(picture: Picture, *, use_keys: bool) -> Picture:
    """Return a picture whose boxes are turned where CVAT says so, unless our key says what they are."""
    shapes = [each if use_keys and "type" in each.key else as_turned(each) for each in picture.shapes]
    return picture if shapes == picture.shapes else replace(picture, shapes=shapes)


def _leftover(
    picture: Picture,
    native: PictureCase,
    loaded: LoadedCase,
    categories: Categories,
    kind: str,
    position: int,
    beside: Record | None,
) -> tuple[Record, list[FileRecord]]:
    """Return what a file says of a picture otherwise than its case, and its records with what comes back of each."""
    is_plain = kind == "instances" and native.is_plain and all(map(_is_plain, native.document["annotations"]))
    image, redrawn = _drawn_plainly(picture, native, loaded) if is_plain else _drawn(picture, loaded, categories, kind)
    kept: Record = {"kind": kind} if kind != "instances" else {}
    kept |= {} if beside is None else {"file": beside}
    told = [FileRecord((), beside, kept.get("file", {}))] if beside is not None else []
    if picture.packed is not None:
        again = {**packed_record(picture), "segments_info": picture.packed.get("segments_info")}
        packed = difference_of(picture.packed, again)
        told += _compared(picture.packed_place, picture.packed, again, packed)
        packed |= {"size": list(picture.map_size)} if picture.map_size else {}
        kept |= {"panoptic": packed} if packed else {}
    seen = {categories[shape.record.get("category_id")].code for shape in picture.shapes}
    used = categories.numbers_of(seen) if beside is None else categories.records
    named = {categories[number].code: categories.records[number] for number in used}
    kept |= {"categories": named} if named else {}
    kept_records = set(map(id, named.values()))
    for place, record in enumerate(categories.records.values() if beside is not None else ()):
        if id(record) not in kept_records:
            told.append(FileRecord(("categories", place), record, None))
    again = {"id": position, **image}
    image = difference_of(picture.record, again)
    told += _compared(picture.place, picture.record, again, image) if picture.place else ()
    kept |= {"image": image} if image else {}
    uids, number = {loaded.case.image.uid}, picture.record.get("id")
    records = [shape.record for shape in picture.shapes]
    ids = [*redrawn] if is_plain else [annotation_id(str(record.get("id")), uids) for record in records]
    differences: Record = {}
    for identity, shape, record in zip(ids, picture.shapes, records, strict=True):
        again = redrawn.get(identity, {})
        if again:
            again["id"] = record["id"] if kind == "results" else number_of(identity)
            again["image_id"] = number
            if "category_id" in again and _is_told(record.get("category_id"), again["category_id"], categories):
                again["category_id"] = record["category_id"]
        differences[identity] = difference_of(record, again)
        told += () if is_plain else _compared(shape.place, record, again, differences[identity])
    return kept | of_annotations(differences, redrawn), told


def _is_plain(annotation: Record) -> bool:
    """Tell whether an annotation is a box or a polygon and nothing else, beside its id and its class."""
    return len(annotation) == _PLAIN and annotation["type"] in {"bbox", "polygon"}


def _drawn_plainly(picture: Picture, native: PictureCase, loaded: LoadedCase) -> tuple[Record, dict[str, Record]]:
    """Return what `_drawn` does of boxes and polygons, each of which is one shape of the picture."""
    image = loaded.case.image
    columns, rows = image.shape or (0, 0)
    redrawn: dict[str, Record] = {}
    for shape, annotation in zip(picture.shapes, native.document["annotations"], strict=True):
        read = None if annotation["type"] == "bbox" else shape.segmentation((rows, columns), source="", where="")
        record = flat_box_to_record(annotation["bbox"]) if read is None else outline_to_record(read)
        identity: str = annotation["id"]
        redrawn[identity] = {"id": identity, "category_id": annotation["label_code"], **record, "iscrowd": 0}
    return picture_record(image, columns, rows, own_name(image)), redrawn


def _drawn(picture: Picture, loaded: LoadedCase, categories: Categories, kind: str) -> tuple[Record, dict[str, Record]]:
    """Return the record of a picture, and those of its annotations by their ids, as its case is drawn."""
    drawing = draw(loaded, axis="k", form="rle", folder=None, only_annotated=False, keypoints=kind in WITH_KEYPOINTS)
    names = _keypoints(picture, categories)
    finish(drawing, kind, lambda code, _: code, lambda code: names.get(code, []), were_results=kind == "results")
    drawn = drawing.pictures[0]
    return drawn.record, {shape.key["id"]: shape.record for shape in drawn.shapes}


def _compared(place: Path, record: Record, again: Record, difference: Record) -> list[FileRecord]:
    """Return a record that does not come back as it was, although its difference to the one drawn is kept."""
    back = changed(again, difference.get("fields", {}), difference.get("absent", ()))
    if back == record or all(key in back and is_same(back[key], value) for key, value in record.items()):
        return []
    return [FileRecord(place, with_floats(record), with_floats(back))]


def _is_told(number: Any, code: str, categories: Categories) -> bool:
    """Tell whether its label code alone says which category id a record had."""
    return type(number) in {int, str} and (number in categories.records or unnamed_number(code) == number)


def _keypoints(picture: Picture, categories: Categories) -> dict[str, list[str]]:
    """Return the names of the keypoints of the classes on a picture, by label code."""
    meanings = (categories[shape.record.get("category_id")] for shape in reversed(picture.shapes))
    return {meaning.code: list(meaning.keypoints) for meaning in meanings}


def number_of(identity: str) -> int | None:
    """Return the annotation number that an id asks for; 0 is none, as COCOeval takes it for no match."""
    identity = identity.removesuffix("_")  # one that stands beside a picture of that name
    is_number = identity.isascii() and identity.isdecimal() and str(int(identity[:18])) == identity
    return int(identity) if is_number and identity != "0" else None


def kept_of(case: Case) -> Record:
    """Return what a case holds of the file that it came from; members of COCO's own count with floats."""
    found = _counting((case.extensions or {}).get(EXTENSION))
    return found if isinstance(found, dict) else {}


def _counting(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: with_floats(member) if key in COUNTED else _counting(member) for key, member in value.items()}
    return [_counting(member) for member in value] if isinstance(value, list) else value
