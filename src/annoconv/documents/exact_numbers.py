"""Numbers of a document to the digit: which texts hold digits that a double would lose, and where those are put back.

A number whose text is that of its float is a float; only the others are decimals.
"""

from __future__ import annotations

import re
import types
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Final, Union, get_args, get_origin

from pydantic import BaseModel

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Mapping

__all__ = ["EVERYTHING", "MINUS_ZERO", "holds_floats", "may_lose_digits", "may_overflow", "put_digits", "put_exact"]

_SHAPE_OF_NUMBERS = bytes.maketrans(b"123456789E", b"000000000e")
"""Makes every digit a 0 and every E an e, so that what matters of the numbers of a text is found at once."""
_MOST_DIGITS = 15  # that a double keeps, whichever they are
_NUMBERS = {int, float, Decimal}


class _Everything:
    """A set of all names."""

    def __contains__(self, name: object) -> bool:
        return True


EVERYTHING: Final = _Everything()
"""In place of the names of members whose numbers keep their digits: all of them."""


def _long(before: range) -> bytes:
    """Return a pattern of what stands around a point where more digits than a double keeps do."""
    return b"|".join(rb"(?<=[0-9]{%d}\.)[0-9]{%d}" % (count, _MOST_DIGITS + 1 - count) for count in before)


_ENDS_IN_ZERO = re.compile(rb"\.[0-9]*+(?<=[0-9]0)(?!\.)")
_LONG = re.compile(
    rb"\.(?:(?=[0-9]{8})(?:%b|[0-9]{15})|(?<=[0-9]{9}\.)(?:%b))" % (_long(range(2, 9)), _long(range(9, 16)))
)
_MANY = b"0" * (_MOST_DIGITS + 1)
_LONG_WHOLE = re.compile(_MANY)
_END = rb"0*(?=[\s,\]}]|\Z)"
_EXPONENT, _LARGE_EXPONENT = re.compile(rb"0e[-+]?0" + _END), re.compile(rb"0e\+?000" + _END)
_SPACE = b" \t\r\n"
_MANTISSA = 400
"""Bytes in which the beginning of a number is looked for."""
_NUMBER = re.compile(rb"-?[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
MINUS_ZERO = re.compile(rb"-0(?=[\s,\]}]|\Z)")
"""The whole number -0, of which jiter makes 0."""


def may_lose_digits(data: bytes) -> bool:
    """Tell whether a number of the text may not be written as a double would be: 5.60, eighteen digits, an exponent."""
    shape = data.translate(_SHAPE_OF_NUMBERS)
    # A number of more than 15 digits has 8 of them on one side of its point.
    is_long = _MANY in shape and any(_numbers(_LONG_WHOLE, shape))
    if is_long or (b"0" * 8 in shape and not all(map(_is_of_float, _numbers(_LONG, data)))):
        return True
    return any(_numbers(_EXPONENT, shape)) or any(_numbers(_ENDS_IN_ZERO, data)) or bool(MINUS_ZERO.search(data))


def _is_of_float(number: bytes) -> bool:
    """Tell whether the text of a number is that of its float: 420.29200000000003, with all of its digits."""
    text = number.decode()
    return repr(float(text)) == text


def may_overflow(data: bytes) -> bool:
    """Tell whether a number of the text may be too large for a double."""
    shape = data.translate(_SHAPE_OF_NUMBERS)
    return b"0" * 309 in shape or (b"0e" in shape and any(_numbers(_LARGE_EXPONENT, shape)))


def _numbers(pattern: re.Pattern[bytes], text: bytes) -> Iterator[bytes]:
    """Yield the numbers in which a pattern is found; digests, UUIDs and UIDs, which are within texts, are none.

    A number stands behind the colon of a name, behind a comma, behind a bracket, or alone; a text may say so too.
    """
    for match in pattern.finditer(text):
        start = match.start()
        head = text[max(0, start - _MANTISSA) : start]
        above = head.rstrip(b"-.0123456789")
        before = above.rstrip(_SPACE)
        if before[-1:] == b":":
            name = before[:-1].rstrip(_SPACE)
            is_number = not name or name.endswith(b'"')
        else:
            is_number = not before or before[-1] in b",["
        if is_number and (found := _NUMBER.match(text, start - len(head) + len(above))):
            yield found[0]


@cache
def _exact_fields(model: type[BaseModel]) -> Mapping[str, bool]:
    """Return the fields in which a decimal may stand, and whether they take any JSON value."""
    found = {name: _is_free(field.annotation) for name, field in model.model_fields.items()}
    return {name: free for name, free in found.items() if free or _may_hold(model.model_fields[name].annotation)}


def _may_hold(annotation: Any) -> bool:
    """Tell whether a decimal may stand somewhere in a field."""
    if annotation is Decimal:
        return True
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return bool(_exact_fields(annotation))
    return any(_may_hold(part) for part in get_args(annotation))


def _is_free(annotation: Any) -> bool:
    """Tell whether a field takes any JSON value (`dict[str, Any]`), whose numbers are kept to the digit as well."""
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _is_free(parts[0])
    if origin in {Union, types.UnionType}:
        return any(_is_free(part) for part in parts)
    return annotation is Any or (origin is dict and parts[1] is Any)


def put_exact(typed: BaseModel, document: dict[str, Any]) -> None:
    """Replace the decimals of a typed document by those of its text, in place."""
    for name, is_free in _exact_fields(type(typed)).items():
        if name in document:
            # Not through validation, which would take the digits away again.
            vars(typed)[name] = document[name] if is_free else _exact(getattr(typed, name), document[name])


def _exact(value: Any, written: Any) -> Any:
    kind: type = type(value)
    if kind is list or kind is tuple:
        return kind(_exact(item, part) for item, part in zip(value, written, strict=True))
    if kind is dict:
        return {key: _exact(item, written[key]) for key, item in value.items()}
    if isinstance(value, BaseModel):
        put_exact(value, written)
    if type(written) is Decimal and kind in _NUMBERS and str(written) != str(Decimal(str(value))):
        return written
    return value


def put_digits(document: Any, exact: Any, kept: Container[str]) -> None:
    """Replace floats of a document by the decimals of its text, in place, in the members named `kept`.

    Parameters
    ----------
    document
        As `strict_json.loads` gives it.
    exact
        The same with decimals.
    kept
        Names of members, of whatever object, whose numbers keep their digits however deep within.
    """
    for key, value in _members(document):
        if key in kept:
            document[key] = _exact(value, exact[key])
        elif _holds_objects(value):
            put_digits(value, exact[key], kept)


def holds_floats(document: Any, kept: Container[str]) -> bool:
    """Tell whether the members named `kept` hold a number of which digits may be lost."""
    return any(
        _is_rounded(value) if key in kept else _holds_objects(value) and holds_floats(value, kept)
        for key, value in _members(document)
    )


def _is_rounded(value: Any) -> bool:
    """Tell whether a value is a float, or a zero, whose sign may be lost, or has one within."""
    if type(value) in _NUMBERS:
        return type(value) is float or value == 0
    return any(_is_rounded(each) for _, each in _members(value))


def _members(node: Any) -> Iterator[tuple[Any, Any]]:
    """Return an iterator over the members of an object or a list, by name or by place."""
    return iter(node.items()) if type(node) is dict else iter(enumerate(node if type(node) is list else ()))


def _holds_objects(node: Any) -> bool:
    """Tell whether a value is an object or a list of objects, and not an array of numbers."""
    return type(node) is dict or (type(node) is list and any(type(each) is dict for each in node))
