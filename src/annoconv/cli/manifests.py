"""A table of cases, `--manifest FILE.csv`: a row for each, with the columns that a command line has.

`case_id` is needed; `sources` and `images` are paths, of which a case has several by several rows; `output` is the
case's own; any other column is a long option of the command. Paths are relative to the table.
"""

from __future__ import annotations

import csv
import io
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from annoconv.cli.cells import Cell, cell_of
from annoconv.errors import InputError
from annoconv.files.inputs import check_source
from annoconv.messages import Message
from annoconv.registry.options import parts_of

if TYPE_CHECKING:
    import inspect
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from annoconv.cli.cells import Asked

    Flags = Callable[[str, list[str]], Mapping[str, inspect.Parameter]]

__all__ = ["cells_of_manifest"]

_OWN: Final = ("case_id", "sources", "images", "output")
_CORRECT: Final = "Correct the table"
_WINDOWS: Final = re.compile(r"\\|^[A-Za-z]:/")
_YES: Final = frozenset({"true", "yes", "1"})
_NO: Final = frozenset({"false", "no", "0", ""})


def cells_of_manifest(asked: Asked, commands: Flags) -> list[Cell]:
    """Return the cases of a table.

    Raises
    ------
    InputError
        If it is no table, a column is not known, or a row lacks its id or says otherwise than another of its case.
    """
    path = asked.manifest or Path()
    rows = list(_rows(path))
    cells: dict[str, Cell] = {}
    seen: dict[str, dict[str, str]] = {}
    for line, row in rows:
        identity = row["case_id"]
        if not identity:
            raise _wrong(path, line, "the row names no case", Message("an empty case_id"), Message("an id in each row"))
        cell = cells.setdefault(identity, Cell(identity))
        _check_paths(path, line, [row.get(name, "") for name in ("sources", "images", "output")])
        cell.sources += _paths(path, row.get("sources", ""), cell.sources)
        cell.images += _paths(path, row.get("images", ""), cell.images)
        told = seen.setdefault(identity, {})
        for name, value in row.items():
            if name in {"case_id", "sources", "images"} or not value:
                continue
            if told.setdefault(name, value) != value:
                raise _wrong(path, line, "two rows of one case differ", f"{name} {value}", f"{told[name]}")
    if not cells:
        raise InputError(
            "the table names no case",
            source=path,
            found=Message("no rows"),
            expected="one at least",
            advice="Write a row for each case",
        )
    first = next(iter(cells.values()))
    known = commands(asked.command, [*asked.arguments, *first.sources])
    columns = [name for name in rows[0][1] if name not in _OWN]
    if unknown := [name for name in columns if _flag(name) not in known]:
        options = sorted(flag.removeprefix("--") for flag in known)
        raise _wrong(path, 1, "there is no such column", ", ".join(unknown), ", ".join((*_OWN, *options)))
    for identity, cell in cells.items():
        told = seen[identity]
        cell.options = list(asked.arguments)
        if "output" in told:
            cell.output = f"{path.parent / told['output']}"
        for name in columns:
            cell.options += _option(path, name, told.get(name, ""), known[_flag(name)])
        _take_output(cell)
    return [*cells.values()]


def _take_output(cell: Cell) -> None:
    """Take the output that the command line names for all out of its options."""
    told = cell_of(cell.case_id, cell.options)
    cell.options = told.options
    cell.sources = [*told.sources, *cell.sources]
    cell.images = [*told.images, *cell.images]
    cell.output = cell.output or told.output


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    if path.exists():
        check_source(path)
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            "the table is not in UTF-8",
            source=path,
            found=Message("other bytes from {place} on", place=error.start),
            expected="UTF-8",
            advice="Save it as CSV UTF-8",
        ) from error
    except FileNotFoundError as error:
        raise InputError(
            "there is no such file or folder",
            source=path,
            found=Message("nothing"),
            expected="FILE.csv",
            advice="Correct --manifest",
        ) from error
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        if "case_id" not in header:
            advice = "Save it with commas between the cells" if re.match(r"\s*case_id\s*[;\t]", text) else _CORRECT
            raise _wrong(path, 1, "the table has no column case_id", ", ".join(header), ", ".join(_OWN), advice)
        if twice := sorted({name for name in header if header.count(name) > 1}):
            raise _wrong(path, 1, "a column stands twice", ", ".join(twice), Message("each once"))
        for row in reader:
            if not any(row):
                continue
            if len(row) != len(header):
                raise _wrong(path, reader.line_num, "a row has not as many cells as the header", len(row), len(header))
            yield reader.line_num, {name: value.strip() for name, value in zip(header, row, strict=True)}
    except csv.Error as error:
        raise _wrong(path, reader.line_num, "this is no CSV", f"{error}", Message("cells between commas")) from error


def _wrong(path: Path, line: int, problem: str, found: object, expected: object, advice: str = _CORRECT) -> InputError:
    return InputError(problem, source=path, where=f"line {line}", found=found, expected=expected, advice=advice)


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _check_paths(table: Path, line: int, values: Sequence[str]) -> None:
    """Refuse paths as Windows writes them, elsewhere than there, where they would be names of files."""
    for value in values if os.name != "nt" else ():
        if _WINDOWS.search(value) and not (table.parent / value).exists():
            raise _wrong(
                table,
                line,
                "this is a path as Windows writes it",
                value,
                Message("a path relative to the table, with / between its parts"),
                "Write / in the place of \\, and leave the drive out",
            )


def _paths(table: Path, value: str, known: list[str]) -> list[str]:
    path = f"{table.parent / value}" if value else ""
    return [path] if path and path not in known else []


def _option(table: Path, name: str, value: str, parameter: inspect.Parameter) -> list[str]:
    """Return what a cell is on the command line."""
    flag = _flag(name)
    kinds = set(parts_of(parameter.annotation))
    if bool in kinds:
        if value.lower() not in _YES | _NO:
            raise _wrong(table, 1, "a switch is on or off", f"{name} {value}", "true, false")
        return [flag] if value.lower() in _YES else []
    if not value:
        return []
    return [f"{flag}={table.parent / value if Path in kinds else value}"]
