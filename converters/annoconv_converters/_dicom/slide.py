"""Whole-slide images as image sources: one matrix of pixels, stored as tiles (PS3.3 C.8.12.4, C.7.6.17.3)."""

from __future__ import annotations

import math
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from annoconv.advice import COPY_AGAIN, SAVE_AGAIN
from annoconv.errors import GeometryError, ImageError
from annoconv.geometry import Grid
from annoconv.images import SliceIdentity
from annoconv.messages import Message
from annoconv.volumes.voxel_values import check_held
from annoconv_converters._dicom.file import Instance, read_places
from annoconv_converters._dicom.pixels import read_frames
from annoconv_converters._dicom.series import DicomSeries

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from annoconv.limits import Limits
    from annoconv_converters._dicom.file import Places

__all__ = ["DicomSlide", "Tile", "is_slide"]

_SLIDE_CLASS: Final = "1.2.840.10008.5.1.4.1.1.77.1.6"


class Tile(NamedTuple):
    """One tile of the total pixel matrix.

    Attributes
    ----------
    column, row
        Zero-based place of its first pixel.
    frame
        One-based number of the frame that holds it.
    """

    column: int
    row: int
    frame: int


def is_slide(instance: Instance) -> bool:
    """Tell whether an image is a whole-slide image."""
    return instance.sop_class_uid == _SLIDE_CLASS and "TotalPixelMatrixColumns" in instance.header


class DicomSlide(DicomSeries):
    """One resolution level of a whole-slide image: a grid of one slice, in slide coordinates."""

    def __init__(self, instances: Sequence[Instance], notes: Sequence[str], limits: Limits) -> None:
        sizes = {instance.path: math.prod(_matrix_size(instance)) for instance in instances}
        largest = max(instances, key=lambda instance: (sizes[instance.path], instance.sop_instance_uid))
        left_out = len(instances) - 1
        message = Message("{count} smaller images of the slide are left out; name one's file to use it", count=left_out)
        more = [message] if left_out else []
        super().__init__([largest], [*notes, *more], limits)
        alike = (each for each in instances if sizes[each.path] < sizes[largest.path] and _is_level(each))
        self._levels = sorted((largest, *alike), key=lambda instance: sizes[instance.path])

    @property
    def tile_size(self) -> tuple[int, int]:
        """Columns and rows of a tile."""
        return self._instances[0].size

    @cached_property
    def _places(self) -> Places:
        return read_places(self._instances[0], self._limits)

    @cached_property
    def tiles(self) -> tuple[Tile, ...]:
        """The tiles of the first focal plane and optical path, by row, then by column."""
        instance, found = self._instances[0], self._places
        if found.of_frames:
            at: dict[tuple[int, int], Tile] = {}
            for frame, position in enumerate(found.of_frames, 1):
                tile = found.places[position].tile
                if tile is None:
                    where = "PlanePositionSlideSequence (0048,021A)"
                    raise ImageError(
                        "a tile has no place",
                        source=instance.path,
                        where=where,
                        found=Message("frame {frame}", frame=frame),
                        expected="ColumnPositionInTotalImagePixelMatrix and RowPositionInTotalImagePixelMatrix",
                        advice=SAVE_AGAIN,
                    )
                at.setdefault((tile[1], tile[0]), Tile(*tile, frame))
            return tuple(at[place] for place in sorted(at))
        (width, height), (columns, rows) = _matrix_size(instance), self.tile_size
        places = [(x, y) for y in range(0, height, max(rows, 1)) for x in range(0, width, max(columns, 1))]
        if len(places) > instance.frames:
            raise ImageError(
                "the slide has too few tiles",
                source=instance.path,
                where="NumberOfFrames (0028,0008)",
                found=instance.frames,
                expected=len(places),
                advice=COPY_AGAIN,
            )
        return tuple(Tile(x, y, frame) for frame, (x, y) in enumerate(places, 1))

    @cached_property
    def _stack(self) -> tuple[Grid, tuple[Instance | None, ...]]:
        instance, found = self._instances[0], self._places
        width, height = _matrix_size(instance)
        self._check_size(width * height)
        orientation = instance.numbers("ImageOrientationSlide", 6)
        spacing = found.places[0].pixel_spacing if found.places else None
        if orientation is None or spacing is None or found.matrix_origin is None:
            grid = Grid((width, height, 1))
        else:
            across, down = np.reshape(orientation, (2, 3))
            affine = np.eye(4)
            thickness = found.places[0].slice_thickness or 1.0
            affine[:3, 0], affine[:3, 1] = across * spacing[1], down * spacing[0]
            affine[:3, 2] = np.cross(across, down) * thickness
            affine[:3, 3] = found.matrix_origin
            try:
                grid = Grid((width, height, 1), affine + 0.0, "SLIDE")
            except GeometryError as error:
                raise GeometryError(
                    error.problem,
                    source=self.path,
                    found=error.found,
                    expected=error.expected or Message("a right-handed slide grid with spacing"),
                    advice=error.advice or SAVE_AGAIN,
                ) from error
        return grid, (instance,)

    @cached_property
    def _slices(self) -> tuple[SliceIdentity, ...]:
        instance = self._instances[0]
        return (SliceIdentity(instance.sop_class_uid, instance.sop_instance_uid, None, instance.path, None),)

    def read_slices(self, indices: Sequence[int]) -> NDArray[Any]:
        """Return the one slice, as often as it is asked for."""
        return self.read()[list(indices)]

    def read_overview(self, longest: int) -> NDArray[Any]:
        """Return the whole slide, shape (1, j, i) or (1, j, i, sample), from its smallest level that has enough pixels.

        Of a level with more, every n-th pixel is taken, tile by tile.
        """
        enough = (each for each in self._levels if max(_matrix_size(each)) >= longest)
        level = DicomSlide([next(enough, self._levels[-1])], (), self._limits)
        return level._thinned(max(max(level.grid.shape) // longest, 1))

    def _thinned(self, step: int) -> NDArray[Any]:
        """Return every n-th pixel of every n-th row."""
        if step == 1:
            return self.read()
        instance, (_, height, width) = self._instances[0], self.grid.shape_kji
        frames = [instance.of_frame(tile.frame, self._places.places[0]) for tile in self.tiles]
        pixels: NDArray[Any] | None = None
        for tile, pixels_ji in zip(self.tiles, read_frames(frames), strict=True):
            if pixels is None:
                size = -(-height // step), -(-width // step)
                pixels = np.zeros((1, *size, *pixels_ji.shape[2:]), dtype=pixels_ji.dtype)
            thin = pixels_ji[-tile.row % step :: step, -tile.column % step :: step]
            part = pixels[0, -(-tile.row // step) :, -(-tile.column // step) :][: thin.shape[0], : thin.shape[1]]
            part[...] = thin[: part.shape[0], : part.shape[1]]
        return np.empty(0) if pixels is None else pixels

    def read(self) -> NDArray[Any]:
        """Return the stored pixels of the total matrix, shape (1, j, i) or (1, j, i, sample); absent tiles are 0."""
        instance = self._instances[0]
        (columns, rows), (_, height, width) = self.tile_size, self.grid.shape_kji
        frames = [instance.of_frame(tile.frame, self._places.places[0]) for tile in self.tiles]
        pixels: NDArray[Any] | None = None
        for tile, pixels_ji in zip(self.tiles, read_frames(frames), strict=True):
            if pixels_ji.shape[:2] != (rows, columns):
                raise ImageError(
                    "the pixels have another shape than the header says",
                    source=instance.path,
                    found=Message("{columns} x {rows} pixels", columns=pixels_ji.shape[1], rows=pixels_ji.shape[0]),
                    expected=Message("{columns} x {rows} pixels", columns=columns, rows=rows),
                    advice=COPY_AGAIN,
                )
            if pixels is None:
                pixel = pixels_ji.nbytes // (rows * columns)
                check_held(height * width * pixel, instance.path, self._limits)
                pixels = np.zeros((1, height, width, *pixels_ji.shape[2:]), dtype=pixels_ji.dtype)
            part = pixels[0, tile.row : tile.row + rows, tile.column : tile.column + columns]
            part[...] = pixels_ji[: part.shape[0], : part.shape[1]]
        return np.empty(0) if pixels is None else pixels


def _is_level(instance: Instance) -> bool:
    """Tell whether an image shows the same as the largest of its slide: no label, no overview of the glass.

    PS3.3 C.8.12.4.1.1: the third value of ImageType is VOLUME or THUMBNAIL of those that do.
    """
    return instance.text("ImageType").split("\\")[2:3] in (["VOLUME"], ["THUMBNAIL"])


def _matrix_size(instance: Instance) -> tuple[int, int]:
    """Return columns and rows of the total pixel matrix."""
    names = ("TotalPixelMatrixColumns", "TotalPixelMatrixRows")
    (columns,), (rows,) = (instance.numbers(name, 1) or (0,) for name in names)
    return int(columns), int(rows)
