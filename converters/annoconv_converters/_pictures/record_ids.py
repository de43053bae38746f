"""The ids of records as those of annotations, which are never the UID of a picture.

A record whose id is that of its picture, or that with `_` behind it any number of times, has one `_` more (in a case of
several images, as many as leave it none of theirs): on the picture `1`, the records `1` and `1_` are `1_` and `1__`. So
no two become one, in whatever order they stand, and the id of the record follows again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ["annotation_id", "record_id"]

_MARK: Final = "_"


def annotation_id(identity: str, uids: Collection[str]) -> str:
    """Return the id of an annotation that a record of an id is, in a case whose images have these UIDs."""
    return identity + _MARK * _marks(identity, uids)


def record_id(identity: str, uids: Collection[str]) -> str:
    """Return the id of the record that an annotation was, as its format has it."""
    count = _marks(identity, uids)
    bare = identity[: len(identity) - count]
    return bare if count and annotation_id(bare, uids) == identity else identity


def _marks(identity: str, uids: Collection[str]) -> int:
    """Return how many marks an id has more as that of an annotation: one beyond what part UIDs of one beginning."""
    if not identity.startswith((*uids,)) or not any(_is_of(identity, uid) for uid in uids):
        return 0
    first = min((uid for uid in uids if _is_of(identity, uid)), key=len)
    return 1 + max(len(uid) - len(first) for uid in uids if _is_of(uid, first))


def _is_of(identity: str, uid: str) -> bool:
    """Tell whether an id is a UID with nothing but marks behind it."""
    return identity.startswith(uid) and not identity[len(uid) :].strip(_MARK)
