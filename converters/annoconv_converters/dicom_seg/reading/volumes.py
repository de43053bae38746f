"""Segments as lazy volumes: bits of one, labels of all, or fractions of one; and all of them in one pass over the file.

Arrays are C-order (slice, row, column). Every frame is looked at once, and of its packed bits only those between the
first and the last that is set are unpacked.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from annoconv.advice import SAVE_AGAIN
from annoconv.errors import LimitError, MaskError
from annoconv.geometry import GridKind, apply_relation
from annoconv.limits import Limits
from annoconv.messages import Message
from annoconv.volumes.foreground import joined, runs_of
from annoconv.volumes.voxel_values import check_held
from annoconv_converters._dicom.runs import run_starts, set_span
from annoconv_converters.dicom_seg.frame_grid import relation_to
from annoconv_converters.dicom_seg.kinds import Kind
from annoconv_converters.dicom_seg.mapping import backgrounds_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from annoconv.geometry import Grid
    from annoconv.volumes.foreground import Foreground, Runs
    from annoconv_converters.dicom_seg.frame_grid import FrameGrid
    from annoconv_converters.dicom_seg.reading.file import SegmentationFile

__all__ = ["LabelVolume", "SegmentVolume", "check_size", "fractional_segments"]


def check_size(frame_grid: FrameGrid, limits: Limits, path: Path) -> None:
    """Refuse a grid of more voxels than the limits allow."""
    voxels = math.prod(frame_grid.grid.shape)
    if voxels > limits.mask_voxels:
        raise LimitError("too many voxels", source=path, found=voxels, expected=limits.mask_voxels, limit="mask_voxels")


@dataclass(eq=False)
class _Frames:
    """The frames of a segmentation, and the grid that they are read on.

    Attributes
    ----------
    file
        The segmentation.
    frame_grid
        Where its frames lie.
    grid
        The grid on which it is read: the segmentation's own, or one on the same lattice.
    limits
        Bound of an array.
    """

    file: SegmentationFile
    frame_grid: FrameGrid
    grid: Grid
    limits: Limits = field(default_factory=Limits, kw_only=True)

    @property
    def path(self) -> Path:
        """The segmentation file."""
        return self.file.path

    def _targets(self, volume_kji: NDArray[Any], numbers: NDArray[np.int64]) -> Iterator[tuple[int, NDArray[Any]]]:
        """Yield for each frame its slice, and the part of a volume on the own grid that it fills."""
        planes = self.file.table.planes[numbers].tolist()
        rows, columns = self.file.pixels.rows, self.file.pixels.columns
        for plane in planes:
            k = int(self.frame_grid.slices[plane])
            if self.frame_grid.tiles is None:
                yield k, volume_kji[k]
            else:
                column, row = self.frame_grid.tiles[plane]
                yield plane, volume_kji[0, row : row + rows, column : column + columns]

    def _empty(self, dtype: np.dtype[Any]) -> NDArray[Any]:
        shape_kji = self.frame_grid.grid.shape_kji
        check_held(math.prod(shape_kji) * dtype.itemsize, self.path, self.limits)
        return np.zeros(shape_kji, dtype=dtype)

    @property
    def _is_sparse(self) -> bool:
        """Whether its frames are tiles of the very matrix that is asked for, of which no array is to be made."""
        if self.frame_grid.tiles is None:
            return False
        return relation_to(self.frame_grid.grid, self.grid).kind is GridKind.SAME

    def _in_matrix(self, plane: int, frame: NDArray[Any]) -> Runs:
        """Return the runs of a frame, shape (rows * columns,), in the matrix; what lies beyond that is no part."""
        columns, (_, height, width) = self.file.pixels.columns, self.frame_grid.grid.shape_kji
        column, row = (self.frame_grid.tiles or ())[plane]
        starts, stops, values = runs_of(frame, columns)
        lines, begins = np.divmod(starts, columns)
        ends = np.minimum(begins + (stops - starts), width - column)
        kept = (row + lines < height) & (begins < ends)
        left = (row + lines[kept]) * width + column
        return left + begins[kept], left + ends[kept], values[kept]

    def _placed(self, own_kji: NDArray[Any]) -> NDArray[Any]:
        """Return a volume on the own grid as one on the grid that was asked for, read-only."""
        placed = apply_relation(own_kji, relation_to(self.frame_grid.grid, self.grid), self.path)
        placed.flags.writeable = False
        return placed


@dataclass(eq=False)
class SegmentVolume(_Frames):
    """One segment of binary or fractional frames.

    Attributes
    ----------
    number
        SegmentNumber.
    is_mask
        Whether its fractions are known to be 0 and 1 alone, and are read as a mask.
    """

    number: int
    is_mask: bool = False

    @property
    def dtype(self) -> np.dtype[Any]:
        """Bool, or float32 of fractions."""
        return np.dtype(np.bool_ if self.file.kind is Kind.BINARY or self.is_mask else np.float32)

    def foreground(self) -> Foreground | None:
        """Return its voxels, if they are bits of tiles; None otherwise."""
        if not self._is_sparse or self.file.kind is not Kind.BINARY:
            return None
        numbers = np.flatnonzero(self.file.table.segments == self.number)
        planes, pixels = self.file.table.planes[numbers].tolist(), self.file.pixels
        found = [
            self._in_matrix(plane, np.unpackbits(bits, count=pixels.count, bitorder="little").view(np.bool_))
            for plane, bits in zip(planes, pixels.packed(numbers.tolist()), strict=True)
        ]
        return joined(self.grid.shape_kji, found)

    def read(self) -> NDArray[Any]:
        """Return `mask_kji`, bool, or fractions from 0 to 1, read-only."""
        volume_kji = self._empty(self.dtype)
        numbers = np.flatnonzero(self.file.table.segments == self.number)
        targets = self._targets(volume_kji, numbers)
        pixels = self.file.pixels
        if self.file.kind is Kind.BINARY:
            for (_, target_ji), bits in zip(targets, pixels.packed(numbers.tolist()), strict=True):
                _paint(target_ji, bits, set_span(bits), pixels.columns, True)
            return self._placed(volume_kji)
        most = np.float32(int(self.file.header.get("MaximumFractionalValue") or 0))
        for (_, target_ji), levels in zip(targets, pixels.levels(numbers.tolist()), strict=True):
            if most <= 0 or levels.max(initial=0) > most:
                raise MaskError(
                    "a fraction is larger than 1",
                    source=self.path,
                    where="MaximumFractionalValue (0062,000E)",
                    found=int(most),
                    expected=Message("{count}, the largest in the pixels, or more", count=int(levels.max(initial=0))),
                    advice=SAVE_AGAIN,
                )
            part = levels.reshape(pixels.rows, pixels.columns)[: target_ji.shape[0], : target_ji.shape[1]]
            np.maximum(target_ji, part > 0 if self.is_mask else part / most, out=target_ji)
        return self._placed(volume_kji)


def fractional_segments(file: SegmentationFile) -> set[int]:
    """Return the numbers of the segments of a file of fractions that have one between 0 and 1."""
    most = int(file.header.get("MaximumFractionalValue") or 0)
    segments = file.table.segments.tolist()
    found: set[int] = set()
    for number, levels in zip(segments, file.pixels.levels(range(len(segments))), strict=True):
        if number not in found and ((levels != 0) & (levels != most)).any():
            found.add(number)
    return found


@dataclass(eq=False)
class LabelVolume(_Frames):
    """All segments as labels, which are the segment numbers; read once and kept."""

    _kept: NDArray[Any] | None = field(init=False, default=None, repr=False)
    _found: Foreground | None = field(init=False, default=None, repr=False)

    @property
    def dtype(self) -> np.dtype[Any]:
        """The smallest unsigned type that holds every segment number."""
        return np.dtype(np.uint8 if self.file.largest_number <= np.iinfo(np.uint8).max else np.uint16)

    def foreground(self) -> Foreground | None:
        """Return the labels of tiles; None of other frames, and where two frames share a voxel, which `read` judges.

        Raises
        ------
        MaskError
            If a voxel has a number that no segment has.
        """
        if self._found is None and self._is_sparse and self.file.kind is not Kind.FRACTIONAL:
            planes = self.file.table.planes.tolist()
            frames = self._bits() if self.file.kind is Kind.BINARY else self._levels()
            runs = [self._in_matrix(plane, frame) for plane, frame in zip(planes, frames, strict=True)]
            labels = [(starts, stops, values.astype(self.dtype)) for starts, stops, values in runs]
            self._found = joined(self.grid.shape_kji, labels)
        return self._found

    def _bits(self) -> Iterator[NDArray[Any]]:
        pixels, numbers = self.file.pixels, self.file.table.segments.tolist()
        for number, bits in zip(numbers, pixels.packed(range(len(numbers))), strict=True):
            yield np.unpackbits(bits, count=pixels.count, bitorder="little") * self.dtype.type(number)

    def read(self) -> NDArray[Any]:
        """Return `labels_kji`, read-only.

        Raises
        ------
        MaskError
            If two segments share a voxel, or a voxel has a number that no segment has.
        """
        if self._kept is None:
            if self.file.kind is Kind.FRACTIONAL:
                raise MaskError(
                    "fractions are no labels",
                    source=self.path,
                    found=Message("a fractional segmentation"),
                    expected="a binary one or a label map",
                    advice="Read the segments one by one",
                )
            labels_kji = self._empty(self.dtype)
            if self.file.kind is Kind.BINARY:
                self._read_bits(labels_kji)
            else:
                self._read_labels(labels_kji)
            self._kept = self._placed(labels_kji)
        return self._kept

    def _read_bits(self, labels_kji: NDArray[Any]) -> None:
        pixels, segments = self.file.pixels, self.file.table.segments
        numbers = np.arange(len(segments))
        taken: dict[int, NDArray[np.uint8]] = {}
        for number, (plane, target_ji), bits in zip(
            segments.tolist(),
            self._targets(labels_kji, numbers),
            pixels.packed(range(len(segments))),
            strict=True,
        ):
            span = set_span(bits)
            before = taken.get(plane)
            if before is None:
                taken[plane] = bits.copy()
            else:
                if np.bitwise_and(before[span], bits[span]).any():
                    foreground_ji = np.zeros(target_ji.shape, dtype=np.bool_)
                    _paint(foreground_ji, bits, span, pixels.columns, True)
                    self._refuse_shared(plane, target_ji, np.where(foreground_ji, number, 0))
                before[span] |= bits[span]
            _paint(target_ji, bits, span, pixels.columns, number)

    def _read_labels(self, labels_kji: NDArray[Any]) -> None:
        pixels = self.file.pixels
        numbers = np.arange(len(self.file.table.segments))
        painted: set[int] = set()
        for (plane, target_ji), frame in zip(self._targets(labels_kji, numbers), self._levels(), strict=True):
            part = frame.reshape(pixels.rows, pixels.columns)[: target_ji.shape[0], : target_ji.shape[1]]
            if plane in painted:
                self._refuse_shared(plane, target_ji, part)
            painted.add(plane)
            np.copyto(target_ji, part, where=part != 0, casting="unsafe")

    def _levels(self) -> Iterator[NDArray[Any]]:
        """Yield the labels of each frame, shape (rows * columns,), its backgrounds as 0."""
        backgrounds = backgrounds_of(self.file.header)
        described = {int(each.get("SegmentNumber") or 0) for each in self.file.header.get("SegmentSequence") or []}
        known = described | backgrounds
        for frame in self.file.pixels.levels(range(len(self.file.table.segments))):
            unknown = sorted(set(np.unique(run_starts(frame)[1]).tolist()) - known)
            if unknown:
                raise MaskError(
                    "the label map holds values that no segment has",
                    source=self.path,
                    found=", ".join(map(str, unknown[:10])),
                    expected="an item of SegmentSequence (0062,0002) for each",
                    advice=SAVE_AGAIN,
                )
            labels: NDArray[Any] = frame
            for background in backgrounds - {0}:
                labels = np.where(labels != background, labels, 0)
            yield labels

    def _refuse_shared(self, plane: int, target_ji: NDArray[Any], labels_ji: NDArray[Any]) -> None:
        """Refuse labels of a frame that differ from those which frames before it have on the same plane."""
        shared_ji = (target_ji != 0) & (labels_ji != 0) & (target_ji != labels_ji)
        if not shared_ji.any():
            return
        before, now = int(target_ji[shared_ji][0]), int(labels_ji[shared_ji][0])
        raise MaskError(
            "two segments share voxels, which a label map cannot hold",
            source=self.path,
            where=f"{'slice' if self.frame_grid.tiles is None else 'tile'} {plane + 1}",
            found=Message(
                "segments {before} and {now} in {count} voxels", before=before, now=now, count=int(shared_ji.sum())
            ),
            advice="Read the segments one by one"
            if self.file.kind is Kind.BINARY
            else "The frames of one plane contradict each other: correct them where the file was made",
            expected="one segment for each voxel",
        )


def _paint(target_ji: NDArray[Any], bits: NDArray[np.uint8], span: slice, columns: int, value: int | bool) -> None:
    """Set a part of a volume to a value where the packed bits of a frame are set; there it is 0 or that value."""
    if span.start == span.stop:
        return
    if target_ji.flags.c_contiguous and target_ji.shape[1] == columns:
        part = target_ji.reshape(-1)[span.start * 8 : span.stop * 8]
        foreground = np.unpackbits(bits[span], bitorder="little")[: part.size]
    else:
        part = target_ji
        rows = bits.size * 8 // columns
        whole_ji = np.unpackbits(bits, count=rows * columns, bitorder="little").reshape(rows, columns)
        foreground = whole_ji[: target_ji.shape[0], : target_ji.shape[1]]
    # An or with multiples takes a tenth of the time of a masked assignment.
    if part.dtype == np.bool_:
        part |= foreground.view(np.bool_)
    elif part.dtype == np.uint8:
        foreground *= np.uint8(value)
        part |= foreground
    else:
        part |= np.multiply(foreground, value, dtype=part.dtype)
