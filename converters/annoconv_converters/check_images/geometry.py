"""Where the slices of a series lie: order, gaps, duplicates, jitter, shear (A 7.2 b, e)."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from annoconv.messages import Message, listed
from annoconv_converters.check_images.attributes import at, parted
from annoconv_converters.check_images.description import Series, Slice, is_finite, says
from annoconv_converters.check_images.orientation import turned
from annoconv_converters.check_images.table import Fault, Numbers, catalogue, check
from annoconv_converters.check_images.telling import told_apart

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from annoconv_converters.check_images.description import Stack

__all__ = [
    "Lattice",
    "lattice_of",
    "order",
    "position_twice",
    "sheared",
    "slice_displaced",
    "slice_missing",
    "spacing_uneven",
    "time_point_incomplete",
    "time_points",
]

_MOST_UNEVEN: Final = 1 / 3
"""Share of distances beyond which a stack is uneven rather than lacking or displacing single slices."""
_MOST_NAMED: Final = 3


class Lattice(NamedTuple):
    """How the slices of a stack lie against the line and the step of most.

    Attributes
    ----------
    missing
        (k before the gap, how many slices are missing there, its width in mm)
    along
        For each k how far it is off its step, mm.
    lateral
        For each k how far it is off the line in its plane, mm, shape (k, 3).
    uneven
        The k before each distance that is no whole number of steps and no displaced slice explains.
    slope
        Lateral mm for each mm along the normal, shape (3,).
    """

    missing: list[tuple[int, int, float]]
    along: NDArray[np.float64]
    lateral: NDArray[np.float64]
    uneven: list[int]
    slope: NDArray[np.float64]


def lattice_of(stack: Stack, step_share: float, least_mm: float) -> Lattice:
    """Return how the slices of a stack lie; it has two different positions at least."""
    gaps = np.diff(stack.distances)
    usual = stack.usual
    tolerance = max(step_share * usual, least_mm)
    along = np.zeros(len(stack.distances))
    counts = np.maximum(np.round(gaps / usual), 1)
    off = gaps - counts * usual
    regular = np.abs(off) <= tolerance * np.sqrt(counts)
    missing = [(int(k), int(counts[k]) - 1, float(gaps[k])) for k in np.flatnonzero(regular & (counts > 1))]
    uneven: list[int] = []
    odd = [int(k) for k in np.flatnonzero(~regular)]
    while odd:
        k = odd.pop(0)
        both = gaps[k] + gaps[k + 1] if odd and odd[0] == k + 1 else math.nan
        whole = round(both / usual) if math.isfinite(both) else 0
        if whole >= 2 and abs(both - whole * usual) <= 2 * tolerance:
            odd.pop(0)
            before = max(1, min(whole - 1, round(gaps[k] / usual)))
            along[k + 1] = gaps[k] - before * usual
            missing += [(k, before - 1, float(gaps[k]))] if before > 1 else []
            missing += [(k + 1, whole - before - 1, float(gaps[k + 1]))] if whole - before > 1 else []
        else:
            uneven.append(k)
    lateral = stack.positions - stack.positions[0] - np.outer(stack.distances - stack.distances[0], stack.normal)
    slope = np.median(np.diff(lateral, axis=0) / gaps[:, None], axis=0)
    residual = lateral - np.outer(stack.distances - stack.distances[0], slope)
    return Lattice(sorted(missing), along, residual - np.median(residual, axis=0), uneven, slope)


def _lattice(series: Series) -> tuple[Stack, Lattice] | None:
    """Return stack and lattice of a series that has three positions at least."""
    stack = series.stack
    if stack is None or len(stack.distances) < 3 or stack.usual <= 0:
        return None
    numbers = catalogue()["A-7.2e.slice_displaced"].parameters
    return stack, lattice_of(stack, numbers["step_share"], numbers["least_mm"])


def _is_uneven(lattice: Lattice, stack: Stack) -> bool:
    """Tell whether a stack is uneven as a whole: many odd distances, or blocks of another spacing."""
    gaps = len(stack.distances) - 1
    wide = [k for k, _, _ in lattice.missing]
    is_block = any(after - before == 1 for before, after in pairwise(wide))
    displaced = int(np.count_nonzero(lattice.along))
    return (len(lattice.uneven) + displaced > gaps * _MOST_UNEVEN and gaps > 2 and len(lattice.uneven) > 1) or is_block


def _pixel(series: Series) -> float:
    """Return the smaller pixel spacing of most slices, mm; 1 where none is stated."""
    spacing, _, _ = parted(series, lambda each: each.pixel_spacing if is_finite(each.pixel_spacing, 2) else None)
    smallest = min(spacing) if isinstance(spacing, tuple) else 0.0
    return smallest if smallest > 0 else 1.0


@check("A-7.2e.slice_missing", "series")
def slice_missing(series: Series, _: Numbers) -> Iterator[Fault]:
    """Yield each gap in which slices are missing; a slice that is there with a fault of its own is not missing."""
    found = _lattice(series)
    if found is None or _is_uneven(found[1], found[0]):
        return
    stack, lattice = found
    there_are = {each.path for place in stack.places for each in place}
    unplaced = series.unread + sum(
        not each.is_placed and bool(each.position or each.orientation) for each in series.slices
    )
    unplaced += sum(not (each.position or each.orientation) for each in series.slices if each.path not in there_are)
    elsewhere = [each for each in series.slices if each.is_placed and each not in series.k_of]
    for k, count, gap in lattice.missing:
        places = [stack.distances[k] + gap * n / (count + 1) for n in range(1, count + 1)]
        there = sum(_is_at(each, place, stack) for place in places for each in (*series.others, *elsewhere))
        left = count - min(there, count)
        explained = min(left, unplaced)
        unplaced -= explained
        if left - explained > 0:
            before, after = stack.slices[k], stack.slices[k + 1]
            told = {"count": left - explained, "before": before.name, "after": after.name}
            yield at(series, before, gap=f"{gap:.6g}", usual=f"{stack.usual:.6g}", **told)


def _is_at(one: Slice, distance: float, stack: Stack) -> bool:
    if not is_finite(one.position, 3):
        return False
    off = float(np.dot(one.position, stack.normal)) - distance
    return abs(off) <= 0.1 * stack.usual


@check("A-7.2e.spacing_uneven", "series")
def spacing_uneven(series: Series, _: Numbers) -> Iterator[Fault]:
    """Yield a series whose distances are neither even nor explained by single slices."""
    found = _lattice(series)
    if found is None:
        return
    stack, lattice = found
    gaps = np.diff(stack.distances)
    if _is_uneven(lattice, stack):
        tolerance = 0.05 * stack.usual
        odd = [int(k) for k in np.flatnonzero(np.abs(gaps - stack.usual) > tolerance)]
    else:
        odd = lattice.uneven
    if odd:
        template = "{gap:.6g} mm after {name} (slice {k})"
        told = [Message(template, gap=float(gaps[k]), name=stack.slices[k].name, k=k) for k in odd]
        values = {"count": len(odd), "all": len(gaps), "usual": f"{stack.usual:.6g}"}
        yield Fault(series.path, series.steps(), values | {"gaps": listed(told, _MOST_NAMED)})


@check("A-7.2e.slice_displaced", "series")
def slice_displaced(series: Series, numbers: Numbers) -> Iterator[Fault]:
    """Yield each slice off the line or the step of the others; one that is turned over is told as such."""
    found = _lattice(series)
    if found is None:
        return
    stack, lattice = found
    bound = max(numbers["pixel_share"] * _pixel(series), numbers["least_mm"])
    is_uneven = _is_uneven(lattice, stack)
    for k, one in enumerate(stack.slices):
        if turned(one, stack):
            continue
        lateral, along = float(np.linalg.norm(lattice.lateral[k])), 0.0 if is_uneven else float(lattice.along[k])
        if lateral > bound or along:
            values = {"off": math.hypot(lateral, along), "lateral": lateral, "along": along}
            yield at(series, one, **{name: f"{value:.3g}" for name, value in values.items()})


@check("A-7.2b.sheared", "series")
def sheared(series: Series, numbers: Numbers) -> Iterator[Fault]:
    """Yield a series whose positions do not run along the normal."""
    found = _lattice(series)
    if found is None:
        return
    stack, lattice = found
    slope = float(np.linalg.norm(lattice.slope))
    angle, drift = math.degrees(math.atan(slope)), slope * float(stack.distances[-1] - stack.distances[0])
    is_far = angle > numbers["least_degrees"] and drift > numbers["pixel_share"] * _pixel(series)
    if is_far or (angle > numbers["certain_degrees"] and drift > numbers["certain_mm"]):
        yield Fault(series.path, series.steps(), {"angle": f"{angle:.3g}", "drift": f"{drift:.4g}"})


@check("A-7.2e.position_twice", "series")
def position_twice(series: Series, _: Numbers) -> Iterator[Fault]:
    """Yield each slice at the position of another, unless the series holds several volumes.

    Where all are at one position and nothing tells them apart, the positions are none: they are one fault.
    """
    stack = series.stack
    if stack is not None and _is_placeless(stack):
        first, *rest = stack.places[0]
        told = {"distance": f"{stack.distances[0]:.6g}", "keyword": _differing([stack.places[0]])}
        names = listed([each.name for each in rest], _MOST_NAMED)
        yield Fault(series.path, series.steps(), {"name": names, "other": first.name, "slice": 0, **told})
    if stack is None or stack.several > 1:
        return
    for k, place in enumerate(stack.places):
        for each in place[1:]:
            told = {"distance": f"{stack.distances[k]:.6g}", "keyword": _differing([(place[0], each)])}
            yield at(series, each, other=place[0].name, **told)


def _is_placeless(stack: Stack) -> bool:
    """Tell whether all slices are at one position, and nothing in their headers says why."""
    return len(stack.places) == 1 and len(stack.places[0]) > 1 and not told_apart(stack.places)


def _differing(places: Iterable[Sequence[Slice]]) -> str:
    """Return in what the slices at each place differ."""
    keywords = told_apart(places)
    return listed(keywords) if keywords else Message("nothing that their headers state")


@check("A-7.2e.time_points", "series")
def time_points(series: Series, _: Numbers) -> Iterator[Fault]:
    """Yield a series that holds several volumes."""
    stack = series.stack
    if stack is None or stack.several == 1 or says(stack.slices[0], "MOSAIC") or _is_placeless(stack):
        return
    values = {"count": stack.several, "positions": len(stack.places), "keyword": _differing(stack.places)}
    yield Fault(series.path, series.steps(), values)


@check("A-7.2e.time_point_incomplete", "series")
def time_point_incomplete(series: Series, _: Numbers) -> Iterator[Fault]:
    """Yield each position with more or fewer slices than most, in a series of several volumes."""
    stack = series.stack
    if stack is None or stack.several == 1:
        return
    for k, place in enumerate(stack.places):
        if len(place) != stack.several:
            distance = f"{stack.distances[k]:.6g}"
            yield at(series, place[0], distance=distance, found=len(place), expected=stack.several)


@check("A-7.2e.order", "series")
def order(series: Series, _: Numbers) -> Iterator[Fault]:
    """Yield a series whose instance numbers do not run along the positions."""
    stack = series.stack
    if stack is None or stack.several > 1 or len(stack.slices) < 3:
        return
    numbered = [(each, int(n)) for each in stack.slices if (n := each.number("InstanceNumber")) is not None and n == n]
    steps = np.sign(np.diff([n for _, n in numbered]))
    if len(steps) < 2 or not steps.any():
        return
    against = np.flatnonzero(steps == (-1 if (steps > 0).sum() >= (steps < 0).sum() else 1))
    if len(against):
        first = numbered[int(against[0]) + 1]
        told = {"found": first[1], "before": numbered[int(against[0])][1], "count": len(against)}
        yield at(series, first[0], all=len(numbered), **told)
