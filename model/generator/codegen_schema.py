"""Print the model as JSON Schema for code generators: `annoconv_model/codegen/*.schema.json`, one a kind of document.

The same verdicts as `annoconv.schema.json` with none of what makes generators lose members: a union is a `oneOf` of
references with a `discriminator` under a name of its own; a reference stands alone, since what stands beside it makes
copies of the class; value types stand where they are used, but in lists; what one key asks of
others is a `not`, which generators pass over; titles are the names of classes; a tag has its value as default. A schema
holds the classes of one kind of document and no others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from model.generator.ir import Array, Const, GenerationError, Map, Named, Scalar, Union
from model.generator.json_schema import LINE_BREAK, TYPES, number_of, pattern_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from model.generator.ir import Class, Field, Model, Requirement, ScalarUnion, TypeExpression

__all__ = ["ROOTS", "print_codegen_schemas"]

ROOTS = {"Case": "case", "TaskDefinition": "task-definition", "LabelSystem": "label-system", "Package": "package"}
"""The kinds of document, and their files."""
_LONGEST = 60
"""Characters of a text that stands as an example."""


def print_codegen_schemas(model: Model, documents: Iterable[Any]) -> dict[str, Any]:
    """Return the schema of each kind of document by the name of its file.

    Parameters
    ----------
    model
        The model.
    documents
        Valid cases, from which the examples are taken.
    """
    examples: dict[tuple[str, str], Any] = {}
    for document in documents:
        _take(document, Named(_kind_of(document, model)), model, examples)
    return {
        f"codegen/annoconv.{name}.schema.json": _Printer(model, examples).document(root) for root, name in ROOTS.items()
    }


def _kind_of(document: Mapping[str, Any], model: Model) -> str:
    """Return the class of a document: the one that knows most of its keys."""
    known = {name: {each.name for each in model.classes[name].fields} for name in ROOTS}
    return max(ROOTS, key=lambda name: len(known[name] & document.keys()))


def _take(value: Any, expression: TypeExpression, model: Model, into: dict[tuple[str, str], Any]) -> None:
    """Note the first value of each key of each class."""
    match expression:
        case Named(name) if name in model.classes and isinstance(value, dict):
            for each in model.classes[name].fields:
                if each.name in value:
                    if _is_short(value[each.name]):
                        into.setdefault((name, each.name), value[each.name])
                    _take(value[each.name], each.type, model, into)
        case Array(item) if isinstance(value, list):
            for each in value:
                _take(each, item, model, into)
        case Map(_, inner) if isinstance(value, dict):
            for each in value.values():
                _take(each, inner, model, into)
        case Union(_, tag, members) if isinstance(value, dict):
            _take(value, Named(dict(members)[value[tag]]), model, into)
        case _:
            pass


def _is_short(value: Any) -> bool:
    numbers = value if isinstance(value, list) else [value]
    is_plain = bool(numbers) and all(isinstance(each, str | int | float) for each in numbers)
    return is_plain and len(str(value)) <= _LONGEST


class _Printer:
    """Prints one schema, with the definitions that are reached."""

    def __init__(self, model: Model, examples: Mapping[tuple[str, str], Any]) -> None:
        self._model, self._examples = model, examples
        self._definitions: dict[str, Any] = {}

    def document(self, root: str) -> dict[str, Any]:
        """Return the schema of a kind of document."""
        model = self._model
        whole = self._class(model.classes[root])
        return {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$id": f"{model.id}/{model.version}/codegen/annoconv.{ROOTS[root]}.schema.json",
            "$comment": f"annoconv schema {model.version} for code generators, generated from the LinkML model.",
            **whole,
            "$defs": dict(sorted(self._definitions.items())),
        }

    def _class(self, one: Class) -> dict[str, Any]:
        required = [each.name for each in one.fields if each.required]
        refused = [_refused(rule) for rule in one.requirements]
        return {
            "title": one.name,
            "description": one.text.description,
            "type": "object",
            "properties": {each.name: self._field(one, each) for each in one.fields},
            **({"required": required} if required else {}),
            "additionalProperties": False,
            **({"not": refused[0] if len(refused) == 1 else {"anyOf": refused}} if refused else {}),
        }

    def _field(self, one: Class, each: Field) -> dict[str, Any]:
        schema = self._expression(each.type)
        if each.unit and "$ref" not in schema:
            schema["x-unit"] = each.unit
        example = self._examples.get((one.name, each.name))
        if example is not None and "$ref" not in schema and "const" not in schema:
            schema["examples"] = [example]
        return schema if "$ref" in schema else {"description": each.text.description, **schema}

    def _expression(self, expression: TypeExpression) -> dict[str, Any]:
        match expression:
            case Named("any"):
                return {}
            case Named(name):
                return self._named(name)
            case Const(value):
                return {"type": "string", "const": value, "default": value}
            case Map(key, value):
                names = {"propertyNames": self._expression(Named(key))}
                return {"type": "object", **names, "additionalProperties": self._expression(value)}
            case Array(item, minimum, maximum, even):
                schema: dict[str, Any] = {"type": "array", "items": self._item(item)}
                bounds = {"minItems": minimum, "maxItems": maximum}
                schema |= {key: bound for key, bound in bounds.items() if bound is not None}
                if even:
                    if minimum is None or maximum != minimum + 2:
                        raise GenerationError("an even list has two lengths")
                    schema["not"] = {"minItems": minimum + 1, "maxItems": minimum + 1}
                return schema
            case Union(name, tag, members):
                if name not in self._definitions:
                    self._definitions[name] = {}
                    mapping = {value: f"#/$defs/{member}" for value, member in members}
                    self._definitions[name] = {
                        "title": name,
                        "type": "object",
                        "oneOf": [self._named(member) for _, member in members],
                        "discriminator": {"propertyName": tag, "mapping": mapping},
                    }
                return {"$ref": f"#/$defs/{name}"}

    def _item(self, item: TypeExpression) -> dict[str, Any]:
        """Return the schema of members of a list: a bounded value by its name, else generators invent one."""
        inner = self._expression(item)
        if not isinstance(item, Named) or item.name not in self._model.scalars or len(inner) == 1:
            return inner
        text = self._model.scalars[item.name].text
        self._definitions[item.name] = {"title": item.name, "description": text.description, **inner}
        return {"$ref": f"#/$defs/{item.name}"}

    def _named(self, name: str) -> dict[str, Any]:
        model = self._model
        if name in model.scalars:
            one = model.scalars[name]
            return _scalar(one) if isinstance(one, Scalar) else _scalar_union(one, model)
        if name not in self._definitions:
            self._definitions[name] = {}  # it may name itself
            if name in model.enums:
                enum = model.enums[name]
                self._definitions[name] = {
                    "title": name,
                    "description": enum.text.description,
                    "type": "string",
                    "enum": [value.value for value in enum.values],
                }
            else:
                self._definitions[name] = self._class(model.classes[name])
        return {"$ref": f"#/$defs/{name}"}


def _scalar(one: Scalar) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": TYPES.get(one.kind, "string")}
    if one.kind == "timestamp":
        schema["x-format"] = "date-time"  # the pattern says it all; as a date, its offset is lost
    if one.pattern is not None:
        schema |= {"pattern": pattern_of(one.pattern), "not": LINE_BREAK}
    bounds = {"minimum": one.minimum, "maximum": one.maximum, "exclusiveMinimum": one.exclusive_minimum}
    return schema | {key: number_of(value) for key, value in bounds.items() if value is not None}


def _scalar_union(one: ScalarUnion, model: Model) -> dict[str, Any]:
    types = sorted(_types(one, model))
    value: dict[str, Any] = {"type": types}
    return {"anyOf": [value, {"type": "array", "items": {"type": types}}]} if one.or_list else value


def _types(one: ScalarUnion, model: Model) -> Iterator[str]:
    for name in one.members:
        scalar = model.scalars[name]
        if not isinstance(scalar, Scalar):
            raise GenerationError(f"{one.name}: {name} is no plain value type")
        yield TYPES[scalar.kind]


def _refused(rule: Requirement) -> dict[str, Any]:
    """Return what breaks a requirement: all its conditions, and one key of those that they ask for is absent."""
    return {
        "$comment": rule.title,
        "properties": {c.field: {"enum": list(c.values)} for c in rule.conditions if c.values},
        "required": [c.field for c in rule.conditions],
        "not": {"required": list(rule.required)},
    }
