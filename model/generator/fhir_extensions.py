"""The extensions of annoconv for FHIR as StructureDefinitions, one for each key of a part that has a resource."""

from __future__ import annotations

from typing import Any, Final

__all__ = ["print_extensions"]

_ADDRESS: Final = "https://w3id.org/annoconv/fhir"
_BASE: Final = "http://hl7.org/fhir/StructureDefinition/Extension"
_PARTS: Final = {
    "agent": (("Agent",), ("Practitioner", "Organization", "Device")),
    "annotation": (
        (
            *("MaskAnnotation", "BboxAnnotation", "OrientedBoxAnnotation", "PolygonAnnotation", "PolylineAnnotation"),
            *("PointAnnotation", "KeypointsAnnotation", "EllipseAnnotation", "EllipsoidAnnotation"),
            *("ContoursAnnotation", "AttributeAnnotation", "TextSpanAnnotation"),
        ),
        ("Observation",),
    ),
    "case": (("Case",), ("Composition",)),
    "evaluation": (("QualitativeEvaluation",), ("Observation",)),
    "event": (("AuditEvent",), ("AuditEvent",)),
    "field": (("ClinicalField",), ("Observation",)),
    "finding": (("QcFinding",), ("DetectedIssue",)),
    "image": (("Image",), ("ImagingStudy.series", "DocumentReference")),
    "label": (("Label",), ("CodeSystem.concept",)),
    "link": (("ImageImageLink", "ImageTextLink", "ImageStructuredLink", "RelationLink"), ("Observation",)),
    "measurement": (("Measurement",), ("Observation",)),
    "metadata": (("Metadata",), ("Provenance",)),
    "record": (("ClinicalRecord",), ("Observation",)),
    "review": (("Review",), ("Provenance",)),
    "study": (("Study",), ("ImagingStudy",)),
    "text": (("TextDocument",), ("DocumentReference",)),
}
"""Parts of a case that have a resource or an element of their own: their classes, and where their extensions stand."""
_SCALARS: Final = {"string": "string", "boolean": "boolean", "integer": "integer", "number": "decimal"}
_CARRIED: Final = {
    "path": ("the place within the part, a JSON pointer", "string"),
    "value": ("the value there", "*"),
    "json": ("the value there as JSON, where it is no scalar", "string"),
    "absent": ("that nothing is there", "boolean"),
    "order": ("the order of the members of the list, as JSON", "string"),
}


def print_extensions(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a Bundle of the StructureDefinitions.

    Parameters
    ----------
    schema
        The JSON Schema of the model.
    """
    definitions = schema["$defs"] | {"Case": schema}
    listed = [_carried()]
    for part, (classes, contexts) in _PARTS.items():
        keys: dict[str, dict[str, Any]] = {}
        for name in classes:
            for key, told in definitions[name]["properties"].items():
                keys.setdefault(key, told)
        listed += [
            _of_key(f"{part}-{key.replace('_', '-')}", told, contexts, definitions) for key, told in keys.items()
        ]
    entries = [{"fullUrl": each["url"], "resource": each} for each in listed]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


def _of_key(name: str, told: dict[str, Any], contexts: tuple[str, ...], definitions: dict[str, Any]) -> dict[str, Any]:
    kind = _kind(told, definitions)
    elements = [*_part("json", "the value as JSON", "string", is_required=False)]
    types = [{"code": kind}] if kind else []
    text = told.get("description", told.get("title", name))
    value = {"type": types} if types else {"max": "0"}
    return _definition(name, f"{text} {told.get('x-title-zh', '')}".strip(), contexts, elements, value)


def _kind(told: dict[str, Any], definitions: dict[str, Any]) -> str | None:
    """Return the type in FHIR of the values of a key; None if they are JSON."""
    while "$ref" in told:
        told = definitions[told["$ref"].rpartition("/")[2]]
    stated = "string" if "enum" in told or "const" in told else told.get("type")
    return _SCALARS.get(stated) if isinstance(stated, str) else None


def _carried() -> dict[str, Any]:
    elements = [
        one for name, (text, kind) in _CARRIED.items() for one in _part(name, text, kind, is_required=name == "path")
    ]
    text = "What a resource does not hold of its part of a case, or holds otherwise."
    return _definition("carried", text, ("Element",), elements, {"max": "0"})


def _part(name: str, text: str, kind: str, *, is_required: bool) -> list[dict[str, Any]]:
    place = f"Extension.extension:{name}"
    told = {"id": place, "path": "Extension.extension", "sliceName": name, "short": text}
    types = {} if kind == "*" else {"type": [{"code": kind}]}
    return [
        told | {"min": int(is_required), "max": "1"},
        {"id": f"{place}.url", "path": "Extension.extension.url", "fixedUri": name},
        {"id": f"{place}.value[x]", "path": "Extension.extension.value[x]", "min": 1, **types},
    ]


def _definition(
    name: str, text: str, contexts: tuple[str, ...], parts: list[dict[str, Any]], value: dict[str, Any]
) -> dict[str, Any]:
    """Return a StructureDefinition; its elements stand in the order of those of Extension, or none can be merged."""
    url = f"{_ADDRESS}/StructureDefinition/{name}"
    head = {"id": "Extension", "path": "Extension", "short": text, "definition": text}
    return {
        "resourceType": "StructureDefinition",
        "id": name,
        "url": url,
        "name": "".join(each.capitalize() for each in name.split("-")),
        "status": "active",
        "description": text,
        "fhirVersion": "5.0.0",
        "kind": "complex-type",
        "abstract": False,
        "context": [{"type": "element", "expression": each} for each in contexts],
        "type": "Extension",
        "baseDefinition": _BASE,
        "derivation": "constraint",
        "differential": {
            "element": [
                head,
                *parts,
                {"id": "Extension.url", "path": "Extension.url", "fixedUri": url},
                {"id": "Extension.value[x]", "path": "Extension.value[x]", **value},
            ]
        },
    }
