"""A fixture: three converters that look installed, one that works and two that cannot be imported."""

from __future__ import annotations

import sys
from importlib.metadata import EntryPoint, EntryPoints
from typing import TYPE_CHECKING

import pytest

from annoconv import installed as installed_packages
from annoconv import registry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GOOD = '''
# A licence, perhaps.
"""Good files: a format to test with.

More.
"""
from __future__ import annotations
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal
from annoconv.loss import Loss, LossKind, LossReport
from annoconv.registry import Context, Option
if TYPE_CHECKING:
    from annoconv.casefile import LoadedCase, Reading

SUFFIX = ".txt"

def to_good(
    cases: Iterable[LoadedCase], target: Path, *, context: Context,
    images: Annotated[Sequence[Path], Option(help="Source images.", metavar="PATH")] = (),
    level: Annotated[int, Option(help="How much.")] = 3,
    keep_empty: Annotated[bool, Option(help="Keep empty ones.")] = False,
    kind: Annotated[Literal["a", "b"], Option(help="Which.", name="type")] = "a",
) -> LossReport:
    names = [loaded.case.case_id for loaded in cases]
    target.write_text(repr((names, list(images), level, keep_empty, kind)))
    return LossReport([Loss(0, "/case_id", LossKind.NO_PLACE, "there is no place")])

def from_good(sources: Sequence[Path], *, context: Context, images: Sequence[Path] = ()) -> Iterator[Reading]:
    from annoconv.casefile import Reading, read_cases
    for loaded in read_cases(sources):
        yield Reading(loaded.case, loaded.masks, LossReport([Loss(0, "/x", LossKind.PRECISION, "less")]))
'''


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Install a converter that works, one that cannot be imported, and one whose module is not there."""
    package = tmp_path / "site" / "some_converters"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("raise RuntimeError('imported too early')")
    (package / "broken.py").write_text('r"""Broken files."""\nimport no_such_library\n')
    (tmp_path / "site" / "good_converter.py").write_text(GOOD)
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    found = [
        EntryPoint(name, value, registry.GROUP)
        for name, value in {
            "to-good": "good_converter:to_good",
            "from-good": "good_converter:from_good",
            "to-broken": "some_converters.broken:to_broken",
            "to-absent": "not_there.at_all:to_absent",
            "sideways": "good_converter:to_good",
        }.items()
    ]
    monkeypatch.setattr(installed_packages, "_installed", lambda: EntryPoints(found))
    registry.converters.cache_clear()
    yield tmp_path
    registry.converters.cache_clear()
    for name in ("good_converter", "some_converters", "some_converters.broken"):
        sys.modules.pop(name, None)
