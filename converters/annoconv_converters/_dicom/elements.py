"""Data sets walked without being decoded: where each element stands, in any byte order, and what it nests.

pydicom builds objects of everything that it reads, which takes longer than all else where a file has thousands of
frames or a series thousands of files, and it converts and recurses without a bound. Here nothing is believed: lengths
are checked against the data and depths against a limit, and only what is asked for is looked at.

Authority: PS3.5 chapter 7 (encoding, nesting), 6.2.2 (UN), A.5 (deflated); PS3.10 7.1 (file meta information).
"""

from __future__ import annotations

import mmap
import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeAlias, cast

from isal import isal_zlib

from annoconv.errors import AnnoconvError
from annoconv.messages import Message
from annoconv_converters._dicom.encoding import LONG_VRS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = [
    "BIG_ENDIAN",
    "DEFLATED",
    "EXPLICIT",
    "IMPLICIT",
    "UNDEFINED",
    "Buffer",
    "DamagedError",
    "Element",
    "Encoding",
    "FileStart",
    "file_start",
    "found_instead",
    "inflate_start",
    "inner",
    "is_encapsulated",
    "item_spans",
    "walk",
]

Buffer: TypeAlias = bytes | mmap.mmap

DEFLATED: Final = "1.2.840.10008.1.2.1.99"
"""Transfer syntax whose whole data set is deflated (PS3.5 A.5)."""
_NATIVE: Final = frozenset({"1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2", DEFLATED, ""})
UNDEFINED: Final = 0xFFFFFFFF
_ITEM, _ITEM_END, _SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
_LONG: Final = frozenset(vr.encode() for vr in LONG_VRS)
_DEEPEST: Final = 32
"""Nesting of sequences; a segmentation has five."""
_InflateError = cast("type[Exception]", isal_zlib.error)  # its stub says that it is an instance
_META_START: Final = 132
_LONGEST_META: Final = 1 << 16
_INFLATED_PIECE: Final = 1 << 20
_SYNTAXES: Final = {"1.2.840.10008.1.2": "implicit", "1.2.840.10008.1.2.2": "big"}


class DamagedError(ValueError):
    """The bytes are no data set; its message says where."""

    def __init__(self, message: Message) -> None:
        super().__init__(message)
        self.message = message


def found_instead(error: Exception) -> object:
    """Return what was found where bytes are damaged, in words: an exception's class says nothing to people."""
    if isinstance(error, DamagedError):
        return error.message
    if isinstance(error, AnnoconvError) and error.found is not None:
        return error.found
    return Message("something else")


@dataclass(frozen=True, slots=True)
class Encoding:
    """How elements are encoded: byte order, and whether they state their VR."""

    is_implicit: bool = False
    is_big_endian: bool = False
    tag: struct.Struct = field(init=False, repr=False, compare=False)
    long: struct.Struct = field(init=False, repr=False, compare=False)
    item: struct.Struct = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        order = ">" if self.is_big_endian else "<"
        for name, layout in (("tag", "HH2sH"), ("long", "I"), ("item", "HHI")):
            object.__setattr__(self, name, struct.Struct(order + layout))

    def __reduce__(self) -> tuple[type[Encoding], tuple[bool, bool]]:
        """Return what another process, or a copy, makes it of."""
        return Encoding, (self.is_implicit, self.is_big_endian)

    @property
    def order(self) -> str:
        """Byte order as `struct` and numpy write it."""
        return ">" if self.is_big_endian else "<"

    @property
    def endian(self) -> Literal["big", "little"]:
        """Byte order as `int.from_bytes` takes it."""
        return "big" if self.is_big_endian else "little"


EXPLICIT: Final = Encoding()
IMPLICIT: Final = Encoding(is_implicit=True)
BIG_ENDIAN: Final = Encoding(is_big_endian=True)


class Element(NamedTuple):
    """Where one element stands."""

    tag: int
    vr: bytes
    """Empty where it is implicit."""
    start: int
    """First byte of the element."""
    value: int
    """First byte of its value."""
    value_end: int
    end: int
    """First byte behind it."""


def walk(
    data: Buffer, start: int, end: int, encoding: Encoding = EXPLICIT, depth: int = 0, *, until: int = UNDEFINED
) -> Iterator[Element]:
    """Yield the elements of one data set in their order; the walk ends with the item, if it is one's content.

    Parameters
    ----------
    data, start, end
        The bytes, and which of them are the data set.
    encoding
        How it is encoded.
    depth
        How deep it is nested.
    until
        The walk ends before the first tag that is not below this one, whatever its length is.

    Raises
    ------
    DamagedError
        If an element reaches beyond the data, or sequences are nested more than 32 deep.
    """
    at = start
    read_tag, read_long, is_implicit = encoding.tag.unpack_from, encoding.long.unpack_from, encoding.is_implicit
    while at < end:
        if at + 8 > end:
            raise DamagedError(Message("the data end within an element at byte {at}", at=at))
        group, number, vr, length = read_tag(data, at)
        tag, value = group << 16 | number, at + 8
        if tag == _ITEM_END or tag >= until:
            return
        if is_implicit:
            vr, (length,) = b"", read_long(data, at + 4)
        elif vr in _LONG:
            if at + 12 > end:
                raise DamagedError(Message("the data end within an element at byte {at}", at=at))
            (length,), value = read_long(data, at + 8), at + 12
        if length != UNDEFINED:
            value_end = after = value + length
        else:
            after = _skip_items(data, value, end, IMPLICIT if vr == b"UN" else encoding, depth + 1)
            value_end = after - 8
        if after > end:
            template = "element ({group:04X},{number:04X}) at byte {at} is longer than the data"
            raise DamagedError(Message(template, group=group, number=number, at=at))
        yield Element(tag, vr, at, value, value_end, after)
        at = after


def _skip_items(data: Buffer, at: int, end: int, encoding: Encoding, depth: int) -> int:
    """Return where a sequence or pixel data of undefined length that starts at `at` ends, its delimiter included."""
    if depth > _DEEPEST:
        raise DamagedError(Message("sequences are nested more than {count} deep", count=_DEEPEST))
    while at + 8 <= end:
        group, number, length = encoding.item.unpack_from(data, at)
        tag, at = group << 16 | number, at + 8
        if tag == _SEQUENCE_END:
            return at
        if tag != _ITEM:
            raise DamagedError(Message("no item at byte {at}", at=at - 8))
        if length != UNDEFINED:
            at += length
            continue
        last = at
        for each in walk(data, at, end, encoding, depth):
            last = each.end
        at = last + 8
    raise DamagedError(Message("a sequence of undefined length has no end"))


def item_spans(data: Buffer, start: int, end: int, encoding: Encoding = EXPLICIT) -> Iterator[tuple[int, int]]:
    """Yield first byte and end of the content of each item of a sequence, or of each fragment of pixel data."""
    at = start
    while at + 8 <= end:
        group, number, length = encoding.item.unpack_from(data, at)
        tag, at = group << 16 | number, at + 8
        if tag == _SEQUENCE_END:
            return
        if tag != _ITEM:
            raise DamagedError(Message("no item at byte {at}", at=at - 8))
        content_end = at + length
        if length == UNDEFINED:
            content_end = at
            for each in walk(data, at, end, encoding):
                content_end = each.end
        if content_end > end:
            raise DamagedError(Message("an item at byte {at} is longer than its sequence", at=at))
        yield at, content_end
        at = content_end + (8 if length == UNDEFINED else 0)


def inner(data: bytes, encoding: Encoding, *tags: int) -> bytes:
    """Return the value that a path of tags leads to from a sequence's value, by first items; empty if there is none."""
    for tag in tags:
        span = next(item_spans(data, 0, len(data), encoding), None)
        found = next((each for each in walk(data, *span, encoding) if each.tag == tag), None) if span else None
        if found is None:
            return b""
        data = data[found.value : found.value_end]
    return data


@dataclass(frozen=True, slots=True)
class FileStart:
    """What a file's meta information says.

    Attributes
    ----------
    values
        Values of its elements by tag.
    syntax
        TransferSyntaxUID; empty if it is not stated.
    encoding
        How the data set is encoded (once it is inflated).
    data_set
        First byte of the data set.
    """

    values: dict[int, bytes]
    syntax: str
    encoding: Encoding
    data_set: int

    @property
    def is_deflated(self) -> bool:
        """Whether the data set must be inflated first."""
        return self.syntax == DEFLATED


def is_encapsulated(syntax: str) -> bool:
    """Tell whether each frame of a transfer syntax is compressed by itself."""
    return syntax not in _NATIVE


def file_start(data: Buffer) -> FileStart | None:
    """Return what the file meta information says, or None if this is no DICOM file."""
    if data[128:_META_START] != b"DICM":
        return None
    end, values = _META_START, dict[int, bytes]()
    # The group length is often wrong, so the group itself tells where it ends (PS3.10 7.1).
    while end + 8 <= len(data) and data[end : end + 2] == b"\x02\x00":
        each = next(walk(data, end, len(data)))
        if each.end - each.start > _LONGEST_META:
            raise DamagedError(Message("a file meta element of {count} bytes", count=each.end - each.start))
        values[each.tag] = data[each.value : each.value_end]
        end = each.end
    syntax = values.get(0x00020010, b"").rstrip(b"\0 ").decode("ascii", "replace")
    kind = _SYNTAXES.get(syntax)
    if not syntax and end + 8 <= len(data) and not data[end + 4 : end + 6].isalpha():
        kind = "implicit"
    encoding = IMPLICIT if kind == "implicit" else BIG_ENDIAN if kind == "big" else EXPLICIT
    return FileStart(values, syntax, encoding, end)


def inflate_start(path: Path, start: int, most: int) -> tuple[bytes, bool]:
    """Return the first `most` bytes of a deflated data set, and whether they are all of it.

    Parameters
    ----------
    path
        The file.
    start
        Where the deflated bytes begin.
    most
        Bytes after which inflating stops.
    """
    inflater, pieces, size = isal_zlib.decompressobj(-isal_zlib.MAX_WBITS), list[bytes](), 0
    with path.open("rb") as file:
        file.seek(start)
        pending = file.read(_INFLATED_PIECE)
        while pending and not inflater.eof and size < most:
            try:
                piece = inflater.decompress(pending, min(_INFLATED_PIECE, most - size))
            except _InflateError as error:
                raise DamagedError(Message("the deflated data are damaged ({error})", error=error)) from error
            size += len(piece)
            pieces.append(piece)
            pending = inflater.unconsumed_tail or file.read(_INFLATED_PIECE)
    return b"".join(pieces), inflater.eof
