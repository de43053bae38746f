"""Links: what they rest on, registrations and clinical records, is whole (A 8.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from annoconv.rules.engine import Breach, Subject, rule

if TYPE_CHECKING:
    from collections.abc import Iterator


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
