"""Lines of pictures that hold boxes as columns, for all of them at once, and what these are read as.

`write` and `lines` say it of any record, and what both say is the same: a number that is written as Python has it is
read as that very number, so nothing is parsed again. Shares of a picture's width and height; continuous pixels, origin
at the outer corner.
"""

from __future__ import annotations

from itertools import chain, islice
from typing import TYPE_CHECKING, Any

import numpy as np

from annoconv_converters._pictures.columns import array_of, held, row_texts
from annoconv_converters._pictures.geometry import array_rounded

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from annoconv_converters._pictures.records import Picture

__all__ = ["lines_of", "sizes_of"]


def lines_of(pictures: Sequence[Picture], classes: Mapping[Any, int]) -> Iterator[str]:
    """Yield the lines of each picture that holds boxes as columns, given the numbers of the classes."""
    shares, _ = _shares(pictures)
    texts = iter(row_texts(shares, " "))
    for columns in filter(None, map(held, pictures)):
        yield "".join([f"{classes[of]} {text}\n" for of, text in zip(columns.classes, texts, strict=False)])


def sizes_of(pictures: Sequence[Picture]) -> Iterator[list[list[float]]]:
    """Yield `x, y, width, height` of the boxes of each such picture as its lines are read."""
    shares, scale = _shares(pictures)
    centre, size = (shares * scale)[:, :2], (shares * scale)[:, 2:]
    rows = iter(np.concatenate([array_rounded(centre - size / 2), array_rounded(size)], axis=1).tolist())
    for columns in filter(None, map(held, pictures)):
        yield [*islice(rows, len(columns.classes))]


def _shares(pictures: Sequence[Picture]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return centre and size of all boxes as shares of their pictures, and the width and height of these, twice."""
    boxes = [(columns.sides, picture.record) for picture in pictures if (columns := held(picture)) is not None]
    sides = array_of(chain.from_iterable(each for each, _ in boxes))
    near, size = sides[:, :2], array_rounded(sides[:, 2:] - sides[:, :2])
    pictured = array_of([record["width"], record["height"]] * 2 for _, record in boxes)
    scale = pictured.repeat([len(each) for each, _ in boxes], axis=0)
    shares = np.concatenate([near + size / 2, size], axis=1) / scale
    return np.where(shares < 0, 0.0, np.where(shares > 1, 1.0, shares)), scale
