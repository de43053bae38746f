"""What several readers marked of one structure, voxel by voxel, made one: by majority, or by STAPLE.

Readers vote. What they vote is looked at once for each pattern of votes, of which there are few, and not for each of
millions of voxels. Arrays are C-order (k, j, i), of one grid.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

import numpy as np

from annoconv.errors import GeometryError, UsageError
from annoconv.messages import Message

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["MOST_READERS", "Fused", "Method", "Ties", "fuse"]

Method: TypeAlias = Literal["majority", "staple"]
Ties: TypeAlias = Literal["out", "in"]
MOST_READERS: Final = 32
_CONVERGED: Final = 1e-10
"""Largest change of a sensitivity or specificity from one round to the next; ITK's filter stops earlier."""
_MOST_ROUNDS: Final = 10_000
_SLACK: Final = 1e-12
"""A probability within this of one half is a tie."""


@dataclass(frozen=True)
class Fused:
    """One structure out of several masks.

    Attributes
    ----------
    pattern_kji
        Which pattern of votes each voxel has.
    votes, counts
        Of each pattern: shape (patterns, readers), who marked it; and how many voxels have it.
    shares, kept
        Of each pattern: the share of readers in it, or the probability of the structure; and whether it is kept.
    sensitivity, specificity
        Of each reader against what STAPLE takes for the truth; None of a majority, or where there is nothing to divide
        by.
    tied
        Voxels of which exactly half are sure, that the rule for ties decided.
    rounds
        Of STAPLE; 0 of a majority.
    """

    pattern_kji: NDArray[np.integer[Any]]
    votes: NDArray[np.bool_]
    counts: NDArray[np.int64]
    shares: NDArray[np.float64]
    kept: NDArray[np.bool_]
    sensitivity: tuple[float | None, ...]
    specificity: tuple[float | None, ...]
    tied: int
    rounds: int

    @property
    def share_kji(self) -> NDArray[np.float32]:
        """The share or probability of each voxel, 0 to 1."""
        return self.shares.astype(np.float32)[self.pattern_kji]

    @property
    def voxels(self) -> int:
        """How many voxels are kept."""
        return int(self.counts[self.kept].sum())

    def dice(self, first: int, second: int) -> float | None:
        """Return the Dice of two readers' masks; None if one of them is empty."""
        a, b = self.votes[:, first], self.votes[:, second]
        sizes = [int(self.counts[each].sum()) for each in (a, b)]
        return 2 * int(self.counts[a & b].sum()) / sum(sizes) if all(sizes) else None

    @property
    def mask_kji(self) -> NDArray[np.bool_]:
        """What is kept."""
        return self.kept[self.pattern_kji]


def fuse(
    masks_kji: Sequence[NDArray[np.bool_]],
    *,
    method: Method = "majority",
    ties: Ties = "out",
    casting: int | None = None,
) -> Fused:
    """Return one mask of several of one structure on one grid.

    Parameters
    ----------
    masks_kji
        One for each reader, of one shape; all False of a reader who did not mark the structure.
    method
        `majority`: kept where more than half of the readers marked it. `staple`: kept where its probability by
        simultaneous truth and performance estimation is above one half.
    ties
        Whether a voxel of exactly one half is kept.
    casting
        The reader whose vote decides a tie instead.

    Notes
    -----
    STAPLE: Warfield, Zou and Wells 2004, as ITK's filter does it: the prior is the mean share of voxels marked, over
    the whole array; the first estimate is the share of readers; sensitivities and specificities are estimated anew
    until they change by less than 1e-10. How much background the array holds enters the prior.
    """
    count = len(masks_kji)
    if not 2 <= count <= MOST_READERS:
        raise UsageError(
            "masks of several readers are made one",
            found=count,
            expected=Message("{least} to {most} readers", least=2, most=MOST_READERS),
            advice="Give the masks of two readers at least",
        )
    if len({each.shape for each in masks_kji}) > 1:
        raise GeometryError(
            "masks of several readers are made one voxel by voxel, on one grid",
            found=[list(each.shape) for each in masks_kji],
            expected=str(list(masks_kji[0].shape)),
            advice="Bring all onto one grid first",
        )
    votes_kji = np.zeros(masks_kji[0].shape, np.min_scalar_type((1 << count) - 1))
    for place, mask in enumerate(masks_kji):
        np.bitwise_or(votes_kji, votes_kji.dtype.type(1 << place), out=votes_kji, where=mask)
    codes, at, counts = _patterns(votes_kji)
    patterns = (codes[:, None] >> np.arange(count, dtype=codes.dtype)) & 1 == 1
    shares = patterns.mean(axis=1)
    sensitivity: tuple[float | None, ...] = (None,) * count
    specificity, rounds = sensitivity, 0
    if method == "staple":
        shares, sensitivity, specificity, rounds = _staple(patterns, counts, shares)
    is_tied = np.abs(shares - 0.5) <= _SLACK
    decided = patterns[:, casting] if casting is not None else np.full(len(codes), ties == "in")
    kept = np.where(is_tied, decided, shares > 0.5)
    return Fused(
        at,
        patterns,
        counts,
        shares,
        kept,
        sensitivity,
        specificity,
        int(counts[is_tied].sum()),
        rounds,
    )


def _patterns(votes_kji: NDArray[Any]) -> tuple[NDArray[np.uint64], NDArray[np.integer[Any]], NDArray[np.int64]]:
    """Return the patterns of votes that there are, ascending, which of them each voxel has, and how many have it."""
    if votes_kji.itemsize > 2:
        codes, at, counts = np.unique(votes_kji, return_inverse=True, return_counts=True)
        return codes.astype(np.uint64), at.reshape(votes_kji.shape), counts
    counts = np.bincount(votes_kji.ravel(), minlength=1)
    codes = np.flatnonzero(counts)
    places = np.zeros(len(counts), votes_kji.dtype)
    places[codes] = np.arange(len(codes))
    return codes.astype(np.uint64), places[votes_kji], counts[codes]


def _staple(
    patterns: NDArray[np.bool_], counts: NDArray[np.int64], first: NDArray[np.float64]
) -> tuple[NDArray[np.float64], tuple[float | None, ...], tuple[float | None, ...], int]:
    """Return the probability of each pattern, the sensitivity and specificity of each reader, and the rounds needed."""
    marked = patterns.astype(np.float64)
    prior = float((marked.mean(axis=1) * counts).sum() / counts.sum()) if counts.sum() else 0.0
    if prior in {0.0, 1.0}:  # nobody marked anything, or all marked everything
        performance = tuple(None if prior == 0 else 1.0 for _ in range(patterns.shape[1]))
        return np.full(len(patterns), prior), performance, tuple(None if p is not None else 1.0 for p in performance), 0
    weight = first
    last = np.full((2, patterns.shape[1]), -1.0)
    rounds = 0
    for rounds in range(1, _MOST_ROUNDS + 1):  # noqa: B007  told afterwards
        inside, outside = weight * counts, (1 - weight) * counts
        now = np.stack([_over(inside @ marked, inside.sum()), _over(outside @ (1 - marked), outside.sum())])
        sure = prior * np.where(patterns, now[0], 1 - now[0]).prod(axis=1)
        unsure = (1 - prior) * np.where(patterns, 1 - now[1], now[1]).prod(axis=1)
        total = sure + unsure
        weight = np.divide(sure, total, out=first.copy(), where=total > 0)
        if np.abs(now - last).max() < _CONVERGED:
            break
        last = now
    sensitivity, specificity = ([float(each) for each in row] for row in now)
    return weight, tuple(sensitivity), tuple(specificity), rounds


def _over(numerator: NDArray[np.float64], denominator: float) -> NDArray[np.float64]:
    return np.minimum(numerator / denominator, 1.0) if denominator > 0 else np.zeros_like(numerator)
