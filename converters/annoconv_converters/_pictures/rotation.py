"""Boxes that are turned."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from annoconv_converters._pictures.geometry import tidy

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["turned_box"]


def turned_box(box: Sequence[float], degrees: float, center: tuple[float, float]) -> list[float]:
    """Return the corners of a box turned about a point, from the x axis towards the y axis."""
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    ring: list[float] = []
    for x, y in ((box[0], box[1]), (box[2], box[1]), (box[2], box[3]), (box[0], box[3])):
        across, down = x - center[0], y - center[1]
        ring += [tidy(center[0] + across * cosine - down * sine), tidy(center[1] + across * sine + down * cosine)]
    return ring
