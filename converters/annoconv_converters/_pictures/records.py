"""Pictures and shapes: records in the form that COCO gives them, and beside each what is known of it and is ours.

A record may come from outside and hold any key, so nothing of ours stands in one. What our own files say of a record
is in its `key`; in a COCO file that stands under `annoconv`, elsewhere in the side file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields
from datetime import datetime
from itertools import chain
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from annoconv.ids import safe_name
from annoconv_converters._pictures.geometry import LARGEST_SIZE, Segmentation, segmentation_from_record
from annoconv_converters._pictures.planes import SliceName, parse_name

if TYPE_CHECKING:
    from annoconv.documents.residuals import Path

__all__ = [
    "IMAGE_LABEL",
    "KEY",
    "Picture",
    "Record",
    "Shape",
    "are_keys",
    "captured",
    "flat_uid",
    "is_caption",
    "picture_name",
]

Record: TypeAlias = "dict[str, Any]"

KEY: Final = "annoconv"
"""The one key of a COCO record, and of a picture in a side file, under which stands what is ours."""
_NAMES: Final = ("id", "type", "number")
_TEXTS: Final = frozenset({str})
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)", re.ASCII)
"""RFC 3339 with a zone."""
_FINER: Final = re.compile(r"(?<=\.\d{6})\d+")
"""Digits of a second that a time has beyond millionths."""
IMAGE_LABEL: Final = {"image_label": True}
"""Attributes of what belongs to a whole picture, and says no more than its class: the model asks for one at least."""


@dataclass(slots=True)
class Shape:
    """One annotation on one picture.

    Attributes
    ----------
    record
        In the form of a COCO annotation; of a COCO file, as it stands there.
    geometry
        What COCO has no form for, as the model has it: `type` and its fields. None where the record says all.
    more
        Other fields of the annotation, as the model has them, that a record has no place for.
    key
        What our own files say of it: `id` and `type` of the annotation that it belongs to, ids of the `points` within
        it, and what it `said` when it was written.
    pieces
        Of a polygon, where its format has rings: those of each part, the outer one first, lists of x and y.
    keypoints
        While a case is drawn: the points of its object, as the model has them.
    parent_id
        While a case is drawn: id of the annotation that it is a part of.
    algorithm_type
        While a case is drawn: who made the annotation, if that is said.
    place
        Steps to it in its file's tree.
    has_parts
        Whether it is a polygon whose keyholes are holes and whose further rings are parts of it, not a mask.
    is_signed
        Whether its file tells who made it, if only by saying nothing; a tool may say that it was imported.
    is_outline
        Of one with pieces, once that was looked at: whether its record holds rings that can be understood.
    """

    record: Record
    geometry: Record | None = None
    more: Record = field(default_factory=dict)
    key: Record = field(default_factory=dict)
    pieces: list[list[Any]] = field(default_factory=list)
    keypoints: list[Record] = field(default_factory=list)
    algorithm_type: str | None = None
    parent_id: str | None = None
    place: Path = ()
    has_parts: bool = False
    is_signed: bool = True
    is_outline: bool | None = None
    _understood: tuple[tuple[int, int], Segmentation | None] | None = field(default=None, init=False, repr=False)

    def __reduce__(self) -> tuple[type[Shape], tuple[Any, ...]]:
        """Return what it is made of, for those that wait in a file."""
        return Shape, _MEMBERS(self)

    def segmentation(self, size: tuple[int, int], *, source: object, where: str) -> Segmentation | None:
        """Return what the record's `segmentation` holds in a picture of `size` rows and columns; read once.

        Raises
        ------
        InputError, LimitError
            As `segmentation_from_record`.
        """
        if self._understood is None or self._understood[0] != size:
            self._understood = size, segmentation_from_record(self.record, size, source=source, where=where)
        return self._understood[1]


_MEMBERS: Final = attrgetter(*(each.name for each in fields(Shape) if each.init))


@dataclass
class Picture:
    """One image with its annotations.

    Attributes
    ----------
    record
        In the form of a COCO image; of a COCO file, as it stands there.
    shapes
        Its annotations, or the segments of its panoptic map.
    key
        What our own files say of it: `uid`, and of a slice `axis` and `index`.
    name
        Which slice of which image it is; None for a flat picture.
    packed
        Its panoptic annotation, where there is one.
    map_size
        Rows and columns of its panoptic PNG, where that is smaller.
    is_unsized
        Whether its format may leave its size open.
    is_frame
        Whether it is a frame of a video, not a slice.
    annotated_frames
        Of such a frame, those of the video that were to be annotated, as the model has them; none where they are all.
    is_named
        Whether its file names it; else the reader did.
    address
        Of a flat picture, where a server has it, if that is said beside its name.
    is_renamed
        Whether a flat picture of a file of ours has another name than was written.
    place, packed_place
        Steps to it and to its panoptic annotation in its file's tree.
    """

    record: Record
    shapes: list[Shape] = field(default_factory=list)
    key: Record = field(default_factory=dict)
    name: SliceName | None = None
    packed: Record | None = None
    map_size: tuple[int, int] | None = None
    is_unsized: bool = False
    is_frame: bool = False
    annotated_frames: list[Record] = field(default_factory=list)
    is_named: bool = True
    address: str | None = None
    is_renamed: bool = False
    place: Path = ()
    packed_place: Path = ()


def are_keys(found: list[Any]) -> bool:
    """Tell whether what a side file has of records are keys, of which the names are texts."""
    if not all(isinstance(each, dict) for each in found):
        return False
    names = {*chain.from_iterable({*map(tuple, found)})}.intersection(_NAMES)
    return all(_TEXTS.issuperset({type(each.get(name, "")) for each in found}) for name in names)


def is_caption(record: Record) -> bool:
    """Tell whether a record is a caption; what has a geometry beside one is not."""
    return isinstance(record.get("caption"), str) and not any(map(record.get, ("bbox", "segmentation", "keypoints")))


def picture_name(picture: Picture, pattern: re.Pattern[str], *, use_keys: bool) -> SliceName | None:
    """Return which slice a picture is: by our key, else by its file name."""
    key = picture.key if use_keys else {}
    uid, axis, index = key.get("uid"), key.get("axis"), key.get("index")
    if isinstance(uid, str) and axis in ("i", "j", "k") and type(index) is int and 0 <= index < LARGEST_SIZE:
        return SliceName(None, uid, axis, index)
    name = picture.record.get("file_name")
    return parse_name(pattern, name) if isinstance(name, str) and not key else None


def flat_uid(record: Record) -> tuple[str, str | None]:
    """Return the UID of a flat picture, its file name without suffix, and the name if that does not follow from it."""
    name = record.get("file_name")
    if not isinstance(name, str) or not name:
        return f"image_{record.get('id')}", None
    stem, _dot, suffix = name.rpartition(".")
    uid = (name if not stem.strip() or "/" in suffix else stem).strip()
    if not uid.isprintable() or not uid:
        uid = f"image_{record.get('id')}"
    return uid, None if name == f"{safe_name(uid)}.png" else name


def captured(record: Record) -> Record:
    """Return when an image was acquired, as far as its record says so with a time zone."""
    said = record.get("date_captured")
    if not isinstance(said, str) or not _MOMENT.fullmatch(said):
        return {}
    try:
        datetime.fromisoformat(_FINER.sub("", said))
    except ValueError:
        return {}
    return {"acquired_at": _FINER.sub("", said)}
