"""The small guide to annoconv's FHIR for people: its extensions, codes and identifiers, as the model has them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["print_guide"]

_ADDRESS: Final = "https://w3id.org/annoconv/fhir"
_HEAD: Final = f"""# Guide to annoconv's FHIR

Generated from the model; never edited. What annoconv adds to FHIR R5 and R4B: extensions for what FHIR has no element
for, code systems and identifiers for what no published terminology has. [The mapping](../formats/fhir.md)
says which resource holds what; [check-fhir](check-fhir.md) says what is asked of resources.

- All addresses begin with `{_ADDRESS}/`: `StructureDefinition/` an extension, `CodeSystem/` a list of codes,
  `id/` an identifier, `coding-scheme/` a DICOM coding scheme for which FHIR has no address.
- [fhir-extensions.json](../formats/fhir-extensions.json) is a Bundle of the StructureDefinitions below. Give it to a
  validator, or load it into a server.
- Every resource has the security label `HRESCH` and the tag `training-annotation` of `{_ADDRESS}/CodeSystem/use`;
  Patients are labelled `PSEUDED` too. A system that shows records to people leaves out resources so marked.
- None of the extensions is a modifier: software that does not know them may ignore them.
- An extension whose value is *JSON* has one extension `json` in it, whose `valueString` is the value.

"""
_LISTS: Final = {
    "absent-reason": "AbsentReason",
    "algorithm-type": "AlgorithmType",
    "annotation-category": "AnnotationCategory",
    "assertion": "Assertion",
    "audit-action": "AuditAction",
    "consistency": "Consistency",
    "finding-kind": "QcFindingKind",
    "geometry": "Geometry",
    "laterality": "Laterality",
    "record-kind": "ClinicalRecordKind",
    "review-level": "ReviewLevel",
    "semantic-type": "SemanticType",
    "text-kind": "TextKind",
}
"""Lists of codes that are enumerations of the model; a name that is none of it fails the generation."""
_GEOMETRIES: Final = ("attribute", "text_span")
"""Types of annotations without a place, of which no region is."""
_OPEN: Final = {
    "attribute": "keys of attributes of an annotation, as the case has them",
    "field": "keys of fields of a clinical record, as the case has them",
    "label": "labels, as the case has them; their names and concepts are in its CodeSystem and ConceptMap",
    "relation": "what a link says, as the case has it",
}
_KINDS: Final = {
    "kind": {
        "ai-model": "Device: the model within a software",
        "annotation": "Observation: an annotation",
        "annotation-task": "Task: what was to be annotated",
        "case": "Composition: a case, and all of its parts by sections",
        "data-set": "List: several cases",
        "evaluation": "Observation: a judgement on the annotation that has it as a member",
        "field": "Observation: a field of a clinical record; DocumentReference: a displacement field",
        "image": "DocumentReference: an image that is no DICOM series",
        "link": "Observation: a link across modalities",
        "mask": "DocumentReference: the NIfTI file of a mask",
        "measurement": "Observation: a measurement of the annotation that has it as a member",
        "quality-issue": "DetectedIssue: what quality control found, in words",
        "record": "Observation: a clinical record, whose members are its fields",
        "software": "Device: the software of the case",
        "text": "DocumentReference: a text of the case",
        "text-span": "Observation: a span of a text",
    },
    "link-type": {
        "image_image": "two images",
        "image_structured": "an image and a clinical record",
        "image_text": "an image and spans of a text",
        "relation": "two annotations",
    },
    "part": {
        "consistency": "component of a link: whether both sides agree",
        "deviation": "component of a link: how far they are apart, mm",
        "interval": "component of a link: days between image and test",
        "semantic-type": "component of a link or a span: what kind of statement it is",
        "time-deviation": "component of a link: whether the interval is longer than it should be",
    },
    "section": {
        "agents": "who took part",
        "audit": "AuditEvents",
        "files": "masks and displacement fields",
        "findings": "findings of quality control",
        "images": "the images, the primary one first",
        "issues": "issues of quality control, in words",
        "labels": "CodeSystem, ValueSet and ConceptMap of the labels",
        "links": "links across modalities",
        "provenance": "when and by whom the case was made",
        "records": "clinical records",
        "report": "the DiagnosticReport, whose results are the annotations",
        "reviews": "Provenances of reviews",
        "studies": "ImagingStudies that the case describes",
        "task": "the Task",
        "texts": "texts",
    },
    "use": {"training-annotation": "tag of every resource"},
}
"""Lists of codes that say what a resource or a part of one is for."""
_IDENTIFIERS: Final = {
    "accession-number": "accession number of a study",
    "agent": "who annotated, reviewed, acted",
    "annotation": "id of an annotation",
    "case": "`case_id`",
    "finding": "id of a finding of quality control",
    "image": "UID of an image that is no DICOM series",
    "link": "id of a link",
    "patient": "`patient_id`, a pseudonym",
    "record": "id of a clinical record",
    "study-id": "study id",
    "task": "`task_id`",
    "text": "id of a text",
}


def print_guide(schema: Mapping[str, Any], extensions: Mapping[str, Any]) -> str:
    """Return the text of the page.

    Parameters
    ----------
    schema
        The JSON Schema of the model.
    extensions
        The Bundle of the StructureDefinitions (`fhir_extensions.print_extensions`).
    """
    return _HEAD + _extensions(extensions) + _codes(schema["$defs"]) + _identifiers()


def _extensions(bundle: Mapping[str, Any]) -> str:
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for definition in (each["resource"] for each in bundle["entry"]):
        groups.setdefault(definition["id"].partition("-")[0], []).append(definition)
    return "## Extensions\n\n" + "".join(_group(name, listed) for name, listed in groups.items())


def _group(name: str, definitions: list[Mapping[str, Any]]) -> str:
    places = ", ".join(f"`{each['expression']}`" for each in definitions[0]["context"])
    rows = (
        f"| `{each['id']}` | {_value(each)} | {each['description'].replace('|', chr(92) + '|')} |"
        for each in definitions
    )
    head = f"### {name}: on {places}\n\n| extension | value | says |\n|---|---|---|\n"
    return head + "\n".join(rows) + "\n\n"


def _value(definition: Mapping[str, Any]) -> str:
    element = definition["differential"]["element"]
    types = [one["code"] for one in element[-1].get("type", ())]
    parts = [each["sliceName"] for each in element if "sliceName" in each]
    return ", ".join(types) or ("JSON" if parts == ["json"] else ", ".join(f"`{each}`" for each in parts))


def _codes(definitions: Mapping[str, Any]) -> str:
    text = "## Code systems\n\nEnumerations of [the model](model.md); published codes stand before them.\n\n"
    text += _rows(
        "code system | what it is of | codes",
        (
            (name, f"{definitions[enum]['title']} {definitions[enum]['x-title-zh']}", _members(definitions[enum]))
            for name, enum in _LISTS.items()
        ),
    )
    text += "What is as a case has it:\n\n" + _rows("code system | codes", _OPEN.items())
    text += "What a resource, or a part of one, is for:\n\n"
    told = ((name, code, says) for name, codes in _KINDS.items() for code, says in codes.items())
    return text + _rows("code system | code | is", ((name, f"`{code}`", says) for name, code, says in told))


def _members(enum: Mapping[str, Any]) -> str:
    known = enum["x-titles-zh"]
    return ", ".join(f"`{each}` {known.get(each, '')}".strip() for each in enum["enum"] if each not in _GEOMETRIES)


def _identifiers() -> str:
    return "## Identifiers\n\n" + _rows("identifier | of", _IDENTIFIERS.items()).rstrip("\n") + "\n"


def _rows(head: str, rows: Iterable[tuple[str, ...]]) -> str:
    listed = [f"| `{name}` | {' | '.join(rest)} |" for name, *rest in rows]
    return "\n".join([f"| {head} |", "|" + "---|" * (head.count("|") + 1), *listed]) + "\n\n"
