"""A case that is being made of resources of others: which of them it takes, as what, and under which ids."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain, count
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from annoconv_converters.fhir.foreign_losses import tail

if TYPE_CHECKING:
    from collections.abc import Callable

    from annoconv.codes import Labels
    from annoconv_converters.fhir.names import Resource
    from annoconv_converters.fhir.sources import Sources

__all__ = ["Foreign", "Tell", "by_patient"]

Tell: TypeAlias = "Callable[[Resource, Labels], Resource | None]"
_TAKEN: Final = frozenset({"ImagingStudy", "ImagingSelection", "Observation", "DocumentReference", "DiagnosticReport"})


@dataclass
class Foreign:
    """A case that is being made of resources of others.

    Attributes
    ----------
    case
        As far as it is made.
    told
        Resources that it takes, by their place in memory, each with what says it again of the case, and the member of
        a list of the case that it became.
    image_of, instances
        Images by their UID, and the UIDs of their instances.
    names
        Ids of members of lists of the case that are given away.
    """

    case: Resource
    told: dict[int, tuple[Resource, Tell, Resource | None]] = field(
        default_factory=dict[int, "tuple[Resource, Tell, Resource | None]"]
    )
    image_of: dict[str, Resource] = field(default_factory=dict[str, "Resource"])
    instances: dict[str, list[str]] = field(default_factory=dict[str, "list[str]"])
    names: set[str] = field(default_factory=set[str])

    def take(self, resource: Resource, tell: Tell, member: Resource | None = None) -> None:
        """Note that a resource is taken, as which member."""
        self.told[id(resource)] = (resource, tell, member)

    def name(self, resource: Resource, index: Sources) -> str:
        """Return an id of its own for what a resource becomes: that of the resource, where nothing else has it."""
        type_ = str(resource.get("resourceType"))
        told = index.name_of(resource) or str(resource.get("id") or type_)
        numbered = (f"{type_}-{told}-{number}" for number in count(len(self.names) + 1))
        found = next(each for each in chain((told, f"{type_}-{told}"), numbered) if each not in self.names)
        self.names.add(found)
        return found

    def again(self, resource: Resource, labels: Labels) -> Resource | None:
        """Return what the case says of a resource; None if that is nothing, or the model did not take it."""
        found = self.told.get(id(resource))
        if found is None or (found[2] is not None and not self.holds(found[2])):
            return None
        told = found[1](resource, labels)
        inner = [self.again(each, labels) or {} for each in resource.get("contained", ())]
        return told if told is None or not any(inner) else {**told, "contained": inner}

    def holds(self, member: Resource) -> bool:
        """Tell whether the case, once it is whole, has a member."""
        return id(member) in self._held

    @cached_property
    def _held(self) -> set[int]:
        listed = (each if isinstance(each, list) else [each] for each in self.case.values())
        return {id(member) for each in listed for member in each}


def by_patient(index: Sources) -> list[set[int]]:
    """Return the places in memory of the resources of each patient; what is of none is with the first one's."""
    groups: dict[Any, set[int]] = {}
    beside: list[Resource] = []
    for each in index.listed:
        told = each.get("subject") or each.get("patient")
        patient = index.get(told, each)
        reference = told.get("reference") if isinstance(told, dict) else None
        key: Any = None
        if patient is not None and patient.get("resourceType") == "Patient":
            key = id(patient)
        elif isinstance(reference, str) and "Patient/" in reference:
            key = tail(reference)
        if key is None or each["resourceType"] not in _TAKEN:
            beside.append(each)
        else:
            groups.setdefault(key, set()).add(id(each))
    first = next(iter(groups.values()), set[int]())
    for each in beside:
        groups.get(id(each), first).add(id(each))
    return list(groups.values()) or [first]
