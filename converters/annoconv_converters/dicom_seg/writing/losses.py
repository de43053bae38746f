"""What a segmentation does not hold of a case, and how its private carrier takes it along."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from annoconv.documents import residuals
from annoconv.documents.residuals import Residual
from annoconv.loss import Loss, LossKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from annoconv.codes import Labels
    from annoconv.model import Case

__all__ = ["describe", "split", "uncoded"]

_WRITABLE_SUFFIX: Final = ".nii.gz"
_CARRIED: Final = "it travels in the private block (4143,1001)"
_REASONS: Final = {
    "mask_file": "a segment has no file name; masks are named after their annotations",
    "mask_value": "segments are numbered in the order of the annotations",
    "origin": "SegmentAlgorithmType is required; where the case does not say, MANUAL is written",
    "label_code": "the segment's concept stands for another label code",
    "task_id": "a segmentation names no annotation task",
    "frame_of_reference_uid": "FrameOfReferenceUID is required; that of the source, or a derived one, is written",
    "study_instance_uid": "StudyInstanceUID is required; that of the source, or a derived one, is written",
}
"""Why a leaf of this name is not held as it stands; others have no place at all."""
_GEOMETRY: Final = frozenset({"spacing", "origin", "direction", "shape", "frame"})


def split(residual: Residual) -> tuple[Residual, frozenset[residuals.Path]]:
    """Return what a carrier may take along, and the leaves that it may not.

    A mask file whose name does not end in `.nii.gz` is not named again, since that is how masks are written.
    """
    left = frozenset(
        path
        for path, value in residual.values.items()
        if path[-1] == "mask_file" and not str(value).endswith(_WRITABLE_SUFFIX)
    )
    kept = {path: value for path, value in residual.values.items() if path not in left}
    return Residual(kept, residual.removed, residual.order), left


def describe(
    native: dict[str, Any], residual: Residual, left: frozenset[residuals.Path], *, is_carried: bool
) -> Callable[[residuals.Path], tuple[LossKind, str]]:
    """Return what tells kind and reason of the loss of a leaf.

    Parameters
    ----------
    native
        What the file says by itself.
    residual
        What the case says otherwise.
    left
        Leaves that the carrier does not take along.
    is_carried
        Whether there is a carrier.
    """
    # In the original's positions, as the paths of the residual are.
    held = residuals.leaves(residuals.restore(native, Residual(order=residual.order)))

    def kind_and_message(path: residuals.Path) -> tuple[LossKind, str]:
        reason = _reason(path, is_segment=(*path[:2], "mask_file") in held)
        if is_carried and path not in left:
            return LossKind.CARRIED, f"{reason}; {_CARRIED}"
        if path not in held:
            return LossKind.NO_PLACE, reason
        number = isinstance(held[path], int | float) and not isinstance(held[path], bool)
        return (LossKind.PRECISION if number else LossKind.APPROXIMATED), reason

    return kind_and_message


def uncoded(case: Case, case_index: int, labels: Labels) -> Iterator[Loss]:
    """Yield a loss for each mask whose label has no concept in a published terminology."""
    for position, annotation in enumerate(case.annotations):
        if annotation.type == "mask" and labels.coded(annotation.label_code, annotation.category).is_private:
            path = residuals.pointer(("annotations", position, "label_code"))
            message = "the label has no concept in a published terminology; it is coded in the scheme 99ANNOCONV"
            yield Loss(case_index, path, LossKind.UNCODED, message)


def _reason(path: residuals.Path, *, is_segment: bool) -> str:
    names = [step for step in path if isinstance(step, str)]
    if names[0] == "annotations":
        if not is_segment:
            return "a segmentation holds masks only"
        return _REASONS.get(names[-1], f"a segment has no place for {names[1]}")
    if names[0] == "image" and names[1] in _GEOMETRY:
        return "the geometry is that of the source image, in decimal strings"
    return _REASONS.get(names[-1], f"a segmentation has no place for {'.'.join(names[:2])}")
