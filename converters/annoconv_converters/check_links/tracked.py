"""Whether a tracking UID means one object in all files (PS3.3 C.8.20.2, PS3.16 TID 1410)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from annoconv.findings import Finding, Level
from annoconv.messages import Message
from annoconv_converters.check_links.findings import note
from annoconv_converters.check_links.reports import TRACKING_ID, TRACKING_UID, groups_of, is_one_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from annoconv_converters.check_links.instances import Instance
    from annoconv_converters.check_links.study import Study

__all__ = ["check_tracked"]


def check_tracked(study: Study) -> Iterator[tuple[Instance, Finding]]:
    """Yield the objects whose tracking UID stands beside another tracking identifier elsewhere, segmentations first."""
    names: dict[str, tuple[str, Instance]] = {}
    for one in sorted(study.instances, key=lambda each: not each.is_segmentation):
        for place, uid, name in _tracked(one):
            known, where = names.setdefault(uid, (name, one))
            if not is_one_name(known, name):
                yield (
                    one,
                    note(
                        "tracking",
                        place,
                        "one tracking UID has two tracking identifiers",
                        found=Message("{uid} beside another identifier", uid=uid),
                        expected=Message("the identifier that it has in {name}", name=where.path.name),
                        advice="Give another object a tracking UID of its own; else correct the identifier",
                        level=Level.WARNING,
                    ),
                )


def _tracked(one: Instance) -> Iterator[tuple[str, str, str]]:
    """Yield place, tracking UID and tracking identifier of each object of a file."""
    for segment in one.segments:
        if segment.tracking_uid:
            yield f"{segment.place}/TrackingUID", segment.tracking_uid, segment.tracking_id
    for place, group in groups_of(one):
        if uid := group.text(TRACKING_UID):
            position = next(at for at, each in enumerate(group.children) if each.key == TRACKING_UID)
            yield f"{place}/ContentSequence/{position}/UID", uid, group.text(TRACKING_ID)
