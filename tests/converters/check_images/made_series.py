"""Clean series of a body that is the same from neither side, written by pydicom, and what is done to them.

The body: air, tissue that narrows along k, a bone to the left and in front. Slices are 2.5 mm apart, pixels 0.8 mm wide
and 0.9 mm high, numbers ascend along z.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

CT, MR, PT = (f"1.2.840.10008.5.1.4.1.1.{suffix}" for suffix in ("2", "4", "128"))
SERIES, STUDY, FRAME = "1.2.826.0.1.11.1", "1.2.826.0.1.11.2", "1.2.826.0.1.11.3"
STEP = 2.5


def body(count: int, size: int = 64, seed: int = 1) -> NDArray[np.int16]:
    """Return HU, shape (k, j, i)."""
    k, j, i = np.meshgrid(*(np.linspace(-1, 1, n) for n in (count, size, size)), indexing="ij")
    noise = np.random.default_rng(seed).normal(0, 8, (count, size, size))
    tissue = (j / 0.75) ** 2 + (i / (0.85 - 0.08 * k)) ** 2 < 1
    bone = ((j + 0.35) / 0.2) ** 2 + ((i - 0.4) / 0.15) ** 2 < 1
    lung = ((j - 0.2) / 0.25) ** 2 + ((i + 0.35) / 0.22) ** 2 < 1 - 0.3 * k
    hu = np.where(tissue, 40.0, -1000.0)
    hu[tissue & lung] = -700
    hu[tissue & bone] = 600
    return (hu + noise).astype(np.int16)


def made(
    count: int = 12,
    *,
    kind: str = CT,
    size: int = 64,
    orientation: Sequence[float] = (1, 0, 0, 0, 1, 0),
    step: float = STEP,
) -> list[Dataset]:
    """Return a clean series, in the order of its positions."""
    volume = body(count, size)
    pair = np.reshape(orientation, (2, 3)).astype(float)
    normal = np.cross(pair[0], pair[1])
    slices = []
    for k in range(count):
        one = Dataset()
        one.file_meta = FileMetaDataset()
        one.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        one.file_meta.MediaStorageSOPClassUID = one.SOPClassUID = kind
        one.file_meta.MediaStorageSOPInstanceUID = one.SOPInstanceUID = f"1.2.826.0.1.11.4.{k + 1}"
        one.Modality = {CT: "CT", MR: "MR", PT: "PT"}[kind]
        one.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
        one.PatientID, one.StudyInstanceUID, one.SeriesInstanceUID = "P1", STUDY, SERIES
        one.FrameOfReferenceUID, one.InstanceNumber = FRAME, k + 1
        one.ImagePositionPatient = [round(float(x), 6) for x in np.array([-30.0, -28.0, 100.0]) + normal * step * k]
        one.ImageOrientationPatient = [float(x) for x in orientation]
        one.PixelSpacing, one.SliceThickness = [0.9, 0.8], step
        one.Rows = one.Columns = size
        one.SamplesPerPixel, one.PhotometricInterpretation = 1, "MONOCHROME2"
        one.BitsAllocated = one.BitsStored = 16
        one.HighBit, one.PixelRepresentation = 15, 0
        if kind != MR:
            one.RescaleSlope, one.RescaleIntercept = 1, -1024
        if kind == PT:
            one.Units, one.RescaleSlope, one.RescaleIntercept = "BQML", 1 + k / 10, 0
        one.PixelData = (volume[k] + 1024).clip(0).astype("<u2").tobytes()
        slices.append(one)
    return slices


def write(slices: Sequence[Dataset], folder: Path) -> Path:
    """Write slices in an order that is not that of their positions."""
    folder.mkdir(parents=True, exist_ok=True)
    for n, one in enumerate(slices):
        one.save_as(folder / f"{(n * 7) % 101:03d}_{n:02d}.dcm", enforce_file_format=True)
    return folder


def file_of(folder: Path, n: int) -> Path:
    """Return the file of the n-th slice that was written."""
    return next(folder.glob(f"*_{n:02d}.dcm"))


def pixels_of(one: Dataset) -> NDArray[np.uint16]:
    return np.frombuffer(one.PixelData, "<u2").reshape(one.Rows, one.Columns)


def repaint(one: Dataset, change: Callable[[NDArray[Any]], NDArray[Any]]) -> None:
    one.PixelData = np.ascontiguousarray(change(pixels_of(one))).astype("<u2").tobytes()
