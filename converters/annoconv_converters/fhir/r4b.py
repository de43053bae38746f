"""Resources of R5 as R4B, and back: other names and other types of the same, and HL7's cross-version extensions.

An ImagingSelection, which R4B lacks, is a `Basic` with the extensions `http://hl7.org/fhir/5.0/StructureDefinition/
extension-ImagingSelection.*`, as HL7 has it for what a later release added (R5 versions.html#extensions).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from annoconv_converters.fhir.names import Resource

__all__ = ["RENAMED", "STATUS", "down", "is_selection", "selections_apart", "selections_together", "up"]

CROSS: Final = "http://hl7.org/fhir/5.0/StructureDefinition/extension-"
_SELECTION: Final = f"{CROSS}ImagingSelection."
_BODY_SITE: Final = "http://hl7.org/fhir/StructureDefinition/bodySite"
_VERSION: Final = "http://hl7.org/fhir/StructureDefinition/composition-clinicaldocument-versionNumber"
_TYPE: Final = {"coding": [{"system": "http://hl7.org/fhir/fhir-types", "code": "ImagingSelection"}]}
_MODE: Final = "http://hl7.org/fhir/composition-attestation-mode"
_USER_NAME: Final = "user-friendly-name"
RENAMED: Final = {"ImagingSelection": "Basic"}
"""Types of resources that R4B lacks, and what stands for them."""
_KEPT: Final[tuple[str, ...]] = ("id", "meta", "identifier", "subject")
_REGIONS: Final = ("imageRegion2D", "imageRegion3D")
STATUS: Final = f"{_SELECTION}status"
"""A modifier: who does not know it might take what was entered in error for a finding."""
_SIMPLE: Final = {
    "code": "valueCodeableConcept",
    "studyUid": "valueId",
    "seriesUid": "valueId",
    "frameOfReferenceUid": "valueId",
}
"""Members of an ImagingSelection that are one value, and its type."""


def is_selection(resource: Resource) -> bool:
    """Tell whether a resource of R4B stands for an ImagingSelection."""
    codings = resource.get("code", {}).get("coding", ()) if isinstance(resource.get("code"), dict) else ()
    return resource.get("resourceType") == "Basic" and any(each.get("code") == "ImagingSelection" for each in codings)


def down(resource: Resource) -> Resource:
    """Return a resource of R5 as R4B has it; what is the same is shared."""
    change = _DOWN.get(resource["resourceType"])
    return resource if change is None else change({**resource})


def up(resource: Resource) -> Resource:
    """Return a resource of R4B that we wrote as it was before `down`."""
    change = _UP.get("ImagingSelection" if is_selection(resource) else str(resource.get("resourceType")))
    return resource if change is None else change({**resource})


def _renamed(names: dict[str, str]) -> Callable[[Resource], Resource]:
    return lambda resource: {names.get(key, key): value for key, value in resource.items()}


def _first(value: Any) -> Any:
    return value[0] if isinstance(value, list) and value else value


def _with_extension(resource: Resource, *more: Resource) -> Resource:
    return {**resource, "extension": [*resource.get("extension", ()), *more]}


def _without(resource: Resource, url: str) -> tuple[Resource, list[Resource]]:
    """Return a resource without the extensions of an address, and these."""
    listed = resource.get("extension", [])
    taken = [each for each in listed if each.get("url") == url]
    if not taken:
        return resource, []
    rest = [each for each in listed if each.get("url") != url]
    left = {key: value for key, value in resource.items() if key != "extension"}
    return (left | {"extension": rest} if rest else left), taken


# --- ImagingSelection -------------------------------------------------------------------------------------------------


def _selection_down(told: Resource) -> Resource:
    extensions: list[Resource] = []
    for key, value in told.items():
        url = _SELECTION + key
        if key in _SIMPLE:
            extensions.append({"url": url, _SIMPLE[key]: value})
        elif key == "derivedFrom":
            extensions += [{"url": url, "valueReference": each} for each in value]
        elif key == "instance":
            extensions += [{"url": url, "extension": _instance_down(each)} for each in value]
    kept = {key: told[key] for key in _KEPT if key in told}
    extensions += told.get("extension", ())
    status = {"modifierExtension": [{"url": STATUS, "valueCode": told["status"]}]} if "status" in told else {}
    return {"resourceType": "Basic", **kept, "extension": extensions, **status, "code": _TYPE}


def _instance_down(told: Resource) -> list[Resource]:
    parts: list[Resource] = []
    if "uid" in told:
        parts.append({"url": "uid", "valueId": told["uid"]})
    if "sopClass" in told:
        parts.append({"url": "sopClass", "valueCoding": told["sopClass"]})
    parts += [{"url": "subset", "valueString": each} for each in told.get("subset", ())]
    for key in _REGIONS:
        parts += [{"url": key, "extension": _region_down(each)} for each in told.get(key, ())]
    return parts


def _region_down(told: Resource) -> list[Resource]:
    numbers = [{"url": "coordinate", "valueDecimal": each} for each in told["coordinate"]]
    return [{"url": "regionType", "valueCode": told["regionType"]}, *numbers]


def _selection_up(basic: Resource) -> Resource:
    kept = {key: basic[key] for key in _KEPT if key in basic}
    told: Resource = {"resourceType": "ImagingSelection", **kept}
    others: list[Resource] = []
    for each in basic.get("modifierExtension", ()):
        if each.get("url") == STATUS:
            told["status"] = each.get("valueCode")
    for each in basic.get("extension", ()):
        url = str(each.get("url"))
        key = url.removeprefix(_SELECTION)
        if not url.startswith(_SELECTION):
            others.append(each)
        elif key in _SIMPLE:
            told[key] = each.get(_SIMPLE[key])
        elif key == "derivedFrom":
            told.setdefault(key, []).append(each.get("valueReference"))
        elif key == "instance":
            told.setdefault(key, []).append(_instance_up(each))
    return told | ({"extension": others} if others else {})


def _instance_up(told: Resource) -> Resource:
    found: Resource = {}
    for each in told.get("extension", ()):
        match each.get("url"):
            case "uid":
                found["uid"] = each.get("valueId")
            case "sopClass":
                found["sopClass"] = each.get("valueCoding")
            case "subset":
                found.setdefault("subset", []).append(each.get("valueString"))
            case "imageRegion2D" | "imageRegion3D" as key:
                found.setdefault(key, []).append(_region_up(each))
            case _:
                pass
    return found


def _region_up(told: Resource) -> Resource:
    parts = told.get("extension", ())
    kinds = [each.get("valueCode") for each in parts if each.get("url") == "regionType"]
    numbers = [each.get("valueDecimal") for each in parts if each.get("url") == "coordinate"]
    return {"regionType": _first(kinds), "coordinate": numbers}


# --- the others -------------------------------------------------------------------------------------------------------


def _observation_down(told: Resource) -> Resource:
    if "bodyStructure" in told:
        structure = {"url": _BODY_SITE, "valueReference": told.pop("bodyStructure")}
        told["bodySite"] = _with_extension(told.get("bodySite", {}), structure)
    return told


def _observation_up(told: Resource) -> Resource:
    site, structures = _without(told.get("bodySite", {}), _BODY_SITE)
    if structures:
        told["bodySite"] = site
        told["bodyStructure"] = structures[0].get("valueReference")
    return {key: value for key, value in told.items() if key != "bodySite" or value}


def selections_apart(observation: Resource, is_selected: Callable[[Resource], bool]) -> Resource:
    """Return an Observation of R4B whose references to selections stand in `focus`: `derivedFrom` takes no `Basic`."""
    derived = observation.get("derivedFrom", ())
    selected = [each for each in derived if is_selected(each)]
    if not selected:
        return observation
    others = [each for each in derived if not is_selected(each)]
    left = {key: value for key, value in observation.items() if key != "derivedFrom"}
    return left | {"focus": [*observation.get("focus", ()), *selected]} | ({"derivedFrom": others} if others else {})


def selections_together(observation: Resource, is_selected: Callable[[Resource], bool]) -> Resource:
    """Return an Observation as it was before `selections_apart`."""
    focus = observation.get("focus", ())
    selected = [each for each in focus if is_selected(each)]
    if not selected:
        return observation
    others = [each for each in focus if not is_selected(each)]
    left = {key: value for key, value in observation.items() if key != "focus"}
    return (
        left | {"derivedFrom": [*selected, *observation.get("derivedFrom", ())]} | ({"focus": others} if others else {})
    )


def _study_down(told: Resource) -> Resource:
    if "procedure" in told:
        told["procedureCode"] = [each["concept"] for each in told.pop("procedure")]
    if "series" in told:
        told["series"] = [_series_down({**each}) for each in told["series"]]
    return told


def _series_down(told: Resource) -> Resource:
    told["modality"] = told["modality"]["coding"][0]
    if "bodySite" in told:
        told["bodySite"] = {"display": told["bodySite"]["concept"]["text"]}
    if "laterality" in told:
        told["laterality"] = told["laterality"]["coding"][-1]
    return told


def _study_up(told: Resource) -> Resource:
    if "procedureCode" in told:
        told["procedure"] = [{"concept": each} for each in told.pop("procedureCode")]
    if "series" in told:
        told["series"] = [_series_up({**each}) for each in told["series"]]
    return told


def _series_up(told: Resource) -> Resource:
    for key in ("modality", "laterality"):
        if key in told:
            told[key] = {"coding": [told[key]]}
    if "bodySite" in told:
        told["bodySite"] = {"concept": {"text": told["bodySite"].get("display")}}
    return told


def _structure_down(told: Resource) -> Resource:
    structure = _first(told.pop("includedStructure"))
    told["location"] = structure["structure"]
    sides = [structure["laterality"]] if "laterality" in structure else []
    qualifiers = [*sides, *structure.get("qualifier", ())]
    return told | ({"locationQualifier": qualifiers} if qualifiers else {})


def _structure_up(told: Resource) -> Resource:
    from annoconv_converters.fhir.imaging import laterality_in

    structure: Resource = {"structure": told.pop("location", {})}
    qualifiers = told.pop("locationQualifier", [])
    if qualifiers and laterality_in(qualifiers[0]) is not None:
        structure["laterality"], qualifiers = qualifiers[0], qualifiers[1:]
    return told | {"includedStructure": [structure | ({"qualifier": qualifiers} if qualifiers else {})]}


def _document_down(told: Resource) -> Resource:
    if "modality" in told:
        more = [
            {"url": f"{CROSS}DocumentReference.modality", "valueCodeableConcept": each} for each in told.pop("modality")
        ]
        told = _with_extension(told, *more)
    told["content"] = [{**each, "attachment": _sized(each["attachment"], int)} for each in told["content"]]
    return told


def _document_up(told: Resource) -> Resource:
    told, modalities = _without(told, f"{CROSS}DocumentReference.modality")
    if modalities:
        told["modality"] = [each.get("valueCodeableConcept") for each in modalities]
    told["content"] = [
        {**each, "attachment": _sized(each.get("attachment", {}), str)} for each in told.get("content", ())
    ]
    return told


def _sized(told: Resource, kind: type) -> Resource:
    return {**told, "size": kind(told["size"])} if "size" in told else told


def _device_down(told: Resource) -> Resource:
    if "displayName" in told:
        told["deviceName"] = [{"name": told.pop("displayName"), "type": _USER_NAME}]
    return told | ({"type": told["type"][0]} if "type" in told else {})


def _device_up(told: Resource) -> Resource:
    if "deviceName" in told:
        told["displayName"] = told.pop("deviceName")[0].get("name")
    return told | ({"type": [told["type"]]} if "type" in told else {})


def _event_down(told: Resource) -> Resource:
    told["type"] = told.pop("category")[0]["coding"][0]
    told["subtype"] = told.pop("code")["coding"]
    outcome = told.pop("outcome")
    told["outcome"] = outcome["code"]["code"]
    return told | ({"outcomeDesc": outcome["detail"][0]["text"]} if "detail" in outcome else {})


def _event_up(told: Resource) -> Resource:
    told["category"] = [{"coding": [told.pop("type", {})]}]
    told["code"] = {"coding": told.pop("subtype", [])}
    note = told.pop("outcomeDesc", None)
    told["outcome"] = {"code": {"code": told.get("outcome")}} | ({} if note is None else {"detail": [{"text": note}]})
    return told


def _composition_down(told: Resource) -> Resource:
    if "version" in told:
        told = _with_extension(told, {"url": _VERSION, "valueString": told.pop("version")})
    for key in ("identifier", "subject"):
        if key in told:
            told[key] = told[key][0]
    if "attester" in told:
        told["attester"] = [{**each, "mode": each["mode"]["coding"][0]["code"]} for each in told["attester"]]
    return told


def _composition_up(told: Resource) -> Resource:
    told, versions = _without(told, _VERSION)
    for key in ("identifier", "subject"):
        if key in told and not isinstance(told[key], list):
            told[key] = [told[key]]
    if "attester" in told:
        modes = [
            {**each, "mode": {"coding": [{"system": _MODE, "code": each.get("mode")}]}} for each in told["attester"]
        ]
        told["attester"] = modes
    return told | ({"version": versions[0].get("valueString")} if versions else {})


def _map_down(told: Resource) -> Resource:
    told["sourceUri"] = told.pop("sourceScopeUri")
    told["group"] = [_group(each, "relationship", "equivalence") for each in told["group"]]
    return told


def _map_up(told: Resource) -> Resource:
    if "sourceUri" in told:
        told["sourceScopeUri"] = told.pop("sourceUri")
    told["group"] = [_group(each, "equivalence", "relationship") for each in told.get("group", ())]
    return told


def _group(told: Resource, old: str, new: str) -> Resource:
    names = {old: new}
    elements = [
        {**each, "target": [_renamed(names)(one) for one in each.get("target", ())]} for each in told.get("element", ())
    ]
    return {**told, "element": elements}


def _group_down(told: Resource) -> Resource:
    told.pop("membership", None)
    return told | {"actual": True}


_DOWN: Final[dict[str, Callable[[Resource], Resource]]] = {
    "ImagingSelection": _selection_down,
    "Observation": _observation_down,
    "ImagingStudy": _study_down,
    "BodyStructure": _structure_down,
    "DiagnosticReport": _renamed({"study": "imagingStudy"}),
    "DocumentReference": _document_down,
    "Device": _device_down,
    "DetectedIssue": _renamed({"subject": "patient"}),
    "AuditEvent": _event_down,
    "Composition": _composition_down,
    "ConceptMap": _map_down,
    "Group": _group_down,
}
_UP: Final[dict[str, Callable[[Resource], Resource]]] = {
    "ImagingSelection": _selection_up,
    "Observation": _observation_up,
    "ImagingStudy": _study_up,
    "BodyStructure": _structure_up,
    "DiagnosticReport": _renamed({"imagingStudy": "study"}),
    "DocumentReference": _document_up,
    "Device": _device_up,
    "DetectedIssue": _renamed({"patient": "subject"}),
    "AuditEvent": _event_up,
    "Composition": _composition_up,
    "ConceptMap": _map_up,
}
