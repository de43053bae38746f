"""What the checks look at: a series as its slices state it, nothing corrected, nothing refused.

Positions and distances are LPS, mm; slices are numbered from zero along the normal (row direction x column direction).
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from annoconv.errors import AnnoconvError
    from annoconv.messages import Message

__all__ = [
    "GROUPED_FRAMES",
    "MATRIX_ORIGIN",
    "SAME_PLACE",
    "Series",
    "Slice",
    "SlicePixels",
    "Stack",
    "is_direction",
    "is_finite",
    "is_scout",
    "most_common",
    "numbers_of",
    "says",
]

SAME_PLACE: Final = 0.01
"""Share of the usual step below which two slices share their position."""
GROUPED_FRAMES: Final = "GroupedFrames"
"""What the attributes of an enhanced image call the number of frames that its functional groups are of."""
MATRIX_ORIGIN: Final = "TotalPixelMatrixOrigin"
"""What the attributes of a slide call the offsets of its first pixel along x and y, mm."""
_Value = TypeVar("_Value")
_UNIT: Final = 5e-3
"""How far two direction cosines may be off unit vectors at right angles: what rounding to three decimals explains."""
_PARALLEL: Final = 0.995
"""Least cosine between the orientations of slices of one stack: 6 degrees."""


def numbers_of(text: str) -> tuple[float, ...]:
    """Return the numbers of a value as DICOM writes them; what is no number is NaN."""
    found: list[float] = []
    for part in text.split("\\") if text else ():
        try:
            found.append(float(part))
        except ValueError:
            found.append(math.nan)
    return tuple(found)


@dataclass(frozen=True, eq=False)
class Slice:
    """One slice: a file of its own, or a frame of one.

    Attributes
    ----------
    name
        Its file below the folder of the series, with the frame (from one) if it is one of several.
    path
        Its file.
    uid
        SOPInstanceUID.
    sop_class_uid
        Of the data set, else of the file meta information.
    text
        Attributes as text, absent ones left out.
    position, orientation, pixel_spacing
        As stated, whatever stands there; () where nothing does. Pixel spacing is (between rows, between columns).
    frame
        Zero-based number, or None.
    shortage
        (found, expected) if the file is cut off.
    """

    name: str
    path: Path
    uid: str
    sop_class_uid: str
    text: Mapping[str, str]
    position: tuple[float, ...] = ()
    orientation: tuple[float, ...] = ()
    pixel_spacing: tuple[float, ...] = ()
    frame: int | None = None
    shortage: tuple[Message, str] | None = None

    def number(self, keyword: str) -> float | None:
        """Return the first number of an attribute; None if it is absent, NaN if it is none."""
        found = numbers_of(self.text.get(keyword, ""))
        return found[0] if found else None

    @property
    def count(self) -> int:
        """How many frames its file is said to have; 1 where nothing is said."""
        stated = self.number("NumberOfFrames")
        return int(stated) if stated is not None and math.isfinite(stated) else 1

    @property
    def size(self) -> tuple[int, int]:
        """Columns and rows; 0 where they are not stated."""
        columns, rows = (self.number(name) or 0 for name in ("Columns", "Rows"))
        return int(columns), int(rows)

    @property
    def is_placed(self) -> bool:
        """Whether its position and orientation can be used."""
        return is_finite(self.position, 3) and is_direction(self.orientation)


def is_scout(one: Slice) -> bool:
    """Tell whether a slice says that it is a localizer (PS3.3 C.8.2.1.1.1)."""
    return says(one, "LOCALIZER")


def says(one: Slice, word: str) -> bool:
    """Tell whether the ImageType of a slice has a word."""
    return word in one.text.get("ImageType", "").split("\\")


def is_finite(values: Sequence[float], count: int) -> bool:
    """Tell whether there are so many numbers, all finite."""
    return len(values) == count and all(map(math.isfinite, values))


def is_direction(values: Sequence[float], tolerance: float = _UNIT) -> bool:
    """Tell whether six numbers are two unit vectors at right angles."""
    if not is_finite(values, 6) or max(map(abs, values)) > 2:
        return False
    pair = np.reshape(values, (2, 3))
    return bool(np.abs(pair @ pair.T - np.eye(2)).max() <= tolerance)


def most_common(values: Sequence[_Value]) -> _Value:
    """Return what most are, the first of several."""
    return Counter(values).most_common(1)[0][0]


class SlicePixels(NamedTuple):
    """What is kept of the pixels of a slice, as stored.

    Attributes
    ----------
    low, high
        Least and largest value, padding left out.
    bright
        The 95th percentile of the thumbnail.
    thumbnail
        Means of blocks, shape (j, i), 64 x 64 at most.
    problem
        Why they cannot be decoded; the others are then 0.
    """

    low: float
    high: float
    bright: float
    thumbnail: NDArray[np.float32]
    problem: AnnoconvError | None = None


@dataclass(frozen=True, eq=False)
class Stack:
    """The slices of a series that stand parallel to most, along their normal.

    Attributes
    ----------
    places
        For each k the slices that share its position, one mostly.
    distances
        Of each k along the normal, mm, ascending.
    positions
        Of each k, shape (k, 3), of its first slice.
    normal
        Unit vector, row direction x column direction of most slices.
    """

    places: tuple[tuple[Slice, ...], ...]
    distances: NDArray[np.float64]
    positions: NDArray[np.float64]
    normal: NDArray[np.float64]
    orientation: tuple[float, ...]

    @cached_property
    def usual(self) -> float:
        """The usual distance, mm; 0 where there is one slice."""
        gaps = np.sort(np.diff(self.distances))
        return float(gaps[(len(gaps) - 1) // 2]) if len(gaps) else 0.0

    @cached_property
    def several(self) -> int:
        """How many slices most positions have: 1 of a volume, more of volumes in time."""
        return most_common([len(each) for each in self.places])

    @cached_property
    def slices(self) -> tuple[Slice, ...]:
        """The first slice at each position."""
        return tuple(each[0] for each in self.places)


@dataclass(frozen=True, eq=False)
class Series:
    """One series, or the frames of one image.

    Attributes
    ----------
    uid
        SeriesInstanceUID; empty if none is stated.
    path
        The folder of its files, or its only file.
    slices
        In the order of the files' names; byte-equal copies and others of the same UID are left out.
    twice
        (file left out, slice of the same UID, whether they are equal byte for byte)
    apart
        What is of the series and no slice of its stack: localizers among others, images of another class.
    others
        Slices of other series in the same folder.
    unread
        Files in its folders that begin as DICOM and cannot be read: each may be a slice that it lacks.
    pixels
        Gives what the pixels of a slice say, read once; None where nothing shall be read.
    """

    uid: str
    path: Path
    slices: tuple[Slice, ...]
    twice: tuple[tuple[Path, Slice, bool], ...] = ()
    apart: tuple[Slice, ...] = ()
    others: tuple[Slice, ...] = ()
    unread: int = 0
    pixels: Callable[[], Mapping[Slice, SlicePixels]] | None = None

    @cached_property
    def modality(self) -> str:
        """What most slices state."""
        return most_common([each.text.get("Modality", "") for each in self.slices])

    @cached_property
    def is_localizer(self) -> bool:
        """Whether every slice says that it is one: they lie in several planes."""
        return all(map(is_scout, self.slices))

    @cached_property
    def is_stackable(self) -> bool:
        """Whether most of its slices have a place in space, and there are several."""
        stating = sum(bool(each.position) for each in self.slices)
        return len(self.slices) > 1 and stating * 2 > len(self.slices) and not self.is_localizer

    @cached_property
    def stack(self) -> Stack | None:
        """The slices along the normal of most; None where they are no stack."""
        placed = [each for each in self.slices if each.is_placed]
        if not self.is_stackable or len(placed) < 2:
            return None
        usual = most_common([_up_to_sign(each.orientation) for each in placed])
        majority = [each.orientation for each in placed if _up_to_sign(each.orientation) == usual]
        orientation = most_common(majority)
        pair = np.reshape(orientation, (2, 3))
        normal = np.cross(pair[0], pair[1])
        normal /= np.linalg.norm(normal)
        parallel = [each for each in placed if _is_parallel(each.orientation, orientation)]
        distances = np.array([each.position for each in parallel], dtype=np.float64) @ normal
        order = sorted(range(len(parallel)), key=lambda n: (distances[n], parallel[n].name))
        gaps = np.diff(distances[order])
        step = float(np.median(gaps[gaps > 1e-4])) if (gaps > 1e-4).any() else 0.0
        places: list[list[int]] = []
        for n in order:
            if places and distances[n] - distances[places[-1][0]] <= max(SAME_PLACE * step, 1e-4):
                places[-1].append(n)
            else:
                places.append([n])
        firsts = [each[0] for each in places]
        return Stack(
            tuple(tuple(parallel[n] for n in each) for each in places),
            distances[firsts],
            np.array([parallel[n].position for n in firsts], dtype=np.float64),
            normal,
            orientation,
        )

    @cached_property
    def k_of(self) -> Mapping[Slice, int]:
        """Zero-based number along the normal of each slice of the stack."""
        if self.stack is None:
            return {each: n for n, each in enumerate(self.slices)} if len(self.slices) > 1 else {}
        return {each: k for k, place in enumerate(self.stack.places) for each in place}

    def steps(self, one: Slice | None = None) -> tuple[str | int, ...]:
        """Return the place of a slice in findings."""
        where: tuple[str | int, ...] = ("series", self.uid)
        if one is None:
            return where
        if one.frame is not None:
            return (*where, "frames", one.frame)
        return (*where, "slices", self.k_of[one]) if one in self.k_of else where

    def number(self, one: Slice) -> object:
        """Return what messages call a slice's number: along the normal, from zero, or a question mark."""
        return self.k_of.get(one, "?" if len(self.slices) > 1 else 0)


def _up_to_sign(orientation: Sequence[float]) -> tuple[float, ...]:
    """Return the plane of an orientation, rounded so that slices of one stack have the same."""
    return tuple(round(abs(value), 2) for value in orientation)


def _is_parallel(one: Sequence[float], other: Sequence[float]) -> bool:
    a, b = np.reshape(one, (2, 3)), np.reshape(other, (2, 3))
    cosines = np.abs((a * b).sum(axis=1))
    return bool(cosines.min() >= _PARALLEL)
