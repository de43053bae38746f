"""Images of CVAT of which every shape is a box with its label and nothing else, as most are: many of them at once.

`read`, `trees` and `write` say it of any shape, and what they say of these is the same. Continuous pixels, origin at
the outer corner of the first pixel.
"""

from __future__ import annotations

from itertools import chain, compress, islice
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from annoconv_converters._pictures.columns import array_of, held, of_many, plain_columns
from annoconv_converters._pictures.file_losses import SAME
from annoconv_converters._pictures.geometry import array_rounded
from annoconv_converters._xml import is_in_digits

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from xml.etree.ElementTree import Element

    from numpy.typing import NDArray

    from annoconv_converters._pictures.columns import Columns
    from annoconv_converters._pictures.records import Picture

__all__ = ["BOX", "SIDES", "USUAL", "boxes_of", "drawn_boxes"]

SIDES: Final = ("xtl", "ytl", "xbr", "ybr")
USUAL: Final = {"source": "manual", "occluded": "0", "z_order": "0"}
BOX: Final = frozenset({"label", *USUAL, *SIDES})
"""Attributes of a box, and those that say nothing of it."""
_SIDES_OF: Final = itemgetter(*SIDES)
_LARGEST: Final = 1e12
"""As `is_numbers` has it."""


def drawn_boxes(pictures: Sequence[Picture]) -> Iterator[list[dict[str, str]]]:
    """Yield the sides of the boxes of each picture that holds boxes as columns, as attributes of their elements."""
    drawn = [columns.sides for columns in map(held, pictures) if columns is not None]
    sides = array_of(chain.from_iterable(drawn))
    near = sides[:, :2]
    ends = array_rounded(near + array_rounded(sides[:, 2:] - near))
    is_whole = (ends >= near) & (ends == np.floor(ends))
    far = np.maximum(ends, near).tolist()
    rows = zip(near.tolist(), far, is_whole.tolist(), strict=True)
    for each in drawn:
        yield [
            dict(zip(SIDES, (*map(str, first), *map(_written, last, whole)), strict=True))
            for first, last, whole in islice(rows, len(each))
        ]


def _written(number: float, is_whole: bool) -> str:
    """Return a number as `far_side` gives it."""
    return str(int(number) if is_whole else number)


def boxes_of(images: Sequence[Element]) -> Iterator[Columns | None]:
    """Yield the boxes of each image, their labels as classes; None if a shape is more, or the size is not stated."""
    sizes = [*map(_size, images)]
    are_boxes, told = of_many(_told, [[*image] if size[0] else [] for image, size in zip(images, sizes, strict=True)])
    counts = [*map(len, compress(images, are_boxes))]
    said = array_of(sides for _, sides in told)
    near, size = said[:, :2], array_rounded(said[:, 2:] - said[:, :2])
    pictured = np.array([*compress(sizes, are_boxes)], np.float64).reshape(-1, 2).repeat(counts, axis=0)

    def is_same(sides: NDArray[np.float64]) -> NDArray[np.bool_]:
        is_rounded = ((near == array_rounded(near)) & (np.signbit(near) == (near < 0))).all(1)
        return np.asarray(is_rounded & (np.abs(sides - said) <= SAME).all(1))

    labels = [label for label, _ in told]
    plain = plain_columns(labels, np.concatenate([near, size], axis=1), pictured, counts, is_same)
    return (next(plain) if are else None for are in are_boxes)


def _told(shapes: Sequence[Element]) -> list[tuple[str, list[float]]]:
    """Return label and sides of each shape; none if one of them is more than a box."""
    said = [shape.attrib for shape in shapes]
    names = said[0].keys()
    if not {"label", *SIDES} <= names <= BOX or any(each.keys() != names for each in said):
        return []
    if {shape.tag for shape in shapes} != {"box"} or any(map(len, shapes)):
        return []
    if any(map(str.strip, {shape.text or "" for shape in shapes})):
        return []
    if any({each[name] for each in said} != {usual} for name, usual in USUAL.items() if name in names):
        return []
    labels = [each["label"] for each in said]
    if not all(map(str.strip, {*labels})):
        return []
    texts = [*map(_SIDES_OF, said)]
    if not is_in_digits("".join(chain.from_iterable(texts))):
        return []
    try:
        sides = [[*map(float, each)] for each in texts]
    except ValueError:
        return []
    numbers = [*chain.from_iterable(sides)]
    return [*zip(labels, sides, strict=True)] if -_LARGEST < min(numbers) <= max(numbers) < _LARGEST else []


def _size(image: Any) -> tuple[int, int]:
    """Return the width and height that an image states; zeros if it states none in digits."""
    width, height = image.get("width", ""), image.get("height", "")
    is_stated = f"{width}{height}".isascii() and width.isdecimal() and height.isdecimal() and len(width + height) < 20
    return (int(width), int(height)) if is_stated else (0, 0)
