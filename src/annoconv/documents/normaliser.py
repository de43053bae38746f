"""One form for the errors of every validator: pydantic, python-jsonschema, jsonschema-rs and ajv say the same.

A structural error becomes a JSON pointer and a kind. The rules:

- a missing key stands at the object that lacks it, an unknown key at itself, a bad tag at `/type`;
- what the branches of a union say about one value is one finding at that value: their common kind, else `type`;
- a value that is no member of its enumeration is `value`, whatever its type;
- of a value of the wrong type nothing else is said;
- of an array that is too long nothing else is said, of one that is too short that only if its members are right;
- that a key is missing because of another key's value is said of an object in which all else is right;
- one finding for each place, kind and key.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast

from annoconv.documents.residuals import pointer
from annoconv.findings import Finding, Level, in_order

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

__all__ = ["Dialect", "normalise"]

Dialect: TypeAlias = Literal["pydantic", "jsonschema", "jsonschema-rs", "ajv"]
Steps: TypeAlias = tuple[str | int, ...]

_REQUIRED, _UNKNOWN, _TYPE, _VALUE = "required", "unknown_key", "type", "value"
_PATTERN, _RANGE, _LENGTH, _INVALID = "pattern", "range", "length", "invalid"

_MESSAGES: dict[str, tuple[str, str]] = {
    _REQUIRED: ("the required key '{key}' is missing", "缺少必需的键 '{key}'"),
    _UNKNOWN: (
        "the key '{key}' is not known here; what is your own belongs in 'attributes' or 'extensions'",
        "此处没有名为 '{key}' 的键；自定义内容应放入 'attributes' 或 'extensions'",
    ),
    _TYPE: ("the value has the wrong type", "值的类型不正确"),
    _VALUE: ("the value is not one of those allowed", "值不在允许范围内"),
    _PATTERN: ("the text does not have the required form", "文本不符合规定的格式"),
    _RANGE: ("the number is out of range", "数值超出范围"),
    _LENGTH: ("the number of members or characters is out of range", "元素或字符的个数超出范围"),
    _INVALID: ("the value does not conform to the schema", "值不符合数据模型"),
    "null": ("null is not allowed; leave the key out instead", "不允许使用 null；没有值时应省略该键"),
}
_TYPE_NAMES_ZH = {
    "string": "字符串",
    "number": "数值",
    "integer": "整数",
    "boolean": "布尔值",
    "array": "数组",
    "object": "对象",
}
_ABSORBED_BY = {_TYPE: (_VALUE, "null"), _RANGE: (_TYPE, "null"), _PATTERN: (_TYPE, "null"), _LENGTH: (_TYPE, "null")}
"""What is not said of a value of which the stronger is said: -0.5 is no whole number, that it is below 0 is no news."""
_SHOWN_VALUES = 12  # an enumeration longer than this is not spelled out in a message


@dataclass(frozen=True, slots=True)
class _Problem:
    path: str
    kind: str
    key: str = ""
    expected: str = ""
    is_branch: bool = False
    is_rule: bool = False  # a rule between keys of one object: if this, then that

    def finding(self) -> Finding:
        kind = _TYPE if self.kind == "null" else self.kind
        en, zh = (text.format(key=self.key) for text in _MESSAGES[self.kind])
        if self.expected:
            en += f"; expected {self.expected}"
            zh += f"；应为 {_TYPE_NAMES_ZH.get(self.expected, self.expected)}"
        return Finding(f"schema.{kind}", Level.ERROR, self.path, en, message_zh=zh)


def normalise(errors: Iterable[Any], dialect: Dialect, *, document: object = None) -> list[Finding]:
    """Return the findings that a validator's errors stand for; the same document gives the same ones in each dialect.

    Parameters
    ----------
    errors
        `ValidationError.errors()` of pydantic, `iter_errors()` of python-jsonschema or jsonschema-rs, or the error
        objects of ajv (`allErrors: true`).
    dialect
        Whose they are.
    document
        What was validated, as JSON values. pydantic's and ajv's errors need it: pydantic's locations name branches of
        unions among the keys, and ajv does not say that a value was null.
    """
    if dialect == "ajv":
        problems = list(_from_ajv(errors, document))
    elif dialect == "pydantic":
        problems = [problem for error in errors for problem in _from_pydantic(error, document)]
    else:
        translate = _from_jsonschema if dialect == "jsonschema" else _from_jsonschema_rs
        problems = [problem for error in errors for problem in translate(error)]
    return in_order(problem.finding() for problem in _settle(problems))


def _settle(problems: Iterable[_Problem]) -> Iterator[_Problem]:
    """Yield each problem once, by the rules of the module."""
    branches: dict[str, set[str]] = {}
    settled: dict[tuple[str, str, str], _Problem] = {}
    for problem in problems:
        if problem.is_branch:
            branches.setdefault(problem.path, set()).add(problem.kind)
        else:
            settled.setdefault((problem.path, problem.kind, problem.key), problem)
    for path, kinds in branches.items():
        kind = kinds.pop() if len(kinds) == 1 else _TYPE
        settled[path, kind, ""] = _Problem(path, kind)
    kept = [
        problem
        for (path, kind, _), problem in settled.items()
        if not any((path, stronger, "") in settled for stronger in _ABSORBED_BY.get(kind, ()))
    ]
    too_long = tuple(f"{each.path}/" for each in kept if each.kind == _LENGTH and each.expected.startswith("<="))
    kept = [problem for problem in kept if not problem.path.startswith(too_long)]
    for problem in kept:
        inside = f"{problem.path}/"
        if problem.is_rule:
            others = (each.path for each in kept if not each.is_rule)
            is_said = not any(path == problem.path or path.startswith(inside) for path in others)
        else:
            is_said = problem.kind != _LENGTH or not any(each.path.startswith(inside) for each in kept)
        if is_said:
            yield problem


# --- pydantic ---------------------------------------------------------------------------------------------------------

_PYDANTIC_KINDS = {
    "missing": _REQUIRED,
    "extra_forbidden": _UNKNOWN,
    "enum": _VALUE,
    "literal_error": _VALUE,
    "string_pattern_mismatch": _PATTERN,
    "datetime_parsing": _PATTERN,
    "datetime_from_date_parsing": _PATTERN,
    "datetime_object_invalid": _PATTERN,
    "timezone_aware": _PATTERN,
    "timezone_offset": _PATTERN,
    "greater_than": _RANGE,
    "greater_than_equal": _RANGE,
    "less_than": _RANGE,
    "less_than_equal": _RANGE,
    "finite_number": _RANGE,
    "too_short": _LENGTH,
    "too_long": _LENGTH,
    "odd_length": _LENGTH,
    "string_too_short": _LENGTH,
    "string_too_long": _LENGTH,
    "int_from_float": _TYPE,
    "int_parsing_size": _RANGE,
}
_PYDANTIC_TYPES = {
    "string": "string",
    "int": "integer",
    "float": "number",
    "decimal": "number",
    "bool": "boolean",
    "list": "array",
    "tuple": "array",
    "dict": "object",
    "model": "object",
    "datetime": "string",
}
_BOUNDS = {"ge": ">= {}", "gt": "> {}", "le": "<= {}", "lt": "< {}", "min_length": ">= {}", "max_length": "<= {}"}


def _from_pydantic(error: Mapping[str, Any], document: object) -> Iterator[_Problem]:
    name, loc = str(error["type"]), tuple(error["loc"])
    context: Mapping[str, Any] = error.get("ctx") or {}
    is_key = loc[-1:] == ("[key]",)
    key = str(loc[-1]) if name in {"missing", "extra_forbidden"} else ""
    steps, is_branch = _locate(loc[:-1] if is_key or name in {"missing", "extra_forbidden"} else loc, document)
    if name == "extra_forbidden":
        steps = (*steps, key)
    if name == "missing_key":
        yield _Problem(pointer(steps), _REQUIRED, str(context["key"]), is_rule=True)
    elif name == "union_tag_not_found":
        yield _Problem(pointer(steps), _REQUIRED, str(context.get("discriminator", "type")).strip("'"))
    elif name == "union_tag_invalid":
        tag = str(context.get("discriminator", "type")).strip("'")
        yield _Problem(pointer((*steps, tag)), _VALUE, "", _shown(_quoted(context.get("expected_tags", ""))))
    else:
        kind, expected = _pydantic_kind(name, context)
        if name == "odd_length":
            expected = f">= {len(error['input']) + 1}"
        if kind == _TYPE and error.get("input") is None:
            kind, expected = "null", ""
        yield _Problem(pointer(steps), kind, key, "" if is_branch else expected, is_branch)


def _pydantic_kind(name: str, context: Mapping[str, Any]) -> tuple[str, str]:
    kind = _PYDANTIC_KINDS.get(name)
    if kind is None:
        stem, _, ending = name.rpartition("_")
        is_type = ending in {"type", "parsing"} or name in {_TYPE, "is_instance_of"}
        if not is_type:
            return (name if name in _MESSAGES else _INVALID), ""
        return _TYPE, _PYDANTIC_TYPES.get(stem.split("_")[0], "")
    if kind == _VALUE:
        return kind, _shown(_quoted(context.get("expected", "")))
    if name == "int_from_float":
        return kind, "integer"
    limits = [form.format(_number(context[bound])) for bound, form in _BOUNDS.items() if context.get(bound) is not None]
    return kind, limits[0] if limits and kind in {_RANGE, _LENGTH} else ""


def _locate(loc: Steps, document: object) -> tuple[Steps, bool]:
    """Return where in the document a location is, and whether it lies in a branch of an untagged union.

    pydantic puts a union's tag, or the name of a branch, between the keys.
    """
    node: Any = document
    steps: Steps = ()
    for position, step in enumerate(loc):
        if position and isinstance(loc[position - 1], int) and isinstance(node, dict) and step == node.get("type"):
            continue
        node = _member(node, step)
        if node is _NOTHING:
            return steps, True
        steps = (*steps, step)
    return steps, False


_NOTHING: Any = object()


def _member(node: Any, step: str | int) -> Any:
    """Return the member of an object or array, or `_NOTHING`; a position may be written as text."""
    if isinstance(node, dict):
        return node.get(step, _NOTHING)
    if isinstance(node, list) and str(step).isdecimal() and int(step) < len(node):
        return node[int(step)]
    return _NOTHING


def _quoted(text: object) -> list[str]:
    return re.findall("'([^']*)'", str(text))


# --- JSON Schema ------------------------------------------------------------------------------------------------------

_KEYWORD_KINDS = {
    "required": _REQUIRED,
    "additionalProperties": _UNKNOWN,
    "unevaluatedProperties": _UNKNOWN,
    "type": _TYPE,
    "enum": _VALUE,
    "const": _VALUE,
    "pattern": _PATTERN,
    "not": _PATTERN,
    "format": _PATTERN,
    "minimum": _RANGE,
    "maximum": _RANGE,
    "exclusiveMinimum": _RANGE,
    "exclusiveMaximum": _RANGE,
    "multipleOf": _RANGE,
    "minLength": _LENGTH,
    "maxLength": _LENGTH,
    "minItems": _LENGTH,
    "maxItems": _LENGTH,
    "minProperties": _LENGTH,
    "maxProperties": _LENGTH,
}
_KEYWORD_BOUNDS = {
    "minimum": ">= {}",
    "maximum": "<= {}",
    "exclusiveMinimum": "> {}",
    "exclusiveMaximum": "< {}",
    "minItems": ">= {}",
    "maxItems": "<= {}",
    "minLength": ">= {}",
    "maxLength": "<= {}",
}
_UNIONS = {"anyOf", "oneOf"}
_CLOSED = {"additionalProperties", "unevaluatedProperties"}


def _from_jsonschema(error: Any) -> Iterator[_Problem]:
    keyword, value, steps = str(error.validator), error.validator_value, tuple(error.absolute_path)
    if "propertyNames" in error.absolute_schema_path:
        yield _Problem(pointer((*steps, error.instance)), _KEYWORD_KINDS.get(keyword, _INVALID))
    elif keyword in _UNIONS:
        kinds = {problem.kind for inner in error.context or () for problem in _settle(_from_jsonschema(inner))}
        yield from _union(steps, kinds, error.instance)
    elif keyword == "required":
        is_rule = _is_rule(error.schema_path) and "properties" not in error.schema  # a $ref is no step of this path
        missing = (key for key in value if key not in error.instance)
        yield from (_Problem(pointer(steps), _REQUIRED, key, is_rule=is_rule) for key in missing)
    elif keyword in _CLOSED:
        known = error.schema.get("properties", {})
        yield from (_Problem(pointer((*steps, key)), _UNKNOWN, key) for key in error.instance if key not in known)
    else:
        yield _keyword(steps, keyword, value, error.instance)


def _from_jsonschema_rs(error: Any) -> Iterator[_Problem]:
    keyword, value, steps = str(error.kind.name), error.kind.value, tuple(error.instance_path)
    if keyword == "propertyNames":
        inner = value
        yield _Problem(pointer((*steps, inner.instance)), _KEYWORD_KINDS.get(str(inner.kind.name), _INVALID))
    elif keyword in _UNIONS:
        inner_errors = [inner for branch in value or () for inner in branch]
        kinds = {problem.kind for inner in inner_errors for problem in _settle(_from_jsonschema_rs(inner))}
        yield from _union(steps, kinds, error.instance)
    elif keyword == "required":
        yield _Problem(pointer(steps), _REQUIRED, str(value), is_rule=_is_rule(error.schema_path))
    elif keyword in _CLOSED:
        yield from (_Problem(pointer((*steps, key)), _UNKNOWN, str(key)) for key in value)
    else:
        yield _keyword(steps, keyword, value, error.instance)


def _from_ajv(errors: Iterable[Mapping[str, Any]], document: object) -> Iterator[_Problem]:
    listed = list(errors)
    unions: dict[str, set[str]] = {error["instancePath"]: set() for error in listed if error["keyword"] in _UNIONS}
    for error in listed:
        path, keyword = str(error["instancePath"]), str(error["keyword"])
        union = next((node for node in unions if path == node or path.startswith(f"{node}/")), None)
        if union is None:
            yield from _from_one_ajv(error, keyword, document)
        elif keyword not in _UNIONS:
            unions[union].add(_KEYWORD_KINDS.get(keyword, _INVALID))
    for path, kinds in unions.items():
        yield from _union(_steps(path), kinds, _at(document, _steps(path)))


def _from_one_ajv(error: Mapping[str, Any], keyword: str, document: object) -> Iterator[_Problem]:
    params: Mapping[str, Any] = error.get("params") or {}
    steps = _steps(str(error["instancePath"]))
    if keyword in {"if", "propertyNames"}:
        return  # what lies inside says it too
    if "propertyName" in error:
        yield _Problem(pointer((*steps, str(error["propertyName"]))), _KEYWORD_KINDS.get(keyword, _INVALID))
    elif keyword == "required":
        is_rule = _is_rule(str(error.get("schemaPath", "")).split("/"))
        yield _Problem(pointer(steps), _REQUIRED, str(params["missingProperty"]), is_rule=is_rule)
    elif keyword in _CLOSED:
        key = str(params.get("additionalProperty", params.get("unevaluatedProperty")))
        yield _Problem(pointer((*steps, key)), _UNKNOWN, key)
    else:
        names = ("limit", "type", "allowedValues", "allowedValue")
        value = next((params[name] for name in names if name in params), None)
        yield _keyword(steps, keyword, value, _at(document, steps))


def _is_rule(schema_path: Iterable[str | int]) -> bool:
    """Tell whether a missing key is one that another key's value asks for."""
    return list(schema_path)[-2:] == ["then", "required"]


def _keyword(steps: Steps, keyword: str, value: object, instance: object) -> _Problem:
    """Return what a keyword that looks at one value says."""
    kind = _KEYWORD_KINDS.get(keyword, _INVALID)
    expected = ""
    if instance is None and kind == _TYPE:
        kind = "null"
    elif kind == _TYPE:
        names = cast("list[object]", value) if isinstance(value, list) else [value]
        expected = str(names[0]) if len(names) == 1 else ""  # pydantic does not name the members of a union
    elif kind == _VALUE:
        expected = _shown(map(str, cast("list[object]", value) if isinstance(value, list) else [value]))
    elif keyword in _KEYWORD_BOUNDS:
        expected = _KEYWORD_BOUNDS[keyword].format(_number(value))
    return _Problem(pointer(steps), kind, "", expected)


def _union(steps: Steps, kinds: Iterable[str], instance: object) -> Iterator[_Problem]:
    for kind in {"null"} if instance is None else set(kinds) or {_TYPE}:
        yield _Problem(pointer(steps), kind, is_branch=True)


def _steps(path: str) -> tuple[str, ...]:
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in path.split("/")[1:])


def _at(document: object, steps: Iterable[str]) -> object:
    """Return the value at a place, or a value that is not null where the place cannot be found."""
    node: Any = document
    for step in steps:
        node = _member(node, step)
    return node


def _shown(values: Iterable[str]) -> str:
    listed = sorted(values)
    return ", ".join(listed) if len(listed) <= _SHOWN_VALUES else ""


def _number(value: object) -> str:
    """Write a bound alike whether it came as 0, 0.0 or Decimal("0")."""
    return f"{float(cast('float', value)):.17g}"
