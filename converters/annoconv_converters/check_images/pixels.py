"""What the pixels of slices say to the checks: each is read once, and only these few numbers are kept."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from annoconv.advice import COPY_AGAIN
from annoconv.errors import AnnoconvError, ImageError
from annoconv.messages import Message
from annoconv_converters._dicom.elements import file_start, is_encapsulated, walk
from annoconv_converters._dicom.lengths import PIXELS
from annoconv_converters._dicom.pixels import read_frames
from annoconv_converters.check_images.description import SlicePixels
from annoconv_converters.check_images.scan import unknown_syntax

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from annoconv_converters._dicom.file import Instance
    from annoconv_converters.check_images.description import Slice

__all__ = ["measure", "read_pixels"]

_THUMBNAIL: Final = 64
"""Pixels along each axis of what is kept of a slice."""
_BRIGHT: Final = 0.95
_VALUES: Final = {8: "u1", 16: "u2", 32: "u4"}


def measure(pixels_ji: NDArray[Any], padding: tuple[float, float] | None = None) -> SlicePixels:
    """Return what is kept of a slice; `padding` is the range of values that stand for no pixel, ends included."""
    if pixels_ji.ndim == 3:
        pixels_ji = pixels_ji.mean(axis=2, dtype=np.float32)
    low, high = float(pixels_ji.min()), float(pixels_ji.max())
    if padding is not None and (padding[0] <= low <= padding[1] or padding[0] <= high <= padding[1]):
        inside = pixels_ji[(pixels_ji < padding[0]) | (pixels_ji > padding[1])]
        low, high = (float(inside.min()), float(inside.max())) if inside.size else (0.0, 0.0)
        pixels_ji = np.where((pixels_ji < padding[0]) | (pixels_ji > padding[1]), pixels_ji, pixels_ji.dtype.type(low))
    thumbnail = shrunk(pixels_ji)
    bright = np.partition(thumbnail.ravel(), at := int(thumbnail.size * _BRIGHT))[at]
    return SlicePixels(low, high, float(bright), thumbnail)


def shrunk(pixels_ji: NDArray[Any]) -> NDArray[np.float32]:
    """Return means of blocks of equal size; what is left at the ends is cut off."""
    rows, columns = pixels_ji.shape
    down, across = max(1, rows // _THUMBNAIL), max(1, columns // _THUMBNAIL)
    cut = pixels_ji[: rows // down * down, : columns // across * across].astype(np.float32)
    bands = cut.reshape(rows // down, down, -1).sum(axis=1)
    means: NDArray[np.float32] = bands.reshape(rows // down, columns // across, across).mean(axis=2)
    return means / np.float32(down)


def read_pixels(slices: Sequence[Slice], instances: dict[Path, Instance]) -> Iterator[tuple[Slice, SlicePixels]]:
    """Yield what the pixels of each slice say; slices of files that are cut off are left out."""
    opened: tuple[Path, NDArray[Any] | None] | None = None
    for each in slices:
        if each.shortage is not None:
            continue
        try:
            problem = unknown_syntax(each.text.get("TransferSyntaxUID", ""))
            if problem is not None:
                raise ImageError(
                    problem, found=Message("a private one"), expected="one of PS3.5 Annex A", advice=COPY_AGAIN
                )
            if opened is None or opened[0] != each.path:
                opened = each.path, _stored(each, instances[each.path])
            frames = opened[1]
            if frames is None:
                one = instances[each.path]
                if one.frames > 1 or each.frame is not None:
                    one = _frame_of(one, each.frame or 0)
                pixels_ji = next(iter(read_frames([one])))
            else:
                pixels_ji = frames[each.frame or 0]
            yield each, measure(pixels_ji, _padding(each))
        except (AnnoconvError, ValueError, IndexError, OverflowError) as error:
            told = (
                error
                if isinstance(error, AnnoconvError)
                else ImageError(
                    Message("the pixels are damaged"),
                    found=type(error).__name__,
                    expected="pixels as the header describes them",
                    advice=COPY_AGAIN,
                )
            )
            yield each, SlicePixels(0, 0, 0, np.zeros((1, 1), np.float32), told)


def _frame_of(instance: Instance, number: int) -> Instance:
    from dataclasses import replace

    return replace(instance, frame=number + 1)


def _padding(one: Slice) -> tuple[float, float] | None:
    """Return the range of padding values, as stored."""
    first = one.number("PixelPaddingValue")
    if first is None:
        return None
    last = one.number("PixelPaddingRangeLimit")
    ends = [first, first if last is None else last]
    if one.text.get("PixelRepresentation") == "1":
        ends = [each - 65536 if each > 32767 else each for each in ends]
    return min(ends), max(ends)


def _stored(one: Slice, instance: Instance) -> NDArray[Any] | None:
    """Return the frames of a file whose pixels stand there plainly, shape (frame, j, i); None of others."""
    import mmap

    syntax = one.text.get("TransferSyntaxUID", "")
    bits, samples = int(one.number("BitsAllocated") or 0), int(one.number("SamplesPerPixel") or 1)
    columns, rows = one.size
    if is_encapsulated(syntax) or syntax.endswith(".1.99") or bits not in _VALUES or samples != 1:
        return None
    with one.path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as whole:
        start = file_start(whole)
        if start is None:
            return None
        at = start.data_set
        for each in walk(whole, at, len(whole), start.encoding):
            if each.tag == PIXELS:
                kind = _VALUES[bits].replace("u", "i" if one.text.get("PixelRepresentation") == "1" else "u")
                count = instance.frames * rows * columns
                if math.prod((instance.frames, rows, columns)) * bits // 8 > each.value_end - each.value:
                    return None
                values = np.frombuffer(whole[each.value : each.value_end], f"{start.encoding.order}{kind}", count)
                values = _without_overlay(values, int(one.number("BitsStored") or bits))
                return values.reshape(instance.frames, rows, columns)
    return None


def _without_overlay(values: NDArray[Any], stored: int) -> NDArray[Any]:
    """Return values without what stands in the bits above those stored: overlays, in older files (PS3.5 8.1.1)."""
    bits = values.dtype.itemsize * 8
    is_signed = values.dtype.kind == "i"
    highest = (1 << (stored - is_signed)) - 1
    if not 0 < stored < bits or (values.max(initial=0) <= highest and values.min(initial=0) >= -highest - 1):
        return values
    return (values << (bits - stored)) >> (bits - stored)
