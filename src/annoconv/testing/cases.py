"""Small cases that promises are tried on: a CT with masks, a picture with shapes, Chinese, and nearly nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from annoconv.casefile import LoadedCase, read_case
from annoconv.demo.case import make as make_demo
from annoconv.documents import strict_json
from annoconv.model import Case

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

__all__ = ["NAMES", "case_of"]

_PICTURE: Final = {"uid": "picture-1", "modality": "DX", "shape": [96, 64, 1], "coordinate_frame": "NONE"}
_LABELS: Final = [{"code": "NODULE", "name_en": "Nodule", "name_zh": "结节"}]


def _document(image: Mapping[str, Any], annotations: Sequence[Mapping[str, Any]], **more: Any) -> dict[str, Any]:
    return {
        "schema_version": "1.0",
        "task_id": "TASK_PROMISES",
        "case_id": "CASE_1",
        "image": dict(image),
        "annotations": [dict(each) for each in annotations],
        "metadata": {"annotator": "reader_1", "timestamps": {"end": "2026-01-02T03:04:05Z"}},
        **more,
    }


def _shape(identity: str, kind: str, **keys: Any) -> dict[str, Any]:
    return {"id": identity, "type": kind, "category": "lesion", "label_code": "NODULE", **keys}


_SHAPES: Final = (
    _shape("B1", "bbox", bbox=[10.5, 20.25, 30.0, 40.75]),
    _shape("P1", "polygon", polygon=[[5.0, 5.0], [25.5, 6.0], [20.0, 30.25]]),
    _shape("C1", "point", point=[50.5, 12.5], confidence=0.75),
    _shape("M1", "mask", mask_file="nodule.nii.gz", attributes={"边界": "清楚", "count": 3}),
)
_DOCUMENTS: Final[Mapping[str, dict[str, Any]]] = {
    "shapes": _document(_PICTURE, _SHAPES, labels=_LABELS),
    "one_box": _document(_PICTURE, _SHAPES[:1]),
    "nothing": _document(_PICTURE, ()),
}
NAMES: Final = ("demo", *_DOCUMENTS)
"""Of the cases; `demo` is the synthetic one of `annoconv demo`, on a DICOM series."""


def case_of(name: str, folder: Path) -> tuple[LoadedCase, list[Path]]:
    """Return a case, and the folders of its images."""
    if name == "demo":
        return read_case(make_demo(folder)), [folder / "images"]
    case = strict_json.as_model(_DOCUMENTS[name], Case)
    mask_kji = np.zeros((1, 64, 96), bool)
    mask_kji[0, 20:30, 40:60] = True
    return LoadedCase(case, {"M1": mask_kji} if name == "shapes" else {}), []
