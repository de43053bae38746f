"""What other software's files say beyond the model, kept in the case so that they come back as they were.

A reader draws the case that it has understood as the writer would and keeps what the file said otherwise: ids,
licences, `iscrowd`, areas and boxes that disagree, polygons in several pieces. It stands in `extensions` of the case
under `EXTENSION`; the first case of a file holds what belongs to no picture. Geometry is put back only while the
annotation is still the one that was read.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from annoconv.casefile import LoadedCase
from annoconv.casefile.column_cases import as_columns, column_case
from annoconv.documents import strict_json
from annoconv.documents.exact_numbers import may_lose_digits
from annoconv.documents.faults import LARGE
from annoconv.model import SCHEMA_VERSION
from annoconv_converters._pictures.cases import loaded_case
from annoconv_converters._pictures.categories import unnamed_number
from annoconv_converters._pictures.columns import classes_of
from annoconv_converters._pictures.crowds import EXTENSION
from annoconv_converters._pictures.draw import draw
from annoconv_converters._pictures.file_losses import FileRecord, with_floats
from annoconv_converters._pictures.meaning import picture_case
from annoconv_converters._pictures.record_ids import annotation_id, record_id
from annoconv_converters._pictures.rotation import as_turned
from annoconv_converters.coco.differences import changed, difference_of, is_same, of_annotations
from annoconv_converters.coco.finish import WITH_KEYPOINTS, finish
from annoconv_converters.coco.panoptic import packed_record
from annoconv_converters.coco.plain_pictures import plain_picture
from annoconv_converters.coco.stream import COUNTED

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence
    from pathlib import Path as FilePath

    from annoconv.documents.losses import Reasons
    from annoconv.documents.residuals import Path
    from annoconv.limits import Limits
    from annoconv_converters._pictures.cases import PictureCase
    from annoconv_converters._pictures.categories import Categories
    from annoconv_converters._pictures.records import Picture

__all__ = [
    "REASONS",
    "TASK",
    "Understood",
    "is_exact",
    "is_flat",
    "kept_of",
    "left_of_image",
    "number_of",
    "understand",
    "used_categories",
]

Record: TypeAlias = "dict[str, Any]"

TASK: Final = "coco"
"""Task of a case that names none."""
REASONS: Final[Reasons] = {
    "#": "two categories of a file that nothing is drawn of are one label",
    "*keypoints*": "a record is written with the keypoints that its category has, and no others",
    "*": "what other software says of a picture is kept in its case, but for {name}",
}


@dataclass
class Understood:
    """What pictures mean.

    Attributes
    ----------
    native
        Their case, what is kept in it included.
    kept
        What a flat picture of other software says otherwise than its case is drawn.
    records
        Of such a picture, what its file says and what is written again.
    is_right
        Whether its records are known to break no rule of COCO.
    source, limits
        For messages and bounds.
    """

    native: PictureCase
    source: FilePath | str
    limits: Limits | None
    kept: Record = field(default_factory=dict)
    records: list[FileRecord] = field(default_factory=list)
    is_right: bool = False

    @cached_property
    def shown(self) -> LoadedCase:
        """The case without what is kept; DocumentError if it does not conform to the model."""
        document = self.native.document
        if self.kept:
            document = {name: value for name, value in document.items() if name != "extensions"}
        return loaded_case(self.native, document, self.source, self.limits)

    def checked(self) -> PictureCase:
        """Return the case as JSON values, which conform to the model; DocumentError if they do not."""
        _ = self.shown
        return self.native

    @cached_property
    def loaded(self) -> LoadedCase:
        """The case; DocumentError if it does not conform to the model."""
        if not self.kept:
            return self.shown
        if (boxes := column_case(self.native.document, self.native.boxes, limits=self.limits)) is not None:
            return boxes
        return LoadedCase(self.shown.case.model_copy(update={"extensions": {EXTENSION: self.kept}}), self.shown.masks)


def understand(
    pictures: list[Picture],
    categories: Categories,
    *,
    kind: str,
    use_keys: bool,
    is_ours: bool,
    beside: Record | None,
    highest: Record,
    source: FilePath | str,
    limits: Limits | None = None,
    task: str = TASK,
    restore: Callable[[Record], Record] | None = None,
    reserved: Collection[str] = (),
    listed: Sequence[Record] = (),
) -> Understood:
    """Return what pictures mean, what other software said included.

    Parameters
    ----------
    pictures
        A flat picture, or the slices of one case.
    categories
        Of the file.
    kind
        Of the file: `instances`, `keypoints` ...
    use_keys
        Whether our private keys count.
    is_ours
        Whether the file says that we wrote it, so that nothing in it needs to be kept.
    beside
        For the first case, what the file holds beside images and annotations.
    highest
        The highest ids of its images and annotations, which the first case keeps too.
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
    is_foreign = not (is_ours or use_keys) and is_flat(pictures)
    plain = (
        plain_picture(pictures[0], categories, listed, source=source) if is_foreign and kind == "instances" else None
    )
    if plain is not None:
        native = plain.native
    else:
        read = [_with_turned(each, use_keys=use_keys) for each in pictures] if is_flat(pictures) else pictures
        native = picture_case(read, categories, use_keys=use_keys, source=source, reserved=reserved, listed=listed)
    native.document = {"schema_version": SCHEMA_VERSION, "task_id": task, **native.document}
    if restore is not None:
        native.document = restore(native.document)
    found = Understood(native, source, limits)
    if not is_foreign:
        return found
    (picture,) = pictures
    if plain is not None:
        found.kept, found.records = _left_of_picture(picture, plain.drawn, categories, kind, beside)
        if native.boxes is not None and not is_exact(found.kept):
            native.whole()
        found.kept |= plain.kept
        found.is_right = plain.is_right
    else:
        image, redrawn = _drawn(picture, found.shown, categories, kind)
        found.kept, found.records = _left_of_picture(picture, image, categories, kind, beside)
        kept, records = _left_of_records(picture, found.shown.case.image.uid, redrawn, categories, kind)
        found.kept |= kept
        found.records += records
    if beside is not None and highest:
        found.kept["highest"] = highest
    if found.kept:
        native.document["extensions"] = {EXTENSION: found.kept}
    return found


def is_exact(kept: Record) -> bool:
    """Tell whether what is kept of a file is of usual size, and has no number that is more than a float."""
    text = strict_json.dumps(kept)
    return len(text) <= LARGE and not may_lose_digits(text)


def is_flat(pictures: Sequence[Picture]) -> bool:
    """Tell whether pictures are a case of one picture, of which everything is kept that a file says."""
    return len(pictures) == 1 and (pictures[0].name is None or pictures[0].name.index == 0)


def _with_turned(picture: Picture, *, use_keys: bool) -> Picture:
    """Return a picture whose boxes are turned where CVAT says so, unless our key says what they are."""
    shapes = [each if use_keys and "type" in each.key else as_turned(each) for each in picture.shapes]
    return picture if shapes == picture.shapes else replace(picture, shapes=shapes)


def _left_of_picture(
    picture: Picture,
    image: Record,
    categories: Categories,
    kind: str,
    beside: Record | None,
) -> tuple[Record, list[FileRecord]]:
    """Return what a file says of a picture otherwise than it is drawn, and its records with what comes back of each."""
    kept: Record = {"kind": kind} if kind != "instances" else {}
    kept |= {} if beside is None else {"file": beside}
    told = [FileRecord((), beside, kept.get("file", {}))] if beside is not None else []
    if picture.packed is not None:
        again = {**packed_record(picture), "segments_info": picture.packed.get("segments_info")}
        packed = difference_of(picture.packed, again)
        told += _compared(picture.packed_place, picture.packed, again, packed)
        packed |= {"size": list(picture.map_size)} if picture.map_size else {}
        kept |= {"panoptic": packed} if packed else {}
    if beside is None:
        named = used_categories(classes_of(picture), categories)
    else:
        named = {categories[number].code: record for number, record in categories.records.items()}
    kept |= {"categories": named} if named else {}
    kept_records = set(map(id, named.values())) if beside is not None else set[int]()
    for place, record in enumerate(categories.records.values() if beside is not None else ()):
        if id(record) not in kept_records:
            told.append(FileRecord(("categories", place), record, None))
    kept["image"], records = left_of_image(picture, image)
    told += records
    return kept, told


def used_categories(classes: Iterable[object], categories: Categories) -> Record:
    """Return the categories of the file that are those of classes, by their label codes."""
    seen = {categories[number].code for number in classes}
    return {categories[number].code: categories.records[number] for number in categories.numbers_of(seen)}


def left_of_image(picture: Picture, again: Record) -> tuple[Record, list[FileRecord]]:
    """Return the same of the record of a picture, given the one that is drawn again."""
    number = {"id": picture.record.get("id")}  # kept whatever it is: other files name pictures by it
    if again | number == picture.record:
        return {"fields": number}, []
    image = difference_of(picture.record, again)
    return image, _compared(picture.place, picture.record, again, image) if picture.place else []


def _left_of_records(
    picture: Picture, uid: str, redrawn: dict[str, Record], categories: Categories, kind: str
) -> tuple[Record, list[FileRecord]]:
    """Return the same of the annotations of a picture."""
    uids, number = {uid}, picture.record.get("id")
    told: list[FileRecord] = []
    differences: Record = {}
    for shape in picture.shapes:
        record = shape.record
        identity = annotation_id(str(record.get("id")), uids)
        again = redrawn.get(identity, {})
        if again:
            again["id"] = record["id"] if kind == "results" else number_of(identity, uids)
            again["image_id"] = number
            if "category_id" in again and _is_told(record.get("category_id"), again["category_id"], categories):
                again["category_id"] = record["category_id"]
        differences[identity] = difference_of(record, again)
        told += _compared(shape.place, record, again, differences[identity])
    return of_annotations(differences, redrawn), told


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


def number_of(identity: str, uids: Collection[str]) -> int | None:
    """Return the number that an id asks for beside images of these UIDs; 0 is none: COCOeval takes it for no match."""
    identity = record_id(identity, uids) if identity.endswith("_") else identity
    is_number = identity.isascii() and identity.isdecimal() and str(int(identity[:18])) == identity
    return int(identity) if is_number and identity != "0" else None


def kept_of(loaded: LoadedCase) -> Record:
    """Return what a case holds of the file that it came from; members of COCO's own count with floats."""
    known = as_columns(loaded)
    if known is not None:  # which holds no decimals
        found = (known.extensions or {}).get(EXTENSION)
    else:
        found = _counting((loaded.case.extensions or {}).get(EXTENSION))
    return found if isinstance(found, dict) else {}


def _counting(value: Any) -> Any:
    if isinstance(value, dict):
        counted = COUNTED - {"score"}  # whose digits are kept
        return {key: with_floats(member) if key in counted else _counting(member) for key, member in value.items()}
    return [_counting(member) for member in value] if isinstance(value, list) else value
