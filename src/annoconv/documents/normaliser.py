"""One form for the errors of every validator: pydantic, python-jsonschema, jsonschema-rs and ajv say the same.

What is told of each place stands in `annoconv.documents.problems`.
"""

from __future__ import annotations

from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from annoconv.documents.problems import (
    INVALID,
    KINDS,
    LENGTH,
    PATTERN,
    RANGE,
    REQUIRED,
    TYPE,
    UNKNOWN,
    VALUE,
    Problem,
    above,
    findings_of,
    settle,
)
from annoconv.documents.residuals import pointer, steps_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from annoconv.findings import Finding

__all__ = ["Dialect", "normalise"]

Dialect: TypeAlias = Literal["pydantic", "jsonschema", "jsonschema-rs", "ajv"]
Steps: TypeAlias = tuple[str | int, ...]


def normalise(
    errors: Iterable[Any],
    dialect: Dialect,
    *,
    document: object = None,
    is_of_schema: bool = True,
    root: str | None = None,
) -> list[Finding]:
    """Return the findings that a validator's errors stand for; the same document gives the same ones in each dialect.

    Parameters
    ----------
    errors
        `ValidationError.errors()` of pydantic, `iter_errors()` of python-jsonschema or jsonschema-rs, or the error
        objects of ajv (`allErrors: true`).
    dialect
        Whose they are.
    document
        What was validated, as JSON values. All but python-jsonschema's errors need it: pydantic's locations name
        branches of unions among the keys, ajv does not say that a value was null, jsonschema-rs leaves out empty keys.
    is_of_schema
        Whether the published schema says what the document has to be, so that it tells what was expected.
    root
        Class that the document is of; if None, its keys tell.
    """
    if dialect == "ajv":
        problems = list(_from_ajv(errors, document))
    elif dialect == "pydantic":
        place_of = lru_cache(maxsize=64)(partial(_located, document))  # errors in one object follow one another
        problems = [_from_pydantic(error, place_of) for error in errors]
    elif dialect == "jsonschema":
        problems = [problem for error in errors for problem in _from_jsonschema(error)]
    else:
        problems = [problem for error in errors for problem in _from_jsonschema_rs(error, document)]
    return findings_of(problems, document, is_of_schema=is_of_schema, root=root)


# --- pydantic ---------------------------------------------------------------------------------------------------------

_PYDANTIC_KINDS = {
    "missing": REQUIRED,
    "extra_forbidden": UNKNOWN,
    "enum": VALUE,
    "literal_error": VALUE,
    "string_pattern_mismatch": PATTERN,
    "datetime_parsing": PATTERN,
    "datetime_from_date_parsing": PATTERN,
    "datetime_object_invalid": PATTERN,
    "timezone_aware": PATTERN,
    "timezone_offset": PATTERN,
    "greater_than": RANGE,
    "greater_than_equal": RANGE,
    "less_than": RANGE,
    "less_than_equal": RANGE,
    "finite_number": RANGE,
    "too_short": LENGTH,
    "too_long": LENGTH,
    "odd_length": LENGTH,
    "string_too_short": LENGTH,
    "string_too_long": LENGTH,
    "int_from_float": TYPE,
    "int_parsing_size": RANGE,
}
_TOO_LONG = {"too_long", "string_too_long", "maxItems", "maxLength", "maxProperties"}


def _from_pydantic(error: Mapping[str, Any], place_of: Callable[[Steps], tuple[str, bool]]) -> Problem:
    name, loc = str(error["type"]), tuple(error["loc"])
    context: Mapping[str, Any] = error.get("ctx") or {}
    if name in {"missing", "extra_forbidden"}:
        key = str(loc[-1])
        path, is_branch = place_of(loc[:-1])
        path = path + pointer((key,)) if name == "extra_forbidden" else path
        return Problem(path, _PYDANTIC_KINDS[name], key, is_branch)
    path, is_branch = place_of(loc[:-1] if loc[-1:] == ("[key]",) else loc)
    if name == "missing_key":
        return Problem(path, REQUIRED, str(context["key"]), is_rule=True)
    if name == "union_tag_not_found":
        return Problem(path, REQUIRED, str(context.get("discriminator", "type")).strip("'"))
    if name == "union_tag_invalid":
        tag = str(context.get("discriminator", "type")).strip("'")
        return Problem(path + pointer((tag,)), VALUE)
    kind = _pydantic_kind(name)
    kind = "null" if kind == TYPE and error.get("input") is None else kind
    return Problem(path, kind, "", is_branch, is_too_long=name in _TOO_LONG)


def _pydantic_kind(name: str) -> str:
    kind = _PYDANTIC_KINDS.get(name)
    if kind is not None:
        return kind
    is_type = name.rpartition("_")[2] in {"type", "parsing"} or name in {TYPE, "is_instance_of"}
    return TYPE if is_type else name if name in KINDS else INVALID


def _located(document: object, loc: Steps) -> tuple[str, bool]:
    """Return the pointer to a location in the document, and whether it lies in a branch of an untagged union.

    pydantic puts a union's tag, or the name of a branch, between the keys.
    """
    node: Any = document
    steps: Steps = ()
    for position, step in enumerate(loc):
        if position and isinstance(loc[position - 1], int) and isinstance(node, dict) and step == node.get("type"):
            continue
        node = _member(node, step)
        if node is _NOTHING:
            return pointer(steps), True
        steps = (*steps, step)
    return pointer(steps), False


_NOTHING: Any = object()


def _member(node: Any, step: str | int) -> Any:
    """Return the member of an object or array, or `_NOTHING`; a position may be written as text."""
    if isinstance(node, dict):
        return node.get(step, _NOTHING)
    if isinstance(node, list) and str(step).isdecimal() and int(step) < len(node):
        return node[int(step)]
    return _NOTHING


# --- JSON Schema ------------------------------------------------------------------------------------------------------

_KEYWORD_KINDS = {
    "required": REQUIRED,
    "additionalProperties": UNKNOWN,
    "unevaluatedProperties": UNKNOWN,
    "type": TYPE,
    "enum": VALUE,
    "const": VALUE,
    "pattern": PATTERN,
    "not": PATTERN,
    "format": PATTERN,
    "minimum": RANGE,
    "maximum": RANGE,
    "exclusiveMinimum": RANGE,
    "exclusiveMaximum": RANGE,
    "multipleOf": RANGE,
    "minLength": LENGTH,
    "maxLength": LENGTH,
    "minItems": LENGTH,
    "maxItems": LENGTH,
    "minProperties": LENGTH,
    "maxProperties": LENGTH,
}
_UNIONS = {"anyOf", "oneOf"}
_CLOSED = {"additionalProperties", "unevaluatedProperties"}


def _from_jsonschema(error: Any) -> Iterator[Problem]:
    keyword, value, steps = str(error.validator), error.validator_value, tuple(error.absolute_path)
    if "propertyNames" in error.absolute_schema_path:
        yield Problem(pointer((*steps, error.instance)), _KEYWORD_KINDS.get(keyword, INVALID))
    elif keyword in _UNIONS:
        kinds = {problem.kind for inner in error.context or () for problem in settle(_from_jsonschema(inner))}
        yield from _union(steps, kinds, error.instance)
    elif keyword == "required":
        is_rule = _is_rule(error.schema_path) and "properties" not in error.schema  # a $ref is no step of this path
        missing = (key for key in value if key not in error.instance)
        yield from (Problem(pointer(steps), REQUIRED, key, is_rule=is_rule) for key in missing)
    elif keyword in _CLOSED:
        known = error.schema.get("properties", {})
        yield from (Problem(pointer((*steps, key)), UNKNOWN, key) for key in error.instance if key not in known)
    else:
        yield _keyword(steps, keyword, error.instance)


def _from_jsonschema_rs(error: Any, document: object) -> Iterator[Problem]:
    keyword, value = str(error.kind.name), error.kind.value
    steps = _with_empty_keys(tuple(error.instance_path), error.instance, document)
    if keyword == "propertyNames":
        inner = value
        yield Problem(pointer((*steps, inner.instance)), _KEYWORD_KINDS.get(str(inner.kind.name), INVALID))
    elif keyword in _UNIONS:
        inner_errors = [inner for branch in value or () for inner in branch]
        kinds = {problem.kind for inner in inner_errors for problem in settle(_from_jsonschema_rs(inner, None))}
        yield from _union(steps, kinds, error.instance)
    elif keyword == "required":
        yield Problem(pointer(steps), REQUIRED, str(value), is_rule=_is_rule(error.schema_path))
    elif keyword in _CLOSED:
        yield from (Problem(pointer((*steps, key)), UNKNOWN, str(key)) for key in value)
    else:
        yield _keyword(steps, keyword, error.instance)


def _with_empty_keys(steps: Steps, instance: object, node: object) -> Steps:
    """Return where a value is in a node with the empty keys on the way to it, which jsonschema-rs leaves out."""
    inner = _member(node, "")
    if inner is not _NOTHING and (_member(node, steps[0]) is _NOTHING if steps else node != instance):
        return ("", *_with_empty_keys(steps, instance, inner))
    return (steps[0], *_with_empty_keys(steps[1:], instance, _member(node, steps[0]))) if steps else ()


def _from_ajv(errors: Iterable[Mapping[str, Any]], document: object) -> Iterator[Problem]:
    listed = list(errors)
    unions: dict[str, set[str]] = {error["instancePath"]: set() for error in listed if error["keyword"] in _UNIONS}
    places = {path: position for position, path in enumerate(unions)}
    for error in listed:
        path, keyword = str(error["instancePath"]), str(error["keyword"])
        within = [node for node in (path, *above(path)) if node in places]
        union = min(within, key=places.__getitem__, default=None)
        if union is None:
            yield from _from_one_ajv(error, keyword, document)
        elif keyword not in _UNIONS:
            unions[union].add(_KEYWORD_KINDS.get(keyword, INVALID))
    for path, kinds in unions.items():
        yield from _union(steps_of(path), kinds, _at(document, steps_of(path)))


def _from_one_ajv(error: Mapping[str, Any], keyword: str, document: object) -> Iterator[Problem]:
    params: Mapping[str, Any] = error.get("params") or {}
    steps = steps_of(str(error["instancePath"]))
    if keyword in {"if", "propertyNames"}:
        return  # what lies inside says it too
    if "propertyName" in error:
        yield Problem(pointer((*steps, str(error["propertyName"]))), _KEYWORD_KINDS.get(keyword, INVALID))
    elif keyword == "required":
        is_rule = _is_rule(str(error.get("schemaPath", "")).split("/"))
        yield Problem(pointer(steps), REQUIRED, str(params["missingProperty"]), is_rule=is_rule)
    elif keyword in _CLOSED:
        key = str(params.get("additionalProperty", params.get("unevaluatedProperty")))
        yield Problem(pointer((*steps, key)), UNKNOWN, key)
    else:
        yield _keyword(steps, keyword, _at(document, steps))


def _is_rule(schema_path: Iterable[str | int]) -> bool:
    """Tell whether a key is asked for by another key's value."""
    return list(schema_path)[-2:] == ["then", "required"]


def _keyword(steps: Steps, keyword: str, instance: object) -> Problem:
    """Return what a keyword that looks at one value says."""
    kind = _KEYWORD_KINDS.get(keyword, INVALID)
    kind = "null" if instance is None and kind == TYPE else kind
    return Problem(pointer(steps), kind, is_too_long=keyword in _TOO_LONG)


def _union(steps: Steps, kinds: Iterable[str], instance: object) -> Iterator[Problem]:
    for kind in {"null"} if instance is None else set(kinds) or {TYPE}:
        yield Problem(pointer(steps), kind, is_branch=True)


def _at(document: object, steps: Iterable[str]) -> object:
    """Return the value at a place, or a value that is not null where the place cannot be found."""
    node: Any = document
    for step in steps:
        node = _member(node, step)
    return node
