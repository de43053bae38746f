"""What resources of ours say of a case: by themselves, with what the carrier adds, and whether that is a case."""

from __future__ import annotations

from functools import lru_cache
from itertools import count
from typing import TYPE_CHECKING, Any, Final, get_args

from annoconv.codes import UNCLASSIFIED
from annoconv.documents import strict_json
from annoconv.documents.residuals import steps_of
from annoconv.errors import DocumentError
from annoconv.model import AnyAnnotation, Case
from annoconv_converters.fhir.carrier import Order, apply, changes_in, reorder
from annoconv_converters.fhir.case import take_case

if TYPE_CHECKING:
    from annoconv.documents.residuals import Path
    from annoconv.limits import Limits
    from annoconv_converters.fhir.draft import Taking
    from annoconv_converters.fhir.names import Resource

__all__ = ["native_case", "restored", "whole"]

_REQUIRED: Final[dict[str, Any]] = {"category": "other", "label_code": UNCLASSIFIED}
_MOST_CUTS: Final = 50
_RANKS: Final = {
    key: place
    for place, key in enumerate(dict.fromkeys(key for one in get_args(AnyAnnotation) for key in one.model_fields))
}
"""Places of the keys of annotations, those that all have before those of one type."""


def native_case(composition: Resource, taking: Taking) -> Resource:
    """Return the case that resources of ours are without their extensions, as far as they make one."""
    case = take_case(composition, taking)
    case["annotations"] = [_in_order(complete(each)) for each in case["annotations"]]
    return case


def _in_order(annotation: Resource) -> Resource:
    """Return an annotation in the order of the model, so that it is compared at one stroke."""
    keys = tuple(annotation)
    order = _ordered(keys)
    return annotation if order == keys else {key: annotation[key] for key in order}


@lru_cache(maxsize=1024)
def _ordered(keys: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(keys, key=_rank))


def _rank(key: str) -> int:
    return _RANKS.get(key, len(_RANKS))


def complete(annotation: Resource) -> Resource:
    """Return an annotation with what the model asks of every one, where nothing told it, changed in place."""
    for key, value in _REQUIRED.items():
        if annotation.get(key) is None:
            annotation[key] = value
    if annotation.get("type") is None:
        annotation["type"] = "attribute"
    if annotation["type"] == "attribute":
        annotation.setdefault("attributes", {})
    elif annotation["type"] == "keypoints":
        for number, each in enumerate(annotation.get("keypoints", ()), start=1):
            each.setdefault("name", str(number))
    return annotation


def restored(case: Resource, taking: Taking) -> Resource:
    """Return a case with what the extensions of its homes say beside, changed in place."""
    orders: list[tuple[Path, list[str]]] = []
    extended = [
        home for home in taking.homes if "extension" in home.element and (not home.path or home.path[0] in case)
    ]
    for home in sorted(extended, key=lambda each: -len(each.path)):
        for path, value in changes_in(home):
            if isinstance(value, Order):
                orders.append(((*home.path, *path), value.identities))
            else:
                apply(case, (*home.path, *path), value)
    for path, order in orders:
        _reorder(case, path, order)
    return case


def _reorder(case: Resource, path: Path, order: list[str]) -> None:
    node: Any = case
    for step in path[:-1]:
        node = node[step]
    node[path[-1]] = reorder(node[path[-1]], order)


def whole(case: Resource, limits: Limits) -> Case:
    """Return a case without the parts that the model does not take; these are taken out of its document, in place.

    Raises
    ------
    DocumentError
        If nothing is left that is one.
    """
    for cuts in count():
        try:
            return strict_json.as_model(case, Case, limits=limits)
        except DocumentError as error:
            if cuts == _MOST_CUTS or not _cut(case, {steps_of(each.path) for each in error.findings}):
                raise
    raise AssertionError


def _cut(case: Resource, places: set[tuple[str, ...]]) -> bool:
    """Take out the parts that places are in; tell whether there were any."""
    members: dict[str, set[int]] = {}
    keys: set[str] = set()
    for steps in places:
        if len(steps) > 1 and steps[1].isdecimal():
            members.setdefault(steps[0], set()).add(int(steps[1]))
        elif steps and steps[0] not in {"image", "task_id", "annotations"}:
            keys.add(steps[0])
    for key, numbers in members.items():
        case[key] = [each for place, each in enumerate(case[key]) if place not in numbers]
        if not case[key] and key != "annotations":
            del case[key]
    for key in keys & case.keys():
        del case[key]
        if key == "metadata":
            case[key] = {}
    return bool(members or keys)
