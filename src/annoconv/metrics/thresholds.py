"""The bounds that the specification names, and on which side a value that equals one falls.

"Dice<0.85", "Dice<0.75": the bound itself passes. "Exceeds 3 to 5 mm", "exceeds 90 days": the bound itself passes. A
structure that one of the two lacks fails, whatever its Dice would be called; one that both lack passes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from annoconv.model import MetricStatus

if TYPE_CHECKING:
    from annoconv.model import MetricValue

__all__ = [
    "READJUST_MM",
    "SPECIFIED",
    "ReviewBounds",
    "is_beyond",
    "needs_dedicated_review",
    "needs_second_review",
]


@dataclass(frozen=True)
class ReviewBounds:
    """The Dice below which reviews follow: those of the specification, or a project's own.

    Attributes
    ----------
    second
        Between annotators, below this a second review follows (8.4 c).
    dedicated
        Below this a dedicated review follows (9.2).
    """

    second: float = 0.85
    dedicated: float = 0.75


SPECIFIED: Final = ReviewBounds()
READJUST_MM: Final = (3.0, 5.0)
"""Specification 8.5.1.3: the range that a task takes its bound from; beyond the bound the images are aligned anew."""
_SLACK_MM: Final = 1e-9
"""Three steps of 0.1 mm are 0.3 mm: what exceeds a bound by less, rounding did."""
_MISSED: Final = frozenset({MetricStatus.OTHER_EMPTY, MetricStatus.REFERENCE_EMPTY})


def needs_second_review(dice: MetricValue, bounds: ReviewBounds = SPECIFIED) -> bool:
    """Tell whether two annotators differ so much that a second review follows (8.4 c), or a dedicated one."""
    return _is_below(dice, max(bounds.second, bounds.dedicated))


def needs_dedicated_review(dice: MetricValue, bounds: ReviewBounds = SPECIFIED) -> bool:
    """Tell whether agreement is so poor that a dedicated review follows (9.2)."""
    return _is_below(dice, bounds.dedicated)


def _is_below(dice: MetricValue, bound: float) -> bool:
    return dice.status in _MISSED or (dice.value is not None and dice.value < bound)


def is_beyond(distance: MetricValue, bound_mm: float) -> bool:
    """Tell whether a deviation exceeds a task's bound (8.5.1.3)."""
    return distance.status in _MISSED or (distance.value is not None and distance.value > bound_mm + _SLACK_MM)
