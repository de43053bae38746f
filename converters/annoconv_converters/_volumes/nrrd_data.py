"""The voxels of a NRRD file: where they begin, in which file, and how they are packed.

Lines are skipped before the data are unpacked, bytes after; -1 bytes are all but the data, of raw data only.
Authority: http://teem.sourceforge.net/nrrd/format.html, sections 5 (data file, encoding) and 6 (line skip, byte skip).
"""

from __future__ import annotations

import bz2
import re
from typing import TYPE_CHECKING, BinaryIO, Final

from annoconv.advice import COPY_AGAIN, CORRECT_FILE, SAVE_AGAIN
from annoconv.errors import MaskError
from annoconv.files.inflate import DEFLATE_MOST, inflated, read_exactly
from annoconv.messages import Message
from annoconv.volumes.refusals import too_short, volume_too_large
from annoconv.volumes.voxel_values import check_held
from annoconv_converters._volumes.file import data_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from annoconv.limits import Limits

__all__ = ["read_data"]

_GZIP: Final = frozenset({"gzip", "gz"})
_BZIP2: Final = frozenset({"bzip2", "bz2"})
_BZIP2_FREE: Final = 192 << 20
"""Bytes that a bzip2 stream may inflate to however short it is."""


def read_data(
    fields: Mapping[str, str], header: Path, end_of_header: int, expected: int, limits: Limits
) -> NDArray[np.uint8]:
    """Return the bytes of the voxels.

    Parameters
    ----------
    fields
        Of the header, in lower case.
    header
        The file of the header.
    end_of_header
        The byte behind it, where the data are if no other file is named.
    expected
        Bytes of the voxels.
    limits
        Bounds.

    Raises
    ------
    MaskError, LimitError
        If the data are not where the header says, of another length, damaged, or too large.
    """
    if expected > limits.expanded_bytes:
        raise volume_too_large(header, expected, limits)
    check_held(expected, header, limits)
    encoding = fields["encoding"].lower()
    path, at = _place(fields, header, end_of_header, limits)
    size = path.stat().st_size
    # bzip2 packs a million zeros in forty bytes: a short file may be right, but not a large bomb.
    if expected > max(size * DEFLATE_MOST, _BZIP2_FREE if encoding in _BZIP2 else 0):
        raise too_short(header, size, expected)
    skip = _skip(fields, header, "byte skip", "byteskip", least=-1 if encoding == "raw" else 0)
    begin = size - expected if skip == -1 else at + skip if encoding == "raw" else at
    if begin < at or skip > limits.header_bytes:
        raise MaskError(
            "the data do not begin where the header says",
            source=header,
            where="byte skip",
            found=skip,
            expected=Message("room for {count} bytes", count=expected),
            advice=CORRECT_FILE,
        )
    at, skip = begin, 0 if encoding == "raw" else skip
    return read_exactly(lambda: _pieces(path, at, encoding, header), expected, size, header, skip=skip)


def _place(fields: Mapping[str, str], header: Path, end_of_header: int, limits: Limits) -> tuple[Path, int]:
    """Return the file of the data, and the byte behind the lines that are skipped there."""
    name = fields.get("data file", fields.get("datafile", ""))
    path, at = (data_file(header, name, "data file"), 0) if name else (header, end_of_header)
    lines = _skip(fields, header, "line skip", "lineskip", least=0)
    with path.open("rb") as file:
        file.seek(at)
        for _ in range(lines):
            if not file.readline(limits.header_bytes).endswith(b"\n"):
                raise MaskError(
                    "more lines are skipped than are there",
                    source=header,
                    where="line skip",
                    found=lines,
                    expected="lines of the file",
                    advice=CORRECT_FILE,
                )
        return path, file.tell()


def _skip(fields: Mapping[str, str], header: Path, *names: str, least: int) -> int:
    """Return how much is skipped before the data, 0 if the header says nothing."""
    text = next((fields[name] for name in names if name in fields), "0")
    if not re.fullmatch(r"-?\d{1,9}", text) or int(text) < least:
        raise MaskError(
            "an impossible skip",
            source=header,
            where=names[0],
            found=text[:20],
            expected=Message("{least} or more", least=least),
            advice=CORRECT_FILE,
        )
    return int(text)


def _pieces(path: Path, at: int, encoding: str, header: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(at)
        if encoding == "raw":
            while piece := file.read(1 << 20):
                yield piece
        elif encoding in _GZIP:
            yield from inflated(file, header)
        elif encoding in _BZIP2:
            yield from _bunzipped(file, header)
        else:
            raise MaskError(
                "this encoding is not read",
                source=header,
                where="encoding",
                found=encoding,
                expected="raw, gzip or bzip2",
                advice="Save it with one of these encodings",
            )


def _bunzipped(file: BinaryIO, path: Path) -> Iterator[bytes]:
    unpack = bz2.BZ2Decompressor()
    try:
        while not unpack.eof:
            packed = file.read(1 << 16) if unpack.needs_input else b""
            if not packed and unpack.needs_input:
                raise MaskError(
                    "the compressed file is cut off",
                    source=path,
                    found=Message("the end of the file"),
                    expected="more, to the end of the compressed data",
                    advice="Copy it again from where it is whole",
                )
            yield unpack.decompress(packed, 1 << 20)
    except OSError as error:
        raise MaskError(
            "the compressed file is damaged",
            source=path,
            found=str(error),
            expected="whole bzip2 data",
            advice=COPY_AGAIN,
        ) from error
    if unpack.unused_data or file.read(1):
        raise MaskError(
            "data follow the compressed stream",
            source=path,
            found=Message("more bytes"),
            expected="the end of the file",
            advice=SAVE_AGAIN,
        )
