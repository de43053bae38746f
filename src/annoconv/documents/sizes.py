"""How large the objects and lists of a JSON text are, told from its brackets and commas before any of it is built.

A list of three million points is 18 megabytes of text and 300 of Python, so it is refused by its text. The commas that
stand directly in a container are those of its depth between the close before it, of that depth, and its own.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from annoconv.advice import at_most
from annoconv.errors import LimitError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from annoconv.limits import Limits

__all__ = ["check_sizes"]

_STRING: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_PART: Final = re.compile(rb'(?:[^"]*+"[^"\\]*+(?:\\.[^"\\]*+)*+"){1,10000}+|[^"]++', re.DOTALL)
"""Ten thousand texts and what is between them: to cut more out at once takes thirty times the memory of the text."""
_OTHERS: Final = bytes(set(range(256)) - set(b"[]{},"))
_DEEPEST: Final = 250
"""Depth beyond which nothing is looked at, because the parser refuses it."""
_INNER: Final = 4
"""Containers around the members of a list that an annotation or its like holds: document, list, annotation, list."""
_CHUNK: Final = 1 << 20


class _Container(NamedTuple):
    kind: int
    """Its closing bracket."""
    depth: int
    """How many containers its members lie in."""
    members: int
    """How many there are, at least where there is one."""


def check_sizes(data: bytes, limits: Limits, *, source: Path | str | None, where: str | None) -> None:
    """Raise LimitError if an object has too many keys, or a list in an annotation or its like too many members.

    Parameters
    ----------
    data
        The text. What is no JSON has no sizes; whoever parses it says so.
    limits
        Bounds on `keys` and `members`.
    source, where
        What messages call the text: its file, and the line in it.
    """
    for kind, depth, members in _largest(_brackets(data)):
        if kind == ord("}") and members > limits.keys:
            problem, limit, most = "an object has too many keys", "keys", limits.keys
        elif kind == ord("]") and members > limits.members and depth >= _INNER:
            problem, limit, most = "a list has too many members", "members", limits.members
        else:
            continue
        raise LimitError(problem, source=source, where=where, found=members, expected=at_most(most), limit=limit)


def _brackets(data: bytes) -> Iterator[NDArray[np.uint8]]:
    """Yield the brackets and commas of a text, some at a time."""
    for text in _outside(data) if b"\\" not in data else (_STRING.sub(b"", part[0]) for part in _PART.finditer(data)):
        signs = text.translate(None, _OTHERS)
        for start in range(0, len(signs), _CHUNK):
            yield np.frombuffer(signs, np.uint8)[start : start + _CHUNK]


def _outside(data: bytes) -> Iterator[bytes]:
    """Yield what stands outside texts, of which none holds a quotation mark."""
    is_inside = False
    for start in range(0, len(data), _CHUNK):
        parts = data[start : start + _CHUNK].split(b'"')
        yield b"".join(parts[is_inside::2])
        is_inside ^= len(parts) % 2 == 0


def _largest(parts: Iterable[NDArray[np.uint8]]) -> Iterator[_Container]:
    """Yield for each depth and each part of a text the largest object and the largest list that end there."""
    commas = np.zeros(_DEEPEST + 1, np.int64)
    """Of the containers that are open, by the depth of their members."""
    before = 0
    for signs in parts:
        is_open, is_close = (signs | 0x20) == ord("{"), (signs | 0x20) == ord("}")
        depths = before + np.cumsum(is_open.astype(np.int8) - is_close.astype(np.int8), dtype=np.int64)
        before = int(depths[-1])
        depths += is_close  # a close belongs to the container that it ends
        if depths.min() < 0 or depths.max() > _DEEPEST:
            return
        events = np.flatnonzero(~is_open)
        of_events = depths[events].astype(np.uint8)
        ordered = signs[events[np.argsort(of_events, kind="stable")]]
        ends = np.cumsum(np.bincount(of_events))
        for depth in np.flatnonzero(np.diff(ends, prepend=0)).tolist():
            yield from _ended(ordered[ends[depth - 1] if depth else 0 : ends[depth]], depth, commas)


def _ended(signs: NDArray[np.uint8], depth: int, commas: NDArray[np.int64]) -> Iterator[_Container]:
    """Yield the largest of the containers that end among the commas and closes of one depth; note what is left open."""
    closes = np.flatnonzero(signs != ord(","))
    counts = np.diff(closes - np.arange(len(closes)), prepend=0)
    if len(closes):
        counts[0] += commas[depth]
        commas[depth] = 0
    commas[depth] += len(signs) - 1 - closes[-1] if len(closes) else len(signs)
    for kind in b"]}":
        found = counts[signs[closes] == kind]
        if found.size:
            yield _Container(kind, depth, int(found.max()) + 1)
