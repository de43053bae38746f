"""Where slices and frames lie in space, and how one lies on another (PS3.3 C.7.6.2.1.1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from annoconv_converters._dicom.groups import FramePlace
    from annoconv_converters.check_links.instances import Instance

__all__ = ["Plane", "Shift", "frame_plane", "plane_of", "shift_of"]

_PARALLEL: Final = 1e-3
_SAME_SPACING: Final = 1e-3
_SHARE_OF_SPACING: Final = 0.75
"""How far something may be off a slice, as a share of the larger slice spacing: a frame of thick slices is derived from
several thin ones, and lies up to a half of its own off each."""
_LEAST_MM: Final = 0.01
_LEAST_PIXELS: Final = 0.1


@dataclass(frozen=True, eq=False)
class Plane:
    """A slice or frame in space.

    Attributes
    ----------
    position
        Centre of the first pixel, LPS, mm.
    across, down
        Directions of a row and of a column.
    spacing
        mm between columns, then between rows; None where it is not stated.
    size
        Columns and rows.
    between
        mm to the next slice, or its thickness; 0 where it is not stated.
    """

    position: NDArray[np.float64]
    across: NDArray[np.float64]
    down: NDArray[np.float64]
    spacing: tuple[float, float] | None
    size: tuple[int, int]
    between: float

    @property
    def normal(self) -> NDArray[np.float64]:
        """Its direction."""
        return np.cross(self.across, self.down)

    def is_parallel(self, other: Plane) -> bool:
        """Tell whether another plane has the same normal, either way."""
        return abs(abs(float(self.normal @ other.normal)) - 1) <= _PARALLEL

    def distances(self, points_lps: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return how far points (..., 3) are off it, mm."""
        return np.asarray(np.abs((points_lps - self.position) @ self.normal), dtype=np.float64)

    def is_off(self, distance: float, between: float = 0.0) -> bool:
        """Tell whether that is further than what belongs to a slice can be; `between` of what lies on it, mm."""
        return distance > max(_LEAST_MM, _SHARE_OF_SPACING * max(self.between, between))

    def pixels(self, points_lps: NDArray[np.float64]) -> NDArray[np.float64] | None:
        """Return points (n, 3) as (column, row), origin at the outer corner; None without a spacing."""
        if self.spacing is None:
            return None
        axes = np.column_stack([self.across / self.spacing[0], self.down / self.spacing[1]])
        return np.asarray((points_lps - self.position) @ axes + 0.5, dtype=np.float64)

    def corners(self) -> NDArray[np.float64] | None:
        """Return the outer corners (4, 3), LPS, mm; None without a spacing."""
        if self.spacing is None:
            return None
        ends = [(column - 0.5, row - 0.5) for column in (0, self.size[0]) for row in (0, self.size[1])]
        steps = np.array([self.across * self.spacing[0], self.down * self.spacing[1]])
        return np.asarray(self.position + np.array(ends) @ steps, dtype=np.float64)


def _plane(
    position: Sequence[float] | None,
    orientation: Sequence[float] | None,
    pixel_spacing: Sequence[float] | None,
    one: Instance,
    between: float | None,
) -> Plane | None:
    """Return a plane, None if it is not stated where it lies; `pixel_spacing` is between rows, then columns."""
    if position is None or orientation is None or len(position) != 3 or len(orientation) != 6:
        return None
    is_spaced = pixel_spacing is not None and len(pixel_spacing) == 2 and min(pixel_spacing) > 0
    return Plane(
        np.array(position),
        np.array(orientation[:3]),
        np.array(orientation[3:]),
        (pixel_spacing[1], pixel_spacing[0]) if pixel_spacing is not None and is_spaced else None,
        (one.number("Columns"), one.number("Rows")),
        between or 0.0,
    )


def frame_plane(place: FramePlace, one: Instance) -> Plane | None:
    """Return where a frame of several lies."""
    between = place.slice_spacing or place.slice_thickness
    return _plane(place.position, place.orientation, place.pixel_spacing, one, between)


def plane_of(one: Instance, frame: int | None = None) -> Plane | None:
    """Return where an image lies, of several frames the one of that number, counted from 1."""
    if one.frames > 1 or one.of_frames:
        number = 1 if frame is None and one.frames == 1 else frame
        if number is None or not 0 < number <= len(one.of_frames):
            return None
        return frame_plane(one.places[one.of_frames[number - 1]], one)
    between = next(iter((*one.numbers("SpacingBetweenSlices"), *one.numbers("SliceThickness"))), None)
    names = ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing")
    position, orientation, spacing = map(one.numbers, names)
    return _plane(position, orientation, spacing, one, between)


@dataclass(frozen=True)
class Shift:
    """How a frame lies in the plane of another.

    Attributes
    ----------
    columns, rows
        Pixels by which it is off its place there.
    is_beside
        Whether no pixel of both is at one place.
    is_whole
        Whether both have as many pixels; else one is a part of the other.
    """

    columns: float
    rows: float
    is_beside: bool
    is_whole: bool

    @property
    def is_off(self) -> bool:
        """Whether it is more than digits that were left out."""
        return self.is_beside or max(abs(self.columns), abs(self.rows)) > _LEAST_PIXELS


def shift_of(own: Plane, other: Plane) -> Shift | None:
    """Return how a frame lies on the pixels of a parallel one; None if its own are of another size, or turned.

    A frame of as many pixels lies where the other does; a part of it, or more than it, on the same lattice.
    """
    corners = own.corners()
    placed = None if corners is None else other.pixels(corners)
    if placed is None or not all((*own.size, *other.size)):
        return None
    low, high = placed.min(axis=0), placed.max(axis=0)
    if (high <= 0).any() or (low >= other.size).any():
        return Shift(float(low[0]), float(low[1]), is_beside=True, is_whole=False)
    is_transposed = abs(float(own.across @ other.down)) > 1 - _PARALLEL
    size = own.size[::-1] if is_transposed else own.size
    if np.abs((high - low) / size - 1).max() > _SAME_SPACING:
        return None
    off = low if size == other.size else low - np.rint(low)
    return Shift(float(off[0]), float(off[1]), is_beside=False, is_whole=size == other.size)
