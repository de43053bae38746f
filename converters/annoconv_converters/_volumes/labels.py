"""What a table says of the labels in a volume, and how a label becomes a label code and back.

A file names labels by value; a case names them by code. A name is looked up in the case's label systems by code, by
either name and by concept; what is not found there gets a code made of its name, and its definition goes with the case.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from annoconv.documents import strict_json
from annoconv.model import AnnotationCategory, Concept

if TYPE_CHECKING:
    from collections.abc import Iterable

    from annoconv.codes import Labels
    from annoconv.model import Label

__all__ = ["Entry", "Terms", "color_of", "entry_of", "label_of", "split_words"]

_CODE: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,127}")
_LONGEST_CODE: Final = 120
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
            "concept_modifier": self.modifier,
            "anatomic_region": self.region,
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
        Terms(None if coded.is_private else coded.type, coded.category, coded.modifier, coded.region),
        code,
    )


def label_of(entry: Entry, labels: Labels) -> tuple[str, AnnotationCategory, dict[str, Any] | None]:
    """Return label code and category of a row, and its definition if no label system has it."""
    known = _find(entry, labels)
    category = _category(entry, known)
    if known is not None:
        return known.code, category, None
    name = {} if not entry.name else {"name_en" if entry.name.isascii() else "name_zh": entry.name}
    definition = entry.terms.document()
    if entry.color_rgb is not None:
        definition["color_rgb"] = list(entry.color_rgb)
    code = entry.code or _code_from(entry.name) or f"LABEL_{entry.value}"
    if not definition and set(name.values()) <= {code}:
        return code, category, None
    return code, category, {"code": code, **name, **definition}


def color_of(entry: Entry) -> tuple[int, int, int]:
    """Return the row's colour, or one that its value gives."""
    if entry.color_rgb is not None:
        return entry.color_rgb
    hue = entry.value * _GOLDEN % 1.0 * 6
    ramp = (abs(hue - 3) - 1, 2 - abs(hue - 2), 2 - abs(hue - 4))
    red, green, blue = (round(255 * min(max(part, 0.0), 1.0)) for part in ramp)
    return red, green, blue


def split_words(name: str) -> str:
    """Return a name in lower case with single blanks, so that `Left_Kidney` and `left kidney` are one."""
    return " ".join(re.split(r"[\W_]+", name.casefold())).strip()


def _find(entry: Entry, labels: Labels) -> Label | None:
    if entry.code is not None:
        return labels.get(entry.code)
    if entry.terms.concept is not None and (
        found := labels.find(entry.terms.concept, entry.terms.modifier, entry.name)
    ):
        return found
    wanted = split_words(entry.name)
    if not wanted:
        return None
    return next((label for label in labels if wanted in set(map(split_words, _names(label)))), None)


def _names(label: Label) -> Iterable[str]:
    return (name for name in (label.code, label.name_en, label.name_zh) if name)


def _category(entry: Entry, known: Label | None) -> AnnotationCategory:
    from annoconv.codes import category_of

    if known is not None and known.category is not None:
        return known.category
    if entry.terms.category is not None:
        return category_of(entry.terms.category)
    return AnnotationCategory.OTHER


def _code_from(name: str) -> str:
    """Return a label code made of a name; empty if it has no letter that a code may hold."""
    if _CODE.fullmatch(name):
        return name
    if not name.isascii():
        return ""
    code = re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_")[:_LONGEST_CODE]
    if code[:1].isdigit():
        code = f"L_{code}"
    return code if _CODE.fullmatch(code) else ""
