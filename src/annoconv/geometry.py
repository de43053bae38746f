"""How two grids relate, beside grids and affines themselves: pure functions on numpy arrays, no input or output.

Indices are (i, j, k) = (column, row, slice), zero-based, and mean the centre of a voxel. Patient coordinates are LPS
(x to the left, y to posterior, z to superior) in mm. Transforms read target from source: `lps_from_ijk @ (i, j, k, 1)`.
Arrays in memory are C-order `mask_kji`. Authority: DICOM PS3.3 C.7.6.2.1.1; specification 7.2 b-e.

Only `lps_from_ras` and `ras_from_lps` know that NIfTI speaks RAS; everything else here is LPS.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import product
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from annoconv.advice import ARRAY_ORDER, at_most_bytes
from annoconv.affines import (
    LARGEST_MM,
    SMALLEST_MM,
    Affine,
    lps_from_ras,
    matrix_text,
    ras_from_lps,
    transform_points,
)
from annoconv.errors import GeometryError, LimitError
from annoconv.grids import (
    DIRECTION_TOLERANCE,
    STACK_TOLERANCE_VOXEL,
    Grid,
    Shape,
    affine_lps,
    describe_grid,
    grid_of_slices,
)
from annoconv.limits import Limits
from annoconv.messages import Message

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = [
    "DIRECTION_TOLERANCE",
    "GRID_TOLERANCE_VOXEL",
    "LARGEST_MM",
    "SMALLEST_MM",
    "STACK_TOLERANCE_VOXEL",
    "Affine",
    "Grid",
    "GridKind",
    "GridRelation",
    "affine_lps",
    "apply_relation",
    "compare_grids",
    "corner_displacement_voxel",
    "describe_grid",
    "grid_of_slices",
    "grid_text",
    "is_turned",
    "lps_from_ras",
    "matrix_text",
    "ras_from_lps",
    "transform_points",
]

GRID_TOLERANCE_VOXEL = 0.05
"""Voxels of the fixed grid: how far a corner may be off the lattice. NIfTI holds affines as float32 and DICOM numbers
have 16 characters, both hundreds of times finer; half a voxel would change an index."""

_STEPS: Final = (
    "the file steps {step:.6g} mm from slice to slice, and the slices of its image lie {least:.6g} to {most:.6g} mm "
    "apart along their normal; each mask slice is taken to lie where the image has it"
)

_TURNED: Final = (
    "The array was probably saved with its axes in another order than its affine has them: save it as (column, row, "
    "slice)"
)
_BEYOND: Final = "Name the image that the mask was drawn on, or crop the mask to this one"


class GridKind(StrEnum):
    """How the voxels of one grid lie in another."""

    SAME = "same"
    """Every index means the same voxel."""
    REINDEXED = "reindexed"
    """The same voxels, with axes permuted or reversed."""
    SUB = "sub"
    """On the same lattice, but one reaches where the other does not: padding or cropping is needed."""
    DIFFERENT = "different"
    """Anything else."""


@dataclass(frozen=True)
class GridRelation:
    """Where the voxels of `moving` lie in `fixed`.

    Attributes
    ----------
    kind
        What must be done; the other fields mean nothing if it is `different`.
    axes
        For each axis of `fixed` (i, j, k), the axis of `moving` that runs along it.
    flips
        For each axis of `fixed`, whether that axis runs backwards.
    offset
        Index in `fixed` of the first voxel of `moving` once it is permuted and flipped; may be negative.
    slices
        Where slices are unevenly spaced: for each of `moving`, the one of `fixed` that lies there, or -1.
    step_mm
        Where `moving` states one step for all slices, which lie otherwise in `fixed` and are the same by their order.
    moving, fixed
        The two grids.
    """

    kind: GridKind
    moving: Grid = field(repr=False)
    fixed: Grid = field(repr=False)
    axes: Shape = (0, 1, 2)
    flips: tuple[bool, bool, bool] = (False, False, False)
    offset: Shape = (0, 0, 0)
    slices: tuple[int, ...] | None = None
    step_mm: float | None = None

    @property
    def is_inside(self) -> bool:
        """Whether every voxel of `moving` is one of `fixed`."""
        if self.kind is GridKind.DIFFERENT or self.slices is not None:
            return self.kind is not GridKind.DIFFERENT and -1 not in (self.slices or ())
        counts = (self.moving.shape[axis] for axis in self.axes)
        return all(
            first >= 0 and first + count <= most
            for first, count, most in zip(self.offset, counts, self.fixed.shape, strict=True)
        )

    @property
    def taken_otherwise(self) -> Message | None:
        """What is said where slices are the same by their order, and lie otherwise than the file of a mask says."""
        if self.step_mm is None:
            return None
        gaps = np.diff(self.fixed.slice_positions @ self.fixed.normal)
        return Message(_STEPS, step=self.step_mm, least=gaps.min(), most=gaps.max())


def compare_grids(moving: Grid, fixed: Grid) -> GridRelation:
    """Return where the voxels of `moving` lie in `fixed`, by their affines.

    Notes
    -----
    An axis of one voxel has no step of its own and takes the other grid's. If `fixed` has no place in space, grids of
    one shape are the same by index, since nothing more can be known. Slices of uneven spacing are compared one by one;
    a volume that states one step for all of them is the same if that is their mean, or what another program would state
    of them (see `_other_grids`). Specification 7.2 b-e, 8.4 a.
    """
    relation = _compare(moving, fixed)
    is_whole = relation.kind in {GridKind.SAME, GridKind.REINDEXED}
    if is_whole or moving.lps_from_ijk is None or moving.positions is not None:
        return relation
    for other in _other_grids(fixed):
        nominal = _compare(moving, other)
        if nominal.kind in {GridKind.SAME, GridKind.REINDEXED}:
            return replace(nominal, fixed=fixed, step_mm=float(other.spacing[2]))
    return relation


def _other_grids(fixed: Grid) -> Iterator[Grid]:
    """Yield what programs state of slices that are sheared or uneven, where their format has one step for all of them.

    That is the first distance from slice to slice (dcm2niix, ITK before 5), the mean (ITK) or the median; ITK leaves
    out the shear. An upright grid whose slices are as far apart as theirs along the normal was resampled instead, so
    the two must differ.
    """
    if fixed.lps_from_ijk is None or fixed.is_upright or fixed.shape[2] < 2:
        return
    positions, last = fixed.slice_positions, fixed.shape[2] - 1
    steps = np.linalg.norm(np.diff(positions, axis=0), axis=1)
    run = (positions[-1] - positions[0]) / np.linalg.norm(positions[-1] - positions[0])
    told = [run * step for step in (steps.mean(), np.median(steps), steps[0], steps[-1])]
    if (1 - run @ fixed.normal) * last > 2 * GRID_TOLERANCE_VOXEL:
        told.append(fixed.normal * steps.mean())
    for step in told:
        for start in (positions[0], positions[-1] - last * step):
            affine = fixed.affine.copy()
            affine[:3, 2], affine[:3, 3] = step, start
            yield Grid(fixed.shape, affine)


def _compare(moving: Grid, fixed: Grid) -> GridRelation:
    different = GridRelation(GridKind.DIFFERENT, moving, fixed)
    if fixed.lps_from_ijk is None:
        return GridRelation(GridKind.SAME, moving, fixed) if moving.shape == fixed.shape else different
    if moving.lps_from_ijk is None or moving.frame != fixed.frame:
        return different
    if moving.positions is not None or fixed.positions is not None:
        return _by_slices(moving, fixed)
    if moving.shape == fixed.shape and np.array_equal(moving.affine, fixed.affine):
        return GridRelation(GridKind.SAME, moving, fixed)
    fixed_from_moving = np.linalg.solve(fixed.affine, moving.affine)
    cosines = fixed.spacing[:, None] * fixed_from_moving[:3, :3] / moving.spacing
    axes = tuple(np.abs(cosines).argmax(axis=1).tolist())
    if len(axes) != 3 or set(axes) != {0, 1, 2}:
        return different
    if 1 in {*moving.shape, *fixed.shape}:
        moving_affine, fixed_affine = moving.affine.copy(), fixed.affine.copy()
        for b, a in enumerate(axes):
            if moving.shape[a] == 1:
                moving_affine[:3, a] *= fixed.spacing[b] / moving.spacing[a]
            elif fixed.shape[b] == 1:
                fixed_affine[:3, b] *= moving.spacing[a] / fixed.spacing[b]
        fixed_from_moving = np.linalg.solve(fixed_affine, moving_affine)
    exact = np.eye(4)
    exact[:3] = 0
    exact[range(3), axes] = [-1 if cosines[b, a] < 0 else 1 for b, a in enumerate(axes)]
    exact[:3, 3] = np.round(fixed_from_moving[:3, 3])
    if not _furthest_corner(fixed_from_moving - exact, moving.shape) <= GRID_TOLERANCE_VOXEL:
        return different
    counts = tuple(moving.shape[a] for a in axes)
    flips = tuple(bool(exact[b, a] < 0) and count > 1 for (b, a), count in zip(enumerate(axes), counts, strict=True))
    offset = tuple(
        int(start) - (count - 1 if flip else 0) for start, count, flip in zip(exact[:3, 3], counts, flips, strict=True)
    )
    if counts != fixed.shape or any(offset):
        kind = GridKind.SUB
    else:
        kind = GridKind.SAME if axes == (0, 1, 2) and not any(flips) else GridKind.REINDEXED
    return GridRelation(kind, moving, fixed, axes, flips, offset)  # type: ignore[arg-type]  # three of each


def _by_slices(moving: Grid, fixed: Grid) -> GridRelation:
    """Return where the slices of one grid lie in another, if the slices of one of them are unevenly spaced."""
    different = GridRelation(GridKind.DIFFERENT, moving, fixed)
    if moving.positions is None:
        nominal = _compare(moving, replace(fixed, positions=None))
        if nominal.kind in {GridKind.SAME, GridKind.REINDEXED}:
            return replace(nominal, fixed=fixed)
    to_voxels = np.linalg.inv(fixed.affine[:3, :3]).T
    in_plane = ((moving.affine - fixed.affine)[:3, :2].T @ to_voxels) * np.array([moving.shape[:2]]).T
    if moving.shape[:2] != fixed.shape[:2] or np.abs(in_plane).max() > GRID_TOLERANCE_VOXEL:
        return different
    apart = np.abs((moving.slice_positions[:, None] - fixed.slice_positions[None]) @ to_voxels).max(axis=2)
    nearest = apart.argmin(axis=1)
    slices = tuple(int(k) if apart[n, k] <= GRID_TOLERANCE_VOXEL else -1 for n, k in enumerate(nearest))
    if slices == tuple(range(fixed.shape[2])):
        return GridRelation(GridKind.SAME, moving, fixed)
    return different if max(slices) < 0 else GridRelation(GridKind.SUB, moving, fixed, slices=slices)


def is_turned(moving: Grid, fixed: Grid) -> bool:
    """Tell whether two grids are the same only if the numbers of `fixed`, which are LPS, are read as RAS.

    Notes
    -----
    DICOM and the case document speak LPS, NIfTI speaks RAS. Specification B.1 and B.2 print one volume's numbers the
    same for both, which turns it by 180 degrees about the z axis. Where the turned volume is the volume itself, as in a
    field of view that is symmetric about the origin, nothing can tell the two apart, and the answer is no.
    """
    if fixed.lps_from_ijk is None or fixed.frame != "LPS" or moving.frame != "LPS":
        return False
    if compare_grids(moving, fixed).kind in {GridKind.SAME, GridKind.REINDEXED}:
        return False
    return compare_grids(moving, Grid(fixed.shape, lps_from_ras(fixed.lps_from_ijk))).kind is GridKind.SAME


def corner_displacement_voxel(moving: Affine, fixed: Affine, shape: Shape) -> float:
    """Return how far apart two affines put the worst corner voxel of a shape: voxels of `fixed`, along one axis."""
    return _furthest_corner(np.linalg.solve(fixed, moving) - np.eye(4), shape)


def _furthest_corner(difference: Affine, shape: Shape) -> float:
    rows: list[list[float]] = difference[:3].tolist()
    return max(
        abs(x * i + y * j + z * k + offset)
        for i, j, k in product(*((0, count - 1) for count in shape))
        for x, y, z, offset in rows
    )


def apply_relation(
    mask_kji: NDArray[Any], relation: GridRelation, path: Path | None = None, annotation: str | None = None
) -> NDArray[Any]:
    """Return an array on the moving grid as an array on the fixed grid, without interpolation.

    Parameters
    ----------
    mask_kji
        Any dtype, zero-based (k, j, i), on `relation.moving`.
    relation
        From `compare_grids`.
    path
        The array's file, which errors name.
    annotation
        Id of the annotation that the mask is of, which errors name too.

    Returns
    -------
    ndarray, shape `relation.fixed.shape_kji`, same dtype, C-order
        `mask_kji` itself if the grids are the same. Voxels outside the moving grid are 0.

    Raises
    ------
    GeometryError
        If the grids differ (both are shown), or if foreground (non-zero) would be cut off.
    LimitError
        If the fixed grid has more voxels than any array may have.
    """
    moving, fixed = relation.moving, relation.fixed
    sizes = mask_kji.shape, moving.shape_kji
    if sizes[0] != sizes[1]:
        raise GeometryError(
            "the array does not fit its grid",
            source=path,
            where=annotation,
            found=sizes[0],
            expected=sizes[1],
            advice=ARRAY_ORDER,
        )
    if relation.kind is GridKind.DIFFERENT:
        raise GeometryError(
            "the mask's grid is not the image's",
            source=path,
            where=annotation,
            found=grid_text(moving),
            expected=grid_text(fixed),
            advice="Resample the mask onto the image's grid, or name the image that it was drawn on",
        )
    if relation.kind is GridKind.SAME:
        return mask_kji
    view = mask_kji.transpose([2 - axis for axis in reversed(relation.axes)])
    view = view[tuple(slice(None, None, -1) if flip else slice(None) for flip in reversed(relation.flips))]
    if relation.kind is GridKind.REINDEXED:
        return np.ascontiguousarray(view)
    size, most = math.prod(fixed.shape) * mask_kji.itemsize, Limits().volume_bytes
    if size > most:
        found = Message("{count} bytes", count=size)
        raise LimitError(
            "the volume is too large to be held in memory",
            source=path,
            where=annotation,
            found=found,
            expected=at_most_bytes(most),
            limit="volume_bytes",
        )
    placed = np.zeros(fixed.shape_kji, dtype=mask_kji.dtype)
    source: list[slice] = []
    target: list[slice] = []
    for start, count, size in zip(reversed(relation.offset), view.shape, placed.shape, strict=True):
        first, last = max(start, 0), max(min(start + count, size), max(start, 0))
        target.append(slice(first, last))
        source.append(slice(first - start, last - start))
    if relation.slices is None:
        placed[tuple(target)] = view[tuple(source)]
    else:
        kept = [(n, k) for n, k in enumerate(relation.slices) if k >= 0]
        placed[[k for _, k in kept]] = mask_kji[[n for n, _ in kept]]
    before, after = int(np.count_nonzero(mask_kji)), int(np.count_nonzero(placed))
    if before != after:
        raise GeometryError(
            Message(
                "the mask reaches beyond the image: {count} of its {before} foreground voxels would be cut off",
                count=before - after,
                before=before,
            ),
            source=path,
            where=annotation,
            found=grid_text(moving),
            expected=grid_text(fixed),
            advice=_TURNED if _is_turned_shape(moving.shape, fixed.shape) else _BEYOND,
        )
    return placed


def _is_turned_shape(moving: Shape, fixed: Shape) -> bool:
    return moving != fixed and sorted(moving) == sorted(fixed)


def grid_text(grid: Grid) -> Message:
    """Return a grid for people: its shape, and its affine with the frame that this leads to."""
    shape = list(grid.shape)
    if grid.lps_from_ijk is None:
        return Message("shape {shape}, no affine", shape=shape)
    matrix = matrix_text(grid.lps_from_ijk)
    return Message("shape {shape}, {frame} from ijk {matrix}", shape=shape, frame=grid.frame, matrix=matrix)
