"""How regions overlap: every label of two maps at once, from one table of which voxel is what in both.

The counts are whole numbers, and a metric is one division of them: the values are those of the formulas, to the last
bit. Specification 9.1.1 b, 9.2 a, b and D.4 to D.6.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from annoconv.metrics.arrays import blocks, check_pair, check_spacing, voxel_size
from annoconv.metrics.results import empty_status, metric_value, ratio

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    from annoconv.model import MetricValue

__all__ = ["ConfusionTable", "Counts", "conformity", "confusion", "dice_of", "overlap", "overlap_metrics"]

_BYTE: Final = 256
_DICE: Final = "overlap.dice"
_SPARSE: Final = 3
"""One part in so many of a block is foreground: below this its background is left out before counting."""


@dataclass(frozen=True)
class Counts:
    """Voxels of one label.

    Attributes
    ----------
    both
        In both maps (true positives).
    reference, other
        In each of them.
    total
        Of the array.
    """

    both: int
    reference: int
    other: int
    total: int


@dataclass(frozen=True)
class ConfusionTable:
    """Which voxel has which label in both maps, as the cells that are not 0.

    Attributes
    ----------
    reference, other, counts
        Shape (cells,), int64: the label in each map, and how many voxels have the two. Ascending; 0 is the background.
    """

    reference: NDArray[np.int64]
    other: NDArray[np.int64]
    counts: NDArray[np.int64]

    @cached_property
    def total(self) -> int:
        """Voxels of the array."""
        return int(self.counts.sum())

    @cached_property
    def by_label(self) -> dict[int, Counts]:
        """The counts of each label but 0 that either map has, ascending."""
        same = self.reference == self.other
        both = _sums(self.reference[same], self.counts[same])
        reference, other = _sums(self.reference, self.counts), _sums(self.other, self.counts)
        return {
            label: Counts(both.get(label, 0), reference.get(label, 0), other.get(label, 0), self.total)
            for label in sorted({*reference, *other} - {0})
        }

    def of_label(self, label: int) -> Counts:
        """Return the counts of one label, of one that neither map has too."""
        return self.by_label.get(label) or Counts(0, 0, 0, self.total)

    @cached_property
    def mislabelled(self) -> dict[tuple[int, int], int]:
        """Voxels by (label in the reference, label in the other), where the two differ; 0 is the background."""
        return {
            (int(a), int(b)): int(n) for a, b, n in zip(self.reference, self.other, self.counts, strict=True) if a != b
        }


def _sums(labels: NDArray[np.int64], counts: NDArray[np.int64]) -> dict[int, int]:
    values, places = np.unique(labels, return_inverse=True)
    sums = np.zeros(len(values), np.int64)
    np.add.at(sums, places, counts)
    return dict(zip(values.tolist(), sums.tolist(), strict=True))


def confusion(reference_kji: NDArray[Any], other_kji: NDArray[Any]) -> ConfusionTable:
    """Return which voxel has which label in both maps.

    Parameters
    ----------
    reference_kji, other_kji
        Bool or whole numbers from 0, of one shape, 2-D or 3-D. Of neither a copy is made.
    """
    reference_kji, other_kji = check_pair(reference_kji, other_kji)
    table = np.zeros(_BYTE * _BYTE, np.int64)
    wide: dict[tuple[int, int], int] = {}
    for a, b in blocks(reference_kji, other_kji):
        if all(each.dtype.itemsize == 1 or each.max(initial=0) < _BYTE for each in (a, b)):
            _count_bytes(a.astype(np.uint8, copy=False), b.astype(np.uint8, copy=False), table)
        else:
            _count_runs(a, b, wide)
    for key in np.flatnonzero(table).tolist():
        pair = divmod(key, _BYTE)
        wide[pair] = wide.get(pair, 0) + int(table[key])
    cells = np.array([(*pair, wide[pair]) for pair in sorted(wide)], dtype=np.int64).reshape(-1, 3)
    return ConfusionTable(cells[:, 0], cells[:, 1], cells[:, 2])


def _count_bytes(a: NDArray[np.uint8], b: NDArray[np.uint8], table: NDArray[np.int64]) -> None:
    shown = (a | b) != 0
    count = int(np.count_nonzero(shown))
    table[0] += len(a) - count
    if not count:
        return
    if count * _SPARSE < len(a):
        a, b = a[shown], b[shown]
    else:
        table[0] -= len(a) - count
    keys = a.astype(np.intp)
    keys *= _BYTE
    keys += b
    counts = np.bincount(keys)
    table[: len(counts)] += counts


def _count_runs(a: NDArray[Any], b: NDArray[Any], wide: dict[tuple[int, int], int]) -> None:
    """Count pairs of labels of any size, by the runs in which neither changes."""
    change = np.empty(len(a), np.bool_)
    change[0] = True
    np.not_equal(a[1:], a[:-1], out=change[1:])
    change[1:] |= b[1:] != b[:-1]
    starts = np.flatnonzero(change)
    lengths = np.diff(starts, append=len(a))
    a, b = a[starts], b[starts]
    order = np.lexsort((b, a))
    a, b, lengths = a[order], b[order], lengths[order]
    firsts = np.flatnonzero(np.concatenate(([True], (a[1:] != a[:-1]) | (b[1:] != b[:-1]))))
    sums = np.add.reduceat(lengths, firsts)
    for pair, count in zip(zip(a[firsts].tolist(), b[firsts].tolist(), strict=True), sums.tolist(), strict=True):
        pair = int(pair[0]), int(pair[1])
        wide[pair] = wide.get(pair, 0) + count


def conformity(counts: Counts, *, as_printed: bool = False) -> float | None:
    """Return the conformity coefficient, None where no voxel is in both.

    Notes
    -----
    Published form (Chang and others, 2009): 1 - (false positives + false negatives) / true positives, which is
    (3 Dice - 2) / Dice. Section D.5, equation (D.4), prints "FP_pixel, wrongly segmented pixels" for the numerator;
    taken as false positives alone, a mask within the reference is perfect however small. Both forms are given, named
    apart.
    """
    wrong = counts.other - counts.both if as_printed else counts.reference + counts.other - 2 * counts.both
    return (counts.both - wrong) / counts.both if counts.both else None


def _volume_similarity(counts: Counts) -> float | None:
    size = counts.reference + counts.other
    return ratio(size - abs(counts.reference - counts.other), size)


def _true_negatives(counts: Counts) -> int:
    return counts.total - counts.reference - counts.other + counts.both


FORMULAS: Final[dict[str, Callable[[Counts], float | None]]] = {
    "overlap.dice": lambda c: ratio(2 * c.both, c.reference + c.other),
    "overlap.iou": lambda c: ratio(c.both, c.reference + c.other - c.both),
    "overlap.precision": lambda c: ratio(c.both, c.other),
    "overlap.recall": lambda c: ratio(c.both, c.reference),
    "overlap.specificity": lambda c: ratio(_true_negatives(c), c.total - c.reference),
    "overlap.pixel_accuracy": lambda c: ratio(c.both + _true_negatives(c), c.total),
    "overlap.volume_similarity": _volume_similarity,
    "overlap.conformity": conformity,
    "overlap.conformity_as_printed": lambda c: conformity(c, as_printed=True),
}
"""Each metric of one label by its counts."""


def overlap_metrics(
    table: ConfusionTable, spacing: Sequence[float], labels: Iterable[int] | None = None
) -> list[MetricValue]:
    """Return every overlap metric of each label, and the accuracy of the whole.

    Parameters
    ----------
    table
        From `confusion`.
    spacing
        Distance of voxel centres along each axis of the arrays, in their order, mm.
    labels
        The labels asked for, those that neither map has too; all that either has if absent.
    """
    size, unit = voxel_size(spacing)
    found: list[MetricValue] = []
    for label in table.by_label if labels is None else labels:
        counts, name = table.of_label(label), str(label)
        status = empty_status(counts.reference, counts.other)
        found += [metric_value(key, formula(counts), status, label=name) for key, formula in FORMULAS.items()]
        for key, voxels in (
            ("overlap.reference_size", counts.reference),
            ("overlap.other_size", counts.other),
            ("overlap.size_difference", counts.other - counts.reference),
        ):
            found.append(metric_value(key, voxels * size, unit=unit, label=name))
    same = int(table.counts[table.reference == table.other].sum())
    found.append(metric_value("overlap.accuracy_of_all", ratio(same, table.total)))
    return found


def dice_of(table: ConfusionTable, labels: Iterable[int]) -> list[MetricValue]:
    """Return the Dice of each of some labels, and nothing else."""
    found: list[MetricValue] = []
    for label in labels:
        counts = table.of_label(label)
        status = empty_status(counts.reference, counts.other)
        found.append(metric_value(_DICE, FORMULAS[_DICE](counts), status, label=str(label)))
    return found


def overlap(
    reference_kji: NDArray[Any],
    other_kji: NDArray[Any],
    spacing: Sequence[float],
    labels: Iterable[int] | None = None,
) -> list[MetricValue]:
    """Return every overlap metric of two masks or label maps; see `confusion` and `overlap_metrics`."""
    spacing = check_spacing(spacing, reference_kji.ndim)
    return overlap_metrics(confusion(reference_kji, other_kji), spacing, labels)
