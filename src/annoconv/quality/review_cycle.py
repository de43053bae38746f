"""The cycle of annotation, review and revision, to the final review that freezes a version (A 6.5.2, A 9.3.1).

Where an annotation stands follows from the reviews of its case in their order, by this table:

==================  =========================================  ==========
stands at           review                                     then at
==================  =========================================  ==========
annotated, revised  passed                                     reviewed
annotated, revised  revise                                     to_revise
annotated, revised  rejected                                   rejected
annotated, revised  disputed, or two reviewers differ          disputed
to_revise           (another version, or annotated after it)   revised
the three others    arbitration: passed                        confirmed
==================  =========================================  ==========

An arbitration that names a frozen version freezes all annotations. A self check changes nothing. A frozen version is
opened again by another one in `metadata.version`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from annoconv.model import AnnotationStatus, ReviewLevel, ReviewOutcome

if TYPE_CHECKING:
    from annoconv.model import AnyAnnotation, Case, Review

__all__ = ["Standing", "State", "current", "is_revised", "standings"]


class State(StrEnum):
    """Where an annotation stands."""

    ANNOTATED = "annotated"
    TO_REVISE = "to_revise"
    REVISED = "revised"
    REVIEWED = "reviewed"
    DISPUTED = "disputed"
    REJECTED = "rejected"
    CONFIRMED = "confirmed"
    FROZEN = "frozen"

    @property
    def is_settled(self) -> bool:
        """Whether nobody has to do anything before the version is frozen."""
        return self in {State.REVIEWED, State.REJECTED, State.CONFIRMED, State.FROZEN}


_AFTER_REVIEW = {
    ReviewOutcome.PASSED: State.REVIEWED,
    ReviewOutcome.REVISE: State.TO_REVISE,
    ReviewOutcome.DISPUTED: State.DISPUTED,
    ReviewOutcome.REJECTED: State.REJECTED,
}
_AFTER_ARBITRATION = _AFTER_REVIEW | {ReviewOutcome.PASSED: State.CONFIRMED}


@dataclass(frozen=True)
class Standing:
    """Where an annotation stands, and by which review.

    Attributes
    ----------
    state
        Where.
    round
        One-based round of reviews that it is in.
    last
        Position in `reviews` of the last review above the self check; None if there is none.
    reviewers
        Who reviewed it in this round, with what came of it.
    """

    state: State
    round: int = 1
    last: int | None = None
    reviewers: tuple[tuple[str, ReviewOutcome], ...] = ()


def current(case: Case) -> list[AnyAnnotation]:
    """Return the annotations that are looked at: those that no other one took the place of."""
    replaced = {source for each in case.annotations for source in each.derived_from or ()}
    return [
        each
        for each in case.annotations
        if each.status is not AnnotationStatus.SUPERSEDED
        and not (each.status is AnnotationStatus.PRELIMINARY and each.id in replaced)
    ]


def standings(case: Case) -> dict[str, Standing]:
    """Return where each current annotation stands."""
    named = {identity for review in case.reviews or () for identity in review.annotation_ids or ()}
    refused = {each.id for each in case.annotations if each.status is AnnotationStatus.REJECTED} - named
    found = {each.id: Standing(State.REJECTED if each.id in refused else State.ANNOTATED) for each in current(case)}
    for position, review in enumerate(case.reviews or ()):
        if review.level is ReviewLevel.SELF_CHECK:
            continue
        left = {identity for identity, each in found.items() if each.state is State.REJECTED}
        for identity in review.annotation_ids or found.keys() - left:
            if identity in found:
                found[identity] = _after(case, found[identity], review, position)
        if review.frozen_version is not None:
            found = {
                identity: one if one.state is State.REJECTED else replace(one, state=State.FROZEN, last=position)
                for identity, one in found.items()
            }
    by_id = {each.id: each for each in case.annotations}
    return {
        identity: replace(one, state=State.REVISED, reviewers=(), round=one.round + 1)
        if one.state in {State.TO_REVISE, State.FROZEN} and is_revised(case, by_id[identity], one)
        else one
        for identity, one in found.items()
    }


def is_revised(case: Case, annotation: AnyAnnotation, standing: Standing) -> bool:
    """Tell whether an annotation is another than the last review looked at.

    The version is another, or it was annotated after that review, or each of its findings says who resolved it. What
    was frozen is opened by another version alone.
    """
    if standing.last is None:
        return False
    review = (case.reviews or [])[standing.last]
    version = case.metadata.version
    if standing.state is State.FROZEN:
        return review.frozen_version is not None and version not in {None, review.frozen_version}
    if review.reviewed_version is not None and version not in {None, review.reviewed_version}:
        return True
    if annotation.annotated_at is not None and annotation.annotated_at > review.at:
        return True
    own = [each for each in review.findings or () if each.annotation_id in {None, annotation.id}]
    return bool(own) and all(each.resolved_by is not None and each.resolved_at is not None for each in own)


def _after(case: Case, before: Standing, review: Review, position: int) -> Standing:
    """Return where an annotation stands after one more review."""
    told = review.round or (before.round + (1 if _is_later_version(case, before, review) else 0))
    is_new_round = told != before.round or any(who == review.reviewer for who, _ in before.reviewers)
    earlier = () if is_new_round else before.reviewers
    if review.level is ReviewLevel.ARBITRATION:
        return Standing(_AFTER_ARBITRATION[review.outcome], told, position)
    reviewers = (*earlier, (review.reviewer, review.outcome))
    is_divided = len({outcome for _, outcome in reviewers}) > 1
    return Standing(State.DISPUTED if is_divided else _AFTER_REVIEW[review.outcome], told, position, reviewers)


def _is_later_version(case: Case, before: Standing, review: Review) -> bool:
    if before.last is None or review.reviewed_version is None:
        return False
    known = (case.reviews or [])[before.last].reviewed_version
    return known is not None and known != review.reviewed_version
