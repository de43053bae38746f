"""The cycle of reviews as a case tells it: what is open, what poor agreement asks for (A 6.5.2, 8.4, 9.2, 9.3.1)."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Final

from annoconv.metrics.thresholds import ReviewBounds
from annoconv.model import AgentRole, QcStatus, ReviewLevel, ReviewOutcome
from annoconv.quality.review_cycle import State, standings
from annoconv.quality.review_queues import asked_for, conflicts, is_reviewed, is_reviewed_since
from annoconv.rules.assistance import devices_of
from annoconv.rules.engine import Breach, Subject, rule

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from annoconv.model import AgreementRecord
    from annoconv.rules.engine import Rule

__all__ = ["review_bounds"]

_ROLES: Final = {
    ReviewLevel.REVIEW: frozenset({AgentRole.REVIEWER, AgentRole.QC, AgentRole.ARBITER}),
    ReviewLevel.ARBITRATION: frozenset({AgentRole.ARBITER, AgentRole.ADMIN}),
}
"""Who may do what: the final review is the project leader's or the experts' (9.3.1 c)."""


def _open(subject: Subject, state: State) -> Iterator[Breach]:
    """Yield each review that left annotations in a state that they are still in, with the first of these."""
    if not subject.case.reviews:
        return
    left: dict[int, list[str]] = {}
    for identity, standing in standings(subject.case).items():
        if standing.state is state and standing.last is not None:
            left.setdefault(standing.last, []).append(identity)
    for position, named in sorted(left.items()):
        yield Breach(("reviews", position, "outcome"), {"id": named[0], "count": len(named)})


@rule("A-6.5.2.revision_open")
def revision_open(subject: Subject) -> Iterator[Breach]:
    """Yield each review that returned what was not revised."""
    yield from _open(subject, State.TO_REVISE)


@rule("A-9.3.1c.dispute_open")
def dispute_open(subject: Subject) -> Iterator[Breach]:
    """Yield each review after which reviewers are divided, and nobody arbitrated."""
    yield from _open(subject, State.DISPUTED)


@rule("A-6.5.2.status_differs")
def status_differs(subject: Subject) -> Iterator[Breach]:
    """Yield the state of quality control that is not passed although every annotation was reviewed and passed."""
    quality = subject.case.metadata.qc
    if quality is None or quality.status is None or quality.status is QcStatus.PASSED or not subject.case.reviews:
        return
    states = {each.state for each in standings(subject.case).values()}
    if states and states <= {State.REVIEWED, State.CONFIRMED, State.FROZEN}:
        yield Breach(("metadata", "qc", "status"), {"status": quality.status.value})


@rule("A-6.5.2.review_order")
def review_order(subject: Subject) -> Iterator[Breach]:
    """Yield each review that is earlier than the one before it."""
    reviews = subject.case.reviews or []
    for position, (before, review) in enumerate(itertools.pairwise(reviews), 1):
        if review.at < before.at:
            yield Breach(("reviews", position, "at"), {"id": review.id, "before": before.id})


@rule("A-6.5.2.reason_missing")
def reason_missing(subject: Subject) -> Iterator[Breach]:
    """Yield each review that returned, disputed or rejected something and says neither what nor why."""
    for position, review in enumerate(subject.case.reviews or ()):
        is_told = review.findings or review.conclusion
        if review.outcome is not ReviewOutcome.PASSED and not is_told:
            yield Breach(("reviews", position), {"id": review.id, "outcome": review.outcome.value})


@rule("A-9.3.1c.frozen_version_missing")
def frozen_version_missing(subject: Subject) -> Iterator[Breach]:
    """Yield each final review of a whole case that passed it and names no version that it froze."""
    for position, review in enumerate(subject.case.reviews or ()):
        is_final = review.level is ReviewLevel.ARBITRATION and review.outcome is ReviewOutcome.PASSED
        if is_final and review.annotation_ids is None and review.frozen_version is None:
            yield Breach(("reviews", position), {"id": review.id})


@rule("A-9.3.1c.change_unrecorded")
def change_unrecorded(subject: Subject) -> Iterator[Breach]:
    """Yield the version that is not the one last frozen if no change record tells of it."""
    metadata = subject.case.metadata
    frozen = [each.frozen_version for each in subject.case.reviews or () if each.frozen_version is not None]
    if not frozen or metadata.version in {None, frozen[-1]}:
        return
    if metadata.version not in {each.version for each in metadata.changes or ()}:
        yield Breach(("metadata", "version"), {"version": metadata.version, "frozen": frozen[-1]})


@rule("A-9.3.1b.reviewer_role")
def reviewer_role(subject: Subject) -> Iterator[Breach]:
    """Yield each reviewer whose roles, where they are told, allow no review of this level."""
    devices = devices_of(subject)
    roles = {each.id: each.roles for each in subject.case.metadata.agents or () if each.roles}
    for position, review in enumerate(subject.case.reviews or ()):
        own = roles.get(review.reviewer)
        if (
            own is not None
            and review.reviewer not in devices
            and review.level in _ROLES
            and _ROLES[review.level].isdisjoint(own)
        ):
            values = {"agent": review.reviewer, "roles": ", ".join(own), "level": review.level.value}
            yield Breach(("reviews", position, "reviewer"), values)


@rule("A-9.3.1b.qualification_missing")
def qualification_missing(subject: Subject) -> Iterator[Breach]:
    """Yield each reviewer without a qualification in a case that tells that of others."""
    agents = subject.case.metadata.agents or ()
    if not any(each.qualification for each in agents):
        return
    reviewers = {each.reviewer for each in subject.case.reviews or () if each.level is not ReviewLevel.SELF_CHECK}
    reviewers |= {subject.case.metadata.reviewer or ""}
    for position, agent in enumerate(agents):
        if agent.id in reviewers and not agent.qualification:
            yield Breach(("metadata", "agents", position), {"agent": agent.id})


def review_bounds(rules: Mapping[str, Rule]) -> ReviewBounds:
    """Return the Dice below which reviews follow, as a table of rules has it."""
    second, dedicated = (
        rules[each].parameters["least_dice"]
        for each in ("A-8.4c.second_review_missing", "A-9.2.dedicated_review_missing")
    )
    return ReviewBounds(second, dedicated)


def _poor(subject: Subject, queue: str) -> Iterator[tuple[int, AgreementRecord]]:
    """Yield each record of agreement that asks for a review, with its position."""
    for position, record in enumerate(subject.case.metadata.agreement or ()):
        if asked_for(record, review_bounds(subject.rules)) == queue:
            yield position, record


@rule("A-8.4c.second_review_missing")
def second_review_missing(subject: Subject) -> Iterator[Breach]:
    """Yield each record of annotators who differ whose annotations nobody reviewed again."""
    case = subject.case
    for position, record in _poor(subject, "second_review"):
        named = record.annotation_ids or [each.id for each in case.annotations]
        left = [each for each in named if not is_reviewed_since(case, record, each)]
        if left and record.resolution is None:
            yield Breach(("metadata", "agreement", position), {"id": left[0], "value": f"{record.value:g}"})


@rule("A-9.2.dedicated_review_missing")
def dedicated_review_missing(subject: Subject) -> Iterator[Breach]:
    """Yield each record of poor agreement that says neither what is wrong nor what followed."""
    for position, record in _poor(subject, "dedicated_review"):
        if not record.error_kinds or record.resolution is None:
            yield Breach(("metadata", "agreement", position), {"id": record.id, "value": f"{record.value:g}"})


@rule("A-8.4c.flag_differs")
def flag_differs(subject: Subject) -> Iterator[Breach]:
    """Yield each flag of a record that says no review follows where the Dice asks for it."""
    for position, record in enumerate(subject.case.metadata.agreement or ()):
        unflagged = record.model_copy(update={"needs_second_review": None, "needs_dedicated_review": None})
        asked = asked_for(unflagged, review_bounds(subject.rules))
        flags = {"needs_dedicated_review": asked == "dedicated_review", "needs_second_review": asked == "second_review"}
        for key, is_asked in flags.items():
            if is_asked and getattr(record, key) is False:
                yield Breach(("metadata", "agreement", position, key), {"key": key, "value": f"{record.value:g}"})


@rule("A-8.5.2b.conflict_open")
def conflict_open(subject: Subject) -> Iterator[Breach]:
    """Yield each link marked inconsistent that no review took up."""
    for position, link in conflicts(subject.case):
        if not is_reviewed(subject.case, link):
            yield Breach(("links", position, "consistency"), {"id": link.id})
