"""GeoJSON of QuPath, ASAP, Cytomine: outlines with holes, points, lines."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from annoconv import registry
from annoconv.documents import strict_json
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
    assert strict_json.plain(reading.case) == strict_json.plain(loaded.case)
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
    (label,) = reading.case.labels or ()
    assert (point.label_code, label.name_en) == ("TUMOR_CD8_187CED893BCC1CCC", "Tumor: CD8")
    assert {key: float(value) for key, value in (point.attributes or {}).items()} == {"Area µm^2": 5.5}  # type: ignore[arg-type]


def test_the_forms_of_a_class(tmp_path: Path) -> None:
    point = {"type": "Point", "coordinates": [1, 2]}
    forms: list[Any] = ["A: B", {"names": ["A", "B"], "color": [1, 2, 3]}, {"name": "A: B", "colorRGB": -1}]
    for form in forms:
        (reading,) = registry.read([feature(tmp_path, point, classification=form)], format="geojson")
        assert reading.case.labels[0].name_en == "A: B"  # type: ignore[index]
        assert len(reading.losses) == (0 if isinstance(form, str) else 1)
    registry.write([flat_case()], tmp_path / "out.geojson", format="geojson")
    written = json.loads((tmp_path / "out.geojson").read_text())["features"]
    assert all(len(each["properties"]["classification"]["color"]) == 3 for each in written)  # QuPath needs it


def test_objects_of_qupath(tmp_path: Path) -> None:
    ring = [[0, 0], [8, 0], [8, 8], [0, 8], [0, 0]]
    cell = {"type": "Feature", "id": "c", "geometry": {"type": "Polygon", "coordinates": [ring]}}
    cell["nucleusGeometry"] = {"type": "Polygon", "coordinates": [ring[:3]], "plane": {"c": -1, "z": 2, "t": 0}}
    cell["properties"] = {"objectType": "cell", "isLocked": True}
    parent = {"objectType": "annotation", "name": "core", "classification": "Tissue", "childObjects": [cell]}
    ellipse = {"type": "Polygon", "coordinates": [[[2, 1], [6, 4], [2, 7], [-2, 4], [2, 1]]], "isEllipse": True}
    document = {"type": "Feature", "id": "0-1", "geometry": ellipse, "properties": parent}
    path = tmp_path / "x.geojson"
    path.write_text(json.dumps(document))
    (reading,) = registry.read([path], format="geojson")
    core, cell_, nucleus = reading.case.annotations
    assert (core.id, core.attributes, core.center, core.radii) == ("0-1", {"name": "core"}, [2, 4], [4, 3])  # type: ignore[union-attr]
    assert (cell_.id, cell_.attributes) == ("c", {"objectType": "cell", "isLocked": True, "parent": "0-1"})
    assert (nucleus.id, nucleus.attributes) == ("c.nucleus", {"part": "nucleus", "parent": "c"})
    assert (core.slice_index, nucleus.slice_index) == (None, 2)


def test_a_feature_without_a_place_and_a_bare_geometry(tmp_path: Path) -> None:
    (whole,) = registry.read([feature(tmp_path, None, classification="Blurred")], format="geojson")
    assert (whole.case.annotations[0].type, whole.case.annotations[0].label_code) == ("attribute", "Blurred")
    two = {"type": "GeometryCollection", "geometries": [{"type": "Point", "coordinates": [1, 2, 7]}] * 2}
    (tmp_path / "x.geojson").write_text(json.dumps(two))
    (reading,) = registry.read([tmp_path / "x.geojson"], format="geojson")
    assert [each.id for each in reading.case.annotations] == ["1.1", "1.2"]


@pytest.mark.parametrize(
    "document", [{"type": []}, {"type": {}}, {"type": "FeatureCollection", "features": {}}, [1], 1]
)
def test_documents_that_are_none(document: Any, tmp_path: Path) -> None:
    (tmp_path / "x.geojson").write_text(json.dumps(document))
    with pytest.raises(InputError, match="no GeoJSON"):
        list(registry.read([tmp_path / "x.geojson"], format="geojson"))


def test_ids_that_stand_twice_are_refused(tmp_path: Path) -> None:
    one = {"type": "Feature", "id": "a", "geometry": {"type": "Point", "coordinates": [1, 2]}, "properties": {}}
    (tmp_path / "x.geojson").write_text(json.dumps([one, one]))
    with pytest.raises(InputError, match="twice"):
        list(registry.read([tmp_path / "x.geojson"], format="geojson"))


def test_many_holes_are_joined_in_time(tmp_path: Path) -> None:
    corners = [(x, y) for x in range(1, 900, 9) for y in range(1, 900, 9)]
    holes = [[[x, y], [x + 3, y], [x, y + 3]] for x, y in corners]
    path = feature(tmp_path, {"type": "Polygon", "coordinates": [[[0, 0], [900, 0], [900, 900], [0, 900]], *holes]})
    started = time.process_time()
    (reading,) = registry.read([path], format="geojson")
    assert time.process_time() - started < 5
    (annotation,) = strict_json.plain(reading.case)["annotations"]
    assert sorted(annotation["holes"]) == sorted(holes)


@pytest.mark.parametrize(
    ("location", "kinds"),
    [
        ("POLYGON ((0 0, 9 0, 9 9, 0 9), (2 2, 4 2, 4 4))", ["polygon"]),
        ("MULTIPOLYGON (((0 0, 9 0, 9 9), (5 2, 6 2, 6 4)), ((20 20, 29 20, 29 29)))", ["polygon"]),
        ("multipoint ((1 2), (3 4))", ["point", "point"]),
        ("MULTIPOINT(1 2, 3 4)", ["point", "point"]),
        ("LINESTRING(1 2, 3 4)", ["polyline"]),
        ("POINT(1 2)", ["point"]),
    ],
)
def test_well_known_text(location: str, kinds: list[str], tmp_path: Path) -> None:
    answer = {"id": 7, "image": 3, "term": [5, 6], "location": location}
    (tmp_path / "x.json").write_text(json.dumps({"collection": [answer]}))
    (reading,) = registry.read([tmp_path / "x.json"], format="geojson", height=100)
    assert [each.type for each in reading.case.annotations] == kinds
    assert reading.case.image.uid == "image_3"
    first = strict_json.plain(reading.case.annotations[0])
    assert first["attributes"] == {"terms": ["5", "6"]}
    if kinds == ["point"]:
        assert first["point"] == [1, 98]
    if kinds == ["polygon"]:
        assert (len(first["holes"]), len(first.get("parts", []))) == (1, "MULTI" in location)
    assert not [loss for loss in reading.losses if "location" in loss.path]


@pytest.mark.parametrize(
    "location",
    [
        *("", "POLYGON", "POLYGON ((0 0, 1 1", "POLYGON (0 0, 1 1, 2 2)", "POINT (x y)", "POINT EMPTY", "POINT ((1 2)"),
        *("POINT (1 2) (3 4)", "CIRCLE (1 2)", "POINT (nan nan)", "LINESTRING (1, 2)", "POLYGON " + "(" * 100_000, 5),
    ],
)
def test_well_known_text_that_is_none(location: Any, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text(json.dumps({"annotation": {"location": location}}))
    with pytest.raises(InputError):
        list(registry.read([tmp_path / "x.json"], format="geojson"))


def test_groups_of_asap(tmp_path: Path) -> None:
    corners = "".join(f'<Coordinate Order="{n}" X="{x}" Y="{y}"/>' for n, x, y in ((1, 9, 1), (0, 1, 1), (2, 5, 7)))
    shape = f"<Annotation Name='a' Type='Spline' PartOfGroup='Tumor'><Coordinates>{corners}</Coordinates></Annotation>"
    told = "<Attributes><Attribute grade='2'/></Attributes>"
    group = f"<Group Name='Tumor' PartOfGroup='Lesion' Color='#ff0000'>{told}</Group>"
    text = f"<Annotations>{shape}</Annotations><AnnotationGroups>{group}</AnnotationGroups>"
    (tmp_path / "x.xml").write_text(f"<ASAP_Annotations>{text}</ASAP_Annotations>")
    (reading,) = registry.read([tmp_path / "x.xml"], format="geojson")
    (annotation,) = reading.case.annotations
    assert annotation.polygon == [(1, 1), (9, 1), (5, 7)]  # type: ignore[union-attr]
    assert annotation.attributes == {"name": "a", "part_of_group": "Lesion", "grade": "2"}
    assert [(loss.path, loss.kind.value) for loss in reading.losses] == [
        ("/AnnotationGroups/0/Color", "no_place"),
        ("/Annotations/0/Type", "approximated"),
    ]


@pytest.mark.parametrize(
    "geometry",
    [
        {"type": "Polygon"},
        {"type": "LineString", "coordinates": [[1, 2]]},
        {"type": "Point", "coordinates": [1, 2], "plane": {"z": -1}},
        {"type": "Polygon", "coordinates": [[[1, 1], [1, 2], [1, 3]]], "isEllipse": True},
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


@pytest.mark.parametrize(("named", "lost"), [(None, []), ("zz.png", ["/features/0/properties/picture"])])
def test_an_id_that_is_also_the_name_of_the_picture_is_no_loss(
    named: str | None, lost: list[str], tmp_path: Path
) -> None:
    ring = [[0, 0], [10, 0], [10, 10], [0, 0]]
    properties = {} if named is None else {"picture": named}
    geometry = {"type": "Polygon", "coordinates": [ring]}
    feature = {"type": "Feature", "id": "a", "geometry": geometry, "properties": properties}
    pictures = [{"file_name": "a.png", "width": 50, "height": 40}]
    path = tmp_path / "x.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "pictures": pictures, "features": [feature]}))
    (reading,) = registry.read([path], format="geojson")
    assert [loss.path for loss in reading.losses] == lost
