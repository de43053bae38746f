"""What is unusual about each label of a volume: parts, cavities, holes, gaps, jumps of slices."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from annoconv.quality.components import background_of, background_parts, label_parts, touching
from annoconv.quality.jumps import Jump, jumps_of
from annoconv.quality.shifts import unit_shifts
from annoconv.quality.slices import gaps_of, slice_tables

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from annoconv.volumes.foreground import Foreground

__all__ = ["Found", "LabelContent", "examine"]


class Found(NamedTuple):
    """A part of a mask or of what it encloses.

    Attributes
    ----------
    voxels
        How large it is.
    place
        Its first voxel, (i, j, k).
    """

    voxels: int
    place: tuple[int, int, int]


@dataclass
class LabelContent:
    """What one label holds.

    Attributes
    ----------
    voxels, parts
        How many there are.
    parts
        Sizes of its connected parts, largest first, each with its first voxel.
    cavities
        Background that nothing but this label encloses in space.
    holes
        The same in one slice, where it is open in space.
    gaps
        First and last slice of each stretch that is empty between two that overlap.
    jumps, steps
        Slices that are shifted against both neighbours, and those from which on all are.
    """

    voxels: int = 0
    parts: list[Found] = field(default_factory=list[Found])
    cavities: list[Found] = field(default_factory=list[Found])
    holes: list[Found] = field(default_factory=list[Found])
    gaps: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])
    jumps: list[Jump] = field(default_factory=list[Jump])
    steps: list[Jump] = field(default_factory=list[Jump])


def examine(found: Foreground) -> Mapping[int, LabelContent]:
    """Return what each label of a volume holds."""
    contents: defaultdict[int, LabelContent] = defaultdict(LabelContent)
    if not found.starts.size:
        return contents
    lengths = found.stops - found.starts
    pairs = touching(found)
    count, part = label_parts(found, pairs)
    for value, each in _sized(count, part, lengths, found.starts, found):
        contents[value].parts.append(each)
    for content in contents.values():
        content.parts.sort(key=lambda each: (-each.voxels, each.place[::-1]))
        content.voxels = sum(each.voxels for each in content.parts)
    _enclosed(found, contents)
    shifts = unit_shifts(found, pairs)
    for value, table in slice_tables(found).items():
        content = contents[value]
        content.gaps = gaps_of(table)
        content.jumps, content.steps = jumps_of(table, shifts[value])
    return contents


def _place(start: int, found: Foreground) -> tuple[int, int, int]:
    line, i = divmod(start, found.shape_kji[2])
    k, j = divmod(line, found.shape_kji[1])
    return i, j, k


def _sized(
    count: int, part: NDArray[np.int32], lengths: NDArray[np.int64], starts: NDArray[np.int64], found: Foreground
) -> list[tuple[int, Found]]:
    """Return for each part its label, size and first voxel."""
    sizes = np.bincount(part, weights=lengths, minlength=count).astype(np.int64)
    _, first = np.unique(part, return_index=True)
    values = found.values[first].astype(np.int64).tolist()
    places = starts[first].tolist()
    return [
        (value, Found(size, _place(start, found)))
        for value, size, start in zip(values, sizes.tolist(), places, strict=True)
    ]


def _enclosed(found: Foreground, contents: Mapping[int, LabelContent]) -> None:
    """Add cavities, and holes in slices that are open in space.

    What is enclosed in space is enclosed in each slice: where nothing is, there is no cavity either.
    """
    zeros = background_of(found)
    lengths = zeros.stops - zeros.starts
    flat = background_parts(found, zeros, flat=True)
    if flat[2].all():
        return
    in_cavity = np.zeros(len(lengths), np.bool_)
    for is_flat in (False, True):
        count, part, is_open, around = flat if is_flat else background_parts(found, zeros, flat=False)
        sizes = np.bincount(part, weights=lengths, minlength=count).astype(np.int64)
        _, first = np.unique(part, return_index=True)
        closed = ~is_open & (around > 0)
        if is_flat:
            closed &= ~in_cavity[first]
        else:
            in_cavity = (~is_open)[part]
        for n in np.flatnonzero(closed).tolist():
            each = Found(int(sizes[n]), _place(int(zeros.starts[first[n]]), found))
            content = contents[int(around[n])]
            (content.holes if is_flat else content.cavities).append(each)
