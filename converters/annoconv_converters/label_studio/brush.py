"""Masks of Label Studio's brush: run lengths over four samples a pixel, of which the fourth says what is painted.

A stream of bits, the most significant first: 32 of how many samples there are, 5 of how many bits a sample has less
one, four times 4 of how many bits each kind of length has less one; then of each run 1 whether one sample is repeated,
2 of the kind of length, the length less one, and the sample or the samples. Row by row. Authority: the package
`@thi.ng/rle-pack`; HumanSignal/label-studio-sdk, `converter/brush.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from annoconv.advice import CORRECT_FILE, at_most
from annoconv.documents.json_values import json_type
from annoconv.errors import InputError, LimitError
from annoconv.messages import Message
from annoconv_converters._raster.run_lengths import MOST_PIXELS

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["decode_brush"]

_MOST_RUNS: Final = 1 << 18
_SAMPLES: Final = 4
"""Of a pixel: red, green, blue, and how much is painted."""


def decode_brush(rle: Any, size: tuple[int, int], path: Path, where: str) -> NDArray[np.bool_]:
    """Return where a brush mask is painted, shape (rows, columns).

    Raises
    ------
    InputError
        If it is damaged or not of the picture's size.
    LimitError
        If it is larger than a brush ever is.
    """
    pixels = size[0] * size[1]
    if pixels > MOST_PIXELS:
        raise LimitError(
            "the mask is too large",
            source=path,
            where=where,
            found=Message("{rows} x {columns} pixels", rows=size[0], columns=size[1]),
            expected=Message("at most {count} pixels", count=MOST_PIXELS),
            advice="Cut the picture into tiles",
        )
    if not isinstance(rle, list) or not all(type(byte) is int and 0 <= byte < 256 for byte in rle):
        raise InputError(
            "this is no brush mask",
            source=path,
            where=where,
            found=json_type(rle),
            expected="a list of bytes, 0 to 255",
            advice=CORRECT_FILE,
        )
    stream = _Bits(bytes(rle))
    painted = np.zeros(pixels, dtype=np.bool_)
    try:
        count, word = stream.take(32), stream.take(5) + 1
        widths = [stream.take(4) + 1 for _ in range(4)]
        if count != _SAMPLES * pixels:
            problem = "the brush mask is not of the picture's size"
            raise InputError(
                problem, source=path, where=where, found=count, expected=_SAMPLES * pixels, advice=CORRECT_FILE
            )
        place = runs = 0
        while place < count:
            runs += 1
            if runs > _MOST_RUNS:
                problem = "the brush mask has too many runs"
                raise LimitError(
                    problem, source=path, where=where, found=runs, expected=at_most(_MOST_RUNS), advice=CORRECT_FILE
                )
            is_run = stream.take(1)
            length = stream.take(widths[stream.take(2)]) + 1
            first, last = place // _SAMPLES, (place + length) // _SAMPLES
            if is_run:
                if stream.take(word):
                    painted[first : min(last, pixels)] = True
            else:
                words = stream.words(length, word)[(_SAMPLES - 1 - place) % _SAMPLES :: _SAMPLES]
                painted[first : first + len(words)] = words[: pixels - first]
            place += length
        if place != count:
            problem = "the runs of the brush mask do not sum to its samples"
            raise InputError(problem, source=path, where=where, found=place, expected=count, advice=CORRECT_FILE)
    except EOFError as error:
        raise InputError(
            "the brush mask ends early",
            source=path,
            where=where,
            found=Message("{count} bytes", count=len(rle)),
            expected="bytes to the end of its runs",
            advice="Copy it again from where it is whole",
        ) from error
    return painted.reshape(size)


class _Bits:
    """Numbers of a few bits each, the most significant first."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, width: int) -> int:
        end = self._advance(width)
        first, last = (end - width) // 8, (end + 7) // 8
        number = int.from_bytes(self._data[first:last], "big") >> (8 * last - end)
        return number & ((1 << width) - 1)

    def words(self, count: int, width: int) -> NDArray[np.bool_]:
        """Return of so many numbers whether each is not 0."""
        end = self._advance(count * width)
        first = (end - count * width) // 8
        bits = np.unpackbits(np.frombuffer(self._data, dtype=np.uint8)[first : (end + 7) // 8])
        skipped = end - count * width - 8 * first
        return np.asarray(bits[skipped : skipped + count * width].reshape(count, width).any(axis=1))

    def _advance(self, width: int) -> int:
        self._at += width
        if self._at > 8 * len(self._data):
            raise EOFError
        return self._at
