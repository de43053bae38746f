"""Run lengths of pictures of any size: made of what a mask covers, and read to that, without the picture in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from annoconv.volumes.foreground import Foreground, in_rows
from annoconv_converters._raster.run_lengths import Run, runs_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from annoconv_converters._raster.run_lengths import Counts

__all__ = ["counts_by_row", "counts_in", "foreground_by_row", "foreground_of", "labels_in"]


def foreground_of(many: Iterable[Counts], size: tuple[int, int]) -> Foreground:
    """Return what masks of one picture cover together.

    Parameters
    ----------
    many
        Counts that fit the picture.
    size
        Its rows and columns.

    Returns
    -------
    Foreground
        Of one slice (1, rows, columns), bool.
    """
    rows, columns = size
    found = [runs_of(counts) for counts in many]
    starts, stops = (np.concatenate([np.zeros(0, np.int64), *(each[n] for each in found)]) for n in (0, 1))
    order = np.argsort(starts, kind="stable")
    starts, stops = starts[order], np.maximum.accumulate(stops[order])
    is_first = np.append(True, starts[1:] > stops[:-1])[: starts.size]
    starts, stops = in_rows(starts[is_first], stops[np.append(is_first[1:], True)[: starts.size]], rows)
    return Foreground((1, columns, rows), starts, stops, np.ones(starts.shape, dtype=np.bool_)).transposed()


def labels_in(found: Foreground) -> Iterator[Run]:
    """Yield the counts of every label of one slice, as `run_lengths.counts_of_labels` does."""
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
