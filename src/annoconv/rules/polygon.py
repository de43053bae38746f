"""Polygons: holes lie in their ring, parts do not overlap (A 6.5.1 a); a point is inside by even and odd.

Vertices are continuous pixel coordinates. Regions are compared on lines of one height: between the heights of vertices
edges are straight, so that what crosses there shows just above the lower or just below the upper one.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final, TypeAlias

from annoconv.model import PolygonAnnotation
from annoconv.rules.engine import Breach, Subject, rule

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from annoconv.documents.residuals import Path as Steps
    from annoconv.model import PolygonPart

    Ring: TypeAlias = Sequence[Sequence[float]]
    Edge: TypeAlias = tuple[float, float, float, float, int]
    """(lower y, its x, upper y, its x, number of the region)"""
    Spans: TypeAlias = list[tuple[float, float]]
    """Where a line is inside a region, ascending."""

_TOUCHING_PIXEL: Final = 1e-3
"""Pixels: what overlaps or sticks out by less has been rounded."""
_NEAR: Final = (1e-4, 0.5, 1 - 1e-4)
"""Heights of the lines, as shares of the way from one height of vertices to the next."""


@rule("A-6.5.1a.hole_outside")
def hole_outside(subject: Subject) -> Iterator[Breach]:
    """Yield each hole that reaches out of its ring, or into another hole."""
    for path, piece in _pieces(subject):
        holes = piece.holes or ()
        for place, hole in enumerate(holes):
            before = [ring for ring in holes[:place] if _boxes_meet([ring], [hole])]
            if any(_sticks_out(spans[1], spans[0]) for spans in _lines([piece.polygon], [hole])) or (
                before and any(_overlap(*spans) for spans in _lines(before, [hole]))
            ):
                yield Breach((*path, "holes", place))


@rule("A-6.5.1a.ring_empty")
def ring_empty(subject: Subject) -> Iterator[Breach]:
    """Yield each ring of a polygon that encloses nothing, and each hole that leaves nothing of its ring."""
    for path, annotation in subject.annotations():
        if not isinstance(annotation, PolygonAnnotation):
            continue
        pieces: list[tuple[Steps, PolygonAnnotation | PolygonPart]] = [(path, annotation)]
        pieces += [((*path, "parts", place), part) for place, part in enumerate(annotation.parts or ())]
        for place, piece in pieces:
            if _is_line(piece.polygon):
                yield Breach((*place, "polygon"))
            for number, hole in enumerate(piece.holes or ()):
                if _is_line(hole) or {tuple(point) for point in hole} == {tuple(point) for point in piece.polygon}:
                    yield Breach((*place, "holes", number))


def _is_line(ring: Ring) -> bool:
    """Tell whether all points of a ring lie on one line."""
    (x0, y0), *others = ring
    x1, y1 = next(((x, y) for x, y in others if (x, y) != (x0, y0)), (x0, y0))
    return all((x1 - x0) * (y - y0) == (y1 - y0) * (x - x0) for x, y in others)


@rule("A-6.5.1a.parts_overlap")
def parts_overlap(subject: Subject) -> Iterator[Breach]:
    """Yield each part of a polygon that overlaps an earlier one, or the first."""
    for path, annotation in subject.annotations():
        if not isinstance(annotation, PolygonAnnotation) or not annotation.parts:
            continue
        pieces = [[annotation.polygon, *(annotation.holes or ())]]
        pieces += [[part.polygon, *(part.holes or ())] for part in annotation.parts]
        for place, piece in enumerate(pieces):
            near = (rings for rings in pieces[:place] if _boxes_meet(rings[:1], piece[:1]))
            if any(_overlap(*spans) for rings in near for spans in _lines(rings, piece)):
                yield Breach((*path, "parts", place - 1))


def _pieces(subject: Subject) -> Iterator[tuple[Steps, PolygonAnnotation | PolygonPart]]:
    """Yield each polygon with holes, and each such part, with its path."""
    for path, annotation in subject.annotations():
        if isinstance(annotation, PolygonAnnotation):
            if annotation.holes:
                yield path, annotation
            for place, part in enumerate(annotation.parts or ()):
                if part.holes:
                    yield (*path, "parts", place), part


def _boxes_meet(one: Sequence[Ring], other: Sequence[Ring]) -> bool:
    for axis in (0, 1):
        mine, its = ([point[axis] for ring in rings for point in ring] for rings in (one, other))
        if min(mine) >= max(its) or min(its) >= max(mine):
            return False
    return True


def _lines(*regions: Sequence[Ring]) -> Iterator[tuple[Spans, Spans]]:
    """Yield for lines of many heights where they are inside two regions, each of the rings given."""
    edges = sorted(edge for number, rings in enumerate(regions) for ring in rings for edge in _edges(ring, number))
    heights = sorted({height for low, _, high, _, _ in edges for height in (low, high)})
    following = 0
    active: list[Edge] = []
    for low, high in pairwise(heights):
        active = [edge for edge in active if edge[2] > low]
        while following < len(edges) and edges[following][0] <= low:
            active.append(edges[following])
            following += 1
        for share in _NEAR:
            crossings: tuple[list[float], list[float]] = ([], [])
            y = low + share * (high - low)
            for y0, x0, y1, x1, number in active:
                crossings[number].append(x0 + (x1 - x0) * (y - y0) / (y1 - y0))
            first, second = (sorted(each) for each in crossings)
            yield list(zip(first[::2], first[1::2], strict=True)), list(zip(second[::2], second[1::2], strict=True))


def _edges(ring: Ring, number: int) -> Iterator[Edge]:
    for (x0, y0), (x1, y1) in zip(ring, [*ring[1:], ring[0]], strict=True):
        if y0 != y1:
            yield (y0, x0, y1, x1, number) if y0 < y1 else (y1, x1, y0, x0, number)


def _overlap(some: Spans, others: Spans) -> bool:
    return any(min(high, top) - max(low, bottom) > _TOUCHING_PIXEL for low, high in some for bottom, top in others)


def _sticks_out(some: Spans, others: Spans) -> bool:
    """Tell whether a span lies beyond all others; the spans of one ring that touch are one."""
    merged: Spans = []
    for low, high in others:
        if merged and low - merged[-1][1] <= _TOUCHING_PIXEL:
            merged[-1] = (merged[-1][0], high)
        else:
            merged.append((low, high))
    return any(
        not any(low >= bottom - _TOUCHING_PIXEL and high <= top + _TOUCHING_PIXEL for bottom, top in merged)
        for low, high in some
    )
