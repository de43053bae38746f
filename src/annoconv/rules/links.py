"""Links: what they rest on, registrations and clinical records, is whole and says what they say (A 8.5)."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from annoconv.model import (
    AssociationKeyKind,
    ImageImageLink,
    ImageStructuredLink,
    ImageTextLink,
    RelationLink,
    TextSpanAnnotation,
)
from annoconv.rules.engine import Breach, Subject, rule

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from annoconv.documents.residuals import Path as Steps
    from annoconv.model import AnyLink, ClinicalField, ClinicalRecord

_ROUNDING_DAYS: Final = 1.0
"""How far a stated interval may be from the times: it may count whole days."""
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


@rule("A-8.5.3a.value_missing")
def value_missing(subject: Subject) -> Iterator[Breach]:
    """Yield each clinical field that has no value and does not say why, or has one and says why not."""
    for position, record in enumerate(subject.case.clinical_records or ()):
        for place, field in enumerate(record.fields):
            has_value = field.value is not None or field.value_concept is not None
            if has_value == (field.absent_reason is not None):
                yield Breach(("clinical_records", position, "fields", place), {"key": field.key})


@rule("A-8.5.2a.quote_differs")
def quote_differs(subject: Subject) -> Iterator[Breach]:
    """Yield each span whose words are not those of its text, from its first code point to behind its last."""
    contents = {text.id: text.content for text in subject.case.texts or ()}
    for path, span in subject.annotations() if contents else ():
        if not isinstance(span, TextSpanAnnotation) or span.text_id not in contents:
            continue
        content = contents[span.text_id]
        if span.start < span.end and (span.end > len(content) or content[span.start : span.end] != span.text):
            values = {"id": span.id, "text": span.text_id, "start": span.start, "end": span.end}
            yield Breach((*path, "text"), values)


@rule("A-8.5.2a.span_empty")
def span_empty(subject: Subject) -> Iterator[Breach]:
    """Yield each span that ends where it begins, or before: no words stand there."""
    for path, span in subject.annotations():
        if isinstance(span, TextSpanAnnotation) and span.end <= span.start:
            yield Breach((*path, "end"), {"id": span.id, "start": span.start, "end": span.end})


@rule("A-8.5.2a.place_outside")
def place_outside(subject: Subject) -> Iterator[Breach]:
    """Yield each section of a text, and each error found in one, that stands at no place of the text."""
    lengths = {text.id: len(text.content) for text in subject.case.texts or ()}
    places: list[tuple[Steps, str | None, int | None, int | None]] = [
        (("texts", position, "sections", number), text.id, section.start, section.end)
        for position, text in enumerate(subject.case.texts or ())
        for number, section in enumerate(text.sections or ())
    ]
    qc = subject.case.metadata.qc
    for number, found in enumerate((qc.findings if qc is not None else None) or ()):
        places.append((("metadata", "qc", "findings", number), found.text_id, found.start, found.end))
    for path, text_id, start, end in places:
        count = lengths.get(text_id or "")
        if count is not None and not (start or 0) <= (count if end is None else end) <= count:
            told = {"start": 0 if start is None else start, "end": count if end is None else end}
            yield Breach(path, {**told, "text": text_id, "count": count})


@rule("A-8.5.2a.not_an_end")
def not_an_end(subject: Subject) -> Iterator[Breach]:
    """Yield each cross-modal link of an annotation to a link of the case that names others only."""
    ends = {link.id: set(ends_of(link)) for link in subject.case.links or ()}
    for path, annotation in subject.annotations() if ends else ():
        for position, target in enumerate(annotation.cross_modal_links or ()):
            if ends.get(target) and annotation.id not in ends[target]:
                yield Breach((*path, "cross_modal_links", position), {"id": annotation.id, "link": target})


def ends_of(link: AnyLink) -> Iterator[str]:
    """Yield the ids of the annotations that a link brings together."""
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


@rule("A-8.5.1c.threshold_wide")
def threshold_wide(subject: Subject) -> Iterator[Breach]:
    """Yield each check of a registration that allows a deviation beyond what the clause does."""
    most = subject.rules["A-8.5.1c.threshold_wide"].parameters["most_mm"]
    for position, registration in enumerate(subject.case.registrations or ()):
        for place, check in enumerate(registration.checks or ()):
            if check.threshold_mm > most:
                path = ("registrations", position, "checks", place, "threshold_mm")
                yield Breach(path, {"threshold": f"{check.threshold_mm:g}", "most": f"{most:g}"})


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
    """Yield each field of a link that its record has with another value."""
    for path, link, record in _structured(subject):
        fields = {field.key: field for field in record.fields}
        for key, value in (link.fields or {}).items():
            field = fields.get(key)
            if field is not None and not _says(field, value):
                yield Breach((*path, "fields", key), {"key": key, "record": link.record_id})


@rule("A-8.5.3b.field_unknown")
def field_unknown(subject: Subject) -> Iterator[Breach]:
    """Yield each field of a link that its record lacks."""
    for path, link, record in _structured(subject):
        keys = {field.key for field in record.fields}
        for key in link.fields or {}:
            if key not in keys:
                yield Breach((*path, "fields", key), {"key": key, "record": link.record_id})


@rule("A-8.5.3a.key_twice")
def key_twice(subject: Subject) -> Iterator[Breach]:
    """Yield each clinical field whose key an earlier one of its record has."""
    for position, record in enumerate(subject.case.clinical_records or ()):
        first: dict[str, int] = {}
        for place, field in enumerate(record.fields):
            if first.setdefault(field.key, place) != place:
                path = ("clinical_records", position, "fields", place, "key")
                yield Breach(path, {"key": field.key, "first": first[field.key]})


@rule("A-6.3.2.key_unknown")
def key_unknown(subject: Subject) -> Iterator[Breach]:
    """Yield each association key that names an image, study, specimen or case which this one is not or has not.

    Of a kind that the case tells nothing of, nothing is said.
    """
    case = subject.case
    images, studies = subject.images.values(), case.studies or ()
    known: dict[AssociationKeyKind, set[str | None]] = {
        AssociationKeyKind.IMAGE_UID: {image.uid for image in images},
        AssociationKeyKind.CASE_ID: {case.case_id},
        AssociationKeyKind.STUDY_INSTANCE_UID: {
            *(image.study_instance_uid for image in images),
            *(study.study_instance_uid for study in studies),
        },
        AssociationKeyKind.ACCESSION_NUMBER: {study.accession_number for study in studies},
        AssociationKeyKind.SPECIMEN_ID: {image.specimen_id for image in images},
    }
    for position, link in enumerate(case.links or ()):
        for place, key in enumerate((link.keys if isinstance(link, ImageStructuredLink) else None) or ()):
            expected = known.get(key.kind, set()) - {None}
            if expected and key.value not in expected:
                values = {"kind": key.kind.value, "value": key.value}
                yield Breach(("links", position, "keys", place, "value"), values)


def _says(field: ClinicalField, value: object) -> bool:
    """Tell whether a field has a value: the same, a number of the same size, its code, or why it has none."""
    said: list[object] = [field.value, field.absent_reason]
    if field.value_concept is not None:
        said += [field.value_concept.code, field.value_concept.meaning]
    return any(_comparable(each) == _comparable(value) for each in said if each is not None)


def _comparable(value: object) -> object:
    return Decimal(str(value)) if isinstance(value, int | float | Decimal) and not isinstance(value, bool) else value


@rule("A-8.5.3c.interval")
def interval(subject: Subject) -> Iterator[Breach]:
    """Yield each link whose interval is not that of its times, or whose deviation label is not that of its interval."""
    most = subject.rules["A-8.5.3c.interval"].parameters["most_days"]
    for path, link, record in _structured(subject):
        days, found = link.interval_days, _days(subject, link, record)
        if days is not None and found and all(abs(days - each) > _ROUNDING_DAYS for each in found):
            expected = ", ".join(f"{each:.1f}" for each in found)
            yield Breach((*path, "interval_days"), {"found": f"interval_days {days:g}", "expected": expected})
        days = max(found, default=None) if days is None else days
        label = "true" if link.time_deviation else "false"
        if days is not None and (days > most) != bool(link.time_deviation):
            yield Breach((*path, "time_deviation"), {"found": f"time_deviation {label}", "expected": f"{days:g}"})


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


@rule("A-3.3.link_to_itself")
def link_to_itself(subject: Subject) -> Iterator[Breach]:
    """Yield each annotation that corresponds or relates to itself, and each that a link of images names twice."""
    for path, annotation in subject.annotations():
        for place, target in enumerate(annotation.cross_modal_links or ()):
            if target == annotation.id:
                yield Breach((*path, "cross_modal_links", place), {"id": annotation.id})
    for position, link in enumerate(subject.case.links or ()):
        if isinstance(link, RelationLink) and link.source_id == link.target_id:
            yield Breach(("links", position, "target_id"), {"id": link.target_id})
        if isinstance(link, ImageImageLink):
            first: dict[str, int] = {}
            for place, identity in enumerate(link.annotation_ids):
                if first.setdefault(identity, place) != place:
                    yield Breach(("links", position, "annotation_ids", place), {"id": identity})


@rule("A-8.1.one_image")
def one_image(subject: Subject) -> Iterator[Breach]:
    """Yield each link of images whose annotations are all of one image, on the same slice and frame of it."""
    case = subject.case
    by_id = {each.id: each for each in case.annotations} if case.links else {}
    for position, link in enumerate(case.links or ()):
        named = link.annotation_ids if isinstance(link, ImageImageLink) else ()
        ends = {each: by_id[each] for each in named if each in by_id}
        places = {(each.image_uid or case.image.uid, each.slice_index, each.frame_index) for each in ends.values()}
        if len(ends) > 1 and len(places) == 1:
            yield Breach(("links", position, "annotation_ids"), {"id": link.id, "uid": places.pop()[0]})
