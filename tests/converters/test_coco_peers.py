"""COCO judged by those who load it: Datumaro and supervision. `pytest -m peers`.

They may live in an environment of their own, whose Python `ANNOCONV_PEERS_PYTHON` names. Without it, this Python is
asked.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from annoconv import registry
from annoconv.casefile import read_case
from tests.cases import make

pytestmark = pytest.mark.peers

DATUMARO = """
import json, sys
import datumaro
found = datumaro.Dataset.import_from(sys.argv[1], "coco_instances")
masks = [one for item in found for one in item.annotations if one.type.name in {"mask", "polygon"}]
print(json.dumps({"items": len(found), "annotations": len(masks), "area": sum(float(one.get_area()) for one in masks)}))
"""
SUPERVISION = """
import json, sys
import supervision
folder = sys.argv[1]
found = supervision.DetectionDataset.from_coco(
    images_directory_path=folder + "/images", annotations_path=folder + "/annotations/instances_default.json",
    force_masks=True
)
areas = [int(each.mask.sum()) for each in found.annotations.values() if each.mask is not None]
print(json.dumps({"items": len(found), "annotations": sum(map(len, found.annotations.values())), "area": sum(areas)}))
"""


def ask(module: str, script: str, *arguments: Path) -> Any:
    """Run a script that prints JSON in its last line in the peers' Python; skip (fail in CI) without the module."""
    python = os.environ.get("ANNOCONV_PEERS_PYTHON", sys.executable)
    if subprocess.run([python, "-c", f"import {module}"], capture_output=True, check=False).returncode:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"{module} is not installed (pip install {module})")
    command = [python, "-c", script, *map(str, arguments)]
    run = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=300, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    return json.loads(run.stdout.strip().splitlines()[-1])


def written(folder: Path, **options: Any) -> tuple[dict[str, Any], int]:
    """Write a case with its pictures; return the document and the number of foreground pixels."""
    zoo = make("axial", folder / "in")
    loaded = read_case(zoo.path)
    registry.write([loaded], folder / "set", format="coco", images=zoo.images, render="8", window="500,1000", **options)
    document = json.loads((folder / "set" / "annotations" / "instances_default.json").read_text())
    return document, sum(int(mask.read().sum()) for mask in loaded.masks.values())


@pytest.mark.parametrize("form", ["rle", "polygon"])
@pytest.mark.parametrize("plain", [True, False])
def test_datumaro_loads_it(form: str, plain: bool, tmp_path: Path) -> None:
    document, pixels = written(tmp_path, segmentation=form, plain=plain)
    found = ask("datumaro", DATUMARO, tmp_path / "set")
    assert (found["items"], found["annotations"]) == (len(document["images"]), len(document["annotations"]))
    if form == "rle":
        assert found["area"] == pixels


@pytest.mark.parametrize("form", ["rle", "polygon"])
def test_supervision_loads_it(form: str, tmp_path: Path) -> None:
    document, pixels = written(tmp_path, segmentation=form)
    found = ask("supervision", SUPERVISION, tmp_path / "set")
    assert (found["items"], found["annotations"]) == (len(document["images"]), len(document["annotations"]))
    if form == "rle":
        assert found["area"] == pixels


def test_what_datumaro_makes_of_it_is_read_again(tmp_path: Path) -> None:
    """Datumaro drops our keys and makes polygons of masks, some pixels off; the slices still are one volume."""
    document, _ = written(tmp_path)
    script = """
import json, sys
import datumaro
found = datumaro.Dataset.import_from(sys.argv[1], "coco_instances")
found.export(sys.argv[2], "coco_instances", save_media=False)
print(json.dumps(len(found)))
"""
    assert ask("datumaro", script, tmp_path / "set", tmp_path / "theirs") == len(document["images"])
    files = sorted((tmp_path / "theirs").rglob("instances_*.json"))
    (reading,) = registry.read(files, format="coco")
    assert reading.case.image.shape == [16, 12, 6]
    assert [each.label_code for each in reading.case.annotations] == ["LIVER"] * len(document["annotations"])
