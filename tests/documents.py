"""Small case documents to break: plain JSON values, each call a fresh copy."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

Document = dict[str, Any]


def common(identity: str, kind: str, **rest: Any) -> Document:
    return {"id": identity, "category": "lesion", "label_code": "NODULE", "type": kind, **rest}


def c5() -> Document:
    """Return the example of C.5 with its dots filled in."""
    lung = {"id": "ORG_LUNG_LEFT", "category": "organ", "label_code": "LUNG_LEFT", "type": "mask"}
    return {
        "task_id": "TASK_CT_LUNG_000001",
        "image": {"uid": "1.2.840.1", "modality": "CT", "shape": [512, 512, 320], "spacing": [0.7, 0.7, 1.0]},
        "annotations": [
            lung | {"mask_file": "masks/xxx.nii.gz"},
            {
                "id": "LESION_01",
                "category": "lesion",
                "label_code": "PNEUMONIA_GGO",
                "type": "bbox",
                "bbox": [100, 120, 30, 140, 150, 42],
                "cross_modal_links": ["TXT_SPAN_01"],
            },
        ],
        "metadata": {"annotator": "A1", "reviewer": "R1", "version": "v1.0"},
    }


def c5_without_mask_file() -> Document:
    document = c5()
    del document["annotations"][0]["mask_file"]
    return document


def good() -> Document:
    """Return a case that no rule of any profile finds fault with; it has no masks."""
    return {
        "schema_version": "1.0",
        "case_id": "CASE_1",
        "task_id": "T",
        "image": {
            "uid": "1.2.840.1",
            "modality": "CT",
            "shape": [20, 16, 10],
            "spacing": [1.0, 1.5, 2.0],
            "origin": [-10.0, 0.0, 5.0],
            "direction": [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
        },
        "annotations": [
            common("B1", "bbox", bbox=[1, 2, 0, 20, 16, 10]),
            common("P1", "polygon", polygon=[[1, 1], [5, 1], [5, 6]], slice_index=9),
            common("Q1", "point", point=[3, 4, 5], cross_modal_links=["B1"]),
        ],
        "metadata": {
            "annotator": "A1",
            "reviewer": "R1",
            "timestamps": {"end": "2026-01-02T00:00:00Z"},
            "version": "v1.0",
        },
    }


def everything() -> Document:
    """Return a document that uses every kind of value, to be mutated."""
    document = good()
    document["image"] |= {
        "coordinate_frame": "LPS",
        "acquired_at": "2025-01-02T03:04:05+08:00",
        "files": [{"path": "a/b.dcm"}],
    }
    document["related_images"] = [{"uid": "x", "modality": "MR", "shape": [4, 5]}]
    concept = {"code": "1", "scheme": "SCT", "meaning": "m"}
    document["labels"] = [{"code": "A", "concept": concept, "color_rgb": [1, 2, 3]}]
    document["annotations"] += [
        common("M1", "mask", mask_file="m.nii.gz", mask_value=3, confidence=0.5, attributes={"a": 5.5, "b": [1, "x"]}),
        common("B2", "bbox", bbox=[1, 2, 3, 4], slice_index=1),
        common("E1", "ellipse", center=[1, 2], radii=[1, 2], slice_index=1),
        common("L1", "polyline", polyline=[[1, 2], [3, 4]], slice_index=1),
        common("A1", "attribute", attributes={"k": True}),
    ]
    document["metadata"] |= {
        "qc": {"status": "passed", "issues": ["none"]},
        "timestamps": {"start": "2025-01-02T03:04:05Z"},
        "audit": [{"action": "create", "actor": "A1", "at": "2025-01-02T03:04:05Z"}],
        "agents": [{"id": "A1", "roles": ["annotator"]}],
    }
    document["extensions"] = {"example.org/x": {"z": [1.5, None]}}
    return document


def write(path: Path, *documents: Document) -> Path:
    """Write documents to a .json or .jsonl file."""
    path.write_text("".join(json.dumps(each, ensure_ascii=False) + "\n" for each in documents), encoding="utf-8")
    return path
