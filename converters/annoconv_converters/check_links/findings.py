"""One sentence for each fault: its place as a JSON pointer, in the sentence its keyword and tag."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydicom.datadict import tag_for_keyword

from annoconv.errors import InputError
from annoconv.findings import Finding, Level
from annoconv.messages import Message

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["note", "outside"]


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


def outside(place: str, count: int, every: int, size: Sequence[float], image: str) -> Finding:
    """Return that so many points of all lie outside an image of (columns, rows): an error if all do."""
    return note(
        "region",
        place,
        "points lie outside the image",
        found=Message("{count} of {all} points", count=count, all=every),
        expected=Message(
            "at most {columns} columns and {rows} rows as in {name}", columns=size[0], rows=size[1], name=image
        ),
        advice="They may have been drawn on another image: name that one",
        level=Level.ERROR if count == every else Level.WARNING,
    )


def _named(place: str) -> str:
    """Return keyword and tag of the last element of a pointer, `ReferencedSOPInstanceUID (0008,1155)`."""
    keyword = next((step for step in reversed(place.split("/")) if not step.isdecimal()), "")
    tag = tag_for_keyword(keyword)
    return keyword if tag is None else f"{keyword} ({tag >> 16:04X},{tag & 0xFFFF:04X})"
