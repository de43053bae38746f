"""A place in a FHIR document: its JSON value, its type, and the resource that it stands in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from annoconv_converters.check_fhir.definitions import Definitions, Field, Kind

__all__ = ["Home", "Node", "entered", "is_there", "named", "parts", "top"]


@dataclass(slots=True, eq=False)
class Home:
    """The resource that a place stands in.

    Attributes
    ----------
    definitions
        Of the release.
    full_url
        What its entry in a Bundle calls it; empty elsewhere.
    container
        The resource that contains it, or itself.
    around
        The home of the Bundle, or its like, that holds it; None at the top.
    resource
        Itself.
    """

    definitions: Definitions
    full_url: str = ""
    container: Home | None = None
    around: Home | None = None
    resource: Node | None = None

    @property
    def root(self) -> Home:
        """The resource that is contained in no other."""
        return self.container or self


@dataclass(slots=True, eq=False)
class Node:
    """A place: an object, or a primitive with what stands beside it.

    Attributes
    ----------
    value
        The JSON value; None of a primitive that has extensions only.
    kind
        Its type.
    home
        The resource that it stands in.
    beside
        The object under the key with an underscore, of a primitive.
    """

    value: Any
    kind: Kind
    home: Home
    beside: Any = None


def top(document: dict[str, Any], kind: Kind, definitions: Definitions) -> Node:
    """Return the node of a whole resource that stands in no other."""
    return _at_home(Node(document, kind, Home(definitions)))


def entered(parent: Node, field: Field, kind: Kind, value: Any, beside: Any = None) -> Node | None:
    """Return the node of one value of an element of a node; None of a resource that is of no known type.

    A resource there has a home of its own.
    """
    if kind.name != "Resource":
        return Node(value, kind, parent.home, beside)
    definitions = parent.home.definitions
    told = definitions.resource(value.get("resourceType")) if isinstance(value, dict) else None
    if told is None:
        return None
    if field.name == "contained":
        home = Home(definitions, parent.home.full_url, parent.home.root, parent.home.around)
    else:
        url = parent.value.get("fullUrl")
        home = Home(definitions, url if isinstance(url, str) else "", None, parent.home)
    return _at_home(Node(value, told, home))


def _at_home(node: Node) -> Node:
    node.home.resource = node
    return node


def named(node: Node, name: str) -> list[Node]:
    """Return the nodes of an element of a node, by its name in FHIRPath."""
    value = node.value
    if type(value) is not dict:
        field = node.kind.fields.get(name) or _of_primitives(node).get(name)
        return _under(Node(node.beside, node.kind, node.home), field) if field and isinstance(node.beside, dict) else []
    field = node.kind.fields.get(name)
    return _under(node, field) if field is not None else []


def is_there(node: Node, name: str) -> bool:
    """Tell whether a node has an element, without making nodes of it."""
    value = node.value
    field = node.kind.fields.get(name)
    if type(value) is not dict or field is None:
        return bool(named(node, name))
    for key, kind in field.keys:
        if value.get(key) is not None or (kind.kind == "primitive" and value.get("_" + key) is not None):
            return value.get(key) != [] and (kind.name != "Resource" or bool(named(node, name)))
    return False


def _of_primitives(node: Node) -> dict[str, Field]:
    return node.home.definitions.kind("Element").fields


def _under(node: Node, field: Field) -> list[Node]:
    values = node.value
    found: list[Node] = []
    for key, kind in field.keys:
        value = values.get(key)
        beside = values.get("_" + key) if kind.kind == "primitive" else None
        if value is None and beside is None:
            continue
        is_list = type(value) is list or type(beside) is list
        for one, other in _beside_each_other(value, beside) if is_list else ((value, beside),):
            made = entered(node, field, kind, one, other)
            if made is not None:
                found.append(made)
    return found


def _beside_each_other(values: Any, beside: Any) -> list[tuple[Any, Any]]:
    first = values if type(values) is list else []
    second = beside if type(beside) is list else []
    count = max(len(first), len(second))
    pairs = zip([*first, *[None] * (count - len(first))], [*second, *[None] * (count - len(second))], strict=True)
    return [pair for pair in pairs if pair != (None, None)]


def parts(node: Node) -> Iterator[Node]:
    """Yield the nodes of all elements of a node, in the order of its type."""
    fields = node.kind.fields if type(node.value) is dict else _of_primitives(node)
    for name in fields:
        yield from named(node, name)
