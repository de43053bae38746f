"""Print the model as TypeScript types: `annoconv_model/annoconv.d.ts`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from model.generator.ir import Array, Const, Map, Named, Scalar, Union

if TYPE_CHECKING:
    from model.generator.ir import Class, Model, ScalarUnion, Text, TypeExpression

_TYPES = {"integer": "number", "number": "number", "decimal": "number", "boolean": "boolean"}


def print_types(model: Model) -> str:
    """Return the text of `annoconv.d.ts`."""
    parts = [f"// annoconv schema {model.version}, generated from the LinkML model; never edited.\n"]
    parts += [_scalar(one) for one in model.scalars.values()]
    parts += [
        f"{_comment(one.text, '')}export type {one.name} = {' | '.join(_quoted(v.value) for v in one.values)};\n"
        for one in model.enums.values()
    ]
    unions: dict[str, Union] = {}
    for one in model.classes.values():
        if not one.abstract:
            parts.append(_class(one, unions))
    parts += [f"export type {u.name} = {' | '.join(name for _, name in u.members)};\n" for u in unions.values()]
    return "\n".join(parts)


def _quoted(value: str) -> str:
    return f'"{value}"'


def _comment(text: Text, indent: str) -> str:
    clauses = f" [{', '.join(c.replace(':', ' ', 1) for c in text.clauses)}]" if text.clauses else ""
    return f"{indent}/** {text.description} ({text.title_zh}){clauses} */\n"


def _scalar(one: Scalar | ScalarUnion) -> str:
    if isinstance(one, Scalar):
        written = _TYPES.get(one.kind, "string")
    else:
        written = " | ".join(one.members)
        written += f" | Array<{written}>" if one.or_list else ""
    return f"{_comment(one.text, '')}export type {one.name} = {written};\n"


def _class(one: Class, unions: dict[str, Union]) -> str:
    lines = [_comment(one.text, ""), f"export interface {one.name} {{\n"]
    for each in one.fields:
        mark = "" if each.required else "?"
        lines += [_comment(each.text, "  "), f"  {each.name}{mark}: {_expression(each.type, unions)};\n"]
    return "".join(lines) + "}\n"


def _expression(expression: TypeExpression, unions: dict[str, Union]) -> str:
    match expression:
        case Named("any"):
            return "unknown"
        case Named(name):
            return name
        case Const(value):
            return _quoted(value)
        case Map(_, value):
            return f"Record<string, {_expression(value, unions)}>"
        case Array(item, minimum, maximum, False) if minimum is not None and minimum == maximum and minimum <= 4:
            return f"[{', '.join([_expression(item, unions)] * minimum)}]"
        case Array(item):
            return f"Array<{_expression(item, unions)}>"
        case Union():
            unions[expression.name] = expression
            return expression.name
