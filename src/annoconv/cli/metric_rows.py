"""Rows of metrics: as JSON, as CSV, and as a table for people."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from annoconv.cli.report import Report
    from annoconv.metrics.thresholds import ReviewBounds
    from annoconv.model import MetricValue

__all__ = ["reviews", "row", "say_reviews", "say_table", "say_values", "summaries", "write_csv"]

_COLUMNS = (
    *(
        "reference",
        "other",
        "case",
        "image",
        "label",
        "kind",
        "definition_id",
        "status",
        "value",
        "unit",
        "tolerance_mm",
    ),
    *("count", "low", "high", "confidence_level"),
)
_SHOWN = (
    "overlap.dice",
    "overlap.iou",
    "surface_voxel.hd",
    "surface_voxel.hd95",
    "surface_voxel.assd",
    "surface_voxel.nsd",
    "surface_surfel.hd",
    "surface_surfel.hd95",
    "surface_surfel.assd",
    "surface_surfel.nsd",
    "boundary.iou",
    "detection.precision",
    "detection.recall",
    "detection.f1",
    "detection.ap_coco",
)
"""Columns of the table for people; --json and --csv have all."""


def row(value: MetricValue, **where: str | None) -> dict[str, Any]:
    """Return a value with where it was measured; one that is not there is null."""
    told = value.model_dump(mode="json")
    return {**{key: each for key, each in where.items() if each is not None}, **told, "value": value.value}


def summaries(values: Iterable[tuple[str, MetricValue, float | None]]) -> list[dict[str, Any]]:
    """Return the two means of each metric.

    Parameters
    ----------
    values
        Each with the name of its case, and with the diagonal of its image in mm, which a missed structure counts as in
        a distance: the largest of all.
    """
    from annoconv.metrics.definitions import DEFINITIONS
    from annoconv.metrics.results import summary

    groups: dict[tuple[str, float | None], list[tuple[str, MetricValue, float | None]]] = {}
    for each in values:
        groups.setdefault((each[1].definition_id, each[1].tolerance_mm), []).append(each)
    found: list[dict[str, Any]] = []
    for (name, _), group in groups.items():
        is_distance = DEFINITIONS[name].unit == "mm"
        diagonals = [diagonal for _, _, diagonal in group if diagonal is not None]
        worst = max(diagonals) if is_distance and diagonals else None
        told = summary([value for _, value, _ in group], worst=worst, units=[case for case, _, _ in group])
        counts = {key: getattr(told, key) for key in ("defined", "missed", "absent", "undefined")}
        found += [{**row(each), **counts} for each in (told.mean_defined, told.mean_with_misses)]
    return found


def reviews(
    values: Iterable[tuple[MetricValue, dict[str, Any]]], bounds: ReviewBounds | None = None
) -> list[dict[str, Any]]:
    """Return which labels agree so little that a review follows (8.4 c, 9.2), with where they were measured."""
    from annoconv.metrics.thresholds import SPECIFIED, needs_dedicated_review, needs_second_review

    bounds = bounds or SPECIFIED

    return [
        {
            **where,
            "label": each.label,
            "dice": each.value,
            "status": each.status.value,
            "needs_second_review": True,
            "needs_dedicated_review": needs_dedicated_review(each, bounds),
        }
        for each, where in values
        if each.definition_id == "overlap.dice" and needs_second_review(each, bounds)
    ]


def say_reviews(report: Report, asked: Iterable[dict[str, Any]]) -> None:
    """Say which reviews follow."""
    for each in asked:
        sentence = "dedicated review (9.2): {}" if each["needs_dedicated_review"] else "second review (8.4 c): {}"
        places = (each.get(key) for key in ("label", "case", "reference", "other"))
        report.say(sentence, ", ".join(str(place) for place in places if place))


def write_csv(
    path: Path, rows: Sequence[dict[str, Any]], *, overwrite: bool, columns: Sequence[str] = _COLUMNS
) -> None:
    """Write rows, a line for each value; what a row lacks is empty."""
    from annoconv.files.atomic import replacing

    with replacing(path, overwrite=overwrite) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows({key: each for key, each in one.items() if each is not None} for one in rows)


def say_values(report: Report, values: Iterable[dict[str, Any]]) -> None:
    """Say values line by line: what they are of, by which definition, and of how many."""
    for each in values:
        value = each["status"] if each["value"] is None else f"{each['value']:.4f}"
        report.say("{}", f"{each.get('label', '')}  {each['definition_id']}  {value}  n={each.get('count', '')}")


def say_table(report: Report, values: Sequence[dict[str, Any]], heading: str) -> None:
    """Say a table of labels by metrics; a value that is not there is told by its status."""
    names: dict[str, None] = {}
    by_label: dict[str, dict[str, str]] = {}
    kinds: dict[Any, set[str]] = {}
    for each in values:
        if "kind" in each:
            kinds.setdefault(each.get("label"), set()).add(str(each["kind"]))
    for each in values:
        base, _, mean = str(each["definition_id"]).partition(":")
        if base not in _SHOWN:
            continue
        column = base if each.get("tolerance_mm") is None else f"{base}@{each['tolerance_mm']:g}"
        names.setdefault(column)
        value = each["value"]
        text = str(each["status"]) if value is None else f"{value:.4f}"
        label = mean or str(each.get("label", ""))
        if "kind" in each and len(kinds[each.get("label")]) > 1:
            label = f"{label} ({each['kind']})"
        by_label.setdefault(label, {})[column] = text
    if not names:
        return
    columns = sorted(names, key=lambda name: (_SHOWN.index(name.partition("@")[0]), name))
    lines = [
        ["", *columns],
        *([label, *(cells.get(name, "-") for name in columns)] for label, cells in by_label.items()),
    ]
    widths = [max(len(line[place]) for line in lines) for place in range(len(columns) + 1)]
    report.say("{}", heading)
    for line in lines:
        cells = [
            line[0].ljust(widths[0]),
            *(cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True)),
        ]
        report.say("{}", "  " + "  ".join(cells).rstrip())
