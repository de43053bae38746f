"""What a 2-D format does not hold of a case: what is lost, what travels with us, and how that is put back.

A format's own reader says what a file means by itself; the difference to the case travels in a side file beside it, and
of COCO under the key `annoconv` too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from annoconv.documents import residuals
from annoconv.documents.losses import Compared, report
from annoconv.documents.residuals import Residual
from annoconv.errors import DocumentError
from annoconv.findings import Finding, Level
from annoconv.messages import Message

if TYPE_CHECKING:
    from pathlib import Path

    from annoconv.documents.losses import Carrier, Reasons

__all__ = ["SIDE_NAME", "SIDE_SUFFIX", "compare", "restored", "side_path"]

Record: TypeAlias = "dict[str, Any]"

SIDE_NAME: Final = "annoconv.json"
"""Of the side file in a folder, where no tool takes it for annotations."""
SIDE_SUFFIX: Final = ".annoconv.json"
"""Of the side file beside a file."""


def side_path(target: Path) -> Path:
    """Return the path of the side file of an output."""
    return target / SIDE_NAME if target.is_dir() else target.with_suffix(SIDE_SUFFIX)


def compare(
    original: Record, native: Record, expected: Record, reasons: Reasons, carrier: Carrier, case_index: int
) -> Compared:
    """Return the losses of a case, and what the carrier must take along so that `expected` comes back.

    Parameters
    ----------
    original
        The case.
    native
        What its file gives back, our keys used.
    expected
        The case without what no carrier brings back: masks whose voxels have no place.
    reasons, carrier, case_index
        As `report` takes them.
    """
    if expected == original:
        return report(original, native, reasons, carrier, case_index=case_index)
    left = residuals.residual(original, expected).paths()
    found = report(original, native, reasons, carrier, case_index=case_index, left_out=left)
    return Compared(found.losses, report(expected, native, reasons, carrier).kept)


def restored(native: Record, residual: Any, source: Path, *, place: str, rule: str) -> Record:
    """Return the case that was written; DocumentError under `rule` if `place` holds what we did not put there."""
    try:
        document = residuals.restore(native, Residual.from_json(residual))
        if isinstance(document, dict):
            return document
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, RecursionError):
        pass
    problem = Message("{place} cannot be understood", place=place)
    raise DocumentError(problem, findings=[Finding(rule, Level.ERROR, "", problem)], source=source)
