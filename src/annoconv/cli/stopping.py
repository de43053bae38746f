"""The signals by which a system ends a command, when it shuts down or its terminal closes, are as Ctrl-C."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ["Stopped", "stopping"]

_NAMES = ("SIGTERM", "SIGHUP")
"""Windows has the first of them."""


class Stopped(BaseException):
    """The system asked the command to end, as Ctrl-C does with KeyboardInterrupt; `exit_code` is that of a shell."""

    def __init__(self, exit_code: int) -> None:
        super().__init__()
        self.exit_code = exit_code


@contextmanager
def stopping() -> Generator[None]:
    """Let these signals raise Stopped, so that stages and temporary files are cleared; a second one ends at once.

    What the caller handles or ignores itself (`nohup`) stays as it is, and so does a thread that is not the main one.
    """
    numbers = [getattr(signal, name) for name in _NAMES if hasattr(signal, name)]
    taken = [each for each in numbers if signal.getsignal(each) is signal.SIG_DFL]
    if threading.current_thread() is not threading.main_thread():
        taken = []

    def stop(number: int, _: object) -> None:
        signal.signal(number, signal.SIG_DFL)
        raise Stopped(128 + number)

    for each in taken:
        signal.signal(each, stop)
    try:
        yield
    finally:
        for each in taken:
            signal.signal(each, signal.SIG_DFL)
