"""The two affines of a NIfTI header: reading them, telling whether they conflict, and writing both so that they agree.

`sform` is three rows of an affine; `qform` is a unit quaternion, a handedness, voxel sizes and an offset. Both map
(i, j, k) to RAS; `lps_from_ras` turns them where a grid is made. Authority: nifti1.h, "3D orientation".
"""

from __future__ import annotations

import math
from functools import lru_cache
from itertools import product
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import numpy as np

from annoconv.advice import CORRECT_FILE
from annoconv.errors import GeometryError
from annoconv.geometry import (
    DIRECTION_TOLERANCE,
    GRID_TOLERANCE_VOXEL,
    Affine,
    Grid,
    corner_displacement_voxel,
    lps_from_ras,
    matrix_text,
    ras_from_lps,
)
from annoconv.messages import Message
from annoconv.volumes.nifti_header import pack, parse

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from annoconv.volumes.nifti_header import Header, Version

__all__ = [
    "QFORM_TOLERANCE_MM",
    "Form",
    "check_orthogonal",
    "forms_elsewhere",
    "forms_of",
    "is_in_mm",
    "read_grid",
    "rounding_mm",
    "steps_of",
]

Shape: TypeAlias = tuple[int, int, int]
Form: TypeAlias = Literal["agree", "sform", "qform"]
"""Which affine holds: the sform, else the qform, and both must agree; or the one that is named."""

QFORM_TOLERANCE_MM: Final = 1e-3
"""How far off a quaternion may put a corner and still be written. Its largest component follows from the others, so
near half a turn float32 loses half its digits: 1e-3 mm is a hundredth of the finest voxel in use."""
_SAME_PLACE_MM: Final = 0.01
"""Between the corners of two forms that say the same: ten times `QFORM_TOLERANCE_MM`."""
_MM_BY_UNIT: Final = {0: 1.0, 1: 1000.0, 2: 1.0, 3: 0.001}
"""xyzt_units & 7: unknown (taken as mm), m, mm, micrometre."""
_EPSILON: Final = float(np.finfo(np.float32).eps)
"""Relative rounding of a header's numbers; version 2 has float64, but many fill it from float32."""
_HALF_TURN: Final = 1e-7
"""1 - b^2 - c^2 - d^2 below which the reference implementation (nifti1_io.c, nifti_quatern_to_mat44) takes a rotation
for half a turn and normalises the rest. Axes that are permuted need it: two halves of a square root do not add up in
float32."""
_HALF_TURN_OF_NIBABEL: Final = 3 * _EPSILON
"""The same of nibabel, which takes a rotation for half a turn a little earlier than the reference does."""
_MILLIMETRES: Final = 2
"""NIFTI_UNITS_MM"""
_SCANNER: Final = 1
"""Code of both forms: scanner-based anatomical coordinates."""
_QFORM: Final = ("quatern_b", "quatern_c", "quatern_d", "qoffset_x", "qoffset_y", "qoffset_z")


def read_grid(header: Header, shape: Shape, path: Path, form: Form = "agree") -> Grid:
    """Return the grid that a header states, in LPS and mm; without an affine if both codes are 0.

    Parameters
    ----------
    header
        The fields of a header of either version, unchecked.
    shape
        Voxels along (i, j, k).
    path
        Named in messages.
    form
        Which form holds.

    Raises
    ------
    GeometryError
        If a form is not finite, singular, no rotation or absent though named; if a voxel size is negative; if the two
        put a corner further apart than 0.05 voxel and than the rounding of their numbers explains.
    """
    unit = header["xyzt_units"] & 7
    if unit not in _MM_BY_UNIT:
        raise GeometryError(
            "unknown unit of length",
            source=path,
            where="xyzt_units",
            found=unit,
            expected="1 (m), 2 (mm), 3 (micrometre), or 0 for none",
            advice=CORRECT_FILE,
        )
    zooms = [*header["pixdim"][1:4]]
    if not all(zoom >= 0 and math.isfinite(zoom) for zoom in zooms):
        raise GeometryError(
            "a voxel size is negative or not a number",
            source=path,
            where="pixdim",
            found=zooms,
            expected="three finite numbers from 0",
            advice=CORRECT_FILE,
        )
    found: dict[str, tuple[Affine, Grid]] = {}
    for name, reader in {"sform": _sform, "qform": _qform}.items():
        if form in {"agree", name} and (affine := reader(header, path)) is not None:
            affine = _in_mm(affine, header)
            try:
                found[name] = affine, Grid(shape, lps_from_ras(affine))
            except GeometryError as error:
                raise GeometryError(
                    error.problem,
                    source=path,
                    where=name,
                    found=error.found,
                    expected=error.expected,
                    advice=error.advice,
                ) from error
    if form != "agree" and not found:
        raise GeometryError(
            "the file has no such form",
            source=path,
            where=f"{form}_code",
            found=Message("code 0"),
            expected="a code above 0",
            advice="Choose the other form with --form, or leave the option out",
        )
    if len(found) == 2:
        _check_agreement(found["sform"][0], found["qform"][0], shape, rounding_mm(header, shape), path)
    return next(iter(found.values()))[1] if found else Grid(shape)


def forms_elsewhere(header: Header, grid: Grid, path: Path) -> dict[Form, Affine]:
    """Return the forms, LPS, mm, that are set and put a corner more than 0.01 mm from where a grid has it."""
    found: dict[Form, Affine] = {}
    readers: dict[Form, Callable[[Header, Path], Affine | None]] = {"sform": _sform, "qform": _qform}
    for name, reader in readers.items():
        try:
            affine = reader(header, path)
        except GeometryError:  # it is no affine, and the other was chosen
            continue
        if affine is not None:
            lps = lps_from_ras(_in_mm(affine, header))
            if _furthest_mm(lps - grid.affine, grid.shape) > _SAME_PLACE_MM:
                found[name] = lps
    return found


def is_in_mm(header: Header) -> bool:
    """Tell whether a header's lengths are in mm, or in no unit, which is taken for mm."""
    return _MM_BY_UNIT[header["xyzt_units"] & 7] == 1


def steps_of(header: Header) -> tuple[float, ...]:
    """Return the size of a voxel along (i, j, k), mm, that `pixdim` states: with both codes 0 nothing else does."""
    return tuple(float(zoom) * _MM_BY_UNIT[header["xyzt_units"] & 7] for zoom in header["pixdim"][1:4])


@lru_cache(maxsize=8)
def forms_of(grid: Grid, version: Version) -> Header:
    """Return the fields of a header that say where a grid lies: sform and qform with equal codes, in mm.

    Where the quaternion would put a corner more than 1e-3 mm off, as it does with sheared axes, the qform's code is 0
    and only the sform holds. The files of a case share what this returns.
    """
    if grid.lps_from_ijk is None:
        return {"xyzt_units": _MILLIMETRES, "pixdim": (1.0,) * 8}
    if grid.frame != "LPS":
        raise GeometryError(
            "NIfTI holds patient coordinates only",
            where="/image/coordinate_frame",
            found=grid.frame,
            expected="LPS",
            advice="Outlines on slides go to GeoJSON, pictures to COCO",
        )
    ras_from_ijk = ras_from_lps(grid.lps_from_ijk)
    rotation = ras_from_ijk[:3, :3] / grid.spacing
    handed = 1.0 if np.linalg.det(rotation) > 0 else -1.0
    rotation[:, 2] *= handed
    sform = dict(zip(("srow_x", "srow_y", "srow_z"), map(tuple, ras_from_ijk[:3].tolist()), strict=True))
    told = {"xyzt_units": _MILLIMETRES, "pixdim": (handed, *grid.spacing.tolist(), 1.0, 1.0, 1.0, 1.0)}
    told |= {"sform_code": _SCANNER, **sform}
    qform = dict(zip(_QFORM, (*_quaternion(rotation), *ras_from_ijk[:3, 3].tolist()), strict=True))
    header = told | {"qform_code": _SCANNER, **qform}
    rounded, _, _ = parse(pack(header, version)) or (header, version, "<")
    for half_turn in (_HALF_TURN, _HALF_TURN_OF_NIBABEL):
        affine = _qform(rounded, None, half_turn)
        if affine is None or _furthest_mm(affine - ras_from_ijk, grid.shape) > QFORM_TOLERANCE_MM:
            return told | {"qform_code": 0}
    return header


def _quaternion(rotation: NDArray[np.float64]) -> tuple[float, float, float]:
    """Return b, c, d of the unit quaternion, a >= 0, that is nearest to a matrix, shape (3, 3).

    It is the eigenvector of the largest eigenvalue of a symmetric matrix, of which the lower triangle is enough
    (I. Y. Bar-Itzhack, New Method for Extracting the Quaternion from a Rotation Matrix, 2000).
    """
    (xx, xy, xz), (yx, yy, yz), (zx, zy, zz) = rotation.tolist()
    lower = [
        [xx - yy - zz, 0.0, 0.0, 0.0],
        [xy + yx, yy - xx - zz, 0.0, 0.0],
        [xz + zx, yz + zy, zz - xx - yy, 0.0],
        [zy - yz, xz - zx, yx - xy, xx + yy + zz],
    ]
    b, c, d, a = np.linalg.eigh(np.array(lower) / 3.0).eigenvectors[:, -1].tolist()
    return (-b, -c, -d) if a < 0 else (b, c, d)


def check_orthogonal(grid: Grid, path: Path | None) -> None:
    """Refuse a grid whose axes are sheared: an image's direction is a rotation, with or without a reflection."""
    if grid.lps_from_ijk is None:
        return
    direction = grid.direction
    off = float(np.abs(direction.T @ direction - np.eye(3)).max())
    if off > DIRECTION_TOLERANCE:
        raise GeometryError(
            Message("the axes are sheared: the cosine between two of them is {off:.3g}", off=off),
            source=path,
            found=matrix_text(grid.lps_from_ijk),
            expected=Message("at most {count:g}", count=DIRECTION_TOLERANCE),
            advice="An image that is one file has orthogonal axes: name in its place, with --images, the DICOM series "
            "whose slices lie so (gantry tilt), or resample onto orthogonal axes",
        )


def _sform(header: Header, path: Path | None) -> Affine | None:
    if header["sform_code"] == 0:
        return None
    affine = np.array([header["srow_x"], header["srow_y"], header["srow_z"], (0.0, 0.0, 0.0, 1.0)])
    if not np.isfinite(affine).all():
        raise GeometryError(
            "not a finite affine",
            source=path,
            where="sform",
            found=matrix_text(affine),
            expected="finite numbers",
            advice=CORRECT_FILE,
        )
    return affine


def _qform(header: Header, path: Path | None, half_turn: float = _HALF_TURN) -> Affine | None:
    """Return the qform as an affine; `pixdim[0]` is the handedness: -1 reverses k, 0 stands for 1."""
    if header["qform_code"] == 0:
        return None
    b, c, d, x, y, z, handed, *zooms = numbers = [*(header[name] for name in _QFORM), *header["pixdim"][:4]]
    rest = 1.0 - (b * b + c * c + d * d)
    if not all(map(math.isfinite, numbers)) or rest < -4 * _EPSILON or handed not in {-1.0, 0.0, 1.0}:
        raise GeometryError(
            "the qform is no finite rotation",
            source=path,
            where="quatern_b, c, d, qoffset, pixdim",
            found=numbers,
            expected="finite numbers, a quaternion of length 1, and pixdim[0] of 1 or -1",
            advice=CORRECT_FILE,
        )
    if rest < half_turn:
        length = math.sqrt(b * b + c * c + d * d)
        a, b, c, d = 0.0, b / length, c / length, d / length
    else:
        a = math.sqrt(rest)
    zooms[2] *= -1.0 if handed == -1.0 else 1.0
    rotation = [
        [a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c)],
        [2 * (b * c + a * d), a * a + c * c - b * b - d * d, 2 * (c * d - a * b)],
        [2 * (b * d - a * c), 2 * (c * d + a * b), a * a + d * d - b * b - c * c],
    ]
    rows = [
        [*(cosine * zoom for cosine, zoom in zip(row, zooms, strict=True)), offset]
        for row, offset in zip(rotation, (x, y, z), strict=True)
    ]
    return np.array([*rows, [0.0, 0.0, 0.0, 1.0]])


def _in_mm(affine: Affine, header: Header) -> Affine:
    unit = _MM_BY_UNIT[header["xyzt_units"] & 7]
    return affine if unit == 1 else np.diag([unit, unit, unit, 1.0]) @ affine


def rounding_mm(header: Header, shape: Shape) -> float:
    """Return how far apart rounding alone may put a corner by sform and by qform.

    The quaternion's first component is sqrt(1 - b^2 - c^2 - d^2); near 0 an error e of the sum becomes sqrt(e), and the
    rotation is off by twice that, in radian.
    """
    b, c, d, *offsets = (header[name] for name in _QFORM)
    rest, error = max(1.0 - (b * b + c * c + d * d), 0.0), 3 * _EPSILON
    angle = 2 * (error / (2 * math.sqrt(rest)) if rest > error else math.sqrt(error))
    extent = math.hypot(*(zoom * count for zoom, count in zip(header["pixdim"][1:4], shape, strict=True)))
    unit = _MM_BY_UNIT[header["xyzt_units"] & 7]
    return float(unit * ((angle + 2 * _EPSILON) * extent + 2 * _EPSILON * max(map(abs, offsets))))


def _check_agreement(sform: Affine, qform: Affine, shape: Shape, rounding_mm: float, path: Path) -> None:
    apart_voxel, apart_mm = corner_displacement_voxel(qform, sform, shape), _furthest_mm(qform - sform, shape)
    if apart_voxel > GRID_TOLERANCE_VOXEL and apart_mm > rounding_mm:
        raise GeometryError(
            Message(
                "qform and sform put a corner {apart_voxel:.3g} voxels ({apart_mm:.3g} mm) apart",
                apart_voxel=apart_voxel,
                apart_mm=apart_mm,
            ),
            source=path,
            found=Message("qform {qform}, sform {sform}", qform=matrix_text(qform), sform=matrix_text(sform)),
            expected=Message("at most {count} voxels", count=GRID_TOLERANCE_VOXEL),
            advice="Make both say the same, or choose one with --form sform or --form qform",
        )


def _furthest_mm(difference: Affine, shape: Shape) -> float:
    """Return the largest displacement of a corner voxel by the difference of two affines, mm."""
    rows: list[list[float]] = difference[:3].tolist()
    return max(
        math.hypot(*(x * i + y * j + z * k + offset for x, y, z, offset in rows))
        for i, j, k in product(*((0, count - 1) for count in shape))
    )
