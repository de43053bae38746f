"""Boxes of a picture as columns, as most records of data sets are: texts and numbers in place of a shape for each.

Continuous pixels, x = column, y = row, origin at the outer corner of the first pixel.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from annoconv.documents import strict_json
from annoconv_converters._pictures.geometry import array_rounded, box_to_record, is_numbers, tidy
from annoconv_converters._pictures.records import Picture, Record, Shape
from annoconv_converters._pictures.said import digests_of_boxes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from annoconv.documents.residuals import Path

__all__ = [
    "BOX", "PIXEL_SLACK", "BoxPicture", "Columns", "array_of", "box_picture", "classes_of", "drawn_ids", "held",
    "keys_of", "measured", "of_many", "plain_columns", "row_texts",
]  # fmt: skip

BOX: Final = "bbox"
"""Type of an annotation."""
_OF_BOX: Final = frozenset({"id", "category_id", BOX})
_LARGEST: Final = 1e12
"""As `is_numbers` has it."""
_SMALLEST_ALIKE: Final = 1e-4
"""Of the numbers that have an exponent neither in Python nor in JSON."""
PIXEL_SLACK: Final = 0.5
"""Pixels: shares and per cent are rounded, and some tools put corners on the last pixel, not behind it."""


@dataclass(slots=True)
class Columns:
    """Records that are a class and a box and say nothing else.

    Attributes
    ----------
    numbers
        Their ids: those of annotations until a file numbers them.
    classes
        Their `category_id`s: label codes until a file numbers them.
    sides
        `x_min, y_min, x_max, y_max` of each: of boxes that are drawn; of those that are read, once they are measured,
        as a reader has them, empty of what is no box to it.
    ids
        Of the annotations that are drawn; none of what is read.
    sizes
        Of boxes that are read: `x, y, width, height` of each.
    outlines
        Once they are measured: digests of each outline, exactly and to a hundredth, as `said_of` takes them.
    keys
        What our own files say of boxes that are read.
    above
        Steps to what holds such boxes in their file's tree, where each is at its place; none if they stand nowhere.
    more
        Other fields of the annotations that all of those that were read are, as `Shape` has them.
    is_plain
        Whether those that were read have sides and an area, lie within their picture, and are written again with the
        numbers that their file has.
    """

    numbers: Sequence[Any]
    classes: list[Any]
    sides: list[list[float]] = field(default_factory=list[list[float]])
    ids: Sequence[str] = ()
    sizes: list[list[float]] = field(default_factory=list[list[float]])
    outlines: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    keys: Sequence[Record] = ()
    above: Path = ()
    more: Record = field(default_factory=dict[str, Any])
    is_plain: bool = False

    def shapes(self) -> list[Shape]:
        """Return a shape of each."""
        drawn: list[Record] = [{"id": each, "type": BOX} for each in self.ids]
        keys: Sequence[Record] = self.keys or drawn or [{} for _ in self.numbers]
        sizes = map(box_to_record, self.sides) if self.ids else ([*map(tidy, size)] for size in self.sizes)
        rows = zip(self.numbers, self.classes, sizes, keys, strict=True)
        return [
            Shape(
                {"id": number, "category_id": of, BOX: size},
                more={**self.more},
                key=key,
                place=(*self.above, place) if self.above else (),
            )
            for place, (number, of, size, key) in enumerate(rows)
        ]


class BoxPicture(Picture):
    """A picture with boxes that are columns until its shapes are asked for, and then those alone.

    Attributes
    ----------
    columns
        The boxes, as long as they are columns.
    """

    columns: Columns | None = None
    _shapes: list[Shape]

    @property
    def shapes(self) -> list[Shape]:
        if self.columns is not None:
            self._shapes = self.columns.shapes()
            self.columns = None
        return self._shapes

    @shapes.setter
    def shapes(self, shapes: list[Shape]) -> None:  # pyright: ignore[reportIncompatibleVariableOverride]  # a field
        self.columns, self._shapes = None, shapes


def box_picture(record: Record, columns: Columns, **more: Any) -> BoxPicture:
    """Return a picture that was read with boxes; `more` as `Picture` takes it."""
    picture = BoxPicture(record, is_unsized=True, **more)
    picture.columns = columns
    return picture


def held(picture: Picture) -> Columns | None:
    """Return the records of a picture that are columns still; None if they are shapes."""
    return picture.columns if isinstance(picture, BoxPicture) else None


def keys_of(picture: Picture) -> Iterable[Record]:
    """Return what our own files say of the records of a picture, empty of one of which they say nothing."""
    columns = held(picture)
    if columns is None:
        return [shape.key for shape in picture.shapes]
    return columns.keys or [{}] * len(columns.classes)


def classes_of(picture: Picture) -> Iterable[Any]:
    """Return the `category_id` of each record of a picture."""
    columns = held(picture)
    return [shape.record.get("category_id") for shape in picture.shapes] if columns is None else columns.classes


def drawn_ids(picture: Picture) -> Iterable[str]:
    """Return the ids of the annotations that are drawn on a picture."""
    columns = held(picture)
    return [shape.key["id"] for shape in picture.shapes] if columns is None else columns.ids


def _columns_of(picture: Picture) -> Columns | None:
    """Return the records of a picture as columns; None if one is more than a box."""
    columns = held(picture)
    if columns is not None:
        return columns
    shapes = picture.shapes
    for shape in shapes:
        record = shape.record
        if (
            shape.geometry is not None
            or shape.more
            or not record.keys() <= _OF_BOX
            or not is_numbers(record.get(BOX), 4)
        ):
            return None
    records = [shape.record for shape in shapes]
    sizes = [each[BOX] for each in records]
    return Columns([each.get("id") for each in records], [each.get("category_id") for each in records], sizes=sizes)


def array_of(rows: Iterable[Sequence[float]]) -> NDArray[np.float64]:
    """Return rows of four numbers as an array, shape (rows, 4)."""
    return np.fromiter(chain.from_iterable(rows), np.float64).reshape(-1, 4)


def measured(pictures: Iterable[Picture]) -> list[Columns | None]:
    """Return the boxes that were read on each picture, with their sides and outlines; None where a record is more."""
    found = [_columns_of(picture) for picture in pictures]
    several = [each for each in found if each is not None and each.sizes]
    sizes = array_of(size for each in several for size in each.sizes)
    near, far = sizes[:, :2], array_rounded(sizes[:, :2] + sizes[:, 2:])
    is_box = (np.abs(near) < _LARGEST).all(1) & (sizes[:, 2:] >= 0).all(1) & (sizes[:, 2:] < _LARGEST).all(1)
    sides = _sides(near, far).tolist()
    for place in np.flatnonzero(~is_box).tolist():
        sides[place] = []
    rough = np.concatenate([array_rounded(near, 2), array_rounded(far, 2)], axis=1)
    outlines = zip(*(digests_of_boxes(row_texts(each, ", ")) for each in (sizes, rough)), strict=True)
    rows = zip(sides, outlines, strict=True)
    for each in several:
        own = [*islice(rows, len(each.sizes))]
        each.sides, each.outlines = [row for row, _ in own], [told for _, told in own]
    return found


def of_many(read: Callable[[list[Any]], Sequence[Any]], parts: Sequence[Sequence[Any]]) -> tuple[list[bool], list[Any]]:
    """Return which parts are understood, and what the members of these say, one part after another.

    Parameters
    ----------
    read
        From members to what they say; to nothing if one of them is not understood. It is asked of all parts at once,
        and of each only where one is not.
    parts
        Such as the lines of each picture. One without members is not understood.
    """
    found = read([*chain.from_iterable(parts)]) if any(parts) else ()
    if found:
        return [*map(bool, parts)], [*found]
    each = [read([*part]) if part else () for part in parts]
    return [*map(bool, each)], [*chain.from_iterable(each)]


def plain_columns(
    classes: Sequence[Any],
    sizes: NDArray[np.float64],
    pictured: NDArray[np.float64],
    counts: Sequence[int],
    is_same: Callable[[NDArray[np.float64]], NDArray[np.bool_]],
) -> Iterator[Columns | None]:
    """Yield the boxes of each picture that were read, without numbers; None where one is not so plain.

    Parameters
    ----------
    classes
        Of all boxes.
    sizes
        `x, y, width, height` of each, rounded, shape (boxes, 4).
    pictured
        Width and height of the picture of each, shape (boxes, 2).
    counts
        How many boxes each picture has, one at least.
    is_same
        From their sides, shape (boxes, 4), to whether each is written again with the numbers that its file has.
    """
    near, far = sizes[:, :2], array_rounded(sizes[:, :2] + sizes[:, 2:])
    sides = _sides(near, far)
    is_plain = (sizes[:, 2:] > 0).all(1) & (near >= -PIXEL_SLACK).all(1) & (far <= pictured + PIXEL_SLACK).all(1)
    rows = zip(classes, sizes.tolist(), sides.tolist(), (is_plain & is_same(sides)).tolist(), strict=True)
    for count in counts:
        of, told, places, are_plain = zip(*islice(rows, count), strict=True)
        yield Columns((), [*of], [*places], sizes=[*told], is_plain=True) if all(are_plain) else None


def _sides(near: NDArray[np.float64], far: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.concatenate([near, np.maximum(far, near)], axis=1)


def row_texts(rows: NDArray[np.float64], between: str) -> list[str]:
    """Return the numbers of each row as Python writes them, given what stands between two."""
    sizes, numbers = np.abs(rows), rows.tolist()
    # Very small and very large numbers are others in JSON.
    is_usual = not (((sizes < _SMALLEST_ALIKE) & (sizes > 0)) | (sizes >= _LARGEST)).any()
    text = strict_json.dumps(numbers).decode()[2:-3] if is_usual else f"{numbers}"[2:-2].replace(" ", "")
    return text.replace("],[", "\n").replace(",", between).split("\n")
