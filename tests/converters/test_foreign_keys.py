"""Keys of other software that sound like what is ours: nothing of a file is taken for our own."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from annoconv import registry
from annoconv.documents import strict_json

OURS_ONCE: dict[str, Any] = {
    "more": {"category": "organ", "slice_index": 1},
    "geometry": {"type": "point", "point": [1, 2]},
    "lost": ["a colour"],
    "named": {"nose": [1, 2, 2]},
    "key": {"id": "x", "type": "mask"},
    "annoconv": {"id": "x", "type": "mask", "uid": "y"},
}
REGION = {
    "id": "r",
    "type": "rectanglelabels",
    "value": {"x": 10, "y": 10, "width": 20, "height": 30, "rectanglelabels": ["a"]},
    "original_width": 200,
    "original_height": 100,
}
FEATURE = {
    "type": "Feature",
    "id": "f",
    "geometry": {"type": "Polygon", "coordinates": [[[1, 1], [9, 1], [9, 9], [1, 1]]]},
    "properties": {"classification": {"name": "a"}, "metadata": {"grade": "2"}},
}
FILES: dict[str, tuple[str, Any, list[list[str | int]]]] = {
    "geojson": (
        "x.geojson",
        {"type": "FeatureCollection", "features": [FEATURE]},
        [[], ["features", 0], ["features", 0, "properties"], ["features", 0, "properties", "classification"]],
    ),
    "label-studio": (
        "x.json",
        [{"id": 1, "data": {"image": "b.png"}, "annotations": [{"result": [REGION]}]}],
        [
            [0],
            [0, "data"],
            [0, "annotations", 0],
            [0, "annotations", 0, "result", 0],
            [0, "annotations", 0, "result", 0, "value"],
        ],
    ),
    "labelme": (
        "x.json",
        {
            "shapes": [{"label": "a", "points": [[1, 1], [5, 1], [5, 5]], "shape_type": "polygon"}],
            "imagePath": "x.jpg",
            "imageHeight": 20,
            "imageWidth": 30,
        },
        [[], ["shapes", 0]],
    ),
}
"""For each format with free keys a file, and the objects of it that may hold any."""


def document(folder: Path, name: str, file: Any) -> Any:
    folder.mkdir()
    (folder / name).write_text(json.dumps(file), "utf-8")
    return folder / name


@pytest.mark.parametrize("format_name", FILES)
def test_they_are_not_taken_for_ours(format_name: str, tmp_path: Path) -> None:
    name, file, objects = FILES[format_name]
    (bare,) = registry.read([document(tmp_path / "bare", name, file)], format=format_name)
    for number, steps in enumerate(objects):
        keyed = copy.deepcopy(file)
        held = keyed
        for step in steps:
            held = held[step]
        held |= {key: value for key, value in OURS_ONCE.items() if key not in held}
        (reading,) = registry.read([document(tmp_path / str(number), name, keyed)], format=format_name)
        assert strict_json.plain(reading.case) == strict_json.plain(bare.case), steps


@pytest.mark.parametrize(
    ("format_name", "steps"), [("geojson", ["features", 0, "properties", "metadata"]), ("labelme", ["shapes", 0])]
)
def test_as_attributes_they_are_attributes(format_name: str, steps: list[str | int], tmp_path: Path) -> None:
    name, file, _ = FILES[format_name]
    keyed = copy.deepcopy(file)
    held = keyed
    for step in steps:
        held = held[step]
    told = dict.fromkeys(OURS_ONCE, "x")
    held |= told if format_name == "geojson" else {"attributes": told}
    (reading,) = registry.read([document(tmp_path / "keyed", name, keyed)], format=format_name)
    assert (reading.case.annotations[0].attributes or {}).items() >= told.items()
    assert reading.case.annotations[0].type == "polygon"
