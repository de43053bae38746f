"""How far each reader agreed with each other one, and with what was made of them all, as a case keeps it (9.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from annoconv.metrics.results import metric_value
from annoconv.metrics.thresholds import SPECIFIED, ReviewBounds, needs_dedicated_review, needs_second_review

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from annoconv.metrics.consensus.decisions import Decision
    from annoconv.metrics.consensus.voting import Fused
    from annoconv.model import MetricValue

__all__ = ["agreement_records", "coincidence", "overlaps", "performance"]


def agreement_records(
    settled: Iterable[tuple[Decision, str | None]],
    readers: Sequence[str],
    names: Mapping[str, Mapping[str, str]],
    *,
    who: str,
    bounds: ReviewBounds = SPECIFIED,
) -> list[dict[str, Any]]:
    """Return the records of a merged case: Dice or IoU of each two readers of one object, and what STAPLE estimated.

    Parameters
    ----------
    settled
        What was decided, with the id of the merged annotation, if there is one.
    readers
        All of them, ascending.
    names
        Ids of the readers' annotations in the merged case, by reader and their own ids.
    who
        The agent who the merged annotations are by.
    bounds
        The Dice below which reviews follow.
    """
    found = [record for one, identity in settled for record in _of(one, identity, readers, names, who, bounds)]
    return [{"id": f"AGREEMENT_{number}", **each} for number, each in enumerate(found, 1)]


def _of(
    one: Decision,
    identity: str | None,
    readers: Sequence[str],
    names: Mapping[str, Mapping[str, str]],
    who: str,
    bounds: ReviewBounds,
) -> Iterator[dict[str, Any]]:
    ids = {reader: names[reader][each.id] for reader, each in one.members.items()}
    for parties, value in one.coincidence.items():
        told = coincidence(one.measure, value)
        record: dict[str, Any] = {
            "between": "annotators",
            "metric": one.measure,
            "value": value,
            "parties": list(parties),
            "annotation_ids": [ids[reader] for reader in parties],
            "definition_id": told.definition_id,
        }
        if one.measure == "dice":
            record |= {
                "needs_second_review": needs_second_review(told, bounds),
                "needs_dedicated_review": needs_dedicated_review(told, bounds),
            }
        yield record
    if one.fused is None or identity is None:
        return
    for metric in ("sensitivity", "specificity"):
        for reader, told in zip(readers, performance(one.fused, metric), strict=True):
            if told.value is not None:
                yield {
                    "between": "reference",
                    "metric": metric,
                    "value": told.value,
                    "parties": [reader, who],
                    "annotation_ids": [*([ids[reader]] if reader in ids else []), identity],
                    "definition_id": told.definition_id,
                }


def coincidence(measure: str, value: float | None) -> MetricValue:
    """Return the Dice or the IoU (`dice`, `iou`) of two readers' annotations of one object."""
    return metric_value({"dice": "overlap.dice", "iou": "detection.iou"}[measure], value)


def performance(fused: Fused, metric: str) -> list[MetricValue]:
    """Return the sensitivity or the specificity of each reader, as STAPLE estimates it."""
    return [metric_value(f"agreement.staple_{metric}", each) for each in getattr(fused, metric)]


def overlaps(settled: Iterable[tuple[Decision, str | None]]) -> list[tuple[tuple[str, str], int]]:
    """Return which merged masks share voxels that no reader gave to both, and how many: ties and STAPLE can do so."""
    kept = [(identity, one, one.fused) for one, identity in settled if identity is not None and one.fused is not None]
    owners: dict[str | None, NDArray[np.uint16]] = {}
    found: list[tuple[tuple[str, str], int]] = []
    for number, (identity, one, fused) in enumerate(kept, 1):
        mask = fused.mask_kji
        owner = owners.setdefault(next(iter(one.members.values())).image_uid, np.zeros(mask.shape, np.uint16))
        for before in np.unique(owner[mask]).tolist():
            if not before:
                continue
            other_id, _, other = kept[before - 1]
            at = mask & (owner == before)
            is_theirs = (fused.votes[fused.pattern_kji[at]] & other.votes[other.pattern_kji[at]]).any(axis=1)
            if voxels := int(np.count_nonzero(~is_theirs)):
                found.append(((other_id, identity), voxels))
        owner[mask & (owner == 0)] = number
    return found
