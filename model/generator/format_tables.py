"""The tables of formats in the READMEs and the documentation: from the registry, and the first table of each page.

A page `docs/formats/<format>.md` begins with a table of two columns that says what belongs to the format alone: the
rows `carries by itself`, the same in Chinese, `one case is` where the format is written, and `private carrier`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from annoconv import registry
from model.generator.ir import GenerationError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["Row", "print_format_tables", "rows"]

BEGIN, END = "<!-- formats: made by `make generate` -->\n", "<!-- end of formats -->\n"
CARRIES, CARRIES_ZH, CASE, CARRIER = "carries by itself", "格式本身可容纳的内容", "one case is", "private carrier"


@dataclass(frozen=True)
class Row:
    """A format as a table has it."""

    name: str
    title: str
    reads: bool
    writes: bool
    facts: dict[str, str]
    """The page's first table: left column to right."""


def rows(root: Path) -> list[Row]:
    """Return the formats of this distribution, by name."""
    ours = {
        each.format
        for each in registry.converters().values()
        if each.entry_point.module.startswith("annoconv_converters.")
    }
    return [_row(each, root) for each in registry.formats() if each.name in ours]


def print_format_tables(root: Path) -> dict[str, str]:
    """Return each page that has such a table, with the table made anew, by its path below `root`."""
    found = rows(root)
    return {name: _replace(root, name, head, [cells(row) for row in found]) for name, (head, cells) in _TABLES.items()}


def _row(each: registry.Format, root: Path) -> Row:
    page = f"docs/formats/{each.name}.md"
    path = root / page
    if not path.is_file():
        raise GenerationError(f"{page} is missing")
    text = path.read_text("utf-8")
    title = re.match(r"# (.+)\n", text)
    table = re.search(r"^(?:\|.*\|\n)+", text, re.MULTILINE)
    facts = dict(re.findall(r"^\| ([^|]+?) \| ([^|]+?) \|$", table[0], re.MULTILINE)) if table else {}
    wanted = {CARRIES, CARRIES_ZH, CARRIER} | ({CASE} if each.writes else set())
    if title is None or facts.keys() != wanted:
        raise GenerationError(f"{page} begins with a title and a table with the rows {', '.join(sorted(wanted))}")
    return Row(each.name, title[1], each.reads, each.writes, facts)


def _replace(root: Path, name: str, head: str, lines: list[str]) -> str:
    before, begin, rest = (root / name).read_text("utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise GenerationError(f"{name} lacks the two comments between which the table of formats stands")
    rule = "|" + "---|" * (head.count("|") - 1)
    return before + begin + "\n".join(["", head, rule, *lines, "", end]) + after


def _yes(answer: bool, yes: str = "yes", no: str = "no") -> str:
    return yes if answer else no


def _readme(row: Row) -> str:
    link = f"`{row.name}` [{row.title}](docs/formats/{row.name}.md)"
    return f"| {link} | {_yes(row.reads)} | {_yes(row.writes)} | {row.facts[CARRIES]} |"


def _readme_zh(row: Row) -> str:
    link = f"`{row.name}` [{row.title}](docs/formats/{row.name}.md)"
    return f"| {link} | {_yes(row.reads, '是', '否')} | {_yes(row.writes, '是', '否')} | {row.facts[CARRIES_ZH]} |"


def _index(row: Row) -> str:
    ways = ", ".join(["to"] * row.writes + ["from"] * row.reads)
    return f"| `{row.name}` | {ways} | {row.facts.get(CASE, '')} | [{row.title}]({row.name}.md) |"


def _losses(row: Row) -> str:
    return f"| [{row.name}](../formats/{row.name}.md) | {row.facts[CARRIER]} |"


_TABLES: dict[str, tuple[str, Callable[[Row], str]]] = {
    "README.md": ("| format | reads | writes | carries by itself |", _readme),
    "README.zh-CN.md": ("| 格式 | 读 | 写 | 格式本身可容纳的内容 |", _readme_zh),
    "docs/formats/README.md": ("| format | direction | one case is | page |", _index),
    "docs/reference/losses.md": ("| format | carrier |", _losses),
}
