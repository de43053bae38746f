"""JSON of another format is refused by name, with what it looks like."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from annoconv import registry
from annoconv.documents import strict_json
from annoconv.errors import InputError
from tests.converters.pictures_cases import flat_case

BOX = {"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 1, 2, 2], "area": 4, "iscrowd": 0, "segmentation": []}
IMAGE = {"id": 1, "file_name": "x.jpg", "width": 9, "height": 9}
POLYGON = {"type": "Polygon", "coordinates": [[[1, 1], [9, 1], [9, 9], [1, 1]]]}
FEATURE = {"type": "Feature", "geometry": POLYGON, "properties": {}}
REGION = {"x": 1, "y": 1, "width": 5, "height": 5, "rectanglelabels": ["a"], "original_width": 9, "original_height": 9}
FILES: dict[str, tuple[Any, str, str]] = {
    "coco": ({"images": [IMAGE], "annotations": [BOX], "categories": []}, "coco", "COCO, which from-coco reads"),
    "results": ([{**BOX, "score": 0.5}], "coco", "COCO, which from-coco reads"),
    "features": ({"type": "FeatureCollection", "features": [FEATURE]}, "geojson", "GeoJSON, which from-geojson reads"),
    "feature list": ([FEATURE], "geojson", "GeoJSON, which from-geojson reads"),
    "cytomine": ({"collection": [{"location": "POINT (1 1)"}]}, "geojson", "Cytomine, which from-geojson reads"),
    "labelme": (
        {"shapes": [], "imagePath": "x.jpg", "imageHeight": 9, "imageWidth": 9},
        "labelme",
        "LabelMe, which from-labelme reads",
    ),
    "tasks": (
        [{"data": {"image": "x.jpg"}, "annotations": []}],
        "label-studio",
        "Label Studio, which from-label-studio reads",
    ),
    "tasks of JSON_MIN": (
        [{"image": "x.jpg", "label": [REGION], "annotation_id": 1}],
        "label-studio",
        "Label Studio, which from-label-studio reads",
    ),
    "case": (strict_json.plain(flat_case().case), "", "a case of annoconv"),
    "FHIR": ({"resourceType": "Bundle"}, "fhir", "FHIR, which from-fhir reads"),
    "nothing": ({}, "", "an object without members"),
    "numbers": ([1, 2], "", "a list of which the first is a number|no array of objects"),
    "something else": ([{"name": "a", "file": "x.jpg"}], "", "an object with name, file"),
    "a text": ("x", "", "a text"),
}
"""For each kind of file what it holds, which format reads it, and what the others say that it looks like."""
READERS = {"coco": "x.json", "geojson": "x.json", "label-studio": "x.json", "labelme": "x.json"}


@pytest.mark.parametrize("format_name", READERS)
@pytest.mark.parametrize("kind", FILES)
def test_it_is_refused_with_what_it_looks_like(kind: str, format_name: str, tmp_path: Path) -> None:
    document, reader, looks = FILES[kind]
    path = tmp_path / READERS[format_name]
    path.write_text(json.dumps(document), "utf-8")
    if reader == format_name:
        assert len(list(registry.read([path], format=format_name))) == 1
    else:
        with pytest.raises(InputError, match=looks) as refused:
            list(registry.read([path], format=format_name))
        assert path.name in str(refused.value)


def test_a_list_in_which_one_is_no_task_says_which(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text(json.dumps([FILES["tasks"][0][0], FEATURE]), "utf-8")
    with pytest.raises(InputError, match=r"(?s)task 2.*GeoJSON"):
        list(registry.read([path], format="label-studio"))
