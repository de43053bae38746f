"""What names an annotation that does not come back goes with it, is named as lost, and the rest is whole."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from annoconv import registry
from annoconv.casefile import read_case
from annoconv.casefile.references import without_gone
from annoconv.demo.case import make
from annoconv.documents import strict_json
from annoconv.loss import LossKind
from annoconv.rules import check


def test_a_list_loses_its_member_and_what_cannot_be_without_it_goes() -> None:
    box = {"category": "lesion", "label_code": "N", "type": "bbox", "slice_index": 0, "bbox": [1.0, 1.0, 5.0, 5.0]}
    relation = {"type": "relation", "relation": "part_of", "source_id": "B", "target_id": "C"}
    document = {
        "task_id": "T",
        "image": {"uid": "1.2.3", "modality": "CT", "shape": [9, 9, 2]},
        "annotations": [
            {"id": "A", **box},
            {"id": "B", **box, "derived_from": ["A", "C"], "parent_id": "A"},
            {"id": "C", **box, "derived_from": ["A"], "cross_modal_links": ["A", "L1", "L2"]},
        ],
        "metadata": {"assistance": [{"id": "S", "model": {"name": "n"}, "annotation_ids": ["A"]}]},
        "links": [
            {"id": "L1", "type": "image_image", "annotation_ids": ["A", "B"]},
            {"id": "L2", **relation},
        ],
        "reviews": [
            {"id": "V", "level": "review", "reviewer": "R", "at": "2025-01-01T00:00:00Z", "outcome": "passed"}
            | {"annotation_ids": ["A"]},
        ],
    }
    left, reasons = without_gone(document, {"A"})
    assert left["annotations"] == [
        {"id": "B", **box, "derived_from": ["C"]},
        {"id": "C", **box, "cross_modal_links": ["L2"]},
    ]
    assert left["links"] == [{"id": "L2", **relation}]
    assert "reviews" not in left  # without its ids it would speak of all annotations
    assert left["metadata"] == {"assistance": [{"id": "S", "model": {"name": "n"}}]}
    assert ("annotations", 1, "parent_id") in reasons
    assert ("links", 0, "annotation_ids", 1) in reasons
    assert not any(path[:2] == ("annotations", 0) for path in reasons)


def test_nothing_goes_where_nothing_is_gone() -> None:
    document = {"task_id": "T"}
    assert without_gone(document, set()) == (document, {})


@pytest.mark.parametrize(
    ("name", "options"),
    [("coco", {}), ("yolo", {}), ("cvat", {}), ("nifti", {}), ("nifti", {"layout": "bids"}), ("dicom-seg", {})],
)
def test_what_comes_back_names_only_what_came_back(name: str, options: dict[str, str], tmp_path: Path) -> None:
    path = make(tmp_path / "demo")
    document = json.loads(path.read_bytes())
    first, second = document["annotations"][:2]
    first["status"], second["derived_from"] = "superseded", [first["id"]]
    path.write_bytes(strict_json.dumps(document))
    case = read_case(path)
    target = tmp_path / ("out" + registry.converter("to", name).suffix)
    more = {"images": [tmp_path / "demo" / "images"]} if name == "dicom-seg" else {}
    losses = registry.write([case], target, format=name, **options, **more)
    (reading,) = registry.read([target], format=name)
    assert first["id"] not in {each.id for each in reading.case.annotations}
    unknown = {"A-3.3.reference_unknown", "A-3.3.dangling_link"}
    assert [each for each in check(reading, profile="exchange") if each.rule in unknown] == []
    lost = {each.path for each in losses if each.kind is LossKind.NO_PLACE}
    assert "/annotations/1/derived_from/0" in lost
