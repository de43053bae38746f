"""The standard streams: a disk may be full, and whoever reads them may leave.

Answers are on standard output; one that is cut off ends the command as SIGPIPE ends others. What people are told is on
standard error, and the work does not rest on who listens.
"""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from annoconv.cli.stopping import Stopped
from annoconv.errors import InputError
from annoconv.messages import Message

if TYPE_CHECKING:
    from collections.abc import Generator
    from typing import TextIO

__all__ = ["CLOSED", "standard_output", "tell"]

CLOSED: Final = 141
"""Exit code of a command whose reader left: what a shell gives for SIGPIPE, 13."""


@contextmanager
def standard_output() -> Generator[TextIO]:
    """Give standard output to write to; InputError if it takes not all of that, Stopped if its reader left."""
    try:
        yield sys.stdout
        sys.stdout.flush()
    except BrokenPipeError as error:
        sys.stdout = _nowhere()
        raise Stopped(CLOSED) from error
    except OSError as error:
        sys.stdout = _nowhere()
        raise InputError(
            "standard output takes no more",
            found=Message(error.strerror or type(error).__name__),
            expected="room for all that is written to it",
            advice="See that its disk has room",
        ) from error


def tell(text: str) -> None:
    """Write to standard error; to one that nobody reads any more, no more is written."""
    try:
        sys.stderr.write(text)
    except BrokenPipeError:
        sys.stderr = _nowhere()


def _nowhere() -> TextIO:
    """Return a stream in place of one that is closed, at which what waits is not tried again when the process ends."""
    return Path(os.devnull).open("w", encoding="utf-8")
