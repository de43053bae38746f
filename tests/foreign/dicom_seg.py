"""Segmentations by dcmqi, highdicom, pydicom and others, as pydicom reads them.

They are written again over sources that say nothing but who they are and where they lie, so that whatever the case does
not hold is missing.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pydicom
from annoconv_converters.dicom_seg import Segment
from annoconv_converters.dicom_seg.reading import losses as reader_losses
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.multival import MultiValue
from pydicom.uid import UID, CTImageStorage, ExplicitVRLittleEndian, generate_uid

from annoconv import registry
from annoconv.casefile import LoadedCase, Reading
from annoconv.geometry import Grid, apply_relation, compare_grids
from annoconv.registry import Context
from annoconv.times import parse_timestamp
from tests.foreign import Foreign, cases, data

if TYPE_CHECKING:
    import pytest

FORMAT = "dicom-seg"
UNSAID = {
    "SpecificCharacterSet": "texts are compared as they read",
    "SOPClassUID": "kind of segmentation: on request",
    "SegmentationType": "kind of segmentation: on request",
    "MaximumFractionalValue": "how fractions are counted",
    "SegmentsOverlap": "found from the voxels",
    "NumberOfFrames": "empty frames are left out",
    "Bits*": "how voxels are stored",
    "HighBit": "how voxels are stored",
    "Rows": "how large frames are: compared as voxels",
    "Columns": "how large frames are: compared as voxels",
    "PixelPaddingValue": "which value is the background",
    "DimensionOrganization*": "in which order frames stand",
    "DimensionIndexSequence/*": "in which order frames stand",
    "SOPInstanceUID": "of the file itself",
    "SeriesInstanceUID": "of the file itself",
    "ReferencedSeriesSequence/#/ReferencedInstanceSequence/*": "the source's own",
    "TotalPixelMatrixOriginSequence/*": "where frames lie: compared as the image's geometry",
    "ImageOrientationSlide/*": "where frames lie: compared as the image's geometry",
    "SharedFunctionalGroupsSequence/#/Pla*": "where frames lie: compared as voxels",
    "SharedFunctionalGroupsSequence/#/PixelMeasuresSequence/#/*Spac*": "where frames lie: compared as voxels",
    "PerFrameFunctionalGroupsSequence/#/Pla*": "where frames lie: compared as voxels",
    "PerFrameFunctionalGroupsSequence/#/PixelMeasuresSequence/#/*Spac*": "where frames lie: compared as voxels",
    "PerFrameFunctionalGroupsSequence/#/SegmentIdentificationSequence/*": "which frames are whose: compared as voxels",
    "PerFrameFunctionalGroupsSequence/#/FrameContentSequence/#/DimensionIndexValues*": "in which order frames stand",
    "PerFrame*/#/DerivationImageSequence/#/SourceImageSequence/#/Referenced*": "the source's own",
    "image/uid": "said of the case, not of the file: no source is named",
    "image/shape": "said of the case, not of the file: no source images were given",
}
ADDED = {
    "ContributingEquipmentSequence/*": "the software that made the file, beside that which writes it",
    "Series[DT]*": "of the series that is written",
    "ReferencedSeriesSequence/#/SeriesInstanceUID": "the case's image, whose series has to have one",
    "ContentLabel": "required of a segmentation",
    "DeviceSerialNumber": "of the software that writes it",
    "DeidentificationMethod": "required where a PatientID is a pseudonym",
    "SegmentSequence/#/SegmentDescription": "the label code",
    "SegmentSequence/#/Tracking*": "the annotation's id, and what is derived from it",
    "SegmentSequence/#/Segment*Algorithm*": "required of what is not drawn by hand",
    "PerFrameFunctionalGroupsSequence/#/DerivationImageSequence/*": "every frame names what it was drawn on",
}


REFUSED = {
    "dicom/bits/short.dcm": "MaskError",
    "dicom/bits/bytes.dcm": "MaskError",
    "dicom/bits/long.dcm": "MaskError",
    "dicom/bits/per_frame.dcm": "MaskError",
    "dicom/bits/per_segment.dcm": "MaskError",
    "dicom/bits/six_per_segment.dcm": "MaskError",
    "dicom/same_plane_twice/lm_conflict.dcm": "MaskError",
    "data/test_files/liver_1frame.dcm": "MaskError",
    "data/test_files/liver_expb_1frame.dcm": "MaskError",
}
"""Name of the error with which a file is refused, by the file's name."""


def files() -> list[Foreign]:
    given = [*data("seg/**/*"), *data("sr/dcmqi_tid1500/*.dcm"), *data("wsi/dicom_sm/seg*"), *cases("dicom/**/*.dcm")]
    inside = sorted(Path(pydicom.__file__).parent.glob("data/test_files/*.dcm"))
    named = {"/".join(path.parts[-3:]): path for path in (*given, *inside) if path.is_file() and _is_segmentation(path)}
    return [Foreign(name, (path,), refused=REFUSED.get(name, "")) for name, path in named.items()]


def _is_segmentation(path: Path) -> bool:
    """Tell by the file meta information alone."""
    with path.open("rb") as file:
        start = file.read(512)
    return start[128:132] == b"DICM" and b"1.2.840.10008.5.1.4.1.1.66." in start


# --- what a file says


def tree(path: Path) -> dict[str, Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        said = _said(pydicom.dcmread(path, stop_before_pixels=True))
    segments = said["SegmentSequence"]
    if said["SegmentationType"] == "LABELMAP" and all(each["SegmentNumber"] for each in segments):
        segments.append(dict(_BACKGROUND))  # what a label map need not say of the value 0
    for each in segments:
        each["id"] = str(each["SegmentNumber"])  # by which they are aligned, not by their places
    frames = said.get("PerFrameFunctionalGroupsSequence", [])
    if frames:
        said["PerFrameFunctionalGroupsSequence"] = [_together(frames)]
    return said


_BACKGROUND: dict[str, Any] = {
    "SegmentNumber": 0,
    "SegmentLabel": "Background",
    "SegmentAlgorithmType": "MANUAL",
    "SegmentedPropertyCategoryCodeSequence": [
        {
            "CodeValue": "309825002",
            "CodingSchemeDesignator": "SCT",
            "CodeMeaning": "Spatial and Relational Concept",
        }
    ],
    "SegmentedPropertyTypeCodeSequence": [
        {"CodeValue": "125040", "CodingSchemeDesignator": "DCM", "CodeMeaning": "Background"}
    ],
}


def _said(dataset: Dataset) -> dict[str, Any]:
    """Return what a data set says, without elements that are empty or only name private ones."""
    found: dict[str, Any] = {}
    for each in dataset:
        keyword = each.keyword or f"({each.tag.group:04x},{each.tag.element:04x})"
        if each.VR == "SQ":
            value: Any = [_said(item) for item in each.value]
        elif isinstance(each.value, MultiValue | list):
            value = [_plain(one) for one in each.value]
        else:
            value = _plain(each.value)
        if value not in ("", b"", None, []) and not each.tag.is_private_creator:
            found[keyword] = value
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, bytes | int | float) and not isinstance(value, bool):
        return float(value) if isinstance(value, float) else int(value) if isinstance(value, int) else value
    return str(value).strip()


def _together(frames: Iterable[Any]) -> Any:
    """Return what the groups of all frames say, each thing as the first frame that says it has it."""
    together: Any = {}
    for frame in frames:
        together = _merged(together, frame)
    return together


def _merged(first: Any, other: Any) -> Any:
    if isinstance(first, dict) and isinstance(other, dict):
        return {key: _merged(first.get(key, other.get(key)), other.get(key)) for key in [*first, *other]}
    if isinstance(first, list) and isinstance(other, list) and all(isinstance(one, dict) for one in first + other):
        longer = max(first, other, key=len)
        return [_merged(*pair) for pair in zip(first, other, strict=False)] + longer[min(len(first), len(other)) :]
    return first


# --- written again


def write(readings: list[Reading], file: Foreign, folder: Path) -> Path:
    (reading,) = readings
    kind: str = tree(file.sources[0])["SegmentationType"]
    source, target = folder / "source", folder / "again.dcm"
    source.mkdir()
    if Grid.from_image(reading.case.image).frame == "SLIDE":
        _make_slide(file.sources[0], source)
    else:
        _make_series(reading, source)
    context = Context(timestamp=parse_timestamp("2099-12-31T23:59:59Z"))
    image = reading.case.image.model_copy(update={"instances": None})  # those of the source, which is not this one
    case = LoadedCase(reading.case.model_copy(update={"image": image}), reading.masks)
    registry.write([case], target, format=FORMAT, images=[source], type=kind.lower(), context=context, plain=True)
    return target


def _make_series(reading: Reading, folder: Path) -> None:
    """Write a series of the case's image: its grid and its identities, and nothing else."""
    image = reading.case.image
    grid = next(iter(reading.masks.values())).grid
    for k in range(grid.shape[2]):
        header = _instance(image.uid, image.study_instance_uid or "", k)
        header.SOPClassUID = header.file_meta.MediaStorageSOPClassUID = CTImageStorage
        if image.frame_of_reference_uid:
            header.FrameOfReferenceUID = UID(image.frame_of_reference_uid)
        header.Columns, header.Rows, _ = grid.shape
        header.PixelSpacing = [float(grid.spacing[1]), float(grid.spacing[0])]
        header.SliceThickness = round(float((image.spacing or [0, 0, 1])[2]), 6)
        header.ImagePositionPatient = [round(float(x), 9) for x in (grid.affine @ [0, 0, k, 1])[:3]]
        header.ImageOrientationPatient = [round(float(x), 12) for x in (*grid.direction[:, 0], *grid.direction[:, 1])]
        header.PixelData = np.zeros(grid.shape[:2], np.int16).tobytes()
        header.save_as(folder / f"{k:04d}.dcm", enforce_file_format=True)


def _instance(series_uid: str, study_uid: str, number: int) -> Dataset:
    header = Dataset()
    header.file_meta = FileMetaDataset()
    header.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    header.SOPInstanceUID = generate_uid(entropy_srcs=[series_uid, str(number)])
    header.file_meta.MediaStorageSOPInstanceUID = header.SOPInstanceUID
    header.SeriesInstanceUID = UID(series_uid)
    if study_uid:
        header.StudyInstanceUID = UID(study_uid)
    header.InstanceNumber = number + 1
    header.SamplesPerPixel, header.PhotometricInterpretation = 1, "MONOCHROME2"
    header.BitsAllocated = header.BitsStored = 16
    header.HighBit, header.PixelRepresentation = 15, 1
    return header


_SLIDE = (
    *(
        "SOPClassUID",
        "SOPInstanceUID",
        "SeriesInstanceUID",
        "StudyInstanceUID",
        "FrameOfReferenceUID",
        "Rows",
        "Columns",
    ),
    *(
        "NumberOfFrames",
        "ImageType",
        "SamplesPerPixel",
        "PhotometricInterpretation",
        "PlanarConfiguration",
        "BitsAllocated",
    ),
    *("BitsStored", "HighBit", "PixelRepresentation", "TotalPixelMatrixColumns", "TotalPixelMatrixRows"),
    *("TotalPixelMatrixOriginSequence", "ImageOrientationSlide", "DimensionOrganizationType", "PixelData"),
    *("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence", "TotalPixelMatrixFocalPlanes"),
    *("NumberOfOpticalPaths", "OpticalPathSequence", "ImagedVolumeWidth", "ImagedVolumeHeight", "ImagedVolumeDepth"),
)


def _make_slide(segmentation: Path, folder: Path) -> None:
    """Copy the slide beside a segmentation, but only who it is and where its tiles lie, as the segmentation has it."""
    slide, stated = pydicom.dcmread(segmentation.with_name("sm_image.dcm")), pydicom.dcmread(segmentation)
    kept = Dataset()
    kept.file_meta = slide.file_meta
    for keyword in _SLIDE:
        if keyword in slide:
            kept[keyword] = slide[keyword]
    kept.TotalPixelMatrixOriginSequence = stated.TotalPixelMatrixOriginSequence
    kept.ImageOrientationSlide = stated.ImageOrientationSlide
    kept.save_as(folder / "slide.dcm", enforce_file_format=True)


def check(readings: list[Reading], file: Foreign, again: Path) -> None:
    """Voxels come back where they were, whole or to the step of a fraction."""
    (reading,) = readings
    (back,) = registry.read([again], format=FORMAT, context=Context(task="T"))
    for name in ("shape", "spacing", "origin", "direction"):
        stated, found = (getattr(one.case.image, name) for one in (reading, back))
        np.testing.assert_allclose(np.array(found or 0, float), np.array(stated or 0, float), atol=1e-6, err_msg=name)
    for (identity, mask), found in zip(reading.masks.items(), back.masks.values(), strict=True):
        found_kji = apply_relation(found.read(), compare_grids(found.grid, mask.grid))
        tolerance = 1 / 255 if found_kji.dtype.kind == "f" else 0
        np.testing.assert_allclose(found_kji, mask.read(), atol=tolerance, err_msg=f"{file.name}: {identity}")


# --- deliberate damage


def _file(name: str) -> Foreign:
    (found,) = (one for one in files() if one.name == name)
    return found


def damage(monkeypatch: pytest.MonkeyPatch) -> Foreign:
    """Let the reader forget where a segment lies in the body."""
    as_it_is = Segment.from_item

    def without_region(item: Dataset) -> Segment:
        return replace(as_it_is(item), region=None)

    monkeypatch.setattr(Segment, "from_item", without_region)
    return _file("dicom/laterality_colour_names/seg.dcm")


def silence(monkeypatch: pytest.MonkeyPatch) -> Foreign:
    """Count a segment's description among what only says how the rest is encoded."""
    monkeypatch.setitem(vars(reader_losses)["_ENCODING"], "SegmentSequence/SegmentDescription", "damage")
    return _file("dicom/laterality_colour_names/seg.dcm")
