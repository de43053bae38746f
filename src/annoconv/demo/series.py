"""Synthetic DICOM series for the demonstration, the tests and the documentation. Every file says that it is synthetic.

The same arguments write the same bytes: UIDs are derived, dates are fixed, noise has a seed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, CTImageStorage, ExplicitVRLittleEndian, MRImageStorage

from annoconv import ids

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from annoconv.geometry import Grid

__all__ = ["ellipsoid", "write_series"]

_DATE, _TIME = "20260102", "083000"
_LABEL: Final = "SYNTHETIC - NOT A PATIENT"


def ellipsoid(
    shape_kji: tuple[int, int, int], center_kji: tuple[float, ...], radii_kji: tuple[float, ...]
) -> NDArray[Any]:
    """Return a bool mask_kji of an ellipsoid, its centre and radii in voxel indices."""
    axes = np.ogrid[tuple(slice(0, size) for size in shape_kji)]
    parts = [((axis - c) / r) ** 2 for axis, c, r in zip(axes, center_kji, radii_kji, strict=True)]
    return np.asarray(sum(parts) <= 1.0)


def write_series(
    folder: Path,
    grid: Grid,
    values_kji: NDArray[np.int16],
    *,
    modality: Literal["CT", "MR"] = "CT",
    name: str = "series",
    reverse: bool = False,
) -> str:
    """Write one single-frame DICOM file for each slice of a volume; return the SeriesInstanceUID.

    Parameters
    ----------
    folder
        Made if absent; the files are `0001.dcm` and so on, from the first slice, with `reverse` from the last.
    grid
        Geometry, LPS, mm; its k axis is the normal of the slices.
    values_kji
        Shape `grid.shape_kji`: Hounsfield units for CT.
    modality, name
        Modality, and what the derived UIDs are made of.
    """
    folder.mkdir(parents=True, exist_ok=True)
    series_uid = ids.uid("synthetic series", name)
    for k in range(grid.shape[2]):
        instance = _instance(grid, values_kji[k], k, modality, name, series_uid)
        number = grid.shape[2] - k if reverse else k + 1
        instance.save_as(folder / f"{number:04d}.dcm", enforce_file_format=True)
    return series_uid


def _instance(grid: Grid, values_ji: NDArray[np.int16], k: int, modality: str, name: str, series_uid: str) -> Dataset:
    one = Dataset()
    one.SOPClassUID = CTImageStorage if modality == "CT" else MRImageStorage
    one.SOPInstanceUID = UID(ids.uid("synthetic instance", name, str(k)))
    one.file_meta = FileMetaDataset()
    one.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    one.file_meta.MediaStorageSOPClassUID = one.SOPClassUID
    one.file_meta.MediaStorageSOPInstanceUID = one.SOPInstanceUID
    one.file_meta.ImplementationClassUID = UID(ids.uid("implementation class"))
    one.SpecificCharacterSet = "ISO_IR 192"
    one.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL" if modality == "CT" else "M"]
    one.PatientName, one.PatientID, one.PatientBirthDate, one.PatientSex = (
        "SYNTHETIC^NOT A PATIENT",
        "SYNTHETIC",
        "",
        "",
    )
    for event in ("Study", "Series", "Acquisition", "Content"):
        setattr(one, f"{event}Date", _DATE)
        setattr(one, f"{event}Time", _TIME)
    one.TimezoneOffsetFromUTC = "+0800"
    one.Modality, one.Manufacturer, one.SeriesDescription = modality, "annoconv", _LABEL
    one.AccessionNumber, one.ReferringPhysicianName, one.StudyID = "", "", "1"
    one.StudyInstanceUID, one.SeriesInstanceUID = ids.uid("synthetic study"), series_uid
    one.FrameOfReferenceUID, one.PositionReferenceIndicator = ids.uid("synthetic frame", name), ""
    one.SeriesNumber, one.InstanceNumber, one.AcquisitionNumber = 1, k + 1, 1
    one.PatientPosition, one.BodyPartExamined = "HFS", "ABDOMEN"
    if modality == "CT":
        one.KVP, one.RescaleIntercept, one.RescaleSlope, one.RescaleType = "120", "0", "1", "HU"
    else:
        one.ScanningSequence, one.SequenceVariant, one.ScanOptions, one.MRAcquisitionType = "SE", "NONE", "", "2D"
        one.EchoTime, one.RepetitionTime, one.EchoTrainLength = "90", "4000", "1"
    step = grid.affine[:3, 2]
    one.ImagePositionPatient = [_decimal(x) for x in grid.origin + k * step]
    one.ImageOrientationPatient = [_decimal(x) for x in (*grid.direction[:, 0], *grid.direction[:, 1])]
    one.PixelSpacing = [_decimal(grid.spacing[1]), _decimal(grid.spacing[0])]
    one.SliceThickness = _decimal(grid.spacing[2])
    one.SamplesPerPixel, one.PhotometricInterpretation = 1, "MONOCHROME2"
    one.Rows, one.Columns = values_ji.shape
    one.BitsAllocated, one.BitsStored, one.HighBit, one.PixelRepresentation = 16, 16, 15, 1
    one.PixelData = np.ascontiguousarray(values_ji, dtype="<i2").tobytes()
    return one


def _decimal(value: float) -> str:
    """Return a decimal string of at most 16 characters (PS3.5 6.2), as exact as that allows."""
    for digits in range(16, 0, -1):
        text = f"{float(value):.{digits}g}"
        if len(text) <= 16:
            return text
    raise ValueError(f"{value} has no decimal string")
