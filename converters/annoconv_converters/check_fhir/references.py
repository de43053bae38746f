"""References: what a text points to, and whether it may (HL7 FHIR, References and Resolving references in Bundles).

What a Bundle holds is indexed once, by the `fullUrl` of its entries. A relative reference is completed by the base of
the entry that it stands in, as the standard has it; where that names none (`urn:uuid:`), by type and id if just one
entry has these.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from annoconv_converters.check_fhir.nodes import Home, Node, entered

if TYPE_CHECKING:
    from annoconv_converters.check_fhir.definitions import Definitions

__all__ = ["Index", "Target", "target_type"]

_RESTFUL: Final = re.compile(
    r"(?P<base>(?:https?://\S*?/)?)(?P<type>[A-Z][A-Za-z]+)/(?P<id>[A-Za-z0-9\-.]{1,64})(?:/_history/(?P<version>[A-Za-z0-9\-.]{1,64}))?(?:#.*)?"
)
_CONDITIONAL: Final = re.compile(r"(?P<type>[A-Z][A-Za-z]+)\?\S+")


@dataclass(slots=True)
class Target:
    """Where a reference leads.

    Attributes
    ----------
    node
        The resource, if the document holds it.
    type
        Its type, as it or the text of the reference tells; empty if nothing does.
    form
        `fragment`, `urn`, `relative`, `absolute`, `conditional`, or `other` for what FHIR has no form for.
    """

    node: Node | None
    type: str
    form: str


def target_type(text: str, definitions: Definitions) -> str:
    """Return the type of resource that a text of a reference names; empty if it names none."""
    found = _RESTFUL.fullmatch(text) or _CONDITIONAL.fullmatch(text)
    return found["type"] if found is not None and found["type"] in definitions.resources else ""


@dataclass(slots=True)
class _Entries:
    """The entries of one Bundle: by fullUrl, and by type and id; None where two have these."""

    by_url: dict[str, Node] = field(default_factory=dict[str, Node])
    by_name: dict[str, Node | None] = field(default_factory=dict[str, "Node | None"])


class Index:
    """What the resources of a document hold, by what references call it."""

    def __init__(self) -> None:
        self._bundles: dict[int, _Entries] = {}
        self._contained: dict[int, dict[str, Node]] = {}

    def target(self, home: Home, text: str) -> Target:
        """Return where a reference leads that stands in a resource."""
        if text.startswith("#"):
            node = self._fragment(home, text[1:])
            return Target(node, node.kind.name if node else "", "fragment")
        definitions = home.definitions
        restful = _RESTFUL.fullmatch(text)
        if text.startswith("urn:"):
            form = "urn"
        elif "://" in text:
            form = "absolute"
        elif restful is not None:
            form = "relative"
        else:
            form = "conditional" if _CONDITIONAL.fullmatch(text) else "other"
        node = self._entry(home, text, restful) if form != "conditional" else None
        return Target(node, node.kind.name if node else target_type(text, definitions), form)

    def resolve(self, node: Node, text: str) -> Node | None:
        """Return the resource that a reference leads to, if the document holds it."""
        return self.target(node.home, text).node

    def _fragment(self, home: Home, name: str) -> Node | None:
        container = home.root.resource
        if container is None or not name:
            return container
        key = id(container.value)
        if key not in self._contained:
            found: dict[str, Node] = {}
            for each in _nodes_of(container, "contained"):
                if isinstance(each.value.get("id"), str):
                    found.setdefault(each.value["id"], each)
            self._contained[key] = found
        return self._contained[key].get(name)

    def _entry(self, home: Home, text: str, restful: re.Match[str] | None) -> Node | None:
        around = home.root.around
        while around is not None:
            holder = around.resource
            if holder is not None and holder.kind.name == "Bundle":
                found = self._in_bundle(holder, home.root.full_url, text, restful)
                if found is not None:
                    return found
            around = around.root.around
        return None

    def _in_bundle(self, bundle: Node, full_url: str, text: str, restful: re.Match[str] | None) -> Node | None:
        entries = self._entries(bundle)
        whole = text.partition("#")[0]
        if restful is None:
            return entries.by_url.get(whole)
        plain = whole.partition("/_history/")[0]
        found = entries.by_url.get(plain)
        if found is None and not restful["base"]:
            own = _RESTFUL.fullmatch(full_url)
            if own is not None and own["base"]:
                found = entries.by_url.get(own["base"] + plain)
            else:
                found = entries.by_name.get(plain)
        version = restful["version"]
        if found is not None and version and _version_of(found) not in {version, None}:
            return None
        return found

    def _entries(self, bundle: Node) -> _Entries:
        key = id(bundle.value)
        if key not in self._bundles:
            made = _Entries()
            for entry in _nodes_of(bundle, "entry"):
                for node in _nodes_of(entry, "resource"):
                    url, name = node.home.full_url, f"{node.kind.name}/{node.value.get('id')}"
                    if url:
                        made.by_url.setdefault(url, node)
                    made.by_name[name] = None if name in made.by_name else node
            self._bundles[key] = made
        return self._bundles[key]


def _version_of(node: Node) -> Any:
    meta = node.value.get("meta")
    version = meta.get("versionId") if isinstance(meta, dict) else None
    return version if isinstance(version, str) else None


def _nodes_of(parent: Node, name: str) -> list[Node]:
    """Return the objects under an element that may hold anything at all, since nothing has been checked yet."""
    held = parent.kind.fields.get(name)
    value: Any = parent.value.get(name)
    if held is None or value is None:
        return []
    values = value if isinstance(value, list) else [value]
    made = (entered(parent, held, held.keys[0][1], each) for each in values if isinstance(each, dict))
    return [node for node in made if node is not None]
