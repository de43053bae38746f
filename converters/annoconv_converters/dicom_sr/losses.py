"""Why a report does not hold what stands in a case, and the private carrier that takes it along."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from annoconv.documents.losses import Carrier
from annoconv.documents.residuals import pointer
from annoconv.loss import Loss, LossKind
from annoconv.messages import Message
from annoconv.model import MaskAnnotation

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Mapping

    from annoconv.casefile.left_out import LeftOut
    from annoconv.codes import Labels
    from annoconv.documents.losses import Reason, Reasons
    from annoconv.documents.residuals import Path
    from annoconv.model import Case

__all__ = ["CARRIER", "REASONS", "uncoded", "unwritten_of"]

CARRIER: Final = Carrier("the private block (4143,1001)")
_VOXELS: Final = Message(
    "a report has no voxels; --seg writes them as a segmentation beside it, --segmentations names one"
)
_CONTESTED: Final = Message(
    "several segments have its tracking UID, and its tracking identifier tells none of them; name one segmentation"
)
_OF_A_MASK: Final = ("type", "mask_file", "mask_value", "fractional_type", "sha256", "segment_number", "attributes")
REASONS: Final[Reasons] = {
    "annotations/#/mask_file": "a segment has no file name; masks are named after their annotations",
    "annotations/#/mask_value": "segments are numbered in the order of the annotations",
    "annotations/#/type": "coordinates in space stand for another geometry",
    "annotations/#/coordinate_space": "coordinates in space are those of the patient",
    "annotations/#/label_code": "the finding's concept stands for another label code",
    "annotations/#/measurements/#/geometry_ids*": "a measurement of a region is one of the group's own region",
    "annotations/#/measurements/#/value_map*": "a report names each instance with its series, which the case does not "
    "say",
    "annotations/#/measurements/#/*": "a measurement in a report has no place for {name}",
    "annotations/#/evaluations/*": "an evaluation is a concept and its value; a grading has no other place",
    "annotations/#/attributes/*": "an attribute is an evaluation in a report: under the concept that the label "
    "gives it, else under its key; a list has none",
    **dict.fromkeys(
        (f"annotations/#/{name}*" for name in ("polygon", "polyline", "point", "bbox", "center", "radii", "size")),
        Message("coordinates are of single precision"),
    ),
    "annotations/*": "a measurement group has no place for {place}",
    "task_id": "a report names no annotation task",
    "texts/*": "a measurement report has no place for the text of another document",
    "links/*": "a measurement report has no place for links to texts and records",
    "clinical_records/*": "a measurement report has no place for clinical records",
    "reviews/*": "a report names who verified it, and when",
    "metadata/agents/*": "a report names its observers, and the algorithms of its measurement groups",
    **dict.fromkeys(
        ("patient_id", "subject/*", "studies/*"),
        Message("patient and study are those of the source image where it states them"),
    ),
    "*instances/*": "a report names the instances of its images; they are read from the images themselves",
    "*frame_of_reference_uid": "the frame of reference is that of the image",
    "*study_instance_uid": "the study is that of the image, or a derived one",
    **dict.fromkeys(
        (f"image/{name}*" for name in ("spacing", "origin", "direction", "shape", "coordinate_frame")),
        Message("the geometry is that of the source image"),
    ),
    "*": "a report has no place for {place}",
}


def unwritten_of(
    case: Case,
    segments: Container[str],
    left_out: LeftOut,
    document: Mapping[str, Any] | None = None,
    *,
    contested: Container[str] = (),
) -> LeftOut:
    """Return what of masks is not written, since no segmentation holds their voxels: their leaves, and why.

    Parameters
    ----------
    case
        The case.
    segments
        Ids of the masks that stand in a segmentation.
    left_out
        Annotations that are not written at all.
    document
        The case document without some of its annotations, if that is what is compared.
    contested
        Ids of the masks of which several segments may be the one.
    """
    shown = [each.id for each in case.annotations]
    if document is not None:
        shown = [each["id"] for each in document["annotations"]]
    masks = {each.id: place for place, each in enumerate(case.annotations) if isinstance(each, MaskAnnotation)}
    found: dict[Path, Reason] = {}
    for place, identity in enumerate(shown):
        if identity in masks and identity not in segments and ("annotations", masks[identity]) not in left_out:
            why = _CONTESTED if identity in contested else _VOXELS
            for name in _OF_A_MASK:
                found["annotations", place, name] = why
            for name in ("sop_instance_uid", "sop_class_uid", "image_position_patient"):
                found["annotations", place, "segmentation", name] = why
    return found


def uncoded(case: Case, case_index: int, labels: Labels, unwritten: LeftOut) -> Iterator[Loss]:
    """Yield a loss for each annotation that is written and whose label has no concept in a published terminology."""
    for position, annotation in enumerate(case.annotations):
        if ("annotations", position) in unwritten or annotation.type == "text_span":
            continue
        if labels.coded(annotation.label_code, annotation.category).is_private:
            path = pointer(("annotations", position, "label_code"))
            message = "the label has no concept in a published terminology; a finding codes it in the scheme 99ANNOCONV"
            yield Loss(case_index, path, LossKind.UNCODED, message)
