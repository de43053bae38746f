"""Values: units, numbers and ranges of what was measured or asked (A 8.5.3, A 9.2, A 10.1.2 c)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from annoconv.model import AgreementMetric, FieldValueType, LabelSystem, Package
from annoconv.rules.engine import Breach, Standalone, Subject, rule
from annoconv.units import is_unit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from decimal import Decimal

    from annoconv.documents.residuals import Path as Steps
    from annoconv.model import AgreementRecord, AttributeDefinition, ClinicalField, Label, Measurement
    from annoconv.model import Subject as Person

    Bound: TypeAlias = Decimal | float | None

_YEARS: Final = {"D": 1 / 365.25, "W": 7 / 365.25, "M": 1 / 12, "Y": 1.0}
"""Years to one unit of a DICOM age string."""
_MOST: Final = {"age": 150.0, "height": 3.0, "weight": 1000.0}
"""Years, metres, kilograms: beyond these it is another unit, or another number."""
_DISTANCES: Final = frozenset({AgreementMetric.HD, AgreementMetric.HD95})
_SIGNED: Final = frozenset({AgreementMetric.KAPPA, AgreementMetric.ICC, AgreementMetric.PEARSON})


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
        least, most = 0.0, 1.0
        if each.metric in _DISTANCES:
            most = float("inf")
        elif each.metric in _SIGNED:
            least = -1.0
        elif each.metric is AgreementMetric.CONFORMITY:
            least = float("-inf")
        if not least <= each.value <= most:
            values = {"metric": each.metric.value, "value": f"{each.value:g}", "least": least, "most": most}
            yield Breach((*path, number, "value"), values)


def _measurements(subject: Subject) -> Iterator[tuple[Steps, Measurement]]:
    for path, annotation in subject.annotations():
        for number, each in enumerate(annotation.measurements or ()):
            yield (*path, "measurements", number), each


def _fields(subject: Subject) -> Iterator[tuple[Steps, ClinicalField]]:
    for position, record in enumerate(subject.case.clinical_records or ()):
        for number, field in enumerate(record.fields):
            yield ("clinical_records", position, "fields", number), field


def _definitions(labels: Sequence[Label]) -> Iterator[tuple[Steps, AttributeDefinition]]:
    for position, label in enumerate(labels):
        for number, definition in enumerate(label.attributes or ()):
            yield ("labels", position, "attributes", number), definition
