"""Images and studies: a DICOM series is a series of an ImagingStudy, any other image a DocumentReference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from annoconv.ids import is_dicom_uid
from annoconv_converters.fhir.elements import (
    code_in,
    concept_in,
    concept_put,
    identified,
    identifier_in,
    is_text,
    moment,
    uid_in,
    uid_put,
    with_bare_uids,
)
from annoconv_converters.fhir.names import ABSENT_REASON, DCM, SCT, URI, concept_of_ours

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from annoconv.documents.residuals import Path
    from annoconv_converters.fhir.draft import Draft, Taking
    from annoconv_converters.fhir.names import Resource

__all__ = [
    "LATERALITY",
    "Imaged",
    "image_of",
    "laterality_in",
    "laterality_put",
    "put_images",
    "take_images",
    "take_studies",
    "with_bare_uids_within",
]

LATERALITY: Final = {
    "left": ("7771000", "Left"),
    "right": ("24028007", "Right"),
    "bilateral": ("51440002", "Bilateral"),
    "unilateral": ("66459002", "Unilateral"),
}
_SOP_CLASS_UNKNOWN: Final = {"extension": [{"url": ABSENT_REASON, "valueCode": "unknown"}]}


@dataclass(frozen=True, slots=True)
class Imaged:
    """An image as annotations refer to it.

    Attributes
    ----------
    reference
        To its ImagingStudy or DocumentReference.
    uids
        Members of an ImagingSelection that name its study and series.
    instances
        Its DICOM instances, as the case lists them.
    frame_of_reference_uid
        Of its patient coordinates.
    in_patient
        From continuous voxel coordinates to millimetres in LPS; None if the image has no place there.
    """

    reference: Resource
    uids: dict[str, str]
    instances: list[Resource]
    frame_of_reference_uid: str | None
    in_patient: Callable[[Sequence[float]], list[float]] | None


def laterality_put(side: str) -> Resource:
    """Return a side of the body."""
    known = LATERALITY.get(side)
    return concept_of_ours(
        "laterality", side, *([{"system": SCT, "code": known[0], "display": known[1]}] if known else [])
    )


def laterality_in(told: Any) -> str | None:
    """Return the side of the body of a CodeableConcept."""
    side = code_in(told, "laterality")
    codes = {each.get("code") for each in (told or {}).get("coding", ()) if each.get("system") == SCT}
    return side or next((name for name, (code, _) in LATERALITY.items() if code in codes), None)


def with_bare_uids_within(resource: Resource) -> Resource:
    """Return an ImagingStudy or an ImagingSelection of others with bare UIDs in all of its parts; often itself."""
    told = with_bare_uids(resource)
    for key in ("series", "instance"):
        listed: Any = told.get(key)
        if isinstance(listed, list):
            bare = [with_bare_uids_within(each) if isinstance(each, dict) else each for each in listed]
            if any(one is not other for one, other in zip(bare, listed, strict=True)):
                told = {**told, key: bare}
    return told


# --- there ------------------------------------------------------------------------------------------------------------


def put_images(draft: Draft) -> tuple[dict[str, Imaged], list[Resource], list[Resource]]:
    """Add the images and studies of a case; return the images by UID, and the references of both lists."""
    case = draft.case
    images: list[Resource] = [case["image"], *case.get("related_images", ())]
    studies: dict[str, Resource] = {each["study_instance_uid"]: each for each in case.get("studies", ())}
    groups: dict[str, list[Resource]] = {}
    for image in images:
        study_key = str(image.get("study_instance_uid", image["uid"])) if is_dicom_uid(image["uid"]) else ""
        groups.setdefault(study_key, []).append(image)
    found: dict[str, Imaged] = {}
    listed: list[Resource] = []
    of_study: dict[str, Resource] = {}
    for key, members in groups.items():
        if not key:
            listed += [_put_document(draft, image, found) for image in members]
            continue
        study_uid = members[0].get("study_instance_uid")
        reference = _put_study(draft, key, study_uid, studies.get(study_uid or ""), members)
        listed.append(reference)
        if study_uid is not None:
            of_study[study_uid] = reference
        for image in members:
            uids = {"seriesUid": image["uid"]} | ({"studyUid": study_uid} if study_uid else {})
            found.setdefault(image["uid"], _imaged(image, reference, uids))
    for uid, study in studies.items():
        if uid not in of_study:
            of_study[uid] = _put_study(draft, uid, uid, study, [])
    told = [of_study[uid] for uid in studies] if len(studies) == len(case.get("studies", ())) else []
    return found, listed, told


def _imaged(image: Resource, reference: Resource, uids: dict[str, str]) -> Imaged:
    frame = image.get("frame_of_reference_uid")
    return Imaged(reference, uids, image.get("instances", []), frame, _in_patient(image))


def _in_patient(image: Resource) -> Callable[[Sequence[float]], list[float]] | None:
    spacing, origin, direction = (image.get(key) for key in ("spacing", "origin", "direction"))
    if not (spacing and origin and direction) or len(spacing) < 3 or image.get("coordinate_frame", "LPS") != "LPS":
        return None

    def placed(point: Sequence[float]) -> list[float]:
        steps = [(value - 0.5) * step for value, step in zip(point, spacing, strict=True)]
        return [
            o + sum(c * s for c, s in zip(row, steps, strict=True)) for o, row in zip(origin, direction, strict=True)
        ]

    return placed


def _put_study(draft: Draft, key: str, uid: str | None, study: Resource | None, images: list[Resource]) -> Resource:
    told = study or {}
    identifiers = [*([uid_put(uid)] if uid else [])]
    for name, system in (("accession_number", "accession-number"), ("study_id", "study-id")):
        if name in told and is_text(told[name]):
            identifiers.append(identified(system, told[name]))
    body: Resource = {
        **({"identifier": identifiers} if identifiers else {}),
        "status": "available",
        "subject": draft.patient,
        **({"started": started} if (started := moment(told.get("started_at"))) else {}),
        **({"description": told["description"]} if "description" in told else {}),
    }
    procedures = [concept_put(each) for each in told.get("procedures", ())]
    if procedures and None not in procedures:
        body["procedure"] = [{"concept": each} for each in procedures]
    if images:
        body["series"] = [series_put(each) for each in images]
    return draft.add("ImagingStudy", draft.id_of("study", key), body)


def series_put(image: Resource) -> Resource:
    """Return an image as a series of an ImagingStudy."""
    told: Resource = {"uid": image["uid"], "modality": {"coding": [{"system": DCM, "code": image["modality"]}]}}
    if "description" in image:
        told["description"] = image["description"]
    if "body_part" in image:
        told["bodySite"] = {"concept": {"text": image["body_part"]}}
    if "laterality" in image:
        told["laterality"] = laterality_put(image["laterality"])
    if started := moment(image.get("acquired_at")):
        told["started"] = started
    if "instances" in image:
        told["instance"] = [instance_put(each) for each in image["instances"]]
    return told


def instance_put(told: Resource) -> Resource:
    """Return a DICOM instance of a series."""
    return {"uid": told["sop_instance_uid"], "sopClass": _sop_class(told.get("sop_class_uid"))}


def _sop_class(uid: str | None) -> Resource:
    return _SOP_CLASS_UNKNOWN if uid is None else {"system": URI, "code": f"urn:oid:{uid}"}


def _put_document(draft: Draft, image: Resource, found: dict[str, Imaged]) -> Resource:
    contents = [
        {"attachment": {"title": each["path"], **({"contentType": each["media_type"]} if "media_type" in each else {})}}
        for each in image.get("files", ())
    ]
    body: Resource = {
        "identifier": [identified("image", image["uid"])],
        "status": "current",
        "type": concept_of_ours("kind", "image"),
        "modality": [{"coding": [{"system": DCM, "code": image["modality"]}]}],
        "subject": draft.patient,
        **({"date": date} if (date := moment(image.get("acquired_at"))) else {}),
        **({"description": image["description"]} if "description" in image else {}),
        "content": contents or [{"attachment": {"title": image["uid"]}}],
    }
    reference = draft.add("DocumentReference", draft.id_of("image", image["uid"]), body)
    found.setdefault(image["uid"], _imaged(image, reference, {}))
    return reference


# --- back -------------------------------------------------------------------------------------------------------------


def take_images(entries: Sequence[Resource], taking: Taking) -> list[Resource]:
    """Return the images that entries refer to, the primary one first."""
    listed = [each for each in (taking.get(one) for one in entries) if each is not None]
    for image, element in (one for each in listed for one in _images_of(each)):
        path: Path = ("related_images", len(taking.images) - 1) if taking.images else ("image",)
        taking.home(path, element, "image")
        taking.add_image(image)
    return taking.images


def _images_of(resource: Resource) -> Iterator[tuple[Resource, Resource]]:
    if resource["resourceType"] == "DocumentReference":
        yield _document_image(resource), resource
    for series in resource.get("series", ()):
        yield series_in(series, uid_in(resource)), series


def series_in(series: Resource, study_uid: str | None) -> Resource:
    """Return the image that a series of an ImagingStudy is."""
    image: Resource = {"uid": series.get("uid"), "modality": modality_in(series.get("modality"))}
    if study_uid is not None:
        image["study_instance_uid"] = study_uid
    site = series.get("bodySite", {}).get("concept", {}).get("text")
    side = laterality_in(series.get("laterality"))
    told = {"description": series.get("description"), "body_part": site, "laterality": side}
    image |= {key: value for key, value in {**told, "acquired_at": series.get("started")}.items() if value is not None}
    if "instance" in series:
        image["instances"] = [_instance(each) for each in series["instance"]]
    return image


def modality_in(told: Any) -> str:
    """Return the modality of a CodeableConcept, in DICOM's terms."""
    codings: list[Resource] = [each for each in (told or {}).get("coding", ()) if isinstance(each.get("code"), str)]
    of_dicom = [each for each in codings if each.get("system") == DCM]
    return str([*of_dicom, *codings][0]["code"]) if codings else "OT"


def _instance(told: Resource) -> Resource:
    code = told.get("sopClass", {}).get("code")
    return {"sop_instance_uid": told.get("uid")} | (
        {"sop_class_uid": code.removeprefix("urn:oid:")} if isinstance(code, str) else {}
    )


def _document_image(resource: Resource) -> Resource:
    uid = identifier_in(resource, "image")
    image: Resource = {"uid": uid, "modality": modality_in(next(iter(resource.get("modality", ())), None))}
    told = {"description": resource.get("description"), "acquired_at": resource.get("date")}
    image |= {key: value for key, value in told.items() if value is not None}
    attached = [each.get("attachment", {}) for each in resource.get("content", ())]
    if attached and attached != [{"title": uid}]:
        image["files"] = [
            {"path": each.get("title"), **({"media_type": each["contentType"]} if "contentType" in each else {})}
            for each in attached
        ]
    return image


def take_studies(entries: Sequence[Resource], taking: Taking) -> list[Resource]:
    """Return the studies that entries refer to."""
    found: list[Resource] = []
    for resource in (each for each in map(taking.get, entries) if each is not None):
        study: Resource = {"study_instance_uid": uid_in(resource)}
        told = {"study_id": identifier_in(resource, "study-id"), "started_at": resource.get("started")}
        told |= {"accession_number": identifier_in(resource, "accession-number")}
        told |= {"description": resource.get("description")}
        study |= {key: value for key, value in told.items() if value is not None}
        procedures = [concept_in(each.get("concept")) for each in resource.get("procedure", ())]
        if procedures and None not in procedures:
            study["procedures"] = procedures
        taking.home(("studies", len(found)), resource, "study")
        found.append(study)
    return found


def image_of(selection: Resource, taking: Taking) -> Resource | None:
    """Return the image of the case that an ImagingSelection selects from."""
    series = selection.get("seriesUid")
    if series is None:
        derived = next(iter(selection.get("derivedFrom", ())), None)
        resource = taking.get(derived)
        series = identifier_in(resource, "image") if resource is not None else None
    found = taking.by_uid.get(series) if series is not None else None
    return None if found is None else found[0]
