"""Measurements, evaluations, sites and algorithms as content items, and back (TID 300, 310, 312, 1501, 4019)."""

from __future__ import annotations

import math
from collections import Counter
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final

from annoconv.codes import PRIVATE_SCHEME
from annoconv.documents import strict_json
from annoconv.model import Concept, FindingSite, Laterality
from annoconv.sites import modifiers_of, site_of
from annoconv_converters._dicom.content import Coordinates, Item, Quantity, Reference
from annoconv_converters._dicom.snomed import modern_concept
from annoconv_converters._dicom.texts import fit
from annoconv_converters.dicom_sr import codes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from annoconv.model import Algorithm, Measurement

__all__ = [
    "algorithm_in",
    "algorithm_items",
    "code_item",
    "evaluation_in",
    "is_plain_number",
    "measurement_in",
    "measurement_items",
    "number_text",
    "plain_number",
    "reference_document",
    "regions_in",
    "site_in",
    "site_item",
    "text_item",
    "tidy",
]

_LONGEST_DECIMAL: Final = 16
_MODIFIER: Final = "HAS CONCEPT MOD"
_CONTEXT: Final = "HAS OBS CONTEXT"
_PROPERTY: Final = "HAS PROPERTIES"


def tidy(concept: Concept) -> dict[str, Any]:
    """Return a concept as a case document has it, of the former SNOMED scheme as that of SNOMED CT."""
    return dict(strict_json.plain(modern_concept(concept)))


def code_item(relationship: str, name: Concept, value: Concept) -> Item:
    """Return a CODE item."""
    return Item(relationship, "CODE", name, value)


def text_item(relationship: str, name: Concept, value: str) -> Item:
    """Return a TEXT item."""
    return Item(relationship, "TEXT", name, fit("UT", value))


# --- numbers


def number_text(value: Decimal) -> tuple[str, float | None]:
    """Return a number as a decimal string (PS3.5 6.2, DS), and as a float where that has not all of its digits."""
    text = str(value)
    if len(text) <= _LONGEST_DECIMAL:
        return text, None
    for digits in range(_LONGEST_DECIMAL, 0, -1):
        rounded = f"{value:.{digits}g}".replace("e+", "e")
        if len(rounded) <= _LONGEST_DECIMAL:
            return rounded, float(value)
    return "0", float(value)


def _decimal(value: Quantity) -> Decimal | None:
    try:
        stated = Decimal(value.text.strip())
    except InvalidOperation:
        stated = None
    if value.exact is not None and (stated is None or float(stated) != value.exact):
        stated = Decimal(repr(value.exact))
    return stated if stated is not None and stated.is_finite() else None


def is_plain_number(one: Item) -> bool:
    """Tell whether a NUM item is an attribute of ours: under its key, and without a unit."""
    value = one.value
    is_plain = isinstance(value, Quantity) and value.unit is not None and value.unit.code == "1"
    return one.kind == "NUM" and one.key[1] == PRIVATE_SCHEME and is_plain and not one.children


def plain_number(value: Quantity) -> Any:
    """Return a number as a case document has it: whole, a float, or an exact decimal."""
    if value.exact is not None and math.isfinite(value.exact):
        return value.exact
    try:
        return int(value.text)
    except ValueError:
        pass
    try:
        number = float(value.text)
        return number if repr(number) == value.text else Decimal(value.text)
    except ValueError:
        return value.text


# --- measurements


def measurement_items(
    measurements: Sequence[Measurement],
    regions_of: Callable[[Measurement], list[Item]],
    value_map_of: Callable[[Measurement], Reference | None],
) -> tuple[list[Item], list[Item]]:
    """Return what all measurements of a group share, and a NUM item for each.

    The method is said once for all if each has one: the most frequent, and others say theirs. So is the map of real
    world values, if it is the same for all.

    Parameters
    ----------
    measurements
        Of one annotation.
    regions_of
        Coordinates that a measurement was taken on.
    value_map_of
        The map of real world values that a measurement rests on.
    """
    shared: list[Item] = []
    methods = [each.method for each in measurements]
    common = None
    if len(methods) > 1 and all(methods):
        common = Counter(map(_key, filter(None, methods))).most_common(1)[0][0]
        method = next(each for each in methods if each is not None and _key(each) == common)
        shared.append(code_item(_MODIFIER, codes.METHOD, method))
    maps = {value_map_of(each) for each in measurements}
    shared_map = maps.pop() if len(maps) == 1 and len(measurements) > 1 else None
    if shared_map is not None:
        shared.insert(0, Item("CONTAINS", "COMPOSITE", codes.VALUE_MAP, shared_map))
    items: list[Item] = []
    for each in measurements:
        one = _measurement(each)
        if each.method is not None and _key(each.method) != common:
            one.children.insert(0, code_item(_MODIFIER, codes.METHOD, each.method))
        one.children += regions_of(each)
        found = value_map_of(each)
        if found is not None and shared_map is None:
            one.children.append(Item("INFERRED FROM", "COMPOSITE", codes.VALUE_MAP, found))
        if each.algorithm is not None:
            one.children += algorithm_items(each.algorithm)
        items.append(one)
    return shared, items


def _key(concept: Concept) -> tuple[str, str]:
    return concept.code, concept.scheme


def _measurement(each: Measurement) -> Item:
    unit = codes.unit_concept(each.unit)
    if each.value is not None:
        text, exact = number_text(each.value)
        value = Quantity(text, unit, exact)
    else:
        reason = codes.ABSENT.get(each.absent_reason) if each.absent_reason is not None else None
        value = Quantity(qualifier=reason or codes.dcm("114010", "Value unknown"))
    one = Item("CONTAINS", "NUM", each.concept, value)
    if each.derivation is not None:
        one.children.append(code_item(_MODIFIER, codes.DERIVATION, each.derivation))
    if each.tracking_uid is not None:
        one.children.append(Item(_CONTEXT, "UIDREF", codes.TRACKING_UID, each.tracking_uid))
    if each.comparator is not None:
        one.children.append(code_item(_MODIFIER, codes.COMPARATOR, codes.COMPARATORS[each.comparator]))
    for name, limit in ((codes.NORMAL_LOW, each.normal_low), (codes.NORMAL_HIGH, each.normal_high)):
        if limit is not None:
            text, exact = number_text(limit)
            one.children.append(Item(_PROPERTY, "NUM", name, Quantity(text, unit, exact)))
    one.children += [code_item(_PROPERTY, told.concept, told.value) for told in each.interpretations or ()]
    return one


def measurement_in(one: Item, group: Item) -> dict[str, Any] | None:
    """Return a NUM item as a measurement; None if it is none that a case can hold.

    Where it was measured is not looked at, see `groups`.
    """
    value = one.value
    if one.name is None or not isinstance(value, Quantity):
        return None
    number = _decimal(value)
    unit = value.unit.code if value.unit is not None else "1"
    found: dict[str, Any] = {"concept": tidy(one.name), "unit": unit}
    if number is not None:
        found["value"] = number
    else:
        found["absent_reason"] = _reason(value)
    method = _code(one, codes.METHOD) or _code(group, codes.METHOD)
    found |= {"method": tidy(method)} if method is not None else {}
    derivation = _code(one, codes.DERIVATION)
    found |= {"derivation": tidy(derivation)} if derivation is not None else {}
    comparator = _code(one, codes.COMPARATOR)
    for kind, concept in codes.COMPARATORS.items():
        if comparator is not None and _key(comparator) == _key(concept):
            found["comparator"] = kind.value
    uid = one.text(codes.key_of(codes.TRACKING_UID))
    found |= {"tracking_uid": uid} if uid else {}
    for name, concept in (("normal_low", codes.NORMAL_LOW), ("normal_high", codes.NORMAL_HIGH)):
        limit = next((each.value for each in _named(one, concept) if isinstance(each.value, Quantity)), None)
        told = _decimal(limit) if limit is not None else None
        found |= {name: told} if told is not None else {}
    told_of = [each for each in one.all(kind="CODE") if each.relationship == _PROPERTY and each.name is not None]
    said = [evaluation_in(each) for each in told_of]
    found |= {"interpretations": [each for each in said if each is not None]} if any(said) else {}
    algorithm = algorithm_in(one)
    found |= {"algorithm": algorithm} if algorithm is not None else {}
    for place in (one, group):
        mapped = next((each.value for each in _named(place, codes.VALUE_MAP)), None)
        if isinstance(mapped, Reference):
            found["value_map"] = reference_document(mapped)
            break
    return found


def _reason(value: Quantity) -> str:
    stated = None if value.qualifier is None else _key(value.qualifier)
    return next((reason.value for reason, concept in codes.ABSENT.items() if _key(concept) == stated), "unknown")


def reference_document(value: Reference) -> dict[str, Any]:
    """Return a referenced instance as a case document has it."""
    return {"sop_instance_uid": value.sop_instance_uid} | (
        {"sop_class_uid": value.sop_class_uid} if value.sop_class_uid else {}
    )


def _named(one: Item, concept: Concept) -> Iterator[Item]:
    key = _key(concept)
    return (each for each in one.children if codes.names(each) == key)


def _code(one: Item, concept: Concept) -> Concept | None:
    return next((each.value for each in _named(one, concept) if isinstance(each.value, Concept)), None)


# --- evaluations, sites, algorithms


def evaluation_in(one: Item) -> dict[str, Any] | None:
    """Return a CODE item as a qualitative evaluation."""
    if one.name is None or not isinstance(one.value, Concept):
        return None
    return {"concept": tidy(one.name), "value": tidy(one.value)}


def site_item(site: FindingSite) -> Item:
    """Return where a finding is; its side as laterality, what narrows it down as topographical modifiers."""
    one = code_item(_MODIFIER, codes.SITE, site.region)
    modifiers = list(modifiers_of(site))
    if site.laterality is not None and site.laterality is not Laterality.UNPAIRED:
        one.children.append(code_item(_MODIFIER, codes.LATERALITY, modifiers.pop(0)))
    one.children += [code_item(_MODIFIER, codes.TOPOGRAPHICAL, each) for each in modifiers]
    return one


def site_in(one: Item) -> FindingSite | None:
    """Return the site that a CODE item stands for."""
    if not isinstance(one.value, Concept):
        return None
    side = _code(one, codes.LATERALITY)
    others = [each.value for each in _named(one, codes.TOPOGRAPHICAL) if isinstance(each.value, Concept)]
    modifiers = [modern_concept(each) for each in ([side] if side is not None else []) + others]
    return site_of(modern_concept(one.value), modifiers)


def algorithm_items(algorithm: Algorithm) -> list[Item]:
    """Return what made something (TID 4019): name and version, which both are required, and its parameters."""
    items = [
        text_item(_MODIFIER, codes.ALGORITHM_NAME, algorithm.name),
        text_item(_MODIFIER, codes.ALGORITHM_VERSION, algorithm.version or codes.UNSPECIFIED),
    ]
    parameters: Mapping[str, Any] = strict_json.plain(algorithm).get("parameters") or {}
    items += [
        text_item(_MODIFIER, codes.ALGORITHM_PARAMETERS, f"{name}={_said(value)}") for name, value in parameters.items()
    ]
    if algorithm.family is not None:
        items.append(code_item(_MODIFIER, codes.ALGORITHM_FAMILY, algorithm.family))
    return items


def _said(value: Any) -> str:
    """Return a value as JSON, a text as itself unless it is JSON too."""
    if isinstance(value, str) and _meant(value) == value:
        return value
    return strict_json.dumps(value).decode().strip()


def _meant(text: str) -> Any:
    try:
        found = strict_json.loads(text.encode(), exact=True)
    except ValueError:
        return text
    return found if not isinstance(found, dict) and strict_json.dumps(found).decode().strip() == text else text


def algorithm_in(one: Item) -> dict[str, Any] | None:
    """Return the algorithm that an item names, as a case document has it."""
    name = _text(one, codes.ALGORITHM_NAME)
    if not name:
        return None
    found: dict[str, Any] = {"name": name}
    version = _text(one, codes.ALGORITHM_VERSION)
    found |= {"version": version} if version not in ("", codes.UNSPECIFIED) else {}
    family = _code(one, codes.ALGORITHM_FAMILY)
    found |= {"family": tidy(family)} if family is not None else {}
    pairs = [
        each.value.partition("=") for each in _named(one, codes.ALGORITHM_PARAMETERS) if isinstance(each.value, str)
    ]
    parameters = {name: _meant(text) for name, _, text in pairs if name.strip()}
    return found | ({"parameters": parameters} if parameters else {})


def _text(one: Item, concept: Concept) -> str:
    return next((each.value.strip() for each in _named(one, concept) if isinstance(each.value, str)), "")


def regions_in(one: Item) -> list[Item]:
    """Return the coordinates that a measurement was taken on."""
    return [
        each for each in one.children if each.kind in {"SCOORD", "SCOORD3D"} and isinstance(each.value, Coordinates)
    ]
