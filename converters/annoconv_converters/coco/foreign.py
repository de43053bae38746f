"""What other software's files say beyond the model, kept in the case so that they come back as they were.

A reader draws the case that it has understood as the writer would and keeps what the file said otherwise: ids,
licences, `iscrowd`, areas and boxes that disagree, polygons in several pieces. It stands in `extensions` of the case
under `EXTENSION`; the first case of a file holds what belongs to no picture. Geometry is put back only while the
annotation is still the one that was read.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from annoconv.casefile import LoadedCase
from annoconv.ids import content_digest
from annoconv.model import SCHEMA_VERSION, Case
from annoconv.pictures import own_name
from annoconv_converters._pictures.cases import loaded_case
from annoconv_converters._pictures.categories import unnamed_number
from annoconv_converters._pictures.crowds import EXTENSION
from annoconv_converters._pictures.draw import draw, picture_record
from annoconv_converters._pictures.file_losses import FileRecord, with_floats
from annoconv_converters._pictures.geometry import flat_box_to_record, rings_to_record
from annoconv_converters._pictures.meaning import picture_case
from annoconv_converters._pictures.record_ids import annotation_id
from annoconv_converters._pictures.rotation import as_turned
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
    "put_back",
    "understand",
]

Record: TypeAlias = "dict[str, Any]"

TASK: Final = "coco"
"""Task of a case that names none."""
_PLACES: Final = ("segmentation", "bbox", "keypoints")
"""Members that say where an annotation is."""
_GEOMETRY: Final = ("segmentation", "area", "bbox", "keypoints", "num_keypoints")
REASONS: Final[Reasons] = {
    "#": "two categories of a file that nothing is drawn of are one label",
    "*keypoints*": "a record is written with the keypoints that its category has, and no others",
    "*": "what other software says of a picture is kept in its case, but for {name}",
}
_PLAIN: Final = 5
"""Members of an annotation that is nothing but its place: id, category, label code, type and that."""
_AS_LIST: Final = "list"
"""In place of run lengths: that they were written as a list of numbers."""


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
    records = [shape.record for shape in picture.shapes]
    codes = {str(record.get("id")): categories[record.get("category_id")].code for record in records}
    kept: Record = {"kind": kind} if kind != "instances" else {}
    kept |= {} if beside is None else {"file": beside}
    told = [FileRecord((), beside, kept.get("file", {}))] if beside is not None else []
    if picture.packed is not None:
        again = {**packed_record(picture), "segments_info": picture.packed.get("segments_info")}
        packed = _difference(picture.packed, again)
        told += _compared(picture.packed_place, picture.packed, again, packed)
        packed |= {"size": list(picture.map_size)} if picture.map_size else {}
        kept |= {"panoptic": packed} if packed else {}
    seen = set(codes.values())
    used = {number for number in categories.records if beside is not None or categories[number].code in seen}
    named = {categories[number].code: record for number, record in categories.records.items() if number in used}
    kept |= {"categories": named} if named else {}
    kept_records = set(map(id, named.values()))
    for place, record in enumerate(categories.records.values() if beside is not None else ()):
        if id(record) not in kept_records:
            told.append(FileRecord(("categories", place), record, None))
    again = {"id": position, **image}
    image = _difference(picture.record, again)
    told += _compared(picture.place, picture.record, again, image) if picture.place else ()
    kept |= {"image": image} if image else {}
    uids = {loaded.case.image.uid}
    differences: Record = {}
    for shape in picture.shapes:
        record = shape.record
        identity = annotation_id(str(record.get("id")), uids)
        again = redrawn.get(identity, {})
        if again:
            again["id"] = record["id"] if kind == "results" else number_of(identity)
            again["image_id"] = picture.record.get("id")
            number = record.get("category_id")
            if "category_id" in again and _is_told(number, codes[str(record.get("id"))], categories):
                again["category_id"] = number
        differences[identity] = difference = _difference(record, again)
        told += () if is_plain else _compared(shape.place, record, again, difference)
    return kept | _of_annotations(differences, redrawn), told


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
        rings = None if read is None else read.rings
        record = flat_box_to_record(annotation["bbox"]) if rings is None else rings_to_record(rings)
        identity: str = annotation["id"]
        redrawn[identity] = {"id": identity, "category_id": annotation["label_code"], **record, "iscrowd": 0}
    return picture_record(image, columns, rows, own_name(image)), redrawn


def _drawn(picture: Picture, loaded: LoadedCase, categories: Categories, kind: str) -> tuple[Record, dict[str, Record]]:
    """Return the record of a picture, and those of its annotations by their ids, as its case is drawn."""
    drawing = draw(loaded, axis="k", form="rle", folder=None, only_annotated=False, keypoints=kind in WITH_KEYPOINTS)
    names = partial(_keypoints, picture=picture, categories=categories)
    finish(drawing, kind, lambda code, _: code, names, were_results=kind == "results")
    drawn = drawing.pictures[0]
    return drawn.record, {shape.key["id"]: shape.record for shape in drawn.shapes}


def _of_annotations(differences: Record, redrawn: Collection[str]) -> Record:
    """Return what is kept of the annotations of a picture: what most of its records do not say is said once."""
    absent = Counter(tuple(each.get("absent", ())) for identity, each in differences.items() if identity in redrawn)
    usual = [*next(iter(absent.most_common(1)), ((), 0))[0]]
    kept: Record = {}
    for identity, difference in differences.items():
        told = difference
        if usual and identity in redrawn:
            told = {name: value for name, value in difference.items() if name != "absent"}
            told |= {} if difference.get("absent", []) == usual else {"absent": difference.get("absent", [])}
        if told:
            kept[identity] = told
    return ({"absent": usual} if usual else {}) | ({"annotations": kept} if kept else {})


def _compared(place: Path, record: Record, again: Record, difference: Record) -> list[FileRecord]:
    """Return a record that does not come back as it was, although its difference to the one drawn is kept."""
    back = _changed(again, difference.get("fields", {}), difference.get("absent", ()))
    if back == record or all(key in back and _is_same(back[key], value) for key, value in record.items()):
        return []
    return [FileRecord(place, with_floats(record), with_floats(back))]


def _is_told(number: Any, code: str, categories: Categories) -> bool:
    """Tell whether its label code alone says which category id a record had."""
    return type(number) in {int, str} and (number in categories.records or unnamed_number(code) == number)


def _keypoints(code: str, picture: Picture, categories: Categories) -> list[str]:
    for shape in picture.shapes:
        meaning = categories[shape.record.get("category_id")]
        if meaning.code == code:
            return list(meaning.keypoints)
    return []


def number_of(identity: str) -> int | None:
    """Return the annotation number that an id asks for; 0 is none, as COCOeval takes it for no match."""
    identity = identity.removesuffix("_")  # one that stands beside a picture of that name
    is_number = identity.isascii() and identity.isdecimal() and str(int(identity[:18])) == identity
    return int(identity) if is_number and identity != "0" else None


def _difference(record: Record, again: Record) -> Record:
    """Return what a record says otherwise than the one drawn again, and what it does not say."""
    fields = {key: value for key, value in record.items() if key not in again or not _is_same(again[key], value)}
    fields = _of_its_class(again, fields)
    absent = [key for key in again if key not in record]
    drawn = again.get("segmentation")
    segmentation = fields.get("segmentation")
    is_list = isinstance(segmentation, dict) and isinstance(segmentation.get("counts"), list)
    if is_list and isinstance(drawn, dict) and _as_list(drawn) == segmentation:
        fields["segmentation"] = _AS_LIST
    difference: Record = {"fields": fields} if fields else {}
    difference |= {"absent": absent} if absent else {}
    if any(key in _GEOMETRY for key in fields) or any(key in _PLACES and again[key] for key in absent):
        difference["of"] = _digest(again)
    return difference


def _is_same(left: Any, right: Any) -> bool:
    if left == right:
        return isinstance(left, bool) == isinstance(right, bool)
    # Decimals stand in attributes only, which are objects.
    return isinstance(left, dict) and isinstance(right, dict) and bool(with_floats(left) == with_floats(right))


def _as_list(segmentation: Record) -> Record:
    from annoconv_converters._raster.run_lengths import expand

    counts = segmentation["counts"]
    return {
        "counts": expand(counts.encode()).tolist() if isinstance(counts, str) else counts,
        "size": segmentation["size"],
    }


def _digest(record: Record) -> str:
    geometry = [record.get(key) for key in _GEOMETRY]
    return content_digest(json.dumps(geometry).encode())[:16]


def put_back(record: Record, difference: Any, usual: Any = ()) -> Record:
    """Return a drawn record as the file had it; geometry only if the annotation has not been changed since.

    Parameters
    ----------
    record
        As it is drawn; empty if it is not.
    difference
        What is kept of it.
    usual
        What the records of its picture do not say, unless its difference says that otherwise.
    """
    told: Record = difference if isinstance(difference, dict) else {}
    fields, absent = told.get("fields") or {}, told.get("absent", usual) or []
    if not isinstance(fields, dict) or not isinstance(absent, list):
        return record
    if "of" in told and told["of"] != _digest(record):
        fields = {key: value for key, value in fields.items() if key not in _GEOMETRY}
        absent = [key for key in absent if key not in _GEOMETRY]
    elif "of" not in told:
        absent = [key for key in absent if key not in _PLACES or not record.get(key)]
    return _changed(record, fields, absent)


def _changed(record: Record, fields: Record, absent: Sequence[str]) -> Record:
    if fields.get("segmentation") == _AS_LIST:
        drawn = record.get("segmentation")
        fields = {**fields, "segmentation": _as_list(drawn) if isinstance(drawn, dict) else drawn}
    fields = _of_its_class(record, fields)
    return {key: value for key, value in {**record, **fields}.items() if key not in absent}


def _of_its_class(drawn: Record, fields: Record) -> Record:
    """Return fields without keypoints of another count than those drawn: scorers ask for as many as the class has."""
    ours, theirs = drawn.get("keypoints"), fields.get("keypoints")
    if not ours or not isinstance(theirs, list) or not theirs or len(ours) == len(theirs):
        return fields
    return {key: value for key, value in fields.items() if key not in {"keypoints", "num_keypoints"}}


def kept_of(case: Case) -> Record:
    """Return what a case holds of the file that it came from; members of COCO's own count with floats."""
    found = _counting((case.extensions or {}).get(EXTENSION))
    return found if isinstance(found, dict) else {}


def _counting(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: with_floats(member) if key in COUNTED else _counting(member) for key, member in value.items()}
    return [_counting(member) for member in value] if isinstance(value, list) else value
