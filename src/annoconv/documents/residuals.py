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
from typing import TYPE_CHECKING, Any, TypeAlias

from annoconv.loss import Loss, LossKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

__all__ = ["IDENTITIES", "Path", "Residual", "leaves", "pointer", "residual", "restore"]

Path: TypeAlias = tuple[str | int, ...]
Leaves: TypeAlias = dict[Path, Any]

IDENTITIES = ("id", "uid", "code")
"""Keys of which the first that all members of a list have tells them apart."""


def pointer(path: Path) -> str:
    """Return the JSON pointer (RFC 6901) of a path."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)


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
        inner = {path[:length] for path in self.values for length in range(len(path))}
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
    return dict(_walk(document, ()))


def residual(original: object, native: object) -> Residual:
    """Return what `native` lacks of `original`, and what it says beyond it."""
    order: dict[Path, tuple[str, ...]] = {}
    aligned = _align(native, original, (), order)
    wanted, given = leaves(original), leaves(aligned)
    return Residual(
        values={path: value for path, value in wanted.items() if path not in given or not _equal(given[path], value)},
        removed=tuple(path for path in given if path not in wanted),
        order=order,
    )


def restore(native: object, carried: Residual) -> Any:
    """Return the document that `carried` was the residual of, given the same native document."""
    flat = leaves(_reorder(native, (), carried.order))
    for path in carried.removed:
        flat.pop(path, None)
    for path in carried.values:
        for length in range(len(path)):
            if flat.get(path[:length]) in ([], {}):
                del flat[path[:length]]
    flat.update(carried.values)
    return _unflatten(flat)


def _path(steps: list[Any]) -> Path:
    if not all(isinstance(step, str | int) for step in steps):
        raise ValueError("a path is made of keys and positions")
    return tuple(steps)


def _walk(node: object, path: Path) -> Iterator[tuple[Path, Any]]:
    if isinstance(node, dict) and node:
        for key, value in node.items():
            yield from _walk(value, (*path, key))
    elif isinstance(node, list) and node:
        for position, value in enumerate(node):
            yield from _walk(value, (*path, position))
    else:
        yield path, node


def _equal(left: object, right: object) -> bool:
    """Compare two leaves; true is not 1, and a decimal keeps its digits (5.60 is not 5.6)."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, Decimal) or isinstance(right, Decimal):
        return str(left) == str(right)
    return left == right


def _identities(nodes: object) -> tuple[str, ...] | None:
    """Return the identities of a list's objects, or None if it is not a list of distinct identified objects."""
    if not isinstance(nodes, list) or not nodes or not all(isinstance(node, dict) for node in nodes):
        return None
    for key in IDENTITIES:
        found = [node.get(key) for node in nodes]
        if all(isinstance(value, str) for value in found) and len(set(found)) == len(found):
            return tuple(found)
    return None


def _align(native: object, original: object, path: Path, order: dict[Path, tuple[str, ...]]) -> object:
    """Return `native` with the members of its identified lists at the original's positions, extra ones behind."""
    if isinstance(native, dict) and isinstance(original, dict):
        return {key: _align(value, original.get(key), (*path, key), order) for key, value in native.items()}
    if isinstance(native, list) and isinstance(original, list):
        wanted = _identities(original)
        if wanted is not None and (not native or _identities(native) is not None):
            order[path] = wanted
            native = _by_identity(native, wanted)
        return [
            _align(value, original[position] if position < len(original) else None, (*path, position), order)
            for position, value in enumerate(native)
        ]
    return native


_ABSENT: dict[str, object] = {}


def _by_identity(native: list[Any], wanted: tuple[str, ...]) -> list[Any]:
    found = dict(zip(_identities(native) or (), native, strict=True))
    return [found.pop(identity, _ABSENT) for identity in wanted] + list(found.values())


def _reorder(native: object, path: Path, order: Mapping[Path, tuple[str, ...]]) -> object:
    if isinstance(native, dict):
        return {key: _reorder(value, (*path, key), order) for key, value in native.items()}
    if isinstance(native, list):
        if path in order and (not native or _identities(native) is not None):
            native = _by_identity(native, order[path])
        return [_reorder(value, (*path, position), order) for position, value in enumerate(native)]
    return native


def _unflatten(flat: Leaves) -> Any:
    if () in flat:
        return flat[()]
    root: dict[str | int, Any] = {}
    for path, value in flat.items():
        node = root
        for step in path[:-1]:
            node = node.setdefault(step, {})
            if isinstance(node, _Leaf):
                raise ValueError(f"a value stands at {pointer(path)} and above it")
        node[path[-1]] = _Leaf(value)
    return _settle(root)


@dataclass(frozen=True)
class _Leaf:
    value: Any


def _settle(node: Any) -> Any:
    """Turn the nested mapping of `_unflatten` into lists (all keys are positions) and objects."""
    if isinstance(node, _Leaf):
        return node.value
    if all(isinstance(key, int) for key in node):
        return [_settle(node[key]) for key in sorted(node)]
    return {key: _settle(value) for key, value in node.items()}
