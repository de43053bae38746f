"""Resources that others wrote, and what a case says of them in their own terms: `take_…` reads, `tell_…` says it again.

Findings as HL7's guide "DICOM SR to FHIR" has them (a group, its value the finding) and as the base specification does
(the code is the finding, or what was judged); laboratory and other values; regions without a finding; texts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from annoconv.codes import PRIVATE_SCHEME, category_concept, category_of
from annoconv.model import AnnotationCategory, Concept
from annoconv_converters.fhir import imaging, measures
from annoconv_converters.fhir.contents import attachment
from annoconv_converters.fhir.elements import (
    coding_put,
    concept_in,
    concept_put,
    moment,
    quantity,
    uid_in,
    uid_put,
    value_in,
    value_put,
)
from annoconv_converters.fhir.names import DCM, SCT, UCUM
from annoconv_converters.fhir.regions import alike, geometry_in, regions_flat, regions_solid, type_of

if TYPE_CHECKING:
    from annoconv.codes import Labels
    from annoconv_converters.fhir.names import Resource

__all__ = [
    "GROUP", "is_finding", "is_finding_by_itself", "name_of", "take_field", "take_finding", "take_member",
    "take_region", "tell_field", "tell_finding", "tell_member", "tell_part", "tell_region", "tell_study",
]  # fmt: skip

GROUP: Final = {"coding": [{"system": DCM, "code": "125007", "display": "Measurement Group"}]}
_PRESENT: Final = {"52101004": None, "2667000": "absent", "371930009": "possible", "410513005": "historical"}
"""Judgements of SNOMED CT whether a finding is there."""
_JUDGED: Final = {assertion: code for code, assertion in _PRESENT.items() if assertion}
_REGIONS: Final = {"imageRegion2D", "imageRegion3D"}
_STATUSES: Final = {"registered": "preliminary", "preliminary": "preliminary", "entered-in-error": "rejected"}


def is_group(resource: Resource) -> bool:
    """Tell whether an Observation is a measurement group of HL7's guide."""
    categories = resource.get("category", [])
    codings = [one for each in categories if isinstance(each, dict) for one in each.get("coding", ())]
    return any(each.get("system") == DCM and each.get("code") == "125007" for each in codings)


def is_finding(resource: Resource, types: set[str]) -> bool:
    """Tell whether an Observation is a finding in an image, by what it is and the types of resources it refers to."""
    return is_group(resource) or "ImagingSelection" in types


def is_finding_by_itself(resource: Resource) -> bool:
    """Tell whether a finding is one where it is a member of another too, and no measurement or evaluation of that."""
    if is_group(resource):
        return True
    values = [key for key in resource if key.startswith("value")]
    return not values or bool(values == ["valueCodeableConcept"] and _judgement(resource["valueCodeableConcept"]) != "")


def name_of(told: Any) -> str:
    """Return the name of a CodeableConcept: its display, its text, or its code."""
    concept = told if isinstance(told, dict) else {}
    codings = concept.get("coding", [])
    names = [*(each.get("display") for each in codings), concept.get("text"), *(each.get("code") for each in codings)]
    return next((each for each in names if isinstance(each, str) and each.strip()), "")


# --- findings ---------------------------------------------------------------------------------------------------------


def take_finding(resource: Resource, labels: Labels, identity: str) -> tuple[Resource, Resource | None]:
    """Return an annotation of an id, without its place, and the definition of its label if it needs one."""
    code, value = resource.get("code"), resource.get("valueCodeableConcept")
    judged = _judgement(value)
    finding = value if value is not None and judged == "" else code
    category = concept_in(code)
    told = {"concept": concept} if (concept := concept_in(finding)) is not None else {}
    label = labels.of_name(name_of(finding), told)
    is_stated = finding is value and category is not None
    kind = category_of(Concept(**category)).value if is_stated and category is not None else "lesion"
    if label.known is not None and label.known.category is not None and not is_stated:
        kind = label.known.category.value
    annotation: Resource = {"id": identity, "category": kind, "label_code": label.code}
    if judged:
        annotation["assertion"] = judged
    if (status := _STATUSES.get(str(resource.get("status")))) is not None:
        annotation["status"] = status
    if (uid := uid_in(resource)) is not None:
        annotation["tracking_uid"] = uid
    if (issued := moment(resource.get("issued"))) is not None:
        annotation["annotated_at"] = issued
    if "note" in resource and isinstance(resource["note"][0].get("text"), str):
        annotation["note"] = resource["note"][0]["text"]
    if (region := concept_in(resource.get("bodySite"))) is not None:
        annotation["finding_site"] = {"region": region}
    return annotation, label.definition


def _judgement(value: Any) -> str | None:
    """Return the assertion that a value is: None for present, empty if it is none."""
    codes = [each.get("code") for each in (value or {}).get("coding", ()) if each.get("system") == SCT]
    return next((_PRESENT[code] for code in codes if code in _PRESENT), "")


def tell_finding(annotation: Resource, said: Resource, labels: Labels) -> Resource:
    """Return an annotation as the Observation that it was."""
    category = AnnotationCategory(annotation["category"])
    coded = labels.coded(annotation["label_code"], category)
    finding = _told(coded.type)
    stated = category_concept(category)
    told: Resource = {"resourceType": "Observation", "id": annotation["id"], "status": _status(annotation, said)}
    value = said.get("valueCodeableConcept")
    if value is not None and _judgement(value) == "":
        told |= {"valueCodeableConcept": finding, "code": {} if stated.scheme == PRIVATE_SCHEME else _told(stated)}
    else:
        told["code"] = finding
        judged = _JUDGED.get(annotation.get("assertion", ""), "52101004")
        told |= {"valueCodeableConcept": {"coding": [{"system": SCT, "code": judged}]}} if value is not None else {}
    if is_group(said):
        told["category"] = [GROUP]
    if "tracking_uid" in annotation:
        told["identifier"] = [uid_put(annotation["tracking_uid"])]
    if "annotated_at" in annotation:
        told["issued"] = annotation["annotated_at"]
    if "note" in annotation:
        told["note"] = [{"text": annotation["note"]}]
    if "finding_site" in annotation:
        told["bodySite"] = concept_put(annotation["finding_site"]["region"])
    return told


def _told(concept: Concept) -> Resource:
    if concept.scheme == PRIVATE_SCHEME:
        return {"text": concept.meaning}
    return {"coding": [coding_put(concept.model_dump(exclude_none=True))]}


def _status(annotation: Resource, said: Resource) -> str:
    """Return the status of an Observation; of several that say the same, the one that was said."""
    wanted = annotation.get("status")
    stated = str(said.get("status"))
    known = {"preliminary": "preliminary", "rejected": "entered-in-error"}.get(wanted or "", "final")
    return stated if wanted is not None and _STATUSES.get(stated) == wanted and stated == known else known


# --- members ----------------------------------------------------------------------------------------------------------


def take_member(resource: Resource) -> tuple[str, Resource] | None:
    """Return a measurement or an evaluation, with the key that it belongs to; None if it is neither."""
    concept = concept_in(resource.get("code"))
    if concept is None:
        return None
    if "valueQuantity" in resource and "value" in resource["valueQuantity"]:
        value = resource["valueQuantity"]
        unit = _unit_of(value) or "1"
        told = {"concept": concept, "value": value["value"], "unit": unit, **measures.comparator_in(value)}
        if (method := concept_in(resource.get("method"))) is not None:
            told["method"] = method
        return "measurements", told | measures.range_in(resource)
    judged = concept_in(resource.get("valueCodeableConcept"))
    return None if judged is None else ("evaluations", {"concept": concept, "value": judged})


def tell_member(part: Resource, said: Resource) -> Resource:
    """Return a measurement or an evaluation as the Observation that it was."""
    told: Resource = {"resourceType": "Observation", "status": "final", "code": concept_put(part["concept"])}
    if "unit" not in part:
        return told | {"valueCodeableConcept": concept_put(part["value"])}
    told["valueQuantity"] = _quantity_told(part, said.get("valueQuantity", {}))
    if "method" in part:
        told["method"] = concept_put(part["method"])
    return told | measures.range_put(part)


def tell_part(part: Resource, said: Resource) -> Resource:
    """Return a measurement or an evaluation as what an Observation, or a component of one, says by itself."""
    return {key: value for key, value in tell_member(part, said).items() if key not in {"resourceType", "status"}}


def _unit_of(value: Resource) -> str | None:
    """Return the unit of a quantity: its code in UCUM, else its words."""
    return value["code"] if value.get("system") == UCUM and "code" in value else value.get("unit")


def _quantity_told(part: Resource, said: Resource) -> Resource:
    """Return a number with its unit: where a code was said, the unit is that, and its name is not kept."""
    comparator = measures.COMPARATORS.get(part.get("comparator", ""))
    unit = part.get("unit")
    whole = quantity(part["value"], unit, comparator)
    is_coded = said.get("system") == UCUM and "code" in said
    if is_coded and said.get("unit") != unit:
        return {key: value for key, value in whole.items() if key != "unit"}
    return {key: value for key, value in whole.items() if key not in {"system", "code"} or is_coded}


# --- values -----------------------------------------------------------------------------------------------------------


def take_field(resource: Resource, key: str) -> Resource | None:
    """Return a field of a record: what an Observation, or a component of one, says; None if it says nothing."""
    field: Resource = {"key": key}
    if (concept := concept_in(resource.get("code"))) is not None:
        field["concept"] = concept
    if "valueQuantity" in resource and "value" in resource["valueQuantity"]:
        value = resource["valueQuantity"]
        unit = _unit_of(value)
        field |= {"value": value["value"], **measures.comparator_in(value)} | ({"unit": unit} if unit else {})
    elif (coded := concept_in(resource.get("valueCodeableConcept"))) is not None:
        text = resource["valueCodeableConcept"].get("text")
        field |= {"value_concept": coded} | ({"value": text} if isinstance(text, str) else {})
    elif isinstance(resource.get("valueCodeableConcept"), dict) and name_of(resource["valueCodeableConcept"]):
        field["value"] = name_of(resource["valueCodeableConcept"])
    elif (simple := value_in(resource)) is not None:
        field["value"] = simple
    elif (reason := measures.absent_in(resource.get("dataAbsentReason"))) is not None:
        field["absent_reason"] = reason
    else:
        return None
    return field | measures.range_in(resource)


def tell_field(field: Resource, said: Resource) -> Resource:
    """Return a field as it was said."""
    told: Resource = {}
    if "concept" in field:
        told["code"] = concept_put(field["concept"])
    elif field["key"] == name_of(said.get("code")):
        told["code"] = {"text": field["key"]}
    if "value_concept" in field:
        text = {"text": field["value"]} if "value" in field else {}
        told["valueCodeableConcept"] = (concept_put(field["value_concept"]) or {}) | text
    elif "valueCodeableConcept" in said and "value" in field:
        told["valueCodeableConcept"] = {"text": field["value"]}
    elif "valueQuantity" in said and "value" in field:
        told["valueQuantity"] = _quantity_told(field, said["valueQuantity"])
    elif "absent_reason" in field:
        told["dataAbsentReason"] = measures.absent_put(field["absent_reason"])
        told["dataAbsentReason"]["coding"] = told["dataAbsentReason"]["coding"][:1]
    else:
        told |= value_put(field.get("value")) or {}
    return told | measures.range_put(field)


# --- regions ----------------------------------------------------------------------------------------------------------


def take_region(selection: Resource, images: dict[str, list[str]]) -> Resource:
    """Return type and geometry of a region, and the slice it is on where the image lists its instances."""
    place, instances = _place_of_region(selection), selection.get("instance", [])
    first: Resource = instances[place] if instances else {}
    flat, solid = first.get("imageRegion2D", []), first.get("imageRegion3D", [])
    size = 2 if flat else 3
    regions = alike(flat or solid, size)
    if not regions:
        return {}
    type_ = type_of(regions, size)
    told: Resource = {"type": type_, **geometry_in(type_, regions, size)}
    for number, each in enumerate(told.get("keypoints", ()), start=1):
        each["name"] = str(number)
    if size == 3:
        frame = selection.get("frameOfReferenceUid")
        told |= {} if type_ == "contours" else {"coordinate_space": "patient"}
        return told | ({"frame_of_reference_uid": frame} if isinstance(frame, str) else {})
    subset = str(next(iter(first.get("subset", ())), ""))
    if subset.isdecimal() and int(subset) > 0:
        told["frame_index"] = int(subset) - 1
    places = images.get(str(selection.get("seriesUid")), [])
    if len(places) > 1 and first.get("uid") in places:
        told["slice_index"] = places.index(first["uid"])
    return told


def tell_region(annotation: Resource, said: Resource, image: Resource) -> Resource:
    """Return the region of an annotation as the ImagingSelection that it was."""
    told: Resource = {"resourceType": "ImagingSelection", "status": "available"}
    if "uid" in image and image["uid"] == said.get("seriesUid"):
        told["seriesUid"] = image["uid"]
    if "study_instance_uid" in image:
        told["studyUid"] = image["study_instance_uid"]
    flat, solid = regions_flat(annotation), regions_solid(annotation, None)
    if _is_multipoint(said):
        solid = [{"regionType": "multipoint", "coordinate": [one for each in solid for one in each["coordinate"]]}]
    instance: Resource = {"imageRegion2D": flat} if flat else {"imageRegion3D": solid} if solid else {}
    if "frame_index" in annotation:
        instance["subset"] = [str(annotation["frame_index"] + 1)]
    listed = image.get("instances", [])
    place = annotation.get("slice_index", 0 if len(listed) == 1 else None)
    if place is not None and place < len(listed):
        instance |= imaging.instance_put(listed[place])
    if instance:
        told["instance"] = [*({} for _ in range(_place_of_region(said))), instance]
    frame = annotation.get("frame_of_reference_uid", image.get("frame_of_reference_uid"))
    return told | ({"frameOfReferenceUid": frame} if frame else {})


def _place_of_region(selection: Resource) -> int:
    """Return which instance of a selection has a region: the first that has, or the first."""
    told = (place for place, each in enumerate(selection.get("instance", ())) if _REGIONS & each.keys())
    return next(told, 0)


def _is_multipoint(selection: Resource) -> bool:
    regions = [one for each in selection.get("instance", ()) for one in each.get("imageRegion3D", ())]
    return bool(regions) and regions[0].get("regionType") == "multipoint"


# --- studies and texts ------------------------------------------------------------------------------------------------


def tell_study(study: Resource | None, images: list[Resource], uid: str | None, said: Resource) -> Resource:
    """Return a study and its series as the ImagingStudy that they were; numbers of series and instances follow."""
    told: Resource = {"resourceType": "ImagingStudy", "status": "available"}
    if uid is not None:
        told["identifier"] = [uid_put(uid)]
    if study is not None:
        told |= {"started": study["started_at"]} if "started_at" in study else {}
        told |= {"description": study["description"]} if "description" in study else {}
        if "procedures" in study:
            told["procedure"] = [{"concept": concept_put(each)} for each in study["procedures"]]
    if images:
        listed = [each for each in said.get("series", ()) if "uid" in each]
        told["series"] = [_series_told(each, one) for each, one in zip(images, listed, strict=True)]
    counts = {
        "numberOfSeries": len(images),
        "numberOfInstances": sum(len(each.get("instances", ())) for each in images),
    }
    return told | {name: count for name, count in counts.items() if name in said}


def _series_told(image: Resource, said: Resource) -> Resource:
    told = imaging.series_put(image)
    count = {"numberOfInstances": len(image.get("instances", ()))}
    return told | (count if "numberOfInstances" in said and "instances" in image else {})


def tell_text(text: Resource, said: Resource) -> Resource:
    """Return a text as the DocumentReference that it was."""
    told = attachment(text["content"].encode(), "text/plain")
    content: Resource = next(iter(said.get("content", ())), {})
    asked: Resource = content.get("attachment", {})
    kept = {key: value for key, value in told.items() if key in asked}
    if str(asked.get("contentType", "")).startswith("text/plain"):
        kept["contentType"] = asked["contentType"]
    if "language" in text:
        kept["language"] = text["language"]
    date = {"date": text["written_at"]} if "written_at" in text else {}
    return {
        "resourceType": "DocumentReference",
        "id": text["id"],
        "status": "current",
        **date,
        "content": [{"attachment": kept}],
    }
