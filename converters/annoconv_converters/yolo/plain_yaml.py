"""The part of YAML in which data sets are described: scalars, lists and mappings, in blocks or in brackets.

No anchors, tags or block scalars. A member is read only when it is asked for, so that what a file holds beside is never
parsed. YAML itself is no dependency of ours, and its Python parser is too slow for a file from outside.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from annoconv.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["PlainYaml"]

_MEMBER: Final = re.compile(r"^(['\"]?)([A-Za-z_][A-Za-z0-9_-]*)\1[ \t]*:(?=\s|$)", re.MULTILINE)
_COMMENT: Final = re.compile(r"(^|\s)#.*")
_QUOTED: Final = re.compile(r'"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\n]|\'\')*\'')
_FLOW: Final = re.compile(
    r"\s+|(?P<comment>#[^\n]*)|(?P<mark>[\[\]{},])|(?P<quoted>" + _QUOTED.pattern + r")|(?P<colon>:(?=[\s\[{]|$))"
    r"|(?P<plain>(?:[^\s,\[\]{}:#]|(?<=\S)#|:(?![\s\[{]|$)|[ \t]+(?=[^\s,\[\]{}:#]))+)"
)
_ITEM: Final = re.compile(r"-(?:\s+(?P<value>.*))?")
_PAIR: Final = re.compile(r"(?P<key>" + _QUOTED.pattern + r"|[^\s:#\[\]{}][^:#]*?)\s*:(?:\s+(?P<value>.*))?")
_DEEPEST: Final = 8


class PlainYaml:
    """The members of a mapping.

    Parameters
    ----------
    text
        Of the file.
    path
        For messages.
    """

    def __init__(self, text: str, path: Path) -> None:
        self._path = path
        found = list(_MEMBER.finditer(text))
        ends = [*(match.start() for match in found[1:]), len(text)]
        self._members = {match[2]: text[match.end() : end] for match, end in zip(found, ends, strict=False)}

    def get(self, name: str) -> Any:
        """Return a text, a list or a mapping of texts; None if there is no such member.

        Raises
        ------
        InputError
            If it is none of these.
        """
        text = self._members.get(name)
        if text is None:
            return None
        try:
            return _value(text, 0)
        except ValueError as error:
            raise InputError("the member cannot be understood", source=self._path, where=name) from error


def _value(text: str, depth: int) -> Any:
    if depth > _DEEPEST:
        raise ValueError
    stripped = text.strip()
    if stripped[:1] in {"[", "{"}:
        return _flow(stripped)
    lines = [line for line in map(_uncommented, text.splitlines()) if line.strip()]
    if not lines:
        return ""
    first = lines[0].strip()
    if _ITEM.fullmatch(first):
        return _items(lines, depth)
    if _PAIR.fullmatch(first):
        return _pairs(lines, depth)
    if len(lines) > 1:
        raise ValueError
    return _scalar(first)


def _uncommented(line: str) -> str:
    quoted = _QUOTED.search(line)
    start = quoted.end() if quoted and "#" not in line[: quoted.start()] else 0
    return line[:start] + _COMMENT.sub("", line[start:])


def _blocks(lines: list[str]) -> list[list[str]]:
    """Return lines together with those that are indented below them."""
    indent = len(lines[0]) - len(lines[0].lstrip())
    blocks: list[list[str]] = []
    for line in lines:
        here = len(line) - len(line.lstrip())
        is_item = line.lstrip().startswith("-") and not blocks[0][0].lstrip().startswith("-") if blocks else False
        if here == indent and not is_item:
            blocks.append([line])
        elif here >= indent and blocks:
            blocks[-1].append(line)
        else:
            raise ValueError
    return blocks


def _items(lines: list[str], depth: int) -> list[Any]:
    items: list[Any] = []
    for block in _blocks(lines):
        found = _ITEM.fullmatch(block[0].strip())
        if found is None:
            raise ValueError
        items.append(_inner(found["value"], block, depth))
    return items


def _pairs(lines: list[str], depth: int) -> dict[str, Any]:
    pairs: dict[str, Any] = {}
    for block in _blocks(lines):
        found = _PAIR.fullmatch(block[0].strip())
        if found is None:
            raise ValueError
        pairs[_scalar(found["key"])] = _inner(found["value"], block, depth)
    return pairs


def _inner(value: str | None, block: list[str], depth: int) -> Any:
    if value and value.lstrip()[:1] in {"[", "{"}:
        return _flow("\n".join([value, *block[1:]]))
    if value and len(block) == 1:
        return _scalar(value.strip())
    if value:
        raise ValueError
    return _value("\n".join(block[1:]), depth + 1)


def _flow(text: str) -> Any:
    """Return a list or a mapping in brackets."""
    stack: list[tuple[str, list[Any]]] = [("", [])]
    at = 0
    while at < len(text):
        found = _FLOW.match(text, at)
        if found is None:
            raise ValueError
        at = found.end()
        mark = found["mark"]
        if mark in {"[", "{"}:
            stack.append((mark, []))
            if len(stack) > _DEEPEST:
                raise ValueError
        elif mark in {"]", "}"}:
            opened, held = stack.pop()
            if opened + mark not in {"[]", "{}"}:
                raise ValueError
            stack[-1][1].append(held if opened == "[" else dict(zip(held[::2], held[1::2], strict=True)))
        elif found["quoted"] or found["plain"]:
            stack[-1][1].append(_scalar(found[0].strip()))
        if len(stack) == 1 and stack[0][1]:
            break
    if len(stack) != 1 or not stack[0][1]:
        raise ValueError
    return stack[0][1][0]


def _unescaped(found: re.Match[str]) -> str:
    return chr(int(found[1], 16)) if found[1] and int(found[1], 16) < 0x110000 else found[2] or ""


def _scalar(text: str) -> str:
    if len(text) > 1 and text[0] == text[-1] == "'":
        return text[1:-1].replace("''", "'")
    if len(text) > 1 and text[0] == text[-1] == '"':
        return re.sub(r"\\(?:U([0-9A-Fa-f]{8})|(.))", _unescaped, text[1:-1])
    return text
