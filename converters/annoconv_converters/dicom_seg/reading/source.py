"""Which of the images that were given a segmentation was made of, and where the two contradict each other.

A segmentation names its source by series, by the instances of its frames, or not at all; then its frame of reference
and the places of its frames tell. What is named is never taken for anything else: a source that was not given is
missing, whatever other image would fit. Authority: PS3.3 C.7.4.1 (frame of reference), C.7.6.16.2.6 (derivation image),
C.8.20.2.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from annoconv.errors import AnnoconvError, ImageError
from annoconv.geometry import STACK_TOLERANCE_VOXEL, GridKind, grid_text
from annoconv.images import describe_sources
from annoconv.loss import Loss, LossKind
from annoconv.messages import Message
from annoconv_converters._dicom.series import note_losses
from annoconv_converters._dicom.texts import text
from annoconv_converters.dicom_seg.frame_grid import FrameGrid, named_instances, relation_to, source_series

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from annoconv.images import ImageSource
    from annoconv_converters.dicom_seg.reading.file import SegmentationFile

__all__ = ["Origin", "find_origin", "spacing_losses"]

_BY_PLACE: Final = (
    "the file names no instance or series of its source; the image that was given stands for it, since frame of "
    "reference and grid agree"
)
_BY_INSTANCE: Final = "the file does not name the series of its source; its instances tell the image"
_OTHER_SERIES: Final = "the file names another series than that of its source instances; the instances tell the image"


@dataclass(frozen=True)
class Origin:
    """The image that a segmentation was made of.

    Attributes
    ----------
    source
        One of the images that were given.
    why
        How it was told, where the file does not name its series; empty where it does.
    """

    source: ImageSource
    why: str = ""

    @property
    def is_named(self) -> bool:
        """Whether the file names its series."""
        return not self.why

    def losses(self, file: SegmentationFile, frame_grid: FrameGrid, case_index: int) -> Iterator[Loss]:
        """Yield how it was told, and where the file contradicts it."""
        if self.why:
            yield Loss(case_index, "/image/uid", LossKind.APPROXIMATED, self.why)
        for keyword, name in (
            ("FrameOfReferenceUID", "frame_of_reference_uid"),
            ("StudyInstanceUID", "study_instance_uid"),
        ):
            stated = text(file.header.get(keyword))
            if name in self.source.derived or stated == getattr(self.source, name):
                continue
            if not stated:
                message: str = Message("the file states no {keyword}; that of its source is taken", keyword=keyword)
            else:
                message = Message("the file states another {keyword} than its source", keyword=keyword)
            if frame_grid.grid.lps_from_ijk is not None or keyword != "FrameOfReferenceUID":
                yield Loss(case_index, f"/image/{name}", LossKind.APPROXIMATED, message)
        stated = text(file.header.get("PatientID"))
        if stated and {text(each.get("PatientID")) for each in self.source.headers[:1]} - {"", stated}:
            message = Message("the file states another {keyword} than its source", keyword="PatientID")
            yield Loss(case_index, "/patient_id", LossKind.APPROXIMATED, message)
        count = _misplaced(self.source, file, frame_grid)
        if count:
            message = Message(
                "{count} planes name another instance of the source than the one at their place; the place holds",
                count=count,
            )
            yield Loss(case_index, "/image/instances", LossKind.APPROXIMATED, message)
        own, given = frame_grid.grid, self.source.grid
        if relation_to(own, given).kind is GridKind.DIFFERENT:
            message = Message(
                "the frames lie on another grid than the image, and the masks stay on it: {own}; the image has {given}",
                own=grid_text(own),
                given=grid_text(given),
            )
            yield Loss(case_index, "/image", LossKind.APPROXIMATED, message)
        yield from note_losses(self.source, case_index)  # behind all that looks at its slices, which some are about


def spacing_losses(file: SegmentationFile, frame_grid: FrameGrid, case_index: int) -> Iterator[Loss]:
    """Yield where a file states another distance of its planes than they have; where they lie holds.

    It is measured along their normal (PS3.3 C.7.6.16.2.1), as which some files state the way from centre to centre.
    """
    stated, grid = file.table.places[0].slice_spacing, frame_grid.grid
    if stated is None or grid.lps_from_ijk is None or grid.frame != "LPS" or grid.shape[2] < 2:
        return
    across, down, _ = grid.direction.T
    step = abs(float(np.cross(across, down) @ grid.affine[:3, 2]))
    off = min(abs(stated - each) for each in (step, float(grid.spacing[2])))
    if off * (grid.shape[2] - 1) > STACK_TOLERANCE_VOXEL * step:
        message = Message(
            "the file states {stated:.6g} mm as {keyword}, and its planes lie {step:.6g} mm apart; their places hold",
            stated=stated,
            keyword="SpacingBetweenSlices",
            step=step,
        )
        yield Loss(case_index, "/image/spacing", LossKind.APPROXIMATED, message)


def find_origin(found: Sequence[ImageSource], file: SegmentationFile, frame_grid: FrameGrid) -> Origin | None:
    """Return the image that a segmentation was made of; None if no images were given.

    Parameters
    ----------
    found
        The images that were given.
    file, frame_grid
        The segmentation, and where its frames lie.

    Raises
    ------
    ImageError
        If it is none of them, or several could be meant: they are listed.
    """
    if not found:
        return None
    stated = text(source_series(file.header, file.table).get("SeriesInstanceUID"))
    instances = named_instances(file.header, file.table)
    others = [text(each.get("SeriesInstanceUID")) for each in file.header.get("ReferencedSeriesSequence") or []]
    by_uid = [each for each in found if each.uid == stated]
    if len(by_uid) != 1 and not any(place.source for place in file.table.places):
        by_uid = [each for each in found if each.uid in others]
    if len(by_uid) == 1:
        return Origin(by_uid[0])
    by_instance = [each for each in by_uid or found if instances & _instances(each)]
    if len(by_instance) == 1:
        return Origin(by_instance[0], Message(_OTHER_SERIES) if stated else Message(_BY_INSTANCE))
    expected: str | Message = stated
    if not stated and not instances:
        by_place = [each for each in found if _fits(each, file, frame_grid)]
        if len(by_place) == 1:
            return Origin(by_place[0], Message(_BY_PLACE))
        expected = Message("one image whose frame of reference and grid are those of the file, which names no source")
    elif not stated:
        expected = Message("the image of instance {uid}", uid=min(instances))
    raise ImageError(
        "no single one of the images given is the source of the segmentation",
        source=file.path,
        where="ReferencedSeriesSequence (0008,1115)",
        found=describe_sources(found),
        expected=expected,
        advice="Name the folder of that series",
    )


def _instances(source: ImageSource) -> set[str]:
    try:
        return {each.sop_instance_uid for each in source.slices}
    except AnnoconvError:
        return set()  # a series that is no volume can be the source of nothing


def _fits(source: ImageSource, file: SegmentationFile, frame_grid: FrameGrid) -> bool:
    """Tell whether the frames of a file lie on an image's slices, in its frame of reference."""
    own = frame_grid.grid
    try:
        if own.lps_from_ijk is None or own.frame != "LPS" or source.grid.lps_from_ijk is None:
            return False
        stated = text(file.header.get("FrameOfReferenceUID"))
        if stated and "frame_of_reference_uid" not in source.derived and stated != source.frame_of_reference_uid:
            return False
        return relation_to(own, source.grid).is_inside
    except AnnoconvError:
        return False


def _misplaced(source: ImageSource, file: SegmentationFile, frame_grid: FrameGrid) -> int:
    """Return how many planes lie elsewhere than the instance of the source that they name."""
    if frame_grid.grid.lps_from_ijk is None or frame_grid.tiles is not None or source.grid.lps_from_ijk is None:
        return 0
    normal = frame_grid.grid.direction[:, 2]  # a finer or smaller grid begins elsewhere in the same plane
    where = {(each.sop_instance_uid, each.frame or 1): each.position_lps for each in source.slices}
    most_mm = STACK_TOLERANCE_VOXEL * float(source.grid.spacing.max())
    count = 0
    for place in file.table.places:
        named = where.get((place.source, place.source_frame or 1))
        if named is not None and place.position is not None:
            count += bool(abs(np.subtract(place.position, named) @ normal) > most_mm)
    return count
