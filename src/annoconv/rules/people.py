"""People: who annotated, and that someone else reviewed (A 5.6, A 9.3.1 b)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from annoconv.model import ReviewLevel
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


@rule("A-9.3.1b.reviewer_differs")
def reviewer_differs(subject: Subject) -> Iterator[Breach]:
    """Yield the reviewer of the metadata who is in none of the reviews."""
    reviewer = subject.case.metadata.reviewer
    reviewers = {one.reviewer for one in subject.case.reviews or () if one.level is ReviewLevel.REVIEW}
    if reviewer is not None and reviewers and reviewer not in reviewers:
        yield Breach(("metadata", "reviewer"), {"agent": reviewer, "others": ", ".join(sorted(reviewers))})
