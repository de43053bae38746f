"""Images of CVAT of which every shape is a box with its label and nothing else, as most are: many of them at once.

`read`, `trees` and `write` say it of any shape, and what they say of these is the same. Continuous pixels, origin at
the outer corner of the first pixel.
"""

from __future__ import annotations

from itertools import chain, islice
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from annoconv_converters._pictures.columns import array_of, held, plain_columns
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
    found = [_told(image) for image in images]
    read = [(told, _size(image)) for image, told in zip(images, found, strict=True) if told is not None]
    counts = [len(labels) for (labels, _), _ in read]
    said = array_of(sides for (_, listed), _ in read for sides in listed)
    near, size = said[:, :2], array_rounded(said[:, 2:] - said[:, :2])
    pictured = np.array([size for _, size in read], np.float64).reshape(-1, 2).repeat(counts, axis=0)

    def is_same(sides: NDArray[np.float64]) -> NDArray[np.bool_]:
        is_rounded = ((near == array_rounded(near)) & (np.signbit(near) == (near < 0))).all(1)
        return np.asarray(is_rounded & (np.abs(sides - said) <= SAME).all(1))

    labels = [*chain.from_iterable(labels for (labels, _), _ in read)]
    plain = plain_columns(labels, np.concatenate([near, size], axis=1), pictured, counts, is_same)
    return (None if told is None else next(plain) for told in found)


def _told(image: Element) -> tuple[list[str], list[list[float]]] | None:
    """Return labels and sides of the boxes of an image; None if one of its shapes is more, or there is none."""
    said = [shape.attrib for shape in image]
    names = said[0].keys() if said else frozenset[str]()
    if not {"label", *SIDES} <= names <= BOX or any(each.keys() != names for each in said) or not _size(image)[0]:
        return None
    if {shape.tag for shape in image} != {"box"} or any(map(len, image)):
        return None
    if any(shape.text and shape.text.strip() for shape in image):
        return None
    if any(each[name] != usual for name, usual in USUAL.items() if name in names for each in said):
        return None
    labels = [each["label"] for each in said]
    if not all(map(str.strip, {*labels})):
        return None
    texts = [*map(_SIDES_OF, said)]
    if not is_in_digits("".join(chain.from_iterable(texts))):
        return None
    try:
        sides = [[*map(float, each)] for each in texts]
    except ValueError:
        return None
    return (labels, sides) if all(-_LARGEST < each < _LARGEST for each in chain.from_iterable(sides)) else None


def _size(image: Any) -> tuple[int, int]:
    """Return the width and height that an image states; zeros if it states none in digits."""
    width, height = image.get("width", ""), image.get("height", "")
    is_stated = f"{width}{height}".isascii() and width.isdecimal() and height.isdecimal() and len(width + height) < 20
    return (int(width), int(height)) if is_stated else (0, 0)
