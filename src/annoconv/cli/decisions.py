"""Decisions of reviewers, from options or from a table: `case,annotation,finding,decision,reviewer,level,note,at`."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from annoconv.advice import nearest
from annoconv.errors import InputError
from annoconv.messages import Message
from annoconv.model import ReviewFindingKind
from annoconv.quality.reviewing import LEVELS, OUTCOMES, Decision
from annoconv.times import parse_timestamp

if TYPE_CHECKING:
    from pathlib import Path

    from annoconv.limits import Limits

__all__ = ["COLUMNS", "Asked", "decision_of", "decisions_of_table"]

COLUMNS: Final = ("case", "annotation", "finding", "decision", "reviewer", "level", "note", "at")
"""Columns of a table of decisions; annotations and findings of one line are parted by white space."""
TOLD: Final = ("label", "queue", "dice", "with", "state", "next")
"""Columns of a queue that a decision does not need."""


@dataclass(frozen=True)
class Asked:
    """A decision as it was written."""

    annotation: str = ""
    finding: str = ""
    decision: str | None = None
    reviewer: str | None = None
    level: str | None = None
    note: str | None = None
    at: str | None = None


def decision_of(asked: Asked, source: Path | None = None, where: str | None = None) -> Decision:
    """Return a decision, each of its words checked."""

    def wrong(problem: str, found: object, expected: object, advice: str) -> InputError:
        return InputError(problem, source=source, where=where, found=found, expected=expected, advice=advice)

    nothing = Message("nothing")
    outcome = OUTCOMES.get(asked.decision or "")
    if outcome is None:
        known = ", ".join(OUTCOMES)
        raise wrong(
            "a review needs a decision", asked.decision or nothing, known, nearest(asked.decision or "", OUTCOMES)
        )
    if not asked.reviewer:
        advice = "Name who decided: --reviewer AGENT, or the column reviewer"
        raise wrong("a review needs a reviewer", nothing, Message("the id of an agent"), advice)
    level = LEVELS.get(int(asked.level)) if (asked.level or "").isascii() and (asked.level or "").isdigit() else None
    if level is None:
        advice = "1 is the self check, 2 the review, 3 the final review or arbitration"
        raise wrong("there is no such level of review", asked.level or nothing, "1, 2, 3", advice)
    kinds = [each.value for each in ReviewFindingKind]
    for each in asked.finding.split():
        if each not in kinds:
            raise wrong("there is no such kind of finding", each, ", ".join(kinds), nearest(each, kinds))
    if not asked.at:
        advice = "Give it with --timestamp, or in the column at; --timestamp now is the clock's"
        raise wrong("a review needs its time", nothing, "2025-03-12T10:25:00+08:00", advice)
    return Decision(
        outcome=outcome,
        level=level,
        reviewer=asked.reviewer,
        at=parse_timestamp(asked.at),
        annotation_ids=tuple(asked.annotation.split()),
        kinds=tuple(map(ReviewFindingKind, dict.fromkeys(asked.finding.split()))),
        note=asked.note or None,
        source=None if source is None else str(source),
        where=where,
    )


def decisions_of_table(
    path: Path, given: Asked, limits: Limits | None = None
) -> list[tuple[str | None, Decision]]:
    """Return the decisions of a table in their order, each with the case that it names.

    Lines whose decision is empty are not decided yet, and are passed over. What a line does not say of level and time,
    the command line does.
    """
    found: list[tuple[str | None, Decision]] = []
    for line, row in _rows(path, limits):
        where = f"line {line}"
        if not row.get("decision"):
            continue
        asked = replace(given, **{key: row[key] for key in COLUMNS if key != "case" and row.get(key)})
        found.append((row.get("case") or None, decision_of(asked, path, where)))
    if not found:
        raise InputError(
            "the table decides nothing",
            source=path,
            found=Message("no line with a decision"),
            expected=", ".join(OUTCOMES),
            advice="Fill in the column decision",
        )
    return found


def _rows(path: Path, limits: Limits | None) -> list[tuple[int, dict[str, str]]]:
    """Return the lines of a table with their numbers; one that is no table of decisions is refused."""
    from annoconv.documents import strict_json

    def wrong(problem: str, where: str | None, found: object, expected: object, advice: str) -> InputError:
        return InputError(problem, source=path, where=where, found=found, expected=expected, advice=advice)

    try:
        text = strict_json.read_bytes(path, limits).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        found = Message("other bytes from {place} on", place=error.start)
        raise wrong("the table is not in UTF-8", None, found, "UTF-8", "Save it as CSV UTF-8") from error
    try:
        lines = csv.reader(io.StringIO(text, newline=""), strict=True)
        header = [each.strip() for each in next(lines, [])]
        known = (*COLUMNS, *TOLD)
        for name in header:
            if name not in known or header.count(name) > 1:
                problem = "there is no such column" if name not in known else "a column stands twice"
                raise wrong(problem, "line 1", name, ", ".join(COLUMNS), nearest(name, COLUMNS))
        if "decision" not in header:
            advice = "Write the names of the columns into the first line"
            raise wrong("there is no column decision", "line 1", ", ".join(header), ", ".join(COLUMNS), advice)
        rows: list[tuple[int, dict[str, str]]] = []
        for cells in lines:
            if not any(each.strip() for each in cells):
                continue
            where = f"line {lines.line_num}"
            if len(cells) != len(header):
                advice = "Put texts with commas in quotes"
                raise wrong("the line has another number of columns", where, len(cells), len(header), advice)
            rows.append((lines.line_num, {key: each.strip() for key, each in zip(header, cells, strict=True)}))
    except csv.Error as error:
        raise wrong("this is no CSV", None, str(error), "CSV", "Save it as CSV UTF-8") from error
    return rows
