"""Transforms as files: ITK's text transforms for matrices, NIfTI displacement fields for the rest.

ITK maps points of the *fixed* image to points of the *moving* one (it resamples the moving image on the fixed grid),
in LPS and mm. A file is written in that direction, `moving_from_fixed`; a matrix of the other direction is inverted.
A displacement field has a voxel of three numbers, mm, in the frame that is stated with it: ITK and ANTs write LPS.

Authority: ITK software guide, "Transforms"; `itkTxtTransformIO`; nifti1.h, NIFTI_INTENT_VECTOR.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from annoconv.advice import CORRECT_FILE, beside, in_bytes
from annoconv.errors import GeometryError, InputError
from annoconv.geometry import Affine, Grid, matrix_text
from annoconv.messages import Message, listed
from annoconv.volumes import nifti
from annoconv.volumes.voxel_values import check_held

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from annoconv.limits import Limits

__all__ = ["Field", "read_field", "read_matrix", "write_matrix"]

_ITK: Final = Message("a linear transform in three dimensions, as ITK writes it to text")
_LINEAR_ONLY: Final = Message("Save it as an affine transform of ITK (.txt, .tfm), or as a displacement field")
_HEAD: Final = "#Insight Transform File V1.0\n#Transform 0\n"
_LINEAR: Final = re.compile(r"(\w+)_(?:double|float)_3_3")
_MATRICES: Final = frozenset({"AffineTransform", "MatrixOffsetTransformBase"})
_CENTERLESS: Final = frozenset({"TranslationTransform", "IdentityTransform"})
_PARAMETERS: Final = {
    "AffineTransform": 12,
    "MatrixOffsetTransformBase": 12,
    "Euler3DTransform": 6,
    "VersorRigid3DTransform": 6,
    "Similarity3DTransform": 7,
    "TranslationTransform": 3,
    "IdentityTransform": 0,
}
"""Numbers of each kind of transform that is read."""
_MOST_COMPOSED: Final = 100
_LONGEST: Final = 1 << 20
"""Bytes of a text transform that is read."""


@dataclass(frozen=True, eq=False)
class Field:
    """A displacement field.

    Attributes
    ----------
    grid
        Of the fixed image.
    vectors_lps
        Shape (k, j, i, 3), float, mm, LPS: what is added to a point of the fixed image to have the moving image's.
    """

    grid: Grid
    vectors_lps: NDArray[Any]


def write_matrix(moving_from_fixed: Affine) -> bytes:
    """Return an ITK text transform.

    Parameters
    ----------
    moving_from_fixed
        Shape (4, 4): point of the fixed image to point of the moving one, LPS, mm.
    """
    matrix = np.asarray(moving_from_fixed, dtype=np.float64)
    if matrix.shape != (4, 4) or not np.isfinite(matrix).all() or np.any(matrix[3] != (0, 0, 0, 1)):
        raise GeometryError(
            "not a finite affine",
            found=matrix_text(matrix),
            expected="four rows of four finite numbers, the last 0 0 0 1",
            advice="Correct the matrix of the registration",
        )
    numbers = " ".join(repr(float(number)) for number in (*matrix[:3, :3].ravel(), *matrix[:3, 3]))
    return f"{_HEAD}Transform: AffineTransform_double_3_3\nParameters: {numbers}\nFixedParameters: 0 0 0\n".encode()


def read_matrix(path: Path) -> Affine:
    """Return the (4, 4) matrix of an ITK text transform: point of the fixed image to point of the moving one, LPS, mm.

    Raises
    ------
    InputError
        If it is no linear transform in three dimensions whose parameters are read, nor several of them composed.
    """
    if not path.is_file():
        raise InputError(
            "there is no such file",
            source=path,
            found=beside(path),
            expected="a text transform of ITK",
            advice="Put the registration's transform back",
        )
    if path.stat().st_size > _LONGEST:
        raise InputError(
            "not a text transform",
            source=path,
            found=in_bytes(path.stat().st_size),
            expected=Message("a file of at most {longest} bytes", longest=_LONGEST),
            advice=_LINEAR_ONLY,
        )
    text = path.read_bytes().decode("utf-8", "replace")
    head, *blocks = re.split(r"^Transform:", text, flags=re.MULTILINE)
    if blocks and re.fullmatch(r"\s*CompositeTransform_(?:double|float)_3_3\s*(?:#.*)?\s*", blocks[0]):
        del blocks[0]
    if not head.startswith("#Insight Transform File V1") or not 1 <= len(blocks) <= _MOST_COMPOSED:
        raise InputError(
            "not a linear ITK transform in three dimensions",
            source=path,
            where="Transform",
            found=head[:40].strip(),
            expected=_ITK,
            advice=_LINEAR_ONLY,
        )
    matrix = np.eye(4)
    for block in blocks:  # the last one is applied first
        matrix = matrix @ _linear(block, path)
    return matrix


def _linear(block: str, path: Path) -> Affine:
    """Return the matrix of what follows `Transform:` for one transform."""
    fields = re.findall(r"^(Parameters|FixedParameters):[ \t]*(.*)$", block, re.MULTILINE)
    kind = _LINEAR.fullmatch(block.partition("\n")[0].strip())
    if [name for name, _ in fields] != ["Parameters", "FixedParameters"] or kind is None:
        raise InputError(
            "not a linear ITK transform in three dimensions",
            source=path,
            where="Transform",
            found=block.partition("\n")[0].strip()[:60],
            expected=_ITK,
            advice=_LINEAR_ONLY,
        )
    parameters, center = (_numbers(numbers, path) for _, numbers in fields)
    expected = _PARAMETERS.get(kind[1])
    if expected is None:
        raise InputError(
            "the parameters of this transform are not read",
            source=path,
            where="Transform",
            found=kind[1],
            expected=listed([*_PARAMETERS]),
            advice=_LINEAR_ONLY,
        )
    if len(parameters) != expected or (len(center) < 3 and kind[1] not in _CENTERLESS):
        raise InputError(
            "the transform holds another count of numbers",
            source=path,
            found=Message("{count} parameters, {center} of the centre", count=len(parameters), center=len(center)),
            expected=Message("{count} parameters and a centre of 3", count=expected),
            advice=CORRECT_FILE,
        )
    matrix = np.eye(4)
    if kind[1] in _CENTERLESS:
        matrix[:3, 3] = parameters or 0.0
        return matrix
    if kind[1] == "Euler3DTransform":
        matrix[:3, :3] = _euler(*parameters[:3], is_zyx=len(center) > 3 and center[3] != 0)
    elif kind[1] in _MATRICES:
        matrix[:3, :3] = np.reshape(parameters[:9], (3, 3))
    else:
        matrix[:3, :3] = _versor(*parameters[:3]) * (*parameters[6:], 1.0)[0]
    shift = parameters[9:] if kind[1] in _MATRICES else parameters[3:6]
    # ITK turns about a centre: x' = M (x - c) + c + t.
    matrix[:3, 3] = np.asarray(shift) + center[:3] - matrix[:3, :3] @ center[:3]
    return matrix


def read_field(path: Path, frame: Literal["LPS", "RAS"], limits: Limits) -> Field:
    """Return a NIfTI displacement field, its vectors in LPS.

    Parameters
    ----------
    path
        Five axes: i, j, k, 1, 3.
    frame
        Frame of the vectors in the file; nothing in a NIfTI header says it.
    limits
        Bounds.

    Raises
    ------
    GeometryError
        If it is no field of three finite numbers a voxel.
    """
    header = nifti.read_header(path, limits, several=True)
    if header.volumes != (1, 3) or header.dtype.kind != "f":
        found = Message("{value} of {dtype}", value=[*header.grid.shape, *header.volumes], dtype=header.dtype)
        raise GeometryError(
            "not a displacement field",
            source=path,
            found=found,
            expected="[i, j, k, 1, 3] of float",
            advice="Save it as a NIfTI vector field, as ANTs and ITK do",
        )
    check_held(header.data_bytes, path, limits)
    vectors = np.moveaxis(nifti.read_array(header)[:, 0], 0, -1) * header.slope + header.intercept
    if not np.isfinite(vectors).all():
        raise GeometryError(
            "a displacement is not a finite number",
            source=path,
            found=Message("values that are not finite"),
            expected="finite numbers",
            advice=CORRECT_FILE,
        )
    return Field(header.grid, vectors * (1, 1, 1) if frame == "LPS" else vectors * (-1, -1, 1))


def _numbers(text: str, path: Path) -> list[float]:
    try:
        numbers = [float(part) for part in text.split()]
    except ValueError:
        numbers = [float("nan")]
    if not np.isfinite(numbers).all():
        raise InputError(
            "the numbers of the transform are damaged",
            source=path,
            where="Parameters",
            found=text[:60],
            expected="finite numbers",
            advice=CORRECT_FILE,
        )
    return numbers


def _euler(x: float, y: float, z: float, *, is_zyx: bool) -> NDArray[np.float64]:
    """Return ITK's Euler rotation: about z after x after y, or z after y after x (angles in radian)."""
    about_x = np.array([[1, 0, 0], [0, np.cos(x), -np.sin(x)], [0, np.sin(x), np.cos(x)]])
    about_y = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    about_z = np.array([[np.cos(z), -np.sin(z), 0], [np.sin(z), np.cos(z), 0], [0, 0, 1]])
    return np.asarray(about_z @ about_y @ about_x if is_zyx else about_z @ about_x @ about_y)


def _versor(x: float, y: float, z: float) -> NDArray[np.float64]:
    """Return the rotation of a unit quaternion by its vector part."""
    w = np.sqrt(max(1.0 - (x * x + y * y + z * z), 0.0))
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.asarray(np.eye(3) + 2 * w * cross + 2 * cross @ cross)
