"""Labels of a case as a CodeSystem with Chinese designations, a ValueSet of them, and a ConceptMap to terminologies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from annoconv_converters.fhir.elements import is_code, is_text
from annoconv_converters.fhir.names import ADDRESS, scheme_of, system_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from annoconv_converters.fhir.draft import Draft, Taking
    from annoconv_converters.fhir.names import Resource

__all__ = ["put_labels", "take_labels"]

_SYSTEM: Final = f"{ADDRESS}/CodeSystem/label"
_PARENT: Final = {"code": "parent", "uri": "http://hl7.org/fhir/concept-properties#parent", "type": "code"}


def put_labels(draft: Draft) -> list[Resource]:
    """Add the label definitions of a case; return the references, none if it has none or a code stands twice."""
    labels = draft.case.get("labels", ())
    codes = [each["code"] for each in labels]
    if not labels or len(set(codes)) < len(codes):
        return []
    identity = draft.id_of("labels")
    concepts = [_concept(each, codes) for each in labels]
    has_parents = any("property" in each for each in concepts)
    parents = {"hierarchyMeaning": "is-a", "property": [_PARENT]} if has_parents else {}
    common = {"status": "active", "experimental": True}
    system: Resource = {
        "url": _SYSTEM,
        "version": identity,
        "name": "Labels",
        **common,
        "caseSensitive": True,
        "content": "fragment",
        **parents,
        "concept": concepts,
    }
    found = [draft.add("CodeSystem", identity, system)]
    address = f"{ADDRESS}/ValueSet/label"
    compose = {"include": [{"system": _SYSTEM, "concept": [{"code": code} for code in codes]}]}
    values = {"url": address, "version": identity, "name": "LabelsOfTheCase", **common, "compose": compose}
    found.append(draft.add("ValueSet", draft.id_of("label-values"), values))
    if groups := _groups(labels):
        map_ = {"url": f"{ADDRESS}/ConceptMap/label", "version": identity, "name": "LabelConcepts", **common}
        map_ |= {"sourceScopeUri": address, "group": groups}
        found.append(draft.add("ConceptMap", draft.id_of("label-concepts"), map_))
    return found


def _concept(label: Resource, codes: Sequence[str]) -> Resource:
    told: Resource = {"code": label["code"]}
    if "name_en" in label:
        told["display"] = label["name_en"]
    if is_text(label.get("definition_en", "")):
        told["definition"] = label["definition_en"]
    if "name_zh" in label:
        told["designation"] = [{"language": "zh-CN", "value": label["name_zh"]}]
    if label.get("parent") in codes:
        told["property"] = [{"code": "parent", "valueCode": label["parent"]}]
    return told


def _groups(labels: Sequence[Resource]) -> list[Resource]:
    groups: dict[str, list[Resource]] = {}
    for label in labels:
        concept = label.get("concept")
        if concept is not None and is_code(concept["code"]):
            target = {"code": concept["code"], "display": concept["meaning"], "relationship": "equivalent"}
            groups.setdefault(concept["scheme"], []).append({"code": label["code"], "target": [target]})
    return [
        {"source": _SYSTEM, "target": system_of(scheme), "element": elements} for scheme, elements in groups.items()
    ]


def take_labels(entries: Sequence[Resource], taking: Taking) -> list[Resource]:
    """Return the label definitions of the resources that entries refer to."""
    listed = [each for each in map(taking.get, entries) if each is not None]
    concepts: dict[str, Resource] = {}
    for group in (one for each in listed if each["resourceType"] == "ConceptMap" for one in each.get("group", ())):
        scheme = scheme_of(group.get("target", ""))
        for element in group.get("element", ()):
            target = element["target"][0]
            if scheme is not None:
                told = {"code": target["code"], "scheme": scheme, "meaning": target.get("display", target["code"])}
                concepts[element["code"]] = told
    found: list[Resource] = []
    for concept in (one for each in listed if each["resourceType"] == "CodeSystem" for one in each.get("concept", ())):
        chinese = [each for each in concept.get("designation", ()) if str(each.get("language")).startswith("zh")]
        parents = [each for each in concept.get("property", ()) if each.get("code") == "parent"]
        label: Resource = {
            "code": concept["code"],
            "name_en": concept.get("display"),
            "name_zh": chinese[0]["value"] if chinese else None,
            "concept": concepts.get(concept["code"]),
            "parent": parents[0]["valueCode"] if parents else None,
            "definition_en": concept.get("definition"),
        }
        taking.home(("labels", len(found)), concept, "label")
        found.append({key: value for key, value in label.items() if value is not None})
    return found
