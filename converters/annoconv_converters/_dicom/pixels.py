"""Pixels of DICOM images, decoded by pydicom after their stated sizes have been checked against the header."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, Final

import pydicom
from pydicom.encaps import generate_frames
from pydicom.pixels.decoders.base import get_decoder
from pydicom.pixels.utils import pixel_array
from pydicom.uid import UID, RLELossless

from annoconv.errors import ImageError
from annoconv.messages import Message
from annoconv.progress import over
from annoconv_converters._dicom.codestream import frame_size
from annoconv_converters._dicom.elements import found_instead
from annoconv_converters._dicom.file import DAMAGE, Instance

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

__all__ = ["decoding_advice", "read_frames"]

_LONGEST_REASON: Final = 200
"""Characters of a decoder's own message."""

_DAMAGED: Final = Message("The file is damaged or cut off: fetch it again from where it was exported")


def decoding_advice(syntax: str | None, damaged: Message) -> Message:
    """Return what to do about pixels that cannot be decoded: install a decoder if there is none, else `damaged`."""
    try:
        if syntax is None or get_decoder(UID(syntax)).is_available:
            return damaged
    except NotImplementedError:
        return Message("Decompress the file first: nothing here decodes its transfer syntax {syntax}", syntax=syntax)
    return Message("A decoder of its transfer syntax is missing: pip install annoconv[codecs]")


def read_frames(instances: Sequence[Instance]) -> Iterator[NDArray[Any]]:
    """Yield the pixels of images or frames, each (j, i) or (j, i, sample); a file is read once for frames in a row."""
    dataset: pydicom.Dataset | None = None
    opened: Instance | None = None
    for instance in over(instances, Message("slices")):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                if dataset is None or opened is None or opened.path != instance.path:
                    dataset, opened = _opened(instance), instance
                yield pixel_array(dataset, index=None if instance.frame is None else instance.frame - 1)
        except DAMAGE as error:
            if isinstance(error, ImageError):
                raise
            reason = " ".join(str(error).split())[:_LONGEST_REASON]
            raise ImageError(
                Message("the pixels cannot be decoded ({reason})", reason=reason),
                source=instance.path,
                expected=Message("{columns} x {rows} pixels", columns=instance.size[0], rows=instance.size[1]),
                advice=decoding_advice(None if dataset is None else dataset.file_meta.TransferSyntaxUID, _DAMAGED),
                found=found_instead(error),
            ) from error


def _opened(instance: Instance) -> pydicom.Dataset:
    """Return a file with its pixels; refuse one whose first frame, or all frames, are larger than the header says."""
    dataset = pydicom.dcmread(instance.path)
    syntax = dataset.file_meta.TransferSyntaxUID
    if syntax.is_compressed and not syntax.is_deflated and syntax != RLELossless:
        size = frame_size(next(generate_frames(dataset.PixelData, number_of_frames=instance.frames)))
        if size != (*instance.size, dataset.SamplesPerPixel):
            raise ValueError(f"its frame is {size[0]} x {size[1]} with {size[2]} samples")
    elif instance.frames > 1 and syntax != RLELossless:  # else nothing tells where each frame begins
        columns, rows = instance.size
        needed = (columns * rows * dataset.SamplesPerPixel * dataset.BitsAllocated * instance.frames + 7) // 8
        if len(dataset.PixelData) > needed + needed % 2:
            raise ValueError(f"{len(dataset.PixelData)} bytes where {needed} are expected")
    return dataset
