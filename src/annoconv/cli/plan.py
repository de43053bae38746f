"""`annoconv plan`: what would be lost, before anything is written; of cases, or of two formats in general.

What is told of cases is the report of the conversion itself, whose output is thrown away. What is told of two
formats stands in `annoconv.cli.pairs`.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from annoconv import registry
from annoconv.cli.command import CommonCommand, as_command
from annoconv.cli.convert import OPTIONS as OF_CONVERT
from annoconv.cli.convert import conversion_command, convert
from annoconv.cli.converters import parameter_of
from annoconv.errors import UsageError
from annoconv.files.atomic import Outputs
from annoconv.messages import Message
from annoconv.registry.kinds import any_ending, check_format
from annoconv.registry.signs import CASE

if TYPE_CHECKING:
    from annoconv.cli.report import Report

__all__ = ["KIND", "OPTIONS", "plan"]

OPTIONS = {name: parameter for name, parameter in OF_CONVERT.items() if name != "output"} | {
    "sources": parameter_of(
        "sources",
        Annotated[
            list[Path],
            typer.Argument(metavar="SOURCE", help="Two formats; or files or folders, with --to.", parser=Path),
        ],
    ),
}


def plan(report: Report, **values: Any) -> None:
    """Tell what two formats hold, or what a conversion would lose.

    Parameters
    ----------
    report
        What is said.
    **values
        Of `OPTIONS`, and the options of both formats by their names.
    """
    pair = _pair([f"{path}" for path in values["sources"]])
    if pair is not None:
        from annoconv.cli.pairs import tell_pair

        tell_pair(report, *pair)
        return
    if values.get("to_format") is None:
        if len(values["sources"]) == 2 and not any(path.exists() for path in values["sources"]):
            for side, name in zip(("from", "to"), values["sources"], strict=True):
                check_format("from" if side == "from" else "to", f"{name}")
        raise UsageError(
            "the format of the output is not named",
            found=Message("sources alone"),
            expected="--to FORMAT",
            advice="Name it with --to, or name two formats",
        )
    with tempfile.TemporaryDirectory() as folder, Outputs():
        writer = values["to_format"]
        check_format("to", writer)
        convert(report, output=Path(folder, f"output{any_ending(writer)}"), **values)
    report.forget_output_names()


class _Plan(CommonCommand):
    """The command, which has the options of its formats once it has been told them."""

    def told(self, arguments: list[str]) -> Any:
        """Return the command that has the options of the formats that a command line is about."""
        named = [each for each in arguments if not each.startswith("-")]
        if _pair(named) is not None:
            return as_command(self.name or "plan", plan, self.help or "", OPTIONS)
        return conversion_command(self, plan, OPTIONS, arguments)

    def make_context(self, info_name: Any, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """Return the context of the command that has these options."""
        return self.told(args).make_context(info_name, args, parent, **extra)


KIND: Final = _Plan


def _pair(named: list[str]) -> tuple[str, str] | None:
    """Return the two formats that are named, if nothing else is."""
    known = {CASE, *(each.format for each in registry.converters().values())}
    if len(named) == 2 and known >= {*named} and not any(Path(each).exists() for each in named):
        return named[0], named[1]
    return None
