"""Polygons to masks, to the pixel as pycocotools draws them.

Coordinates are continuous pixels (x = column, y = row), origin at the outer corner of the first pixel, so that corners
of pixels are whole numbers. A *ring* is an array of vertices, shape (vertices, 2); the last joins the first.
Authority: `rleFrPoly` in `common/maskApi.c` of cocodataset/cocoapi. It walks the boundary in fifths of a pixel and
toggles each column at every crossing, so that a ring fills by the even-odd rule and a stretch that is walked twice
leaves nothing: that is why a hole may hang on its outer ring by a *keyhole*, a cut of no width (`outlines`).

pycocotools itself is not used, since it allocates what a polygon asks for.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

from annoconv.advice import CORRECT_FILE
from annoconv.documents.json_values import json_type
from annoconv.errors import InputError, LimitError
from annoconv.messages import Message
from annoconv_converters._raster.run_lengths import runs_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from annoconv_converters._raster.run_lengths import Counts

__all__ = [
    "FARTHEST_PIXEL",
    "Rings",
    "is_clockwise",
    "rasterise",
    "rings_of_lists",
    "union",
    "with_keyholes",
    "without_keyholes",
]

Ring: TypeAlias = "NDArray[np.float64]"
Whole: TypeAlias = "NDArray[np.int64]"
Vertices: TypeAlias = "list[list[float]]"

FARTHEST_PIXEL: Final = 1e7
"""Largest coordinate of a vertex, pixels: whole slides reach 3e5; five times more than 4e8 overflows pycocotools."""
_FEW: Final = 64
"""Numbers for which plain Python is faster than an array of them."""
_FIFTHS: Final = 5
"""Steps of a pixel in which the boundary is walked."""
_MOST_STEPS: Final = 1 << 24
"""Steps of the boundaries of one mask, 3.3 million pixels long, walked in half a second."""
_CHUNK_STEPS: Final = 1 << 19
"""Steps that are walked together, so that memory stays bounded."""


@dataclass(frozen=True, eq=False, slots=True)
class Rings:
    """The rings of one mask, as flat lists: most have so few vertices that an array of them would cost more.

    Attributes
    ----------
    flats
        Of each ring `[x, y, x, y ...]`, floats, continuous pixels; three vertices at least.
    """

    flats: Sequence[list[float]]

    @classmethod
    def of(cls, rings: Iterable[Ring]) -> Rings:
        """Return rings, each an array of shape (vertices, 2), as one."""
        return cls([ring.ravel().tolist() for ring in rings])

    def __len__(self) -> int:
        return len(self.flats)

    def __getitem__(self, place: int) -> list[list[float]]:
        """Return the vertices of one ring."""
        flat = self.flats[place]
        return list(map(list, zip(flat[::2], flat[1::2], strict=True)))

    @property
    def vertices(self) -> Ring:
        """Shape (vertices, 2), float64: x and y, one ring behind the other."""
        return np.fromiter(chain(*self.flats), dtype=np.float64).reshape(-1, 2)

    @property
    def sizes(self) -> Whole:
        """Shape (rings,), int64: how many vertices each has."""
        return np.fromiter(map(len, self.flats), dtype=np.int64) // 2

    @property
    def area(self) -> float:
        """What they enclose, each by itself, square pixels, by the shoelace formula."""
        return sum(map(_twice_enclosed, self.flats)) / 2

    @property
    def box(self) -> tuple[float, float, float, float]:
        """`x_min, y_min, x_max, y_max`."""
        x, y = [flat[::2] for flat in self.flats], [flat[1::2] for flat in self.flats]
        return min(map(min, x)), min(map(min, y)), max(map(max, x)), max(map(max, y))

    @property
    def length(self) -> float:
        """How long their boundaries are to walk, pixels: of each side, along the axis that it is longer on."""
        return sum(map(_walked, self.flats))

    @property
    def follows_pixels(self) -> bool:
        """Whether every ring runs along edges of pixels, as those that are drawn round a mask do."""
        return all(all(map(float.is_integer, flat)) for flat in self.flats) and all(map(_has_steps, self.flats))


def _walked(flat: list[float]) -> float:
    x, y = flat[::2], flat[1::2]
    pairs = zip(x, x[1:] + x[:1], y, y[1:] + y[:1], strict=True)
    return sum(max(abs(x_to - x_from), abs(y_to - y_from)) for x_from, x_to, y_from, y_to in pairs)


def _has_steps(flat: list[float]) -> bool:
    """Tell whether each side of a ring runs along one of the axes."""
    x, y = flat[::2], flat[1::2]
    pairs = zip(x, x[1:] + x[:1], y, y[1:] + y[:1], strict=True)
    return all(x_from == x_to or y_from == y_to for x_from, x_to, y_from, y_to in pairs)


def rings_of_lists(flats: Sequence[Any], *, source: object = None, where: str | None = None) -> Rings:
    """Return the rings of flat lists `[x, y, x, y ...]` from outside.

    Raises
    ------
    InputError
        If one is no list of finite numbers within `FARTHEST_PIXEL`, an odd number of them, or fewer than three
        vertices.
    """
    place = {"source": None if source is None else str(source), "where": where}
    kinds = set(map(type, chain(*flats))) if all(type(flat) is list for flat in flats) else {None}
    if not kinds <= {int, float}:
        strange = [flat for flat in flats if type(flat) is not list]
        strange = strange or [each for flat in flats for each in flat if type(each) not in {int, float}]
        found, expected = json_type(strange[0]), "[x, y, x, y ...]"
        raise InputError("a polygon is a list of numbers", found=found, expected=expected, advice=CORRECT_FILE, **place)
    odd = next((len(flat) for flat in flats if len(flat) % 2), None)
    if odd is not None:
        raise InputError(
            "the polygon has an odd number of coordinates",
            found=odd,
            expected="an x and a y of each vertex",
            advice=CORRECT_FILE,
            **place,
        )
    few = next((len(flat) for flat in flats if len(flat) < 6), None)
    if few is not None:
        problem = "the polygon has fewer than three vertices"
        raise InputError(problem, found=few // 2, expected="three at least", advice=CORRECT_FILE, **place)
    try:
        rings = list(flats) if kinds == {float} else [list(map(float, flat)) for flat in flats]
    except OverflowError:
        rings = [[math.inf]]
    if not all(map(_is_near, rings)):
        farthest = float(np.abs(np.concatenate(rings)).max())
        expected = Message("within {farthest_pixel:g} pixels", farthest_pixel=FARTHEST_PIXEL)
        raise InputError(
            "a vertex lies beyond every image", found=f"{farthest:g}", expected=expected, advice=CORRECT_FILE, **place
        )
    return Rings(rings)


def _is_near(flat: list[float]) -> bool:
    """Tell whether all vertices of a ring lie where those of an image may; NaN, which is only in the sum, does not."""
    return max(flat) <= FARTHEST_PIXEL and min(flat) >= -FARTHEST_PIXEL and not math.isnan(sum(flat))


def _twice_enclosed(flat: list[float]) -> float:
    """Return twice the area that a ring encloses; its first vertex counts as 0, 0 and closes the sum."""
    if len(flat) > _FEW:
        x, y = (np.array(flat) - np.tile(flat[:2], len(flat) // 2)).reshape(-1, 2).T
        return abs(float(np.dot(x[:-1], y[1:]) - np.dot(y[:-1], x[1:])))
    x_first, y_first = flat[:2]
    x_before = y_before = twice = 0.0
    for x, y in zip(flat[2::2], flat[3::2], strict=True):
        x, y = x - x_first, y - y_first
        twice += x_before * y - y_before * x
        x_before, y_before = x, y
    return abs(twice)


def is_clockwise(ring: Ring) -> bool:
    """Tell whether a ring runs clockwise as it is seen, y down."""
    x, y = (ring - ring[0]).T
    return float(np.dot(x[:-1], y[1:]) - np.dot(y[:-1], x[1:])) > 0


def rasterise(rings: Rings, size: tuple[int, int]) -> Counts:
    """Return the counts of the pixels that pycocotools fills for the rings of one mask, each by itself.

    Parameters
    ----------
    rings
        Continuous pixels; they may reach beyond the image.
    size
        Rows and columns of the image.

    Returns
    -------
    ndarray, shape (runs,), int64
        Column-major run lengths, background first (`run_lengths`).

    Raises
    ------
    LimitError
        If the boundaries are too long to be walked.
    """
    pixels = size[0] * size[1]
    found = [_crossings(*steps, *size) for steps in _boundary(rings)]
    ring, toggle = (np.concatenate(each) for each in zip(*found, strict=True))
    order = np.lexsort((toggle, ring))
    ring, toggle = ring[order], toggle[order]
    # Two equal toggles leave nothing, as in the C code's merging of runs without length.
    heads = np.flatnonzero(np.concatenate(([True], (toggle[1:] != toggle[:-1]) | (ring[1:] != ring[:-1]))))
    kept = heads[np.diff(np.append(heads, toggle.size)) % 2 == 1]
    ring, toggle = ring[kept], toggle[kept]
    # What is filled at the end of the image stays open.
    is_open = np.bincount(ring, minlength=len(rings)) % 2 == 1
    ring, toggle = np.append(ring, np.flatnonzero(is_open)), np.append(toggle, np.full(is_open.sum(), pixels))
    toggle = toggle[np.argsort(ring, kind="stable")]
    return _union(toggle[::2], toggle[1::2], pixels)


def _boundary(rings: Rings) -> Iterator[tuple[Whole, Whole, Whole]]:
    """Yield ring, u and v of the boundaries in fifths of a pixel, a chunk at a time, each from the last step before."""
    x, y = np.trunc(_FIFTHS * rings.vertices.T + 0.5).astype(np.int64)
    sizes = rings.sizes
    ring = np.repeat(np.arange(len(rings)), sizes)
    ends = np.cumsum(sizes)
    after = np.arange(1, x.size + 1)
    after[ends - 1] = ends - sizes
    x_start, y_start, x_end, y_end = x, y, x[after], y[after]
    across, down = np.abs(x_end - x_start), np.abs(y_end - y_start)
    is_flat = across >= down
    flip = np.where(is_flat, x_start > x_end, y_start > y_end)
    x_low, y_low = np.where(flip, x_end, x_start), np.where(flip, y_end, y_start)
    x_high, y_high = np.where(flip, x_start, x_end), np.where(flip, y_start, y_end)
    steps = np.maximum(across, down)
    slope = np.where(is_flat, y_high - y_low, x_high - x_low) / np.maximum(steps, 1)
    borders = np.concatenate(([0], np.cumsum(steps + 1)))
    total = int(borders[-1])
    if total > _MOST_STEPS:
        raise LimitError(
            "the polygon's boundary is too long",
            found=Message("{count} pixels", count=total // _FIFTHS),
            expected=Message("at most {count} pixels", count=_MOST_STEPS // _FIFTHS),
            advice="Draw it with fewer corners, or as a mask",
        )
    for first in range(0, total, _CHUNK_STEPS):
        step = np.arange(max(first - 1, 0), min(first + _CHUNK_STEPS, total))
        edge = np.searchsorted(borders, step, side="right") - 1
        along = step - borders[edge]
        along = np.where(flip[edge], steps[edge] - along, along)
        sloping = slope[edge] * along + 0.5
        u = np.where(is_flat[edge], along + x_low[edge], (x_low[edge] + sloping).astype(np.int64))
        v = np.where(is_flat[edge], (y_low[edge] + sloping).astype(np.int64), along + y_low[edge])
        yield ring[edge], u, v


def _crossings(ring: Whole, u: Whole, v: Whole, rows: int, columns: int) -> tuple[Whole, Whole]:
    """Return where each boundary crosses the middle of a column: its ring, and the column-major pixel index."""
    at = np.flatnonzero((u[1:] != u[:-1]) & (ring[1:] == ring[:-1]))
    left = np.where(u[at + 1] < u[at], u[at + 1], u[at + 1] - 1)
    column = (left - 2) // _FIFTHS
    is_middle = (left - 2) % _FIFTHS == 0
    inside = is_middle & (column >= 0) & (column <= columns - 1)
    at, column = at[inside], column[inside]
    row = (np.minimum(v[at], v[at + 1]) + 0.5) / _FIFTHS - 0.5
    return ring[at], np.asarray(column * rows + np.ceil(np.clip(row, 0, rows)).astype(np.int64))


def with_keyholes(rings: Sequence[Ring]) -> Ring:
    """Return an outer ring and those round its holes as one ring, each hole on a cut to a vertex of the outer one.

    The cut leads from the hole's leftmost vertex to the nearest one. It is walked twice and leaves nothing, so that
    what is filled by the even-odd rule stays the same.
    """
    if len(rings) == 1:
        return rings[0]
    from scipy.spatial import KDTree  # slow to import, and most polygons have no holes

    outer, holes = rings[0], rings[1:]
    firsts = [int(hole[:, 0].argmin()) for hole in holes]
    nearest = KDTree(outer).query(np.array([hole[first] for hole, first in zip(holes, firsts, strict=True)]))[1]
    feet: list[int] = np.asarray(nearest).tolist()
    pieces: list[Ring] = []
    done = 0
    for place in sorted(range(len(feet)), key=feet.__getitem__):
        hole, first, foot = holes[place], firsts[place], feet[place]
        pieces += [outer[done : foot + 1], hole[first:], hole[: first + 1], outer[foot : foot + 1]]
        done = foot + 1
    return np.concatenate([*pieces, outer[done:]])


def without_keyholes(ring: Sequence[Sequence[float]]) -> list[Vertices]:
    """Return the outer ring and those round its holes of a ring that `with_keyholes` made; any other ring alone.

    Holes are in the order of their cuts and begin at their leftmost vertex.
    """
    corners = list(map(tuple, ring))
    whole = [list(map(list, corners))]
    if len(set(corners)) == len(corners):
        return whole
    last: dict[tuple[float, ...], int] = {}
    next_same = [len(corners)] * len(corners)
    for place in range(len(corners) - 1, -1, -1):
        next_same[place] = last.get(corners[place], len(corners))
        last[corners[place]] = place
    outer, holes = [], []
    place = 0
    while place < len(corners):
        outer.append(corners[place])
        while place + 1 < len(corners):
            end = next_same[place + 1]
            if end + 1 >= len(corners) or corners[end + 1] != corners[place] or end - place < 4:
                break
            holes.append(corners[place + 1 : end])
            place = end + 1
        place += 1
    if not holes or len(outer) < 3:
        return whole
    rings = [outer, *holes]
    is_whole = np.array_equal(with_keyholes(list(map(np.array, rings))), ring)
    return [list(map(list, each)) for each in rings] if is_whole else whole


def union(many: Sequence[Counts], pixels: int) -> Counts:
    """Return the counts of everything that any of several masks of one image holds."""
    if len(many) == 1:
        return many[0]
    parts = [runs_of(counts) for counts in many]
    return _union(np.concatenate([start for start, _ in parts]), np.concatenate([end for _, end in parts]), pixels)


def _union(starts: Whole, ends: Whole, pixels: int) -> Counts:
    """Return the counts of everything that any of many runs holds; those that are empty hold nothing."""
    is_real = ends > starts
    starts, ends = starts[is_real], ends[is_real]
    if not starts.size:
        return np.array([pixels], dtype=np.int64)
    order = np.argsort(starts, kind="stable")
    starts, reach = starts[order], np.maximum.accumulate(ends[order])
    heads = np.flatnonzero(np.concatenate(([True], starts[1:] > reach[:-1])))
    tails = np.append(heads[1:] - 1, starts.size - 1)
    borders = np.empty(2 * heads.size, dtype=np.int64)
    borders[::2], borders[1::2] = starts[heads], reach[tails]
    if borders[-1] < pixels:
        borders = np.append(borders, pixels)
    return np.diff(borders, prepend=0)
