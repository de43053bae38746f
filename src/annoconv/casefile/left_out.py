"""What does not count as a finding: annotations that a format leaves out if it cannot say so.

A reader of COCO, of a label map or of a DICOM segmentation takes each object in it for one that is there. So what was
superseded or rejected, or is said to be absent, is not written to these formats, and reported, unless it is asked for.
A format that holds one volume in time takes one time point of each image: it would show the others in the same place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from annoconv.casefile.loaded import LoadedCase
from annoconv.loss import LossKind
from annoconv.messages import Message
from annoconv.model import AnnotationStatus, Assertion, MaskAnnotation

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from annoconv.documents.losses import Reason
    from annoconv.documents.residuals import Path
    from annoconv.model import Annotation, Case
    from annoconv.pixels import Masks

__all__ = ["LeftOut", "is_there", "kinds_of", "left_out", "masks_left_out", "without"]

_STATUSES: Final = frozenset({AnnotationStatus.SUPERSEDED, AnnotationStatus.REJECTED})
_ASSERTIONS: Final = frozenset({*Assertion} - {Assertion.PRESENT, Assertion.POSSIBLE})
LeftOut: TypeAlias = "Mapping[Path, Reason]"
"""Why annotations are left out, by their paths in the case."""


def is_there(annotation: Annotation) -> bool:
    """Tell whether an annotation is a finding that is there, or may be; one that waits for a review is."""
    return annotation.status not in _STATUSES and annotation.assertion not in _ASSERTIONS


def kinds_of(case: Case) -> Message:
    """Return what a case without a mask has, as an error names it."""
    kinds = ", ".join(sorted({each.type for each in case.annotations}))
    return Message("annotations of type {kinds}", kinds=kinds) if kinds else Message("no annotation")


def left_out(case: Case, *, all_annotations: bool = False, one_time: bool = False) -> LeftOut:
    """Return which annotations a format that cannot say so does not write as findings, and why.

    Parameters
    ----------
    case
        The case.
    all_annotations
        Whether what does not count as a finding is written too.
    one_time
        Whether the format holds one volume in time: then, of each image with several, only what is in the first time
        point that has findings, or holds at all times, is written.

    Notes
    -----
    Specification 3.4 (a suggestion is no result), 9.3.1 c (what arbitration replaced), A.3.3 (absent, uncertain).
    """
    found = () if all_annotations else enumerate(case.annotations)
    reasons: dict[Path, Reason] = {("annotations", place): _reason(each) for place, each in found if not is_there(each)}
    if one_time:
        reasons |= dict(_of_other_times(case, reasons))
    return reasons


def _of_other_times(case: Case, unwritten: Mapping[Path, Reason]) -> Iterator[tuple[Path, Reason]]:
    """Yield what is not in the time point of its image that is written, the first of those that are told."""
    in_time = {
        image.uid for image in (case.image, *(case.related_images or ())) if image.temporal_positions is not None
    }
    written: dict[str, int] = {}
    told: list[tuple[int, str, int, int]] = []
    for place, each in enumerate(case.annotations):
        uid, first = each.image_uid or case.image.uid, each.frame_index
        if uid in in_time and first is not None and ("annotations", place) not in unwritten:
            told.append((place, uid, first, first if (last := each.last_frame_index) is None else last))
            written[uid] = min(first, written.get(uid, first))
    for place, uid, first, last in told:
        if not first <= written[uid] <= last:
            message = Message(
                "the format holds one volume in time, here that of frame_index {written}; what is at {frame} is left "
                "out",
                written=written[uid],
                frame=first,
            )
            is_mask = isinstance(case.annotations[place], MaskAnnotation)  # anything else, a carrier brings back
            yield ("annotations", place), (message, LossKind.NO_PLACE) if is_mask else message


def _reason(annotation: Annotation) -> Message:
    is_result = annotation.status not in _STATUSES
    key, value = ("assertion", annotation.assertion) if is_result else ("status", annotation.status)
    return Message(
        "an annotation whose {key} is {value} does not count as a finding, and is left out; "
        "--all-annotations writes it",
        key=key,
        value=value,
    )


def masks_left_out(document: Mapping[str, Any], paths: LeftOut) -> set[str]:
    """Return the ids of the masks among what is left out of a document: nothing brings their voxels back."""
    told = ((place, each) for place, each in enumerate(document["annotations"]) if each["type"] == "mask")
    return {each["id"] for place, each in told if ("annotations", place) in paths}


def without(loaded: LoadedCase, paths: LeftOut) -> LoadedCase:
    """Return a case without the annotations that are left out; values that they alone have in a label map are 0."""
    if not paths:
        return loaded
    annotations = loaded.case.annotations
    kept = [each for place, each in enumerate(annotations) if ("annotations", place) not in paths]
    ids = {each.id for each in kept if isinstance(each, MaskAnnotation)}
    case = loaded.case.model_copy(update={"annotations": kept})
    return LoadedCase(case, lambda: _masks_of(loaded.masks, ids), loaded.path, loaded.fields)


def _masks_of(masks: Masks, ids: set[str]) -> Masks:
    from annoconv.pixels import Mask, Masks, VolumeWithout

    found: list[Mask] = []
    for volume, members in masks.by_volume():
        kept = [each for each in members if each.id in ids]
        values = {each.value for each in kept}
        gone = {each.value for each in members if each.value is not None} - values
        place = VolumeWithout(volume, gone) if gone and None not in values else volume
        found += [Mask(each.id, place, each.value) for each in kept]
    order = {identity: position for position, identity in enumerate(masks)}
    return Masks(sorted(found, key=lambda each: order[each.id]))
