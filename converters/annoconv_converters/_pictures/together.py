"""Which of many things belong together, packed: some bytes of each are held, however many there are."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

__all__ = ["Members", "Places", "TokenPlaces", "paired", "together", "token_of", "token_of_place", "unpaired"]

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


def paired(shown: bytes | bytearray, told: bytes | bytearray) -> array[int]:
    """Return for each token that is told the place of the one like it that is shown: of several the first that is left.

    It is -1 where none is.
    """
    count = len(shown) // _BYTES
    found = array("q", [-1]) * (len(told) // _BYTES)
    for places in together(shown + told):
        own = bisect_left(places, count)
        for place, other in zip(places[:own], places[own:], strict=False):
            found[other - count] = place
    return found


def unpaired(shown: bytes | bytearray, places: array[int]) -> array[int]:
    """Return the places of those that are shown and not among the places that `paired` returned."""
    is_left = np.ones(len(shown) // _BYTES + 1, np.bool_)
    is_left[np.asarray(places)] = False  # -1 is the last, which stands for none
    is_left[-1] = False
    return array("q", np.flatnonzero(is_left).tobytes())


class TokenPlaces:
    """Finds tokens among many.

    Parameters
    ----------
    tokens
        One behind the other.
    """

    def __init__(self, tokens: bytes | bytearray) -> None:
        self._tokens = bytearray(tokens)  # NumPy copies what cannot be written to, for each look-up
        self._known = np.frombuffer(self._tokens, f"S{_BYTES}")
        self._order = np.argsort(self._known, kind="stable")

    @property
    def are_apart(self) -> bool:
        """Whether no two are alike."""
        known = self._known[self._order]
        return not (known[1:] == known[:-1]).any()

    def of(self, name: str) -> int:
        """Return the place of the token of a name, of several the last; -1 if there is none."""
        token = token_of(name)
        rank = int(np.searchsorted(self._known, np.bytes_(token), side="right", sorter=self._order)) - 1
        place = int(self._order[rank]) if rank >= 0 else 0
        return place if bytes(self._tokens[place * _BYTES : (place + 1) * _BYTES]) == token else -1
