"""What tells who a patient is and must not leave: names where pseudonyms belong."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from annoconv.documents.residuals import pointer
from annoconv.errors import InputError
from annoconv.messages import Message

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from annoconv.documents.residuals import Path as Steps

__all__ = ["check_pseudonyms"]

_NAMES: Final = frozenset(
    (
        "name",
        "patientname",
        "patientsname",
        "姓名",
        "患者姓名",
        "病人姓名",
        "病人名称",
        "patientbirthname",
        "othernames",
    )
)
_FREE: Final = frozenset({"attributes", "extensions", "parameters", "results", "fields"})
"""Keys below which anything may stand."""
_LOOKED_INTO: Final = _FREE | {"extensions"}
_OURS: Final = "annoconv."
"""Namespace of what readers keep of their files beside the annotations, as the names of licences in COCO."""
_ADVICE: Final = "Replace names by pseudonyms before the case leaves; annoconv writes no name of a patient to FHIR"


def check_pseudonyms(case: Mapping[str, Any], source: Path | None) -> None:
    """Refuse a case that tells the name of a patient.

    Raises
    ------
    InputError
        If `patient_id` is written as a name of DICOM or has white space, or a free key is one of names.
    """
    told = case.get("patient_id")
    if told is not None and ("^" in told or any(each.isspace() for each in told)):
        raise InputError(
            "the id of the patient looks like a name",
            source=source,
            where="/patient_id",
            found="^" if "^" in told else Message("white space"),
            expected="a pseudonym without ^ and white space",
            advice=_ADVICE,
        )
    for path in _named(case, ()):
        raise InputError(
            "a key is one of names of patients",
            source=source,
            where=pointer(path),
            found=str(path[-1]),
            expected="keys that name no patient",
            advice=_ADVICE,
        )


def _named(node: Any, path: Steps) -> Iterator[Steps]:
    """Yield the places of free keys that are names."""
    if isinstance(node, list):
        if node and isinstance(node[0], dict):
            for place, each in enumerate(node):
                if any(key in _LOOKED_INTO or _has_keys(value) for key, value in each.items()):
                    yield from _named(each, (*path, place))
        return
    for key, value in node.items():
        if key == "extensions":
            yield from _free({each: held for each, held in value.items() if not each.startswith(_OURS)}, (*path, key))
        elif key in _FREE:
            yield from _free(value, (*path, key))
        elif type(value) is dict or type(value) is list:
            yield from _named(value, (*path, key))


def _has_keys(value: Any) -> bool:
    """Tell whether there are keys somewhere within a value."""
    return type(value) is dict or (type(value) is list and bool(value) and type(value[0]) is dict)


def _free(node: Any, path: Steps) -> Iterator[Steps]:
    if isinstance(node, dict):
        if path[-1] != "fields" and isinstance(node.get("key"), str) and _is_name(node["key"]):
            yield (*path, "key")
        for key, value in node.items():
            is_field_key = isinstance(path[-1], int) and key != "key" and path[-2:-1] == ("fields",)
            if _is_name(key) and not is_field_key:
                yield (*path, key)
            if type(value) is dict or type(value) is list:
                yield from _free(value, (*path, key))
    elif isinstance(node, list):
        for place, each in enumerate(node):
            if isinstance(each, dict | list):
                yield from _free(each, (*path, place))


@lru_cache(maxsize=4096)
def _is_name(key: str) -> bool:
    folded = key.casefold()
    return folded in _NAMES or folded.replace("_", "").replace(" ", "").replace("-", "").replace("'", "") in _NAMES
