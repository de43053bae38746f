"""Cases and images for the tests of pictures: small, each pixel known."""

from pathlib import Path
from typing import Any

import nibabel
import numpy as np

from annoconv.casefile import LoadedCase
from annoconv.geometry import Grid
from annoconv.model import Case
from annoconv.pixels import ArrayVolume, Mask, Masks
from annoconv.report.preview import Preview, preview


def case_of(image: dict[str, Any], *annotations: dict[str, Any], **rest: Any) -> Case:
    told = [{"id": f"A{n}", "category": "lesion", "label_code": "NODULE", **each} for n, each in enumerate(annotations)]
    document = {"task_id": "T", "case_id": "C", "image": image, "annotations": told, "metadata": {"annotator": "A"}}
    return Case.model_validate({**document, **rest})


def flat(columns: int, rows: int, **rest: Any) -> dict[str, Any]:
    return {"uid": "P", "modality": "XC", "shape": [columns, rows], "coordinate_frame": "NONE", **rest}


def on_image(image: dict[str, Any], *annotations: dict[str, Any], **options: Any) -> Preview:
    """Return the preview of shapes on an image that is not there: black."""
    return preview(LoadedCase(case_of(image, *annotations)), font="built-in", **options)


def with_masks(
    image: dict[str, Any], grid: Grid, masks: list[Any], *, labels: list[str] | None = None, **options: Any
) -> Preview:
    """Return the preview of masks, arrays kji."""
    names = labels or ["LIVER"] * len(masks)
    told = [
        {"id": f"M{n}", "type": "mask", "category": "organ", "label_code": name, "mask_file": f"m{n}.nii.gz"}
        for n, name in enumerate(names)
    ]
    read = Masks(Mask(f"M{n}", ArrayVolume(grid, each)) for n, each in enumerate(masks))
    return preview(LoadedCase(case_of(image, *told), read), font="built-in", **options)


def coloured(pixels: Any) -> Any:
    """Return which pixels of a panel, shape (row, column), something is drawn on."""
    return pixels.max(axis=2) > pixels.min(axis=2)


def write_nifti(path: Path, array_ijk: Any, affine_ras: Any) -> Path:
    made = nibabel.Nifti1Image(array_ijk, affine_ras)
    made.set_qform(affine_ras, code=1)
    made.set_sform(affine_ras, code=1)
    nibabel.save(made, path)
    return path


def ramp(shape: tuple[int, ...]) -> Any:
    """Return an array in which no two voxels along any axis are alike, 0 to 250."""
    total = np.arange(np.prod(shape), dtype=np.float64).reshape(shape)
    return (total / total.max() * 250).astype(np.int16)
