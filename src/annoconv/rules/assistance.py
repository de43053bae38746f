"""Models that suggest: what grew out of it was confirmed, and is said the same everywhere (A 3.4, A 10.1.6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from annoconv.model import AgentKind, AlgorithmType, AssistanceOutcome
from annoconv.rules.engine import Breach, Subject, is_final, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from annoconv.documents.residuals import Path as Steps
    from annoconv.model import AnyAnnotation, ModelAssistance

_TAKEN: Final = frozenset({AssistanceOutcome.ACCEPTED, AssistanceOutcome.MODIFIED})


def _assisted(subject: Subject) -> Iterator[tuple[Steps, AnyAnnotation, ModelAssistance]]:
    """Yield each annotation with the record of the suggestion that it grew out of."""
    records = {each.id: each for each in subject.case.metadata.assistance or ()}
    for path, annotation in subject.annotations() if records else ():
        record = records.get(annotation.assistance_id or "")
        if record is not None:
            yield path, annotation, record


@rule("A-3.4.unconfirmed")
def unconfirmed(subject: Subject) -> Iterator[Breach]:
    """Yield each result that a model made and no person confirmed."""
    for path, annotation in subject.annotations():
        if annotation.algorithm_type is AlgorithmType.AUTOMATIC and is_final(annotation):
            yield Breach((*path, "algorithm_type"), {"id": annotation.id})


@rule("A-3.4.suggestion_open")
def suggestion_open(subject: Subject) -> Iterator[Breach]:
    """Yield each result that grew out of a suggestion which waits for a person, or which one rejected."""
    for path, annotation, record in _assisted(subject):
        if record.outcome not in _TAKEN and is_final(annotation):
            outcome = (record.outcome or AssistanceOutcome.PENDING).value
            yield Breach((*path, "assistance_id"), {"id": record.id, "outcome": outcome})


@rule("A-3.4.assistance_differs")
def assistance_differs(subject: Subject) -> Iterator[Breach]:
    """Yield each annotation whose record lists others only, and each in the list of a record that is not its own."""
    records = subject.case.metadata.assistance or ()
    listed = {record.id: set(record.annotation_ids) for record in records if record.annotation_ids is not None}
    for path, annotation, record in _assisted(subject):
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
    """Yield each annotation said to be made by hand that grew out of a suggestion which a person took."""
    for path, annotation, record in _assisted(subject):
        if record.outcome in _TAKEN and annotation.algorithm_type is AlgorithmType.MANUAL:
            yield Breach((*path, "algorithm_type"), {"id": annotation.id, "record": record.id})


@rule("A-3.4.confirmed_by_device")
def confirmed_by_device(subject: Subject) -> Iterator[Breach]:
    """Yield each record that a device is said to have confirmed or corrected."""
    metadata = subject.case.metadata
    devices = {agent.id for agent in metadata.agents or () if agent.kind is AgentKind.DEVICE}
    for position, record in enumerate(metadata.assistance or ()):
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
    for path, annotation, record in _assisted(subject):
        model = runs.get(annotation.annotator or "")
        if model is not None and model.casefold() != record.model.name.casefold():
            yield Breach((*path, "annotator"), {"named": model, "model": record.model.name})
