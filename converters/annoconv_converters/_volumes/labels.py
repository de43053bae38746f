"""What a table says of the labels in a volume. A file names labels by value; `annoconv.codes` makes codes of names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from annoconv.documents import strict_json
from annoconv.model import FindingSite

if TYPE_CHECKING:
    from annoconv.codes import Labels
    from annoconv.model import AnnotationCategory, Concept

__all__ = ["Entry", "Terms", "color_of", "entry_of", "named", "stated_color", "told_of"]

_GOLDEN: Final = 0.6180339887498949
"""Fraction of the colour circle between the colours of two values: neighbours differ as much as they can."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a label means in a published terminology (DICOM PS3.3 C.8.20.2).

    Attributes
    ----------
    concept, category, modifier, region
        Segmented property type, its category, its modifier, and the anatomic region.
    """

    concept: Concept | None = None
    category: Concept | None = None
    modifier: Concept | None = None
    region: Concept | None = None

    def document(self) -> dict[str, Any]:
        """Return the terms under the names that the model's label has for them."""
        named = {
            "concept": self.concept,
            "concept_category": self.category,
            "concept_modifiers": None if self.modifier is None else [self.modifier],
            "finding_site": None if self.region is None else FindingSite(region=self.region),
        }
        return {name: strict_json.plain(term) for name, term in named.items() if term is not None}


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of a label table.

    Attributes
    ----------
    value
        The label's value in the volume.
    name
        Its name as the table has it; empty if there is none.
    color_rgb
        Red, green, blue from 0 to 255.
    terms
        Its terminology.
    code
        Our own label code, where the table holds one.
    """

    value: int
    name: str = ""
    color_rgb: tuple[int, int, int] | None = None
    terms: Terms = Terms()
    code: str | None = None


def entry_of(value: int, code: str, category: AnnotationCategory, labels: Labels) -> Entry:
    """Return the row that says in a label table what a label code means."""
    coded = labels.coded(code, category)
    return Entry(
        value,
        coded.name,
        coded.color_rgb,
        Terms(
            None if coded.is_private else coded.type,
            coded.category,
            next(iter(coded.modifiers), None),
            None if coded.site is None else coded.site.region,
        ),
        code,
    )


def named(entry: Entry) -> str:
    """Return the class name of a row; one without a name is named by its value."""
    return entry.name if entry.name.strip() else f"LABEL_{entry.value}"


def told_of(entry: Entry) -> dict[str, Any]:
    """Return what a row says of its label beside the name, under the names that the model's label has for it."""
    colour = {} if entry.color_rgb is None else {"color_rgb": list(entry.color_rgb)}
    return entry.terms.document() | colour


def color_of(entry: Entry) -> tuple[int, int, int]:
    """Return the row's colour, or one that its value gives: most tables need a colour."""
    return _color_by(entry.value) if entry.color_rgb is None else entry.color_rgb


def stated_color(value: int, color_rgb: tuple[int, int, int]) -> tuple[int, int, int] | None:
    """Return the colour that a row states; None if it is the one that its value gives, which says nothing."""
    return None if color_rgb == _color_by(value) else color_rgb


def _color_by(value: int) -> tuple[int, int, int]:
    hue = value * _GOLDEN % 1.0 * 6
    ramp = (abs(hue - 3) - 1, 2 - abs(hue - 2), 2 - abs(hue - 4))
    red, green, blue = (round(255 * min(max(part, 0.0), 1.0)) for part in ramp)
    return red, green, blue
