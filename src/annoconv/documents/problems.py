"""What a validator says of one place, and which of it is told: a structural error becomes a JSON pointer and a kind.

- a missing key stands at the object that lacks it, an unknown key at itself, a bad tag at `/type`;
- what the branches of a union say about one value is one finding at that value: their common kind, else `type`;
- a value that is no member of its enumeration is `value`, whatever its type;
- of a value of the wrong type nothing else is said;
- of an array that is too long nothing else is said, of one that is too short that only if its members are right;
- that a key is missing because of another key's value is said of an object in which all else is right;
- one finding for each place, kind and key.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from annoconv.findings import Finding, Level
from annoconv.messages import shortened

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = [
    "INVALID",
    "LENGTH",
    "MESSAGES",
    "PATTERN",
    "RANGE",
    "REQUIRED",
    "TYPE",
    "UNKNOWN",
    "VALUE",
    "Problem",
    "above",
    "settle",
]

REQUIRED, UNKNOWN, TYPE, VALUE = "required", "unknown_key", "type", "value"
PATTERN, RANGE, LENGTH, INVALID = "pattern", "range", "length", "invalid"

MESSAGES: dict[str, tuple[str, str]] = {
    REQUIRED: ("the required key '{key}' is missing", "缺少必需的键 '{key}'"),
    UNKNOWN: (
        "the key '{key}' is not known here; what is your own belongs in 'attributes' or 'extensions'",
        "此处没有名为 '{key}' 的键；自定义内容应放入 'attributes' 或 'extensions'",
    ),
    TYPE: ("the value has the wrong type", "值的类型不正确"),
    VALUE: ("the value is not one of those allowed", "值不在允许范围内"),
    PATTERN: ("the text does not have the required form", "文本不符合规定的格式"),
    RANGE: ("the number is out of range", "数值超出范围"),
    LENGTH: ("the number of members or characters is out of range", "元素或字符的个数超出范围"),
    INVALID: ("the value does not conform to the schema", "值不符合数据模型"),
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
_ABSORBED_BY = {TYPE: (VALUE, "null"), RANGE: (TYPE, "null"), PATTERN: (TYPE, "null"), LENGTH: (TYPE, "null")}
"""What is not said of a value of which the stronger is said: -0.5 is no whole number, that it is below 0 is no news."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong at one place."""

    path: str
    kind: str
    key: str = ""
    expected: str = ""
    is_branch: bool = False
    is_rule: bool = False  # a rule between keys of one object: if this, then that

    def finding(self) -> Finding:
        """Return what is told of it."""
        kind = TYPE if self.kind == "null" else self.kind
        en, zh = _sentences(self.kind, self.key, self.expected)
        return Finding(f"schema.{kind}", Level.ERROR, self.path, en, message_zh=zh)


@lru_cache(maxsize=1024)
def _sentences(kind: str, key: str, expected: str) -> tuple[str, str]:
    key = str(shortened(key))
    en, zh = (text.format(key=key) for text in MESSAGES[kind])
    if expected:
        en += f"; expected {expected}"
        zh += f"；应为 {_TYPE_NAMES_ZH.get(expected, expected.replace(' or ', ' 或 '))}"
    return en, zh


def settle(problems: Iterable[Problem]) -> Iterator[Problem]:
    """Yield each problem once, by the rules of the module."""
    branches: dict[str, set[str]] = {}
    settled: dict[tuple[str, str, str], Problem] = {}
    for problem in problems:
        if problem.is_branch:
            branches.setdefault(problem.path, set()).add(problem.kind)
        else:
            settled.setdefault((problem.path, problem.kind, problem.key), problem)
    for path, kinds in branches.items():
        kind = kinds.pop() if len(kinds) == 1 else TYPE
        settled[path, kind, ""] = Problem(path, kind)
    kept = [
        problem
        for (path, kind, _), problem in settled.items()
        if not any((path, stronger, "") in settled for stronger in _ABSORBED_BY.get(kind, ()))
    ]
    too_long = {each.path for each in kept if each.kind == LENGTH and each.expected.startswith("<=")}
    if too_long:
        kept = [problem for problem in kept if too_long.isdisjoint(above(problem.path))]
    over = _all_above(each.path for each in kept)
    others = {each.path for each in kept if not each.is_rule}
    at_or_above_others = others | _all_above(others)
    for problem in kept:
        if problem.is_rule:
            is_said = problem.path not in at_or_above_others
        else:
            is_said = problem.kind != LENGTH or problem.path not in over
        if is_said:
            yield problem


def above(path: str) -> Iterator[str]:
    """Yield the places that a place lies in, the innermost first."""
    while path:
        path = path.rpartition("/")[0]
        yield path


def _all_above(paths: Iterable[str]) -> set[str]:
    """Return every place in which one of some places lies; each is walked through once."""
    found: set[str] = set()
    for path in paths:
        for place in above(path):
            if place in found:
                break
            found.add(place)
    return found
