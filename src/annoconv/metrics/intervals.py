"""Bootstrap intervals of means: the same numbers and the same seed, the same interval, everywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from annoconv.errors import UsageError
from annoconv.messages import Message

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    import numpy as np
    from numpy.typing import NDArray

__all__ = ["CONFIDENCE", "bootstrap_interval"]

CONFIDENCE: Final = 0.95
_RESAMPLES: Final = 2000
_AT_ONCE: Final = 1 << 18
"""Units that are drawn at once."""


def bootstrap_interval(
    values: Sequence[float],
    *,
    units: Sequence[Hashable] | None = None,
    seed: int = 0,
    confidence: float = CONFIDENCE,
    resamples: int = _RESAMPLES,
) -> tuple[float, float] | None:
    """Return the percentile interval of a mean; None of fewer than two units, which tell nothing of their spread.

    Parameters
    ----------
    values
        The numbers.
    units
        What each belongs to, a case or a patient: whole units are drawn anew, since values of one are not independent.
        Each is its own if absent.
    seed
        Of the draw.
    confidence
        Level of the interval.
    resamples
        How often units are drawn.
    """
    import numpy as np

    numbers = np.asarray(values, dtype=np.float64)
    if not 0 < confidence < 1 or resamples < 1 or not np.isfinite(numbers).all():
        raise UsageError(
            "an interval needs finite values and a level between 0 and 1",
            found=confidence,
            expected=Message("finite values, 0 < level < 1, one draw at least"),
            advice="Leave out values that are not there; 0.95 is the usual level",
        )
    names = range(len(numbers)) if units is None else units
    places = {name: place for place, name in enumerate(dict.fromkeys(names))}
    if len(places) < 2:
        return None
    at = np.array([places[name] for name in names])
    sums, counts = np.bincount(at, numbers), np.bincount(at)
    draw = np.random.RandomState(seed)  # its stream is frozen, that of newer generators is not
    means: list[NDArray[np.float64]] = []
    at_once = max(1, _AT_ONCE // len(sums))
    for first in range(0, resamples, at_once):
        drawn = draw.randint(0, len(sums), (min(at_once, resamples - first), len(sums)))
        means.append(sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1))
    low, high = np.percentile(np.concatenate(means), [50 * (1 - confidence), 50 * (1 + confidence)])
    return float(low), float(high)
