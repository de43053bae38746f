"""The two affines of a NIfTI header: reading them, telling whether they conflict, and writing both so that they agree.

`sform` is three rows of an affine; `qform` is a unit quaternion, a handedness, voxel sizes and an offset. Both map
(i, j, k) to RAS; `lps_from_ras` turns them where a grid is made. Authority: nifti1.h, "3D orientation".
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

import numpy as np

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
    transform_points,
)
from annoconv.messages import Message

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["QFORM_TOLERANCE_MM", "Form", "check_orthogonal", "forms_elsewhere", "is_in_mm", "read_grid", "write_forms"]

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
_SCANNER: Final = 1
"""Code of both forms: scanner-based anatomical coordinates."""


def read_grid(header: Any, shape: Shape, path: Path, form: Form = "agree") -> Grid:
    """Return the grid that a header states, in LPS and mm; without an affine if both codes are 0.

    Parameters
    ----------
    header
        nibabel's header of either version, unchecked.
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
    unit = int(header["xyzt_units"]) & 7
    if unit not in _MM_BY_UNIT:
        raise GeometryError("unknown unit of length", source=path, where="xyzt_units", found=unit)
    zooms = [float(zoom) for zoom in header["pixdim"][1:4]]
    if not all(zoom >= 0 and np.isfinite(zoom) for zoom in zooms):
        raise GeometryError("a voxel size is negative or not a number", source=path, where="pixdim", found=zooms)
    scale = np.diag([_MM_BY_UNIT[unit]] * 3 + [1.0])
    readers = {"sform": _sform, "qform": _qform}
    found: dict[str, Affine] = {}
    for name, reader in readers.items():
        if form in {"agree", name} and (affine := reader(header, path)) is not None:
            found[name] = scale @ affine
            try:
                Grid(shape, lps_from_ras(found[name]))
            except GeometryError as error:
                raise GeometryError(error.problem, source=path, where=name, found=error.found) from error
    if form != "agree" and not found:
        raise GeometryError("the file has no such form: its code is 0", source=path, where=f"{form}_code", found=0)
    if len(found) == 2:
        _check_agreement(found["sform"], found["qform"], shape, _rounding_mm(header, shape), path)
    return Grid(shape, lps_from_ras(next(iter(found.values())))) if found else Grid(shape)


def forms_elsewhere(header: Any, grid: Grid, path: Path) -> dict[Form, Affine]:
    """Return the forms, LPS, mm, that are set and put a corner more than 0.01 mm from where a grid has it."""
    scale = np.diag([_MM_BY_UNIT[int(header["xyzt_units"]) & 7]] * 3 + [1.0])
    readers: dict[Form, Any] = {"sform": _sform, "qform": _qform}
    found: dict[Form, Affine] = {}
    for name, reader in readers.items():
        try:
            affine = reader(header, path)
        except GeometryError:  # it is no affine, and the other was chosen
            continue
        if affine is not None:
            lps = lps_from_ras(scale @ affine)
            if _furthest_mm(lps - grid.affine, grid.shape) > _SAME_PLACE_MM:
                found[name] = lps
    return found


def is_in_mm(header: Any) -> bool:
    """Tell whether a header's lengths are in mm, or in no unit, which is taken for mm."""
    return _MM_BY_UNIT[int(header["xyzt_units"]) & 7] == 1


def write_forms(header: Any, grid: Grid) -> bool:
    """Put a grid into a header as sform and qform with equal codes, in mm; return whether the qform was exact enough.

    Where the quaternion would put a corner more than 1e-3 mm off, as it does with sheared axes, the qform's code is 0
    and only the sform holds.
    """
    header.set_xyzt_units("mm")
    for axis, zoom in enumerate(grid.spacing if grid.lps_from_ijk is not None else (1.0, 1.0, 1.0), 1):
        header["pixdim"][axis] = zoom
    if grid.lps_from_ijk is None:
        return True
    if grid.frame != "LPS":
        raise GeometryError(
            "NIfTI holds patient coordinates only",
            where="/image/coordinate_frame",
            found=grid.frame,
            expected="LPS",
            advice="Outlines on slides go to GeoJSON, pictures to COCO",
        )
    ras_from_ijk = ras_from_lps(grid.lps_from_ijk)
    header.set_sform(ras_from_ijk, code=_SCANNER)
    header.set_qform(ras_from_ijk, code=_SCANNER, strip_shears=True)
    # nibabel takes a rotation for half a turn a little earlier than the reference does: both must be right.
    readings = (_qform(header, None), header.get_qform())
    if any(one is None or _furthest_mm(one - ras_from_ijk, grid.shape) > QFORM_TOLERANCE_MM for one in readings):
        header["qform_code"] = 0
        for name in ("quatern_b", "quatern_c", "quatern_d", "qoffset_x", "qoffset_y", "qoffset_z"):
            header[name] = 0
        return False
    return True


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


def _sform(header: Any, path: Path | None) -> Affine | None:
    if int(header["sform_code"]) == 0:
        return None
    with np.errstate(invalid="ignore"):  # a signalling NaN is refused below as any other
        rows = [np.asarray(header[name], dtype=np.float64) for name in ("srow_x", "srow_y", "srow_z")]
    affine = np.vstack([*rows, [0.0, 0.0, 0.0, 1.0]])
    if not np.isfinite(affine).all():
        raise GeometryError("not a finite affine", source=path, where="sform", found=matrix_text(affine))
    return affine


def _qform(header: Any, path: Path | None) -> Affine | None:
    """Return the qform as an affine; `pixdim[0]` is the handedness: -1 reverses k, 0 stands for 1."""
    if int(header["qform_code"]) == 0:
        return None
    b, c, d, x, y, z, handed, *zooms = numbers = [
        float(number)
        for number in (
            *(header[name] for name in ("quatern_b", "quatern_c", "quatern_d", "qoffset_x", "qoffset_y", "qoffset_z")),
            *header["pixdim"][:4],
        )
    ]
    rest = 1.0 - (b * b + c * c + d * d)
    if not np.isfinite(numbers).all() or rest < -4 * _EPSILON or handed not in {-1.0, 0.0, 1.0}:
        raise GeometryError(
            "the qform is no finite rotation", source=path, where="quatern_b, c, d, qoffset, pixdim", found=numbers
        )
    if rest < _HALF_TURN:
        length = np.sqrt(b * b + c * c + d * d)
        a, b, c, d = 0.0, b / length, c / length, d / length
    else:
        a = np.sqrt(rest)
    rotation = np.array(
        [
            [a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c)],
            [2 * (b * c + a * d), a * a + c * c - b * b - d * d, 2 * (c * d - a * b)],
            [2 * (b * d - a * c), 2 * (c * d + a * b), a * a + d * d - b * b - c * c],
        ]
    )
    affine = np.eye(4)
    affine[:3, :3] = rotation * [zooms[0], zooms[1], zooms[2] * (-1.0 if handed == -1.0 else 1.0)]
    affine[:3, 3] = x, y, z
    return affine


def _rounding_mm(header: Any, shape: Shape) -> float:
    """Return how far apart rounding alone may put a corner by sform and by qform.

    The quaternion's first component is sqrt(1 - b^2 - c^2 - d^2); near 0 an error e of the sum becomes sqrt(e), and the
    rotation is off by twice that, in radian.
    """
    b, c, d = (float(header[name]) for name in ("quatern_b", "quatern_c", "quatern_d"))
    rest, error = max(1.0 - (b * b + c * c + d * d), 0.0), 3 * _EPSILON
    angle = 2 * (error / (2 * np.sqrt(rest)) if rest > error else np.sqrt(error))
    extent = float(np.linalg.norm([zoom * count for zoom, count in zip(header["pixdim"][1:4], shape, strict=True)]))
    offset = float(np.abs([float(header[name]) for name in ("qoffset_x", "qoffset_y", "qoffset_z")]).max())
    unit = _MM_BY_UNIT[int(header["xyzt_units"]) & 7]
    return float(unit * ((angle + 2 * _EPSILON) * extent + 2 * _EPSILON * offset))


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
    corners = list(product(*((0, count - 1) for count in shape)))
    moved = transform_points(difference, corners)
    return float(np.linalg.norm(moved, axis=-1).max())
