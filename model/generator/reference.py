"""Print the model for people: `docs/reference/model.md`, the core first, then every class and enumeration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from model.generator.ir import Array, Const, GenerationError, Map, Named, Scalar, Union

if TYPE_CHECKING:
    from collections.abc import Iterator

    from model.generator.ir import Class, Enumeration, Field, Model, ScalarUnion, Text, TypeExpression


CORE = "core"


def print_reference(model: Model) -> str:
    """Return the text of the page: the core first, then what is optional, in its groups."""
    core = [one for one in _reached(model) if any(_is_core(each) for each in _own(one, model))]
    parts = [
        f"# The model, version {model.version}\n\nGenerated from the LinkML model in `model/`; never edited. "
        "A key in **bold** is required. [Worked examples](../examples.md) show what the optional keys are for.\n",
        f"## The core\n\n{model.groups[CORE].description} Begin here.\n",
        *(_class(one, [each for each in _own(one, model) if each.group == CORE], model) for one in core),
        "## Optional keys of these classes\n\nTake what your data have; "
        f"in {len(model.groups) - 1} groups, {', '.join(name for name in model.groups if name != CORE)}.\n",
        *(_optional(one, model) for one in core),
        "## Classes of the optional keys, and documents of their own\n",
        *(_class(one, _own(one, model), model) for one in model.classes.values() if one not in core),
        "## Enumerations\n",
        *(_enum(one) for one in model.enums.values()),
        "## Value types\n\n| type | 中文 | meaning | form |\n|---|---|---|---|\n"
        + "".join(
            f"| `{one.name}` | {one.text.title_zh} | {_cell(one.text.description)} | {_form(one)} |\n"
            for one in model.scalars.values()
        ),
        f"## Diagram\n\n{_diagram(model)}",
    ]
    return "\n".join(part for part in parts if part)


def _reached(model: Model) -> list[Class]:
    """Return the classes of a case, each behind the first that names it; a parent before what derives from it."""
    found: dict[str, Class] = {}

    def visit(one: Class) -> None:
        if one.name not in found:
            found[one.name] = one
            following = model.descendants(one.name) if one.abstract else []
            for each in following or [model.classes[name] for own in one.fields for name in _names(own.type, model)]:
                visit(each)

    visit(model.root)
    return list(found.values())


def _own(one: Class, model: Model) -> list[Field]:
    """Return the keys of a class that it does not share with all that derive from its parent."""
    if one.abstract:
        return _shared(one, model)
    shared = _shared(model.classes[one.parent], model) if one.parent else []
    return [each for each in one.fields if each not in shared]


def _shared(parent: Class, model: Model) -> list[Field]:
    first, *others = model.descendants(parent.name)
    names = set.intersection(*({each.name for each in other.fields} for other in others))
    return [each for each in first.fields if each.name in names and not isinstance(each.type, Const)]


def _is_core(each: Field) -> bool:
    return each.group == CORE and not isinstance(each.type, Const)


def _optional(one: Class, model: Model) -> str:
    """Return the tables of the optional keys of a class, a table a group."""
    own = _own(one, model)
    if alone := [each.name for each in own if each.group is None]:
        raise GenerationError(f"{one.name}: {alone} stand in no group of the model")
    tables = [
        f"**{text.title} {text.title_zh}**: {text.description}\n\n{_table(keys)}"
        for name, text in model.groups.items()
        if name != CORE and (keys := [each for each in own if each.group == name])
    ]
    return "\n".join([f"### Optional: {one.name}\n", *tables]) if tables else ""


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


def _class(one: Class, keys: list[Field], model: Model) -> str:
    head = f"### {one.name} {one.text.title_zh}\n\n{one.text.description}{_clauses(one.text)}\n\n"
    if one.abstract:
        kinds = ", ".join(f"`{kind}`" for kind in _kinds(one, model))
        head += f"The keys of all of them; **`type`** says which it is: {kinds}.\n\n"
    rules = "".join(f"\nRule: {rule.title}.\n" for rule in one.requirements)
    return f"{head}{_table(keys)}{rules}"


def _kinds(parent: Class, model: Model) -> Iterator[str]:
    for one in model.descendants(parent.name):
        yield from (each.type.value for each in one.fields if isinstance(each.type, Const))


def _table(keys: list[Field]) -> str:
    return f"| key | 中文 | type | meaning | clause |\n|---|---|---|---|---|\n{''.join(map(_row, keys))}"


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
