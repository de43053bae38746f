"""What a case does not hold of a file by other software: its records against those that would be written again.

A record is compared by itself, so that a file of a hundred thousand costs no more than they do, and those that are the
same cost next to nothing. What is written beyond what the file says is no loss.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from operator import sub
from typing import TYPE_CHECKING, Any, Final

from annoconv.documents.losses import NOTHING, loss_at, report

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from annoconv.documents.losses import Reasons
    from annoconv.documents.residuals import Path
    from annoconv.loss import Loss

__all__ = ["SAME", "FileRecord", "as_value", "file_losses", "settled", "stated", "with_floats"]

SAME: Final = 1e-8
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
            told: Any = {last: record.said is not None}
            again: Any = {}
            within: Path = tuple(above)
        elif record.said != record.again:
            told, again, within = record.said, record.again, record.place
        else:
            continue
        if isinstance(told, dict) and isinstance(again, dict):
            yield from _losses(told, again, (), within, reasons, case_index)
        else:
            yield from report(told, again, reasons, case_index=case_index, within=within).losses


def _losses(
    said: dict[Any, Any], again: dict[Any, Any], at: Path, within: Path, reasons: Reasons, case_index: int
) -> Iterator[Loss]:
    """Yield what `report` would, of what `said` speaks of: in one walk, as long as there are no lists."""
    for key, value in said.items():
        held: Any = again.get(key, NOTHING)
        if held == value:
            continue
        path = (*at, key)
        if value and isinstance(value, dict) and (held is NOTHING or isinstance(held, dict)):
            inner: dict[Any, Any] = held if isinstance(held, dict) else {}
            yield from _losses(value, inner, path, within, reasons, case_index)
        elif isinstance(value, list | dict) or isinstance(held, list | dict):
            pair = (value, {}) if held is NOTHING else _apart(value, held)
            told, other = (_nested(path, one) for one in pair)
            yield from report(
                told, {} if held is NOTHING else other, reasons, case_index=case_index, within=within
            ).losses
        else:
            yield loss_at(path, held, reasons, case_index=case_index, within=within)


def _nested(path: Path, value: Any) -> Any:
    return value if not path else {path[0]: _nested(path[1:], value)}


def as_value(array: Any) -> Any:
    """Return an array, and those within it, as one value, which is compared and reported as a whole."""
    if not isinstance(array, list | tuple):
        return array
    return tuple(as_value(each) if isinstance(each, list | tuple) else each for each in array)


def settled(again: Any, said: Any) -> Any:
    """Return numbers that are written again as the file has them, where they are the same but for rounding."""
    if again == said:
        return said
    ours: Any = again if isinstance(again, tuple) else (again,)
    theirs: Any = said if isinstance(said, tuple) else (said,)
    is_array = isinstance(again, tuple) and isinstance(said, tuple)
    if len(ours) != len(theirs):
        return again
    try:
        is_near = max(map(abs, map(sub, ours, theirs))) <= SAME
    except TypeError:  # other things than numbers
        is_near = is_array and all(settled(*pair) is pair[1] for pair in zip(ours, theirs, strict=True))
    return said if is_near else again


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


def _apart(said: Any, again: Any) -> tuple[Any, Any]:
    """Return the things that the file speaks of and that are not written again as they stand there."""
    if isinstance(again, dict) and isinstance(said, dict):
        pairs = {key: _apart(value, again[key]) for key, value in said.items() if key in again and again[key] != value}
        gone = {key: value for key, value in said.items() if key not in again}
        return gone | {key: one for key, (one, _) in pairs.items()}, {key: other for key, (_, other) in pairs.items()}
    if isinstance(again, list) and isinstance(said, list):
        pairs_ = [_apart(*pair) for pair in zip(said, again, strict=False)]
        return [one for one, _ in pairs_] + said[len(again) :], [other for _, other in pairs_]
    return said, again
