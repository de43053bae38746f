"""`participants.tsv` and `.json` of BIDS: pseudonym, sex, age, height and weight, a row a subject, there and back.

BIDS defines `age` (years) and `sex`; the other columns are ours, and the JSON file beside the table says what they are,
as it has to. Authority: bids-specification.readthedocs.io, "Data summary files".
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, Final

from annoconv.codes import is_name
from annoconv.documents import strict_json
from annoconv.errors import InputError
from annoconv.files.atomic import note_inputs
from annoconv.messages import Message
from annoconv.model import Sex

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from annoconv.model import Case

__all__ = ["TABLE", "read_participants", "row_of", "said_again", "told_by", "write_participants"]

TABLE: Final = "participants.tsv"
_SIDECAR: Final = "participants.json"
_ID: Final = "participant_id"
_NONE: Final = "n/a"
_COLUMNS: Final[Mapping[str, Mapping[str, Any]]] = {
    "patient_id": {"Description": "Pseudonym of the patient, the same for all subjects of one patient"},
    "sex": {"Description": "Sex", "Levels": {"M": "male", "F": "female", "O": "other"}},
    "age": {"Description": "Age", "Units": "year"},
    "height": {"Description": "Height", "Units": "m"},
    "weight": {"Description": "Weight", "Units": "kg"},
}
"""What stands in the JSON file, by column."""
_UNITS: Final = {"age": ("year", "years", "yr", "a", ""), "height": ("m",), "weight": ("kg",)}
"""Units in which a column is read; ages are in years unless the JSON file says something else."""
_LETTERS: Final = {Sex.MALE: "M", Sex.FEMALE: "F", Sex.OTHER: "O"}
_SEXES: Final = {spelled: sex.value for sex, letter in _LETTERS.items() for spelled in (letter.lower(), sex.value)}
_DAYS: Final = {"Y": 365.25, "M": 365.25 / 12, "D": 1.0, "W": 7.0}
"""Days of the units of an age, in the order in which they are tried."""
_NEAR: Final = 0.001
"""How far an age may be from a whole number of years or months: it is written with four decimals of a year."""
_LARGEST: Final = 999


def row_of(case: Case) -> dict[str, str]:
    """Return what a case says of the patient, by column; nothing where it says nothing."""
    subject = case.subject
    told = {
        "patient_id": case.patient_id,
        "sex": _LETTERS.get(subject.sex) if subject and subject.sex else None,
        "age": _years(subject.age) if subject and subject.age else None,
        "height": _number(subject.height) if subject and subject.height else None,
        "weight": _number(subject.weight) if subject and subject.weight else None,
    }
    return {column: value for column, value in told.items() if value}


def write_participants(folder: Path, rows: Mapping[str, Mapping[str, str]]) -> None:
    """Write the table and its description, by the subjects' labels; nothing if no row says anything."""
    columns = [column for column in _COLUMNS if any(column in row for row in rows.values())]
    if not columns:
        return
    lines = [[_ID, *columns]]
    lines += [[f"sub-{label}", *(row.get(column, _NONE) for column in columns)] for label, row in sorted(rows.items())]
    (folder / TABLE).write_bytes("".join("\t".join(line) + "\n" for line in lines).encode())
    described = {column: _COLUMNS[column] for column in columns}
    (folder / _SIDECAR).write_bytes(strict_json.dumps(described, indent=2))


def read_participants(folder: Path) -> dict[str, dict[str, str]]:
    """Return the rows of a data set's table by the subjects' labels, without what is not available.

    Raises
    ------
    InputError
        If a subject has two rows that say different things, or the table has two columns of one name.
    """
    path = folder / TABLE
    if not path.is_file():
        return {}
    note_inputs([path])
    lines = path.read_bytes().decode("utf-8-sig", errors="replace").replace("\r\n", "\n").split("\n")
    head, *rows = [(number, line.split("\t")) for number, line in enumerate(lines, 1) if line.strip()] or [(1, [])]
    if len(set(head[1])) < len(head[1]):
        raise InputError(
            "a column stands twice in the table of participants",
            source=path,
            where=Message("line {number}", number=head[0]),
            found=", ".join(head[1]),
            expected="each column once",
            advice="Give each column a name of its own",
        )
    found: dict[str, tuple[int, dict[str, str]]] = {}
    for number, cells in rows:
        row = {column: cell.strip() for column, cell in zip(head[1], cells, strict=False)}
        label = row.pop(_ID, "").removeprefix("sub-")
        row = {column: cell for column, cell in row.items() if cell not in {"", _NONE}}
        first, said = found.setdefault(label, (number, row))
        if said != row:
            raise InputError(
                "a participant has two rows that say different things",
                source=path,
                where=f"sub-{label}",
                found=Message("line {first} and line {second}", first=first, second=number),
                expected="one row for each participant",
                advice="Leave one of them; what changes between sessions belongs in sessions.tsv",
            )
    return {label: row for label, (_, row) in found.items()}


def told_by(row: Mapping[str, str], units: Mapping[str, str]) -> dict[str, Any]:
    """Return what a row says of a case: `patient_id` and `subject`.

    Parameters
    ----------
    row
        Texts by column.
    units
        Units by column, as the JSON file beside the table says.
    """
    told = {column: _read(column, text, units.get(column, "")) for column, text in row.items()}
    told = {column: value for column, value in told.items() if value is not None}
    subject = {column: value for column, value in told.items() if column != "patient_id"}
    patient = {"patient_id": told["patient_id"]} if "patient_id" in told else {}
    return patient | ({"subject": subject} if subject else {})


def said_again(row: Mapping[str, str], units: Mapping[str, str], case: Case) -> dict[str, str]:
    """Return what a case would say in a row: the row's own text where that means the same."""
    meant = row_of(case)
    kept = {
        column: text
        for column, text in row.items()
        if column in meant and _read(column, text, units.get(column, "")) == _read(column, meant[column], _unit(column))
    }
    return meant | kept


def _unit(column: str) -> str:
    return str(_COLUMNS[column].get("Units", ""))


def _read(column: str, text: str, unit: str) -> Any:
    """Return the value of the model that a cell stands for; None if it stands for none."""
    if column == "sex":
        return _SEXES.get(text.lower())
    if column == "patient_id":
        return text if is_name(text) else None
    if column not in _UNITS or unit not in _UNITS[column] or not re.fullmatch(r"[0-9]+(\.[0-9]+)?", text):
        return None
    number = float(text)
    if column == "age":
        return _age(number)
    return number if 0 < number < math.inf else None


def _years(age: str) -> str:
    count, unit = int(age[:3]), age[3]
    return str(count) if unit == "Y" else _number(round(count * _DAYS[unit] / _DAYS["Y"], 4))


def _age(years: float) -> str | None:
    """Return an age in the largest unit of which it is a whole number, else in days or weeks; None if too many."""
    for unit, days in _DAYS.items():
        count = years * _DAYS["Y"] / days
        is_whole = abs(count - round(count)) <= _NEAR or unit in {"D", "W"}
        if is_whole and round(count) <= _LARGEST:
            return f"{round(count):03d}{unit}"
    return None


def _number(value: float) -> str:
    return repr(float(value)).removesuffix(".0")
