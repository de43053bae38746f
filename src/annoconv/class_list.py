"""The class list of the data set that a case is of: which labels a model is trained on, in which order."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from annoconv.model import Case, Label

__all__ = ["class_list"]


def class_list(case: Case) -> Sequence[Label]:
    """Return the labels of a case that are the class list of its data set, in order; none if it has no list.

    Labels with numbers are one. Where none has a number, those of a picture or of frames are, each at its place, as
    tools for pictures have them; those of a volume say what the values of its masks mean.
    """
    labels = case.labels or ()
    numbered = [label for label in labels if label.number is not None]
    is_listed = bool(labels) and not numbered and (len(case.image.shape or ()) < 3 or _has_frames(case))
    return labels if is_listed else numbered


def _has_frames(case: Case) -> bool:
    """Tell whether what has three axes is a video: its frames are named."""
    return case.image.annotated_frames is not None or any(each.frame_index is not None for each in case.annotations)
