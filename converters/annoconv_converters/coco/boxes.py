"""Records that are boxes and say little else, as most of a data set are: of many pictures at once, as columns.

What they say otherwise than what is drawn again of them can only be an area. `plain_picture` says of each record for
itself what it means, and the same of these. Continuous pixels, x = column, y = row, origin at the outer corner of the
first pixel. Authority: cocodataset.org/#format-data.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain, islice, repeat
from operator import itemgetter, ne
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from annoconv_converters._pictures.columns import Columns, array_of
from annoconv_converters._pictures.geometry import array_rounded
from annoconv_converters._pictures.records import Record, Shape
from annoconv_converters.coco.differences import digests_of
from annoconv_converters.coco.outlines import Outlined
from annoconv_converters.coco.records import key_of
from annoconv_converters.coco.stream import ANNOTATIONS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from annoconv_converters.coco.outlines import Outline

__all__ = ["DRAWN", "LARGEST", "DrawnSizes", "PlainColumns", "box_records", "drawn_of_sizes", "tidy_numbers"]

LARGEST: Final = 10**18
"""Of the ids of records: an annotation tells those below it by its own."""
DRAWN: Final[tuple[str, ...]] = ("segmentation", "area", "bbox", "id", "category_id", "iscrowd", "image_id")
"""Members of a record as it is drawn again, those first that say where it is."""
_NEEDED: Final = frozenset({"id", "category_id", "bbox"})
_NUMBERS: Final[frozenset[type]] = frozenset({int, float})
_KINDS: Final[dict[str, frozenset[type]]] = {
    "segmentation": frozenset({list}),
    "area": _NUMBERS,
    "bbox": frozenset({list}),
    "id": frozenset({int}),
    "category_id": frozenset({int}),
    "iscrowd": _NUMBERS,
    "image_id": frozenset({int, float, str}),
}
"""What the members are where a record is plain."""
_SIDES: Final = 4
_FAR: Final = 1e12
"""As `is_numbers` has it."""


@dataclass(slots=True)
class PlainColumns(Columns):
    """Records of a picture that are all boxes, or all outlines, of which the ids are whole numbers.

    Attributes
    ----------
    records, places
        The records, and where they stand among the annotations of their file.
    names
        Their members.
    others
        What those say otherwise than is drawn again, and a digest of what is drawn, by their ids.
    least, most
        The least coordinate of their corners, and the greatest of x and y; `least` is below zero too where an outline
        has not the area or the box that is stated.
    rings, measured
        Vertices of each, x and y, in place of sides; and the outlines that were measured.
    """

    records: Sequence[Record] = ()
    places: Sequence[int] = ()
    names: frozenset[str] = _NEEDED
    others: dict[str, Record] = field(default_factory=dict[str, Record])
    least: float = 0
    most: tuple[float, float] = (0, 0)
    rings: Sequence[list[list[float]]] = ()
    measured: Sequence[Outline] = ()

    def shapes(self) -> list[Shape]:
        """Return a shape of each."""
        rows = zip(self.records, self.places, self.measured or repeat(None), strict=False)
        return [
            Outlined(each, key=key_of(each), place=(ANNOTATIONS, place), outline=outline)
            for each, place, outline in rows
        ]


def box_records(pictures: Sequence[tuple[object, Sequence[Record], Sequence[int]]]) -> list[PlainColumns | None]:
    """Return the records of each picture, given its id, them and their places; None if one is no box, or says more.

    It is one if nothing is rounded in what is drawn again of it.
    """
    found: list[PlainColumns | None] = [None] * len(pictures)
    alike: dict[frozenset[str], list[int]] = {}
    for place, (_, records, _) in enumerate(pictures):
        names = _names_of(records)
        if names is not None:
            alike.setdefault(names, []).append(place)
    for names, places in alike.items():
        some = [pictures[place] for place in places]
        for place, boxes in zip(places, _together(some, names), strict=True):
            found[place] = boxes
    return found


def _names_of(records: Sequence[Record]) -> frozenset[str] | None:
    """Return the members of records that may be boxes, if all have the same; None of others, and of none."""
    names = {frozenset(each) for each in {*map(tuple, records)}}
    if len(names) != 1:
        return None
    (own,) = names
    is_outline = "segmentation" in own and any(each["segmentation"] for each in records)
    return None if is_outline or not _NEEDED <= own <= _KINDS.keys() else own


def _sizes_of(columns: dict[str, list[Any]]) -> NDArray[np.float64] | None:
    """Return the boxes of records, shape (records, 4); None if a member is not what it is where a record is plain."""
    if any(not {*map(type, values)} <= _KINDS[name] for name, values in columns.items()):
        return None
    boxes = columns["bbox"]
    if {*map(len, boxes)} != {_SIDES} or not {*map(type, chain.from_iterable(boxes))} <= _NUMBERS:
        return None
    try:
        return array_of(boxes)
    except OverflowError:
        return None


def _together(
    pictures: Sequence[tuple[object, Sequence[Record], Sequence[int]]], names: frozenset[str]
) -> Iterator[PlainColumns | None]:
    """Yield the boxes of pictures of which the records have the same members."""
    every = [*chain.from_iterable(records for _, records, _ in pictures)]
    columns = {name: [*map(itemgetter(name), every)] for name in names}
    sizes = _sizes_of(columns)
    if sizes is None:
        yield from chain.from_iterable(_together([each], names) for each in pictures) if len(pictures) > 1 else [None]
        return
    owners = [*chain.from_iterable(repeat(number, len(records)) for number, records, _ in pictures)]
    crowds: Iterable[float] = columns.get("iscrowd", repeat(0))
    rows = zip(columns["id"], columns.get("image_id", owners), owners, crowds, strict=False)
    are_plain = [0 < number < LARGEST and of == owner and crowd == 0 for number, of, owner, crowd in rows]
    near = sizes[:, :2]
    far, drawn, exact_areas, are_same = drawn_of_sizes(sizes)
    is_plain = are_plain & are_same
    counts = [len(records) for _, records, _ in pictures]
    starts = np.cumsum([0, *counts[:-1]])
    whole = np.logical_and.reduceat(is_plain, starts).tolist()
    least = np.minimum.reduceat(near.min(1), starts).tolist()
    most = np.maximum.reduceat(near + sizes[:, 2:], starts).tolist()
    areas = exact_areas.tolist()
    others = _others(columns, areas, near.tolist(), drawn.tolist())
    sides = iter(np.concatenate([near, far], axis=1).tolist())
    start = 0
    for (_, records, places), is_whole, low, (right, bottom) in zip(pictures, whole, least, most, strict=True):
        own = [*islice(sides, len(records))]
        end = start + len(records)
        if is_whole:
            numbers, classes = columns["id"][start:end], columns["category_id"][start:end]
            told = {str(columns["id"][place]): others[place] for place in range(start, end) if place in others}
            yield PlainColumns(
                numbers, classes, own, records=records, places=places, names=names, others=told, least=low,
                most=(right, bottom),
            )  # fmt: skip
        else:
            yield None
        start = end


class DrawnSizes(NamedTuple):
    """What is read of boxes and drawn again of that, with as many rows.

    Attributes
    ----------
    far
        `x_max, y_max`, shape (boxes, 2).
    sizes, areas
        Width and height, shape (boxes, 2), and area of what is drawn.
    is_plain
        Whether the numbers of the box are those that were there, and not too large.
    """

    far: NDArray[np.float64]
    sizes: NDArray[np.float64]
    areas: NDArray[np.float64]
    is_plain: NDArray[np.bool_]


def drawn_of_sizes(boxes: NDArray[np.float64]) -> DrawnSizes:
    """Return what is read of boxes, `x, y, width, height`, shape (boxes, 4), and drawn again of that."""
    near, sizes = boxes[:, :2], boxes[:, 2:]
    far = np.maximum(array_rounded(near + sizes), near)
    exact = far - near
    drawn = array_rounded(exact)
    is_near = (np.abs(near) < _FAR) & (sizes >= 0) & (sizes < _FAR) & (near + sizes < _FAR)
    is_plain = (is_near & (drawn == sizes) & ~(np.signbit(near) & (near == 0))).all(1)
    return DrawnSizes(far, drawn, array_rounded(exact[:, 0] * exact[:, 1]), is_plain)


def _others(
    columns: dict[str, list[Any]], areas: list[float], near: list[list[float]], sizes: list[list[float]]
) -> dict[int, Record]:
    """Return what records say of their area otherwise than it is drawn again, by their places."""
    stated = columns.get("area", areas)
    places = [place for place, is_other in enumerate(map(ne, stated, areas)) if is_other]
    digests = digests_of(
        [[[], *tidy_numbers([areas[place]]), [*near[place], *tidy_numbers(sizes[place])]] for place in places]
    )
    return {
        place: {"fields": {"area": stated[place]}, "of": digest} for place, digest in zip(places, digests, strict=True)
    }


def tidy_numbers(numbers: Iterable[float]) -> list[float]:
    """Return rounded numbers, whole ones as integers."""
    return [int(number) if number.is_integer() else number for number in numbers]
