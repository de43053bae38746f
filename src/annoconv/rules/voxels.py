"""What the voxels of mask files say to the rules: each file is read once, and of its array only this is kept."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from annoconv.errors import AnnoconvError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from annoconv.geometry import Grid
    from annoconv.pixels import Mask, Volume

__all__ = ["VolumeContent", "read_content"]


@dataclass(frozen=True)
class VolumeContent:
    """What is in a volume of masks.

    Attributes
    ----------
    values
        Its labels but 0, ascending; of fractions 1, if any is not 0.
    error
        Why it cannot be read, as labels or fractions.
    is_opened
        Whether its header can.
    is_fractional
        Whether it holds numbers between 0 and 1.
    beyond
        Why it does not fit an image on whose lattice it lies, by UID: what a converter says that brings it onto the
        image's grid.
    """

    values: frozenset[int] = frozenset()
    error: AnnoconvError | None = None
    is_opened: bool = True
    is_fractional: bool = False
    beyond: Mapping[str, AnnoconvError] = field(default_factory=dict[str, AnnoconvError])


def read_content(volume: Volume, masks: Iterable[Mask], grids: Mapping[str, Grid]) -> VolumeContent:
    """Return what is in a volume.

    Parameters
    ----------
    volume
        Opened for the first time, perhaps.
    masks
        Those that it holds.
    grids
        Of the images that they were drawn on, by UID.
    """
    from annoconv.geometry import GridKind, apply_relation
    from annoconv.pixels import boxes_of, check_frame

    is_opened = False
    try:
        is_opened = len(volume.grid.shape) == 3
        boxes = boxes_of(volume)
        values = frozenset(boxes) if boxes is not None else frozenset({1} if volume.read().any() else ())
        for mask in masks if boxes is None else ():
            mask.read()  # fractions have no values
    except AnnoconvError as error:
        return VolumeContent(error=error, is_opened=is_opened)
    beyond: dict[str, AnnoconvError] = {}
    for uid, grid in grids.items():
        with suppress(AnnoconvError):  # a rule on its grid alone tells that it lies elsewhere
            relation = check_frame(grid, volume)
            if relation.kind is GridKind.SUB:
                try:
                    apply_relation(volume.read(), relation)
                except AnnoconvError as error:
                    beyond[uid] = error
    return VolumeContent(values, is_fractional=boxes is None, beyond=beyond)
