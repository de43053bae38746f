"""Which objects of several readers are one: each two of a group match, and no reader has two in it."""

from __future__ import annotations

from itertools import combinations
from statistics import median
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from annoconv.metrics.shapes import box_iou, center_distance_mm, polygon_iou

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = ["group", "likeness", "middle", "most_like_the_others"]

Likeness: TypeAlias = "Callable[[Any, Any], float | None]"
"""How alike two objects of different readers are, None if they do not match; more is more alike."""


def group(objects: Mapping[str, Sequence[Any]], likeness: Likeness) -> list[dict[str, int]]:
    """Return groups of objects, each as the place of its object by reader.

    Parameters
    ----------
    objects
        Of each reader, whatever `likeness` compares.
    likeness
        Of two of them.

    Notes
    -----
    The two that are most alike come together first; two groups become one if no reader is in both and each two of
    their objects match. Equal likeness is decided by the names of readers and the order of their objects, so that the
    order in which readers are given does not matter.
    """
    readers = sorted(objects)
    alike: dict[tuple[tuple[str, int], tuple[str, int]], float] = {}
    for one, other in combinations(readers, 2):
        for a, first in enumerate(objects[one]):
            for b, second in enumerate(objects[other]):
                if (value := likeness(first, second)) is not None:
                    alike[(one, a), (other, b)] = value
    of: dict[tuple[str, int], dict[str, int]] = {
        (reader, place): {reader: place} for reader in readers for place in range(len(objects[reader]))
    }
    for a, b in sorted(alike, key=lambda pair: (-alike[pair], pair)):
        mine, theirs = of[a], of[b]
        if mine is theirs or mine.keys() & theirs.keys():
            continue
        pairs = [tuple(sorted((x, y))) for x in mine.items() for y in theirs.items()]
        if all(pair in alike for pair in pairs):
            mine |= theirs
            for each in theirs.items():
                of[each] = mine
    found: dict[int, dict[str, int]] = {id(each): each for each in of.values()}
    return [dict(sorted(each.items())) for each in found.values()]


def likeness(kind: str, *, least_iou: float, most_mm: float, spacing: Sequence[float] | None) -> Likeness:
    """Return how alike two shapes of a kind are: `area` (rings), `volume` (boxes of six numbers), `point`.

    Parameters
    ----------
    kind
        Of both.
    least_iou, most_mm
        What is a match; at the bound is within.
    spacing
        mm along x, y, z, which points need.
    """

    def by_iou(a: Any, b: Any) -> float | None:
        value = float((polygon_iou if kind == "area" else box_iou)([a], [b])[0, 0])
        return value if value >= least_iou - 1e-12 else None

    def by_distance(a: Any, b: Any) -> float | None:
        away = float(center_distance_mm([a], [b], spacing or ())[0, 0])
        return -away if away <= most_mm + 1e-12 else None

    return by_distance if kind == "point" else by_iou


def middle(rows: Sequence[Sequence[float]]) -> list[float]:
    """Return the median of each coordinate: one reader who is far off does not move it; of two it is the mean."""
    return [float(median(column)) for column in zip(*rows, strict=True)]


def most_like_the_others(shapes: Sequence[Any], likeness: Likeness) -> int:
    """Return the place of the shape that is most like all others together; the first of equals."""
    worth = [
        sum(likeness(mine, other) or 0.0 for n, other in enumerate(shapes) if n != place)
        for place, mine in enumerate(shapes)
    ]
    return int(np.argmax(worth))
