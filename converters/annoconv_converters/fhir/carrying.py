"""What FHIR does not hold of a case by itself, put into extensions of the elements of its parts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from annoconv.documents.json_values import SCALARS
from annoconv.documents.residuals import compare
from annoconv_converters.fhir.carrier import GONE, identity_of, note, note_order
from annoconv_converters.fhir.native import restored

if TYPE_CHECKING:
    from annoconv.documents.residuals import Path as Steps
    from annoconv.documents.residuals import Residual
    from annoconv_converters.fhir.draft import Home, Taking
    from annoconv_converters.fhir.names import Resource

__all__ = ["carry", "has_other_order"]

_LISTS: Final = ("related_images", "studies")
"""Whose order FHIR does not keep: series stand together by their study."""


def has_other_order(original: Resource, native: Resource) -> bool:
    """Tell whether images or studies come back in another order."""
    return any(_order(original.get(name)) != _order(native.get(name)) for name in _LISTS)


def _order(listed: Any) -> list[str]:
    return [identity_of(each) for each in listed] if isinstance(listed, list) else []


def carry(original: Resource, native: Resource, taking: Taking, kept: Residual | None) -> None:
    """Put what `native` lacks of a case, or says beyond it, into extensions of the elements of its parts.

    Parameters
    ----------
    original, native
        The case, and what FHIR says of it by itself.
    taking
        How that was read.
    kept
        The difference, if it is known.
    """
    homes = {home.path: home for home in taking.homes}
    root = homes[()]
    permuted = dict(original)
    for name in _LISTS:
        wanted, there = _order(original.get(name)), _order(native.get(name))
        if wanted != there and sorted(wanted) == sorted(there) and len(set(wanted)) == len(wanted):
            note_order(root, (name,), wanted)
            by_identity = dict(zip(wanted, original[name], strict=True))
            permuted[name] = [by_identity[each] for each in there]
    difference = compare(permuted, native)[0] if kept is None else kept
    changes: dict[Steps, dict[Steps, Any]] = {}
    for path in (*difference.values, *difference.removed):
        home = _home_of(path, homes)
        where = _where(permuted, native, path, len(home))
        changes.setdefault(home, {})[where[len(home) :]] = _at(permuted, where)
    for home, told in changes.items():
        removed = [item for item in told.items() if item[1] is GONE]
        set_ = [item for item in told.items() if item[1] is not GONE]
        note(homes[home], [*set_, *reversed(removed)], _at(native, home))
    _check(original, native, taking, root, {(*home, *place)[0] for home, told in changes.items() for place in told})


def _home_of(path: Steps, homes: dict[Steps, Home]) -> Steps:
    """Return the path of the part that a leaf belongs to."""
    for length in range(len(path) - 1, 0, -1):
        if path[:length] in homes:
            return path[:length]
    return ()


def _where(original: Any, native: Any, path: Steps, start: int) -> Steps:
    """Return the place at which a change is noted: where one of both has nothing, or a list, or the leaf itself."""
    for length in range(start + 1, len(path) + 1):
        place = path[:length]
        one, other = _at(original, place), _at(native, place)
        if one is GONE or other is GONE or isinstance(one, list) or type(one) is not type(other):
            return place
    return path


def _at(document: Any, path: Steps) -> Any:
    """Return what stands at a place; `GONE` if nothing does."""
    node = document
    for step in path:
        if isinstance(node, list):
            place = step if isinstance(step, int) else len(node)
            node = node[place] if place < len(node) else GONE
        else:
            node = node.get(step, GONE) if isinstance(node, dict) else GONE
    return node


def _check(original: Resource, native: Resource, taking: Taking, root: Home, changed: set[Any]) -> None:
    """Note on the Composition every key of which the extensions do not give the very value back."""
    keys = changed | set(_LISTS)
    back = restored(_copied({key: value for key, value in native.items() if key in keys}), taking)
    for key in sorted(keys):
        difference, _ = compare(original.get(key, GONE), back.get(key, GONE))
        if difference.values or difference.removed or _order(original.get(key)) != _order(back.get(key)):
            note(root, [((key,), original.get(key, GONE))], native)


def _copied(node: Any) -> Any:
    """Return a document that may be changed in place; scalars and rows of them are shared."""
    if isinstance(node, dict):
        return {key: _copied(value) for key, value in node.items()}
    if isinstance(node, list):
        return list(node) if SCALARS.issuperset(map(type, node)) else [_copied(each) for each in node]
    return node
