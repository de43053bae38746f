"""Why a segmentation does not hold what stands in a case, and the private carrier that takes it along."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from annoconv.documents.losses import Carrier
from annoconv.documents.residuals import pointer
from annoconv.loss import Loss, LossKind
from annoconv.messages import Message
from annoconv.model import MaskAnnotation
from annoconv_converters.dicom_seg.kinds import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from annoconv.casefile.left_out import LeftOut
    from annoconv.codes import Labels
    from annoconv.documents.losses import Reason, Reasons
    from annoconv.documents.residuals import Path
    from annoconv.model import Case
    from annoconv_converters.dicom_seg.kinds import Settings

__all__ = ["CARRIER", "REASONS", "otherwise_fractional", "uncoded"]

CARRIER: Final = Carrier("the private block (4143,1001)")
_MEANS: Final = "a segmentation says once, for all of its segments, what fractions mean"
REASONS: Final[Reasons] = {
    "annotations/#/mask_file": "a segment has no file name; masks are named after their annotations",
    "annotations/#/mask_value": "segments are numbered in the order of the annotations",
    "annotations/#/fractional_type": _MEANS,
    "annotations/#/algorithm_type": "SegmentAlgorithmType is required of segments, MANUAL where the case does not say; "
    "what is no mask has no segment",
    "annotations/#/label_code": "a segment's concept stands for another label code; what is no mask has no segment",
    "annotations/#/tracking_id": "TrackingID holds it, and is read back as the annotation's id if no other segment has "
    "it; what is no mask has no segment",
    "annotations/#/annotator": "a segment names the algorithm that made it, no person; what is no mask has no segment",
    "annotations/*": "a segment has no place for {place}; what is no mask has no segment",
    "task_id": "a segmentation names no annotation task",
    "metadata/agents/*": "a segmentation names the algorithms that made its segments, and no other agent",
    **dict.fromkeys(
        ("patient_id", "subject/*", "studies/*"),
        Message("patient and study are those of the source image where it states them"),
    ),
    "*instances/*": "a segmentation names the instances of its source, and the places of those that have frames",
    "*frame_of_reference_uid": "FrameOfReferenceUID is required; that of the source, or a derived one, is written",
    "*study_instance_uid": "StudyInstanceUID is required; that of the source, or a derived one, is written",
    **dict.fromkeys(
        (f"image/{name}*" for name in ("spacing", "origin", "direction", "shape", "coordinate_frame")),
        Message("the geometry of a segmentation is that of the source image, in decimal strings"),
    ),
    "*": "a segmentation has no place for {place}",
}


def otherwise_fractional(case: Case, part_of: Mapping[str, Settings]) -> LeftOut:
    """Return the masks whose fractions mean something else than their file says, by their path, and why.

    Parameters
    ----------
    case
        The case.
    part_of
        By annotation id, how the file with its segment is written.
    """
    found: dict[Path, Reason] = {}
    for place, each in enumerate(case.annotations):
        settings = part_of.get(each.id)
        if isinstance(each, MaskAnnotation) and settings is not None and settings.kind is Kind.FRACTIONAL:
            said = (settings.fractional_type or "probability").upper()
            if each.fractional_type is not None and each.fractional_type.value != said:
                found["annotations", place, "fractional_type"] = (_MEANS, LossKind.APPROXIMATED)
    return found


def uncoded(case: Case, case_index: int, labels: Labels, unwritten: LeftOut) -> Iterator[Loss]:
    """Yield a loss for each mask that is written and whose label has no concept in a published terminology."""
    for position, annotation in enumerate(case.annotations):
        if ("annotations", position) in unwritten:
            continue
        if annotation.type == "mask" and labels.coded(annotation.label_code, annotation.category).is_private:
            path = pointer(("annotations", position, "label_code"))
            message = "the label has no concept in a published terminology; a segment codes it in the scheme 99ANNOCONV"
            yield Loss(case_index, path, LossKind.UNCODED, message)
