"""DICOM series of single-frame images as image sources.

Slices are sorted by position along the normal (row direction x column direction), whatever their file names, instance
numbers or slice locations say, so the grid is always right-handed. Files that are no images (segmentations, reports,
DICOMDIR, other formats) are passed over. A series that is no regular volume is refused when it is used, not when found.

Authority: PS3.3 C.7.6.1, C.7.6.2, C.12.1; specification 7.2 a, e and B.1.
"""

from __future__ import annotations

import math
import os
import warnings
from collections import defaultdict
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pydicom
from pydantic import ValidationError
from pydicom.encaps import generate_frames
from pydicom.pixels.utils import pixel_array
from pydicom.uid import RLELossless

from annoconv import ids
from annoconv.errors import GeometryError, ImageError, LimitError
from annoconv.geometry import Grid, describe_grid
from annoconv.images import list_files
from annoconv.limits import Limits
from annoconv.model import Image, Modality
from annoconv.stack import stack_grid
from annoconv_converters._codestream import frame_size
from annoconv_converters._dicom_file import DAMAGE, Instance, acquired_at, read_instance

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from numpy.typing import NDArray

    from annoconv.images import ImageSource, SliceIdentity

__all__ = ["DicomSeries", "scan"]

_LONGEST_REASON = 200
"""Characters of a decoder's own message."""
_DEFERRED_BYTES = 1 << 20
"""Longer attribute values are left in the file until somebody asks."""


def scan(paths: Sequence[Path], limits: Limits | None = None) -> list[ImageSource]:
    """Return the DICOM series among files and folders, sorted by UID.

    Files are grouped by SeriesInstanceUID; files that state none, by folder, study, frame of reference and modality. A
    file that starts as DICOM but cannot be read is left out, and noted on every series.
    """
    limits = limits or Limits()
    groups: defaultdict[tuple[str, ...], list[Instance]] = defaultdict(list)
    damaged: list[str] = []
    for path in list_files(paths, limits):
        try:
            if (instance := read_instance(path, limits)) is not None:
                groups[instance.group].append(instance)
        except DAMAGE as error:
            damaged.append(f"{path.name} starts as DICOM but cannot be read and is left out ({type(error).__name__})")
    series: list[ImageSource] = [DicomSeries(instances, damaged, limits) for instances in groups.values()]
    return sorted(series, key=lambda source: (source.uid, str(source.path)))


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
        first = self._instances[0]
        stated = first.text("SeriesInstanceUID")
        self.uid = stated or ids.source_series(instance.sop_instance_uid for instance in instances)
        self._folder = Path(os.path.commonpath([instance.path.parent.absolute() for instance in instances]))
        self.path = first.path if len(instances) == 1 else self._folder
        self.modality = first.text("Modality") or "OT"
        absent = {
            "uid": not stated,
            "frame_of_reference_uid": "ImagePositionPatient" in first.header and not first.text("FrameOfReferenceUID"),
            "study_instance_uid": not first.text("StudyInstanceUID"),
        }
        self.derived = frozenset(name for name, is_absent in absent.items() if is_absent)

    def __repr__(self) -> str:
        return f"DicomSeries({self.uid!r}, {self.modality}, {len(self._instances)} files)"

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
            found = " and ".join(sorted(path.name for path in list(values.values())[:2]))
            raise ImageError(f"the slices of one series differ in {keyword}", source=self.path, found=found)
        return next(iter(values))

    @cached_property
    def _stack(self) -> tuple[Grid, tuple[Instance, ...]]:
        """Return the grid and the instances in the order of its k axis."""
        instances = self._instances
        for instance in instances:
            if (instance.numbers("NumberOfFrames", 1) or (1,)) != (1,):
                raise ImageError("multi-frame images are not read", source=instance.path, where="NumberOfFrames")
        placed = [instance for instance in instances if instance.value("ImagePositionPatient") is not None]
        if not placed:
            return self._flat(), tuple(instances)
        try:
            grid, order = stack_grid(
                [instance.plane(self._folder) for instance in instances], self._one_slice_spacing()
            )
        except GeometryError as error:
            raise _named(error, self) from error
        self._check_size(math.prod(grid.shape))
        self._shared("FrameOfReferenceUID")
        return grid, tuple(instances[index] for index in order)

    def _flat(self) -> Grid:
        """Return the grid of a single image without a place in space."""
        if len(self._instances) > 1:
            found = f"{len(self._instances)} images without ImagePositionPatient"
            raise ImageError("the series is no volume", source=self.path, found=found, advice="Name one of its files")
        columns, rows = self._instances[0].size
        self._check_size(columns * rows)
        try:
            return Grid((columns, rows, 1))
        except GeometryError as error:
            raise _named(error, self) from error

    def _check_size(self, voxels: int) -> None:
        if voxels > self._limits.mask_voxels:
            raise LimitError("too many voxels", source=self.path, found=voxels, expected=self._limits.mask_voxels)

    def _one_slice_spacing(self) -> float:
        for keyword in ("SpacingBetweenSlices", "SliceThickness"):
            stated = self._instances[0].numbers(keyword, 1)
            if stated is not None and stated[0] > 0:
                return stated[0]
        return 1.0

    @property
    def grid(self) -> Grid:
        """The volume's grid; without an affine for a single image without a position."""
        return self._stack[0]

    @property
    def slices(self) -> tuple[SliceIdentity, ...]:
        """Identity of each slice."""
        return self._slices

    @cached_property
    def _slices(self) -> tuple[SliceIdentity, ...]:
        return tuple(instance.identity for instance in self._stack[1])

    @property
    def headers(self) -> tuple[pydicom.FileDataset, ...]:
        """Every attribute but the pixels of each slice; long values stay in the file until used."""
        return self._headers

    @cached_property
    def _headers(self) -> tuple[pydicom.FileDataset, ...]:
        return tuple(_header(instance) for instance in self._stack[1])

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
        absent = [f"no {tags[name]}; a derived one is used" for name in sorted(self.derived)]
        if any(not instance.text("SOPClassUID") for instance in self._instances):
            absent.append("no SOPClassUID (0008,0016) in the data set; that of the file meta information is used")
        return (*absent, *self._notes)

    def read(self) -> NDArray[Any]:
        """Return the stored pixels, shape (k, j, i) or with colour (k, j, i, sample); rescaling is not applied."""
        grid, instances = self._stack
        pixels: NDArray[Any] | None = None
        for k, instance in enumerate(instances):
            pixels_ji = _pixels(instance)
            if pixels is None:
                pixels = np.empty((grid.shape[2], *pixels_ji.shape), dtype=pixels_ji.dtype)
            if pixels_ji.shape != pixels.shape[1:] or pixels_ji.shape[:2] != grid.shape_kji[1:]:
                raise ImageError("the pixels have another shape than the header says", source=instance.path)
            if pixels_ji.dtype != pixels.dtype:
                pixels = pixels.astype(np.promote_types(pixels.dtype, pixels_ji.dtype))
            pixels[k] = pixels_ji
        return np.empty(0) if pixels is None else pixels

    def describe(self) -> Image:
        """Return UIDs, geometry, and the time if the file states its zone."""
        time, has_place = self.acquired_at, self.grid.lps_from_ijk is not None
        try:
            return Image(
                uid=self.uid,
                modality=Modality(self.modality) if self.modality in set(Modality) else Modality.OT,
                **describe_grid(self.grid),
                frame_of_reference_uid=self.frame_of_reference_uid if has_place else None,
                study_instance_uid=self.study_instance_uid,
                acquired_at=time if time is not None and time.tzinfo is not None else None,
            )
        except ValidationError as error:
            found = ", ".join(str(problem["loc"][0]) for problem in error.errors())
            raise ImageError("a case document cannot hold the image", source=self.path, found=found) from error


def _named(error: GeometryError, series: DicomSeries) -> GeometryError:
    """Return the error with the series named."""
    where = f"series {series.uid}" + (f": {error.where}" if error.where else "")
    return GeometryError(
        error.problem, source=series.path, where=where, found=error.found, expected=error.expected, advice=error.advice
    )


def _header(instance: Instance) -> pydicom.FileDataset:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return pydicom.dcmread(instance.path, stop_before_pixels=True, defer_size=_DEFERRED_BYTES)
    except DAMAGE as error:
        raise ImageError("the header cannot be read", source=instance.path) from error


def _pixels(instance: Instance) -> NDArray[Any]:
    """Return one file's pixels, (j, i) or (j, i, sample); refuse a frame that is larger than the header says."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            dataset = pydicom.dcmread(instance.path)
            syntax = dataset.file_meta.TransferSyntaxUID
            if syntax.is_compressed and not syntax.is_deflated and syntax != RLELossless:
                size = frame_size(next(generate_frames(dataset.PixelData, number_of_frames=1)))
                if size != (*instance.size, dataset.SamplesPerPixel):
                    raise ValueError(f"its frame is {size[0]} x {size[1]} with {size[2]} samples")
            return pixel_array(dataset)
    except DAMAGE as error:
        reason = " ".join(str(error).split())[:_LONGEST_REASON]
        raise ImageError(f"the pixels cannot be decoded ({reason})", source=instance.path) from error
