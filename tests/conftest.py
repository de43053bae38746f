"""Options and settings that all tests share."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--accept-losses",
        action="store_true",
        help="write the tables of losses in tests/golden anew; read them before commit",
    )
