"""Links: what they rest on, registrations and clinical records, is whole and says what they say (A 8.5)."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from annoconv.messages import Message
from annoconv.model import ImageImageLink, ImageStructuredLink, ImageTextLink, RelationLink
from annoconv.rules.engine import Breach, Subject, rule

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from annoconv.documents.residuals import Path as Steps
    from annoconv.model import AnyLink, ClinicalField, ClinicalRecord

LONGEST_INTERVAL_DAYS: Final = 90
"""Days between image and test above which the deviation in time is marked (A 8.5.3.4)."""
_SAME_DAYS: Final = 1
"""Days: an interval may count days of the calendar or periods of 24 hours."""
_SAME_MM: Final = 0.01
"""Millimetres: deviations are written with two decimals."""


@rule("A-8.5.1b.end_missing")
def end_missing(subject: Subject) -> Iterator[Breach]:
    """Yield each registration that says by neither image nor frame of reference what it brings together."""
    for position, each in enumerate(subject.case.registrations or ()):
        ends = {
            "fixed": each.fixed_image_uid or each.fixed_frame_of_reference_uid,
            "moving": each.moving_image_uid or each.moving_frame_of_reference_uid,
        }
        for end, named in ends.items():
            if named is None:
                yield Breach(("registrations", position), {"id": each.id, "end": end})


@rule("A-8.5.3b.value_missing")
def value_missing(subject: Subject) -> Iterator[Breach]:
    """Yield each clinical field that has no value and does not say why, or has one and says why not."""
    for position, record in enumerate(subject.case.clinical_records or ()):
        for place, field in enumerate(record.fields):
            has_value = field.value is not None or field.value_concept is not None
            if has_value == (field.absent_reason is not None):
                yield Breach(("clinical_records", position, "fields", place), {"key": field.key})


@rule("A-8.5.2a.not_an_end")
def not_an_end(subject: Subject) -> Iterator[Breach]:
    """Yield each cross-modal link of an annotation to a link of the case that names others only."""
    ends = {link.id: set(_ends(link)) for link in subject.case.links or ()}
    for path, annotation in subject.annotations() if ends else ():
        for position, target in enumerate(annotation.cross_modal_links or ()):
            if ends.get(target) and annotation.id not in ends[target]:
                yield Breach((*path, "cross_modal_links", position), {"id": annotation.id, "link": target})


def _ends(link: AnyLink) -> Iterator[str]:
    match link:
        case RelationLink():
            yield from (link.source_id, link.target_id)
        case ImageTextLink():
            yield from (*link.annotation_ids, *link.span_ids)
        case ImageImageLink() | ImageStructuredLink():
            yield from link.annotation_ids or ()


@rule("A-8.5.1c.check_contradicted")
def check_contradicted(subject: Subject) -> Iterator[Breach]:
    """Yield each check of a registration that passed above its threshold, or failed below it by no rotation either."""
    for position, registration in enumerate(subject.case.registrations or ()):
        for place, check in enumerate(registration.checks or ()):
            is_within = check.deviation_mm <= check.threshold_mm
            if check.passed != is_within and (check.passed or check.rotation_degrees is None):
                values = {"deviation": f"{check.deviation_mm:g}", "threshold": f"{check.threshold_mm:g}"}
                yield Breach(("registrations", position, "checks", place, "passed"), values)


@rule("A-8.5.1c.deviation_differs")
def deviation_differs(subject: Subject) -> Iterator[Breach]:
    """Yield each deviation of a link that no check of its registration found on its annotations."""
    registrations = {each.id: each for each in subject.case.registrations or ()}
    for position, link in enumerate(subject.case.links or ()):
        if not isinstance(link, ImageImageLink) or link.deviation_mm is None:
            continue
        registration = registrations.get(link.registration_id or "")
        ends = set(link.annotation_ids)
        checks = (registration.checks if registration is not None else None) or ()
        found = [check.deviation_mm for check in checks if check.annotation_id in ends]
        if found and all(abs(each - link.deviation_mm) > _SAME_MM for each in found):
            values = {"found": f"{link.deviation_mm:g}", "checks": ", ".join(f"{each:g}" for each in found)}
            yield Breach(("links", position, "deviation_mm"), values)


@rule("A-8.5.3b.field_differs")
def field_differs(subject: Subject) -> Iterator[Breach]:
    """Yield each linked field that the record has not, or with another value."""
    for path, link, record in _structured(subject):
        fields = {field.key: field for field in record.fields}
        for key, value in (link.fields or {}).items():
            field = fields.get(key)
            if field is None or not _says(field, value):
                found = Message("nothing") if field is None else _shown(field)
                yield Breach((*path, "fields", key), {"key": key, "value": value, "record": record.id, "found": found})


def _says(field: ClinicalField, value: object) -> bool:
    """Tell whether a field has a value: as it is, as a number of the same size, or as its code or meaning."""
    said: list[object] = [field.value]
    if field.value_concept is not None:
        said += [field.value_concept.code, field.value_concept.meaning]
    if field.absent_reason is not None:
        said.append(field.absent_reason.value)
    return any(_comparable(each) == _comparable(value) for each in said if each is not None)


def _shown(field: ClinicalField) -> object:
    """Return what a field says, as a message shows it."""
    if field.value is not None:
        return field.value
    return field.value_concept.meaning if field.value_concept is not None else field.absent_reason


def _comparable(value: object) -> object:
    return Decimal(str(value)) if isinstance(value, int | float | Decimal) and not isinstance(value, bool) else value


@rule("A-8.5.3c.interval_differs")
def interval_differs(subject: Subject) -> Iterator[Breach]:
    """Yield each interval that is not the one between the times of the image and of the test."""
    for path, link, record in _structured(subject):
        days = _days(subject, link, record)
        if link.interval_days is not None and days and all(abs(link.interval_days - one) > _SAME_DAYS for one in days):
            values = {"found": f"{link.interval_days:g}", "days": ", ".join(f"{one:.4g}" for one in days)}
            yield Breach((*path, "interval_days"), values)


@rule("A-8.5.3c.time_deviation")
def time_deviation(subject: Subject) -> Iterator[Breach]:
    """Yield each link of image and test further apart than 90 days that has no mark, and each mark without cause."""
    for path, link, record in _structured(subject):
        days = _days(subject, link, record) if link.interval_days is None else [link.interval_days]
        if days and bool(link.time_deviation) != (max(days) > LONGEST_INTERVAL_DAYS):
            values = {"days": f"{max(days):.4g}", "most": LONGEST_INTERVAL_DAYS}
            yield Breach((*path, "time_deviation") if link.time_deviation else path, values)


def _structured(subject: Subject) -> Iterator[tuple[Steps, ImageStructuredLink, ClinicalRecord]]:
    """Yield each link to a clinical record, with the record."""
    records = {each.id: each for each in subject.case.clinical_records or ()}
    for position, link in enumerate(subject.case.links or ()):
        if isinstance(link, ImageStructuredLink) and link.record_id in records:
            yield ("links", position), link, records[link.record_id]


def _days(subject: Subject, link: ImageStructuredLink, record: ClinicalRecord) -> list[float]:
    """Return the days between the image and each time of the linked fields, all fields if none is named."""
    image = subject.images.get(link.image_uid or subject.case.image.uid)
    if image is None:
        return []
    studies = {study.study_instance_uid: study.started_at for study in subject.case.studies or ()}
    imaged = image.acquired_at or studies.get(image.study_instance_uid or "")
    linked: Mapping[str, object] = link.fields or {}
    taken = {
        field.measured_at or record.recorded_at for field in record.fields if field.key in linked or not linked
    } - {None}
    if imaged is None:
        return []
    return sorted({abs((at - imaged).total_seconds()) / 86400 for at in taken if at is not None})
