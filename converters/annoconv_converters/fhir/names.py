"""Systems, codes and addresses: what HL7 and DICOM have is used, and only what is left has a code of ours.

Codes of measurement groups, findings, regions and segments are those of HL7's guide "DICOM SR to FHIR" (HL7/dicom-sr at
737180f).
"""

from __future__ import annotations

from typing import Any, Final, TypeAlias

__all__ = [
    "ABSENT_REASON",
    "ADDRESS",
    "AFTER_VALUES",
    "ASSERTIONS",
    "DCM",
    "DERIVATION",
    "EXTENSION",
    "LOINC",
    "META",
    "PSEUDONYM_META",
    "SCT",
    "SYSTEMS",
    "UCUM",
    "UMLS",
    "UNKNOWN",
    "URI",
    "Resource",
    "coding",
    "concept_of_ours",
    "extension",
    "system_of",
]  # fmt: skip

Resource: TypeAlias = "dict[str, Any]"

ADDRESS: Final = "https://w3id.org/annoconv/fhir"
EXTENSION: Final = f"{ADDRESS}/StructureDefinition/"
SCT: Final = "http://snomed.info/sct"
DCM: Final = "http://dicom.nema.org/resources/ontology/DCM"
LOINC: Final = "http://loinc.org"
UCUM: Final = "http://unitsofmeasure.org"
UMLS: Final = "http://terminology.hl7.org/CodeSystem/umls"
URI: Final = "urn:ietf:rfc:3986"
DERIVATION: Final = "http://hl7.org/fhir/StructureDefinition/derivation-reference"
ABSENT_REASON: Final = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
AFTER_VALUES: Final = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"

SYSTEMS: Final = {
    "SCT": SCT,
    "DCM": DCM,
    "LN": LOINC,
    "UCUM": UCUM,
    "UMLS": UMLS,
    "RADLEX": "http://radlex.org",
    "NCIt": "http://ncicb.nci.nih.gov/xml/owl/EVS/Thesaurus.owl",
    "FMA": "http://purl.org/sig/ont/fma",
    "I10": "http://hl7.org/fhir/sid/icd-10",
    "I10C": "http://hl7.org/fhir/sid/icd-10-cm",
    "I9C": "http://hl7.org/fhir/sid/icd-9-cm",
    "I11": "http://id.who.int/icd/release/11/mms",
    "ICDO3": "http://terminology.hl7.org/CodeSystem/icd-o-3",
    "MDC": "urn:iso:std:iso:11073:10101",
    "RXNORM": "http://www.nlm.nih.gov/research/umls/rxnorm",
    "ATC": "http://www.whocc.no/atc",
    "URN": URI,
}
"""Coding schemes as DICOM names them (PS3.16 8) and FHIR does (terminology.hl7.org)."""
_SCHEME: Final = f"{ADDRESS}/coding-scheme/"

ASSERTIONS: Final[dict[str, tuple[str, str] | None]] = {
    "absent": ("2667000", "Absent"),
    "possible": ("371930009", "Possible"),
    "historical": ("410513005", "In the past"),
    "hypothetical": None,
    "other_subject": None,
    "not_evaluated": None,
}
"""What is said of a finding that is not simply there, with its SNOMED code."""

_RESEARCH: Final = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "HRESCH"}
_TAG: Final = {
    "system": f"{ADDRESS}/CodeSystem/use",
    "code": "training-annotation",
}
META: Final = {"security": [_RESEARCH], "tag": [_TAG]}
"""On every resource: nobody shows one of them as a diagnosis because it was found alone."""
_PSEUDONYMOUS: Final = {"system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "code": "PSEUDED"}
PSEUDONYM_META: Final = {"security": [_RESEARCH, _PSEUDONYMOUS], "tag": [_TAG]}
UNKNOWN: Final = {"extension": [{"url": ABSENT_REASON, "valueCode": "unknown"}]}
"""In place of a primitive value that is required and not known."""


def system_of(scheme: str) -> str:
    """Return the address of a coding scheme."""
    return SYSTEMS.get(scheme) or _SCHEME + scheme


_SCHEMES: Final = {system: scheme for scheme, system in SYSTEMS.items()}


def scheme_of(system: str) -> str | None:
    """Return the coding scheme of an address; None if it has none."""
    return _SCHEMES.get(system) or (system.removeprefix(_SCHEME) if system.startswith(_SCHEME) else None)


def coding(list_name: str, code: str, display: str | None = None) -> dict[str, str]:
    """Return a code of a list of ours: an enumeration of the model, or what a resource is for."""
    told = {"system": f"{ADDRESS}/CodeSystem/{list_name}", "code": code}
    return told | ({"display": display} if display else {})


def concept_of_ours(list_name: str, code: str, *beside: dict[str, str]) -> Resource:
    """Return a concept of a code of ours, those of published terminologies before it."""
    return {"coding": [*beside, coding(list_name, code)]}


def extension(name: str, **value: Any) -> Resource:
    """Return an extension of ours: `extension("position", valueInteger=3)`."""
    return {"url": EXTENSION + name, **value}
