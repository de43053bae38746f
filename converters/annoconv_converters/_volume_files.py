"""Files of one or several volumes behind one seam: NIfTI, NRRD and MetaImage, read with the same checks.

Each kind of file gives its grid, its layers and what its header says of their labels. Voxels are inflated when they are
asked for, once as long as somebody holds them.
"""

from __future__ import annotations

import re
import weakref
from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from annoconv import nifti
from annoconv.errors import MaskError
from annoconv.pixels import NiftiVolume, as_labels
from annoconv_converters import _label_tables

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from annoconv.forms import Form
    from annoconv.geometry import Grid
    from annoconv.limits import Limits
    from annoconv.pixels import Volume
    from annoconv_converters._labels import Entry

__all__ = ["NiftiFile", "Segment", "UnionVolume", "VolumeFile", "data_file", "is_volume", "open_volume", "stem_of"]

_CARET_CODES: Final = frozenset({0, 30})
"""Extension codes under which Caret's XML is found: 30 is registered for it, TotalSegmentator writes 0."""


@dataclass(frozen=True, slots=True)
class Segment:
    """What a file's own header says of one label.

    Attributes
    ----------
    layer
        Zero-based volume of the file in which it lies.
    entry
        Its value there, its name, colour and terminology.
    id
        Its identifier, where the format has one.
    """

    layer: int
    entry: Entry
    id: str = ""


class VolumeFile(ABC):
    """A file of volumes on one grid.

    Attributes
    ----------
    path
        The file.
    """

    lists_every_segment: bool = False
    """Whether its table lists exactly the segments that there are, those without a voxel too."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._last: weakref.ref[NDArray[Any]] | None = None
        self._kept: NDArray[Any] | None = None

    @cached_property
    def grid(self) -> Grid:
        """The grid of each layer, LPS; without an affine if the file states none."""
        return self._read_grid()

    @cached_property
    def dtype(self) -> np.dtype[Any]:
        """Type of the voxels as stored."""
        return self._read_dtype()

    @cached_property
    def segments(self) -> Sequence[Segment]:
        """What the header says of the labels; empty if nothing."""
        return self._read_segments()

    @property
    @abstractmethod
    def layers(self) -> int:
        """Number of volumes."""

    @abstractmethod
    def _read_grid(self) -> Grid: ...

    @abstractmethod
    def _read_dtype(self) -> np.dtype[Any]: ...

    @abstractmethod
    def _read_segments(self) -> Sequence[Segment]: ...

    @abstractmethod
    def _values(self) -> NDArray[Any]:
        """Return the values, scaled, shape (layer, k, j, i)."""

    def values(self) -> NDArray[Any]:
        """Return the values, shape (layer, k, j, i), read-only.

        A single layer is inflated again only once nobody holds it; several are kept, since each mask asks for its own.
        """
        kept = self._last() if self._last is not None else None
        if kept is None:
            kept = self._values()
            kept.flags.writeable = False
            self._last = weakref.ref(kept)
            self._kept = kept if len(kept) > 1 else None
        return kept

    def volume(self, layer: int) -> Volume:
        """Return one layer as labels or fractions."""
        return LayerVolume(self, layer)


@dataclass(eq=False)
class LayerVolume:
    """One layer of a file as a lazy volume; see `annoconv.pixels.Volume`."""

    file: VolumeFile
    layer: int

    @property
    def grid(self) -> Grid:
        """Its grid."""
        return self.file.grid

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the voxels as stored."""
        return self.file.dtype

    @property
    def path(self) -> Path:
        """Its file."""
        return self.file.path

    def read(self) -> NDArray[Any]:
        """Return the labels, shape (k, j, i), read-only."""
        return as_labels(self.file.values()[self.layer], self.file.path)


@dataclass(eq=False)
class UnionVolume:
    """The voxels of several labels of a volume, as a lazy binary volume."""

    source: Volume
    labels: tuple[int, ...]

    @property
    def grid(self) -> Grid:
        """Its grid."""
        return self.source.grid

    @property
    def dtype(self) -> np.dtype[Any]:
        """Bool."""
        return np.dtype(np.bool_)

    @property
    def path(self) -> Path | None:
        """Its file."""
        return self.source.path

    def read(self) -> NDArray[Any]:
        """Return `mask_kji`, read-only."""
        labels_kji = self.source.read()
        mask_kji = np.zeros(labels_kji.shape, dtype=np.bool_)
        for label in self.labels:
            mask_kji |= labels_kji == label
        mask_kji.flags.writeable = False
        return mask_kji


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

    def _read_segments(self) -> Sequence[Segment]:
        tables = [
            _label_tables.read_caret(content, self.path)
            for code, content in nifti.read_extensions(self.header)
            if code in _CARET_CODES and b"<CaretExtension" in content[:1000]
        ]
        return [Segment(layer, entry) for layer, entry in (tables[0] if tables else [])]

    def _values(self) -> NDArray[Any]:
        return nifti.read_scaled(self.header).reshape(self.layers, *self.grid.shape_kji)

    def volume(self, layer: int) -> Volume:
        """Return one layer; the only one of a file is a volume that can be copied as it stands."""
        return NiftiVolume(self.path, self._limits, form=self._form) if self.layers == 1 else super().volume(layer)


def data_file(header: Path, name: str, where: str) -> Path:
    """Return the one data file that a header names, in the header's own folder; MaskError for any other."""
    path = header.parent / name
    try:
        is_there = re.search(r"[/\\%\0]|LIST|^\.", name) is None and path.is_file()
    except OSError:  # a name that no file can have
        is_there = False
    if not is_there:
        raise MaskError(
            "no data file of this name is in the header's folder", source=header, where=where, found=name[:200]
        )
    return path


def open_volume(path: Path, limits: Limits, form: Form = "agree") -> VolumeFile:
    """Return a file of volumes, opened when it is first asked something; MaskError if its name has no known ending."""
    kind = _suffix(path.name)
    if kind in {".nii", ".nii.gz"}:
        return NiftiFile(path, limits, form)
    if kind in {".nrrd", ".nhdr"}:
        from annoconv_converters._nrrd import NrrdFile

        return NrrdFile(path, limits)
    if kind in {".mha", ".mhd"}:
        from annoconv_converters._metaimage import MetaFile

        return MetaFile(path, limits)
    raise MaskError("not a volume by its name", source=path, expected=" ".join(_SUFFIXES))


_SUFFIXES: Final = (".nii.gz", ".nii", ".seg.nrrd", ".nrrd", ".nhdr", ".mha", ".mhd")


def is_volume(path: Path) -> bool:
    """Tell whether a file's name is that of a volume."""
    return bool(_suffix(path.name)) and not path.name.startswith(".")


def stem_of(name: str) -> str:
    """Return a file name without the ending of a volume."""
    return next((name[: -len(suffix)] for suffix in _SUFFIXES if name.lower().endswith(suffix)), name)


def _suffix(name: str) -> str:
    found = next((suffix for suffix in _SUFFIXES if name.lower().endswith(suffix)), "")
    return ".nrrd" if found == ".seg.nrrd" else found
