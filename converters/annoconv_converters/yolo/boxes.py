"""Lines that are boxes, of many pictures at once: as they are written, what these are read as, and those of any file.

`write` and `lines` say it of any record, and what both say is the same: a number that is written as Python has it is
read as that very number, so nothing of ours is parsed again. Shares of a picture's width and height;
continuous pixels, origin at the outer corner.
"""

from __future__ import annotations

from itertools import chain, compress
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from annoconv_converters._pictures.columns import array_of, held, of_many, plain_columns, row_texts
from annoconv_converters._pictures.file_losses import SAME
from annoconv_converters._pictures.geometry import array_rounded
from annoconv_converters._xml import is_in_digits
from annoconv_converters.yolo.description import MOST_CLASSES
from annoconv_converters.yolo.lines import are_shares

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from annoconv_converters._pictures.columns import Columns
    from annoconv_converters._pictures.records import Picture

__all__ = ["Shares", "boxes_of"]

_LINE: Final = 5
"""Numbers of a line: a class, and shares of a box."""
_LONGEST: Final = 1 << 10
"""Characters of a line that is looked at with others."""


class Shares:
    """Boxes as shares of their pictures.

    Parameters
    ----------
    pictures
        Those that hold boxes as columns are written so.
    """

    def __init__(self, pictures: Sequence[Picture]) -> None:
        self._boxes = [columns for picture in pictures if (columns := held(picture)) is not None]
        sides = array_of(chain.from_iterable(each.sides for each in self._boxes))
        near, size = sides[:, :2], array_rounded(sides[:, 2:] - sides[:, :2])
        records = [picture.record for picture in pictures if held(picture) is not None]
        pictured = array_of([record["width"], record["height"]] * 2 for record in records)
        self._scale = pictured.repeat([len(each.sides) for each in self._boxes], axis=0)
        shares = np.concatenate([near + size / 2, size], axis=1) / self._scale
        self._shares = np.where(shares < 0, 0.0, np.where(shares > 1, 1.0, shares))

    def lines(self, classes: Mapping[Any, int]) -> Iterator[str]:
        """Yield the lines of each picture, given the numbers of the classes."""
        texts = iter(row_texts(self._shares, " "))
        for columns in self._boxes:
            yield "".join([f"{classes[of]} {text}\n" for of, text in zip(columns.classes, texts, strict=False)])

    def sizes(self) -> Iterator[NDArray[np.float64]]:
        """Yield `x, y, width, height` of the boxes of each picture as its lines are read, shape (boxes, 4)."""
        sizes, start = _sizes(self._shares * self._scale), 0
        for columns in self._boxes:
            end = start + len(columns.sides)
            yield sizes[start:end]
            start = end


def boxes_of(lines: Sequence[Sequence[str]], sizes: Sequence[tuple[int, int]]) -> Iterator[Columns | None]:
    """Yield what the lines of each picture are, if they are boxes within it and nothing else; None if one is more.

    Parameters
    ----------
    lines
        Of each picture.
    sizes
        Rows and columns of each.
    """
    are_boxes, numbers = of_many(_numbers, [each if all(size) else () for each, size in zip(lines, sizes, strict=True)])
    counts = [*map(len, compress(lines, are_boxes))]
    table = np.array(numbers).reshape(-1, _LINE)
    shares = table[:, 1:]
    scale = array_of([columns, rows] * 2 for rows, columns in compress(sizes, are_boxes)).repeat(counts, axis=0)

    def is_same(sides: NDArray[np.float64]) -> NDArray[np.bool_]:
        near, far = sides[:, :2], sides[:, 2:]
        again = np.concatenate([(near + far) / 2, far - near], axis=1) / scale
        return np.asarray((np.abs(again - shares) <= SAME).all(1))

    classes = [*map(int, table[:, 0].tolist())]
    plain = plain_columns(classes, _sizes(shares * scale), scale[:, :2], counts, is_same)
    return (next(plain) if are else None for are in are_boxes)


def _numbers(lines: Sequence[str]) -> list[float]:
    """Return class and shares of each line, one after another; none if a line is no box, or longer than one."""
    words = [line.split() for line in lines]
    if {*map(len, words)} != {_LINE} or max(map(len, lines)) > _LONGEST or not is_in_digits("".join(lines)):
        return []
    try:
        found = [*map(float, chain.from_iterable(words))]
    except ValueError:
        return []
    shares = [number for place in range(1, _LINE) for number in found[place::_LINE]]
    classes = found[::_LINE]
    are_classes = all(map(float.is_integer, classes)) and 0 <= min(classes) <= max(classes) < MOST_CLASSES
    return found if are_classes and are_shares(shares) else []


def _sizes(pixels: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return `x, y, width, height` of boxes, given centre and size of each in pixels, shapes (boxes, 4)."""
    centre, size = pixels[:, :2], pixels[:, 2:]
    return np.concatenate([array_rounded(centre - size / 2), array_rounded(size)], axis=1)
