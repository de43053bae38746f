"""Codes of the former SNOMED scheme (SRT) as those of SNOMED CT (PS3.16 annex O)."""

from __future__ import annotations

from typing import Final

from annoconv.model import Concept

__all__ = ["modern_concept"]

_FORMER_SNOMED: Final = frozenset({"SRT", "SNM3", "99SDM"})


def modern_concept(concept: Concept) -> Concept:
    """Return a concept of the former SNOMED scheme as that of SNOMED CT, where it is known; others as they are."""
    if concept.scheme not in _FORMER_SNOMED:
        return concept
    # pydicom compares codes by this table (PS3.16 annex O), but has no public function that looks one up.
    from pydicom.sr._snomed_dict import mapping

    code = mapping["SRT"].get(concept.code)
    return concept if code is None else Concept(code=code, scheme="SCT", meaning=concept.meaning)
