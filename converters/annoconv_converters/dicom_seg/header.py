"""The attributes of a segmentation that stand once in it: all but frames, their functional groups and the carrier.

Authority: PS3.3 A.51 (Segmentation IOD) and the modules that it names.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING, Final

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_file_meta_info
from pydicom.uid import UID

from annoconv import ids
from annoconv.codes import PRIVATE_SCHEME
from annoconv.errors import ImageError
from annoconv.model import Concept
from annoconv_converters._dicom import (
    CHARACTER_SET,
    code_item,
    copy_elements,
    date_and_time,
    date_time,
    decimal_string,
    encode,
    fit,
    items,
    offset_zone,
    text,
)
from annoconv_converters.dicom_seg.mapping import ANNOTATION_SOFTWARE, OWN_MANUFACTURER
from annoconv_converters.dicom_seg.segment import UNSPECIFIED

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from annoconv.images import ImageSource
    from annoconv.model import Metadata
    from annoconv_converters.dicom_seg.groups import FrameTable
    from annoconv_converters.dicom_seg.segment import Segment

__all__ = ["SEGMENTATION_STORAGE", "Content", "build_header", "file_head", "put_uids"]

SEGMENTATION_STORAGE: Final = "1.2.840.10008.5.1.4.1.1.66.4"
EXPLICIT_LITTLE_ENDIAN: Final = "1.2.840.10008.1.2.1"
IMPLEMENTATION_CLASS_UID: Final = ids.uid("implementation")

_REQUIRED_EMPTY: Final = (
    "StudyDate",
    "StudyTime",
    "AccessionNumber",
    "ReferringPhysicianName",
    "PatientName",
    "PatientID",
    "PatientBirthDate",
    "PatientSex",
    "StudyID",
    "PositionReferenceIndicator",
)
"""Type 2: present, empty where the source has none (it may have been blanked by de-identification)."""
_CARRIED_OVER: Final = (
    "PatientAge",
    "PatientSize",
    "PatientWeight",
    "PatientIdentityRemoved",
    "DeidentificationMethod",
    "DeidentificationMethodCodeSequence",
    "LongitudinalTemporalInformationModified",
    "ClinicalTrialSponsorName",
    "ClinicalTrialProtocolID",
    "ClinicalTrialProtocolName",
    "ClinicalTrialSiteID",
    "ClinicalTrialSiteName",
    "ClinicalTrialSubjectID",
    "ClinicalTrialSubjectReadingID",
    "ClinicalTrialTimePointID",
    "ClinicalTrialTimePointDescription",
    "ClinicalTrialCoordinatingCenterName",
    "StudyDescription",
    "BodyPartExamined",
    "TimezoneOffsetFromUTC",
)
"""What a segmentation shares with its source: patient, study and trial; absent where the source has none."""


@dataclass(frozen=True, kw_only=True)
class Content:
    """What a segmentation says, apart from its voxels.

    Attributes
    ----------
    source
        The image that it was drawn on.
    segments
        Every segment, empty ones too, by number.
    metadata
        Who made it, with what, when.
    at
        Content date and time; with its zone.
    """

    source: ImageSource
    segments: Sequence[Segment]
    metadata: Metadata
    at: datetime


def build_header(content: Content, table: FrameTable, *, overlap: bool) -> Dataset:
    """Return the header without its own UIDs (`put_uids`), which depend on all the rest.

    Parameters
    ----------
    content
        What it says.
    table
        The frames that follow.
    overlap
        Whether two segments share a voxel.
    """
    header = Dataset()
    header.SpecificCharacterSet = CHARACTER_SET
    header.SOPClassUID = UID(SEGMENTATION_STORAGE)
    _put_patient_and_study(header, content.source)
    _put_series(header, content)
    _put_equipment(header, content.metadata)
    _put_image(header, content, table, overlap=overlap)
    header.SegmentSequence = items(*(segment.to_item() for segment in content.segments))
    _put_private_scheme(header, content.segments)
    _put_shared_groups(header, content.source)
    _put_references(header, content.source)
    return header


def put_uids(header: Dataset, source_uid: str, digest: str) -> None:
    """Derive the UIDs of the segmentation from its source and everything that it says."""
    content = ids.content_digest(encode(header), digest.encode())
    header.SeriesInstanceUID = ids.series("dicom-seg", source_uid, content)
    header.SOPInstanceUID = ids.instance(header.SeriesInstanceUID, 1)
    organization = Dataset()
    organization.DimensionOrganizationUID = ids.uid("dimension_organization", header.SeriesInstanceUID)
    header.DimensionOrganizationSequence = items(organization)
    header.DimensionIndexSequence = items(
        _dimension(0x0062000B, 0x0062000A, "Segment Number", organization),
        _dimension(0x00200032, 0x00209113, "Image Position Patient", organization),
    )


def file_head(header: Dataset) -> bytes:
    """Return preamble and file meta information (PS3.10 7.1)."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = header.SOPClassUID
    meta.MediaStorageSOPInstanceUID = header.SOPInstanceUID
    meta.TransferSyntaxUID = UID(EXPLICIT_LITTLE_ENDIAN)
    meta.ImplementationClassUID = UID(IMPLEMENTATION_CLASS_UID)
    meta.ImplementationVersionName = fit("SH", f"ANNOCONV {_own_version()}")
    stream = DicomBytesIO()
    stream.is_little_endian, stream.is_implicit_VR = True, False
    write_file_meta_info(stream, meta)
    return b"\0" * 128 + b"DICM" + stream.getvalue()


@cache
def _own_version() -> str:
    return version("annoconv")


def _put_patient_and_study(header: Dataset, source: ImageSource) -> None:
    image = source.headers[0]
    for keyword in _REQUIRED_EMPTY:
        setattr(header, keyword, "")
    copy_elements(image, header, (*_REQUIRED_EMPTY, *_CARRIED_OVER))
    header.StudyInstanceUID = source.study_instance_uid
    header.FrameOfReferenceUID = source.frame_of_reference_uid


def _put_series(header: Dataset, content: Content) -> None:
    header.Modality = "SEG"
    header.SeriesNumber = 1
    header.InstanceNumber = 1
    header.SeriesDescription = "Segmentation"
    # All dates and times of a data set are in the zone that it states; where it states none, in that of the case.
    zone = offset_zone(text(header.get("TimezoneOffsetFromUTC")))
    header.SeriesDate, header.SeriesTime = date_and_time(content.at.astimezone(zone) if zone else content.at)
    header.ContentDate, header.ContentTime = header.SeriesDate, header.SeriesTime
    header.ContentLabel = "SEGMENTATION"
    header.ContentDescription = ""
    header.ContentCreatorName = fit("PN", content.metadata.annotator or "")
    if content.metadata.institution:
        header.InstitutionName = fit("LO", content.metadata.institution)


def _put_equipment(header: Dataset, metadata: Metadata) -> None:
    header.Manufacturer = OWN_MANUFACTURER
    header.ManufacturerModelName = "annoconv to-dicom-seg"
    header.DeviceSerialNumber = "0"
    header.SoftwareVersions = fit("LO", _own_version())
    name = metadata.software.name if metadata.software else None
    stated = metadata.software.version if metadata.software else None
    ended = metadata.timestamps.end if metadata.timestamps else None
    if name is None and stated is None and ended is None:
        return
    equipment = Dataset()
    code, scheme, meaning = ANNOTATION_SOFTWARE
    equipment.PurposeOfReferenceCodeSequence = items(code_item(Concept(code=code, scheme=scheme, meaning=meaning)))
    equipment.Manufacturer = fit("LO", name or UNSPECIFIED)
    if name is not None:
        equipment.ManufacturerModelName = fit("LO", name)
    if stated is not None:
        equipment.SoftwareVersions = fit("LO", stated)
    if ended is not None:
        equipment.ContributionDateTime = date_time(ended)
    header.ContributingEquipmentSequence = items(equipment)


def _put_image(header: Dataset, content: Content, table: FrameTable, *, overlap: bool) -> None:
    columns, rows, _ = content.source.grid.shape
    header.ImageType = ["DERIVED", "PRIMARY"]
    header.Rows, header.Columns = rows, columns
    header.NumberOfFrames = len(table.segments)
    header.SamplesPerPixel = 1
    header.PhotometricInterpretation = "MONOCHROME2"
    header.BitsAllocated = header.BitsStored = 1
    header.HighBit = header.PixelRepresentation = 0
    header.LossyImageCompression = "00"
    copy_elements(
        content.source.headers[0],
        header,
        ("LossyImageCompression", "LossyImageCompressionRatio", "LossyImageCompressionMethod"),
    )
    header.LossyImageCompression = header.LossyImageCompression or "00"
    header.SegmentationType = "BINARY"
    header.SegmentsOverlap = "YES" if overlap else "NO"


def _put_private_scheme(header: Dataset, segments: Sequence[Segment]) -> None:
    concepts = [c for s in segments for c in (s.type, s.category, s.modifier, s.region) if c is not None]
    if any(concept.scheme == PRIVATE_SCHEME for concept in concepts):
        scheme = Dataset()
        scheme.CodingSchemeDesignator = PRIVATE_SCHEME
        scheme.CodingSchemeName = "Label codes of annoconv cases that no published terminology holds"
        header.CodingSchemeIdentificationSequence = items(scheme)


def _put_shared_groups(header: Dataset, source: ImageSource) -> None:
    grid = source.grid
    measures = Dataset()
    between_columns, between_rows, step = (decimal_string(number) for number in grid.spacing)
    measures.PixelSpacing = [between_rows, between_columns]
    measures.SliceThickness = step
    copy_elements(source.headers[0], measures, ("SliceThickness",))
    measures.SliceThickness = measures.SliceThickness or step
    measures.SpacingBetweenSlices = step
    orientation = Dataset()
    stated = source.headers[0].get("ImageOrientationPatient")
    if not stated:
        raise ImageError("the image states no orientation", source=source.path, where="ImageOrientationPatient")
    orientation.ImageOrientationPatient = [decimal_string(number) for number in stated]
    shared = Dataset()
    shared.PixelMeasuresSequence = items(measures)
    shared.PlaneOrientationSequence = items(orientation)
    header.SharedFunctionalGroupsSequence = items(shared)


def _put_references(header: Dataset, source: ImageSource) -> None:
    """Name the source's instances in the order of its slices, so that a reader knows how far the grid reaches."""
    instances: dict[str, Dataset] = {}
    for identity in source.slices:
        reference = Dataset()
        reference.ReferencedSOPClassUID = identity.sop_class_uid
        reference.ReferencedSOPInstanceUID = identity.sop_instance_uid
        instances.setdefault(identity.sop_instance_uid, reference)
    series = Dataset()
    series.SeriesInstanceUID = source.uid
    series.ReferencedInstanceSequence = items(*instances.values())
    header.ReferencedSeriesSequence = items(series)


def _dimension(pointer: int, group: int, label: str, organization: Dataset) -> Dataset:
    dimension = Dataset()
    dimension.DimensionOrganizationUID = organization.DimensionOrganizationUID
    dimension.DimensionIndexPointer = pointer
    dimension.FunctionalGroupPointer = group
    dimension.DimensionDescriptionLabel = label
    return dimension
