"""Whether a document conforms, and what is wrong with it, in bounded memory: a large one is checked in pieces.

pydantic holds the whole tree of a text, and then every error in it, with some two kilobytes each. Of a document above
`LARGE`, the members of its lists are therefore read some at a time, and the typed list is put together of them. Of one
member that is large itself, only the first fault of each list in it is told.

Members that a parser made are typed as they are, by the schema of JSON, and turned into text again only if one is
wrong: what is read is the same, at half of the cost.
"""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

import orjson
from pydantic import BaseModel, ValidationError
from pydantic_core import SchemaValidator

from annoconv.errors import DocumentError
from annoconv.findings import Finding, Level, in_order
from annoconv.messages import Message

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from annoconv.limits import Limits

__all__ = ["check_sizes", "conforming", "typed_members"]

LARGE: Final = 1 << 17
"""Bytes of a text of which the whole tree, or every error, may be held at once."""
_PIECE: Final = 1 << 15
"""Bytes of the members of a list that are read at a time: if all are wrong, pydantic takes a hundred times that."""
_TOGETHER: Final = 200
"""Members of a list that are typed at a time."""

Model = TypeVar("Model", bound=BaseModel)


def check_sizes(data: bytes, limits: Limits, *, source: Path | str | None = None, where: str | None = None) -> None:
    """Raise LimitError if an object has too many keys, or a list in an annotation or its like too many members."""
    if data.count(b":") > limits.keys or data.count(b",") >= limits.members:
        from annoconv.documents import sizes  # numpy, which most documents need not

        sizes.check_sizes(data, limits, source=source, where=where)


def conforming(
    data: bytes | None,
    document: object,
    model: type[Model],
    limits: Limits,
    *,
    source: Path | str | None,
    where: str | None,
    is_spent: bool = False,
    is_plain: bool = False,
) -> Model:
    """Return the typed document of a JSON text that has been looked at.

    Parameters
    ----------
    data
        The text; None if it is large, since only pieces of its value are looked at then.
    document
        Its value.
    model
        Its class.
    limits
        Bounds on the findings that an error holds.
    source, where
        What messages call the text: its file, and the line in it.
    is_spent
        Whether nobody asks for the value any more, of which members that conform can be let go.
    is_plain
        Whether the value holds what a parser of JSON makes, and nothing else.

    Raises
    ------
    DocumentError
        If it does not conform to the model.
    """
    if data is None or len(data) > LARGE:
        typed, findings, count = _in_pieces(document, model, limits.findings, is_spent=is_spent, is_plain=is_plain)
    else:
        typed, error = _validated(model.__pydantic_validator__, data)
        findings = _findings(error, document) if error else []
        count = len(findings)
    if count:
        problem = _told(count, len(findings))
        if count > len(findings):
            findings.insert(0, Finding("schema.invalid", Level.ERROR, "", problem))
        raise DocumentError(problem, findings=findings, source=source, where=where)
    return cast("Model", typed)


def _told(count: int, listed: int) -> Message:
    if count == 1:
        return Message("the document does not conform to the schema in 1 place")
    problem = Message("the document does not conform to the schema in {count} places", count=count)
    if listed < count:
        return Message("{problem}, of which {listed} are told (--limit findings)", problem=problem, listed=listed)
    return problem


def _in_pieces(
    document: Any, model: type[BaseModel], most: int, *, is_spent: bool, is_plain: bool
) -> tuple[Any, list[Finding], int]:
    """Return the typed document; or the first `most` of its findings, in order, and how many there are.

    Beyond `most` each error of pydantic counts as one.
    """
    findings: list[Finding] = []
    count = 0
    is_sorted = True
    typed: Any = None
    for key, start, part, error in _parts(document, model, is_spent=is_spent, is_plain=is_plain):
        if key is None:
            typed = part
        elif part is not None and typed is not None:
            getattr(typed, key).extend(part)
        if error is not None and count < most:
            found = _findings(error, document, () if key is None else (key, start))
            is_sorted = is_sorted and not (findings and found and not findings[-1] < found[0])
            findings += found
            count += len(found)
        elif error is not None:
            count += error.error_count()
    return typed, (findings if is_sorted else in_order(findings))[:most], count


def _parts(
    document: Any, model: type[BaseModel], *, is_spent: bool, is_plain: bool
) -> Iterator[tuple[str | None, int, Any, ValidationError | None]]:
    """Yield the document without its lists and then pieces of each, typed or with their errors, and where these begin.

    A list that may not be empty stays where it is.
    """
    keys: dict[str, Any] = document if isinstance(document, dict) else {}
    lists = {key: value for key, value in keys.items() if type(value) is list and key in model.model_fields}
    lists = {key: value for key, value in lists.items() if _may_be_empty(model, key, of_values=is_plain)}
    yield None, 0, *_read(model, None, _text(keys | {key: [] for key in lists} if lists else document))
    for key, members in lists.items():
        for start in range(0, len(members), _TOGETHER):
            some = members[start : start + _TOGETHER]
            typed = typed_members(model, key, some) if is_plain else None
            if typed is not None:
                yield key, start, typed, None
            for place, piece in _pieces(some) if typed is None else ():
                yield key, start + place, *_read(model, key, piece)
            if is_spent and typed is not None:
                members[start : start + len(typed)] = [None] * len(typed)


def _may_be_empty(model: type[BaseModel], key: str, *, of_values: bool) -> bool:
    return (typed_members(model, key, []) if of_values else _read(model, key, b"[]")[0]) is not None


def typed_members(model: type[BaseModel], key: str, members: list[Any]) -> Any:
    """Return members of a list of a document, as a parser made them, typed; None if one does not conform."""
    try:
        return _validator_of(model, key, of_values=True, is_stopping=True).validate_python(members)
    except (ValidationError, OverflowError):  # a whole number that is no float
        return None


@cache
def _validator_of(model: type[BaseModel], key: str | None, *, of_values: bool, is_stopping: bool) -> SchemaValidator:
    """Return what validates a model or a field of it: texts, or values of texts as if they were these.

    One that is `is_stopping` tells the first fault of each list.
    """
    model.model_rebuild()
    whole: Any = model.__pydantic_core_schema__
    found, definitions = (whole["schema"], whole["definitions"]) if whole["type"] == "definitions" else (whole, [])
    if key is not None:
        while found["type"] == "definition-ref":
            found = next(each for each in definitions if each["ref"] == found["schema_ref"])
        found = found["schema"]["fields"][key]["schema"]
    schema: Any = {"type": "definitions", "schema": found, "definitions": definitions}
    schema = _of_json(schema) if of_values else schema
    # What classes within have already been built for is Python, whose null stands for what is absent.
    return SchemaValidator(_with_stops(schema) if is_stopping else schema, _use_prebuilt=False)


def _of_json(schema: Any) -> Any:
    """Return a schema of pydantic's that takes of values what it takes of JSON."""
    if isinstance(schema, dict):
        is_choice = schema.get("type") == "json-or-python"
        return _of_json(schema["json_schema"]) if is_choice else {key: _of_json(each) for key, each in schema.items()}
    return [*map(_of_json, schema)] if isinstance(schema, list) else schema


def _findings(error: ValidationError, document: object, within: tuple[str, int] | tuple[()] = ()) -> list[Finding]:
    """Return what pydantic says of a document, or of the piece of a list of it that begins somewhere."""
    from annoconv.documents.normaliser import normalise

    errors: Iterable[Any] = error.errors(include_url=False)
    if within:
        key, start = within
        errors = ({**each, "loc": (key, start + int(each["loc"][0]), *each["loc"][1:])} for each in errors)
    return normalise(errors, "pydantic", document=document)


def _pieces(members: list[Any]) -> Iterator[tuple[int, bytes]]:
    """Yield texts of some members each, none large unless one member alone is, and where each begins."""
    start, count = 0, 1
    while start < len(members):
        text = _text(members[start : start + count])
        if len(text) > _PIECE and count > 1:
            count //= 2
            continue
        yield start, text
        start += count
        count = max(min(2 * count, count * _PIECE // len(text)), 1)


def _read(model: type[BaseModel], key: str | None, text: bytes) -> tuple[Any, ValidationError | None]:
    is_large = len(text) > LARGE
    is_whole = key is None and not is_large
    of_key = (
        model.__pydantic_validator__ if is_whole else _validator_of(model, key, of_values=False, is_stopping=is_large)
    )
    return _validated(of_key, text)


def _validated(validator: Any, text: bytes) -> tuple[Any, ValidationError | None]:
    try:
        return validator.validate_json(text), None
    except ValidationError as error:
        return None, error


def _text(value: Any) -> bytes:
    try:
        return orjson.dumps(value)
    except TypeError:  # a whole number beyond 64 bits
        return json.dumps(value, ensure_ascii=False).encode()


def _with_stops(schema: Any) -> Any:
    """Return a schema of pydantic's with `fail_fast` in each list."""
    if isinstance(schema, dict):
        stopping = {key: _with_stops(value) for key, value in schema.items()}
        return stopping | {"fail_fast": True} if schema.get("type") == "list" else stopping
    return [_with_stops(value) for value in schema] if isinstance(schema, list) else schema
