"""Whether what bulk annotations of microscopy name by number is there, and they lie on the image that they are of.

Authority: PS3.3 C.37.1 (microscopy bulk simple annotations), C.8.12.5 (optical paths).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from annoconv import ids
from annoconv.messages import Message, listed
from annoconv_converters.check_links.findings import note, outside

if TYPE_CHECKING:
    from collections.abc import Iterator

    from annoconv.findings import Finding
    from annoconv_converters.check_links.annotation_groups import AnnotationGroup
    from annoconv_converters.check_links.instances import Instance
    from annoconv_converters.check_links.study import Study

__all__ = ["check_bulk_annotations"]

_POINTS_OF: Final = {"POINT": 1, "RECTANGLE": 4, "ELLIPSE": 4}
"""Points of one annotation (PS3.3 C.37.1.2.1); lines and polygons have as many as they like."""
_NAMED: Final = 5


def check_bulk_annotations(one: Instance, study: Study) -> Iterator[Finding]:
    """Yield what is wrong with the numbers of bulk annotations, and where they lie."""
    named = next((link for link in one.links if link.place.startswith("/ReferencedImageSequence/")), None)
    target = None if named is None else study.by_uid.get(named.uid)
    if one.text("AnnotationCoordinateType") == "3D" and not one.text("FrameOfReferenceUID"):
        yield note(
            "frame_of_reference",
            "/FrameOfReferenceUID",
            "coordinates in space have no frame of reference",
            found=Message("nothing"),
            expected=Message("that of the images (PS3.3 C.37.1.2)"),
            advice="Without it they lie nowhere: write the FrameOfReferenceUID of the images",
        )
    uids: dict[str, int] = {}
    for position, group in enumerate(one.annotation_groups, 1):
        yield from _identity(group, position, uids)
        yield from _counts(group)
        if target is not None:
            yield from _paths(group, target)
            if one.text("AnnotationCoordinateType") != "3D":
                yield from _region(group, target, one.text("PixelOriginInterpretation"))


def _identity(group: AnnotationGroup, position: int, uids: dict[str, int]) -> Iterator[Finding]:
    if group.number != position:
        yield note(
            "group",
            f"{group.place}/AnnotationGroupNumber",
            "annotation groups are not numbered in their order",
            found=group.number,
            expected=Message("{number}: from 1, each one more (PS3.3 C.37.1.2)", number=position),
            advice="Number the groups anew",
        )
    if not ids.is_dicom_uid(group.uid):
        yield note(
            "uid",
            f"{group.place}/AnnotationGroupUID",
            "this is no UID",
            found=group.uid or Message("nothing"),
            expected="a UID (PS3.5 9.1)",
            advice="Give the group a UID of its own",
        )
    elif uids.setdefault(group.uid, position) != position:
        yield note(
            "group",
            f"{group.place}/AnnotationGroupUID",
            "two annotation groups have one UID",
            found=Message("{uid} of group {number} too", uid=group.uid, number=uids[group.uid]),
            expected=Message("one for each group (PS3.3 C.37.1.2)"),
            advice="Give the group a UID of its own",
        )


def _counts(group: AnnotationGroup) -> Iterator[Finding]:
    """Yield that a group has not as many annotations as it says, or names some that it has not."""
    size = group.points.shape[1]
    is_line = group.kind not in _POINTS_OF
    starts = group.starts if is_line else None
    held = len(group.points) // _POINTS_OF.get(group.kind, 1) if starts is None else len(starts)
    if is_line and starts is None:
        held = min(group.count, 1)  # one line needs no beginning
    if held != group.count:
        yield note(
            "group",
            f"{group.place}/NumberOfAnnotations",
            "the group has not as many annotations as it says",
            found=group.count,
            expected=Message("{count} as in its coordinates", count=held),
            advice="The file is damaged, or was written wrongly: write it anew",
        )
    if starts is not None and len(starts):
        is_wrong = starts[0] != 1 or (np.diff(starts) <= 0).any() or ((starts - 1) % size).any()
        if is_wrong or starts[-1] > group.points.size:
            yield note(
                "group",
                f"{group.place}/LongPrimitivePointIndexList",
                "the beginnings of annotations are not those of points",
                found=listed(starts[:_NAMED].tolist(), _NAMED),
                expected=Message(
                    "1, then larger numbers up to {count}, each the first of a point", count=group.points.size
                ),
                advice="They count the numbers of all points from 1: write the group anew",
            )
    for place, indices, values in group.measured:
        beyond = indices[(indices < 1) | (indices > group.count)]
        if len(beyond) or len(indices) != values:
            yield note(
                "group",
                place,
                "measurements are of annotations that there are not",
                found=listed(beyond[:_NAMED].tolist(), _NAMED)
                if len(beyond)
                else Message("{count} numbers for {values} values", count=len(indices), values=values),
                expected=Message("a number from 1 to {count} for each value", count=group.count),
                advice="Annotations are counted from 1: correct the numbers",
            )


def _paths(group: AnnotationGroup, target: Instance) -> Iterator[Finding]:
    unknown = [each for each in group.optical_paths if target.optical_paths and each not in target.optical_paths]
    if unknown:
        yield note(
            "optical_path",
            f"{group.place}/ReferencedOpticalPathIdentifier",
            "the image has no such optical path",
            found=listed(unknown, _NAMED),
            expected=Message(
                "{names} as in {name}", names=listed(sorted(target.optical_paths), _NAMED), name=target.path.name
            ),
            advice="Correct the identifier: it is that of OpticalPathSequence",
        )


def _region(group: AnnotationGroup, target: Instance, origin: str) -> Iterator[Finding]:
    """Yield that annotations lie beyond the border of their image."""
    size = target.matrix(origin)
    if size is None or not len(group.points):
        return
    flat = group.points[:, :2]
    inside = ((flat >= 0) & (flat <= size)).all(axis=1)
    beyond = len(flat) - int(inside.sum())
    if beyond:
        yield outside(f"{group.place}/PointCoordinatesData", beyond, len(flat), size, target.path.name)
