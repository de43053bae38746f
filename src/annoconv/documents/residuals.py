"""What a format does not hold, as data: the difference between a case and what the format itself gives back.

A writer asks its own reader what the target will say by itself (the *native* document), takes the `residual` of the
case against it, stores that in the format's private carrier and reports each of its leaves as a loss. A reader
`restore`s the case from the native document and the residual. So a loss report is exact by construction.

Documents are the JSON form of a case: dict, list, str, bool, int, float, Decimal. Paths are tuples of keys and
zero-based positions. Lists of objects that have an identity (`id`, `uid` or `code`) are aligned by it, not by position.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import orjson

from annoconv.documents.json_values import SCALARS
from annoconv.loss import Loss, LossKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

__all__ = [
    "IDENTITIES",
    "Leaves",
    "Path",
    "Residual",
    "compare",
    "differ",
    "grown",
    "leaves",
    "pointer",
    "residual",
    "restore",
    "steps_of",
]

Path: TypeAlias = tuple[str | int, ...]
Leaves: TypeAlias = dict[Path, Any]

IDENTITIES = ("id", "uid", "code")
"""Keys of which the first that all members of a list have tells them apart."""


def pointer(path: Path) -> str:
    """Return the JSON pointer (RFC 6901) of a path."""
    pointed = "/".join(("", *map(str, path)))
    if "~" in pointed or pointed.count("/") != len(path):
        pointed = "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)
    return pointed


def steps_of(pointed: str) -> tuple[str, ...]:
    """Return the steps of a JSON pointer, positions as text."""
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in pointed.split("/")[1:])


@dataclass(frozen=True)
class Residual:
    """What must be done to a native document to have the original again.

    Attributes
    ----------
    values
        Leaves to set, in the original's positions; an empty list or object is a leaf.
    removed
        Leaves that the format invents and the original lacks.
    order
        Identities of the members of each identified list, in the original's order.
    """

    values: Leaves = field(default_factory=dict)
    removed: tuple[Path, ...] = ()
    order: Mapping[Path, tuple[str, ...]] = field(default_factory=dict)

    def losses(self, case_index: int, describe: Callable[[Path], tuple[LossKind, str]]) -> Iterator[Loss]:
        """Yield a loss for each leaf, its kind and sentence from `describe`."""
        for path in self.paths():
            kind, message = describe(path)
            yield Loss(case_index, pointer(path), kind, message)

    def paths(self) -> list[Path]:
        """Return the leaves that differ; an absent object that only holds its members' place is none."""
        if not self.removed:
            return [*self.values]
        lengths = {len(path) for path in self.removed}
        inner = {path[:length] for path in self.values for length in lengths if length < len(path)}
        return [*self.values, *(path for path in self.removed if path not in inner)]

    def to_json(self) -> dict[str, Any]:
        """Return the residual as a JSON value."""
        return {
            "values": [[list(path), value] for path, value in self.values.items()],
            "removed": [list(path) for path in self.removed],
            "order": [[list(path), list(identities)] for path, identities in self.order.items()],
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Residual:
        """Return the residual that `to_json` gave; raises KeyError, TypeError or ValueError on anything else."""
        return cls(
            values={_path(path): value for path, value in document["values"]},
            removed=tuple(_path(path) for path in document["removed"]),
            order={_path(path): tuple(map(str, identities)) for path, identities in document["order"]},
        )


def leaves(document: object) -> Leaves:
    """Return every scalar and every empty list or object of a document by its path."""
    return _leaves_below(document, ())


def residual(original: object, native: object) -> Residual:
    """Return what `native` lacks of `original`, and what it says beyond it."""
    return compare(original, native)[0]


def differ(original: Any, native: Any) -> bool:
    """Tell whether a residual would have any leaf, without looking further than the first."""
    if isinstance(original, list) and isinstance(native, list):
        wanted = _identities(original)
        if wanted is not None and (not native or _identities(native) is not None):
            native = _by_identity(native, wanted)
    if not (_is_branch(original) and _is_branch(native)) or isinstance(original, dict) != isinstance(native, dict):
        return _is_branch(original) or _is_branch(native) or not _equal(native, original)
    if len(original) != len(native):
        return True
    wanted_members, members = _members(original), _members(native)
    if wanted_members.keys() != members.keys():
        return True
    if _same_text(original, native, orjson.OPT_SORT_KEYS) is not None:
        return False
    return any(differ(each, members[step]) for step, each in wanted_members.items())


def compare(original: object, native: object) -> tuple[Residual, Leaves]:
    """Return the residual, and the leaves that `native` has at its paths."""
    order: dict[Path, tuple[str, ...]] = {}
    found = _compare(original, native, (), order) or _Difference()
    return Residual(found.values, tuple(found.removed), order), {**found.held, **found.removed}


def restore(native: object, carried: Residual) -> Any:
    """Return the document that `carried` was the residual of, given the same native document.

    Parts that are the same are shared with it.
    """
    changes = _Changes()
    for path, value in carried.values.items():
        changes.at(path, sets=True).value = value
    for path in carried.removed:
        changes.at(path).is_removed = True
    for path, identities in carried.order.items():
        changes.at(path).ordered = identities
    restored, _ = _changed(native, changes)
    return [] if restored is _NOTHING else restored


def grown(values: Iterable[tuple[Sequence[Any], Any]]) -> dict[Any, Any]:
    """Return the object that has some leaves and nothing else, as `restore` makes it of an empty one, but sooner.

    Raises
    ------
    AttributeError, TypeError, ValueError
        If a leaf is none or stands twice, one stands above another, or a path is none.
    """
    root: dict[Any, Any] = {}
    lists: set[Path] = set()
    for path, value in values:
        *above, last = path
        kinds = {*map(type, path)}
        if int in kinds:
            lists |= {tuple(path[:place]) for place, step in enumerate(path) if type(step) is int}
        node: Any = root
        for step in above:
            # Below an empty leaf stands nothing.
            node = (node[step] or None) if step in node else node.setdefault(step, {})
        if not kinds <= _STEPS or _is_branch(value) or type(node) is not dict or last in node:
            raise ValueError("a path is made of keys and positions, and leads to a leaf that stands alone")
        node[last] = value
    for *above, last in sorted(lists, key=len, reverse=True):
        node = root
        for step in above:
            node = node[step]
        members = node[last]
        if {*map(type, members)} == {int}:
            node[last] = [members[place] for place in sorted(members)]
    return root


def _path(steps: list[Any]) -> Path:
    if not all(isinstance(step, str | int) for step in steps):
        raise ValueError("a path is made of keys and positions")
    return tuple(steps)


def _is_branch(node: object) -> bool:
    return isinstance(node, dict | list) and bool(node)


def _members(node: Any) -> dict[Any, Any]:
    """Return the members of a branch by key or position."""
    return node if isinstance(node, dict) else dict(enumerate(node))


def _leaves_below(node: object, path: Path) -> Leaves:
    """Return every leaf of a subtree by its path in the document."""
    found: Leaves = {}
    _collect(node, path, found)
    return found


def _collect(node: Any, path: Path, found: Leaves) -> None:
    if not _is_branch(node):
        found[path] = node
        return
    for step, member in node.items() if isinstance(node, dict) else enumerate(node):
        if type(member) in SCALARS:
            found[(*path, step)] = member
        else:
            _collect(member, (*path, step), found)


def _equal(left: object, right: object) -> bool:
    """Compare two leaves; true is not 1, and a decimal keeps its digits (5.60 is not 5.6)."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, Decimal) or isinstance(right, Decimal):
        return str(left) == str(right)
    return left == right


def _identities(nodes: object) -> tuple[str, ...] | None:
    """Return the identities of a list's objects, or None if it is not a list of distinct identified objects."""
    if not isinstance(nodes, list) or not nodes or not _are(nodes, dict):
        return None
    for key in IDENTITIES:
        if key in nodes[0]:
            found = [node.get(key) for node in nodes]
            if _are(found, str) and len(set(found)) == len(found):
                return tuple(found)
    return None


def _are(values: list[Any], kind: type) -> bool:
    kinds = set(map(type, values))
    return kinds == {kind} or all(issubclass(each, kind) for each in kinds)


_ABSENT: dict[str, object] = {}


def _by_identity(native: list[Any], wanted: tuple[str, ...]) -> list[Any]:
    """Return a list's members in the order of their identities, an empty object for one it lacks, others behind."""
    found = dict(zip(_identities(native) or (), native, strict=True))
    return [found.pop(identity, _ABSENT) for identity in wanted] + list(found.values())


@dataclass(slots=True)
class _Difference:
    """Leaves of the original that differ, the native leaves in their places, and those that the original lacks."""

    values: Leaves = field(default_factory=dict)
    held: Leaves = field(default_factory=dict)
    removed: Leaves = field(default_factory=dict)


def _compare(original: Any, native: Any, path: Path, order: dict[Path, tuple[str, ...]]) -> _Difference | None:
    """Compare two subtrees, identified lists in the original's order; what is the same is not looked into."""
    if isinstance(original, list) and isinstance(native, list):
        wanted = _identities(original)
        named = wanted if wanted is None else _identities(native)
        if wanted is not None and (not native or named is not None):
            order[path] = wanted
            if named != wanted:
                native = _by_identity(native, wanted)
    if not (_is_branch(original) and _is_branch(native)) or isinstance(original, dict) != isinstance(native, dict):
        return _compare_leaves(original, native, path)
    text = _same_text(original, native)
    if text is not None:
        _note_order(original, path, order, text)
        return None
    wanted_members, members = _members(original), _members(native)
    inner: dict[str | int, _Difference] = {}
    for step, member in members.items():
        if step in wanted_members:
            wanted_member = wanted_members[step]
            if type(member) in SCALARS and type(wanted_member) in SCALARS and _equal(member, wanted_member):
                continue
            found = _compare(wanted_member, member, (*path, step), order)
            if found is not None:
                inner[step] = found
    difference = _Difference()
    for step, member in wanted_members.items():
        if step not in members:
            _collect(member, (*path, step), difference.values)
        elif step in inner:
            difference.values.update(inner[step].values)
            difference.held.update(inner[step].held)
    for step, member in members.items():
        if step not in wanted_members:
            _collect(member, (*path, step), difference.removed)
        elif step in inner:
            difference.removed.update(inner[step].removed)
    return difference


def _compare_leaves(original: object, native: object, path: Path) -> _Difference | None:
    """Compare two subtrees of which one at least is a leaf, or one a list and the other an object."""
    if not (_is_branch(original) or _is_branch(native)):
        return None if _equal(native, original) else _Difference({path: original}, {path: native})
    return _Difference(_leaves_below(original, path), {}, _leaves_below(native, path))


def _same_text(original: object, native: object, option: int = 0) -> bytes | None:
    """Return the text of two subtrees if it is the same, so that no leaf differs; None if that is not clear."""
    if original != native:
        return None
    try:
        text = orjson.dumps(original, option=option)
        return text if text == orjson.dumps(native, option=option) else None
    except TypeError:  # decimals
        return None


def _note_order(node: Any, path: Path, order: dict[Path, tuple[str, ...]], text: bytes) -> None:
    """Note the order of the identified lists in a subtree, as far as it is not noted, by its text."""
    lists = text.count(b"[{")
    if not lists:  # no list of objects
        return
    identities = _identities(node) if path not in order else None
    if identities is not None:
        order[path] = identities
    if lists == isinstance(node, list):  # none but itself
        return
    for step, member in _members(node).items():
        if _is_branch(member):
            _note_order(member, (*path, step), order, orjson.dumps(member))


_STEPS: Final[set[type]] = {str, int}
_NOTHING: Final = object()


@dataclass(slots=True)
class _Changes:
    """What a residual does at a place and below it."""

    below: dict[str | int, _Changes] = field(default_factory=dict)
    sets: bool = False
    """Whether it sets a leaf here or below."""
    value: Any = _NOTHING
    is_removed: bool = False
    ordered: tuple[str, ...] | None = None
    """The order of its members."""

    def at(self, path: Path, *, sets: bool = False) -> _Changes:
        """Return what it does at a place below."""
        place = self
        place.sets |= sets
        for step in path:
            place = place.below.setdefault(step, _Changes())
            place.sets |= sets
        return place


def _changed(native: Any, changes: _Changes) -> tuple[Any, bool]:
    """Return a subtree after its changes, or nothing, and whether it stays in its place or comes behind the others."""
    if isinstance(native, list) and changes.ordered is not None:
        named = _identities(native) if native else ()
        if named is not None and named != changes.ordered:
            native = _by_identity(native, changes.ordered)
    is_leaf = not _is_branch(native)
    is_gone = is_leaf and (native is _NOTHING or changes.is_removed)
    if changes.value is not _NOTHING:
        if any(each.sets for each in changes.below.values()):
            raise ValueError("a value stands above another one")
        return changes.value, is_leaf and not is_gone
    if is_leaf and not is_gone and changes.sets and native not in ([], {}):
        raise ValueError("a value stands above another one")
    if (is_leaf and not changes.sets) or not changes.below:
        return (_NOTHING, False) if is_gone else (native, True)
    members = {} if is_leaf else _members(native)
    found = {step: _changed(members.get(step, _NOTHING), each) for step, each in changes.below.items()}
    left = {step: found[step][0] if step in found else member for step, member in members.items()}
    staying = {step: member for step, member in left.items() if step not in found or found[step][1]}
    added = {step: member for step, (member, stays) in found.items() if not stays and member is not _NOTHING}
    return _settled(staying | added), bool(staying)


def _settled(members: dict[Any, Any]) -> Any:
    """Return members as a list, if all keys are positions, or as an object."""
    if not members:
        return _NOTHING
    if all(isinstance(step, int) for step in members):
        return [members[step] for step in sorted(members)]
    return members
