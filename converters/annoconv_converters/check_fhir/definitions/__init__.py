"""HL7's definitions of FHIR R5 and R4B, as `model/generator/fhir_definitions.py` trims them, ready to be asked.

The package data beside this module are HL7's (CC0); each names the packages and versions that it comes from.
"""

from __future__ import annotations

import lzma
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib.resources import files
from typing import Any, Final, Literal, TypeAlias

from annoconv.documents import strict_json

__all__ = ["RELEASES", "Definitions", "Field", "Invariant", "Kind", "Release", "definitions"]

Release: TypeAlias = Literal["R5", "R4B"]
RELEASES: Final[tuple[Release, ...]] = ("R5", "R4B")


@dataclass(frozen=True, slots=True)
class Invariant:
    """A rule that HL7 states for an element.

    Attributes
    ----------
    key
        Its name, `obs-6`.
    severity
        `error` or `warning`.
    words
        What it says, in English.
    expression
        The same in FHIRPath.
    """

    key: str
    severity: str
    words: str
    expression: str


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """An element as its parent has it.

    Attributes
    ----------
    name
        Its name in FHIRPath, `value` for `valueQuantity` too.
    is_list
        Whether it may stand there more than once, so that its JSON value is an array.
    keys
        Its names in JSON and the type that each tells.
    targets
        Types of resources that a reference may point to, by the type of the reference; what is absent may point to any.
    codes
        The value set that its codes must be of, by system; None if any code will do.
    value_set
        Its URL.
    is_modifier
        Whether it changes what its parent means.
    invariants
        Rules beyond those of its type.
    """

    name: str
    is_list: bool
    keys: tuple[tuple[str, Kind], ...]
    targets: dict[str, tuple[str, ...]]
    codes: dict[str, frozenset[str]] | None
    value_set: str
    is_modifier: bool
    invariants: tuple[Invariant, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Kind:
    """A type: a resource, a data type, a primitive, or a part of a resource that has no name but its path.

    Attributes
    ----------
    name
        `Observation`, `Quantity`, `decimal`, `Observation.component`.
    kind
        `resource`, `complex` (parts too) or `primitive`.
    bases
        Itself and what it is derived from, nearest first.
    invariants
        Rules for every one.
    fields
        Its elements by name, in their order.
    by_key
        The same by their keys in JSON, with the type that the key tells.
    needed
        Those that must be there.
    """

    name: str
    kind: str
    bases: tuple[str, ...]
    invariants: tuple[Invariant, ...]
    fields: dict[str, Field] = field(default_factory=dict[str, Field])
    by_key: dict[str, tuple[Field, Kind]] = field(default_factory=dict[str, tuple[Field, "Kind"]])
    needed: list[Field] = field(default_factory=list[Field])

    def is_a(self, name: str) -> bool:
        """Tell whether it is of a type or derived from it."""
        return name in self.bases


class Definitions:
    """What HL7 says of the types of a release; a type is made ready when it is first asked for."""

    def __init__(self, data: dict[str, Any]) -> None:
        self.release: Release = data["release"]
        self.packages: tuple[str, ...] = tuple(data["packages"])
        self._types: dict[str, Any] = data["types"]
        self._elements: dict[str, Any] = data["elements"]
        self._invariants = [Invariant(*each) for each in data["invariants"]]
        self._codes: dict[str, dict[str, list[str]]] = data["codes"]
        self._code_sets: dict[str, dict[str, frozenset[str]]] = {}
        self._kinds: dict[str, Kind] = {}

    @cached_property
    def resources(self) -> frozenset[str]:
        """Names of the types of resources."""
        return frozenset(name for name, each in self._types.items() if each["kind"] == "resource")

    @property
    def invariants(self) -> tuple[Invariant, ...]:
        """Every invariant of the release."""
        return tuple(self._invariants)

    def resource(self, name: object) -> Kind | None:
        """Return the type of a resource; None if there is none of that name, or none can be of that type."""
        if not isinstance(name, str) or name not in self.resources or name in {"Resource", "DomainResource"}:
            return None
        return self.kind(name)

    def kind(self, name: str) -> Kind:
        """Return a type, or a part of a resource by its path."""
        known = self._kinds.get(name)
        if known is None:
            known = self._kinds[name] = self._make(name)
            for key, value in self._elements.get(name, {"fields": {}})["fields"].items():
                self._add(known, key, value)
        return known

    def _make(self, name: str) -> Kind:
        told = self._types.get(name, {"kind": "complex", "base": "BackboneElement"})
        bases = [name]
        base = told["base"]
        while base:
            bases.append(base)
            base = self._types.get(base, {"base": ""})["base"]
        own = self._elements.get(name, {"invariants": ()})["invariants"]
        return Kind(name, told["kind"], tuple(bases), tuple(self._invariants[each] for each in own))

    def _add(self, parent: Kind, key: str, told: dict[str, Any]) -> None:
        if "as" in told:
            kinds = [(key, self.kind(told["as"]))]
        elif key.endswith("[x]"):
            stem = key.removesuffix("[x]")
            kinds = [(f"{stem}{code[0].upper()}{code[1:]}", self.kind(code)) for code in told["types"]]
        else:
            code = told["types"][0]
            part = f"{parent.name}.{key}"
            kinds = [(key, self.kind(part if part in self._elements else code))]
        above = set(kinds[0][1].invariants) if len(kinds) == 1 else set[Invariant]()
        made = Field(
            name=key.removesuffix("[x]"),
            is_list=told.get("list", False),
            keys=tuple(kinds),
            targets={code: tuple(names) for code, names in told.get("targets", {}).items()},
            codes=self._code_set(told["codes"]) if "codes" in told else None,
            value_set=told.get("codes", ""),
            is_modifier=told.get("modifier", False),
            invariants=tuple(
                each for each in (self._invariants[one] for one in told.get("invariants", ())) if each not in above
            ),
        )
        parent.fields[made.name] = made
        for name, kind in kinds:
            parent.by_key[name] = (made, kind)
        if told.get("needed"):
            parent.needed.append(made)

    def _code_set(self, url: str) -> dict[str, frozenset[str]] | None:
        if url not in self._codes:
            return None
        if url not in self._code_sets:
            self._code_sets[url] = {system: frozenset(codes) for system, codes in self._codes[url].items()}
        return self._code_sets[url]


@cache
def definitions(release: Release) -> Definitions:
    """Return the definitions of a release; they are read once."""
    packed = files(__name__).joinpath(f"{release.lower()}.json.xz").read_bytes()
    return Definitions(strict_json.loads(lzma.decompress(packed)))
