"""Coordinates of GeoJSON: positions, lines and rings, of which each number is looked at.

Continuous pixels as they stand in the file; lists of floats are those of the feature. Authority: RFC 7946, 3.1.
"""

from __future__ import annotations

from itertools import chain
from operator import is_
from typing import TYPE_CHECKING, Any, Final

from annoconv.advice import CORRECT_FILE
from annoconv.errors import InputError
from annoconv.messages import Message
from annoconv_converters._pictures.geometry import is_numbers
from annoconv_converters._raster.polygons import FARTHEST_PIXEL

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["corner_of", "line_of", "members_of", "plain_ring", "rings_of"]

_FLOATS: Final[set[type]] = {float}
_LISTS: Final[set[type]] = {list}
_PAIRS: Final = {2}


def plain_ring(value: Any) -> list[float] | None:
    """Return the numbers of a polygon that is one closed ring of floats, as nearly all are; None of any other.

    The corner that repeats the first is taken away from it, as `rings_of` does.
    """
    ring: Any = value[0] if type(value) is list and len(value) == 1 else None
    if type(ring) is not list or len(ring) < 4 or set(map(type, ring)) != _LISTS or set(map(len, ring)) != _PAIRS:
        return None
    flat = [*chain.from_iterable(ring)]
    if set(map(type, flat)) != _FLOATS or not -FARTHEST_PIXEL <= min(flat) <= max(flat) <= FARTHEST_PIXEL:
        return None
    if ring[0] != ring[-1] or ring[-2] == ring[0]:
        return None
    ring.pop()
    del flat[-2:]
    return flat


def members_of(value: Any, path: Path, where: str) -> list[Any]:
    """Return a list that is not empty; InputError if it is none."""
    if not isinstance(value, list) or not value:
        raise InputError(
            "the geometry has no coordinates",
            source=path,
            where=where,
            found=value,
            expected="[...]",
            advice=CORRECT_FILE,
        )
    return value


def corner_of(value: Any, path: Path, where: str) -> list[float]:
    """Return x and y of a position; InputError if it is none."""
    if not isinstance(value, list) or not is_numbers(value[:2], 2):
        raise InputError(
            "this is no position",
            source=path,
            where=where,
            found=value,
            expected="[x, y], numbers within 1e12",
            advice=CORRECT_FILE,
        )
    return [float(value[0]), float(value[1])]


def _corners_of(value: Any, path: Path, where: str) -> list[list[float]]:
    listed = members_of(value, path, where)
    if {list} == set(map(type, listed)) and {2} == set(map(len, listed)):  # the usual
        flat = list(chain(*listed))
        if is_numbers(flat, len(flat)):
            return listed if {float} == set(map(type, flat)) else [[float(x), float(y)] for x, y in listed]
    return [corner_of(each, path, where) for each in listed]


def line_of(value: Any, path: Path, where: str) -> list[list[float]]:
    """Return the corners of a line; InputError if there are fewer than two."""
    corners = _corners_of(value, path, where)
    if len(corners) < 2:
        raise InputError(
            "the line is too short",
            source=path,
            where=where,
            found=Message("{count} points", count=len(corners)),
            expected="two points at least",
            advice=CORRECT_FILE,
        )
    return corners


def rings_of(value: Any, path: Path, where: str) -> list[list[list[float]]]:
    """Return the rings of a polygon, the outer one first, without the corner that repeats the first.

    Lists of floats are those of the feature, which says the same without that corner.
    """
    rings: list[list[list[float]]] = []
    for each in members_of(value, path, where):
        corners = _corners_of(each, path, where)
        if len(corners) > 1 and corners[0] == corners[-1]:
            if corners is each and corners[-2] != corners[0]:
                corners.pop()
            else:
                corners = corners[:-1]
        if len(corners) < 3:
            raise InputError(
                "the ring is too short",
                source=path,
                where=where,
                found=len(corners),
                expected="three corners at least",
                advice=CORRECT_FILE,
            )
        rings.append(corners)
    return value if all(map(is_, rings, value)) else rings
