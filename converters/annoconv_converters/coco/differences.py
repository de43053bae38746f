"""What a record says otherwise than the one that is drawn of its annotation: kept in the case, and put back.

Geometry is put back only while the annotation is still the one that was read, of which a digest is kept.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from annoconv.documents import strict_json
from annoconv.ids import content_digest
from annoconv_converters._pictures.file_losses import with_floats
from annoconv_converters._pictures.scores import confidence_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

__all__ = ["changed", "difference_of", "digest_of", "digests_of", "is_held", "is_same", "of_annotations", "put_back"]

Record: TypeAlias = "dict[str, Any]"

_PLACES: Final = ("segmentation", "bbox", "keypoints")
"""Members that say where an annotation is."""
_GEOMETRY: Final = ("segmentation", "area", "bbox", "keypoints", "num_keypoints")
_AS_LIST: Final = "list"
"""In place of run lengths: that they were written as a list of numbers."""


def difference_of(record: Record, again: Record) -> Record:
    """Return what a record says otherwise than the one drawn again, and what it does not say."""
    fields = {} if is_held(record, again) else _fields(record, again)
    absent = [key for key in again if key not in record]
    difference: Record = {"fields": fields} if fields else {}
    if absent:
        difference["absent"] = absent
    if not fields.keys().isdisjoint(_GEOMETRY) or [key for key in absent if _is_place(key, again)]:
        difference["of"] = digest_of(again)
    return difference


def is_held(record: Record, again: Record) -> bool:
    """Tell whether the one drawn again plainly says all that a record does."""
    return record.items() <= again.items() and bool not in map(type, record.values())


def _is_place(key: str, record: Record) -> bool:
    """Tell whether a member of a drawn record says where the annotation is, and no other does."""
    return key in _PLACES and bool(record.get(key)) and not (key == "bbox" and record.get("segmentation"))


def _fields(record: Record, again: Record) -> Record:
    """Return what a record says otherwise than the one drawn again; run lengths as a list of numbers by that alone."""
    fields = {key: value for key, value in record.items() if key not in again or not is_same(again[key], value)}
    fields = _of_its_class(again, fields)
    drawn = again.get("segmentation")
    segmentation = fields.get("segmentation")
    is_list = isinstance(segmentation, dict) and isinstance(segmentation.get("counts"), list)
    if is_list and isinstance(drawn, dict) and _as_list(drawn) == segmentation:
        fields["segmentation"] = _AS_LIST
    return fields


def is_same(left: Any, right: Any) -> bool:
    """Tell whether two members are the same; true is not 1, and decimals, as COCO counts with them, are floats."""
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


def digest_of(record: Record) -> str:
    """Return a digest of the geometry of a drawn record."""
    segmentation, area, box, *points = map(record.get, _GEOMETRY)
    is_plain = isinstance(segmentation, list) and points == [None, None]
    text = _numbers([segmentation, area, box]) if is_plain else None
    if text is None:
        return _digest(json.dumps([segmentation, area, box, *points]).encode())
    return _digest(text[:-1] + b", null, null]")


def digests_of(drawn: list[list[Any]]) -> list[str]:
    """Return what `digest_of` does of records of one polygon, `[[ring], area, box]`, or of a box, `[[], area, box]`."""
    text = _numbers(drawn) if drawn else None
    if text is None:
        return [digest_of(dict(zip(_GEOMETRY, each, strict=False))) for each in drawn]
    return [_digest(b"[[%b], null, null]" % each) for each in text[3:-3].split(b"]], [[")]


def _digest(text: bytes) -> str:
    return content_digest(text)[:16]


def _numbers(values: list[Any]) -> bytes | None:
    """Return what `json` makes of numbers, at a fifth of the cost; None if that is not sure.

    Numbers with an exponent and below 1e-4, and what is none, look otherwise there.
    """
    text = strict_json.dumps(values)[:-1]
    if text.translate(None, b"0123456789.,-[]") or any(before + b"0.0000" in text for before in (b"[", b",", b"-")):
        return None
    return text.replace(b",", b", ")


def put_back(record: Record, difference: Any, usual: Any = (), digest: Callable[[Record], str] = digest_of) -> Record:
    """Return a drawn record as the file had it; geometry only if the annotation has not been changed since.

    Parameters
    ----------
    record
        As it is drawn; empty if it is not.
    difference
        What is kept of it.
    usual
        What the records of its picture do not say, unless its difference says that otherwise.
    digest
        Returns what `digest_of` does.
    """
    if difference is None and isinstance(usual, list):
        return {key: value for key, value in record.items() if key not in usual or _is_place(key, record)}
    told: Record = difference if isinstance(difference, dict) else {}
    fields, absent = told.get("fields") or {}, told.get("absent", usual) or []
    if not isinstance(fields, dict) or not isinstance(absent, list):
        return record
    if "of" in told and told["of"] != digest(record):
        fields = {key: value for key, value in fields.items() if key not in _GEOMETRY}
        absent = [key for key in absent if key not in _GEOMETRY]
    elif "of" not in told:
        absent = [key for key in absent if not _is_place(key, record)]
    if "score" in fields and confidence_of(fields["score"]) != record.get("score"):  # the confidence was changed
        fields = {key: value for key, value in fields.items() if key != "score"}
    return changed(record, fields, absent)


def changed(record: Record, fields: Record, absent: Sequence[str]) -> Record:
    """Return a drawn record with fields instead of its own, and without those that are absent."""
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


def of_annotations(differences: Mapping[str, Record], drawn: Collection[str]) -> Record:
    """Return what is kept of the annotations of a picture: what most of its records do not say is said once.

    Parameters
    ----------
    differences
        Of each annotation, by its id.
    drawn
        Ids of those that are drawn; of others whole records are kept.
    """
    counts = Counter([tuple(each.get("absent", ())) for identity, each in differences.items() if identity in drawn])
    usual = [*max(counts, key=counts.__getitem__, default=())]
    kept: Record = {"absent": usual} if usual else {}
    told = {
        identity: _beside(each, usual) if usual and identity in drawn else each
        for identity, each in differences.items()
    }
    told = {identity: each for identity, each in told.items() if each}
    return kept | ({"annotations": told} if told else {})


def _beside(difference: Record, usual: list[str]) -> Record:
    """Return a difference without what is usual, or with what it has instead."""
    absent = difference.get("absent", [])
    told = {name: value for name, value in difference.items() if name != "absent"}
    return told if absent == usual else told | {"absent": absent}
