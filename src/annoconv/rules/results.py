"""Results among versions, readers and times: status, tracking, presence and absence (A 8.2.2 e, A 9.3.1, A A.3.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from annoconv.model import AnnotationScope, AnnotationStatus, Assertion, AttributeAnnotation, TextSpanAnnotation
from annoconv.rules.engine import Breach, Subject, is_final, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from annoconv.model import AnyAnnotation

_Place: TypeAlias = "tuple[object, ...]"
_SEVERAL: Final = frozenset({"polyline", "point"})
"""Types of which one object may have several at one place: its long and its short axis, landmarks."""


@rule("A-9.3.1c.superseded_by_none")
def superseded_by_none(subject: Subject) -> Iterator[Breach]:
    """Yield each superseded annotation of which no result was made, nor one that was superseded in turn."""
    used = {
        identity
        for each in subject.case.annotations
        if is_final(each) or each.status is AnnotationStatus.SUPERSEDED
        for identity in each.derived_from or ()
    }
    for path, annotation in subject.annotations():
        if annotation.status is AnnotationStatus.SUPERSEDED and annotation.id not in used:
            yield Breach((*path, "status"), {"id": annotation.id})


@rule("A-9.3.1c.source_is_final")
def source_is_final(subject: Subject) -> Iterator[Breach]:
    """Yield each final annotation of which another of the same label and type was made at the same place."""
    results = {each.id: (path, each) for path, each in subject.annotations() if is_final(each)}
    told: set[str] = set()
    for made in subject.case.annotations:
        for identity in made.derived_from or () if is_final(made) else ():
            path, source = results.get(identity, ((), None))
            if source is None or source is made or identity in told:
                continue
            if _kind(subject, source) == _kind(subject, made):
                told.add(identity)
                yield Breach((*path, "status"), {"id": identity, "made": made.id})


@rule("A-9.3.1c.final_twice")
def final_twice(subject: Subject) -> Iterator[Breach]:
    """Yield each final annotation of a tracked object whose place has one of the same type already.

    An object has one outline, but several axes and landmarks, and parts. Sittings of one reader stand side by side.
    """
    first: dict[object, str] = {}
    tracked = {each.id: each.tracking_uid for each in subject.case.annotations}
    for path, each in subject.annotations():
        if each.tracking_uid is None or not is_final(each) or each.type in _SEVERAL:
            continue
        if each.parent_id is not None and tracked.get(each.parent_id) == each.tracking_uid:
            continue
        key = (each.tracking_uid, each.session, *_kind(subject, each))
        before = first.setdefault(key, each.id)
        if before != each.id:
            yield Breach((*path, "status"), {"id": each.id, "first": before, "uid": each.tracking_uid})


@rule("A-8.2.2e.tracking_labels")
def tracking_labels(subject: Subject) -> Iterator[Breach]:
    """Yield each result that shows a tracked object under another label than one before, on the same image."""
    before: dict[object, AnyAnnotation] = {}
    for path, each in subject.annotations():
        if (
            each.tracking_uid is None
            or not is_final(each)
            or isinstance(each, AttributeAnnotation | TextSpanAnnotation)
        ):
            continue
        one = before.setdefault((each.tracking_uid, each.image_uid or subject.case.image.uid), each)
        if one.label_code != each.label_code:
            values = {"label_code": each.label_code, "first": one.id, "before": one.label_code}
            yield Breach((*path, "label_code"), values | {"uid": each.tracking_uid})


@rule("A-8.2.2e.tracking_pair")
def tracking_pair(subject: Subject) -> Iterator[Breach]:
    """Yield each tracking UID that has another id than before, and each id that has another UID."""
    ids: dict[str, str] = {}
    uids: dict[str, str] = {}
    for path, each in subject.annotations():
        uid, identity = each.tracking_uid, each.tracking_id
        if uid is None or identity is None:
            continue
        if (before := ids.setdefault(uid, identity)) != identity:
            yield Breach((*path, "tracking_id"), {"key": uid, "found": identity, "before": before})
        elif (before := uids.setdefault(identity, uid)) != uid:
            yield Breach((*path, "tracking_uid"), {"key": identity, "found": uid, "before": before})


@rule("A-A.3.3.absent_and_present")
def absent_and_present(subject: Subject) -> Iterator[Breach]:
    """Yield each statement that no such object is there where a result shows one.

    The words of a text speak of the text: whether it and the image agree, the consistency of their link says.
    """
    shown: dict[_Place, str] = {}
    said = [(path, each) for path, each in subject.annotations() if not isinstance(each, TextSpanAnnotation)]
    for _, each in said:
        if each.assertion in {None, Assertion.PRESENT} and is_final(each):
            for place in _places(subject, each):
                for site in {None, _site(each)}:
                    shown.setdefault((each.label_code, place, site), each.id)
    for path, each in said:
        if each.assertion is Assertion.ABSENT and is_final(each):
            present = shown.get((each.label_code, _place(subject, each), _site(each)))
            if present is not None:
                yield Breach((*path, "assertion"), {"label_code": each.label_code, "present": present})


@rule("A-A.3.3.not_evaluated")
def not_evaluated(subject: Subject) -> Iterator[Breach]:
    """Yield each label said to be annotated completely that was not evaluated somewhere."""
    left = {
        each.label_code: each.id
        for each in subject.case.annotations
        if each.assertion is Assertion.NOT_EVALUATED and is_final(each)
    }
    for position, code in enumerate(subject.case.annotated_labels or ()):
        if code in left:
            yield Breach(("annotated_labels", position), {"code": code, "id": left[code]})


def _place(subject: Subject, each: AnyAnnotation) -> _Place | None:
    """Return of what an annotation without a geometry says something; None if of an object or of a geometry's place."""
    if not isinstance(each, AttributeAnnotation):
        return None
    if each.scope is AnnotationScope.CASE:
        return ("case",)
    image = subject.image_of(each)
    if image is None or each.scope is AnnotationScope.OBJECT:
        return None
    if each.scope is AnnotationScope.STUDY:
        return ("study", image.study_instance_uid)
    return "image", image.uid, each.slice_index, each.frame_index


def _kind(subject: Subject, each: AnyAnnotation) -> _Place:
    """Return what two versions of one thing have in common: its label, its type and its place."""
    return each.label_code, each.type, each.image_uid or subject.case.image.uid, each.slice_index, each.frame_index


def _places(subject: Subject, each: AnyAnnotation) -> Iterator[_Place]:
    """Yield everything of which an annotation shows that the object is in it."""
    yield ("case",)
    image = subject.image_of(each)
    if image is not None and each.scope is not AnnotationScope.CASE:
        yield "study", image.study_instance_uid
        yield from {("image", image.uid, None, None), ("image", image.uid, each.slice_index, each.frame_index)}


def _site(each: AnyAnnotation) -> _Place | None:
    site = each.finding_site
    return None if site is None else (site.region.scheme, site.region.code, site.laterality)
