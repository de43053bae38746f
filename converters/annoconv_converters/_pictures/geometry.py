"""The geometry of one COCO annotation: read from its record, and written into one.

Boxes are `[x, y, width, height]` and polygons `[x, y, x, y ...]` in continuous pixels, origin at the outer corner of
the first pixel, as ours. Keypoints are `[x, y, visibility ...]` in pixel *indices*: half a pixel from our points.
Authority: the data format of cocodataset.org and `pycocotools/coco.py`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from math import isnan
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

from annoconv.advice import CORRECT_FILE
from annoconv.documents.json_values import json_type
from annoconv.errors import InputError, LimitError
from annoconv.messages import Message
from annoconv_converters._pictures.planes import LONGEST_NAME
from annoconv_converters._raster.polygons import Rings, rasterise, rings_of_lists
from annoconv_converters._raster.run_lengths import area_of, box_of, compress_one, expand, fitting

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from annoconv_converters._raster.run_lengths import Counts

__all__ = [
    "LARGEST_NUMBER",
    "LARGEST_SIZE",
    "Box",
    "Segmentation",
    "array_rounded",
    "box_from_record",
    "box_to_record",
    "counts_to_record",
    "each_rounded",
    "each_tidy",
    "far_side",
    "flat_box_to_record",
    "is_numbers",
    "keypoints_from_record",
    "outline_to_record",
    "polygon_of_pieces",
    "rings_to_record",
    "rounded",
    "segmentation_from_record",
    "size_from_record",
    "tidy",
]

Record: TypeAlias = "dict[str, Any]"
Box: TypeAlias = tuple[float, float, float, float]

LARGEST_SIZE: Final = 1 << 20
"""Columns or rows of an image: whole slides reach 3e5."""
_NUMBERS: Final = frozenset({int, float})
LARGEST_NUMBER: Final = 1e12
_DECIMALS: Final = 9
"""Of pixels: what a sum or a difference of two coordinates is rounded to, so that 511.72 - 473.07 is 38.65."""
_POWERS: Final = {2: 1e2, _DECIMALS: 1e9}
_WHOLE: Final = 1.5 * 2.0**52
"""What added to a number and taken away again leaves the nearest whole one."""
_MOST_SCALED, _NO_TIE = 2.0**42, 0.499
"""So large a product is off by less than a thousandth."""


@dataclass(eq=False)
class Segmentation:
    """What `segmentation` holds: polygons, or run lengths.

    Attributes
    ----------
    size
        Rows and columns of the image.
    rings
        Polygons, continuous pixels; None if it holds run lengths.
    runs
        Run lengths; None if it holds polygons.
    source, where
        For messages.
    """

    size: tuple[int, int]
    rings: Rings | None = None
    runs: Counts | None = None
    source: object = None
    where: str | None = None

    @cached_property
    def counts(self) -> Counts:
        """Run lengths of the mask, polygons rasterised as pycocotools does; LimitError if one is too long."""
        if self.rings is None:
            return self.runs  # type: ignore[return-value]  # it holds one of the two
        try:
            return rasterise(self.rings, self.size)
        except LimitError as error:
            error.source, error.where = None if self.source is None else str(self.source), self.where
            raise

    @cached_property
    def box(self) -> Box:
        """`x_min, y_min, x_max, y_max`."""
        return self.rings.box if self.rings is not None else box_of(self.counts, self.size[0])

    @cached_property
    def area(self) -> float:
        """Square pixels: of the pixels, or what the polygons enclose."""
        return self.rings.area if self.rings is not None else area_of(self.counts)

    @property
    def is_mask(self) -> bool:
        """Whether it is more than one polygon."""
        return self.rings is None or len(self.rings) > 1

    @cached_property
    def is_outline(self) -> bool:
        """Whether every polygon runs along edges of pixels, as those that are drawn round a mask do."""
        return self.rings is not None and self.rings.follows_pixels


def size_from_record(image: Record, *, source: object, where: str) -> tuple[int, int]:
    """Return rows and columns of an image record; InputError if they are none, or its file name is no name."""
    name = image.get("file_name")
    if isinstance(name, str) and len(name) > LONGEST_NAME:
        raise InputError(
            "the file name is too long",
            source=str(source),
            where=where,
            found=Message("{count} characters", count=len(name)),
            expected=Message("at most {count} characters", count=LONGEST_NAME),
            advice=CORRECT_FILE,
        )
    size = image.get("height"), image.get("width")
    for count in size:
        if type(count) is not int or not 0 < count <= LARGEST_SIZE:
            raise InputError(
                "an image has a height and a width",
                source=str(source),
                where=where,
                found=Message("{height} and {width}", height=_as_json(size[0]), width=_as_json(size[1])),
                expected=Message("1 to {largest_size}", largest_size=LARGEST_SIZE),
                advice="Write both into the file",
            )
    return size[0], size[1]  # type: ignore[return-value]  # checked above


def _as_json(value: object) -> str:
    return json.dumps(value, default=str)[:40]


def segmentation_from_record(
    record: Record, size: tuple[int, int], *, source: object, where: str
) -> Segmentation | None:
    """Return what a record's `segmentation` holds; None if it is absent, null or empty.

    Polygons without vertices are left out.

    Raises
    ------
    InputError
        If it is neither polygons nor run lengths, or does not fit the image.
    LimitError
        If a polygon is too long to be walked.
    """
    value = record.get("segmentation")
    if value is None or value == []:
        return None
    if isinstance(value, list):
        drawn = [flat for flat in value if flat != []]
        rings = rings_of_lists(drawn, source=source, where=where) if drawn else None
        return Segmentation(size, rings, source=source, where=where) if rings is not None else None
    if not isinstance(value, dict):
        raise InputError(
            "this is no segmentation",
            source=str(source),
            where=where,
            found=json_type(value),
            expected="polygons, or run lengths with their size",
            advice=CORRECT_FILE,
        )
    if value.get("size") != list(size):
        raise InputError(
            "the mask is not of the image's size",
            source=str(source),
            where=where,
            found=value.get("size"),
            expected=list(size),
            advice="Correct width and height of the image, or draw the mask anew",
        )
    counts = value.get("counts")
    if isinstance(counts, str):
        try:
            counts = expand(counts.encode("ascii"), source=source, where=where)
        except UnicodeEncodeError as error:
            raise InputError(
                "the run lengths are damaged",
                source=str(source),
                where=where,
                found=Message("characters beyond ASCII"),
                expected="compressed counts of COCO",
                advice=CORRECT_FILE,
            ) from error
    elif not isinstance(counts, list):
        raise InputError(
            "the mask has no counts",
            source=str(source),
            where=where,
            found=json_type(counts),
            expected="a text or a list",
            advice=CORRECT_FILE,
        )
    return Segmentation(size, runs=fitting(counts, size, source=source, where=where))


def box_from_record(record: Record, *, source: object, where: str) -> Box | None:
    """Return `x_min, y_min, x_max, y_max` of a record's `bbox`; None if it is absent, null or empty."""
    value = record.get("bbox")
    if value is None or value == []:
        return None
    if not is_numbers(value, 4) or value[2] < 0 or value[3] < 0:
        raise InputError(
            "this is no box",
            source=str(source),
            where=where,
            found=value,
            expected="x, y, width and height: numbers within 1e12, the last two not below 0",
            advice=CORRECT_FILE,
        )
    x, y, width, height = value
    return float(x), float(y), float(far_side(x, width)), float(far_side(y, height))


def far_side(near: float, length: float) -> float:
    """Return where a side of a box ends, tidily, but not before it begins."""
    return max(tidy(near + length), near)


def box_to_record(box: Sequence[float]) -> list[float]:
    """Return `x, y, width, height` of `x_min, y_min, x_max, y_max`."""
    return [box[0], box[1], tidy(box[2] - box[0]), tidy(box[3] - box[1])]


def flat_box_to_record(box: Sequence[float]) -> Record:
    """Return `segmentation`, `area` and `bbox` of a box, `x_min, y_min, x_max, y_max`."""
    x, y, x_max, y_max = box
    width, height = x_max - x, y_max - y
    return {"segmentation": [], "area": tidy(width * height), "bbox": [x, y, tidy(width), tidy(height)]}


def rings_to_record(rings: Rings) -> Record:
    """Return `segmentation`, `area` and `bbox` of polygons."""
    return {"segmentation": rings.flats, "area": tidy(rings.area), "bbox": box_to_record(rings.box)}


def outline_to_record(outline: Segmentation) -> Record:
    """Return `segmentation`, `area` and `bbox` of polygons that were read, as `rings_to_record` does."""
    flats = [] if outline.rings is None else outline.rings.flats
    return {"segmentation": flats, "area": tidy(outline.area), "bbox": box_to_record(outline.box)}


def polygon_of_pieces(pieces: Iterable[Sequence[Any]]) -> Record:
    """Return the vertices of a polygon, its holes and its further parts, as the model has them.

    Parameters
    ----------
    pieces
        Of each part its rings, the outer one first: lists of x and y, continuous pixels.
    """
    parts = [{"polygon": outer} | ({"holes": holes} if holes else {}) for outer, *holes in pieces]
    return parts[0] | ({"parts": parts[1:]} if parts[1:] else {})


def counts_to_record(counts: Counts, size: tuple[int, int], shape: bytes | list[list[int]] | None = None) -> Record:
    """Return `segmentation`, `area` and `bbox` of run lengths; `shape` is their string, or their polygons instead."""
    written = compress_one(counts) if shape is None else shape
    return {
        "segmentation": {"size": list(size), "counts": written.decode()} if isinstance(written, bytes) else written,
        "area": area_of(counts),
        "bbox": box_to_record(box_of(counts, size[0])),
    }


def keypoints_from_record(record: Record, *, source: object, where: str) -> list[tuple[float, float, int]]:
    """Return x, y and visibility of each keypoint, continuous pixels; 0 is not labelled, 1 hidden, 2 seen.

    Where a record has a score, the third number may be anything: COCO does not use it, others write a confidence.
    """
    value = record.get("keypoints")
    if value is None or value == []:
        return []
    if not isinstance(value, list) or len(value) % 3 or not is_numbers(value, len(value)):
        raise InputError(
            "these are no keypoints",
            source=str(source),
            where=where,
            found=Message("a list of {count} members", count=len(value))
            if isinstance(value, list)
            else json_type(value),
            expected="x, y and visibility of each: numbers within 1e12",
            advice=CORRECT_FILE,
        )
    triples = list(zip(value[::3], value[1::3], value[2::3], strict=True))
    points: list[tuple[float, float, int]] = []
    for x, y, seen in triples:
        is_known = seen in {0, 1, 2}
        if not is_known and "score" not in record:
            raise InputError(
                "this is no visibility",
                source=str(source),
                where=where,
                found=seen,
                expected="0 (not labelled), 1 (hidden) or 2 (seen)",
                advice=CORRECT_FILE,
            )
        points.append((tidy(x + 0.5), tidy(y + 0.5), int(seen) if is_known else 2))
    return points


def each_rounded(numbers: Iterable[float]) -> list[float]:
    """Return what `rounded` does of each of many numbers, at a third of the cost."""
    power = _POWERS[_DECIMALS]
    return [
        whole / power
        if -_MOST_SCALED < (scaled := number * power) < _MOST_SCALED
        and -_NO_TIE < scaled - (whole := (scaled + _WHOLE) - _WHOLE) < _NO_TIE
        else rounded(number)
        for number in numbers
    ]


def each_tidy(numbers: Iterable[float]) -> list[float]:
    """Return what `tidy` does of each of many numbers."""
    return [int(number) if number.is_integer() else number for number in each_rounded(numbers)]


def is_numbers(value: Any, count: int) -> bool:
    """Tell whether a value from outside is a list of so many finite numbers of the size of images."""
    return (
        isinstance(value, list)
        and len(value) == count
        and _NUMBERS.issuperset(map(type, value))
        and (not value or -LARGEST_NUMBER < min(value) <= max(value) < LARGEST_NUMBER)
        and not isnan(sum(value))  # which hides from the other two
    )


def tidy(number: float) -> float:
    """Return a number without the rounding of binary fractions, whole ones as integers."""
    found = rounded(number)
    return int(found) if found.is_integer() else found


def rounded(number: float, decimals: int = _DECIMALS) -> float:
    """Return what `round` does of a float, a zero without a sign; at half the cost where no tie is near.

    The nearest whole number of so many decimals is exact, and so is the power of ten: their quotient is the float that
    is nearest to the decimal.
    """
    power = _POWERS[decimals]
    scaled = float(number) * power
    whole = (scaled + _WHOLE) - _WHOLE
    if -_MOST_SCALED < scaled < _MOST_SCALED and -_NO_TIE < scaled - whole < _NO_TIE:
        return whole / power
    return round(float(number), decimals) + 0.0


def array_rounded(numbers: NDArray[np.float64], decimals: int = _DECIMALS) -> NDArray[np.float64]:
    """Return what `rounded` does of each number of an array."""
    power = _POWERS[decimals]
    with np.errstate(over="ignore", invalid="ignore"):  # of numbers too large to be scaled
        scaled = numbers * power
        whole = (scaled + _WHOLE) - _WHOLE
        is_near = (np.abs(scaled) < _MOST_SCALED) & (np.abs(scaled - whole) < _NO_TIE)
    found = whole / power
    for place in zip(*np.nonzero(~is_near), strict=True):
        found[place] = rounded(float(numbers[place]), decimals)
    return found
