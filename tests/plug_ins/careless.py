"""Formats that keep all promises but one, each made of the table of boxes."""

from pathlib import Path

import boxes_csv

from annoconv.loss import Loss, LossReport
from annoconv.registry import Context

SUFFIX = ".csv"


def to_reversing(cases, target: Path, *, context: Context):
    """Write, and leave the annotations in another order."""
    held = list(cases)
    losses = boxes_csv.to_boxes_csv(held, target, context=context)
    for each in held:
        each.case.annotations.reverse()
    return losses


def to_littering(cases, target: Path, *, context: Context):
    """Write beside a file that stays when the cases end in an error."""
    target.with_suffix(".tmp").write_text("half")
    losses = boxes_csv.to_boxes_csv(cases, target, context=context)
    target.with_suffix(".tmp").unlink()
    return losses


def to_miscounting(cases, target: Path, *, context: Context):
    """Write, and count cases from 5."""
    losses = boxes_csv.to_boxes_csv(cases, target, context=context)
    return LossReport([Loss(each.case_index + 5, each.path, each.kind, each.message) for each in losses])


def to_forgetting(cases, target: Path, *, context: Context):
    """Write the last case."""
    return boxes_csv.to_boxes_csv(list(cases)[-1:], target, context=context)


def to_talking(cases, target: Path, *, context: Context):
    """Write, and print."""
    print("done")
    return boxes_csv.to_boxes_csv(cases, target, context=context)


def to_leaving(cases, target: Path, *, context: Context):
    """End the process."""
    raise SystemExit(3)


def to_tidying(cases, target: Path, *, context: Context):
    """Write; what is read is changed."""
    return boxes_csv.to_boxes_csv(cases, target, context=context)


def from_tidying(sources, *, context: Context):
    """Read, and end the file with an empty line."""
    yield from boxes_csv.from_boxes_csv(sources, context=context)
    for source in sources:
        source.write_text(f"{source.read_text()}\n")


from_reversing = from_littering = from_miscounting = from_forgetting = from_talking = from_leaving = (
    boxes_csv.from_boxes_csv
)
