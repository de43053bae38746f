"""Resources by every form of reference: the addresses of entries, `Type/id`, versions of one, fragments, identifiers.

A Bundle is indexed once. What a reference leads to is found as FHIR says (R5 2.1.3.0, bundle.html#references): by
`fullUrl` first, on the server of who refers, then by type and id, whatever server stands before them; `#id` within the
resource itself.
"""

from __future__ import annotations

from copy import copy
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Collection, Container, Iterable, Sequence

    from annoconv.documents.residuals import Path
    from annoconv_converters.fhir.names import Resource

__all__ = ["Located", "Sources", "current"]

Located: TypeAlias = "tuple[Path, str | None, Resource]"
"""A resource with its place in the file and its `fullUrl`."""


class Sources:
    """The resources of what is read.

    Parameters
    ----------
    located
        The resources.
    has_addresses
        Whether each of them is referred to by its address alone.
    """

    def __init__(self, located: Iterable[Located], *, has_addresses: bool = False) -> None:
        self._located = list(located)
        self._has_addresses = has_addresses
        self.listed: list[Resource] = [resource for _, _, resource in self._located]
        self._by_address = {address: resource for _, address, resource in reversed(self._located)}
        """By `fullUrl`; of two that share one, the first."""
        self._by_address.pop(None, None)

    @cached_property
    def _by_name(self) -> dict[str, Resource]:
        """Resources by type and id, and by the id alone where it is a UUID; of two that share one, the first."""
        found: dict[str, Resource] = {}
        for resource in () if self._has_addresses else (each for _, _, each in self._located):
            identity = resource.get("id")
            if isinstance(identity, str):
                found.setdefault(f"{resource.get('resourceType')}/{identity}", resource)
                found.setdefault(f"urn:uuid:{identity}", resource)
                if resource.get("resourceType") == "ImagingSelection":  # as R4B refers to it
                    found.setdefault(f"Basic/{identity}", resource)
        return found

    @cached_property
    def _names(self) -> dict[int, str]:
        """Ids of resources, or ends of their addresses, by their places in memory."""
        found: dict[int, str] = {}
        for _, address, resource in self._located:
            identity = resource.get("id")
            if isinstance(identity, str):
                found[id(resource)] = identity
            elif address is not None:
                found[id(resource)] = address.rpartition(":" if address.startswith("urn:") else "/")[2]
        return found

    @cached_property
    def _roots(self) -> dict[int, str]:
        """Addresses of the servers of resources, by the places in memory of these."""
        own = ((address, f"{each.get('resourceType')}/{each.get('id')}", each) for _, address, each in self._located)
        return {
            id(each): address.removesuffix(name)
            for address, name, each in own
            if address is not None and address.endswith(f"/{name}")
        }

    @cached_property
    def _by_identifier(self) -> dict[tuple[str, str, str], Resource]:
        """Resources by type (or none), system and value of their identifiers; of two that share one, the first."""
        found: dict[tuple[str, str, str], Resource] = {}
        for _, _, resource in self._located:
            listed = resource.get("identifier", ())
            for each in listed if isinstance(listed, list) else [listed]:
                if isinstance(each, dict) and isinstance(each.get("value"), str):
                    key = str(each.get("system", "")), _bare(each["value"])
                    for type_ in (str(resource.get("resourceType")), ""):
                        found.setdefault((type_, *key), resource)
        return found

    def within(self, kept: Container[int]) -> Sources:
        """Return these with but some resources listed, by their places in memory; references lead where they led."""
        part = copy(self)
        part.listed = [each for each in self.listed if id(each) in kept]
        return part

    def name_of(self, resource: Resource) -> str | None:
        """Return the id of a resource, or the end of its address; None if it has neither."""
        return self._names.get(id(resource))

    def of_type(self, type_: str) -> list[Resource]:
        """Return the resources of a type, in their order."""
        return [each for each in self.listed if each.get("resourceType") == type_]

    def get(self, reference: Any, within: Resource | None = None) -> Resource | None:
        """Return what a reference leads to, from a resource that may contain it; None if it is not there."""
        if not isinstance(reference, dict):
            return None
        told = reference.get("reference")
        if not isinstance(told, str):
            return self._identified(reference)
        is_relative = within is not None and ":" not in told
        root = self._roots.get(id(within), "") if is_relative else ""
        found = self._by_address.get(root + told) or self._by_address.get(told) or self._by_name.get(told)
        if found is not None:
            return found
        if told.startswith("#"):
            inner = within.get("contained", ()) if within else ()
            return next((each for each in inner if each.get("id") == told[1:]), within if told == "#" else None)
        path = told.partition("/_history/")[0].partition("#")[0]
        return self._by_address.get(path) or self._by_name.get("/".join(path.rsplit("/", 2)[-2:]))

    def _identified(self, reference: Resource) -> Resource | None:
        """Return the resource that a logical reference names: by its type, if that is told, and an identifier."""
        told = reference.get("identifier")
        if not isinstance(told, dict) or not isinstance(told.get("value"), str):
            return None
        system, value = str(told.get("system", "")), _bare(told["value"])
        return self._by_identifier.get((str(reference.get("type", "")).rpartition("/")[2], system, value))


def current(located: Sequence[Located], gone: Collection[int]) -> tuple[list[Located], list[Located]]:
    """Return resources as they stand now, and what is none: versions before, and what was deleted since.

    Parameters
    ----------
    located
        The resources, the newest version of each first (R5 bundle.html, history).
    gone
        Places in memory of those that were deleted afterwards.
    """
    addresses = {address for _, address, _ in located}
    if not gone and len(addresses) == len(located) and None not in addresses:
        return list(located), []
    kept: list[Located] = []
    before: list[Located] = []
    seen: set[tuple[str | None, str, str]] = set()
    for one in located:
        _, address, resource = one
        identity = resource.get("id")
        if address is not None or isinstance(identity, str):
            key = address, str(resource.get("resourceType")), str(identity)
            is_known = key in seen
            seen.add(key)
        else:
            is_known = False
        (before if is_known or id(resource) in gone else kept).append(one)
    return kept, before


def _bare(value: str) -> str:
    return value.removeprefix("urn:oid:")
