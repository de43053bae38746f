"""A case with one annotation of each kind, for the 2-D formats."""

from __future__ import annotations

from typing import Any

import numpy as np

from annoconv.casefile import LoadedCase
from annoconv.geometry import Grid
from annoconv.model import Case
from annoconv.pixels import ArrayVolume, Mask, Masks


def flat_case() -> LoadedCase:
    """Return a radiograph with a mask that has a hole, a box, a polygon, a point, a line and an ellipse."""
    mask_kji = np.zeros((1, 48, 64), bool)
    mask_kji[0, 10:30, 12:40] = True
    mask_kji[0, 15:20, 20:30] = False
    mask_kji[0, 40, 50] = True
    common = {"category": "lesion", "label_code": "NODULE"}
    annotations: list[dict[str, Any]] = [
        {"id": "M", "category": "organ", "label_code": "LUNG", "type": "mask", "mask_file": "m.nii.gz"},
        {"id": "B", **common, "type": "bbox", "bbox": [1.5, 2.0, 11.25, 12.0], "confidence": 0.5},
        {"id": "P", **common, "type": "polygon", "polygon": [[5.0, 5.5], [20.0, 6.0], [12.0, 18.0]]},
        {"id": "Q", **common, "type": "point", "point": [30.5, 20.25]},
        {"id": "L", **common, "type": "polyline", "polyline": [[1.0, 1.0], [6.0, 1.5], [9.0, 9.0]]},
        {"id": "E", **common, "type": "ellipse", "center": [30.0, 20.0], "radii": [6.0, 4.0], "rotation_degrees": 30.0},
    ]
    image = {"uid": "RADIOGRAPH_1", "modality": "DX", "shape": [64, 48], "coordinate_frame": "NONE"}
    case = Case.model_validate({"task_id": "T", "image": image, "annotations": annotations, "metadata": {}})
    return LoadedCase(case, Masks([Mask("M", ArrayVolume(Grid((64, 48, 1)), mask_kji))]))
