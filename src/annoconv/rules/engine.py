"""How a rule is written and found: a function registered under its id, which yields every place that breaks it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property, wraps
from importlib.resources import files
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeAlias, TypeVar

from pydantic import BaseModel

from annoconv.codes import built_in_labels, says_what_it_is
from annoconv.documents import strict_json
from annoconv.documents.residuals import pointer
from annoconv.errors import AnnoconvError, ImageError
from annoconv.files.names import mask_path
from annoconv.findings import Finding, Level
from annoconv.messages import Message, shortened, told
from annoconv.model import AnnotationStatus, Case, MaskAnnotation
from annoconv.rules.added import Added, added_entries
from annoconv.rules.inventory import Inventory, take_inventory

if TYPE_CHECKING:
    from pathlib import Path

    from annoconv.casefile import LoadedCase
    from annoconv.documents.residuals import Path as Steps
    from annoconv.geometry import Grid, GridRelation
    from annoconv.images import ImageSource
    from annoconv.model import Annotation, AnyAnnotation, Image, Label, TaskDefinition
    from annoconv.rules.splits import PatientSplits
    from annoconv.rules.voxels import VolumeContent

__all__ = [
    "PROFILES",
    "Breach",
    "Check",
    "Profile",
    "Rule",
    "Standalone",
    "Subject",
    "added_rules",
    "catalogue",
    "checks",
    "is_final",
    "match",
    "rule",
    "table_bytes",
]

Profile: TypeAlias = Literal["minimal", "exchange", "delivery"]
Document = TypeVar("Document", bound=BaseModel)
"""A class of documents of their own."""

PROFILES: tuple[Profile, ...] = ("minimal", "exchange", "delivery")


@dataclass(frozen=True, slots=True)
class Rule:
    """One entry of `model/rules.yaml`.

    Attributes
    ----------
    id
        Stable name: the row of the requirement, a point, a name; `A-3.3.dangling_link`.
    clause
        Where its authority comes from, `A 8.5.2`.
    levels
        Its level in each profile; None where it is off.
    applies_to
        Class of the model whose instances it looks at.
    title_en, title_zh
        What it asks, as a sentence.
    message_en, message_zh
        What a finding says; `{names}` are filled in by the rule's function.
    severity
        How grave a breach is: minor, moderate, critical.
    action
        What follows, one of `actions` of `model/rules.yaml`.
    review_level
        The level of quality control that looks at it (A 9.3.1): 1 self check, 2 review, 3 arbitration.
    parameters
        The numbers by which it measures.
    """

    id: str
    clause: str
    levels: Mapping[Profile, Level | None]
    applies_to: str
    severity: str
    action: str
    review_level: int
    title_en: str
    title_zh: str
    message_en: str
    message_zh: str
    parameters: Mapping[str, float] = field(default_factory=dict[str, float])

    def finding(self, breach: Breach, level: Level) -> Finding:
        """Return the finding for one place."""
        values = {name: shortened(value) for name, value in breach.values.items()}
        en = self.message_en.format(**values)
        zh = self.message_zh.format(**{name: told(value, "zh") for name, value in values.items()})
        return Finding(self.id, level, pointer(breach.path), en, message_zh=zh, slice_index=breach.slice_index)


@dataclass(frozen=True, slots=True)
class Breach:
    """A place that breaks a rule, with what its message names, and the slice of the image that shows it."""

    path: Steps
    values: Mapping[str, object] = field(default_factory=dict[str, object])
    slice_index: int | None = None


@dataclass(frozen=True)
class Subject:
    """What a rule looks at.

    Attributes
    ----------
    loaded
        The case and its masks, unopened.
    sources
        The source images given with it; None if none were given.
    label_system
        The task's labels given with it; None if none were given.
    task
        The definition of the task given with it; None if none was given, or the case is of another one.
    splits
        What the cases looked at before it say; None if it is looked at alone.
    place
        Where it was read, for people.
    rules
        The rules by id, with the numbers that they measure by.
    """

    loaded: LoadedCase
    sources: Callable[[], list[ImageSource]] | None = None
    label_system: Sequence[Label] | None = None
    splits: PatientSplits | None = None
    place: str = ""
    rules: Mapping[str, Rule] = field(default_factory=lambda: _catalogue())
    task: TaskDefinition | None = None

    @property
    def name(self) -> str:
        """What messages call the case among several."""
        return f"{self.case.case_id} ({self.place})" if self.case.case_id else self.place

    @property
    def case(self) -> Case:
        """The typed case."""
        return self.loaded.case

    @cached_property
    def images(self) -> Mapping[str, Image]:
        """The case's images by UID, the primary one first."""
        every = (self.case.image, *(self.case.related_images or ()))
        return {image.uid: image for image in reversed(every)}

    @cached_property
    def inventory(self) -> Inventory:
        """What the case holds and what it names."""
        return take_inventory(self.case)

    @cached_property
    def labels(self) -> Mapping[str, Label]:
        """Labels by code: the case's own, then those of the label system given, then those of the built-in one."""
        own = self.case.labels or ()
        listed = [label for label in own if not says_what_it_is(label)]
        defined = filter(says_what_it_is, own)
        return {label.code: label for label in (*listed, *built_in_labels(), *(self.label_system or ()), *defined)}

    @cached_property
    def contents(self) -> list[tuple[Steps, MaskAnnotation, VolumeContent]]:
        """What rules found in the volumes of masks that they read; each is read once (`rules.mask.mask_contents`)."""
        return []

    @cached_property
    def relations(self) -> dict[tuple[int, str], GridRelation | AnnoconvError]:
        """Where volumes lie in images, by the id of the volume and the UID of the image (`rules.mask.relation_of`)."""
        return {}

    @cached_property
    def grids(self) -> dict[str, Grid]:
        """Grids of images that masks were compared with, by UID."""
        return {}

    @cached_property
    def mask_files(self) -> Sequence[tuple[Steps, MaskAnnotation, Path | None]]:
        """Each mask of a case that has a file, with the path of the mask's own; None if that leaves the folder."""
        folder = None if self.loaded.path is None else self.loaded.path.parent
        found: list[tuple[Steps, MaskAnnotation, Path | None]] = []
        for path, annotation in self.annotations() if folder is not None else ():
            if folder is not None and isinstance(annotation, MaskAnnotation):
                try:
                    file = mask_path(folder, annotation.mask_file)
                except AnnoconvError:
                    file = None
                found.append((path, annotation, file))
        return found

    @cached_property
    def masks_there(self) -> Sequence[tuple[Steps, MaskAnnotation, Path]]:
        """The masks whose file is there."""
        there = {file: file.is_file() for file in {file for _, _, file in self.mask_files if file is not None}}
        return [(path, each, file) for path, each, file in self.mask_files if file is not None and there[file]]

    def annotations(self) -> Iterator[tuple[Steps, AnyAnnotation]]:
        """Yield each annotation with its path."""
        for position, annotation in enumerate(self.case.annotations):
            yield ("annotations", position), annotation

    def every_image(self) -> Iterator[tuple[Steps, Image]]:
        """Yield each image with its path."""
        yield ("image",), self.case.image
        for position, image in enumerate(self.case.related_images or ()):
            yield ("related_images", position), image

    def image_of(self, annotation: Annotation) -> Image | None:
        """Return the image that an annotation belongs to, or None if it names one that the case lacks."""
        return self.images.get(annotation.image_uid) if annotation.image_uid else self.case.image


@dataclass(frozen=True)
class Standalone(Generic[Document]):
    """A document of its own that a rule looks at: a task definition, a label system, a package.

    Attributes
    ----------
    document
        The typed document.
    label_system
        The labels given with it; None if none were given.
    label_system_id
        Identifier of what they are of; None if it is not known.
    rules
        The rules by id, with the numbers that they measure by.
    """

    document: Document
    label_system: Sequence[Label] | None = None
    label_system_id: str | None = None
    rules: Mapping[str, Rule] = field(default_factory=lambda: _catalogue())

    @cached_property
    def inventory(self) -> Inventory:
        """What the document holds and what it names."""
        return take_inventory(self.document)


Check: TypeAlias = Callable[[Any], Iterator[Breach]]
_Found = TypeVar("_Found", bound=Check)
_CHECKS: dict[str, dict[type[BaseModel], Check]] = {}


def rule(identity: str, document: type[BaseModel] = Case) -> Callable[[_Found], _Found]:
    """Register a function as the check of the rule with this id, for documents of one class.

    A check of a case is given a `Subject`, one of another document a `Standalone`.
    """

    def register(check: _Found) -> _Found:
        if document in _CHECKS.setdefault(identity, {}):
            raise ValueError(f"rule {identity} has two functions")
        _CHECKS[identity][document] = check
        return check

    return register


def checks(document: type[BaseModel] = Case) -> Mapping[str, Check]:
    """Return the functions that are registered for documents of a class, by rule id."""
    return MappingProxyType({identity: found[document] for identity, found in _CHECKS.items() if document in found})


def _catalogue() -> Mapping[str, Rule]:
    return catalogue()


@cache
def catalogue() -> Mapping[str, Rule]:
    """Return every rule by id: those of `model/rules.yaml`, then those that packages add (`annoconv.rules.added`)."""
    own = {entry["id"]: _rule(entry) for entry in strict_json.loads(table_bytes())["rules"]}
    rules = own | {added.entry["id"]: _rule(added.entry) for added in added_rules()}
    for added in added_rules():
        _guard(rules[added.entry["id"]], added.package)
    if unlisted := next((name for name in _CHECKS if name not in rules), None):
        raise _without(unlisted, Message("a function without an entry"), Message("an entry in RULES of its module"))
    return MappingProxyType(rules)


@cache
def added_rules() -> tuple[Added, ...]:
    """Return the rules that packages beside the core add."""
    taken = [entry["id"] for entry in strict_json.loads(table_bytes())["rules"]]
    return tuple(added_entries(PROFILES, taken))


def _without(identity: str, found: Message, expected: Message) -> AnnoconvError:
    return AnnoconvError(
        Message("the rule {id} is not whole", id=identity),
        found=found,
        expected=expected,
        advice="Tell who makes the package that adds it; until then uninstall it",
    )


def _guard(told: Rule, package: str) -> None:
    """Have an error of ours come of whatever the function of a rule of another package does."""
    found = _CHECKS.get(told.id)
    if not found:
        raise _without(
            told.id, Message("no function"), Message('a function of its module under @rule("{id}")', id=told.id)
        )

    def guarded(check: Check) -> Check:
        @wraps(check)
        def run(subject: Any) -> Iterator[Breach]:
            try:
                for breach in check(subject):
                    told.finding(breach, Level.INFO)  # names all that its message does
                    yield breach
            except AnnoconvError:
                raise
            except Exception as error:  # whatever it does
                raise AnnoconvError(
                    Message("the rule {id} of {package} cannot be applied", id=told.id, package=package),
                    found=f"{type(error).__name__}: {error}",
                    expected=Message("breaches, each with what its message names"),
                    advice="Tell who makes the package; until then uninstall it, or set the rule to off with --rules",
                ) from error

        return run

    for document, check in found.items():
        found[document] = guarded(check)


@cache
def table_bytes() -> bytes:
    """Return the table of rules as it is shipped, JSON."""
    return (files("annoconv_model") / "rules.json").read_bytes()


def _rule(entry: dict[str, Any]) -> Rule:
    levels = {name: Level(level) if level != "off" else None for name, level in entry["level"].items()}
    return Rule(levels=levels, **{key: value for key, value in entry.items() if key != "level"})


def is_final(annotation: Annotation) -> bool:
    """Tell whether an annotation is a result."""
    return annotation.status in {None, AnnotationStatus.FINAL}


def match(subject: Subject, image: Image) -> ImageSource | str | None:
    """Return the source of an image among those given, why there is none, or None if no source was given."""
    if subject.sources is None:
        return None
    from annoconv import images

    try:
        return images.match(subject.sources(), image)
    except ImageError as error:
        return Message("{error}", error=error)
