"""Tracks among the attributes of records: `track_id` and `keyframe`, as CVAT writes them into COCO.

In a case they are the `tracking_id` of an annotation and its `is_key_frame`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from annoconv.codes import is_name

if TYPE_CHECKING:
    from annoconv.model import AnyAnnotation

__all__ = ["TRACK", "told_of", "tracked"]

Record: TypeAlias = "dict[str, Any]"

_TRACK: Final = "track_id"
_KEY_FRAME: Final = "keyframe"
TRACK: Final = (_TRACK, _KEY_FRAME)
"""Names of attributes that tell of a track."""


def tracked(attributes: Record) -> Record:
    """Return what attributes say of a track as fields of an annotation, and take it out of them."""
    found: Record = {}
    track = attributes.get(_TRACK)
    if (type(track) is int and track >= 0) or (isinstance(track, str) and is_name(track)):
        found["tracking_id"] = str(attributes.pop(_TRACK))
    if "tracking_id" in found and type(attributes.get(_KEY_FRAME)) is bool:
        found["is_key_frame"] = attributes.pop(_KEY_FRAME)
    return found


def told_of(annotation: AnyAnnotation) -> Record:
    """Return what an annotation says of its track as attributes; numbers are numbers."""
    track = annotation.tracking_id
    if track is None:
        return {}
    is_number = track.isascii() and track.isdecimal() and str(int(track[:18])) == track
    is_key_frame = {} if annotation.is_key_frame is None else {_KEY_FRAME: annotation.is_key_frame}
    return {_TRACK: int(track) if is_number else track, **is_key_frame}
