"""What COCO records mean in a case document: one mapping, used by the reader and asked by the writer.

Its result is *native*: it rests on the records alone. With `use_keys` it also takes from our keys which records are
one annotation and which pictures one image, but none of what the case says beyond COCO.
`docs/formats/coco.md` holds the table.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from annoconv.advice import NOTHING
from annoconv.documents.collector import collector_paused
from annoconv.errors import InputError
from annoconv.ids import safe_name
from annoconv.messages import Message, listed
from annoconv.pictures import named_image
from annoconv_converters._pictures.cases import PictureCase
from annoconv_converters._pictures.columns import keys_of
from annoconv_converters._pictures.geometry import (
    Segmentation,
    box_from_record,
    keypoints_from_record,
    polygon_of_pieces,
    size_from_record,
    tidy,
)
from annoconv_converters._pictures.plain import beside, place_in, plain_annotations, plain_boxes
from annoconv_converters._pictures.planes import Planes, SliceName
from annoconv_converters._pictures.record_ids import annotation_id
from annoconv_converters._pictures.records import IMAGE_LABEL, Picture, Record, Shape, captured, flat_uid, is_caption
from annoconv_converters._pictures.skeletons import box_of_keypoints, keypoints_of, names_of
from annoconv_converters._raster.polygons import without_keyholes

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from annoconv_converters._pictures.categories import Categories, Meaning
    from annoconv_converters._pictures.geometry import Box

__all__ = ["labels_of", "picture_case"]


@dataclass(slots=True)
class _Item:
    """One shape, understood."""

    shape: Shape
    key: Record
    meaning: Meaning
    place: tuple[str, int]
    is_frame: bool
    segmentation: Segmentation | None
    box: Box | None

    @property
    def record(self) -> Record:
        return self.shape.record

    @property
    def is_mask(self) -> bool:
        return self.segmentation is not None and self.segmentation.is_mask and not self.shape.has_parts


@collector_paused()
def picture_case(
    pictures: list[Picture],
    categories: Categories,
    *,
    use_keys: bool,
    source: object,
    reserved: Collection[str] = (),
    listed: Sequence[Record] = (),
    as_columns: bool = False,
) -> PictureCase:
    """Return the case that pictures stand for: one flat picture, or all slices of the images of one case.

    Records without a key have none of the ids that are reserved. Its labels are those of a class list, if there is one,
    and others that the pictures show. Plain boxes may be asked for as columns; then nothing owns them.

    Raises
    ------
    InputError
        If a record cannot be understood; nothing is mended.
    """
    native = PictureCase({"image": {}, "annotations": [], "metadata": {}})
    images = _images(pictures, native, use_keys=use_keys, source=source)
    native.document["image"], *related = images.values()
    if related:
        native.document["related_images"] = related
    case = next((picture.name.case for picture in pictures if picture.name), None)
    if case and pictures[0].name and (case != pictures[0].name.series):
        native.document = {"case_id": case, **native.document}
    seen = _plain(pictures, native, categories, use_keys=use_keys, source=source, as_columns=as_columns)
    if seen is None:
        items = list(_items(pictures, native, categories, use_keys=use_keys, source=source))
        _understand(items, native, reserved, source)
        seen = {item.meaning.code: item.meaning.definition for item in items if item.meaning.definition}
    native.document |= labels_of(seen, listed)
    return native


def labels_of(seen: dict[str, Record], listed: Sequence[Record]) -> Record:
    """Return the labels of a case: those of a class list, and others that are seen in it, by code; empty of none."""
    definitions = {each["code"]: each for each in listed}
    definitions |= {code: definition for code, definition in seen.items() if code not in definitions}
    return {"labels": list(definitions.values())} if definitions else {}


def _plain(
    pictures: list[Picture],
    native: PictureCase,
    categories: Categories,
    *,
    use_keys: bool,
    source: object,
    as_columns: bool,
) -> dict[str, Record] | None:
    """Take what a flat picture shows into its case, and return the definitions of its labels, if all of it is plain."""
    if len(pictures) != 1 or pictures[0].name is not None:
        return None
    uid = native.document["image"]["uid"]
    boxes = plain_boxes(pictures[0], uid, categories, use_keys=use_keys) if as_columns else None
    if boxes is not None and not boxes.more:
        native.boxes = boxes.columns
        return boxes.definitions
    size = native.planes[uid].size
    plain = plain_annotations(pictures[0], uid, size, categories, use_keys=use_keys, source=source)
    if plain is None:
        return None
    native.document["annotations"] = list(plain.annotations.values())
    for identity, key in zip(plain.annotations, keys_of(pictures[0]), strict=True):
        native.own(identity, key)
    return plain.definitions


def _understand(items: list[_Item], native: PictureCase, reserved: Collection[str], source: object) -> None:
    """Take what records are into their case: those of one annotation together."""
    groups = _groups(items, native, reserved)
    primary = native.document["image"]["uid"]
    taken = {*groups, *native.planes, *reserved}
    ids = {str(item.record.get("id")): identity for identity, members in groups.items() for item in members}
    for identity, members in groups.items():
        first = members[0]
        native.own(identity, first.shape.key)
        common: Record = {"id": identity, "category": first.meaning.category, "label_code": first.meaning.code}
        if first.place[0] != primary:
            common["image_uid"] = first.place[0]
        if "parent_id" in first.shape.more:
            common["parent_id"] = ids.get(first.shape.more["parent_id"], first.shape.more["parent_id"])
        native.document["annotations"] += _annotations(common, members, native, source, taken)


def _images(pictures: list[Picture], native: PictureCase, *, use_keys: bool, source: object) -> dict[str, Record]:
    """Return the images that pictures show, by UID, and note their planes."""
    seen: dict[str, list[tuple[SliceName, tuple[int, int]]]] = {}
    flat: dict[str, Record] = {}
    for picture in pictures:
        where = place_in("images", picture.record)
        is_unsized = picture.is_unsized and "width" not in picture.record
        size = (0, 0) if is_unsized else size_from_record(picture.record, source=source, where=where)
        uid = picture.key.get("uid") if use_keys else None
        if picture.name is not None:
            uid = uid if isinstance(uid, str) else picture.name.series
            seen.setdefault(uid, []).append((picture.name, size))
            picture.name = SliceName(picture.name.case, uid, picture.name.axis, picture.name.index)
        else:
            stem, name = flat_uid(picture.record)
            name = picture.record["file_name"] if picture.is_renamed else name  # no stem of it is its UID
            uid = uid if isinstance(uid, str) else stem
            flat[uid] = {"uid": uid, "modality": "OT", **({} if is_unsized else {"shape": [size[1], size[0]]})}
            flat[uid] |= captured(picture.record)
            flat[uid] |= named_image(name, uid, picture.address)
            native.planes[uid] = Planes("k", 1, *size)
            seen.setdefault(uid, [])
    images: dict[str, Record] = {}
    for uid, slices in seen.items():
        if uid in flat:
            images[uid] = flat[uid]
            continue
        axis, size = slices[0][0].axis, slices[0][1]
        indices = [name.index for name, _ in slices]
        if any(name.axis != axis or other != size for name, other in slices) or len(set(indices)) != len(indices):
            problem, expected = "the pictures of an image are not slices of one volume", "one axis and size, each once"
            told, advice = Message("slices {names}", names=listed(indices, 5)), "Give each image names of its own"
            raise InputError(problem, source=str(source), where=uid, found=told, expected=expected, advice=advice)
        native.planes[uid] = Planes(axis, max(indices) + 1, *size)
        first = next(picture for picture in pictures if picture.name and picture.name.series == uid)
        shape = list(native.planes[uid].shape)
        images[uid] = {"uid": uid, "modality": "OT", "shape": shape, **captured(first.record)}
        images[uid] |= {"annotated_frames": first.annotated_frames} if first.annotated_frames else {}
    return images


def _items(
    pictures: list[Picture], native: PictureCase, categories: Categories, *, use_keys: bool, source: object
) -> Iterator[_Item]:
    for picture in pictures:
        if picture.name is not None:
            place = picture.name.series, picture.name.index
        else:
            uid = picture.key.get("uid") if use_keys else None
            place = (uid if isinstance(uid, str) else flat_uid(picture.record)[0]), 0
        size = native.planes[place[0]].size
        for shape in picture.shapes:
            record = shape.record
            where = place_in("annotations", record)
            if is_caption(record):
                native.own(str(record.get("id")), shape.key)
                texts = native.document.setdefault("texts", [])
                texts.append(
                    {
                        "id": str(record.get("id")),
                        "kind": "other",
                        "content": record["caption"],
                        "image_uids": [place[0]],
                    }
                )
                continue
            yield _Item(
                shape,
                shape.key if use_keys else {},
                categories[record.get("category_id")],
                place,
                picture.is_frame,
                shape.segmentation(size, source=source, where=where),
                box_from_record(record, source=source, where=where),
            )


def _groups(items: list[_Item], native: PictureCase, reserved: Collection[str]) -> dict[str, list[_Item]]:
    """Return which records are one annotation: those of one id; without our key, masks of a label in a volume."""
    groups: dict[str, list[_Item]] = {}
    named = [_own_id(item, native) for item in items]
    owners: dict[str, str | None] = dict.fromkeys(filter(None, named))
    for item, own in zip(items, named, strict=True):
        identity = own or item.meaning.code
        if own is None:
            while (
                identity in reserved
                or identity in native.planes
                or owners.setdefault(identity, item.place[0]) != item.place[0]
            ):
                identity += "_"
        groups.setdefault(identity, []).append(item)
    return groups


def _own_id(item: _Item, native: PictureCase) -> str | None:
    """Return the id of the annotation that a record is, by our key or its own; None if it is a mask in a volume."""
    if isinstance(item.key.get("id"), str):
        return str(item.key["id"])
    is_flat = item.is_frame or native.planes[item.place[0]].count == 1
    if not is_flat and (item.is_mask or (item.segmentation is not None and item.segmentation.is_outline)):
        return None
    return annotation_id(str(item.record.get("id")), native.planes)


def _annotations(
    common: Record, members: list[_Item], native: PictureCase, source: object, taken: set[str]
) -> Iterator[Record]:
    """Yield the annotation that records are, then the keypoints of the same object, with an id that is not taken."""
    first = members[0]
    uid, index = first.place
    planes = native.planes[uid]
    extra: Record = {}
    if planes.count > 1 and planes.axis == "k":
        extra["frame_index" if first.is_frame else "slice_index"] = index
    extra |= beside(first.shape)
    if first.shape.geometry is not None:
        yield {**common, **first.shape.geometry, **extra}
        return
    is_box = len(members) == 1 and first.segmentation is None and first.record.get("keypoints") is None
    if is_box and first.box is not None:  # most are nothing else
        yield {**common, "type": "bbox", "bbox": list(first.box), **extra}
        return
    wants_mask = any(item.is_mask or item.key.get("type") == "mask" for item in members)
    outlined = (
        planes.count > 1
        and not first.is_frame
        and "id" not in first.key
        and all(item.segmentation and item.segmentation.is_outline for item in members)
    )
    drawn = [item for item in members if item.segmentation is not None]
    polygon = _polygon_of(drawn) if drawn else {}
    named = _keypoints(first, source)
    points: Record = {"type": "keypoints", "keypoints": named}
    if named and _is_alone(first, named):
        is_point = first.key.get("type") == "point" and "point" in named[0]
        yield {**common, **({"type": "point", "point": named[0]["point"]} if is_point else points), **extra}
        return
    if polygon and not outlined:
        yield {**common, "type": "polygon", **polygon, **extra}
    elif drawn and (wants_mask or outlined or len(drawn) > 1):
        if not all(planes.size):
            raise InputError(
                "the size of the picture is not known",
                source=str(source),
                where=place_in("annotations", first.record),
                found=NOTHING,
                expected="width and height",
                advice="Pass the file that the results are for: --ground-truth FILE",
            )
        native.parts[common["id"]] = [(item.place[1], item.segmentation.counts) for item in drawn if item.segmentation]
        extra = {key: value for key, value in extra.items() if key not in _PLACES}
        yield {**common, "type": "mask", "mask_file": f"masks/{safe_name(common['id'])}.nii.gz", **extra}
    elif drawn and drawn[0].segmentation and drawn[0].segmentation.rings is not None:
        yield {**common, "type": "polygon", "polygon": drawn[0].segmentation.rings[0], **extra}
    elif len(members) > 1:
        yield {
            **common,
            "type": "bbox",
            "bbox": _solid_box(members),
            **{k: v for k, v in extra.items() if k not in _PLACES},
        }
    elif first.box is not None:
        yield {**common, "type": "bbox", "bbox": list(first.box), **extra}
    else:
        yield {**common, "type": "attribute", "attributes": dict(IMAGE_LABEL), **extra}
    if any("point" in each for each in named):
        held = first.key.get("points")
        own = held[0] if isinstance(held, list) and held and isinstance(held[0], str) else None
        identity = own or f"{common['id']}.keypoints"
        while own is None and identity in taken:
            identity += "_"
        taken.add(identity)
        written = first.shape.key.get("points")
        if isinstance(written, list) and written:
            native.owners[identity] = str(written[0])
        place = {key: value for key, value in extra.items() if key in _PLACES}
        yield {**common, "id": identity, "parent_id": common["id"], **points, **place}


def _keypoints(item: _Item, source: object) -> list[Record]:
    """Return the points that a record names, as the model has them."""
    value = item.record.get("keypoints")
    if value is None or value == []:
        return []
    found = keypoints_from_record(item.record, source=source, where=place_in("annotations", item.record))
    names = names_of({"keypoints": list(item.meaning.keypoints)}, len(found))
    return keypoints_of(found, names[: len(found)])


def _is_alone(item: _Item, named: list[Record]) -> bool:
    """Tell whether a record is nothing but its keypoints: so our key says, or its box is that round them."""
    if "type" in item.key:
        return item.key["type"] in {"keypoints", "point"}
    if item.segmentation is not None:
        return False
    x, y, width, height = box_of_keypoints(named)
    own = x, y, tidy(x + width), tidy(y + height)
    return item.box is None or max(abs(a - b) for a, b in zip(item.box, own, strict=True)) <= _NEAR


def _polygon_of(drawn: list[_Item]) -> Record:
    """Return the polygon, its holes and its parts, that records of one picture are by their file; else nothing."""
    kinds = {item.key.get("type", "polygon" if item.shape.has_parts else None) for item in drawn}
    if kinds != {"polygon"} or len({item.place for item in drawn}) != 1:
        return {}
    if all(item.shape.pieces for item in drawn):
        return polygon_of_pieces([piece for item in drawn for piece in item.shape.pieces])
    told = [item.segmentation.rings for item in drawn if item.segmentation is not None]
    rings = [rings[place] for rings in told if rings is not None for place in range(len(rings))]
    return polygon_of_pieces(map(without_keyholes, rings)) if rings else {}


_PLACES: Final = frozenset({"slice_index", "frame_index"})
_NEAR: Final = 1e-6
"""Pixels between two boxes that are the same."""


def _solid_box(members: list[_Item]) -> list[float]:
    """Return the 3-D box of boxes on slices: their bounds, from the first slice to behind the last."""
    boxes = [item.box for item in members if item.box is not None]
    if not boxes:
        return [0.0, 0.0, 0.0, 0.0, 0.0, 0.0]
    indices = [item.place[1] for item in members]
    low_x, low_y = min(box[0] for box in boxes), min(box[1] for box in boxes)
    high_x, high_y = max(box[2] for box in boxes), max(box[3] for box in boxes)
    return [low_x, low_y, float(min(indices)), high_x, high_y, float(max(indices) + 1)]
