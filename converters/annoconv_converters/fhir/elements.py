"""Data types of FHIR from values of a case and back: concepts, quantities, identifiers, times, references.

What a case may say and FHIR may not (an empty text, a zone beyond 14 hours) gives None, and travels in an extension.
"""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Context, Decimal
from typing import TYPE_CHECKING, Any, Final

from annoconv.documents.json_values import SCALARS
from annoconv_converters.fhir import names
from annoconv_converters.fhir.names import ADDRESS, UCUM, coding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from annoconv_converters.fhir.names import Resource

__all__ = [
    "DIGITS",
    "code_in",
    "code_of",
    "codes_in",
    "concept_in",
    "concept_put",
    "concepts_in",
    "identified",
    "is_code",
    "is_id",
    "is_text",
    "moment",
    "quantity",
    "value_in",
    "value_put",
    "with_bare_uids",
]  # fmt: skip

_TEXT: Final = re.compile(r"[^\x00-\x08\x0b\x0c\x0e-\x1f]+")
_CODE: Final = re.compile(r"[^\s\x00-\x1f]+( [^\s\x00-\x1f]+)*")
_ID: Final = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]((0\d|1[0-3]):[0-5]\d|14:00))", re.ASCII)
_LISTS: Final = f"{ADDRESS}/CodeSystem/"
_IDS: Final = f"{ADDRESS}/id/"
_LEAST, _MOST = -(1 << 31), (1 << 31) - 1
_OID: Final = "urn:oid:"
_UIDS: Final = frozenset({"uid", "studyUid", "seriesUid", "frameOfReferenceUid"})
"""Members of ImagingStudies and ImagingSelections that are UIDs."""
DIGITS: Final = 35
"""Of a decimal at most: 18 before its point and 17 behind it (R5 datatypes.html#decimal)."""
_ROUNDING: Final = Context(prec=DIGITS)
_SHORT: Final = 10**DIGITS


def is_text(value: str) -> bool:
    """Tell whether a text is a `string` of FHIR."""
    return _TEXT.fullmatch(value) is not None and not value.isspace()


def is_code(value: str) -> bool:
    """Tell whether a text is a `code` of FHIR."""
    return _CODE.fullmatch(value) is not None


def is_id(value: str) -> bool:
    """Tell whether a text is an `id` of FHIR."""
    return _ID.fullmatch(value) is not None


def moment(value: str | None) -> str | None:
    """Return a time of a case as an `instant` or `dateTime` of FHIR; None if it is none."""
    if value is None or not _MOMENT.fullmatch(value):
        return None
    try:
        datetime.fromisoformat(value)
    except ValueError:  # the 30th of February; a leap second, which FHIR has and a case has not
        return None
    return value


# --- concepts ---------------------------------------------------------------------------------------------------------


def coding_put(concept: Resource) -> dict[str, str] | None:
    """Return a concept of a case as a coding; None if its code is none of FHIR."""
    if not is_code(concept["code"]):
        return None
    version = {"version": concept["version"]} if "version" in concept else {}
    return {
        "system": names.system_of(concept["scheme"]),
        "code": concept["code"],
        "display": concept["meaning"],
        **version,
    }


def concept_put(concept: Resource | None, *ours: dict[str, str]) -> Resource | None:
    """Return a concept of a case as a CodeableConcept, codes of ours behind; None if there is nothing to say."""
    told = coding_put(concept) if concept else None
    codings = [*([told] if told else []), *ours]
    return {"coding": codings} if codings else None


def coding_in(told: Resource) -> Resource | None:
    """Return a coding as a concept of a case; None if it is no published one or lacks what a concept has."""
    system, code, display = told.get("system"), told.get("code"), told.get("display")
    if not (isinstance(system, str) and isinstance(code, str) and isinstance(display, str)):
        return None
    scheme = names.scheme_of(system)
    if scheme is None:
        return None
    version = {"version": told["version"]} if isinstance(told.get("version"), str) else {}
    return {"code": code, "scheme": scheme, "meaning": display, **version}


def concepts_in(told: Any) -> list[Resource]:
    """Return the published concepts of a CodeableConcept."""
    codings = told.get("coding", ()) if isinstance(told, dict) else ()
    return [found for each in codings if (found := coding_in(each)) is not None]


def concept_in(told: Any) -> Resource | None:
    """Return the first published concept of a CodeableConcept."""
    return next(iter(concepts_in(told)), None)


def code_in(told: Any, list_name: str) -> str | None:
    """Return the code of a list of ours in a CodeableConcept, or in a list of them."""
    if told is None:
        return None
    system = _LISTS + list_name
    for concept in told if type(told) is list else (told,):
        for each in concept.get("coding", ()):
            if each.get("system") == system:
                return str(each.get("code"))
    return None


def codes_in(told: Any) -> dict[str, str]:
    """Return the codes of lists of ours in a CodeableConcept, or in a list of them, by the names of the lists."""
    found: dict[str, str] = {}
    for concept in () if told is None else told if type(told) is list else (told,):
        for each in concept.get("coding", ()):
            system = each.get("system", "")
            if system.startswith(_LISTS):
                found.setdefault(system[len(_LISTS) :], str(each.get("code")))
    return found


def code_of(list_name: str, code: str) -> Resource:
    """Return a CodeableConcept of a code of ours alone."""
    return {"coding": [coding(list_name, code)]}


# --- values -----------------------------------------------------------------------------------------------------------


def quantity(value: Any, unit: str | None, comparator: str | None = None) -> Resource:
    """Return a number with its unit in UCUM."""
    told: Resource = {"value": _numeral(value)}
    if comparator:
        told["comparator"] = comparator
    if unit is not None:
        told |= {"unit": unit, **({"system": UCUM, "code": unit} if is_code(unit) else {})}
    return told


def _numeral(value: Any) -> Any:
    """Return a number with the digits that FHIR has room for; the comparison finds those that it has none for."""
    if type(value) is float or (type(value) is int and -_SHORT < value < _SHORT):
        return value
    told = Decimal(value)
    return value if len(told.as_tuple().digits) <= DIGITS else _ROUNDING.plus(told)


def value_put(value: Any, unit: str | None = None) -> Resource | None:
    """Return a scalar as a choice of `value[x]`, by its type; None if FHIR has none for it."""
    kind = type(value)
    if kind is bool:
        return {"valueBoolean": value}
    if kind is str:
        return {"valueString": value} if is_text(value) else None
    if kind is int and unit is None and _LEAST <= value <= _MOST:
        return {"valueInteger": value}
    return {"valueQuantity": quantity(value, unit)} if kind in SCALARS and value is not None else None


def value_in(told: Resource) -> Any:
    """Return the scalar of a choice of `value[x]` as `value_put` makes it; None if there is none."""
    for name in ("valueString", "valueInteger", "valueBoolean"):
        if name in told:
            return told[name]
    return told["valueQuantity"].get("value") if "valueQuantity" in told else None


def identified(system: str, value: str) -> Resource:
    """Return an identifier of ours."""
    return {"system": _IDS + system, "value": value}


def identifier_in(resource: Resource, system: str) -> str | None:
    """Return the value of an identifier of ours."""
    told = resource.get("identifier")
    if told is None:
        return None
    wanted = _IDS + system
    for each in told if type(told) is list else (told,):
        if each.get("system") == wanted:
            value: str | None = each.get("value")
            return value
    return None


def uid_put(uid: str) -> Resource:
    """Return a DICOM UID as an identifier (FHIR, imaging module: `urn:dicom:uid` and `urn:oid:`)."""
    return {"system": "urn:dicom:uid", "value": f"urn:oid:{uid}"}


def uid_in(resource: Resource) -> str | None:
    """Return the DICOM UID that identifies a resource."""
    for each in _listed(resource.get("identifier", ())):
        if each.get("system") == "urn:dicom:uid" and isinstance(each.get("value"), str):
            return str(each["value"]).removeprefix("urn:oid:")
    return None


def with_bare_uids(node: Resource) -> Resource:
    """Return an element whose DICOM UIDs do not begin with `urn:oid:`, as they do where archives take them for URIs."""
    wrong = [key for key in _UIDS & node.keys() if str(node[key]).startswith(_OID)]
    return {**node, **{key: node[key].removeprefix(_OID) for key in wrong}} if wrong else node


def _listed(told: Any) -> Iterable[Resource]:
    return told if isinstance(told, list) else [told] if isinstance(told, dict) else ()


def extensions(resource: Resource, url: str) -> Iterator[Resource]:
    """Yield the extensions of an element that have an address."""
    for each in resource.get("extension", ()):
        if each.get("url") == url:
            yield each
