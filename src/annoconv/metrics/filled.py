"""Outlines and masks of pictures as one kind of object: filled with pixels, or with a box around them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

__all__ = ["box_around", "filled", "mask_iou"]


def filled(rings: Sequence[ArrayLike], shape: Sequence[int]) -> NDArray[np.bool_]:
    """Return the pixels whose centres lie within an odd number of rings.

    Parameters
    ----------
    rings
        Outlines and holes, (x, y) in pixels; the centre of the first pixel is (0.5, 0.5).
    shape
        Columns and rows.

    Returns
    -------
    ndarray, shape (rows, columns), bool
    """
    columns, rows = shape[:2]
    found = np.zeros((rows, columns), np.bool_)
    x = np.arange(columns) + 0.5
    for ring in rings:
        starts = np.asarray(ring, dtype=np.float64).reshape(-1, 2)
        ends = np.roll(starts, -1, axis=0)
        low, high = starts[:, 1].min(initial=np.inf), starts[:, 1].max(initial=-np.inf)
        for row in range(max(int(low) - 1, 0), min(int(high) + 2, rows) if np.isfinite(high) else 0):
            crossed = (starts[:, 1] <= row + 0.5) != (ends[:, 1] <= row + 0.5)
            (x0, y0), (x1, y1) = starts[crossed].T, ends[crossed].T
            at = np.sort(x0 + (row + 0.5 - y0) * (x1 - x0) / (y1 - y0))
            found[row] ^= np.searchsorted(at, x, side="right") % 2 == 1
    return found


def box_around(shape: Any) -> tuple[float, float, float, float]:
    """Return the box around rings, or around the pixels of a mask that is not empty: x_min, y_min, x_max, y_max."""
    if isinstance(shape, np.ndarray):
        rows, columns = np.nonzero(shape)
        return float(columns.min()), float(rows.min()), float(columns.max() + 1), float(rows.max() + 1)
    points = np.concatenate([np.asarray(ring, dtype=np.float64).reshape(-1, 2) for ring in shape])
    return (*points.min(axis=0).tolist(), *points.max(axis=0).tolist())


def mask_iou(reference: Sequence[NDArray[np.bool_]], other: Sequence[NDArray[np.bool_]]) -> NDArray[np.float64]:
    """Return the intersection over union of masks of one picture, shape (reference, other); 0 of two empty ones."""
    sides = [
        sparse.csr_array(np.stack([each.ravel() for each in some])).astype(np.float64) if some else None
        for some in (reference, other)
    ]
    if sides[0] is None or sides[1] is None:
        return np.zeros((len(reference), len(other)))
    common = (sides[0] @ sides[1].T).toarray()
    union = sides[0].sum(axis=1)[:, None] + sides[1].sum(axis=1)[None] - common
    found: NDArray[np.float64] = np.divide(common, union, out=np.zeros_like(common), where=union > 0)
    return found
