"""What the walk sees of references: where each leads, and which contained resources none leads to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from annoconv.findings import Level
from annoconv.messages import Message
from annoconv_converters.check_fhir.references import Index

if TYPE_CHECKING:
    from annoconv_converters.check_fhir.collected import Collected
    from annoconv_converters.check_fhir.definitions import Field
    from annoconv_converters.check_fhir.nodes import Home, Node
    from annoconv_converters.check_fhir.references import Target

__all__ = ["Pointing"]

_WHOLE: Final = frozenset(("document", "collection"))
"""Kinds of Bundles that are meant to hold what they speak of; others may leave it on the server."""


class Pointing:
    """The references of one document.

    Parameters
    ----------
    collected
        Where what is wrong is noted.
    """

    def __init__(self, collected: Collected) -> None:
        self.index = Index()
        self._collected = collected
        self._fragments: dict[int, set[str]] = {}

    def text(self, node: Node, text: str) -> None:
        """Note a URI that a resource holds: it may lead to a contained one."""
        if text.startswith("#"):
            self._note(node.home, text)

    def reference(self, node: Node, held: Field, pointer: str) -> None:
        """Look at a Reference, or at a CodeableReference, whose targets its element tells."""
        if node.kind.name == "Reference":
            text = node.value.get("reference")
            target = self._reached(node, text, pointer) if isinstance(text, str) else None
            self._says_its_type(node, target, pointer)
            self._allowed(node, node.value, target, held.targets.get("Reference", ()), pointer)
        elif node.kind.name == "CodeableReference" and isinstance(node.value.get("reference"), dict):
            inner = node.value["reference"]
            text = inner.get("reference")
            target = self.index.target(node.home, text) if isinstance(text, str) else None
            names = held.targets.get("CodeableReference", ())
            self._allowed(node, inner, target, names, f"{pointer}/reference")

    def _reached(self, node: Node, text: str, pointer: str) -> Target:
        self._note(node.home, text)
        target = self.index.target(node.home, text)
        place = f"{pointer}/reference"
        if target.form == "other":
            advice = "Write Type/id, urn:uuid: and a UUID, # and the id of a contained resource, or an address"
            self._collected.note("reference", place, "this is no reference", found=text, advice=advice)
        elif target.form == "relative" and not target.type:
            self._collected.note("reference", place, "the reference names no type of resource", found=text)
        elif target.form == "fragment" and (target.node is None or (text == "#" and node.home.container is None)):
            advice = "Correct the id, or contain it"
            self._collected.note("ref-1", place, "no contained resource has this id", found=text, advice=advice)
        elif target.node is None and (bundle := _bundle(node.home)):
            if target.form == "urn":
                self._collected.note("reference", place, "no entry of the Bundle has this fullUrl", found=text)
            elif target.form == "relative" and bundle in _WHOLE:
                problem = Message("no entry of this {type} is meant", type=bundle)
                self._collected.note("reference", place, problem, level=Level.WARNING, found=text)
        return target

    def _says_its_type(self, node: Node, target: Target | None, pointer: str) -> None:
        told = node.value.get("type")
        meant = target.type if target is not None else ""
        if isinstance(told, str) and meant and told in node.home.definitions.resources and told != meant:
            problem = "the reference leads to another type than it says"
            self._collected.note("reference_type", f"{pointer}/type", problem, found=told, expected=meant)

    def _allowed(
        self, node: Node, value: dict[str, Any], target: Target | None, names: tuple[str, ...], pointer: str
    ) -> None:
        """Hold the type of what is meant, or the one that the reference says, against those that may be."""
        definitions = node.home.definitions
        meant = (target.type if target is not None else "") or value.get("type")
        if not names or not isinstance(meant, str) or meant not in definitions.resources:
            return
        kind = definitions.kind(meant)
        if not any(kind.is_a(name) for name in names):
            problem = "the reference leads to a type that its element does not allow"
            expected = Message("one of {names}", names=", ".join(names))
            self._collected.note("target", pointer, problem, found=meant, expected=expected)

    def after(self, node: Node, pointer: str) -> None:
        """Of a resource that was seen whole: tell which contained ones nothing leads to."""
        if node.kind.kind != "resource" or node.home.container is not None:
            return
        contained = node.value.get("contained")
        if not isinstance(contained, list):
            return
        led = self._fragments.pop(id(node.value), set())
        seen: set[str] = set()
        for index, each in enumerate(contained):
            name = each.get("id") if isinstance(each, dict) else None
            place = f"{pointer}/contained/{index}"
            if isinstance(name, str) and name in seen:
                self._collected.note("contained_id", f"{place}/id", "two contained resources have this id", found=name)
            if not isinstance(name, str) or (f"#{name}" not in led and f"{id(each)}#" not in led):
                self._collected.note(
                    "dom-3",
                    place,
                    "nothing leads to this contained resource",
                    advice="Refer to it by # and its id, or leave it out",
                )
            seen.add(str(name))

    def _note(self, home: Home, text: str) -> None:
        """Note what leads to a contained resource; `#` in one leads from it to its container, which will do too."""
        container, resource = home.root.resource, home.resource
        if text.startswith("#") and container is not None and resource is not None:
            led = self._fragments.setdefault(id(container.value), set())
            led.add(text if text != "#" else f"{id(resource.value)}#")


def _bundle(home: Home) -> str:
    """Return the type of the Bundle that a resource stands in; empty if it stands in none."""
    around = home.root.around
    while around is not None and around.resource is not None:
        if around.resource.kind.name == "Bundle":
            told = around.resource.value.get("type")
            return told if isinstance(told, str) else "Bundle"
        around = around.root.around
    return ""
