"""Holes and further parts of a polygon in the 2-D formats: what other software sees of them, and what comes back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from pycocotools.coco import COCO

from annoconv import registry
from annoconv.casefile import LoadedCase
from annoconv.documents import strict_json
from annoconv.model import Case
from annoconv.pixels import Masks
from tests.test_edited import NAMES

Record = dict[str, Any]
FORMATS = [*NAMES]

SQUARE = [[70.0, 10.0], [90.0, 10.0], [90.0, 30.0], [70.0, 30.0]]
HOLE = [[75.0, 15.0], [80.0, 15.0], [80.0, 20.0], [75.0, 20.0]]
TRIANGLE = [[5.5, 40.0], [15.5, 40.0], [5.5, 60.0]]
PART = [[20.0, 40.0], [40.0, 40.0], [40.0, 60.0], [20.0, 60.0]]
WITHIN = [[25.0, 50.0], [30.0, 50.0], [25.0, 45.0]]
AREAS = {"H": 400 - 25, "P": 100 + 400 - 12.5}
"""Square pixels: of the square and its hole; of the triangle, and of the part and the triangle within it."""


def case(case_id: str = "C1", uid: str = "a") -> LoadedCase:
    """Return a radiograph with a polygon that has a hole, and one with a part that has a hole."""
    common = {"category": "lesion", "label_code": "NODULE", "type": "polygon"}
    annotations: list[Record] = [
        {"id": "H", **common, "polygon": SQUARE, "holes": [HOLE], "annotator": "DOC_A"},
        {"id": "P", **common, "polygon": TRIANGLE, "parts": [{"polygon": PART, "holes": [WITHIN]}]},
    ]
    document = {
        "schema_version": "1.0",
        "case_id": case_id,
        "task_id": "T1",
        "image": {"uid": uid, "shape": [100, 80], "modality": "DX"},
        "annotations": annotations,
        "metadata": {"annotator": f"READER_{case_id}"},
    }
    return LoadedCase(Case.model_validate(document), Masks([]))


def enclosed(ring: Sequence[Sequence[float]]) -> float:
    """Return what a ring encloses, below nought if it runs the other way round, by the shoelace formula."""
    return sum(x * v - u * y for (x, y), (u, v) in zip(ring, [*ring[1:], ring[0]], strict=True)) / 2


@pytest.mark.parametrize("format", FORMATS)
def test_a_polygon_comes_back_with_its_holes_and_parts(format: str, tmp_path: Path) -> None:
    path = tmp_path / NAMES[format]
    losses = registry.write([case()], path, format=format)
    (reading,) = registry.read([path], format=format)
    assert strict_json.plain(reading.case) == strict_json.plain(case().case)
    told = [loss.message for loss in losses if "/holes/" in loss.path or "/parts/" in loss.path]
    assert not [message for message in told if "no place" in message]


@pytest.mark.parametrize("format", [name for name in FORMATS if name != "yolo"])  # which always has its side file
def test_without_our_side_file_what_is_read_otherwise_is_named(format: str, tmp_path: Path) -> None:
    path = tmp_path / NAMES[format]
    losses = registry.write([case()], path, format=format, plain=True)
    (reading,) = registry.read([path], format=format)
    # A feature collection has holes and parts; elsewhere only our side file and key tell them from cuts and polygons.
    is_named = any("/holes/" in loss.path for loss in losses) and any("/parts/" in loss.path for loss in losses)
    annotations: list[Record] = strict_json.plain(reading.case)["annotations"]
    if format == "geojson":
        assert [len(each.get("holes", [])) for each in annotations] == [1, 0]
        assert [len(part["holes"]) for part in annotations[1]["parts"]] == [1]
    else:
        assert is_named


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # of pycocotools on numpy 2
def test_pycocotools_and_area_leave_out_holes(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    registry.write([case()], path, format="coco", plain=True)
    known = COCO(str(path))
    for record, area in zip(known.anns.values(), AREAS.values(), strict=True):
        rings = [list(zip(flat[::2], flat[1::2], strict=True)) for flat in record["segmentation"]]
        assert sum(abs(enclosed(ring)) for ring in rings) == area  # by the shoelace formula too
    for record, (name, area) in zip(known.anns.values(), AREAS.items(), strict=True):
        assert record["area"] == area
        seen = int(known.annToMask(record).sum())
        assert seen == area if name == "H" else abs(seen - area) <= 20  # pixels that the slanted sides cut


def test_geojson_has_interior_rings_and_several_polygons(tmp_path: Path) -> None:
    path = tmp_path / "x.geojson"
    registry.write([case()], path, format="geojson")
    geometries = [feature["geometry"] for feature in json.loads(path.read_bytes())["features"]]
    assert [geometry["type"] for geometry in geometries] == ["Polygon", "MultiPolygon"]
    pieces = [[geometries[0]["coordinates"]], geometries[1]["coordinates"]]
    for polygons, area in zip(pieces, AREAS.values(), strict=True):
        rings = [[abs(enclosed(ring[:-1])) for ring in rings] for rings in polygons]
        assert sum(outer - sum(holes) for outer, *holes in rings) == area
        assert all(ring[0] == ring[-1] for rings_ in polygons for ring in rings_)


@pytest.mark.parametrize("has_size", [True, False])
def test_rings_and_polygons_of_other_software_are_holes_and_parts(has_size: bool, tmp_path: Path) -> None:
    def closed(*rings: list[list[float]]) -> list[list[list[float]]]:
        return [[*ring, ring[0]] for ring in rings]

    geometries = [
        {"type": "Polygon", "coordinates": closed(SQUARE, HOLE[::-1])},
        {"type": "MultiPolygon", "coordinates": [closed(TRIANGLE), closed(PART, WITHIN)]},
    ]
    features: list[Record] = [{"type": "Feature", "geometry": each, "properties": {}} for each in geometries]
    collection: Record = {"type": "FeatureCollection", "features": features}
    if has_size:
        collection["pictures"] = [{"file_name": "a.png", "width": 100, "height": 80}]
    path = tmp_path / "x.geojson"
    path.write_text(json.dumps(collection))
    (reading,) = registry.read([path], format="geojson")
    first, second = strict_json.plain(reading.case)["annotations"]
    assert [first["type"], second["type"]] == ["polygon", "polygon"]
    assert (first["polygon"], sorted(first["holes"][0])) == (SQUARE, sorted(HOLE))
    assert (second["polygon"], second["parts"][0]["polygon"]) == (TRIANGLE, PART)
    assert sorted(second["parts"][0]["holes"][0]) == sorted(WITHIN)
    assert not [loss for loss in reading.losses if "geometry" in loss.path]


@pytest.mark.parametrize("format", FORMATS)
def test_two_readers_of_one_picture_are_written_together(format: str, tmp_path: Path) -> None:
    path = tmp_path / NAMES[format]
    registry.write([case("C1"), case("C2")], path, format=format, names="flat")
    readings = list(registry.read([path], format=format))
    assert [strict_json.plain(each.case) for each in readings] == [
        strict_json.plain(case(n).case) for n in ("C1", "C2")
    ]
    assert not [loss for each in readings for loss in each.losses]
