"""`annoconv upgrade`: cases of the B.3 layout, or of an older version of the schema, brought to the current one."""

import os
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Literal

import typer

from annoconv.cli.report import Report


def upgrade(
    report: Report,
    source: Annotated[Path, typer.Argument(metavar="CASE", help="A .json or .jsonl file.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The upgraded file, of the same kind.")],
    task_id: Annotated[str | None, typer.Option("--task-id", help="Task, where the file names none.")] = None,
    modality: Annotated[str | None, typer.Option("--modality", help="Modality, where the file names none.")] = None,
    timezone: Annotated[str | None, typer.Option("--timezone", help="Zone of times that name none, +08:00.")] = None,
    shape: Annotated[str | None, typer.Option("--shape", help="Voxels along i,j,k, where the file names none.")] = None,
) -> None:
    """Upgrade every case of a file; what the options give is recorded in each."""
    from annoconv.casefile import documents
    from annoconv.casefile.loaded import masks_folder
    from annoconv.casefile.writing import FolderBeside
    from annoconv.documents import strict_json
    from annoconv.errors import UsageError
    from annoconv.files.atomic import check_inputs, outputs_of, replacing
    from annoconv.files.manifest import named
    from annoconv.upgrade import Missing, upgrade_document

    if source.suffix != output.suffix:
        raise UsageError(
            "the output is of another kind",
            source=output,
            found=output.suffix,
            expected=source.suffix,
            advice="Give the output the ending of the source",
        )
    missing = Missing(task_id, modality, timezone, _shape(shape))
    indent: Literal[2] | None = None if source.suffix == ".jsonl" else 2
    count = 0
    absent: list[str] = []
    is_elsewhere = os.path.realpath(source.parent) != os.path.realpath(output.parent)
    with outputs_of(overwrite=report.overwrite) as outputs, ExitStack() as written:
        outputs.claim(output)
        if is_elsewhere:
            outputs.expect(masks_folder(output), of=output)
        check_inputs([source])
        temporary = written.enter_context(replacing(output, overwrite=report.overwrite))
        beside = FolderBeside(output, written, report.overwrite)
        with temporary.open("wb") as stream:
            for where, data in documents(source, limits=report.limits):
                document = upgrade_document(data, missing, limits=report.limits, source=source, where=where)
                absent += beside.copy(document, source) if is_elsewhere else []
                stream.write(strict_json.dumps(document, indent=indent))
                count += 1
    if absent:
        report.say("the cases name files that are not there and were not copied: {}", named(absent))
    report.add("cases", count)
    report.add_output(output)


def _shape(text: str | None) -> tuple[int, ...] | None:
    from annoconv.errors import UsageError

    if text is None:
        return None
    parts = text.split(",")
    if len(parts) not in {2, 3} or not all(part.strip().isdigit() for part in parts):
        raise UsageError(
            "this is no shape",
            found=text,
            expected="512,512,320",
            advice="Write the voxels along i, j and k with commas between them",
        )
    return tuple(int(part) for part in parts)
