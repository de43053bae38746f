"""Elements without their VRs: every length has 32 bits there, so that no value is too long for its VR.

Authority: PS3.5 7.1.3, A.1; 6.2.2 of what Explicit VR does with longer ones.
"""

from __future__ import annotations

import struct

from annoconv_converters._dicom.elements import item_spans, walk
from annoconv_converters._dicom.encoding import item

__all__ = ["as_implicit"]


def as_implicit(data: bytes) -> bytes:
    """Return elements of Explicit VR Little Endian in Implicit VR Little Endian, sequences of explicit length."""
    parts: list[bytes] = []
    for each in walk(data, 0, len(data)):
        value = data[each.value : each.value_end]
        if each.vr == b"SQ":
            spans = item_spans(data, each.value, each.value_end)
            value = b"".join(item(as_implicit(data[start:end])) for start, end in spans)
        parts += [struct.pack("<HHI", each.tag >> 16, each.tag & 0xFFFF, len(value)), value]
    return b"".join(parts)
