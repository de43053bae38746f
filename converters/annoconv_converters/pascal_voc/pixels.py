"""How files of Pascal VOC count pixels, and what colours number in their masks.

Authority: the VOC2012 development kit, `VOClabelcolormap`.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from xml.etree.ElementTree import Element

    from numpy.typing import NDArray

__all__ = ["numbers_of_colours", "origin_of"]

_FIRST: Final = ("xmin", "ymin")
_BITS: Final = 8
_DATABASE: Final = "The VOC"
"""What the data sets of the challenge name their database."""


def origin_of(roots: Iterable[Element]) -> int | None:
    """Return what the pixels of files are counted from, as their boxes show; None if nothing shows it.

    Of many boxes some touch an edge: one that begins below 1 cannot count from 1, and one that begins at 1 touches the
    edge if none begins below. Where both are met the files are taken for what VOC says, so that the first are refused.
    """
    least = 1.0
    for root in roots:
        begins = [number for box in root.iter("bndbox") for number in _first_of(box)]
        is_ours = (root.findtext("source/database") or "").strip().startswith(_DATABASE)
        if is_ours or 1 in begins or min(begins, default=1) < 0:
            return 1
        least = min([least, *begins])
    return 0 if least < 1 else None


def _first_of(box: Element) -> Iterator[float]:
    for side in _FIRST:
        with suppress(ValueError):
            yield float(box.findtext(side) or "")


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
