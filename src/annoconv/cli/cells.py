"""The command lines of many cases: what stands in the place of `{case_id}` in paths, and the line that it makes."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from annoconv.errors import InputError, UsageError
from annoconv.messages import Message

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["OUTPUTS", "PLACE", "Asked", "Cell", "cell_of", "cells_of", "check_words"]

PLACE: Final = "{case_id}"
OUTPUTS: Final = frozenset({"-o", "--output", "--losses", "--findings", "--csv"})
"""Options that name what is written."""
_WILD: Final = re.compile(r"[*?\[]")
_WORD: Final = re.compile(r"\{[A-Za-z_][\w-]*\}")


@dataclass
class Cell:
    """The command line of one case.

    Attributes
    ----------
    case_id
        As the paths or the table name it.
    sources, images
        What of it is read.
    options
        The rest of the command line.
    output
        Where it is written, if it has an output of its own.
    """

    case_id: str
    sources: list[str] = field(default_factory=list[str])
    images: list[str] = field(default_factory=list[str])
    options: list[str] = field(default_factory=list[str])
    output: str | None = None

    @property
    def arguments(self) -> list[str]:
        """The command line, without the command."""
        images = [part for each in self.images for part in ("--images", each)]
        output = [] if self.output is None else ["-o", self.output]
        return [*self.options, *images, *output, "--", *self.sources]


@dataclass
class Asked:
    """A command line about many cases.

    Attributes
    ----------
    command
        Its name, after what stands before it.
    before
        Options that stand before the command.
    arguments
        What stands behind it, but for the two options below.
    manifest
        The table of cases, if there is one.
    keep_going
        Whether the other cases are done if one fails.
    """

    before: list[str]
    command: str
    arguments: list[str]
    manifest: Path | None
    keep_going: bool

    @property
    def as_json(self) -> bool:
        """Whether a line of JSON is written for each case."""
        return "--json" in self.arguments

    @property
    def quiet(self) -> bool:
        """Whether nothing but errors is said."""
        return "--quiet" in self.arguments


def cells_of(arguments: Sequence[str]) -> list[Cell]:
    """Return the cases that paths with `{case_id}` name, by the ids that are found on the disk.

    Raises
    ------
    InputError
        If nothing fits a path.
    """
    names = ["", *arguments][: len(arguments)]
    inputs = [
        _value(each)
        for before, each in zip(names, arguments, strict=True)
        if PLACE in each and before not in OUTPUTS and each.partition("=")[0] not in OUTPUTS
    ]
    if not inputs:
        raise UsageError(
            Message("{place} stands in the name of the output alone", place=PLACE),
            found=next(each for each in arguments if PLACE in each),
            expected=Message("it in the paths of the sources too"),
            advice="Write it where the paths of the cases differ, and put these in quotes",
        )
    ids = sorted({found for each in inputs for found in _ids(each)})
    if not ids:
        raise InputError(
            "nothing is found where cases are looked for",
            source=inputs[0] if inputs else None,
            found=Message("no file or folder"),
            expected=Message("files or folders whose path has a case's id in the place of {place}", place=PLACE),
            advice="Correct the path, and put it in quotes, so that the shell leaves it as it is",
        )
    return [cell_of(identity, arguments) for identity in ids]


def check_words(arguments: Sequence[str]) -> None:
    """Raise UsageError if another word than `case_id` stands in braces in a path that is not there."""
    is_pattern = any(PLACE in each for each in arguments)
    names = ["", *arguments][: len(arguments)]
    for before, argument in zip(names, arguments, strict=True):
        is_output = before in OUTPUTS or argument.partition("=")[0] in OUTPUTS
        words = [each for each in _WORD.findall(argument) if each != PLACE]
        if words and (is_pattern or not is_output) and not Path(_value(argument)).exists():
            raise UsageError(
                "nothing stands in the place of this word",
                found=words[0],
                expected=PLACE,
                advice=Message("Write {place} where the paths of the cases differ", place=PLACE),
            )


def _value(argument: str) -> str:
    return argument.partition("=")[2] if argument.startswith("--") else argument


def _ids(pattern: str) -> set[str]:
    """Return what stands in the place of the id in paths that are there."""
    parts = Path(pattern).parts
    last = max(at for at, part in enumerate(parts) if PLACE in part) + 1
    start = Path(*parts[:1]) if Path(pattern).is_absolute() else Path()
    places = [(start, "")]
    for part in parts[len(start.parts) : last]:
        places = [(path / name, each) for path, identity in places for name, each in _below(path, part, identity)]
    return {identity for _, identity in places}


def _below(folder: Path, part: str, identity: str) -> list[tuple[str, str]]:
    """Return the names in a folder that fit a part of a path, with the id that they have."""
    if PLACE not in part and not _WILD.search(part):
        return [(part, identity)] if (folder / part).exists() or part == ".." else []
    regex = "".join(
        f"(?P<id_{at}>[^/]+)" if piece == PLACE else _as_regex(piece) for at, piece in enumerate(_pieces(part))
    )
    found: list[tuple[str, str]] = []
    try:
        names = sorted(each.name for each in folder.iterdir() if not each.name.startswith("."))
    except OSError:
        return []
    for name in names:
        match = re.fullmatch(regex, name)
        ids = {*match.groupdict().values()} if match else set[str]()
        if match and len(ids) <= 1 and (not identity or ids <= {identity}):
            found.append((name, min(ids) if ids else identity))
    return found


def _pieces(part: str) -> list[str]:
    return [piece for piece in re.split(rf"({re.escape(PLACE)})", part) if piece]


def _as_regex(text: str) -> str:
    return "".join("[^/]*" if each == "*" else "[^/]" if each == "?" else re.escape(each) for each in text)


def cell_of(identity: str, arguments: Sequence[str]) -> Cell:
    """Return the command line of one case."""
    cell = Cell(identity)
    before = ""
    for argument in arguments:
        filled = argument.replace(PLACE, identity)
        name, equals, value = filled.partition("=")
        if before in {"-o", "--output"} or (equals and name == "--output"):
            cell.output = filled if before else value
        elif before == "--images" or (equals and name == "--images"):
            cell.images += _there(filled if before else value) if PLACE in argument else [filled if before else value]
        elif PLACE in argument and not before and not argument.startswith("-"):
            cell.sources += _there(filled)
        elif argument not in {"-o", "--output", "--images"}:
            cell.options.append(filled)
        is_name = argument.startswith("-") and not equals and argument not in _SWITCHES
        before = argument if is_name else ""
    return cell


_SWITCHES: Final = frozenset({"--json", "--overwrite", "--quiet", "--fail-on-loss", "--"})


def _there(path: str) -> list[str]:
    """Return the paths that one with wild cards stands for; itself if nothing fits, so that the command tells."""
    if not _WILD.search(path) or Path(path).exists():
        return [path]
    start = Path(Path(path).anchor)
    return sorted(f"{each}" for each in start.glob(path.removeprefix(f"{start}" if Path(path).anchor else ""))) or [
        path
    ]
