"""The surface elements of a mask: where they lie between the voxels, and the area of each, in mm2.

A surface element stands at a corner where eight voxels meet (four pixels of a picture) that are not all inside or all
outside. Which are inside is its code, a byte whose highest bit is the voxel of the lowest indices. The element is the
surface that marching cubes (Lorensen and Cline 1987) lays through the middles of the edges between inside and outside.
"""

from __future__ import annotations

from functools import cache
from itertools import product
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

__all__ = ["element_sizes", "surface_elements"]

_Corner: TypeAlias = tuple[int, ...]

_FAN: Final = (
    "       0   0 01    0 1 0   1 012   0   1  10 002 01  211 020    "
    "     0 1   01002 0 21 11 0  20     0 0    1 1   200110  2       "
    "       0  011002   0 1    0 1     02  0 11 12 0 20012   1 0     "
    "    020 112  10 202 01  1   0   220 1   0 1 0    10 0   0       "
)
"""By code: the corner from which a face of five or six corners, which need not be flat, is cut into triangles. That of
the tables in use (Bourke 1994 and those after him); another choice changes an area by some percent."""


def surface_elements(mask: NDArray[np.bool_]) -> tuple[NDArray[np.intp], NDArray[np.uint8]]:
    """Return where a mask has surface elements, and their codes.

    Parameters
    ----------
    mask
        Bool, 2-D or 3-D. What lies beyond it is outside.

    Returns
    -------
    ndarray, shape (elements,), intp, ascending
        Flat zero-based indices into an array that is one longer along each axis; index c lies half a voxel before the
        centre of voxel c.
    ndarray, shape (elements,), uint8
        Their codes.
    """
    volume = mask.reshape((-1, *mask.shape[-2:]))
    full = 255 if mask.ndim == 3 else 15
    rows, columns = (count + 1 for count in volume.shape[1:])
    before = np.zeros((rows, columns), np.uint8)
    places: list[NDArray[np.intp]] = []
    codes: list[NDArray[np.uint8]] = []
    for k in range(len(volume) + (mask.ndim == 3)):
        here = _codes_of_slice(volume[k]) if k < len(volume) else np.zeros_like(before)
        code = here if mask.ndim == 2 else before * 16 + here
        before = here
        found = np.flatnonzero((code != 0) & (code != full))
        places.append(found + k * rows * columns)
        codes.append(code.ravel()[found])
    return np.concatenate(places), np.concatenate(codes)


def _codes_of_slice(inside: NDArray[np.bool_]) -> NDArray[np.uint8]:
    padded = np.zeros([count + 2 for count in inside.shape], np.uint8)
    padded[1:-1, 1:-1] = inside
    pairs = padded[:, :-1] * 2 + padded[:, 1:]
    return np.asarray(pairs[:-1] * 4 + pairs[1:], dtype=np.uint8)


@cache
def element_sizes(spacing: tuple[float, ...]) -> NDArray[np.float64]:
    """Return the size of the surface element of each code: mm2 of a volume, mm of a picture.

    Parameters
    ----------
    spacing
        Distance of voxel centres along each axis, in the array's order, mm.
    """
    corners: list[_Corner] = list(product((0, 1), repeat=len(spacing)))
    sizes = np.zeros(1 << len(corners))
    for code in range(len(sizes)):
        inside = {corner: bool(code >> place & 1) for place, corner in enumerate(reversed(corners))}
        pieces = list(_cuts(inside, separates=code.bit_count() * 2 <= len(corners)))
        if len(spacing) == 2:
            sizes[code] = sum(np.linalg.norm((a - b) * spacing) for a, b in np.array(pieces, float).reshape(-1, 2, 2))
        else:
            sizes[code] = sum(_area(ring, int(_FAN[code].strip() or 0), spacing) for ring in _rings(pieces))
    sizes.flags.writeable = False
    return sizes


def _cuts(inside: dict[_Corner, bool], *, separates: bool) -> Iterator[tuple[Any, Any]]:
    """Yield the lines in which the surface cuts the faces of a cube (a picture's square is its one face).

    Where the corners of a face are inside and outside in turn, the lines part those inside if `separates`, else those
    outside: in each code the fewer are parted.
    """
    axes = len(next(iter(inside)))
    for fixed, at in product(range(axes), (0, 1)) if axes == 3 else ((None, 0),):
        ring: list[_Corner] = []
        for u, v in ((0, 0), (0, 1), (1, 1), (1, 0)):
            corner = [u, v]
            if fixed is not None:
                corner.insert(fixed, at)
            ring.append(tuple(corner))
        middles = [tuple((np.array(ring[n]) + ring[(n + 1) % 4]) / 2) for n in range(4)]
        cut = [n for n in range(4) if inside[ring[n]] != inside[ring[(n + 1) % 4]]]
        if len(cut) == 2:
            yield middles[cut[0]], middles[cut[1]]
        elif len(cut) == 4:
            yield from ((middles[n - 1], middles[n]) for n in range(4) if inside[ring[n]] is separates)


def _rings(lines: list[tuple[Any, Any]]) -> Iterator[list[Any]]:
    """Yield the closed lines that lines make; each begins at its least corner, towards the lesser neighbour."""
    while lines:
        first, last = lines.pop()
        ring = [first, last]
        while ring[-1] != ring[0]:
            line = next(each for each in lines if ring[-1] in each)
            lines.remove(line)
            ring.append(line[1] if line[0] == ring[-1] else line[0])
        ring.pop()
        start = ring.index(min(ring))
        ring = ring[start:] + ring[:start]
        yield ring if ring[1] < ring[-1] else [ring[0], *ring[:0:-1]]


def _area(ring: Sequence[Any], start: int, spacing: Sequence[float]) -> float:
    start = start if len(ring) > 4 else 0
    points = np.array([*ring[start:], *ring[:start]]) * spacing
    spokes = points[1:] - points[0]
    return float(np.linalg.norm(np.cross(spokes[:-1], spokes[1:]), axis=1).sum() / 2)
