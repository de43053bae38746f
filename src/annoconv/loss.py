"""What a format could not hold: typed values, returned beside the result, never printed or raised.

A loss names one leaf of the case document by its JSON pointer (RFC 6901). Losses are exact: after a round trip the
document equals the original except at the leaves that its report names (`tests/test_matrix.py`).
"""

from __future__ import annotations

import heapq
import json
import pickle
import weakref
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from itertools import chain, groupby, islice, pairwise
from operator import eq, itemgetter
from os import SEEK_END
from typing import IO, TYPE_CHECKING, Any, Final, NamedTuple, overload

from annoconv.messages import translate
from annoconv.scratch import scratch_file
from annoconv.tables import table

if TYPE_CHECKING:
    from annoconv.messages import Language

__all__ = ["Loss", "LossCollector", "LossKind", "LossReport", "merged"]

_SHOWN: Final = 3
"""Losses that stand in a `repr`; of more their kinds do."""
_SHOWN_ROWS: Final = 50
"""Losses that a notebook shows."""
_HELD: Final = 5_000
"""Losses that a report holds in memory; more of them wait in a file without a name."""
_BLOCK: Final = 250
"""Losses of such a file that are read at once."""
_SENTENCES: Final = 1_000
"""Sentences of such a file that are held in memory."""


class LossKind(StrEnum):
    """Why a leaf does not stand in the target as it stood in the case.

    `no_place`, `precision`, `approximated` and `resampled` change what the receiver has (`changes_value`), and the leaf
    itself differs on the way back. It comes back for `carried` as long as our private carrier is kept, and for
    `uncoded` always. `added` is of a reader: the source has nothing there that could be lost.
    """

    NO_PLACE = "no_place"
    """The format has nothing for it and it is left out."""
    PRECISION = "precision"
    """The format holds it with fewer digits or levels."""
    APPROXIMATED = "approximated"
    """The format holds something near it."""
    UNCODED = "uncoded"
    """Held, but where other software may not look: under a private code, in one of a file's two affines, or under a
    number that no class list tells."""
    RESAMPLED = "resampled"
    """Voxels were interpolated onto another grid because that was asked for."""
    CARRIED = "carried"
    """The format has no place for it; it travels in our private carrier."""
    ADDED = "added"
    """The source says nothing of it and the case has to: something stands for it, and nothing of the source is lost."""

    @property
    def changes_value(self) -> bool:
        """Whether what the receiver has differs, and the leaf after a round trip with the carrier kept."""
        return self not in {LossKind.CARRIED, LossKind.UNCODED, LossKind.ADDED}


_KINDS: Final = {kind.value: kind for kind in LossKind}


class Loss(NamedTuple):
    """One leaf that a format does not hold as it stands in the case, or that it adds where the case has nothing.

    Attributes
    ----------
    case_index
        Zero-based position of the case among those written or read.
    path
        JSON pointer of the leaf in the case document, `/annotations/0/attributes/shape`.
    kind
        Why.
    message
        One sentence for people, in English, without patient data; a `Message` if it names something.
    """

    case_index: int
    path: str
    kind: LossKind
    message: str

    def text(self, lang: Language = "en") -> str:
        """Return the sentence in a language."""
        return translate(self.message, lang)

    def to_json(self, lang: Language = "en") -> dict[str, Any]:
        """Return the loss as a JSON object: its message in English, and beside it in another language if asked."""
        told = {} if lang == "en" else {f"message_{lang}": self.text(lang)}
        return {"case_index": self.case_index, "path": self.path, "kind": self.kind, "message": self.message, **told}


class LossReport(Sequence[Loss]):
    """Losses in a stable order (case, path, kind), each once; many are read from a file as they are asked for."""

    def __init__(self, losses: Iterable[Loss] = ()) -> None:
        self._losses: Sequence[Loss] = losses.sorted() if isinstance(losses, LossCollector) else _sorted(losses)

    @overload
    def __getitem__(self, index: int) -> Loss: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Loss]: ...
    def __getitem__(self, index: int | slice) -> Loss | Sequence[Loss]:
        """Return one loss or a tuple of them."""
        return self._losses[index]

    def __len__(self) -> int:
        return len(self._losses)

    def __iter__(self) -> Iterator[Loss]:
        return iter(self._losses)

    def __add__(self, other: Iterable[Loss]) -> LossReport:
        """Return both reports as one."""
        both = LossCollector()
        both += self
        both += other
        return LossReport(both)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, LossReport)
            and len(self) == len(other)
            and all(mine == theirs for mine, theirs in zip(self, other, strict=True))
        )

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __reduce__(self) -> tuple[type[LossReport], tuple[list[Loss]]]:
        """Return what another process, or a copy, makes it of: the losses themselves, not their file."""
        return LossReport, ([*self],)

    def __repr__(self) -> str:
        if len(self) <= _SHOWN:
            return f"LossReport({list(self)!r})"
        kinds = Counter(loss.kind.value for loss in self)
        return f"LossReport({', '.join(f'{count} {kind}' for kind, count in sorted(kinds.items()))})"

    def _repr_html_(self) -> str:
        kinds = Counter(loss.kind.value for loss in self)
        caption = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items())) or "no losses"
        rows = ((loss.case_index, loss.path, loss.kind.value, loss.message) for loss in islice(self, _SHOWN_ROWS))
        return table(("case", "path", "kind", "message"), rows, caption, len(self))

    def paths(self, case_index: int = 0) -> frozenset[str]:
        """Return the JSON pointers of one case's losses."""
        return frozenset(loss.path for loss in self if loss.case_index == case_index)

    def counts(self) -> Counter[LossKind]:
        """Return how many losses there are of each kind."""
        losses = self._losses
        return losses.counts if isinstance(losses, _Filed) else Counter(each.kind for each in losses)

    def sentences(self) -> Iterator[str]:
        """Yield what losses say, in the order in which that is said first; some perhaps more than once."""
        known = self._losses.sentences() if isinstance(self._losses, _Filed) else None
        return (each.message for each in self) if known is None else iter(known)

    def changes(self) -> Iterator[Loss]:
        """Yield the losses that change what the receiver has; of many, the others are not read for it."""
        losses = self._losses.with_changes() if isinstance(self._losses, _Filed) else self._losses
        return (loss for loss in losses if loss.kind.changes_value)

    def to_json(self, lang: Language = "en") -> str:
        """Return the report as a JSON array of objects: `case_index`, `path`, `kind`, `message`."""
        return json.dumps([loss.to_json(lang) for loss in self], ensure_ascii=False, indent=2) + "\n"


class LossCollector:
    """Takes losses in any order for a report; when they are many, those that came first wait in a file.

    What is taken at once, such as the losses of a case, waits together, so that there is seldom much to merge.
    """

    def __init__(self) -> None:
        self._held: list[Loss] = []
        self._file: _File | None = None
        self._runs: list[_Filed] = []

    def __iadd__(self, losses: Iterable[Loss]) -> LossCollector:
        """Take losses."""
        if isinstance(losses, LossReport) and not losses:
            return self
        for batch in [losses] if isinstance(losses, list | tuple) else _batches(losses):
            if len(self._held) >= _HELD:
                self._put_away()
            self._held += batch
        return self

    def __bool__(self) -> bool:
        return bool(self._held or self._runs)

    def __iter__(self) -> Iterator[Loss]:
        """Yield the losses in order, each once."""
        return _once(merged([*self._runs, _sorted(self._held)]))

    def sorted(self) -> Sequence[Loss]:
        """Return the losses in order, each once."""
        if not self._runs:
            return _sorted(self._held)
        self._put_away()
        if len(self._runs) == 1:
            return self._runs[0]
        whole = _Filed(_File())
        whole.add(self)
        return whole

    def clear(self) -> None:
        """Forget what was taken."""
        self._held, self._file, self._runs = [], None, []

    def _put_away(self) -> None:
        if self._held:
            losses, self._held = _sorted(self._held), []
            self._file = self._file or _File()
            if not self._runs or self._runs[-1][-1] >= losses[0]:
                self._runs.append(_Filed(self._file))
            self._runs[-1].add(losses)  # behind those before, if they lie so


def merged(runs: Sequence[Sequence[Loss]]) -> Iterator[Loss]:
    """Yield losses of several sequences that are in order: one behind the other, where they lie so."""
    filled = sorted((run for run in runs if len(run)), key=itemgetter(0))
    if all(before[-1] <= after[0] for before, after in pairwise(filled)):
        return chain.from_iterable(filled)
    return heapq.merge(*filled)


def _batches(losses: Iterable[Loss]) -> Iterator[list[Loss]]:
    rest = iter(losses)
    while batch := list(islice(rest, _HELD)):
        yield batch


def _sorted(losses: Iterable[Loss]) -> tuple[Loss, ...]:
    every = sorted(losses)
    return tuple(_once(every) if any(map(eq, every, islice(every, 1, None))) else every)


def _once(losses: Iterable[Loss]) -> Iterator[Loss]:
    return (loss for loss, _ in groupby(losses))


class _File:
    """A file of losses that no one else can open, since it has no name; sentences that many have are held."""

    def __init__(self) -> None:
        self._file: IO[bytes] = scratch_file()
        weakref.finalize(self, self._file.close)
        self._sentences: list[str] = []
        self._numbers: dict[int, int] = {}
        """Of the sentences, by their identity."""

    def put(self, losses: Iterable[Loss]) -> int:
        """Write losses behind the others; return where they stand."""
        numbers = self._numbers
        cases, paths, kinds, messages = zip(*losses, strict=True)
        for identity, message in {id(each): each for each in messages}.items():
            if identity not in numbers and len(self._sentences) < _SENTENCES:
                numbers[identity] = len(self._sentences)
                self._sentences.append(message)
        told = cases, paths, [each._value_ for each in kinds], [numbers.get(id(each), each) for each in messages]
        place = self._file.seek(0, SEEK_END)
        pickle.dump(told, self._file, pickle.HIGHEST_PROTOCOL)
        return place

    @property
    def sentences(self) -> list[str] | None:
        """What is said in it; None if that may be more than is held."""
        return None if len(self._sentences) == _SENTENCES else self._sentences

    def read(self, place: int) -> list[Loss]:
        """Return the losses at a place."""
        self._file.seek(place)
        cases, paths, kinds, messages = pickle.load(self._file)  # noqa: S301  this process wrote it
        texts = (self._sentences[each] if isinstance(each, int) else each for each in messages)
        return [*map(Loss, cases, paths, map(_KINDS.__getitem__, kinds), texts)]


class _Filed(Sequence[Loss]):
    """Losses that stand in a file in their order."""

    def __init__(self, file: _File) -> None:
        self._file = file
        self._places: list[int] = []
        self._starts: list[int] = []
        """How many losses stand before each place."""
        self._are_changes: list[bool] = []
        """Whether a loss at each place changes a value."""
        self._count = 0
        self.counts: Counter[LossKind] = Counter()

    def add(self, losses: Iterable[Loss]) -> None:
        """Write losses behind those that are there."""
        rest = iter(losses)
        while block := list(islice(rest, _BLOCK)):
            kinds = Counter(each.kind for each in block)
            self._places.append(self._file.put(block))
            self._starts.append(self._count)
            self._are_changes.append(any(kind.changes_value for kind in kinds))
            self._count += len(block)
            self.counts.update(kinds)

    def sentences(self) -> list[str] | None:
        """Return what they say; None if that has to be read."""
        return self._file.sentences

    def with_changes(self) -> Iterator[Loss]:
        """Yield the losses of those places where one changes a value."""
        for place, are_changes in zip(self._places, self._are_changes, strict=True):
            if are_changes:
                yield from self._file.read(place)

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Loss]:
        for place in self._places:
            yield from self._file.read(place)

    @overload
    def __getitem__(self, index: int) -> Loss: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Loss]: ...
    def __getitem__(self, index: int | slice) -> Loss | Sequence[Loss]:
        """Return one loss or a tuple of them."""
        places = range(self._count)[index]
        if isinstance(places, int):
            block = bisect_right(self._starts, places) - 1
            return self._file.read(self._places[block])[places - self._starts[block]]
        return tuple(self[place] for place in places)
