"""What its label says of an annotation, and how fine it is (A 8.2.2, A 8.3, A 10.1.2)."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Final, cast

from annoconv.codes import UNNAMED
from annoconv.model import AnnotationCategory, AnnotationStatus, Assertion, Granularity, KeypointsAnnotation
from annoconv.rules.engine import Breach, Subject, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from annoconv.documents.residuals import Path as Steps
    from annoconv.model import AttributeDefinition

_KINDS_OF_TASK: Final = frozenset(
    {AnnotationCategory.ATTRIBUTE, AnnotationCategory.FUSION, AnnotationCategory.REPORT, AnnotationCategory.TEXT_IMAGE}
)
"""Categories that say how something was annotated; a label of any other category may have them."""

_THERE: Final = frozenset({None, Assertion.PRESENT, Assertion.POSSIBLE})
_LEFT: Final = frozenset({AnnotationStatus.SUPERSEDED, AnnotationStatus.REJECTED})
"""What is no result any more."""
_WITHOUT_PLACE: Final = frozenset({"attribute", "text_span"})
_OUTLINES: Final = frozenset({"polygon", "polyline", "contours", "ellipse", "ellipsoid", "mask"})
_GRANULARITIES: Final = {
    Granularity.IMAGE: _WITHOUT_PLACE,
    Granularity.REGION: _OUTLINES | {"bbox", "oriented_box", "point", "keypoints"},
    Granularity.BOUNDARY: _OUTLINES,
    Granularity.VOXEL: frozenset({"mask"}),
}
"""Types of annotation that can be as fine as that (A 8.3)."""


@rule("A-8.3b.granularity")
def granularity(subject: Subject) -> Iterator[Breach]:
    """Yield each granularity that an annotation of its type cannot have; a region may be outlined or filled."""
    for path, each in subject.annotations():
        if each.granularity is not None and each.type not in _GRANULARITIES[each.granularity]:
            yield Breach((*path, "granularity"), {"granularity": each.granularity.value, "type": each.type})


@rule("A-C.3.category_of_label")
def category_of_label(subject: Subject) -> Iterator[Breach]:
    """Yield each annotation of another category than its label; a span of a text may be of the kind of its task."""
    for path, each in subject.annotations():
        label = subject.labels.get(each.label_code)
        expected = label.category if label is not None else None
        if expected in {None, each.category} or each.type == "text_span":
            continue
        if not {expected, each.category} & _KINDS_OF_TASK:
            values = {"code": each.label_code, "category": each.category.value, "expected": expected}
            yield Breach((*path, "category"), values)


@rule("A-6.5.1b.label_unnamed")
def label_unnamed(subject: Subject) -> Iterator[Breach]:
    """Yield each label that is the number of a value, as readers of label maps call what no table names."""
    for path, each in subject.annotations():
        match = UNNAMED.fullmatch(each.label_code)
        label = subject.labels.get(each.label_code) if match else None
        if match and (label is None or (label.name_en or label.name_zh or each.label_code) == each.label_code):
            yield Breach((*path, "label_code"), {"code": each.label_code, "value": match[1]})


@rule("A-10.1.2.keypoints_of_label")
def keypoints_of_label(subject: Subject) -> Iterator[Breach]:
    """Yield each set of keypoints that are not those of the label, each once."""
    for path, each in subject.annotations():
        label = subject.labels.get(each.label_code) if isinstance(each, KeypointsAnnotation) else None
        if label is None or label.keypoints is None or not isinstance(each, KeypointsAnnotation):
            continue
        names = [point.name for point in each.keypoints]
        if sorted(names) != sorted(set(label.keypoints)):
            values = {"code": each.label_code, "found": ", ".join(names), "expected": ", ".join(label.keypoints)}
            yield Breach((*path, "keypoints"), values)


@rule("A-10.1.2.value_not_permitted")
def value_not_permitted(subject: Subject) -> Iterator[Breach]:
    """Yield each value of an attribute that its label does not permit; what stands for a missing one is permitted."""
    permitted: dict[int, set[str | Decimal]] = {}
    for path, definition, value in _values(subject):
        if definition.permissible_values is None:
            continue
        key = id(definition)
        if key not in permitted:
            permitted[key] = {_number_or_text(each.value) for each in definition.permissible_values}
        if _number_or_text(value) not in permitted[key]:
            expected = ", ".join(each.value for each in definition.permissible_values)
            yield Breach(path, {"key": definition.key, "value": value, "expected": expected})


@rule("A-10.1.2.value_out_of_range")
def value_out_of_range(subject: Subject) -> Iterator[Breach]:
    """Yield each number of an attribute beyond the least or the greatest that its label permits."""
    for path, definition, value in _values(subject):
        number = _number_or_text(value)
        least, most = definition.minimum, definition.maximum
        if isinstance(number, Decimal) and not (
            (least is None or number >= least) and (most is None or number <= most)
        ):
            values = {"key": definition.key, "value": value, "least": _shown(least), "most": _shown(most)}
            yield Breach(path, values)


@rule("A-10.1.2.value_not_number")
def value_not_number(subject: Subject) -> Iterator[Breach]:
    """Yield each value that is no number where its label gives a unit, a least or a greatest value.

    A text that says a number is one; a unit belongs to the definition. Listed values have a rule of their own.
    """
    for path, definition, value in _values(subject):
        asked = {definition.unit, definition.minimum, definition.maximum} - {None}
        is_number = not isinstance(value, bool) and isinstance(_number_or_text(value), Decimal)
        if asked and definition.permissible_values is None and not is_number:
            yield Breach(path, {"key": definition.key, "value": value, "unit": definition.unit or "1"})


@rule("A-10.1.2.attribute_missing")
def attribute_missing(subject: Subject) -> Iterator[Breach]:
    """Yield each annotation without an attribute that its label asks for.

    What is not there has no attributes; neither have the words of a text, which only say something of an object, nor
    is what was superseded or rejected completed.
    """
    for path, each in subject.annotations():
        is_there = each.assertion in _THERE and each.type != "text_span" and each.status not in _LEFT
        label = subject.labels.get(each.label_code) if is_there else None
        for definition in (label.attributes if label is not None else None) or ():
            if definition.required and definition.key not in (each.attributes or {}):
                yield Breach(path, {"code": each.label_code, "key": definition.key})


def _values(subject: Subject) -> Iterator[tuple[Steps, AttributeDefinition, object]]:
    """Yield each value of an attribute that its label defines, those of a list one by one, none that say 'missing'."""
    defined = {
        code: {definition.key: definition for definition in label.attributes}
        for code, label in subject.labels.items()
        if label.attributes
    }
    for path, each in subject.annotations() if defined else ():
        definitions = defined.get(each.label_code, {})
        for key, value in (each.attributes or {}).items() if definitions else ():
            definition = definitions.get(key)
            for one in cast("list[object]", value) if isinstance(value, list) else [value]:
                if definition is not None and not _is_missing(one, definition):
                    yield (*path, "attributes", key), definition, one


def _is_missing(value: object, definition: AttributeDefinition) -> bool:
    """Tell whether a value is what stands for a missing one, as a text or as the number that it says."""
    code = definition.missing_code
    return code is not None and (value == code or _number_or_text(value) == _number_or_text(code))


def _number_or_text(value: object) -> str | Decimal:
    """Return a value so that those which say the same are equal: `3` and 3.0, `true` and True."""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text
    return number if number.is_finite() else text


def _shown(bound: Decimal | None) -> str:
    return "…" if bound is None else str(bound)
