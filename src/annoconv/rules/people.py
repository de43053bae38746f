"""People: who annotated and when, in which role, and that someone else reviewed (A 5.6, A 9.3.1 b, A 11.1.2, A C.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from annoconv.model import AgentKind, AgentRole, AnnotationStatus, ReviewLevel
from annoconv.rules.assistance import devices_of
from annoconv.rules.engine import Breach, Subject, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from annoconv.documents.residuals import Path as Steps

_LEFT: Final = frozenset({AnnotationStatus.SUPERSEDED, AnnotationStatus.REJECTED})
"""What is no result any more."""
_ANNOTATING: Final = frozenset({AgentRole.ANNOTATOR, AgentRole.ARBITER, AgentRole.MODEL})


@rule("A-5.6.annotator_missing")
def annotator_missing(subject: Subject) -> Iterator[Breach]:
    """Yield the metadata if it names no annotator and some annotation names none of its own."""
    case = subject.case
    unnamed = [annotation.id for annotation in case.annotations if annotation.annotator is None]
    if case.metadata.annotator is None and (unnamed or not case.annotations):
        yield Breach(("metadata",), {"count": len(unnamed)})


@rule("A-9.3.1b.reviewer_is_annotator")
def reviewer_is_annotator(subject: Subject) -> Iterator[Breach]:
    """Yield the reviewer who reviewed what he or she annotated, of the metadata and of each review of the second level.

    A review that names annotations is of these; in others, versions that were superseded or rejected do not count.
    """
    case, metadata = subject.case, subject.case.metadata
    makers = {each.id: each.annotator or metadata.annotator for each in case.annotations}
    if metadata.reviewer is not None and metadata.reviewer in {metadata.annotator, *makers.values()}:
        yield Breach(("metadata", "reviewer"), {"agent": metadata.reviewer})
    left = {makers[each.id] for each in case.annotations if each.status not in _LEFT}
    for position, review in enumerate(case.reviews or ()):
        looked_at = left if review.annotation_ids is None else {makers.get(each) for each in review.annotation_ids}
        if review.level is ReviewLevel.REVIEW and review.reviewer in looked_at:
            yield Breach(("reviews", position, "reviewer"), {"agent": review.reviewer})


@rule("A-11.1.2.role_differs")
def role_differs(subject: Subject) -> Iterator[Breach]:
    """Yield each annotator whose roles, where they are told, do not include annotating; a device has no duties."""
    metadata = subject.case.metadata
    others = {
        agent.id: ", ".join(role.value for role in agent.roles)
        for agent in metadata.agents or ()
        if agent.roles and agent.kind is not AgentKind.DEVICE and _ANNOTATING.isdisjoint(agent.roles)
    }
    places: list[tuple[Steps, str | None]] = [(("metadata", "annotator"), metadata.annotator)]
    places += [((*path, "annotator"), each.annotator) for path, each in subject.annotations()] if others else []
    for path, agent in places:
        if agent in others:
            yield Breach(path, {"agent": agent, "roles": others[agent]})


@rule("A-C.4.timestamps_order")
def timestamps_order(subject: Subject) -> Iterator[Breach]:
    """Yield the end of work that is before its beginning."""
    times = subject.case.metadata.timestamps
    if times is not None and times.start is not None and times.end is not None and times.end < times.start:
        values = {"start": times.start.isoformat(), "end": times.end.isoformat()}
        yield Breach(("metadata", "timestamps", "end"), values)


@rule("A-9.3.1b.reviewer_differs")
def reviewer_differs(subject: Subject) -> Iterator[Breach]:
    """Yield the reviewer of the metadata who is in none of the reviews."""
    reviewer = subject.case.metadata.reviewer
    reviewers = {one.reviewer for one in subject.case.reviews or () if one.level is ReviewLevel.REVIEW}
    if reviewer is not None and reviewers and reviewer not in reviewers:
        yield Breach(("metadata", "reviewer"), {"agent": reviewer, "others": ", ".join(sorted(reviewers))})


@rule("A-9.3.1b.reviewer_is_device")
def reviewer_is_device(subject: Subject) -> Iterator[Breach]:
    """Yield each device that is said to have reviewed or arbitrated; the self check alone is automatic."""
    devices = devices_of(subject)
    if subject.case.metadata.reviewer in devices:
        yield Breach(("metadata", "reviewer"), {"agent": subject.case.metadata.reviewer})
    for position, review in enumerate(subject.case.reviews or ()):
        if review.level is not ReviewLevel.SELF_CHECK and review.reviewer in devices:
            yield Breach(("reviews", position, "reviewer"), {"agent": review.reviewer})
