"""What a document holds and what it names: one walk for all rules on references, by the tables of the model.

`annoconv_model/references.json` says which key identifies an instance of a class, and which keys name one.
"""

from __future__ import annotations

import typing
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar, cast, overload

from pydantic import BaseModel

from annoconv.advice import nearest
from annoconv.documents import strict_json
from annoconv.documents.residuals import pointer
from annoconv.errors import UsageError
from annoconv.messages import Message, listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from annoconv.documents.residuals import Path as Steps
    from annoconv.messages import Language

__all__ = ["Inventory", "Kind", "Repeated", "find", "kind_of", "take_inventory", "targets_of"]

_APART: Final = frozenset({"Agent", "Label", "Study"})
"""Classes whose identifiers come from elsewhere, so that each is a space of its own."""


Sought = TypeVar("Sought", bound=BaseModel)


class Repeated(NamedTuple):
    """An identifier that something before has: where, of which classes the two are, and where the first stands."""

    path: Steps
    identifier: str
    kinds: tuple[str, str]
    first: Steps


@dataclass(frozen=True)
class Inventory:
    """What a document holds and names.

    Attributes
    ----------
    identified
        Identifiers by the class of what they identify; what a class derives from has them too.
    references
        By the slot, `Link.note`: each place and the identifier that stands there.
    repeated
        Identifiers that stand twice in one space.
    """

    identified: dict[str, set[str]] = field(default_factory=dict[str, set[str]])
    references: dict[str, list[tuple[Steps, str]]] = field(default_factory=dict[str, list[tuple["Steps", str]]])
    repeated: list[Repeated] = field(default_factory=list[Repeated])

    def holds(self, kinds: tuple[str, ...], identifier: str) -> bool:
        """Tell whether the document holds an instance of one of these classes under an identifier."""
        return any(identifier in self.identified.get(kind, ()) for kind in kinds)


@dataclass(frozen=True, slots=True)
class Kind:
    """The name of a class for people, in a message."""

    title_en: str
    title_zh: str

    def __str__(self) -> str:
        """Return it in English."""
        return self.title_en

    def text(self, lang: Language) -> str:
        """Return it in a language."""
        return self.title_zh if lang == "zh" else self.title_en


def kind_of(name: str) -> Kind:
    """Return what people call the instances of a class that have an identifier."""
    entry = _tables()["identified"][name]
    return Kind(entry["title_en"], entry["title_zh"])


@cache
def targets_of() -> dict[str, tuple[str, ...]]:
    """Return for each slot that names something the classes of what it may name."""
    named: dict[str, dict[str, list[str]]] = _tables()["references"]
    return {f"{one}.{key}": tuple(kinds) for one, keys in named.items() for key, kinds in keys.items()}


def _instances(document: BaseModel) -> Iterator[tuple[Steps, BaseModel, _Plan]]:
    """Yield every object of a document, its place, and what is looked at in it, in the order of the document."""
    pending: list[tuple[Steps, BaseModel]] = [((), document)]
    while pending:
        path, node = pending.pop()
        plan = _plan(type(node))
        yield path, node, plan
        held: list[tuple[Steps, BaseModel]] = []
        for key in plan.objects:
            value: object = getattr(node, key)
            if isinstance(value, BaseModel):
                held.append(((*path, key), value))
            elif isinstance(value, list):
                members = cast("list[BaseModel]", value)
                held += [((*path, key, position), each) for position, each in enumerate(members)]
        pending += reversed(held)


@overload
def find(document: BaseModel, id: str) -> BaseModel: ...
@overload
def find(document: BaseModel, id: str, kind: type[Sought]) -> Sought: ...
def find(document: BaseModel, id: str, kind: type[BaseModel] = BaseModel) -> BaseModel:
    """Return what has an identifier in a case or another document: an annotation, a link, an image, a text, an agent.

    Parameters
    ----------
    document
        The typed document.
    id
        The identifier; of an image its `uid`, of a label its `code`.
    kind
        Class of what is looked for, `MaskAnnotation`; then that is what type checkers know.

    Raises
    ------
    UsageError
        If there is no such identifier, or several objects have it.
    """
    if not isinstance(document, BaseModel):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise UsageError(
            "this is no document",
            found=type(document).__name__,
            expected="Case",
            advice="Of what was read take its case: loaded.case",
        )
    if not isinstance(kind, type):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise UsageError(
            "what is looked for has a class",
            found=type(kind).__name__,
            expected=Message("a class of annoconv.model"),
            advice="Give the class itself, annoconv.model.MaskAnnotation without quotation marks, or leave it out",
        )
    whole = [(getattr(node, plan.key), node, path) for path, node, plan in _instances(document) if plan.key is not None]
    every = [each for each in whole if isinstance(each[1], kind)]
    found = [(node, path) for identity, node, path in every if identity == id]
    if len(found) == 1:
        return found[0][0]
    if found:
        raise UsageError(
            "several have this identifier",
            where=id,
            found=listed([pointer(path) for _, path in found], 5),
            expected="one",
            advice="Give the class of what is meant too: annoconv.find(case, id, MaskAnnotation)",
        )
    names = [str(identity) for identity, _, _ in every]
    others = [type(node).__name__ for identity, node, _ in whole if identity == id]
    if others:
        raise UsageError(
            "what has this identifier is of another class",
            where=id,
            found=", ".join(others),
            expected=listed(names, 10) if names else kind.__name__,
            advice=Message("Look for a {name}, or correct the identifier", name=others[0]),
        )
    raise UsageError(
        "nothing in the document has this identifier",
        found=id,
        expected=listed(names, 10) if names else Message("an identifier of a {name}", name=kind.__name__),
        advice=nearest(id, names),
    )


def take_inventory(document: BaseModel) -> Inventory:
    """Return what a document holds and names."""
    inventory = Inventory()
    first: dict[tuple[str, str], tuple[Steps, str]] = {}
    for path, node, plan in _instances(document):
        if plan.key is not None:
            identifier: str = getattr(node, plan.key)
            before, kind = first.setdefault((plan.space, identifier), (path, plan.kinds[-1]))
            if before is not path:
                kinds = (plan.kinds[-1], kind)
                inventory.repeated.append(Repeated((*path, plan.key), identifier, kinds, before))
            for name in plan.kinds:
                inventory.identified.setdefault(name, set()).add(identifier)
        for slot, key in plan.references:
            value: object = getattr(node, key)
            if value is None:
                continue
            places = inventory.references.setdefault(slot, [])
            if isinstance(value, str):
                places.append(((*path, key), value))
            else:
                places += [((*path, key, position), each) for position, each in enumerate(cast("list[str]", value))]
    return inventory


@cache
def _tables() -> dict[str, Any]:
    return cast("dict[str, Any]", strict_json.loads((files("annoconv_model") / "references.json").read_bytes()))


class _Plan(NamedTuple):
    """What is looked at in an instance of a class."""

    key: str | None
    kinds: tuple[str, ...]
    """Classes that the identifier is of, the one that names its kind last."""
    space: str
    references: tuple[tuple[str, str], ...]
    """(slot, key)"""
    objects: tuple[str, ...]
    """Keys that hold objects."""


@cache
def _plan(one: type[BaseModel]) -> _Plan:
    identified, named = _tables()["identified"], _tables()["references"]
    ancestors = [each.__name__ for each in one.__mro__]
    kinds = tuple(name for name in ancestors if name in identified)
    references = tuple((f"{name}.{key}", key) for name in reversed(ancestors) for key in named.get(name, ()))
    return _Plan(
        key=identified[kinds[0]]["key"] if kinds else None,
        kinds=kinds,
        space=kinds[-1] if kinds and kinds[-1] in _APART else "",
        references=references,
        objects=tuple(name for name, each in one.model_fields.items() if _holds_objects(each.annotation)),
    )


def _holds_objects(annotation: object) -> bool:
    if isinstance(annotation, type):
        return issubclass(annotation, BaseModel)
    return any(_holds_objects(argument) for argument in typing.get_args(annotation))
