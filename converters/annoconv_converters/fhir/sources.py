"""Resources by every form of reference: the addresses of entries, `Type/id`, versions of one, fragments, identifiers.

A Bundle is indexed once. What a reference leads to is found as FHIR says (R5 2.1.3.0, bundle.html#references): by
`fullUrl` first, on the server of who refers, then by type and id, whatever server stands before them; `#id` within the
resource itself.
"""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Container, Iterable

    from annoconv.documents.residuals import Path
    from annoconv_converters.fhir.names import Resource

__all__ = ["Located", "Sources"]

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
        self.listed: list[Resource] = []
        self._roots: dict[int, str] = {}
        self._names: dict[int, str] = {}
        self._by_address: dict[str, Resource] = {}
        self._by_identifier: dict[tuple[str, str, str], Resource] | None = None
        if has_addresses:
            self._by_address = {str(address): resource for _, address, resource in located}
            return
        seen: set[tuple[str | None, str]] = set()
        for _, address, resource in located:
            identity = resource.get("id")
            own = f"{resource.get('resourceType')}/{identity}"
            if (address, own) in seen:
                continue  # a version before, or the same once more
            if address is not None or isinstance(identity, str):
                seen.add((address, own))
            self.listed.append(resource)
            if address is not None:
                self._by_address[address] = resource
                self._names[id(resource)] = address.rpartition(":" if address.startswith("urn:") else "/")[2]
                if address.endswith(f"/{own}"):
                    self._roots[id(resource)] = address.removesuffix(own)
            if isinstance(identity, str):
                self._names[id(resource)] = identity
                self._by_address.setdefault(own, resource)
                self._by_address.setdefault(f"urn:uuid:{identity}", resource)
                if resource.get("resourceType") == "ImagingSelection":  # as R4B refers to it
                    self._by_address.setdefault(f"Basic/{identity}", resource)

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
        root = "" if within is None else self._roots.get(id(within), "")
        found = (self._by_address.get(root + told) if root else None) or self._by_address.get(told)
        if found is not None:
            return found
        if told.startswith("#"):
            inner = within.get("contained", ()) if within else ()
            return next((each for each in inner if each.get("id") == told[1:]), within if told == "#" else None)
        path = told.partition("/_history/")[0].partition("#")[0]
        return self._by_address.get(path) or self._by_address.get("/".join(path.rsplit("/", 2)[-2:]))

    def _identified(self, reference: Resource) -> Resource | None:
        """Return the resource that a logical reference names: by its type, if that is told, and an identifier."""
        told = reference.get("identifier")
        if not isinstance(told, dict) or not isinstance(told.get("value"), str):
            return None
        if self._by_identifier is None:
            self._by_identifier = {}
            for resource in self.listed:
                listed = resource.get("identifier", ())
                for each in listed if isinstance(listed, list) else [listed]:
                    if isinstance(each, dict) and isinstance(each.get("value"), str):
                        key = str(each.get("system", "")), _bare(each["value"])
                        for type_ in (str(resource.get("resourceType")), ""):
                            self._by_identifier.setdefault((type_, *key), resource)
        system, value = str(told.get("system", "")), _bare(told["value"])
        return self._by_identifier.get((str(reference.get("type", "")).rpartition("/")[2], system, value))


def _bare(value: str) -> str:
    return value.removeprefix("urn:oid:")
