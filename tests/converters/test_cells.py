"""Many outlines on a slide: what is done in one step for the usual ones is what is done for any."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from annoconv_converters._pictures import meaning, said, write
from annoconv_converters._pictures.records import Shape
from annoconv_converters.geojson import losses
from hypothesis import given
from hypothesis import strategies as st

import annoconv
from annoconv.casefile import LoadedCase, read_case, writing

if TYPE_CHECKING:
    from pathlib import Path

PROPERTIES: list[Any] = [
    {},
    None,
    {"objectType": "annotation", "classification": {"name": "cell", "color": [1, 2, 3]}},
    {"objectType": "annotation", "classification": {"name": "cell", "color": [1, 2, 4]}, "isLocked": True},
    {"objectType": "cell", "classification": {"names": ["cell", "large"]}, "name": "N"},
    {"objectType": 7, "classification": {"name": 3}, "name": "N", "unknown": {"a": [1]}},
    {"classification": "cell", "metadata": {"a": "b"}, "measurements": {"area": 5.5, "area 2": 1}},
    {"classification": "cell", "metadata": {"a": {"b": 1}}, "measurements": [{"name": "area", "value": 5.25}]},
    {"classification": "cell", "confidence": 1.5},
    {"classification": "cell", "children": [{"type": "Feature", "geometry": None}], "picture": 3},
]
RINGS = [
    [[1.5, 2], [9.25, 3], [4, 8.5], [1.5, 2]],
    [[1.5, 2.25], [9.25, 3.5], [4.75, 8.5]],
    [[1, 2], [9, 2], [9, 7], [1, 7], [1, 2]],
    [[1.5, 2, 7], [9.25, 3, 7], [4, 8.5, 7]],
]


def features() -> list[dict[str, Any]]:
    """Return features of every kind of properties, ids and geometries, twice."""
    geometries: list[dict[str, Any]] = [{"type": "Polygon", "coordinates": [ring]} for ring in RINGS]
    geometries += [{**geometries[0], "isEllipse": False}, {**geometries[1], "plane": {"c": -1, "z": 2, "t": 0}}]
    geometries += [{**geometries[2], "isEllipse": True}, {**geometries[0], "measureAccuracy": 3}]
    ids = ["PathCellObject", "PathTileObject", None]
    return [
        {"type": "Feature", "id": ids[number % 3] or f"c{number}", "geometry": geometry, "properties": properties}
        for number, (geometry, properties) in enumerate(2 * [(g, p) for g in geometries for p in PROPERTIES])
    ]


@pytest.mark.parametrize("most", [1, 1_000])
def test_what_is_lost_of_outlines_is_what_is_lost_of_each(
    most: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "cells.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features()}))
    monkeypatch.setattr(losses, "_MOST_ALIKE", most)
    (alike,) = annoconv.read([path], format="geojson")
    monkeypatch.setattr(losses, "_is_same_polygon", lambda *_: False)
    (each,) = annoconv.read([path], format="geojson")
    assert alike.case == each.case
    assert list(alike.losses) == list(each.losses)
    assert any(loss.path.endswith("/color") for loss in alike.losses)


@pytest.mark.parametrize("is_sized", [True, False])
def test_outlines_mean_in_one_step_what_any_record_means(
    is_sized: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "cells.geojson"
    hole = [[2.5, 3], [4.25, 3], [4, 5.5], [2.5, 3]]
    square, other = [[1, 1], [9, 1], [9, 9], [1, 9], [1, 1]], [[20, 1], [29, 1], [29, 9], [20, 9], [20, 1]]
    whole = [
        {"type": "Polygon", "coordinates": [square, hole]},
        {"type": "MultiPolygon", "coordinates": [[RINGS[0], hole], [other]]},
        {"type": "MultiPolygon", "coordinates": [[square], [other]]},
        {"type": "GeometryCollection", "geometries": [{"type": "Polygon", "coordinates": [square]}]},
    ]
    listed = [*features(), *({"type": "Feature", "geometry": each, "properties": {}} for each in whole)]
    named = {"pictures": [{"file_name": "a.png", "width": 60, "height": 50}]} if is_sized else {}
    path.write_text(json.dumps({"type": "FeatureCollection", **named, "features": listed}))

    def read() -> list[Any]:
        (reading,) = annoconv.read([path], format="geojson")
        annoconv.write([LoadedCase(reading.case, reading.masks)], tmp_path / "again.geojson", format="geojson")
        (again,) = annoconv.read([tmp_path / "again.geojson"], format="geojson")
        for each in tmp_path.glob("again.*"):
            each.unlink()
        return [reading.case, list(reading.losses), again.case]

    found = read()
    monkeypatch.setattr(meaning, "plain_annotations", lambda *_, **__: None)
    assert read() == found


def test_rings_are_held_once_only_if_their_texts_are_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = ("[[5.50, 1], [9.25, 3], [4, 8.5]]", "[[-0.0, 1.5], [9.25, 3.5], [4.5, 8.5]]", "[[1e1, 1], [9, 3], [4, 8]]")
    common = '"category": "lesion", "label_code": "NODULE", "type": "polygon"'
    listed = ", ".join(f'{{"id": "{n}", {common}, "polygon": {ring}}}' for n, ring in enumerate(drawn))
    image = '"image": {"uid": "1", "modality": "OT"}'
    path = tmp_path / "case.json"
    path.write_text(f'{{"task_id": "T", {image}, "annotations": [{listed}], "metadata": {{"annotator": "R"}}}}')

    def written() -> list[Any]:
        found = [annoconv.write([read_case(path)], tmp_path / "again.geojson", format="geojson")]
        texts = [each.read_bytes() for each in sorted(tmp_path.glob("again.*"))]
        for each in tmp_path.glob("again.*"):
            each.unlink()
        return [*map(list, found), *texts]

    found = written()
    monkeypatch.setattr(write, "_share_rings", lambda *_: None)
    assert written() == found


def test_a_polygon_beyond_every_image_is_refused_in_one_step_too(tmp_path: Path) -> None:
    path = tmp_path / "far.geojson"
    geometry = {"type": "Polygon", "coordinates": [[[1.5, 2.5], [1e9, 3.5], [4.5, 8.5]]]}
    path.write_text(json.dumps({"type": "Feature", "geometry": geometry, "properties": {}}))
    with pytest.raises(annoconv.InputError, match="beyond every image"):
        list(annoconv.read([path], format="geojson"))


numbers = (
    st.floats(-1e6, 1e6).map(lambda number: round(number, 3))
    | st.floats(-99, 99).map(lambda number: round(number, 2))
    | st.sampled_from([0.0, -0.0, 1.005, 2.5, -0.05, 0.00001234, 1e-7, -0.004, 999_999_999_999.0])
)


@given(st.lists(st.tuples(numbers, numbers), min_size=3, max_size=9), st.booleans())
def test_what_a_ring_says_is_what_any_outline_says(corners: list[tuple[float, float]], is_whole: bool) -> None:
    flat = [number for corner in corners for number in corner]
    record = {"segmentation": [list(map(int, flat)) if is_whole else flat], "attributes": {"a": 1}, "score": 0.5}
    found = said.said_of(Shape(record), "cell")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(said, "_is_ring", lambda _: False)
        assert said.said_of(Shape(record), "cell") == found


@pytest.mark.parametrize("count", [2, 3, 4, 6, 7])
def test_a_case_is_written_some_annotations_at_a_time(
    count: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = [
        {"id": f"A{n}", "category": "lesion", "label_code": "NODULE", "type": "bbox", "bbox": [1, 2, 3.5, 4]}
        for n in range(count)
    ]
    text = '\n  "annotations": []'
    case = {
        "schema_version": "1.1",
        "task_id": "T",
        "image": {"uid": "1", "modality": "CT", "shape": [9, 9]},
        "annotations": listed,
        "metadata": {"annotator": "R1"},
        "extensions": {"org.example": {"annotations": [], "text": text}},
    }
    (tmp_path / "in.json").write_text(json.dumps(case))
    loaded = read_case(tmp_path / "in.json")
    annoconv.write_case(loaded, tmp_path / "whole.json")
    monkeypatch.setattr(writing, "_TOGETHER", 3)
    annoconv.write_case(loaded, tmp_path / "parts.json")
    assert (tmp_path / "parts.json").read_bytes() == (tmp_path / "whole.json").read_bytes()
