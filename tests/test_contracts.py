"""The contracts of imports in `pyproject.toml` bite: a copy of the sources is damaged, and the linter names which."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = ("src", "generated", "converters")
CORE, CONVERTERS = Path("src/annoconv"), Path("converters/annoconv_converters")

LAYERS = "converters -> core -> model, never back"
CORE_LAYERS = "the core, from the command line down to names of things"
CONVERTER_LAYERS = "the converters: formats and readers apart, on what they share"
CIRCLES = "no circles"
SCIPY = "SciPy where a few lines of numpy would not do"
LEAF = "the command line is a leaf"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for folder in FOLDERS:
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def add(copy: Path, files: dict[Path, str]) -> None:
    """Write modules; where one exists already, its end gets the line."""
    for name, line in files.items():
        file = copy / name
        file.parent.mkdir(exist_ok=True)
        before = file.read_text("utf-8") if file.exists() else ""
        file.write_text(f"{before}\n{line}\n", "utf-8")


def lint(copy: Path) -> tuple[int, set[str], str]:
    """Return the linter's exit code, the contracts that it calls broken, and all that it says."""
    path = os.pathsep.join(str(copy / folder) for folder in FOLDERS)
    call = "import sys; from importlinter.cli import lint_imports_command; sys.exit(lint_imports_command())"
    done = subprocess.run(
        [sys.executable, "-c", call, "--no-cache"],
        cwd=copy,
        env=os.environ | {"PYTHONPATH": path, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    said = done.stdout + done.stderr
    return done.returncode, set(re.findall(r"^(.+) BROKEN", said, re.MULTILINE)), said


def test_all_are_kept(copy: Path) -> None:
    code, broken, said = lint(copy)
    assert (code, broken) == (0, set()), said
    assert f"{SCIPY} KEPT" in said


@pytest.mark.parametrize(
    ("files", "contracts"),
    [
        pytest.param(
            {
                CORE / "geometry.py": "import scipy",
                CORE / "demo/case.py": "import annoconv_converters.coco",
                CONVERTERS / "yolo/__init__.py": "import annoconv_converters.coco",
                CORE / "documents/hen.py": "import annoconv.documents.egg",
                CORE / "documents/egg.py": "import annoconv.documents.hen",
            },
            {SCIPY, LAYERS, CONVERTER_LAYERS, CIRCLES},
            id="a library where it has no place, a converter in the core, a format in another, a circle",
        ),
        pytest.param(
            {CORE / "rules/mask.py": "import annoconv.cli.report"},
            {CORE_LAYERS, LEAF, CIRCLES},
            id="the command line in a rule",
        ),
        pytest.param(
            {CORE / "attic/__init__.py": "", CONVERTERS / "cellar/__init__.py": ""},
            {CORE_LAYERS, CONVERTER_LAYERS},
            id="folders that no layer lists",
        ),
    ],
)
def test_damage_breaks_the_contract_that_forbids_it(copy: Path, files: dict[Path, str], contracts: set[str]) -> None:
    add(copy, files)
    code, broken, said = lint(copy)
    assert code == 1
    assert broken == contracts
    for file in files:
        assert (file.parent if file.name == "__init__.py" else file).stem in said
