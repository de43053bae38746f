"""Cases of two readers that agree in some labels and not in others, and many cases with many labels."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from annoconv.demo.case import make
from annoconv.geometry import Grid
from annoconv.model import Case
from annoconv.pixels import NiftiVolume, save_nifti

HOSTILE = "<script>alert(1)</script>&\"'"


def two_readers(folder: Path, name: str = "DEMO_0001") -> tuple[Path, Path]:
    """Write two readings of one case; the second has the liver 1 voxel off, the spleen 4, and no nodule."""
    first = make(folder / "a")
    second = make(folder / "b")
    for path, reader in ((first, "A1"), (second, "B2")):
        edit(path, lambda case, reader=reader: _read_by(case, reader, name))
    organs = second.parent / "masks" / "organs.nii.gz"
    volume = NiftiVolume(organs)
    labels, grid = volume.read(), volume.grid
    moved = np.where(np.roll(labels == 1, 1, axis=2), 1, 0) + 2 * (np.roll(labels == 2, 4, axis=1) & (labels != 1))
    nodule = second.parent / "masks" / "nodule.nii.gz"
    for file, changed in ((organs, np.where(moved == 3, 1, moved)), (nodule, np.zeros_like(labels))):
        file.unlink()
        save_nifti(file, changed.astype(np.uint8), grid)
    return first, second


def _read_by(case: dict[str, Any], reader: str, name: str) -> None:
    case["case_id"] = name
    case["metadata"]["annotator"] = reader
    case["metadata"]["agents"][0]["id"] = reader
    case["metadata"]["audit"][0]["actor"] = reader


def edit(path: Path, change: Any) -> None:
    """Change the document of a case in its file."""
    case = json.loads(path.read_text(encoding="utf-8"))
    change(case)
    path.write_text(json.dumps(case, ensure_ascii=False), encoding="utf-8")


def many(folder: Path, cases: int, labels: int) -> list[Path]:
    """Write cases of two readers with many labels each, as label maps of 64 x 64 x 32 voxels; half as many names."""
    grid = Grid((64, 64, 32), np.diag([1.0, 1.0, 2.0, 1.0]))
    volume = np.zeros(grid.shape_kji, np.uint8)
    for value in range(1, labels + 1):
        row, column = divmod(value - 1, 5)
        volume[8:24, 3 + row * 14 : 13 + row * 14, 2 + column * 12 : 12 + column * 12] = value
    found: list[Path] = []
    for number in range(cases):
        place = folder / f"case-{number:03}"
        (place / "masks").mkdir(parents=True)
        save_nifti(place / "masks" / "m.nii.gz", np.roll(volume, number % 2 * (1 + number % 7), axis=2), grid)
        document = {
            "schema_version": "1.0",
            "case_id": f"CASE_{number // 2:04}",
            "task_id": "TASK_MANY",
            "image": {
                "uid": f"1.2.3.{number // 2 + 1}",
                "modality": "CT",
                "shape": list(grid.shape),
                "spacing": grid.spacing.tolist(),
                "origin": grid.origin.tolist(),
                "direction": grid.direction.tolist(),
                "coordinate_frame": "LPS",
            },
            "annotations": [
                {
                    "id": f"A_{value}",
                    "category": "organ",
                    "label_code": f"LABEL_{value:02}",
                    "type": "mask",
                    "mask_file": "masks/m.nii.gz",
                    "mask_value": value,
                }
                for value in range(1, labels + 1)
            ],
            "metadata": {"annotator": f"R{number % 2 + 1}"},
        }
        Case.model_validate(document)
        (place / "case.json").write_text(json.dumps(document), encoding="utf-8")
        found.append(place / "case.json")
    return found
