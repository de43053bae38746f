"""What a segmentation by other software holds beyond a case: every attribute is taken, technical, or named."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pydicom.datadict import keyword_for_tag

from annoconv.loss import Loss, LossKind
from annoconv.messages import Message
from annoconv_converters._dicom.codes import concept_in
from annoconv_converters.dicom_seg.kinds import Kind
from annoconv_converters.dicom_seg.mapping import annotation_ids, is_own, modern_concept

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from pydicom.dataset import Dataset

    from annoconv_converters.dicom_seg.reading.file import SegmentationFile

__all__ = ["foreign_losses"]

_TAKEN: Final = frozenset(
    {
        *("StudyInstanceUID", "FrameOfReferenceUID", "ReferencedSeriesSequence", "ContentCreatorName"),
        *("InstitutionName", "ContributingEquipmentSequence", "ManufacturerModelName", "SoftwareVersions"),
        *("SegmentSequence", "SharedFunctionalGroupsSequence", "SegmentationType", "MaximumFractionalValue"),
    }
)
"""Attributes that come into the case."""
_TECHNICAL: Final = frozenset(
    {
        *("SpecificCharacterSet", "ImageType", "SOPClassUID", "SOPInstanceUID", "SeriesInstanceUID", "Modality"),
        *("InstanceCreatorUID", "InstanceNumber", "SeriesNumber", "DimensionOrganizationSequence"),
        *("DimensionIndexSequence", "DimensionOrganizationType", "SamplesPerPixel", "PhotometricInterpretation"),
        *("NumberOfFrames", "Rows", "Columns", "BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation"),
        *("PixelPaddingValue", "LossyImageCompression", "SegmentsOverlap", "TotalPixelMatrixColumns"),
        *("TotalPixelMatrixRows", "TotalPixelMatrixOriginSequence", "ImageOrientationSlide"),
        *("PositionReferenceIndicator", "SourceImageSequence", "PresentationLUTShape", "BurnedInAnnotation"),
    }
)
"""Attributes that say how the others are encoded, or nothing that is not said elsewhere."""
_SEGMENT_TAKEN: Final = frozenset(
    {
        *("SegmentNumber", "SegmentLabel", "SegmentAlgorithmType", "SegmentAlgorithmName", "TrackingID"),
        *("SegmentedPropertyCategoryCodeSequence", "SegmentedPropertyTypeCodeSequence", "AnatomicRegionSequence"),
        "RecommendedDisplayCIELabValue",
    }
)


def foreign_losses(file: SegmentationFile, case_index: int, document: dict[str, Any]) -> Iterator[Loss]:
    """Yield a loss for each attribute of a foreign file that the case does not hold; ours hold none.

    Attributes of patient, study and series are named without their values.
    """
    header = file.header
    if is_own(header):
        return
    for each in _unplaced(header, _TAKEN | _TECHNICAL):
        yield Loss(case_index, "/metadata", LossKind.NO_PLACE, Message("a case has no place for {each}", each=each))
    if len(header.get("ReferencedSeriesSequence") or []) > 1:
        message = "several series are referenced; the first is the image"
        yield Loss(case_index, "/image/uid", LossKind.APPROXIMATED, message)
    described = {int(item.get("SegmentNumber") or 0): item for item in header.get("SegmentSequence") or []}
    positions = {each["id"]: position for position, each in enumerate(document["annotations"])}
    algorithms = {segment.algorithm_name for segment in file.segments if segment.algorithm_name}
    for identity, segment in _named(file):
        if identity not in positions:
            continue
        path, item = f"/annotations/{positions[identity]}", described[segment.number]
        for each in _unplaced(item, _SEGMENT_TAKEN):
            yield Loss(case_index, path, LossKind.NO_PLACE, Message("an annotation has no place for {each}", each=each))
        if len(algorithms) > 1 and segment.algorithm_name:
            message = "a case names one model; the segment's own SegmentAlgorithmName (0062,0009) may be another"
            yield Loss(case_index, path, LossKind.APPROXIMATED, message)
        for name in ("SegmentedPropertyTypeCodeSequence", "SegmentedPropertyCategoryCodeSequence"):
            concept = concept_in(item, name)
            if item.get(name) and concept is None:
                message = Message("the code of {name} is none that a case can hold; 99UNKNOWN stands for it", name=name)
                yield Loss(case_index, f"{path}/label_code", LossKind.UNCODED, message)
            if concept is not None and modern_concept(concept) is not concept:
                message = Message(
                    "the {scheme} code {code} is read as its successor in SNOMED CT",
                    scheme=concept.scheme,
                    code=concept.code,
                )
                yield Loss(case_index, f"{path}/label_code", LossKind.APPROXIMATED, message)
        for name in ("SegmentedPropertyTypeCodeSequence", "AnatomicRegionSequence"):
            if len(item.get(name) or []) > 1:
                message = Message("several items of {name} are stated; the first is taken", name=name)
                yield Loss(case_index, path, LossKind.APPROXIMATED, message)
        if file.kind is Kind.FRACTIONAL:
            message = "SegmentationFractionalType (0062,0010) has no place: probability or occupancy"
            yield Loss(case_index, f"{path}/mask_file", LossKind.NO_PLACE, message)


def _named(file: SegmentationFile) -> Iterator[tuple[str, Any]]:
    yield from zip(annotation_ids(file.segments), file.segments, strict=True)


def _unplaced(dataset: Dataset, taken: frozenset[str]) -> Iterator[str]:
    """Yield keyword and tag of each attribute with a value that is not taken."""
    for tag in sorted(dataset.keys()):
        keyword = keyword_for_tag(tag)
        raw = dataset.get_item(tag)
        if keyword in taken or not raw.value or tag.is_private_creator:
            continue
        yield f"{keyword or 'a private attribute'} ({tag.group:04X},{tag.element:04X})"
