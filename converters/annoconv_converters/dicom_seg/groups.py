"""The frames of a segmentation as a table: which segment and which plane each shows.

Authority: PS3.3 C.7.6.16 (multi-frame functional groups), C.7.6.17 (dimensions), C.8.20.3 (segmentation).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from annoconv_converters._dicom.groups import FramePlace, read_groups

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from annoconv_converters._dicom.elements import Buffer, Element, Encoding

__all__ = ["FrameTable", "read_table"]


@dataclass(frozen=True, eq=False)
class FrameTable:
    """Which segment each frame shows, and where.

    Attributes
    ----------
    segments
        Shape (frames,), int64: segment number; 0 if the frame holds labels of all segments.
    planes
        Shape (frames,), int64: zero-based position in `places`.
    places
        Each distinct plane.
    examples
        Groups of one frame, encoded, for each set of groups that frames have: what they say is told from these.
    """

    segments: NDArray[np.int64]
    planes: NDArray[np.int64]
    places: Sequence[FramePlace]
    examples: Sequence[bytes] = ()


def read_table(data: Buffer, shared: Element | None, per_frame: Element | None, encoding: Encoding) -> FrameTable:
    """Return the table of a data set's functional groups."""
    examples: dict[tuple[tuple[int, int], ...], bytes] = {}
    places, planes, segments = read_groups(data, shared, per_frame, encoding, examples)
    frames = np.array(segments, dtype=np.int64), np.array(planes, dtype=np.int64)
    return FrameTable(*frames, places, [bytes(each) for each in examples.values()])
