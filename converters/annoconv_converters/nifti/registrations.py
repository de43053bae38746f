"""The registrations of a case as files of a folder, there and back, and those that come as files of their own.

Each is written with what it maps: a matrix as ITK's text transform, whose direction is `moving_from_fixed` (a matrix of
the other one is inverted), a displacement field as it is, checked, with its direction and the frame of its vectors in
the index.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal, cast

import numpy as np

from annoconv import images as image_seam
from annoconv.affines import matrix_text
from annoconv.documents import strict_json
from annoconv.errors import GeometryError, InputError, UsageError
from annoconv.geometry import DIRECTION_TOLERANCE
from annoconv.ids import safe_name
from annoconv.limits import Limits
from annoconv.messages import Message
from annoconv.model import MappingDirection, Registration, RegistrationKind
from annoconv_converters._volumes.opening import stem_of
from annoconv_converters.nifti.transforms import read_field, read_matrix, write_matrix

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from annoconv.casefile import LoadedCase
    from annoconv.geometry import Affine

__all__ = ["Given", "field_name", "given", "read_all", "write_all"]

_TEXT: Final = frozenset({".txt", ".tfm"})
"""Endings of ITK's text transforms."""


def field_name(identity: str, path: Path) -> str:
    """Return the file name of a displacement field in a data set."""
    return f"{safe_name(identity)}{'.nii.gz' if path.name.endswith('.gz') else '.nii'}"


def write_all(loaded: LoadedCase, folder: Path) -> list[dict[str, Any]]:
    """Write a case's registrations under `transforms/`; return their rows for the index.

    A field whose file is not there, or whose vectors are in no patient frame, and what names frames of reference and no
    images, is left out.

    Raises
    ------
    GeometryError
        If a matrix cannot be inverted, or a file is no displacement field.
    UsageError
        If two would have one file name.
    """
    rows: list[dict[str, Any]] = []
    names: set[str] = set()
    for each in loaded.case.registrations or ():
        if each.fixed_image_uid is None or each.moving_image_uid is None:
            continue
        row: dict[str, Any] = {"id": each.id, "kind": each.kind.value}
        row |= {"fixed_image_uid": each.fixed_image_uid, "moving_image_uid": each.moving_image_uid}
        source = loaded.fields.get(each.id)
        frame = each.field_frame.value if each.field_frame is not None else "LPS"
        if each.field_file is not None and source is not None and frame in {"LPS", "RAS"}:
            name = field_name(each.id, source)
            read_field(source, cast("Literal['LPS', 'RAS']", frame), Limits())
            row |= {"maps": each.maps.value, "field_frame": frame}
        elif each.field_file is None and each.matrix is not None:
            name, source = f"{safe_name(each.id)}.txt", None
            row["maps"] = MappingDirection.MOVING_FROM_FIXED.value
        else:
            continue
        if name.casefold() in names:
            raise UsageError(
                "two registrations would have the same file name",
                found=name,
                expected="distinct ids",
                advice="Give one of them another id",
            )
        names.add(name.casefold())
        (folder / "transforms").mkdir(exist_ok=True)
        if source is None:
            (folder / "transforms" / name).write_bytes(write_matrix(_moving_from_fixed(each, loaded.path)))
        else:
            shutil.copyfile(source, folder / "transforms" / name)
        rows.append(row | {"file": f"transforms/{name}"})
    return rows


def _moving_from_fixed(registration: Registration, source: Path | None) -> Affine:
    matrix = np.asarray(registration.matrix, dtype=np.float64)
    if registration.maps is MappingDirection.MOVING_FROM_FIXED:
        return matrix
    try:
        return np.asarray(np.linalg.inv(matrix), dtype=np.float64)
    except np.linalg.LinAlgError as error:
        raise GeometryError(
            "the matrix of a registration cannot be inverted",
            source=source,
            where=registration.id,
            found=matrix_text(matrix),
            expected="a matrix that can be inverted",
            advice="Correct the matrix of the registration",
        ) from error


def read_all(
    rows: Sequence[dict[str, Any]], folder: Path, inside: Callable[[str], Path], limits: Limits
) -> tuple[list[dict[str, Any]], dict[str, Path]]:
    """Return the registrations of an index as a case document holds them, and their fields' files by id, checked."""
    found: list[dict[str, Any]] = []
    fields: dict[str, Path] = {}
    for row in rows:
        told = {key: row[key] for key in ("id", "kind", "fixed_image_uid", "moving_image_uid", "maps")}
        path = inside(row["file"])
        if path.suffix in _TEXT:
            told["matrix"] = read_matrix(path).tolist()
        else:
            frame = row.get("field_frame", "LPS")
            read_field(path, frame, limits)
            told |= {"field_file": path.relative_to(folder).as_posix(), "field_frame": frame}
            fields[row["id"]] = path
        found.append(told)
    return found, fields


@dataclass(frozen=True)
class Given:
    """Registrations that were given as files of their own, from the case's image to one other.

    Attributes
    ----------
    moving
        The other image, as a case document describes it; None if nothing was given.
    rows
        The registrations as a case document holds them, without the fixed image.
    fields
        Files of the displacement fields by registration id.
    """

    moving: dict[str, Any] | None = None
    rows: Sequence[dict[str, Any]] = ()
    fields: Mapping[str, Path] = field(default_factory=dict[str, "Path"])

    def added_to(self, case: dict[str, Any]) -> dict[str, Any]:
        """Return a case document with the registrations, and with the image that they lead to."""
        if self.moving is None:
            return case
        fixed: str = case["image"]["uid"]
        related: list[dict[str, Any]] = list(case.get("related_images") or ())
        if self.moving["uid"] == fixed:
            raise InputError(
                "the registrations lead to the case's own image",
                found=fixed,
                expected="another image",
                advice="Name the other one",
            )
        if self.moving["uid"] not in {image["uid"] for image in related}:
            related.append(self.moving)
        known: list[dict[str, Any]] = list(case.get("registrations") or ())
        if taken := {each["id"] for each in known} & {row["id"] for row in self.rows}:
            raise InputError(
                "the case has a registration of this id",
                found=sorted(taken),
                expected="ids that the case does not have",
                advice="Rename the file",
            )
        rows = [{**row, "fixed_image_uid": fixed} for row in self.rows]
        return case | {"related_images": related, "registrations": [*known, *rows]}


def given(
    transforms: Sequence[Path], moving: Path | None, frame: Literal["LPS", "RAS"], modality: str | None, limits: Limits
) -> Given:
    """Return registrations read from files, each with its direction: points of the fixed image to the moving one's.

    Raises
    ------
    UsageError
        If transforms were given without the image that they lead to, or the reverse.
    InputError, GeometryError
        If a file is none of the transforms that are read.
    """
    if (moving is None) != (not transforms):
        raise UsageError(
            "--transform and --moving are given together",
            found=Message("--moving only") if moving is not None else Message("--transform only"),
            expected="both",
            advice="--moving names the image it leads to",
        )
    if moving is None:
        return Given()
    image = strict_json.plain(image_seam.open(moving, limits).describe())
    if image.get("modality") == "OT" and modality is not None:
        image["modality"] = modality
    rows: list[dict[str, Any]] = []
    fields: dict[str, Path] = {}
    for path in transforms:
        identity = safe_name(path.stem if path.suffix in _TEXT else stem_of(path.name))
        row: dict[str, Any] = {"id": identity, "moving_image_uid": image["uid"], "maps": "moving_from_fixed"}
        if path.suffix in _TEXT:
            matrix = read_matrix(path)
            turn = matrix[:3, :3]
            is_rigid = np.abs(turn.T @ turn - np.eye(3)).max() < DIRECTION_TOLERANCE and np.linalg.det(turn) > 0
            row |= {"kind": (RegistrationKind.RIGID if is_rigid else RegistrationKind.AFFINE).value}
            row |= {"matrix": matrix.tolist()}
        else:
            read_field(path, frame, limits)
            fields[identity] = path
            row |= {"kind": RegistrationKind.OTHER_NONLINEAR.value, "field_frame": frame}
            row |= {"field_file": f"transforms/{field_name(identity, path)}"}
        rows.append(row)
    if len({row["id"] for row in rows}) != len(rows):
        raise InputError(
            "two transforms have the same name",
            found=[row["id"] for row in rows],
            expected="a name for each transform",
            advice="Rename one of the files",
        )
    return Given(image, rows, fields)
