"""What a file of labels must not be taken for: volumes that follow each other in time, and an image.

Nothing in a file says that its voxels are labels but the intent of a NIfTI header or a table; these tell what is none.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from annoconv.errors import MaskError
from annoconv.messages import Message

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from annoconv.pixels import Volume
    from annoconv_converters._volumes.file import VolumeFile

__all__ = ["check_layers", "check_no_image"]

_FEW: Final = 16
"""Values that no image has as few of."""
_BLOCK: Final = 32
"""Slices that are compared together."""


def check_layers(file: VolumeFile) -> None:
    """Refuse several volumes that the file itself does not call structures: time points, colours, components.

    Raises
    ------
    MaskError
        With what the file says of its fourth axis.
    """
    if file.layers > 1 and file.list_axis and not file.segments:
        raise MaskError(
            "the volumes of the file are no structures",
            source=file.path,
            found=Message("{count} volumes along an axis of {axis}", count=file.layers, axis=file.list_axis),
            expected="one volume, or a list of structures",
            advice="Save one volume as a file of its own, or pass --layers if each of them is a structure",
        )


def check_no_image(file: VolumeFile, volume: Volume, values: Sequence[int], named: int) -> None:
    """Refuse a volume whose values change from voxel to voxel, as those of an image do and labels do not.

    Parameters
    ----------
    file
        Where it stands.
    volume
        The one of its volumes that is looked at, if there are many values.
    values
        Those that are there, but for 0.
    named
        How many of them a label table names.

    Raises
    ------
    MaskError
        If there are more than 16 values, most of them without a name, and most neighbours within a slice that are both
        not 0 differ.
    """
    if file.is_label_map or len(values) <= max(_FEW, 2 * named) or not _is_textured(volume.read()):
        return
    raise MaskError(
        "this looks like an image, not like labels",
        source=file.path,
        found=Message("{count} values, most of them unlike their neighbours'", count=len(values)),
        expected="structures of many voxels each",
        advice="Pass --as-image, name it with --images, or name its values with --labels",
    )


def _is_textured(labels_kji: NDArray[Any]) -> bool:
    """Tell whether along j or along i most neighbours that are both not 0 have different values."""
    pairs, different = [0, 0], [0, 0]
    bounds = [*range(0, len(labels_kji), _BLOCK), len(labels_kji)]
    for start, end in pairwise(bounds):
        block = labels_kji[start:end]
        for axis, (one, other) in enumerate(((block[:, 1:], block[:, :-1]), (block[..., 1:], block[..., :-1]))):
            inner = (one != 0) & (other != 0)
            pairs[axis] += int(np.count_nonzero(inner))
            different[axis] += int(np.count_nonzero(inner & (one != other)))
    return any(2 * unlike > count for count, unlike in zip(pairs, different, strict=True))
