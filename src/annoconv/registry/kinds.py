"""Which formats a request is about: those of its sources by their content, that of its output by its name."""

from __future__ import annotations

import re
import typing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from annoconv import registry
from annoconv.advice import NOTHING, nearest
from annoconv.errors import AnnoconvError, InputError, UsageError
from annoconv.files.inputs import check_source
from annoconv.files.names import is_archive
from annoconv.limits import Limits
from annoconv.messages import Message
from annoconv.registry.signs import CASE, IMAGES, PICTURES, formats_of, is_contours

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from annoconv.casefile import Reading
    from annoconv.registry import Context

__all__ = [
    "Kinds",
    "Sources",
    "advice_of_another",
    "any_ending",
    "check_format",
    "format_to_write",
    "readings_of",
    "sources_of",
    "target_format",
]

_CASE_ENDINGS: Final = (".json", ".jsonl")
_IS_CASE: Final = Message("It is of annoconv itself: give it to a command `to-` as it is")


@dataclass
class Sources:
    """What was named, sorted.

    Attributes
    ----------
    by_format
        Paths by the format that reads them, in the order in which they were named.
    images
        Images among them: DICOM series, and pictures that stand alone.
    """

    by_format: dict[str, list[Path]] = field(default_factory=dict[str, "list[Path]"])
    images: list[Path] = field(default_factory=list["Path"])


class Kinds:
    """What files and folders are, each looked at once in a request."""

    def __init__(self) -> None:
        self._known: dict[Path, set[str]] = {}
        self._signs: dict[str, Mapping[str, Any]] = {}

    def of(self, path: Path, limits: Limits | None = None) -> set[str]:
        """Return the formats that a file or folder may be of, and whether there are images."""
        from annoconv.images import list_files

        if not self._signs:
            converters = registry.converters().values()
            self._signs = {each.format: each.signs for each in converters if each.direction == "from"}
        if path not in self._known:
            self._known[path] = formats_of(path, self._signs, list_files([path], limits or Limits()))
        return self._known[path]

    @property
    def formats(self) -> list[str]:
        """The formats that can be read."""
        return [*self._signs]


def sources_of(paths: Sequence[Path], named: Sequence[str], kinds: Kinds, limits: Limits | None = None) -> Sources:
    """Return sources by their formats, found by content and by the ends of names.

    Parameters
    ----------
    paths
        Files and folders.
    named
        Formats of which the sources are, if that is known.
    kinds
        What is known of them.
    limits
        Bounds on what is read.

    Raises
    ------
    InputError
        If a source is of no format that is known.
    UsageError
        If it may be of several, or there is no such format.
    """
    for each in named:
        check_format("from", each)
    found = Sources()
    for path in paths:
        check_source(path)
        told = kinds.of(path, limits)
        formats = told - {IMAGES, PICTURES}
        if not formats and told:
            found.images.append(path)
            continue
        if len(named) == 1:
            formats = {*named}
        elif named:
            formats &= {*named}
        if len(formats) != 1:
            raise _unclear(path, formats, kinds.formats)
        found.by_format.setdefault(min(formats), []).append(path)
        if IMAGES in told and CASE not in formats:
            found.images.append(path)
    if not found.by_format and found.images and len(named) == 1:  # a reader of images, as it was named
        return Sources({named[0]: found.images})
    if not found.by_format:
        raise InputError(
            "there are images among the sources, and no annotations",
            source=paths[0] if paths else None,
            found=Message("images"),
            expected="masks, or a file of annotations",
            advice="Name the annotations as sources, and the images with --images",
        )
    return found


def _unclear(path: Path, formats: set[str], readers: Iterable[str]) -> AnnoconvError:
    if not formats:
        found, advice = _unknown(path)
        return InputError(
            "this is of no format that is known",
            source=path,
            found=found,
            expected=", ".join(sorted([*readers, CASE])),
            advice=advice,
        )
    return UsageError(
        "this may be of several formats",
        source=path,
        found=", ".join(sorted(formats)),
        expected="one",
        advice=Message("Name it: --from {name}, or name its files apart", name=min(formats)),
    )


def _unknown(path: Path) -> tuple[Message | str, Message]:
    """Return what a file or folder of no known format is, and what to do with it."""
    files = [each for each in path.rglob("*") if each.is_file()] if path.is_dir() else [path]
    if not files:
        return Message("an empty folder"), Message("Correct the path")
    if is_contours(files[0]):
        return Message("contours of radiotherapy (RTSTRUCT)"), Message(
            "Make masks of them first, by Slicer or plastimatch"
        )
    if is_archive(files[0]):
        return files[0].suffix, Message("Unpack it first")
    found = Message("a folder") if path.is_dir() else path.suffix or Message("a name without an ending")
    return found, Message("Name its format with --from")


def advice_of_another(error: InputError, sources: Sequence[Path], format: str) -> Message | None:
    """Return how a source is read that was refused by the reader of a format; None if it is not of one other format."""
    place = Path(error.source or "").absolute()
    about = [each for each in sources if place.is_relative_to(each.absolute())]
    if len(about) != 1 or "from-" in f"{error.problem} {error.found} {error.advice}":
        return None
    try:
        formats = Kinds().of(about[0]) - {IMAGES, PICTURES}
    except AnnoconvError:  # of what cannot be looked at, the reader has told
        return None
    if format in formats or len(formats) != 1:
        return None
    return _IS_CASE if CASE in formats else Message("Read it with `annoconv from-{format}`", format=min(formats))


def target_format(output: Path, named: str | None) -> str:
    """Return the format of an output: as it is named, else by the end of its name, and words in that.

    Raises
    ------
    UsageError
        If several formats are written so, none is, or there is none of that name.
    """
    if named is not None:
        check_format("to", named)
        return named
    ending, name = output.suffix.lower(), output.name.lower()
    writers = [each for each in registry.converters().values() if each.direction == "to"]
    by_ending = [each.format for each in writers if name.endswith(each.usual_endings or ("\0",))]
    by_ending += [CASE] if ending in _CASE_ENDINGS else []
    fitting = by_ending or [each.format for each in writers]  # each writes several cases to a folder
    words = {*re.findall(r"[a-z]+", name.removesuffix(ending))}
    told = [each for each in fitting if words & {*each.split("-")} - {"dicom"}] or fitting
    if len(told) == 1:
        return told[0]
    raise UsageError(
        "the format of the output is not clear from its name",
        source=output,
        found=output.suffix or Message("a name without an ending"),
        expected=", ".join(sorted(told)),
        advice="Name it with --to",
    )


def any_ending(writer: str) -> str:
    """Return an ending with which an output of this format is right, however many cases there are."""
    if writer == CASE:
        return ".jsonl"
    called = registry.converter("to", writer)
    return "" if called.has_file_a_case else called.suffix


def check_format(direction: Literal["from", "to"], name: str) -> None:
    """Raise UsageError for a format that there is not; what an option of another one is called is told."""
    if name == CASE or f"{direction}-{name}" in registry.converters():
        return
    try:
        registry.converter(direction, name)
    except UsageError as error:
        hint = next(_choices(direction, name), None)
        error.expected = ", ".join(sorted([*str(error.expected).split(", "), CASE]))
        error.advice = (
            nearest(name, str(error.expected).split(", "))
            if hint is None
            else Message("It is a choice of another format: {how}", how=hint)
        )
        raise


def _choices(direction: Literal["from", "to"], word: str) -> Iterator[str]:
    """Yield how a word is written that is a choice of an option: `--to nifti --to-layout bids`."""
    for each in registry.converters().values():
        if each.direction != direction:
            continue
        for name, parameter in each.options.items():
            for part in registry.parts_of(parameter.annotation):
                if typing.get_origin(part) is Literal and word in typing.get_args(part):
                    yield f"--{direction} {each.format} --{direction}-{name.replace('_', '-')} {word}"


# --- in Python --------------------------------------------------------------------------------------------------------


def readings_of(paths: Sequence[Path], *, context: Context | None, options: Mapping[str, Any]) -> Iterator[Reading]:
    """Yield the cases of sources whose formats are found; raises as `annoconv.read` does."""
    if not paths:
        raise UsageError(
            "no source is named", found=NOTHING, expected="a file or a folder", advice="Name the file or folder"
        )
    limits = context.limits if context is not None else None
    try:
        sources = sources_of(paths, (), Kinds(), limits)
    except AnnoconvError as error:
        if "--from" in (error.advice or ""):
            error.advice = Message("Name the format: annoconv.read(..., format=NAME)")
        elif "--images" in (error.advice or ""):
            error.advice = Message("Name the annotations as sources, and the images as images=[...]")
        raise
    for name, named in sources.by_format.items():
        yield from _readings(name, named, sources.images, context, options)


def _readings(
    name: str, paths: list[Path], images: list[Path], context: Context | None, options: Mapping[str, Any]
) -> Iterator[Reading]:
    from annoconv.casefile import Reading, read_cases

    if name != CASE:
        takes_images = IMAGES in registry.converter("from", name).options and images and IMAGES not in options
        given = {**options, IMAGES: images} if takes_images else options
        yield from registry.read(paths, format=name, context=context, **given)
        return
    if options:
        raise UsageError(
            "cases of annoconv are read without options",
            source=paths[0],
            found=", ".join(options),
            expected="none",
            advice="Leave them out",
        )
    for each in read_cases(paths, limits=None if context is None else context.limits):
        yield Reading(each.case, each.masks, fields=each.fields, source=each.path)


def format_to_write(target: Path, named: str | None) -> str:
    """Return the format of an output in Python: as it is named, else by the name of the output."""
    if named is not None:
        return named
    try:
        found = target_format(target, None)
    except UsageError as error:
        error.advice = Message("Name the format: annoconv.write(..., format=NAME)")
        raise
    if found == CASE:
        raise UsageError(
            "the format of the output is that of annoconv itself",
            source=target,
            found=target.suffix,
            expected="a file or folder of another format",
            advice="Write it with annoconv.write_case, or annoconv.write_cases",
        )
    return found
