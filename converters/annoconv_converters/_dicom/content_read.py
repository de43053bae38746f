"""Content items read from the bytes of a data set, in whatever encoding, each element looked at once.

What an item has beyond its name, its value and its place is kept as it stands (`Item.others`). Nothing is believed:
lengths are checked against the data, depths against a bound, as everywhere in `elements`.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from pydicom.charset import convert_encodings, decode_bytes
from pydicom.valuerep import PN_DELIMS, TEXT_VR_DELIMS

from annoconv.codes import concept_of, is_name
from annoconv.messages import Message
from annoconv_converters._dicom.content import TEXT_ELEMENTS, Coordinates, Item, Quantity, Reference
from annoconv_converters._dicom.elements import IMPLICIT, DamagedError, item_spans, walk

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from annoconv.model import Concept
    from annoconv_converters._dicom.elements import Buffer, Element, Encoding

__all__ = ["ContentReader"]

_DEEPEST: Final = 24
"""Nesting of content items; a report of measurements has six."""
_MOST_ITEMS: Final = 2_000_000
_CONTENT: Final = 0x0040A730
_KIND, _NAME, _CODE, _MEASURED, _QUALIFIER, _TEMPLATE = (
    *(0x0040A040, 0x0040A043, 0x0040A168, 0x0040A300, 0x0040A301),
    0x0040A504,
)


@dataclass(eq=False)
class ContentReader:
    """Reads the content items of one data set.

    Attributes
    ----------
    data
        The data set.
    encoding
        How it is encoded.
    character_sets
        Values of SpecificCharacterSet.
    is_misdeclared
        Whether a text was found that is no UTF-8, where that is declared.
    """

    data: Buffer
    encoding: Encoding
    character_sets: Sequence[str] = ("ISO_IR 192",)
    _concepts: dict[bytes, Concept | None] = field(default_factory=dict[bytes, "Concept | None"], init=False)
    _count: int = field(default=0, init=False)
    is_misdeclared: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self._encodings = convert_encodings([*self.character_sets])
        self._is_utf8 = list(self.character_sets) == ["ISO_IR 192"]

    def root(self, start: int, end: int) -> Item:
        """Return the root of the content tree of the data set that stands there; its other elements are left out."""
        root = self._item(start, end, 0, is_root=True)
        root.relationship = ""
        return root

    def _item(self, start: int, end: int, depth: int, *, is_root: bool = False) -> Item:
        self._count += 1
        if depth > _DEEPEST or self._count > _MOST_ITEMS:
            raise DamagedError(Message("the content tree has too many items, or too deep"))
        one = Item("", "")
        content: Element | None = None
        found: dict[int, Element] = {}
        for each in walk(self.data, start, end, self.encoding):
            tag = each.tag
            if tag == _CONTENT:
                content = each
            elif tag == 0x0040A010:
                one.relationship = self._ascii(each)
            elif tag == _KIND:
                one.kind = self._ascii(each)
            elif tag == _NAME:
                one.name = self._concept(each)
                if one.name is None and not is_root:
                    found[tag] = each
            elif tag == _TEMPLATE:
                one.template = self._template(each)
            elif tag == 0x0040A032:
                one.observed_at = self._ascii(each)
            else:
                found[tag] = each
        taken = self._value(one, found)
        if not is_root:
            one.others = {
                tag: bytes(self.data[each.start : each.end]) for tag, each in found.items() if tag not in taken
            }
        if content is not None:
            one.children = [self._item(*span, depth + 1) for span in self._items(content)]
        return one

    def _value(self, one: Item, found: dict[int, Element]) -> frozenset[int]:
        """Put the value of an item; return the tags that it stands in."""
        if one.kind in TEXT_ELEMENTS:
            tag, vr = TEXT_ELEMENTS[one.kind]
            if tag in found:
                one.value = self.text(found[tag], vr)
                return frozenset({tag})
        elif one.kind == "CODE" and _CODE in found:
            one.value = self._concept(found[_CODE])
            return frozenset({_CODE}) if one.value is not None else frozenset()
        elif one.kind == "NUM":
            one.value = self._quantity(found)
            return frozenset({_MEASURED, _QUALIFIER})
        elif one.kind in {"IMAGE", "COMPOSITE", "WAVEFORM"} and 0x00081199 in found:
            one.value = self._reference(found[0x00081199])
            return frozenset({0x00081199}) if one.value is not None else frozenset()
        elif one.kind in {"SCOORD", "SCOORD3D"} and 0x00700022 in found:
            one.value = Coordinates(
                self._ascii(found.get(0x00700023)),
                self._numbers(found[0x00700022], "f", 4),
                self._ascii(found.get(0x30060024)),
                self._ascii(found.get(0x00480301)),
            )
            return frozenset({0x00700022, 0x00700023, 0x30060024, 0x00480301})
        return frozenset()

    def _items(self, each: Element) -> Iterator[tuple[int, int]]:
        encoding = IMPLICIT if each.vr == b"UN" else self.encoding
        return item_spans(self.data, each.value, each.value_end, encoding)

    def _first(self, each: Element | None) -> dict[int, Element]:
        """Return the elements of the first item of a sequence."""
        span = next(self._items(each), None) if each is not None else None
        return {} if span is None else {one.tag: one for one in walk(self.data, *span, self.encoding)}

    def _concept(self, each: Element | None) -> Concept | None:
        if each is None:
            return None
        data = bytes(self.data[each.value : each.value_end])
        if data not in self._concepts:
            parts = self._first(each)
            code = next((text for tag in (0x00080100, 0x00080119, 0x00080120) if (text := self._said(parts, tag))), "")
            scheme = self._said(parts, 0x00080102) or ("URN" if 0x00080120 in parts else "")
            meaning, version = self._said(parts, 0x00080104), self._said(parts, 0x00080103)
            self._concepts[data] = _verbatim(concept_of(scheme, code, meaning, version), meaning)
        return self._concepts[data]

    def _said(self, parts: dict[int, Element], tag: int) -> str:
        return self.text(parts[tag], "LO").strip() if tag in parts else ""

    def _quantity(self, found: dict[int, Element]) -> Quantity:
        parts = self._first(found.get(_MEASURED))
        text = self._ascii(parts.get(0x0040A30A))
        exact = self._numbers(parts[0x0040A161], "d", 8) if 0x0040A161 in parts else ()
        unit = self._concept(parts.get(0x004008EA))
        return Quantity(text, unit, exact[0] if exact else None, self._concept(found.get(_QUALIFIER)))

    def _reference(self, each: Element) -> Reference | None:
        parts = self._first(each)
        if 0x00081155 not in parts:
            return None
        frames = self._ascii(parts.get(0x00081160))
        segments = self._numbers(parts[0x0062000B], "H", 2) if 0x0062000B in parts else ()
        return Reference(
            self._ascii(parts.get(0x00081150)),
            self._ascii(parts[0x00081155]),
            tuple(int(number) for number in frames.split("\\") if number.strip()),
            tuple(int(number) for number in segments),
        )

    def _template(self, each: Element) -> str:
        return self._ascii(self._first(each).get(0x0040DB00))

    def _numbers(self, each: Element, kind: str, size: int) -> tuple[Any, ...]:
        count = (each.value_end - each.value) // size
        return struct.unpack_from(f"{self.encoding.order}{count}{kind}", self.data, each.value)

    def _ascii(self, each: Element | None) -> str:
        if each is None:
            return ""
        return bytes(self.data[each.value : each.value_end]).decode("ascii", "replace").strip(" \0")

    def text(self, each: Element, vr: str) -> str:
        """Return the text of an element in the character sets of the data set, without padding."""
        data = bytes(self.data[each.value : each.value_end])
        if self._is_utf8 or (data.isascii() and b"\x1b" not in data):
            try:
                return data.decode("utf-8").rstrip(" \0")
            except UnicodeDecodeError:
                self.is_misdeclared = True
                return data.decode("utf-8", "replace").rstrip(" \0")
        return str(decode_bytes(data, self._encodings, PN_DELIMS if vr == "PN" else TEXT_VR_DELIMS)).rstrip(" \0")


def _verbatim(concept: Concept | None, meaning: str) -> Concept | None:
    """Return a concept with its meaning to the letter, as far as it is on one line: the name of a class."""
    if concept is None or not meaning or concept.meaning == meaning or not is_name(meaning):
        return concept
    return concept.model_copy(update={"meaning": meaning})
