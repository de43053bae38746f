"""Volumes in time, and frames: nothing of several time points meets in one picture or one label map."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from annoconv import registry
from annoconv.casefile import LoadedCase, Reading
from annoconv.geometry import Grid
from annoconv.loss import LossKind, LossReport
from annoconv.model import Case
from annoconv.pixels import ArrayVolume, Mask, Masks

SHAPE = (16, 12, 5)
COMMON = {"category": "lesion", "label_code": "NODULE"}
FRAMES = {"frame_index": 1, "last_frame_index": 3}
FLAT: dict[str, dict[str, Any]] = {
    "bbox": {"bbox": [1.0, 1.0, 5.0, 6.0]},
    "polygon": {"polygon": [[1.0, 1.0], [5.0, 1.0], [5.0, 6.0]]},
    "ellipse": {"center": [8.0, 6.0], "radii": [3.0, 2.0]},
}
PICTURES = ("coco", "yolo", "cvat", "label-studio", "geojson")


def case_of(annotations: list[dict[str, Any]], masks: Masks | None = None, **image: Any) -> LoadedCase:
    told = {"uid": "1.2.3.7", "modality": "MR", "shape": [*SHAPE], **image}
    document = {"task_id": "T", "case_id": "C", "image": told, "annotations": annotations, "metadata": {}}
    return LoadedCase(Case.model_validate(document), masks or Masks([]))


@pytest.fixture
def beating() -> LoadedCase:
    """Return three masks of a liver that grows by 2 x 3 voxels a time point, from 3 x 2 x 3, and a box at the last."""
    grid = Grid(SHAPE, np.diag([1.0, 1.0, 2.0, 1.0]))
    annotations: list[dict[str, Any]] = []
    masks: list[Mask] = []
    for time in range(3):
        mask_kji = np.zeros(grid.shape_kji, bool)
        mask_kji[1:4, 2:4, 4 : 7 + time] = True
        told = {"category": "organ", "label_code": "LIVER", "type": "mask", "mask_file": f"m{time}.nii.gz"}
        annotations.append({"id": f"M{time}", **told, "frame_index": time})
        masks.append(Mask(f"M{time}", ArrayVolume(grid, mask_kji)))
    box = {"id": "B", **COMMON, "type": "bbox", "bbox": [1.0, 1.0, 5.0, 5.0], "slice_index": 1, "frame_index": 2}
    always = {"id": "A", **COMMON, "type": "bbox", "bbox": [1.0, 1.0, 5.0, 5.0], "slice_index": 1}
    geometry = {"spacing": [1, 1, 2], "origin": [0, 0, 0], "direction": [[1, 0, 0], [0, 1, 0], [0, 0, 1]]}
    return case_of([*annotations, box, always], Masks(masks), temporal_positions=3, **geometry)


def written(case: LoadedCase, folder: Path, name: str, **options: Any) -> tuple[LossReport, Path, Reading]:
    target = folder / ("out" + registry.converter("to", name).suffix)
    losses = registry.write([case], target, format=name, **options)
    (reading,) = registry.read([target], format=name)
    return losses, target, reading


@pytest.mark.parametrize("name", PICTURES)
def test_pictures_show_one_time_point_and_masks_of_others_are_lost(
    name: str, beating: LoadedCase, tmp_path: Path
) -> None:
    losses, _, reading = written(beating, tmp_path, name)
    assert [each.id for each in reading.case.annotations] == ["M0", "B", "A"]
    assert [each for each in reading.case.annotations if each.id == "B"] == [beating.case.annotations[3]]
    for place in (1, 2, 3):
        told = [each for each in losses if each.path.startswith(f"/annotations/{place}/")]
        assert {each.kind for each in told} == {LossKind.NO_PLACE if place < 3 else LossKind.CARRIED}
        assert {each.path.rpartition("/")[2] for each in told} >= {"id", "type", "label_code", "frame_index"}
    assert not any(each.kind.changes_value for each in losses if each.path.startswith("/annotations/4/"))
    if name == "coco":
        assert int(reading.masks["M0"].read().sum()) == 18


def test_coco_has_one_liver_on_a_picture(beating: LoadedCase, tmp_path: Path) -> None:
    _, target, _ = written(beating, tmp_path, "coco")
    told = json.loads(target.read_bytes())
    livers = [each["image_id"] for each in told["annotations"] if each["segmentation"]]
    assert len(livers) == len(set(livers)) == 3
    assert sum(not each["segmentation"] for each in told["annotations"]) == 1


@pytest.mark.parametrize("options", [{"layout": "bids"}, {"arrange": "label-map"}])
def test_a_label_map_is_of_one_time_point(options: dict[str, str], beating: LoadedCase, tmp_path: Path) -> None:
    losses, _, reading = written(beating, tmp_path, "nifti", **options)
    assert [(mask.id, int(mask.read().sum())) for mask in reading.masks.values()] == [("M0", 18)]
    gone = {each.path for each in losses if each.kind is LossKind.NO_PLACE}
    assert {f"/annotations/{place}/mask_file" for place in (1, 2)} <= gone


def test_a_file_a_mask_keeps_every_time_point(beating: LoadedCase, tmp_path: Path) -> None:
    losses, _, reading = written(beating, tmp_path, "nifti")
    assert [int(mask.read().sum()) for mask in reading.masks.values()] == [18, 24, 30]
    assert [each for each in losses if each.kind is LossKind.NO_PLACE] == []


@pytest.mark.parametrize("kind", FLAT)
@pytest.mark.parametrize("name", PICTURES)
def test_what_is_seen_on_several_frames_stands_on_each(name: str, kind: str, tmp_path: Path) -> None:
    case = case_of([{"id": "A1", **COMMON, "type": kind, **FLAT[kind], **FRAMES}], modality="US")
    losses, target, reading = written(case, tmp_path, name)
    assert reading.case == case.case
    assert not any(each.kind is LossKind.NO_PLACE for each in losses)
    if name == "coco":
        told = json.loads(target.read_bytes())
        number = {each["id"]: each["file_name"] for each in told["images"]}
        assert sorted(number[each["image_id"]][-8:-4] for each in told["annotations"]) == ["0001", "0002", "0003"]
    if name == "yolo":
        assert sorted(path.stem[-4:] for path in target.rglob("labels/**/*.txt") if path.stat().st_size) == [
            "0001",
            "0002",
            "0003",
        ]
