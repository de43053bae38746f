"""Whether what a structure set names by number is there, and its contours lie on the slices that they name.

Authority: PS3.3 C.8.8.5 (structure set), C.8.8.6 (ROI contours), C.8.8.8 (RT ROI observations).
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

import numpy as np

from annoconv.findings import Finding, Level
from annoconv.messages import Message, listed
from annoconv_converters.check_links.findings import note, outside
from annoconv_converters.check_links.planes import plane_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from annoconv_converters.check_links.instances import Instance
    from annoconv_converters.check_links.rois import Contour, Numbered, StructureSet
    from annoconv_converters.check_links.study import Study

__all__ = ["check_structure_set"]

_NAMED: Final = 5
_ROUNDED: Final = 0.01
"""Pixels by which a point on the border may lie outside, as decimal strings are rounded."""


def check_structure_set(one: Instance, study: Study) -> Iterator[Finding]:
    """Yield what is wrong with the numbers of the ROIs of a structure set, and where its contours lie."""
    if one.structure_set is None:
        return
    yield from _numbers(one.structure_set)
    yield from _contours(one.structure_set, study)


def _numbers(told: StructureSet) -> Iterator[Finding]:
    yield from _repeated(
        told.rois,
        "two ROIs have one number",
        Message("numbers of their own (PS3.3 C.8.8.5)"),
        "Give each ROI a number of its own, and what refers to it likewise",
    )
    yield from _repeated(
        told.contoured,
        "the contours of one ROI stand in two items",
        Message("one item for each ROI (PS3.3 C.8.8.6)"),
        "If both are of it, put them into one item; else correct the number of one",
        Level.WARNING,
    )
    yield from _repeated(
        told.observations,
        "two observations have one number",
        Message("numbers of their own (PS3.3 C.8.8.8)"),
        "Number the observations anew: they are not the numbers of the ROIs",
    )
    known = {each.number for each in told.rois} - {None}
    for each in (*told.contoured, *told.observed, *told.related):
        if each.number not in known:
            yield note(
                "roi",
                each.place,
                "the structure set has no such ROI",
                found=Message("nothing") if each.number is None else each.number,
                expected=listed(sorted(number for number in known if number is not None), _NAMED) or Message("nothing"),
                advice="Correct the number, or describe the ROI in StructureSetROISequence",
            )


def _repeated(
    numbered: list[Numbered], problem: str, expected: Message, advice: str, level: Level = Level.ERROR
) -> Iterator[Finding]:
    """Yield the second and further places of each number, and where there is none."""
    seen: Counter[int | None] = Counter()
    for each in numbered:
        seen[each.number] += 1
        if each.number is not None and seen[each.number] > 1:
            yield note("roi", each.place, problem, found=each.number, expected=expected, advice=advice, level=level)


def _contours(told: StructureSet, study: Study) -> Iterator[Finding]:
    """Yield the first contour of each ROI that is not on the slice, or not inside the image, that it names."""
    seen: set[tuple[str, int | None]] = set()
    for each in told.contours:
        target = study.by_uid.get(each.image)
        for finding in () if target is None else _contour(each, target, told):
            if (finding.rule, each.roi) not in seen:
                seen.add((finding.rule, each.roi))
                yield finding


def _contour(each: Contour, target: Instance, told: StructureSet) -> Iterator[Finding]:
    stated = told.frames_of_reference.get(each.roi, "") if each.roi is not None else ""
    theirs = target.text("FrameOfReferenceUID")
    if stated and theirs and stated != theirs:
        yield note(
            "frame_of_reference",
            f"{each.place}/ContourImageSequence/0/ReferencedSOPInstanceUID",
            "a contour is on an image of another frame of reference than its ROI",
            found=Message("{uid} of {name}", uid=theirs, name=target.path.name),
            expected=stated,
            advice="Coordinates in it lie nowhere on these images: correct the UID, or name the images that have it",
        )
        return
    plane = plane_of(target, each.frame)
    if plane is None or not len(each.points_lps):
        return
    distance = float(plane.distances(each.points_lps).max())
    if plane.is_off(distance):
        yield note(
            "plane",
            f"{each.place}/ContourData",
            "the contour does not lie on the slice that it names",
            found=Message("{distance} mm off", distance=f"{distance:.4g}"),
            expected=Message("the plane of {name}", name=target.path.name),
            advice="Contours or their images are in another order: name the image that each was drawn on",
        )
        return
    pixels = plane.pixels(each.points_lps)
    if pixels is None or not all(plane.size):
        return
    beyond = (pixels < -_ROUNDED) | (pixels > np.array(plane.size) + _ROUNDED)
    count = int(beyond.any(axis=1).sum())
    if count:
        yield outside(f"{each.place}/ContourData", count, len(pixels), plane.size, target.path.name)
