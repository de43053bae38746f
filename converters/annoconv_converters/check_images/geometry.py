"""Where the slices of a series lie: order, gaps, duplicates, flips, jitter, shear, spacing (A 7.2 b, c, d, e)."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from annoconv.messages import Message, listed
from annoconv_converters.check_images.attributes import among, at, parted
from annoconv_converters.check_images.description import Series, Slice, is_direction, is_finite
from annoconv_converters.check_images.table import Fault, Numbers, catalogue, check

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from annoconv_converters.check_images.description import Stack

_TELLING: Final = (
    *("TemporalPositionIdentifier", "StackID", "EchoTime", "EchoNumbers", "DiffusionBValue", "InversionTime"),
    *("FlipAngle", "TriggerTime", "FrameReferenceTime", "AcquisitionNumber", "AcquisitionTime", "ContentTime"),
    *("ImageType",),
)
"""By what slices at one position are told apart as those of several volumes."""
_MOST_UNEVEN: Final = 1 / 3
"""Share of distances beyond which a stack is uneven rather than lacking or displacing single slices."""
_MOST_NAMED: Final = 3
_FLIPPED_COSINE: Final = -0.995
_NEAR: Final = 1.5
"""Steps up to which two slices look alike."""
_LEAST: Final = 24
"""Pixels each way of a picture that shows which way round it is."""


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
    is_block = any(after - before == 1 for before, after in zip(wide, wide[1:], strict=False))
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
    unplaced = series.unread + sum(
        not each.is_placed and bool(each.position or each.orientation) for each in series.slices
    )
    unplaced += sum(not (each.position or each.orientation) for each in series.slices if each.path not in _flat(stack))
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


def _flat(stack: Stack) -> set[object]:
    return {each.path for place in stack.places for each in place}


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
        if _turned(one, stack):
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
    if angle > numbers["least_degrees"] and drift > numbers["pixel_share"] * _pixel(series):
        yield Fault(series.path, series.steps(), {"angle": f"{angle:.3g}", "drift": f"{drift:.4g}"})


@check("A-7.2e.position_twice", "series")
def position_twice(series: Series, _: Numbers) -> Iterator[Fault]:
    """Yield each slice at the position of another, unless the series holds several volumes."""
    stack = series.stack
    if stack is None or stack.several > 1:
        return
    for k, place in enumerate(stack.places):
        for each in place[1:]:
            distance = f"{stack.distances[k]:.6g}"
            yield at(series, each, other=place[0].name, distance=distance)


@check("A-7.2e.time_points", "series")
def time_points(series: Series, _: Numbers) -> Iterator[Fault]:
    """Yield a series that holds several volumes."""
    stack = series.stack
    if stack is None or stack.several == 1:
        return
    telling = [
        keyword
        for keyword in _TELLING
        if all(len({each.text.get(keyword, "") for each in place}) == len(place) for place in stack.places)
    ]
    told = listed(telling[:1]) if telling else Message("nothing that their headers state")
    values = {"count": stack.several, "positions": len(stack.places), "keyword": told}
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


def _turned(one: Slice, stack: Stack) -> Message | None:
    """Return how a slice is turned over against the others; None if it is not."""
    a, b = np.reshape(one.orientation, (2, 3)), np.reshape(stack.orientation, (2, 3))
    rows, columns = (bool(cosine < _FLIPPED_COSINE) for cosine in (a * b).sum(axis=1))
    if rows and columns:
        return Message("turned by half a turn")
    if rows:
        return Message("mirrored left to right")
    return Message("mirrored top to bottom") if columns else None


@check("A-7.2b.orientation_differs", "series")
def orientation_differs(series: Series, numbers: Numbers) -> Iterator[Fault]:
    """Yield, for each orientation but that of most slices, how many have it; a slice turned over is told as such."""
    stack = series.stack
    if stack is None:
        return
    groups: dict[tuple[float, ...], list[Slice]] = {}
    expected = np.reshape(stack.orientation, (2, 3))
    for each in series.slices:
        if not each.is_placed or (each in series.k_of and _turned(each, stack)):
            continue
        if np.abs(np.reshape(each.orientation, (2, 3)) - expected).max() > max(numbers["least_cosine"], 1e-4):
            groups.setdefault(tuple(round(value, 3) for value in each.orientation), []).append(each)
    for slices in groups.values():
        found = np.reshape(slices[0].orientation, (2, 3))
        cosines = np.clip((found * expected).sum(axis=1) / np.linalg.norm(found, axis=1), -1, 1)
        angle = math.degrees(math.acos(float(cosines.min())))
        told = {"found": _text(slices[0].orientation), "expected": _text(stack.orientation)}
        yield among(series, slices, angle=f"{angle:.3g}", **told)


@check("A-7.2e.slice_flipped", "series")
def slice_flipped(series: Series, numbers: Numbers) -> Iterator[Fault]:
    """Yield each slice whose header, or else whose picture, is turned over against the others."""
    stack = series.stack
    if stack is None:
        return
    turned: set[Slice] = set()
    for each in series.k_of:
        how = _turned(each, stack)
        if how is not None:
            turned.add(each)
            found, expected = (_text(v) for v in (each.orientation, stack.orientation))
            yield at(series, each, how=how, found=found, expected=expected)
    if series.pixels is None or stack.several > 1 or turned:
        return
    kept = series.pixels()
    for k, one in enumerate(stack.slices):
        near = [n for n in (k - 1, k + 1) if 0 <= n < len(stack.slices)]
        if any(abs(stack.distances[n] - stack.distances[k]) > _NEAR * stack.usual for n in near):
            continue
        if len(near) == 1:
            near += [2 * near[0] - k]
        pictures = [kept[stack.slices[n]].thumbnail for n in (k, *near) if _has(kept, stack, n)]
        if len(pictures) == 3 and len({each.shape for each in pictures}) == 1 and min(pictures[0].shape) >= _LEAST:
            how, found, expected = _mirrored(*pictures, numbers)
            if how is not None:
                template = Message("correlation {number:.2f} with its neighbours as it stands", number=found)
                turned_back = Message("{number:.2f} as it stands once turned back", number=expected)
                yield at(series, one, how=how, found=template, expected=turned_back)


def _has(kept: object, stack: Stack, n: int) -> bool:
    return 0 <= n < len(stack.slices) and stack.slices[n] in kept  # type: ignore[operator]  # a mapping


_TURNS: Final = (
    (Message("mirrored left to right"), (slice(None), slice(None, None, -1))),
    (Message("mirrored top to bottom"), (slice(None, None, -1), slice(None))),
    (Message("turned by half a turn"), (slice(None, None, -1), slice(None, None, -1))),
)


def _mirrored(
    one: NDArray[np.float32], before: NDArray[np.float32], after: NDArray[np.float32], numbers: Numbers
) -> tuple[Message | None, float, float]:
    """Return how a picture is turned against its neighbours, and its correlation as it stands and turned back."""
    beside = before + after
    as_is = correlation(one, beside)
    among_them = correlation(before, after)
    if as_is >= among_them - numbers["least_loss"]:
        return None, as_is, as_is
    best, how = max(((correlation(one[turn], beside), name) for name, turn in _TURNS), key=lambda each: each[0])
    is_turned = best >= numbers["least_correlation"] and 1 - best <= numbers["share_of_difference"] * (1 - as_is)
    return (how if is_turned else None), as_is, best


def correlation(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """Return Pearson's correlation of two pictures; 0 where one is constant."""
    a, b = one.ravel() - one.mean(), other.ravel() - other.mean()
    size = math.sqrt(float(a @ a) * float(b @ b))
    return float(a @ b) / size if size > 0 else 0.0


@check("A-7.2b.orientation_invalid", "series")
def orientation_invalid(series: Series, numbers: Numbers) -> Iterator[Fault]:
    """Yield slices whose orientation is none."""
    bad = [
        each for each in series.slices if each.orientation and not is_direction(each.orientation, numbers["tolerance"])
    ]
    if bad:
        yield among(series, bad, found=_text(bad[0].orientation))


@check("A-7.2d.position_invalid", "series")
def position_invalid(series: Series, _: Numbers) -> Iterator[Fault]:
    """Yield slices whose position is none."""
    bad = [each for each in series.slices if each.position and not is_finite(each.position, 3)]
    if bad:
        yield among(series, bad, found=_text(bad[0].position))


@check("A-7.2c.spacing_invalid", "series")
def spacing_invalid(series: Series, _: Numbers) -> Iterator[Fault]:
    """Yield slices whose pixel spacing, thickness or distance is no positive number."""
    bad = [each for each in series.slices if each.pixel_spacing and not _is_positive(each.pixel_spacing, 2)]
    if bad:
        first = min(bad, key=lambda each: series.k_of.get(each, 0))
        expected = Message("two positive numbers")
        told = {"keyword": "PixelSpacing", "tag": "(0028,0030)", "expected": expected}
        yield among(series, bad, found=_text(first.pixel_spacing), **told)
    for keyword, tag in (("SliceThickness", "(0018,0050)"), ("SpacingBetweenSlices", "(0018,0088)")):
        bad = [each for each in series.slices if (n := each.number(keyword)) is not None and not _is_step(n, each)]
        if bad:
            first = min(bad, key=lambda each: series.k_of.get(each, 0))
            told = {"keyword": keyword, "tag": tag, "expected": Message("a positive number")}
            yield among(series, bad, found=first.text[keyword], **told)


def _is_step(number: float, one: Slice) -> bool:
    return math.isfinite(number) and (number > 0 or (number < 0 and one.text.get("Modality") == "NM"))


def _is_positive(values: Sequence[float], count: int) -> bool:
    return is_finite(values, count) and min(values) > 0


@check("A-7.2c.spacing_differs", "series")
def spacing_differs(series: Series, numbers: Numbers) -> Iterator[Fault]:
    """Yield each slice of another pixel spacing."""
    if not series.is_stackable:
        return
    expected, count, odd = parted(
        series, lambda each: each.pixel_spacing if _is_positive(each.pixel_spacing, 2) else None
    )
    for each in odd:
        if np.any(np.abs(np.subtract(each.pixel_spacing, expected)) > numbers["share"] * np.abs(expected)):  # type: ignore[arg-type]
            told = {"found": _text(each.pixel_spacing), "expected": _text(expected)}  # type: ignore[arg-type]
            yield at(series, each, count=count, all=len(series.slices), **told)


@check("A-7.2c.size_differs", "series")
def size_differs(series: Series, _: Numbers) -> Iterator[Fault]:
    """Yield each slice of another size."""
    if not series.is_stackable:
        return
    expected, count, odd = parted(series, lambda each: each.size)
    for each in odd:
        sizes = {name: "{} x {}".format(*v) for name, v in (("found", each.size), ("expected", expected))}  # type: ignore[misc]
        yield at(series, each, count=count, all=len(series.slices), **sizes)


@check("A-7.2c.thickness_differs", "series")
def thickness_differs(series: Series, numbers: Numbers) -> Iterator[Fault]:
    """Yield each slice of another thickness; a stack whose spacing changes too is told by that."""
    if not series.is_stackable:
        return
    expected, count, odd = parted(series, _thickness)
    for each in odd:
        found = _thickness(each)
        if isinstance(expected, float) and found and abs(found - expected) > numbers["share"] * expected:
            told = {"found": f"{found:.6g}", "expected": f"{expected:.6g}", "count": count}
            yield at(series, each, all=len(series.slices), **told)


def _thickness(one: Slice) -> float | None:
    number = one.number("SliceThickness")
    return number if number is not None and math.isfinite(number) and number > 0 else None


@check("A-7.2c.thickness_against_spacing", "series")
def thickness_against_spacing(series: Series, numbers: Numbers) -> Iterator[Fault]:
    """Yield a series with tissue between its slices that none shows, or slices that overlap by more than half."""
    stack = series.stack
    thickness, count, _ = parted(series, _thickness)
    if stack is None or stack.usual <= 0 or not isinstance(thickness, float) or count * 2 <= len(series.slices):
        return
    name = "largest_spacing_of_thickness" + ("_mr" if series.modality == "MR" else "")
    what: Message | None = None
    if stack.usual > numbers[name] * thickness + 1e-3:
        gap = stack.usual - thickness
        what = Message("{gap:.3g} mm of tissue between two slices is on none", gap=gap)
    elif thickness > numbers["largest_overlap"] * stack.usual:
        what = Message("each place is on {times:.2g} slices", times=thickness / stack.usual)
    if what is not None:
        told = {"thickness": f"{thickness:.6g}", "spacing": f"{stack.usual:.6g}", "what": what}
        yield Fault(series.path, series.steps(), told)


@check("A-7.2c.spacing_stated_otherwise", "series")
def spacing_stated_otherwise(series: Series, numbers: Numbers) -> Iterator[Fault]:
    """Yield a series whose SpacingBetweenSlices is not the distance of its slices, measured along the normal."""
    stack = series.stack
    stated = Counter(n for each in series.slices if (n := each.number("SpacingBetweenSlices")) and math.isfinite(n))
    if stack is None or stack.usual <= 0 or not stated:
        return
    number = abs(stated.most_common(1)[0][0])
    run = float(np.linalg.norm(np.median(np.diff(stack.positions, axis=0), axis=0)))  # some state it along the run
    if all(abs(number - each) > numbers["share"] * each for each in (stack.usual, run)):
        values = {"found": f"{number:.6g}", "expected": f"{stack.usual:.6g}"}
        yield Fault(series.path, series.steps(), values)


@check("A-7.2g.resolution", "series")
def resolution(series: Series, numbers: Numbers) -> Iterator[Fault]:
    """Yield a series whose pixels are too large or too few, or whose slices are too far apart."""
    first = series.slices[0]
    if "TotalPixelMatrixColumns" in first.text:
        return  # its size is that of a tile
    spacing = [each.pixel_spacing for each in series.slices if _is_positive(each.pixel_spacing, 2)]
    step = series.stack.usual if series.stack else 0.0
    if 0 < min(first.size) < numbers["least_pixels"]:
        size = "{} x {}".format(*first.size)
        expected = Message("at least {count:g} pixels each way", count=numbers["least_pixels"])
        yield Fault(series.path, series.steps(), {"what": Message("the matrix"), "found": size, "expected": expected})
    if spacing and max(spacing[0]) > numbers["largest_pixel_mm"]:
        expected = Message("at most {count:g} mm", count=numbers["largest_pixel_mm"])
        found = f"{max(spacing[0]):.4g} mm"
        yield Fault(
            series.path, series.steps(), {"what": Message("the pixel size"), "found": found, "expected": expected}
        )
    if step > numbers["largest_step_mm"]:
        expected = Message("at most {count:g} mm", count=numbers["largest_step_mm"])
        what = Message("the distance of slices")
        yield Fault(series.path, series.steps(), {"what": what, "found": f"{step:.4g} mm", "expected": expected})


def _text(values: Sequence[float]) -> str:
    return "\\".join(f"{value:.6g}" for value in values)
