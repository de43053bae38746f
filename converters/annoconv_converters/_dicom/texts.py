"""Texts that fit their VR, read and copied without the bytes of the character set they came in (PS3.5 6.1, 6.2)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from pydicom.charset import decode_element
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue
from pydicom.sequence import Sequence as ItemSequence
from pydicom.valuerep import PersonName, validate_value

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["LENGTHS", "copy_elements", "fit", "text"]

LENGTHS: Final = {"AE": 16, "CS": 16, "LO": 64, "LT": 10240, "PN": 64, "SH": 16, "ST": 1024}
"""Characters that a value may have (PS3.5 6.2)."""
_LAYOUT_VRS: Final = frozenset({"LT", "ST", "UT"})
"""VRs that may hold line breaks and a backslash."""
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]+")
_ESCAPE: Final = re.compile(r"\x1b[ -/]+[0-~]")
"""Escape sequence of ISO 2022; pydicom leaves that of GB2312 (ISO 2022 IR 58) in the decoded text."""


def text(value: object) -> str:
    """Return an element's value as text without white space at its ends; several values joined by a backslash."""
    if value is None:
        return ""
    if isinstance(value, MultiValue | list | tuple):
        return "\\".join(map(text, value))
    return _ESCAPE.sub("", str(value)).strip(" \0").strip()


def fit(vr: str, value: str) -> str:
    """Return `value` as a single value of a text VR holds it: no control characters, no backslash, not too long.

    What differs from `value` is found by comparing the case that the written file gives back.
    """
    if vr not in _LAYOUT_VRS:
        value = _CONTROL.sub(" ", value).replace("\\", "/")
    if vr == "PN":
        value = value.replace("=", "-")
    return value.strip()[: LENGTHS.get(vr)].strip()


def copy_elements(source: Dataset, target: Dataset, keywords: Iterable[str]) -> None:
    """Copy those elements that the source has with a valid value, as UTF-8 text; those present but empty stay empty."""
    for keyword in keywords:
        if keyword in source:
            found = source[keyword]
            decode_element(found, source.get("SpecificCharacterSet") or None)
            value = _plain_value(found.value)
            if _is_valid(found.VR, value):
                setattr(target, keyword, value)


def _plain_value(value: Any) -> Any:
    """Return a value without the bytes of the character set that it was read in."""
    if isinstance(value, PersonName | str):
        return _ESCAPE.sub("", str(value))
    if isinstance(value, ItemSequence):
        return ItemSequence(_plain_item(each) for each in value)
    if isinstance(value, MultiValue):
        return [_plain_value(each) for each in value]
    return value


def _plain_item(source: Dataset) -> Dataset:
    target = Dataset()
    copy_elements(source, target, [name for name in source.dir() if name != "SpecificCharacterSet"])
    return target


def _is_valid(vr: str, value: Any) -> bool:
    if vr == "SQ" or value is None:
        return True
    try:
        for each in value if isinstance(value, list) else [value]:
            # pydicom checks numbers in decimal text only as the text that they were.
            validate_value(vr, str(each) if vr in {"DS", "IS"} else each, 2)  # 2: raise
    except (ValueError, TypeError):
        return False
    return True
