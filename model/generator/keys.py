"""Print what each class takes when it is made in Python, for type checkers: `annoconv_model/keys.py`.

An enumeration takes its text too, a list any sequence; what is read is always as `models.py` has it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from model.generator.ir import Array, Const, Map, Named, Union
from model.generator.pydantic_models import dependencies_first

if TYPE_CHECKING:
    from model.generator.ir import Class, Model, TypeExpression

_HEADER = '''"""What the classes of the model take when they are made, for type checkers only.

Generated from the LinkML model; never edited. A text stands for the member of an enumeration that it names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NotRequired, TypeAlias, TypedDict

from annoconv_model import models

'''


def print_keys(model: Model) -> str:
    """Return the text of `keys.py`."""
    names = "".join(f'    "{name}Keys",\n' for name in sorted(model.classes))
    parts = [_HEADER, f"__all__ = [\n{names}]\n\n"]
    for enum in model.enums.values():
        values = ", ".join(f'"{value.value}"' for value in enum.values)
        parts.append(f"{enum.name}: TypeAlias = models.{enum.name} | Literal[{values}]\n")
    parts += [_class(one, model) for one in dependencies_first(model)]
    return "".join(parts)


def _class(one: Class, model: Model) -> str:
    inherited = set(model.classes[one.parent].fields) if one.parent else set()
    parent = f"{one.parent}Keys" if one.parent else "TypedDict"
    lines = [f"\n\nclass {one.name}Keys({parent}):\n", f'    """Keys of `{one.name}`."""\n\n']
    for each in one.fields:
        if each not in inherited:
            said = _expression(each.type, model)
            if isinstance(each.type, Const):
                said = f"NotRequired[{said}]"
            elif not each.required:
                said = f"NotRequired[{said} | None]"
            lines.append(f"    {each.name}: {said}\n")
    return "".join(lines)


def _expression(expression: TypeExpression, model: Model) -> str:
    match expression:
        case Named("any"):
            return "Any"
        case Named(name):
            return name if name in model.enums else f"models.{name}"
        case Const(value):
            return f'Literal["{value}"]'
        case Map(key, value):
            return f"Mapping[models.{key}, {_expression(value, model)}]"
        case Array(item):
            return f"Sequence[{_expression(item, model)}]"
        case Union():
            return f"models.{expression.name}"
