"""Frames and their functional groups: the table that a reader makes of them and the bytes that a writer makes of it.

Authority: PS3.3 C.7.6.16 (multi-frame functional groups), C.7.6.17 (dimensions), C.8.20.3 (segmentation).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from annoconv.model import Concept
from annoconv_converters._dicom import code_item, decimal_string, element, encode, item, sequence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from annoconv.images import SliceIdentity

__all__ = ["PER_FRAME", "FrameTable", "encode_groups", "table_of"]

PER_FRAME: Final = 0x52009230
"""PerFrameFunctionalGroupsSequence."""
_SOURCE_IMAGE: Final = Concept(code="121322", scheme="DCM", meaning="Source Image for Image Processing Operation")
_SEGMENTATION: Final = Concept(code="113076", scheme="DCM", meaning="Segmentation")


@dataclass(frozen=True, eq=False)
class FrameTable:
    """Which segment each frame shows, and where.

    Attributes
    ----------
    segments
        Shape (frames,), int64: segment number; 0 if the frame holds labels of all segments.
    planes
        Shape (frames,), int64: zero-based row of `positions`.
    positions
        Shape (planes, 3), float64: ImagePositionPatient of each distinct plane, LPS, mm.
    sources
        SOPInstanceUID of the one image that each plane was drawn on; empty if none or several are named.
    """

    segments: NDArray[np.int64]
    planes: NDArray[np.int64]
    positions: NDArray[np.float64]
    sources: Sequence[str]


def table_of(index: Sequence[tuple[int, int]], slices: Sequence[SliceIdentity]) -> FrameTable:
    """Return the table of frames given as (segment number, slice), the planes in the order of the slices."""
    used = sorted({k for _, k in index})
    plane_of = {k: plane for plane, k in enumerate(used)}
    return FrameTable(
        segments=np.array([number for number, _ in index], dtype=np.int64),
        planes=np.array([plane_of[k] for _, k in index], dtype=np.int64),
        positions=np.array([slices[k].position_lps for k in used], dtype=np.float64).reshape(-1, 3),
        sources=[slices[k].sop_instance_uid for k in used],
    )


def encode_groups(index: Sequence[tuple[int, int]], slices: Sequence[SliceIdentity]) -> bytes:
    """Return PerFrameFunctionalGroupsSequence, encoded.

    Parameters
    ----------
    index
        Segment number and zero-based slice of each frame.
    slices
        Identity of each slice of the source; its place as the source states it.
    """
    numbers = sorted({number for number, _ in index})
    used = sorted({k for _, k in index})
    segment_rank = {number: rank for rank, number in enumerate(numbers, 1)}
    plane_rank = {k: rank for rank, k in enumerate(used, 1)}
    derivation = {k: _derivation(slices[k]) for k in used}
    position = {k: _position(slices[k]) for k in used}
    identification = {
        number: sequence(0x0062000A, element(0x0062000B, "US", struct.pack("<H", number))) for number in numbers
    }
    frames = [
        item(
            derivation[k]
            + sequence(0x00209111, element(0x00209157, "UL", struct.pack("<II", segment_rank[number], plane_rank[k])))
            + position[k]
            + identification[number]
        )
        for number, k in index
    ]
    return element(PER_FRAME, "SQ", b"".join(frames))


def _derivation(identity: SliceIdentity) -> bytes:
    """Return DerivationImageSequence (PS3.3 C.7.6.16.2.6)."""
    image = element(0x00081150, "UI", identity.sop_class_uid.encode())
    image += element(0x00081155, "UI", identity.sop_instance_uid.encode())
    if identity.frame is not None:
        image += element(0x00081160, "IS", str(identity.frame).encode())
    image += element(0x0028135A, "CS", b"YES")
    image += sequence(0x0040A170, encode(code_item(_SOURCE_IMAGE)))
    return sequence(0x00089124, sequence(0x00082112, image) + sequence(0x00089215, encode(code_item(_SEGMENTATION))))


def _position(identity: SliceIdentity) -> bytes:
    """Return PlanePositionSequence (PS3.3 C.7.6.16.2.3)."""
    place = "\\".join(map(decimal_string, identity.position_lps or ()))
    return sequence(0x00209113, element(0x00200032, "DS", place.encode()))
