"""The voxels of a volume that are not 0, as runs of one value: memory by what is covered, not by how large it is.

A mask covers little of its volume, and what is long is alike along i. Its runs are found while its file is inflated,
piece by piece, so that the volume itself is never held; labels, boxes, tiles and files are made of them. Positions are
voxels in C-order `(k, j, i)`, zero-based, and no run goes over the end of a row.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

from annoconv.files.inflate import PIECE_BYTES, ZEROS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from numpy.typing import DTypeLike, NDArray

    from annoconv.volumes.label_boxes import Box

__all__ = ["Foreground", "Runs", "find_foreground", "in_rows", "joined", "runs_of"]

Runs: TypeAlias = "tuple[NDArray[np.int64], NDArray[np.int64], NDArray[Any]]"
"""Starts, stops and values."""
_BLOCK_BYTES: Final = 4096
_TILE: Final = 512
"""Rows and columns."""
_RUN_BYTES: Final = 16
"""A start and a stop."""


@dataclass(frozen=True, eq=False)
class Foreground:
    """Runs of one value, ascending, none of which shares a voxel with another.

    Attributes
    ----------
    shape_kji
        Of the volume.
    starts, stops
        Shape (runs,), int64: first voxel of each run, and the one after its last.
    values
        Shape (runs,), bool or unsigned; none is 0.
    """

    shape_kji: tuple[int, int, int]
    starts: NDArray[np.int64]
    stops: NDArray[np.int64]
    values: NDArray[Any]

    @property
    def nbytes(self) -> int:
        """Memory that the runs take."""
        return self.starts.nbytes + self.stops.nbytes + self.values.nbytes

    @property
    def voxels(self) -> int:
        """Voxels of all runs."""
        return int((self.stops - self.starts).sum())

    @property
    def largest(self) -> int:
        """The largest value; 0 if there is none."""
        return int(self.values.max(initial=0))

    def __getitem__(self, runs: slice) -> Foreground:
        """Return some of the runs."""
        return Foreground(self.shape_kji, self.starts[runs], self.stops[runs], self.values[runs])

    def boxes(self) -> dict[int, Box]:
        """Return every label, ascending, with the smallest box that holds it, as half-open slices (k, j, i)."""
        if not self.values.size:
            return {}
        order, values = self._by_value
        firsts = np.flatnonzero(np.append(True, values[1:] != values[:-1]))
        rows, columns = self.shape_kji[1:]
        lines, begins = np.divmod(self.starts[order], columns)
        ends = begins + (self.stops - self.starts)[order]
        k_all, j_all = np.divmod(lines, rows)
        bounds = [(np.minimum.reduceat(each, firsts), np.maximum.reduceat(each, firsts) + 1) for each in (k_all, j_all)]
        bounds.append((np.minimum.reduceat(begins, firsts), np.maximum.reduceat(ends, firsts)))
        sides = [map(slice, first.tolist(), last.tolist()) for first, last in bounds]
        return dict(zip(values[firsts].tolist(), zip(*sides, strict=True), strict=True))

    def of(self, value: int | None) -> Foreground:
        """Return the voxels of a value, or all that are not 0, as a mask."""
        if value is None:
            return Foreground(self.shape_kji, self.starts, self.stops, np.ones(self.values.shape, dtype=np.bool_))
        order, values = self._by_value
        chosen = order[slice(*np.searchsorted(values, [value, value + 1]))]
        return Foreground(self.shape_kji, self.starts[chosen], self.stops[chosen], np.ones(chosen.size, np.bool_))

    def renumbered(self, numbers: Mapping[int, int], dtype: DTypeLike | None = None) -> Foreground:
        """Return the voxels with other labels; those of a label that has none are background."""
        old = np.array(sorted(numbers), dtype=np.int64)
        at = np.searchsorted(old, self.values)
        known = np.append(old, -1)[at] == self.values
        new = np.array([numbers[value] for value in old.tolist()], dtype or np.min_scalar_type(max(numbers.values())))
        return Foreground(self.shape_kji, self.starts[known], self.stops[known], new[at[known]])

    @cached_property
    def _by_value(self) -> tuple[NDArray[np.int64], NDArray[Any]]:
        """Return the runs of each value together, ascending, and their values."""
        order = np.argsort(self.values, kind="stable")
        return order, self.values[order]

    def inside(self, box: Box) -> NDArray[Any]:
        """Return the voxels in a box, shape (k, j, i) of the box."""
        (_, rows, columns), (k, j, i), dtype = self.shape_kji, box, self.values.dtype
        if k.stop - k.start == 1:
            flat = self.part((k.start * rows + j.start) * columns, (k.start * rows + j.stop) * columns, dtype)
            return flat.reshape(1, -1, columns)[:, :, i]
        return self.part(k.start * rows * columns, k.stop * rows * columns, dtype).reshape(-1, rows, columns)[:, j, i]

    def dense(self, dtype: np.dtype[Any] | None = None) -> NDArray[Any]:
        """Return the whole volume, which takes memory where there is foreground."""
        whole = np.zeros(self.shape_kji, dtype=dtype or self.values.dtype)
        flat, at = whole.reshape(-1), 0
        for piece in self.pieces(whole.dtype):
            size = len(piece) // whole.itemsize
            if not isinstance(piece, bytes):
                flat[at : at + size] = np.frombuffer(piece, dtype=whole.dtype)
            at += size
        return whole

    def cut(self, columns: int, rows: int) -> tuple[NDArray[np.int64], Foreground]:
        """Return the runs of each tile of this size together, as those of planes of one tile each.

        Returns
        -------
        ndarray, shape (runs,), int64
            Number of the tile, ascending: those of a row of tiles follow each other, the tiles begin at the corner.
        Foreground
            Runs within the tile.
        """
        lines, begins = np.divmod(self.starts, self.shape_kji[2])
        ends = begins + (self.stops - self.starts)
        first = begins // columns
        parts = (ends - 1) // columns - first + 1
        run = np.repeat(np.arange(parts.size), parts)
        across = first[run] + np.arange(run.size) - np.repeat(np.cumsum(parts) - parts, parts)
        tiles = lines[run] // rows * -(-self.shape_kji[2] // columns) + across
        order = np.argsort(tiles, kind="stable")
        run, left = run[order], across[order] * columns
        within = lines[run] % rows * columns - left
        starts, stops = within + np.maximum(begins[run], left), within + np.minimum(ends[run], left + columns)
        return tiles[order], Foreground((1, rows, columns), starts, stops, self.values[run])

    def transposed(self) -> Foreground:
        """Return the one slice of the volume with its rows as columns, tile by tile."""
        (_, rows, columns), found = self.shape_kji, list[Runs]()
        numbers, runs = self.cut(_TILE, _TILE)
        borders = [*np.flatnonzero(np.append(True, numbers[1:] != numbers[:-1])[: numbers.size]).tolist(), numbers.size]
        for first, last in pairwise(borders):
            row, column = (each * _TILE for each in divmod(int(numbers[first]), -(-columns // _TILE)))
            starts, stops, values = runs_of(runs[first:last].dense()[0].T.reshape(-1), _TILE)
            moved = (column + starts // _TILE) * rows + row + starts % _TILE - starts
            found.append((starts + moved, stops + moved, values))
        turned = joined((1, columns, rows), found)
        if turned is None:
            raise RuntimeError("tiles share no voxel")
        return turned

    def part(self, first: int, last: int, dtype: np.dtype[Any]) -> NDArray[Any]:
        """Return voxels `first` to `last` (exclusive) of the volume, shape (last - first,)."""
        at, end = np.searchsorted(self.stops, first, "right"), np.searchsorted(self.starts, last)
        starts, stops = self.starts[at:end].clip(first, last) - first, self.stops[at:end].clip(first, last) - first
        borders = np.empty(2 * starts.size + 2, dtype=np.int64)
        borders[0], borders[-1] = 0, last - first
        borders[1:-1:2], borders[2:-1:2] = starts, stops
        values = np.zeros(2 * starts.size + 1, dtype=dtype)
        values[1::2] = self.values[at:end]
        return np.repeat(values, np.diff(borders))

    def pieces(self, dtype: np.dtype[Any]) -> Iterator[memoryview | bytes]:
        """Yield the voxels as the bytes of a file, piece by piece; one without foreground is `ZEROS`."""
        size = PIECE_BYTES // dtype.itemsize
        total = math.prod(self.shape_kji)
        count = -(-total // size)
        begin, end = (np.bincount(each // size, minlength=count + 1) for each in (self.starts, self.stops - 1))
        begin[1:] -= end[:-1]
        for piece, is_covered in enumerate((np.cumsum(begin) > 0)[:count].tolist()):
            first, last = piece * size, min((piece + 1) * size, total)
            if is_covered:
                yield self.part(first, last, dtype).data.cast("B")
            else:
                yield ZEROS if last - first == size else ZEROS[: (last - first) * dtype.itemsize]


def in_rows(starts: NDArray[np.int64], stops: NDArray[np.int64], columns: int) -> tuple[NDArray[np.int64], ...]:
    """Return starts and stops of runs that are cut where rows end."""
    rows = starts // columns
    parts = (stops - 1) // columns - rows + 1
    run = np.repeat(np.arange(parts.size), parts)
    row = rows[run] + np.arange(run.size) - np.repeat(np.cumsum(parts) - parts, parts)
    return np.maximum(starts[run], row * columns), np.minimum(stops[run], (row + 1) * columns)


def joined(shape_kji: tuple[int, int, int], found: Sequence[Runs]) -> Foreground | None:
    """Return runs in any order as those of a volume, those that touch as one; None if two share a voxel."""
    starts, stops, values = _concatenated(found)
    order = np.argsort(starts, kind="stable")
    starts, stops, values = starts[order], stops[order], values[order]
    return None if (starts[1:] < stops[:-1]).any() else _touching(shape_kji, starts, stops, values)


def _touching(shape_kji: tuple[int, int, int], *runs: *Runs) -> Foreground:
    """Return ascending runs, those of one value and one row that touch as one."""
    starts, stops, values = runs
    if not starts.size:
        return Foreground(shape_kji, starts, stops, values)
    is_row = starts[1:] % shape_kji[2] == 0
    is_first = np.append(True, is_row | (starts[1:] != stops[:-1]) | (values[1:] != values[:-1]))
    return Foreground(shape_kji, starts[is_first], stops[np.append(is_first[1:], True)], values[is_first])


def _concatenated(found: Sequence[Runs]) -> Runs:
    if not found:
        return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.bool_)
    starts, stops, values = (np.concatenate(each) for each in zip(*found, strict=True))
    return starts, stops, values


def find_foreground(
    pieces: Iterable[bytes | memoryview],
    shape_kji: tuple[int, int, int],
    dtype: np.dtype[Any],
    labels: Callable[[NDArray[Any]], NDArray[Any]],
) -> Foreground | None:
    """Return the voxels of a file that are not 0; None if they are no labels, or the volume itself takes less memory.

    Parameters
    ----------
    pieces
        The voxels as the file has them, from the first one on; read to the end unless they cover too much.
    shape_kji
        Of the volume.
    dtype
        As stored.
    labels
        Makes labels of stored values, one of which is 0; floats if they are none.
    """
    most = math.prod(shape_kji) * dtype.itemsize // (2 * (_RUN_BYTES + dtype.itemsize))
    found: list[Runs] = []
    count = 0
    for first, voxels in _whole_voxels(pieces, dtype):
        for runs in _in_blocks(voxels, shape_kji[2], first):
            count += runs[0].size
            found.append(runs)
        if count > most:
            return None
    starts, stops, stored = _concatenated(found)
    stored = np.append(np.zeros(1, dtype), stored).astype(dtype.newbyteorder("="), copy=False)
    values = labels(stored)[1:]
    if values.dtype.kind == "f":
        return None
    kept = slice(None) if values.all() else values != 0
    return _touching(shape_kji, starts[kept], stops[kept], values[kept])


def _in_blocks(voxels: NDArray[Any], columns: int, first: int) -> Iterator[Runs]:
    """Yield the runs of a piece, of which only the blocks are looked at that are not 0 all through."""
    size = _BLOCK_BYTES // voxels.itemsize
    blocks = voxels[: voxels.size // size * size].reshape(-1, size)
    covered = np.flatnonzero(np.bitwise_or.reduce(blocks.view(np.uint64), axis=1))
    if covered.size:
        flat = blocks[covered].reshape(-1)
        at = np.full(len(blocks), -1)
        at[covered] = np.arange(covered.size)
        rows = np.arange(-first % columns, blocks.size, columns)
        place = at[rows // size]
        row_starts = (place * size + rows % size)[place >= 0]
        starts, stops, values = _runs(flat, slice(None, None, size), row_starts)
        moved = first + (covered - np.arange(covered.size))[starts // size] * size
        yield starts + moved, stops + moved, values
    if blocks.size < voxels.size and (rest := voxels[blocks.size :]).any():
        yield runs_of(rest, columns, first + blocks.size)


def _whole_voxels(pieces: Iterable[bytes | memoryview], dtype: np.dtype[Any]) -> Iterator[tuple[int, NDArray[Any]]]:
    """Yield pieces as voxels, each with the number of its first; a voxel may stand in two pieces."""
    first, rest = 0, b""
    for piece in pieces:
        if rest:
            piece = rest + bytes(piece)
        count = len(piece) // dtype.itemsize
        rest = bytes(memoryview(piece)[count * dtype.itemsize :])
        yield first, np.frombuffer(piece, dtype=dtype, count=count)
        first += count


def runs_of(voxels: NDArray[Any], columns: int, first: int = 0) -> Runs:
    """Return starts, stops and values of the runs of a piece that are not 0.

    Parameters
    ----------
    voxels
        Shape (voxels,).
    columns
        Voxels of a row.
    first
        Number of the first voxel of the piece.
    """
    starts, stops, values = _runs(voxels, slice(-first % columns, None, columns))
    return starts + first, stops + first, values


def _runs(voxels: NDArray[Any], *begins: Any) -> Runs:
    """Return the runs that are not 0, each of which ends where another one begins or at one of these indices."""
    is_start = np.empty(voxels.shape, dtype=np.bool_)
    is_start[:1] = True
    np.not_equal(voxels[1:], voxels[:-1], out=is_start[1:])
    for each in begins:
        is_start[each] = True
    starts = np.flatnonzero(is_start)
    values = voxels[starts]
    stops = np.append(starts[1:], voxels.size)
    kept = values != 0
    return starts[kept], stops[kept], values[kept]
