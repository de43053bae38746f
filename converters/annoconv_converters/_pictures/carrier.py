"""What a 2-D format does not hold of a case: what is lost, what travels with us, and how that is put back.

A format's own reader says what a file means by itself; the difference to the case travels in a side file beside it, and
of COCO under the key `annoconv` too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from annoconv.documents import residuals
from annoconv.documents.losses import Compared, report
from annoconv.documents.residuals import Residual
from annoconv.errors import DocumentError
from annoconv.findings import Finding, Level
from annoconv.messages import Message

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from annoconv.documents.losses import Carrier, Reasons
    from annoconv.loss import Loss
    from annoconv_converters._pictures.meaning import PictureCase

__all__ = ["SIDE_NAME", "SIDE_SUFFIX", "compare", "compare_plain", "restored", "side_path"]

Record: TypeAlias = "dict[str, Any]"

SIDE_NAME: Final = "annoconv.json"
"""Of the side file in a folder, where no tool takes it for annotations."""
SIDE_SUFFIX: Final = ".annoconv.json"
"""Of the side file beside a file."""
_OWNED: Final = ("annotations", "texts")
"""Lists of a case whose members shapes are."""


def side_path(target: Path) -> Path:
    """Return the path of the side file of an output."""
    return target / SIDE_NAME if target.is_dir() else target.with_suffix(SIDE_SUFFIX)


def compare(
    original: Record, native: Record, expected: Record, reasons: Reasons, carrier: Carrier, case_index: int
) -> Compared:
    """Return the losses of a case, and what the carrier must take along so that `expected` comes back.

    Parameters
    ----------
    original
        The case.
    native
        What its file gives back, our keys used.
    expected
        The case without what no carrier brings back: masks whose voxels have no place.
    reasons, carrier, case_index
        As `report` takes them.
    """
    if expected == original:
        return report(original, native, reasons, carrier, case_index=case_index)
    left = residuals.residual(original, expected).paths()
    found = report(original, native, reasons, carrier, case_index=case_index, left_out=left)
    return Compared(found.losses, report(expected, native, reasons, carrier).kept)


def compare_plain(original: Record, native: PictureCase, reasons: Reasons, case_index: int) -> list[Loss]:
    """Return the losses of a case whose file is written without a carrier.

    Parameters
    ----------
    original
        The case.
    native
        What its file gives back, our keys not used. Their ids say nothing; its `owners` tell which annotation is which.
    reasons, case_index
        As `report` takes them.
    """
    placed = {
        name: _placed(members, native.document[name], native.owners)
        for name, members in original.items()
        if name in _OWNED and name in native.document
    }
    # By position, not by ids, which those of another annotation may equal.
    left = {**original, **{name: dict(enumerate(original[name])) for name in placed}}
    right = {**native.document, **{name: dict(enumerate(members)) for name, members in placed.items()}}
    return report(left, right, reasons, case_index=case_index).losses


def _placed(members: list[Record], found: list[Record], owners: Mapping[str, str]) -> list[Record]:
    """Return what was found of a list at the places of its owners, without ids of its own; what has none behind."""
    points = {_keypoint(each, {}): each["id"] for each in members if _keypoint(each, {}) is not None}
    by_owner: dict[str, Record] = {}
    others: list[Record] = []
    for each in found:
        owner = owners.get(each["id"]) or points.get(_keypoint(each, owners))
        if owner is None or by_owner.setdefault(owner, each) is not each:
            others.append(each)
    placed = [by_owner.pop(each["id"], {}) for each in members]
    told = [
        {key: value for key, value in each.items() if key != "id" or value == member["id"]}
        for each, member in zip(placed, members, strict=True)
    ]
    return [*told, *by_owner.values(), *others]


def _keypoint(annotation: Record, owners: Mapping[str, str]) -> tuple[str, str] | None:
    """Return of which instance an annotation is which keypoint, as its writer calls that; None if it is none."""
    attributes = annotation.get("attributes", {})
    instance, name = attributes.get("instance"), attributes.get("keypoint")
    if not isinstance(instance, str) or not isinstance(name, str):
        return None
    return owners.get(instance, instance), name


def restored(native: Record, residual: Any, source: Path, *, place: str, rule: str) -> Record:
    """Return the case that was written; DocumentError under `rule` if `place` holds what we did not put there."""
    try:
        document = residuals.restore(native, Residual.from_json(residual))
        if isinstance(document, dict):
            return document
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, RecursionError):
        pass
    problem = Message("{place} cannot be understood", place=place)
    raise DocumentError(problem, findings=[Finding(rule, Level.ERROR, "", problem)], source=source)
