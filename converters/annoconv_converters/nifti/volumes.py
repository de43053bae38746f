"""Writing the volumes: images with their rescaling applied, masks one a file, as a label map, or as layers."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

import numpy as np

from annoconv.errors import MaskError
from annoconv.files.inflate import compress
from annoconv.geometry import apply_relation, compare_grids
from annoconv.messages import Message
from annoconv.volumes import nifti
from annoconv.volumes.foreground import Foreground
from annoconv.volumes.nifti import LABEL_INTENT
from annoconv.volumes.nifti_foreground import foreground_pieces
from annoconv.volumes.voxel_values import smallest_labels
from annoconv_converters._volumes import caret_tables
from annoconv_converters.nifti.prepared import in_boxes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from annoconv.geometry import Grid
    from annoconv.images import ImageSource
    from annoconv_converters._volumes.labels import Entry
    from annoconv_converters.nifti.prepared import PreparedImage, PreparedMask

__all__ = ["Arrangement", "Classes", "VolumeWriter", "class_map", "label_map"]

Arrangement: TypeAlias = Literal["files", "label-map", "4d"]
_CARET: Final = 0
"""Extension code of the label table: TotalSegmentator reads the first extension and does not look at its code."""


@dataclass(frozen=True)
class VolumeWriter:
    """How volumes are written.

    Attributes
    ----------
    version
        NIfTI version.
    suffix
        `.nii.gz` or `.nii`.
    written
        What stands before the voxels of each file that it wrote, and documents beside them, so that nobody need read
        them again.
    """

    version: Literal[1, 2] = 1
    suffix: Literal[".nii", ".nii.gz"] = ".nii.gz"
    written: dict[Path, bytes] = field(default_factory=dict["Path", bytes])

    def write(
        self, path: Path, voxels: NDArray[Any], grid: Grid, tables: Sequence[Sequence[Entry]] = (), *, intent: int = 0
    ) -> None:
        """Write a volume, or layers `(layer, k, j, i)`, with a label table for each in the header."""
        extensions = [(_CARET, caret_tables.write_caret(tables))] if any(tables) else []
        pieces = nifti.nifti_pieces(voxels, grid, version=self.version, extensions=extensions, intent=intent)
        self._put(path, pieces)

    def _put(self, path: Path, pieces: Iterator[bytes | memoryview]) -> None:
        start = next(pieces)
        self.written[path] = bytes(start)
        pieces = chain([start], pieces)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            for piece in compress(pieces) if path.name.endswith(".gz") else pieces:
                file.write(piece)

    def write_labels(
        self, path: Path, labels: NDArray[Any], grid: Grid, tables: Sequence[Sequence[Entry]] = ()
    ) -> None:
        """Write labels or fractions in the smallest type that holds them; labels say that they are."""
        stored = smallest_labels(labels, path)
        self.write(path, stored, grid, tables, intent=0 if stored.dtype.kind == "f" else LABEL_INTENT)

    def write_image(self, path: Path, source: ImageSource, grid: Grid) -> None:
        """Write an image's values, rescaled, on the grid that the case states: axes may run another way."""
        from annoconv_converters.nifti.rescale import rescaled  # imports pydicom, which masks need not

        self.write(path, apply_relation(rescaled(source), compare_grids(source.grid, grid), source.path), grid)

    def write_files(
        self, image: PreparedImage, grid: Grid, place: Callable[[PreparedMask], tuple[Path, Entry]]
    ) -> None:
        """Write each mask of an image to a file of its own; a label map is read and searched once."""
        for labels, members in image.by_volume():
            for each in members:
                path, entry = place(each)
                if isinstance(labels, Foreground):
                    self.write_foreground(path, labels.of(each.mask.value), grid, [[entry]])
                else:
                    self.write_labels(path, each.mask.of(labels), grid, [[entry]])

    def write_foreground(
        self, path: Path, labels: Foreground, grid: Grid, tables: Sequence[Sequence[Entry]] = ()
    ) -> None:
        """Write labels in the smallest type that holds them, of which no array is made."""
        extensions = [(_CARET, caret_tables.write_caret(tables))] if any(tables) else []
        self._put(path, foreground_pieces(labels, grid, version=self.version, extensions=extensions))


def label_map(image: PreparedImage, grid: Grid, value_of: Callable[[PreparedMask], int]) -> NDArray[Any]:
    """Return all masks of an image as one label map; MaskError where two overlap, which no label map can hold."""
    classes = Classes(allows_regions=False)
    values = {each.annotation.id: value_of(each) for each in image.masks}
    classes.values = {frozenset([identity]): value for identity, value in values.items()}
    return class_map(image.masks, grid, classes, lambda each: each.annotation.id)


@dataclass
class Classes:
    """The labels of a data set: which set of classes each value stands for.

    Attributes
    ----------
    allows_regions
        Whether a value may stand for several classes at once, where their masks overlap.
    values
        Label by the classes that it stands for.
    """

    allows_regions: bool
    values: dict[frozenset[str], int] = field(default_factory=dict[frozenset[str], int])

    def value(self, names: frozenset[str]) -> int:
        """Return the label of a set of classes, a new one if it is seen for the first time."""
        return self.values.setdefault(names, max(self.values.values(), default=0) + 1)

    def members(self, value: int) -> frozenset[str]:
        """Return the classes that a label stands for."""
        return next((names for names, known in self.values.items() if known == value), frozenset())

    def labels_of(self, name: str) -> list[int]:
        """Return the labels that stand for a class, alone or with others, ascending."""
        return sorted(value for names, value in self.values.items() if name in names)

    def alone(self, name: str) -> int:
        """Return the label of a class with the fewest others."""
        return min((len(names), value) for names, value in self.values.items() if name in names)[1]


def class_map(
    masks: Sequence[PreparedMask], grid: Grid, classes: Classes, name_of: Callable[[PreparedMask], str]
) -> NDArray[Any]:
    """Return masks as a label map in which every value stands for the classes that meet in its voxels.

    Masks of one class are united. Where different classes overlap, a value stands for both, or MaskError is raised.
    """
    labels_kji: NDArray[Any] = np.zeros(grid.shape_kji, dtype=np.uint8)
    for each, box, inside in in_boxes(masks):
        if inside.dtype.kind == "f":
            raise MaskError(
                "fractions cannot stand in a label map",
                where=each.annotation.id,
                found=Message("values between 0 and 1"),
                expected="labels, whole numbers from 0",
                advice="Write one file a mask",
            )
        name = frozenset([name_of(each)])
        if box is None:
            classes.value(name)
            continue
        view = labels_kji[box]
        under = view[inside]
        for value in np.unique(under).tolist() if under.any() else (0,):
            known = classes.members(value)
            if value and not name <= known and not classes.allows_regions:
                common = np.count_nonzero(inside & (view == value))
                raise MaskError(
                    "masks overlap, which one label map cannot hold",
                    where=each.annotation.id,
                    found=Message(
                        "{common} voxels in common with {names}", common=common, names=", ".join(sorted(known))
                    ),
                    expected="masks without voxels in common",
                    advice="Write one file a mask, layers (--arrange 4d), or --layout nnunet, which has regions",
                )
            if not name <= known:
                new = classes.value(known | name)
                if new > np.iinfo(labels_kji.dtype).max:
                    labels_kji = labels_kji.astype(np.min_scalar_type(new))
                    view = labels_kji[box]
                view[inside & (view == value)] = new
    return labels_kji
