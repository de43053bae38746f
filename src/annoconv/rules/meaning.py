"""What labels, grades and links say together: names, modalities, grades (A 8.4, A 8.5, A 9.1, A A.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from annoconv.codes import built_in_labels
from annoconv.model import (
    AnnotationStatus,
    AssistanceOutcome,
    AttributeAnnotation,
    Consistency,
    ImageImageLink,
    ImageStructuredLink,
)
from annoconv.rules.engine import Breach, Subject, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

_NO_RESULT = frozenset({AnnotationStatus.PRELIMINARY, AnnotationStatus.REJECTED})


@rule("A-8.4b.name_differs")
def name_differs(subject: Subject) -> Iterator[Breach]:
    """Yield each label of a case whose name is another than its code has in the label system given, or built in."""
    known = {each.code: each for each in (*built_in_labels(), *(subject.label_system or ()))}
    for position, label in enumerate(subject.case.labels or ()):
        other = known.get(label.code)
        for key in ("name_en", "name_zh") if other is not None else ():
            own, expected = getattr(label, key), getattr(other, key)
            if own is not None and expected is not None and own.casefold().split() != expected.casefold().split():
                yield Breach(("labels", position, key), {"code": label.code, "found": own, "expected": expected})


@rule("A-8.4d.labels_differ")
def labels_differ(subject: Subject) -> Iterator[Breach]:
    """Yield each link of images that says that different structures are the same.

    A label and one above it in the tree are not different.
    """
    by_id = {each.id: each.label_code for each in subject.case.annotations}
    for position, link in enumerate(subject.case.links or ()):
        if not isinstance(link, ImageImageLink) or link.consistency in {
            Consistency.INCONSISTENT,
            Consistency.UNCERTAIN,
        }:
            continue
        codes = sorted({by_id[each] for each in link.annotation_ids if each in by_id})
        if len(codes) > 1 and not any(set(codes) <= _chain(subject, code) for code in codes):
            yield Breach(("links", position, "annotation_ids"), {"id": link.id, "codes": ", ".join(codes)})


def _chain(subject: Subject, code: str) -> set[str]:
    """Return a label and all above it."""
    found: set[str] = set()
    at: str | None = code
    while at is not None and at not in found:
        found.add(at)
        label = subject.labels.get(at)
        at = None if label is None else label.parent
    return found


@rule("A-8.5.3a.key_missing")
def key_missing(subject: Subject) -> Iterator[Breach]:
    """Yield each link to a clinical record that no key binds."""
    for position, link in enumerate(subject.case.links or ()):
        if isinstance(link, ImageStructuredLink) and not link.keys:
            yield Breach(("links", position), {"id": link.id})


@rule("A-9.1.1n1.deviation_missing")
def deviation_missing(subject: Subject) -> Iterator[Breach]:
    """Yield each suggestion that a person changed without saying by how much."""
    for position, each in enumerate(subject.case.metadata.assistance or ()):
        if each.outcome is AssistanceOutcome.MODIFIED and not each.deviations:
            yield Breach(("metadata", "assistance", position), {"id": each.id})


@rule("A-9.1.2.failure_unexplained")
def failure_unexplained(subject: Subject) -> Iterator[Breach]:
    """Yield each qualitative judgement that is negative and says no reason."""
    for position, each in enumerate(subject.case.metadata.assessments or ()):
        if not each.passed and each.note is None:
            yield Breach(("metadata", "assessments", position), {"dimension": each.dimension.value})


@rule("A-A.3.2.contour_open")
def contour_open(subject: Subject) -> Iterator[Breach]:
    """Yield each grade of an object whose own outline is no result yet."""
    by_id = {each.id: each for each in subject.case.annotations}
    for path, annotation in subject.annotations():
        parent = by_id.get(annotation.parent_id or "")
        is_result = annotation.status in {None, AnnotationStatus.FINAL}
        if isinstance(annotation, AttributeAnnotation) and is_result and parent and parent.status in _NO_RESULT:
            values = {"id": annotation.id, "parent": parent.id, "status": parent.status.value if parent.status else ""}
            yield Breach((*path, "parent_id"), values)
