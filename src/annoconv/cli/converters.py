"""`annoconv to-x`, `annoconv from-x` and the commands of other packages, made of the signatures that are installed."""

from __future__ import annotations

import collections.abc
import inspect
import tempfile
import typing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from annoconv import registry
from annoconv.cli.command import as_command
from annoconv.cli.labels import read_labels
from annoconv.cli.standard_output import standard_output
from annoconv.errors import AnnoconvError, UsageError
from annoconv.files.atomic import Outputs, check_inputs, outputs_of
from annoconv.files.inputs import STANDARD
from annoconv.files.names import SIDE_SUFFIX, check_ending
from annoconv.messages import Message, listed
from annoconv.registry import Command, Context, Converter, Option

if TYPE_CHECKING:
    from collections.abc import Iterator

    from annoconv.casefile import Reading
    from annoconv.casefile.stated import Stated
    from annoconv.cli.report import Report

__all__ = [
    "CONTEXT",
    "STATED",
    "STDOUT",
    "added_command",
    "as_typer",
    "context_of",
    "convert_command",
    "named",
    "only_one",
    "parameter_of",
    "stated_of",
    "to_stdout",
]

_PLAIN = Message("Add --plain, which writes no side file, or name a file or folder with -o")
STDOUT = Path(STANDARD)


def added_command(command: Command) -> Any:
    """Return the command that a package adds; AnnoconvError if its module cannot be imported or its name is taken."""
    options = {name: as_typer(parameter) for name, parameter in command.parameters.items()}
    return as_command(command.name, command.function, command.summary, options)


def convert_command(converter: Converter) -> Any:
    """Return the command of a converter; AnnoconvError if its module cannot be imported."""
    what = "CASE" if converter.direction == "to" else "SOURCE"
    told = "Cases: .json or .jsonl files." if converter.direction == "to" else "Files or folders of the format."
    options = {
        # With a parser, because typer would make a validator for each of ten thousand paths.
        "sources": parameter_of("sources", Annotated[list[Path], typer.Argument(metavar=what, help=told, parser=Path)]),
        "output": parameter_of(
            "output",
            Annotated[Path, typer.Option("--output", "-o", help="File or folder to write, or - (standard output).")],
        ),
        **{name: as_typer(parameter) for name, parameter in converter.options.items()},
        **CONTEXT,
        **(STATED if converter.direction == "from" else {}),
    }

    def run(report: Report, *, sources: list[Path], output: Path, **values: Any) -> None:
        from annoconv.casefile.reading import case_paths, check_distinct

        check_inputs(sources)
        if converter.direction == "to":
            sources = case_paths(sources, report.limits)
            check_distinct(sources)
        context = context_of(report, {name: values.pop(name) for name in CONTEXT})
        convert = _write if converter.direction == "to" else _read
        if output == STDOUT:
            ending = converter.suffix if converter.direction == "to" else ".json"
            to_stdout(report, ending, lambda target: convert(report, converter, sources, target, context, values))
        else:
            _check_outputs(report, converter, output)
            for path in convert(report, converter, sources, output, context, values):
                report.add_output(path)

    return as_command(converter.name, run, converter.summary, options)


def _check_outputs(report: Report, converter: Converter, output: Path) -> None:
    """Refuse, before any work, what the request may not write."""
    from annoconv.casefile import CASE_ENDINGS
    from annoconv.casefile.loaded import masks_folder

    with outputs_of(overwrite=report.overwrite) as outputs:
        outputs.claim(output)
        if converter.direction == "from" and output.suffix in CASE_ENDINGS:
            outputs.expect(masks_folder(output), of=output)
    check_ending(output, converter.endings if converter.direction == "to" else CASE_ENDINGS)


def _write(
    report: Report, converter: Converter, sources: list[Path], target: Path, context: Context, values: dict[str, Any]
) -> list[Path]:
    from annoconv.casefile import read_cases

    report.expect(report.total_of(sources))
    cases = named(report, read_cases(sources, limits=context.limits))
    losses = registry.write(
        cases, target, format=converter.format, context=context, overwrite=report.overwrite, as_read=True, **values
    )
    report.add_losses(losses, are_of_case=True)
    return [target]


def _read(
    report: Report, converter: Converter, sources: list[Path], target: Path, context: Context, values: dict[str, Any]
) -> list[Path]:
    from annoconv.casefile import write_cases

    report.is_reading = True
    stated = stated_of(values)

    def readings() -> Iterator[Reading]:
        for reading in registry.read(sources, format=converter.format, context=context, **values):
            report.add_losses(reading.losses)
            for finding in reading.findings:
                report.add_finding(finding, reading.source or sources[0])
            yield reading

    cases = only_one(readings(), stated)
    return write_cases(cases, target, overwrite=report.overwrite, as_read=True, limits=report.limits)


def to_stdout(report: Report, ending: str, convert: typing.Callable[[Path], list[Path]]) -> None:
    """Convert into a temporary folder and write its one text file to standard output."""
    if report.as_json:
        raise UsageError(
            "standard output takes one text",
            found=Message("the result and --json"),
            expected="one of the two",
            advice="Name a file with -o",
        )
    with tempfile.TemporaryDirectory() as folder:
        with Outputs():  # written when all of it is, not with the other outputs of the command
            path = Path(folder, f"output{ending}")
            try:
                convert(path)
            except AnnoconvError as error:
                error.source = "-" if error.source == str(path) else error.source
                raise
        files = sorted(path for path in Path(folder).rglob("*") if path.is_file())
        is_side = len([path for path in files if not path.name.endswith(SIDE_SUFFIX)]) == 1
        try:
            if len(files) != 1:
                raise ValueError
            text = files[0].read_text(encoding="utf-8")
        except ValueError:
            raise UsageError(
                "the result is not one text",
                found=listed([file.name for file in files], 3),
                expected="one text file",
                advice=_PLAIN if is_side else "Name a file or folder with -o",
            ) from None
        with standard_output() as out:
            out.write(text)


def parameter_of(name: str, annotation: Any, default: Any = inspect.Parameter.empty) -> inspect.Parameter:
    """Return an option of a command."""
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=default)


CONTEXT = {
    parameter.name: parameter
    for parameter in (
        parameter_of("task", Annotated[str | None, typer.Option(help="Task id where the format names none.")], None),
        parameter_of(
            "label_system", Annotated[Path | None, typer.Option(help="The task's labels, a .json file.")], None
        ),
        parameter_of(
            "timestamp", Annotated[str | None, typer.Option(help="Time that the output bears, RFC 3339, or now.")], None
        ),
        parameter_of(
            "timezone", Annotated[str | None, typer.Option(help="Zone of times that name none, +08:00.")], None
        ),
    )
}
"""What is the same for all formats (`annoconv.registry.Context`)."""

STATED = {
    parameter.name: parameter
    for parameter in (
        parameter_of(
            "case_id",
            Annotated[str | None, typer.Option(help="Id of the case, where its source names none.")],
            None,
        ),
        parameter_of(
            "annotator",
            Annotated[str | None, typer.Option(help="Who annotated, where the sources name nobody.")],
            None,
        ),
        parameter_of(
            "institution",
            Annotated[str | None, typer.Option(help="Where it was annotated, where the sources do not say.")],
            None,
        ),
    )
}
"""What is stated of cases that are read (`annoconv.casefile.stated`)."""


def stated_of(values: dict[str, Any]) -> Stated:
    """Take what is stated from the values of `STATED`."""
    from annoconv.casefile.stated import Stated

    stated = Stated(**{name: values.pop(name) for name in STATED})
    stated.check()
    return stated


def named(report: Report, cases: Iterator[Any]) -> Iterator[Any]:
    """Yield cases; note the ids of their annotations, by which losses are told."""
    for position, each in enumerate(cases):
        report.name_annotations(position, each)
        yield each


def only_one(cases: Iterator[Any], stated: Stated) -> Iterator[Any]:
    """Yield cases with what is stated of them; UsageError if an id is stated of several."""
    for position, each in enumerate(cases):
        if position and stated.case_id is not None:
            raise UsageError(
                "the sources hold several cases, and --case-id names one",
                found=Message("a second case"),
                expected="one case",
                advice="Leave it out, or name each case with {case_id} in the paths",
            )
        yield stated.put(each)


def context_of(report: Report, values: dict[str, Any]) -> Context:
    """Return what is the same for all formats, from the values of `CONTEXT`."""
    from annoconv.times import parse_timestamp, parse_timezone

    zone = parse_timezone(values["timezone"]) if values["timezone"] else None
    return Context(
        label_system=read_labels(values["label_system"], report.limits) if values["label_system"] else (),
        task=values["task"],
        timestamp=parse_timestamp(values["timestamp"], zone) if values["timestamp"] else None,
        timezone=zone,
        limits=report.limits,
        progress=report.progress,
    )


def as_typer(parameter: inspect.Parameter, *, before: str = "", also: str = "") -> inspect.Parameter:
    """Return a parameter as typer takes it: a sequence is repeated, a switch has its positive form only.

    One that is not keyword-only becomes an argument. What stands before its name, `from-`, tells it from another one;
    with `also` before it, it is understood too.
    """
    annotation, default = parameter.annotation, parameter.default
    told = Option(help="")
    if typing.get_origin(annotation) is Annotated:
        annotation, *metadata = typing.get_args(annotation)
        told = next((each for each in metadata if isinstance(each, Option)), told)
    if typing.get_origin(annotation) in {collections.abc.Sequence, list, tuple}:
        member = typing.get_args(annotation)[0]
        annotation = list[member]  # type: ignore[valid-type]  # a type known at run time
        default = list(default) if default is not inspect.Parameter.empty else default
    if parameter.kind is inspect.Parameter.KEYWORD_ONLY:
        name = told.name or parameter.name.replace("_", "-")
        names = [f"--{before}{name}", *([f"--{also}{name}"] if also else [])]
        option = typer.Option(*names, help=told.help, metavar=told.metavar)
    else:
        option = typer.Argument(help=told.help, metavar=told.metavar)
    return parameter_of(f"{before.replace('-', '_')}{parameter.name}", Annotated[annotation, option], default)
