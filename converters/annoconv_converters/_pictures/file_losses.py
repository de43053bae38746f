"""What a case does not hold of a file by other software: its records against those that would be written again.

A record is compared by itself, so that a file of a hundred thousand costs no more than they do, and those that are the
same cost next to nothing. What is written beyond what the file says is no loss.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from annoconv.documents.losses import report

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from annoconv.documents.losses import Reasons
    from annoconv.documents.residuals import Path
    from annoconv.loss import Loss

__all__ = ["FileRecord", "as_value", "file_losses", "settled", "stated", "with_floats"]

_SAME: Final = 1e-8
"""How far two coordinates may lie apart that are the same: cases have them to 1e-9 of a pixel."""


@dataclass(frozen=True, slots=True)
class FileRecord:
    """A record of a file, and what is written in its place.

    Attributes
    ----------
    place
        Steps to it in the file's tree.
    said
        What it says, in the format's own terms; without what only says how the rest is encoded. Arrays of numbers are
        one value (`as_value`).
    again
        What is written again from the case in its place, in the same terms; None if nothing is.
    """

    place: Path
    said: Any
    again: Any


def file_losses(records: Iterable[FileRecord], reasons: Reasons, case_index: int) -> Iterator[Loss]:
    """Yield a loss for each leaf of a file's records that is not written again; paths are those in the file's tree.

    Parameters
    ----------
    records
        In the order of the file.
    reasons
        Sentences by place within a record; that of a numbered record which is gone as a whole by `#`.
    case_index
        Of the case among those read.
    """
    for record in records:
        if record.again is None and record.place:
            *above, last = record.place
            yield from report(
                {last: record.said is not None}, {}, reasons, case_index=case_index, within=(*above,)
            ).losses
        elif record.said != record.again:
            again = _within(record.again, record.said)
            yield from report(record.said, again, reasons, case_index=case_index, within=record.place).losses


def as_value(array: Any) -> Any:
    """Return an array, and those within it, as one value, which is compared and reported as a whole."""
    return tuple(map(as_value, array)) if isinstance(array, list | tuple) else array


def settled(again: Any, said: Any) -> Any:
    """Return numbers that are written again as the file has them, where they are the same but for rounding."""
    if isinstance(again, tuple) and isinstance(said, tuple) and len(again) == len(said):
        return (
            said if again == said or all(settled(*pair) is pair[1] for pair in zip(again, said, strict=True)) else again
        )
    is_near = type(again) in {int, float} and type(said) in {int, float} and abs(again - said) <= _SAME
    return said if is_near or again == said else again


def stated(members: dict[str, Any]) -> dict[str, Any]:
    """Return the members that say something: not null, not empty."""
    return {name: value for name, value in members.items() if value is not None and value not in ("", [], {}, ())}


def with_floats(value: Any) -> Any:
    """Return a JSON value with its decimals as floats, as the tools of these formats read them."""
    if isinstance(value, dict):
        return {key: with_floats(member) for key, member in value.items()}
    if isinstance(value, list):
        return [with_floats(member) for member in value]
    return float(value) if isinstance(value, Decimal) else value


def _within(again: Any, said: Any) -> Any:
    """Return what is written again of the things that the file speaks of."""
    if isinstance(again, dict) and isinstance(said, dict):
        return {key: _within(value, said[key]) for key, value in again.items() if key in said}
    if isinstance(again, list) and isinstance(said, list):
        return [_within(*pair) for pair in zip(again, said, strict=False)]
    return again
