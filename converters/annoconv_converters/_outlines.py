"""Masks to polygons that decode to exactly those masks, holes and diagonal touches included.

The outline of a mask runs along the edges of pixels. Its vertices are the corners where it turns; in each row of
corners they pair up to the horizontal pieces of the outline, in each column of corners to the vertical ones, so that
sorting them twice says which follows which. Foreground is on the right hand (clockwise as seen, y down), so outer
rings run clockwise and holes the other way. Pixels that touch only diagonally belong to two rings.

A hole hangs on the ring to its left by a horizontal keyhole: out along it, round the hole, and back. Coordinates are
whole continuous pixels (x = column, y = row), origin at the outer corner of the first pixel.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["exact_polygons", "exact_rings"]

Vertices: TypeAlias = "NDArray[np.int64]"

# At a corner, the pixels above left and below right less the other two: not 0 exactly where the outline turns, and
# positive where it leaves sideways. Pixels that only touch diagonally give 2 where they fall to the right, else -2.
_FALLING, _RISING = 2, -2


def exact_polygons(mask_ji: NDArray[Any]) -> list[list[int]]:
    """Return polygons that pycocotools decodes to exactly a mask.

    Parameters
    ----------
    mask_ji
        Shape (rows, columns), any dtype; what is not 0 is foreground.

    Returns
    -------
    list of list of int
        `[x, y, x, y ...]` for each piece whose pixels share edges, its holes on keyholes; empty if the mask is.
    """
    framed, left, top = _framed(mask_ji)
    if framed is None:
        return []
    x, y, following = _vertices(framed)
    order, borders = _cycles(following)
    is_hole = _holes(x, following, order, borders)
    if is_hole.any():
        x, y, following = _with_keyholes(framed, order, borders, is_hole, x, y, following)
        order, borders = _cycles(following)
    return _flat(x[order] + left, y[order] + top, borders)


def exact_rings(mask_ji: NDArray[Any]) -> list[list[list[int]]]:
    """Return the rings of each piece of a mask: the outer one, then those round its holes.

    Parameters
    ----------
    mask_ji
        Shape (rows, columns), any dtype; what is not 0 is foreground.

    Returns
    -------
    list of list of list of int
        A list of rings `[x, y, x, y ...]` for each piece whose pixels share edges.
    """
    framed, left, top = _framed(mask_ji)
    if framed is None:
        return []
    x, y, following = _vertices(framed)
    order, borders = _cycles(following)
    is_hole = _holes(x, following, order, borders)
    rings = _flat(x[order] + left, y[order] + top, borders)
    owner = np.arange(len(rings))
    if is_hole.any():
        ring_of = np.empty(x.size, dtype=np.int64)
        ring_of[order] = np.repeat(owner, np.diff(borders))
        _, _, piece = _feet(framed, order, borders, is_hole, x, y, following)
        owner[is_hole] = ring_of[piece]
        while is_hole[owner].any():  # a hole may hang on another one to its left
            owner = owner[owner]
    pieces: dict[int, list[list[int]]] = {number: [rings[number]] for number in np.flatnonzero(~is_hole).tolist()}
    for number in np.flatnonzero(is_hole).tolist():
        pieces[int(owner[number])].append(rings[number])
    return list(pieces.values())


def _framed(mask_ji: NDArray[Any]) -> tuple[NDArray[np.int8] | None, int, int]:
    """Return the part of a mask that holds its foreground, framed by background, and its place; None if it is empty."""
    rows = np.flatnonzero(mask_ji.any(axis=1))
    if not rows.size:
        return None, 0, 0
    part = mask_ji[rows[0] : rows[-1] + 1]
    columns = np.flatnonzero(part.any(axis=0))
    top, left = int(rows[0]), int(columns[0])
    part = part[:, left : int(columns[-1]) + 1]
    framed = np.zeros((part.shape[0] + 2, part.shape[1] + 2), dtype=np.int8)
    framed[1:-1, 1:-1] = part if part.dtype == np.bool_ else part != 0
    return framed, left - 1, top - 1


def _holes(x: Vertices, following: Vertices, order: Vertices, borders: list[int]) -> NDArray[np.bool_]:
    """Tell which rings run round background: they leave their uppermost left vertex downwards, not to the right."""
    first = order[borders[:-1]]
    return np.asarray(x[first] == x[following[first]])


def _flat(x: Vertices, y: Vertices, borders: list[int]) -> list[list[int]]:
    numbers: list[int] = np.stack((x, y), axis=1).ravel().tolist()
    return [numbers[2 * start : 2 * end] for start, end in itertools.pairwise(borders)]


def _vertices(framed: NDArray[np.int8]) -> tuple[Vertices, Vertices, Vertices]:
    """Return the vertices of the outline and, for each, which one follows.

    Parameters
    ----------
    framed
        0 or 1, background all round.

    Returns
    -------
    x, y
        Corners of pixels, in the order of rows.
    following
        Positions; a permutation, whose cycles are the rings.
    """
    rows = framed.shape[0]
    lower = framed[1:] - framed[:-1]
    twist = lower[:, 1:] - lower[:, :-1]
    corner = np.flatnonzero(twist != 0)
    turn = twist.reshape(-1)[corner]
    is_twice = (turn == _FALLING) | (turn == _RISING)
    is_lower = np.zeros(corner.size, dtype=np.bool_)
    if is_twice.any():
        # Two vertices: of the left and of the right pixel, in this order.
        corner, turn = np.repeat(corner, 1 + is_twice), np.repeat(turn, 1 + is_twice)
        is_second = np.zeros(corner.size, dtype=np.bool_)
        is_second[1:] = corner[1:] == corner[:-1]
        # Of pixels that rise to the right, the right one is the upper.
        is_lower = is_second ^ (turn == _RISING)
    row, column = np.divmod(corner, twist.shape[1])
    downward = np.argsort(2 * (column * rows + row) + is_lower, kind="stable")
    pair = np.arange(corner.size) ^ 1
    following = np.empty(corner.size, dtype=np.int64)
    following[downward] = downward[pair]
    sideways = np.flatnonzero(turn > 0)
    following[sideways] = pair[sideways]
    return column + 1, row + 1, following


def _cycles(following: Vertices) -> tuple[Vertices, list[int]]:
    """Return the cycles of a permutation end to end, each from its lowest position, and their borders."""
    after = following.tolist()
    order: list[int] = []
    borders = [0]
    add = order.append
    for first, vertex in enumerate(after):
        if vertex < 0:
            continue
        add(first)
        after[first] = -1
        while vertex != first:
            add(vertex)
            after[vertex], vertex = -1, after[vertex]
        borders.append(len(order))
    return np.array(order), borders


def _feet(
    framed: NDArray[np.int8],
    order: Vertices,
    borders: list[int],
    is_hole: NDArray[np.bool_],
    x: Vertices,
    y: Vertices,
    following: Vertices,
) -> tuple[Vertices, Vertices, Vertices]:
    """Return for each hole its leftmost vertex, where its keyhole ends, and on which piece of the outline."""
    rows, columns = framed.shape
    keys = x * rows + y
    # Of each ring the uppermost of its leftmost vertices, which each stand there once.
    ranked = np.minimum.reduceat(keys[order] * order.size + np.arange(order.size), borders[:-1])
    leftmost = order[ranked[is_hole] % order.size]
    hole_x, hole_y = x[leftmost], y[leftmost]
    # In the hole's first row, the keyhole crosses foreground from the last background before it.
    background = np.flatnonzero(framed == 0)
    last_before = background[np.searchsorted(background, hole_y * columns + hole_x - 1) - 1]
    start_x = last_before - hole_y * columns + 1
    # There a vertical piece of the outline rises.
    rising = np.flatnonzero((x == x[following]) & (y > y[following]))
    ends = keys[following[rising]]
    upward = np.argsort(ends, kind="stable")
    piece = rising[upward[np.searchsorted(ends[upward], start_x * rows + hole_y, side="right") - 1]]
    return leftmost, start_x, piece


def _with_keyholes(
    framed: NDArray[np.int8],
    order: Vertices,
    borders: list[int],
    is_hole: NDArray[np.bool_],
    x: Vertices,
    y: Vertices,
    following: Vertices,
) -> tuple[Vertices, Vertices, Vertices]:
    """Return vertices and successors in which every hole hangs on the ring to its left."""
    leftmost, start_x, piece = _feet(framed, order, borders, is_hole, x, y, following)
    hole_x, hole_y = x[leftmost], y[leftmost]
    before = np.empty_like(following)
    before[following] = np.arange(following.size)
    # A ring ends where it began, at a second vertex in the place of its first: the head of its keyhole.
    after, heads = following.tolist(), range(following.size, following.size + leftmost.size)
    for arriving, head in zip(before[leftmost].tolist(), heads, strict=True):
        after[arriving] = head
    after += [-1] * leftmost.size
    feet: list[tuple[int, int]] = []
    last: dict[int, int] = {}
    places = list(zip(piece.tolist(), start_x.tolist(), hole_y.tolist(), leftmost.tolist(), heads, strict=True))
    for origin, foot_x, foot_y, vertex, head in sorted(places, key=lambda place: -place[2]):  # upwards along each piece
        foot = int(following[origin])
        if y[foot] != foot_y:
            leave = last.get(origin, origin)
            feet.append((foot_x, foot_y))
            after.append(after[leave])
            foot = after[leave] = len(after) - 1
        feet.append((foot_x, foot_y))
        after.append(after[foot])
        last[origin] = after[head] = len(after) - 1
        after[foot] = vertex
    added = np.array(feet)
    return (
        np.concatenate((x, hole_x, added[:, 0])),
        np.concatenate((y, hole_y, added[:, 1])),
        np.array(after),
    )
