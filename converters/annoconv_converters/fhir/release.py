"""Which release of FHIR a file is of, and what must be understood in it before anything is read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from annoconv.errors import InputError
from annoconv.messages import Message
from annoconv.times import parse_timestamp
from annoconv_converters.fhir import r4b

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import tzinfo
    from pathlib import Path

    from annoconv_converters.fhir.bundle import Release
    from annoconv_converters.fhir.names import Resource

__all__ = ["check_modifiers", "may_lack_zones", "may_modify", "release_of", "with_zones"]

_R4: Final = {
    "AuditEvent": {"type", "subtype", "outcomeDesc", "purposeOfEvent"},
    "BodyStructure": {"location", "locationQualifier"},
    "Composition": {"confidentiality"},
    "DetectedIssue": {"patient"},
    "Device": {"deviceName", "specialization", "distinctIdentifier"},
    "DiagnosticReport": {"imagingStudy"},
    "DocumentReference": {"masterIdentifier", "authenticator"},
    "ImagingStudy": {"procedureCode", "procedureReference", "reasonCode", "reasonReference", "interpreter"},
    "Media": {"content"},
}
"""Elements of resources that R4B has and R5 has not."""
_R5: Final = {
    "AuditEvent": {"code", "category", "severity", "patient"},
    "BodyStructure": {"includedStructure", "excludedStructure"},
    "Composition": {"version", "note"},
    "DetectedIssue": {"subject", "category"},
    "Device": {"displayName", "name", "category", "conformsTo"},
    "DiagnosticReport": {"study", "composition", "note", "supportingInfo"},
    "DocumentReference": {"version", "modality", "attester", "bodySite", "event"},
    "ImagingSelection": {"resourceType"},
    "ImagingStudy": {"procedure", "reason", "basedOnService", "partOf"},
    "Observation": {"bodyStructure", "triggeredBy"},
}
"""Elements of resources that R5 has and R4B has not."""
_TABLES: Final[tuple[tuple[Release, dict[str, set[str]]], ...]] = (("R4B", _R4), ("R5", _R5))
_TOLD: Final[dict[str, list[tuple[Release, set[str]]]]] = {
    type_: [(release, table[type_]) for release, table in _TABLES if type_ in table]
    for type_ in _R4.keys() | _R5.keys()
}
"""By type of resource, the elements that tell a release."""
_STATUS: Final = b'"modifierExtension":[{"url":"%b","valueCode":"available"}]' % r4b.STATUS.encode()
"""As every selection of ours has it in R4B."""
_KNOWN: Final = frozenset({r4b.STATUS})
"""Extensions that change the meaning and are read."""
_ENDS_IN_TIME: Final = re.compile(rb'T\d\d:\d\d(?::\d\d(?:\.\d+)?)?"')
_WITHOUT_ZONE: Final = re.compile(rb'"\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?"')
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?")
_FREE: Final = frozenset({"valueString", "text", "display", "div", "description", "title", "note", "detail"})
"""Members whose texts are no times, whatever they look like."""


def release_of(resources: Iterable[Resource], asked: Release | None, source: Path | str | None) -> Release:
    """Return the release that resources are of: the one asked for, else the one whose elements they have.

    Raises
    ------
    InputError
        If there are elements of another one.
    """
    found: dict[Release, str] = {}
    for resource in resources:
        type_ = str(resource.get("resourceType"))
        for release, names in _TOLD.get(type_, ()):
            if not names.isdisjoint(resource):
                name = min(names & resource.keys())
                found.setdefault(release, type_ if name == "resourceType" else f"{type_}.{name}")
        form = _modality_form(resource) if type_ == "ImagingStudy" else None
        if form is not None:
            found.setdefault(form, "ImagingStudy.series.modality")
    others: list[Release] = [each for each in found if each != asked]
    if others and (asked is not None or len(found) > 1):
        other = others[0]
        raise InputError(
            "the file holds what another release of FHIR has",
            source=source,
            where=found[other],
            found=other,
            expected=asked or next(each for each in found if each != other),
            advice="Name the release with --release, and keep resources of one release in a file",
        )
    if asked is not None:
        return asked
    return "R4B" if "R4B" in found else "R5"


def _modality_form(study: Resource) -> Release | None:
    """Return the release that the form of the modality of a series tells: a Coding, since R5 a concept."""
    for series in study.get("series", ()):
        modality = series.get("modality") if isinstance(series, dict) else None
        if isinstance(modality, dict) and {"code", "coding"} & modality.keys():
            return "R4B" if "code" in modality else "R5"
    return None


def check_modifiers(resources: Iterable[Resource], source: Path | str | None) -> None:
    """Refuse what changes the meaning of resources and is not known (FHIR extensibility: modifierExtension).

    Raises
    ------
    InputError
        If there is an extension of that kind, or rules that nobody here knows.
    """
    for resource in resources:
        where = f"{resource.get('resourceType')}/{resource.get('id')}"
        for told, are_rules in _modifiers(resource):
            raise InputError(
                "a set of rules that changes the meaning of a resource is not known"
                if are_rules
                else "an extension that changes the meaning of a resource is not known",
                source=source,
                where=where,
                found=told,
                expected="a resource without implicitRules" if are_rules else r4b.STATUS,
                advice="Ask who made the file what it means; nothing of the resource can be trusted without it",
            )


def may_modify(data: bytes) -> bool:
    """Tell whether a text may have what `check_modifiers` looks for; a name may be written with escapes."""
    is_other = data.count(b"modifierExtension") > data.count(_STATUS)
    return is_other or b"implicitRules" in data or b"\\u00" in data


def _modifiers(node: Any) -> Iterator[tuple[str, bool]]:
    """Yield the addresses of what changes the meaning of an element, and whether it is a set of rules."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "modifierExtension":
                listed = value if isinstance(value, list) else [value]
                urls = (str(each.get("url")) for each in listed if isinstance(each, dict))
                yield from ((url, False) for url in urls if url not in _KNOWN)
            elif key == "implicitRules":
                yield str(value), True
            elif type(value) is dict or type(value) is list:
                yield from _modifiers(value)
    elif isinstance(node, list):
        for each in node:
            if type(each) is dict or type(each) is list:
                yield from _modifiers(each)


def may_lack_zones(data: bytes) -> bool:
    """Tell whether a time of a text may name no zone."""
    return _ENDS_IN_TIME.search(data) is not None and _WITHOUT_ZONE.search(data) is not None


def with_zones(node: Any, zone: tzinfo | None, source: Path | str | None, key: str = "") -> Any:
    """Return a document in which times that name no zone are those of a zone.

    Raises
    ------
    InputError
        If there is such a time, and no zone.
    """
    if isinstance(node, dict):
        return {name: with_zones(value, zone, source, name) for name, value in node.items()}
    if isinstance(node, list):
        return [with_zones(each, zone, source, key) for each in node]
    if not isinstance(node, str) or key in _FREE or _MOMENT.fullmatch(node) is None:
        return node
    if zone is None:
        raise InputError(
            "a time names no zone",
            source=source,
            where=key,
            found=Message("{time}", time=node),
            expected="a time with its zone, 2025-03-12T10:25:00+08:00",
            advice="Pass --timezone +08:00 if all its times are of that zone",
        )
    return parse_timestamp(node, zone).isoformat()
