"""What every metric asks of its arrays: two masks or label maps of one shape, and the spacing in the order of axes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from annoconv.errors import GeometryError, MaskError, UsageError
from annoconv.messages import Message

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

__all__ = ["blocks", "check_pair", "check_spacing", "voxel_size"]

_BLOCK: Final = 1 << 18
"""Voxels that are looked at together: a processor's cache holds them."""


def check_pair(reference: NDArray[Any], other: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return two label maps as unsigned or bool arrays; nothing is copied.

    Raises
    ------
    GeometryError
        If their shapes differ, or they have neither two nor three axes.
    MaskError
        If one holds fractions or negative numbers.
    """
    if reference.shape != other.shape or reference.ndim not in {2, 3}:
        raise GeometryError(
            "two masks are compared voxel by voxel, on one grid",
            found=other.shape,
            expected=str(reference.shape),
            advice="Bring both onto one grid first",
        )
    return _labels(reference), _labels(other)


def _labels(array: NDArray[Any]) -> NDArray[Any]:
    if array.dtype.kind in "bu":
        return array
    if array.dtype.kind == "i" and (array.size == 0 or array.min() >= 0):
        return array.view(np.dtype(f"u{array.dtype.itemsize}").newbyteorder(array.dtype.byteorder))
    raise MaskError(
        "a metric of regions takes labels, whole numbers from 0",
        found=str(array.dtype),
        advice="Threshold fractions first",
        expected=Message("bool or whole numbers"),
    )


def check_spacing(spacing: Sequence[float], axes: int) -> tuple[float, ...]:
    """Return a spacing as floats; UsageError unless it has one positive number of mm for each axis of the array."""
    told = tuple(float(each) for each in spacing)
    if len(told) != axes or not all(math.isfinite(each) and each > 0 for each in told):
        raise UsageError(
            "the spacing has one positive number of mm for each axis of the array, in the order of its axes",
            found=list(told),
            expected=axes,
            advice="Of an array (k, j, i): slice, row, column",
        )
    return told


def voxel_size(spacing: Sequence[float]) -> tuple[float, str]:
    """Return the size of one voxel and its unit: mL of a volume, mm2 of a picture."""
    size = math.prod(spacing)
    return (size / 1000, "mL") if len(spacing) == 3 else (size, "mm2")


def blocks(*arrays: NDArray[Any]) -> Iterator[tuple[NDArray[Any], ...]]:
    """Yield arrays of one shape piece by piece, flat, in C-order."""
    first = arrays[0]
    row = max(math.prod(first.shape[1:]), 1)
    step = max(_BLOCK // row, 1)
    for start in range(0, len(first), step):
        yield tuple(each[start : start + step].ravel() for each in arrays)
