"""Sites of findings: a concept alone is a bodySite; with a side or modifiers it is a BodyStructure (HL7's guide)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from annoconv_converters.fhir.elements import concept_in, concept_put
from annoconv_converters.fhir.imaging import laterality_in, laterality_put

if TYPE_CHECKING:
    from annoconv_converters.fhir.draft import Draft, Taking
    from annoconv_converters.fhir.names import Resource

__all__ = ["put_site", "take_site"]


def put_site(site: Resource, draft: Draft, of: str) -> Resource:
    """Return the members of an Observation that say where in the body it is."""
    region = concept_put(site["region"])
    if region is None:
        return {}
    qualifiers = [concept_put(each) for each in site.get("modifiers", ())]
    if "laterality" not in site and not qualifiers:
        return {"bodySite": region}
    structure: Resource = {"structure": region}
    if "laterality" in site:
        structure["laterality"] = laterality_put(site["laterality"])
    if qualifiers and None not in qualifiers:
        structure["qualifier"] = qualifiers
    body = {"includedStructure": [structure], "patient": draft.patient}
    return {"bodyStructure": draft.add("BodyStructure", draft.id_of("site", of), body)}


def take_site(resource: Resource, taking: Taking) -> Resource | None:
    """Return where in the body an Observation is; None if it does not say."""
    if "bodySite" in resource:
        region = concept_in(resource["bodySite"])
        return None if region is None else {"region": region}
    found = taking.get(resource.get("bodyStructure")) if "bodyStructure" in resource else None
    structure: Resource = next(iter((found or {}).get("includedStructure", ())), {})
    region = concept_in(structure.get("structure"))
    if region is None:
        return None
    site: Resource = {"region": region}
    if (side := laterality_in(structure.get("laterality"))) is not None:
        site["laterality"] = side
    modifiers = [concept_in(each) for each in structure.get("qualifier", ())]
    if modifiers and None not in modifiers:
        site["modifiers"] = modifiers
    return site
