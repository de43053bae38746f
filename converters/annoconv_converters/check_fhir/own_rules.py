"""Rules of our own, where HL7's definitions say in words, or not at all, what a receiver stumbles over."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from annoconv.findings import Level
from annoconv.ids import is_dicom_uid
from annoconv.messages import Message
from annoconv.units import is_unit
from annoconv_converters.check_fhir.primitives import is_well_formed

if TYPE_CHECKING:
    from annoconv_converters.check_fhir.nodes import Node

__all__ = ["RULES", "Breach", "is_uri_kept"]

_UCUM: Final = "http://unitsofmeasure.org"
_DICOM_UID: Final = "urn:dicom:uid"
_URIS: Final = "urn:ietf:rfc:3986"
_LONGEST_UNIT: Final = 200
"""Characters of a code of UCUM that is looked at; none of people's has half as many."""
_ABSOLUTE: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")
_RESTFUL: Final = re.compile(r"https?://\S*?/([A-Z][A-Za-z]+)/([A-Za-z0-9\-.]{1,64})")


@dataclass(frozen=True, slots=True)
class Breach:
    """What breaks a rule: the rule, where below the node, and the parts of the sentence."""

    rule: str
    below: str
    problem: str
    level: Level = Level.ERROR
    found: object = None
    expected: object = None
    advice: str | None = None


Rule: TypeAlias = Callable[["Node"], Iterable[Breach]]


def is_uri_kept(text: str) -> bool:
    """Tell whether a URI that begins as an OID or a UUID is one."""
    lower = text[:9].lower()
    if lower.startswith("urn:oid:"):
        return is_well_formed("oid", text)
    return is_well_formed("uuid", text) if lower == "urn:uuid:" else True


def _is_ucum(code: str) -> bool:
    return len(code) <= _LONGEST_UNIT and is_unit(code)


def _unit(node: Node) -> Iterator[Breach]:
    """UCUM codes are UCUM's (the code system's own grammar)."""
    code = node.value.get("code")
    if node.value.get("system") == _UCUM and isinstance(code, str) and not _is_ucum(code):
        yield Breach(
            "unit", "/code", "the code is no unit of UCUM", found=code,
            advice="Write the code as UCUM does, mm2 or 10*9/L; the words for people belong into unit",
        )  # fmt: skip


def _coding(node: Node) -> Iterator[Breach]:
    system = node.value.get("system")
    if isinstance(system, str) and not _ABSOLUTE.fullmatch(system):
        yield Breach("system", "/system", "the system of a code is no absolute URI", found=system)
    code = node.value.get("code")
    if system == _URIS and isinstance(code, str) and not (_ABSOLUTE.fullmatch(code) and is_uri_kept(code)):
        yield Breach(
            "uri", "/code", "a code of urn:ietf:rfc:3986 is no URI", level=Level.WARNING, found=code,
            advice="Write urn:oid: in front of a UID",
        )  # fmt: skip
    if system == _UCUM and isinstance(code, str) and not _is_ucum(code):
        yield Breach("unit", "/code", "the code is no unit of UCUM", found=code)


def _identifier(node: Node) -> Iterator[Breach]:
    system, value = node.value.get("system"), node.value.get("value")
    if isinstance(system, str) and not _ABSOLUTE.fullmatch(system):
        yield Breach("system", "/system", "the system of an identifier is no absolute URI", found=system)
    if not isinstance(value, str):
        return
    if system == _DICOM_UID and not (value.startswith("urn:oid:") and is_dicom_uid(value[8:])):
        yield Breach("uid", "/value", "this is no DICOM UID as an identifier", expected="urn:oid: and the UID")
    elif system == _URIS and not (_ABSOLUTE.fullmatch(value) and is_uri_kept(value)):
        yield Breach("uri", "/value", "an identifier of urn:ietf:rfc:3986 is no URI")


def _uids(*names: str) -> Rule:
    def rule(node: Node) -> Iterator[Breach]:
        for name in names:
            value = node.value.get(name)
            if isinstance(value, str) and not is_dicom_uid(value):
                advice = "Leave urn:oid: out here" if value.startswith("urn:oid:") else None
                yield Breach(
                    "uid",
                    f"/{name}",
                    "this is no DICOM UID",
                    found=value,
                    expected="numbers without leading zeros, with points between them, 64 characters at most",
                    advice=advice,
                )

    return rule


def _extension(node: Node) -> Iterator[Breach]:
    """Of an extension at the top the URL is absolute; inside another a name will do."""
    value = node.value
    has_value = any(key.startswith(("value", "_value")) for key in value)
    if has_value == bool(value.get("extension")):
        yield Breach(
            "ext-1", "", "an extension has either a value or extensions", advice="Keep one of them"
        )  # fmt: skip


def _modifiers(node: Node) -> Iterator[Breach]:
    """Tell of each modifier extension: who does not know it must not use the element (HL7 FHIR, Extensibility)."""
    told: Any = node.value.get("modifierExtension")
    extensions: list[Any] = told if isinstance(told, list) else []
    for index, each in enumerate(extensions):
        url = each.get("url") if isinstance(each, dict) else None
        yield Breach(
            "modifier_extension",
            f"/modifierExtension/{index}",
            "this extension changes what its element means",
            level=Level.WARNING,
            found=url,
            advice="Receivers that do not know it must refuse the element; use extension if the meaning stays",
        )


def _entry(node: Node) -> Iterator[Breach]:
    url, resource = node.value.get("fullUrl"), node.value.get("resource")
    if isinstance(resource, dict):
        yield from _of_request(node.value.get("request"), resource)
    if not isinstance(url, str):
        return
    if not _ABSOLUTE.fullmatch(url):
        yield Breach(
            "full_url",
            "/fullUrl",
            "fullUrl is no absolute URI",
            found=url,
            advice="Write urn:uuid: and the id, or the address on the server",
        )
    told = _RESTFUL.fullmatch(url)
    if told is None or not isinstance(resource, dict):
        return
    if told[1] != resource.get("resourceType") or told[2] != resource.get("id", told[2]):
        found = Message("{type}/{id}", type=resource.get("resourceType"), id=resource.get("id"))
        yield Breach(
            "full_url", "/fullUrl", "fullUrl names another resource than stands in its entry", found=url, expected=found
        )


def _of_request(request: Any, resource: dict[str, Any]) -> Iterator[Breach]:
    """Tell of what is not put to its own type and id, or posted to its type (HL7 FHIR, RESTful API)."""
    url = request.get("url") if isinstance(request, dict) else None
    if not isinstance(url, str) or "?" in url:
        return
    name = str(resource.get("resourceType"))
    wanted = {"PUT": f"{name}/{resource.get('id')}", "POST": name}.get(str(request.get("method")))
    if wanted is not None and name != "Parameters" and url.strip("/") != wanted and "://" not in url and "$" not in url:
        yield Breach(
            "request", "/request/url", "the request names another resource than it brings", found=url, expected=wanted
        )


def _bundle(node: Node) -> Iterator[Breach]:
    """Of a transaction no two entries may change the same resource (HL7 FHIR, http.html#trules)."""
    seen: set[str] = set()
    entries = node.value.get("entry")
    if node.value.get("type") != "transaction" or not isinstance(entries, list):
        return
    for index, entry in enumerate(entries):
        request = entry.get("request") if isinstance(entry, dict) else None
        if not isinstance(request, dict) or str(request.get("method")) not in {"PUT", "PATCH", "DELETE"}:
            continue
        url = request.get("url")
        if isinstance(url, str) and url in seen:
            yield Breach(
                "request",
                f"/entry/{index}/request/url",
                "another entry of the transaction changes the same resource",
                found=url,
            )
        seen.add(str(url))


RULES: Final[dict[str, tuple[Rule, ...]]] = {
    "Quantity": (_unit,),
    "Coding": (_coding,),
    "Identifier": (_identifier,),
    "Extension": (_extension,),
    "DomainResource": (_modifiers,),
    "BackboneElement": (_modifiers,),
    "BackboneType": (_modifiers,),
    "Bundle": (_bundle,),
    "Bundle.entry": (_entry,),
    "ImagingStudy.series": (_uids("uid"),),
    "ImagingStudy.series.instance": (_uids("uid"),),
    "ImagingSelection": (_uids("studyUid", "seriesUid", "frameOfReferenceUid"),),
    "ImagingSelection.instance": (_uids("uid"),),
}
"""By the type that they look at."""
