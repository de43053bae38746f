"""Coded concepts as items of the code sequence macro (PS3.3 8.8)."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from pydicom.dataset import Dataset

from annoconv.codes import concept_of
from annoconv.model import Concept, FindingSite, Laterality
from annoconv_converters._dicom.encoding import encode
from annoconv_converters._dicom.texts import LENGTHS, fit, text

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["code_item", "coded", "concept_in", "concepts_in", "modifiers_of", "site_of"]

_URN: Final = "URN"
"""Scheme of a concept whose code is a URN without one (PS3.3 8.8: it is needed with CodeValue and LongCodeValue)."""


def code_item(concept: Concept) -> Dataset:
    """Return a concept as an item of the code sequence macro (PS3.3 8.8)."""
    macro = Dataset()
    if concept.scheme == _URN:  # a URN names its own scheme
        macro.URNCodeValue = concept.code
    elif len(concept.code) <= LENGTHS["SH"]:
        macro.CodeValue = fit("SH", concept.code)
    elif concept.code.startswith("urn:") or "://" in concept.code:
        macro.URNCodeValue = concept.code
    else:
        macro.LongCodeValue = fit("UC", concept.code)
    if concept.scheme != _URN:
        macro.CodingSchemeDesignator = fit("SH", concept.scheme)
    if concept.version is not None:
        macro.CodingSchemeVersion = fit("SH", concept.version)
    macro.CodeMeaning = fit("LO", concept.meaning)
    return macro


def coded(concept: Concept) -> bytes:
    """Return a concept as the encoded elements of an item of the code sequence macro."""
    return _coded(concept.code, concept.scheme, concept.meaning, concept.version)


@lru_cache(maxsize=1024)
def _coded(code: str, scheme: str, meaning: str, version: str | None) -> bytes:
    return encode(code_item(Concept(code=code, scheme=scheme, meaning=meaning, version=version)))


def concept_in(dataset: Dataset, keyword: str) -> Concept | None:
    """Return the first concept of a code sequence, or None if it is absent or lacks its code."""
    return next((_concept(macro) for macro in dataset.get(keyword) or ()), None)


def concepts_in(dataset: Dataset, keyword: str) -> tuple[Concept, ...]:
    """Return the concepts of a code sequence, but for items that lack their code."""
    return tuple(filter(None, map(_concept, dataset.get(keyword) or ())))


def _concept(macro: Dataset) -> Concept | None:
    code = text(macro.get("CodeValue")) or text(macro.get("LongCodeValue")) or text(macro.get("URNCodeValue"))
    scheme = text(macro.get("CodingSchemeDesignator")) or (_URN if "URNCodeValue" in macro else "")
    return concept_of(scheme, code, text(macro.get("CodeMeaning")), text(macro.get("CodingSchemeVersion")))


_SIDES: Final = {
    Laterality.LEFT: Concept(code="7771000", scheme="SCT", meaning="Left"),
    Laterality.RIGHT: Concept(code="24028007", scheme="SCT", meaning="Right"),
    Laterality.BILATERAL: Concept(code="51440002", scheme="SCT", meaning="Bilateral"),
    Laterality.UNILATERAL: Concept(code="66459002", scheme="SCT", meaning="Unilateral"),
}
"""Laterality as a concept (CID 244)."""


def modifiers_of(site: FindingSite) -> tuple[Concept, ...]:
    """Return the modifiers of a site's region (PS3.3 10.5), its side the first of them."""
    side = _SIDES.get(site.laterality) if site.laterality is not None else None
    return (*((side,) if side else ()), *(site.modifiers or ()))


def site_of(region: Concept, modifiers: Sequence[Concept]) -> FindingSite:
    """Return the site that an anatomic region and its modifiers stand for."""
    sides = {(each.scheme, each.code): side for side, each in _SIDES.items()}
    side = sides.get((modifiers[0].scheme, modifiers[0].code)) if modifiers else None
    others = list(modifiers[side is not None :])
    return FindingSite(region=region, laterality=side, modifiers=others or None)
