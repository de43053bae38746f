"""What a file of volumes is, whatever its format: its grid, its layers, what its header says of their labels.

Each format has a module of its own beside this one; `opening` chooses. Voxels are inflated when they are
asked for, once as long as somebody holds them.
"""

from __future__ import annotations

import re
import weakref
from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

from annoconv.advice import CORRECT_FILE
from annoconv.errors import GeometryError, MaskError
from annoconv.files.atomic import note_inputs
from annoconv.files.names import check_inside
from annoconv.volumes.voxel_values import as_labels

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from annoconv.geometry import Affine, Grid
    from annoconv.pixels import Volume
    from annoconv_converters._volumes.labels import Entry

__all__ = [
    "FileSegment",
    "LayerVolume",
    "Tree",
    "UnionVolume",
    "VolumeFile",
    "affine_rows",
    "data_file",
    "mm_of",
    "place_of",
]

Tree: TypeAlias = dict[str, Any]
"""What a file says beside its voxels, in the terms of its format: objects, lists and values."""
_PLACE_DECIMALS: Final = 4
"""Of a millimetre: the float32 numbers of NIfTI-1 hold no more of an affine."""
_MM_BY_UNIT: Final = {
    unit: mm
    for mm, units in {
        1.0: " | ?|??|???|mm|millimeter|millimeters|millimetre|millimetres",
        10.0: "cm|centimeter|centimeters|centimetre|centimetres",
        1000.0: "m|meter|meters|metre|metres",
        0.001: "um|\u00b5m|\u03bcm|micron|microns|micrometer|micrometers|micrometre|micrometres",
        1e-6: "nm|nanometer|nanometers|nanometre|nanometres",
    }.items()
    for unit in map(str.strip, units.split("|"))
}
"""Units of length as headers spell them; an unknown one is taken for mm, as in NIfTI."""


@dataclass(frozen=True, slots=True)
class FileSegment:
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
    list_axis: str = ""
    """What its volumes follow each other in, if the file says that they are no structures: time."""
    is_label_map: bool = False
    """Whether the header says that its voxels are labels."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._last: weakref.ref[NDArray[Any]] | None = None
        self._kept: NDArray[Any] | None = None

    def __getstate__(self) -> dict[str, Any]:
        """Return what another process, or a copy, makes it of; it reads the file itself."""
        return self.__dict__ | {"_last": None, "_kept": None}

    @cached_property
    def grid(self) -> Grid:
        """The grid of each layer, LPS; without an affine if the file states none."""
        return self._read_grid()

    @cached_property
    def dtype(self) -> np.dtype[Any]:
        """Type of the voxels as stored."""
        return self._read_dtype()

    @cached_property
    def segments(self) -> Sequence[FileSegment]:
        """What the header says of the labels; empty if nothing."""
        return self._read_segments()

    @property
    def unstated(self) -> tuple[str, ...]:
        """The fields that should say where its voxels lie, and are not in its header."""
        return ()

    @property
    @abstractmethod
    def layers(self) -> int:
        """Number of volumes."""

    @abstractmethod
    def _read_grid(self) -> Grid: ...

    @abstractmethod
    def _read_dtype(self) -> np.dtype[Any]: ...

    @abstractmethod
    def _read_segments(self) -> Sequence[FileSegment]: ...

    @abstractmethod
    def tree(self) -> Tree:
        """Return what the header says beside the voxels, but for how they are stored."""

    @abstractmethod
    def written_tree(self, grid: Grid, segments: Sequence[FileSegment], *, is_labels: bool) -> Tree:
        """Return what the header would say if it were written from a case, by itself.

        Parameters
        ----------
        grid
            Of the voxels.
        segments
            The labels in each layer.
        is_labels
            Whether the voxels are labels, and no image.
        """

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


def mm_of(unit: str, path: Path, where: str) -> float:
    """Return the millimetres of a unit of length as a header spells it; GeometryError if nobody knows it."""
    try:
        return _MM_BY_UNIT[unit.strip().lower()]
    except KeyError as error:
        raise GeometryError(
            "unknown unit of length",
            source=path,
            where=where,
            found=unit[:50],
            expected="mm, cm, m, um or nm",
            advice=CORRECT_FILE,
        ) from error


def place_of(grid: Grid) -> Tree:
    """Return where the voxels lie, LPS, mm: the same whatever frame and terms a format has for it."""
    return {} if grid.lps_from_ijk is None else {"affine": affine_rows(grid.lps_from_ijk)}


def affine_rows(affine: Affine) -> list[list[float]]:
    """Return the three rows of an affine, to 0.0001 mm."""
    rows: list[list[float]] = (np.round(affine[:3], _PLACE_DECIMALS) + 0.0).tolist()
    return rows


def data_file(header: Path, name: str, where: str) -> Path:
    """Return the one data file that a header names, in the header's own folder; MaskError for any other."""
    path = header.parent / name
    try:
        is_there = re.search(r"[/\\%\0]|LIST|^\.", name) is None and path.is_file() and check_inside(path.parent, path)
    except OSError:  # a name that no file can have
        is_there = False
    if not is_there:
        is_list = "LIST" in name or "%" in name
        raise MaskError(
            "a header of several data files is not read"
            if is_list
            else "no data file of this name is in the header's folder",
            source=header,
            where=where,
            found=name[:200],
            expected="the name of one file beside the header",
            advice="Save the volume as one file (.nii.gz, .nrrd or .mha)",
        )
    note_inputs([path])
    return path
