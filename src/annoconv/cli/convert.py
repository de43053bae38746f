"""`annoconv convert`: from files of any format to any other; cases and masks stay in memory, unread until asked for.

The options are those of both formats, so they are known once these are: the command line is read twice.
"""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from annoconv.cli.command import CommonCommand, as_command
from annoconv.cli.conversion import IMAGES, Many, Request, Row, converters_of
from annoconv.cli.converters import (
    CONTEXT,
    STATED,
    STDOUT,
    as_typer,
    context_of,
    parameter_of,
    stated_of,
)
from annoconv.errors import AnnoconvError, UsageError
from annoconv.files.atomic import check_inputs
from annoconv.messages import Message
from annoconv.registry.kinds import Kinds, check_format, sources_of, target_format

if TYPE_CHECKING:
    import inspect
    from collections.abc import Callable, Mapping, Sequence

    from annoconv.cli.report import Report

__all__ = ["KIND", "OPTIONS", "Many", "Row", "conversion_command", "convert", "many_command"]


OPTIONS: dict[str, inspect.Parameter] = {
    "sources": parameter_of(
        "sources",
        Annotated[
            list[Path],
            typer.Argument(metavar="SOURCE", help="Files or folders of one or several formats.", parser=Path),
        ],
    ),
    "output": parameter_of(
        "output",
        Annotated[Path, typer.Option("--output", "-o", help="File or folder to write, or - (standard output).")],
    ),
    "from_format": parameter_of(
        "from_format",
        Annotated[
            list[str], typer.Option("--from", metavar="FORMAT", help="Format of the sources, where it is not clear.")
        ],
        [],
    ),
    "to_format": parameter_of(
        "to_format",
        Annotated[
            str | None, typer.Option("--to", metavar="FORMAT", help="Format of the output, where it is not clear.")
        ],
        None,
    ),
    IMAGES: parameter_of(
        IMAGES,
        Annotated[
            list[Path],
            typer.Option("--images", metavar="PATH", help="Source images, files or folders, for both sides."),
        ],
        [],
    ),
    **CONTEXT,
    **STATED,
}
"""What there is whatever the formats are; with `--from` and `--to`, help has those of both formats too."""


_SEVERAL: Final = 2
"""Cases that fail, after which the rest are tried one by one, so that each does not cost a pass over all."""
_WITH_VALUE: Final = frozenset(
    {"--images", "--losses", "--limit", "--lang", *(f"--{name.replace('_', '-')}" for name in (*CONTEXT, *STATED))}
)
"""Options that every conversion has, and after which no source stands."""


def convert(
    report: Report, *, known: Kinds | None = None, many: Many | None = None, both: Sequence[str] = (), **values: Any
) -> None:
    """Convert files of any format to any other.

    Parameters
    ----------
    report
        What is said.
    known
        Kinds of the sources that were found already.
    many
        Cases that become one output, instead of the sources and images that are named.
    both
        Options that the formats of both sides have.
    **values
        Of `OPTIONS`, and the options of both formats by their names.
    """
    context = context_of(report, {name: values.pop(name) for name in CONTEXT})
    stated = stated_of(values)
    paths, images = values.pop("sources"), values.pop(IMAGES)
    many = many or Many([Row(None, paths, images)])
    output: Path = values.pop("output")
    for row in many.rows:
        check_inputs(row.sources)
    writer = target_format(output, values.pop("to_format"))
    named: list[str] = values.pop("from_format")
    while True:
        request = Request(report, context, stated, many, writer, named, known or Kinds(), values)
        try:
            request.run(output)
            break
        except AnnoconvError as error:
            error.advice = _advice(error.advice, both)
            if not many.leave_out(error):
                raise
            report.start_again()
            if len(many.failed) == _SEVERAL:
                request.try_each()
    for case_id, failure in many.failed.items():
        report.fail(failure, case_id=case_id)


def _advice(advice: str | None, both: Sequence[str]) -> str | None:
    """Return what an error advises, with the names that options of both sides have here."""
    flags = [name.replace("_", "-") for name in both]
    named = [flag for flag in flags if advice and re.search(rf"--{flag}(?![\w-])", advice)]
    if not advice or not named:
        return advice
    options = ", ".join(f"--{side}-{flag}" for flag in named for side in ("from", "to"))
    told = advice if isinstance(advice, Message) else Message(advice)
    return Message("{advice}; here it is {options}", advice=told, options=options)


# --- the options ------------------------------------------------------------------------------------------------------


def conversion_command(
    command: CommonCommand,
    function: Callable[..., None],
    options: Mapping[str, inspect.Parameter],
    arguments: list[str],
) -> Any:
    """Return a command that has the options of the formats that a command line is about, beside its own."""
    known = Kinds()
    formats = _asked(arguments, known)
    both = _refuse_short(formats, arguments)
    function = partial(function, known=known, both=both)
    return as_command(command.name or "convert", function, command.help or "", _options(formats, options))


def _options(formats: dict[str, list[str]], own: Mapping[str, inspect.Parameter]) -> dict[str, inspect.Parameter]:
    """Return the options of the formats of both sides; of those that both have, two."""
    sides = {side: _options_of(side, names) for side, names in formats.items()}
    both = sides["from"].keys() & sides["to"].keys()
    found = dict(own)
    for side, options in sides.items():
        for name, parameter in options.items():
            if name in both:
                option = as_typer(parameter, before=f"{side}-")
                found[option.name] = option
            elif name != IMAGES:
                found[name] = as_typer(parameter, also=f"{side}-")
    return found


def _options_of(side: str, names: list[str]) -> dict[str, inspect.Parameter]:
    found: dict[str, inspect.Parameter] = {}
    for each in converters_of(side, names):
        found = {**each.options, **found}
    return found


class _Convert(CommonCommand):
    """The command, which has the options of its formats once it has been told them."""

    def told(self, arguments: list[str]) -> Any:
        """Return the command that has the options of the formats that a command line is about."""
        return conversion_command(self, convert, OPTIONS, arguments)

    def make_context(self, info_name: Any, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """Return the context of the command that has these options."""
        return self.told(args).make_context(info_name, args, parent, **extra)


KIND: Final = _Convert


def _refuse_short(formats: dict[str, list[str]], arguments: list[str]) -> list[str]:
    """Refuse the short name of an option that both sides have; return these options."""
    both = _options_of("from", formats["from"]).keys() & _options_of("to", formats["to"]).keys() - {IMAGES}
    given = {argument.partition("=")[0] for argument in arguments}
    for name in sorted(both):
        flag = name.replace("_", "-")
        if f"--{flag}" in given:
            raise UsageError(
                "both formats have this option",
                found=f"--{flag}",
                expected=f"--from-{flag}, --to-{flag}",
                advice="Say which of them is meant",
            )
    return sorted(both)


def _asked(arguments: list[str], known: Kinds) -> dict[str, list[str]]:
    """Return the formats of both sides, as far as a command line tells them before it is read."""
    named = {"--from": list[str](), "--to": list[str](), "--output": list[str]()}
    paths: list[Path] = []
    doubtful: list[Path] = []
    switches = {"--json", "--overwrite", "--quiet", "--help", "--fail-on-loss"}
    before = ""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    for argument in arguments[:end]:
        name, equals, value = argument.partition("=")
        if name.startswith("-o") and argument != "-o":
            name, equals, value = "--output", "=", argument.removeprefix("-o").removeprefix("=")
        name = "--output" if name == "-o" else name
        if argument.startswith("-") and argument != "-":
            before = "" if equals or name in switches else name
            if equals and name in named:
                named[name].append(value)
        elif before:
            if before in named:
                named[before].append(argument)
            elif before not in _WITH_VALUE:
                doubtful.append(Path(argument))
            before = ""
        else:
            paths.append(Path(argument))
    paths += map(Path, arguments[end + 1 :])
    formats: dict[str, list[str]] = {"from": named["--from"], "to": named["--to"][-1:]}
    for side, names in formats.items():
        for each in names:
            check_format("from" if side == "from" else "to", each)
    if not formats["to"] and named["--output"] and named["--output"][-1] != f"{STDOUT}":
        formats["to"] = [target_format(Path(named["--output"][-1]), None)]
    there = [path for path in paths or doubtful if path.exists()]
    if there and len(formats["from"]) != 1:
        try:
            formats["from"] = [*sources_of(there, formats["from"], known).by_format]
        except AnnoconvError:
            if all(path.exists() for path in paths):
                raise  # else what is not there is told, once the command line is read
    return formats


def many_command(many: Many, arguments: list[str]) -> Any:
    """Return the command that writes many cases to one output, for its arguments without their sources and images."""
    known = Kinds()
    formats = _asked([*arguments, "--", *(f"{path}" for path in many.rows[0].sources)], known)
    both = _refuse_short(formats, arguments)
    argument = Annotated[list[Path], typer.Argument(metavar="SOURCE", parser=Path)]
    options = _options(formats, OPTIONS) | {"sources": parameter_of("sources", argument, [])}
    return as_command("convert", partial(convert, known=known, many=many, both=both), "", options)
