"""What a case says twice must agree (A 3.4, A 8.3, A 8.5.3.3, A 8.5.3.4, A 9.3.1 b, A C.3 b)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from annoconv.codes import Labels
from annoconv.model import AnnotationStatus, AssistanceOutcome, Granularity, ImageStructuredLink, ReviewLevel
from annoconv.rules.engine import Breach, Subject, rule

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from annoconv.documents.residuals import Path as Steps

_TYPES: Final = {
    Granularity.IMAGE: {"attribute"},
    Granularity.REGION: {"bbox", "oriented_box", "ellipse", "ellipsoid", "point", "keypoints"},
    Granularity.BOUNDARY: {"polygon", "polyline", "contours"},
    Granularity.VOXEL: {"mask"},
}
"""Geometries that a granularity has (8.3)."""
_NO_RESULT: Final = {AnnotationStatus.PRELIMINARY, AnnotationStatus.SUPERSEDED, AnnotationStatus.REJECTED}
_DAY: Final = timedelta(days=1)
_MOST_DAYS: Final = 90
"""Interval between image and test beyond which it is marked (8.5.3.4)."""
_ROUNDING_DAYS: Final = 1.0
"""How far a stated interval may be from the times: it may count whole days."""


@rule("A-3.4.suggestion_open")
def suggestion_open(subject: Subject) -> Iterator[Breach]:
    """Yield each annotation given as a result whose suggestion was rejected or not looked at."""
    outcomes = {one.id: one.outcome for one in subject.case.metadata.assistance or ()}
    for path, annotation in subject.annotations():
        if annotation.assistance_id is None or annotation.status in _NO_RESULT:
            continue
        outcome = outcomes.get(annotation.assistance_id, AssistanceOutcome.ACCEPTED)
        if outcome not in {AssistanceOutcome.ACCEPTED, AssistanceOutcome.MODIFIED}:
            told = {"id": annotation.assistance_id, "outcome": (outcome or AssistanceOutcome.PENDING).value}
            yield Breach((*path, "assistance_id"), told)


@rule("A-3.4.assistance_differs")
def assistance_differs(subject: Subject) -> Iterator[Breach]:
    """Yield each annotation that a suggestion names and that names another."""
    named = {annotation.id: annotation.assistance_id for annotation in subject.case.annotations}
    for position, record in enumerate(subject.case.metadata.assistance or ()):
        for place, identity in enumerate(record.annotation_ids or ()):
            other = named.get(identity)
            if other is not None and other != record.id:
                path: Steps = ("metadata", "assistance", position, "annotation_ids", place)
                yield Breach(path, {"annotation": identity, "other": other})


@rule("A-8.3b.granularity")
def granularity(subject: Subject) -> Iterator[Breach]:
    """Yield each annotation whose granularity is not that of its geometry."""
    for path, annotation in subject.annotations():
        if annotation.granularity is not None and annotation.type not in _TYPES[annotation.granularity]:
            told = {"type": annotation.type, "granularity": annotation.granularity.value}
            yield Breach((*path, "granularity"), told)


@rule("A-C.3.category_of_label")
def category_of_label(subject: Subject) -> Iterator[Breach]:
    """Yield each annotation of another category than its label; a span of a text may be of the kind of its task."""
    labels = Labels.of(subject.case, subject.label_system or ())
    for path, annotation in subject.annotations():
        label = labels.get(annotation.label_code)
        if annotation.type == "text_span" or label is None or label.category is None:
            continue
        if annotation.category != label.category:
            told = {"code": label.code, "expected": label.category.value, "category": annotation.category.value}
            yield Breach((*path, "category"), told)


@rule("A-8.5.3c.interval")
def interval(subject: Subject) -> Iterator[Breach]:
    """Yield each link whose interval is not that of its times, or whose deviation label is not that of its interval."""
    records = {record.id: record.recorded_at for record in subject.case.clinical_records or ()}
    for path, link in _structured(subject):
        image = subject.images.get(link.image_uid) if link.image_uid else subject.case.image
        days = link.interval_days
        found = _days(image.acquired_at if image else None, records.get(link.record_id))
        if days is not None and found is not None and abs(days - found) > _ROUNDING_DAYS:
            yield Breach((*path, "interval_days"), {"found": f"interval_days {days:g}", "expected": f"{found:.1f}"})
        days = found if days is None else days
        label = "true" if link.time_deviation else "false"
        if days is not None and (days > _MOST_DAYS) != bool(link.time_deviation):
            yield Breach((*path, "time_deviation"), {"found": f"time_deviation {label}", "expected": f"{days:g}"})


def _days(first: datetime | None, second: datetime | None) -> float | None:
    return None if first is None or second is None else abs(second - first) / _DAY


@rule("A-8.5.3b.field_differs")
def field_differs(subject: Subject) -> Iterator[Breach]:
    """Yield each field of a link that its record has with another value."""
    records = {record.id: record for record in subject.case.clinical_records or ()}
    for path, link in _structured(subject):
        record = records.get(link.record_id)
        values = {field.key: field.value for field in record.fields} if record is not None else {}
        for key, value in (link.fields or {}).items():
            if values.get(key, value) != value:
                yield Breach((*path, "fields", key), {"key": key, "record": link.record_id})


@rule("A-9.3.1b.reviewer_differs")
def reviewer_differs(subject: Subject) -> Iterator[Breach]:
    """Yield the reviewer of the metadata who is in none of the reviews."""
    reviewer = subject.case.metadata.reviewer
    reviewers = {one.reviewer for one in subject.case.reviews or () if one.level is ReviewLevel.REVIEW}
    if reviewer is not None and reviewers and reviewer not in reviewers:
        yield Breach(("metadata", "reviewer"), {"agent": reviewer, "others": ", ".join(sorted(reviewers))})


def _structured(subject: Subject) -> Iterator[tuple[Steps, ImageStructuredLink]]:
    for position, link in enumerate(subject.case.links or ()):
        if isinstance(link, ImageStructuredLink):
            yield ("links", position), link
