"""What stands beside images: texts, clinical records and links, as DocumentReferences and Observations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from annoconv_converters.fhir.contents import attached_text, attachment
from annoconv_converters.fhir.elements import (
    code_in,
    code_of,
    concept_in,
    concept_put,
    identified,
    identifier_in,
    is_text,
    moment,
    quantity,
    value_in,
    value_put,
)
from annoconv_converters.fhir.measures import (
    COMPARATORS,
    absent_in,
    absent_put,
    comparator_in,
    range_in,
    range_put,
)
from annoconv_converters.fhir.names import AFTER_VALUES, LOINC, coding, concept_of_ours

if TYPE_CHECKING:
    from collections.abc import Mapping

    from annoconv_converters.fhir.draft import Draft, Taking
    from annoconv_converters.fhir.imaging import Imaged
    from annoconv_converters.fhir.names import Resource

__all__ = [
    "put_links",
    "put_records",
    "put_texts",
    "take_link",
    "take_record",
    "take_text",
]  # fmt: skip

_LIMIT_DAYS: Final = 90
"""Beyond it an interval between image and test is a deviation (A 8.5.3.4)."""
_KINDS: Final = {
    "exam_report": {"system": LOINC, "code": "18748-4", "display": "Diagnostic imaging study"},
    "discharge_summary": {"system": LOINC, "code": "18842-5", "display": "Discharge summary"},
    "pathology_summary": {"system": LOINC, "code": "11526-1", "display": "Pathology study"},
}
CATEGORIES: Final = "http://terminology.hl7.org/CodeSystem/observation-category"
_LABORATORY: Final = {"coding": [{"system": CATEGORIES, "code": "laboratory"}]}


# --- texts ------------------------------------------------------------------------------------------------------------


def put_texts(draft: Draft) -> list[Resource]:
    """Add the texts of a case."""
    found: list[Resource] = []
    for text in draft.case.get("texts", ()):
        told = attachment(text["content"].encode(), "text/plain; charset=utf-8")
        if "language" in text:
            told["language"] = text["language"]
        beside = [_KINDS[text["kind"]]] if text["kind"] in _KINDS else []
        body: Resource = {
            "identifier": [identified("text", text["id"])],
            "status": "current",
            "type": concept_of_ours("text-kind", text["kind"], *beside),
            "category": [code_of("kind", "text")],
            "subject": draft.patient,
            **({"date": date} if (date := moment(text.get("written_at"))) else {}),
            "content": [{"attachment": told}],
        }
        reference = draft.add("DocumentReference", draft.id_of("text", text["id"]), body)
        draft.known.setdefault(("text", text["id"]), reference)
        found.append(reference)
    return found


def take_text(resource: Resource, place: int, taking: Taking) -> Resource:
    """Return the text that a DocumentReference of ours is."""
    text: Resource = {
        "id": identifier_in(resource, "text"),
        "kind": code_in(resource.get("type"), "text-kind"),
        "content": attached_text(resource),
    }
    language = resource["content"][0]["attachment"].get("language")
    told = {"language": language, "written_at": resource.get("date")}
    taking.home(("texts", place), resource, "text")
    return text | {key: value for key, value in told.items() if value is not None}


def _image_uid(resource: Resource | None, taking: Taking) -> str | None:
    """Return the UID of the image that a resource is; the first of its series."""
    if resource is None:
        return None
    told = identifier_in(resource, "image")
    return told or next((each["uid"] for each in resource.get("series", ())), None)


# --- records ----------------------------------------------------------------------------------------------------------


def put_records(draft: Draft) -> list[Resource]:
    """Add the clinical records of a case: an Observation each, whose members are the fields."""
    found: list[Resource] = []
    for record in draft.case.get("clinical_records", ()):
        identity = draft.id_of("record", record["id"])
        category = [code_of("kind", "record"), *([_LABORATORY] if record["kind"] == "laboratory" else [])]
        members = []
        for place, field in enumerate(record["fields"]):
            body = {"status": "final", "category": [code_of("kind", "field"), *category[1:]], **_field(field, draft)}
            members.append(draft.add("Observation", draft.id_of("field", identity, str(place)), body))
        effective = moment(record.get("recorded_at"))
        body = {
            "identifier": [identified("record", record["id"])],
            "status": "final",
            "category": category,
            "code": code_of("record-kind", record["kind"]),
            "subject": draft.patient,
            **({"effectiveDateTime": effective} if effective else {}),
            "hasMember": members,
        }
        reference = draft.add("Observation", identity, body)
        draft.known.setdefault(("record", record["id"]), reference)
        found.append(reference)
    return found


def _field(field: Resource, draft: Draft) -> Resource:
    key = field["key"]
    is_plain = is_text(key) and key.strip() == key and "  " not in key
    ours = [coding("field", key)] if is_plain else []
    told: Resource = {"code": concept_put(field.get("concept"), *ours) or {"text": "field"}, "subject": draft.patient}
    if measured := moment(field.get("measured_at")):
        told["effectiveDateTime"] = measured
    value, unit = field.get("value"), field.get("unit")
    is_number = isinstance(value, str | bool) is False and value is not None
    if "value_concept" in field and (value is None or (isinstance(value, str) and is_text(value))):
        text = {} if value is None else {"text": value}
        told["valueCodeableConcept"] = (concept_put(field["value_concept"]) or {}) | text or {"text": "code"}
    elif is_number and ("comparator" in field or unit is not None):
        told["valueQuantity"] = quantity(value, unit, COMPARATORS.get(field.get("comparator", "")))
    elif value is not None:
        told |= value_put(value) or {}
    elif "absent_reason" in field:
        told["dataAbsentReason"] = absent_put(field["absent_reason"])
    return told | range_put(field)


def take_record(resource: Resource, place: int, taking: Taking) -> Resource:
    """Return the record that an Observation of ours and its members are."""
    record: Resource = {"id": identifier_in(resource, "record"), "kind": code_in(resource.get("code"), "record-kind")}
    if "effectiveDateTime" in resource:
        record["recorded_at"] = resource["effectiveDateTime"]
    fields: list[Resource] = []
    for member in (each for each in map(taking.get, resource.get("hasMember", ())) if each is not None):
        taking.home(("clinical_records", place, "fields", len(fields)), member, "field")
        fields.append(_field_in(member))
    taking.home(("clinical_records", place), resource, "record")
    return record | {"fields": fields}


def _field_in(member: Resource) -> Resource:
    told: Resource = {"key": code_in(member.get("code"), "field")}
    if (concept := concept_in(member.get("code"))) is not None:
        told["concept"] = concept
    if "effectiveDateTime" in member:
        told["measured_at"] = member["effectiveDateTime"]
    if "valueCodeableConcept" in member:
        value = member["valueCodeableConcept"]
        told |= {"value_concept": concept_in(value), "value": value.get("text")}
    elif "valueQuantity" in member:
        value = member["valueQuantity"]
        told |= {"value": value.get("value"), "unit": value.get("unit"), **comparator_in(value)}
    elif (reason := absent_in(member.get("dataAbsentReason"))) is not None:
        told["absent_reason"] = reason
    else:
        told["value"] = value_in(member)
    return {key: value for key, value in (told | range_in(member)).items() if value is not None}


# --- links ------------------------------------------------------------------------------------------------------------


def put_links(draft: Draft, images: Mapping[str, Imaged]) -> list[Resource]:
    """Add the links of a case: Observations whose focus is the image side, derived from the other side."""
    found: list[Resource] = []
    for link in draft.case.get("links", ()):
        focus, derived = _ends(link, draft, images)
        components = _link_components(link)
        relation = (
            [coding("relation", link["relation"])]
            if is_text(link.get("relation", "")) and link["relation"].split() == [*link["relation"].split(" ")]
            else []
        )
        body: Resource = {
            "identifier": [identified("link", link["id"])],
            "status": "final",
            "category": [code_of("kind", "link")],
            "code": concept_put(link.get("concept"), *relation, coding("link-type", link["type"])),
            "subject": draft.patient,
            **({"focus": focus} if focus else {}),
            **({"derivedFrom": derived} if derived else {}),
            **({"component": components} if components else {"valueBoolean": True}),
            **({"note": [{"text": link["note"]}]} if "note" in link and is_text(link["note"]) else {}),
        }
        reference = draft.add("Observation", draft.id_of("link", link["id"]), body)
        draft.known.setdefault(("link", link["id"]), reference)
        found.append(reference)
    return found


def _ends(link: Resource, draft: Draft, images: Mapping[str, Imaged]) -> tuple[list[Resource], list[Resource]]:
    focus = draft.refs("annotation", link.get("annotation_ids"))
    if link["type"] == "relation":
        return draft.refs("annotation", [link["source_id"]]), draft.refs("annotation", [link["target_id"]])
    if link["type"] == "image_text":
        return focus, draft.refs("annotation", link["span_ids"])
    if link["type"] == "image_structured":
        image = images.get(link.get("image_uid", ""))
        return focus or ([image.reference] if image else []), draft.refs("record", [link["record_id"]])
    return focus, []


def _link_components(link: Resource) -> list[Resource]:
    told: list[Resource] = []
    for name, list_name in (("consistency", "consistency"), ("semantic_type", "semantic-type")):
        if name in link:
            told.append({"code": code_of("part", list_name), "valueCodeableConcept": code_of(list_name, link[name])})
    if "deviation_mm" in link:
        told.append({"code": code_of("part", "deviation"), "valueQuantity": quantity(link["deviation_mm"], "mm")})
    if "interval_days" in link:
        days = link["interval_days"]
        limit = {"referenceRange": [{"high": quantity(_LIMIT_DAYS, "d")}]}
        judged = {"interpretation": [{"coding": [{"system": AFTER_VALUES, "code": "H"}]}]} if days > _LIMIT_DAYS else {}
        told.append({"code": code_of("part", "interval"), "valueQuantity": quantity(days, "d"), **judged, **limit})
    if "time_deviation" in link:
        told.append({"code": code_of("part", "time-deviation"), "valueBoolean": link["time_deviation"]})
    return told


def take_link(resource: Resource, place: int, taking: Taking) -> Resource:
    """Return the link that an Observation of ours is."""
    type_ = code_in(resource.get("code"), "link-type")
    link: Resource = {"id": identifier_in(resource, "link"), "type": type_}
    if (concept := concept_in(resource.get("code"))) is not None:
        link["concept"] = concept
    if (relation := code_in(resource.get("code"), "relation")) is not None:
        link["relation"] = relation
    focus, derived = ([taking.get(each) or {} for each in resource.get(name, ())] for name in ("focus", "derivedFrom"))
    annotated = [told for each in focus if (told := identifier_in(each, "annotation")) is not None]
    others = [told for each in derived if (told := identifier_in(each, "annotation")) is not None]
    if type_ == "relation":
        link |= {"source_id": annotated[0]} if annotated else {}
        link |= {"target_id": others[0]} if others else {}
    elif annotated:
        link["annotation_ids"] = annotated
    elif focus and (uid := _image_uid(focus[0], taking)) is not None:
        link["image_uid"] = uid
    if type_ == "image_text" and others:
        link["span_ids"] = others
    if type_ == "image_structured" and derived:
        link["record_id"] = identifier_in(derived[0], "record")
    for each in resource.get("component", ()):
        link |= _part(each)
    if "note" in resource:
        link["note"] = resource["note"][0].get("text")
    taking.home(("links", place), resource, "link")
    return link


def _part(component: Resource) -> Resource:
    name = code_in(component.get("code"), "part")
    if name in {"consistency", "semantic-type"}:
        return {str(name).replace("-", "_"): code_in(component.get("valueCodeableConcept"), str(name))}
    if name == "time-deviation":
        return {"time_deviation": component.get("valueBoolean")}
    key = {"deviation": "deviation_mm", "interval": "interval_days"}.get(str(name))
    return {} if key is None else {key: component.get("valueQuantity", {}).get("value")}
