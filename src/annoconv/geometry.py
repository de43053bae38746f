"""Affines, the grid of an image, and how two grids relate: pure functions on numpy arrays, no input or output.

Indices are (i, j, k) = (column, row, slice), zero-based, and mean the centre of a voxel. Patient coordinates are LPS
(x to the left, y to posterior, z to superior) in mm. Transforms read target from source: `lps_from_ijk @ (i, j, k, 1)`.
Arrays in memory are C-order `mask_kji`. Authority: DICOM PS3.3 C.7.6.2.1.1; specification 7.2 b-e.

Only `lps_from_ras` and `ras_from_lps` know that NIfTI speaks RAS; everything else here is LPS.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from itertools import product
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from annoconv.errors import GeometryError
from annoconv.messages import Message, listed

if TYPE_CHECKING:
    from pathlib import Path

    from annoconv.model import Image

__all__ = [
    "DIRECTION_TOLERANCE",
    "GRID_TOLERANCE_VOXEL",
    "LARGEST_MM",
    "SMALLEST_MM",
    "Affine",
    "Grid",
    "GridKind",
    "GridRelation",
    "affine_lps",
    "apply_relation",
    "compare_grids",
    "corner_displacement_voxel",
    "describe_grid",
    "is_turned",
    "lps_from_ras",
    "matrix_text",
    "ras_from_lps",
    "transform_points",
]

Affine: TypeAlias = NDArray[np.float64]
Shape: TypeAlias = tuple[int, int, int]
Space: TypeAlias = Literal["LPS", "SLIDE", "NONE"]

GRID_TOLERANCE_VOXEL = 0.05
"""Voxels of the fixed grid: how far a corner may be off the lattice. NIfTI holds affines as float32 and DICOM numbers
have 16 characters, both hundreds of times finer; half a voxel would change an index."""
DIRECTION_TOLERANCE = 1e-4
"""Of unit vectors: 0.05 voxel at the far edge of 512 pixels. Six decimals, the usual rounding, give 1e-6."""
LARGEST_MM, SMALLEST_MM = 1e9, 1e-9
"""A thousand kilometres and a picometre: beyond them a number is damage, and products would overflow."""
_SINGULAR = 1e-3
"""Volume spanned by the three axis directions, 1 if they are orthogonal."""


@dataclass(frozen=True, eq=False)
class Grid:
    """The voxel grid of an image: its size and, if it has one, its place in space.

    Attributes
    ----------
    shape
        Voxels along (i, j, k); a 2-D image has one slice.
    lps_from_ijk
        Shape (4, 4), float64, read-only: (i, j, k, 1) of a voxel centre to (x, y, z, 1) in mm. None without a frame.
    frame
        `LPS`; `SLIDE` if the coordinates are those of a whole-slide image; `NONE` exactly if there is no affine.

    Raises
    ------
    GeometryError
        If the shape is not positive or the affine not finite, not affine, or singular.

    Notes
    -----
    The axes may run any way and may be left-handed. Two grids are compared by `compare_grids`, not by `==`.
    """

    shape: Shape
    lps_from_ijk: Affine | None = None
    frame: Space = "LPS"

    def __post_init__(self) -> None:
        shape = tuple(int(count) for count in self.shape)
        if len(shape) != 3 or min(shape) < 1:
            raise GeometryError("a grid needs three positive counts", found=list(shape))
        object.__setattr__(self, "shape", shape)
        if self.lps_from_ijk is None:
            object.__setattr__(self, "frame", "NONE")
            return
        affine = np.array(self.lps_from_ijk, dtype=np.float64)
        _check_affine(affine)
        affine.flags.writeable = False
        object.__setattr__(self, "lps_from_ijk", affine)

    @classmethod
    def from_image(cls, image: Image) -> Grid:
        """Return the grid of a case document's image; without an affine if origin, direction or spacing is absent."""
        if image.shape is None:
            raise GeometryError("the image states no shape", where="/image/shape", advice="Name it with --images")
        shape: Any = (*image.shape, 1)[:3]
        frame = "LPS" if image.coordinate_frame is None else str(image.coordinate_frame.value)
        if frame == "NONE" or image.origin is None or image.direction is None or image.spacing is None:
            return cls(shape, None, "NONE")
        return cls(shape, affine_lps(image), "SLIDE" if frame == "SLIDE" else "LPS")

    @property
    def shape_kji(self) -> Shape:
        """Shape of an array on this grid: (slices, rows, columns)."""
        return self.shape[2], self.shape[1], self.shape[0]

    @property
    def affine(self) -> Affine:
        """`lps_from_ijk`, or a GeometryError if the grid has no place in space."""
        if self.lps_from_ijk is None:
            raise GeometryError("the image has no place in space", expected="origin, direction and spacing")
        return self.lps_from_ijk

    @property
    def spacing(self) -> NDArray[np.float64]:
        """Distance of voxel centres along (i, j, k), mm."""
        return np.asarray(np.linalg.norm(self.affine[:3, :3], axis=0), dtype=np.float64)

    @property
    def origin(self) -> NDArray[np.float64]:
        """Centre of voxel (0, 0, 0), LPS, mm."""
        return self.affine[:3, 3]

    @property
    def direction(self) -> NDArray[np.float64]:
        """Shape (3, 3): column c is the unit vector of index axis c in LPS."""
        return self.affine[:3, :3] / self.spacing


def _check_affine(affine: Affine) -> None:
    if affine.shape != (4, 4) or not np.isfinite(affine).all() or np.any(affine[3] != (0, 0, 0, 1)):
        raise GeometryError("not a finite affine with last row 0 0 0 1", found=matrix_text(affine))
    if np.abs(affine).max() > LARGEST_MM:
        raise GeometryError(
            Message("the affine holds numbers beyond {most:g} mm", most=LARGEST_MM),
            found=matrix_text(affine),
        )
    steps = np.linalg.norm(affine[:3, :3], axis=0)
    if steps.min() < SMALLEST_MM or abs(np.linalg.det(affine[:3, :3] / steps)) < _SINGULAR:
        raise GeometryError("the affine is singular: its axes do not span space", found=matrix_text(affine))


def matrix_text(matrix: ArrayLike) -> str:
    """Return a matrix on one line, six significant digits."""
    rows = np.atleast_2d(np.asarray(matrix, dtype=np.float64))
    return "[" + ", ".join("[" + ", ".join(f"{number:.6g}" for number in row) + "]" for row in rows) + "]"


def affine_lps(image: Image) -> Affine:
    """Return the transform from voxel index to patient coordinates.

    Parameters
    ----------
    image
        Geometry; `spacing` in mm, `direction` row-major, its columns the directions of i, j, k. Numbers of the frame
        RAS are converted; those of SLIDE are slide coordinates and stay. A 2-D image gets slices 1 mm apart.

    Returns
    -------
    ndarray, shape (4, 4), float64
        Maps (i, j, k, 1), centre of a voxel, zero-based, to (x, y, z, 1) in LPS, mm.

    Raises
    ------
    GeometryError
        If origin, direction or spacing is absent, or the direction is not orthonormal within 1e-4.

    Notes
    -----
    Specification 7.2 b, c, d; DICOM PS3.3 C.7.6.2.1.1. The direction may be left-handed.
    """
    if image.origin is None or image.direction is None or image.spacing is None:
        absent = [name for name in ("spacing", "origin", "direction") if getattr(image, name) is None]
        raise GeometryError("the image has no place in space", where="/image", expected=listed(absent))
    direction = np.array(image.direction, dtype=np.float64)
    if direction.shape != (3, 3) or not np.abs(direction.T @ direction - np.eye(3)).max() <= DIRECTION_TOLERANCE:
        raise GeometryError(
            Message("the direction is not orthonormal within {tolerance:g}", tolerance=DIRECTION_TOLERANCE),
            where="/image/direction",
            found=matrix_text(direction),
        )
    affine = np.eye(4)
    affine[:3, :3] = direction * (*image.spacing, 1.0)[:3]
    affine[:3, 3] = image.origin
    return lps_from_ras(affine) if image.coordinate_frame == "RAS" else affine


def lps_from_ras(ras_from_ijk: Affine) -> Affine:
    """Return `lps_from_ijk` for an affine that maps to RAS, as NIfTI's does: x and y change their sign."""
    return np.diag([-1.0, -1.0, 1.0, 1.0]) @ ras_from_ijk + 0.0  # + 0.0 turns -0.0 into 0.0


def ras_from_lps(lps_from_ijk: Affine) -> Affine:
    """Return `ras_from_ijk` for an affine that maps to LPS: x and y change their sign."""
    return lps_from_ras(lps_from_ijk)


def transform_points(target_from_source: Affine, points: ArrayLike) -> NDArray[np.float64]:
    """Return points, shape (..., 3), carried by a (4, 4) affine from source to target coordinates."""
    return np.asarray(points, dtype=np.float64) @ target_from_source[:3, :3].T + target_from_source[:3, 3]


def describe_grid(grid: Grid) -> dict[str, Any]:
    """Return what an `Image` holds of a grid, `shape` to `coordinate_frame`, its numbers rounded to 1e-10."""
    if grid.lps_from_ijk is None:
        return {"shape": list(grid.shape), "coordinate_frame": "NONE"}
    names = ("spacing", "origin", "direction")
    tidy = {name: (np.round(getattr(grid, name), 10) + 0.0).tolist() for name in names}
    return {"shape": list(grid.shape), **tidy, "coordinate_frame": grid.frame}


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
    moving, fixed
        The two grids.
    """

    kind: GridKind
    moving: Grid = field(repr=False)
    fixed: Grid = field(repr=False)
    axes: Shape = (0, 1, 2)
    flips: tuple[bool, bool, bool] = (False, False, False)
    offset: Shape = (0, 0, 0)


def compare_grids(moving: Grid, fixed: Grid) -> GridRelation:
    """Return where the voxels of `moving` lie in `fixed`, by their affines.

    Notes
    -----
    An axis of one voxel has no step of its own and takes the other grid's. If `fixed` has no place in space, grids of
    one shape are the same by index, since nothing more can be known. Specification 7.2 b-e, 8.4 a.
    """
    different = GridRelation(GridKind.DIFFERENT, moving, fixed)
    if fixed.lps_from_ijk is None:
        return GridRelation(GridKind.SAME, moving, fixed) if moving.shape == fixed.shape else different
    if moving.lps_from_ijk is None or moving.frame != fixed.frame:
        return different
    cosines = fixed.spacing[:, None] * np.linalg.solve(fixed.affine, moving.affine)[:3, :3] / moving.spacing
    axes = tuple(int(axis) for axis in np.abs(cosines).argmax(axis=1))
    if len(axes) != 3 or set(axes) != {0, 1, 2}:
        return different
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
    corners = list(product(*((0, count - 1) for count in shape)))
    return float(np.abs(transform_points(difference, corners)).max())


def apply_relation(mask_kji: NDArray[Any], relation: GridRelation, path: Path | None = None) -> NDArray[Any]:
    """Return an array on the moving grid as an array on the fixed grid, without interpolation.

    Parameters
    ----------
    mask_kji
        Any dtype, zero-based (k, j, i), on `relation.moving`.
    relation
        From `compare_grids`.
    path
        The array's file, which errors name.

    Returns
    -------
    ndarray, shape `relation.fixed.shape_kji`, same dtype, C-order
        `mask_kji` itself if the grids are the same. Voxels outside the moving grid are 0.

    Raises
    ------
    GeometryError
        If the grids differ (both are shown), or if foreground (non-zero) would be cut off.
    """
    moving, fixed = relation.moving, relation.fixed
    sizes = mask_kji.shape, moving.shape_kji
    if sizes[0] != sizes[1]:
        raise GeometryError("the array does not fit its grid", source=path, found=sizes[0], expected=sizes[1])
    if relation.kind is GridKind.DIFFERENT:
        raise GeometryError(
            "the mask's grid is not the image's",
            source=path,
            found=_grid_text(moving),
            expected=_grid_text(fixed),
            advice="Resample the mask onto the image's grid, or name the image that it was drawn on",
        )
    if relation.kind is GridKind.SAME:
        return mask_kji
    view = mask_kji.transpose([2 - axis for axis in reversed(relation.axes)])
    view = view[tuple(slice(None, None, -1) if flip else slice(None) for flip in reversed(relation.flips))]
    if relation.kind is GridKind.REINDEXED:
        return np.ascontiguousarray(view)
    placed = np.zeros(fixed.shape_kji, dtype=mask_kji.dtype)
    source: list[slice] = []
    target: list[slice] = []
    for start, count, size in zip(reversed(relation.offset), view.shape, placed.shape, strict=True):
        first, last = max(start, 0), max(min(start + count, size), max(start, 0))
        target.append(slice(first, last))
        source.append(slice(first - start, last - start))
    placed[tuple(target)] = view[tuple(source)]
    before, after = int(np.count_nonzero(mask_kji)), int(np.count_nonzero(placed))
    if before != after:
        raise GeometryError(
            Message(
                "the mask reaches beyond the image: {count} of its {before} foreground voxels would be cut off",
                count=before - after,
                before=before,
            ),
            source=path,
            found=_grid_text(moving),
            expected=_grid_text(fixed),
        )
    return placed


def _grid_text(grid: Grid) -> Message:
    shape = list(grid.shape)
    if grid.lps_from_ijk is None:
        return Message("shape {shape}, no affine", shape=shape)
    matrix = matrix_text(grid.lps_from_ijk)
    return Message("shape {shape}, {frame} from ijk {matrix}", shape=shape, frame=grid.frame, matrix=matrix)
