"""Text whose bytes are not of the character set that a data set declares: read as what it is, and told.

Undeclared text must be ASCII (PS3.5 6.1.2.1); most of what is not is UTF-8, which no other text looks like by chance.
Control characters of 8 bits (C1) belong to no text of DICOM (6.1.3), so that they tell UTF-8 from what is declared.
"""

from __future__ import annotations

import re
import warnings
from typing import TYPE_CHECKING, Any, Final, cast

from pydicom.charset import convert_encodings, decode_bytes
from pydicom.datadict import dictionary_VR, keyword_for_tag
from pydicom.multival import MultiValue
from pydicom.valuerep import PN_DELIMS, TEXT_VR_DELIMS

from annoconv.messages import Message
from annoconv_converters._dicom.elements import Encoding, item_spans, walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pydicom.dataset import Dataset

__all__ = ["settle_character_set"]

_TEXTS: Final = frozenset({"LO", "LT", "PN", "SH", "ST", "UC", "UT"})
"""VRs whose values are of the declared character set (PS3.5 6.1.2.3)."""
_OTHER: Final = re.compile(rb"[\x1b\x80-\xff]")
_DAMAGED: Final = re.compile("[\x80-\x9f\ufffd]")
_MOST_ELEMENTS: Final = 500_000
"""Elements of sequences that are looked at: they take less than a second."""
_UTF_8: Final = ("ISO_IR 192", "utf8")
_LATIN_1: Final = ("ISO_IR 100", "latin_1")


def settle_character_set(dataset: Dataset) -> list[tuple[str, Message]]:
    """Let a data set be read in the character set that its text is of; return what is not of the one it declares.

    Parameters
    ----------
    dataset
        As pydicom reads it, before its text is looked at. Another character set is declared in it where the declared
        one is none, or all its text is UTF-8 but not of that set.

    Returns
    -------
    list of (str, Message)
        Places as JSON pointers, and what became of the text there; nothing of data sets whose text is in order.
    """
    texts = list(_texts(dataset))
    if not texts:
        return []
    declared = dataset.get("SpecificCharacterSet")
    terms = [str(each or "") for each in declared] if isinstance(declared, MultiValue) else [str(declared or "")]
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        encodings = convert_encodings([*terms])
    is_known = not any("nknown" in str(each.message) for each in told)
    is_stated = is_known and terms not in ([""], ["ISO_IR 6"])
    bad = [path for path, vr, value in texts if not (is_stated and _is_text(value, vr, encodings))]
    if not bad:
        return []
    if all(_is_text(value, vr, [_UTF_8[1]]) for _, vr, value in texts):
        _declare(dataset, *_UTF_8)
        message = "the text is UTF-8, which the file does not declare; it is read as that"
        return [(path, Message(message)) for path, _, _ in texts]
    if is_stated:
        message = "the text is not of the character set that the file declares; what cannot be read is replaced"
    else:
        _declare(dataset, *_LATIN_1)
        message = "the text is of no character set that the file declares; it is read as Latin-1"
    return [(path, Message(message)) for path in bad]


def _is_text(value: bytes, vr: str, encodings: list[str]) -> bool:
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        decoded = decode_bytes(value, encodings, PN_DELIMS if vr == "PN" else TEXT_VR_DELIMS)
    return not told and not _DAMAGED.search(decoded)


def _texts(dataset: Dataset, above: str = "", budget: Iterator[int] | None = None) -> Iterator[tuple[str, str, bytes]]:
    """Yield place, VR and bytes of each text that is still encoded, and is not plain ASCII."""
    budget = iter(range(_MOST_ELEMENTS)) if budget is None else budget
    for tag in dataset.keys():  # noqa: SIM118 - iterating over a data set converts its elements
        raw: Any = dataset.get_item(tag, keep_deferred=True)
        if isinstance(raw.value, bytes) and not _OTHER.search(raw.value):
            continue
        vr, place = _vr(raw.VR, tag), f"{above}/{_name(tag)}"
        if vr == "SQ" and isinstance(raw.value, bytes):
            encoding = Encoding(bool(raw.is_implicit_VR), not raw.is_little_endian)
            yield from _in_items(raw.value, (0, len(raw.value)), encoding, place, budget)
        elif vr == "SQ":
            for n, each in enumerate(cast("Sequence[Dataset]", raw.value or ())):
                yield from _texts(each, f"{place}/{n}", budget)
        elif vr in _TEXTS and isinstance(raw.value, bytes):
            yield place, vr, raw.value


def _in_items(
    data: bytes, within: tuple[int, int], encoding: Encoding, place: str, budget: Iterator[int]
) -> Iterator[tuple[str, str, bytes]]:
    """Yield the same of the items of an encoded sequence, until the budget of elements is spent."""
    for (n, span), _ in zip(enumerate(item_spans(data, *within, encoding)), budget, strict=False):
        for each, _ in zip(walk(data, *span, encoding), budget, strict=False):
            if not _OTHER.search(data, each.value, each.value_end):
                continue
            vr = _vr(each.vr.decode("ascii", "replace"), each.tag)
            if vr == "SQ":
                place_of = f"{place}/{n}/{_name(each.tag)}"
                yield from _in_items(data, (each.value, each.value_end), encoding, place_of, budget)
            elif vr in _TEXTS:
                yield f"{place}/{n}/{_name(each.tag)}", vr, data[each.value : each.value_end]


def _name(tag: int) -> str:
    return keyword_for_tag(tag) or f"({tag >> 16:04x},{tag & 0xFFFF:04x})"


def _vr(stated: str | None, tag: int) -> str:
    if stated:
        return stated
    try:
        return dictionary_VR(tag)
    except KeyError:
        return ""


def _declare(dataset: Dataset, term: str, encoding: str) -> None:
    dataset.SpecificCharacterSet = term
    for each in (dataset, *_inner(dataset)):
        is_implicit, is_little_endian = each.original_encoding
        each.set_original_encoding(is_implicit, is_little_endian, [encoding])


def _inner(dataset: Dataset) -> Iterable[Dataset]:
    """Yield the data sets of sequences that were read already."""
    for tag in dataset.keys():  # noqa: SIM118 - as above
        raw: Any = dataset.get_item(tag, keep_deferred=True)
        if raw.VR == "SQ" and not isinstance(raw.value, bytes):
            for each in raw.value or ():
                yield each
                yield from _inner(each)
