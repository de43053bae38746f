"""Files without a name in the temporary folder (`TMPDIR`), for what is too much to hold in memory."""

from __future__ import annotations

import os
from io import BufferedRandom, FileIO
from tempfile import TemporaryFile, gettempdir
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

__all__ = ["ScratchError", "scratch_file"]


class ScratchError(OSError):
    """The temporary folder takes no more; `filename` is that folder, not what the command was asked to write."""


class _Scratch(FileIO):
    """A file whose errors of writing name the temporary folder."""

    _is_full = False

    def write(self, data: ReadableBuffer, /) -> int:
        """Write, or raise ScratchError once: what is left over is written again when the file is closed."""
        if self._is_full:
            return memoryview(data).nbytes
        try:
            return super().write(data)
        except OSError as error:
            self._is_full = True
            raise ScratchError(error.errno, error.strerror, gettempdir()) from error


def scratch_file() -> BufferedRandom:
    """Return a file to write and read, empty, that is gone when it is closed; nothing is left of it if we are killed.

    Raises
    ------
    ScratchError
        By the file itself, when the temporary folder is full.
    """
    with TemporaryFile(prefix="annoconv-", buffering=0) as unnamed:
        return BufferedRandom(_Scratch(os.dup(unnamed.fileno()), "r+b"))
