"""What resources of others say and a case does not, by comparison with what the case says of them again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from annoconv.documents.losses import report
from annoconv.documents.residuals import leaves, pointer
from annoconv.loss import Loss, LossKind
from annoconv.messages import Message
from annoconv_converters.fhir.contents import is_elsewhere
from annoconv_converters.fhir.elements import with_bare_uids

if TYPE_CHECKING:
    from collections.abc import Sequence

    from annoconv.documents.losses import Reasons
    from annoconv.documents.residuals import Path
    from annoconv_converters.fhir.names import Resource
    from annoconv_converters.fhir.sources import Located

__all__ = ["REASONS", "before_losses", "bundle_losses", "resource_losses", "tail", "with_patient"]

REASONS: Final[Reasons] = {
    "text/*": "a narrative says again for people what the resource says, and a case has no place for it",
    "*/reference": "a case names what it refers to by ids of its own",
    "*": "a case has no place for {name}",
}
_ELSEWHERE: Final = Message(
    "what is attached stands at another place, which is not asked: attach it, or bring the Binary that it is along"
)
_BEFORE: Final = Message("this is a version before the one that is read, or of what was deleted since")
_UNTOLD: Final = frozenset({"fullUrl", "resource"})


def resource_losses(said: Resource, again: Resource | None, place: Path, case_index: int) -> list[Loss]:
    """Return what a resource says and a case does not."""
    type_ = str(said.get("resourceType"))
    if again is None:
        message: str = _ELSEWHERE if is_elsewhere(said) else Message("a case has no place for {name}", name=type_)
        return [Loss(case_index, pointer(place), LossKind.NO_PLACE, message)]
    if "id" not in said:
        again = {key: value for key, value in again.items() if key != "id"}
    return report(_normal(said), _normal(again), REASONS, case_index=case_index, within=place).losses


def before_losses(before: Sequence[Located], case_index: int) -> list[Loss]:
    """Return that versions before, and what was deleted, are not read."""
    return [Loss(case_index, pointer(place), LossKind.NO_PLACE, _BEFORE) for place, _, _ in before]


def with_patient(told: Resource, said: Resource, patient_id: str | None) -> Resource:
    """Return what is said again of a resource with the patient, where the case has the one that it names."""
    for key in ("subject", "patient"):
        if patient_id is not None and isinstance(said.get(key), dict) and "reference" in said[key]:
            told = {**told, key: {"reference": f"Patient/{patient_id}"}}
    return told


def bundle_losses(document: Resource, case_index: int) -> list[Loss]:
    """Return what a Bundle says beside its resources and where they are."""
    said = {key: value for key, value in document.items() if key not in {"resourceType", "type", "entry"}}
    paths = [(path, value) for path, value in leaves(said).items() if path]
    for number, entry in enumerate(document.get("entry", ())):
        if entry.keys() <= _UNTOLD:
            continue
        beside = {key: value for key, value in entry.items() if key not in _UNTOLD}
        paths += [(("entry", number, *path), value) for path, value in leaves(beside).items() if path]
    return [
        Loss(case_index, pointer(path), LossKind.NO_PLACE, Message("a case has no place for {name}", name=path[-1]))
        for path, _ in paths
    ]


def _normal(node: Any) -> Any:
    """Return a resource with its references by type and id alone, whatever server stands before them, and bare UIDs."""
    if isinstance(node, dict):
        told = with_bare_uids({key: _normal(value) for key, value in node.items()})
        if isinstance(told.get("reference"), str):
            told["reference"] = tail(told["reference"])
        return told
    return [_normal(each) for each in node] if isinstance(node, list) else node


def tail(reference: str) -> str:
    """Return type and id of a reference, whatever server stands before and whichever version is meant."""
    return "/".join(reference.partition("/_history/")[0].rsplit("/", 2)[-2:])
