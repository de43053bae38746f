"""Models as JSON values: dict, list, str, bool, int, float, Decimal."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from types import UnionType
from typing import Annotated, Any, Literal, Union, cast, get_args, get_origin

from pydantic import BaseModel

__all__ = ["SCALARS", "plain"]

SCALARS = frozenset({type(None), str, int, float, bool, Decimal})


def plain(value: Any) -> Any:
    """Return a model, or anything in one, as JSON values: no absent fields, times as RFC 3339 text, decimals kept.

    Lists of numbers are shared with the model.
    """
    if isinstance(value, BaseModel):
        ready = _ready_fields(type(value))
        members = vars(value).items()
        return {name: item if name in ready else plain(item) for name, item in members if item is not None}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, dict):
        return {key: plain(item) for key, item in cast("dict[str, Any]", value).items()}
    if isinstance(value, list | tuple):
        listed = cast("list[Any]", value)
        return list(listed) if SCALARS.issuperset(map(type, listed)) else [plain(item) for item in listed]
    return value


@cache
def _ready_fields(model: type[BaseModel]) -> frozenset[str]:
    """Return the fields whose values are JSON values as they stand: texts, numbers, lists of them."""
    return frozenset(name for name, field in model.model_fields.items() if _is_ready(field.annotation))


def _is_ready(annotation: Any) -> bool:
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _is_ready(parts[0])
    if origin in {list, Union, UnionType}:
        return all(map(_is_ready, parts))
    return origin is Literal or annotation in SCALARS
