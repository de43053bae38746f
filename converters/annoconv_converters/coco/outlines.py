"""Records of one polygon each, as most outlines are: measured together, whatever pictures they are of.

`Rings` says the same of the ring of one record. Continuous pixels, x = column, y = row, origin at the outer corner of
the first pixel. Authority: cocodataset.org/#format-data.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from annoconv_converters._pictures.geometry import array_rounded, tidy
from annoconv_converters._pictures.records import Shape
from annoconv_converters._raster.polygons import FARTHEST_PIXEL, Rings

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

__all__ = ["Outline", "Outlined", "outlines_of"]

_NUMBERS: Final = frozenset({int, float})
_FLOATS: Final[set[type]] = {float}
_FEWEST, _MOST = 6, 64
"""Numbers of a ring: three vertices; those of which `Rings` adds up the area one after the other."""
_TOGETHER: Final = 1000
"""Records that are measured at a time."""


class Outline(NamedTuple):
    """The polygon of a record.

    Attributes
    ----------
    segmentation
        The member of the record, by which it is known that it is still the same.
    flat
        Its ring, `[x, y, x, y ...]`, floats.
    polygon
        Its vertices, x and y each.
    area, sides
        What it encloses, square pixels, and `x_min, y_min, x_max, y_max`.
    drawn_area, drawn_box
        `area` and `bbox` of the record that is drawn of it.
    """

    segmentation: Any
    flat: list[float]
    polygon: list[list[float]]
    area: float
    sides: list[float]
    drawn_area: float
    drawn_box: list[float]


@dataclass(slots=True)
class Outlined(Shape):
    """A shape of which the outline may be known.

    Attributes
    ----------
    outline
        That of its record, if it was measured.
    """

    outline: Outline | None = None


def outlines_of(segmentations: Sequence[Any]) -> list[Outline | None]:
    """Return the outlines of records by their `segmentation`; None where that is more or less than one polygon."""
    parts = (segmentations[first : first + _TOGETHER] for first in range(0, len(segmentations), _TOGETHER))
    return [*chain.from_iterable(map(_outlines, parts))]


def _outlines(segmentations: Sequence[Any]) -> list[Outline | None]:
    found: list[Outline | None] = [None] * len(segmentations)
    places = [place for place, each in enumerate(segmentations) if _is_ring(each)]
    flats: list[list[float]] = [segmentations[place][0] for place in places]
    if set(map(type, chain.from_iterable(flats))) != _FLOATS:
        places, flats = _in_floats(places, flats)
    if not flats:
        return found
    counts = np.fromiter(map(len, flats), np.int64) // 2
    points = np.fromiter(chain.from_iterable(flats), np.float64).reshape(-1, 2)
    ends = np.cumsum(counts)
    starts = ends - counts
    low, high = np.minimum.reduceat(points, starts), np.maximum.reduceat(points, starts)
    areas: list[float] = _areas(points, starts, counts).tolist()
    for place in np.flatnonzero(counts > _MOST // 2).tolist():
        areas[place] = Rings([flats[place]]).area
    vertices: list[list[float]] = points.tolist()
    rings = (vertices[start:end] for start, end in zip(starts.tolist(), ends.tolist(), strict=True))
    boxes = np.concatenate([low, array_rounded(high - low)], axis=1).tolist()
    rows = zip(flats, rings, areas, np.concatenate([low, high], axis=1).tolist(), map(tidy, areas), boxes, strict=True)
    # Of a zero with a sign it depends on the order which of two is the least.
    is_plain = (np.abs(points) <= FARTHEST_PIXEL).all(1) & ~(np.signbit(points) & (points == 0)).any(1)
    for place, is_told, row in zip(places, np.logical_and.reduceat(is_plain, starts).tolist(), rows, strict=True):
        if is_told:
            row[-1][2:] = [int(side) if side.is_integer() else side for side in row[-1][2:]]
            found[place] = Outline(segmentations[place], *row)
    return found


def _is_ring(segmentation: Any) -> bool:
    """Tell whether a segmentation is a list of one list, which may be a ring."""
    if type(segmentation) is not list or len(segmentation) != 1 or type(segmentation[0]) is not list:
        return False
    count = len(segmentation[0])
    return count % 2 == 0 and count >= _FEWEST


def _in_floats(places: Iterable[int], flats: Iterable[list[Any]]) -> tuple[list[int], list[list[float]]]:
    """Return those rings that are numbers, as floats, and their places."""
    found = {
        place: [*map(float, flat)]
        for place, flat in zip(places, flats, strict=True)
        if _NUMBERS.issuperset(map(type, flat)) and max(flat) <= FARTHEST_PIXEL
    }
    return [*found], [*found.values()]


def _areas(points: NDArray[np.float64], starts: NDArray[np.int64], counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the area of each ring, shape (rings,), added up in the order in which `Rings` does it."""
    most = int(min(counts.max(), _MOST // 2))
    # What is behind the end of a ring is its first vertex, which adds nothing.
    steps = np.arange(most)
    rings = points[np.where(steps < counts[:, None], starts[:, None] + steps, starts[:, None])]
    x, y = np.moveaxis(rings - rings[:, :1], 2, 0)
    twice = np.cumsum(x[:, :-1] * y[:, 1:] - y[:, :-1] * x[:, 1:], axis=1)[:, -1]
    found: NDArray[np.float64] = np.abs(twice) / 2
    return found
