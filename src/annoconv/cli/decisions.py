"""Decisions of reviewers, from options or from a table: `case,annotation,finding,decision,reviewer,level,note,at`."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, NamedTuple

from annoconv.advice import NOTHING, nearest
from annoconv.documents import strict_json
from annoconv.errors import InputError, UsageError
from annoconv.messages import Message
from annoconv.model import ReviewFindingKind
from annoconv.quality.reviewing import LEVELS, OUTCOMES, PART_BY_SPACES, Decision
from annoconv.times import parse_timestamp

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from annoconv.limits import Limits

__all__ = ["COLUMNS", "TOLD", "Asked", "Named", "decision_of", "decisions_of_table"]

COLUMNS: Final = ("case", "annotation", "finding", "decision", "reviewer", "level", "note", "at", "file")
"""Columns of a table of decisions; annotations and findings of one line are parted by white space.

The file tells cases of one name apart, as the readings of two annotators are.
"""
_OF_CASE: Final = ("case", "file")
TOLD: Final = ("label", "queue", "dice", "with", "state", "next")
"""Columns of a queue that a decision does not need."""


class Named(NamedTuple):
    """A decision, and which case it is of: its name and its file, None where they are not told."""

    case: str | None
    file: str | None
    decision: Decision


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
    place = (source, where)
    outcome = OUTCOMES.get(asked.decision or "")
    if outcome is None:
        near = nearest(asked.decision or "", OUTCOMES)
        raise _refused(place, "a review needs a decision", asked.decision or NOTHING, ", ".join(OUTCOMES), near)
    if not asked.reviewer:
        raise _refused(
            place,
            "a review needs a reviewer",
            NOTHING,
            Message("the id of an agent"),
            "Name who decided: --reviewer AGENT, or the column reviewer",
        )
    level = {str(number): each for number, each in LEVELS.items()}.get(asked.level or "")
    if level is None:
        raise _refused(
            place,
            "there is no such level of review",
            asked.level or NOTHING,
            "1, 2, 3",
            "1 is the self check, 2 the review, 3 the final review or arbitration",
        )
    kinds = [each.value for each in ReviewFindingKind]
    for each in asked.finding.split():
        if each not in kinds:
            near = PART_BY_SPACES if set(each) & set(",;") else nearest(each, kinds)
            raise _refused(place, "there is no such kind of finding", each, ", ".join(kinds), near)
    if not asked.at:
        raise _refused(
            place,
            "a review needs its time",
            NOTHING,
            "2025-03-12T10:25:00+08:00",
            "Give it with --timestamp, or in the column at; --timestamp now is the clock's",
        )
    return Decision(
        outcome=outcome,
        level=level,
        reviewer=asked.reviewer,
        at=_time(asked.at, source, where),
        annotation_ids=tuple(asked.annotation.split()),
        kinds=tuple(map(ReviewFindingKind, dict.fromkeys(asked.finding.split()))),
        note=asked.note or None,
        source=None if source is None else str(source),
        where=where,
    )


def _time(text: str, source: Path | None, where: str | None) -> datetime:
    try:
        return parse_timestamp(text)
    except UsageError as error:
        problem, expected = error.problem, "2025-03-12T10:25:00+08:00, or now"
        place = (source, where or "--timestamp")
        raise _refused(place, problem, text, expected, "Write date, time and offset as RFC 3339 does") from error


def decisions_of_table(path: Path, given: Asked, limits: Limits | None = None) -> list[Named]:
    """Return the decisions of a table in their order, each with the case that it names.

    Lines whose decision is empty are not decided yet, and are passed over. What a line does not say of level and time,
    the command line does.
    """
    found: list[Named] = []
    for line, row in _rows(path, limits):
        where = f"line {line}"
        if not row.get("decision"):
            continue
        asked = replace(given, **{key: row[key] for key in COLUMNS if key not in _OF_CASE and row.get(key)})
        found.append(Named(row.get("case") or None, row.get("file") or None, decision_of(asked, path, where)))
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
    if path.is_dir():
        raise _refused((path, None), "this is not a file", Message("a folder"), "CSV", "Name the file itself")
    try:
        text = strict_json.read_bytes(path, limits).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        found = Message("other bytes from {place} on", place=error.start)
        raise _refused((path, None), "the table is not in UTF-8", found, "UTF-8", "Save it as CSV UTF-8") from error
    try:
        lines = csv.reader(io.StringIO(text, newline=""), strict=True)
        header = [each.strip() for each in next(lines, [])]
        _check_header(path, header)
        rows: list[tuple[int, dict[str, str]]] = []
        for cells in lines:
            if any(each.strip() for each in cells):
                if len(cells) != len(header):
                    raise _refused(
                        (path, f"line {lines.line_num}"),
                        "the line has another number of columns",
                        len(cells),
                        len(header),
                        "Put texts with commas in quotes",
                    )
                rows.append((lines.line_num, {key: each.strip() for key, each in zip(header, cells, strict=True)}))
    except csv.Error as error:
        raise _refused((path, None), "this is no CSV", str(error), "CSV", "Save it as CSV UTF-8") from error
    return rows


def _check_header(path: Path, header: list[str]) -> None:
    place, expected = (path, "line 1"), ", ".join(COLUMNS)
    if len(header) == 1 and set(header[0]) & set(";\t"):
        raise _refused(place, "the columns are not parted by commas", header[0], expected, "Save it as CSV with commas")
    for name in header:
        if name not in (*COLUMNS, *TOLD):
            raise _refused(place, "there is no such column", name, expected, nearest(name, COLUMNS))
        if header.count(name) > 1:
            raise _refused(place, "a column stands twice", name, expected, "Name each column once")
    if "decision" not in header:
        raise _refused(
            place,
            "there is no column decision",
            ", ".join(header),
            expected,
            "Write the names of the columns into the first line",
        )


def _refused(
    place: tuple[Path | None, str | None], problem: str, found: object, expected: object, advice: str
) -> InputError:
    return InputError(problem, source=place[0], where=place[1], found=found, expected=expected, advice=advice)
