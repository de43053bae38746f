"""Masks: lazy arrays with their grid, and the volumes that they are read from.

A *volume* is one array on one grid, as a file holds it: a label map, a binary mask, or fractions from 0 to 1. A *mask*
is one annotation's share of a volume: the voxels of one value, or all that are not 0. Arrays are C-order `kji`; grids
are LPS (`annoconv.geometry`). Nothing is read before it is asked for.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from annoconv.errors import GeometryError, MaskError
from annoconv.files.atomic import replacing
from annoconv.geometry import Grid, GridKind, GridRelation, compare_grids, is_turned, matrix_text
from annoconv.limits import Limits
from annoconv.messages import Message
from annoconv.volumes import nifti
from annoconv.volumes.label_boxes import Box, find_labels
from annoconv.volumes.voxel_values import as_labels, smallest_labels

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from annoconv.model import Image
    from annoconv.volumes.nifti import NiftiHeader
    from annoconv.volumes.nifti_affines import Form

__all__ = [
    "ArrayVolume",
    "Box",
    "Mask",
    "Masks",
    "NiftiVolume",
    "Volume",
    "VolumeWithout",
    "check_frame",
    "count",
    "save_nifti",
]


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
            raise GeometryError("the array does not fit its grid", found=labels_kji.shape, expected=grid.shape_kji)
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


class NiftiVolume:
    """A volume in a NIfTI file, which is opened when its grid is asked for and inflated when it is read.

    Parameters
    ----------
    path
        `.nii` or `.nii.gz`; the content tells which.
    limits
        Bounds checked before anything is inflated.
    form
        Which affine holds: both must agree, or the one that is named.

    Raises
    ------
    MaskError, GeometryError, LimitError
        See `annoconv.volumes.nifti`; from the first use on, not when made.
    """

    def __init__(self, path: Path, limits: Limits | None = None, *, form: Form = "agree") -> None:
        self.path = path
        self._limits = limits or Limits()
        self._form: Form = form
        self._last: weakref.ref[NDArray[Any]] | None = None

    @cached_property
    def _header(self) -> NiftiHeader:
        return nifti.read_header(self.path, self._limits, form=self._form)

    @property
    def grid(self) -> Grid:
        """The file's grid, by its sform, else its qform."""
        return self._header.grid

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the voxels as stored."""
        return self._header.dtype

    @property
    def is_plain(self) -> bool:
        """Whether any program takes the file for what is read here, so that it may be passed on as it stands."""
        return nifti.is_plain(self._header)

    def read(self) -> NDArray[Any]:
        """Return the labels, read-only; the file is inflated again only once nobody holds the array any more.

        Integers never pass through floats. Floats that are all whole become the smallest unsigned type.
        """
        kept = self._last() if self._last is not None else None
        if kept is None:
            kept = as_labels(nifti.read_scaled(self._header), self.path)
            self._last = weakref.ref(kept)
        return kept


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
        foreground = np.asarray(self.read() != 0)
        return find_labels(foreground).get(1)

    def read(self) -> NDArray[Any]:
        """Return `mask_kji`: bool, or the fractions (float, 0 to 1) of a fractional volume.

        Raises
        ------
        MaskError
            If a value is asked of a volume of fractions.
        """
        labels_kji = self.volume.read()
        if labels_kji.dtype.kind == "f":
            if self.value is not None:
                raise MaskError(
                    "fractions have no labels",
                    source=self.volume.path,
                    found=Message("value {value}", value=self.value),
                )
            return labels_kji
        if self.value is None:
            return labels_kji if labels_kji.dtype == np.bool_ else labels_kji != 0
        return np.asarray(labels_kji == self.value)


def count(mask: Mask) -> int:
    """Return the number of voxels that are not 0."""
    return int(np.count_nonzero(mask.read()))


class Masks(Mapping[str, Mask]):
    """The masks of a case by annotation id, in the order given."""

    def __init__(self, masks: Iterable[Mask] = ()) -> None:
        self._masks: dict[str, Mask] = {}
        for mask in masks:
            if mask.id in self._masks:
                raise MaskError("two masks of one case have the same id", found=mask.id)
            self._masks[mask.id] = mask

    def __getitem__(self, key: str) -> Mask:
        return self._masks[key]

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
            "the mask states no place in space (sform and qform codes are 0), but its image does",
            source=volume.path,
            expected=Message("LPS from ijk {matrix}", matrix=matrix_text(fixed.lps_from_ijk)),
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


def save_nifti(path: Path, labels_kji: NDArray[Any], grid: Grid, *, overwrite: bool = False) -> None:
    """Write a mask, label map or fractions as NIfTI: the same bytes for the same voxels and grid.

    Parameters
    ----------
    path
        Ends in `.nii.gz`, or in `.nii`, which is not compressed.
    labels_kji
        Bool, integers from 0, or floats from 0 to 1. Integers are stored in the smallest of uint8, int16, uint16,
        int32, uint32 that holds them; fractions as float32.
    grid
        Written as sform and qform (code 1, scanner), RAS, mm; without an affine both codes are 0.
    overwrite
        Whether an existing file is replaced.
    """
    stored = smallest_labels(labels_kji, path)
    content = nifti.nifti_bytes(stored, grid, compressed=not path.name.endswith(".nii"))
    with replacing(path, overwrite=overwrite) as temporary:
        temporary.write_bytes(content)
