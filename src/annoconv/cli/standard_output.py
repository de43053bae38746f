"""Standard output, which may be a file on a disk that is full."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from annoconv.errors import InputError
from annoconv.messages import Message

if TYPE_CHECKING:
    from collections.abc import Generator
    from typing import TextIO

__all__ = ["standard_output"]


@contextmanager
def standard_output() -> Generator[TextIO]:
    """Give standard output to write to; InputError if it takes not all of that. A reader that leaves is no error."""
    try:
        yield sys.stdout
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115  what waits is not tried again at exit
        raise InputError(
            "standard output takes no more",
            found=Message(error.strerror or type(error).__name__),
            expected="room for all that is written to it",
            advice="See that its disk has room",
        ) from error
