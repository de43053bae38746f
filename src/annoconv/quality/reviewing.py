"""A reviewer's decision as a record of the case: what is allowed next, and what follows from it (A 6.5.2, A 9.3.1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from annoconv.advice import nearest
from annoconv.errors import InputError
from annoconv.messages import Message, listed
from annoconv.model import (
    AgentKind,
    AgentRole,
    AnnotationStatus,
    AuditAction,
    AuditEvent,
    Metadata,
    QcStatus,
    QualityControl,
    Review,
    ReviewFinding,
    ReviewLevel,
    ReviewOutcome,
)
from annoconv.quality.review_cycle import State, standings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from annoconv.model import AnyAnnotation, Case, ReviewFindingKind
    from annoconv.quality.review_cycle import Standing

__all__ = ["LEVELS", "NEXT_SENTENCES", "OUTCOMES", "PART_BY_SPACES", "Decision", "decided"]

PART_BY_SPACES: Final = Message("Part several by spaces, or repeat the option")

OUTCOMES: Final = {
    "accept": ReviewOutcome.PASSED,
    "revise": ReviewOutcome.REVISE,
    "reject": ReviewOutcome.REJECTED,
    "dispute": ReviewOutcome.DISPUTED,
}
LEVELS: Final = {1: ReviewLevel.SELF_CHECK, 2: ReviewLevel.REVIEW, 3: ReviewLevel.ARBITRATION}
NEXT_SENTENCES: Final = {
    State.ANNOTATED: "next is the review: --level 2",
    State.REVISED: "next is the review: --level 2",
    State.TO_REVISE: "next is the revision: annotate it again and give metadata.version another version",
    State.REVIEWED: "next is the final review: --level 3, or a cross review by another reviewer: --level 2",
    State.DISPUTED: "next is the arbitration: --level 3",
    State.REJECTED: "next is the final review: --level 3, or another annotation in its place",
    State.CONFIRMED: "it is settled: the version is frozen when all else is",
    State.FROZEN: "its version is frozen: next is a change record and another metadata.version",
}
"""What comes next, for each state."""
_ALLOWED: Final[Mapping[ReviewLevel, frozenset[State]]] = {
    ReviewLevel.SELF_CHECK: frozenset({State.ANNOTATED, State.REVISED}),
    ReviewLevel.REVIEW: frozenset({State.ANNOTATED, State.REVISED, State.REVIEWED}),
    ReviewLevel.ARBITRATION: frozenset({State.REVIEWED, State.DISPUTED, State.REJECTED, State.CONFIRMED}),
}
_ROLES: Final[Mapping[ReviewLevel, frozenset[AgentRole]]] = {
    ReviewLevel.REVIEW: frozenset({AgentRole.REVIEWER, AgentRole.QC, AgentRole.ARBITER}),
    ReviewLevel.ARBITRATION: frozenset({AgentRole.ARBITER, AgentRole.ADMIN}),
}
_ACTIONS: Final = {
    ReviewOutcome.PASSED: AuditAction.CONFIRM,
    ReviewOutcome.REVISE: AuditAction.RETURN,
    ReviewOutcome.REJECTED: AuditAction.REVIEW,
    ReviewOutcome.DISPUTED: AuditAction.REVIEW,
}


@dataclass(frozen=True)
class Decision:
    """What a reviewer decided.

    Attributes
    ----------
    outcome, level, reviewer, at
        As a review of the model has them.
    annotation_ids
        Annotations that it is of; all of the case if empty.
    kinds
        What is wrong with each of them.
    note
        In words.
    source, where
        What errors name as its place.
    """

    outcome: ReviewOutcome
    level: ReviewLevel
    reviewer: str
    at: datetime
    annotation_ids: tuple[str, ...] = ()
    kinds: tuple[ReviewFindingKind, ...] = ()
    note: str | None = None
    source: str | None = None
    where: str | None = None


def decided(case: Case, decision: Decision) -> Case:
    """Return a case with one more review, and what follows from it.

    An audit event, the state of quality control, the status of what was rejected, the reviewer of the metadata if none
    is named, and the frozen version if the final review leaves nothing open.

    Raises
    ------
    InputError
        If the cycle does not allow it: the error says what comes next.
    """
    before = standings(case)
    named = _named(case, decision, before)
    _check_findings(decision)
    _check_reviewer(case, decision, [each for each in case.annotations if each.id in named])
    _check_time(case, decision, [each for each in case.annotations if each.id in named])
    for identity in named:
        _check_step(decision, identity, before[identity])
    review = _review(case, decision, named, max(before[each].round for each in named) if named else 1, before)
    annotations = [_with_status(each, decision) if each.id in named else each for each in case.annotations]
    reviewed = case.model_copy(update={"reviews": [*(case.reviews or ()), review], "annotations": annotations})
    after = standings(reviewed)
    if decision.level is ReviewLevel.ARBITRATION and decision.outcome is ReviewOutcome.PASSED:
        is_whole = all(each.state.is_settled for each in after.values())
        if is_whole and case.metadata.version is None:
            raise _error(
                decision,
                "a version that has no name cannot be frozen",
                found=Message("no metadata.version"),
                expected=Message("a version"),
                advice="Give the case its metadata.version, then freeze it",
            )
        if is_whole:
            review = _with(review, frozen_version=case.metadata.version)
            reviewed = reviewed.model_copy(update={"reviews": [*(case.reviews or ()), review]})
    return reviewed.model_copy(update={"metadata": _metadata(case.metadata, decision, review, after.values())})


def _named(case: Case, decision: Decision, before: Mapping[str, Standing]) -> tuple[str, ...]:
    """Return the ids of the annotations that a decision is of, each once."""
    for identity in decision.annotation_ids:
        if identity not in before:
            known = [each.id for each in case.annotations]
            is_superseded = identity in known
            raise _error(
                decision,
                "another annotation took its place" if is_superseded else "the case has no such annotation",
                found=identity,
                expected=listed([*before], 10),
                advice=PART_BY_SPACES if set(identity) & set(",;") else nearest(identity, before),
            )
    if decision.annotation_ids:
        return tuple(dict.fromkeys(decision.annotation_ids))
    return tuple(identity for identity, each in before.items() if each.state is not State.REJECTED)


def _check_findings(decision: Decision) -> None:
    if decision.outcome is not ReviewOutcome.PASSED and not decision.kinds:
        raise _error(
            decision,
            "a decision other than accept says what is wrong",
            found=Message("no finding"),
            expected="boundary, contour, attribute, missed, false_positive, inconsistent, label, other",
            advice="Add --finding KIND, and --note TEXT for more",
        )


def _check_reviewer(case: Case, decision: Decision, looked_at: Sequence[AnyAnnotation]) -> None:
    """Refuse who may not review: the annotator, a device, someone without the role (A 9.3.1 b, A A.3.6)."""
    metadata = case.metadata
    makers = {each.annotator or metadata.annotator for each in looked_at} or {metadata.annotator}
    if decision.level is ReviewLevel.SELF_CHECK:
        own = {*makers, metadata.annotator} - {None}
        if own and decision.reviewer not in own:
            raise _error(
                decision,
                "a self check is of the annotator's own work",
                found=decision.reviewer,
                expected=", ".join(sorted(map(str, own))),
                advice="Name the annotator; the review of others is --level 2",
            )
        return
    if decision.reviewer in makers:
        raise _error(
            decision,
            "nobody reviews what he or she annotated",
            found=decision.reviewer,
            expected=Message("another agent"),
            advice="Name another reviewer; a self check is --level 1",
        )
    agents = metadata.agents or ()
    agent = next((each for each in agents if each.id == decision.reviewer), None)
    if agents and agent is None:
        raise _error(
            decision,
            "the case lists its agents, and the reviewer is not among them",
            found=decision.reviewer,
            expected=", ".join(each.id for each in agents),
            advice=Message("Correct the name, or add the reviewer to metadata.agents with role and qualification"),
        )
    if agent is None:
        return
    if agent.kind is AgentKind.DEVICE:
        raise _error(
            decision,
            "a person reviews and arbitrates, no device",
            found=decision.reviewer,
            expected=Message("a person"),
            advice="Name the person who decided",
        )
    if agent.roles and _ROLES[decision.level].isdisjoint(agent.roles):
        raise _error(
            decision,
            "the reviewer does not have the role for this level",
            found=", ".join(each.value for each in agent.roles),
            expected=", ".join(sorted(each.value for each in _ROLES[decision.level])),
            advice="Name an agent with this role, or correct metadata.agents",
        )


def _check_time(case: Case, decision: Decision, looked_at: Sequence[AnyAnnotation]) -> None:
    """Refuse a decision on what was not there yet, and one before the last of the case."""
    begun = None if case.metadata.timestamps is None else case.metadata.timestamps.start
    times = [each for each in (begun, *(each.annotated_at for each in looked_at)) if each is not None]
    drawn = max(times, default=None)
    if drawn is not None and decision.at < drawn:
        raise _error(
            decision,
            "the decision is earlier than what it is of",
            found=decision.at.isoformat(),
            expected=Message("{newest} or later", newest=drawn.isoformat()),
            advice="Correct the time of the decision, or that of the annotation",
        )
    newest = max((each.at for each in case.reviews or ()), default=None)
    if newest is not None and decision.at < newest:
        raise _error(
            decision,
            "the decision is earlier than the last review of the case",
            found=decision.at.isoformat(),
            expected=Message("{newest} or later", newest=newest.isoformat()),
            advice="Correct the time; reviews stand in their order",
        )


def _check_step(decision: Decision, identity: str, standing: Standing) -> None:
    """Refuse what the cycle does not allow, and say which step is next."""
    state = standing.state
    if state not in _ALLOWED[decision.level]:
        raise _error(
            decision,
            "the cycle of reviews does not allow this step",
            found=Message("{id}: {state}", id=identity, state=state.value),
            expected=", ".join(sorted(_ALLOWED[decision.level])),
            advice=Message("For {id}, {step}", id=identity, step=Message(NEXT_SENTENCES[state])),
        )
    if decision.level is not ReviewLevel.SELF_CHECK and any(who == decision.reviewer for who, _ in standing.reviewers):
        raise _error(
            decision,
            "the reviewer reviewed this already",
            found=Message("{id}: {reviewer}", id=identity, reviewer=decision.reviewer),
            expected=Message("another reviewer"),
            advice=Message("For {id}, {step}", id=identity, step=Message(NEXT_SENTENCES[state])),
        )


def _review(
    case: Case, decision: Decision, named: Sequence[str], of_round: int, before: Mapping[str, Standing]
) -> Review:
    taken = set(_ids(case.model_dump(mode="json", include={"reviews", "annotations", "links", "texts", "metadata"})))
    of_kinds = [(kind, each) for kind in decision.kinds for each in (decision.annotation_ids and named) or (None,)]
    findings = [
        ReviewFinding.model_validate(
            {
                "id": identity,
                "kind": kind,
                **({"annotation_id": each} if each else {}),
                **({"note": decision.note} if decision.note else {}),
            }
        )
        for (kind, each), identity in zip(of_kinds, _free("FINDING", taken), strict=False)
    ]
    told: dict[str, Any] = {
        "id": next(_free("REVIEW", taken)),
        "level": decision.level,
        "round": of_round,
        "reviewer": decision.reviewer,
        "at": decision.at,
        "annotation_ids": list(named) if decision.annotation_ids else None,
        "reviewed_version": case.metadata.version,
        "outcome": decision.outcome,
        "is_cross_review": True
        if decision.level is ReviewLevel.REVIEW and any(before[each].reviewers for each in named)
        else None,
        "findings": findings or None,
        "conclusion": decision.note,
    }
    return Review.model_validate({key: value for key, value in told.items() if value is not None})


def _with_status(annotation: AnyAnnotation, decision: Decision) -> AnyAnnotation:
    """Return an annotation with the status that a decision gives it: what is rejected is no result."""
    if decision.outcome is ReviewOutcome.REJECTED:
        return annotation.model_copy(update={"status": AnnotationStatus.REJECTED})
    if decision.outcome is ReviewOutcome.PASSED and annotation.status is AnnotationStatus.REJECTED:
        return annotation.model_copy(update={"status": AnnotationStatus.FINAL})
    return annotation


def _metadata(metadata: Metadata, decision: Decision, review: Review, after: Any) -> Metadata:
    states = {each.state for each in after}
    status = (
        QcStatus.DISPUTED
        if State.DISPUTED in states
        else QcStatus.FAILED
        if State.TO_REVISE in states
        else QcStatus.PENDING
        if states & {State.ANNOTATED, State.REVISED}
        else QcStatus.PASSED
    )
    is_arbitration = decision.level is ReviewLevel.ARBITRATION
    action = AuditAction.ARBITRATE if is_arbitration else _ACTIONS[decision.outcome]
    actions = [AuditAction.REVIEW if decision.level is ReviewLevel.SELF_CHECK else action]
    actions += [AuditAction.FREEZE] if review.frozen_version is not None else []
    events = [
        AuditEvent.model_validate(
            {"action": each, "actor": decision.reviewer, "at": decision.at, "target_id": review.id}
        )
        for each in actions
    ]
    changed: dict[str, Any] = {
        "audit": [*(metadata.audit or ()), *events],
        "qc": _with(metadata.qc or QualityControl(), status=status),
    }
    if metadata.reviewer is None and decision.level is ReviewLevel.REVIEW:
        changed["reviewer"] = decision.reviewer
    return metadata.model_copy(update=changed)


def _with(model: Any, **changed: Any) -> Any:
    return model.model_copy(update=changed)


def _ids(value: object) -> Iterator[str]:
    """Yield every id in a document."""
    if isinstance(value, dict):
        if isinstance(identity := value.get("id"), str):
            yield identity
        for each in value.values():
            yield from _ids(each)
    elif isinstance(value, list):
        for each in value:
            yield from _ids(each)


def _free(prefix: str, taken: set[str]) -> Iterator[str]:
    """Yield ids that nothing has."""
    number = 0
    while True:
        number += 1
        if (identity := f"{prefix}_{number}") not in taken:
            yield identity


def _error(decision: Decision, problem: str, *, found: object, expected: object, advice: str) -> InputError:
    return InputError(
        problem, source=decision.source, where=decision.where, found=found, expected=expected, advice=advice
    )
