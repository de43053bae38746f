"""The parameters of a function as its source has them: a converter is not imported to tell its options.

Importing one takes ten times as long as all else that its `--help` does. What annotations name is looked up where it is
defined, in sources too; a module is imported only for what is neither a name for another nor a value.
"""

from __future__ import annotations

import ast
import builtins
import sys
from contextlib import suppress
from importlib import import_module
from importlib.util import resolve_name
from inspect import Parameter
from itertools import islice
from typing import TYPE_CHECKING, Any

from annoconv.registry.summary import source_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["parameters_of", "tree_of"]


def tree_of(module: str) -> ast.Module:
    """Return the source of a module by its dotted name, parsed; empty if there is none that can be parsed."""
    source = source_of(module)
    with suppress(SyntaxError, ValueError):
        if source is not None:
            return ast.parse(source.read_text("utf-8"))
    return ast.Module([], [])


def parameters_of(module: str, function: str, known: Mapping[str, Any]) -> dict[str, Parameter] | None:
    """Return the parameters of a function beyond the first, with their annotations evaluated.

    Parameters
    ----------
    module, function
        Where it stands: a dotted name, and a name in it.
    known
        Values of names that the module does not bind at run time.

    Returns
    -------
    dict or None
        None where the source alone does not tell: no such function at the top of the module, a decorated one, a
        parameter without an annotation, a name that is not to be found.
    """
    sources = _Sources(known)
    found = sources.bindings(module).get(function)
    if not isinstance(found, ast.FunctionDef) or found.decorator_list:
        return None
    try:
        return {
            name: Parameter(
                name,
                kind,
                annotation=sources.evaluated(annotation, module),
                default=Parameter.empty if default is None else sources.evaluated(default, module),
            )
            for name, kind, annotation, default in islice(_parameters(found.args), 1, None)
        }
    except Exception:  # whoever imports it tells what is wrong
        return None


def _parameters(told: ast.arguments) -> Iterator[tuple[str, Any, ast.expr, ast.expr | None]]:
    """Yield name, kind, annotation and default; ValueError for what no converter has."""
    if not told.args or told.posonlyargs or told.vararg or told.kwarg:
        raise ValueError
    kinds = [Parameter.POSITIONAL_OR_KEYWORD] * len(told.args) + [Parameter.KEYWORD_ONLY] * len(told.kwonlyargs)
    defaults = [*[None] * (len(told.args) - len(told.defaults)), *told.defaults, *told.kw_defaults]
    for each, kind, default in zip([*told.args, *told.kwonlyargs], kinds, defaults, strict=True):
        if each.annotation is None:
            raise ValueError
        yield each.arg, kind, each.annotation, default


class _Sources:
    """Sources of modules, each parsed once, in which names are looked up."""

    def __init__(self, known: Mapping[str, Any]) -> None:
        self._known = known
        self._bindings: dict[str, Mapping[str, ast.stmt]] = {}

    def evaluated(self, expression: ast.expr, module: str) -> Any:
        """Return the value of an expression of a module."""
        names = {each.id for each in ast.walk(expression) if isinstance(each, ast.Name)}
        values = {name: self._value(name, module) for name in names}
        return eval(compile(ast.Expression(expression), module, "eval"), values)  # noqa: S307  a module's own source

    def _value(self, name: str, module: str) -> Any:
        """Return what a name of a module stands for."""
        if module in sys.modules and hasattr(sys.modules[module], name):
            return getattr(sys.modules[module], name)
        match self.bindings(module).get(name):
            case None:
                return self._known[name] if name in self._known else getattr(builtins, name)
            case ast.ImportFrom(source, names, level):
                home = resolve_name("." * level + (source or ""), _package_of(module) if level else "")
                return self._value(next(each.name for each in names if name == (each.asname or each.name)), home)
            case ast.Assign(_, value) | ast.AnnAssign(_, _, ast.expr() as value):
                return self.evaluated(value, module)
            case _:
                return getattr(import_module(module), name)

    def bindings(self, module: str) -> Mapping[str, ast.stmt]:
        """Return the statements at the top of a module that bind names, by name."""
        if module not in self._bindings:
            found = ((name, statement) for statement in tree_of(module).body for name in _bound_by(statement))
            self._bindings[module] = dict(found)
        return self._bindings[module]


def _package_of(module: str) -> str:
    source = source_of(module)
    return module if source is not None and source.stem == "__init__" else module.rpartition(".")[0]


def _bound_by(statement: ast.stmt) -> list[str]:
    match statement:
        case ast.Import(names) | ast.ImportFrom(_, names):
            return [(each.asname or each.name).partition(".")[0] for each in names]
        case ast.Assign(targets):
            return [each.id for each in targets if isinstance(each, ast.Name)]
        case ast.AnnAssign(ast.Name(name)) | ast.FunctionDef(name) | ast.ClassDef(name):
            return [name]
        case _:
            return []
