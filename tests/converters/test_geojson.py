"""GeoJSON of QuPath, ASAP, Cytomine: outlines with holes, points, lines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from annoconv import jsondoor, registry
from annoconv.errors import InputError, LimitError
from tests.converters.pictures_cases import flat_case
from tests.real_data import real


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("qupath_geojson/qupath-point.json", ["point"]),
        ("qupath_geojson/qupath-polygon.json", ["polygon"]),
        ("qupath_geojson/qupath-polyline.json", ["polyline"]),
        ("asap/asap-dot.xml", ["point"]),
        ("asap/asap-pointset.xml", ["point"] * 5),
        ("asap/asap-polygon.xml", ["polygon"]),
        ("cytomine/cytomine-polygon.txt", ["polygon"]),
        ("cytomine/cytomine-freehand-polygon.txt", ["polygon"]),
    ],
)
def test_real_files(name: str, kinds: list[str]) -> None:
    (reading,) = registry.read([real(f"wsi/annotation_exports/{name}")], format="geojson")
    assert [each.type for each in reading.case.annotations] == kinds
    assert reading.case.image.shape is None


def test_cytomine_counts_from_below() -> None:
    path = real("wsi/annotation_exports/cytomine/cytomine-polygon.txt")
    (as_it_is,) = registry.read([path], format="geojson")
    (turned,) = registry.read([path], format="geojson", height=20_000)
    (x, y), (same_x, other_y) = (each.case.annotations[0].polygon[0] for each in (as_it_is, turned))  # type: ignore[union-attr]
    assert (same_x, other_y) == (x, 20_000 - y)
    assert as_it_is.case.annotations[0].attributes == {"y_axis": "upwards"}


def test_there_and_back_with_holes(tmp_path: Path) -> None:
    loaded = flat_case()
    registry.write([loaded], tmp_path / "x.geojson", format="geojson")
    document = json.loads((tmp_path / "x.geojson").read_text())
    mask = document["features"][0]["geometry"]
    assert (mask["type"], [len(piece) for piece in mask["coordinates"]]) == ("MultiPolygon", [2, 1])
    assert all(ring[0] == ring[-1] for piece in mask["coordinates"] for ring in piece)
    (reading,) = registry.read([tmp_path / "x.geojson"], format="geojson")
    assert jsondoor.plain(reading.case) == jsondoor.plain(loaded.case)
    np.testing.assert_array_equal(reading.masks["M"].read(), loaded.masks["M"].read())


def feature(folder: Path, geometry: Any, **properties: Any) -> Path:
    path = folder / "x.geojson"
    path.write_text(json.dumps([{"type": "Feature", "geometry": geometry, "properties": properties}]))
    return path


def test_classes_and_measurements(tmp_path: Path) -> None:
    properties = {"classification": {"name": "Tumor: CD8", "color": [1, 2, 3]}, "measurements": {"Area µm^2": 5.5}}
    path = feature(tmp_path, {"type": "Point", "coordinates": [1, 2]}, **properties)
    (reading,) = registry.read([path], format="geojson")
    (point,) = reading.case.annotations
    assert (point.label_code, reading.case.labels[0].name_en) == ("Tumor_CD8", "Tumor: CD8")  # type: ignore[index]
    assert {key: float(value) for key, value in (point.attributes or {}).items()} == {"Area µm^2": 5.5}  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "geometry",
    [
        None,
        {"type": "Polygon"},
        {"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]},
        {"type": "Polygon", "coordinates": [[[0, 0], [1, "x"], [1, 1]]]},
        {"type": "Point", "coordinates": [1]},
        {"type": "Point", "coordinates": [1e300, 0]},
        {"type": "Polygon", "coordinates": [[[0, 0], [1e9, 0], [1, 1]]]},
        {"type": "GeometryCollection", "geometries": []},
    ],
)
def test_geometries_that_are_none(geometry: Any, tmp_path: Path) -> None:
    with pytest.raises((InputError, LimitError)):
        list(registry.read([feature(tmp_path, geometry)], format="geojson"))


def test_entities_are_refused(tmp_path: Path) -> None:
    (tmp_path / "x.xml").write_text('<!DOCTYPE a [<!ENTITY b "c">]><ASAP_Annotations/>')
    with pytest.raises(InputError, match="document type"):
        list(registry.read([tmp_path / "x.xml"], format="geojson"))
