"""An option that changes nothing of what is read or written is refused: who passes it is mistaken."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from annoconv import registry
from annoconv.casefile import LoadedCase
from annoconv.errors import UsageError
from annoconv.model import Case
from tests.converters.pictures_cases import flat_case

POLYGON = {"type": "Polygon", "coordinates": [[[0, 0], [9, 0], [9, 9], [0, 0]]]}


def flat() -> LoadedCase:
    image = {"uid": "a", "modality": "OT", "shape": [50, 40]}
    box = {"id": "1", "category": "other", "label_code": "cat", "type": "bbox", "bbox": [1, 1, 5, 4]}
    return LoadedCase(Case.model_validate({"task_id": "T", "image": image, "annotations": [box], "metadata": {}}))


@pytest.mark.parametrize("option", [{"axis": "j"}, {"annotated_only": True}])
def test_options_of_slices_for_flat_pictures(option: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="all pictures are flat; found --a"):
        registry.write([flat()], tmp_path / "x.json", format="coco", **option)
    assert not list(tmp_path.iterdir())


def test_skeletons_of_labels_that_nothing_knows(tmp_path: Path) -> None:
    table = tmp_path / "skeletons.json"
    for label, is_known in (("NOSUCH", False), ("cat", True), ("NODULE", True)):
        table.write_text(json.dumps({label: {"keypoints": ["a"], "skeleton": []}}))
        target = tmp_path / f"{label}.json"
        if is_known:
            registry.write([flat()], target, format="coco", skeletons=table)
        else:
            with pytest.raises(UsageError, match=f"label that is not known; found {label}"):
                registry.write([flat()], target, format="coco", skeletons=table)
        assert target.exists() == is_known


@pytest.mark.parametrize("name", ["coco", "yolo", "cvat", "label-studio", "geojson"])
def test_a_window_without_pictures_of_8_bits(name: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="a window is of pictures of 8 bits"):
        registry.write([flat_case()], tmp_path / "x", format=name, window="40,400")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("option", ["ground_truth", "maps"])
def test_a_ground_truth_or_maps_of_a_file_that_has_no_use_for_them(option: str, tmp_path: Path) -> None:
    registry.write([flat()], tmp_path / "x.json", format="coco", plain=True)
    registry.write([flat()], tmp_path / "y.json", format="coco", plain=True)
    other = tmp_path / "y.json" if option == "ground_truth" else tmp_path
    with pytest.raises(UsageError, match=r"x\.json: (a ground truth|maps)"):
        list(registry.read([tmp_path / "x.json"], format="coco", **{option: other}))


def test_a_height_of_what_counts_from_above(tmp_path: Path) -> None:
    path = tmp_path / "x.geojson"
    path.write_text(json.dumps({"type": "Feature", "geometry": POLYGON, "properties": {}}))
    with pytest.raises(UsageError, match="a height is of the slide of Cytomine"):
        list(registry.read([path], format="geojson", height=100))
