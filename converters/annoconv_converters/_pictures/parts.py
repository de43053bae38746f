"""Texts of an output that is written in parts: they wait in a file without a name until it is put together."""

from __future__ import annotations

import shutil
import weakref
from typing import IO

from annoconv.scratch import scratch_file

__all__ = ["JoinedTexts"]


class JoinedTexts:
    """Takes texts, and gives them with what stands between two of them.

    Parameters
    ----------
    between
        What stands between two of them.
    """

    def __init__(self, between: bytes = b"") -> None:
        self._file: IO[bytes] = scratch_file()
        weakref.finalize(self, self._file.close)
        self._between = between

    def add(self, text: bytes) -> None:
        """Take a text; an empty one is none."""
        if text:
            self._file.write(self._between if self._file.tell() else b"")
            self._file.write(text)

    def move(self, target: IO[bytes]) -> None:
        """Write the texts to a file; they are gone here."""
        self._file.seek(0)
        shutil.copyfileobj(self._file, target)
        self._file.close()
