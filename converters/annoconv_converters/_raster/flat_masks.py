"""Run lengths of pictures of any size: made of what a mask covers, and read to that, without the picture in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from annoconv.errors import LimitError
from annoconv.messages import Message
from annoconv.volumes.foreground import Foreground, in_rows
from annoconv_converters._raster.run_lengths import Run, area_of, runs_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from annoconv_converters._raster.run_lengths import Counts

__all__ = [
    "MOST_COVERED",
    "check_covered",
    "counts_by_row",
    "counts_in",
    "foreground_by_row",
    "foreground_of",
    "labels_in",
]

MOST_COVERED: Final = 1 << 31
"""Pixels of a mask of one picture, however large that is: work and memory grow with them."""


def check_covered(pixels: int, path: Path | None) -> None:
    """Raise LimitError if a mask of a picture covers more than is drawn, or read."""
    if pixels > MOST_COVERED:
        raise LimitError(
            "the mask is too large to be drawn",
            source=path,
            found=Message("{count} pixels", count=pixels),
            expected=Message("at most {count} pixels", count=MOST_COVERED),
            advice="Write it as a file of a volume: to-nifti or to-dicom-seg",
        )


def foreground_of(many: Iterable[Counts], size: tuple[int, int], path: Path | None = None) -> Foreground:
    """Return what masks of one picture cover together.

    Parameters
    ----------
    many
        Counts that fit the picture.
    size
        Its rows and columns.
    path
        Where they come from, for messages.

    Returns
    -------
    Foreground
        Of one slice (1, rows, columns), bool.

    Raises
    ------
    LimitError
        If they cover more than `MOST_COVERED` pixels; nothing is drawn.
    """
    rows, columns = size
    many = list(many)
    check_covered(sum(map(area_of, many)), path)
    found = [runs_of(counts) for counts in many]
    starts, stops = (np.concatenate([np.zeros(0, np.int64), *(each[n] for each in found)]) for n in (0, 1))
    order = np.argsort(starts, kind="stable")
    starts, stops = starts[order], np.maximum.accumulate(stops[order])
    is_first = np.append(True, starts[1:] > stops[:-1])[: starts.size]
    starts, stops = in_rows(starts[is_first], stops[np.append(is_first[1:], True)[: starts.size]], rows)
    return Foreground((1, columns, rows), starts, stops, np.ones(starts.shape, dtype=np.bool_)).transposed()


def labels_in(found: Foreground) -> Iterator[Run]:
    """Yield the counts of every label of one slice, as `run_lengths.counts_of_labels` does; LimitError as above."""
    check_covered(found.voxels, None)
    turned = found.transposed()
    for label in turned.boxes():
        yield Run(0, label, _counts(turned.of(label)))


def counts_in(found: Foreground) -> Counts:
    """Return the counts of all that is not 0 of one slice."""
    return _counts(found.transposed())


def counts_by_row(found: Foreground, box: tuple[int, int, int, int]) -> Counts:
    """Return the lengths of runs, row by row, within a box `x, y, width, height` that holds the mask."""
    (x, y, width, height), columns = box, found.shape_kji[2]
    lines, begins = np.divmod(found.starts, columns)
    moved = (lines - y) * width + begins - x - found.starts
    return _counts(Foreground((1, height, width), found.starts + moved, found.stops + moved, found.values))


def foreground_by_row(counts: Counts, box: tuple[int, int, int, int], size: tuple[int, int]) -> Foreground:
    """Return the mask of a picture (rows, columns) of which such lengths are told."""
    (x, y, width, _), columns = box, size[1]
    starts, stops = in_rows(*runs_of(counts), width)
    moved = (y + starts // width) * columns + x + starts % width - starts
    return Foreground((1, *size), starts + moved, stops + moved, np.ones(starts.shape, dtype=np.bool_))


def _counts(turned: Foreground) -> Counts:
    """Return the lengths of runs and of what is between; a run may go over the end of a column."""
    pixels = turned.shape_kji[1] * turned.shape_kji[2]
    apart = turned.starts[1:] != turned.stops[:-1]
    borders = np.empty(2 * np.count_nonzero(apart) + 2 * bool(turned.starts.size) + 2, dtype=np.int64)
    borders[0], borders[-1] = 0, pixels
    if turned.starts.size:
        borders[1:-1:2] = turned.starts[np.append(True, apart)]
        borders[2:-1:2] = turned.stops[np.append(apart, True)]
    counts = np.diff(borders)
    return counts if counts[-1] or counts.size == 1 else counts[:-1]
