"""What a structure set says: ROIs and what refers to them by number, and the points of their contours.

Authority: PS3.3 C.8.8.5 (structure set), C.8.8.6 (ROI contours), C.8.8.8 (RT ROI observations).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from annoconv.messages import Message
from annoconv_converters._dicom.elements import DamagedError
from annoconv_converters.check_links.parts import items_of, number_of, text_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from annoconv_converters._dicom.elements import Buffer, Element, Encoding

__all__ = ["Contour", "Numbered", "StructureSet", "read_structure_set"]

_ROIS, _CONTOURED, _OBSERVED, _RELATED = 0x30060020, 0x30060039, 0x30060080, 0x30060030
_NUMBER, _REFERENCED_NUMBER, _OBSERVATION, _FRAME_OF_REFERENCE = 0x30060022, 0x30060084, 0x30060082, 0x30060024
_CONTOURS, _IMAGES, _DATA = 0x30060040, 0x30060016, 0x30060050
_INSTANCE, _FRAME = 0x00081155, 0x00081160


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
