"""What files of volumes and their tables state: units, directions, codes, names; each is taken, or named as lost."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import SimpleITK

from annoconv import registry
from annoconv.errors import GeometryError
from annoconv.loss import LossKind

if TYPE_CHECKING:
    from annoconv.casefile import Reading

NRRD = (
    "NRRD0004\ntype: uchar\ndimension: 3\nsizes: 8 6 5\nspace: left-posterior-superior\n{}"
    "space directions: (0.07,0,0) (0,0.08,0) (0,0,0.25)\nspace origin: (1,2,3)\nencoding: raw\n\n"
)
META = (
    "ObjectType = Image\nNDims = 3\nBinaryData = True\n{}DimSize = 8 6 5\nElementType = MET_UCHAR\n"
    "ElementDataFile = LOCAL\n"
)


def voxels() -> np.ndarray[Any, Any]:
    """Return one label, shape (5, 6, 8), C order: as files of either format have it."""
    array = np.zeros((5, 6, 8), np.uint8)
    array[1:3, 2:5, 3:6] = 1
    return array


def nrrd(path: Path, fields: str = "") -> Path:
    path.write_bytes(NRRD.format(fields).encode() + voxels().tobytes())
    return path


def meta(path: Path, fields: str) -> Path:
    path.write_bytes(META.format(fields).encode() + voxels().tobytes())
    return path


def read(*sources: Path, **options: Any) -> Reading:
    (reading,) = registry.read(list(sources), format="nifti", **options)
    return reading


def lost(reading: Reading) -> dict[str, LossKind]:
    """Return the losses but those of every file that names no task and no modality."""
    assumed = {"/task_id", "/image/modality", "/qform_code", "/sform_code"}
    return {loss.path: loss.kind for loss in reading.losses if loss.path not in assumed}


# Units of length: the NRRD format's "space units", MetaIO's DistanceUnits


@pytest.mark.parametrize(
    ("units", "spacing", "origin"),
    [
        ('space units: "cm" "cm" "cm"\n', [0.7, 0.8, 2.5], [10, 20, 30]),
        ('space units: "m" "m" "m"\n', [70, 80, 250], [1000, 2000, 3000]),
        ('space units: "cm" "mm" "mm"\n', [0.7, 0.08, 0.25], [10, 2, 3]),
    ],
)
def test_units_of_nrrd_are_read_in_millimetres_and_named(
    units: str, spacing: list[float], origin: list[float], tmp_path: Path
) -> None:
    reading = read(nrrd(tmp_path / "a.nrrd", units))
    assert reading.case.image.spacing == spacing
    assert reading.case.image.origin == origin
    assert lost(reading) == {"/space units": LossKind.APPROXIMATED}


@pytest.mark.parametrize("units", ["", 'space units: "mm" "mm" "mm"\n', 'space units: "millimeter" "" "???"\n'])
def test_millimetres_and_units_that_nobody_knows_are_millimetres(units: str, tmp_path: Path) -> None:
    reading = read(nrrd(tmp_path / "a.nrrd", units))
    assert reading.case.image.spacing == [0.07, 0.08, 0.25]
    assert lost(reading) == {}


@pytest.mark.parametrize("units", ['"s" "s" "s"', '"mm" "mm"', "mm mm mm"])
def test_units_that_are_no_lengths_are_refused(units: str, tmp_path: Path) -> None:
    with pytest.raises(GeometryError) as caught:
        read(nrrd(tmp_path / "a.nrrd", f"space units: {units}\n"))
    assert caught.value.where == "space units"
    assert caught.value.expected


def test_units_of_metaimage_are_read_in_millimetres_and_named(tmp_path: Path) -> None:
    fields = "Offset = 1 2 3\nElementSpacing = 0.07 0.08 0.25\nDistanceUnits = {}\n"
    reading = read(meta(tmp_path / "a.mha", fields.format("cm")))
    assert reading.case.image.spacing == [0.7, 0.8, 2.5]
    assert reading.case.image.origin == [10, 20, 30]
    assert lost(reading) == {"/DistanceUnits": LossKind.APPROXIMATED}
    assert lost(read(meta(tmp_path / "b.mha", fields.format("mm")))) == {}
    with pytest.raises(GeometryError, match="unknown unit of length"):
        read(meta(tmp_path / "c.mha", fields.format("furlong")))


# MetaImage: fields that say the same twice


@pytest.mark.parametrize(
    ("fields", "losses"),
    [
        ("AnatomicalOrientation = RAI\n", {}),
        ("AnatomicalOrientation = ???\n", {}),
        ("AnatomicalOrientation = LPI\n", {"/AnatomicalOrientation": LossKind.APPROXIMATED}),
        ("CenterOfRotation = 5 5 5\n", {"/CenterOfRotation": LossKind.NO_PLACE}),
        ("ElementSize = 0.7 0.8 2.50\nOrigin = 1 2 3\n", {}),
        ("ElementSize = 9 9 9\n", {"/ElementSize": LossKind.NO_PLACE}),
        ("Position = 4 2 3\n", {"/Position": LossKind.NO_PLACE}),
    ],
)
def test_what_conflicts_with_the_fields_that_itk_reads_is_named(
    fields: str, losses: dict[str, LossKind], tmp_path: Path
) -> None:
    placed = "TransformMatrix = 1 0 0 0 1 0 0 0 1\nOffset = 1 2 3\nElementSpacing = 0.7 0.8 2.5\n"
    path = meta(tmp_path / "a.mha", placed + fields)
    image = SimpleITK.ReadImage(str(path))
    reading = read(path)
    assert reading.case.image.spacing == list(image.GetSpacing())
    assert reading.case.image.origin == list(image.GetOrigin())
    assert lost(reading) == losses


@pytest.mark.parametrize(
    "turn", [(1, 0, 0, 0, 1, 0, 0, 0, 1), (-1, 0, 0, 0, -1, 0, 0, 0, 1), (0, 0, 1, 1, 0, 0, 0, -1, 0)]
)
def test_the_letters_that_itk_writes_conflict_with_nothing(turn: tuple[float, ...], tmp_path: Path) -> None:
    image = SimpleITK.GetImageFromArray(voxels())
    image.SetDirection(turn)
    SimpleITK.WriteImage(image, str(tmp_path / "a.mha"))
    assert b"AnatomicalOrientation" in (tmp_path / "a.mha").read_bytes()
    assert lost(read(tmp_path / "a.mha")) == {}


def test_directions_of_six_digits_leave_the_spacing_as_it_is_written(tmp_path: Path) -> None:
    matrix = "TransformMatrix = 0.98 0.198997 0 -0.198997 0.98 0 0 0 1\n"
    reading = read(meta(tmp_path / "a.mha", f"{matrix}Offset = 1 2 3\nElementSpacing = 0.7 0.8 2.5\n"))
    assert reading.case.image.spacing == [0.7, 0.8, 2.5]
    assert lost(reading) == {}


def test_directions_that_are_no_unit_vectors_are_named(tmp_path: Path) -> None:
    reading = read(meta(tmp_path / "a.mha", "TransformMatrix = 2 0 0 0 1 0 0 0 1\nElementSpacing = 0.7 0.8 2.5\n"))
    assert reading.case.image.spacing == [1.4, 0.8, 2.5]  # a point lies at direction * spacing * index, in ITK
    assert lost(reading) == {"/TransformMatrix": LossKind.APPROXIMATED}
