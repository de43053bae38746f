"""A small synthetic case that uses the whole model: what `annoconv demo` shows, and the richest case of the tests.

Two organs and a lesion on a CT, an MR with a registration, a Chinese and an English report with spans, laboratory
values of which one is 120 days off. Nothing in it is a patient's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from annoconv.demo.series import ellipsoid, write_series
from annoconv.documents import strict_json
from annoconv.geometry import Grid
from annoconv.pixels import save_nifti

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["REPORT_EN", "REPORT_ZH", "make"]

REPORT_ZH: Final = "（合成数据）肝右叶见类圆形低密度结节，边界清楚，增强扫描动脉期明显强化。脾不大。建议三个月后复查。"
REPORT_EN: Final = (
    "(Synthetic.) Round hypodense nodule in the right lobe of the liver, well defined. Follow-up in three months."
)

_SHAPE = (64, 48, 20)
_SPACING = (2.0, 2.5, 5.0)
_ORIGIN = (-64.0, -60.0, -50.0)


def make(folder: Path) -> Path:
    """Write `case.json`, `masks/` and two DICOM series, `images/ct` and `images/mr`; return the path of the case."""
    grid = Grid(_SHAPE, _affine(_SPACING, _ORIGIN))
    kji = grid.shape_kji
    liver = ellipsoid(kji, (10, 22, 20), (7, 14, 15))
    spleen = ellipsoid(kji, (11, 28, 50), (5, 8, 8))
    nodule = ellipsoid(kji, (11, 20, 16), (2, 4, 4))
    body = np.full(kji, -1000, dtype=np.int16)
    body[ellipsoid(kji, (10, 24, 32), (60, 22, 30))] = 40
    body[liver], body[spleen], body[nodule] = 60, 50, 30
    noise = np.random.default_rng(20260102).normal(0, 8, kji).astype(np.int16)
    ct = write_series(folder / "images" / "ct", grid, body + noise, name="demo ct")
    mr_grid = Grid((32, 32, 10), _affine((4.0, 4.0, 10.0), (-60.0, -62.0, -48.0)))
    mr_values = np.clip(noise[::2, ::2, ::2][:10, :32, :32] + 200, 0, None).astype(np.int16)
    mr_values = np.pad(mr_values, [(0, n - have) for n, have in zip(mr_grid.shape_kji, mr_values.shape, strict=True)])
    mr = write_series(folder / "images" / "mr", mr_grid, mr_values, modality="MR", name="demo mr")
    save_nifti(folder / "masks" / "organs.nii.gz", liver.astype(np.uint8) + 2 * spleen.astype(np.uint8), grid)
    save_nifti(folder / "masks" / "nodule.nii.gz", nodule, grid)
    path = folder / "case.json"
    path.write_bytes(strict_json.dumps(_document(ct, mr, grid, mr_grid), indent=2))
    return path


def _affine(spacing: tuple[float, ...], origin: tuple[float, ...]) -> Any:
    affine = np.diag([*spacing, 1.0])
    affine[:3, 3] = origin
    return affine


def _image(uid: str, modality: str, grid: Grid, at: str) -> dict[str, Any]:
    return {
        "uid": uid,
        "modality": modality,
        "shape": list(grid.shape),
        "spacing": grid.spacing.tolist(),
        "origin": grid.origin.tolist(),
        "direction": grid.direction.tolist(),
        "coordinate_frame": "LPS",
        "acquired_at": at,
        "description": "SYNTHETIC - NOT A PATIENT",
    }


def _span(identity: str, text_id: str, content: str, quote: str, kind: str) -> dict[str, Any]:
    start = content.index(quote)
    return {
        "id": identity,
        "category": "text_image",
        "label_code": "NODULE",
        "type": "text_span",
        "text_id": text_id,
        "start": start,
        "end": start + len(quote),
        "text": quote,
        "semantic_type": kind,
        "level": "fragment",
    }


def _document(ct: str, mr: str, grid: Grid, mr_grid: Grid) -> dict[str, Any]:
    zh, en = "肝右叶见类圆形低密度结节", "Round hypodense nodule in the right lobe of the liver"
    return {
        "schema_version": "1.0",
        "case_id": "DEMO_0001",
        "task_id": "TASK_DEMO",
        "image": _image(ct, "CT", grid, "2026-01-02T08:30:00+08:00"),
        "related_images": [_image(mr, "MR", mr_grid, "2026-01-03T09:00:00+08:00")],
        "registrations": [
            {
                "id": "REG_MR_CT",
                "kind": "rigid",
                "fixed_image_uid": ct,
                "moving_image_uid": mr,
                "maps": "moving_from_fixed",
                "matrix": [[1, 0, 0, 1.5], [0, 1, 0, -0.5], [0, 0, 1, 2], [0, 0, 0, 1]],
                "errors": [{"measure": "target_registration_error_mm", "value": 1.2, "landmark_count": 6}],
                "algorithm": {"name": "synthetic", "version": "1"},
            }
        ],
        "texts": [
            {"id": "REPORT_ZH", "kind": "exam_report", "language": "zh-CN", "content": REPORT_ZH, "deidentified": True},
            {"id": "REPORT_EN", "kind": "exam_report", "language": "en", "content": REPORT_EN, "deidentified": True},
        ],
        "clinical_records": [
            _laboratory("LAB_AFP", "Alpha-1-Fetoprotein", "1834-1", 5.6, "ng/mL", "2026-01-05T07:40:00+08:00"),
            _laboratory("LAB_ALT", "Alanine aminotransferase", "1742-6", 38, "U/L", "2025-09-04T07:40:00+08:00"),
        ],
        "annotations": _annotations(zh, en, mr),
        "links": [
            {
                "id": "LINK_TEXT",
                "type": "image_text",
                "annotation_ids": ["LES_1"],
                "span_ids": ["SPAN_ZH", "SPAN_EN"],
                "semantic_type": "sign",
                "consistency": "consistent",
            },
            {
                "id": "LINK_MR",
                "type": "image_image",
                "annotation_ids": ["LES_1", "LES_1_MR"],
                "registration_id": "REG_MR_CT",
                "deviation_mm": 1.8,
                "consistency": "consistent",
            },
            {
                "id": "LINK_ALT",
                "type": "image_structured",
                "annotation_ids": ["ORG_LIVER"],
                "record_id": "LAB_ALT",
                "keys": [{"kind": "case_id", "value": "DEMO_0001"}],
                "interval_days": 120,
                "time_deviation": True,
            },
        ],
        "reviews": [
            {
                "id": "REVIEW_1",
                "level": "review",
                "reviewer": "R1",
                "at": "2026-01-09T10:00:00+08:00",
                "outcome": "passed",
            }
        ],
        "metadata": {
            "annotator": "A1",
            "reviewer": "R1",
            "institution": "SYNTHETIC",
            "software": {"name": "annoconv demo", "version": "1.0", "ai_model": "none"},
            "timestamps": {"start": "2026-01-08T09:00:00+08:00", "end": "2026-01-08T09:40:00+08:00"},
            "qc": {"status": "passed"},
            "version": "v1.0",
            "audit": [
                {"action": "create", "actor": "A1", "at": "2026-01-08T09:00:00+08:00"},
                {"action": "confirm", "actor": "R1", "at": "2026-01-09T10:00:00+08:00"},
            ],
            "agents": [{"id": "A1", "roles": ["annotator"]}, {"id": "R1", "roles": ["reviewer"]}],
        },
    }


def _annotations(zh: str, en: str, mr: str) -> list[dict[str, Any]]:
    nodule = {"category": "lesion", "label_code": "NODULE"}
    return [
        {
            "id": "ORG_LIVER",
            "category": "organ",
            "label_code": "LIVER",
            "type": "mask",
            "mask_file": "masks/organs.nii.gz",
            "mask_value": 1,
            "algorithm_type": "manual",
        },
        {
            "id": "ORG_SPLEEN",
            "category": "organ",
            "label_code": "SPLEEN",
            "type": "mask",
            "mask_file": "masks/organs.nii.gz",
            "mask_value": 2,
            "algorithm_type": "manual",
        },
        {
            "id": "LES_1",
            **nodule,
            "type": "mask",
            "mask_file": "masks/nodule.nii.gz",
            "algorithm_type": "manual",
            "granularity": "voxel",
            "attributes": {"shape": "round", "enhancement": "arterial", "diameter_mm": 16.0, "多发": False},
            "cross_modal_links": ["LINK_TEXT", "LINK_MR"],
        },
        {"id": "LES_1_BOX", **nodule, "type": "bbox", "bbox": [12, 16, 9, 21, 25, 14], "algorithm_type": "manual"},
        {
            "id": "LES_1_MR",
            **nodule,
            "type": "point",
            "image_uid": mr,
            "point": [8.5, 12.5, 5.5],
            "algorithm_type": "manual",
        },
        {
            "id": "CASE_GRADE",
            "category": "attribute",
            "label_code": "CASE_LEVEL",
            "type": "attribute",
            "attributes": {"LI-RADS": "3"},
        },
        _span("SPAN_ZH", "REPORT_ZH", REPORT_ZH, zh, "sign"),
        _span("SPAN_EN", "REPORT_EN", REPORT_EN, en, "sign"),
    ]


def _laboratory(identity: str, name: str, loinc: str, value: float, unit: str, at: str) -> dict[str, Any]:
    return {
        "id": identity,
        "kind": "laboratory",
        "recorded_at": at,
        "fields": [
            {
                "key": identity.removeprefix("LAB_"),
                "concept": {"code": loinc, "scheme": "LN", "meaning": name},
                "value": value,
                "value_type": "quantity",
                "unit": unit,
                "measured_at": at,
            }
        ],
        "deidentified": True,
    }
