"""The set of outputs of one request: checked together, written apart, there all at once or not at all."""

from __future__ import annotations

import os
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from annoconv.advice import NAME_APART, NEW_NAME, RUN_AGAIN
from annoconv.errors import OutputExistsError, UsageError
from annoconv.files.disk import absolute, is_file, remove, sync, sync_entry
from annoconv.files.inputs import STANDARD, Inputs
from annoconv.files.manifest import (
    check_folder,
    check_seal,
    digest,
    ending_of,
    folders_of,
    owner_of,
    seal,
    snapshot,
    suffix_of,
    write_manifest,
)
from annoconv.files.names import SIDE_SUFFIX, check_place, folded
from annoconv.files.naming import naming
from annoconv.files.stage import Stage, exists, kind_of, stage_folder
from annoconv.messages import Message

if TYPE_CHECKING:
    from collections.abc import Iterable

    from annoconv.files.journal import Step
    from annoconv.files.manifest import Snapshot

__all__ = ["Outputs", "current", "naming"]

"""Errors that only writing makes: a full disk, too large a file, a read-only disk, a folder with too long a name."""

_FORMER: Final = Message("what stood there when the command began")

current: ContextVar[Outputs | None] = ContextVar("outputs", default=None)


@dataclass
class _Output:
    path: Path
    overwrite: bool
    of: Path | None
    former: Snapshot | None = None
    """What was in a folder that is replaced."""
    stage: Stage | None = None
    step: Step | None = None

    @property
    def owner(self) -> str:
        """Ending of the output that this one belongs to; empty if it is one itself."""
        return "" if self.of is None else ending_of(self.of)


@dataclass
class Outputs:
    """The set of outputs of one request.

    As a context it is the set that every `replacing` within belongs to; they are put in place at its end, and if it
    ends with an error nothing is left: no temporary, no parent folder made on the way, and what was there is untouched.

    Attributes
    ----------
    overwrite
        Whether existing outputs are replaced: a file whatever it is, a folder or a side file if annoconv wrote it.
    inputs
        What the request reads.
    """

    overwrite: bool = False
    inputs: Inputs = field(default_factory=Inputs)
    _known: dict[Path, _Output] = field(default_factory=dict[Path, _Output])
    _stages: dict[Path, Stage] = field(default_factory=dict[Path, Stage])
    _locks: dict[Path, Stage] = field(default_factory=dict[Path, Stage])
    """Of the outputs that a request names and that are written in the stage of another one."""
    _made: list[Path] = field(default_factory=list[Path])
    _outer: Outputs | None = None

    @property
    def made(self) -> list[Path]:
        """The outermost of the folders that were not there and were made, each once."""
        return [folder for folder in self._made if folder.parent not in self._made]

    def __enter__(self) -> Outputs:
        self._outer = current.get()
        current.set(self)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        current.set(self._outer)
        is_done = False
        try:
            if kind is None:
                self._commit()
                is_done = True
        finally:
            for stage in (*self._locks.values(), *reversed(self._stages.values())):
                stage.release()
            for folder in [] if is_done else self._made:
                with suppress(OSError):
                    folder.rmdir()

    def read(self, paths: Iterable[Path]) -> None:
        """Note what the request names to be read, and refuse at once an output that would replace any of it."""
        self.inputs.add(paths)
        for path in filter(exists, self._known):
            self.inputs.refuse(path)

    def expect(self, path: Path, *, overwrite: bool = False, of: Path | None = None) -> None:
        """Check an output before any work, with the folders beside it that a former one of its name has.

        What belongs to an output that is written, and is not written itself, goes.

        Parameters
        ----------
        path
            The output.
        overwrite
            Whether this one is replaced in any case.
        of
            The output that it belongs to, whose name without its ending it shares.

        Raises
        ------
        OutputExistsError
            If it exists and may not be replaced.
        UsageError
            If it is, contains or replaces an input, it and another output are one or in one another, or nothing can
            have this name.
        """
        if f"{path}" == STANDARD:
            raise UsageError(
                "this output is no text for standard output",
                found=STANDARD,
                expected="a file or a folder",
                advice="Name the file or the folder",
            )
        path, of = absolute(path), None if of is None else absolute(of)
        if path in self._known and self._known[path].of != of:
            raise _one_name(path)
        if path not in self._known and not self._is_staged(path):
            output = _Output(path, overwrite or self.overwrite, of)
            check_place(path, of=of)
            self._check_apart(path)
            self._check(output)
            self._known[path] = output
            for folder in folders_of(path) if of is None else ():
                self.expect(folder, overwrite=overwrite, of=path)

    def claim(self, path: Path) -> None:
        """Check an output that a request names before any work, as `expect` does; no other may have its name."""
        if absolute(path) in self._known:
            raise _one_name(path)
        self.expect(path)

    def add(self, path: Path, *, overwrite: bool = False, of: Path | None = None) -> Path:
        """Return where an output is written: in its stage, or at its very place if that is within a stage."""
        place = absolute(path)
        if self._is_staged(place):
            if exists(place):
                raise OutputExistsError(
                    "two outputs have the same name",
                    source=path,
                    found=path.name,
                    expected="a name for each output",
                    advice=NAME_APART,
                )
            place.parent.mkdir(parents=True, exist_ok=True)
            return place
        self.expect(path, overwrite=overwrite, of=of)
        output = self._known[place]
        if output.step is not None:
            raise _one_name(path)
        output.stage = self._stage(place)
        self._lock_named()
        output.step = output.stage.add(place.name, of=output.owner, overwrite=output.overwrite)
        return output.stage.new(output.step)

    def discard(self, path: Path) -> None:
        """Take back an output whose writing failed."""
        output = self._known.get(absolute(path))
        if output is not None and output.stage is not None and output.step is not None:
            remove(output.stage.new(output.step))
            output.stage.steps.remove(output.step)
            del self._known[output.path]
        elif output is None:
            remove(path)

    def _is_staged(self, path: Path) -> bool:
        text = f"{path}"
        return any(text.startswith(f"{stage.folder}{os.sep}") for stage in self._stages.values())

    def _stage(self, path: Path) -> Stage:
        if path.parent not in self._stages:
            with naming(path):
                self._make_folders(path.parent)
                self._stages[path.parent] = Stage.claim(path)
        return self._stages[path.parent]

    def _lock_named(self) -> None:
        """Keep other runs from each output that the request names, by the lock of the stage that is named after it."""
        for path in [path for path, output in self._known.items() if output.of is None and path.parent.is_dir()]:
            stage = self._stage(path)
            if path not in self._locks and stage.folder != stage_folder(path):
                self._locks[path] = Stage.claim(path)

    def _make_folders(self, folder: Path) -> None:
        """Make a folder and its missing parents; note what was made, innermost first."""
        for each in reversed([each for each in (folder, *folder.parents) if not each.exists()]):
            with suppress(FileExistsError):  # another run has just made it
                each.mkdir()
                self._made.insert(0, each)

    def _check_apart(self, path: Path) -> None:
        """Refuse an output that is another one by any spelling, or is in it, or the reverse."""
        own = folded(path)
        for other in map(folded, self._known):
            if own == other or own in other.parents or other in own.parents:
                raise UsageError(
                    "two outputs are one, or one is in the other",
                    source=path,
                    found=str(other),
                    expected="outputs beside each other",
                    advice=NAME_APART,
                )

    def _check(self, output: _Output) -> None:
        """Refuse what may not be replaced; note what is in a folder that may."""
        path = output.path
        if not exists(path):
            return
        self.inputs.refuse(path)
        told = None if output.of is None else owner_of(path)
        if output.of is not None and told not in {None, "", output.owner}:
            other = output.of.with_suffix(suffix_of(f"{told}"))
            raise OutputExistsError(
                "this belongs to another output",
                source=path,
                found=other.name,
                expected=Message("a file of {name}", name=output.owner),
                advice="Choose another name",
            )
        if not output.overwrite:
            raise OutputExistsError(
                "the output exists",
                source=path,
                found=kind_of(path),
                expected="a name that is free",
                advice="Choose another name or pass --overwrite",
            )
        if path.is_dir():
            if path.is_symlink():
                raise OutputExistsError(
                    "a link to a folder is not replaced",
                    source=path,
                    found=Message("a link"),
                    expected="a folder",
                    advice="Name the folder itself",
                )
            try:
                former = check_folder(path, output.owner) if output.former is None else snapshot(path)
            except FileNotFoundError as error:  # another run is replacing it at this moment
                raise OutputExistsError(
                    "somebody changed the output meanwhile",
                    source=path,
                    found=Message("that it is not there any more"),
                    expected=_FORMER,
                    advice=RUN_AGAIN,
                ) from error
            if output.former is not None and output.former != former:
                raise OutputExistsError(
                    "somebody changed the output meanwhile",
                    source=path,
                    found=Message("other content"),
                    expected=_FORMER,
                    advice=RUN_AGAIN,
                )
            output.former = former
        elif exists(path) and path.exists() and not path.is_file():
            raise UsageError(
                "the output cannot be replaced",
                source=path,
                found=Message("a pipe or a device"),
                expected="a file or a folder",
                advice="Name a file",
            )
        elif output.of is not None:
            check_seal(path, output.owner)

    def _commit(self) -> None:
        written = [each for each in self._known.values() if each.step is not None]
        for output in written:
            self._check_kind(output)
            self._check(output)
        removals = [*self._orphans(written), *self._left(written)]
        for output in written:
            with naming(output.path):
                self._complete(output)
        for stage, name, of in removals:
            stage.add(name, of=of, overwrite=True, is_removal=True)
        if written:
            with naming(written[0].path):
                self._put_in_place(is_one=len(written) + len(removals) == 1 and written[0].former is None)

    def _put_in_place(self, *, is_one: bool) -> None:
        """Sync all steps, settle them in a journal unless there is one and it replaces no folder, and do them."""
        stages = [stage for stage in self._stages.values() if stage.steps]
        steps = [(stage, step) for stage in stages for step in stage.steps]
        sync(stage.folder / f"{step.number}" for stage, step in steps)
        if not is_one:
            for other in stages[1:]:
                other.write_journal(first=stages[0])
            stages[0].write_journal(others=stages[1:])
        done: list[tuple[Stage, Step]] = []
        try:
            for stage, step in steps:
                done.append((stage, step))
                stage.do(step)
        except BaseException:
            for stage, step in reversed(done):
                stage.undo(step)
            for stage in () if is_one else stages:
                stage.drop_journal()
            raise
        for folder in {*self._stages, *(made.parent for made in self._made)}:
            sync_entry(folder)

    def _check_kind(self, output: _Output) -> None:
        """Refuse a file where a folder stands, and the reverse."""
        if output.stage is None or output.step is None:
            return
        new = output.stage.new(output.step)
        if not exists(new):
            raise FileNotFoundError(f"nothing was written to {new.name}")
        if exists(output.path) and output.overwrite and new.is_dir() != output.path.is_dir():
            raise UsageError(
                "the output exists and is of another kind",
                source=output.path,
                found=kind_of(output.path),
                expected=kind_of(new),
                advice=NEW_NAME,
            )

    def _orphans(self, written: list[_Output]) -> Iterable[tuple[Stage, str, str]]:
        """Yield the side files of files that are replaced, where the new ones have none."""
        for output in written:
            side = output.path.with_suffix("" if output.path.suffix == ".gz" else output.path.suffix)
            side = side.with_suffix(SIDE_SUFFIX)
            if output.stage is None or output.of is not None or side in self._known or not output.path.is_file():
                continue
            if side != output.path and is_file(side) and not side.is_symlink():
                with suppress(OutputExistsError):
                    if check_seal(side, ending_of(output.path)) == digest(output.path):
                        yield output.stage, side.name, ending_of(output.path)

    def _left(self, written: list[_Output]) -> Iterable[tuple[Stage, str, str]]:
        """Yield what belongs to the former ones of outputs, where the new ones have none."""
        stages = {output.path: output.stage for output in written}
        for output in self._known.values():
            stage = None if output.of is None else stages.get(output.of)
            if output.step is None and stage is not None and owner_of(output.path) == output.owner:
                self._check(output)
                yield stage, output.path.name, output.owner

    def _complete(self, output: _Output) -> None:
        """Put the manifest into a folder, and the seal on a side file."""
        if output.stage is None or output.step is None:
            return
        new = output.stage.new(output.step)
        if new.is_dir():
            write_manifest(new, output.owner)
        elif output.of is not None:
            main = self._known[output.of]
            if main.stage is not None and main.step is not None:
                seal(new, main.stage.new(main.step), output.owner)


def _one_name(path: Path) -> UsageError:
    return UsageError(
        "two outputs have the same name",
        source=path,
        found=path.name,
        expected="a name for each output",
        advice="Name another file for one of them",
    )
