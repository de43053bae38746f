"""The intermediate form of the model, that every output is printed from.

`read_linkml.py` fills it. Nothing is dropped in silence: what cannot be said here cannot be generated.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["string", "integer", "number", "decimal", "boolean", "timestamp", "any"]


class GenerationError(Exception):
    """The model says something that the generator cannot translate."""


@dataclass(frozen=True)
class Text:
    """What is said of an element to people, and where it comes from."""

    title: str
    title_zh: str
    description: str
    clauses: tuple[str, ...]


@dataclass(frozen=True)
class Scalar:
    """A named value type."""

    name: str
    kind: Kind
    text: Text
    pattern: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    exclusive_minimum: float | None = None
    description_zh: str = ""
    advice: tuple[str, str] | None = None
    """What to do about a text of another form, in English and in Chinese."""


@dataclass(frozen=True)
class ScalarUnion:
    """A value of one of several value types, or (with `or_list`) a list of such values."""

    name: str
    text: Text
    members: tuple[str, ...]
    or_list: bool


@dataclass(frozen=True)
class EnumValue:
    """One permissible value."""

    value: str
    text: Text
    meaning: str | None


@dataclass(frozen=True)
class Enumeration:
    """A closed set of values."""

    name: str
    text: Text
    values: tuple[EnumValue, ...]


@dataclass(frozen=True)
class Named:
    """A value type, an enumeration or a class by its name."""

    name: str


@dataclass(frozen=True)
class Const:
    """The tag of a class in a union."""

    value: str


@dataclass(frozen=True)
class Union:
    """One of several classes, told apart by the constant in `tag`."""

    name: str
    tag: str
    members: tuple[tuple[str, str], ...]
    """(value of the tag, class)"""


@dataclass(frozen=True)
class Array:
    """A list; with `even`, of an even number of items."""

    item: TypeExpression
    minimum: int | None = None
    maximum: int | None = None
    even: bool = False


@dataclass(frozen=True)
class Map:
    """An object with free keys."""

    key: str
    value: Named


TypeExpression: TypeAlias = Named | Const | Union | Array | Map


@dataclass(frozen=True)
class Field:
    """One key of a class; an `identifier` tells instances apart, `references` are the classes of what a key names."""

    name: str
    type: TypeExpression
    required: bool
    text: Text
    unit: str | None
    identifier: bool = False
    references: tuple[str, ...] = ()
    group: str | None = None
    """Which of the model's groups the documentation shows it in."""


@dataclass(frozen=True)
class Condition:
    """A field's state: it is present, or one of `values`."""

    field: str
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class Requirement:
    """If every condition holds, the fields of `required` must be present."""

    title: str
    conditions: tuple[Condition, ...]
    required: tuple[str, ...]


@dataclass(frozen=True)
class Class:
    """A closed object; an abstract one has the fields that are the same in all that derive from it."""

    name: str
    text: Text
    fields: tuple[Field, ...]
    abstract: bool
    parent: str | None
    root: bool
    requirements: tuple[Requirement, ...] = ()


@dataclass(frozen=True)
class Model:
    """The whole model, in the order of its files."""

    id: str
    version: str
    title: str
    description: str
    prefixes: dict[str, str]
    groups: dict[str, Text] = field(default_factory=dict)
    scalars: dict[str, Scalar | ScalarUnion] = field(default_factory=dict)
    enums: dict[str, Enumeration] = field(default_factory=dict)
    classes: dict[str, Class] = field(default_factory=dict)

    @property
    def root(self) -> Class:
        """The class of a whole document."""
        (root,) = (one for one in self.classes.values() if one.root)
        return root

    def own_fields(self, one: Class) -> list[Field]:
        """Return the fields of a class that it has not from its parent."""
        inherited = set(self.classes[one.parent].fields) if one.parent else set[Field]()
        return [each for each in one.fields if each not in inherited]

    def descendants(self, name: str) -> list[Class]:
        """Return the classes that derive from `name`, itself excluded."""
        found: list[Class] = []
        for one in self.classes.values():
            if one.parent == name:
                found += [one, *self.descendants(one.name)]
        return found
