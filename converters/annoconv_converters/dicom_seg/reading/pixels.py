"""The pixels of a segmentation file, read frame by frame from where they stand, whatever they are encoded as.

Bits, RLE Lossless (also of single bits) and deflated frames are decoded here, each frame into as many bytes as it must
have and no more; the codecs of other transfer syntaxes are pydicom's. Authority: PS3.5 8.1.1, 8.2, A.4, Annex G.
"""

from __future__ import annotations

import os
import struct
import warnings
import weakref
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any, BinaryIO, Final, cast

import numpy as np
from isal import isal_zlib
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.pixels.utils import pixel_array
from pydicom.uid import UID

from annoconv.advice import COPY_AGAIN, beside, in_bytes
from annoconv.errors import MaskError
from annoconv.messages import Message
from annoconv.progress import over
from annoconv.scratch import scratch_file
from annoconv_converters._dicom.codestream import frame_size
from annoconv_converters._dicom.elements import DamagedError, item_spans
from annoconv_converters._dicom.file import DAMAGE
from annoconv_converters._dicom.pixels import decoding_advice
from annoconv_converters._dicom.runs import decode_rle

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from annoconv_converters._dicom.elements import Buffer, Element, Encoding

__all__ = ["FramePixels", "frame_fragments"]

_RLE: Final = "1.2.840.10008.1.2.5"
_DEFLATED_FRAME: Final = "1.2.840.10008.1.2.8.1"
_OURS: Final = (_RLE, _DEFLATED_FRAME)
_LONGEST_REASON: Final = 200
"""Characters of a decoder's own message."""
_FRAMES: Final = Message("frames")
_PIECE: Final = 1 << 20


@dataclass(eq=False)
class FramePixels:
    """Frames that are still in their file.

    Attributes
    ----------
    path
        The file.
    syntax
        TransferSyntaxUID.
    encoding
        Byte order of the data set.
    start
        First byte of the pixels in the (inflated) data set or file.
    vr
        VR of PixelData, on which the order of bytes depends (PS3.5 8.1.1).
    rows, columns
        Of a frame.
    bits
        Of a pixel: 1, 8 or 16.
    fragments
        Where each frame's compressed pieces stand, if they are compressed one by one.
    deflated_at
        First byte of the deflated data set, if it is.
    """

    path: Path
    syntax: str
    encoding: Encoding
    start: int
    vr: bytes
    rows: int
    columns: int
    bits: int
    fragments: Sequence[Sequence[tuple[int, int]]] | None = None
    deflated_at: int | None = None
    _inflated: dict[int, BinaryIO] = field(default_factory=dict[int, BinaryIO], init=False, repr=False, compare=False)
    """By the number of the process."""

    @property
    def count(self) -> int:
        """Pixels of a frame."""
        return self.rows * self.columns

    def packed(self, numbers: Sequence[int]) -> Iterator[NDArray[np.uint8]]:
        """Yield frames of single bits by their zero-based numbers, packed, each from a byte of its own."""
        size = (self.count + 7) // 8
        with _opened(self) as file:
            for number in over(numbers, _FRAMES):
                if self.fragments is not None:
                    yield np.frombuffer(self._decoded(file, number, size), dtype=np.uint8)
                    continue
                first, last = number * self.count, (number + 1) * self.count
                if first % 8 == 0 and last % 8 == 0:
                    yield self._bytes(file, first // 8, last // 8)
                    continue
                bits = np.unpackbits(self._bytes(file, first // 8, (last + 7) // 8), bitorder="little")
                yield np.packbits(bits[first % 8 : first % 8 + self.count], bitorder="little")

    def levels(self, numbers: Sequence[int]) -> Iterator[NDArray[np.uint8] | NDArray[np.uint16]]:
        """Yield frames of 8 or 16 bits by their zero-based numbers, shape (rows * columns,)."""
        each = self.bits // 8
        size = self.count * each
        with _opened(self) as file:
            for number in over(numbers, _FRAMES):
                if self.fragments is not None:
                    content = np.frombuffer(self._decoded(file, number, size), dtype=np.uint8)
                    yield content if each == 1 else content.view("<u2").astype(np.uint16, copy=False)
                elif each == 1:
                    yield self._bytes(file, number * size, (number + 1) * size)
                else:
                    content = self._raw(file, number * size, (number + 1) * size)
                    yield content.view(f"{self.encoding.order}u2").astype(np.uint16, copy=False)

    def _raw(self, file: BinaryIO, first: int, last: int) -> NDArray[np.uint8]:
        file.seek(self._base + first)
        content = file.read(last - first)
        if len(content) < last - first:
            raise MaskError(
                "the pixels are truncated",
                source=self.path,
                where="PixelData (7FE0,0010)",
                found=in_bytes(len(content)),
                expected=in_bytes(last - first),
                advice=COPY_AGAIN,
            )
        return np.frombuffer(content, dtype=np.uint8)

    def _bytes(self, file: BinaryIO, first: int, last: int) -> NDArray[np.uint8]:
        """Return bytes of the pixels; big endian words hold them in pairs the other way."""
        if not (self.encoding.is_big_endian and self.vr == b"OW"):
            return self._raw(file, first, last)
        even = first - first % 2
        content = self._raw(file, even, last + last % 2)
        return content.reshape(-1, 2)[:, ::-1].reshape(-1)[first - even : last - even]

    @property
    def _base(self) -> int:
        return 0 if self.deflated_at is not None else self.start

    def _decoded(self, file: BinaryIO, number: int, size: int) -> bytes:
        pieces: list[bytes] = []
        for start, end in (self.fragments or ())[number]:
            file.seek(start)
            pieces.append(file.read(end - start))
        coded = b"".join(pieces)
        try:
            if self.syntax == _RLE:
                return decode_rle(coded, max(self.bits // 8, 1), size)
            if self.syntax == _DEFLATED_FRAME:
                return _inflated(coded, size)
            return self._by_pydicom(coded, size)
        except DAMAGE as error:
            reason = " ".join(str(error).split())[:_LONGEST_REASON]
            where = f"PixelData (7FE0,0010), frame {number + 1}"
            raise MaskError(
                Message("the pixels cannot be decoded ({reason})", reason=reason),
                source=self.path,
                where=where,
                found=in_bytes(len(coded)),
                expected=Message("{count} bytes of pixels, coded", count=size),
                advice=COPY_AGAIN if self.syntax in _OURS else decoding_advice(self.syntax, COPY_AGAIN),
            ) from error

    def _by_pydicom(self, coded: bytes, size: int) -> bytes:
        if frame_size(coded) != (self.columns, self.rows, 1):
            raise ValueError(f"its frame is {frame_size(coded)}")
        dataset = Dataset()
        dataset.file_meta = FileMetaDataset()
        dataset.file_meta.TransferSyntaxUID = UID(self.syntax)
        dataset.Rows, dataset.Columns, dataset.SamplesPerPixel = self.rows, self.columns, 1
        dataset.BitsAllocated = dataset.BitsStored = max(self.bits, 8)
        dataset.HighBit, dataset.PixelRepresentation = dataset.BitsStored - 1, 0
        dataset.PhotometricInterpretation = "MONOCHROME2"
        dataset.PixelData = encapsulate([coded])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = pixel_array(dataset)
        if self.bits == 1:
            return np.packbits(found != 0, bitorder="little").tobytes()
        content = found.astype(f"<u{self.bits // 8}").tobytes()
        if len(content) != size:
            raise ValueError(f"{len(content)} bytes where {size} are expected")
        return content

    @property
    def inflated_file(self) -> BinaryIO:
        """The pixels of a deflated data set, inflated to disk, gone with this object.

        A process that was forked has its own: what reads one file at once would share the place in it.
        """
        process = os.getpid()
        if process not in self._inflated:
            self._inflated[process] = self._inflate()
        return self._inflated[process]

    def __getstate__(self) -> dict[str, Any]:
        """Return what another process, or a copy, makes it of; it inflates the pixels itself."""
        return self.__dict__ | {"_inflated": {}}

    def _inflate(self) -> BinaryIO:
        file = cast("BinaryIO", scratch_file())
        weakref.finalize(self, file.close)
        inflater, at = isal_zlib.decompressobj(-isal_zlib.MAX_WBITS), 0
        with _reopened(self.path) as source:
            source.seek(self.deflated_at or 0)
            pending = source.read(_PIECE)
            while pending and not inflater.eof:
                piece = inflater.decompress(pending, _PIECE)
                file.write(memoryview(piece)[max(self.start - at, 0) :])
                at += len(piece)
                pending = inflater.unconsumed_tail or source.read(_PIECE)
        return file


def _reopened(path: Path) -> BinaryIO:
    """Return a file of which the head was read before."""
    try:
        return path.open("rb", buffering=0)
    except OSError as error:
        raise MaskError(
            "the file cannot be opened again",
            source=path,
            found=beside(path),
            expected="the file whose masks are read",
            advice="Leave it in its place until its masks are read, or put it back",
        ) from error


class _opened:  # noqa: N801 - used like a function
    """The file to read pixels from; it is closed unless it is shared."""

    def __init__(self, pixels: FramePixels) -> None:
        self._pixels = pixels
        self._file: BinaryIO | None = None

    def __enter__(self) -> BinaryIO:
        if self._pixels.deflated_at is not None:
            return self._pixels.inflated_file
        self._file = _reopened(self._pixels.path)
        return self._file

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()


def _inflated(coded: bytes, size: int) -> bytes:
    content = isal_zlib.decompressobj(-isal_zlib.MAX_WBITS).decompress(coded, size + 2)
    if not size <= len(content) <= size + 1:
        raise ValueError(f"{len(content)} bytes where {size} are expected")
    return content[:size]


def frame_fragments(
    data: Buffer, pixels: Element, encoding: Encoding, frames: int, extended: bytes
) -> list[list[tuple[int, int]]]:
    """Return where the fragments of each encapsulated frame stand (PS3.5 A.4).

    Parameters
    ----------
    data, pixels, encoding
        The data set and its PixelData.
    frames
        How many frames there are.
    extended
        Value of ExtendedOffsetTable (7FE0,0001), empty if there is none.

    Raises
    ------
    DamagedError
        If the fragments cannot be told apart.
    """
    table, *fragments = item_spans(data, pixels.value, pixels.value_end, encoding) or [(0, 0)]
    if len(fragments) == frames:
        return [[fragment] for fragment in fragments]
    if frames == 1:
        return [fragments]
    stated = data[table[0] : table[1]]
    offsets = list(struct.unpack(f"<{len(stated) // 4}I", stated[: len(stated) // 4 * 4]))
    if extended:
        offsets = list(struct.unpack(f"<{len(extended) // 8}Q", extended[: len(extended) // 8 * 8]))
    starts = {start - 8 - table[1]: position for position, (start, _) in enumerate(fragments)}
    if len(offsets) != frames or any(offset not in starts for offset in offsets):
        template = "{count} fragments of pixels that cannot be told apart for {frames} frames"
        raise DamagedError(Message(template, count=len(fragments), frames=frames))
    firsts = [*(starts[offset] for offset in offsets), len(fragments)]
    return [fragments[first:last] for first, last in pairwise(firsts)]
