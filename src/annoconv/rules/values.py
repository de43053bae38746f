"""Values: units, numbers and ranges of what was measured or asked (A 8.5.3, A 9.2, A 10.1.2 c)."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Final, TypeAlias

from annoconv.model import AgreementMetric, FieldValueType, LabelSystem, Package, TaskDefinition
from annoconv.rules.engine import Breach, Standalone, Subject, rule
from annoconv.units import dimension_of, is_unit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from decimal import Decimal

    from annoconv.documents.residuals import Path as Steps
    from annoconv.model import (
        AgreementRecord,
        AttributeDefinition,
        ClinicalField,
        DeidentificationRecord,
        Label,
        Measurement,
    )
    from annoconv.model import Subject as Person

    Bound: TypeAlias = Decimal | float | None

_YEARS: Final = {"D": 1 / 365.25, "W": 7 / 365.25, "M": 1 / 12, "Y": 1.0}
"""Years to one unit of a DICOM age string."""
_MOST: Final = {"age": 150.0, "height": 3.0, "weight": 1000.0}
"""Years, metres, kilograms: beyond these it is another unit, or another number."""
_DISTANCES: Final = frozenset({AgreementMetric.HD, AgreementMetric.HD95, AgreementMetric.ASSD})
_SIGNED: Final = frozenset(
    {AgreementMetric.KAPPA, AgreementMetric.FLEISS_KAPPA, AgreementMetric.ICC, AgreementMetric.PEARSON}
)
_LENGTHS: Final = (
    "103339001 103340004 410668003 81827009 103355008 131190003 131191004 74551000 131187009 131188004 131197000"
)
_EXTENTS: Final = (
    {("SCT", code): 1 for code in _LENGTHS.split()}
    | {("SRT", code): 1 for code in ("G-A185", "G-A186", "G-D7FE", "M-02550")}
    | {("DCM", code): 1 for code in ("121206", "121207", "121211", "111020")}
    | {("SCT", "42798000"): 2, ("SCT", "131184002"): 2, ("SRT", "G-A166"): 2, ("DCM", "121202"): 2}
    | {("SCT", "118565006"): 3, ("SRT", "G-D705"): 3}
)
"""Power of a length that a concept is, by scheme and code: axes, diameters, areas, volumes (DICOM CID 7470 to 7474)."""
_UNITS: Final = {1: "mm", 2: "mm2", 3: "mm3"}


@rule("A-10.1.2.unit")
def unit(subject: Subject) -> Iterator[Breach]:
    """Yield each unit of a case that is none of UCUM."""
    valued: list[tuple[Steps, Measurement | ClinicalField]] = [*_measurements(subject), *_fields(subject)]
    named: list[tuple[Steps, str | None]] = [((*path, "unit"), each.unit) for path, each in valued]
    named += [((*path, "pixel_unit"), image.pixel_unit) for path, image in subject.every_image()]
    yield from _wrong_units([*named, *_units_of(subject.case.labels or ())])


@rule("A-10.1.2.unit", LabelSystem)
def unit_of_label_system(subject: Standalone[LabelSystem]) -> Iterator[Breach]:
    """Yield each unit of an attribute's definition that is none of UCUM."""
    yield from _wrong_units(_units_of(subject.document.labels))


@rule("A-10.1.2.unit", TaskDefinition)
def unit_of_task(subject: Standalone[TaskDefinition]) -> Iterator[Breach]:
    """Yield each unit of a task's field that is none of UCUM."""
    yield from _wrong_units(((*path, "unit"), each.unit) for path, each in _fields_of(subject.document))


def _units_of(labels: Sequence[Label]) -> Iterator[tuple[Steps, str | None]]:
    for path, definition in _definitions(labels):
        yield (*path, "unit"), definition.unit


def _wrong_units(named: Iterable[tuple[Steps, str | None]]) -> Iterator[Breach]:
    for path, text in named:
        if text is not None and not is_unit(text):
            yield Breach(path, {"unit": text})


@rule("A-8.5.3a.quantity")
def quantity(subject: Subject) -> Iterator[Breach]:
    """Yield each clinical field that is said to be a number and is none, or to have a unit and has none."""
    for path, field in _fields(subject):
        is_quantity = field.value_type is FieldValueType.QUANTITY
        if field.value is None or not (is_quantity or field.value_type is FieldValueType.NUMBER):
            continue
        if isinstance(field.value, str | bool):
            yield Breach((*path, "value"), {"key": field.key, "kind": field.value_type})
        elif is_quantity and field.unit is None:
            yield Breach(path, {"key": field.key, "kind": field.value_type})


@rule("A-9.2.measurement_value")
def measurement_value(subject: Subject) -> Iterator[Breach]:
    """Yield each measurement that has no value and does not say why, or has one and says why not."""
    for path, each in _measurements(subject):
        is_bound = each.comparator is not None
        if (each.value is None) != (each.absent_reason is not None) or (is_bound and each.value is None):
            yield Breach(path, {"concept": each.concept.meaning})


@rule("A-10.1.2.range_order")
def range_order(subject: Subject) -> Iterator[Breach]:
    """Yield each range of a case whose lower end is above its upper one."""
    valued: list[tuple[Steps, Measurement | ClinicalField]] = [*_measurements(subject), *_fields(subject)]
    for path, each in valued:
        yield from _disorder((*path, "normal_low"), each.normal_low, each.normal_high)
    yield from _ranges_of(subject.case.labels or ())


@rule("A-10.1.2.range_order", LabelSystem)
def range_order_of_label_system(subject: Standalone[LabelSystem]) -> Iterator[Breach]:
    """Yield each range of an attribute's definition whose lower end is above its upper one."""
    yield from _ranges_of(subject.document.labels)


@rule("A-10.1.2.range_order", TaskDefinition)
def range_order_of_task(subject: Standalone[TaskDefinition]) -> Iterator[Breach]:
    """Yield each range of a task's field whose lower end is above its upper one."""
    for path, each in _fields_of(subject.document):
        yield from _disorder((*path, "minimum"), each.minimum, each.maximum)


def _ranges_of(labels: Sequence[Label]) -> Iterator[Breach]:
    for path, each in _definitions(labels):
        yield from _disorder((*path, "minimum"), each.minimum, each.maximum)


def _disorder(path: Steps, low: Bound, high: Bound) -> Iterator[Breach]:
    if low is not None and high is not None and low > high:
        yield Breach(path, {"low": low, "high": high})


@rule("A-10.1.2.subject_range")
def subject_range(subject: Subject) -> Iterator[Breach]:
    """Yield each age, height or weight that nobody has."""
    case = subject.case
    told: list[tuple[Steps, Person | None]] = [(("subject",), case.subject)]
    told += [(("studies", number, "subject"), study.subject) for number, study in enumerate(case.studies or ())]
    for path, who in told:
        if who is None:
            continue
        age = None if who.age is None else int(who.age[:3]) * _YEARS[who.age[3]]
        for key, found in {"age": age, "height": who.height, "weight": who.weight}.items():
            if found is not None and found > _MOST[key]:
                yield Breach((*path, key), {"key": key, "found": getattr(who, key), "most": f"{_MOST[key]:g}"})


@rule("A-9.2.agreement_range")
def agreement_range(subject: Subject) -> Iterator[Breach]:
    """Yield each measure of agreement of a case beyond what its metric can be."""
    yield from _beyond(("metadata", "agreement"), subject.case.metadata.agreement or ())


@rule("A-9.2.agreement_range", Package)
def agreement_range_of_package(subject: Standalone[Package]) -> Iterator[Breach]:
    """Yield each measure of agreement of a package beyond what its metric can be."""
    yield from _beyond(("agreement",), subject.document.agreement or ())


def _beyond(path: Steps, records: Sequence[AgreementRecord]) -> Iterator[Breach]:
    for number, each in enumerate(records):
        least, most = _range_of(each.metric)
        if not least <= each.value <= most:
            values = {"metric": each.metric.value, "value": f"{each.value:g}", "least": least, "most": most}
            yield Breach((*path, number, "value"), values)


def _range_of(metric: AgreementMetric) -> tuple[float, float]:
    """Return the least and the greatest that a metric can be; distances in millimetres."""
    if metric in _DISTANCES:
        return 0.0, inf
    return {AgreementMetric.CONFORMITY: -inf}.get(metric, -1.0 if metric in _SIGNED else 0.0), 1.0


@rule("A-9.1.1.threshold_range", TaskDefinition)
def threshold_range(subject: Standalone[TaskDefinition]) -> Iterator[Breach]:
    """Yield each bound of a threshold beyond what the metric that it names can be; other names may be anything."""
    known = {metric.value: metric for metric in AgreementMetric}
    for number, each in enumerate(subject.document.thresholds or ()):
        metric = known.get(each.name.casefold())
        if metric is None:
            continue
        least, most = _range_of(metric)
        for key, bound in {"minimum": each.minimum, "maximum": each.maximum}.items():
            if bound is not None and not least <= bound <= most:
                values = {"metric": metric.value, "value": bound, "least": least, "most": most}
                yield Breach(("thresholds", number, key), values)


@rule("A-7.3a.spot_check")
def spot_check(subject: Subject) -> Iterator[Breach]:
    """Yield each spot check of a case in which more failed than were looked at."""
    yield from _spot_checks(("metadata", "deidentification"), subject.case.metadata.deidentification or ())


@rule("A-7.3a.spot_check", Package)
def spot_check_of_package(subject: Standalone[Package]) -> Iterator[Breach]:
    """Yield each spot check of a package in which more failed than were looked at."""
    yield from _spot_checks(("deidentification",), subject.document.deidentification or ())


def _spot_checks(path: Steps, records: Sequence[DeidentificationRecord]) -> Iterator[Breach]:
    for number, record in enumerate(records):
        for place, each in enumerate(record.spot_checks or ()):
            if each.failures > each.sample_size:
                values = {"failures": each.failures, "size": each.sample_size}
                yield Breach((*path, number, "spot_checks", place, "failures"), values)


@rule("A-7.3a.not_deidentified")
def not_deidentified(subject: Subject) -> Iterator[Breach]:
    """Yield each text and record of which it is said that personal data were not removed."""
    case = subject.case
    told = [(("texts", position), each.id, each.deidentified) for position, each in enumerate(case.texts or ())]
    records = enumerate(case.clinical_records or ())
    told += [(("clinical_records", position), each.id, each.deidentified) for position, each in records]
    for path, identity, is_done in told:
        if is_done is False:
            yield Breach((*path, "deidentified"), {"id": identity})


@rule("A-9.2.measurement_unit")
def measurement_unit(subject: Subject) -> Iterator[Breach]:
    """Yield each length, area or volume whose unit is that of something else; of other concepts nothing is known."""
    for path, each in _measurements(subject):
        known = _EXTENTS.get((each.concept.scheme, each.concept.code))
        dimension = dimension_of(each.unit) if known is not None else None
        if dimension not in {None, known}:
            values = {"concept": each.concept.meaning, "unit": each.unit, "expected": _UNITS[known or 1]}
            yield Breach((*path, "unit"), values)


@rule("A-9.2.measurement_negative")
def measurement_negative(subject: Subject) -> Iterator[Breach]:
    """Yield each length, area or volume below zero; a statistic of several, such as a difference, may be."""
    for path, each in _measurements(subject):
        is_extent = (each.concept.scheme, each.concept.code) in _EXTENTS
        if is_extent and each.derivation is None and each.value is not None and each.value < 0:
            yield Breach((*path, "value"), {"concept": each.concept.meaning, "value": each.value})


def _measurements(subject: Subject) -> Iterator[tuple[Steps, Measurement]]:
    for path, annotation in subject.annotations():
        for number, each in enumerate(annotation.measurements or ()):
            yield (*path, "measurements", number), each


def _fields(subject: Subject) -> Iterator[tuple[Steps, ClinicalField]]:
    for position, record in enumerate(subject.case.clinical_records or ()):
        for number, field in enumerate(record.fields):
            yield ("clinical_records", position, "fields", number), field


def _fields_of(task: TaskDefinition) -> Iterator[tuple[Steps, AttributeDefinition]]:
    for number, each in enumerate(task.fields or ()):
        yield ("fields", number), each


def _definitions(labels: Sequence[Label]) -> Iterator[tuple[Steps, AttributeDefinition]]:
    for position, label in enumerate(labels):
        for number, definition in enumerate(label.attributes or ()):
            yield ("labels", position, "attributes", number), definition
