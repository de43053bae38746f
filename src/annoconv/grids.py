"""The voxel grid of an image: its size and its place in space, from a case document and into one.

Indices are (i, j, k) = (column, row, slice), zero-based, and mean the centre of a voxel. Patient coordinates are LPS
(x to the left, y to posterior, z to superior) in mm. Slices may be sheared (gantry tilt) or unevenly spaced: then each
has the position that its instance states. Authority: DICOM PS3.3 C.7.6.2.1.1; specification 7.2 b-e.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from annoconv.affines import Affine, check_affine, lps_from_ras, matrix_text
from annoconv.errors import GeometryError
from annoconv.messages import Message, listed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from annoconv.model import Image

__all__ = [
    "DIRECTION_TOLERANCE",
    "STACK_TOLERANCE_VOXEL",
    "Grid",
    "Shape",
    "affine_lps",
    "corner_displacement_mm",
    "describe_grid",
    "grid_of_slices",
]

Shape: TypeAlias = tuple[int, int, int]
Space: TypeAlias = Literal["LPS", "SLIDE", "NONE"]

STACK_TOLERANCE_VOXEL = 0.1
"""Voxels: how far a slice may lie off the regular stack. Positions rounded to 0.05 mm at 0.5 mm spacing still pass; a
missing slice is off by a whole voxel."""
DIRECTION_TOLERANCE = 1e-4
"""Of unit vectors: 0.05 voxel at the far edge of 512 pixels. Six decimals, the usual rounding, give 1e-6."""

_PLACE = Message("Add origin, direction and spacing to the image, or name the image itself with --images")


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
    positions
        Shape (slices, 3), float64, read-only: centre of the first voxel of each slice, LPS, mm, where the slices are
        unevenly spaced; the affine's step along k is then the mean one. None where the affine tells.

    Raises
    ------
    GeometryError
        If the shape is not positive or the affine not finite, not affine, or singular.

    Notes
    -----
    The axes may run any way, may be left-handed, and sheared (gantry tilt). Two grids are compared by
    `annoconv.geometry.compare_grids`, not by `==`.
    """

    shape: Shape
    lps_from_ijk: Affine | None = None
    frame: Space = "LPS"
    positions: NDArray[np.float64] | None = None

    def __post_init__(self) -> None:
        shape = tuple(int(count) for count in self.shape)
        if len(shape) != 3 or min(shape) < 1:
            raise GeometryError(
                "this is no shape of a grid",
                found=list(shape),
                expected="three whole numbers from 1",
                advice="Give the voxels along i, j and k; a picture has one along k",
            )
        object.__setattr__(self, "shape", shape)
        if self.lps_from_ijk is None:
            object.__setattr__(self, "frame", "NONE")
            return
        affine = np.array(self.lps_from_ijk, dtype=np.float64)
        check_affine(affine)
        affine.flags.writeable = False
        object.__setattr__(self, "lps_from_ijk", affine)
        if self.positions is not None:
            positions = np.array(self.positions, dtype=np.float64).reshape(shape[2], 3)
            positions.flags.writeable = False
            object.__setattr__(self, "positions", positions)

    @classmethod
    def from_image(cls, image: Image) -> Grid:
        """Return the grid of a case document's image; without an affine if origin, direction or spacing is absent."""
        if image.shape is None:
            raise GeometryError(
                "the image states no shape",
                where="/image/shape",
                found=image.uid,
                expected="columns, rows and slices",
                advice="Name it with --images",
            )
        shape: Any = (*image.shape, 1)[:3]
        frame = "LPS" if image.coordinate_frame is None else str(image.coordinate_frame.value)
        if frame == "NONE" or image.origin is None or image.direction is None or image.spacing is None:
            return cls(shape, None, "NONE")
        grid = cls(shape, affine_lps(image), "SLIDE" if frame == "SLIDE" else "LPS")
        stated = [each.image_position_patient for each in image.instances or ()]
        positions = [each for each in stated if each is not None]
        if grid.frame != "LPS" or len(stated) != len(positions) or len(positions) != shape[2]:
            return grid
        placed = grid_of_slices(grid, np.array(positions, dtype=np.float64))
        off = np.abs(placed.origin - grid.origin).max()  # else the rules on images tell what contradicts what
        return placed if off <= STACK_TOLERANCE_VOXEL * grid.spacing.min() and is_ascending(placed) else grid

    @property
    def shape_kji(self) -> Shape:
        """Shape of an array on this grid: (slices, rows, columns)."""
        return self.shape[2], self.shape[1], self.shape[0]

    @property
    def affine(self) -> Affine:
        """`lps_from_ijk`, or a GeometryError if the grid has no place in space."""
        if self.lps_from_ijk is None:
            raise GeometryError(
                "the image has no place in space",
                found=Message("a grid without an affine"),
                expected="origin, direction and spacing",
                advice=_PLACE,
            )
        return self.lps_from_ijk

    @cached_property
    def spacing(self) -> NDArray[np.float64]:
        """Distance of voxel centres along (i, j, k), mm."""
        return _fixed(np.linalg.norm(self.affine[:3, :3], axis=0))

    @property
    def slice_positions(self) -> NDArray[np.float64]:
        """Shape (slices, 3): centre of the first voxel of each slice, LPS, mm."""
        if self.positions is not None:
            return self.positions
        return self.origin + np.outer(np.arange(self.shape[2]), self.affine[:3, 2])

    @cached_property
    def normal(self) -> NDArray[np.float64]:
        """Unit normal of the slices, on the side to which k runs; the third direction unless the grid is sheared."""
        normal = np.cross(self.affine[:3, 0], self.affine[:3, 1])
        return _fixed(normal * np.sign(normal @ self.affine[:3, 2]) / np.linalg.norm(normal))

    @cached_property
    def is_upright(self) -> bool:
        """Whether the slices are evenly spaced along their normal."""
        return self.positions is None and bool(np.abs(self.direction[:, 2] - self.normal).max() <= DIRECTION_TOLERANCE)

    @property
    def origin(self) -> NDArray[np.float64]:
        """Centre of voxel (0, 0, 0), LPS, mm."""
        return self.affine[:3, 3]

    @cached_property
    def direction(self) -> NDArray[np.float64]:
        """Shape (3, 3): column c is the unit vector of index axis c in LPS."""
        return _fixed(self.affine[:3, :3] / self.spacing)


def _fixed(array: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return an array that nobody changes."""
    array.flags.writeable = False
    return array


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
        raise GeometryError(
            "the image has no place in space",
            where="/image",
            found=Message("no {names}", names=listed(absent)),
            expected="origin, direction and spacing",
            advice=_PLACE,
        )
    direction = np.array(image.direction, dtype=np.float64)
    if direction.shape != (3, 3) or not np.abs(direction.T @ direction - np.eye(3)).max() <= DIRECTION_TOLERANCE:
        raise GeometryError(
            "the direction is not orthonormal",
            where="/image/direction",
            found=matrix_text(direction),
            expected=Message(
                "columns of length 1 at right angles, within {tolerance:g}", tolerance=DIRECTION_TOLERANCE
            ),
            advice="Take the direction from the header of the image, with all its digits",
        )
    affine = np.eye(4)
    affine[:3, :3] = direction * (*image.spacing, 1.0)[:3]
    affine[:3, 3] = image.origin
    return lps_from_ras(affine) if image.coordinate_frame == "RAS" else affine


def describe_grid(grid: Grid) -> dict[str, Any]:
    """Return what an `Image` holds of a grid, `shape` to `coordinate_frame`, its numbers rounded to 1e-10.

    Of a grid that is not upright, the normal and the median distance along it: its instances have the positions.
    """
    if grid.lps_from_ijk is None:
        return {"shape": list(grid.shape), "coordinate_frame": "NONE"}
    told = {name: getattr(grid, name) for name in ("spacing", "origin", "direction")}
    if not grid.is_upright:
        step = float(np.median(np.diff(grid.slice_positions @ grid.normal)))
        told["spacing"] = np.array([*grid.spacing[:2], step])
        told["direction"] = np.column_stack([grid.direction[:, :2], grid.normal])
    tidy = {name: (np.round(value, 10) + 0.0).tolist() for name, value in told.items()}
    return {"shape": list(grid.shape), **tidy, "coordinate_frame": grid.frame}


def grid_of_slices(upright: Grid, positions: NDArray[np.float64]) -> Grid:
    """Return the grid of slices at positions: `upright` itself if they are on it, else a sheared or an uneven one.

    Parameters
    ----------
    upright
        Its shape, and how far voxels of a slice are apart.
    positions
        Shape (slices, 3), LPS, mm: centre of the first voxel of each slice, in their order.
    """
    if len(positions) < 2:
        return upright
    affine = upright.affine.copy()
    affine[:3, 2], affine[:3, 3] = (positions[-1] - positions[0]) / (len(positions) - 1), positions[0]
    for grid in (upright, Grid(upright.shape, affine)):
        off = (positions - grid.slice_positions) @ np.linalg.inv(grid.affine[:3, :3]).T
        if np.abs(off).max() <= STACK_TOLERANCE_VOXEL:
            return grid
    return Grid(upright.shape, affine, positions=positions)


def is_ascending(grid: Grid) -> bool:
    """Tell whether each slice lies beyond the one before it, along their normal."""
    return bool((np.diff(grid.slice_positions @ grid.normal) > 0).all())


def corner_displacement_mm(moving: Grid, fixed: Grid) -> float | None:
    """Return how far the worst corner of one grid lies from the nearest of another, mm; None without a place in space.

    Corners are centres of the outermost voxels, so grids that differ in the order of their axes only are 0 mm apart.
    """
    if moving.lps_from_ijk is None or fixed.lps_from_ijk is None:
        return None
    one, other = (
        np.array([[*corner, 1] for corner in product(*((0, count - 1) for count in grid.shape))]) @ grid.affine.T
        for grid in (moving, fixed)
    )
    return float(np.linalg.norm(one[:, None, :3] - other[None, :, :3], axis=2).min(axis=1).max())
