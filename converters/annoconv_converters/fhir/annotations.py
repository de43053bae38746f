"""Annotations as Observations, and where they are as ImagingSelections; `annotated.py` reads them.

An Observation is a measurement group of HL7's guide "DICOM SR to FHIR": its code is the category of the finding, its
value the finding. What is absent, or only possible, is told the other way round, code the finding and value the
judgement, so that nobody takes it for there. Measurements and evaluations are members of it (`measures.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from annoconv.codes import PRIVATE_SCHEME, category_concept
from annoconv.messages import Message
from annoconv.model import AnnotationCategory
from annoconv.progress import over
from annoconv_converters.fhir import measures
from annoconv_converters.fhir.elements import (
    code_of,
    coding_put,
    identified,
    is_text,
    moment,
    uid_put,
    value_put,
)
from annoconv_converters.fhir.names import (
    ASSERTIONS,
    DCM,
    DERIVATION,
    META,
    SCT,
    UNKNOWN,
    URI,
    coding,
    concept_of_ours,
)
from annoconv_converters.fhir.regions import regions_flat, regions_solid
from annoconv_converters.fhir.sites import put_site

if TYPE_CHECKING:
    from collections.abc import Mapping

    from annoconv_converters.fhir.draft import Draft
    from annoconv_converters.fhir.imaging import Imaged
    from annoconv_converters.fhir.names import Resource

__all__ = ["Annotations"]

STATUSES: Final = {
    "preliminary": "preliminary",
    "final": "final",
    "superseded": "entered-in-error",
    "rejected": "entered-in-error",
}
_GROUP: Final = {
    "coding": [{"system": DCM, "code": "125007", "display": "Measurement Group"}, coding("kind", "annotation")]
}
_SPAN: Final = code_of("kind", "text-span")
_REGION: Final = {"system": DCM, "code": "111030", "display": "Image Region"}
_SEGMENT: Final = {"system": DCM, "code": "121191", "display": "Referenced Segment"}
_SEGMENTATION: Final = "1.2.840.10008.5.1.4.1.1.66.4"
_PATH: Final = "DocumentReference.content[0].attachment.data"


_MORE: Final = frozenset({"annotated_at", "annotator", "algorithm_type", "note", "finding_site"}) | frozenset(
    {"measurements", "evaluations", "attributes"}
)
"""Keys that not every annotation has."""


class Annotations:
    """Writes the annotations of one case; what many of them share is made once.

    Parameters
    ----------
    draft
        The case.
    images
        Its images by UID.
    masks
        References to the documents of mask files.
    """

    def __init__(self, draft: Draft, images: Mapping[str, Imaged], masks: Mapping[str, Resource]) -> None:
        self._draft, self._images, self._masks = draft, images, masks
        self._categories: dict[tuple[str, str], list[Resource]] = {}
        self._codes: dict[str, Resource] = {}
        self._values: dict[tuple[str, str], Resource] = {}
        self._places: dict[str, Resource] = {}
        self._attributes: dict[str, Resource] = {}
        self._contents = {each["id"]: each["content"] for each in draft.case.get("texts", ())}
        self._primary: str = draft.case["image"]["uid"]
        self._ids = [draft.id_of("annotation", each["id"]) for each in draft.case["annotations"]]
        self._references = [draft.reference("Observation", identity) for identity in self._ids]
        self._children: dict[str, list[Resource]] = {}
        for each, reference in zip(draft.case["annotations"], self._references, strict=True):
            draft.known.setdefault(("annotation", each["id"]), reference)
        for each, reference in zip(draft.case["annotations"], self._references, strict=True):
            if "parent_id" in each and ("annotation", each["parent_id"]) in draft.known:
                self._children.setdefault(each["parent_id"], []).append(reference)

    def put_all(self) -> list[Resource]:
        """Add all annotations; return their references in their order."""
        annotations: list[Resource] = self._draft.case["annotations"]
        for each, identity in zip(over(annotations, Message("annotations")), self._ids, strict=True):
            self._put(each, identity)
        return self._references

    def _put(self, annotation: Resource, identity: str) -> None:
        draft = self._draft
        identifiers = [identified("annotation", annotation["id"])]
        if "tracking_uid" in annotation:
            identifiers.append(uid_put(annotation["tracking_uid"]))
        is_span = annotation["type"] == "text_span"
        said = annotation.get("assertion", "present")
        code, value = self._code(annotation["category"]), self._value(annotation["label_code"], annotation["category"])
        if is_span and is_text(annotation["text"]):
            value = {**value, "text": annotation["text"]}
        if said in ASSERTIONS:
            code, value = value, self._assertion(said)
        body: Resource = {
            "resourceType": "Observation",
            "id": identity,
            "meta": META,
            "identifier": identifiers,
            "status": STATUSES[annotation.get("status", "final")],
            "category": self._category(annotation["category"], "text-span" if is_span else "annotation"),
            "code": code,
            "subject": draft.patient,
            "valueCodeableConcept": value,
        }
        image = self._images.get(annotation.get("image_uid", self._primary))
        if image is not None and not is_span and "studyUid" in image.uids:
            body["partOf"] = [image.reference]
        if not _MORE.isdisjoint(annotation):
            self._add_more(body, annotation, identity)
        derived = draft.refs("annotation", annotation["derived_from"]) if "derived_from" in annotation else []
        if is_span:
            for key, told in self._derivation(annotation).items():
                body[key] = [*body.get(key, ()), *told]
        elif image is not None and annotation["type"] != "attribute":
            selected = self._selection(annotation, identity, image)
            derived = derived if selected is None else [selected, *derived]
        if annotation["id"] in self._children:
            body["hasMember"] = [*body.get("hasMember", ()), *self._children[annotation["id"]]]
        if derived:
            body["derivedFrom"] = [*body.get("derivedFrom", ()), *derived]
        draft.resources.append(body)

    def _add_more(self, body: Resource, annotation: Resource, identity: str) -> None:
        """Add to an Observation what not every annotation says."""
        draft = self._draft
        if "annotated_at" in annotation and (issued := moment(annotation["annotated_at"])):
            body["issued"] = issued
        if "annotator" in annotation:
            if performer := draft.agent(annotation["annotator"], "Practitioner", "Organization"):
                body["performer"] = [performer]
            elif device := draft.agent(annotation["annotator"], "Device"):
                body["device"] = device
        if "algorithm_type" in annotation:
            body["method"] = code_of("algorithm-type", annotation["algorithm_type"])
        if "note" in annotation and is_text(annotation["note"]):
            body["note"] = [{"text": annotation["note"]}]
        if "finding_site" in annotation:
            body |= put_site(annotation["finding_site"], draft, identity)
        has_members = "measurements" in annotation or "evaluations" in annotation
        if has_members and (members := measures.put_members(annotation, identity, draft, body["status"])):
            body["hasMember"] = members
        if "attributes" in annotation and (components := self._components(annotation["attributes"])):
            body["component"] = components

    def _category(self, category: str, kind: str) -> list[Resource]:
        key = category, kind
        if key not in self._categories:
            first = _SPAN if kind == "text-span" else _GROUP
            self._categories[key] = [first, code_of("annotation-category", category)]
        return self._categories[key]

    def _code(self, category: str) -> Resource:
        if category not in self._codes:
            concept = category_concept(AnnotationCategory(category))
            published = [] if concept.scheme == PRIVATE_SCHEME else [coding_put(concept.model_dump(exclude_none=True))]
            self._codes[category] = concept_of_ours("annotation-category", category, *filter(None, published))
        return self._codes[category]

    def _value(self, label: str, category: str) -> Resource:
        key = label, category
        if key not in self._values:
            coded = self._draft.labels.coded(label, AnnotationCategory(category))
            published = None if coded.is_private else coding_put(coded.type.model_dump(exclude_none=True))
            ours = coding("label", label, coded.name)
            self._values[key] = {"coding": [*([published] if published else []), ours]}
        return self._values[key]

    @staticmethod
    def _assertion(said: str) -> Resource:
        known = ASSERTIONS[said]
        published = [{"system": SCT, "code": known[0], "display": known[1]}] if known else []
        return concept_of_ours("assertion", said, *published)

    def _derivation(self, annotation: Resource) -> Resource:
        """Return where a span is in its text, by HL7's extension, and what it states."""
        told: Resource = {
            "component": [
                {
                    "code": code_of("part", "semantic-type"),
                    "valueCodeableConcept": code_of("semantic-type", annotation["semantic_type"]),
                }
            ]
        }
        text = self._draft.known.get(("text", annotation["text_id"]))
        content = self._contents.get(annotation["text_id"], "")
        if text is None or content[annotation["start"] : annotation["end"]] != annotation["text"]:
            return told
        parts = [
            {"url": "reference", "valueReference": text},
            {"url": "path", "valueString": _PATH},
            {"url": "offset", "valueInteger": annotation["start"]},
            {"url": "length", "valueInteger": max(0, annotation["end"] - annotation["start"])},
        ]
        return told | {"extension": [{"url": DERIVATION, "extension": parts}], "derivedFrom": [text]}

    def _components(self, attributes: Resource) -> list[Resource]:
        told: list[Resource] = []
        for key, value in attributes.items():
            code = self._attributes.get(key) or self._code_of_attribute(key)
            chosen = value_put(value) if code else None
            if chosen is not None:
                told.append({"code": code, **chosen})
        return told

    def _code_of_attribute(self, key: str) -> Resource:
        """Return the code of a key of attributes; nothing if it cannot be one."""
        is_plain = is_text(key) and key.strip() == key and "  " not in key
        told = {"coding": [coding("attribute", key)], "text": key} if is_plain else {}
        self._attributes[key] = told
        return told

    # --- where it is

    def _selection(self, annotation: Resource, identity: str, image: Imaged) -> Resource | None:
        """Add where an annotation is; None if there is no place to tell."""
        type_ = annotation["type"]
        selected = self._draft.id_of("selection", identity)
        body: Resource = {
            "resourceType": "ImagingSelection",
            "id": selected,
            "meta": META,
            "status": "available",
            "subject": self._draft.patient,
            "code": self._code_of_place(type_),
            "derivedFrom": [image.reference],
            **image.uids,
        }
        if type_ == "mask":
            body |= self._segment(annotation, image)
        elif flat := regions_flat(annotation):
            body["instance"] = [self._instance(annotation, image) | {"imageRegion2D": flat}]
        elif solid := regions_solid(annotation, image.in_patient):
            body["instance"] = [{"_uid": UNKNOWN, "imageRegion3D": solid}]
        else:
            return None
        frame = annotation.get("frame_of_reference_uid") or image.frame_of_reference_uid
        if frame is not None and type_ != "mask":
            body["frameOfReferenceUid"] = frame
        self._draft.resources.append(body)
        return self._draft.reference("ImagingSelection", selected)

    def _code_of_place(self, type_: str) -> Resource:
        if type_ not in self._places:
            beside = _SEGMENT if type_ == "mask" else _REGION
            self._places[type_] = concept_of_ours("geometry", type_, beside)
        return self._places[type_]

    def _segment(self, annotation: Resource, image: Imaged) -> Resource:
        told: Resource = {"derivedFrom": [image.reference]}
        if (mask := self._masks.get(annotation["mask_file"])) is not None:
            told["derivedFrom"].append(mask)
        instances: list[Resource] = []
        if "segmentation" in annotation:
            held = annotation["segmentation"]
            number = [str(annotation["segment_number"])] if "segment_number" in annotation else []
            code = f"urn:oid:{held.get('sop_class_uid', _SEGMENTATION)}"
            instance: Resource = {"uid": held["sop_instance_uid"], "sopClass": {"system": URI, "code": code}}
            instances.append(instance | ({"subset": number} if number else {}))
        if "mask_value" in annotation:  # of the label map that the selection is derived from, which has no UID
            instances.append({"_uid": UNKNOWN, "subset": [str(annotation["mask_value"])]})
        return told | ({"instance": instances} if instances else {})

    @staticmethod
    def _instance(annotation: Resource, image: Imaged) -> Resource:
        """Return the instance that an annotation was drawn on, by its slice or frame; unknown where none is listed."""
        place, frame = annotation.get("slice_index"), annotation.get("frame_index")
        subset = {} if frame is None else {"subset": [str(frame + 1)]}
        only = 0 if len(image.instances) == 1 and place is None else place
        if only is None or only >= len(image.instances):
            return {"_uid": UNKNOWN, **subset}
        told = image.instances[only]
        found: Resource = {"uid": told["sop_instance_uid"], **subset}
        if "sop_class_uid" in told:
            found["sopClass"] = {"system": URI, "code": f"urn:oid:{told['sop_class_uid']}"}
        return found
