"""Print what is done of what the standards ask: `docs/conformance.md`, from `model/conformance.yaml`.

The elements of the model and the rules of a row are found by its clauses (a rule also by its id, where that begins with
the row's); commands, tests and the status are written in the row.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from model.generator.ir import Model, Text

STATUSES = {"done": "完成", "partly": "部分完成", "planned": "计划中"}
FORMS = {
    "F": ("a class, key or enumeration of the model", "模型中的类、字段或枚举"),
    "R": ("a rule", "规则"),
    "M": ("a metric", "指标"),
    "X": ("a conversion", "格式转换"),
    "T": ("a command", "命令"),
    "D": ("a document made for people", "生成的文档"),
}


@dataclass(frozen=True)
class Row:
    """One requirement, with what answers it.

    Attributes
    ----------
    clauses
        As the model writes them, `A:8.4.a`; a clause holds its subclauses.
    form
        Letters of `FORMS`.
    tests
        pytest node ids, or files.
    """

    id: str
    clauses: tuple[str, ...]
    form: str
    en: str
    zh: str
    status: str
    commands: tuple[str, ...]
    tests: tuple[str, ...]
    elements: tuple[str, ...]
    rules: tuple[str, ...]

    @property
    def missing(self) -> list[str]:
        """What a row lacks of what its form asks for; a done row lacks nothing."""
        lacks = {
            "an element": "F" in self.form and not self.elements,
            "a rule": "R" in self.form and not self.rules,
            "a command": bool(set(self.form) & set("XTD")) and not self.commands,
            "a test": not self.tests,
        }
        return [what for what, is_lacking in lacks.items() if is_lacking]


def rows(
    sections: Iterable[Mapping[str, Any]], model: Model, rules: Sequence[Mapping[str, Any]]
) -> dict[str, list[Row]]:
    """Return the rows of each section, with the elements and rules that name their clauses."""
    sources = dict(_sources(model))
    return {
        f"{section['en']} {section['zh']}": [_row(entry, sources, rules) for entry in section["rows"]]
        for section in sections
    }


def print_conformance(sections: Iterable[Mapping[str, Any]], model: Model, rules: Sequence[Mapping[str, Any]]) -> str:
    """Return the text of the page."""
    table = rows(sections, model, rules)
    every = [row for listed in table.values() for row in listed]
    counts = ", ".join(f"{sum(row.status == status for row in every)} {status}" for status in STATUSES)
    forms = "".join(f"| {letter} | {en} | {zh} |\n" for letter, (en, zh) in FORMS.items())
    return (
        "# Conformance 符合性\n\n"
        "Generated from `model/conformance.yaml`, the model and `model/rules.yaml`; never edited. One row a\n"
        "requirement: **A** annotation of multi-modal precision medical images, **M** description and quality of\n"
        "pre-trained models, **C** multimodal health corpus, **Q** quality control of imaging by language models.\n"
        "A row is *done* if every form that it asks for exists and a test exercises it; the others\n"
        "show what exists so far.\n\n"
        f"{len(every)} requirements: {counts}.\n\n"
        f"| form | means | 含义 |\n|---|---|---|\n{forms}\n"
        + "\n".join(f"## {title}\n\n{_table(listed)}" for title, listed in table.items())
    )


def _table(listed: Sequence[Row]) -> str:
    head = (
        "| id | clause 条款 | requirement | 要求 | form | model 模型 | rules 规则 | commands 命令 | tests 测试 "
        "| status 状态 |\n"
        f"|{'---|' * 10}\n"
    )
    return head + "".join(map(_line, listed))


def _line(row: Row) -> str:
    cells = (
        row.id,
        ", ".join(clause.replace(":", " ", 1) for clause in row.clauses),
        row.en,
        row.zh,
        " ".join(row.form),
        _codes(row.elements),
        _codes(row.rules),
        _codes(f"annoconv {command}" for command in row.commands),
        _codes(row.tests),
        f"{row.status} {STATUSES[row.status]}",
    )
    return f"| {' | '.join(cells)} |\n"


def _codes(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _row(entry: Mapping[str, Any], sources: Mapping[str, Text], rules: Sequence[Mapping[str, Any]]) -> Row:
    identity, clauses = str(entry["id"]), tuple(entry["clauses"])
    elements = tuple(name for name, text in sources.items() if any(_is_within(one, clauses) for one in text.clauses))
    named = tuple(
        str(rule["id"])
        for rule in rules
        if _is_within(str(rule["clause"]).replace(" ", ":", 1), clauses) or _begins(str(rule["id"]), identity)
    )
    return Row(
        identity,
        clauses,
        str(entry["form"]),
        str(entry["en"]),
        str(entry["zh"]),
        str(entry["status"]),
        tuple(entry.get("commands", ())),
        tuple(entry.get("tests", ())),
        tuple(name for name in elements if name.rpartition(".")[0] not in elements),
        named,
    )


def _is_within(clause: str, clauses: Iterable[str]) -> bool:
    return any(clause == one or clause.startswith(f"{one}.") for one in clauses)


def _begins(rule: str, identity: str) -> bool:
    return re.match(rf"{re.escape(identity)}(?![A-Za-z0-9])(?!\.\d)", rule) is not None


def _sources(model: Model) -> Iterator[tuple[str, Text]]:
    """Yield every element that names clauses; what a class inherits is its parent's."""
    for one in model.classes.values():
        yield one.name, one.text
        inherited = {each.name for each in model.classes[one.parent].fields} if one.parent else set[str]()
        yield from ((f"{one.name}.{each.name}", each.text) for each in one.fields if each.name not in inherited)
    for enum in model.enums.values():
        yield enum.name, enum.text
        yield from ((f"{enum.name}.{value.value}", value.text) for value in enum.values)
    yield from ((scalar.name, scalar.text) for scalar in model.scalars.values())
