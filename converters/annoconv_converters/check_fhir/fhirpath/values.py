"""What FHIRPath computes with: nodes of the document and values; how they are compared."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any, NamedTuple

from annoconv_converters.check_fhir.fhirpath.times import Stretch, stretch_of
from annoconv_converters.check_fhir.nodes import Node

__all__ = ["Measure", "Undecided", "boundary", "compared", "identity", "plain", "truth"]

_TIMES = frozenset({"date", "dateTime", "instant"})


class Undecided(Exception):  # noqa: N818  no error: the expression has no answer for what stands there
    """An expression has no answer, such as the truth of two values."""


class Measure(NamedTuple):
    """A number with its unit, as a Quantity has them."""

    number: Decimal
    unit: tuple[str, str]


def plain(item: Any) -> Any:
    """Return the value of a primitive, a number as Decimal; anything else as it is.

    Raises
    ------
    Undecided
        If the document has an object, an array or no number there, which is told as a wrong type.
    """
    value: Any = item.value if type(item) is Node and item.kind.kind == "primitive" else item
    kind = type(value)
    if kind is int:
        return Decimal(value)
    if kind is float and math.isfinite(value):
        return Decimal(repr(value))
    if kind in {dict, list, float}:
        raise Undecided("a value of a wrong type")
    return value


def truth(items: list[Any]) -> bool | None:
    """Return the truth of a collection: None of an empty one, True of one value that is no boolean."""
    if not items:
        return None
    if len(items) > 1:
        raise Undecided("more than one value")
    value = plain(items[0])
    return value if type(value) is bool else True


def identity(item: Any) -> Any:
    """Return what is equal for equal items, and can be looked up."""
    value = plain(item)
    return _frozen(value.value if type(value) is Node else value)


def _frozen(value: Any) -> Any:
    kind = type(value)
    if kind is dict:
        return frozenset((key, _frozen(each)) for key, each in value.items())
    if kind is list:
        return tuple(map(_frozen, value))
    return (kind is bool, value)


def compared(one: Any, other: Any) -> int | None:
    """Return -1, 0 or 1 as one is less than, equal to or greater than the other; None if that cannot be told."""
    first: Any = _comparable(one)
    second: Any = _comparable(other)
    if type(first) is Stretch and type(second) is Stretch:
        first, second = first.against(second), second.against(first)
        if first == second:
            return 0
        return -1 if first.last < second.first else 1 if first.first > second.last else None
    if type(first) is Measure and type(second) is Measure:
        if first.unit != second.unit:
            return None
        first, second = first.number, second.number
    if type(first) is not type(second) or type(first) not in {Decimal, str}:
        return None
    return int(first > second) - int(first < second)


def _comparable(item: Any) -> Any:
    if type(item) is Node:
        if item.kind.name in _TIMES:
            return stretch_of(item.value) if isinstance(item.value, str) else None
        if item.kind.is_a("Quantity"):
            return measure_of(item)
    return plain(item)


def measure_of(node: Node) -> Measure | None:
    """Return the number and the unit of a Quantity; None if it has no number."""
    quantity = node.value if isinstance(node.value, dict) else {}
    number = quantity.get("value")
    if isinstance(number, bool) or not isinstance(number, int | float | Decimal):
        return None
    unit = quantity.get("code") or quantity.get("unit") or ""
    return Measure(Decimal(str(number)), (str(quantity.get("system") or ""), str(unit)))


def boundary(item: Any, *, high: bool) -> Any:
    """Return the least or the greatest that a value of its precision may be; None of what has no precision."""
    value = _comparable(item)
    if type(value) is Stretch:
        moment = value.last if high else value.first
        return Stretch(moment, moment, value.has_zone)
    number = value.number if type(value) is Measure else value
    if type(number) is not Decimal or not number.is_finite():
        return None
    half = Decimal((0, (5,), int(number.as_tuple().exponent) - 1))
    edge = number + half if high else number - half
    return Measure(edge, value.unit) if type(value) is Measure else edge
