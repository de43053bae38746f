"""What a segmentation says of its segments and frames, and how these lie on the images that they were drawn on."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

import numpy as np

from annoconv import ids
from annoconv.findings import Finding, Level
from annoconv.messages import Message, listed
from annoconv_converters.check_links.findings import note
from annoconv_converters.check_links.planes import frame_plane, plane_of, shift_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from annoconv_converters.check_links.instances import Instance
    from annoconv_converters.check_links.planes import Plane
    from annoconv_converters.check_links.study import Study

__all__ = ["check_segmentation"]

_NAMED: Final = 5


def check_segmentation(one: Instance, study: Study) -> Iterator[Finding]:
    """Yield what is wrong with the segments and frames of a segmentation."""
    yield from _segments(one)
    yield from _frames(one)
    yield from _planes(one, study)


def _segments(one: Instance) -> Iterator[Finding]:
    counts = Counter(each.number for each in one.segments)
    by_uid: dict[str, int] = {}
    for each in one.segments:
        if counts[each.number] > 1:
            counts[each.number] = 1
            yield note(
                "segment",
                f"{each.place}/SegmentNumber",
                "two segments have one number",
                found=each.number,
                expected="numbers of their own (PS3.3 C.8.20.4)",
                advice="Number the segments from 1, and their frames likewise",
            )
        if each.tracking_uid and not ids.is_dicom_uid(each.tracking_uid):
            yield note(
                "uid",
                f"{each.place}/TrackingUID",
                "this is no UID",
                found=each.tracking_uid,
                expected="a UID (PS3.5 9.1)",
                advice="Give the segment a tracking UID of its own",
            )
        elif each.tracking_uid and by_uid.setdefault(each.tracking_uid, each.number) != each.number:
            yield note(
                "tracking",
                f"{each.place}/TrackingUID",
                "two segments of one segmentation have one tracking UID",
                found=Message("{uid} of segment {number} too", uid=each.tracking_uid, number=by_uid[each.tracking_uid]),
                expected="one for each object (PS3.3 C.8.20.2)",
                advice="A report that refers to it cannot tell them apart: give each its own",
                level=Level.WARNING,
            )


def _frames(one: Instance) -> Iterator[Finding]:
    if not one.has_frame_groups:
        return
    described = {*one.segment_numbers} | ({0} if one.is_label_map else set())
    unknown: dict[int, int] = {}
    for frame, number in enumerate(one.segment_of_frames):
        if number not in described:
            unknown.setdefault(number, frame)
    for number, frame in unknown.items():
        yield note(
            "segment",
            f"/PerFrameFunctionalGroupsSequence/{frame}/SegmentIdentificationSequence/0/ReferencedSegmentNumber",
            "a frame shows a segment that is not described",
            found=number,
            expected=listed(sorted(described - {0}), _NAMED),
            advice="Describe the segment in SegmentSequence, or correct the number",
        )
    if len(one.of_frames) != one.frames:
        yield note(
            "frame",
            "/NumberOfFrames",
            "the frames and their descriptions differ in number",
            found=one.frames,
            expected=Message("{count} as in PerFrameFunctionalGroupsSequence", count=len(one.of_frames)),
            advice="The file is damaged, or was written wrongly: write it anew",
        )


def _planes(one: Instance, study: Study) -> Iterator[Finding]:
    """Yield the first frame that is not on the slice which it names as its source, and the first shifted in its plane.

    A frame without a source is held against the nearest of the slices that the file refers to (PS3.3 C.7.6.16.2.6).
    """
    first_of: dict[int, int] = {}
    for frame, at in enumerate(one.of_frames):
        first_of.setdefault(at, frame)
    slices = _slices(one, study) if any(not one.places[at].source for at in first_of) else []
    positions = np.array([plane.position for _, plane in slices]).reshape(-1, 3)
    told: set[str] = set()
    for at, frame in first_of.items():
        place = one.places[at]
        own, target = frame_plane(place, one), study.by_uid.get(place.source)
        if own is None:
            continue
        other = None if target is None else plane_of(target, place.source_frame)
        if not place.source and slices:
            target, other = slices[int(np.argmin(own.distances(positions)))]
        if target is None or other is None or not own.is_parallel(other):
            continue
        where = f"/PerFrameFunctionalGroupsSequence/{frame}/PlanePositionSequence/0/ImagePositionPatient"
        checks = (_off_its_slice, _shifted) if place.source else (_shifted,)
        for finding in filter(None, (each(own, other, target, where) for each in checks)):
            if finding.rule not in told:
                told.add(finding.rule)
                yield finding


def _slices(one: Instance, study: Study) -> list[tuple[Instance, Plane]]:
    """Return the slices in space that a file refers to."""
    targets = {link.uid: study.by_uid[link.uid] for link in one.links if link.uid in study.by_uid}
    images = [(each, frame) for each in targets.values() if each.is_image for frame in range(1, each.frames + 1)]
    placed = [(target, plane_of(target, frame)) for target, frame in images]
    return [(target, plane) for target, plane in placed if plane is not None]


def _off_its_slice(own: Plane, other: Plane, target: Instance, where: str) -> Finding | None:
    distance = float(other.distances(own.position))
    if not other.is_off(distance, own.between):
        return None
    return note(
        "plane",
        where,
        "the frame does not lie on the slice that it was derived from",
        found=Message("{distance} mm off", distance=f"{distance:.4g}"),
        expected=Message("the plane of {name}", name=target.path.name),
        advice="Positions or sources are in another order than the frames: write the segmentation anew",
    )


def _shifted(own: Plane, other: Plane, target: Instance, where: str) -> Finding | None:
    shift = shift_of(own, other)
    if shift is None or not shift.is_off:
        return None
    return note(
        "shift",
        where,
        "the frame lies beside the image" if shift.is_beside else "the frame is shifted in its plane",
        found=Message(
            "{columns} columns and {rows} rows off", columns=f"{shift.columns:.4g}", rows=f"{shift.rows:.4g}"
        ),
        expected=Message("on the pixels of {name}", name=target.path.name),
        advice="Positions are of the centre of the first pixel: look for half a pixel, or an origin of another image",
        level=Level.ERROR if shift.is_beside or shift.is_whole else Level.WARNING,
    )
