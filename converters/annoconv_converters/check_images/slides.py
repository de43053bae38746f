"""Whole slides: tiles, pyramid, magnification, of DICOM and of TIFF files (A 7.2 note; PS3.3 C.8.12.4)."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from annoconv.messages import Message
from annoconv_converters.check_images.description import MATRIX_ORIGIN, is_finite, numbers_of, says
from annoconv_converters.check_images.table import Fault, Numbers, check

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from annoconv_converters.check_images.description import Series, Slice

__all__ = ["SLIDE_CLASS", "Level", "SlidePyramid", "pyramid_of_series"]

SLIDE_CLASS: Final = "1.2.840.10008.5.1.4.1.1.77.1.6"
_ALIKE: Final = {
    "FrameOfReferenceUID": "(0020,0052)",
    "ContainerIdentifier": "(0040,0512)",
    "ImageOrientationSlide": "(0048,0102)",
}
"""What all levels of a slide state alike (PS3.3 C.8.12.4.1, C.7.6.16.2)."""


@dataclass(frozen=True)
class Level:
    """One level of a pyramid.

    Attributes
    ----------
    name
        Its file, or its number in one.
    size
        Columns and rows of its whole matrix.
    tiles, needed
        How many tiles it has, and how many its matrix takes; None where that cannot be told.
    pixel_mm
        Width and height of a pixel; None where they are not stated.
    tile
        Columns and rows of a tile, by which a level may reach beyond the field; 0 where the last ones are cut.
    stated
        What all levels of a slide state alike, by keyword; what is absent is left out.
    origin_mm
        Where its first pixel lies on the slide, x and y; None where that is not stated.
    """

    name: str
    path: Path
    size: tuple[int, int]
    tiles: int | None = None
    needed: int | None = None
    pixel_mm: tuple[float, float] | None = None
    tile: tuple[int, int] = (0, 0)
    stated: Mapping[str, object] = field(default_factory=dict[str, object])
    origin_mm: tuple[float, ...] | None = None


@dataclass(frozen=True)
class SlidePyramid:
    """A slide as its files state it.

    Attributes
    ----------
    steps
        What findings call it.
    levels
        Largest first; labels and overviews are none.
    pixel_um
        Size of a pixel of the largest level, micrometre; None if it is not stated.
    magnification
        Power of the objective lens; None if it is not stated.
    """

    path: Path
    steps: tuple[str | int, ...]
    levels: tuple[Level, ...]
    pixel_um: float | None
    magnification: float | None


def pyramid_of_series(series: Sequence[Series]) -> SlidePyramid:
    """Return the slide that some images make."""
    parts: dict[str, list[Slice]] = {}
    for each in series:
        for one in each.slices[:1]:
            if not any(says(one, word) for word in ("LABEL", "OVERVIEW", "THUMBNAIL")):
                parts.setdefault(one.text.get("ConcatenationUID") or one.uid, []).append(one)
    levels = [(_level(files), files[0]) for files in parts.values()]
    levels.sort(key=lambda pair: (-math.prod(pair[0].size), pair[0].name))
    first = levels[0][1] if levels else None
    spacing = first.pixel_spacing[1] * 1000 if first is not None and len(first.pixel_spacing) == 2 else None
    if spacing is None and first is not None:
        width, columns = first.number("ImagedVolumeWidth"), levels[0][0].size[0]
        spacing = width / columns * 1000 if width and columns else None
    is_made = first is not None and says(first, "RESAMPLED")  # the lens saw it before it was made smaller
    power = first.number("ObjectiveLensPower") if first is not None and not is_made else None
    is_size = spacing is not None and math.isfinite(spacing) and spacing > 0
    return SlidePyramid(
        series[0].path,
        series[0].steps(),
        tuple(level for level, _ in levels),
        spacing if is_size else None,
        power if power and math.isfinite(power) and power > 0 else None,
    )


def _level(files: Sequence[Slice]) -> Level:
    """Return the level in a file, or in the parts of one (PS3.3 C.7.6.16.2.2.4, a concatenation)."""
    one = files[0]
    columns, rows = (int(one.number(f"TotalPixelMatrix{name}") or 0) for name in ("Columns", "Rows"))
    tile_columns, tile_rows = one.size
    frames = sum(each.count for each in files)
    needed: int | None = None
    if one.text.get("DimensionOrganizationType") == "TILED_FULL" and tile_columns and tile_rows:
        planes = int(one.number("TotalPixelMatrixFocalPlanes") or 1) * int(one.number("NumberOfOpticalPaths") or 1)
        needed = math.ceil(columns / tile_columns) * math.ceil(rows / tile_rows) * planes
    spacing, origin = one.pixel_spacing, numbers_of(one.text.get(MATRIX_ORIGIN, ""))
    is_stated = len(spacing) == 2 and all(math.isfinite(each) and each > 0 for each in spacing)
    return Level(
        one.path.name,
        one.path,
        (columns, rows),
        frames if needed is not None else None,
        needed,
        (spacing[1], spacing[0]) if is_stated else None,
        (tile_columns, tile_rows),
        {keyword: value for keyword in _ALIKE if (value := _plain(one.text.get(keyword, "")))},
        origin if is_finite(origin, 2) else None,
    )


def _plain(value: str) -> object:
    """Return a value so that two ways to write the same numbers are equal."""
    return numbers if "\\" in value and is_finite(numbers := numbers_of(value), len(numbers)) else value


@check("A-7.2n1.tiles_missing", "slide")
def tiles_missing(slide: SlidePyramid, _: Numbers) -> Iterator[Fault]:
    """Yield each level that has fewer tiles than its matrix takes."""
    for n, each in enumerate(slide.levels):
        if each.tiles is not None and each.needed is not None and each.tiles < each.needed:
            values = {"name": each.name, "found": each.tiles, "expected": each.needed}
            yield Fault(each.path, (*slide.steps, "levels", n), values)


@check("A-7.2n1.magnification_missing", "slide")
def magnification_missing(slide: SlidePyramid, _: Numbers) -> Iterator[Fault]:
    """Yield a slide that says nothing of its scale."""
    if slide.pixel_um is None and slide.magnification is None:
        yield Fault(slide.path, slide.steps, {"name": slide.path.name})


@check("A-7.2n1.magnification_against_spacing", "slide")
def magnification_against_spacing(slide: SlidePyramid, numbers: Numbers) -> Iterator[Fault]:
    """Yield a slide whose magnification and size of pixels contradict each other: 10 micrometre at power 1."""
    if slide.pixel_um is None or slide.magnification is None:
        return
    expected = numbers["micrometre_times_power"] / slide.pixel_um
    if not 1 / numbers["largest_factor"] <= slide.magnification / expected <= numbers["largest_factor"]:
        told = {"found": f"{slide.magnification:g}", "spacing": f"{slide.pixel_um:.4g}", "expected": f"{expected:.3g}"}
        yield Fault(slide.path, slide.steps, {"name": slide.path.name, **told})


@check("A-7.2n1.pyramid_missing", "slide")
def pyramid_missing(slide: SlidePyramid, numbers: Numbers) -> Iterator[Fault]:
    """Yield a large slide of one level."""
    if len(slide.levels) == 1 and max(slide.levels[0].size) > numbers["largest_single"]:
        size = "{} x {}".format(*slide.levels[0].size)
        yield Fault(slide.path, slide.steps, {"name": slide.path.name, "size": size})


@check("A-7.2n1.level_differs", "slide")
def level_differs(slide: SlidePyramid, numbers: Numbers) -> Iterator[Fault]:
    """Yield each level that does not show what the largest shows, by its sides and the size of its pixels.

    A level may end with a whole tile, and reach beyond the field by less than one; so may the largest. Where the size
    of pixels is not stated, both sides must shrink alike.
    """
    if not slide.levels or 0 in slide.levels[0].size:
        return
    first = slide.levels[0]
    for n, each in enumerate(slide.levels[1:], 1):
        if 0 in each.size:
            continue
        across, down = (large / small for large, small in zip(first.size, each.size, strict=True))
        pixels: Message | str = ""
        if first.pixel_mm is not None and each.pixel_mm is not None:
            times = [small / large for large, small in zip(first.pixel_mm, each.pixel_mm, strict=True)]
            is_other = any(
                not -slack - own <= size * larger - whole <= slack + tile * larger
                for size, larger, whole, tile, own in zip(
                    each.size, times, first.size, each.tile, first.tile, strict=True
                )
                for slack in (numbers["share"] * whole + numbers["pixels"] * larger,)
            )
            pixels = Message(", its pixels are {times:.4g} times as large", times=max(times))
        else:
            is_other = abs(across / down - 1) > numbers["share"] + numbers["pixels"] / min(each.size)
        if is_other:
            told = {"across": f"{across:.4g}", "down": f"{down:.4g}", "other": first.name, "pixels": pixels}
            values = {"name": each.name, "size": "{} x {}".format(*each.size), **told}
            yield Fault(each.path, (*slide.steps, "levels", n), values)


@check("A-7.2n1.level_elsewhere", "slide")
def level_elsewhere(slide: SlidePyramid, numbers: Numbers) -> Iterator[Fault]:
    """Yield each level that is of another slide, turned, or lies elsewhere than the largest."""
    for n, each in enumerate(slide.levels[1:], 1):
        first = slide.levels[0]
        values = {"name": each.name, "other": first.name}
        for keyword, tag in _ALIKE.items():
            pair = first.stated.get(keyword), each.stated.get(keyword)
            if None not in pair and pair[0] != pair[1]:
                what = Message("it has another {keyword} {tag}", keyword=keyword, tag=tag)
                yield Fault(each.path, (*slide.steps, "levels", n), {**values, "what": what})
        if first.origin_mm is None or each.origin_mm is None or each.pixel_mm is None:
            continue
        off = math.dist(first.origin_mm, each.origin_mm)
        if off > numbers["pixels"] * max(each.pixel_mm):
            what = Message("its TotalPixelMatrixOriginSequence (0048,0008) is {off:.4g} mm away", off=off)
            yield Fault(each.path, (*slide.steps, "levels", n), {**values, "what": what})
