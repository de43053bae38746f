"""Converters and commands by name: found through entry points, described without being imported.

A format is two entry points of the group `annoconv.converters`, `to-x` and `from-x`, called through one signature. Its
keyword-only parameters beyond `context` are its options; the command line and the library take the same ones. A package
beside the core adds any other command through the group `annoconv.commands`.
"""

from __future__ import annotations

import inspect
import re
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from annoconv.advice import nearest
from annoconv.errors import AnnoconvError, UsageError
from annoconv.files.atomic import check_inputs, outputs_of
from annoconv.files.inputs import check_each_once, check_source, paths_of
from annoconv.files.names import check_ending
from annoconv.files.stage import settle
from annoconv.installed import with_rivals
from annoconv.messages import Message
from annoconv.registry.context import Context, check_context
from annoconv.registry.counted import advised, at_least_one, only_one
from annoconv.registry.options import AllAnnotations, Option, parts_of, value_of
from annoconv.registry.signs import stated
from annoconv.registry.summary import sentence_of, summary_of

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    from annoconv.casefile import LoadedCase, Reading
    from annoconv.loss import LossReport
    from annoconv.model import Case

__all__ = [
    "AllAnnotations",
    "Command",
    "Context",
    "Converter",
    "Format",
    "Option",
    "commands",
    "converter",
    "converters",
    "formats",
    "parts_of",
    "read",
    "write",
]

GROUP = "annoconv.converters"
"""Entry point group of the converters."""
COMMANDS = "annoconv.commands"
"""Entry point group of the commands that packages beside the core add."""


@dataclass(frozen=True)
class Command:
    """A function as its entry point names it, not imported before it is called.

    Attributes
    ----------
    name
        What is typed.
    entry_point
        Where the function stands.
    rivals
        What else has the name, where it is not free; then the function is refused.
    """

    name: str
    entry_point: EntryPoint = field(repr=False, compare=False)
    rivals: tuple[str, ...] = field(default=(), repr=False, compare=False)

    @cached_property
    def summary(self) -> str:
        """First line of its module's docstring, read from the source; the module is not imported."""
        return self._refused or summary_of(self.entry_point.module)

    @property
    def _refused(self) -> str:
        """What stands for the summary where the name is not free."""
        return f"(refused: the name belongs to {self.rivals[0]})" if self.rivals else ""

    @cached_property
    def function(self) -> Callable[..., Any]:
        """The function itself; AnnoconvError if its module cannot be imported, UsageError if its name is not free."""
        if self.rivals:
            raise UsageError(
                Message("the name {name} is taken", name=self.name),
                found=Message("{value} and {names}", value=self.entry_point.value, names=", ".join(self.rivals)),
                expected="one package that adds it",
                advice="Uninstall all packages but one that add it",
            )
        try:
            return typing.cast("Callable[..., Any]", self.entry_point.load())
        except Exception as error:  # whatever a module does when it is imported
            raise AnnoconvError(
                Message("{name} cannot be loaded", name=self.name),
                found=f"{type(error).__name__}: {error}",
                expected="a module that can be imported",
                advice=Message("Install what {module} needs", module=self.entry_point.module),
            ) from error

    @cached_property
    def parameters(self) -> Mapping[str, inspect.Parameter]:
        """Its parameters beyond the first, with their annotations evaluated; keyword-only ones are options."""
        try:
            _, *rest = inspect.signature(self.function).parameters.values()
            return {each.name: each.replace(annotation=self._evaluate(each.annotation)) for each in rest}
        except (TypeError, ValueError, NameError) as error:  # no function, no parameter, or no annotation to evaluate
            raise AnnoconvError(
                Message("the options of {name} cannot be told", name=self.name),
                found=str(error),
                expected="a function with a type for each parameter",
                advice=Message("Install another version of {module}", module=self.entry_point.module),
            ) from error

    def _evaluate(self, annotation: object) -> Any:
        """Evaluate a postponed annotation; imports under TYPE_CHECKING are absent, so the usual names are given."""
        if annotation is inspect.Parameter.empty:
            raise TypeError("a parameter without an annotation")
        if not isinstance(annotation, str):
            return annotation
        known: dict[str, Any] = {each.__name__: each for each in (Context, Option, Path, Sequence)}
        known |= {"Annotated": Annotated, "Literal": Literal}
        return eval(annotation, known | inspect.unwrap(self.function).__globals__)  # noqa: S307  a module's own source


@dataclass(frozen=True)
class Converter(Command):
    """A converter: a function with a signature that all share."""

    @property
    def direction(self) -> Literal["to", "from"]:
        """Whether it writes the format or reads it."""
        return "to" if self.name.startswith("to-") else "from"

    @cached_property
    def summary(self) -> str:
        """First line of its docstring, read from the source, where it has one; else of its module's."""
        entry = self.entry_point
        return self._refused or sentence_of(entry.module, entry.attr) or summary_of(entry.module)

    @property
    def format(self) -> str:
        """Name of the format, `dicom-seg`."""
        return self.name.split("-", 1)[1]

    @cached_property
    def signs(self) -> Mapping[str, Any]:
        """What tells its files from others, read from the source (`annoconv.registry.signs`)."""
        return typing.cast("Mapping[str, Any]", stated(self.entry_point.module).get("SIGNS", {}))

    @cached_property
    def usual_endings(self) -> tuple[str, ...]:
        """As `endings`, read from the source; empty where an output is a folder, or where that cannot be told."""
        told = stated(self.entry_point.module)
        suffix = str(told.get("SUFFIX", ""))
        return tuple(told.get("ENDINGS", (suffix,) if suffix else ()))

    @cached_property
    def suffix(self) -> str:
        """Ending of the output for one case, the module's `SUFFIX`; empty where the output is a folder."""
        _ = self.function  # its error tells what is missing, where the module cannot be imported
        return str(getattr(import_module(self.entry_point.module), "SUFFIX", ""))

    @cached_property
    def endings(self) -> tuple[str, ...]:
        """Endings that an output's name may have: the module's `ENDINGS`, else its `SUFFIX`."""
        _ = self.function
        usual = (self.suffix,) if self.suffix else ()
        return tuple(getattr(import_module(self.entry_point.module), "ENDINGS", usual))

    @cached_property
    def options(self) -> Mapping[str, inspect.Parameter]:
        """Its keyword-only parameters beyond `context`."""
        return {
            name: each
            for name, each in self.parameters.items()
            if each.kind is inspect.Parameter.KEYWORD_ONLY and name != "context"
        }

    @cached_property
    def has_file_a_case(self) -> bool:
        """Whether an output of several cases is a folder with a file for each, as the module's `FILE_A_CASE` says."""
        _ = self.function
        return bool(getattr(import_module(self.entry_point.module), "FILE_A_CASE", False))

    def values_of(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """Return the values that its function takes of options; UsageError for one that it does not have or take."""
        for name in options:
            if name not in self.options:
                expected = ", ".join(self.options) or "none"
                problem, advice = Message("{name} has no such option", name=self.name), nearest(name, self.options)
                raise UsageError(problem, found=name, expected=expected, advice=advice)
        return {name: value_of(self.options[name], value, self.name) for name, value in options.items()}


@dataclass(frozen=True, slots=True, order=True)
class Format:
    """A format and what can be done with it."""

    name: str
    reads: bool
    writes: bool
    summary: str


def formats() -> list[Format]:
    """Return every format, by name."""
    known = converters()
    names = sorted({each.format for each in known.values()})
    return [
        Format(
            name,
            reads=f"from-{name}" in known,
            writes=f"to-{name}" in known,
            summary=summary_of((known.get(f"to-{name}") or known[f"from-{name}"]).entry_point.module),
        )
        for name in names
    ]


@cache
def converters() -> Mapping[str, Converter]:
    """Return every converter by name, sorted."""
    return {
        entry.name: Converter(entry.name, entry, rivals)
        for entry, rivals in with_rivals(GROUP)
        if re.match("(to|from)-.", entry.name)
    }


def commands(reserved: Iterable[str] = ()) -> Mapping[str, Command]:
    """Return every command that a package beside the core adds by name, sorted.

    Parameters
    ----------
    reserved
        Names that are not free. Who takes one of them, the name of a converter or that of another package is refused.
    """
    taken = dict.fromkeys(converters(), "a converter") | dict.fromkeys(reserved, "annoconv")
    found: dict[str, Command] = {}
    for entry, rivals in with_rivals(COMMANDS):
        owner = (taken[entry.name],) if entry.name in taken else ()
        found[entry.name] = Command(entry.name, entry, (*owner, *rivals))
    return found


def converter(direction: Literal["to", "from"], format_name: str) -> Converter:
    """Return one converter; UsageError if there is none of that name."""
    known = converters()
    try:
        return known[f"{direction}-{format_name}"]
    except KeyError:
        problem = "no converter writes this format" if direction == "to" else "no converter reads this format"
        names = [each.format for each in known.values() if each.direction == direction]
        advice = nearest(format_name, names)
        raise UsageError(problem, found=format_name, expected=", ".join(names), advice=advice) from None


def write(
    cases: LoadedCase | Reading | Case | Iterable[LoadedCase | Reading],
    target: Path | str,
    *,
    format: str | None = None,
    context: Context | None = None,
    overwrite: bool = False,
    as_read: bool = False,
    **options: Any,
) -> LossReport:
    """Write one case or several in a format and return what it could not hold.

    Parameters
    ----------
    cases
        The cases, with their masks; a typed case alone has none.
    target
        A file or folder.
    format
        Name of the format, `dicom-seg`; `formats()` lists them. If None, the name of the target tells it.
    context
        What is the same for all formats.
    overwrite
        Whether an existing output is replaced: a file whatever it is, a folder if annoconv wrote all that is in it.
    as_read
        That nothing was changed in the cases since they were read is known; else each is checked again.
    **options
        The format's own: the signature of its own function, `annoconv.to_dicom_seg` and the like, has them in full.

    Raises
    ------
    OutputExistsError
        If the target exists and may not be replaced.
    UsageError, DocumentError
        If there is no such format or option, the target would replace something that is read, its ending is that of
        another kind of file, what is given is no case, or one was changed in place into what the schema does not allow.
    """
    from annoconv.casefile.loaded import as_loaded, checked, every_case, without_masks_folder
    from annoconv.registry.kinds import format_to_write

    check_context(context)
    (target,), every = paths_of([target]), every_case(cases)
    called = converter("to", format_to_write(target, format))
    given = called.values_of(options)
    with outputs_of(overwrite=overwrite, inputs=_read_by(given)) as outputs:
        outputs.expect(target)
        check_ending(target, called.endings)
        known = every if as_read else map(checked, every)
        portable: Iterator[LoadedCase] = map(as_loaded, map(without_masks_folder, known))
        if called.has_file_a_case and target.name.lower().endswith(called.endings):
            portable = only_one(portable, target)
        losses: LossReport = called.function(portable, target, context=context or Context(), **given)
    return losses


def read(
    sources: Iterable[Path | str] | Path | str,
    *,
    format: str | None = None,
    context: Context | None = None,
    **options: Any,
) -> Iterator[Reading]:
    """Yield the cases that files of a format hold, each with what the model could not hold of it.

    Parameters
    ----------
    sources
        Files and folders, one or several.
    format
        Name of the format; if None, it is found by the content of each source and by its name, as `convert` does. Then
        images among the sources are given to a reader that takes images, and a case file of ours is read too.
    context
        What is the same for all formats.
    **options
        The format's own: the signature of its own function, `annoconv.from_dicom_seg` and the like, has them in full.

    Raises
    ------
    UsageError
        If there is no such format or option, two sources are one, or a source may be of several formats.
    InputError
        If a source is a pipe or a device, is of no known format, or the sources hold no case.
    """
    check_context(context)
    paths = paths_of(sources)
    if format is None:
        from annoconv.registry.kinds import readings_of

        return readings_of(paths, context=context, options=options)
    called = converter("from", format)
    given = called.values_of(options)
    check_each_once(paths)
    check_inputs([*paths, *_read_by(given)])
    for path in paths:
        settle(path)
        check_source(path)
    with advised(paths, format):
        readings: Iterator[Reading] = called.function(paths, context=context or Context(), **given)
    return at_least_one(readings, paths, format)


def _read_by(options: Mapping[str, Any]) -> list[Path]:
    """Return the files and folders that options name, as far as they are there and can be read."""
    found: list[Path] = []
    for value in options.values():
        found += [each for each in (value if isinstance(value, list) else [value]) if isinstance(each, Path)]
    for path in found:
        if path.exists():
            settle(path)
            check_source(path)
    return found
