"""Options and settings that all tests share."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

os.environ["LC_ALL"] = "C.UTF-8"  # what is said is compared in English, whatever the language of who runs the tests


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--accept-losses", action="store_true", help="write tests/golden/losses anew; read it before commit"
    )
