"""COCO files in bounded memory: where each image and annotation stands, found without parsing what lies between.

A COCO file is one object whose members `images` and `annotations` are long arrays of objects, or, for detection
results, one long array. A scan looks at brackets and quotes only, a buffer at a time, and hands over spans of whole
elements, which go through the strict JSON door. What remains without these elements, the *skeleton*, is a small JSON
text and goes through it too, so that a file is refused exactly if it is no strict JSON.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

from annoconv.advice import at_most_bytes, in_bytes
from annoconv.documents import strict_json
from annoconv.documents.other_formats import looks_like
from annoconv.errors import DocumentError, LimitError
from annoconv.findings import Finding, Level
from annoconv.messages import Message

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from typing import BinaryIO

    from numpy.typing import NDArray

    from annoconv.limits import Limits

__all__ = [
    "ANNOTATIONS",
    "COUNTED",
    "IMAGES",
    "RESULTS",
    "Record",
    "Span",
    "read_element",
    "read_records",
    "scan",
]

Record: TypeAlias = "dict[str, Any]"

IMAGES: Final = "images"
ANNOTATIONS: Final = "annotations"
RESULTS: Final = ""
"""Section of the elements of a file that is an array itself."""
_BUFFER: Final = 1 << 20
_LONGEST_NAME: Final = 256
_TOGETHER: Final = 1000
"""Records that are read at a time."""
_NEAR: Final = 1 << 10
"""Bytes between two records that are read together."""
_SURE: Final = 1 << 53
"""Below it, a float that is whole is the number that was written."""
_WHOLE: Final = ("id", "image_id", "category_id", "width", "height")
COUNTED: Final = frozenset(
    {*_WHOLE, "area", "bbox", "caption", "file_name", "iscrowd", "keypoints", "num_keypoints", "score"}
    | {"segmentation", "segments_info"}
)
"""Members that COCO itself has, as far as they hold numbers."""
_ALONE: Final = COUNTED - {"segments_info"}
"""Those in which nothing else stands."""
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
        `images`, `annotations`, or empty for the array that is the file itself.
    starts, ends
        Shape (elements,), int64: half-open places of the elements in the file, bytes.
    text
        The elements as an array of their own.
    """

    section: str
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    text: bytes

    def elements(self, limits: Limits, source: Path) -> list[Record]:
        """Return the elements; DocumentError if one is no object, or the text no strict JSON."""
        where = f"{self.section or 'results'}, byte {int(self.starts[0])} on"
        found = strict_json.loads(self.text, limits=limits, source=source, where=where)
        if len(found) != len(self.starts) or not all(type(each) is dict for each in found):
            raise _invalid(
                Message("every member of {section} is an object", section=self.section or Message("the results")),
                source,
                where,
            )
        stranger = next((each for each in found if "image_id" not in each), None) if self.section == RESULTS else None
        if stranger is not None:
            raise _neither([stranger], source)
        are_sure = [_make_whole(record) for record in found]
        if not all(are_sure):
            exact = strict_json.loads(self.text, limits=limits, source=source, where=where, exact=True)
            for record, written in zip(found, exact, strict=True):
                _put_whole(record, written)
        return list(found)


def scan(file: BinaryIO, source: Path, limits: Limits) -> Iterator[Span | Record]:
    """Yield the spans of a COCO file in their order, then its skeleton: what it holds beside images and annotations.

    Parameters
    ----------
    file
        Open at its start.
    source
        Its name for messages.
    limits
        `header_bytes` bounds the skeleton, `line_bytes` one element.

    Raises
    ------
    DocumentError
        If it is no strict JSON, or neither an object nor an array.
    LimitError
        If an element or the skeleton is too large.
    """
    scanner = _Scanner(source, limits)
    buffer, offset = b"", 0
    while True:
        read = file.read(max(_BUFFER, len(buffer)))
        buffer += read
        spans, used = scanner.feed(buffer, offset, is_last=not read)
        yield from spans
        buffer, offset = buffer[used:], offset + used
        if not read:
            break
        if len(buffer) > max(limits.line_bytes, 2 * _BUFFER):
            raise LimitError(
                "a record is too large",
                source=source,
                found=in_bytes(len(buffer)),
                expected=at_most_bytes(limits.line_bytes),
                limit="line_bytes",
            )
    skeleton = strict_json.loads(bytes(scanner.skeleton + buffer), limits=limits, source=source)
    if scanner.section is not None or not isinstance(skeleton, dict | list):
        raise _neither(skeleton, source)
    beside: Record = skeleton if isinstance(skeleton, dict) else {RESULTS: skeleton}
    if isinstance(skeleton, dict):
        exact = strict_json.loads(bytes(scanner.skeleton + buffer), limits=limits, source=source, exact=True)
        beside |= {name: exact[name] for name in skeleton if name not in {ANNOTATIONS, IMAGES, "categories"}}
        _put_members(beside.get("categories"), exact.get("categories"))
    needed = {ANNOTATIONS: beside.get(ANNOTATIONS, []), "categories": beside.get("categories") or []}
    if RESULTS not in beside:
        needed[IMAGES] = beside.get(IMAGES)
    for name, member in needed.items():
        if not isinstance(member, list):
            seen = looks_like(skeleton)
            raise _invalid(
                Message(
                    "a COCO file has a list of {name}; found {seen}; name one, or read this file with annoconv convert",
                    name=name,
                    seen=seen,
                ),
                source,
                None,
            )
    yield beside


def read_records(file: BinaryIO, places: Sequence[tuple[int, int]], source: Path) -> Iterator[Record]:
    """Yield records: numbers of COCO as floats, which are counted with; what others put beside them to the digit."""
    for first in range(0, len(places), _TOGETHER):
        part = places[first : first + _TOGETHER]
        records = _elements(file, part, source)
        are_sure = [_make_whole(record) for record in records]
        others = [_others(record) for record in records]
        if any(others) or not all(are_sure):
            exact = _elements(file, part, source, exact=True)
            for record, written, names, is_sure in zip(records, exact, others, are_sure, strict=True):
                record |= {name: written[name] for name in names if name not in COUNTED}
                _put_members(record.get("segments_info"), written.get("segments_info"))
                if not is_sure:
                    _put_whole(record, written)
        yield from records


def _others(record: Record) -> list[str]:
    """Return the members of a record of which, or in which, digits are kept."""
    if _ALONE.issuperset(record):
        return []
    return [
        name
        for name, value in record.items()
        if name == "segments_info" or (name not in COUNTED and isinstance(value, float | dict | list))
    ]


def _put_members(records: Any, exact: Any) -> None:
    """Give the records of a list the digits of their text, but for what is counted with."""
    for record, written in zip(records, exact, strict=True) if isinstance(records, list) else ():
        if isinstance(record, dict):
            record |= {name: value for name, value in written.items() if name not in COUNTED}
            _put_whole(record, written)


def read_element(file: BinaryIO, start: int, end: int, source: Path) -> Record:
    """Return the element at a place of a file that a scan has found."""
    places = [(start, end)]
    (record,) = _elements(file, places, source)
    if not _make_whole(record):
        _put_whole(record, *_elements(file, places, source, exact=True))
    return record


def _elements(file: BinaryIO, places: Sequence[tuple[int, int]], source: Path, *, exact: bool = False) -> list[Record]:
    where = Message("byte {position}", position=places[0][0])
    text = b"[%b]" % b",".join(_texts(file, places))
    found = strict_json.loads(text, source=source, where=where, exact=exact)
    if len(found) != len(places) or not all(type(each) is dict for each in found):  # the file has changed meanwhile
        raise _invalid("every member of a section is an object", source, where)
    return list(found)


def _texts(file: BinaryIO, places: Sequence[tuple[int, int]]) -> Iterator[bytes]:
    """Yield the texts at places of a file; those that follow near each other are read together."""
    first = 0
    while first < len(places):
        (start, end), last = places[first], first + 1
        while last < len(places) and 0 <= places[last][0] - end <= _NEAR:
            end, last = places[last][1], last + 1
        file.seek(start)
        read = file.read(end - start)
        yield from (read[begin - start : behind - start] for begin, behind in places[first:last])
        first = last


def _make_whole(record: Record) -> bool:
    """Turn ids and sizes that were written as 1.0, as spreadsheets and data frames do, into integers.

    Return whether that is all there is to do: a float beyond 2^53 does not tell which integer was written.
    """
    is_sure = True
    for name in _WHOLE if float in map(type, map(record.get, _WHOLE)) else ():
        value = record.get(name)
        if type(value) is float and value.is_integer():
            record[name] = int(value)
            is_sure = is_sure and abs(value) < _SURE
    return is_sure


def _put_whole(record: Record, exact: Record) -> None:
    """Do the same from the digits that were written."""
    for name in _WHOLE:
        value = exact.get(name)
        if type(value) is int or (type(value) is Decimal and value == value.to_integral_value()):
            record[name] = int(value)


class _Scanner:
    """What is known between two buffers."""

    def __init__(self, source: Path, limits: Limits) -> None:
        self.source, self.limits = source, limits
        self.skeleton = bytearray()
        self.depth = 0
        self.section: str | None = None
        self._level = 0
        self._is_first = True

    def feed(self, buffer: bytes, offset: int, *, is_last: bool) -> tuple[list[Span], int]:
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
            return RESULTS, 0
        for candidate in (np.flatnonzero(squares[at:] & (depths[at:] == 2)) + at).tolist():
            place = int(places[candidate])
            found = _NAME.search(
                bytes(self.skeleton[-_LONGEST_NAME:]) + buffer[max(0, place - _LONGEST_NAME) : place + 1]
            )
            if found and found[1].decode("utf-8", "replace") in {IMAGES, ANNOTATIONS}:
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
        if len(self.skeleton) > self.limits.header_bytes:
            raise LimitError(
                "too much stands beside images and annotations",
                source=self.source,
                found=in_bytes(len(self.skeleton)),
                expected=at_most_bytes(self.limits.header_bytes),
                limit="header_bytes",
            )

    def _check_gap(self, gap: bytes, *, is_comma: bool) -> None:
        if gap.strip() != (b"," if is_comma else b""):
            raise _invalid(
                Message("the array {section!r} is no array of objects", section=self.section), self.source, None
            )


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


def _neither(document: Any, source: Path) -> DocumentError:
    seen = looks_like(document)
    return _invalid(
        Message("this is neither a COCO object nor an array of results; found {seen}", seen=seen), source, None
    )


def _invalid(problem: str, source: Path, where: str | None) -> DocumentError:
    finding = Finding("coco.invalid", Level.ERROR, "", problem)
    return DocumentError(problem, findings=[finding], source=source, where=where)
