"""One way to losses, in both directions: an original against what the other side says by itself.

A writer compares the case with the case that its own file gives back; a reader compares the file, as a tree of the
format's own terms (elements, records, members), with the tree that would be written again from the case that was read.
What differs is a loss, and a format gives only the reasons: a table of sentences by place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fnmatch import translate
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from annoconv.documents.collector import collector_paused
from annoconv.documents.residuals import Residual, compare, pointer
from annoconv.loss import Loss, LossKind
from annoconv.messages import Message

if TYPE_CHECKING:
    from annoconv.documents.residuals import Path

__all__ = ["NOTHING", "Carrier", "Compared", "Reason", "Reasons", "is_written_again", "loss_at", "report"]

_WRITABLE: Final = ".nii.gz"
_ADDED: Final = "{sentence}; it is added, the original has none"
NOTHING: Final = object()
"""In place of what the other side has, where it has nothing."""

Reason: TypeAlias = "str | tuple[str, LossKind]"
"""A sentence, alone or with the kind of the loss where the comparison cannot tell it."""
Reasons: TypeAlias = Mapping[str, Reason]
"""Why a format does not hold what stands at a place: the first pattern that fits.

A pattern is matched, as names of files are, against the steps of a path joined by `/`, each position a `#`:
`annotations/#/mask_file`, `*/mask_file`, `*`. In a sentence, `{place}` stands for the first two names of the path, and
`{name}` for the last. A sentence that names more is a `Message`:
`Message("{title} has no place for {place}", title=title, place="{place}")`.
"""

_Place: TypeAlias = tuple[str | None, ...]
"""A path without its positions: what a sentence depends on."""
_DIGEST: Final[_Place] = ("annotations", None, "sha256")
"""A carrier takes it along, and it comes back as another one: `annoconv.casefile.write_case` puts it right."""
_ANEW: Final[Reasons] = {
    "*": (
        "the digest is that of the mask's file as it stood; a file that is written anew has one of its own",
        LossKind.APPROXIMATED,
    ),
}


def is_written_again(path: Path, value: Any) -> bool:
    """Tell whether a leaf that a carrier takes along comes back: a mask's name only if it ends as masks are written."""
    return path[-1] != "mask_file" or str(value).endswith(_WRITABLE)


@dataclass(frozen=True, slots=True)
class Carrier:
    """Where what a format has no place for travels.

    Attributes
    ----------
    place
        For the sentence: `the private block (4143,1001)`.
    takes
        Whether it takes a leaf along.
    """

    place: str
    takes: Callable[[Path, Any], bool] = is_written_again


@dataclass(frozen=True, slots=True)
class Compared:
    """What a comparison found.

    Attributes
    ----------
    losses
        One for each leaf that differs.
    kept
        What the carrier takes along, if there is one; nothing differs if it is restored, but what it does not take.
    """

    losses: list[Loss] = field(default_factory=list)
    kept: Residual = field(default_factory=Residual)


@collector_paused()
def report(
    original: object,
    native: object,
    reasons: Reasons,
    carrier: Carrier | None = None,
    *,
    case_index: int = 0,
    within: Path = (),
    left_out: Iterable[Path] = (),
    unwritten: Mapping[Path, Reason] | None = None,
) -> Compared:
    """Return what `native` does not hold of `original`, as losses, and what a carrier takes along of it.

    Parameters
    ----------
    original
        What there is: the case when a file is written, the file's tree when it is read.
    native
        What the other side says by itself: the case that the file gives back, or the tree that is written again.
    reasons
        Sentences by place; the last pattern should be `*`.
    carrier
        Where the rest travels, if anywhere.
    case_index
        Of the case among those written or read.
    within
        Steps that stand before each path in the report.
    left_out
        Leaves that the carrier does not take along for a reason of the writer's own.
    unwritten
        Members of lists, such as `("annotations", 3)`, or leaves that are not written for a reason of their own, and
        that reason. If it has a kind, the loss is of that kind even where the carrier takes the leaf.

    Returns
    -------
    Compared
        Kinds: `carried` if the carrier takes the leaf; `no_place` if `native` has nothing there; `precision` for a
        number that it holds otherwise, `approximated` for anything else, and for what it adds where `original` has
        nothing.
    """
    difference, held = compare(original, native)
    paths, added = difference.paths(), set(difference.removed)
    if carrier is None:
        difference = Residual()  # nothing is kept, and of many paths each is let go as its loss is made
    refused = set(left_out)
    if carrier is not None:
        refused |= {path for path, value in difference.values.items() if not carrier.takes(path, value)}

    told, carried = _sentences(_Table(reasons))
    losses: list[Loss] = []
    above: Path | None = None
    above_place: _Place = ()
    pointed = ""
    paths.reverse()
    while paths:
        path = paths.pop()
        why = unwritten.get(path, unwritten.get(path[:2])) if unwritten else None
        last = path[-1] if path else None
        if path[:-1] != above:  # leaves of one object or list follow one another
            above = path[:-1]
            above_place = tuple([step if isinstance(step, str) else None for step in above])
            pointed = pointer((*within, *above))
        place = (*above_place, last if isinstance(last, str) else None) if path else ()
        if why is None and carrier is not None and place == _DIGEST and path not in refused:
            why = _ANEW["*"]
        if carrier is not None and path not in refused and not isinstance(why, tuple):
            sentence, kind = carried(place, why, carrier.place), LossKind.CARRIED
        elif path in added:
            sentence, stated = told(place, why)
            sentence, kind = Message(_ADDED, sentence=sentence), stated or LossKind.APPROXIMATED
        else:
            sentence, stated = told(place, why)
            kind = stated or _kind_of(held.get(path, NOTHING))
        told_path = f"{pointed}/{last}" if type(last) is int else pointed + pointer(path[-1:])
        losses.append(Loss(case_index, told_path, kind, sentence))
    if not refused:
        return Compared(losses, difference)
    kept = {path: value for path, value in difference.values.items() if path not in refused}
    return Compared(losses, Residual(kept, difference.removed, difference.order))


class _Table:
    """The reasons of a format, which do not change: what is told of a place is made once for all cases."""

    def __init__(self, reasons: Reasons) -> None:
        self.reasons = reasons

    def __hash__(self) -> int:
        return id(self.reasons)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Table) and self.reasons is other.reasons


@lru_cache(maxsize=32)
def _sentences(
    table: _Table,
) -> tuple[
    Callable[[_Place, Reason | None], tuple[Message, LossKind | None]],
    Callable[[_Place, Reason | None, str], Message],
]:
    """Return what tells, by a place and a reason of its own, the sentence of a loss, and that of one that travels."""

    @lru_cache(maxsize=4096)
    def told(place: _Place, why: Reason | None) -> tuple[Message, LossKind | None]:
        return _reason(place, table.reasons if why is None else {"*": why})

    @lru_cache(maxsize=4096)
    def by(sentence: Message, carrier: str) -> Message:
        return Message("{sentence}; it travels in {place}", sentence=sentence, place=Message(carrier))

    return told, lambda place, why, carrier: by(told(place, why)[0], carrier)


def loss_at(path: Path, held: object, reasons: Reasons, *, case_index: int = 0, within: Path = ()) -> Loss:
    """Return the loss of a leaf of which the other side has `held` by itself, or `NOTHING`."""
    sentence, kind = _reason(path, reasons)
    return Loss(case_index, pointer((*within, *path)), kind or _kind_of(held), sentence)


def _kind_of(held: object) -> LossKind:
    """Return the kind of the loss of a leaf of which the other side has `held`, where the comparison tells it."""
    if held is NOTHING:
        return LossKind.NO_PLACE
    is_number = isinstance(held, int | float | Decimal) and not isinstance(held, bool)
    return LossKind.PRECISION if is_number else LossKind.APPROXIMATED


@lru_cache(maxsize=64)
def _finder(patterns: tuple[str, ...]) -> re.Pattern[str]:
    """Return what finds, in one go, the first of patterns that fits a place: as the number of its group."""
    return re.compile("|".join(f"({translate(pattern)})" for pattern in patterns))


def _reason(path: Path | _Place, reasons: Reasons) -> tuple[Message, LossKind | None]:
    place = "/".join([step if isinstance(step, str) else "#" for step in path])
    patterns = tuple(reasons)
    found = _finder(patterns).match(place)
    if found is None or found.lastindex is None:
        raise LookupError(f"no reason is given for {place or 'the whole'}")
    names = [step for step in path if isinstance(step, str)]
    return _told(reasons[patterns[found.lastindex - 1]], ".".join(names[:2]), names[-1] if names else "")


@lru_cache(maxsize=4096)
def _told(reason: Reason, place: str, name: str) -> tuple[Message, LossKind | None]:
    """Return the sentence of a reason at a place, and its kind; many leaves have the same."""
    sentence, kind = reason if isinstance(reason, tuple) else (reason, None)
    if isinstance(sentence, Message):
        return Message(sentence.template, **{**sentence.values, "place": place, "name": name}), kind
    return Message(sentence, place=place, name=name), kind
