"""A NIfTI file of one volume as it is read for masks: whole, or what is not 0 of it."""

from __future__ import annotations

import weakref
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from annoconv.limits import Limits
from annoconv.volumes.voxel_values import as_labels, check_held

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from annoconv.geometry import Grid
    from annoconv.volumes.foreground import Foreground
    from annoconv.volumes.nifti import NiftiHeader
    from annoconv.volumes.nifti_affines import Form

__all__ = ["NiftiVolume"]

_KEPT_BYTES: Final = 32 << 20
"""What is kept of a file once it was read: its runs, of a mask about as much as the file has."""


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
        self._foreground: weakref.ref[Foreground] | Foreground | None = None
        self._is_dense = False
        self._verified: tuple[int, int] | None = None

    def __getstate__(self) -> dict[str, Any]:
        """Return what another process, or a copy, makes it of; it reads the file itself."""
        return self.__dict__ | {"_last": None, "_foreground": None}

    @cached_property
    def _header(self) -> NiftiHeader:
        from annoconv.volumes import nifti  # imports nibabel, which nothing else in the core needs

        return nifti.read_header(self.path, self._limits, form=self._form)

    @property
    def grid(self) -> Grid:
        """The file's grid, by its sform, else its qform."""
        return self._header.grid

    @property
    def steps(self) -> tuple[float, ...]:
        """Size of a voxel along (i, j, k) by the header's `pixdim`, mm; 0 where it says none."""
        return self._header.steps

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the voxels as stored."""
        return self._header.dtype

    @property
    def is_plain(self) -> bool:
        """Whether any program takes the file for what is read here, so that it may be passed on as it stands."""
        from annoconv.volumes import nifti

        return nifti.is_plain(self._header)

    def read(self) -> NDArray[Any]:
        """Return the labels, read-only; the file is inflated again only once nobody holds the array any more.

        Integers never pass through floats. Floats that are all whole become the smallest unsigned type.
        """
        kept = self._last() if self._last is not None else None
        if kept is None:
            from annoconv.volumes import nifti

            header, state = self._header, self._state()
            check_held(header.data_bytes, self.path, self._limits)
            kept = as_labels(nifti.read_scaled(header), self.path)
            self._last, self._verified = weakref.ref(kept), state
        return kept

    def foreground(self) -> Foreground | None:
        """Return what is not 0 without the volume in memory, kept where it is small; None if it has to be read whole.

        Raises
        ------
        MaskError
            As `read` does.
        """
        kept = self._foreground() if isinstance(self._foreground, weakref.ref) else self._foreground
        if kept is None and not self._is_dense and (self._last is None or self._last() is None):
            from annoconv.volumes.nifti_foreground import read_foreground

            header, state = self._header, self._state()
            kept = read_foreground(header)
            self._is_dense = kept is None
            if kept is not None:
                self._verified = state
                self._foreground = kept if kept.nbytes <= _KEPT_BYTES else weakref.ref(kept)
        return kept

    def verify(self) -> None:
        """Read the file to its end, if that was not done since it was last changed; MaskError if it is damaged."""
        if self._verified is None or self._verified != self._state():
            self._foreground = None
            if self.foreground() is None:
                self.read()

    def _state(self) -> tuple[int, int]:
        state = self.path.stat()
        return state.st_size, state.st_mtime_ns
