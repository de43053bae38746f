"""How large the pixels and how thick and far apart the slices of a series are (A 7.2 c, d, g)."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from annoconv.messages import Message
from annoconv_converters.check_images.attributes import among, groups_of, parted, several, text_of
from annoconv_converters.check_images.description import Series, Slice, is_finite
from annoconv_converters.check_images.table import Fault, Numbers, check

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = [
    "position_invalid",
    "resolution",
    "size_differs",
    "spacing_differs",
    "spacing_invalid",
    "spacing_stated_otherwise",
    "thickness_against_spacing",
    "thickness_differs",
]


@check("A-7.2d.position_invalid", "series")
def position_invalid(series: Series, _: Numbers) -> Iterator[Fault]:
    """Yield slices whose position is none."""
    bad = [each for each in series.slices if each.position and not is_finite(each.position, 3)]
    if bad:
        yield among(series, bad, found=text_of(bad[0].position))


@check("A-7.2c.spacing_invalid", "series")
def spacing_invalid(series: Series, _: Numbers) -> Iterator[Fault]:
    """Yield slices whose pixel spacing, thickness or distance is no positive number."""
    bad = [each for each in series.slices if each.pixel_spacing and not _is_positive(each.pixel_spacing, 2)]
    if bad:
        first = min(bad, key=lambda each: series.k_of.get(each, 0))
        expected = Message("two positive numbers")
        told = {"keyword": "PixelSpacing", "tag": "(0028,0030)", "expected": expected}
        yield among(series, bad, found=text_of(first.pixel_spacing), **told)
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
    for group in groups_of(odd, lambda each: each.pixel_spacing):
        usual, found = expected or (1.0, 1.0), group[0].pixel_spacing
        if any(abs(a - b) > numbers["share"] * b for a, b in zip(found, usual, strict=True)):
            told = {"found": text_of(found), "expected": text_of(usual)}
            yield several(series, group, count=count, all=len(series.slices), **told)


@check("A-7.2c.size_differs", "series")
def size_differs(series: Series, _: Numbers) -> Iterator[Fault]:
    """Yield each slice of another size."""
    if not series.is_stackable:
        return
    expected, count, odd = parted(series, lambda each: each.size)
    for group in groups_of(odd, lambda each: each.size):
        sizes = {"found": "{} x {}".format(*group[0].size), "expected": "{} x {}".format(*(expected or (0, 0)))}
        yield several(series, group, count=count, all=len(series.slices), **sizes)


@check("A-7.2c.thickness_differs", "series")
def thickness_differs(series: Series, numbers: Numbers) -> Iterator[Fault]:
    """Yield each slice of another thickness; a stack whose spacing changes too is told by that."""
    if not series.is_stackable:
        return
    expected, count, odd = parted(series, _thickness)
    for group in groups_of(odd, _thickness):
        found = _thickness(group[0])
        if isinstance(expected, float) and found and abs(found - expected) > numbers["share"] * expected:
            told = {"found": f"{found:.6g}", "expected": f"{expected:.6g}", "count": count}
            yield several(series, group, all=len(series.slices), **told)


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
