"""Cases with masks on real series, and reading segmentations back by programs that are not ours."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import highdicom as hd
import numpy as np
import SimpleITK

from annoconv import images, registry
from annoconv.casefile import LoadedCase, read_case
from annoconv.documents import strict_json
from annoconv.geometry import Grid, transform_points
from annoconv.pixels import save_nifti
from tests import peers

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from annoconv.images import ImageSource
    from annoconv.loss import LossReport

FARTHEST_MM = 1e-3
"""How far a voxel that a foreign reader places may be off our grid."""
SERIES = (
    "seg/dcmqi_liver_triple/ct-3slice",
    "dicom/mr_ge_coronal_hfp",
    "dicom/mr_hitachi_oblique",
    "dicom/ct_flipped_iop",
    "dicom/ct_siemens_axial_j2k",
)
LABELS = {1: ("LIVER", "organ"), 2: ("ZONE_OF_DOUBT", "lesion"), 3: ("HEART", "organ")}


@dataclass(frozen=True)
class Written:
    """A segmentation that we wrote, and what it was made of."""

    path: Path
    case: LoadedCase
    source: ImageSource
    losses: LossReport

    @property
    def masks(self) -> dict[int, NDArray[np.bool_]]:
        """The masks by segment number, on the source's grid."""
        return {number: mask.read() for number, mask in enumerate(self.case.masks.values(), 1)}


def drawn(grid: Grid) -> NDArray[np.uint8]:
    """Return a label map of two touching blobs that no flip or permutation maps onto themselves."""
    k, j, i = (
        np.arange(count)[(...,) + (None,) * left] / count for count, left in zip(grid.shape_kji, (2, 1, 0), strict=True)
    )
    labels_kji = np.zeros(grid.shape_kji, dtype=np.uint8)
    labels_kji[((k - 0.4) / 0.45) ** 2 + ((j - 0.4) / 0.2) ** 2 + ((i - 0.55) / 0.15) ** 2 < 1] = 1
    labels_kji[((k - 0.7) / 0.35) ** 2 + ((j - 0.65) / 0.1) ** 2 + ((i - 0.4) / 0.2) ** 2 < 1] = 2
    return labels_kji


def case_of(folder: Path, source: ImageSource, labels_kji: NDArray[Any], grid: Grid | None = None) -> LoadedCase:
    """Write a case with a mask for each value of a label map, and return it as read from disk."""
    folder.mkdir(parents=True, exist_ok=True)
    save_nifti(folder / "labels.nii.gz", labels_kji, grid or source.grid)
    annotations = [
        {
            "id": f"A{value}",
            "category": LABELS[value][1],
            "label_code": LABELS[value][0],
            "type": "mask",
            "mask_file": "labels.nii.gz",
            "mask_value": value,
            "algorithm_type": "manual",
        }
        for value in sorted(set(np.unique(labels_kji).tolist()) - {0})
    ]
    document = {
        "task_id": "T",
        "case_id": "CASE_1",
        "image": strict_json.plain(source.describe()),
        "annotations": annotations,
        "metadata": {"annotator": "A1", "timestamps": {"end": "2026-01-08T09:40:00+08:00"}},
    }
    (folder / "case.json").write_bytes(strict_json.dumps(document))
    return read_case(folder / "case.json")


def write(folder: Path, series: Path, labels_kji: NDArray[Any] | None = None, **options: Any) -> Written:
    """Write a case on a series as a segmentation."""
    source = images.open(series)
    case = case_of(folder / "case", source, drawn(source.grid) if labels_kji is None else labels_kji)
    path = folder / "seg.dcm"
    losses = registry.write([case], path, format="dicom-seg", images=[series], **options)
    return Written(path, case, source, losses)


def by_dcmqi(path: Path, folder: Path, grid: Grid) -> dict[int, NDArray[np.bool_]]:
    """Return the masks by segment number that dcmqi's segimage2itkimage reads, on `grid`."""
    folder.mkdir()
    answer = peers.run("segimage2itkimage", "--inputDICOM", path, "--outputDirectory", folder, "-t", "nrrd")
    assert answer.returncode == 0, answer.stdout + answer.stderr
    found: dict[int, NDArray[np.bool_]] = {}
    for file in folder.glob("*.nrrd"):
        image = SimpleITK.ReadImage(str(file))
        affine = np.eye(4)
        affine[:3, :3] = np.reshape(image.GetDirection(), (3, 3)) * image.GetSpacing()
        affine[:3, 3] = image.GetOrigin()
        labels_kji = SimpleITK.GetArrayFromImage(image)
        for number in set(np.unique(labels_kji).tolist()) - {0}:
            found[number] = _on_grid(labels_kji == number, affine, grid)
    return found


def by_highdicom(path: Path, grid: Grid) -> dict[int, NDArray[np.bool_]]:
    """Return the masks by segment number that highdicom reads, on `grid`."""
    segmentation = hd.seg.segread(path)
    is_map = segmentation.SegmentationType == "LABELMAP"  # of which highdicom reads single numbers as 8 bits
    whole = segmentation.get_volume(combine_segments=True) if is_map else None
    found: dict[int, NDArray[np.bool_]] = {}
    for number in segmentation.segment_numbers:
        volume = whole or segmentation.get_volume(segment_numbers=[number], combine_segments=False)
        array = volume.array[..., 0] if volume.array.ndim == 4 else volume.array
        mask_kji = array == number if is_map else array != 0
        # highdicom's affine maps (slice, row, column); ours maps (i, j, k).
        found[number] = _on_grid(mask_kji, volume.affine[:, [2, 1, 0, 3]], grid)
    return found


def _on_grid(mask_kji: NDArray[np.bool_], affine: NDArray[np.float64], grid: Grid) -> NDArray[np.bool_]:
    """Return the foreground's voxels on another grid, each within a thousandth of a millimetre of a voxel there."""
    points = transform_points(affine, np.argwhere(mask_kji)[:, ::-1])
    indices = transform_points(np.linalg.inv(grid.affine), points)
    whole = np.round(indices).astype(int)
    off = np.abs(transform_points(grid.affine, whole) - points)
    assert off.max(initial=0) < FARTHEST_MM, f"{off.max()} mm off the source's grid"
    placed = np.zeros(grid.shape_kji, dtype=np.bool_)
    placed[tuple(whole[:, ::-1].T)] = True
    return placed
