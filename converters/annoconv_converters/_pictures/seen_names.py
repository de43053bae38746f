"""Names that were met, of which there may be millions: a few bytes of each are held."""

from __future__ import annotations

import json
import weakref
from hashlib import blake2b
from os import SEEK_END
from typing import IO, TYPE_CHECKING, Any, Final

import numpy as np

from annoconv.scratch import scratch_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

__all__ = ["SeenNames", "SizesOfNames", "ToldNames"]

_BYTES: Final = 12
"""Of the digest of a name: of 10^9 names no two have the same, but for a chance of 10^-11."""
_FRESH: Final = 4_096
"""Names that are held as they are, before they are sorted in with the others."""
_BEGINS: Final = 1 << 21
"""How many begins of digests are told apart."""


class SeenNames:
    """A set of names that grows only."""

    def __init__(self) -> None:
        self._fresh: set[bytes] = set()
        self._sorted: NDArray[Any] = np.empty(0, f"S{_BYTES}")
        self._begins = bytearray(_BEGINS >> 3)
        """A bit of each begin of a digest that is among those that are sorted in."""

    def __contains__(self, name: str) -> bool:
        return self._has(_digest(name))

    def add(self, name: str) -> bool:
        """Take a name; return whether it is a new one."""
        digest = _digest(name)
        if self._has(digest):
            return False
        self._fresh.add(digest)
        if len(self._fresh) == _FRESH:
            for each in self._fresh:
                place = _begin_of(each)
                self._begins[place >> 3] |= 1 << (place & 7)
            fresh = np.array(sorted(self._fresh), self._sorted.dtype)
            self._sorted = np.insert(self._sorted, self._sorted.searchsorted(fresh), fresh)
            self._fresh.clear()
        return True

    def _has(self, digest: bytes) -> bool:
        if digest in self._fresh:
            return True
        begin = _begin_of(digest)
        if not self._begins[begin >> 3] >> (begin & 7) & 1:  # as of nearly all that are new
            return False
        place = int(self._sorted.searchsorted(np.bytes_(digest)))
        return place < len(self._sorted) and self._sorted[place] == digest


class ToldNames:
    """Names by a key of each, and what is told with them, which waits in a file without a name."""

    def __init__(self) -> None:
        self._keys = SeenNames()
        self._file: IO[bytes] = scratch_file()
        weakref.finalize(self, self._file.close)

    def add(self, key: str, *told: str) -> list[str] | None:
        """Take a key and what is told with it; return what was told with the same key before, if it was met."""
        return None if self.is_new(key, *told) else self.told(key)

    def is_new(self, key: str, *told: str) -> bool:
        """Take a key and what is told with it; tell whether it was not met before."""
        if not self._keys.add(key):
            return False
        self._file.write(f"{json.dumps([key, *told])}\n".encode())
        return True

    def told(self, key: str) -> list[str]:
        """Return what was told with a key when it was met first."""
        self._file.seek(0)
        known: Iterator[list[str]] = map(json.loads, self._file)
        found = next(before for other, *before in known if other == key)
        self._file.seek(0, SEEK_END)
        return found


class SizesOfNames:
    """The first size of each name, 20 bytes of each."""

    def __init__(self) -> None:
        self._fresh: dict[bytes, tuple[int, int]] = {}
        self._names: NDArray[Any] = np.empty(0, f"S{_BYTES}")
        self._sizes = np.empty((0, 2), np.int32)

    def first(self, name: str, size: tuple[int, int]) -> tuple[int, int]:
        """Take the size of a name; return the first that it had."""
        digest = _digest(name)
        if digest in self._fresh:
            return self._fresh[digest]
        place = int(self._names.searchsorted(np.bytes_(digest)))
        if place < len(self._names) and self._names[place] == digest:
            columns, rows = self._sizes[place].tolist()
            return columns, rows
        self._fresh[digest] = size
        if len(self._fresh) == _FRESH:
            digests = sorted(self._fresh)
            fresh = np.array(digests, self._names.dtype)
            places = self._names.searchsorted(fresh)
            self._names = np.insert(self._names, places, fresh)
            self._sizes = np.insert(self._sizes, places, [self._fresh[each] for each in digests], axis=0)
            self._fresh.clear()
        return size


def _begin_of(digest: bytes) -> int:
    return int.from_bytes(digest[:3], "big") % _BEGINS


def _digest(name: str) -> bytes:
    """Return a digest that does not end in zeros, which arrays of bytes leave out."""
    return blake2b(name.encode("utf-8", "surrogatepass"), digest_size=_BYTES - 1).digest() + b"."
