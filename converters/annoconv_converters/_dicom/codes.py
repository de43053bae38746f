"""Coded concepts as items of the code sequence macro (PS3.3 8.8)."""

from __future__ import annotations

from functools import lru_cache

from pydicom.dataset import Dataset

from annoconv.codes import concept_of
from annoconv.model import Concept
from annoconv_converters._dicom.encoding import encode
from annoconv_converters._dicom.texts import LENGTHS, fit, text

__all__ = ["code_item", "coded", "concept_in"]


def code_item(concept: Concept) -> Dataset:
    """Return a concept as an item of the code sequence macro (PS3.3 8.8)."""
    macro = Dataset()
    if len(concept.code) <= LENGTHS["SH"]:
        macro.CodeValue = fit("SH", concept.code)
    elif concept.code.startswith("urn:") or "://" in concept.code:
        macro.URNCodeValue = concept.code
    else:
        macro.LongCodeValue = fit("UC", concept.code)
    macro.CodingSchemeDesignator = fit("SH", concept.scheme)
    macro.CodeMeaning = fit("LO", concept.meaning)
    return macro


def coded(concept: Concept) -> bytes:
    """Return a concept as the encoded elements of an item of the code sequence macro."""
    return _coded(concept.code, concept.scheme, concept.meaning)


@lru_cache(maxsize=1024)
def _coded(code: str, scheme: str, meaning: str) -> bytes:
    return encode(code_item(Concept(code=code, scheme=scheme, meaning=meaning)))


def concept_in(dataset: Dataset, keyword: str) -> Concept | None:
    """Return the first concept of a code sequence, or None if it is absent or lacks its code."""
    sequence_value = dataset.get(keyword)
    if not sequence_value:
        return None
    macro = sequence_value[0]
    code = text(macro.get("CodeValue")) or text(macro.get("LongCodeValue")) or text(macro.get("URNCodeValue"))
    scheme = text(macro.get("CodingSchemeDesignator")) or ("URN" if "URNCodeValue" in macro else "")
    return concept_of(scheme, code, text(macro.get("CodeMeaning")))
