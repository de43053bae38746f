"""Where the real public files are: `ANNOCONV_TEST_DATA`, by default `../shared/data` beside the repository.

Without the folder a test that needs it is skipped. If the variable is set, the folder must be complete: a missing or
changed file of its SHA256SUMS is a failure, so that CI cannot skip by accident.
"""

import hashlib
import os
from functools import cache
from pathlib import Path

import pytest

_VARIABLE = "ANNOCONV_TEST_DATA"
_DEFAULT = Path(__file__).parents[2] / "shared" / "data"


def real(path: str) -> Path:
    """Return a real file or folder by its path in the data folder, or skip the test."""
    root, problem = _root()
    if problem and os.environ.get(_VARIABLE):
        pytest.fail(f"{_VARIABLE}: {problem}")
    if problem:
        pytest.skip(problem)
    found = root / path
    assert found.exists(), f"{path} is not among the real files"
    return found


def folder() -> Path:
    """Return where the real files are, there or not."""
    return Path(os.environ.get(_VARIABLE) or _DEFAULT)


@cache
def _root() -> tuple[Path, str]:
    """Return the folder and what is wrong with it; checked once."""
    root = folder()
    sums = root / "SHA256SUMS"
    if not sums.is_file():
        return root, f"no real files: {sums} does not exist"
    if not os.environ.get(_VARIABLE):
        return root, ""
    for line in sums.read_text("utf-8").splitlines():
        digest, _, name = line.partition("  ")
        file = root / name.lstrip("*")
        if not file.is_file() or hashlib.sha256(file.read_bytes()).hexdigest() != digest:
            return root, f"{name} is missing or changed"
    return root, ""
