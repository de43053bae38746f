"""Read LinkML into the intermediate form; whatever is set and not translated raises `GenerationError`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from jsonasobj2 import JsonObj
from linkml_runtime.utils.schemaview import SchemaView

from model.generator.ir import (
    Array,
    Class,
    Condition,
    Const,
    Enumeration,
    EnumValue,
    Field,
    GenerationError,
    Kind,
    Map,
    Model,
    Named,
    Requirement,
    Scalar,
    ScalarUnion,
    Text,
    TypeExpression,
    Union,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from linkml_runtime.linkml_model.meta import (
        ClassDefinition,
        Element,
        SlotDefinition,
        SubsetDefinition,
        TypeDefinition,
    )

_COMMON = {"name", "title", "description", "annotations", "source", "see_also", "from_schema"}
_KNOWN_OF_TYPE = _COMMON | {"typeof", "base", "uri", "pattern", "minimum_value", "maximum_value", "union_of"}
_KNOWN_OF_ENUM = _COMMON | {"permissible_values"}
_KNOWN_OF_VALUE = _COMMON | {"text", "meaning"}
_KNOWN_OF_CLASS = _COMMON | {"attributes", "slot_usage", "is_a", "abstract", "tree_root", "class_uri", "rules"}
_KNOWN_OF_SLOT = _COMMON | {
    "range", "required", "identifier", "multivalued", "inlined", "inlined_as_list", "key", "equals_string", "any_of",
    "array", "minimum_cardinality", "maximum_cardinality", "unit", "owner", "domain_of", "alias", "domain", "in_subset",
}  # fmt: skip
_KNOWN_OF_DIMENSION = {"alias", "minimum_cardinality", "maximum_cardinality", "exact_cardinality"}
_KNOWN_OF_RULE = {"title", "description", "preconditions", "postconditions"}
_KNOWN_ANNOTATIONS = {
    "title_zh", "description_zh", "advice", "advice_zh", "exclusive_minimum", "or_list", "references",
}  # fmt: skip
_KINDS: dict[str, Kind] = {
    "str": "string", "int": "integer", "float": "number",
    "Decimal": "decimal", "bool": "boolean", "datetime": "timestamp",
}  # fmt: skip
_ANY = "linkml:Any"


def read_model(path: Path) -> Model:
    """Read the LinkML schema at `path` and everything it imports."""
    view = SchemaView(str(path))
    schema = view.schema
    own = [name for name in view.imports_closure() if not name.startswith("linkml")]
    ordered = [view.schema_map[name] for name in own]
    prefixes = {name: str(prefix.prefix_reference) for one in ordered for name, prefix in one.prefixes.items()}
    reader = _Reader(view)
    model = Model(
        id=str(schema.id),
        version=str(schema.version),
        title=str(schema.title),
        description=str(schema.description),
        prefixes=dict(sorted(prefixes.items())),
        groups={name: reader.group(view.get_subset(name)) for one in ordered for name in one.subsets},
        scalars={name: reader.type(view.get_type(name)) for one in ordered for name in one.types},
        enums={name: reader.enum(view.get_enum(name)) for one in ordered for name in one.enums},
        classes={
            name: reader.cls(view.get_class(name))
            for one in ordered
            for name in one.classes
            if not reader.is_any(name) and reader.map_parts(name) is None
        },
    )
    for one in [one for one in model.classes.values() if one.abstract]:
        first, *others = (concrete for concrete in model.descendants(one.name) if not concrete.abstract)
        shared = tuple(each for each in first.fields if all(each in other.fields for other in others))
        model.classes[one.name] = replace(one, fields=shared)
    return model


class _Reader:
    def __init__(self, view: SchemaView) -> None:
        self.view = view

    # -- what is said to people

    def text(self, element: Element, fallback: str | None = None) -> Text:
        where = fallback or str(element.name)
        notes = _annotations(element)
        if unknown := set(notes) - _KNOWN_ANNOTATIONS:
            raise GenerationError(f"{where}: annotations {sorted(unknown)} mean nothing to the generator")
        title = str(element.title or fallback or "")
        clauses = tuple(str(clause) for clause in (element.source, *(element.see_also or ())) if clause)
        for what, value in (
            ("title", title),
            ("title_zh", notes.get("title_zh")),
            ("description", element.description),
        ):
            if not value:
                raise GenerationError(f"{where}: has no {what}")
        return Text(title, str(notes["title_zh"]), " ".join(str(element.description).split()), clauses)

    def group(self, definition: SubsetDefinition) -> Text:
        _refuse_unknown(definition, _COMMON, definition.name)
        return self.text(definition)

    # -- types and enumerations

    def type(self, definition: TypeDefinition) -> Scalar | ScalarUnion:
        _refuse_unknown(definition, _KNOWN_OF_TYPE, definition.name)
        notes, text = _annotations(definition), self.text(definition)
        if definition.union_of:
            return ScalarUnion(definition.name, text, tuple(map(str, definition.union_of)), bool(notes.get("or_list")))
        base = str(self.view.induced_type(definition.name).base)
        if base not in _KINDS:
            raise GenerationError(f"{definition.name}: base {base} has no translation")
        if definition.pattern:
            _refuse_look_around(definition.pattern, definition.name)
            if missing := {"description_zh", "advice", "advice_zh"} - set(notes):
                raise GenerationError(f"{definition.name}: has a pattern and no {', '.join(sorted(missing))}")
        return Scalar(
            name=definition.name,
            kind=_KINDS[base],
            text=text,
            pattern=definition.pattern,
            minimum=definition.minimum_value,
            maximum=definition.maximum_value,
            exclusive_minimum=notes.get("exclusive_minimum"),
            description_zh=str(notes.get("description_zh", "")),
            advice=(str(notes["advice"]), str(notes["advice_zh"])) if "advice" in notes else None,
        )

    def enum(self, definition: Any) -> Enumeration:
        _refuse_unknown(definition, _KNOWN_OF_ENUM, definition.name)
        values: list[EnumValue] = []
        for name, value in definition.permissible_values.items():
            where = f"{definition.name}.{name}"
            _refuse_unknown(value, _KNOWN_OF_VALUE, where)
            if value.title:
                raise GenerationError(f"{where}: a permissible value has no title, its text is its name")
            meaning = None if value.meaning is None else str(value.meaning)
            values.append(EnumValue(str(name), self.text(value, str(name)), meaning))
        return Enumeration(definition.name, self.text(definition), tuple(values))

    # -- classes

    def is_any(self, name: str) -> bool:
        return str(self.view.get_class(name).class_uri) == _ANY

    def map_parts(self, name: str) -> tuple[SlotDefinition, SlotDefinition] | None:
        """Return the key and the value of a class that is written as `{key: value}`, else None."""
        slots = list(self.view.class_induced_slots(name))
        keys = [slot for slot in slots if slot.key]
        if not keys:
            return None
        if len(slots) != 2:
            raise GenerationError(f"{name}: a class with a key has that and one value")
        for slot in slots:
            _refuse_unknown(slot, _KNOWN_OF_SLOT, f"{name}.{slot.name}")
        return keys[0], next(slot for slot in slots if not slot.key)

    def cls(self, definition: ClassDefinition) -> Class:
        _refuse_unknown(definition, _KNOWN_OF_CLASS, definition.name)
        induced = {slot.name: slot for slot in self.view.class_induced_slots(definition.name)}
        ancestors = list(self.view.class_ancestors(definition.name))
        order = [str(name) for one in reversed(ancestors) for name in self.view.get_class(one).attributes]
        return Class(
            name=definition.name,
            text=self.text(definition),
            fields=() if definition.abstract else tuple(self.field(induced[name], definition) for name in order),
            abstract=bool(definition.abstract),
            parent=None if definition.is_a is None else str(definition.is_a),
            root=bool(definition.tree_root),
            requirements=tuple(self.requirement(rule, definition) for rule in definition.rules),
        )

    def field(self, slot: SlotDefinition, owner: ClassDefinition) -> Field:
        where = f"{owner.name}.{slot.name}"
        _refuse_unknown(slot, _KNOWN_OF_SLOT, where)
        unit = None if slot.unit is None else str(slot.unit.ucum_code)
        if len(slot.in_subset) > 1:
            raise GenerationError(f"{where}: a key stands in one group")
        return Field(
            name=str(slot.name),
            type=self.expression(slot, where),
            required=bool(slot.required),
            text=self.text(slot, slot.name),
            unit=unit,
            identifier=bool(slot.identifier),
            references=self.references(slot, where),
            group=str(slot.in_subset[0]) if slot.in_subset else None,
        )

    def references(self, slot: SlotDefinition, where: str) -> tuple[str, ...]:
        named = tuple(str(_annotations(slot).get("references", "")).split())
        for name in named:
            known = name in self.view.all_classes() and self.view.class_induced_slots(name)
            if not any(each.identifier for each in known or ()):
                raise GenerationError(f"{where}: it refers to {name}, which is no class with an identifier")
        return named

    def expression(self, slot: SlotDefinition, where: str) -> TypeExpression:
        if slot.equals_string:
            return Const(str(slot.equals_string))
        if slot.array is not None:
            return self.array(slot.array, str(slot.range), where)
        if slot.any_of:
            return self.alternatives(slot, where)
        return self.listed(slot, self.named(str(slot.range), slot, where), where)

    def named(self, name: str, slot: SlotDefinition, where: str) -> TypeExpression:
        if name in self.view.all_classes():
            if not (slot.inlined or slot.inlined_as_list):
                raise GenerationError(f"{where}: a class must be inlined; name things by an Identifier")
            if (parts := self.map_parts(name)) is not None:
                value = str(parts[1].range)
                return Map(str(parts[0].range), Named("any" if self._is_any_range(value) else value))
        elif name not in self.view.all_enums() and self._is_stock_type(name):
            raise GenerationError(f"{where}: {name} is a stock type; use one of types.yaml")
        return Named(name)

    def _is_stock_type(self, name: str) -> bool:
        return str(self.view.get_type(name).from_schema).startswith("https://w3id.org/linkml/")

    def _is_any_range(self, name: str) -> bool:
        return name in self.view.all_classes() and self.is_any(name)

    def listed(self, slot: SlotDefinition, item: TypeExpression, where: str) -> TypeExpression:
        if not slot.multivalued or isinstance(item, Map):
            if slot.minimum_cardinality or slot.maximum_cardinality:
                raise GenerationError(f"{where}: cardinality of something that is no list")
            return item
        return Array(item, slot.minimum_cardinality, slot.maximum_cardinality)

    def alternatives(self, slot: SlotDefinition, where: str) -> TypeExpression:
        if all(one.array is not None for one in slot.any_of):
            arrays = [self.array(one.array, str(slot.range), where) for one in slot.any_of]
            sizes = [one.minimum for one in arrays if one.minimum == one.maximum and one.item == arrays[0].item]
            if len(sizes) != 2 or sizes[0] is None or sizes[1] != sizes[0] + 2 or sizes[0] % 2:
                raise GenerationError(f"{where}: of several lengths only two neighbouring even ones are translated")
            return Array(arrays[0].item, sizes[0], sizes[1], even=True)
        members = [str(one.range) for one in slot.any_of]
        tags = [
            {str(own.name): str(own.equals_string) for own in self.view.class_induced_slots(name) if own.equals_string}
            for name in members
        ]
        shared = sorted(set.intersection(*map(set, tags))) if tags else []
        parents = {self.view.get_class(name).is_a for name in members}
        if len(shared) != 1 or len({tag[shared[0]] for tag in tags}) != len(members) or len(parents) != 1:
            raise GenerationError(f"{where}: a union needs one tag, distinct values and one parent")
        union = Union(
            f"Any{parents.pop()}", shared[0], tuple((t[shared[0]], m) for t, m in zip(tags, members, strict=True))
        )
        return self.listed(slot, union, where)

    def array(self, array: Any, item: str, where: str) -> Array:
        if not array.dimensions:
            raise GenerationError(f"{where}: an array needs its dimensions")
        inner: TypeExpression = Named(item)
        for dimension in reversed(array.dimensions):
            _refuse_unknown(dimension, _KNOWN_OF_DIMENSION, where)
            exact = dimension.exact_cardinality
            inner = Array(inner, exact or dimension.minimum_cardinality, exact or dimension.maximum_cardinality)
        assert isinstance(inner, Array)
        return inner

    def requirement(self, rule: Any, owner: ClassDefinition) -> Requirement:
        where = f"{owner.name}: rule {rule.title!r}"
        _refuse_unknown(rule, _KNOWN_OF_RULE, where)
        if not rule.title or rule.preconditions is None or rule.postconditions is None:
            raise GenerationError(f"{where}: a rule has a title, preconditions and postconditions")
        conditions: list[Condition] = []
        for name, slot in rule.preconditions.slot_conditions.items():
            _refuse_unknown(slot, {"name", "equals_string", "equals_string_in", "value_presence"}, where)
            values = tuple(map(str, slot.equals_string_in or ([slot.equals_string] if slot.equals_string else [])))
            if not values and str(slot.value_presence) != "PRESENT":
                raise GenerationError(f"{where}: the condition on {name} has no translation")
            conditions.append(Condition(str(name), values))
        required: list[str] = []
        for name, slot in rule.postconditions.slot_conditions.items():
            _refuse_unknown(slot, {"name", "required"}, where)
            if not slot.required:
                raise GenerationError(f"{where}: only `required: true` is translated as a consequence")
            required.append(str(name))
        return Requirement(str(rule.title), tuple(conditions), tuple(required))


def _annotations(element: Element) -> dict[str, Any]:
    notes = element.annotations
    plain = notes._as_dict if isinstance(notes, JsonObj) else notes
    return {str(tag): note["value"] if isinstance(note, dict) else note.value for tag, note in plain.items()}


def _refuse_unknown(element: Any, known: Iterable[str], where: str) -> None:
    """Fail on what is set and not translated; `False` and `None` say nothing."""
    said = {name for name, value in vars(element).items() if value not in (None, False, [], {}) and _is_set(value)}
    if unknown := said - set(known):
        raise GenerationError(f"{where}: {sorted(unknown)} cannot be translated")


def _is_set(value: object) -> bool:
    return not (isinstance(value, JsonObj) and not value._as_dict)


def _refuse_look_around(pattern: str, where: str) -> None:
    if any(mark in pattern for mark in ("(?=", "(?!", "(?<", "\\d", "\\w", "\\s", "\\b", "\\Z", "\\u{")):
        raise GenerationError(f"{where}: look-around and classes that engines read differently are not allowed")
    if not (pattern.startswith("^") and pattern.endswith("$")):
        raise GenerationError(f"{where}: a pattern is anchored at both ends")
