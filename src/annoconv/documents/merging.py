"""A case put back together from a file that other software may have edited, and what annoconv took along beside it.

A residual fits the native document that it was taken against. Of a file that was edited since, the native document is
another one: the edit wins, what still fits of the residual is restored, and the rest is named. What tells the two apart
is `held`: what the first native document had at the leaves of the residual, which travels with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from annoconv.documents.residuals import IDENTITIES, Residual, leaves, pointer, restore
from annoconv.loss import Loss, LossKind
from annoconv.messages import Message

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator, Mapping

    from annoconv.documents.residuals import Path

__all__ = ["Merged", "held", "merge"]

_GONE: Final = "{name} is left out: it is not in the file any more, which other software has edited"
_EDITED: Final = "other software has edited it in the file; what annoconv had taken along instead is left out"
_ABSENT: Final = object()


@dataclass(frozen=True, slots=True)
class Merged:
    """A document put back together.

    Attributes
    ----------
    document
        What the file says, and what was taken along as far as it fits.
    losses
        What was taken along and does not fit any more.
    """

    document: Any
    losses: list[Loss]


def held(native: object, carried: Residual) -> list[list[Any]]:
    """Return what a native document has at the leaves of its residual, as a JSON value: pairs of path and value."""
    there = leaves(_placed(native, carried.order))
    return [[list(path), there[path]] for path in (*carried.values, *carried.removed) if path in there]


def merge(
    native: object,
    carried: Residual,
    held_then: Iterable[Any],
    *,
    case_index: int = 0,
    is_told_elsewhere: Callable[[Path], bool] = lambda _: False,
) -> Merged:
    """Return the document that `carried` was the residual of, but for what the native document now says otherwise.

    Parameters
    ----------
    native
        What the file says by itself now.
    carried
        What was taken along when it was written.
    held_then
        What `held` gave then.
    case_index
        Of the case among those read.
    is_told_elsewhere
        Whether a leaf of the native document rests on more than the file's content, its name or an option of the
        reader: there, what was taken along holds.

    Raises
    ------
    KeyError, TypeError, ValueError
        If what was taken along is damaged.
    """
    then = {_path(path): value for path, value in held_then}
    order = _whole_order(carried, then)
    placed = _placed(native, order)
    now = leaves(placed)
    gone = dict(_gone(now, carried))
    losses = [
        Loss(case_index, pointer(path[:-1]), LossKind.NO_PLACE, Message(_GONE, name=name))
        for path, name in gone.items()
    ]
    values: dict[Path, Any] = {}
    for path, value in carried.values.items():
        if _is_below(path, gone):
            continue
        found, expected = now.get(path, _ABSENT), then.get(path, _ABSENT)
        if is_told_elsewhere(path) or _is_same(found, expected) or _is_same(found, value):
            values[path] = value
        else:
            losses.append(Loss(case_index, pointer(path), LossKind.NO_PLACE, _EDITED))
    removed = {
        path
        for path in carried.removed
        if is_told_elsewhere(path) or _is_same(now.get(path, _ABSENT), then.get(path, _ABSENT))
    }
    # A member that the original lacks stays if it was edited, and leaves an empty place if it is not there any more.
    edited = _edited(now, then, carried, order)
    removed = {path for path in removed if not _is_below(path, edited)}
    removed |= {path for path, value in now.items() if value == {} and path[:-1] in order} | gone.keys()
    left = {path[:length] for path in now.keys() - removed for length in range(len(path))}
    values = {path: value for path, value in values.items() if not (value in ([], {}) and path in left)}
    left |= {path[:length] for path in values for length in range(len(path) + 1)}
    values |= {path: [] for path in carried.order if path not in left and isinstance(_at(placed, path), list)}
    document = restore(native, Residual(values, tuple(removed), order))
    return Merged(document, losses)


def _placed(native: object, order: Mapping[Path, tuple[str, ...]]) -> object:
    """Return a native document with the members of its lists in this order; `{}` where one is absent."""
    return restore(native, Residual(order=order)) if order else native


def _whole_order(carried: Residual, then: Mapping[Path, Any]) -> dict[Path, tuple[str, ...]]:
    """Return the order of each list's members, those behind that the native document had and the original has not."""
    order = dict(carried.order)
    own = {path[:length] for path in carried.values for length in range(len(path))}
    for path in carried.removed:
        members, (position, key) = path[:-2], path[-2:] if len(path) > 1 else (0, "")
        if key in IDENTITIES and isinstance(position, int) and (members in order or members not in own):
            names = order.get(members, ())
            if position == len(names):
                order[members] = (*names, str(then[path]))
    return order


def _gone(now: dict[Path, Any], carried: Residual) -> Iterator[tuple[Path, str]]:
    """Yield each member of a list that the native document had of itself and has no more, with its identity."""
    above = {path[:length] for path in now for length in range(1, len(path))}
    taken_whole = set(carried.removed)  # the place of a member that the native document never had
    found: set[Path] = set()
    for path in sorted(carried.order, key=len):
        for position, name in enumerate(carried.order[path]):
            member = (*path, position)
            if member not in above and member not in taken_whole and not _is_below(member, found):
                found.add(member)
                yield member, name


def _edited(
    now: Mapping[Path, Any], then: Mapping[Path, Any], carried: Residual, order: Mapping[Path, tuple[str, ...]]
) -> set[Path]:
    """Return the members that the original lacks and that say otherwise now than the native document had them."""
    own = {
        (*path, position)
        for path, names in order.items()
        for position in range(len(carried.order.get(path, ())), len(names))
    }
    return {
        path[:length]
        for path in now.keys() | then.keys()
        for length in range(1, len(path))
        if path[:length] in own and not _is_same(now.get(path, _ABSENT), then.get(path, _ABSENT))
    }


def _is_below(path: Path, places: Container[Path]) -> bool:
    return any(path[:length] in places for length in range(1, len(path) + 1))


def _is_same(one: object, other: object) -> bool:
    """Compare two leaves as JSON has them: a number by its value, true is not 1."""
    numbers = [each for each in (one, other) if isinstance(each, int | float | Decimal) and not isinstance(each, bool)]
    if len(numbers) == 2:
        return float(numbers[0]) == float(numbers[1])
    return type(one) is type(other) and one == other


def _at(document: Any, path: Path) -> Any:
    """Return what stands at a path; None if it is not there."""
    for step in path:
        try:
            document = document[step]
        except (IndexError, KeyError, TypeError):
            return None
    return document


def _path(steps: Iterable[Any]) -> Path:
    return tuple(steps)
