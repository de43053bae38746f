"""Content items of structured reports: a tree of plain values, to and from the bytes of a content sequence.

pydicom and highdicom build data sets of everything, some fifty objects for each item; a report of ten thousand groups
has more than a hundred thousand items. Here an item is one object, encoded and decoded where it stands.

Coordinates are as the standard has them: of SCOORD (column, row) in pixels, origin at the outer corner of the first
pixel of the image or frame; of SCOORD3D (x, y, z) in mm in the named frame of reference. Frame and segment numbers are
one-based. Authority: PS3.3 C.17.3 (content items), C.18 (value types), 10.2 (content item macro).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Final, TypeAlias

from annoconv_converters._dicom.codes import coded
from annoconv_converters._dicom.encoding import element, sequence

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from annoconv.model import Concept

__all__ = [
    "TEXT_ELEMENTS",
    "Coordinates",
    "Item",
    "Key",
    "Quantity",
    "Reference",
    "Value",
    "encode_item",
    "encode_items",
    "has_long_values",
    "key_of",
]

Key: TypeAlias = tuple[str, str]
"""Code and scheme of a concept."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """The value of a NUM item.

    Attributes
    ----------
    text
        NumericValue, a decimal string; empty where there is no value.
    unit
        Of the value; None where there is none.
    exact
        FloatingPointValue, where the text has not all of its digits.
    qualifier
        Why there is no value, or what it stands for (CID 42).
    """

    text: str = ""
    unit: Concept | None = None
    exact: float | None = None
    qualifier: Concept | None = None


@dataclass(frozen=True, slots=True)
class Reference:
    """The value of an IMAGE, COMPOSITE or WAVEFORM item: an instance, perhaps some of its frames or segments."""

    sop_class_uid: str
    sop_instance_uid: str
    frames: tuple[int, ...] = ()
    segments: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Coordinates:
    """The value of an SCOORD or SCOORD3D item.

    Attributes
    ----------
    shape
        GraphicType.
    data
        GraphicData, single precision: pairs (column, row), or triples (x, y, z) in mm.
    frame_of_reference_uid
        Of SCOORD3D; empty for SCOORD.
    origin
        PixelOriginInterpretation (FRAME or VOLUME), of whole slides; empty where it is not stated.
    """

    shape: str
    data: tuple[float, ...]
    frame_of_reference_uid: str = ""
    origin: str = ""


Value: TypeAlias = "str | Concept | Quantity | Reference | Coordinates | None"


@dataclass(slots=True)
class Item:
    """A content item.

    Attributes
    ----------
    relationship
        To the item that holds it; empty for the root.
    kind
        ValueType.
    name
        Its concept name, None where it has none.
    value
        A text for TEXT, PNAME, UIDREF, DATE, TIME and DATETIME; of a CONTAINER its continuity.
    children
        What it holds.
    template
        TemplateIdentifier, of a CONTAINER.
    observed_at
        ObservationDateTime.
    others
        Its other elements, encoded, by tag.
    """

    relationship: str
    kind: str
    name: Concept | None = None
    value: Value = None
    children: list[Item] = field(default_factory=list["Item"])
    template: str = ""
    observed_at: str = ""
    others: dict[int, bytes] = field(default_factory=dict[int, bytes])

    @property
    def key(self) -> Key:
        """Code and scheme of its concept name; empty where it has none."""
        return ("", "") if self.name is None else (self.name.code, self.name.scheme)

    def all(self, *keys: Key, kind: str = "") -> Iterator[Item]:
        """Yield the children of these names, of all names if none is given, and of a kind if one is given."""
        for each in self.children:
            if (not keys or each.key in keys) and (not kind or each.kind == kind):
                yield each

    def first(self, *keys: Key, kind: str = "") -> Item | None:
        """Return the first of these children, or None."""
        return next(self.all(*keys, kind=kind), None)

    def text(self, *keys: Key) -> str:
        """Return the text of the first child of these names that has one, else an empty text."""
        return next((each.value for each in self.all(*keys) if isinstance(each.value, str)), "")


def key_of(concept: Concept) -> Key:
    """Return code and scheme of a concept."""
    return concept.code, concept.scheme


TEXT_ELEMENTS: Final = {
    "TEXT": (0x0040A160, "UT"),
    "PNAME": (0x0040A123, "PN"),
    "UIDREF": (0x0040A124, "UI"),
    "DATETIME": (0x0040A120, "DT"),
    "DATE": (0x0040A121, "DA"),
    "TIME": (0x0040A122, "TM"),
    "CONTAINER": (0x0040A050, "CS"),
}
"""Element and VR of the value of each kind whose value is one text."""
_LONGEST_SHORT: Final = 0xFFFE
"""Bytes that an element with a 16-bit length may have; a longer one is of VR UN (PS3.5 6.2.2)."""


def has_long_values(items: Sequence[Item]) -> bool:
    """Tell whether a value is longer than an element with a 16-bit length, which those of Explicit VR have."""
    return any(_is_long(each.value) or has_long_values(each.children) for each in items)


def _is_long(value: Value) -> bool:
    if isinstance(value, Coordinates):
        return 4 * len(value.data) > _LONGEST_SHORT
    return isinstance(value, Reference) and len(_frame_numbers(value.frames)) > _LONGEST_SHORT


def encode_items(items: Sequence[Item]) -> bytes:
    """Return a content sequence (0040,A730), Explicit VR Little Endian, UTF-8; nothing of no items."""
    return sequence(0x0040A730, *map(encode_item, items)) if items else b""


def encode_item(one: Item) -> bytes:
    """Return the elements of a content item, in the order of their tags."""
    parts: dict[int, bytes] = dict(one.others)
    if one.relationship:
        parts[0x0040A010] = _cs(0x0040A010, one.relationship)
    if one.observed_at:
        parts[0x0040A032] = element(0x0040A032, "DT", one.observed_at.encode())
    parts[0x0040A040] = _cs(0x0040A040, one.kind)
    if one.name is not None:
        parts[0x0040A043] = sequence(0x0040A043, coded(one.name))
    if one.template:
        parts[0x0040A504] = _template(one.template)
    _put_value(one, parts)
    parts[0x0040A730] = encode_items(one.children)
    return b"".join(parts[tag] for tag in sorted(parts))


def _put_value(one: Item, parts: dict[int, bytes]) -> None:
    value = one.value
    if isinstance(value, str):
        tag, vr = TEXT_ELEMENTS[one.kind]
        parts[tag] = element(tag, vr, value.encode())
    elif isinstance(value, Quantity):
        parts[0x0040A300] = sequence(0x0040A300, *([_measured(value)] if value.unit is not None else []))
        if value.qualifier is not None:
            parts[0x0040A301] = sequence(0x0040A301, coded(value.qualifier))
    elif isinstance(value, Reference):
        parts[0x00081199] = sequence(0x00081199, _reference(value))
    elif isinstance(value, Coordinates):
        data = struct.pack(f"<{len(value.data)}f", *value.data)
        parts[0x00700022] = element(0x00700022, "FL" if len(data) <= _LONGEST_SHORT else "UN", data)
        parts[0x00700023] = _cs(0x00700023, value.shape)
        if value.frame_of_reference_uid:
            parts[0x30060024] = _uid(0x30060024, value.frame_of_reference_uid)
        if value.origin:
            parts[0x00480301] = _cs(0x00480301, value.origin)
    elif value is not None:
        parts[0x0040A168] = sequence(0x0040A168, coded(value))


def _measured(value: Quantity) -> bytes:
    unit = b"" if value.unit is None else sequence(0x004008EA, coded(value.unit))
    exact = b"" if value.exact is None else element(0x0040A161, "FD", struct.pack("<d", value.exact))
    return unit + exact + element(0x0040A30A, "DS", value.text.encode())


def _reference(value: Reference) -> bytes:
    named = _uid(0x00081150, value.sop_class_uid) + _uid(0x00081155, value.sop_instance_uid)
    if value.frames:
        text = _frame_numbers(value.frames)
        named += element(0x00081160, "IS" if len(text) <= _LONGEST_SHORT else "UN", text + b" " * (len(text) % 2))
    if value.segments:
        named += element(0x0062000B, "US", struct.pack(f"<{len(value.segments)}H", *value.segments))
    return named


def _frame_numbers(frames: Sequence[int]) -> bytes:
    return "\\".join(map(str, frames)).encode()


@lru_cache(maxsize=1024)
def _cs(tag: int, value: str) -> bytes:
    return element(tag, "CS", value.encode())


def _uid(tag: int, value: str) -> bytes:
    return element(tag, "UI", value.encode())


@lru_cache(maxsize=64)
def _template(number: str) -> bytes:
    """Return ContentTemplateSequence (PS3.3 C.18.8)."""
    return sequence(0x0040A504, _cs(0x00080105, "DCMR") + _cs(0x0040DB00, number))
