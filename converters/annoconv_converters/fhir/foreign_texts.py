"""Texts of others, inside of documents or in a Binary, conclusions of reports, and values as fields of records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from annoconv_converters.fhir import statements, styles
from annoconv_converters.fhir.contents import attachment, text_in
from annoconv_converters.fhir.elements import moment

if TYPE_CHECKING:
    from annoconv.codes import Labels
    from annoconv_converters.fhir.foreign_draft import Foreign, Tell
    from annoconv_converters.fhir.names import Resource
    from annoconv_converters.fhir.sources import Sources

__all__ = ["IN_ERROR", "take_record", "take_text", "take_texts"]

IN_ERROR: Final = "entered-in-error"
"""Status of what should never have been said: it is no text, value or region; a finding is kept as a rejected one."""


def take_texts(foreign: Foreign, index: Sources) -> None:
    """Take the texts of documents, and the conclusions of reports."""
    for resource in index.of_type("DocumentReference"):
        held = None if resource.get("status") == IN_ERROR else text_in(resource, index)
        if held is not None and held[0]:
            take_text(foreign, resource, held, index)
    for resource in index.of_type("DiagnosticReport"):
        conclusion = resource.get("conclusion")
        if isinstance(conclusion, str) and conclusion.strip() and resource.get("status") != IN_ERROR:
            text = {"id": foreign.name(resource, index), "kind": "exam_report", "content": conclusion}
            foreign.case.setdefault("texts", []).append(text)
            foreign.take(resource, _tell_report(text), text)


def take_text(foreign: Foreign, resource: Resource, held: tuple[str, Resource | None], index: Sources) -> Resource:
    """Take the text of a document, and the Binary that it stands in, if it is one."""
    content, binary = held
    text: Resource = {"id": foreign.name(resource, index), "kind": "other", "content": content}
    language = resource["content"][0].get("attachment", {}).get("language")
    text |= {"language": language} if isinstance(language, str) else {}
    text |= {"written_at": date} if (date := moment(resource.get("date"))) else {}
    foreign.case.setdefault("texts", []).append(text)
    url = resource["content"][0].get("attachment", {}).get("url")
    is_led_to = binary is not None and index.get({"reference": url}, resource) is binary
    foreign.take(resource, _tell_text(text, {"url": url} if is_led_to else {}), text)
    if binary is not None:
        foreign.take(binary, _tell_binary(text), text)
    return text


def _tell_text(text: Resource, address: Resource) -> Tell:
    def tell(said: Resource, _: Labels) -> Resource:
        told = styles.tell_text(text, said)
        told["content"][0]["attachment"] |= address
        return told

    return tell


def _tell_binary(text: Resource) -> Tell:
    data = attachment(text["content"].encode(), "text/plain")["data"]

    def tell(said: Resource, _: Labels) -> Resource:
        told: Resource = {"resourceType": "Binary", "data": data}
        return told | {key: said[key] for key in ("id", "contentType") if key in said}

    return tell


def _tell_report(text: Resource) -> Tell:
    told = {"resourceType": "DiagnosticReport", "id": text["id"], "status": "final", "conclusion": text["content"]}
    return lambda _said, _labels: told


def take_record(foreign: Foreign, resource: Resource, index: Sources) -> None:
    """Take what an Observation says, and each of its components, as fields of a record."""
    parts = [resource, *resource.get("component", ())]
    fields: list[Resource] = []
    taken: list[tuple[Resource, Resource]] = []
    keys: set[str] = set()
    for part in parts:
        key = styles.name_of(part.get("code")) or "value"
        while key in keys:
            key = f"{key}_{len(keys) + 1}"
        found = styles.take_field(part, key)
        if found is not None:
            keys.add(key)
            fields.append(found)
            taken.append((part, found))
    if not fields:
        return
    codes = {one.get("code") for each in resource.get("category", ()) for one in each.get("coding", ())}
    kind = "laboratory" if "laboratory" in codes else "examination"
    record: Resource = {"id": foreign.name(resource, index), "kind": kind}
    if (at := moment(resource.get("effectiveDateTime"))) is not None:
        record["recorded_at"] = at
    record["fields"] = fields
    foreign.case.setdefault("clinical_records", []).append(record)

    def tell(said: Resource, _: Labels) -> Resource:
        told: Resource = {"resourceType": "Observation", "id": record["id"], "status": "final"}
        told |= {"effectiveDateTime": record["recorded_at"]} if "recorded_at" in record else {}
        if kind == "laboratory":
            told["category"] = [{"coding": [{"system": statements.CATEGORIES, "code": "laboratory"}]}]
        components = [styles.tell_field(one, part) for part, one in taken if part is not resource]
        own = [styles.tell_field(one, part) for part, one in taken if part is resource]
        whole = told | (own[0] if own else {})
        return whole | ({"component": components} if components and len(components) == len(parts) - 1 else {})

    foreign.take(resource, tell, record)
