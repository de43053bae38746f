"""What cases say together, and what their task and their package ask of them (A 8.3, A 8.4 b, A.3.2, A.3.4, A.5 c)."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, Final

from annoconv.errors import AnnoconvError
from annoconv.model import (
    AttributeKind,
    Cardinality,
    DeliverableSide,
    ExclusionReason,
    FileRole,
    ImageTextLink,
    LabelSystem,
    Package,
    TaskDefinition,
)
from annoconv.rules.engine import Breach, Standalone, Subject, is_final, match, rule
from annoconv.rules.given import GivenImages

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from annoconv.documents.residuals import Path as Steps
    from annoconv.model import AttributeDefinition, Case, Image
    from annoconv.quality.copies import Signature

_SAMPLES: Final = frozenset({FileRole.ANNOTATION, FileRole.IMAGE, FileRole.TEXT})
"""Files that stand for samples; masks may be equal, as empty ones are."""

_OVERVIEW: Final = 1024
"""Pixels of the longer side of a slide by which copies of it are told."""
_CARDINALITIES: Final = {
    (False, False): Cardinality.ONE_TO_ONE,
    (False, True): Cardinality.ONE_TO_MANY,
    (True, False): Cardinality.MANY_TO_ONE,
    (True, True): Cardinality.MANY_TO_MANY,
}
"""By whether a span has several regions, and a region several spans."""


@rule("A-8.4b.name_of_set")
def name_of_set(subject: Subject) -> Iterator[Breach]:
    """Yield each label whose code has another name in a case before."""
    if subject.splits is None:
        return
    for position, label in enumerate(subject.case.labels or ()):
        for key in ("name_en", "name_zh"):
            own = getattr(label, key)
            first = None if own is None else subject.splits.name(label.code, key, own, subject.name)
            if first is not None:
                values = {"code": label.code, "found": own, "expected": first.name, "first": first.case}
                yield Breach(("labels", position, key), values)


@rule("A-A.5c.image_twice")
def image_twice(subject: Subject) -> Iterator[Breach]:
    """Yield each image that the same annotator has annotated for the same task in a case of another case_id before."""
    for path, image in subject.every_image():
        for key, first in _cases_with(subject, image):
            yield Breach((*path, key), {"uid": image.uid, "first": first})
            break


def _cases_with(subject: Subject, image: Image) -> Iterator[tuple[str, str]]:
    """Note what tells an image from others; yield each key with the case before, of another case_id, that has it."""
    case = subject.case
    if subject.splits is None or case.case_id is None:
        return
    for key, identity in _identities(image):
        first = subject.splits.image((identity, *_reading(case)), case.case_id, subject.name)
        if first is not None:
            yield key, first


def _reading(case: Case) -> tuple[str, str]:
    """Return what makes another reading of an image no duplicate: its task, and who annotated it."""
    return case.task_id or "", case.metadata.annotator or ""


@rule("A-A.5c.near_copy")
def near_copy(subject: Subject) -> Iterator[Breach]:
    """Yield each image whose pixels are nearly those of an image of a case before, under another UID in other files.

    The images are those given with the cases; what cannot be read is left to the rules on sources.
    """
    case = subject.case
    if subject.splits is None or subject.sources is None or case.case_id is None:
        return
    least = subject.rules["A-A.5c.near_copy"].parameters["least_correlation"]
    for path, image in subject.every_image():
        if next(_cases_with(subject, image), None) is not None:
            continue
        found = subject.splits.near_copy(
            partial(_signature, subject, image), _reading(case), case.case_id, subject.name, least=least
        )
        if found is not None:
            first, value = found
            yield Breach(path, {"uid": image.uid, "first": first, "value": f"{min(value, 1.0):.4f}"})


def _signature(subject: Subject, image: Image) -> Signature | None:
    """Return what tells near copies of an image; None if it is not among those given, or cannot be read."""
    from annoconv.images import Overview
    from annoconv.quality.copies import signature_of

    try:
        picture = subject.sources.picture(image) if isinstance(subject.sources, GivenImages) else None
        if picture is not None:
            return signature_of(picture[None], None)
        source = match(subject, image)
        if source is None or isinstance(source, str) or source.uid != image.uid:  # else the only one, of any case
            return None
        if isinstance(source, Overview):
            return signature_of(source.read_overview(_OVERVIEW), None)
        return signature_of(source.read(), source.grid)
    except AnnoconvError:
        return None


def _identities(image: Image) -> Iterator[tuple[str, str]]:
    """Yield what tells an image from others: its UID, and the digests of its files; each with its key."""
    yield "uid", image.uid
    digests = [each.sha256 for each in image.files or ()]
    if digests and None not in digests:
        yield "files", " ".join(sorted(each for each in digests if each is not None))


@rule("A-8.3b.granularity_mixed")
def granularity_mixed(subject: Subject) -> Iterator[Breach]:
    """Yield each result whose granularity is another than that of a result before, of the same label and image."""
    before: dict[tuple[str, str], tuple[str, str]] = {}
    for path, each in subject.annotations():
        if each.granularity is None or not is_final(each):
            continue
        place = each.label_code, each.image_uid or subject.case.image.uid
        first, granularity = before.setdefault(place, (each.id, each.granularity.value))
        if granularity != each.granularity.value:
            values = {"code": each.label_code, "found": each.granularity.value, "expected": granularity, "first": first}
            yield Breach((*path, "granularity"), values)


# --- what the task of a case asks ---


@rule("A-8.3b.granularity_of_task")
def granularity_of_task(subject: Subject) -> Iterator[Breach]:
    """Yield each granularity that the task does not have."""
    asked = None if subject.task is None else subject.task.granularities
    for path, each in subject.annotations() if asked else ():
        if each.granularity is not None and each.granularity not in (asked or ()):
            expected = ", ".join(one.value for one in asked or ())
            yield Breach((*path, "granularity"), {"found": each.granularity.value, "expected": expected})


@rule("A-A.3.4.cardinality")
def cardinality(subject: Subject) -> Iterator[Breach]:
    """Yield each link of regions and spans that is more to more than the rules of alignment of the task allow.

    Links that bring together the same regions and spans in several texts count text by text: a report in two languages
    says one thing twice.
    """
    task = subject.task
    allowed = {each.cardinality for each in (task.alignment_rules if task is not None else None) or ()}
    if not allowed or Cardinality.MANY_TO_MANY in allowed:
        return
    texts = {each.id: getattr(each, "text_id", "") for each in subject.case.annotations}
    links = [(n, each) for n, each in enumerate(subject.case.links or ()) if isinstance(each, ImageTextLink)]
    pairs = {(region, span) for _, each in links for region in each.annotation_ids for span in each.span_ids}
    spans_of = Counter((region, texts.get(span, "")) for region, span in pairs)
    regions_of = Counter(span for _, span in pairs)
    for position, link in links:
        ends = [(region, texts.get(span, "")) for region in link.annotation_ids for span in link.span_ids]
        has_spans = max(spans_of[each] for each in ends) > 1
        has_regions = max(regions_of[each] for each in link.span_ids) > 1
        found = _CARDINALITIES[has_regions, has_spans]
        if not _is_allowed(found, allowed):
            expected = ", ".join(sorted(each.value for each in allowed))
            yield Breach(("links", position), {"id": link.id, "found": found.value, "expected": expected})


def _is_allowed(found: Cardinality, allowed: Iterable[Cardinality]) -> bool:
    """Tell whether one rule of alignment allows what was found: one to one is allowed by all."""
    return found is Cardinality.ONE_TO_ONE or found in allowed


# --- documents of their own ---


@rule("A-A.3.2.basis_missing")
def basis_missing_in_case(subject: Subject) -> Iterator[Breach]:
    """Yield each grading of a label of a case whose values or basis nobody says."""
    for position, label in enumerate(subject.case.labels or ()):
        yield from _without_basis(("labels", position, "attributes"), label.attributes or ())


@rule("A-A.3.2.basis_missing", LabelSystem)
def basis_missing(subject: Standalone[LabelSystem]) -> Iterator[Breach]:
    """Yield each grading of a label system whose values or basis nobody says."""
    for position, label in enumerate(subject.document.labels):
        yield from _without_basis(("labels", position, "attributes"), label.attributes or ())


@rule("A-A.3.2.basis_missing", TaskDefinition)
def basis_missing_in_task(subject: Standalone[TaskDefinition]) -> Iterator[Breach]:
    """Yield each grading of a task whose values or basis nobody says, and grades that no rule and no field is about."""
    task = subject.document
    fields = task.fields or ()
    yield from _without_basis(("fields",), fields)
    is_told = task.grading_rules or any(each.kind is AttributeKind.GRADING for each in fields)
    for position, each in enumerate(task.deliverables):
        if each.side is DeliverableSide.GRADING and not is_told:
            yield Breach(("deliverables", position), {"key": each.side.value})


def _without_basis(path: Steps, fields: Iterable[AttributeDefinition]) -> Iterator[Breach]:
    for position, each in enumerate(fields):
        has_values = each.permissible_values or (each.minimum is not None and each.maximum is not None)
        if each.kind is AttributeKind.GRADING and not (has_values and each.basis):
            yield Breach((*path, position), {"key": each.key})


@rule("A-A.5c.deduplication_missing", TaskDefinition)
def deduplication_missing(subject: Standalone[TaskDefinition]) -> Iterator[Breach]:
    """Yield the preparation of data of a task that does not say how duplicates are found."""
    preparation = subject.document.data_preparation
    if preparation is not None and preparation.deduplication is None:
        yield Breach(("data_preparation",))


@rule("A-A.5c.file_copied", Package)
def file_copied(subject: Standalone[Package]) -> Iterator[Breach]:
    """Yield each annotation file, image or text of a package with the bytes of one before."""
    first: dict[str, int] = {}
    for position, file in enumerate(subject.document.files):
        if file.role in _SAMPLES and file.size and first.setdefault(file.sha256, position) != position:
            before = subject.document.files[first[file.sha256]].path
            yield Breach(("files", position, "sha256"), {"path": file.path, "first": before})


@rule("A-A.5c.failure_unrecorded", Package)
def failure_unrecorded(subject: Standalone[Package]) -> Iterator[Breach]:
    """Yield each sample that was set apart because it could not be associated, of which nobody says what was done."""
    recorded = {each.case_id for each in subject.document.association_problems or ()}
    for position, each in enumerate(subject.document.exclusions or ()):
        is_failed = each.reason is ExclusionReason.ASSOCIATION_FAILED
        if is_failed and each.note is None and each.case_id not in recorded:
            yield Breach(("exclusions", position), {"case": each.case_id})


@rule("A-7.1.source_missing", Package)
def source_missing(subject: Standalone[Package]) -> Iterator[Breach]:
    """Yield a package that does not say where its data come from."""
    if not subject.document.sources:
        yield Breach(())


@rule("A-8.4e.file_version_missing", Package)
def file_version_missing(subject: Standalone[Package]) -> Iterator[Breach]:
    """Yield each annotation file of a package without a version."""
    for position, file in enumerate(subject.document.files):
        if file.role is FileRole.ANNOTATION and file.version is None:
            yield Breach(("files", position), {"path": file.path})


@rule("A-6.6.2.image_unlinked", Package)
def image_unlinked(subject: Standalone[Package]) -> Iterator[Breach]:
    """Yield each image of a package that no annotation file refers to: nothing says what it was annotated by."""
    files = subject.document.files
    named = {path for each in files if each.role is FileRole.ANNOTATION for path in each.references or ()}
    for position, file in enumerate(files):
        if file.role is FileRole.IMAGE and file.path not in named:
            yield Breach(("files", position), {"path": file.path})
