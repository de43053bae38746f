"""What stands in a COCO record from outside, as far as it is of the kind that is expected."""

from __future__ import annotations

from operator import methodcaller
from typing import TYPE_CHECKING, Any, Final

from annoconv_converters._pictures.records import KEY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from annoconv_converters._pictures.records import Record

__all__ = ["id_of", "ids_of", "key_of", "objects_in", "picture_of_result", "without_key"]

_IDS: Final[frozenset[type]] = frozenset({int, str})
_NAMES: Final = frozenset({"id", "type", "uid"})
"""Members of our key that are texts."""


def id_of(record: Record, name: str = "id") -> Any:
    """Return an id as something that can be looked up; None if it is neither a whole number nor a text."""
    return _id(record.get(name))


def ids_of(records: Sequence[Record], name: str = "id") -> list[Any]:
    """Return the same of several records."""
    values = [*map(methodcaller("get", name), records)]
    return values if _IDS.issuperset(map(type, values)) else [*map(_id, values)]


def _id(value: Any) -> Any:
    return value if type(value) in _IDS else None


def key_of(record: Record) -> Record:
    """Return what stands under our key in a record from outside, as far as it is an object and its names are texts."""
    found = record.get(KEY)
    if not isinstance(found, dict):
        return {}
    return {name: value for name, value in found.items() if name not in _NAMES or isinstance(value, str)}


def without_key(record: Record) -> Record:
    """Return a record without what stands under our key."""
    return {key: value for key, value in record.items() if key != KEY}


def objects_in(value: Any) -> dict[str, Record]:
    """Return the members of an object that are objects; of anything else none."""
    return (
        {name: member for name, member in value.items() if isinstance(member, dict)} if isinstance(value, dict) else {}
    )


def picture_of_result(record: Record, owner: Any) -> Record:
    """Return the image record that a result is of: its size is that of its mask, unknown without one."""
    segmentation = record.get("segmentation")
    size = segmentation.get("size") if isinstance(segmentation, dict) else None
    found = size if isinstance(size, list) and len(size) == 2 else [None, None]
    return {"id": owner} if size is None else {"id": owner, "width": found[1], "height": found[0]}
