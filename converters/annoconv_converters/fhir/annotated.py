"""Annotations of Observations of ours, by what FHIR itself has of them; `annotations.py` writes these."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from annoconv_converters.fhir import measures
from annoconv_converters.fhir.elements import code_in, extensions, identifier_in, uid_in, value_in
from annoconv_converters.fhir.imaging import image_of
from annoconv_converters.fhir.names import DERIVATION
from annoconv_converters.fhir.quotes import check_quote
from annoconv_converters.fhir.regions import geometry_in, type_of
from annoconv_converters.fhir.sites import take_site

if TYPE_CHECKING:
    from annoconv_converters.fhir.draft import Taking
    from annoconv_converters.fhir.names import Resource

__all__ = ["take_annotation"]

_STATUSES: Final = {"preliminary": "preliminary", "entered-in-error": "rejected"}


def take_annotation(resource: Resource, place: int, taking: Taking) -> Resource:
    """Return the annotation that an Observation of ours is, by what FHIR itself has of it."""
    category, code, value = resource.get("category"), resource.get("code"), resource.get("valueCodeableConcept")
    told_value = taking.codes(value)
    said = told_value.get("assertion")
    label, told_label = (value, told_value) if said is None else (code, taking.codes(code))
    told = taking.codes(category)
    annotation: Resource = {
        "id": identifier_in(resource, "annotation"),
        "category": told.get("annotation-category"),
        "label_code": told_label.get("label"),
    }
    if said is not None:
        annotation["assertion"] = said
    if (status := _STATUSES.get(str(resource.get("status")))) is not None:
        annotation["status"] = status
    if len(resource.get("identifier", ())) > 1 and (uid := uid_in(resource)) is not None:
        annotation["tracking_uid"] = uid
    if "issued" in resource:
        annotation["annotated_at"] = resource["issued"]
    if "performer" in resource or "device" in resource:
        agent = taking.get(resource["performer"][0] if "performer" in resource else resource["device"])
        if agent is not None:
            annotation["annotator"] = identifier_in(agent, "agent")
    if "method" in resource and (method := code_in(resource["method"], "algorithm-type")) is not None:
        annotation["algorithm_type"] = method
    if "note" in resource:
        annotation["note"] = resource["note"][0].get("text")
    is_placed = "bodySite" in resource or "bodyStructure" in resource
    if is_placed and (site := take_site(resource, taking)) is not None:
        annotation["finding_site"] = site
    if told.get("kind") == "text-span":
        annotation |= _span(resource, label or {}, taking)
    else:
        annotation |= _placed(resource, taking)
    if "component" in resource:
        keys = [taking.codes(each.get("code")).get("attribute") for each in resource["component"]]
        listed = zip(keys, resource["component"], strict=True)
        attributes = {key: value_in(each) for key, each in listed if key is not None}
        annotation |= {"attributes": attributes} if attributes else {}
    if "hasMember" in resource:
        annotation |= measures.take_members(resource, ("annotations", place), taking)
    taking.home(("annotations", place), resource, "annotation")
    return annotation


def _span(resource: Resource, label: Resource, taking: Taking) -> Resource:
    told: Resource = {"type": "text_span", "text": label.get("text")}
    for each in resource.get("component", ()):
        if (kind := code_in(each.get("valueCodeableConcept"), "semantic-type")) is not None:
            told["semantic_type"] = kind
    for derivation in extensions(resource, DERIVATION):
        parts = {each.get("url"): each for each in derivation.get("extension", ())}
        text = taking.get(parts.get("reference", {}).get("valueReference"))
        start, length = (parts.get(name, {}).get("valueInteger") for name in ("offset", "length"))
        if text is not None and start is not None and length is not None:
            content = taking.content_of(text)
            if content is not None:
                check_quote(content, start, start + length, str(label.get("text")), f"Observation/{resource.get('id')}")
            told |= {"text_id": identifier_in(text, "text"), "start": start, "end": start + length}
    return told


def _placed(resource: Resource, taking: Taking) -> Resource:
    """Return type and geometry, and what an annotation was made of."""
    told: Resource = {}
    made_of: list[Any] = []
    for reference in resource.get("derivedFrom", ()):
        derived = taking.get(reference)
        if derived is None:
            continue
        if derived["resourceType"] == "ImagingSelection":
            told |= _place(derived, taking)
        elif (identity := identifier_in(derived, "annotation")) is not None:
            made_of.append(identity)
    if made_of:
        told["derived_from"] = made_of
    return told if "type" in told else told | {"type": "attribute"}


def _place(selection: Resource, taking: Taking) -> Resource:
    image = image_of(selection, taking)
    type_ = taking.codes(selection.get("code")).get("geometry")
    instance: Resource = next(iter(selection.get("instance", ())), {})
    told: Resource = {}
    if image is not None and image is not taking.images[0]:
        told["image_uid"] = image["uid"]
    if type_ == "mask":
        return {**told, "type": type_, **_mask(selection, taking)}
    flat, solid = instance.get("imageRegion2D"), instance.get("imageRegion3D")
    size = 2 if flat else 3
    regions = flat or solid or []
    if not regions:
        return told
    found = type_ or type_of(regions, size)
    told |= {"type": found, **geometry_in(found, regions, size)}
    if size == 3:
        if found != "contours":
            told["coordinate_space"] = "patient"
        frame = selection.get("frameOfReferenceUid")
        if frame is not None:
            told["frame_of_reference_uid"] = frame
        return told
    if "subset" in instance and str(instance["subset"][0]).isdecimal():
        told["frame_index"] = int(instance["subset"][0]) - 1
    if "uid" in instance and image is not None:
        places = taking.by_uid[image["uid"]][1]
        if len(places) > 1 and instance["uid"] in places:
            told["slice_index"] = places[instance["uid"]]
    return told


def _mask(selection: Resource, taking: Taking) -> Resource:
    told: Resource = {}
    for reference in selection.get("derivedFrom", ()):
        document = taking.get(reference)
        if document is not None and code_in(document.get("type"), "kind") == "mask":
            told["mask_file"] = document["content"][0]["attachment"].get("title")
            taking.attach("mask", document)
    for instance in selection.get("instance", ()):
        subset = str(next(iter(instance.get("subset", ())), ""))
        number = int(subset) if subset.isdecimal() else None
        if "uid" not in instance:
            told |= {} if number is None else {"mask_value": number}
            continue
        sop_class = instance.get("sopClass", {}).get("code")
        told["segmentation"] = {"sop_instance_uid": instance["uid"]}
        if isinstance(sop_class, str):
            told["segmentation"]["sop_class_uid"] = sop_class.removeprefix("urn:oid:")
        told |= {} if number is None else {"segment_number": number}
    return told
