"""COCO run lengths in numpy: encoded in bulk, decoded only after they are known to fit their image.

A mask is read column by column (Fortran order of its rows and columns). Its *counts* are the lengths of alternating
runs of background and foreground, background first, so that the first may be 0. The *string* holds the counts in base
32 with six bits a character from `0` to `o`, from the fourth on as differences to the count before the last.
Authority: `common/maskApi.c` of cocodataset/cocoapi, whose output is byte for byte the same. Coordinates are pixel
indices (row, column), zero-based; boxes are continuous, origin at the outer corner of the first pixel.

pycocotools is not used, since what it decodes is not checked against the image, so that a hostile string can crash the
process.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

from annoconv.advice import CORRECT_FILE, at_most
from annoconv.errors import InputError, LimitError
from annoconv.messages import Message

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

__all__ = [
    "MOST_PIXELS",
    "Counts",
    "Run",
    "area_of",
    "box_of",
    "compress",
    "compress_one",
    "counts_of",
    "counts_of_labels",
    "decode",
    "expand",
    "fitting",
    "runs_of",
]

Counts: TypeAlias = "NDArray[np.int64]"

MOST_PIXELS: Final = 1 << 28
"""Pixels of one mask that is drawn in memory: 16,384 by 16,384, one byte each."""
_WHOLE: Final = Message("a whole number from 0")
_CHUNK_VOXELS: Final = 1 << 21
"""Voxels that are looked at together; what numpy needs beside them stays in the processor's cache and in bounds."""
_BLOCK_COUNTS: Final = 1 << 17
"""Counts that are written together, for the same reason."""
_MOST_DIGITS: Final = 8
"""Characters of one number: 40 bits hold every count of an image of at most 2 ** 38 pixels and its sign."""


@dataclass(frozen=True, slots=True)
class Run:
    """The run lengths of one label on one slice.

    Attributes
    ----------
    slice_index
        Zero-based position along the first axis.
    label
        The voxels' value.
    counts
        Shape (runs,), int64.
    """

    slice_index: int
    label: int
    counts: Counts


def counts_of(mask_ji: NDArray[Any]) -> Counts:
    """Return the counts of one mask.

    Parameters
    ----------
    mask_ji
        Shape (rows, columns), any dtype; what is not 0 is foreground.

    Returns
    -------
    ndarray, shape (runs,), int64
        Background first; they sum to the number of pixels. Every count but the first is positive.
    """
    found = next(counts_of_labels((mask_ji != 0)[None]), None)
    return np.array([mask_ji.size], dtype=np.int64) if found is None else found.counts


def counts_of_labels(labels_kji: NDArray[Any]) -> Iterator[Run]:
    """Yield the counts of every label on every slice, by slice and label, without looking for labels first.

    Parameters
    ----------
    labels_kji
        Shape (slices, rows, columns), bool or unsigned integers; 0 is background.
    """
    slices, rows, columns = labels_kji.shape
    step = max(1, _CHUNK_VOXELS // max(1, rows * columns))
    for first in range(0, slices, step):
        yield from _counts_of_chunk(labels_kji[first : first + step], first)


def _counts_of_chunk(labels_kji: NDArray[Any], first: int) -> Iterator[Run]:
    slices, rows, columns = labels_kji.shape
    pixels = rows * columns
    filled = np.flatnonzero(labels_kji.reshape(slices, -1).any(axis=1))
    if not filled.size:
        return
    # Column by column, one slice behind the other.
    flat = (labels_kji if filled.size == slices else labels_kji[filled]).transpose(0, 2, 1).reshape(-1)
    is_start = np.empty(flat.size, dtype=np.bool_)
    np.not_equal(flat[1:], flat[:-1], out=is_start[1:])
    is_start[::pixels] = True
    starts = np.flatnonzero(is_start)
    labels = flat[starts]
    ends = np.append(starts[1:], flat.size)
    foreground = np.flatnonzero(labels)
    starts, ends, labels = starts[foreground], ends[foreground], labels[foreground].astype(np.int64)
    places, starts = np.divmod(starts, pixels)
    ends -= places * pixels
    keys = places * (int(labels.max()) + 1) + labels
    order = np.argsort(keys, kind="stable")
    starts, ends, keys = starts[order], ends[order], keys[order]
    heads = np.flatnonzero(np.concatenate(([True], keys[1:] != keys[:-1])))
    counts, borders = _alternating(starts, ends, heads, pixels)
    slice_indices = (filled[places[order][heads]] + first).tolist()
    for position, (slice_index, label) in enumerate(zip(slice_indices, labels[order][heads].tolist(), strict=True)):
        yield Run(slice_index, label, counts[borders[position] : borders[position + 1]])


def _alternating(starts: Counts, ends: Counts, heads: NDArray[np.intp], pixels: int) -> tuple[Counts, list[int]]:
    """Return the counts of all groups of foreground runs end to end, and where each group begins.

    Parameters
    ----------
    starts, ends
        Half-open runs, group by group, ascending within each.
    heads
        Position of the first run of each group.
    pixels
        Of the image.
    """
    sizes = np.diff(np.append(heads, starts.size))
    tails = heads + sizes - 1
    rest = pixels - ends[tails]
    lengths = 2 * sizes + (rest > 0)
    borders = np.concatenate(([0], np.cumsum(lengths)))
    counts = np.empty(int(borders[-1]), dtype=np.int64)
    # Runs of a group stand at 0, 2, 4 ... behind its border.
    within = np.arange(starts.size) - np.repeat(heads, sizes)
    places = np.repeat(borders[:-1], sizes) + 2 * within
    before = np.concatenate(([0], ends[:-1]))
    before[heads] = 0
    counts[places] = starts - before
    counts[places + 1] = ends - starts
    closed = rest > 0
    counts[borders[1:][closed] - 1] = rest[closed]
    return counts, borders.tolist()


def compress(many: Sequence[Counts]) -> list[bytes]:
    """Return the string of each of many counts, a block of them at once."""
    texts: list[bytes] = []
    block: list[Counts] = []
    held = 0
    for counts in many:
        block.append(counts)
        held += counts.size
        if held > _BLOCK_COUNTS:
            texts += _compress_block(block)
            block, held = [], 0
    return texts + _compress_block(block) if block else texts


def _compress_block(block: Sequence[Counts]) -> list[bytes]:
    sizes = np.fromiter((counts.size for counts in block), dtype=np.int64, count=len(block))
    borders = np.concatenate(([0], np.cumsum(sizes)))
    counts = np.concatenate(block)
    numbers = counts.copy()
    numbers[3:] -= counts[1:-2]
    for early in range(3):
        places = borders[:-1][sizes > early] + early
        numbers[places] = counts[places]
    columns: list[NDArray[np.intp]] = []
    digits: list[NDArray[np.int64]] = []
    lengths = np.ones(numbers.size, dtype=np.int64)
    going, rest = np.arange(numbers.size), numbers
    while going.size:
        low = rest & 31
        rest = rest >> 5
        more = rest != -(low >> 4)
        columns.append(going)
        digits.append(low + 32 * more + 48)
        going, rest = going[more], rest[more]
        lengths[going] += 1
    offsets = np.concatenate(([0], np.cumsum(lengths)))
    text = np.empty(int(offsets[-1]), dtype=np.uint8)
    for column, (places, digit) in enumerate(zip(columns, digits, strict=True)):
        text[offsets[places] + column] = digit
    written = text.tobytes()
    ends: list[int] = offsets[borders].tolist()
    return [written[start:end] for start, end in itertools.pairwise(ends)]


def compress_one(counts: Counts) -> bytes:
    """Return the string of counts."""
    return compress([counts])[0]


def expand(text: bytes, *, source: object = None, where: str | None = None) -> Counts:
    """Return the counts of a string; they are not yet known to fit an image.

    Raises
    ------
    InputError
        If a character is none of the sixty-four, a number does not end, or is too long.
    """
    characters = np.frombuffer(text, dtype=np.uint8).astype(np.int64) - 48
    if characters.size and (int(characters.min()) < 0 or int(characters.max()) > 63):
        strange = bytes(each for each in text if not 48 <= each <= 111)
        found, expected = strange[:20].decode("ascii", "backslashreplace"), Message("characters from 0 to o")
        raise _refusal("the run-length string holds a character that none can", source, where, found, expected)
    last = np.flatnonzero((characters & 32) == 0)
    if not characters.size or last.size == 0 or last[-1] != characters.size - 1:
        found, expected = Message("{count} characters", count=characters.size), Message("more, to the end of a number")
        raise _refusal("the run-length string is cut off", source, where, found, expected)
    first = np.concatenate(([0], last[:-1] + 1))
    lengths = last - first + 1
    if int(lengths.max()) > _MOST_DIGITS:
        found, expected = Message("{count} characters", count=int(lengths.max())), at_most(_MOST_DIGITS)
        raise _refusal("a number of the run-length string is too large", source, where, found, expected)
    shifts = 5 * (np.arange(characters.size) - np.repeat(first, lengths))
    numbers = np.add.reduceat((characters & 31) << shifts, first)
    numbers -= np.where(characters[last] & 16, np.int64(1) << (5 * lengths), 0)
    counts = numbers
    counts[1::2] = np.cumsum(numbers[1::2])
    counts[2::2] = np.cumsum(numbers[2::2])
    return counts


def fitting(counts: Any, size: tuple[int, int], *, source: object = None, where: str | None = None) -> Counts:
    """Return counts as an array once they are known to fit an image, whoever wrote them.

    Parameters
    ----------
    counts
        Whole numbers.
    size
        Rows and columns.

    Raises
    ------
    InputError
        If one is negative or no whole number, or they do not sum to the number of pixels.
    """
    if isinstance(counts, list):
        if not all(type(count) is int and 0 <= count < 1 << 40 for count in counts):
            strange = next(count for count in counts if type(count) is not int or not 0 <= count < 1 << 40)
            raise _refusal("this is no run length", source, where, str(strange)[:40], _WHOLE)
        counts = np.array(counts, dtype=np.int64)
    if counts.size and int(counts.min()) < 0:
        raise _refusal("this is no run length", source, where, int(counts.min()), _WHOLE)
    total, pixels = int(counts.sum()), size[0] * size[1]
    if total != pixels:
        expected = f"{size[0]} x {size[1]}"
        raise _refusal("the run lengths do not sum to the image", source, where, total, expected)
    return np.asarray(counts, dtype=np.int64)


def runs_of(counts: Counts) -> tuple[Counts, Counts]:
    """Return start and end (half open) of each foreground run that is not empty, in column-major pixel indices."""
    ends = np.cumsum(counts)
    starts, ends = ends[0:-1:2], ends[1::2]
    real = ends > starts
    return starts[real], ends[real]


def decode(counts: Counts, size: tuple[int, int]) -> NDArray[np.bool_]:
    """Return the mask of counts that fit an image.

    Parameters
    ----------
    counts
        From `fitting`, `counts_of` or `rasterise`.
    size
        Rows and columns.

    Returns
    -------
    ndarray, shape (rows, columns), bool
        In Fortran order.

    Raises
    ------
    LimitError
        If the image has more than `MOST_PIXELS` pixels; nothing is allocated.
    """
    rows, columns = size
    if rows * columns > MOST_PIXELS:
        raise LimitError(
            "the mask is too large to be drawn",
            found=Message("{rows} x {columns} pixels", rows=rows, columns=columns),
            expected=Message("at most {count} pixels", count=MOST_PIXELS),
            advice="Cut the picture into tiles",
        )
    values = np.zeros(counts.size, dtype=np.bool_)
    values[1::2] = True
    return np.repeat(values, counts).reshape(columns, rows).T


def area_of(counts: Counts) -> int:
    """Return the number of foreground pixels."""
    return int(counts[1::2].sum())


def box_of(counts: Counts, rows: int) -> tuple[int, int, int, int]:
    """Return `x_min, y_min, x_max, y_max` of the foreground, continuous pixels; zeros if it is empty."""
    starts, ends = runs_of(counts)
    if not starts.size:
        return 0, 0, 0, 0
    last = ends - 1
    columns, column_of_last = starts // rows, last // rows
    if bool((columns != column_of_last).any()):
        top, bottom = 0, rows
    else:
        top, bottom = int((starts % rows).min()), int((last % rows).max()) + 1
    return int(columns[0]), top, int(column_of_last[-1]) + 1, bottom


def _refusal(problem: str, source: object, where: str | None, found: object, expected: object) -> InputError:
    named = None if source is None else str(source)
    return InputError(problem, source=named, where=where, found=found, expected=expected, advice=CORRECT_FILE)
