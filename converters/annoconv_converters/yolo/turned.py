"""Turned boxes of YOLO: four corners each, in continuous pixels."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from annoconv_converters._pictures.geometry import tidy
from annoconv_converters._pictures.rotation import corners_of
from annoconv_converters.yolo.smallest_box import smallest_box

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["as_told", "turned_of"]

_TURN: Final = 360.0


def turned_of(corners: Sequence[float], slack: float) -> dict[str, Any]:
    """Return four corners as a turned box; of those that are none, the smallest round them, as trainers take it.

    Parameters
    ----------
    corners
        x and y of each, in turn.
    slack
        Pixels by which a corner may be off: what the last digit of its numbers makes of it.
    """
    found = _fitted(corners)
    if as_told(corners_of(found["center"], found["size"], found["rotation_degrees"]), corners, slack) is corners:
        return found
    return _fitted(smallest_box(np.array(corners).reshape(-1, 2)))


def as_told(corners: Sequence[float], told: Sequence[float], slack: float) -> Sequence[float]:
    """Return the corners of a turned box as they are told, where these are the same but for a slack."""
    found = _in_order_of(corners, told)
    return told if max(abs(a - b) for a, b in zip(found, told, strict=True)) <= slack else found


def _in_order_of(corners: Sequence[float], others: Sequence[float]) -> list[float]:
    """Return corners from the one on, and round the way, that is nearest to others."""
    return min(_orders(corners), key=lambda each: max(abs(a - b) for a, b in zip(each, others, strict=True)))


def _fitted(corners: Sequence[float]) -> dict[str, Any]:
    """Return the box whose sides are the means of those that face each other; its first side is that of the x axis."""
    points = np.array(corners, dtype=np.float64).reshape(4, 2)
    x, y = points.mean(axis=0)
    u, v = points[1] + points[2] - points[0] - points[3], points[2] + points[3] - points[0] - points[1]
    u, v = (v, u) if u[0] * v[1] - u[1] * v[0] < 0 else (u, v)
    turn = tidy(math.degrees(math.atan2(u[1], u[0])) % _TURN) % _TURN
    size = [tidy(float(np.hypot(*side)) / 2) for side in (u, v)]
    return {"type": "oriented_box", "center": [tidy(float(x)), tidy(float(y))], "size": size, "rotation_degrees": turn}


def _orders(corners: Sequence[float]) -> list[list[float]]:
    pairs = [list(pair) for pair in zip(corners[::2], corners[1::2], strict=True)]
    turned = [way[start:] + way[:start] for way in (pairs, pairs[::-1]) for start in range(4)]
    return [[number for pair in each for number in pair] for each in turned]
