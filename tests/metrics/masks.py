"""Masks for tests of metrics, and the slowest, plainest way to each number: loops over voxels, no library."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
from hypothesis import strategies as st

FACES = [offset for offset in itertools.product((-1, 0, 1), repeat=3) if sum(map(abs, offset)) == 1]


@st.composite
def label_maps(draw: st.DrawFn, *, axes: int = 3, most: int = 3) -> tuple[Any, Any]:
    """Two random label maps of one shape, much the same or nothing alike."""
    shape = draw(st.tuples(*[st.integers(1, 6)] * axes))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    dtype = draw(st.sampled_from([np.uint8, np.uint16, np.bool_] if most < 2**8 else [np.uint16, np.uint32]))
    share = draw(st.sampled_from([0.0, 0.1, 0.5, 0.9, 1.0]))
    a, b = (((rng.random(shape) < share) * rng.integers(1, most + 1, shape)).astype(dtype) for _ in range(2))
    if draw(st.booleans()):
        b = np.where(rng.random(shape) < 0.2, b, a)
    return a, b


def spacings(axes: int = 3) -> st.SearchStrategy[tuple[float, ...]]:
    return st.tuples(*[st.sampled_from([0.1, 0.5, 0.7, 1.0, 3.0, 5.0])] * axes)


def voxels(mask: Any) -> list[tuple[int, ...]]:
    return [tuple(map(int, place)) for place in zip(*np.nonzero(mask), strict=True)]


def border(mask: Any) -> list[tuple[int, ...]]:
    """The voxels of a mask with a face neighbour that is not in it."""
    inside = set(voxels(mask))
    faces = [step for step in itertools.product((-1, 0, 1), repeat=mask.ndim) if sum(map(abs, step)) == 1]
    return [
        voxel
        for voxel in sorted(inside)
        if any(tuple(map(sum, zip(voxel, step, strict=True))) not in inside for step in faces)
    ]


def directed(a: list[tuple[int, ...]], b: list[tuple[int, ...]], spacing: tuple[float, ...]) -> list[float]:
    return [
        min(math.sqrt(sum(((p - q) * s) ** 2 for p, q, s in zip(x, y, spacing, strict=True))) for y in b) for x in a
    ]


def percentile(values: list[float], percent: float) -> float:
    """Linear between ranks."""
    ordered = sorted(values)
    place = (len(ordered) - 1) * percent / 100
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def by_name(values: Any, label: int | None = None) -> dict[str, Any]:
    """The values of one label (of all together if None) by the end of their definition's id."""
    found = {}
    for each in values:
        if label is None or each.label == str(label):
            name = each.definition_id.rpartition(".")[2]
            found[f"{name}@{each.tolerance_mm:g}" if each.tolerance_mm is not None else name] = each
    return found
