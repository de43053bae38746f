# ruff: noqa: E501  tables
"""Resources that we wrote, valid in the releases they are named for; each planted fault starts from one of them."""

from __future__ import annotations

from typing import Any

Resource = dict[str, Any]

DIV = '<div xmlns="http://www.w3.org/1999/xhtml"><p>Three nodules, the largest of <b>12.5 mm</b> &nbsp;</p></div>'
UCUM = "http://unitsofmeasure.org"
SCT = "http://snomed.info/sct"
SERIES = "1.2.826.0.1.3680043.8.498.1"


def concept(code: str, system: str = SCT) -> Resource:
    return {"coding": [{"system": system, "code": code}]}


def amount(value: float, code: str = "mm") -> Resource:
    return {"value": value, "unit": code, "system": UCUM, "code": code}


def uuid(number: int) -> str:
    return f"urn:uuid:00000000-0000-4000-8000-{number:012d}"


OBSERVATION: Resource = {
    "resourceType": "Observation",
    "id": "nodule-1",
    "meta": {"versionId": "1", "lastUpdated": "2026-03-10T08:00:00.123+08:00", "profile": ["https://example.org/p|1"]},
    "text": {"status": "generated", "div": DIV},
    "contained": [{"resourceType": "Device", "id": "model"}],
    "extension": [{"url": "https://example.org/sequence", "valueInteger": 3}],
    "identifier": [{"system": "urn:ietf:rfc:3986", "value": uuid(7)}],
    "status": "final",
    "category": [concept("imaging", "http://terminology.hl7.org/CodeSystem/observation-category")],
    "code": concept("246120007"),
    "subject": {"reference": "Patient/pseudonym-1", "type": "Patient"},
    "effectiveDateTime": "2026-03-10T08:00:00+08:00",
    "issued": "2026-03-10T08:00:00.123456+08:00",
    "valueQuantity": amount(12.5),
    "bodySite": concept("39607008"),
    "device": {"reference": "#model"},
    "referenceRange": [{"low": amount(3), "high": amount(30)}],
    "component": [
        {"code": concept("103355008"), "valueInteger": 4},
        {"code": concept("439984002"), "valueRatio": {"numerator": amount(1, "mg"), "denominator": amount(2, "mL")}},
        {"code": concept("118565006"), "valuePeriod": {"start": "2026-01-01", "end": "2026-02-01"}},
        {"code": concept("118586006"), "valueRange": {"low": amount(1), "high": amount(2)}},
    ],
}
"""Valid in both releases."""

SAMPLED: Resource = {
    "resourceType": "Observation",
    "status": "final",
    "code": {"text": "ECG"},
    "valueSampledData": {
        "origin": amount(0, "mV"),
        "interval": 2,
        "intervalUnit": "ms",
        "dimensions": 1,
        "data": "1 2 3",
    },
    "component": [{"code": {"text": "note"}, "valueAttachment": {"contentType": "text/plain", "data": "YWJj"}}],
}

TIMED: Resource = {
    "resourceType": "Observation",
    "status": "final",
    "code": {"text": "timed"},
    "effectiveTiming": {"repeat": {"duration": 1, "durationUnit": "h", "frequency": 1, "period": 1, "periodUnit": "d"}},
}
"""Valid in both releases."""

EXTENDED: Resource = {
    "resourceType": "Basic",
    "code": {"text": "data types"},
    "extension": [
        {"url": "https://example.org/age", "valueAge": amount(63, "a")},
        {"url": "https://example.org/count", "valueCount": {"value": 3, "system": UCUM, "code": "1"}},
        {"url": "https://example.org/distance", "valueDistance": amount(3)},
        {"url": "https://example.org/duration", "valueDuration": amount(3, "min")},
        {"url": "https://example.org/contact", "valueContactPoint": {"system": "url", "value": "https://example.org"}},
        {"url": "https://example.org/nested", "extension": [{"url": "part", "valueDecimal": 1}]},
        {"url": "https://example.org/expression", "valueExpression": {"language": "text/fhirpath", "expression": "1"}},
        {
            "url": "https://example.org/data",
            "valueDataRequirement": {
                "type": "Patient",
                "codeFilter": [{"path": "gender"}],
                "dateFilter": [{"path": "birthDate"}],
            },
        },
        {"url": "https://example.org/trigger", "valueTriggerDefinition": {"type": "named-event", "name": "x"}},
        {
            "url": "https://example.org/ratio",
            "valueRatioRange": {"lowNumerator": amount(1), "highNumerator": amount(2), "denominator": amount(3)},
        },
    ],
}
"""Valid in both releases."""

SELECTION: Resource = {
    "resourceType": "ImagingSelection",
    "id": "regions",
    "identifier": [{"system": "urn:dicom:uid", "value": f"urn:oid:{SERIES}.9"}],
    "status": "available",
    "subject": {"reference": "Patient/pseudonym-1"},
    "code": concept("111030", "http://dicom.nema.org/resources/ontology/DCM"),
    "studyUid": SERIES,
    "seriesUid": f"{SERIES}.1",
    "frameOfReferenceUid": f"{SERIES}.2",
    "instance": [
        {
            "uid": f"{SERIES}.1.1",
            "sopClass": {"system": "urn:ietf:rfc:3986", "code": "urn:oid:1.2.840.10008.5.1.4.1.1.2"},
            "subset": ["1"],
            "imageRegion2D": [
                {"regionType": "point", "coordinate": [10.5, 20.5]},
                {"regionType": "polyline", "coordinate": [0, 0, 512, 0, 512, 512, 0, 0]},
                {"regionType": "circle", "coordinate": [100, 100, 110, 100]},
                {"regionType": "ellipse", "coordinate": [90, 100, 110, 100, 100, 95, 100, 105]},
            ],
            "imageRegion3D": [
                {"regionType": "multipoint", "coordinate": [1, 2, 3, -4, -5, -6]},
                {"regionType": "polygon", "coordinate": [0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0]},
                {"regionType": "ellipsoid", "coordinate": [-2, 0, 0, 2, 0, 0, 0, -1, 0, 0, 1, 0, 0, 0, -1, 0, 0, 1]},
            ],
        }
    ],
}
"""Valid in R5, which alone has it."""

SELECTION_R4B: Resource = {
    "resourceType": "Basic",
    "code": concept("ImagingSelection", "http://hl7.org/fhir/fhir-types"),
    "extension": [
        {
            "url": "http://hl7.org/fhir/5.0/StructureDefinition/extension-ImagingSelection.instance",
            "extension": [
                {"url": "uid", "valueId": f"{SERIES}.1.1"},
                {
                    "url": "imageRegion2D",
                    "extension": [
                        {"url": "regionType", "valueCode": "point"},
                        {"url": "coordinate", "valueDecimal": 10.5},
                        {"url": "coordinate", "valueDecimal": 20.5},
                    ],
                },
            ],
        }
    ],
}

STUDY: Resource = {
    "resourceType": "ImagingStudy",
    "identifier": [{"system": "urn:dicom:uid", "value": f"urn:oid:{SERIES}"}],
    "status": "available",
    "subject": {"reference": "Patient/pseudonym-1"},
    "series": [
        {
            "uid": f"{SERIES}.1",
            "modality": concept("CT", "http://dicom.nema.org/resources/ontology/DCM"),
            "instance": [
                {
                    "uid": f"{SERIES}.1.1",
                    "sopClass": {"system": "urn:ietf:rfc:3986", "code": "urn:oid:1.2.840.10008.5.1.4.1.1.2"},
                }
            ],
        }
    ],
}

PATIENT: Resource = {
    "resourceType": "Patient",
    "id": "pseudonym-1",
    "identifier": [{"system": "https://example.org/pseudonyms", "value": "PSEUDO-1"}],
    "active": True,
    "_gender": {"extension": [{"url": "https://example.org/unknown", "valueBoolean": True}]},
    "birthDate": "1963-11",
    "name": [{"given": [None, "B"], "_given": [{"id": "first", "extension": [{"url": "https://example.org/hidden", "valueCode": "x"}]}, None]}],
    "contact": [{"relationship": [{"text": "guardian"}], "telecom": [{"system": "phone", "value": "1"}]}],
}  # fmt: skip
"""Valid in both releases."""

ORGANIZATION: Resource = {
    "resourceType": "Organization",
    "name": "Reading centre",
    "contact": [
        {"telecom": [{"system": "email", "value": "a@b.c", "use": "work"}], "address": {"use": "work", "text": "x"}}
    ],
}

REPORT: Resource = {
    "resourceType": "DiagnosticReport",
    "id": "report",
    "status": "final",
    "code": {"text": "Imaging report"},
    "subject": {"reference": "Patient/pseudonym-1"},
    "result": [{"reference": uuid(3)}],
    "composition": {"reference": uuid(1)},
}

COMPOSITION: Resource = {
    "resourceType": "Composition",
    "id": "composition",
    "status": "final",
    "type": {"text": "Annotation report"},
    "subject": [{"reference": uuid(2)}],
    "date": "2026-03-10",
    "author": [{"reference": uuid(5)}],
    "title": "Annotation report",
    "section": [{"title": "Findings", "entry": [{"reference": uuid(3)}]}],
}

PROVENANCE: Resource = {
    "resourceType": "Provenance",
    "target": [{"reference": uuid(3)}],
    "recorded": "2026-03-10T08:00:00Z",
    "agent": [{"who": {"reference": uuid(5)}, "onBehalfOf": {"reference": uuid(6)}}],
}

DOCUMENT: Resource = {
    "resourceType": "Bundle",
    "type": "document",
    "identifier": {"system": "urn:ietf:rfc:3986", "value": uuid(0)},
    "timestamp": "2026-03-10T08:00:00Z",
    "entry": [
        {"fullUrl": uuid(1), "resource": COMPOSITION},
        {"fullUrl": uuid(2), "resource": PATIENT},
        {"fullUrl": uuid(3), "resource": {"resourceType": "Observation", "status": "final", "code": {"text": "x"}, "subject": {"reference": uuid(2)}}},
        {"fullUrl": uuid(4), "resource": REPORT | {"subject": {"reference": uuid(2)}}},
        {"fullUrl": uuid(5), "resource": {"resourceType": "Practitioner", "id": "a", "active": True}},
        {"fullUrl": uuid(6), "resource": {"resourceType": "Organization", "id": "b", "name": "Reading centre"}},
        {"fullUrl": uuid(7), "resource": PROVENANCE},
        {"fullUrl": uuid(8), "resource": {"resourceType": "Specimen", "id": "s"}},
        {"fullUrl": uuid(9), "resource": {"resourceType": "Group", "id": "g", "type": "specimen", "membership": "enumerated", "member": [{"entity": {"reference": uuid(8)}}]}},
        {"fullUrl": uuid(10), "resource": {"resourceType": "PractitionerRole", "id": "r", "practitioner": {"reference": uuid(5)}, "organization": {"reference": uuid(6)}}},
    ],
}  # fmt: skip
"""Valid in R5; a document of which all references lead somewhere."""

TRANSACTION: Resource = {
    "resourceType": "Bundle",
    "type": "transaction",
    "entry": [
        {
            "fullUrl": "http://example.org/fhir/Patient/pseudonym-1",
            "resource": PATIENT,
            "request": {"method": "PUT", "url": "Patient/pseudonym-1"},
        },
        {
            "fullUrl": "http://example.org/fhir/Observation/nodule-1",
            "resource": OBSERVATION,
            "request": {"method": "PUT", "url": "Observation/nodule-1"},
        },
    ],
}
"""Valid in both releases."""

SEARCHSET: Resource = {
    "resourceType": "Bundle",
    "type": "searchset",
    "total": 1,
    "link": [{"relation": "self", "url": "http://example.org/fhir/Patient?_id=pseudonym-1"}],
    "entry": [
        {"fullUrl": "http://example.org/fhir/Patient/pseudonym-1", "resource": PATIENT, "search": {"mode": "match"}}
    ],
    "issues": {
        "resourceType": "OperationOutcome",
        "issue": [{"severity": "warning", "code": "informational"}],
    },
}

HISTORY: Resource = {
    "resourceType": "Bundle",
    "type": "history",
    "entry": [
        {
            "fullUrl": "http://example.org/fhir/Patient/pseudonym-1",
            "resource": PATIENT,
            "request": {"method": "PUT", "url": "Patient/pseudonym-1"},
            "response": {"status": "200"},
        }
    ],
}

COLLECTION: Resource = {
    "resourceType": "Bundle",
    "type": "collection",
    "entry": [{"fullUrl": uuid(1), "resource": PATIENT}],
}

CODE_SYSTEM: Resource = {
    "resourceType": "CodeSystem",
    "url": "https://example.org/labels",
    "name": "Labels",
    "status": "active",
    "content": "complete",
    "hierarchyMeaning": "is-a",
    "concept": [
        {
            "code": "LESION",
            "designation": [{"language": "zh", "use": {"system": SCT, "code": "900000000000013009"}, "value": "病灶"}],
            "concept": [{"code": "NODULE"}],
        },
        {"code": "ORGAN"},
    ],
}

VALUE_SET: Resource = {
    "resourceType": "ValueSet",
    "url": "https://example.org/lesions",
    "name": "Lesions",
    "status": "active",
    "compose": {
        "include": [
            {
                "system": "https://example.org/labels",
                "concept": [
                    {
                        "code": "NODULE",
                        "designation": [{"language": "zh", "use": {"system": SCT, "code": "1"}, "value": "结节"}],
                    }
                ],
            }
        ]
    },
    "expansion": {
        "timestamp": "2026-03-10",
        "contains": [{"system": "https://example.org/labels", "code": "NODULE", "display": "nodule"}],
    },
}

CONCEPT_MAP: Resource = {
    "resourceType": "ConceptMap",
    "url": "https://example.org/map",
    "name": "LabelMap",
    "status": "active",
    "property": [{"code": "kind", "type": "code", "system": "https://example.org/kinds"}],
    "group": [
        {
            "source": "https://example.org/labels",
            "target": SCT,
            "element": [
                {
                    "code": "NODULE",
                    "target": [
                        {
                            "code": "27925004",
                            "relationship": "equivalent",
                            "dependsOn": [{"attribute": "site", "valueString": "lung"}],
                        }
                    ],
                }
            ],
            "unmapped": {"mode": "fixed", "code": "0", "relationship": "related-to"},
        }
    ],
}

TASK: Resource = {
    "resourceType": "Task",
    "status": "ready",
    "intent": "order",
    "code": concept("fulfill", "http://hl7.org/fhir/CodeSystem/task-code"),
    "focus": {"reference": "ImagingStudy/1"},
    "authoredOn": "2026-03-10T08:00:00Z",
    "lastModified": "2026-03-11T08:00:00Z",
    "restriction": {"repetitions": 1},
}

LIST: Resource = {
    "resourceType": "List",
    "status": "current",
    "mode": "working",
    "entry": [{"item": {"reference": "Patient/pseudonym-1"}}],
}

DEVICE: Resource = {
    "resourceType": "Device",
    "name": [{"value": "segmenter", "type": "user-friendly-name", "display": True}],
}

DOCUMENT_REFERENCE: Resource = {
    "resourceType": "DocumentReference",
    "status": "current",
    "context": [{"reference": "#visit"}],
    "contained": [{"resourceType": "Encounter", "id": "visit", "status": "completed"}],
    "content": [
        {"attachment": {"contentType": "application/x-nifti", "language": "zh-CN", "size": "12", "url": "m.nii"}}
    ],
}

PARAMETERS: Resource = {
    "resourceType": "Parameters",
    "parameter": [{"name": "a", "valueString": "x"}, {"name": "b", "part": [{"name": "c", "resource": PATIENT}]}],
}

AUDIT_R4B: Resource = {
    "resourceType": "AuditEvent",
    "type": {"system": "http://terminology.hl7.org/CodeSystem/audit-event-type", "code": "rest"},
    "recorded": "2026-03-10T08:00:00Z",
    "agent": [{"requestor": True}],
    "source": {"observer": {"display": "annotation tool"}},
    "entity": [{"name": "case"}],
}

ORGANIZATION_R4B: Resource = {
    "resourceType": "Organization",
    "name": "Reading centre",
    "telecom": [{"system": "email", "value": "a@b.c", "use": "work"}],
    "address": [{"use": "work", "text": "x"}],
}
"""In R4B an organization itself has addresses, in R5 those to contact there."""

GROUP_R4B: Resource = {
    "resourceType": "Group",
    "type": "person",
    "actual": True,
    "quantity": 1,
    "member": [{"entity": {"reference": "Patient/pseudonym-1"}}],
}

VALID: dict[str, tuple[str, Resource]] = {
    "observation": ("R5", OBSERVATION),
    "sampled": ("R5", SAMPLED),
    "timed": ("R5", TIMED),
    "extended": ("R5", EXTENDED),
    "selection": ("R5", SELECTION),
    "study": ("R5", STUDY),
    "patient": ("R5", PATIENT),
    "organization": ("R5", ORGANIZATION),
    "document": ("R5", DOCUMENT),
    "transaction": ("R5", TRANSACTION),
    "searchset": ("R5", SEARCHSET),
    "history": ("R5", HISTORY),
    "collection": ("R5", COLLECTION),
    "code system": ("R5", CODE_SYSTEM),
    "value set": ("R5", VALUE_SET),
    "concept map": ("R5", CONCEPT_MAP),
    "task": ("R5", TASK),
    "list": ("R5", LIST),
    "device": ("R5", DEVICE),
    "document reference": ("R5", DOCUMENT_REFERENCE),
    "parameters": ("R5", PARAMETERS),
    "observation R4B": ("R4B", OBSERVATION),
    "timed R4B": ("R4B", TIMED),
    "extended R4B": ("R4B", EXTENDED),
    "patient R4B": ("R4B", PATIENT),
    "transaction R4B": ("R4B", TRANSACTION),
    "collection R4B": ("R4B", COLLECTION),
    "selection R4B": ("R4B", SELECTION_R4B),
    "audit R4B": ("R4B", AUDIT_R4B),
    "list R4B": ("R4B", LIST),
    "code system R4B": ("R4B", CODE_SYSTEM),
    "organization R4B": ("R4B", ORGANIZATION_R4B),
    "group R4B": ("R4B", GROUP_R4B),
}
"""Each by the name that faults call it."""
