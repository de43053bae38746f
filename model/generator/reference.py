"""Print the model for people: `docs/reference/model.md`, a diagram and the tables of every class and enumeration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from model.generator.ir import Array, Const, Map, Named, Scalar, Union

if TYPE_CHECKING:
    from collections.abc import Iterator

    from model.generator.ir import Class, Enumeration, Field, Model, ScalarUnion, Text, TypeExpression


def print_reference(model: Model) -> str:
    """Return the text of the page."""
    parts = [
        f"# The model, version {model.version}\n\nGenerated from the LinkML model in `model/`; never edited. "
        "A key in **bold** is required.\n",
        _diagram(model),
        "## Classes\n",
        *(_class(one) for one in model.classes.values() if not one.abstract),
        "## Enumerations\n",
        *(_enum(one) for one in model.enums.values()),
        "## Value types\n\n| type | 中文 | meaning | form |\n|---|---|---|---|\n"
        + "".join(
            f"| `{one.name}` | {one.text.title_zh} | {_cell(one.text.description)} | {_form(one)} |\n"
            for one in model.scalars.values()
        ),
    ]
    return "\n".join(parts)


def _diagram(model: Model) -> str:
    lines = ["```mermaid\nclassDiagram\n"]
    for one in model.classes.values():
        if one.parent:
            lines.append(f"  {one.parent} <|-- {one.name}\n")
        inherited = set(model.classes[one.parent].fields) if one.parent else set[object]()
        for each in one.fields:
            if each not in inherited:
                lines += [f"  {one.name} --> {name} : {each.name}\n" for name in _names(each.type, model)]
    return "".join(lines) + "```\n"


def _names(expression: TypeExpression, model: Model) -> Iterator[str]:
    match expression:
        case Named(name) if name in model.classes:
            yield name
        case Array(item):
            yield from _names(item, model)
        case Union(_, _, members):
            yield str(model.classes[members[0][1]].parent)
        case _:
            return


def _class(one: Class) -> str:
    head = f"### {one.name} {one.text.title_zh}\n\n{one.text.description}{_clauses(one.text)}\n\n"
    rules = "".join(f"\nRule: {rule.title}.\n" for rule in one.requirements)
    rows = "".join(map(_row, one.fields))
    return f"{head}| key | 中文 | type | meaning | clause |\n|---|---|---|---|---|\n{rows}{rules}"


def _row(each: Field) -> str:
    name = f"**`{each.name}`**" if each.required else f"`{each.name}`"
    unit = f" ({each.unit})" if each.unit else ""
    unit += f" of {', '.join(each.references)}" if each.references else ""
    clauses = ", ".join(clause.replace(":", " ", 1) for clause in each.text.clauses)
    return (
        f"| {name} | {each.text.title_zh} | {_type(each.type)}{unit} | {_cell(each.text.description)} | {clauses} |\n"
    )


def _enum(one: Enumeration) -> str:
    rows = "".join(
        f"| `{v.value}` | {v.text.title_zh} | {_cell(v.text.description)} | {v.meaning or ''} |\n" for v in one.values
    )
    head = f"### {one.name} {one.text.title_zh}\n\n{one.text.description}{_clauses(one.text)}\n\n"
    return f"{head}| value | 中文 | meaning | code |\n|---|---|---|---|\n{rows}"


def _clauses(text: Text) -> str:
    return f" Source: {', '.join(c.replace(':', ' ', 1) for c in text.clauses)}." if text.clauses else ""


def _type(expression: TypeExpression) -> str:
    match expression:
        case Named(name):
            return name
        case Const(value):
            return f'`"{value}"`'
        case Map(_, value):
            return f"object of {_type(value)}"
        case Union(name):
            return f"one of {name}"
        case Array(item, minimum, maximum, even):
            least, most = minimum or 0, "" if maximum is None else str(maximum)
            bounds = f" [{least} or {most}]" if even else f" [{least}..{most}]" if str(least) != most else f" [{most}]"
            return f"list{bounds if bounds != ' [0..]' else ''} of {_type(item)}"


def _form(one: Scalar | ScalarUnion) -> str:
    return f"`{_cell(one.pattern)}`" if isinstance(one, Scalar) and one.pattern else ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
