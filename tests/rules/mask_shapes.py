"""Masks with one fault of their shape each, and what is told of them: an ellipsoid that is changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

SHAPE = (24, 40, 48)


def ellipsoid(
    shape_kji: tuple[int, int, int] = SHAPE, centre: Any = (11.5, 19.3, 23.7), radii: Any = (9, 13, 15)
) -> NDArray[np.uint8]:
    k, j, i = np.ogrid[: shape_kji[0], : shape_kji[1], : shape_kji[2]]
    axes = zip((k, j, i), centre, radii, strict=True)
    return (sum(((x - c) / r) ** 2 for x, c, r in axes) < 1).astype(np.uint8)


def shifted(k: Any, axis: int, by: int) -> Callable[[NDArray[np.uint8]], None]:
    def change(mask: NDArray[np.uint8]) -> None:
        mask[k] = np.roll(mask[k], by, axis=axis)

    return change


def _set(value: int, *places: tuple[Any, Any, Any]) -> Callable[[NDArray[np.uint8]], None]:
    def change(mask: NDArray[np.uint8]) -> None:
        for place in places:
            mask[place] = value

    return change


MASK_SHAPES: dict[str, tuple[Callable[[NDArray[np.uint8]], None], str]] = {
    "A-9.3.1a.cavity": (_set(0, (12, 20, slice(24, 26))), "1 cavities of 2 voxels in all, at (i, j, k) 24, 20, 12"),
    "A-9.3.1a.hole": (
        # a tunnel of one voxel that leaves the mask: a hole in every slice, a cavity in none
        _set(0, (slice(12, None), 20, 24)),
        "small holes in single slices, at (i, j, k) 24, 20, 12",
    ),
    "A-9.3.1a.island": (_set(1, (2, 2, 3)), "1 tiny parts of 1 voxels in all beside its largest, at (i, j, k) 3, 2, 2"),
    "A-9.3.1a.slice_gap": (_set(0, (slice(9, 11), slice(None), slice(None))), "empty on slices 9 - 10"),
    "A-9.3.1a.value_anomalous": (_set(2, (12, slice(19, 22), slice(22, 27))), "2 values: 1, 2"),
    "A-6.5.1a.slice_jump": (shifted(12, 1, 1), "slice 12 by (i, j) 1, 0"),
    "A-6.5.1a.slice_step": (shifted(slice(12, None), 0 + 1, -3), "slice 12 by (i, j) 0, -3"),
    "A-9.3.1a.speckled": (_set(1, (2, 2, 3)), "scattered voxels"),
}
"""By rule: what is done to the ellipsoid, and what the finding says; scattered voxels have a bound of their own."""
