"""How classes of the model refuse values in Python: by a function that stands above them and is handed down once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic import BaseModel

    Refusal: TypeAlias = Callable[[ValueError, type[BaseModel], dict[str, Any]], Exception]

__all__ = ["refusal_of", "refuse_with"]

_handed: list[Refusal] = []


def refuse_with(refusal: Refusal) -> None:
    """Hand down the function that makes the error for values, of what pydantic says, the class and the values."""
    _handed[:] = [refusal]


def refusal_of(error: ValueError, kind: type[BaseModel], given: dict[str, Any]) -> Exception:
    """Return the error for values that a class does not take."""
    return _handed[0](error, kind, given)
