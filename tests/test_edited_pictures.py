"""Pictures of files of ours that other tools sorted, dropped or renamed: which is which their names and uids say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from annoconv import registry
from annoconv.casefile import LoadedCase
from annoconv.documents import strict_json
from annoconv.geometry import Grid
from annoconv.model import Case
from annoconv.pixels import ArrayVolume, Mask, Masks
from tests.test_edited import Edited, flat

Record = dict[str, Any]


def two_images() -> LoadedCase:
    """Return a CT of three slices with a mask, and an MR of two slices beside it, on which nothing is drawn."""
    mask_kji = np.zeros((3, 20, 24), bool)
    mask_kji[1, 2:8, 2:10] = True
    organ = {"category": "organ", "label_code": "LIVER", "type": "mask", "mask_file": "m.nii.gz", "annotator": "DOC_M"}
    ct = {"uid": "CT_1", "modality": "CT", "shape": [24, 20, 3], "spacing": [0.7, 0.7, 5.0], "origin": [1.0, 2.0, 3.0]}
    mr = {"uid": "MR_1", "modality": "MR", "shape": [16, 12, 2], "spacing": [1.5, 1.5, 4.0], "origin": [7.0, 8.0, 9.0]}
    document = {
        "schema_version": "1.0",
        "task_id": "T7",
        "image": {**ct, "acquired_at": "2026-01-02T08:30:00+08:00"},
        "related_images": [{**mr, "acquired_at": "2026-01-03T09:00:00+08:00"}],
        "annotations": [{"id": "M", **organ}],
        "metadata": {"annotator": "A1"},
    }
    return LoadedCase(Case.model_validate(document), Masks([Mask("M", ArrayVolume(Grid((24, 20, 3)), mask_kji))]))


def only_saved(_: Record) -> None:
    pass


def sorted_backwards(document: Record) -> None:
    document["images"].reverse()


def without_empty_pictures(document: Record) -> None:
    shown = {each["image_id"] for each in document["annotations"]}
    document["images"] = [each for each in document["images"] if each["id"] in shown]


def without_folders(document: Record) -> None:
    for each in document["images"]:
        each["file_name"] = each["file_name"].rpartition("/")[2]


def without_names(document: Record) -> None:
    for each in document["images"]:
        del each["file_name"]


def some_renamed(document: Record) -> None:
    """Some are renamed and told by their keys, the others by their names; keys of annotations are dropped."""
    for each in document["images"][:2]:
        each["file_name"] = "renamed.png"
    for each in document["images"][2:]:
        del each["annoconv"]
    for each in document["annotations"]:
        del each["annoconv"]
    document["images"].reverse()


PICTURES = (only_saved, sorted_backwards, without_empty_pictures, without_folders, without_names, some_renamed)


@pytest.mark.parametrize("change", PICTURES)
def test_the_images_of_a_case_of_coco_are_told_by_name_or_key(change: Any, tmp_path: Path) -> None:
    output = Edited("coco", tmp_path)
    output.write(two_images())
    output.edit(change)
    assert output.read() == ([strict_json.plain(two_images().case)], [])


def test_the_images_of_a_case_are_told_by_their_keys_alone(tmp_path: Path) -> None:
    output = Edited("coco", tmp_path)
    output.write(two_images())
    output.path.with_suffix(".annoconv.json").unlink()
    output.edit(sorted_backwards)
    assert output.read() == ([strict_json.plain(two_images().case)], [])


@pytest.mark.parametrize("change", [sorted_backwards, without_folders, without_names])
def test_so_are_those_of_several_cases(change: Any, tmp_path: Path) -> None:
    output = Edited("coco", tmp_path)
    registry.write([flat("RADIOGRAPH_0"), flat("RADIOGRAPH_1")], output.path, format="coco")
    output.edit(change)
    documents, losses = output.read()
    found = sorted(documents, key=lambda each: str(each["image"]["uid"]))
    assert (found, losses) == ([strict_json.plain(flat(f"RADIOGRAPH_{number}").case) for number in (0, 1)], [])
