"""The attributes of a segmentation that stand once in it: all but frames, their functional groups and the carrier.

They are kept encoded, by tag: what is encoded once is digested, read back and written without doing so again.
Authority: PS3.3 A.51 (Segmentation IOD) and the modules that it names.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from pydicom.dataset import Dataset
from pydicom.uid import UID

from annoconv import ids
from annoconv.codes import PRIVATE_SCHEME
from annoconv.geometry import DIRECTION_TOLERANCE, describe_grid
from annoconv_converters._dicom.dates import date_and_time, offset_zone
from annoconv_converters._dicom.elements import walk
from annoconv_converters._dicom.encoding import CHARACTER_SET, decimal_string, element, encode, item, items, sequence
from annoconv_converters._dicom.equipment import OWN_MANUFACTURER, put_annotation_software
from annoconv_converters._dicom.file_head import own_version
from annoconv_converters._dicom.patient import Patient, put_patient
from annoconv_converters._dicom.source_elements import (
    LOSSY,
    OF_PATIENT_AND_STUDY,
    OF_THE_SOURCE,
    REQUIRED_EMPTY,
    SPECIMEN,
    is_how_unsaid,
)
from annoconv_converters._dicom.texts import copy_elements, fit, text
from annoconv_converters.dicom_seg.kinds import LEVELS, Kind
from annoconv_converters.dicom_seg.segment import BACKGROUND, UNSPECIFIED
from annoconv_converters.dicom_seg.writing.groups import DIMENSIONS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from annoconv.images import ImageSource
    from annoconv.model import Metadata
    from annoconv_converters.dicom_seg.kinds import Settings
    from annoconv_converters.dicom_seg.segment import Segment
    from annoconv_converters.dicom_seg.writing.frames import Frames
    from annoconv_converters.dicom_seg.writing.planes import PlaneStack

__all__ = ["ANEW", "Content", "Elements", "build_header", "elements_of", "put_uids"]

Elements: TypeAlias = dict[int, bytes]
"""Encoded elements by tag."""

ANEW: Final = {
    "source": OF_THE_SOURCE,
    "made": ("ContentDate", "ContentTime", "SeriesDate", "SeriesTime", "SoftwareVersions"),
}
"""What a file of ours has of its source, and when and by which version it was made: each time it is written, anew."""


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
    settings
        What kind it is, and how it is written.
    patient
        Whose image it is and of which study, where the source does not say so.
    """

    source: ImageSource
    segments: Sequence[Segment]
    metadata: Metadata
    at: datetime
    settings: Settings
    patient: Patient | None = None


def build_header(content: Content, planes: PlaneStack, frames: Frames, count: int) -> Elements:
    """Return the header without its own UIDs (`put_uids`), which depend on all the rest.

    Parameters
    ----------
    content
        What it says.
    planes
        The planes of the source.
    frames
        The frames that follow.
    count
        How many there are; one if the segmentation is empty.
    """
    header = Dataset()
    header.SpecificCharacterSet = CHARACTER_SET
    header.SOPClassUID = content.settings.kind.sop_class_uid
    _put_patient_and_study(header, content.source)
    if content.patient is not None:
        put_patient(header, content.patient)
    if is_how_unsaid(header):  # type 1C
        header.DeidentificationMethod = UNSPECIFIED
    _put_series(header, content)
    _put_equipment(header, content.metadata)
    _put_image(header, content, planes, frames, count)
    _put_private_scheme(header, content.segments)
    _put_shared_groups(header, content.source)
    if planes.tiles is not None:
        _put_slide(header, content.source)
    elements = elements_of(header)
    described = [BACKGROUND, *content.segments] if content.settings.kind is Kind.LABELMAP else content.segments
    elements[0x00620002] = sequence(0x00620002, *(segment.encoded() for segment in described))
    elements[0x00081115] = _references(content.source)
    return elements


def elements_of(dataset: Dataset) -> Elements:
    """Return the encoded elements of a data set by tag."""
    data = encode(dataset)
    return {each.tag: data[each.start : each.end] for each in walk(data, 0, len(data))}


def put_uids(header: Elements, content: Content, planes: PlaneStack, digest: str) -> str:
    """Derive the UIDs of the segmentation from its source and everything that it says; return its SOPInstanceUID."""
    together = ids.content_digest(b"".join(header[tag] for tag in sorted(header)), digest.encode())
    series_uid = ids.series("dicom-seg", content.source.uid, together)
    own = Dataset()
    own.SeriesInstanceUID, own.SOPInstanceUID = UID(series_uid), UID(ids.instance(series_uid, 1))
    organization = Dataset()
    organization.DimensionOrganizationUID = ids.uid("dimension_organization", series_uid)
    own.DimensionOrganizationSequence = items(organization)
    kinds = [] if content.settings.kind is Kind.LABELMAP else ["segment"]
    kinds.append("slide" if planes.tiles is not None else "frame" if planes.grid.lps_from_ijk is None else "patient")
    dimensions = [dimension for kind in kinds for dimension in DIMENSIONS[kind]]
    own.DimensionIndexSequence = items(*(_dimension(*dimension, organization) for dimension in dimensions))
    header |= elements_of(own)
    return str(own.SOPInstanceUID)


def _put_patient_and_study(header: Dataset, source: ImageSource) -> None:
    image = source.headers[0]
    has_place = source.grid.lps_from_ijk is not None
    for keyword in REQUIRED_EMPTY:
        setattr(header, keyword, "")
    copy_elements(image, header, OF_PATIENT_AND_STUDY)
    header.StudyInstanceUID = source.study_instance_uid
    if has_place:
        header.FrameOfReferenceUID = source.frame_of_reference_uid
    else:
        del header.PositionReferenceIndicator
    if source.grid.frame != "LPS":  # type 2 where no place in the patient is stated (PS3.3 C.7.6.1.1.1)
        header.PatientOrientation = ""
        copy_elements(image, header, ("PatientOrientation",))


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
    header.SoftwareVersions = fit("LO", own_version())
    put_annotation_software(header, metadata)


def _put_image(header: Dataset, content: Content, planes: PlaneStack, frames: Frames, count: int) -> None:
    settings = content.settings
    header.ImageType = ["DERIVED", "PRIMARY"]
    header.Rows, header.Columns = planes.rows, planes.columns
    header.NumberOfFrames = count
    header.SamplesPerPixel = 1
    header.PhotometricInterpretation = "MONOCHROME2"
    header.BitsAllocated = header.BitsStored = frames.bits
    header.HighBit, header.PixelRepresentation = frames.bits - 1, 0
    header.LossyImageCompression = "00"
    copy_elements(content.source.headers[0], header, LOSSY)
    header.LossyImageCompression = header.LossyImageCompression or "00"
    for keyword in LOSSY[1:]:
        if keyword in header and not header[keyword].value:  # type 1C: absent rather than empty
            delattr(header, keyword)
    header.SegmentationType = settings.kind.value
    header.SegmentsOverlap = "YES" if frames.overlap else "NO"
    if settings.kind is Kind.LABELMAP:
        header.PixelPaddingValue = 0
    elif settings.kind is Kind.FRACTIONAL:
        header.SegmentationFractionalType = (settings.fractional_type or "probability").upper()
        header.MaximumFractionalValue = LEVELS


def _put_private_scheme(header: Dataset, segments: Sequence[Segment]) -> None:
    concepts = [c for s in segments for c in (s.type, s.category, *s.modifiers, s.region, *s.region_modifiers) if c]
    if any(concept.scheme == PRIVATE_SCHEME for concept in concepts):
        scheme = Dataset()
        scheme.CodingSchemeDesignator = PRIVATE_SCHEME
        scheme.CodingSchemeName = "Label codes of annoconv cases that no published terminology holds"
        header.CodingSchemeIdentificationSequence = items(scheme)


def _put_shared_groups(header: Dataset, source: ImageSource) -> None:
    grid, stated = source.grid, source.headers[0]
    shared = Dataset()
    if grid.lps_from_ijk is not None:  # the thickness of a slice belongs to the spacing of its pixels
        measures = Dataset()
        between_columns, between_rows, _ = (decimal_string(number) for number in grid.spacing)
        step = decimal_string(describe_grid(grid)["spacing"][2])
        measures.PixelSpacing = [between_rows, between_columns]
        copy_elements(stated, measures, ("SliceThickness",))
        measures.SliceThickness = measures.get("SliceThickness") or step
        if grid.frame == "LPS":
            if grid.positions is None:
                measures.SpacingBetweenSlices = step
            taken = (*grid.direction[:, 0], *grid.direction[:, 1])
            cosines = stated.get("ImageOrientationPatient") or taken
            if max(abs(float(found) - each) for found, each in zip(cosines, taken, strict=True)) > DIRECTION_TOLERANCE:
                cosines = taken  # the source's are rounded
            orientation = Dataset()
            orientation.ImageOrientationPatient = [decimal_string(number) for number in cosines]
            shared.PlaneOrientationSequence = items(orientation)
        shared.PixelMeasuresSequence = items(measures)
    header.SharedFunctionalGroupsSequence = items(shared)


def _put_slide(header: Dataset, source: ImageSource) -> None:
    """Put the total pixel matrix (PS3.3 C.8.12.4, C.7.6.17.3) and the specimen."""
    header.DimensionOrganizationType = "TILED_SPARSE"
    header.TotalPixelMatrixColumns, header.TotalPixelMatrixRows, _ = source.grid.shape
    copy_elements(source.headers[0], header, SPECIMEN)
    if source.grid.lps_from_ijk is None:
        return
    origin = Dataset()
    for axis, number in zip("XYZ", source.grid.origin, strict=True):
        setattr(origin, f"{axis}OffsetInSlideCoordinateSystem", decimal_string(number))
    header.TotalPixelMatrixOriginSequence = items(origin)
    cosines = (*source.grid.direction[:, 0], *source.grid.direction[:, 1])
    header.ImageOrientationSlide = [decimal_string(number) for number in cosines]


def _references(source: ImageSource) -> bytes:
    """Name the source's instances in the order of its slices, so that a reader knows how far the grid reaches."""
    instances: dict[str, bytes] = {}
    for identity in source.slices:
        if identity.sop_instance_uid:
            reference = element(0x00081150, "UI", identity.sop_class_uid.encode())
            reference += element(0x00081155, "UI", identity.sop_instance_uid.encode())
            instances.setdefault(identity.sop_instance_uid, item(reference))
    named = element(0x0008114A, "SQ", b"".join(instances.values()))
    return sequence(0x00081115, named + element(0x0020000E, "UI", source.uid.encode()))


def _dimension(pointer: int, group: int, label: str, organization: Dataset) -> Dataset:
    dimension = Dataset()
    dimension.DimensionOrganizationUID = organization.DimensionOrganizationUID
    dimension.DimensionIndexPointer = pointer
    dimension.FunctionalGroupPointer = group
    dimension.DimensionDescriptionLabel = label
    return dimension
