"""What stands in a COCO file beside images and annotations: who wrote it and when, and the table of skeletons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from annoconv.documents import strict_json
from annoconv.documents.other_formats import looks_like
from annoconv.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["CONTRIBUTOR", "info_beside", "info_of", "skeletons_of"]

Record: TypeAlias = "dict[str, Any]"

CONTRIBUTOR: Final = "annoconv"
"""What `info.contributor` says of files that we wrote."""
_INFO: Final[Record] = {"description": "Exported by annoconv", "contributor": CONTRIBUTOR, "version": "1.0"}
_MOMENT: Final = ("year", "date_created")


def info_of(at: str | None) -> Record:
    """Return the `info` of a file that bears a time, RFC 3339, or none."""
    return _INFO | ({} if at is None else {"year": int(at[:4]), "date_created": at})


def info_beside(info: Record, written: Record) -> Record:
    """Return what the `info` of a file of ours says beyond what we write; its time too, if another is `written`."""
    known = {name: info.get(name) for name in _MOMENT} | _INFO | written
    return {name: value for name, value in info.items() if known.get(name) != value}


def skeletons_of(path: Path | None) -> Record:
    """Return the table of skeletons by label, empty without a file; UsageError if it is none."""
    if path is None:
        return {}
    found = strict_json.loads(strict_json.read_bytes(path), source=path)
    if not isinstance(found, dict) or not all(isinstance(each, dict) for each in found.values()):
        raise UsageError(
            "this is no table of skeletons",
            source=path,
            found=looks_like(found),
            expected='{"LABEL": {"keypoints": [], "skeleton": []}}',
            advice="Write an object with the keypoints of each label",
        )
    return found
