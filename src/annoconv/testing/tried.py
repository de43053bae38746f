"""A format that is tried: its converters, small cases that it writes, and what it reads of them."""

from __future__ import annotations

import hashlib
import io
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from annoconv import registry
from annoconv.casefile import Reading
from annoconv.documents import strict_json
from annoconv.errors import InputError
from annoconv.messages import Message
from annoconv.testing.cases import NAMES, case_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from annoconv.casefile import LoadedCase
    from annoconv.loss import LossReport
    from annoconv.registry import Converter

__all__ = ["Tried", "Trip", "digest_of", "files_of"]


@dataclass
class Trip:
    """One case, written and read back.

    Attributes
    ----------
    name
        Of the case.
    loaded
        As it was before.
    document
        The same as JSON values, taken before it was written.
    target
        What was written.
    written
        The losses of writing.
    images
        Folders of its images.
    digest
        Of what was written, before it is read.
    """

    name: str
    loaded: LoadedCase
    document: Any
    target: Path
    written: LossReport
    images: list[Path]
    digest: str


@dataclass
class Tried:
    """A format and the folder in which it is tried."""

    format: str
    folder: Path
    failed: dict[str, BaseException] = field(default_factory=dict[str, BaseException])
    """What is no error of ours, by the case that it came of."""
    printed: io.StringIO = field(default_factory=io.StringIO)
    """What it says on standard output."""

    @cached_property
    def sides(self) -> list[Converter]:
        """Its converters."""
        known = registry.converters()
        return [known[name] for name in (f"to-{self.format}", f"from-{self.format}") if name in known]

    @cached_property
    def trips(self) -> list[Trip]:
        """The cases that it writes."""
        if f"to-{self.format}" not in registry.converters():
            return []
        written = (self.write(name, self.folder / name) for name in NAMES)
        return [trip for trip in written if trip is not None]

    def write(self, name: str, place: Path) -> Trip | None:
        """Return a case that was written; None if it is refused."""
        place.mkdir(parents=True, exist_ok=True)
        loaded, images = case_of(name, place / "case")
        document = strict_json.plain(loaded.case)
        target = place / f"out{registry.converter('to', self.format).suffix}"
        try:
            losses = self.write_cases([loaded], target, images)
        except InputError:
            return None
        except (Exception, SystemExit) as error:  # whatever a converter of others does
            self.failed[name] = error
            return None
        return Trip(name, loaded, document, target, losses, images, digest_of(target))

    def write_cases(self, cases: Iterable[LoadedCase], target: Path, images: list[Path]) -> LossReport:
        """Write cases; what is printed is kept."""
        with redirect_stdout(self.printed):
            return registry.write(cases, target, format=self.format, **self.images("to", images))

    def read(self, target: Path, images: list[Path]) -> list[Reading]:
        """Return the cases that stand in what was written."""
        with redirect_stdout(self.printed):
            return list(registry.read([target], format=self.format, **self.images("from", images)))

    @cached_property
    def back(self) -> list[tuple[Trip, Reading | None, str]]:
        """Each case with what is read of it, or with why nothing is."""
        return list(self._back())

    def _back(self) -> Iterator[tuple[Trip, Reading | None, str]]:
        for trip in self.trips if len(self.sides) > 1 else ():
            try:
                readings: list[Any] = self.read(trip.target, trip.images)
            except (Exception, SystemExit) as error:  # whatever a converter of others does
                yield trip, None, f"{type(error).__name__}: {error}"
                continue
            only = readings[0] if len(readings) == 1 else None
            told = Message("{count} cases", count=len(readings)) if only is None else type(only).__name__
            yield trip, only if isinstance(only, Reading) else None, told

    def images(self, side: Any, images: list[Path]) -> dict[str, Any]:
        """Return the option of images, where there is one."""
        return {"images": images} if images and "images" in registry.converter(side, self.format).options else {}


def files_of(path: Path) -> list[Path]:
    """Return the files of an output."""
    return sorted(each for each in path.rglob("*") if each.is_file()) if path.is_dir() else [path]


def digest_of(path: Path) -> str:
    """Return what tells two outputs apart."""
    together = hashlib.sha256()
    for file in files_of(path):
        name = file.relative_to(path).as_posix() if path.is_dir() else ""
        together.update(name.encode() + b"\0" + hashlib.sha256(file.read_bytes()).digest())
    return together.hexdigest()
