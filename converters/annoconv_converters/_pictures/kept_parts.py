"""What cases keep of other files, of which no file of pictures says anything: told part by part, and of each part once.

Much of it is the same in all cases of a file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from annoconv.documents import strict_json
from annoconv.documents.losses import report

if TYPE_CHECKING:
    from collections.abc import Iterator

    from annoconv.documents.losses import Carrier, Reasons
    from annoconv.loss import Loss

__all__ = ["KeptParts", "PartTold"]

Record: TypeAlias = "dict[str, Any]"

_KEPT: Final = "extensions"
_MOST: Final = 256
"""Parts of which is known what is told."""


class PartTold(NamedTuple):
    """What is told of a part of what a case keeps: its losses, and what of it a carrier takes along."""

    losses: list[Loss]
    values: list[Any]


class KeptParts:
    """Tells what becomes of the extensions of cases.

    Parameters
    ----------
    reasons, carrier
        As `report` takes them.
    """

    def __init__(self, reasons: Reasons, carrier: Carrier) -> None:
        self._reasons, self._carrier = reasons, carrier
        self._known: dict[bytes, PartTold] = {}
        """What is told of parts, by their texts."""

    def of(self, kept: Record | None) -> list[PartTold]:
        """Return what is told of the extensions of a case, as JSON values, part by part."""
        return [*map(self._told, _parts(kept))]

    def _told(self, part: Record) -> PartTold:
        path, number = _number_in(part)
        text = strict_json.dumps(part if number is None else path)  # of a number its place tells all
        found = self._known.get(text)
        if found is None:
            compared = report(part, {}, self._reasons, self._carrier)
            found = PartTold(compared.losses, compared.kept.to_json()["values"])
            if len(self._known) == _MOST:
                self._known.clear()
            self._known[text] = found
        return found if number is None else PartTold(found.losses, [[path, number]])


def _number_in(part: Record) -> tuple[list[str], int | None]:
    """Return the place of the only leaf of a part, and the whole number that it is; None if it is anything else."""
    value: Any = part
    path: list[str] = []
    while type(value) is dict and len(value) == 1:
        ((step, value),) = value.items()
        path.append(step)
    return path, value if type(value) is int else None


def _parts(kept: Record | None) -> Iterator[Record]:
    if not kept and kept is not None:
        yield {_KEPT: kept}
    for name, members in (kept or {}).items():
        if type(members) is dict and members:
            yield from ({_KEPT: {name: {member: value}}} for member, value in members.items())
        else:
            yield {_KEPT: {name: members}}
