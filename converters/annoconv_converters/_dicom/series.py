"""DICOM series as image sources: single frames, multi-frame images, single images.

Slices are sorted by position along the normal (row direction x column direction), whatever their file names, instance
numbers or slice locations say, so the grid is always right-handed. A series that is no regular volume is refused when
it is used, not when found.

Authority: PS3.3 C.7.6.1, C.7.6.2, C.7.6.16, C.8.12.4, C.12.1; specification 7.2 a, e and B.1.
"""

from __future__ import annotations

import copy
import math
import os
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from annoconv import ids, images
from annoconv.advice import COPY_AGAIN, SAVE_AGAIN, at_most
from annoconv.errors import DocumentError, GeometryError, ImageError, LimitError
from annoconv.geometry import Grid, describe_grid
from annoconv.images import ImageSource, SliceIdentity
from annoconv.loss import Loss, LossKind
from annoconv.messages import Message, listed
from annoconv.model import Image, ImageInstance, Modality
from annoconv.volumes.slice_stack import fill_gaps, is_rounded, is_turning, stack_grid
from annoconv.volumes.voxel_values import check_held
from annoconv_converters._dicom.file import PATIENT, Instance, acquired_at, read_places
from annoconv_converters._dicom.groups import FramePlace
from annoconv_converters._dicom.headers import Headers
from annoconv_converters._dicom.pixels import read_frames

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    import pydicom
    from numpy.typing import NDArray

    from annoconv.limits import Limits


__all__ = ["DicomSeries", "note_losses", "scan_series"]

_NOWHERE: Final = FramePlace(None, None, None, None, None, None, "", None)


class DicomSeries:
    """One series; see `annoconv.images.ImageSource` for what each member means.

    Attributes
    ----------
    uid
        SeriesInstanceUID, or one derived from the instances if the files state none.
    path
        The folder that holds all its files, or the file if it has only one.
    modality
        Modality of its first file.
    """

    def __init__(self, instances: Sequence[Instance], notes: Sequence[str], limits: Limits) -> None:
        self._instances = sorted(instances, key=lambda instance: (instance.sop_instance_uid, instance.path))
        self._limits = limits
        self._notes = tuple(notes)
        self._allows_gaps = self._is_rounded = self._is_turning = False
        first = self._instances[0]
        stated = first.text("SeriesInstanceUID")
        self.uid = stated or ids.source_series(instance.sop_instance_uid for instance in instances)
        self._folder = Path(os.path.commonpath([instance.path.parent.absolute() for instance in instances]))
        self.path = first.path if len(instances) == 1 else self._folder
        self.modality = first.text("Modality") or "OT"
        has_place = "ImagePositionPatient" in first.header or "NumberOfFrames" in first.header
        absent = {
            "uid": not stated,
            "frame_of_reference_uid": has_place and not first.text("FrameOfReferenceUID"),
            "study_instance_uid": not first.text("StudyInstanceUID"),
        }
        self.derived = frozenset(name for name, is_absent in absent.items() if is_absent)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.uid!r}, {self.modality}, {len(self._instances)} files)"

    def with_gaps(self) -> DicomSeries:
        """Return the same series; where slices are missing, its grid reaches across, and they are identified as none.

        Their identity is empty but for the position that they would have, their pixels are 0.
        """
        series = copy.copy(self)
        for name in ("_stack", "_slices", "_headers"):
            series.__dict__.pop(name, None)
        series._allows_gaps = True
        return series

    @property
    def frame_of_reference_uid(self) -> str:
        """FrameOfReferenceUID, or one derived from the series."""
        return self._shared("FrameOfReferenceUID") or ids.frame_of_reference(self.uid)

    @property
    def study_instance_uid(self) -> str:
        """StudyInstanceUID, or one derived from the series."""
        return self._shared("StudyInstanceUID") or ids.study(self.uid)

    def _shared(self, keyword: str) -> str:
        values = {instance.text(keyword): instance.path for instance in self._instances}
        if len(values) > 1:
            named = sorted((path.name, value) for value, path in [*values.items()][:2])
            raise ImageError(
                Message("the slices of one series differ in {keyword}", keyword=keyword),
                source=self.path,
                found=listed(
                    [Message("{value} in {name}", value=value or Message("none"), name=name) for name, value in named]
                ),
                expected="the same in all of them",
                advice="Give only those that belong together: two studies or frames of reference are no one volume",
            )
        return next(iter(values))

    @cached_property
    def _stack(self) -> tuple[Grid, tuple[Instance | None, ...]]:
        """Return the grid and what stands on each slice in the order of its k axis, None for a missing one."""
        self._check_identity()
        frames = [frame for instance in self._instances for frame in self._frames_of(instance)]
        if all(frame.position is None for frame in frames):
            return self._flat(frames), tuple(frames)
        try:
            planes = [frame.plane(self._folder) for frame in frames]
            rounding = self._limits.direction_millionths / 1e6
            missing = fill_gaps(planes, rounding) if self._allows_gaps else []
            step = self._one_slice_spacing(frames[0])
            grid, order = stack_grid([*planes, *missing], step, upright=False, rounding=rounding)
            self._is_rounded, self._is_turning = is_rounded(planes), is_turning(planes)
        except GeometryError as error:
            raise self._named(error) from error
        self._check_size(math.prod(grid.shape))
        self._shared("FrameOfReferenceUID")
        return grid, tuple(frames[index] if index < len(frames) else None for index in order)

    def _check_identity(self) -> None:
        """Refuse two images of one SOPInstanceUID (PS3.5 9.1), and slices of two patients (PS3.3 A.1.2).

        Errors hold no data of patients: what is shown of two patients is their files.
        """

        def names(*instances: Instance) -> Message:
            return listed([os.path.relpath(each.path, self._folder) for each in instances], 2)

        for before, after in pairwise(self._instances):  # sorted by their UID
            if before.sop_instance_uid == after.sop_instance_uid:
                raise ImageError(
                    "two files that differ have one SOPInstanceUID (0008,0018)",
                    source=self.path,
                    where=before.sop_instance_uid,
                    found=names(before, after),
                    expected="one image for each UID",
                    advice="Leave one of the two out, or give the other an identity of its own where it was exported",
                )
        patients = {instance.text("PatientID"): instance for instance in self._instances}
        if len(patients) > 1:
            raise ImageError(
                "the slices of one series are of different patients",
                source=self.path,
                where="PatientID (0010,0020)",
                found=names(*patients.values()),
                expected="one PatientID in all files of the series",
                advice="Leave out the files of the other patient, or correct the PatientID where they were exported",
            )

    def _frames_of(self, instance: Instance) -> list[Instance]:
        """Return the frames of a file, or the file itself if it is one image that says where it stands."""
        instance.check_pixels()
        is_single = instance.frames == 1
        if is_single and ("NumberOfFrames" not in instance.header or instance.position is not None):
            return [instance]
        found = read_places(instance, self._limits)
        if found.of_frames and len(found.of_frames) != instance.frames:
            raise ImageError(
                "the frames and their descriptions differ in number",
                source=instance.path,
                where="NumberOfFrames (0028,0008)",
                found=instance.frames,
                expected=len(found.of_frames),
                advice=SAVE_AGAIN,
            )
        if found.elsewhere:
            raise ImageError(
                "the image has several frames, and one place for all of them",
                source=instance.path,
                where=found.elsewhere,
                found=Message("{count} frames", count=instance.frames),
                expected="PlanePositionSequence (0020,9113) of each frame",
                advice="Convert it to an enhanced image, or to a file for each slice",
            )
        if instance.frames > self._limits.files:
            raise LimitError(
                "too many frames",
                source=instance.path,
                found=instance.frames,
                expected=at_most(self._limits.files),
                limit="files",
            )
        places = [found.places[each] for each in found.of_frames] or [_NOWHERE] * instance.frames
        if is_single:
            return [instance if places == [_NOWHERE] else instance.of_frame(None, places[0])]
        return [instance.of_frame(number, place) for number, place in enumerate(places, 1)]

    def _flat(self, frames: Sequence[Instance]) -> Grid:
        """Return the grid of a single image, or of the frames of one file, without a place in space."""
        if len(self._instances) > 1:
            found = Message("{count} images without ImagePositionPatient", count=len(self._instances))
            raise ImageError(
                "the series is no volume",
                source=self.path,
                found=found,
                advice="Name one of its files",
                expected="ImagePositionPatient (0020,0032) of each image",
            )
        columns, rows = frames[0].size
        self._check_size(columns * rows * len(frames))
        try:
            return Grid((columns, rows, len(frames)))
        except GeometryError as error:
            raise self._named(error) from error

    def _named(self, error: GeometryError) -> GeometryError:
        """Return the error with the series named, and the files that were left out, which may be what it lacks."""
        where = Message("series {uid}", uid=self.uid)
        if error.where:
            where = listed([where, error.where], separator=": ")
        notes = listed(self._notes, 3)
        found = Message("{found}; {left_out}", found=error.found, left_out=notes) if self._notes else error.found
        return GeometryError(
            error.problem, source=self.path, where=where, found=found, expected=error.expected, advice=error.advice
        )

    def _check_size(self, voxels: int) -> None:
        if voxels > self._limits.mask_voxels:
            raise LimitError(
                "too many voxels",
                source=self.path,
                found=voxels,
                expected=self._limits.mask_voxels,
                limit="mask_voxels",
            )

    def _one_slice_spacing(self, frame: Instance) -> float:
        if frame.place is not None:
            return frame.place.slice_spacing or frame.place.slice_thickness or 1.0
        for keyword in ("SpacingBetweenSlices", "SliceThickness"):
            stated = frame.numbers(keyword, 1)
            if stated is not None and stated[0] > 0:
                return stated[0]
        return 1.0

    @property
    def grid(self) -> Grid:
        """The volume's grid; without an affine for an image without a position."""
        return self._stack[0]

    @property
    def slices(self) -> tuple[SliceIdentity, ...]:
        """Identity of each slice."""
        return self._slices

    @cached_property
    def _slices(self) -> tuple[SliceIdentity, ...]:
        grid, frames = self._stack
        return tuple(
            _missing(grid, k, self.path) if frame is None else frame.identity for k, frame in enumerate(frames)
        )

    @property
    def headers(self) -> Sequence[pydicom.Dataset]:
        """The attributes of each slice's file but pixels and functional groups, read when asked for."""
        return self._headers

    @cached_property
    def _headers(self) -> Sequence[pydicom.Dataset]:
        present = [frame for frame in self._stack[1] if frame is not None]
        frames = [None if each is None or each.place is None else each.frame or 1 for each in self._stack[1]]
        return Headers([(frame or present[0]).path for frame in self._stack[1]], frames)

    @property
    def acquired_at(self) -> datetime | None:
        """When the first slice was acquired, else when its series or study began."""
        return min(filter(None, map(acquired_at, self._instances)), default=None, key=lambda time: time.isoformat())

    @property
    def notes(self) -> tuple[str, ...]:
        """What was unusual."""
        tags = {
            "uid": "SeriesInstanceUID (0020,000E)",
            "frame_of_reference_uid": "FrameOfReferenceUID (0020,0052)",
            "study_instance_uid": "StudyInstanceUID (0020,000D)",
        }
        absent = [Message("no {name}; a derived one is used", name=tags[name]) for name in sorted(self.derived)]
        if any(not instance.text("SOPClassUID") for instance in self._instances):
            template = "no SOPClassUID (0008,0016) in the data set; that of the file meta information is used"
            absent.append(Message(template))
        return (*absent, *self.taken_otherwise)

    @property
    def taken_otherwise(self) -> tuple[str, ...]:
        """What was not read of its files, or not as they state it."""
        rounded = Message("the direction cosines are rounded; the orthonormal ones nearest to them are taken")
        turning = Message("the slices differ in orientation, within the bound that was set; one of them stands for all")
        how = [message for message, holds in ((rounded, self._is_rounded), (turning, self._is_turning)) if holds]
        missing = (
            [number for number, frame in enumerate(self._stack[1], 1) if frame is None] if self._allows_gaps else []
        )
        if missing:
            how.append(
                Message("the series lacks the slices {numbers}, which are taken as empty", numbers=listed(missing, 10))
            )
        differing = [name for name in PATIENT[1:] if len({each.header.get(name, "") for each in self._instances}) > 1]
        how += [Message("the slices differ in {keyword}; the first one's is taken", keyword=name) for name in differing]
        return (*how, *self._notes)

    def read(self) -> NDArray[Any]:
        """Return the stored pixels, shape (k, j, i) or with colour (k, j, i, sample); rescaling is not applied."""
        return self.read_slices(range(self.grid.shape[2]))

    def read_slices(self, indices: Sequence[int]) -> NDArray[Any]:
        """Return the stored pixels of some slices, in the order asked for; no other file is opened."""
        grid, frames = self._stack
        pixels: NDArray[Any] | None = None
        present = [(place, frame) for place, k in enumerate(indices) if (frame := frames[k]) is not None]
        for (place, frame), pixels_ji in zip(present, read_frames([frame for _, frame in present]), strict=True):
            if pixels is None:
                check_held(len(indices) * pixels_ji.nbytes, self.path, self._limits)
                pixels = np.zeros((len(indices), *pixels_ji.shape), dtype=pixels_ji.dtype)
            if pixels_ji.shape != pixels.shape[1:] or pixels_ji.shape[:2] != grid.shape_kji[1:]:
                raise ImageError(
                    "the pixels have another shape than the header says",
                    source=frame.path,
                    found=Message("{columns} x {rows} pixels", columns=pixels_ji.shape[1], rows=pixels_ji.shape[0]),
                    expected=Message("{columns} x {rows} pixels", columns=grid.shape_kji[2], rows=grid.shape_kji[1]),
                    advice=COPY_AGAIN,
                )
            if pixels_ji.dtype != pixels.dtype:
                pixels = pixels.astype(np.promote_types(pixels.dtype, pixels_ji.dtype))
            pixels[place] = pixels_ji
        return np.empty(0) if pixels is None else pixels

    def describe(self) -> Image:
        """Return UIDs, geometry, and the time if the file states its zone."""
        time, has_place = self.acquired_at, self.grid.lps_from_ijk is not None
        is_upright = not has_place or self.grid.frame != "LPS" or self.grid.is_upright
        try:
            return Image(
                uid=self.uid,
                modality=Modality(self.modality) if self.modality in set(Modality) else Modality.OT,
                **describe_grid(self.grid),
                frame_of_reference_uid=self.frame_of_reference_uid if has_place else None,
                study_instance_uid=self.study_instance_uid,
                instances=None if is_upright else [_placed(each) for each in self.slices],
                acquired_at=time if time is not None and time.tzinfo is not None else None,
            )
        except DocumentError as error:
            found = ", ".join(each.path.split("/")[1] for each in error.findings)
            raise ImageError(
                "a case document cannot hold the image",
                source=self.path,
                found=found,
                expected="values that the model of a case takes",
                advice=SAVE_AGAIN,
            ) from error


def scan_series(paths: Sequence[Path], limits: Limits, *, allow_gaps: bool) -> list[ImageSource]:
    """Return the images among files and folders; where it is asked for, series reach across slices that they lack."""
    found = images.scan(paths, limits)
    return [each.with_gaps() if allow_gaps and isinstance(each, DicomSeries) else each for each in found]


def note_losses(source: ImageSource, case_index: int, *, of_identity: bool = True) -> Iterator[Loss]:
    """Yield what is unusual about an image that is used: identifiers that it lacks, and what of it was not read."""
    for note in source.notes if of_identity or not isinstance(source, DicomSeries) else source.taken_otherwise:
        yield Loss(case_index, "/image", LossKind.APPROXIMATED, note)


def _placed(identity: SliceIdentity) -> ImageInstance:
    """Return a slice as a case document has it, with its place."""
    position = identity.position_lps
    return ImageInstance(
        sop_instance_uid=identity.sop_instance_uid,
        sop_class_uid=identity.sop_class_uid,
        image_position_patient=None if position is None else list(position),
    )


def _missing(grid: Grid, k: int, path: Path) -> SliceIdentity:
    x, y, z = (float(number) for number in (grid.affine @ [0, 0, k, 1])[:3])
    return SliceIdentity("", "", None, path, (x, y, z))
