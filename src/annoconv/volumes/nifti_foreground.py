"""What is not 0 of a NIfTI file, read and written without its volume in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from annoconv.files.inflate import chunks, voxel_bytes
from annoconv.volumes.foreground import find_foreground
from annoconv.volumes.nifti import LABEL_INTENT, nifti_pieces, scaled
from annoconv.volumes.voxel_values import as_labels, smallest_dtype

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Literal

    from numpy.typing import NDArray

    from annoconv.geometry import Grid
    from annoconv.volumes.foreground import Foreground
    from annoconv.volumes.nifti import Extension, NiftiHeader

__all__ = ["foreground_pieces", "read_foreground"]


def read_foreground(header: NiftiHeader) -> Foreground | None:
    """Return what is not 0 of a label map; None if it has to be read as an array, since it is none or covers too much.

    Raises
    ------
    MaskError
        As `nifti.read_array` does, and if the voxels are neither labels nor fractions.
    """
    if header.intercept or header.volumes:
        return None

    def labels(stored: NDArray[Any]) -> NDArray[Any]:
        return as_labels(scaled(stored, header), header.path)

    found = voxel_bytes(chunks(header.path), header.data_bytes, header.path, header.offset)
    return find_foreground((content for _, content in found), header.grid.shape_kji, header.dtype, labels)


def foreground_pieces(
    foreground: Foreground, grid: Grid, *, version: Literal[1, 2] = 1, extensions: Sequence[Extension] = ()
) -> Iterator[memoryview | bytes]:
    """Yield an uncompressed file of labels in the smallest type that holds them, as `nifti.nifti_pieces` does."""
    dtype = smallest_dtype(foreground.largest)
    whole = np.broadcast_to(np.zeros((), dtype), foreground.shape_kji)
    yield next(nifti_pieces(whole, grid, version=version, extensions=extensions, intent=LABEL_INTENT))
    yield from foreground.pieces(dtype)
