"""Spans of text, and findings of a quality check: what was found of what there is, and what beyond it.

Offsets are Unicode code points, zero-based, half open. Documents M A.10 and Q (abstract).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.optimize import linear_sum_assignment

from annoconv.errors import UsageError
from annoconv.messages import Message
from annoconv.metrics.results import empty_status, metric_value, ratio

if TYPE_CHECKING:
    from collections.abc import Sequence

    from annoconv.model import MetricValue

__all__ = ["Span", "discovery", "spans"]


@dataclass(frozen=True)
class Span:
    """A stretch of a text with its label.

    Attributes
    ----------
    text_id
        Which text.
    start, end
        First code point and the one behind the last.
    label
        What it means.
    """

    text_id: str
    start: int
    end: int
    label: str

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end:
            raise UsageError(
                "a span ends behind its start",
                found=[self.start, self.end],
                expected="0 <= start < end",
                advice="Offsets count code points from 0, and the end is not in the span",
            )

    def common(self, other: Span) -> int:
        """Return how many code points both have, 0 for other texts and other labels."""
        if (self.text_id, self.label) != (other.text_id, other.label):
            return 0
        return max(0, min(self.end, other.end) - max(self.start, other.start))


def spans(reference: Sequence[Span], other: Sequence[Span], *, label: str | None = None) -> list[MetricValue]:
    """Return precision, recall and F1 of spans of one text or many, exact and by overlap.

    Parameters
    ----------
    reference, other
        The spans; the same one twice counts twice.
    label
        What the values bear as their label; nothing is left out by it.

    Notes
    -----
    Exact: same text, label, start and end. By overlap: same text and label, one code point in common at least, matched
    one to one so that as many as possible are, so that a long span does not find several.
    """
    exact = sum((Counter(reference) & Counter(other)).values())
    by_group: dict[tuple[str, str], tuple[list[Span], list[Span]]] = {}
    for place, group in enumerate((reference, other)):
        for span in group:
            by_group.setdefault((span.text_id, span.label), ([], []))[place].append(span)
    overlapping = sum(_matched(*groups) for groups in by_group.values())
    status = empty_status(len(reference), len(other))
    found: list[MetricValue] = []
    for name, hits in (("exact", exact), ("overlap", overlapping)):
        values = {
            "precision": ratio(hits, len(other)),
            "recall": ratio(hits, len(reference)),
            "f1": ratio(2 * hits, len(reference) + len(other)),
        }
        found += [
            metric_value(f"text.{key}_{name}", value, status, label=label, count=len(reference))
            for key, value in values.items()
        ]
    return found


def _matched(reference: Sequence[Span], other: Sequence[Span]) -> int:
    touches: Any = np.array([[bool(a.common(b)) for b in other] for a in reference], dtype=np.intp)
    if not touches.size:
        return 0
    rows, columns = linear_sum_assignment(touches.reshape(len(reference), len(other)), maximize=True)
    return int(touches[rows, columns].sum())


def discovery(in_reference: int, additional: int, confirmed: int, *, label: str | None = None) -> list[MetricValue]:
    """Return the rate of findings beyond the reference, raw and as far as a person confirmed them.

    Parameters
    ----------
    in_reference
        Findings of the reference.
    additional
        Findings beyond it.
    confirmed
        How many of these were confirmed.
    """
    if not 0 <= confirmed <= additional or in_reference < 0:
        raise UsageError(
            "confirmed findings are some of the additional ones",
            found=[in_reference, additional, confirmed],
            expected=Message("whole numbers from 0, confirmed no more than additional"),
            advice="Count findings of the reference, those beyond it, and those of them that were confirmed",
        )
    return [
        metric_value("discovery.additional", ratio(additional, in_reference), label=label, count=in_reference),
        metric_value("discovery.additional_confirmed", ratio(confirmed, in_reference), label=label, count=in_reference),
    ]
