"""Boxes in CSV: flat boxes of cases as rows of a table, for the tests of how a format is added.

Columns are those of `COLUMNS`; coordinates are continuous pixels, origin at the outer corner of the first pixel. A case
without a flat box is a row whose `id` is empty.
"""

from __future__ import annotations

import csv
import io
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from annoconv.casefile import Reading
from annoconv.documents import strict_json
from annoconv.documents.losses import Reasons, report
from annoconv.errors import InputError
from annoconv.files.atomic import replacing
from annoconv.loss import Loss, LossReport
from annoconv.model import Case
from annoconv.pixels import Masks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from annoconv.casefile import LoadedCase
    from annoconv.registry import Context

__all__ = ["SUFFIX", "from_boxes_csv", "to_boxes_csv"]

SUFFIX: Final = ".csv"
CASE: Final = ("schema_version", "case_id", "task_id", "image_uid", "modality")
BOX: Final = ("x_min", "y_min", "x_max", "y_max")
COLUMNS: Final = (*CASE, "id", "category", "label_code", *BOX)
REASONS: Final[Reasons] = {"*": "a table of flat boxes has no place for {place}"}


def to_boxes_csv(cases: Iterable[LoadedCase], target: Path, *, context: Context) -> LossReport:
    """Write the flat boxes of cases as one table.

    Raises
    ------
    OutputExistsError
        If the target exists when all is written.
    """
    lines, losses = [dict(zip(COLUMNS, COLUMNS, strict=True))], list[Loss]()
    for index, loaded in enumerate(cases):
        written = _rows(strict_json.plain(loaded.case))
        native = strict_json.plain(_case(written, str(target)))
        losses += report(strict_json.plain(loaded.case), native, REASONS, case_index=index).losses
        lines += written
        context.advance(index + 1)
    text = io.StringIO()
    csv.DictWriter(text, COLUMNS, lineterminator="\n").writerows(lines)
    with replacing(target, overwrite=True) as temporary:
        temporary.write_text(text.getvalue(), "utf-8", newline="")
    return LossReport(losses)


def from_boxes_csv(sources: Sequence[Path], *, context: Context) -> Iterator[Reading]:
    """Read the cases of tables, of which rows of one case stand together.

    Raises
    ------
    InputError
        If a file has other columns, or a value is none that the model takes.
    """
    for source in sources:
        text = strict_json.read_bytes(source, context.limits).decode("utf-8", "replace")
        header, *lines = csv.reader(io.StringIO(text, newline="")) if text else [[]]
        if "\ufffd" in text or tuple(header) != COLUMNS or any(len(line) != len(COLUMNS) for line in lines):
            raise InputError("this is no table of boxes", source=source, expected=", ".join(COLUMNS))
        rows = [dict(zip(COLUMNS, line, strict=True)) for line in lines]
        for _, group in groupby(rows, key=lambda row: [row[name] for name in CASE]):
            yield Reading(_case(list(group), source), Masks())


def _rows(document: dict[str, Any]) -> list[dict[str, str]]:
    image = document["image"]
    whole = document | {"image_uid": image["uid"], "modality": image["modality"]}
    common = {name: str(whole.get(name, "")) for name in CASE}
    boxes = [
        {name: str(each[name]) for name in ("id", "category", "label_code")}
        | dict(zip(BOX, map(repr, each["bbox"]), strict=True))
        for each in document["annotations"]
        if each["type"] == "bbox" and len(each["bbox"]) == len(BOX)
    ]
    return [common | box for box in boxes] or [common | dict.fromkeys(COLUMNS[len(CASE) :], "")]


def _case(rows: list[dict[str, str]], source: Path | str) -> Case:
    first = rows[0]
    document = {
        **{name: first[name] for name in ("schema_version", "case_id", "task_id") if first[name]},
        "image": {"uid": first["image_uid"], "modality": first["modality"]},
        "annotations": [_annotation(row, source) for row in rows if row["id"]],
        "metadata": {},
    }
    return strict_json.parse(strict_json.dumps(document), Case, source=source)


def _annotation(row: dict[str, str], source: Path | str) -> dict[str, Any]:
    try:
        box = [float(row[name]) for name in BOX]
    except ValueError as error:
        raise InputError("this is no box", source=source, where=row["id"], found=str(error)) from error
    return {name: row[name] for name in ("id", "category", "label_code")} | {"type": "bbox", "bbox": box}
