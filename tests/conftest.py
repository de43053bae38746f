"""Options and settings that all tests share."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from hypothesis import settings

if TYPE_CHECKING:
    import pytest

os.environ["LC_ALL"] = "C.UTF-8"  # what is said is compared in English, whatever the language of who runs the tests


# The same examples in every run, so that only a change makes one fail; `--hypothesis-profile random` looks further.
settings.register_profile("same", deadline=None, derandomize=True)
settings.register_profile("random", deadline=None, database=None, print_blob=True)
settings.load_profile("same")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--accept-losses",
        action="store_true",
        help="write the tables of losses in tests/golden anew; read them before commit",
    )
