"""What a report says of its objects: which segment each is, where it is drawn, under which tracking UID.

Authority: PS3.16 TID 1410, 1411, 1501, 1602; PS3.3 C.18.6, C.18.9, C.17.3.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from annoconv import ids
from annoconv.findings import Finding, Level
from annoconv.messages import Message, listed
from annoconv_converters._dicom.content import Coordinates, Item, Reference
from annoconv_converters.check_links.findings import note, outside
from annoconv_converters.check_links.frames_of_reference import check_named

if TYPE_CHECKING:
    from collections.abc import Iterator

    from annoconv_converters.check_links.instances import Instance, Segment
    from annoconv_converters.check_links.study import Study

__all__ = ["TRACKING_ID", "TRACKING_UID", "check_report", "groups_of", "is_one_name"]

_GROUP, TRACKING_ID, TRACKING_UID = ("125007", "DCM"), ("112039", "DCM"), ("112040", "DCM")
_SEGMENT, _SEGMENT_FRAME = ("121191", "DCM"), ("121214", "DCM")
_SOURCE_SERIES, _SOURCE_IMAGE = ("121232", "DCM"), ("121233", "DCM")
_FRAME_OF_REFERENCE = ("112227", "DCM")
_BY_REFERENCE: Final = 0x0040DB73
_NAMED: Final = 5


def walk_items(root: Item, place: str = "") -> Iterator[tuple[str, Item]]:
    """Yield every content item below one, each with its place."""
    for position, each in enumerate(root.children):
        here = f"{place}/ContentSequence/{position}"
        yield here, each
        yield from walk_items(each, here)


def groups_of(one: Instance) -> Iterator[tuple[str, Item]]:
    """Yield the measurement groups of a report, each with its place."""
    if one.content is not None:
        yield from ((place, item) for place, item in walk_items(one.content) if item.key == _GROUP)


def check_report(one: Instance, study: Study) -> Iterator[Finding]:
    """Yield what is wrong with the content of a report."""
    if one.content is None:
        return
    for place, item in walk_items(one.content):
        if item.key == _FRAME_OF_REFERENCE and isinstance(item.value, str):
            yield from check_named(one, study, f"{place}/UID", item.value)
        if isinstance(item.value, Coordinates) and item.kind == "SCOORD":
            yield from _region(item, place, study)
        if _BY_REFERENCE in item.others:
            yield from _pointer(one, item, place)
    for place, group in groups_of(one):
        yield from _group(one, group, place, study)


def _pointer(one: Instance, item: Item, place: str) -> Iterator[Finding]:
    """Yield that an item which is named by its position is not there (PS3.3 C.17.3.2.5); the root is 1."""
    data = item.others[_BY_REFERENCE]
    value = data[8 : 8 + (len(data) - 8) // 4 * 4]  # behind tag, VR and length
    numbers = next(
        (found for order in "<>" if (found := struct.unpack(f"{order}{len(value) // 4}I", value))[:1] == (1,)), ()
    )
    target: Item | None = one.content if numbers[:1] == (1,) else None
    for number in numbers[1:]:
        inside = target is not None and 1 <= number <= len(target.children)
        target = target.children[number - 1] if target is not None and inside else None
    if target is None:
        yield note(
            "item",
            f"{place}/ReferencedContentItemIdentifier",
            "the report has no content item there",
            found=".".join(map(str, numbers)) or Message("nothing"),
            expected="positions of content items, counted from 1, the root first",
            advice="Write the report anew: a value is inferred from what is not there",
        )


def _region(item: Item, place: str, study: Study) -> Iterator[Finding]:
    """Yield that coordinates are on no image, or beyond its border."""
    value = item.value
    assert isinstance(value, Coordinates)  # noqa: S101  the caller has asked
    images = [each.value for each in item.children if isinstance(each.value, Reference)]
    if not images and not any(_BY_REFERENCE in each.others for each in item.children):
        yield note(
            "region",
            place,
            "the coordinates are on no image",
            found=Message("{shape} without an image", shape=value.shape or "SCOORD"),
            expected="an image that they are selected from (PS3.3 C.18.6)",
            advice="Name the image, and the frame of one that has several",
        )
    for reference in images:
        target = study.by_uid.get(reference.sop_instance_uid)
        size = None if target is None else target.matrix(value.origin)
        if target is None or size is None:
            continue
        points = list(zip(value.data[::2], value.data[1::2], strict=False))
        beyond = [point for point in points if not (0 <= point[0] <= size[0] and 0 <= point[1] <= size[1])]
        if beyond:
            yield outside(f"{place}/GraphicData", len(beyond), len(points), size, target.path.name)


def _group(one: Instance, group: Item, place: str, study: Study) -> Iterator[Finding]:
    uid = group.text(TRACKING_UID)
    at = next((position for position, each in enumerate(group.children) if each.key == TRACKING_UID), None)
    where = place if at is None else f"{place}/ContentSequence/{at}/UID"
    if uid and not ids.is_dicom_uid(uid):
        yield note(
            "uid",
            where,
            "this is no UID",
            found=uid,
            expected="a UID (PS3.5 9.1)",
            advice="Give the object a tracking UID of its own",
        )
    named: set[str] = set()
    for position, each in enumerate(group.children):
        here = f"{place}/ContentSequence/{position}"
        reference = each.value
        if each.key in {_SEGMENT, _SEGMENT_FRAME} and isinstance(reference, Reference):
            target = study.by_uid.get(reference.sop_instance_uid)
            if target is None:
                continue
            named.add(target.uid)
            yield from _segment(reference, target, uid, here, where)
    sources = frozenset[str]().union(*(study.by_uid[each].sources for each in named))
    for position, each in enumerate(group.children):
        here = f"{place}/ContentSequence/{position}"
        stated = each.value.sop_instance_uid if isinstance(each.value, Reference) else each.value
        if each.key not in {_SOURCE_SERIES, _SOURCE_IMAGE} or not isinstance(stated, str):
            continue
        if sources and stated not in sources:
            yield note(
                "source",
                here,
                "the segmentation was not made from this source",
                found=stated,
                expected=listed(sorted(sources)[:_NAMED]),
                advice="Name the series or the images that the segmentation itself refers to",
            )
        elif each.key == _SOURCE_SERIES and stated not in study.series and stated not in one.sources:
            yield note(
                "missing",
                f"{here}/UID",
                "the file refers to a series of which no instance is here",
                found=stated,
                expected="the SeriesInstanceUID of some of the files",
                advice="Put the files of that series into the folder, or name them too",
            )


def _segment(reference: Reference, target: Instance, uid: str, place: str, where: str) -> Iterator[Finding]:
    """Yield that a group and the segment to which it refers are not one object."""
    if target.is_segmentation and not reference.segments:
        yield note(
            "segment",
            f"{place}/ReferencedSOPSequence/0",
            "no segment is named",
            found=Message("a segmentation alone"),
            expected="ReferencedSegmentNumber (0062,000B)",
            advice="Name the number of the segment",
        )
    for segment in filter(None, map(target.segment_numbers.get, reference.segments)):
        if segment.tracking_uid != uid:
            yield _untracked(segment, target, uid, where)


def _untracked(segment: Segment, target: Instance, uid: str, where: str) -> Finding:
    if not segment.tracking_uid or not uid:
        return note(
            "tracking",
            where,
            "a group and its segment are joined by number only",
            found=Message("no tracking UID in the segment") if uid else Message("no tracking UID in the group"),
            expected=uid or segment.tracking_uid or "the same UID in both",
            advice="Numbers change when a segmentation is edited: write the tracking UID into both",
            level=Level.WARNING,
        )
    others = [each.number for each in target.segments if each.tracking_uid == uid]
    expected = (
        Message("segment {number}, which has this tracking UID", number=others[0])
        if others
        else Message("{uid} as in {name}", uid=segment.tracking_uid, name=target.path.name)
    )
    return note(
        "tracking",
        where,
        "a group and its segment have two tracking UIDs",
        found=Message("{uid}, and segment {number}", uid=uid, number=segment.number),
        expected=expected,
        advice="Find out which segment is meant: the measurements may be of another object",
    )


def is_one_name(one: str, other: str) -> bool:
    """Tell whether two tracking identifiers are one, as far as a viewer put its tool before it (`Tool@1:Length:A`)."""
    return one == other or not one or not other or one.endswith(f":{other}") or other.endswith(f":{one}")
