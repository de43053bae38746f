"""Print the model as pydantic classes: `annoconv_model/models.py`."""

from __future__ import annotations

import keyword
from typing import TYPE_CHECKING

from model.generator.ir import (
    Array,
    Const,
    GenerationError,
    Map,
    Named,
    Scalar,
    ScalarUnion,
    Union,
)

if TYPE_CHECKING:
    from model.generator.ir import Class, Enumeration, Field, Model, Text, TypeExpression

# Annotations are no texts (`from __future__`): each would be compiled whenever the module is imported.
_HEADER = '''"""{title}: {description}

Generated from the LinkML model, version {version}; never edited. Needs pydantic and the standard library only.
"""

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeAlias

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from annoconv_model._runtime import (
    ALTERNATIVES,
    EVEN,
    OPTIONAL,
    Boolean,
    DecimalNumber,
    Fixed,
    Float,
    Integer,
    Model,
    Moment,
    Whole,
    is_absent,
)

if TYPE_CHECKING:
    from typing import Unpack

    from annoconv_model import keys as _keys

SCHEMA_VERSION: Final = "{version}"
'''

_BASES = {
    "string": "str",
    "integer": "int",
    "number": "float",
    "decimal": "DecimalNumber",
    "boolean": "Boolean",
    "timestamp": "datetime",
}


def print_models(model: Model) -> str:
    """Return the text of `models.py`."""
    unions = _unions(model)
    names = public_names(model)
    parts = [
        _HEADER.format(title=model.title, description=model.description, version=model.version),
        "__all__ = [\n" + "".join(f'    "{name}",\n' for name in names) + "]\n",
    ]
    parts += [_scalar(one) for one in model.scalars.values() if isinstance(one, Scalar)]
    parts += [_scalar_union(one) for one in model.scalars.values() if isinstance(one, ScalarUnion)]
    parts += ["\n" + _enum(one) for one in model.enums.values()]
    for one in dependencies_first(model):
        parts.append("\n" + _class(one, model))
        parts += [
            f"\n{union.name}: TypeAlias = {' | '.join(name for _, name in union.members)}\n"
            f'"""One of the {len(union.members)} classes, told apart by `{union.tag}`."""\n'
            for union in unions.values()
            if one.name == _last(model, union)
        ]
    return "\n".join(part.rstrip("\n") + "\n" for part in parts)


def public_names(model: Model) -> list[str]:
    """Return what the generated package exports, sorted."""
    return sorted(["SCHEMA_VERSION", *model.scalars, *model.enums, *model.classes, *_unions(model)])


def _unions(model: Model) -> dict[str, Union]:
    found: dict[str, Union] = {}

    def visit(expression: TypeExpression) -> None:
        if isinstance(expression, Array):
            visit(expression.item)
        elif isinstance(expression, Union) and found.setdefault(expression.name, expression) != expression:
            raise GenerationError(f"{expression.name}: two unions of one name")

    for one in model.classes.values():
        for each in one.fields:
            visit(each.type)
    return found


def dependencies_first(model: Model) -> list[Class]:
    """Return the classes so that what a class names stands before it, else in the model's order."""
    ordered: dict[str, Class] = {}

    def names(expression: TypeExpression) -> list[str]:
        if isinstance(expression, Named):
            return [expression.name]
        if isinstance(expression, Array):
            return names(expression.item)
        if isinstance(expression, Union):
            return [name for _, name in expression.members]
        return []

    def visit(name: str, path: tuple[str, ...]) -> None:
        if name in ordered or name not in model.classes or name in path:
            return
        one = model.classes[name]
        for needed in ([one.parent] if one.parent else []) + [n for each in one.fields for n in names(each.type)]:
            visit(needed, (*path, name))
        ordered[name] = one

    for name in model.classes:
        visit(name, ())
    return list(ordered.values())


def _last(model: Model, union: Union) -> str:
    members = {name for _, name in union.members}
    return [one.name for one in dependencies_first(model) if one.name in members][-1]


def _docstring(text: Text, indent: str) -> str:
    clause = f"\n\n{indent}Source: {', '.join(_clause(c) for c in text.clauses)}.\n{indent}" if text.clauses else ""
    return f'{indent}"""{text.description} ({text.title_zh}){clause}"""\n'.replace("\\", "\\\\")


def _clause(curie: str) -> str:
    return curie.replace(":", " ", 1)


def _scalar(one: Scalar) -> str:
    base = _BASES[one.kind]
    marks: list[str] = []
    if one.kind == "timestamp":
        marks = [f'Moment(r"{one.pattern}")']
    elif one.kind == "integer":
        marks = [f"Whole({one.minimum}, {one.maximum})"]
    else:
        options = {
            "strict": True if one.kind == "number" else None,
            "allow_inf_nan": False if one.kind == "number" else None,
            "pattern": None if one.pattern is None else _Raw(f'r"{one.pattern}"'),
            "ge": one.minimum,
            "le": one.maximum,
            "gt": one.exclusive_minimum,
        }
        said = ", ".join(f"{key}={value!r}" for key, value in options.items() if value is not None)
        marks = [f"Field({said})"] if said else []
    expression = f"Annotated[{base}, {', '.join(marks)}]" if marks else base
    return f"{one.name}: TypeAlias = {expression}\n" + _docstring(one.text, "")


class _Raw(str):
    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def _scalar_union(one: ScalarUnion) -> str:
    kinds = {"Text": "str", "Flag": "Boolean", "Number": "Integer | Float | DecimalNumber"}
    if unknown := set(one.members) - set(kinds):
        raise GenerationError(f"{one.name}: {sorted(unknown)} cannot be members of a union of values")
    members = " | ".join(kinds[name] for name in one.members)
    alternatives = f"{members} | list[{members}]" if one.or_list else members
    marks = 'Field(union_mode="left_to_right"), ALTERNATIVES'
    return f"{one.name}: TypeAlias = Annotated[{alternatives}, {marks}]\n" + _docstring(one.text, "")


def _enum(one: Enumeration) -> str:
    lines = [f"class {one.name}(StrEnum):\n", _docstring(one.text, "    ")]
    for value in one.values:
        said = f"{value.text.description} ({value.text.title_zh})" + (f" {value.meaning}." if value.meaning else "")
        lines.append(f'\n    {_member(value.value)} = "{value.value}"\n    """{said}"""\n')
    return "".join(lines)


def _member(value: str) -> str:
    name = "".join(c if c.isalnum() else "_" for c in value).upper()
    return f"_{name}" if name[0].isdigit() else name


def _class(one: Class, model: Model) -> str:
    inherited = set(model.classes[one.parent].fields) if one.parent else set()
    lines = [f"\nclass {one.name}({one.parent or 'Model'}):\n", _docstring(one.text, "    ")]
    for each in one.fields:
        if each not in inherited:
            lines.append("\n" + _field(each))
    for number, rule in enumerate(one.requirements):
        tests = [
            f"self.{c.field} in {c.values!r}" if c.values else f"self.{c.field} is not None" for c in rule.conditions
        ]
        lines.append(f'\n    @model_validator(mode="after")\n    def _requirement_{number}(self) -> "{one.name}":\n')
        lines.append(f"        if {' and '.join(tests)}:\n")
        lines += [
            f"            if self.{name} is None:\n"
            f'                raise PydanticCustomError("missing_key", "{rule.title}: {{key}}", {{"key": "{name}"}})\n'
            for name in rule.required
        ]
        lines.append("        return self\n")
    if not one.abstract:
        made = f"def __init__(self, **given: Unpack[_keys.{one.name}Keys]) -> None: ..."
        lines.append(f"\n    if TYPE_CHECKING:\n\n        {made}\n")
    return "".join(lines)


def _field(each: Field) -> str:
    if keyword.iskeyword(each.name):
        raise GenerationError(f"{each.name}: is a keyword of Python")
    said = f'title="{each.text.title}"'
    if isinstance(each.type, Const):
        body = f'{each.name}: Literal["{each.type.value}"] = Field(default="{each.type.value}", {said})'
    elif each.required:
        body = f"{each.name}: {_expression(each.type)} = Field({said})"
    else:
        optional = f"Annotated[{_expression(each.type)} | None, OPTIONAL]"
        body = f"{each.name}: {optional} = Field(default=None, exclude_if=is_absent, {said})"
    return f"    {body}\n" + _docstring(_with_unit(each), "    ")


def _with_unit(each: Field) -> Text:
    from dataclasses import replace

    return (
        each.text
        if each.unit is None
        else replace(each.text, description=f"{each.text.description} Unit: {each.unit}.")
    )


def _expression(expression: TypeExpression) -> str:
    match expression:
        case Named("any"):
            return "Any"
        case Named(name):
            return name
        case Union(_, tag, members):
            return f'Annotated[{" | ".join(name for _, name in members)}, Field(discriminator="{tag}")]'
        case Map(key, value):
            return f"dict[{key}, {_expression(value)}]"
        case Array(item, minimum, maximum, even):
            bounds = {"min_length": minimum, "max_length": maximum}
            said = ", ".join(f"{key}={value}" for key, value in bounds.items() if value is not None)
            marks = [f"Field({said})"] * bool(said) + ["EVEN"] * even
            plain = f"list[{_tuple(item) or _expression(item)}]"
            return f"Annotated[{plain}, {', '.join(marks)}]" if marks else plain
        case Const(value):
            return f'Literal["{value}"]'


def _tuple(expression: TypeExpression) -> str | None:
    """Return the members of a list as tuples where they are short arrays themselves, such as vertices; else None."""
    match expression:
        case Array(Named(name), int(minimum), int(maximum), False) if maximum - minimum < 2:
            lengths = range(minimum, maximum + 1)
            alternatives = " | ".join(f"tuple[{', '.join([name] * length)}]" for length in lengths)
            return f"Annotated[{alternatives}, Fixed({minimum}, {maximum})]"
        case _:
            return None
