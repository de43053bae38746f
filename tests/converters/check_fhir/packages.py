"""HL7's npm packages, found where the other node peers are: absent is a skip at home and a failure in CI."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

__all__ = ["package"]


def package(name: str) -> Path:
    """Return the folder of a package in `ANNOCONV_NODE_MODULES`."""
    modules = os.environ.get("ANNOCONV_NODE_MODULES")
    folder = Path(modules or "") / name
    if modules and folder.is_dir():
        return folder
    missing = f"{name} is not at hand: npm install {name}, and set ANNOCONV_NODE_MODULES"
    if os.environ.get("CI"):
        pytest.fail(missing)
    pytest.skip(missing)
