"""From label codes to coded concepts, and from the names of classes to label codes (A 8.2.2, A C.1; DICOM PS3.16).

A label is looked up in the case's own `labels` first, then in the task's label system, then in the built-in one. A code
that none of them defines is written under the private scheme `99ANNOCONV`, and that is a loss of kind `uncoded`.

Files of other programs name their classes in words of their own. `Labels.of_name` makes a label of such a name, the
same for all formats, and `Labels.name_of` finds the very name again.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from pydantic import TypeAdapter, ValidationError

from annoconv.ids import content_digest
from annoconv.model import AnnotationCategory, Case, Concept, FindingSite, Label, LabelCode, Name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

__all__ = [
    "PRIVATE_SCHEME", "UNCLASSIFIED", "UNNAMED", "ClassLabel", "CodedLabel", "Labels", "Told", "built_in_labels",
    "category_concept", "category_of", "concept_of", "is_label_code", "is_name", "name_fields", "own_code",
    "says_what_it_is", "words",
]  # fmt: skip

_Key: TypeAlias = tuple[str, str]  # scheme and code of a concept
Told: TypeAlias = Mapping[str, Any]
"""What a file says of a class beside its name: fields of the model's label, as JSON values."""

PRIVATE_SCHEME: Final = "99ANNOCONV"
"""Coding scheme designator of label codes that no terminology holds; PS3.16 reserves `99` for private schemes."""
UNCLASSIFIED: Final = "UNCLASSIFIED"
"""Code of the built-in label of what has no class."""
UNNAMED: Final = re.compile(r"LABEL_(\d+)")
"""Label codes of values of a label map that no table names."""

_CATEGORY_CONCEPTS: Final = {
    AnnotationCategory.ORGAN: Concept(code="91723000", scheme="SCT", meaning="Anatomical Structure"),
    AnnotationCategory.LESION: Concept(code="49755003", scheme="SCT", meaning="Morphologically Abnormal Structure"),
    AnnotationCategory.TISSUE: Concept(code="85756007", scheme="SCT", meaning="Tissue"),
    AnnotationCategory.DEVICE: Concept(code="260787004", scheme="SCT", meaning="Physical object"),
    AnnotationCategory.SUBSTANCE: Concept(code="105590001", scheme="SCT", meaning="Substance"),
    AnnotationCategory.BODY_SUBSTANCE: Concept(code="91720002", scheme="SCT", meaning="Body Substance"),
    AnnotationCategory.FUNCTION: Concept(code="246464006", scheme="SCT", meaning="Function"),
    AnnotationCategory.SPATIAL: Concept(code="309825002", scheme="SCT", meaning="Spatial and Relational Concept"),
}
"""What CID 7150 has for a category."""
_CATEGORIES: Final = {(each.scheme, each.code): category for category, each in _CATEGORY_CONCEPTS.items()} | {
    ("SCT", "123037004"): AnnotationCategory.ORGAN
}
"""Categories by their concepts; 123037004, body structure, is what many files have for an anatomical structure."""
_MEANING: Final = frozenset(("category", "parent", "color_rgb", "finding_site", "rt_roi_type")) | frozenset(
    ("concept", "concept_category", "concept_modifiers")
)
"""Fields of a label that say what it means and how it looks; the others describe it for people."""
_DIGITS: Final = 16
_LONGEST_STEM: Final = 48
_MADE: Final = re.compile(rf"[A-Z][A-Z0-9_]*_[0-9A-F]{{{_DIGITS}}}")
"""What `own_code` makes of a name that is no code."""
_HAN: Final = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]+")
_SYSTEMS: Final[dict[int, tuple[Sequence[Label], _System]]] = {}
_MOST_SYSTEMS: Final = 8


@dataclass(frozen=True)
class CodedLabel:
    """A label code with the concepts that stand for it.

    Attributes
    ----------
    name
        Display name: the English one, else the Chinese one, else the code.
    type, category, modifiers, site
        Segmented property type, its category and modifiers, and where in the body it is (PS3.3 C.8.20.2).
    is_private
        Whether `type` is in our private scheme, so that other software does not know it.
    """

    code: str
    name: str
    type: Concept
    category: Concept
    modifiers: tuple[Concept, ...]
    site: FindingSite | None
    color_rgb: tuple[int, int, int] | None
    is_private: bool


@dataclass(frozen=True, slots=True)
class ClassLabel:
    """The label that a class of a file is.

    Attributes
    ----------
    code
        Its label code.
    known
        The label of a label system that it is, if it is one.
    definition
        What the case has to say of it in `labels`, as JSON values: its very name, and what it means; None where the
        code alone says all.
    """

    code: str
    known: Label | None = None
    definition: dict[str, Any] | None = None


class Labels:
    """The labels that hold for one case, the nearest definition first; made by `Labels.of`."""

    def __init__(self, own: Iterable[Label], label_system: Sequence[Label]) -> None:
        listed = {label.code: label for label in own}
        self._own = {code: label for code, label in listed.items() if says_what_it_is(label)}
        self._label_system = label_system
        self._names: dict[str, str] = {}
        built_in, system = ({one.code: one for one in reversed(some)} for some in (built_in_labels(), label_system))
        # The first definition holds, and stands first.
        self._labels: dict[str, Label] = {**self._own, **system, **built_in, **system, **self._own}
        self._labels |= {code: label for code, label in listed.items() if code not in self._labels}

    @classmethod
    def of(cls, case: Case | None = None, label_system: Sequence[Label] = ()) -> Labels:
        """Return the labels that hold: the case's own, then the task's label system, then the built-in one.

        Parameters
        ----------
        case
            None while a file is read, which has no case yet.
        label_system
            The task's labels, as `--label-system` and `Context.label_system` have them. A task definition names its
            label system by id only, so that there is nothing else to ask of it.
        """
        return cls((case.labels or ()) if case is not None else (), label_system)

    @cached_property
    def _systems(self) -> list[_System]:
        """The label systems in which classes are looked up; most cases that are written need none."""
        return [_system(labels) for labels in (self._label_system, built_in_labels()) if labels]

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
            modifiers=tuple(label.concept_modifiers or ()) if label else (),
            site=label.finding_site if label else None,
            color_rgb=None if color is None else (color[0], color[1], color[2]),
            is_private=label is None or label.concept is None,
        )

    def find(self, name: str, told: Told | None = None) -> Label | None:
        """Return the label of the task's label system, else of the built-in one, that a class is; None if it is none.

        In each system, what has a published concept is the only label of that concept and modifiers, or the one of that
        name among several. Else it is the label of that code, or name in either language, as long as no published
        concept says otherwise; first to the letter, then by the same `words`.
        """
        concept, modifiers = ((told or {}).get(field) for field in ("concept", "concept_modifiers"))
        meaning = _key_of(concept), frozenset(filter(None, map(_key_of, modifiers or ())))
        return next(filter(None, (system.find(name, *meaning) for system in self._systems)), None)

    def of_name(self, name: str, told: Told | None = None) -> ClassLabel:
        """Return the label of a class that stands alone in its file; see `of_names`."""
        return self.of_names([(name, told or {})])[0]

    def of_names(self, classes: Iterable[tuple[str, Told]]) -> list[ClassLabel]:
        """Return the labels of the classes of one file by their names, in their order.

        A class is the label that `find` gives, else one with a code of its own (`own_code`). Names are the same if they
        are the same characters, as they are for the programs that wrote them: not by case, white space or Unicode
        normal form. One that is empty or white space is none, and its class `UNCLASSIFIED`. The code of a name rests on
        the name and the label systems alone, not on the file, the format or the order.

        Classes of one file never become one: where several names stand for one label of a label system, each has a code
        of its own, and so has what bears a name that it shares with a class of another meaning, but for the first.

        Parameters
        ----------
        classes
            Name, and what the file says of each beside it.
        """
        listed = list(classes)
        found = [self.find(name, told) if name.strip() else None for name, told in listed]
        codes = [
            (known.code if known else own_code(name)) if name.strip() else UNCLASSIFIED
            for (name, _), known in zip(listed, found, strict=True)
        ]
        names: dict[str, set[str]] = {}
        for code, (name, _) in zip(codes, listed, strict=True):
            names.setdefault(code, set()).add(name)
        labels: list[ClassLabel] = []
        meanings: dict[str, dict[str, Any]] = {}
        for code, known, (name, told) in zip(codes, found, listed, strict=True):
            if not name.strip():
                labels.append(ClassLabel(UNCLASSIFIED, self._labels[UNCLASSIFIED]))
                continue
            given = {field: told[field] for field in sorted(_MEANING & told.keys()) if told[field] is not None}
            stated = _meaning(known) if known else {}
            meaning = stated | given
            final = code if len(names[code]) == 1 else own_code(name)
            if meanings.setdefault(final, meaning) != meaning:
                final = own_code(name, _canonical(meaning))
            is_whole = final == name and (meaning == stated if known and known.code == final else not meaning)
            definition = None if is_whole else {"code": final, **name_fields(name), **meaning}
            labels.append(ClassLabel(final, known, definition))
        return labels

    def name_of(self, code: str) -> str:
        """Return the class name of a label in formats where it is free text: the very name that it was read under.

        That is a name of the case's own label from which the code follows again; without one, it is the code.
        """
        if code not in self._names:
            label = self._own.get(code)
            names = (label.name_en, label.name_zh) if label else ()
            meaning = _meaning(label) if label else {}
            self._names[code] = next((name for name in names if name and self.is_code_of(code, name, meaning)), code)
        return self._names[code]

    def is_code_of(self, code: str, name: str, told: Told | None = None) -> bool:
        """Tell whether a label code follows from the very name of a class: by a label system, or as its own code."""
        known = self.find(name, told)
        if code == own_code(name) or (known is not None and code == known.code):
            return True
        return bool(told) and code == own_code(name, _canonical(told or {}))


class _System:
    """The labels of one label system by what they are found by."""

    def __init__(self, labels: Sequence[Label]) -> None:
        self._exact: dict[str, Label] = {}
        self._by_words: dict[str, Label] = {}
        self._by_concept: dict[tuple[_Key, frozenset[_Key]], list[Label]] = {}
        for label in labels:
            self._exact.setdefault(label.code, label)
            if label.concept is not None:
                key = _key(label.concept), frozenset(map(_key, label.concept_modifiers or ()))
                self._by_concept.setdefault(key, []).append(label)
        for label in labels:
            for name in filter(None, (label.name_en, label.name_zh)):
                self._exact.setdefault(name, label)
        for name, label in self._exact.items():
            self._by_words.setdefault(words(name), label)

    def find(self, name: str, concept: _Key | None, modifiers: frozenset[_Key]) -> Label | None:
        named = self._exact.get(name) or self._by_words.get(words(name))
        same = self._by_concept.get((concept, modifiers), []) if concept else []
        if named in same or len(same) == 1:
            return named if named in same else same[0]
        is_other = concept is not None and named is not None and named.concept is not None
        return None if is_other else named


def says_what_it_is(label: Label) -> bool:
    """Tell whether a label says what it means, or its name: a member of a class list may say no more than its place."""
    return not label.model_fields_set <= {"code", "number", "keypoints", "skeleton", "flip_pairs"}


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Return the model's patterns of label codes and of names."""
    code, name = (re.compile(TypeAdapter(each).json_schema()["pattern"]) for each in (LabelCode, Name))
    return code, name


def is_label_code(text: str) -> bool:
    """Tell whether the model takes a text as a label code."""
    return _patterns()[0].fullmatch(text) is not None


def is_name(text: str) -> bool:
    """Tell whether the model takes a text as a name."""
    return _patterns()[1].fullmatch(text) is not None


def own_code(name: str, *more: str) -> str:
    """Return the label code of a class that no label system has: the name itself if it is a code.

    Another name gives letters and digits to be recognised by, in upper case, and 16 hexadecimal digits (64 bits) of its
    SHA-256, so that different names have different codes in all files; so does a name that looks like such a code.

    Parameters
    ----------
    name
        The very name.
    more
        What tells it from others of the same name.

    Examples
    --------
    >>> own_code("Tumor")
    'Tumor'
    >>> own_code("HER2+"), own_code("HER2-")
    ('HER2_0C23E9DE59BE38B6', 'HER2_06AC7F97F720D7C1')
    """
    if not more and is_label_code(name) and not _MADE.fullmatch(name):
        return name
    stem = re.sub(r"[^A-Z0-9]+", "_", name.upper()).strip("_")
    stem = stem if stem[:1].isalpha() else f"L_{stem}"
    digest = content_digest(*(part.encode("utf-8", "surrogatepass") for part in (name, *more)))
    return f"{stem[:_LONGEST_STEM].rstrip('_')}_{digest[:_DIGITS].upper()}"


def name_fields(name: str) -> dict[str, str]:
    """Return a name in the field of a label that holds it, the Chinese one if there is a Chinese character in it.

    Control characters become blanks; where nothing else is in it, no field.
    """
    line = _CONTROL.sub(" ", name)
    return {"name_zh" if _HAN.search(line) else "name_en": line} if line.strip() else {}


def words(name: str) -> str:
    """Return a name in lower case with single blanks, so that `Left_Kidney` and `left kidney` are one (in NFC)."""
    return " ".join(re.split(r"[\s_]+", unicodedata.normalize("NFC", name).casefold())).strip()


def _system(labels: Sequence[Label]) -> _System:
    """Return labels by what they are found by: made once for those of a request, as for the built-in ones."""
    found = _SYSTEMS.get(id(labels)) or (labels, _System(labels))
    if isinstance(labels, tuple):  # which does not change
        if len(_SYSTEMS) == _MOST_SYSTEMS:
            _SYSTEMS.clear()
        _SYSTEMS[id(labels)] = found
    return found[1]


def _meaning(label: Label) -> dict[str, Any]:
    return label.model_dump(mode="json", include=set(_MEANING), exclude_none=True)


def _canonical(meaning: Told) -> str:
    return json.dumps(meaning, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def concept_of(scheme: str, code: str, meaning: str, version: str = "") -> Concept | None:
    """Return a coded concept, its meaning on one line; None if a file has none, or what no coding scheme writes."""
    if not (scheme and code):
        return None
    said = " ".join(meaning.split()) or code
    try:
        return Concept.model_validate({"code": code, "scheme": scheme, "meaning": said, "version": version or None})
    except ValidationError:
        return None


def category_concept(category: AnnotationCategory) -> Concept:
    """Return the concept of an annotation category; a private one where SNOMED CT has none."""
    own = Concept(code=category.value, scheme=PRIVATE_SCHEME, meaning=category.value)
    return _CATEGORY_CONCEPTS.get(category, own)


def category_of(concept: Concept) -> AnnotationCategory:
    """Return the annotation category that a segmented property category stands for; `other` if none does."""
    is_own = concept.scheme == PRIVATE_SCHEME and concept.code in {one.value for one in AnnotationCategory}
    return _CATEGORIES.get(_key(concept), AnnotationCategory(concept.code) if is_own else AnnotationCategory.OTHER)


@cache
def built_in_labels() -> tuple[Label, ...]:
    """Return the labels of the built-in label system."""
    document = json.loads(files("annoconv_model").joinpath("label_system.json").read_bytes())
    return tuple(map(Label.model_validate, document["labels"]))


def _key(concept: Concept) -> _Key:
    return concept.scheme, concept.code


def _key_of(concept: Any) -> _Key | None:
    """Return what tells a told concept from others; None for one of a private scheme, which says nothing to others."""
    if not isinstance(concept, dict) or str(concept.get("scheme")).startswith("99"):
        return None
    return concept["scheme"], concept["code"]
