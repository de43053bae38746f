"""Which of many things belong together, packed: some bytes of each are held, however many there are."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from hashlib import blake2b
from itertools import pairwise
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

__all__ = ["Members", "Places", "TokenPlaces", "together", "token_of", "token_of_place", "unpaired"]

Places: TypeAlias = "NDArray[np.int64]"

_BYTES: Final = 16
"""Of a token. That of a name is a digest that no two names share."""


@dataclass(frozen=True)
class Members:
    """Which things belong to which owner.

    Attributes
    ----------
    order
        Shape (things,), int64: places of the things, those of one owner together.
    borders
        Shape (owners + 1,), int64: those of owner n stand from `borders[n]` to `borders[n + 1]`.
    """

    order: Places
    borders: Places

    @classmethod
    def of(cls, owners: Places, count: int) -> Members:
        """Return them by the place of each thing's owner, shape (things,), int64, and how many owners there are."""
        if len(owners) == count and (np.diff(owners, prepend=-1) == 1).all():
            return cls.alone(count)
        order = np.argsort(owners, kind="stable")
        return cls(order, np.searchsorted(owners[order], np.arange(count + 1)))

    @classmethod
    def alone(cls, count: int) -> Members:
        """Return them where each owner has one thing, in order, as most often."""
        places = np.arange(count + 1)
        return cls(places[:-1], places)

    def __len__(self) -> int:
        return len(self.borders) - 1

    def __getitem__(self, owner: int) -> list[int]:
        """Return the places of the things of an owner, in their order."""
        found: list[int] = self.order[self.borders[owner] : self.borders[owner + 1]].tolist()
        return found

    def __iter__(self) -> Iterator[list[int]]:
        return map(self.__getitem__, range(len(self)))


def token_of(name: str) -> bytes:
    """Return what things of one name share."""
    return blake2b(name.encode("utf-8", "surrogatepass"), digest_size=_BYTES).digest()


def token_of_place(place: int) -> bytes:
    """Return the token of what belongs to nothing else, by its place."""
    return place.to_bytes(_BYTES)


def together(tokens: bytes | bytearray) -> Members:
    """Return the things of each token, given that of each thing in order; what begins first comes first."""
    known = np.frombuffer(tokens, f"S{_BYTES}")
    order = np.argsort(known, kind="stable")  # where a token stands first comes first
    ranked = known[order]
    is_first = np.ones(len(order), np.bool_)
    is_first[1:] = ranked[1:] != ranked[:-1]
    if is_first.all():
        return Members.alone(len(order))
    first = order[is_first]
    rank = np.empty(len(first), np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    owners = np.empty(len(order), np.int64)
    owners[order] = rank[np.cumsum(is_first) - 1]
    return Members.of(owners, len(first))


def unpaired(shown: bytes | bytearray, places: array[int]) -> array[int]:
    """Return the places of those that are shown and not among these places, of which -1 is none."""
    is_left = np.ones(len(shown) // _BYTES + 1, np.bool_)
    is_left[np.asarray(places)] = False  # -1 is the last, which stands for none
    is_left[-1] = False
    return array("q", np.flatnonzero(is_left).tobytes())


class TokenPlaces:
    """Finds tokens among many, which are not copied.

    Parameters
    ----------
    tokens
        One behind the other; none is added any more.
    """

    def __init__(self, tokens: bytes | bytearray) -> None:
        self._tokens = tokens
        order = np.argsort(np.frombuffer(tokens, f"S{_BYTES}"), kind="stable")  # the first of a token comes first
        self._order = array("i", order.astype(np.int32).tobytes())
        self._taken = array("i")
        """By the rank of the first of a token, how many of it were taken."""

    @property
    def are_apart(self) -> bool:
        """Whether no two are alike."""
        return all(one != other for one, other in pairwise(map(self._token, self._order)))

    def of(self, name: str) -> int:
        """Return the place of the token of a name, of several the last; -1 if there is none."""
        token = token_of(name)
        return self._at(bisect_right(self._order, token, key=self._token) - 1, token)

    def take(self, name: str) -> int:
        """Return the place of the token of a name, of several the first that was not taken yet; -1 if none is left."""
        if not self._taken:
            self._taken = array("i", bytes(len(self._order) * self._order.itemsize))
        token = token_of(name)
        rank = bisect_left(self._order, token, key=self._token)
        if self._at(rank, token) < 0:
            return -1
        self._taken[rank] += 1
        return self._at(rank + self._taken[rank] - 1, token)

    def _token(self, place: int) -> bytes:
        return bytes(self._tokens[place * _BYTES : (place + 1) * _BYTES])

    def _at(self, rank: int, token: bytes) -> int:
        """Return the place of a rank if this token is there; -1 if it is not."""
        place = self._order[rank] if 0 <= rank < len(self._order) else -1
        return place if place >= 0 and self._token(place) == token else -1
