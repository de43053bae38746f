"""Whole slides that are all header, with masks of discs: as large as real ones, of a few megabytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import UID, JPEGBaseline8Bit

from annoconv import images
from annoconv.documents import strict_json
from annoconv.geometry import Grid
from annoconv.pixels import save_nifti
from annoconv.volumes.foreground import Foreground

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

SEED: Final = 20261127
TILE: Final = 512


def write_slide(path: Path, size: int, tile: int = TILE) -> dict[str, Any]:
    """Write the header of a square slide; return its image as a case document has it. Nobody may look at its pixels."""
    told = Dataset()
    told.file_meta = FileMetaDataset()
    told.file_meta.TransferSyntaxUID = JPEGBaseline8Bit
    told.SOPClassUID = told.file_meta.MediaStorageSOPClassUID = UID("1.2.840.10008.5.1.4.1.1.77.1.6")
    told.SOPInstanceUID = told.file_meta.MediaStorageSOPInstanceUID = UID(f"1.2.3.{size}.1")
    told.StudyInstanceUID, told.SeriesInstanceUID, told.FrameOfReferenceUID = (f"1.2.3.{size}.{n}" for n in (2, 3, 4))
    told.Modality, told.PatientID, told.PatientName, told.AccessionNumber = "SM", "P1", "Slide^One", ""
    told.ImageType = ["DERIVED", "PRIMARY", "VOLUME", "NONE"]
    told.ContainerIdentifier = "C1"
    told.Rows = told.Columns = tile
    told.SamplesPerPixel, told.PhotometricInterpretation, told.BitsAllocated = 1, "MONOCHROME2", 8
    told.BitsStored, told.HighBit, told.PixelRepresentation = 8, 7, 0
    told.TotalPixelMatrixColumns = told.TotalPixelMatrixRows = size
    told.NumberOfFrames = (-(-size // tile)) ** 2
    told.DimensionOrganizationType = "TILED_FULL"
    told.ImageOrientationSlide = [0, -1, 0, -1, 0, 0]
    origin, measures, shared = Dataset(), Dataset(), Dataset()
    origin.XOffsetInSlideCoordinateSystem, origin.YOffsetInSlideCoordinateSystem = "20", "40"
    told.TotalPixelMatrixOriginSequence = [origin]
    measures.PixelSpacing, measures.SliceThickness = ["0.00025", "0.00025"], "0.001"
    shared.PixelMeasuresSequence = [measures]
    told.SharedFunctionalGroupsSequence = [shared]
    told.AcquisitionDateTime = "20260101101010+0800"
    told.PixelData = encapsulate([b"\xff\xd8\xff\xd9"])
    told["PixelData"].VR = "OB"
    told.save_as(path, enforce_file_format=True)
    described: dict[str, Any] = strict_json.plain(images.open(path).describe())
    return described


def write_slide_case(folder: Path, size: int, covered: float, tile: int = TILE) -> Foreground:
    """Write `slide.dcm` and `case/` with one mask; return its voxels."""
    folder.mkdir(exist_ok=True)
    image = write_slide(folder / "slide.dcm", size, tile)
    mask = discs(size, covered)
    (folder / "case").mkdir()
    save_nifti(folder / "case" / "m.nii.gz", mask, Grid((size, size, 1)))
    told = {"id": "M1", "category": "lesion", "label_code": "TUMOR", "type": "mask", "mask_file": "m.nii.gz"}
    case = {"task_id": "T", "case_id": "C1", "image": image, "annotations": [told], "metadata": {"annotator": "A1"}}
    (folder / "case" / "case.json").write_bytes(strict_json.dumps(case))
    return mask


def discs(size: int, covered: float, seed: int = SEED) -> Foreground:
    """Return discs of 40 to 400 pixels that cover so much of a square of pixels."""
    rng = np.random.default_rng(seed)
    by_row: dict[int, list[tuple[int, int]]] = {}
    left = covered * size * size
    while left > 0:
        radius = rng.uniform(20, min(200, size / 4))
        x, y = rng.uniform(radius, size - radius, 2)
        for j in range(int(np.ceil(y - radius)), int(y + radius) + 1):
            half = (radius**2 - (j - y) ** 2) ** 0.5
            by_row.setdefault(j, []).append((int(np.ceil(x - half)), int(x + half) + 1))
        left -= np.pi * radius**2
    runs = [(j * size + a, j * size + b) for j, row in sorted(by_row.items()) for a, b in _apart(row)]
    starts, stops = np.ascontiguousarray(np.array(runs, dtype=np.int64).T)
    return Foreground((1, size, size), starts, stops, np.ones(starts.size, np.bool_))


def same(one: Foreground | None, other: Foreground | None) -> bool:
    """Tell whether two masks are one."""
    pairs: list[tuple[NDArray[Any], NDArray[Any]]] = [
        (getattr(one, name), getattr(other, name)) for name in ("starts", "stops", "values")
    ]
    return one is not None and other is not None and all(np.array_equal(*pair) for pair in pairs)


def _apart(row: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Yield the intervals of a row, those that meet as one."""
    first, last = -1, -1
    for a, b in sorted(row):
        if a > last:
            if last > first:
                yield first, last
            first, last = a, b
        last = max(last, b)
    if last > first:
        yield first, last
