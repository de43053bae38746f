"""Who did what: agents, software, events, reviews and findings of quality control."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from annoconv_converters.fhir.elements import code_in, code_of, identified, identifier_in, is_text, moment
from annoconv_converters.fhir.names import DCM, UNKNOWN, concept_of_ours

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from annoconv_converters.fhir.draft import Draft, Taking
    from annoconv_converters.fhir.names import Resource

__all__ = [
    "put_agents", "put_audit", "put_findings", "put_issues", "put_reviews", "put_software", "take_agent",
    "take_event", "take_finding", "take_issue", "take_review", "take_software",
]  # fmt: skip

_TYPES: Final = {"person": "Practitioner", "organization": "Organization", "device": "Device"}
_SEVERITIES: Final = {"minor": "low", "moderate": "moderate", "critical": "high"}
_SEVERITIES_IN: Final = {told: name for name, told in _SEVERITIES.items()}
_ACTIONS: Final = {"create": "C", "import": "C", "model_suggestion": "C", "delete": "D", "read": "R", "export": "R"}
_UPDATES: Final = frozenset({"manual_revision", "freeze", "return", "submit"})


def _referred(case: Mapping[str, Any]) -> Iterator[str]:
    """Yield the ids of those whom resources of the case refer to; who is named elsewhere would be of no use alone."""
    metadata = case["metadata"]
    parts: tuple[tuple[str, Any], ...] = (
        ("annotator", [metadata, *case["annotations"]]),
        ("reviewer", [metadata, *case.get("reviews", ())]),
        ("actor", metadata.get("audit", ())),
        ("made_by", metadata.get("qc", {}).get("findings", ())),
    )
    for key, listed in parts:
        yield from (each[key] for each in listed if key in each)


def put_agents(draft: Draft) -> list[Resource]:
    """Add those whom the case names; return the references to those of whom it says who they are."""
    metadata: Mapping[str, Any] = draft.case["metadata"]
    told: list[Resource] = []
    for agent in metadata.get("agents", ()):
        kind = agent.get("kind", "device" if "algorithm" in agent else "person")
        body: Resource = {"identifier": [identified("agent", agent["id"])]}
        named = {"name": agent["name"]} if is_text(agent.get("name", "")) else {}
        if kind == "person":
            body |= {"name": [{"text": named["name"]}]} if named else {}
        elif kind == "organization":
            body |= named or {"name": agent["id"]}
        else:
            body |= _algorithm(agent.get("algorithm")) | ({"displayName": agent["name"]} if named else {})
        reference = draft.add(_TYPES[kind], draft.id_of("agent", agent["id"]), body)
        draft.known.setdefault(("agent", agent["id"]), reference)
        draft.agent_types.setdefault(agent["id"], _TYPES[kind])
        told.append(reference)
    for name in dict.fromkeys(_referred(draft.case)):
        if ("agent", name) not in draft.known:
            body = {"identifier": [identified("agent", name)]}
            draft.agent_types[name] = "Practitioner"
            draft.known["agent", name] = draft.add("Practitioner", draft.id_of("agent", name), body)
    return told


def _algorithm(algorithm: Resource | None) -> Resource:
    """Return an algorithm as a Device, as HL7's guide identifies one."""
    told = algorithm or {}
    body: Resource = (
        {"type": [{"coding": [{"system": DCM, "code": "111001", "display": "Algorithm Name"}]}]} if told else {}
    )
    if "name" in told:
        body["displayName"] = told["name"]
    if "version" in told:
        body["version"] = [{"value": told["version"]}]
    if "manufacturer" in told:
        body["manufacturer"] = told["manufacturer"]
    return body


def take_agent(resource: Resource, place: int, taking: Taking) -> Resource:
    """Return an agent."""
    agent: Resource = {"id": identifier_in(resource, "agent")}
    type_ = resource["resourceType"]
    if type_ == "Organization":
        agent["kind"] = "organization"
        if resource.get("name") != agent["id"]:
            agent["name"] = resource.get("name")
    elif type_ == "Device":
        agent["kind"] = "device"
        if "type" in resource:
            agent["algorithm"] = _algorithm_in(resource)
        elif "displayName" in resource:
            agent["name"] = resource["displayName"]
    elif "name" in resource:
        agent["name"] = resource["name"][0].get("text")
    taking.home(("metadata", "agents", place), resource, "agent")
    return agent


def _algorithm_in(resource: Resource) -> Resource:
    told = {"name": resource.get("displayName"), "manufacturer": resource.get("manufacturer")}
    told["version"] = next((each.get("value") for each in resource.get("version", ())), None)
    return {key: value for key, value in told.items() if value is not None}


# --- software ---------------------------------------------------------------------------------------------------------


def put_software(draft: Draft) -> Resource | None:
    """Add the software that the case was annotated with, and its model; return the reference to it."""
    software = draft.case["metadata"].get("software")
    if not software:
        return None
    body: Resource = {"type": [code_of("kind", "software")]}
    if "name" in software:
        body["displayName"] = software["name"]
    if "version" in software:
        body["version"] = [{"value": software["version"]}]
    reference = draft.add("Device", draft.id_of("software"), body)
    if "ai_model" in software:
        model = {"displayName": software["ai_model"], "type": [code_of("kind", "ai-model")], "parent": reference}
        return draft.add("Device", draft.id_of("ai-model"), model)
    return reference


def take_software(resource: Resource | None, taking: Taking) -> Resource:
    """Return the software that a Device is, or the one that it is a part of."""
    told: Resource = {}
    if resource is not None and code_in(resource.get("type"), "kind") == "ai-model":
        told["ai_model"] = resource.get("displayName")
        resource = taking.get(resource.get("parent"))
    if resource is not None:
        told |= {key: value for key, value in _algorithm_in(resource).items() if key != "manufacturer"}
    return told


# --- events -----------------------------------------------------------------------------------------------------------


def put_audit(draft: Draft, whole: Resource) -> list[Resource]:
    """Add the events of the case."""
    found: list[Resource] = []
    for place, event in enumerate(draft.case["metadata"].get("audit", ())):
        who = draft.known["agent", event["actor"]]
        target = draft.known.get(("annotation", event.get("target_id", "")))
        note = {"detail": [{"text": event["note"]}]} if is_text(event.get("note", "")) else {}
        outcome = {"code": {"system": "http://terminology.hl7.org/CodeSystem/audit-event-outcome", "code": "0"}, **note}
        recorded = moment(event["at"])
        body: Resource = {
            "category": [
                {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/audit-event-type", "code": "object"}]}
            ],
            "code": code_of("audit-action", event["action"]),
            "action": _ACTIONS.get(event["action"], "U" if event["action"] in _UPDATES else "E"),
            **({"recorded": recorded} if recorded else {"_recorded": UNKNOWN}),
            "outcome": outcome,
            "agent": [{"who": who, "requestor": True}],
            "source": {"observer": who},
            "entity": [{"what": target or whole}],
        }
        found.append(draft.add("AuditEvent", draft.id_of("event", str(place)), body))
    return found


def take_event(resource: Resource, place: int, taking: Taking) -> Resource:
    """Return an event of the case."""
    actor, target = taking.get(resource["agent"][0]["who"]), taking.get(resource["entity"][0]["what"])
    event: Resource = {
        "action": code_in(resource.get("code"), "audit-action"),
        "actor": None if actor is None else identifier_in(actor, "agent"),
        "at": resource.get("recorded"),
        "target_id": None if target is None else identifier_in(target, "annotation"),
        "note": next((each.get("text") for each in resource.get("outcome", {}).get("detail", ())), None),
    }
    taking.home(("metadata", "audit", place), resource, "event")
    return {key: value for key, value in event.items() if value is not None}


def put_reviews(draft: Draft, whole: Resource) -> list[Resource]:
    """Add the reviews of a case: a Provenance each, whose agent verifies."""
    role = {
        "coding": [{"system": "http://terminology.hl7.org/CodeSystem/provenance-participant-type", "code": "verifier"}]
    }
    found: list[Resource] = []
    for review in draft.case.get("reviews", ()):
        targets = draft.refs("annotation", review.get("annotation_ids"))
        at = moment(review["at"])
        body: Resource = {
            "target": targets or [whole],
            **({"recorded": at} if at else {"_recorded": UNKNOWN}),
            "activity": concept_of_ours("review-level", review["level"]),
            "agent": [{"type": role, "who": draft.known["agent", review["reviewer"]]}],
        }
        found.append(draft.add("Provenance", draft.id_of("review", review["id"]), body))
    return found


def take_review(resource: Resource, place: int, taking: Taking) -> Resource:
    """Return a review of the case."""
    reviewer = taking.get(resource["agent"][0]["who"])
    targets = [identifier_in(each, "annotation") for each in map(taking.get, resource["target"]) if each is not None]
    review: Resource = {
        "level": code_in(resource.get("activity"), "review-level"),
        "reviewer": None if reviewer is None else identifier_in(reviewer, "agent"),
        "at": resource.get("recorded"),
        "annotation_ids": targets if targets and None not in targets else None,
    }
    taking.home(("reviews", place), resource, "review")
    return {key: value for key, value in review.items() if value is not None}


# --- quality control --------------------------------------------------------------------------------------------------


def put_issues(draft: Draft) -> list[Resource]:
    """Add what quality control found, in words."""
    found: list[Resource] = []
    for place, issue in enumerate(draft.case["metadata"].get("qc", {}).get("issues", ())):
        body: Resource = {"status": "final", "code": code_of("kind", "quality-issue"), "subject": draft.patient}
        body |= {"detail": issue} if is_text(issue) else {}
        found.append(draft.add("DetectedIssue", draft.id_of("issue", str(place)), body))
    return found


def take_issue(resource: Resource) -> str:
    """Return what quality control found, in words."""
    return str(resource.get("detail", ""))


def put_findings(draft: Draft) -> list[Resource]:
    """Add the findings of quality control."""
    found: list[Resource] = []
    for finding in draft.case["metadata"].get("qc", {}).get("findings", ()):
        implicated = draft.refs("annotation", finding.get("annotation_ids"))
        author = draft.agent(finding.get("made_by"), "Practitioner", "Device")
        body: Resource = {
            "identifier": [identified("finding", finding["id"])],
            "status": "final" if finding.get("confirmed", True) else "preliminary",
            "code": code_of("finding-kind", finding["kind"]),
            "subject": draft.patient,
            **({"severity": _SEVERITIES[finding["severity"]]} if "severity" in finding else {}),
            **({"author": author} if author else {}),
            **({"implicated": implicated} if implicated else {}),
            **({"detail": finding["description"]} if is_text(finding.get("description", "")) else {}),
        }
        found.append(draft.add("DetectedIssue", draft.id_of("finding", finding["id"]), body))
    return found


def take_finding(resource: Resource, place: int, taking: Taking) -> Resource:
    """Return a finding of quality control."""
    author = taking.get(resource.get("author"))
    ids = [identifier_in(each, "annotation") for each in map(taking.get, resource.get("implicated", ())) if each]
    finding: Resource = {
        "id": identifier_in(resource, "finding"),
        "kind": code_in(resource.get("code"), "finding-kind"),
        "severity": _SEVERITIES_IN.get(str(resource.get("severity"))),
        "made_by": None if author is None else identifier_in(author, "agent"),
        "annotation_ids": ids or None,
        "description": resource.get("detail"),
        "confirmed": False if resource.get("status") == "preliminary" else None,
    }
    taking.home(("metadata", "qc", "findings", place), resource, "finding")
    return {key: value for key, value in finding.items() if value is not None}
