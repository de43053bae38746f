"""What a data set says, as a tree of DICOM's own terms: keywords to values, lists of values, or lists of items."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from pydicom.datadict import keyword_for_tag
from pydicom.multival import MultiValue

from annoconv_converters._dicom.carrier import CARRIER_CREATOR
from annoconv_converters._dicom.file import DAMAGE
from annoconv_converters._dicom.texts import text

if TYPE_CHECKING:
    from collections.abc import Container

    from pydicom.dataset import Dataset
    from pydicom.tag import BaseTag

__all__ = ["LONG_AGO", "Tree", "tree_of", "within"]

Tree: TypeAlias = dict[str, Any]
LONG_AGO: Final = datetime(1, 1, 1, tzinfo=UTC)
"""Stands for the time at which a case is written again, of which it says nothing."""
_STATED: Final = "stated"
"""Stands for a value that is not written again: that there is one is all that is asked."""


def tree_of(dataset: Dataset, left_out: Container[str], like: Tree | None = None, above: str = "") -> Tree:
    """Return what a data set says, without what is empty, or only says how the rest is encoded.

    Parameters
    ----------
    dataset
        A data set, or an item of one.
    left_out
        Places of elements that are not compared: keywords, joined by slashes.
    like
        What it is compared with: the values of other elements are not looked at.
    above
        Keywords of the sequences that it stands in, each with a slash behind it.
    """
    tree: Tree = {}
    for tag in dataset.keys():  # noqa: SIM118 - iterating over a data set converts its elements
        if tag.is_private_creator or (tag.is_private and _creator(dataset, tag) == CARRIER_CREATOR):
            continue  # what only names others, and what our carrier holds
        keyword = keyword_for_tag(tag) or f"({tag.group:04x},{tag.element:04x})"
        if above + keyword in left_out:
            continue
        if like is not None and keyword not in like:
            if _is_stated(dataset.get_item(tag).value):
                tree[keyword] = _STATED
            continue
        value = _value(dataset, tag, left_out, like and like[keyword], f"{above}{keyword}/")
        if value not in ("", b"", None, []):
            tree[keyword] = value
    return tree


def _creator(dataset: Dataset, tag: BaseTag) -> str:
    """Return who reserved the block of a private element (PS3.5 7.8.1)."""
    creator = (tag.group, tag.element >> 8)
    value = dataset.get_item(creator).value if creator in dataset else ""
    return text(value.decode("ascii", "replace") if isinstance(value, bytes) else value)


def _is_stated(value: Any) -> bool:
    if isinstance(value, int | float | Decimal):
        return True
    return bool(value.strip(b" \0") if isinstance(value, bytes) else value)


def _value(dataset: Dataset, tag: BaseTag, left_out: Container[str], like: Any, above: str) -> Any:
    """Return the value of an element as the format means it; as its bytes if they are damaged."""
    try:
        found = dataset[tag]
    except DAMAGE:
        return dataset.get_item(tag).value
    if found.VR == "SQ" and like is None:
        return [tree_of(each, left_out, None, above) for each in found.value]
    if found.VR == "SQ":
        others: list[Any] = like if isinstance(like, list) else []
        compared = [tree_of(each, left_out, other, above) for each, other in zip(found.value, others, strict=False)]
        return [*compared, *[_STATED] * (len(found.value) - len(compared))]
    if isinstance(found.value, MultiValue | list):
        return [_plain(each) for each in found.value]
    return _plain(found.value)


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.strip(b"\0")
    if isinstance(value, int):
        return int(value)
    return float(value) if isinstance(value, float) else text(value)


def within(tree: Any, original: Any) -> Any:
    """Return what a tree says of the things that the original speaks of."""
    if isinstance(tree, dict) and isinstance(original, dict):
        return {key: within(value, original[key]) for key, value in tree.items() if key in original}
    if isinstance(tree, list) and isinstance(original, list):
        return [within(*pair) for pair in zip(tree, original, strict=False)]
    return tree
