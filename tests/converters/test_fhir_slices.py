"""FHIR says by its SOP instance which slice a region lies on; source images tell it where case or study list none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from annoconv import registry
from annoconv.casefile import LoadedCase, read_case
from annoconv.documents import strict_json
from annoconv.errors import ImageError
from tests.cases import document, grid_of, series

SLICE = 4


def drawn(folder: Path) -> tuple[LoadedCase, Path]:
    """Return a case with a box on a slice, whose image lists no instances, and the folder of its series."""
    folder.mkdir()
    image = series(folder, grid_of((64, 48, 6), direction=np.eye(3)), "s")
    box = {"id": "B", "category": "lesion", "label_code": "NODULE", "type": "bbox", "bbox": [1.0, 2.0, 30.5, 40.0]}
    (folder / "case.json").write_bytes(strict_json.dumps(document(image, [box | {"slice_index": SLICE}])))
    return read_case(folder / "case.json"), folder / "images"


@pytest.mark.parametrize("release", ["R5", "R4B"])
def test_a_plain_region_keeps_its_slice_by_the_images(release: str, tmp_path: Path) -> None:
    case, images = drawn(tmp_path / "a")
    assert case.case.image.instances is None
    losses = registry.write([case], tmp_path / "o.json", format="fhir", release=release, plain=True, images=[images])
    assert [each.path for each in losses if "slice" in each.path] == []
    (reading,) = registry.read([tmp_path / "o.json"], format="fhir")
    assert reading.case.annotations[0].slice_index == SLICE


def test_a_region_of_others_has_its_slice_by_the_images(tmp_path: Path) -> None:
    """Their ImagingStudy lists no instances, and the region names one."""
    case, images = drawn(tmp_path / "a")
    registry.write([case], tmp_path / "o.json", format="fhir", plain=True, images=[images])
    entries = json.loads((tmp_path / "o.json").read_text("utf-8"))["entry"]
    kept = [each for each in entries if each["resource"]["resourceType"] in {"ImagingStudy", "ImagingSelection"}]
    for one in (each["resource"].get("series", []) for each in kept):
        for told in one if isinstance(one, list) else ():
            told.pop("instance")
    bundle: dict[str, Any] = {"resourceType": "Bundle", "type": "collection", "entry": kept}
    (tmp_path / "theirs.json").write_text(json.dumps(bundle), "utf-8")
    (without,) = registry.read([tmp_path / "theirs.json"], format="fhir")
    assert without.case.annotations[0].slice_index is None
    (reading,) = registry.read([tmp_path / "theirs.json"], format="fhir", images=[images])
    assert reading.case.annotations[0].slice_index == SLICE


def test_images_of_no_study_are_refused(tmp_path: Path) -> None:
    case, _ = drawn(tmp_path / "a")
    _, others = drawn(tmp_path / "b")
    registry.write([case], tmp_path / "o.json", format="fhir")
    text = (tmp_path / "o.json").read_text("utf-8").replace(str(case.case.image.uid), "1.2.3.4.5")
    (tmp_path / "o.json").write_text(text, "utf-8")
    with pytest.raises(ImageError, match="no image of the resources"):
        list(registry.read([tmp_path / "o.json"], format="fhir", images=[others]))


@pytest.mark.parametrize("release", ["R5", "R4B"])
def test_a_case_that_lists_no_instances_lists_none_when_it_comes_back(release: str, tmp_path: Path) -> None:
    case, images = drawn(tmp_path / "a")
    registry.write([case], tmp_path / "o.json", format="fhir", release=release, images=[images])
    (reading,) = registry.read([tmp_path / "o.json"], format="fhir")
    assert strict_json.plain(reading.case) == strict_json.plain(case.case)
    assert list(reading.losses) == []
