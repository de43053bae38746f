"""Masks brought onto the planes of their source: the slices of its grid, or the tiles of a whole slide."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np

from annoconv.errors import GeometryError, ImageError
from annoconv.geometry import Grid, GridKind, apply_relation, compare_grids, matrix_text
from annoconv.images import OF_A_COPY, ORDER_OF_SHAPE, SliceIdentity
from annoconv.loss import LossKind
from annoconv.messages import Message
from annoconv.pixels import check_frame, foreground_of
from annoconv.volumes.foreground import Foreground
from annoconv_converters._dicom.slide import DicomSlide
from annoconv_converters.dicom_seg.frame_grid import relation_to
from annoconv_converters.dicom_seg.writing.resample import resample

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from annoconv.images import ImageSource
    from annoconv.model import Image
    from annoconv.pixels import Volume
    from annoconv_converters._dicom.slide import Tile
    from annoconv_converters.dicom_seg.kinds import Resampling

__all__ = ["LoadedPlanes", "PlaneStack", "Tiles", "check_dicom", "check_image", "place"]


_ALL_FILES: Final = "Correct instances, or name all files of the image that was annotated. {copy}"
_SHAPE_OTHER: Final = "Correct the shape, or name the image that was annotated"


class PlaneStack:
    """The planes of a source on which frames may stand.

    Attributes
    ----------
    grid
        The source's grid.
    identities
        What each plane is, or is a part of.
    tiles
        The place of each plane in the total pixel matrix, if the source is a whole slide.
    columns, rows
        Pixels of a plane.
    """

    def __init__(self, source: ImageSource) -> None:
        self.grid = source.grid
        self.columns, self.rows, _ = source.grid.shape
        self.identities: Sequence[SliceIdentity] = source.slices
        self.tiles: Sequence[Tile] | None = None
        if isinstance(source, DicomSlide):
            (whole,) = source.slices
            self.tiles = source.tiles
            self.columns, self.rows = source.tile_size
            self.identities = [
                SliceIdentity(whole.sop_class_uid, whole.sop_instance_uid, tile.frame, whole.path, None)
                for tile in source.tiles
            ]

    def __len__(self) -> int:
        return len(self.identities)

    def of(self, volume: NDArray[Any] | Foreground) -> Sequence[NDArray[Any]]:
        """Return the planes of a volume on the grid: an array (k, j, i), or what is not 0 of it."""
        if isinstance(volume, Foreground) and self._are_tiles_even:
            return CoveredTiles(volume, self.tiles or (), self.columns, self.rows)
        volume_kji = volume.dense() if isinstance(volume, Foreground) else volume
        if self.tiles is None:
            return cast("Sequence[NDArray[Any]]", volume_kji)
        return Tiles(volume_kji[0], self.tiles, self.columns, self.rows)

    @cached_property
    def _are_tiles_even(self) -> bool:
        """Whether there are tiles, each a multiple of their size from the corner."""
        tiles = self.tiles or ()
        return bool(tiles) and not any(tile.column % self.columns or tile.row % self.rows for tile in tiles)


class LoadedPlanes(Sequence["NDArray[Any]"]):
    """The planes of a volume, which is read again when it is needed again after it was let go.

    Parameters
    ----------
    load
        Reads the volume and returns its planes.
    count
        How many they are.
    """

    def __init__(self, load: Callable[[], Sequence[NDArray[Any]]], count: int) -> None:
        self._load, self._count = load, count
        self._held: Sequence[NDArray[Any]] | None = None

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: Any) -> Any:
        if self._held is None:
            self._held = self._load()
        return self._held[index]

    def release(self) -> None:
        """Let the volume go."""
        self._held = None


class Tiles(Sequence["NDArray[Any]"]):
    """The tiles of a matrix, cut when they are asked for; what lies beyond the matrix is 0."""

    def __init__(self, matrix_ji: NDArray[Any], tiles: Sequence[Tile], columns: int, rows: int) -> None:
        self._matrix_ji, self._tiles, self._columns, self._rows = matrix_ji, tiles, columns, rows

    def __len__(self) -> int:
        return len(self._tiles)

    def __getitem__(self, index: Any) -> Any:
        tile = self._tiles[index]
        part = self._matrix_ji[tile.row : tile.row + self._rows, tile.column : tile.column + self._columns]
        if part.shape == (self._rows, self._columns):
            return np.ascontiguousarray(part)
        whole = np.zeros((self._rows, self._columns), dtype=part.dtype)
        whole[: part.shape[0], : part.shape[1]] = part
        return whole


class CoveredTiles(Sequence["NDArray[Any]"]):
    """The tiles of what is not 0 of a matrix, made when they are asked for; the others are one and the same."""

    def __init__(self, matrix: Foreground, tiles: Sequence[Tile], columns: int, rows: int) -> None:
        self._tiles, self._columns, self._rows = tiles, columns, rows
        self._across = -(-matrix.shape_kji[2] // columns)
        self._numbers, self._runs = matrix.cut(columns, rows)
        self._blank = np.zeros((rows, columns), dtype=matrix.values.dtype)

    def __len__(self) -> int:
        return len(self._tiles)

    def __getitem__(self, index: Any) -> Any:
        tile = self._tiles[index]
        number = tile.row // self._rows * self._across + tile.column // self._columns
        first, last = np.searchsorted(self._numbers, [number, number + 1])
        if first == last:
            return self._blank
        return self._runs[first:last].dense()[0]


def check_image(image: Image, source: ImageSource) -> None:
    """Refuse an image that is not of DICOM, and a case that describes its image otherwise than the image itself."""
    check_dicom(source)
    known = {each.sop_instance_uid for each in source.slices}
    stray = [each.sop_instance_uid for each in image.instances or () if each.sop_instance_uid not in known]
    if stray:
        raise ImageError(
            "the case names an instance that its image lacks",
            source=source.path,
            where="/image/instances",
            found=stray[0],
            expected=Message("one of {count} instances", count=len(known)),
            advice=Message(_ALL_FILES, copy=Message(OF_A_COPY)),
        )
    stated = Grid.from_image(image)
    is_within = _is_within(stated, source.grid)
    if not is_within and stated.shape != source.grid.shape:
        raise GeometryError(
            "the case states a shape that reaches beyond its image",
            source=source.path,
            where="/image/shape",
            found=list(stated.shape),
            expected=list(source.grid.shape),
            advice=ORDER_OF_SHAPE if sorted(stated.shape) == sorted(source.grid.shape) else _SHAPE_OTHER,
        )
    is_told = stated.lps_from_ijk is not None
    if is_within and not (is_told and compare_grids(stated, source.grid).kind is GridKind.DIFFERENT):
        return
    raise GeometryError(
        "the case describes its image otherwise than the image itself",
        source=source.path,
        where="/image",
        found=_told(stated),
        expected=_told(source.grid),
        advice="Correct origin, spacing and direction, or name the image that was annotated",
    )


def _is_within(stated: Grid, grid: Grid) -> bool:
    """Tell whether the voxels that a case states are among those of its image, as far as the two can be compared."""
    if stated.lps_from_ijk is None:
        return stated.shape[:2] == grid.shape[:2] and stated.shape[2] <= grid.shape[2]
    relation = compare_grids(stated, grid)
    return relation.is_inside or relation.kind is GridKind.DIFFERENT


def check_dicom(source: ImageSource) -> None:
    """Refuse an image of another format: a segmentation names the patient, study and instances of its source."""
    if not any(each.sop_instance_uid for each in source.slices):
        raise ImageError(
            "the image is no DICOM image, which a segmentation has to refer to",
            source=source.path,
            expected="the DICOM series that it was made from",
            advice="Name that series with --images, or write the masks with to-nifti",
            found=Message("{count} slices without SOPInstanceUID", count=len(source.slices)),
        )


def place(
    volume: Volume, image: Image | None, source: ImageSource, resampling: Resampling, annotation: str
) -> tuple[NDArray[Any] | Foreground, tuple[LossKind, str] | None]:
    """Return a volume's array on the source's grid, and what that changed of it: a kind of loss, and the reason.

    Of labels on a whole slide it is what is not 0, unless that is much.

    Parameters
    ----------
    volume
        Labels, a mask, or fractions.
    image
        What the case says of the source; None if nothing does.
    source
        The image that it was drawn on.
    resampling
        Whether another grid is interpolated or refused.
    annotation
        Ids of the annotations that the volume is of, which errors name.

    Raises
    ------
    GeometryError
        If the grids differ and nothing else is asked, or foreground would be cut.
    """
    moving, own = volume.grid, None
    if source.grid.frame == "SLIDE":
        # Files of masks know no slide coordinates: what they state is taken as such, and nothing as the same matrix.
        moving = Grid(moving.shape, source.grid.affine if moving.lps_from_ijk is None else moving.affine, "SLIDE")
    elif image is not None:
        told = check_frame(image, volume)
        if told.fixed.positions is not None and told.kind in {GridKind.SAME, GridKind.REINDEXED}:
            # The case says where uneven slices lie, also where they are some of its image's; the file cannot.
            own, moving = told, told.fixed
    relation = relation_to(moving, source.grid)
    if isinstance(source, DicomSlide) and relation.kind is GridKind.SAME:
        found = foreground_of(volume)
        if found is not None:
            return found, None
    volume_kji = volume.read() if own is None else apply_relation(volume.read(), own, volume.path, annotation)
    is_lattice = source.grid.lps_from_ijk is not None and source.grid.positions is None and moving.positions is None
    if relation.kind is GridKind.DIFFERENT and resampling != "never" and is_lattice:
        message = Message("the mask was resampled ({how}) onto the grid of its image", how=resampling)
        return resample(volume_kji, moving, source.grid, resampling), (LossKind.RESAMPLED, message)
    otherwise = (own or relation).taken_otherwise
    changed = None if otherwise is None else (LossKind.APPROXIMATED, otherwise)
    return apply_relation(volume_kji, relation, volume.path, annotation), changed


def _told(grid: Grid) -> Message:
    shape = list(grid.shape)
    if grid.lps_from_ijk is None:
        return Message("shape {shape}, no place in space", shape=shape)
    return Message("shape {shape}, LPS from ijk {matrix}", shape=shape, matrix=matrix_text(grid.affine))
