"""People: who annotated, that someone else reviewed, and that a person confirmed a model (A 3.4, A 5.6, A 9.3.1 b)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from annoconv.model import AlgorithmType
from annoconv.rules.engine import Breach, Subject, rule

if TYPE_CHECKING:
    from collections.abc import Iterator


@rule("A-5.6.annotator_missing")
def annotator_missing(subject: Subject) -> Iterator[Breach]:
    """Yield the metadata if it names no annotator and some annotation names none of its own."""
    case = subject.case
    unnamed = [annotation.id for annotation in case.annotations if annotation.annotator is None]
    if case.metadata.annotator is None and (unnamed or not case.annotations):
        yield Breach(("metadata",), {"count": len(unnamed)})


@rule("A-9.3.1b.reviewer_is_annotator")
def reviewer_is_annotator(subject: Subject) -> Iterator[Breach]:
    """Yield the reviewer who reviewed what he or she annotated."""
    metadata = subject.case.metadata
    if metadata.reviewer is None:
        return
    annotators = {metadata.annotator, *(annotation.annotator for annotation in subject.case.annotations)}
    if metadata.reviewer in annotators:
        yield Breach(("metadata", "reviewer"), {"agent": metadata.reviewer})


@rule("A-3.4.unconfirmed")
def unconfirmed(subject: Subject) -> Iterator[Breach]:
    """Yield each annotation that a model made and no person confirmed."""
    for path, annotation in subject.annotations():
        if annotation.algorithm_type is AlgorithmType.AUTOMATIC:
            yield Breach((*path, "algorithm_type"), {"id": annotation.id})
