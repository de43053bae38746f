"""The id of a record beside the name of its picture: no two records become one annotation."""

from __future__ import annotations

import json
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from annoconv_converters._pictures.record_ids import annotation_id, record_id
from hypothesis import given
from hypothesis import strategies as st

from annoconv import registry
from annoconv.casefile import LoadedCase
from annoconv.errors import DocumentError

TARGETS = ("coco", "cvat", "geojson", "label-studio", "yolo")
names = st.builds("".join, st.lists(st.sampled_from("ab_"), min_size=1, max_size=5))


@given(uids=st.sets(names, min_size=1, max_size=4), ids=st.sets(names))
def test_no_two_records_are_one_annotation_and_none_has_the_name_of_a_picture(uids: set[str], ids: set[str]) -> None:
    found = {identity: annotation_id(identity, uids) for identity in ids}
    assert len({*found.values()}) == len(ids)
    assert uids.isdisjoint(found.values())
    assert {identity: record_id(other, uids) for identity, other in found.items()} == dict(zip(ids, ids, strict=True))


def coco(folder: Path, ids: tuple[Any, ...]) -> Path:
    """Write a file of a picture `1.png` and a box or outline for each id, one beside the other."""
    image = {"id": 1, "file_name": "1.png", "width": 50, "height": 40}
    records = [
        {"id": each, "image_id": 1, "category_id": 1, "bbox": [5 * n, 1, 4, 4], "area": 16, "iscrowd": 0}
        for n, each in enumerate(ids)
    ]
    path = folder / "x.json"
    path.write_text(json.dumps({"images": [image], "categories": [{"id": 1, "name": "cat"}], "annotations": records}))
    return path


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("ids", [*permutations([1, "1_", "1__"])])
def test_records_that_are_called_as_their_picture_stay_apart(ids: tuple[Any, ...], target: str, tmp_path: Path) -> None:
    (reading,) = registry.read([coco(tmp_path, ids)], format="coco")
    lefts = {each.id: each.bbox[0] for each in reading.case.annotations if each.type == "bbox"}
    assert lefts == {f"{each}_": 5.0 * n for n, each in enumerate(ids)}
    out = tmp_path / f"out{registry.converter('to', target).suffix}"
    registry.write([LoadedCase(reading.case)], out, format=target)
    (again,) = registry.read([out], format=target)
    assert {each.id: each.bbox[0] for each in again.case.annotations if each.type == "bbox"} == pytest.approx(lefts)
    if target == "coco":
        assert [each["id"] for each in json.loads(out.read_text())["annotations"]] == [*ids]


def test_one_id_as_a_number_and_as_a_text_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DocumentError) as refused:
        list(registry.read([coco(tmp_path, (1, "1"))], format="coco"))
    (finding,) = refused.value.findings
    assert (finding.rule, finding.path) == ("coco.duplicate", "/annotations/1/id")


def test_a_box_in_a_volume_that_is_called_as_the_label_of_a_mask_stays_apart(tmp_path: Path) -> None:
    images = [{"id": n, "file_name": f"ct_k{n:04d}.png", "width": 10, "height": 10} for n in range(2)]
    box = {"id": "Tumor", "image_id": 0, "category_id": 1, "bbox": [1, 1, 4, 4], "area": 16, "iscrowd": 0}
    runs = {"size": [10, 10], "counts": [22, 3, 75]}
    mask = {**box, "id": 2, "image_id": 1, "segmentation": runs, "bbox": [2, 2, 1, 3], "area": 3}
    path = tmp_path / "x.json"
    for records in ([box, mask], [mask, box]):
        categories = [{"id": 1, "name": "Tumor"}]
        path.write_text(json.dumps({"images": images, "categories": categories, "annotations": records}))
        (reading,) = registry.read([path], format="coco")
        assert {each.id: each.type for each in reading.case.annotations} == {"Tumor": "bbox", "Tumor_": "mask"}
        assert int(next(iter(reading.masks.values())).read().sum()) == 3
