"""Regions of many objects, as COCO says them with `iscrowd`: no other format of pictures can.

Who scores by COCO ignores what lies in one; who reads another format counts it as one object more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from annoconv.loss import LossKind
from annoconv.messages import Message

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from annoconv.documents.losses import Reason
    from annoconv.documents.residuals import Path

__all__ = ["EXTENSION", "crowds"]

Record: TypeAlias = "dict[str, Any]"

EXTENSION: Final = "annoconv.coco"
"""Key in `extensions` of a case for what its COCO file says beyond the model."""
_CROWD: Final = Message("COCO scores no object within a region of many (iscrowd); here it is one object like any other")


def crowds(case: Record, drawn: Collection[str]) -> Mapping[Path, Reason]:
    """Return where a case says of annotations that are drawn that they are of many objects, and why that is a loss."""
    kept = case.get("extensions", {}).get(EXTENSION)
    told = kept.get("annotations") if isinstance(kept, dict) else None
    members = told.items() if isinstance(told, dict) else ()
    fields = {identity: each.get("fields") for identity, each in members if isinstance(each, dict)}
    return {
        ("extensions", EXTENSION, "annotations", identity, "fields", "iscrowd"): (_CROWD, LossKind.APPROXIMATED)
        for identity, each in fields.items()
        if identity in drawn and isinstance(each, dict) and each.get("iscrowd")
    }
