r"""Print the model as JSON Schema 2020-12: `annoconv_model/annoconv.schema.json`.

Objects are closed. A union is an `if/then` on its tag, so that an error names the missing key. A pattern stands beside
`not: {type: string, pattern: "[\\r\\n]"}`, because `$` in some engines matches before a trailing line break.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from model.generator.ir import Array, Const, GenerationError, Map, Named, Scalar, ScalarUnion, Union

if TYPE_CHECKING:
    from model.generator.ir import Class, Enumeration, Field, Model, Requirement, Text, TypeExpression

LINE_BREAK = {"type": "string", "pattern": "[\\r\\n]"}
TYPES = {"string": "string", "integer": "integer", "number": "number", "decimal": "number", "boolean": "boolean"}


def print_schema(model: Model) -> dict[str, Any]:
    """Return the schema as a JSON value."""
    root = model.root
    definitions: dict[str, Any] = {}
    for scalar in model.scalars.values():
        definitions[scalar.name] = _scalar(scalar) if isinstance(scalar, Scalar) else _scalar_union(scalar, model)
    for enum in model.enums.values():
        definitions[enum.name] = _enum(enum)
    for one in model.classes.values():
        if not one.abstract and not one.root:
            definitions[one.name] = _class(one)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"{model.id}/{model.version}/annoconv.schema.json",
        "$comment": f"annoconv schema {model.version}, generated from the LinkML model; never edited.",
        **_class(root),
        "$defs": dict(sorted(definitions.items())),
    }


def _said(text: Text, unit: str | None = None) -> dict[str, Any]:
    said: dict[str, Any] = {"title": text.title, "x-title-zh": text.title_zh, "description": text.description}
    if text.clauses:
        said["x-clause"] = [clause.replace(":", " ", 1) for clause in text.clauses]
    if unit:
        said["x-unit"] = unit
    return said


def pattern_of(pattern: str) -> str:
    r"""Return a pattern with characters in place of `\uXXXX`, which Go's expressions do not know."""
    return re.sub(r"\\u([0-9A-Fa-f]{4})", lambda match: chr(int(match[1], 16)), pattern)


def number_of(value: float) -> float | int:
    """Return a bound as JSON has it, whole numbers without a point."""
    return int(value) if float(value).is_integer() else value


def _scalar(one: Scalar) -> dict[str, Any]:
    schema = {**_said(one.text), "type": TYPES.get(one.kind, "string")}
    if one.kind == "timestamp":
        schema["format"] = "date-time"
    if one.pattern is not None:
        schema |= {"pattern": pattern_of(one.pattern), "not": LINE_BREAK}
    if one.description_zh:
        schema["x-description-zh"] = one.description_zh
    if one.advice is not None:
        schema["x-advice"], schema["x-advice-zh"] = one.advice
    bounds = {"minimum": one.minimum, "maximum": one.maximum, "exclusiveMinimum": one.exclusive_minimum}
    return schema | {key: number_of(value) for key, value in bounds.items() if value is not None}


def _scalar_union(one: ScalarUnion, model: Model) -> dict[str, Any]:
    members: list[str] = []
    for name in one.members:
        scalar = model.scalars[name]
        if not isinstance(scalar, Scalar) or scalar.pattern or scalar.minimum is not None:
            raise GenerationError(f"{one.name}: {name} is no plain value type")
        members.append(TYPES[scalar.kind])
    value: dict[str, Any] = {"type": sorted(members)}
    return _said(one.text) | ({"anyOf": [value, {"type": "array", "items": value}]} if one.or_list else value)


def _enum(one: Enumeration) -> dict[str, Any]:
    schema = {**_said(one.text), "enum": [value.value for value in one.values]}
    schema["x-titles-zh"] = {value.value: value.text.title_zh for value in one.values}
    schema["x-descriptions"] = {value.value: value.text.description for value in one.values}
    if meanings := {value.value: value.meaning for value in one.values if value.meaning}:
        schema["x-meanings"] = meanings
    return schema


def _class(one: Class) -> dict[str, Any]:
    schema: dict[str, Any] = {
        **_said(one.text),
        "type": "object",
        "properties": {each.name: _field(each) for each in one.fields},
        "required": [each.name for each in one.fields if each.required],
        "additionalProperties": False,
    }
    if not schema["required"]:
        del schema["required"]
    if one.requirements:
        schema["allOf"] = [_requirement(rule) for rule in one.requirements]
    return schema


def _field(each: Field) -> dict[str, Any]:
    references = {"x-references": list(each.references)} if each.references else {}
    return _said(each.text, each.unit) | references | _expression(each.type)


def _expression(expression: TypeExpression) -> dict[str, Any]:
    match expression:
        case Named("any"):
            return {}
        case Named(name):
            return {"$ref": f"#/$defs/{name}"}
        case Const(value):
            return {"const": value}
        case Map(key, value):
            names = {"propertyNames": {"$ref": f"#/$defs/{key}"}}
            return {"type": "object", **names, "additionalProperties": _expression(value)}
        case Array(item, minimum, maximum, even):
            schema: dict[str, Any] = {"type": "array", "items": _expression(item)}
            if minimum is not None:
                schema["minItems"] = minimum
            if maximum is not None:
                schema["maxItems"] = maximum
            if even:
                schema |= {"if": {"minItems": (minimum or 0) + 1}, "then": {"minItems": (minimum or 0) + 2}}
            return schema
        case Union(_, tag, members):
            return {
                "type": "object",
                "required": [tag],
                "properties": {tag: {"enum": [value for value, _ in members]}},
                "allOf": [
                    {
                        "if": {"type": "object", "properties": {tag: {"const": value}}, "required": [tag]},
                        "then": {"$ref": f"#/$defs/{name}"},
                    }
                    for value, name in members
                ],
            }


def _requirement(rule: Requirement) -> dict[str, Any]:
    return {
        "$comment": rule.title,
        "if": {
            "properties": {c.field: {"enum": list(c.values)} for c in rule.conditions if c.values},
            "required": [c.field for c in rule.conditions],
        },
        "then": {"required": list(rule.required)},
    }
