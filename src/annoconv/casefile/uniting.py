"""One case of several readings of one image: what several tools have drawn on it, each in files of its own."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from annoconv.casefile.loaded import Reading
from annoconv.casefile.references import ids_of, with_new_ids
from annoconv.documents import strict_json
from annoconv.documents.residuals import pointer
from annoconv.loss import Loss, LossKind, LossReport
from annoconv.messages import Message
from annoconv.model import Case
from annoconv.pixels import Mask, Masks

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path as FilePath

    from annoconv.documents.residuals import Path

__all__ = ["is_of_one_case", "unite"]

Record: TypeAlias = "dict[str, Any]"

_OTHERWISE: Final = "the sources say this differently; what the first of them says holds"
_RENAMED: Final = "{former} is an id in two of the sources; here it is {new}"
_CALLED: Final = "the sources have no ids; {former} stands for another annotation, and {new} for this one"
_IDENTITIES: Final = ("id", "uid", "code", "code_value")
"""Keys that tell which member of a list an object is, the first that it has."""


def is_of_one_case(one: Case, other: Case) -> bool:
    """Tell whether two readings are of one image, and not of two cases that were named apart."""
    ids = {each.case_id for each in (one, other)} - {None}
    return one.image.uid == other.image.uid and len(ids) < 2


def unite(readings: Sequence[Reading], case_index: int) -> Reading:
    """Return one case of readings of one image, and as losses what they do not agree on.

    Annotations come one after the other; of two with one id the later gets another one, wherever it is named. Who
    annotated is told at the annotations where the sources name different people. Of what else the sources say
    differently, what the first says holds, and a loss names it.

    Parameters
    ----------
    readings
        One at least; their own losses are left to the caller.
    case_index
        Of the case that they become.
    """
    if len(readings) == 1:
        return readings[0]
    documents: list[Record] = [strict_json.plain(each.case) for each in readings]
    if len({document["metadata"].get("annotator") for document in documents}) > 1:
        for document in documents:
            _tell_who(document)
    united, losses = documents[0], list[Loss]()
    masks, fields = dict(readings[0].masks), dict(readings[0].fields)
    for reading, document in zip(readings[1:], documents[1:], strict=True):
        names = _new_ids(united, document)
        files = _new_files(united, document)
        start = len(united["annotations"])
        for place, each in enumerate(document["annotations"]):
            if each["id"] in names:
                is_made = each["id"] in reading.made_ids
                sentence, kind = (_CALLED, LossKind.ADDED) if is_made else (_RENAMED, LossKind.APPROXIMATED)
                message = Message(sentence, former=each["id"], new=names[each["id"]])
                losses.append(Loss(case_index, pointer(("annotations", start + place, "id")), kind, message))
            if each.get("mask_file") in files:
                each["mask_file"] = files[each["mask_file"]]
        document = with_new_ids(document, names)
        if any(loss.path == "/task_id" for loss in reading.losses):  # made up, for the file names none
            document["task_id"] = united["task_id"]
        elif any(loss.path == "/task_id" for loss in readings[0].losses):
            united["task_id"] = document["task_id"]
        united["annotations"] += document.pop("annotations")
        losses += (Loss(case_index, pointer(path), LossKind.NO_PLACE, _OTHERWISE) for path in _add(united, document))
        for identity, mask in reading.masks.items():
            new = names.get(identity, identity)
            masks[new] = Mask(new, mask.volume, mask.value)
        fields |= {names.get(identity, identity): path for identity, path in reading.fields.items()}
    case = Case.model_validate_json(strict_json.dumps(united))
    findings = tuple(finding for each in readings for finding in each.findings)
    return Reading(case, Masks(masks.values()), LossReport(losses), fields=fields, findings=findings)


def source_of(reading: Reading) -> str:
    """Return the name of the file that a reading is of, as far as its masks tell it."""
    paths: set[FilePath] = {mask.volume.path for mask in reading.masks.values() if mask.volume.path is not None}
    return next(iter(paths)).name if len(paths) == 1 else ""


def within(losses: LossReport, name: str) -> LossReport:
    """Return losses of a file whose paths begin with its name, as those of several files of one case do."""
    if not name:
        return losses
    start = pointer((name,))
    return LossReport(loss if loss.path.startswith(start) else loss._replace(path=start + loss.path) for loss in losses)


def _tell_who(document: Record) -> None:
    who = document["metadata"].pop("annotator", None)
    for each in document["annotations"] if who is not None else ():
        each.setdefault("annotator", who)


def _new_ids(united: Record, document: Record) -> Mapping[str, str]:
    """Return new ids for what is not the same in both; what names such a thing is not the same either."""
    taken, own = ids_of(united), ids_of(document)
    names: dict[str, str] = {}
    told = document
    while True:
        same = {
            each["id"]
            for key, listed in told.items()
            if key != "annotations" and isinstance(listed, list)
            for each in listed
            if isinstance(each, dict) and "id" in each and each in united.get(key, ())
        }
        clashing = sorted((taken & own) - same - names.keys())
        if not clashing:
            return names
        for identity in clashing:
            free = (f"{identity}_{number}" for number in count(2))
            names[identity] = next(each for each in free if each not in taken | own | {*names.values()})
        told = with_new_ids(document, names)


def _new_files(united: Record, document: Record) -> Mapping[str, str]:
    taken = {str(each["mask_file"]).casefold() for each in united["annotations"] if "mask_file" in each}
    names: dict[str, str] = {}
    for name in dict.fromkeys(str(each["mask_file"]) for each in document["annotations"] if "mask_file" in each):
        if name.casefold() in taken:
            free = (f"{number}/{name}" for number in count(2))
            names[name] = next(each for each in free if each.casefold() not in taken)
        taken.add(names.get(name, name).casefold())
    return names


def _add(united: Record, document: Record, path: Path = ()) -> list[Path]:
    """Add what a document says beyond another one; return the places where it says otherwise."""
    otherwise: list[Path] = []
    for key, value in document.items():
        here = (*path, key)
        if key not in united:
            united[key] = value
        elif isinstance(value, dict) and isinstance(united[key], dict):
            otherwise += _add(united[key], value, here)
        elif (
            isinstance(value, list) and isinstance(united[key], list) and all(isinstance(each, dict) for each in value)
        ):
            otherwise += _add_members(united[key], value, here)
        elif value != united[key]:
            otherwise.append(here)
    return otherwise


def _add_members(united: list[Any], members: list[Record], path: Path) -> list[Path]:
    otherwise: list[Path] = []
    for each in members:
        name = next((key for key in _IDENTITIES if key in each), None)
        place = next((at for at, one in enumerate(united) if name and one.get(name) == each[name]), None)
        if place is not None:
            otherwise += _add(united[place], each, (*path, place))
        elif each not in united:
            united.append(each)
    return otherwise
