"""A study to look at: a phantom in CT with square pixels, two masks as a segmentation, both and shapes as a report.

The masks have a volume each in the report, which the viewer shows at their middle.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pydicom

from annoconv import registry
from annoconv.casefile import read_case
from annoconv.demo.series import ellipsoid, write_series
from annoconv.documents import strict_json
from annoconv.pixels import save_nifti
from tests.cases import concept, document, grid_of, image_document, mask

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from annoconv.geometry import Grid

GRID = grid_of((96, 96, 16), spacing=(2.0, 2.0, 4.0), origin=(-95.0, -95.0, -30.0))
LENGTH = {"concept": concept("410668003", "SCT", "Length"), "value": 36.3, "unit": "mm"}
VOLUME = {"concept": concept("118565006", "SCT", "Volume"), "value": 28.5, "unit": "mm3"}
AREA = {"concept": concept("42798000", "SCT", "Area"), "value": 640.0, "unit": "mm2"}
NODULE = {"category": "lesion", "label_code": "NODULE", "slice_index": 8}
SHAPES: dict[str, dict[str, Any]] = {
    "Length": {"type": "polyline", "polyline": [[58.0, 40.0], [76.0, 37.5]], "measurements": [LENGTH]},
    "PlanarFreehandROI": {
        "type": "polygon",
        "polygon": [[56.0, 52.0], [62.0, 49.0], [70.5, 52.0], [72.0, 60.0], [62.0, 64.5], [55.0, 60.0]],
        "measurements": [AREA],
    },
    "RectangleROI": {"type": "bbox", "bbox": [24.0, 30.0, 44.5, 46.0], "measurements": [AREA]},
}


@dataclass(frozen=True)
class Study:
    """Files of the study, and what is true of it: labels (k, j, i), 1 of the liver, 2 of the nodule."""

    images: list[Path]
    segmentation: Path
    report: Path
    labels_kji: NDArray[np.uint8]

    @property
    def uid(self) -> str:
        return str(pydicom.dcmread(self.report).StudyInstanceUID)

    @property
    def files(self) -> list[Path]:
        return [*self.images, self.segmentation, self.report]


def point_lps(x: float, y: float, grid: Grid = GRID, k: int = 8) -> NDArray[np.float64]:
    """Return a vertex of a shape, which counts from the outer corner of the first pixel, in mm."""
    return np.asarray((grid.affine @ [x - 0.5, y - 0.5, k, 1])[:3], dtype=np.float64)


def make_study(folder: Path) -> Study:
    shape = GRID.shape_kji
    body = ellipsoid(shape, (7.5, 47.5, 47.5), (30.0, 34.0, 42.0))
    liver = ellipsoid(shape, (8.0, 46.0, 32.0), (6.0, 18.0, 14.0))
    nodule = ellipsoid(shape, (8.0, 56.0, 63.0), (3.0, 7.0, 8.0))
    values = np.full(shape, -1000, dtype=np.int16)
    values[body], values[liver], values[nodule] = 40, 120, 190
    liver[:, :40, :30] = False  # no flip maps it onto itself
    labels = np.zeros(shape, dtype=np.uint8)
    labels[liver], labels[nodule] = 1, 2
    folder.mkdir(parents=True)
    image = image_document(write_series(folder / "images", GRID, values, name="phantom"), GRID)
    for number, name in ((1, "liver"), (2, "nodule")):
        save_nifti(folder / f"{name}.nii.gz", labels == number, GRID)
    measured = {"measurements": [VOLUME]}
    masks = [mask("M1", "liver.nii.gz", **measured), mask("M2", "nodule.nii.gz", "NODULE", "lesion", **measured)]
    shapes = [{"id": tool, **NODULE, **each} for tool, each in SHAPES.items()]
    segmentation, report = folder / "seg.dcm", folder / "sr.dcm"
    for drawn, target, format, options in (
        (masks, segmentation, "dicom-seg", {}),
        ([*masks, *shapes], report, "dicom-sr", {"viewer": "ohif", "segmentations": [segmentation]}),
    ):
        (folder / "case.json").write_bytes(strict_json.dumps(document(image, drawn)))
        registry.write([read_case(folder / "case.json")], target, format=format, images=[folder / "images"], **options)
    return Study(sorted((folder / "images").iterdir()), segmentation, report, labels)
