"""Links: what an annotation corresponds to is in the same case, and what links rest on is whole (A 3.3, A 8.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from annoconv.rules.engine import Breach, Subject, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from annoconv.model import Case


@rule("A-3.3.dangling_link")
def dangling(subject: Subject) -> Iterator[Breach]:
    """Yield each cross-modal link to something that the case lacks."""
    known = set(_identities(subject.case))
    for path, annotation in subject.annotations():
        for position, target in enumerate(annotation.cross_modal_links or ()):
            if target not in known:
                yield Breach((*path, "cross_modal_links", position), {"target": target})


def _identities(case: Case) -> Iterator[str]:
    """Yield the ids of everything in a case that a link can point to: annotations, texts, records, links, images."""
    yield case.image.uid
    for _, members in case:
        for member in members if isinstance(members, list) else ():
            identity = getattr(member, "id", None) or getattr(member, "uid", None)
            if isinstance(identity, str):
                yield identity


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
