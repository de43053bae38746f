"""Resources that others wrote to a case, and what of them a case does not hold: by comparison, resource by resource."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from annoconv.codes import UNCLASSIFIED, Labels
from annoconv.model import SCHEMA_VERSION
from annoconv_converters.fhir import imaging, styles
from annoconv_converters.fhir.contents import text_in
from annoconv_converters.fhir.elements import concept_in, extensions, is_id, moment, uid_in
from annoconv_converters.fhir.foreign_draft import Foreign
from annoconv_converters.fhir.foreign_losses import tail
from annoconv_converters.fhir.foreign_texts import IN_ERROR, take_record, take_text, take_texts
from annoconv_converters.fhir.names import DCM, DERIVATION
from annoconv_converters.fhir.quotes import check_quote

if TYPE_CHECKING:
    from collections.abc import Mapping

    from annoconv.registry import Context
    from annoconv_converters.fhir.foreign_draft import Tell
    from annoconv_converters.fhir.names import Resource
    from annoconv_converters.fhir.sources import Sources

__all__ = ["foreign_case"]

TASK: Final = "FHIR"
_REGION_CODES: Final = frozenset({"111030", "121191", "130488"})
"""DCM codes of ImagingSelections that say what kind of region it is, not of what."""


def foreign_case(index: Sources, name: str, context: Context) -> Foreign | None:
    """Return the case that resources make; None if there is nothing in them that a case holds.

    Parameters
    ----------
    index
        The resources, in the form of R5.
    name
        Of the file, for an image that nothing names.
    context
        Label system, task.
    """
    case: Resource = {"schema_version": SCHEMA_VERSION, "task_id": context.task or TASK}
    foreign = Foreign(case | {"annotations": [], "metadata": {}})
    labels = Labels.of(None, context.label_system)
    _take_studies(foreign, index)
    take_texts(foreign, index)
    observations = index.of_type("Observation")
    findings = [each for each in observations if styles.is_finding(each, _types(each, index))]
    spans = [each for each in observations if any(extensions(each, DERIVATION))]
    inner = {id(each) for each in findings if styles.is_finding_by_itself(each)}
    members = {id(one) for each in findings for one in _members(each, index)} - inner
    for each in findings:
        if id(each) not in members:
            _take_finding(foreign, each, index, labels)
    if inner:
        by_id = {each["id"]: each for each in foreign.case["annotations"]}
        for each in findings:
            _take_parts(foreign, each, [one for one in _members(each, index) if id(one) in inner], by_id)
    for each in spans:
        _take_span(foreign, each, index, labels)
    for each in index.of_type("ImagingSelection"):
        if id(each) not in foreign.told and each.get("status") != IN_ERROR:
            _take_selection(foreign, each, index, labels)
    for each in observations:
        if id(each) not in foreign.told and id(each) not in members and each.get("status") != IN_ERROR:
            take_record(foreign, each, index)
    if not foreign.told:
        return None
    _take_patient(foreign, index)
    _settle_image(foreign, index, name)
    return foreign


def _members(resource: Resource, index: Sources) -> list[Resource]:
    found = (index.get(each, resource) for each in resource.get("hasMember", ()))
    return [each for each in found if each is not None]


def _types(resource: Resource, index: Sources) -> set[str]:
    refs = [*resource.get("derivedFrom", ()), *resource.get("focus", ())]
    return {str(found["resourceType"]) for each in refs if (found := index.get(each, resource)) is not None}


def _labelled(foreign: Foreign, definition: Resource | None) -> None:
    if definition is not None:
        known = foreign.case.setdefault("labels", [])
        if all(each["code"] != definition["code"] for each in known):
            known.append(definition)


# --- images -----------------------------------------------------------------------------------------------------------


def _take_studies(foreign: Foreign, index: Sources) -> None:
    case = foreign.case
    for resource in index.of_type("ImagingStudy"):
        uid = uid_in(resource)
        images = [imaging.series_in(each, uid) for each in resource.get("series", ()) if "uid" in each]
        study: Resource | None = None
        if uid is not None:
            study = {"study_instance_uid": uid}
            if (started := moment(resource.get("started"))) is not None:
                study["started_at"] = started
            if isinstance(resource.get("description"), str):
                study["description"] = resource["description"]
            procedures = [concept_in(each.get("concept")) for each in resource.get("procedure", ())]
            if procedures and None not in procedures:
                study["procedures"] = procedures
            case.setdefault("studies", []).append(study)
        for image in images:
            foreign.image_of.setdefault(str(image["uid"]), image)
            foreign.instances[image["uid"]] = [each["sop_instance_uid"] for each in image.get("instances", ())]
        if images or study is not None:
            foreign.take(resource, _tell_study(foreign, study, images, uid), study)


def _tell_study(foreign: Foreign, study: Resource | None, images: list[Resource], uid: str | None) -> Tell:
    def tell(said: Resource, _: Labels) -> Resource:
        told = styles.tell_study(study, images, uid, said)
        for place, image in enumerate(images):
            kept = foreign.image_of[str(image["uid"])]
            if not foreign.holds(kept) or kept != image:
                told["series"][place] = {}
        return told

    return tell


def _settle_image(foreign: Foreign, index: Sources, name: str) -> None:
    """Give the case its images; one that nothing names is named after the file."""
    taken = [each for each, _, _ in foreign.told.values() if each["resourceType"] == "ImagingSelection"]
    for selection in (*index.of_type("ImagingSelection"), *taken):
        uid = selection.get("seriesUid")
        if isinstance(uid, str) and uid not in foreign.image_of:
            study = {"study_instance_uid": selection["studyUid"]} if isinstance(selection.get("studyUid"), str) else {}
            foreign.image_of[uid] = {"uid": uid, "modality": "OT", **study}
    images = list(foreign.image_of.values()) or [{"uid": name or TASK, "modality": "OT", "coordinate_frame": "NONE"}]
    foreign.case["image"] = images[0]
    if len(images) > 1:
        foreign.case["related_images"] = images[1:]
    for annotation in foreign.case["annotations"]:
        if annotation.get("image_uid") == images[0]["uid"]:
            del annotation["image_uid"]


def _take_patient(foreign: Foreign, index: Sources) -> None:
    """Take the pseudonym and the sex of the patient, and neither names nor anything else."""
    subjects = [each.get("subject") or each.get("patient") for each in index.listed]
    told = [each["reference"] for each in subjects if isinstance(each, dict) and isinstance(each.get("reference"), str)]
    named = [tail(each).rpartition("/")[2] for each in told if "Patient/" in each]
    meant = (index.get({"reference": each}) for each in told)
    patient = next((each for each in meant if each is not None and each["resourceType"] == "Patient"), None)
    if patient is None and not named:
        patient = next(iter(index.of_type("Patient")), None)
    found = next(iter(named), None) if patient is None else index.name_of(patient)
    if found is not None and is_id(found):
        foreign.case["patient_id"] = found
    if patient is not None and patient.get("gender") in {"male", "female", "other", "unknown"}:
        foreign.case["subject"] = {"sex": patient["gender"]}
    if patient is not None:
        gender = foreign.case.get("subject", {}).get("sex")
        again = {"resourceType": "Patient", "id": found} | ({"gender": gender} if gender else {})
        foreign.take(patient, lambda _said, _labels: again)


# --- findings ---------------------------------------------------------------------------------------------------------


def _take_finding(foreign: Foreign, resource: Resource, index: Sources, labels: Labels) -> None:
    annotation, definition = styles.take_finding(resource, labels, foreign.name(resource, index))
    _labelled(foreign, definition)
    used: dict[str, list[Resource]] = {}
    below: dict[int, Resource] = {}
    for key in ("derivedFrom", "focus"):
        for reference in resource.get(key, ()):
            selection = index.get(reference, resource)
            if selection is None or selection["resourceType"] != "ImagingSelection" or "type" in annotation:
                continue
            annotation |= styles.take_region(selection, foreign.instances)
            _place(annotation, selection)
            used.setdefault(key, []).append(reference)
            foreign.take(selection, _tell_selection(annotation, foreign), annotation)
    for reference in resource.get("partOf", ()):
        study = index.get(reference, resource)
        if study is not None and id(study) in foreign.told:
            used.setdefault("partOf", []).append(reference)
    for reference in resource.get("hasMember", ()):
        member = index.get(reference, resource)
        part = None if member is None else styles.take_member(member)
        if (
            member is not None
            and styles.is_finding_by_itself(member)
            and styles.is_finding(member, _types(member, index))
        ):
            used.setdefault("hasMember", []).append(reference)
            below[id(reference)] = member
        elif member is not None and part is not None:
            annotation.setdefault(part[0], []).append(part[1])
            used.setdefault("hasMember", []).append(reference)
            foreign.take(member, _tell_member(part[1], member), annotation)
    own = [styles.take_member(each) for each in (resource, *resource.get("component", ()))]
    if "valueQuantity" not in resource:
        own[0] = None
    for part in own:
        if part is not None:
            annotation.setdefault(part[0], []).append(part[1])
    annotation.setdefault("type", "attribute")
    if annotation["type"] == "attribute":
        annotation["attributes"] = {}
    foreign.case["annotations"].append(annotation)

    def tell(said: Resource, known: Labels) -> Resource:
        parts = (said, *said.get("component", ()))
        told = [{} if one is None else styles.tell_part(one[1], each) for one, each in zip(own, parts, strict=True)]
        value = {key: each for key, each in told[0].items() if key != "code"}
        kept = [each for each in used.get("hasMember", ()) if id(each) not in below or is_below(below[id(each)])]
        more = {"hasMember": kept} if kept else {}
        beside = {key: each for key, each in used.items() if key != "hasMember"}
        return styles.tell_finding(annotation, said, known) | value | beside | more | _components(told[1:])

    def is_below(part: Resource) -> bool:
        taken = foreign.told.get(id(part))
        return taken is not None and taken[2] is not None and taken[2].get("parent_id") == annotation["id"]

    foreign.take(resource, tell, annotation)


def _components(told: list[Resource]) -> Resource:
    return {"component": told} if any(told) else {}


def _take_parts(foreign: Foreign, resource: Resource, parts: list[Resource], by_id: Mapping[str, Resource]) -> None:
    """Let the annotations of findings that are members of a finding name it as their parent, but not in a circle."""
    whole = foreign.told.get(id(resource))
    for each in parts:
        part = foreign.told.get(id(each))
        if whole is None or part is None or whole[2] is None or part[2] is None:
            continue
        above: Resource | None = whole[2]
        while above is not None and above is not part[2]:
            above = by_id.get(above.get("parent_id", ""))
        if above is None:
            part[2].setdefault("parent_id", whole[2]["id"])


def _place(annotation: Resource, selection: Resource) -> None:
    if isinstance(selection.get("seriesUid"), str):
        annotation["image_uid"] = selection["seriesUid"]


def _tell_selection(annotation: Resource, foreign: Foreign) -> Tell:
    def tell(said: Resource, _: Labels) -> Resource:
        image = foreign.image_of.get(annotation.get("image_uid", foreign.case["image"]["uid"]), {})
        return styles.tell_region(annotation, said, image)

    return tell


def _tell_member(part: Resource, member: Resource) -> Tell:
    return lambda _said, _labels: styles.tell_member(part, member)


def _take_selection(foreign: Foreign, resource: Resource, index: Sources, labels: Labels) -> None:
    """Take a region that no finding refers to: of its own class, if it says more than that it is a region."""
    codings = resource.get("code", {}).get("coding", ())
    is_kind = any(each.get("system") == DCM and each.get("code") in _REGION_CODES for each in codings)
    name = "" if is_kind else styles.name_of(resource.get("code"))
    label = labels.of_name(name)
    _labelled(foreign, label.definition)
    category = label.known.category.value if label.known is not None and label.known.category else "other"
    annotation: Resource = {"id": foreign.name(resource, index), "category": category, "label_code": label.code}
    annotation |= styles.take_region(resource, foreign.instances) or {"type": "attribute", "attributes": {}}
    _place(annotation, resource)
    foreign.case["annotations"].append(annotation)
    region = _tell_selection(annotation, foreign)

    def tell(said: Resource, known: Labels) -> Resource:
        told = (region(said, known) or {}) | {"id": annotation["id"]}
        code = annotation["label_code"]
        return told if code == UNCLASSIFIED else told | {"code": {"text": known.name_of(code)}}

    foreign.take(resource, tell, annotation)


def _take_span(foreign: Foreign, resource: Resource, index: Sources, labels: Labels) -> None:
    for derivation in extensions(resource, DERIVATION):
        parts = {each.get("url"): each for each in derivation.get("extension", ())}
        text = index.get(parts.get("reference", {}).get("valueReference"), resource)
        start, length = (parts.get(name, {}).get("valueInteger") for name in ("offset", "length"))
        held = None if text is None else text_in(text, index)
        if text is None or held is None or not held[0] or start is None or length is None:
            continue
        content = held[0]
        value = resource.get("valueCodeableConcept", {})
        quote = resource.get("valueString", value.get("text", content[start : start + length]))
        check_quote(content, start, start + length, quote, f"Observation/{resource.get('id')}")
        annotation, definition = styles.take_finding(resource, labels, foreign.name(resource, index))
        _labelled(foreign, definition)
        taken = foreign.told.get(id(text))
        home = (taken and taken[2]) or take_text(foreign, text, held, index)
        place = {"text_id": home["id"], "start": start, "end": start + length, "text": quote}
        annotation |= {"type": "text_span", **place, "semantic_type": "other"}
        foreign.case["annotations"].append(annotation)

        def tell(said: Resource, known: Labels) -> Resource:
            told = styles.tell_finding(annotation, said, known)  # noqa: B023  the loop ends with it, below
            beside = {"valueString": annotation["text"]} if "valueString" in said else {}  # noqa: B023  as above
            kept = [key for key in ("extension", "derivedFrom") if key in said]
            return told | beside | {key: said[key] for key in kept}

        foreign.take(resource, tell, annotation)
        return
