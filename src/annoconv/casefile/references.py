"""What names annotations that do not come back from a format: it goes with them, so that what comes back is whole.

Which keys name what, the model says (`annoconv_model/references.json`).
"""

from __future__ import annotations

from copy import deepcopy
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final, TypeAlias, cast

from pydantic import BaseModel

from annoconv.documents import residuals, strict_json
from annoconv.messages import Message
from annoconv.model import Case

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from annoconv.documents.residuals import Path

__all__ = ["ids_of", "with_new_ids", "without_gone"]

Record: TypeAlias = "dict[str, Any]"

_NAMES_GONE: Final = Message("it names what is not written, and goes with it")
_APART: Final = frozenset({"Agent", "Label", "Study", "Image"})
"""Classes whose identifiers an annotation may share."""
_WIDENS: Final = frozenset({("Review", "annotation_ids"), ("ImageStructuredLink", "annotation_ids")})
"""Keys whose absence says more than their members: all annotations, the whole image."""


def without_gone(document: Record, gone: Collection[str]) -> tuple[Record, Mapping[Path, str]]:
    """Return a case without what does not come back and without what names that, and why leaves beside it go.

    Parameters
    ----------
    document
        The JSON form of a valid case.
    gone
        Ids of annotations and registrations.

    Returns
    -------
    tuple
        The case, and a sentence for each leaf that differs outside of what is gone itself. A list of references loses
        its member; a key or an object that cannot be without it goes as a whole, with what names that.
    """
    if not gone:
        return document, {}
    found = cast("Record", _left(document, (), _cuts(document, gone)))
    reasons = dict.fromkeys(residuals.residual(document, found).paths(), _NAMES_GONE)
    for key in ("annotations", "registrations"):
        if key in found:
            found[key] = [each for each in found[key] if each["id"] not in gone]
    if not found.get("registrations", True):
        del found["registrations"]
    return found, reasons


def _cuts(document: Record, gone: Collection[str]) -> set[Path]:
    """Return the places that go because they name what is gone."""
    nodes = list(_nodes(Case.model_validate_json(strict_json.dumps(document)), ()))
    missing = set(gone)
    cuts: set[Path] = set()
    count = -1
    while count != len(missing):
        count = len(missing)
        for path, node in nodes:
            for key in _keys(type(node)):
                whole = _cut(path, node, key, missing, cuts)
                if whole and path not in cuts:
                    cuts.add(path)
                    missing |= {identity for identity in [getattr(node, "id", None)] if identity is not None}
    return cuts


def _cut(path: Path, node: BaseModel, key: str, missing: set[str], cuts: set[Path]) -> bool:
    """Add the places of a key that go; tell whether its object goes as a whole."""
    value: str | list[str] | None = getattr(node, key)
    field = type(node).model_fields[key]
    if value is None:
        return False
    if isinstance(value, str):
        if value in missing:
            cuts.add((*path, key))
        return value in missing and field.is_required()
    kept = [each for each in value if each not in missing]
    cuts.update((*path, key, place) for place, each in enumerate(value) if each in missing)
    least = max((getattr(each, "min_length", 1) for each in field.metadata), default=1)
    is_needed = field.is_required() or (type(node).__name__, key) in _WIDENS
    return len(kept) < min(least, len(value)) and is_needed


def _nodes(node: BaseModel, path: Path) -> Iterator[tuple[Path, BaseModel]]:
    """Yield every object of a document."""
    yield path, node
    for key in type(node).model_fields:
        value: object = getattr(node, key)
        if isinstance(value, BaseModel):
            yield from _nodes(value, (*path, key))
        elif isinstance(value, list):
            for place, each in enumerate(cast("list[object]", value)):
                if isinstance(each, BaseModel):
                    yield from _nodes(each, (*path, key, place))


def _left(node: object, path: Path, cuts: set[Path]) -> object:
    """Return what is left of a subtree; a list that loses all of its members goes."""
    if isinstance(node, dict):
        members = cast("Mapping[str, object]", node)
        left = {key: _left(each, (*path, key), cuts) for key, each in members.items() if (*path, key) not in cuts}
        return {key: each for key, each in left.items() if each != [] or members[key] == []}
    if isinstance(node, list):
        listed = enumerate(cast("list[object]", node))
        return [_left(each, (*path, place), cuts) for place, each in listed if (*path, place) not in cuts]
    return node


@cache
def _keys(one: type[BaseModel]) -> tuple[str, ...]:
    """Return the keys of a class that name something which may be gone."""
    named = _references()
    found = ((key, kinds) for each in one.__mro__ for key, kinds in named.get(each.__name__, {}).items())
    return tuple(key for key, kinds in found if not _APART.issuperset(kinds))


@cache
def _references() -> dict[str, dict[str, list[str]]]:
    tables = cast("Record", strict_json.loads((files("annoconv_model") / "references.json").read_bytes()))
    return cast("dict[str, dict[str, list[str]]]", tables["references"])


def ids_of(document: Record) -> set[str]:
    """Return the ids in a case that its references may name: those of annotations, links, texts and records."""
    nodes = _nodes(Case.model_validate_json(strict_json.dumps(document)), ())
    found = (getattr(node, "id", None) for _, node in nodes if type(node).__name__ not in _APART)
    return {str(identity) for identity in found if identity is not None}


def with_new_ids(document: Record, names: Mapping[str, str]) -> Record:
    """Return a case whose annotations, links, reviews and records have new ids, wherever these are named.

    Parameters
    ----------
    document
        The JSON form of a valid case.
    names
        New ids by old ones; what is not in it keeps its id.
    """
    new = deepcopy(document)
    for path, node in _nodes(Case.model_validate_json(strict_json.dumps(document)), ()):
        place: Any = new
        for step in path:
            place = place[step]
        own = {"id"} if type(node).__name__ not in _APART else set[str]()
        for key in {*_keys(type(node)), *own} & place.keys():
            value = place[key]
            place[key] = names.get(value, value) if isinstance(value, str) else [names.get(one, one) for one in value]
    return new
