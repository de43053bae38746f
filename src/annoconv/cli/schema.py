"""`annoconv schema`: the JSON Schema of a case, for validators of any language, and what changed between two."""

import json
from enum import StrEnum
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any

import typer

from annoconv.cli.report import Report
from annoconv.cli.standard_output import standard_output
from annoconv.errors import InputError, UsageError
from annoconv.messages import Message, translate


class Reader(StrEnum):
    """Who reads it."""

    VALIDATORS = "validators"
    CODEGEN = "codegen"
    TYPESCRIPT = "typescript"


class Root(StrEnum):
    """Which kind of document it is of."""

    CASE = "case"
    TASK_DEFINITION = "task-definition"
    LABEL_SYSTEM = "label-system"
    PACKAGE = "package"


_EFFECT_SENTENCES = ("breaking", "additive", "annotation")


def schema(
    report: Report,
    words: Annotated[
        list[str],
        typer.Argument(metavar="[diff OLD [NEW]]", help="Compare two schema files; NEW is this version's if absent."),
    ] = [],  # noqa: B006  typer copies it
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write it to this file.")] = None,
    reader: Annotated[Reader, typer.Option("--for", help="Who reads it.")] = Reader.VALIDATORS,
    root: Annotated[Root, typer.Option("--of", help="Kind of document that the form for code generators is of.")] = (
        Root.CASE
    ),
) -> None:
    """Write the schema to standard output or to a file, or say what changed between two."""
    if words:
        _diff(report, words)
        return
    text, ending = _text(reader, root)
    if output is not None and str(output) != "-":
        from annoconv.files.atomic import replacing
        from annoconv.files.names import check_ending

        check_ending(output, (ending,))
        with replacing(output, overwrite=report.overwrite) as temporary:
            temporary.write_text(text, encoding="utf-8")
        report.add_output(output)
    elif report.as_json:
        report.add("schema", json.loads(text) if ending == ".json" else text)
    else:
        with standard_output() as out:
            out.write(text)


def _text(reader: Reader, root: Root) -> tuple[str, str]:
    """Return what is asked for, and the ending of its file."""
    package = files("annoconv_model")
    if reader is Reader.CODEGEN:
        return (package / "codegen" / f"annoconv.{root.value}.schema.json").read_text(encoding="utf-8"), ".json"
    if root is not Root.CASE:
        raise UsageError(
            "this form is of all kinds of document",
            found=f"--of {root.value}",
            expected="--for codegen",
            advice="Leave --of out, or add --for codegen",
        )
    if reader is Reader.TYPESCRIPT:
        return (package / "annoconv.d.ts").read_text(encoding="utf-8"), ".ts"
    return _own_schema(), ".json"


def _own_schema() -> str:
    return (files("annoconv_model") / "annoconv.schema.json").read_text(encoding="utf-8")


def _diff(report: Report, words: list[str]) -> None:
    from annoconv.documents.schema_diff import Effect, compare_schemas

    if words[0] != "diff" or len(words) not in {2, 3}:
        raise UsageError(
            "this is no request",
            found=" ".join(words),
            expected="schema, or schema diff OLD [NEW]",
            advice="annoconv schema --help tells more",
        )
    old = _read(Path(words[1]))
    new = _read(Path(words[2])) if len(words) == 3 else json.loads(_own_schema())
    changes = compare_schemas(old, new)
    for change in changes:
        told = translate(change.message, report.lang)
        report.say("{}", f"{change.effect.value:10} {change.path or '/'}: {told}")
    effects = {change.effect for change in changes}
    verdict = next((effect.value for effect in Effect if effect in effects), "none")
    if changes:
        report.say("the change is {}", Message(verdict))
    else:
        report.say("the schemas are the same")
    report.add("changes", [{"path": c.path, "effect": c.effect.value, "message": c.message} for c in changes])
    report.add("verdict", verdict)


def _read(path: Path) -> dict[str, Any]:
    from annoconv.documents import strict_json
    from annoconv.documents.json_values import json_type
    from annoconv.files.atomic import check_inputs
    from annoconv.files.inputs import check_source

    check_source(path)
    check_inputs([path])
    schema = strict_json.loads(strict_json.read_bytes(path), source=path)
    if not isinstance(schema, dict):
        raise InputError(
            "this is no schema",
            source=path,
            found=json_type(schema),
            expected="an object",
            advice="Name a file that annoconv schema wrote",
        )
    return schema
