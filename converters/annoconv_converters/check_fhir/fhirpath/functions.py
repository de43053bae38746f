"""The functions of FHIRPath, by name: plain ones of a collection and values, and those that look at each item."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any, Final, TypeAlias

from annoconv_converters.check_fhir.fhirpath.values import Undecided, boundary, identity, measure_of, plain, truth
from annoconv_converters.check_fhir.narrative import is_safe
from annoconv_converters.check_fhir.nodes import Node, parts

__all__ = ["FUNCTIONS", "LAMBDAS", "is_of"]

Items: TypeAlias = list[Any]
Function: TypeAlias = Callable[..., Items]

_LONGEST_MATCHED: Final = 10_000
"""Characters of a text that a pattern is tried on; names and paths, which have patterns, are far shorter."""


def is_of(item: Any, name: str) -> bool:
    """Tell whether an item is of a type, or one derived from it."""
    if type(item) is Node:
        return item.kind.is_a(name)
    return _SYSTEM_NAMES.get(type(item), "") == name.lower()


_SYSTEM_NAMES: Final = {bool: "boolean", str: "string", Decimal: "decimal"}


def _texts(items: Items) -> Iterator[str]:
    if len(items) > 1:
        raise Undecided("more than one value")
    for item in items:
        value = plain(item)
        if isinstance(value, str):
            yield value


def _of_text(function: Callable[..., Any]) -> Function:
    """Return a function of a collection of one text, and of the first values of its arguments."""

    def called(items: Items, _: Any, *arguments: Items) -> Items:
        values = [plain(each[0]) for each in arguments if each]
        if len(values) < len(arguments):
            return []
        try:
            return [answer for text in _texts(items) if (answer := function(text, *values)) is not None]
        except TypeError as error:
            raise Undecided("a value of a wrong type") from error

    return called


def _of_all(function: Callable[[Items], Any]) -> Function:
    """Return a function of a whole collection, with one value."""

    def called(items: Items, _: Any) -> Items:
        return [function(items)]

    return called


def _has_value(items: Items) -> bool:
    return len(items) == 1 and plain(items[0]) is not None and not _is_complex(items[0])


def _is_complex(item: Any) -> bool:
    return type(item) is Node and item.kind.kind != "primitive"


def _is_distinct(items: Items) -> bool:
    return len({identity(item) for item in items}) == len(items)


def _distinct(items: Items, _: Any) -> Items:
    return list({identity(item): item for item in items}.values())


def _children(items: Items, around: Any) -> Items:
    found = [part for item in items if type(item) is Node for part in parts(item)]
    around.budget.spend(len(found))
    return found


def _descendants(items: Items, around: Any) -> Items:
    found: Items = []
    level = _children(items, around)
    while level:
        found += level
        level = _children(level, around)
    return found


def _intersect(items: Items, around: Any, other: Items) -> Items:
    known = {identity(item) for item in other}
    return [item for item in _distinct(items, around) if identity(item) in known]


def _resolved(items: Items, around: Any) -> Items:
    found: Items = []
    for item in items:
        if type(item) is not Node:
            continue
        text = item.value.get("reference") if isinstance(item.value, dict) else item.value
        target = around.resolve(item, text) if isinstance(text, str) else None
        if target is not None:
            found.append(target)
    return found


def _bounds(*, high: bool) -> Function:
    def called(items: Items, _: Any) -> Items:
        return [edge for item in items if (edge := boundary(item, high=high)) is not None]

    return called


def _comparable(items: Items, _: Any, other: Items) -> Items:
    units = [_unit(each) for each in (*items, *other)]
    return [units[0] == units[1]] if len(units) == 2 else []


def _unit(item: Any) -> Any:
    measure = measure_of(item) if type(item) is Node else item
    return getattr(measure, "unit", None)


def _not(items: Items, _: Any) -> Items:
    answer = truth(items)
    return [] if answer is None else [not answer]


def _integer(items: Items, _: Any) -> Items:
    values = [plain(item) for item in items]
    return [Decimal(str(value)) for value in values if re.fullmatch(r"[+-]?[0-9]{1,30}", str(value))]


def _told(items: Items, _: Any) -> Items:
    return [str(value).lower() if type(value) is bool else str(value) for value in map(plain, items)]


def _first(items: Items, _: Any) -> Items:
    return items[:1]


def _tail(items: Items, _: Any) -> Items:
    return items[1:]


def _combined(items: Items, _: Any, other: Items) -> Items:
    return [*items, *other]


def _traced(items: Items, *_: Any) -> Items:
    return items


def _member_of(*_: Any) -> Items:
    raise Undecided("a value set that only a terminology server knows")


def _length(text: str) -> Decimal:
    return Decimal(len(text))


def _replaced(text: str, pattern: str, other: str) -> str:
    return re.sub(pattern, other, text[:_LONGEST_MATCHED])


def _matches(text: str, pattern: str) -> bool:
    return re.search(pattern, text[:_LONGEST_MATCHED], re.DOTALL) is not None


def _part(text: str, start: Decimal, length: Decimal | None = None) -> str | None:
    if not 0 <= start < len(text):
        return None
    end = len(text) if length is None else int(start + max(length, Decimal(0)))
    return text[int(start) : end]


def _safe(items: Items, _: Any) -> Items:
    return [all(is_safe(plain(item)) for item in items)]


FUNCTIONS: Final[dict[str, Function]] = {
    "empty": _of_all(lambda items: not items),
    "count": _of_all(lambda items: Decimal(len(items))),
    "hasValue": _of_all(_has_value),
    "isDistinct": _of_all(_is_distinct),
    "allTrue": _of_all(lambda items: all(plain(item) is True for item in items)),
    "allFalse": _of_all(lambda items: all(plain(item) is False for item in items)),
    "not": _not,
    "first": _first,
    "tail": _tail,
    "distinct": _distinct,
    "children": _children,
    "descendants": _descendants,
    "combine": _combined,
    "intersect": _intersect,
    "trace": _traced,
    "resolve": _resolved,
    "lowBoundary": _bounds(high=False),
    "highBoundary": _bounds(high=True),
    "comparable": _comparable,
    "toInteger": _integer,
    "toString": _told,
    "htmlChecks": _safe,
    "memberOf": _member_of,
    "length": _of_text(_length),
    "startsWith": _of_text(str.startswith),
    "endsWith": _of_text(str.endswith),
    "contains": _of_text(str.__contains__),
    "matches": _of_text(_matches),
    "replaceMatches": _of_text(_replaced),
    "substring": _of_text(_part),
}
"""Take the collection, what is around, and the values of their arguments."""


def _where(items: Items, around: Any, criterion: Function) -> Items:
    return [item for item in items if truth(criterion([item], [item], around)) is True]


def _exists(items: Items, around: Any, criterion: Function | None = None) -> Items:
    return [bool(items if criterion is None else _where(items, around, criterion))]


def _all(items: Items, around: Any, criterion: Function) -> Items:
    return [all(truth(criterion([item], [item], around)) is True for item in items)]


def _select(items: Items, around: Any, projection: Function) -> Items:
    return [found for item in items for found in projection([item], [item], around)]


def _repeat(items: Items, around: Any, projection: Function) -> Items:
    found: dict[int, Any] = {}
    level = _select(items, around, projection)
    while level:
        new = {id(item.value) if type(item) is Node else hash(identity(item)): item for item in level}
        level = [item for key, item in new.items() if key not in found]
        found |= new
        level = _select(level, around, projection)
    return list(found.values())


def _if(items: Items, around: Any, criterion: Function, then: Function, otherwise: Function | None = None) -> Items:
    if truth(criterion(items, items, around)):
        return then(items, items, around)
    return [] if otherwise is None else otherwise(items, items, around)


LAMBDAS: Final[dict[str, Function]] = {
    "where": _where,
    "exists": _exists,
    "all": _all,
    "select": _select,
    "repeat": _repeat,
    "iif": _if,
}
"""Take the collection, what is around, and their arguments as functions."""
