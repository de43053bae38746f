"""What of a private carrier still fits a case whose file was edited: the edit holds, what does not fit is named.

A carrier says in a residual what must be done to what the file says by itself. Of a field that was changed in the file
its word is left out; annotations that the file does not show any more are gone with all that is said of them; those
that no picture ever showed stay.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from annoconv.documents.residuals import Residual, pointer
from annoconv.loss import Loss, LossKind
from annoconv.messages import Message
from annoconv_converters._pictures.records import KEY

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from annoconv.documents.residuals import Path
    from annoconv_converters._pictures.edited import Edit

__all__ = ["DRAWN", "GONE", "fitted", "has_places", "lost", "reserved_ids"]

Record: TypeAlias = "dict[str, Any]"

DRAWN: Final = frozenset(
    {"type", "bbox", "polygon", "holes", "parts", "polyline", "point", "keypoints", "contours", "center", "radii"}
    | {"rotation_degrees", "size", "direction", "mask_file", "mask_value", "fractional_type", "sha256"}
)
"""Fields of an annotation that say where it is."""
_MEASURED: Final = frozenset({"measurements", "evaluations"})
"""Fields that say what was measured and judged of an outline."""
_IDENTITIES: Final = ("id", "uid", "code")
GONE: Final = Message("the file does not show it any more; what our carrier holds of it is left out")
"""Why something of a carrier is lost."""
_CHANGED: Final = Message("it was changed in the file; what our carrier holds of it does not fit and is left out")


def reserved_ids(residual: Any) -> set[str]:
    """Return the ids of the annotations of the case that was written, from a residual as it stands in a carrier."""
    order = residual.get("order") if isinstance(residual, dict) else None
    lists: list[Any] = order if isinstance(order, list) else []
    named = [each[1] for each in lists if isinstance(each, list) and len(each) == 2 and each[0] == ["annotations"]]
    return {str(identity) for each in named if isinstance(each, list) for identity in each}


def has_places(carried: Residual) -> bool:
    """Tell whether what stands in a carrier names places of a case: members of its lists by their positions."""
    listed = {path[0] for path in carried.order if len(path) == 1} | {"annotations"}
    leaves = (*carried.values, *carried.removed)
    within = (path[1] for path in (*leaves, *carried.order) if len(path) > 1 and path[0] in listed)
    return all(leaves) and all(type(place) is int and place >= 0 for place in within)


def fitted(native: Record, carried: Residual, edit: Edit) -> tuple[Record, Residual, dict[Path, str]]:
    """Return what of a carrier still fits a case whose file was edited.

    Parameters
    ----------
    native
        What the file says with our keys.
    carried
        What the carrier says of the case that was written.
    edit
        What was changed.

    Returns
    -------
    dict, Residual, dict
        The native document, without what the carrier holds whole; what fits it; and what does not, by its place in
        the case that was written, members of lists by their ids.
    """
    wholly = {path[:2] for path in carried.values if len(path) == 3 and path[2] in _IDENTITIES}
    places: dict[str, dict[int, int]] = {}
    order: dict[Path, tuple[str, ...]] = {}
    gone: dict[Path, str] = {}
    for path, identities in carried.order.items():
        if len(path) != 1:
            continue
        name = str(path[0])
        listed = native.get(name)
        shown = {node.get(key) for node in listed if isinstance(node, dict) for key in _IDENTITIES} if listed else set()
        out = edit.gone if name == "annotations" else ()
        carried_on = {place for place, each in enumerate(identities) if (name, place) in wholly and each not in out}
        kept = [place for place, each in enumerate(identities) if each in shown or place in carried_on]
        places[name] = {place: number for number, place in enumerate(kept)}
        order[path] = tuple(identities[place] for place in kept)
        gone |= {(name, each): GONE for place, each in enumerate(identities) if place not in places[name]}

    def placed(path: Path) -> Path | None:
        """Return where a path stands now; None if it went with what it is in."""
        name = path[0] if path else ""
        if len(path) < 2 or name not in places:
            return path
        number = places[str(name)].get(int(path[1]))
        return None if number is None else (name, number, *path[2:])

    whole = {each["id"]: each for each in native["annotations"]}
    whole |= {each: {**whole[each], "category": of} for each, of in edit.categories.items() if of and each in whole}
    identities = carried.order.get(("annotations",), ())

    def owner(path: Path) -> str | None:
        """Return the id of the annotation that a path is in."""
        place = int(path[1]) if len(path) > 2 and path[0] == "annotations" else len(identities)
        return identities[place] if place < len(identities) else None

    redrawn = {owner(path) for path in carried.values if path[2:] == ("type",)}
    anew: dict[str, set[str]] = {}
    for name, changed in edit.changed.items():
        aspects = changed | {"category"} if "label" in changed and name not in edit.categories else changed
        is_whole = name in redrawn and "drawn" not in aspects  # the carrier has the outline in a form of its own
        anew[name] = aspects - {"digits"} if is_whole else aspects
        if is_whole and "digits" in aspects and name in whole:
            whole[name] = {key: each for key, each in whole[name].items() if key not in DRAWN}
    made = {each for each in whole.keys() - {*identities} if each.rpartition(".")[0] in edit.kept}
    annotations = [whole[each["id"]] for each in native["annotations"] if each["id"] not in made]
    native = {**native, "annotations": annotations}
    masks = {each["id"] for each in annotations if each.get("type") == "mask"} - redrawn
    values: dict[Path, Any] = {}
    for path, value in carried.values.items():
        now, identity = placed(path), owner(path)
        if now is None:
            continue
        if identity is not None and _is_changed(path[2:], anew.get(identity, ()), identity in masks):
            gone["annotations", identity, *path[2:]] = _CHANGED
        elif value not in ([], {}) or not _at(native, path, whole, identity):
            values[now] = value
    removed: list[Path] = []
    others = _others(native, carried.removed)
    for path in carried.removed:
        now, identity = placed(path), owner(path)
        is_kept = identity is None or not _is_changed(path[2:], anew.get(identity, ()), identity in masks)
        if now is not None and is_kept and (path[0] in places or path[0] not in others):
            removed.append(now)
    for path, members in carried.order.items():
        now = placed(path)
        if len(path) > 1 and now is not None:
            order[now] = members
    return native, Residual(values, tuple(removed), order), gone


def _others(native: Record, removed: Sequence[Path]) -> set[str]:
    """Return the lists, of which the case that was written has nothing, that are not what they were in the file."""
    members: dict[str, set[str | int]] = {}
    for path in removed:
        if len(path) > 1:
            members.setdefault(str(path[0]), set()).add(path[1])
    listed = {name: native.get(name) for name in members}
    return {name for name, each in listed.items() if isinstance(each, list) and len(each) != len(members[name])}


def _at(native: Record, path: Path, whole: Mapping[str, Record], identity: str | None) -> bool:
    """Tell whether the file says something where the carrier has an empty list or object."""
    node: Any = native if identity is None else whole.get(identity, {})
    for step in path if identity is None else path[2:]:
        node = node.get(step) if isinstance(node, dict) else None
    return bool(node)


def _is_changed(path: Path, aspects: Collection[str], is_mask: bool) -> bool:
    """Tell whether what the carrier says of a field of an annotation was changed in the file; names of masks never."""
    name = path[0]
    if name == "label_code":
        return "label" in aspects
    if name in _MEASURED:
        return "drawn" in aspects
    if name in DRAWN:
        is_named = is_mask and name in {"mask_file", "mask_value"}
        return not is_named and bool({"drawn", "digits"} & {*aspects})
    return name in aspects or "/".join(map(str, path[:2])) in aspects


def lost(gone: Mapping[Path, str], case_index: int) -> Iterator[Loss]:
    """Yield a loss for each thing that the carrier took along and that fits no more; paths begin with our key."""
    for path, sentence in gone.items():
        yield Loss(case_index, pointer((KEY, *path)), LossKind.NO_PLACE, sentence)
