"""Many cases by one command line: paths with `{case_id}` in them, or a table of cases.

A command that writes an output for each case, or none, runs once for each; one whose output is named without
`{case_id}` writes all of them into it, as `convert` does. The id goes into the names of outputs and into the cases.
"""

from __future__ import annotations

import io
import json
import unicodedata
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from annoconv.cli.bar import showing
from annoconv.cli.cells import OUTPUTS, PLACE, Asked, Cell, cells_of, check_words
from annoconv.cli.language import said, spoken
from annoconv.cli.standard_output import standard_output, tell
from annoconv.errors import InputError, UsageError
from annoconv.messages import Message
from annoconv.progress import over

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    class Call(Protocol):
        """Runs a command line, or that of a command that is given, and returns its exit code."""

        def __call__(self, arguments: list[str], command: Any = None, /) -> int: ...


__all__ = ["asked_for_many", "run_many"]


def asked_for_many(given: Sequence[str], commands: Callable[[str], bool]) -> Asked | None:
    """Return a command line that is about many cases; None for any other.

    Parameters
    ----------
    given
        The command line.
    commands
        Whether there is a command of a name.
    """
    place = next((at for at, each in enumerate(given) if commands(each)), None)
    if place is None or {"--help", "-h"} & {*given}:
        return None
    arguments = list(given[place + 1 :])
    manifest, keep_going = None, "--keep-going" in arguments
    rest: list[str] = []
    waiting = iter(arguments)
    for argument in waiting:
        if argument == "--manifest":
            manifest = next(waiting, "")
        elif argument.startswith("--manifest="):
            manifest = argument.partition("=")[2]
        elif argument != "--keep-going":
            rest.append(argument)
    check_words(rest)
    if manifest is None and not any(PLACE in each for each in rest):
        if keep_going:
            raise UsageError(
                "--keep-going is about many cases, and one is named",
                found="--keep-going",
                expected=Message("{place} in the paths, or --manifest", place=PLACE),
                advice="Leave it out",
            )
        return None
    return Asked(list(given[:place]), given[place], rest, None if manifest is None else Path(manifest), keep_going)


@dataclass(frozen=True)
class Done:
    """What came of one case."""

    case_id: str
    code: int
    outputs: list[str]

    @property
    def is_failure(self) -> bool:
        """Whether it was not done: losses are none, unless they kept it from being written."""
        return self.code not in {0, 3} or (self.code == 3 and not all(Path(each).exists() for each in self.outputs))


def run_many(asked: Asked, call: Call, commands: Callable[[str, list[str]], Mapping[str, Any]]) -> int:
    """Run a command for each of many cases, or for all of them together; return its exit code.

    Parameters
    ----------
    asked
        The command line.
    call
        Runs one command line and returns its exit code.
    commands
        Returns the options of a command, by their flags, for a command line.
    """
    if asked.manifest is not None:
        from annoconv.cli.manifests import cells_of_manifest

        cells = cells_of_manifest(asked, commands)
    else:
        cells = cells_of(asked.arguments)
    _check_ids(cells)
    outputs = [cell.output for cell in cells if cell.output is not None]
    if len(cells) > 1 and len({*outputs}) == 1:
        return _together(asked, cells, call)
    _check_apart(cells)
    takes_id = asked.command == "convert" or asked.command.startswith("from-")
    done: list[Done] = []
    with showing(spoken(), quiet=asked.quiet) as bar:
        for number, cell in enumerate(over(cells, Message("cases")), 1):
            if not asked.quiet and not asked.as_json:
                if bar is not None:
                    bar.clear()
                tell(f"[{number}/{len(cells)}] {cell.case_id}\n")
            is_stated = any(each.partition("=")[0] == "--case-id" for each in cell.options)
            identity = [f"--case-id={cell.case_id}"] if takes_id and not is_stated else []
            done.append(_run_one(asked, [*asked.before, asked.command, *identity, *cell.arguments], cell, call))
            if done[-1].is_failure and not asked.keep_going:
                break
    return _finish(asked, done, len(cells))


def _run_one(asked: Asked, line: list[str], cell: Cell, call: Call) -> Done:
    """Run a command for one case, with `--json` behind the scenes, so that it can be told what came of it."""
    if not asked.as_json:
        return Done(cell.case_id, call(line), [cell.output] if cell.output else [])
    held = io.StringIO()
    with redirect_stdout(held):
        code = call(line)
    answer = json.loads(held.getvalue() or "{}")
    with standard_output() as out:
        out.write(json.dumps({"case_id": cell.case_id, **answer}, ensure_ascii=False) + "\n")
    return Done(cell.case_id, code, answer.get("outputs", []))


def _finish(asked: Asked, done: list[Done], total: int) -> int:
    """Say in a table what came of each case; return the exit code of all."""
    failed = [each for each in done if each.is_failure]
    if not asked.quiet and not asked.as_json:
        results = {0: said("done"), 3: said("done, with losses")}
        width = max((_columns(each.case_id) for each in done), default=0)
        for each in done:
            result = said("failed ({})", each.code) if each.is_failure else results[each.code]
            what = "" if each.is_failure else "  ".join(each.outputs)
            tell(f"  {each.case_id}{' ' * (width - _columns(each.case_id))}  {result}  {what}".rstrip() + "\n")
        counts = (len(done) - len(failed), total, len(failed), total - len(done))
        tell(said("{} of {} cases done, {} failed, {} not begun", *counts) + "\n")
    if failed:
        return failed[0].code if not asked.keep_going else 1
    return max((each.code for each in done), default=0)


def _columns(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in text)


def _together(asked: Asked, cells: list[Cell], call: Call) -> int:
    """Write all cases into one output."""
    from annoconv.cli.conversion import Many, Row
    from annoconv.cli.convert import many_command
    from annoconv.registry import converters
    from annoconv.registry.signs import CASE

    if asked.command != "convert" and asked.command not in converters():
        raise UsageError(
            "this command writes one output for each case",
            found=cells[0].output,
            expected=Message("{place} in the name of the output", place=PLACE),
            advice="Put it into the name after -o",
        )
    if len({tuple(cell.options) for cell in cells}) > 1:
        raise UsageError(
            "cases that become one output have the same options",
            found=Message("options of {name} that others do not have", name=cells[1].case_id),
            expected=Message("{place} in the name of the output, or the same options", place=PLACE),
            advice="Give each case an output of its own, or one value to all",
        )
    options = list(cells[0].options)
    if asked.command != "convert":
        direction, name = asked.command.split("-", 1)
        other = "to" if direction == "from" else "from"
        options += [f"--{direction}={name}", f"--{other}={CASE}"]
    rows = [Row(cell.case_id, [*map(Path, cell.sources)], [*map(Path, cell.images)]) for cell in cells]
    many = Many(rows, asked.keep_going)
    line = [*options, "-o", f"{cells[0].output}"]
    code = call(line, many_command(many, line))
    if not asked.quiet and not asked.as_json and many.failed:
        done = [Done(each.case_id or "", 1 if each.case_id in many.failed else 0, []) for each in rows]
        return _finish(asked, done, len(rows)) or code
    return code


def _check_ids(cells: Sequence[Cell]) -> None:
    """Refuse ids that could not be told apart in names of files, or that lead elsewhere."""
    seen: dict[str, str] = {}
    for cell in cells:
        key = unicodedata.normalize("NFC", cell.case_id).casefold()
        if key in seen:
            raise InputError(
                "two cases have ids that file systems take for one",
                found=f"{seen[key]}, {cell.case_id}",
                expected="ids that differ by more than the case of their letters",
                advice="Rename one of them",
            )
        seen[key] = cell.case_id


def _check_apart(cells: Sequence[Cell]) -> None:
    """Refuse one file of losses or findings for several cases, and ids that are no names of files."""
    for cell in cells:
        if cell.output is not None and (set(cell.case_id) & {"/", "\\"} or cell.case_id in {".", ".."}):
            raise UsageError(
                "this id cannot stand in the name of a file",
                found=cell.case_id,
                expected=Message("no / and no \\"),
                advice="Name the case otherwise",
            )
    if len(cells) > 1:
        for name, value in zip(cells[0].options, cells[0].options[1:], strict=False):
            if name in OUTPUTS and value == dict(zip(cells[1].options, cells[1].options[1:], strict=False)).get(name):
                raise UsageError(
                    "several cases would write one file",
                    found=f"{name} {value}",
                    expected=Message("{place} in its name", place=PLACE),
                    advice="Put it in, so that each case has a file of its own",
                )
