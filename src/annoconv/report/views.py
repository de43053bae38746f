"""Which way round a slice is shown: as radiologists look at it, whatever order its voxels are stored in.

An axial slice is seen from the feet, the patient's right on the left and anterior at the top; a coronal one from the
front, superior at the top; a sagittal one from the patient's left, anterior on the left. An oblique slice is shown as
the one of these three that it is nearest to. Arrays are (row, column) of a slice, points continuous pixels (x = column,
y = row), origin at the outer corner of the first. Authority: DICOM PS3.3 C.7.6.1.1.1 (patient orientation), with S and
I for its H and F.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from annoconv.shown_values import text_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from annoconv.geometry import Grid

__all__ = ["View", "letters_of", "view_of"]

_LETTERS: Final = (("R", "L"), ("A", "P"), ("I", "S"))
"""At the ends of x, y and z of LPS, the lower one first."""
_LEAST_COSINE: Final = 0.25
"""Of a direction along a patient axis (76 degrees off it), from which its letter is told behind the first."""
_PLANES: Final = {2: ("axial", 0, 1, 1.0), 1: ("coronal", 0, 2, -1.0), 0: ("sagittal", 1, 2, -1.0)}
"""For the patient axis across a slice: its name, the axes to the right and down, and the sign of the latter."""
_OF_DICOM: Final = {"H": "S", "F": "I"}
_OPPOSITE: Final = {"R": "L", "L": "R", "A": "P", "P": "A", "S": "I", "I": "S"}


@dataclass(frozen=True)
class View:
    """How the slices of a grid are shown.

    Attributes
    ----------
    name
        `axial`, `coronal` or `sagittal`, the nearest; empty without a place in the patient.
    is_transposed
        Whether rows become columns, before anything is turned round.
    flips
        Whether what is across, and what is down, runs backwards then.
    letters
        At the left, right, top and bottom edge: `("R", "L", "A", "P")`; empty texts where nothing tells.
    pixel_mm
        Size of a pixel as shown, across and down; (1, 1) where nothing tells.
    """

    name: str = ""
    is_transposed: bool = False
    flips: tuple[bool, bool] = (False, False)
    letters: tuple[str, str, str, str] = ("", "", "", "")
    pixel_mm: tuple[float, float] = (1.0, 1.0)

    def turned(self, plane: NDArray[Any]) -> NDArray[Any]:
        """Return a view of a slice, shape (row, column, ...), as it is shown."""
        if self.is_transposed:
            plane = plane.swapaxes(0, 1)
        across, down = (slice(None, None, -1 if flip else None) for flip in self.flips)
        return plane[down, across]

    def placed(self, points: NDArray[np.float64], size: tuple[int, int]) -> NDArray[np.float64]:
        """Return where points of a slice are in it as shown.

        Parameters
        ----------
        points
            Shape (points, 2), continuous pixels (x, y) as stored.
        size
            Columns and rows as stored.
        """
        if self.is_transposed:
            points, size = points[:, ::-1], (size[1], size[0])
        shown = points.astype(np.float64, copy=True)
        for axis in (0, 1):
            if self.flips[axis]:
                shown[:, axis] = size[axis] - shown[:, axis]
        return shown


def view_of(grid: Grid, spacing: Sequence[float] | None = None, header: Any = None) -> View:
    """Return how the slices of a grid along k are shown.

    Parameters
    ----------
    grid
        With a place in the patient, in a slide, or without one; without one, slices are shown as they are stored.
    spacing
        What a case says of the distance of pixels along i and j, mm, where the grid does not.
    header
        DICOM's, which may tell orientation and size of pixels of an image without a place.
    """
    if grid.lps_from_ijk is None or grid.frame != "LPS":
        stated = grid.spacing.tolist() if grid.lps_from_ijk is not None else spacing
        pixel = _stated_size(header) if stated is None else (float(stated[0]), float(stated[1]))
        return View(letters=_stated_letters(header), pixel_mm=pixel)
    direction = np.column_stack([grid.direction[:, :2], grid.normal])
    best = max(permutations(range(3)), key=lambda axes: float(np.prod(np.abs(direction[axes, range(3)]))))
    name, across, down, sign = _PLANES[best[2]]
    is_transposed = best[0] != across
    order = (1, 0) if is_transposed else (0, 1)
    vectors = direction[:, order]
    flips = bool(vectors[across, 0] < 0), bool(vectors[down, 1] * sign < 0)
    right, bottom = (vectors[:, n] * (-1 if flips[n] else 1) for n in (0, 1))
    letters = letters_of(-right), letters_of(right), letters_of(-bottom), letters_of(bottom)
    sizes = grid.spacing.tolist()
    return View(name, is_transposed, flips, letters, (sizes[order[0]], sizes[order[1]]))


def letters_of(vector: NDArray[np.float64]) -> str:
    """Return the letters of the side to which a unit vector in LPS points, the nearest first: `L`, `AL`.

    Examples
    --------
    >>> letters_of(np.array([-1.0, 0.0, 0.0])), letters_of(np.array([0.5, -0.8660254, 0.0]))
    ('R', 'AL')
    """
    order = np.argsort(-np.abs(vector), kind="stable").tolist()
    told = [axis for place, axis in enumerate(order) if place == 0 or abs(vector[axis]) >= _LEAST_COSINE]
    return "".join(_LETTERS[axis][int(vector[axis] > 0)] for axis in told)


def _stated_letters(header: Any) -> tuple[str, str, str, str]:
    """Return the letters of PatientOrientation (0020,0020): where the rows, then where the columns lead to."""
    value = header.get("PatientOrientation") if hasattr(header, "get") else None
    if value is None or isinstance(value, str) or len(value) != 2:
        return "", "", "", ""
    right, bottom = ("".join(_OF_DICOM.get(one, one) for one in str(each).upper()) for each in value)
    if not all(one in _OPPOSITE for one in right + bottom):
        return "", "", "", ""
    left, top = ("".join(_OPPOSITE[one] for one in each) for each in (right, bottom))
    return left, right, top, bottom


def _stated_size(header: Any) -> tuple[float, float]:
    """Return the size of a pixel, across and down, or the ratio of the two, as DICOM states it (rows first)."""
    for keyword in ("PixelSpacing", "ImagerPixelSpacing", "PixelAspectRatio"):
        value = header.get(keyword) if text_of(header, keyword) else None
        if value is not None and len(value) == 2:
            down, across = float(value[0]), float(value[1])
            if down > 0 and across > 0:
                return across, down
    return 1.0, 1.0
