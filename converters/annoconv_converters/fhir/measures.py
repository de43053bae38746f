"""Measurements and evaluations of an annotation as members of its Observation (HL7's guide: TID 300, 1419, 1501)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from annoconv_converters.fhir.elements import (
    code_in,
    code_of,
    concept_in,
    concept_put,
    identifier_in,
    is_text,
    quantity,
    uid_in,
    uid_put,
)
from annoconv_converters.fhir.names import UMLS, coding, concept_of_ours

if TYPE_CHECKING:
    from annoconv.documents.residuals import Path
    from annoconv_converters.fhir.draft import Draft, Taking
    from annoconv_converters.fhir.names import Resource

__all__ = ["ABSENT", "COMPARATORS", "absent_in", "absent_put", "put_members", "range_in", "range_put", "take_members"]

COMPARATORS: Final = {"lt": "<", "le": "<=", "ge": ">=", "gt": ">"}
_COMPARATORS_IN: Final = {told: name for name, told in COMPARATORS.items()}
ABSENT: Final = {
    "unknown": "unknown",
    "not_asked": "not-asked",
    "not_performed": "not-performed",
    "not_applicable": "not-applicable",
    "masked": "masked",
    "error": "error",
}
"""Reasons that HL7's code system has too."""
_ABSENCE: Final = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
_MEASUREMENT: Final = [code_of("kind", "measurement")]
_EVALUATION: Final = [
    {
        "coding": [
            {"system": UMLS, "code": "C0034375", "display": "Qualitative Evaluations"},
            coding("kind", "evaluation"),
        ]
    }
]


def absent_put(reason: str) -> Resource:
    """Return why a value is not there."""
    known = [{"system": _ABSENCE, "code": ABSENT[reason]}] if reason in ABSENT else []
    return concept_of_ours("absent-reason", reason, *known)


def absent_in(told: Any) -> str | None:
    """Return why a value is not there, in the model's words."""
    ours = code_in(told, "absent-reason")
    codes = {each.get("code") for each in (told or {}).get("coding", ()) if each.get("system") == _ABSENCE}
    return ours or next((name for name, code in ABSENT.items() if code in codes), None)


def range_put(of: Resource) -> Resource:
    """Return the normal range of a value as `referenceRange`, empty if it has none."""
    unit = of.get("unit")
    told = {end: quantity(of[f"normal_{end}"], unit) for end in ("low", "high") if f"normal_{end}" in of}
    return {"referenceRange": [told]} if told else {}


def range_in(resource: Resource) -> Resource:
    """Return the normal range of an Observation."""
    listed = resource.get("referenceRange", [])
    first: Resource = listed[0] if len(listed) == 1 and "type" not in listed[0] else {}
    return {f"normal_{end}": first[end]["value"] for end in ("low", "high") if "value" in first.get(end, ())}


def comparator_in(told: Resource) -> Resource:
    """Return how the true value lies to the one given."""
    name = _COMPARATORS_IN.get(str(told.get("comparator")))
    return {"comparator": name} if name else {}


# --- there ------------------------------------------------------------------------------------------------------------


def put_members(annotation: Resource, of: str, draft: Draft, status: str) -> list[Resource]:
    """Add the measurements and evaluations of an annotation; return their references."""
    told = [_measurement(each, draft) for each in annotation.get("measurements", ())]
    told += [_evaluation(each) for each in annotation.get("evaluations", ())]
    members: list[Resource] = []
    for place, body in enumerate(told):
        whole = {"status": status, "subject": draft.patient, **body}
        members.append(draft.add("Observation", draft.id_of("member", of, str(place)), whole))
    return members


def _measurement(told: Resource, draft: Draft) -> Resource:
    body: Resource = {
        "category": _MEASUREMENT,
        "code": concept_put(told["concept"]) or {"text": told["concept"]["meaning"]},
    }
    if "tracking_uid" in told:
        body["identifier"] = [uid_put(told["tracking_uid"])]
    if "value" in told:
        body["valueQuantity"] = quantity(told["value"], told["unit"], COMPARATORS.get(told.get("comparator", "")))
    elif "absent_reason" in told:
        body["dataAbsentReason"] = absent_put(told["absent_reason"])
    if (method := concept_put(told.get("method"))) is not None:
        body["method"] = method
    judged = [concept_put(each["value"]) for each in told.get("interpretations", ())]
    if judged and None not in judged:
        body["interpretation"] = judged
    if measured_on := draft.refs("annotation", told.get("geometry_ids")):
        body["derivedFrom"] = measured_on
    return body | range_put(told)


def _evaluation(told: Resource) -> Resource:
    body: Resource = {
        "category": _EVALUATION,
        "code": concept_put(told["concept"]) or {"text": told["concept"]["meaning"]},
        "valueCodeableConcept": concept_put(told["value"]) or {"text": told["value"]["meaning"]},
    }
    if "basis" in told and is_text(told["basis"]):
        body["method"] = {"text": told["basis"]}
    return body


# --- back -------------------------------------------------------------------------------------------------------------


def take_members(resource: Resource, path: Path, taking: Taking) -> Resource:
    """Return measurements and evaluations of an annotation; of its parts they tell it."""
    found: dict[str, list[Resource]] = {"measurements": [], "evaluations": []}
    for member in (each for each in map(taking.get, resource["hasMember"]) if each is not None):
        kind = code_in(member.get("category"), "kind")
        if kind in {"measurement", "evaluation"}:
            listed = found[f"{kind}s"]
            taking.home((*path, f"{kind}s", len(listed)), member, kind)
            listed.append(_measurement_in(member, taking) if kind == "measurement" else _evaluation_in(member))
    return {name: listed for name, listed in found.items() if listed}


def _measurement_in(member: Resource, taking: Taking) -> Resource:
    told: Resource = {}
    if (uid := uid_in(member)) is not None:
        told["tracking_uid"] = uid
    if (concept := concept_in(member.get("code"))) is not None:
        told["concept"] = concept
    if "valueQuantity" in member:
        value = member["valueQuantity"]
        told |= {"value": value.get("value"), "unit": value.get("unit"), **comparator_in(value)}
    elif (reason := absent_in(member.get("dataAbsentReason"))) is not None:
        told |= {"absent_reason": reason, "unit": "1"}
    if (method := concept_in(member.get("method"))) is not None:
        told["method"] = method
    ids = [identifier_in(each, "annotation") for each in map(taking.get, member.get("derivedFrom", ())) if each]
    if ids:
        told["geometry_ids"] = ids
    return told | range_in(member)


def _evaluation_in(member: Resource) -> Resource:
    told = {"concept": concept_in(member.get("code")), "value": concept_in(member.get("valueCodeableConcept"))}
    told["basis"] = member.get("method", {}).get("text")
    return {name: value for name, value in told.items() if value is not None}
