"""The grammar of FHIRPath (HL7 FHIRPath 2.0.0, appendix B): a text becomes a tree.

A tree is a tuple whose first member names it: `("text", "a")`, `("number", "1.5")`, `("name", "code")`, `("call",
"where", argument, ...)`, `("step", tree, tree)`, `("at", tree, index)`, `("this",)`, `("variable", "resource")`,
`("empty",)`, `("minus", tree)`, `("type", operator, tree, name)` and `(operator, left, right)`. Dates, quantities and
comments are left out: no definition of HL7's has one.
"""

from __future__ import annotations

import re
from typing import Any, Final, TypeAlias

__all__ = ["GrammarError", "Tree", "parse"]

Tree: TypeAlias = tuple[Any, ...]

_TOKEN: Final = re.compile(
    r"""\s*(?:
    (?P<text>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")
  | (?P<number>[0-9]+(?:\.[0-9]+)?)
  | (?P<variable>%(?:[A-Za-z_][A-Za-z0-9_-]*|`[^`]+`))
  | (?P<this>\$[a-z]+)
  | (?P<name>[A-Za-z_][A-Za-z0-9_]*|`[^`]+`)
  | (?P<sign><=|>=|!=|!~|[-+*/&|<>=~.,()\[\]{}])
    )""",
    re.VERBOSE,
)
_LEVELS: Final = (
    ("implies",),
    ("or", "xor"),
    ("and",),
    ("in", "contains"),
    ("=", "~", "!=", "!~"),
    ("<=", "<", ">", ">="),
    ("|",),
    ("is", "as"),
    ("+", "-", "&"),
    ("*", "/", "div", "mod"),
)
"""Operators of two sides, those that bind least first."""
_BINDS: Final = {sign: level for level, signs in enumerate(_LEVELS) for sign in signs}
_ESCAPES: Final = {"n": "\n", "r": "\r", "t": "\t", "f": "\f"}


class GrammarError(ValueError):
    """A text is no FHIRPath, or uses what is left out here."""


def parse(text: str) -> Tree:
    """Return the tree of an expression."""
    tokens = _Tokens(text)
    tree = _expression(tokens, 0)
    if tokens.next:
        raise GrammarError(f"{tokens.next!r} is too much in {text!r}")
    return tree


class _Tokens:
    """What is left of a text; `next` is empty at its end."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.kind, self.next, self._place = "", "", 0
        self.take()

    def take(self, wanted: str = "") -> str:
        """Return the token that is next, and go on."""
        taken = self.next
        if wanted and taken != wanted:
            raise GrammarError(f"{wanted!r} is missing in {self.text!r}")
        found = _TOKEN.match(self.text, self._place)
        if found is not None:
            self.kind, self.next, self._place = found.lastgroup or "", found[found.lastgroup or 0], found.end()
        elif self.text[self._place :].strip():
            raise GrammarError(f"no FHIRPath: {self.text!r}")
        else:
            self.kind, self.next = "", ""
        return taken


def _expression(tokens: _Tokens, level: int) -> Tree:
    tree = _unary(tokens)
    while tokens.kind in {"name", "sign"} and _BINDS.get(tokens.next, -1) >= level:
        sign = tokens.take()
        if sign in {"is", "as"}:
            tree = ("type", sign, tree, _type_name(tokens))
        else:
            tree = (sign, tree, _expression(tokens, _BINDS[sign] + 1))
    return tree


def _unary(tokens: _Tokens) -> Tree:
    if tokens.next in {"+", "-"} and tokens.kind == "sign":
        sign = tokens.take()
        return ("minus", _unary(tokens)) if sign == "-" else _unary(tokens)
    tree = _term(tokens)
    while tokens.next in {".", "["} and tokens.kind == "sign":
        if tokens.take() == ".":
            tree = ("step", tree, _term(tokens))
        else:
            tree = ("at", tree, _expression(tokens, 0))
            tokens.take("]")
    return tree


def _term(tokens: _Tokens) -> Tree:
    kind = tokens.kind
    taken = tokens.take()
    if kind == "text":
        return ("text", re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[1]), taken[1:-1]))
    if kind == "number":
        return ("number", taken)
    if kind == "variable":
        return ("variable", taken[1:].strip("`"))
    if taken == "$this":
        return ("this",)
    if taken == "(":
        tree = _expression(tokens, 0)
        tokens.take(")")
        return tree
    if taken == "{":
        tokens.take("}")
        return ("empty",)
    if kind != "name":
        raise GrammarError(f"{taken!r} stands where a term should in {tokens.text!r}")
    if tokens.next != "(":
        return ("truth", taken) if taken in {"true", "false"} else ("name", taken.strip("`"))
    return ("call", taken, *_arguments(tokens))


def _arguments(tokens: _Tokens) -> list[Tree]:
    tokens.take("(")
    arguments: list[Tree] = []
    while tokens.next != ")":
        arguments.append(_expression(tokens, 0))
        if tokens.next != ")":
            tokens.take(",")
    tokens.take(")")
    return arguments


def _type_name(tokens: _Tokens) -> str:
    name = tokens.take()
    while tokens.next == ".":
        tokens.take()
        name = tokens.take()
    return name.strip("`")
