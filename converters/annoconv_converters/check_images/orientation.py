"""Which way round the slices of a series lie: one orientation, none turned over (A 7.2 b, e)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from annoconv.messages import Message
from annoconv_converters.check_images.attributes import among, at, text_of
from annoconv_converters.check_images.description import Series, Slice, is_direction
from annoconv_converters.check_images.table import Fault, Numbers, check

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from annoconv_converters.check_images.description import Stack

__all__ = [
    "correlation",
    "orientation_differs",
    "orientation_invalid",
    "slice_flipped",
    "turned",
]

_FLIPPED_COSINE: Final = -0.995
_NEAR: Final = 1.5
"""Steps up to which two slices look alike."""
_LEAST: Final = 24
"""Pixels each way of a picture that shows which way round it is."""


def turned(one: Slice, stack: Stack) -> Message | None:
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
        if not each.is_placed or (each in series.k_of and turned(each, stack)):
            continue
        if np.abs(np.reshape(each.orientation, (2, 3)) - expected).max() > max(numbers["least_cosine"], 1e-4):
            groups.setdefault(tuple(round(value, 3) for value in each.orientation), []).append(each)
    for slices in groups.values():
        found = np.reshape(slices[0].orientation, (2, 3))
        cosines = np.clip((found * expected).sum(axis=1) / np.linalg.norm(found, axis=1), -1, 1)
        angle = math.degrees(math.acos(float(cosines.min())))
        told = {"found": text_of(slices[0].orientation), "expected": text_of(stack.orientation)}
        yield among(series, slices, angle=f"{angle:.3g}", **told)


@check("A-7.2e.slice_flipped", "series")
def slice_flipped(series: Series, numbers: Numbers) -> Iterator[Fault]:
    """Yield each slice whose header, or else whose picture, is turned over against the others."""
    stack = series.stack
    if stack is None:
        return
    over: set[Slice] = set()
    for each in series.k_of:
        how = turned(each, stack)
        if how is not None:
            over.add(each)
            found, expected = (text_of(v) for v in (each.orientation, stack.orientation))
            yield at(series, each, how=how, found=found, expected=expected)
    if series.pixels is None or stack.several > 1 or over:
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
            turn, as_is, back = _mirrored(pictures[0], pictures[1], pictures[2], numbers)
            if turn is not None:
                template = Message("correlation {number:.2f} with its neighbours as it stands", number=as_is)
                turned_back = Message("{number:.2f} as it stands once turned back", number=back)
                yield at(series, one, how=turn, found=template, expected=turned_back)


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
        yield among(series, bad, found=text_of(bad[0].orientation))
