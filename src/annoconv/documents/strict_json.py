"""The strict door for JSON: what comes in is checked before anything reads it, what goes out is the same bytes again.

UTF-8 without a byte order mark, one value and nothing behind it, no duplicate keys, no NaN or infinity (nor a number
that becomes one, 1e999), no lone surrogates, depth and size bounded (RFC 8259; four common parsers accept duplicate
keys, so jiter looks first). Decimals keep the digits they were written with: 5.60 stays 5.60.
"""

from __future__ import annotations

import math
import re
import stat
from contextlib import suppress
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast

import jiter
import orjson
from pydantic import BaseModel

from annoconv.advice import CORRECT_PATH, at_most_bytes, in_bytes
from annoconv.documents.collector import collector_paused
from annoconv.documents.exact_numbers import (
    MINUS_ZERO,
    holds_floats,
    may_lose_digits,
    may_overflow,
    put_digits,
    put_exact,
)
from annoconv.documents.faults import LARGE, check_sizes, conforming
from annoconv.documents.json_values import SCALARS, plain
from annoconv.documents.text_faults import BYTE_ORDER_MARK, marked, not_json, too_large
from annoconv.errors import DocumentError, InputError, LimitError
from annoconv.findings import Finding, Level
from annoconv.limits import Limits
from annoconv.messages import Message

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator
    from pathlib import Path

__all__ = [
    "as_model",
    "dumps",
    "iter_lines",
    "loads",
    "loads_keeping",
    "parse",
    "plain",
    "read_bytes",
]

Model = TypeVar("Model", bound=BaseModel)

_LIMITS = Limits()
_CHUNK = 1 << 20  # bytes read at a time from a JSON Lines file
_PARSER_DEPTH = 201  # where jiter stops by itself
_MOST_ZEROS = 32  # written before the digits of a small decimal, which has an exponent beyond
_TEXT_OR_MINUS_ZERO = re.compile(rb'("[^"\\]*(?:\\.[^"\\]*)*")|(?<![eE])-0(?=[\s,\]}]|\Z)', re.DOTALL)


def loads(
    data: bytes,
    *,
    limits: Limits | None = None,
    source: Path | str | None = None,
    where: str | None = None,
    exact: bool = False,
    is_short: bool = False,
) -> Any:
    """Return the value of a JSON text.

    Parameters
    ----------
    data
        The text, UTF-8.
    limits
        Bounds on size and depth.
    source, where
        What messages call the text: its file, and the line in it.
    exact
        Give numbers with a fraction or an exponent as `Decimal` with their digits, not as float.
    is_short
        Whether no number has more digits than a float or an exponent (`may_lose_digits`), so that none is too large.

    Raises
    ------
    DocumentError
        If the text is not strict JSON; one finding, `schema.invalid`.
    LimitError
        If it is too large or too deep.
    """
    limits = limits or _LIMITS
    if len(data) > limits.document_bytes:
        raise _oversized("the document is too large", len(data), "document_bytes", limits, source, where)
    if data.startswith(BYTE_ORDER_MARK):
        raise _invalid(marked(_first_line(where)), source, where)
    try:
        with collector_paused():
            value = _from_json(data, exact=exact)
            if exact and MINUS_ZERO.search(data):
                # jiter makes 0 of the whole number -0; with an exponent it is a decimal, with its sign.
                value = _from_json(_TEXT_OR_MINUS_ZERO.sub(lambda part: part[1] or b"-0e0", data), exact=True)
    except ValueError as error:
        if "recursion limit" in str(error):
            raise _too_deep(limits, source, where) from None
        raise _invalid(not_json(str(error), data, _first_line(where)), source, where) from None
    _check(data, value, limits, source, where, is_short=is_short)
    return value


def loads_keeping(
    data: bytes, kept: Container[str], *, limits: Limits | None = None, source: Path | str | None = None
) -> Any:
    """Return the value of a JSON text as `loads` does, with decimals where a float would lose digits.

    Parameters
    ----------
    data, limits, source
        As `loads` takes them.
    kept
        Names of the members in which it does. What is counted with, such as a coordinate, is a float.
    """
    may_lose = may_lose_digits(data)
    document = loads(data, limits=limits, source=source, is_short=not may_lose)
    if may_lose and holds_floats(document, kept):
        put_digits(document, loads(data, limits=limits, source=source, exact=True), kept)
    return document


def parse(
    data: bytes,
    model: type[Model] | Callable[[Any], type[Model]],
    *,
    limits: Limits | None = None,
    source: Path | str | None = None,
    where: str | None = None,
) -> Model:
    """Return the typed document of a JSON text.

    Parameters
    ----------
    data
        The text, UTF-8.
    model
        Its class, or what tells it of the text's value.
    limits
        Bounds on size and depth.
    source, where
        What messages call the text: its file, and the line in it.

    Raises
    ------
    DocumentError
        If the text is not strict JSON or does not conform to the model; its findings name every place.
    LimitError
        If it is too large or too deep.
    """
    with collector_paused():
        limits = limits or _LIMITS
        check_sizes(data, limits, source=source, where=where)
        may_lose = may_lose_digits(data)
        document = loads(data, limits=limits, source=source, where=where, is_short=not may_lose)
        chosen = cast("type[Model]", model if isinstance(model, type) else model(document))
        typed = conforming(data, document, chosen, limits, source=source, where=where, is_spent=True, is_plain=True)
        if may_lose:
            put_exact(typed, loads(data, limits=limits, source=source, where=where, exact=True))
        del document
    return typed


def as_model(
    document: dict[str, Any],
    model: type[Model],
    *,
    limits: Limits | None = None,
    source: Path | str | None = None,
    is_plain: bool = False,
) -> Model:
    """Return JSON values that a reader has made itself as a typed document; raises as `parse` does.

    What has floats and no decimals is written with all digits that they have, and need not be looked at for more.
    One that `is_plain` holds what a parser of JSON makes, and nothing large.
    """
    limits = limits or _LIMITS
    if is_plain and limits.depth >= _PARSER_DEPTH:
        with suppress(DocumentError), collector_paused():
            return conforming(None, document, model, limits, source=source, where=None, is_plain=True)
    try:
        data = orjson.dumps(document, option=orjson.OPT_PASSTHROUGH_DATETIME)
    except TypeError:  # decimals, whole numbers beyond 64 bits, what has no form in JSON
        return parse(dumps(document), model, limits=limits, source=source)
    check_sizes(data, limits, source=source)
    if limits.depth >= _PARSER_DEPTH and len(data) <= limits.document_bytes and b"null" not in data:
        text = data if len(data) <= LARGE else None
        del data
        with suppress(DocumentError), collector_paused():
            return conforming(text, document, model, limits, source=source, where=None)
    return parse(dumps(document), model, limits=limits, source=source)


def dumps(value: Any, *, indent: Literal[2] | None = None) -> bytes:
    """Return JSON values (or a model) as UTF-8 text with a line break at its end; the same value, the same bytes.

    Raises
    ------
    InputError
        If a number is not finite, a text holds a lone surrogate, or a value has no form in JSON.
    """
    option = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_APPEND_NEWLINE | (orjson.OPT_INDENT_2 if indent else 0)
    with suppress(TypeError):  # whole numbers beyond 64 bits, or what has no form in JSON
        text = orjson.dumps(value, default=_written, option=option)
        if b"null" not in text:  # as a number that is not finite would be
            return text
    try:
        return orjson.dumps(_writable(value), option=option)
    except InputError:
        raise
    except (TypeError, ValueError) as error:
        raise InputError(
            "the document cannot be written as JSON",
            found=str(error),
            expected="texts, numbers, true, false, null, lists and objects",
            advice="Turn other values into one of these first",
        ) from error


def read_bytes(path: Path, limits: Limits | None = None) -> bytes:
    """Return the content of a regular file no larger than a document may be."""
    check_document(_regular_size(path), path, limits)
    return path.read_bytes()


def iter_lines(path: Path, limits: Limits | None = None) -> Iterator[tuple[int, bytes]]:
    """Yield the one-based number and the bytes of each line of a JSON Lines file that is not blank.

    No more than one line is held at a time.

    Raises
    ------
    LimitError
        If a line is longer than `limits.line_bytes`.
    """
    limits = limits or _LIMITS
    _regular_size(path)
    with path.open("rb", buffering=_CHUNK) as file:
        number = 0
        while line := file.readline(limits.line_bytes + 1):
            number += 1
            check_line(line, number, path, limits)
            if stripped := line.strip():
                yield number, stripped


def check_line(line: bytes, number: int, path: Path, limits: Limits | None = None) -> None:
    """Raise LimitError if a line of a JSON Lines file, read or about to be written, is longer than it may be."""
    limits = limits or _LIMITS
    if len(line) > limits.line_bytes:
        where = Message("line {number}", number=number)
        raise _oversized("the line is too long", len(line), "line_bytes", limits, path, where)


def check_document(size: int, path: Path, limits: Limits | None = None) -> None:
    """Raise LimitError if a file of one document, read or about to be written, is larger than it may be."""
    limits = limits or _LIMITS
    if size > limits.document_bytes:
        raise _oversized("the file is too large", size, "document_bytes", limits, path)


def _regular_size(path: Path) -> int:
    """Return the size of a regular file; a named pipe or a device would block or never end."""
    try:
        status = path.stat()
    except (OSError, ValueError) as error:
        reason = Message((isinstance(error, OSError) and error.strerror) or str(error))
        raise InputError(
            "the file cannot be read",
            source=path,
            found=reason,
            expected="a file that can be read",
            advice=CORRECT_PATH,
        ) from error
    if not stat.S_ISREG(status.st_mode):
        raise InputError(
            "this is not a file",
            source=path,
            found=Message("a folder") if stat.S_ISDIR(status.st_mode) else Message("a pipe or a device"),
            expected="a .json or .jsonl file",
            advice="Name the file itself",
        )
    return status.st_size


def _from_json(data: bytes, *, exact: bool) -> Any:
    mode: Literal["decimal", "float"] = "decimal" if exact else "float"
    return jiter.from_json(data, allow_inf_nan=False, catch_duplicate_keys=True, float_mode=mode, cache_mode="keys")


def _check(
    data: bytes, value: Any, limits: Limits, source: Path | str | None, where: str | None, *, is_short: bool
) -> None:
    """Refuse numbers that overflow and nesting that is too deep; walk the value only if its text gives reason."""
    if limits.depth >= _PARSER_DEPTH and (is_short or not may_overflow(data)):
        return
    level: list[Any] = [value]
    depth = 0
    while level:
        for item in level:
            kind = type(item)
            if (kind is float and not math.isfinite(item)) or (kind is Decimal and math.isinf(float(item))):
                raise _invalid(too_large(data), source, where)
        level = [
            item
            for node in level
            if type(node) is dict or type(node) is list
            for item in (node.values() if type(node) is dict else node)
            if type(item) in _LOOK_INTO
        ]
        depth += 1
        if depth >= limits.depth and any(type(node) is dict or type(node) is list for node in level):
            raise _too_deep(limits, source, where)


_LOOK_INTO = {dict, list, float, Decimal}


def _writable(value: Any) -> Any:
    """Return JSON values as orjson takes them: decimals and whole numbers beyond 64 bits are written digit by digit."""
    kind: type = type(value)
    if kind is dict:
        return {key: _writable(item) for key, item in value.items()}
    if kind is list:
        return [_writable(item) for item in value]
    if kind is float and not math.isfinite(value):
        raise _not_finite(value)
    if kind is int and not -(1 << 63) <= value < 1 << 64:
        return orjson.Fragment(str(value))
    if kind is Decimal:
        return _written(value)
    if kind in SCALARS or value is (known := plain(value)):
        return value
    return _writable(known)


def _not_finite(value: object) -> InputError:
    return InputError(
        "a number is not finite and has no form in JSON",
        found=str(value),
        expected="a finite number",
        advice="Leave it out where it is not known",
    )


def _written(value: Any) -> Any:
    """Return what orjson does not know, in a form that it knows."""
    if type(value) is Decimal:
        if not _is_finite(value):
            raise _not_finite(value)
        is_plain = -_MOST_ZEROS <= int(value.as_tuple().exponent) <= 0
        return orjson.Fragment(format(value, "f") if is_plain else str(value))
    known = plain(value)
    if known is value:
        raise TypeError(f"{type(value)} has no form in JSON")
    return known


def _is_finite(value: Decimal) -> bool:
    """Tell whether a decimal is a number, and no larger than a double can be."""
    return value.is_finite() and math.isfinite(float(value))


def _too_deep(limits: Limits, source: Path | str | None, where: str | None) -> LimitError:
    return LimitError(
        "the document is nested too deeply",
        source=source,
        where=where,
        found=Message("more levels"),
        expected=Message("{count} levels", count=limits.depth),
        limit="depth",
    )


def _oversized(
    problem: str, size: int, limit: str, limits: Limits, source: Path | str | None, where: str | None = None
) -> LimitError:
    found, expected = in_bytes(size), at_most_bytes(getattr(limits, limit))
    return LimitError(problem, source=source, where=where, found=found, expected=expected, limit=limit)


def _first_line(where: str | None) -> int:
    """Return the number of the line that a text of JSON Lines is; 1 of any other text."""
    number = (where or "").removeprefix("line ")
    return int(number) if number.isdecimal() else 1


def _invalid(problem: str, source: Path | str | None, where: str | None) -> DocumentError:
    finding = Finding("schema.invalid", Level.ERROR, "", problem)
    return DocumentError(problem, findings=[finding], source=source, where=where)
