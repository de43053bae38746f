"""The journal of a stage: what is done to each output once it is settled, and what proves that it may be (`stage`)."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from annoconv.errors import InputError, OutputExistsError
from annoconv.files.manifest import check_folder, check_seal, digest
from annoconv.messages import Message

__all__ = ["JOURNAL", "Journal", "Step", "fingerprint", "is_proven", "relative"]

JOURNAL: Final = "journal.json"


@dataclass(frozen=True, slots=True)
class Step:
    """What is done to one output: `{number}/{name}` of the stage comes to stand beside it.

    Attributes
    ----------
    number, name
        Where it is in the stage, and its name.
    overwrite
        Whether a former one is replaced.
    is_removal
        Whether the former one goes and nothing takes its place; the stage holds a mark under its name.
    of
        Ending of the output that it belongs to; empty if it is one itself.
    former
        The fingerprint of a file that is replaced.
    """

    number: int
    name: str
    overwrite: bool = False
    is_removal: bool = False
    of: str = ""
    former: str | None = None


def fingerprint(path: Path) -> str | None:
    """Return the SHA-256 of a file, or where a link leads; None if neither stands there."""
    if path.is_symlink():
        return f"-> {path.readlink()}"
    return digest(path) if path.is_file() else None


def is_proven(step: Step, target: Path) -> bool:
    """Tell whether what stands at a target is what a step may replace or remove.

    A folder must have its manifest, and what is removed its seal, because no command has named it; any other file must
    be the one that stood there when the journal was written.
    """
    try:
        if target.is_dir() and not target.is_symlink():
            check_folder(target, step.of)
        elif step.is_removal:
            return target.is_file() and not target.is_symlink() and bool(check_seal(target, step.of))
        else:
            return step.former is not None and fingerprint(target) == step.former
    except OutputExistsError:
        return False
    return step.overwrite


@dataclass(frozen=True, slots=True)
class Journal:
    """Steps that are settled; the other stages of the set; the stage that settles them, if that is another one."""

    steps: list[Step]
    others: list[Path]
    first: Path | None

    @classmethod
    def read(cls, folder: Path) -> Journal | None:
        """Return the journal of a stage; None if it has none, InputError if it is not as we write it."""
        path = folder / JOURNAL
        if folder.is_symlink() or path.is_symlink() or not path.is_file():
            return None
        try:
            told = json.loads(path.read_bytes())
            steps = [Step(**each) for each in told["steps"]]
            others = [_absolute(folder, each) for each in told["others"]]
            first = None if told["first"] is None else _absolute(folder, told["first"])
            if all(_is_name(each.name) and type(each.number) is int for each in steps):
                return cls(steps, others, first)
        except (KeyError, TypeError, ValueError):
            pass
        raise InputError(
            "this journal cannot be understood",
            source=path,
            found=Message("no steps of a run"),
            expected="the steps of a run that was killed",
            advice="Remove its folder",
        )


def _is_name(text: str) -> bool:
    return text not in {"", ".", ".."} and Path(text).name == text


def _absolute(folder: Path, told: str) -> Path:
    return Path(os.path.normpath(folder / told))


def relative(path: Path, start: Path) -> str:
    """Return a path from a folder, or the whole path if it is on another drive."""
    try:
        return os.path.relpath(path, start)
    except ValueError:
        return str(path)
