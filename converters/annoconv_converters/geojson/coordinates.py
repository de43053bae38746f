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
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["corner_of", "line_of", "members_of", "plain_rings", "rings_of"]

_FLOATS: Final[set[type]] = {float}
_LISTS: Final[set[type]] = {list}
_PAIRS: Final = {2}


def plain_rings(values: Sequence[Any]) -> list[list[list[float]]] | None:
    """Return the rings of polygons that are each one closed ring of floats, as nearly all are; None of others.

    The corner that repeats the first is taken away from each, as `rings_of` does.
    """
    if set(map(type, values)) != _LISTS or set(map(len, values)) != {1}:
        return None
    rings: list[Any] = [ring for (ring,) in values]
    if set(map(type, rings)) != _LISTS or min(map(len, rings)) < 4:
        return None
    corners = [*chain.from_iterable(rings)]
    if set(map(type, corners)) != _LISTS or set(map(len, corners)) != _PAIRS:
        return None
    numbers = [*chain.from_iterable(corners)]
    if set(map(type, numbers)) != _FLOATS or not -FARTHEST_PIXEL <= min(numbers) <= max(numbers) <= FARTHEST_PIXEL:
        return None
    if not all(ring[0] == ring[-1] != ring[-2] for ring in rings):
        return None
    for ring in rings:
        ring.pop()
    return rings


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
