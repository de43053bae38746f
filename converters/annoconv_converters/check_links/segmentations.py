"""What a segmentation says of its segments and frames, and how these lie on the images that they were drawn on."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

import numpy as np

from annoconv import ids
from annoconv.findings import Finding, Level
from annoconv.messages import Message, listed
from annoconv_converters.check_links.findings import note

if TYPE_CHECKING:
    from collections.abc import Iterator

    from annoconv_converters._dicom.groups import FramePlace
    from annoconv_converters.check_links.instances import Instance
    from annoconv_converters.check_links.study import Study

__all__ = ["check_segmentation"]

_NAMED: Final = 5
_SHARE_OF_SPACING: Final = 0.75
"""How far a frame may be off the slice it was derived from, as a share of the larger slice spacing: one of thick slices
is derived from several thin ones, and lies up to a half of its own off each."""
_LEAST_MM: Final = 0.01
_PARALLEL: Final = 1e-3


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
    """Yield the first frame that does not lie on the slice which it names as its source (PS3.3 C.7.6.16.2.6)."""
    for frame, at in enumerate(one.of_frames):
        place = one.places[at]
        target = study.by_uid.get(place.source)
        distance = None if target is None else _distance(place, target)
        if target is not None and distance is not None:
            yield note(
                "plane",
                f"/PerFrameFunctionalGroupsSequence/{frame}/PlanePositionSequence/0/ImagePositionPatient",
                "the frame does not lie on the slice that it was derived from",
                found=Message("{distance} mm off", distance=f"{distance:.4g}"),
                expected=Message("the plane of {name}", name=target.path.name),
                advice="Positions or sources are in another order than the frames: write the segmentation anew",
            )
            return


def _distance(place: FramePlace, target: Instance) -> float | None:
    """Return how far a frame is off its source along the normal, mm; None if it is near, or they are not parallel."""
    theirs, orientation = target.numbers("ImagePositionPatient"), target.numbers("ImageOrientationPatient")
    spacing = [*target.numbers("SpacingBetweenSlices"), *target.numbers("SliceThickness")][:1]
    if target.frames > 1 and place.source_frame is not None and 0 < place.source_frame <= len(target.of_frames):
        source = target.places[target.of_frames[place.source_frame - 1]]
        theirs, orientation = source.position or (), source.orientation or ()
        spacing = [source.slice_spacing or source.slice_thickness or 0.0]
    if place.position is None or place.orientation is None or len(theirs) != 3 or len(orientation) != 6:
        return None
    own = np.cross(place.orientation[:3], place.orientation[3:])
    normal = np.cross(orientation[:3], orientation[3:])
    if abs(abs(float(own @ normal)) - 1) > _PARALLEL:
        return None
    distance = abs(float((np.subtract(place.position, theirs)) @ normal))
    spacing = [place.slice_spacing or place.slice_thickness or 0.0, *spacing]
    return distance if distance > max(_LEAST_MM, _SHARE_OF_SPACING * max(spacing)) else None
