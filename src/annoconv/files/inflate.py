"""Compressed files, strictly: read to the end, checksum and length verified, nothing behind; the same bytes each time.

Python's gzip module inflates four times slower than isal, and nibabel neither reads to the end nor looks at the CRC.

Authority: RFC 1950 (zlib), RFC 1951 (deflate), RFC 1952 (gzip).
"""

from __future__ import annotations

import struct
from functools import cache
from typing import TYPE_CHECKING, BinaryIO, Final, cast

import numpy as np
from isal import igzip_lib, isal_zlib

from annoconv.advice import COPY_AGAIN, SAVE_AGAIN, at_most
from annoconv.errors import LimitError, MaskError
from annoconv.messages import Message
from annoconv.progress import begin

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = [
    "DEFLATE_MOST",
    "GZIP_MAGIC",
    "PIECE_BYTES",
    "ZEROS",
    "chunks",
    "compress",
    "first_bytes",
    "inflated",
    "is_gzip",
    "is_zero",
    "read_exactly",
    "voxel_bytes",
]

DEFLATE_MOST: Final = 1032
"""Largest expansion that deflate can reach (zlib technical details)."""
GZIP_MAGIC: Final = b"\x1f\x8b"
_GZIP_HEADER: Final = bytes.fromhex("1f8b08000000000000ff")
"""Deflate, no name, no time, no system."""
_LEVEL: Final = 2
"""The slowest level of isal that is still faster than a disk; level 3 costs label maps twenty times the time."""
PIECE_BYTES: Final = 1 << 20
"""Bytes that are looked at together; of zeros, what a ready block stands for."""
ZEROS: Final = bytes(PIECE_BYTES)
_VERIFIED_FIRST: Final = 128 << 20
"""Bytes that are allocated before a strongly compressed file is known to be whole."""
_STRONG: Final = 50
"""Expansion that no image reaches; a label map does, and so does a bomb."""
_COMPRESSED_CHUNK: Final = 1 << 16
"""Bytes; small, because what follows a member's end is copied once for each member."""
_MOST_MEMBERS: Final = 50_000
"""Gzip members of one file: block writers make one for 64 kB or more, an attacker one for each byte."""
_IsalError = cast("type[Exception]", igzip_lib.IsalError)  # its stub says that it is an instance


def compress(pieces: Iterable[bytes | memoryview]) -> Iterator[bytes]:
    """Yield the pieces as one gzip member without a name and without a time.

    What a piece has of zeros, `PIECE_BYTES` of them from its start or a multiple of that, is not compressed anew: it is
    a block that stands ready, and refers to nothing before it.
    """
    packer = isal_zlib.compressobj(_LEVEL, isal_zlib.DEFLATED, -isal_zlib.MAX_WBITS)
    checksum, size, is_open = 0, 0, False
    yield _GZIP_HEADER
    for piece in pieces:
        view = memoryview(piece).cast("B")
        for at in range(0, len(view), PIECE_BYTES):
            part = view[at : at + PIECE_BYTES]
            size += len(part)
            if piece is ZEROS or (len(part) == PIECE_BYTES and is_zero(part)):
                if is_open:
                    yield packer.flush(isal_zlib.Z_FULL_FLUSH)
                yield _zero_block()
                checksum, is_open = _checksum_with_zeros(checksum), False
                continue
            checksum, is_open = isal_zlib.crc32(part, checksum), True
            if packed := packer.compress(part):
                yield packed
    yield packer.flush() + struct.pack("<II", checksum, size & 0xFFFFFFFF)


def is_zero(piece: bytes | memoryview) -> bool:
    """Tell whether all bytes are 0."""
    return not np.frombuffer(piece, dtype=np.uint8).any()


@cache
def _zero_block() -> bytes:
    """Return `ZEROS` deflated: whole bytes, not the last block."""
    packer = isal_zlib.compressobj(_LEVEL, isal_zlib.DEFLATED, -isal_zlib.MAX_WBITS)
    return packer.compress(ZEROS) + packer.flush(isal_zlib.Z_FULL_FLUSH)


def _checksum_with_zeros(checksum: int) -> int:
    """Return the CRC-32 of bytes followed by `ZEROS` from that of the bytes, in whose bits it is linear."""
    found, of_bits = _checksums_of_zeros()
    for bit, change in enumerate(of_bits):
        if checksum >> bit & 1:
            found ^= change
    return found


@cache
def _checksums_of_zeros() -> tuple[int, list[int]]:
    """Return the CRC-32 of `ZEROS`, and what each bit of the checksum before them changes of it."""
    alone = isal_zlib.crc32(ZEROS)
    return alone, [isal_zlib.crc32(ZEROS, 1 << bit) ^ alone for bit in range(32)]


def first_bytes(file: BinaryIO, path: Path, most: int) -> bytes:
    """Return the first bytes of the content of an open file, inflated if it is gzip; fewer if it is shorter."""
    start = b""
    for piece in _content(file, path, most):
        start += piece
        if len(start) >= most:
            break
    return start[:most]


def is_gzip(file: BinaryIO) -> bool:
    """Tell whether an open file, which stands at its start again, is a gzip file."""
    is_it = file.read(2) == GZIP_MAGIC
    file.seek(0)
    return is_it


def chunks(path: Path, most: int = PIECE_BYTES) -> Iterator[bytes]:
    """Yield a file's content, inflated if it is a gzip file, in pieces of at most `most` bytes."""
    with path.open("rb") as file:
        yield from _content(file, path, most)


def _content(file: BinaryIO, path: Path, most: int) -> Iterator[bytes]:
    if is_gzip(file):
        yield from inflated(file, path, most)
    else:
        while chunk := file.read(most):
            yield chunk


def read_exactly(
    pieces: Callable[[], Iterator[bytes]], expected: int, packed: int, path: Path, *, skip: int = 0
) -> NDArray[np.uint8]:
    """Return the bytes of a volume; zeros take no memory, and what takes much for a small file is verified first.

    Parameters
    ----------
    pieces
        Gives the content from its start.
    expected
        Bytes of the volume.
    packed
        Size of the file.
    path
        Its name in messages.
    skip
        Bytes before the volume.

    Raises
    ------
    MaskError
        If there are fewer bytes, or more, or the content is damaged.
    """
    most = max(_VERIFIED_FIRST, packed * _STRONG)
    volume = np.zeros(expected, dtype=np.uint8)  # takes memory only where something is written to it
    if not _fill(pieces(), volume, most, path, skip):
        _fill(pieces(), volume, expected, path, skip)
    return volume


def _fill(pieces: Iterator[bytes], volume: NDArray[np.uint8], most: int, path: Path, skip: int) -> bool:
    """Write what is not 0 into a volume of zeros, up to so many bytes; tell whether that was all, once all is read."""
    filled = 0
    for at, content in voxel_bytes(pieces, volume.size, path, skip):
        if filled <= most and not is_zero(content):
            filled += len(content)
            volume.data[at : at + len(content)] = content
    return filled <= most


def voxel_bytes(pieces: Iterable[bytes], expected: int, path: Path, skip: int = 0) -> Iterator[tuple[int, memoryview]]:
    """Yield the bytes of a volume, piece by piece, each with its place in it; see `read_exactly`."""
    position, stage = -skip, begin(Message("MB of {name}", name=path.name), expected >> 20)
    try:
        for piece in pieces:
            stage.to(max(position, 0) >> 20)
            view = memoryview(piece)[max(-position, 0) :]
            at = max(position, 0)
            if at + len(view) > expected:
                raise MaskError(
                    "data follow the volume",
                    source=path,
                    found=Message("{count} bytes or more", count=at + len(view)),
                    expected=Message("{count} bytes of voxels", count=expected),
                    advice=SAVE_AGAIN,
                )
            if view:
                yield at, view
            position += len(piece)
    finally:
        stage.end()
    if position != expected:
        found = Message("{count} bytes", count=max(position, 0))
        raise MaskError(
            "the volume is cut off",
            source=path,
            found=found,
            expected=Message("{count} bytes", count=expected),
            advice=COPY_AGAIN,
        )


def inflated(file: BinaryIO, path: Path, most: int = PIECE_BYTES, *, is_zlib: bool = False) -> Iterator[bytes]:
    """Yield what follows in an open gzip (or zlib) file, in pieces; its checksum and length are verified by the end.

    Parameters
    ----------
    file
        Open at the first compressed byte.
    path
        Its name in messages.
    most
        Longest piece.
    is_zlib
        Whether the stream is zlib's (RFC 1950), with its Adler-32, rather than gzip's.

    Raises
    ------
    MaskError
        If the stream is cut off or damaged, or anything but another gzip member (RFC 1952 2.2) follows it.
    LimitError
        If there are too many members.
    """
    flag = igzip_lib.DECOMP_ZLIB if is_zlib else igzip_lib.DECOMP_GZIP
    member, members, pending = igzip_lib.IgzipDecompressor(flag=flag), 1, b""
    while True:
        if member.needs_input and not pending:
            pending = file.read(_COMPRESSED_CHUNK)
            if not pending:
                raise MaskError(
                    "the compressed file is cut off",
                    source=path,
                    found=Message("{count} bytes", count=file.tell()),
                    expected=Message("more, to the end of the compressed data"),
                    advice="Copy it again from where it is whole",
                )
        try:
            piece = member.decompress(pending, most)
        except _IsalError as error:
            raise MaskError(
                "the compressed file is damaged",
                source=path,
                found=str(error),
                expected="whole gzip or zlib data",
                advice=COPY_AGAIN,
            ) from error
        pending = b""
        if piece:
            yield piece
        if member.eof:
            pending = member.unused_data or file.read(_COMPRESSED_CHUNK)
            members += 1
            if not pending:
                return
            if is_zlib:
                raise MaskError(
                    "data follow the compressed stream",
                    source=path,
                    found=Message("more bytes"),
                    expected="the end of the file",
                    advice=SAVE_AGAIN,
                )
            if members > _MOST_MEMBERS:
                raise LimitError(
                    "too many gzip members",
                    source=path,
                    found=members,
                    expected=at_most(_MOST_MEMBERS),
                    advice="Compress it anew in one piece",
                )
            member = igzip_lib.IgzipDecompressor(flag=flag)
