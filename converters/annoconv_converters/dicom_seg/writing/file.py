"""Segmentations written to disk: header, functional groups and pixels, natively, deflated or run-length encoded."""

from __future__ import annotations

import io
import struct
from itertools import product
from typing import TYPE_CHECKING, Any, BinaryIO, Final

import numpy as np
from isal import isal_zlib

from annoconv.advice import at_most_bytes
from annoconv.errors import LimitError
from annoconv.messages import Message
from annoconv.progress import over
from annoconv_converters._dicom.file_head import file_head
from annoconv_converters._dicom.groups import PER_FRAME
from annoconv_converters._dicom.runs import encode_rle
from annoconv_converters.dicom_seg.writing.frames import Bytes, Frames, Trimmed, bit_stream, whole_frames

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from annoconv_converters.dicom_seg.kinds import Settings
    from annoconv_converters.dicom_seg.segment import Segment
    from annoconv_converters.dicom_seg.writing.header import Elements
    from annoconv_converters.dicom_seg.writing.planes import PlaneStack

__all__ = ["frame_index", "write_file"]

_LARGEST_PIXELS: Final = 0xFFFFFFFE
"""Bytes that native pixel data may have: the length field has 32 bits (PS3.5 7.1.2)."""
_PIXELS: Final = {vr: struct.pack("<HH2sH", 0x7FE0, 0x0010, vr, 0) for vr in (b"OB", b"OW")}
"""Start of PixelData; native pixels of 16 bits are words (PS3.5 8.1.2)."""
_ITEM: Final = struct.Struct("<HHI")
_BUFFERED: Final = 1 << 20
_DEFLATE_LEVEL: Final = 1
"""Of isal: frames of bits become no smaller with more, and zlib takes ten to forty times as long."""


def frame_index(
    frames: Frames, segments: Sequence[Segment], planes: PlaneStack, settings: Settings
) -> list[tuple[int, int]]:
    """Return segment number and plane of each frame that is written.

    A segmentation has at least one frame, so one that is empty has one empty frame, of the first segment on the first
    plane.
    """
    is_map = settings.kind.value == "LABELMAP"
    if settings.keep_empty_frames:
        return list(product([0] if is_map else [segment.number for segment in segments], range(len(planes))))
    return frames.index or [(0 if is_map else segments[0].number, 0)]


def write_file(
    path: Path,
    header: Elements,
    groups: bytes,
    index: Sequence[tuple[int, int]],
    frames: Frames,
    planes: PlaneStack,
    settings: Settings,
    sop_instance_uid: str,
) -> None:
    """Write one segmentation.

    Raises
    ------
    LimitError
        If native pixels take more bytes than the format can count.
    """
    pixels = planes.rows * planes.columns
    length = (len(index) * pixels * frames.bits + 7) // 8
    if length > _LARGEST_PIXELS and settings.compression != "rle":
        raise LimitError(
            "the segmentation has too many pixels for one file",
            where="PixelData (7FE0,0010)",
            found=Message("{length} bytes in {count} frames", length=length, count=len(index)),
            expected=Message("{count} bytes at most", count=_LARGEST_PIXELS),
            advice="Write it with --type labelmap, or fewer masks to one file",
        )
    with path.open("xb", buffering=_BUFFERED) as file:
        file.write(file_head(settings.kind.sop_class_uid, sop_instance_uid, settings.transfer_syntax_uid))
        sink: Any = _Deflated(file) if settings.compression == "deflate" else file
        sink.write(b"".join(header[tag] for tag in sorted(header) if tag < PER_FRAME))
        sink.write(groups)
        sink.write(b"".join(header[tag] for tag in sorted(header) if tag > PER_FRAME))
        content = _with_empty(frames, index)
        if settings.compression == "rle":
            _write_rle(file, whole_frames(content, frames.frame_bytes), len(index), planes.columns, frames.bits)
            return
        sink.write(_PIXELS[b"OW" if frames.bits > 8 else b"OB"] + (length + length % 2).to_bytes(4, "little"))
        if frames.bits * pixels % 8 == 0 and settings.compression == "none":
            file.flush()
            _write_sparsely(path, file.tell(), content, frames.frame_bytes, length + length % 2)
            return
        whole = whole_frames(content, frames.frame_bytes)
        for part in bit_stream(whole, pixels) if frames.bits == 1 else whole:
            sink.write(part.data)
        sink.write(b"\0" * (length % 2))
        if settings.compression == "deflate":
            sink.finish()


def _write_sparsely(path: Path, start: int, frames: Iterable[Trimmed], size: int, length: int) -> None:
    """Write frames at their places from byte `start` on, but not the zeros between: a hole takes no time and no disk.

    The file reads as if they had been written.
    """
    with path.open("r+b", buffering=0) as file:
        file.truncate(start + length)  # first, so that no frame has to lengthen the file
        for position, (first, content) in enumerate(frames):
            if content.size:
                file.seek(start + position * size + first)
                file.write(content.data)


def _with_empty(frames: Frames, index: Sequence[tuple[int, int]]) -> Iterator[Trimmed]:
    """Yield a frame for each place of the index, empty ones included."""
    empty = np.zeros(0, dtype=np.uint8)
    content = zip(frames.index, frames.trimmed(), strict=True)
    following = next(content, None)
    for place in over(index, Message("frames")):
        if following is not None and following[0] == place:
            yield following[1]
            following = next(content, None)
        else:
            yield 0, empty


def _write_rle(file: BinaryIO, content: Iterator[Bytes], count: int, columns: int, bits: int) -> None:
    """Write encapsulated frames, a fragment each, and the table of their offsets (PS3.5 A.4)."""
    file.write(_PIXELS[b"OB"] + b"\xff\xff\xff\xff" + _ITEM.pack(0xFFFE, 0xE000, 4 * count))
    table_at, offsets, offset = file.tell(), list[int](), 0
    file.write(bytes(4 * count))
    for frame in content:
        coded = encode_rle(frame, columns, bits)
        offsets.append(offset)
        offset += 8 + len(coded)
        file.write(_ITEM.pack(0xFFFE, 0xE000, len(coded)) + coded)
    file.write(_ITEM.pack(0xFFFE, 0xE0DD, 0))
    if offset > _LARGEST_PIXELS:
        raise LimitError(
            "the segmentation has too many pixels for one file",
            found=Message("{count} bytes", count=offset),
            expected=at_most_bytes(_LARGEST_PIXELS),
            advice="Write with --compress deflate, or fewer segments a file",
        )
    file.seek(table_at)
    file.write(struct.pack(f"<{count}I", *offsets))
    file.seek(0, io.SEEK_END)


class _Deflated:
    """A data set deflated while it is written (PS3.5 A.5)."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._deflater = isal_zlib.compressobj(_DEFLATE_LEVEL, isal_zlib.DEFLATED, -isal_zlib.MAX_WBITS)
        self._size = 0

    def write(self, data: bytes | memoryview) -> None:
        self._put(self._deflater.compress(data))

    def finish(self) -> None:
        self._put(self._deflater.flush())
        self._put(b"\0" * (self._size % 2))

    def _put(self, data: bytes) -> None:
        self._size += len(data)
        self._file.write(data)
