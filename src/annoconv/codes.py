"""From label codes to coded concepts and back (A 8.2.2, A C.1; DICOM PS3.16).

A label is looked up in the case's own `labels` first, then in the task's label system, then in the built-in one. A code
that none of them defines is written under the private scheme `99ANNOCONV`, and that is a loss of kind `uncoded`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from pydantic import ValidationError

from annoconv.model import AnnotationCategory, Concept, Label

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = [
    "PRIVATE_SCHEME",
    "CodedLabel",
    "Labels",
    "built_in_labels",
    "category_concept",
    "category_of",
    "concept_of",
]

PRIVATE_SCHEME: Final = "99ANNOCONV"
"""Coding scheme designator of label codes that no terminology holds; PS3.16 reserves `99` for private schemes."""

_CATEGORY_CONCEPTS: Final = {
    AnnotationCategory.ORGAN: Concept(code="123037004", scheme="SCT", meaning="Anatomical Structure"),
    AnnotationCategory.LESION: Concept(code="49755003", scheme="SCT", meaning="Morphologically Abnormal Structure"),
    AnnotationCategory.TISSUE: Concept(code="85756007", scheme="SCT", meaning="Tissue"),
    AnnotationCategory.DEVICE: Concept(code="260787004", scheme="SCT", meaning="Physical object"),
}


@dataclass(frozen=True)
class CodedLabel:
    """A label code with the concepts that stand for it.

    Attributes
    ----------
    name
        Display name: the English one, else the Chinese one, else the code.
    type, category, modifier, region
        Segmented property type, its category and modifier, and the anatomic region (PS3.3 C.8.20.2).
    is_private
        Whether `type` is in our private scheme, so that other software does not know it.
    """

    code: str
    name: str
    type: Concept
    category: Concept
    modifier: Concept | None
    region: Concept | None
    color_rgb: tuple[int, int, int] | None
    is_private: bool


class Labels:
    """The labels that hold for one case, the nearest definition first."""

    def __init__(self, *sources: Iterable[Label] | None) -> None:
        self._labels: dict[str, Label] = {}
        for source in (*sources, built_in_labels()):
            for label in source or ():
                self._labels.setdefault(label.code, label)

    def __iter__(self) -> Iterator[Label]:
        return iter(self._labels.values())

    def get(self, code: str) -> Label | None:
        """Return the definition of a label code, or None."""
        return self._labels.get(code)

    def coded(self, code: str, category: AnnotationCategory) -> CodedLabel:
        """Return the concepts for a label code that annotations of `category` carry."""
        label = self._labels.get(code)
        name = (label and (label.name_en or label.name_zh)) or code
        private = Concept(code=code, scheme=PRIVATE_SCHEME, meaning=name)
        color = label.color_rgb if label else None
        return CodedLabel(
            code=code,
            name=name,
            type=(label and label.concept) or private,
            category=(label and label.concept_category) or category_concept(category),
            modifier=label.concept_modifier if label else None,
            region=label.anatomic_region if label else None,
            color_rgb=None if color is None else (color[0], color[1], color[2]),
            is_private=label is None or label.concept is None,
        )

    def find(self, concept: Concept, modifier: Concept | None, name: str) -> Label | None:
        """Return the label that a concept (with its modifier) stands for, the one of that name if there are several."""
        same = [
            label
            for label in self._labels.values()
            if label.concept is not None
            and _key(label.concept) == _key(concept)
            and _key(label.concept_modifier) == _key(modifier)
        ]
        named = [label for label in same if name in {label.code, label.name_en, label.name_zh}]
        return next(iter(named or same), None)


def concept_of(scheme: str, code: str, meaning: str) -> Concept | None:
    """Return a coded concept, its meaning on one line; None if a file has none, or what no coding scheme writes."""
    try:
        return Concept(code=code, scheme=scheme, meaning=" ".join(meaning.split()) or code) if scheme and code else None
    except ValidationError:
        return None


def category_concept(category: AnnotationCategory) -> Concept:
    """Return the concept of an annotation category; a private one where SNOMED CT has none."""
    known = _CATEGORY_CONCEPTS.get(category)
    return known or Concept(code=category.value, scheme=PRIVATE_SCHEME, meaning=category.value)


def category_of(concept: Concept) -> AnnotationCategory:
    """Return the annotation category that a segmented property category stands for; `other` if none does."""
    for category, known in _CATEGORY_CONCEPTS.items():
        if _key(known) == _key(concept):
            return category
    if concept.scheme == PRIVATE_SCHEME and concept.code in {one.value for one in AnnotationCategory}:
        return AnnotationCategory(concept.code)
    return AnnotationCategory.OTHER


@cache
def built_in_labels() -> tuple[Label, ...]:
    """Return the labels of the built-in label system."""
    from pydantic import TypeAdapter

    document = files("annoconv_model").joinpath("label_system.json").read_bytes()
    system = TypeAdapter(dict[str, str | list[Label]]).validate_json(document)
    labels = system["labels"]
    return tuple(labels) if isinstance(labels, list) else ()


def _key(concept: Concept | None) -> tuple[str, str] | None:
    return None if concept is None else (concept.scheme, concept.code)
