"""Texts that fit their VR, read and copied without the bytes of the character set they came in (PS3.5 6.1, 6.2)."""

from __future__ import annotations

import re
import warnings
from typing import TYPE_CHECKING, Any, Final, cast

from pydicom.charset import decode_element
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue
from pydicom.sequence import Sequence as ItemSequence
from pydicom.valuerep import PersonName, validate_value

from annoconv_converters._dicom.file import DAMAGE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["LENGTHS", "copy_elements", "fit", "text"]

LENGTHS: Final = {"AE": 16, "CS": 16, "LO": 64, "LT": 10240, "PN": 64, "SH": 16, "ST": 1024}
"""Characters that a value, or a component group of a name, may have (PS3.5 6.2)."""
_LAYOUT_VRS: Final = frozenset({"LT", "ST", "UT"})
"""VRs that may hold line breaks and a backslash."""
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]+")
_FORMS: Final = {
    "AS": re.compile(r"(\d{1,3})([DWMY])"),
    "DA": re.compile(r"(\d{4})\.(\d{2})\.(\d{2})"),
    "TM": re.compile(r"(\d{2}):(\d{2})(?::(\d{2}(?:\.\d{1,6})?))?"),
}
"""Forms of dates, times and ages that are not, or no longer, those of their VR, and say the same (PS3.5 6.2)."""
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
    if vr == "PN":  # of up to three component groups, each of this length
        *groups, rest = value.split("=", 2)
        return "=".join(each.strip()[: LENGTHS[vr]].strip() for each in (*groups, rest.replace("=", "-")))
    return value.strip()[: LENGTHS.get(vr)].strip()


def copy_elements(source: Dataset, target: Dataset, keywords: Iterable[str]) -> list[str]:
    """Copy those elements that the source has with a valid value, as UTF-8 text; those present but empty stay empty.

    Dates, times and ages that are written as they once were (`2020.01.02`, `10:11:12`, PS3.5 6.2) or without the zeros
    in front are copied in the form of today.

    Returns
    -------
    list of str
        Those that it has with another value; those within sequences with their places there.
    """
    left: list[str] = []
    for keyword in keywords:
        if keyword not in source:
            continue
        try:
            with warnings.catch_warnings():  # of values that are judged here
                warnings.simplefilter("ignore")
                found = source[keyword]
                decode_element(found, source.get("SpecificCharacterSet") or None)
        except DAMAGE:
            left.append(keyword)
            continue
        if found.VR == "SQ":
            items: list[Dataset] = []
            for n, each in enumerate(cast("Sequence[Dataset]", found.value or ())):
                items.append(Dataset())
                names = [name for name in each.dir() if name != "SpecificCharacterSet"]
                left += [f"{keyword}/{n}/{name}" for name in copy_elements(each, items[-1], names)]
            setattr(target, keyword, ItemSequence(items))
            continue
        value = _plain_value(found.value)
        if isinstance(value, str):
            value = _of_today(found.VR, value)
        if _is_valid(found.VR, value):
            setattr(target, keyword, value)
        else:
            left.append(keyword)
    return left


def _of_today(vr: str, value: str) -> str:
    """Return a date, time or age in the form that its VR has today; anything else as it is."""
    form = _FORMS.get(vr)
    parts = form.fullmatch(value.strip()) if form else None
    return value if parts is None else f"{parts[1]:0>3}{parts[2]}" if vr == "AS" else "".join(parts.groups(""))


def _plain_value(value: Any) -> Any:
    """Return a value without the bytes of the character set that it was read in."""
    if isinstance(value, PersonName | str):
        return _ESCAPE.sub("", str(value))
    if isinstance(value, MultiValue):
        return [_plain_value(each) for each in value]
    return value


def _is_valid(vr: str, value: Any) -> bool:
    if value is None:
        return True
    try:
        for each in value if isinstance(value, list) else [value]:
            # pydicom checks numbers in decimal text only as the text that they were.
            validate_value(vr, str(each) if vr in {"DS", "IS"} else each, 2)  # 2: raise
    except (ValueError, TypeError):
        return False
    return True
