"""Label tables as other programs write and read them: one pair of functions a format.

=====================  ==================================================================================
`read_tsv`, ...        `dseg.tsv`: BIDS 1.10, derivatives, imaging; columns index, name, abbreviation, color
`write_snap`, ...      ITK-SNAP label descriptions
`write_ctbl`, ...      Slicer color table (`.ctbl`, also FreeSurfer's): value, name, red, green, blue, alpha
`read_slicer_csv`      Slicer's color table with terminology (`.csv`): LabelValue, Name, Color_R; codes in Slicer's or
                       DICOM's columns: Type_CodeValue, SegmentedPropertyTypeCodeSequence.CodeValue
`read_snomed_csv`      TotalSegmentator's table of names and SNOMED CT codes
=====================  ==================================================================================
"""

from __future__ import annotations

import csv
import re
from dataclasses import replace
from io import StringIO
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from annoconv.advice import CORRECT_FILE, NOTHING, at_most_bytes, beside, in_bytes
from annoconv.codes import concept_of, words
from annoconv.errors import LimitError, MaskError
from annoconv.ids import safe_name
from annoconv.messages import Message, listed
from annoconv_converters._volumes.labels import Entry, Terms, color_of, stated_color

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from annoconv.model import Concept

__all__ = [
    "LONGEST_TABLE",
    "TableKind",
    "by_value",
    "dicom_codes",
    "kind_of_table",
    "read_snomed_csv",
    "read_table",
    "read_tsv",
    "slicer_cells",
    "whole_number",
    "write_ctbl",
    "write_snap",
    "write_tsv",
]

TableKind: TypeAlias = Literal["codes", "tsv", "csv", "slicer", "snap", "colours"]
"""A table of DICOM codes; a `dseg.tsv`; Slicer's color table with terminology, and without; ITK-SNAP's labels; other
color tables."""

_DICOM_COLUMNS: Final = (
    "SegmentedPropertyTypeCodeSequence",
    "SegmentedPropertyCategoryCodeSequence",
    "SegmentedPropertyTypeModifierCodeSequence",
    "AnatomicRegionSequence",
    "AnatomicRegionModifierSequence",
)
"""In the order of `Terms`."""
_SLICER_COLUMNS: Final = ("Type", "Category", "TypeModifier", "Region", "RegionModifier")
"""Slicer's names for the same."""
_CODE: Final = ("CodingSchemeDesignator", "CodeValue", "CodeMeaning")
_SLICER_CODE: Final = ("CodingScheme", "CodeValue", "CodeMeaning")
_MISSING: Final = "n/a"  # BIDS
_NO_ROW: Final = "not a row of a label table"
_TWICE: Final = "a value stands twice in the label table"
_ONCE: Final = "each value once"
_WHOLE: Final = "a whole number"
_A_TABLE: Final = Message("A table is a dseg.tsv, ITK-SNAP labels, a Slicer color table or a table of DICOM codes")
_APART: Final = "Correct the label table, so that each label has a row of its own"
LONGEST_TABLE: Final = 4 << 20
"""Bytes of a label table: a thousand times the longest in use."""
_SNAP_HEAD: Final = """\
################################################
# ITK-SnAP Label Description File
# File format:
# IDX   -R-  -G-  -B-  -A--  VIS MSH  LABEL
# Where:
#    IDX:   Zero-based index
#    -R-:   Red color component (0..255)
#    -G-:   Green color component (0..255)
#    -B-:   Blue color component (0..255)
#    -A-:   Label transparency (0.00 .. 1.00)
#    VIS:   Label visibility (0 or 1)
#    MSH:   Label mesh visibility (0 or 1)
#  LABEL:   Label description
################################################
    0     0    0    0        0  0  0    "Clear Label"
"""
_NUMBER: Final = r"(\d{1,10})"
_SNAP_ROW: Final = re.compile(
    rf'\s*{_NUMBER}\s+{_NUMBER}\s+{_NUMBER}\s+{_NUMBER}\s+[\d.]+\s+[01]\s+[01]\s+(?:"(?P<quoted>.*)"|(?P<plain>[^"\s].*?))\s*'
)
_SNAP_FORM: Final = 'value, red, green, blue, alpha, visible, mesh, "name"'
_CTBL_FORM: Final = "value, name without blanks, red, green, blue, alpha"
_CTBL_ROW: Final = re.compile(rf"\s*{_NUMBER}\s+(\S+)\s+{_NUMBER}\s+{_NUMBER}\s+{_NUMBER}(?:\s+\d+)?\s*")


def kind_of_table(text: str) -> TableKind:
    """Return what a label table is, by its first lines.

    A row of ITK-SNAP has three numbers between its colour and its name, one of a color table has the name before the
    colour: what the first row is tells the kind, not what stands in a comment.
    """
    head = text[:2000].lower()
    if "labelvalue" in head.partition("\n")[0].rstrip("\r").split(","):
        return "csv"
    if "segmentedpropertytypecodesequence" in head:
        return "codes"
    if "index\t" in head or "\tname" in head:
        return "tsv"
    lines = [line for line in text.splitlines() if line.strip()]
    first = next((line for line in lines if not line.lstrip().startswith("#")), "")
    if _SNAP_ROW.fullmatch(first):
        return "snap"
    return "slicer" if lines and lines[0].lower().startswith("# color table") else "colours"


def read_table(path: Path) -> dict[str | int, Entry]:
    """Return a table by value (or by name, where it has no values); `kind_of_table` says what it is.

    Raises
    ------
    MaskError
        If it is none of the known kinds, or a row is damaged.
    """
    if not path.is_file():
        raise MaskError(
            "there is no such label table",
            source=path,
            found=beside(path),
            expected="a label table",
            advice="Name a file that is there with --labels",
        )
    if path.stat().st_size > LONGEST_TABLE:
        raise LimitError(
            "the label table is too long",
            source=path,
            found=in_bytes(path.stat().st_size),
            expected=at_most_bytes(LONGEST_TABLE),
            advice=_A_TABLE,
        )
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        where = Message("line {number}", number=error.object.count(b"\n", 0, error.start) + 1)
        advice = "Save it as UTF-8 in the program that it comes from"
        raise MaskError(
            "the label table is not UTF-8",
            source=path,
            where=where,
            found=Message("another byte"),
            expected="UTF-8",
            advice=advice,
        ) from error
    kind = kind_of_table(text)
    if kind == "codes":
        return _by_key(((words(entry.name), entry) for entry in read_snomed_csv(text, path)), path)
    if kind in {"tsv", "csv"}:
        return by_value((read_tsv if kind == "tsv" else read_slicer_csv)(text, path), path)
    return _read_rows(text, path, kind)


def by_value(entries: Iterable[Entry], path: Path) -> dict[str | int, Entry]:
    """Return rows by their values; MaskError if two of one value say different things."""
    return _by_key(((entry.value, entry) for entry in entries), path)


def _by_key(entries: Iterable[tuple[str | int, Entry]], path: Path) -> dict[str | int, Entry]:
    """Return rows by value or name; MaskError if two of one key say different things."""
    found: dict[str | int, Entry] = {}
    for key, entry in entries:
        first = found.setdefault(key, entry)
        if replace(first, value=entry.value) != entry:  # without values, their numbers are those of the rows
            found_names = listed([first.name, entry.name])
            if isinstance(key, str):
                raise MaskError(
                    "a name stands twice in the label table",
                    source=path,
                    where=key,
                    found=found_names,
                    expected="each name once",
                    advice=_APART,
                )
            where = Message("value {value}", value=key)
            raise MaskError(_TWICE, source=path, where=where, found=found_names, expected=_ONCE, advice=_APART)
    return found


def write_tsv(entries: Iterable[Entry]) -> bytes:
    """Return a BIDS `dseg.tsv`; `mapping` is left out, since only people may claim what BIDS maps to."""
    written = StringIO()
    rows = csv.writer(written, delimiter="\t", lineterminator="\n")
    rows.writerow(("index", "name", "abbreviation", "color"))
    for entry in entries:
        color = _MISSING if entry.color_rgb is None else "#{:02X}{:02X}{:02X}".format(*entry.color_rgb)
        rows.writerow((entry.value, _one_line(entry.name), entry.code or safe_name(entry.name), color))
    return written.getvalue().encode()


def read_tsv(text: str, path: Path) -> list[Entry]:
    """Return the labels of a `dseg.tsv`; MaskError if a row is damaged."""
    found: list[Entry] = []
    for number, row in enumerate(_rows(text, path, "\t"), 2):
        value = whole_number(row.get("index", ""))
        if value is None:
            raise _damaged(
                "the label table has no index here", path, number, row.get("index", ""), expected=Message(_WHOLE)
            )
        if value > 0:
            color = re.fullmatch(r"#?([0-9A-Fa-f]{2})([0-9A-Fa-f]{2})([0-9A-Fa-f]{2})", row.get("color", ""))
            rgb = (int(color[1], 16), int(color[2], 16), int(color[3], 16)) if color else None
            name = row.get("name", "")
            found.append(Entry(value, "" if name == _MISSING else name, rgb))
    return found


def write_snap(entries: Iterable[Entry]) -> bytes:
    """Return an ITK-SNAP label description file."""
    rows: list[str] = []
    for entry in entries:
        red, green, blue = color_of(entry)
        name = _one_line(entry.name).replace('"', "'")
        rows.append(f'{entry.value:5d}  {red:4d} {green:4d} {blue:4d}        1  1  1    "{name}"\n')
    return (_SNAP_HEAD + "".join(rows)).encode()


def write_ctbl(entries: Iterable[Entry]) -> bytes:
    """Return a Slicer color table: load it, then name it as the color node of the label map."""
    rows = [
        "{} {} {} {} {} 255\n".format(entry.value, re.sub(r"\s+", "_", entry.name) or "_", *color_of(entry))
        for entry in entries
    ]
    return ("# Color table file\n0 Background 0 0 0 0\n" + "".join(rows)).encode()


def _read_rows(text: str, path: Path, kind: TableKind) -> dict[str | int, Entry]:
    """Return the labels of ITK-SNAP's description, or of a color table of Slicer or FreeSurfer, by their rows.

    Slicer writes `_` for blanks; elsewhere a name is what it is.
    """
    lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    rows = [(number, line) for number, line in lines if not line.lstrip().startswith("#")]
    is_snap, is_slicers = kind == "snap", kind == "slicer"
    found: dict[str | int, Entry] = {}
    for number, line in rows:
        match = (_SNAP_ROW if is_snap else _CTBL_ROW).fullmatch(line)
        colour = [int(part) for part in match.group(*(2, 3, 4) if is_snap else (3, 4, 5))] if match else [256]
        if match is None or max(colour) > 255:
            raise _damaged(_NO_ROW, path, number, line.strip(), expected=Message(_SNAP_FORM if is_snap else _CTBL_FORM))
        blank = " " if is_slicers else "_"
        name = (match["plain"] or match["quoted"]) if is_snap else match[2].replace("_", blank)
        value = int(match[1])
        entry = Entry(value, name, stated_color(value, (colour[0], colour[1], colour[2])))
        if found.setdefault(value, entry) != entry:
            raise _damaged(_TWICE, path, number, match[1], expected=Message(_ONCE))
    if not rows:
        raise MaskError(
            "the label table has no rows", source=path, found=NOTHING, expected="a row at least", advice=_A_TABLE
        )
    return {value: entry for value, entry in found.items() if value != 0}


def read_snomed_csv(text: str, path: Path) -> list[Entry]:
    """Return names with their terminology; the values are the numbers of the rows, for the table has none."""
    return [_coded(number, row) for number, row in enumerate(_rows(text, path, ","), 1)]


def read_slicer_csv(text: str, path: Path) -> list[Entry]:
    """Return the labels of Slicer's color table with terminology; MaskError if a row is damaged."""
    found: list[Entry] = []
    for number, row in enumerate(_rows(text, path, ","), 2):
        value = whole_number(row.get("LabelValue", ""))
        if value is None:
            raise _damaged(_NO_ROW, path, number, row.get("LabelValue", ""), expected=Message(_WHOLE))
        parts = [whole_number(row.get(f"Color_{part}", "")) for part in "RGB"] if row.get("Color_R") else None
        colour = None if parts is None else [-1 if part is None else part for part in parts]
        if colour is not None and not 0 <= min(colour) <= max(colour) <= 255:
            told = ", ".join(row.get(f"Color_{part}", "") for part in "RGB")
            raise _damaged(_NO_ROW, path, number, told, expected=Message("red, green and blue from 0 to 255"))
        columns = zip(_SLICER_COLUMNS, _DICOM_COLUMNS, strict=True)
        terms = Terms(*(_slicer_concept(row, name) or _concept(row, sequence) for name, sequence in columns))
        if value > 0:
            rgb = None if colour is None else (colour[0], colour[1], colour[2])
            found.append(Entry(value, row.get("Name", ""), rgb, terms))
    return found


def slicer_cells(entry: Entry) -> dict[str, str]:
    """Return the cells that say a label in Slicer's color table with terminology, by their columns."""
    colour = {} if entry.color_rgb is None else dict(zip("RGBA", map(str, (*entry.color_rgb, 255)), strict=True))
    return {
        "Name": entry.name,
        **{f"Color_{part}": step for part, step in colour.items()},
        **{
            f"{name}_{column}": cell
            for name, concept in zip(_SLICER_COLUMNS, entry.terms.concepts, strict=True)
            if concept is not None
            for column, cell in zip(_SLICER_CODE, (concept.scheme, concept.code, concept.meaning), strict=True)
        },
    }


def dicom_codes(terms: Terms) -> dict[str, str]:
    """Return the cells that say terms in a table of DICOM codes, by their columns."""
    return {
        f"{sequence}.{name}": cell
        for sequence, concept in zip(_DICOM_COLUMNS, terms.concepts, strict=True)
        if concept is not None
        for name, cell in zip(_CODE, (concept.scheme, concept.code, concept.meaning), strict=True)
    }


def _coded(number: int, row: Mapping[str, str]) -> Entry:
    terms = Terms(*(_concept(row, sequence) for sequence in _DICOM_COLUMNS))
    return Entry(number, next(iter(row.values())).strip(), terms=terms)


def _concept(row: Mapping[str, str], sequence: str) -> Concept | None:
    return concept_of(*(row.get(f"{sequence}.{name}", "") for name in _CODE))


def _damaged(problem: str, path: Path, line: int, found: str, *, expected: str) -> MaskError:
    return MaskError(
        problem,
        source=path,
        where=Message("line {number}", number=line),
        found=found[:80],
        expected=expected,
        advice=_A_TABLE,
    )


def _slicer_concept(row: Mapping[str, str], name: str) -> Concept | None:
    return concept_of(*(row.get(f"{name}_{cell}", "") for cell in _SLICER_CODE))


def whole_number(text: str) -> int | None:
    """Return a value of a label table, which some programs write as 1.0; None if it is no whole number."""
    match = re.fullmatch(r"([+-]?[0-9]{1,10})(?:\.0*)?", text)
    return None if match is None else int(match[1])


def _rows(text: str, path: Path, delimiter: str) -> Iterator[dict[str, str]]:
    """Yield the rows of a table with a head, every cell a text; MaskError if a row is damaged."""
    reader = csv.DictReader(StringIO(text), delimiter=delimiter, restval="")
    try:
        columns = [name for name in reader.fieldnames or () if name]
        if len(set(columns)) < len(columns):
            raise _damaged(
                "a column stands twice in the label table",
                path,
                1,
                ", ".join(columns),
                expected=Message("each column once"),
            )
        yield from ({str(key): str(cell).strip() for key, cell in row.items()} for row in reader)
    except csv.Error as error:
        raise MaskError(
            "the label table is damaged",
            source=path,
            where=Message("line {number}", number=reader.line_num),
            found=str(error)[:80],
            expected="cells with tabs between them",
            advice=CORRECT_FILE,
        ) from error


def _one_line(name: str) -> str:
    return re.sub(r"[\x00-\x1f\x7f\x85\u2028\u2029]", " ", name)
