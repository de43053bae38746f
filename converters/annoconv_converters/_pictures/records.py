"""Records of pictures: one image with its annotations, in the form that COCO gives them.

What is ours in a record stands under one key, `annoconv`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from annoconv_converters._pictures.geometry import LARGEST_SIZE
from annoconv_converters._pictures.planes import SliceName, parse_name

if TYPE_CHECKING:
    import re

__all__ = ["KEY", "Picture", "Record", "flat_uid", "is_caption", "key_of", "picture_name", "without_key"]

Record: TypeAlias = "dict[str, Any]"

KEY: Final = "annoconv"
"""The one key of a record under which stands what is ours."""


@dataclass
class Picture:
    """One image record with its annotations.

    Attributes
    ----------
    record
        Of `images`.
    annotations
        Of `annotations`, or made of the segments of a panoptic map.
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
    """

    record: Record
    annotations: list[Record] = field(default_factory=list)
    name: SliceName | None = None
    packed: Record | None = None
    map_size: tuple[int, int] | None = None
    is_unsized: bool = False
    is_frame: bool = False


def is_caption(record: Record) -> bool:
    """Tell whether a record is a caption; what has a geometry beside one is not."""
    return isinstance(record.get("caption"), str) and not any(map(record.get, ("bbox", "segmentation", "keypoints")))


def key_of(record: Record, *, use_keys: bool = True) -> Record:
    """Return what stands under our key, as far as it is an object."""
    found = record.get(KEY) if use_keys else None
    return found if isinstance(found, dict) else {}


def without_key(record: Record) -> Record:
    """Return a record without what stands under our key."""
    return {key: value for key, value in record.items() if key != KEY}


def picture_name(record: Record, pattern: re.Pattern[str], *, use_keys: bool) -> SliceName | None:
    """Return which slice a picture is: by our key, else by its file name."""
    key = key_of(record, use_keys=use_keys)
    uid, axis, index = key.get("uid"), key.get("axis"), key.get("index")
    if isinstance(uid, str) and axis in ("i", "j", "k") and type(index) is int and 0 <= index < LARGEST_SIZE:
        return SliceName(None, uid, axis, index)
    name = record.get("file_name")
    return parse_name(pattern, name) if isinstance(name, str) and not key else None


def flat_uid(record: Record) -> tuple[str, str | None]:
    """Return the UID of a flat picture, its file name without suffix, and the name if that does not follow from it."""
    name = record.get("file_name")
    name = name.strip() if isinstance(name, str) else ""
    if not name.isprintable() or not name:
        return f"image_{record.get('id')}", None
    stem, _dot, suffix = name.rpartition(".")
    if not stem or "/" in suffix:
        return name, name
    return stem.strip(), None if suffix == "png" else name
