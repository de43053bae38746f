"""Models as JSON values: dict, list, str, bool, int, float, Decimal."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, cast, get_args, get_origin

from pydantic import BaseModel

from annoconv.messages import Message

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["SCALARS", "json_type", "plain"]

SCALARS = frozenset({type(None), str, int, float, bool, Decimal})

_TYPES: Mapping[type, Message] = {
    type(None): Message("null"),
    bool: Message("true or false"),
    str: Message("a text"),
    list: Message("a list"),
    dict: Message("an object"),
}


def json_type(value: object) -> Message:
    """Return the words for what kind of JSON value this is, without what it says."""
    return _TYPES.get(type(value), Message("a number"))


def plain(value: Any) -> Any:
    """Return a model, or anything in one, as JSON values: no absent fields, times as RFC 3339 text, decimals kept.

    Lists of numbers are shared with the model.
    """
    make = _of_type(cast("Any", type(value)))
    return value if make is None else make(value)


@cache
def _of_type(kind: type) -> Callable[[Any], Any] | None:
    """Return what makes JSON values of values of a type; None if they are."""
    if issubclass(kind, BaseModel):
        return _of_model(kind)
    if issubclass(kind, Enum):
        return lambda value: value._value_
    if issubclass(kind, datetime):
        return lambda value: value.isoformat().replace("+00:00", "Z")
    if issubclass(kind, dict):
        return lambda value: {key: plain(item) for key, item in value.items()}
    return _of_list if issubclass(kind, list | tuple) else None


def _of_model(model: type[BaseModel]) -> Callable[[Any], Any]:
    fields = {name: made for name, field in model.model_fields.items() if (made := _of_field(field.annotation))}
    made_of = fields.get

    def of_model(value: BaseModel) -> dict[str, Any]:
        return {
            name: item if (make := made_of(name)) is None else make(item)
            for name, item in vars(value).items()
            if item is not None
        }

    return of_model


def _of_list(value: Any) -> list[Any]:
    return list(value) if SCALARS.issuperset(map(type, value)) else [plain(item) for item in value]


def _of_field(annotation: Any) -> Callable[[Any], Any] | None:
    """Return what makes JSON values of a field's values; None if they are: texts, numbers, lists of them."""
    if _is_ready(annotation):
        return None
    return _of_rows if _is_rows(annotation) else plain


def _of_rows(value: Any) -> list[list[Any]]:
    return list(map(list, value))


def _is_ready(annotation: Any) -> bool:
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _is_ready(parts[0])
    if origin in {list, Union, UnionType}:
        return all(map(_is_ready, parts))
    return origin is Literal or annotation in SCALARS


def _is_rows(annotation: Any) -> bool:
    """Tell whether a field holds a list of rows of numbers, such as vertices."""
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _is_rows(parts[0])
    if origin in {Union, UnionType}:
        return all(part is type(None) or _is_rows(part) for part in parts)
    return origin is list and _is_row(parts[0])


def _is_row(annotation: Any) -> bool:
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _is_row(parts[0])
    if origin in {Union, UnionType}:
        return all(map(_is_row, parts))
    return origin is tuple and all(map(_is_ready, parts))
