"""NIfTI files of one volume, or of several along the fourth axis, with the label table of their header."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from annoconv.errors import MaskError
from annoconv.pixels import NiftiVolume
from annoconv.volumes import nifti
from annoconv_converters._volumes import label_tables
from annoconv_converters._volumes.file import FileSegment, VolumeFile

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from annoconv.geometry import Grid
    from annoconv.limits import Limits
    from annoconv.pixels import Volume
    from annoconv.volumes.nifti_affines import Form

__all__ = ["NiftiFile"]

_CARET_CODES: Final = frozenset({0, 30})
"""Extension codes under which Caret's XML is found: 30 is registered for it, TotalSegmentator writes 0."""


class NiftiFile(VolumeFile):
    """A NIfTI file of one volume, or of several along its fourth axis."""

    def __init__(self, path: Path, limits: Limits, form: Form = "agree") -> None:
        super().__init__(path)
        self._limits = limits
        self._form: Form = form

    @cached_property
    def header(self) -> nifti.NiftiHeader:
        """The checked header."""
        header = nifti.read_header(self.path, self._limits, form=self._form, several=True)
        if len(header.volumes) > 1:
            found = [*header.grid.shape, *header.volumes]
            raise MaskError("not a volume, nor a list of volumes", source=self.path, where="dim", found=found)
        return header

    def _read_grid(self) -> Grid:
        return self.header.grid

    def _read_dtype(self) -> np.dtype[Any]:
        return self.header.dtype

    @property
    def layers(self) -> int:
        """Counts along the fourth axis."""
        return self.header.volumes[0] if self.header.volumes else 1

    def _read_segments(self) -> Sequence[FileSegment]:
        tables = [
            label_tables.read_caret(content, self.path)
            for code, content in nifti.read_extensions(self.header)
            if code in _CARET_CODES and b"<CaretExtension" in content[:1000]
        ]
        return [FileSegment(layer, entry) for layer, entry in (tables[0] if tables else [])]

    def _values(self) -> NDArray[Any]:
        return nifti.read_scaled(self.header).reshape(self.layers, *self.grid.shape_kji)

    def volume(self, layer: int) -> Volume:
        """Return one layer; the only one of a file is a volume that can be copied as it stands."""
        return NiftiVolume(self.path, self._limits, form=self._form) if self.layers == 1 else super().volume(layer)
