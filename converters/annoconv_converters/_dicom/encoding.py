"""Elements, items and sequences as bytes.

Everything is written in Explicit VR Little Endian and UTF-8 (ISO_IR 192), whatever the source was written in.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset
from pydicom.sequence import Sequence as ItemSequence
from pydicom.valuerep import format_number_as_ds

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

__all__ = ["CHARACTER_SET", "LONG_VRS", "decimal_string", "element", "encode", "item", "items", "sequence"]

CHARACTER_SET: Final = "ISO_IR 192"
LONG_VRS: Final = frozenset({"OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"})
"""VRs with a 32-bit length field (PS3.5 7.1.2)."""


def element(tag: int, vr: str, value: bytes) -> bytes:
    """Return one encoded element, Explicit VR Little Endian, padded to even length (PS3.5 7.1.2, 6.2)."""
    if len(value) % 2:
        value += b"\0" if vr in {"UI", "OB", "UN"} else b" "
    if vr in LONG_VRS:
        return struct.pack("<HH2sHI", tag >> 16, tag & 0xFFFF, vr.encode(), 0, len(value)) + value
    return struct.pack("<HH2sH", tag >> 16, tag & 0xFFFF, vr.encode(), len(value)) + value


def item(content: bytes) -> bytes:
    """Return one encoded sequence item of explicit length (PS3.5 7.5.1)."""
    return struct.pack("<HHI", 0xFFFE, 0xE000, len(content)) + content


def sequence(tag: int, *contents: bytes) -> bytes:
    """Return an encoded sequence of explicit length, each of `contents` an item's elements."""
    return element(tag, "SQ", b"".join(map(item, contents)))


def encode(dataset: Dataset) -> bytes:
    """Return a data set's elements, Explicit VR Little Endian, UTF-8."""
    stream = DicomBytesIO()
    stream.is_little_endian, stream.is_implicit_VR = True, False
    write_dataset(stream, dataset, CHARACTER_SET)
    return stream.getvalue()


def items(*datasets: Dataset) -> ItemSequence:
    """Return data sets as the value of a sequence."""
    return ItemSequence(datasets)


_SMALLEST: Final = 1e-10
"""Cosines, and places and distances in mm, below this are what is left of a rotation; dcmqi cannot read 2.2e-308."""


def decimal_string(number: float) -> str:
    """Return a cosine, or a place or distance in mm, as a decimal string of at most 16 characters (PS3.5 6.2, DS)."""
    return format_number_as_ds(float(number) + 0.0 if abs(number) >= _SMALLEST else 0.0)
