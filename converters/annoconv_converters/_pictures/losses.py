"""What a COCO file does not hold of a case, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from annoconv.documents import residuals
from annoconv.documents.residuals import Residual
from annoconv.loss import LossKind

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["describe", "split"]

_WRITABLE_SUFFIX: Final = ".nii.gz"
_CARRIED: Final = "it travels under the key annoconv and in the side file"
_REASONS: Final = {
    "id": "COCO ids are numbers, and masks of a label in a volume are told apart by our key only",
    "mask_file": "COCO names no mask files; masks are named after their annotations",
    "mask_value": "COCO has no label maps",
    "modality": "COCO knows no modality",
    "task_id": "COCO names no annotation task",
    "shape": "a picture has two dimensions",
    "category": "the category follows from the label",
    "polyline": "COCO has no lines",
}


def split(residual: Residual) -> tuple[Residual, frozenset[residuals.Path]]:
    """Return what our key takes along, and the leaves that it does not: names of mask files that are never written."""
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
        What the records say by themselves.
    residual
        What the case says otherwise.
    left
        Leaves that our key does not take along.
    is_carried
        Whether it takes the others along.
    """
    # In the original's positions, as the paths of the residual are.
    held = residuals.leaves(residuals.restore(native, Residual(order=residual.order)))

    def kind_and_message(path: residuals.Path) -> tuple[LossKind, str]:
        names = [step for step in path if isinstance(step, str)]
        reason = _REASONS.get(names[-1], f"COCO has no place for {'.'.join(names[:2])}")
        if is_carried and path not in left:
            return LossKind.CARRIED, f"{reason}; {_CARRIED}"
        if path not in held:
            return LossKind.NO_PLACE, reason
        number = isinstance(held[path], int | float) and not isinstance(held[path], bool)
        return (LossKind.PRECISION if number else LossKind.APPROXIMATED), reason

    return kind_and_message
