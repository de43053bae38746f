"""A polygon drawn at one place lies there in every format: on the same millimetre, or the same pixel without a place.

Where it lies is computed from the headers of the source images alone (PS3.3 C.7.6.2.1.1); a format that has pixels and
slices lies where its image does. One that holds masks only is given the pixels whose centres are inside.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from pydicom.uid import UltrasoundMultiFrameImageStorage

from annoconv import registry
from annoconv.casefile import LoadedCase, Reading, read_case
from annoconv.documents import strict_json
from annoconv.errors import InputError
from annoconv.geometry import Grid
from annoconv.pixels import save_nifti
from tests.cases import document, grid_of, mask, series
from tests.converters.test_dicom_sr_ultrasound import picture

POLYGON = [[10.5, 8.0], [40.25, 10.0], [44.0, 30.5], [22.0, 38.0], [9.0, 25.25]]
SLICE = 3
DIRECTIONS: dict[str, Any] = {
    "axial": np.eye(3),
    "turned": np.array([[0, 0, -1], [1, 0, 0], [0, -1, 0]]),
    "oblique": np.array([[0.8, 0, 0.6], [0, 1, 0], [-0.6, 0, 0.8]]),
}
FORMATS = [one.name for one in registry.formats() if one.reads and one.writes]


def case_of(folder: Path, direction: Any) -> tuple[LoadedCase, LoadedCase]:
    """Return a case with the polygon, and one with the pixels whose centres are inside."""
    grid = grid_of((64, 48, 6), direction=direction)
    image = series(folder, grid, folder.name)
    polygon = {"id": "P", "category": "lesion", "label_code": "NODULE", "type": "polygon", "polygon": POLYGON}
    inside = np.zeros(grid.shape_kji, bool)
    rows, columns = np.mgrid[:48, :64] + 0.5
    inside[SLICE] = is_inside(np.column_stack([columns.ravel(), rows.ravel()])).reshape(48, 64)
    save_nifti(folder / "m.nii.gz", inside, grid)
    cases = []
    for name, one in (
        ("polygon", polygon | {"slice_index": SLICE}),
        ("mask", mask("P", "m.nii.gz", "NODULE", "lesion")),
    ):
        (folder / f"{name}.json").write_bytes(strict_json.dumps(document(image, [one])))
        cases.append(read_case(folder / f"{name}.json"))
    return cases[0], cases[1]


def is_inside(points: Any) -> Any:
    """Tell which points (x, y) are inside the polygon: those from which a ray crosses it an odd number of times."""
    x, y = np.asarray(points).T
    crossed = np.zeros(len(x), int)
    for (x0, y0), (x1, y1) in zip(POLYGON, [*POLYGON[1:], POLYGON[0]], strict=True):
        spans = (y0 > y) != (y1 > y)
        with np.errstate(divide="ignore", invalid="ignore"):
            crossed += spans & (x < (x1 - x0) * (y - y0) / (y1 - y0) + x0)
    return crossed % 2 == 1


def vertices_mm(folder: Path) -> Any:
    """Return where the vertices lie, by the headers of the source alone."""
    headers = [pydicom.dcmread(path, stop_before_pixels=True) for path in (folder / "images").iterdir()]
    across, down = np.reshape(np.array(headers[0].ImageOrientationPatient, float), (2, 3))
    normal = np.cross(across, down)
    headers.sort(key=lambda one: np.array(one.ImagePositionPatient, float) @ normal)
    first = np.array(headers[SLICE].ImagePositionPatient, float)
    between_rows, between_columns = map(float, headers[0].PixelSpacing)
    return np.array(
        [first + across * between_columns * (x - 0.5) + down * between_rows * (y - 0.5) for x, y in POLYGON]
    )


def written(format_name: str, loaded: LoadedCase, folder: Path, **options: Any) -> Reading:
    writer, reader = registry.converter("to", format_name), registry.converter("from", format_name)
    images = {"images": [folder / "images"]}
    target = folder / f"out_{loaded.case.annotations[0].type}{writer.suffix}"
    given = options | (images if "images" in writer.options else {})
    registry.write([loaded], target, format=format_name, **given)
    (reading,) = registry.read([target], format=format_name, **(images if "images" in reader.options else {}))
    return reading


def shapes_mm(reading: Reading, drawn: LoadedCase) -> Any:
    """Return the vertices of all that has some, LPS, mm."""
    affine = Grid.from_image(drawn.case.image).affine
    found: list[Any] = []
    for one in strict_json.plain(reading.case)["annotations"]:
        if one["type"] == "polygon":
            found += [(affine @ [x - 0.5, y - 0.5, one["slice_index"], 1])[:3] for x, y in one["polygon"]]
        elif one["type"] == "contours":
            found += [point for ring in one["contours"] for point in ring["points"]]
    return np.array(found)


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("format_name", FORMATS)
def test_a_polygon_lies_on_the_same_millimetre_in_every_format(
    format_name: str, direction: str, tmp_path: Path
) -> None:
    folder = tmp_path / direction
    folder.mkdir()
    drawn, filled = case_of(folder, DIRECTIONS[direction])
    expected = vertices_mm(folder)
    plain = {"plain": True} if "plain" in registry.converter("to", format_name).options else {}
    try:
        found = shapes_mm(written(format_name, drawn, folder, **plain), drawn)
    except InputError:  # masks only
        found = np.empty(0)
    if found.size:
        np.testing.assert_allclose(found, expected, atol=1e-3)
        return
    reading = written(format_name, filled, tmp_path / direction, **plain)
    (one,) = reading.masks.values()
    centres = np.argwhere(one.read())[:, ::-1]
    placed = centres @ one.grid.affine[:3, :3].T + one.grid.origin
    truth = filled.masks["P"]
    origin = truth.grid.affine @ [0, 0, 0, 1]
    assert len(placed) == int(truth.read().sum())
    normal = np.cross(expected[1] - expected[0], expected[2] - expected[0])
    normal /= np.linalg.norm(normal)
    off = (placed - expected[0]) @ normal
    assert np.abs(off).max() < 1e-3, "the pixels lie in the plane of the polygon"
    spacing = truth.grid.spacing[:2]
    local = (placed - origin[:3]) @ truth.grid.direction[:, :2] / spacing + 0.5
    assert is_inside(local).all(), "each pixel's centre is inside: half a voxel at most from the line"


def frames_of(folder: Path) -> tuple[LoadedCase, LoadedCase]:
    """Return the same on a frame of ultrasound, which has no place in space."""
    uid = picture(folder / "images" / "us.dcm", UltrasoundMultiFrameImageStorage, "US", frames=6)
    image = {"uid": uid, "modality": "US", "shape": [128, 96, 6], "coordinate_frame": "NONE"}
    polygon = {"id": "P", "category": "lesion", "label_code": "NODULE", "type": "polygon", "polygon": POLYGON}
    inside = np.zeros((6, 96, 128), bool)
    rows, columns = np.mgrid[:96, :128] + 0.5
    inside[SLICE] = is_inside(np.column_stack([columns.ravel(), rows.ravel()])).reshape(96, 128)
    save_nifti(folder / "m.nii.gz", inside, Grid((128, 96, 6)))
    cases = []
    for name, one in (
        ("polygon", polygon | {"frame_index": SLICE}),
        ("mask", mask("P", "m.nii.gz", "NODULE", "lesion")),
    ):
        (folder / f"{name}.json").write_bytes(strict_json.dumps(document(image, [one])))
        cases.append(read_case(folder / f"{name}.json"))
    return cases[0], cases[1]


@pytest.mark.parametrize("format_name", FORMATS)
def test_a_polygon_on_a_frame_lies_on_the_same_pixels_in_every_format(format_name: str, tmp_path: Path) -> None:
    drawn, filled = frames_of(tmp_path)
    plain = {"plain": True} if "plain" in registry.converter("to", format_name).options else {}
    try:
        told = strict_json.plain(written(format_name, drawn, tmp_path, **plain).case)["annotations"]
    except InputError:  # masks only
        told = []
    (found,) = [one for one in told if one["type"] == "polygon"] or [None]
    if found is not None:
        np.testing.assert_allclose(found["polygon"], POLYGON, atol=1e-5)
        assert found.get("frame_index", found.get("slice_index")) == SLICE
        return
    reading = written(format_name, filled, tmp_path, **plain)
    (one,) = reading.masks.values()
    np.testing.assert_array_equal(one.read(), filled.masks["P"].read())


def test_in_space_a_report_has_the_same_millimetres(tmp_path: Path) -> None:
    drawn, _ = case_of(tmp_path, DIRECTIONS["oblique"])
    found = shapes_mm(written("dicom-sr", drawn, tmp_path, plain=True, in_space=True), drawn)
    np.testing.assert_allclose(found, vertices_mm(tmp_path), atol=1e-3)
