"""From outside in: a real file, read and written again, says the same but for what the reader's report names.

Each module of `tests/foreign` gives the files of a format and reads them without our code. What the file says and the
file written again does not is exactly what the report names, to the leaf or under a named path.
`tests/golden/foreign/<format>.txt` is the committed table of what the reports name, so that a reader that takes less
than it did is found out; `pytest tests/test_foreign.py --accept-losses` writes it anew.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

from annoconv import registry
from annoconv.casefile import LoadedCase, Reading
from annoconv.documents.residuals import Path as Steps
from annoconv.documents.residuals import pointer, residual
from annoconv.errors import AnnoconvError
from annoconv.registry import Context
from annoconv.times import parse_timestamp
from tests import foreign
from tests.real_data import real

if TYPE_CHECKING:
    from tests.foreign import Foreign

GOLDEN = Path(__file__).parent / "golden" / "foreign"
AT = parse_timestamp("2099-12-31T23:59:59Z")
"""When the files are written again: no file says that it is of that time."""
MODULES = [importlib.import_module(f"tests.foreign.{one.name}") for one in pkgutil.iter_modules(foreign.__path__)]
FILES = [pytest.param(module, one, id=f"{module.FORMAT}-{one.name}") for module in MODULES for one in module.files()]


def fits(steps: Steps, patterns: Iterable[str]) -> bool:
    place = "/".join("#" if isinstance(step, int) or step.isdigit() else step for step in steps)
    return any(fnmatchcase(place, pattern) for pattern in patterns)


def read(module: ModuleType, file: Foreign) -> list[Reading]:
    images = {"images": list(file.images)} if "images" in registry.converter("from", module.FORMAT).options else {}
    context = Context(task="T", timestamp=AT)
    return list(registry.read(file.sources, format=module.FORMAT, context=context, **images, **file.read_options))


def write(module: ModuleType, readings: list[Reading], file: Foreign, folder: Path) -> Path:
    """Write what was read again, by the writer of the format or by what the module has instead."""
    if hasattr(module, "write"):
        return Path(module.write(readings, file, folder))
    converter = registry.converter("to", module.FORMAT)
    images = {"images": list(file.images)} if "images" in converter.options else {}
    target = folder / ("again" + converter.suffix)
    cases = [LoadedCase(one.case, one.masks) for one in readings]
    context = Context(task="T", timestamp=AT)
    registry.write(cases, target, format=module.FORMAT, context=context, **images, **file.write_options)
    return target


def differences(module: ModuleType, file: Foreign, again: Path) -> set[str]:
    """Return what the file says and the file written again does not, and what that says beyond what it must."""
    unsaid: Mapping[str, str] = module.UNSAID
    found = residual(module.tree(file.sources[0]), module.tree(again))
    beyond = [path for path in found.removed if not fits(path, getattr(module, "ADDED", {}))]
    return {pointer(path) for path in (*found.values, *beyond) if not fits(path, unsaid)}


def is_under(path: str, above: str) -> bool:
    return path == above or path.startswith(above + "/")


def judge(module: ModuleType, file: Foreign, folder: Path) -> list[str]:
    """Read a file, write it again and compare; return its lines of the committed table."""
    if file.refused:
        with pytest.raises(AnnoconvError) as refusal:
            write(module, read(module, file), file, folder)
        assert type(refusal.value).__name__ == file.refused
        return [f"{file.name}: refused, {file.refused}"]
    readings = read(module, file)
    again = write(module, readings, file, folder)
    losses = {loss.path: loss for reading in readings for loss in reading.losses}
    named = {path for path in losses if not fits(tuple(path.split("/")[1:]), module.UNSAID)}
    differing = differences(module, file, again)
    silent = sorted(path for path in differing if not any(is_under(path, one) for one in named))
    needless = sorted(one for one in named if not any(is_under(path, one) for path in differing))
    assert not silent, f"{file.name}: lost without a word: {silent}"
    assert not needless, f"{file.name}: named, but not lost: {needless}"
    if hasattr(module, "check"):
        module.check(readings, file, again)
    places = {f"{losses[path].kind.value:12} {collapsed(path)}" for path in named}
    return [f"{file.name}: {place}" for place in sorted(places)] or [f"{file.name}: nothing"]


def collapsed(path: str) -> str:
    return "/".join("#" if step.isdigit() else step for step in path.split("/"))


@pytest.mark.parametrize(("module", "file"), FILES)
def test_a_file_read_and_written_again_says_the_same_but_for_what_the_report_names(
    module: ModuleType, file: Foreign, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    real("README.md")
    lines = judge(module, file, tmp_path)
    if request.config.getoption("--accept-losses"):
        accept(module, file, lines)
    assert lines == [line for line in table(module) if line.startswith(f"{file.name}: ")]


@pytest.mark.parametrize("module", MODULES, ids=[module.FORMAT for module in MODULES])
def test_every_file_of_the_committed_table_is_there(module: ModuleType) -> None:
    real("README.md")
    assert list(dict.fromkeys(line.split(": ")[0] for line in table(module))) == [one.name for one in module.files()]


@pytest.mark.parametrize("module", [one for one in MODULES if hasattr(one, "damage")], ids=lambda one: one.FORMAT)
def test_a_reader_that_stops_taking_an_attribute_names_it_and_is_found_out(
    module: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real("README.md")
    file = module.damage(monkeypatch)
    lines = judge(module, file, tmp_path)
    assert set(lines).difference(table(module))


@pytest.mark.parametrize("module", [one for one in MODULES if hasattr(one, "silence")], ids=lambda one: one.FORMAT)
def test_a_report_that_is_silent_about_an_attribute_is_found_out(
    module: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real("README.md")
    file = module.silence(monkeypatch)
    with pytest.raises(AssertionError, match="lost without a word"):
        judge(module, file, tmp_path)


def table(module: ModuleType) -> list[str]:
    path = GOLDEN / f"{module.FORMAT}.txt"
    return path.read_text("utf-8").splitlines() if path.exists() else []


def accept(module: ModuleType, file: Foreign, lines: list[str]) -> None:
    order = [one.name for one in module.files()]
    kept = [line for line in table(module) if line.split(": ")[0] in set(order) - {file.name}]
    every = sorted([*kept, *lines], key=lambda line: (order.index(line.split(": ")[0]), line))
    GOLDEN.mkdir(parents=True, exist_ok=True)
    (GOLDEN / f"{module.FORMAT}.txt").write_text("\n".join(every) + "\n", "utf-8")
