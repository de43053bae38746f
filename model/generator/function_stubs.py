"""Print the types of `annoconv.to_coco` and its like for type checkers and editors: one function a converter."""

from __future__ import annotations

from inspect import Parameter
from typing import TYPE_CHECKING

from annoconv import registry
from annoconv.registry.functions import parameters_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from annoconv.registry import Converter

__all__ = ["print_function_stubs"]

_HEAD = '''"""A function for each converter of ours, with the types of its options; generated, never edited."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Literal

from annoconv.casefile import LoadedCase, Reading
from annoconv.loss import LossReport
from annoconv.model import Case
from annoconv.registry.context import Context

'''


def print_function_stubs() -> str:
    """Return the text of the stub."""
    own = [
        each for each in registry.converters().values() if each.entry_point.module.startswith("annoconv_converters.")
    ]
    names = "".join(f'    "{_name(each)}",\n' for each in own)
    return f"{_HEAD}__all__: list[str] = [\n{names}]\n\n" + "\n".join(line for each in own for line in _function(each))


def _name(called: Converter) -> str:
    return called.name.replace("-", "_")


def _function(called: Converter) -> Iterator[str]:
    base = registry.write if called.direction == "to" else registry.read
    yield f"def {_name(called)}("
    is_positional = True
    for each in parameters_of(called):
        if is_positional and each.kind is Parameter.KEYWORD_ONLY:
            yield "    *,"
            is_positional = False
        default = "" if each.default is Parameter.empty else " = ..."
        yield f"    {each.name}: {each.annotation}{default},"
    yield f") -> {base.__annotations__['return']}: ..."
    yield ""
