"""Why a segmentation does not hold what stands in a case, and the private carrier that takes it along."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from annoconv.documents.losses import Carrier
from annoconv.documents.residuals import pointer
from annoconv.loss import Loss, LossKind
from annoconv.messages import Message

if TYPE_CHECKING:
    from collections.abc import Iterator

    from annoconv.casefile.left_out import LeftOut
    from annoconv.codes import Labels
    from annoconv.documents.losses import Reasons
    from annoconv.model import Case

__all__ = ["CARRIER", "REASONS", "uncoded"]

CARRIER: Final = Carrier("the private block (4143,1001)")
REASONS: Final[Reasons] = {
    "annotations/#/mask_file": "a segment has no file name; masks are named after their annotations",
    "annotations/#/mask_value": "segments are numbered in the order of the annotations",
    "annotations/#/algorithm_type": "SegmentAlgorithmType is required of segments, MANUAL where the case does not say; "
    "what is no mask has no segment",
    "annotations/#/label_code": "a segment's concept stands for another label code; what is no mask has no segment",
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


def uncoded(case: Case, case_index: int, labels: Labels, unwritten: LeftOut) -> Iterator[Loss]:
    """Yield a loss for each mask that is written and whose label has no concept in a published terminology."""
    for position, annotation in enumerate(case.annotations):
        if ("annotations", position) in unwritten:
            continue
        if annotation.type == "mask" and labels.coded(annotation.label_code, annotation.category).is_private:
            path = pointer(("annotations", position, "label_code"))
            message = "the label has no concept in a published terminology; a segment codes it in the scheme 99ANNOCONV"
            yield Loss(case_index, path, LossKind.UNCODED, message)
