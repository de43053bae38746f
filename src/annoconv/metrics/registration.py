"""How well two images lie on each other: landmarks, and a structure that is outlined in both.

Specification 8.5.1.2 to 8.5.1.4. Points are LPS, mm; a matrix maps the moving point to the fixed one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.ndimage import binary_erosion, generate_binary_structure
from scipy.spatial import KDTree

from annoconv.errors import UsageError
from annoconv.messages import Message
from annoconv.metrics.arrays import check_pair, check_spacing
from annoconv.metrics.intervals import bootstrap_interval
from annoconv.metrics.results import empty_status, metric_value, with_interval
from annoconv.metrics.surface import surface_distances

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from annoconv.model import MetricValue

__all__ = ["offset_of_borders", "registration_error", "structure_offset"]


def registration_error(
    fixed_mm: ArrayLike, moving_mm: ArrayLike, fixed_from_moving: ArrayLike | None = None
) -> list[MetricValue]:
    """Return the target registration error of landmarks: mean, largest, and root of the mean square.

    Parameters
    ----------
    fixed_mm, moving_mm
        Shape (landmarks, 3): the same anatomy in both images, in the same order.
    fixed_from_moving
        Shape (4, 4); the points are in one space already if absent.
    """
    fixed, moving = (np.asarray(each, dtype=np.float64).reshape(-1, 3) for each in (fixed_mm, moving_mm))
    if fixed.shape != moving.shape or not np.isfinite(fixed).all() or not np.isfinite(moving).all():
        raise UsageError(
            "landmarks come in pairs of finite points",
            found=len(moving),
            expected=len(fixed),
            advice="Give the same landmarks in both images, in the same order",
        )
    if fixed_from_moving is not None:
        matrix = np.asarray(fixed_from_moving, dtype=np.float64)
        if matrix.shape != (4, 4) or not np.isfinite(matrix).all():
            raise UsageError(
                "a mapping of points is a matrix of 4 x 4",
                found=list(matrix.shape),
                expected=Message("finite numbers, 4 x 4"),
                advice="Give the homogeneous matrix in LPS, mm",
            )
        moving = moving @ matrix[:3, :3].T + matrix[:3, 3]
    away = np.sqrt(((fixed - moving) ** 2).sum(axis=1))
    values = (
        {"mean": away.mean(), "max": away.max(), "rms": np.sqrt((away**2).mean())}
        if len(away)
        else dict.fromkeys(("mean", "max", "rms"))
    )
    found = [
        metric_value(f"registration.tre_{name}", None if value is None else float(value), count=len(away))
        for name, value in values.items()
    ]
    interval = bootstrap_interval(away.tolist())
    return found if interval is None else [with_interval(found[0], interval), *found[1:]]


def structure_offset(
    fixed_kji: NDArray[Any], moved_kji: NDArray[Any], spacing: Sequence[float], *, label: str | None = None
) -> list[MetricValue]:
    """Return how far a structure outlined in both images lies apart once both are on one grid.

    Parameters
    ----------
    fixed_kji, moved_kji
        Masks (whatever is not 0) of one shape.
    spacing
        Distance of voxel centres along each axis of the arrays, in their order, mm.
    label
        What the structure is.
    """
    fixed_kji, moved_kji = check_pair(fixed_kji != 0, moved_kji != 0)
    spacing = check_spacing(spacing, fixed_kji.ndim)
    centres = [_centre(each, spacing) for each in (fixed_kji, moved_kji)]
    status = empty_status(*(each is not None for each in centres))
    centroid = outline = None
    if centres[0] is not None and centres[1] is not None:
        centroid = float(np.sqrt(((centres[0] - centres[1]) ** 2).sum()))
        outline = next(surface_distances(fixed_kji, moved_kji, spacing)).values()["assd"]
    return [
        metric_value("registration.centroid_offset", centroid, status, label=label),
        metric_value("registration.surface_offset", outline, status, label=label),
    ]


def _centre(mask: NDArray[np.bool_], spacing: Sequence[float]) -> NDArray[np.float64] | None:
    places = np.nonzero(mask)
    if not len(places[0]):
        return None
    return np.array([float(np.mean(place)) * step for place, step in zip(places, spacing, strict=True)])


def offset_of_borders(
    fixed: tuple[NDArray[np.bool_], NDArray[np.float64]],
    moving: tuple[NDArray[np.bool_], NDArray[np.float64]],
    fixed_from_moving: NDArray[np.float64],
    *,
    label: str | None = None,
) -> list[MetricValue]:
    """Return how far a structure outlined in two images lies apart, each on its own grid: nothing is resampled.

    Parameters
    ----------
    fixed, moving
        A mask (k, j, i) and the matrix (4, 4) of its grid, LPS from ijk, mm.
    fixed_from_moving
        Shape (4, 4), LPS, mm.
    label
        What the structure is.

    Notes
    -----
    Of one grid and no mapping these are the values of `structure_offset`: centres of mass, and ASSD of border voxels.
    """
    mapped = (fixed[1], fixed_from_moving @ moving[1])
    masks = (fixed[0], moving[0])
    status = empty_status(*(bool(mask.any()) for mask in masks))
    centroid = outline = None
    if all(mask.any() for mask in masks):
        centres = [_placed(mask, matrix).mean(axis=0) for mask, matrix in zip(masks, mapped, strict=True)]
        centroid = float(np.sqrt(((centres[0] - centres[1]) ** 2).sum()))
        ends = [_placed(_border(mask), matrix) for mask, matrix in zip(masks, mapped, strict=True)]
        away = [KDTree(there).query(here)[0] for here, there in (ends, ends[::-1])]
        outline = float(np.concatenate(away).mean())
    return [
        metric_value("registration.centroid_offset", centroid, status, label=label),
        metric_value("registration.surface_offset", outline, status, label=label),
    ]


def _border(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the voxels with a face neighbour outside; of a volume of one slice those of the picture."""
    flat = mask.shape[0] == 1
    inner = mask[0] if flat else mask
    edge = inner & ~binary_erosion(inner, generate_binary_structure(inner.ndim, 1))
    return edge[None] if flat else edge


def _placed(mask: NDArray[np.bool_], matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the centres of voxels in space, shape (voxels, 3), mm."""
    return np.argwhere(mask)[:, ::-1] @ matrix[:3, :3].T + matrix[:3, 3]
