"""Masks interpolated onto another grid, which is done only when it is asked for, and recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from annoconv.geometry import Grid

__all__ = ["resample"]

_SLICES_AT_ONCE: Final = 16
"""Slices that are interpolated together, so that the fractions of one label need little memory."""
_HALF: Final = 0.5
"""Share of a voxel that a label must fill to own it."""


def resample(labels_kji: NDArray[Any], moving: Grid, fixed: Grid, method: Literal["nearest", "linear"]) -> NDArray[Any]:
    """Return labels, a mask, or fractions of the moving grid at the voxel centres of the fixed one.

    Parameters
    ----------
    labels_kji
        Bool, unsigned, or float from 0 to 1, on `moving`.
    moving, fixed
        Grids in one frame of reference.
    method
        `nearest` takes the nearest voxel. `linear` interpolates; of a label its share of the voxel, which is the
        label's where that share is at least one half and the largest.

    Returns
    -------
    ndarray, shape `fixed.shape_kji`, same dtype
        0 outside the moving grid.
    """
    moving_from_fixed = np.linalg.solve(moving.affine, fixed.affine)
    # SciPy speaks (k, j, i), and is slow to import, so it is imported only here.
    matrix, offset = moving_from_fixed[2::-1, 2::-1], moving_from_fixed[2::-1, 3]
    placed = np.zeros(fixed.shape_kji, dtype=labels_kji.dtype)
    is_linear = method == "linear"
    values = [] if labels_kji.dtype.kind == "f" or not is_linear else [v for v in np.unique(labels_kji) if v]
    for start in range(0, fixed.shape[2], _SLICES_AT_ONCE):
        part = placed[start : start + _SLICES_AT_ONCE]
        shift = offset + matrix[:, 0] * start
        if not values:
            part[...] = _transformed(labels_kji, matrix, shift, part.shape, is_linear)
            continue
        best = np.full(part.shape, _HALF, dtype=np.float32)
        for value in values:
            share = _transformed((labels_kji == value).astype(np.float32), matrix, shift, part.shape, True)
            is_more = (share >= best) & ((share > best) | (part == 0))
            part[is_more] = value
            best[is_more] = share[is_more]
    return placed


def _transformed(
    array: NDArray[Any], matrix: NDArray[Any], offset: NDArray[Any], shape: tuple[int, ...], is_linear: bool
) -> NDArray[Any]:
    from scipy.ndimage import affine_transform

    if array.dtype == np.bool_:
        array = array.view(np.uint8)
    order = 1 if is_linear else 0
    shift: Any = offset  # SciPy's annotation knows one number only
    found = affine_transform(array, matrix, shift, shape, order=order, mode="constant", cval=0)
    return np.asarray(found)
