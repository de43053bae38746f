"""Stages: the hidden folder beside an output in which it is written, its lock, its journal, the former one's place.

::

    .annoconv-0123456789ab/     of the first output in this folder, by a digest of its name
        lock                    held by the run at work; free if that run was killed
        0/x.json  1/x.masks/    the new ones, by number, under their own names
        old/1/                  the former ones, until all new ones stand
        journal.json            the steps, once it is settled that they are done; stages of the set in other folders

A journal moves only what is in its own stage, and only to names in the folder that the stage stands in; stages in other
folders are finished if they name this one as their first. What it replaces must be proven to be a former output
(`journal`), and a folder that holds anything else, or no lock, is no stage. So a stage from a stranger costs nothing.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
import unicodedata
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from annoconv.errors import InputError, OutputExistsError
from annoconv.files.disk import absolute, is_file, remove, sync_entry, try_lock
from annoconv.files.journal import JOURNAL, Journal, Step, fingerprint, is_proven, relative
from annoconv.files.manifest import MANIFEST, named
from annoconv.messages import Message

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["PREFIX", "Stage", "exists", "is_stage", "kind_of", "settle", "settle_stage"]

PREFIX: Final = ".annoconv-"
_DIGITS: Final = 12
_LOCK, _OLD, _DRAFT = "lock", "old", "draft"
_ATTEMPTS: Final = 50
_WAIT_S: Final = 0.1
"""Between attempts: another run is putting its outputs in place, which takes milliseconds."""


def is_stage(name: str) -> bool:
    """Tell whether a folder of this name is a stage."""
    return name.startswith(PREFIX) and len(name) == len(PREFIX) + _DIGITS


def stage_folder(target: Path) -> Path:
    """Return where the stage of an output is; the same for spellings that some file system takes for one name."""
    name = unicodedata.normalize("NFC", target.name).casefold()
    return target.parent / f"{PREFIX}{hashlib.sha256(os.fsencode(name)).hexdigest()[:_DIGITS]}"


@dataclass
class Stage:
    """A stage that this process holds."""

    folder: Path
    _descriptor: int
    steps: list[Step] = field(default_factory=list[Step])

    @classmethod
    def claim(cls, target: Path) -> Stage:
        """Return the stage of an output, empty; what a killed run left in it is finished or cleared first.

        Raises
        ------
        OutputExistsError
            If another run is at work there.
        """
        folder = stage_folder(target)
        for _ in range(_ATTEMPTS):
            settle_stage(folder)
            with suppress(FileExistsError):
                folder.mkdir()
            if folder.is_symlink() or not folder.is_dir():
                raise OutputExistsError(
                    "what stands here is in the way",
                    source=folder,
                    found=Message("a link") if folder.is_symlink() else Message("a file"),
                    expected="a folder in which annoconv writes",
                    advice="Remove it",
                )
            try:
                _check_own(folder)
                descriptor = _lock(folder)
            except FileNotFoundError:  # the run before us has just tidied up
                continue
            if descriptor is None:
                break
            stage = cls(folder, descriptor)
            journal = Journal.read(folder)
            if journal is None or (journal.first is not None and not _is_settled(folder, journal.first)):
                stage.clear()
                return stage
            os.close(descriptor)
        problem = "another run of annoconv is writing this output"
        raise OutputExistsError(
            problem,
            source=target,
            found=folder.name,
            expected="no other run",
            advice="Wait for it, or choose another name",
        )

    def new(self, step: Step) -> Path:
        """Return where the new output of a step is written."""
        return self.folder / f"{step.number}" / step.name

    def old(self, step: Step) -> Path:
        """Return where the former output of a step is kept."""
        return self.folder / _OLD / f"{step.number}"

    def target(self, step: Step) -> Path:
        """Return where the output of a step comes to stand."""
        return self.folder.parent / step.name

    def add(self, name: str, *, of: str, overwrite: bool, is_removal: bool = False) -> Step:
        """Return a new step; the folder to write in is made."""
        number = max((each.number for each in self.steps), default=-1) + 1
        step = Step(number, name, overwrite, is_removal, of)
        self.new(step).parent.mkdir(exist_ok=True)
        if is_removal:
            self.new(step).touch()
        self.steps.append(step)
        return step

    def write_journal(self, *, others: Sequence[Stage] = (), first: Stage | None = None) -> None:
        """Settle that the steps are done: those of others along with it, or as soon as the first stage settles them."""
        journal = {
            "steps": [asdict(replace(step, former=fingerprint(self.target(step)))) for step in self.steps],
            "others": [relative(other.folder, self.folder) for other in others],
            "first": None if first is None else relative(first.folder, self.folder),
        }
        draft = self.folder / _DRAFT
        draft.write_text(json.dumps(journal), encoding="utf-8")
        sync_entry(draft)
        draft.rename(self.folder / JOURNAL)
        sync_entry(self.folder)

    def drop_journal(self) -> None:
        """Take back what `write_journal` settled."""
        (self.folder / JOURNAL).unlink(missing_ok=True)

    def check(self, step: Step) -> None:
        """Raise InputError if a step of a run that was killed would replace what is not proven to be a former one."""
        new, target = self.new(step), self.target(step)
        if exists(new) and exists(target) and not _is_same(new, target) and not is_proven(step, target):
            raise InputError(
                "a run that was killed would replace this",
                source=target,
                found=Message("what annoconv did not write, or what was changed since"),
                expected="what an earlier run wrote",
                advice=Message(
                    "Move it away to have what that run wrote; if {stage} is removed instead, former and new outputs "
                    "may stand mixed",
                    stage=self.folder,
                ),
            )

    def do(self, step: Step) -> None:
        """Put a new output in its place, or what is left to do of that; the former one is kept in the stage.

        Raises
        ------
        OutputExistsError
            If something came to stand there meanwhile.
        """
        new, old, target = self.new(step), self.old(step), self.target(step)
        if not exists(new):
            return
        old.parent.mkdir(exist_ok=True)
        if not step.overwrite and exists(target) and not _is_same(new, target):
            raise OutputExistsError(
                "the output exists",
                source=target,
                found=kind_of(target),
                expected="a name that is free",
                advice="Choose another name or pass --overwrite",
            )
        is_folder = new.is_dir() and not new.is_symlink()
        if (is_folder or step.is_removal) and exists(target) and not exists(old):
            target.rename(old)
        if step.is_removal:
            new.unlink()
        elif is_folder:
            new.rename(target)
        elif step.overwrite:
            _link(target, old)
            new.replace(target)
        elif _link(new, target) or _is_same(new, target):
            new.unlink()
        else:
            new.rename(target)

    def undo(self, step: Step) -> None:
        """Put the former output back, or nothing where there was none."""
        new, old, target = self.new(step), self.old(step), self.target(step)
        if not exists(new) and not step.is_removal and exists(target):
            target.rename(new)
        if exists(old) and not exists(target):
            old.rename(target)

    def clear(self) -> None:
        """Remove all that is in the stage and is of one; the journal last."""
        own = [Path(entry.path) for entry in os.scandir(self.folder) if _is_own(entry) and entry.name != _LOCK]
        for path in sorted(own, key=lambda path: path.name == JOURNAL):
            remove(path)
        self.steps.clear()

    def release(self) -> None:
        """Clear the stage, remove it and let go of it."""
        with suppress(OSError):
            self.clear()
            (self.folder / _LOCK).unlink()
            self.folder.rmdir()  # unless another run has come in between
        os.close(self._descriptor)


def settle(path: Path) -> None:
    """Finish what a killed run had settled of a file or folder, or of what is in it, before it is read.

    What is not there may be in a folder that such a run has moved out of the way, or may be part of the set of another
    output: then everything is finished that was settled in the nearest folder above. So it is in the folder of what
    has a lock of a killed run, and around folders with a manifest, which belong to an output or are one.

    Raises
    ------
    InputError
        If that is not possible.
    """
    path = absolute(path)
    settle_stage(stage_folder(path))
    places = [path if exists(path) else next(each for each in path.parents if exists(each))]
    places += [path.parent] if exists(stage_folder(path)) else []
    places += [each.parent for each in (path, *path.parents) if is_file(each / MANIFEST)]
    for place in filter(Path.is_dir, dict.fromkeys(places)):
        with os.scandir(place) as entries:
            found = [Path(entry.path) for entry in entries if is_stage(entry.name)]
        for each in found:
            settle_stage(each)


def settle_stage(folder: Path) -> bool:
    """Finish a stage that has a journal, with the others of its set; tell whether it had one.

    Raises
    ------
    InputError
        If that is not possible.
    """
    if not os.path.lexists(folder) or not is_stage(folder.name):
        return False
    try:
        for _ in range(_ATTEMPTS):
            journal = Journal.read(folder)
            if journal is None:
                return False
            if journal.first is not None:
                return _is_settled(folder, journal.first) and settle_stage(journal.first)
            if _finish(folder, journal):
                return True
            time.sleep(_WAIT_S)
    except FileNotFoundError:  # whoever held it has finished
        return True
    except OSError as error:
        raise InputError(
            "what a run that was killed has written is not all in its place",
            source=folder,
            found=Message(error.strerror or "the system refused"),
            expected="that it can be moved there",
            advice="Run the command again with the right to write here, or remove this folder",
        ) from error
    raise InputError(
        "another run of annoconv is putting its outputs in place",
        source=folder.parent,
        found=folder.name,
        expected="no other run",
        advice="Wait for it, or choose another name",
    )


def _is_settled(folder: Path, first: Path) -> bool:
    """Tell whether the first stage of a set has settled the steps of another one."""
    journal = Journal.read(first)
    return journal is not None and folder in journal.others


def _finish(folder: Path, journal: Journal) -> bool:
    """Do the steps of a stage and of the others that name it as their first; tell whether it could be locked."""
    _check_own(folder)
    descriptor = _lock(folder)
    if descriptor is None:
        return False
    stage = Stage(folder, descriptor)
    try:
        others = {each: Journal.read(each) for each in journal.others if is_stage(each.name)}
        agreed = {each: found for each, found in others.items() if found is not None and found.first == folder}
        for each, found in {folder: journal, **agreed}.items():
            _check_own(each)
            for step in found.steps:
                Stage(each, descriptor).check(step)
        for step in journal.steps:
            stage.do(step)
        for each, found in agreed.items():
            _finish(each, found)
    except BaseException:
        os.close(descriptor)
        raise
    stage.release()
    return True


def _check_own(folder: Path) -> None:
    """Raise OutputExistsError if a folder that has the name of a stage is none, or holds what is of none."""
    with os.scandir(folder) as entries:
        found = {entry.name: _is_own(entry) for entry in entries}
    strange = sorted(name for name, is_own in found.items() if not is_own or _LOCK not in found)
    if strange:
        raise OutputExistsError(
            "a folder of this name is where annoconv writes; this one holds what annoconv did not put there",
            source=folder,
            found=named(strange),
            expected="its own files only",
            advice="Move that away, or remove the folder yourself",
        )


def _is_own(entry: os.DirEntry[str]) -> bool:
    """Tell whether something in a stage is of one by name and kind."""
    if entry.name in {_LOCK, _DRAFT, JOURNAL}:
        return entry.is_file(follow_symlinks=False)
    return (entry.name == _OLD or entry.name.isdecimal()) and entry.is_dir(follow_symlinks=False)


def _lock(folder: Path) -> int | None:
    """Return the locked file of a stage; None if another process holds it, or removed it meanwhile."""
    path = folder / _LOCK
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o666)
    try:
        if try_lock(descriptor) and os.path.samestat(os.fstat(descriptor), path.stat()):
            return descriptor
    except FileNotFoundError:
        pass
    except BaseException:
        os.close(descriptor)
        raise
    os.close(descriptor)
    return None


def _link(source: Path, target: Path) -> bool:
    """Give a file a second name, if it is there and the file system can; tell whether it has one now."""
    try:
        os.link(source, target, follow_symlinks=False)
    except (OSError, NotImplementedError):
        return False
    return True


def exists(path: Path) -> bool:
    """Tell whether something stands there, a link that leads nowhere too."""
    return os.path.lexists(path)


def kind_of(path: Path) -> Message:
    """Return what stands there, in words."""
    return Message("a folder") if path.is_dir() else Message("a file")


def _is_same(one: Path, other: Path) -> bool:
    try:
        return os.path.samestat(one.lstat(), other.lstat())
    except OSError:
        return False
