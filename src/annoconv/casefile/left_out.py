"""What does not count as a finding: annotations that a format leaves out if it cannot say so.

A reader of COCO, of a label map or of a DICOM segmentation takes each object in it for one that is there. So what was
superseded or rejected, or is said to be absent, is not written to these formats, and reported, unless it is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from annoconv.casefile.loaded import LoadedCase
from annoconv.messages import Message
from annoconv.model import AnnotationStatus, Assertion, MaskAnnotation

if TYPE_CHECKING:
    from collections.abc import Mapping

    from annoconv.documents.residuals import Path
    from annoconv.model import Annotation, Case
    from annoconv.pixels import Masks

__all__ = ["LeftOut", "is_there", "left_out", "masks_left_out", "without"]

_STATUSES: Final = frozenset({AnnotationStatus.SUPERSEDED, AnnotationStatus.REJECTED})
_ASSERTIONS: Final = frozenset({*Assertion} - {Assertion.PRESENT, Assertion.POSSIBLE})
LeftOut: TypeAlias = "Mapping[Path, str]"
"""Why annotations are left out, by their paths in the case."""


def is_there(annotation: Annotation) -> bool:
    """Tell whether an annotation is a finding that is there, or may be; one that waits for a review is."""
    return annotation.status not in _STATUSES and annotation.assertion not in _ASSERTIONS


def left_out(case: Case, *, all_annotations: bool = False) -> LeftOut:
    """Return which annotations a format that cannot say so does not write as findings, and why; none if all are asked.

    Notes
    -----
    Specification 3.4 (a suggestion is no result), 9.3.1 c (what arbitration replaced), A.3.3 (absent, uncertain).
    """
    if all_annotations:
        return {}
    found = ((place, each) for place, each in enumerate(case.annotations) if not is_there(each))
    return {("annotations", place): _reason(each) for place, each in found}


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
