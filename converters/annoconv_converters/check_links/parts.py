"""Elements of a data set by their tags: items, texts and numbers, as far as they are asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydicom.datadict import dictionary_VR, keyword_for_tag

from annoconv_converters._dicom.elements import IMPLICIT, item_spans, walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from annoconv_converters._dicom.elements import Buffer, Element, Encoding

__all__ = ["is_sequence", "items_of", "keyword_of", "number_of", "text_of"]


def items_of(data: Buffer, sequence: Element | None, encoding: Encoding) -> Iterator[dict[int, Element]]:
    """Yield the elements of each item of a sequence by their tags; nothing of no sequence."""
    if sequence is None:
        return
    inside = IMPLICIT if sequence.vr == b"UN" else encoding
    for span in item_spans(data, sequence.value, sequence.value_end, inside):
        yield {each.tag: each for each in walk(data, *span, inside)}


def is_sequence(each: Element) -> bool:
    """Tell whether an element is a sequence, also where it states no VR."""
    if each.vr == b"SQ":
        return True
    if each.vr in {b"", b"UN"}:
        try:
            return dictionary_VR(each.tag) == "SQ"
        except KeyError:
            return each.end - each.value_end == 8 and each.tag >> 16 != 0x7FE0
    return False


def text_of(data: Buffer, each: Element | None) -> str:
    """Return the text of an element without padding; empty if it is absent."""
    return "" if each is None else bytes(data[each.value : each.value_end]).decode("utf-8", "replace").strip(" \0")


def number_of(data: Buffer, each: Element | None) -> int | None:
    """Return an integer string (PS3.5 6.2, IS); None if it is none."""
    try:
        return int(text_of(data, each))
    except ValueError:
        return None


def keyword_of(tag: int) -> str:
    """Return the keyword of a tag; the tag, if it has none."""
    return keyword_for_tag(tag) or f"({tag >> 16:04x},{tag & 0xFFFF:04x})"
