"""One sentence for each fault: its place as a JSON pointer, in the sentence its keyword and tag."""

from __future__ import annotations

from pydicom.datadict import tag_for_keyword

from annoconv.errors import InputError
from annoconv.findings import Finding, Level
from annoconv.messages import Message

__all__ = ["note"]


def note(
    rule: str,
    place: str,
    problem: str,
    *,
    found: object,
    expected: object,
    advice: str,
    level: Level = Level.ERROR,
) -> Finding:
    """Return what is wrong at a place; `found` and `expected` hold UIDs, codes and counts, never a patient's data."""
    told = InputError(problem, where=_named(place), found=found, expected=expected, advice=advice)
    return Finding(f"links.{rule}", level, place, Message("{error}", error=told))


def _named(place: str) -> str:
    """Return keyword and tag of the last element of a pointer, `ReferencedSOPInstanceUID (0008,1155)`."""
    keyword = next((step for step in reversed(place.split("/")) if not step.isdecimal()), "")
    tag = tag_for_keyword(keyword)
    return keyword if tag is None else f"{keyword} ({tag >> 16:04X},{tag & 0xFFFF:04X})"
