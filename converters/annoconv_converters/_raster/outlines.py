"""Run lengths to polygons that decode to exactly their mask, holes and diagonal touches included; many masks at once.

The outline of a mask runs along the edges of pixels. Every run of foreground has an edge above and one below; edges
that follow each other in a row are one *segment*, walked to the right above foreground and to the left below it, so
that foreground is on the right hand (clockwise as seen, y down): outer rings run clockwise and holes the other way. In
each column of corners the ends of segments pair up to the vertical pieces of the outline, which say which segment
follows which. Pixels that touch only diagonally belong to two rings.

A hole hangs on the ring above it by a vertical keyhole, a cut of no width: down along it, round the hole, and back.
Coordinates are whole continuous pixels (x = column, y = row), origin at the outer corner of the first pixel.

OpenCV's contours run through the centres of pixels, so that they do not decode to the mask they were found in.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

from annoconv_converters._raster.run_lengths import runs_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from annoconv_converters._raster.run_lengths import Counts

__all__ = ["polygons_of", "rings_of"]

Whole: TypeAlias = "NDArray[np.int64]"

_BLOCK_COUNTS: Final = 1 << 12
"""Counts whose outlines are drawn together; what numpy needs beside them stays in the processor's cache."""
_KEYHOLE: Final = 3
"""Vertices that a keyhole adds: where it starts, where it ends, and where it starts again."""


def polygons_of(many: Sequence[Counts], rows: int) -> Iterator[list[list[int]]]:
    """Yield for each of many masks the polygons that pycocotools decodes to exactly it.

    Parameters
    ----------
    many
        Run lengths that fit an image (`run_lengths`).
    rows
        Of the image.

    Yields
    ------
    list of list of int
        `[x, y, x, y ...]` for each piece whose pixels share edges, its holes on keyholes; empty if the mask is.
    """
    for block in _blocks(many):
        outlines = _outlines(block, rows)
        x, y, borders = _with_keyholes(outlines)
        numbers: list[int] = np.stack((x, y), axis=1).ravel().tolist()
        rings = [numbers[start:end] for start, end in itertools.pairwise((2 * borders).tolist())]
        of_mask = np.searchsorted(outlines.mask[~outlines.is_hole], np.arange(len(block) + 1)).tolist()
        yield from (rings[first:last] for first, last in itertools.pairwise(of_mask))


def rings_of(counts: Counts, rows: int) -> list[list[list[int]]]:
    """Return for each piece of a mask, whose pixels share edges, its rings: the outer one, then those round its holes.

    Parameters
    ----------
    counts
        Run lengths that fit an image (`run_lengths`).
    rows
        Of the image.
    """
    outlines = _outlines([counts], rows)
    numbers = np.stack((outlines.x, outlines.y), axis=2).ravel().tolist()
    pieces: dict[int, list[list[int]]] = {}
    owners = list(range(outlines.is_hole.size))
    parents = iter(outlines.parent.tolist())
    for ring, (is_hole, start, end) in enumerate(
        zip(outlines.is_hole.tolist(), outlines.borders[:-1].tolist(), outlines.borders[1:].tolist(), strict=True)
    ):
        if is_hole:  # what it hangs on begins above it, so that its owner is known
            owners[ring] = owners[next(parents)]
        pieces.setdefault(owners[ring], []).append(numbers[4 * start : 4 * end])
    return list(pieces.values())


def _blocks(many: Sequence[Counts]) -> Iterator[list[Counts]]:
    block: list[Counts] = []
    held = 0
    for counts in many:
        block.append(counts)
        held += counts.size
        if held > _BLOCK_COUNTS:
            yield block
            block, held = [], 0
    if block:
        yield block


@dataclass(frozen=True, slots=True)
class _Outlines:
    """The rings of many masks, mask by mask, in each by the uppermost, then leftmost segment.

    Attributes
    ----------
    x, y
        Shape (segments, 2): start and end of each segment, ring by ring. An outer ring starts at its uppermost left
        vertex; a hole's last segment is its uppermost, so that it starts where that one ends.
    borders
        Shape (rings + 1,): of the rings among the segments.
    mask, is_hole
        Shape (rings,): position of the ring's mask; whether it runs round background.
    parent, foot
        Shape (holes,): for each hole in the order of the rings, the ring above it and the segment that its keyhole
        meets there, at the x of the hole's start.
    """

    x: Whole
    y: Whole
    borders: Whole
    mask: Whole
    is_hole: NDArray[np.bool_]
    parent: Whole
    foot: Whole


def _outlines(many: Sequence[Counts], rows: int) -> _Outlines:
    mask, column, top, bottom = _pieces(many, rows)
    # Edges by mask, row and column; the upper one of a piece first, so that it is found from the lower one.
    pieces = np.arange(mask.size)
    is_upper = np.repeat((True, False), mask.size)
    edge_y = np.concatenate((top, bottom))
    edge_mask, edge_column = np.tile(mask, 2), np.tile(column, 2)
    columns = int(column.max(initial=0)) + 2
    order = np.argsort((edge_mask * (rows + 1) + edge_y) * columns + edge_column)
    edge_mask, edge_y, edge_column, is_upper = edge_mask[order], edge_y[order], edge_column[order], is_upper[order]
    is_head = np.empty(order.size, dtype=np.bool_)
    is_head[:1] = True
    is_head[1:] = (
        (edge_column[1:] != edge_column[:-1] + 1)
        | (edge_y[1:] != edge_y[:-1])
        | (is_upper[1:] != is_upper[:-1])
        | (edge_mask[1:] != edge_mask[:-1])
    )
    heads = np.flatnonzero(is_head)
    mask, y, is_upper = edge_mask[heads], edge_y[heads], is_upper[heads]
    left = edge_column[heads]
    right = left + np.diff(np.append(heads, order.size))
    # Ends in each column of corners, downwards; where two meet, that of the upper pixel comes first.
    start, end = np.where(is_upper, (left, right), (right, left))
    rank = y * 2 + is_upper
    keys = np.concatenate((mask * columns + start, mask * columns + end)) * (2 * rows + 3) + np.tile(rank, 2)
    downward = np.argsort(keys)
    partner = np.empty_like(downward)
    partner[downward] = downward[np.arange(downward.size) ^ 1]
    following = partner[heads.size :]
    walked, firsts = _cycles(following.tolist())
    borders = np.append(firsts, heads.size)
    first = walked[firsts]
    is_hole = ~is_upper[first]
    # A hole starts behind its uppermost segment.
    sizes = np.diff(borders)
    moved = np.arange(heads.size) + np.repeat(is_hole, sizes)
    moved[borders[1:][is_hole] - 1] = borders[:-1][is_hole]
    walked = walked[moved]
    position = np.empty_like(walked)
    position[walked] = np.arange(walked.size)
    ring = np.repeat(np.arange(sizes.size), sizes)
    # From the first edge of a hole's uppermost segment up its piece, to that one's upper edge.
    segment = np.cumsum(is_head) - 1
    where = np.empty_like(order)
    where[order] = np.arange(order.size)
    above = where[order[heads[first[is_hole]]] - pieces.size]
    foot = position[segment[above]]
    x = np.stack((start, end), axis=1)[walked]
    return _Outlines(x, np.stack((y, y), axis=1)[walked], borders, mask[first], is_hole, ring[foot], foot)


def _pieces(many: Sequence[Counts], rows: int) -> tuple[Whole, Whole, Whole, Whole]:
    """Return mask, column, first row and row behind the last of each vertical piece of foreground, in this order."""
    runs = [runs_of(counts) for counts in many]
    starts = np.concatenate([start for start, _ in runs])
    ends = np.concatenate([end for _, end in runs])
    mask = np.repeat(np.arange(len(runs)), [start.size for start, _ in runs])
    # Other software may write runs of no background.
    is_joined = (starts[1:] == ends[:-1]) & (mask[1:] == mask[:-1])
    if is_joined.any():
        starts, mask = (each[np.append(True, ~is_joined)] for each in (starts, mask))
        ends = ends[np.append(~is_joined, True)]
    first, last = starts // rows, (ends - 1) // rows
    counts = last - first + 1
    if bool((counts > 1).any()):
        run = np.repeat(np.arange(starts.size), counts)
        column = np.arange(run.size) - np.repeat(np.cumsum(counts) - counts, counts) + first[run]
        top = np.maximum(starts[run] - column * rows, 0)
        return mask[run], column, top, np.minimum(ends[run] - column * rows, rows)
    return mask, first, starts - first * rows, ends - first * rows


def _cycles(following: list[int]) -> tuple[Whole, Whole]:
    """Return the cycles of a permutation end to end, each from its lowest position, and where each starts."""
    order: list[int] = []
    starts: list[int] = []
    add = order.append
    for first, each in enumerate(following):
        if each < 0:
            continue
        starts.append(len(order))
        add(first)
        following[first] = -1
        while each != first:
            add(each)
            following[each], each = -1, following[each]
    return np.array(order, dtype=np.int64), np.array(starts, dtype=np.int64)


def _with_keyholes(outlines: _Outlines) -> tuple[Whole, Whole, Whole]:
    """Return vertices and borders of the outer rings, every hole as a part of the ring above it.

    What a keyhole adds stands behind the start of the segment that it meets: its foot, the hole's start, all round
    the hole, and the foot again.
    """
    if not outlines.parent.size:
        return outlines.x.ravel(), outlines.y.ravel(), 2 * outlines.borders
    lengths = np.diff(outlines.borders)
    holes = np.flatnonzero(outlines.is_hole)
    sizes: list[int] = (2 * lengths).tolist()
    parents: list[int] = outlines.parent.tolist()
    # What hangs on a hole starts below it.
    for hole, parent in zip(reversed(holes.tolist()), reversed(parents), strict=True):
        sizes[parent] += _KEYHOLE + sizes[hole]
    added = _KEYHOLE + np.array(sizes)[holes]
    inserted = np.bincount(outlines.foot, added, minlength=len(outlines.x)).astype(np.int64)
    places = 2 * np.arange(inserted.size) + np.cumsum(inserted) - inserted
    places -= np.repeat(places[outlines.borders[:-1]], lengths)
    # Keyholes of one segment stand from left to right.
    start_x, start_y = outlines.x[outlines.borders[holes], 0], outlines.y[outlines.borders[holes + 1] - 1, 1]
    along = np.lexsort((start_x, outlines.foot))
    ahead = np.cumsum(added[along]) - added[along]
    is_first = np.append(True, np.diff(outlines.foot[along]) != 0)
    feet = np.empty_like(ahead)
    feet[along] = ahead - np.maximum.accumulate(np.where(is_first, ahead, 0))
    feet += places[outlines.foot] + 1
    outer = np.where(outlines.is_hole, 0, sizes)
    bases: list[int] = (np.cumsum(outer) - outer).tolist()
    for hole, parent, foot in zip(holes.tolist(), parents, feet.tolist(), strict=True):
        bases[hole] = bases[parent] + foot + 2
    places += np.repeat(bases, lengths)
    feet = np.array(bases)[holes] - 2
    x, y = np.empty((2, int(outer.sum())), dtype=np.int64)
    for flat, pairs in ((x, outlines.x), (y, outlines.y)):
        flat[places], flat[places + 1 + inserted] = pairs[:, 0], pairs[:, 1]
    foot_y = outlines.y[outlines.foot, 0]
    for place, at_y in ((feet, foot_y), (feet + 1, start_y), (feet + added - 1, foot_y)):
        x[place], y[place] = start_x, at_y
    return x, y, np.append(0, np.cumsum(outer[~outlines.is_hole]))
