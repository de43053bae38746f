"""What an option is by default stays as it is: typer would make a validator for it, and import pydantic to do so."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["KeepsDefaults"]


class KeepsDefaults:
    """A command, beside its class of typer, that validates only what was given; what it is by default has its type."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Return its options and arguments."""
        found: list[Any] = super().get_params(ctx)  # type: ignore[misc]  # typer's
        for each in found:
            if "process_value" not in vars(each):
                each.process_value = partial(_value_of, each, each.process_value)
        return found


def _value_of(parameter: Any, usual: Callable[[Any, Any], Any], ctx: Any, value: Any) -> Any:
    source = ctx.get_parameter_source(parameter.name)
    if source is None or source.name != "DEFAULT" or parameter.required:
        return usual(ctx, value)
    return value if parameter.callback is None else parameter.callback(ctx, parameter, value)
