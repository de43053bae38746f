"""A flat picture of other software of which every record is a box or one polygon, as of most files: in one step.

What its case is, and what its file says otherwise than the case is drawn, follow from the numbers of each record. Of
any other picture `picture_case` and `foreign` say it, which say the same of these.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from annoconv.pictures import named_image
from annoconv_converters._pictures.cases import PictureCase
from annoconv_converters._pictures.columns import held, keys_of
from annoconv_converters._pictures.geometry import flat_box_to_record, outline_to_record, size_from_record
from annoconv_converters._pictures.meaning import labels_of
from annoconv_converters._pictures.plain import geometry_of, place_in
from annoconv_converters._pictures.planes import Planes
from annoconv_converters._pictures.records import captured, flat_uid
from annoconv_converters.coco.boxes import LARGEST
from annoconv_converters.coco.differences import difference_of, is_held, of_annotations
from annoconv_converters.coco.plain_records import PlainRecords, plain_records

if TYPE_CHECKING:
    from collections.abc import Sequence

    from annoconv_converters._pictures.categories import Categories
    from annoconv_converters._pictures.records import Picture

__all__ = ["PlainPicture", "drawn_image", "plain_image", "plain_picture"]

Record: TypeAlias = "dict[str, Any]"

_MORE: Final = frozenset({"keypoints", "caption", "score"})
"""Members of a record that is more than its box or its polygon."""


class PlainPicture(NamedTuple):
    """What a picture and its records mean.

    Attributes
    ----------
    native
        Their case.
    drawn
        The record of the picture as it is drawn again, without an id.
    kept
        What the records of the annotations say otherwise than they are drawn again.
    is_right
        Whether the records are known to break no rule of COCO.
    """

    native: PictureCase
    drawn: Record
    kept: Record
    is_right: bool = False


def plain_picture(
    picture: Picture, categories: Categories, listed: Sequence[Record], *, source: object
) -> PlainPicture | None:
    """Return what a picture and its records mean, as `picture_case` does; None if one of them is not so plain.

    Parameters
    ----------
    picture
        Flat, with its shapes.
    categories
        Of the file.
    listed
        The class list of the case.
    source
        For messages.
    """
    image = plain_image(picture, source=source)
    if image is None:
        return None
    uid, (columns, rows) = image["uid"], image["shape"]
    size = rows, columns
    found = plain_records(picture, uid, size, categories) or _each(picture, uid, size, categories, source)
    if found is None:
        return None
    # In the order of the model, so that a case that is the same is the same text.
    labels = labels_of(found.definitions, listed)
    document = {"image": image, **labels, "annotations": found.annotations, "metadata": {}}
    native = PictureCase(document, planes={uid: Planes("k", 1, *size)}, boxes=found.columns)
    if held(picture) is None:
        for annotation, key in zip(native.whole()["annotations"], keys_of(picture), strict=True):
            native.own(annotation["id"], key)
    return PlainPicture(native, drawn_image(picture.record), found.kept, found.is_right)


def plain_image(picture: Picture, *, source: object) -> Record | None:
    """Return the image of a case that a picture is; None if its record has no name or no size, or more that counts."""
    record = picture.record
    name = record.get("file_name")
    if picture.name is not None or picture.packed is not None or "width" not in record:
        return None
    if type(name) is not str or not name or captured(record):
        return None
    rows, columns = size_from_record(record, source=source, where=place_in("images", record))
    uid, told = flat_uid(record)
    return {"uid": uid, "modality": "OT", "shape": [columns, rows], **named_image(told, uid, picture.address)}


def drawn_image(record: Record) -> Record:
    """Return the record of a plain image as it is drawn again, without an id."""
    return {name: record[name] for name in ("width", "height", "file_name")}


def _each(
    picture: Picture, uid: str, size: tuple[int, int], categories: Categories, source: object
) -> PlainRecords | None:
    """Return what records mean that are a box or a polygon each; None if one of them is more."""
    annotations: list[Record] = []
    definitions: dict[str, Record] = {}
    redrawn: list[Record] = []
    records = [shape.record for shape in picture.shapes]
    for shape, found in zip(picture.shapes, records, strict=True):
        identity: Any = found.get("id")
        category = found.get("category_id")
        if not (type(identity) is type(category) is int and 0 < identity < LARGEST and category in categories.records):
            return None
        own = str(identity)
        if own == uid or not _MORE.isdisjoint(found) or found.get("attributes"):
            return None
        place = geometry_of(shape, size, {}, source)
        if place is None:
            return None
        meaning = categories[category]
        if meaning.definition:
            definitions[meaning.code] = meaning.definition
        annotations.append({"id": own, "category": meaning.category, "label_code": meaning.code, **place})
        read = None if place["type"] == "bbox" else shape.segmentation(size, source="", where="")
        again = flat_box_to_record(place["bbox"]) if read is None else outline_to_record(read)
        again |= {"id": identity, "category_id": category, "iscrowd": 0, "image_id": picture.record.get("id")}
        redrawn.append(again)
    return PlainRecords(annotations, definitions, _left_of(records, redrawn))


def _left_of(records: list[Record], redrawn: list[Record]) -> Record:
    """Return what records say otherwise than they are drawn again; where all leave out the same alone, by the first."""
    pairs = list(zip(records, redrawn, strict=True))
    differences = [difference_of(*pair) for pair in pairs[:1]]
    is_usual = all(each.keys() <= {"absent"} for each in differences) and all(
        record.keys() == records[0].keys() and is_held(record, again) for record, again in pairs
    )
    differences += [] if is_usual else [difference_of(*pair) for pair in pairs[1:]]
    told = {str(record["id"]): each for record, each in zip(records, differences, strict=False)}
    return of_annotations(told, told)
