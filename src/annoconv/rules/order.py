"""What stands in an order: levels of a pyramid, sections, operations, a trace, times (A 6.4.2, A 7.2, A 11.5.1)."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from annoconv.model import LabelLevel, LabelSystem, Package
from annoconv.rules.engine import Breach, Standalone, Subject, rule

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from annoconv.documents.residuals import Path as Steps
    from annoconv.model import DataSource, Label


@rule("A-7.2.pyramid_order")
def pyramid_order(subject: Subject) -> Iterator[Breach]:
    """Yield each level of a pyramid that is finer than the one before it."""
    for path, image in subject.every_image():
        for number, (before, each) in enumerate(pairwise(image.pyramid or ()), 1):
            if each.downsample < before.downsample:
                values = {"found": f"{each.downsample:g}", "before": f"{before.downsample:g}"}
                yield Breach((*path, "pyramid", number, "downsample"), values)


@rule("A-7.2.pyramid_shape")
def pyramid_shape(subject: Subject) -> Iterator[Breach]:
    """Yield the finest level of each pyramid whose columns and rows are not those of its image."""
    for path, image in subject.every_image():
        levels = list(enumerate(image.pyramid or ()))
        if not levels or image.shape is None:
            continue
        number, finest = min(levels, key=lambda level: level[1].downsample)
        if [*finest.shape] != [*image.shape[:2]]:
            found, expected = (", ".join(map(str, shape)) for shape in (finest.shape, image.shape[:2]))
            yield Breach((*path, "pyramid", number, "shape"), {"found": found, "expected": expected})


@rule("A-8.5.2b.section_order")
def section_order(subject: Subject) -> Iterator[Breach]:
    """Yield each section of a text that begins before the one that stands before it."""
    for position, text in enumerate(subject.case.texts or ()):
        for number, (before, each) in enumerate(pairwise(text.sections or ()), 1):
            if each.start < before.start:
                path = ("texts", position, "sections", number, "start")
                yield Breach(path, {"found": each.start, "before": before.start})


@rule("A-6.4.2.audit_order")
def audit_order(subject: Subject) -> Iterator[Breach]:
    """Yield each operation that was before the one that stands before it."""
    yield from _disorder(("metadata", "audit"), (each.at for each in subject.case.metadata.audit or ()))


@rule("A-11.5.1.trace_order", Package)
def trace_order(subject: Standalone[Package]) -> Iterator[Breach]:
    """Yield each event of a trace that was before the one that stands before it."""
    yield from _disorder(("trace",), (each.at for each in subject.document.trace or ()))


def _disorder(path: Steps, times: Iterable[datetime]) -> Iterator[Breach]:
    for number, (before, found) in enumerate(pairwise(times), 1):
        if found < before:
            yield Breach((*path, number, "at"), {"found": found.isoformat(), "before": before.isoformat()})


@rule("A-11.5.1.trace_chain", Package)
def trace_chain(subject: Standalone[Package]) -> Iterator[Breach]:
    """Yield each event of a trace that names another digest than that of the event before it."""
    for number, (before, each) in enumerate(pairwise(subject.document.trace or ()), 1):
        if each.previous_sha256 is not None and before.sha256 is not None and each.previous_sha256 != before.sha256:
            values = {"found": each.previous_sha256, "expected": before.sha256}
            yield Breach(("trace", number, "previous_sha256"), values)


@rule("A-7.1.collection_order")
def collection_order(subject: Subject) -> Iterator[Breach]:
    """Yield each collection of a case's data that ended before it began."""
    yield from _collections(("metadata", "sources"), subject.case.metadata.sources or ())


@rule("A-7.1.collection_order", Package)
def collection_order_of_package(subject: Standalone[Package]) -> Iterator[Breach]:
    """Yield each collection of a package's data that ended before it began."""
    yield from _collections(("sources",), subject.document.sources or ())


def _collections(path: Steps, sources: Sequence[DataSource]) -> Iterator[Breach]:
    for number, each in enumerate(sources):
        if (
            each.collected_from is not None
            and each.collected_to is not None
            and each.collected_to < each.collected_from
        ):
            values = {"found": each.collected_to.isoformat(), "before": each.collected_from.isoformat()}
            yield Breach((*path, number, "collected_to"), values)


@rule("A-8.3a.level_order")
def level_order(subject: Subject) -> Iterator[Breach]:
    """Yield each label of a case above whose level its parent does not stand."""
    yield from _levels(subject.case.labels or (), subject.labels)


@rule("A-8.3a.level_order", LabelSystem)
def level_order_of_label_system(subject: Standalone[LabelSystem]) -> Iterator[Breach]:
    """Yield each label of a label system above whose level its parent does not stand."""
    yield from _levels(subject.document.labels, {label.code: label for label in subject.document.labels})


def _levels(labels: Sequence[Label], known: Mapping[str, Label]) -> Iterator[Breach]:
    """Yield each label whose parent is of a finer level; of the same it may be, a lobe of a lung."""
    ranks = list(LabelLevel)
    for position, label in enumerate(labels):
        above = known.get(label.parent) if label.parent is not None else None
        if above is None or above.level is None or label.level is None:
            continue
        if ranks.index(above.level) > ranks.index(label.level):
            values = {"code": label.code, "level": label.level.value, "parent": above.code, "above": above.level.value}
            yield Breach(("labels", position, "level"), values)
