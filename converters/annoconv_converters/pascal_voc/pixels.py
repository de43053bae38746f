"""How files of Pascal VOC count pixels, and what colours number in their masks.

Authority: the VOC2012 development kit, `VOClabelcolormap`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from numpy.typing import NDArray

__all__ = ["begins_at_one", "numbers_of_colours"]

_FIRST: Final = ("xmin", "ymin")
_BITS: Final = 8


def begins_at_one(root: Element) -> bool:
    """Tell whether a box of a file begins at pixel 1, the first of VOC: of many boxes, some touch an edge."""
    return any((box.findtext(side) or "").strip() in {"1", "1.0"} for box in root.iter("bndbox") for side in _FIRST)


def numbers_of_colours(pixels: NDArray[np.uint8]) -> NDArray[np.uint8] | None:
    """Return the numbers of the colours of the palette of VOC; None if there are others.

    Bit by bit, the number is dealt out to red, green and blue, from their highest bits down.

    Parameters
    ----------
    pixels
        Shape (rows, columns, 3), uint8.

    Returns
    -------
    ndarray, shape (rows, columns), uint8
    """
    numbers = np.arange(1 << _BITS, dtype=np.int64)
    palette = np.zeros((1 << _BITS, 3), np.int64)
    for place in range(_BITS):
        for channel in range(3):
            palette[:, channel] |= ((numbers >> (3 * place + channel)) & 1) << (_BITS - 1 - place)
    weights = np.array([1 << 16, 1 << 8, 1])
    keys, wanted = palette @ weights, pixels.astype(np.int64) @ weights
    order = np.argsort(keys)
    at = np.searchsorted(keys[order], wanted).clip(0, len(keys) - 1)
    found = order[at]
    return found.astype(np.uint8) if np.array_equal(keys[found], wanted) else None
