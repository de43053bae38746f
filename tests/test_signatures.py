"""The parameters of a function as its source has them: what is followed, and what is left to whoever imports it."""

from __future__ import annotations

import sys
from inspect import Parameter
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest

from annoconv.registry import Option
from annoconv.registry.signatures import parameters_of

KNOWN: dict[str, Any] = {"Annotated": Annotated, "Literal": Literal, "Option": Option, "Path": Path}

PACKAGE = """
from .names import KINDS as Kinds, Level, USUAL
from .heavy import Made

raise RuntimeError("imported too early")


def to_x(cases: "nothing", target: Path, *, kind: Annotated[Kinds, Option(help="Which.")] = USUAL, level: Level = 3):
    pass
"""
NAMES = """
from __future__ import annotations
import typing
from typing import Literal, TypeAlias

KINDS = Literal["a", "b"]
USUAL: str = "a"
Level: TypeAlias = int | None
"""


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    package = tmp_path / "told_by_source"
    package.mkdir()
    (package / "__init__.py").write_text(PACKAGE)
    (package / "names.py").write_text(NAMES)
    monkeypatch.syspath_prepend(tmp_path)
    return package


@pytest.mark.usefixtures("site")
def test_names_are_followed_through_sources_and_nothing_is_imported() -> None:
    found = parameters_of("told_by_source", "to_x", KNOWN)
    kind = Annotated[Literal["a", "b"], Option(help="Which.")]
    assert found == {
        "target": Parameter("target", Parameter.POSITIONAL_OR_KEYWORD, annotation=Path),
        "kind": Parameter("kind", Parameter.KEYWORD_ONLY, annotation=kind, default="a"),
        "level": Parameter("level", Parameter.KEYWORD_ONLY, annotation=int | None, default=3),
    }
    assert not [name for name in sys.modules if name.startswith("told_by_source")]


@pytest.mark.parametrize(
    "source",
    [
        "",
        "to_x = print",
        "@staticmethod\ndef to_x(cases, *, level: int = 3): ...",
        "def to_x(): ...",
        "def to_x(cases: int, *levels: int): ...",
        "def to_x(cases: int, **levels: int): ...",
        "def to_x(cases: int, *, level=3): ...",
        "def to_x(cases: int, *, level: Unknown = 3): ...",
        "if True:\n    Level = int\ndef to_x(cases: int, *, level: Level = 3): ...",
        "from told_by_source.heavy import Level\ndef to_x(cases: int, *, level: Level = 3): ...",
        "def to_x(:",
    ],
)
def test_what_the_source_does_not_tell_is_left_to_the_import(site: Path, source: str) -> None:
    (site / "__init__.py").write_text(source)
    assert parameters_of("told_by_source", "to_x", KNOWN) is None
    assert parameters_of("not_there", "to_x", KNOWN) is None
