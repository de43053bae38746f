"""The border voxels of every label of two label maps, found in one pass, and how far each lies from the other's.

A border voxel of a label has a face neighbour (4 of them in a plane, 6 in a volume) of another label; what lies outside
the array is another label too. Arrays are `labels_kji` of shape (slices, rows, columns), or (rows, columns) of a
picture. Distances are between voxel centres, in mm, computed in float64 from whole index differences: two distances
that are equal on paper are equal here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from itertools import pairwise, product
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from scipy.ndimage import distance_transform_edt
from scipy.spatial import KDTree

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import TypeAlias

    from numpy.typing import NDArray

    _Points: TypeAlias = NDArray[np.int32]  # shape (axes, points), zero-based

__all__ = ["Borders", "borders", "nearest_mm"]

_REACH: Final = 3
"""Voxels: how far neighbours are looked up one by one before a tree of points is built."""
_FEW: Final = 0.005
"""Share of the points that a tree takes over: then looking up further neighbours costs more."""
_GLANCE: Final = 18
_FAR: Final = 0.8
"""After so many neighbours, if more than this share of the points has found none, the two outlines are far apart."""
_SMALL: Final = 1 << 22
"""Voxels: a box of this size is laid out in memory whatever the array's."""
_DENSE: Final = 24
"""Voxels of the crop for one point still unanswered: below this a distance transform of the crop is the faster way."""


@dataclass(frozen=True)
class Borders:
    """Border voxels of one label in two maps.

    Attributes
    ----------
    label
        The label.
    reference_only, other_only, common
        Flat zero-based indices (C-order), ascending: border in one map alone, and in both. The distance of common ones
        is 0.
    """

    label: int
    reference_only: NDArray[np.intp]
    other_only: NDArray[np.intp]
    common: NDArray[np.intp]


def borders(reference_kji: NDArray[Any], other_kji: NDArray[Any]) -> Iterator[Borders]:
    """Yield the borders of each label but 0 that either map has, ascending.

    Parameters
    ----------
    reference_kji, other_kji
        Unsigned or bool, of one shape, 2-D or 3-D.
    """
    shape = reference_kji.shape
    maps = [each.reshape((-1, *shape[-2:])) for each in (reference_kji, other_kji)]
    index_type = np.int32 if reference_kji.size < 2**31 else np.int64
    parts: list[list[NDArray[Any]]] = [[], [], []]
    labels: list[list[NDArray[Any]]] = [[], [], []]
    for k in range(len(maps[0])):
        a, b = maps[0][k], maps[1][k]
        edge_a, edge_b = (_border_of_slice(each, k, is_flat=len(shape) == 2) for each in maps)
        if edge_a is None and edge_b is None:
            continue
        none = np.zeros(a.shape, np.bool_)
        edge_a, edge_b = none if edge_a is None else edge_a, none if edge_b is None else edge_b
        both = edge_a & edge_b
        both &= a == b
        edge_a ^= both
        edge_b ^= both
        for which, (mask, source) in enumerate(((edge_a, a), (edge_b, b), (both, a))):
            found = np.flatnonzero(mask)
            labels[which].append(source.ravel()[found])
            parts[which].append((found + k * a.size).astype(index_type))
    groups = [_grouped(part, label) for part, label in zip(parts, labels, strict=True)]
    parts.clear()
    labels.clear()
    empty = np.empty(0, index_type)
    for label in sorted(set().union(*groups)):
        yield Borders(label, *(group.pop(label, empty) for group in groups))


def _border_of_slice(volume: NDArray[Any], k: int, *, is_flat: bool) -> NDArray[np.bool_] | None:
    """Return where slice k has a border voxel of any label, None if the slice is empty."""
    here = volume[k]
    if not here.any():
        return None
    edge = np.zeros(here.shape, np.bool_)
    change = here[1:] != here[:-1]
    edge[1:] |= change
    edge[:-1] |= change
    change = here[:, 1:] != here[:, :-1]
    edge[:, 1:] |= change
    edge[:, :-1] |= change
    edge[[0, -1]] = True
    edge[:, [0, -1]] = True
    if not is_flat:
        for neighbour in (k - 1, k + 1):
            if 0 <= neighbour < len(volume):
                edge |= here != volume[neighbour]
            else:
                edge[:] = True
    edge &= here != 0
    return edge


def _grouped(parts: list[NDArray[Any]], labels: list[NDArray[Any]]) -> dict[int, NDArray[Any]]:
    """Return flat indices by label, ascending within each; the lists are emptied."""
    if not sum(map(len, parts)):
        return {}
    indices, values = np.concatenate(parts), np.concatenate(labels)
    parts.clear()
    labels.clear()
    order = np.argsort(values, kind="stable")
    indices, values = indices[order], values[order]
    bounds = [0, *(np.flatnonzero(values[1:] != values[:-1]) + 1).tolist(), len(values)]
    return {int(values[first]): indices[first:last] for first, last in pairwise(bounds)}


def nearest_mm(
    queries: NDArray[Any],
    targets: NDArray[Any],
    shape: Sequence[int],
    spacing: Sequence[float],
    *,
    most_voxels: int,
) -> NDArray[np.float64]:
    """Return the distance of each query from the nearest target.

    Parameters
    ----------
    queries, targets
        Flat zero-based indices into an array of this shape; at least one target.
    shape
        Of the array.
    spacing
        Distance of voxel centres along each axis of the array, in its order, mm.
    most_voxels
        The largest box that is laid out in memory, a byte a voxel.

    Notes
    -----
    Most borders of two outlines of one thing lie within a voxel or two of each other: neighbours are looked up in the
    order of their distance first, so the first that is there is the nearest. What is left asks a tree of points, or, if
    that is many points in a small box, a distance transform of the box. The three give the same numbers.
    """
    distances = np.zeros(len(queries))
    if not len(queries):
        return distances
    at, to = (np.array(np.unravel_index(each, tuple(shape)), dtype=np.int32) for each in (queries, targets))
    step = np.asarray(spacing, dtype=np.float64)
    low = np.minimum(at.min(axis=1), to.min(axis=1)) - _REACH
    size = np.maximum(at.max(axis=1), to.max(axis=1)) - low + _REACH + 1
    at -= low[:, None]
    to -= low[:, None]
    voxels = math.prod(size.tolist())
    waiting = np.arange(len(queries))
    if voxels <= max(most_voxels, _SMALL, len(queries) * _DENSE):  # of so many points, the rest costs more memory
        is_target = np.zeros(voxels, np.bool_)
        is_target[_flat(to, size)] = True
        waiting = _look_around(_flat(at, size), is_target, size, step, distances)
    if len(waiting):
        find = _by_transform if len(waiting) * _DENSE > voxels else _by_tree
        distances[waiting] = find(at[:, waiting], to, size, step)
    return distances


def _flat(points: NDArray[np.int32], size: NDArray[Any]) -> NDArray[np.intp]:
    flat: NDArray[np.intp] = np.array(points[0], dtype=np.intp)
    for coordinate, count in zip(points[1:], size[1:], strict=True):
        flat *= int(count)
        flat += coordinate
    return flat


def _look_around(
    at: NDArray[np.intp],
    is_target: NDArray[np.bool_],
    size: NDArray[Any],
    step: NDArray[np.float64],
    distances: NDArray[np.float64],
) -> NDArray[np.intp]:
    """Fill in the distances of points with a target nearby; return the places of the others."""
    waiting = np.arange(len(at))
    most = _FEW * len(at)
    strides = np.append(np.cumprod(size[:0:-1])[::-1], 1).astype(np.intp)
    for tried, (distance, offset) in enumerate(_neighbours(tuple(step.tolist()))):
        if tried == _GLANCE and len(waiting) > _FAR * len(distances):
            break
        hit = is_target[at + int(offset @ strides)]
        if hit.any():
            distances[waiting[hit]] = distance
            np.logical_not(hit, out=hit)
            at, waiting = at[hit], waiting[hit]
            if len(waiting) <= most:
                break
    return waiting


@cache
def _neighbours(step: tuple[float, ...]) -> list[tuple[float, NDArray[np.intp]]]:
    """Return all offsets that are nearer than any beyond the reach, the nearest first."""
    box = np.array(list(product(range(-_REACH, _REACH + 1), repeat=len(step))), dtype=np.intp)
    lengths = _length(box.T, np.array(step))
    near = np.flatnonzero(lengths < (_REACH + 1) * min(step))
    return [(float(lengths[n]), box[n]) for n in near[np.argsort(lengths[near], kind="stable")]]


def _by_tree(at: _Points, to: _Points, _: NDArray[Any], step: NDArray[np.float64]) -> NDArray[np.float64]:
    # A balanced tree takes longer to build than these queries save.
    tree = KDTree(to.T * step, leafsize=32, balanced_tree=False, compact_nodes=False)
    return _length(at - to[:, tree.query(at.T * step)[1]], step)


def _by_transform(at: _Points, to: _Points, size: NDArray[Any], step: NDArray[np.float64]) -> NDArray[np.float64]:
    away = np.ones(tuple(size), np.bool_)
    away[tuple(to)] = False
    nearest: Any = distance_transform_edt(away, sampling=step, return_distances=False, return_indices=True)
    return _length(at - nearest[(slice(None), *at)], step)


def _length(difference: NDArray[Any], step: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the lengths of whole index differences of shape (axes, points), mm."""
    squares = np.zeros(difference.shape[1])
    for axis, size in zip(difference, step, strict=True):
        along = axis * size
        squares += along * along
    return np.asarray(np.sqrt(squares))
