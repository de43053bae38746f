"""How far each reader agreed with each other one, and with what was made of them all, as a case keeps it (9.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from annoconv.metrics.results import metric_value
from annoconv.metrics.thresholds import needs_dedicated_review, needs_second_review

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from annoconv.metrics.consensus import Decision

__all__ = ["agreement_records"]

_DEFINITIONS = {"dice": "overlap.dice", "iou": "detection.iou"}
_PERFORMANCE = {"sensitivity": "agreement.staple_sensitivity", "specificity": "agreement.staple_specificity"}


def agreement_records(
    settled: Iterable[tuple[Decision, str | None]],
    readers: Sequence[str],
    names: Mapping[str, Mapping[str, str]],
    *,
    who: str,
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
    """
    found = [record for one, identity in settled for record in _of(one, identity, readers, names, who)]
    return [{"id": f"AGREEMENT_{number}", **each} for number, each in enumerate(found, 1)]


def _of(
    one: Decision, identity: str | None, readers: Sequence[str], names: Mapping[str, Mapping[str, str]], who: str
) -> Iterator[dict[str, Any]]:
    ids = {reader: names[reader][each.id] for reader, each in one.members.items()}
    for parties, value in one.coincidence.items():
        record: dict[str, Any] = {
            "between": "annotators",
            "metric": one.measure,
            "value": value,
            "parties": list(parties),
            "annotation_ids": [ids[reader] for reader in parties],
            "definition_id": _DEFINITIONS[one.measure],
        }
        if one.measure == "dice":
            dice = metric_value("overlap.dice", value)
            record |= {
                "needs_second_review": needs_second_review(dice),
                "needs_dedicated_review": needs_dedicated_review(dice),
            }
        yield record
    if one.fused is None or identity is None:
        return
    for metric, definition in _PERFORMANCE.items():
        for reader, value in zip(readers, getattr(one.fused, metric), strict=True):
            if value is not None:
                yield {
                    "between": "reference",
                    "metric": metric,
                    "value": value,
                    "parties": [reader, who],
                    "annotation_ids": [*([ids[reader]] if reader in ids else []), identity],
                    "definition_id": definition,
                }
