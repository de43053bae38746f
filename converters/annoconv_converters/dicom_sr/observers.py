"""Who made a report: persons and devices as observers, and back (TID 1001 to 1004), and who verified it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pydicom.dataset import Dataset

from annoconv import ids
from annoconv.documents import strict_json
from annoconv.model import AgentKind, Concept, ReviewLevel, ReviewOutcome
from annoconv_converters._dicom.content import Item
from annoconv_converters._dicom.dates import date_time, moment
from annoconv_converters._dicom.encoding import items
from annoconv_converters._dicom.equipment import UNSPECIFIED
from annoconv_converters._dicom.texts import fit, text
from annoconv_converters.dicom_sr import codes
from annoconv_converters.dicom_sr.values import code_item, text_item

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import tzinfo

    from annoconv.model import Agent, Case, Review

__all__ = [
    "device_items",
    "observer_items",
    "observers_in",
    "put_verifying",
    "verification",
    "verifiers_in",
    "verifying_in",
]

_CONTEXT: Final = "HAS OBS CONTEXT"


def observer_items(name: str, agent: Agent | None) -> list[Item]:
    """Return a person as observer.

    Parameters
    ----------
    name
        The id that the case has for the person; the login name, where the agent has a name of its own.
    agent
        What the case says of the person.
    """
    shown = agent.name if agent is not None and agent.name else name
    found = [
        code_item(_CONTEXT, codes.OBSERVER_TYPE, codes.PERSON),
        Item(_CONTEXT, "PNAME", codes.PERSON_NAME, fit("PN", shown)),
    ]
    if shown != name:
        found.append(text_item(_CONTEXT, codes.PERSON_LOGIN, name))
    if agent is not None and agent.organization:
        found.append(text_item(_CONTEXT, codes.PERSON_ORGANIZATION, agent.organization))
    return found


def device_items(agent: Agent) -> list[Item]:
    """Return a device as observer."""
    uid = agent.id if ids.is_dicom_uid(agent.id) else ids.uid("device", agent.id)
    found = [
        code_item(_CONTEXT, codes.OBSERVER_TYPE, codes.DEVICE),
        Item(_CONTEXT, "UIDREF", codes.DEVICE_UID, uid),
    ]
    if uid != agent.id or agent.name:
        found.append(text_item(_CONTEXT, codes.DEVICE_NAME, agent.name or agent.id))
    if agent.algorithm is not None and agent.algorithm.manufacturer:
        found.append(text_item(_CONTEXT, codes.DEVICE_MANUFACTURER, agent.algorithm.manufacturer))
    if agent.algorithm is not None:
        found.append(text_item(_CONTEXT, codes.DEVICE_MODEL, agent.algorithm.name))
    return found


_DEVICE: Final = frozenset({codes.DEVICE_UID.code, codes.DEVICE_NAME.code, codes.DEVICE_MANUFACTURER.code})


def observers_in(children: Iterable[Item]) -> list[dict[str, Any]]:
    """Return the persons and devices that are observers among items, as agents of a case document, in their order."""
    found: list[dict[str, str]] = []
    for each in children:
        code, scheme = each.key
        if each.relationship != _CONTEXT or scheme != "DCM":
            continue
        if code == codes.OBSERVER_TYPE.code and isinstance(each.value, Concept):
            found.append({"type": each.value.code})
        elif isinstance(each.value, str) and (code in _PERSON_OF or code in _DEVICE_OF):
            kind = codes.PERSON.code if code in _PERSON_OF else codes.DEVICE.code
            if not found or found[-1]["type"] != kind or code in found[-1]:
                found.append({"type": kind})
            found[-1][code] = each.value.strip()
    return [agent for each in found if (agent := _agent(each))]


_PERSON_OF: Final = frozenset({codes.PERSON_NAME.code, codes.PERSON_LOGIN.code, codes.PERSON_ORGANIZATION.code})
_DEVICE_OF: Final = _DEVICE | {codes.DEVICE_MODEL.code}


def _agent(told: dict[str, str]) -> dict[str, Any] | None:
    if told["type"] == codes.DEVICE.code:
        uid, name = told.get(codes.DEVICE_UID.code, ""), told.get(codes.DEVICE_NAME.code, "")
        identity = name if name and uid == ids.uid("device", name) else uid or name
        if not identity:
            return None
        agent: dict[str, Any] = {"id": identity, "kind": AgentKind.DEVICE.value}
        agent |= {"name": name} if name and name != identity else {}
        model, maker = told.get(codes.DEVICE_MODEL.code), told.get(codes.DEVICE_MANUFACTURER.code)
        if model:
            agent["algorithm"] = {"name": model} | ({"manufacturer": maker} if maker else {})
        return agent
    shown = told.get(codes.PERSON_NAME.code, "")
    identity = told.get(codes.PERSON_LOGIN.code) or shown
    if not identity:
        return None
    agent = {"id": identity, "kind": AgentKind.PERSON.value}
    agent |= {"name": shown} if shown and shown != identity else {}
    organization = told.get(codes.PERSON_ORGANIZATION.code)
    return agent | ({"organization": organization} if organization else {})


# --- verification


def verification(case: Case) -> list[Review]:
    """Return the reviews that verify the whole of a case: passed, by the reviewer that it names."""
    every = {each.id for each in case.annotations}
    return [
        each
        for each in case.reviews or ()
        if each.reviewer == case.metadata.reviewer
        and each.level is not ReviewLevel.SELF_CHECK
        and each.outcome is ReviewOutcome.PASSED
        and (each.annotation_ids is None or set(each.annotation_ids) >= every)
    ][-1:]


def put_verifying(header: Dataset, reviews: Sequence[Review], agents: dict[str, Agent], organization: str) -> None:
    """Put who verified a report, and when (PS3.3 C.17.2)."""
    header.VerificationFlag = "VERIFIED" if reviews else "UNVERIFIED"
    observers: list[Dataset] = []
    for each in reviews:
        agent = agents.get(each.reviewer)
        observer = Dataset()
        observer.VerifyingOrganization = (
            fit("LO", (agent.organization if agent else None) or organization) or UNSPECIFIED
        )
        observer.VerificationDateTime = date_time(each.at)
        observer.VerifyingObserverName = fit("PN", each.reviewer)
        observer.VerifyingObserverIdentificationCodeSequence = items()
        observers.append(observer)
    if observers:
        header.VerifyingObserverSequence = items(*observers)


def verifiers_in(header: Dataset) -> Iterator[dict[str, Any]]:
    """Yield who verified a report as agents, where their organization is another than that which made it."""
    for each in header.get("VerifyingObserverSequence") or ():
        name, organization = text(each.get("VerifyingObserverName")), text(each.get("VerifyingOrganization"))
        if name and organization not in ("", UNSPECIFIED, text(header.get("InstitutionName"))):
            yield {"id": name, "kind": AgentKind.PERSON.value, "organization": organization}


def verifying_in(header: Dataset, zone: tzinfo | None) -> Iterator[dict[str, Any]]:
    """Yield the reviews that verified a report; without a time, only who did."""
    for number, each in enumerate(header.get("VerifyingObserverSequence") or (), 1):
        name, stated = text(each.get("VerifyingObserverName")), text(each.get("VerificationDateTime"))
        at = moment(stated)
        if at is None and zone is not None:
            at = moment(f"{stated}+0000")
            at = at.replace(tzinfo=zone) if at is not None else None
        if name:
            review: dict[str, Any] = {"id": f"V{number}", "level": ReviewLevel.REVIEW.value, "reviewer": name}
            review["outcome"] = ReviewOutcome.PASSED.value
            yield review | ({"at": strict_json.plain(at)} if at is not None else {})
