"""A conversion at work: from the readers of its sources through cases to the writer, nothing of them on disk."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from annoconv import registry
from annoconv.cli.converters import STDOUT, only_one, to_stdout
from annoconv.errors import AnnoconvError, UsageError
from annoconv.files.atomic import Outputs, outputs_of
from annoconv.files.names import check_ending
from annoconv.loss import LossReport
from annoconv.messages import Message, listed
from annoconv.registry.kinds import Kinds, Sources, any_ending, sources_of
from annoconv.registry.signs import CASE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from annoconv.casefile import LoadedCase, Reading
    from annoconv.casefile.stated import Stated
    from annoconv.cli.report import Report
    from annoconv.registry import Context, Converter

__all__ = ["IMAGES", "Many", "Request", "Row", "converters_of"]

IMAGES: Final = "images"
"""The option that both sides may have, and that means the same on both."""


@dataclass(frozen=True)
class Row:
    """One case of a request: what its sources and images are, and its id if it is one of many."""

    case_id: str | None
    sources: list[Path]
    images: list[Path]


@dataclass
class Many:
    """The cases that become one output.

    Attributes
    ----------
    rows
        One for each.
    keep_going
        Whether the rest is written if one of them cannot be.
    failed
        What is wrong with those that were left out, by their ids.
    """

    rows: list[Row]
    keep_going: bool = False
    failed: dict[str, AnnoconvError] = field(default_factory=dict[str, AnnoconvError])
    current: Row | None = None

    @property
    def left(self) -> list[Row]:
        """Those that are not left out."""
        return [row for row in self.rows if row.case_id not in self.failed]

    def leave_out(self, error: AnnoconvError) -> bool:
        """Leave out the case that an error is about; tell whether there is such a case, and another one."""
        named = [row for row in self.left if error.source and _is_about(row, error.source)]
        row = named[0] if len(named) == 1 else self.current
        if not self.keep_going or row is None or row.case_id is None or isinstance(error, UsageError):
            return False
        self.failed[row.case_id] = error
        return bool(self.left)


def _is_about(row: Row, source: str) -> bool:
    place = Path(source).absolute()
    return any(place.is_relative_to(each.absolute()) for each in (*row.sources, *row.images))


@dataclass
class Request:
    """One attempt at writing the cases that are not left out."""

    report: Report
    context: Context
    stated: Stated
    many: Many
    writer: str
    named: list[str]
    kinds: Kinds
    values: dict[str, Any]

    def run(self, output: Path) -> None:
        """Read and write."""
        sorted_rows = [(row, self._sources(row)) for row in self.many.left]
        by_format = {name: None for _, sources in sorted_rows for name in sources.by_format}
        images = [path for _, sources in sorted_rows for path in sources.images]
        formats = {"from": [*by_format], "to": [self.writer]}
        self.report.expect(len(sorted_rows) if len(sorted_rows) > 1 else None)
        self.report.add("formats", {"from": formats["from"], "to": self.writer})
        self.report.say("from {}", _told([sources for _, sources in sorted_rows], self.writer))
        options = _settings("to", formats["to"], self.values, images).get(self.writer, {})
        takes = [
            name for side, names in formats.items() for each in converters_of(side, names) for name in each.options
        ]
        if images and IMAGES not in takes:
            raise UsageError(
                "neither of the formats takes images",
                found=images[0],
                expected=Message("sources and options alone"),
                advice="Leave the images out",
            )
        readings = self._cases(sorted_rows)
        if output == STDOUT:
            ending = ".json" if self.writer == CASE else registry.converter("to", self.writer).suffix
            to_stdout(self.report, ending, lambda target: self._write(readings, target, options))
            return
        if not self.many.failed:
            _check_output(self.report, self.writer, output)
        for path in self._write(readings, output, options):
            self.report.add_output(path)

    def try_each(self) -> None:
        """Leave out every case that cannot be written by itself."""
        quiet, self.report.quiet = self.report.quiet, True
        ending = any_ending(self.writer)
        for row in self.many.left:
            alone = replace(self, many=Many([row]))
            try:
                with tempfile.TemporaryDirectory() as folder, Outputs():
                    alone.run(Path(folder, f"output{ending}"))
            except UsageError:
                pass  # it may be of the request, which tells
            except AnnoconvError as error:
                self.many.failed[row.case_id or ""] = error
            self.report.start_again()
        self.report.quiet = quiet

    def _sources(self, row: Row) -> Sources:
        self.many.current = row
        sources = sources_of(row.sources, self.named, self.kinds, self.report.limits)
        sources.images = [*row.images, *(each for each in sources.images if each not in row.images)]
        return sources

    def _write(self, cases: Iterator[LoadedCase | Reading], target: Path, options: dict[str, Any]) -> list[Path]:
        from annoconv.casefile import write_cases

        overwrite, limits = self.report.overwrite, self.report.limits
        if self.writer == CASE:
            return write_cases(cases, target, overwrite=overwrite, as_read=True, limits=limits)
        losses = registry.write(
            cases, target, format=self.writer, context=self.context, overwrite=overwrite, as_read=True, **options
        )
        told = self.report.losses.of_images()
        if told:  # by the reader, who was given the same images
            losses = LossReport(loss for loss in losses if (loss.path, loss.message) not in told)
        self.report.add_losses(losses, are_of_case=True)
        return [target]

    def _cases(self, rows: list[tuple[Row, Sources]]) -> Iterator[LoadedCase | Reading]:
        position = 0
        for row, sources in rows:
            self.many.current = row
            settings = _settings("from", [*sources.by_format], self.values, sources.images)
            stated = self.stated if row.case_id is None else replace(self.stated, case_id=row.case_id)
            for each in only_one(_readings(self.report, sources, self.context, settings, position), stated):
                self.report.name_annotations(position, each)
                yield each
                position += 1
        self.many.current = None


def _told(rows: Sequence[Sources], writer: str) -> Message:
    """Return in one line what was found to be what."""
    by_format: dict[str, list[Path]] = {}
    images: list[Path] = []
    for sources in rows:
        images += sources.images
        for name, paths in sources.by_format.items():
            by_format.setdefault(name, []).extend(paths)
    told: Message = listed(
        [Message("{name} ({paths})", name=name, paths=listed(paths, 3)) for name, paths in by_format.items()]
    )
    if images:
        told = Message("{sources}, with images ({paths})", sources=told, paths=listed(images, 3))
    return Message("{sources}, to {name}", sources=told, name=writer)


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
    report: Report, sources: Sources, context: Context, settings: dict[str, dict[str, Any]], start: int
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
            _tell(report, reading, paths, start)
            yield reading
        return
    yield from _united(report, read, start)


def _read(name: str, paths: list[Path], context: Context, options: dict[str, Any]) -> Iterator[LoadedCase | Reading]:
    from annoconv.casefile import read_cases

    if name == CASE:
        return read_cases(paths, limits=context.limits)
    return registry.read(paths, format=name, context=context, **options)


def _tell(report: Report, reading: LoadedCase | Reading, paths: Sequence[Path], start: int) -> None:
    losses = getattr(reading, "losses", ())
    report.add_losses((loss._replace(case_index=loss.case_index + start) for loss in losses) if start else losses)
    for finding in getattr(reading, "findings", ()):
        report.add_finding(finding, getattr(reading, "source", None) or paths[0])


def _united(report: Report, read: Iterator[tuple[LoadedCase | Reading, list[Path]]], start: int) -> Iterator[Reading]:
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
    for index, group in enumerate(groups, start):
        for reading in group:
            told = within(reading.losses, source_of(reading)) if len(group) > 1 else reading.losses
            report.add_losses(loss._replace(case_index=index) for loss in told)
        united = unite(group, index)
        if len(group) > 1:
            report.say("{} sources are of one image, and are one case", len(group))
            report.add_losses(united.losses)
        yield replace(united, losses=LossReport())


def converters_of(side: str, names: list[str]) -> list[Converter]:
    """Return the converters of the formats of a side, `from` or `to`; cases need none."""
    return [registry.converter("from" if side == "from" else "to", name) for name in names if name != CASE]


def _settings(side: str, names: list[str], values: dict[str, Any], images: list[Path]) -> dict[str, dict[str, Any]]:
    """Return what each format of a side is called with."""
    found: dict[str, dict[str, Any]] = {}
    for each in converters_of(side, names):
        own = found[each.format] = dict[str, Any]()
        for name in each.options:
            given = f"{side}_{name}"
            if given in values and not (name == IMAGES and not values[given]):
                own[name] = values[given]
            elif name == IMAGES:
                own.update({name: images} if images else {})
            elif name in values:
                own[name] = values[name]
    return found
