"""Label tables as trees: a row by its value (or name), a cell by the name of its column, as the file has it.

Row 0 is left out: it says what no structure is. Colours are compared as parts of 255, which is what label tables hold.
"""

from __future__ import annotations

import csv
import re
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from annoconv.codes import words
from annoconv.limits import Limits
from annoconv_converters._volumes.label_tables import (
    dicom_codes,
    kind_of_table,
    slicer_cells,
    whole_number,
    write_ctbl,
    write_snap,
    write_tsv,
)
from annoconv_converters._xml import element_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from xml.etree.ElementTree import Element

    from annoconv_converters._volumes.labels import Entry

__all__ = ["caret_tree", "fraction", "table_tree", "written_table"]

_SNAP: Final = ("R", "G", "B", "A", "VIS", "MSH", "LABEL")
_CTBL: Final = ("name", "red", "green", "blue", "alpha")
_WRITERS: Final[Mapping[str, Callable[[Iterable[Entry]], bytes]]] = {"tsv": write_tsv, "snap": write_snap}
_FRACTION_ROUNDING: Final = 5e-4
"""Half a step of a colour that is written with three decimals."""


def table_tree(text: str) -> dict[str, Any]:
    """Return the rows of a label table by their values; those of a table of DICOM codes by their names."""
    kind = kind_of_table(text)
    if kind == "codes":
        rows = [list(row.items()) for row in _cells(text, ",")]
        return {words(name): {column: cell for column, cell in cells if cell} for (_, name), *cells in rows}
    if kind == "csv":
        return _by_value((row.pop("LabelValue", ""), row) for row in _cells(text, ","))
    if kind == "tsv":
        return _by_value((row.pop("index", ""), row) for row in _cells(text, "\t"))
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    if kind == "snap":
        snap = [re.findall(r'"[^"]*"|\S+', line) for line in lines]
        return _by_value((row[0], dict(zip(_SNAP, _unquoted(row[1:]), strict=False))) for row in snap)
    colours = [line.split() for line in lines]
    # A blank is an underscore in a colour table.
    return _by_value(
        (row[0], dict(zip(_CTBL, [row[1].replace("_", " "), *row[2:]], strict=False))) for row in colours if row[1:]
    )


def written_table(text: str, entries: Iterable[Entry]) -> dict[str, Any]:
    """Return the rows of a table of the same kind that is written from entries."""
    kind = kind_of_table(text)
    if kind == "codes":  # these are only read
        return {words(entry.name): dicom_codes(entry.terms) for entry in entries}
    if kind == "csv":
        return {str(entry.value): slicer_cells(entry) | dicom_codes(entry.terms) for entry in entries}
    return table_tree(_WRITERS.get(kind, write_ctbl)(entries).decode("utf-8"))


def _cells(text: str, delimiter: str) -> Iterator[dict[str, str]]:
    """Yield the rows of a table with a head, every cell a text."""
    for row in csv.DictReader(StringIO(text), delimiter=delimiter, restval=""):
        yield {str(name): _hexadecimal(str(cell).strip()) for name, cell in row.items()}


def caret_tree(content: bytes) -> dict[str, Any]:
    """Return what Caret's XML says: its elements by their names, the labels of each table by their keys."""
    return _element(element_of(content, Path("Caret label table"), Limits()))  # refused before, where labels are read


def fraction(text: str) -> float | str:
    """Return a part of a colour, 0 to 1, as the step of 255 that it is written for; another text as it is."""
    try:
        number = float(text)
    except ValueError:
        return text
    step = round(number * 255) / 255
    return step if abs(number - step) <= _FRACTION_ROUNDING else number


def _element(node: Element) -> dict[str, Any]:
    if node.tag == "LabelTable":
        return _by_value((each.attrib.get("Key", ""), _label(each)) for each in node)
    said: dict[str, Any] = dict(node.attrib)
    if text := (node.text or "").strip():
        said["#text"] = text
    for child in node:
        if told := _element(child):
            said.setdefault(child.tag, []).append(told)
    return said


def _label(node: Element) -> dict[str, Any]:
    parts = {name: fraction(text) for name, text in node.attrib.items() if name != "Key"}
    return {"Name": (node.text or "").strip(), **parts}


def _unquoted(cells: Sequence[str]) -> list[str]:
    """Return the cells of a row of ITK-SNAP; the last one is the name, which has blanks in it, quoted or not."""
    numbers = len(_SNAP) - 1
    return [*map(_number, cells[:numbers]), " ".join(cells[numbers:]).strip('"')]


def _hexadecimal(cell: str) -> str:
    """Return a cell, a colour as #RRGGBB."""
    return f"#{cell[-6:].upper()}" if re.fullmatch("#?[0-9A-Fa-f]{6}", cell) and not cell.isdigit() else cell


def _number(cell: str) -> str:
    """Return a cell of numbers without its needless zeros: 1.00 is 1."""
    return f"{float(cell):g}" if re.fullmatch(r"\d{1,9}(\.\d{1,9})?", cell) else cell


def _by_value(rows: Iterable[tuple[str, dict[str, Any]]]) -> dict[str, Any]:
    """Return rows by value, without those of the background and without empty cells."""
    return {
        str(number): {name: cell for name, cell in row.items() if cell not in {"", "n/a"}}
        for value, row in rows
        if (number := whole_number(value.strip()) or 0) > 0
    }
