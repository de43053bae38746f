"""A case as resources of R5 and back: the Composition lists its parts, the DiagnosticReport its findings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from annoconv import ids
from annoconv.errors import InputError
from annoconv.messages import Message
from annoconv.model import SCHEMA_VERSION
from annoconv_converters.fhir import people, statements
from annoconv_converters.fhir.annotated import take_annotation
from annoconv_converters.fhir.annotations import Annotations
from annoconv_converters.fhir.contents import attachment
from annoconv_converters.fhir.elements import code_in, code_of, identified, identifier_in, moment
from annoconv_converters.fhir.imaging import put_images, take_images, take_studies
from annoconv_converters.fhir.labels import put_labels, take_labels
from annoconv_converters.fhir.names import DCM, LOINC, PSEUDONYM_META, UNKNOWN, concept_of_ours

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from annoconv_converters.fhir.draft import Draft, Taking
    from annoconv_converters.fhir.names import Resource

__all__ = ["REPORT", "is_composition", "put_case", "take_case"]

REPORT: Final = {"system": DCM, "code": "126000", "display": "Imaging Measurement Report"}
_DOCUMENT: Final = {"system": LOINC, "code": "18748-4", "display": "Diagnostic imaging study"}
_TITLE: Final = "Annotations"
_PEOPLE: Final = ("Practitioner", "Organization")
_STATES: Final = {"pending": "preliminary", "failed": "preliminary", "disputed": "preliminary"}
_PARTICIPANT: Final = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"


def is_composition(resource: Resource) -> bool:
    """Tell whether a resource is the Composition of a case that we wrote."""
    return resource.get("resourceType") == "Composition" and code_in(resource.get("type"), "kind") == "case"


# --- there ------------------------------------------------------------------------------------------------------------


def put_case(draft: Draft, at: str | None) -> None:
    """Add all resources of a case; its Composition comes first.

    Parameters
    ----------
    draft
        The case.
    at
        When the output was made, where the case does not tell it.
    """
    case, metadata = draft.case, draft.case["metadata"]
    identity = draft.id_of("case")
    whole = draft.reference("Composition", identity)
    draft.patient = _put_patient(draft)
    agents = people.put_agents(draft)
    software = people.put_software(draft)
    organization = _put_institution(draft)
    masks = _put_masks(draft, "mask_file", "mask")
    fields = _put_masks(draft, "field_file", "field")
    images, imaged, studies = put_images(draft)
    texts = statements.put_texts(draft)
    results = Annotations(draft, images, masks).put_all()
    records = statements.put_records(draft)
    links = statements.put_links(draft, images)
    report = _put_report(draft, results, images, organization)
    sections = {
        "report": [report],
        "images": imaged,
        "studies": studies,
        "labels": put_labels(draft),
        "texts": texts,
        "records": records,
        "links": links,
        "reviews": people.put_reviews(draft, whole),
        "agents": agents,
        "audit": people.put_audit(draft, whole),
        "issues": people.put_issues(draft),
        "findings": people.put_findings(draft),
        "files": [*masks.values(), *fields.values()],
        "provenance": [_put_provenance(draft, whole, software)],
        "task": [_put_task(draft, report)],
    }
    author = draft.known.get(("agent", metadata.get("annotator", "")))
    stamps = metadata.get("timestamps", {})
    date = moment(stamps.get("end")) or moment(stamps.get("start")) or at
    reviewer = draft.agent(metadata.get("reviewer"), *_PEOPLE)
    body: Resource = {
        **({"identifier": [identified("case", case["case_id"])]} if "case_id" in case else {}),
        **({"version": metadata["version"]} if "version" in metadata else {}),
        "status": "final",
        "type": concept_of_ours("kind", "case", _DOCUMENT),
        "subject": [draft.patient],
        **({"date": date} if date else {"_date": UNKNOWN}),
        "author": [author or {"display": "not stated"}],
        "title": metadata.get("title", _TITLE),
        **({"attester": [{"mode": _attested(), "party": reviewer}]} if reviewer else {}),
        **({"custodian": organization} if organization else {}),
        "section": [
            {"title": name.capitalize(), "code": code_of("section", name), "entry": entries}
            for name, entries in sections.items()
            if entries
        ],
    }
    draft.add("Composition", identity, body)
    draft.resources.insert(0, draft.resources.pop())


def _attested() -> Resource:
    return {"coding": [{"system": "http://hl7.org/fhir/composition-attestation-mode", "code": "professional"}]}


def _put_patient(draft: Draft) -> Resource:
    """Add the patient: one resource for a pseudonym, whichever case names it, unless cases tell other things of it."""
    case = draft.case
    body: Resource = {}
    pseudonym = case.get("patient_id")
    if pseudonym is not None:
        body["identifier"] = [identified("patient", pseudonym)]
    if "sex" in case.get("subject", {}):
        body["gender"] = case["subject"]["sex"]
    is_shared = pseudonym is not None and draft.patients.setdefault(pseudonym, body) == body
    identity = ids.resource("patient", str(pseudonym)) if is_shared else draft.id_of("patient")
    return draft.add("Patient", identity, body, PSEUDONYM_META)


def _put_institution(draft: Draft) -> Resource | None:
    name = draft.case["metadata"].get("institution")
    return None if name is None else draft.add("Organization", draft.id_of("institution"), {"name": name})


def _put_masks(draft: Draft, key: str, kind: str) -> dict[str, Resource]:
    """Add the files that annotations or registrations name."""
    members = draft.case["annotations"] if kind == "mask" else draft.case.get("registrations", ())
    found: dict[str, Resource] = {}
    for name in dict.fromkeys(each[key] for each in members if key in each):
        data = draft.attachments.get(name)
        told = {"title": name} if data is None else attachment(data, "application/octet-stream", title=name)
        body: Resource = {
            "status": "current",
            "type": concept_of_ours("kind", kind),
            "subject": draft.patient,
            "content": [{"attachment": told}],
        }
        found[name] = draft.add("DocumentReference", draft.id_of(kind, name), body)
    return found


def _put_report(draft: Draft, results: list[Resource], images: Any, organization: Resource | None) -> Resource:
    metadata = draft.case["metadata"]
    state = metadata.get("qc", {}).get("status", "")
    performers = [each for each in (draft.agent(metadata.get("annotator"), *_PEOPLE), organization) if each]
    reviewer = draft.agent(metadata.get("reviewer"), *_PEOPLE)
    studies = {each.reference["reference"]: each.reference for each in images.values() if each.uids}
    body: Resource = {
        "identifier": [identified("task", draft.case["task_id"])],
        "status": _STATES.get(state, "final"),
        "code": {"coding": [REPORT]},
        "subject": draft.patient,
        **({"performer": performers} if performers else {}),
        **({"resultsInterpreter": [reviewer]} if reviewer else {}),
        **({"study": list(studies.values())} if studies else {}),
        **({"result": results} if results else {}),
    }
    return draft.add("DiagnosticReport", draft.id_of("report"), body)


def _put_provenance(draft: Draft, whole: Resource, software: Resource | None) -> Resource:
    metadata = draft.case["metadata"]
    stamps = {name: moment(value) for name, value in metadata.get("timestamps", {}).items()}
    period = {name: value for name, value in stamps.items() if value}
    author = draft.known.get(("agent", metadata.get("annotator", "")))
    agents: list[Resource] = [{"type": _participant("author"), "who": author or {"display": "not stated"}}]
    if software:
        agents.append({"type": _participant("assembler"), "who": software})
    recorded = period.get("end") or period.get("start")
    body: Resource = {
        "target": [whole],
        **({"occurredPeriod": period} if period else {}),
        **({"recorded": recorded} if recorded else {"_recorded": UNKNOWN}),
        "activity": {
            "coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-DataOperation", "code": "CREATE"}]
        },
        "agent": agents,
    }
    return draft.add("Provenance", draft.id_of("provenance"), body)


def _participant(code: str) -> Resource:
    return {"coding": [{"system": _PARTICIPANT, "code": code}]}


def _put_task(draft: Draft, report: Resource) -> Resource:
    body: Resource = {
        "identifier": [identified("task", draft.case["task_id"])],
        "status": "completed",
        "intent": "order",
        "code": code_of("kind", "annotation-task"),
        "focus": report,
        "for": draft.patient,
    }
    return draft.add("Task", draft.id_of("task"), body)


# --- back -------------------------------------------------------------------------------------------------------------


def take_case(composition: Resource, taking: Taking) -> Resource:
    """Return the case that a Composition of ours lists, by what FHIR itself has of it; its homes are noted."""
    sections = {
        str(code_in(each.get("code"), "section")): each.get("entry", []) for each in composition.get("section", ())
    }
    report = _first(sections.get("report", ()), taking)
    if report is None:
        raise InputError(
            "the report of the case is not there",
            where=f"Composition/{composition.get('id')}",
            found=", ".join(sorted(sections)),
            expected="a DiagnosticReport that its section refers to",
            advice="Bring all resources of the case together",
        )
    case: Resource = {"schema_version": SCHEMA_VERSION, "task_id": identifier_in(report, "task")}
    if (identity := identifier_in(composition, "case")) is not None:
        case["case_id"] = identity
    patient = taking.get(next(iter(_listed(composition.get("subject"))), None))
    if patient is not None:
        if (pseudonym := identifier_in(patient, "patient")) is not None:
            case["patient_id"] = pseudonym
        if "gender" in patient:
            case["subject"] = {"sex": patient["gender"]}
    studies = take_studies(sections.get("studies", ()), taking)
    images = take_images(sections.get("images", ()), taking)
    case |= {"studies": studies} if studies else {}
    if not images:
        raise InputError(
            "the image of the case is not there",
            where=f"Composition/{composition.get('id')}",
            found=", ".join(sorted(sections)),
            expected="an ImagingStudy or a DocumentReference that its section images refers to",
            advice="Bring all resources of the case together",
        )
    case["image"] = images[0]
    case |= {"related_images": images[1:]} if len(images) > 1 else {}
    labels = take_labels(sections.get("labels", ()), taking)
    case |= {"labels": labels} if labels else {}
    parts: tuple[tuple[str, str, Callable[[Resource, int, Taking], Resource]], ...] = (
        ("texts", "texts", statements.take_text),
        ("records", "clinical_records", statements.take_record),
        ("links", "links", statements.take_link),
        ("reviews", "reviews", people.take_review),
    )
    case["annotations"] = _take_annotations(report, taking)
    for section, key, take in parts:
        found = [take(each, place, taking) for place, each in enumerate(_all(sections.get(section, ()), taking))]
        case |= {key: found} if found else {}
    case["metadata"] = _take_metadata(composition, sections, taking)
    taking.home((), composition, "case")
    return case


def _take_annotations(report: Resource, taking: Taking) -> list[Resource]:
    resources = _all(report.get("result", ()), taking)
    annotations = [take_annotation(each, place, taking) for place, each in enumerate(resources)]
    known = {id(resource): annotation for resource, annotation in zip(resources, annotations, strict=True)}
    for resource, annotation in zip(resources, annotations, strict=True):
        for member in map(taking.get, resource.get("hasMember", ())):
            if id(member) in known:
                known[id(member)]["parent_id"] = annotation["id"]
    return annotations


def _take_metadata(composition: Resource, sections: dict[str, Sequence[Resource]], taking: Taking) -> Resource:
    metadata: Resource = {}
    author = taking.get(next(iter(composition.get("author", ())), None))
    attester: Resource = next(iter(composition.get("attester", ())), {})
    reviewer = taking.get(attester.get("party"))
    custodian = taking.get(composition.get("custodian"))
    told: Resource = {
        "annotator": None if author is None else identifier_in(author, "agent"),
        "reviewer": None if reviewer is None else identifier_in(reviewer, "agent"),
        "institution": None if custodian is None else custodian.get("name"),
        "version": composition.get("version"),
        "title": None if composition.get("title") == _TITLE else composition.get("title"),
    }
    provenance = _first(sections.get("provenance", ()), taking)
    if provenance is not None:
        taking.home(("metadata",), provenance, "metadata")
        for agent in provenance.get("agent", ()):
            if code_in_participant(agent) == "assembler":
                told["software"] = people.take_software(taking.get(agent.get("who")), taking)
        told["timestamps"] = provenance.get("occurredPeriod")
    issues = [people.take_issue(each) for each in _all(sections.get("issues", ()), taking)]
    findings = _all(sections.get("findings", ()), taking)
    told_findings = [people.take_finding(each, place, taking) for place, each in enumerate(findings)]
    told["qc"] = ({"issues": issues} if issues else {}) | ({"findings": told_findings} if findings else {})
    for key, take in (("audit", people.take_event), ("agents", people.take_agent)):
        found = [take(each, place, taking) for place, each in enumerate(_all(sections.get(key, ()), taking))]
        told[key] = found
    metadata |= {key: value for key, value in told.items() if value}
    for document in _all(sections.get("files", ()), taking):
        if code_in(document.get("type"), "kind") == "field":
            taking.attach("field", document)
    return metadata


def code_in_participant(agent: Resource) -> str | None:
    """Return what an agent of a Provenance did."""
    codings = agent.get("type", {}).get("coding", ())
    return next((each.get("code") for each in codings if each.get("system") == _PARTICIPANT), None)


def _all(entries: Sequence[Resource], taking: Taking) -> list[Resource]:
    """Return the resources that entries refer to; InputError if one is not there."""
    found = [taking.get(each) for each in entries]
    missing = [each.get("reference") for each, resource in zip(entries, found, strict=True) if resource is None]
    if missing:
        raise InputError(
            "a part of the case is not there",
            where=str(missing[0]),
            found=Message("{count} of {whole} resources", count=len(found) - len(missing), whole=len(found)),
            expected="every resource that its Composition refers to",
            advice="Bring all resources of the case together",
        )
    return [each for each in found if each is not None]


def _first(entries: Sequence[Resource], taking: Taking) -> Resource | None:
    return next(iter(_all(entries, taking)), None)


def _listed(told: Any) -> list[Any]:
    return told if isinstance(told, list) else [] if told is None else [told]
