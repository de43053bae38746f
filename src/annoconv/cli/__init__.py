"""The command line: a table of commands that are imported when called, and what is installed beside them.

`annoconv --help` imports no command, no converter and no model; summaries of what is installed come from the source.
"""

from __future__ import annotations

import os
import sys
from contextlib import nullcontext
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any

import typer
import typer.core
import typer.main

from annoconv.cli.command import LANG, Lang, app, internal_error, utf8_streams
from annoconv.cli.language import Context, asked_language, said, speaking, spoken, usage_error, usage_object
from annoconv.cli.standard_output import CLOSED, standard_output, tell
from annoconv.cli.starting import starting
from annoconv.cli.stopping import Stopped, stopping
from annoconv.errors import AnnoconvError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["main"]

_COMMANDS = {
    "convert": "Convert files of any format to any other, with no case on disk.",
    "plan": "Tell what would be lost between two formats, or of cases, before anything is written.",
    "validate": "Check cases: structure, then the rules of a profile.",
    "formats": "List the formats and what can be done with each.",
    "schema": "Print the JSON Schema of a case, or tell what changed between two versions.",
    "upgrade": "Bring cases of the B.3 layout or an older schema to the current one.",
    "info": "Tell what cases hold, or which versions are at work.",
    "rule": "Explain rules: what is asked, by which clause, at which level, and what to do.",
    "metrics": "Measure masks, boxes, polygons and points by a reference.",
    "agreement": "Tell how far readers, versions or modalities agree.",
    "merge-readers": "Make one case of several readers' cases of one image.",
    "review": "Write reviewers' decisions into cases, as the cycle of reviews allows.",
    "review-queue": "Tell which annotations wait for which review or revision.",
    "sampling-plan": "Draw a sample of cases for an expert, a share of each stratum.",
    "registration": "Tell how well registered images lie on each other: landmarks and structures.",
    "preview": "Draw cases: the slices with most of each label, as a PNG.",
    "report": "Check cases, and write a page about them: verdict, findings, agreement, slices.",
    "demo": "Make a small synthetic case, check it and convert it to every format.",
}
"""The commands that are not converters, each a module of this package with a function of its name."""
_MODULES = {"report": "quality_report"}
"""Where that name is taken: `annoconv.cli.report` is what every command says."""

_COMPLETION = "_ANNOCONV_COMPLETE"
"""Set by the shell's own script."""
_USAGE_ERROR: Any = typer.BadParameter.__base__  # typer has no public name for it


class _Commands(typer.core.TyperGroup):
    """The commands, imported one at a time."""

    context_class = Context

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names of all commands."""
        from annoconv.registry import commands, converters

        return [*_COMMANDS, *commands(_COMMANDS), *converters()]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Import and return one command, or None if there is none of that name."""
        if cmd_name in _COMMANDS:
            from annoconv.cli.command import as_command

            name = _MODULES.get(cmd_name, cmd_name.replace("-", "_"))
            module = import_module(f"annoconv.cli.{name}")
            options, kind = (getattr(module, each, None) for each in ("OPTIONS", "KIND"))
            return as_command(cmd_name, getattr(module, name), _COMMANDS[cmd_name], options, kind=kind)
        from annoconv.registry import commands, converters

        if cmd_name in converters():
            from annoconv.cli.converters import convert_command

            return convert_command(converters()[cmd_name])
        if cmd_name in (added := commands(_COMMANDS)):
            from annoconv.cli.converters import added_command

            return added_command(added[cmd_name])
        return None

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command that is called; of a name that is none, tell the one that is spelled most like it."""
        try:
            return super().resolve_command(ctx, args)
        except _USAGE_ERROR as error:
            from annoconv.advice import nearest

            if near := nearest(args[0], self.list_commands(ctx)).values.get("name"):
                error.message = f"{error.message.rstrip('.')}; did you mean {near}?"
            raise

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the table of commands without importing any."""
        from annoconv.registry import commands, converters

        with formatter.section("Commands"):
            added = commands(_COMMANDS).items()
            formatter.write_dl([*_COMMANDS.items(), *((name, each.summary) for name, each in added)])
        if found := converters():
            with formatter.section("Converters"):
                formatter.write_dl([(name, each.summary) for name, each in found.items()])


def _version(wanted: bool) -> None:
    if wanted:
        import annoconv

        typer.echo(f"annoconv {annoconv.__version__}")
        raise typer.Exit


def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
    lang: Annotated[Lang | None, LANG] = None,
) -> None:
    """Take the options that stand before any command."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code: 0 done, 1 failed, 2 usage, 3 losses, 4 limit, 70 our own bug.

    Without arguments it is that of this process, which signals then end by an exit code too. A program that calls it
    with arguments of its own keeps its signals. Ctrl-C ends the command, not such a program: the exit code is 130.
    """
    utf8_streams()
    if _COMPLETION in os.environ:
        import_module("typer.completion").completion_init()
    given = list(sys.argv[1:] if arguments is None else arguments)
    ends = arguments is None
    with speaking(asked_language(given)), stopping() if ends else nullcontext(), starting(ends=ends):
        return _run(given)


def _run(given: list[str]) -> int:
    root = _commands()
    asked = None

    def run() -> int:
        nonlocal asked
        if not any("{" in each or each.startswith(("--manifest", "--keep-going")) for each in given):
            return _call(root, given)
        from annoconv.cli.many import asked_for_many, run_many

        asked = asked_for_many(given, lambda name: name in _COMMANDS or root.get_command(None, name) is not None)
        return _call(root, given) if asked is None else run_many(asked, call, flags)

    def call(arguments: list[str], command: Any = None, /) -> int:
        as_json = asked is not None and asked.as_json
        return _guarded(lambda: _call(command or root, arguments), as_json=as_json)

    def flags(name: str, arguments: list[str]) -> dict[str, Any]:
        command = root.get_command(None, name)
        told = getattr(command, "told", None)
        return dict((command if told is None else told(arguments)).parameters)

    return _guarded(run, as_json="--json" in given)


def _commands() -> Any:
    root = app(cls=_Commands, no_args_is_help=True)
    root.callback(help="Medical image annotations: check them, and convert them to and from the formats of the field.")(
        _root
    )
    return typer.main.get_command(root)


def _call(command: Any, arguments: list[str]) -> int:
    name = "annoconv" if isinstance(command, _Commands) else f"annoconv {command.name}"
    return int(command.main(args=arguments, prog_name=name, standalone_mode=False) or 0)


def _guarded(run: Callable[[], int], *, as_json: bool) -> int:
    """Run, and say what goes wrong; return the exit code."""
    try:
        return _told(run, as_json=as_json)
    except Stopped as stopped:
        return stopped.exit_code
    except SystemExit:  # so typer ends where nobody reads its help, and where a shell asked it to complete names
        if _COMPLETION in os.environ:
            raise
        return CLOSED


def _told(run: Callable[[], int], *, as_json: bool) -> int:
    try:
        return run()
    except _USAGE_ERROR as error:
        tell(usage_error(error))
        if as_json:
            _say_json(usage_object(error))
        return 2
    except AnnoconvError as error:
        tell(f"annoconv: {said('error')}: {error.text(spoken())}\n")
        if as_json:
            from annoconv.cli.report import as_object

            _say_json(as_object(error, spoken()))
        return error.exit_code
    except (KeyboardInterrupt, typer.Abort):
        return 130
    except Exception as error:  # a bug of ours, and never a traceback
        tell(said(internal_error(error)) + "\n")
        if as_json:
            _say_json({"kind": "InternalError", "message": str(internal_error(error)), "exit_code": 70})
        return 70


def _say_json(error: dict[str, Any]) -> None:
    import json

    code = error["exit_code"]
    answer = {"outputs": [], "losses": [], "findings": [], "errors": [error], "exit_code": code, "elapsed_s": 0.0}
    with standard_output() as out:
        out.write(json.dumps(answer, ensure_ascii=False) + "\n")
