"""What a segmentation says of one mask of a case: its label's concepts and colour, and what made it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from annoconv import ids
from annoconv.sites import modifiers_of
from annoconv_converters.dicom_seg.algorithm import algorithm_fields
from annoconv_converters.dicom_seg.segment import ALGORITHM_TYPES, Segment, SegmentAlgorithmType

if TYPE_CHECKING:
    from annoconv.codes import Labels
    from annoconv.model import Case, MaskAnnotation

__all__ = ["segment_of"]


def segment_of(number: int, annotation: MaskAnnotation, case: Case, image_uid: str, labels: Labels) -> Segment:
    """Return what a segmentation says of one mask of a case.

    Parameters
    ----------
    number
        SegmentNumber.
    annotation
        The mask.
    case
        Its case, which says what made it.
    image_uid
        SeriesInstanceUID of the image that it was drawn on.
    labels
        Where its label is defined.
    """
    coded = labels.coded(annotation.label_code, annotation.category)
    kind = ALGORITHM_TYPES[annotation.algorithm_type] if annotation.algorithm_type else SegmentAlgorithmType.MANUAL
    site = annotation.finding_site or coded.site
    name = annotation.tracking_id or annotation.id
    return Segment(
        number=number,
        name=coded.name,
        type=coded.type,
        category=coded.category,
        modifiers=coded.modifiers,
        region=site.region if site else None,
        region_modifiers=modifiers_of(site) if site else (),
        algorithm_type=kind,
        **algorithm_fields(annotation, case),
        tracking_id=name,
        tracking_uid=annotation.tracking_uid or ids.tracking(image_uid, name),
        color_rgb=coded.color_rgb,
        description=coded.code,
    )
