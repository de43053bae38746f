"""Which images are near copies: of equal pixels in other files, re-encoded, with another grey scale, with slight noise.

Of each image a few hundred numbers are kept: how the means of its blocks of 8 x 8 pixels differ from those beside them.
They do not depend on brightness, contrast and file format, hardly on a lossy encoder, and differ between patients and
between neighbouring slices, which have the same shape and about the same means.
"""

from __future__ import annotations

from hashlib import blake2b
from itertools import permutations
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from annoconv.geometry import Grid

__all__ = ["Copies", "Signature", "signature_of"]

_BLOCK: Final = 8
"""Pixels of the side of a block, as a JPEG has them."""
_MOST_BLOCKS: Final = 64
"""Along a side."""
_SLABS: Final = 4
"""Of a volume, along its shortest axis."""
_VALUES: Final = 512
"""Most that are kept of an image."""
_LEAST_VALUES: Final = 48
"""With fewer, images are alike by chance: 56 x 56 pixels have as many."""
_LEAST_DETAIL: Final = 1e-4
"""Of the range of the values: an image with less is blank."""
_TABLES, _BITS = 8, 20
"""With a correlation of 0.998, one pair of 7,000 has no table in common; of 0.9995, one of a million."""
_MOST_ALIKE: Final = 64
"""Newest images of a table's entry that are compared, so that work grows with the number of images."""


class Signature(NamedTuple):
    """What is kept of an image.

    Attributes
    ----------
    shape_kji
        Of the upright image.
    detail
        Of mean 0 and norm 1.
    """

    shape_kji: tuple[int, ...]
    detail: NDArray[np.float32]


class _Image(NamedTuple):
    owner: str
    name: str
    detail: NDArray[np.float16]


class Copies:
    """The images looked at so far; of each some 3 kB are kept."""

    def __init__(self) -> None:
        self._images: list[_Image] = []
        self._tables: dict[bytes, list[int]] = {}

    def first(
        self, signature: Signature, *, group: str, owner: str, name: str, least: float
    ) -> tuple[str, float] | None:
        """Note an image; return the name and the correlation of the first one that it is a near copy of.

        Parameters
        ----------
        signature
            Of the image.
        group
            Images of different groups are not compared.
        owner
            Images of one owner are not either.
        name
            What messages call it.
        least
            Correlation from which on two images are near copies.
        """
        keys = _keys(signature, group)
        candidates = sorted({each for key in keys for each in self._tables.get(key, ())})
        known = [self._images[each] for each in candidates if self._images[each].owner != owner]
        alike = ((each.name, float(signature.detail @ each.detail.astype(np.float32))) for each in known)
        found = next((each for each in alike if each[1] >= least), None)
        for key in keys:
            entry = self._tables.setdefault(key, [])
            entry.append(len(self._images))
            del entry[:-_MOST_ALIKE]
        self._images.append(_Image(owner, name, signature.detail.astype(np.float16)))
        return found


def _keys(signature: Signature, group: str) -> list[bytes]:
    """Return what near copies have in common, most probably one of them: on which sides of some planes they lie."""
    planes = np.random.default_rng(0).standard_normal((_TABLES * _BITS, signature.detail.size), dtype=np.float32)
    sides = np.packbits((planes @ signature.detail > 0).reshape(_TABLES, _BITS), axis=1)
    place = f"{signature.shape_kji}\0{group}".encode()
    return [blake2b(bytes([n]) + side.tobytes() + place, digest_size=8).digest() for n, side in enumerate(sides)]


def signature_of(pixels_kji: NDArray[Any], grid: Grid | None) -> Signature | None:
    """Return what is kept of an image; None if it is blank, or so small that others are like it.

    Parameters
    ----------
    pixels_kji
        Numbers of any kind, shape (k, j, i); a fourth axis holds colour samples.
    grid
        Tells how it is turned; without one, or without a place in space, it is taken as it is stored.
    """
    values = pixels_kji.mean(axis=3, dtype=np.float32) if pixels_kji.ndim == 4 else pixels_kji
    upright = _upright(values, grid)
    slabs = np.nan_to_num(_means(upright, 0, min(upright.shape[0], _SLABS)), posinf=0, neginf=0)
    spread = float(slabs.max()) - float(slabs.min())
    means = slabs
    for axis in (1, 2):
        means = _means(means, axis, min(max(upright.shape[axis] // _BLOCK, 1), _MOST_BLOCKS))
    around = np.pad(means, ((0, 0), (1, 1), (1, 1)), mode="edge")
    beside = around[:, :-2, 1:-1] + around[:, 2:, 1:-1] + around[:, 1:-1, :-2] + around[:, 1:-1, 2:]
    detail = means - beside / 4
    step = int(np.ceil(np.sqrt(detail.size / _VALUES)))
    detail = detail[:, ::step, ::step].ravel()
    if detail.size < _LEAST_VALUES or np.std(detail) <= _LEAST_DETAIL * spread:
        return None
    detail = np.clip(detail, -2 * np.std(detail), 2 * np.std(detail))  # edges that all have, as of a frame, tell little
    detail = detail - detail.mean()
    return Signature(upright.shape, detail / np.linalg.norm(detail))


def _means(values: NDArray[Any], axis: int, count: int) -> NDArray[np.float32]:
    """Return the means of some parts of an axis, of equal length as far as they can be."""
    length = values.shape[axis]
    starts = np.arange(count) * length // count
    sizes = np.diff(starts, append=length).astype(np.float32)
    with np.errstate(over="ignore", invalid="ignore"):
        sums = np.add.reduceat(values, starts, axis=axis, dtype=np.float32)
    means = sums / np.expand_dims(sizes, [other for other in range(3) if other != axis])
    told: NDArray[np.float32] = means.astype(np.float32, copy=False)
    return told


def _upright(pixels_kji: NDArray[Any], grid: Grid | None) -> NDArray[Any]:
    """Return an image as it is hung: axes from head to feet, to the back, to the left, but the shortest one first."""
    affine = None if grid is None else grid.lps_from_ijk
    if affine is None:
        return pixels_kji
    directions = affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0)
    axes = max(permutations(range(3)), key=lambda order: sum(abs(directions[row, n]) for row, n in enumerate(order)))
    turned = pixels_kji.transpose([2 - axes[row] for row in (2, 1, 0)])
    signs = [-directions[2, axes[2]], directions[1, axes[1]], directions[0, axes[0]]]
    turned = turned[tuple(slice(None, None, -1 if each < 0 else 1) for each in signs)]
    return np.moveaxis(turned, int(np.argmin(turned.shape)), 0)
