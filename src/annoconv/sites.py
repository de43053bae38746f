"""Where a finding is: a region of the body, its side, and what narrows it down, as coded concepts.

Authority: PS3.3 10.5 (an anatomic region and its modifiers); CID 244 (laterality).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from annoconv.model import Concept, FindingSite, Laterality

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["modifiers_of", "site_of"]

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
