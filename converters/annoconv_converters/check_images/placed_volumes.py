"""NRRD and MetaImage files as the checks of volumes look at them (A 7.2 b, c, f). LPS, mm, as the header says."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np

from annoconv.errors import AnnoconvError, GeometryError
from annoconv.messages import listed
from annoconv_converters._volumes.opening import open_volume
from annoconv_converters.check_images.table import Fault, Numbers, check
from annoconv_converters.check_images.volumes import Voxels, not_finite

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from annoconv.geometry import Grid
    from annoconv.limits import Limits
    from annoconv_converters._volumes.file import VolumeFile

__all__ = ["ENDINGS", "PlacedVolume"]

ENDINGS: Final = (".nrrd", ".nhdr", ".mha", ".mhd")
_SIZES: Final = "ElementSpacing"


@dataclass(frozen=True)
class PlacedVolume:
    """One file; see `annoconv_converters.check_images.volumes.NiftiImage`, whose checks ask the same of it."""

    path: Path
    limits: Limits
    with_values: bool = True

    @cached_property
    def _file(self) -> VolumeFile:
        return open_volume(self.path, self.limits)

    @cached_property
    def _grid(self) -> Grid | AnnoconvError:
        try:
            return self._file.grid
        except AnnoconvError as error:
            return error

    @property
    def has_sizes(self) -> bool:
        """Whether the voxel sizes are positive numbers."""
        return not (isinstance(self._grid, GeometryError) and self._grid.where == _SIZES)

    @property
    def sizes(self) -> str:
        """What the file says instead."""
        return str(getattr(self._grid, "found", ""))

    @cached_property
    def forms(self) -> dict[str, NDArray[np.float64] | GeometryError]:
        """The affine, by what the header calls it, or why it is none; nothing if it states none."""
        if isinstance(self._grid, GeometryError):
            return {str(self._grid.where or self.path.name): self._grid} if self.has_sizes else {}
        if isinstance(self._grid, AnnoconvError) or self._grid.lps_from_ijk is None:
            return {}
        return {"space directions": self._grid.affine}

    @property
    def sizes_key(self) -> str:
        """What the header calls the voxel sizes."""
        return _SIZES

    @property
    def unstated(self) -> tuple[str, ...]:
        """The fields of the header that should say where its voxels lie, and are not there."""
        return () if isinstance(self._grid, AnnoconvError) else self._file.unstated

    @cached_property
    def affine(self) -> NDArray[np.float64] | None:
        """The affine, if it is one."""
        return next((each for each in self.forms.values() if isinstance(each, np.ndarray)), None)

    @cached_property
    def read(self) -> Voxels:
        """What reading the voxels tells."""
        if isinstance(self._grid, AnnoconvError):
            return Voxels() if isinstance(self._grid, GeometryError) else Voxels(problem=self._grid)
        try:
            _ = self._file.dtype
            if not self.with_values:
                return Voxels()
            i, j, k = self._grid.shape
            return not_finite(self._file.values(), (i, j, k))
        except AnnoconvError as error:
            return Voxels(problem=error)


@check("A-7.2b.space_missing", "placed")
def space_missing(image: PlacedVolume, _: Numbers) -> Iterator[Fault]:
    """Yield a file whose header does not say where its voxels lie, or in part."""
    if image.unstated:
        yield Fault(image.path, (), {"name": image.path.name, "fields": listed(image.unstated)})
