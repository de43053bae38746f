"""Records of one polygon each, as most outlines are: measured together, whatever pictures they are of.

`Rings` says the same of the ring of one record, `agrees` of what it states, and `digest_of` of what is drawn of it.
Continuous pixels, x = column, y = row, origin at the outer corner of the first pixel. Authority:
cocodataset.org/#format-data.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

import numpy as np

from annoconv.documents.collector import collector_paused
from annoconv_converters._pictures.geometry import array_rounded, is_numbers, tidy
from annoconv_converters._pictures.records import Shape
from annoconv_converters._raster.polygons import FARTHEST_PIXEL, Rings
from annoconv_converters.coco.check import AREA_SLACK, PIXEL_SLACK
from annoconv_converters.coco.differences import digest_of, digests_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

__all__ = ["Outline", "Outlined", "digest_by", "outlines_of"]

Record: TypeAlias = "dict[str, Any]"

_NUMBERS: Final = frozenset({int, float})
_FLOATS: Final[set[type]] = {float}
_FEWEST, _MOST = 6, 64
"""Numbers of a ring: three vertices; those of which `Rings` adds up the area one after the other."""
_TOGETHER: Final = 1000
"""Records that are measured at a time."""


class _Drawn:
    """What is drawn of outlines that were measured together.

    Parameters
    ----------
    rows
        Ring, area and box of each.
    """

    def __init__(self, rows: list[tuple[list[float], float, list[float]]]) -> None:
        self._rows = rows

    @cached_property
    def digests(self) -> list[str]:
        """That of the record of each, as `digest_of` has it."""
        return digests_of([[[flat], area, box] for flat, area, box in self._rows])


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
    reach
        Least and greatest x and y of the outline and of the box in its record, `x_min, y_min, x_max, y_max`, if that
        states this box and this area.
    together, place
        What is drawn of it and others, and which of them it is.
    """

    segmentation: Any
    flat: list[float]
    polygon: list[list[float]]
    area: float
    sides: list[float]
    drawn_area: float
    drawn_box: list[float]
    reach: list[float] | None
    together: _Drawn
    place: int

    @property
    def digest(self) -> str:
        """That of the record that is drawn of it, as `digest_of` has it."""
        return self.together.digests[self.place]

    def digest_in(self, record: Record) -> str:
        """Return that of a record, which is this one's if the record is where it was drawn of it."""
        is_drawn = (
            record.get("segmentation") is self.segmentation
            and record.get("area") is self.drawn_area
            and record.get("bbox") is self.drawn_box
            and "keypoints" not in record
        )
        return self.digest if is_drawn else digest_of(record)


@dataclass(slots=True)
class Outlined(Shape):
    """A shape of which the outline may be known.

    Attributes
    ----------
    outline
        That of its record, if it was measured.
    """

    outline: Outline | None = None


def digest_by(shape: Shape) -> Callable[[Record], str]:
    """Return what makes the digest of a record drawn of a shape: `digest_of`, or its outline, which knows it."""
    outline = shape.outline if isinstance(shape, Outlined) else None
    return digest_of if outline is None else outline.digest_in


@collector_paused()
def outlines_of(records: Sequence[Record]) -> list[Outline | None]:
    """Return the outlines of records; None where the `segmentation` is more or less than one polygon."""
    parts = (records[first : first + _TOGETHER] for first in range(0, len(records), _TOGETHER))
    return [*chain.from_iterable(map(_outlines, parts))]


def _outlines(records: Sequence[Record]) -> list[Outline | None]:
    found: list[Outline | None] = [None] * len(records)
    segmentations: list[Any] = [each.get("segmentation") for each in records]
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
    sides = np.concatenate([np.minimum.reduceat(points, starts), np.maximum.reduceat(points, starts)], axis=1)
    areas = _areas(points, starts, counts)
    for place in np.flatnonzero(counts > _MOST // 2).tolist():
        areas[place] = Rings([flats[place]]).area
    vertices: list[list[float]] = points.tolist()
    rings = (vertices[start:end] for start, end in zip(starts.tolist(), ends.tolist(), strict=True))
    boxes = np.concatenate([sides[:, :2], array_rounded(sides[:, 2:] - sides[:, :2])], axis=1).tolist()
    # Of a zero with a sign it depends on the order which of two is the least.
    is_plain = (np.abs(points) <= FARTHEST_PIXEL).all(1) & ~(np.signbit(points) & (points == 0)).any(1)
    told = np.flatnonzero(np.logical_and.reduceat(is_plain, starts)).tolist()
    for place in told:
        boxes[place][2:] = [int(side) if side.is_integer() else side for side in boxes[place][2:]]
    exact = areas.tolist()
    drawn = [*map(tidy, exact)]
    reaches = _reaches([records[place] for place in places], areas, sides)
    own = [segmentations[place] for place in places]
    rows = [*zip(own, flats, rings, exact, sides.tolist(), drawn, boxes, reaches, strict=True)]
    together = _Drawn([(flats[place], drawn[place], boxes[place]) for place in told])
    for rank, place in enumerate(told):
        found[places[place]] = Outline._make((*rows[place], together, rank))
    return found


def _reaches(records: list[Record], areas: NDArray[np.float64], sides: NDArray[np.float64]) -> list[list[float] | None]:
    """Return how far outline and box reach where a record states the area and the box that its outline has."""
    found: list[list[float] | None] = [None] * len(records)
    boxes = [each.get("bbox") for each in records]
    stated = [[each.get("area"), *box] if type(box) is list else [] for each, box in zip(records, boxes, strict=True)]
    places = [place for place, numbers in enumerate(stated) if is_numbers(numbers, 5)]
    numbers = np.array([stated[place] for place in places], np.float64).reshape(-1, 5)
    area, own = areas[places], sides[places]
    box = np.concatenate([numbers[:, 1:3], numbers[:, 1:3] + numbers[:, 3:]], axis=1)
    is_near = np.abs(numbers[:, 0] - area) <= np.maximum(AREA_SLACK * area, PIXEL_SLACK)
    is_near &= (np.abs(box - own) <= PIXEL_SLACK).all(1)
    reaches = np.concatenate([np.minimum(box, own)[:, :2], np.maximum(box, own)[:, 2:]], axis=1)[is_near]
    for place, reach in zip(np.asarray(places, np.int64)[is_near].tolist(), reaches.tolist(), strict=True):
        found[place] = reach
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
