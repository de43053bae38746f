"""The grid that single slices form: order, spacing, and refusal of stacks that are no regular volume.

Positions are LPS in mm, at the centre of a slice's first pixel. Authority: DICOM PS3.3 C.7.6.2; specification 7.2 e.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING

import numpy as np

from annoconv.advice import CORRECT_FILE, NOTHING
from annoconv.errors import GeometryError
from annoconv.geometry import (
    DIRECTION_TOLERANCE,
    LARGEST_MM,
    SMALLEST_MM,
    STACK_TOLERANCE_VOXEL,
    Grid,
    grid_of_slices,
    matrix_text,
)
from annoconv.messages import Message, listed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["STACK_TOLERANCE_VOXEL", "Plane", "fill_gaps", "is_rounded", "is_turning", "stack_grid"]

_SAME_PLANE_MM = 1e-4
"""Slices nearer than this share their position."""
_STEEPEST = 1.0
"""Lateral mm for each mm along the normal, 45 degrees: gantries tilt by 30; beyond it slices form no volume."""
_COARSEST = 5e-3
"""Of unit vectors: what rounding explains; a bound that a request may set."""
_COARSE = "If they were rounded, accept them with --limit direction_millionths={count}"
_OF_ONE_STACK = "Give the slices of one stack only: leave out localizers and other reconstructions"
_WIDEST = 1000
"""Of the usual distance: slices further apart are two stacks, or damage."""
_MOST_MISSING = 1000
"""Slices of one gap; a longer one is two stacks."""
_MOST_NAMED = 3
"""Slices named in one message."""


@dataclass(frozen=True, slots=True)
class Plane:
    """One slice as DICOM places it (PS3.3 C.7.6.2).

    Attributes
    ----------
    name
        What an error calls it: a file name, or a file name and a frame number.
    position
        ImagePositionPatient: centre of the first pixel, LPS, mm.
    orientation
        ImageOrientationPatient: directions in which the column index, then the row index grows.
    pixel_spacing
        PixelSpacing: mm between rows, then between columns; that is (j, i).
    columns, rows
        Pixels along i and j.
    """

    name: str
    position: Sequence[float]
    orientation: Sequence[float]
    pixel_spacing: Sequence[float]
    columns: int
    rows: int


def stack_grid(
    planes: Sequence[Plane],
    slice_spacing: float = 1.0,
    *,
    upright: bool = True,
    whole: bool = False,
    rounding: float = DIRECTION_TOLERANCE,
) -> tuple[Grid, list[int]]:
    """Return the grid that parallel slices form, and their order along it.

    Parameters
    ----------
    planes
        Slices in any order.
    slice_spacing
        Step along k in mm, used for a single slice only: nothing measures it.
    upright
        Whether sheared and unevenly spaced slices are refused. They are no volume of voxels, but a stack all the same
        if their positions run along a straight line, and no slices are missing.
    whole
        Whether it is known that no slices are missing, however far apart they are.
    rounding
        How far direction cosines may be off orthonormal, and off those of other slices.

    Returns
    -------
    Grid
        Its k axis is the normal, row direction x column direction, so the grid is always right-handed. Its directions
        are made exactly orthonormal, its k step is the mean distance.
    list of int
        For each k, the position of its slice in `planes`.

    Raises
    ------
    GeometryError
        If slices differ in orientation, pixel spacing or size, share a position, leave a gap, or are sheared (gantry
        tilt). The message names the slices and the numbers.

    Notes
    -----
    PS3.3 C.7.6.2.1.1; specification 7.2 e. Each slice may lie up to 0.1 voxel off the stack along each axis.
    """
    if not planes:
        raise GeometryError(
            "there are no slices", found=NOTHING, expected="a slice at least", advice="Name the folder of the series"
        )
    across, down = _orthonormal(planes[0], rounding)
    _check_alike(planes, rounding)
    normal = np.cross(across, down)
    positions = np.array([plane.position for plane in planes], dtype=np.float64)
    if positions.shape != (len(planes), 3) or not np.abs(positions).max() <= LARGEST_MM:
        raise GeometryError(
            "a slice position is damaged",
            where=planes[0].name,
            found=planes[0].position,
            expected="three finite numbers in mm",
            advice=CORRECT_FILE,
        )
    distances = positions @ normal
    order = [int(index) for index in np.argsort(distances, kind="stable")]
    names = [planes[index].name for index in order]
    between_rows, between_columns = (float(number) for number in planes[0].pixel_spacing)
    affine = np.eye(4)
    affine[:3, 0], affine[:3, 1], affine[:3, 3] = across * between_columns, down * between_rows, positions[order[0]]

    def stacked(step: float) -> Grid:
        affine[:3, 2] = normal * step
        return Grid((planes[0].columns, planes[0].rows, len(planes)), affine + 0.0)

    try:
        grid = stacked(_even_step(distances[order], names) if len(order) > 1 else slice_spacing)
        _check_straight(grid, positions[order], names)
    except GeometryError:
        pixel = min(between_rows, between_columns)
        if upright or not _is_straight(positions[order], distances[order], pixel, whole=whole):
            raise
        mean = float(distances[order[-1]] - distances[order[0]]) / (len(order) - 1)
        grid = grid_of_slices(stacked(mean), positions[order])
    return grid, order


def fill_gaps(planes: Sequence[Plane], rounding: float = DIRECTION_TOLERANCE) -> list[Plane]:
    """Return the slices that an otherwise regular stack lacks, each where it would stand, in no order.

    There are none in a series that is unevenly spaced (see `_missing_from`); `stack_grid` judges the rest.
    """
    if len(planes) < 2:
        return []
    across, down = _orthonormal(planes[0], rounding)
    distances = np.array([plane.position for plane in planes], dtype=np.float64) @ np.cross(across, down)
    order = np.argsort(distances, kind="stable")
    gaps = np.diff(distances[order])
    usual = _missing_from(gaps)
    if usual is None:
        return []
    missing: list[Plane] = []
    for n in np.flatnonzero(gaps > (1 + STACK_TOLERANCE_VOXEL) * usual):
        before, after = planes[int(order[n])], planes[int(order[n + 1])]
        steps = round(float(gaps[n]) / usual)
        if steps > _MOST_MISSING:
            continue
        start, run = np.array(before.position), np.subtract(after.position, before.position) / steps
        name = f"the gap between {before.name} and {after.name}"
        missing += [replace(before, name=name, position=(start + run * step).tolist()) for step in range(1, steps)]
    return missing


def _missing_from(gaps: NDArray[np.float64]) -> float | None:
    """Return the distance of the slices of a regular stack that lacks some; None of an even or an uneven one.

    At least half of the distances are the usual one, the others whole multiples of it. Two alike that follow each other
    are the spacing of a block, as head scans have it (2.5 mm, then 5 mm): nothing is missing there.
    """
    usual = float(np.sort(gaps)[(len(gaps) - 1) // 2])
    if usual <= _SAME_PLANE_MM:
        return None
    steps = np.round(gaps / usual)
    are_multiples = bool((np.abs(gaps - steps * usual) <= STACK_TOLERANCE_VOXEL * usual).all())
    is_block = bool(((steps[1:] == steps[:-1]) & (steps[1:] > 1)).any())
    return usual if are_multiples and steps.max() > 1 and not is_block else None


def _most_alike(planes: Sequence[Plane]) -> Plane:
    """Return the first of the slices whose size and rough orientation most of them have: a localizer is the odd one."""
    kinds = [
        (each.columns, each.rows, *(round(float(cosine), 2) + 0.0 for cosine in each.orientation)) for each in planes
    ]
    return planes[kinds.index(Counter(kinds).most_common(1)[0][0])]


def _check_alike(planes: Sequence[Plane], rounding: float) -> None:
    first = _most_alike(planes)
    for name, problem, tolerance in (
        ("orientation", "the slices differ in orientation", rounding),
        ("pixel_spacing", "the slices differ in pixel spacing", None),
    ):
        expected = np.array(getattr(first, name), dtype=np.float64)
        for plane in planes:
            value = np.array(getattr(plane, name), dtype=np.float64)
            bound = DIRECTION_TOLERANCE * np.abs(expected) if tolerance is None else tolerance
            if value.shape != expected.shape or not np.all(np.abs(value - expected) <= bound):
                found, wanted = (_at(matrix_text(v)[1:-1], p) for v, p in ((value, plane), (expected, first)))
                off = np.abs(value - expected).max() if tolerance is not None and value.shape == (6,) else np.inf
                raise GeometryError(problem, found=found, expected=wanted, advice=_coarse(float(off)) or _OF_ONE_STACK)
    for plane in planes:
        if (plane.columns, plane.rows) != (first.columns, first.rows):
            found, wanted = (_at(f"{p.columns} x {p.rows}", p) for p in (plane, first))
            problem = "the slices differ in size (columns x rows)"
            raise GeometryError(problem, found=found, expected=wanted, advice=_OF_ONE_STACK)


def is_rounded(planes: Sequence[Plane]) -> bool:
    """Tell whether direction cosines of slices are off orthonormal by more than six decimals make them."""
    pairs = np.reshape([plane.orientation for plane in planes], (-1, 2, 3))
    return bool(np.abs(pairs @ pairs.transpose(0, 2, 1) - np.eye(2)).max() > DIRECTION_TOLERANCE)


def is_turning(planes: Sequence[Plane]) -> bool:
    """Tell whether slices differ in orientation by more than six decimals make them."""
    cosines = np.array([plane.orientation for plane in planes], dtype=np.float64)
    return bool(np.abs(cosines - cosines[0]).max() > DIRECTION_TOLERANCE)


def _coarse(off: float) -> Message | None:
    """Return how to accept direction cosines that are off by so much; None if no rounding explains it."""
    count = max(2000, 1000 * int(np.ceil(off * 1000))) if off <= _COARSEST else 0
    return Message(_COARSE, count=count) if count else None


def _orthonormal(plane: Plane, rounding: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the directions of i and j, rounding removed."""
    cosines = np.array(plane.orientation, dtype=np.float64)
    if cosines.shape != (6,) or not np.abs(cosines).max() <= 2:
        raise GeometryError(
            "an orientation is damaged",
            where=plane.name,
            found=matrix_text(cosines),
            expected="six direction cosines",
            advice=CORRECT_FILE,
        )
    pair = cosines.reshape(2, 3)
    off = float(np.abs(pair @ pair.T - np.eye(2)).max())
    if off > rounding:
        raise GeometryError(
            "the direction cosines are not orthonormal",
            where=plane.name,
            found=matrix_text(pair),
            expected=Message("two of length 1 at right angles, within {tolerance:g}", tolerance=rounding),
            advice=_coarse(off) or CORRECT_FILE,
        )
    spacing = np.array(plane.pixel_spacing, dtype=np.float64)
    if spacing.shape != (2,) or not np.all((spacing >= SMALLEST_MM) & (spacing <= LARGEST_MM)):
        raise GeometryError(
            "the pixel spacing is damaged",
            where=plane.name,
            found=matrix_text(spacing),
            expected="two positive numbers of mm",
            advice=CORRECT_FILE,
        )
    across = pair[0] / np.linalg.norm(pair[0])
    down = pair[1] - (pair[1] @ across) * across
    return across, down / np.linalg.norm(down)


def _even_step(distances: NDArray[np.float64], names: Sequence[str]) -> float:
    """Return the mean distance of sorted slices; refuse shared positions and gaps."""
    gaps = np.diff(distances)
    pairs = list(pairwise(names))
    shared = np.flatnonzero(gaps < _SAME_PLANE_MM)
    if shared.size:
        raise GeometryError(
            Message("{count} of {all} slices share the position of another", count=shared.size, all=len(names)),
            found=listed([_shared(pairs[n], float(distances[n])) for n in shared], _MOST_NAMED),
            expected="one slice at each position",
            advice="Give one volume: a single time point, echo or reconstruction",
        )
    usual = median(gaps.tolist())
    uneven = np.flatnonzero(np.abs(gaps - usual) > STACK_TOLERANCE_VOXEL * usual)
    if uneven.size:
        raise GeometryError(
            "the slices are not evenly spaced",
            found=listed([_gap(pairs[n], float(gaps[n])) for n in uneven], _MOST_NAMED),
            expected=Message("{usual:.6g} mm as between most slices", usual=usual),
            advice="Supply the missing slices, bridge them in conversions by --allow-gaps, or give one regular stack",
        )
    return float(distances[-1] - distances[0]) / (len(names) - 1)


def _is_straight(positions: NDArray[np.float64], distances: NDArray[np.float64], pixel: float, *, whole: bool) -> bool:
    """Tell whether sorted slices run along a straight line, no two at one place and none of an even stack missing."""
    gaps = np.diff(distances)
    if len(gaps) < 2 or gaps.min() < _SAME_PLANE_MM or gaps.max() > _WIDEST * median(gaps.tolist()):
        return False
    if not whole and _missing_from(gaps) is not None:
        return False
    along = distances - distances[0]
    run = (positions[-1] - positions[0]) / along[-1]
    is_steep = bool(run @ run - 1 > _STEEPEST**2)  # along the normal it is 1
    return not is_steep and bool(
        np.abs(positions - positions[0] - np.outer(along, run)).max() <= STACK_TOLERANCE_VOXEL * pixel
    )


def _check_straight(grid: Grid, positions: NDArray[np.float64], names: Sequence[str]) -> None:
    """Refuse slices whose positions leave the line along the normal, or drift along it."""
    indices = np.linalg.solve(grid.affine, np.column_stack([positions, np.ones(len(names))]).T).T[:, :3]
    indices[:, 2] -= np.arange(len(names))
    off = np.abs(indices).max(axis=1)
    worst = int(off.argmax())
    if off[worst] > STACK_TOLERANCE_VOXEL:
        run = positions[worst] - positions[0]
        angle = np.degrees(np.arccos(np.clip(run @ grid.direction[:, 2] / np.linalg.norm(run), -1, 1)))
        raise GeometryError(
            Message("the stack is sheared by {angle:.1f} degrees (gantry tilt?) or uneven", angle=angle),
            found=Message(
                "{name} {off:.2g} voxels off the normal through {first}",
                name=names[worst],
                off=off[worst],
                first=names[0],
            ),
            expected=Message("at most {count} voxels", count=STACK_TOLERANCE_VOXEL),
            advice="Resample the image to an upright stack first",
        )


def _shared(pair: tuple[str, str], distance_mm: float) -> Message:
    first, second = pair
    template = "{first} and {second} at {distance:.6g} mm along the normal"
    return Message(template, first=first, second=second, distance=distance_mm)


def _gap(pair: tuple[str, str], gap_mm: float) -> Message:
    return Message("{gap:.6g} mm between {first} and {second}", gap=gap_mm, first=pair[0], second=pair[1])


def _at(value: object, plane: Plane) -> Message:
    return Message("{value} in {name}", value=value, name=plane.name)
