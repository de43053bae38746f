"""A command: a function that takes a `Report`, with the options that every command has."""

from __future__ import annotations

import inspect
import sys
from copy import copy
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, get_args

import typer
import typer.main

from annoconv.cli.language import Command, spoken
from annoconv.cli.limits import limits_from
from annoconv.cli.report import FailOnLoss, Report
from annoconv.cli.standard_output import standard_output
from annoconv.cli.starting import started
from annoconv.errors import AnnoconvError, InputError
from annoconv.messages import Message
from annoconv.scratch import ScratchError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["COMMON", "CommonCommand", "Lang", "app", "as_command", "flags_of"]


class Lang(StrEnum):
    """Language of messages."""

    EN = "en"
    ZH = "zh"


LANG = typer.Option("--lang", help="Language of messages, else that of the environment.")
"""The option that every command has, and that may stand before the command."""


def _option(name: str, annotation: Any, default: Any) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=default)


COMMON = {
    parameter.name: parameter
    for parameter in (
        _option(
            "as_json", Annotated[bool, typer.Option("--json", help="Write one JSON object to standard output.")], False
        ),
        _option(
            "losses_file", Annotated[Path | None, typer.Option("--losses", help="Write the losses to this file.")], None
        ),
        _option(
            "fail_on_loss",
            Annotated[
                FailOnLoss | None,
                typer.Option(
                    "--fail-on-loss",
                    metavar="[any]",
                    help="Exit with 3 if a value is lost or changed; with any, also if only carried, uncoded or added.",
                ),
            ],
            None,
        ),
        _option(
            "losses_allowed",
            Annotated[
                Path | None,
                typer.Option("--losses-allowed", help="Kinds and paths that may be lost; anything else stops with 3."),
            ],
            None,
        ),
        _option(
            "manifest",
            Annotated[
                Path | None,
                typer.Option("--manifest", metavar="TABLE", help="Do it for each case of a table (CSV)."),
            ],
            None,
        ),
        _option(
            "keep_going",
            Annotated[bool, typer.Option("--keep-going", help="Of many cases, do the others if one fails.")],
            False,
        ),
        _option(
            "limit",
            Annotated[
                list[str],
                typer.Option("--limit", metavar="NAME=NUMBER", help="Set a bound on what is read; may be repeated."),
            ],
            [],
        ),
        _option("overwrite", Annotated[bool, typer.Option("--overwrite", help="Replace existing outputs.")], False),
        _option("quiet", Annotated[bool, typer.Option("--quiet", help="Say nothing but errors.")], False),
        _option("lang", Annotated[Lang | None, LANG], None),
    )
}
"""The options that every command has."""
_OF_MANY = ("manifest", "keep_going")
"""Those that are taken before a command is run for each case (`annoconv.cli.many`)."""
_OF_LOSSES = ("losses_file", "fail_on_loss", "losses_allowed")
_IDLE: Final[Mapping[str, tuple[str, ...]]] = {
    "validate": _OF_LOSSES,
    "formats": (*_OF_LOSSES, *_OF_MANY, "limit", "overwrite"),
    "schema": (*_OF_LOSSES, *_OF_MANY, "limit"),
    "upgrade": _OF_LOSSES,
    "info": (*_OF_LOSSES, "overwrite"),
    "rule": (*_OF_LOSSES, *_OF_MANY, "limit", "overwrite"),
    "review": _OF_LOSSES,
    "review-queue": _OF_LOSSES,
    "registration": _OF_LOSSES,
    "preview": _OF_LOSSES,
    "report": _OF_LOSSES,
    "demo": (*_OF_MANY, "limit"),
    "check-fhir": (*_OF_LOSSES, "overwrite"),
    "check-images": (*_OF_LOSSES, "overwrite"),
    "check-links": (*_OF_LOSSES, "overwrite"),
}
"""Options that a command takes as all do, so that one line serves any, and that change nothing: its help hides them."""


def app(**settings: Any) -> typer.Typer:
    """Return an empty application that neither imports rich nor prints tracebacks."""
    return typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False, **settings)


class CommonCommand(Command):
    """A command whose `--fail-on-loss` takes the word `any`, if that follows, and no other."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Write a value into each `--fail-on-loss` that stands alone, so that it takes no path for one."""
        given = list(args)
        end = given.index("--") if "--" in given else len(given)
        for position in reversed(range(end)):
            if given[position] == "--fail-on-loss":
                wide = given[position + 1 : position + 2] == ["any"]
                given[position : position + 1 + wide] = [f"--fail-on-loss={'any' if wide else 'changed'}"]
        return super().parse_args(ctx, given)


def as_command(
    name: str,
    function: Callable[..., None],
    summary: str,
    options: Mapping[str, inspect.Parameter] | None = None,
    *,
    kind: type[Command] | None = None,
) -> Any:
    """Return the command that runs a function with a `Report` and the values of its options.

    Parameters
    ----------
    name
        What is typed.
    function
        Takes the report first; its other parameters are the command's own.
    summary
        What the help says.
    options
        The command's own options, if the function's signature does not tell them.
    kind
        Its class, if it reads its command line in a way of its own.
    """
    own = dict(options) if options is not None else _own(function)
    if doubled := own.keys() & COMMON.keys():
        problem = Message("{name} has options that every command has", name=name)
        raise AnnoconvError(
            problem, found=", ".join(sorted(doubled)), expected="options of its own", advice="Give them other names"
        )

    def run(**values: Any) -> None:
        common = {key: values.pop(key) for key in COMMON}
        for key in _OF_MANY:
            del common[key]
        asked: Lang | None = common.pop("lang")
        limit: list[str] = common.pop("limit")
        with Report(**common, lang=asked.value if asked else spoken()) as report:
            try:
                report.limits = limits_from(limit)
                started()
                _run(report, function, values)
            except AnnoconvError as error:
                report.fail(error)
            except BrokenPipeError:
                raise
            except OSError as error:
                report.fail(_refused(error))
            with standard_output():
                code = report.finish()
            raise typer.Exit(code)

    common_ones = {key: _hidden(each) if key in _IDLE.get(name, ()) else each for key, each in COMMON.items()}
    run.__signature__ = inspect.Signature([*own.values(), *common_ones.values()])  # type: ignore[attr-defined]  # typer reads it
    run.__annotations__ = {key: parameter.annotation for key, parameter in (own | common_ones).items()}
    single = app()
    single.command(name, cls=kind or CommonCommand, help=summary)(run)
    command: Any = typer.main.get_command(single)
    command.parameters = {flag: each for each in (own | COMMON).values() for flag in flags_of(each)}
    return command


def _hidden(parameter: inspect.Parameter) -> inspect.Parameter:
    """Return an option that help does not show."""
    annotation, *metadata = get_args(parameter.annotation)
    told = [copy(each) for each in metadata]
    for each in told:
        each.hidden = True
    return parameter.replace(annotation=Annotated[(annotation, *told)])


def flags_of(parameter: inspect.Parameter) -> list[str]:
    """Return the long names of an option; none of an argument."""
    told = next((each for each in parameter.annotation.__metadata__ if isinstance(each, type(LANG))), None)
    if told is None:
        return []
    written = (told.default, *(told.param_decls or ()))  # typer takes the first name for a default
    named = [each for each in written if isinstance(each, str) and each.startswith("--")]
    return named or [f"--{parameter.name.replace('_', '-')}"]


def _own(function: Callable[..., None]) -> dict[str, inspect.Parameter]:
    parameters = list(inspect.signature(function, eval_str=True).parameters.values())[1:]
    return {each.name: each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in parameters}


def _refused(error: OSError) -> InputError:
    if isinstance(error, ScratchError):
        return InputError(
            "the folder for temporary files takes no more",
            source=error.filename,
            found=Message(error.strerror or type(error).__name__),
            expected="room for what does not fit into memory",
            advice="Free some of its disk, or name another folder with TMPDIR",
        )
    return InputError(
        "the system refused",
        source=error.filename,
        found=Message(error.strerror or type(error).__name__),
        expected="that this can be read or written",
        advice="See that it is there, may be used, and that the disk has room",
    )


def _run(report: Report, function: Callable[..., None], values: Mapping[str, Any]) -> None:
    """Run a command; all that it writes, and the losses, appear at its end or not at all."""
    from annoconv.cli.allowed import check_allowed, read_allowed
    from annoconv.files.atomic import Outputs
    from annoconv.files.names import check_ending

    try:
        with Outputs(overwrite=report.overwrite) as outputs:
            if report.losses_file is not None:
                outputs.expect(report.losses_file)
                check_ending(report.losses_file, (".json",))
            allowed = [] if report.losses_allowed is None else read_allowed(report.losses_allowed)
            function(report, **values)
            if report.losses_allowed is not None:
                check_allowed(report.losses, allowed, report.losses_allowed)
            report.write_losses()
        for folder in outputs.made:
            report.say("made the folder {}, which was not there", folder)
    except BaseException:
        report.forget_outputs()
        raise


def internal_error(error: Exception) -> Message:
    """Return what is said of our own bug: its kind and place, never the values at hand, which may be a patient's."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else "unknown"
    return Message(
        "annoconv: internal error: {kind} at {place}; please report it and the command that you ran",
        kind=type(error).__name__,
        place=place,
    )


def utf8_streams() -> None:
    """Make both streams speak UTF-8, whatever the locale says, and names of files that are none."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding="utf-8", errors="backslashreplace")
