"""Models that suggest: what grew out of it was confirmed, and is said the same everywhere (A 3.4, A 10.1.6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from annoconv.model import (
    AgentKind,
    AgentRole,
    AlgorithmType,
    AnnotationStatus,
    AssistanceOutcome,
    AuditAction,
    ReviewLevel,
    ReviewOutcome,
)
from annoconv.rules.engine import Breach, Subject, is_final, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from annoconv.documents.residuals import Path as Steps
    from annoconv.model import AnyAnnotation, ModelAssistance

_TAKEN: Final = frozenset({AssistanceOutcome.ACCEPTED, AssistanceOutcome.MODIFIED})
_CONFIRMING: Final = frozenset({AuditAction.CONFIRM, AuditAction.MANUAL_REVISION, AuditAction.ARBITRATE})


def _assisted(subject: Subject) -> Iterator[tuple[Steps, Steps, AnyAnnotation, ModelAssistance]]:
    """Yield each annotation with the record of the suggestion that it grew out of.

    One of the two names the other; first comes the place where it does, then that of the annotation. Of several records
    that name an annotation, and it none, those count which a person took, if there are any.
    """
    records = subject.case.metadata.assistance or ()
    by_id = {each.id: each for each in records}
    listed: dict[str, list[tuple[Steps, ModelAssistance]]] = {}
    for position, each in enumerate(records):
        for place, identity in enumerate(each.annotation_ids or ()):
            naming = ("metadata", "assistance", position, "annotation_ids", place)
            listed.setdefault(identity, []).append((naming, each))
    for path, annotation in subject.annotations() if records else ():
        if annotation.assistance_id is None:
            named = listed.get(annotation.id, [])
            for where, each in [one for one in named if one[1].outcome in _TAKEN] or named:
                yield where, path, annotation, each
        elif annotation.assistance_id in by_id:
            yield (*path, "assistance_id"), path, annotation, by_id[annotation.assistance_id]


def _sources(subject: Subject) -> Iterator[tuple[Steps, Steps, AnyAnnotation, AnyAnnotation]]:
    """Yield each annotation of whose suggestion no record tells, with each of those that it was made of.

    First comes the place that names the source, then that of the annotation.
    """
    recorded = {annotation.id for _, _, annotation, _ in _assisted(subject)}
    by_id = {each.id: each for each in subject.case.annotations}
    for path, annotation in subject.annotations():
        if annotation.derived_from is not None and annotation.assistance_id is None and annotation.id not in recorded:
            for place, identity in enumerate(annotation.derived_from):
                if identity in by_id:
                    yield (*path, "derived_from", place), path, annotation, by_id[identity]


def _is_suggestion(annotation: AnyAnnotation, subject: Subject, devices: frozenset[str]) -> bool:
    """Tell whether a model made an annotation that no person confirmed."""
    kind, agent = annotation.algorithm_type, annotation.annotator or subject.case.metadata.annotator
    return kind is AlgorithmType.AUTOMATIC or (kind is None and agent in devices)


def _refused(subject: Subject) -> dict[str, str]:
    """Return the outcome of each suggestion that no person took, by the id of its annotation or of what grew out of it.

    Of an annotation with a record, this tells; of another one, its status; of a version that is no result, its sources.
    """
    devices = devices_of(subject)
    outcomes: dict[str, set[AssistanceOutcome]] = {}
    for _, _, annotation, record in _assisted(subject):
        outcomes.setdefault(annotation.id, set()).add(record.outcome or AssistanceOutcome.PENDING)
    found = {
        identity: sorted(each.value for each in told)[0] for identity, told in outcomes.items() if not told & _TAKEN
    }
    for annotation in subject.case.annotations:
        is_rejected = annotation.status is AnnotationStatus.REJECTED
        if is_rejected and annotation.id not in outcomes and _is_suggestion(annotation, subject, devices):
            found[annotation.id] = AssistanceOutcome.REJECTED.value
    made_of: dict[str, list[str]] = {}
    for _, _, version, source in _sources(subject) if found else ():
        if not is_final(version):
            made_of.setdefault(source.id, []).append(version.id)
    left = list(found)
    while left:
        source_id = left.pop()
        for version_id in made_of.pop(source_id, ()):
            if version_id not in found:
                found[version_id] = found[source_id]
                left.append(version_id)
    return found


@rule("A-3.4.unconfirmed")
def unconfirmed(subject: Subject) -> Iterator[Breach]:
    """Yield each result that a model made and no person confirmed."""
    for path, annotation in subject.annotations():
        if annotation.algorithm_type is AlgorithmType.AUTOMATIC and is_final(annotation):
            yield Breach((*path, "algorithm_type"), {"id": annotation.id})


@rule("A-3.4.made_by_device")
def made_by_device(subject: Subject) -> Iterator[Breach]:
    """Yield each result of a device that nobody is recorded to have confirmed, or that is said to be made by hand.

    What its record of a suggestion, or `automatic`, says of it is told by other rules.
    """
    metadata, devices = subject.case.metadata, devices_of(subject)
    assisted = {annotation.id for _, _, annotation, _ in _assisted(subject)} if devices else set[str]()
    confirmed = _confirmed(subject, devices) if devices else set[str | None]()
    for path, annotation in subject.annotations() if devices else ():
        agent, kind = annotation.annotator or metadata.annotator, annotation.algorithm_type
        if agent not in devices or not is_final(annotation) or annotation.id in assisted:
            continue
        is_confirmed = not confirmed.isdisjoint({None, annotation.id}) and kind is not AlgorithmType.MANUAL
        if is_confirmed or kind is AlgorithmType.AUTOMATIC:
            continue
        place = ("metadata", "annotator") if annotation.annotator is None else (*path, "annotator")
        yield Breach(place, {"id": annotation.id, "agent": agent})


def devices_of(subject: Subject) -> frozenset[str]:
    """Return the ids of agents that are devices, or are models if it is not said what they are."""
    return frozenset(
        each.id
        for each in subject.case.metadata.agents or ()
        if each.kind is AgentKind.DEVICE or (each.kind is None and AgentRole.MODEL in (each.roles or ()))
    )


def _confirmed(subject: Subject, devices: frozenset[str]) -> set[str | None]:
    """Return the ids of annotations that a person reviewed or confirmed; None among them stands for all of the case."""
    case = subject.case
    found: set[str | None] = set() if case.metadata.reviewer in {None, *devices} else {None}
    for review in case.reviews or ():
        is_second = review.level is not ReviewLevel.SELF_CHECK and review.outcome is ReviewOutcome.PASSED
        if is_second and review.reviewer not in devices:
            found.update(review.annotation_ids or [None])
    for event in case.metadata.audit or ():
        if event.action in _CONFIRMING and event.actor not in devices:
            found.add(event.target_id)
    return found


@rule("A-3.4.suggestion_open")
def suggestion_open(subject: Subject) -> Iterator[Breach]:
    """Yield each result that grew out of a suggestion which waits for a person, or which one rejected.

    By the record that the result has, else by what it was made of, through versions that are no results.
    """
    for where, _, annotation, record in _assisted(subject):
        if record.outcome not in _TAKEN and is_final(annotation):
            outcome = (record.outcome or AssistanceOutcome.PENDING).value
            yield Breach(where, {"id": record.id, "outcome": outcome})
    refused = _refused(subject)
    for where, _, annotation, source in _sources(subject) if refused else ():
        if is_final(annotation) and not is_final(source) and source.id in refused:
            yield Breach(where, {"id": source.id, "outcome": refused[source.id]})


@rule("A-3.4.assistance_differs")
def assistance_differs(subject: Subject) -> Iterator[Breach]:
    """Yield each annotation whose record lists others only, and each in the list of a record that is not its own."""
    records = subject.case.metadata.assistance or ()
    listed = {record.id: set(record.annotation_ids) for record in records if record.annotation_ids is not None}
    for _, path, annotation, record in _assisted(subject):
        if record.id in listed and annotation.id not in listed[record.id]:
            yield Breach((*path, "assistance_id"), {"annotation": annotation.id, "record": record.id})
    own = {annotation.id: annotation.assistance_id for annotation in subject.case.annotations}
    for position, record in enumerate(records):
        for place, identity in enumerate(record.annotation_ids or ()):
            if own.get(identity) not in {None, record.id}:
                path = ("metadata", "assistance", position, "annotation_ids", place)
                yield Breach(path, {"annotation": identity, "record": record.id})


@rule("A-3.4.manual_from_model")
def manual_from_model(subject: Subject) -> Iterator[Breach]:
    """Yield each annotation said to be made by hand that grew out of a suggestion which a person took.

    The record of a suggestion tells it, or that the annotation was made of one which only a model made.
    """
    for _, path, annotation, record in _assisted(subject):
        if record.outcome in _TAKEN and annotation.algorithm_type is AlgorithmType.MANUAL:
            yield Breach((*path, "algorithm_type"), {"id": annotation.id, "record": record.id})
    devices, refused, told = devices_of(subject), _refused(subject), set[str]()
    for _, path, annotation, source in _sources(subject):
        is_by_hand = annotation.algorithm_type is AlgorithmType.MANUAL and annotation.id not in told
        if is_by_hand and source.id not in refused and _is_suggestion(source, subject, devices):
            told.add(annotation.id)
            yield Breach((*path, "algorithm_type"), {"id": annotation.id, "record": source.id})


@rule("A-3.4.confirmed_by_device")
def confirmed_by_device(subject: Subject) -> Iterator[Breach]:
    """Yield each record that a device is said to have confirmed or corrected."""
    devices = devices_of(subject)
    for position, record in enumerate(subject.case.metadata.assistance or ()):
        if record.revised_by in devices:
            yield Breach(("metadata", "assistance", position, "revised_by"), {"agent": record.revised_by})


@rule("A-10.1.6.model_differs")
def model_differs(subject: Subject) -> Iterator[Breach]:
    """Yield each place that names another model than the record of the suggestion does."""
    metadata = subject.case.metadata
    named = metadata.software.ai_model if metadata.software else None
    models = [record.model.name for record in metadata.assistance or ()]
    if named is not None and models and not any(model.casefold() in named.casefold() for model in models):
        yield Breach(("metadata", "software", "ai_model"), {"named": named, "model": ", ".join(models)})
    runs = {agent.id: agent.algorithm.name for agent in metadata.agents or () if agent.algorithm is not None}
    for _, path, annotation, record in _assisted(subject):
        model = runs.get(annotation.annotator or "")
        if model is not None and model.casefold() != record.model.name.casefold():
            yield Breach((*path, "annotator"), {"named": model, "model": record.model.name})
