"""Segmentations from and to arrays, for those who have no case document.

Arrays are C-order (slice, row, column) on the grid of the source, slices sorted along its normal; `images.open` gives a
source with its grid and pixels in that order.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from annoconv import ids, times
from annoconv import images as image_seam
from annoconv.advice import NOTHING, nearest
from annoconv.errors import MaskError, UsageError
from annoconv.files.atomic import replacing
from annoconv.limits import Limits
from annoconv.messages import Message
from annoconv.model import Concept, Metadata
from annoconv.pixels import ArrayVolume, Mask
from annoconv_converters._dicom.texts import text
from annoconv_converters.dicom_seg.frame_grid import FrameGrid, find_frame_grid, source_series
from annoconv_converters.dicom_seg.kinds import Compression, FractionMeaning, Kind, Resampling, Settings
from annoconv_converters.dicom_seg.reading.file import SegmentationFile, open_segmentation
from annoconv_converters.dicom_seg.reading.volumes import LabelVolume, SegmentVolume, check_size
from annoconv_converters.dicom_seg.segment import Segment
from annoconv_converters.dicom_seg.writing.cases import prepare, write_part
from annoconv_converters.dicom_seg.writing.gather import gather
from annoconv_converters.dicom_seg.writing.header import Content
from annoconv_converters.dicom_seg.writing.planes import check_dicom

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from typing import Literal

    from numpy.typing import NDArray

    from annoconv.geometry import Grid
    from annoconv.images import ImageSource

__all__ = ["SegmentationArrays", "read_segmentation", "write_segmentation"]

_CATEGORY = Concept(code="91723000", scheme="SCT", meaning="Anatomical Structure")
_TYPE = Concept(code="85756007", scheme="SCT", meaning="Tissue")


def write_segmentation(
    masks_kji: NDArray[Any] | Mapping[int, NDArray[Any]],
    source: ImageSource | Path,
    target: Path | str,
    *,
    segments: Sequence[Segment] = (),
    type: Literal["binary", "labelmap", "fractional"] = "binary",
    fractional_type: FractionMeaning | None = None,
    compress: Compression = "none",
    keep_empty_frames: bool = False,
    grid: Grid | None = None,
    resample: Resampling = "never",
    content_creator: str | None = None,
    timestamp: datetime | None = None,
    overwrite: bool = False,
) -> None:
    """Write arrays as a segmentation of an image.

    Parameters
    ----------
    masks_kji
        A label map, shape (slice, row, column), bool or unsigned, whose values are segment numbers; or one mask for
        each segment number: bool, or float from 0 to 1 for `fractional`. Masks may overlap, labels cannot.
    source
        The image, as `annoconv.images.open` gives it, or its file or folder.
    target
        The file.
    segments
        What each segment is, by its number; a number that is not described is called `Segment` and its number.
    type, fractional_type, compress, keep_empty_frames
        As in `to_dicom_seg`.
    grid
        The grid of the arrays, if it is not the source's; LPS, mm.
    resample
        Whether arrays on a grid of another lattice are interpolated or refused.
    content_creator
        Who made it, `Family^Given`.
    timestamp
        When, with a zone; if None, the time of the image.
    overwrite
        Whether an existing file is replaced.

    Raises
    ------
    MaskError
        If the arrays hold nothing that a segmentation of this kind can, or its numbers do not run from 1, one by one;
        those of a label map need not (PS3.3 C.8.20.4).
    GeometryError
        If the grid is not the source's, or foreground would be cut.
    UsageError
        If neither the request nor the image states a time with a zone.
    """
    if isinstance(source, Path):
        source = image_seam.open(source)
    check_dicom(source)
    masks = _masks(masks_kji, grid or source.grid, segments)
    settings = Settings(
        kind=Kind(type.upper()),
        fractional_type=fractional_type,
        compression=compress,
        keep_empty_frames=keep_empty_frames,
        resample=resample,
    )
    _check_numbers(list(masks), settings.kind)
    at = timestamp or times.timestamp([], [source.acquired_at])
    if at.tzinfo is None:
        raise UsageError(
            "the time names no zone",
            found=at.isoformat(),
            expected="a time with its zone",
            advice="Give the timestamp a tzinfo, such as timezone.utc",
        )
    described = {segment.number: segment for segment in segments}
    content = Content(
        source=source,
        segments=[_identified(described.get(number) or _unnamed(number), source) for number in masks],
        metadata=Metadata(annotator=content_creator) if content_creator else Metadata(),
        at=at,
        settings=settings,
    )
    with ExitStack() as spools, replacing(Path(target), overwrite=overwrite) as temporary:
        gathered = gather(masks, None, source, settings, spools)
        write_part(prepare(content, gathered), temporary)


@dataclass(eq=False)
class SegmentationArrays:
    """A segmentation opened for reading; nothing is decoded before it is asked for.

    Attributes
    ----------
    kind
        `BINARY`, `FRACTIONAL` or `LABELMAP`.
    segments
        What each segment is, by number.
    grid
        The grid of the arrays: the source's if one was given, else the segmentation's own.
    source_uid
        SeriesInstanceUID of the image that it was made of; empty if it is not named.
    """

    kind: Kind
    segments: tuple[Segment, ...]
    grid: Grid
    source_uid: str
    _file: SegmentationFile
    _frame_grid: FrameGrid

    @cached_property
    def _labels(self) -> LabelVolume:
        return LabelVolume(self._file, self._frame_grid, self.grid)

    def labels(self) -> NDArray[Any]:
        """Return `labels_kji`, uint8 or uint16, its values segment numbers, in one pass over the file; read-only.

        Raises
        ------
        MaskError
            If segments overlap, or are fractions.
        """
        return self._labels.read()

    def mask(self, number: int) -> NDArray[Any]:
        """Return the segment `number` as `mask_kji`, bool, or float32 from 0 to 1 if it is fractional; read-only."""
        if number not in {segment.number for segment in self.segments}:
            raise MaskError(
                "there is no such segment",
                source=self._file.path,
                found=number,
                expected=", ".join(str(segment.number) for segment in self.segments),
                advice=nearest(number, [segment.number for segment in self.segments]),
            )
        if self.kind is Kind.LABELMAP:
            return np.asarray(self.labels() == number)
        return SegmentVolume(self._file, self._frame_grid, self.grid, number).read()


def read_segmentation(
    path: Path | str, source: ImageSource | Path | None = None, *, limits: Limits | None = None
) -> SegmentationArrays:
    """Return a segmentation whose arrays are read when they are asked for.

    Parameters
    ----------
    path
        The file, by whomever written.
    source
        The image that it was made of, if the arrays are to lie on its grid.
    limits
        Bounds checked before anything is decoded.

    Raises
    ------
    MaskError, GeometryError, LimitError
        See `from_dicom_seg`.
    """
    limits = limits or Limits()
    file = open_segmentation(Path(path), limits)
    frame_grid = find_frame_grid(file.header, file.table, file.path, limits)
    check_size(frame_grid, limits, file.path)
    if isinstance(source, Path):
        source = image_seam.open(source, limits)
    grid = frame_grid.grid if source is None else source.grid
    source_uid = text(source_series(file.header, file.table).get("SeriesInstanceUID"))
    return SegmentationArrays(file.kind, file.segments, grid, source_uid, file, frame_grid)


def _masks(
    masks_kji: NDArray[Any] | Mapping[int, NDArray[Any]], grid: Grid, segments: Sequence[Segment]
) -> dict[int, Mask]:
    """Return the masks by segment number, those of a label map as values of one volume."""
    if not isinstance(masks_kji, np.ndarray):
        if not masks_kji:
            raise MaskError(
                "there is no mask to write",
                found=NOTHING,
                expected="at least one mask, by segment number",
                advice="Give the masks that are to be written",
            )
        return {
            number: Mask(str(number), ArrayVolume(grid, array), None) for number, array in sorted(masks_kji.items())
        }
    volume = ArrayVolume(grid, masks_kji)
    if volume.dtype.kind == "f":
        return {1: Mask("1", volume, None)}
    stated = {segment.number for segment in segments}
    numbers = sorted(stated or set(np.unique(volume.read()).tolist()) - {0}) or [1]
    return {int(number): Mask(str(number), volume, int(number)) for number in numbers}


def _check_numbers(numbers: list[int], kind: Kind) -> None:
    if numbers[0] < 1 or (kind is not Kind.LABELMAP and numbers[-1] != len(numbers)):
        raise MaskError(
            "segments are numbered from 1" if kind is Kind.LABELMAP else "segments are numbered from 1, one by one",
            found=", ".join(map(str, numbers[:10])),
            advice='Number them anew, describe those between in `segments`, or write type="labelmap"',
            expected=Message("numbers from 1")
            if kind is Kind.LABELMAP
            else Message("1 to {count}", count=len(numbers)),
        )


def _unnamed(number: int) -> Segment:
    return Segment(number=number, name=f"Segment {number}", type=_TYPE, category=_CATEGORY)


def _identified(segment: Segment, source: ImageSource) -> Segment:
    """Return a segment whose tracking id, if it has one, has a UID."""
    if segment.tracking_id is None or segment.tracking_uid is not None:
        return segment
    return replace(segment, tracking_uid=ids.tracking(source.uid, segment.tracking_id))
