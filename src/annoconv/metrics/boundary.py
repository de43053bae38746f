"""The overlap of boundaries: voxels of a mask that lie near its outside, which a large inside does not outweigh."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.ndimage import distance_transform_edt

from annoconv.errors import UsageError
from annoconv.metrics.arrays import check_pair, check_spacing
from annoconv.metrics.results import empty_status, metric_value, ratio
from annoconv.metrics.surface import SLACK_MM
from annoconv.volumes.label_boxes import find_labels

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from annoconv.model import MetricValue

__all__ = ["boundary_iou"]


def boundary_iou(
    reference_kji: NDArray[Any],
    other_kji: NDArray[Any],
    spacing: Sequence[float],
    *,
    width_mm: float,
    labels: Iterable[int] | None = None,
) -> list[MetricValue]:
    """Return the boundary IoU of each label.

    Parameters
    ----------
    reference_kji, other_kji
        Bool or whole numbers from 0, of one shape, 2-D or 3-D.
    spacing
        Distance of voxel centres along each axis of the arrays, in their order, mm.
    width_mm
        A voxel of a mask is boundary if the centre of one outside it, beyond the array too, lies no further away.
    labels
        The labels asked for; all that either map has if absent.

    Notes
    -----
    Cheng and others (2021) shrink a mask by squares of pixels; here the width is a distance in mm.
    """
    reference_kji, other_kji = check_pair(reference_kji, other_kji)
    spacing = check_spacing(spacing, reference_kji.ndim)
    if not width_mm > 0:
        raise UsageError(
            "the width of a boundary is a positive number of mm",
            found=width_mm,
            expected="0 < MM",
            advice="Two hundredths of the diagonal of the image are usual",
        )
    maps = reference_kji, other_kji
    boxes = [find_labels(each if each.ndim == 3 else each[None]) for each in maps]
    found: list[MetricValue] = []
    for label in sorted({*boxes[0], *boxes[1]}) if labels is None else labels:
        status = empty_status(label in boxes[0], label in boxes[1])
        value = None
        if label in boxes[0] and label in boxes[1]:
            pairs = zip(boxes[0][label], boxes[1][label], strict=True)
            box = tuple(slice(min(a.start, b.start), max(a.stop, b.stop)) for a, b in pairs)[-reference_kji.ndim :]
            a, b = (_boundary(each[box] == label, spacing, width_mm) for each in maps)
            value = ratio(int(np.count_nonzero(a & b)), int(np.count_nonzero(a | b)))
        found.append(metric_value("boundary.iou", value, status, label=str(int(label)), tolerance_mm=width_mm))
    return found


def _boundary(mask: NDArray[np.bool_], spacing: Sequence[float], width_mm: float) -> NDArray[np.bool_]:
    """Return the voxels of a mask, which its box holds whole, that are near its outside."""
    padded: Any = distance_transform_edt(np.pad(mask, 1), sampling=spacing)
    depth = padded[(slice(1, -1),) * mask.ndim]
    return np.asarray(mask & (depth <= width_mm + SLACK_MM))
