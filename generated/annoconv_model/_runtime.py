"""What the generated classes are made with: their base and the kinds of value that plain annotations cannot say.

Copied as it stands to `annoconv_model/_runtime.py`; it needs pydantic and the standard library only. Everything here
runs in pydantic's compiled core; no Python function is called for a value, but for lists of even length and vertices.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import partial
from operator import is_
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, GetCoreSchemaHandler, ValidationError
from pydantic_core import PydanticCustomError, core_schema

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


is_absent: Callable[[object], bool] = partial(is_, None)
"""Tells whether an optional key is left out of what is written; compiled, as it is asked of every key."""


Refusal: TypeAlias = "Callable[[ValueError, type[Model], dict[str, Any]], Exception]"
"""Makes another error of what pydantic says of values that were given for keys of a class."""
_refusals: list[Refusal] = []


def refuse_with(refusal: Refusal) -> None:
    """Have errors in Python, of what is made or assigned, be made by a function; JSON keeps pydantic's."""
    _refusals[:] = [refusal]


def _error_of(error: ValueError, kind: type[Model], given: dict[str, Any]) -> Exception:
    return _refusals[0](error, kind, given) if _refusals else error


_MOST_SHOWN = 3
"""Members of a list that its `repr` shows."""


class _Several:
    """Stands for the members of a long list in a `repr`."""

    def __init__(self, members: list[Any] | tuple[Any, ...]) -> None:
        self._members = members

    def __repr__(self) -> str:
        return f"[{', '.join(map(repr, self._members[:_MOST_SHOWN]))}, ... {len(self._members)} in all]"


class Model(BaseModel):
    """Base of every class: closed, checked on assignment, and never writing a null."""

    model_config = ConfigDict(extra="forbid", validate_assignment=True, defer_build=True)

    if not TYPE_CHECKING:  # checkers are told the keys of each class

        def __init__(self, /, **given):
            __tracebackhide__ = True
            try:
                self.__pydantic_validator__.validate_python(given, self_instance=self)
            except ValidationError as error:
                refused = _error_of(error, type(self), given)
                raise refused from (None if refused is error else error)

        __init__.__pydantic_base_init__ = True  # pydantic need not call it for what it makes itself

        def __setattr__(self, name, value):
            try:
                super().__setattr__(name, value)
            except ValueError as error:  # pydantic's, or that there is no such key
                refused = _error_of(error, type(self), {name: value})
                raise refused from (None if refused is error else error)

    def __repr_args__(self) -> Iterator[tuple[str, Any]]:
        """Yield the keys that are there; of a long list the first members and their number."""
        for name in type(self).model_fields:
            value = getattr(self, name, None)
            is_long = isinstance(value, list | tuple) and len(value) > _MOST_SHOWN
            if value is not None:
                yield name, _Several(value) if is_long and name not in _WHOLE else value


_WHOLE = frozenset({"bbox", "shape", "spacing", "origin", "direction", "point"})
"""Keys of short lists, which are shown whole."""


class _Optional:
    """A key that may be absent: `None` in Python, but a null in JSON is refused."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        nullable = handler(source)
        present = nullable["schema"] if nullable["type"] == "nullable" else nullable
        return core_schema.json_or_python_schema(json_schema=present, python_schema=nullable)


OPTIONAL = _Optional()


@dataclass(frozen=True)
class Whole:
    """A whole number within bounds; 1.0 is the whole number 1, as JSON Schema has it, and true is none."""

    minimum: int | None = None
    maximum: int | None = None

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        integral = core_schema.float_schema(strict=True, allow_inf_nan=False, multiple_of=1)
        whole = core_schema.custom_error_schema(
            core_schema.union_schema([core_schema.int_schema(strict=True), integral], mode="left_to_right"),
            custom_error_type="int_type",
        )
        return core_schema.chain_schema([whole, core_schema.int_schema(ge=self.minimum, le=self.maximum)])


def _json_number(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)


class _Number:
    """A JSON number as a Decimal; a text is refused."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        number = core_schema.custom_error_schema(
            core_schema.union_schema(
                [core_schema.int_schema(strict=True), core_schema.float_schema(strict=True, allow_inf_nan=False)],
                mode="left_to_right",
            ),
            custom_error_type="decimal_type",
        )
        return core_schema.json_or_python_schema(
            json_schema=core_schema.chain_schema([number, core_schema.decimal_schema()]),
            python_schema=core_schema.decimal_schema(allow_inf_nan=False),
            serialization=core_schema.plain_serializer_function_ser_schema(_json_number, when_used="json"),
        )


class _OrDecimal:
    """A float, or the Decimal that is given in Python, which keeps its digits; JSON has floats only."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        number = handler(source)
        given: list[core_schema.CoreSchema] = [
            core_schema.is_instance_schema(Decimal),
            core_schema.decimal_schema(allow_inf_nan=False),
        ]
        either = core_schema.union_schema([core_schema.chain_schema(given), number], mode="left_to_right")
        return core_schema.json_or_python_schema(json_schema=number, python_schema=either)


@dataclass(frozen=True)
class Moment:
    """An RFC 3339 timestamp with its offset, checked against `pattern` before it is a datetime."""

    pattern: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        written = core_schema.str_schema(strict=True, pattern=self.pattern)
        return core_schema.json_or_python_schema(
            json_schema=core_schema.chain_schema([written, core_schema.datetime_schema()]),
            python_schema=core_schema.datetime_schema(tz_constraint="aware"),
        )


class _Alternatives:
    """One of several value types; whatever is none of them is one error, not one for each."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.custom_error_schema(
            handler(source),
            custom_error_type="value_type",
            custom_error_message="Input should be a text, a number, true or false, or a list of these",
        )


ALTERNATIVES = _Alternatives()


@dataclass(frozen=True)
class Fixed:
    """A tuple of numbers of one kind, its length between two bounds; an array in JSON."""

    minimum: int
    maximum: int

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        shortest = get_args(source)[0] if self.minimum != self.maximum else source
        item = handler.generate_schema(get_args(shortest)[0])
        # Checked as a list, whose length pydantic tells beside what is wrong with its members; of a tuple it does not.
        members = core_schema.list_schema(item, min_length=self.minimum, max_length=self.maximum)
        checked = core_schema.no_info_after_validator_function(tuple, members)
        # Nothing is checked strictly as a whole: the strict branch only says how a tuple is written.
        written = core_schema.tuple_variable_schema(item)
        return core_schema.lax_or_strict_schema(checked, written)


def _even(items: list[Any]) -> list[Any]:
    if len(items) % 2:
        raise PydanticCustomError("odd_length", "List should have an even number of items")
    return items


EVEN = AfterValidator(_even)

Integer: TypeAlias = Annotated[int, Field(strict=True)]
Float: TypeAlias = Annotated[float, Field(strict=True, allow_inf_nan=False), _OrDecimal()]
Boolean: TypeAlias = Annotated[bool, Field(strict=True)]
DecimalNumber: TypeAlias = Annotated[Decimal, _Number()]

__all__ = [
    "ALTERNATIVES",
    "EVEN",
    "OPTIONAL",
    "Boolean",
    "DecimalNumber",
    "Fixed",
    "Float",
    "Integer",
    "Model",
    "Moment",
    "Whole",
    "datetime",
    "is_absent",
    "refuse_with",
]
