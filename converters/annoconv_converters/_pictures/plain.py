"""Records that are a box, a polygon or a geometry of their own on a flat picture, as nearly all are: in one step.

`meaning` says what any record means, and is asked as soon as one record of a picture is more than that: parts of one
annotation, masks, keypoints, texts. What both say of a picture is the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from annoconv.casefile.columns import BoxColumns
from annoconv.errors import InputError
from annoconv_converters._pictures.columns import held
from annoconv_converters._pictures.geometry import polygon_of_pieces, rounded, segmentation_from_record
from annoconv_converters._pictures.objects import tracked
from annoconv_converters._pictures.record_ids import annotation_id
from annoconv_converters._pictures.scores import confidence_of

if TYPE_CHECKING:
    from annoconv_converters._pictures.categories import Categories
    from annoconv_converters._pictures.records import Picture, Shape

__all__ = ["Plain", "beside", "geometry_of", "place_in", "plain_annotations", "plain_boxes"]

Record: TypeAlias = "dict[str, Any]"

_NUMBERS: Final = frozenset({int, float})
_TEXTS: Final[set[type]] = {str}
_LARGEST: Final = 1e12
"""As `is_numbers` has it."""


class Plain(NamedTuple):
    """What the shapes of a picture mean.

    Attributes
    ----------
    annotations
        One of each shape, in their order, by id.
    definitions
        Of their labels, where codes do not say all, by code.
    """

    annotations: dict[str, Record]
    definitions: dict[str, Record]


class PlainBoxes(NamedTuple):
    """What plain boxes of a picture mean.

    Attributes
    ----------
    columns
        As their annotations have it.
    more
        Other fields that all of these have.
    definitions
        As `Plain` has them.
    """

    columns: BoxColumns
    more: Record
    definitions: dict[str, Record]


def plain_annotations(
    picture: Picture, uid: str, size: tuple[int, int], categories: Categories, *, use_keys: bool, source: object
) -> Plain | None:
    """Return what the shapes of a flat picture mean, each an annotation; None if one of them is not so plain.

    Parameters
    ----------
    picture
        With its shapes.
    uid, size
        Of its image; rows and columns.
    categories
        Of the file.
    use_keys
        Whether our keys count.
    source
        For messages.
    """
    boxes = plain_boxes(picture, uid, categories, use_keys=use_keys)
    if boxes is not None:
        annotations = {each["id"]: each | boxes.more for each in boxes.columns.annotations}
        return Plain(annotations, boxes.definitions)
    found: dict[str, Record] = {}
    definitions: dict[str, Record] = {}
    uids = (uid,)
    for shape in picture.shapes:
        record = shape.record
        if "keypoints" in record or "caption" in record or "parent_id" in shape.more:
            return None
        key = shape.key if use_keys else {}
        identity = key.get("id")
        if not isinstance(identity, str):
            identity = annotation_id(str(record.get("id")), uids)
        geometry = geometry_of(shape, size, key, source)
        if geometry is None or identity in found:
            return None
        meaning = categories[record.get("category_id")]
        found[identity] = {"id": identity, "category": meaning.category, "label_code": meaning.code, **geometry}
        if meaning.definition:
            definitions[meaning.code] = meaning.definition
        if shape.more or "score" in record or record.get("attributes"):
            found[identity] |= beside(shape)
    return Plain(found, definitions)


def plain_boxes(picture: Picture, uid: str, categories: Categories, *, use_keys: bool) -> PlainBoxes | None:
    """Return what the boxes of a flat picture mean; None if one is not plain, or ids or classes are to be told apart.

    Parameters are those of `plain_annotations`.
    """
    columns = held(picture)
    if columns is None or not columns.is_plain:
        return None
    uids = (uid,)
    if use_keys and columns.keys:
        ids: list[Any] = [key.get("id") for key in columns.keys]
    else:
        ids = [annotation_id(each, uids) if each.startswith(uid) else each for each in map(str, columns.numbers)]
    meanings = {each: categories[each] for each in dict.fromkeys(columns.classes)}
    codes = {each: meaning.code for each, meaning in meanings.items()}
    if {*map(type, ids)} != _TEXTS or len({*ids}) < len(ids) or len({*codes.values()}) < len(codes):
        return None
    above = {each: meaning.category for each, meaning in meanings.items()}
    categories_of, codes_of = ([*map(of.__getitem__, columns.classes)] for of in (above, codes))
    boxes = BoxColumns(ids, categories_of, codes_of, columns.sides)
    return PlainBoxes(
        boxes, columns.more, {each.code: each.definition for each in meanings.values() if each.definition}
    )


def geometry_of(shape: Shape, size: tuple[int, int], key: Record, source: object) -> Record | None:
    """Return type and place of an annotation; None if they are left to `meaning`, as is what cannot be understood.

    Parameters
    ----------
    shape
        Whose record has no keypoints and is no caption.
    size
        Rows and columns of its picture.
    key
        Ours, if it counts.
    source
        For messages.
    """
    record = shape.record
    drawn, box = record.get("segmentation"), record.get("bbox")
    if shape.geometry is not None:
        return shape.geometry if drawn is None and box is None else None
    if not drawn and (drawn is None or type(drawn) is list):
        sides = _sides(box)
        return None if sides is None else {"type": "bbox", "bbox": sides}
    if shape.has_parts:
        return _polygon(shape, size, key, source) if box is None else None
    if type(drawn) is not list or len(drawn) != 1 or key or not (box is None or box == [] or _sides(box)):
        return None
    try:
        read = shape.segmentation(size, source=source, where=place_in("annotations", record))
    except InputError:
        return None
    if read is None or read.rings is None:
        return None
    return {"type": "polygon", "polygon": read.rings[0]}


def _polygon(shape: Shape, size: tuple[int, int], key: Record, source: object) -> Record | None:
    """Return a polygon of which the rings of each part are known; None if it is left to `meaning`.

    What its record holds is looked at once and not kept.
    """
    if not shape.pieces or key.get("type", "polygon") != "polygon":
        return None
    if shape.is_outline is None:
        try:
            read = segmentation_from_record(
                shape.record, size, source=source, where=place_in("annotations", shape.record)
            )
        except InputError:
            read = None
        shape.is_outline = read is not None and read.rings is not None
    return {"type": "polygon", **polygon_of_pieces(shape.pieces)} if shape.is_outline else None


def _sides(box: Any) -> list[float] | None:
    """Return `x_min, y_min, x_max, y_max` of a box as `box_from_record` does; None if it is no box."""
    if type(box) is not list or len(box) != 4 or not _NUMBERS.issuperset(map(type, box)):
        return None
    x, y, width, height = box
    if not (-_LARGEST < x < _LARGEST and -_LARGEST < y < _LARGEST and 0 <= width < _LARGEST and 0 <= height < _LARGEST):
        return None
    x_max, y_max = rounded(x + width), rounded(y + height)
    return [float(x), float(y), max(x_max, float(x)), max(y_max, float(y))]


def beside(shape: Shape) -> Record:
    """Return what an annotation says beside its class and its place: attributes, confidence, and what has no record."""
    extra: Record = {}
    attributes = shape.record.get("attributes")
    if isinstance(attributes, dict):
        told = {name: value for name, value in attributes.items() if _is_attribute(name, value)}
        extra |= tracked(told)
        extra |= {"attributes": told} if told else {}
    confidence = confidence_of(shape.record.get("score"))
    if confidence is not None:
        extra["confidence"] = confidence
    return extra | {name: value for name, value in shape.more.items() if name != "parent_id"}


def _is_attribute(name: str, value: Any) -> bool:
    """Tell whether the model takes an attribute: one line; a text, number, truth value or list of these."""
    members = value if isinstance(value, list) else [value]
    return (
        bool(name)
        and name.isprintable()
        and all(not isinstance(each, dict | list) and each is not None for each in members)
    )


def place_in(section: str, record: Record) -> str:
    """Return the words for where a record stands: its section and its id."""
    number = record.get("id")
    return f"{section}, id {number if isinstance(number, int | str) else '?'}"
