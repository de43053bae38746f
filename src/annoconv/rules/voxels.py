"""What the voxels of mask files say to the rules: each file is read once, and of its array only this is kept."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Final

from annoconv.errors import AnnoconvError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from annoconv.geometry import Grid
    from annoconv.pixels import Mask, Volume
    from annoconv.quality.labels import LabelContent
    from annoconv.volumes.foreground import Foreground

__all__ = ["VolumeContent", "read_content"]

_MOST_RUNS: Final = 8_000_000
"""Runs of labels: organs of a whole body have a twentieth."""


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
    volume
        What was read; None if it cannot be.
    """

    values: frozenset[int] = frozenset()
    error: AnnoconvError | None = None
    is_opened: bool = True
    is_fractional: bool = False
    beyond: Mapping[str, AnnoconvError] = field(default_factory=dict[str, AnnoconvError])
    volume: Volume | None = None

    @cached_property
    def _foreground(self) -> Foreground | None:
        """Its labels as runs; None of fractions, and where they are more than the checks of shapes look at."""
        from annoconv.pixels import foreground_of
        from annoconv.volumes.foreground import Foreground, runs_of

        if self.volume is None or self.error is not None or self.is_fractional:
            return None
        found = foreground_of(self.volume)
        if found is None:
            labels_kji = self.volume.read()
            shape = labels_kji.shape
            found = Foreground((shape[0], shape[1], shape[2]), *runs_of(labels_kji.reshape(-1), shape[2]))
        return found

    @property
    def is_speckled(self) -> bool:
        """Whether its labels are in so many runs that they are no structures."""
        return self._foreground is not None and self._foreground.starts.size > _MOST_RUNS

    @cached_property
    def _shapes(self) -> Mapping[int, LabelContent]:
        from annoconv.quality.labels import examine

        return {} if self._foreground is None or self.is_speckled else examine(self._foreground)

    @cached_property
    def _shape_of_all(self) -> LabelContent | None:
        from annoconv.quality.labels import examine
        from annoconv.volumes.foreground import joined

        found = self._foreground
        if found is None or self.is_speckled:
            return None
        mask = found.of(None)
        whole = joined(mask.shape_kji, [(mask.starts, mask.stops, mask.values)])
        return None if whole is None else examine(whole).get(1)

    def shape_of(self, value: int | None) -> LabelContent | None:
        """Return what is unusual about one label, or about all that is not 0; None if there is nothing of it."""
        if value is None and len(self.values) > 1:
            return self._shape_of_all
        return self._shapes.get(next(iter(self.values), 0) if value is None else value)


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
    return VolumeContent(values, is_fractional=boxes is None, beyond=beyond, volume=volume)
