"""A function for each converter, `annoconv.to_coco`: `write` or `read` of one format, its options in its signature."""

from __future__ import annotations

import re
from inspect import Parameter, Signature, formatannotation, signature
from typing import TYPE_CHECKING, Annotated, Any, get_args, get_origin

from annoconv import registry
from annoconv.registry.options import Option

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from annoconv.registry import Converter

__all__ = ["function_of", "names", "parameters_of"]


def names() -> list[str]:
    """Return the names of all functions, sorted."""
    return sorted(name.replace("-", "_") for name in registry.converters())


def function_of(name: str) -> Callable[..., Any] | None:
    """Return the function of a converter by its name, `to_dicom_seg`; None if there is no such converter."""
    called = registry.converters().get(name.replace("_", "-"))
    if called is None or "-" in name:
        return None
    base = registry.write if called.direction == "to" else registry.read

    def function(*args: Any, **options: Any) -> Any:
        return base(*args, format=called.format, **options)

    function.__name__ = function.__qualname__ = name
    function.__module__ = "annoconv"
    function.__doc__ = "\n".join(_told(called))
    returned = signature(base).return_annotation
    function.__signature__ = Signature([*parameters_of(called)], return_annotation=returned)  # type: ignore[attr-defined]
    return function


def parameters_of(called: Converter) -> Iterator[Parameter]:
    """Yield the parameters of a function, types as texts: cases and target, or sources; then the options."""
    own = signature(registry.write if called.direction == "to" else registry.read).parameters.values()
    yield from (each for each in own if each.kind is Parameter.POSITIONAL_OR_KEYWORD)
    yield from (each.replace(annotation=_type_of(each.annotation)) for each in called.options.values())
    yield from (each for each in own if each.kind is Parameter.KEYWORD_ONLY and each.name != "format")


def _type_of(annotation: Any) -> str:
    plain = get_args(annotation)[0] if get_origin(annotation) is Annotated else annotation
    text = re.sub(r"[\w.]+\.(?=[A-Z])", "", formatannotation(plain))  # without modules, which differ between Pythons
    text = re.sub(r"^Optional\[(.*)\]$", r"\1 | None", text)
    return text.replace("Path", "Path | str").replace("Sequence[Path | str]", "Sequence[Path | str] | Path | str")


def _told(called: Converter) -> Iterator[str]:
    """Yield the lines of the docstring: those of its command's help."""
    yield from (called.summary, "", "Parameters", "----------")
    for name, each in called.options.items():
        told = [part.help for part in getattr(each.annotation, "__metadata__", ()) if isinstance(part, Option)]
        yield from (name, *(f"    {help}" for help in told))
    word = "write" if called.direction == "to" else "read"
    yield from ("", f"The others are those of `annoconv.{word}`.")
