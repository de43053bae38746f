"""What a person changed in a model's mask: how far the outline moved, what was missed, over-marked, or another label.

Specification 9.1.1, note 1. The person's mask is the reference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from annoconv.metrics.arrays import check_pair, check_spacing
from annoconv.metrics.borders import borders, nearest_mm
from annoconv.metrics.overlap import confusion
from annoconv.metrics.results import empty_status, metric_value, ratio

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from annoconv.metrics.borders import Borders
    from annoconv.model import MetricValue

__all__ = ["deviation"]


def deviation(corrected_kji: NDArray[Any], model_kji: NDArray[Any], spacing: Sequence[float]) -> list[MetricValue]:
    """Return how each label of a model's mask differs from the mask that a person made of it.

    Parameters
    ----------
    corrected_kji, model_kji
        The person's and the model's labels: bool or whole numbers from 0, of one shape, 2-D or 3-D.
    spacing
        Distance of voxel centres along each axis of the arrays, in their order, mm.
    """
    corrected_kji, model_kji = check_pair(corrected_kji, model_kji)
    spacing = check_spacing(spacing, corrected_kji.ndim)
    table = confusion(corrected_kji, model_kji)
    shifts = {each.label: _shifts(each, model_kji, spacing) for each in borders(corrected_kji, model_kji)}
    found: list[MetricValue] = []
    for label, counts in table.by_label.items():
        status = empty_status(counts.reference, counts.other)
        renamed = sum(n for (a, b), n in table.mislabelled.items() if a and b and label in {a, b})
        signed, absolute = shifts[label]
        values = {
            "signed_shift": signed,
            "absolute_shift": absolute,
            "miss_rate": ratio(counts.reference - counts.both, counts.reference),
            "over_marking_rate": ratio(counts.other - counts.both, counts.other),
            "region_mismatch": ratio(renamed, counts.reference + counts.other - counts.both),
        }
        found += [metric_value(f"deviation.{name}", value, status, label=str(label)) for name, value in values.items()]
    return found


def _shifts(found: Borders, model_kji: NDArray[Any], spacing: Sequence[float]) -> tuple[float | None, float | None]:
    """Return how far the person's border lies from the model's, on the mean: with a sign, and without."""
    count = len(found.common) + len(found.reference_only)
    targets = np.concatenate([found.common, found.other_only])
    if not count or not len(targets):
        return None, None
    away = nearest_mm(found.reference_only, targets, model_kji.shape, spacing, most_voxels=model_kji.size // 2)
    at = np.unravel_index(found.reference_only, model_kji.shape)
    is_outside = model_kji[at] != found.label
    return float(np.where(is_outside, away, -away).sum() / count), float(away.sum() / count)
