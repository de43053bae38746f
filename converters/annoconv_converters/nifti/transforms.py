"""Registrations as files: ITK's text transforms for matrices, NIfTI displacement fields for the rest.

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

from annoconv import nifti
from annoconv.errors import GeometryError, InputError
from annoconv.geometry import Affine, Grid, matrix_text
from annoconv.ids import safe_name
from annoconv.inflate import compress
from annoconv.model import MappingDirection, Registration

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from annoconv.casefile import LoadedCase
    from annoconv.limits import Limits
    from annoconv_converters.nifti.finder import Finder

__all__ = ["Field", "read_all", "read_field", "read_matrix", "write_all", "write_field", "write_matrix"]

_HEAD: Final = "#Insight Transform File V1.0\n#Transform 0\n"
_LINEAR: Final = re.compile(
    r"(AffineTransform|MatrixOffsetTransformBase|Euler3DTransform|VersorRigid3DTransform|TranslationTransform"
    r"|ScaleSkewVersor3DTransform|Similarity3DTransform)_(?:double|float)_3_3"
)
_MATRICES: Final = frozenset({"AffineTransform", "MatrixOffsetTransformBase"})
_VECTOR_INTENT: Final = 1007
"""NIFTI_INTENT_VECTOR."""
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
        raise GeometryError("not a finite affine with last row 0 0 0 1", found=matrix_text(matrix))
    numbers = " ".join(repr(float(number)) for number in (*matrix[:3, :3].ravel(), *matrix[:3, 3]))
    return f"{_HEAD}Transform: AffineTransform_double_3_3\nParameters: {numbers}\nFixedParameters: 0 0 0\n".encode()


def read_matrix(path: Path) -> Affine:
    """Return the (4, 4) matrix of an ITK text transform: point of the fixed image to point of the moving one, LPS, mm.

    Raises
    ------
    InputError
        If it is not one linear transform in three dimensions whose parameters are a matrix or a translation.
    """
    if not path.is_file() or path.stat().st_size > _LONGEST:
        raise InputError("not a text transform", source=path, expected=f"a file of at most {_LONGEST} bytes")
    text = path.read_bytes().decode("utf-8", "replace")
    fields = re.findall(r"^(Transform|Parameters|FixedParameters):[ \t]*(.*)$", text, re.MULTILINE)
    told = dict(fields)
    kind = _LINEAR.fullmatch(told.get("Transform", "").strip())
    if not text.startswith("#Insight Transform File V1") or len(fields) != 3 or kind is None:
        raise InputError("not one linear ITK transform in three dimensions", source=path, where="Transform")
    parameters, center = (_numbers(told.get(name, ""), path) for name in ("Parameters", "FixedParameters"))
    if kind[1] == "TranslationTransform" and len(parameters) == 3:
        parameters, center = [1, 0, 0, 0, 1, 0, 0, 0, 1, *parameters], [0.0, 0.0, 0.0]
    elif kind[1] in {"Euler3DTransform", "VersorRigid3DTransform"} and len(parameters) == 6:
        is_zyx = len(center) > 3 and center[3] != 0
        rotation = _euler(*parameters[:3], is_zyx=is_zyx) if kind[1][0] == "E" else _versor(*parameters[:3])
        parameters = [*rotation.ravel().tolist(), *parameters[3:]]
    elif kind[1] not in _MATRICES:
        raise InputError("the parameters of this transform are not read", source=path, where="Transform", found=kind[1])
    if len(parameters) != 12 or len(center) < 3:
        raise InputError("twelve parameters and a centre are needed", source=path, found=len(parameters))
    matrix = np.eye(4)
    matrix[:3, :3] = np.reshape(parameters[:9], (3, 3))
    # ITK turns about a centre: x' = M (x - c) + c + t.
    matrix[:3, 3] = np.asarray(parameters[9:]) + center[:3] - matrix[:3, :3] @ center[:3]
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
        found = f"{[*header.grid.shape, *header.volumes]} of {header.dtype}"
        raise GeometryError("not a displacement field", source=path, found=found, expected="[i, j, k, 1, 3] of float")
    vectors = np.moveaxis(nifti.read_array(header)[:, 0], 0, -1) * header.slope + header.intercept
    if not np.isfinite(vectors).all():
        raise GeometryError("a displacement is not a finite number", source=path)
    return Field(header.grid, vectors * (1, 1, 1) if frame == "LPS" else vectors * (-1, -1, 1))


def write_field(field: Field, frame: Literal["LPS", "RAS"] = "LPS") -> bytes:
    """Return a displacement field as `.nii.gz`, its vectors in the frame named, float32."""
    vectors = np.asarray(field.vectors_lps, dtype=np.float32)
    if vectors.shape != (*field.grid.shape_kji, 3):
        raise GeometryError("the field does not fit its grid", found=vectors.shape, expected=(*field.grid.shape_kji, 3))
    signs = np.array((1, 1, 1) if frame == "LPS" else (-1, -1, 1), dtype=np.float32)
    stored = np.ascontiguousarray(np.moveaxis(vectors * signs, -1, 0))[:, None]
    return b"".join(compress(nifti.nifti_pieces(stored, field.grid, intent=_VECTOR_INTENT)))


def write_all(loaded: LoadedCase, folder: Path) -> list[dict[str, Any]]:
    """Write a case's registrations under `transforms/`; return their rows for the index.

    A field that does not stand beside the case, or maps the other way, is left out.
    """
    rows: list[dict[str, Any]] = []
    for each in loaded.case.registrations or ():
        content, ending = _content(each, loaded)
        if content is not None:
            path = folder / "transforms" / f"{safe_name(each.id)}{ending}"
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(content)
            row = {"id": each.id, "kind": each.kind.value, "file": f"transforms/{path.name}"}
            row |= {"fixed_image_uid": each.fixed_image_uid, "moving_image_uid": each.moving_image_uid}
            row["maps"] = MappingDirection.MOVING_FROM_FIXED.value
            rows.append(row | ({"field_frame": _frame(each)} if ending != ".txt" else {}))
    return rows


def read_all(
    rows: Sequence[dict[str, Any]], folder: Path, inside: Callable[[str], Path], finder: Finder
) -> list[dict[str, Any]]:
    """Return the registrations of an index as a case document holds them, their files checked."""
    found: list[dict[str, Any]] = []
    for row in rows:
        told = {key: row[key] for key in ("id", "kind", "fixed_image_uid", "moving_image_uid", "maps")}
        path = inside(row["file"])
        if path.suffix == ".txt":
            told["matrix"] = read_matrix(path).tolist()
        else:
            read_field(path, row["field_frame"], finder.context.limits)
            told |= {"field_file": path.relative_to(folder).as_posix(), "field_frame": row["field_frame"]}
        found.append(told)
    return found


def _content(registration: Registration, loaded: LoadedCase) -> tuple[bytes | None, str]:
    is_itk = registration.maps is MappingDirection.MOVING_FROM_FIXED
    if registration.matrix is not None and registration.field_file is None:
        matrix = np.asarray(registration.matrix, dtype=np.float64)
        try:
            return write_matrix(matrix if is_itk else np.asarray(np.linalg.inv(matrix), dtype=np.float64)), ".txt"
        except (GeometryError, np.linalg.LinAlgError) as error:
            raise GeometryError(
                "the matrix of a registration is no invertible affine", source=loaded.path, where=registration.id
            ) from error
    if (
        registration.field_file is None
        or loaded.path is None
        or not is_itk
        or _frame(registration) not in {"LPS", "RAS"}
    ):
        return None, ""
    path = loaded.path.parent / registration.field_file
    if not path.is_file() or not path.resolve().is_relative_to(loaded.path.parent.resolve()):
        return None, ""
    return path.read_bytes(), ".nii.gz" if path.name.endswith(".gz") else ".nii"


def _frame(registration: Registration) -> str:
    return registration.field_frame.value if registration.field_frame is not None else "LPS"


def _numbers(text: str, path: Path) -> list[float]:
    try:
        numbers = [float(part) for part in text.split()]
    except ValueError:
        numbers = [float("nan")]
    if not np.isfinite(numbers).all():
        raise InputError("not finite numbers", source=path, where="Parameters")
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
