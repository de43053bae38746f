"""Names that were met, of which there may be millions: a few bytes of each are held."""

from __future__ import annotations

import json
import weakref
from hashlib import blake2b
from itertools import chain
from os import SEEK_END
from typing import IO, TYPE_CHECKING, Final

import numpy as np

from annoconv.scratch import scratch_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

__all__ = ["SeenNames", "SizesOfNames", "ToldNames"]

_BYTES: Final = 11
"""Of the digest of a name: of 10^9 names no two have the same, but for a chance of 10^-11."""
_FRESH: Final = 4_096
"""Names that are held as they are, before they are sorted."""
_BEGINS: Final = 1 << 21
"""How many begins of digests are told apart."""
_END: Final = b"."
"""Of a record: arrays of bytes leave out zeros at the end."""


class _Records:
    """Digests of names, each with as many bytes that are told of it."""

    def __init__(self) -> None:
        self._fresh: dict[bytes, bytes] = {}
        self._runs: list[NDArray[np.bytes_]] = []
        """Sorted, each longer than the next."""
        self._begins = bytearray(_BEGINS >> 3)
        """A bit of each begin of a digest that is in a run."""

    def get(self, digest: bytes) -> bytes | None:
        """Return what is told of a name; None if it is not here."""
        if digest in self._fresh:
            return self._fresh[digest]
        begin = _begin_of(digest)
        if not self._begins[begin >> 3] >> (begin & 7) & 1:  # as of nearly all that are new
            return None
        for run in self._runs:
            place = int(run.searchsorted(np.bytes_(digest)))
            if place < len(run) and run[place].startswith(digest):
                return bytes(run[place][_BYTES : -len(_END)])
        return None

    def put(self, digest: bytes, told: bytes = b"") -> None:
        """Take a name that is not here, and what is told of it."""
        self._fresh[digest] = told
        if len(self._fresh) < _FRESH:
            return
        for each in self._fresh:
            begin = _begin_of(each)
            self._begins[begin >> 3] |= 1 << (begin & 7)
        self._runs.append(np.array([digest + told + _END for digest, told in sorted(self._fresh.items())]))
        self._fresh.clear()
        while len(self._runs) > 1 and len(self._runs[-2]) <= len(self._runs[-1]):
            joined = np.concatenate((self._runs[-2], self._runs.pop()))
            joined.sort()
            self._runs[-1] = joined


class SeenNames:
    """A set of names that grows only, 12 bytes of each."""

    def __init__(self) -> None:
        self._records = _Records()

    def __contains__(self, name: str) -> bool:
        return self._records.get(_digest(name)) is not None

    def add(self, name: str) -> bool:
        """Take a name; return whether it is a new one."""
        digest = _digest(name)
        is_new = self._records.get(digest) is None
        if is_new:
            self._records.put(digest)
        return is_new


class SizesOfNames:
    """The first size of each name, some 23 bytes of each."""

    def __init__(self) -> None:
        self._records = _Records()

    def first(self, name: str, size: tuple[int, int]) -> tuple[int, int] | None:
        """Take the size of a name; return the first that it had, None if it had none before."""
        digest = _digest(name)
        own = b"[%d, %d]" % size
        told = self._records.get(digest)
        if told is None:
            self._records.put(digest, own)
            return None
        if told == own:
            return size
        columns, rows = json.loads(told)
        return columns, rows


class ToldNames:
    """Names by a key of each, and what is told with them, which waits in a file without a name."""

    def __init__(self) -> None:
        self._keys = SeenNames()
        self._fresh: list[list[str]] = []
        self._file: IO[bytes] = scratch_file()
        weakref.finalize(self, self._file.close)

    def add(self, key: str, *told: str) -> list[str] | None:
        """Take a key and what is told with it; return what was told with the same key before, if it was met."""
        return None if self.is_new(key, *told) else self.told(key)

    def is_new(self, key: str, *told: str) -> bool:
        """Take a key and what is told with it; tell whether it was not met before."""
        if not self._keys.add(key):
            return False
        self._fresh.append([key, *told])
        if len(self._fresh) == _FRESH:
            self._put_away()
        return True

    def told(self, key: str) -> list[str]:
        """Return what was told with a key when it was met first."""
        self._put_away()
        self._file.seek(0)
        known: Iterator[list[str]] = chain.from_iterable(map(json.loads, self._file))
        found = next(before for other, *before in known if other == key)
        self._file.seek(0, SEEK_END)
        return found

    def _put_away(self) -> None:
        self._file.write(f"{json.dumps(self._fresh)}\n".encode())
        self._fresh.clear()


def _begin_of(digest: bytes) -> int:
    return int.from_bytes(digest[:3], "big") % _BEGINS


def _digest(name: str) -> bytes:
    return blake2b(name.encode("utf-8", "surrogatepass"), digest_size=_BYTES).digest()
