"""Structure sets: ROIs and what refers to them by number, and their contours on the slices that they name.

Authority: PS3.3 C.8.8.5 (structure set), C.8.8.6 (ROI contours), C.8.8.8 (RT ROI observations).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from annoconv.findings import Finding, Level
from annoconv.messages import Message, listed
from annoconv_converters._dicom.elements import DamagedError
from annoconv_converters.check_links.findings import note
from annoconv_converters.check_links.parts import items_of, number_of, text_of
from annoconv_converters.check_links.planes import plane_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from annoconv_converters._dicom.elements import Buffer, Element, Encoding
    from annoconv_converters.check_links.instances import Instance
    from annoconv_converters.check_links.study import Study

__all__ = ["StructureSet", "check_structure_set", "read_structure_set"]

_ROIS, _CONTOURED, _OBSERVED, _RELATED = 0x30060020, 0x30060039, 0x30060080, 0x30060030
_NUMBER, _REFERENCED_NUMBER, _OBSERVATION, _FRAME_OF_REFERENCE = 0x30060022, 0x30060084, 0x30060082, 0x30060024
_CONTOURS, _IMAGES, _DATA = 0x30060040, 0x30060016, 0x30060050
_INSTANCE, _FRAME = 0x00081155, 0x00081160
_NAMED: Final = 5
_ROUNDED: Final = 0.01
"""Pixels by which a point on the border may lie outside, as decimal strings are rounded."""


@dataclass(frozen=True, slots=True)
class Numbered:
    """A number, None if it is none, and its place: a JSON pointer of keywords, and positions counted from 0."""

    place: str
    number: int | None


@dataclass(frozen=True, slots=True, eq=False)
class Contour:
    """A contour.

    Attributes
    ----------
    place
        Its item.
    roi
        Number of its ROI.
    image, frame
        SOPInstanceUID of the one image that it lies on, and the frame, counted from 1, where one is named.
    points_lps
        (n, 3), mm.
    """

    place: str
    roi: int | None
    image: str
    frame: int | None
    points_lps: NDArray[np.float64]


@dataclass(eq=False)
class StructureSet:
    """What a structure set says of its ROIs.

    Attributes
    ----------
    rois
        Their numbers, where they are defined.
    frames_of_reference
        ReferencedFrameOfReferenceUID of each, by number.
    contoured, observed, related
        Numbers of ROIs, where contours, observations and relations refer to them.
    observations
        Numbers of observations.
    contours
        Those that name one image.
    """

    rois: list[Numbered] = field(default_factory=list[Numbered])
    frames_of_reference: dict[int, str] = field(default_factory=dict[int, str])
    contoured: list[Numbered] = field(default_factory=list[Numbered])
    observed: list[Numbered] = field(default_factory=list[Numbered])
    related: list[Numbered] = field(default_factory=list[Numbered])
    observations: list[Numbered] = field(default_factory=list[Numbered])
    contours: list[Contour] = field(default_factory=list[Contour])


def read_structure_set(data: Buffer, sequences: Mapping[int, Element], encoding: Encoding) -> StructureSet:
    """Return the ROIs and contours of a structure set.

    Raises
    ------
    DamagedError
        If the data of a contour are no points.
    """
    found = StructureSet()
    for position, parts in enumerate(items_of(data, sequences.get(_ROIS), encoding)):
        number = number_of(data, parts.get(_NUMBER))
        found.rois.append(Numbered(f"/StructureSetROISequence/{position}/ROINumber", number))
        if number is not None:
            found.frames_of_reference[number] = text_of(data, parts.get(_FRAME_OF_REFERENCE))
    for position, parts in enumerate(items_of(data, sequences.get(_CONTOURED), encoding)):
        place = f"/ROIContourSequence/{position}"
        number = number_of(data, parts.get(_REFERENCED_NUMBER))
        found.contoured.append(Numbered(f"{place}/ReferencedROINumber", number))
        for at, contour in enumerate(items_of(data, parts.get(_CONTOURS), encoding)):
            images = list(items_of(data, contour.get(_IMAGES), encoding))
            if len(images) == 1:
                image, frame = text_of(data, images[0].get(_INSTANCE)), number_of(data, images[0].get(_FRAME))
                points = _points(data, contour.get(_DATA))
                found.contours.append(Contour(f"{place}/ContourSequence/{at}", number, image, frame, points))
    for position, parts in enumerate(items_of(data, sequences.get(_OBSERVED), encoding)):
        place = f"/RTROIObservationsSequence/{position}"
        found.observed.append(Numbered(f"{place}/ReferencedROINumber", number_of(data, parts.get(_REFERENCED_NUMBER))))
        found.observations.append(Numbered(f"{place}/ObservationNumber", number_of(data, parts.get(_OBSERVATION))))
        for at, related in enumerate(items_of(data, parts.get(_RELATED), encoding)):
            number = number_of(data, related.get(_REFERENCED_NUMBER))
            found.related.append(Numbered(f"{place}/RTRelatedROISequence/{at}/ReferencedROINumber", number))
    return found


def _points(data: Buffer, each: Element | None) -> NDArray[np.float64]:
    """Return the points (n, 3) of ContourData."""
    text = text_of(data, each)
    try:
        numbers = np.array(text.split("\\") if text else [], dtype=np.float64)
    except ValueError:
        numbers = np.array([np.nan])
    if numbers.size % 3 or not np.isfinite(numbers).all():
        raise DamagedError(Message("the data of a contour are no points"))
    return numbers.reshape(-1, 3)


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
    outside = int(beyond.any(axis=1).sum())
    if outside:
        yield note(
            "region",
            f"{each.place}/ContourData",
            "points lie outside the image",
            found=Message("{count} of {all} points", count=outside, all=len(pixels)),
            expected=Message(
                "at most {columns} columns and {rows} rows as in {name}",
                columns=plane.size[0],
                rows=plane.size[1],
                name=target.path.name,
            ),
            advice="They may have been drawn on another image: name that one",
            level=Level.ERROR if outside == len(pixels) else Level.WARNING,
        )
