"""How far readers of one case agree, by the Dice of each label: one row for each two readers, case and label.

Specification 8.4 c and 9.2. Cases are of one image if their `case_id` is the same, else by the UID of their image.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import combinations
from typing import TYPE_CHECKING, Any

from annoconv.errors import AnnoconvError
from annoconv.geometry import Grid
from annoconv.messages import Message
from annoconv.metrics.regions import dice_of_labels, regions_of
from annoconv.metrics.results import summary
from annoconv.metrics.thresholds import SPECIFIED, ReviewBounds, needs_dedicated_review, needs_second_review
from annoconv.model import MetricStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from annoconv.model import MetricValue
    from annoconv.report.quality.subjects import Subject

__all__ = ["Agreement", "agreement", "grid_of", "stated"]

Agreement = tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]]]
"""Rows by case and label, means by pair of readers, and what could not be compared."""


def agreement(subjects: Sequence[Subject], bounds: ReviewBounds = SPECIFIED) -> Agreement:
    """Return how far each two readings of a case agree, the means of each two readers, and what is not compared.

    The bounds are the Dice below which reviews follow.
    """
    groups: dict[str, list[Subject]] = defaultdict(list)
    for each in subjects:
        if each.loaded is not None:
            groups[each.name].append(each)
    rows: list[dict[str, Any]] = []
    refused: list[dict[str, Any]] = []
    values: dict[tuple[str, str], list[tuple[str, MetricValue]]] = defaultdict(list)
    for name, group in groups.items():
        readers = _readers(group)
        for first, second in combinations(group, 2):
            names = readers[first.id], readers[second.id]
            if names[0] > names[1]:
                first, second, names = second, first, (names[1], names[0])
            place = {"case": name, "readers": [*names], "cases": [first.id, second.id]}
            try:
                found = list(_between(first, second))
            except AnnoconvError as error:
                refused.append({**place, "reason": {lang: error.text(lang) for lang in ("en", "zh")}})
                continue
            for image, value in found:
                values[names].append((name, value))
                rows.append({**place, **({"image": image} if image else {}), **_row(value, bounds)})
    return rows, [_mean(names, some, bounds) for names, some in sorted(values.items())], refused


def _readers(group: Sequence[Subject]) -> dict[str, str]:
    """Return the name of the reader of each reading, by its id: told apart by the file if one has read it twice."""
    names = [each.reader for each in group]
    found: dict[str, str] = {}
    for each in group:
        place = f"{each.source}#{each.case_index}" if each.case_index else each.source
        is_told = names.count(each.reader) == 1
        found[each.id] = each.reader if is_told else f"{each.reader} ({place})"
    return found


def _between(first: Subject, second: Subject) -> Iterator[tuple[str, MetricValue]]:
    a, b = first.loaded, second.loaded
    if a is None or b is None:
        return
    if a.case.image.uid != b.case.image.uid:
        raise AnnoconvError(
            "two readings of one case are of different images",
            source=second.source,
            where="/image/uid",
            found=b.case.image.uid,
            expected=a.case.image.uid,
            advice="Give cases of different images different case_id",
        )
    regions = regions_of(a), regions_of(b)
    for image in sorted({*regions[0], *regions[1]}):
        mine, theirs = (each.get(image, []) for each in regions)
        for value in dice_of_labels(mine, theirs, grid_of((first, second), image)):
            yield image, value


def grid_of(subjects: Iterable[Subject], image: str) -> Grid:
    """Return the grid of an image of cases, `""` the primary one: as one of them states it, else that of a mask."""
    masks: list[Grid] = []
    for each in subjects:
        if each.loaded is None:
            continue
        case = each.loaded.case
        for one in (case.image, *(case.related_images or ())):
            if one.uid == (image or case.image.uid) and one.shape is not None:
                return Grid.from_image(one)
        masks += [region.mask.grid for region in regions_of(each.loaded).get(image, ())]
    if not masks:
        raise AnnoconvError(
            "there is no grid to compare on",
            found=Message("an image without a shape, and no mask"),
            expected="the shape of the image",
            advice="State the shape of the image in the case",
        )
    return masks[0]


def _row(value: MetricValue, bounds: ReviewBounds) -> dict[str, Any]:
    return {
        "label": value.label,
        "definition_id": value.definition_id,
        "value": value.value,
        "status": value.status.value,
        "needs_second_review": needs_second_review(value, bounds),
        "needs_dedicated_review": needs_dedicated_review(value, bounds),
    }


def _mean(names: tuple[str, str], values: Sequence[tuple[str, MetricValue]], bounds: ReviewBounds) -> dict[str, Any]:
    told = summary([value for _, value in values], units=[case for case, _ in values])
    asked = [value for _, value in values if needs_second_review(value, bounds)]
    return {
        "readers": [*names],
        "cases": len({case for case, _ in values}),
        "defined": told.defined,
        "missed": told.missed,
        "absent": told.absent,
        "mean_defined": told.mean_defined.value,
        "mean_with_misses": told.mean_with_misses.value,
        "second_reviews": len(asked),
        "dedicated_reviews": sum(needs_dedicated_review(each, bounds) for each in asked),
        "one_has_it": sum(value.status not in {MetricStatus.DEFINED, MetricStatus.BOTH_EMPTY} for _, value in values),
    }


def stated(subjects: Iterable[Subject]) -> list[dict[str, Any]]:
    """Return the agreement that the cases themselves record."""
    return [
        {"case": each.id, **record.model_dump(mode="json", exclude_none=True)}
        for each in subjects
        if each.loaded is not None
        for record in each.loaded.case.metadata.agreement or ()
    ]
