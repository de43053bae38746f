"""Which annotations wait for a review: for poor agreement, or a conflict of text and image (A 8.4 c, 8.5.2.3, 9.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from annoconv.metrics.thresholds import SPECIFIED, ReviewBounds
from annoconv.model import (
    AgreementMetric,
    AgreementScope,
    Consistency,
    ImageImageLink,
    ImageTextLink,
    MaskAnnotation,
    ReviewFindingKind,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from annoconv.model import AgreementRecord, Case, Review

__all__ = [
    "PoorAgreement",
    "asked_for",
    "conflicts",
    "is_reviewed",
    "is_reviewed_since",
    "poor_agreement",
    "unsettled_conflicts",
]


@dataclass(frozen=True)
class PoorAgreement:
    """Agreement that asks for a review.

    Attributes
    ----------
    queue
        `second_review` (Dice below 0.85) or `dedicated_review` (below 0.75).
    dice
        As it was measured; None where one of the two has nothing of it.
    parties
        Who was compared.
    """

    queue: str
    dice: float | None
    parties: str


def asked_for(record: AgreementRecord, bounds: ReviewBounds) -> str | None:
    """Return the queue that a record of agreement asks for, by its flags or its Dice; None if for none.

    Parameters
    ----------
    record
        The record.
    bounds
        The Dice below which annotators are reviewed again (8.4 c), and below which the review is a dedicated one (9.2).
    """
    is_dice = record.metric is AgreementMetric.DICE
    is_of_annotators = record.between in {AgreementScope.ANNOTATORS, AgreementScope.INTRA_ANNOTATOR}
    if record.needs_dedicated_review or (is_dice and record.value < bounds.dedicated):
        return "dedicated_review"
    if record.needs_second_review or (is_dice and is_of_annotators and record.value < bounds.second):
        return "second_review"
    return None


def poor_agreement(
    case: Case, measured: Iterable[dict[str, Any]] = (), bounds: ReviewBounds = SPECIFIED
) -> dict[str, PoorAgreement]:
    """Return the annotations whose agreement asks for a review that was not held, the poorest agreement of each.

    Parameters
    ----------
    case
        The case; its own records of agreement count as well.
    measured
        What `annoconv agreement --json` lists as `reviews`: by label, of masks.
    bounds
        The Dice below which the case's own records ask for a review.
    """
    found: dict[str, PoorAgreement] = {}
    for identity, poor in [*_of_records(case, bounds), *_of_labels(case, measured)]:
        known = found.get(identity)
        if known is None or _rank(poor) < _rank(known):
            found[identity] = poor
    return found


def _rank(poor: PoorAgreement) -> tuple[bool, float]:
    return poor.queue != "dedicated_review", -1.0 if poor.dice is None else poor.dice


def _of_records(case: Case, bounds: ReviewBounds) -> Iterator[tuple[str, PoorAgreement]]:
    for record in case.metadata.agreement or ():
        queue = asked_for(record, bounds)
        if queue is None or record.resolution is not None:
            continue
        named = record.annotation_ids or [each.id for each in case.annotations]
        for identity in named:
            if not is_reviewed_since(case, record, identity):
                yield identity, PoorAgreement(queue, record.value, " ".join(record.parties or ()))


def _of_labels(case: Case, measured: Iterable[dict[str, Any]]) -> Iterator[tuple[str, PoorAgreement]]:
    for each in measured:
        queue = "dedicated_review" if each.get("needs_dedicated_review") else "second_review"
        parties = " ".join(str(each[key]) for key in ("reference", "other") if each.get(key))
        for annotation in case.annotations:
            if annotation.label_code == each.get("label") and isinstance(annotation, MaskAnnotation):
                yield annotation.id, PoorAgreement(queue, each.get("dice"), parties)


def is_reviewed_since(case: Case, record: AgreementRecord, identity: str) -> bool:
    """Tell whether a cross review or an arbitration looked at an annotation after its agreement was measured."""
    return any(
        (review.is_cross_review or review.level.value == "arbitration")
        and (record.computed_at is None or review.at >= record.computed_at)
        and (review.annotation_ids is None or identity in review.annotation_ids)
        for review in case.reviews or ()
    )


def conflicts(case: Case) -> Iterator[tuple[int, ImageTextLink | ImageImageLink]]:
    """Yield each link that is marked inconsistent, with its position."""
    for position, link in enumerate(case.links or ()):
        if isinstance(link, ImageTextLink | ImageImageLink) and link.consistency is Consistency.INCONSISTENT:
            yield position, link


def unsettled_conflicts(case: Case) -> set[str]:
    """Return the annotations of inconsistent links that no review names as inconsistent."""
    return {identity for _, link in conflicts(case) if not is_reviewed(case, link) for identity in link.annotation_ids}


def is_reviewed(case: Case, link: ImageTextLink | ImageImageLink) -> bool:
    """Tell whether a review or an issue of quality control is about the conflict of a link."""
    ends = {*link.annotation_ids, *(link.span_ids if isinstance(link, ImageTextLink) else ())}
    return any(_names_conflict(review, ends) for review in case.reviews or ())


def _names_conflict(review: Review, ends: set[str]) -> bool:
    return any(
        each.kind is ReviewFindingKind.INCONSISTENT and each.annotation_id in {None, *ends}
        for each in review.findings or ()
    ) or (
        review.level.value == "arbitration" and (review.annotation_ids is None or bool(ends & {*review.annotation_ids}))
    )
