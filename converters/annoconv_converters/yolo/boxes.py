"""Lines that are boxes, of many pictures at once: as they are written, what these are read as, and those of any file.

`write` and `lines` say it of any record, and what both say is the same: a number that is written as Python has it is
read as that very number, so nothing of ours is parsed again. Shares of a picture's width and height;
continuous pixels, origin at the outer corner.
"""

from __future__ import annotations

from itertools import chain, compress, islice
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

__all__ = ["boxes_of", "lines_of", "sizes_of"]

_LINE: Final = 5
"""Numbers of a line: a class, and shares of a box."""
_LONGEST: Final = 1 << 10
"""Characters of a line that is looked at with others."""


def lines_of(pictures: Sequence[Picture], classes: Mapping[Any, int]) -> Iterator[str]:
    """Yield the lines of each picture that holds boxes as columns, given the numbers of the classes."""
    shares, _ = _shares(pictures)
    texts = iter(row_texts(shares, " "))
    for columns in filter(None, map(held, pictures)):
        yield "".join([f"{classes[of]} {text}\n" for of, text in zip(columns.classes, texts, strict=False)])


def sizes_of(pictures: Sequence[Picture]) -> Iterator[list[list[float]]]:
    """Yield `x, y, width, height` of the boxes of each such picture as its lines are read."""
    shares, scale = _shares(pictures)
    rows = iter(_sizes(shares * scale).tolist())
    for columns in filter(None, map(held, pictures)):
        yield [*islice(rows, len(columns.classes))]


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


def _shares(pictures: Sequence[Picture]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return centre and size of all boxes as shares of their pictures, and the width and height of these, twice."""
    boxes = [(columns.sides, picture.record) for picture in pictures if (columns := held(picture)) is not None]
    sides = array_of(chain.from_iterable(each for each, _ in boxes))
    near, size = sides[:, :2], array_rounded(sides[:, 2:] - sides[:, :2])
    pictured = array_of([record["width"], record["height"]] * 2 for _, record in boxes)
    scale = pictured.repeat([len(each) for each, _ in boxes], axis=0)
    shares = np.concatenate([near + size / 2, size], axis=1) / scale
    return np.where(shares < 0, 0.0, np.where(shares > 1, 1.0, shares)), scale
