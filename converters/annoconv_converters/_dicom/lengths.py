"""Whether a file holds the pixels that its header speaks of: one that was cut off still has its whole header.

Only the element that holds them is looked at, not a pixel. Authority: PS3.5 8.1.1, 8.2 and A.4, PS3.3 C.7.6.3.1.
"""

from __future__ import annotations

import math
import struct
from typing import TYPE_CHECKING, Final, NamedTuple

from annoconv.messages import Message
from annoconv_converters._dicom.elements import DamagedError, is_encapsulated, walk
from annoconv_converters._dicom.encoding import LONG_VRS
from annoconv_converters._dicom.groups import PER_FRAME, SHARED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from annoconv_converters._dicom.elements import Buffer, Encoding, FileStart

__all__ = ["PIXELS", "Shortage", "shortage"]

PIXELS: Final = 0x7FE00010
_END: Final = struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)
_SHARED_SAMPLES: Final = {"YBR_FULL_422": 2.0, "YBR_PARTIAL_422": 2.0, "YBR_PARTIAL_420": 1.5}
"""Samples a pixel where neighbours share those of colour (PS3.3 C.7.6.3.1.2)."""


_LONG: Final = frozenset(vr.encode() for vr in LONG_VRS)
_HEADER: Final = 12
"""Bytes before a value of a long VR."""


class Shortage(NamedTuple):
    """What pixels a file has, and what its header speaks of."""

    found: Message
    expected: str


_NO_END: Final = Shortage(Message("compressed pixels without an end"), "SequenceDelimitationItem (FFFE,E0DD)")


def shortage(data: Buffer, at: int, start: FileStart, header: Mapping[str, str]) -> Shortage | None:
    """Return what a file lacks of its pixels; None if nothing, or if it has no element of pixels.

    Parameters
    ----------
    data, at
        The data set, and the first byte of an element of its own. If functional groups stand there, nothing is told.
    start
        How it is encoded.
    header
        Its attributes as text.
    """
    encoding = start.encoding
    try:
        for each in walk(data, at, len(data), encoding, until=PIXELS):
            if each.tag in {SHARED, PER_FRAME}:
                return None
            at = each.end
    except DamagedError:
        return Shortage(Message("none"), _bytes(_needed(header)))
    if at + _HEADER > len(data):
        return None
    group, number, vr, length = encoding.tag.unpack_from(data, at)
    if group << 16 | number != PIXELS:
        return None
    if is_encapsulated(start.syntax):
        return None if data[-len(_END) :] == _END or _has_end(data, at, encoding) else _NO_END
    value = at + (8 if encoding.is_implicit else _HEADER)
    length = encoding.long.unpack_from(data, value - 4)[0] if encoding.is_implicit or vr in _LONG else length
    there, needed = min(length, len(data) - value), _needed(header)
    return Shortage(_bytes(there), _bytes(needed)) if there < needed else None


def _has_end(data: Buffer, at: int, encoding: Encoding) -> bool:
    """Tell whether the element is whole; fragments may have others behind them."""
    try:
        next(walk(data, at, len(data), encoding))
    except DamagedError:
        return False
    return True


def _needed(header: Mapping[str, str]) -> int:
    """Return the bytes that the pixels of a header take; 0 if it does not tell."""
    names = ("Rows", "Columns", "BitsAllocated")
    samples = _SHARED_SAMPLES.get(header.get("PhotometricInterpretation", "")) or _number(header, "SamplesPerPixel", 1)
    return math.ceil(
        math.prod(_number(header, name, 0) for name in names) * samples * _number(header, "NumberOfFrames", 1) / 8
    )


def _number(header: Mapping[str, str], name: str, absent: int) -> int:
    text = header.get(name, "")
    return int(text) if text.isdecimal() else absent


def _bytes(count: int) -> Message:
    return Message("{count} bytes of pixels", count=count)
