"""Affines as arrays: which are taken, how they are shown, and the change between LPS and RAS.

Shape (4, 4), float64; they map (i, j, k, 1), centre of a voxel, zero-based, to (x, y, z, 1) in mm. Authority: DICOM
PS3.3 C.7.6.2.1.1.
"""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from annoconv.advice import CORRECT_FILE
from annoconv.errors import GeometryError
from annoconv.messages import Message

__all__ = [
    "LARGEST_MM",
    "SMALLEST_MM",
    "Affine",
    "check_affine",
    "lps_from_ras",
    "matrix_text",
    "ras_from_lps",
    "transform_points",
]

Affine: TypeAlias = NDArray[np.float64]

LARGEST_MM, SMALLEST_MM = 1e9, 1e-9
"""A thousand kilometres and a picometre: beyond them a number is damage, and products would overflow."""
_SINGULAR = 1e-3
"""Volume spanned by the three axis directions, 1 if they are orthogonal."""


def check_affine(affine: Affine) -> None:
    """Refuse what is no affine: not finite, beyond the bounds, or singular.

    It is reckoned with plain numbers: numpy takes ten times as long for sixteen of them.
    """
    rows = affine.tolist() if affine.shape == (4, 4) else []
    numbers = [number for row in rows for number in row]
    if not numbers or not all(map(math.isfinite, numbers)) or rows[3] != [0, 0, 0, 1]:
        raise GeometryError(
            "not a finite affine",
            found=matrix_text(affine),
            expected="four rows of four finite numbers, the last 0 0 0 1",
            advice=CORRECT_FILE,
        )
    if max(map(abs, numbers)) > LARGEST_MM:
        raise GeometryError(
            "the affine holds numbers that are too large",
            found=matrix_text(affine),
            expected=Message("at most {most:g} mm", most=LARGEST_MM),
            advice="State origin and spacing in mm",
        )
    (a, b, c), (d, e, f), (g, h, i) = (row[:3] for row in rows[:3])
    steps = math.hypot(a, d, g), math.hypot(b, e, h), math.hypot(c, f, i)
    volume = abs(a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g))
    if min(steps) < SMALLEST_MM or volume < _SINGULAR * math.prod(steps):
        raise GeometryError(
            "the affine is singular: its axes do not span space",
            found=matrix_text(affine),
            expected="three axes that point different ways, none of length 0",
            advice=CORRECT_FILE,
        )


def matrix_text(matrix: ArrayLike) -> str:
    """Return a matrix on one line, six significant digits."""
    rows = np.atleast_2d(np.asarray(matrix, dtype=np.float64))
    return "[" + ", ".join("[" + ", ".join(f"{number:.6g}" for number in row) + "]" for row in rows) + "]"


def lps_from_ras(ras_from_ijk: Affine) -> Affine:
    """Return `lps_from_ijk` for an affine that maps to RAS, as NIfTI's does: x and y change their sign."""
    return np.diag([-1.0, -1.0, 1.0, 1.0]) @ ras_from_ijk + 0.0  # + 0.0 turns -0.0 into 0.0


def ras_from_lps(lps_from_ijk: Affine) -> Affine:
    """Return `ras_from_ijk` for an affine that maps to LPS: x and y change their sign."""
    return lps_from_ras(lps_from_ijk)


def transform_points(target_from_source: Affine, points: ArrayLike) -> NDArray[np.float64]:
    """Return points, shape (..., 3), carried by a (4, 4) affine from source to target coordinates."""
    return np.asarray(points, dtype=np.float64) @ target_from_source[:3, :3].T + target_from_source[:3, 3]
