"""JSON files in bounded memory: where the elements of long arrays stand, found without parsing what lies between.

A file is one object of which some members are long arrays of objects, or one long array. A scan looks at brackets and
quotes only, a buffer at a time, and hands over spans of whole elements, which go through the strict JSON door. What
remains without these elements, the *skeleton*, is a small JSON text and goes through it too, so that a file is refused
exactly if it is no strict JSON.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from annoconv.advice import at_most_bytes, in_bytes
from annoconv.errors import LimitError
from annoconv.messages import Message

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path
    from typing import BinaryIO

    from numpy.typing import NDArray

    from annoconv.limits import Limits

__all__ = ["ROOT", "NotObjectsError", "Scanner", "Span", "elements"]

ROOT: Final = ""
"""Section of the elements of a file that is an array itself."""
_TOO_MUCH: Final = Message("too much stands beside the long lists of the file")
_BUFFER: Final = 1 << 18
_LONGEST_NAME: Final = 256
_SPACE: Final = b" \t\n\r"
"""What JSON takes for space."""
_NAME: Final = re.compile(rb'"([^"\\]*)"\s*:\s*\[$')
_BRACKET, _BRACKET_MASK, _OPENING = 0x59, 0xD9, 0x02
"""The four brackets share the bits of the mask; those that open have the last bit. `y` and `_` do too."""
_QUOTE, _BACKSLASH, _SQUARE = ord('"'), ord("\\"), ord("[")


@dataclass(frozen=True, slots=True)
class Span:
    """Whole elements of one array, as they stand in the file.

    Attributes
    ----------
    section
        Name of the member that is the array; `ROOT` for the array that is the file itself.
    starts, ends
        Shape (elements,), int64: half-open places of the elements in the file, bytes.
    text
        The elements as an array of their own.
    """

    section: str
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    text: bytes


class NotObjectsError(ValueError):
    """What is found to be no array of objects.

    Attributes
    ----------
    section
        Its name.
    """

    def __init__(self, section: str) -> None:
        super().__init__(section)
        self.section = section


def elements(path: Path, names: Collection[str], wanted: str, limits: Limits) -> Iterator[bytes]:
    """Yield the texts of the elements of an array of a file.

    Parameters
    ----------
    path
        The file.
    names
        Members that are long arrays.
    wanted
        The one whose elements are given.
    limits
        `document_bytes` bounds one element: the whole file would be read as well.
    """
    limits = replace(limits, line_bytes=limits.document_bytes)
    with path.open("rb") as file:
        for span in Scanner(path, limits, names).spans(file):
            if span.section == wanted:
                before = int(span.starts[0]) - 1
                for start, end in zip(span.starts.tolist(), span.ends.tolist(), strict=True):
                    yield span.text[start - before : end - before]


class Scanner:
    """Finds the elements of arrays.

    Parameters
    ----------
    source
        The file, for messages.
    limits
        `header_bytes` bounds the skeleton, `line_bytes` one element.
    names
        Members of the object that are arrays of which elements are handed over.
    too_much
        What is said of a skeleton that is too large.
    buffer
        Bytes that are read at once, whose elements are handed over together.

    Attributes
    ----------
    skeleton
        What stands beside the elements, as a text; whole once all spans were asked for.
    section
        The array in which the scan is; None outside.
    """

    def __init__(
        self,
        source: Path,
        limits: Limits,
        names: Collection[str],
        too_much: Message = _TOO_MUCH,
        buffer: int = _BUFFER,
    ) -> None:
        self._source, self._limits, self._names, self._too_much = source, limits, names, too_much
        self._buffer = buffer
        self.skeleton = bytearray()
        self.depth = 0
        self.section: str | None = None
        self._level = 0
        self._is_first = True

    def spans(self, file: BinaryIO) -> Iterator[Span]:
        """Yield the elements of a file that is open at its start, in their order.

        Raises
        ------
        NotObjectsError
            If one of the arrays holds something else.
        LimitError
            If an element or the skeleton is too large.
        """
        buffer, offset = b"", 0
        while True:
            read = file.read(max(self._buffer, len(buffer)))
            buffer += read
            spans, used = self._feed(buffer, offset, is_last=not read)
            buffer, offset = buffer[used:], offset + used
            largest = max(int((each.ends - each.starts).max()) for each in spans) if spans else 0
            largest = max(largest, len(buffer) if len(buffer) > 2 * self._buffer else 0)
            if largest > self._limits.line_bytes:
                raise LimitError(
                    "a record is too large",
                    source=self._source,
                    found=in_bytes(largest),
                    expected=at_most_bytes(self._limits.line_bytes),
                    limit="line_bytes",
                )
            yield from spans
            if not read:
                break
        self.skeleton += buffer

    def _feed(self, buffer: bytes, offset: int, *, is_last: bool) -> tuple[list[Span], int]:
        """Return the spans in a buffer and how many of its bytes are done with."""
        places, depths, squares = _brackets(buffer, self.depth)
        spans: list[Span] = []
        done = at = 0
        while at < len(places):
            if self.section is None:
                opened = self._next_section(buffer, places, depths, squares, at)
                if opened is None:
                    done, at = self._keep(buffer, done, places, depths, is_last=is_last)
                else:
                    self.section, self._level = opened[0], int(depths[opened[1]])
                    at = opened[1] + 1
                    self._add(buffer[done : int(places[opened[1]]) + 1])
                    done = int(places[opened[1]]) + 1
                    self._is_first = True
                self.depth = int(depths[at - 1])
                continue
            closing = np.flatnonzero(depths[at:] < self._level)
            end = at + int(closing[0]) if closing.size else len(places)
            levels = depths[at:end]
            rising = np.concatenate(([True], levels[1:] > levels[:-1]))
            starts = places[at:end][(levels == self._level + 1) & rising]
            ends = places[at:end][(levels == self._level) & ~rising] + 1
            starts = starts[: len(ends)]
            if len(ends):
                self._check_gap(buffer[done : int(starts[0])], is_comma=not self._is_first)
                self._is_first = False
                done = int(ends[-1])
                spans.append(Span(self.section, starts + offset, ends + offset, _array(buffer, int(starts[0]), done)))
            self.depth = self._level
            if not closing.size:
                break
            self._check_gap(buffer[done : int(places[end])], is_comma=False)
            done, at, self.section = int(places[end]), end, None
        return spans, done

    def _next_section(
        self,
        buffer: bytes,
        places: NDArray[np.int64],
        depths: NDArray[np.int64],
        squares: NDArray[np.bool_],
        at: int,
    ) -> tuple[str, int] | None:
        """Return name and bracket of the next array whose elements are handed over."""
        if not self.skeleton and at == 0 and squares[0] and depths[0] == 1 and not buffer[: int(places[0])].strip():
            return ROOT, 0
        for candidate in (np.flatnonzero(squares[at:] & (depths[at:] == 2)) + at).tolist():
            place = int(places[candidate])
            found = _NAME.search(
                bytes(self.skeleton[-_LONGEST_NAME:]) + buffer[max(0, place - _LONGEST_NAME) : place + 1]
            )
            if found and found[1].decode("utf-8", "replace") in self._names:
                return found[1].decode(), candidate
        return None

    def _keep(
        self, buffer: bytes, done: int, places: NDArray[np.int64], depths: NDArray[np.int64], *, is_last: bool
    ) -> tuple[int, int]:
        """Move what is no section to the skeleton, up to the last bracket."""
        end = int(places[-1]) + 1 if not is_last else len(buffer)
        self._add(buffer[done:end])
        return end, len(places)

    def _add(self, text: bytes) -> None:
        self.skeleton += text
        if len(self.skeleton) > self._limits.header_bytes:
            raise LimitError(
                self._too_much,
                source=self._source,
                found=in_bytes(len(self.skeleton)),
                expected=at_most_bytes(self._limits.header_bytes),
                limit="header_bytes",
            )

    def _check_gap(self, gap: bytes, *, is_comma: bool) -> None:
        if gap.strip(_SPACE) != (b"," if is_comma else b""):
            raise NotObjectsError(self.section or ROOT)


def _brackets(buffer: bytes, depth: int) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """Return place and depth (behind it) of each bracket outside texts, and whether it is an opening square one.

    The buffer starts outside texts.
    """
    characters = np.frombuffer(buffer, dtype=np.uint8)
    quotes = np.flatnonzero(characters == _QUOTE)
    if b"\\" in buffer and quotes.size:
        escaped = _escaped(np.flatnonzero(characters == _BACKSLASH))
        quotes = quotes[~np.isin(quotes, escaped, assume_unique=True, kind="sort")]
    places = np.flatnonzero((characters & _BRACKET_MASK) == _BRACKET)
    if quotes.size:
        places = places[np.searchsorted(quotes, places) % 2 == 0]
    found = characters[places]
    depths = np.cumsum(np.where(found & _OPENING, 1, -1)) + depth
    return places, depths, found == _SQUARE


def _array(buffer: bytes, start: int, end: int) -> bytes:
    """Return a part of a buffer between square brackets, copied once."""
    return b"".join((b"[", memoryview(buffer)[start:end], b"]"))


def _escaped(backslashes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the places behind an odd number of backslashes."""
    is_head = np.concatenate(([True], backslashes[1:] != backslashes[:-1] + 1))
    heads = np.flatnonzero(is_head)
    lengths = np.diff(np.append(heads, backslashes.size))
    return np.asarray(backslashes[heads[lengths % 2 == 1]] + lengths[lengths % 2 == 1])
