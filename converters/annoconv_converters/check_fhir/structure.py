"""The walk through a document: which elements, how many, of which type, with which codes, and the rules for each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from annoconv.documents.other_formats import looks_like
from annoconv.findings import Level
from annoconv.messages import Message
from annoconv_converters.check_fhir.bindings import expected_codes, is_bound
from annoconv_converters.check_fhir.collected import Collected
from annoconv_converters.check_fhir.fhirpath import Budget, holds
from annoconv_converters.check_fhir.nodes import Node, entered, top
from annoconv_converters.check_fhir.own_rules import RULES, is_uri_kept
from annoconv_converters.check_fhir.pointing import Pointing
from annoconv_converters.check_fhir.primitives import is_json_type, is_well_formed
from annoconv_converters.check_fhir.regions import OF_INSTANCES, breaches_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from annoconv_converters.check_fhir.definitions import Definitions, Field, Invariant, Kind
    from annoconv_converters.check_fhir.own_rules import Breach

__all__ = ["NOT_IN_FHIRPATH", "Walk"]

NOT_IN_FHIRPATH: Final = {
    "dom-3": "told by the walk, which has seen every reference once",
    "ext-1": "told by the walk",
    "ref-1": "told by the walk, with the other references",
    "txt-2": "the same expression as txt-1",
    "dom-6": "a recommendation to people who write texts for people; data have none",
}
"""Invariants that no expression is evaluated for, and why."""
_TOLD_TYPES: Final[dict[type, Message]] = {
    dict: Message("an object"),
    list: Message("an array"),
    str: Message("a text"),
    bool: Message("a boolean"),
    type(None): Message("null"),
}
_SHOWN: Final = frozenset(("code", "id", "uri", "url", "canonical", "oid", "uuid"))
"""Primitives whose values may stand in a message: none of them tells anything of a patient."""


class Walk:
    """One walk through one document."""

    def __init__(
        self, document: Any, definitions: Definitions, most: int, sizes: Mapping[str, tuple[int, int]]
    ) -> None:
        self._sizes = sizes
        self.collected = Collected(document, definitions, most)
        self._definitions = definitions
        self._document = document
        self._pointing = Pointing(self.collected)
        self._budget = Budget()
        self._element = definitions.kind("Element")

    def run(self) -> None:
        """Visit every place; `self.collected` has what was found."""
        kind = self._known_resource(self._document, "")
        if kind is not None:
            node = top(self._document, kind, self._definitions)
            self._visit(node, "")

    def _known_resource(self, value: Any, pointer: str) -> Kind | None:
        if not isinstance(value, dict):
            self.collected.note("type", pointer, "this is no resource", found=_told(value), expected="an object")
            return None
        told = value.get("resourceType")
        kind = self._definitions.resource(told)
        if kind is None:
            self.collected.note(
                "resource_type",
                pointer,
                Message("there is no resource of this type in FHIR {release}", release=self._definitions.release),
                found=told if isinstance(told, str) else looks_like(value, "fhir"),
                expected="resourceType and a resource of HL7's",
                advice="Write resourceType as HL7 does, or name the other release with --release",
            )
        return kind

    def _visit(self, node: Node, pointer: str) -> None:
        """Visit an object: its elements, what is missing, and the rules for it."""
        kind, value = node.kind, node.value
        seen: dict[str, str] = {}
        self._budget.grow()
        for key in value:
            if key == "resourceType" and kind.kind == "resource":
                continue
            name = key[1:] if key.startswith("_") else key
            known = kind.by_key.get(name)
            if known is None or (name is not key and known[1].kind != "primitive"):
                self._unknown(node, key, pointer)
                continue
            held, its = known
            if value[key] is None:
                self._null(f"{pointer}/{key}")
                seen.setdefault(held.name, name)
                continue
            if name is not key and name in value:
                continue  # seen with the value that it stands beside
            if seen.get(held.name, name) != name:
                self.collected.note(
                    "choice",
                    f"{pointer}/{key}",
                    Message("the element has two types, {first} and {second}", first=seen[held.name], second=name),
                    advice="Keep one of them",
                )
            seen[held.name] = name
            self._values(node, held, its, name, pointer)
        if kind.kind != "resource" and not value.keys() - {"id", "_id"}:
            expected = "a value or an element"
            self.collected.note("ele-1", pointer, "the element is empty", expected=expected, advice="Leave it out")
            return
        for held in kind.needed:
            if held.name not in seen:
                self._missing(held, pointer)
        self._apply(kind.invariants, node, pointer)
        self._pointing.after(node, pointer)
        for breach in self._own_breaches(node):
            self.collected.note(
                breach.rule, pointer + breach.below, breach.problem, level=breach.level, found=breach.found,
                expected=breach.expected, advice=breach.advice,
            )  # fmt: skip

    def _own_breaches(self, node: Node) -> Iterator[Breach]:
        for base in node.kind.bases:
            for rule in RULES.get(base, ()):
                yield from rule(node)
        if node.kind.name in OF_INSTANCES or node.value.get("url") in OF_INSTANCES:
            yield from breaches_of(node, self._sizes)

    def _unknown(self, node: Node, key: str, pointer: str) -> None:
        place = f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}"
        problem = Message(
            "{type} has no such element in FHIR {release}", type=node.kind.name, release=self._definitions.release
        )
        self.collected.note("element", place, problem, advice="Correct its name, or put what it says into an extension")

    def _missing(self, held: Field, pointer: str) -> None:
        name = held.keys[0][0] if len(held.keys) == 1 else f"{held.name}[x]"
        self.collected.note("missing", pointer, Message("{name} is missing", name=name))

    def _values(self, node: Node, held: Field, kind: Kind, key: str, pointer: str) -> None:
        value, beside = node.value.get(key), node.value.get("_" + key) if kind.kind == "primitive" else None
        place = f"{pointer}/{key if key in node.value else '_' + key}"
        if not held.is_list:
            if type(value) is list or type(beside) is list:
                self.collected.note(
                    "array", place, "an array stands where one value should", advice="Write its one member in its place"
                )
                return
            self._one(node, held, kind, value, beside, place, f"{pointer}/_{key}")
            return
        if not all(type(each) is list for each in (value, beside) if each is not None):
            self.collected.note(
                "array",
                place,
                "one value stands where an array should",
                found=_told(value or beside),
                advice="Write [ ] around it",
            )
            return
        values, others = value or [], beside or []
        count = max(len(values), len(others))
        if not count:
            self.collected.note("empty", place, "the array is empty", advice="Leave it out")
        if value is not None and beside is not None and len(value) != len(beside):
            self.collected.note(
                "beside",
                f"{pointer}/_{key}",
                "this array is not as long as the one that it belongs to",
                found=len(beside),
                expected=len(value),
                advice="Fill it with null",
            )
        if kind.kind == "primitive" and not others and not held.invariants and not held.value_set:
            self._plain(node, kind, values, place)
            return
        for index in range(count):
            one = values[index] if index < len(values) else None
            other = others[index] if index < len(others) else None
            near = f"{pointer}/_{key}/{index}"
            self._one(node, held, kind, one, other, f"{place}/{index}" if index < len(values) else near, near)

    def _plain(self, node: Node, kind: Kind, values: list[Any], pointer: str) -> None:
        """Look at primitives that nothing stands beside: coordinates may be a million."""
        for index, value in enumerate(values):
            if value is None:
                self._null(f"{pointer}/{index}")
            elif self._primitive(kind, value, f"{pointer}/{index}"):
                self._text(node, kind, value, f"{pointer}/{index}")

    def _one(self, node: Node, held: Field, kind: Kind, value: Any, beside: Any, pointer: str, other: str) -> None:
        """Look at one value of an element, and at what stands beside it."""
        if kind.kind == "primitive":
            if value is not None and self._primitive(kind, value, pointer):
                self._coded(held, kind, value, pointer)
                self._text(node, kind, value, pointer)
            if beside is not None:
                self._beside(node, beside, other)
            elif value is None:
                self._null(pointer)
            if held.invariants and value is not None:
                self._apply(held.invariants, Node(value, kind, node.home, beside), pointer)
            return
        if type(value) is not dict:
            self.collected.note("type", pointer, "the value has a wrong type", found=_told(value), expected="an object")
            return
        if kind.name == "Resource" and self._known_resource(value, pointer) is None:
            return
        made = entered(node, held, kind, value)
        if made is None:
            return
        self._visit(made, pointer)
        self._coded(held, kind, value, pointer)
        self._pointing.reference(made, held, pointer)
        if held.invariants:
            self._apply(held.invariants, made, pointer)

    def _null(self, pointer: str) -> None:
        self.collected.note("null", pointer, "null stands where a value should", advice="Leave it out")

    def _text(self, node: Node, kind: Kind, value: Any, pointer: str) -> None:
        if kind.is_a("uri"):
            self._pointing.text(node, value)
            if not is_uri_kept(value):
                self.collected.note("uri", pointer, "this URI is no OID or UUID, as it begins", found=value)

    def _beside(self, node: Node, beside: Any, pointer: str) -> None:
        if type(beside) is not dict:
            self.collected.note(
                "type", pointer, "the value has a wrong type", found=_told(beside), expected="an object"
            )
            return
        self._visit(Node(beside, self._element, node.home), pointer)

    def _primitive(self, kind: Kind, value: Any, pointer: str) -> bool:
        name = kind.name
        if not is_json_type(name, value):
            wanted = Message("a JSON {type} for {name}", type=_JSON_TYPES.get(name, "string"), name=name)
            self.collected.note("type", pointer, "the value has a wrong type", found=_told(value), expected=wanted)
            return False
        if is_well_formed(name, value):
            return True
        shown = value if name in _SHOWN else None
        self.collected.note(
            "value", pointer, Message("this is no {type}", type=name), found=shown, expected=_FORMS.get(name)
        )
        return False

    def _coded(self, held: Field, kind: Kind, value: Any, pointer: str) -> None:
        if held.value_set and not is_bound(held, kind, value):
            found = value if type(value) is str else None
            self.collected.note(
                "code",
                pointer,
                Message("the code is not in the value set {url}", url=held.value_set),
                found=found,
                expected=expected_codes(held),
            )

    def _apply(self, invariants: tuple[Invariant, ...], node: Node, pointer: str) -> None:
        for each in invariants:
            if each.key in NOT_IN_FHIRPATH or holds(each.expression, node, self._pointing.index.resolve, self._budget):
                continue
            level = Level.ERROR if each.severity == "error" else Level.WARNING
            self.collected.note(
                each.key,
                pointer,
                Message("{key} does not hold: {words}", key=each.key, words=each.words.rstrip(".")),
                level=level,
            )


def _told(value: Any) -> Message:
    return _TOLD_TYPES.get(type(value)) or Message("a number")


_JSON_TYPES: Final = {
    "boolean": "boolean",
    "decimal": "number",
    "integer": "number",
    "unsignedInt": "number",
    "positiveInt": "number",
}
_FORMS: Final = {
    "date": Message("YYYY, YYYY-MM or YYYY-MM-DD"),
    "dateTime": Message("YYYY, YYYY-MM, YYYY-MM-DD or YYYY-MM-DDThh:mm:ss+zz:zz"),
    "instant": Message("YYYY-MM-DDThh:mm:ss+zz:zz"),
    "time": Message("hh:mm:ss"),
    "id": Message("1 to 64 letters, digits, - and ."),
    "oid": Message("urn:oid: and numbers without leading zeros"),
    "uuid": Message("urn:uuid: and a UUID in small letters"),
    "unsignedInt": Message("0 to 2147483647"),
    "positiveInt": Message("1 to 2147483647"),
    "integer": Message("-2147483648 to 2147483647"),
    "code": Message("no blanks at its ends, and one between words"),
    "base64Binary": Message("base64 with its padding"),
}
"""What the texts of a primitive look like."""
