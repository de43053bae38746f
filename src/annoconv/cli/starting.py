"""How a command starts: Python's collector and pydantic do not look for what is not there, which took a sixth of it."""

from __future__ import annotations

import gc
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ["started", "starting"]

_PLUG_INS: Final = "PYDANTIC_DISABLE_PLUGINS"
"""Whoever sets it decides; to find out that there are none, pydantic opens a file of every installed package."""

_FIRST: Final = 100_000
"""Objects after which the collector looks at them; with Python's 700 it did so a hundred times at each start."""


@contextmanager
def starting() -> Generator[None]:
    """Keep the collector from what is being imported, until `started`, and pydantic from looking for plug-ins."""
    is_enabled, threshold, is_set = gc.isenabled(), gc.get_threshold(), _PLUG_INS in os.environ
    gc.disable()
    os.environ.setdefault(_PLUG_INS, "1")
    try:
        yield
    finally:
        (gc.enable if is_enabled else gc.disable)()
        gc.set_threshold(*threshold)
        if not is_set:
            os.environ.pop(_PLUG_INS, None)


def started() -> None:
    """Let the collector work, and pass over what has been imported: it stays until the process ends.

    It begins when more is there than what small commands still import and the validators of a case.
    """
    if not gc.get_freeze_count():
        gc.freeze()
    gc.set_threshold(_FIRST, *gc.get_threshold()[1:])
    gc.enable()
