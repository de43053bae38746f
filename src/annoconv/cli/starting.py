"""How a command starts and ends: nothing looks for what is not there, or makes ready for what it does not do."""

from __future__ import annotations

import gc
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ["started", "starting"]

_SETTINGS: Final = {"PYDANTIC_DISABLE_PLUGINS": "1", "OPENBLAS_NUM_THREADS": "1"}
"""Of the environment, where it does not have them.

To find out that there are no plug-ins, pydantic opens a file of every installed package. NumPy makes a thread for each
core, for matrices that are no larger than four by four here.
"""

_FIRST: Final = 100_000
"""Objects after which the collector looks at them; with Python's 700 it did so a hundred times at each start."""


@contextmanager
def starting(*, ends: bool) -> Generator[None]:
    """Keep the collector from what is being imported, until `started`.

    If the process ends with the command, it has the settings too, and the collector does not look once more at all that
    there is. What a process goes on with is left as it was.
    """
    is_enabled, threshold = gc.isenabled(), gc.get_threshold()
    gc.disable()
    if ends:
        os.environ.update({name: value for name, value in _SETTINGS.items() if name not in os.environ})
    try:
        yield
    finally:
        if ends:
            gc.freeze()
        (gc.enable if is_enabled else gc.disable)()
        gc.set_threshold(*threshold)


def started() -> None:
    """Let the collector work, and pass over what has been imported: it stays until the process ends.

    It begins when more is there than what small commands still import and the validators of a case.
    """
    if not gc.get_freeze_count():
        gc.freeze()
    gc.set_threshold(_FIRST, *gc.get_threshold()[1:])
    gc.enable()
