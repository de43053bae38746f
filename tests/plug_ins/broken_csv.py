"""A table of boxes that keeps no promise"""

from pathlib import Path

import boxes_csv

from annoconv.loss import Loss, LossKind, LossReport
from annoconv.registry import Context

SUFFIX = ".csv"
_COUNTED = []


def to_broken_csv(cases, target: Path, *, context: Context, fast: bool = True, untold: int = 0):
    """Write."""
    target.write_text("half")
    _COUNTED.append(1)
    kept = [*cases]
    for each in kept:
        each.case.task_id = "CHANGED"
    target.unlink()
    losses = [*boxes_csv.to_boxes_csv(iter(kept), target, context=context)]
    lines = target.read_text().splitlines()
    target.write_text("\n".join([lines[0].replace("id", "ID", 1), *lines[1:], "#" * len(_COUNTED)]))
    return LossReport([*losses[:-1], Loss(0, "task_id", LossKind.NO_PLACE, " ")])


def from_broken_csv(sources, *, context: Context):
    """Read."""
    for source in sources:
        text = source.read_text()
        fixed = source.with_suffix(".fixed")
        fixed.write_text("\n".join([text.splitlines()[0].replace("ID", "id", 1), *text.splitlines()[1:-1]]) + "\n")
        yield from boxes_csv.from_boxes_csv([fixed], context=context)
