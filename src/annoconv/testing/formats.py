"""What a converter promises (`CONTRIBUTING.md`), tried on small cases: one function a promise.

A promise yields a sentence for each way in which it is not kept. A case that the format refuses with an error of
ours is left out of the rest; a format that refuses all of them keeps no promise.
"""

from __future__ import annotations

import inspect
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, Final, TypeAlias

import numpy as np

from annoconv import registry
from annoconv.casefile import LoadedCase
from annoconv.documents import residuals, strict_json
from annoconv.errors import AnnoconvError, InputError
from annoconv.geometry import apply_relation, compare_grids
from annoconv.loss import Loss, LossKind, LossReport
from annoconv.messages import Message
from annoconv.testing.cases import NAMES
from annoconv.testing.promises import Broken
from annoconv.testing.tried import Tried, Trip, digest_of, files_of

__all__ = ["PROMISES", "check_format"]

_FIRST: Final = {"to": ("cases", "target"), "from": ("sources",)}
_LONGEST_SUMMARY: Final = 120
_DAMAGES: Final[Mapping[str, Callable[[bytes], bytes]]] = {
    "empty": lambda _: b"",
    "cut in half": lambda data: data[: len(data) // 2],
    "cut by a byte": lambda data: data[:-1],
    "changed in the middle": lambda data: data[: len(data) // 2] + b"\xff\x00\xfe" + data[len(data) // 2 + 3 :],
}


Promise: TypeAlias = Callable[[Tried], Iterator[str]]


def _loads(tried: Tried) -> Iterator[str]:
    for each in tried.sides:
        _ = each.function
    if not tried.sides:
        yield Message("no entry point to-{name} or from-{name} is installed", name=tried.format)


def _signature(tried: Tried) -> Iterator[str]:
    for side in tried.sides:
        names = [*inspect.signature(side.function).parameters]
        first = _FIRST[side.direction]
        if tuple(names[: len(first) + 1]) != (*first, "context"):
            yield Message(
                "{name} has the parameters {found}; expected {wanted} first",
                name=side.name,
                found=", ".join(names),
                wanted=", ".join((*first, "context")),
            )
        for parameter in list(inspect.signature(side.function).parameters.values())[len(first) :]:
            if parameter.kind is not inspect.Parameter.KEYWORD_ONLY:
                yield Message("{name}: {option} is not keyword-only", name=side.name, option=parameter.name)
            elif parameter.name != "context" and parameter.default is inspect.Parameter.empty:
                yield Message("{name}: {option} has no default", name=side.name, option=parameter.name)
            elif parameter.default is True:
                yield Message(
                    "{name}: {option} is a switch that is on by default", name=side.name, option=parameter.name
                )
        _ = side.parameters  # its error tells which annotation is missing


def _options(tried: Tried) -> Iterator[str]:
    for side in tried.sides:
        for name, parameter in side.options.items():
            told = [
                each for each in getattr(parameter.annotation, "__metadata__", ()) if isinstance(each, registry.Option)
            ]
            if not told or not told[0].help.endswith(".") or not told[0].help[:1].isupper():
                yield Message("{name}: no Option tells {option} in a sentence", name=side.name, option=name)


def _summary(tried: Tried) -> Iterator[str]:
    for side in tried.sides:
        told = (inspect.getdoc(import_module(side.entry_point.module)) or "").partition("\n")[0]
        if not told.endswith(".") or len(told) > _LONGEST_SUMMARY:
            yield Message(
                "the docstring of {module} begins with no sentence of at most {most} characters",
                module=side.entry_point.module,
                most=_LONGEST_SUMMARY,
            )


def _help(tried: Tried) -> Iterator[str]:
    for side in tried.sides:
        command = [sys.executable, "-m", "annoconv", side.name, "--help"]
        done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)  # noqa: S603  of ours
        flags = [
            f"--{option.replace('_', '-')}" for option, each in side.options.items() if not _is_renamed(each.annotation)
        ]
        missing = [flag for flag in flags if flag not in done.stdout]
        if done.returncode or missing:
            yield Message(
                "annoconv {name} --help ends with {code} and does not name {missing}",
                name=side.name,
                code=done.returncode,
                missing=", ".join(missing) or "-",
            )


def _is_renamed(annotation: Any) -> bool:
    return any(getattr(each, "name", None) for each in getattr(annotation, "__metadata__", ()))


def _writes(tried: Tried) -> Iterator[str]:
    if any(side.direction == "to" for side in tried.sides) and not tried.trips:
        yield Message("no case is written; expected at least one of {names}", names=", ".join(NAMES))
    for name, error in tried.failed.items():
        yield Message("{case}: writing ends in {error}", case=name, error=f"{type(error).__name__}: {error}")
    for trip in tried.trips:
        if not isinstance(trip.written, LossReport):  # pyright: ignore[reportUnnecessaryIsInstance]
            yield Message(
                "{case}: what is returned is a {found}; expected LossReport",
                case=trip.name,
                found=type(trip.written).__name__,
            )
        if not trip.target.exists():
            yield Message("{case}: nothing was written to the target", case=trip.name)


def _input_unchanged(tried: Tried) -> Iterator[str]:
    for trip in tried.trips:
        after = strict_json.plain(trip.loaded.case)
        if after != trip.document:
            changed = residuals.residual(trip.document, after).paths()
            if changed:
                yield Message("{case}: writing changed {path} of the case", case=trip.name, path=_first(changed))
            else:
                yield Message("{case}: writing changed the order of a list of the case", case=trip.name)


def _same_bytes(tried: Tried) -> Iterator[str]:
    for trip in tried.trips:
        again = tried.write(trip.name, tried.folder / "again" / trip.name)
        if again is None or again.digest != trip.digest:
            yield Message(
                "{case}: written twice, the bytes differ; take no clock, and no order of a set", case=trip.name
            )


def _whole_or_nothing(tried: Tried) -> Iterator[str]:
    for trip in tried.trips[:1]:
        folder = tried.folder / "stopped"
        folder.mkdir()

        def stopping(loaded: LoadedCase = trip.loaded) -> Iterator[LoadedCase]:
            yield loaded
            raise InputError("stopped", found="", expected="", advice="")

        try:
            tried.write_cases(stopping(), folder / trip.target.name, trip.images)
        except InputError:
            pass
        else:
            yield Message("an error in the cases is not passed on")
        for left in sorted(folder.iterdir()):
            yield Message(
                "after an error {name} stays; write through annoconv.files.atomic.replacing, side files too",
                name=left.name,
            )


def _every_case(tried: Tried) -> Iterator[str]:
    alone = [(trip, reading) for trip, reading, _ in tried.back if reading is not None and not trip.images]
    if len(alone) < 2:
        return
    numbered = [
        LoadedCase(trip.loaded.case.model_copy(update={"case_id": f"CASE_{place}"}), trip.loaded.masks)
        for place, (trip, _) in enumerate(alone)
    ]
    writer = registry.converter("to", tried.format)
    folder = tried.folder / "several"
    folder.mkdir()
    target = folder / ("out" if writer.has_file_a_case else f"out{writer.suffix}")
    try:
        tried.write_cases(numbered, target, [])
        found = [[each.id for each in reading.case.annotations] for reading in tried.read(target, [])]
    except AnnoconvError:
        return  # several are refused
    wanted = [[each.id for each in reading.case.annotations] for _, reading in alone]
    if found != wanted:
        yield Message(
            "of {count} cases written together {found} are read, or in another order",
            count=len(wanted),
            found=len(found),
        )


def _quiet(tried: Tried) -> Iterator[str]:
    if text := tried.printed.getvalue().strip():
        yield Message("it prints {text}; standard output is for what a command answers", text=repr(text[:40]))


def _reads(tried: Tried) -> Iterator[str]:
    for trip, reading, why in tried.back:
        if reading is None:
            yield Message("{case}: what was written is not read as one Reading: {why}", case=trip.name, why=why)
        if digest_of(trip.target) != trip.digest:
            yield Message("{case}: reading changed the file that was read", case=trip.name)


def _losses(tried: Tried) -> Iterator[tuple[Trip, set[str], set[str]]]:
    """Yield each case with the leaves that differ after the way back, and those that losses name as changed."""
    for trip, reading, _ in tried.back:
        if reading is not None and _are_losses(trip.written) and _are_losses(reading.losses):
            found = residuals.residual(trip.document, strict_json.plain(reading.case)).paths()
            changed = {residuals.pointer(path) for path in found}
            both: tuple[Loss, ...] = (*trip.written, *reading.losses)
            yield trip, changed, {loss.path for loss in both if loss.kind.changes_value}


def _no_silent_loss(tried: Tried) -> Iterator[str]:
    for trip, changed, named in _losses(tried):
        if silent := sorted(changed - named):
            yield Message(
                "{case}: {count} leaves differ after the way back and no loss names them, first {path}",
                case=trip.name,
                count=len(silent),
                path=silent[0],
            )


def _no_loss_too_many(tried: Tried) -> Iterator[str]:
    for trip, changed, named in _losses(tried):
        if idle := sorted(named - changed):
            yield Message(
                "{case}: {count} losses name leaves that come back as they were, first {path}",
                case=trip.name,
                count=len(idle),
                path=idle[0],
            )


def _are_losses(report: Any) -> bool:
    """Tell whether a report is one, and holds nothing but losses of a kind that there is."""
    return isinstance(report, LossReport) and all(
        isinstance(loss, Loss) and isinstance(loss.kind, LossKind)  # pyright: ignore[reportUnnecessaryIsInstance]
        for loss in report
    )


def _losses_are_told(tried: Tried) -> Iterator[str]:
    reports = [(trip, trip.written, True) for trip in tried.trips if isinstance(trip.written, LossReport)]  # pyright: ignore[reportUnnecessaryIsInstance]
    reports += [(trip, reading.losses, False) for trip, reading, _ in tried.back if reading is not None]
    for trip, report, is_written in reports:
        if not _are_losses(report):
            yield Message("{case}: a loss is none, or is of no kind of LossKind", case=trip.name)
            continue
        for loss in report:
            if not loss.path.startswith("/") or not loss.message.strip():
                yield Message("{case}: a loss at {path} has no path or no sentence", case=trip.name, path=loss.path)
                break
            if is_written and loss.case_index != 0:
                yield Message(
                    "{case}: a loss is of case {index}; expected 0, the first", case=trip.name, index=loss.case_index
                )
                break


def _same_voxels(tried: Tried) -> Iterator[str]:
    for trip, reading, _ in tried.back:
        for identity, mask in trip.loaded.masks.items():
            if reading is None or all(each.id != identity for each in reading.case.annotations):
                continue
            if identity not in reading.masks:
                yield Message("{case}: {mask} is read without its voxels", case=trip.name, mask=identity)
                continue
            back = reading.masks[identity]
            relation = compare_grids(back.grid, mask.grid)
            if not np.array_equal(apply_relation(back.read(), relation), mask.read()):
                yield Message("{case}: the voxels of {mask} are others", case=trip.name, mask=identity)


def _damage(tried: Tried) -> Iterator[str]:
    if len(tried.sides) < 2:
        return
    for trip in tried.trips[:2]:
        for what, damage in _DAMAGES.items():
            for file in files_of(trip.target):
                whole = file.read_bytes()
                file.write_bytes(damage(whole))
                try:
                    tried.read(trip.target, trip.images)
                except AnnoconvError:
                    pass
                except (Exception, SystemExit) as error:  # whatever a reader does
                    yield Message(
                        "a file that is {damage} ends in {error}; expected an error of annoconv.errors",
                        damage=what,
                        error=type(error).__name__,
                    )
                finally:
                    file.write_bytes(whole)


PROMISES: Final[Mapping[str, Promise]] = {
    "loads": _loads,
    "signature": _signature,
    "options": _options,
    "summary": _summary,
    "help": _help,
    "writes": _writes,
    "input_unchanged": _input_unchanged,
    "same_bytes": _same_bytes,
    "whole_or_nothing": _whole_or_nothing,
    "every_case": _every_case,
    "reads": _reads,
    "no_silent_loss": _no_silent_loss,
    "no_loss_too_many": _no_loss_too_many,
    "losses_are_told": _losses_are_told,
    "same_voxels": _same_voxels,
    "damage": _damage,
    "quiet": _quiet,
}
"""Every promise of a converter by its name, in the order in which they are tried."""


def check_format(name: str, folder: Path | None = None) -> list[Broken]:
    """Return the promises that the converters of a format do not keep, one sentence each at least.

    Parameters
    ----------
    name
        Of the format, `boxes-csv`: its entry points are `to-boxes-csv` and `from-boxes-csv`.
    folder
        Where files are written; a temporary one if None.
    """
    with tempfile.TemporaryDirectory() as temporary:
        tried = Tried(name, Path(folder or temporary))
        found: list[Broken] = []
        for promise, check in PROMISES.items():
            try:
                for each in check(tried):
                    if (told := Broken(promise, each)) not in found:
                        found.append(told)
            except (Exception, SystemExit) as error:  # whatever a converter of others does
                found.append(Broken(promise, Message("it ends in {error}", error=f"{type(error).__name__}: {error}")))
                if promise == "loads":
                    break
            if promise == "loads" and found:
                break
    return found


def _first(paths: Any) -> str:
    return sorted(map(residuals.pointer, paths))[0]
