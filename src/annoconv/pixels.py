"""Masks: lazy arrays with their grid, and the volumes that they are read from.

A *volume* is one array on one grid, as a file holds it: a label map, a binary mask, or fractions from 0 to 1. A *mask*
is one annotation's share of a volume: the voxels of one value, or all that are not 0. Arrays are C-order `kji`; grids
are LPS (`annoconv.geometry`). Nothing is read before it is asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np

from annoconv.advice import ARRAY_ORDER, NOTHING
from annoconv.errors import GeometryError, MaskError
from annoconv.files.atomic import replacing
from annoconv.files.inflate import PIECE_BYTES, compress
from annoconv.geometry import Grid, GridKind, GridRelation, compare_grids, is_turned, matrix_text
from annoconv.messages import Message, listed
from annoconv.volumes import nifti
from annoconv.volumes.foreground import find_foreground
from annoconv.volumes.label_boxes import Box, find_labels
from annoconv.volumes.nifti_foreground import foreground_pieces
from annoconv.volumes.nifti_volume import NiftiVolume
from annoconv.volumes.voxel_values import as_labels, smallest_labels

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from annoconv.model import Image
    from annoconv.volumes.foreground import Foreground

__all__ = [
    "ArrayVolume",
    "Box",
    "Mask",
    "Masks",
    "NiftiVolume",
    "SparseVolume",
    "Volume",
    "VolumeWithout",
    "boxes_of",
    "check_frame",
    "count",
    "foreground_of",
    "save_nifti",
]


_MOST_NAMED = 10
"""Masks named in one message."""


class Volume(Protocol):
    """One array on one grid."""

    @property
    def grid(self) -> Grid:
        """Its grid."""
        ...

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the voxels as stored; `read` gives unsigned integers, bool, or floats."""
        ...

    @property
    def path(self) -> Path | None:
        """Its file, if it has one."""
        ...

    def read(self) -> NDArray[Any]:
        """Return `labels_kji`: C-order, read-only, shape (k, j, i), unsigned, bool, or float from 0 to 1."""
        ...


class ArrayVolume:
    """A volume in memory.

    Parameters
    ----------
    grid
        Its grid.
    labels_kji
        Shape `grid.shape_kji`: bool, integers from 0, or floats from 0 to 1. Not copied.
    """

    def __init__(self, grid: Grid, labels_kji: NDArray[Any]) -> None:
        if labels_kji.shape != grid.shape_kji:
            raise GeometryError(
                "the array does not fit its grid", found=labels_kji.shape, expected=grid.shape_kji, advice=ARRAY_ORDER
            )
        self.grid = grid
        self.path: Path | None = None
        self._labels_kji = as_labels(np.ascontiguousarray(labels_kji), None)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the voxels."""
        return self._labels_kji.dtype

    def read(self) -> NDArray[Any]:
        """Return the array, read-only."""
        return self._labels_kji

    def foreground(self) -> Foreground | None:
        """Return what is not 0; None of fractions, or if the array itself takes less memory."""
        voxels = self._labels_kji.reshape(-1)
        size = PIECE_BYTES // voxels.itemsize
        pieces = (voxels[at : at + size].data.cast("B") for at in range(0, voxels.size, size))
        return find_foreground(pieces, self.grid.shape_kji, self.dtype, lambda stored: as_labels(stored, None))


@runtime_checkable
class SparseVolume(Protocol):
    """A volume that is found without being held."""

    def foreground(self) -> Foreground | None:
        """Return what is not 0; None if it is no label map, or has to be read whole."""
        ...


def foreground_of(volume: Volume) -> Foreground | None:
    """Return what is not 0 of a volume that need not be held for it; None if it has to be read whole."""
    return volume.foreground() if isinstance(volume, SparseVolume) else None


def boxes_of(volume: Volume, most: int | None = None) -> dict[int, Box] | None:
    """Return every label of a volume but 0, ascending, with its box; None for fractions.

    Parameters
    ----------
    volume
        Read, if need be.
    most
        Labels that are expected at most; the search may end once there are more.
    """
    found = foreground_of(volume)
    if found is not None:
        return found.boxes()
    labels_kji = volume.read()
    return None if labels_kji.dtype.kind == "f" else find_labels(labels_kji, most)


class VolumeWithout:
    """A label map in which some values are background.

    Parameters
    ----------
    volume
        The label map.
    values
        What becomes 0.
    """

    def __init__(self, volume: Volume, values: Iterable[int]) -> None:
        self._volume = volume
        self._values = sorted(values)

    @property
    def grid(self) -> Grid:
        """The label map's grid."""
        return self._volume.grid

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of its voxels as stored."""
        return self._volume.dtype

    @property
    def path(self) -> Path | None:
        """Its file, if it has one."""
        return self._volume.path

    def read(self) -> NDArray[Any]:
        """Return what is left of the labels, read-only."""
        labels_kji = self._volume.read()
        if labels_kji.dtype.kind != "f":
            labels_kji = np.where(np.isin(labels_kji, self._values), labels_kji.dtype.type(0), labels_kji)
            labels_kji.flags.writeable = False
        return labels_kji


@dataclass(frozen=True, eq=False)
class Mask:
    """One annotation's voxels.

    Attributes
    ----------
    id
        The annotation's id.
    volume
        What it is read from; masks of one file share one volume.
    value
        The label that is this mask; None means every voxel that is not 0, or the fractions of a fractional volume.
    """

    id: str
    volume: Volume
    value: int | None = None

    @property
    def grid(self) -> Grid:
        """The volume's grid."""
        return self.volume.grid

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the volume's voxels as stored."""
        return self.volume.dtype

    @cached_property
    def bbox_kji(self) -> Box | None:
        """The smallest box that holds the foreground, as half-open zero-based slices (k, j, i); None if empty."""
        found = self.foreground()
        return find_labels(self.read() != 0).get(1) if found is None else found.boxes().get(1)

    def foreground(self) -> Foreground | None:
        """Return its voxels where they can be found without the volume in memory."""
        found = foreground_of(self.volume)
        return None if found is None else found.of(self.value)

    def read(self) -> NDArray[Any]:
        """Return `mask_kji`: bool, or the fractions (float, 0 to 1) of a fractional volume.

        Raises
        ------
        MaskError
            If a value is asked of a volume of fractions.
        """
        return self.of(self.volume.read())

    def of(self, labels_kji: NDArray[Any]) -> NDArray[Any]:
        """Return `mask_kji` of what its volume holds, which may have been brought onto another grid."""
        if labels_kji.dtype.kind == "f":
            if self.value is not None:
                raise MaskError(
                    "fractions have no labels",
                    source=self.volume.path,
                    found=Message("value {value}", value=self.value),
                    expected="a label map, whole numbers from 0",
                    advice="Leave mask_value out, or threshold the fractions",
                )
            return labels_kji
        if self.value is None:
            return labels_kji if labels_kji.dtype == np.bool_ else labels_kji != 0
        return np.asarray(labels_kji == self.value)


def count(mask: Mask) -> int:
    """Return the number of voxels that are not 0."""
    return int(np.count_nonzero(mask.read()))


class _NoMaskError(MaskError, KeyError):
    """An annotation has no mask; a mapping says that by a KeyError."""


class Masks(Mapping[str, Mask]):
    """The masks of a case by annotation id, in the order given."""

    def __init__(self, masks: Iterable[Mask] = ()) -> None:
        self._masks: dict[str, Mask] = {}
        for mask in masks:
            if mask.id in self._masks:
                raise MaskError(
                    "two masks of one case have the same id",
                    found=mask.id,
                    expected="an id for each mask",
                    advice="Give one of them another id",
                )
            self._masks[mask.id] = mask

    def __getitem__(self, key: str) -> Mask:
        """Return a mask; an error that is a MaskError and a KeyError if there is none."""
        mask = self._masks.get(key)
        if mask is None:
            raise _NoMaskError(
                "the annotation has no mask",
                where=key,
                found=listed([*self._masks], _MOST_NAMED) if self._masks else NOTHING,
                expected="a mask for each annotation of type mask",
                advice="Give its mask too, LoadedCase(case, {id: array}), or leave the annotation out",
            )
        return mask

    def __contains__(self, key: object) -> bool:
        return key in self._masks

    def __iter__(self) -> Iterator[str]:
        return iter(self._masks)

    def __len__(self) -> int:
        return len(self._masks)

    def __repr__(self) -> str:
        return f"Masks({list(self._masks)})"

    def by_volume(self) -> list[tuple[Volume, list[Mask]]]:
        """Return the masks of each volume together, so that a label map is read once."""
        groups: dict[int, tuple[Volume, list[Mask]]] = {}
        for mask in self._masks.values():
            groups.setdefault(id(mask.volume), (mask.volume, []))[1].append(mask)
        return list(groups.values())


def check_frame(image: Image | Grid, volume: Volume) -> GridRelation:
    """Return where a mask volume lies in an image; refuse one whose numbers were copied without changing frames.

    Raises
    ------
    GeometryError
        In that case (see `annoconv.geometry.is_turned`), and if the image has a place in space and the mask has none.
    """
    fixed, moving = image if isinstance(image, Grid) else Grid.from_image(image), volume.grid
    relation = compare_grids(moving, fixed)
    if fixed.lps_from_ijk is None or relation.kind in {GridKind.SAME, GridKind.REINDEXED}:
        return relation
    if fixed.frame == "SLIDE" and moving.lps_from_ijk is None and moving.shape == fixed.shape:
        return GridRelation(GridKind.SAME, moving, fixed)  # mask files know no slide coordinates
    if moving.lps_from_ijk is None:
        raise GeometryError(
            "the mask states no place in space, but its image does",
            source=volume.path,
            found=Message("sform and qform codes 0"),
            expected=Message("LPS from ijk {matrix}", matrix=matrix_text(fixed.lps_from_ijk)),
            advice="Copy the affine of the image into the header of the mask",
        )
    if is_turned(moving, fixed):
        raise GeometryError(
            "mask and image agree only if the image's origin and direction are read as RAS, not LPS",
            source=volume.path,
            found=Message("mask in LPS {matrix}", matrix=matrix_text(moving.affine)),
            expected=Message("image in LPS {matrix}", matrix=matrix_text(fixed.lps_from_ijk)),
            advice="The same numbers stand in both; one of them must have the signs of x and y changed",
        )
    return relation


def save_nifti(path: Path, labels: NDArray[Any] | Foreground, grid: Grid, *, overwrite: bool = False) -> None:
    """Write a mask, label map or fractions as NIfTI: the same bytes for the same voxels and grid.

    Parameters
    ----------
    path
        Ends in `.nii.gz`, or in `.nii`, which is not compressed.
    labels
        An array (k, j, i) of bool, integers from 0, or floats from 0 to 1; or what is not 0 of labels. Integers are
        stored in the smallest of uint8, int16, uint16, int32, uint32 that holds them; fractions as float32.
    grid
        Written as sform and qform (code 1, scanner), RAS, mm; without an affine both codes are 0.
    overwrite
        Whether an existing file is replaced.
    """
    if isinstance(labels, np.ndarray):
        stored = smallest_labels(labels, path)
        intent = nifti.LABEL_INTENT if stored.dtype.kind in "iu" else 0
        pieces = nifti.nifti_pieces(stored, grid, intent=intent)
    else:
        pieces = foreground_pieces(labels, grid)
    with replacing(path, overwrite=overwrite) as temporary, temporary.open("wb") as file:
        for piece in pieces if path.name.endswith(".nii") else compress(pieces):
            file.write(piece)
