"""The masks of two readers of one image, label by label: brought onto one grid, then measured.

A label is a code of the label system (a number in a label map without one). Masks of one label are one region. Where
masks of different labels overlap, each label is measured by itself; else all at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from annoconv.errors import GeometryError
from annoconv.geometry import Grid, apply_relation
from annoconv.messages import Message
from annoconv.metrics.overlap import confusion, dice_of, overlap_metrics
from annoconv.model import AnnotationStatus, MaskAnnotation
from annoconv.pixels import Mask, check_frame
from annoconv.volumes.label_boxes import find_labels

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from annoconv.casefile import LoadedCase
    from annoconv.metrics.surface import Points
    from annoconv.model import MetricValue
    from annoconv.pixels import Volume

__all__ = ["Compared", "Region", "compare", "dice_of_labels", "regions_of", "regions_of_volume", "worst_slice"]

NO_SPACING: Final = Message("the image states no spacing: distances and sizes are left out; name one with --spacing")
UNEVEN: Final = Message("the slices are not evenly spaced along their normal: distances are left out")
_MOST: Final = 255
_NOT_RESULTS: Final = frozenset({AnnotationStatus.SUPERSEDED, AnnotationStatus.REJECTED})
_SIZES: Final = ("overlap.reference_size", "overlap.other_size", "overlap.size_difference")


@dataclass(frozen=True)
class Region:
    """A mask with its label."""

    label: str
    mask: Mask


@dataclass(frozen=True)
class Compared:
    """What was measured of one image.

    Attributes
    ----------
    values
        By label.
    mislabelled
        Voxels by (label in the reference, label in the other), where both have one and the two differ.
    diagonal_mm
        Of the image, the largest distance that there can be in it; None without a spacing.
    notes
        What was left out, and why.
    """

    values: list[MetricValue]
    mislabelled: Mapping[tuple[str, str], int]
    diagonal_mm: float | None
    notes: tuple[Message, ...]


def regions_of(loaded: LoadedCase) -> dict[str, list[Region]]:
    """Return the masks of a case by image: `""` is the primary one; what was superseded or rejected is left out."""
    found: dict[str, list[Region]] = {}
    for each in loaded.case.annotations:
        if isinstance(each, MaskAnnotation) and each.status not in _NOT_RESULTS:
            uid = "" if each.image_uid in {None, loaded.case.image.uid} else str(each.image_uid)
            found.setdefault(uid, []).append(Region(each.label_code, loaded.masks[each.id]))
    return found


def regions_of_volume(volume: Volume) -> list[Region]:
    """Return the labels of a label map without a table, by their numbers."""
    return [Region(str(int(value)), Mask(str(value), volume, int(value))) for value in find_labels(volume.read())]


def compare(
    reference: Sequence[Region],
    other: Sequence[Region],
    grid: Grid,
    *,
    points: Points = "voxel",
    tolerances_mm: Sequence[float] = (),
    boundary_mm: float | None = None,
    spacing: Sequence[float] | None = None,
) -> Compared:
    """Return every metric of each label.

    Parameters
    ----------
    reference, other
        The masks of one image.
    grid
        The image's; both are brought onto it without interpolation, and refused if that cannot be done.
    points, tolerances_mm, boundary_mm
        Which surface, the tolerances of its surface Dice, and the width of a boundary, if asked for.
    spacing
        mm along k, j and i, for an image that states none.
    """
    from annoconv.metrics.boundary import boundary_iou  # SciPy, which Dice alone does without
    from annoconv.metrics.surface import surface

    labels = sorted({each.label for each in (*reference, *other)})
    told, notes = _spacing(grid, spacing)
    is_flat = grid.shape[2] == 1
    step = (told or (1.0, 1.0, 1.0))[-2 if is_flat else -3 :]
    values: list[MetricValue] = []
    mislabelled: dict[tuple[str, str], int] = {}
    for some, maps in _maps(reference, other, grid, labels):
        a, b = (each[0] if is_flat else each for each in maps)
        numbers = range(1, len(some) + 1)
        table = confusion(a, b)
        found = overlap_metrics(table, step, numbers)
        found = [each for each in found if each.label is not None and (told or each.definition_id not in _SIZES)]
        if told and UNEVEN not in notes:
            found += surface(a, b, step, tolerances_mm=tolerances_mm, points=points, labels=numbers)
            if boundary_mm is not None:
                found += boundary_iou(a, b, step, width_mm=boundary_mm, labels=numbers)
        values += [each.model_copy(update={"label": some[int(each.label or 1) - 1]}) for each in found]
        for (p, q), count in table.mislabelled.items():
            if p and q:
                mislabelled[some[p - 1], some[q - 1]] = count
    values.sort(key=lambda each: str(each.label))
    diagonal = float(np.linalg.norm(np.array(told) * grid.shape_kji)) if told else None
    return Compared(values, mislabelled, diagonal, notes)


def dice_of_labels(reference: Sequence[Region], other: Sequence[Region], grid: Grid) -> list[MetricValue]:
    """Return the Dice of each label of two readings, by label; no distance is measured."""
    labels = sorted({each.label for each in (*reference, *other)})
    values: list[MetricValue] = []
    for some, (a, b) in _maps(reference, other, grid, labels):
        found = dice_of(confusion(a, b), range(1, len(some) + 1))
        values += [each.model_copy(update={"label": some[int(each.label or 1) - 1]}) for each in found]
    return sorted(values, key=lambda each: str(each.label))


def worst_slice(reference: Sequence[Region], other: Sequence[Region], grid: Grid) -> int:
    """Return the zero-based slice on which most voxels of two readings of one label are in one of them only."""
    numbers = {each.label: 1 for each in (*reference, *other)}
    a, b = (_painted(regions, grid, numbers) for regions in (reference, other))
    return 0 if a is None or b is None else int((a != b).sum(axis=(1, 2)).argmax())


def _spacing(grid: Grid, spacing: Sequence[float] | None) -> tuple[tuple[float, ...] | None, tuple[Message, ...]]:
    """Return the spacing along k, j and i, None where nobody tells one, and what is said of it."""
    if grid.lps_from_ijk is None:
        return (tuple(spacing), ()) if spacing is not None else (None, (NO_SPACING,))
    told = tuple(grid.spacing[::-1].tolist())
    is_even = grid.is_upright or grid.shape[2] == 1
    return told, () if is_even else (UNEVEN,)


def _maps(
    reference: Sequence[Region], other: Sequence[Region], grid: Grid, labels: Sequence[str]
) -> Iterator[tuple[Sequence[str], tuple[NDArray[Any], NDArray[Any]]]]:
    """Yield labels with the two maps that hold them as 1, 2, ...: all at once, or one by one where masks overlap."""
    numbers = {label: number for number, label in enumerate(labels, 1)}
    maps = [_painted(each, grid, numbers) for each in (reference, other)]
    if maps[0] is not None and maps[1] is not None:
        yield labels, (maps[0], maps[1])
        return
    del maps
    for label in labels:
        a, b = (
            _painted([each for each in regions if each.label == label], grid, {label: 1})
            for regions in (reference, other)
        )
        if a is not None and b is not None:
            yield [label], (a, b)


def _painted(regions: Sequence[Region], grid: Grid, numbers: Mapping[str, int]) -> NDArray[Any] | None:
    """Return a label map of masks, None if masks of different labels overlap."""
    dtype = np.uint8 if len(numbers) <= _MOST else np.uint16
    by_volume: dict[int, list[Region]] = {}
    for region in regions:
        by_volume.setdefault(id(region.mask.volume), []).append(region)
    painted: NDArray[Any] | None = None
    for group in by_volume.values():
        for placed in _of_volume(group, grid, numbers, dtype):
            if painted is None:
                painted = placed
                continue
            both = (painted != 0) & (placed != 0)
            if (painted[both] != placed[both]).any():
                return None
            np.maximum(painted, placed, out=painted)
    return np.zeros(grid.shape_kji, dtype) if painted is None else painted


def _of_volume(group: Sequence[Region], grid: Grid, numbers: Mapping[str, int], dtype: Any) -> Iterator[NDArray[Any]]:
    """Yield the masks of one volume on the grid, renumbered: a label map in one piece."""
    volume = group[0].mask.volume
    labels_kji = volume.read()
    if labels_kji.dtype.kind == "f":
        raise GeometryError(
            "a mask of fractions has no outline",
            source=volume.path,
            advice="Threshold it first, and say at which fraction",
            found=Message("fractions"),
            expected=Message("voxels that are in or out"),
        )
    relation = check_frame(grid, volume)
    values = [each.mask.value for each in group]
    if (
        None not in values
        and len({*values}) == len(values)
        and labels_kji.dtype.kind == "u"
        and labels_kji.itemsize <= 2
    ):
        table = np.zeros(np.iinfo(labels_kji.dtype).max + 1, dtype)
        for each in group:
            table[each.mask.value] = numbers[each.label]
        yield apply_relation(table[labels_kji], relation, volume.path, group[0].mask.id)
        return
    for each in group:
        mask = np.asarray(each.mask.read()).astype(dtype) * dtype(numbers[each.label])
        yield apply_relation(mask, relation, volume.path, each.mask.id)
