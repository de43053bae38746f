"""`annoconv convert`: from files of any format to any other; cases and masks stay in memory, unread until asked for.

The options are those of both formats, so they are known once these are: the command line is read twice.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from annoconv import registry
from annoconv.cli.command import CommonCommand, as_command
from annoconv.cli.converters import CONTEXT, STDOUT, as_typer, context_of, parameter_of, to_stdout
from annoconv.cli.kinds import Kinds, Sources, check_format, sources_of, target_format
from annoconv.errors import UsageError
from annoconv.files.atomic import check_inputs, outputs_of
from annoconv.files.names import check_ending
from annoconv.loss import LossReport
from annoconv.messages import Message, listed
from annoconv.registry.signs import CASE

if TYPE_CHECKING:
    import inspect
    from collections.abc import Iterator, Sequence

    from annoconv.casefile import LoadedCase, Reading
    from annoconv.cli.report import Report
    from annoconv.registry import Context, Converter

__all__ = ["KIND", "OPTIONS", "convert"]

_IMAGES: Final = "images"
_SIDES: Final = ("from", "to")

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
    _IMAGES: parameter_of(
        _IMAGES,
        Annotated[
            list[Path],
            typer.Option("--images", metavar="PATH", help="Source images, files or folders, for both sides."),
        ],
        [],
    ),
    **CONTEXT,
}
"""What there is whatever the formats are; with `--from` and `--to`, help has those of both formats too."""


_WITH_VALUE: Final = frozenset(
    {"--images", "--losses", "--limit", "--lang", *(f"--{name.replace('_', '-')}" for name in CONTEXT)}
)
"""Options that every conversion has, and after which no source stands."""


def convert(report: Report, *, known: Kinds | None = None, **values: Any) -> None:
    """Convert files of any format to any other.

    Parameters
    ----------
    report
        What is said.
    known
        Kinds of the sources that were found already.
    **values
        Of `OPTIONS`, and the options of both formats by their names.
    """
    context = context_of(report, {name: values.pop(name) for name in CONTEXT})
    paths: list[Path] = values.pop("sources")
    output: Path = values.pop("output")
    check_inputs(paths)
    writer = target_format(output, values.pop("to_format"))
    sources = sources_of(paths, values.pop("from_format"), known or Kinds(), report.limits)
    images = [*values.pop(_IMAGES), *sources.images]
    report.say("from {}", _told(sources, images, writer))
    settings = {side: _settings(side, names, values, images) for side, names in _formats(sources, writer).items()}
    report.add("formats", {"from": [*sources.by_format], "to": writer})
    if images and not any(_IMAGES in each for side in settings.values() for each in side.values()):
        raise UsageError(
            "neither of the formats takes images",
            found=images[0],
            expected=Message("sources and options alone"),
            advice="Leave the images out",
        )
    readings = _readings(report, sources, context, settings["from"])

    def write(target: Path) -> list[Path]:
        from annoconv.casefile import write_cases

        if writer == CASE:
            return write_cases(readings, target, overwrite=report.overwrite, as_read=True, limits=report.limits)
        options = settings["to"][writer]
        losses = registry.write(
            readings, target, format=writer, context=context, overwrite=report.overwrite, as_read=True, **options
        )
        report.add_losses(losses)
        return [target]

    if output == STDOUT:
        to_stdout(report, ".json" if writer == CASE else registry.converter("to", writer).suffix, write)
        return
    _check_output(report, writer, output)
    for path in write(output):
        report.add_output(path)


def _told(sources: Sources, images: Sequence[Path], writer: str) -> Message:
    """Return in one line what was found to be what."""
    parts = [
        Message("{name} ({paths})", name=name, paths=listed(paths, 3)) for name, paths in sources.by_format.items()
    ]
    told: Message = listed(parts)
    if images:
        told = Message("{sources}, with images ({paths})", sources=told, paths=listed(images, 3))
    return Message("{sources}, to {name}", sources=told, name=writer)


def _formats(sources: Sources, writer: str) -> dict[str, list[str]]:
    return {"from": [*sources.by_format], "to": [writer]}


def _check_output(report: Report, writer: str, output: Path) -> None:
    """Refuse, before any work, what the request may not write."""
    from annoconv.casefile import CASE_ENDINGS
    from annoconv.casefile.loaded import masks_folder

    with outputs_of(overwrite=report.overwrite) as outputs:
        outputs.claim(output)
        if writer == CASE and output.suffix in CASE_ENDINGS:
            outputs.expect(masks_folder(output), of=output)
    check_ending(output, CASE_ENDINGS if writer == CASE else registry.converter("to", writer).endings)


# --- the cases --------------------------------------------------------------------------------------------------------


def _readings(
    report: Report, sources: Sources, context: Context, settings: dict[str, dict[str, Any]]
) -> Iterator[LoadedCase | Reading]:
    """Yield the cases of all sources; those that were named apart and are of one image become one."""
    report.is_reading = True
    read = (
        (reading, paths)
        for name, paths in sources.by_format.items()
        for reading in _read(name, paths, context, settings.get(name, {}))
    )
    if sum(map(len, sources.by_format.values())) == 1:
        for reading, paths in read:
            _tell(report, reading, paths)
            yield reading
        return
    yield from _united(report, read)


def _read(name: str, paths: list[Path], context: Context, options: dict[str, Any]) -> Iterator[LoadedCase | Reading]:
    from annoconv.casefile import read_cases

    if name == CASE:
        return read_cases(paths, limits=context.limits)
    return registry.read(paths, format=name, context=context, **options)


def _tell(report: Report, reading: LoadedCase | Reading, paths: Sequence[Path]) -> None:
    report.add_losses(getattr(reading, "losses", ()))
    for finding in getattr(reading, "findings", ()):
        report.add_finding(finding, getattr(reading, "source", None) or paths[0])


def _united(report: Report, read: Iterator[tuple[LoadedCase | Reading, list[Path]]]) -> Iterator[Reading]:
    """Yield one case of each image; what each source does not hold is told with the name of its file."""
    from annoconv.casefile import Reading
    from annoconv.casefile.uniting import is_of_one_case, source_of, unite, within

    groups: list[list[Reading]] = []
    by_uid: dict[str, list[int]] = {}
    for each, paths in read:
        reading = each if isinstance(each, Reading) else Reading(each.case, each.masks, fields=each.fields)
        for finding in reading.findings:
            report.add_finding(finding, reading.source or paths[0])
        known = by_uid.setdefault(reading.case.image.uid, [])
        place = next((at for at in known if all(is_of_one_case(one.case, reading.case) for one in groups[at])), None)
        if place is None:
            known.append(len(groups))
            groups.append([reading])
        else:
            groups[place].append(reading)
    for index, group in enumerate(groups):
        for reading in group:
            told = within(reading.losses, source_of(reading)) if len(group) > 1 else reading.losses
            report.add_losses(replace(loss, case_index=index) for loss in told)
        united = unite(group, index)
        if len(group) > 1:
            report.say("{} sources are of one image, and are one case", len(group))
            report.add_losses(united.losses)
        yield replace(united, losses=LossReport())


# --- the options ------------------------------------------------------------------------------------------------------


def _options(formats: dict[str, list[str]]) -> dict[str, inspect.Parameter]:
    """Return the options of the formats of both sides; of those that both have, two."""
    sides = {side: _options_of(side, names) for side, names in formats.items()}
    both = sides["from"].keys() & sides["to"].keys()
    found = dict(OPTIONS)
    for side, options in sides.items():
        for name, parameter in options.items():
            if name in both:
                option = as_typer(parameter, before=f"{side}-")
                found[option.name] = option
            elif name != _IMAGES:
                found[name] = as_typer(parameter)
    return found


def _options_of(side: str, names: list[str]) -> dict[str, inspect.Parameter]:
    found: dict[str, inspect.Parameter] = {}
    for each in _converters(side, names):
        found = {**each.options, **found}
    return found


def _converters(side: str, names: list[str]) -> list[Converter]:
    return [registry.converter("from" if side == "from" else "to", name) for name in names if name != CASE]


def _settings(side: str, names: list[str], values: dict[str, Any], images: list[Path]) -> dict[str, dict[str, Any]]:
    """Return what each format of a side is called with."""
    found: dict[str, dict[str, Any]] = {}
    for each in _converters(side, names):
        own = found[each.format] = dict[str, Any]()
        for name in each.options:
            given = f"{side}_{name}"
            if given in values and not (name == _IMAGES and not values[given]):
                own[name] = values[given]
            elif name == _IMAGES:
                own.update({name: images} if images else {})
            elif name in values:
                own[name] = values[name]
    return found


class _Convert(CommonCommand):
    """The command, which has the options of its formats once it has been told them."""

    def make_context(self, info_name: Any, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """Return the context of the command that has these options."""
        known = Kinds()
        formats = _asked(args, known)
        options = _options(formats)
        _refuse_short(formats, args)
        full = as_command(self.name or "convert", partial(convert, known=known), self.help or "", options)
        return full.make_context(info_name, args, parent, **extra)


KIND: Final = _Convert


def _refuse_short(formats: dict[str, list[str]], arguments: list[str]) -> None:
    """Refuse the short name of an option that both sides have."""
    both = _options_of("from", formats["from"]).keys() & _options_of("to", formats["to"]).keys() - {_IMAGES}
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
        formats["from"] = [*sources_of(there, formats["from"], known).by_format]
    return formats
